//! Other currencies than the company's own, where multicurrency is on.
//!
//! A transaction has one currency and one rate: so much of the home currency for one of the other.
//! Accounts of income and expenses are kept in the home currency always, a bank account, a credit
//! card, a customer and a vendor in the one that they were made with. The vendor works out what
//! each line is worth, to the cent; what these lack of each other goes to its own account of
//! exchange differences (from memory).

use super::company::{Company, View, account_type};
use super::entity::{Entity, Leg};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::references::{HOME_CURRENCY, home_currency};
use super::write::Draft;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The words in which the vendor refuses what is of two.
const ONE_AT_A_TIME: &str = "Transactions can have only one foreign currency at a time";

/// A currency besides the home currency, and what one of it is worth.
pub(super) struct Rated {
    code: String,
    rate: Decimal,
}

impl Company {
    /// Turns multicurrency on, which no company can take back: with these currencies, each at the
    /// vendor's own rate. The account of exchange differences is there from then on.
    pub fn turn_on_currencies(&mut self, rates: &[(&str, Decimal)]) {
        let rates = rates.iter().map(|(code, rate)| ((*code).to_owned(), *rate));
        self.settings.currencies.get_or_insert_with(BTreeMap::new).extend(rates);
        if self.system.exchange.is_none() {
            let account = self.plant(
                Kind::Account,
                json!({
                    "Name": "Exchange Gain or Loss",
                    "FullyQualifiedName": "Exchange Gain or Loss",
                    "AccountType": "Other Expense",
                    "AccountSubType": "ExchangeGainOrLoss",
                    "Classification": "Expense",
                    "CurrencyRef": home_currency(),
                    "SubAccount": false,
                    "Active": true,
                }),
            );
            self.system.exchange = account;
        }
    }

    /// What stands on the accounts that are kept in other currencies, by name: the currency and
    /// hundredths of it, debit positive.
    #[must_use]
    pub fn foreign_balances(&self) -> BTreeMap<String, (String, i64)> {
        let foreign = self.shelf(Kind::Account).filter(|account| !is_home(account));
        let balance = |account: &Entity| {
            let minor = self.index.foreign_balances.get(&account.id).copied().unwrap_or(0);
            (account.name().to_owned(), (code_of(account).to_owned(), minor))
        };
        foreign.map(balance).collect()
    }
}

fn code_of(entity: &Entity) -> &str {
    let code = entity.body.get("CurrencyRef").and_then(|currency| currency["value"].as_str());
    code.unwrap_or(HOME_CURRENCY)
}

/// Whether an account or somebody is kept in the home currency.
pub(super) fn is_home(entity: &Entity) -> bool {
    code_of(entity) == HOME_CURRENCY
}

/// The currency of something in a list: the home currency where none is said. It never changes.
pub(super) fn keep(body: &mut Object, previous: Option<&Entity>) -> Result<(), Fault> {
    body.entry("CurrencyRef").or_insert_with(home_currency);
    let said = fields::reference(body, "CurrencyRef")?.map(|it| it.value);
    match previous.map(code_of) {
        Some(code) if said.as_deref() != Some(code) => {
            Err(Fault::business("The currency cannot be changed once it is set"))
        }
        _ => Ok(()),
    }
}

/// Accounts of these types alone may be kept in another currency.
pub(super) fn check_account(body: &Object, kind: &str) -> Result<(), Fault> {
    let code = fields::reference(body, "CurrencyRef")?.map(|it| it.value);
    let may = matches!(kind, "Bank" | "Credit Card" | "Accounts Receivable" | "Accounts Payable");
    match code.as_deref() {
        Some(HOME_CURRENCY) | None => Ok(()),
        Some(_) if may => Ok(()),
        Some(_) => Err(Fault::business("Accounts of this type are kept in the home currency")),
    }
}

/// The currency of a transaction, where it is not the home currency; body and answer say both it
/// and its rate. Where multicurrency is off, a rate is passed over.
pub(super) fn of_transaction(view: &View<'_>, body: &mut Object) -> Result<Option<Rated>, Fault> {
    let Some(known) = &view.company.settings.currencies else {
        body.remove("ExchangeRate");
        body.insert("CurrencyRef".to_owned(), home_currency());
        return Ok(None);
    };
    let currency = fields::reference(body, "CurrencyRef")?;
    let code = currency.ok_or_else(|| Fault::missing("CurrencyRef"))?.value;
    for name in ["CustomerRef", "VendorRef"] {
        let kind = if name == "CustomerRef" { Kind::Customer } else { Kind::Vendor };
        let Some(party) = fields::reference(body, name)? else { continue };
        if code_of(view.resolve(kind, name, &party)?) != code {
            return Err(Fault::business(ONE_AT_A_TIME));
        }
    }
    if code == HOME_CURRENCY {
        body.insert("ExchangeRate".to_owned(), json!(1));
        return Ok(None);
    }
    let own = known.get(&code).copied();
    let said = fields::decimal(body, "ExchangeRate")?;
    let rate = said.or(own).ok_or_else(|| Fault::missing("ExchangeRate"))?;
    if rate <= Decimal::ZERO {
        return Err(Fault::bad_number("ExchangeRate", &rate.to_string()));
    }
    body.insert("ExchangeRate".to_owned(), fields::number(rate));
    Ok(Some(Rated { code, rate }))
}

/// Works out what the legs of a transaction are worth, which came in its own currency.
pub(super) fn work_out(
    view: &View<'_>,
    draft: &mut Draft,
    rated: Option<&Rated>,
) -> Result<(), Fault> {
    let code = rated.map_or(HOME_CURRENCY, |rated| rated.code.as_str());
    for leg in &draft.legs {
        let account = view.system_account(leg.account)?;
        if !is_home(account) && code_of(account) != code {
            return Err(Fault::business(ONE_AT_A_TIME));
        }
        if rated.is_some() && is_home(account) && account_type(account).starts_with("Accounts ") {
            return Err(Fault::business(
                "The transaction needs to be in the same currency as the A/R and A/P accounts you \
                 use",
            ));
        }
    }
    let Some(rated) = rated else { return Ok(()) };
    let mut lacking = 0_i64;
    for leg in &mut draft.legs {
        if !view.find(Kind::Account, leg.account).is_some_and(is_home) {
            draft.foreign.push((leg.account, leg.minor));
        }
        let worth = fields::decimal_of(leg.minor).checked_mul(rated.rate);
        let worth = worth.and_then(fields::rounded_minor);
        leg.minor = worth.ok_or_else(|| Fault::bad_number("ExchangeRate", "too large"))?;
        lacking -= leg.minor;
    }
    if lacking != 0 {
        let exchange = view.company.system.exchange;
        let account = exchange.ok_or_else(|| Fault::business("no account of exchange"))?;
        draft.legs.push(Leg { account, minor: lacking, party: None });
    }
    if draft.body.contains_key("TotalAmt") {
        let worth = fields::amount(&draft.body, "TotalAmt")?.map(fields::decimal_of);
        let worth = worth.and_then(|total| fields::rounded_minor(total.checked_mul(rated.rate)?));
        draft.body.insert("HomeTotalAmt".to_owned(), worth.map_or(Value::Null, fields::money));
    }
    Ok(())
}
