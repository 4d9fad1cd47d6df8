//! What gateways and tills bring to a bank, as the deposits that a bookkeeper makes of it, where
//! the connection says so: one line, which takes it out of the account where it waited, and says
//! who paid it.
//!
//! It moves what the transfer moves that it is otherwise. What the connection says may change
//! between a message and the look for what became of it, so that a look goes through both.

use super::shape::Shape;
use saldo_core::ledger::{Account, AccountKind};
use std::collections::BTreeMap;

/// The setting of a connection that says what payouts become.
pub(super) const PAYOUTS: &str = "payouts";
/// Its word for deposits.
pub(super) const AS_DEPOSITS: &str = "deposits";

/// Whether the owner of a connection with these settings wants them.
pub(super) fn are_wanted(settings: &BTreeMap<String, String>) -> bool {
    settings.get(PAYOUTS).is_some_and(|it| it == AS_DEPOSITS)
}

/// Whether money that moves so comes to a bank from where it only waited for that.
pub(super) const fn may_be(from: &Account, to: &Account) -> bool {
    let waited = matches!(from.kind, AccountKind::Clearing | AccountKind::Cash);
    waited && matches!(to.kind, AccountKind::Bank)
}

/// Whether a document of this shape may stand there as a deposit.
pub(super) const fn is_one(shape: &Shape<'_>) -> bool {
    match shape {
        Shape::Transfer { from, to, .. } => may_be(from, to),
        _ => false,
    }
}
