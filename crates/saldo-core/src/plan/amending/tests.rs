//! Amendments of one slot, step by step.

use crate::book::{Subject, Voided};
use crate::document::{
    Document, DocumentKey, DocumentKind, Header, Line, LineKind, SubledgerEntry, WORDING,
};
use crate::ledger::{Account, AccountKind, Dimensions};
use crate::money::{Currency, Money};
use crate::plan::{
    ApprovedChange, Change, Closing, Reason, SlotOf, SlotPlan, Whereabouts, differences,
    plan_slot_among, standing_invoice,
};
use crate::policy::Prefixes;
use std::collections::BTreeMap;

const KINDS: [DocumentKind; 2] = [DocumentKind::Expense, DocumentKind::Invoice];

fn entry(id: &str, minor: i64, class: &str) -> SubledgerEntry {
    let usd = Currency::parse("USD").unwrap();
    let header = Header {
        slot: "fees".to_owned(),
        kind: DocumentKind::Expense,
        date: "2026-03-10".parse().unwrap(),
        currency: usd,
        party: None,
        applies_to: None,
        due: None,
        ships_to: None,
        reference: String::new(),
        memo: "fees".to_owned(),
    };
    let line = |kind, name, minor, dimensions| Line {
        kind,
        account: Account::new(name, AccountKind::Expense),
        dimensions,
        amount: Money::from_minor(minor, usd),
        foreign: None,
        taxes: Vec::new(),
        quantity: None,
        text: String::new(),
        origin: id.to_owned(),
    };
    let class: Dimensions = [("class", class)].into_iter().collect();
    let lines = vec![
        line(LineKind::Other { taxed: false }, "Fees", minor, class),
        line(LineKind::Settlement, "Clearing", -minor, Dimensions::default()),
    ];
    SubledgerEntry::new(id.into(), header, lines).unwrap()
}

fn with_memo(mut entry: SubledgerEntry, memo: &str) -> SubledgerEntry {
    entry.header.memo = memo.to_owned();
    entry
}

fn of_kind(mut entry: SubledgerEntry, kind: DocumentKind) -> SubledgerEntry {
    entry.header.kind = kind;
    entry
}

/// The plan of a book that amends, whose days are closed until one, and in which these documents
/// may be voided.
fn plan_in(
    closing: Closing,
    voidable: &BTreeMap<DocumentKey, Voided>,
    entries: &[SubledgerEntry],
    approved: &[ApprovedChange],
) -> SlotPlan {
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: "fees",
        closing,
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &KINDS,
    };
    plan_slot_among(of, voidable, entries, approved, |_| None.into(), |_, _| true).unwrap()
}

fn plan(entries: &[SubledgerEntry], approved: &[ApprovedChange]) -> SlotPlan {
    plan_in(Closing::default(), &BTreeMap::new(), entries, approved)
}

fn all(whereabouts: Whereabouts, changes: Vec<Change>) -> Vec<ApprovedChange> {
    changes.into_iter().map(|change| ApprovedChange { change, whereabouts }).collect()
}

/// What stands in the book once these entries were entered.
fn entered(entries: &[SubledgerEntry]) -> Vec<ApprovedChange> {
    all(Whereabouts::InBook, plan(entries, &[]).changes)
}

/// The only change of a plan, and what it amends.
fn amendment(plan: &SlotPlan) -> (&Change, &Document, &Document) {
    assert!(plan.withdraws.is_empty() && !plan.is_unsettled, "{plan:?}");
    let [change] = &plan.changes[..] else { panic!("{plan:?}") };
    let Subject::Amended { document, before, .. } = &change.subject else { panic!("{change:?}") };
    (change, before, document)
}

fn class(document: &Document) -> Option<&str> {
    document.lines()[0].dimensions.get("class")
}

#[test]
fn another_class_amends_what_stands_and_moves_no_account() {
    let mut approved = entered(&[entry("a", 100, "Web"), entry("b", 20, "Web")]);
    let wanted = [entry("a", 100, "Retail"), entry("b", 20, "Retail")];
    let amended = plan(&wanted, &approved);
    let (change, before, document) = amendment(&amended);
    assert_eq!((class(before), class(document)), (Some("Web"), Some("Retail")));
    assert_eq!(change.id, format!("amend/{}/1", approved[0].change.id));
    assert_eq!((&change.reason, change.date()), (&Reason::SaysOtherwise, None));
    assert_eq!(change.day(), approved[0].change.date());
    let stored = serde_json::to_string(change).unwrap();
    assert_eq!(serde_json::from_str::<Change>(&stored).unwrap(), *change);
    let by_class: Vec<(String, i64)> = differences(&amended.changes)
        .unwrap()
        .iter()
        .map(|it| (it.dimensions.get("class").unwrap().to_owned(), it.amount.minor()))
        .collect();
    assert_eq!(by_class, [("Retail".to_owned(), 120), ("Web".to_owned(), -120)]);

    for whereabouts in [Whereabouts::NotInBook, Whereabouts::Unknown, Whereabouts::InBook] {
        let mut approved = approved.clone();
        approved.extend(all(whereabouts, amended.changes.clone()));
        assert_eq!(plan(&wanted, &approved), SlotPlan::default(), "{whereabouts:?}");
    }
    approved.extend(all(Whereabouts::InBook, amended.changes.clone()));
    let back = plan(&[entry("a", 100, "Web"), entry("b", 20, "Web")], &approved);
    let (again, before, document) = amendment(&back);
    assert_eq!((class(before), class(document)), (Some("Retail"), Some("Web")));
    assert_ne!(again.id, approved[1].change.id);
}

