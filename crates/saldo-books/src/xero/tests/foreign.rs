//! Money on bank accounts of other currencies, as bodies.

use super::super::compare;
use super::*;

pub(super) fn euros(account: Account, amount: &str, foreign: &str) -> Line {
    Line { foreign: Some(foreign.parse().unwrap()), ..settled(account, amount) }
}

fn conversion() -> Account {
    account("Currency conversion", AccountKind::Conversion)
}

fn in_euros() -> Account {
    account("Clearing: EUR", AccountKind::Clearing)
}

fn transfer(lines: Vec<Line>) -> Document {
    document(DocumentKind::Transfer, None, lines)
}

/// Money that came in on an account in euros.
pub(super) fn came_in() -> Document {
    transfer(vec![euros(in_euros(), "104.50", "95.00 EUR"), settled(conversion(), "-104.50")])
}

/// Money between two accounts in euros.
pub(super) fn paid_out() -> Document {
    let bank = account("Bank EUR", AccountKind::Bank);
    transfer(vec![euros(bank, "52.25", "47.50 EUR"), euros(in_euros(), "-52.25", "-47.50 EUR")])
}

#[test]
fn money_in_euros_is_received_at_the_rate_that_gives_its_worth() {
    let (_, body) = sent(&came_in());
    assert_eq!(body["Type"], "RECEIVE");
    assert_eq!(body["CurrencyRate"].to_string(), "0.9091", "so many euros for one pound");
    assert_eq!(body["CurrencyCode"], Value::Null, "the bank account's, and no other");
    let [line] = &body["LineItems"].as_array().unwrap()[..] else { panic!("{body}") };
    assert_eq!(line["LineAmount"].to_string(), "95.00");
    let (_, spent) = sent(&came_in().reversal(day()));
    assert_eq!((&spent["Type"], &spent["CurrencyRate"]), (&json!("SPEND"), &body["CurrencyRate"]));
}

#[test]
fn between_two_accounts_in_euros_it_is_a_transfer_at_the_vendors_rate() {
    let (_, body) = sent(&paid_out());
    assert_eq!(body["Amount"].to_string(), "47.50");
    assert_eq!(body["CurrencyRate"], Value::Null, "nobody can state it");
    let context = context(&[subject(&paid_out())]);
    let held = json!({
        "BankTransferID": "ed255415-e141-4150-aab7-89c3bbbb851c", "Amount": 47.50,
        "CurrencyRate": 0.87,
    });
    let record = serde_json::from_value(held).unwrap();
    let told = compare::acknowledgement(&paid_out(), &record, context.currency).unwrap();
    assert_eq!(told.total, Some("52.25 GBP".parse().unwrap()), "what it is worth is not compared");
}

#[test]
fn what_is_worth_another_amount_there_is_told() {
    let held = |rate: &str, currency: &str| {
        let rate: serde_json::Number = rate.parse().unwrap();
        let held = json!({
            "BankTransactionID": "ed255415-e141-4150-aab7-89c3bbbb851c", "Total": 95.00,
            "CurrencyCode": currency, "CurrencyRate": rate,
        });
        let record = serde_json::from_value(held).unwrap();
        compare::acknowledgement(&came_in(), &record, gbp()).map(|it| it.total)
    };
    assert_eq!(held("0.909091", "EUR"), Ok(Some("104.50 GBP".parse().unwrap())));
    assert_eq!(held("0.91", "EUR"), Ok(Some("104.40 GBP".parse().unwrap())));
    assert_eq!(held("0.9091", "USD"), Err("it is in USD, not in EUR".to_owned()));
}

#[test]
fn what_no_document_of_the_vendor_holds_is_refused_with_the_reason() {
    let reserve = account("Reserve EUR", AccountKind::OtherCurrentAsset);
    let large = || euros(in_euros(), "10944827.13", "9876543.21 EUR");
    let cases = [
        (
            vec![euros(in_euros(), "104.50", "95.00 EUR"), settled(bank(), "-104.50")],
            "`Bank` is a bank account in the organisation's currency",
        ),
        (
            vec![euros(reserve, "104.50", "95.00 EUR"), settled(conversion(), "-104.50")],
            "Xero keeps bank accounts alone in other currencies",
        ),
        (
            vec![
                euros(in_euros(), "-104.50", "-95.00 EUR"),
                euros(account("Bank EUR", AccountKind::Bank), "99.00", "90.00 EUR"),
                settled(conversion(), "5.50"),
            ],
            "several accounts in EUR and elsewhere",
        ),
        (vec![large(), settled(conversion(), "-10944827.13")], "and not 10944827.13 GBP"),
    ];
    for (lines, expected) in cases {
        let reason = super::super::shape::shape(&transfer(lines)).unwrap_err();
        assert!(reason.contains(expected), "{reason}");
    }
}
