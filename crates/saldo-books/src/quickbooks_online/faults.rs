//! The vendor's errors: how they are written, and what they permit.

use saldo_core::book::{Refusal, RefusalKind};
use saldo_core::exchange::{Fault, HttpAnswer, Permit};
use serde_json::Value;
use std::time::Duration;

/// How long to wait when the vendor says that there were too many requests.
const THROTTLED: Duration = Duration::from_mins(1);

/// One error of a fault.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VendorError {
    pub(super) code: String,
    pub(super) message: String,
    pub(super) detail: String,
}

/// What the vendor says when it does not do something.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct VendorFault {
    pub(super) kind: String,
    pub(super) errors: Vec<VendorError>,
}

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

impl VendorFault {
    /// The fault in a JSON body or batch member; the vendor writes it in upper and in lower case.
    pub(super) fn in_json(body: &Value) -> Option<Self> {
        let fault = body.get("Fault").or_else(|| body.get("fault"))?;
        let text = |value: &Value, names: [&str; 2]| {
            let found = names.iter().find_map(|name| value.get(*name));
            match found {
                Some(Value::String(text)) => text.trim().to_owned(),
                Some(Value::Number(number)) => number.to_string(),
                _ => String::new(),
            }
        };
        let errors = fault.get("Error").or_else(|| fault.get("error")).and_then(Value::as_array);
        let error = |value: &Value| VendorError {
            code: text(value, ["code", "Code"]),
            message: text(value, ["Message", "message"]),
            detail: text(value, ["Detail", "detail"]),
        };
        Some(Self {
            kind: text(fault, ["type", "Type"]),
            errors: errors.into_iter().flatten().map(error).collect(),
        })
    }

    /// The fault in an XML body, as gateways before the service send it.
    pub(super) fn in_xml(body: &str) -> Option<Self> {
        let start = body.find("<Fault")?;
        let fault = body.get(start..)?;
        let mut errors = Vec::new();
        let mut rest = fault;
        while let Some((_, after)) = rest.split_once("<Error") {
            let (error, next) = after.split_once("</Error>").unwrap_or((after, ""));
            errors.push(VendorError {
                code: attribute(error, "code"),
                message: element(error, "Message"),
                detail: element(error, "Detail"),
            });
            rest = next;
        }
        Some(Self { kind: attribute(fault, "type"), errors })
    }

    /// Whether the service failed, rather than refused: nobody knows what happened then.
    pub(super) fn is_of_the_service(&self) -> bool {
        let service = self.kind.eq_ignore_ascii_case("SystemFault")
            || self.kind.eq_ignore_ascii_case("SERVICE");
        service || self.has(&["10000", "3001", "003001"])
    }

    fn has(&self, codes: &[&str]) -> bool {
        self.errors.iter().any(|error| codes.contains(&error.code.as_str()))
    }

    /// Whether the plan of the company lacks what was asked for.
    pub(super) fn is_outside_the_plan(&self) -> bool {
        self.has(&["5020", "5030"])
    }

    /// The vendor's words.
    pub(super) fn words(&self) -> String {
        let said = |error: &VendorError| {
            let code = if error.code.is_empty() { "no code" } else { &error.code };
            match error.detail.is_empty() || error.detail == error.message {
                true => format!("{} ({code})", error.message),
                false => format!("{}: {} ({code})", error.message, error.detail),
            }
        };
        let words: Vec<String> = self.errors.iter().map(said).collect();
        if words.is_empty() { "a fault without an error".to_owned() } else { words.join("; ") }
    }

    /// The fault as a definite no to one task.
    pub(super) fn refusal(&self) -> Refusal {
        let known =
            self.errors.iter().find(|error| refusal_kind(&error.code) != RefusalKind::Other);
        let code =
            known.or(self.errors.first()).map(|error| error.code.clone()).unwrap_or_default();
        let hint = hint(&code).to_owned();
        Refusal { kind: refusal_kind(&code), code, message: self.words(), hint }
    }
}

fn attribute(text: &str, name: &str) -> String {
    let head = text.split('>').next().unwrap_or_default();
    let value =
        head.split_once(&format!("{name}=\"")).and_then(|(_, after)| after.split('"').next());
    unescape(value.unwrap_or_default())
}

fn element(text: &str, name: &str) -> String {
    let inner = text
        .split_once(&format!("<{name}>"))
        .and_then(|(_, after)| after.split_once(&format!("</{name}>")));
    unescape(inner.map_or("", |(inner, _)| inner).trim())
}

fn unescape(text: &str) -> String {
    let entities =
        [("&lt;", "<"), ("&gt;", ">"), ("&quot;", "\""), ("&apos;", "'"), ("&amp;", "&")];
    entities.iter().fold(text.to_owned(), |text, (entity, plain)| text.replace(entity, plain))
}