#[test]
fn another_memo_amends_what_stands_though_no_hash_differs() {
    let approved = entered(&[entry("a", 100, "Web")]);
    let wanted = [with_memo(entry("a", 100, "Web"), "charges")];
    let amended = plan(&wanted, &approved);
    let (_, before, document) = amendment(&amended);
    assert_eq!((&*before.header().memo, &*document.header().memo), ("fees", "charges"));
    for whereabouts in [Whereabouts::NotInBook, Whereabouts::Unknown, Whereabouts::InBook] {
        let mut approved = approved.clone();
        approved.extend(all(whereabouts, amended.changes.clone()));
        assert_eq!(plan(&wanted, &approved), SlotPlan::default(), "{whereabouts:?}");
    }
}

#[test]
fn what_is_not_in_the_book_is_withdrawn_once_something_else_is_wanted() {
    let mut approved = entered(&[entry("a", 100, "Web")]);
    let amended = plan(&[entry("a", 100, "Retail")], &approved);
    approved.extend(all(Whereabouts::NotInBook, amended.changes.clone()));
    let other = plan(&[entry("a", 100, "Outlet")], &approved);
    assert_eq!(other.withdraws, [amended.changes[0].id.clone()]);
    let [Change { subject: Subject::Amended { before, document, .. }, .. }] = &other.changes[..]
    else {
        panic!("{other:?}")
    };
    assert_eq!((class(before), class(document)), (Some("Web"), Some("Outlet")));
    let back = plan(&[entry("a", 100, "Web")], &approved);
    assert_eq!((back.withdraws.len(), back.changes.len()), (1, 0));

    approved[1].whereabouts = Whereabouts::Unknown;
    let unsettled = plan(&[entry("a", 100, "Outlet")], &approved);
    assert!(unsettled.is_unsettled && unsettled.changes.is_empty(), "{unsettled:?}");
}

#[test]
fn what_was_amended_is_taken_out_as_it_stands() {
    let mut approved = entered(&[entry("a", 100, "Web")]);
    let amended = plan(&[entry("a", 100, "Retail")], &approved).changes;
    approved.extend(all(Whereabouts::InBook, amended));
    let reversed = plan(&[], &approved).changes;
    let [Change { subject: Subject::Document { document, .. }, .. }] = &reversed[..] else {
        panic!("{reversed:?}")
    };
    assert_eq!((class(document), document.lines()[0].amount.minor()), (Some("Retail"), -100));
    let corrected = plan(&[entry("a", 90, "Retail")], &approved).changes;
    assert_eq!(corrected.len(), 2, "money is reversed, and entered anew");
    let both: Vec<ApprovedChange> =
        approved.iter().cloned().chain(all(Whereabouts::InBook, corrected)).collect();
    assert_eq!(plan(&[entry("a", 90, "Retail")], &both), SlotPlan::default());

    let key: DocumentKey = approved[0].change.id.parse().unwrap();
    let (_, standing) = approved[1].change.stands_as().unwrap();
    let (document, remote) = (standing.clone(), crate::text::RemoteId::from("7"));
    let voided = Voided { key, document, remote, version: "1".to_owned() };
    let voidable = BTreeMap::from([(key, voided)]);
    let voids = plan_in(Closing::default(), &voidable, &[], &approved).changes;
    assert_eq!(voids.len(), 1);
    assert_eq!(voids[0].voids().map(|it| it.key), Some(key));
}

#[test]
fn what_carries_money_is_not_amended_nor_what_is_closed_or_a_part() {
    let web = || entry("a", 100, "Web");
    let approved = entered(&[web()]);
    let is_amended = |plan: &SlotPlan| {
        plan.changes.iter().any(|it| matches!(it.subject, Subject::Amended { .. }))
    };
    let mut dearer = entry("a", 100, "Retail");
    dearer.lines[0].account = Account::new("Other fees", AccountKind::Expense);
    assert!(!is_amended(&plan(&[dearer], &approved)), "another account");
    let both = entered(&[web(), entry("b", 20, "Web")]);
    let part = plan(&[entry("a", 100, "Retail")], &both);
    assert!(!is_amended(&part), "what stands with it goes: {part:?}");
    let closed = Closing { until: Some("2026-03-31".parse().unwrap()) };
    let late = plan_in(closed, &BTreeMap::new(), &[entry("a", 100, "Retail")], &approved);
    assert!(!is_amended(&late) && late.changes.len() == 2, "{late:?}");
    assert!(late.changes.iter().all(|it| it.relates_to.is_some()), "{late:?}");
    let memo = [with_memo(web(), "charges")];
    assert_eq!(plan_in(closed, &BTreeMap::new(), &memo, &approved), SlotPlan::default());
    let other = |slot| of_kind(slot, DocumentKind::RefundReceipt);
    let refund = entered(&[other(web())]);
    assert!(!is_amended(&plan(&[other(entry("a", 100, "Retail"))], &refund)), "no such kind");
    let mut draft = approved.clone();
    if let Subject::Document { draft, .. } = &mut draft[0].change.subject {
        *draft = true;
    }
    assert!(!is_amended(&plan(&[entry("a", 100, "Retail")], &draft)), "a draft is no document yet");
}

