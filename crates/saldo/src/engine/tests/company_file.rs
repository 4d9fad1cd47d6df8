//! The books in a company file: what the adapter says, and what the simulated vendor makes of it,
//! without the calls between.

use super::super::{Selection, TakeBack, apply, chart_there, plan, redo, undo};
use super::foreign::{self, say};
use super::stage::{Stage, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::cli::connect::connection;
use crate::connector::ADAPTER;
use crate::transport::carrier::SharedVendor;
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_books::quickbooks_desktop::{MAKES_TAX_ITEM, PAYOUTS};
use saldo_core::book::RefusalKind;
use saldo_core::exchange::HttpRequest;
use saldo_sim::books::quickbooks_desktop::{CompanyFile, Kind, QuickBooksDesktopSim};
use saldo_sim::fault::{FaultSettings, Faulty};
use saldo_sim::world::WorldSettings;
use saldo_sim::{Reply, Vendor};
use saldo_store::Role;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// How many worlds are told.
const WORLDS: u64 = 200;
/// Every how manieth of them is also told over a good network.
const COMPARED: u64 = 10;
/// At every how many effects a process ends.
const DEATHS: usize = 5;
/// How long a message may still be under way after the last answer.
const SILENCE: Duration = Duration::from_secs(180);

/// A program with a company file open, shared between whoever sends messages and whoever looks.
#[derive(Clone)]
pub(super) struct Desk(Arc<Mutex<Faulty<QuickBooksDesktopSim>>>);

impl Desk {
    /// Messages are lost, or arrive late; nothing else happens to them on their way.
    fn behind(seed: u64, faults: &FaultSettings) -> Self {
        let lost = FaultSettings {
            lost_before: faults.lost_before * 2,
            lost_after: faults.lost_after * 2,
            delayed: faults.delayed,
            ..FaultSettings::none().with_seed(seed + 3)
        };
        let program = QuickBooksDesktopSim::new(CompanyFile::retail(seed));
        Self(Arc::new(Mutex::new(Faulty::new(program, lost))))
    }

    /// Looks at the company file, or changes it as its owner could.
    pub(super) fn file<T>(&self, look: impl FnOnce(&mut CompanyFile) -> T) -> T {
        let mut faulty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        look(faulty.inner_mut().company_mut())
    }

    /// What stands in the company file, by account and day, in cents.
    fn sums(&self) -> BTreeMap<(String, Date), i64> {
        let mut sums = BTreeMap::new();
        for posting in self.file(|file| file.ledger()) {
            *sums.entry((posting.account, posting.date)).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    async fn joined(&self, stage: &mut Stage) {
        let book = connection(ADAPTER, Role::Book, ADAPTER);
        let vendor: SharedVendor = Arc::new(Mutex::new(Box::new(self.clone())));
        stage.join(&book, &[], &vendor).await;
    }

    /// What stands in the company file, without the ids that it gave.
    fn ledger(&self) -> String {
        let faulty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        faulty.inner().company().ledger_without_ids()
    }
}

impl Vendor for Desk {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let mut faulty = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let reply = faulty.answer(request, now);
        if reply == Reply::Lost {
            faulty.inner_mut().company_mut().end_session();
        }
        reply
    }
}

/// A merchant with a company file.
pub(super) async fn merchant(settings: &WorldSettings, faults: &FaultSettings) -> (Stage, Desk) {
    let mut stage = Stage::after(settings, faults).await;
    let desk = Desk::behind(settings.seed, faults);
    desk.joined(&mut stage).await;
    (stage, desk)
}

/// What the company file holds after everything was entered and proven: its trial balance is our
/// entries, account by account.
async fn told(settings: &WorldSettings, faults: &FaultSettings) -> String {
    let (stage, desk) = merchant(settings, faults).await;
    stage.sync().await;
    stage.clock.advance(SILENCE);
    stage.assert_proven(&format!("seed {}", settings.seed)).await;
    desk.ledger()
}

#[test]
fn a_bad_network_leaves_no_trace_in_a_company_file() {
    on_all_cores(1..=WORLDS, async |seed| {
        let settings = world(seed, 20, 10);
        let bad = told(&settings, &FaultSettings::rough()).await;
        if seed % COMPARED == 0 {
            let good = told(&settings, &FaultSettings::none()).await;
            assert!(good == bad, "seed {seed}: the books differ");
        }
    });
}

#[test]
fn a_process_may_end_while_it_enters_into_a_company_file() {
    let settings = world(7, 25, 12);
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let (expected, effects) = runtime.block_on(async {
        let (stage, desk) = merchant(&settings, &FaultSettings::none()).await;
        let wire = Tripwire::default();
        assert!(!stage.sync_until_death(&wire).await);
        stage.assert_proven("a life without death").await;
        (desk.ledger(), wire.seen().len())
    });
    assert!(expected.lines().count() > 100, "{expected}");
    on_all_cores((0..effects).step_by(DEATHS), async |number| {
        let (stage, desk) = merchant(&settings, &FaultSettings::none()).await;
        assert!(stage.sync_until_death(&Tripwire::at(number)).await);
        stage.clock.advance(Duration::from_secs(660));
        stage.sync().await;
        stage.assert_proven(&format!("death at effect {number}")).await;
        assert!(desk.ledger() == expected, "death at effect {number}: the books differ");
    });
}

/// The codes of what the books refused.
async fn refusals(stage: &Stage) -> Vec<String> {
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    failed.into_iter().map(|it| it.refusal.code).collect()
}

#[tokio::test]
async fn a_list_that_would_overflow_takes_one_name_for_all() {
    const FULL: usize = 10_000;
    const ROOM: usize = 25;
    let settings = world(7, 40, 20);
    let (mut stage, desk) = {
        let stage = Stage::after(&settings, &FaultSettings::none()).await;
        (stage, Desk::behind(settings.seed, &FaultSettings::none()))
    };
    let customers = || desk.file(|file| file.how_many(Kind::Customer));
    let more = FULL - ROOM - customers();
    desk.file(|file| file.crowd(Kind::Customer, more));
    desk.joined(&mut stage).await;
    stage.decide_for_all_days("customers.by-name = true").await;
    stage.sync().await;
    let refused = refusals(&stage).await;
    assert!(!refused.is_empty() && refused.iter().all(|code| code == "list-full"), "{refused:?}");
    // The last places are kept for names that stand for all.
    assert!((FULL - 21..=FULL - 19).contains(&customers()), "{}", customers());
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(ADAPTER)).await.unwrap();
    engine.store.close().await;
    let list = planned[0].lists.iter().find(|list| list.list == "customers").unwrap();
    assert_eq!((list.limit, list.adds), (Some(FULL as u64), refused.len() as u64));
    let before = customers();
    stage.decide_for_all_days("books.quickbooks-desktop.customers = \"summary\"").await;
    stage.sync().await;
    assert_eq!(refusals(&stage).await, Vec::<String>::new());
    assert!(customers() <= before + 1, "one for all");
    stage.assert_proven("with one customer for all").await;
}

#[tokio::test]
async fn one_name_for_all_moves_no_amount() {
    let settings = world(11, 40, 20);
    let told = async |words: &str| {
        let (stage, desk) = merchant(&settings, &FaultSettings::none()).await;
        stage.decide_for_all_days(words).await;
        stage.sync().await;
        stage.assert_proven(words).await;
        let kinds = [Kind::Customer, Kind::Vendor, Kind::ItemNonInventory];
        (desk.sums(), kinds.map(|kind| desk.file(|file| file.how_many(kind))))
    };
    let fresh = Desk::behind(settings.seed, &FaultSettings::none());
    let [customers, vendors, products] = [Kind::Customer, Kind::Vendor, Kind::ItemNonInventory]
        .map(|kind| fresh.file(|file| file.how_many(kind)));
    let by_name = "customers.by-name = true\n";
    let (sums, detailed) = told(by_name).await;
    assert!(detailed[0] > customers + 1 && detailed[2] > products, "{detailed:?}");
    let summary = "books.quickbooks-desktop = { customers = \"summary\", inventory = \
                   \"summary\", vendors = \"summary\" }\n";
    let (same, summed_up) = told(&format!("{by_name}{summary}")).await;
    assert_eq!(same, sums);
    assert!(summed_up[0] == customers + 1 && summed_up[2] == products, "{summed_up:?}");
    assert!(summed_up[1] <= vendors + 1, "{summed_up:?}");
}

#[tokio::test]
async fn accounts_that_were_made_after_the_chart_was_read_are_there() {
    let (stage, _) = merchant(&world(7, 12, 6), &FaultSettings::none()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let connections = engine.store.connections(engine.company_id()).await.unwrap();
    let own = connections.iter().find(|it| it.adapter == ADAPTER).unwrap();
    let book = saldo_books::book(ADAPTER).unwrap();
    let there = chart_there(&engine.store, &engine.company, own, &engine.policy, book).await;
    let accounts = there.unwrap().unwrap().accounts;
    assert_eq!(accounts.wrong, []);
    assert!(accounts.there > 10, "{accounts:?}");
    engine.store.close().await;
}

#[tokio::test]
async fn an_inactive_payment_method_keeps_no_sale_out() {
    let settings = world(7, 12, 6);
    let (stage, desk) = merchant(&settings, &FaultSettings::none()).await;
    let names = ["Shopify Payments", "PayPal"];
    for name in names {
        let add = format!(
            "<?xml version=\"1.0\"?><?qbxml version=\"13.0\"?><QBXML><QBXMLMsgsRq \
             onError=\"stopOnError\"><PaymentMethodAddRq><PaymentMethodAdd><Name>{name}</Name>\
             <IsActive>false</IsActive></PaymentMethodAdd></PaymentMethodAddRq>\
             </QBXMLMsgsRq></QBXML>"
        );
        desk.file(|file| file.answer(add.as_bytes(), Timestamp::UNIX_EPOCH)).unwrap();
    }
    stage.sync().await;
    assert!(refusals(&stage).await.is_empty());
    let there = |name: &str| desk.file(|file| file.id_of(Kind::PaymentMethod, name)).is_some();
    assert!(names.iter().all(|name| there(name)));
    assert!(there("Shopify Payments (Saldo)"));
    stage.assert_proven("beside inactive payment methods").await;
}

#[tokio::test]
async fn sales_wait_for_a_sales_tax_item_that_may_not_be_made() {
    const MADE: &str = "Saldo no sales tax";
    let settings = world(7, 12, 6);
    let (stage, desk) = merchant(&settings, &FaultSettings::none()).await;
    desk.file(|file| file.set_active(Kind::ItemSalesTax, "Out of State", false));
    stage.sync().await;
    assert_eq!(refusals(&stage).await, ["not-set-up"]);
    assert!(desk.file(|file| file.id_of(Kind::ItemSalesTax, MADE)).is_none());
    let engine = stage.engine().await;
    let mut book = connection(ADAPTER, Role::Book, ADAPTER);
    book.settings.insert(MAKES_TAX_ITEM.to_owned(), "yes".to_owned());
    engine.store.update_connection(engine.company_id(), &book).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    assert!(desk.file(|file| file.id_of(Kind::ItemSalesTax, MADE)).is_some());
    stage.assert_proven("with the item that was made").await;
}

#[test]
fn payouts_are_deposits_where_the_connection_says_so_and_nothing_is_lost_or_doubled() {
    let settings = world(7, 25, 12);
    let told = async |form: &str, faults: &FaultSettings| {
        let (stage, desk) = merchant(&settings, faults).await;
        let engine = stage.engine().await;
        let mut book = connection(ADAPTER, Role::Book, ADAPTER);
        book.settings.insert(PAYOUTS.to_owned(), form.to_owned());
        engine.store.update_connection(engine.company_id(), &book).await.unwrap();
        engine.store.close().await;
        stage.sync().await;
        stage.clock.advance(SILENCE);
        stage.assert_proven(form).await;
        let kinds: Vec<Kind> =
            desk.file(|file| file.documents()).into_iter().map(|it| it.kind).collect();
        let of = |kind: Kind| kinds.iter().filter(|it| **it == kind).count();
        (desk.sums(), [of(Kind::Deposit), of(Kind::Transfer)])
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let (sums, [none, transfers]) = told("transfers", &FaultSettings::none()).await;
        assert!(none == 0 && transfers > 0);
        let (same, [deposits, rest]) = told("deposits", &FaultSettings::none()).await;
        assert_eq!(same, sums);
        assert!(deposits > 0 && deposits + rest == transfers);
        let (same, [again, _]) = told("deposits", &FaultSettings::rough()).await;
        assert_eq!((same, again), (sums, deposits));
    });
}

/// Why the company file did not get what it did not get.
async fn kept_out(stage: &Stage) -> Vec<RefusalKind> {
    let engine = stage.engine().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    engine.store.close().await;
    let own = failed.into_iter().filter(|it| it.change.book.as_str() == ADAPTER);
    let mut kinds: Vec<RefusalKind> = own.map(|it| it.refusal.kind).collect();
    kinds.dedup();
    kinds
}

#[tokio::test]
async fn a_company_file_holds_euros_beside_dollars_to_the_cent() {
    const CLEARING: &str = "Clearing - Shopify Payments EUR";
    let (stage, desk) = merchant(&world(3, 40, 20), &FaultSettings::none()).await;
    stage.decide("currencies.conversion = \"Currency conversion\"").await;
    stage.sync().await;
    let engine = stage.engine().await;
    say(&engine, "orders", &foreign::order()).await;
    say(&engine, "balance-transactions", &foreign::row()).await;
    stage.sync().await;
    assert_eq!(kept_out(&stage).await, [RefusalKind::CurrenciesOff]);
    desk.file(|file| file.use_currencies());
    desk.file(|file| file.set_active(Kind::Currency, "Euro", false));
    stage.sync().await;
    assert_eq!(kept_out(&stage).await, [RefusalKind::NotSetUp]);
    desk.file(|file| file.set_active(Kind::Currency, "Euro", true));
    stage.sync().await;
    assert_eq!(kept_out(&stage).await, []);
    let euros = || desk.file(|file| file.foreign_balances())[CLEARING].clone();
    let stands = |account: &str| -> i64 {
        desk.sums().into_iter().filter(|((name, _), _)| name == account).map(|it| it.1).sum()
    };
    assert_eq!((euros(), stands(CLEARING)), (("EUR".to_owned(), 9_500), 10_450));
    assert_eq!(stands("Currency conversion"), 0);
    say(&engine, "payouts", &foreign::payout()).await;
    foreign::say_what_arrived(&engine, "2026-08-13").await;
    stage.sync().await;
    assert_eq!((euros().1, stands(CLEARING), stands("Currency conversion")), (0, 0, 0));
    assert_eq!(kept_out(&stage).await, []);
    engine.store.close().await;
    let proof = stage.prove().await;
    let own = proof.books.iter().find(|book| book.book == ADAPTER).unwrap();
    assert!(own.holds(), "{own:#?}");
}

#[tokio::test]
async fn mapping_anew_and_taking_back_are_the_owners_own() {
    let (stage, desk) = merchant(&world(7, 25, 12), &FaultSettings::none()).await;
    stage.sync().await;
    let before = desk.sums();
    stage.decide_for_all_days("accounts.product-sales = \"Shop sales\"").await;
    let engine = stage.engine().await;
    let planned = plan(&engine, Some(ADAPTER)).await.unwrap();
    engine.store.close().await;
    assert!(planned[0].changes.iter().any(|change| !change.takes_out.is_empty()));
    assert_eq!(desk.sums(), before, "nothing is done by looking");
    stage.sync().await;
    stage.assert_proven("mapped anew").await;
    let mapped = desk.sums();
    let on = |sums: &BTreeMap<(String, Date), i64>, name: &str| {
        let of_it = sums.iter().filter(|((account, _), _)| account == name);
        of_it.map(|(_, minor)| minor).sum::<i64>()
    };
    assert_eq!(on(&mapped, "Shop sales"), on(&before, "Product sales"));
    assert_eq!(on(&mapped, "Product sales"), 0);
    let selection = Selection::Named("#1004".to_owned());
    let engine = stage.engine().await;
    let of = TakeBack { selection: &selection, only: Some(ADAPTER), voids: false };
    assert!(undo(&engine, of, "owner").await.unwrap() > 0);
    apply(&engine, None).await.unwrap();
    stage.assert_proven("an order is taken back").await;
    assert_ne!(desk.sums(), mapped);
    for known in engine.store.undos(engine.company_id()).await.unwrap() {
        redo(&engine, known.number, "owner").await.unwrap();
    }
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("it is entered again").await;
    assert_eq!(desk.sums(), mapped);
}

/// What the company file says of the forms that are nil.
fn voided(desk: &Desk) -> usize {
    desk.file(|file| file.documents().into_iter().filter(|it| it.is_voided).count())
}

#[tokio::test]
async fn what_is_taken_back_is_voided_where_nothing_is_matched() {
    let words = "undo.unmatched = \"Clearing: *\"";
    let (stage, desk) = merchant(&world(7, 25, 12), &FaultSettings::none()).await;
    stage.decide(words).await;
    stage.sync().await;
    let before = desk.sums();
    let selection = Selection::Named("#1004".to_owned());
    let of = |voids| TakeBack { selection: &selection, only: Some(ADAPTER), voids };
    let engine = stage.engine().await;
    assert!(undo(&engine, of(true), "owner").await.unwrap() > 0);
    assert_eq!(apply(&engine, None).await.unwrap().refused, 0);
    let nil = voided(&desk);
    assert!(nil > 0, "something of the order is voided");
    stage.assert_proven("an order is voided").await;
    let without = desk.sums();
    assert_ne!(without, before);
    for known in engine.store.undos(engine.company_id()).await.unwrap() {
        redo(&engine, known.number, "owner").await.unwrap();
    }
    apply(&engine, None).await.unwrap();
    stage.assert_proven("it is entered again").await;
    assert_eq!((desk.sums(), voided(&desk)), (before, nil), "what was voided stays so");
    undo(&engine, of(false), "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    stage.assert_proven("an order is reversed").await;
    assert_eq!((desk.sums(), voided(&desk)), (without, nil), "as by voiding");
}

#[tokio::test]
async fn a_bad_network_voids_nothing_twice_and_nothing_else() {
    let ended = async |seed: u64, faults: &FaultSettings| {
        let settings = world(seed, 20, 10);
        let (stage, desk) = merchant(&settings, faults).await;
        stage.decide("undo.unmatched = \"Clearing: *\"").await;
        stage.sync().await;
        let last = settings.begins.saturating_add(jiff::Span::new().days(9));
        let selection = Selection::Days(settings.begins, Some(last));
        let engine = stage.engine().await;
        let of = TakeBack { selection: &selection, only: Some(ADAPTER), voids: true };
        undo(&engine, of, "owner").await.unwrap();
        engine.store.close().await;
        stage.sync().await;
        stage.clock.advance(SILENCE);
        stage.assert_proven(&format!("seed {seed}: some days are voided")).await;
        (desk.ledger(), voided(&desk))
    };
    for seed in 1..=3 {
        let good = ended(seed, &FaultSettings::none()).await;
        assert!(good.1 > 3, "seed {seed}: {}", good.1);
        let bad = ended(seed, &FaultSettings::rough()).await;
        assert!(good == bad, "seed {seed}: the books differ");
    }
}
