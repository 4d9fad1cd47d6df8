//! Sums and entries of a book; policies and observations.

use crate::world::{
    acknowledged, approval, at, batch, book, change, company, day, desk, furnished, lease, push,
    result, shop, usd,
};
use jiff::ToSpan;
use jiff::civil::Date;
use proptest::prelude::*;
use saldo_core::book::Subject;
use saldo_core::money::Balance;
use saldo_core::plan::Change;
use saldo_core::text::CompanyId;
use saldo_store::{EntryFilter, PolicyRevision, Purpose, Store, StoreError};
use std::collections::BTreeMap;

async fn minor(store: &Store, account: &str, as_of: Option<i8>) -> i64 {
    let sums = store.account_sums(&company(), &book(), as_of.map(day)).await.unwrap();
    sums.get(account).map_or(0, |balance| balance.of(usd()).minor())
}

#[tokio::test]
async fn sums_hold_what_was_acknowledged_by_the_end_of_a_day() {
    let store = furnished().await;
    let lease = lease(&store, &book(), "one").await;
    let changes = [change("a", 0, day(1), 100), change("b", 0, day(3), 20)];
    push(&store, &lease, "b1", &changes).await;
    store.approve(&desk(&store).await, &approval(vec![change("c", 0, day(3), 7)])).await.unwrap();
    assert_eq!(minor(&store, "Clearing", None).await, 120);
    assert_eq!(minor(&store, "Sales", None).await, -120);
    assert_eq!(minor(&store, "Clearing", Some(2)).await, 100);
    assert_eq!(minor(&store, "Clearing", Some(3)).await, 120);
}

#[tokio::test]
async fn the_days_entered_are_those_of_acknowledged_documents() {
    let store = furnished().await;
    assert_eq!(store.days_entered(&company(), &book()).await.unwrap(), None);
    let lease = lease(&store, &book(), "one").await;
    let changes = [change("a", 0, day(4), 100), change("b", 0, day(9), 20)];
    push(&store, &lease, "b1", &changes).await;
    store.approve(&desk(&store).await, &approval(vec![change("c", 0, day(12), 7)])).await.unwrap();
    let days = store.days_entered(&company(), &book()).await.unwrap();
    assert_eq!(days, Some((day(4), day(9))));
}

#[tokio::test]
async fn acknowledged_documents_come_by_date_and_number_in_whole_months() {
    let store = furnished().await;
    let lease = lease(&store, &book(), "one").await;
    let (late, early) = (change("a", 0, day(9), 100), change("b", 0, day(2), 20));
    let next = change("d", 0, day(2) + 1.month(), 30);
    push(&store, &lease, "b1", &[next.clone(), late.clone(), early.clone()]).await;
    store.approve(&desk(&store).await, &approval(vec![change("c", 0, day(3), 7)])).await.unwrap();
    let (company, book) = (company(), book());
    let read = async |after, at_least| {
        let some = store.acknowledged_documents(&company, &book, after, at_least).await.unwrap();
        some.into_iter().map(|it| it.key).collect::<Vec<_>>()
    };
    let (march, april) = ([&early, &late].map(|it| it.id.clone()), [next.id.clone()]);
    let all = [&march[..], &april[..]].concat();
    let (first, last) = (day(1).first_of_month(), day(1).last_of_month());
    for (after, at_least, expected) in [
        (Date::MIN, 1, &march[..]),
        (first - 1.day(), 2, &march),
        (Date::MIN, 3, &all),
        (Date::MIN, 9, &all),
        (last, 1, &april),
        (last + 1.month(), 1, &[]),
    ] {
        assert_eq!(read(after, at_least).await, expected, "{at_least} after {after}");
    }
    let ids = [early.id.clone(), late.id.clone(), "nobody".to_owned()];
    let changes = store.changes_of(&company, &book, &ids).await.unwrap();
    assert_eq!(changes, [late, early]);
}

async fn ids(store: &Store, filter: EntryFilter) -> Vec<String> {
    let documents = store.entries(&company(), &book(), filter).all().await.unwrap();
    documents.into_iter().map(|document| document.change.id).collect()
}

#[tokio::test]
async fn entries_come_by_date_and_key_as_the_filter_says() {
    let store = furnished().await;
    let lease = lease(&store, &book(), "one").await;
    let late = change("a", 0, day(9), 100);
    let (early, open) = (change("b", 0, day(2), 20), change("c", 0, day(5), 7));
    push(&store, &lease, "b1", &[late.clone(), early.clone()]).await;
    store.approve(&desk(&store).await, &approval(vec![open.clone()])).await.unwrap();
    let all = EntryFilter::default();
    assert_eq!(ids(&store, all.clone()).await, [early.id.clone(), late.id.clone()]);
    let with_approved = EntryFilter { with_approved: true, ..all.clone() };
    let expected = [early.id.clone(), open.id.clone(), late.id.clone()];
    assert_eq!(ids(&store, with_approved.clone()).await, expected);
    let between = EntryFilter { from: Some(day(3)), until: Some(day(5)), ..with_approved };
    assert_eq!(ids(&store, between).await, std::slice::from_ref(&open.id));
    let by_key = EntryFilter { key: Some(late.id.clone()), ..all.clone() };
    assert_eq!(ids(&store, by_key).await, std::slice::from_ref(&late.id));
    let touching = EntryFilter { account: Some("Sales".to_owned()), ..all.clone() };
    assert_eq!(ids(&store, touching).await.len(), 2);
    let touching = EntryFilter { account: Some("Sale".to_owned()), ..all };
    assert!(ids(&store, touching).await.is_empty());
}

