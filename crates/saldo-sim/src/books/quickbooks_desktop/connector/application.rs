//! The file that tells the Web Connector about an application (`.qwc`).

use super::super::element::{Document, Element};
use super::super::tables::is_guid;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Elements that such a file may hold.
const KNOWN: [&str; 21] = [
    "AppName",
    "AppID",
    "AppURL",
    "AppDescription",
    "AppSupport",
    "AppDisplayName",
    "AppUniqueName",
    "UserName",
    "OwnerID",
    "FileID",
    "QBType",
    "Style",
    "Scheduler",
    "IsReadOnly",
    "AuthFlags",
    "Notify",
    "PersonalDataPref",
    "UnattendedModePref",
    "CertURL",
    "Security",
    "LocalizedBundle",
];

/// An application as the Web Connector knows it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Application {
    /// Its name.
    pub name: String,
    /// Where its server is called.
    pub url: String,
    /// The name that it signs in with.
    pub user: String,
    /// The id of the product.
    pub owner: String,
    /// The id of the connection of one company file.
    pub file: String,
    /// How often it is called, in minutes; none where only the user starts it.
    pub every_minutes: Option<u32>,
}

/// A file that the Web Connector does not take.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ApplicationError {
    /// It is not well-formed.
    #[error("QBWC1029: the application file cannot be read: {0}")]
    Unreadable(String),
    /// An element is missing, or unknown, or does not hold what it must.
    #[error("QBWC1030: `{0}` of the application file is missing or invalid")]
    Invalid(String),
    /// The server is on another computer and would be called in the open.
    #[error("QBWC1028: the address `{0}` must begin with https")]
    Insecure(String),
    /// Support is offered at another place than the server.
    #[error("QBWC1027: `AppSupport` and `AppURL` must have the same host")]
    OtherHost,
}

impl Application {
    /// Reads such a file.
    ///
    /// # Errors
    /// Why the Web Connector would not take it.
    pub fn parse(text: &str) -> Result<Self, ApplicationError> {
        let invalid = |name: &str| ApplicationError::Invalid(name.to_owned());
        let root = Document::parse(text).map_err(ApplicationError::Unreadable)?.root;
        if root.name != "QBWCXML" {
            return Err(invalid(&root.name));
        }
        if let Some(strange) = root.children.iter().find(|it| !KNOWN.contains(&it.name.as_str())) {
            return Err(invalid(&strange.name));
        }
        let text = |name: &str| root.text_of(name).ok_or_else(|| invalid(name));
        let (url, support) = (text("AppURL")?, text("AppSupport")?);
        let (scheme, host) = host_of(url).ok_or_else(|| invalid("AppURL"))?;
        let is_here = matches!(host, "localhost" | "127.0.0.1");
        if scheme != "https" && !(scheme == "http" && is_here) {
            return Err(ApplicationError::Insecure(url.to_owned()));
        }
        let (_, other) = host_of(support).ok_or_else(|| invalid("AppSupport"))?;
        if !other.eq_ignore_ascii_case(host) {
            return Err(ApplicationError::OtherHost);
        }
        let guid = |name: &str| Some(text(name)?).filter(|it| is_guid(it)).ok_or(invalid(name));
        if !matches!(text("QBType")?, "QBFS" | "QBPOS") {
            return Err(invalid("QBType"));
        }
        if !matches!(root.text_of("Style"), None | Some("Document" | "DocWrapped" | "RPC")) {
            return Err(invalid("Style"));
        }
        text("AppDescription")?;
        Ok(Self {
            name: text("AppName")?.to_owned(),
            url: url.to_owned(),
            user: text("UserName")?.to_owned(),
            owner: guid("OwnerID")?.to_owned(),
            file: guid("FileID")?.to_owned(),
            every_minutes: every_minutes(root.child("Scheduler"))?,
        })
    }
}

fn every_minutes(scheduler: Option<&Element>) -> Result<Option<u32>, ApplicationError> {
    let Some(scheduler) = scheduler else { return Ok(None) };
    let read = |name: &str| scheduler.text_of(name).map(|text| text.parse::<u32>().ok());
    let minutes = read("RunEveryNMinutes");
    let seconds = read("RunEveryNSeconds").map(|seconds| Some(seconds?.div_ceil(60)));
    match minutes.or(seconds) {
        Some(Some(minutes)) if minutes > 0 => Ok(Some(minutes)),
        _ => Err(ApplicationError::Invalid("Scheduler".to_owned())),
    }
}

/// The scheme and the host of an address.
fn host_of(url: &str) -> Option<(&str, &str)> {
    let (scheme, rest) = url.split_once("://")?;
    let host = rest.split(['/', '?', '#']).next()?;
    let host = host.split_once(':').map_or(host, |(host, _)| host);
    (!host.is_empty()).then_some((scheme, host))
}
