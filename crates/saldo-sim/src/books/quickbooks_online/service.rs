//! From a request to the part of the company that answers it.

use super::QuickBooksOnlineSim;
use super::access::json_answer;
use super::address::Address;
use super::company::{Sequences, View};
use super::entity::answered_at;
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::query;
use super::write::{Operation, Write};
use super::{lists, memory::Remembered};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde_json::{Value, json};

/// The most items of a batch, the longest ids, and how far back changes can be asked for.
const BATCH_ITEMS: usize = 30;
const REQUEST_ID: usize = 50;
const BATCH_REQUEST_ID: usize = 36;
const BATCH_ITEM_ID: usize = 10;
const CHANGES_BACK: SignedDuration = SignedDuration::from_hours(30 * 24);
const CHANGES_MOST: usize = 1_000;

/// The address and body of a request to a company.
struct Call<'a> {
    request: &'a HttpRequest,
    address: &'a Address,
    now: Timestamp,
}

impl QuickBooksOnlineSim {
    /// Answers a request to a company: who asks, how fast, whether it was asked before.
    pub(super) fn serve(
        &mut self,
        request: &HttpRequest,
        address: &Address,
        now: Timestamp,
    ) -> HttpAnswer {
        let call = Call { request, address, now };
        if !self.access.permits(request, now) {
            self.traffic.calls.unauthenticated += 1;
            return failure(&Fault::unauthenticated(), now);
        }
        if address.path.get(2) != Some(&self.company.realm) {
            return failure(&Fault::forbidden(), now);
        }
        let is_batch = address.path.get(3).is_some_and(|part| part == "batch");
        if !self.traffic.admit(is_batch, now) {
            return failure(&Fault::throttled(), now);
        }
        let id = match request_id(address, is_batch) {
            Ok(id) => id.filter(|_| request.method == Method::Post),
            Err(fault) => return failure(&fault, now),
        };
        if let Some(Remembered { status, body, .. }) = id.and_then(|id| self.memory.recall(id, now))
        {
            self.traffic.calls.replays += 1;
            let mut answer = json_answer(*status, &Value::Null);
            answer.body = body.clone().into_bytes();
            return answer;
        }
        let answer = match self.route(&call) {
            Ok(mut body) => {
                body["time"] = json!(answered_at(now));
                json_answer(200, &body)
            }
            Err(fault) => failure(&fault, now),
        };
        if let Some(id) = id {
            let first = (answer.status, answer.body.as_slice());
            self.memory.keep(self.company.seed, id, first, now);
        }
        answer
    }

    fn route(&mut self, call: &Call<'_>) -> Result<Value, Fault> {
        let parts: Vec<&str> = call.address.path.iter().skip(3).map(String::as_str).collect();
        match (call.request.method, parts.as_slice()) {
            (Method::Post, ["batch"]) => self.batch(call),
            (_, ["query"]) => self.query(call),
            (Method::Get, ["cdc"]) => self.changes(call),
            (Method::Get, ["reports", "TrialBalance"]) => {
                self.traffic.calls.reports += 1;
                let parameter = |name| call.address.parameter(name);
                let (start, end) = (parameter("start_date"), parameter("end_date"));
                self.company.trial_balance(start, end, call.now)
            }
            (Method::Get, ["reports", "ProfitAndLoss"]) => {
                self.traffic.calls.reports += 1;
                let parameter = |name| call.address.parameter(name);
                let (start, end) = (parameter("start_date"), parameter("end_date"));
                self.company.profit_and_loss(start, end, call.now)
            }
            (Method::Get, [path]) if *path == "preferences" => self.read(path, "1"),
            (Method::Get, [path, id]) => self.read(path, id),
            (Method::Post, ["upload"]) => {
                self.traffic.calls.writes += 1;
                self.company.upload(call.request, call.now)
            }
            (Method::Post, [path]) => self.post(path, call),
            _ => Err(Fault::unsupported_operation("this address")),
        }
    }

