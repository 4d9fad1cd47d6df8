//! A whole ledger as one text: for an export, without files.

use super::account;
use super::write::{self, NamedLine, Syntax};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::ledger::Account;
use saldo_core::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// The ledger of these documents, by date and key, with the accounts that they touch: one text that
/// beancount or hledger reads by itself.
#[must_use]
pub fn ledger_text(
    syntax: Syntax,
    title: &str,
    currency: Currency,
    documents: &[(DocumentKey, Document)],
) -> String {
    let mut accounts: BTreeMap<String, &Account> = BTreeMap::new();
    let mut currencies = BTreeSet::from([currency]);
    let mut blocks = Vec::new();
    for (key, document) in documents {
        currencies.insert(document.header().currency);
        let lines = document.lines().iter();
        let names: Vec<String> = lines.map(|line| remote(&line.account)).collect();
        let lines: Vec<NamedLine<'_>> = names
            .iter()
            .zip(document.lines())
            .map(|(account, line)| NamedLine { account, line })
            .collect();
        let text = write::document_block(syntax, *key, document, &lines).text;
        blocks.push((document.header().date, *key, text));
        for (name, line) in names.iter().zip(document.lines()) {
            accounts.insert(name.clone(), &line.account);
        }
    }
    blocks.sort();
    let mut texts = vec![write::whole_file(syntax, title, currency)];
    if syntax == Syntax::Hledger {
        texts.extend(currencies.into_iter().map(|it| write::currency_block(it).text));
    }
    let open = |(remote, account): (&String, &&Account)| {
        write::account_block(syntax, account, remote).text
    };
    texts.extend(accounts.iter().map(open));
    texts.extend(blocks.into_iter().map(|(_, _, text)| text));
    texts.join("\n\n") + "\n"
}

fn remote(account: &Account) -> String {
    account::remote_name(&account.name, account.kind)
}
