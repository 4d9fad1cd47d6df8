//! What to ask: one list of new things, one page of a list, or one report.

use super::attachments;
use super::chart;
use super::dates;
use super::find::{self, LookUp};
use super::listing;
use super::names::Taken;
use super::notes;
use super::place::Place;
use super::tracking;
use super::voiding;
use super::write::{self, Body};
use jiff::Timestamp;
use saldo_core::book::{BookContext, Need, Subject, Task};
use saldo_core::exchange::{Ask, Fault, HttpRequest, Method, Permit};
use serde_json::{Map, Value};

/// How many things one request may carry.
pub(super) const BATCH: usize = 50;
/// How long a token may be.
const TOKEN: usize = 128;

/// What stands behind the question mark of an address: names and values.
pub(super) type Query = Vec<(&'static str, String)>;

/// What to ask so that these tasks are done.
pub(super) fn ask(tasks: &[Task], token: &str, context: &BookContext) -> Result<Ask, Fault> {
    if let Some(attached) = attachments::first(tasks) {
        return attachments::ask(attached, tasks, token, context).map(Ask::Http);
    }
    if let Some(note) = notes::first(tasks) {
        return notes::ask(note, tasks, token, context).map(Ask::Http);
    }
    let request = match tasks {
        [Task::ReadSettings] => read(Place::Organisation, &[], context)?,
        [Task::ReadChart { page }] => of_chart(page.as_deref(), None, context)?,
        [Task::ReadChartSince { since, page }] => of_chart(page.as_deref(), Some(*since), context)?,
        [Task::ReadBalances { as_of }] => {
            report("TrialBalance", &[("date", as_of.to_string())], context)?
        }
        [Task::ReadResult { from, until }] => {
            let days = [("fromDate", from.to_string()), ("toDate", until.to_string())];
            let layout = ("standardLayout", "true".to_owned());
            let query: Vec<_> = days.into_iter().chain([layout]).collect();
            report("ProfitAndLoss", &query, context)?
        }
        [Task::ReadDocuments { from, until, page }] => {
            let (place, query) = listing::query(*from, *until, page.as_deref())?;
            read(place, &query, context)?
        }
        [Task::ReadChanges { since, page }] => {
            let (place, number) = chart::position(page.as_deref(), &Place::OF_CHANGES)?;
            let request = read(place, &pages(place, number), context)?;
            request.header("if-modified-since", &dates::instant(*since))
        }
        [Task::LookUp { .. }, ..] => {
            let (path, query) = find::query(&look_ups(tasks)?)?;
            of_tenant(HttpRequest::get(address(&path, &query, context)?), context)?
        }
        [Task::Create(Subject::Need(Need::TaxRate(_))), ..] => read(Place::TaxRates, &[], context)?,
        [Task::Create(_), ..] => match voiding::of_tasks(tasks)? {
            Some(voided) => voiding::ask(voided, token, context)?,
            None => write_all(tasks, token, context)?,
        },
        _ => return Err(mixed()),
    };
    Ok(Ask::Http(request))
}

/// What the organisation calls itself.
pub(super) fn introduction(context: &BookContext) -> Result<Ask, Fault> {
    read(Place::Organisation, &[], context).map(Ask::Http)
}

/// The fault of tasks that do not belong together: the engine's mistake.
pub(super) fn mixed() -> Fault {
    Fault::new(Permit::Never, "tasks of different kinds cannot be asked in one request")
}

/// Look-ups as they go on.
pub(super) fn look_ups<'a>(tasks: &'a [Task]) -> Result<Vec<LookUp<'a>>, Fault> {
    let look_up = |task: &'a Task| match task {
        Task::LookUp { subject, page } => LookUp::new(subject, page.as_deref()),
        _ => Err(mixed()),
    };
    tasks.iter().map(look_up).collect()
}

/// What asks for a page of a list, with prices as exact as they were sent.
pub(super) fn pages(place: Place, number: usize) -> Query {
    let mut query = Vec::new();
    if place.has_pages() {
        query.push(("page", number.to_string()));
        query.push(("pageSize", chart::ROWS.to_string()));
    }
    if place.has_prices() {
        query.push(("unitdp", "4".to_owned()));
    }
    query
}

