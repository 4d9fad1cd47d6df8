//! The service that the Web Connector calls: sessions, each with a sync behind it.
//!
//! Who calls, which company file is open, and what may follow what is decided by
//! [`saldo_books::quickbooks_desktop::connector`]; here it meets sockets, the database and the
//! engine. The engine knows nothing of it: to it, the connector is a mailbox.

mod body;
mod password;
mod place;
mod visit;

#[cfg(test)]
pub(crate) mod testing;
#[cfg(test)]
mod tests;

pub(crate) use password::{draw, drawn, hash};
pub(crate) use place::{
    ADAPTER, Certificate, Moving, PASSWORD, Place, application, is_called, setting,
};
pub(crate) use visit::{Visit, Work, Working};

use crate::engine::{CallAnswer, EngineError, SessionEnd, last_call, note_call, note_session};
use crate::transport::clock::Clock;
use crate::transport::service::{Answering, Coming, Cut, Handler};
use body::Body;
use jiff::tz::TimeZone;
use saldo_books::quickbooks_desktop::connector::{
    Asked, Call, Login, Reply, Session, SoapFault, Turn, Wanted, WorkRequest, description,
    read_call, stranger, write_fault,
};
use saldo_core::exchange::{HttpAnswer, Method};
use saldo_core::text::{CompanyId, ConnectionId, Secret};
use saldo_store::{Key, Store};
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use visit::{Hearing, Live};

/// The path of the service.
pub(crate) const PATH: &str = "/qbwc";
/// What is added to its address for a page about it.
const SUPPORT: &str = "/support";
/// How long a call waits for the next message before the connector is told to ask again.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);
/// How long a call of a session may take to come: an answer of QuickBooks may be large.
const CALL_LIMIT: Duration = Duration::from_mins(15);
/// How long a call may take to come that has shown no ticket of a session.
pub(crate) const STRANGER_LIMIT: Duration = Duration::from_mins(2);
/// How long the work may take to end when the service stops.
const STOP_LIMIT: Duration = Duration::from_secs(20);
/// What a person reads who opens the page.
const SUPPORT_TEXT: &str = "This is Saldo's service for the QuickBooks Web Connector.\n\n\
    `saldo status` says what waits for its next call, and `saldo doctor` what to do where \
    something is wrong.\n";

/// The service.
pub(crate) struct WebConnector {
    /// The database.
    pub(crate) store: Store,
    /// What opens the secrets.
    pub(crate) key: Arc<Key>,
    /// The time.
    pub(crate) clock: Clock,
    /// The one company whose sessions are let in; none where all are.
    pub(crate) only: Option<CompanyId>,
    /// What a session is for.
    pub(crate) work: Work,
    /// How long a call waits for the next message.
    pub(crate) patience: Duration,
    /// How long is listened to a caller who is not known yet.
    pub(crate) stranger_limit: Duration,
    /// The sessions, one for a connection.
    pub(crate) live: Sessions,
    /// Passwords are looked at one after the other: each costs work.
    pub(crate) door: Arc<tokio::sync::Mutex<()>>,
}

/// Sessions by their connections.
type Begun = BTreeMap<(CompanyId, ConnectionId), Arc<Live>>;

/// The sessions, one for a connection. Clones are the same sessions.
#[derive(Clone, Default)]
pub(crate) struct Sessions(Arc<Mutex<Begun>>);

impl Sessions {
    fn all(&self) -> MutexGuard<'_, Begun> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn by_ticket(&self, ticket: &str) -> Option<Arc<Live>> {
        self.all().values().find(|live| live.ticket == ticket).cloned()
    }
}

impl WebConnector {
    /// What answers whoever calls.
    pub(crate) fn handler(self: &Arc<Self>) -> Handler {
        let service = Arc::clone(self);
        Arc::new(move |coming| -> Answering {
            let service = Arc::clone(&service);
            Box::pin(async move { service.answer(coming).await })
        })
    }

    async fn answer(&self, coming: Coming) -> HttpAnswer {
        let address = coming.head.url.split('?').next().unwrap_or_default();
        let path = address.splitn(4, '/').nth(3).unwrap_or_default();
        match (coming.head.method, path.strip_prefix(&PATH[1..])) {
            (Method::Get, Some("" | "/")) => {
                answered(200, "text/xml; charset=utf-8", description(address).into_bytes())
            }
            (Method::Get, Some(SUPPORT)) => {
                answered(200, "text/plain; charset=utf-8", SUPPORT_TEXT.into())
            }
            (Method::Post, Some("" | "/")) => self.called(coming).await,
            _ => answered(404, "text/plain; charset=utf-8", "nothing is here\n".into()),
        }
    }

