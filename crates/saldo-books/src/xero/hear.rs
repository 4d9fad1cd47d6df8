//! What answers mean: outcome by outcome, or what the failure of a whole answer permits.

use super::ask::{bodies, look_ups, mixed};
use super::faults::{self, Purpose};
use super::place::Place;
use super::stock;
use super::wire::{Entry, Fate, Organisation, Record};
use super::write::{self, Body};
use super::{
    amending, attachments, balances, chart, compare, find, listing, notes, rates, result, settings,
    voiding,
};
use saldo_core::book::{
    Acknowledgement, BookContext, Need, Outcome, Refusal, RefusalKind, Subject, Task, Voided,
};
use saldo_core::document::{Document, DocumentKey};
use saldo_core::exchange::{Answer, Fault, HttpAnswer, Introduction, Permit};
use saldo_core::money::Currency;
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The code of a refusal that is ours: the book was not asked.
pub(super) const NOT_ASKED: &str = "saldo";

/// What the answer to these tasks means.
pub(super) fn hear(
    tasks: &[Task],
    answer: &Answer,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let Answer::Http(answer) = answer else { return Err(Fault::unexpected("xero")) };
    if let Some(attached) = attachments::first(tasks) {
        return attachments::hear(attached, tasks, answer);
    }
    if let Some(note) = notes::first(tasks) {
        return notes::hear(note, tasks, answer);
    }
    let one = |outcome: Outcome| Ok(vec![outcome]);
    match tasks {
        [Task::ReadSettings] => {
            let read = read(answer)?;
            let rows = chart::rows(Place::Organisation, &read)?;
            one(Outcome::Settings(settings::settings(rows, context)?))
        }
        [Task::ReadChart { page }] => {
            one(Outcome::Chart(chart::page(page.as_deref(), &read(answer)?, context)?))
        }
        [Task::ReadChartSince { page, .. }] => {
            // Nothing is new since then.
            let read = if answer.status == 304 { Value::Null } else { read(answer)? };
            one(Outcome::Chart(chart::page(page.as_deref(), &read, context)?))
        }
        [Task::ReadBalances { as_of }] => {
            one(Outcome::Balances(balances::balances(&read(answer)?, *as_of, context)?))
        }
        [Task::ReadResult { from, until }] => {
            one(Outcome::Balances(result::movements(&read(answer)?, (*from, *until), context)?))
        }
        [Task::ReadDocuments { page, .. }] => {
            one(Outcome::Documents(listing::page(page.as_deref(), &read(answer)?)?))
        }
        [Task::ReadChanges { page, .. }] => {
            let read = if answer.status == 304 { Value::Null } else { read(answer)? };
            one(Outcome::Documents(listing::changes(page.as_deref(), &read)?))
        }
        [Task::LookUp { .. }, ..] => {
            let look_ups = look_ups(tasks)?;
            let absent = find::is_absence(&look_ups, answer);
            let read = if absent { Value::Null } else { read(answer)? };
            find::outcomes(&look_ups, &read, context)
        }
        [Task::Create(Subject::Need(Need::TaxRate(_))), ..] => {
            let read = read(answer)?;
            let rows = chart::rows(Place::TaxRates, &read)?;
            let outcome = |task: &Task| match task {
                Task::Create(Subject::Need(Need::TaxRate(tax))) => {
                    rates::outcome(tax, rows, context)
                }
                _ => Err(mixed()),
            };
            tasks.iter().map(outcome).collect()
        }
        [Task::Create(_), ..] => match voiding::of_tasks(tasks)? {
            Some(voided) => one(taken_back(voided, answer)?),
            None => written(tasks, answer, context),
        },
        _ => Err(mixed()),
    }
}

/// What the organisation calls itself, and the currency of its books.
pub(super) fn introduction(answer: &Answer) -> Result<Introduction, Fault> {
    let Answer::Http(answer) = answer else { return Err(Fault::unexpected("xero")) };
    let read = read(answer)?;
    let row = chart::rows(Place::Organisation, &read)?.first().cloned().unwrap_or_default();
    let unreadable = |what: String| Fault::new(Permit::Never, format!("the organisation: {what}"));
    let organisation: Organisation =
        serde_json::from_value(row).map_err(|error| unreadable(error.to_string()))?;
    let name = organisation.name.ok_or_else(|| unreadable("it has no name".to_owned()))?;
    let currency = organisation.base_currency.as_deref().map(Currency::parse).transpose();
    let currency = currency.map_err(|error| unreadable(error.to_string()))?;
    Ok(Introduction { name, currency })
}

/// The body of a successful answer to a read.
pub(super) fn read(answer: &HttpAnswer) -> Result<Value, Fault> {
    match faults::of_answer(answer, Purpose::Read) {
        Some(fault) => Err(fault),
        None => json(answer, Purpose::Read),
    }
}

pub(super) fn json(answer: &HttpAnswer, purpose: Purpose) -> Result<Value, Fault> {
    serde_json::from_slice(&answer.body).map_err(|error| {
        Fault::new(purpose.unknown(), format!("xero's answer cannot be read: {error}"))
    })
}

