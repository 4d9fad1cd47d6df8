//! Other currencies than the company's: their list, accounts that are kept in them, and manual
//! entries in them.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::{Leg, Record};
use super::status::{Checked, Status};
use super::transactions::Draft;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// Names and codes of currencies, the company's own first, and whether they are active before
/// anybody asks for them. The vendor's list is longer.
pub(super) const CURRENCIES: &[(&str, &str, bool)] = &[
    ("US Dollar", "USD", true),
    ("Canadian Dollar", "CAD", true),
    ("Euro", "EUR", true),
    ("British Pound Sterling", "GBP", true),
    ("Japanese Yen", "JPY", false),
];

/// The types of account that may be kept in another currency.
const MAY_BE_FOREIGN: [&str; 4] = ["Bank", "CreditCard", "AccountsReceivable", "AccountsPayable"];

/// In which currency the amounts of an entry are.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Entered {
    /// The currency and its rate, where it is not the company's own.
    foreign: Option<(u64, Decimal)>,
}

impl CompanyFile {
    /// Switches several currencies on, as the owner could and never take back.
    pub fn use_currencies(&mut self) {
        self.settings.uses_currencies = true;
    }

    /// What stands on accounts of other currencies, by their full names: the code of the currency,
    /// and hundredths of it, debit positive.
    #[must_use]
    pub fn foreign_balances(&self) -> BTreeMap<String, (String, i64)> {
        let mut balances = BTreeMap::new();
        let counted = self.records.values().filter(|record| record.counts());
        for leg in counted.flat_map(|record| &record.legs) {
            let (Some(minor), Some(currency)) = (leg.foreign, self.currency_of(leg.account)) else {
                continue;
            };
            let name = self.record(leg.account).map_or("", Record::full_name).to_owned();
            let code = self.record(currency).and_then(|it| it.text("CurrencyCode")).unwrap_or("");
            balances.entry(name).or_insert_with(|| (code.to_owned(), 0)).1 += minor;
        }
        balances
    }

    /// The currency that an account is kept in, where it is not the company's own.
    pub(super) fn currency_of(&self, account: u64) -> Option<u64> {
        let kept_in = self.record(account)?.body.child("CurrencyRef")?.text_of("ListID")?;
        let currency = Record::number_in(kept_in)?;
        (currency != self.special.home_currency).then_some(currency)
    }

    /// Refuses a currency for an account of a type that has none.
    pub(super) fn check_kept_in(&self, account: &Element) -> Checked<()> {
        let kind = account.text_of("AccountType").unwrap_or("");
        match account.child("CurrencyRef") {
            Some(_) if !MAY_BE_FOREIGN.contains(&kind) => {
                let why = "Accounts of this type are kept in the company's currency.";
                Err(Status::refused("CurrencyRef", kind, why))
            }
            _ => Ok(()),
        }
    }

    /// In which currency the amounts of an entry are.
    pub(super) fn entered_in(&self, add: &Element) -> Checked<Entered> {
        let currency = self.referred(add, "CurrencyRef")?.map(|record| record.number);
        let Some(currency) = currency.filter(|it| *it != self.special.home_currency) else {
            return Ok(Entered::default());
        };
        if fields::flag(add, "IsAmountsEnteredInHomeCurrency") == Some(true) {
            let why = "Amounts in the company's currency are not simulated.";
            return Err(Status::refused("IsAmountsEnteredInHomeCurrency", "true", why));
        }
        let rate = fields::number(add, "ExchangeRate")?.filter(|rate| *rate > Decimal::ZERO);
        let rate = rate.ok_or_else(|| Status::missing("ExchangeRate"))?;
        Ok(Entered { foreign: Some((currency, rate)) })
    }

    /// What an amount of an entry changes an account by: by its worth, and where the account is
    /// kept in the entry's currency, by the amount itself.
    pub(super) fn leg_in(&self, entered: Entered, account: u64, minor: i64) -> Checked<Leg> {
        let Some((currency, rate)) = entered.foreign else { return Ok(Leg::new(account, minor)) };
        let worth = fields::to_decimal(minor).checked_mul(rate).and_then(fields::to_minor);
        let worth = worth.ok_or_else(|| {
            Status::refused("Amount", &fields::money(minor), "The amount is too large.")
        })?;
        let foreign = (self.currency_of(account) == Some(currency)).then_some(minor);
        Ok(Leg { foreign, ..Leg::new(account, worth) })
    }

    /// Refuses what touches an account of another currency than its own.
    pub(super) fn check_currencies(&self, draft: &Draft, add: &Element) -> Checked<()> {
        let own = self.referred(add, "CurrencyRef")?.map(|record| record.number);
        for leg in &draft.legs {
            if let Some(currency) = self.currency_of(leg.account)
                && Some(currency) != own
            {
                let said = self.record(leg.account).map_or("", Record::full_name);
                let why = "The account is kept in another currency than the transaction.";
                return Err(Status::refused("AccountRef", said, why));
            }
        }
        Ok(())
    }

    /// What a company with several currencies shows of its own.
    pub(super) fn show_currencies(&self) -> Element {
        let mut shown = Element::new("MultiCurrencyPreferences");
        shown.set("IsMultiCurrencyOn", self.settings.uses_currencies.to_string());
        if self.settings.uses_currencies {
            shown.put(self.reference("HomeCurrencyRef", self.special.home_currency));
        }
        shown
    }

    /// An account shows its currency once there are several.
    pub(super) fn show_kept_in(&self, shown: &mut Element) {
        if self.settings.uses_currencies && shown.child("CurrencyRef").is_none() {
            shown.put(self.reference("CurrencyRef", self.special.home_currency));
        }
    }

    /// Refuses to look through a list that the company does not use.
    pub(super) fn check_list(&self, kinds: &[Kind]) -> Checked<()> {
        match kinds {
            [Kind::Currency] if !self.settings.uses_currencies => {
                Err(Status::feature_off("multiple currencies"))
            }
            _ => Ok(()),
        }
    }
}
