//! Bulk operations: which queries they take, how they run, and the file of lines that they make.

use super::cost::{is_connection, nodes};
use super::search::Facet;
use crate::world::Chance;
use apollo_compiler::executable::{Field, Selection, SelectionSet};
use apollo_compiler::response::JsonMap;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value};

/// How many operations may run at a time.
const CONCURRENT: usize = 5;
/// How many connections a query may have.
const CONNECTIONS: usize = 5;
/// How deep connections may nest below the outermost.
const DEPTH: usize = 2;
/// How long an operation takes, whatever it reads.
const DURATION: SignedDuration = SignedDuration::from_secs(20);
/// How long a result may be fetched.
const LIFETIME: SignedDuration = SignedDuration::from_hours(7 * 24);
/// The ids of operations.
const FIRST_ID: u64 = 4_400_000_000_001;

/// The query is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct UserError {
    /// A `BulkOperationUserErrorCode`.
    pub(super) code: &'static str,
    /// What is wrong.
    pub(super) message: String,
}

/// What an operation made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BulkResult {
    /// The file: a line of JSON per object.
    pub(super) bytes: std::sync::Arc<[u8]>,
    /// How many lines.
    pub(super) objects: u64,
    /// How many of them have no parent.
    pub(super) roots: u64,
}

/// A bulk operation.
#[derive(Clone, Debug)]
pub(super) struct BulkOperation {
    /// The id.
    pub(super) id: u64,
    /// What was asked.
    pub(super) query: String,
    /// Whether children follow their parent in the file.
    pub(super) grouped: bool,
    /// When it was asked; the file shows the shop as it was then.
    pub(super) created_at: Timestamp,
    /// When it ends.
    pub(super) completed_at: Timestamp,
    /// What it made, once somebody looks after its end.
    pub(super) result: Option<BulkResult>,
    secret: u64,
}

impl BulkOperation {
    /// How it stands, as of now.
    pub(super) fn status(&self, now: Timestamp) -> &'static str {
        let running = SignedDuration::from_secs(1);
        match now.duration_since(self.created_at) {
            _ if now >= self.completed_at => "COMPLETED",
            age if age < running => "CREATED",
            _ => "RUNNING",
        }
    }

    /// The path of its file.
    pub(super) fn path(&self) -> String {
        format!("/bulk/{}-{:016x}.jsonl", self.id, self.secret)
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str, now: Timestamp) -> Facet {
        match field {
            "id" => Facet::Id(self.id),
            "status" => Facet::Text(self.status(now).to_owned()),
            "created_at" => Facet::Time(self.created_at),
            "operation_type" => Facet::Text("QUERY".to_owned()),
            _ => Facet::Absent,
        }
    }
}

/// The desk that takes in bulk operations.
pub(super) struct BulkDesk {
    schema: std::sync::Arc<Valid<Schema>>,
    chance: Chance,
    operations: Vec<BulkOperation>,
}

impl BulkDesk {
    /// An empty desk.
    pub(super) fn new(schema: std::sync::Arc<Valid<Schema>>, seed: u64) -> Self {
        Self { schema, chance: Chance::new(seed, 101), operations: Vec::new() }
    }

    /// The operations, oldest first.
    pub(super) fn operations(&self) -> impl DoubleEndedIterator<Item = &BulkOperation> {
        self.operations.iter()
    }

    /// Takes in an operation.
    ///
    /// # Errors
    /// Where the query cannot be run in bulk, or too many operations run.
    pub(super) fn start(
        &mut self,
        query: &str,
        grouped: bool,
        now: Timestamp,
    ) -> Result<BulkOperation, UserError> {
        check(&self.schema, query).map_err(|message| UserError { code: "INVALID", message })?;
        let running = self.operations.iter().filter(|each| now < each.completed_at).count();
        if running >= CONCURRENT {
            let message = format!("The app already runs {CONCURRENT} bulk query operations.");
            return Err(UserError { code: "LIMIT_REACHED", message });
        }
        let number = u64::try_from(self.operations.len()).unwrap_or(u64::MAX);
        let operation = BulkOperation {
            id: FIRST_ID.saturating_add(number),
            query: query.to_owned(),
            grouped,
            created_at: now,
            completed_at: now.saturating_add(DURATION).unwrap_or(Timestamp::MAX),
            result: None,
            secret: self.chance.below(u64::MAX),
        };
        self.operations.push(operation.clone());
        Ok(operation)
    }

    /// The operations that have ended and whose file is not made yet.
    pub(super) fn due(&self, now: Timestamp) -> Vec<BulkOperation> {
        let open = self.operations.iter().filter(|each| each.result.is_none());
        open.filter(|each| each.completed_at <= now).cloned().collect()
    }

    /// Keeps the file of an operation.
    pub(super) fn finish(&mut self, id: u64, result: BulkResult) {
        if let Some(operation) = self.operations.iter_mut().find(|each| each.id == id) {
            operation.result = Some(result);
        }
    }

    /// The file at a path, while it may be fetched.
    pub(super) fn file(&self, path: &str, now: Timestamp) -> Option<Vec<u8>> {
        let operation = self.operations.iter().find(|each| each.path() == path)?;
        let fresh = now.duration_since(operation.completed_at) < LIFETIME;
        let result = operation.result.as_ref().filter(|_| fresh)?;
        Some(result.bytes.to_vec())
    }
}

