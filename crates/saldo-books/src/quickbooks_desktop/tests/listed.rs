//! How documents were paid, and on which terms they are owed.

use super::*;
use saldo_core::book::Listed;
use saldo_core::matching::{Resolution, resolve};

fn needs(document: &Document) -> Vec<Listed> {
    let needs = BOOK.needs(&subject(document));
    let listed = |need| match need {
        Need::Listed(listed) => Some(listed),
        _ => None,
    };
    needs.into_iter().filter_map(listed).collect()
}

fn method(name: &str, cash: bool) -> Vec<Listed> {
    vec![Listed::PaymentMethod { name: name.to_owned(), cash }]
}

fn paid(account: Account, lines: &[(&str, &str)]) -> Document {
    let said = |(amount, text): &(&str, &str)| Line {
        text: (*text).to_owned(),
        ..settled(account.clone(), amount)
    };
    let mut lines: Vec<Line> = lines.iter().map(said).collect();
    let total = Money::sum(usd(), lines.iter().map(|line| line.amount)).unwrap();
    lines.push(other(sales(), &total.negated().amount_text(), "Sold"));
    document(DocumentKind::SalesReceipt, Some(customer()), lines)
}

#[test]
fn how_it_was_paid_says_the_line_of_the_account_that_took_it() {
    let drawer = || account("Cash drawer", AccountKind::Cash);
    let cases = [
        (paid(clearing(), &[("10.00", "Shopify Payments")]), method("Shopify Payments", false)),
        (paid(drawer(), &[("10.00", "Cash")]), method("Cash", true)),
        // Two gateways share the account, or many receipts the document.
        (
            paid(clearing(), &[("1.00", "Bogus"), ("2.00", "Shop")]),
            method("Shopify Payments", false),
        ),
        (
            paid(clearing(), &[("10.00", "Clearing: Shopify Payments (12 lines)")]),
            method("Shopify Payments", false),
        ),
        (paid(drawer(), &[("10.00", "Cash drawer (2 lines)")]), method("Cash drawer", true)),
        (received(), method("Paid", false)),
        (claim(), Vec::new()),
        (refund(), Vec::new()),
        (payout(), Vec::new()),
    ];
    for (document, expected) in cases {
        assert_eq!(needs(&document), expected, "{:?}", document.lines());
    }
    let by_gift_card = vec![other(sales(), "-9.00", "Sold"), other(gift_cards(), "9.00", "Card")];
    let sale = document(DocumentKind::SalesReceipt, Some(customer()), by_gift_card);
    assert_eq!(needs(&sale), []);
}

#[test]
fn terms_follow_from_the_day_on_which_it_is_due() {
    let terms = |days| vec![Listed::Terms { days }];
    for (due, days, sent) in [
        (date(2026, 12, 20), 30, "2026-12-20"),
        (date(2026, 11, 20), 0, "2026-11-20"),
        // Nothing is due before its own day.
        (date(2026, 11, 1), 0, "2026-11-20"),
    ] {
        for document in [due_by(claim(), due), due_by(supplier_bill(), due)] {
            assert_eq!(needs(&document), terms(days));
            let body = body(&document);
            assert_eq!(body.text(["DueDate"]), Some(sent));
            assert!(body.text(["TermsRef", "ListID"]).is_some());
        }
    }
    assert_eq!(needs(&claim()), []);
    assert_eq!(body(&claim()).text(["TermsRef", "ListID"]), None);
    let credit = due_by(supplier_bill().reversal(day()), date(2026, 12, 20));
    assert_eq!(needs(&credit), []);
}

#[test]
fn what_was_asked_for_before_there_were_such_needs_is_sent_without() {
    let (tasks, mut context) = creates(&[sale(), due_by(supplier_bill(), date(2026, 12, 20))]);
    context.bindings.0.retain(|name, _| !name.starts_with("payment") && !name.starts_with("terms"));
    let asked = requests(&tasks, &context);
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].children[0].text(["PaymentMethodRef", "ListID"]), None);
    assert_eq!(asked[1].children[0].text(["TermsRef", "ListID"]), None);
}

