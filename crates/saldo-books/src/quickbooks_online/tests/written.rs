//! What is asked: bodies of every kind, refusals, names, queries.

use super::*;
use jiff::ToSpan;
use saldo_core::book::Item;
use saldo_core::exchange::{Method, Permit};
use serde_json::json;

fn golden(name: &str, document: &Document) {
    let text = serde_json::to_string_pretty(&body(document)).unwrap();
    insta::assert_snapshot!(name, text);
}

#[test]
fn a_form_says_where_goods_go_to_where_tax_goes_by_it() {
    let new_york = json!({
        "Country": "US", "CountrySubDivisionCode": "NY", "PostalCode": "10001",
    });
    let said = |document: &Document, how: &str| {
        let (tasks, mut context) = creates(&[sent_to_new_york(document)]);
        context.settings.insert("sales-tax".to_owned(), how.to_owned());
        let item = items(&tasks, &context).remove(0);
        let form = item.as_object().unwrap().values().find(|value| value.is_object()).unwrap();
        form["ShipAddr"].clone()
    };
    for document in [sale(), claim(), refund()] {
        assert_eq!(said(&document, "automated"), new_york);
        assert_eq!(said(&document, "automated-at-home"), Value::Null);
    }
    assert_eq!(said(&payout(), "automated"), Value::Null);
    assert_eq!(body(&sale())["SalesReceipt"]["ShipAddr"], Value::Null);
}

#[test]
fn every_kind_of_document_has_its_body() {
    golden("sales_receipt", &sale());
    golden("invoice", &claim());
    golden("refund_receipt", &refund());
    golden("transfer", &payout());
    golden("purchase", &expense());
    golden("journal_entry", &write_off());
    let lines = vec![goods(returns(), "50.00", 1), tax("4.13"), owed("-54.13")];
    golden("credit_memo", &document(DocumentKind::CreditMemo, Some(customer()), lines));
}

#[test]
fn a_payment_is_linked_to_its_invoice() {
    let (invoice, payment) = (key(&claim()), received());
    let subject = Subject::Document {
        key: key(&payment),
        document: Box::new(payment),
        applies_to: Some(invoice),
        voids: None,
        draft: false,
    };
    let mut context = context(std::slice::from_ref(&subject));
    let tasks = [Task::Create(subject)];
    let unbound = BOOK.ask(&tasks, "token-1", &context).unwrap_err();
    assert_eq!(unbound.permits, Permit::Never);
    assert!(unbound.message.contains("is not bound"), "{unbound}");
    context.bindings.0.insert(invoice.to_string(), RemoteId::from("145"));
    let text = serde_json::to_string_pretty(&items(&tasks, &context)).unwrap();
    insta::assert_snapshot!("payment", text);
}

#[test]
fn what_documents_refer_to_has_its_body() {
    let needs = [
        Need::Account(clearing()),
        Need::Account(discounts()),
        Need::Item(Item::plain(None, gift_cards())),
        Need::Item(Item::plain(Some(mug()), sales())),
        Need::Party(customer()),
        Need::Party(vendor()),
        Need::Value { dimension: "class".into(), value: "Retail: web".into() },
        Need::Value { dimension: "location".into(), value: "Aarhus".into() },
    ];
    let subjects: Vec<Subject> = needs.into_iter().map(Subject::Need).collect();
    let context = context(&subjects);
    let tasks: Vec<Task> = subjects.into_iter().map(Task::Create).collect();
    let text = serde_json::to_string_pretty(&items(&tasks, &context)).unwrap();
    insta::assert_snapshot!("needs", text);
}

#[test]
fn a_batch_carries_its_token_and_a_read_carries_none() {
    let (tasks, context) = creates(&[sale()]);
    let write = request(BOOK.ask(&tasks, "t0k3n", &context).unwrap());
    assert_eq!(write.method, Method::Post);
    assert_eq!(
        write.url,
        "https://quickbooks.api.intuit.com/v3/company/4620816365/batch\
         ?minorversion=75&requestid=t0k3n"
    );
    assert!(write.headers.contains(&("accept".to_owned(), "application/json".to_owned())));
    let read = request(BOOK.ask(&[Task::ReadChart { page: None }], "t0k3n", &context).unwrap());
    assert!(!read.url.contains("requestid"), "{}", read.url);
    let long = "x".repeat(37);
    assert_eq!(BOOK.ask(&tasks, &long, &context).unwrap_err().permits, Permit::Never);
}

