//! A document of requests: its envelope, what happens after an error, and how the outcome of the
//! latest set is remembered.

use super::element::{Document, Element};
use super::file::CompanyFile;
use super::kind::Kind;
use super::status::{Checked, Hresult, Status};
use super::{fields, tables};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// How long the id of a message set may be.
const LONGEST_ID: usize = 23;

/// The outcome of the latest message set that had an id.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Recovery {
    id: String,
    checksum: String,
    answers: Vec<Element>,
}

/// What a request brought.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) status: Status,
    /// What is shown.
    pub(super) shown: Vec<Element>,
    /// Further attributes of the answer.
    pub(super) attributes: Vec<(String, String)>,
}

impl Outcome {
    pub(super) fn of(shown: Vec<Element>) -> Self {
        Self { status: Status::ok(), shown, attributes: Vec::new() }
    }
}

/// What was named within a message set: ids of transactions by macro.
pub(super) type Macros = BTreeMap<String, String>;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum OnError {
    Stop,
    Continue,
}

impl CompanyFile {
    /// Answers a document of requests.
    ///
    /// # Errors
    /// Where the document is not carried out at all, by the vendor's code.
    pub fn answer(&mut self, qbxml: &[u8], now: Timestamp) -> Result<Vec<u8>, Hresult> {
        let set = self.read(qbxml)?;
        let on_error = match set.attribute("onError") {
            Some("stopOnError") => OnError::Stop,
            Some("continueOnError") => OnError::Continue,
            Some("rollbackOnError") => return Err(Hresult::no_roll_back()),
            _ => return Err(Hresult::unreadable("onError is required.")),
        };
        let bad_values = check_requests(&set)?;
        let mut answer = Element::new("QBXMLMsgsRs");
        let new = set.attribute("newMessageSetID").filter(|id| !id.is_empty());
        let old = set.attribute("oldMessageSetID").filter(|id| !id.is_empty());
        if let Some(id) = new {
            answer = answer.with("newMessageSetID", id);
        }
        let code = match self.recall(&set, new, old) {
            Memory::Says { code, answers } => {
                answer.children = answers;
                code
            }
            Memory::IsSilent { cleared } => {
                answer.children = self.run_all(&set, bad_values, on_error, now);
                if let Some(id) = new {
                    let answers = answer.children.clone();
                    let checksum = checksum(&set);
                    self.recovery = Some(Recovery { id: id.to_owned(), checksum, answers });
                }
                cleared
            }
        };
        if let Some(code) = code {
            answer = answer.with("messageSetStatusCode", code.to_string());
        }
        if set.attribute("responseData") == Some("includeNone") {
            answer.children.iter_mut().for_each(|one| one.children.clear());
        }
        let mut text = "<?xml version=\"1.0\" ?>\n".to_owned();
        Element::node("QBXML", vec![answer]).write(&mut text);
        text.push('\n');
        Ok(text.into_bytes())
    }

    /// Reads the envelope.
    fn read(&self, qbxml: &[u8]) -> Result<Element, Hresult> {
        let text = std::str::from_utf8(qbxml);
        let text = text.map_err(|_| Hresult::unreadable("The text is not UTF-8."))?;
        let document = Document::parse(text).map_err(|why| Hresult::unreadable(&why))?;
        let version = document.instructions.iter().find(|(name, _)| name == "qbxml");
        let version = version.and_then(|(_, content)| version_of(content));
        let version =
            version.ok_or_else(|| Hresult::unreadable("The qbxml version is missing."))?;
        if !self.settings.versions.iter().any(|known| known == version) {
            return Err(Hresult::version(version));
        }
        let mut root = document.root;
        if root.name != "QBXML" || root.children.len() != 1 {
            return Err(Hresult::unreadable("QBXML holds one message set."));
        }
        let set = root.children.remove(0);
        let known = ["onError", "newMessageSetID", "oldMessageSetID", "responseData"];
        let is_strange = |(name, _): &(String, String)| !known.contains(&name.as_str());
        if set.name != "QBXMLMsgsRq" || set.attributes.iter().any(is_strange) {
            return Err(Hresult::unreadable("QBXML holds one QBXMLMsgsRq."));
        }
        Ok(set)
    }

    /// What the memory of message sets says before anything is carried out.
    fn recall(&mut self, set: &Element, new: Option<&str>, old: Option<&str>) -> Memory {
        if [new, old].into_iter().flatten().any(|id| id.chars().count() > LONGEST_ID) {
            return Memory::code(9_004);
        }
        let kept = self.recovery.as_ref();
        match (new, old) {
            (Some(new), Some(old)) if new == old => match kept.filter(|kept| kept.id == new) {
                Some(kept) => Memory::Says { code: Some(0), answers: kept.answers.clone() },
                None => Memory::code(9_002),
            },
            (Some(new), None) => match kept.filter(|kept| kept.id == new) {
                Some(kept) if kept.checksum == checksum(set) => {
                    Memory::Says { code: Some(0), answers: kept.answers.clone() }
                }
                Some(_) => Memory::code(9_001),
                None => Memory::IsSilent { cleared: None },
            },
            (new, Some(old)) => {
                let is_kept = kept.is_some_and(|kept| kept.id == old);
                if is_kept {
                    self.recovery = None;
                }
                let unknown = !is_kept && new.is_none();
                Memory::IsSilent { cleared: Some(if unknown { 600 } else { 0 }) }
            }
            (None, None) => Memory::IsSilent { cleared: None },
        }
    }

