//! What to ask: batches of creates, queries, and reports.

use super::attachments;
use super::changes;
use super::chart;
use super::codes::{self, Says};
use super::find::{self, LookUp};
use super::listing;
use super::names::Taken;
use super::operation::Body;
use super::settings;
use super::write;
use saldo_core::book::{BookContext, Task};
use saldo_core::exchange::{Ask, Fault, HttpRequest, Permit};
use serde_json::{Map, Value};

/// The only version of the interface that is left.
pub(super) const VERSION: &str = "minorversion=75";
/// How many items a batch may carry.
pub(super) const BATCH: usize = 30;
/// How long the token of a batch may be.
const TOKEN: usize = 36;
/// The longest query that goes into an address instead of a batch.
const QUERY_IN_ADDRESS: usize = 1500;

/// What to ask so that these tasks are done.
pub(super) fn ask(tasks: &[Task], token: &str, context: &BookContext) -> Result<Ask, Fault> {
    if let Some(attached) = attachments::first(tasks) {
        let request = attachments::ask(attached, tasks, token, context)?;
        return Ok(Ask::Http(request.header("accept", "application/json")));
    }
    let request = match tasks {
        [Task::ReadSettings] => read(&settings(Says::of(context)), context)?,
        [Task::ReadChart { page }] => {
            read(&chart::queries(page.as_deref(), Says::of(context))?, context)?
        }
        [Task::ReadBalances { as_of }] => {
            let path = format!(
                "/reports/TrialBalance?end_date={as_of}&accounting_method=Accrual&{VERSION}"
            );
            HttpRequest::get(address(context, &path)?)
        }
        [Task::ReadResult { from, until }] => {
            let path = format!(
                "/reports/ProfitAndLoss?start_date={from}&end_date={until}\
                 &accounting_method=Accrual&summarize_column_by=Total&{VERSION}"
            );
            HttpRequest::get(address(context, &path)?)
        }
        [Task::ReadDocuments { from, until, page }] => {
            read(&listing::queries(*from, *until, page.as_deref())?, context)?
        }
        [Task::ReadChanges { since, page }] => changes::ask(*since, page.as_deref(), context)?,
        [Task::LookUp { .. }, ..] => {
            let queries = find::queries(&look_ups(tasks)?)?;
            let queries: Vec<String> = queries.into_iter().map(|(_, query)| query).collect();
            read(&queries, context)?
        }
        [Task::Create(_), ..] => write_batch(tasks, token, context)?,
        _ => return Err(mixed()),
    };
    Ok(Ask::Http(request.header("accept", "application/json")))
}

/// What asks what the company's owner decided, its tax codes included where documents name them.
pub(super) fn settings(says: Says) -> Vec<String> {
    let codes = says.names_codes().then(codes::queries);
    std::iter::once(settings::QUERY.to_owned()).chain(codes.into_iter().flatten()).collect()
}

/// What the company calls itself: its own record, by its number.
pub(super) fn introduction(context: &BookContext) -> Result<Ask, Fault> {
    let realm = context.settings.get("realm").map_or("", String::as_str);
    let path = format!("/companyinfo/{}?{VERSION}", percent(realm));
    let request = HttpRequest::get(address(context, &path)?);
    Ok(Ask::Http(request.header("accept", "application/json")))
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

/// The address of something of the company's.
pub(super) fn address(context: &BookContext, path: &str) -> Result<String, Fault> {
    let missing = || Fault::new(Permit::Never, "the connection has no setting called `realm`");
    let realm = context.settings.get("realm").ok_or_else(missing)?;
    let api = context.addresses.get("api")?;
    Ok(format!("{api}/v3/company/{}{path}", percent(realm)))
}

/// One query alone, or several in a batch. A read carries no token: a repetition must see news.
pub(super) fn read(queries: &[String], context: &BookContext) -> Result<HttpRequest, Fault> {
    if let [query] = queries
        && query.len() <= QUERY_IN_ADDRESS
    {
        let path = format!("/query?query={}&{VERSION}", percent(query));
        return Ok(HttpRequest::get(address(context, &path)?));
    }
    let item = |(index, query): (usize, &String)| {
        Value::Object(Map::from_iter([
            ("bId".to_owned(), Value::from(batch_id(index))),
            ("Query".to_owned(), Value::from(query.as_str())),
        ]))
    };
    batch(queries.iter().enumerate().map(item).collect(), &format!("/batch?{VERSION}"), context)
}

fn batch(items: Vec<Value>, path: &str, context: &BookContext) -> Result<HttpRequest, Fault> {
    let body = Map::from_iter([("BatchItemRequest".to_owned(), Value::Array(items))]);
    let body = Value::Object(body).to_string().into_bytes();
    Ok(HttpRequest::post_json(address(context, path)?, body))
}

/// The name of a batch item: its place, from one.
pub(super) fn batch_id(index: usize) -> String {
    (index + 1).to_string()
}

/// A batch of writes. What this book cannot express stays out of it, and is refused
/// when the answer is heard; if that is all of it, there is nothing to ask.
fn write_batch(tasks: &[Task], token: &str, context: &BookContext) -> Result<HttpRequest, Fault> {
    if tasks.len() > BATCH || token.len() > TOKEN {
        let message = format!("a batch takes {BATCH} tasks and a token of {TOKEN} characters");
        return Err(Fault::new(Permit::Never, message));
    }
    let bodies = bodies(tasks, context)?;
    let sound: Vec<Value> =
        bodies.iter().enumerate().filter_map(|(index, body)| request(index, body)).collect();
    match bodies.iter().find_map(|body| body.as_ref().err()) {
        Some(reason) if sound.is_empty() => Err(Fault::new(Permit::Never, reason.clone())),
        _ => batch(sound, &format!("/batch?{VERSION}&requestid={}", percent(token)), context),
    }
}

fn request(index: usize, body: &Result<Body, String>) -> Option<Value> {
    let body = body.as_ref().ok()?;
    let options = body.operation.options();
    let options = options.map(|options| ("optionsData".to_owned(), Value::from(options)));
    let members = [
        ("bId".to_owned(), Value::from(batch_id(index))),
        ("operation".to_owned(), Value::from(body.operation.name())),
        (body.entity.name().to_owned(), body.json.clone()),
    ];
    Some(Value::Object(members.into_iter().chain(options).collect::<Map<_, _>>()))
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
pub(super) fn percent(text: &str) -> String {
    let mut encoded = String::with_capacity(text.len());
    for byte in text.bytes() {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                encoded.push(char::from(byte));
            }
            _ => encoded.push_str(&format!("%{byte:02X}")),
        }
    }
    encoded
}

/// A text as a literal of the query language.
pub(super) fn literal(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// Texts as a list of the query language.
pub(super) fn list<'a>(texts: impl IntoIterator<Item = &'a str>) -> String {
    let literals: Vec<String> = texts.into_iter().map(literal).collect();
    format!("({})", literals.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_cannot_break_out() {
        assert_eq!(literal("O'Neil"), r"'O\'Neil'");
        assert_eq!(literal(r"a\"), r"'a\\'");
        assert_eq!(list(["a", "b'"]), r"('a', 'b\'')");
    }

    #[test]
    fn addresses_are_encoded() {
        assert_eq!(percent("select * from Café"), "select%20%2A%20from%20Caf%C3%A9");
    }
}