/// The name of the entity that a document becomes.
fn entity(document: &Document) -> String {
    let body = body(document);
    let known =
        body.as_object().unwrap().keys().find(|key| !["bId", "operation"].contains(&key.as_str()));
    known.unwrap().clone()
}

#[test]
fn the_sign_and_the_accounts_decide_the_entity() {
    let jane = Some(customer());
    let by_gift_card = vec![goods(sales(), "-50.00", 1), other(gift_cards(), "50.00", "Gift card")];
    let to_gift_card = vec![goods(returns(), "50.00", 1), other(gift_cards(), "-50.00", "Card")];
    let exchange = vec![
        goods(sales(), "-20.00", 1),
        goods(returns(), "50.00", 1),
        settled(clearing(), "-30.00"),
    ];
    let paid_by_card = vec![other(gift_cards(), "54.13", "Gift card"), owed("-54.13")];
    let fee_back = vec![other(fees(), "-3.00", "Fee back"), settled(clearing(), "3.00")];
    let kept_back = vec![
        other(fees(), "3.00", "Fee"),
        settled(account("Reserves", AccountKind::OtherCurrentAsset), "-3.00"),
    ];
    let to_expense = vec![settled(fees(), "3.00"), settled(clearing(), "-3.00")];
    let cases = [
        (DocumentKind::SalesReceipt, by_gift_card, "SalesReceipt"),
        (DocumentKind::RefundReceipt, to_gift_card, "CreditMemo"),
        (DocumentKind::SalesReceipt, exchange, "RefundReceipt"),
        (DocumentKind::Invoice, vec![goods(sales(), "5.00", 1), owed("-5.00")], "CreditMemo"),
        (DocumentKind::Payment, paid_by_card, "JournalEntry"),
        (DocumentKind::Payment, vec![owed("5.00"), settled(clearing(), "-5.00")], "JournalEntry"),
        (DocumentKind::Expense, fee_back, "JournalEntry"),
        (DocumentKind::Expense, kept_back, "JournalEntry"),
        (DocumentKind::Transfer, to_expense, "JournalEntry"),
    ];
    for (kind, lines, expected) in cases {
        let document = document(kind, jane.clone(), lines);
        assert_eq!(entity(&document), expected, "{document:?}");
        assert_eq!(entity(&document), entity(&document), "decided alike each time");
    }
}

#[test]
fn tax_on_an_account_of_its_own_is_a_line_and_nothing_is_taxed() {
    let lines = vec![goods(sales(), "-100.00", 2), own_tax("-7.43"), settled(clearing(), "107.43")];
    let document = document(DocumentKind::SalesReceipt, Some(customer()), lines);
    let needs = BOOK.needs(&subject(&document));
    let item = Need::Item(Item::plain(None, own_tax("0").account));
    assert!(needs.contains(&item), "{needs:?}");
    let body = body(&document);
    assert_eq!(at(&body, "/SalesReceipt/TxnTaxDetail/TotalTax").to_string(), "0.00");
    let lines = at(&body, "/SalesReceipt/Line").as_array().unwrap();
    let said: Vec<(String, &str)> = lines
        .iter()
        .map(|line| {
            let code = at(line, "/SalesItemLineDetail/TaxCodeRef/value").as_str().unwrap();
            (line["Amount"].to_string(), code)
        })
        .collect();
    assert_eq!(said, [("100.00".to_owned(), "NON"), ("7.43".to_owned(), "NON")]);
}

/// A field within a body, by names and places.
fn at<'a>(body: &'a Value, pointer: &str) -> &'a Value {
    body.pointer(pointer).unwrap_or_else(|| panic!("{pointer} in {body}"))
}

