//! Loans that gateways grant, and what numbers of a policy must be.

use super::{Policy, PolicyError, PolicyText};
use crate::text::GatewayId;
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// A loan for which more is paid back than was lent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
pub struct Loan {
    /// All that is to be paid back, as in `11300.00`.
    pub owed: Decimal,
    /// How much of that is the price of the loan.
    #[serde(default)]
    pub cost: Decimal,
}

impl Policy {
    /// The loan that rows of a gateway repay on a books day.
    #[must_use]
    pub fn loan(&self, gateway: &GatewayId, day: Date) -> Option<Loan> {
        let loans = &self.text.gateways.get(gateway)?.loans;
        loans.range(..=day).next_back().map(|(_, loan)| *loan)
    }
}

/// Rates and loans have sense.
pub(super) fn check_numbers(text: &PolicyText) -> Result<(), PolicyError> {
    let number = |key: String, value, why| Err(PolicyError::Number { key, value, why });
    if let Some(rate) = text.tax.reverse_charge
        && (rate <= Decimal::ZERO || rate > Decimal::ONE_HUNDRED)
    {
        return number("tax.reverse-charge".to_owned(), rate, "it is a rate in percent");
    }
    for (gateway, known) in &text.gateways {
        for (day, Loan { owed, cost }) in &known.loans {
            let key = |part: &str| format!("gateways.{gateway}.loans.{day}.{part}");
            if *owed <= Decimal::ZERO {
                return number(key("owed"), *owed, "a loan is more than nothing");
            }
            if *cost < Decimal::ZERO || cost > owed {
                return number(key("cost"), *cost, "it is a part of what is owed");
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_number_without_sense_is_refused() {
        let loan = |owed: &str, cost: &str| {
            format!(
                "[gateways.paypal]\naccount = \"PayPal\"\n[gateways.paypal.loans.2026-03-01]\n\
                 owed = \"{owed}\"\ncost = \"{cost}\""
            )
        };
        let usd = Currency::parse("USD").unwrap();
        let start = "2026-01-01".parse().unwrap();
        let read = |text: &str| Policy::new(1, text, usd, "UTC", start);
        for bad in [
            loan("0", "0"),
            loan("100.00", "100.01"),
            loan("100.00", "-1"),
            "tax.reverse-charge = \"0\"".to_owned(),
            "tax.reverse-charge = \"101\"".to_owned(),
        ] {
            assert!(matches!(read(&bad), Err(PolicyError::Number { .. })), "{bad}");
        }
        let highest = "tax.reverse-charge = \"100\"".to_owned();
        for good in [loan("100.00", "0"), loan("100.00", "100.00"), highest] {
            assert!(read(&good).is_ok(), "{good}");
        }
        let policy = read(&loan("11300.00", "1300.00")).unwrap();
        let on = |day: &str| policy.loan(&GatewayId::new("paypal"), day.parse().unwrap());
        assert_eq!(on("2026-02-28"), None);
        assert_eq!(on("2026-03-01").map(|loan| loan.owed), Some(Decimal::from(11_300)));
    }
}
