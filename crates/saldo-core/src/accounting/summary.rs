//! Summaries: entries addressed to one document a day instead of one each.
//!
//! What buyers owe by invoice stays in detail, so that every claim has its own document. All else
//! is gathered by day, currency, sale or return, and the account that settles it.

use super::Accounted;
use crate::document::{DocumentKind, LineKind, SubledgerEntry};
use crate::policy::{Detail, Policy};
use jiff::Timestamp;

/// Readdresses the entries as the policy wants, and keeps back those whose day is not over.
pub(super) fn address(accounted: &mut Accounted, policy: &Policy, heard_until: Timestamp) {
    if policy.text.detail == Detail::Order {
        return;
    }
    let mut wake = Vec::new();
    accounted.entries.retain_mut(|entry| {
        let Some(slot) = day_slot(entry) else { return true };
        let end = policy.end_of_day(entry.header.date);
        if heard_until < end {
            wake.push(end);
            return false;
        }
        gather(entry, slot, policy);
        true
    });
    for end in wake {
        accounted.wake(end);
    }
}

/// The slot of the day's document that an entry goes into; none where it keeps its own.
fn day_slot(entry: &SubledgerEntry) -> Option<String> {
    let header = &entry.header;
    if !matches!(header.kind, DocumentKind::SalesReceipt | DocumentKind::RefundReceipt) {
        return None;
    }
    let shop = entry.id.as_str().split('/').next().unwrap_or_default();
    let settled = entry.lines.iter().find(|line| line.kind == LineKind::Settlement);
    let account = settled.map_or("none", |line| &line.account.name);
    let taxed = entry.lines.iter().any(|line| matches!(line.kind, LineKind::Tax { .. }));
    let tax = if taxed { "taxed" } else { "untaxed" };
    Some(format!("day/{shop}/{}/{}/{}/{account}/{tax}", header.date, header.currency, header.kind))
}

fn gather(entry: &mut SubledgerEntry, slot: String, policy: &Policy) {
    let header = &mut entry.header;
    let what = match header.kind {
        DocumentKind::RefundReceipt => "Refunds",
        _ => "Sales",
    };
    header.slot = slot;
    header.party = Some(policy.customer(None, None));
    header.reference = header.date.to_string();
    header.memo = format!("{what} of {}", header.date);
}
