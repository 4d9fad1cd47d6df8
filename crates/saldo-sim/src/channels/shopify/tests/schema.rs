//! The simulator's schema and its answers, held against the vendor's complete schema.

use super::*;
use apollo_compiler::executable::{Selection, SelectionSet};
use apollo_compiler::schema::{ExtendedType, Type};
use std::collections::BTreeSet;

const QUERIES: [&str; 6] = [
    "query OrderIds($after: String, $q: String!) {
       orders(first: 250, after: $after, sortKey: UPDATED_AT, query: $q) {
         pageInfo { hasNextPage endCursor } nodes { id updatedAt processedAt test } } }",
    "query OrderLedger($id: ID!) { order(id: $id) {
       id legacyResourceId name processedAt createdAt updatedAt cancelledAt test
       currencyCode presentmentCurrencyCode taxesIncluded sourceName sourceIdentifier
       displayFinancialStatus paymentGatewayNames retailLocation { id }
       customer { id displayName tags }
       purchasingEntity { __typename ... on PurchasingCompany { company { id name } } }
       shippingAddress { countryCodeV2 provinceCode zip } billingAddress { countryCodeV2 }
       agreements(first: 5) { pageInfo { hasNextPage endCursor } nodes { id happenedAt reason
         ... on RefundAgreement { refund { id } }
         sales(first: 8) { pageInfo { hasNextPage endCursor } nodes { id actionType lineType
           quantity totalAmount { shopMoney { amount currencyCode } }
           totalTaxAmount { shopMoney { amount } }
           totalDiscountAmountBeforeTaxes { shopMoney { amount } }
           taxes { amount { shopMoney { amount } }
             taxLine { title ratePercentage channelLiable } }
           ... on ProductSale { lineItem { id sku title isGiftCard
             variant { id inventoryItem { id } } } } } } } }
       transactions(first: 10) { id kind status gateway processedAt test paymentId
         amountSet { shopMoney { amount currencyCode } } amountRoundingSet { shopMoney { amount } }
         fees { amount { amount currencyCode } taxAmount { amount } type }
         parentTransaction { id } location { id } } } }",
    "query Payouts($after: String, $q: String) { shopifyPaymentsAccount {
       payouts(first: 50, after: $after, sortKey: ISSUED_AT, query: $q) {
         pageInfo { hasNextPage endCursor }
         nodes { id legacyResourceId issuedAt status transactionType externalTraceId
           net { amount currencyCode }
           summary { chargesGross { amount } chargesFee { amount } refundsFeeGross { amount }
             refundsFee { amount } adjustmentsGross { amount } adjustmentsFee { amount } } } } } }",
    "query PayoutRows($after: String, $q: String!) { shopifyPaymentsAccount {
       balanceTransactions(first: 90, after: $after, query: $q, hideTransfers: true) {
         pageInfo { hasNextPage endCursor }
         nodes { id type sourceType sourceId sourceOrderTransactionId transactionDate test
           adjustmentReason amount { amount currencyCode } fee { amount } net { amount }
           associatedOrder { id name } associatedPayout { id status }
           adjustmentsOrders { name amount { amount } fees { amount } net { amount }
             orderTransactionId } } } } }",
    "query Tenders($after: String, $q: String) {
       tenderTransactions(first: 100, after: $after, query: $q) {
         pageInfo { hasNextPage endCursor }
         nodes { id processedAt paymentMethod remoteReference test
           amount { amount currencyCode } order { id } } } }",
    "mutation Bulk($query: String!) { bulkOperationRunQuery(query: $query) {
       bulkOperation { id status } userErrors { field message code } } }",
];

/// The vendor's complete schema; nothing where the specification is not at hand.
fn published() -> Option<Valid<Schema>> {
    let path =
        concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/specs/shopify/admin_2026-10.graphql");
    let Ok(text) = std::fs::read_to_string(path) else {
        assert!(std::env::var("CI").as_deref() != Ok("true"), "the schema is missing: {path}");
        eprintln!("skipped: the published Shopify schema (shared material not found)");
        return None;
    };
    Some(Schema::parse_and_validate(text, "admin.graphql").unwrap())
}

#[test]
fn every_name_and_type_served_is_published() {
    let Some(published) = published() else { return };
    let app = App::of(60);
    for (name, served) in &app.sim.schema.types {
        if served.is_built_in() {
            continue;
        }
        let known = &published.types[name.as_str()];
        match (served, known) {
            (ExtendedType::Object(ours), ExtendedType::Object(theirs)) => {
                compare_fields(name, &ours.fields, &theirs.fields);
            }
            (ExtendedType::Interface(ours), ExtendedType::Interface(theirs)) => {
                compare_fields(name, &ours.fields, &theirs.fields);
            }
            (ExtendedType::Enum(ours), ExtendedType::Enum(theirs)) => {
                let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) =
                    (ours.values.keys().collect(), theirs.values.keys().collect());
                assert_eq!(ours, theirs, "{name}");
            }
            (ExtendedType::Union(ours), ExtendedType::Union(theirs)) => {
                let (ours, theirs): (BTreeSet<_>, BTreeSet<_>) = (
                    ours.members.iter().map(ToString::to_string).collect(),
                    theirs.members.iter().map(ToString::to_string).collect(),
                );
                assert_eq!(ours, theirs, "{name}");
            }
            (ExtendedType::Scalar(_), ExtendedType::Scalar(_)) => {}
            _ => panic!("{name} is of another kind"),
        }
    }
}

