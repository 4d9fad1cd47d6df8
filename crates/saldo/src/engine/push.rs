//! Push: approved changes into a book, each exactly once.
//!
//! A batch is written down before it is sent, and repeated only as it was. What is in doubt is
//! repeated under the same token for a while, where the book has tokens, and otherwise looked up
//! before anything is sent again.

use super::chart::Chart;
use super::plan::{book_of, books};
use super::retry::Patience;
use super::{Engine, EngineError, Step};
use crate::transport::Transport;
use crate::transport::clock::later;
use jiff::Timestamp;
use saldo_core::book::{
    Acknowledgement, Bindings, Book, BookContext, Need, Outcome, Refusal, RefusalKind, Subject,
    Task,
};
use saldo_core::document::Document;
use saldo_core::exchange::{Addresses, Fault, Permit};
use saldo_core::matching::Resolution;
use saldo_core::plan::Change;
use saldo_core::text::RemoteId;
use saldo_store::{
    AttemptOutcome, AttemptResult, Batch, ChangeStatus, Connection, Lease, Pending, Purpose,
};
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

/// How many changes are looked at at a time.
const PENDING_AT_ONCE: usize = 10_000;
/// How long a batch in doubt may be repeated under its token: ten minutes, less the time that a
/// request may still stand in line before it leaves.
const TOKEN_LIVES: Duration = Duration::from_secs(540);
/// How long after a batch was written down a look-up that finds nothing means that there is
/// nothing: a minute for the request limits, two for the request itself, and two more for a write
/// that lands after its time-out.
const LANDS_WITHIN: Duration = Duration::from_secs(300);
/// How often a name that is taken is tried again under another.
const NAMES_TRIED: usize = 3;

/// What a push did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PushCount {
    /// What books acknowledged.
    pub(crate) acknowledged: usize,
    /// What books refused.
    pub(crate) refused: usize,
}

/// Pushes what is approved, to every book or to one.
pub(crate) async fn push(engine: &Engine, only: Option<&str>) -> Result<PushCount, EngineError> {
    let mut count = PushCount::default();
    for connection in books(engine, only).await? {
        let lease = engine.lease(&connection).await?;
        let pushed = push_book(engine, &connection, &lease, &mut count).await;
        let released = engine.store.release_lease(&lease).await;
        pushed?;
        released?;
    }
    Ok(count)
}

async fn push_book(
    engine: &Engine,
    connection: &Connection,
    lease: &Lease,
    count: &mut PushCount,
) -> Result<(), EngineError> {
    let mut pusher = Pusher::new(engine, connection, lease)?;
    let pushed = pusher.run().await;
    count.acknowledged += pusher.count.acknowledged;
    count.refused += pusher.count.refused;
    pushed
}

/// A way to one book.
pub(super) struct Pusher<'a> {
    pub(super) engine: &'a Engine,
    pub(super) connection: &'a Connection,
    lease: &'a Lease,
    pub(super) book: &'static dyn Book,
    pub(super) transport: Transport,
    addresses: Addresses,
    chart: Option<Chart>,
    /// What this run cannot get done.
    given_up: BTreeSet<String>,
    names_tried: BTreeMap<String, usize>,
    count: PushCount,
}

/// A change with what it asks of the book.
struct Work {
    change: Change,
    task: Task,
}

impl<'a> Pusher<'a> {
    pub(super) fn new(
        engine: &'a Engine,
        connection: &'a Connection,
        lease: &'a Lease,
    ) -> Result<Self, EngineError> {
        let book = book_of(connection)?;
        let description = book.description();
        let addresses = Engine::addresses(connection, book.addresses(&connection.settings))?;
        let authorisation = description.authorisation.as_ref();
        let transport =
            engine.transport(connection, &addresses, authorisation, description.limits)?;
        Ok(Self {
            engine,
            connection,
            lease,
            book,
            transport,
            addresses,
            chart: None,
            given_up: BTreeSet::new(),
            names_tried: BTreeMap::new(),
            count: PushCount::default(),
        })
    }

