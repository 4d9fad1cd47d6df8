//! What a shop says of itself, beside what its orders say.

use super::super::{IdentityLine, IdentityProof, ProofReport, Verdict, explain, import};
use super::stage::{Stage, world};
use jiff::ToSpan;
use saldo_core::money::{Currency, Money};
use saldo_core::proof::{Figure, Identity};
use saldo_core::text::GroupId;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{Lost, Place, World, WorldSettings};
use saldo_store::{GroupFigures, Role};
use serde_json::json;
use std::io::{BufRead, Cursor};
use std::sync::Arc;
use std::time::Duration;

/// A day and a while.
pub(super) const NEXT_DAY: Duration = Duration::from_secs(86_400 + 1_200);
/// Longer than what a search may be late by.
pub(super) const A_WHILE: Duration = Duration::from_secs(1_200);

fn identity(proof: &ProofReport, number: u8) -> &IdentityProof {
    proof.identities.iter().find(|it| it.number == number).unwrap()
}

fn in_shops(proof: &ProofReport) -> Vec<&IdentityLine> {
    of_shops(proof, "gift cards, as the shops say")
}

fn of_shops<'a>(proof: &'a ProofReport, about: &str) -> Vec<&'a IdentityLine> {
    identity(proof, 3).lines.iter().filter(|line| line.about == about).collect()
}

const CREDIT: &str = "store credit, as the shops say";

#[tokio::test]
async fn what_is_owed_on_gift_cards_is_what_the_shop_says_at_every_hour() {
    let settings = world(31, 300, 40);
    let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
    let mut compared = 0;
    for _ in 0..5 {
        stage.clock.advance(Duration::from_secs(8 * 86_400 + 7 * 3_600));
        stage.sync().await;
        // What happens after the shop spoke is heard, and does not count.
        stage.clock.advance(Duration::from_secs(5 * 3_600));
        stage.sync().await;
        let proof = stage.prove().await;
        let lines = in_shops(&proof);
        assert!(identity(&proof, 3).verdict != Verdict::Differs, "{lines:#?}");
        assert!(lines.iter().all(|it| it.expected == it.found), "heard until then: {lines:#?}");
        compared += lines.iter().filter(|it| !it.found.is_zero()).count();
    }
    assert!(compared >= 4, "{compared} comparisons with two books");
}

#[tokio::test]
async fn what_the_owner_takes_from_a_card_by_hand_is_found_with_the_card() {
    let plain = world(31, 150, 40);
    let ends = World::generate(&plain).unwrap().ends;
    let settings = WorldSettings { taken_by_hand: Some((ends + 9.hours(), 700)), ..plain };
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let before = stage.prove().await;
    assert_eq!(identity(&before, 3).verdict, Verdict::Proved, "{:#?}", identity(&before, 3));
    stage.clock.advance(NEXT_DAY);
    stage.sync().await;
    let early = stage.prove().await;
    let awaited = in_shops(&early).iter().all(|line| line.awaited.minor() == 700);
    assert!(awaited, "an order of a minute ago may explain it: {:#?}", identity(&early, 3));
    stage.clock.advance(A_WHILE);
    stage.sync().await;
    let proof = stage.prove().await;
    let stored = identity(&proof, 3);
    assert_eq!(stored.verdict, Verdict::Differs, "{stored:#?}");
    assert!(!proof.adds_up());
    assert!(in_shops(&proof).iter().all(|line| line.difference.minor() == -700), "{stored:#?}");
    let [card] = &stored.behind[..] else { panic!("{stored:#?}") };
    assert!(card.fact.starts_with("shopify:demo/GiftCard/"), "{card:?}");
    assert_eq!(card.difference.minor(), -700);
    let explained = explain(&stage.engine().await, &card.fact).await.unwrap();
    assert!(explained.records.len() >= 2, "as it was, and as it is");
}

