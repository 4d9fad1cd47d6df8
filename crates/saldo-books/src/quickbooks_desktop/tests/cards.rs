//! What cards are charged with.

use super::*;

fn made(kind: DocumentKind, lines: Vec<Line>) -> Element {
    body(&document(kind, Some(vendor()), lines))
}

#[test]
fn a_card_is_charged_with_what_it_loses_and_credited_with_what_it_gains() {
    let charge = body(&charged_to_card());
    assert_eq!(charge.name, "CreditCardChargeAdd");
    assert!(charge.text(["PayeeEntityRef", "ListID"]).is_some());
    let amounts = |body: &Element| -> Vec<String> {
        let lines = body.all("ExpenseLineAdd").filter_map(|line| line.text(["Amount"]));
        lines.map(str::to_owned).collect()
    };
    assert_eq!(amounts(&charge), ["45.00"]);
    let credit = body(&charged_to_card().reversal(day()));
    assert_eq!(
        (credit.name.as_str(), amounts(&credit)),
        ("CreditCardCreditAdd", vec!["45.00".to_owned()])
    );
    let spent = vec![
        other(fees(), "12.00", "Fee"),
        other(fees(), "-2.00", "Given back"),
        settled(card(), "-10.00"),
    ];
    let expense = made(DocumentKind::Expense, spent);
    assert_eq!(expense.name, "CreditCardChargeAdd");
    assert_eq!(amounts(&expense), ["12.00", "-2.00"]);
}

#[test]
fn what_moves_two_cards_or_what_somebody_owes_is_a_journal_entry() {
    let second = account("Amex 1001", AccountKind::CreditCard);
    let two = vec![
        other(card(), "-10.00", "One"),
        other(second, "-5.00", "Two"),
        other(fees(), "15.00", "Fee"),
    ];
    assert_eq!(made(DocumentKind::JournalEntry, two).name, "JournalEntryAdd");
    let paid = vec![payable("10.00"), other(card(), "-10.00", "Paid by card")];
    let paid = document(DocumentKind::JournalEntry, Some(supplier()), paid);
    assert_eq!(body(&paid).name, "JournalEntryAdd");
    let other_debt = vec![other(gift_cards(), "-5.00", "Sold"), other(fees(), "5.00", "Fee")];
    assert_eq!(made(DocumentKind::JournalEntry, other_debt).name, "JournalEntryAdd");
}
