//! Buyers who pay in a currency of their own, and what the card gateway makes of it.

use super::order::{Gateway, Minor, Order, TransactionKind, TransactionStatus, half_up};
use super::story::Story;

/// One unit of a rate.
const ONE: i64 = 10_000;
/// What a unit of the buyer's currency costs in the shop's by the rate of the order, in
/// ten-thousandths; by the gateway's rate on the day of the payment; in the shop's books on the day
/// of a refund; and by the gateway's rate on that day.
const ORDERED: i64 = 10_900;
const TAKEN: i64 = 10_800;
const RETURNED: i64 = 11_200;
const GIVEN_BACK: i64 = 11_100;
/// What the gateway charges for changing money: 1.5 percent.
const FEE_PER_MILLE: i64 = 15;
/// Every so many orders, a buyer of the web shop pays in another currency.
const ABROAD_EACH: u32 = 7;

/// What a movement of the card gateway was in the buyer's currency.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Abroad {
    /// What the buyer paid, or got back, in minor units of the buyer's currency.
    pub presented: Minor,
    /// What that was worth in the shop's currency on its day.
    pub worth: Minor,
    /// What the gateway made of it, in the shop's currency.
    pub settled: Minor,
    /// The gateway's rate, in ten-thousandths.
    pub rate: i64,
    /// What the gateway charges for changing it.
    pub fee: Minor,
}

/// Lets the buyer of an order pay in another currency, where the story allows it.
pub(super) fn go_abroad(order: &mut Order, index: u32, story: Story) {
    let plain = matches!(story, Story::Card | Story::FullRefund | Story::PartialRefund);
    if !plain || index % ABROAD_EACH != 3 {
        return;
    }
    for movement in &mut order.transactions {
        if movement.gateway != Gateway::Card {
            continue;
        }
        let back = movement.kind == TransactionKind::Refund;
        let presented = half_up(movement.amount * ONE, ORDERED);
        let (worth, rate) = match back {
            true => (half_up(presented * RETURNED, ONE), GIVEN_BACK),
            false => (movement.amount, TAKEN),
        };
        let settled = half_up(presented * rate, ONE);
        let charged = !back && movement.status == TransactionStatus::Success;
        let fee = if charged { half_up(settled * FEE_PER_MILLE, 1_000) } else { 0 };
        movement.abroad = Some(Abroad { presented, worth, settled, rate, fee });
    }
}
