//! What sales are entered as, and to whom documents are made out.

use super::shop::{Shop, dispute, order, usd};
use super::{POLICY, account, policy};
use saldo_core::accounting::{Group, Stock, Trial};
use saldo_core::commerce::{DisputeOutcome, Fact, SaleKind};
use saldo_core::document::{DocumentKind, Party, SubledgerEntry};
use saldo_core::policy::{Policy, PolicyError};

const CARD: &str = "shopify_payments";

fn with(text: &str) -> Policy {
    policy(&format!("{text}\n{POLICY}"))
}

fn entries(facts: &[Fact], policy: &Policy, heard_until: &str) -> Vec<SubledgerEntry> {
    let accounted = account(facts, policy, heard_until.parse().unwrap());
    let mut entries: Vec<_> = accounted.into_iter().flat_map(|it| it.entries).collect();
    let place = |it: &SubledgerEntry| {
        (it.header.date, it.header.kind != DocumentKind::Invoice, it.id.clone())
    };
    entries.sort_by_key(place);
    entries
}

/// The documents, each with what it comes to on what it settles.
fn documents(facts: &[Fact], policy: &Policy, heard_until: &str) -> Vec<(DocumentKind, String)> {
    let told = |entry: SubledgerEntry| {
        let settles = entry.lines.iter().filter(|line| line.kind.settles());
        let told = settles.map(|line| format!("{} {}", line.account.name, line.amount));
        (entry.header.kind, told.collect::<Vec<_>>().join(", "))
    };
    entries(facts, policy, heard_until).into_iter().map(told).collect()
}

const FAR: &str = "2027-01-01T00:00:00Z";

fn mug() -> Shop {
    order("03-10").sale("03-10", &[(SaleKind::Product, "100.00", "0.00", "0.00")])
}

#[test]
fn every_sale_is_an_invoice_with_payments_where_the_policy_says_so() {
    let receivable = |amount: &str| format!("Accounts receivable {amount} USD");
    let paid =
        |by: &str, amount: &str| format!("{by} {amount} USD, Accounts receivable -{amount} USD");
    let (card, paypal) = ("Clearing: Shopify Payments", "Clearing: PayPal");
    let invoice = |amount| (DocumentKind::Invoice, receivable(amount));
    let payment = |by, amount| (DocumentKind::Payment, paid(by, amount));
    let cases = [
        (mug().paid("03-10", CARD, "100.00"), vec![invoice("100.00"), payment(card, "100.00")]),
        (
            mug().paid("03-10", CARD, "60.00").paid("03-10", "paypal", "40.00"),
            vec![invoice("100.00"), payment(card, "60.00"), payment(paypal, "40.00")],
        ),
        // What a gift card pays stands on the invoice; it is no money.
        (
            mug().paid("03-10", "gift_card", "30.00").paid("03-10", CARD, "70.00"),
            vec![invoice("70.00"), payment(card, "70.00")],
        ),
        (mug(), vec![invoice("100.00")]),
    ];
    for (shop, expected) in cases {
        let found = documents(&[shop.fact()], &with("sales = \"invoice\""), FAR);
        assert_eq!(found, expected);
    }
}

#[test]
fn an_invoice_that_is_paid_does_not_wait_for_the_end_of_its_day() {
    let paid = mug().paid("03-10", CARD, "100.00").fact();
    let within = "2026-03-10T12:00:01Z";
    let found = documents(std::slice::from_ref(&paid), &with("sales = \"invoice\""), within);
    assert_eq!(found.len(), 2, "{found:?}");
    let unpaid = documents(&[mug().fact()], &with("sales = \"invoice\""), within);
    assert_eq!(unpaid, []);
}

#[test]
fn a_rule_says_which_sales_are_invoices() {
    let rules = "[[rules]]\nname = \"Trade\"\nwhen = { tag = \"trade\" }\nsales = \"invoice\"\n\
                 [[rules]]\nname = \"Till\"\nwhen = { source = \"pos\" }\nsales = \"receipt\"";
    let policy = |text: &str| policy(&format!("{text}\n{POLICY}\n{rules}"));
    let sold = || mug().paid("03-10", CARD, "100.00");
    let cases = [
        ("", sold().tagged(&["trade"]), DocumentKind::Invoice),
        ("", sold(), DocumentKind::SalesReceipt),
        ("sales = \"invoice\"", sold(), DocumentKind::Invoice),
        ("sales = \"invoice\"", sold().from("pos"), DocumentKind::SalesReceipt),
        ("", sold().from("pos").tagged(&["trade"]), DocumentKind::Invoice),
    ];
    for (text, shop, kind) in cases {
        assert_eq!(documents(&[shop.fact()], &policy(text), FAR)[0].0, kind);
    }
}

#[test]
fn a_rule_about_sales_looks_at_what_stays() {
    let new = |when: &str| {
        let rule = format!("[[rules]]\nname = \"R\"\nwhen = {{ {when} }}\nsales = \"invoice\"");
        Policy::new(1, &rule, usd(), "UTC", "2026-01-01".parse().unwrap())
    };
    assert!(new("tag = \"x\"").is_ok());
    for when in ["status = \"paid\"", "sku = \"MUG\"", "gateway = \"paypal\""] {
        let refused = new(when);
        assert!(matches!(refused, Err(PolicyError::Rule { .. })), "{when}");
    }
}

