//! What answers mean: outcome by outcome, or what the failure of a whole answer permits.

use super::ask::{self, batch_id, bodies, look_ups, mixed};
use super::codes::Says;
use super::faults::{self, Purpose, VendorFault};
use super::operation::Body;
use super::wire::{Entity, ListEntity, Transaction};
use super::write;
use super::{
    attachments, balances, changes, chart, compare, find, listing, result, settings, tax, voiding,
};
use saldo_core::book::{
    Acknowledgement, BookContext, BookSettings, Outcome, Refusal, RefusalKind, Subject, Task,
};
use saldo_core::exchange::{Answer, Fault, HttpAnswer, Introduction, Permit};
use saldo_core::text::RemoteId;
use serde_json::Value;
use std::collections::BTreeMap;

/// The code of a refusal that is ours: the book was not asked.
pub(super) const NOT_ASKED: &str = "saldo";

/// What the answer to these tasks means.
pub(super) fn hear(
    tasks: &[Task],
    answer: &Answer,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let Answer::Http(answer) = answer else { return Err(Fault::unexpected("quickbooks")) };
    if let Some(attached) = attachments::first(tasks) {
        return attachments::hear(attached, tasks, answer);
    }
    match tasks {
        [Task::ReadSettings] => Ok(vec![Outcome::Settings(decided(answer, context)?)]),
        [Task::ReadChart { page }] => {
            let queries = chart::queries(page.as_deref(), Says::of(context))?;
            let answers = queried(answer, queries.len())?;
            let page = chart::page(page.as_deref(), &answers, context)?;
            Ok(vec![Outcome::Chart(page)])
        }
        [Task::ReadChanges { page, .. }] => {
            Ok(vec![Outcome::Documents(changes::page(page.as_deref(), answer)?)])
        }
        [Task::ReadBalances { as_of }] => {
            if let Some(fault) = faults::of_answer(answer, Purpose::Read) {
                return Err(fault);
            }
            let balances = balances::balances(&answer.body, *as_of, context)?;
            Ok(vec![Outcome::Balances(balances)])
        }
        [Task::ReadResult { from, until }] => {
            if let Some(fault) = faults::of_answer(answer, Purpose::Read) {
                return Err(fault);
            }
            let movements = result::movements(&answer.body, (*from, *until), context)?;
            Ok(vec![Outcome::Balances(movements)])
        }
        [Task::ReadDocuments { from, until, page }] => {
            let queries = listing::queries(*from, *until, page.as_deref())?;
            let answers = queried(answer, queries.len())?;
            Ok(vec![Outcome::Documents(listing::page(page.as_deref(), &answers)?)])
        }
        [Task::LookUp { .. }, ..] => {
            let look_ups = look_ups(tasks)?;
            let answers = queried(answer, find::queries(&look_ups)?.len())?;
            find::outcomes(&look_ups, &answers, context)
        }
        [Task::Create(_), ..] => written(tasks, answer, context),
        _ => Err(mixed()),
    }
}

/// What the company's owner decided, with the tax codes where documents name them.
fn decided(answer: &HttpAnswer, context: &BookContext) -> Result<BookSettings, Fault> {
    let answers = queried(answer, ask::settings(Says::of(context)).len())?;
    let (preferences, codes) = match &answers[..] {
        [preferences] => (preferences, Vec::new()),
        [preferences, codes, rates] => (preferences, chart::tax_codes_in(codes, rates)?),
        _ => return Err(Fault::unexpected("quickbooks")),
    };
    let rows = preferences.as_ref();
    let rows = rows.map_err(|fault| chart::refused(Entity::Preferences, fault))?;
    let settings = settings::settings(chart::rows(Entity::Preferences, rows)?, context)?;
    Ok(BookSettings { tax_codes: codes, ..settings })
}

/// What the company calls itself. Its currency stands in its preferences.
pub(super) fn introduction(answer: &Answer) -> Result<Introduction, Fault> {
    let Answer::Http(answer) = answer else { return Err(Fault::unexpected("quickbooks")) };
    if let Some(fault) = faults::of_answer(answer, Purpose::Read) {
        return Err(fault);
    }
    let body = json(answer, Purpose::Read)?;
    let name = body.pointer("/CompanyInfo/CompanyName").and_then(Value::as_str);
    let nameless = || Fault::new(Permit::Never, "quickbooks says of the company no CompanyName");
    Ok(Introduction { name: name.ok_or_else(nameless)?.to_owned(), currency: None })
}

/// The body of a successful answer as JSON.
pub(super) fn json(answer: &HttpAnswer, purpose: Purpose) -> Result<Value, Fault> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        let message = format!("quickbooks' answer cannot be read: {error}");
        Fault::new(purpose.unknown(), message)
    })
}

/// What each query of a read was answered, in their order.
pub(super) fn queried(
    answer: &HttpAnswer,
    queries: usize,
) -> Result<Vec<Result<Value, VendorFault>>, Fault> {
    if let Some(fault) = faults::of_answer(answer, Purpose::Read) {
        return Err(fault);
    }
    let body = json(answer, Purpose::Read)?;
    if let Some(fault) = VendorFault::in_json(&body) {
        let permits = faults::permit(400, Some(&fault), Purpose::Read);
        return Err(Fault::new(permits, format!("quickbooks refused to read: {}", fault.words())));
    }
    if let Some(rows) = body.get("QueryResponse")
        && queries == 1
    {
        return Ok(vec![Ok(rows.clone())]);
    }
    let members = batch_members(&body, Purpose::Read)?;
    let member = |index: usize| {
        let missing = || Fault::new(Permit::Retry, "a query of the batch was not answered");
        let member = members.get(batch_id(index).as_str()).ok_or_else(missing)?;
        if let Some(fault) = VendorFault::in_json(member) {
            return Ok(Err(fault));
        }
        member.get("QueryResponse").cloned().map(Ok).ok_or_else(missing)
    };
    (0..queries).map(member).collect()
}

