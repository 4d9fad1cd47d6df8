//! An answer's envelope: status, version, errors and cost. What is left is the data.

use super::API_VERSION;
use super::budget::{Bucket, Cost, Question};
use saldo_core::exchange::{Answer, Fault, HttpAnswer, Permit};
use serde::Deserialize;
use serde_json::Number;
use serde_json::value::RawValue;
use std::time::Duration;

/// How long to wait after a refusal by count that does not say how long.
const WAIT_AFTER_429: Duration = Duration::from_secs(2);
/// How long to wait after being taken for an attacker.
const WAIT_AFTER_430: Duration = Duration::from_mins(15);
/// How much of a vendor's text a message repeats, in characters.
const EXCERPT_CHARS: usize = 200;

/// What an answer holds.
#[derive(Debug)]
pub(super) enum Opened<'a> {
    /// Data, and what it cost.
    Data(&'a RawValue, Option<Cost>),
    /// The question asks for too much at once. Nothing was read.
    TooDear,
}

#[derive(Deserialize)]
struct Body<'a> {
    #[serde(borrow)]
    data: Option<&'a RawValue>,
    #[serde(borrow)]
    errors: Option<&'a RawValue>,
    extensions: Option<Extensions>,
}

#[derive(Deserialize)]
struct Extensions {
    cost: Option<CostText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct CostText {
    requested_query_cost: Option<Number>,
    throttle_status: Option<ThrottleText>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ThrottleText {
    maximum_available: Number,
    currently_available: Number,
    restore_rate: Number,
}

#[derive(Deserialize)]
struct GraphqlError {
    message: String,
    #[serde(default)]
    path: Vec<PathPart>,
    extensions: Option<ErrorExtensions>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ErrorExtensions {
    code: Option<String>,
    required_access: Option<String>,
}

/// A part of an error's path: a field's name, or an index, which does not matter.
#[derive(Deserialize)]
#[serde(from = "serde_json::Value")]
struct PathPart(Option<String>);

impl From<serde_json::Value> for PathPart {
    fn from(value: serde_json::Value) -> Self {
        Self(value.as_str().map(str::to_owned))
    }
}

impl GraphqlError {
    fn code(&self) -> Option<&str> {
        self.extensions.as_ref()?.code.as_deref()
    }

    /// Whether a buyer's data is kept from the app: who it is, or where in a country goods go to.
    /// Everything works without it.
    fn hides_customer(&self) -> bool {
        let on_customer = |part: &PathPart| {
            matches!(part.0.as_deref(), Some("customer" | "provinceCode" | "zip"))
        };
        self.code() == Some("ACCESS_DENIED") && self.path.iter().any(on_customer)
    }
}

/// The answer over HTTP that a question over HTTP has.
pub(super) fn over_http(answer: &Answer) -> Result<&HttpAnswer, Fault> {
    match answer {
        Answer::Http(answer) => Ok(answer),
        _ => Err(Fault::unexpected("Shopify")),
    }
}

/// Opens an answer.
///
/// # Errors
/// A fault, by status and by the codes of the errors within.
pub(super) fn open(question: Question, answer: &HttpAnswer) -> Result<Opened<'_>, Fault> {
    check_status(question, answer)?;
    check_version(answer)?;
    let body: Body<'_> = serde_json::from_slice(&answer.body).map_err(|error| {
        let message = format!("the answer to {} is cut or no JSON: {error}", question.title());
        Fault::new(Permit::Retry, message)
    })?;
    let cost = body.extensions.and_then(|extensions| read_cost(&extensions.cost?));
    if let Some(errors) = body.errors {
        let errors = read_errors(question, errors)?;
        let serious: Vec<_> = errors
            .into_iter()
            .filter(|error| body.data.is_none() || !error.hides_customer())
            .collect();
        if serious.iter().any(|error| error.code() == Some("MAX_COST_EXCEEDED")) {
            return Ok(Opened::TooDear);
        }
        if let Some(fault) = worst(question, &serious, cost, answer) {
            return Err(fault);
        }
    }
    let data = body.data.ok_or_else(|| {
        Fault::new(Permit::Retry, format!("the answer to {} has no data", question.title()))
    })?;
    Ok(Opened::Data(data, cost))
}

