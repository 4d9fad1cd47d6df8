//! Files: what the shop's own pages export, and payloads of its interfaces.
//!
//! A file is known by its content, never by its name. Each form has a stream of its own, whose
//! records are verbatim pieces of the file; they read to the same facts as the Admin API's do.

mod lines;
mod table;

mod orders_table;
mod payments_table;
mod payouts_table;

mod bulk;
mod part;
mod payload;
mod purchases;
mod rest;
mod rest_order;
mod rest_payments;
mod rest_sums;

mod movement;
mod share;
mod tags;

use super::read::Source;
use lines::Lines;
pub(super) use part::{join, with_parts};
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::commerce::{Fact, Record};
use saldo_core::issue::Issue;
use saldo_core::text::Stream;
use std::io::BufRead;

/// The forms in which files tell things.
///
/// Where several files tell the same thing, the record counts whose stream's name comes first. So
/// the names are chosen that the form that tells more comes before the one that tells less.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Form {
    /// A row of the balance, by the REST interface.
    BalanceTransactionsRest,
    /// A dispute, by the REST interface.
    DisputesRest,
    /// An order and the lines below it, from the download of a bulk operation.
    OrdersBulk,
    /// An order, by the REST interface or a webhook.
    OrdersRest,
    /// An order, from the export of the orders page.
    OrdersTable,
    /// A row of the balance, from the export of the payouts page.
    PaymentsTable,
    /// A payout, by the REST interface.
    PayoutsRest,
    /// A payout, from the export of the payouts page.
    PayoutsTable,
    /// A purchase order with its receipts and its bill, from a saved answer of Stocky.
    PurchasesStocky,
}

impl Form {
    const ALL: [Self; 9] = [
        Self::BalanceTransactionsRest,
        Self::DisputesRest,
        Self::OrdersBulk,
        Self::OrdersRest,
        Self::OrdersTable,
        Self::PaymentsTable,
        Self::PayoutsRest,
        Self::PayoutsTable,
        Self::PurchasesStocky,
    ];

    /// The stream of records of this form.
    const fn name(self) -> &'static str {
        match self {
            Self::BalanceTransactionsRest => "balance-transactions-rest",
            Self::DisputesRest => "disputes-rest",
            Self::OrdersBulk => "orders-bulk",
            Self::OrdersRest => "orders-rest",
            Self::OrdersTable => "orders-table",
            Self::PaymentsTable => "payments-table",
            Self::PayoutsRest => "payouts-rest",
            Self::PayoutsTable => "payouts-table",
            Self::PurchasesStocky => "purchases-stocky",
        }
    }

    /// The form of the records of a stream.
    pub(super) fn of(stream: &Stream) -> Option<Self> {
        Self::ALL.into_iter().find(|form| form.name() == stream.as_str())
    }

    /// A piece of a file, and where it stands in it.
    fn record(self, context: &ImportContext, place: String, id: String, bytes: String) -> Imported {
        let record = Record {
            connection: context.connection.clone(),
            stream: Stream::new(self.name()),
            id,
            fetched_at: context.now,
            bytes: bytes.into_bytes(),
        };
        Imported::Record { place, record }
    }
}

/// Takes a file, whichever it is.
pub(super) fn import(
    file: &mut dyn BufRead,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let mut lines = Lines::new(file);
    let first = lines.first()?.ok_or("the file is empty")?;
    match first.chars().next() {
        Some('{') if bulk::is_line(&first) => bulk::import(first, &mut lines, context, take),
        Some('{' | '[') => payload::import(&lines.whole(first)?, context, take),
        _ => table::import(first, &mut lines, context, take),
    }
}

/// What a piece of a file says happened.
pub(super) fn read(source: &Source, record: &Record, text: &str) -> Result<Vec<Fact>, Box<Issue>> {
    let fact = match Form::of(&record.stream) {
        Some(Form::BalanceTransactionsRest) => rest_payments::read_row(source, text),
        Some(Form::DisputesRest) => rest_payments::read_dispute(source, text),
        Some(Form::OrdersBulk) => bulk::read(source, text),
        Some(Form::OrdersRest) => rest_order::read(source, text),
        Some(Form::OrdersTable) => orders_table::read(source, text),
        Some(Form::PaymentsTable) => payments_table::read(source, text),
        Some(Form::PayoutsRest) => rest_payments::read_payout(source, text),
        Some(Form::PayoutsTable) => payouts_table::read(source, text),
        Some(Form::PurchasesStocky) => return purchases::read(source, text),
        None => Err(source.unknown("its stream is not known")),
    };
    Ok(vec![fact?])
}
