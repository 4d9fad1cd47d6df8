//! Queries, searches and what they find.

use super::*;
use crate::world::{RowKind, TransactionKind, TransactionStatus};
use std::collections::{BTreeMap, BTreeSet};

const ORDERS: &str = "query($after: String) { orders(first: 100, after: $after, query: \"FILTER\",
    sortKey: SORT) { nodes { id name updatedAt processedAt createdAt displayFinancialStatus }
    pageInfo { hasNextPage endCursor } } }";

fn orders(app: &mut App, filter: &str, sort: &str) -> Vec<Value> {
    let query = ORDERS.replace("FILTER", filter).replace("SORT", sort);
    app.pages(&query, "/orders")
}

#[test]
fn all_orders_are_found_once_whatever_they_are_sorted_by() {
    let mut app = App::of(450);
    for sort in ["UPDATED_AT", "CREATED_AT", "PROCESSED_AT", "ID"] {
        let found = orders(&mut app, "", sort);
        let ids: BTreeSet<&str> = found.iter().map(|each| each["id"].as_str().unwrap()).collect();
        assert_eq!((found.len(), ids.len()), (450, 450), "{sort}");
    }
    let found = orders(&mut app, "", "UPDATED_AT");
    assert!(found.is_sorted_by_key(|each| each["updatedAt"].as_str().unwrap().to_owned()));
}

#[test]
fn searches_find_what_they_say() {
    let mut app = App::of(450);
    let all = orders(&mut app, "", "ID");
    let middle = all[200]["updatedAt"].as_str().unwrap().to_owned();
    let later = orders(&mut app, &format!("updated_at:>='{middle}'"), "UPDATED_AT");
    let expected = all.iter().filter(|each| each["updatedAt"].as_str().unwrap() >= &*middle);
    assert_eq!(later.len(), expected.count());
    let id = all[7]["id"].as_str().unwrap();
    let number = id.rsplit('/').next().unwrap();
    assert_eq!(orders(&mut app, &format!("id:{number}"), "ID").len(), 1);
    assert_eq!(orders(&mut app, "name:#1003", "ID").len(), 1);
    let refunded = orders(&mut app, "financial_status:refunded", "ID");
    assert!(!refunded.is_empty());
    assert!(refunded.iter().all(|each| each["displayFinancialStatus"] == "REFUNDED"));
    assert_eq!(app.sim.counters().ignored_filters, 0);
    assert_eq!(orders(&mut app, "colour:red", "ID").len(), 450, "unknown fields are passed over");
    assert!(app.sim.counters().ignored_filters > 0);
}

#[test]
fn aliases_fragments_and_variables_work() {
    let mut app = App::of(60);
    let id = app.order_of(Story::FullRefund);
    let query = "query($id: ID!, $deep: Boolean!) {
        first: order(id: $id) { ...Head kind: __typename }
        node(id: $id) { __typename id ... on Order { name } ... on Refund { note } }
        nodes(ids: [$id, \"gid://shopify/Order/1\"]) { id }
        missing: order(id: \"gid://shopify/Order/1\") { id }
        shop @include(if: $deep) { name } }
        fragment Head on Order { name refunds { id } }";
    let data = app.data(query, &json!({ "id": id, "deep": false }));
    assert_eq!(data["first"]["kind"], "Order");
    assert_eq!(data["first"]["name"], data["node"]["name"]);
    assert_eq!(data["first"]["refunds"].as_array().unwrap().len(), 1);
    assert_eq!(data["nodes"], json!([{ "id": id }, null]));
    assert_eq!(data["missing"], Value::Null);
    assert!(data.get("shop").is_none());
}

#[test]
fn sales_of_an_order_sum_to_what_it_owes_and_was_paid() {
    let mut app = App::of(300);
    let query = "query($id: ID!) { order(id: $id) {
        agreements(first: 5) { nodes { sales(first: 10) { nodes {
          totalAmount { shopMoney { amount } } totalTaxAmount { shopMoney { amount } }
          taxes { amount { shopMoney { amount } } } } } } }
        transactions { kind status amountSet { shopMoney { amount } } }
        currentTotalPriceSet { shopMoney { amount } }
        totalOutstandingSet { shopMoney { amount } } } }";
    let ids: BTreeSet<Story> = app.world().stories.iter().copied().collect();
    for story in ids {
        let id = app.order_of(story);
        let order = app.data(query, &json!({ "id": id }))["order"].take();
        let mut owed = 0;
        for agreement in order["agreements"]["nodes"].as_array().unwrap() {
            for sale in agreement["sales"]["nodes"].as_array().unwrap() {
                owed += cents(&sale["totalAmount"]["shopMoney"]["amount"]);
                let taxes = sale["taxes"].as_array().unwrap().iter();
                let taxes: i64 =
                    taxes.map(|tax| cents(&tax["amount"]["shopMoney"]["amount"])).sum();
                assert_eq!(taxes, cents(&sale["totalTaxAmount"]["shopMoney"]["amount"]));
            }
        }
        let moved = order["transactions"].as_array().unwrap().iter();
        let moved = moved.filter(|each| each["status"] == "SUCCESS").map(|each| {
            let sign = match each["kind"].as_str().unwrap() {
                "SALE" | "CAPTURE" => 1,
                "REFUND" | "CHANGE" => -1,
                _ => 0,
            };
            sign * cents(&each["amountSet"]["shopMoney"]["amount"])
        });
        let paid: i64 = moved.sum();
        assert_eq!(owed, cents(&order["currentTotalPriceSet"]["shopMoney"]["amount"]), "{story:?}");
        let open = cents(&order["totalOutstandingSet"]["shopMoney"]["amount"]);
        assert_eq!(owed - paid, open, "{story:?}");
    }
}

