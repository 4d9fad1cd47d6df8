//! Plans for a book that has everything it was ever told.

use saldo_core::document::SubledgerEntry;
use saldo_core::plan::{ApprovedChange, Change, Closing, SlotOf, Whereabouts, plan_slot};
use saldo_core::policy::Prefixes;

/// What such a book lacks of a slot.
pub(crate) fn lacking(
    slot: &str,
    entries: &[SubledgerEntry],
    told: impl IntoIterator<Item = Change>,
) -> Vec<Change> {
    let in_book = |change| ApprovedChange { change, whereabouts: Whereabouts::InBook };
    let approved: Vec<ApprovedChange> = told.into_iter().map(in_book).collect();
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot,
        closing: Closing::default(),
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    let plan = plan_slot(of, entries, &approved, |_| None).unwrap();
    assert!(plan.withdraws.is_empty() && !plan.is_unsettled, "{plan:?}");
    plan.changes
}
