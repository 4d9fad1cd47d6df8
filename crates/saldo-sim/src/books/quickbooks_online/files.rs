//! Files at transactions: uploads, and the entities that say where each belongs.

use super::company::Company;
use super::entity::Standing;
use super::fault::Fault;
use super::fields;
use super::kind::Kind;
use super::query_text::{self, Comparison, Query};
use jiff::Timestamp;
use saldo_core::exchange::HttpRequest;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// How large an upload may be, in bytes.
const UPLOAD_BYTES: usize = 100 << 20;

/// A file at a transaction.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attachable {
    /// Its identifier.
    pub id: String,
    /// The kind of transaction that it is at.
    pub kind: Kind,
    /// The transaction's identifier.
    pub remote: String,
    /// The file's name.
    pub name: String,
    /// What it holds, by the word of who sent it.
    pub media_type: String,
    /// What stands in it.
    pub content: String,
}

/// A part of a form.
struct Part<'a> {
    name: &'a str,
    content: &'a str,
}

impl Company {
    /// All files, in the order of their upload.
    #[must_use]
    pub fn attachables(&self) -> &[Attachable] {
        &self.attachables
    }

    /// Takes a file with what says where it belongs. Each upload is another file, whatever its
    /// name, and changes its transaction.
    pub(super) fn upload(&mut self, request: &HttpRequest, now: Timestamp) -> Result<Value, Fault> {
        if request.body.len() > UPLOAD_BYTES {
            return Err(Fault::business("the upload is larger than 100 MB"));
        }
        let text = std::str::from_utf8(&request.body).map_err(|_| Fault::content_type())?;
        let parts = parts(request, text)?;
        let part = |name: &str| {
            let found = parts.iter().find(|part| part.name == name);
            found.map(|part| part.content).ok_or_else(|| Fault::missing(name))
        };
        let metadata: fields::Object = serde_json::from_str(part("file_metadata_01")?)
            .map_err(|_| Fault::unknown_property("file_metadata_01"))?;
        let content = part("file_content_01")?;
        let text =
            |name: &'static str| fields::text(&metadata, name)?.ok_or_else(|| Fault::missing(name));
        let (name, media_type) = (text("FileName")?.to_owned(), text("ContentType")?.to_owned());
        let references = fields::objects(&metadata, "AttachableRef")?;
        let [reference] = &references[..] else { return Err(Fault::missing("AttachableRef")) };
        let home = fields::object(reference, "EntityRef")?;
        let home = home.ok_or_else(|| Fault::missing("EntityRef"))?;
        let kind = fields::text(home, "type")?.ok_or_else(|| Fault::missing("type"))?;
        let kind = Kind::of_name(kind).ok_or_else(|| Fault::bad_enumeration("type", kind))?;
        let remote = fields::text(home, "value")?.ok_or_else(|| Fault::missing("value"))?;
        let id = remote.parse().map_err(|_| Fault::invalid_id(remote))?;
        let gone = || Fault::not_found("Something you're trying to use does not exist.");
        let entity = self.entity(kind, id).filter(|it| it.standing != Standing::Deleted);
        let mut entity = entity.cloned().ok_or_else(gone)?;
        entity.sync_token += 1;
        entity.updated = now;
        self.store(entity);
        let file = Attachable {
            id: (5_000_000_001 + self.attachables.len()).to_string(),
            kind,
            remote: remote.to_owned(),
            name,
            media_type,
            content: content.to_owned(),
        };
        let shown = file.show();
        self.attachables.push(file);
        Ok(json!({ "AttachableResponse": [{ "Attachable": shown }] }))
    }

    /// Answers a query for files by what they are at.
    pub(super) fn query_attachables(&self, query: &Query) -> Result<Value, Fault> {
        let mut rows: Vec<&Attachable> = self.attachables.iter().collect();
        for condition in &query.conditions {
            let [wanted] = &condition.values[..] else {
                return Err(Fault::query_invalid("one value is compared"));
            };
            if condition.comparison != Comparison::Equal {
                return Err(Fault::query_invalid("files are asked for by equality"));
            }
            match condition.property.to_ascii_lowercase().as_str() {
                "attachableref.entityref.type" => {
                    rows.retain(|row| row.kind.name().eq_ignore_ascii_case(wanted));
                }
                "attachableref.entityref.value" => rows.retain(|row| row.remote == *wanted),
                "filename" => rows.retain(|row| row.name == *wanted),
                other => {
                    let why = format!("property '{other}' of Attachable is not queryable");
                    return Err(Fault::query_invalid(&why));
                }
            }
        }
        let page = rows.into_iter().skip(query.start - 1).take(query.limit);
        let page: Vec<Value> = page.map(Attachable::show).collect();
        Ok(match page.len() {
            0 => json!({}),
            count => json!({
                "startPosition": query.start, "maxResults": count, "Attachable": page,
            }),
        })
    }
}

impl Attachable {
    fn show(&self) -> Value {
        let reference = json!({ "EntityRef": { "value": self.remote, "type": self.kind.name() } });
        json!({
            "FileName": self.name,
            "Size": self.content.len(),
            "ContentType": self.media_type,
            "AttachableRef": [reference],
            "domain": "QBO",
            "sparse": false,
            "Id": self.id,
            "SyncToken": "0",
        })
    }
}

/// Whether a query is for files.
pub(super) fn asked(text: &str) -> Option<Query> {
    let query = query_text::parse(text).ok()?;
    query.entity.eq_ignore_ascii_case("Attachable").then_some(query)
}

/// The parts of a form, by RFC 7578.
fn parts<'a>(request: &HttpRequest, text: &'a str) -> Result<Vec<Part<'a>>, Fault> {
    let kind = request.headers.iter().find(|(name, _)| name == "content-type");
    let boundary = kind.and_then(|(_, kind)| kind.strip_prefix("multipart/form-data; boundary="));
    let marker = format!("--{}", boundary.ok_or_else(Fault::content_type)?);
    let broken = || Fault::unknown_property("request body");
    let (inside, _) = text.rsplit_once(&format!("{marker}--")).ok_or_else(broken)?;
    let begins = format!("{marker}\r\n");
    let sections = inside.split(begins.as_str()).skip(1);
    let part = |section: &'a str| {
        let (head, content) = section.split_once("\r\n\r\n")?;
        let (_, name) = head.split_once("; name=\"")?;
        Some(Part { name: name.split('"').next()?, content: content.strip_suffix("\r\n")? })
    };
    sections.map(|section| part(section).ok_or_else(broken)).collect()
}
