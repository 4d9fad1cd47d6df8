//! Plans of one slot, step by step.

mod parted;

use super::*;
use crate::book::Item;
use crate::document::{DocumentKind, Header, Line, LineKind};
use crate::ledger::{Account, AccountKind, Dimensions};
use crate::policy::Prefixes;

fn entry(id: &str, minor: i64) -> SubledgerEntry {
    let usd = crate::money::Currency::parse("USD").unwrap();
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
    let line = |kind, name, minor| Line {
        kind,
        account: Account::new(name, AccountKind::Expense),
        dimensions: Dimensions::default(),
        amount: Money::from_minor(minor, usd),
        foreign: None,
        taxes: Vec::new(),
        quantity: None,
        text: String::new(),
        origin: id.to_owned(),
    };
    let lines = vec![
        line(LineKind::Other { taxed: false }, "Fees", minor),
        line(LineKind::Settlement, "Clearing", -minor),
    ];
    SubledgerEntry::new(id.into(), header, lines).unwrap()
}

const SLOT: &str = "fees";

fn whole_plan(entries: &[SubledgerEntry], approved: &[ApprovedChange]) -> SlotPlan {
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: SLOT,
        closing: Closing::default(),
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    plan_slot(of, entries, approved, |_| None).unwrap()
}

fn plan(entries: &[SubledgerEntry], approved: &[ApprovedChange]) -> Vec<Change> {
    let plan = whole_plan(entries, approved);
    assert!(plan.withdraws.is_empty() && !plan.is_unsettled, "{plan:?}");
    plan.changes
}

fn all(whereabouts: Whereabouts, changes: Vec<Change>) -> Vec<ApprovedChange> {
    changes.into_iter().map(|change| ApprovedChange { change, whereabouts }).collect()
}

fn fees(changes: &[Change]) -> Vec<i64> {
    let usd = crate::money::Currency::parse("USD").unwrap();
    changes
        .iter()
        .map(|change| movement(std::slice::from_ref(change)).unwrap()["Fees"].of(usd).minor())
        .collect()
}

#[test]
fn a_plan_after_approval_is_empty() {
    let entries = [entry("a", 100), entry("b", 20)];
    let changes = plan(&entries, &[]);
    assert_eq!(fees(&changes), [120]);
    for whereabouts in [Whereabouts::InBook, Whereabouts::Unknown, Whereabouts::NotInBook] {
        assert_eq!(plan(&entries, &all(whereabouts, changes.clone())), []);
    }
}

#[test]
fn a_later_fact_is_a_supplement_with_only_itself() {
    for whereabouts in [Whereabouts::InBook, Whereabouts::Unknown, Whereabouts::NotInBook] {
        let mut approved = all(whereabouts, plan(&[entry("a", 100)], &[]));
        let later = plan(&[entry("a", 100), entry("b", 20)], &approved);
        assert_eq!(fees(&later), [20]);
        assert_eq!((later[0].generation, &later[0].reason), (1, &Reason::LaterFact));
        approved.extend(all(whereabouts, later));
        assert_eq!(plan(&[entry("a", 100), entry("b", 20)], &approved), []);
    }
}

#[test]
fn what_no_longer_holds_is_reversed_and_entered_anew() {
    let mut approved = all(Whereabouts::InBook, plan(&[entry("a", 100), entry("b", 20)], &[]));
    let corrected = plan(&[entry("a", 90), entry("b", 20)], &approved);
    assert_eq!(fees(&corrected), [-100, 90]);
    assert_eq!(corrected.iter().map(|change| change.generation).collect::<Vec<_>>(), [1, 2]);
    let reasons: Vec<&Reason> = corrected.iter().map(|change| &change.reason).collect();
    assert_eq!(reasons, [&Reason::NoLongerHolds, &Reason::Replaces]);
    approved.extend(all(Whereabouts::InBook, corrected));
    assert_eq!(plan(&[entry("a", 90), entry("b", 20)], &approved), []);
    let vanished = plan(&[], &approved);
    assert_eq!(fees(&vanished), [-110]);
    approved.extend(all(Whereabouts::InBook, vanished));
    assert_eq!(plan(&[], &approved), []);
    let back = plan(&[entry("a", 90)], &approved);
    assert_eq!(fees(&back), [90]);
    let keys: BTreeSet<_> =
        approved.iter().map(|it| &it.change).chain(&back).map(|change| &change.id).collect();
    assert_eq!(keys.len(), approved.len() + 1, "every generation has its own key");
}