#[test]
fn a_sale_before_the_switch_stays_a_receipt() {
    let policy = with("sales = \"invoice\"").following(with(""), "2026-03-15".parse().unwrap());
    let before = mug().paid("03-10", CARD, "100.00");
    let back = (SaleKind::Product, "-100.00", "0.00", "0.00");
    let before = before.refund("03-20", &[back]).repaid("03-20", CARD, "100.00");
    let kinds: Vec<_> =
        documents(&[before.fact()], &policy, FAR).into_iter().map(|it| it.0).collect();
    assert_eq!(kinds, [DocumentKind::SalesReceipt, DocumentKind::RefundReceipt]);
}

/// A customer for each channel and point of sale.
const CUSTOMERS: &str = "[customers]\ndefault = \"Web shop\"\nsources = { pos = \"Till\", \
                         \"shopify*\" = \"Drafts\" }\nchannels = { \"mark*\" = \"Marketplace\" }";

fn made_out_to(shop: Shop, text: &str) -> String {
    let entries = entries(&[shop.paid("03-10", CARD, "100.00").fact()], &with(text), FAR);
    match entries[0].header.party.clone() {
        Some(Party::Customer { key, name }) => format!("{name} ({key})"),
        other => panic!("{other:?}"),
    }
}

#[test]
fn each_channel_and_point_of_sale_has_a_customer_for_all() {
    let known = |mut shop: Shop| {
        shop.0.customer = Some("Customer/1".to_owned());
        shop.0.customer_name = Some("Ann".to_owned());
        shop
    };
    let by_name = CUSTOMERS.replace("[customers]", "[customers]\nby-name = true");
    let elsewhere = |mut shop: Shop| {
        shop.0.source.connection = "market".into();
        shop.0.id = "market/Order/1".into();
        shop
    };
    let cases = [
        (mug(), CUSTOMERS, "Web shop (default)"),
        (mug().from("pos"), CUSTOMERS, "Till (default/Till)"),
        (mug().from("shopify_draft_order"), CUSTOMERS, "Drafts (default/Drafts)"),
        (elsewhere(mug()), CUSTOMERS, "Marketplace (default/Marketplace)"),
        (elsewhere(mug()).from("pos"), CUSTOMERS, "Till (default/Till)"),
        (known(mug().from("pos")), CUSTOMERS, "Till (default/Till)"),
        (known(mug().from("pos")), &by_name, "Ann (Customer/1)"),
        (mug(), "", "Shop customers (default)"),
    ];
    for (shop, text, expected) in cases {
        assert_eq!(made_out_to(shop, text), expected);
    }
}

#[test]
fn sums_of_a_day_are_parted_by_customer() {
    let text = format!("detail = \"day\"\n{CUSTOMERS}");
    let sold = |number| mug().numbered(number).paid("03-10", CARD, "100.00");
    let facts = [sold(1).fact(), sold(2).from("pos").fact(), sold(3).from("pos").fact()];
    let mut slots: Vec<(String, Party)> = entries(&facts, &with(&text), FAR)
        .into_iter()
        .map(|it| (it.header.slot, it.header.party.unwrap()))
        .collect();
    slots.dedup();
    let names: Vec<_> = slots.iter().map(|(slot, _)| slot.ends_with("/Till")).collect();
    assert_eq!(names, [false, true], "{slots:?}");
}

#[test]
fn a_dispute_that_is_lost_goes_where_its_reason_belongs() {
    let words = "[disputes]\nproduct-not-received = \"returns\"\n\
                 PRODUCT_UNACCEPTABLE = \"returns\"";
    let lost = |reason: Option<&str>| {
        let Fact::Dispute(mut lost) = dispute("03-20", DisputeOutcome::Lost, "105.43") else {
            panic!("a dispute")
        };
        lost.reason = reason.map(str::to_owned);
        Fact::Dispute(lost)
    };
    let cases = [
        (Some("PRODUCT_NOT_RECEIVED"), words, "Returns & refunds"),
        (Some("product_unacceptable"), words, "Returns & refunds"),
        (Some("FRAUDULENT"), words, "Chargeback losses"),
        (None, words, "Chargeback losses"),
        (Some("PRODUCT_NOT_RECEIVED"), "", "Chargeback losses"),
    ];
    for (reason, text, on) in cases {
        // The words stand behind the accounts: a table of their own.
        let policy = policy(&format!("{POLICY}\n{text}"));
        let entries = entries(&[lost(reason)], &policy, FAR);
        assert_eq!(&*entries[0].lines[0].account.name, on, "{reason:?}");
    }
    let refused =
        Policy::new(1, "disputes.x = \"sales-tax\"", usd(), "UTC", jiff::civil::date(2026, 1, 1));
    assert!(matches!(refused, Err(PolicyError::Word { table: "disputes", .. })));
}

#[test]
fn a_rule_says_how_much_documents_hold_of_what_a_gateway_settles() {
    let rule = "[[rules]]\nname = \"PayPal\"\nwhen = { gateway = \"paypal\" }\ndetail = \"day\"";
    let policy = policy(&format!("{POLICY}\n{rule}"));
    let sold = |number, by: &str| mug().numbered(number).paid("03-10", by, "100.00").fact();
    let facts = [sold(1, CARD), sold(2, "paypal"), sold(3, "paypal")];
    let summed: Vec<bool> = entries(&facts, &policy, FAR)
        .into_iter()
        .map(|it| it.header.slot.starts_with("summary/"))
        .collect();
    assert_eq!(summed, [false, true, true]);
    let mut trial = Trial::of(&policy);
    for (number, fact) in facts.into_iter().enumerate() {
        let group = Group::Order(format!("shop/Order/{}", number + 1).into());
        trial.add(&group, &[fact], &Stock::default(), FAR.parse().unwrap()).unwrap();
    }
    assert_eq!(trial.rules.get(&0).map(|caught| caught.count), Some(2));
}
