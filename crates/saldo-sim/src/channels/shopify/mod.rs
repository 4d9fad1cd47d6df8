//! A simulated Shopify: the Admin GraphQL API of one shop, over a seeded world.
//!
//! It serves a part of the published schema (`schema.graphql`; a test holds it against the whole),
//! with the vendor's costs and throttling, lagging search, paging limits, bulk operations and
//! tokens. Queries are validated and executed generically; `view` says what each field holds.

mod bulk;
mod cost;
mod index;
mod page;
mod search;
mod token;
mod view;
mod words;

#[cfg(test)]
mod tests;

use crate::world::World;
use crate::{Reply, Vendor, dated};
use apollo_compiler::executable::Operation;
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::resolvers::{Execution, ObjectValue};
use apollo_compiler::response::{ExecutionResponse, GraphQLError, JsonMap, JsonValue};
use apollo_compiler::validation::{DiagnosticList, Valid};
use apollo_compiler::{ExecutableDocument, Schema};
use bulk::{BulkDesk, BulkOperation, BulkResult, Lines};
use cost::{Bucket, Refusal};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde_json::{Value, json};
use std::cell::{Cell, RefCell};
use std::ops::Range;
use std::sync::Arc;
use token::TokenDesk;
use view::{Mutation, Query, Scene};

/// The versions of the API that are served, oldest first.
const VERSIONS: [&str; 4] = ["2026-01", "2026-04", "2026-07", "2026-10"];
/// How far back an app sees orders that may not read all of them.
const ORDER_WALL: SignedDuration = SignedDuration::from_hours(60 * 24);
/// How many members of the outermost list a part of a bulk operation reads.
const BULK_PART: usize = 2_000;

/// How the simulated Shopify is set up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShopifySettings {
    /// The client id of the app.
    pub client_id: String,
    /// The client secret of the app.
    pub client_secret: String,
    /// Where the shop answers, without a slash at its end; files of bulk operations lie there too.
    pub address: String,
    /// How many points the bucket holds.
    pub bucket_maximum: u64,
    /// How many points flow into the bucket each second.
    pub restore_rate: u64,
    /// Whether the app may read orders older than 60 days.
    pub read_all_orders: bool,
    /// Whether the app may read gift cards.
    pub read_gift_cards: bool,
    /// Whether the app may read reports.
    pub read_reports: bool,
}

impl Default for ShopifySettings {
    fn default() -> Self {
        Self {
            client_id: "demo-client".to_owned(),
            client_secret: "demo-secret".to_owned(),
            address: "https://demo.myshopify.com".to_owned(),
            bucket_maximum: 2_000,
            restore_rate: 100,
            read_all_orders: true,
            read_gift_cards: true,
            read_reports: true,
        }
    }
}

/// How often the shop was asked for what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ShopifyCounters {
    /// Tokens granted or refused.
    pub tokens: u64,
    /// Queries executed.
    pub queries: u64,
    /// Mutations executed.
    pub mutations: u64,
    /// Files of bulk operations fetched.
    pub downloads: u64,
    /// Requests answered with `THROTTLED`.
    pub throttled: u64,
    /// Requests refused for another reason: a bad token, an invalid query, a cost beyond the limit.
    pub refused: u64,
    /// Points taken by what was executed.
    pub points: u64,
    /// Conditions of searches that were passed over, since the list knows no such field.
    pub ignored_filters: u64,
}

/// A simulated Shopify.
pub struct ShopifySim {
    world: Arc<World>,
    settings: ShopifySettings,
    schema: Arc<Valid<Schema>>,
    tokens: TokenDesk,
    bulk: RefCell<BulkDesk>,
    bucket: Bucket,
    counters: ShopifyCounters,
}

/// The part of a request's body that GraphQL over HTTP defines.
struct GraphQlRequest {
    query: String,
    variables: JsonMap,
    operation: Option<String>,
}

