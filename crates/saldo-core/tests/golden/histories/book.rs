//! A book that has all that it was ever told.

use super::merchant::Sums;
use super::spot;
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::document::{DocumentKey, SubledgerEntry};
use saldo_core::plan::{ApprovedChange, Closing, SlotOf, Whereabouts, plan_slot, standing_invoice};
use saldo_core::policy::Prefixes;
use std::collections::{BTreeMap, BTreeSet};

/// How often slots are planned until nothing is left to do: a payment waits for its invoice.
const ROUNDS_MAX: usize = 4;

#[derive(Default)]
pub(super) struct Book {
    /// What stands, by slot.
    told: BTreeMap<String, Vec<ApprovedChange>>,
    closing: Closing,
    /// Whether the last entries brought nothing new.
    quiet: bool,
}

impl Book {
    /// Nothing is dated up to this day from now on.
    pub(super) fn close(&mut self, until: Date) {
        self.closing = Closing { until: Some(until) };
    }

    pub(super) fn is_quiet(&self) -> bool {
        self.quiet
    }

    /// Is told what it lacks of these entries, and what it has too much.
    pub(super) fn catch_up(&mut self, entries: &[SubledgerEntry]) {
        let mut slots: BTreeMap<&str, Vec<SubledgerEntry>> = BTreeMap::new();
        for entry in entries {
            slots.entry(&entry.header.slot).or_default().push(entry.clone());
        }
        let known = self.told.keys().cloned();
        let all: BTreeSet<String> =
            slots.keys().map(|slot| (*slot).to_owned()).chain(known).collect();
        self.quiet = true;
        for _ in 0..ROUNDS_MAX {
            let mut moved = false;
            for slot in &all {
                let wanted = slots.get(&**slot).map(Vec::as_slice).unwrap_or_default();
                moved |= self.plan(slot, wanted);
            }
            if !moved {
                return;
            }
            self.quiet = false;
        }
        panic!("the book never comes to rest");
    }

    fn plan(&mut self, slot: &str, wanted: &[SubledgerEntry]) -> bool {
        let of = SlotOf {
            company: &"demo".into(),
            book: &"book".into(),
            slot,
            closing: self.closing,
            of_documents: None,
            prefixes: Prefixes::NONE,
            amends: &[],
        };
        let approved = self.told.get(slot).map(Vec::as_slice).unwrap_or_default();
        let plan = plan_slot(of, wanted, approved, |slot| self.invoice(slot)).unwrap();
        assert!(plan.withdraws.is_empty() && !plan.is_unsettled, "{plan:?}");
        let moved = !plan.changes.is_empty();
        for change in plan.changes {
            assert!(change.date().is_none_or(|date| !self.closing.covers(date)), "{change:?}");
            let change = ApprovedChange { change, whereabouts: Whereabouts::InBook };
            self.told.entry(slot.to_owned()).or_default().push(change);
        }
        moved
    }

    fn invoice(&self, slot: &str) -> Option<DocumentKey> {
        self.told.get(slot).and_then(|changes| standing_invoice(changes))
    }

    /// What it holds, by account and dimensions.
    pub(super) fn sums(&self) -> Sums {
        let mut sums = Sums::new();
        for it in self.told.values().flatten() {
            let Subject::Document { document, .. } = &it.change.subject else { continue };
            for line in document.lines() {
                *sums.entry(spot(line)).or_default() += line.amount.minor();
            }
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }
}
