//! What is left on gift cards: all of them at first, later those that changed.

use super::{Shopify, Stage, graphql, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{Fact, Saying, Stated, Topic};
use serde_json::{Value, json};

fn card(number: u32, updated_at: &str, balance: &str) -> Value {
    let money = |amount: &str| json!({ "amount": amount, "currencyCode": "USD" });
    json!({
        "id": format!("gid://shopify/GiftCard/{number}"),
        "lastCharacters": "k4j7",
        "createdAt": "2026-11-02T10:00:00Z",
        "updatedAt": updated_at,
        "deactivatedAt": null,
        "expiresOn": "2027-11-02",
        "balance": money(balance),
        "initialValue": money("50.0"),
        "order": { "id": "gid://shopify/Order/1001" },
    })
}

fn listed(cards: &[Value], more: bool) -> Value {
    let end = more.then_some("c1");
    json!({ "giftCards": {
        "pageInfo": { "hasNextPage": more, "endCursor": end },
        "nodes": cards,
    }})
}

fn denied() -> Value {
    json!({ "data": null, "errors": [{
        "message": "Access denied for giftCards field.",
        "path": ["giftCards"],
        "extensions": {
            "code": "ACCESS_DENIED",
            "requiredAccess": "`read_gift_cards` access scope.",
        },
    }] })
}

#[test]
fn all_cards_are_listed_by_id_and_later_the_ones_that_changed_last() {
    let mut stage = Stage::new("gift-cards");
    let (name, variables) = stage.question();
    assert_eq!(name, "GiftCards");
    assert_eq!((&variables["query"], &variables["sortKey"]), (&json!(""), &json!("ID")));
    stage.data(listed(&[card(7, "2026-11-03T10:00:00Z", "50.0")], true));
    assert_eq!(stage.question().1["query"], "id:>7");
    stage.wait(3);
    stage.data(listed(&[card(9, "2026-11-04T10:00:00Z", "20.0")], false));
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T12:00:00Z", "as of the beginning");
    assert_eq!(stage.next(), Next::Done);
    stage.wait(86_400);
    let variables = stage.question().1;
    assert_eq!(
        (&variables["sortKey"], &variables["reverse"]),
        (&json!("UPDATED_AT"), &json!(true))
    );
    let changed = [card(9, "2026-11-21T09:00:00Z", "0.0"), card(7, "2026-11-03T10:00:00Z", "50.0")];
    stage.data(listed(&changed, true));
    assert_eq!(stage.next(), Next::Done, "what comes after was heard before");
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-21T12:00:03Z");
}

#[test]
fn who_may_not_read_them_is_no_fault_and_asks_for_all_once_it_may() {
    let mut stage = Stage::new("gift-cards");
    let page = stage.hear(&graphql(&denied())).unwrap();
    assert_eq!((page.reached, stage.next()), (None, Next::Done));
    let facts = Shopify.read(&page.records[0]).unwrap();
    let [Fact::Stated(stated)] = &facts[..] else { panic!("{facts:?}") };
    assert_eq!(stated.topic, Topic::GiftCards);
    let Saying::Refused(why) = &stated.saying else { panic!("{stated:?}") };
    assert_eq!(
        why,
        "Shopify does not let the app read gift cards: Access denied for giftCards field; grant it \
         `read_gift_cards` access scope and install it again"
    );
    stage.wait(86_400);
    assert_eq!(stage.question().1["sortKey"], "ID");
}

#[test]
fn a_page_that_is_too_dear_is_halved() {
    let mut stage = Stage::new("gift-cards");
    stage.too_dear().unwrap();
    assert_eq!(stage.question().1["first"], 50);
}

fn read(card: &Value) -> Option<Stated> {
    let facts = Shopify.read(&record("gift-cards", "gid://shopify/GiftCard/7", &card.to_string()));
    match facts.ok()?.pop()? {
        Fact::Stated(stated) => Some(*stated),
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_card_says_what_is_left_on_it() {
    let stated = read(&card(7, "2026-11-03T10:00:00Z", "12.5")).unwrap();
    assert_eq!(stated.id.as_str(), "shopify:demo/GiftCard/7");
    let Saying::GiftCard(card_read) = &stated.saying else { panic!("{stated:?}") };
    assert_eq!(card_read.usable("2027-11-02".parse().unwrap()).to_string(), "12.50 USD");
    assert_eq!(card_read.usable("2027-11-03".parse().unwrap()).to_string(), "0.00 USD");
    assert_eq!(card_read.order.as_ref().unwrap().as_str(), "shopify:demo/Order/1001");
    assert_eq!(read(&card(7, "2026-11-03T10:00:00Z", "-1")), None, "less than nothing is held");
    let mut disabled = card(7, "2026-11-03T10:00:00Z", "12.5");
    disabled["deactivatedAt"] = json!("2026-11-10T00:00:00Z");
    let Saying::GiftCard(card) = read(&disabled).unwrap().saying else { panic!() };
    assert!(card.usable("2026-11-10".parse().unwrap()).is_zero());
}
