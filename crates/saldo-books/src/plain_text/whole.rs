//! A whole ledger as one text: for an export, without files.

use super::account;
use super::write::{self, NamedLine, Syntax};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::ledger::Account;
use saldo_core::money::Currency;
use std::collections::{BTreeMap, BTreeSet};

/// What stands before the documents of a whole ledger: the accounts and the currencies that they
/// touch. With it and all its documents behind it, beancount or hledger reads the text by itself.
#[derive(Debug)]
pub struct LedgerHead<'a> {
    syntax: Syntax,
    title: &'a str,
    currency: Currency,
    accounts: BTreeMap<String, Account>,
    currencies: BTreeSet<Currency>,
}

impl<'a> LedgerHead<'a> {
    /// A head without accounts, of a ledger that is kept in this currency.
    #[must_use]
    pub fn new(syntax: Syntax, title: &'a str, currency: Currency) -> Self {
        let (accounts, currencies) = (BTreeMap::new(), BTreeSet::from([currency]));
        Self { syntax, title, currency, accounts, currencies }
    }

    /// Names what a document touches. Of two kinds of one account the last counts.
    pub fn take(&mut self, document: &Document) {
        self.currencies.extend(document.currencies());
        for line in document.lines() {
            self.accounts.insert(remote(&line.account), line.account.clone());
        }
    }

    /// Whether everything is named that a document touches.
    #[must_use]
    pub fn names(&self, document: &Document) -> bool {
        document.currencies().all(|currency| self.currencies.contains(&currency))
            && document
                .lines()
                .iter()
                .all(|line| self.accounts.contains_key(&remote(&line.account)))
    }

    /// The head as text, with a line feed at its end.
    #[must_use]
    pub fn text(&self) -> String {
        let Self { syntax, title, currency, accounts, currencies } = self;
        let mut texts = vec![write::whole_file(*syntax, title, *currency)];
        if *syntax == Syntax::Hledger {
            texts.extend(currencies.iter().map(|it| write::currency_block(*it).text));
        }
        let open = |(remote, account): (&String, &Account)| {
            write::account_block(*syntax, account, remote).text
        };
        texts.extend(accounts.iter().map(open));
        texts.join("\n\n") + "\n"
    }
}

/// A document as it stands in a whole ledger, after an empty line and with a line feed at its end.
/// Documents stand by date and key.
#[must_use]
pub fn document_text(syntax: Syntax, key: DocumentKey, document: &Document) -> String {
    let names: Vec<String> = document.lines().iter().map(|line| remote(&line.account)).collect();
    let named = names.iter().zip(document.lines());
    let lines: Vec<NamedLine<'_>> =
        named.map(|(account, line)| NamedLine { account, line }).collect();
    format!("\n{}\n", write::document_block(syntax, (key, false), document, &lines).text)
}

fn remote(account: &Account) -> String {
    account::remote_name(&account.name, account.kind)
}
