//! Figures: kept by group, summed by day, worked out again only after accounting.

use crate::world::{account, company, day, desk, furnish, lease, page, pulled, shop, usd};
use saldo_core::money::Money;
use saldo_core::proof::{Figure, Identity};
use saldo_core::text::GroupId;
use saldo_store::{GroupFigures, Store};

fn figure(about: &str, on: i8, expected: i64, found: i64) -> Figure {
    let money = |minor| Money::from_minor(minor, usd());
    Figure {
        identity: Identity::TaxPayable,
        about: about.to_owned(),
        day: day(on),
        expected: money(expected),
        found: money(found),
        awaited: money(0),
        facts: 1,
    }
}

fn of(group: &str, mark: i64, figures: Vec<Figure>) -> GroupFigures {
    GroupFigures { group: GroupId::from(group), mark, figures }
}

async fn open(store: &Store) -> Vec<(String, i64)> {
    let groups = store.unfigured_groups(&company(), 10).await.unwrap();
    groups.into_iter().map(|it| (it.group.to_string(), it.mark)).collect()
}

#[tokio::test]
async fn figures_are_replaced_and_sums_follow() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("saldo.db"), true).await.unwrap();
    furnish(&store).await;
    let shop_lease = lease(&store, &shop(), "one").await;
    let records = ["order/1", "order/2"].map(|group| pulled(group, "v1", &[group]));
    store.commit_page(&shop_lease, &page("a", records.to_vec())).await.unwrap();
    assert_eq!(open(&store).await, [], "nothing is accounted yet");
    let desk = desk(&store).await;
    for group in ["order/1", "order/2"] {
        store.save_accounting(&desk, &[account(group, 1, Vec::new())]).await.unwrap();
    }
    let both = [("order/1".to_owned(), 1), ("order/2".to_owned(), 1)];
    assert_eq!(open(&store).await, both);
    // What is off by a day is no difference; what is off in all is.
    let shifted = vec![figure("VAT", 1, -100, 0), figure("VAT", 2, 0, -100)];
    let saved = [of("order/1", 1, shifted), of("order/2", 1, vec![figure("VAT", 2, -30, -31)])];
    store.save_figures(&company(), &saved).await.unwrap();
    assert_eq!(open(&store).await, []);
    let sums = store.figure_sums(&company()).await.unwrap();
    let second = Figure { facts: 2, ..figure("VAT", 2, -30, -131) };
    assert_eq!(sums, [figure("VAT", 1, -100, 0), second]);
    let differing = store.differing_groups(&company(), 10).await.unwrap();
    assert_eq!(differing, [(GroupId::from("order/2"), saved[1].figures.clone())]);
    let right = [of("order/2", 1, vec![figure("VAT", 2, -31, -31)])];
    store.save_figures(&company(), &right).await.unwrap();
    let sums = store.figure_sums(&company()).await.unwrap();
    assert_eq!(sums[1], Figure { facts: 2, ..figure("VAT", 2, -31, -131) });
    assert_eq!(store.differing_groups(&company(), 10).await.unwrap(), []);
    store.save_accounting(&desk, &[account("order/2", 1, Vec::new())]).await.unwrap();
    assert_eq!(open(&store).await, both[1..], "it was accounted again");
    store.save_figures(&company(), &[of("order/2", 7, Vec::new())]).await.unwrap();
    assert_eq!(open(&store).await, both[1..], "it was read before its last news");
    store.clear_caches(&desk).await.unwrap();
    assert_eq!(store.figure_sums(&company()).await.unwrap(), []);
}
