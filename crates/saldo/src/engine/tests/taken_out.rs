//! What a person states, gift cards that are taxed when they are sold, and credit memos: entered on
//! the first open day where their own is closed, and taken out of the books and entered again.

use super::super::explain::groups_of_name;
use super::super::undo::moved_by;
use super::super::{
    EngineError, Opening, Selection, TakeBack, apply, close_until, decide_this, periods, redo,
    take_back, undo,
};
use super::stage::{Stage, by_account, on_all_cores, world};
use jiff::ToSpan;
use jiff::civil::Date;
use saldo_core::book::Subject;
use saldo_core::commerce::{Decided, Event, Said, TakenBack};
use saldo_core::document::LineKind;
use saldo_core::money::{Currency, Money};
use saldo_core::text::GroupId;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{Story, World, WorldSettings};
use saldo_store::EntryFilter;
use std::collections::BTreeMap;

const TEXT: &str = "plain-text";
/// Gift cards that are taxed when they are sold.
const VOUCHERS: &str = "gift-cards = { voucher = \"single-purpose\", tax = \"CA State Tax\", \
                        rate = \"8.25\" }";

fn settings() -> WorldSettings {
    world(31, 150, 40)
}

/// The last closed day: the end of a month within the merchant's history.
fn closed() -> Date {
    "2026-08-31".parse().unwrap()
}

/// A merchant whose history is over and entered, with these words in the policy.
async fn stage(words: &str) -> Stage {
    let stage = Stage::after(&settings(), &FaultSettings::none()).await;
    if !words.is_empty() {
        stage.decide_for_all_days(words).await;
    }
    stage.sync().await;
    stage
}

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

/// What a person states, each of another kind.
fn events() -> [Event; 5] {
    [
        Event::PromotionalCard { card: None, amount: usd(2_500) },
        Event::Breakage { amount: usd(300) },
        Event::TipsPaid { amount: usd(200) },
        Event::Banked { amount: usd(700) },
        Event::ExpectedReturns { returns: usd(50_000), cost: usd(20_000) },
    ]
}

/// States all of that of the last closed day.
async fn state_all(stage: &Stage) {
    let engine = stage.engine().await;
    for event in events() {
        let (by, at, decided) = ("Ann".to_owned(), stage.clock.now(), Decided::Event(event));
        let said = Said { by, at, on: closed(), decided, taken_back: None };
        decide_this(&engine, said, Opening::Something).await.unwrap();
    }
    engine.store.close().await;
    stage.sync().await;
}

async fn close(stage: &Stage) {
    let engine = stage.engine().await;
    let open = close_until(&engine, closed(), false, "owner").await.unwrap();
    assert!(open.documents.is_empty(), "{open:?}");
    engine.store.close().await;
}

/// What plain text holds at the end of a day, or in all, by account.
async fn held(stage: &Stage, until: Option<Date>) -> BTreeMap<String, i64> {
    let engine = stage.engine().await;
    let sums = engine.store.account_sums(engine.company_id(), &TEXT.into(), until).await.unwrap();
    engine.store.close().await;
    let sums = sums.into_iter().map(|(name, sum)| (name, sum.of(usd(0).currency()).minor()));
    sums.filter(|(_, minor)| *minor != 0).collect()
}

/// What both books hold of closed days.
async fn in_closed(stage: &Stage) -> (BTreeMap<(String, Date), i64>, BTreeMap<String, i64>) {
    let mut company = stage.sums();
    company.retain(|(_, date), _| *date <= closed());
    (company, held(stage, Some(closed())).await)
}

/// How many documents of each book relate to the last closed day. Each says so, is dated on the
/// first open day, and stands in the report of prior periods.
async fn late(stage: &Stage) -> Vec<usize> {
    let engine = stage.engine().await;
    let mut counts = Vec::new();
    for book in periods(&engine).await.unwrap() {
        let own = book.prior_period.iter().filter(|it| it.relates_to == Some(closed()));
        let own: Vec<_> = own.collect();
        for change in &own {
            let Subject::Document { document, .. } = &change.subject else { panic!("{change:?}") };
            let memo = &document.header().memo;
            assert!(memo.ends_with("(relates to 2026-08-31)"), "{memo}");
            assert_eq!(change.date(), Some(closed() + 1.day()), "{change:?}");
        }
        counts.push(own.len());
    }
    engine.store.close().await;
    counts
}

/// Takes something out of all books; false where nothing was entered of it.
async fn take_out(stage: &Stage, name: &str) -> bool {
    let engine = stage.engine().await;
    let selection = Selection::Named(name.to_owned());
    let what = TakeBack { selection: &selection, only: None, voids: false };
    let known = match undo(&engine, what, "owner").await {
        Err(EngineError::NothingKnown(_)) => false,
        changes => {
            assert!(changes.unwrap() > 0, "{name}");
            let pushed = apply(&engine, None).await.unwrap();
            assert_eq!(pushed.refused, 0, "{name}: {pushed:?}");
            true
        }
    };
    engine.store.close().await;
    known
}

/// Enters all of it again.
async fn enter_again(stage: &Stage) {
    let engine = stage.engine().await;
    for known in engine.store.undos(engine.company_id()).await.unwrap() {
        // What was entered again before stays.
        let again = redo(&engine, known.number, "owner").await;
        assert!(matches!(again, Ok(_) | Err(EngineError::Store(_))), "{again:?}");
    }
    let pushed = apply(&engine, None).await.unwrap();
    assert_eq!(pushed.refused, 0, "{pushed:?}");
    engine.store.close().await;
}