#[test]
fn a_form_whose_total_is_nothing_names_no_deposit_account() {
    let lines = vec![goods(sales(), "-50.00", 1), other(gift_cards(), "50.00", "Gift card")];
    let body = body(&document(DocumentKind::SalesReceipt, Some(customer()), lines));
    assert!(body.pointer("/SalesReceipt/DepositToAccountRef").is_none());
    assert_eq!(at(&body, "/SalesReceipt/Line/1/Amount").to_string(), "-50.00");
}

#[test]
fn a_second_settlement_account_is_a_negative_line() {
    let lines = vec![
        goods(sales(), "-105.43", 1),
        settled(paypal(), "5.43"),
        settled(clearing(), "100.00"),
    ];
    let split = document(DocumentKind::SalesReceipt, Some(customer()), lines);
    let item = Need::Item(Item::plain(None, paypal()));
    let (_, context) = creates(std::slice::from_ref(&split));
    let body = body(&split);
    let deposit = context.bindings.need(&Need::Account(clearing())).unwrap();
    assert_eq!(at(&body, "/SalesReceipt/DepositToAccountRef/value"), deposit.as_str());
    assert_eq!(at(&body, "/SalesReceipt/Line/1/Amount").to_string(), "-5.43");
    let named = at(&body, "/SalesReceipt/Line/1/SalesItemLineDetail/ItemRef/value");
    assert_eq!(named, context.bindings.need(&item).unwrap().as_str());
}

#[test]
fn units_and_price_stand_only_where_they_multiply_exactly() {
    let cases = [
        ("-100.00", 2, Some(("2", "50")), "Mug"),
        ("-0.30", 3, Some(("3", "0.1")), "Mug"),
        ("-0.05", 4, Some(("4", "0.0125")), "Mug"),
        ("-10.00", 3, None, "3 x Mug"),
        ("10.00", 2, Some(("-2", "5")), "Mug"),
        ("0.00", 2, Some(("2", "0")), "Mug"),
        ("-92233720368547000.01", 1, Some(("1", "92233720368547000.01")), "Mug"),
    ];
    for (amount, units, expected, text) in cases {
        let item = goods(sales(), amount, units);
        let rest = Money::from_minor(-1, usd()).minus(item.amount).unwrap().amount_text();
        let lines = vec![item, other(shipping(), &rest, "Rest"), settled(clearing(), "0.01")];
        let body = body(&document(DocumentKind::SalesReceipt, Some(customer()), lines));
        let line = at(&body, "/SalesReceipt/Line/0");
        let number = |name: &str| line.pointer(name).map(ToString::to_string);
        let units = number("/SalesItemLineDetail/Qty");
        let price = number("/SalesItemLineDetail/UnitPrice");
        let found = units.as_deref().zip(price.as_deref());
        assert_eq!(found, expected, "{amount}");
        assert_eq!(line.get("Description").unwrap(), text);
    }
}

#[test]
fn what_cannot_be_held_is_said_with_document_and_reason() {
    let jane = Some(customer());
    let euro = Currency::parse("EUR").unwrap();
    let mut foreign = sale();
    foreign = Document::new(
        Header { currency: euro, ..foreign.header().clone() },
        foreign
            .lines()
            .iter()
            .map(|line| Line {
                amount: Money::from_minor(line.amount.minor(), euro),
                ..line.clone()
            })
            .collect(),
    )
    .unwrap();
    let mut abroad = settled(clearing(), "50.00");
    abroad.foreign = Some(Money::from_minor(4_545, euro));
    let abroad = vec![goods(sales(), "-50.00", 1), abroad];
    let against = vec![goods(sales(), "-50.00", 1), tax("4.00"), settled(clearing(), "46.00")];
    let half_owed = vec![goods(sales(), "-50.00", 1), owed("20.00"), settled(clearing(), "30.00")];
    let only_tax = vec![tax("-4.00"), settled(clearing(), "4.00")];
    let cases = [
        (foreign, "EUR"),
        (document(DocumentKind::SalesReceipt, jane.clone(), abroad), "currencies.conversion"),
        (document(DocumentKind::SalesReceipt, jane.clone(), against), "runs against"),
        (document(DocumentKind::SalesReceipt, jane.clone(), half_owed), "receivable"),
        (document(DocumentKind::SalesReceipt, jane, only_tax), "at least one line"),
        (document(DocumentKind::Invoice, None, claim().lines().to_vec()), "needs a customer"),
        (document(DocumentKind::SalesReceipt, Some(vendor()), sale().lines().to_vec()), "Shopify"),
    ];
    for (document, reason) in cases {
        let (tasks, context) = creates(std::slice::from_ref(&document));
        let fault = BOOK.ask(&tasks, "t", &context).unwrap_err();
        assert_eq!(fault.permits, Permit::Never);
        assert!(fault.message.contains(reason), "{fault}");
        assert!(fault.message.contains(key(&document).as_str()), "{fault}");
    }
}

