//! Summaries: entries gathered into one document a day, or one a payout and books month.
//!
//! What buyers owe by invoice, or have to get by a credit memo that is not repaid at once, stays in
//! detail, so that every claim has its own document. All else is gathered by what is paid out (or
//! happens) together, sale or return, currency, location, the account that settles it and the taxes
//! in it. A document is entered once its part is closed; what an entry belongs to follows from
//! instants in the facts, so that it stays where it was entered.

use super::known_order::{KnownOrder, Open};
use super::{Accounted, Basis};
use crate::commerce::{
    BalanceKind, BalanceTransaction, MoneyMovement, MovementKind, MovementState, Order, PartKind,
    Period, Tender, sum_of,
};
use crate::document::{DocumentKind, LineKind, Party, SubledgerEntry};
use crate::issue::FactState;
use crate::money::Money;
use crate::policy::{Detail, Policy};
use crate::text::{FactId, GatewayId};
use jiff::Timestamp;
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// What is entered together: what happened on a day, or the part of a payout that lies in a month.
pub(super) struct Part {
    /// Its place in a slot.
    pub(super) path: String,
    /// The day that its documents are dated on.
    pub(super) date: Date,
    /// As people refer to it.
    pub(super) reference: String,
    /// As people read it, after "sales of".
    pub(super) name: String,
    /// What it waits for; none once it is closed.
    pub(super) open: Option<Open>,
}

impl Part {
    /// What happened on a day: closed once the day is over.
    fn of_day(date: Date, basis: Basis<'_>) -> Self {
        let until = basis.policy.end_of_day(date);
        let open = Open { until: Some(until), for_what: format!("the end of {date}") };
        Self {
            path: date.to_string(),
            date,
            reference: date.to_string(),
            name: date.to_string(),
            open: (basis.heard_until < until).then_some(open),
        }
    }