#[tokio::test]
async fn a_shop_that_is_asked_at_any_hour_never_seems_to_differ() {
    let settings = world(31, 300, 40);
    let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
    for _ in 0..12 {
        stage.clock.advance(Duration::from_secs(3 * 86_400 + 1_800));
        stage.sync().await;
        let proof = stage.prove().await;
        let lines = in_shops(&proof);
        assert!(lines.iter().all(|line| line.difference.is_zero()), "{lines:#?}");
    }
}

#[tokio::test]
async fn every_order_that_the_shop_counts_is_told() {
    let settings = world(31, 150, 40);
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    let standings = identity(&proof, 9);
    assert_eq!(standings.verdict, Verdict::Proved, "{:#?}", standings.totals);
    assert_eq!(standings.totals.len(), 40, "each day of the history");
    let counted: u64 = standings.totals.iter().map(|it| it.stated).sum();
    let told: u64 = standings.totals.iter().map(|it| it.told).sum();
    assert_eq!((counted, told), (150, 150));
    let engine = stage.engine().await;
    let gone = standings.totals.iter().find(|it| it.told > 0).unwrap().day;
    let nothing = Money::zero(Currency::parse("USD").unwrap());
    let forgotten = Figure {
        identity: Identity::Standings,
        about: "orders, entered".to_owned(),
        day: gone,
        expected: nothing,
        found: nothing,
        awaited: nothing,
        facts: 1,
    };
    let group = GroupId::from("order/shop/Order/none");
    let figures = GroupFigures { group, mark: 1, figures: vec![forgotten] };
    engine.store.save_figures(engine.company_id(), &[figures]).await.unwrap();
    let proof = stage.prove().await;
    let standings = identity(&proof, 9);
    let off: Vec<_> = standings.totals.iter().filter(|it| it.stated != it.told).collect();
    assert!(!proof.adds_up() && standings.verdict == Verdict::Differs, "{off:#?}");
    assert_eq!((off.len(), off[0].day, off[0].told - off[0].stated), (1, gone, 1));
}

#[tokio::test]
async fn what_was_sold_on_each_day_is_what_the_shop_reports_and_an_order_too_many_is_named() {
    let settings = world(31, 150, 40);
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let proof = stage.prove().await;
    let standings = identity(&proof, 9);
    assert_eq!((standings.verdict, &standings.unknown), (Verdict::Proved, &None));
    let of = |about: &str| standings.sales.iter().filter(|it| it.about == about).collect();
    let (products, shipping): (Vec<_>, Vec<_>) = (of("products"), of("shipping"));
    assert!(products.len() >= 38 && shipping.len() == products.len(), "{products:#?}");
    assert!(standings.sales.iter().all(|it| it.stated == it.told), "{:#?}", standings.sales);
    assert!(products.iter().filter(|it| !it.told.is_zero()).count() > 20);
    let day = products.iter().find(|it| !it.told.is_zero()).unwrap().day;
    let amount: Money = "17.31 USD".parse().unwrap();
    let unknown = Figure {
        identity: Identity::Sales,
        about: "products".to_owned(),
        day,
        expected: amount,
        found: amount,
        awaited: Money::zero(amount.currency()),
        facts: 1,
    };
    let engine = stage.engine().await;
    let group = GroupId::from("order/shop/Order/none");
    let figures = GroupFigures { group, mark: 1, figures: vec![unknown] };
    engine.store.save_figures(engine.company_id(), &[figures]).await.unwrap();
    let proof = stage.prove().await;
    let standings = identity(&proof, 9);
    assert!(!proof.adds_up() && standings.verdict == Verdict::Differs);
    let off: Vec<_> = standings.sales.iter().filter(|it| it.differs()).collect();
    assert!(matches!(&off[..], [it] if it.day == day && it.about == "products"), "{off:#?}");
    let [fact] = &standings.behind[..] else { panic!("{:#?}", standings.behind) };
    assert_eq!((fact.fact.as_str(), fact.difference), ("shop/Order/none", amount));
}

