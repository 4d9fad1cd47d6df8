//! Looking things up, and what they hold then.

use super::*;

fn look_up(document: &Document, page: Option<&str>) -> Task {
    Task::LookUp { subject: subject(document), page: page.map(str::to_owned) }
}

fn all_bound() -> BookContext {
    let documents = [
        sale(),
        claim(),
        credit(),
        refund(),
        received(),
        paid_back(),
        payout(),
        expense(),
        journal(),
    ];
    context(&documents.iter().map(subject).collect::<Vec<_>>())
}

#[test]
fn documents_are_looked_for_by_number_or_reference_and_then_by_day() {
    let context = all_bound();
    let (sale_key, claim_key) = (key(&sale()), key(&claim()));
    let pages = "&page=1&pageSize=1000";
    let cases = [
        (claim(), None, format!("Invoices?InvoiceNumbers={claim_key}{pages}&unitdp=4")),
        (
            credit(),
            None,
            format!("CreditNotes?where=CreditNoteNumber == \"{}\"{pages}&unitdp=4", key(&credit())),
        ),
        (
            sale(),
            None,
            format!(
                "BankTransactions?where=Reference == \"#1001 saldo:{sale_key}\"{pages}&unitdp=4"
            ),
        ),
        (
            sale(),
            Some("2"),
            "BankTransactions?where=Date == DateTime(2026,11,20)&page=2&pageSize=1000&unitdp=4"
                .to_owned(),
        ),
        (
            payout(),
            None,
            format!("BankTransfers?where=Reference == \"#1001 saldo:{}\"", key(&payout())),
        ),
        (journal(), None, format!("ManualJournals?where=Date == DateTime(2026,11,20){pages}")),
    ];
    for (document, page, expected) in cases {
        assert_eq!(address(&[look_up(&document, page)], &context), expected);
    }
}

#[test]
fn what_is_elsewhere_is_looked_for_in_another_request() {
    let context = all_bound();
    let tasks = [look_up(&sale(), None), look_up(&claim(), None), look_up(&refund(), None)];
    let (place, rows) = answered(&[sale()]);
    let outcomes = hear(&tasks, &context, 200, &json!({ place: rows })).unwrap();
    let [Outcome::Found(_), Outcome::Further { page: named }, Outcome::Further { page: day }] =
        &outcomes[..]
    else {
        panic!("{outcomes:?}")
    };
    assert_eq!((named.as_str(), day.as_str()), ("named", "1"));
    let further = [look_up(&claim(), Some("named"))];
    assert!(address(&further, &context).starts_with("Invoices?InvoiceNumbers="));
}

#[test]
fn every_document_is_found_as_it_was_sent() {
    let context = all_bound();
    for document in [
        sale(),
        claim(),
        credit(),
        refund(),
        received(),
        paid_back(),
        payout(),
        expense(),
        journal(),
    ] {
        let (place, rows) = answered(std::slice::from_ref(&document));
        let page = document.header().kind == DocumentKind::JournalEntry;
        let task = look_up(&document, page.then_some("1"));
        let outcome = hear(&[task], &context, 200, &json!({ place: rows })).unwrap().remove(0);
        assert!(matches!(outcome, Outcome::Found(_)), "{outcome:?}");
    }
}

/// What differs when the vendor's row was changed so.
fn difference(document: &Document, change: impl FnOnce(&mut Value)) -> String {
    let (place, mut rows) = answered(std::slice::from_ref(document));
    change(&mut rows[0]);
    let task = look_up(document, None);
    let outcomes = hear(&[task], &all_bound(), 200, &json!({ place: rows })).unwrap();
    match &outcomes[..] {
        [Outcome::FoundDifferent { difference, .. }] => difference.clone(),
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_somebody_changed_is_told() {
    let told = difference(&sale(), |row| row["Date"] = json!("/Date(1763596800000+0000)/"));
    assert_eq!(told, "date: sent 2026-11-20, held 2025-11-20");
    let told = difference(&sale(), |row| {
        row["LineItems"][2]["AccountCode"] = json!("999");
    });
    assert!(told.contains("account 999: sent 0 GBP, held 5 GBP"), "{told}");
    let told = difference(&sale(), |row| row["BankAccount"] = json!({ "AccountID": "b9" }));
    assert!(told.starts_with("bank account: sent ") && told.ends_with(", held b9"), "{told}");
    let told = difference(&sale(), |row| {
        row["LineItems"][0]["TaxType"] = json!("RROUTPUT");
    });
    assert!(told.contains("tax RROUTPUT: sent 0 GBP, held 20 GBP"), "{told}");
    let told = difference(&claim(), |row| row["Status"] = json!("VOIDED"));
    assert_eq!(told, "it is voided");
}

#[test]
fn what_is_absent_was_looked_for_all_over_its_day() {
    let context = all_bound();
    let outcome = |task: Task, body: Value| hear(&[task], &context, 200, &body).unwrap().remove(0);
    let nothing = || json!({ "BankTransactions": [] });
    assert_eq!(
        outcome(look_up(&sale(), None), nothing()),
        Outcome::Further { page: "1".to_owned() }
    );
    assert_eq!(outcome(look_up(&sale(), Some("1")), nothing()), Outcome::Absent);
    let others = json!({ "BankTransactions": vec![json!({ "Reference": "x" }); 1000] });
    assert_eq!(
        outcome(look_up(&sale(), Some("1")), others),
        Outcome::Further { page: "2".to_owned() }
    );
    assert_eq!(outcome(look_up(&claim(), None), json!({})), Outcome::Absent);
    let (_, mut rows) = answered(&[sale()]);
    rows[0]["Status"] = json!("DELETED");
    let deleted = json!({ "BankTransactions": rows });
    assert_eq!(outcome(look_up(&sale(), Some("1")), deleted), Outcome::Absent);
}

#[test]
fn a_mark_is_found_though_the_reference_was_changed() {
    let (place, mut rows) = answered(&[sale()]);
    rows[0]["Reference"] = json!(format!("checked by Ann, saldo:{}", key(&sale())));
    let task = look_up(&sale(), Some("1"));
    let outcomes = hear(&[task], &all_bound(), 200, &json!({ place: rows })).unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Found(_)]), "{outcomes:?}");
}

#[test]
fn contacts_are_found_by_name_and_told_apart_by_number() {
    let party = Subject::Need(Need::Party(customer()));
    let tasks = [Task::look_up(party)];
    let context = context(&[]);
    let asked = address(&tasks, &context);
    assert!(
        asked.starts_with("Contacts?where=Name == \"Jane Doe\" OR Name == \"Jane Doe ("),
        "{asked}"
    );
    let row = |id: &str, number: Option<&str>, status: &str| {
        json!({ "ContactID": id, "Name": "Jane Doe", "ContactNumber": number,
            "ContactStatus": status })
    };
    let found = |rows: Value| match hear(&tasks, &context, 200, &json!({ "Contacts": rows }))
        .unwrap()
        .remove(0)
    {
        Outcome::Found(acknowledgement) => acknowledgement.remote.to_string(),
        Outcome::Absent => "absent".to_owned(),
        other => panic!("{other:?}"),
    };
    assert_eq!(found(json!([row("c1", None, "ACTIVE")])), "c1");
    assert_eq!(found(json!([row("c1", Some("saldo-OTHER"), "ACTIVE")])), "absent");
    assert_eq!(found(json!([row("c1", None, "ARCHIVED")])), "absent");
}