    async fn called(&self, coming: Coming) -> HttpAnswer {
        let kind = "text/xml; charset=utf-8";
        let call = match self.heard(coming).await {
            Some(Ok(call)) => call,
            Some(Err(fault)) => {
                tracing::warn!(%fault, "a call was refused");
                return answered(500, kind, write_fault(&fault));
            }
            None => {
                return answered(400, "text/plain; charset=utf-8", "the call broke off\n".into());
            }
        };
        let method = call.method();
        match self.reply(call).await {
            Ok(reply) => answered(200, kind, reply.write(method)),
            Err(error) => {
                tracing::error!(%error, method = method.name(), "a call could not be answered");
                answered(500, "text/plain; charset=utf-8", "the service failed\n".into())
            }
        }
    }

    /// Reads a call as it comes, whatever its size; none where it broke off. It is read by another
    /// thread, which takes piece after piece. Until that has read the ticket of a session, it is
    /// listened to for a short while alone.
    async fn heard(&self, mut coming: Coming) -> Option<Result<Call, SoapFault>> {
        let (body, pieces) = Body::fed();
        let sessions = self.live.clone();
        let (tell, mut told) = tokio::sync::watch::channel(None);
        let reading = tokio::task::spawn_blocking(move || {
            read_call(body, |ticket| {
                let live = sessions.by_ticket(ticket)?;
                let wanted = live.wanted();
                tell.send_replace(Some(Hearing::of(live)));
                Some(wanted)
            })
        });
        let feeding = async {
            loop {
                let piece = tokio::select! {
                    piece = coming.piece() => piece?,
                    // It is refused already, whether more comes or not.
                    () = pieces.closed() => break,
                };
                let Some(piece) = piece else { break };
                if pieces.send(piece).await.is_err() {
                    break;
                }
            }
            Ok::<_, Cut>(())
        };
        let began = tokio::time::Instant::now();
        let patience = async {
            let told = async { told.wait_for(Option::is_some).await.is_ok() };
            match tokio::time::timeout_at(began + self.stranger_limit, told).await {
                Ok(true) => tokio::time::sleep_until(began + CALL_LIMIT).await,
                // It was read to its end, or refused, without a ticket that is known.
                Ok(false) => tokio::time::sleep_until(began + self.stranger_limit).await,
                Err(_) => {}
            }
        };
        let heard = tokio::select! {
            heard = feeding => heard,
            () = patience => Err(Cut::Late),
        };
        drop(pieces);
        let call = reading.await;
        match heard {
            Ok(()) => call.ok(),
            Err(error) => {
                tracing::warn!(%error, "a call was not heard to its end");
                None
            }
        }
    }

    async fn reply(&self, call: Call) -> Result<Reply, EngineError> {
        let now = self.clock.now();
        let live = |ticket: &str| self.live.by_ticket(ticket);
        Ok(match &call {
            Call::ServerVersion => Reply::text(concat!("Saldo ", env!("CARGO_PKG_VERSION"))),
            Call::ClientVersion(version) => {
                tracing::debug!(version, "the connector's version");
                Reply::text("")
            }
            Call::Authenticate(login) => self.admit(login).await?,
            Call::SendRequest(work) => match live(&work.ticket) {
                Some(live) => self.hand_over(&live, work).await?,
                None => stranger(&call),
            },
            Call::ReceiveResponse { ticket, response, code, message } => match live(ticket) {
                Some(live) => {
                    let answer = (response.clone(), code.clone(), message.clone());
                    self.receive(&live, answer).await?
                }
                None => stranger(&call),
            },
            Call::LastError { ticket } => match live(ticket) {
                Some(live) => live.session.lock().await.last_error(now),
                None => stranger(&call),
            },
            Call::ConnectionError { ticket, code, message } => match live(ticket) {
                Some(live) => {
                    let mut session = live.session.lock().await;
                    let reply = session.failed(code, message, now);
                    self.leave(&live, &session).await?;
                    reply
                }
                None => stranger(&call),
            },
            Call::Close { ticket } => match live(ticket) {
                Some(live) => {
                    let mut session = live.session.lock().await;
                    let was_over = session.is_over();
                    let reply = session.close(live.visit.tally.shown(), now);
                    if !was_over {
                        self.leave(&live, &session).await?;
                    }
                    self.forget(&live);
                    reply
                }
                None => stranger(&call),
            },
        })
    }

