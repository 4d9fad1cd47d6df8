//! Revisions with a first day: what happened before keeps the policy that held then.

use super::Policy;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// What becomes of what belongs to a closed period.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Late {
    /// It is entered on the first open day, and says which day it relates to.
    #[default]
    FirstOpenDay,
    /// It waits until its own day is open.
    Hold,
}

/// How closed periods are dealt with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Periods {
    /// What becomes of what belongs to one.
    pub late: Late,
}

/// The policy that held before a day.
#[derive(Clone, Debug)]
pub(super) struct Before {
    /// The first day of the policy that follows.
    until: Date,
    policy: Arc<Policy>,
}

impl Policy {
    /// This policy from a books day on, and another one before.
    #[must_use]
    pub fn following(mut self, before: Self, since: Date) -> Self {
        self.before = Some(Before { until: since, policy: Arc::new(before) });
        self
    }

    /// The policy that held before, and the first day on which it no longer did; none where this
    /// one has always held.
    #[must_use]
    pub fn before(&self) -> Option<(&Self, Date)> {
        self.before.as_ref().map(|before| (&*before.policy, before.until))
    }

    /// All policies that are in force on any day, the latest first.
    pub fn through_time(&self) -> impl Iterator<Item = &Self> {
        std::iter::successors(Some(self), |policy| policy.before().map(|(before, _)| before))
    }

    /// The policy that is in force on a books day.
    #[must_use]
    pub fn in_force(&self, day: Date) -> &Self {
        match self.before() {
            Some((before, until)) if day < until => before.in_force(day),
            _ => self,
        }
    }
}