#[test]
fn what_is_certainly_not_in_the_book_is_withdrawn_and_never_reversed() {
    let mut approved = all(Whereabouts::NotInBook, plan(&[entry("a", 100), entry("b", 20)], &[]));
    let corrected = whole_plan(&[entry("a", 90), entry("b", 20)], &approved);
    assert_eq!(corrected.withdraws, [approved[0].change.id.clone()]);
    assert_eq!(fees(&corrected.changes), [110]);
    assert_eq!(corrected.changes[0].generation, 1, "a number is used once");
    assert_eq!(corrected.changes[0].reason, Reason::Replaces);
    approved[0].whereabouts = Whereabouts::Withdrawn;
    approved.extend(all(Whereabouts::InBook, corrected.changes));
    assert_eq!(plan(&[entry("a", 90), entry("b", 20)], &approved), []);

    let refused = all(Whereabouts::NotInBook, plan(&[entry("a", 100)], &[]));
    let vanished = whole_plan(&[], &refused);
    assert_eq!((vanished.withdraws.len(), vanished.changes.len()), (1, 0));
}

#[test]
fn nothing_that_depends_on_a_doubt_is_planned() {
    let approved = all(Whereabouts::Unknown, plan(&[entry("a", 100)], &[]));
    for wanted in [vec![entry("a", 90)], vec![], vec![entry("b", 20)]] {
        let unsettled = SlotPlan { is_unsettled: true, ..SlotPlan::default() };
        assert_eq!(whole_plan(&wanted, &approved), unsettled);
    }
}

#[test]
fn beside_a_doubt_what_is_certainly_not_in_the_book_is_withdrawn() {
    let mut approved = all(Whereabouts::Unknown, plan(&[entry("a", 100)], &[]));
    let supplement = plan(&[entry("a", 100), entry("b", 20)], &approved);
    approved.extend(all(Whereabouts::NotInBook, supplement));
    let expected = SlotPlan {
        withdraws: vec![approved[1].change.id.clone()],
        is_unsettled: true,
        ..SlotPlan::default()
    };
    assert_eq!(whole_plan(&[entry("c", 7)], &approved), expected);
    let unsettled = SlotPlan { is_unsettled: true, ..SlotPlan::default() };
    assert_eq!(whole_plan(&[entry("b", 20)], &approved), unsettled);
}

#[test]
fn a_reversal_that_is_not_in_the_book_is_withdrawn_when_its_entry_is_wanted_again() {
    let mut approved = all(Whereabouts::InBook, plan(&[entry("a", 100)], &[]));
    let corrected = whole_plan(&[entry("a", 90)], &approved);
    let [reversal, replacement] = &corrected.changes[..] else { panic!("{corrected:?}") };
    let expected = BTreeSet::from([reversal.id.clone()]);
    assert_eq!(corrected.waits, BTreeMap::from([(replacement.id.clone(), expected.clone())]));
    approved.extend(all(Whereabouts::NotInBook, corrected.changes.clone()));

    let again = whole_plan(&[entry("a", 80)], &approved);
    assert_eq!(again.withdraws, std::slice::from_ref(&replacement.id));
    assert_eq!(fees(&again.changes), [80]);
    let waits = again.waits.into_values().collect::<Vec<_>>();
    assert_eq!(waits, [expected], "the refused reversal still comes first");

    let back = whole_plan(&[entry("a", 100)], &approved);
    assert_eq!(back.withdraws, [reversal.id.clone(), replacement.id.clone()]);
    assert_eq!(back.changes, []);

    approved[2].whereabouts = Whereabouts::InBook;
    let both = whole_plan(&[entry("a", 100)], &approved);
    assert_eq!(both.withdraws, std::slice::from_ref(&reversal.id));
    assert_eq!(fees(&both.changes), [-90], "what stands beside it is taken out");
}

fn of_kind(entry: SubledgerEntry, kind: DocumentKind, invoice: Option<&str>) -> SubledgerEntry {
    let applies_to = invoice.map(str::to_owned);
    SubledgerEntry { header: Header { kind, applies_to, ..entry.header.clone() }, ..entry }
}

fn key(change: &Change) -> DocumentKey {
    change.id.parse().unwrap()
}