#[test]
fn an_unsound_document_stays_out_of_its_batch() {
    let bad = document(
        DocumentKind::SalesReceipt,
        Some(customer()),
        vec![tax("-4.00"), settled(clearing(), "4.00")],
    );
    let (tasks, context) = creates(&[bad, sale()]);
    let items = items(&tasks, &context);
    assert_eq!(items.len(), 1);
    assert_eq!(items[0]["bId"], "2");
}

#[test]
fn needs_are_bound_once_each_and_tax_accounts_not_at_all() {
    let names = |document: &Document| -> Vec<String> {
        BOOK.needs(&subject(document)).iter().map(Need::binding).collect()
    };
    assert_eq!(
        names(&sale()),
        [
            "customer/shop/Customer/7",
            "account/Clearing: Shopify Payments",
            "item/Product sales/MUG-1",
            "item/Discounts given",
            "item/Shipping income",
        ]
    );
    let fees =
        ["vendor/Shopify", "account/Clearing: Shopify Payments", "account/Payment processing fees"];
    assert_eq!(names(&expense()), fees);
    assert_eq!(names(&payout()), ["account/Clearing: Shopify Payments", "account/Bank"]);
    assert_eq!(
        names(&write_off()),
        ["customer/shop/Customer/7", "account/Bad debt", "account/Accounts receivable"]
    );
}

#[test]
fn texts_lose_what_is_refused_and_keep_the_marker() {
    let long = format!("Line one\nline two \u{1F600} {}", "x".repeat(5000));
    let header = Header { memo: long, ..sale().header().clone() };
    let document = Document::new(header, sale().lines().to_vec()).unwrap();
    let body = body(&document);
    let note = at(&body, "/SalesReceipt/PrivateNote").as_str().unwrap();
    assert!(note.chars().count() <= 4000);
    assert!(note.starts_with("Line one line two xxx"), "{note}");
    assert!(note.ends_with(&format!(" saldo:{}", key(&document))));
}

/// The queries that are asked.
fn queries(tasks: &[Task], context: &BookContext) -> Vec<String> {
    let items = items(tasks, context);
    items.iter().map(|item| item["Query"].as_str().unwrap().to_owned()).collect()
}

/// The query for so many of an entity on the day of the documents, from a row on.
fn of_the_day(entity: &str, row: usize, rows: usize) -> String {
    format!(
        "select * from {entity} where TxnDate = '2026-11-20' orderby Id startposition {row} \
         maxresults {rows}"
    )
}

