//! What happened and no channel tells, in an organisation: each is the document that a person would
//! enter there, so that a row of the bank meets one of its own kind.

use super::super::{Opening, decide_this, order_named, tax_name};
use super::happened::{ON, remitted, settings, state, undo_all, usd};
use super::organisation::{XERO, joined};
use super::stage::{Stage, world};
use crate::merchant::EmptyBooks;
use saldo_core::book::Subject;
use saldo_core::commerce::{Decided, Event, Move, Said};
use saldo_core::proof::Identity;
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::{Story, World};
use saldo_store::EntryFilter;
use std::collections::BTreeMap;

const LOAN: &str = "gateways.shopify_payments.loans.2026-09-30 = { owed = \"11300.00\", cost = \
                    \"1300.00\" }";

async fn stage() -> (Stage, EmptyBooks) {
    let mut stage = Stage::after(&settings(), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.decide(LOAN).await;
    stage.sync().await;
    (stage, xero)
}

/// What each decision is in the organisation, by its words: the kind, and the type where it has
/// one.
async fn forms(stage: &Stage, xero: &EmptyBooks) -> BTreeMap<String, Vec<String>> {
    let mut by_id: BTreeMap<String, String> = BTreeMap::new();
    {
        let vendor = xero.vendor_itself();
        for (kind, id) in [
            (Kind::BankTransaction, "BankTransactionID"),
            (Kind::BankTransfer, "BankTransferID"),
            (Kind::ManualJournal, "ManualJournalID"),
            (Kind::Invoice, "InvoiceID"),
            (Kind::CreditNote, "CreditNoteID"),
        ] {
            for shown in vendor.organisation().shown(kind) {
                let form = format!("{} {}", kind.name(), shown["Type"].as_str().unwrap_or("-"));
                by_id.insert(shown[id].as_str().unwrap().to_owned(), form);
            }
        }
    }
    let engine = stage.engine().await;
    let entries = engine.store.entries(engine.company_id(), &XERO.into(), EntryFilter::default());
    let mut forms: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for booked in entries.all().await.unwrap() {
        let Subject::Document { document, .. } = &booked.change.subject else { continue };
        let reference = &document.header().reference;
        if reference.starts_with("Decision ") {
            let remote = booked.receipt.unwrap().remote.to_string();
            forms.entry(reference.to_string()).or_default().push(by_id[&remote].clone());
        }
    }
    engine.store.close().await;
    forms
}

/// What the organisation refused, in its words.
async fn refused(stage: &Stage) -> Vec<String> {
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    failed.into_iter().map(|it| format!("{}: {}", it.change.id, it.refusal.message)).collect()
}

/// What is owed of the first tax, and to whom.
async fn owed_tax(stage: &Stage) -> (String, String, i64) {
    let proof = stage.prove().await;
    let taxes = proof.identities.iter().find(|it| it.identity == Identity::TaxPayable).unwrap();
    let line = taxes.lines.iter().find(|it| it.found.is_negative()).unwrap();
    let engine = stage.engine().await;
    let tax = tax_name(&engine, &line.about).await.unwrap();
    engine.store.close().await;
    (line.about.clone(), tax, -line.found.minor())
}

/// Money of two of the owner's accounts, in the words of the policy.
async fn say(stage: &Stage, moves: [(&str, &str); 2]) {
    let moves = moves.map(|(place, amount)| Move {
        place: place.parse().unwrap(),
        amount: amount.parse().unwrap(),
    });
    let memo = "of two accounts".to_owned();
    let decided = Decided::Entry { memo, moves: moves.to_vec(), reversed_on: None };
    let (by, at, on) = ("Ann".to_owned(), stage.clock.now(), ON.parse().unwrap());
    let engine = stage.engine().await;
    let said = Said { by, at, on, decided, taken_back: None };
    decide_this(&engine, said, Opening::Nothing).await.unwrap();
    engine.store.close().await;
}

#[tokio::test]
async fn what_no_channel_tells_is_what_a_person_would_enter() {
    let (stage, xero) = stage().await;
    let ledger = || xero.vendor_itself().organisation().ledger();
    let held = |account: &str| -> i64 {
        ledger().iter().filter(|it| it.account == account).map(|it| it.minor).sum()
    };
    let before = ["Gift card liability", "Tips payable", "Clearing: Cash"].map(held);
    let [cards, tips, cash] = before;
    assert!(cards < -1 && tips < -1 && cash > 1, "{before:?}");
    let (whom, tax, owed) = owed_tax(&stage).await;
    let events = [
        Event::PromotionalCard { card: None, amount: usd(2_500) },
        Event::Breakage { amount: usd(-cards) },
        Event::TipsPaid { amount: usd(-tips) },
        Event::ExpectedReturns { returns: usd(50_000), cost: usd(20_000) },
        Event::BankDrop { gateway: "cash".into(), amount: usd(cash) },
        Event::Banked { amount: usd(cash) },
        Event::LoanFunded {
            gateway: "shopify_payments".into(),
            amount: usd(1_000_000),
            owed: usd(1_130_000),
        },
        remitted(&whom, &tax, owed - 3, 3),
    ];
    let count = u32::try_from(events.len()).unwrap();
    for event in events {
        state(&stage, event).await;
    }
    say(&stage, [("bank", "5.00 USD"), ("tips", "-5.00 USD")]).await;
    stage.sync().await;
    assert_eq!(refused(&stage).await, Vec::<String>::new());
    stage.assert_proven("with what no channel tells").await;
    let forms = forms(&stage, &xero).await;
    let journal = "ManualJournal -";
    let expected = [
        ("Decision 1", vec![journal]),
        ("Decision 2", vec![journal]),
        ("Decision 3", vec!["BankTransaction SPEND"]),
        ("Decision 4", vec![journal, journal]),
        ("Decision 5", vec!["BankTransfer -"]),
        ("Decision 6", vec!["BankTransfer -"]),
        ("Decision 7", vec!["BankTransaction RECEIVE"]),
        ("Decision 8", vec!["BankTransaction SPEND"]),
        ("Decision 9", vec!["BankTransaction RECEIVE"]),
    ];
    let told: Vec<(&str, Vec<&str>)> = forms
        .iter()
        .map(|(words, forms)| (&**words, forms.iter().map(String::as_str).collect()))
        .collect();
    assert_eq!(told, expected);
    undo_all(&stage, count + 1).await;
    stage.sync().await;
    assert_eq!(refused(&stage).await, Vec::<String>::new());
    stage.assert_proven("after all of it was taken back").await;
    assert_eq!(["Gift card liability", "Tips payable", "Clearing: Cash"].map(held), before);
}

/// An organisation that took all of a merchant's history by these words of the policy.
async fn kept_by(words: &str) -> EmptyBooks {
    let mut stage = Stage::after(&settings(), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.decide_for_all_days(words).await;
    stage.sync().await;
    assert_eq!(refused(&stage).await, Vec::<String>::new(), "{words}");
    stage.assert_proven(words).await;
    xero
}

#[tokio::test]
async fn deposits_and_cards_that_were_given_away_reach_an_organisation() {
    for words in [
        "recognition = \"fulfilment\"",
        "recognition = \"fulfilment\"\ndetail = \"day\"",
        "gift-cards.promotional = \"at-use\"",
    ] {
        kept_by(words).await;
    }
}

#[tokio::test]
async fn vouchers_that_are_taxed_when_they_are_sold_reach_an_organisation() {
    let sold = |xero: &EmptyBooks| -> i64 {
        let ledger = xero.vendor_itself().organisation().ledger();
        let cards = ledger.iter().filter(|it| it.account == "Gift card liability");
        cards.map(|it| it.minor).filter(|minor| *minor < 0).sum()
    };
    let voucher = "voucher = \"single-purpose\", tax = \"CA State Tax\", rate = \"8.25\"";
    let taxed = kept_by(&format!("gift-cards = {{ {voucher} }}")).await;
    let untaxed = kept_by("").await;
    assert!(sold(&untaxed) < sold(&taxed) && sold(&taxed) < 0, "the tax is owed at once");
}

#[tokio::test]
async fn a_claim_that_is_given_up_is_a_credit_note_without_its_tax() {
    let settings = world(6, 200, 40);
    let told = World::generate(&settings).unwrap();
    let mut stage = Stage::after(&settings, &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.sync().await;
    let place = told.stories.iter().position(|story| *story == Story::TermsOpen).unwrap();
    let name = format!("#{}", told.orders[place].number);
    let credits = || xero.vendor_itself().organisation().shown(Kind::CreditNote).len();
    let before = credits();
    let give_up = async |relieve_tax: bool| {
        let engine = stage.engine().await;
        let order = order_named(&engine, &name).await.unwrap();
        let decided = Decided::WriteOff { order, relieve_tax };
        let (by, at, on) = ("Ann".to_owned(), stage.clock.now(), "2026-09-10".parse().unwrap());
        let said = Said { by, at, on, decided, taken_back: None };
        decide_this(&engine, said, Opening::Nothing).await.unwrap();
        engine.store.close().await;
        stage.sync().await;
    };
    give_up(true).await;
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    let [failed] = &failed[..] else { panic!("{failed:#?}") };
    let hint = &failed.refusal.hint;
    assert!(hint.contains(" on purchases"), "{:?}", failed.refusal);
    assert_eq!((failed.change.book.as_str(), credits()), (XERO, before));
    undo_all(&stage, 1).await;
    give_up(false).await;
    assert_eq!(refused(&stage).await, Vec::<String>::new());
    stage.assert_proven("with a claim that is given up").await;
    assert_eq!(credits(), before + 1);
}