#[test]
fn an_invoice_that_was_taken_out_or_withdrawn_does_not_stand() {
    let invoice = |minor| of_kind(entry("a", minor), DocumentKind::Invoice, None);
    let mut approved = all(Whereabouts::InBook, plan(&[invoice(100)], &[]));
    assert_eq!(standing_invoice(&approved), Some(key(&approved[0].change)));
    let replaced = all(Whereabouts::NotInBook, plan(&[invoice(90)], &approved));
    let both: Vec<_> = approved.iter().chain(&replaced).cloned().collect();
    assert_eq!(standing_invoice(&both), Some(key(&replaced[1].change)));
    approved.extend(all(Whereabouts::InBook, plan(&[], &approved)));
    assert_eq!(standing_invoice(&approved), None, "it was taken out");
    approved.extend(all(Whereabouts::Withdrawn, plan(&[invoice(90)], &approved)));
    assert_eq!(standing_invoice(&approved), None, "it never came");
    let expense = all(Whereabouts::InBook, plan(&[entry("a", 100)], &[]));
    assert_eq!(standing_invoice(&expense), None, "it takes no payments");
}

#[test]
fn a_payment_that_is_not_in_the_book_follows_its_invoice() {
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: SLOT,
        closing: Closing::default(),
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    let payment = [of_kind(entry("p", 100), DocumentKind::Payment, Some("sale"))];
    let (one, other) = ("00000000001".parse().unwrap(), "00000000002".parse().unwrap());
    let first = plan_slot(of, &payment, &[], |_| Some(one)).unwrap();
    assert_eq!(first.changes[0].invoice(), Some(one));
    assert_eq!(first.waits[&first.changes[0].id], BTreeSet::from([one.to_string()]));
    let approved = all(Whereabouts::NotInBook, first.changes.clone());
    let same = plan_slot(of, &payment, &approved, |_| Some(one)).unwrap();
    assert_eq!(same, SlotPlan::default());
    let moved = plan_slot(of, &payment, &approved, |_| Some(other)).unwrap();
    assert_eq!(moved.withdraws, [first.changes[0].id.clone()]);
    assert_eq!(moved.changes[0].invoice(), Some(other));
    let entered = all(Whereabouts::InBook, first.changes);
    let stays = plan_slot(of, &payment, &entered, |_| Some(other)).unwrap();
    assert_eq!(stays, SlotPlan::default(), "what was entered is not entered again");
    // A supplement came to what it belongs to, which stands as it did.
    let both = |_: &str| StandingInvoices { keys: vec![one, other], ..Default::default() };
    let stays =
        plan_slot_among(of, &BTreeMap::new(), &payment, &approved, both, |_, _| false).unwrap();
    assert!(stays.changes.is_empty() && stays.withdraws.is_empty(), "{stays:?}");
    let anew = plan_slot_among(of, &BTreeMap::new(), &payment, &[], both, |_, _| false).unwrap();
    assert_eq!(anew.changes[0].invoice(), Some(other), "the last one");
}

#[test]
fn what_replaces_a_payment_in_the_book_belongs_to_no_invoice() {
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: SLOT,
        closing: Closing::default(),
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    let payment = |minor| [of_kind(entry("p", minor), DocumentKind::Payment, Some("sale"))];
    let invoice = "00000000001".parse().unwrap();
    let plan = |minor, approved: &[ApprovedChange]| {
        plan_slot(of, &payment(minor), approved, |_| Some(invoice)).unwrap()
    };
    let mut approved = all(Whereabouts::InBook, plan(100, &[]).changes);
    assert_eq!(approved[0].change.invoice(), Some(invoice));
    for minor in [90, 100] {
        let replaced = plan(minor, &approved).changes;
        assert_eq!(replaced.iter().map(Change::invoice).collect::<Vec<_>>(), [None, None]);
        for whereabouts in [Whereabouts::NotInBook, Whereabouts::InBook] {
            let known = [&approved[..], &all(whereabouts, replaced.clone())].concat();
            assert_eq!(plan(minor, &known), SlotPlan::default());
        }
        approved.extend(all(Whereabouts::InBook, replaced));
    }
}

