//! Where facts stand: every fact of a company, each in exactly one state.

use super::{Ground, Sheet, adds_up, agreed, is_home, or_nothing};
use crate::accounting::numbered_alike;
use crate::commerce::{Decided, Fact, Said, SupplierBill};
use crate::issue::FactState;
use crate::money::{Money, MoneyError};
use crate::policy::Policy;
use crate::proof::Identity;
use jiff::civil::Date;
use std::collections::BTreeSet;

/// How a figure of [`Identity::Standings`] ends whose facts became entries, wherever these are by
/// now.
pub const ENTERED: &str = ", entered";

/// How a figure about facts ends of which nobody says where they stand.
const STRAYS: &str = ", in no state";

/// Whether a figure of [`Identity::Standings`] is about facts that stand nowhere.
#[must_use]
pub fn is_about_strays(about: &str) -> bool {
    about.ends_with(STRAYS)
}

/// What a fact counts as where facts are counted by where they stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Weight {
    /// What it is, in words: `gateway rows`.
    pub kind: &'static str,
    /// Its books day.
    pub day: Date,
    /// Its amount.
    pub amount: Money,
}

impl Sheet<'_> {
    /// Every fact of the group by the state that it stands in.
    pub(super) fn stand(&mut self, ground: Ground<'_>) -> Result<(), MoneyError> {
        let mut seen = BTreeSet::new();
        for fact in ground.facts.iter().filter(|fact| is_home(ground.group, fact)) {
            let Some(Weight { kind, day, amount }) = weight(fact, ground.policy)? else { continue };
            if !seen.insert(fact.id()) {
                continue;
            }
            // It is one order: the other record's.
            let again =
                matches!(fact, Fact::Order(it) if numbered_alike(it, ground.facts).is_some());
            let kind = if again { "orders told again" } else { kind };
            let (word, stands) = match ground.state(fact.id()) {
                Some(FactState::Accounted { .. }) => (ENTERED, amount),
                Some(FactState::Waiting { .. }) => (", waiting", amount),
                Some(FactState::Excluded { .. }) => (", excluded", amount),
                Some(FactState::Held(_)) => (", held", amount),
                None if ground.unreadable.contains(fact.source()) => (", held", amount),
                None => (STRAYS, Money::zero(amount.currency())),
            };
            let about = format!("{kind}{word}");
            let sides = self.sides(Identity::Standings, &about, day, amount);
            sides.expected = sides.expected.plus(amount)?;
            sides.found = sides.found.plus(stands)?;
            sides.facts += 1;
        }
        Ok(())
    }
}

/// What a fact counts as; none of what a channel states of itself, which stands nowhere and is
/// compared with instead. What has no day of its own counts on the first day of the books, and
/// what moves no money by itself as nothing.
///
/// # Errors
/// Where amounts are too large.
pub fn weight(fact: &Fact, policy: &Policy) -> Result<Option<Weight>, MoneyError> {
    let (nothing, first) = (Money::zero(policy.currency), policy.start_date);
    let (kind, day, amount) = match fact {
        Fact::Order(order) => {
            let agreed = if adds_up(order) { agreed(order)? } else { Money::zero(order.currency) };
            ("orders", policy.day(order.processed_at), agreed)
        }
        Fact::BalanceTransaction(row) => {
            ("gateway rows", policy.day(row.occurred_at), or_nothing(row.net))
        }
        Fact::Payout(payout) => ("payouts", payout.issued_on, or_nothing(payout.net)),
        Fact::Drawer(session) => {
            ("drawers", policy.day(session.closed_at), or_nothing(session.counted))
        }
        Fact::Dispute(dispute) => {
            let day = dispute.finalised_at.map_or(first, |at| policy.day(at));
            ("disputes", day, or_nothing(dispute.amount))
        }
        Fact::Deferral(deferral) => {
            ("deferrals", policy.day(deferral.occurred_at), or_nothing(deferral.amount))
        }
        Fact::Goods(goods) => {
            let sent = goods.fulfilments.iter().map(|parcel| parcel.at);
            let moved = sent.chain(goods.returned.iter().map(|back| back.at)).min();
            ("goods of orders", moved.map_or(first, |at| policy.day(at)), nothing)
        }
        Fact::UnitCost(cost) => ("costs of items", policy.day(cost.since), nothing),
        Fact::StockAdjustment(adjusted) => ("stock adjustments", policy.day(adjusted.at), nothing),
        Fact::PurchaseOrder(order) => ("purchase orders", policy.day(order.ordered_at), nothing),
        Fact::GoodsReceipt(receipt) => ("goods receipts", policy.day(receipt.received_at), nothing),
        Fact::SupplierBill(bill) => ("supplier bills", bill.on, billed(bill)),
        Fact::SupplierPayment(paid) => ("supplier payments", paid.on, or_nothing(paid.amount)),
        Fact::Decision(decision) => {
            ("decisions", decision.said.on, or_nothing(decided(&decision.said, nothing)?))
        }
        Fact::Stated(_) => return Ok(None),
    };
    Ok(Some(Weight { kind, day, amount }))
}

/// What a decision moves: the sum of its debits, or what it says was paid, came in, or was given
/// away. What only bears on other facts moves nothing.
fn decided(said: &Said, nothing: Money) -> Result<Money, MoneyError> {
    Ok(match (&said.decided, said.decided.moved(said.on)?) {
        (_, Some(moved)) => {
            let debits = moved.moves.iter().map(|it| or_nothing(it.amount));
            let debits = debits.filter(|it| it.is_positive());
            let currency =
                moved.moves.first().map_or(nothing.currency(), |it| it.amount.currency());
            Money::sum(currency, debits)?
        }
        (
            Decided::Paid { amount, .. }
            | Decided::Arrived { amount, .. }
            | Decided::PromotionalUse { amount, .. },
            None,
        ) => *amount,
        (_, None) => nothing,
    })
}

/// What a bill comes to; nothing where its amounts have no sum.
fn billed(bill: &SupplierBill) -> Money {
    let lines = bill.lines.iter().map(|line| or_nothing(line.amount));
    let sum = Money::sum(bill.landed.currency(), lines.chain([or_nothing(bill.landed)]));
    sum.unwrap_or(Money::zero(bill.landed.currency()))
}
