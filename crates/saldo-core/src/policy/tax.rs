//! Taxes and products that must be known before anything of them is entered.

use super::Policy;
use super::destination::fits;
use super::rules::Words;
use super::untaxed::Untaxed;
use crate::commerce::Product;
use crate::ledger::{Account, AccountKind};
use crate::policy::Role;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What becomes of a tax that no line of the policy names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownTax {
    /// What bears it is held until the policy names it.
    #[default]
    Hold,
    /// It stands on the common account, with the others that have none of their own.
    Common,
}

/// What becomes of a tax of which no line of the policy says to whom it is owed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownJurisdiction {
    /// It is a jurisdiction of its own, by its title.
    #[default]
    Own,
    /// What bears it is held until the policy says to whom it is owed.
    Hold,
}

impl UnknownJurisdiction {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What becomes of the tax that gateways charge on their fees.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum FeeTax {
    /// It is a part of what the fee costs: nobody gives it back.
    #[default]
    Cost,
    /// It is taken back as input tax, on an account of its own.
    InputTax,
    /// It is taken back in the report of the book that enters tax by itself: it stands on the
    /// common account of tax, as a tax of the name [`TAX_ON_FEES`].
    Reported,
}

/// The name of the tax that gateways charge on their fees, where the book's report takes it back.
pub const TAX_ON_FEES: &str = "Tax on fees";

impl FeeTax {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// What becomes of a supplier's bill that names a tax, where nobody says how much it is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum BillTax {
    /// It is held: what the supplier is owed would lack the tax.
    #[default]
    Hold,
    /// It is entered without tax: none was charged, or its owner enters it.
    LeftOut,
}

impl BillTax {
    fn is_default(&self) -> bool {
        *self == Self::default()
    }
}

/// Tax that the merchant owes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Tax {
    /// Whether each tax has an account of its own, named after it, below the tax account.
    pub account_per_tax: bool,
    /// The rate of the tax, in percent, that the merchant owes on the gateways' fees in their place
    /// and takes back as input tax: the reverse charge. None where it does not apply.
    pub reverse_charge: Option<Decimal>,
    /// What becomes of the tax that gateways charge on their fees, where the shop tells it.
    #[serde(skip_serializing_if = "FeeTax::is_default")]
    pub on_fees: FeeTax,
    /// What becomes of bills that name a tax without saying how much it is.
    #[serde(skip_serializing_if = "BillTax::is_default")]
    pub on_bills: BillTax,
    /// Whether taxes are told apart by the country whose tax a sale bears: its two letters then
    /// stand before the name that the channel gives the tax ([`Policy::tax_name`]).
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub by_country: bool,
    /// The country where the merchant is at home, by its two letters: that of sales of which
    /// nothing tells another one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home: Option<String>,
    /// The countries of the shop's locations that are not at home, by the location's id or the
    /// number in it.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub locations: BTreeMap<String, String>,
    /// Why sales bear no tax of the merchant's, by the country that they go to: what tax reports
    /// call them, unless a rule says otherwise. `*` stands for all other countries.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub untaxed: BTreeMap<String, Untaxed>,
    /// What becomes of a tax that `accounts` does not name, where each has not its own account.
    pub unknown: UnknownTax,
    /// The accounts of taxes, by the name that the channel gives them, which also names the
    /// jurisdiction: what is owed to other countries under a one-stop shop, for example. A `*` at
    /// either end of a name, or within, stands for the rest; of several such names the longest
    /// counts. A name may end with a rate: `DE * 7%`. A tax that is given the common account is
    /// known, and stands there.
    pub accounts: BTreeMap<String, String>,
    /// To whom taxes are owed, by the same names: taxes of one jurisdiction are proved and reported
    /// as one.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub jurisdictions: BTreeMap<String, String>,
    /// What becomes of a tax that `jurisdictions` does not name.
    #[serde(skip_serializing_if = "UnknownJurisdiction::is_default")]
    pub unknown_jurisdiction: UnknownJurisdiction,
}

