//! Purchases on account: bills, suppliers' credit notes, and what is paid for bills.

use super::*;

fn look_up(document: &Document, page: Option<&str>) -> Task {
    Task::LookUp { subject: subject(document), page: page.map(str::to_owned) }
}

fn all_bound() -> BookContext {
    let documents = [bill(), bill().reversal(day()), paid_bill(), claim(), credit()];
    context(&documents.iter().map(subject).collect::<Vec<_>>())
}

#[test]
fn a_bill_bears_its_mark_in_the_suppliers_number() {
    let (place, body) = sent(&bill());
    assert_eq!((place.as_str(), &body["Type"]), ("Invoices", &json!("ACCPAY")));
    assert_eq!(body["InvoiceNumber"], format!("#1001 saldo:{}", key(&bill())));
    assert!(body.get("Reference").is_none(), "a supplier's document has none");
    assert_eq!(body["DueDate"], "2026-11-20");
    assert_eq!(body["Status"], "AUTHORISED");
    let lines = body["LineItems"].as_array().unwrap();
    let told: Vec<String> = lines
        .iter()
        .map(|line| format!("{} {}", line["LineAmount"], line["TaxType"].as_str().unwrap()))
        .collect();
    assert_eq!(told, ["800.00 NONE", "-300.00 NONE"]);
}

#[test]
fn a_bill_is_due_when_its_supplier_says() {
    let header = Header { due: Some(date(2026, 12, 20)), ..bill().header().clone() };
    let later = Document::new(header, bill().lines().to_vec()).unwrap();
    assert_eq!(sent(&later).1["DueDate"], "2026-12-20");
}

#[test]
fn what_is_taken_back_of_a_bill_is_a_credit_note_of_its_supplier() {
    let (place, body) = sent(&bill().reversal(day()));
    assert_eq!((place.as_str(), &body["Type"]), ("CreditNotes", &json!("ACCPAYCREDIT")));
    let number = body["CreditNoteNumber"].as_str().unwrap();
    assert!(number.contains(" saldo:"), "{number}");
    assert_eq!(body["LineItems"][1]["LineAmount"].to_string(), "-300.00");
}

#[test]
fn the_payment_of_a_bill_is_a_payment_of_its_own() {
    let (place, body) = sent(&paid_bill());
    assert_eq!(place, "Payments");
    assert_eq!(body["Amount"].to_string(), "500.00");
    assert_eq!(body["Invoice"], json!({ "InvoiceID": "ed255415-e141-4150-aab7-89c3bbbb851c" }));
    let gained = vec![payable("-5.00"), settled(bank(), "5.00")];
    let gained = document(DocumentKind::BillPayment, Some(vendor()), gained);
    assert!(refused(&gained).contains("a payment moves money on one account"));
}

#[test]
fn what_no_bill_can_hold_is_refused() {
    let nameless = document(DocumentKind::Bill, None, bill().lines().to_vec());
    assert_eq!(refused(&nameless), "a bill or a supplier's credit note needs the supplier");
    let paid = vec![payable("-5.00"), other(fees(), "6.00", "Fee"), settled(bank(), "-1.00")];
    let paid = document(DocumentKind::Bill, Some(vendor()), paid);
    assert_eq!(refused(&paid), "no line of a bill can reach the bank account `Bank`");
    let claimed = vec![goods(sales(), "-6.00", 1), owed("5.00"), payable("1.00")];
    let claimed = document(DocumentKind::Invoice, Some(customer()), claimed);
    assert_eq!(refused(&claimed), "no line can stand for what is owed on `Accounts payable`");
}

#[test]
fn a_bill_is_absent_only_after_all_of_its_day_were_read() {
    let context = all_bound();
    let number = format!("#1001 saldo:{}", key(&bill()));
    let asked = address(&[look_up(&bill(), None)], &context);
    assert_eq!(
        asked,
        format!("Invoices?where=InvoiceNumber == \"{number}\"&page=1&pageSize=1000&unitdp=4")
    );
    let credit = bill().reversal(day());
    let asked = address(&[look_up(&credit, None)], &context);
    assert!(asked.starts_with("CreditNotes?where=CreditNoteNumber == "), "{asked}");
    let outcome = |task: Task, body: Value| hear(&[task], &context, 200, &body).unwrap().remove(0);
    let nothing = || json!({ "Invoices": [] });
    let further = Outcome::Further { page: "1".to_owned() };
    assert_eq!(outcome(look_up(&bill(), None), nothing()), further);
    assert_eq!(outcome(look_up(&bill(), Some("1")), nothing()), Outcome::Absent);
    let (place, mut rows) = answered(&[bill()]);
    rows[0]["InvoiceNumber"] = json!(format!("checked, saldo:{}", key(&bill())));
    let row = json!({ place: rows });
    assert!(matches!(outcome(look_up(&bill(), Some("1")), row.clone()), Outcome::Found(_)));
    let mut gone = row;
    gone["Invoices"][0]["Status"] = json!("VOIDED");
    assert_eq!(outcome(look_up(&bill(), Some("1")), gone), Outcome::Absent);
}

#[test]
fn invoices_and_bills_are_asked_for_one_after_the_other() {
    let context = all_bound();
    let tasks = [look_up(&claim(), None), look_up(&bill(), None)];
    assert!(address(&tasks, &context).starts_with("Invoices?InvoiceNumbers="));
    let (place, rows) = answered(&[claim()]);
    let outcomes = hear(&tasks, &context, 200, &json!({ place: rows })).unwrap();
    let [Outcome::Found(_), Outcome::Further { page }] = &outcomes[..] else {
        panic!("{outcomes:?}")
    };
    assert!(address(&[look_up(&bill(), Some(page))], &context).contains("where=InvoiceNumber"));
}

#[test]
fn bills_are_found_and_listed_as_they_were_sent() {
    let context = all_bound();
    for document in [bill(), bill().reversal(day()), paid_bill()] {
        let (place, rows) = answered(std::slice::from_ref(&document));
        let answer = json!({ place.clone(): rows });
        let outcome = hear(&[look_up(&document, None)], &context, 200, &answer).unwrap().remove(0);
        assert!(matches!(outcome, Outcome::Found(_)), "{outcome:?}");
        let list =
            Task::ReadDocuments { from: day(), until: day(), page: Some(format!("{place}:1")) };
        let Outcome::Documents(page) = hear(&[list], &context, 200, &answer).unwrap().remove(0)
        else {
            panic!("documents")
        };
        let number = page.documents[0].number.as_deref();
        assert_eq!(number, Some(key(&document).as_str()));
    }
}
