//! Every question is valid by the vendor's own schema.

use super::Stage;
use crate::shopify::ask::{
    COMPANY_CREDIT_SWEPT, ON_HAND_SWEPT, STORE_CREDIT_SWEPT, bulk_orders, bulk_rows, document,
};
use crate::shopify::budget::Question;
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::request::coerce_variable_values;
use apollo_compiler::validation::Valid;
use apollo_compiler::{ExecutableDocument, Schema};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::sync::LazyLock;

const SCHEMA: &str =
    concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs/shopify/admin_2026-10.graphql");

const QUESTIONS: [Question; 20] = [
    Question::Shop,
    Question::AccessScopes,
    Question::OrdersCount,
    Question::Orders,
    Question::OrderRest,
    Question::BulkStart,
    Question::BulkStatus,
    Question::Payouts,
    Question::Disputes,
    Question::BalanceTransactions,
    Question::Goods,
    Question::GoodsOfOrder,
    Question::InventoryItems,
    Question::GiftCards,
    Question::OrdersOfDays,
    Question::SalesOfDays,
    Question::OnHand,
    Question::Drawers,
    Question::StoreCredit,
    Question::CompanyCredit,
];

/// The vendor's schema, where it is at hand. It is large, and read once.
fn schema() -> Option<&'static Valid<Schema>> {
    static READ: LazyLock<Option<Valid<Schema>>> = LazyLock::new(|| {
        let text = std::fs::read_to_string(SCHEMA).ok()?;
        Some(Schema::parse_and_validate(text, "admin.graphql").unwrap())
    });
    if READ.is_none() {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "{SCHEMA} is missing");
        eprintln!("skipped: Shopify's schema (shared material not found)");
    }
    READ.as_ref()
}

fn parsed(schema: &Valid<Schema>, text: &str) -> Valid<ExecutableDocument> {
    let parsed = ExecutableDocument::parse_and_validate(schema, text, "question.graphql");
    parsed.unwrap_or_else(|error| panic!("{text}\n{error}"))
}

/// The queries that bulk operations run: for orders, with and without their buyers, for rows of the
/// balance, for what is on hand, for store credit of buyers and of companies.
fn bulk_texts() -> [String; 6] {
    let from = "2026-11-01T00:00:00Z".parse().unwrap();
    let swept = [&ON_HAND_SWEPT, &STORE_CREDIT_SWEPT, &COMPANY_CREDIT_SWEPT];
    let [on_hand, credit, of_companies] = swept.map(|sweep| sweep.bulk_query());
    [
        bulk_orders(from, false),
        bulk_orders(from, true),
        bulk_rows(from),
        on_hand,
        credit,
        of_companies,
    ]
}

#[test]
fn every_question_is_valid() {
    let Some(schema) = schema() else { return };
    for question in QUESTIONS {
        parsed(schema, document(question));
    }
    for text in bulk_texts() {
        parsed(schema, &text);
    }
}

#[test]
fn a_question_that_the_schema_does_not_know_is_noticed() {
    let Some(schema) = schema() else { return };
    let wrong = document(Question::Payouts).replace("issuedAt", "issuedOn");
    assert!(ExecutableDocument::parse_and_validate(schema, wrong, "wrong.graphql").is_err());
}

#[test]
fn every_question_comes_with_its_variables() {
    let Some(schema) = schema() else { return };
    for (question, variables) in asked() {
        let document = parsed(schema, document(question));
        let operation = document.operations.iter().next().unwrap();
        let values = serde_json::from_str(&variables.to_string()).unwrap();
        coerce_variable_values(schema, operation, &values).unwrap();
        let declared: BTreeSet<_> =
            operation.variables.iter().map(|variable| variable.name.to_string()).collect();
        let given: BTreeSet<_> = variables.as_object().unwrap().keys().cloned().collect();
        assert_eq!(given, declared, "{question:?}");
    }
}