/// What a tax of this title has among taxes by name.
fn named<'a>(names: &'a BTreeMap<String, String>, title: &str) -> Option<&'a String> {
    let likes = || names.iter().filter(|(name, _)| fits(name, title));
    let longest = || likes().max_by_key(|(name, _)| name.chars().count());
    names.get(title).or_else(|| longest().map(|(_, value)| value))
}

/// What a tax has among the names that end with a rate.
fn named_with_rate<'a>(names: &'a BTreeMap<String, String>, name: &str) -> Option<&'a String> {
    let fitting = names.iter().filter(|(word, _)| word.ends_with('%') && fits(word, name));
    fitting.max_by_key(|(word, _)| word.chars().count()).map(|(_, value)| value)
}

/// What becomes of a product that no line of the policy names.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum UnknownProduct {
    /// It is entered, and books that keep items get one for it.
    #[default]
    Create,
    /// What it is sold with is held until the policy names it.
    Hold,
}

/// Which products are known.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Products {
    /// What becomes of others.
    pub unknown: UnknownProduct,
    /// The stock-keeping units that are known, or titles, where a product has no unit. Capitals do
    /// not matter, and a `*` at either end stands for the rest.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub known: Words<String>,
}

impl Policy {
    /// The account of a tax; none where the policy holds taxes that it does not name, and does not
    /// name this one. One for each is the owner's own: no book enters tax there by itself.
    #[must_use]
    pub fn tax(&self, title: &str) -> Option<Account> {
        self.tax_at(title, None)
    }

    /// The same of a tax of this rate, in percent: what is named with the rate goes first.
    #[must_use]
    pub fn tax_at(&self, title: &str, rate: Option<Decimal>) -> Option<Account> {
        let common = self.chart.account(Role::SalesTax);
        let accounts = &self.text.tax.accounts;
        let with_rate = rate.map(|rate| format!("{title} {}%", rate.normalize()));
        let by_rate = with_rate.and_then(|name| named_with_rate(accounts, &name));
        match by_rate.or_else(|| named(accounts, title)) {
            Some(name) => Some(self.account_of_tax(name)),
            None if self.text.tax.account_per_tax => {
                Some(own_tax_account(&format!("{}: {title}", common.name)))
            }
            None => (self.text.tax.unknown == UnknownTax::Common).then_some(common),
        }
    }

    /// To whom a tax is owed; none where the policy does not say.
    #[must_use]
    pub fn jurisdiction(&self, title: &str) -> Option<&str> {
        named(&self.text.tax.jurisdictions, title).map(String::as_str)
    }

    /// Whether the policy holds taxes of which it does not say to whom they are owed, and does not
    /// say so of this one.
    #[must_use]
    pub fn is_owed_to_nobody(&self, title: &str) -> bool {
        let holds = self.text.tax.unknown_jurisdiction == UnknownJurisdiction::Hold;
        holds && self.jurisdiction(title).is_none()
    }

    /// The account of this name, where a tax stands on it.
    fn account_of_tax(&self, name: &str) -> Account {
        let common = self.chart.account(Role::SalesTax);
        if *common.name == *name { common } else { own_tax_account(name) }
    }

    /// Whether taxes ever had accounts of the owner's own: each by itself, or some by name.
    #[must_use]
    pub fn has_own_tax_accounts(&self) -> bool {
        let has_own = |policy: &Self| {
            let is_own = |account: Account| account.kind != AccountKind::TaxLiability;
            policy.text.tax.account_per_tax || policy.named_tax_accounts().any(is_own)
        };
        self.through_time().any(has_own)
    }

    /// The accounts that single taxes were given.
    pub(super) fn named_tax_accounts(&self) -> impl Iterator<Item = Account> {
        self.text.tax.accounts.values().map(|name| self.account_of_tax(name))
    }

