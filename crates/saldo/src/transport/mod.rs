//! Everything that reaches out of the process for an adapter: one place for authorisation, request
//! limits, spooling and the question whether a lost request may have taken effect.
//!
//! An adapter's [`Ask`] goes through [`Transport::exchange`]. Nothing is repeated here, except a
//! request whose access token was refused, once, with another token.

pub(crate) mod clock;
pub(crate) mod limit;
pub(crate) mod token;

pub(crate) mod carrier;
pub(crate) mod files;
pub(crate) mod http;
pub(crate) mod mailbox;
pub(crate) mod presence;
pub(crate) mod server;
pub(crate) mod service;
pub(crate) mod skew;
pub(crate) mod slice;

mod grant;
mod meter;
mod regroup;

#[cfg(test)]
pub(crate) mod testing;

use carrier::Carrier;
use limit::Limiter;
pub(crate) use meter::Meter;
use saldo_core::exchange::{
    Answer, Ask, Fault, FileAnswer, FileAsk, HttpAnswer, HttpRequest, MessageAnswer, MessageAsk,
    Permit,
};
use skew::Skew;
use slice::Spool;
use std::io::ErrorKind;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use token::{Pending, TokenKeeper};

/// How often the right to send is looked at while a message is awaited.
const RIGHT_IS_KEPT_EVERY: Duration = Duration::from_mins(5);

/// The right to send, which another process may take over at any time.
pub(crate) trait Right: Send + Sync {
    /// Makes sure that this process still has it, and keeps it for a while.
    fn check(&self) -> Pending<'_, ()>;
}

/// The way of one connection to the world.
pub(crate) struct Transport {
    /// Who carries single requests.
    pub(crate) carrier: Carrier,
    /// The access token, where the vendor wants one.
    pub(crate) tokens: Option<TokenKeeper>,
    /// The vendor's request limits. Requests for tokens do not count: they go elsewhere.
    pub(crate) limiter: Limiter,
    /// What the vendor says of the requests that are left.
    pub(crate) meter: Meter,
    /// By how much the vendor's clock differs from ours.
    pub(crate) skew: Skew,
    /// Where downloads are kept, where the vendor has such.
    pub(crate) spool: Option<Spool>,
    /// The folder of a plain-text book.
    pub(crate) files: Option<PathBuf>,
    /// What is looked at directly before each request, after every wait, where sending something
    /// without the right to it would do harm.
    pub(crate) right: Option<Arc<dyn Right>>,
    /// Whether anything was answered yet.
    pub(crate) answered: AtomicBool,
}

impl Transport {
    /// Asks the world.
    ///
    /// # Errors
    /// Where no whole answer came, a person must sign in, or the connection lacks what is needed.
    pub(crate) async fn exchange(&self, ask: &Ask) -> Result<Answer, Fault> {
        let answer = self.exchange_once(ask).await?;
        self.answered.store(true, Ordering::Relaxed);
        Ok(answer)
    }

    /// Whether anything was answered yet.
    pub(crate) fn was_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }

    async fn exchange_once(&self, ask: &Ask) -> Result<Answer, Fault> {
        match ask {
            Ask::Http(request) => self.http(request).await.map(Answer::Http),
            Ask::Slice(slice) => {
                let spool = self.spool.as_ref().ok_or_else(|| lacking("folder for downloads"))?;
                spool.slice(slice, &self.carrier).await
            }
            Ask::File(work) => self.file(work.clone()).await.map(Answer::File),
            Ask::Message(message) => self.message(message).await.map(Answer::Message),
        }
    }

    /// Hears that the access token is spent, after a fault that permits
    /// [`Refresh`](Permit::Refresh): the next request fetches another.
    pub(crate) async fn spend_token(&self) {
        if let Some(tokens) = &self.tokens {
            tokens.spend().await;
        }
    }

    async fn http(&self, request: &HttpRequest) -> Result<HttpAnswer, Fault> {
        if !request.authorised {
            return self.send(request, None).await;
        }
        let tokens = self.tokens.as_ref().ok_or_else(|| lacking("authorisation"))?;
        let token = tokens.token(&self.carrier).await?;
        let answer = self.send(request, Some(&tokens.credential(&token))).await?;
        if answer.status != 401 {
            return Ok(answer);
        }
        tracing::debug!("the access token was refused, another one is fetched");
        let token = tokens.renew(&token, &self.carrier).await?;
        self.send(request, Some(&tokens.credential(&token))).await
    }

    async fn message(&self, message: &MessageAsk) -> Result<MessageAnswer, Fault> {
        self.limiter.acquire("").await;
        self.check_right().await?;
        // A vendor that makes the calls may take its time: the right is kept meanwhile.
        tokio::select! {
            answered = self.carrier.message(message) => answered,
            lost = self.keep_right() => Err(lost),
        }
    }

    /// Keeps the right to send, until it is lost: then what lies ready is taken back, and what was
    /// handed over is in doubt.
    async fn keep_right(&self) -> Fault {
        loop {
            tokio::time::sleep(RIGHT_IS_KEPT_EVERY).await;
            if let Err(fault) = self.check_right().await {
                let text = format!("the right to send was lost before the answer came: {fault}");
                return Fault::new(Permit::InDoubt, text);
            }
        }
    }

    async fn send(
        &self,
        request: &HttpRequest,
        credential: Option<&carrier::Credential>,
    ) -> Result<HttpAnswer, Fault> {
        self.limiter.acquire(path_of(&request.url)).await;
        self.check_right().await?;
        let asked = self.skew.now();
        let answer = self.carrier.send(request, credential).await?;
        self.skew.hear(asked, &answer);
        self.meter.hear(&answer);
        Ok(answer)
    }

    async fn check_right(&self) -> Result<(), Fault> {
        match &self.right {
            Some(right) => right.check().await,
            None => Ok(()),
        }
    }

    async fn file(&self, work: FileAsk) -> Result<FileAnswer, Fault> {
        let root = self.files.clone().ok_or_else(|| lacking("folder of files"))?;
        self.check_right().await?;
        #[cfg(test)]
        testing::before_files(&work);
        let done = tokio::task::spawn_blocking(move || files::exchange(&root, &work)).await;
        done.map_err(|_| stopped("work on files"))?.map_err(|error| file_fault(&error))
    }
}

