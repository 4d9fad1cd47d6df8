//! How many requests a vendor leaves, as its answers say.

use saldo_core::exchange::{HttpAnswer, RequestsLeft};
use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Reads beside answers how many requests are left.
#[derive(Debug, Default)]
pub(crate) struct Meter {
    headers: &'static [RequestsLeft],
    /// What the last answer that said anything left, by period.
    heard: Mutex<BTreeMap<Duration, u64>>,
}

impl Meter {
    /// Reads these headers.
    pub(crate) fn new(headers: &'static [RequestsLeft]) -> Self {
        Self { headers, heard: Mutex::default() }
    }

    /// Hears an answer. Of several headers for one period the lowest counts.
    pub(crate) fn hear(&self, answer: &HttpAnswer) {
        let mut said: BTreeMap<Duration, u64> = BTreeMap::new();
        for known in self.headers {
            let left = answer.header(known.header).and_then(|text| text.trim().parse().ok());
            if let Some(left) = left {
                let lowest = said.entry(known.per).or_insert(left);
                *lowest = left.min(*lowest);
            }
        }
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).extend(said);
    }

    /// How many requests are left within a period; none where no answer said.
    pub(crate) fn left(&self, per: Duration) -> Option<u64> {
        self.heard.lock().unwrap_or_else(PoisonError::into_inner).get(&per).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Duration = Duration::from_hours(24);
    const MINUTE: Duration = Duration::from_mins(1);

    fn answer(headers: &[(&str, &str)]) -> HttpAnswer {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        HttpAnswer { status: 200, headers: headers.iter().map(owned).collect(), body: Vec::new() }
    }

    #[test]
    fn the_lowest_of_a_period_counts_until_the_next_answer_says_otherwise() {
        const HEADERS: &[RequestsLeft] = &[
            RequestsLeft { header: "x-day", per: DAY },
            RequestsLeft { header: "x-minute", per: MINUTE },
            RequestsLeft { header: "x-app-minute", per: MINUTE },
        ];
        let meter = Meter::new(HEADERS);
        assert_eq!((meter.left(DAY), meter.left(MINUTE)), (None, None));
        meter.hear(&answer(&[("x-day", " 998"), ("x-minute", "7"), ("x-app-minute", "3")]));
        assert_eq!((meter.left(DAY), meter.left(MINUTE)), (Some(998), Some(3)));
        meter.hear(&answer(&[("x-day", "many"), ("x-minute", "59")]));
        assert_eq!((meter.left(DAY), meter.left(MINUTE)), (Some(998), Some(59)));
    }
}
