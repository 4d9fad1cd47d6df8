//! Vendors that make the calls: when they last did, and how it ended. Kept beside what their books
//! showed, for those who wait for the next call.

use super::EngineError;
use jiff::Timestamp;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::Store;
use serde::{Deserialize, Serialize};

/// The kind of observation that says what a call was answered.
const CALL: &str = "call";
/// The kind of observation that says how a session of calls ended.
const SESSION: &str = "session";

/// What a vendor's call was answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum CallAnswer {
    /// A session began.
    LetIn,
    /// It was not the time for one.
    NothingDue,
    /// Another one was still running.
    Busy,
    /// Its owner wants something to be done first.
    HeldBack,
}

/// The last call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LastCall {
    /// When.
    pub(crate) at: Timestamp,
    /// What it was answered.
    pub(crate) answer: CallAnswer,
}

/// How a session of calls ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct SessionEnd {
    /// How many changes the book acknowledged or refused in it.
    pub(crate) done: usize,
    /// What went wrong, in words; none where nothing did.
    pub(crate) trouble: Option<String>,
}

/// Notes what a call was answered.
pub(crate) async fn note_call(
    store: &Store,
    (company, book): (&CompanyId, &ConnectionId),
    answer: CallAnswer,
    now: Timestamp,
) -> Result<(), EngineError> {
    note(store, (company, book), CALL, &answer, now).await
}

/// Notes how a session ended.
pub(crate) async fn note_session(
    store: &Store,
    (company, book): (&CompanyId, &ConnectionId),
    end: &SessionEnd,
    now: Timestamp,
) -> Result<(), EngineError> {
    note(store, (company, book), SESSION, end, now).await
}

async fn note(
    store: &Store,
    (company, book): (&CompanyId, &ConnectionId),
    kind: &str,
    what: &impl Serialize,
    now: Timestamp,
) -> Result<(), EngineError> {
    let body = serde_json::to_string(what).expect("a note of few words is always written");
    Ok(store.put_observation(company, book, kind, &body, now).await?)
}

/// The last call; none where there was none yet.
pub(crate) async fn last_call(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<LastCall>, EngineError> {
    let seen = store.observation(company, book, CALL).await?;
    // What another version noted, and this one cannot read, is as if it were not there.
    Ok(seen.and_then(|seen| {
        let answer = serde_json::from_str(&seen.body).ok()?;
        Some(LastCall { at: seen.at, answer })
    }))
}

/// How the last session ended, and when; none where none ended yet.
pub(crate) async fn last_session(
    store: &Store,
    company: &CompanyId,
    book: &ConnectionId,
) -> Result<Option<(Timestamp, SessionEnd)>, EngineError> {
    let seen = store.observation(company, book, SESSION).await?;
    Ok(seen.and_then(|seen| Some((seen.at, serde_json::from_str(&seen.body).ok()?))))
}
