//! Pages of records: what is news, where it belongs, and where the pull stands.

use crate::world::{
    at, book, company, desk, furnish, furnished, lease, orders, page, pulled, record, reference,
    shop,
};
use saldo_core::channel::Cursor;
use saldo_core::commerce::Record;
use saldo_core::issue::{Issue, IssueKind};
use saldo_core::text::{FactId, GroupId};
use saldo_store::{
    CursorRow, PageCommit, PageCount, PulledRecord, Reading, StateCounts, Store, StoreError,
};

fn count(new: usize, changed: usize, known: usize) -> PageCount {
    PageCount { new, changed, known }
}

async fn commit(store: &Store, records: Vec<PulledRecord>) -> PageCount {
    let lease = lease(store, &shop(), "one").await;
    store.commit_page(&lease, &page("next", records)).await.unwrap()
}

async fn dirty(store: &Store) -> Vec<String> {
    let dirty = store.dirty_groups(&company(), at(0), 100).await.unwrap();
    dirty.into_iter().map(|dirty| dirty.group.to_string()).collect()
}

async fn settle(store: &Store) {
    let dirty = store.dirty_groups(&company(), at(0), 100).await.unwrap();
    let accounts: Vec<_> = dirty
        .iter()
        .map(|dirty| crate::world::account(dirty.group.as_str(), dirty.mark, vec![]))
        .collect();
    store.save_accounting(&desk(store).await, &accounts).await.unwrap();
}

async fn texts(store: &Store, group: &str) -> Vec<(String, String)> {
    let groups = store.group_records(&company(), &[GroupId::from(group)]).await.unwrap();
    let text =
        |record: &Record| (record.id.clone(), String::from_utf8(record.bytes.clone()).unwrap());
    groups.values().flatten().map(text).collect()
}

fn pair(id: &str, text: &str) -> (String, String) {
    (id.to_owned(), text.to_owned())
}

#[tokio::test]
async fn records_are_given_in_their_latest_versions_as_far_as_they_are_known() {
    let store = furnished().await;
    commit(&store, vec![pulled("1", "one", &["g1"]), pulled("2", "two", &["g2"])]).await;
    commit(&store, vec![pulled("1", "eins", &["g1"])]).await;
    let wanted = ["1", "2", "3"].map(reference);
    let found = store.records(&company(), &wanted).await.unwrap();
    let mut texts: Vec<_> = found.iter().map(|it| (it.reference(), it.bytes.clone())).collect();
    texts.sort();
    let [one, two, _] = wanted;
    assert_eq!(texts, [(one, b"eins".to_vec()), (two, b"two".to_vec())]);
}

#[tokio::test]
async fn news_are_told_from_what_is_known_before_anything_is_read() {
    let store = furnished().await;
    commit(&store, vec![pulled("1", "one", &["g1"]), pulled("2", "two", &["g2"])]).await;
    let page = ["1 one", "2 zwei", "2 zwei", "3 three", "2 two"];
    let page = page.iter().filter_map(|it| it.split_once(' ')).map(|(id, text)| record(id, text));
    let news = store.news_among(&company(), page.collect()).await.unwrap();
    assert!(news.iter().all(|(record, hash)| record.content_hash() == *hash));
    let news: Vec<_> = news.into_iter().map(|(record, _)| record).collect();
    // What is told back is news after what was told otherwise.
    assert_eq!(news, [record("2", "zwei"), record("3", "three"), record("2", "two")]);
}

