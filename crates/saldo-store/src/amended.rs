//! Amended documents: what stands in a book says what the last amendment of it says.

use crate::compression::Samples;
use crate::statement::{ROWS_MAX, Statement};
use crate::{Store, StoreError};
use saldo_core::book::Subject;
use saldo_core::plan::Change;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::{BTreeMap, BTreeSet};

/// The word for changes that amend.
pub(crate) const KIND: &str = "amendment";

impl Store {
    /// Puts into changes that entered documents what these say since they were amended last, as far
    /// as the book acknowledged it, with the entries that they carry since.
    pub(crate) async fn amend(
        &self,
        company: &CompanyId,
        book: &ConnectionId,
        changes: Vec<&mut Change>,
    ) -> Result<(), StoreError> {
        let enters = |change: &&Change| change.stands_as().is_some();
        let slots: BTreeSet<String> = changes
            .iter()
            .map(|change| &**change)
            .filter(enters)
            .filter_map(|change| change.slot.clone())
            .collect();
        let slots: Vec<String> = slots.into_iter().collect();
        let mut amended: BTreeMap<String, Change> = BTreeMap::new();
        for slots in slots.chunks(ROWS_MAX) {
            let bodies: Vec<Vec<u8>> =
                Statement::new("select c.body from change c where c.company = ")
                    .bind(company.as_str())
                    .text(" and c.book = ")
                    .bind(book.as_str())
                    .text(
                        " and c.kind = 'amendment' and exists (select 1 from receipt r
                     where r.company = c.company and r.book = c.book and r.key = c.id)
                     and c.slot in ",
                    )
                    .list(slots.iter().map(String::as_str))
                    .text(" order by c.position")
                    .query()
                    .fetch_all(&self.reader)
                    .await?;
            let samples = Samples::load(&self.reader, company).await?;
            for body in &bodies {
                let change = samples.change(body)?;
                if let Subject::Amended { key, .. } = &change.subject {
                    amended.insert(key.to_string(), change);
                }
            }
        }
        for change in changes {
            let Some(last) = amended.remove(&change.id) else { continue };
            if let (
                Subject::Document { document, voids: None, .. },
                Subject::Amended { document: says, .. },
            ) = (&mut change.subject, last.subject)
            {
                *document = says;
                change.enters = last.enters;
            }
        }
        Ok(())
    }
}
