//! From a request to the part of the organisation that answers it.

use super::super::address::Address;
use super::access::{Barred, json_answer};
use super::entity::Note;
use super::fields::{self, Object};
use super::find::Listing;
use super::kind::Kind;
use super::organisation::identifier;
use super::refusal::{Checked, Refusal, errors};
use super::write::Write;
use super::{Tenant, XeroSim, xml};
use jiff::Timestamp;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde_json::{Value, json};

/// The largest body, in bytes, and the longest key.
const BODY_BYTES: usize = 3_500_000;
const KEY_LETTERS: usize = 128;

/// How many characters a note may have.
const NOTE_LETTERS: usize = 250;

/// What stands for no identifier.
const NIL: &str = "00000000-0000-0000-0000-000000000000";

/// A request to an organisation.
struct Call<'a> {
    request: &'a HttpRequest,
    address: &'a Address,
    now: Timestamp,
}

impl Call<'_> {
    fn parameter(&self, name: &str) -> Option<&str> {
        self.address.parameter(name)
    }

    fn unit_decimals(&self) -> u32 {
        if self.parameter("unitdp") == Some("4") { 4 } else { 2 }
    }
}

impl XeroSim {
    /// The organisations that a token reaches.
    pub(super) fn connections(&self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        if self.identity.check(request, &[], now).is_err() {
            return problem(401, "Unauthorized", "AuthenticationUnsuccessful");
        }
        let connections = self.tenants.iter().map(|tenant| {
            let organisation = &tenant.organisation;
            json!({
                "id": identifier(organisation.seed, "connection"),
                "authEventId": identifier(organisation.seed, "consent"),
                "tenantId": organisation.tenant,
                "tenantType": "ORGANISATION",
                "tenantName": organisation.name,
                "createdDateUtc": "2026-01-01T00:00:00.0000000",
                "updatedDateUtc": "2026-01-01T00:00:00.0000000",
            })
        });
        json_answer(200, &Value::Array(connections.collect()))
    }

    /// Answers a request to an organisation: who asks, which one, how fast, whether it was asked
    /// before.
    pub(super) fn serve(
        &mut self,
        request: &HttpRequest,
        address: &Address,
        now: Timestamp,
    ) -> HttpAnswer {
        let scopes = scopes_of(request.method, address);
        let scopes: Vec<&str> = scopes.iter().map(String::as_str).collect();
        let barred = self.identity.check(request, &scopes, now).err();
        let wanted = header(request, "xero-tenant-id").unwrap_or("");
        let mut tenants = self.tenants.iter_mut();
        let tenant = tenants.find(|it| it.organisation.tenant.eq_ignore_ascii_case(wanted));
        let Some(tenant) = tenant.filter(|_| barred != Some(Barred::Token)) else {
            return match barred {
                Some(Barred::Token) => {
                    self.unauthenticated += 1;
                    problem(401, "Unauthorized", "TokenExpired: the access token is not valid")
                }
                _ => problem(403, "Forbidden", "AuthenticationUnsuccessful"),
            };
        };
        if barred == Some(Barred::Scope) {
            return problem(401, "Unauthorized", "AuthorizationUnsuccessful");
        }
        let per_day = tenant.organisation.settings.calls_per_day;
        let mut answer = match tenant.traffic.admit(per_day, now) {
            Ok(()) => tenant.answer(&Call { request, address, now }),
            Err(excess) => {
                let headers = vec![
                    ("retry-after".to_owned(), excess.seconds.to_string()),
                    ("x-rate-limit-problem".to_owned(), excess.problem.to_owned()),
                ];
                HttpAnswer { status: 429, headers, body: Vec::new() }
            }
        };
        tenant.traffic.sign(&mut answer, per_day, now);
        answer
    }
}

impl Tenant {
    /// Answers a request, or gives the answer that its key had before.
    fn answer(&mut self, call: &Call<'_>) -> HttpAnswer {
        let key = header(call.request, "idempotency-key");
        let key = key.filter(|_| call.request.method != Method::Get);
        let Some(key) = key else { return self.carry_out(call) };
        if key.chars().count() > KEY_LETTERS {
            let why = "The Idempotency-Key must be at most 128 characters long";
            return rendered(call.request, Err(Refusal::invalid(why)), self.stamp(call));
        }
        let body = String::from_utf8_lossy(&call.request.body);
        let asked = format!("{:?} {} {body}", call.request.method, path_and_query(call.address));
        if let Some(first) = self.memory.recall(key, call.now) {
            if first.request != asked {
                let why = "The Idempotency-Key was used before with another request";
                return rendered(call.request, Err(Refusal::invalid(why)), self.stamp(call));
            }
            self.traffic.calls.replays += 1;
            let (headers, body) = (first.headers.clone(), first.body.clone().into_bytes());
            return HttpAnswer { status: first.status, headers, body };
        }
        let answer = self.carry_out(call);
        self.memory.keep(key, asked, &answer, call.now);
        answer
    }

