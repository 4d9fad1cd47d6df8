//! What is left out of the books, and by which rule.

use super::{Engine, EngineError};
use saldo_core::issue::FactState;
use saldo_core::text::{FactId, GroupId};
use serde::Serialize;

/// How many groups are looked at in one step.
const GROUPS_AT_ONCE: usize = 2_000;

/// A fact that a rule leaves out.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub(crate) struct Excluded {
    /// The rule: one of Saldo's own, or `rules/` and the name of one of the policy.
    pub(crate) rule: String,
    /// The fact.
    pub(crate) fact: FactId,
}

/// Everything that was accounted and left out, by rule and fact.
///
/// # Errors
/// Where the database fails.
pub(crate) async fn excluded(engine: &Engine) -> Result<Vec<Excluded>, EngineError> {
    let (store, company) = (&engine.store, engine.company_id());
    let mut excluded = Vec::new();
    let mut after: Option<GroupId> = None;
    loop {
        let groups = store.groups(company, after.as_ref(), GROUPS_AT_ONCE).await?;
        let Some(last) = groups.last() else { break };
        after = Some(last.clone());
        for standing in store.states_of(company, &groups).await? {
            if let FactState::Excluded { rule } = standing.state {
                excluded.push(Excluded { rule, fact: standing.fact });
            }
        }
    }
    excluded.sort();
    Ok(excluded)
}
