//! Payments of a summary and its supplements, each over what it is to be paid.

use super::*;
use proptest::prelude::*;

const MEMOS: &str = "memos";
const TILLS: [&str; 2] = ["card", "cash"];

/// A return that is repaid at once: by card, and in cash.
#[derive(Clone, Debug)]
struct Return {
    repaid: [i64; 2],
    /// When it is heard of.
    heard: usize,
    /// When nobody wants it any more.
    until: usize,
}

impl Return {
    fn is_wanted(&self, step: usize) -> bool {
        (self.heard..self.until).contains(&step)
    }
}

/// An entry of a slot over an amount: a debit on the receivable is positive.
fn on_receivable(slot: &str, id: String, minor: i64, of: DocumentKind) -> SubledgerEntry {
    let mut entry = entry(&id, minor);
    slot.clone_into(&mut entry.header.slot);
    entry.header.kind = of;
    for (line, name) in entry.lines.iter_mut().zip(["Accounts receivable", "Other"]) {
        line.account = Account::new(name, AccountKind::Receivable);
    }
    entry
}

fn memo(number: usize, it: &Return) -> SubledgerEntry {
    let minor = -it.repaid.iter().sum::<i64>();
    on_receivable(MEMOS, format!("memo {number}"), minor, DocumentKind::CreditMemo)
}

fn payment(number: usize, it: &Return, till: usize) -> Option<SubledgerEntry> {
    let (minor, slot) = (it.repaid[till], TILLS[till]);
    let id = format!("{slot} {number}");
    let mut entry = on_receivable(slot, id, minor, DocumentKind::Payment);
    entry.header.applies_to = Some(MEMOS.to_owned());
    entry.settles = Some(format!("memo {number}").into());
    (minor > 0).then_some(entry)
}

