//! Sheets of stock: what later months begin with, and who goes by what changed.

use crate::world::{account, at, company, desk, furnish, lease, page, pulled, shop};
use saldo_core::text::GroupId;
use saldo_store::{SheetKey, Store, StoredSheet};

fn key(item: &str, month: &str) -> SheetKey {
    SheetKey { item: item.to_owned(), month: month.to_owned() }
}

fn sheet(item: &str, month: &str, sheet: &str) -> StoredSheet {
    StoredSheet { key: key(item, month), sheet: sheet.to_owned() }
}

#[tokio::test]
async fn a_month_begins_with_the_last_sheet_before_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("saldo.db"), true).await.unwrap();
    furnish(&store).await;
    let desk = desk(&store).await;
    let sheets = [
        sheet("sku:A", "2026-01", "first"),
        sheet("sku:A", "2026-03", "third"),
        sheet("sku:B", "2026-02", "other"),
    ];
    store.save_stock_sheets(&desk, &sheets, &[]).await.unwrap();
    let before = |month| {
        let store = &store;
        async move { store.stock_sheets_before(&company(), &[key("sku:A", month)]).await.unwrap() }
    };
    assert_eq!(before("2026-01").await, []);
    assert_eq!(before("2026-03").await, [sheets[0].clone()]);
    assert_eq!(before("2026-09").await, [sheets[1].clone()]);
    let again = [sheet("sku:A", "2026-03", "third, again")];
    store.save_stock_sheets(&desk, &again, &[]).await.unwrap();
    let keys = [key("sku:A", "2026-03"), key("sku:A", "2026-02")];
    assert_eq!(store.stock_sheets(&company(), &keys).await.unwrap(), again);
    let dump = store.dump_caches(&company()).await.unwrap();
    assert!(dump.contains("stock\tsku:A\t2026-03\tthird, again"), "{dump}");
    store.clear_caches(&desk).await.unwrap();
    assert_eq!(store.stock_sheets(&company(), &keys).await.unwrap(), []);
}

#[tokio::test]
async fn those_who_go_by_a_sheet_are_marked_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&folder.path().join("saldo.db"), true).await.unwrap();
    furnish(&store).await;
    let shop_lease = lease(&store, &shop(), "one").await;
    let groups = ["item/sku:A/2026-01", "item/sku:A/2026-02", "item/sku:B/2026-01", "order/1"];
    let records = groups.iter().map(|group| pulled(group, "v1", &[group]));
    store.commit_page(&shop_lease, &page("a", records.collect())).await.unwrap();
    let desk = desk(&store).await;
    for group in groups {
        store.save_accounting(&desk, &[account(group, 1, Vec::new())]).await.unwrap();
    }
    assert_eq!(store.dirty_groups(&company(), at(1), 10).await.unwrap(), []);
    let between = store.groups_between(&company(), "item/sku:A/2026-01", "item/sku:A/9").await;
    let later = between.unwrap();
    assert_eq!(later, [GroupId::from("item/sku:A/2026-02")]);
    let followers = [later, vec![GroupId::from("order/1"), GroupId::from("order/none")]].concat();
    store.save_stock_sheets(&desk, &[sheet("sku:A", "2026-01", "x")], &followers).await.unwrap();
    let dirty = store.dirty_groups(&company(), at(1), 10).await.unwrap();
    let dirty: Vec<&str> = dirty.iter().map(|dirty| dirty.group.as_str()).collect();
    assert_eq!(dirty, ["item/sku:A/2026-02", "order/1"]);
}
