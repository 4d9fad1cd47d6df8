//! Who buys, as far as the owner's rules look at it.

use serde::{Deserialize, Serialize};

/// Who buys: what a channel says of them beside an order. It may say otherwise later; what it said
/// when it first told the order holds for that order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Buyer {
    /// The words that the shop put on them; none where nobody is known.
    pub tags: Vec<String>,
    /// What they are, where that is told.
    pub kind: Option<BuyerKind>,
    /// The country that the goods go to, else that of the bill: two letters of ISO 3166, `DE`.
    pub country: Option<String>,
    /// The country that the goods are sent to, in the same way; none where nothing is sent.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ships_to: Option<String>,
}

/// What a buyer is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BuyerKind {
    /// A business, which buys by an account of its own.
    Company,
    /// Anybody else, known or not.
    Person,
}

impl Buyer {
    /// Whether nothing at all is told of them.
    #[must_use]
    pub fn is_untold(&self) -> bool {
        *self == Self::default()
    }
}
