//! What the owner decides, where no channel can say it.

use super::RecordRef;
use crate::text::FactId;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What is still owed for an order is given up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct WriteOff {
    /// The natural key.
    pub id: FactId,
    /// The record of the decision.
    pub source: RecordRef,
    /// The order that will not be paid.
    pub order: FactId,
    /// The day of the decision.
    pub on: Date,
    /// Whether the law lets the merchant take back the tax of what was never paid.
    pub relieve_tax: bool,
}
