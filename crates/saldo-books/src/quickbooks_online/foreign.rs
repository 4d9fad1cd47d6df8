//! Documents on accounts of other currencies: journal entries in that currency, at the rate that
//! gives what the document says.
//!
//! A transaction has one currency besides the company's and one rate, and the vendor works out by
//! it what its amounts are worth. Bank accounts alone are kept in other currencies here.

use super::names;
use super::wire::{self, JournalDetail, Reference};
use crate::foreign::{OneCurrency, Sum, one_currency};
use rust_decimal::Decimal;
use saldo_core::book::Need;
use saldo_core::document::Document;
use saldo_core::money::{Currency, Money, MoneyError};

pub(super) use crate::foreign::is_foreign;

/// How many decimals a rate may have: a number of the vendor's without a stated limit. What it
/// keeps of them is read back.
const PLACES: u32 = 10;

/// Debits and credits in another currency than the company's.
#[derive(Debug)]
pub(super) struct ForeignJournal<'a> {
    document: OneCurrency<'a>,
    /// So much of the company's currency for one of the other.
    pub(super) rate: Decimal,
}

/// A document as a journal entry in another currency.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn journal(document: &Document) -> Result<ForeignJournal<'_>, String> {
    let home = document.header().currency;
    let document = one_currency(document)?;
    let foreign = document.sums.iter().filter(|it| it.is_foreign);
    if let Some(it) = foreign.clone().find(|it| !names::is_bank(it.account)) {
        return Err(format!(
            "`{}` is kept in {}, and QuickBooks keeps bank accounts alone in other currencies",
            it.account.name, document.currency
        ));
    }
    let rate = document.rate(home, PLACES)?;
    Ok(ForeignJournal { document, rate })
}

impl ForeignJournal<'_> {
    /// The currency of its amounts.
    pub(super) fn currency(&self) -> Currency {
        self.document.currency
    }

    /// Its lines.
    pub(super) fn sums(&self) -> &[Sum<'_>] {
        &self.document.sums
    }

    /// What its debits are worth.
    pub(super) fn worth(&self, home: Currency) -> Result<Money, MoneyError> {
        let debits = self.sums().iter().map(|it| it.worth).filter(|it| it.is_positive());
        Money::sum(home, debits)
    }

    /// What must be bound before it can be created.
    pub(super) fn needs(&self) -> Vec<Need> {
        let need = |it: &Sum<'_>| {
            let account = it.account.clone();
            match it.is_foreign {
                true => Need::ForeignAccount { account, currency: self.document.currency },
                false => Need::Account(account),
            }
        };
        self.sums().iter().map(need).collect()
    }

    /// A line of it.
    pub(super) fn line(sum: &Sum<'_>, account: Reference) -> wire::Line {
        let posting_type = if sum.amount.is_negative() { "Credit" } else { "Debit" };
        let detail = JournalDetail {
            posting_type: Some(posting_type.to_owned()),
            account_ref: Some(account),
            ..JournalDetail::default()
        };
        let amount = sum.amount.abs();
        wire::Line {
            journal_entry_line_detail: Some(detail),
            ..super::write::wire_line("JournalEntryLineDetail", amount, &sum.text)
        }
    }
}

/// What the debits of a journal entry in another currency are worth, as the vendor works it out.
///
/// # Errors
/// In words, where it does not say its rate, or amounts are too large.
pub(super) fn worth(
    amounts: &[Money],
    rate: Option<&serde_json::Number>,
    home: Currency,
) -> Result<Money, String> {
    let rate = rate.ok_or("it is in another currency, and has no rate")?.to_string();
    let rate: Decimal = rate
        .parse()
        .or_else(|_| Decimal::from_scientific(&rate))
        .map_err(|error| format!("its rate `{rate}`: {error}"))?;
    let worth = |amount: &Money| {
        let worth = crate::foreign::worth(*amount, rate, home);
        worth.ok_or_else(|| format!("{amount} at a rate of {rate} is too large"))
    };
    let worths: Vec<Money> = amounts.iter().map(worth).collect::<Result<_, _>>()?;
    Money::sum(home, worths).map_err(|error| error.to_string())
}