/// A book that has all that was planned for it.
#[derive(Default)]
struct Book(BTreeMap<&'static str, (Vec<ApprovedChange>, Vec<SubledgerEntry>)>);

impl Book {
    fn plan(&mut self, slot: &'static str, wanted: &[SubledgerEntry]) {
        let (company, book) = (&"demo".into(), &"book".into());
        let (closing, of_documents, prefixes) = (Closing::default(), None, Prefixes::NONE);
        let of = SlotOf { company, book, slot, closing, of_documents, prefixes, amends: &[] };
        let approved = self.0.get(slot).map_or(&[][..], |(approved, _)| approved);
        let memos = |slot: &str| self.standing(slot);
        let plan =
            plan_slot_among(of, &BTreeMap::new(), wanted, approved, memos, |_, _| false).unwrap();
        assert!(plan.withdraws.is_empty() && !plan.is_unsettled, "{plan:?}");
        let (approved, known) = self.0.entry(slot).or_default();
        approved.extend(all(Whereabouts::InBook, plan.changes));
        *known = wanted.to_vec();
    }

    fn standing(&self, slot: &str) -> StandingInvoices {
        let known = self.0.get(slot).map(|(approved, wanted)| standing_for(approved, wanted));
        known.unwrap_or_default()
    }

    fn on_receivable(change: &Change) -> i64 {
        let usd = crate::money::Currency::parse("USD").unwrap();
        let moved = movement(std::slice::from_ref(change)).unwrap();
        moved.get("Accounts receivable").map_or(0, |sum| sum.of(usd).minor())
    }

    /// What each credit memo is over, and what is paid of it.
    fn paid(&self) -> BTreeMap<DocumentKey, (i64, i64)> {
        let mut sums: BTreeMap<DocumentKey, (i64, i64)> = BTreeMap::new();
        let memos = self.0[MEMOS].0.iter().filter(|it| it.change.takes_out.is_empty());
        for it in memos {
            sums.entry(key(&it.change)).or_default().0 -= Self::on_receivable(&it.change);
        }
        let tills = TILLS.iter().filter_map(|till| self.0.get(till));
        for it in tills.flat_map(|(approved, _)| approved) {
            if let Some(memo) = it.change.invoice() {
                sums.get_mut(&memo).unwrap().1 += Self::on_receivable(&it.change);
            }
        }
        sums
    }
}

/// Returns of which some are over the same, and some are gone before the end.
fn returns() -> impl Strategy<Value = Vec<Return>> {
    let one = (0_i64..40, 0_usize..4, prop_oneof![3 => Just(9_usize), 1 => 1_usize..4]);
    let new = |(place, (minor, heard, stays)): (usize, (i64, usize, usize))| {
        // What is gone is over what no other is, so that none stands in its place.
        let own = if stays < 9 { 1_000 * i64::try_from(place + 1).unwrap() } else { 0 };
        Return { repaid: [own + minor + 1, minor / 2], heard, until: heard + stays }
    };
    let new = move |all: Vec<_>| all.into_iter().enumerate().map(new).collect();
    prop::collection::vec(one, 1..12).prop_map(new)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_payment_exceeds_what_its_credit_memo_owes(
        returns in returns(),
        paid_at in prop::collection::vec(any::<[bool; 2]>(), 5),
    ) {
        let mut book = Book::default();
        let wanted = |step: usize| {
            returns.iter().enumerate().filter(move |(_, it)| it.is_wanted(step))
        };
        for (step, paid) in paid_at.iter().enumerate() {
            let memos: Vec<_> = wanted(step).map(|(number, it)| memo(number, it)).collect();
            book.plan(MEMOS, &memos);
            for till in 0..2 {
                let payments: Vec<_> =
                    wanted(step).filter_map(|(number, it)| payment(number, it, till)).collect();
                if paid[till] || step + 1 == paid_at.len() {
                    book.plan(TILLS[till], &payments);
                }
            }
            for (memo, (owed, paid)) in book.paid() {
                prop_assert!(paid <= owed, "{memo}: {paid} of {owed}");
            }
        }
        if returns.iter().all(|it| it.is_wanted(paid_at.len() - 1)) {
            for (memo, (owed, paid)) in book.paid() {
                prop_assert_eq!(paid, owed, "{}", memo);
            }
        }
    }
}

#[test]
fn a_payment_is_parted_among_a_summary_and_its_supplement() {
    let returns = [([100, 0], 0), ([60, 40], 0), ([30, 0], 1)];
    let returns = returns.map(|(repaid, heard)| Return { repaid, heard, until: 9 });
    let memos = |step: usize| -> Vec<_> {
        let known = returns.iter().enumerate().filter(|(_, it)| it.is_wanted(step));
        known.map(|(number, it)| memo(number, it)).collect()
    };
    let mut book = Book::default();
    // Both are drafts for as long as nothing is paid.
    book.plan(MEMOS, &memos(0));
    book.plan(MEMOS, &memos(1));
    for (till, slot) in TILLS.into_iter().enumerate() {
        let all: Vec<_> =
            returns.iter().enumerate().filter_map(|(no, it)| payment(no, it, till)).collect();
        book.plan(slot, &all);
    }
    let paid = |till: &str| -> Vec<_> {
        let changes = book.0[till].0.iter().map(|it| &it.change);
        changes.map(|it| (it.invoice().unwrap(), Book::on_receivable(it))).collect()
    };
    let [first, later] = &book.0[MEMOS].0[..] else { panic!() };
    let (first, later) = (key(&first.change), key(&later.change));
    assert_eq!(paid("card"), [(first, 160), (later, 30)], "the oldest first");
    assert_eq!(paid("cash"), [(first, 40)]);
    assert_eq!(book.paid(), BTreeMap::from([(first, (200, 200)), (later, (30, 30))]));
}

#[test]
fn a_payment_that_was_refused_as_a_whole_is_planned_in_parts() {
    let it = |heard| Return { repaid: [50, 0], heard, until: 9 };
    let mut book = Book::default();
    book.plan(MEMOS, &[memo(0, &it(0))]);
    book.plan(MEMOS, &[memo(0, &it(0)), memo(1, &it(1))]);
    let both: Vec<_> = (0..2).filter_map(|number| payment(number, &it(0), 0)).collect();
    let of = SlotOf {
        company: &"demo".into(),
        book: &"book".into(),
        slot: TILLS[0],
        closing: Closing::default(),
        of_documents: None,
        prefixes: Prefixes::NONE,
        amends: &[],
    };
    let memos = |slot: &str| book.standing(slot);
    let last = |slot: &str| memos(slot).keys.pop();
    let whole = plan_slot(of, &both, &[], last).unwrap().changes;
    assert_eq!(whole.iter().map(Book::on_receivable).collect::<Vec<_>>(), [100]);
    let refused = all(Whereabouts::NotInBook, whole.clone());
    let again =
        plan_slot_among(of, &BTreeMap::new(), &both, &refused, memos, |_, _| false).unwrap();
    assert_eq!(again.withdraws, [whole[0].id.clone()]);
    assert_eq!(again.changes.iter().map(Book::on_receivable).collect::<Vec<_>>(), [50, 50]);
    let claims: Vec<_> = again.changes.iter().filter_map(Change::invoice).collect();
    assert_eq!(claims, memos(MEMOS).keys);
}

#[test]
fn what_settles_an_entry_that_another_one_stands_for_is_of_its_document() {
    let it = Return { repaid: [50, 0], heard: 0, until: 9 };
    let mut book = Book::default();
    book.plan(MEMOS, &[memo(7, &it)]);
    // Another return over the same comes in its place, and a third one later.
    book.plan(MEMOS, &[memo(1, &it)]);
    book.plan(MEMOS, &[memo(1, &it), memo(8, &it)]);
    let both: Vec<_> = [1, 8].into_iter().filter_map(|number| payment(number, &it, 0)).collect();
    book.plan(TILLS[0], &both);
    let paid: Vec<_> = book.paid().into_values().collect();
    assert_eq!(paid, [(50, 50), (50, 50)]);
}

#[test]
fn an_invoice_is_taken_out_after_what_pays_it() {
    let it = Return { repaid: [10, 0], heard: 0, until: 1 };
    let mut book = Book::default();
    book.plan(MEMOS, &[memo(1, &it)]);
    book.plan(TILLS[0], &[payment(1, &it, 0).unwrap()]);
    // Nobody wants either any more: the payment's reversal goes first.
    let before: BTreeMap<&str, usize> =
        book.0.iter().map(|(slot, (approved, _))| (*slot, approved.len())).collect();
    for slot in [MEMOS, TILLS[0]] {
        book.plan(slot, &[]);
    }
    let reversal = |book: &mut Book, slot: &str, whereabouts| {
        let approved = &mut book.0.get_mut(slot).unwrap().0;
        let [gone] = &mut approved[before[slot]..] else { panic!("one reversal of {slot}") };
        gone.whereabouts = whereabouts;
        gone.change.id.clone()
    };
    let waits = |book: &Book| payments_first(book.0.values().flat_map(|(approved, _)| approved));
    let open = Whereabouts::NotInBook;
    let of_memo = reversal(&mut book, MEMOS, open);
    let of_payment = reversal(&mut book, TILLS[0], open);
    let expected = BTreeMap::from([(of_memo, BTreeSet::from([of_payment]))]);
    assert_eq!(waits(&book), expected);
    for settled in [Whereabouts::InBook, Whereabouts::Withdrawn] {
        reversal(&mut book, TILLS[0], settled);
        assert_eq!(waits(&book), BTreeMap::new(), "it waits for nothing more");
    }
    reversal(&mut book, TILLS[0], open);
    reversal(&mut book, MEMOS, Whereabouts::InBook);
    assert_eq!(waits(&book), BTreeMap::new(), "what is in the book waits for nothing");
}
