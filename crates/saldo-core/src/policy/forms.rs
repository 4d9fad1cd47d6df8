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
    /// money that is paid back later finds what it is paid for. What lies before the books begin is
    /// no document of theirs that a payment could belong to.
    #[must_use]
    pub fn refund_form_on(&self, day: Date) -> RefundForm {
        match day < self.start_date {
            true => RefundForm::RefundReceipt,
            false => self.in_force(day).text.refunds,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;
    use crate::policy::PolicyError;

    fn policy(text: &str) -> Result<Policy, PolicyError> {
        let usd = Currency::parse("USD").unwrap();
        Policy::new(1, text, usd, "UTC", "2026-01-01".parse().unwrap())
    }

    #[test]
    fn the_form_of_returns_is_read_and_written_and_goes_by_the_day() {
        let day = |day: &str| day.parse::<Date>().unwrap();
        let credited = policy("refunds = \"credit-memo\"").unwrap();
        assert_eq!(credited.text.refunds, RefundForm::CreditMemo);
        let written = toml::to_string(&credited.text).unwrap();
        assert!(written.contains("refunds = \"credit-memo\""), "{written}");
        let receipts = policy("refunds = \"refund-receipt\"").unwrap();
        assert!(!toml::to_string(&receipts.text).unwrap().contains("refunds ="));
        let since = credited.following(receipts, day("2026-03-15"));
        assert_eq!(since.refund_form_on(day("2026-03-14")), RefundForm::RefundReceipt);
        assert_eq!(since.refund_form_on(day("2026-03-15")), RefundForm::CreditMemo);
        assert_eq!(since.refund_form_on(day("2025-12-31")), RefundForm::RefundReceipt);
        let always = policy("refunds = \"credit-memo\"").unwrap();
        assert_eq!(always.refund_form_on(day("2025-12-31")), RefundForm::RefundReceipt);
        assert!(policy("refunds = \"credit\"").is_err());
    }
}
