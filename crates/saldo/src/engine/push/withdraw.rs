//! Withdrawing: what was sent, is not in the book after all, and is no longer wanted, is never sent
//! again.

use super::super::EngineError;
use super::super::plan::unwanted;
use super::Pusher;
use saldo_store::Pending;
use std::collections::BTreeSet;

impl Pusher<'_> {
    /// Of changes that may be sent, looks at those that were sent before, and withdraws what the
    /// plan no longer wants of their slots. Returns how many changes were withdrawn. What is wanted
    /// instead is for the next plan.
    ///
    /// Where nothing was sent before, nothing is looked at: it is what was approved. What waits
    /// beside something that was sent, in the same slot, is withdrawn with it.
    pub(super) async fn withdraw_unwanted(
        &mut self,
        pending: &[Pending],
    ) -> Result<usize, EngineError> {
        let Some(slots) = slots_sent_before(pending) else { return Ok(0) };
        let unwanted = unwanted(self.engine, self.connection, slots).await?;
        let again = if unwanted.withdraws.is_empty() { Vec::new() } else { unwanted.slots };
        self.engine.keep(self.lease).await?;
        let (store, now) = (&self.engine.store, self.engine.clock.now());
        let withdrawn = store.withdraw(self.lease, &unwanted.withdraws, &again, now).await?;
        self.count.withdrawn += withdrawn;
        Ok(withdrawn)
    }
}

/// The slots of what was sent before; none where nothing was.
fn slots_sent_before(pending: &[Pending]) -> Option<Vec<String>> {
    let sent: Vec<&Pending> = pending.iter().filter(|it| it.last_send.is_some()).collect();
    let slots: BTreeSet<&String> = sent.iter().filter_map(|it| it.change.slot.as_ref()).collect();
    (!sent.is_empty()).then(|| slots.into_iter().cloned().collect())
}
