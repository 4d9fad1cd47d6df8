//! The vendor's errors: how they are written, and what they permit. Its words are its only codes.

use super::wire::Complaint;
use saldo_core::book::{Refusal, RefusalKind};
use saldo_core::exchange::{Fault, HttpAnswer, Permit};
use serde::Deserialize;
use std::time::Duration;

/// How long to wait when there were too many requests and the vendor does not say how long.
const THROTTLED: Duration = Duration::from_mins(1);

/// What was asked: a failed read took no effect, a failed write may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

impl Purpose {
    /// What is permitted when nobody knows what happened.
    pub(super) const fn unknown(self) -> Permit {
        match self {
            Self::Read => Permit::Retry,
            Self::Write => Permit::InDoubt,
        }
    }
}

/// The body of a failed answer, in all of the vendor's spellings.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Failure {
    pub(super) error_number: Option<i64>,
    pub(super) r#type: Option<String>,
    #[serde(alias = "Title")]
    pub(super) message: Option<String>,
    #[serde(alias = "Detail")]
    detail: Option<String>,
    #[serde(rename = "error_description")]
    description: Option<String>,
    elements: Vec<Element>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Element {
    validation_errors: Vec<Complaint>,
}

impl Failure {
    /// The failure in a body, whatever its form.
    pub(super) fn read(body: &[u8]) -> Self {
        serde_json::from_slice(body).unwrap_or_default()
    }

    /// The vendor's words: what it has against the elements, else what it says of the whole.
    pub(super) fn words(&self) -> String {
        let complaints = self.elements.iter().flat_map(|element| &element.validation_errors);
        let words = words(complaints);
        if !words.is_empty() {
            return words;
        }
        let said = [&self.detail, &self.message, &self.description, &self.r#type];
        let said = said.into_iter().flatten().find(|text| !text.is_empty());
        said.cloned().unwrap_or_else(|| "no reason was given".to_owned())
    }

    /// Whether it is about what was sent, rather than who sent it.
    fn is_of_content(&self) -> bool {
        let kind = self.r#type.as_deref().unwrap_or_default();
        matches!(kind, "ValidationException" | "PostDataInvalidException")
    }
}

/// Complaints in one text, each once.
fn words<'a>(complaints: impl Iterator<Item = &'a Complaint>) -> String {
    let mut words: Vec<&str> = Vec::new();
    for complaint in complaints {
        let said = complaint.message.trim();
        if !said.is_empty() && !words.contains(&said) {
            words.push(said);
        }
    }
    words.join("; ")
}

/// The refusal of an element that the vendor complains about.
pub(super) fn refusal_of(complaints: &[Complaint]) -> Refusal {
    let words = words(complaints.iter());
    refusal(if words.is_empty() { "no reason was given".to_owned() } else { words })
}

fn refusal(message: String) -> Refusal {
    let kind = refusal_kind(&message);
    let hint = match message.contains(TAX_ELSEWHERE) {
        true => TAX_NOT_THERE,
        false => hint(kind),
    };
    Refusal { kind, code: "validation".to_owned(), hint: hint.to_owned(), message }
}

/// How the vendor says that a tax rate does not go with an account.
const TAX_ELSEWHERE: &str = "cannot be used with account";
/// What to do about that. Its rates of sales go with no expense account, as its own example of the
/// list of rates shows.
const TAX_NOT_THERE: &str = "Xero's rates of sales tax go with no expense account, and those of \
     purchases with no account of income: say which rate it is, with `saldo connect xero --tax \
     \"NAME=TYPE\"`, or map the line to an account that goes with it";

/// What the vendor's words mean. By stable parts of them, since there are no codes.
fn refusal_kind(words: &str) -> RefusalKind {
    let words = words.to_lowercase();
    let says = |parts: &[&str]| parts.iter().any(|part| words.contains(part));
    if says(&["invoice # must be unique", "note # must be unique", "number must be unique"]) {
        return RefusalKind::DuplicateNumber;
    }
    if says(&[
        "already assigned to another contact",
        "name must be unique",
        "unique name",
        "unique code",
        "already exists",
    ]) {
        return RefusalKind::DuplicateName;
    }
    if says(&["cannot be edited as it has", "not of valid status for modification"]) {
        return RefusalKind::Fixed;
    }
    if says(&["lock date", "period is locked", "locked period"]) {
        return RefusalKind::PeriodClosed;
    }
    if says(&["not subscribed to currency"]) {
        return RefusalKind::CurrenciesOff;
    }
    if says(&["quantity on hand", "available to sell", "below zero", "on hand cannot be negative"])
    {
        return RefusalKind::NotSetUp;
    }
    let missing = [
        "not a valid code",
        "must be valid",
        "could not be found",
        "not found",
        "does not exist",
        "archived",
        "has been deleted",
        TAX_ELSEWHERE,
    ];
    if says(&missing) {
        return RefusalKind::BadReference;
    }
    RefusalKind::Other
}

