//! Cash drawers that were closed and counted.

use super::{Shopify, Stage, graphql, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{DrawerSession, Fact, Saying};
use saldo_core::issue::Issue;
use serde_json::{Value, json};

fn money(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "USD" })
}

/// A float of 200, sales of 541.25, petty cash of 20: 719 are counted of 721.25.
fn session() -> Value {
    json!({
        "id": "gid://shopify/CashTrackingSession/5",
        "registerName": "Register 1",
        "cashTrackingEnabled": true,
        "openingTime": "2026-11-18T08:00:00Z",
        "closingTime": "2026-11-18T20:00:00Z",
        "location": { "id": "gid://shopify/Location/1", "name": "Main Street" },
        "expectedOpeningBalance": money("200.0"),
        "openingBalance": money("200.0"),
        "netCashSales": money("541.25"),
        "totalAdjustments": money("-20.0"),
        "expectedClosingBalance": money("721.25"),
        "closingBalance": money("719.0"),
        "totalDiscrepancy": money("-2.25"),
        "adjustments": {
            "pageInfo": { "hasNextPage": false, "endCursor": null },
            "nodes": [{
                "id": "gid://shopify/CashTrackingAdjustment/9",
                "time": "2026-11-18T15:00:00Z",
                "note": "Petty cash",
                "cash": money("-20.0"),
            }],
        },
    })
}

fn listed(sessions: &[Value], more: bool) -> Value {
    json!({ "cashTrackingSessions": {
        "pageInfo": { "hasNextPage": more, "endCursor": more.then_some("c1") },
        "nodes": sessions,
    }})
}

#[test]
fn drawers_are_listed_by_when_they_were_closed_and_go_on_where_the_last_pull_ended() {
    let mut stage = Stage::new("drawers");
    let (name, variables) = stage.question();
    assert_eq!(name, "Drawers");
    assert_eq!(variables["query"], "closing_time:>='2026-11-01T00:00:00Z'");
    let mut open = session();
    open["id"] = json!("gid://shopify/CashTrackingSession/6");
    open["closingTime"] = json!(null);
    stage.data(listed(&[session(), open], true));
    assert_eq!(stage.ids(), ["gid://shopify/CashTrackingSession/5"], "one is still open");
    assert_eq!(stage.question().1["after"], "c1");
    stage.data(listed(&[], false));
    assert_eq!(stage.next(), Next::Done);
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T11:50:00Z");
    stage.wait(86_400);
    assert_eq!(stage.question().1["query"], "closing_time:>='2026-11-20T11:50:00Z'");
}

#[test]
fn who_may_not_read_them_is_no_fault_and_asks_for_all_once_it_may() {
    let mut stage = Stage::new("drawers");
    let denied = json!({ "data": null, "errors": [{
        "message": "Access denied for cashTrackingSessions field.",
        "path": ["cashTrackingSessions"],
        "extensions": { "code": "ACCESS_DENIED" },
    }] });
    let page = stage.hear(&graphql(&denied)).unwrap();
    assert_eq!((page.reached, stage.next()), (None, Next::Done));
    let facts = Shopify.read(&page.records[0]).unwrap();
    let [Fact::Stated(stated)] = &facts[..] else { panic!("{facts:?}") };
    let Saying::Refused(why) = &stated.saying else { panic!("{stated:?}") };
    assert!(why.contains("`read_cash_tracking`"), "{why}");
    stage.wait(86_400);
    assert_eq!(stage.question().1["query"], "closing_time:>='2026-11-01T00:00:00Z'");
}

#[test]
fn a_page_that_is_too_dear_is_halved() {
    let mut stage = Stage::new("drawers");
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["first"], 5);
}

fn read(session: &Value) -> Result<DrawerSession, Box<Issue>> {
    let id = "gid://shopify/CashTrackingSession/5";
    match Shopify.read(&record("drawers", id, &session.to_string()))?.pop() {
        Some(Fact::Drawer(drawer)) => Ok(*drawer),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_drawer_tells_what_was_in_it_what_moved_and_what_was_counted() {
    let drawer = read(&session()).unwrap();
    assert_eq!(drawer.id.as_str(), "shopify:demo/CashTrackingSession/5");
    assert_eq!(
        (drawer.name.as_str(), drawer.gateway.id.as_str()),
        ("Main Street, Register 1", "cash")
    );
    assert_eq!(drawer.expected().unwrap().to_string(), "721.25 USD");
    assert_eq!(drawer.over_at_closing().unwrap().to_string(), "-2.25 USD");
    assert_eq!(drawer.moves[0].note, "Petty cash");
}

#[test]
fn an_adjustment_that_the_vendor_does_not_count_sets_the_drawer_and_moves_nothing() {
    let mut with_last = session();
    let last = json!({
        "id": "gid://shopify/CashTrackingAdjustment/10",
        "time": "2026-11-18T20:00:00Z",
        "note": null,
        "cash": money("-2.25"),
    });
    with_last["adjustments"]["nodes"].as_array_mut().unwrap().push(last);
    assert_eq!(read(&with_last).unwrap(), read(&session()).unwrap());
}

#[test]
fn a_drawer_whose_sums_are_not_those_of_its_parts_is_held() {
    let wrong = [
        ("totalAdjustments", money("-19.0")),
        ("expectedClosingBalance", money("721.24")),
        ("totalDiscrepancy", money("0.0")),
        ("closingBalance", json!(null)),
    ];
    for (field, value) in wrong {
        let mut session = session();
        session[field] = value;
        assert!(read(&session).is_err(), "{field}");
    }
    let mut cut = session();
    cut["adjustments"]["pageInfo"] = json!({ "hasNextPage": true, "endCursor": "a1" });
    assert!(read(&cut).unwrap_err().message.contains("than was listed"));
}
