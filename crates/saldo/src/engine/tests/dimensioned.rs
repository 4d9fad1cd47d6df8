//! Numbers, and classes and locations, on a merchant's whole history: in both books, until they are
//! taken out of the policy again.

use super::bookkeeper::Bookkeeper;
use super::stage::{Stage, by_account, world};
use saldo_sim::fault::FaultSettings;
use serde_json::Value;
use std::collections::BTreeMap;

const DIMENSIONS: &str = r#"
[dimensions]
class.default = "Web"
location.default = "Aarhus"

[[rules]]
name = "Company"
when.tag = "wholesale"
set.class = "Wholesale"

[[rules]]
name = "Carriage"
when.role = ["shipping-income", "processing-fees"]
set.class = "Overhead"

[[rules]]
name = "Counter"
when.source = "pos"
set.location = "Odense"
"#;

const KINDS: [&str; 6] =
    ["SalesReceipt", "Invoice", "RefundReceipt", "CreditMemo", "Purchase", "JournalEntry"];

/// What stands in the company's books in each class, and in each location, by their names: debit
/// positive, in cents.
pub(super) fn in_company(stage: &Stage) -> BTreeMap<String, i64> {
    let person = Bookkeeper::of(stage);
    let mut sums = BTreeMap::new();
    for kind in KINDS {
        for document in person.find(kind, "maxresults 1000") {
            let of_document = &document["DepartmentRef"]["name"];
            for line in document["Line"].as_array().unwrap() {
                add_line(&mut sums, kind, of_document, line);
            }
        }
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

fn add_line(sums: &mut BTreeMap<String, i64>, kind: &str, of_document: &Value, line: &Value) {
    let details =
        ["SalesItemLineDetail", "AccountBasedExpenseLineDetail", "JournalEntryLineDetail"];
    let Some(detail) = details.iter().find_map(|name| line.get(*name)) else { return };
    let Some(class) = detail["ClassRef"]["name"].as_str() else { return };
    let location = match kind {
        "JournalEntry" => &detail["DepartmentRef"]["name"],
        _ => of_document,
    };
    let amount = line["Amount"].to_string();
    let amount: saldo_core::money::Money = format!("{amount} USD").parse().unwrap();
    let is_credit = match kind {
        "JournalEntry" => detail["PostingType"] == "Credit",
        kind => matches!(kind, "SalesReceipt" | "Invoice"),
    };
    let minor = if is_credit { -amount.minor() } else { amount.minor() };
    for name in [class, location.as_str().unwrap()] {
        *sums.entry(name.to_owned()).or_default() += minor;
    }
}

/// The same of the books that are files.
pub(super) fn in_files(stage: &Stage) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (path, text) in stage.books().files {
        if !path.ends_with(".journal") {
            continue;
        }
        for line in text.lines() {
            let Some((posting, comment)) = line.split_once("  ; ") else { continue };
            let mut words = posting.split_whitespace().rev();
            let (Some("USD"), Some(amount)) = (words.next(), words.next()) else { continue };
            let amount: saldo_core::money::Money = format!("{amount} USD").parse().unwrap();
            for tag in comment.split(',') {
                let value = tag.trim().strip_prefix("class:");
                if let Some(value) = value.or_else(|| tag.trim().strip_prefix("location:")) {
                    *sums.entry(value.to_owned()).or_default() += amount.minor();
                }
            }
        }
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

pub(super) fn track(stage: &Stage, tracks: bool) {
    let mut company = stage.merchant.company();
    let settings = &mut company.company_mut().settings;
    settings.class_tracking_per_line = tracks;
    settings.track_departments = tracks;
}

#[tokio::test]
async fn both_books_hold_the_same_in_every_class_and_location() {
    let stage = Stage::after(&world(21, 60, 30), &FaultSettings::none()).await;
    track(&stage, true);
    stage.sync().await;
    let before = by_account(&stage);
    assert_eq!(in_company(&stage), BTreeMap::new());
    stage.revise_for_all_days(|text| format!("{text}\n{DIMENSIONS}")).await;
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    stage.assert_proven("with dimensions").await;
    let held = in_company(&stage);
    let names: Vec<&str> = held.keys().map(String::as_str).collect();
    assert_eq!(names, ["Aarhus", "Odense", "Overhead", "Web", "Wholesale"]);
    assert_eq!(in_files(&stage), held);
    assert_eq!(by_account(&stage), before, "no account moves");
    assert_eq!(stage.sync().await.approved, 0, "what stands so stays");
    stage.revise_for_all_days(|text| text.replace(DIMENSIONS, "")).await;
    stage.sync().await;
    stage.assert_proven("without dimensions again").await;
    assert_eq!((in_company(&stage), in_files(&stage)), (BTreeMap::new(), BTreeMap::new()));
}

#[tokio::test]
async fn a_summary_has_one_document_for_each_location() {
    let stage = Stage::after(&world(21, 60, 30), &FaultSettings::none()).await;
    track(&stage, true);
    let words = format!("{DIMENSIONS}\n[[rules]]\nname = \"Day\"\ndetail = \"day\"\n");
    stage.revise_for_all_days(|text| format!("{text}\n{words}")).await;
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    stage.assert_proven("summaries with dimensions").await;
    assert_eq!(in_files(&stage), in_company(&stage));
}

#[tokio::test]
async fn what_the_company_does_not_track_is_held_until_it_does() {
    let stage = Stage::after(&world(21, 30, 15), &FaultSettings::none()).await;
    stage.revise_for_all_days(|text| format!("{text}\n{DIMENSIONS}")).await;
    let report = stage.sync().await;
    assert!(report.refused > 0, "{report:?}");
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    for it in &failed {
        assert!(it.refusal.message.contains("does not track"), "{:?}", it.refusal);
    }
    assert_eq!(in_company(&stage), BTreeMap::new());
    track(&stage, true);
    let report = stage.sync().await;
    assert_eq!(report.refused, 0, "{report:?}");
    stage.assert_proven("once it tracks them").await;
    assert_eq!(in_company(&stage), in_files(&stage));
}

#[tokio::test]
async fn a_document_keeps_the_number_that_it_came_with() {
    let stage = Stage::after(&world(21, 30, 15), &FaultSettings::none()).await;
    stage.decide_for_all_days("numbers.sales-receipt = \"S-\"").await;
    stage.sync().await;
    stage.assert_proven("with a prefix").await;
    let numbers = || {
        let held = Bookkeeper::of(&stage).find("SalesReceipt", "maxresults 1000");
        held.iter().map(|it| it["DocNumber"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let before = numbers();
    assert!(before.len() > 5, "{before:?}");
    assert!(before.iter().all(|number| number.starts_with("S-") && number.len() == 13));
    stage.revise_for_all_days(|text| text.replace("\"S-\"", "\"2027/\"")).await;
    assert_eq!(stage.sync().await.approved, 0);
    assert_eq!(numbers(), before);
    stage.assert_proven("with another prefix").await;
}