    /// What happened on a day and was, or will be, paid out in the last of these payouts. A payout
    /// of the same month takes it along, and closes it once it was sent. What no payout of the
    /// month takes along is closed with the month; so is what a payout was still to take along. No
    /// part is dated before the start date, on which what it holds would be left out.
    fn of_payouts<'a>(
        date: Date,
        payouts: impl Iterator<Item = Option<&'a FactId>>,
        basis: Basis<'_>,
    ) -> Self {
        let last = date.last_of_month();
        let first = date.first_of_month().max(basis.policy.start_date).min(last);
        let month = date.strftime("%Y-%m").to_string();
        let mut closed = true;
        let mut takes: Option<(Date, &FactId)> = None;
        let mut all_told = true;
        for payout in payouts {
            let told = payout.and_then(|id| Some((id, basis.payouts.get(id)?)));
            match told.filter(|(_, progress)| progress.issued_on <= last) {
                Some((id, progress)) => {
                    closed &= progress.closed;
                    takes = takes.max(Some((progress.issued_on, id)));
                }
                None => all_told = false,
            }
        }
        let until = basis.policy.end_of_month(date);
        let over = basis.heard_until >= until;
        match takes.filter(|_| all_told) {
            Some((issued_on, payout)) => {
                let id = payout.as_str();
                let id = id.split_once('/').map_or(id, |(_, id)| id);
                let number = id.rsplit('/').next().unwrap_or(id);
                let for_what = format!("payout {number} to be sent");
                let open = Open { until: Some(until), for_what };
                Self {
                    path: format!("{id}/{month}"),
                    date: issued_on.clamp(first, last),
                    reference: number.to_owned(),
                    name: format!("payout {number}, {month}"),
                    open: (!closed && !over).then_some(open),
                }
            }
            None => {
                let for_what = format!("a payout, or the end of {month}");
                Self {
                    path: format!("not-paid-out/{month}"),
                    date: last,
                    reference: month.clone(),
                    name: format!("{month}, not paid out by its end"),
                    open: (!over).then_some(Open { until: Some(until), for_what }),
                }
            }
        }
    }

    /// The part that the fee of a row is entered with, or all of a row that says itself what it is
    /// made of.
    pub(super) fn of_row(row: &BalanceTransaction, basis: Basis<'_>) -> Self {
        let date = basis.policy.day(row.occurred_at);
        match detail_of_row(row, basis) {
            Detail::Payout if row.gateway.tells_payouts => {
                let settled = row.payout.as_ref().and_then(|id| Some((id, basis.payouts.get(id)?)));
                match settled.and_then(|(id, known)| Some((id, known.closed, known.period?))) {
                    Some(settlement) => Self::of_settlement(date, settlement, basis.policy),
                    None => Self::of_payouts(date, std::iter::once(row.payout.as_ref()), basis),
                }
            }
            _ => Self::of_day(date, basis),
        }
    }

    /// What a settlement holds of a month: dated on its last day, or on the month's where it ends
    /// later. It is closed once the settlement was sent and its rows sum to it, and not before:
    /// what does not add up is not entered.
    fn of_settlement(
        date: Date,
        (settlement, closed, period): (&FactId, bool, Period),
        policy: &Policy,
    ) -> Self {
        let last = date.last_of_month();
        let first = date.first_of_month().max(policy.start_date).min(last);
        let month = date.strftime("%Y-%m").to_string();
        let id = settlement.as_str();
        let id = id.split_once('/').map_or(id, |(_, id)| id);
        let number = id.rsplit('/').next().unwrap_or(id);
        let for_what = format!("settlement {number} to be sent and to add up");
        Self {
            path: format!("{id}/{month}"),
            date: policy.day(period.until).clamp(first, last),
            reference: number.to_owned(),
            name: format!("settlement {number}, {month}"),
            open: (!closed).then_some(Open { until: None, for_what }),
        }
    }

    /// The part that a receipt is entered with which these movements paid.
    fn of_receipt(
        date: Date,
        detail: Detail,
        paid_by: &[&MoneyMovement],
        rows: &[&BalanceTransaction],
        basis: Basis<'_>,
    ) -> Self {
        let told = |movement: &&&MoneyMovement| match &movement.tender {
            Tender::Gateway(gateway) => gateway.tells_payouts,
            Tender::GiftCard | Tender::StoreCredit => false,
        };
        if detail != Detail::Payout || !paid_by.iter().any(|movement| told(&movement)) {
            return Self::of_day(date, basis);
        }
        let mut payouts = Vec::new();
        for movement in paid_by.iter().filter(told) {
            let mut about = rows.iter().filter(|row| is_about(row, movement));
            let first = about.next();
            payouts.push(first.and_then(|row| row.payout.as_ref()));
            // One row is the movement; rows of parts may settle it together.
            if first.is_some_and(|row| !row.parts().is_empty()) {
                payouts.extend(about.map(|row| row.payout.as_ref()));
            }
        }
        Self::of_payouts(date, payouts.into_iter(), basis)
    }
}

/// Whether a row settles a movement of its order, or a part of it. A row of parts that names no
/// movement settles any of its gateway and direction.
fn is_about(row: &BalanceTransaction, movement: &MoneyMovement) -> bool {
    let named = row.movement.as_deref();
    let comes = movement.kind == MovementKind::Payment;
    let is_of_gateway = || match &movement.tender {
        Tender::Gateway(gateway) => gateway.id == row.gateway.id,
        Tender::GiftCard | Tender::StoreCredit => false,
    };
    match &row.kind {
        _ if row.test => false,
        BalanceKind::Charge | BalanceKind::Refund => named == Some(&*movement.id),
        BalanceKind::Itemised(parts) => match named {
            Some(named) => named == movement.id,
            None => {
                let sold = sum_of(parts, row.net, PartKind::is_of_sale);
                let goes_with = |sold: Money| !sold.is_zero() && sold.is_positive() == comes;
                is_of_gateway() && sold.is_ok_and(goes_with)
            }
        },
        _ => false,
    }
}

