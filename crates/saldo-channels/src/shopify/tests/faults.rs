//! What the vendor's refusals permit.

use super::{Stage, cost, graphql, refusal};
use saldo_core::exchange::{Answer, Fault, FileAnswer, HttpAnswer, Permit};
use serde_json::{Value, json};
use std::time::Duration;

fn http(status: u16, header: Option<(&str, &str)>, body: &str) -> Answer {
    let headers =
        header.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
    Answer::Http(HttpAnswer { status, headers, body: body.into() })
}

fn fault(answer: &Answer) -> Fault {
    Stage::new("orders").hear(answer).unwrap_err()
}

fn refused(body: &Value) -> Fault {
    fault(&graphql(body))
}

#[test]
fn a_status_says_what_is_permitted() {
    let after = |seconds| Permit::RetryAfter(Duration::from_secs(seconds));
    let cases = [
        (401, None, Permit::Refresh),
        (402, None, Permit::Never),
        (403, None, Permit::Never),
        (404, None, Permit::Never),
        (423, None, Permit::Never),
        (400, None, Permit::Never),
        (408, None, Permit::Retry),
        (429, None, after(2)),
        (429, Some(("retry-after", "7")), after(7)),
        (429, Some(("retry-after", "2.5")), after(3)),
        (429, Some(("retry-after", "4.0")), after(4)),
        (430, None, after(900)),
        (500, None, Permit::Retry),
        (503, None, Permit::Retry),
    ];
    for (status, header, expected) in cases {
        let fault = fault(&http(status, header, r#"{"errors":"said so"}"#));
        assert_eq!(fault.permits, expected, "{status} {header:?}");
        assert!(fault.message.contains("said so"), "{fault}");
    }
}

#[test]
fn an_error_code_says_what_is_permitted() {
    let cases = [
        ("INTERNAL_SERVER_ERROR", Permit::Retry),
        ("TIMEOUT", Permit::Retry),
        ("ACCESS_DENIED", Permit::LogIn),
        ("SHOP_INACTIVE", Permit::Never),
        ("undefinedField", Permit::Never),
        ("MAX_COST_EXCEEDED", Permit::Never),
        ("THROTTLED", Permit::RetryAfter(Duration::from_secs(2))),
    ];
    for (code, expected) in cases {
        assert_eq!(refused(&refusal(code)).permits, expected, "{code}");
    }
}

#[test]
fn throttling_says_how_long_to_wait() {
    let mut body = refusal("THROTTLED");
    body["extensions"] = cost(900, 150);
    assert_eq!(refused(&body).permits, Permit::RetryAfter(Duration::from_secs(8)));
}

#[test]
fn a_missing_right_is_named() {
    let mut body = refusal("ACCESS_DENIED");
    assert!(refused(&body).message.contains("`read_all_orders`"));
    body["errors"][0]["extensions"]["requiredAccess"] = json!("`read_orders` access scope.");
    assert_eq!(
        refused(&body).message,
        "Shopify does not let the app read the number of orders: No; grant it `read_orders` access \
         scope and install it again"
    );
}

#[test]
fn a_hidden_customer_is_no_fault() {
    let error = |path: Value| {
        let extensions = json!({ "code": "ACCESS_DENIED" });
        json!({ "data": { "ordersCount": { "count": 1 } },
                "errors": [{ "message": "No.", "path": path, "extensions": extensions }] })
    };
    for hidden in [
        json!(["orders", "nodes", 0, "customer"]),
        json!(["orders", "nodes", 0, "shippingAddress", "zip"]),
    ] {
        Stage::new("orders").hear(&graphql(&error(hidden))).unwrap();
    }
    for needed in ["transactions", "shippingAddress"] {
        let refused = refused(&error(json!(["orders", "nodes", 0, needed])));
        assert_eq!(refused.permits, Permit::LogIn, "{needed}");
    }
}

#[test]
fn what_can_be_waited_for_is_not_taken_for_the_end() {
    let body = json!({ "errors": [
        { "message": "odd" , "extensions": { "code": "odd" } },
        { "message": "slow", "extensions": { "code": "THROTTLED" } },
    ]});
    assert!(matches!(refused(&body).permits, Permit::RetryAfter(_)));
}

#[test]
fn a_cut_or_empty_answer_is_asked_for_again() {
    for body in ["", "{\"data\":{\"ord", "<html>", "{}", "{\"data\":null}"] {
        assert_eq!(fault(&http(200, None, body)).permits, Permit::Retry, "{body}");
    }
}

#[test]
fn a_missing_field_is_named() {
    let cases = [
        (json!({}), "has no `ordersCount`"),
        (json!({ "ordersCount": {} }), "`ordersCount`: missing field `count`"),
        (json!({ "ordersCount": { "count": "many" } }), "`ordersCount.count`"),
    ];
    for (data, expected) in cases {
        let fault = refused(&json!({ "data": data }));
        assert_eq!(fault.permits, Permit::Never);
        assert!(fault.message.contains(expected), "{fault}");
    }
    let mut stage = Stage::new("payouts");
    let fault = stage.hear(&graphql(&json!({ "data": {} }))).unwrap_err();
    assert!(fault.message.contains("shopifyPaymentsAccount"), "{fault}");
}

#[test]
fn another_version_of_the_interface_is_refused() {
    let body = r#"{"data":{"ordersCount":{"count":1}}}"#;
    let version = |version| http(200, Some(("x-shopify-api-version", version)), body);
    let fault = fault(&version("2027-01"));
    assert_eq!(fault.permits, Permit::Never);
    assert!(fault.message.contains("2027-01"), "{fault}");
    Stage::new("orders").hear(&version("2026-10")).unwrap();
}

#[test]
fn an_answer_of_another_kind_is_our_own_mistake() {
    let answer = Answer::File(FileAnswer::Merged(Vec::new()));
    for stream in ["orders", "payouts", "disputes", "balance-transactions"] {
        assert_eq!(Stage::new(stream).hear(&answer).unwrap_err().permits, Permit::Never);
    }
}
