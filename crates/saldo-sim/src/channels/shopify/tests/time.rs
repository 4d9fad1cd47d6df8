//! What is seen when.

use super::*;

const STATE: &str = "query($id: ID!) { order(id: $id) { updatedAt displayFinancialStatus
    agreements(first: 9) { nodes { id } } transactions { id } refunds { id } } }";

#[test]
fn an_order_is_seen_as_it_is_at_the_time() {
    let world = world(300);
    let place = world.stories.iter().position(|story| *story == Story::ItemRemoved).unwrap();
    let order = &world.orders[place];
    let mut app =
        App::at(Arc::clone(&world), ShopifySettings::default(), order.created_at - 1.minute());
    let id = json!({ "id": app.order_of(Story::ItemRemoved) });
    let mut state = |at: Timestamp| {
        app.now = at;
        app.log_in();
        let data = app.raw("2026-10", STATE, &id);
        serde_json::from_slice::<Value>(&data.body).unwrap()["data"]["order"].take()
    };
    let sizes =
        |seen: &Value| ["transactions", "refunds"].map(|list| seen[list].as_array().unwrap().len());
    assert_eq!(state(order.created_at - 1.second()), Value::Null);
    let first = state(order.created_at);
    assert_eq!(first["displayFinancialStatus"], "PAID");
    assert_eq!(sizes(&first), [1, 0]);
    let edited_at = order.agreements[1].at;
    assert_eq!(state(edited_at - 1.second()), first);
    let edited = state(edited_at);
    assert_eq!(edited["agreements"]["nodes"].as_array().unwrap().len(), 2);
    assert_eq!(edited["updatedAt"], json!(edited_at.to_string()));
    let refunded = state(order.refunds[0].at);
    assert_eq!(sizes(&refunded), [2, 1]);
    assert_eq!(refunded["displayFinancialStatus"], "PARTIALLY_REFUNDED");
}

#[test]
fn a_change_reaches_the_search_seconds_later() {
    let world = world(300);
    let mut lags = Vec::new();
    let mut app = App::at(Arc::clone(&world), ShopifySettings::default(), world.begins);
    for order in world.orders.iter().skip(50).take(25) {
        app.now = order.created_at;
        app.log_in();
        let query = "query($q: String!) { orders(first: 5, query: $q) { nodes { id } } }";
        let filter = format!("updated_at:>='{}' id:{}", order.created_at, order.id);
        let lag = (0..=90_i64).find(|lag| {
            app.now = order.created_at + lag.seconds();
            let answer = app.raw("2026-10", query, &json!({ "q": filter }));
            let body: Value = serde_json::from_slice(&answer.body).unwrap();
            !body["data"]["orders"]["nodes"].as_array().unwrap().is_empty()
        });
        lags.push(lag.expect("every change is found within ninety seconds"));
    }
    assert!(lags.iter().any(|lag| *lag > 20), "{lags:?}");
    assert!(lags.iter().any(|lag| *lag < 70), "{lags:?}");
}

#[test]
fn a_payout_is_scheduled_before_it_is_paid_and_its_rows_wait_until_then() {
    let world = world(300);
    let payout = &world.ledger.payouts[4];
    let row = &world.ledger.rows[payout.rows[0]];
    let mut app =
        App::at(Arc::clone(&world), ShopifySettings::default(), payout.scheduled_at - 1.second());
    let query = format!(
        "{{ node(id: \"gid://shopify/ShopifyPaymentsPayout/{}\") {{
             ... on ShopifyPaymentsPayout {{ status externalTraceId }} }}
           row: node(id: \"gid://shopify/ShopifyPaymentsBalanceTransaction/{}\") {{
             ... on ShopifyPaymentsBalanceTransaction {{ associatedPayout {{ id status }} }} }} }}",
        payout.id, row.id
    );
    let mut seen = |at: Timestamp| {
        app.now = at;
        app.log_in();
        let answer = app.raw("2026-10", &query, &json!({}));
        serde_json::from_slice::<Value>(&answer.body).unwrap()["data"].take()
    };
    let before = seen(payout.scheduled_at - 1.second());
    assert_eq!(before["node"], Value::Null);
    assert_eq!(before["row"]["associatedPayout"], json!({ "id": null, "status": "PENDING" }));
    let scheduled = seen(payout.scheduled_at);
    assert_eq!(scheduled["node"], json!({ "status": "SCHEDULED", "externalTraceId": null }));
    assert_eq!(scheduled["row"]["associatedPayout"]["status"], "SCHEDULED");
    assert_eq!(seen(payout.settled_at)["node"]["status"], "PAID");
}

#[test]
fn a_dispute_moves_on() {
    let world = world(300);
    let dispute = &world.ledger.disputes[0];
    let mut app = App::at(Arc::clone(&world), ShopifySettings::default(), dispute.opened_at);
    let query = "{ shopifyPaymentsAccount { disputes(first: 5) { nodes {
        status finalizedOn evidenceSentOn } } } }";
    let mut status = |at: Timestamp| {
        app.now = at;
        app.log_in();
        let answer = app.raw("2026-10", query, &json!({}));
        let body: Value = serde_json::from_slice(&answer.body).unwrap();
        let nodes = &body["data"]["shopifyPaymentsAccount"]["disputes"]["nodes"];
        nodes[0]["status"].as_str().map(str::to_owned)
    };
    assert_eq!(status(dispute.opened_at - 1.second()), None);
    assert_eq!(status(dispute.opened_at).as_deref(), Some("NEEDS_RESPONSE"));
    assert_eq!(status(dispute.evidence_sent_at).as_deref(), Some("UNDER_REVIEW"));
    let end = if dispute.won { "WON" } else { "LOST" };
    assert_eq!(status(dispute.closed_at).as_deref(), Some(end));
}