/// How much a document holds of what a gateway's row enters.
pub(super) fn detail_of_row(row: &BalanceTransaction, basis: Basis<'_>) -> Detail {
    let date = basis.policy.day(row.occurred_at);
    match date < basis.policy.start_date {
        true => Detail::Order,
        false => basis.policy.detail_of(&row.gateway.id, date),
    }
}

/// How much a document of an order holds. What lies before the start date is left out as it is.
fn detail(order: &Order, paid_by: &[&MoneyMovement], date: Date, basis: Basis<'_>) -> Detail {
    match date < basis.policy.start_date {
        true => Detail::Order,
        false => basis.policy.detail_for(order, only_gateway(paid_by.iter().copied()), date),
    }
}

/// The gateway that money moved by, where it is one alone.
pub(super) fn only_gateway<'a>(
    moved: impl Iterator<Item = &'a MoneyMovement>,
) -> Option<&'a GatewayId> {
    let mut gateways = moved.filter_map(|movement| match &movement.tender {
        Tender::Gateway(gateway) => Some(&gateway.id),
        Tender::GiftCard | Tender::StoreCredit => None,
    });
    let first = gateways.next()?;
    gateways.all(|other| other == first).then_some(first)
}

/// The gateway that an order was paid by until an instant, where it is one alone.
pub(super) fn paid_until(order: &Order, until: Timestamp) -> Option<&GatewayId> {
    let paid = order.movements.iter().filter(|movement| {
        movement.kind == MovementKind::Payment
            && movement.state == MovementState::Succeeded
            && movement.processed_at <= until
    });
    only_gateway(paid)
}

/// Readdresses an order's receipts as the policy wants, and keeps back those whose part is not
/// closed: the order waits for them, and so do the gateway's rows of their payments. A credit memo
/// that was repaid at once is one of them, with its payments.
pub(super) fn gather_receipts(
    known: &mut KnownOrder<'_>,
    rows: &[&BalanceTransaction],
    basis: Basis<'_>,
    accounted: &mut Accounted,
) {
    let mut waits: BTreeSet<Open> = BTreeSet::new();
    // Where credit memos went: an order enters each before its payments.
    let mut memos: BTreeMap<FactId, String> = BTreeMap::new();
    accounted.entries.retain_mut(|entry| {
        let date = entry.header.date;
        let credited = known.credited.get(&entry.id);
        let paid = credited.unwrap_or(&entry.id);
        let paid_by = known.paid_by.get(paid).map_or(&[][..], Vec::as_slice);
        let detail = detail(known.order, paid_by, date, basis);
        let receipt =
            matches!(entry.header.kind, DocumentKind::SalesReceipt | DocumentKind::RefundReceipt);
        let gathered = receipt || credited.is_some() || known.earned.contains(&entry.id);
        if detail == Detail::Order || !gathered {
            return true;
        }
        let part = Part::of_receipt(date, detail, paid_by, rows, basis);
        if let Some(open) = part.open {
            for movement in paid_by {
                known.kept_back.insert(movement.id.clone(), open.clone());
            }
            waits.insert(open);
            return false;
        }
        let memo = credited.and_then(|id| memos.get_key_value(id));
        let memo = memo.map(|(id, slot)| (id.clone(), slot.clone()));
        gather(entry, known.order, part, memo, basis);
        if credited == Some(&entry.id) {
            memos.insert(entry.id.clone(), entry.header.slot.clone());
        }
        true
    });
    for until in waits.iter().filter_map(|open| open.until) {
        accounted.wake(until);
    }
    if let Some(Open { until, for_what }) = waits.into_iter().next() {
        let order = known.order;
        let own = |standing: &&mut super::Standing| {
            standing.id == order.id && standing.source == order.source
        };
        if let Some(standing) = accounted.standings.iter_mut().find(own)
            && matches!(standing.state, FactState::Accounted { .. })
        {
            standing.state = FactState::Waiting { for_what, until };
        }
    }
}