#[test]
fn taxes_of_one_name_are_summed_rate_by_rate() {
    let taxed = |id: &str, percent: i64, minor: i64| {
        let mut entry = entry(id, minor);
        let rate = Some(percent.into());
        entry.lines[0].kind = LineKind::Tax { title: "VAT".to_owned(), rate };
        entry
    };
    let entries = [taxed("a", 25, 100), taxed("b", 12, 40), taxed("c", 25, 20)];
    let document = compose(&entries).unwrap().unwrap();
    let taxes: Vec<_> = document
        .lines()
        .iter()
        .filter_map(|line| match &line.kind {
            LineKind::Tax { rate, .. } => Some((*rate, line.amount.minor())),
            _ => None,
        })
        .collect();
    assert_eq!(taxes, [(Some(12.into()), 40), (Some(25.into()), 120)]);
}

#[test]
fn the_same_is_wanted_whatever_it_is_wanted_for() {
    let changes = plan(&[entry("a", 100)], &[]);
    let [document] = &changes[..] else { panic!("{changes:?}") };
    let anew = Change { reason: Reason::LaterFact, ..document.clone() };
    assert!(document.wants_the_same(&anew), "why does not count");
    assert!(!document.wants_the_same(&Change { generation: 7, ..document.clone() }));
    let need = |need: Need| Change {
        id: need.binding(),
        subject: Subject::Need(need),
        reason: Reason::NewFact,
        ..document.clone()
    };
    let account = |kind| need(Need::Account(Account::new("Fees", kind)));
    let fees = account(AccountKind::Expense);
    assert!(fees.wants_the_same(&account(AccountKind::Expense)));
    assert!(!fees.wants_the_same(&account(AccountKind::Income)), "it is of another kind");
    let customer = |key: &str, name: &str| {
        let (key, name) = (key.to_owned(), name.to_owned());
        need(Need::Party(crate::document::Party::Customer { key, name }))
    };
    assert!(customer("1", "Ann").wants_the_same(&customer("1", "Anna")), "it has the binding");
    assert!(!customer("1", "Ann").wants_the_same(&customer("2", "Ann")));
    let called = |word: &str, name: &str| crate::book::Called {
        word: word.to_owned(),
        name: Some(name.to_owned()),
    };
    let class = |name: &str| need(Need::Dimension(called("class", name)));
    assert!(class("Class").wants_the_same(&class("Class")));
    assert!(!class("Class").wants_the_same(&class("Classes")), "by its name it is made");
    assert!(!fees.wants_the_same(document) && !class("Class").wants_the_same(&fees));
}

#[test]
fn a_draft_alone_is_confirmed() {
    let changes = plan(&[entry("a", 100)], &[]);
    let mut draft = changes[0].clone();
    assert_eq!(draft.confirmation(), None);
    let Subject::Document { draft: is_draft, .. } = &mut draft.subject else { panic!() };
    *is_draft = true;
    let confirmed = draft.confirmation().unwrap();
    assert_eq!(confirmed.id, format!("confirm/{}", draft.id));
    assert!(confirmed.enters.is_empty() && confirmed.date().is_none());
}

/// The lines of the document of entries: account, amount in minor units and text.
fn lines(entries: &[SubledgerEntry]) -> Vec<(String, i64, String)> {
    let document = compose(entries).unwrap().unwrap();
    let lines = document.lines().iter();
    lines.map(|it| (it.account.name.to_string(), it.amount.minor(), it.text.clone())).collect()
}

#[test]
fn lines_that_are_summed_say_how_many_they_are() {
    let sold = |id: &str, minor: i64| {
        let mut entry = entry(id, minor);
        let mug = crate::commerce::Product { id: None, sku: None, title: "Mug".to_owned() };
        entry.lines[0].kind = LineKind::Product { product: mug, taxed: true, kept: None };
        entry.lines[0].quantity = Some(1);
        "Mug".clone_into(&mut entry.lines[0].text);
        entry
    };
    let both = compose(&[sold("a", 100), sold("b", 20)]).unwrap().unwrap();
    let [sales, paid] = both.lines() else { panic!("{both:?}") };
    assert_eq!((sales.amount.minor(), sales.quantity, &*sales.origin), (120, None, ""));
    assert_eq!((&sales.kind, &*sales.text), (&LineKind::Other { taxed: true }, "Fees (2 lines)"));
    assert_eq!((paid.amount.minor(), &*paid.text), (-120, "Clearing (2 lines)"));
    // What stands alone stays as it is.
    let apart = compose(&[sold("a", 100), entry("b", 20)]).unwrap().unwrap();
    let mug = apart.lines().iter().find(|line| line.quantity.is_some()).unwrap();
    assert_eq!((mug.amount.minor(), &*mug.text, &*mug.origin), (100, "Mug", "a"));
    let three = lines(&[sold("a", 100), sold("b", 20), sold("c", 3)]);
    assert_eq!(three[0], ("Fees".to_owned(), 123, "Fees (3 lines)".to_owned()));
}

