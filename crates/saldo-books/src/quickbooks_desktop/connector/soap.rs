//! The calls of the connector and their answers, as SOAP 1.1 carries them (document, literal).

use super::xml::{self, Element, written};
use saldo_core::text::Secret;
use thiserror::Error;

/// The namespace of envelopes.
pub(super) const ENVELOPE: &str = "http://schemas.xmlsoap.org/soap/envelope/";
/// The namespace of calls and answers.
pub(super) const SERVICE: &str = "http://developer.intuit.com/";

/// What the connector calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// Which version the service has.
    ServerVersion,
    /// Which version the connector has.
    ClientVersion,
    /// Who calls, and whether there is work.
    Authenticate,
    /// The next message, please.
    SendRequest,
    /// What QuickBooks answered.
    ReceiveResponse,
    /// QuickBooks cannot be reached.
    ConnectionError,
    /// Why there was no message, or what went wrong.
    LastError,
    /// The session is over.
    Close,
}

impl Method {
    /// All of them, in the order of a session.
    pub const ALL: [Self; 8] = [
        Self::ServerVersion,
        Self::ClientVersion,
        Self::Authenticate,
        Self::SendRequest,
        Self::ReceiveResponse,
        Self::ConnectionError,
        Self::LastError,
        Self::Close,
    ];

    /// The name of its element.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::ServerVersion => "serverVersion",
            Self::ClientVersion => "clientVersion",
            Self::Authenticate => "authenticate",
            Self::SendRequest => "sendRequestXML",
            Self::ReceiveResponse => "receiveResponseXML",
            Self::ConnectionError => "connectionError",
            Self::LastError => "getLastError",
            Self::Close => "closeConnection",
        }
    }
}

/// Who logs in.
#[derive(Clone, Debug)]
pub struct Login {
    /// The user's name, from the application file.
    pub user: String,
    /// The password, as it was typed into the connector.
    pub password: Secret,
}

/// A call for work.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct WorkRequest {
    /// The session's ticket.
    pub ticket: String,
    /// What QuickBooks says of itself, of the company and its preferences; in a session's first
    /// call for work alone.
    pub host: String,
    /// The path of the company file.
    pub file: String,
    /// The edition's country.
    pub country: String,
    /// The version of qbXML that QuickBooks speaks, before the point.
    pub major: u32,
    /// The same, after the point.
    pub minor: u32,
}

/// A call.
#[derive(Clone, Debug)]
pub enum Call {
    /// Which version the service has.
    ServerVersion,
    /// The connector's version.
    ClientVersion(String),
    /// Who calls.
    Authenticate(Login),
    /// The next message, please.
    SendRequest(WorkRequest),
    /// What QuickBooks answered to the last message.
    ReceiveResponse {
        /// The session's ticket.
        ticket: String,
        /// The answer; empty where there was none.
        response: String,
        /// The code of a failure; empty where there was none.
        code: String,
        /// The failure in words.
        message: String,
    },
    /// QuickBooks cannot be reached.
    ConnectionError {
        /// The session's ticket.
        ticket: String,
        /// The code of the failure.
        code: String,
        /// The failure in words.
        message: String,
    },
    /// Why there was no message, or what went wrong.
    LastError {
        /// The session's ticket.
        ticket: String,
    },
    /// The session is over.
    Close {
        /// The session's ticket.
        ticket: String,
    },
}

impl Call {
    /// What is called.
    #[must_use]
    pub const fn method(&self) -> Method {
        match self {
            Self::ServerVersion => Method::ServerVersion,
            Self::ClientVersion(_) => Method::ClientVersion,
            Self::Authenticate(_) => Method::Authenticate,
            Self::SendRequest(_) => Method::SendRequest,
            Self::ReceiveResponse { .. } => Method::ReceiveResponse,
            Self::ConnectionError { .. } => Method::ConnectionError,
            Self::LastError { .. } => Method::LastError,
            Self::Close { .. } => Method::Close,
        }
    }
}

/// Why a request is no call.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0}")]
pub struct SoapFault(String);

