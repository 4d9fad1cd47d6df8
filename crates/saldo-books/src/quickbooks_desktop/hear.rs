//! What answers mean: outcome by outcome, or what the failure of a whole answer permits.

use super::ask::{bodies, look_ups, mixed, request_id};
use super::faults::{self, Purpose};
use super::message::{Response, Responses};
use super::wire::Kind;
use super::write::Body;
use super::{amending, chart, compare, find, listing, orders, report, settings, voiding};
use saldo_core::book::{
    Acknowledgement, BookContext, Outcome, Refusal, RefusalKind, Subject, Task,
};
use saldo_core::exchange::{Answer, Fault, MessageAnswer, Permit};
use saldo_core::text::RemoteId;

/// The code of a refusal that is ours: the book was not asked.
pub(super) const NOT_ASKED: &str = "saldo";
/// The codes of a message set whose name the vendor has trouble with: the name is another's, or
/// nothing is kept under it. What became of it is looked for, and it is sent under another name.
const UNTAKEN_SET: std::ops::RangeInclusive<i64> = 9001..=9004;
/// The codes of a message set that was not recognised as a repetition.
const NEW_SET: [i64; 2] = [0, 600];

/// What the answer to these tasks means.
pub(super) fn hear(
    tasks: &[Task],
    answer: &Answer,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let Answer::Message(answer) = answer else { return Err(Fault::unexpected("quickbooks")) };
    if let [Task::Create(_), ..] = tasks {
        return written(tasks, answer, context);
    }
    let responses = read(answer)?;
    match tasks {
        [Task::ReadSettings] => {
            Ok(vec![Outcome::Settings(settings::settings(responses, context)?)])
        }
        [Task::ReadChart { page }] => {
            let ranges = chart::ranges(page.as_deref())?;
            Ok(vec![Outcome::Chart(chart::page(ranges, page.is_none(), responses, context)?)])
        }
        [Task::ReadBalances { .. }] => {
            Ok(vec![Outcome::Balances(report::balances(responses, context)?)])
        }
        [Task::ReadResult { .. }] => {
            Ok(vec![Outcome::Balances(report::movements(responses, context)?)])
        }
        [Task::ReadDocuments { from, until, page }] => {
            let ranges = listing::ranges(*from, *until, page.as_deref())?;
            Ok(vec![Outcome::Documents(listing::page(ranges, responses)?)])
        }
        [Task::LookUp { .. }, ..] => find::outcomes(&look_ups(tasks)?, responses, context),
        _ => Err(mixed()),
    }
}

/// What was answered to queries.
fn read(answer: &MessageAnswer) -> Result<Responses, Fault> {
    match answer {
        MessageAnswer::Whole(body) => Responses::read(body).map_err(|reason| {
            let message = format!("quickbooks' answer cannot be read: {reason}");
            Fault::new(Purpose::Read.unknown(), message)
        }),
        MessageAnswer::Failed { code, message } => {
            Err(faults::of_failure(code, message, Purpose::Read))
        }
    }
}

fn in_doubt(message: impl Into<String>) -> Fault {
    Fault::new(Permit::InDoubt, message)
}

