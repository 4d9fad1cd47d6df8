//! What the owner took back: entries that a book is not to hold, whatever accounting says. Nothing
//! is forgotten; what is entered again ends the decision and stays on record with it.

use crate::statement::{ROWS_MAX, Statement, query};
use crate::{Lease, Store, StoreError, columns, slot};
use jiff::Timestamp;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId, FactId};
use std::collections::{BTreeMap, BTreeSet};

/// Entries that are to be taken out of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewUndo {
    /// The book.
    pub book: ConnectionId,
    /// What the owner named: a document, an order, a payout, a run, some days.
    pub words: String,
    /// The entries, each with its slot.
    pub entries: BTreeSet<(FactId, String)>,
    /// Whether documents are to be voided where the book allows it, in place of being reversed.
    pub voids: bool,
    /// Who decided.
    pub decided_by: String,
}

/// A decision to take entries out of a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Undo {
    /// Its number.
    pub number: i64,
    /// The book.
    pub book: ConnectionId,
    /// What the owner named.
    pub words: String,
    /// How many entries it took out.
    pub entries: u64,
    /// Who decided.
    pub decided_by: String,
    /// When.
    pub at: Timestamp,
    /// Who let them be entered again, and when, where somebody did.
    pub redone: Option<(String, Timestamp)>,
}

/// Changes that were approved together.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Run {
    /// When; no two runs of a book are of one instant.
    pub at: Timestamp,
    /// The book.
    pub book: ConnectionId,
    /// Who, or which rule, approved them.
    pub approved_by: String,
    /// How many documents.
    pub documents: u64,
}

type Row = (i64, String, String, i64, String, i64, Option<String>, Option<i64>);

impl Undo {
    fn from_row(row: Row) -> Result<Self, StoreError> {
        let (number, book, words, entries, decided_by, at, redone_by, redone_at) = row;
        let redone = redone_by.zip(redone_at).map(|(by, at)| Ok((by, columns::instant(at)?)));
        Ok(Self {
            number,
            book: ConnectionId::from(book),
            words,
            entries: u64::try_from(entries).unwrap_or(0),
            decided_by,
            at: columns::instant(at)?,
            redone: redone.transpose().map_err(|error: StoreError| error)?,
        })
    }
}

impl Store {
    /// Takes entries out of a book: its next plan wants them no longer. Returns the decision's
    /// number.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`].
    pub async fn undo(
        &self,
        lease: &Lease,
        undo: &NewUndo,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let company = lease.company();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let number: i64 = query(
            "insert into undo (company, book, words, voids, decided_by, at)
             values ($1, $2, $3, $4, $5, $6) returning seq",
        )
        .bind(company.as_str())
        .bind(undo.book.as_str())
        .bind(&undo.words)
        .bind(i64::from(undo.voids))
        .bind(&undo.decided_by)
        .bind(columns::micros(now))
        .fetch_one(&mut transaction)
        .await?;
        let entries: Vec<&(FactId, String)> = undo.entries.iter().collect();
        for entries in entries.chunks(ROWS_MAX) {
            Statement::new("insert into undone_entry (company, book, entry, slot, undo) ")
                .rows(entries, |row, (entry, slot)| {
                    row.push_bind(company.as_str())
                        .push_bind(undo.book.as_str())
                        .push_bind(entry.as_str())
                        .push_bind(slot.as_str())
                        .push_bind(number);
                })
                .query()
                .execute(&mut transaction)
                .await?;
        }
        let slots: BTreeSet<String> = undo.entries.iter().map(|(_, slot)| slot.clone()).collect();
        let slots: Vec<String> = slots.into_iter().collect();
        slot::touch(&mut transaction, company, &slots).await?;
        transaction.commit().await?;
        Ok(number)
    }

    /// Lets the entries that a decision took out be entered again.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`]; [`StoreError::NotFound`] where there is no such decision, or it
    /// was ended before.
    pub async fn redo(
        &self,
        lease: &Lease,
        number: i64,
        decided_by: &str,
        now: Timestamp,
    ) -> Result<(), StoreError> {
        let company = lease.company();
        let slots = self.undone_by(company, number).await?;
        let slots: BTreeSet<String> = slots.into_iter().map(|(_, slot)| slot).collect();
        let slots: Vec<String> = slots.into_iter().collect();
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let ended = query(
            "update undo set redone_by = $1, redone_at = $2
             where company = $3 and seq = $4 and redone_at is null",
        )
        .bind(decided_by)
        .bind(columns::micros(now))
        .bind(company.as_str())
        .bind(number)
        .execute(&mut transaction)
        .await?;
        if ended == 0 {
            return Err(StoreError::not_found("undo that holds", number.to_string()));
        }
        slot::touch(&mut transaction, company, &slots).await?;
        transaction.commit().await?;
        Ok(())
    }

