//! Dimensions on a merchant's whole history, under names that books have of their own: as tracking
//! categories in Xero, as classes in QuickBooks Online.

use super::dimensioned::{in_company, in_files, track};
use super::organisation::{XERO, joined};
use super::stage::{Stage, by_account, world};
use jiff::SignedDuration;
use saldo_sim::fault::FaultSettings;
use std::collections::BTreeMap;
use std::time::Duration;

const DIMENSIONS: &str = r#"
[dimensions]
class.default = "Web"
class.books.xero = { name = "Sales channel", values = { Web = "01 Online" } }
class.books.quickbooks-online.values = { Web = "Online", Trade = "Companies" }
location.default = "Home"

[[rules]]
name = "Trade"
when.buyer-kind = "company"
set.class = "Trade"

[[rules]]
name = "Abroad"
when.buyer-country = "IE"
set.location = "Abroad"
"#;

/// What stands in each value of the policy, told by the names that a book has for them.
fn by_name<N: Ord>(sums: &BTreeMap<String, i64>, names: [N; 4]) -> BTreeMap<N, i64> {
    let words: Vec<&str> = sums.keys().map(String::as_str).collect();
    assert_eq!(words, ["Abroad", "Home", "Trade", "Web"]);
    names.into_iter().zip(sums.values().copied()).collect()
}

#[tokio::test]
async fn each_book_holds_the_same_under_its_own_names() {
    let mut stage = Stage::after(&world(21, 60, 30), &FaultSettings::none()).await;
    track(&stage, true);
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    // A category with one option was there before; all else is made.
    xero.vendor_itself().organisation_mut().track("Sales channel", "01 online", stage.clock.now());
    stage.sync().await;
    let before = by_account(&stage);
    let tracked = || xero.vendor_itself().organisation().held_in_options();
    assert_eq!(tracked(), BTreeMap::new());
    stage.revise_for_all_days(|text| format!("{text}\n{DIMENSIONS}")).await;
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    stage.assert_proven("with dimensions").await;
    let held = in_files(&stage);
    let there = [
        ("location", "Abroad"),
        ("location", "Home"),
        ("Sales channel", "Trade"),
        ("Sales channel", "01 online"),
    ];
    let there = there.map(|(category, option)| (category.to_owned(), option.to_owned()));
    assert_eq!(tracked(), by_name(&held, there));
    let classes = ["Abroad", "Home", "Companies", "Online"].map(str::to_owned);
    assert_eq!(in_company(&stage), by_name(&held, classes));
    assert_eq!(by_account(&stage), before, "no account moves");
    assert_eq!(stage.sync().await.approved, 0, "what stands so stays");
    let renamed = |text: &str| text.replace("01 Online", "02 Online");
    stage.revise_for_all_days(renamed).await;
    assert_eq!(stage.sync().await.approved, 0, "what is bound is bound");
    stage.revise_for_all_days(|text| text.replace(&renamed(DIMENSIONS), "")).await;
    stage.sync().await;
    stage.assert_proven("without dimensions again").await;
    assert_eq!(tracked(), BTreeMap::new());
}

#[tokio::test]
async fn what_finds_no_room_is_entered_at_once_when_there_is_some() {
    let mut stage = Stage::after(&world(21, 12, 8), &FaultSettings::none()).await;
    track(&stage, true);
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    for category in ["Region", "Staff"] {
        xero.vendor_itself().organisation_mut().track(category, "A", stage.clock.now());
    }
    stage.revise_for_all_days(|text| format!("{text}\n{DIMENSIONS}")).await;
    assert!(stage.sync().await.refused > 0);
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    let told: Vec<&str> = failed.iter().map(|it| it.refusal.message.as_str()).collect();
    assert!(!told.is_empty());
    for message in told {
        assert!(message.contains("Only 2 tracking categories"), "{message}");
    }
    assert_eq!(xero.vendor_itself().organisation().held_in_options(), BTreeMap::new());
    for category in ["Region", "Staff"] {
        xero.vendor_itself().organisation_mut().archive(category, stage.clock.now());
    }
    let ids: Vec<String> = failed.into_iter().map(|it| it.change.id).collect();
    stage.clock.advance(Duration::from_secs(1));
    let (engine, begun) = (stage.engine().await, stage.clock.now());
    engine.store.retry(engine.company_id(), &XERO.into(), &ids, begun).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    assert!(failed.is_empty(), "{:?}", failed.iter().map(|it| &it.refusal).collect::<Vec<_>>());
    let took = stage.clock.now().duration_since(begun);
    assert!(took < SignedDuration::from_mins(1), "nothing can land any more: {took}");
    stage.assert_proven("once there is room").await;
    assert_eq!(xero.vendor_itself().organisation().held_in_options().len(), 4);
}