/// Questions as pulls ask them, with their variables.
fn asked() -> Vec<(Question, Value)> {
    let mut orders = Stage::new("orders");
    let mut all = vec![(Question::OrdersCount, orders.question().1)];
    orders.data(json!({ "ordersCount": { "count": 1 } }));
    all.push((Question::Orders, orders.question().1));
    let mut bulk = Stage::new("orders");
    bulk.data(json!({ "ordersCount": { "count": 2_000 } }));
    all.push((Question::BulkStart, bulk.question().1));
    let operation = json!({ "id": "gid://shopify/BulkOperation/1" });
    bulk.data(json!({
        "bulkOperationRunQuery": { "bulkOperation": operation, "userErrors": [] }
    }));
    bulk.wait(30);
    all.push((Question::BulkStatus, bulk.question().1));
    let mut long = Stage::new("orders");
    long.context.since = "2020-01-01T00:00:00Z".parse().unwrap();
    all.push((Question::Shop, json!({})));
    all.push((Question::AccessScopes, long.question().1));
    all.push((Question::Payouts, Stage::new("payouts").question().1));
    all.push((Question::Disputes, Stage::new("disputes").question().1));
    let mut rows = Stage::new("balance-transactions");
    rows.data(json!({ "shopifyPaymentsAccount": null }));
    all.push((Question::BalanceTransactions, rows.question().1));
    all.push((Question::Goods, Stage::new("goods").question().1));
    all.push((Question::InventoryItems, Stage::new("costs").question().1));
    all.push((Question::GiftCards, Stage::new("gift-cards").question().1));
    all.push((Question::StoreCredit, Stage::new("store-credit").question().1));
    all.push((Question::CompanyCredit, Stage::new("company-credit").question().1));
    all.push((Question::Drawers, Stage::new("drawers").question().1));
    all.push((Question::OnHand, Stage::new("on-hand").question().1));
    all.push((Question::OrdersOfDays, Stage::new("orders-of-days").question().1));
    all.push((Question::SalesOfDays, Stage::new("sales-of-days").question().1));
    all
}

/// What the shape of a bulk query is judged by.
#[derive(Default)]
struct Shape {
    connections: usize,
    deepest: usize,
    faults: Vec<String>,
}

impl Shape {
    /// Walks a selection set that stands below `depth` connections, and inside a list or not.
    fn walk(&mut self, selections: &SelectionSet, depth: usize, in_list: bool) {
        for selection in &selections.selections {
            let field = match selection {
                Selection::Field(field) => field,
                Selection::InlineFragment(inner) => {
                    self.walk(&inner.selection_set, depth, in_list);
                    continue;
                }
                Selection::FragmentSpread(spread) => {
                    self.faults.push(format!("{} is a fragment", spread.fragment_name));
                    continue;
                }
            };
            let kind = field.definition.ty.inner_named_type();
            if !kind.ends_with("Connection") {
                let edges = field.name == "edges";
                self.walk(&field.selection_set, depth, in_list || (field.ty().is_list() && !edges));
                continue;
            }
            self.connections += 1;
            self.deepest = self.deepest.max(depth);
            if in_list {
                self.faults.push(format!("{} stands in a list", field.name));
            }
            self.check_connection(&field.selection_set);
            self.walk(&field.selection_set, depth + 1, false);
        }
    }

    /// A connection is asked for by edges and their nodes, and nothing else.
    fn check_connection(&mut self, connection: &SelectionSet) {
        for field in connection.fields() {
            let inner: Vec<_> = field.selection_set.fields().map(|field| &field.name).collect();
            if field.name != "edges" || inner != ["node"] {
                self.faults.push(format!("{} is not edges and nodes", field.name));
            }
        }
    }
}

