//! Returns as credit memos, on a merchant's whole history and in all books.

use super::super::{EngineError, Selection, TakeBack, apply, approve, plan, push, redo, undo};
use super::bookkeeper::Bookkeeper;
use super::company_file::{Desk, merchant};
use super::organisation::{XERO, joined};
use super::stage::{Stage, by_account, on_all_cores, world};
use crate::merchant::EmptyBooks;
use crate::templates::applied;
use saldo_core::book::Subject;
use saldo_core::document::{DocumentKey, DocumentKind, LineKind};
use saldo_core::plan::differences;
use saldo_core::text::ConnectionId;
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_store::EntryFilter;
use std::collections::BTreeMap;
use std::time::Duration;

/// Ways to keep books in which returns are credit memos.
const WAYS: [&str; 3] = [
    "refunds = \"credit-memo\"",
    "refunds = \"credit-memo\"\ndetail = \"day\"",
    "refunds = \"credit-memo\"\ndetail = \"payout\"",
];
/// How many worlds are told over a bad network.
const WORLDS: u64 = 6;
/// How long a request may still be under way after the last answer.
const SILENCE: Duration = Duration::from_secs(180);

/// A merchant with all books, who decided this before anything was entered.
async fn entered(
    settings: &WorldSettings,
    faults: &FaultSettings,
    words: &str,
) -> (Stage, EmptyBooks, Desk) {
    let (mut stage, desk) = merchant(settings, faults).await;
    let xero = joined(&mut stage, faults).await;
    stage.decide_for_all_days(words).await;
    stage.sync().await;
    stage.clock.advance(SILENCE);
    assert_holds(&stage, words).await;
    (stage, xero, desk)
}

/// Makes sure that no book refused anything, and that all of it is proven.
async fn assert_holds(stage: &Stage, about: &str) {
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    let refused: Vec<_> = failed.iter().map(|it| (&it.change, &it.refusal.message)).collect();
    assert!(refused.is_empty(), "{about}: {refused:#?}");
    engine.store.close().await;
    stage.assert_proven(about).await;
}