/// What became of writes.
fn written(
    tasks: &[Task],
    answer: &MessageAnswer,
    context: &BookContext,
) -> Result<Vec<Outcome>, Fault> {
    let bodies = bodies(tasks, context)?;
    let body = match answer {
        MessageAnswer::Whole(body) => body,
        MessageAnswer::Failed { code, message } if faults::is_unreadable(code) => {
            let sound = bodies.iter().filter(|body| body.is_ok()).count();
            return Ok(of_all(&bodies, &faults::of_the_whole(message, sound)));
        }
        MessageAnswer::Failed { code, message } => {
            return Err(faults::of_failure(code, message, Purpose::Write));
        }
    };
    let unread = |reason| in_doubt(format!("quickbooks' answer cannot be read: {reason}"));
    let mut responses = Responses::read(body).map_err(unread)?;
    if let Some(code) = responses.set_code.filter(|code| !NEW_SET.contains(code)) {
        if UNTAKEN_SET.contains(&code) {
            return Ok(of_all(&bodies, &faults::untaken(code)));
        }
        let message = format!("quickbooks does not say what became of the message set ({code})");
        return Err(in_doubt(message));
    }
    let outcomes = tasks.iter().zip(&bodies).enumerate().map(|(index, (task, body))| {
        let id = request_id(index);
        match (responses.take(&id), body) {
            (Some(response), Ok(body)) => match voiding::of(task) {
                Some(voided) => {
                    let seen = responses.take(&voiding::seen_id(&id));
                    voiding::became(voided, &response, seen.as_ref())
                }
                None => became(task, body, &response),
            },
            (None, Err(reason)) => Ok(not_asked(reason)),
            (None, Ok(_)) => Err(in_doubt("quickbooks left a request without an answer")),
            (Some(_), Err(_)) => Err(in_doubt("quickbooks answered what was not asked")),
        }
    });
    outcomes.collect()
}

/// One refusal of everything that was asked.
fn of_all(bodies: &[Result<Body, String>], refusal: &Refusal) -> Vec<Outcome> {
    let outcome = |body: &Result<Body, String>| match body {
        Ok(_) => Outcome::Refused(refusal.clone()),
        Err(reason) => not_asked(reason),
    };
    bodies.iter().map(outcome).collect()
}

fn not_asked(reason: &str) -> Outcome {
    Outcome::Refused(Refusal {
        kind: RefusalKind::Other,
        code: NOT_ASKED.to_owned(),
        message: reason.to_owned(),
        hint: "QuickBooks Desktop cannot hold this as it is: change the mapping, or enter it by \
               hand"
            .to_owned(),
    })
}

/// What became of one request. An answer with a row means that it is there, whatever else is
/// remarked.
fn became(task: &Task, body: &Body, response: &Response) -> Result<Outcome, Fault> {
    let Task::Create(subject) = task else { return Err(mixed()) };
    if amending::is_look(body) {
        return Ok(Outcome::Refused(amending::not_looked_at()));
    }
    let row = response.element.child(&format!("{}Ret", body.name));
    let Some(row) = row.filter(|_| !response.is_error) else {
        let words = response.words();
        return match response.code {
            // Of this request alone, and not for ever: it is looked for, and asked for again.
            code if faults::is_passing(code) => Ok(Outcome::Refused(faults::untold(response))),
            // A warning, without a row: a line that has nothing but the link cannot stand there.
            faults::LINK_CLOSED => Ok(Outcome::Refused(faults::refusal(response))),
            code if code == 0 || !response.is_error => {
                Err(in_doubt(format!("the answer holds no {}: {words}", body.name)))
            }
            _ if matches!(subject, Subject::Amended { .. }) => {
                Ok(Outcome::Refused(faults::refusal_to_amend(response)))
            }
            _ => Ok(Outcome::Refused(faults::refusal(response))),
        };
    };
    let acknowledgement = match subject {
        Subject::Need(_) => {
            let id = row.text(["ListID"]).ok_or_else(|| in_doubt("the answer has no ListID"))?;
            let version = row.text(["EditSequence"]).map(str::to_owned);
            Acknowledgement { version, ..Acknowledgement::of(RemoteId::from(id)) }
        }
        Subject::Document { voids: Some(voided), .. } => {
            let open = || in_doubt("the answer does not say that the order is closed");
            orders::closed(voided, row).ok_or_else(open)?
        }
        Subject::Document { document, .. } | Subject::Amended { document, .. } => {
            let kind = Kind::parse(body.name).ok_or_else(mixed)?;
            let held = compare::acknowledgement(kind, document, row);
            held.map_err(in_doubt)?
        }
        Subject::Confirmed { .. } | Subject::Attached { .. } => return Err(mixed()),
    };
    Ok(Outcome::Done(acknowledgement))
}
