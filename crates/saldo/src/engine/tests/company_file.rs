//! The books in a company file: what the adapter says, and what the simulated vendor makes of it,
//! without the calls between.

use super::stage::{Stage, on_all_cores, world};
use super::tripwire::Tripwire;
use crate::cli::connect::connection;
use crate::connector::ADAPTER;
use crate::transport::carrier::SharedVendor;
use jiff::Timestamp;
use saldo_core::exchange::HttpRequest;
use saldo_sim::books::quickbooks_desktop::{CompanyFile, QuickBooksDesktopSim};
use saldo_sim::fault::{FaultSettings, Faulty};
use saldo_sim::world::WorldSettings;
use saldo_sim::{Reply, Vendor};
use saldo_store::Role;
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
struct Desk(Arc<Mutex<Faulty<QuickBooksDesktopSim>>>);

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
async fn merchant(settings: &WorldSettings, faults: &FaultSettings) -> (Stage, Desk) {
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
