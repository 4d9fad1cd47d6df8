//! `saldo map`.

mod revisions;
mod set;

use super::args::{Global, Map, Revision};
use super::context::{self, Usage};
use super::output::table;
use super::plan::differences_text;
use super::rules::rules;
use super::template::template;
use super::{Ending, Output};
use crate::engine::{self, Effect, Engine, LeftOpen, Reviser, known_settings, revise};
use crate::transport::clock::Clock;
use jiff::civil::Date;
use saldo_books::book;
use saldo_core::issue::{Issue, IssueKind};
use saldo_core::policy::Policy;
use saldo_store::{Company, HeldFact, Role, Store};
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};

#[derive(Serialize)]
struct Shown {
    revision: u32,
    policy: saldo_core::policy::PolicyText,
    accounts: Vec<ShownAccount>,
    dimensions: Vec<ShownDimension>,
    /// What is held since the policy does not say where it belongs.
    missing: Vec<Missing>,
}

/// Gateways, taxes, products and words that the policy does not name.
#[derive(Serialize)]
struct Missing {
    message: String,
    hint: String,
    /// How many orders, rows and payouts are held by it.
    held: u64,
}

#[derive(Serialize)]
struct ShownAccount {
    role: String,
    account: String,
    kind: saldo_core::ledger::AccountKind,
}

/// A dimension that the policy declares.
#[derive(Serialize)]
struct ShownDimension {
    name: String,
    default: Option<String>,
    /// What rules say that lines stand for in it.
    values: BTreeSet<String>,
    /// The books that do not keep it: what stands for something in it is refused there.
    not_kept_by: Vec<String>,
}

/// Shows or changes the policy.
pub(crate) async fn map(global: &Global, words: Map, output: &Output) -> anyhow::Result<Ending> {
    match words {
        Map::Show => {
            let (store, company) = opened(global).await?;
            let policy = Engine::policy_of(&store, &company).await?;
            let dimensions = dimensions(&policy, &store, &company).await?;
            let missing = missing(store.held(&company.id).await?);
            show(&policy, dimensions, missing, output)?;
        }
        Map::Rules { file } => return rules(global, file.as_deref(), output).await,
        Map::Template(words) => return template(global, words, output).await,
        Map::Export => {
            let (store, company) = opened(global).await?;
            let revision = store.policy(&company.id).await?;
            let (revision, since, toml) =
                revision.map_or((0, None, String::new()), |it| (it.revision, it.since, it.text));
            let exported = Exported { revision, since, toml };
            output.data(&exported, || exported.toml.clone())?;
        }
        Map::Import { file, revision } => {
            let text = context::text_of_file(&file)?;
            change(global, revision, output, |_| Ok(text)).await?;
        }
        Map::Set { key, value, revision } => {
            change(global, revision, output, |before| set::set(before, &key, &value)).await?;
        }
        Map::Revisions => revisions::list(global, output).await?,
        Map::Back { number, revision } => revisions::back(global, number, revision, output).await?,
    }
    Ok(Ending::Done)
}

/// What is held for want of a line of the policy, each once.
fn missing(held: Vec<HeldFact>) -> Vec<Missing> {
    let mut counts: BTreeMap<(String, String), u64> = BTreeMap::new();
    for Issue { kind, message, hint, .. } in held.into_iter().map(|held| held.issue) {
        if kind == IssueKind::MissingMapping {
            *counts.entry((message, hint)).or_default() += 1;
        }
    }
    let missing = |((message, hint), held)| Missing { message, hint, held };
    counts.into_iter().map(missing).collect()
}

async fn opened(global: &Global) -> anyhow::Result<(Store, Company)> {
    let store = context::open_store(global).await?;
    let company = context::company(global, &store).await?;
    Ok((store, company))
}

/// Changes the text of the policy, and says what follows from it in the books: unless that is
/// approved beforehand, it waits there for a person.
pub(super) async fn change(
    global: &Global,
    revision: Revision,
    output: &Output,
    make: impl FnOnce(&str) -> anyhow::Result<String>,
) -> anyhow::Result<()> {
    let (store, company) = opened(global).await?;
    let change = |before: &str| checked(make(before)?, &company).map(Some);
    let (holder, now) = (context::holder()?, Clock::real().now());
    let reviser = Reviser { company: &company.id, holder: &holder, since: revision.from, now };
    if !revision.approve {
        // First this, so that no sync in between enters what nobody has seen.
        engine::let_revisions_wait(&store, &company.id, now).await?;
    }
    let number = revise(&store, reviser, change).await?;
    let number = number.expect("the change always makes a text");
    let latest = store.policy(&company.id).await?;
    let since = latest.and_then(|latest| latest.since);
    let engine = context::engine(global, output).await;
    let effects = match engine {
        Ok(engine) => engine::effects(&engine).await.map_err(anyhow::Error::from),
        Err(error) => Err(error),
    };
    let effects = effects.unwrap_or_else(|error| {
        output.note(&format!("what it amounts to could not be worked out: {error:#}"));
        Vec::new()
    });
    let waits = !revision.approve && !effects.is_empty();
    let saved = Saved { revision: number, since, effects, waits };
    output.data(&saved, || saved_text(&saved))
}