    fn read(&mut self, path: &str, id: &str) -> Result<Value, Fault> {
        self.traffic.calls.reads += 1;
        let kind = Kind::of_path(path).ok_or_else(|| Fault::unsupported_operation(path))?;
        let gone = || Fault::not_found("Something you're trying to use does not exist.");
        let shown = if kind.sequence().is_some() {
            let id = id.parse().map_err(|_| Fault::invalid_id(id))?;
            let company = &self.company;
            let view = View { company, horizon: None, now: Timestamp::UNIX_EPOCH };
            company.show(view.find(kind, id).ok_or_else(gone)?)
        } else {
            let own = matches!(kind, Kind::CompanyInfo) && id == self.company.realm;
            let rows = lists::read_only(&self.company, kind);
            let found = rows.into_iter().find(|row| own || row.get("Id") == Some(&json!(id)));
            found.ok_or_else(gone)?
        };
        Ok(Value::Object(Object::from_iter([(kind.name().to_owned(), Value::Object(shown))])))
    }

    fn query(&mut self, call: &Call<'_>) -> Result<Value, Fault> {
        self.traffic.calls.queries += 1;
        let body = String::from_utf8_lossy(&call.request.body);
        let text = match call.request.method {
            Method::Get => call.address.parameter("query"),
            Method::Post | Method::Put => Some(body.as_ref()),
        };
        let text = text.ok_or_else(|| Fault::missing("query"))?;
        Ok(json!({ "QueryResponse": self.company.query(text, None)? }))
    }

    fn post(&mut self, path: &str, call: &Call<'_>) -> Result<Value, Fault> {
        let kind = Kind::of_path(path).ok_or_else(|| Fault::unsupported_operation(path))?;
        let body = json_body(call.request)?;
        let parameter = |name| call.address.parameter(name);
        let options = parameter("include").unwrap_or("");
        let operation = match parameter("operation") {
            None | Some("update") if has_option(options, "void") => Operation::Void,
            None | Some("update") if fields::present(&body, "Id").is_some() => Operation::Update,
            None => Operation::Create,
            Some("update") => return Err(Fault::missing("Id")),
            Some("delete") => Operation::Delete,
            Some("void") => Operation::Void,
            Some(other) => return Err(Fault::unsupported_operation(other)),
        };
        self.write(kind, operation, &body, options, call.now, None)
    }

    fn write(
        &mut self,
        kind: Kind,
        operation: Operation,
        body: &Object,
        options: &str,
        now: Timestamp,
        horizon: Option<Sequences>,
    ) -> Result<Value, Fault> {
        self.traffic.calls.writes += 1;
        let allow_duplicate_number = has_option(options, "allowduplicatedocnum");
        let write = Write { operation, kind, body, allow_duplicate_number, now, horizon };
        let shown = self.company.write(&write)?;
        Ok(Value::Object(Object::from_iter([(kind.name().to_owned(), shown)])))
    }

    /// A batch: item by item, each for itself. None sees what another one created.
    fn batch(&mut self, call: &Call<'_>) -> Result<Value, Fault> {
        self.traffic.calls.batches += 1;
        let body = json_body(call.request)?;
        let items = fields::objects(&body, "BatchItemRequest")?;
        if items.is_empty() {
            return Err(Fault::missing("BatchItemRequest"));
        }
        if items.len() > BATCH_ITEMS {
            return Err(Fault::batch_too_large(BATCH_ITEMS));
        }
        let has_request_id = call.address.parameter("requestid").is_some();
        for item in &items {
            let id = fields::text(item, "bId")?.ok_or_else(|| Fault::missing("bId"))?;
            let length = id.chars().count();
            if has_request_id && length > BATCH_ITEM_ID {
                return Err(Fault::too_long("bId", BATCH_ITEM_ID, length));
            }
        }
        let horizon = self.company.next;
        let mut answers = Vec::new();
        for item in items {
            let answer = self.batch_item(item, horizon, call.now);
            let mut answer = answer.unwrap_or_else(|fault| json!({ "Fault": fault.to_json() }));
            answer["bId"] = item.get("bId").cloned().unwrap_or(Value::Null);
            answers.push(answer);
        }
        Ok(json!({ "BatchItemResponse": answers }))
    }

