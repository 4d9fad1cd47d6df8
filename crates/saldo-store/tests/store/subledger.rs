//! Entries, the slots that they touch, and where facts stand.

use crate::world::{
    account, approval, at, company, desk, entry, furnished, lease, page, pulled, record, reference,
    shop,
};
use saldo_core::document::WORDING;
use saldo_core::issue::{FactState, Issue, IssueKind};
use saldo_core::text::{FactId, GroupId};
use saldo_store::{
    Approval, GroupAccount, NotYet, OpenEntries, OpenFact, PageAccounts, StateCounts, Store,
};

async fn save(store: &Store, accounts: &[GroupAccount]) {
    store.save_accounting(&desk(store).await, accounts).await.unwrap();
}

async fn touched(store: &Store, since: i64) -> Vec<(i64, String)> {
    store.slots_changed_since(&company(), since, 100).await.unwrap()
}

fn slot(seq: i64, slot: &str) -> (i64, String) {
    (seq, slot.to_owned())
}

#[tokio::test]
async fn only_slots_whose_entries_differ_are_touched() {
    let store = furnished().await;
    let first = [
        account("g1", 1, vec![entry("e2", "a", 2), entry("e1", "a", 1), entry("e3", "b", 3)]),
        account("g2", 1, vec![entry("e4", "a", 4)]),
    ];
    save(&store, &first).await;
    assert_eq!(touched(&store, 0).await, [slot(2, "b"), slot(3, "a")]);

    save(&store, &first).await;
    assert!(touched(&store, 3).await.is_empty(), "the same entries touch nothing");
    let shuffled = account("g1", 1, first[0].entries.iter().rev().cloned().collect());
    save(&store, &[shuffled]).await;
    assert!(touched(&store, 3).await.is_empty(), "their order does not matter");

    let other =
        account("g1", 1, vec![entry("e1", "a", 1), entry("e2", "a", 2), entry("e3", "b", 9)]);
    save(&store, &[other]).await;
    assert_eq!(touched(&store, 3).await, [slot(4, "b")]);
    let moved =
        account("g1", 1, vec![entry("e1", "a", 1), entry("e2", "a", 2), entry("e3", "c", 9)]);
    save(&store, &[moved]).await;
    let moved: Vec<_> = touched(&store, 4).await.into_iter().map(|(_, slot)| slot).collect();
    assert_eq!(moved, ["c", "b"], "both the slot that it left and the one that it came to");
}

#[tokio::test]
async fn a_slot_gathers_the_entries_of_all_its_groups() {
    let store = furnished().await;
    let accounts = [
        account("g1", 1, vec![entry("e3", "a", 3), entry("e1", "a", 1), entry("x", "b", 7)]),
        account("g2", 1, vec![entry("e2", "a", 2)]),
    ];
    save(&store, &accounts).await;
    let slots = ["a".to_owned(), "b".to_owned(), "none".to_owned()];
    let entries = store.slot_entries(&company(), &slots).await.unwrap();
    assert_eq!(entries["a"], [entry("e1", "a", 1), entry("e2", "a", 2), entry("e3", "a", 3)]);
    assert_eq!(entries["b"], [entry("x", "b", 7)]);
    assert!(entries["none"].is_empty());
    let groups = store.groups_of_slot(&company(), "a").await.unwrap();
    assert_eq!(groups, [GroupId::from("g1"), GroupId::from("g2")]);

    save(&store, &[account("g1", 1, vec![])]).await;
    let entries = store.slot_entries(&company(), &slots).await.unwrap();
    assert_eq!(entries["a"], [entry("e2", "a", 2)]);
    assert!(entries["b"].is_empty());
    assert_eq!(store.groups_of_slot(&company(), "a").await.unwrap(), [GroupId::from("g2")]);
}

#[tokio::test]
async fn a_group_may_leave_its_first_slot_and_come_back() {
    let store = furnished().await;
    let in_slots = |slots: &[&str]| {
        let entries = slots.iter().map(|slot| entry(&format!("e {slot}"), slot, 1));
        [account("g", 1, entries.collect()), account("h", 1, vec![entry("e", "b", 5)])]
    };
    let group = GroupId::from("g");
    let mut seq = 0;
    for (slots, now_touched) in [
        (&["a"][..], &["a", "b"][..]),
        (&["b"], &["b", "a"]),
        (&["a", "c"], &["a", "c", "b"]),
        (&[], &["a", "c"]),
        (&["a", "b"], &["a", "b"]),
    ] {
        save(&store, &in_slots(slots)).await;
        let touched = touched(&store, seq).await;
        assert_eq!(touched.iter().map(|(_, slot)| slot).collect::<Vec<_>>(), now_touched);
        seq = touched.last().unwrap().0;
        for slot in ["a", "b", "c"] {
            let groups = store.groups_of_slot(&company(), slot).await.unwrap();
            assert_eq!(groups.contains(&group), slots.contains(&slot), "{slots:?} {slot}");
            let of_slot = [slot.to_owned()];
            let entries = store.slot_entries(&company(), &of_slot).await.unwrap();
            let others = usize::from(slot == "b");
            assert_eq!(entries[slot].len(), others + usize::from(slots.contains(&slot)));
        }
    }
    let ever = store.slots_of_group(&company(), &group).await.unwrap();
    assert_eq!(ever, ["a", "b", "c"]);
    let again = ["a", "c", "unknown"].map(str::to_owned).to_vec();
    let nothing_but_these = Approval { again, ..approval(vec![]) };
    store.approve(&desk(&store).await, &nothing_but_these).await.unwrap();
    assert_eq!(touched(&store, seq).await, [slot(seq + 1, "a"), slot(seq + 2, "c")]);
}

