//! Money on bank accounts of other currencies.
//!
//! A bank transaction is in the currency of its bank account, and the vendor works out by its rate
//! what it is worth: an amount divided by `CurrencyRate`, which is so much of the other currency
//! for one of the organisation's. Its line is on an account of the organisation's currency that is
//! no bank account. Money between two bank accounts of one currency is a bank transfer, whose rate
//! nobody can state: what it is worth is the vendor's own, and on both accounts the same.

use super::names;
use crate::foreign::{OneCurrency, Sum, one_currency};
use rust_decimal::Decimal;
use saldo_core::book::Need;
use saldo_core::document::Document;
use saldo_core::ledger::Account;
use saldo_core::money::{Currency, Money};
use serde_json::Number;
use std::borrow::Cow;

pub(super) use crate::foreign::is_foreign;

/// How many decimals a rate may have, as the vendor's description says of invoices.
const PLACES: u32 = 6;

/// A document on accounts of another currency, in the vendor's terms.
#[derive(Debug)]
pub(super) struct Foreign<'a> {
    /// The currency of its amounts.
    pub(super) currency: Currency,
    /// What moves.
    pub(super) moved: Moved<'a>,
}

/// What moves in another currency; amounts are positive.
#[derive(Debug)]
pub(super) enum Moved<'a> {
    /// Money received or spent on one bank account.
    Money {
        /// Which.
        bank: &'a Account,
        /// Whether it is spent.
        gives: bool,
        /// Where it comes from, or goes.
        against: &'a Account,
        /// How much.
        amount: Money,
        /// So much of the other currency for one of the organisation's.
        rate: Decimal,
        /// What its line says.
        text: Cow<'a, str>,
    },
    /// Money moved between two bank accounts.
    Transfer {
        /// Where it was.
        from: &'a Account,
        /// Where it is.
        to: &'a Account,
        /// How much.
        amount: Money,
    },
}

/// A document on accounts of another currency.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn foreign(document: &Document) -> Result<Foreign<'_>, String> {
    let home = document.header().currency;
    let one = one_currency(document)?;
    let currency = one.currency;
    let kept = one.sums.iter().filter(|it| it.is_foreign);
    if let Some(it) = kept.clone().find(|it| !names::is_bank(it.account)) {
        return Err(format!(
            "`{}` is kept in {currency}, and Xero keeps bank accounts alone in other currencies",
            it.account.name
        ));
    }
    if kept.count() == 2 && one.sums.len() == 2 {
        return transfer(&one).map(|moved| Foreign { currency, moved });
    }
    let rate = one.rate_for_one(home, PLACES);
    match &one.sums[..] {
        [bank, against] if !against.is_foreign => {
            let (bank, against) = (bank.clone(), against.account);
            let moved = money(bank, against, rate)?;
            Ok(Foreign { currency, moved })
        }
        _ => Err(format!(
            "it moves money on several accounts in {currency} and elsewhere, which no document of \
             Xero's can hold"
        )),
    }
}

fn transfer<'a>(one: &OneCurrency<'a>) -> Result<Moved<'a>, String> {
    let side = |gains: bool| one.sums.iter().find(|it| it.amount.is_positive() == gains);
    match (side(false), side(true)) {
        (Some(from), Some(to)) => {
            Ok(Moved::Transfer { from: from.account, to: to.account, amount: to.amount })
        }
        _ => Err("nothing goes from one account to the other".to_owned()),
    }
}

fn money<'a>(
    sum: Sum<'a>,
    against: &'a Account,
    rate: Result<Decimal, String>,
) -> Result<Moved<'a>, String> {
    if names::is_bank(against) {
        return Err(format!(
            "`{}` is a bank account in the organisation's currency, and Xero takes transfers \
             between two currencies from a person alone: name an account over which money goes to \
             other currencies: saldo map set currencies.conversion \"Currency conversion\"",
            against.name
        ));
    }
    let (gives, amount) = (sum.amount.is_negative(), sum.amount.abs());
    Ok(Moved::Money { bank: sum.account, gives, against, amount, rate: rate?, text: sum.text })
}

impl Foreign<'_> {
    /// What must be bound before it can be created, but for whom it is made out to.
    pub(super) fn needs(&self) -> Vec<Need> {
        let kept = |account: &Account| Need::ForeignAccount {
            account: account.clone(),
            currency: self.currency,
        };
        match &self.moved {
            Moved::Money { bank, against, .. } => {
                vec![kept(bank), Need::Account((*against).clone())]
            }
            Moved::Transfer { from, to, .. } => vec![kept(from), kept(to)],
        }
    }
}

/// What an amount of another currency is worth by a rate of the vendor's.
///
/// # Errors
/// In words, where there is no rate, or the amount is too large.
pub(super) fn worth(amount: Money, rate: Option<&Number>, home: Currency) -> Result<Money, String> {
    let rate = rate.ok_or("it is in another currency, and has no rate")?;
    let found = super::wire::decimal(rate).and_then(|it| crate::foreign::part(amount, it, home));
    found.ok_or_else(|| format!("{amount} at a rate of {rate} is worth nothing that can be told"))
}
