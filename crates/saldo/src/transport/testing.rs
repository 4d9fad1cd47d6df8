//! What the tests of the transports share: stores in memory and vendors made of closures.

use super::carrier::{Carrier, SharedVendor, SimCarrier};
use super::clock::Clock;
use super::token::{Pending, TokenStore};
use jiff::Timestamp;
use saldo_core::exchange::{FileAsk, HttpAnswer, HttpRequest};
use saldo_core::text::Secret;
use saldo_sim::{Reply, Vendor};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

tokio::task_local! {
    /// Who is told what a task is about to do to the files of a book.
    pub(crate) static FILE_WATCH: Arc<dyn Fn(&FileAsk) + Send + Sync>;
}

/// Tells whoever watches this task.
pub(super) fn before_files(work: &FileAsk) {
    // Most tests watch nothing.
    if let Ok(watch) = FILE_WATCH.try_with(Arc::clone) {
        watch(work);
    }
}

/// Secrets in memory, with all that ever stood under each name.
#[derive(Default)]
pub(super) struct MemoryStore(Mutex<BTreeMap<String, Vec<Secret>>>);

impl MemoryStore {
    pub(super) fn with(secrets: &[(&str, &str)]) -> Arc<Self> {
        let store = Self::default();
        for (name, secret) in secrets {
            store.put(name, secret);
        }
        Arc::new(store)
    }

    pub(super) fn put(&self, name: &str, secret: &str) {
        let mut secrets = self.0.lock().unwrap();
        secrets.entry(name.to_owned()).or_default().push(Secret::new(secret));
    }

    /// All that ever stood there, oldest first.
    pub(super) fn history(&self, name: &str) -> Vec<String> {
        let secrets = self.0.lock().unwrap();
        let history = secrets.get(name).into_iter().flatten();
        history.map(|secret| secret.expose().to_owned()).collect()
    }

    fn back(&self, name: &str, steps: usize) -> Option<Secret> {
        let secrets = self.0.lock().unwrap();
        secrets.get(name).and_then(|history| history.iter().nth_back(steps).cloned())
    }
}

impl TokenStore for MemoryStore {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
        Box::pin(async move {
            // Others get their turn, as with a real store.
            tokio::task::yield_now().await;
            Ok(self.back(name, 0))
        })
    }

    fn save<'a>(&'a self, name: &'a str, secret: &'a Secret) -> Pending<'a, ()> {
        Box::pin(async move {
            tokio::task::yield_now().await;
            self.put(name, secret.expose());
            Ok(())
        })
    }

    fn previous<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
        Box::pin(async move { Ok(self.back(name, 1)) })
    }
}

struct FnVendor<F>(F);

impl<F: FnMut(&HttpRequest, Timestamp) -> Reply + Send> Vendor for FnVendor<F> {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        (self.0)(request, now)
    }
}

/// A vendor that does what the closure says.
pub(crate) fn vendor(
    answers: impl FnMut(&HttpRequest, Timestamp) -> Reply + Send + 'static,
) -> SharedVendor {
    Arc::new(Mutex::new(Box::new(FnVendor(answers))))
}

/// The way to a vendor that does what the closure says.
pub(super) fn carrier(
    clock: &Clock,
    answers: impl FnMut(&HttpRequest, Timestamp) -> Reply + Send + 'static,
) -> Carrier {
    Carrier::Sim(SimCarrier { vendor: vendor(answers), clock: clock.clone() })
}

/// An answer with this status and text.
pub(crate) fn reply(status: u16, text: impl Into<String>) -> Reply {
    Reply::Answer(HttpAnswer { status, headers: Vec::new(), body: text.into().into_bytes() })
}

/// The value of a header line that must be there.
pub(super) fn header<'a>(request: &'a HttpRequest, name: &str) -> &'a str {
    let found = request.headers.iter().find(|(known, _)| known == name);
    found.map_or("", |(_, value)| value)
}