#[tokio::test]
async fn what_happened_in_a_closed_period_is_entered_on_the_first_open_day() {
    let (stage, never_closed) = (stage("").await, stage("").await);
    state_all(&never_closed).await;
    close(&stage).await;
    let (before, untouched) = (in_closed(&stage).await, by_account(&stage));
    state_all(&stage).await;
    assert_eq!(in_closed(&stage).await, before);
    assert_eq!(late(&stage).await, [events().len(); 2], "in each book");
    stage.assert_proven("with what happened in a closed period").await;
    assert_eq!(by_account(&stage), by_account(&never_closed));
    assert_eq!(held(&stage, None).await, held(&never_closed, None).await);
    let engine = stage.engine().await;
    for number in 1..=u32::try_from(events().len()).unwrap() {
        let back = TakenBack { by: "Bob".to_owned(), at: stage.clock.now() };
        take_back(&engine, number, back).await.unwrap();
    }
    engine.store.close().await;
    stage.sync().await;
    assert_eq!(in_closed(&stage).await, before);
    assert_eq!(by_account(&stage), untouched);
    stage.assert_proven("after all of it was taken back").await;
}

#[test]
fn what_a_person_stated_is_taken_out_and_entered_again() {
    on_all_cores([false, true], async |is_closed| {
        let (stage, never) = (stage("").await, stage("").await);
        state_all(&stage).await;
        let (entered, text) = (by_account(&stage), held(&stage, None).await);
        if is_closed {
            close(&stage).await;
        }
        let before = in_closed(&stage).await;
        for number in 1..=events().len() {
            assert!(take_out(&stage, &format!("decision {number}")).await, "{number}");
        }
        stage.assert_proven("without what was stated").await;
        assert_eq!(by_account(&stage), by_account(&never), "as though nobody had stated it");
        assert_eq!(held(&stage, None).await, held(&never, None).await);
        if is_closed {
            assert_eq!(in_closed(&stage).await, before);
            assert!(late(&stage).await.iter().all(|count| *count >= events().len()));
        }
        assert_eq!(stage.sync().await.approved, 0, "it stays out");
        enter_again(&stage).await;
        stage.assert_proven("with what was stated").await;
        assert_eq!((by_account(&stage), held(&stage, None).await), (entered, text));
        if is_closed {
            assert_eq!(in_closed(&stage).await, before);
        }
    });
}

/// The names of the orders that tell one of these stories.
fn orders(stories: &[Story]) -> Vec<String> {
    let told = World::generate(&settings()).unwrap();
    let of = |(story, order): (&Story, &saldo_sim::world::Order)| {
        stories.contains(story).then(|| format!("#{}", order.number))
    };
    told.stories.iter().zip(&told.orders).filter_map(of).collect()
}

/// What the sub-ledger says that is entered of a name, by account.
async fn entered_of(stage: &Stage, name: &str) -> BTreeMap<String, i64> {
    let engine = stage.engine().await;
    let groups: Vec<GroupId> = groups_of_name(&engine, name).await.unwrap().into_iter().collect();
    let entries = engine.store.group_entries(engine.company_id(), &groups).await.unwrap();
    engine.store.close().await;
    let sums = moved_by(&entries).unwrap().into_iter();
    sums.map(|(name, sum)| (name, sum.of(usd(0).currency()).minor())).collect()
}

/// Takes orders out one by one, each of which leaves what the books would hold without it, and
/// enters them again; how many were entered.
async fn come_and_go(stage: &Stage, names: &[String]) -> usize {
    let (whole, before) = (held(stage, None).await, in_closed(stage).await);
    let mut expected = whole.clone();
    let mut gone = 0;
    for name in names {
        let own = entered_of(stage, name).await;
        if !take_out(stage, name).await {
            continue;
        }
        gone += 1;
        for (account, minor) in own {
            *expected.entry(account).or_default() -= minor;
        }
        expected.retain(|_, minor| *minor != 0);
        assert_eq!(held(stage, None).await, expected, "{name}");
    }
    stage.assert_proven("without some orders").await;
    assert_eq!(in_closed(stage).await, before);
    enter_again(stage).await;
    stage.assert_proven("with them again").await;
    assert_eq!((held(stage, None).await, in_closed(stage).await), (whole, before));
    gone
}

#[tokio::test]
async fn vouchers_and_what_they_buy_come_and_go() {
    let stage = stage(VOUCHERS).await;
    let engine = stage.engine().await;
    let all = engine.store.entries(engine.company_id(), &TEXT.into(), EntryFilter::default());
    let taxed = all.all().await.unwrap().into_iter().filter(|it| {
        let Subject::Document { document, .. } = &it.change.subject else { return false };
        let lines = document.lines();
        lines.iter().any(|line| &*line.account.name == "Gift card liability")
            && lines.iter().any(|line| matches!(line.kind, LineKind::Tax { .. }))
    });
    assert!(taxed.count() > 0, "a voucher is taxed");
    engine.store.close().await;
    close(&stage).await;
    let of_cards = [Story::GiftCardSold, Story::GiftCardUsed, Story::GiftCardRefund];
    assert!(come_and_go(&stage, &orders(&of_cards)).await > 3);
}

#[test]
fn credit_memos_and_what_pays_them_back_come_and_go() {
    on_all_cores(["order", "day"], async |detail| {
        let words = format!("refunds = \"credit-memo\"\ndetail = \"{detail}\"");
        let stage = stage(&words).await;
        close(&stage).await;
        let returned = [Story::FullRefund, Story::GiftCardRefund, Story::PartialRefund];
        assert!(come_and_go(&stage, &orders(&returned)).await > 3, "{detail}");
    });
}
