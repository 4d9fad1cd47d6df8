//! `saldo undo`, `saldo redo` and `saldo runs`.

use super::args::{Global, Undo};
use super::output::table;
use super::plan::{BookPlan, book_text};
use super::{Ending, Output, context};
use crate::engine::{self, Engine, NotVoided, PlannedUndo, Selection, SyncReport, TakeBack};
use jiff::Timestamp;
use saldo_core::plan::differences;
use serde::Serialize;
use std::collections::BTreeMap;

#[derive(Serialize)]
struct Shown<'a> {
    what: String,
    books: Vec<BookPlan<'a>>,
    /// Slots of a run that it replaced something in, and that stay as they are.
    stood_before: usize,
    /// Documents that are reversed although they are to be voided, by book.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    not_voided: BTreeMap<String, Vec<NotVoided>>,
    /// What was done; none where it was only shown.
    done: Option<Done>,
}

/// What taking back, or entering again, did.
#[derive(Clone, Copy, Serialize)]
struct Done {
    approved: usize,
    pushed: SyncReport,
}

/// Shows what it takes to take something back, or does it.
pub(crate) async fn undo(global: &Global, words: Undo, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let only = words.book.clone();
    let only = only.as_deref();
    let (yes, voids) = (words.yes, words.void);
    let selection = selection(words)?;
    let what = TakeBack { selection: &selection, only, voids };
    let planned = engine::plan_undo(&engine, what).await?;
    let stood_before = planned.iter().map(|it| it.stood_before).max().unwrap_or(0);
    let mut books = Vec::with_capacity(planned.len());
    let mut not_voided = BTreeMap::new();
    for PlannedUndo { planned, not_voided: reversed, .. } in planned {
        if !reversed.is_empty() {
            not_voided.insert(planned.book.to_string(), reversed);
        }
        let differences = differences(&planned.changes)?;
        books.push((planned, differences));
    }
    let done = match yes {
        true => {
            let approved = engine::undo(&engine, what, &context::person()).await?;
            Some(Done { approved, pushed: engine::apply(&engine, only).await? })
        }
        false => None,
    };
    let shown = books.iter().map(|(planned, differences)| BookPlan::of(planned, differences));
    let what = selection.to_string();
    let shown = Shown { what, books: shown.collect(), stood_before, not_voided, done };
    output.data(&shown, || {
        let mut text: String =
            books.iter().map(|(planned, differences)| book_text(planned, differences)).collect();
        text.extend(shown.not_voided.iter().map(|(book, them)| not_voided_text(book, them)));
        if stood_before > 0 {
            text += &format!(
                "\n{stood_before} documents of this run replaced what stood before, and stay: take \
                 back what led to that\n"
            );
        }
        text += &done.map_or_else(
            || "\nnothing is done yet: the same with --yes does it\n".to_owned(),
            |done| done_text(&done),
        );
        text
    })?;
    Ok(Ending::Done)
}

/// How many documents a book reverses although they are to be voided, by why.
fn not_voided_text(book: &str, documents: &[NotVoided]) -> String {
    let mut reasons: BTreeMap<&str, BTreeMap<String, usize>> = BTreeMap::new();
    for NotVoided { kind, why, .. } in documents {
        *reasons.entry(why).or_default().entry(kind.to_string()).or_default() += 1;
    }
    let line = |(why, kinds): (&str, BTreeMap<String, usize>)| {
        let kinds: Vec<String> =
            kinds.iter().map(|(kind, count)| format!("{count} {kind}")).collect();
        format!("  {}: {why}\n", kinds.join(", "))
    };
    let lines: String = reasons.into_iter().map(line).collect();
    format!("\n{book}: reversed rather than voided\n{lines}")
}

fn selection(words: Undo) -> anyhow::Result<Selection> {
    match (words.key, words.run, words.from) {
        (Some(key), ..) => Ok(Selection::Named(key)),
        (None, Some(run), _) => Ok(Selection::Run(run)),
        (None, None, Some(from)) if words.until.is_some_and(|until| until < from) => {
            Err(context::Usage("--until is before --from: name the first day first".into()).into())
        }
        (None, None, Some(from)) => Ok(Selection::Days(from, words.until)),
        (None, None, None) => {
            Err(context::Usage("name a document, a run, or days: see --help".into()).into())
        }
    }
}

fn done_text(done: &Done) -> String {
    let SyncReport { acknowledged, refused, withdrawn, .. } = done.pushed;
    format!(
        "\n{} changes approved; pushed: {acknowledged} acknowledged, {refused} refused, \
         {withdrawn} withdrawn\n",
        done.approved
    )
}

/// Enters again what was taken back.
pub(crate) async fn redo(global: &Global, number: i64, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let (book, approved) = engine::redo(&engine, number, &context::person()).await?;
    let pushed = engine::apply(&engine, Some(book.as_str())).await?;
    let done = Done { approved, pushed };
    output.data(&done, || done_text(&done).trim_start().to_owned())?;
    Ok(Ending::Done)
}

#[derive(Serialize)]
struct Runs {
    runs: Vec<RunShown>,
    undos: Vec<UndoShown>,
}

#[derive(Serialize)]
struct RunShown {
    run: Timestamp,
    book: String,
    approved_by: String,
    documents: u64,
}

#[derive(Serialize)]
struct UndoShown {
    undo: i64,
    book: String,
    what: String,
    entries: u64,
    decided_by: String,
    at: Timestamp,
    redone_by: Option<String>,
    redone_at: Option<Timestamp>,
}

/// Lists runs, and what was taken back.
pub(crate) async fn runs(global: &Global, last: u32, output: &Output) -> anyhow::Result<Ending> {
    let engine = context::engine(global, output).await?;
    let runs = listed(&engine, last).await?;
    output.data(&runs, || text(&runs))?;
    Ok(Ending::Done)
}

async fn listed(engine: &Engine, last: u32) -> anyhow::Result<Runs> {
    let (store, company) = (&engine.store, engine.company_id());
    let runs = store.runs(company, last).await?.into_iter().map(|it| RunShown {
        run: it.at,
        book: it.book.to_string(),
        approved_by: it.approved_by,
        documents: it.documents,
    });
    let undos = store.undos(company).await?.into_iter().map(|it| {
        let (redone_by, redone_at) = it.redone.unzip();
        UndoShown {
            undo: it.number,
            book: it.book.to_string(),
            what: it.words,
            entries: it.entries,
            decided_by: it.decided_by,
            at: it.at,
            redone_by,
            redone_at,
        }
    });
    Ok(Runs { runs: runs.collect(), undos: undos.collect() })
}

fn text(runs: &Runs) -> String {
    let row = |it: &RunShown| {
        let (run, documents) = (it.run.to_string(), it.documents.to_string());
        vec![run, it.book.clone(), it.approved_by.clone(), documents]
    };
    let rows = runs.runs.iter().map(row).collect();
    let mut text = table(&["run", "book", "approved by", "documents"], 1, rows);
    if !runs.undos.is_empty() {
        let row = |it: &UndoShown| {
            let redone = it.redone_at.map_or_else(String::new, |at| format!("redone {at}"));
            let (number, entries) = (it.undo.to_string(), it.entries.to_string());
            let by = format!("{} at {}", it.decided_by, it.at);
            vec![number, it.book.clone(), it.what.clone(), by, redone, entries]
        };
        let rows = runs.undos.iter().map(row).collect();
        text += "\nTaken back\n";
        text += &table(&["undo", "book", "what", "by", "", "entries"], 1, rows);
    }
    text
}
