//! What happened with an order, books day by books day.

use super::Known;
use super::recognition::Handing;
use crate::accounting::Trouble;
use crate::accounting::contradictions::check_movement;
use crate::accounting::movements::Pool;
use crate::commerce::{
    Agreement, AgreementKind, Decided, Decision, Goods, MoneyMovement, MovementKind, MovementState,
    Order,
};
use crate::issue::{FactState, IssueKind};
use crate::policy::{Policy, Recognition};
use jiff::civil::Date;
use std::collections::BTreeMap;

/// What happened on one books day.
#[derive(Default)]
pub(super) struct Day<'a> {
    pub(super) agreements: Vec<&'a Agreement>,
    pub(super) received: Pool<'a>,
    pub(super) refunded: Pool<'a>,
    pub(super) given_up: Vec<&'a Decision>,
    /// What changed hands, in order of time.
    pub(super) handed: Vec<Handing<'a>>,
    /// Something of that day that nobody understands.
    pub(super) trouble: Option<Trouble>,
}

/// What happened on which books day; or the state of an order that has nothing to enter yet.
pub(super) fn days<'a>(
    known: Known<'a>,
    policy: &Policy,
) -> Result<BTreeMap<Date, Day<'a>>, FactState> {
    let Known { order, decisions, goods } = known;
    let sale_day = policy.day(order.processed_at);
    let money = in_order(order);
    let earliest = first_day(order, &money, policy)?;
    let mut days: BTreeMap<Date, Day<'a>> = BTreeMap::new();
    let mut agreements: Vec<&Agreement> = order.agreements.iter().collect();
    agreements.sort_by(|a, b| (a.happened_at, &a.id).cmp(&(b.happened_at, &b.id)));
    for agreement in agreements {
        let date = match &agreement.kind {
            AgreementKind::Sale => sale_day,
            _ => policy.day(agreement.happened_at),
        };
        let day = days.entry(date.max(earliest)).or_default();
        match &agreement.kind {
            AgreementKind::Unknown(word) => day.stop(unknown("agreement", &agreement.id, word)),
            _ => day.agreements.push(agreement),
        }
    }
    for movement in money {
        let day = days.entry(policy.day(movement.processed_at)).or_default();
        match check_movement(movement, order.currency) {
            Ok(()) => day.take(movement),
            Err(trouble) => day.stop(trouble),
        }
    }
    for handing in goods.map(|goods| handings(order, goods, policy)).unwrap_or_default() {
        let date = policy.day(handing.at).max(sale_day).max(earliest);
        days.entry(date).or_default().handed.push(handing);
    }
    let gives_up = |it: &&Decision| matches!(it.said.decided, Decided::WriteOff { .. });
    for decision in decisions.into_iter().filter(gives_up) {
        days.entry(decision.said.on).or_default().given_up.push(decision);
    }
    Ok(days)
}

/// The day from which on an order is entered, or the state of one that is not entered yet. Money
/// that was set aside at the sale is a sale once it is taken. Set aside later, it is one way to pay
/// what is owed already. Where it is not yet known whether money was set aside, or taken, any day
/// could turn out to be the wrong one.
fn first_day(order: &Order, money: &[&MoneyMovement], policy: &Policy) -> Result<Date, FactState> {
    let sale_day = policy.day(order.processed_at);
    let day = |movement: &MoneyMovement| policy.day(movement.processed_at);
    let set_aside = |state: MovementState| {
        money.iter().any(|movement| {
            movement.kind == MovementKind::Authorisation
                && movement.state == state
                && day(movement) <= sale_day
        })
    };
    let undecided =
        |for_what: &str| FactState::Waiting { for_what: for_what.to_owned(), until: None };
    match (set_aside(MovementState::Succeeded), set_aside(MovementState::Pending)) {
        (true, _) => {}
        (false, true) => return Err(undecided("the gateway to say whether it set money aside")),
        (false, false) => return Ok(sale_day),
    }
    let payments = money.iter().filter(|movement| movement.kind == MovementKind::Payment);
    let mut open = false;
    for payment in payments {
        match payment.state {
            MovementState::Pending => open = true,
            MovementState::Succeeded if open => {
                return Err(undecided("the gateway to say whether an earlier payment was taken"));
            }
            MovementState::Succeeded => return Ok(day(payment).max(sale_day)),
            MovementState::Failed | MovementState::Unknown(_) => {}
        }
    }
    Err(not_captured(order, money))
}