    fn carry_out(&mut self, call: &Call<'_>) -> HttpAnswer {
        let answer = self.route(call);
        rendered(call.request, answer, self.stamp(call))
    }

    /// What stands at the head of every body.
    fn stamp(&self, call: &Call<'_>) -> Object {
        let text = format!("answer {} {}", call.request.url, call.now);
        let mut head = Object::new();
        head.insert("Id".to_owned(), json!(identifier(self.organisation.seed, &text)));
        head.insert("Status".to_owned(), json!("OK"));
        head.insert("ProviderName".to_owned(), json!("Saldo"));
        let now = json!(format!("/Date({})/", call.now.as_millisecond()));
        head.insert("DateTimeUTC".to_owned(), now);
        head
    }

    fn route(&mut self, call: &Call<'_>) -> Checked<Value> {
        let parts: Vec<&str> = call.address.path.iter().skip(2).map(String::as_str).collect();
        match (call.request.method, parts.as_slice()) {
            (Method::Get, ["Organisation" | "Organisations"]) => {
                self.traffic.calls.reads += 1;
                Ok(json!({ "Organisations": [self.organisation.show_self()] }))
            }
            (Method::Get, ["Reports", name]) => self.report(name, call),
            (Method::Get, [endpoint]) => self.list(kind(endpoint)?, call),
            (Method::Get, [endpoint, id]) => self.read(kind(endpoint)?, id),
            (Method::Get, [endpoint, id, "History"]) => {
                self.traffic.calls.reads += 1;
                let kind = kind(endpoint)?;
                let entity = self.organisation.by_id(kind, id).filter(|_| kind.has_history());
                let entity = entity.ok_or(Refusal::NotFound)?;
                Ok(json!({ "HistoryRecords": self.organisation.show_history(entity) }))
            }
            (Method::Get, [endpoint, id, "Attachments"]) => {
                self.traffic.calls.reads += 1;
                let files = self.organisation.attachments(kind(endpoint)?, id)?;
                Ok(keyed("Attachments", files))
            }
            (Method::Put | Method::Post, [endpoint, id, "Attachments", name]) => {
                self.traffic.calls.writes += 1;
                let (content, place) = (&call.request.body, (kind(endpoint)?, *id));
                let shown = self.organisation.attach(place, name, content, call.now)?;
                Ok(keyed("Attachments", vec![shown]))
            }
            (Method::Put | Method::Post, [endpoint, id, "History"]) => {
                self.note(kind(endpoint)?, id, call)
            }
            (Method::Put, ["CreditNotes", id, "Allocations"]) => {
                self.beneath(call, "Allocations", |tenant, given| {
                    tenant.organisation.allocate(id, given, call.now)
                })
            }
            (Method::Put, ["TrackingCategories", id, "Options"]) => {
                self.beneath(call, "Options", |tenant, given| {
                    tenant.organisation.write_option(id, given, call.now)
                })
            }
            (Method::Put, [endpoint]) => self.write(kind(endpoint)?, None, call),
            (Method::Post, [endpoint]) => {
                let kind = kind(endpoint)?;
                let only_by_id =
                    matches!(kind, Kind::Account | Kind::Currency | Kind::TrackingCategory);
                if only_by_id { Err(Refusal::Method) } else { self.write(kind, None, call) }
            }
            (Method::Post, [endpoint, id]) => self.write(kind(endpoint)?, Some(id), call),
            _ => Err(Refusal::NotFound),
        }
    }

    fn report(&mut self, name: &str, call: &Call<'_>) -> Checked<Value> {
        self.traffic.calls.reports += 1;
        let organisation = &self.organisation;
        let report = match name {
            "TrialBalance" => organisation.trial_balance(call.parameter("date"), call.now)?,
            "BankSummary" => {
                let days = (call.parameter("fromDate"), call.parameter("toDate"));
                organisation.bank_summary(days.0, days.1, call.now)?
            }
            "ProfitAndLoss" => {
                let days = (call.parameter("fromDate"), call.parameter("toDate"));
                organisation.profit_and_loss(days, call.now)?
            }
            _ => return Err(Refusal::NotFound),
        };
        Ok(json!({ "Reports": [report] }))
    }