#[test]
fn look_ups_ask_once_for_each_entity() {
    let documents = [sale(), claim(), received(), payout(), expense()];
    let tasks: Vec<Task> = documents.iter().map(subject).map(Task::look_up).collect();
    let number = |document: &Document| key(document).to_string();
    assert_eq!(
        queries(&tasks, &context(&[])),
        [
            format!(
                "select * from SalesReceipt where DocNumber in ('{}') maxresults 1000",
                number(&sale())
            ),
            format!(
                "select * from Invoice where DocNumber in ('{}') maxresults 1000",
                number(&claim())
            ),
            of_the_day("Payment", 1, 500),
            of_the_day("Transfer", 1, 500),
            format!(
                "select * from Purchase where DocNumber in ('{}') maxresults 1000",
                number(&expense())
            ),
        ]
    );
    let further = Task::LookUp { subject: subject(&sale()), page: Some("2001".to_owned()) };
    let payment = Task::look_up(subject(&received()));
    assert_eq!(
        queries(&[further, payment], &context(&[])),
        [of_the_day("SalesReceipt", 2001, 500), of_the_day("Payment", 1, 500)]
    );
    let one = request(BOOK.ask(&tasks[..1], "t", &context(&[])).unwrap());
    assert_eq!(one.method, Method::Get);
    assert!(one.url.contains("/query?query=select%20%2A%20from%20SalesReceipt"), "{}", one.url);
}

#[test]
fn many_days_are_asked_for_in_one_page_together() {
    let on = |days: i32| {
        let (header, lines) = (received().header().clone(), received().lines().to_vec());
        let header = Header { date: day() - days.days(), ..header };
        Document::new(header, lines).unwrap()
    };
    let look_up = |days| Task::look_up(subject(&on(days)));
    let tasks: Vec<Task> = (0..30).map(look_up).collect();
    let asked = queries(&tasks, &context(&[]));
    assert_eq!(asked.len(), 30);
    assert!(asked.iter().all(|query| query.ends_with(" maxresults 33")), "{asked:#?}");
    let same_day: Vec<Task> = (0..30).map(|_| look_up(0)).collect();
    let one = request(BOOK.ask(&same_day, "t", &context(&[])).unwrap());
    assert!(one.url.contains("maxresults%201000"), "{}", one.url);
    // A day that has more rows is read on, and those that have not are done.
    let rows = |count: usize| {
        let rows: Vec<Value> = (1..=count).map(|id| json!({"Id": id.to_string()})).collect();
        json!({"QueryResponse": {"Payment": rows}})
    };
    let items = (1..=30).map(|item| {
        let mut answer = rows(if item == 30 { 33 } else { 32 });
        answer["bId"] = json!(item.to_string());
        answer
    });
    let answer = json!({"BatchItemResponse": items.collect::<Vec<_>>()});
    let outcomes = hear(&tasks, &context(&[]), 200, &answer.to_string()).unwrap();
    let further = Outcome::Further { page: "34".to_owned() };
    assert_eq!(outcomes[0], further, "the last day is asked for last");
    assert!(outcomes[1..].iter().all(|outcome| *outcome == Outcome::Absent), "{outcomes:?}");
}

#[test]
fn parties_are_looked_for_in_all_lists_under_all_their_names() {
    let neil = Party::Vendor { name: "O'Neil".to_owned() };
    let tasks = [Task::look_up(Subject::Need(Need::Party(neil)))];
    let rest = "and Active in (true, false) maxresults 1000";
    let expected = ["Customer", "Vendor", "Employee"].map(|list| {
        format!(r"select * from {list} where DisplayName in ('O\'Neil', 'O\'Neil (V)') {rest}")
    });
    assert_eq!(queries(&tasks, &context(&[])), expected);
}

#[test]
fn names_that_are_in_use_are_not_used_again() {
    let twin = Party::Customer { key: "shop/Customer/8".to_owned(), name: "Jane Doe".to_owned() };
    let other_item = Item::plain(Some(mug()), returns());
    let needs = [Need::Party(customer()), Need::Party(twin), Need::Item(other_item)];
    let subjects: Vec<Subject> = needs.into_iter().map(Subject::Need).collect();
    let mut context = context(&subjects);
    context.bindings.0.insert("item/Product sales/MUG-1".to_owned(), RemoteId::from("5"));
    let tasks: Vec<Task> = subjects.into_iter().map(Task::Create).collect();
    let items = items(&tasks, &context);
    assert_eq!(items[0]["Customer"]["DisplayName"], "Jane Doe");
    assert_eq!(items[1]["Customer"]["DisplayName"], "Jane Doe (C)");
    assert_eq!(items[2]["Item"]["Name"], "Mug (MUG-1) - Returns & refunds");
}

