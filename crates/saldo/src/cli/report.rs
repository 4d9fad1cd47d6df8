//! `saldo report` and `saldo verify`.

use super::args::{Global, Report, ReportBridge, ReportClose, Verify};
use super::context::{self, Usage};
use super::export::Overtaken;
use super::output::table;
use super::{Ending, Output};
use crate::config;
use crate::engine::{self, Bridge, Engine, EngineError, ProofReport};
use crate::pack::{self, PublicKey, Sheet, Verified};
use anyhow::Context;
use jiff::Timestamp;
use saldo_core::text::ConnectionId;
use saldo_store::Role;
use serde::Serialize;
use std::collections::BTreeMap;

/// Shows a report, or writes one.
pub(crate) async fn report(
    global: &Global,
    words: Report,
    output: &Output,
) -> anyhow::Result<Ending> {
    let mut engine = context::engine(global, output).await?;
    engine.is_awaited = true;
    match words {
        Report::Bridge(words) => bridge(&engine, &words, output).await,
        Report::Close(words) => close(&engine, &words, output).await,
    }
}

async fn bridge(engine: &Engine, words: &ReportBridge, output: &Output) -> anyhow::Result<Ending> {
    let bridge = engine::bridge(engine, words.from, words.to).await?;
    match words.csv {
        true => {
            let [rows, ..] = pack::of_bridge(&bridge);
            output.text(&rows.csv())?;
        }
        false => output.data(&bridge, || bridge_text(&bridge))?,
    }
    Ok(Ending::Done)
}

/// The report as tables.
fn bridge_text(bridge: &Bridge) -> String {
    let shown = |sheet: Sheet| {
        let Sheet { title, heads, numbers, rows, .. } = sheet;
        match rows.is_empty() {
            true => format!("{title}: nothing\n"),
            false => format!("{title}\n{}", table(heads, numbers, rows)),
        }
    };
    pack::of_bridge(bridge).map(shown).join("\n")
}

#[derive(Serialize)]
struct Made {
    file: String,
    month: String,
    books: Vec<String>,
    /// Whether everything adds up.
    holds: bool,
    public_key: String,
    files: usize,
}

async fn close(engine: &Engine, words: &ReportClose, output: &Output) -> anyhow::Result<Ending> {
    let key = config::signing_key(&config::key_file()?)?;
    let books = books(engine, words.book.as_deref()).await?;
    let today = engine.policy.day(engine.clock.now());
    if !words.provisional && today <= words.month.last() {
        return Err(Usage(format!(
            "{} is not over: what is closed must not change any more. `--provisional` makes a \
             pack that says so",
            words.month
        ))
        .into());
    }
    let proof = prove(engine).await?.of_books(&books);
    let sheets = sheets(engine, words, &books, &proof).await?;
    let public_key = key.public()?;
    let title = format!("{}: close of {}", engine.company.name, words.month);
    let page = pack::page(&title, &intro(engine, words, &proof, public_key), &sheets);
    let csv = |sheet: &Sheet| (format!("{}.csv", sheet.name), sheet.csv().into_bytes());
    let mut files: BTreeMap<String, Vec<u8>> = sheets.iter().map(csv).collect();
    files.insert("index.html".to_owned(), page.into_bytes());
    let count = files.len();
    let sealed = pack::seal(files, &key)?;
    std::fs::write(&words.out, sealed)
        .with_context(|| format!("{} cannot be written", words.out.display()))?;
    let made = Made {
        file: words.out.display().to_string(),
        month: words.month.to_string(),
        books: books.iter().map(ToString::to_string).collect(),
        holds: holds(engine, words, &proof),
        public_key: public_key.to_string(),
        files: count,
    };
    output.data(&made, || {
        let Made { file, month, public_key, .. } = &made;
        format!(
            "{month} in {file}: {count} files\nsigned by the key {public_key}\n\
             `saldo verify {file} --public-key {public_key}` checks it\n"
        )
    })?;
    match made.holds {
        true => Ok(Ending::Done),
        false => {
            output.note("not everything adds up: the proof in the pack says what does not");
            Ok(Ending::Held)
        }
    }
}

/// The proof; of the books that can be proved, where some cannot: the page names the others.
async fn prove(engine: &Engine) -> anyhow::Result<ProofReport> {
    match engine::prove(engine).await {
        Ok(report) => Ok(report),
        Err(EngineError::Unproved { report, .. }) => Ok(*report),
        Err(error) => Err(error.into()),
    }
}

async fn books(engine: &Engine, wanted: Option<&str>) -> anyhow::Result<Vec<ConnectionId>> {
    let books = engine.connections(Role::Book).await?.into_iter().map(|book| book.id);
    let books: Vec<ConnectionId> =
        books.filter(|book| wanted.is_none_or(|wanted| book.as_str() == wanted)).collect();
    match (books.is_empty(), wanted) {
        (false, _) => Ok(books),
        (true, Some(wanted)) => Err(Usage(format!("there is no book `{wanted}`")).into()),
        (true, None) => {
            let text = "there is no book: `saldo connect plain-text` makes one".to_owned();
            Err(Usage(text).into())
        }
    }
}

