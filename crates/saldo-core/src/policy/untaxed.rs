//! Why a sale bears no tax of the merchant's: what tax reports ask of it all the same.

use super::{Marked, Policy, Subject, Words};
use crate::commerce::Order;
use serde::{Deserialize, Serialize};

/// Why a sale bears no tax of the merchant's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Untaxed {
    /// What is sold, or who buys it, is exempt.
    Exempt,
    /// It is taxed, at a rate of nothing.
    ZeroRated,
    /// The buyer, a business in another country, owes the tax: an intra-Community supply, for
    /// example.
    ReverseCharge,
    /// It leaves the country, or the union, that taxes.
    Export,
    /// No law of the merchant's taxes it.
    OutOfScope,
}

impl Untaxed {
    /// The word for it.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Self::Exempt => "exempt",
            Self::ZeroRated => "zero-rated",
            Self::ReverseCharge => "reverse-charge",
            Self::Export => "export",
            Self::OutOfScope => "out-of-scope",
        }
    }
}

/// What a sale is called whose tax the sales channel owes itself.
const MARKETPLACE: &str = "marketplace";

impl Policy {
    /// Whether the policy says anything of sales without tax.
    #[must_use]
    pub fn tells_untaxed(&self) -> bool {
        !self.text.tax.untaxed.is_empty() || !self.rules.untaxed.is_empty()
    }

    /// What a sale without tax is called, by why it bears none: by the first rule that says so,
    /// else by the country that it goes to; with that country before it where taxes are told apart
    /// by it. None where the policy does not say.
    #[must_use]
    pub fn untaxed(&self, about: &Subject<'_>) -> Option<String> {
        let mut rules = self.rules.untaxed.iter();
        let by_rule = rules.find(|(place, _)| {
            self.text.rules.get(*place).is_some_and(|rule| rule.when.hold(about))
        });
        let word = match by_rule {
            Some((_, word)) if Marked::is_mark(word) => return Some(word.clone()),
            Some((_, word)) => word,
            None => self.untaxed_in(about.order?)?.word(),
        };
        Some(self.name_in(word, about))
    }

    /// The same of a sale whose tax the sales channel owes itself.
    #[must_use]
    pub fn taxed_by_channel(&self, about: &Subject<'_>) -> String {
        self.name_in(MARKETPLACE, about)
    }

    fn name_in(&self, word: &str, about: &Subject<'_>) -> String {
        let country = about.order.and_then(|order| self.taxed_in(order));
        self.tax_name(word, country).into_owned()
    }

    fn untaxed_in(&self, order: &Order) -> Option<Untaxed> {
        let country = self.destination(order)?;
        let words = self.text.tax.untaxed.iter();
        let fitting = words.filter(|(word, _)| Words::is_like(word, country));
        fitting.max_by_key(|(word, _)| word.trim_matches('*').len()).map(|(_, why)| *why)
    }
}
