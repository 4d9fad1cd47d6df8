//! A process that was thought dead, and wakes while another has its connection.

use super::super::EngineError;
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use crate::transport::testing::{reply, vendor};
use saldo_books::book;
use saldo_core::exchange::{Ask, FileAsk, FileMerge, HttpRequest};
use saldo_core::text::ConnectionId;
use saldo_sim::fault::FaultSettings;
use saldo_store::{Connection, Role, StoreError};
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