#[tokio::test]
async fn the_same_id_and_content_is_no_news() {
    let store = furnished().await;
    let first = vec![pulled("1", "one", &["g1"]), pulled("2", "two", &["g2"])];
    assert_eq!(commit(&store, first.clone()).await, count(2, 0, 0));
    assert_eq!(dirty(&store).await, ["g1", "g2"]);
    settle(&store).await;
    assert_eq!(commit(&store, first).await, count(0, 0, 2));
    assert!(dirty(&store).await.is_empty());

    let second = vec![pulled("1", "one", &["g1"]), pulled("2", "zwei", &["g2"])];
    assert_eq!(commit(&store, second).await, count(0, 1, 1));
    assert_eq!(dirty(&store).await, ["g2"]);
    assert_eq!(texts(&store, "g2").await, [pair("2", "zwei")]);

    let back = vec![pulled("2", "two", &["g2"]), pulled("3", "three", &["g2"])];
    assert_eq!(commit(&store, back).await, count(1, 1, 0));
    assert_eq!(texts(&store, "g2").await, [pair("2", "two"), pair("3", "three")]);
    let versions = store.record_versions(&company(), &reference("2")).await.unwrap();
    let said: Vec<_> = versions.iter().map(|one| (one.version, one.bytes.as_slice())).collect();
    assert_eq!(said, [(1, &b"two"[..]), (2, &b"zwei"[..]), (3, &b"two"[..])]);
    assert_eq!(versions[0].hash, record("2", "two").content_hash());
    assert_eq!(versions[0].fetched_at, at(1));
}

#[tokio::test]
async fn a_page_may_name_a_thing_twice() {
    let store = furnished().await;
    let twice =
        vec![pulled("1", "a", &["old"]), pulled("1", "b", &["new"]), pulled("1", "b", &["new"])];
    assert_eq!(commit(&store, twice).await, count(1, 1, 1));
    assert!(texts(&store, "old").await.is_empty());
    assert_eq!(texts(&store, "new").await, [pair("1", "b")]);
}

#[tokio::test]
async fn a_record_that_moves_leaves_its_old_group() {
    let store = furnished().await;
    commit(&store, vec![pulled("1", "a", &["left", "both"]), pulled("2", "b", &["left"])]).await;
    settle(&store).await;
    commit(&store, vec![pulled("1", "c", &["both", "joined"])]).await;
    assert_eq!(dirty(&store).await, ["both", "joined", "left"]);
    assert_eq!(texts(&store, "left").await, [pair("2", "b")]);
    assert_eq!(texts(&store, "both").await, [pair("1", "c")]);
    assert_eq!(texts(&store, "joined").await, [pair("1", "c")]);
}

#[tokio::test]
async fn a_change_during_accounting_is_not_lost() {
    let store = furnished().await;
    commit(&store, vec![pulled("1", "a", &["g"])]).await;
    let seen = store.dirty_groups(&company(), at(0), 100).await.unwrap();
    commit(&store, vec![pulled("1", "b", &["g"])]).await;
    let account = crate::world::account("g", seen[0].mark, vec![]);
    store.save_accounting(&desk(&store).await, &[account]).await.unwrap();
    assert_eq!(dirty(&store).await, ["g"]);
}

