//! `saldo import`.

use super::args::{Global, Import};
use super::connect::{Office, SHOPS, connection, shop_connection};
use super::context::{self, Usage};
use super::statement::Statements;
use super::{Ending, Output};
use crate::engine::{
    self, Engine, FILES_SETTING, ImportReport, NamedPieces, Opener, is_files_only,
};
use crate::transport::slice::grouped_copy;
use jiff::civil::Date;
use saldo_core::accounting::BEFORE_START_DATE;
use saldo_store::{Connection, Role};
use std::fmt::Write;
use std::fs::File;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// The connection for files of a company that has no shop, of which nobody said whose they are.
const FILES_CONNECTION: &str = "shopify:files";
/// How many pieces are named for each file; the JSON form names more.
const NAMED_MAX: usize = 10;

/// Takes files.
pub(crate) async fn import(
    global: &Global,
    words: &Import,
    output: &Output,
) -> anyhow::Result<Ending> {
    let mut engine = context::engine(global, output).await?;
    let target = match &words.account {
        Some(account) => Target::Account(Statements::of(account, words)?),
        None => Target::Shop(target(&mut engine, words).await?),
    };
    let mut reports = Vec::new();
    // Each is looked for before any is taken.
    let named = words.files.iter().map(|named| Ok((named, files(named)?)));
    for (named, files) in named.collect::<anyhow::Result<Vec<_>>>()? {
        for file in files {
            let name = name_of(&file);
            reports.push(match (&target, file.is_dir()) {
                (_, true) => refused(name, file == *named),
                (Target::Shop(shop), _) => of_shop(&engine, shop, name, file).await?,
                (Target::Account(of), _) => of.take(&engine, &file, &name).await?,
            });
        }
    }
    let start = engine.policy.start_date;
    output.data(&reports, || {
        let next = match &target {
            Target::Shop(connection) => next_of(connection),
            Target::Account(of) => of.next(),
        };
        text(&next, start, &reports)
    })?;
    match reports.iter().all(ImportReport::is_whole) {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

/// Whose files they are.
enum Target<'a> {
    /// A shop's.
    Shop(Connection),
    /// A bank's, of an account.
    Account(Statements<'a>),
}

/// The files that a word names. Those of a folder are all that stand in it, by name, but for hidden
/// ones; a folder without any stands for itself, and so do folders within it.
fn files(named: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let unreadable = |error| Usage(format!("{} cannot be read: {error}", named.display()));
    if !named.is_dir() {
        File::open(named).map_err(unreadable)?;
        return Ok(vec![named.to_owned()]);
    }
    let entries = std::fs::read_dir(named).map_err(unreadable)?;
    let paths = entries.map(|entry| entry.map(|entry| entry.path()));
    let mut paths: Vec<PathBuf> = paths.collect::<Result<_, _>>().map_err(unreadable)?;
    paths.retain(|path| !name_of(path).starts_with('.'));
    paths.sort_unstable();
    match paths.is_empty() {
        true => Ok(vec![named.to_owned()]),
        false => Ok(paths),
    }
}

fn name_of(file: &Path) -> String {
    file.file_name().unwrap_or(file.as_os_str()).to_string_lossy().into_owned()
}

/// What is said of a folder: it was named and is empty, or it lies within one that was named.
fn refused(file: String, is_empty: bool) -> ImportReport {
    let reason = match is_empty {
        true => "it is a folder without files",
        false => "it is a folder: name it as well, and its files are taken",
    };
    ImportReport { file, refused: Some(reason.to_owned()), ..ImportReport::default() }
}

/// Takes a file of a shop. Lines of a bulk operation that stand apart from those they belong to are
/// brought together first.
async fn of_shop(
    engine: &Engine,
    shop: &Connection,
    name: String,
    file: PathBuf,
) -> anyhow::Result<ImportReport> {
    let folder = engine.data.join(format!("import-{}", std::process::id()));
    let (lines, into) = (file.clone(), folder.clone());
    let copied = tokio::task::spawn_blocking(move || grouped_copy(&lines, &into)).await?;
    let report = match copied {
        Ok(None) => engine::import(engine, shop, &name, opener(&file)).await,
        Ok(Some(grouped)) => {
            let report = engine::import(engine, shop, &name, opener(&grouped)).await;
            report.map(|report| ImportReport {
                what: format!("{}, whose lines stood apart and were brought together", report.what),
                ..report
            })
        }
        Err(broken) => {
            Ok(ImportReport { file: name, refused: Some(broken.to_string()), ..Default::default() })
        }
    };
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    Ok(report?)
}

fn opener(file: &Path) -> Opener {
    let file = file.to_owned();
    Arc::new(move || {
        Ok(Box::new(BufReader::with_capacity(1 << 16, File::open(&file)?))
            as Box<dyn BufRead + Send>)
    })
}

/// The connection that the files are for. A shop that is not connected gets one that knows nothing
/// but files, and so does a company without a shop.
async fn target(engine: &mut Engine, words: &Import) -> anyhow::Result<Connection> {
    if let Some(shop) = &words.shop {
        let mut connection = shop_connection(&office(engine), shop, false).await?;
        if !connection.settings.contains_key("shop") {
            connection.settings.insert("shop".to_owned(), shop.clone());
            add_files(engine, &mut connection).await?;
        }
        return Ok(connection);
    }
    let mut channels = engine.connections(Role::Channel).await?;
    if let Some(name) = &words.connection {
        let found = channels.into_iter().find(|it| it.id.as_str() == name);
        return found.ok_or_else(|| Usage(format!("there is no shop `{name}`")).into());
    }
    match (channels.pop(), channels.is_empty()) {
        (Some(only), true) => Ok(only),
        (Some(_), false) => {
            let text = "there are several shops: name the one of these files by --shop";
            Err(Usage(text.to_owned()).into())
        }
        (None, _) => {
            let mut connection = connection(FILES_CONNECTION, Role::Channel, SHOPS);
            add_files(engine, &mut connection).await?;
            Ok(connection)
        }
    }
}

fn office(engine: &Engine) -> Office {
    Office {
        store: engine.store.clone(),
        company: engine.company.clone(),
        key: Arc::clone(&engine.key),
        clock: engine.clock.clone(),
    }
}

/// Adds a connection that knows nothing but files.
async fn add_files(engine: &mut Engine, files: &mut Connection) -> anyhow::Result<()> {
    let (name, value) = FILES_SETTING;
    files.settings.insert(name.to_owned(), value.to_owned());
    office(engine).add(files).await?;
    engine.policy = Engine::policy_of(&engine.store, &engine.company).await?;
    Ok(())
}

/// What enters what was taken.
fn next_of(connection: &Connection) -> String {
    let next = match is_files_only(connection) {
        true => "`saldo sync` enters it",
        false => "`saldo sync` enters it, together with what the shop says",
    };
    format!("in `{}`; {next}", connection.id)
}

fn text(next: &str, start: Date, reports: &[ImportReport]) -> String {
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
        if report.older > 0 {
            put(format!(
                "  of these {} say less of their payout than another file did: they are taken for \
                 older, and what that file said holds",
                report.older
            ));
        }
        if report.before_start > 0 {
            put(format!(
                "  of these {} happened before {start}, when the books begin: they are left out by \
                 `{BEFORE_START_DATE}`, as the opening balances hold them",
                report.before_start
            ));
        }
        pieces("held", &report.held, &mut put);
        pieces("left out", &report.left_out, &mut put);
    }
    let taken: usize = reports.iter().map(|report| report.new + report.changed).sum();
    if taken > 0 {
        put(next.to_owned());
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_stands_for_its_files_by_name() {
        let folder = tempfile::tempdir().unwrap();
        let exports = folder.path().join("exports");
        std::fs::create_dir_all(exports.join("older")).unwrap();
        std::fs::create_dir_all(exports.join("empty")).unwrap();
        for file in ["payouts.csv", "orders.csv", ".DS_Store", "older/orders.csv"] {
            std::fs::write(exports.join(file), "x").unwrap();
        }
        for (named, expected) in [
            ("exports", &["empty", "older", "orders.csv", "payouts.csv"][..]),
            ("exports/older", &["older/orders.csv"]),
            ("exports/orders.csv", &["orders.csv"]),
            ("exports/empty", &["empty"]),
        ] {
            let mut expected: Vec<PathBuf> = expected.iter().map(|it| exports.join(it)).collect();
            expected.sort();
            assert_eq!(files(&folder.path().join(named)).unwrap(), expected, "{named}");
        }
        let nowhere = files(&exports.join("nowhere.csv")).unwrap_err();
        assert!(nowhere.to_string().contains("nowhere.csv cannot be read"), "{nowhere}");
        assert!(nowhere.is::<Usage>(), "{nowhere}");
    }
}