#[test]
fn what_comes_to_nothing_has_no_line_unless_it_moves_another_currency() {
    assert_eq!(compose(&[entry("a", 100), entry("b", -100)]).unwrap(), None);
    let eur = crate::money::Currency::parse("EUR").unwrap();
    let foreign = |id: &str, minor: i64, held: i64| {
        let mut entry = entry(id, minor);
        entry.lines[1].foreign = Some(Money::from_minor(-held, eur));
        entry
    };
    let left = compose(&[foreign("a", 100, 90), foreign("b", -100, -80)]).unwrap().unwrap();
    let [line] = left.lines() else { panic!("{left:?}") };
    assert_eq!((line.amount.minor(), line.held()), (0, Money::from_minor(-10, eur)));
}

#[test]
fn both_sides_of_an_account_are_shown_where_they_say_something() {
    let of = |kind: DocumentKind, line: LineKind, account: AccountKind| {
        let one = |id: &str, minor: i64| {
            let mut entry = of_kind(entry(id, minor), kind, None);
            for it in &mut entry.lines {
                it.kind = line.clone();
                it.account.kind = account;
            }
            entry
        };
        let all = [one("a", 100), one("b", -30), one("c", 5)];
        let amounts = lines(&all).into_iter().filter(|(name, ..)| name == "Fees");
        amounts.map(|(_, minor, _)| minor).collect::<Vec<_>>()
    };
    let other = || LineKind::Other { taxed: false };
    let (transfer, journal) = (DocumentKind::Transfer, DocumentKind::JournalEntry);
    assert_eq!(of(transfer, LineKind::Settlement, AccountKind::Clearing), [105, -30]);
    assert_eq!(of(DocumentKind::SalesReceipt, LineKind::Settlement, AccountKind::Clearing), [75]);
    assert_eq!(of(journal, other(), AccountKind::Clearing), [105, -30]);
    assert_eq!(of(journal, other(), AccountKind::Expense), [75]);
    assert_eq!(of(DocumentKind::Expense, other(), AccountKind::Clearing), [75]);
}

#[test]
fn a_reversal_of_a_payment_belongs_to_no_invoice() {
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: SLOT,
        closing: Closing::default(),
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    let payment = [of_kind(entry("p", 100), DocumentKind::Payment, Some("sale"))];
    let invoice = "00000000001".parse().unwrap();
    let plan = |entries: &[SubledgerEntry], approved: &[ApprovedChange]| {
        plan_slot(of, entries, approved, |_| Some(invoice)).unwrap()
    };
    let mut approved = all(Whereabouts::InBook, plan(&payment, &[]).changes);
    let gone = plan(&[], &approved).changes;
    assert_eq!(gone.iter().map(Change::invoice).collect::<Vec<_>>(), [None]);
    approved.extend(all(Whereabouts::NotInBook, gone));
    assert_eq!(plan(&[], &approved), SlotPlan::default());
}

#[test]
fn an_account_of_another_kind_is_news_only_to_a_book_that_does_not_have_it() {
    let mut other = entry("a", 100);
    for line in &mut other.lines {
        line.account = Account::new(&*line.account.name, AccountKind::Income);
    }
    let changes = plan(&[entry("a", 100)], &[]);
    let refused = all(Whereabouts::NotInBook, changes.clone());
    let again = whole_plan(std::slice::from_ref(&other), &refused);
    assert_eq!((again.withdraws.len(), fees(&again.changes)), (1, vec![100]));
    let entered = all(Whereabouts::InBook, changes);
    assert_eq!(plan(&[other], &entered), []);
}