/// What a person or the engine can do about it.
const fn hint(kind: RefusalKind) -> &'static str {
    match kind {
        RefusalKind::DuplicateNumber => "look it up by its number: it is probably there already",
        RefusalKind::DuplicateName => {
            "names of contacts and accounts and codes of items are unique: use the one that is \
             there, or mark the name as taken so that another is chosen"
        }
        RefusalKind::PeriodClosed => {
            "move it to the first open day, or change the lock dates in Xero"
        }
        RefusalKind::CurrenciesOff => {
            "add the currency in Xero (Settings, Currencies), which its plan must have: it is \
             tried again with the next sync"
        }
        RefusalKind::NotSetUp => {
            "Xero sells nothing that is not there: enter the opening stock in Xero, or wait for \
             what came in; it is tried again with each sync"
        }
        RefusalKind::Fixed => {
            "it was paid, credited, reconciled or taken out in Xero, which changes nothing of it \
             any more: undo that there first"
        }
        RefusalKind::BadReference => {
            "something that it refers to was archived, renumbered or never made in Xero: make it \
             active again, or choose another"
        }
        _ => "read Xero's words, correct the cause, and approve it again",
    }
}

/// The fault of a whole answer; none where its status is a success.
pub(super) fn of_answer(answer: &HttpAnswer, purpose: Purpose) -> Option<Fault> {
    if (200..300).contains(&answer.status) {
        return None;
    }
    let said = Failure::read(&answer.body);
    let permits = permit(answer, &said, purpose);
    let trace = answer.header("xero-correlation-id").map(|id| format!(", correlation {id}"));
    let limit = answer.header("x-rate-limit-problem").filter(|_| answer.status == 429);
    let limit = limit.map(|limit| format!(", the limit by {limit} is used up"));
    let message = format!(
        "xero answered {}: {}{}{}",
        answer.status,
        said.words(),
        limit.unwrap_or_default(),
        trace.unwrap_or_default()
    );
    Some(Fault::new(permits, message))
}

/// What a failed answer permits.
fn permit(answer: &HttpAnswer, said: &Failure, purpose: Purpose) -> Permit {
    match answer.status {
        429 => Permit::RetryAfter(retry_after(answer).unwrap_or(THROTTLED)),
        // A right that was not granted is not had by another token.
        401 if said.r#type.as_deref() == Some("AuthorizationUnsuccessful")
            || said.words().contains("AuthorizationUnsuccessful") =>
        {
            Permit::LogIn
        }
        401 => Permit::Refresh,
        403 => Permit::LogIn,
        408 | 500.. => purpose.unknown(),
        _ => Permit::Never,
    }
}

fn retry_after(answer: &HttpAnswer) -> Option<Duration> {
    answer.header("retry-after")?.trim().parse().ok().map(Duration::from_secs)
}

/// The refusal of a whole request to write for what stands in it: too large, or something that the
/// vendor does not take. Nothing of it took effect.
pub(super) fn refusal_of_content(answer: &HttpAnswer) -> Option<Refusal> {
    if answer.status == 413 {
        return Some(Refusal {
            kind: RefusalKind::Other,
            code: "413".to_owned(),
            message: "the request is too large for xero".to_owned(),
            hint: "enter it by hand, or in several documents".to_owned(),
        });
    }
    let said = Failure::read(&answer.body);
    (answer.status == 400 && said.is_of_content()).then(|| refusal(said.words()))
}

#[cfg(test)]
mod tests {
    use super::*;

    type Headers = &'static [(&'static str, &'static str)];

    fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> HttpAnswer {
        let owned = |(name, value): &(&str, &str)| (name.to_string(), value.to_string());
        let headers = headers.iter().map(owned).collect();
        HttpAnswer { status, headers, body: body.as_bytes().to_vec() }
    }

    #[test]
    fn a_failed_answer_permits_what_its_status_and_words_say() {
        let minute = Permit::RetryAfter(Duration::from_mins(1));
        let hours = Permit::RetryAfter(Duration::from_hours(5));
        let validation = r#"{"ErrorNumber":10,"Type":"ValidationException","Message":"m"}"#;
        let scope = r#"{"Title":"Unauthorized","Detail":"AuthorizationUnsuccessful"}"#;
        let cases: [(u16, Headers, &str, Permit, Permit); 11] = [
            (401, &[], "", Permit::Refresh, Permit::Refresh),
            (401, &[], scope, Permit::LogIn, Permit::LogIn),
            (403, &[], r#"{"Type":"AuthenticationUnsuccessful"}"#, Permit::LogIn, Permit::LogIn),
            (429, &[], "", minute, minute),
            (429, &[("retry-after", "18000")], "", hours, hours),
            (400, &[], validation, Permit::Never, Permit::Never),
            (404, &[], "", Permit::Never, Permit::Never),
            (408, &[], "", Permit::Retry, Permit::InDoubt),
            (500, &[], "<html>", Permit::Retry, Permit::InDoubt),
            (503, &[], "", Permit::Retry, Permit::InDoubt),
            (504, &[], "", Permit::Retry, Permit::InDoubt),
        ];
        for (status, headers, body, read, write) in cases {
            let answer = answer(status, headers, body);
            for (purpose, expected) in [(Purpose::Read, read), (Purpose::Write, write)] {
                let fault = of_answer(&answer, purpose).unwrap();
                assert_eq!(fault.permits, expected, "{status} {body} {purpose:?}");
            }
        }
        assert_eq!(of_answer(&answer(200, &[], ""), Purpose::Write), None);
    }

    #[test]
    fn which_limit_was_reached_is_said() {
        let headers = [("retry-after", "40"), ("x-rate-limit-problem", "day")];
        let fault = of_answer(&answer(429, &headers, ""), Purpose::Read).unwrap();
        assert!(fault.message.contains("the limit by day is used up"), "{}", fault.message);
    }

    #[test]
    fn the_words_say_what_kind_of_refusal_it_is() {
        let cases = [
            ("Invoice # must be unique.", RefusalKind::DuplicateNumber),
            ("Please enter a unique Name.", RefusalKind::DuplicateName),
            (
                "The contact name Jane is already assigned to another contact. The contact name \
                 must be unique across all active contacts.",
                RefusalKind::DuplicateName,
            ),
            (
                "The document date cannot be before the end of year lock date, currently set at \
                 31-Jul-2013",
                RefusalKind::PeriodClosed,
            ),
            ("Account code '999' is not a valid code", RefusalKind::BadReference),
            ("The quantity on hand (1) is not enough", RefusalKind::NotSetUp),
            ("Organisation is not subscribed to currency EUR", RefusalKind::CurrenciesOff),
            ("Payment amount exceeds the amount outstanding", RefusalKind::Other),
        ];
        for (message, expected) in cases {
            let refusal = refusal_of(&[Complaint { message: message.to_owned() }]);
            assert_eq!(refusal.kind, expected, "{message}");
            assert_eq!(refusal.message, message);
            assert!(!refusal.hint.is_empty());
        }
    }

    #[test]
    fn only_what_is_about_the_content_is_a_refusal() {
        let body = r#"{"ErrorNumber":10,"Type":"ValidationException","Message":"A validation
            exception occurred","Elements":[{"ValidationErrors":[{"Message":"No"}]},
            {"ValidationErrors":[{"Message":"No"}]}]}"#
            .replace('\n', " ");
        let refusal = refusal_of_content(&answer(400, &[], &body)).unwrap();
        assert_eq!(refusal.message, "No");
        let other = r#"{"Type":"NoDataProcessedException"}"#;
        assert_eq!(refusal_of_content(&answer(400, &[], other)), None);
        assert_eq!(refusal_of_content(&answer(500, &[], &body)), None);
        assert!(refusal_of_content(&answer(413, &[], "")).is_some());
    }
}
