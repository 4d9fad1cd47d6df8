//! Documents on accounts of other currencies: journal entries in that currency, at the rate that
//! gives what the document says.
//!
//! A transaction has one currency and one rate, by which the vendor works out what its amounts are
//! worth to the company. Bank accounts alone are kept in other currencies here.

use super::names;
use super::shape::{PostingLine, moves_units};
use super::wire::Kind;
use super::xml::Element;
use crate::foreign::{OneCurrency, one_currency};
use rust_decimal::Decimal;
use saldo_core::book::{Listed, Need};
use saldo_core::document::Document;
use saldo_core::money::{Currency, Money};

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
    if document.lines().iter().any(moves_units) {
        return Err("units of stock cannot stand in a journal entry in another currency".to_owned());
    }
    let document = one_currency(document)?;
    let mut foreign = document.sums.iter().filter(|it| it.is_foreign);
    if let Some(it) = foreign.find(|it| !names::is_bank(it.account)) {
        return Err(format!(
            "`{}` is kept in {}, and Saldo keeps bank accounts alone in other currencies there",
            it.account.name, document.currency
        ));
    }
    if document.currency.exponent() > 2 {
        return Err(format!("QuickBooks takes no more than two decimals of {}", document.currency));
    }
    let rate = document.rate(home, PLACES)?;
    Ok(ForeignJournal { document, rate })
}

impl ForeignJournal<'_> {
    /// The currency of its amounts, as something that must be bound.
    pub(super) fn currency(&self) -> Need {
        Need::Listed(Listed::Currency(self.document.currency))
    }

    /// Its lines, in its currency.
    pub(super) fn lines(&self) -> impl Iterator<Item = PostingLine<'_>> {
        self.document.sums.iter().map(|sum| PostingLine {
            account: sum.account,
            amount: sum.amount,
            text: &sum.text,
            class: None,
            stocked: None,
        })
    }

    /// What its debits are worth.
    ///
    /// # Errors
    /// In words, where the sum is too large.
    pub(super) fn worth(&self, home: Currency) -> Result<Money, String> {
        let worths = self.document.sums.iter().map(|it| it.worth);
        let debits = worths.filter(|it| it.is_positive());
        Money::sum(home, debits).map_err(|error| error.to_string())
    }

    /// What must be bound before it can be created.
    pub(super) fn needs(&self) -> Vec<Need> {
        let account = |it: &crate::foreign::Sum<'_>| {
            let account = it.account.clone();
            match it.is_foreign {
                true => Need::ForeignAccount { account, currency: self.document.currency },
                false => Need::Account(account),
            }
        };
        let accounts = self.document.sums.iter().map(account);
        std::iter::once(self.currency()).chain(accounts).collect()
    }
}

/// The currency of the amounts of a document's transaction.
pub(super) fn currency_of(kind: Kind, document: &Document) -> Currency {
    let foreign = document.lines().iter().find_map(|line| line.foreign);
    let foreign = foreign.filter(|_| kind == Kind::JournalEntry);
    foreign.map_or(document.header().currency, Money::currency)
}

/// What the debits of a row are worth, as the vendor works it out.
///
/// # Errors
/// In words, where it does not say its rate, or amounts are too large.
pub(super) fn worth(row: &Element, debits: &[Money], home: Currency) -> Result<Money, String> {
    let rate = row.text(["ExchangeRate"]).ok_or("it is in another currency, and has no rate")?;
    let rate: Decimal = rate
        .parse()
        .or_else(|_| Decimal::from_scientific(rate))
        .map_err(|error| format!("its rate `{rate}`: {error}"))?;
    let worth = |amount: &Money| {
        let worth = crate::foreign::worth(*amount, rate, home);
        worth.ok_or_else(|| format!("{amount} at a rate of {rate} is too large"))
    };
    let worths: Vec<Money> = debits.iter().map(worth).collect::<Result<_, _>>()?;
    Money::sum(home, worths).map_err(|error| error.to_string())
}
