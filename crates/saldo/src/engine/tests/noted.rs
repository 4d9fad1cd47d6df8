//! What files note in a connection while somebody else waits to pull it.

use super::super::pull::{Pulled, pull_all, pull_later};
use super::stage::{Stage, world};
use saldo_sim::fault::FaultSettings;
use saldo_store::Role;

/// How the records of a shop are read that is pulled after files told orders by their names alone:
/// noted before the pull reads its connections, or between that and its lease.
async fn read(noted: bool, before_it_is_looked_at: bool) -> String {
    let stage = Stage::after(&world(4, 30, 10), &FaultSettings::none()).await;
    let engine = stage.engine().await;
    let company = engine.company_id();
    let mut connections = engine.connections(Role::Channel).await.unwrap();
    let shop = connections.remove(0);
    if noted {
        let mut shop = shop.clone();
        shop.settings.insert("orders".to_owned(), "by-name".to_owned());
        engine.store.update_connection(company, &shop).await.unwrap();
    }
    if before_it_is_looked_at {
        pull_all(&engine).await.unwrap();
    } else {
        let mut waits = Pulled { later: vec![shop], ..Pulled::default() };
        assert!(pull_later(&engine, &mut waits).await.unwrap());
        assert!(waits.failed.is_empty() && waits.count.new > 30, "{waits:?}");
    }
    let caches = engine.store.dump_caches(company).await.unwrap();
    caches.lines().filter(|line| line.starts_with("reading\t")).collect::<Vec<_>>().join("\n")
}

#[tokio::test]
async fn what_files_noted_before_a_pull_had_its_lease_counts_for_all_that_it_reads() {
    let noted = read(true, true).await;
    assert_ne!(noted, read(false, true).await, "orders also stand where their names are");
    assert_eq!(read(true, false).await, noted);
}
