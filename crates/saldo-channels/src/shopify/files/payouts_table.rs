//! The export of payouts: one row each, with the sums of its parts.

use super::Form;
use super::lines::Lines;
use super::payments_table::told_state;
use super::table::{Row, Table};
use crate::shopify::read::{SHOPIFY_PAYMENTS, Source, gateway};
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::commerce::{Fact, Payout};
use saldo_core::issue::Issue;

/// The columns without which a row says nothing.
pub(super) const COLUMNS: [&str; 4] = ["Payout Date", "Status", "Total", "Currency"];

/// Takes the payouts, where the export names them. The known exports do not: then nothing can join
/// a payout with its rows.
pub(super) fn import(
    table: &Table,
    lines: &mut Lines<'_>,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    if !table.columns.has("Payout ID") {
        return Err("it is an export of payouts without the column `Payout ID`, so that its \
                    payouts cannot be told apart or joined with their rows: export the \
                    transactions of the payouts instead (Finance, Payouts, Export transactions)"
            .to_owned());
    }
    let mut payouts = 0_usize;
    while let Some(text) = lines.next_row()? {
        if text.trim().is_empty() {
            continue;
        }
        let place = format!("line {}", lines.number());
        let row = Row::of(&table.columns, &text).map_err(|why| format!("{place}: {why}"))?;
        take(match row.needed("Payout ID") {
            Ok(id) => {
                payouts += 1;
                Form::PayoutsTable.record(context, place, id.to_owned(), table.piece(&text))
            }
            Err(reason) => Imported::LeftOut { place, reason },
        });
    }
    Ok(format!("payouts: {payouts}"))
}

/// Reads a payout.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let said = || {
        let (columns, rows) = Table::of_record(text)?;
        let row = Row::of(&columns, rows.first().ok_or("it has no row")?)?;
        row.needed("Total")?;
        Ok(Fact::Payout(Payout {
            id: source.key(&format!("ShopifyPaymentsPayout/{}", row.needed("Payout ID")?)),
            source: source.reference.clone(),
            gateway: gateway(SHOPIFY_PAYMENTS, None),
            state: told_state(row.get("Status")),
            issued_on: row
                .needed("Payout Date")?
                .parse()
                .map_err(|error| format!("`Payout Date`: {error}"))?,
            arrived_on: None,
            net: row.money("Total", row.currency()?)?,
            by_rows: false,
            bank_reference: row.filled("Bank Reference").map(str::to_owned),
            period: None,
        }))
    };
    said().map_err(|why: String| source.faulty(&why))
}