async fn sheets(
    engine: &Engine,
    words: &ReportClose,
    books: &[ConnectionId],
    proof: &ProofReport,
) -> anyhow::Result<Vec<Sheet>> {
    let mut sheets: Vec<Sheet> = pack::of_proof(proof).into();
    let last = words.month.last();
    sheets.push(pack::of_proof_by_day(proof, words.month.first..=last));
    sheets.push(pack::of_identities(&engine::identities_as_of(engine, proof, last).await?));
    for book in books {
        let month = engine::month_report(engine, book, words.month).await?.ok_or(Overtaken)?;
        sheets.extend(pack::of_month(&month)?);
    }
    let bridge = engine::bridge(engine, words.month.first, last).await?;
    sheets.extend(pack::of_bridge(&bridge));
    Ok(sheets)
}

/// Whether everything adds up, by readings of books that are no older than the month's end.
fn holds(engine: &Engine, words: &ReportClose, proof: &ProofReport) -> bool {
    let is_late = |at: Timestamp| engine.policy.day(at) > words.month.last();
    proof.holds() && proof.read_before.iter().all(|it| words.provisional || is_late(it.read_at))
}

/// What stands above the tables.
fn intro(
    engine: &Engine,
    words: &ReportClose,
    proof: &ProofReport,
    public_key: PublicKey,
) -> Vec<String> {
    let company = &engine.company;
    let (first, last) = (words.month.first, words.month.last());
    let provisional = words.provisional.then(|| {
        "Provisional: this was made before all of the month was known, and may change.".to_owned()
    });
    let verdict = match (holds(engine, words, proof), proof.adds_up()) {
        (true, _) => "Everything adds up.",
        (false, true) => "Everything adds up that was accounted, approved and could be read.",
        (false, false) => "NOT everything adds up: see the differences in the proof.",
    };
    let mut intro = vec![
        format!(
            "{first} to {last}, in {}, by days of {}. Entered from {} on; revision {} of the \
             policy.",
            company.currency, company.timezone, company.start_date, engine.policy.revision
        ),
        verdict.to_owned(),
    ];
    intro.extend(provisional);
    let unproved = proof.unproved.iter();
    intro.extend(unproved.map(|it| format!("Not proved: {}: {}.", it.book, it.reason)));
    let before = proof.read_before.iter();
    intro.extend(before.map(|it| {
        format!("{} was last read at {:.0}, by its vendor's own call.", it.proof.book, it.read_at)
    }));
    intro.extend(words.made_at.map(|at| format!("Made at {at}.")));
    intro.push(format!(
        "Every file has its hash in manifest.sha256, which is signed by the key {public_key} \
         (Ed25519). `saldo verify FILE --public-key KEY` checks the archive."
    ));
    intro
}

#[derive(Serialize)]
struct Looked {
    file: String,
    holds: bool,
    #[serde(flatten)]
    verified: Verified,
}

/// Checks a close pack, without any database.
pub(crate) fn verify(words: &Verify, output: &Output) -> anyhow::Result<Ending> {
    let file = words.file.display().to_string();
    let bytes = std::fs::read(&words.file)
        .map_err(|error| Usage(format!("{file} cannot be read: {error}")))?;
    let verified = pack::verify(&bytes, words.public_key)
        .map_err(|error| Usage(format!("{file}: {error}")))?;
    let looked = Looked { file, holds: verified.holds(), verified };
    output.data(&looked, || verified_text(&looked))?;
    Ok(if looked.holds { Ending::Done } else { Ending::Held })
}

fn verified_text(looked: &Looked) -> String {
    let Looked { file, holds, verified } = looked;
    let Verified { public_key, signed, expected_key, intact, altered, missing, added } = verified;
    let mut text = String::new();
    let named = [("altered", altered), ("missing", missing), ("added", added)];
    for (what, names) in named {
        text.extend(names.iter().map(|name| format!("{what}: {name}\n")));
    }
    if !signed {
        text += "the manifest is not what the key in the archive signed\n";
    }
    text += &match expected_key {
        Some(true) => format!("signed by the expected key {public_key}\n"),
        Some(false) => format!("signed by ANOTHER key: {public_key}\n"),
        None => format!(
            "the key in the archive is {public_key}: compare it with the one that `saldo init` \
             showed, or name that by --public-key\n"
        ),
    };
    let verdict = if *holds { "as it was signed" } else { "NOT as it was signed" };
    text + &format!("{file}: {intact} files intact, {verdict}\n")
}
