//! `saldo doctor`.

mod connector;
mod set_up;

use super::args::Global;
use super::status::what_to_do;
use super::{Ending, Output, context};
use crate::config;
use crate::engine::{
    Engine, clock_difference, is_disconnected, is_files_only, known_settings, trouble,
};
use crate::transport::clock::Clock;
use jiff::SignedDuration;
use saldo_books::book;
use saldo_channels::channel;
use saldo_core::book::RefusalKind;
use saldo_core::document::DocumentKind;
use saldo_core::policy::{Approval, Policy};
use saldo_core::text::CompanyId;
use saldo_store::{Connection, Failed, Role, Store};
use serde::Serialize;
use std::fmt::Write;

/// What to do about a book that numbers documents itself.
pub(crate) const NUMBERS: &str = "it numbers sales documents itself, so that they are found again \
    by their date and note: allow custom transaction numbers there, and they stand under ours";

/// What to do about a book that applies credits by itself.
pub(crate) const CREDITS: &str = "it applies credits to open invoices by itself, and so to those \
    of other orders, whose payments it then refuses: turn that off there";

#[derive(Serialize)]
struct Finding {
    check: String,
    good: bool,
    hint: String,
}

fn finding(check: impl Into<String>, good: bool, hint: impl Into<String>) -> Finding {
    Finding { check: check.into(), good, hint: hint.into() }
}

/// Checks that everything is in order.
pub(crate) async fn doctor(global: &Global, output: &Output) -> anyhow::Result<Ending> {
    let mut findings = vec![key(global)?];
    let store = context::open_store(global).await?;
    let company = context::company(global, &store).await?;
    let policy = Engine::policy_of(&store, &company).await;
    let hint = policy.as_ref().err().map(ToString::to_string).unwrap_or_default();
    findings.push(finding("the policy can be read", policy.is_ok(), hint));
    let mut connected = store.connections(&company.id).await?;
    connected.retain(|connection| !is_disconnected(connection));
    connections(&store, &company.id, &connected, &mut findings).await?;
    if let Ok(policy) = &policy
        && policy.wants_drafts()
    {
        drafts(policy, &connected, &mut findings);
    }
    if let Ok(policy) = &policy
        && !policy.text.feeds.is_empty()
    {
        findings.push(feeds(&connected));
    }
    let held = store.held(&company.id).await?.len();
    let mut failed = store.failed(&company.id).await?;
    failed.retain(|it| connected.iter().any(|book| book.id == it.change.book));
    books(&store, &company.id, (&connected, &failed), &mut findings).await?;
    let key = config::key_file().and_then(|file| config::read_key(&file)).ok();
    let now = Clock::real().now();
    connector::check(&store, &company.id, key.as_ref(), now, &mut findings).await?;
    if let Ok(policy) = &policy {
        set_up::check(&store, &company, policy, &mut findings).await?;
    }
    let failed = failed.len();
    findings.push(finding("nothing is held", held == 0, format!("{held} held: `saldo issues`")));
    let hint = format!("{failed} failed: `saldo issues`, then `saldo retry`");
    findings.push(finding("nothing failed", failed == 0, hint));
    output.data(&findings, || text(&findings))?;
    match findings.iter().all(|finding| finding.good) {
        true => Ok(Ending::Done),
        false => Ok(Ending::Held),
    }
}

fn key(global: &Global) -> anyhow::Result<Finding> {
    let file = config::key_file()?;
    let read = config::read_key(&file);
    let data = context::data(global);
    let inside = match (file.canonicalize(), data.canonicalize()) {
        (Ok(file), Ok(data)) => file.starts_with(data),
        _ => false,
    };
    let hint = match (&read, inside) {
        (Err(error), _) => format!("{error:#}"),
        (Ok(_), true) => "the key lies in the data folder: move it elsewhere".to_owned(),
        (Ok(_), false) => String::new(),
    };
    Ok(finding("the key is at hand, outside the data", read.is_ok() && !inside, hint))
}

