//! Caches are thrown away and come back the same, and what was only added to stays.

use crate::world::{
    account, approval, at, book, change, company, day, desk, entry, furnish, lease, page, pulled,
    push, reference, shop,
};
use saldo_core::issue::FactState;
use saldo_core::text::FactId;
use saldo_store::{GroupAccount, Store};
use sqlx::Row;

/// Stands in for accounting: one entry a record, addressed to a slot of its group.
async fn account_all(store: &Store, minor: i64) {
    loop {
        let dirty = store.dirty_groups(&company(), at(500), 2).await.unwrap();
        if dirty.is_empty() {
            return;
        }
        let groups: Vec<_> = dirty.iter().map(|dirty| dirty.group.clone()).collect();
        let records = store.group_records(&company(), &groups).await.unwrap();
        let accounts: Vec<GroupAccount> = dirty
            .iter()
            .map(|dirty| {
                let slot = format!("slot/{}", dirty.group);
                let of_group = &records[&dirty.group];
                let entries =
                    of_group.iter().map(|record| entry(&record.id, &slot, minor)).collect();
                let state = FactState::Accounted { review: None };
                let states = of_group
                    .iter()
                    .map(|record| (FactId::from(&*record.id), record.reference(), state.clone()));
                GroupAccount {
                    states: states.collect(),
                    wake_at: Some(at(1_000)),
                    ..account(dirty.group.as_str(), dirty.mark, entries)
                }
            })
            .collect();
        store.save_accounting(&desk(store).await, &accounts).await.unwrap();
    }
}

async fn lived(path: &std::path::Path) -> Store {
    let store = Store::open(path, true).await.unwrap();
    furnish(&store).await;
    let shop_lease = lease(&store, &shop(), "one").await;
    let records = (0..5).map(|id| pulled(&id.to_string(), "v1", &[&format!("g{}", id % 3)]));
    store.commit_page(&shop_lease, &page("a", records.collect())).await.unwrap();
    account_all(&store, 5).await;
    let moved = vec![pulled("4", "v2", &["g0"]), pulled("3", "v2", &["g9"])];
    store.commit_page(&shop_lease, &page("b", moved)).await.unwrap();
    account_all(&store, 5).await;
    let book_lease = lease(&store, &book(), "one").await;
    let sales = [change("slot/g0", 0, day(1), 15), change("slot/g1", 0, day(2), 5)];
    push(&store, &book_lease, "b1", &sales).await;
    store
        .approve(&desk(&store).await, &approval(vec![change("slot/g2", 0, day(3), 5)]))
        .await
        .unwrap();
    store
}

#[tokio::test]
async fn rebuilding_is_identity() {
    let folder = tempfile::tempdir().unwrap();
    let store = lived(&folder.path().join("saldo.db")).await;
    let before = store.dump_caches(&company()).await.unwrap();
    for title in ["reading", "group", "slot", "state", "sum", "outbox"] {
        assert!(before.lines().any(|line| line.starts_with(title)), "{title}:\n{before}");
    }
    store.clear_caches(&desk(&store).await).await.unwrap();
    let cleared = store.dump_caches(&company()).await.unwrap();
    assert_ne!(cleared, before);
    assert!(!cleared.lines().any(|line| line.starts_with("slot") || line.starts_with("state")));
    account_all(&store, 5).await;
    assert_eq!(store.dump_caches(&company()).await.unwrap(), before);
}

#[tokio::test]
async fn a_dump_tells_caches_apart() {
    let folder = tempfile::tempdir().unwrap();
    let store = lived(&folder.path().join("saldo.db")).await;
    let before = store.dump_caches(&company()).await.unwrap();
    store.clear_caches(&desk(&store).await).await.unwrap();
    account_all(&store, 6).await;
    assert_ne!(store.dump_caches(&company()).await.unwrap(), before);
}

#[tokio::test]
async fn a_slot_that_vanishes_in_a_rebuild_is_planned_again() {
    let folder = tempfile::tempdir().unwrap();
    let store = lived(&folder.path().join("saldo.db")).await;
    let touched = store.slots_changed_since(&company(), 0, 100).await.unwrap();
    let planned = touched.last().unwrap().0;
    store.set_planned_until(&company(), &book(), planned).await.unwrap();
    store.clear_caches(&desk(&store).await).await.unwrap();
    for dirty in store.dirty_groups(&company(), at(0), 100).await.unwrap() {
        let nothing = account(dirty.group.as_str(), dirty.mark, vec![]);
        store.save_accounting(&desk(&store).await, &[nothing]).await.unwrap();
    }
    let again = store.slots_changed_since(&company(), planned, 100).await.unwrap();
    let slots = |touched: Vec<(i64, String)>| {
        touched.into_iter().map(|(_, slot)| slot).collect::<std::collections::BTreeSet<_>>()
    };
    assert_eq!(slots(again), slots(touched));
}

/// Every row of what is only added to, as text.
async fn truths(path: &std::path::Path) -> Vec<String> {
    let options = sqlx::sqlite::SqliteConnectOptions::new().filename(path);
    let pool = sqlx::SqlitePool::connect_with(options).await.unwrap();
    let queries = [
        "select 'record' || id || version || hex(hash) || hex(body) from record",
        "select 'policy' || revision || text from policy",
        "select 'change' || position || id || hex(body) from change",
        "select 'sample' || number || kind || hex(body) from sample",
        "select 'attempt' || seq || change || status from attempt",
        "select 'receipt' || seq || key || remote || hash from receipt",
        "select 'observation' || seq || body from observation",
    ];
    let mut rows = Vec::new();
    for query in queries {
        let found = sqlx::query(query).fetch_all(&pool).await.unwrap();
        rows.extend(found.iter().map(|row| row.get::<String, _>(0)));
    }
    rows.sort();
    rows
}

#[tokio::test]
async fn truths_are_only_added_to() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saldo.db");
    let store = lived(&path).await;
    store.add_policy(&desk(&store).await, "a = 1", None, at(1)).await.unwrap();
    let before = truths(&path).await;
    assert!(before.len() > 10);
    let shop_lease = lease(&store, &shop(), "one").await;
    let news = vec![pulled("4", "v3", &["g1"]), pulled("0", "v2", &["g1"])];
    store.commit_page(&shop_lease, &page("c", news)).await.unwrap();
    let reading = saldo_store::Reading { groups: vec!["g7".into()], ..Default::default() };
    store.regroup(&desk(&store).await, &[(reference("1"), reading)]).await.unwrap();
    account_all(&store, 8).await;
    store.clear_caches(&desk(&store).await).await.unwrap();
    let book_lease = lease(&store, &book(), "one").await;
    push(&store, &book_lease, "b2", &[change("slot/g2", 0, day(3), 5)]).await;
    store.add_policy(&desk(&store).await, "a = 2", None, at(1)).await.unwrap();
    let after = truths(&path).await;
    assert!(before.iter().all(|row| after.contains(row)));
    assert!(after.len() > before.len());
}
