//! Secrets open with their key, in their place, and nowhere else.

use crate::world::{book, company, connection, furnish, furnished, shop};
use saldo_core::text::{ConnectionId, Secret};
use saldo_store::{Company, Key, Role, Store, StoreError};

async fn put(store: &Store, text: &str, key: &Key) {
    store.put_secret(&company(), &shop(), "token", &Secret::new(text), key).await.unwrap();
}

async fn previous(store: &Store, key: &Key) -> Option<String> {
    let previous = store.previous_secret(&company(), &shop(), "token", key).await.unwrap();
    previous.map(|secret| secret.expose().to_owned())
}

#[tokio::test]
async fn a_secret_opens_with_its_key_only() {
    let store = furnished().await;
    let key = Key::generate().unwrap();
    put(&store, "hunter2", &key).await;
    let secret = store.secret(&company(), &shop(), "token", &key).await.unwrap();
    assert_eq!(secret.unwrap().expose(), "hunter2");
    let kept = Key::from_bytes(*key.expose());
    assert!(store.secret(&company(), &shop(), "token", &kept).await.unwrap().is_some());
    let other = Key::generate().unwrap();
    let closed = store.secret(&company(), &shop(), "token", &other).await;
    assert!(matches!(closed, Err(StoreError::Sealed(_))), "{closed:?}");
    assert!(store.secret(&company(), &shop(), "other", &key).await.unwrap().is_none());
    assert!(store.secret(&company(), &book(), "token", &key).await.unwrap().is_none());
}

#[tokio::test]
async fn a_replaced_secret_stays_at_hand_once() {
    let store = furnished().await;
    let key = Key::generate().unwrap();
    assert_eq!(previous(&store, &key).await, None);
    put(&store, "first", &key).await;
    assert_eq!(previous(&store, &key).await, None);
    put(&store, "second", &key).await;
    assert_eq!(previous(&store, &key).await.as_deref(), Some("first"));
    put(&store, "third", &key).await;
    assert_eq!(previous(&store, &key).await.as_deref(), Some("second"));
    let secret = store.secret(&company(), &shop(), "token", &key).await.unwrap();
    assert_eq!(secret.unwrap().expose(), "third");
}

#[tokio::test]
async fn a_secret_needs_a_connection() {
    let store = furnished().await;
    let (key, secret) = (Key::generate().unwrap(), Secret::new("x"));
    let nowhere = ConnectionId::new("nowhere");
    let refused = store.put_secret(&company(), &nowhere, "token", &secret, &key).await;
    assert!(matches!(refused, Err(StoreError::NotFound { .. })), "{refused:?}");
}

/// Moves the sealed secret of the shop to another place behind the store's back.
async fn moved(change: &'static str) -> Result<Option<Secret>, StoreError> {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saldo.db");
    let store = Store::open(&path, true).await.unwrap();
    furnish(&store).await;
    let other = Company { id: "other".into(), ..store.company(&company()).await.unwrap() };
    store.create_company(&other).await.unwrap();
    store.add_connection(&other.id, &connection(shop(), Role::Channel)).await.unwrap();
    let key = Key::generate().unwrap();
    put(&store, "hunter2", &key).await;
    let database = rusqlite::Connection::open(&path).unwrap();
    assert_eq!(database.execute(change, ()).unwrap(), 1);
    for company in [company(), other.id] {
        for connection in [shop(), book()] {
            for name in ["token", "nekot"] {
                if let found @ (Ok(Some(_)) | Err(_)) =
                    store.secret(&company, &connection, name, &key).await
                {
                    return found;
                }
            }
        }
    }
    Ok(None)
}

#[tokio::test]
async fn a_secret_that_was_moved_does_not_open() {
    let moves = [
        "update secret set company = 'other'",
        "update secret set connection = 'ledger'",
        "update secret set name = 'nekot'",
        "update secret set sealed = zeroblob(length(sealed))",
        "update secret set sealed = x'00'",
    ];
    for change in moves {
        let found = moved(change).await;
        assert!(matches!(found, Err(StoreError::Sealed(_))), "{change}: {found:?}");
    }
    let unmoved = moved("update secret set previous = sealed").await;
    assert_eq!(unmoved.unwrap().unwrap().expose(), "hunter2");
}

#[tokio::test]
async fn the_file_does_not_show_the_secret() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saldo.db");
    let store = Store::open(&path, true).await.unwrap();
    furnish(&store).await;
    let key = Key::generate().unwrap();
    put(&store, "the-secret-itself", &key).await;
    store.close().await;
    for file in std::fs::read_dir(folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        assert!(!bytes.windows(17).any(|window| window == b"the-secret-itself"));
        assert!(!bytes.windows(32).any(|window| window == key.expose()));
    }
    assert_eq!(format!("{key:?}"), "Key(…)");
}