impl ShopifySim {
    /// A shop that tells this world.
    ///
    /// # Panics
    /// Where the schema that comes with the simulator is invalid, which its tests rule out.
    #[must_use]
    pub fn new(world: Arc<World>, settings: ShopifySettings) -> Self {
        let schema = Schema::parse_and_validate(include_str!("schema.graphql"), "schema.graphql");
        let schema = Arc::new(schema.expect("the simulator's own schema is valid"));
        let seed = world.settings.seed;
        let tokens = TokenDesk::new(&settings.client_id, &settings.client_secret, seed);
        let bulk = RefCell::new(BulkDesk::new(Arc::clone(&schema), seed));
        let bucket = Bucket::new(settings.bucket_maximum, settings.restore_rate);
        let counters = ShopifyCounters::default();
        Self { world, settings, schema, tokens, bulk, bucket, counters }
    }

    /// How often it was asked for what.
    #[must_use]
    pub fn counters(&self) -> ShopifyCounters {
        self.counters
    }

    fn route(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let path = path_of(&request.url);
        let parts: Vec<&str> = path.trim_matches('/').split('/').collect();
        match (request.method, parts.as_slice()) {
            (Method::Post, ["admin", "oauth", "access_token"]) => {
                self.counters.tokens += 1;
                self.tokens.grant(request, now)
            }
            (Method::Post, ["admin", "api", version, "graphql.json"]) => {
                let Some(served) = served_version(version) else {
                    return answer(404, &json!({ "errors": "Not Found" }));
                };
                let mut answer = self.graphql(request, now);
                answer.headers.push(("x-shopify-api-version".to_owned(), served.to_owned()));
                answer
            }
            (Method::Get, ["bulk", _]) => self.download(path, now),
            _ => answer(404, &json!({ "errors": "Not Found" })),
        }
    }

    fn download(&mut self, path: &str, now: Timestamp) -> HttpAnswer {
        self.finish_bulk(now);
        self.counters.downloads += 1;
        match self.bulk.borrow().file(path, now) {
            Some(body) => {
                let kind = ("content-type".to_owned(), "application/jsonl".to_owned());
                HttpAnswer { status: 200, headers: vec![kind], body }
            }
            None => answer(404, &json!({ "errors": "Not Found" })),
        }
    }

    fn graphql(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let mut headers = request.headers.iter();
        let token = headers.find(|(name, _)| name == "x-shopify-access-token");
        if !token.is_some_and(|(_, token)| self.tokens.knows(token, now)) {
            self.counters.refused += 1;
            let message = "[API] Invalid API key or access token \
                           (unrecognized login or wrong password)";
            return answer(401, &json!({ "errors": message }));
        }
        let Some(wanted) = read_body(&request.body) else {
            self.counters.refused += 1;
            let message = json!({ "query": "Required parameter missing or invalid" });
            return answer(400, &json!({ "errors": message }));
        };
        self.finish_bulk(now);
        self.bucket.fill(now);
        let body = self.respond(&wanted, now).unwrap_or_else(|(errors, requested)| {
            self.counters.refused += 1;
            self.body(None, errors, requested, None)
        });
        answer(200, &body)
    }

    /// The body of the answer, or the errors of a request that is not executed, with its cost.
    fn respond(
        &mut self,
        wanted: &GraphQlRequest,
        now: Timestamp,
    ) -> Result<Value, (Vec<Value>, u64)> {
        let document =
            ExecutableDocument::parse_and_validate(&self.schema, &wanted.query, "query.graphql")
                .map_err(|invalid| (validation_errors(&invalid.errors), 0))?;
        let refused = |error: apollo_compiler::request::RequestError| {
            (vec![json!({ "message": error.message().to_string() })], 0)
        };
        let name = wanted.operation.as_deref();
        let operation = document.operations.get(name).map_err(refused)?;
        let variables =
            coerce_variable_values(&self.schema, operation, &wanted.variables).map_err(refused)?;
        let requested = cost::requested(&document, operation, &variables)
            .map_err(|refusal| (vec![refusal_error(&refusal)], 0))?;
        if requested > cost::QUERY_LIMIT {
            return Err((vec![too_dear(requested)], requested));
        }
        if requested > self.bucket.available() {
            self.counters.throttled += 1;
            let error = json!({
                "message": "Throttled",
                "extensions": { "code": "THROTTLED", "documentation": RATE_LIMITS },
            });
            return Ok(self.body(None, vec![error], requested, None));
        }
        Ok(self.execute(&document, operation, &variables, requested, now))
    }

