//! What the vendor remembers of requests that carried an `Idempotency-Key`.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long an answer is remembered. The vendor does not say; who relies on more is disappointed.
const LIFE: SignedDuration = SignedDuration::from_mins(6);

/// How often what is forgotten is thrown away.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);

/// A first answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) status: u16,
    pub(super) headers: Vec<(String, String)>,
    pub(super) body: String,
    /// What was asked: method, address and body.
    pub(super) request: String,
    until: Timestamp,
}

/// First answers by key.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    answers: BTreeMap<String, Remembered>,
    swept: Option<Timestamp>,
}

impl Memory {
    /// The first answer to a request with this key, where it is not forgotten.
    pub(super) fn recall(&self, key: &str, now: Timestamp) -> Option<&Remembered> {
        self.answers.get(key).filter(|answer| now < answer.until)
    }

    /// Remembers an answer.
    pub(super) fn keep(
        &mut self,
        key: &str,
        request: String,
        answer: &saldo_core::exchange::HttpAnswer,
        now: Timestamp,
    ) {
        if self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP) {
            self.answers.retain(|_, answer| now < answer.until);
            self.swept = Some(now);
        }
        let remembered = Remembered {
            status: answer.status,
            headers: answer.headers.clone(),
            body: String::from_utf8_lossy(&answer.body).into_owned(),
            request,
            until: now.checked_add(LIFE).unwrap_or(Timestamp::MAX),
        };
        self.answers.insert(key.to_owned(), remembered);
    }
}