/// The path of an address, without host and query.
fn path_of(url: &str) -> &str {
    let after_scheme = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = after_scheme.find('/').map_or("", |start| &after_scheme[start..]);
    path.split(['?', '#']).next().unwrap_or(path)
}

/// Files are merged whole or not at all, and merging again is harmless: only what would fail again
/// is not worth another try.
fn file_fault(error: &std::io::Error) -> Fault {
    let permits = match error.kind() {
        ErrorKind::PermissionDenied
        | ErrorKind::NotFound
        | ErrorKind::NotADirectory
        | ErrorKind::ReadOnlyFilesystem
        | ErrorKind::InvalidInput
        | ErrorKind::InvalidData => Permit::Never,
        _ => Permit::Retry,
    };
    Fault::new(permits, format!("the book's files: {error}"))
}

fn lacking(what: &str) -> Fault {
    Fault::new(Permit::Never, format!("the connection has no {what}, which the request needs"))
}

/// A thread of ours panicked: the assertion has been printed, and the job stops.
fn stopped(what: &str) -> Fault {
    Fault::new(Permit::Never, format!("{what} stopped on an error of this program"))
}

#[cfg(test)]
mod tests {
    use super::clock::Clock;
    use super::http::HttpCarrier;
    use super::server::serve;
    use super::testing::{MemoryStore, carrier, header, reply, vendor};
    use super::token::{TokenStore, name};
    use super::*;
    use jiff::Timestamp;
    use saldo_core::exchange::{Addresses, Authorisation, Grant, RateLimit, SliceAsk};
    use saldo_sim::Reply;
    use std::collections::BTreeMap;
    use std::sync::Mutex;

    const START: Timestamp = Timestamp::UNIX_EPOCH;

