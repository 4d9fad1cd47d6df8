//! `saldo map revisions` and `saldo map back`.

use super::{change, opened};
use crate::cli::Output;
use crate::cli::args::{Global, Revision};
use crate::cli::context::Usage;
use crate::engine::{Holds, holds};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_store::PolicyRevision;
use serde::Serialize;
use std::collections::BTreeMap;

/// How many changes of a revision are named; `--json` has all.
const NAMED: usize = 8;

/// A revision of the policy.
#[derive(Serialize)]
struct ShownRevision {
    revision: i64,
    decided_at: Timestamp,
    /// The first books day that it was made for; none where it was made for all.
    since: Option<Date>,
    /// The days that it holds for; none where later ones replaced it.
    holds: Option<Holds>,
    /// What it says otherwise than the one before it.
    changes: Vec<ChangedKey>,
}

/// A key of the policy that a revision set, changed or took out.
#[derive(Debug, PartialEq, Serialize)]
struct ChangedKey {
    key: String,
    /// The value before, as TOML; none where the key did not stand there.
    before: Option<String>,
    /// The value since, as TOML; none where the key was taken out.
    now: Option<String>,
}

/// Lists the revisions, the newest first, each with what it changed.
pub(super) async fn list(global: &Global, output: &Output) -> anyhow::Result<()> {
    let (store, company) = opened(global).await?;
    let revisions = store.policies(&company.id, None).await?;
    let holding = holds(&revisions);
    let mut before = BTreeMap::new();
    let mut shown = Vec::with_capacity(revisions.len());
    for PolicyRevision { revision, text, since, at } in revisions {
        let values = values(&text)?;
        let changes = changes(&before, &values);
        let holds = holding.get(&revision).copied();
        shown.push(ShownRevision { revision, decided_at: at, since, holds, changes });
        before = values;
    }
    shown.reverse();
    output.data(&shown, || text(&shown))
}

/// Makes what a revision says the newest one.
pub(super) async fn back(
    global: &Global,
    number: i64,
    revision: Revision,
    output: &Output,
) -> anyhow::Result<()> {
    let (store, company) = opened(global).await?;
    let revisions = store.policies(&company.id, None).await?;
    let text = match revisions.iter().find(|it| it.revision == number) {
        Some(known) => known.text.clone(),
        None if number == 0 => String::new(),
        None => {
            let text = format!(
                "there is no revision {number} of the policy: `saldo map revisions` lists them, \
                 and 0 is what holds before the first"
            );
            return Err(Usage(text).into());
        }
    };
    let is_same = revisions.last().is_some_and(|latest| latest.text == text);
    if is_same && revision.from.is_none() {
        let text = format!("revision {number} says what the policy says now: nothing would change");
        return Err(Usage(text).into());
    }
    change(global, revision, output, |_| Ok(text)).await
}

/// The values of a policy by their keys, with points between the parts of these.
fn values(text: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let mut values = BTreeMap::new();
    let mut tables = vec![(String::new(), text.parse::<toml::Table>()?)];
    while let Some((path, table)) = tables.pop() {
        for (name, value) in table {
            let is_bare = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '_');
            let name = match !name.is_empty() && name.chars().all(is_bare) {
                true => name,
                false => toml::Value::String(name).to_string(),
            };
            let key = if path.is_empty() { name } else { format!("{path}.{name}") };
            match value {
                toml::Value::Table(table) if !table.is_empty() => tables.push((key, table)),
                value => drop(values.insert(key, value.to_string())),
            }
        }
    }
    Ok(values)
}

fn changes(before: &BTreeMap<String, String>, now: &BTreeMap<String, String>) -> Vec<ChangedKey> {
    let set = now.iter().filter(|(key, value)| before.get(*key) != Some(value));
    let set = set.map(|(key, value)| (key, before.get(key), Some(value)));
    let gone = before.iter().filter(|(key, _)| !now.contains_key(*key));
    let gone = gone.map(|(key, value)| (key, Some(value), None));
    let changed = set.chain(gone).map(|(key, before, now)| ChangedKey {
        key: key.clone(),
        before: before.cloned(),
        now: now.cloned(),
    });
    let mut changed: Vec<ChangedKey> = changed.collect();
    changed.sort_by(|one, other| one.key.cmp(&other.key));
    changed
}

fn text(revisions: &[ShownRevision]) -> String {
    if revisions.is_empty() {
        return "nothing was decided yet: the policy says what it says by itself\n".to_owned();
    }
    revisions.iter().map(revision_text).collect()
}

/// A revision on a line, and what it changed on lines below.
fn revision_text(it: &ShownRevision) -> String {
    let holds = it.holds.map_or_else(|| "no day any more".to_owned(), holds_text);
    let mut text = format!("{}, decided {:.0}, holds for {holds}\n", it.revision, it.decided_at);
    text.extend(it.changes.iter().take(NAMED).map(|change| format!("  {}\n", change_text(change))));
    match it.changes.len() {
        0 => text += "  changed nothing\n",
        count if count > NAMED => text += &format!("  and {} more\n", count - NAMED),
        _ => {}
    }
    text
}

fn holds_text(holds: Holds) -> String {
    match (holds.from, holds.until) {
        (None, None) => "all days".to_owned(),
        (Some(from), None) => format!("{from} and later"),
        (None, Some(until)) => format!("until {until}"),
        (Some(from), Some(until)) => format!("{from} to {until}"),
    }
}

fn change_text(ChangedKey { key, before, now }: &ChangedKey) -> String {
    match (before, now) {
        // Rules are many lines each: the text that `map export` writes has them.
        _ if key == "rules" => "rules changed".to_owned(),
        (Some(before), None) => format!("{key} taken out, was {before}"),
        (Some(before), Some(now)) => format!("{key} = {now}, was {before}"),
        (None, now) => format!("{key} = {}", now.as_deref().unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_revision_is_told_by_what_it_changes() {
        let before = values("detail = \"day\"\n[accounts]\nbank = \"Bank\"\n").unwrap();
        let text = "[accounts]\nbank = \"Checking\"\n[tax.accounts]\n\"VAT 25%\" = \"VAT\"\n";
        let changes = changes(&before, &values(text).unwrap());
        let revision = ShownRevision {
            revision: 2,
            decided_at: Timestamp::UNIX_EPOCH,
            since: None,
            holds: Some(Holds { from: None, until: None }),
            changes,
        };
        insta::assert_snapshot!(revision_text(&revision), @r#"
        2, decided 1970-01-01T00:00:00Z, holds for all days
          accounts.bank = "Checking", was "Bank"
          detail taken out, was "day"
          tax.accounts."VAT 25%" = "VAT"
        "#);
        let nothing = ShownRevision { changes: Vec::new(), holds: None, ..revision };
        insta::assert_snapshot!(revision_text(&nothing), @"
        2, decided 1970-01-01T00:00:00Z, holds for no day any more
          changed nothing
        ");
    }
}
