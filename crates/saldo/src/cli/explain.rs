//! `saldo explain`.

use super::args::{self, Global};
use super::plan::{change_text_with, reason_text};
use super::{Ending, Output, context};
use crate::engine::{self, ExplainedDocument, ExplainedFact, Explanation};
use saldo_core::arithmetic::Sum;
use saldo_core::commerce::Fact;
use saldo_core::issue::FactState;
use saldo_core::money::Money;
use saldo_core::plan::Reason;
use std::fmt::Write;

/// Opens something down to the vendor's bytes.
pub(crate) async fn explain(
    global: &Global,
    words: &args::Explain,
    output: &Output,
) -> anyhow::Result<Ending> {
    if words.key.trim().is_empty() {
        let text = "name what is to be explained: an order, a document, an account and a day";
        return Err(context::Usage(text.to_owned()).into());
    }
    let engine = context::engine(global, output).await?;
    let explanation = engine::explain(&engine, &words.key).await?;
    output.data(&explanation, || text(&explanation, words.bytes))?;
    Ok(Ending::Done)
}

fn text(explanation: &Explanation, bytes: bool) -> String {
    let mut text: String = explanation.arithmetic.iter().map(sum_text).collect();
    let mut put = |line: &str| {
        writeln!(text, "{line}").expect("text can always be written to a string");
    };
    for (number, document) in explanation.documents.iter().enumerate() {
        let same = |it: &&ExplainedDocument| it.change.id == document.change.id;
        if explanation.documents[..number].iter().any(|it| same(&it)) {
            continue;
        }
        let copies = explanation.documents.iter().filter(same);
        let change = change_text_with(&document.change, &standing_text(document, copies));
        put(change.trim_end());
        for it in explanation.documents.iter().filter(same) {
            put(&format!(
                "      {} in {}; approved by {}",
                it.status, it.change.book, it.approved_by
            ));
        }
    }
    if explanation.documents.is_empty()
        && explanation.facts.is_empty()
        && !explanation.arithmetic.is_empty()
    {
        put("\nnothing was entered on this account on this day");
        return text;
    }
    put("\nfacts");
    for fact in &explanation.facts {
        put(&format!("  {}: {}", fact.fact.id(), state_text(fact)));
    }
    for issue in &explanation.untold {
        put(&format!("  {}: held: {}; {}", issue.about, issue.message, issue.hint));
    }
    put("\nrecords");
    for record in &explanation.records {
        let (connection, stream, id) = (&record.connection, &record.stream, &record.id);
        put(&format!("  {connection} {stream} {id}, heard {}", record.fetched_at));
        put(&format!("    sha256 {}", record.hash));
        if bytes {
            put(&record.bytes);
        }
    }
    text
}

/// Where a document stands in its books, and why it was entered where that was no new fact.
fn standing_text<'a>(
    document: &ExplainedDocument,
    copies: impl Iterator<Item = &'a ExplainedDocument>,
) -> String {
    let mut words: Vec<&str> = copies.map(|copy| copy.status.as_str()).collect();
    words.sort_unstable();
    words.dedup();
    let standing = words.join(", ");
    match &document.change.reason {
        Reason::NewFact => standing,
        reason => format!("{standing}; {}", reason_text(reason)),
    }
}

/// A number under its terms, and what else somebody states.
fn sum_text(sum: &Sum) -> String {
    let mut text = format!("\n{}\n", sum.about);
    let mut put = |amount: Money, what: &str| {
        writeln!(text, "  {:>14}  {what}", amount.amount_text())
            .expect("text can always be written to a string");
    };
    for term in &sum.terms {
        put(term.amount, &format!("{}  {}", term.text, term.origin));
    }
    put(sum.total, &format!("{} in all", sum.total.currency()));
    match sum.stated {
        Some(stated) if stated != sum.total => put(stated, "is stated: THIS DIFFERS"),
        Some(stated) => put(stated, "is stated: the same"),
        None => {}
    }
    text
}

fn state_text(fact: &ExplainedFact) -> String {
    match &fact.state {
        None if matches!(fact.fact, Fact::Stated(_)) => {
            "what the channel says of itself: proofs compare with it".to_owned()
        }
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