#[test]
fn rows_of_each_payout_sum_to_it_and_to_its_summary() {
    let mut app = App::of(450);
    let payouts = app.pages(
        "query($after: String) { shopifyPaymentsAccount { payouts(first: 20, after: $after) {
           nodes { id legacyResourceId status transactionType net { amount }
             summary { chargesGross { amount } chargesFee { amount } refundsFeeGross { amount }
               refundsFee { amount } adjustmentsGross { amount } adjustmentsFee { amount }
               reservedFundsGross { amount } reservedFundsFee { amount }
               retriedPayoutsGross { amount } retriedPayoutsFee { amount } } }
           pageInfo { hasNextPage endCursor } } } }",
        "/shopifyPaymentsAccount/payouts",
    );
    let mut statuses = BTreeSet::new();
    for payout in &payouts {
        let query = "query($after: String) { shopifyPaymentsAccount { balanceTransactions(
            first: 100, after: $after, hideTransfers: true, query: \"FILTER\") {
            nodes { net { amount } associatedPayout { id status } }
            pageInfo { hasNextPage endCursor } } } }";
        let id = payout["legacyResourceId"].as_str().unwrap();
        let query = query.replace("FILTER", &format!("payments_transfer_id:{id}"));
        let rows = app.pages(&query, "/shopifyPaymentsAccount/balanceTransactions");
        let net: i64 = rows.iter().map(|row| cents(&row["net"]["amount"])).sum();
        assert_eq!(net, cents(&payout["net"]["amount"]));
        assert!(rows.iter().all(|row| row["associatedPayout"]["id"] == payout["id"]));
        let summary = payout["summary"].as_object().unwrap().iter().map(|(name, money)| {
            let sign = if name.ends_with("Gross") { 1 } else { -1 };
            sign * cents(&money["amount"])
        });
        assert_eq!(summary.sum::<i64>(), net, "{id}");
        let direction = if net < 0 { "WITHDRAWAL" } else { "DEPOSIT" };
        assert_eq!(payout["transactionType"], direction);
        statuses.insert(payout["status"].as_str().unwrap());
    }
    assert_eq!(statuses, BTreeSet::from(["FAILED", "PAID"]));
}

#[test]
fn the_balance_is_what_no_payout_has_taken() {
    let mut app = App::of(450);
    let data = app.data("{ shopifyPaymentsAccount { balance { amount } } }", &json!({}));
    let world = app.world();
    let open = world.ledger.rows.iter().filter(|row| row.payout.is_none());
    let open: i64 = open.map(crate::world::Row::net).sum();
    assert_eq!(cents(&data["shopifyPaymentsAccount"]["balance"][0]["amount"]), open);
}

#[test]
fn tenders_sum_by_gateway_to_the_movements() {
    let mut app = App::of(300);
    let tenders = app.pages(
        "query($after: String) { tenderTransactions(first: 200, after: $after) {
           nodes { paymentMethod test amount { amount } }
           pageInfo { hasNextPage endCursor } } }",
        "/tenderTransactions",
    );
    let mut sums: BTreeMap<&str, i64> = BTreeMap::new();
    for tender in tenders.iter().filter(|each| each["test"] == json!(false)) {
        let method = tender["paymentMethod"].as_str().unwrap();
        *sums.entry(method).or_default() += cents(&tender["amount"]["amount"]);
    }
    let world = app.world();
    let of = |kind| -> i64 {
        let rows = world.ledger.rows.iter().filter(|row| row.kind == kind);
        rows.map(|row| row.amount).sum()
    };
    // What the gateway changed, it settled at rates of its own.
    let movements = world.orders.iter().flat_map(|order| &order.transactions);
    let moved = movements.filter(|each| each.status == TransactionStatus::Success);
    let lost: i64 = moved
        .filter_map(|each| {
            let lost = each.abroad.map(|abroad| abroad.worth - abroad.settled)?;
            Some(if each.kind == TransactionKind::Refund { -lost } else { lost })
        })
        .sum();
    assert_eq!(sums["credit_card"], of(RowKind::Charge) + of(RowKind::Refund) + lost);
    assert_eq!(-sums["store_credit"], world.open_store_credit().minor());
}