    fn execute(
        &mut self,
        document: &Valid<ExecutableDocument>,
        operation: &Operation,
        variables: &Valid<JsonMap>,
        requested: u64,
        now: Timestamp,
    ) -> Value {
        let scene = self.scene(now, None);
        let root: &dyn ObjectValue =
            if operation.is_mutation() { &Mutation(&scene) } else { &Query(&scene) };
        let execution = Execution::new(&self.schema, document)
            .operation(operation)
            .coerced_variable_values(variables);
        let response = execution.execute_sync(root);
        let spent = scene.spent.get();
        let ignored = scene.ignored_filters.get();
        let (kind, actual) = if operation.is_mutation() {
            (&mut self.counters.mutations, requested)
        } else {
            (&mut self.counters.queries, spent.min(requested))
        };
        *kind += 1;
        self.counters.points += actual;
        self.counters.ignored_filters += ignored;
        self.bucket.take(actual);
        let (data, errors) = match response {
            Ok(ExecutionResponse { data, errors }) => {
                let errors = errors.into_iter().map(|error| told(&json!(error))).collect();
                (Some(json!(data)), errors)
            }
            Err(error) => (None, vec![json!({ "message": error.message().to_string() })]),
        };
        self.body(data, errors, requested, Some(actual))
    }

    fn scene(&self, now: Timestamp, window: Option<Range<usize>>) -> Scene<'_> {
        let wall = now.saturating_sub(ORDER_WALL).unwrap_or(Timestamp::MIN);
        Scene {
            world: &self.world,
            now,
            address: &self.settings.address,
            orders_since: if self.settings.read_all_orders { Timestamp::MIN } else { wall },
            reads_gift_cards: self.settings.read_gift_cards,
            reads_reports: self.settings.read_reports,
            bulk: &self.bulk,
            spent: Cell::new(0),
            ignored_filters: Cell::new(0),
            window,
        }
    }

    fn body(
        &self,
        data: Option<Value>,
        errors: Vec<Value>,
        requested: u64,
        actual: Option<u64>,
    ) -> Value {
        let mut body = serde_json::Map::new();
        if let Some(data) = data {
            body.insert("data".to_owned(), data);
        }
        if !errors.is_empty() {
            body.insert("errors".to_owned(), Value::Array(errors));
        }
        let cost = json!({
            "requestedQueryCost": requested,
            "actualQueryCost": actual,
            "throttleStatus": self.bucket.status(),
        });
        body.insert("extensions".to_owned(), json!({ "cost": cost }));
        Value::Object(body)
    }

    /// Makes the files of the bulk operations that have ended.
    fn finish_bulk(&self, now: Timestamp) {
        let due = self.bulk.borrow().due(now);
        for operation in due {
            let result = self.run_bulk(&operation);
            self.bulk.borrow_mut().finish(operation.id, result);
        }
    }

    /// Runs a bulk operation part by part, over the shop as it was when it was asked for.
    fn run_bulk(&self, operation: &BulkOperation) -> BulkResult {
        let mut lines = Lines::default();
        let document =
            ExecutableDocument::parse_and_validate(&self.schema, &operation.query, "bulk.graphql");
        if let Ok(document) = document {
            let mut start = 0;
            while self.run_part(&document, operation, start, &mut lines) {
                start += BULK_PART;
            }
        }
        lines.finish(operation)
    }

    /// Reads one part into lines: whether more may follow.
    fn run_part(
        &self,
        document: &Valid<ExecutableDocument>,
        operation: &BulkOperation,
        start: usize,
        lines: &mut Lines,
    ) -> bool {
        let scene = self.scene(operation.created_at, Some(start..start + BULK_PART));
        let response = Execution::new(&self.schema, document).execute_sync(&Query(&scene));
        let before = lines.roots();
        if let Ok(ExecutionResponse { data: Some(data), .. }) = response {
            lines.add(&data);
        }
        lines.roots() > before
    }
}