#[test]
fn what_waits_for_a_reversal_is_withdrawn_with_it() {
    let mut approved = all(Whereabouts::InBook, plan(&[entry("a", 100), entry("b", 20)], &[]));
    let first = plan(&[entry("b", 25)], &approved);
    let [reversal, replacement] = &first[..] else { panic!("{first:?}") };
    let withdrawn = [reversal.id.clone(), replacement.id.clone()];
    approved.extend(all(Whereabouts::NotInBook, first.clone()));

    let wanted = [entry("a", 100), entry("b", 25)];
    let again = whole_plan(&wanted, &approved);
    assert_eq!(again.withdraws, withdrawn);
    assert_eq!(fees(&again.changes), [-20, 25]);
    let waits = BTreeSet::from([again.changes[0].id.clone()]);
    assert_eq!(again.waits, BTreeMap::from([(again.changes[1].id.clone(), waits)]));
    for it in &mut approved[1..] {
        it.whereabouts = Whereabouts::Withdrawn;
    }
    approved.extend(all(Whereabouts::NotInBook, again.changes));
    assert_eq!(plan(&wanted, &approved), []);
}

#[test]
fn what_comes_by_another_key_waits_for_the_reversal_too() {
    let approved = all(Whereabouts::InBook, plan(&[entry("told by a file", 100)], &[]));
    let corrected = whole_plan(&[entry("told by the interface", 101)], &approved);
    let [reversal, replacement] = &corrected.changes[..] else { panic!("{corrected:?}") };
    assert_eq!(fees(&corrected.changes), [-100, 101]);
    let waits = BTreeSet::from([reversal.id.clone()]);
    assert_eq!(corrected.waits, BTreeMap::from([(replacement.id.clone(), waits)]));
}

/// Nothing more is planned once this plan is approved, whatever is known of it by then.
fn assert_settles(wanted: &[SubledgerEntry], approved: &[ApprovedChange], planned: &[Change]) {
    for whereabouts in [Whereabouts::NotInBook, Whereabouts::Unknown, Whereabouts::InBook] {
        let mut approved = approved.to_vec();
        approved.extend(all(whereabouts, planned.to_vec()));
        assert_eq!(plan(wanted, &approved), [], "{whereabouts:?}");
    }
}

#[test]
fn what_landed_after_it_was_given_up_is_taken_out_once() {
    for wanted in [[entry("a", 90)], [entry("a", 100)]] {
        let mut approved = all(Whereabouts::Withdrawn, plan(&[entry("a", 100)], &[]));
        let instead = plan(&wanted, &approved);
        approved.extend(all(Whereabouts::InBook, instead));
        assert_eq!(plan(&wanted, &approved), []);
        approved[0].whereabouts = Whereabouts::InBook;
        let out = plan(&wanted, &approved);
        assert_eq!(fees(&out), [-100]);
        assert_settles(&wanted, &approved, &out);
    }
}

#[test]
fn what_landed_late_and_is_wanted_again_is_not_entered_beside_it() {
    let wanted = [entry("a", 100)];
    let mut approved = all(Whereabouts::Withdrawn, plan(&wanted, &[]));
    let again = plan(&wanted, &approved);
    approved.extend(all(Whereabouts::NotInBook, again));
    approved[0].whereabouts = Whereabouts::InBook;
    let planned = whole_plan(&wanted, &approved);
    assert_eq!(planned.withdraws, std::slice::from_ref(&approved[1].change.id));
    assert_eq!(planned.changes, []);
}

#[test]
fn what_two_reversals_took_out_is_entered_once_more() {
    let mut approved = all(Whereabouts::InBook, plan(&[entry("a", 100)], &[]));
    let given_up = plan(&[], &approved);
    approved.extend(all(Whereabouts::Withdrawn, given_up));
    let reversal = plan(&[], &approved);
    approved.extend(all(Whereabouts::InBook, reversal));
    approved[1].whereabouts = Whereabouts::InBook;
    for (wanted, expected) in [(vec![], [100]), (vec![entry("a", 100)], [200])] {
        let planned = plan(&wanted, &approved);
        assert_eq!(fees(&planned), expected);
        assert_settles(&wanted, &approved, &planned);
    }
}

#[test]
fn a_plan_amounts_to_the_difference_that_it_makes() {
    let approved = all(Whereabouts::InBook, plan(&[entry("a", 100)], &[]));
    let new = differences(approved.iter().map(|it| &it.change)).unwrap();
    let amounts: Vec<i64> = new.iter().map(|difference| difference.amount.minor()).collect();
    assert_eq!((amounts.len(), amounts.iter().sum::<i64>()), (2, 0));
    let raised = plan(&[entry("a", 130)], &approved);
    assert_eq!(raised.len(), 2, "a reversal and what replaces it");
    let difference = differences(&raised).unwrap();
    let of_fees = difference.iter().map(|difference| difference.amount.minor().abs());
    assert_eq!(of_fees.collect::<Vec<_>>(), [30, 30]);
    assert!(difference.iter().all(|difference| difference.month.day() == 1));
    assert_eq!(differences(&[]).unwrap(), []);
}