    async fn run(&mut self) -> Result<(), EngineError> {
        let mut announced = false;
        loop {
            let pending = self.pending().await?;
            if !announced {
                self.step(|book, changes| Step::ToPush { book, changes }, pending.len());
                announced = true;
            }
            let (doubtful, certain): (Vec<Pending>, Vec<Pending>) =
                pending.into_iter().partition(|it| it.status != ChangeStatus::Approved);
            if !doubtful.is_empty() {
                self.look_up(doubtful).await?;
                continue;
            }
            let ready = self.ready(certain).await?;
            if ready.is_empty() {
                return Ok(());
            }
            for changes in ready.chunks(self.book.description().batch.max(1)) {
                self.create(changes.to_vec()).await?;
            }
        }
    }

    fn step(&self, step: impl FnOnce(saldo_core::text::ConnectionId, usize) -> Step, n: usize) {
        self.engine.progress.step(step(self.connection.id.clone(), n));
    }

    async fn pending(&self) -> Result<Vec<Pending>, EngineError> {
        let company = self.engine.company_id();
        let limit = PENDING_AT_ONCE + self.given_up.len();
        let pending = self.engine.store.pending(company, &self.connection.id, limit).await?;
        let open = |it: &Pending| !self.given_up.contains(&it.change.id);
        Ok(pending.into_iter().filter(open).collect())
    }

    /// The changes whose references the book has.
    async fn ready(&self, pending: Vec<Pending>) -> Result<Vec<Change>, EngineError> {
        let changes: Vec<Change> = pending.into_iter().map(|it| it.change).collect();
        let bindings = self.bindings(changes.iter().map(|change| &change.subject)).await?;
        let is_ready = |change: &Change| {
            let needs = self.book.needs(&change.subject);
            let invoice = match &change.subject {
                Subject::Document { applies_to, .. } => *applies_to,
                Subject::Need(_) => None,
            };
            needs.iter().all(|need| bindings.need(need).is_some())
                && invoice.is_none_or(|key| bindings.document(key).is_some())
        };
        Ok(changes.into_iter().filter(is_ready).collect())
    }