    /// A vendor whose tokens are `t1`, `t2` …, of which only those from `good` on open the door; it
    /// notes the tokens it was shown.
    fn guarded(
        good: usize,
        seen: Arc<Mutex<Vec<String>>>,
    ) -> impl FnMut(&HttpRequest, Timestamp) -> Reply + Send + 'static {
        let mut given = 0;
        move |request, _| {
            let path = path_of(&request.url);
            if path == "/token" {
                given += 1;
                return reply(200, format!(r#"{{"access_token":"t{given}","expires_in":9999}}"#));
            }
            if path == "/bulk" {
                assert_eq!(header(request, "x-token"), "", "downloads show no token");
                return reply(200, "{\"__parentId\":\"a\"}\n{\"id\":\"a\"}\n");
            }
            let shown = header(request, "x-token").to_owned();
            let number: usize = shown.trim_start_matches('t').parse().unwrap();
            seen.lock().unwrap().push(shown);
            if number >= good { reply(200, "in") } else { reply(401, "out") }
        }
    }

    fn transport(carrier: Carrier, clock: &Clock, home: &str, folder: PathBuf) -> Transport {
        const LIMITS: &[RateLimit] =
            &[RateLimit { count: 1, per: Duration::from_secs(10), path_contains: "/slow" }];
        let store = MemoryStore::with(&[(name::CLIENT_ID, "i"), (name::CLIENT_SECRET, "s")]);
        let store: Arc<dyn TokenStore> = store;
        let authorisation = Authorisation {
            header: "x-token",
            prefix: "",
            grant: Grant::ClientCredentials { token_address: "token" },
        };
        let addresses = BTreeMap::from([("token".to_owned(), format!("{home}/token"))]);
        let keeper = TokenKeeper::new(authorisation, Addresses(addresses), store, clock.clone());
        Transport {
            carrier,
            tokens: Some(keeper),
            limiter: Limiter::new(LIMITS, clock.clone()),
            meter: Meter::default(),
            skew: Skew::new(clock.clone()),
            spool: Some(Spool::new(folder)),
            files: None,
            right: None,
            answered: AtomicBool::new(false),
        }
    }

    fn simulated(good: usize) -> (Transport, Clock, Arc<Mutex<Vec<String>>>, tempfile::TempDir) {
        let clock = Clock::simulated(START);
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let folder = tempfile::tempdir().unwrap();
        let carrier = carrier(&clock, guarded(good, Arc::clone(&seen)));
        let home = "https://vendor.example";
        let transport = transport(carrier, &clock, home, folder.path().to_owned());
        (transport, clock, seen, folder)
    }

    async fn get(transport: &Transport, url: &str) -> Result<u16, Permit> {
        match transport.exchange(&Ask::Http(HttpRequest::get(url.to_owned()))).await {
            Ok(Answer::Http(answer)) => Ok(answer.status),
            Ok(other) => panic!("{other:?} was not asked for"),
            Err(fault) => Err(fault.permits),
        }
    }

    #[tokio::test]
    async fn a_refused_token_is_replaced_once() {
        let (transport, _, seen, _folder) = simulated(2);
        assert_eq!(get(&transport, "https://vendor.example/x").await, Ok(200));
        assert_eq!(*seen.lock().unwrap(), ["t1", "t2"]);
        let (transport, _, seen, _folder) = simulated(9);
        assert_eq!(get(&transport, "https://vendor.example/x").await, Ok(401));
        assert_eq!(*seen.lock().unwrap(), ["t1", "t2"]);
    }

    #[tokio::test]
    async fn a_token_that_the_adapter_calls_spent_is_not_shown_again() {
        let (transport, _, seen, _folder) = simulated(0);
        assert_eq!(get(&transport, "https://vendor.example/x").await, Ok(200));
        transport.spend_token().await;
        assert_eq!(get(&transport, "https://vendor.example/x").await, Ok(200));
        assert_eq!(*seen.lock().unwrap(), ["t1", "t2"]);
    }

    #[tokio::test]
    async fn limits_count_the_path_and_move_the_simulated_clock() {
        let (transport, clock, _, _folder) = simulated(0);
        for url in ["/slow", "/x?a=/slow", "/slow?b=1"] {
            assert_eq!(get(&transport, &format!("https://vendor.example{url}")).await, Ok(200));
        }
        assert_eq!(clock.now(), clock::later(START, Duration::from_secs(10)));
    }

    #[tokio::test]
    async fn what_the_connection_lacks_is_named() {
        let (transport, ..) = simulated(0);
        let bare = Transport { tokens: None, spool: None, ..transport };
        assert_eq!(get(&bare, "https://vendor.example/x").await, Err(Permit::Never));
        let read = Ask::File(FileAsk::Read { suffixes: vec![".beancount".to_owned()] });
        assert_eq!(bare.exchange(&read).await.unwrap_err().permits, Permit::Never);
    }

    #[tokio::test]
    async fn the_whole_way_over_sockets() {
        let clock = Clock::simulated(START);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let home = format!("http://{}", listener.local_addr().unwrap());
        let seen: Arc<Mutex<Vec<String>>> = Arc::default();
        let vendor = vendor(guarded(2, Arc::clone(&seen)));
        let server = tokio::spawn(serve(vendor, clock.clone(), listener));
        let folder = tempfile::tempdir().unwrap();
        let carrier = Carrier::Http(HttpCarrier::new().unwrap());
        let transport = transport(carrier, &clock, &home, folder.path().join("downloads"));
        assert_eq!(get(&transport, &format!("{home}/x")).await, Ok(200));
        assert_eq!(*seen.lock().unwrap(), ["t1", "t2"]);
        let url = format!("{home}/bulk?Signature=1");
        let ask = SliceAsk { url, bytes: None, offset: 0, limit: 1, groups: 1 };
        let Answer::Slice(slice) = transport.exchange(&Ask::Slice(ask)).await.unwrap() else {
            panic!("a slice was asked for");
        };
        let texts: Vec<&str> = slice.groups.iter().map(|group| &*group.text).collect();
        assert_eq!(texts, ["{\"id\":\"a\"}\n{\"__parentId\":\"a\"}"]);
        assert!(slice.finished);
        server.abort();
    }

    #[test]
    fn a_path_has_neither_host_nor_query() {
        for (url, path) in [
            ("https://a.example/v3/batch?x=/y", "/v3/batch"),
            ("http://127.0.0.1:1", ""),
            ("https://a/b#c", "/b"),
        ] {
            assert_eq!(path_of(url), path);
        }
    }
}