fn refusal_kind(code: &str) -> RefusalKind {
    match code {
        "6140" => RefusalKind::DuplicateNumber,
        "6240" => RefusalKind::DuplicateName,
        "6210" => RefusalKind::PeriodClosed,
        "600" => RefusalKind::DuplicateRequest,
        "5010" => RefusalKind::Stale,
        "610" | "2500" => RefusalKind::BadReference,
        _ => RefusalKind::Other,
    }
}

/// What a person or the engine can do about a code.
fn hint(code: &str) -> &'static str {
    match code {
        "6140" => "look it up by its number: it is probably there already",
        "6240" => {
            "customers, vendors and employees share one list of names: use the one that is there, \
             or mark the name as taken so that another is chosen"
        }
        "6210" => "move it to the first open day, or reopen the period in QuickBooks",
        "600" => "look it up: the request was carried out before",
        "610" | "2500" => {
            "something that it refers to was deleted or made inactive in QuickBooks: make it \
             active again, or choose another"
        }
        "2010" | "2020" | "2050" | "2090" | "2170" => "a field is missing, too long or not allowed",
        "3001" | "003001" => "there were too many requests: try again in a minute",
        "5010" => "somebody changed it in QuickBooks meanwhile: read it again and decide",
        "5020" | "5030" => "the company's QuickBooks plan does not include this",
        "6000" => "QuickBooks' own rule forbids it: its words say which",
        "6070" => "the amount is not quantity times unit price",
        "6190" => "the QuickBooks subscription has ended: renew it, then connect again",
        "6540" => "it is part of a bank deposit: take it out of the deposit first",
        _ => "read QuickBooks' words, correct the cause, and approve it again",
    }
}

/// The fault of a whole answer; none where its status is a success.
pub(super) fn of_answer(answer: &HttpAnswer, purpose: Purpose) -> Option<Fault> {
    if (200..300).contains(&answer.status) {
        return None;
    }
    let said = read(&answer.body);
    let permits = permit(answer.status, said.as_ref(), purpose);
    let words = match &said {
        Some(fault) => fault.words(),
        None => "no reason was given".to_owned(),
    };
    let trace = answer.header("intuit_tid").map(|id| format!(", intuit_tid {id}"));
    let message =
        format!("quickbooks answered {}: {words}{}", answer.status, trace.unwrap_or_default());
    Some(Fault::new(permits, message))
}

/// Codes of refusals that do not concern what was sent, but the company or our way of asking.
const OF_THE_COMPANY: [&str; 4] = ["500", "5020", "5030", "6190"];

/// The refusal of a whole request to write for what stands in it: too large, or a body that the
/// vendor does not take. Nothing of it took effect.
pub(super) fn refusal_of_content(answer: &HttpAnswer) -> Option<Refusal> {
    if answer.status == 413 {
        return Some(Refusal {
            kind: RefusalKind::Other,
            code: "413".to_owned(),
            message: "the request is too large for quickbooks".to_owned(),
            hint: "enter it by hand, or in several documents".to_owned(),
        });
    }
    let fault = read(&answer.body).filter(|_| answer.status == 400)?;
    let permits = permit(answer.status, Some(&fault), Purpose::Write);
    let of_content = permits == Permit::Never && !fault.has(&OF_THE_COMPANY);
    (of_content && !fault.errors.is_empty()).then(|| fault.refusal())
}

/// The vendor's fault in the body of a failed answer, whatever its form.
pub(super) fn read(body: &[u8]) -> Option<VendorFault> {
    if let Ok(json) = serde_json::from_slice::<Value>(body) {
        return VendorFault::in_json(&json);
    }
    VendorFault::in_xml(&String::from_utf8_lossy(body))
}

