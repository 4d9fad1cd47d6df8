//! What documents moved on bank accounts, in the accounts' own currencies: reports show those of
//! other currencies at the rate of the day, so that the documents alone tell it.
//!
//! Money received or spent, and payments, move one bank account each. A transfer moves two, which
//! may be of different currencies, and names one amount: so its sides count as they stand among the
//! bank transactions, each in the currency of its account.

use super::dates;
use super::place::Place;
use super::wire::{self, Record};
use saldo_core::book::MovedMoney;
use saldo_core::text::RemoteId;

/// The statuses of what moves nothing.
const GONE: [&str; 2] = ["DELETED", "VOIDED"];

/// What a row of a list moved on a bank account; none where it moved none. A payment may stand on
/// an account that is none, which is told alike.
///
/// # Errors
/// In words, where it has no id, or no day that can be read.
pub(super) fn moved(place: Place, record: &Record) -> Result<Option<MovedMoney>, String> {
    if record.status.as_deref().is_some_and(|status| GONE.contains(&status)) {
        return Ok(None);
    }
    let (account, amount, comes) = match place {
        Place::BankTransactions => {
            let comes = match record.r#type.as_deref().and_then(|kind| kind.split('-').next()) {
                Some("RECEIVE") => Some(true),
                Some("SPEND") => Some(false),
                _ => None,
            };
            (&record.bank_account, record.total.as_ref(), comes)
        }
        Place::Payments => {
            let amount = record.bank_amount.as_ref().or(record.amount.as_ref());
            (&record.account, amount, comes_by(record.payment_type.as_deref()))
        }
        _ => return Ok(None),
    };
    let account = account.as_ref().and_then(|it| it.account_id.as_deref());
    let Some(account) = account else { return Ok(None) };
    let remote = record.id().ok_or("it has no id")?;
    let day = dates::day(record.date.as_deref().ok_or("it has no date")?)?;
    let amount = amount.and_then(wire::decimal).zip(comes);
    let amount = amount.map(|(amount, comes)| if comes { amount } else { -amount }.normalize());
    let (remote, account) = (RemoteId::from(remote), RemoteId::from(account));
    Ok(Some(MovedMoney { remote, account, day, amount }))
}

/// Whether a payment of this type reaches its account, or leaves it, by the vendor's list of types;
/// none of another.
fn comes_by(kind: Option<&str>) -> Option<bool> {
    match kind? {
        "ACCRECPAYMENT" | "APCREDITPAYMENT" | "APPREPAYMENTPAYMENT" | "APOVERPAYMENTPAYMENT" => {
            Some(true)
        }
        "ACCPAYPAYMENT" | "ARCREDITPAYMENT" | "ARPREPAYMENTPAYMENT" | "AROVERPAYMENTPAYMENT" => {
            Some(false)
        }
        _ => None,
    }
}

/// The sides of a transfer, each with its transfer.
pub(super) fn sides(record: &Record) -> impl Iterator<Item = (RemoteId, RemoteId)> + '_ {
    let transfer = record.bank_transfer_id.as_deref().map(RemoteId::from);
    let sides = [record.from_side.as_deref(), record.to_side.as_deref()].into_iter().flatten();
    sides.filter_map(move |side| Some((RemoteId::from(side), transfer.clone()?)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn row(place: Place, value: serde_json::Value) -> Result<Option<String>, String> {
        let record: Record = serde_json::from_value(value).unwrap();
        let told = moved(place, &record)?.map(|it| {
            let amount = it.amount.map_or("?".to_owned(), |it| it.to_string());
            format!("{} {} {} {amount}", it.remote, it.account, it.day)
        });
        Ok(told)
    }

    #[test]
    fn money_comes_and_goes_by_the_types_of_the_vendor() {
        let date = "/Date(1573689600000+0000)/";
        let bank = |kind: &str, status: &str| {
            let value = json!({
                "BankTransactionID": "b", "Type": kind, "Status": status, "Date": date,
                "BankAccount": { "AccountID": "a" }, "Total": 10.50,
            });
            row(Place::BankTransactions, value).unwrap()
        };
        let told = |text: &str| Some(format!("b a 2019-11-14 {text}"));
        for kind in ["RECEIVE", "RECEIVE-OVERPAYMENT", "RECEIVE-PREPAYMENT", "RECEIVE-TRANSFER"] {
            assert_eq!(bank(kind, "AUTHORISED"), told("10.5"), "{kind}");
        }
        for kind in ["SPEND", "SPEND-OVERPAYMENT", "SPEND-PREPAYMENT", "SPEND-TRANSFER"] {
            assert_eq!(bank(kind, "AUTHORISED"), told("-10.5"), "{kind}");
        }
        assert_eq!(bank("LENT", "AUTHORISED"), told("?"), "nobody guesses");
        assert_eq!(bank("SPEND", "DELETED"), None);
        assert_eq!(bank("SPEND", "VOIDED"), None);
    }

    #[test]
    fn a_payment_counts_in_the_currency_of_its_account() {
        let paid = |kind: &str, account: serde_json::Value| {
            let value = json!({
                "PaymentID": "p", "PaymentType": kind, "Status": "AUTHORISED", "Account": account,
                "Date": "2026-11-20", "Amount": 12, "BankAmount": 10.01,
                "Invoice": { "InvoiceID": "i", "CurrencyCode": "USD" },
            });
            row(Place::Payments, value).unwrap()
        };
        let on = json!({ "AccountID": "a", "Code": "090" });
        let told = |text: &str| Some(format!("p a 2026-11-20 {text}"));
        let types = [
            ("ACCRECPAYMENT", "10.01"),
            ("ACCPAYPAYMENT", "-10.01"),
            ("ARCREDITPAYMENT", "-10.01"),
            ("APCREDITPAYMENT", "10.01"),
            ("AROVERPAYMENTPAYMENT", "-10.01"),
            ("APPREPAYMENTPAYMENT", "10.01"),
            ("BARTER", "?"),
        ];
        for (kind, amount) in types {
            assert_eq!(paid(kind, on.clone()), told(amount), "{kind}");
        }
        assert_eq!(paid("ACCRECPAYMENT", serde_json::Value::Null), None);
        let sent = json!({ "BankTransferID": "t", "Amount": 1, "FromBankTransactionID": "f",
            "ToBankTransactionID": "g" });
        assert_eq!(row(Place::BankTransfers, sent.clone()), Ok(None));
        let record: Record = serde_json::from_value(sent).unwrap();
        let told: Vec<String> =
            sides(&record).map(|(side, transfer)| format!("{side} of {transfer}")).collect();
        assert_eq!(told, ["f of t", "g of t"]);
    }
}