/// A product that has a stock-keeping unit of its own.
const PRODUCT: usize = 3;

/// Tells the shop's connection that all units of a product came in when the history began.
async fn receive(stage: &Stage, told: &World) {
    let engine = stage.engine().await;
    let shops = engine.connections(Role::Channel).await.unwrap();
    let units: i64 = Place::ALL.into_iter().map(Place::at_first).sum();
    let order = json!({
        "id": 2, "number": 1001, "created_at": told.begins, "ordered_at": told.begins,
        "supplier_name": "Potter & Sons", "currency": "USD",
        "adjustments": null, "shipping": null, "invoice_number": null, "invoice_date": null,
        "purchase_items": [{
            "id": 4, "sku": told.products[PRODUCT].sku, "product_title": "Mug", "quantity": units,
            "cost_price": "2.00", "received_at": told.begins,
        }],
    });
    let bytes = json!({ "purchase_orders": [order] }).to_string().into_bytes();
    let open =
        Arc::new(move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn BufRead + Send>));
    assert!(import(&engine, &shops[0], "purchase.json", open).await.unwrap().is_whole());
    engine.store.close().await;
}

#[tokio::test]
async fn what_the_shop_has_on_hand_is_what_came_in_and_did_not_leave_at_every_hour() {
    let settings = world(31, 300, 40);
    let told = World::generate(&settings).unwrap();
    let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
    stage.decide("cost.owner = \"saldo\"").await;
    let mut left = 0;
    for day in [9, 9, 9, 9] {
        stage.clock.advance(Duration::from_secs(day * 86_400 + 7 * 3_600));
        if left == 0 {
            receive(&stage, &told).await;
        }
        stage.sync().await;
        // What happens after the shop counted is heard, and does not count.
        stage.clock.advance(Duration::from_secs(5 * 3_600));
        stage.sync().await;
        let proof = stage.prove().await;
        let units = identity(&proof, 8).units.clone().unwrap();
        assert_eq!((units.items, units.differing.len()), (1, 0), "{units:#?}");
        let places = Place::ALL.into_iter();
        let now = places.map(|at| at.at_first() - told.on_hand(PRODUCT, at, stage.clock.now()));
        left = now.sum();
    }
    assert!(left > 0, "some were sold");
}

#[tokio::test]
async fn units_that_are_gone_are_listed_by_product_and_place() {
    let plain = world(31, 150, 40);
    let ends = World::generate(&plain).unwrap().ends;
    let lost = Lost { at: ends + 9.hours(), product: PRODUCT, units: 4 };
    let settings = WorldSettings { lost_unseen: Some(lost), ..plain };
    let told = World::generate(&settings).unwrap();
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.decide("cost.owner = \"saldo\"").await;
    receive(&stage, &told).await;
    stage.sync().await;
    stage.clock.advance(NEXT_DAY);
    stage.sync().await;
    let early = stage.prove().await;
    let units = identity(&early, 8).units.clone().unwrap();
    assert!(units.differing.iter().all(|it| it.awaited) && units.differing.len() == 1);
    stage.clock.advance(A_WHILE);
    stage.sync().await;
    let proof = stage.prove().await;
    let stock = identity(&proof, 8);
    assert_eq!(stock.verdict, Verdict::Differs, "{stock:#?}");
    assert!(proof.adds_up(), "a count decides nothing in the books");
    let units = stock.units.clone().unwrap();
    let [line] = &units.differing[..] else { panic!("{units:#?}") };
    assert_eq!((line.told - line.on_hand, line.awaited), (4, false), "{line:#?}");
    assert_eq!(Some(&line.item), told.products[PRODUCT].sku.as_ref());
    let now = stage.clock.now();
    let places: Vec<i64> = line.places.iter().map(|at| at.units).collect();
    assert_eq!(places, Place::ALL.map(|at| told.on_hand(PRODUCT, at, now)));
    assert!(stock.unknown.as_ref().unwrap().contains("nobody told what came in"), "{stock:#?}");
}