/// Checks that a query can be run in bulk: that it is valid, that connections are read by `edges`
/// and `node`, that there are one to five of them, at most two below the outermost, none inside a
/// plain list, and that nodes with children select their id.
fn check(schema: &Valid<Schema>, query: &str) -> Result<(), String> {
    let document = ExecutableDocument::parse_and_validate(schema, query, "bulk.graphql")
        .map_err(|invalid| format!("Invalid bulk query: {}", invalid.errors))?;
    let operation = document
        .operations
        .get(None)
        .map_err(|_| "Bulk queries must contain exactly one operation.".to_owned())?;
    if !operation.is_query() {
        return Err("Bulk queries must contain a query.".to_owned());
    }
    let mut connections = 0;
    let mut check = Shape { document: &document, connections: &mut connections };
    check.walk(&operation.selection_set, 0, false)?;
    match connections {
        0 => Err("Bulk queries must contain at least one connection.".to_owned()),
        count if count > CONNECTIONS => {
            Err(format!("Bulk queries cannot contain more than {CONNECTIONS} connections."))
        }
        _ => Ok(()),
    }
}

struct Shape<'a> {
    document: &'a ExecutableDocument,
    connections: &'a mut usize,
}

impl Shape<'_> {
    fn walk(&mut self, set: &SelectionSet, depth: usize, in_list: bool) -> Result<(), String> {
        for selection in &set.selections {
            match selection {
                Selection::Field(field) => self.field(field, depth, in_list)?,
                Selection::InlineFragment(fragment) => {
                    self.walk(&fragment.selection_set, depth, in_list)?;
                }
                Selection::FragmentSpread(spread) => {
                    if let Some(fragment) = spread.fragment_def(self.document) {
                        self.walk(&fragment.selection_set, depth, in_list)?;
                    }
                }
            }
        }
        Ok(())
    }

    fn field(&mut self, field: &Field, depth: usize, in_list: bool) -> Result<(), String> {
        if !is_connection(field) {
            let list = in_list || field.ty().is_list();
            return self.walk(&field.selection_set, depth, list);
        }
        let name = &field.name;
        if in_list {
            return Err(format!(
                "Queries that contain a connection field within a list field are not currently \
                 supported. The connection is `{name}`."
            ));
        }
        if depth > DEPTH {
            return Err(format!("Bulk queries cannot nest connections deeper than {DEPTH}."));
        }
        *self.connections += 1;
        let reads_edges = field.selection_set.fields().all(|inner| inner.name == "edges");
        let inner = nodes(&field.selection_set);
        if !reads_edges || inner.is_empty() {
            return Err(format!(
                "All connection fields in a bulk query must select their contents using `edges` \
                 > `node`. The connection is `{name}`."
            ));
        }
        for set in inner {
            let before = *self.connections;
            self.walk(set, depth + 1, false)?;
            let parent = *self.connections > before;
            if parent && !set.fields().any(|each| each.response_key() == "id") {
                return Err(format!("The nodes of `{name}` have children: select their `id`."));
            }
        }
        Ok(())
    }
}

/// The lines of a file in the making.
#[derive(Default)]
pub(super) struct Lines {
    groups: Vec<String>,
    objects: u64,
    roots: u64,
}

impl Lines {
    /// How many lines without a parent there are.
    pub(super) fn roots(&self) -> u64 {
        self.roots
    }

    /// Adds what a part of the query gave: a line per node, parents before their children.
    pub(super) fn add(&mut self, data: &JsonMap) {
        let plain = serde_json::to_value(data).unwrap_or(Value::Null);
        if let Value::Object(mut fields) = plain {
            self.children(&mut fields, None);
        }
    }

    /// Takes the connections out of an object and writes their nodes as lines of their own.
    fn children(&mut self, fields: &mut Map<String, Value>, parent: Option<&str>) {
        let mut emptied = Vec::new();
        for (name, value) in fields.iter_mut() {
            let Value::Object(inner) = value else { continue };
            match inner.remove("edges") {
                Some(Value::Array(edges)) => {
                    emptied.push(name.clone());
                    for edge in edges {
                        self.node(edge, parent);
                    }
                }
                _ => self.children(inner, parent),
            }
        }
        for name in emptied {
            fields.remove(&name);
        }
    }

    fn node(&mut self, edge: Value, parent: Option<&str>) {
        let Value::Object(mut edge) = edge else { return };
        let Some(Value::Object(mut node)) = edge.remove("node") else { return };
        let place = self.groups.len();
        self.groups.push(String::new());
        let id = node.get("id").and_then(Value::as_str).map(str::to_owned);
        self.children(&mut node, id.as_deref());
        if let Some(parent) = parent {
            node.insert("__parentId".to_owned(), Value::String(parent.to_owned()));
        } else {
            self.roots += 1;
        }
        self.objects += 1;
        if let Some(line) = self.groups.get_mut(place) {
            *line = Value::Object(node).to_string();
        }
    }

    /// The file. Where it is not grouped, lines stand anywhere: the shuffle is the operation's own.
    pub(super) fn finish(mut self, operation: &BulkOperation) -> BulkResult {
        if !operation.grouped {
            let mut chance = Chance::new(operation.secret, 0);
            for last in (1..self.groups.len()).rev() {
                self.groups.swap(last, chance.place(last + 1));
            }
        }
        let mut text = self.groups.join("\n");
        if !text.is_empty() {
            text.push('\n');
        }
        let bytes = text.into_bytes().into();
        BulkResult { bytes, objects: self.objects, roots: self.roots }
    }
}