fn shape(schema: &Valid<Schema>, text: &str) -> Shape {
    let document = parsed(schema, text);
    assert_eq!(document.operations.iter().count(), 1);
    let operation = document.operations.iter().next().unwrap();
    assert!(operation.variables.is_empty());
    assert_eq!(operation.selection_set.selections.len(), 1);
    let mut shape = Shape::default();
    shape.walk(&operation.selection_set, 0, false);
    shape
}

#[test]
fn bulk_queries_keep_the_rules_of_bulk_queries() {
    let Some(schema) = schema() else { return };
    for text in bulk_texts() {
        let shape = shape(schema, &text);
        assert_eq!(shape.faults, Vec::<String>::new());
        assert!((1..=5).contains(&shape.connections), "{} connections", shape.connections);
        assert!(shape.deepest <= 2, "nested {} deep", shape.deepest);
    }
}

#[test]
fn a_query_against_the_rules_is_noticed() {
    let Some(schema) = schema() else { return };
    for wrong in [
        "{ orders { nodes { id } } }",
        "{ orders { edges { cursor node { id } } } }",
        "{ orders { edges { node { refunds { refundLineItems { edges { node { id } } } } } } } }",
    ] {
        assert!(!shape(schema, wrong).faults.is_empty(), "{wrong}");
    }
}

/// The leaves that a document reads, without the connections in between.
fn leaves(document: &ExecutableDocument) -> BTreeSet<String> {
    fn walk(
        document: &ExecutableDocument,
        selections: &SelectionSet,
        path: &str,
        leaves: &mut BTreeSet<String>,
    ) {
        for selection in &selections.selections {
            match selection {
                Selection::Field(field) if field.selection_set.is_empty() => {
                    leaves.insert(format!("{path}/{}", field.name));
                }
                Selection::Field(field) if field.name == "pageInfo" => {}
                Selection::Field(field) => {
                    let hidden = ["edges", "node", "nodes"].contains(&field.name.as_str());
                    let inner =
                        if hidden { path.to_owned() } else { format!("{path}/{}", field.name) };
                    walk(document, &field.selection_set, &inner, leaves);
                }
                Selection::InlineFragment(inner) => {
                    let kind = &inner.selection_set.ty;
                    walk(document, &inner.selection_set, &format!("{path}<{kind}>"), leaves);
                }
                Selection::FragmentSpread(spread) => {
                    let fragment = spread.fragment_def(document).unwrap();
                    walk(document, &fragment.selection_set, path, leaves);
                }
            }
        }
    }
    let mut found = BTreeSet::new();
    let operation = document.operations.iter().next().unwrap();
    walk(document, &operation.selection_set, "", &mut found);
    found
}

#[test]
fn a_bulk_operation_reads_what_a_listing_reads() {
    let Some(schema) = schema() else { return };
    let [orders, without_places, rows, on_hand, credit, of_companies] =
        bulk_texts().map(|text| leaves(&parsed(schema, &text)));
    assert_eq!(of_companies, leaves(&parsed(schema, document(Question::CompanyCredit))));
    assert_eq!(credit, leaves(&parsed(schema, document(Question::StoreCredit))));
    assert_eq!(on_hand, leaves(&parsed(schema, document(Question::OnHand))));
    assert_eq!(rows, leaves(&parsed(schema, document(Question::BalanceTransactions))));
    let mut listed = leaves(&parsed(schema, document(Question::Orders)));
    for beside in ["/orders/updatedAt", "/orders/agreements/cursor"] {
        assert!(listed.remove(beside), "{beside}");
    }
    assert_eq!(orders, listed);
    let left_out: Vec<&str> = orders.difference(&without_places).map(|leaf| &**leaf).collect();
    assert_eq!(
        left_out,
        ["/orders/shippingAddress/provinceCode", "/orders/shippingAddress/zip"],
        "a shop that denies the buyer as well is listed, which leaves out what is denied alone"
    );
    assert!(without_places.is_subset(&orders));
    assert!(orders.contains("/orders/agreements/sales<ProductSale>/lineItem/isGiftCard"));
}
