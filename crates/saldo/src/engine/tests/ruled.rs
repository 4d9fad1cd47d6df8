//! Rules on a merchant's whole history: what they change, and that nothing of it is left once they
//! go.

use super::super::excluded;
use super::stage::{Stage, by_account, world};
use saldo_sim::fault::FaultSettings;

const RULES: &str = r#"
[[rules]]
name = "Counter"
when.source = "pos"
exclude = true

[[rules]]
name = "Wholesale"
when = { role = "product-sales", tag = "wholesale" }
account = "Wholesale sales"

[[rules]]
name = "Apparel"
when = { role = "product-sales", product-type = "apparel" }
account = "Apparel sales"

[[rules]]
name = "By card"
when = { role = "processing-fees", gateway = "shopify_payments" }
account = "Card fees"

[[rules]]
name = "The web by the day"
when.source = "web"
detail = "day"
"#;

/// How many orders the rule leaves out.
async fn left_out(stage: &Stage) -> usize {
    let engine = stage.engine().await;
    let all = excluded(&engine).await.unwrap();
    engine.store.close().await;
    all.into_iter().filter(|it| it.rule == "rules/Counter").count()
}

#[tokio::test]
async fn rules_move_what_they_catch_and_leave_nothing_behind() {
    let stage = Stage::after(&world(21, 80, 30), &FaultSettings::none()).await;
    stage.sync().await;
    let before = by_account(&stage);
    stage.revise_for_all_days(|text| format!("{text}\n{RULES}")).await;
    stage.sync().await;
    stage.assert_proven("with rules").await;
    let ruled = by_account(&stage);
    for account in ["Wholesale sales", "Apparel sales", "Card fees"] {
        assert!(ruled.get(account).is_some_and(|minor| *minor != 0), "{account}: {ruled:#?}");
    }
    assert!(!ruled.contains_key("Payment processing fees"), "{ruled:#?}");
    assert!(left_out(&stage).await > 0, "an order of the counter is left out");
    stage.revise_for_all_days(|text| text.replace(RULES, "")).await;
    stage.sync().await;
    stage.assert_proven("without rules again").await;
    assert_eq!(by_account(&stage), before);
    assert_eq!(left_out(&stage).await, 0);
}
