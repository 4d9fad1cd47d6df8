//! Answers that were recorded elsewhere: all are read, row by row.

use super::super::compare;
use super::super::message::Responses;
use super::super::wire::Kind;
use super::*;

const FOLDER: &str = "fixtures/quickbooks-desktop";

/// The rows that each recorded answer holds, and what of them is ours to understand.
const ANSWERS: [(&str, &str, usize); 10] = [
    ("account-add.response.xml", "AccountRet", 1),
    ("account_query_rs.xml", "AccountRet", 2),
    ("customer-batch-mixed.response.xml", "CustomerRet", 2),
    ("customer_add_rs.xml", "CustomerRet", 1),
    ("customer_query_rs.xml", "CustomerRet", 1),
    ("customer_query_terator_rs.xml", "CustomerRet", 1),
    ("item_inventory_add_rs.xml", "ItemInventoryRet", 1),
    ("purchase_order_query_rs.xml", "PurchaseOrderRet", 1),
    ("receive_payment_query_rs.xml", "ReceivePaymentRet", 1),
    ("sales_receipt_add_rs.xml", "SalesReceiptRet", 1),
];

#[test]
fn every_recorded_answer_is_read() {
    for (file, row, count) in ANSWERS {
        let Some(text) = shared(&format!("{FOLDER}/{file}")) else { return };
        Responses::read(text.as_bytes()).unwrap_or_else(|reason| panic!("{file}: {reason}"));
        let root = xml::read(text.as_bytes()).unwrap();
        let responses = &root.child("QBXMLMsgsRs").unwrap().children;
        let rows: Vec<&Element> = responses.iter().flat_map(|it| it.all(row)).collect();
        assert_eq!(rows.len(), count, "{file}");
        let id = |row: &Element| row.text(["ListID"]).or(row.text(["TxnID"])).map(str::to_owned);
        assert!(rows.iter().all(|row| id(row).is_some()), "{file}");
    }
}

/// The rows of a recorded answer, as they stand there.
fn rows(file: &str, row: &str) -> Option<String> {
    let text = shared(&format!("{FOLDER}/{file}"))?;
    let end = format!("</{row}>");
    let (start, until) = (text.find(&format!("<{row}>"))?, text.rfind(&end)? + end.len());
    text.get(start..until).map(str::to_owned)
}

#[test]
fn recorded_lists_are_a_chart() {
    let recorded = || {
        let accounts = rows("account_query_rs.xml", "AccountRet")?;
        let items = rows("item_inventory_add_rs.xml", "ItemInventoryRet")?;
        Some((accounts, items, rows("customer_query_rs.xml", "CustomerRet")?))
    };
    let Some((accounts, items, customers)) = recorded() else { return };
    let text = read::settings_answer(read::HOST, read::PREFERENCES)
        + &response("AccountQuery", "Account@@", &accounts)
        + &response("ItemQuery", "Item@@", &items)
        + &response("EntityQuery", "Entity@@", &customers)
        + &response("ClassQuery", "Class@@", "")
        + &read::small_lists("", "");
    let page = read::chart(None, &answer(&text));
    let told: Vec<String> =
        page.entries.iter().map(|it| format!("{} {} {:?}", it.remote, it.name, it.kind)).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_recorded_payment_is_listed() {
    let Some(row) = rows("receive_payment_query_rs.xml", "ReceivePaymentRet") else { return };
    let page = read::documents(None, &[("ReceivePayment", row)]);
    let told: Vec<String> = page.documents.iter().map(|it| format!("{it:?}")).collect();
    insta::assert_snapshot!(told.join("\n"));
}

#[test]
fn a_recorded_sales_receipt_has_its_total() {
    let Some(text) = shared(&format!("{FOLDER}/sales_receipt_add_rs.xml")) else { return };
    let root = xml::read(text.as_bytes()).unwrap();
    let responses = root.child("QBXMLMsgsRs").unwrap();
    let row = &responses.children[0].children[0];
    let lines = vec![goods(sales(), "-150.00", 1), settled(clearing(), "150.00")];
    let document = document(DocumentKind::SalesReceipt, Some(customer()), lines);
    let held = compare::acknowledgement(Kind::SalesReceipt, &document, row).unwrap();
    assert_eq!(held.remote, RemoteId::from("141CA5-1231522949"));
    assert_eq!(held.version.as_deref(), Some("1231522949"));
    assert_eq!(held.total, Some(document.total().unwrap()));
    assert_eq!(held.tax, Some(Money::zero(usd())));
}

#[test]
fn recorded_refusals_are_told_apart() {
    let Some(text) = shared(&format!("{FOLDER}/customer-batch-mixed.response.xml")) else { return };
    let names = ["A", "B", "C", "D", "E"];
    let party = |name: &str| Party::Customer { key: name.to_owned(), name: name.to_owned() };
    let subjects = names.map(|name| Subject::Need(Need::Party(party(name))));
    let context = context(&subjects);
    let tasks = subjects.map(Task::Create);
    let outcomes = hear(&tasks, &context, &text.replace("ext-mix-", "")).unwrap();
    let codes: Vec<Option<String>> = outcomes
        .iter()
        .map(|outcome| match outcome {
            Outcome::Refused(refusal) => Some(format!("{:?} {}", refusal.kind, refusal.code)),
            _ => None,
        })
        .collect();
    let refused = ["DuplicateName 3100", "Other 3250", "BadReference 3130"];
    let refused = refused.map(|code| Some(code.to_owned()));
    let [one, two, three] = refused;
    assert_eq!(codes, [None, one, two, three, None]);
}
