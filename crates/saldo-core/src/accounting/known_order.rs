//! What the rows of a gateway can know of the order that they belong to.

use super::conversion::on_account;
use crate::commerce::{MoneyMovement, MovementKind, MovementState, Order, Tender};
use crate::money::{Currency, Money};
use crate::text::{FactId, GatewayId};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Why a payment or a part of a summary is not entered yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Open {
    /// When it is closed at the latest.
    pub(super) until: Timestamp,
    /// What it waits for.
    pub(super) for_what: String,
}

/// An order whose money is entered with it.
pub(super) struct KnownOrder<'a> {
    /// The order.
    pub(super) order: &'a Order,
    /// From this day on its money is not entered with it: it is held.
    pub(super) held_from: Option<Date>,
    /// The day that is not over, and the payments of it that are entered all the same.
    pub(super) open_day: Option<(Date, BTreeSet<String>)>,
    /// The payments through gateways that each receipt settles.
    pub(super) paid_by: BTreeMap<FactId, Vec<&'a MoneyMovement>>,
    /// The entries by which deposits become income.
    pub(super) earned: BTreeSet<FactId>,
    /// The payments whose receipts a summary keeps back, and what for.
    pub(super) kept_back: BTreeMap<String, Open>,
    /// The payments that rows have explained: each explains one row.
    pub(super) explained: BTreeSet<String>,
}

/// What a row can know of its order.
pub(super) enum OrderView<'a> {
    /// Its money is entered, or will be, with the order.
    Accounted(KnownOrder<'a>),
    /// It is held, or left out: its money is not entered with it.
    Undecided,
    /// No record of it has been heard.
    NotHeard,
}

/// What an order moved on a gateway's account by one movement, in the currency of that account:
/// positive where money came in.
pub(super) fn movement_on_gateway<'a>(
    order: &'a Order,
    id: &str,
    gateway: &GatewayId,
    books: Currency,
) -> Option<(&'a MoneyMovement, Money)> {
    let movement = order.movements.iter().find(|movement| movement.id == id)?;
    let counts = movement.state == MovementState::Succeeded
        && !movement.test
        && matches!(&movement.tender, Tender::Gateway(own) if own.id == *gateway);
    let moved = on_account(movement, books).ok().filter(|_| counts)?;
    let signed = match movement.kind {
        MovementKind::Payment => moved,
        MovementKind::Refund | MovementKind::Change => moved.negated(),
        _ => return None,
    };
    Some((movement, signed))
}
