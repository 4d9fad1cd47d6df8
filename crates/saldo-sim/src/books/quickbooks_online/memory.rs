//! What the vendor remembers of requests that carried a request id.

use super::chance;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long an answer is remembered: at least this, and at most this. The vendor does not say; who
/// relies on more than minutes shall be disappointed.
const SHORTEST_SECONDS: u64 = 10 * 60;
const LONGEST_SECONDS: u64 = 30 * 60;

/// How often what is forgotten is thrown away.
const SWEEP: SignedDuration = SignedDuration::from_mins(1);

/// A first answer.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Remembered {
    pub(super) status: u16,
    pub(super) body: String,
    until: Timestamp,
}

/// First answers by request id.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(super) struct Memory {
    answers: BTreeMap<String, Remembered>,
    swept: Option<Timestamp>,
}

impl Memory {
    /// The first answer to a request with this id, where it is not forgotten.
    pub(super) fn recall(&self, id: &str, now: Timestamp) -> Option<&Remembered> {
        self.answers.get(id).filter(|answer| now < answer.until)
    }

    /// Remembers an answer for a time that the seed and the id decide.
    pub(super) fn keep(
        &mut self,
        seed: u64,
        id: &str,
        (status, body): (u16, &[u8]),
        now: Timestamp,
    ) {
        self.sweep(now);
        let spread = LONGEST_SECONDS - SHORTEST_SECONDS + 1;
        let seconds = SHORTEST_SECONDS + chance::number(seed, id) % spread;
        let life = SignedDuration::from_secs(i64::try_from(seconds).unwrap_or(i64::MAX));
        let until = now.checked_add(life).unwrap_or(Timestamp::MAX);
        let body = String::from_utf8_lossy(body).into_owned();
        self.answers.insert(id.to_owned(), Remembered { status, body, until });
    }

    fn sweep(&mut self, now: Timestamp) {
        if self.swept.is_none_or(|swept| now.duration_since(swept) >= SWEEP) {
            self.answers.retain(|_, answer| now < answer.until);
            self.swept = Some(now);
        }
    }
}