/// The policy as it can be imported again.
#[derive(Serialize)]
struct Exported {
    /// Nought where nothing was decided yet.
    revision: i64,
    since: Option<Date>,
    toml: String,
}

#[derive(Serialize)]
struct Saved {
    revision: i64,
    since: Option<Date>,
    /// What it takes out of books and enters anew.
    effects: Vec<Effect>,
    /// Whether that waits for a person.
    waits: bool,
}

/// A text that is a policy.
pub(super) fn checked(text: String, company: &Company) -> anyhow::Result<String> {
    let read = Policy::new(0, &text, company.currency, &company.timezone, company.start_date);
    read.map_err(|error| Usage(error.to_string()))?;
    Ok(text)
}

fn saved_text(saved: &Saved) -> String {
    let from = saved.since.map_or_else(String::new, |since| format!(", for {since} and later"));
    let mut text = format!("policy revision {}{from}\n", saved.revision);
    for Effect { book, taken_out, entered, amended, differences, left_open } in &saved.effects {
        text += &format!("\n{book}: {taken_out} documents taken out, {entered} entered anew");
        if *amended > 0 {
            text += &format!(", {amended} amended where they stand");
        }
        text.push('\n');
        text += match differences.is_empty() {
            true => "\nNo account changes in any month.\n".to_owned(),
            false => differences_text(differences),
        }
        .as_str();
        text.extend(left_open.iter().map(left_open_text));
    }
    match (saved.effects.is_empty(), saved.waits) {
        (true, _) => text + "`saldo plan` shows what follows from it\n",
        (false, true) => {
            text + "\nNothing of this is entered before `saldo approve`; `saldo plan` shows it \
                    document by document\n"
        }
        (false, false) => {
            text + "\nThe next `saldo sync` enters it as the policy says of approval; `saldo plan` \
                    shows it document by document\n"
        }
    }
}

/// What becomes of facts that are taken out and not entered anew.
fn left_open_text(open: &LeftOpen) -> String {
    let facts = match open.facts {
        1 => "1 fact of what is taken out is".to_owned(),
        facts => format!("{facts} facts of what is taken out are"),
    };
    match (open.held, open.until) {
        (true, _) => format!("\n{facts} held: `saldo issues` says why\n"),
        (false, Some(until)) => {
            format!("\n{facts} entered anew by the first sync that hears of {until} or later\n")
        }
        (false, None) => format!("\n{facts} not entered anew yet: `saldo status` says why\n"),
    }
}

/// The dimensions of a policy, with the books that do not keep them.
async fn dimensions(
    policy: &Policy,
    store: &Store,
    company: &Company,
) -> anyhow::Result<Vec<ShownDimension>> {
    let mut shown = Vec::new();
    let connections = store.connections(&company.id).await?;
    for (name, dimension) in &policy.text.dimensions {
        let mut not_kept_by = Vec::new();
        for connection in connections.iter().filter(|it| it.role == Role::Book) {
            let Some(book) = book(&connection.adapter) else { continue };
            let settings = known_settings(store, &company.id, &connection.id).await?;
            let is_off = settings.is_some_and(|settings| settings.switched_off.contains(name));
            let kept = book.description().dimensions;
            if is_off || !kept.keeps(name) || !kept.has_room(policy.text.dimensions.len()) {
                not_kept_by.push(connection.id.to_string());
            }
        }
        let values = policy.text.rules.iter().filter_map(|rule| rule.set.get(name)).cloned();
        shown.push(ShownDimension {
            name: name.clone(),
            default: dimension.default.clone(),
            values: values.collect(),
            not_kept_by,
        });
    }
    Ok(shown)
}