    /// All decisions to take entries out of books, the first one first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn undos(&self, company: &CompanyId) -> Result<Vec<Undo>, StoreError> {
        let rows: Vec<Row> = query(
            "select u.seq, u.book, u.words,
                    (select count(*) from undone_entry e where e.undo = u.seq),
                    u.decided_by, u.at, u.redone_by, u.redone_at
             from undo u where u.company = $1 order by u.seq",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Undo::from_row).collect()
    }

    /// The entries that a decision took out, each with its slot.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn undone_by(
        &self,
        company: &CompanyId,
        number: i64,
    ) -> Result<BTreeSet<(FactId, String)>, StoreError> {
        let rows: Vec<(String, String)> =
            query("select entry, slot from undone_entry where company = $1 and undo = $2")
                .bind(company.as_str())
                .bind(number)
                .fetch_all(&self.reader)
                .await?;
        Ok(rows.into_iter().map(|(entry, slot)| (FactId::from(entry), slot)).collect())
    }

    /// The entries that are taken out of a book, each with the slot that it was in.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn undone(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
    ) -> Result<BTreeSet<(FactId, String)>, StoreError> {
        let rows: Vec<(String, String)> = query(
            "select e.entry, e.slot from undo u join undone_entry e on e.undo = u.seq
             where u.company = $1 and u.book = $2 and u.redone_at is null",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_all(&self.reader)
        .await?;
        Ok(rows.into_iter().map(|(entry, slot)| (FactId::from(entry), slot)).collect())
    }

    /// Those of these entries that are taken out of a book, each with whether its document is to be
    /// voided where the book allows it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn undone_among(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        entries: &[&FactId],
    ) -> Result<BTreeMap<FactId, bool>, StoreError> {
        let any: Option<i64> = query(
            "select 1 from undo where company = $1 and book = $2 and redone_at is null limit 1",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .fetch_optional(&self.reader)
        .await?;
        let mut found = BTreeMap::new();
        for entries in entries.chunks(ROWS_MAX).filter(|_| any.is_some()) {
            let some: Vec<(String, i64)> = Statement::new(
                "select e.entry, u.voids from undone_entry e join undo u on u.seq = e.undo
                 where u.redone_at is null and e.company = ",
            )
            .bind(company.as_str())
            .text(" and e.book = ")
            .bind(book.as_str())
            .text(" and e.entry in ")
            .list(entries.iter().map(|entry| entry.as_str()))
            .query()
            .fetch_all(&self.reader)
            .await?;
            found.extend(some.into_iter().map(|(entry, voids)| (FactId::from(entry), voids != 0)));
        }
        Ok(found)
    }

    /// The runs of all books, the last one first.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn runs(&self, company: &CompanyId, limit: u32) -> Result<Vec<Run>, StoreError> {
        let rows: Vec<(i64, String, String, i64)> = query(
            "select approved_at, book, approved_by, count(*) from change
             where company = $1 and slot is not null
             group by approved_at, book, approved_by order by approved_at desc, book limit $2",
        )
        .bind(company.as_str())
        .bind(i64::from(limit))
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter()
            .map(|(at, book, approved_by, documents)| {
                let (at, book) = (columns::instant(at)?, ConnectionId::from(book));
                let documents = u64::try_from(documents).unwrap_or(0);
                Ok(Run { at, book, approved_by, documents })
            })
            .collect()
    }

    /// The changes of a book that were approved in a run.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn changes_of_run(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        at: Timestamp,
    ) -> Result<Vec<Change>, StoreError> {
        let ids: Vec<String> = query(
            "select id from change
             where company = $1 and book = $2 and approved_at = $3 and slot is not null",
        )
        .bind(company.as_str())
        .bind(book.as_str())
        .bind(columns::micros(at))
        .fetch_all(&self.reader)
        .await?;
        self.changes_of(company, book, &ids).await
    }
}