type Fields = apollo_compiler::collections::IndexMap<
    apollo_compiler::Name,
    apollo_compiler::schema::Component<apollo_compiler::schema::FieldDefinition>,
>;

fn compare_fields(name: &str, ours: &Fields, theirs: &Fields) {
    for (field, served) in ours {
        let known = theirs.get(field).unwrap_or_else(|| panic!("{name}.{field} is not published"));
        assert_eq!(served.ty.to_string(), known.ty.to_string(), "{name}.{field}");
        for argument in &served.arguments {
            let same = known.argument_by_name(&argument.name);
            let same = same.unwrap_or_else(|| panic!("{name}.{field}({})", argument.name));
            assert_eq!(argument.ty.to_string(), same.ty.to_string(), "{name}.{field}");
            assert_eq!(argument.default_value, same.default_value, "{name}.{field}");
        }
    }
}

#[test]
fn answers_have_the_types_that_are_published() {
    let Some(published) = published() else { return };
    let mut app = App::of(300);
    let stories: BTreeSet<Story> = app.world().stories.iter().copied().collect();
    let payout = app.world().ledger.payouts[5].id;
    let mut answered = 0;
    for query in QUERIES {
        let document = ExecutableDocument::parse_and_validate(&published, query, "query.graphql")
            .unwrap_or_else(|invalid| panic!("{}", invalid.errors));
        let variables: Vec<Value> = if query.contains("OrderLedger") {
            stories.iter().map(|story| json!({ "id": app.order_of(*story) })).collect()
        } else if query.contains("PayoutRows") {
            vec![json!({ "q": format!("payments_transfer_id:{payout}") })]
        } else if query.contains("Bulk") {
            vec![json!({ "query": "{ orders { edges { node { id } } } }" })]
        } else {
            vec![json!({ "q": "" })]
        };
        for variables in variables {
            let data = app.data(query, &variables);
            let operation = document.operations.get(None).unwrap();
            conform_set(&published, &document, &operation.selection_set, &data);
            answered += 1;
        }
    }
    assert!(answered > 25);
}

fn conform_set(schema: &Schema, document: &ExecutableDocument, set: &SelectionSet, data: &Value) {
    for selection in &set.selections {
        match selection {
            Selection::Field(field) => {
                let key = field.response_key().as_str();
                // A field of a fragment is there only where the object is of its kind.
                let Some(value) = data.get(key) else { continue };
                conform(schema, document, field.ty(), &field.selection_set, value);
            }
            Selection::InlineFragment(fragment) => {
                conform_set(schema, document, &fragment.selection_set, data);
            }
            Selection::FragmentSpread(spread) => {
                let fragment = spread.fragment_def(document).unwrap();
                conform_set(schema, document, &fragment.selection_set, data);
            }
        }
    }
}

fn conform(
    schema: &Schema,
    document: &ExecutableDocument,
    ty: &Type,
    set: &SelectionSet,
    value: &Value,
) {
    if value.is_null() {
        assert!(!ty.is_non_null(), "null for {ty}");
        return;
    }
    if ty.is_list() {
        for item in value.as_array().unwrap_or_else(|| panic!("{value} is no {ty}")) {
            conform(schema, document, ty.item_type(), set, item);
        }
        return;
    }
    let name = ty.inner_named_type();
    match &schema.types[name] {
        ExtendedType::Enum(known) => {
            assert!(known.values.contains_key(value.as_str().unwrap()), "{value} is no {name}");
        }
        ExtendedType::Scalar(_) => assert!(is_scalar(name, value), "{value} is no {name}"),
        _ => conform_set(schema, document, set, value),
    }
}

fn is_scalar(name: &str, value: &Value) -> bool {
    let text = value.as_str();
    match name {
        "Int" => value.as_i64().is_some_and(|number| i32::try_from(number).is_ok()),
        "Float" => value.is_number(),
        "Boolean" => value.is_boolean(),
        "DateTime" => text.is_some_and(|text| text.parse::<Timestamp>().is_ok()),
        "Decimal" => text.is_some_and(|text| text.parse::<rust_decimal::Decimal>().is_ok()),
        "UnsignedInt64" => text.is_some_and(|text| text.parse::<u64>().is_ok()),
        "BigInt" => text.is_some_and(|text| text.parse::<i64>().is_ok()),
        "ID" => text.is_some_and(|text| text.starts_with("gid://shopify/")),
        _ => text.is_some(),
    }
}