    /// What the book calls everything that subjects refer to.
    pub(super) async fn bindings<'b>(
        &self,
        subjects: impl Iterator<Item = &'b Subject>,
    ) -> Result<Bindings, EngineError> {
        let mut ids = BTreeSet::new();
        for subject in subjects {
            ids.extend(self.book.needs(subject).iter().map(Need::binding));
            if let Subject::Document { applies_to: Some(invoice), .. } = subject {
                ids.insert(invoice.to_string());
            }
        }
        let ids: Vec<String> = ids.into_iter().collect();
        let company = self.engine.company_id();
        Ok(self.engine.store.bindings_of(company, &self.connection.id, &ids).await?)
    }

    pub(super) fn context(&self, bindings: Bindings) -> BookContext {
        BookContext {
            company: self.engine.company_id().clone(),
            connection: self.connection.id.clone(),
            now: self.engine.clock.now(),
            currency: self.engine.company.currency,
            addresses: self.addresses.clone(),
            settings: self.connection.settings.clone(),
            bindings,
        }
    }

    pub(super) fn world(&self, fault: Fault) -> EngineError {
        EngineError::World { connection: self.connection.id.clone(), fault }
    }

    /// Asks for something that is harmless to repeat.
    pub(super) async fn read(&self, tasks: &[Task]) -> Result<Vec<Outcome>, EngineError> {
        let subjects = tasks.iter().filter_map(|task| match task {
            Task::LookUp(subject) => Some(subject),
            _ => None,
        });
        let bindings = self.bindings(subjects).await?;
        let mut patience = Patience::default();
        loop {
            let context = self.context(bindings.clone());
            let token = self.new_token("read", &[]);
            let ask = self.book.ask(tasks, &token, &context).map_err(|fault| self.world(fault))?;
            let heard = match self.transport.exchange(&ask).await {
                Ok(answer) => self.book.hear(tasks, &answer, &context),
                Err(fault) => Err(fault),
            };
            match heard {
                Ok(outcomes) => return Ok(outcomes),
                Err(fault) => patience
                    .wait(fault, self.engine, &self.transport)
                    .await
                    .map_err(|fault| self.world(fault))?,
            }
        }
    }

    /// Keeps what the book showed.
    pub(super) async fn observe(
        &self,
        kind: &str,
        what: &impl serde::Serialize,
    ) -> Result<(), EngineError> {
        let body = serde_json::to_string(what).map_err(|error| {
            self.world(Fault::new(Permit::Never, format!("what the book showed: {error}")))
        })?;
        let (company, book) = (self.engine.company_id(), &self.connection.id);
        let now = self.engine.clock.now();
        Ok(self.engine.store.put_observation(company, book, kind, &body, now).await?)
    }

    /// The book's chart, read once a run and again when it proved stale.
    async fn chart(&mut self) -> Result<&Chart, EngineError> {
        if self.chart.is_none() {
            self.chart = Some(Chart::read(self).await?);
        }
        let empty = || self.world(Fault::unexpected("the chart"));
        self.chart.as_ref().ok_or_else(empty)
    }

    /// A token for a batch: others for other members, and for the same members at another time.
    fn new_token(&self, purpose: &str, members: &[String]) -> String {
        let mut hasher = blake3::Hasher::new();
        let now = self.engine.clock.now().as_nanosecond().to_string();
        for part in [self.engine.company_id().as_str(), self.connection.id.as_str(), purpose, &now]
        {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        for member in members {
            hasher.update(member.as_bytes());
            hasher.update(&[0]);
        }
        hasher.finalize().to_hex().as_str().chars().take(32).collect()
    }

    /// Creates what the book does not have, after adopting what it has.
    async fn create(&mut self, changes: Vec<Change>) -> Result<(), EngineError> {
        let mut work = Vec::new();
        let mut adopted = Vec::new();
        for change in changes {
            match self.resolve(&change.subject).await? {
                Some(Resolution::Bound(remote)) => adopted.push((change.id, remote)),
                Some(Resolution::Create) | None => {
                    let task = Task::Create(change.subject.clone());
                    work.push(Work { change, task });
                }
            }
        }
        self.adopt(adopted).await?;
        self.send(work).await
    }

    async fn resolve(&mut self, subject: &Subject) -> Result<Option<Resolution>, EngineError> {
        let Subject::Need(need) = subject else { return Ok(None) };
        let bindings = self.bindings(std::iter::once(subject)).await?;
        let (book, need) = (self.book, need.clone());
        let chart = self.chart().await?;
        Ok(Some(chart.resolve(book, &need, &bindings)))
    }

    /// Takes over what the book already has.
    async fn adopt(&mut self, found: Vec<(String, RemoteId)>) -> Result<(), EngineError> {
        if found.is_empty() {
            return Ok(());
        }
        let members: Vec<String> = found.iter().map(|(id, _)| id.clone()).collect();
        let batch = self.begin(Purpose::LookUp, members, None).await?;
        let results = found
            .into_iter()
            .map(|(id, remote)| {
                let acknowledgement =
                    Acknowledgement { remote, version: None, total: None, tax: None };
                let outcome = AttemptOutcome::Acknowledged(acknowledgement);
                (id, AttemptResult { outcome, detail: "found in the book's chart".to_owned() })
            })
            .collect();
        self.finish(&batch.id, results).await
    }

    async fn begin(
        &self,
        purpose: Purpose,
        members: Vec<String>,
        again: Option<&Batch>,
    ) -> Result<Batch, EngineError> {
        let sent_at = self.engine.clock.now();
        let batch = match again {
            Some(before) => Batch { sent_at, ..before.clone() },
            None => {
                let id = self.new_token(purpose.name(), &members);
                Batch { token: id.clone(), id, members, purpose, sent_at }
            }
        };
        self.engine.keep(self.lease).await?;
        self.engine.store.begin_batch(self.lease, &batch).await?;
        Ok(batch)
    }

    async fn finish(
        &mut self,
        batch: &str,
        results: Vec<(String, AttemptResult)>,
    ) -> Result<(), EngineError> {
        let of = |wanted: fn(&AttemptOutcome) -> bool| {
            results.iter().filter(|(_, result)| wanted(&result.outcome)).count()
        };
        let acknowledged = of(|outcome| matches!(outcome, AttemptOutcome::Acknowledged(_)));
        let refused = of(|outcome| matches!(outcome, AttemptOutcome::Refused(_)));
        let now = self.engine.clock.now();
        self.engine.store.finish_batch(self.lease, batch, &results, now).await?;
        self.count.acknowledged += acknowledged;
        self.count.refused += refused;
        self.step(|book, changes| Step::Pushed { book, changes }, acknowledged + refused);
        Ok(())
    }

    /// Sends a batch until its outcome is known, or must be looked up later.
    async fn send(&mut self, work: Vec<Work>) -> Result<(), EngineError> {
        if work.is_empty() {
            return Ok(());
        }
        let mut bindings = self.bindings(work.iter().map(|it| subject_of(&it.task))).await?;
        if let Some(chart) = &self.chart {
            chart.take_names(&mut bindings);
        }
        let tasks: Vec<Task> = work.iter().map(|it| it.task.clone()).collect();
        let members: Vec<String> = work.iter().map(|it| it.change.id.clone()).collect();
        let token = self.new_token(Purpose::Create.name(), &members);
        if let Err(fault) = self.book.ask(&tasks, &token, &self.context(bindings.clone())) {
            return Box::pin(self.send_apart(work, &fault)).await;
        }
        let mut batch = self.begin(Purpose::Create, members.clone(), None).await?;
        let first_sent = batch.sent_at;
        let mut in_doubt = false;
        let mut patience = Patience::default();
        loop {
            let context = self.context(bindings.clone());
            let heard = match self.book.ask(&tasks, &batch.token, &context) {
                Ok(ask) => match self.transport.exchange(&ask).await {
                    Ok(answer) => self.book.hear(&tasks, &answer, &context),
                    Err(fault) => Err(fault),
                },
                Err(fault) => Err(fault),
            };
            let fault = match heard {
                Ok(outcomes) => return self.conclude(&batch, &work, outcomes).await,
                Err(fault) => fault,
            };
            in_doubt |= fault.permits == Permit::InDoubt;
            let waited = patience.wait(fault.clone(), self.engine, &self.transport).await;
            // The wait counts: the token may have grown old meanwhile.
            if waited.is_err() || (in_doubt && !self.may_repeat(first_sent)) {
                return self.leave(&batch, in_doubt, fault).await;
            }
            batch = self.begin(Purpose::Create, members.clone(), Some(&batch)).await?;
        }
    }

    /// Whether a batch in doubt may be sent once more as it was.
    fn may_repeat(&self, first_sent: Timestamp) -> bool {
        let description = self.book.description();
        let young = self.engine.clock.now() < later(first_sent, TOKEN_LIVES);
        description.idempotent || (description.tokens && young)
    }

    /// A batch that cannot be expressed is sent one by one, so that only its culprit is refused.
    async fn send_apart(&mut self, work: Vec<Work>, fault: &Fault) -> Result<(), EngineError> {
        if let [only] = &work[..] {
            let members = vec![only.change.id.clone()];
            let batch = self.begin(Purpose::Create, members, None).await?;
            let refusal = Refusal {
                kind: RefusalKind::Other,
                code: "not-expressible".to_owned(),
                message: fault.message.clone(),
                hint: "enter it by hand, or change the policy so that the book can hold it"
                    .to_owned(),
            };
            let result = refused(refusal);
            return self.finish(&batch.id, vec![(only.change.id.clone(), result)]).await;
        }
        for one in work {
            Box::pin(self.send(vec![one])).await?;
        }
        Ok(())
    }

    /// Gives up a batch for now: in doubt, it is looked up by the same run; untouched, the run
    /// ends.
    async fn leave(
        &mut self,
        batch: &Batch,
        in_doubt: bool,
        fault: Fault,
    ) -> Result<(), EngineError> {
        let outcome = match in_doubt {
            true => AttemptOutcome::InDoubt,
            false => AttemptOutcome::NoEffect,
        };
        let result = AttemptResult { outcome, detail: fault.message.clone() };
        let results = batch.members.iter().map(|id| (id.clone(), result.clone())).collect();
        self.finish(&batch.id, results).await?;
        match (in_doubt, fault.permits) {
            (true, Permit::InDoubt | Permit::Retry | Permit::RetryAfter(_) | Permit::Refresh) => {
                Ok(())
            }
            _ => Err(self.world(fault)),
        }
    }

    /// Writes down what came of a batch.
    async fn conclude(
        &mut self,
        batch: &Batch,
        work: &[Work],
        outcomes: Vec<Outcome>,
    ) -> Result<(), EngineError> {
        if outcomes.len() != work.len() {
            return Err(self.world(Fault::unexpected("the book")));
        }
        let mut results = Vec::with_capacity(outcomes.len());
        for (it, outcome) in work.iter().zip(outcomes) {
            let result = self.result(&it.change, &it.task, outcome);
            results.push((it.change.id.clone(), result));
        }
        self.finish(&batch.id, results).await
    }

    fn result(&mut self, change: &Change, task: &Task, outcome: Outcome) -> AttemptResult {
        match outcome {
            Outcome::Done(acknowledgement) | Outcome::Found(acknowledgement) => {
                acknowledged(subject_of(task), acknowledgement)
            }
            Outcome::FoundDifferent { acknowledgement, difference } => refused(Refusal {
                kind: RefusalKind::DuplicateNumber,
                code: acknowledgement.remote.to_string(),
                message: format!("the book holds it with other content: {difference}"),
                hint: "correct or remove it in the book, then `saldo retry`".to_owned(),
            }),
            Outcome::Absent => {
                let detail = "looked for and not found".to_owned();
                AttemptResult { outcome: AttemptOutcome::Absent, detail }
            }
            Outcome::Refused(refusal) => self.refusal(change, refusal),
            Outcome::Chart(_) | Outcome::Balances(_) | Outcome::Documents(_) => {
                let detail = "the book answered something else".to_owned();
                AttemptResult { outcome: AttemptOutcome::InDoubt, detail }
            }
        }
    }

    fn refusal(&mut self, change: &Change, refusal: Refusal) -> AttemptResult {
        let tries = self.names_tried.entry(change.id.clone()).or_default();
        *tries += 1;
        let another = *tries <= NAMES_TRIED;
        match (refusal.kind, &change.subject) {
            (RefusalKind::DuplicateNumber | RefusalKind::DuplicateRequest, _) if another => {
                AttemptResult { outcome: AttemptOutcome::InDoubt, detail: refusal.message }
            }
            (RefusalKind::DuplicateName, Subject::Need(_)) if another => {
                self.chart = None;
                AttemptResult { outcome: AttemptOutcome::NoEffect, detail: refusal.message }
            }
            _ => refused(refusal),
        }
    }

    /// Looks for what is in doubt. What is not found long enough after its last send is free to be
    /// sent again.
    async fn look_up(&mut self, doubtful: Vec<Pending>) -> Result<(), EngineError> {
        let (needs, documents): (Vec<Pending>, Vec<Pending>) =
            doubtful.into_iter().partition(|it| matches!(it.change.subject, Subject::Need(_)));
        if !needs.is_empty() {
            self.look_up_needs(needs).await?;
        }
        let mut by_kind: BTreeMap<_, Vec<Pending>> = BTreeMap::new();
        for it in documents {
            if let Subject::Document { document, .. } = &it.change.subject {
                by_kind.entry(document.header().kind).or_default().push(it);
            }
        }
        for pending in by_kind.into_values() {
            for some in pending.chunks(self.book.description().look_up_batch.max(1)) {
                self.look_up_documents(some).await?;
            }
        }
        Ok(())
    }

    async fn look_up_needs(&mut self, pending: Vec<Pending>) -> Result<(), EngineError> {
        self.engine.clock.sleep_until(self.landed(&pending)).await;
        self.chart = None;
        let members = pending.iter().map(|it| it.change.id.clone()).collect();
        let batch = self.begin(Purpose::LookUp, members, None).await?;
        let mut results = Vec::new();
        for it in &pending {
            let outcome = match self.resolve(&it.change.subject).await? {
                Some(Resolution::Bound(remote)) => AttemptOutcome::Acknowledged(Acknowledgement {
                    remote,
                    version: None,
                    total: None,
                    tax: None,
                }),
                _ => AttemptOutcome::Absent,
            };
            let detail = "looked for in the book's chart".to_owned();
            results.push((it.change.id.clone(), AttemptResult { outcome, detail }));
        }
        self.finish(&batch.id, results).await
    }

    /// What the book cannot even be asked for was never sent: it is as if it were not found.
    async fn give_up_unsayable(
        &mut self,
        pending: &[Pending],
    ) -> Result<Vec<Pending>, EngineError> {
        let context = self.context(Bindings::default());
        let can_be_asked = |it: &Pending| {
            self.book.ask(&[Task::LookUp(it.change.subject.clone())], "", &context).is_ok()
        };
        let (open, unsayable): (Vec<Pending>, Vec<Pending>) =
            pending.iter().cloned().partition(can_be_asked);
        if !unsayable.is_empty() {
            let members: Vec<String> = unsayable.iter().map(|it| it.change.id.clone()).collect();
            let batch = self.begin(Purpose::LookUp, members.clone(), None).await?;
            let detail = "the book cannot hold it, and was not asked".to_owned();
            let result = AttemptResult { outcome: AttemptOutcome::Absent, detail };
            let results = members.into_iter().map(|id| (id, result.clone())).collect();
            self.finish(&batch.id, results).await?;
        }
        Ok(open)
    }

    async fn look_up_documents(&mut self, pending: &[Pending]) -> Result<(), EngineError> {
        let mut open = self.give_up_unsayable(pending).await?;
        for last in [false, true] {
            if open.is_empty() {
                return Ok(());
            }
            if last {
                self.engine.clock.sleep_until(self.landed(&open)).await;
            }
            let begun = self.engine.clock.now();
            let members = open.iter().map(|it| it.change.id.clone()).collect();
            let batch = self.begin(Purpose::LookUp, members, None).await?;
            let tasks: Vec<Task> =
                open.iter().map(|it| Task::LookUp(it.change.subject.clone())).collect();
            let outcomes = self.read(&tasks).await?;
            let mut results = Vec::new();
            let mut unseen = Vec::new();
            for ((it, task), outcome) in open.iter().zip(&tasks).zip(outcomes) {
                let absent = outcome == Outcome::Absent;
                let mut result = self.result(&it.change, task, outcome);
                if absent && begun < self.landed(std::slice::from_ref(it)) {
                    result.outcome = AttemptOutcome::InDoubt;
                    unseen.push(it.clone());
                }
                results.push((it.change.id.clone(), result));
            }
            self.finish(&batch.id, results).await?;
            open = unseen;
        }
        Ok(())
    }

    /// When whatever was sent for these changes has landed or never will. What is harmless to
    /// repeat need not be waited for.
    fn landed(&self, pending: &[Pending]) -> Timestamp {
        if self.book.description().idempotent {
            return Timestamp::MIN;
        }
        let sends = pending.iter().filter_map(|it| it.last_send.as_ref());
        let last = sends.map(|send| send.at).max().unwrap_or(Timestamp::MIN);
        later(last, LANDS_WITHIN + Duration::from_secs(1))
    }
}