/// What a failed answer permits. Its code counts for more than its status, since throttling also
/// comes as 403.
pub(super) fn permit(status: u16, said: Option<&VendorFault>, purpose: Purpose) -> Permit {
    let has = |codes: &[&str]| said.is_some_and(|fault| fault.has(codes));
    if status >= 500 || status == 408 || has(&["10000"]) {
        return purpose.unknown();
    }
    if status == 429 || has(&["3001", "003001"]) {
        return Permit::RetryAfter(THROTTLED);
    }
    if has(&["3100", "003100", "120"]) {
        return Permit::LogIn;
    }
    match status {
        401 => Permit::Refresh,
        403 if !has(&["5020", "5030", "6190"]) => Permit::LogIn,
        _ if has(&["3200", "003200"]) => Permit::Refresh,
        _ => Permit::Never,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &str) -> HttpAnswer {
        HttpAnswer { status, headers: Vec::new(), body: body.as_bytes().to_vec() }
    }

    fn fault(code: &str) -> String {
        format!(r#"{{"Fault":{{"Error":[{{"Message":"No","Detail":"Why","code":"{code}"}}]}}}}"#)
    }

    #[test]
    fn a_failed_answer_permits_what_its_code_and_status_say() {
        let wait = Permit::RetryAfter(Duration::from_secs(60));
        let lower = r#"{"fault":{"error":[{"message":"m","detail":"d","code":"3200"}]}}"#;
        let xml = r#"<IntuitResponse><Fault type="SERVICE"><Error code="3001">
            <Message>message=ThrottleExceeded; statusCode=403</Message></Error></Fault>
            </IntuitResponse>"#;
        let cases = [
            (401, fault("3200"), Permit::Refresh, Permit::Refresh),
            (401, lower.to_owned(), Permit::Refresh, Permit::Refresh),
            (401, String::new(), Permit::Refresh, Permit::Refresh),
            (401, fault("120"), Permit::LogIn, Permit::LogIn),
            (403, fault("3100"), Permit::LogIn, Permit::LogIn),
            (403, fault("5020"), Permit::Never, Permit::Never),
            (403, xml.to_owned(), wait, wait),
            (429, String::new(), wait, wait),
            (400, fault("3001"), wait, wait),
            (400, fault("4000"), Permit::Never, Permit::Never),
            (400, fault("6190"), Permit::Never, Permit::Never),
            (400, fault("10000"), Permit::Retry, Permit::InDoubt),
            (404, "<html>".to_owned(), Permit::Never, Permit::Never),
            (408, String::new(), Permit::Retry, Permit::InDoubt),
            (500, fault("500"), Permit::Retry, Permit::InDoubt),
            (503, String::new(), Permit::Retry, Permit::InDoubt),
            (504, "<html>".to_owned(), Permit::Retry, Permit::InDoubt),
        ];
        for (status, body, read, write) in cases {
            let answer = answer(status, &body);
            for (purpose, expected) in [(Purpose::Read, read), (Purpose::Write, write)] {
                let fault = of_answer(&answer, purpose).unwrap();
                assert_eq!(fault.permits, expected, "{status} {body} {purpose:?}");
            }
        }
        assert_eq!(of_answer(&answer(200, ""), Purpose::Write), None);
    }

    #[test]
    fn every_shape_of_a_fault_is_read() {
        let expected = VendorFault {
            kind: "ValidationFault".to_owned(),
            errors: vec![VendorError {
                code: "6240".to_owned(),
                message: "Duplicate Name".to_owned(),
                detail: "A & B".to_owned(),
            }],
        };
        let bodies = [
            r#"{"Fault":{"Error":[{"Message":"Duplicate Name","Detail":"A & B","code":"6240",
                "element":""}],"type":"ValidationFault"},"time":"2026-11-20T05:35:56.791-07:00"}"#,
            r#"{"fault":{"error":[{"message":"Duplicate Name","detail":"A & B","code":6240}],
                "type":"ValidationFault"}}"#,
            r#"<?xml version="1.0"?><IntuitResponse><Fault type="ValidationFault">
                <Error code="6240" element=""><Message>Duplicate Name</Message>
                <Detail>A &amp; B</Detail></Error></Fault></IntuitResponse>"#,
        ];
        for body in bodies {
            assert_eq!(read(body.as_bytes()), Some(expected.clone()), "{body}");
        }
        assert_eq!(read(b"<html>Bad gateway</html>"), None);
    }

    #[test]
    fn codes_become_refusals() {
        let cases = [
            ("6140", RefusalKind::DuplicateNumber),
            ("6240", RefusalKind::DuplicateName),
            ("6210", RefusalKind::PeriodClosed),
            ("600", RefusalKind::DuplicateRequest),
            ("610", RefusalKind::BadReference),
            ("2500", RefusalKind::BadReference),
            ("2050", RefusalKind::Other),
            ("5010", RefusalKind::Stale),
            ("6000", RefusalKind::Other),
            ("9999", RefusalKind::Other),
        ];
        for (code, expected) in cases {
            let refusal = read(fault(code).as_bytes()).unwrap().refusal();
            assert_eq!((refusal.kind, refusal.code.as_str()), (expected, code));
            assert_eq!(refusal.message, format!("No: Why ({code})"));
            assert!(!refusal.hint.is_empty());
        }
    }

    #[test]
    fn the_code_that_says_most_names_the_refusal() {
        let body =
            r#"{"Fault":{"Error":[{"Message":"a","code":"2010"},{"Message":"b","code":"6140"}]}}"#;
        let refusal = read(body.as_bytes()).unwrap().refusal();
        assert_eq!(refusal.kind, RefusalKind::DuplicateNumber);
        assert_eq!(refusal.message, "a (2010); b (6140)");
    }
}