async fn connections(
    store: &Store,
    company: &CompanyId,
    connections: &[Connection],
    findings: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    let wanted = [
        (Role::Channel, "a shop is connected", "`saldo connect shopify --shop NAME …`"),
        (Role::Book, "a book is connected", "`saldo connect plain-text`, or another book"),
    ];
    for (role, what, hint) in wanted {
        findings.push(finding(what, connections.iter().any(|it| it.role == role), hint));
    }
    for connection in connections {
        let settings = match connection.role {
            Role::Channel if is_files_only(connection) => {
                channel(&connection.adapter).map(|_| Ok(()))
            }
            Role::Channel => channel(&connection.adapter)
                .map(|channel| channel.addresses(&connection.settings).map(|_| ())),
            Role::Owner => Some(Ok(())),
            Role::Book => book(&connection.adapter)
                .map(|book| book.addresses(&connection.settings).map(|_| ())),
        };
        let hint = match &settings {
            None => format!("this version knows no `{}`", connection.adapter),
            Some(Err(reason)) => reason.clone(),
            Some(Ok(())) => String::new(),
        };
        let good = matches!(settings, Some(Ok(())));
        findings.push(finding(format!("`{}` is set up", connection.id), good, hint));
        if let Some(trouble) = trouble(store, company, &connection.id).await? {
            let hint =
                format!("at {:.0}: {}; {}", trouble.at, trouble.message, what_to_do(&trouble));
            let check = format!("`{}` answered when it was last asked", connection.id);
            findings.push(finding(check, false, hint));
        }
        if let Some(ahead) = clock_difference(store, company, &connection.id).await? {
            findings.push(clock(connection, ahead));
        }
    }
    Ok(())
}

/// A machine's clock that a vendor contradicted.
fn clock(connection: &Connection, ahead: SignedDuration) -> Finding {
    let side = if ahead.is_negative() { "ahead" } else { "behind" };
    let hint = format!(
        "it is {:#} {side}, as the last answer said: set it right, best by the network, since days \
         end by it",
        ahead.abs()
    );
    finding(format!("this machine's clock agrees with that of `{}`", connection.id), false, hint)
}

/// Which kinds of documents books have no drafts of, where the policy wants some.
fn drafts(policy: &Policy, connections: &[Connection], findings: &mut Vec<Finding>) {
    let wanted = DocumentKind::ALL.into_iter();
    let wanted: Vec<DocumentKind> =
        wanted.filter(|kind| policy.approval_of(*kind) == Approval::Draft).collect();
    for connection in connections.iter().filter(|it| it.role == Role::Book) {
        let Some(book) = book(&connection.adapter) else { continue };
        let check = format!("`{}` has drafts, as the policy wants them", connection.id);
        let lacking = wanted.iter().filter(|kind| !book.holds_drafts(**kind));
        let lacking: Vec<String> = lacking.map(ToString::to_string).collect();
        let hint = format!(
            "it has none of {}: these wait for `saldo approve` before they are entered there",
            lacking.join(", ")
        );
        findings.push(finding(check, lacking.is_empty(), hint));
    }
}

/// Whether any book takes files of bank rows, where the policy feeds accounts by them.
fn feeds(connections: &[Connection]) -> Finding {
    let books = connections.iter().filter(|it| it.role == Role::Book);
    let mut books = books.filter_map(|it| book(&it.adapter));
    let hint = "what goes through accounts in transit stays there: take `feeds` out of the policy, \
        or connect a book that takes files of bank rows";
    let takes = books.any(|book| book.description().feed.is_some());
    finding("a book takes the rows of accounts that are fed by files", takes, hint)
}

/// What the owners of books decided there, as it was read last.
async fn books(
    store: &Store,
    company: &CompanyId,
    (connections, failed): (&[Connection], &[Failed]),
    findings: &mut Vec<Finding>,
) -> anyhow::Result<()> {
    for connection in connections {
        let settings = known_settings(store, company, &connection.id).await?;
        let Some(settings) = settings else { continue };
        let book = &connection.id;
        let shut = failed
            .iter()
            .filter(|it| it.change.book == *book && it.refusal.kind == RefusalKind::PeriodClosed);
        if let Some(date) = settings.closed_until {
            let shut = shut.count();
            let check = format!("nothing waits for the period of `{book}` closed until {date}");
            let hint = format!(
                "{shut} documents are dated in it: set the closing date back, and the next sync \
                 enters them"
            );
            findings.push(finding(check, shut == 0, hint));
        }
        findings.push(finding(
            format!("`{book}` keeps the numbers of documents"),
            !settings.numbers_documents,
            NUMBERS,
        ));
        let check = format!("`{book}` leaves credits where they belong");
        findings.push(finding(check, !settings.applies_credits, CREDITS));
    }
    Ok(())
}

fn text(findings: &[Finding]) -> String {
    let mut text = String::new();
    for finding in findings {
        let mark = if finding.good { "ok " } else { "NO " };
        writeln!(text, "{mark} {}", finding.check).expect("text can be written to a string");
        if !finding.good {
            writeln!(text, "    hint: {}", finding.hint).expect("text can be written to a string");
        }
    }
    text
}
