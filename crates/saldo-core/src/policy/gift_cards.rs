//! What the owner decided about gift cards: when tax falls due on them, and on whom those lie that
//! were given away.

use super::{Policy, PolicyError, PolicyText};
use crate::book::TaxRate;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};

/// When tax falls due on what gift cards buy (Council Directive 2006/112/EC, articles 30a and 30b).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Voucher {
    /// When they are used: what they will buy, or where, is not known before.
    #[default]
    MultiPurpose,
    /// When they are sold: place and rate of all that they can buy are known. What they buy bears
    /// no tax any more.
    SinglePurpose,
}

/// When gift cards that are given away cost something.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Promotional {
    /// When they are given away, by an entry that the owner decides: they are owed like others, so
    /// that what is owed is what the shop says is left on all cards.
    #[default]
    AtIssue,
    /// When they are used: nothing is owed for what nobody paid. What they pay is then a discount,
    /// of the orders of which the owner says so.
    AtUse,
}

/// Gift cards.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct GiftCards {
    /// When tax falls due on what they buy.
    pub voucher: Voucher,
    /// The tax of single-purpose vouchers, as the channel names it on what they buy.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tax: Option<String>,
    /// Its rate, in percent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rate: Option<Decimal>,
    /// When those that are given away cost something.
    pub promotional: Promotional,
}

impl GiftCards {
    pub(super) fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// A voucher that is taxed when it is sold says by what.
pub(super) fn check(text: &PolicyText) -> Result<(), PolicyError> {
    let GiftCards { voucher, tax, rate, .. } = &text.gift_cards;
    if let Some(rate) = rate.filter(|it| *it <= Decimal::ZERO || *it >= Decimal::ONE_HUNDRED) {
        let key = "gift-cards.rate".to_owned();
        return Err(PolicyError::Number { key, value: rate, why: "it is a rate in percent" });
    }
    let says_all = tax.as_ref().zip(rate.as_ref()).is_some();
    match *voucher == Voucher::SinglePurpose && !says_all {
        true => Err(PolicyError::Vouchers),
        false => Ok(()),
    }
}

impl Policy {
    /// The tax that falls due when a gift card is sold, by the name that the channel gives it on
    /// what the card buys; none where tax falls due when it is used.
    #[must_use]
    pub fn tax_of_vouchers(&self) -> Option<TaxRate> {
        let GiftCards { voucher, tax, rate, .. } = &self.text.gift_cards;
        let title = tax.clone().filter(|_| *voucher == Voucher::SinglePurpose)?;
        Some(TaxRate { title, rate: *rate })
    }

    /// Whether nothing is owed on gift cards that are given away, until they are used.
    #[must_use]
    pub fn owes_nothing_on_gifts(&self) -> bool {
        self.text.gift_cards.promotional == Promotional::AtUse
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn a_voucher_that_is_taxed_when_it_is_sold_says_by_what() {
        let eur = Currency::parse("EUR").unwrap();
        let new = |text: &str| {
            let text = format!("[gift-cards]\n{text}");
            Policy::new(1, &text, eur, "UTC", "2026-01-01".parse().unwrap())
        };
        let single = "voucher = \"single-purpose\"\n";
        let known = new(&format!("{single}tax = \"DK VAT\"\nrate = \"25\"")).unwrap();
        assert_eq!(known.tax_of_vouchers().unwrap().to_string(), "DK VAT 25%");
        assert_eq!(new("").unwrap().tax_of_vouchers(), None);
        let again: PolicyText = toml::from_str(&toml::to_string(&known.text).unwrap()).unwrap();
        assert_eq!(again.gift_cards, known.text.gift_cards);
        let senseless = [
            single.to_owned(),
            format!("{single}tax = \"DK VAT\""),
            format!("{single}tax = \"DK VAT\"\nrate = \"0\""),
            format!("{single}tax = \"DK VAT\"\nrate = \"100\""),
        ];
        for text in senseless {
            assert!(new(&text).is_err(), "{text}");
        }
        // So that words can be set one after the other.
        assert_eq!(new("tax = \"DK VAT\"\nrate = \"25\"").unwrap().tax_of_vouchers(), None);
    }
}