    fn batch_item(
        &mut self,
        item: &Object,
        horizon: Sequences,
        now: Timestamp,
    ) -> Result<Value, Fault> {
        if let Some(text) = fields::text(item, "Query")? {
            self.traffic.calls.queries += 1;
            return Ok(json!({ "QueryResponse": self.company.query(text, Some(horizon))? }));
        }
        let named = item.iter().find_map(|(name, value)| Some((Kind::of_name(name)?, value)));
        let (kind, Value::Object(body)) = named.ok_or_else(|| Fault::missing("entity"))? else {
            return Err(Fault::missing("entity"));
        };
        let options = fields::text(item, "optionsData")?.unwrap_or("");
        let operation = match fields::text(item, "operation")? {
            Some("create") => Operation::Create,
            Some("update") if has_option(options, "void") => Operation::Void,
            Some("update") => Operation::Update,
            Some("delete") => Operation::Delete,
            Some("void") => Operation::Void,
            Some(other) => return Err(Fault::bad_enumeration("operation", other)),
            None => return Err(Fault::missing("operation")),
        };
        self.write(kind, operation, body, options, now, Some(horizon))
    }

    /// Change data capture: what was changed or deleted since an instant.
    fn changes(&mut self, call: &Call<'_>) -> Result<Value, Fault> {
        self.traffic.calls.changes += 1;
        let parameter = |name| call.address.parameter(name).ok_or_else(|| Fault::missing(name));
        let since = parameter("changedSince")?;
        let since = query::instant(since).ok_or_else(|| Fault::bad_date("changedSince", since))?;
        if call.now.duration_since(since) > CHANGES_BACK {
            return Err(Fault::business("changedSince lies more than 30 days back"));
        }
        let mut responses = Vec::new();
        let mut left = CHANGES_MOST;
        for name in parameter("entities")?.split(',').map(str::trim) {
            let kind = Kind::of_query(name).filter(|kind| kind.sequence().is_some());
            let kind = kind.ok_or_else(|| Fault::bad_enumeration("entities", name))?;
            let changed = self.company.shelf(kind).filter(|entity| entity.updated >= since);
            let shown: Vec<Value> = changed
                .take(left)
                .map(|entity| match entity.standing {
                    super::entity::Standing::Deleted => entity.tombstone(),
                    _ => Value::Object(self.company.show(entity)),
                })
                .collect();
            left -= shown.len();
            responses.push(if shown.is_empty() {
                json!({})
            } else {
                let count = shown.len();
                let mut one = json!({ "startPosition": 1, "maxResults": count });
                one[kind.name()] = Value::Array(shown);
                one
            });
        }
        Ok(json!({ "CDCResponse": [{ "QueryResponse": responses }] }))
    }
}

/// An answer that says no.
fn failure(fault: &Fault, now: Timestamp) -> HttpAnswer {
    // The gateway before the company writes its own faults in lower case.
    if matches!(fault.status, 401 | 403) {
        let error = json!({
            "message": fault.message,
            "detail": fault.detail,
            "code": fault.code,
        });
        let body = json!({
            "fault": { "error": [error], "type": fault.kind },
            "time": now.as_millisecond(),
        });
        return json_answer(fault.status, &body);
    }
    let body = json!({ "Fault": fault.to_json(), "time": answered_at(now) });
    json_answer(fault.status, &body)
}

fn request_id(address: &Address, is_batch: bool) -> Result<Option<&str>, Fault> {
    let limit = if is_batch { BATCH_REQUEST_ID } else { REQUEST_ID };
    let Some(id) = address.parameter("requestid") else { return Ok(None) };
    let length = id.chars().count();
    if length > limit {
        return Err(Fault::too_long("requestid", limit, length));
    }
    Ok(Some(id).filter(|id| !id.is_empty()))
}

fn has_option(options: &str, name: &str) -> bool {
    options.split(',').any(|option| option.trim() == name)
}

fn json_body(request: &HttpRequest) -> Result<Object, Fault> {
    let is_json = |(name, value): &(String, String)| {
        name == "content-type" && value.starts_with("application/json")
    };
    if !request.headers.iter().any(is_json) {
        return Err(Fault::content_type());
    }
    serde_json::from_slice(&request.body).map_err(|_| Fault::unknown_property("request body"))
}
