//! The engine: pull, account, plan, push, prove. Each step takes what it needs from the store and
//! leaves it there, so that a process may die between any two lines and another goes on.

mod account;
mod alike;
mod attach;
mod attend;
mod awaiting;
mod bank;
mod buyers;
mod called;
mod chart;
mod connection;
mod decisions;
mod desk;
mod disconnect;
mod error;
mod excluded;
mod explain;
mod feed;
mod gone;
mod import;
mod notes;
mod numbered;
mod page;
mod payouts;
mod period;
mod plan;
mod policy;
mod progress;
mod prove;
mod pull;
mod push;
mod rebuild;
mod report;
mod requests;
mod retry;
mod revaluation;
mod review;
mod room;
mod set_up;
mod settings;
mod skewed;
mod standings;
mod stock;
mod sync;
mod trial;
mod trouble;
mod undo;
mod watch;
mod window;
mod worth;

#[cfg(test)]
mod tests;

pub(crate) use attend::{Attended, attend};
pub(crate) use awaiting::{Awaiting, awaiting};
pub(crate) use bank::{BankError, BankProof, UnknownRow, bank_proofs, take_statement};
pub(crate) use called::{CallAnswer, SessionEnd, last_call, last_session, note_call, note_session};
pub(crate) use connection::{Wiring, secrets_of};
pub(crate) use decisions::{
    DecisionError, KeptDecision, KnownDecision, Opening, decide_this, decisions, duties_left,
    order_named, payout_named, purchase_named, rows_with_a_rule, stated_card, take_back, tax_name,
    unknown_row,
};
pub(crate) use desk::{Reviser, decide, revise};
pub(crate) use disconnect::{Ended, disconnect, is_disconnected, reconnect};
pub(crate) use error::EngineError;
pub(crate) use excluded::{Excluded, excluded};
pub(crate) use explain::{ExplainedDocument, ExplainedFact, Explanation, explain};
pub(crate) use feed::{
    FeedError, FeedWish, KnownFeed, MadeFile, MadeFiles, feeds, hand_feed_files, make_feed_files,
};
pub(crate) use gone::end_leases_of_gone;
pub(crate) use import::{FILES_SETTING, ImportReport, NamedPieces, Opener, import, is_files_only};
pub(crate) use period::{BookPeriods, StillOpen, close_until, first_open_day, open_all, periods};
pub(crate) use plan::{NotVoided, PlannedBook, Unapproved, Waiting, approve, plan};
pub(crate) use policy::{Holds, holds};
pub(crate) use progress::{Progress, Step};
pub(crate) use prove::{
    Behind, BookProof, DayLine, DaySales, DayTotal, DifferingFact, IdentityLine, IdentityProof,
    MovedByOthers, ProofReport, Undone, UnitsLine, UnitsProof, Unproved, UntaxedLines, Verdict,
    prove,
};
#[cfg(test)]
pub(crate) use prove::{DocumentsProof, UnitsAtPlace};
#[cfg(test)]
pub(crate) use push::push;
pub(crate) use rebuild::rebuild;
pub(crate) use report::{
    AccountMonth, Arrival, Bridge, BridgeDay, BridgeKind, BridgeRow, ClearingAge, DocumentLine,
    FeeMonth, IdentityAsOf, Month, MonthReport, NetSales, RollForward, TaxMonth, UntoldDay, bridge,
    identities_as_of, month_report,
};
pub(crate) use requests::{LeftToday, RequestsNeeded, left_today};
pub(crate) use review::{Effect, LeftOpen, effects, let_revisions_wait};
pub(crate) use room::Filling;
pub(crate) use set_up::{ChartThere, chart_there};
pub(crate) use settings::{heard_settings, known_settings, read_settings};
pub(crate) use skewed::clock_difference;
pub(crate) use standings::{FactCounts, fact_counts};
pub(crate) use sync::{SyncReport, apply, sync};
pub(crate) use trial::try_rules;
pub(crate) use trouble::{Trouble, forget_trouble, trouble};
pub(crate) use undo::{PlannedUndo, Selection, TakeBack, plan_undo, redo, undo};
#[cfg(test)]
pub(crate) use watch::word_of_change;
pub(crate) use watch::{ChangedThere, changed_there, note_word};

use crate::transport::clock::Clock;
use saldo_core::policy::Policy;
use saldo_core::text::CompanyId;
use saldo_store::{Company, Connection, Failed, Key, Lease, Role, Store};
use std::path::PathBuf;
use std::sync::Arc;

/// What every step works with.
pub(crate) struct Engine {
    /// The database.
    pub(crate) store: Store,
    /// The time.
    pub(crate) clock: Clock,
    /// Whose books.
    pub(crate) company: Company,
    /// How facts become documents.
    pub(crate) policy: Policy,
    /// What opens the secrets.
    pub(crate) key: Arc<Key>,
    /// The folder of the plain-text books and of downloads.
    pub(crate) data: PathBuf,
    /// Who works, for whoever finds a connection taken.
    pub(crate) holder: String,
    /// How connections reach the world.
    pub(crate) wiring: Wiring,
    /// Who watches.
    pub(crate) progress: Progress,
    /// Whether a person waits for what is read: a book that does not answer is then given up after
    /// seconds, not after minutes.
    pub(crate) is_awaited: bool,
}

impl Engine {
    /// The company's name in commands.
    pub(crate) fn company_id(&self) -> &CompanyId {
        &self.company.id
    }

    /// The connections of one kind; of books those that are open. What a closed channel said counts
    /// like what the others said.
    pub(crate) async fn connections(&self, role: Role) -> Result<Vec<Connection>, EngineError> {
        let mut all = self.connections_ever(role).await?;
        all.retain(|connection| role != Role::Book || !is_disconnected(connection));
        Ok(all)
    }

    /// The connections of one kind, with those that were closed.
    pub(crate) async fn connections_ever(
        &self,
        role: Role,
    ) -> Result<Vec<Connection>, EngineError> {
        let all = self.store.connections(self.company_id()).await?;
        Ok(all.into_iter().filter(|connection| connection.role == role).collect())
    }

    /// What books refused that are open.
    pub(crate) async fn failed(&self) -> Result<Vec<Failed>, EngineError> {
        let open = self.connections(Role::Book).await?;
        let mut failed = self.store.failed(self.company_id()).await?;
        failed.retain(|it| open.iter().any(|book| book.id == it.change.book));
        Ok(failed)
    }

    /// Takes a connection for this process.
    pub(crate) async fn lease(&self, connection: &Connection) -> Result<Lease, EngineError> {
        let now = self.clock.now();
        let (company, holder) = (self.company_id(), &self.holder);
        let take = || self.store.acquire_lease(company, &connection.id, holder, now, LEASE);
        let taken = take().await;
        match self.is_freed(&taken).await? {
            true => Ok(take().await?),
            false => Ok(taken?),
        }
    }

    /// Keeps a connection for longer, where it was taken a while ago.
    pub(crate) async fn keep(&self, lease: &Lease) -> Result<(), EngineError> {
        let now = self.clock.now();
        if now.duration_since(lease.until()) > -LEASE / 2 {
            self.store.renew_lease(lease, now, LEASE).await?;
        }
        Ok(())
    }
}

/// How long a connection is taken at a time.
pub(crate) const LEASE: jiff::SignedDuration = jiff::SignedDuration::from_mins(15);