/// Reads the data of an answer, naming the field that is not as it should be.
pub(super) fn data<'a, T: Deserialize<'a>>(
    question: Question,
    data: &'a RawValue,
) -> Result<T, Fault> {
    parse(data.get()).map_err(|why| {
        Fault::new(
            Permit::Never,
            format!("the answer to {} is not as documented: {why}", { question.title() }),
        )
    })
}

/// Reads JSON, naming the field that is not as it should be.
pub(super) fn parse<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, String> {
    parse_part(text).map_err(|unread| match unread {
        Unread::Shape(why) | Unread::Value(why) => why,
    })
}

/// Why JSON cannot be read, with the field.
pub(super) enum Unread {
    /// It has another shape: a field is missing, or holds another type.
    Shape(String),
    /// A field holds a value that cannot be, or the text ends too soon.
    Value(String),
}

/// How the words begin by which `serde` itself says that the shape is another one. Whatever else
/// is said comes from reading a value.
const ANOTHER_SHAPE: [&str; 5] =
    ["missing field", "invalid type", "unknown variant", "duplicate field", "invalid length"];

/// The same as [`parse`], telling a shape from a value. What is as it should be is read once; only
/// what is not is read again to find the field, since keeping track of fields takes time.
pub(super) fn parse_part<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, Unread> {
    if let Ok(value) = serde_json::from_str(text) {
        return Ok(value);
    }
    let mut json = serde_json::Deserializer::from_str(text);
    serde_path_to_error::deserialize(&mut json).map_err(|error| {
        let inner = error.inner().to_string();
        let why = format!("`{}`: {inner}", error.path());
        match ANOTHER_SHAPE.iter().any(|words| inner.starts_with(words)) {
            true => Unread::Shape(why),
            false => Unread::Value(why),
        }
    })
}

fn check_status(question: Question, answer: &HttpAnswer) -> Result<(), Fault> {
    let refused = |permits, why: &str| {
        let said = excerpt(&String::from_utf8_lossy(&answer.body));
        let request = request_id(answer);
        let what = question.title();
        let status = answer.status;
        let message = format!("asking for {what}: {why} (status {status}{request}): {said}");
        Err(Fault::new(permits, message))
    };
    match answer.status {
        200..=299 => Ok(()),
        401 => refused(Permit::Refresh, "the access token is spent, or the app is not installed"),
        402 => refused(Permit::Never, "the shop is frozen until its bill is paid"),
        403 => refused(Permit::Never, "the shop forbids it"),
        404 => refused(Permit::Never, "there is no such shop, or no such version of its interface"),
        423 => refused(Permit::Never, "the shop is locked"),
        429 => refused(Permit::RetryAfter(retry_after(answer)), "too many requests"),
        430 => refused(Permit::RetryAfter(WAIT_AFTER_430), "the requests were taken for an attack"),
        408 | 500.. => refused(Permit::Retry, "the platform failed"),
        _ => refused(Permit::Never, "the request was refused"),
    }
}

/// How long a 429 asks to wait. The vendor writes seconds with decimals; they are rounded up.
fn retry_after(answer: &HttpAnswer) -> Duration {
    let seconds = answer.header("retry-after").and_then(|text| {
        let (whole, fraction) = text.trim().split_once('.').unwrap_or((text.trim(), "0"));
        let up = u64::from(fraction.bytes().any(|byte| byte != b'0'));
        whole.parse::<u64>().ok()?.checked_add(up)
    });
    seconds.map_or(WAIT_AFTER_429, Duration::from_secs)
}