/// What became of what was to be taken back.
fn taken_back(voided: &Voided, answer: &HttpAnswer) -> Result<Outcome, Fault> {
    if let Some(refusal) = faults::refusal_of_content(answer) {
        return Ok(Outcome::Refused(voiding::refusal(voided, refusal)));
    }
    match faults::of_answer(answer, Purpose::Write) {
        Some(fault) => Err(fault),
        None => voiding::became(voided, &json(answer, Purpose::Write)?),
    }
}

/// What became of creates: one element of the answer for each that was asked, in their order.
fn written(
    tasks: &[Task],
    answer: &HttpAnswer,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let bodies = bodies(tasks, context)?;
    let sound = bodies.iter().filter(|body| body.is_ok()).count();
    if let Some(refusal) = of_the_whole(answer, sound) {
        let outcome = |(task, body): (&Task, &Result<Body, String>)| match body {
            Ok(_) => Outcome::Refused(about(task, refusal.clone())),
            Err(reason) => not_asked(reason),
        };
        return Ok(tasks.iter().zip(&bodies).map(outcome).collect());
    }
    if let Some(fault) = faults::of_answer(answer, Purpose::Write) {
        return Err(fault);
    }
    let body = json(answer, Purpose::Write)?;
    let place = bodies.iter().flatten().next().map(|body| body.place).ok_or_else(mixed)?;
    let elements = body.get(place.list()).and_then(Value::as_array);
    let elements = elements.filter(|elements| elements.len() == sound).ok_or_else(|| {
        in_doubt(format!("the answer has not one of {} for each that was sent", place.list()))
    })?;
    let mut elements = elements.iter();
    let mut outcomes = Vec::with_capacity(tasks.len());
    for (task, body) in tasks.iter().zip(&bodies) {
        outcomes.push(match body {
            Err(reason) => not_asked(reason),
            Ok(_) => became(task, elements.next().ok_or_else(mixed)?, context)?,
        });
    }
    Ok(outcomes)
}

pub(super) fn in_doubt(message: impl Into<String>) -> Fault {
    Fault::new(Permit::InDoubt, message)
}

/// The refusal of a whole request for what stands in it. Of a request for one thing it is known
/// whom it concerns.
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
        hint: "Xero cannot hold this as it is: change the mapping, or enter it by hand".to_owned(),
    })
}

/// A refusal with what is to be done about this task: goods that came in by a receipt and were sold
/// since cannot leave by what takes it back.
fn about(task: &Task, refusal: Refusal) -> Refusal {
    match task {
        Task::Create(Subject::Document { document, .. })
            if refusal.kind == RefusalKind::NotSetUp && stock::takes_receipt_back(document) =>
        {
            Refusal { hint: stock::SOLD_SINCE.to_owned(), ..refusal }
        }
        Task::Create(Subject::Amended { .. }) => amending::refused(refusal),
        _ => refusal,
    }
}

/// What became of one element.
fn became(task: &Task, element: &Value, context: &BookContext) -> Result<Outcome, Fault> {
    let fate: Fate = parsed(element)?;
    if fate.is_refused() {
        return Ok(Outcome::Refused(about(task, faults::refusal_of(&fate.validation_errors))));
    }
    let Task::Create(subject) = task else { return Err(mixed()) };
    let acknowledgement = match subject {
        Subject::Need(_) => {
            let entry: Entry = parsed(element)?;
            let remote = entry.remote().ok_or_else(|| in_doubt("the answer has no id"))?;
            Acknowledgement::of(remote)
        }
        Subject::Attached { .. } => return Err(mixed()),
        Subject::Confirmed { key, document } => {
            return confirmed(*key, document, &parsed(element)?, context);
        }
        Subject::Document { key, document, .. } | Subject::Amended { key, document, .. } => {
            let record: Record = parsed(element)?;
            if !compare::is_ours(&record, *key) {
                return Err(in_doubt(format!("the answer is not about {key}")));
            }
            compare::acknowledgement(document, &record, context.currency).map_err(in_doubt)?
        }
    };
    Ok(Outcome::Done(acknowledgement))
}

/// What became of a draft: only what it holds was ever sent, so that a change that somebody made
/// since it was looked at is told here.
fn confirmed(
    key: DocumentKey,
    document: &Document,
    record: &Record,
    context: &BookContext,
) -> Result<Outcome, Fault> {
    if record.is_draft() {
        return Err(in_doubt(format!("the answer shows {key} as a draft")));
    }
    let (place, sent) = write::record((key, false), document, None, context).map_err(in_doubt)?;
    let (acknowledgement, mut differences) =
        compare::held(place, document, &sent, record, context.currency);
    if !compare::is_ours(record, key) {
        differences.push(format!("it has no longer the number or mark {key}"));
    }
    Ok(match differences.is_empty() {
        true => Outcome::Done(acknowledgement),
        false => Outcome::FoundDifferent { acknowledgement, difference: differences.join("; ") },
    })
}

fn parsed<T: DeserializeOwned>(element: &Value) -> Result<T, Fault> {
    serde_json::from_value(element.clone())
        .map_err(|error| in_doubt(format!("an element of the answer cannot be read: {error}")))
}