/// A page of the chart. Only contacts are many, and come by pages: of them the vendor is asked for
/// what is new.
fn of_chart(
    page: Option<&str>,
    since: Option<Timestamp>,
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let (place, number) = chart::position(page, &Place::OF_THE_CHART)?;
    let mut query = pages(place, number);
    if place != Place::Contacts {
        return read(place, &query, context);
    }
    // Names of archived contacts are free, but what is bound may be archived.
    query.push(("includeArchived", "true".to_owned()));
    let request = read(place, &query, context)?;
    Ok(match since {
        Some(since) => request.header("if-modified-since", &dates::instant(since)),
        None => request,
    })
}

fn read(
    place: Place,
    query: &[(&str, String)],
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    of_tenant(HttpRequest::get(address(place.name(), query, context)?), context)
}

fn report(
    name: &str,
    query: &[(&str, String)],
    context: &BookContext,
) -> Result<HttpRequest, Fault> {
    let path = format!("Reports/{name}");
    of_tenant(HttpRequest::get(address(&path, query, context)?), context)
}

pub(super) fn address(
    path: &str,
    query: &[(&str, String)],
    context: &BookContext,
) -> Result<String, Fault> {
    let api = context.addresses.get("api")?;
    let pairs: Vec<String> =
        query.iter().map(|(name, value)| format!("{name}={}", percent(value))).collect();
    let query = if pairs.is_empty() { String::new() } else { format!("?{}", pairs.join("&")) };
    Ok(format!("{api}/api.xro/2.0/{path}{query}"))
}

/// A request about the organisation that the owner chose; the vendor speaks XML where it is not
/// told otherwise.
pub(super) fn of_tenant(request: HttpRequest, context: &BookContext) -> Result<HttpRequest, Fault> {
    let missing = || Fault::new(Permit::Never, "the connection has no setting called `tenant`");
    let tenant = context.settings.get("tenant").ok_or_else(missing)?;
    Ok(request.header("accept", "application/json").header("xero-tenant-id", tenant))
}

/// New things of one place, by PUT: by POST the vendor would overwrite the invoice that has the
/// same number. Only drafts that are approved and what is amended go by POST, each by its id. What
/// this book cannot express stays out, and is refused when the answer is heard; if that is all of
/// it, there is nothing to ask.
fn write_all(tasks: &[Task], token: &str, context: &BookContext) -> Result<HttpRequest, Fault> {
    if tasks.len() > BATCH || token.len() > TOKEN {
        let message = format!("a request takes {BATCH} tasks and a token of {TOKEN} characters");
        return Err(Fault::new(Permit::Never, message));
    }
    let bodies = bodies(tasks, context)?;
    let sound: Vec<&Body> = bodies.iter().filter_map(|body| body.as_ref().ok()).collect();
    let Some(place) = sound.first().map(|body| body.place) else {
        let reason = bodies.iter().find_map(|body| body.as_ref().err()).cloned();
        return Err(Fault::new(Permit::Never, reason.unwrap_or_default()));
    };
    if sound.iter().any(|body| body.place != place) {
        return Err(mixed());
    }
    let json = match (place, &sound[..]) {
        // New accounts come one by one, and bare; so do categories and their options.
        (Place::Accounts | Place::TrackingCategories | Place::Options, [only]) => only.json.clone(),
        (Place::Accounts | Place::TrackingCategories | Place::Options, _) => return Err(mixed()),
        _ => {
            let list = sound.iter().map(|body| body.json.clone()).collect();
            Value::Object(Map::from_iter([(place.list().to_owned(), Value::Array(list))]))
        }
    };
    let mut query = Vec::new();
    if place.answers_each() {
        query.push(("summarizeErrors", "false".to_owned()));
    }
    if place.has_prices() {
        query.push(("unitdp", "4".to_owned()));
    }
    let changes = |task: &Task| {
        matches!(task, Task::Create(Subject::Confirmed { .. } | Subject::Amended { .. }))
    };
    let method = match tasks.iter().filter(|task| changes(task)).count() {
        0 => Method::Put,
        count if count == tasks.len() => Method::Post,
        _ => return Err(mixed()),
    };
    let path = match tasks {
        [Task::Create(Subject::Need(need))] => tracking::path(place, need, &context.bindings)
            .map_err(|reason| Fault::new(Permit::Never, reason))?,
        _ => place.name().to_owned(),
    };
    let url = address(&path, &query, context)?;
    let request = HttpRequest::post_json(url, json.to_string().into_bytes());
    let request = HttpRequest { method, ..request };
    Ok(of_tenant(request, context)?.header("idempotency-key", token))
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

/// A text as part of an address.
fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b',' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}
