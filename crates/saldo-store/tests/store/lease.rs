//! Companies, connections, and one worker a connection.

use crate::world::{at, book, company, connection, day, furnished, lease, page, shop, usd};
use jiff::SignedDuration;
use saldo_core::text::{CompanyId, ConnectionId};
use saldo_store::{Company, Role, Store, StoreError};

#[tokio::test]
async fn companies_and_connections_come_back_as_they_were() {
    let store = furnished().await;
    let other = Company {
        id: CompanyId::new("another"),
        name: "Another".to_owned(),
        currency: usd(),
        timezone: "UTC".to_owned(),
        start_date: day(2),
    };
    store.create_company(&other).await.unwrap();
    assert_eq!(store.company(&other.id).await.unwrap(), other);
    let names: Vec<_> = store.companies().await.unwrap().into_iter().map(|one| one.id).collect();
    assert_eq!(names, [other.id.clone(), company()]);
    let expected = [connection(book(), Role::Book), connection(shop(), Role::Channel)];
    assert_eq!(store.connections(&company()).await.unwrap(), expected);
    assert!(store.connections(&other.id).await.unwrap().is_empty());

    let again = store.create_company(&other).await;
    assert!(matches!(again, Err(StoreError::Exists { what: "company", .. })), "{again:?}");
    let again = store.add_connection(&company(), &connection(book(), Role::Book)).await;
    assert!(matches!(again, Err(StoreError::Exists { what: "connection", .. })), "{again:?}");
    let nobody = store.company(&CompanyId::new("nobody")).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })), "{nobody:?}");
}

#[tokio::test]
async fn a_connection_changes_its_settings_but_not_its_role() {
    let store = furnished().await;
    let mut changed = connection(shop(), Role::Channel);
    changed.settings.insert("shop".to_owned(), "moved".to_owned());
    changed.addresses.0.insert("api".to_owned(), "http://localhost:1".to_owned());
    store.update_connection(&company(), &changed).await.unwrap();
    assert_eq!(store.connections(&company()).await.unwrap()[1], changed);
    changed.role = Role::Book;
    let refused = store.update_connection(&company(), &changed).await;
    assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
}

async fn try_lease(store: &Store, holder: &str, second: i64) -> Result<i64, StoreError> {
    let minute = SignedDuration::from_mins(1);
    let lease = store.acquire_lease(&company(), &shop(), holder, at(second), minute).await?;
    Ok(lease.epoch())
}

#[tokio::test]
async fn one_worker_holds_a_connection_until_its_time_is_over() {
    let store = furnished().await;
    assert_eq!(try_lease(&store, "one", 0).await.unwrap(), 1);
    match try_lease(&store, "two", 59).await {
        Err(StoreError::LeaseHeld { connection, holder, until }) => {
            assert_eq!((connection, holder.as_str(), until), (shop(), "one", at(60)));
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(try_lease(&store, "two", 60).await.unwrap(), 2);
    assert_eq!(try_lease(&store, "two", 61).await.unwrap(), 3, "its restarted self takes over");
    assert!(try_lease(&store, "one", 62).await.is_err());
}

#[tokio::test]
async fn connections_are_held_apart() {
    let store = furnished().await;
    lease(&store, &shop(), "one").await;
    lease(&store, &book(), "two").await;
    let minute = SignedDuration::from_mins(1);
    let unknown = ConnectionId::new("unknown");
    let none = store.acquire_lease(&company(), &unknown, "one", at(0), minute).await;
    assert!(matches!(none, Err(StoreError::NotFound { .. })), "{none:?}");
}

#[tokio::test]
async fn a_lease_is_renewed_and_given_back() {
    let store = furnished().await;
    let minute = SignedDuration::from_mins(1);
    let lease = store.acquire_lease(&company(), &shop(), "one", at(0), minute).await.unwrap();
    let lease = store.renew_lease(&lease, at(50), minute).await.unwrap();
    assert_eq!((lease.epoch(), lease.until()), (1, at(110)));
    assert!(try_lease(&store, "two", 100).await.is_err());
    store.release_lease(&lease).await.unwrap();
    assert_eq!(try_lease(&store, "two", 100).await.unwrap(), 2);
    let renewed = store.renew_lease(&lease, at(100), minute).await;
    assert!(matches!(renewed, Err(StoreError::LeaseLost(_))), "{renewed:?}");
    let released = store.release_lease(&lease).await;
    assert!(matches!(released, Err(StoreError::LeaseLost(_))), "{released:?}");
}

#[tokio::test]
async fn a_worker_that_was_thought_dead_cannot_write() {
    let store = furnished().await;
    let dead = lease(&store, &shop(), "one").await;
    store.commit_page(&dead, &page("a", vec![])).await.unwrap();
    let alive = SignedDuration::from_hours(1);
    store.acquire_lease(&company(), &shop(), "two", at(7_200), alive).await.unwrap();
    let lost = store.commit_page(&dead, &page("b", vec![])).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))), "{lost:?}");
    let cursors = store.cursors(&company(), &shop()).await.unwrap();
    assert_eq!(cursors.values().next().unwrap().cursor.0, "a");
}

#[tokio::test]
async fn what_a_holder_who_is_gone_held_is_free_at_once() {
    let store = furnished().await;
    lease(&store, &shop(), "one").await;
    let dead = lease(&store, &book(), "one").await;
    assert!(try_lease(&store, "two", 1).await.is_err());
    assert_eq!(store.end_leases_of("three").await.unwrap(), 0);
    assert_eq!(store.end_leases_of("one").await.unwrap(), 2);
    assert_eq!(store.end_leases_of("one").await.unwrap(), 0);
    assert_eq!(try_lease(&store, "two", 1).await.unwrap(), 2);
    lease(&store, &book(), "two").await;
    let lost = store.renew_lease(&dead, at(2), SignedDuration::from_mins(1)).await;
    assert!(matches!(lost, Err(StoreError::LeaseLost(_))), "it was not gone: {lost:?}");
}