    /// By what name a product is known, where the policy holds products that it does not name, and
    /// does not name this one.
    #[must_use]
    pub fn unknown_product<'a>(&self, product: &'a Product) -> Option<&'a str> {
        let name = product.sku.as_deref().unwrap_or(&product.title);
        let products = &self.text.products;
        let held = products.unknown == UnknownProduct::Hold && !products.known.accept(name);
        held.then_some(name)
    }
}

fn own_tax_account(name: &str) -> Account {
    Account::new(name, AccountKind::OtherCurrentLiability)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::money::Currency;

    #[test]
    fn taxes_are_owed_to_whom_the_policy_says() {
        let policy = policy(
            "[tax.jurisdictions]\n\"New York *\" = \"NYS DTF\"\n\"* State Tax\" = \"A state\"",
        );
        let cases = [
            ("new york city tax", Some("NYS DTF")),
            ("Texas State Tax", Some("A state")),
            ("Austin City Tax", None),
        ];
        for (title, whose) in cases {
            assert_eq!(policy.jurisdiction(title), whose);
        }
    }

    #[test]
    fn a_tax_that_is_owed_to_nobody_known_is_held_where_the_policy_says_so() {
        let hold = "tax.unknown-jurisdiction = \"hold\"\n\
                    tax.jurisdictions.\"* VAT\" = \"SKAT\"";
        let cases = [("", "DK VAT", false), (hold, "DK VAT", false), (hold, "Levy", true)];
        for (text, title, held) in cases {
            assert_eq!(policy(text).is_owed_to_nobody(title), held, "{text} {title}");
        }
    }

    fn policy(text: &str) -> Policy {
        let eur = Currency::parse("EUR").unwrap();
        Policy::new(1, text, eur, "UTC", "2026-01-01".parse().unwrap()).unwrap()
    }

    #[test]
    fn a_tax_has_the_account_that_the_policy_names() {
        let named = "[tax.accounts]\n\"FR VAT\" = \"OSS FR\"\n\"* State Tax\" = \"States\"\n\
                     \"New York *\" = \"New York\"\n\"DE VAT\" = \"Sales tax payable\"";
        let cases = [
            ("", "FR VAT", None),
            ("tax.unknown = \"common\"", "FR VAT", Some("Sales tax payable")),
            ("tax.account-per-tax = true", "FR VAT", Some("Sales tax payable: FR VAT")),
            (named, "FR VAT", Some("OSS FR")),
            (named, "fr vat", Some("OSS FR")),
            (named, "IT VAT", None),
            (named, "Texas State Tax", Some("States")),
            (named, "New York City Tax", Some("New York")),
            // Two names fit: the longer one counts.
            (named, "New York State Tax", Some("States")),
            (named, "DE VAT", Some("Sales tax payable")),
        ];
        for (text, title, account) in cases {
            let found = policy(text).tax(title);
            assert_eq!(found.as_ref().map(|it| &*it.name), account, "{text} {title}");
        }
    }

    #[test]
    fn a_tax_on_the_common_account_is_the_books_own() {
        let text = "tax.accounts.\"DE VAT\" = \"Sales tax payable\"";
        let kinds = policy(text).tax("DE VAT").map(|account| account.kind);
        assert_eq!(kinds, Some(AccountKind::TaxLiability));
    }

    #[test]
    fn products_are_known_by_unit_or_title() {
        let product = |sku: Option<&str>| Product {
            id: None,
            sku: sku.map(str::to_owned),
            title: "Mug, blue".to_owned(),
        };
        let hold = "products = { unknown = \"hold\", known = [\"MUG-*\", \"Mug*\"] }";
        let cases = [
            ("", Some("X-1"), None),
            ("products.unknown = \"hold\"", Some("X-1"), Some("X-1")),
            (hold, Some("X-1"), Some("X-1")),
            (hold, Some("mug-1"), None),
            (hold, None, None),
            ("products.unknown = \"hold\"", None, Some("Mug, blue")),
        ];
        for (text, sku, unknown) in cases {
            let product = product(sku);
            assert_eq!(policy(text).unknown_product(&product), unknown, "{text} {sku:?}");
        }
    }
}