    fn list(&mut self, kind: Kind, call: &Call<'_>) -> Checked<Value> {
        self.traffic.calls.reads += 1;
        let since = header(call.request, "if-modified-since");
        let Listing { elements, pagination } = self.organisation.list(kind, call.address, since)?;
        let mut body = json!({});
        if let Some(pagination) = pagination {
            body["pagination"] = pagination;
        }
        body[kind.endpoint()] = Value::Array(elements);
        Ok(body)
    }

    /// One entity, by its identifier or by what a person calls it.
    fn read(&mut self, kind: Kind, id: &str) -> Checked<Value> {
        self.traffic.calls.reads += 1;
        let named = matches!(kind, Kind::Contact | Kind::Account | Kind::TrackingCategory);
        let by_key = || self.organisation.by_key(kind, id).filter(|_| !named);
        let found = self.organisation.by_id(kind, id).or_else(by_key).ok_or(Refusal::NotFound)?;
        let shown = Value::Object(self.organisation.show(found, true));
        Ok(keyed(kind.endpoint(), vec![shown]))
    }

    /// Adds notes to the history of an entity, which changes the time of its last change.
    fn note(&mut self, kind: Kind, id: &str, call: &Call<'_>) -> Checked<Value> {
        self.traffic.calls.writes += 1;
        let entity = self.organisation.by_id(kind, id).filter(|_| kind.has_history());
        let place = entity.ok_or(Refusal::NotFound)?.place;
        if kind == Kind::Payment {
            let why = "API is not able to create HistoryRecord for Payments";
            return Err(Refusal::invalid(why));
        }
        let body = json_body(call.request)?;
        let mut notes = Vec::new();
        for record in fields::objects(&body, "HistoryRecords")? {
            let details = fields::text(record, "Details")?;
            let missing = || Refusal::invalid("Details must be specified");
            let details = details.ok_or_else(missing)?.to_owned();
            if details.chars().count() > NOTE_LETTERS {
                let why = format!("Details must be at most {NOTE_LETTERS} characters long");
                return Err(Refusal::invalid(why));
            }
            notes.push(Note { at: call.now, changes: "Note".to_owned(), details });
        }
        let show = |note: &Note| {
            let at = fields::shown_instant(note.at);
            json!({ "Details": note.details, "DateUTC": at })
        };
        let shown = notes.iter().map(show).collect();
        for note in notes {
            self.organisation.note((kind, place), note, call.now);
        }
        Ok(keyed("HistoryRecords", shown))
    }

    /// Writes what stands beneath an entity.
    fn beneath(
        &mut self,
        call: &Call<'_>,
        name: &str,
        mut write: impl FnMut(&mut Self, &Object) -> Checked<Value>,
    ) -> Checked<Value> {
        self.traffic.calls.writes += 1;
        let body = json_body(call.request)?;
        let given = match body.contains_key(name) {
            true => fields::objects(&body, name)?,
            false => vec![&body],
        };
        let mut shown = Vec::new();
        for one in given {
            shown.push(write(self, one)?);
        }
        Ok(keyed(name, shown))
    }

    /// Writes elements: all or none, unless each may fail for itself.
    fn write(&mut self, kind: Kind, id: Option<&str>, call: &Call<'_>) -> Checked<Value> {
        self.traffic.calls.writes += 1;
        let body = json_body(call.request)?;
        let given = match body.contains_key(kind.endpoint()) {
            true => fields::objects(&body, kind.endpoint())?,
            false => vec![&body],
        };
        let creates = call.request.method == Method::Put;
        let unit_decimals = call.unit_decimals();
        let write = Write { kind, creates, id, unit_decimals, now: call.now };
        if id.is_some() || call.parameter("summarizeErrors") != Some("false") {
            return self.write_all(&write, &given);
        }
        let mut shown = Vec::new();
        for element in given {
            match self.organisation.write(&write, element) {
                Ok(place) => {
                    let mut stored = self.shown(kind, place);
                    stored["StatusAttributeString"] = json!("OK");
                    shown.push(stored);
                }
                Err(Refusal::Invalid(messages)) => shown.push(refused(kind, element, &messages)),
                Err(other) => return Err(other),
            }
        }
        Ok(keyed(kind.endpoint(), shown))
    }

