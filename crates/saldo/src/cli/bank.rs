//! `saldo bank`.

use super::args::Global;
use super::output::table;
use super::{Ending, Output, context};
use crate::engine::{self, BankProof, UnknownRow};
use saldo_core::feed::FeedRow;

/// Shows what banks said beside what documents say.
pub(crate) async fn bank(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let proofs = engine::bank_proofs(&engine, &engine.policy).await?;
    output.data(&proofs, || match proofs.is_empty() {
        true => {
            "no statement of a bank was imported: `saldo import FILE --account NAME` takes one\n"
                .to_owned()
        }
        false => proofs.iter().map(whole).collect::<Vec<_>>().join("\n"),
    })?;
    match proofs.iter().all(BankProof::holds) {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

/// An account in one line, for the proof, and where to read on.
pub(crate) fn line(proof: &BankProof) -> String {
    let hint = if proof.holds() { "" } else { ": `saldo bank` names them" };
    format!("{}{hint}\n", counts(proof))
}

fn counts(proof: &BankProof) -> String {
    let BankProof { account, from, until, found, unknown, missing, .. } = proof;
    format!(
        "{account} at the bank, from {from} to {until}: {} documents found there, {} not, {} rows \
         that no document knows",
        found.len(),
        missing.len(),
        unknown.len(),
    )
}

fn whole(proof: &BankProof) -> String {
    let mut text = counts(proof) + "\n";
    if !proof.found.is_empty() {
        let row = |it: &saldo_core::bank::BankPair| {
            vec![
                it.document.day.to_string(),
                it.document.id.clone(),
                it.document.description.clone(),
                it.row.day.to_string(),
                it.row.text.clone(),
                it.row.amount.to_string(),
            ]
        };
        let heads = ["date", "document", "", "at the bank", "", "amount"];
        text += &table(&heads, 1, proof.found.iter().map(row).collect());
    }
    if !proof.missing.is_empty() {
        let row = |it: &FeedRow| {
            vec![it.day.to_string(), it.id.clone(), it.description.clone(), it.amount.to_string()]
        };
        text += "\nDocuments that the bank should have told of\n";
        let heads = ["date", "document", "", "amount"];
        text += &table(&heads, 1, proof.missing.iter().map(row).collect());
    }
    if !proof.unknown.is_empty() {
        text += "\nRows that no document knows\n";
        let rows = proof.unknown.iter().map(|row| unknown(&proof.account, row));
        text += &rows.collect::<String>();
    }
    text
}

/// A row, and how to say what it is.
fn unknown(account: &str, it: &UnknownRow) -> String {
    let UnknownRow { row, role, place } = it;
    let shown = format!("  {} {} {}\n", row.day, row.amount, row.text);
    if place.is_none() {
        let why = "enter it in the books: decisions are about accounts in their own currency";
        return format!("{shown}    hint: {why}\n");
    }
    let role = role.map_or("ROLE", saldo_core::policy::Role::word);
    let id = row.id.replace('\'', "'\\''");
    format!("{shown}    hint: saldo decide bank-row \"{account}\" '{id}' --as {role}\n")
}
