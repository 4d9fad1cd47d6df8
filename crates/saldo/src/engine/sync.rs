//! A whole sync: pull, account, plan, and push what is approved.

use super::account::account_all;
use super::desk::Desk;
use super::error::ended;
use super::plan::{By, approve_at};
use super::pull::{pull_all, pull_later};
use super::push::{push, push_each};
use super::{Engine, EngineError};
use saldo_core::policy::Late;
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
    /// What had been approved, is in no book, and no longer holds.
    pub(crate) withdrawn: usize,
    /// What had been withdrawn, stands in a book after all, and was taken over.
    pub(crate) adopted: usize,
}

/// Runs a sync. A connection that fails does not stop the others: what they brought is entered.
///
/// # Errors
/// [`EngineError::Partly`] where only some connections failed, else what stopped all of it.
pub(crate) async fn sync(engine: &Engine) -> Result<SyncReport, EngineError> {
    let mut pulled = pull_all(engine).await?;
    let (mut done, mut closed) = (SyncReport::default(), 0);
    loop {
        let approved = account_and_approve(engine, &mut pulled.failed).await?;
        done.approved += approved;
        let pushed = push_each(engine, None, &mut pulled.failed).await?;
        done.acknowledged += pushed.acknowledged;
        done.refused += pushed.refused - pushed.closed;
        closed += pushed.closed;
        done.withdrawn += pushed.withdrawn;
        done.adopted += pushed.adopted;
        // What came later is entered now, what is wanted in place of something withdrawn too, and
        // what landed late is taken out. What turned out to be dated in a closed period is planned
        // anew, and so is what waited for a draft.
        let again = pushed.withdrawn + pushed.adopted + pushed.confirmed + pushed.closed;
        if again == 0 && !pull_later(engine, &mut pulled).await? {
            done.new_records = pulled.count.new;
            done.changed_records = pulled.count.changed;
            if !moves_by_itself(engine).await? {
                done.refused += closed;
            }
            return ended(done, pulled.failed);
        }
    }
}

/// Whether what is dated in a closed period is dated otherwise without being asked about.
async fn moves_by_itself(engine: &Engine) -> Result<bool, EngineError> {
    let policy = Engine::policy_of(&engine.store, &engine.company).await?;
    Ok(policy.text.periods.late == Late::FirstOpenDay && policy.approves_everything())
}

/// Pushes what is approved, to every book or to one. What has news is accounted first, as after a
/// new policy: push lets what it sent before be compared with the entries as they are, and would
/// send again what nobody wants any more.
///
/// # Errors
/// As [`sync`].
pub(crate) async fn apply(engine: &Engine, only: Option<&str>) -> Result<SyncReport, EngineError> {
    let desk = engine.take_desk().await?;
    let accounted = account_all(engine, &desk).await;
    let left = engine.leave_desk(desk).await;
    accounted?;
    left?;
    push(engine, only).await
}

/// Accounts what has news; says how much of what follows was approved by rule.
async fn account_and_approve(
    engine: &Engine,
    failed: &mut Vec<EngineError>,
) -> Result<usize, EngineError> {
    let desk = engine.take_desk().await?;
    let approved = account_and_approve_at(engine, &desk, failed).await;
    let left = engine.leave_desk(desk).await;
    let approved = approved?;
    left?;
    Ok(approved)
}

async fn account_and_approve_at(
    engine: &Engine,
    desk: &Desk,
    failed: &mut Vec<EngineError>,
) -> Result<usize, EngineError> {
    account_all(engine, desk).await?;
    match desk.policy.approves_anything() {
        true => approve_at(engine, desk, None, By::Rule, failed).await,
        false => Ok(0),
    }
}