    /// Writes all elements, or none where one of them cannot be accepted.
    fn write_all(&mut self, write: &Write<'_>, given: &[&Object]) -> Checked<Value> {
        let before = (given.len() > 1).then(|| self.organisation.clone());
        let mut shown = Vec::new();
        let mut wrong = Vec::new();
        let mut broken = None;
        for element in given {
            match self.organisation.write(write, element) {
                Ok(place) => shown.push(self.shown(write.kind, place)),
                Err(Refusal::Invalid(messages)) => {
                    wrong.push(refused(write.kind, element, &messages));
                }
                Err(other) => broken = broken.or(Some(other)),
            }
        }
        if broken.is_none() && wrong.is_empty() {
            return Ok(keyed(write.kind.endpoint(), shown));
        }
        if let Some(before) = before {
            self.organisation = before;
        }
        Err(broken.unwrap_or(Refusal::Elements(wrong)))
    }

    fn shown(&self, kind: Kind, place: u64) -> Value {
        let entity = self.organisation.entity(kind, place);
        let shown = entity.map(|entity| self.organisation.show(entity, true));
        Value::Object(shown.unwrap_or_default())
    }
}

/// An element that was refused: as it came, with the reasons.
fn refused(kind: Kind, given: &Object, messages: &[String]) -> Value {
    let mut shown = Value::Object(given.clone());
    if let Some(name) = kind.id_field()
        && !given.contains_key(name)
    {
        shown[name] = json!(NIL);
    }
    let flag = match kind {
        Kind::Invoice | Kind::CreditNote => Some("HasErrors"),
        Kind::Payment | Kind::Contact => Some("HasValidationErrors"),
        _ => None,
    };
    if let Some(flag) = flag {
        shown[flag] = json!(true);
    }
    shown["StatusAttributeString"] = json!("ERROR");
    shown["ValidationErrors"] = errors(messages);
    shown
}

fn kind(endpoint: &str) -> Checked<Kind> {
    Kind::of_path(endpoint).ok_or(Refusal::NotFound)
}

/// The scopes of which a request needs one.
fn scopes_of(method: Method, address: &Address) -> Vec<String> {
    let parts: Vec<&str> = address.path.iter().skip(2).map(String::as_str).collect();
    let scope = match parts.as_slice() {
        ["Reports", name, ..] => {
            return vec![format!("accounting.reports.{}.read", name.to_ascii_lowercase())];
        }
        [_, _, "Attachments", ..] => "accounting.attachments",
        [endpoint, ..] => Kind::of_path(endpoint).map_or("accounting.settings", Kind::scope),
        [] => return Vec::new(),
    };
    let mut scopes = vec![scope.to_owned()];
    if method == Method::Get {
        scopes.push(format!("{scope}.read"));
    }
    scopes
}

fn keyed(name: &str, elements: Vec<Value>) -> Value {
    let mut body = json!({});
    body[name] = Value::Array(elements);
    body
}

fn header<'a>(request: &'a HttpRequest, name: &str) -> Option<&'a str> {
    let found = request.headers.iter().find(|(known, _)| known == name);
    found.map(|(_, value)| value.as_str())
}

fn path_and_query(address: &Address) -> String {
    format!("{:?} {:?}", address.path, address.query)
}

fn json_body(request: &HttpRequest) -> Checked<Object> {
    let kind = header(request, "content-type").unwrap_or("");
    if !kind.starts_with("application/json") {
        return Err(Refusal::Malformed("The request body must be JSON".to_owned()));
    }
    if request.body.len() > BODY_BYTES {
        return Err(Refusal::Malformed("The request body is too large".to_owned()));
    }
    serde_json::from_slice(&request.body)
        .map_err(|error| Refusal::Malformed(format!("JSON for post data was invalid: {error}")))
}

/// An answer in the form that was asked for: JSON, or XML to whoever did not say.
fn rendered(request: &HttpRequest, answer: Checked<Value>, stamp: Object) -> HttpAnswer {
    let (status, body) = match answer {
        Ok(Value::Object(content)) => {
            let mut body = stamp;
            body.extend(content);
            (200, Value::Object(body))
        }
        Ok(other) => (200, other),
        Err(refusal) => refusal.answer(),
    };
    if header(request, "accept").is_some_and(|wanted| wanted.contains("application/json")) {
        return json_answer(status, &body);
    }
    let root = if status == 200 { "Response" } else { "ApiException" };
    let headers = vec![("content-type".to_owned(), "text/xml; charset=utf-8".to_owned())];
    HttpAnswer { status, headers, body: xml::render(root, &body).into_bytes() }
}

/// What the gateway before the organisations says.
fn problem(status: u16, title: &str, detail: &str) -> HttpAnswer {
    let body = json!({
        "Type": null, "Title": title, "Status": status, "Detail": detail,
        "Instance": NIL, "Extensions": {},
    });
    json_answer(status, &body)
}