#[test]
fn the_chart_goes_on_where_a_page_says() {
    let context = context(&[]);
    assert_eq!(queries(&[Task::ReadChart { page: None }], &context).len(), 9);
    let page = Some("Item:1001 Customer:2001".to_owned());
    let active = "where Active in (true, false)";
    assert_eq!(
        queries(&[Task::ReadChart { page }], &context),
        [
            format!("select * from Item {active} startposition 1001 maxresults 1000"),
            format!("select * from Customer {active} startposition 2001 maxresults 1000"),
        ]
    );
    let bad = Task::ReadChart { page: Some("Item".to_owned()) };
    assert_eq!(BOOK.ask(&[bad], "t", &context).unwrap_err().permits, Permit::Never);
}

#[test]
fn balances_are_asked_as_of_a_day() {
    let request =
        request(BOOK.ask(&[Task::ReadBalances { as_of: day() }], "t", &context(&[])).unwrap());
    assert_eq!(
        request.url,
        "https://quickbooks.api.intuit.com/v3/company/4620816365/reports/TrialBalance\
         ?end_date=2026-11-20&accounting_method=Accrual&minorversion=75"
    );
}

#[test]
fn results_are_asked_over_days() {
    let task = Task::ReadResult { from: date(2025, 11, 1), until: day() };
    let request = request(BOOK.ask(&[task], "t", &context(&[])).unwrap());
    assert_eq!(
        request.url,
        "https://quickbooks.api.intuit.com/v3/company/4620816365/reports/ProfitAndLoss\
         ?start_date=2025-11-01&end_date=2026-11-20&accounting_method=Accrual\
         &summarize_column_by=Total&minorversion=75"
    );
}

#[test]
fn documents_are_asked_for_by_days_and_go_on_where_a_page_says() {
    let context = context(&[]);
    let (from, until) = (date(2026, 11, 1), day());
    let page =
        |page: Option<&str>| Task::ReadDocuments { from, until, page: page.map(str::to_owned) };
    assert_eq!(queries(&[page(None)], &context).len(), 13);
    let days = "where TxnDate >= '2026-11-01' and TxnDate <= '2026-11-20' orderby Id";
    assert_eq!(
        queries(&[page(Some("SalesReceipt:2001 Payment:1001"))], &context),
        [
            format!(
                "select Id, SyncToken, DocNumber from SalesReceipt {days} startposition 2001 \
                 maxresults 1000"
            ),
            format!("select Id, SyncToken from Payment {days} startposition 1001 maxresults 1000"),
        ]
    );
    let bad = page(Some("Item"));
    assert_eq!(BOOK.ask(&[bad], "t", &context).unwrap_err().permits, Permit::Never);
}

#[test]
fn a_realm_is_digits() {
    let setting = |realm: &str| BTreeMap::from([("realm".to_owned(), realm.to_owned())]);
    assert!(BOOK.addresses(&setting("123")).is_ok());
    assert!(BOOK.addresses(&setting("12/3")).is_err());
    assert!(BOOK.addresses(&BTreeMap::new()).is_err());
}

#[test]
fn a_number_begins_with_its_prefix() {
    let sold = sale().with_prefix("S-");
    let number = format!("S-{}", key(&sold));
    assert_eq!(at(&body(&sold), "/SalesReceipt/DocNumber"), number.as_str());
    let note = body(&sold)["SalesReceipt"]["PrivateNote"].as_str().unwrap().to_owned();
    assert!(note.ends_with(&format!("saldo:{}", key(&sold))), "{note}");
    let asked =
        queries(&[Task::look_up(subject(&sold)), Task::look_up(subject(&claim()))], &context(&[]));
    assert!(asked[0].contains(&format!("DocNumber in ('{number}')")), "{asked:?}");
    assert!(asked[1].contains(&format!("DocNumber in ('{}')", key(&claim()))), "{asked:?}");
    let longest = sale().with_prefix("1234567890");
    assert_eq!(longest.number(key(&longest)).len(), 21);
}
