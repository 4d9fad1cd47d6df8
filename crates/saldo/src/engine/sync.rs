//! A whole sync: pull, account, plan, and push what is approved.

use super::account::account_all;
use super::desk::Desk;
use super::plan::approve_at;
use super::pull::{Pulled, pull_all};
use super::push::{PushCount, push};
use super::{Engine, EngineError};
use saldo_core::policy::Approval;
use serde::Serialize;

/// What a sync did.
#[derive(Clone, Copy, Debug, Default, Serialize)]
pub(crate) struct SyncReport {
    /// Things never heard of before.
    pub(crate) new_records: usize,
    /// Later versions of known things.
    pub(crate) changed_records: usize,
    /// Changes that were approved by rule.
    pub(crate) approved: usize,
    /// What books acknowledged.
    pub(crate) acknowledged: usize,
    /// What books refused.
    pub(crate) refused: usize,
}

/// Runs a sync. A connection that fails does not stop the others: what they brought is entered.
///
/// # Errors
/// [`EngineError::Partly`] where only some connections failed, else what stopped all of it.
pub(crate) async fn sync(engine: &Engine) -> Result<SyncReport, EngineError> {
    let Pulled { count, mut failed } = pull_all(engine).await?;
    let desk = engine.take_desk().await?;
    let approved = account_and_approve(engine, &desk).await;
    let left = engine.leave_desk(desk).await;
    let approved = approved?;
    left?;
    let pushed = match push(engine, None).await {
        Err(error) if !failed.is_empty() && error.is_of_one_connection() => {
            failed.push(error);
            PushCount::default()
        }
        pushed => pushed?,
    };
    let done = SyncReport {
        new_records: count.new,
        changed_records: count.changed,
        approved,
        acknowledged: pushed.acknowledged,
        refused: pushed.refused,
    };
    match failed.is_empty() {
        true => Ok(done),
        false => Err(EngineError::Partly { done, failed }),
    }
}

/// Accounts what has news; says how much of what follows was approved by rule.
async fn account_and_approve(engine: &Engine, desk: &Desk) -> Result<usize, EngineError> {
    account_all(engine, desk).await?;
    match desk.policy.text.approval {
        Approval::Automatic => approve_at(engine, desk, None, "rule: automatic").await,
        Approval::Review => Ok(0),
    }
}