impl Vendor for ShopifySim {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        Reply::Answer(dated(self.route(request, now), now))
    }
}

const RATE_LIMITS: &str = "https://shopify.dev/api/usage/rate-limits";

/// An answer with a body of JSON.
fn answer(status: u16, body: &Value) -> HttpAnswer {
    let kind = ("content-type".to_owned(), "application/json; charset=utf-8".to_owned());
    HttpAnswer { status, headers: vec![kind], body: body.to_string().into_bytes() }
}

/// The path of an address, without its query.
fn path_of(url: &str) -> &str {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let path = rest.find('/').and_then(|start| rest.get(start..)).unwrap_or("/");
    path.split(['?', '#']).next().unwrap_or(path)
}

/// The version that answers a request for a version: retired ones fall forward to the oldest.
fn served_version(asked: &str) -> Option<&'static str> {
    let [oldest, ..] = VERSIONS;
    let quarter = asked.len() == 7 && asked.bytes().filter(u8::is_ascii_digit).count() == 6;
    let same = VERSIONS.into_iter().find(|version| *version == asked);
    same.or_else(|| (quarter && asked < oldest).then_some(oldest))
}

fn read_body(body: &[u8]) -> Option<GraphQlRequest> {
    let Value::Object(mut fields) = serde_json::from_slice(body).ok()? else { return None };
    let Value::String(query) = fields.remove("query")? else { return None };
    let variables = match fields.remove("variables").map(JsonValue::from) {
        Some(JsonValue::Object(variables)) => variables,
        _ => JsonMap::new(),
    };
    let operation = match fields.remove("operationName") {
        Some(Value::String(name)) => Some(name),
        _ => None,
    };
    Some(GraphQlRequest { query, variables, operation })
}

/// An error of a field as the vendor tells it: what the app may not read has a code.
fn told(error: &Value) -> Value {
    let mut error = error.clone();
    let message = error["message"].as_str().unwrap_or_default();
    if let Some((_, required)) = message.split_once("Required access: ") {
        error["extensions"] = json!({
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
            "requiredAccess": required,
        });
    }
    error
}

/// What is wrong with a query, as the vendor says it. What follows from an unknown field alone is
/// left out.
fn validation_errors(found: &DiagnosticList) -> Vec<Value> {
    let errors = || found.iter().map(|diagnostic| diagnostic.to_json());
    let unknown: Vec<Value> = errors().filter_map(|error| unknown_field(&error)).collect();
    if !unknown.is_empty() {
        return unknown;
    }
    errors()
        .map(|error| json!({ "message": error.message, "locations": error.locations }))
        .collect()
}

/// The vendor's error for a field that the schema does not have.
fn unknown_field(error: &GraphQLError) -> Option<Value> {
    let quoted: Vec<&str> = error.message.split('`').skip(1).step_by(2).collect();
    let [type_name, field, ..] = quoted.as_slice() else { return None };
    error.message.contains("does not have a field").then(|| {
        json!({
            "message": format!("Field '{field}' doesn't exist on type '{type_name}'"),
            "locations": error.locations,
            "extensions": {
                "code": "undefinedField",
                "typeName": type_name,
                "fieldName": field,
            },
        })
    })
}

fn refusal_error(refusal: &Refusal) -> Value {
    match refusal {
        Refusal::NoPageSize(field) => json!({
            "message": format!(
                "you must provide one of first or last on the `{field}` connection"
            ),
            "extensions": { "code": "BAD_REQUEST" },
        }),
        Refusal::PageTooLarge(field, size) => json!({
            "message": format!(
                "The page size {size} of `{field}` exceeds the maximum of {}", page::PAGE_LIMIT
            ),
            "extensions": { "code": "BAD_REQUEST" },
        }),
    }
}

fn too_dear(cost: u64) -> Value {
    let limit = cost::QUERY_LIMIT;
    json!({
        "message": format!(
            "Query cost is {cost}, which exceeds the single query max cost limit ({limit})."
        ),
        "extensions": {
            "code": "MAX_COST_EXCEEDED",
            "cost": cost,
            "maxCost": limit,
            "documentation": RATE_LIMITS,
        },
    })
}
