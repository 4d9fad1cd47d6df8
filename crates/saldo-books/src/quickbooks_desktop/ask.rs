//! What to ask: message sets of creates, and of queries.

use super::find::{self, LookUp};
use super::message::{self, REQUESTS, Request};
use super::names::Taken;
use super::write::{self, Body};
use super::{chart, listing, report, settings, voiding};
use saldo_core::book::{BookContext, Task};
use saldo_core::exchange::{Ask, Fault, MessageAsk, Permit};

/// What to ask so that these tasks are done.
pub(super) fn ask(tasks: &[Task], token: &str, context: &BookContext) -> Result<Ask, Fault> {
    let body = match tasks {
        [Task::ReadSettings] => read(settings::requests())?,
        [Task::ReadChart { page }] => read(chart::requests(&chart::ranges(page.as_deref())?))?,
        [Task::ReadBalances { as_of }] => read(report::balances_requests(*as_of))?,
        [Task::ReadResult { from, until }] => read(report::result_requests(*from, *until))?,
        [Task::ReadDocuments { from, until, page }] => {
            read(listing::requests(&listing::ranges(*from, *until, page.as_deref())?))?
        }
        [Task::LookUp { .. }, ..] => read(find::requests(&look_ups(tasks)?))?,
        [Task::Create(_), ..] => writes(tasks, token, context)?,
        _ => return Err(mixed()),
    };
    Ok(Ask::Message(MessageAsk { body }))
}

/// The fault of tasks that do not belong together: the engine's mistake.
pub(super) fn mixed() -> Fault {
    Fault::new(Permit::Never, "tasks of different kinds cannot be asked in one message")
}

/// Look-ups as they go on.
pub(super) fn look_ups<'a>(tasks: &'a [Task]) -> Result<Vec<LookUp<'a>>, Fault> {
    let look_up = |task: &'a Task| match task {
        Task::LookUp { subject, page } => LookUp::new(subject, page.as_deref()),
        _ => Err(mixed()),
    };
    tasks.iter().map(look_up).collect()
}

/// A message set that reads. It has no name: a repetition must see news.
fn read(requests: Result<Vec<Request>, String>) -> Result<Vec<u8>, Fault> {
    let requests = requests.map_err(|reason| Fault::new(Permit::Never, reason))?;
    match requests.is_empty() {
        true => Err(Fault::new(Permit::Never, "none of this can be in quickbooks")),
        false => Ok(message::message(&requests, None)),
    }
}

/// A message set that writes. What this book cannot express stays out of it, and is refused when
/// the answer is heard; if that is all of it, there is nothing to ask.
fn writes(tasks: &[Task], token: &str, context: &BookContext) -> Result<Vec<u8>, Fault> {
    if tasks.len() > REQUESTS {
        return Err(Fault::new(Permit::Never, format!("a message takes {REQUESTS} tasks")));
    }
    let bodies = bodies(tasks, context)?;
    let mut sound = Vec::with_capacity(bodies.len());
    for (index, (task, body)) in tasks.iter().zip(&bodies).enumerate() {
        let (Ok(body), id) = (body, request_id(index)) else { continue };
        sound.push(Request::add(&id, body));
        if let Some(voided) = voiding::of(task) {
            let seen = voiding::request(voided, &id);
            sound.push(seen.map_err(|reason| Fault::new(Permit::Never, reason))?);
        }
    }
    match bodies.iter().find_map(|body| body.as_ref().err()) {
        Some(reason) if sound.is_empty() => Err(Fault::new(Permit::Never, reason.clone())),
        _ => Ok(message::message(&sound, Some(token))),
    }
}

/// What the request of a task is called: its place, from one.
pub(super) fn request_id(index: usize) -> String {
    (index + 1).to_string()
}

/// The bodies of tasks that create, in their order; for a task that this book cannot express, why.
///
/// # Errors
/// Where the tasks are of different kinds.
pub(super) fn bodies(
    tasks: &[Task],
    context: &BookContext,
) -> Result<Vec<Result<Body, String>>, Fault> {
    let mut taken = Taken::new(&context.bindings);
    let body = |task: &Task| match task {
        Task::Create(subject) => Ok(write::body(subject, context, &mut taken)),
        _ => Err(mixed()),
    };
    tasks.iter().map(body).collect()
}