impl<'a> Day<'a> {
    fn stop(&mut self, trouble: Trouble) {
        self.trouble.get_or_insert(trouble);
    }

    /// Takes a movement into the day's money. Change given on a payment lessens that payment.
    fn take(&mut self, movement: &'a MoneyMovement) {
        match (&movement.state, &movement.kind) {
            (MovementState::Unknown(word), _) => {
                self.stop(unknown("the state of payment", &movement.id, word));
            }
            (MovementState::Pending | MovementState::Failed, _) => {}
            (MovementState::Succeeded, MovementKind::Unknown(word)) => {
                self.stop(unknown("payment", &movement.id, word));
            }
            (_, MovementKind::Authorisation | MovementKind::Void) => {}
            (_, MovementKind::Payment) => self.received.push(movement, movement.amount),
            (_, MovementKind::Refund) => self.refunded.push(movement, movement.amount),
            (_, MovementKind::Change) => {
                match self.received.lessen(&movement.tender, movement.amount) {
                    Ok(rest) if rest.is_zero() => {}
                    Ok(rest) => self.refunded.push(movement, rest),
                    Err(trouble) => self.stop(trouble),
                }
            }
        }
    }
}

/// What changed hands, in order of time, where sales are earned by it. Nothing is handed over
/// before it is sold: what is dated earlier, as by another clock, counts from then on.
fn handings<'a>(order: &Order, goods: &'a Goods, policy: &Policy) -> Vec<Handing<'a>> {
    if policy.recognition_on(policy.day(order.processed_at)) == Recognition::Payment {
        return Vec::new();
    }
    let sales = order.agreements.iter().filter(|agreement| agreement.kind == AgreementKind::Sale);
    let sold_at = sales.map(|agreement| agreement.happened_at).max();
    let mut all = Vec::new();
    for fulfilment in &goods.fulfilments {
        let at = fulfilment.at.max(sold_at.unwrap_or(fulfilment.at));
        all.push(Handing { at, fulfilment, undone: false });
        if let Some(cancelled_at) = fulfilment.cancelled_at {
            all.push(Handing { at: cancelled_at.max(at), fulfilment, undone: true });
        }
    }
    all.sort_by_key(|handing| (handing.at, handing.undone, &handing.fulfilment.id));
    all
}

/// The movements of real money, in order of time.
fn in_order(order: &Order) -> Vec<&MoneyMovement> {
    let mut money: Vec<&MoneyMovement> =
        order.movements.iter().filter(|movement| !movement.test).collect();
    money.sort_by(|a, b| (a.processed_at, &a.id).cmp(&(b.processed_at, &b.id)));
    money
}

fn unknown(what: &str, id: &str, word: &str) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!("{what} {id} is of the unknown kind `{word}`"),
        "enter the order by hand, or wait for a version that knows this kind".to_owned(),
    )
}

/// An order whose money was set aside and never taken.
fn not_captured(order: &Order, money: &[&MoneyMovement]) -> FactState {
    let voided = money.iter().any(|movement| {
        movement.kind == MovementKind::Void && movement.state == MovementState::Succeeded
    });
    let for_what = match (order.cancelled_at, voided) {
        (Some(_), _) => {
            return FactState::Excluded { rule: "cancelled-before-capture".to_owned() };
        }
        (None, true) => "another payment, or its end: the authorised payment was given up",
        (None, false) => "the capture of the authorised payment",
    };
    FactState::Waiting { for_what: for_what.to_owned(), until: None }
}
