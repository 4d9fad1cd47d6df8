//! What the vendor says when it does not do what was asked.
//!
//! The texts are the vendor's only code. Those that its documents show stand here letter by letter;
//! the others are near to the vendor's, and the README lists which.

use serde_json::{Value, json};

/// A refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Refusal {
    /// The body does not have the shape that it must have.
    Malformed(String),
    /// What was asked for in the query cannot be understood.
    Query(String),
    /// Nothing stands under the identifier of the address.
    NotFound,
    /// An element cannot be accepted: why, one text for each reason.
    Invalid(Vec<String>),
    /// Elements cannot be accepted: each as it came, with the reasons.
    Elements(Vec<Value>),
    /// The method does not go with the address.
    Method,
}

/// What comes of a part of a request.
pub(super) type Checked<T> = Result<T, Refusal>;

impl Refusal {
    /// An element that cannot be accepted for one reason.
    pub(super) fn invalid(message: impl Into<String>) -> Self {
        Self::Invalid(vec![message.into()])
    }

    /// A body of the wrong shape, by the property that is wrong.
    pub(super) fn malformed(name: &str, why: &str) -> Self {
        Self::Malformed(format!("The value of {name} {why}"))
    }

    /// The status and the body of the answer, where the whole request fails.
    pub(super) fn answer(&self) -> (u16, Value) {
        match self {
            Self::Malformed(message) => (400, exception(14, "PostDataInvalidException", message)),
            Self::Query(message) => (400, exception(16, "QueryParseException", message)),
            Self::NotFound => {
                let message = "The resource you're looking for cannot be found";
                (404, exception(20, "ObjectNotFoundException", message))
            }
            Self::Method => {
                let message = "The method is not allowed at this address";
                (405, exception(21, "UnsupportedMethodException", message))
            }
            Self::Invalid(messages) => {
                let element = json!({ "ValidationErrors": errors(messages) });
                (400, validation(vec![element]))
            }
            Self::Elements(elements) => (400, validation(elements.clone())),
        }
    }
}

/// Reasons as they stand beside an element.
pub(super) fn errors(messages: &[String]) -> Value {
    Value::Array(messages.iter().map(|message| json!({ "Message": message })).collect())
}

/// A whole request that fails because elements cannot be accepted.
fn validation(elements: Vec<Value>) -> Value {
    let mut body = exception(10, "ValidationException", "A validation exception occurred");
    body["Elements"] = Value::Array(elements);
    body
}

fn exception(number: u32, kind: &str, message: &str) -> Value {
    json!({ "ErrorNumber": number, "Type": kind, "Message": message })
}