#[test]
fn what_was_amended_is_still_what_others_belong_to() {
    let invoice = |class| of_kind(entry("a", 100, class), DocumentKind::Invoice);
    let mut approved = entered(&[invoice("Web")]);
    let before = standing_invoice(&approved);
    assert!(before.is_some());
    let amended = plan(&[invoice("Retail")], &approved).changes;
    for whereabouts in [Whereabouts::NotInBook, Whereabouts::InBook] {
        approved.truncate(1);
        approved.extend(all(whereabouts, amended.clone()));
        assert_eq!(standing_invoice(&approved), before, "{whereabouts:?}");
    }
}

#[test]
fn what_was_moved_to_an_open_day_is_amended_there() {
    let closed = Closing { until: Some("2026-03-31".parse().unwrap()) };
    let moved = plan_in(closed, &BTreeMap::new(), &[entry("a", 100, "Web")], &[]).changes;
    let approved = all(Whereabouts::InBook, moved);
    let wanted = [with_memo(entry("a", 100, "Retail"), "charges")];
    let amended = plan_in(closed, &BTreeMap::new(), &wanted, &approved);
    let (change, before, document) = amendment(&amended);
    assert_eq!(before.header().date, document.header().date);
    assert_eq!(document.header().memo, "charges (relates to 2026-03-10)");
    let settled = [&approved[..], &all(Whereabouts::InBook, vec![change.clone()])].concat();
    assert_eq!(plan_in(closed, &BTreeMap::new(), &wanted, &settled), SlotPlan::default());
}

#[test]
fn what_is_on_its_way_is_amended_after_it() {
    let approved = all(
        Whereabouts::NotInBook,
        entered(&[entry("a", 100, "Web")]).into_iter().map(|it| it.change).collect(),
    );
    let amended = plan(&[with_memo(entry("a", 100, "Web"), "charges")], &approved);
    let (change, ..) = amendment(&amended);
    assert_eq!(amended.waits[&change.id].iter().collect::<Vec<_>>(), [&approved[0].change.id]);
}

#[test]
fn what_stands_in_the_words_of_another_release_is_amended_for_what_the_owner_says_alone() {
    let mut approved = entered(&[entry("a", 100, "Web")]);
    approved[0].change.wording = WORDING - 1;
    let mut reworded = with_memo(entry("a", 100, "Web"), "charges");
    reworded.lines[0].text = "Charge".to_owned();
    reworded.header.reference = "Charges".to_owned();
    assert_eq!(plan(&[reworded.clone()], &approved), SlotPlan::default());

    let mut due = reworded.clone();
    due.header.due = Some("2026-04-10".parse().unwrap());
    let by_class = with_memo(entry("a", 100, "Retail"), "charges");
    for wanted in [due, by_class] {
        let amended = plan(std::slice::from_ref(&wanted), &approved);
        let (change, _, document) = amendment(&amended);
        assert_eq!((change.wording, &*document.header().memo), (WORDING, "charges"));
        let mut approved = approved.clone();
        approved.extend(all(Whereabouts::InBook, amended.changes.clone()));
        assert_eq!(plan(std::slice::from_ref(&wanted), &approved), SlotPlan::default());
        let again = with_memo(wanted, "fees of March");
        amendment(&plan(&[again], &approved));
    }
}

#[test]
fn documents_that_are_amended_at_once_are_numbered_one_after_the_other() {
    let mut approved = entered(&[entry("a", 100, "Web")]);
    let both = [entry("a", 100, "Web"), entry("b", 20, "Web")];
    approved.extend(all(Whereabouts::InBook, plan(&both, &approved).changes));
    let generations = |plan: &SlotPlan| -> Vec<_> {
        let amended = plan.changes.iter();
        let amended = amended.filter(|it| matches!(it.subject, Subject::Amended { .. }));
        amended.map(|it| it.generation).collect()
    };
    let amended = plan(&[entry("a", 100, "Retail"), entry("b", 20, "Retail")], &approved);
    let last = approved.iter().map(|it| it.change.generation).max().unwrap();
    assert_eq!(generations(&amended), [last + 1, last + 2], "{amended:?}");
}
