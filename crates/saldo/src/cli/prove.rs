//! `saldo prove`.

use super::args::Global;
use super::output::table;
use super::{Ending, Output, context, sync};
use crate::engine::{self, FactCounts, ProofReport};
use saldo_core::proof::Check;
use std::fmt::Write;

/// Shows whether everything adds up.
pub(crate) async fn prove(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let report = engine::prove(&engine).await?;
    output.data(&report, || text(&report))?;
    match report.holds() {
        true => sync::ending(&engine, output).await,
        false => Ok(Ending::Held),
    }
}

/// The proof as tables.
pub(crate) fn text(report: &ProofReport) -> String {
    let mut text = String::from("Payouts against their rows\n");
    text.push_str(&checks(&report.payouts));
    for book in &report.books {
        let mut head = |title: &str| {
            writeln!(text, "\n{} in {}", title, book.book)
                .expect("text can always be written to a string");
        };
        head("Clearing accounts");
        text.push_str(&checks(&book.clearing));
        writeln!(text, "\nAccounts in {}", book.book)
            .expect("text can always be written to a string");
        text.push_str(&checks(&book.accounts));
        writeln!(text, "{} still to be pushed, {} failed", book.pending, book.failed)
            .expect("text can always be written to a string");
    }
    text.push_str(&totals(report));
    text
}

/// The counts and the verdict.
pub(crate) fn totals(report: &ProofReport) -> String {
    let facts = report.facts;
    let verdict = match report.holds() {
        true => "everything adds up",
        false => "NOT everything adds up: see the differences above",
    };
    format!("\n{}\n{verdict}\n", facts_text(&facts))
}

/// Where the facts stand, on one line.
pub(crate) fn facts_text(facts: &FactCounts) -> String {
    let FactCounts { posted, to_review, waiting, excluded, held, failed, .. } = facts;
    let (approval, books) = (facts.for_approval, facts.for_books);
    let waits = match approval + books {
        0 => String::new(),
        _ => format!(" (for approval {approval}, for the books {books})"),
    };
    format!(
        "posted {posted} (of these to review {to_review})  waiting {waiting}{waits}  \
         excluded {excluded}  held {held}  failed {failed}"
    )
}

fn checks(checks: &[Check]) -> String {
    let row = |check: &Check| {
        let difference = check.difference().map_or_else(
            |error| error.to_string(),
            |difference| match difference.is_zero() {
                true => "-".to_owned(),
                false => difference.amount_text(),
            },
        );
        vec![check.about.clone(), check.expected.to_string(), check.found.to_string(), difference]
    };
    table(&["", "expected", "found", "difference"], 3, checks.iter().map(row).collect())
}