fn check_version(answer: &HttpAnswer) -> Result<(), Fault> {
    match answer.header("x-shopify-api-version") {
        Some(version) if version != API_VERSION => Err(Fault::new(
            Permit::Never,
            format!(
                "Shopify answered by version {version} of its interface, but the questions are \
                 written for {API_VERSION}: a newer Saldo is needed"
            ),
        )),
        _ => Ok(()),
    }
}

fn read_errors(question: Question, errors: &RawValue) -> Result<Vec<GraphqlError>, Fault> {
    serde_json::from_str(errors.get()).map_err(|_| {
        let said = excerpt(errors.get());
        Fault::new(Permit::Never, format!("asking for {} was refused: {said}", question.title()))
    })
}

/// The fault that the errors amount to: the one that can be waited for before the one that cannot.
fn worst(
    question: Question,
    errors: &[GraphqlError],
    cost: Option<Cost>,
    answer: &HttpAnswer,
) -> Option<Fault> {
    let with = |code| errors.iter().find(|error| error.code() == Some(code));
    let what = question.title();
    if with("THROTTLED").is_some() {
        let permit = Permit::RetryAfter(Cost::wait(cost));
        return Some(Fault::new(permit, format!("asking for {what}: the rate limit is reached")));
    }
    if let Some(error) = with("ACCESS_DENIED") {
        return Some(Fault::new(Permit::LogIn, denied(question, error)));
    }
    let passing = |error: &&GraphqlError| {
        matches!(error.code(), None | Some("INTERNAL_SERVER_ERROR" | "TIMEOUT"))
    };
    let (permit, error) = match errors.iter().find(|error| !passing(error)) {
        Some(error) => (Permit::Never, error),
        None => (Permit::Retry, errors.first()?),
    };
    let code = error.code().map(|code| format!("{code}: ")).unwrap_or_default();
    let said = excerpt(&error.message);
    let request = request_id(answer);
    Some(Fault::new(permit, format!("asking for {what} failed: {code}{said}{request}")))
}

fn denied(question: Question, error: &GraphqlError) -> String {
    let needed = error.extensions.as_ref().and_then(|more| more.required_access.as_deref());
    format!(
        "Shopify does not let the app read {}: {}; grant it {} and install it again",
        question.title(),
        error.message.trim_end_matches('.'),
        needed.unwrap_or(question.scopes()).trim_end_matches('.'),
    )
}

/// Why the body of an answer does not let the app read what was asked for; none where it does.
pub(super) fn denial(question: Question, body: &str) -> Option<String> {
    let body: Body<'_> = serde_json::from_str(body).ok()?;
    let errors: Vec<GraphqlError> = serde_json::from_str(body.errors?.get()).ok()?;
    let error = errors.iter().find(|error| error.code() == Some("ACCESS_DENIED"))?;
    Some(denied(question, error))
}

fn request_id(answer: &HttpAnswer) -> String {
    answer.header("x-request-id").map(|id| format!(", request {id}")).unwrap_or_default()
}

/// The beginning of a vendor's text, on one line.
fn excerpt(text: &str) -> String {
    let line = text.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(EXCERPT_CHARS) {
        Some((end, _)) => format!("{}…", line.get(..end).unwrap_or_default()),
        None => line,
    }
}

fn read_cost(cost: &CostText) -> Option<Cost> {
    let bucket = cost.throttle_status.as_ref().and_then(|status| {
        Some(Bucket {
            maximum: whole(&status.maximum_available)?,
            available: whole(&status.currently_available)?,
            restore_rate: whole(&status.restore_rate)?,
        })
    });
    Some(Cost { requested: whole(cost.requested_query_cost.as_ref()?)?, bucket })
}

/// The whole part of a number of points: the vendor writes `2000.0`. Debt counts as nothing left.
fn whole(number: &Number) -> Option<u32> {
    let text = number.to_string();
    if text.starts_with('-') {
        return Some(0);
    }
    text.split('.').next()?.parse().ok()
}