fn dimensions_text(dimensions: &[ShownDimension]) -> String {
    if dimensions.is_empty() {
        return String::new();
    }
    let row = |it: &ShownDimension| {
        let values = it.values.iter().cloned().collect::<Vec<_>>().join(", ");
        let default = it.default.clone().unwrap_or_else(|| "nothing".to_owned());
        vec![it.name.clone(), default, values, it.not_kept_by.join(", ")]
    };
    let rows = dimensions.iter().map(row).collect();
    format!("\n{}", table(&["dimension", "by default", "by rules", "not kept by"], 0, rows))
}

fn show(
    policy: &Policy,
    dimensions: Vec<ShownDimension>,
    missing: Vec<Missing>,
    output: &Output,
) -> anyhow::Result<()> {
    let accounts = policy.chart.iter().map(|(role, account)| ShownAccount {
        role: format!("accounts.{}", role.word()),
        account: account.name.to_string(),
        kind: account.kind,
    });
    let gateways = policy.text.gateways.keys().filter_map(|gateway| {
        let account = policy.clearing(gateway, policy.currency)?;
        let (role, kind) = (format!("gateways.{gateway}.account"), account.kind);
        Some(ShownAccount { role, account: account.name.to_string(), kind })
    });
    let banks = policy.text.gateways.iter().filter(|(_, known)| known.bank.is_some());
    let banks = banks.map(|(gateway, _)| {
        let (role, bank) = (format!("gateways.{gateway}.bank"), policy.bank(gateway));
        ShownAccount { role, account: bank.name.to_string(), kind: bank.kind }
    });
    let taxes = policy.text.tax.accounts.keys().filter_map(|title| {
        let (role, account) = (format!("tax.accounts.{title}"), policy.tax(title)?);
        Some(ShownAccount { role, account: account.name.to_string(), kind: account.kind })
    });
    let text = &policy.text;
    let notes = ("drawer.notes", &text.drawer.notes);
    let disputes = ("disputes", &text.disputes);
    let words =
        [("rows", &text.rows), ("lines", &text.lines), ("fees", &text.fees), disputes, notes];
    let words = words.into_iter().flat_map(|(table, roles)| {
        roles.iter().map(move |(word, role)| {
            let account = policy.chart.account(*role);
            let (role, kind) = (format!("{table}.{word}"), account.kind);
            ShownAccount { role, account: account.name.to_string(), kind }
        })
    });
    let shown = Shown {
        revision: policy.revision,
        policy: policy.text.clone(),
        accounts: accounts
            .chain(gateways)
            .chain(banks)
            .chain(taxes)
            .chain(words)
            .chain(by_rules(policy))
            .collect(),
        dimensions,
        missing,
    };
    output.data(&shown, || {
        let rows = shown
            .accounts
            .iter()
            .map(|it| vec![it.role.clone(), it.account.clone(), format!("{:?}", it.kind)])
            .collect();
        let accounts = table(&["key", "account", "kind"], 0, rows);
        head_text(policy)
            + &accounts
            + &dimensions_text(&shown.dimensions)
            + &missing_text(&shown.missing)
    })
}

/// What holds besides accounts, in one line.
fn head_text(policy: &Policy) -> String {
    let text = &policy.text;
    let switches = text.detail_from.iter();
    let switches: String =
        switches.map(|(day, detail)| format!(", from {day} {detail:?}")).collect();
    format!(
        "revision {}; detail {:?}{switches}; sales as {}; returns as {}; approval {:?}; \
         customers `{}`{}\n\n",
        policy.revision,
        text.detail,
        text.sales.word(),
        text.refunds.word(),
        text.approval,
        text.customers.default,
        customers_text(policy),
    )
}

/// The customers of channels and points of sale, and whether buyers stand by their names.
fn customers_text(policy: &Policy) -> String {
    let customers = &policy.text.customers;
    let named = customers.sources.iter().chain(&customers.channels);
    let mut text: String = named.map(|(word, name)| format!(", of {word} `{name}`")).collect();
    if customers.by_name {
        text += ", or by name";
    }
    text
}

fn missing_text(missing: &[Missing]) -> String {
    let text = |it: &Missing| {
        format!("missing: {}; held by it: {}\n  hint: {}\n", it.message, it.held, it.hint)
    };
    missing.iter().map(text).collect()
}

/// The accounts that rules name, each for the first of its roles.
fn by_rules(policy: &Policy) -> impl Iterator<Item = ShownAccount> {
    policy.text.rules.iter().filter_map(|rule| {
        let (account, role) = (rule.account.clone()?, rule.when.role.iter().next()?);
        Some(ShownAccount { role: format!("rules.{}", rule.name), account, kind: role.kind() })
    })
}