#[tokio::test]
async fn what_is_on_hand_is_asked_for_only_where_it_is_compared() {
    let stage = Stage::after(&world(31, 60, 20), &FaultSettings::none()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let shop = engine.connections(Role::Channel).await.unwrap().remove(0);
    let cursors = engine.store.cursors(engine.company_id(), &shop.id).await.unwrap();
    let streams: Vec<&str> = cursors.keys().map(|stream| stream.as_str()).collect();
    assert!(streams.contains(&"gift-cards") && !streams.contains(&"on-hand"), "{streams:?}");
}

#[tokio::test]
async fn what_is_owed_as_store_credit_is_what_the_shop_says_at_every_hour() {
    let settings = world(31, 300, 40);
    let stage = Stage::at_first(&settings, &FaultSettings::none()).await;
    let mut compared = 0;
    for _ in 0..5 {
        stage.clock.advance(Duration::from_secs(8 * 86_400 + 7 * 3_600));
        stage.sync().await;
        stage.clock.advance(Duration::from_secs(5 * 3_600));
        stage.sync().await;
        let proof = stage.prove().await;
        let lines = of_shops(&proof, CREDIT);
        assert!(lines.iter().all(|it| it.expected == it.found), "heard until then: {lines:#?}");
        compared += lines.iter().filter(|it| !it.found.is_zero()).count();
    }
    assert!(compared >= 4, "{compared} comparisons with two books");
}

#[tokio::test]
async fn what_the_owner_grants_a_buyer_by_hand_is_found_with_the_buyer() {
    let plain = world(31, 150, 40);
    let ends = World::generate(&plain).unwrap().ends;
    let settings = WorldSettings { granted_by_hand: Some((ends + 9.hours(), 900)), ..plain };
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let before = stage.prove().await;
    assert_eq!(identity(&before, 3).verdict, Verdict::Proved, "{:#?}", identity(&before, 3));
    stage.clock.advance(NEXT_DAY);
    stage.sync().await;
    stage.clock.advance(A_WHILE);
    stage.sync().await;
    let proof = stage.prove().await;
    let stored = identity(&proof, 3);
    assert_eq!(stored.verdict, Verdict::Differs, "{stored:#?}");
    let lines = of_shops(&proof, CREDIT);
    assert!(lines.iter().all(|line| line.difference.minor() == 900), "{lines:#?}");
    let [credit] = &stored.behind[..] else { panic!("{stored:#?}") };
    assert!(credit.fact.starts_with("shopify:demo/StoreCredit/Customer/"), "{credit:?}");
    assert_eq!(credit.difference.minor(), 900);
}

#[tokio::test]
async fn what_the_owner_grants_a_company_by_hand_is_found_with_the_company() {
    let plain = world(31, 150, 40);
    let ends = World::generate(&plain).unwrap().ends;
    let settings = WorldSettings { granted_to_company: Some((ends + 9.hours(), 1_250)), ..plain };
    let stage = Stage::after(&settings, &FaultSettings::none()).await;
    stage.sync().await;
    let before = stage.prove().await;
    assert_eq!(identity(&before, 3).verdict, Verdict::Proved, "{:#?}", identity(&before, 3));
    stage.clock.advance(NEXT_DAY);
    stage.sync().await;
    stage.clock.advance(A_WHILE);
    stage.sync().await;
    let proof = stage.prove().await;
    let stored = identity(&proof, 3);
    assert_eq!((stored.verdict, &stored.unknown), (Verdict::Differs, &None), "{stored:#?}");
    let lines = of_shops(&proof, CREDIT);
    assert!(lines.iter().all(|line| line.difference.minor() == 1_250), "{lines:#?}");
    let [credit] = &stored.behind[..] else { panic!("{stored:#?}") };
    assert!(credit.fact.starts_with("shopify:demo/StoreCredit/CompanyLocation/"), "{credit:?}");
}
