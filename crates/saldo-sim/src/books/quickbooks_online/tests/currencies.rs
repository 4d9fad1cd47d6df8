//! Other currencies: what the vendor takes, and what it works out.

use super::{Client, Kind};
use crate::books::quickbooks_online::fields::parse_decimal;
use serde_json::{Value, json};

impl Client {
    fn with_currencies() -> Self {
        let mut client = Self::new();
        let rates = [("EUR", parse_decimal("1.09").unwrap())];
        client.sim.company_mut().turn_on_currencies(&rates);
        client
    }

    fn made_account(&mut self, name: &str, kind: &str, currency: &str) -> String {
        let body =
            json!({ "Name": name, "AccountType": kind, "CurrencyRef": { "value": currency } });
        self.must(Kind::Account, &body)["Id"].as_str().unwrap().to_owned()
    }
}

fn journal(currency: &str, rate: &str, lines: &[(&str, &str, &str)]) -> Value {
    let line = |(side, account, amount): &(&str, &str, &str)| {
        json!({
            "DetailType": "JournalEntryLineDetail",
            "Amount": serde_json::from_str::<Value>(amount).unwrap(),
            "JournalEntryLineDetail": {
                "PostingType": side, "AccountRef": { "value": account },
            },
        })
    };
    json!({
        "CurrencyRef": { "value": currency },
        "ExchangeRate": serde_json::from_str::<Value>(rate).unwrap(),
        "Line": lines.iter().map(line).collect::<Vec<_>>(),
    })
}

#[test]
fn multicurrency_is_off_until_the_owner_turns_it_on() {
    let mut client = Client::new();
    let euros = json!({
        "Name": "Bank EUR", "AccountType": "Bank", "CurrencyRef": { "value": "EUR" },
    });
    assert_eq!(client.code("account", &euros), "6000");
    let preferences = client.query("select * from Preferences");
    let told = |preferences: &Value| {
        preferences["Preferences"][0]["CurrencyPrefs"]["MultiCurrencyEnabled"].clone()
    };
    assert_eq!(told(&preferences), false);
    let mut client = Client::with_currencies();
    assert_eq!(told(&client.query("select * from Preferences")), true);
    assert_eq!(client.code("account", &euros), "ok");
    let pounds = json!({
        "Name": "Bank GBP", "AccountType": "Bank", "CurrencyRef": { "value": "GBP" },
    });
    assert_eq!(client.code("account", &pounds), "6000", "it is not in the list");
    let income = json!({
        "Name": "Sales EUR", "AccountType": "Income", "CurrencyRef": { "value": "EUR" },
    });
    assert_eq!(client.code("account", &income), "6000", "income is in the home currency");
}

#[test]
fn a_transaction_has_one_other_currency_and_says_which() {
    let mut client = Client::with_currencies();
    let home = client.made_account("Over", "Bank", "USD");
    let euros = client.made_account("Clearing EUR", "Bank", "EUR");
    let lines = [("Debit", euros.as_str(), "95.00"), ("Credit", home.as_str(), "95.00")];
    assert_eq!(client.code("journalentry", &journal("USD", "1", &lines)), "6000");
    let mut silent = journal("EUR", "1.1", &lines);
    silent.as_object_mut().unwrap().remove("CurrencyRef");
    assert_eq!(client.code("journalentry", &silent), "2020");
    let owed = client.query("select * from Account where AccountType = 'Accounts Receivable'");
    let owed = owed["Account"][0]["Id"].as_str().unwrap().to_owned();
    let customer = client.must(Kind::Customer, &json!({ "DisplayName": "Home" }));
    let mut claim = journal("EUR", "1.1", &[lines[0], ("Credit", &owed, "95.00")]);
    claim["Line"][1]["JournalEntryLineDetail"]["Entity"] =
        json!({ "Type": "Customer", "EntityRef": { "value": customer["Id"] } });
    assert_eq!(client.code("journalentry", &claim), "6000", "what is owed is in one currency");
    assert_eq!(client.code("journalentry", &journal("EUR", "-1", &lines)), "2090");
    assert_eq!(client.code("journalentry", &journal("EUR", "1.1", &lines)), "ok");
}

#[test]
fn the_vendor_works_out_what_each_line_is_worth() {
    let mut client = Client::with_currencies();
    let home = client.made_account("Over", "Bank", "USD");
    let euros = client.made_account("Clearing EUR", "Bank", "EUR");
    let lines = [("Debit", euros.as_str(), "95.00"), ("Credit", home.as_str(), "95.00")];
    let stored = client.must(Kind::JournalEntry, &journal("EUR", "1.1000", &lines));
    assert_eq!((&stored["ExchangeRate"], &stored["Line"][0]["Amount"]), (&json!(1.1), &json!(95)));
    let balances = client.sim.company().foreign_balances();
    assert_eq!(balances["Clearing EUR"], ("EUR".to_owned(), 9_500));
    let shown = client.query("select * from Account where Name = 'Clearing EUR'");
    assert_eq!(shown["Account"][0]["CurrentBalance"], json!(95), "in its own currency");
    let of = |client: &Client, name: &str| -> i64 {
        let ledger = client.sim.company().ledger();
        ledger.iter().filter(|it| it.account == name).map(|it| it.minor).sum()
    };
    assert_eq!((of(&client, "Clearing EUR"), of(&client, "Over")), (10_450, -10_450));
    // 0.05 and 0.05 at 1.1 are 0.055 each, 0.10 is 0.11: a cent too few goes to exchange.
    let thirds = [
        ("Debit", euros.as_str(), "0.05"),
        ("Debit", home.as_str(), "0.05"),
        ("Credit", euros.as_str(), "0.10"),
    ];
    client.must(Kind::JournalEntry, &journal("EUR", "1.1", &thirds));
    assert_eq!(of(&client, "Exchange Gain or Loss"), -1);
    // Without a rate the vendor takes its own.
    let mut silent = journal("EUR", "1", &lines);
    silent.as_object_mut().unwrap().remove("ExchangeRate");
    assert_eq!(client.must(Kind::JournalEntry, &silent)["ExchangeRate"], json!(1.09));
}

#[test]
fn a_currency_stays_what_it_was_made_with() {
    let mut client = Client::with_currencies();
    let euros = client.made_account("Clearing EUR", "Bank", "EUR");
    let body = json!({
        "Id": euros, "SyncToken": "0", "sparse": true, "CurrencyRef": { "value": "USD" },
    });
    assert_eq!(client.code("account", &body), "6000");
    let renamed = json!({ "Id": euros, "SyncToken": "0", "sparse": true, "Name": "EUR" });
    assert_eq!(client.must(Kind::Account, &renamed)["CurrencyRef"]["value"], "EUR");
}
