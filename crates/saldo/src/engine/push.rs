//! Push: approved changes into a book, each exactly once.
//!
//! A batch is written down before it is sent, and repeated only as it was. What is in doubt is
//! repeated under the same token for a while, where the book has tokens, and otherwise looked up
//! before anything is sent again. What was looked for in vain and is no longer wanted is withdrawn,
//! and taken over if it lands after all.

mod adopt;
mod confirm;
mod landing;
mod late;
mod look_up;
mod receipts;
mod returned;
mod room;
mod send;
mod withdraw;

pub(super) use confirm::drafts_to_pay;
pub(super) use returned::unsold;

use super::attach::attach_statements;
use super::chart::Chart;
use super::error::{ended, set_aside};
use super::notes::write_notes;
use super::plan::{book_of, books};
use super::retry::Patience;
use super::settings::known_settings;
use super::{Engine, EngineError, Step, SyncReport};
use crate::transport::{Meter, Transport};
use landing::Sends;
use saldo_core::book::{
    Acknowledgement, Bindings, Book, BookContext, BookSettings, Need, Outcome, Refusal,
    RefusalKind, Subject, Task, TaxCode,
};
use saldo_core::document::Document;
use saldo_core::exchange::{Addresses, Fault, Permit};
use saldo_core::plan::Change;
use saldo_store::{
    AttemptOutcome, AttemptResult, Batch, ChangeStatus, Connection, Lease, Pending, Purpose,
};
use std::collections::{BTreeMap, BTreeSet};

/// How many changes are looked at at a time.
pub(super) const PENDING_AT_ONCE: usize = 10_000;
/// How often a name that is taken is tried again under another.
const NAMES_TRIED: usize = 3;
/// What to do about a file that a book refused.
const HINT_FOR_FILES: &str = "`saldo retry` sends it again once that is mended; `saldo map set \
                              attachments.payouts false` gives up all files that no book took";

/// What a push did.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct PushCount {
    /// What books acknowledged.
    pub(crate) acknowledged: usize,
    /// What books refused.
    pub(crate) refused: usize,
    /// What no book has, and nobody wants any more.
    pub(crate) withdrawn: usize,
    /// What had been withdrawn, and stands in a book after all.
    pub(crate) adopted: usize,
    /// Drafts that somebody confirmed in a book.
    pub(crate) confirmed: usize,
    /// Of what was refused: what is dated in a closed period, and was not even sent.
    pub(crate) closed: usize,
}

/// Pushes what is approved, to every book or to one. A book that fails does not stop the others.
///
/// # Errors
/// [`EngineError::Partly`] where only some books failed, else what stopped all of it.
pub(crate) async fn push(engine: &Engine, only: Option<&str>) -> Result<SyncReport, EngineError> {
    let mut failed = Vec::new();
    let PushCount { acknowledged, refused, withdrawn, adopted, confirmed: _, closed: _ } =
        push_each(engine, only, &mut failed).await?;
    let done = SyncReport { acknowledged, refused, withdrawn, adopted, ..SyncReport::default() };
    ended(done, failed)
}

/// As [`push`], with the errors of single books set aside.
pub(super) async fn push_each(
    engine: &Engine,
    only: Option<&str>,
    failed: &mut Vec<EngineError>,
) -> Result<PushCount, EngineError> {
    let mut count = PushCount::default();
    let all = books(engine, only).await?;
    let pushed = push_all(engine, all, &mut count, failed).await?;
    // Files belong to documents that stand there: a book that failed gets its own another time.
    let noting = pushed.clone();
    let with_files = attach_statements(engine, pushed).await?;
    push_all(engine, with_files, &mut count, failed).await?;
    write_notes(engine, &noting, failed).await?;
    Ok(count)
}

/// Pushes to books; those of them that did not fail.
async fn push_all(
    engine: &Engine,
    books: Vec<Connection>,
    count: &mut PushCount,
    failed: &mut Vec<EngineError>,
) -> Result<Vec<Connection>, EngineError> {
    let mut pushed = Vec::new();
    for connection in books {
        let before = failed.len();
        let done = push_book(engine, &connection, count).await;
        set_aside(done, failed)?;
        if failed.len() == before {
            pushed.push(connection);
        }
    }
    Ok(pushed)
}

async fn push_book(
    engine: &Engine,
    connection: &Connection,
    count: &mut PushCount,
) -> Result<(), EngineError> {
    let lease = engine.lease(connection).await?;
    let pushed = run_pusher(engine, connection, &lease, count).await;
    engine.note_outcome(&connection.id, &pushed, *pushed.as_ref().unwrap_or(&false)).await?;
    let released = engine.store.release_lease(&lease).await;
    pushed?;
    Ok(released?)
}

