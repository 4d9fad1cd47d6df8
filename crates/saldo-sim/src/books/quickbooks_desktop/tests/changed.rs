//! Transactions that are changed where they stand.

use super::super::Kind;
use super::super::element::Element;
use super::{Client, code_of, line, name, sale};

fn asked(client: &mut Client, kind: Kind, content: &str) -> Element {
    let name = kind.name();
    client.ask(&format!("<{name}ModRq><{name}Mod>{content}</{name}Mod></{name}ModRq>"))
}

/// What names a transaction in the version in which it was shown.
fn of(shown: &Element) -> String {
    let text = |name: &str| shown.text_of(name).unwrap().to_owned();
    format!("<TxnID>{}</TxnID><EditSequence>{}</EditSequence>", text("TxnID"), text("EditSequence"))
}

fn ids(shown: &Element, line: &str) -> Vec<String> {
    let id = |line: &Element| line.text_of("TxnLineID").unwrap().to_owned();
    shown.all(line).map(id).collect()
}

#[test]
fn what_a_change_does_not_name_stays_as_it_is() {
    let mut client = Client::new();
    let lines = line(Kind::SalesReceipt, "Sales", "10.00", "Non")
        + &line(Kind::SalesReceipt, "Sales", "5.00", "Non");
    let before = client.must(Kind::SalesReceipt, &sale("1", &lines));
    let income = client.balance("Merchandise Sales");
    let answer =
        asked(&mut client, Kind::SalesReceipt, &format!("{}<Memo>new</Memo>", of(&before)));
    let after = &answer.children[0];
    assert_eq!((code_of(&answer), after.text_of("Memo")), (0, Some("new")));
    let shown = ["TxnID", "RefNumber", "TotalAmount", "TxnDate"];
    for name in shown {
        assert_eq!(after.text_of(name), before.text_of(name), "{name}");
    }
    assert_ne!(after.text_of("EditSequence"), before.text_of("EditSequence"));
    let of_lines =
        |shown: &Element| -> Vec<Element> { shown.all("SalesReceiptLineRet").cloned().collect() };
    assert_eq!(of_lines(after), of_lines(&before));
    assert_eq!(client.balance("Merchandise Sales"), income);
    // The same again names a version that is gone.
    let again = asked(&mut client, Kind::SalesReceipt, &format!("{}<Memo/>", of(&before)));
    assert_eq!(code_of(&again), 3_200);
    let id = "<TxnID>FFF-1</TxnID><EditSequence>1</EditSequence>";
    assert_eq!(code_of(&asked(&mut client, Kind::SalesReceipt, id)), 3_120);
}

#[test]
fn lines_that_a_change_leaves_out_are_deleted() {
    let mut client = Client::new();
    let lines = line(Kind::SalesReceipt, "Sales", "10.00", "Non")
        + &line(Kind::SalesReceipt, "Sales", "5.00", "Non");
    let shown = client.must(Kind::SalesReceipt, &sale("1", &lines));
    let sold = client.balance("Merchandise Sales");
    let ids = ids(&shown, "SalesReceiptLineRet");
    let line = |id: &str, said: &str| {
        format!("<SalesReceiptLineMod><TxnLineID>{id}</TxnLineID>{said}</SalesReceiptLineMod>")
    };
    let both = format!("{}{}{}", of(&shown), line(&ids[0], "<Desc>a</Desc>"), line(&ids[1], ""));
    let answer = asked(&mut client, Kind::SalesReceipt, &both);
    let after = answer.children[0].clone();
    let said: Vec<_> = after
        .all("SalesReceiptLineRet")
        .map(|it| (it.text_of("TxnLineID"), it.text_of("Desc")))
        .collect();
    assert_eq!(said[0], (Some(ids[0].as_str()), Some("a")));
    assert_eq!(said[1].0, Some(ids[1].as_str()));
    assert_eq!(client.balance("Merchandise Sales"), sold);
    let first = format!("{}{}", of(&after), line(&ids[0], ""));
    let answer = asked(&mut client, Kind::SalesReceipt, &first);
    assert_eq!(answer.children[0].text_of("TotalAmount"), Some("10.00"));
    assert_eq!(client.balance("Merchandise Sales"), sold + 500);
    let gone = format!("{}{}", of(&answer.children[0]), line(&ids[1], ""));
    assert_eq!(code_of(&asked(&mut client, Kind::SalesReceipt, &gone)), 3_120);
}

#[test]
fn a_journal_entry_is_changed_line_by_line_and_still_balances() {
    let mut client = Client::new();
    let entry = format!(
        "<JournalDebitLine>{}<Amount>7.00</Amount><Memo>a</Memo></JournalDebitLine>\
         <JournalCreditLine>{}<Amount>7.00</Amount></JournalCreditLine>",
        name("AccountRef", "Cost of Goods Sold"),
        name("AccountRef", "Merchandise Sales")
    );
    let shown = client.must(Kind::JournalEntry, &entry);
    let ids = [ids(&shown, "JournalDebitLine"), ids(&shown, "JournalCreditLine")].concat();
    let line = |id: &str, said: &str| {
        format!("<JournalLineMod><TxnLineID>{id}</TxnLineID>{said}</JournalLineMod>")
    };
    let words = format!("{}{}{}", of(&shown), line(&ids[0], "<Memo>b</Memo>"), line(&ids[1], ""));
    let after = asked(&mut client, Kind::JournalEntry, &words).children.remove(0);
    assert_eq!(after.child("JournalDebitLine").unwrap().text_of("Memo"), Some("b"));
    assert_eq!(client.balance("Cost of Goods Sold"), 700);
    let money =
        format!("{}{}{}", of(&after), line(&ids[0], "<Amount>8.00</Amount>"), line(&ids[1], ""));
    assert_eq!(code_of(&asked(&mut client, Kind::JournalEntry, &money)), 3_180);
    assert_eq!(client.balance("Cost of Goods Sold"), 700, "nothing of it took effect");
}

#[test]
fn what_is_closed_or_voided_is_not_changed() {
    let mut client = Client::new();
    let lines = line(Kind::SalesReceipt, "Sales", "10.00", "Non");
    let shown = client.must(Kind::SalesReceipt, &sale("1", &lines));
    client.sim.company_mut().settings.closing_date = Some("2026-12-31".parse().unwrap());
    let memo = format!("{}<Memo>new</Memo>", of(&shown));
    assert_eq!(code_of(&asked(&mut client, Kind::SalesReceipt, &memo)), 3_180);
    client.sim.company_mut().settings.closing_date = None;
    let id = shown.text_of("TxnID").unwrap();
    let void = format!(
        "<TxnVoidRq><TxnVoidType>SalesReceipt</TxnVoidType><TxnID>{id}</TxnID></TxnVoidRq>"
    );
    assert_eq!(code_of(&client.ask(&void)), 0);
    let query = format!("<SalesReceiptQueryRq><TxnID>{id}</TxnID></SalesReceiptQueryRq>");
    let voided = client.ask(&query).children.remove(0);
    let memo = format!("{}<Memo>new</Memo>", of(&voided));
    assert_eq!(code_of(&asked(&mut client, Kind::SalesReceipt, &memo)), 3_170);
}