fn subject_of(task: &Task) -> &Subject {
    match task {
        Task::Create(subject) | Task::LookUp(subject) | Task::Revise { subject, .. } => subject,
        Task::ReadChart { .. }
        | Task::ReadBalances { .. }
        | Task::ReadResult { .. }
        | Task::ReadDocuments { .. } => {
            unreachable!("only tasks with a subject are pushed")
        }
    }
}

fn refused(refusal: Refusal) -> AttemptResult {
    let detail = refusal.message.clone();
    AttemptResult { outcome: AttemptOutcome::Refused(refusal), detail }
}

/// An acknowledgement that says the same total and tax as the document; otherwise the book holds
/// something else than it was told.
fn acknowledged(subject: &Subject, acknowledgement: Acknowledgement) -> AttemptResult {
    let difference = match subject {
        Subject::Document { document, .. } => difference(document, &acknowledgement),
        Subject::Need(_) => None,
    };
    match difference {
        None => {
            let detail = String::new();
            AttemptResult { outcome: AttemptOutcome::Acknowledged(acknowledgement), detail }
        }
        Some(message) => refused(Refusal {
            kind: RefusalKind::Other,
            code: acknowledgement.remote.to_string(),
            message,
            hint: "remove it in the book, then `saldo retry`".to_owned(),
        }),
    }
}

fn difference(document: &Document, found: &Acknowledgement) -> Option<String> {
    let compare = |what: &str, expected, found| match (expected, found) {
        (Ok(expected), Some(found)) if expected != found => {
            Some(format!("the book holds it with a {what} of {found} instead of {expected}"))
        }
        _ => None,
    };
    compare("total", document.total(), found.total)
        .or_else(|| compare("tax", document.tax(), found.tax))
}
