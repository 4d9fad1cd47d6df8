//! Files at documents: the statement of a payout, at the document that takes it out of its clearing
//! account, once the book has that. What was attached stays as it was when its document was
//! entered; a document that replaces it gets its own.

use super::account::Readers;
use super::plan::book_of;
use super::{Engine, EngineError, alike};
use crate::pack::Sheet;
use saldo_core::accounting::{
    Group, PayoutStatement, StatementRow, payout_slots, payout_statement,
};
use saldo_core::book::{AttachedFile, Subject};
use saldo_core::commerce::{Fact, Payout};
use saldo_core::document::{Document, DocumentKind};
use saldo_core::money::Money;
use saldo_core::plan::Change;
use saldo_core::policy::Policy;
use saldo_core::text::{FactId, GroupId};
use saldo_store::{Approval, Connection};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// The kind of observation that says up to which receipt documents were looked at.
const LOOKED_AT: &str = "attached";
/// How many documents are looked at at a time.
const AT_ONCE: usize = 500;
/// Who approved a file: the policy's line, when it approved the document.
const BY_POLICY: &str = "rule: attachments";
/// What stands above the columns of a statement.
const HEADS: [&str; 7] = ["date", "kind", "order", "gross", "fee", "net", "currency"];

/// Up to which receipt documents were looked at.
#[derive(Clone, Copy, Debug, Serialize, Deserialize)]
struct LookedAt {
    receipt: i64,
}

/// Approves the statements of payouts whose documents these books acknowledged since it last did,
/// where the policy wants them there. Says which of the books have new ones.
pub(super) async fn attach_statements(
    engine: &Engine,
    books: Vec<Connection>,
) -> Result<Vec<Connection>, EngineError> {
    let policy = Engine::policy_of(&engine.store, &engine.company).await?;
    let mut with_files = Vec::new();
    if policy.text.attachments.payouts {
        for connection in books {
            if attach_in(engine, &connection, &policy).await? > 0 {
                with_files.push(connection);
            }
        }
    }
    Ok(with_files)
}

async fn attach_in(
    engine: &Engine,
    connection: &Connection,
    policy: &Policy,
) -> Result<usize, EngineError> {
    let (store, company, book) = (&engine.store, engine.company_id(), &connection.id);
    let seen = store.observation(company, book, LOOKED_AT).await?;
    let seen = seen.and_then(|it| serde_json::from_str::<LookedAt>(&it.body).ok());
    let (mut receipt, mut approved) = (seen.map_or(0, |it| it.receipt), 0);
    loop {
        let documents = store.acknowledged_after(company, book, receipt, AT_ONCE).await?;
        let Some((last, _)) = documents.last() else { return Ok(approved) };
        receipt = *last;
        let ids: Vec<String> = documents.into_iter().map(|(_, id)| id).collect();
        let changes = files_of(engine, connection, policy, &ids).await?;
        if !changes.is_empty() {
            approved += approve(engine, connection, changes).await?;
        }
        let body = serde_json::to_string(&LookedAt { receipt }).unwrap_or_default();
        store.put_observation(company, book, LOOKED_AT, &body, engine.clock.now()).await?;
    }
}

/// Approves files, those that were not approved before.
async fn approve(
    engine: &Engine,
    connection: &Connection,
    mut changes: Vec<Change>,
) -> Result<usize, EngineError> {
    let desk = engine.take_desk().await?;
    let done: Result<usize, EngineError> = async {
        let ids: Vec<String> = changes.iter().map(|change| change.id.clone()).collect();
        let known = engine.store.changes_of(engine.company_id(), &connection.id, &ids).await?;
        let known: BTreeSet<String> = known.into_iter().map(|change| change.id).collect();
        changes.retain(|change| !known.contains(&change.id));
        let approval = Approval {
            book: connection.id.clone(),
            changes,
            approved_by: BY_POLICY.to_owned(),
            at: engine.clock.now(),
            planned_until: None,
            withdraws: Vec::new(),
            waits: BTreeMap::new(),
            again: Vec::new(),
        };
        Ok(engine.store.approve(&desk.lease, &approval).await?)
    }
    .await;
    let left = engine.leave_desk(desk).await;
    let done = done?;
    left?;
    Ok(done)
}

