//! What a marketplace defers: sales that no settlement carries when their month ends.

use super::items::Items;
use super::{Accounted, Trouble};
use crate::accounting::Basis;
use crate::accounting::contradictions::check_deferral;
use crate::accounting::conversion::worth_unknown;
use crate::accounting::known_order::OrderView;
use crate::accounting::lines::{plain_line, tender_account};
use crate::commerce::{Deferral, PartKind, Tender, sum_of};
use crate::document::{DocumentKind, Header, Line, Party, SubledgerEntry};
use crate::issue::{FactState, Issue};
use crate::policy::{Deferrals, Detail, Policy, Role, Subject};
use crate::text::FactId;
use jiff::civil::Date;

/// Accounts something deferred: entered on the last day of its month, and taken back on the day on
/// which it is released, since a settlement then carries it. What is released within its month is
/// not entered at all.
pub(in crate::accounting) fn account_deferral(
    deferral: &Deferral,
    order: &OrderView<'_>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) {
    let state = match enter(deferral, order, basis, accounted) {
        Ok(state) => state,
        Err(trouble) => FactState::Held(trouble.issue(&deferral.id)),
    };
    if let FactState::Waiting { until: Some(until), .. } = &state {
        accounted.wake(*until);
    }
    accounted.stand(&deferral.id, &deferral.source, state);
}

fn enter(
    deferral: &Deferral,
    order: &OrderView<'_>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) -> Result<FactState, Trouble> {
    check_deferral(deferral)?;
    let policy = basis.policy;
    let exclude = |rule: &str| Ok(FactState::Excluded { rule: rule.to_owned() });
    let month_end = policy.day(deferral.occurred_at).last_of_month();
    let released = deferral.released_at.map(|at| policy.day(at));
    if policy.deferrals(&deferral.gateway.id) == Deferrals::Leave {
        return exclude("deferred-sales-are-left");
    }
    if released.is_some_and(|day| day <= month_end) {
        return exclude("released-in-its-month");
    }
    if matches!(order, OrderView::Undecided) {
        let for_what = "its order to be entered".to_owned();
        return Ok(FactState::Waiting { for_what, until: None });
    }
    let until = policy.end_of_day(month_end);
    if basis.heard_until < until {
        let for_what = format!("the end of {month_end}, or to be released before");
        return Ok(FactState::Waiting { for_what, until: Some(until) });
    }
    if deferral.amount.currency() != policy.currency {
        return Err(worth_unknown(deferral.amount, policy.currency));
    }
    let (lines, review) = accrued(deferral, order, policy)?;
    if lines.is_empty() {
        return exclude("nothing-to-enter");
    }
    let back = lines.iter().map(|line| Line { amount: line.amount.negated(), ..line.clone() });
    let back: Vec<Line> = back.collect();
    accounted.entries.push(entry(deferral, month_end, false, lines, policy)?);
    if let Some(day) = released {
        accounted.entries.push(entry(deferral, day, true, back, policy)?);
    }
    Ok(FactState::Accounted { review })
}

/// The lines of what is deferred. Where its order is known, that entered the sale as owed by the
/// gateway: the sale's money moves from there.
fn accrued(
    deferral: &Deferral,
    order: &OrderView<'_>,
    policy: &Policy,
) -> Result<(Vec<Line>, Option<Issue>), Trouble> {
    let (gateway, origin) = (&deferral.gateway, deferral.id.as_str());
    let known = match order {
        OrderView::Accounted(known) => Some(known.order),
        OrderView::Undecided | OrderView::NotHeard => None,
    };
    let about = Subject { order: known, ..Subject::of_channel(&deferral.source.connection) };
    let mut items = Items::new(&gateway.id, origin, about, policy);
    let by_order = known.is_some();
    let counts = |kind: &PartKind| *kind != PartKind::Carried && !(by_order && kind.is_of_sale());
    items.add_parts(deferral.parts.iter().filter(|part| counts(&part.kind)))?;
    if by_order {
        let sold = sum_of(&deferral.parts, deferral.amount, PartKind::is_of_sale)?;
        let tender = Tender::Gateway(gateway.clone());
        items.add(tender_account(&tender, sold.currency(), policy)?, sold, "Not settled yet")?;
    }
    let mut lines = items.lines().to_vec();
    let owed = items.moved(policy.currency)?;
    if !owed.is_zero() {
        let account = policy.chart.account(Role::DeferredBalances);
        lines.insert(0, plain_line(account, owed, &deferral.reason, origin));
    }
    Ok((lines, items.issue(&deferral.id, &gateway.name)))
}

fn entry(
    deferral: &Deferral,
    date: Date,
    released: bool,
    lines: Vec<Line>,
    policy: &Policy,
) -> Result<SubledgerEntry, Trouble> {
    let (gateway, connection) = (&deferral.gateway, &deferral.source.connection);
    let (what, part) = match released {
        false => (format!("deferred at the end of {}", date.strftime("%Y-%m")), "deferred"),
        true => (format!("deferred before, released on {date}"), "released"),
    };
    let id = FactId::from(format!("{}/{part}", deferral.id));
    let happened_on = policy.day(deferral.occurred_at);
    let slot = match policy.detail_of(&gateway.id, happened_on) {
        Detail::Order => id.to_string(),
        Detail::Day | Detail::Payout => {
            format!("{part}/{connection}/{}/{date}/{}", gateway.id, policy.currency)
        }
    };
    let header = Header {
        slot,
        kind: DocumentKind::JournalEntry,
        date,
        currency: policy.currency,
        party: Some(Party::Vendor { name: gateway.name.clone() }),
        applies_to: None,
        due: None,
        ships_to: None,
        reference: format!("{} {date}", gateway.name),
        memo: format!("{}: {what}", gateway.name),
    };
    Ok(SubledgerEntry::new(id, header, lines)?)
}
