//! What look-ups ask for, and what they find.

use super::heard::{ID, row_of};
use super::*;
use saldo_core::exchange::Permit;

fn look_ups(documents: &[Document]) -> (Vec<Task>, BookContext) {
    let subjects: Vec<Subject> = documents.iter().map(subject).collect();
    let context = context(&subjects);
    (subjects.into_iter().map(Task::look_up).collect(), context)
}

/// What a look-up finds among these rows.
fn found(document: &Document, rows: &str) -> Outcome {
    let (tasks, context) = look_ups(std::slice::from_ref(document));
    let asked = requests(&tasks, &context).remove(0);
    let name = asked.name.strip_suffix("Rq").unwrap();
    let answered = answer(&response(name, asked.attribute("requestID"), rows));
    hear(&tasks, &context, &answered).unwrap().remove(0)
}

/// What is said where nothing was found by number.
fn further() -> Outcome {
    Outcome::Further { page: "day".to_owned() }
}

/// The page on which payouts are looked for among deposits.
const DEPOSITS: &str = "deposit";

/// What is said of a payout where it stands not among the transfers of its day.
fn among_deposits() -> Outcome {
    Outcome::Further { page: DEPOSITS.to_owned() }
}

/// What a look-up that goes on at a page finds among these rows, and what it asks.
fn found_at(page: &str, document: &Document, rows: &str) -> (Element, Outcome) {
    let subject = subject(document);
    let context = context(std::slice::from_ref(&subject));
    let tasks = [Task::LookUp { subject, page: Some(page.to_owned()) }];
    let asked = requests(&tasks, &context).remove(0);
    let name = asked.name.strip_suffix("Rq").unwrap();
    let answered = answer(&response(name, asked.attribute("requestID"), rows));
    let outcome = hear(&tasks, &context, &answered).unwrap().remove(0);
    (asked, outcome)
}

/// What a look-up finds at last among all of its day.
fn found_by_day(document: &Document, rows: &str) -> Outcome {
    let (asked, outcome) = found_at("day", document, rows);
    assert_eq!(asked.text(["TxnDateRangeFilter", "FromTxnDate"]), Some("2026-11-20"));
    let Outcome::Further { page } = outcome else { return outcome };
    if page == DEPOSITS {
        return found_at(&page, document, "").1;
    }
    let (asked, outcome) = found_at(&page, document, rows);
    let ids: Vec<&str> = asked.all("TxnID").filter_map(|id| id.text([])).collect();
    assert!(!ids.is_empty() && ids.iter().all(|id| *id == ID), "{ids:?}");
    outcome
}

fn difference(document: &Document, rows: &str) -> String {
    match found(document, rows) {
        Outcome::FoundDifferent { difference, .. } => difference,
        other => panic!("{other:?}"),
    }
}

#[test]
fn documents_of_every_kind_are_found_as_they_were_sent() {
    for document in of_every_kind() {
        let outcome = found(&document, &row_of(&body(&document)));
        let Outcome::Found(acknowledgement) = outcome else { panic!("{document:?}: {outcome:?}") };
        assert_eq!(acknowledgement.remote, RemoteId::from(ID));
        let has_total = document.header().kind != DocumentKind::InventoryAdjustment;
        let total = document.total().unwrap();
        assert_eq!(acknowledgement.total, has_total.then_some(total));
        let is_numbered = document.header().kind != DocumentKind::Transfer;
        assert_eq!(found(&document, ""), if is_numbered { further() } else { among_deposits() });
        assert_eq!(found_by_day(&document, ""), Outcome::Absent);
        let by_day = found_by_day(&document, &row_of(&body(&document)));
        assert!(matches!(by_day, Outcome::Found(_)), "{by_day:?}");
    }
}

#[test]
fn units_that_a_person_changed_are_a_difference() {
    let cases = [
        (stock::sold(), "Quantity>3<", "Quantity>4<"),
        (stock::came(), "Quantity>3<", "Quantity>2<"),
        (stock::order(), "Quantity>4<", "Quantity>5<"),
        (stock::count(), "QuantityDifference>-2<", "QuantityDifference>-3<"),
    ];
    for (document, sent, changed) in cases {
        let row = row_of(&body(&document));
        assert!(row.contains(sent), "{row}");
        let told = difference(&document, &row.replacen(sent, changed, 1));
        assert!(told.starts_with("units of item "), "{told}");
    }
}

#[test]
fn documents_are_asked_for_by_their_numbers_and_transfers_by_their_days() {
    let (tasks, context) = look_ups(&[sale(), refund(), payout(), claim()]);
    let asked = requests(&tasks, &context);
    let named = |name: &str| asked.iter().find(|request| request.name == name).unwrap();
    assert_eq!(asked.len(), 4);
    assert_eq!(named("SalesReceiptQueryRq").text(["RefNumber"]), Some(key(&sale()).as_str()));
    assert_eq!(named("CheckQueryRq").text(["RefNumber"]), Some(key(&refund()).as_str()));
    let day = ["TxnDateRangeFilter", "ToTxnDate"];
    assert_eq!(named("TransferQueryRq").text(day), Some("2026-11-20"));
}