/// Pushes to a book; whether it was asked for anything.
async fn run_pusher(
    engine: &Engine,
    connection: &Connection,
    lease: &Lease,
    count: &mut PushCount,
) -> Result<bool, EngineError> {
    let mut pusher = Pusher::new(engine, connection, lease).await?;
    let pushed = pusher.run().await;
    count.acknowledged += pusher.count.acknowledged;
    count.refused += pusher.count.refused;
    count.withdrawn += pusher.count.withdrawn;
    count.adopted += pusher.count.adopted;
    count.confirmed += pusher.count.confirmed;
    count.closed += pusher.count.closed;
    let kept = pusher.keep_requests().await;
    let was_answered = pusher.transport.was_answered();
    if was_answered {
        engine.note_clock(&connection.id, pusher.transport.skew.ahead()).await?;
    }
    pushed?;
    kept?;
    Ok(was_answered)
}

/// A way to one book.
pub(super) struct Pusher<'a> {
    pub(super) engine: &'a Engine,
    pub(super) connection: &'a Connection,
    pub(super) lease: &'a Lease,
    pub(super) book: &'static dyn Book,
    pub(super) transport: Transport,
    addresses: Addresses,
    chart: Option<Chart>,
    pub(super) settings: Option<BookSettings>,
    /// The codes of sales tax that the book had when its settings were read last.
    pub(super) tax_codes: Vec<TaxCode>,
    /// Whether what was kept of it proved stale.
    pub(super) chart_is_stale: bool,
    /// How many requests the chart took.
    pub(super) chart_requests: Option<u64>,
    names_tried: BTreeMap<String, usize>,
    /// What the book does not amend any more.
    fixed: Vec<Change>,
    /// Receipts that it did not take back, since their goods were sold.
    short: Vec<Change>,
    /// Those of them that are taken back once what replaces them is in.
    taken_back_after: Vec<String>,
    sends: Sends,
    /// How many entries were made since the lists were counted, by list.
    pub(super) made: BTreeMap<&'static str, u64>,
    count: PushCount,
}

/// A change with what it asks of the book.
struct Work {
    change: Change,
    task: Task,
}

impl<'a> Pusher<'a> {
    pub(super) async fn new(
        engine: &'a Engine,
        connection: &'a Connection,
        lease: &'a Lease,
    ) -> Result<Self, EngineError> {
        let book = book_of(connection)?;
        let description = book.description();
        let addresses = Engine::addresses(connection, book.addresses(&connection.settings))?;
        let authorisation = description.authorisation.as_ref();
        let transport = engine.leased_transport(
            lease,
            connection,
            &addresses,
            authorisation,
            description.limits,
        )?;
        engine.recall_requests(&connection.id, &transport.limiter).await?;
        let known = known_settings(&engine.store, engine.company_id(), &connection.id).await?;
        Ok(Self {
            engine,
            connection,
            lease,
            book,
            transport: Transport { meter: Meter::new(description.requests_left), ..transport },
            addresses,
            chart: None,
            settings: None,
            tax_codes: known.map_or_else(Vec::new, |settings| settings.tax_codes),
            chart_is_stale: false,
            chart_requests: None,
            names_tried: BTreeMap::new(),
            fixed: Vec::new(),
            short: Vec::new(),
            taken_back_after: Vec::new(),
            sends: Sends::none(engine.clock.run_time()),
            made: BTreeMap::new(),
            count: PushCount::default(),
        })
    }

    async fn run(&mut self) -> Result<(), EngineError> {
        self.count.confirmed = self.watch().await?;
        self.adopt_recent().await?;
        self.reopen().await?;
        self.withdraw_files().await?;
        let mut announced = false;
        loop {
            let pending = self.pending().await?;
            if !announced {
                let open = self.to_push().await?;
                self.step(|book, changes| Step::ToPush { book, changes }, open);
                announced = true;
            }
            let (doubtful, certain): (Vec<Pending>, Vec<Pending>) =
                pending.into_iter().partition(|it| it.status != ChangeStatus::Approved);
            if !doubtful.is_empty() {
                self.look_up(doubtful).await?;
                continue;
            }
            if self.withdraw_unwanted(&certain).await? > 0 {
                continue;
            }
            let ready = self.ready(certain).await?;
            if ready.is_empty() {
                if self.take_back_after().await? {
                    continue;
                }
                // What was taken out just now has no file to wait for any more.
                return self.withdraw_files().await;
            }
            let ready = self.refuse_closed(ready).await?;
            self.create(ready).await?;
            self.withdraw_fixed().await?;
            self.replace_first().await?;
        }
    }