/// Addresses an entry to the document of its part: a payment to one of the credit memo that it pays
/// back, by that one's entry and slot.
fn gather(
    entry: &mut SubledgerEntry,
    order: &Order,
    part: Part,
    memo: Option<(FactId, String)>,
    basis: Basis<'_>,
) {
    let (credited, memo) = memo.unzip();
    let customer = basis.policy.customer_for_all(order);
    let slot = match &memo {
        Some(memo) => format!("{memo}/{}/{}", entry.header.kind, account_of(entry)),
        None => slot(entry, order, &part) + &of_customer(&customer, basis.policy),
    };
    let header = &mut entry.header;
    let what = match (header.kind, &memo) {
        (DocumentKind::RefundReceipt | DocumentKind::CreditMemo, _) => "Refunds",
        (DocumentKind::Payment, _) => "Refunds paid back",
        (DocumentKind::JournalEntry, Some(_)) => "Rates and rounding of refunds",
        (DocumentKind::JournalEntry, None) => "Deposits earned",
        _ => "Sales",
    };
    header.slot = slot;
    header.date = part.date;
    header.party = Some(customer);
    // What is summed up went to many places.
    header.ships_to = None;
    header.memo = format!("{what} of {}", part.name);
    header.reference = part.reference;
    if header.kind == DocumentKind::Payment {
        header.applies_to = memo;
        entry.settles = credited;
    }
}

/// The name of the account that settles an entry.
fn account_of(entry: &SubledgerEntry) -> &str {
    let settled = entry.lines.iter().find(|line| line.kind == LineKind::Settlement);
    settled.map_or("no-account", |line| &line.account.name)
}

/// How the slots of documents begin that several orders share.
const SUMMARY: &str = "summary/";

/// Whether the document of a slot sums up what several orders may have a part in.
#[must_use]
pub fn is_summary(slot: &str) -> bool {
    slot.starts_with(SUMMARY)
}

/// The slot of the document that a receipt goes into.
fn slot(entry: &SubledgerEntry, order: &Order, part: &Part) -> String {
    let header = &entry.header;
    format!(
        "{SUMMARY}{}/{}/{}/{}/{}/{}/{}",
        order.source.connection,
        part.path,
        header.kind,
        header.currency,
        order.location.as_deref().unwrap_or("no-location"),
        account_of(entry),
        tax_treatment(entry, order),
    )
}

/// The end of a slot whose document is made out to another customer than the one for everybody.
fn of_customer(customer: &Party, policy: &Policy) -> String {
    match customer {
        Party::Customer { name, .. } if !customer.is_same(&policy.customer_for_everybody()) => {
            format!("/{name}")
        }
        Party::Customer { .. } | Party::Vendor { .. } => String::new(),
    }
}

/// How a document is taxed: whether prices contain the taxes, and which taxes are in it, each with
/// its rate. Documents that differ in it cannot share the lines of a tax report.
fn tax_treatment(entry: &SubledgerEntry, order: &Order) -> String {
    let taxes: BTreeSet<_> = entry
        .lines
        .iter()
        .filter_map(|line| match &line.kind {
            LineKind::Tax { title, rate } => Some((title.as_str(), rate)),
            _ => None,
        })
        .collect();
    if taxes.is_empty() {
        return "untaxed".to_owned();
    }
    let named = |(title, rate): (&str, &Option<Decimal>)| match rate {
        Some(percent) => format!("{title} {}%", percent.normalize()),
        None => title.to_owned(),
    };
    let taxes: Vec<String> = taxes.into_iter().map(named).collect();
    let prices = if order.prices_include_tax { "tax-included" } else { "tax-added" };
    format!("{prices}: {}", taxes.join(", "))
}
