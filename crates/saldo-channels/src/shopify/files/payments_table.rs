//! The export of payments transactions: rows of the balance of Shopify Payments.

use super::lines::Lines;
use super::table::{Row, Table};
use super::{Form, rest_payments};
use crate::shopify::read::{SHOPIFY_PAYMENTS, Source, gateway};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::commerce::{BalanceTransaction, Fact, PaidOut, Payout, PayoutState};
use saldo_core::issue::Issue;
use saldo_core::money::Money;
use saldo_core::text::FactId;
use std::collections::{BTreeMap, BTreeSet};

/// The columns without which a row says nothing.
pub(super) const COLUMNS: [&str; 7] =
    ["Transaction Date", "Type", "Order", "Amount", "Fee", "Net", "Currency"];

/// What a row says, read.
struct Said<'a> {
    at: Timestamp,
    word: &'a str,
    order: Option<&'a str>,
    amount: Money,
    fee: Money,
    net: Money,
    payout: Option<(&'a str, PaidOut)>,
}

impl<'a> Said<'a> {
    fn by(row: &'a Row<'_>) -> Result<Self, String> {
        let currency = row.currency()?;
        row.needed("Amount")?;
        row.needed("Net")?;
        let said = Self {
            at: row.time("Transaction Date")?.ok_or("`Transaction Date` is empty")?,
            word: row.needed("Type")?,
            order: row.filled("Order"),
            amount: row.money("Amount", currency)?,
            fee: row.money("Fee", currency)?,
            net: row.money("Net", currency)?,
            payout: row.filled("Payout ID").map(|id| paid_out(id, row)).transpose()?,
        };
        Ok(said)
    }

    /// What tells the row from others. A row has no id; and its payout comes later than the row.
    fn natural_id(&self) -> String {
        let order = self.order.unwrap_or("no order");
        let (at, word, amount, fee) = (self.at, self.word, self.amount, self.fee.amount_text());
        format!("PaymentsRow/{at} {word} {order} {amount} fee {fee}")
    }
}

/// The number of a row's payout, and what the row says of it.
fn paid_out<'a>(id: &'a str, row: &Row<'_>) -> Result<(&'a str, PaidOut), String> {
    let date = row.needed("Payout Date")?;
    let issued_on: Date =
        date.parse().map_err(|_| format!("`Payout Date`: `{date}` is not a date"))?;
    Ok((number(id)?, PaidOut { state: told_state(row.get("Payout Status")), issued_on }))
}

/// A number of a payout, which spreadsheets like to decorate.
fn number(text: &str) -> Result<&str, String> {
    let digits = text.trim_start_matches(['\'', '#']);
    match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(digits),
        false => Err(format!("`Payout ID`: `{text}` is not a number")),
    }
}

/// Takes the rows one by one. A row of a payout that cannot be read refuses the file, since the
/// payout is known by its rows alone and would lack it unseen.
pub(super) fn import(
    table: &Table,
    lines: &mut Lines<'_>,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let mut payouts: BTreeSet<String> = BTreeSet::new();
    let mut seen: BTreeMap<String, usize> = BTreeMap::new();
    let mut rows = 0_usize;
    while let Some(text) = lines.next_row()? {
        let place = format!("line {}", lines.number());
        let row = match Row::of(&table.columns, &text) {
            Ok(row) if row.is_empty() => continue,
            Ok(row) => row,
            Err(_) if text.trim().is_empty() => continue,
            Err(why) => return Err(format!("{place}: {why}")),
        };
        let said = match (Said::by(&row), row.filled("Payout ID")) {
            (Ok(said), _) => said,
            (Err(reason), None) => {
                take(Imported::LeftOut { place, reason });
                continue;
            }
            (Err(why), Some(payout)) => {
                return Err(format!(
                    "{place}: {why}; without this row the sum of payout {payout} would be wrong"
                ));
            }
        };
        payouts.extend(said.payout.as_ref().map(|(payout, _)| (*payout).to_owned()));
        let natural = said.natural_id();
        let count = seen.entry(natural.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { natural } else { format!("{natural} no. {count}") };
        rows += 1;
        take(Form::PaymentsTable.record(context, place, id, table.piece(&text)));
    }
    let without = match table.columns.has("Payout ID") {
        true => "each counts as the sum of the rows that files tell of it",
        false => "the file has no column `Payout ID`, so that nothing can be said of payouts",
    };
    let payouts = payouts.len();
    Ok(format!("payments transactions: {rows} rows in {payouts} payouts; {without}"))
}

/// Reads a row. One that does not add up holds its payout, which would lack it.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let faulty = |why: String| source.faulty(&why);
    let (columns, rows) = Table::of_record(text).map_err(faulty)?;
    let text = rows.first().ok_or_else(|| source.faulty("it has no row"))?;
    let row = Row::of(&columns, text).map_err(faulty)?;
    let said = Said::by(&row).map_err(faulty)?;
    let payout = |id: &str| source.key(&format!("ShopifyPaymentsPayout/{id}"));
    if let Err(issue) = rest_payments::check_net(source, said.amount, said.fee, said.net) {
        return match &said.payout {
            None => Err(issue),
            Some((id, paid_out)) => Ok(held(source, payout(id), paid_out, &said, issue.message)),
        };
    }
    let (payout, paid_out) = match said.payout {
        Some((id, paid_out)) => (Some(payout(id)), Some(paid_out)),
        None => (None, None),
    };
    Ok(Fact::BalanceTransaction(Box::new(BalanceTransaction {
        id: source.key(&source.reference.id),
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        kind: rest_payments::row_kind(said.word, said.amount),
        vendor_type: said.word.to_owned(),
        occurred_at: said.at,
        amount: said.amount,
        fee: said.fee,
        net: said.net,
        worth: None,
        order: None,
        order_name: said.order.map(str::to_owned),
        movement: None,
        payout,
        paid_out,
        test: false,
        by_file: true,
    })))
}

/// A payout of which a row contradicts itself.
fn held(source: &Source, id: FactId, said: &PaidOut, row: &Said<'_>, why: String) -> Fact {
    Fact::Payout(Payout {
        id,
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        state: PayoutState::Contradicted(why),
        issued_on: said.issued_on,
        arrived_on: None,
        net: Money::zero(row.net.currency()),
        by_rows: true,
        bank_reference: None,
        period: None,
    })
}

/// How far a payout has come. Of one that failed, a table does not say whether the money came back.
pub(super) fn told_state(word: &str) -> PayoutState {
    match word.to_ascii_lowercase().as_str() {
        "pending" | "scheduled" | "in_transit" => PayoutState::Scheduled,
        "paid" => PayoutState::Paid,
        "canceled" => PayoutState::Cancelled,
        _ => PayoutState::Unknown(word.to_owned()),
    }
}
