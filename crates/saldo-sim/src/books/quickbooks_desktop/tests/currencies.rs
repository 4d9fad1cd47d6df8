//! Other currencies: their list, accounts in them, entries in them.

use super::super::{Kind, element::Element};
use super::schema::complaints;
use super::{Client, code_of, name};

fn account(called: &str, kind: &str, currency: &str) -> String {
    format!(
        "<Name>{called}</Name><AccountType>{kind}</AccountType>{}",
        name("CurrencyRef", currency)
    )
}

/// An entry in a currency at a rate: a debit and a credit of the same amount.
fn entry(currency: &str, rate: &str, debit: &str, credit: &str, amount: &str) -> String {
    let line = |side: &str, account: &str| {
        format!(
            "<Journal{side}Line>{}<Amount>{amount}</Amount></Journal{side}Line>",
            name("AccountRef", account)
        )
    };
    let currency = match currency {
        "" => String::new(),
        currency => format!(
            "<IsAmountsEnteredInHomeCurrency>false</IsAmountsEnteredInHomeCurrency>{}{rate}",
            name("CurrencyRef", currency)
        ),
    };
    format!(
        "<TxnDate>2026-11-20</TxnDate><RefNumber>F1</RefNumber>{currency}{}{}",
        line("Debit", debit),
        line("Credit", credit)
    )
}

fn rate(rate: &str) -> String {
    format!("<ExchangeRate>{rate}</ExchangeRate>")
}

/// A company with an account in euros.
fn client() -> Client {
    let mut client = Client::new();
    client.sim.company_mut().use_currencies();
    client.must(Kind::Account, &account("Euro bank", "Bank", "Euro"));
    client
}

#[test]
fn a_company_of_one_currency_knows_no_other() {
    let mut client = Client::new();
    assert_eq!(code_of(&client.ask("<CurrencyQueryRq/>")), 3_250);
    let foreign = account("Euro bank", "Bank", "Euro");
    assert_eq!(client.code(Kind::Account, &foreign), 3_250);
    let preferences = client.ask("<PreferencesQueryRq/>").children.remove(0);
    let currencies = preferences.child("MultiCurrencyPreferences").unwrap();
    assert_eq!(currencies.text_of("IsMultiCurrencyOn"), Some("false"));
    let accounts = client.ask("<AccountQueryRq/>");
    assert!(accounts.children.iter().all(|it| it.child("CurrencyRef").is_none()));
}

#[test]
fn accounts_show_their_currencies_and_those_of_the_bank_alone_have_others() {
    let mut client = client();
    let accounts = client.ask("<AccountQueryRq/>").children;
    let currency = |account: &Element| {
        account.child("CurrencyRef").and_then(|it| it.text_of("FullName")).map(str::to_owned)
    };
    let of = |called: &str| {
        let own = accounts.iter().find(|it| it.text_of("Name") == Some(called));
        currency(own.unwrap())
    };
    assert_eq!(of("Euro bank").as_deref(), Some("Euro"));
    assert_eq!(of("Checking").as_deref(), Some("US Dollar"));
    assert_eq!(client.code(Kind::Account, &account("Euro sales", "Income", "Euro")), 3_210);
    assert_eq!(client.code(Kind::Account, &account("Yen", "Bank", "Japanese Yen")), 3_210);
    client.sim.company_mut().set_active(Kind::Currency, "Japanese Yen", true);
    client.must(Kind::Account, &account("Yen", "Bank", "Japanese Yen"));
    let listed = client.ask("<CurrencyQueryRq><ActiveStatus>All</ActiveStatus></CurrencyQueryRq>");
    let codes: Vec<_> =
        listed.children.iter().filter_map(|it| it.text_of("CurrencyCode")).collect();
    assert_eq!(codes, ["USD", "CAD", "EUR", "GBP", "JPY"]);
}

#[test]
fn an_entry_in_a_currency_moves_accounts_by_its_worth() {
    let mut client = client();
    let one = entry("Euro", &rate("1.1025"), "Euro bank", "Checking", "100.00");
    let shown = client.must(Kind::JournalEntry, &one);
    assert_eq!(shown.text_of("ExchangeRate"), Some("1.1025"));
    let lines: Vec<_> = shown.children.iter().filter(|it| it.name.starts_with("Journal")).collect();
    assert!(lines.iter().all(|line| line.text_of("Amount") == Some("100.00")));
    assert_eq!((client.balance("Euro bank"), client.balance("Checking")), (11_025, -11_025));
    let held = client.sim.company().foreign_balances();
    assert_eq!(held["Euro bank"], ("EUR".to_owned(), 10_000));
    assert_eq!(held.len(), 1);
}

#[test]
fn what_is_in_another_currency_than_its_accounts_is_refused() {
    let mut client = client();
    client.must(Kind::Account, &account("Pounds", "Bank", "British Pound Sterling"));
    let cases = [
        (entry("", "", "Euro bank", "Checking", "1.00"), 3_210),
        (entry("Euro", &rate("1.1"), "Pounds", "Checking", "1.00"), 3_210),
        (entry("Euro", &rate("1.1"), "Pounds", "Euro bank", "1.00"), 3_210),
        (entry("Euro", "", "Euro bank", "Checking", "1.00"), 3_210),
        (entry("Drachma", &rate("1.1"), "Euro bank", "Checking", "1.00"), 3_140),
    ];
    for (content, code) in cases {
        assert_eq!(client.code(Kind::JournalEntry, &content), code, "{content}");
    }
    let transfer = format!(
        "<TxnDate>2026-11-20</TxnDate>{}{}<Amount>1.00</Amount>",
        name("TransferFromAccountRef", "Checking"),
        name("TransferToAccountRef", "Euro bank")
    );
    assert_eq!(client.code(Kind::Transfer, &transfer), 3_210);
    assert_eq!(client.balance("Euro bank"), 0);
}

#[test]
fn what_does_not_balance_in_dollars_is_refused() {
    let mut client = client();
    let line = |side: &str, account: &str, amount: &str| {
        format!(
            "<Journal{side}Line>{}<Amount>{amount}</Amount></Journal{side}Line>",
            name("AccountRef", account)
        )
    };
    let whole = entry("Euro", &rate("1.5"), "Euro bank", "Checking", "0.03");
    let parts = whole.replace(
        &line("Credit", "Checking", "0.03"),
        &(line("Credit", "Checking", "0.01").repeat(3)),
    );
    assert_ne!(parts, whole);
    // 0.045 become 0.05, and thrice 0.015 become 0.06.
    assert_eq!(client.code(Kind::JournalEntry, &parts), 3_180);
}

#[test]
fn what_is_answered_is_as_the_vendor_describes_it() {
    let mut client = client();
    let one = entry("Euro", &rate("1.1"), "Euro bank", "Checking", "1.00");
    client.must(Kind::JournalEntry, &one);
    for query in ["<CurrencyQueryRq/>", "<AccountQueryRq/>", "<PreferencesQueryRq/>"] {
        client.ask(query);
    }
    let entries = "<JournalEntryQueryRq><IncludeLineItems>true</IncludeLineItems>\
        </JournalEntryQueryRq>";
    client.ask(entries);
    let heard: Vec<String> = client.heard.clone();
    if let Some(complaints) = complaints("currencies", &heard) {
        assert_eq!(complaints, "");
    }
}