    fn run_all(
        &mut self,
        set: &Element,
        mut bad_values: Vec<Option<Status>>,
        on_error: OnError,
        now: Timestamp,
    ) -> Vec<Element> {
        let mut macros = Macros::new();
        let mut has_stopped = false;
        let mut answers = Vec::new();
        for (request, bad) in set.children.iter().zip(bad_values.iter_mut()) {
            let outcome = match bad.take() {
                _ if has_stopped => Err(Status::not_processed()),
                Some(bad) => Err(bad),
                None => self.run(request, &mut macros, now),
            };
            let outcome = outcome.unwrap_or_else(|status| Outcome {
                status,
                shown: Vec::new(),
                attributes: Vec::new(),
            });
            let is_error = outcome.status.severity == "Error";
            has_stopped |= is_error && on_error == OnError::Stop;
            answers.push(answered(request, outcome));
        }
        answers
    }

    /// Carries one request out.
    fn run(&mut self, request: &Element, macros: &mut Macros, now: Timestamp) -> Checked<Outcome> {
        let mut request = request.clone();
        fields::keep(&mut request);
        use_macros(&mut request, macros)?;
        let name = request.name.as_str();
        if let Some(kind) = name.strip_suffix("ModRq").and_then(Kind::of_name) {
            let Some(change) = request.children.first() else { return Err(Status::missing(name)) };
            let number = match kind {
                Kind::PurchaseOrder => self.change_order(change, now)?,
                kind if kind.is_transaction() => self.change_transaction(kind, change, now)?,
                _ => self.change(kind, change, now)?,
            };
            let record = self.record(number).expect("it was just stored");
            return Ok(Outcome::of(vec![only(&request, self.show(record, true))]));
        }
        if let Some(kind) = name.strip_suffix("AddRq").and_then(Kind::of_name) {
            let Some(add) = request.children.first() else { return Err(Status::missing(name)) };
            let number = if kind.is_transaction() {
                self.add_transaction(kind, add, now)?
            } else {
                self.add_to_list(kind, add, now)?
            };
            let record = self.record(number).expect("it was just stored");
            if let Some(name) = add.attribute("defMacro") {
                macros.insert(name.to_owned(), record.id());
            }
            let shown = self.show(record, true);
            return Ok(Outcome::of(vec![only(&request, shown)]));
        }
        match name {
            "HostQueryRq" => Ok(Outcome::of(vec![only(&request, self.show_host())])),
            "CompanyQueryRq" => Ok(Outcome::of(vec![only(&request, self.show_company(&request))])),
            "PreferencesQueryRq" => Ok(Outcome::of(vec![only(&request, self.show_preferences())])),
            "TxnVoidRq" => self.void(&request, now),
            "TxnDelRq" => self.delete(&request, now),
            "GeneralSummaryReportQueryRq" => self.report(&request, now),
            _ => {
                let mut outcome = self.query(&request, now)?;
                let shown = std::mem::take(&mut outcome.shown);
                outcome.shown = shown.into_iter().map(|one| only(&request, one)).collect();
                Ok(outcome)
            }
        }
    }
}

/// What the memory of message sets says.
enum Memory {
    /// This is the whole answer.
    Says { code: Option<u16>, answers: Vec<Element> },
    /// The requests are to be carried out.
    IsSilent { cleared: Option<u16> },
}

impl Memory {
    fn code(code: u16) -> Self {
        Self::Says { code: Some(code), answers: Vec::new() }
    }
}

/// Holds every request against its table. One with a wrong element spoils the whole document; one
/// with a wrong value only itself.
fn check_requests(set: &Element) -> Result<Vec<Option<Status>>, Hresult> {
    let check = |request: &Element| {
        if !tables::is_known(&request.name) || !request.name.ends_with("Rq") {
            return Err(Hresult::unreadable(&format!("Request {} is unknown.", request.name)));
        }
        let bad = tables::check(request).map_err(|why| Hresult::unreadable(&why))?;
        Ok(bad.first().map(Status::bad_value))
    };
    set.children.iter().map(check).collect()
}

fn version_of(content: &str) -> Option<&str> {
    let value = content.strip_prefix("version=")?;
    value.trim().strip_prefix(['"', '\''])?.strip_suffix(['"', '\''])
}

fn checksum(set: &Element) -> String {
    let mut text = String::new();
    set.children.iter().for_each(|request| request.write(&mut text));
    Sha256::digest(text.as_bytes()).iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Puts ids in the place of macros.
fn use_macros(element: &mut Element, macros: &Macros) -> Checked<()> {
    if let Some(name) = element.attribute("useMacro") {
        let id = macros.get(name).ok_or_else(|| Status::not_found(name))?;
        element.text.clone_from(id);
    }
    element.children.iter_mut().try_for_each(|child| use_macros(child, macros))
}

/// What is shown, where the request asks for some elements alone.
fn only(request: &Element, mut shown: Element) -> Element {
    let wanted: Vec<&str> = request.all("IncludeRetElement").map(|it| it.text.trim()).collect();
    if !wanted.is_empty() {
        shown.children.retain(|child| wanted.contains(&child.name.as_str()));
    }
    shown
}

fn answered(request: &Element, outcome: Outcome) -> Element {
    let stem = request.name.strip_suffix("Rq").unwrap_or(&request.name);
    let mut answer = Element::node(&format!("{stem}Rs"), outcome.shown);
    if let Some(id) = request.attribute("requestID") {
        answer = answer.with("requestID", id);
    }
    let status = outcome.status;
    answer = answer
        .with("statusCode", status.code.to_string())
        .with("statusSeverity", status.severity)
        .with("statusMessage", status.message);
    answer.attributes.extend(outcome.attributes);
    answer
}
