//! Decisions: what the owner said about a single thing.

use crate::statement::query;
use crate::{Store, StoreError, columns};
use jiff::Timestamp;
use saldo_core::text::{CompanyId, FactId};

/// A decision that is to be kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDecision {
    /// What is decided: `exclude`, `match`, `write-off`.
    pub kind: String,
    /// What it is about.
    pub about: FactId,
    /// The decision itself, as JSON.
    pub body: String,
    /// Who decided.
    pub decided_by: String,
}

/// A decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Decision {
    /// Its number; a later one has a higher number.
    pub seq: i64,
    /// What was decided.
    pub decision: NewDecision,
    /// When.
    pub at: Timestamp,
}

impl Store {
    /// Keeps a decision, and returns its number. It takes none back that was made before: the last
    /// one about a thing holds.
    ///
    /// # Errors
    /// Where there is no such company.
    pub async fn add_decision(
        &self,
        company: &CompanyId,
        decision: &NewDecision,
        now: Timestamp,
    ) -> Result<i64, StoreError> {
        let seq = query(
            "insert into decision (company, kind, about, body, decided_by, at)
             values ($1, $2, $3, $4, $5, $6) returning seq",
        )
        .bind(company.as_str())
        .bind(&decision.kind)
        .bind(decision.about.as_str())
        .bind(&decision.body)
        .bind(&decision.decided_by)
        .bind(columns::micros(now))
        .fetch_one(&self.writer)
        .await?;
        Ok(seq)
    }

    /// All decisions in their order.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn decisions(&self, company: &CompanyId) -> Result<Vec<Decision>, StoreError> {
        let rows: Vec<(i64, String, String, String, String, i64)> = query(
            "select seq, kind, about, body, decided_by, at from decision
             where company = $1 order by seq",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter()
            .map(|(seq, kind, about, body, decided_by, at)| {
                let about = FactId::from(about);
                let decision = NewDecision { kind, about, body, decided_by };
                Ok(Decision { seq, decision, at: columns::instant(at)? })
            })
            .collect()
    }
}
