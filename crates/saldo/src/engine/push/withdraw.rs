//! Withdrawing: what was sent, is not in the book after all, and is no longer wanted, is never sent
//! again.

use super::super::plan::unwanted;
use super::super::{Engine, EngineError};
use super::Pusher;
use saldo_core::book::Subject;
use saldo_core::plan::{Change, Covered, Whereabouts};
use saldo_store::{Pending, Withdrawal};
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
        let withdrawn = self.withdraw_of(slots).await?;
        self.count.withdrawn += withdrawn;
        Ok(withdrawn)
    }

    /// Withdraws what the plan no longer wants of some slots, and the book certainly does not have.
    pub(super) async fn withdraw_of(&self, slots: Vec<String>) -> Result<usize, EngineError> {
        let unwanted = unwanted(self.engine, self.connection, slots).await?;
        let again = if unwanted.withdraws.is_empty() { Vec::new() } else { unwanted.slots };
        self.engine.keep(self.lease).await?;
        let (store, now) = (&self.engine.store, self.engine.clock.now());
        Ok(store.withdraw(self.lease, &unwanted.withdraws, &again, now).await?)
    }

    /// Withdraws amendments of what the book changes no more, so that the next plan does without.
    pub(super) async fn withdraw_fixed(&mut self) -> Result<(), EngineError> {
        let fixed = std::mem::take(&mut self.fixed);
        if fixed.is_empty() {
            return Ok(());
        }
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let ids: Vec<String> = fixed.iter().map(|it| it.id.clone()).collect();
        let known = store.approved_of(company, &self.connection.id, &ids).await?;
        // What was in doubt before stays refused until somebody lets it be looked at.
        let certain = known.into_iter().filter(|it| it.whereabouts == Whereabouts::NotInBook);
        let (withdrawals, slots): (Vec<Withdrawal>, Vec<Option<String>>) = certain
            .map(|it| (Withdrawal { id: it.change.id, instead: None }, it.change.slot))
            .unzip();
        let slots: Vec<String> = slots.into_iter().flatten().collect();
        self.engine.keep(self.lease).await?;
        let now = self.engine.clock.now();
        self.count.withdrawn += store.withdraw(self.lease, &withdrawals, &slots, now).await?;
        Ok(())
    }

    /// Withdraws files that the book does not have and nobody wants any more: all, where the policy
    /// wants none, else those of documents that were taken out.
    pub(super) async fn withdraw_files(&mut self) -> Result<(), EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let book = &self.connection.id;
        let mut files = store.files_not_there(company, book).await?;
        if files.is_empty() {
            return Ok(());
        }
        let policy = Engine::policy_of(store, &self.engine.company).await?;
        if policy.text.attachments.payouts {
            let taken_out = self.taken_out(files.iter().filter_map(document_of)).await?;
            files.retain(|file| document_of(file).is_some_and(|key| taken_out.contains(&key)));
        }
        let withdrawals = files.into_iter().map(|file| Withdrawal { id: file.id, instead: None });
        let withdrawals: Vec<Withdrawal> = withdrawals.collect();
        self.engine.keep(self.lease).await?;
        let now = self.engine.clock.now();
        self.count.withdrawn += store.withdraw(self.lease, &withdrawals, &[], now).await?;
        Ok(())
    }

    /// Those of these documents of which the book acknowledged that something was taken out.
    async fn taken_out(
        &self,
        keys: impl Iterator<Item = String>,
    ) -> Result<BTreeSet<String>, EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let (book, keys) = (&self.connection.id, keys.collect::<Vec<_>>());
        let entered = store.changes_of(company, book, &keys).await?;
        let slots: BTreeSet<&String> = entered.iter().filter_map(|it| it.slot.as_ref()).collect();
        let slots: Vec<String> = slots.into_iter().cloned().collect();
        let of_slots = store.approved_for_slots(company, book, &slots).await?;
        let is_out = |document: &&Change| {
            let later = of_slots.iter().skip_while(|it| it.change.id != document.id).skip(1);
            // What was amended stands, and says something else.
            let is_amended = |it: &Change| matches!(it.subject, Subject::Amended { .. });
            let mut later =
                later.filter(|it| it.whereabouts == Whereabouts::InBook && !is_amended(&it.change));
            later.any(|it| it.change.slot == document.slot && takes_out(&it.change, document))
        };
        Ok(entered.iter().filter(is_out).map(|it| it.id.clone()).collect())
    }
}

/// The number of the document that a file belongs to.
fn document_of(file: &Change) -> Option<String> {
    match &file.subject {
        Subject::Attached { key, .. } => Some(key.to_string()),
        _ => None,
    }
}

/// Whether a change takes out something that a document entered.
fn takes_out(change: &Change, document: &Change) -> bool {
    let entered = |it: &Covered| {
        document.enters.iter().any(|entry| entry.id == it.id && entry.money_hash() == it.hash)
    };
    change.takes_out.iter().any(entered)
}

/// The slots of what was sent before; none where nothing was.
fn slots_sent_before(pending: &[Pending]) -> Option<Vec<String>> {
    let sent: Vec<&Pending> = pending.iter().filter(|it| it.last_send.is_some()).collect();
    let slots: BTreeSet<&String> = sent.iter().filter_map(|it| it.change.slot.as_ref()).collect();
    (!sent.is_empty()).then(|| slots.into_iter().cloned().collect())
}
