//! What banks say of accounts, beside the documents on them: which deposit belongs to which payout,
//! and what nobody knows yet. Nothing is entered by it.

use super::desk::Desk;
use super::{Engine, EngineError, ImportReport};
use jiff::civil::Date;
use saldo_books::feed::ReadStatement;
use saldo_core::bank::{BankDocument, BankPair, BankRow, pair};
use saldo_core::book::Subject;
use saldo_core::feed::FeedRow;
use saldo_core::policy::{Place, Policy, Role as Part};
use saldo_store::{EntryFilter, NewBankRows, Role};
use serde::Serialize;
use std::collections::BTreeSet;
use thiserror::Error;

/// Why a statement is not taken.
#[derive(Debug, Error)]
pub(crate) enum BankError {
    /// The policy names no such account.
    #[error(
        "the policy names no bank, clearing or card account `{0}`, or for several currencies: see \
         `saldo map show`"
    )]
    NoAccount(String),
    /// The account's rows come from files of the other form: the same row would have two ids.
    #[error(
        "the rows of `{account}` come from files of the form {known}: this one would tell them \
         again under other ids"
    )]
    OtherForm {
        /// The account.
        account: String,
        /// How the files before were written.
        known: String,
    },
}

/// What a bank said of an account, beside the documents on it.
#[derive(Debug, Serialize)]
pub(crate) struct BankProof {
    /// The account.
    pub(crate) account: String,
    /// The book whose documents are looked at; none where there is no book.
    pub(crate) book: Option<String>,
    /// The day of the bank's first row.
    pub(crate) from: Date,
    /// The day of its last row.
    pub(crate) until: Date,
    /// Each document with the deposit, or what was taken, that was found at the bank.
    pub(crate) found: Vec<BankPair>,
    /// What only the bank says: it waits for somebody to say what it is.
    pub(crate) unknown: Vec<UnknownRow>,
    /// The documents that the bank should have told of by now, and did not.
    pub(crate) missing: Vec<FeedRow>,
}

/// A row that no document knows.
#[derive(Debug, Serialize)]
pub(crate) struct UnknownRow {
    /// The row.
    #[serde(flatten)]
    pub(crate) row: BankRow,
    /// Where it belongs, by the policy's `bank-rows`.
    pub(crate) role: Option<Part>,
    /// What the account is called in decisions; none where it is kept in another currency than the
    /// books, which decisions are in, or where the policy no longer names it.
    pub(crate) place: Option<Place>,
}

impl BankProof {
    /// Whether the bank and the documents say the same.
    pub(crate) const fn holds(&self) -> bool {
        self.unknown.is_empty() && self.missing.is_empty()
    }
}

/// Takes the rows of a statement that are not known yet.
pub(crate) async fn take_statement(
    engine: &Engine,
    account: &str,
    (file, read): (&str, ReadStatement),
) -> Result<ImportReport, EngineError> {
    let desk = engine.take_desk().await?;
    let taken = take_at(engine, &desk, account, (file, read)).await;
    let left = engine.leave_desk(desk).await;
    let taken = taken?;
    left?;
    Ok(taken)
}

async fn take_at(
    engine: &Engine,
    desk: &Desk,
    account: &str,
    (file, read): (&str, ReadStatement),
) -> Result<ImportReport, EngineError> {
    if desk.policy.currency_of(account).is_none() {
        return Err(BankError::NoAccount(account.to_owned()).into());
    }
    let form = read.form.word();
    let accounts = engine.store.bank_accounts(engine.company_id()).await?;
    if let Some((_, known)) =
        accounts.into_iter().find(|(it, known)| it == account && known != form)
    {
        return Err(BankError::OtherForm { account: account.to_owned(), known }.into());
    }
    let count = read.rows.len();
    let rows = NewBankRows {
        account: account.to_owned(),
        form: form.to_owned(),
        file: file.to_owned(),
        rows: read.rows,
    };
    let new = engine.store.keep_bank_rows(&desk.lease, &rows, engine.clock.now()).await?;
    Ok(ImportReport {
        file: file.to_owned(),
        what: format!("rows of `{account}` ({form})"),
        new,
        known: count.saturating_sub(new),
        ..ImportReport::default()
    })
}

/// What banks said of each account, beside the documents of the first book.
pub(crate) async fn bank_proofs(
    engine: &Engine,
    policy: &Policy,
) -> Result<Vec<BankProof>, EngineError> {
    let accounts = engine.store.bank_accounts(engine.company_id()).await?;
    let mut proofs = Vec::new();
    for (account, _) in accounts {
        let rows = engine.store.bank_rows(engine.company_id(), &account).await?;
        let (Some(first), Some(last)) = (rows.first(), rows.last()) else { continue };
        let (from, until) = (first.day, last.day);
        let rows = rows.into_iter().filter(|row| !row.amount.is_zero()).collect();
        let (book, documents) = documents_on(engine, policy, &account).await?;
        let pairs = pair(documents, rows);
        let place = policy.place_of(&account);
        let unknown = |row: BankRow| UnknownRow {
            role: policy.bank_row_role(&row.text),
            place: place.clone(),
            row,
        };
        proofs.push(BankProof {
            account,
            book,
            from,
            until,
            found: pairs.found,
            unknown: pairs.unknown.into_iter().map(unknown).collect(),
            missing: pairs.missing,
        });
    }
    Ok(proofs)
}

/// What the documents that the first book has move on an account, or on the one that they touch in
/// its place.
async fn documents_on(
    engine: &Engine,
    policy: &Policy,
    account: &str,
) -> Result<(Option<String>, Vec<BankDocument>), EngineError> {
    let Some(book) = engine.connections(Role::Book).await?.into_iter().next() else {
        return Ok((None, Vec::new()));
    };
    let fed = policy.text.feeds.get(account).map(|feed| policy.fed_through(&feed.number));
    let mut names: BTreeSet<String> = fed.unwrap_or_default();
    names.insert(account.to_owned());
    let filter = EntryFilter::default();
    let mut pages = engine.store.entries(engine.company_id(), &book.id, filter);
    let mut documents = Vec::new();
    while let Some(page) = pages.next_page().await? {
        for change in page.into_iter().map(|booked| booked.change) {
            let Subject::Document { key, document, .. } = &change.subject else { continue };
            let Some(row) = FeedRow::of(*key, document, &names)? else { continue };
            let reverses = !change.takes_out.is_empty();
            let slot = change.slot.clone().unwrap_or_default();
            documents.push(BankDocument { row, slot, reverses });
        }
    }
    Ok((Some(book.id.to_string()), documents))
}