    /// How many changes this push may bring to an end: also those that wait for others of it.
    async fn to_push(&self) -> Result<usize, EngineError> {
        let (store, company) = (&self.engine.store, self.engine.company_id());
        let open = store.open_counts(company, &self.connection.id).await?;
        Ok(usize::try_from(open.pending.saturating_sub(open.blocked)).unwrap_or(usize::MAX))
    }

    /// Counts what is refused since its period is closed.
    pub(super) fn note_closed(&mut self, changes: usize) {
        self.count.closed += changes;
    }

    fn step(&self, step: impl FnOnce(saldo_core::text::ConnectionId, usize) -> Step, n: usize) {
        self.engine.progress.step(step(self.connection.id.clone(), n));
    }

    async fn pending(&self) -> Result<Vec<Pending>, EngineError> {
        let company = self.engine.company_id();
        Ok(self.engine.store.pending(company, &self.connection.id, PENDING_AT_ONCE).await?)
    }

    /// The changes whose references the book has.
    async fn ready(&self, pending: Vec<Pending>) -> Result<Vec<Change>, EngineError> {
        let changes: Vec<Change> = pending.into_iter().map(|it| it.change).collect();
        let bindings = self.bindings(changes.iter().map(|change| &change.subject)).await?;
        let drafts = self.drafts_to_pay(&changes).await?;
        let book = (&self.connection.id, self.book);
        let unsold = unsold(self.engine, book, &changes).await?;
        let is_ready = |change: &Change| {
            let needs = self.book.needs(&change.subject);
            !unsold.contains_key(&change.id)
                && needs.iter().all(|need| bindings.need(need).is_some())
                && change.invoice().is_none_or(|key| {
                    bindings.document(key).is_some() && !drafts.contains(key.as_str())
                })
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
            if let Subject::Document { applies_to: Some(key), .. }
            | Subject::Confirmed { key, .. }
            | Subject::Amended { key, .. }
            | Subject::Attached { key, .. } = subject
            {
                ids.insert(key.to_string());
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
            tax_codes: self.tax_codes.clone(),
        }
    }

    pub(super) fn world(&self, fault: Fault) -> EngineError {
        EngineError::World { connection: self.connection.id.clone(), fault }
    }

    /// Asks once for something that needs no bindings.
    pub(super) async fn try_once(&self, tasks: &[Task]) -> Result<Vec<Outcome>, EngineError> {
        let heard = self.ask(tasks, &self.context(Bindings::default())).await;
        heard.map_err(|fault| self.world(fault))
    }

    pub(super) async fn ask(
        &self,
        tasks: &[Task],
        context: &BookContext,
    ) -> Result<Vec<Outcome>, Fault> {
        // What is written is one of its own.
        let noted = |task: &Task| match task {
            Task::WriteNote(note) => Some(note.key.to_string()),
            _ => None,
        };
        let noted: Vec<String> = tasks.iter().filter_map(noted).collect();
        let ask = self.book.ask(tasks, &self.new_token("read", &noted), context)?;
        let answer = self.transport.exchange(&ask).await?;
        self.book.hear(tasks, &answer, context)
    }

    /// Asks for something that is harmless to repeat.
    pub(super) async fn read(&self, tasks: &[Task]) -> Result<Vec<Outcome>, EngineError> {
        let subjects = tasks.iter().filter_map(|task| match task {
            Task::LookUp { subject, .. } => Some(subject),
            _ => None,
        });
        let bindings = self.bindings(subjects).await?;
        let mut patience = match self.engine.is_awaited {
            true => Patience::awaited(),
            false => Patience::default(),
        };
        loop {
            let context = self.context(bindings.clone());
            match self.ask(tasks, &context).await {
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

    /// A token for a batch: others for other members, and for the same members another time,
    /// whatever the clock shows. What is sent in another version is no repetition.
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
        hasher.update(&self.sends.count().to_le_bytes());
        hasher.finalize().to_hex().as_str().chars().take(32).collect()
    }

    pub(super) async fn begin(
        &mut self,
        purpose: Purpose,
        members: Vec<String>,
        again: Option<&Batch>,
    ) -> Result<Batch, EngineError> {
        let sent_at = self.transport.skew.latest(self.engine.clock.now());
        let batch = match again {
            Some(before) => Batch { sent_at, ..before.clone() },
            None => {
                let id = self.new_token(purpose.name(), &members);
                Batch { token: id.clone(), id, members, purpose, sent_at }
            }
        };
        self.engine.keep(self.lease).await?;
        self.engine.store.begin_batch(self.lease, &batch).await?;
        if batch.purpose != Purpose::LookUp {
            self.note_send(&batch);
        }
        Ok(batch)
    }

    pub(super) async fn finish(
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

    pub(super) fn result(
        &mut self,
        change: &Change,
        task: &Task,
        outcome: Outcome,
    ) -> AttemptResult {
        match outcome {
            Outcome::Done(acknowledgement) | Outcome::Found(acknowledgement) => {
                acknowledged(subject_of(task), acknowledgement)
            }
            Outcome::FoundDifferent { acknowledgement, difference }
                if matches!(change.subject, Subject::Amended { .. }) =>
            {
                refused(changed_there(&acknowledgement, &difference))
            }
            Outcome::FoundDifferent { acknowledgement, difference } => refused(Refusal {
                kind: RefusalKind::HeldOtherwise,
                code: acknowledgement.remote.to_string(),
                message: format!("the book holds it with other content: {difference}"),
                hint: "correct or remove it in the book, then `saldo retry`".to_owned(),
            }),
            Outcome::Absent => {
                let detail = "looked for and not found".to_owned();
                AttemptResult { outcome: AttemptOutcome::Absent, detail }
            }
            Outcome::AsBefore(_) => {
                let detail = "it stands there as it stood".to_owned();
                AttemptResult { outcome: AttemptOutcome::Absent, detail }
            }
            Outcome::Refused(refusal) => self.refusal(change, refusal),
            Outcome::Settings(_)
            | Outcome::Chart(_)
            | Outcome::Balances(_)
            | Outcome::Documents(_)
            | Outcome::Further { .. } => {
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
                self.chart_is_stale = true;
                AttemptResult { outcome: AttemptOutcome::NoEffect, detail: refusal.message }
            }
            // Somebody changed it since, or applied a payment to it: what it says is looked at.
            (RefusalKind::Stale, Subject::Amended { .. }) if another => {
                AttemptResult { outcome: AttemptOutcome::NoEffect, detail: refusal.message }
            }
            (RefusalKind::Fixed, Subject::Amended { .. }) => {
                self.fixed.push(change.clone());
                refused(refusal)
            }
            (_, Subject::Attached { .. }) => {
                refused(Refusal { hint: HINT_FOR_FILES.to_owned(), ..refusal })
            }
            (kind, _) => {
                self.note_short(change, kind);
                refused(refusal)
            }
        }
    }
}

/// Why a document is not amended that somebody changed in the book. It certainly is not: what
/// stands there is neither what it was nor what it was to be.
fn changed_there(found: &Acknowledgement, difference: &str) -> Refusal {
    Refusal {
        kind: RefusalKind::Other,
        code: found.remote.to_string(),
        message: format!("somebody changed it in the book, and it stays as it is: {difference}"),
        hint: "set it right there, as the plan says or as it was, then `saldo retry`; or take it \
               back by `saldo undo`"
            .to_owned(),
    }
}

fn subject_of(task: &Task) -> &Subject {
    match task {
        Task::Create(subject) | Task::LookUp { subject, .. } => subject,
        Task::ReadSettings
        | Task::ReadChart { .. }
        | Task::ReadChartSince { .. }
        | Task::ReadBalances { .. }
        | Task::ReadResult { .. }
        | Task::ReadChanges { .. }
        | Task::ReadDocuments { .. }
        | Task::LookForNote(_)
        | Task::WriteNote(_) => {
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
    let document = match subject {
        Subject::Document { document, .. }
        | Subject::Confirmed { document, .. }
        | Subject::Amended { document, .. } => Some(&**document),
        Subject::Need(_) | Subject::Attached { .. } => None,
    };
    match document.and_then(|document| difference(document, &acknowledgement)) {
        None => {
            let number = acknowledgement.number.as_ref();
            let detail = number.map_or_else(String::new, |number| {
                format!("the book gave it the number {number} in place of ours")
            });
            AttemptResult { outcome: AttemptOutcome::Acknowledged(acknowledgement), detail }
        }
        Some(message) => refused(Refusal {
            kind: RefusalKind::HeldOtherwise,
            code: acknowledgement.remote.to_string(),
            message,
            hint: hint_for(document, &acknowledgement),
        }),
    }
}

/// What to do about a document that the book holds otherwise.
fn hint_for(document: Option<&Document>, found: &Acknowledgement) -> String {
    let place = document.and_then(|document| {
        let is_taxed = document.tax().ok().zip(found.tax).is_some_and(|(own, tax)| own != tax);
        document.header().ships_to.as_ref().filter(|_| is_taxed)?.region.as_deref()
    });
    match place {
        Some(state) => format!(
            "remove it in the book, and set up the sales tax of {state} there, or let the \
             connection tell no states (`saldo help connect`); then `saldo retry`"
        ),
        None => "remove it in the book, then `saldo retry`".to_owned(),
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