fn closed(until: &str, entries: &[SubledgerEntry], approved: &[ApprovedChange]) -> SlotPlan {
    let closing = Closing { until: Some(until.parse().unwrap()) };
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: SLOT,
        closing,
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    plan_slot(of, entries, approved, |_| None).unwrap()
}

fn dates(changes: &[Change]) -> Vec<(String, Option<String>)> {
    let text = |date: Date| date.to_string();
    changes.iter().map(|it| (it.date().unwrap().to_string(), it.relates_to.map(text))).collect()
}

#[test]
fn what_belongs_to_a_closed_period_is_dated_on_the_first_open_day() {
    let entries = [entry("a", 100)];
    let plan = closed("2026-03-31", &entries, &[]);
    let (day, relates_to) = ("2026-04-01".to_owned(), Some("2026-03-10".to_owned()));
    assert_eq!(dates(&plan.changes), [(day, relates_to)]);
    let Subject::Document { document, .. } = &plan.changes[0].subject else { panic!() };
    assert_eq!(document.header().memo, "fees (relates to 2026-03-10)");
    for whereabouts in [Whereabouts::InBook, Whereabouts::Unknown, Whereabouts::NotInBook] {
        let approved = all(whereabouts, plan.changes.clone());
        assert_eq!(closed("2026-03-31", &entries, &approved), SlotPlan::default());
        // Once there, it stays where it is, whatever is closed or open later.
        assert_eq!(whole_plan(&entries, &approved), SlotPlan::default());
    }
}

#[test]
fn what_stands_in_a_closed_period_is_taken_out_on_the_first_open_day() {
    let approved = all(Whereabouts::InBook, plan(&[entry("a", 100)], &[]));
    let plan = closed("2026-03-31", &[], &approved);
    assert_eq!(fees(&plan.changes), [-100]);
    let moved = ("2026-04-01".to_owned(), Some("2026-03-10".to_owned()));
    assert_eq!(dates(&plan.changes), [moved]);
}

#[test]
fn what_was_moved_is_taken_out_on_the_day_that_it_was_moved_to() {
    let approved = all(Whereabouts::InBook, closed("2026-03-31", &[entry("a", 100)], &[]).changes);
    let plan = whole_plan(&[], &approved);
    assert_eq!(dates(&plan.changes), [("2026-04-01".to_owned(), None)]);
}

#[test]
fn what_did_not_arrive_before_its_period_was_closed_is_planned_anew() {
    let entries = [entry("a", 100)];
    let approved = all(Whereabouts::NotInBook, plan(&entries, &[]));
    let plan = closed("2026-03-31", &entries, &approved);
    assert_eq!(plan.withdraws, [approved[0].change.id.clone()]);
    assert_eq!(dates(&plan.changes)[0].0, "2026-04-01");
    let unknown = all(Whereabouts::Unknown, vec![approved[0].change.clone()]);
    assert_eq!(closed("2026-03-31", &entries, &unknown), SlotPlan::default());
}

#[test]
fn what_a_need_needs_is_made_before_it_and_once() {
    let account = Account::new("Product sales", AccountKind::Income);
    let item = Need::Item(Item::plain(None, account.clone()));
    let account = Need::Account(account);
    let needs = |subject: &Subject| match subject {
        Subject::Document { .. } => vec![item.clone()],
        Subject::Need(Need::Item(_)) => vec![account.clone()],
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => Vec::new(),
    };
    let first = plan(&[entry("a", 100)], &[]);
    let documents = [&first[..], &plan(&[entry("b", 20)], &[])].concat();
    let planned = |bound: &[&Need]| -> Vec<String> {
        let bound = |need: &Need| bound.contains(&need);
        let changes = plan_needs(&"book".into(), &documents, needs, bound);
        changes.into_iter().map(|change| change.id).collect()
    };
    assert_eq!(planned(&[]), ["account/Product sales", "item/Product sales"]);
    assert_eq!(planned(&[&account]), ["item/Product sales"]);
    assert_eq!(planned(&[&account, &item]), [""; 0]);
}

