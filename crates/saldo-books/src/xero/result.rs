//! The profit and loss report: what each account of income and expenses moved by over some days.
//!
//! Unlike in the trial balance no fiscal year cuts it.

use super::report::{self, Report, Row};
use jiff::civil::Date;
use saldo_core::book::BookContext;
use saldo_core::exchange::Fault;
use saldo_core::money::{Balance, Currency, Money};
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeMap;

/// What the report is called in messages.
const NAME: &str = "the profit and loss report";
/// The only column of amounts, since no periods are compared.
const AMOUNT: usize = 1;

/// What accounts moved by, debit positive, in the company's currency.
///
/// # Errors
/// Where the report cannot be read, is of other days, has a section that nobody taught us, or its
/// rows do not come to its net profit: then a row was misread, and none can be trusted.
pub(super) fn movements(
    answer: &Value,
    (from, until): (Date, Date),
    context: &BookContext,
) -> Result<BTreeMap<RemoteId, Balance>, Fault> {
    let unreadable = |reason: String| report::unreadable(NAME, reason);
    let report = Report::read(NAME, answer)?;
    if !report.names_day(from) || !report.names_day(until) {
        let titles = &report.report_titles;
        return Err(unreadable(format!("it is not of {from} to {until}: {titles:?}")));
    }
    let mut reader = Reader {
        currency: context.currency,
        movements: BTreeMap::new(),
        profit: Money::zero(context.currency),
        net_profit: None,
    };
    for section in report.rows.iter().filter(|row| row.row_type == "Section") {
        reader.section(section).map_err(unreadable)?;
    }
    let profit = reader.profit;
    match reader.net_profit {
        Some(net) if net != profit => {
            Err(unreadable(format!("its rows come to {profit}, its net profit is {net}")))
        }
        None if !reader.movements.is_empty() => Err(unreadable("it has no net profit".to_owned())),
        _ => Ok(reader.movements),
    }
}

/// Whether the amounts of a section are credits.
fn is_credit(title: &str) -> Result<bool, String> {
    let title = title.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| title.contains(word));
    match (title.starts_with("less "), says(&["expense", "cost"]), says(&["income", "revenue"])) {
        (true, _, _) | (false, true, _) => Ok(false),
        (false, false, true) => Ok(true),
        (false, false, false) => Err(format!("it has a section `{title}`, which is not known")),
    }
}

struct Reader {
    currency: Currency,
    movements: BTreeMap<RemoteId, Balance>,
    /// What the rows come to, credits positive.
    profit: Money,
    /// What the report says that they come to.
    net_profit: Option<Money>,
}

impl Reader {
    fn section(&mut self, section: &Row) -> Result<(), String> {
        for row in section.rows.iter().filter(|row| row.row_type == "Row") {
            let amount = row.amount(AMOUNT, self.currency)?;
            match row.account() {
                Some(account) => {
                    let credit = is_credit(&section.title)?;
                    let debit = if credit { amount.negated() } else { amount };
                    self.add(account, debit).map_err(|error| error.to_string())?;
                }
                None if section.title.is_empty() => {
                    if row.name().to_lowercase().starts_with("net ") {
                        self.net_profit = Some(amount);
                    }
                }
                None if amount.is_zero() => {}
                None => {
                    let name = row.name();
                    return Err(format!("the row `{name}` over {amount} names no account"));
                }
            }
        }
        Ok(())
    }

    fn add(
        &mut self,
        account: RemoteId,
        debit: Money,
    ) -> Result<(), saldo_core::money::MoneyError> {
        if debit.is_zero() {
            return Ok(());
        }
        self.profit = self.profit.minus(debit)?;
        self.movements.entry(account).or_default().add(debit)
    }
}
