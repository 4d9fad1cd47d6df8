//! Files of bank rows, and which row is in which.

use crate::world::{at, book, company, day, desk, furnished, usd};
use saldo_core::money::Money;
use saldo_core::text::CompanyId;
use saldo_store::{FeedFile, FeedOf, NewFeedFile, Store, StoreError};
use std::collections::{BTreeMap, BTreeSet};

fn file(rows: &[&str], minor: i64) -> NewFeedFile {
    let rows = rows.iter().map(|id| ((*id).to_owned(), format!("hash of {id}")));
    NewFeedFile {
        through: "In transit".to_owned(),
        first: day(2),
        until: day(9),
        moved: Money::from_minor(minor, usd()),
        rows: rows.collect::<BTreeMap<_, _>>(),
    }
}

async fn keep(store: &Store, account: &str, files: &[NewFeedFile]) -> Result<(), StoreError> {
    let (company, book) = (company(), book());
    let of = FeedOf { company: &company, book: &book, account };
    store.keep_feed_files(&desk(store).await, of, files, at(1)).await
}

async fn known(store: &Store, company: &CompanyId, account: &str) -> Vec<FeedFile> {
    store.feed_files(FeedOf { company, book: &book(), account }).await.unwrap()
}

#[tokio::test]
async fn files_are_kept_in_their_order_and_handed_once() {
    let store = furnished().await;
    let company = company();
    let (first, second) = (file(&["A", "B"], 500), file(&["C"], -20));
    keep(&store, "1", &[first.clone(), second.clone()]).await.unwrap();
    keep(&store, "2", std::slice::from_ref(&first)).await.unwrap();
    let files = known(&store, &company, "1").await;
    let made: Vec<_> = files.iter().map(|file| (file.number, &file.made)).collect();
    assert_eq!(made, [(1, &first), (2, &second)]);
    assert!(files.iter().all(|file| !file.is_handed && file.at == at(1)));
    let (book, lease) = (book(), desk(&store).await);
    let of = FeedOf { company: &company, book: &book, account: "1" };
    store.hand_feed_files(&lease, of, &BTreeSet::from([2]), at(2)).await.unwrap();
    let handed = known(&store, &company, "1").await;
    assert_eq!(handed.iter().map(|file| file.is_handed).collect::<Vec<_>>(), [false, true]);
    assert!(!known(&store, &company, "2").await[0].is_handed, "of another account");
    let third = file(&["D"], 1);
    keep(&store, "1", std::slice::from_ref(&third)).await.unwrap();
    assert_eq!(known(&store, &company, "1").await[2].number, 3);
}

#[tokio::test]
async fn a_row_is_in_one_file_and_all_files_are_kept_or_none() {
    let store = furnished().await;
    keep(&store, "1", &[file(&["A"], 500)]).await.unwrap();
    keep(&store, "1", &[file(&["B"], 1), file(&["A"], 500)]).await.unwrap_err();
    let files = known(&store, &company(), "1").await;
    assert_eq!(files.iter().map(|file| file.number).collect::<Vec<_>>(), [1]);
}