    /// Lets in whoever has the password, where there is work and no other session.
    async fn admit(&self, login: &Login) -> Result<Reply, EngineError> {
        let place = Place::of_user(&self.store, &login.user).await?;
        let is_served = |place: &Place| self.only.as_ref().is_none_or(|it| *it == place.company.id);
        let place = place.filter(is_served);
        let kept = match &place {
            Some(Place { company, connection }) => {
                self.store.secret(&company.id, &connection.id, PASSWORD, &self.key).await?
            }
            None => None,
        };
        let pass = kept.clone();
        let is_right = {
            // The turn ends with the work, even where the caller has gone.
            let turn = Arc::clone(&self.door).lock_owned().await;
            let password = login.password.clone();
            let look = move || {
                let is_right = password::is_right(&password, kept.as_ref());
                drop(turn);
                is_right
            };
            tokio::task::spawn_blocking(look).await.unwrap_or_default()
        };
        let (Some((place, pass)), true) = (place.zip(pass), is_right) else {
            let user: String = login.user.chars().take(80).collect();
            tracing::warn!(user, "a call with a wrong user or password");
            return Ok(Reply::admission("", "nvu"));
        };
        let (answer, reply) = self.begin(place.clone(), pass).await?;
        let whose = (&place.company.id, &place.connection.id);
        note_call(&self.store, whose, answer, self.clock.now()).await?;
        Ok(reply)
    }

    /// Begins a session, where there is work for one and no other.
    async fn begin(&self, place: Place, pass: Secret) -> Result<(CallAnswer, Reply), EngineError> {
        let (company, book) = (&place.company.id, &place.connection.id);
        let now = self.clock.now();
        let before = last_call(&self.store, company, book).await?.map(|call| call.at);
        let zone = TimeZone::get(&place.company.timezone).unwrap_or(TimeZone::UTC);
        self.expire().await?;
        let none = match Moving::of(&place.connection) {
            Moving::NotYet => Some(CallAnswer::HeldBack),
            Moving::NoTills | Moving::Moved => {
                (!place.schedule().is_due(now, before, &zone)).then_some(CallAnswer::NothingDue)
            }
        };
        let name = (company.clone(), book.clone());
        if none.is_none() {
            self.make_way(&name).await?;
        }
        let ticket: [u8; 16] = password::drawn().map_err(|error| {
            let fault = saldo_core::exchange::Fault::new(
                saldo_core::exchange::Permit::Retry,
                error.to_string(),
            );
            EngineError::World { connection: book.clone(), fault }
        })?;
        let ticket: String = ticket.iter().map(|byte| format!("{byte:02x}")).collect();
        let mut all = self.live.all();
        let is_free = |live: &Arc<Live>| {
            let Ok(session) = live.session.try_lock() else { return false };
            // Whoever was let in and asks to be let in again never heard the first answer.
            (session.is_over() || session.is_new()) && live.is_at_rest()
        };
        if all.get(&name).is_some_and(|live| !is_free(live)) {
            return Ok((CallAnswer::Busy, Reply::admission("", "busy")));
        }
        if let Some(answer) = none {
            return Ok((answer, Reply::admission("", "none")));
        }
        let reply = Reply::admission(&ticket, "");
        all.insert(name, Arc::new(Live::new(place, pass, Session::begun(ticket, now))));
        Ok((CallAnswer::LetIn, reply))
    }

    /// Ends the session of a connection that is quiet, and waits a while for its work to end.
    async fn make_way(&self, name: &(CompanyId, ConnectionId)) -> Result<(), EngineError> {
        let Some(live) = self.live.all().get(name).cloned() else { return Ok(()) };
        // Whoever holds a session is being answered.
        let Ok(mut session) = live.session.try_lock() else { return Ok(()) };
        if live.is_heard() || !session.make_way(self.clock.now()) {
            return Ok(());
        }
        self.leave(&live, &session).await?;
        drop(session);
        if tokio::time::timeout(self.patience, live.rest()).await.is_err() {
            tracing::debug!("the work of a session goes on after another one took its place");
        }
        Ok(())
    }

