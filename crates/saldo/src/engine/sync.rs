//! A whole sync: pull, account, plan, and push what is approved.

use super::account::account_all;
use super::desk::Desk;
use super::plan::approve_at;
use super::pull::pull_all;
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

/// Runs a sync.
pub(crate) async fn sync(engine: &Engine) -> Result<SyncReport, EngineError> {
    let pulled = pull_all(engine).await?;
    let desk = engine.take_desk().await?;
    let approved = account_and_approve(engine, &desk).await;
    let left = engine.leave_desk(desk).await;
    let approved = approved?;
    left?;
    let PushCount { acknowledged, refused } = push(engine, None).await?;
    Ok(SyncReport {
        new_records: pulled.new,
        changed_records: pulled.changed,
        approved,
        acknowledged,
        refused,
    })
}

/// Accounts what has news; says how much of what follows was approved by rule.
async fn account_and_approve(engine: &Engine, desk: &Desk) -> Result<usize, EngineError> {
    account_all(engine, desk).await?;
    match desk.policy.text.approval {
        Approval::Automatic => approve_at(engine, desk, None, "rule: automatic").await,
        Approval::Review => Ok(0),
    }
}
