//! What banks say of accounts.

use crate::world::{at, company, day, desk, furnished, usd};
use saldo_core::bank::BankRow;
use saldo_core::money::Money;
use saldo_store::{NewBankRows, Store};

fn row(id: &str, minor: i64, text: &str) -> (BankRow, String) {
    let amount = Money::from_minor(minor, usd());
    (
        BankRow { id: id.to_owned(), day: day(2), amount, text: text.to_owned() },
        format!("raw {text}"),
    )
}

async fn keep(store: &Store, account: &str, rows: &[(BankRow, String)]) -> usize {
    let rows = NewBankRows {
        account: account.to_owned(),
        form: "ofx".to_owned(),
        file: "november.ofx".to_owned(),
        rows: rows.to_vec(),
    };
    store.keep_bank_rows(&desk(store).await, &rows, at(1)).await.unwrap()
}

#[tokio::test]
async fn a_row_is_kept_once_and_as_it_was_first_told() {
    let store = furnished().await;
    let (one, two) = (row("1", 500, "Payout"), row("2", -20, "Label"));
    assert_eq!(keep(&store, "Bank", &[one.clone(), two.clone()]).await, 2);
    let other_words = row("1", 500, "PAYOUT 8842");
    let three = row("3", 7, "Cashback");
    assert_eq!(keep(&store, "Bank", &[other_words, three.clone()]).await, 1);
    assert_eq!(keep(&store, "Balance", std::slice::from_ref(&one)).await, 1, "another account");
    let rows = store.bank_rows(&company(), "Bank").await.unwrap();
    assert_eq!(rows, [one.0, two.0, three.0]);
    let accounts = store.bank_accounts(&company()).await.unwrap();
    let account = |name: &str| (name.to_owned(), "ofx".to_owned());
    assert_eq!(accounts, [account("Balance"), account("Bank")]);
}