    /// Hands over the next message. The first call of a session begins the work, where the company
    /// file is the right one.
    async fn hand_over(&self, live: &Live, work: &WorkRequest) -> Result<Reply, EngineError> {
        let mut session = live.session.lock().await;
        let was_over = session.is_over();
        // Another session may have noted it since this one began.
        let mut place = live.visit.place.clone();
        let now = self.clock.now();
        if !was_over && !self.still_lets_in(live).await? {
            let reply = session.ended("nobody is let in by this password any more", now);
            self.leave(live, &session).await?;
            return Ok(reply);
        }
        match session.asked(work, &place.known(), now) {
            Asked::First(known) => {
                place.keep(&self.store, known).await?;
                live.begin(&self.work);
            }
            // The first call was not heard to its end.
            Asked::Next if !live.has_begun() => {
                let reply = session.ended("the session could not be begun: try again", now);
                self.leave(live, &session).await?;
                return Ok(reply);
            }
            Asked::Next => {}
            Asked::Refused(reply) => {
                if !was_over {
                    self.leave(live, &session).await?;
                }
                return Ok(reply);
            }
        }
        let turn = live.turn(self.patience).await;
        if let Turn::Message(message) = &turn {
            live.expect(Wanted::of(message));
        }
        let reply = session.hand_over(turn, self.clock.now());
        if session.is_over() {
            self.leave(live, &session).await?;
        }
        Ok(reply)
    }

    /// Whether the password of a session still lets anybody in: its owner may have drawn another
    /// one since, or let nobody in any more.
    async fn still_lets_in(&self, live: &Live) -> Result<bool, EngineError> {
        let Place { company, connection } = &live.visit.place;
        let kept = self.store.secret(&company.id, &connection.id, PASSWORD, &self.key).await?;
        Ok(kept.is_some_and(|kept| kept.expose() == live.pass.expose()))
    }

    /// Takes an answer, and says how far the work is.
    async fn receive(
        &self,
        live: &Live,
        (response, code, message): (String, String, String),
    ) -> Result<Reply, EngineError> {
        let mut session = live.session.lock().await;
        let was_over = session.is_over();
        let reply = match session.received(response, code, message, self.clock.now()) {
            Ok(answer) => {
                if !live.visit.mailbox.answer(answer) {
                    tracing::warn!("an answer came that nobody waits for any more");
                }
                let ended = live.outlook(self.patience).await;
                session.acknowledge(ended, live.visit.tally.shown(), self.clock.now())
            }
            Err(reply) => reply,
        };
        if session.is_over() && !was_over {
            self.leave(live, &session).await?;
        }
        Ok(reply)
    }

    /// The connector gets nothing more: what was handed over and not answered is in doubt, and how
    /// the session ended is noted.
    async fn leave(&self, live: &Live, session: &Session) -> Result<(), EngineError> {
        live.visit.mailbox.close();
        let Place { company, connection } = &live.visit.place;
        let trouble = Some(session.trouble().to_owned()).filter(|it| !it.is_empty());
        let end = SessionEnd { done: live.visit.tally.shown().done, trouble };
        let whose = (&company.id, &connection.id);
        note_session(&self.store, whose, &end, self.clock.now()).await
    }

    /// Forgets a session whose calls are over. One whose work still runs keeps others out.
    fn forget(&self, live: &Live) {
        if live.is_at_rest() {
            self.live.all().retain(|_, known| known.ticket != live.ticket);
        }
    }

    /// Ends the sessions in which nobody called for too long.
    pub(crate) async fn expire(&self) -> Result<(), EngineError> {
        let now = self.clock.now();
        let all: Vec<Arc<Live>> = self.live.all().values().cloned().collect();
        for live in all {
            // Whoever holds a session is being answered.
            let Ok(mut session) = live.session.try_lock() else { continue };
            if session.expire(now) {
                self.leave(&live, &session).await?;
            }
            if session.is_over() && session.is_expired(now) {
                self.forget(&live);
            }
        }
        Ok(())
    }

    /// Ends all sessions, and waits until their work has ended.
    pub(crate) async fn stop(&self) {
        let all: Vec<Arc<Live>> = self.live.all().values().cloned().collect();
        for live in all {
            live.visit.mailbox.close();
            if tokio::time::timeout(STOP_LIMIT, live.rest()).await.is_err() {
                tracing::warn!("the work of a session did not end before the service stopped");
            }
        }
    }
}

fn answered(status: u16, kind: &str, body: Vec<u8>) -> HttpAnswer {
    HttpAnswer { status, headers: vec![("content-type".to_owned(), kind.to_owned())], body }
}