#[tokio::test]
async fn many_entries_come_page_by_page() {
    let store = furnished().await;
    let lease = lease(&store, &book(), "one").await;
    let sale = |number: i16| {
        let date = day(1 + i8::try_from(number % 28).unwrap());
        change(&number.to_string(), 0, date, number.into())
    };
    let changes: Vec<Change> = (0..600).map(sale).collect();
    push(&store, &lease, "b1", &changes).await;
    let mut pages = store.entries(&company(), &book(), EntryFilter::default());
    let mut seen = Vec::new();
    while let Some(page) = pages.next_page().await.unwrap() {
        assert!(!page.is_empty() && page.len() <= 250);
        seen.extend(page.into_iter().map(|document| {
            let Subject::Document { document: inner, .. } = &document.change.subject else {
                panic!("{document:?}")
            };
            assert_eq!(document.receipt.unwrap().key, document.change.id);
            (inner.header().date, document.change.id.clone())
        }));
    }
    assert_eq!(seen.len(), 600);
    assert!(seen.is_sorted());
}

/// Pushes sales, of which only those marked are acknowledged, and compares the running sums with
/// the sums of the entries.
async fn sums_and_entries(sales: Vec<(i8, i64, bool)>) {
    let store = furnished().await;
    let lease = lease(&store, &book(), "one").await;
    for (number, (date, amount, heard)) in sales.into_iter().enumerate() {
        let sale = change(&number.to_string(), 0, day(date), amount);
        store.approve(&desk(&store).await, &approval(vec![sale.clone()])).await.unwrap();
        let id = format!("b{number}");
        store.begin_batch(&lease, &batch(&id, Purpose::Create, &[&sale])).await.unwrap();
        if heard {
            let results = [result(&sale, acknowledged(&id))];
            store.finish_batch(&lease, &id, &results, at(30)).await.unwrap();
        }
    }
    for as_of in [day(1), day(14), day(28)] {
        let filter = EntryFilter { until: Some(as_of), ..Default::default() };
        let mut expected: BTreeMap<String, Balance> = BTreeMap::new();
        for booked in store.entries(&company(), &book(), filter).all().await.unwrap() {
            let Subject::Document { document, .. } = booked.change.subject else { continue };
            for posting in document.entry().postings() {
                let sum = expected.entry(posting.account.name.to_string()).or_default();
                sum.add(posting.amount).unwrap();
            }
        }
        let sums = store.account_sums(&company(), &book(), Some(as_of)).await.unwrap();
        assert_eq!(sums, expected);
        let mut total = Balance::new();
        for amount in sums.values().flat_map(Balance::iter) {
            total.add(amount).unwrap();
        }
        assert!(total.is_zero(), "{total:?}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]
    #[test]
    fn sums_are_the_sums_of_the_entries(
        sales in proptest::collection::vec((1_i8..=28, -10_000_i64..10_000, any::<bool>()), 0..12),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(sums_and_entries(sales));
    }
}

#[tokio::test]
async fn policies_are_numbered_and_stay() {
    let store = furnished().await;
    assert_eq!(store.policy(&company()).await.unwrap(), None);
    assert_eq!(
        store.add_policy(&desk(&store).await, "detail = true", None, at(1)).await.unwrap(),
        1
    );
    assert_eq!(
        store.add_policy(&desk(&store).await, "detail = false", None, at(2)).await.unwrap(),
        2
    );
    let second =
        PolicyRevision { revision: 2, text: "detail = false".to_owned(), since: None, at: at(2) };
    assert_eq!(store.policy(&company()).await.unwrap(), Some(second.clone()));
    let all = store.policies(&company(), None).await.unwrap();
    assert_eq!((all.len(), &all[1]), (2, &second));
    let hour = jiff::SignedDuration::from_hours(1);
    let nobody = store.acquire_company_lease(&CompanyId::new("nobody"), "one", at(1), hour).await;
    assert!(matches!(nobody, Err(StoreError::NotFound { .. })), "{nobody:?}");
}

#[tokio::test]
async fn the_last_observation_of_a_kind_counts() {
    let store = furnished().await;
    let company = company();
    assert_eq!(store.observation(&company, &book(), "chart").await.unwrap(), None);
    store.put_observation(&company, &book(), "chart", "[1]", at(2)).await.unwrap();
    store.put_observation(&company, &book(), "chart", "[2]", at(1)).await.unwrap();
    store.put_observation(&company, &book(), "balances", "{}", at(3)).await.unwrap();
    let seen = store.observation(&company, &book(), "chart").await.unwrap().unwrap();
    assert_eq!((seen.body.as_str(), seen.at), ("[2]", at(1)));
    assert_eq!(store.observation(&company, &shop(), "chart").await.unwrap(), None);
}
