//! A session that lives: the connector at one side of a mailbox, the work at the other.

use super::place::Place;
use crate::engine::{Progress, Step};
use crate::transport::mailbox::Mailbox;
use saldo_books::quickbooks_desktop::connector as protocol;
use saldo_core::text::{ConnectionId, Secret};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::{Mutex, watch};

/// What a session is for.
#[derive(Clone)]
pub(crate) struct Visit {
    /// Whose books.
    pub(crate) place: Place,
    /// Where messages for the connector are laid.
    pub(crate) mailbox: Mailbox,
    /// How far the work is.
    pub(crate) tally: Arc<Tally>,
}

/// The work of a session: the words of what went wrong, where something did.
pub(crate) type Working = Pin<Box<dyn Future<Output = Result<(), String>> + Send>>;

/// Does the work of a session.
pub(crate) type Work = Arc<dyn Fn(Visit) -> Working + Send + Sync>;

/// How far the work of a session is.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    planned: AtomicUsize,
    done: AtomicUsize,
}

impl Tally {
    /// Counts what there is to do.
    pub(crate) fn plan(&self, changes: usize) {
        self.planned.fetch_add(changes, Ordering::Relaxed);
    }

    /// Counts what is done.
    pub(crate) fn finish(&self, changes: usize) {
        self.done.fetch_add(changes, Ordering::Relaxed);
    }

    /// How far it is.
    pub(crate) fn shown(&self) -> protocol::Progress {
        let [planned, done] = [&self.planned, &self.done].map(|it| it.load(Ordering::Relaxed));
        // What is done first may show that more is to do.
        protocol::Progress { planned: planned.max(done), done }
    }

    /// Counts what the engine does for one book.
    pub(crate) fn of(self: &Arc<Self>, counted: ConnectionId) -> Progress {
        let tally = Arc::clone(self);
        Progress::to(move |step| match step {
            Step::ToPush { book, changes } if *book == counted => tally.plan(*changes),
            Step::Pushed { book, changes } if *book == counted => tally.finish(*changes),
            _ => {}
        })
    }
}

/// How work ended; none while it runs.
type Ended = Option<Result<(), String>>;

/// A session that lives.
pub(super) struct Live {
    /// What it is for.
    pub(super) visit: Visit,
    /// What passwords were compared with when it was let in.
    pub(super) pass: Secret,
    /// What its calls show.
    pub(super) ticket: String,
    /// What may follow.
    pub(super) session: Mutex<protocol::Session>,
    /// What the message that was handed over last asks for.
    wanted: std::sync::Mutex<Arc<protocol::Wanted>>,
    /// How its work ended; none where it was not begun.
    work: std::sync::Mutex<Option<watch::Receiver<Ended>>>,
    /// How many calls of it are on their way.
    calls: AtomicUsize,
}

/// A call of a session that is on its way: an answer may take minutes to come.
pub(super) struct Hearing(Arc<Live>);

impl Hearing {
    /// A call of a session.
    pub(super) fn of(live: Arc<Live>) -> Self {
        live.calls.fetch_add(1, Ordering::Relaxed);
        Self(live)
    }
}

impl Drop for Hearing {
    fn drop(&mut self) {
        self.0.calls.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Live {
    /// A session in which nothing was asked for yet.
    pub(super) fn new(place: Place, pass: Secret, session: protocol::Session) -> Self {
        let (mailbox, tally) = (Mailbox::open(), Arc::default());
        Self {
            visit: Visit { place, mailbox, tally },
            pass,
            ticket: session.ticket().to_owned(),
            session: Mutex::new(session),
            wanted: std::sync::Mutex::default(),
            work: std::sync::Mutex::default(),
            calls: AtomicUsize::default(),
        }
    }

    /// Whether a call of it is on its way.
    pub(super) fn is_heard(&self) -> bool {
        self.calls.load(Ordering::Relaxed) > 0
    }

    /// A message goes to the connector that asks for this.
    pub(super) fn expect(&self, wanted: protocol::Wanted) {
        *self.wanted.lock().unwrap_or_else(std::sync::PoisonError::into_inner) = Arc::new(wanted);
    }

    /// What the message that was handed over last asks for.
    pub(super) fn wanted(&self) -> Arc<protocol::Wanted> {
        Arc::clone(&self.wanted.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    /// Begins the work, which goes on by itself.
    pub(super) fn begin(&self, work: &Work) {
        let (tell, told) = watch::channel(None);
        let (mailbox, work) = (self.visit.mailbox.clone(), work(self.visit.clone()));
        *self.work() = Some(told);
        tokio::spawn(async move {
            let ended = tokio::spawn(work).await.unwrap_or_else(|_| {
                Err("the work stopped on an error of this program: see its log".to_owned())
            });
            tell.send_replace(Some(ended));
            mailbox.close();
        });
    }

    /// What there is for the connector: waits for it so long.
    pub(super) async fn turn(&self, within: Duration) -> protocol::Turn {
        tokio::select! {
            biased;
            body = self.visit.mailbox.take(within) => match (body, self.ended()) {
                (Some(body), _) => protocol::Turn::Message(body),
                (None, Some(ended)) => protocol::Turn::Finished(ended),
                (None, None) => protocol::Turn::Working,
            },
            ended = self.at_the_end() => protocol::Turn::Finished(ended),
        }
    }

    /// How the work ended, where it does before there is a message, and so soon.
    pub(super) async fn outlook(&self, within: Duration) -> Option<Result<(), String>> {
        tokio::select! {
            biased;
            _ = self.visit.mailbox.has_message(within) => self.ended(),
            ended = self.at_the_end() => Some(ended),
        }
    }

    /// How the work ended; none while it runs, or where it was not begun.
    fn ended(&self) -> Option<Result<(), String>> {
        self.work().as_ref().and_then(|work| work.borrow().clone())
    }

    /// Whether its work was begun.
    pub(super) fn has_begun(&self) -> bool {
        self.work().is_some()
    }

    /// Whether nothing runs for it.
    pub(super) fn is_at_rest(&self) -> bool {
        self.work().as_ref().is_none_or(|work| work.borrow().is_some())
    }

    /// Waits until the work ends; for ever where it was not begun.
    async fn at_the_end(&self) -> Result<(), String> {
        let work = self.work().clone();
        if let Some(mut work) = work
            && let Ok(ended) = work.wait_for(Option::is_some).await
            && let Some(ended) = ended.clone()
        {
            return ended;
        }
        std::future::pending().await
    }

    /// Waits until nothing runs for it.
    pub(super) async fn rest(&self) {
        if !self.is_at_rest() {
            // How it ended is known to whoever asks for it.
            drop(self.at_the_end().await);
        }
    }

    /// Replaced whole, and so never half written.
    fn work(&self) -> std::sync::MutexGuard<'_, Option<watch::Receiver<Ended>>> {
        self.work.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}
