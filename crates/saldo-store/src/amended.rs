//! Amended documents: what stands in a book says what the last amendment of it says.

use crate::compression::Samples;
use crate::statement::Statement;
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
        let mut bodies: Vec<(i64, Vec<u8>)> =
            amendments_statement(company, book, &slots).query().fetch_all(&self.reader).await?;
        bodies.sort_unstable_by_key(|(position, _)| *position);
        let samples = Samples::load(&self.reader, company).await?;
        let mut amended: BTreeMap<String, Change> = BTreeMap::new();
        for (_, body) in &bodies {
            let change = samples.change(body)?;
            if let Subject::Amended { key, .. } = &change.subject {
                amended.insert(key.to_string(), change);
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

/// Looks up the amendments that a book acknowledged, slot by slot.
fn amendments_statement<'v>(
    company: &'v CompanyId,
    book: &'v ConnectionId,
    slots: &'v BTreeSet<String>,
) -> Statement<'v> {
    Statement::new("select c.position, c.body from change c where c.company = ")
        .bind(company.as_str())
        .text(" and c.book = ")
        .bind(book.as_str())
        .text(
            " and c.kind = 'amendment' and exists (select 1 from receipt r
             where r.company = c.company and r.book = c.book and r.key = c.id)
             and c.slot = ",
        )
        .each(slots)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn amendments_are_looked_up_by_their_slot() {
        let store = Store::in_memory().await.unwrap();
        let (company, book) = (CompanyId::new("demo"), ConnectionId::new("plain-text"));
        let slots = BTreeSet::from(["a".to_owned()]);
        let plan = store.query_plan(amendments_statement(&company, &book, &slots)).await;
        let by_slot = |step: &String| step.contains("SEARCH c ") && step.contains("AND slot=?");
        assert!(plan.iter().any(by_slot), "{plan:?}");
    }
}