#[tokio::test]
async fn touched_slots_are_read_in_parts_without_a_gap() {
    let store = furnished().await;
    let accounts: Vec<_> = (0..20)
        .map(|n| account(&format!("g{n:02}"), 1, vec![entry("e", &format!("s{}", n % 7), n + 1)]))
        .collect();
    save(&store, &accounts).await;
    let (mut since, mut seen) = (0, std::collections::BTreeSet::new());
    loop {
        let part = store.slots_changed_since(&company(), since, 3).await.unwrap();
        assert!(part.len() <= 3 && part.is_sorted());
        let Some((last, _)) = part.last() else { break };
        since = *last;
        seen.extend(part.into_iter().map(|(_, slot)| slot));
    }
    assert_eq!((since, seen.len()), (20, 7));
}

fn states(ids: &[(&str, FactState)]) -> Vec<(FactId, saldo_core::commerce::RecordRef, FactState)> {
    ids.iter().map(|(id, state)| (FactId::from(*id), reference(id), state.clone())).collect()
}

fn issue(id: &str) -> Issue {
    Issue {
        kind: IssueKind::MissingMapping,
        about: FactId::from(id),
        message: "no account".to_owned(),
        hint: "name one".to_owned(),
    }
}

#[tokio::test]
async fn facts_are_counted_by_where_they_stand() {
    let store = furnished().await;
    let lease = lease(&store, &shop(), "one").await;
    store.commit_page(&lease, &page("a", vec![pulled("1", "x", &["g"])])).await.unwrap();
    let waiting = FactState::Waiting { for_what: "a payout".to_owned(), until: Some(at(9)) };
    let mut standing = account("g", 1, vec![]);
    standing.states = states(&[
        ("a", FactState::Accounted { review: None }),
        ("b", FactState::Accounted { review: Some(issue("b")) }),
        ("c", waiting),
        ("d", FactState::Excluded { rule: "test order".to_owned() }),
        ("e", FactState::Held(issue("e"))),
    ]);
    save(&store, &[standing.clone()]).await;
    save(&store, &[standing.clone()]).await;
    let counts = store.state_counts(&company()).await.unwrap();
    let expected = StateCounts {
        accounted: 2,
        to_review: 1,
        waiting: 1,
        excluded: 1,
        before_start: 0,
        held: 1,
    };
    assert_eq!(counts, expected);
    assert_eq!(store.held(&company()).await.unwrap()[0].issue, issue("e"));
    assert_eq!(store.to_review(&company()).await.unwrap()[0].source, reference("b"));
    let waiting = store.waiting(&company()).await.unwrap();
    assert_eq!((waiting[0].fact.as_str(), waiting[0].until), ("c", Some(at(9))));
    let all = store.states_of(&company(), &[GroupId::from("g")]).await.unwrap();
    assert_eq!(all.len(), 5);

    standing.states = states(&[("a", FactState::Accounted { review: None })]);
    save(&store, &[standing]).await;
    let counts = store.state_counts(&company()).await.unwrap();
    assert_eq!(counts, StateCounts { accounted: 1, ..Default::default() });
    assert!(store.held(&company()).await.unwrap().is_empty());
    assert!(store.waiting(&company()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_fact_is_open_while_an_entry_of_it_is() {
    let store = furnished().await;
    let mut standing = account("g", 1, vec![entry("o/1/sale", "a", 1), entry("o/10/sale", "a", 2)]);
    standing.states = states(&[
        ("o/1", FactState::Accounted { review: None }),
        ("o/10", FactState::Accounted { review: Some(issue("o/10")) }),
        ("o/2", FactState::Accounted { review: None }),
        ("o/3", FactState::Excluded { rule: "test order".to_owned() }),
    ]);
    save(&store, &[standing]).await;
    let open = async |ids: &[(&str, NotYet)]| {
        let ids = ids.iter().map(|(id, not_yet)| (FactId::from(*id), *not_yet)).collect();
        let open = OpenEntries::from([("a".to_owned(), ids)]);
        store.open_facts(&company(), &open).await.unwrap().into_iter().collect::<Vec<_>>()
    };
    let (approved, failed) = (NotYet::Approved, NotYet::Failed);
    let of = |id: &str, not_yet, review| {
        (FactId::from(id), OpenFact { source: reference(id), not_yet, review })
    };
    assert_eq!(open(&[("o/1/sale", approved)]).await, [of("o/1", approved, false)]);
    assert_eq!(open(&[("o/10/sale", approved)]).await, [of("o/10", approved, true)]);
    assert_eq!(open(&[("o/2", failed)]).await, [of("o/2", failed, false)]);
    let several = [("o/1/refund", failed), ("o/1/sale", approved), ("o/3/sale", failed)];
    assert_eq!(open(&several).await, [of("o/1", failed, false)], "the worst of it counts");
}

#[tokio::test]
async fn a_page_may_bring_what_accounting_makes_of_it() {
    let store = furnished().await;
    let lease = lease(&store, &shop(), "one").await;
    let accounts = ["new", "known"].map(|group| {
        let state = FactState::Accounted { review: None };
        let entries = vec![entry(group, &format!("slot of {group}"), 5)];
        GroupAccount { states: states(&[(group, state)]), ..account(group, 1, entries) }
    });
    let accounts = PageAccounts { revision: 0, groups: accounts.to_vec() };
    let before = page("a", vec![pulled("1", "one", &["known"])]);
    store.commit_page(&lease, &before).await.unwrap();
    let after = page("b", vec![pulled("2", "two", &["known"]), pulled("3", "three", &["new"])]);
    store.commit_accounted_page(&lease, &after, &accounts).await.unwrap();

    let dirty = store.dirty_groups(&company(), at(0), 9).await.unwrap();
    let dirty: Vec<_> = dirty.iter().map(|it| (it.group.as_str(), it.mark)).collect();
    assert_eq!(dirty, [("known", 2)], "of this group more is known than the page says");
    assert_eq!(touched(&store, 0).await, [slot(1, "slot of new")]);
    let counts = store.state_counts(&company()).await.unwrap();
    assert_eq!(counts, StateCounts { accounted: 1, ..StateCounts::default() });
    let groups = [GroupId::from("new")];
    let records = store.group_records(&company(), &groups).await.unwrap();
    assert_eq!(records[&groups[0]], [record("3", "three")]);

    store.commit_accounted_page(&lease, &after, &accounts).await.unwrap();
    assert_eq!(store.dirty_groups(&company(), at(0), 9).await.unwrap().len(), 1);
    assert_eq!(touched(&store, 1).await, [], "what is known touches nothing");
}

#[tokio::test]
async fn a_page_accounted_by_an_older_policy_is_accounted_again() {
    let store = furnished().await;
    let lease = lease(&store, &shop(), "one").await;
    store.add_policy(&desk(&store).await, "", None, at(0)).await.unwrap();
    let groups = vec![account("new", 1, vec![entry("new", "slot", 5)])];
    let stale = PageAccounts { revision: 0, groups };
    let told = page("a", vec![pulled("1", "one", &["new"])]);
    store.commit_accounted_page(&lease, &told, &stale).await.unwrap();
    assert_eq!(store.dirty_groups(&company(), at(0), 9).await.unwrap().len(), 1);
    assert_eq!(touched(&store, 0).await, []);
}

#[tokio::test]
async fn another_wording_has_every_group_accounted_again_once() {
    let store = furnished().await;
    save(&store, &[account("g1", 1, vec![entry("e1", "a", 3)]), account("g2", 1, Vec::new())])
        .await;
    let desk = desk(&store).await;
    let dirty = async || store.dirty_groups(&company(), at(0), 9).await.unwrap().len();
    let before = dirty().await;
    assert!(!store.word_anew(&desk, WORDING).await.unwrap(), "a company begins in this wording");
    assert_eq!(dirty().await, before);
    assert!(store.word_anew(&desk, WORDING + 1).await.unwrap());
    assert_eq!(dirty().await, 2);
    assert!(!store.word_anew(&desk, WORDING + 1).await.unwrap());
}

#[tokio::test]
async fn all_entries_are_read_page_by_page_by_group() {
    let store = furnished().await;
    let accounts = [
        account("g1", 1, vec![entry("e3", "a", 3), entry("e1", "b", 1)]),
        account("g2", 1, Vec::new()),
        account("g3", 1, vec![entry("e2", "a", 2)]),
    ];
    save(&store, &accounts).await;
    let (mut found, mut after): (Vec<(String, usize)>, Option<GroupId>) = (Vec::new(), None);
    loop {
        let page = store.entries_of_groups_after(&company(), after.as_ref(), 2).await.unwrap();
        let Some((last, _)) = page.last() else { break };
        after = Some(last.clone());
        found.extend(page.iter().map(|(group, entries)| (group.to_string(), entries.len())));
    }
    let expected = [("g1", 2), ("g2", 0), ("g3", 1)];
    assert_eq!(found, expected.map(|(group, count)| (group.to_owned(), count)));
}
