//! A process that was thought dead, and wakes while another has its connection.

use super::super::{Engine, EngineError, LEASE, approve, rebuild};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use crate::transport::testing::{reply, vendor};
use saldo_books::book;
use saldo_core::exchange::{Ask, FileAsk, FileMerge, HttpRequest};
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_store::{Connection, Role, Store, StoreError};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// Longer than a lease lasts.
const LONG: Duration = Duration::from_secs(3_600);

#[tokio::test]
async fn nothing_is_sent_once_another_process_has_the_connection() {
    let mut stage = Stage::after(&world(1, 10, 10), &FaultSettings::none()).await;
    let asked = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&asked);
    stage.books = vendor(move |_, _| {
        count.fetch_add(1, Ordering::SeqCst);
        reply(200, "{}")
    });
    let sleeper = stage.engine().await;
    let books = sleeper.connections(Role::Book).await.unwrap();
    let of = |id: &str| -> Connection {
        books.iter().find(|book| book.id == ConnectionId::new(id)).unwrap().clone()
    };
    stage.holder = "saldo, process 2".to_owned();
    let other = stage.engine().await;
    let question = HttpRequest { authorised: false, ..HttpRequest::get("https://x/v3".to_owned()) };
    let merge = FileAsk::Merge(Vec::<FileMerge>::new());
    for (id, ask) in [(COMPANY, Ask::Http(question)), ("plain-text", Ask::File(merge))] {
        let connection = of(id);
        let addresses = book(&connection.adapter).unwrap().addresses(&connection.settings).unwrap();
        let lease = sleeper.lease(&connection).await.unwrap();
        let transport =
            sleeper.leased_transport(&lease, &connection, &addresses, None, &[]).unwrap();
        transport.exchange(&ask).await.unwrap();
        let sent = asked.load(Ordering::SeqCst);
        stage.clock.advance(LONG);
        transport.exchange(&ask).await.unwrap();
        let still = asked.load(Ordering::SeqCst);
        assert_eq!(still > sent, id == COMPANY, "nobody else wanted it");
        stage.clock.advance(LONG);
        other.lease(&connection).await.unwrap();
        let fault = transport.exchange(&ask).await.unwrap_err();
        assert!(fault.message.contains("was lost to another worker"), "{fault}");
        assert_eq!(asked.load(Ordering::SeqCst), still, "{id}");
        let kept: Result<(), EngineError> = sleeper.keep(&lease).await;
        assert!(matches!(kept, Err(EngineError::Store(StoreError::LeaseLost(_)))));
    }
}

/// The write by which a process that approves takes the book, counted from one: the company is
/// taken first.
const TAKES_BOOK: usize = 2;

/// Lets another process take the company's book now, by a connection to the database of its own.
fn take_book(engine: &Engine) {
    let (path, company) = (engine.data.join("saldo.db"), engine.company.id.clone());
    let now = engine.clock.now();
    let life = async move {
        let (store, book) = (Store::open(&path, false).await.unwrap(), ConnectionId::new(COMPANY));
        store.acquire_lease(&company, &book, "saldo, process 2", now, LEASE).await.unwrap();
        store.close().await;
    };
    elsewhere(life);
}

/// Lets another process live, while this one stands still.
fn elsewhere<T: Send + 'static>(life: impl Future<Output = T> + Send + 'static) -> T {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    std::thread::spawn(move || runtime.block_on(life)).join().unwrap()
}

#[tokio::test]
async fn nothing_is_approved_once_another_process_has_the_book() {
    let stage = Stage::after(&world(1, 10, 10), &FaultSettings::none()).await;
    stage.decide("approval = \"review\"").await;
    stage.sync().await;
    let (other, writes) = (stage.engine().await, Arc::new(AtomicUsize::new(0)));
    let count = Arc::clone(&writes);
    let mut slow = stage.engine().await;
    // Planning takes so long that the book is free for others, and one of them takes it.
    let watch = move || match count.fetch_add(1, Ordering::SeqCst) + 1 {
        TAKES_BOOK => other.clock.advance(LONG),
        write if write == TAKES_BOOK + 1 => take_book(&other),
        _ => {}
    };
    slow.store = Store::open_watched(&slow.data.join("saldo.db"), Arc::new(watch)).await.unwrap();
    writes.store(0, Ordering::SeqCst);
    let error = approve(&slow, Some(COMPANY), "owner").await.unwrap_err();
    let EngineError::Partly { done, failed } = error else { panic!("{error}") };
    assert_eq!(done.approved, 0);
    assert!(matches!(failed[..], [EngineError::Store(StoreError::LeaseLost(_))]), "{failed:?}");
    let book = ConnectionId::new(COMPANY);
    assert!(slow.store.pending(slow.company_id(), &book, 10).await.unwrap().is_empty());
}

/// The write by which a rebuild takes its first channel is the second; what it does then begins
/// with the third.
const REBUILDS: usize = 3;

#[tokio::test]
async fn a_rebuild_and_whoever_hears_a_channel_exclude_each_other() {
    let mut stage = Stage::after(&world(1, 10, 10), &FaultSettings::none()).await;
    stage.sync().await;
    stage.holder = "saldo, process 2".to_owned();
    let other = stage.engine().await;
    let channels = other.connections(Role::Channel).await.unwrap();
    let lease = other.lease(&channels[0]).await.unwrap();
    stage.holder = "saldo, process 1".to_owned();
    let refused = rebuild(&stage.engine().await).await.unwrap_err();
    let expected = format!("`{}` is held by saldo, process 2 until", channels[0].id);
    assert!(refused.to_string().contains(&expected), "{refused}");
    other.store.release_lease(&lease).await.unwrap();

    let (writes, refused) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (count, seen) = (Arc::clone(&writes), Arc::clone(&refused));
    let mut slow = stage.engine().await;
    let (path, shop) = (slow.data.join("saldo.db"), channels[0].id.clone());
    let (company, now) = (slow.company.id.clone(), slow.clock.now());
    let watch = move || {
        if count.fetch_add(1, Ordering::SeqCst) + 1 == REBUILDS {
            let (path, company, shop) = (path.clone(), company.clone(), shop.clone());
            let taken = elsewhere(async move {
                let store = Store::open(&path, false).await.unwrap();
                let taken = store.acquire_lease(&company, &shop, "saldo, process 2", now, LEASE);
                let taken = taken.await;
                store.close().await;
                taken.map(|_| ())
            });
            assert!(matches!(taken, Err(StoreError::LeaseHeld { .. })), "{taken:?}");
            seen.fetch_add(1, Ordering::SeqCst);
        }
    };
    slow.store = Store::open_watched(&slow.data.join("saldo.db"), Arc::new(watch)).await.unwrap();
    writes.store(0, Ordering::SeqCst);
    assert!(rebuild(&slow).await.unwrap().identical);
    assert_eq!(refused.load(Ordering::SeqCst), 1);
    other.lease(&channels[0]).await.unwrap();
}