/// What accounts hold in the end. What buyers owe and have to get is one sum: it stands elsewhere
/// while it is not paid.
fn sums(stage: &Stage) -> BTreeMap<String, i64> {
    let of_buyers = ["Accounts Receivable (A/R)", "Refunds payable to customer"];
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for (account, minor) in by_account(stage) {
        let account = if of_buyers.contains(&&*account) { "buyers".to_owned() } else { account };
        *sums.entry(account).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// How many payments give something back on a credit note of the organisation.
fn paid_back(xero: &EmptyBooks) -> usize {
    let payments = xero.vendor_itself().organisation().shown(Kind::Payment);
    let pays_back = |it: &&serde_json::Value| {
        it["PaymentType"] == "ARCREDITPAYMENT" && it["Status"] == "AUTHORISED"
    };
    payments.iter().filter(pays_back).count()
}

/// How many cheques and refunds by card of the company file are on the receivable.
fn given_back(desk: &Desk) -> usize {
    let ledger = desk.file(|file| file.ledger_without_ids());
    let gives_back = |line: &str| line.contains("Check\t") || line.contains("ARRefundCreditCard\t");
    let on_receivable = |line: &&str| gives_back(line) && line.contains("Accounts Rec");
    ledger.lines().filter(on_receivable).count()
}

/// How many documents of a kind the company holds in QuickBooks Online.
fn held(stage: &Stage, kind: &str) -> usize {
    Bookkeeper::of(stage).find(kind, "maxresults 1000").len()
}

#[test]
fn every_return_is_a_credit_memo_in_every_book() {
    on_all_cores(WAYS, async |words| {
        let (settings, none) = (world(5, 120, 30), FaultSettings::none());
        let (stage, xero, desk) = entered(&settings, &none, words).await;
        assert_eq!(held(&stage, "RefundReceipt"), 0, "{words}");
        assert!(held(&stage, "CreditMemo") > 0, "{words}");
        assert!(paid_back(&xero) > 0, "{words}");
        assert!(given_back(&desk) > 0, "{words}");
        let receipts = words.replace("refunds = \"credit-memo\"", "");
        let before = Stage::after(&settings, &none).await;
        before.decide_for_all_days(&receipts).await;
        before.sync().await;
        assert_eq!(sums(&stage), sums(&before), "{words}");
    });
}

#[test]
fn returns_that_stand_are_entered_anew_when_the_policy_changes() {
    on_all_cores(["", "detail = \"day\""], async |detail| {
        let none = FaultSettings::none();
        let (stage, xero, desk) = entered(&world(7, 60, 30), &none, detail).await;
        let (books, before) = (stage.books(), sums(&stage));
        assert_eq!((paid_back(&xero), given_back(&desk)), (0, 0));
        let credited = |text: &str| format!("refunds = \"credit-memo\"\n{text}");
        stage.revise_for_all_days(credited).await;
        let engine = stage.engine().await;
        for planned in plan(&engine, None).await.unwrap() {
            let takes_out = planned.changes.iter().filter(|it| !it.takes_out.is_empty()).count();
            assert!(takes_out > 0, "{}: what is a receipt goes", planned.book);
            let moved: BTreeMap<_, i64> = differences(&planned.changes)
                .unwrap()
                .into_iter()
                .filter(|it| !it.account.contains("receivable") && !it.account.contains("payable"))
                .map(|it| ((it.account, it.month), it.amount.minor()))
                .collect();
            assert_eq!(moved, BTreeMap::new(), "{}", planned.book);
        }
        engine.store.close().await;
        assert_eq!(stage.books(), books, "nothing is done by looking");
        stage.sync().await;
        assert_holds(&stage, "returns are credit memos").await;
        assert_eq!(sums(&stage), before);
        assert!(paid_back(&xero) > 0 && given_back(&desk) > 0);
        let receipts = |text: &str| text.replace("refunds = \"credit-memo\"\n", "");
        stage.revise_for_all_days(receipts).await;
        stage.sync().await;
        assert_holds(&stage, "returns are receipts again").await;
        assert_eq!(sums(&stage), before);
        assert_eq!(paid_back(&xero), 0, "payments are deleted, since nothing reverses them");
        let engine = stage.engine().await;
        for planned in plan(&engine, None).await.unwrap() {
            assert!(planned.changes.is_empty(), "{:#?}", planned.changes);
        }
        engine.store.close().await;
    });
}

#[test]
fn a_bad_network_pays_nothing_back_twice() {
    on_all_cores(1..=WORLDS, async |seed| {
        let settings = world(seed, 30, 15);
        let words = WAYS[usize::try_from(seed).unwrap() % WAYS.len()];
        let told = async |faults: FaultSettings| {
            let (stage, xero, desk) = entered(&settings, &faults, words).await;
            let organisation = xero.vendor_itself().organisation().ledger_without_ids();
            let file = desk.file(|file| file.ledger_without_ids());
            [stage.merchant.company_ledger(), organisation, file]
        };
        let bad = told(FaultSettings::rough().with_seed(seed)).await;
        assert_eq!(bad, told(FaultSettings::none()).await, "seed {seed}: {words}");
    });
}

#[tokio::test]
async fn a_payment_waits_for_its_credit_memo_while_that_is_a_draft() {
    let mut stage = Stage::after(&world(5, 60, 30), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    let drafts = "refunds = \"credit-memo\"\n[levels.credit-memo]\napproval = \"draft\"";
    stage.revise_for_all_days(|before| applied(before, drafts).unwrap()).await;
    stage.sync().await;
    assert_eq!(paid_back(&xero), 0, "nobody pays a draft back");
    let engine = stage.engine().await;
    assert!(approve(&engine, None, "owner").await.unwrap() > 0);
    push(&engine, None).await.unwrap();
    let left = plan(&engine, None).await.unwrap();
    let memos = left.iter().flat_map(|it| &it.waiting);
    assert_eq!(memos.filter(|it| it.kind == DocumentKind::CreditMemo).count(), 0);
    engine.store.close().await;
    assert!(paid_back(&xero) > 0);
    assert_holds(&stage, "confirmed").await;
}

/// What each credit memo is over and what is paid of it, and how many slots hold several.
async fn memos(stage: &Stage, book: &str) -> (BTreeMap<DocumentKey, (i64, i64)>, usize) {
    let engine = stage.engine().await;
    let (company, book) = (engine.company_id(), ConnectionId::new(book));
    let all = engine.store.entries(company, &book, EntryFilter::default()).all().await.unwrap();
    engine.store.close().await;
    let (mut memos, mut slots) = (BTreeMap::<_, (i64, i64)>::new(), BTreeMap::<_, usize>::new());
    for it in all.iter().map(|booked| &booked.change) {
        let Subject::Document { key, document, applies_to, .. } = &it.subject else { continue };
        let kind = document.header().kind;
        let receivable = document.lines().iter().filter(|line| line.kind == LineKind::Receivable);
        let minor: i64 = receivable.map(|line| line.amount.minor()).sum();
        match (kind, applies_to) {
            (DocumentKind::CreditMemo, None) => {
                memos.entry(*key).or_default().0 -= minor;
                *slots.entry(it.slot.clone()).or_default() += 1;
            }
            (DocumentKind::Payment, Some(memo)) if minor > 0 => {
                memos.entry(*memo).or_default().1 += minor;
            }
            _ => {}
        }
    }
    (memos, slots.into_values().filter(|count| *count > 1).count())
}

/// The policy without a gateway: its orders are held.
fn without_paypal(text: &str) -> String {
    let mut policy: toml::Table = toml::from_str(text).unwrap();
    policy["gateways"].as_table_mut().unwrap().remove("paypal").unwrap();
    toml::to_string(&policy).unwrap()
}

#[tokio::test]
async fn what_pays_a_draft_and_its_supplement_is_parted_among_them() {
    let none = FaultSettings::none();
    let mut stage = Stage::after(&world(5, 1_000, 20), &none).await;
    let xero = joined(&mut stage, &none).await;
    let drafts = format!("{}\n[levels.credit-memo]\napproval = \"draft\"", WAYS[1]);
    let mut whole = String::new();
    let first = |before: &str| {
        whole = applied(before, &drafts).unwrap();
        without_paypal(&whole)
    };
    stage.revise_for_all_days(first).await;
    stage.sync().await;
    // The orders that were held come to the same days.
    stage.revise_for_all_days(|_| whole.clone()).await;
    stage.sync().await;
    assert_eq!(paid_back(&xero), 0, "nobody pays a draft back");
    for _ in 0..2 {
        let engine = stage.engine().await;
        approve(&engine, None, "owner").await.unwrap();
        push(&engine, None).await.unwrap();
        engine.store.close().await;
        stage.sync().await;
    }
    let (memos, parted) = memos(&stage, XERO).await;
    assert!(parted > 0, "a day has a supplement");
    for (memo, (owed, paid)) in memos {
        assert!(paid <= owed, "{memo}: {paid} of {owed}");
    }
    assert!(paid_back(&xero) > 0);
    assert_holds(&stage, "parted").await;
}

#[tokio::test]
async fn an_order_takes_its_own_payment_out_of_a_day_and_no_other() {
    let none = FaultSettings::none();
    let (stage, xero, _) = entered(&world(5, 60, 20), &none, WAYS[1]).await;
    let (before, payments) = (sums(&stage), paid_back(&xero));
    let engine = stage.engine().await;
    let mut gone = 0;
    for number in 1_001..1_030 {
        let selection = Selection::Named(format!("#{number}"));
        let what = TakeBack { selection: &selection, only: None, voids: false };
        // Of some nothing was entered.
        match undo(&engine, what, "owner").await {
            Err(EngineError::NothingKnown(_)) => {}
            taken_out => gone += taken_out.unwrap(),
        }
    }
    assert!(gone > 29, "{gone}");
    apply(&engine, None).await.unwrap();
    assert_holds(&stage, "some orders are taken back").await;
    assert_ne!(sums(&stage), before);
    for known in engine.store.undos(engine.company_id()).await.unwrap() {
        redo(&engine, known.number, "owner").await.unwrap();
    }
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    assert_holds(&stage, "they are entered again").await;
    assert_eq!(sums(&stage), before);
    assert!(paid_back(&xero) >= payments, "what was parted stays parted");
}
