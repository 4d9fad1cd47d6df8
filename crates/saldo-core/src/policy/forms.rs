//! What sales and returns are entered as.

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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::policy::{Policy, PolicyError};

    fn policy(text: &str) -> Result<Policy, PolicyError> {
        let usd = Currency::parse("USD").unwrap();
        Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap())
    }

    #[test]
    fn the_form_of_returns_is_read_and_written() {
        let credited = policy("refunds = \"credit-memo\"").unwrap();
        assert_eq!(credited.text.refunds, RefundForm::CreditMemo);
        let written = toml::to_string(&credited.text).unwrap();
        assert!(written.contains("refunds = \"credit-memo\""), "{written}");
        let receipts = policy("refunds = \"refund-receipt\"").unwrap();
        assert!(!toml::to_string(&receipts.text).unwrap().contains("refunds ="));
        assert!(policy("refunds = \"credit\"").is_err());
    }
}