/// What a plan says where these documents may be voided.
fn plan_voiding(
    entries: &[SubledgerEntry],
    approved: &[ApprovedChange],
    closing: Closing,
) -> Vec<Change> {
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: SLOT,
        closing,
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    let voidable = approved.iter().filter_map(|it| {
        let Subject::Document { key, document, .. } = &it.change.subject else { return None };
        let (document, remote) = ((**document).clone(), crate::text::RemoteId::from("7"));
        Some((*key, Voided { key: *key, document, remote, version: "0".to_owned() }))
    });
    let voidable = voidable.collect();
    plan_slot_voiding(of, &voidable, entries, approved, |_| None).unwrap().changes
}

#[test]
fn a_document_that_goes_as_a_whole_is_voided_in_an_open_period() {
    let entries = [entry("a", 100), entry("b", 20)];
    let mut approved = all(Whereabouts::InBook, plan(&entries, &[]));
    let number = approved[0].change.id.clone();
    let open = Closing::default();
    let voided = plan_voiding(&[], &approved, open);
    assert_eq!(fees(&voided), [-120]);
    assert_eq!(voided[0].voids().unwrap().key.to_string(), number);
    assert_eq!(voided[0].date(), approved[0].change.date());
    let reversed = plan_voiding(&entries[..1], &approved, open);
    assert_eq!((fees(&reversed), reversed[0].voids()), (vec![-20], None), "a part is reversed");
    let closed = Closing { until: approved[0].change.date() };
    let late = plan_voiding(&[], &approved, closed);
    assert_eq!((fees(&late), late[0].voids()), (vec![-120], None), "nothing closed is voided");
    approved.extend(all(Whereabouts::InBook, voided));
    assert!(plan_voiding(&[], &approved, open).is_empty(), "it is nil");
    let again = plan_voiding(&entries, &approved, open);
    assert_eq!((fees(&again), again[0].generation), (vec![120], 2), "it is entered anew");
    assert_eq!(again[0].voids(), None);
}

#[test]
fn what_was_entered_again_is_not_voided_by_its_first_number() {
    let entries = [entry("a", 100)];
    let mut approved = all(Whereabouts::InBook, plan(&entries, &[]));
    approved.extend(all(Whereabouts::InBook, plan(&[], &approved)));
    approved.extend(all(Whereabouts::InBook, plan(&entries, &approved)));
    let voided = plan_voiding(&[], &approved, Closing::default());
    assert_eq!(fees(&voided), [-100]);
    assert_eq!(voided[0].voids().unwrap().key.to_string(), approved[2].change.id);
}

#[test]
fn a_document_keeps_the_prefix_that_it_was_planned_with() {
    let numbered = |text: &str| -> Prefixes {
        let policy = crate::policy::PolicyText { ..toml::from_str(text).unwrap() };
        policy.numbers
    };
    let (before, after) = (numbered("[numbers]\nexpense = \"F-\""), numbered(""));
    let planned = |entries: &[SubledgerEntry], approved: &[ApprovedChange], prefixes| {
        let (company, book) = (&"demo".into(), &"book".into());
        let (closing, slot) = (Closing::default(), SLOT);
        let of = SlotOf { company, book, slot, closing, of_documents: None, prefixes, amends: &[] };
        plan_slot(of, entries, approved, |_| None).unwrap().changes
    };
    let number = |change: &Change| match &change.subject {
        Subject::Document { key, document, .. } => document.number(*key),
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => {
            panic!("no document")
        }
    };
    let expense = |id| of_kind(entry(id, 100), DocumentKind::Expense, None);
    let of_channel = numbered("[numbers.channels.\"shop:b\"]\nexpense = \"B-\"");
    for (id, beginning) in [("shop:b/1/fee", "B-"), ("shop:c/1/fee", "")] {
        let change = &planned(&[expense(id)], &[], &of_channel)[0];
        assert_eq!(number(change), format!("{beginning}{}", change.id), "{id}");
    }
    let first = planned(&[expense("a")], &[], &before);
    assert_eq!(number(&first[0]), format!("F-{}", first[0].id));
    let stored = serde_json::to_string(&first[0]).unwrap();
    assert_eq!(serde_json::from_str::<Change>(&stored).unwrap(), first[0]);
    let change = first[0].clone();
    let there = [ApprovedChange { change, whereabouts: Whereabouts::InBook }];
    assert_eq!(planned(&[expense("a")], &there, &after), []);
    let more = planned(&[expense("a"), expense("b")], &there, &after);
    assert_eq!(number(&more[0]), more[0].id);
}