impl SoapFault {
    pub(super) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// Reads the call in a small body.
///
/// # Errors
/// Where it is not UTF-8, not XML, has a document type, is no envelope of SOAP 1.1, or asks for
/// something that the service does not have.
pub(super) fn read_whole(body: &[u8]) -> Result<Call, SoapFault> {
    let text = str::from_utf8(body).map_err(|_| SoapFault::new("the request is not UTF-8"))?;
    let envelope = xml::read(text).map_err(|error| SoapFault::new(error.to_string()))?;
    if envelope.name != "Envelope" || *envelope.namespace != *ENVELOPE {
        return Err(SoapFault::new("the request is no envelope of SOAP 1.1"));
    }
    let body = envelope.children.iter().find(|it| it.name == "Body" && *it.namespace == *ENVELOPE);
    match body.map(|body| &body.children[..]) {
        Some([call]) => read_method(call),
        _ => Err(SoapFault::new("the envelope does not have one call in its body")),
    }
}

/// So much of a caller's text as is told back, or stands in a log.
fn cut(text: &str) -> &str {
    let end = text.char_indices().nth(80).map_or(text.len(), |(end, _)| end);
    text.get(..end).unwrap_or_default()
}

fn read_method(call: &Element) -> Result<Call, SoapFault> {
    if *call.namespace != *SERVICE {
        let (name, namespace) = (cut(&call.name), cut(&call.namespace));
        return Err(SoapFault::new(format!("`{name}` of `{namespace}` is not known here")));
    }
    let text = |name: &str| call.child(name).map(|it| it.text.clone()).unwrap_or_default();
    let number = |name: &str| {
        let text = call.text_of(name).unwrap_or_default();
        text.parse()
            .map_err(|_| SoapFault::new(format!("`{name}` is not a number: `{}`", cut(text))))
    };
    let ticket = text("ticket");
    Ok(match call.name.as_str() {
        "serverVersion" => Call::ServerVersion,
        "clientVersion" => Call::ClientVersion(text("strVersion")),
        "authenticate" => {
            let password = Secret::new(text("strPassword"));
            Call::Authenticate(Login { user: text("strUserName"), password })
        }
        "sendRequestXML" => Call::SendRequest(WorkRequest {
            ticket,
            host: text("strHCPResponse"),
            file: text("strCompanyFileName"),
            country: text("qbXMLCountry"),
            major: number("qbXMLMajorVers")?,
            minor: number("qbXMLMinorVers")?,
        }),
        "receiveResponseXML" => Call::ReceiveResponse {
            ticket,
            response: text("response"),
            code: text("hresult").trim().to_owned(),
            message: text("message"),
        },
        "connectionError" => Call::ConnectionError {
            ticket,
            code: text("hresult").trim().to_owned(),
            message: text("message"),
        },
        "getLastError" => Call::LastError { ticket },
        "closeConnection" => Call::Close { ticket },
        other => return Err(SoapFault::new(format!("the service has no method `{}`", cut(other)))),
    })
}

/// What a call is answered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reply {
    /// A text.
    Text(String),
    /// A number.
    Number(i32),
    /// A list of texts.
    Texts(Vec<String>),
}

impl Reply {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// The answer to `authenticate`: a ticket, and what comes of the call. The word is empty where
    /// a session begins with the company file that is open; `none` without work, `busy` while
    /// another session runs, `nvu` where user or password are wrong.
    #[must_use]
    pub fn admission(ticket: &str, word: &str) -> Self {
        Self::Texts(vec![ticket.to_owned(), word.to_owned()])
    }

    /// The envelope that answers a call of this method.
    #[must_use]
    pub fn write(&self, method: Method) -> Vec<u8> {
        let name = method.name();
        let result = match self {
            Self::Text(text) => written(text),
            Self::Number(number) => number.to_string(),
            Self::Texts(texts) => {
                texts.iter().map(|text| format!("<string>{}</string>", written(text))).collect()
            }
        };
        envelope(&format!(
            "<{name}Response xmlns=\"{SERVICE}\"><{name}Result>{result}</{name}Result>\
             </{name}Response>"
        ))
    }
}

/// The envelope that refuses a request.
#[must_use]
pub fn write_fault(fault: &SoapFault) -> Vec<u8> {
    let text = written(&fault.0);
    envelope(&format!(
        "<soap:Fault><faultcode>soap:Client</faultcode><faultstring>{text}</faultstring>\
         </soap:Fault>"
    ))
}

fn envelope(body: &str) -> Vec<u8> {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?>\n<soap:Envelope xmlns:soap=\"{ENVELOPE}\">\
         <soap:Body>{body}</soap:Body></soap:Envelope>"
    )
    .into_bytes()
}