/// What makes something of a list: name, and what else is said.
fn made(listed: Listed) -> (Option<String>, Option<String>) {
    let task = Task::Create(Subject::Need(Need::Listed(listed)));
    let made = requests(&[task], &context(&[])).remove(0).children.remove(0);
    let text = |name: &str| made.text([name]).map(str::to_owned);
    (text("Name"), text("StdDueDays").or_else(|| text("PaymentMethodType")))
}

#[test]
fn ways_of_being_paid_and_terms_are_made_with_what_they_mean() {
    let both = |name: &str, more: &str| (Some(name.to_owned()), Some(more.to_owned()));
    let method = |name: &str, cash| Listed::PaymentMethod { name: name.to_owned(), cash };
    assert_eq!(made(method("PayPal", false)), both("PayPal", "Other"));
    assert_eq!(made(method("Till: front", true)), both("Till - front", "Cash"));
    let (name, _) = made(method(&"x".repeat(40), false));
    assert_eq!(name.unwrap().chars().count(), 31);
    assert_eq!(made(Listed::Terms { days: 45 }), both("Net 45", "45"));
    assert_eq!(made(Listed::Terms { days: 0 }), both("Due on receipt", "0"));
}

/// What a look-up of something of a list finds among these rows.
fn found(listed: Listed, rows: &str) -> Outcome {
    let tasks = [Task::look_up(Subject::Need(Need::Listed(listed)))];
    let asked = requests(&tasks, &context(&[])).remove(0);
    let name = asked.name.strip_suffix("Rq").unwrap();
    let answered = answer(&response(name, asked.attribute("requestID"), rows));
    hear(&tasks, &context(&[]), &answered).unwrap().remove(0)
}

#[test]
fn what_is_in_doubt_is_found_by_name_and_by_what_it_means() {
    let row = "<StandardTermsRet><ListID>7</ListID><Name>Net 30</Name><StdDueDays>30</StdDueDays>\
        </StandardTermsRet>";
    let terms = |days| Listed::Terms { days };
    assert!(matches!(found(terms(30), row), Outcome::Found(it) if it.remote == "7".into()));
    assert_eq!(found(terms(45), ""), Outcome::Absent);
    let otherwise = row.replace(">30<", ">10<");
    assert_eq!(found(terms(30), &otherwise), Outcome::Absent, "another name is free");
    let both = otherwise.clone() + &otherwise.replace("Net 30", "Net 30 (Saldo)");
    let Outcome::FoundDifferent { difference, .. } = found(terms(30), &both) else { panic!() };
    assert_eq!(difference, "all is not due by it after 30 days without a discount");
    let row = "<PaymentMethodRet><ListID>8</ListID><Name>PAYPAL</Name></PaymentMethodRet>";
    let method = || Listed::PaymentMethod { name: "PayPal".to_owned(), cash: false };
    assert!(matches!(found(method(), row), Outcome::Found(it) if it.remote == "8".into()));
    let inactive = row.replace("</Name>", "</Name><IsActive>false</IsActive>");
    assert_eq!(found(method(), &inactive), Outcome::Absent, "another name is free");
    let both = inactive.clone() + &row.replace("PAYPAL", "PayPal (Saldo)").replace('8', "9");
    assert!(matches!(found(method(), &both), Outcome::Found(it) if it.remote == "9".into()));
}

#[test]
fn terms_of_the_owner_serve_whatever_they_are_called() {
    let rows = "<StandardTermsRet><ListID>7</ListID><Name>A month</Name><StdDueDays>30</StdDueDays>\
        </StandardTermsRet><StandardTermsRet><ListID>8</ListID><Name>2% 10 Net 45</Name>\
        <StdDueDays>45</StdDueDays><DiscountPct>2.00</DiscountPct></StandardTermsRet>";
    let text = read::settings_answer(read::HOST, read::PREFERENCES)
        + &["Account", "Item", "Entity", "Class"]
            .map(|list| response(&format!("{list}Query"), &format!("{list}@@"), ""))
            .concat()
        + &read::small_lists("", rows);
    let page = read::chart(None, &answer(&text));
    let found = |days| {
        let need = Need::Listed(Listed::Terms { days });
        resolve(&need, &page.entries, &BOOK.names(&need), |_| None)
    };
    assert_eq!(found(30), Resolution::Bound("7".into()));
    assert_eq!(found(45), Resolution::Create, "who pays by those may keep two per cent");
}