/// The files that belong to those of these documents that take a payout out of its account.
async fn files_of(
    engine: &Engine,
    connection: &Connection,
    policy: &Policy,
    ids: &[String],
) -> Result<Vec<Change>, EngineError> {
    let book = book_of(connection)?;
    let changes = engine.store.changes_of(engine.company_id(), &connection.id, ids).await?;
    let of_payouts = changes.iter().filter_map(|change| {
        let document = entered(change).filter(|it| book.takes_files(it))?;
        let slot = change.slot.as_deref()?;
        // What goes over an account of conversion stands in a slot beside that of the payout.
        let mut currencies = document.currencies().map(|currency| format!("/{currency}"));
        let slot = currencies.find_map(|code| slot.strip_suffix(&*code)).unwrap_or(slot);
        let payout = FactId::from(slot.strip_suffix("/issued").unwrap_or(slot).to_owned());
        Some((Group::Payout(payout).id(), change, document))
    });
    let of_payouts: Vec<(GroupId, &Change, &Document)> = of_payouts.collect();
    if of_payouts.is_empty() {
        return Ok(Vec::new());
    }
    let readers = Readers::of(engine).await?;
    let groups: Vec<GroupId> = of_payouts.iter().map(|(group, ..)| group.clone()).collect();
    let records = engine.store.group_records(engine.company_id(), &groups).await?;
    let told = alike::told_in(engine, &readers, policy, &records).await?;
    let mut files = Vec::new();
    for (group, change, document) in of_payouts {
        let facts = told.get(&group).map_or(&[][..], |told| &told.facts);
        let facts = saldo_core::accounting::told_with_payouts(facts);
        let payout = facts.iter().find_map(|fact| match fact {
            Fact::Payout(it)
                if change.slot.as_ref().is_some_and(|s| payout_slots(it).contains(s)) =>
            {
                Some(it)
            }
            _ => None,
        });
        let Some(payout) = payout.filter(|it| carries(document, it.net)) else { continue };
        let names = order_names(engine, &readers, payout, &facts).await?;
        let name = |order: &FactId| names.get(order).cloned();
        if let Some(statement) = payout_statement(payout, &facts, policy, name)? {
            files.extend(change.attachment(file(payout, &statement)));
        }
    }
    Ok(files)
}

/// The document that a change enters, where it can be that of a payout.
fn entered(change: &Change) -> Option<&Document> {
    match &change.subject {
        Subject::Document { document, voids: None, .. } if change.takes_out.is_empty() => {
            let kind = document.header().kind;
            let is_apt = matches!(kind, DocumentKind::Transfer | DocumentKind::JournalEntry);
            is_apt.then_some(&**document)
        }
        _ => None,
    }
}

/// Whether a document moves just what a payout is: by facts that are newer than it, it may not.
fn carries(document: &Document, net: Money) -> bool {
    let moved = document.lines().iter().map(|line| line.foreign.unwrap_or(line.amount));
    let net = net.abs();
    moved.clone().count() > 1 && moved.into_iter().all(|amount| amount.abs() == net)
}

/// The names of the orders whose rows a payout has and that the gateway does not name.
async fn order_names(
    engine: &Engine,
    readers: &Readers,
    payout: &Payout,
    facts: &[Fact],
) -> Result<BTreeMap<FactId, String>, EngineError> {
    let order = |fact: &Fact| match fact {
        Fact::BalanceTransaction(row)
            if row.payout.as_ref() == Some(&payout.id) && row.order_name.is_none() =>
        {
            row.order.clone()
        }
        _ => None,
    };
    let orders: BTreeSet<GroupId> =
        facts.iter().filter_map(order).map(|order| Group::Order(order).id()).collect();
    let orders: Vec<GroupId> = orders.into_iter().collect();
    let mut names = BTreeMap::new();
    for orders in orders.chunks(AT_ONCE) {
        let records = engine.store.group_records(engine.company_id(), orders).await?;
        for records in records.values() {
            for fact in readers.read(engine, records).await?.facts {
                if let Fact::Order(order) = fact {
                    names.insert(order.id, order.name);
                }
            }
        }
    }
    Ok(names)
}

/// A statement as a file, with its sums in the last line.
fn file(payout: &Payout, statement: &PayoutStatement) -> AttachedFile {
    let currency = payout.net.currency().code().to_owned();
    let cells = |it: &StatementRow| {
        let amounts = [it.gross, it.fee, it.net].map(Money::amount_text);
        let words = [it.day.to_string(), it.kind.clone(), it.order.clone()];
        words.into_iter().chain(amounts).chain([currency.clone()]).collect::<Vec<_>>()
    };
    let sums = [statement.gross, statement.fee, statement.net].map(Money::amount_text);
    let words = [payout.issued_on.to_string(), "payout".to_owned(), String::new()];
    let total = words.into_iter().chain(sums).chain([currency.clone()]).collect();
    let number = payout.id.as_str().rsplit('/').next().unwrap_or_default();
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_.".contains(letter);
    let number: String = number.chars().map(|it| if plain(it) { it } else { '-' }).collect();
    let sheet = Sheet {
        name: format!("payout-{number}"),
        title: String::new(),
        says: "",
        heads: &HEADS,
        numbers: 3,
        rows: statement.rows.iter().map(cells).chain([total]).collect(),
    };
    AttachedFile { name: format!("{}.csv", sheet.name), text: sheet.csv() }
}