#[tokio::test]
async fn a_group_wakes_when_its_time_comes() {
    let store = furnished().await;
    commit(&store, vec![pulled("1", "a", &["sleeper"]), pulled("2", "b", &["waker"])]).await;
    let accounts = [("sleeper", None), ("waker", Some(at(100)))].map(|(group, wake_at)| {
        saldo_store::GroupAccount { wake_at, ..crate::world::account(group, 1, vec![]) }
    });
    store.save_accounting(&desk(&store).await, &accounts).await.unwrap();
    assert!(store.dirty_groups(&company(), at(99), 9).await.unwrap().is_empty());
    let woken = store.dirty_groups(&company(), at(100), 9).await.unwrap();
    assert_eq!(woken.len(), 1);
    assert_eq!(woken[0].group.as_str(), "waker");
    assert!(store.dirty_groups(&company(), at(100), 0).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_group_is_marked_for_what_is_no_record_of_it() {
    let store = furnished().await;
    let groups = ["order/1", "payout/1", "payout/2", "payouts"];
    commit(&store, groups.map(|group| pulled(group, "a", &[group])).into()).await;
    let changed = async |after: Option<&str>, limit| {
        let after = after.map(GroupId::from);
        let groups = store.changed_groups(&company(), "payout/", after.as_ref(), limit).await;
        groups.unwrap().iter().map(GroupId::to_string).collect::<Vec<_>>()
    };
    assert_eq!(changed(None, 9).await, ["payout/1", "payout/2"]);
    assert_eq!(changed(None, 1).await, ["payout/1"]);
    assert_eq!(changed(Some("payout/1"), 9).await, ["payout/2"]);
    settle(&store).await;
    assert!(changed(None, 9).await.is_empty());
    let marked = ["order/1", "nowhere"].map(GroupId::from);
    store.mark_groups(&company(), &marked).await.unwrap();
    assert_eq!(dirty(&store).await, ["order/1"]);
}

#[tokio::test]
async fn cursors_go_with_their_pages() {
    let store = furnished().await;
    let lease = lease(&store, &shop(), "one").await;
    let first = PageCommit { reached: Some(at(5)), ..page("a", vec![]) };
    store.commit_page(&lease, &first).await.unwrap();
    store.commit_page(&lease, &page("b", vec![])).await.unwrap();
    let other = PageCommit { stream: "payouts".into(), ..page("p", vec![]) };
    store.commit_page(&lease, &other).await.unwrap();
    let cursors = store.cursors(&company(), &shop()).await.unwrap();
    let expected = CursorRow { cursor: Cursor("b".to_owned()), reached: Some(at(5)) };
    assert_eq!(cursors[&orders()], expected);
    assert_eq!(cursors.len(), 2);
    assert!(store.cursors(&company(), &book()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_page_is_stored_whole_or_not_at_all() {
    let store = furnished().await;
    let lease = lease(&store, &shop(), "one").await;
    let mut stray = pulled("2", "b", &["g"]);
    stray.record.connection = book();
    let records = vec![pulled("1", "a", &["g"]), stray];
    let refused = store.commit_page(&lease, &page("a", records)).await;
    assert!(matches!(refused, Err(StoreError::WrongConnection { .. })), "{refused:?}");
    assert!(store.cursors(&company(), &shop()).await.unwrap().is_empty());
    assert!(store.find_record(&company(), "1").await.unwrap().is_empty());
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_held_until_it_can() {
    let store = furnished().await;
    let issue = Issue {
        kind: IssueKind::UnknownData,
        about: FactId::from("shop:demo/Order/1"),
        message: "no such kind of sale".to_owned(),
        hint: "tell us".to_owned(),
    };
    let mut unread = pulled("1", "?", &[]);
    unread.reading.issue = Some(issue.clone());
    commit(&store, vec![unread]).await;
    let held = store.held(&company()).await.unwrap();
    assert_eq!(held.len(), 1);
    assert_eq!((&held[0].source, &held[0].issue), (&reference("1"), &issue));
    let counts = store.state_counts(&company()).await.unwrap();
    assert_eq!(counts, StateCounts { held: 1, ..Default::default() });

    let learnt = Reading { groups: vec!["g".into()], ..Default::default() };
    store.regroup(&desk(&store).await, &[(reference("1"), learnt)]).await.unwrap();
    assert!(store.held(&company()).await.unwrap().is_empty());
    assert_eq!(texts(&store, "g").await, [pair("1", "?")]);
    let unknown = store.regroup(&desk(&store).await, &[(reference("9"), Reading::default())]).await;
    assert!(matches!(unknown, Err(StoreError::NotFound { .. })), "{unknown:?}");
}

#[tokio::test]
async fn a_version_that_cannot_be_read_stays_in_the_groups_of_the_one_before() {
    let store = furnished().await;
    let issue = Issue {
        kind: IssueKind::UnknownData,
        about: FactId::from("shop:demo/Order/1"),
        message: "no such kind of sale".to_owned(),
        hint: "tell us".to_owned(),
    };
    let unread = |text: &str| {
        let mut unread = pulled("1", text, &[]);
        unread.reading.issue = Some(issue.clone());
        unread
    };
    let members = async || texts(&store, "g").await;
    commit(&store, vec![pulled("1", "a", &["g"]), unread("?")]).await;
    assert_eq!(members().await, [pair("1", "?")], "within one page");
    commit(&store, vec![unread("??")]).await;
    assert_eq!(members().await, [pair("1", "??")], "and after it");
    assert_eq!(store.held(&company()).await.unwrap().len(), 1);
    commit(&store, vec![pulled("1", "b", &["h"])]).await;
    assert!(members().await.is_empty());
    assert_eq!(texts(&store, "h").await, [pair("1", "b")]);
    assert!(store.held(&company()).await.unwrap().is_empty());
}

#[tokio::test]
async fn records_are_found_by_name_and_by_part_of_their_id() {
    let store = furnished().await;
    commit(&store, vec![pulled("gid_1001", "a", &["g"]), pulled("gidx1001", "b", &["h"])]).await;
    let named = store.groups_named(&company(), "#gid_1001").await.unwrap();
    assert_eq!(named, [GroupId::from("g")]);
    assert!(store.groups_named(&company(), "#1").await.unwrap().is_empty());
    assert_eq!(store.find_record(&company(), "1001").await.unwrap().len(), 2);
    let exact = store.find_record(&company(), "d_1").await.unwrap();
    assert_eq!(exact, [reference("gid_1001")]);
    let groups = store.groups_of_record(&company(), &reference("gidx1001")).await.unwrap();
    assert_eq!(groups, [GroupId::from("h")]);
}

#[tokio::test]
async fn all_records_can_be_read_again_page_by_page() {
    let store = furnished().await;
    let records = (0..7).map(|id| pulled(&id.to_string(), "x", &["g"])).collect();
    commit(&store, records).await;
    let mut seen = Vec::new();
    let mut after = None;
    loop {
        let page = store.latest_records(&company(), after.as_ref(), 3).await.unwrap();
        let Some(last) = page.last() else { break };
        after = Some(last.reference());
        seen.extend(page.into_iter().map(|record| record.id));
    }
    assert_eq!(seen, ["0", "1", "2", "3", "4", "5", "6"]);
}

#[tokio::test]
async fn records_are_read_by_how_the_names_of_their_groups_begin() {
    let store = furnished().await;
    let records = [
        ("1", &["order/a"][..]),
        ("2", &["order/a", "payout/p"]),
        ("3", &["named/order/x"]),
        ("4", &[]),
        ("5", &["payout/q"]),
    ];
    let records = records.map(|(id, groups)| pulled(id, "x", groups));
    commit(&store, records.to_vec()).await;
    for (beginnings, after, expected) in [
        (&["payout/"][..], None, &["2", "5"][..]),
        (&["payout/", "named/"], None, &["2", "3", "5"]),
        (&["payout/"], Some("2"), &["5"]),
        (&["order/"], None, &["1", "2"]),
        (&["nothing/"], None, &[]),
    ] {
        let after = after.map(reference);
        let found = store.latest_records_in(&company(), beginnings, after.as_ref(), 9).await;
        let found: Vec<String> = found.unwrap().into_iter().map(|record| record.id).collect();
        assert_eq!(found, expected, "{beginnings:?}");
    }
}

#[tokio::test]
async fn pages_larger_than_a_statement_are_stored_and_read() {
    let store = furnished().await;
    let many: Vec<_> = (0..2_500)
        .map(|id| pulled(&format!("{id:05}"), &format!("text {id}"), &[&format!("g{id}"), "all"]))
        .collect();
    assert_eq!(commit(&store, many.clone()).await, count(2_500, 0, 0));
    assert_eq!(commit(&store, many).await, count(0, 0, 2_500));
    assert_eq!(texts(&store, "all").await.len(), 2_500);
    assert_eq!(dirty(&store).await.len(), 100);
}

#[tokio::test]
async fn a_file_keeps_what_was_committed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("saldo.db");
    let missing = Store::open(&path, false).await;
    assert!(matches!(missing, Err(StoreError::Database(_))));
    let store = Store::open(&path, true).await.unwrap();
    furnish(&store).await;
    commit(&store, vec![pulled("1", "one", &["g"])]).await;
    #[cfg(unix)]
    for file in std::fs::read_dir(folder.path()).unwrap() {
        use std::os::unix::fs::PermissionsExt;
        let file = file.unwrap();
        let mode = file.metadata().unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "{:?} is for one user alone", file.path());
    }
    store.close().await;
    let store = Store::open(&path, false).await.unwrap();
    assert_eq!(texts(&store, "g").await, [pair("1", "one")]);
    assert_eq!(commit(&store, vec![pulled("1", "one", &["g"])]).await, count(0, 0, 1));
}