/// Writes a query that selects every field below a type, each type once on a path.
fn everything(schema: &Schema, name: &str, path: &mut Vec<String>) -> String {
    if path.iter().any(|above| above == name) {
        let kind = &schema.types[name];
        let fields = match kind {
            ExtendedType::Object(object) => &object.fields,
            ExtendedType::Interface(interface) => &interface.fields,
            _ => panic!("{name} has no fields"),
        };
        return if fields.contains_key("id") { "{ id }" } else { "{ __typename }" }.to_owned();
    }
    path.push(name.to_owned());
    let text = match &schema.types[name] {
        ExtendedType::Object(object) => format!("{{ {} }}", each(schema, &object.fields, path)),
        ExtendedType::Union(union) => {
            let fragments = union.members.iter().map(|kind| {
                let inner = everything(schema, kind, path);
                format!("... on {kind} {inner}")
            });
            format!("{{ __typename {} }}", fragments.collect::<Vec<_>>().join(" "))
        }
        ExtendedType::Interface(_) => {
            let kinds = schema.types.values().filter_map(|kind| kind.as_object());
            let kinds = kinds.filter(|kind| kind.implements_interfaces.contains(name));
            let fragments = kinds.map(|kind| {
                let inner = everything(schema, &kind.name, path);
                format!("... on {} {inner}", kind.name)
            });
            format!("{{ __typename {} }}", fragments.collect::<Vec<_>>().join(" "))
        }
        _ => panic!("{name} has no fields"),
    };
    path.pop();
    text
}

fn each(schema: &Schema, fields: &Fields, path: &mut Vec<String>) -> String {
    let mut text = String::new();
    for (field, definition) in fields {
        let name = definition.ty.inner_named_type();
        let mut arguments = String::new();
        if definition.argument_by_name("first").is_some() {
            arguments = "(first: 4)".to_owned();
        }
        if definition.argument_by_name("names").is_some() {
            arguments = "(names: [\"on_hand\", \"committed\"])".to_owned();
        }
        let inner = &schema.types[name];
        let set = if inner.is_object() || inner.is_interface() || inner.is_union() {
            everything(schema, name, path)
        } else {
            String::new()
        };
        text.push_str(&format!(" {field}{arguments} {set}"));
    }
    text
}

#[test]
fn every_field_of_the_schema_is_answered() {
    let settings = WorldSettings { orders: 300, counts_drawer: true, ..WorldSettings::default() };
    let world = Arc::new(World::generate(&settings).unwrap());
    let now = world.ends;
    let mut app = App::at(world, ShopifySettings::default(), now);
    let schema = Arc::clone(&app.sim.schema);
    let inner = |name: &str| everything(&schema, name, &mut Vec::new());
    let (order, account, shop) = (inner("Order"), inner("ShopifyPaymentsAccount"), inner("Shop"));
    let (tenders, bulk) = (inner("TenderTransactionConnection"), inner("BulkOperation"));
    app.data(QUERIES[5], &json!({ "query": "{ orders { edges { node { id } } } }" }));
    let stories: BTreeSet<Story> = app.world().stories.iter().copied().collect();
    let mut queries = vec![
        format!("{{ shop {shop} }}"),
        format!("{{ currentAppInstallation {app} }}", app = inner("AppInstallation")),
        format!("{{ shopifyPaymentsAccount {account} }}"),
        format!("{{ tenderTransactions(first: 3) {tenders} }}"),
        format!("{{ currentBulkOperation {bulk} }}"),
        format!(
            "{{ bulkOperations(first: 3) {{ edges {{ cursor node {bulk} }} nodes {bulk} \
                 pageInfo {{ startCursor endCursor hasNextPage hasPreviousPage }} }} }}"
        ),
        "{ ordersCount { count precision } }".to_owned(),
        format!(
            "{{ cashTrackingSessions(first: 3) {tills} }}",
            tills = inner("CashTrackingSessionConnection")
        ),
        format!("{{ giftCards(first: 3) {cards} }}", cards = inner("GiftCardConnection")),
    ];
    for story in stories {
        queries.push(format!("{{ order(id: \"{}\") {order} }}", app.order_of(story)));
    }
    for query in queries {
        let document = ExecutableDocument::parse_and_validate(&schema, query, "all.graphql")
            .unwrap_or_else(|invalid| panic!("{}", invalid.errors));
        let operation = document.operations.get(None).unwrap();
        let none = Valid::assume_valid(JsonMap::new());
        let body = app.sim.execute(&document, operation, &none, 1_000, app.now);
        assert!(body.get("errors").is_none(), "{}", body["errors"]);
        let first = body["data"].as_object().unwrap().values().next().unwrap();
        assert!(!first.is_null());
    }
}
