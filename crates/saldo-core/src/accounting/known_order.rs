//! What the rows of a gateway can know of the order that they belong to.

use super::Trouble;
use super::conversion::on_account;
use crate::commerce::{MoneyMovement, MovementKind, MovementState, Order, Tender};
use crate::money::{Currency, Money};
use crate::policy::Policy;
use crate::text::{FactId, GatewayId};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Why a payment or a part of a summary is not entered yet.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Open {
    /// When it is closed at the latest; none where no hour closes it.
    pub(super) until: Option<Timestamp>,
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
    /// The tax of the sales channel that gateways kept of each payment, signed as it.
    pub(super) kept: BTreeMap<&'a str, Money>,
    /// The entries by which deposits become income.
    pub(super) earned: BTreeSet<FactId>,
    /// The credit memos that are repaid at once, and their payments, each with its memo's key.
    pub(super) credited: BTreeMap<FactId, FactId>,
    /// The payments whose receipts a summary keeps back, and what for.
    pub(super) kept_back: BTreeMap<String, Open>,
    /// The payments that rows have explained: each explains one row.
    pub(super) explained: BTreeSet<String>,
    /// How much of each payment rows have drawn upon that say themselves what they are made of.
    pub(super) drawn: BTreeMap<&'a str, Money>,
}

/// Where a payment of an order stands.
pub(super) enum PaymentState {
    /// It is not entered yet: a person must decide first.
    Held,
    /// It is entered once something else has come.
    Later(Open),
    /// It is entered.
    Entered,
}

/// What an order makes of an amount that a row tells of its sale.
pub(super) enum Drawn {
    /// It is entered once something else has come.
    Later(Open),
    /// The order entered it, but for what it does not know, and for what it holds.
    Entered {
        /// What no payment of the order explains.
        unexplained: Money,
        /// What is not entered with the order until a person decides.
        held: Money,
    },
}

impl<'a> KnownOrder<'a> {
    /// Where a payment stands.
    pub(super) fn payment_state(&self, movement: &MoneyMovement, policy: &Policy) -> PaymentState {
        let day = policy.day(movement.processed_at);
        if self.held_from.is_some_and(|held| day >= held) {
            return PaymentState::Held;
        }
        match &self.open_day {
            Some((open, entered)) if day >= *open && !entered.contains(&movement.id) => {
                let for_what = format!("the end of the day of {}", self.order.name);
                PaymentState::Later(Open { until: Some(policy.end_of_day(*open)), for_what })
            }
            _ => match self.kept_back.get(&movement.id) {
                Some(open) => PaymentState::Later(open.clone()),
                None => PaymentState::Entered,
            },
        }
    }

    /// Draws what a row tells of the sale from what the order's payments moved on the gateway's
    /// account, first come first: a payment that is settled in parts explains several rows.
    pub(super) fn draw(
        &mut self,
        wanted: Money,
        gateway: &GatewayId,
        policy: &Policy,
    ) -> Result<Drawn, Trouble> {
        let nothing = Money::zero(wanted.currency());
        let (mut unexplained, mut held) = (wanted, nothing);
        let mut movements: Vec<&'a MoneyMovement> = self.order.movements.iter().collect();
        movements.sort_by_key(|movement| (movement.processed_at, &movement.id));
        let mut drawn = self.drawn.clone();
        for movement in movements {
            let moved = movement_on_gateway(self.order, &movement.id, gateway, policy.currency);
            let Some((_, moved)) = moved.filter(|_| !self.explained.contains(&movement.id)) else {
                continue;
            };
            if moved.currency() != wanted.currency() {
                continue;
            }
            let kept = self.kept.get(&*movement.id).copied().unwrap_or(nothing);
            let used = drawn.entry(&movement.id).or_insert(nothing);
            let left = moved.minus(kept)?.minus(*used)?;
            let part = match unexplained.is_negative() {
                true => unexplained.max(left).min(nothing),
                false => unexplained.min(left).max(nothing),
            };
            if part.is_zero() {
                continue;
            }
            *used = used.plus(part)?;
            unexplained = unexplained.minus(part)?;
            match self.payment_state(movement, policy) {
                PaymentState::Held => held = held.plus(part)?,
                PaymentState::Later(open) => return Ok(Drawn::Later(open)),
                PaymentState::Entered => {}
            }
        }
        self.drawn = drawn;
        Ok(Drawn::Entered { unexplained, held })
    }
}

/// What a row can know of its order.
pub(super) enum OrderView<'a> {
    /// Its money is entered, or will be, with the order.
    Accounted(Box<KnownOrder<'a>>),
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
