//! `saldo explain`.

use super::args::{self, Global};
use super::plan::change_text;
use super::{Ending, Output, context};
use crate::engine::{self, ExplainedFact, Explanation};
use saldo_core::issue::FactState;
use std::fmt::Write;

/// Opens something down to the vendor's bytes.
pub(crate) async fn explain(
    global: &Global,
    words: &args::Explain,
    output: &Output,
) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let explanation = engine::explain(&engine, &words.key).await?;
    output.data(&explanation, || text(&explanation, words.bytes))?;
    Ok(Ending::Done)
}

fn text(explanation: &Explanation, bytes: bool) -> String {
    let mut text = String::new();
    let mut put = |line: &str| {
        writeln!(text, "{line}").expect("text can always be written to a string");
    };
    for document in &explanation.documents {
        let change = change_text(&document.change);
        put(change.trim_end());
        let (status, by) = (&document.status, &document.approved_by);
        put(&format!("      {status} in {}; approved by {by}", document.change.book));
    }
    put("\nfacts");
    for fact in &explanation.facts {
        put(&format!("  {}: {}", fact.fact.id(), state_text(fact)));
    }
    put("\nrecords");
    for record in &explanation.records {
        let (connection, stream, id) = (&record.connection, &record.stream, &record.id);
        put(&format!("  {connection} {stream} {id}, heard {}", record.fetched_at));
        put(&format!("    blake3 {}", record.hash));
        if bytes {
            put(&record.bytes);
        }
    }
    text
}

fn state_text(fact: &ExplainedFact) -> String {
    match &fact.state {
        None => "evidence for another fact".to_owned(),
        Some(FactState::Accounted { review: None }) => "accounted".to_owned(),
        Some(FactState::Accounted { review: Some(issue) }) => {
            format!("accounted, to review: {}", issue.message)
        }
        Some(FactState::Waiting { for_what, until: None }) => format!("waits for {for_what}"),
        Some(FactState::Waiting { for_what, until: Some(until) }) => {
            format!("waits for {for_what}, until {until}")
        }
        Some(FactState::Excluded { rule }) => format!("left out by the rule {rule}"),
        Some(FactState::Held(issue)) => format!("held: {}; {}", issue.message, issue.hint),
    }
}