const GIFT_CARDS: &str = "query($after: String) { giftCards(first: 100, after: $after,
    sortKey: SORT, query: \"FILTER\") { nodes { id updatedAt order { id } balance { amount }
    initialValue { amount } } pageInfo { hasNextPage endCursor } } }";

#[test]
fn gift_cards_hold_what_orders_left_on_them_and_what_was_taken_by_hand() {
    let settings = WorldSettings { orders: 450, ..WorldSettings::default() };
    let plain = Arc::new(World::generate(&settings).unwrap());
    let at = plain.ends - 1.hour();
    let by_hand = WorldSettings { taken_by_hand: Some((at, 1)), ..settings };
    let by_hand = Arc::new(World::generate(&by_hand).unwrap());
    assert_eq!(plain.orders, by_hand.orders, "no order tells of it");
    let left = |world: &Arc<World>, now: Timestamp| {
        let mut app = App::at(Arc::clone(world), ShopifySettings::default(), now);
        let query = GIFT_CARDS.replace("SORT", "UPDATED_AT").replace("FILTER", "");
        let cards = app.pages(&query, "/giftCards");
        assert!(cards.is_sorted_by_key(|it| it["updatedAt"].as_str().unwrap().to_owned()));
        let sum: i64 = cards.iter().map(|it| cents(&it["balance"]["amount"])).sum();
        (cards.len(), sum)
    };
    let after = plain.ends + 1.hour();
    let (count, sum) = left(&plain, after);
    assert_eq!((count, sum), (plain.gift_cards.len(), plain.open_gift_cards().minor()));
    assert_eq!(left(&by_hand, after), (count, sum - 1));
    assert_eq!(left(&by_hand, at - 2.minutes()), left(&plain, at - 2.minutes()));
    let (early, _) = left(&plain, plain.begins + 240.hours());
    assert!(early > 0 && early < count, "{early} of {count}");
}

const REPORT: &str = "query($q: String!) { shopifyqlQuery(query: $q) { parseErrors
    tableData { columns { name dataType displayName } rows } } }";

#[test]
fn a_report_sums_up_what_the_orders_tell_of_a_day_but_for_rehearsals() {
    let mut app = App::of(200);
    let now = app.now;
    let world = Arc::clone(&app.sim.world);
    let day = |at: Timestamp| at.to_zoned(world.zone.clone()).date();
    let (first, last) = (day(world.begins), day(world.ends));
    let query = format!(
        "FROM sales SHOW total_sales SINCE {first} UNTIL {last} GROUP BY day, line_type \
         ORDER BY day ASC LIMIT 1000 WITH TIMEZONE '{}'",
        world.settings.timezone
    );
    let report = app.data(REPORT, &json!({ "q": query }))["shopifyqlQuery"].take();
    assert_eq!(report["parseErrors"], json!([]));
    let rows = report["tableData"]["rows"].as_array().unwrap();
    let reported: i64 = rows
        .iter()
        .filter(|row| row["line_type"] == "product")
        .map(|row| {
            let text = row["total_sales"].as_str().unwrap();
            saldo_core::money::Money::parse(text, world.currency).unwrap().minor()
        })
        .sum();
    let real = || world.orders.iter().filter(|order| !order.test);
    let goods = real().flat_map(|order| order.sales_at(now));
    let goods = goods.filter(|sale| sale.kind == crate::world::LineKind::Product);
    assert_eq!(reported, goods.map(|sale| sale.amounts.total()).sum::<i64>());
    assert!(reported > 0 && world.orders.iter().any(|order| order.test));
    let wrong = app.data(REPORT, &json!({ "q": query.replace("total_sales", "sold") }));
    assert!(wrong["shopifyqlQuery"]["tableData"].is_null());
    assert_eq!(wrong["shopifyqlQuery"]["parseErrors"].as_array().unwrap().len(), 1);
}

#[test]
fn who_may_not_read_reports_is_told_which_scope_it_takes() {
    let settings = ShopifySettings { read_reports: false, ..ShopifySettings::default() };
    let world = world(60);
    let now = world.ends;
    let body = App::at(world, settings, now).body(REPORT, &json!({ "q": "" }));
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
}

#[test]
fn who_may_not_read_gift_cards_is_told_which_scope_it_takes() {
    let settings = ShopifySettings { read_gift_cards: false, ..ShopifySettings::default() };
    let world = world(60);
    let now = world.ends;
    let mut app = App::at(world, settings, now);
    let body = app.body("{ giftCards(first: 1) { nodes { id } } }", &json!({}));
    assert!(body["data"].is_null());
    assert_eq!(body["errors"][0]["extensions"]["code"], "ACCESS_DENIED");
}