/// The members of a batch by their names.
fn batch_members(body: &Value, purpose: Purpose) -> Result<BTreeMap<&str, &Value>, Fault> {
    let members = body.get("BatchItemResponse").and_then(Value::as_array).ok_or_else(|| {
        Fault::new(purpose.unknown(), "quickbooks' answer is not the answer to a batch")
    })?;
    Ok(members.iter().filter_map(|member| Some((member.get("bId")?.as_str()?, member))).collect())
}

/// What became of writes.
fn written(
    tasks: &[Task],
    answer: &HttpAnswer,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let bodies = bodies(tasks, context)?;
    let sound = bodies.iter().filter(|body| body.is_ok()).count();
    if let Some(refusal) = repetition(answer).or_else(|| of_the_whole(answer, sound)) {
        let outcome = |body: &Result<Body, String>| match body {
            Ok(_) => Outcome::Refused(refusal.clone()),
            Err(reason) => not_asked(reason),
        };
        return Ok(bodies.iter().map(outcome).collect());
    }
    if let Some(fault) = faults::of_answer(answer, Purpose::Write) {
        return Err(fault);
    }
    let body = json(answer, Purpose::Write)?;
    let members = batch_members(&body, Purpose::Write)?;
    let outcomes = tasks.iter().zip(&bodies).enumerate().map(|(index, (task, body))| {
        match (members.get(batch_id(index).as_str()), body) {
            (Some(member), Ok(body)) => became(task, body, member, context),
            (None, Err(reason)) => Ok(not_asked(reason)),
            _ => Err(in_doubt("an item of the batch was not answered")),
        }
    });
    outcomes.collect()
}

pub(super) fn in_doubt(message: impl Into<String>) -> Fault {
    Fault::new(Permit::InDoubt, message)
}

/// The refusal of a whole batch as a repetition whose first answer is gone.
fn repetition(answer: &HttpAnswer) -> Option<Refusal> {
    if answer.status != 400 {
        return None;
    }
    let refusal = faults::read(&answer.body)?.refusal();
    (refusal.kind == RefusalKind::DuplicateRequest).then_some(refusal)
}

/// The refusal of a whole batch for what stands in it. Of a batch of one it is known whom it
/// concerns.
fn of_the_whole(answer: &HttpAnswer, sound: usize) -> Option<Refusal> {
    let refusal = faults::refusal_of_content(answer)?;
    let kind = if sound > 1 { RefusalKind::WholeRequest } else { refusal.kind };
    Some(Refusal { kind, ..refusal })
}

fn not_asked(reason: &str) -> Outcome {
    Outcome::Refused(Refusal {
        kind: RefusalKind::Other,
        code: NOT_ASKED.to_owned(),
        message: reason.to_owned(),
        hint: "QuickBooks cannot hold this as it is: change the mapping, or enter it by hand"
            .to_owned(),
    })
}

/// What became of one item.
fn became(
    task: &Task,
    body: &Body,
    member: &Value,
    context: &BookContext,
) -> Result<Outcome, Fault> {
    let Task::Create(subject) = task else { return Err(mixed()) };
    let entity = body.entity;
    let voids = matches!(subject, Subject::Document { voids: Some(_), .. });
    if let Some(fault) = VendorFault::in_json(member) {
        return match fault.is_of_the_service() {
            true => Err(in_doubt(format!("an item of the batch failed: {}", fault.words()))),
            false if voids => Ok(Outcome::Refused(voiding::refusal(fault.refusal()))),
            false => Ok(Outcome::Refused(fault.refusal())),
        };
    }
    let held = member.get(entity.name());
    let held = held.ok_or_else(|| in_doubt(format!("the answer holds no {}", entity.name())))?;
    let acknowledgement = match subject {
        Subject::Need(_) => {
            let row: ListEntity = read(entity, held)?;
            let remote = row.id.ok_or_else(|| in_doubt("the answer has no id"))?;
            let acknowledgement = Acknowledgement::of(RemoteId::from(remote));
            Acknowledgement { version: row.sync_token, ..acknowledgement }
        }
        Subject::Confirmed { .. } | Subject::Attached { .. } => return Err(mixed()),
        Subject::Document { voids: Some(_), .. } => {
            let row: Transaction = read(entity, held)?;
            let voided = voiding::acknowledgement(&row);
            voided.ok_or_else(|| in_doubt("the answer does not show it voided"))?
        }
        Subject::Document { key, document, .. } | Subject::Amended { key, document, .. } => {
            let row: Transaction = read(entity, held)?;
            let acknowledgement =
                compare::acknowledgement(entity, (*key, document), &row, context.currency);
            let acknowledgement = acknowledgement.map_err(in_doubt)?;
            let sent = match subject {
                // Only what differs was sent.
                Subject::Amended { .. } => {
                    let sent = write::transaction(*key, document, None, context);
                    sent.map_err(in_doubt)?.1
                }
                _ => read(entity, &body.json)?,
            };
            let rates = tax::differences(document, &sent, &row).map_err(in_doubt)?;
            if !rates.is_empty() {
                let difference = rates.join("; ");
                return Ok(Outcome::FoundDifferent { acknowledgement, difference });
            }
            acknowledgement
        }
    };
    Ok(Outcome::Done(acknowledgement))
}

fn read<T: serde::de::DeserializeOwned>(entity: Entity, held: &Value) -> Result<T, Fault> {
    serde_json::from_value(held.clone())
        .map_err(|error| in_doubt(format!("a {} cannot be read: {error}", entity.name())))
}
