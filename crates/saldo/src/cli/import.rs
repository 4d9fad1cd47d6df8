//! `saldo import`.

use super::args::{Global, Import};
use super::connect::{Office, connection};
use super::context::{self, Usage};
use super::{Ending, Output};
use crate::engine::{
    self, Engine, FILES_SETTING, ImportReport, NamedPieces, Opener, is_files_only,
};
use saldo_store::{Connection, Role};
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::sync::Arc;

/// The connection for files of a company that has no shop connected.
const FILES_CONNECTION: (&str, &str) = ("shopify:files", "shopify");
/// How many pieces are named for each file; the JSON form names more.
const NAMED_MAX: usize = 10;

/// Takes files.
pub(crate) async fn import(
    global: &Global,
    words: &Import,
    output: &Output,
) -> anyhow::Result<Ending> {
    let mut engine = context::engine(global, output).await?;
    let connection = target(&mut engine, words).await?;
    let mut reports = Vec::new();
    for file in &words.files {
        let name = file.file_name().map_or_else(String::new, |it| it.to_string_lossy().into());
        reports.push(engine::import(&engine, &connection, &name, opener(file)).await?);
    }
    output.data(&reports, || text(&connection, &reports))?;
    match reports.iter().all(ImportReport::is_whole) {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

fn opener(file: &Path) -> Opener {
    let file = file.to_owned();
    Arc::new(move || Ok(Box::new(BufReader::new(File::open(&file)?)) as Box<dyn BufRead + Send>))
}

/// The connection that the files are for. A company without a shop gets one that knows nothing but
/// files.
async fn target(engine: &mut Engine, words: &Import) -> anyhow::Result<Connection> {
    let mut channels = engine.connections(Role::Channel).await?;
    if let Some(name) = &words.connection {
        let found = channels.into_iter().find(|it| it.id.as_str() == name);
        return found.ok_or_else(|| Usage(format!("there is no shop `{name}`")).into());
    }
    match (channels.pop(), channels.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            let text = "there are several shops: name the one of these files by --connection";
            Err(Usage(text.to_owned()).into())
        }
        (None, _) => add_files(engine).await,
    }
}

async fn add_files(engine: &mut Engine) -> anyhow::Result<Connection> {
    let (id, adapter) = FILES_CONNECTION;
    let mut files = connection(id, Role::Channel, adapter);
    let (name, value) = FILES_SETTING;
    files.settings.insert(name.to_owned(), value.to_owned());
    let office = Office {
        store: engine.store.clone(),
        company: engine.company.clone(),
        key: Arc::clone(&engine.key),
    };
    office.add(&files).await?;
    engine.policy = Engine::policy_of(&engine.store, &engine.company).await?;
    Ok(files)
}

fn text(connection: &Connection, reports: &[ImportReport]) -> String {
    let mut text = String::new();
    let mut put = |line: String| {
        writeln!(text, "{line}").expect("text can always be written to a string");
    };
    for report in reports {
        if let Some(reason) = &report.refused {
            put(format!("{}: refused: {reason}", report.file));
            continue;
        }
        put(format!("{}: {}", report.file, report.what));
        let (new, changed, known) = (report.new, report.changed, report.known);
        put(format!("  taken: {new} new, {changed} changed, {known} known"));
        pieces("held", &report.held, &mut put);
        pieces("left out", &report.left_out, &mut put);
    }
    let taken: usize = reports.iter().map(|report| report.new + report.changed).sum();
    if taken > 0 {
        let next = match is_files_only(connection) {
            true => "`saldo sync` enters it",
            false => "`saldo sync` enters it, together with what the shop says",
        };
        put(format!("in `{}`; {next}", connection.id));
    }
    text
}

fn pieces(what: &str, pieces: &NamedPieces, put: &mut impl FnMut(String)) {
    for piece in pieces.first.iter().take(NAMED_MAX) {
        put(format!("  {what}: {}: {}", piece.place, piece.reason));
    }
    if pieces.count > NAMED_MAX {
        put(format!("  {what}: {} more", pieces.count - NAMED_MAX));
    }
}
