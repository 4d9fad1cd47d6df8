//! The export of payments transactions: rows of the balance of Shopify Payments.

use super::lines::Lines;
use super::table::{Row, Table};
use super::{Form, rest_payments};
use crate::shopify::read::{SHOPIFY_PAYMENTS, Source, gateway};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::commerce::{BalanceTransaction, Fact, Payout, PayoutState};
use saldo_core::issue::Issue;
use saldo_core::money::Money;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

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
    payout: Option<&'a str>,
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
            payout: row.filled("Payout ID").map(number).transpose()?,
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

/// A number of a payout, which spreadsheets like to decorate.
fn number(text: &str) -> Result<&str, String> {
    let digits = text.trim_start_matches(['\'', '#']);
    match !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(digits),
        false => Err(format!("`Payout ID`: `{text}` is not a number")),
    }
}

/// What the rows of a file say of a payout: the record of it, since no row holds its sum.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
struct Tally {
    payout: String,
    status: String,
    date: String,
    net: Money,
    rows: usize,
}

/// The payouts of a file.
#[derive(Default)]
struct Tallies(BTreeMap<String, Result<Tally, String>>);

impl Tallies {
    fn add(&mut self, row: &Row<'_>, said: &Said<'_>) {
        let Some(payout) = said.payout else { return };
        let new = || Tally {
            payout: payout.to_owned(),
            status: row.get("Payout Status").to_owned(),
            date: row.get("Payout Date").to_owned(),
            net: Money::zero(said.net.currency()),
            rows: 0,
        };
        let entry = self.0.entry(payout.to_owned()).or_insert_with(|| Ok(new()));
        let Ok(tally) = entry else { return };
        if tally.status != row.get("Payout Status") || tally.date != row.get("Payout Date") {
            *entry = Err("its rows differ about its status or date".to_owned());
            return;
        }
        match tally.net.plus(said.net) {
            Ok(net) => {
                tally.net = net;
                tally.rows += 1;
            }
            Err(error) => *entry = Err(format!("its rows do not sum: {error}")),
        }
    }

    fn spoil(&mut self, payout: &str) {
        let why = "a row of it was left out, so that its sum is not known".to_owned();
        self.0.insert(payout.to_owned(), Err(why));
    }

    /// Tells the payouts; says how many.
    fn tell(self, context: &ImportContext, take: &mut dyn FnMut(Imported)) -> usize {
        let mut told = 0;
        for (payout, tally) in self.0 {
            let text = tally
                .and_then(|tally| serde_json::to_string(&tally).map_err(|error| error.to_string()));
            take(match text {
                Ok(text) => {
                    told += 1;
                    Form::PayoutsTally.record(context, payout, text)
                }
                Err(reason) => Imported::LeftOut { place: format!("payout {payout}"), reason },
            });
        }
        told
    }
}

/// Takes the rows one by one, and at the end what they say of their payouts.
pub(super) fn import(
    table: &Table,
    lines: &mut Lines<'_>,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let mut tallies = Tallies::default();
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
        let said = match Said::by(&row) {
            Ok(said) => said,
            Err(reason) => {
                row.filled("Payout ID").into_iter().for_each(|payout| tallies.spoil(payout));
                take(Imported::LeftOut { place, reason });
                continue;
            }
        };
        tallies.add(&row, &said);
        let natural = said.natural_id();
        let count = seen.entry(natural.clone()).or_default();
        *count += 1;
        let id = if *count == 1 { natural } else { format!("{natural} no. {count}") };
        rows += 1;
        take(Form::PaymentsTable.record(context, id, table.piece(&text)));
    }
    let payouts = tallies.tell(context, take);
    let without = match table.columns.has("Payout ID") {
        true => "each counts as the sum of its rows in this file",
        false => "the file has no column `Payout ID`, so that nothing can be said of payouts",
    };
    Ok(format!("payments transactions: {rows} rows in {payouts} payouts; {without}"))
}

/// Reads a row.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let unknown = |why: String| source.unknown(&why);
    let (columns, rows) = Table::of_record(text).map_err(unknown)?;
    let text = rows.first().ok_or_else(|| source.unknown("it has no row"))?;
    let row = Row::of(&columns, text).map_err(unknown)?;
    let said = Said::by(&row).map_err(unknown)?;
    rest_payments::check_net(source, said.amount, said.fee, said.net)?;
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
        order: None,
        order_name: said.order.map(str::to_owned),
        movement: None,
        payout: said.payout.map(|id| source.key(&format!("ShopifyPaymentsPayout/{id}"))),
        test: false,
        by_file: true,
    })))
}

/// Reads what rows say of their payout.
pub(super) fn read_tally(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let tally: Tally = source.parse(text)?;
    let issued_on: Date =
        tally.date.parse().map_err(|error| source.unknown(&format!("`Payout Date`: {error}")))?;
    Ok(Fact::Payout(Payout {
        id: source.key(&format!("ShopifyPaymentsPayout/{}", tally.payout)),
        source: source.reference.clone(),
        gateway: gateway(SHOPIFY_PAYMENTS, None),
        state: told_state(&tally.status),
        issued_on,
        arrived_on: None,
        net: tally.net,
        bank_reference: None,
    }))
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
