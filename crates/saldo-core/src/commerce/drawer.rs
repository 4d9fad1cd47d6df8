//! Cash drawers: what was in one when it was opened, what came in and went out, what was counted.

use super::{Gateway, RecordRef};
use crate::money::{Money, MoneyError};
use crate::text::FactId;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A session of a cash drawer that was closed and counted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawerSession {
    /// The natural key.
    pub id: FactId,
    /// The record that says so.
    pub source: RecordRef,
    /// What people call the drawer: `Main Street, Register 1`.
    pub name: String,
    /// Whose account the drawer is: that of cash.
    pub gateway: Gateway,
    /// When it was opened.
    pub opened_at: Timestamp,
    /// When it was closed.
    pub closed_at: Timestamp,
    /// What the session before left in it; none where nobody says.
    pub left_before: Option<Money>,
    /// What was counted when it was opened: the float.
    pub float: Money,
    /// What buyers paid in, less what they were given back: entered with their orders.
    pub sales: Money,
    /// What was put in or taken out besides, in order of time.
    pub moves: Vec<DrawerMove>,
    /// What was counted when it was closed.
    pub counted: Money,
}

/// Money that was put into a drawer, or taken out of it, other than by a buyer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DrawerMove {
    /// The vendor's id, unique in the channel.
    pub id: String,
    /// When.
    pub at: Timestamp,
    /// How much: put in is positive.
    pub amount: Money,
    /// What for, in the words of whoever did it; empty where nobody says.
    pub note: String,
}

impl DrawerSession {
    /// What should be in it when it is closed: the float, and what came in less what went out.
    ///
    /// # Errors
    /// Where amounts are of several currencies, or too large.
    pub fn expected(&self) -> Result<Money, MoneyError> {
        let moved = self.moves.iter().map(|it| it.amount);
        moved.chain([self.sales]).try_fold(self.float, Money::plus)
    }

    /// What was counted at its opening more (positive) or less than the session before left.
    ///
    /// # Errors
    /// As [`DrawerSession::expected`].
    pub fn over_at_opening(&self) -> Result<Money, MoneyError> {
        self.float.minus(self.left_before.unwrap_or(self.float))
    }

    /// What was counted at its closing more (positive) or less than should be there.
    ///
    /// # Errors
    /// As [`DrawerSession::expected`].
    pub fn over_at_closing(&self) -> Result<Money, MoneyError> {
        self.counted.minus(self.expected()?)
    }
}
