//! Tokens, costs, throttling and walls.

use super::*;

fn error_code(body: &Value) -> &str {
    body["errors"][0]["extensions"]["code"].as_str().unwrap_or("")
}

#[test]
fn wrong_credentials_are_refused() {
    let mut app = App::of(60);
    assert_eq!(app.ask_token("demo-client", "wrong").status, 400);
    assert_eq!(app.ask_token("other", "demo-secret").status, 400);
    app.token = "shpat_wrong".to_owned();
    assert_eq!(app.raw("2026-10", "{ shop { name } }", &json!({})).status, 401);
}

#[test]
fn a_token_dies_after_a_day() {
    let mut app = App::of(60);
    app.now += 86_398.seconds();
    assert_eq!(app.raw("2026-10", "{ shop { name } }", &json!({})).status, 200);
    app.now += 1.second();
    assert_eq!(app.raw("2026-10", "{ shop { name } }", &json!({})).status, 401);
    app.log_in();
    assert_eq!(app.raw("2026-10", "{ shop { name } }", &json!({})).status, 200);
}

#[test]
fn the_grant_takes_json_too() {
    let mut app = App::of(60);
    let body = json!({ "grant_type": "client_credentials", "client_id": "demo-client",
        "client_secret": "demo-secret" });
    let url = "https://demo.myshopify.com/admin/oauth/access_token".to_owned();
    let answer = app.send(&HttpRequest::post_json(url, body.to_string().into_bytes()));
    let body: Value = serde_json::from_slice(&answer.body).unwrap();
    assert_eq!(body["expires_in"], json!(86_399));
}

#[test]
fn a_retired_version_falls_forward() {
    let mut app = App::of(60);
    let cases = [
        ("2026-10", 200, Some("2026-10")),
        ("2025-10", 200, Some("2026-01")),
        ("2031-01", 404, None),
        ("nonsense", 404, None),
    ];
    for (version, status, served) in cases {
        let answer = app.raw(version, "{ shop { name } }", &json!({}));
        assert_eq!(answer.status, status, "{version}");
        assert_eq!(answer.header("x-shopify-api-version"), served);
    }
}

#[test]
fn an_unknown_field_is_an_error_as_the_vendor_gives_it() {
    let mut app = App::of(60);
    let body = app.body("{ shop { colour } }", &json!({}));
    assert_eq!(body["errors"][0]["message"], "Field 'colour' doesn't exist on type 'Shop'");
    assert_eq!(error_code(&body), "undefinedField");
    assert!(body.get("data").is_none());
}

#[test]
fn invalid_requests_are_refused() {
    let mut app = App::of(60);
    for query in [
        "{ orders { nodes { id } } }",
        "{ orders(first: 251) { nodes { id } } }",
        "{ order { id } }",
        "{ shop { name }",
        "query($id: ID!) { shop { name } }",
        "{ orders(first: 2, after: \"x\") { nodes { id } } }",
    ] {
        let body = app.body(query, &json!({}));
        assert!(body["errors"].is_array(), "{query}");
        assert!(body["data"].is_null(), "{query}");
    }
}

#[test]
fn costs_follow_the_published_model() {
    let mut app = App::of(60);
    let cases = [
        ("{ shop { name } }", 1),
        ("{ shop { name plan { displayName } } }", 2),
        ("{ orders(first: 10) { nodes { id } } }", 12),
        (
            "{ orders(first: 10) { edges { node { id
           totalPriceSet { shopMoney { amount } } } } } }",
            32,
        ),
        ("{ orders(first: 3) { nodes { transactions(first: 4) { id } } } }", 17),
        (
            "{ orders(first: 2) { nodes { agreements(first: 2) { nodes { sales(first: 2) { nodes {
           id ... on ProductSale { lineItem { id } }
           ... on TipSale { lineItem { id product { id } } }
        } } } } } } }",
            2 + 2 * (1 + 2 + 2 * (1 + 2 + 2 * (1 + 2))),
        ),
    ];
    for (query, cost) in cases {
        let body = app.body(query, &json!({}));
        let told = &body["extensions"]["cost"];
        assert_eq!(told["requestedQueryCost"], json!(cost), "{query}");
        assert!(told["actualQueryCost"].as_u64().unwrap() <= cost, "{query}");
    }
}

#[test]
fn only_what_came_back_is_paid_for() {
    let mut app = App::of(60);
    let query = "{ orders(first: 200, query: \"name:#1003\") { nodes { id } } }";
    let body = app.body(query, &json!({}));
    let cost = &body["extensions"]["cost"];
    assert_eq!(cost["requestedQueryCost"], json!(202));
    assert_eq!(cost["actualQueryCost"], json!(3));
    assert_eq!(cost["throttleStatus"]["currentlyAvailable"], json!(1_997));
}

#[test]
fn a_query_beyond_the_limit_is_refused_for_good() {
    let mut app = App::of(60);
    let query = "{ orders(first: 250) { nodes { agreements(first: 2) { nodes { id } } } } }";
    let body = app.body(query, &json!({}));
    assert_eq!(error_code(&body), "MAX_COST_EXCEEDED");
    assert_eq!(app.sim.counters().refused, 1);
}

#[test]
fn an_empty_bucket_throttles_until_it_has_filled() {
    let mut app = App::of(400);
    let query = "{ orders(first: 240) { nodes { customer { id } totalPriceSet { shopMoney {
        amount } } } } }";
    let throttled = |body: &Value| error_code(body) == "THROTTLED";
    let ask = |app: &mut App| {
        let answer = app.raw("2026-10", query, &json!({}));
        assert_eq!(answer.status, 200);
        serde_json::from_slice::<Value>(&answer.body).unwrap()
    };
    let mut last = Value::Null;
    for _ in 0..4 {
        last = ask(&mut app);
        if throttled(&last) {
            break;
        }
    }
    assert!(throttled(&last));
    assert!(last.get("data").is_none());
    let cost = &last["extensions"]["cost"];
    let missing = cost["requestedQueryCost"].as_u64().unwrap()
        - cost["throttleStatus"]["currentlyAvailable"].as_u64().unwrap();
    app.now += i64::try_from(missing / 100 + 1).unwrap().seconds();
    assert!(!throttled(&ask(&mut app)));
    assert_eq!(app.sim.counters().throttled, 1);
}

#[test]
fn old_orders_are_hidden_from_apps_that_may_not_read_all() {
    let world = world(300);
    let settings = ShopifySettings { read_all_orders: false, ..ShopifySettings::default() };
    let mut app = App::at(Arc::clone(&world), settings, world.begins + 1_000.hours());
    let count = "{ ordersCount { count } }";
    let before = app.data(count, &json!({}))["ordersCount"]["count"].as_u64().unwrap();
    app.now = world.begins + 1_800.hours();
    app.log_in();
    let after = app.data(count, &json!({}))["ordersCount"]["count"].as_u64().unwrap();
    assert!(before > 0 && after < 300, "{before} {after}");
    let oldest = format!("gid://shopify/Order/{}", world.orders[0].id);
    let data = app.data("query($id: ID!) { order(id: $id) { id } }", &json!({ "id": oldest }));
    assert_eq!(data["order"], Value::Null);
}

#[test]
fn a_count_stops_at_its_limit() {
    let mut app = App::of(60);
    let query = "{ some: ordersCount(limit: 10) { count precision }
        all: ordersCount(limit: null) { count precision } }";
    let data = app.data(query, &json!({}));
    assert_eq!(data["some"], json!({ "count": 10, "precision": "AT_LEAST" }));
    assert_eq!(data["all"], json!({ "count": 60, "precision": "EXACT" }));
}
