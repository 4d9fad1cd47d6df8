//! What is left of the store credit of buyers: a few are listed, many come by a bulk operation.

use super::{Shopify, Stage, graphql, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{Fact, Saying, StoreCredit};
use serde_json::{Value, json};

fn money(amount: &str) -> Value {
    json!({ "amount": amount, "currencyCode": "USD" })
}

fn moved(amount: &str, event: &str) -> Value {
    json!({ "createdAt": "2026-11-19T10:00:00Z", "amount": money(amount), "event": event })
}

fn account(balance: &str) -> Value {
    json!({
        "id": "gid://shopify/StoreCreditAccount/3",
        "balance": money(balance),
        "transactions": { "nodes": [moved("-5.0", "ADJUSTMENT")] },
    })
}

fn customer(number: u32, accounts: &[Value], more: bool) -> Value {
    json!({
        "id": format!("gid://shopify/Customer/{number}"),
        "storeCreditAccounts": {
            "pageInfo": { "hasNextPage": more, "endCursor": more.then_some("a1") },
            "nodes": accounts,
        },
    })
}

fn listed(customers: &[Value], more: bool) -> Value {
    json!({ "customers": {
        "pageInfo": { "hasNextPage": more, "endCursor": more.then_some("c1") },
        "nodes": customers,
    }})
}

#[test]
fn few_buyers_are_listed_and_of_many_all_come_by_a_bulk_operation() {
    let mut stage = Stage::new("store-credit");
    let (name, variables) = stage.question();
    assert_eq!(name, "StoreCredit");
    assert_eq!(variables, json!({ "query": "", "first": 30, "accounts": 2 }));
    stage.data(listed(&[customer(7, &[], false)], true));
    assert_eq!(stage.question().1["query"], "id:>=8");
    stage.data(listed(&[customer(9, &[account("12.5")], false)], false));
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T12:00:00Z", "as of the beginning");
    assert_eq!(stage.next(), Next::Done);
    stage.wait(86_400);
    let many: Vec<Value> = (1..=90).map(|number| customer(number, &[], false)).collect();
    stage.data(listed(&many, true));
    let (name, variables) = stage.question();
    assert_eq!(name, "BulkStart");
    assert!(variables["query"].as_str().unwrap().contains("storeCreditAccounts"));
}

#[test]
fn who_may_not_read_it_is_no_fault() {
    let mut stage = Stage::new("store-credit");
    let denied = json!({ "data": null, "errors": [{
        "message": "Access denied for storeCreditAccounts field.",
        "path": ["customers", "nodes", 0, "storeCreditAccounts"],
        "extensions": { "code": "ACCESS_DENIED" },
    }] });
    let page = stage.hear(&graphql(&denied)).unwrap();
    assert_eq!((page.reached, stage.next()), (None, Next::Done));
    let facts = Shopify.read(&page.records[0]).unwrap();
    let [Fact::Stated(stated)] = &facts[..] else { panic!("{facts:?}") };
    let Saying::Refused(why) = &stated.saying else { panic!("{stated:?}") };
    assert!(why.contains("`read_store_credit_accounts`"), "{why}");
}

fn read(text: &str) -> Option<StoreCredit> {
    let facts = Shopify.read(&record("store-credit", "gid://shopify/Customer/7", text));
    let Some(Fact::Stated(stated)) = facts.ok()?.pop() else { panic!("{text}") };
    assert_eq!(stated.id.as_str(), "shopify:demo/StoreCredit/Customer/7");
    match stated.saying {
        Saying::StoreCredit(credit) => Some(credit),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_buyer_says_what_is_left_and_what_moved_last_in_either_form() {
    let whole = customer(7, &[account("12.5")], false);
    let credit = read(&whole.to_string()).unwrap();
    assert_eq!(credit.balances[0].to_string(), "12.50 USD");
    let last = credit.last.unwrap();
    assert_eq!((last.by_hand, last.amount.to_string().as_str()), (true, "-5.00 USD"));
    let child = |mut value: Value, parent: &str| {
        value["__parentId"] = json!(parent);
        value.to_string()
    };
    let id = "gid://shopify/StoreCreditAccount/3";
    let lines = [
        json!({ "id": "gid://shopify/Customer/7" }).to_string(),
        child(json!({ "id": id, "balance": money("12.5") }), "gid://shopify/Customer/7"),
        child(moved("-5.0", "ADJUSTMENT"), id),
    ];
    assert_eq!(read(&lines.join("\n")), read(&whole.to_string()));
    assert_eq!(
        read(&customer(7, &[account("-1.0")], false).to_string()),
        None,
        "less than nothing"
    );
    assert_eq!(read(&customer(7, &[account("1.0")], true).to_string()), None, "it is not whole");
    let none = read(&customer(7, &[], false).to_string()).unwrap();
    assert_eq!((none.balances.len(), none.last), (0, None));
}

#[test]
fn companies_are_asked_for_by_their_places() {
    let mut stage = Stage::new("company-credit");
    let (name, variables) = stage.question();
    assert_eq!(name, "CompanyCredit");
    assert_eq!(variables, json!({ "query": "", "first": 30, "accounts": 2 }));
    let mut place = customer(5, &[account("12.5")], false);
    place["id"] = json!("gid://shopify/CompanyLocation/5");
    let list = json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [place] });
    stage.data(json!({ "companyLocations": list }));
    assert_eq!((stage.next(), stage.reached.is_some()), (Next::Done, true));
    let [Fact::Stated(stated)] = &Shopify.read(&stage.records[0]).unwrap()[..] else {
        panic!("{:?}", stage.records)
    };
    assert_eq!(stated.id.as_str(), "shopify:demo/StoreCredit/CompanyLocation/5");
    let Saying::StoreCredit(credit) = &stated.saying else { panic!("{stated:?}") };
    assert_eq!(credit.balances[0].to_string(), "12.50 USD");
}