#[test]
fn a_transfer_of_another_key_is_another_transfer() {
    let rows = row_of(&body(&payout()));
    let own = key(&payout()).to_string();
    assert!(matches!(found(&payout(), &rows), Outcome::Found(_)));
    assert_eq!(found(&payout(), &rows.replace(&own, "0000000000A")), among_deposits());
}

#[test]
fn that_nothing_was_found_is_no_error() {
    let (tasks, context) = look_ups(&[sale()]);
    for code in ["1", "500"] {
        let rows = response("SalesReceiptQuery", "SalesReceipt", "");
        let rows = rows.replace("statusCode=\"0\"", &format!("statusCode=\"{code}\""));
        assert_eq!(hear(&tasks, &context, &answer(&rows)), Ok(vec![further()]));
    }
    let refused = refusal("SalesReceiptQuery", "SalesReceipt", 3261, "No permission.");
    let cases = [(answer(&refused), Permit::Never), (answer(""), Permit::Retry)];
    for (text, permits) in cases {
        assert_eq!(hear(&tasks, &context, &text).unwrap_err().permits, permits, "{text}");
    }
}

#[test]
fn what_a_person_changed_is_a_difference_and_so_is_a_copy() {
    let row = row_of(&body(&sale()));
    let day = "<TxnDate>2026-11-20</TxnDate>";
    assert_eq!(
        difference(&sale(), &row.replace(day, "<TxnDate>2026-11-21</TxnDate>")),
        "date: sent 2026-11-20, held 2026-11-21"
    );
    let total = "<TotalAmount>105.43</TotalAmount>";
    assert_eq!(
        difference(&sale(), &row.replace(total, "<TotalAmount>105.44</TotalAmount>")),
        "total: sent 105.43 USD, held 105.44 USD"
    );
    let line = "<Amount>-10.00</Amount>";
    let changed = difference(&sale(), &row.replace(line, "<Amount>-11.00</Amount>"));
    assert!(changed.starts_with("item ") && changed.ends_with("held -11.00 USD"), "{changed}");
    assert_eq!(difference(&sale(), &row.repeat(2)), "it stands there 2 times");
    let numbered = row.replace(&format!("<RefNumber>{}", key(&sale())), "<RefNumber>77");
    assert!(matches!(found_by_day(&sale(), &numbered), Outcome::Found(_)), "its memo names it");
    let twice = found_by_day(&sale(), &numbered.repeat(2));
    assert!(matches!(twice, Outcome::FoundDifferent { .. }), "{twice:?}");
    let page = Some("next".to_owned());
    let task = Task::LookUp { subject: subject(&sale()), page };
    assert!(BOOK.ask(&[task], "t", &context(&[])).is_err());
}

fn need_found(need: Need, list: &str, rows: &str) -> Outcome {
    let subject = Subject::Need(need.clone());
    let context = context(std::slice::from_ref(&subject));
    let tasks = [Task::look_up(subject)];
    let asked = requests(&tasks, &context).remove(0);
    assert_eq!(asked.name, format!("{list}QueryRq"));
    let answered = answer(&response(&format!("{list}Query"), list, rows));
    hear(&tasks, &context, &answered).unwrap().remove(0)
}

#[test]
fn accounts_items_and_people_are_found_by_name() {
    let row = "<AccountRet><ListID>1</ListID><FullName>BANK</FullName>\
               <AccountType>Bank</AccountType></AccountRet>";
    let account = Need::Account(bank());
    assert!(matches!(need_found(account.clone(), "Account", row), Outcome::Found(_)));
    let expense = row.replace(">Bank<", ">Expense<");
    let outcome = need_found(account, "Account", &expense);
    assert!(matches!(outcome, Outcome::FoundDifferent { .. }));

    let item = saldo_core::book::Item::plain(Some(mug()), sales());
    let account_id = context(&[Subject::Need(Need::Item(item.clone()))]);
    let account_id = account_id.bindings.need(&Need::Account(sales())).unwrap().clone();
    let row = format!(
        "<ItemNonInventoryRet><ListID>2</ListID><FullName>MUG-1</FullName><SalesOrPurchase>\
         <AccountRef><ListID>{account_id}</ListID></AccountRef></SalesOrPurchase>\
         </ItemNonInventoryRet>"
    );
    assert!(matches!(need_found(Need::Item(item.clone()), "Item", &row), Outcome::Found(_)));
    let stock = row.replace("ItemNonInventoryRet", "ItemInventoryRet");
    let outcome = need_found(Need::Item(item), "Item", &stock);
    assert!(matches!(outcome, Outcome::FoundDifferent { .. }), "its sale would enter its cost");

    let rows = "<VendorRet><ListID>3</ListID><Name>Jane Doe</Name></VendorRet>\
                <CustomerRet><ListID>4</ListID><FullName>Jane Doe (C)</FullName>\
                <Notes>saldo:customer/shop/Customer/7</Notes></CustomerRet>";
    let outcome = need_found(Need::Party(customer()), "Entity", rows);
    let Outcome::Found(acknowledgement) = outcome else { panic!("{outcome:?}") };
    assert_eq!(acknowledgement.remote, RemoteId::from("4"));
    let other = rows.replace("Customer/7", "Customer/8");
    assert_eq!(need_found(Need::Party(customer()), "Entity", &other), Outcome::Absent);
}
