//! Money that moves in another currency than the shop's, by rates that the vendor states.

use crate::money::{Currency, Money, MoneyError};
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// What a movement of money was in other currencies than the shop's.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Conversion {
    /// What the buyer paid, or got back, in the buyer's currency: always positive.
    pub presented: Money,
    /// What that was worth in the shop's currency when it moved: always positive. It differs from
    /// [`super::MoneyMovement::amount`], which goes by the rate of the sale, where the rate moved
    /// since.
    pub worth: Money,
    /// How the gateway settles it with the merchant, where that is told.
    pub settled: Option<Settlement>,
}

/// The rate at which a gateway settles what a buyer paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Settlement {
    /// In which currency.
    pub currency: Currency,
    /// How many units of it for one of what the buyer paid.
    pub rate: Decimal,
}

impl Conversion {
    /// What the gateway makes of it: positive, to the nearest unit; none where that is not told.
    ///
    /// # Errors
    /// Where it is too large.
    pub fn settles(&self) -> Result<Option<Money>, MoneyError> {
        let settled = self.settled.map(|it| self.presented.at_rate(it.rate, it.currency));
        settled.transpose()
    }
}

/// What a fee of a gateway is for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum FeeKind {
    /// To carry the payment.
    Processing,
    /// To change it into another currency.
    Conversion,
    /// Anything else, by the vendor's word for it: a fee like the first, unless the owner said what
    /// the word means.
    Unknown(String),
}

/// A part of the gateway's fee for a movement, as the shop tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MovementFee {
    /// What it is for.
    pub kind: FeeKind,
    /// How much, positive where the merchant pays.
    pub amount: Money,
    /// The tax that the gateway charges on it, signed as the amount; none where none is told.
    /// Whether the amount contains it, no vendor says: the fee as a whole does.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub tax: Option<Money>,
}
