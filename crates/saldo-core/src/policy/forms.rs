//! What sales and returns are entered as.

use super::Policy;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};

/// What a sale is entered as that is paid at once.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SaleForm {
    /// A sales receipt, where one gateway alone pays it.
    #[default]
    Receipt,
    /// An invoice, and a payment of it for each gateway.
    Invoice,
}

impl SaleForm {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Receipt => "receipt",
            Self::Invoice => "invoice",
        }
    }
}

/// What a return is entered as.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RefundForm {
    /// A refund receipt; what is not repaid on the day of the return is owed on the account of
    /// refunds payable.
    #[default]
    RefundReceipt,
    /// A credit memo over what the buyer has to get, and a payment of it for each gateway. What is
    /// not repaid stays the buyer's credit, on the receivable.
    CreditMemo,
}

impl RefundForm {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }

    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::RefundReceipt => "refund receipt",
            Self::CreditMemo => "credit memo",
        }
    }
}

impl Policy {
    /// What a return of a books day is entered as: by the policy that was in force then, so that
    /// money that is paid back later finds what it is paid for.
    #[must_use]
    pub fn refund_form_on(&self, day: Date) -> RefundForm {
        self.in_force(day).text.refunds
    }
}
