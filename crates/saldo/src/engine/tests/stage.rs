//! A simulated merchant, a database and a folder in memory, and processes that work on them on one
//! simulated clock, one after the other.

use super::super::{
    Engine, EngineError, ProofReport, Reviser, SyncReport, Wiring, decide, prove, sync,
};
use super::tripwire::{Death, Effect, Tripwire};
use crate::cli::connect::Office;
use crate::engine::Progress;
use crate::merchant::{COMPANY, Homes, Merchant, furnish, shop_connection};
use crate::templates::applied;
use crate::transport::carrier::SharedVendor;
use crate::transport::clock::Clock;
use crate::transport::server::serve;
use crate::transport::testing::FILE_WATCH;
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::exchange::{FileAsk, HttpRequest};
use saldo_core::text::{ConnectionId, Secret};
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_sim::{Reply, Vendor};
use saldo_store::{Company, Connection, Key, Store, StoreError};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tempfile::TempDir;
use tokio::net::TcpListener;

/// How often a sync that is worth another try gets one.
const SYNCS_MAX: usize = 60;
/// How long after one that failed the next one begins.
const PAUSE: Duration = Duration::from_secs(300);

/// Everything that outlives a process.
pub(super) struct Stage {
    pub(super) merchant: Merchant,
    pub(super) clock: Clock,
    pub(super) company: Company,
    /// The way to the company, which a test may put itself into.
    pub(super) books: SharedVendor,
    /// Under which name processes work.
    pub(super) holder: String,
    shop: ConnectionId,
    /// Books beside those that every merchant has, and the ways to them.
    others: Vec<(ConnectionId, SharedVendor)>,
    /// Whether the ways lead over sockets. Nothing is watched there.
    over_sockets: bool,
    key: Arc<Key>,
    folder: TempDir,
}

/// What stands in the books.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Books {
    /// The plain-text books, file by file.
    pub(super) files: BTreeMap<String, String>,
    /// The company's ledger, without the ids that it gave.
    pub(super) ledger: String,
}

/// A small world.
pub(super) fn world(seed: u64, orders: u32, days: u32) -> WorldSettings {
    WorldSettings { seed, orders, days, ..WorldSettings::default() }
}

impl Stage {
    /// A merchant whose history is over.
    pub(super) async fn after(settings: &WorldSettings, faults: &FaultSettings) -> Self {
        Self::new(settings, faults, None, &nowhere()).await
    }

    /// The same merchant, whose vendors are reached over sockets of this machine for as long as the
    /// runtime lives.
    pub(super) async fn over_sockets(settings: &WorldSettings) -> Self {
        let [shopify, quickbooks] = [listener().await, listener().await];
        let homes = Homes { shopify: home(&shopify), quickbooks: home(&quickbooks) };
        let stage = Self::new(settings, &FaultSettings::none(), None, &homes).await;
        stage.open(&stage.merchant.shopify, shopify);
        stage.open(&stage.merchant.quickbooks, quickbooks);
        Self { over_sockets: true, ..stage }
    }

    /// Opens a vendor to whoever connects.
    pub(super) fn open(&self, vendor: &SharedVendor, listener: TcpListener) {
        tokio::spawn(serve(Arc::clone(vendor), self.clock.clone(), listener));
    }

    /// A merchant whose history begins.
    pub(super) async fn at_first(settings: &WorldSettings, faults: &FaultSettings) -> Self {
        let zone = jiff::tz::TimeZone::get(&settings.timezone).unwrap();
        let begins = settings.begins.to_zoned(zone).unwrap().timestamp();
        Self::new(settings, faults, Some(begins), &nowhere()).await
    }

    async fn new(
        settings: &WorldSettings,
        faults: &FaultSettings,
        start: Option<Timestamp>,
        homes: &Homes,
    ) -> Self {
        let merchant = Merchant::new(settings, faults, &homes.shopify).unwrap();
        let clock = Clock::simulated(start.unwrap_or(merchant.after));
        let keys = merchant.keys(clock.now());
        let folder = folder();
        let key = Arc::new(Key::generate().unwrap());
        let store = Store::open(&database(folder.path()), true).await.unwrap();
        let company = furnish(&store, &key, settings, &keys, homes, &clock).await.unwrap();
        store.close().await;
        let shop = ConnectionId::new(shop_connection(settings));
        let books = Arc::clone(&merchant.quickbooks);
        let holder = "saldo, process 1".to_owned();
        let others = Vec::new();
        let over_sockets = false;
        Self { merchant, clock, company, books, holder, shop, others, over_sockets, key, folder }
    }

    /// Connects another book, which is reached this way.
    pub(super) async fn join(
        &mut self,
        connection: &Connection,
        secrets: &[(&str, &str)],
        vendor: &SharedVendor,
    ) {
        let engine = self.engine().await;
        let office = Office {
            store: engine.store,
            company: self.company.clone(),
            key: Arc::clone(&self.key),
            clock: self.clock.clone(),
        };
        office.add(connection).await.unwrap();
        for (name, secret) in secrets {
            office.keep(&connection.id, name, &Secret::new(*secret)).await.unwrap();
        }
        office.store.close().await;
        self.others.push((connection.id.clone(), Arc::clone(vendor)));
    }

    /// The database that all processes work on, and what opens its secrets.
    pub(super) async fn store(&self) -> (Store, Arc<Key>) {
        let store = Store::open(&database(self.folder.path()), false).await.unwrap();
        (store, Arc::clone(&self.key))
    }

    /// A process that nothing ends.
    pub(super) async fn engine(&self) -> Engine {
        self.engine_behind(&Tripwire::default()).await
    }

    /// A process, with its own connection to the database, whose every effect is watched.
    pub(super) async fn engine_behind(&self, wire: &Tripwire) -> Engine {
        let watch = wire.clone();
        let watch = Arc::new(move || watch.effect(Effect::Write));
        let store = Store::open_watched(&database(self.folder.path()), watch).await.unwrap();
        let policy = Engine::policy_of(&store, &self.company).await.unwrap();
        let shop = wire.before(&self.merchant.shopify, (Effect::AskShop, Effect::HearShop));
        let books = wire.before(&self.books, (Effect::AskCompany, Effect::HearCompany));
        let vendors = [
            (self.shop.clone(), shop),
            (ConnectionId::new(COMPANY), books),
            (ConnectionId::new("plain-text"), Arc::new(Mutex::new(Box::new(Nobody) as Box<_>))),
        ];
        let others = self.others.iter().map(|(id, vendor)| {
            (id.clone(), wire.before(vendor, (Effect::AskCompany, Effect::HearCompany)))
        });
        Engine {
            store,
            clock: self.clock.clone(),
            company: self.company.clone(),
            policy,
            key: Arc::clone(&self.key),
            data: self.folder.path().to_owned(),
            holder: self.holder.clone(),
            is_awaited: false,
            wiring: match self.over_sockets {
                true => Wiring::Sockets,
                false => Wiring::InProcess(vendors.into_iter().chain(others).collect()),
            },
            progress: Progress::unseen(),
        }
    }

    /// Syncs until a sync went through, and sums up what they did.
    pub(super) async fn sync(&self) -> SyncReport {
        for _ in 0..SYNCS_MAX {
            let engine = self.engine().await;
            let ended = sync(&engine).await;
            engine.store.close().await;
            match ended {
                Ok(report) => return report,
                Err(error) => self.wait_after(&error).await,
            }
        }
        panic!("{SYNCS_MAX} syncs did not go through");
    }

    async fn wait_after(&self, error: &EngineError) {
        assert!(error.is_worth_another_try(), "{error}");
        match error {
            EngineError::Store(StoreError::LeaseHeld { until, .. }) => {
                self.clock.sleep_until(*until).await;
            }
            _ => self.clock.advance(PAUSE),
        }
    }

    /// One sync that ends at the wire; whether it did.
    pub(super) async fn sync_until_death(&self, wire: &Tripwire) -> bool {
        match self.sync_behind(wire).await {
            Some(ended) => {
                ended.unwrap();
                false
            }
            None => true,
        }
    }

    /// How one sync ends; none where it ended at the wire.
    pub(super) async fn sync_behind(
        &self,
        wire: &Tripwire,
    ) -> Option<Result<SyncReport, EngineError>> {
        let engine = self.engine_behind(wire).await;
        let watch = wire.clone();
        let watch: Arc<dyn Fn(&FileAsk) + Send + Sync> =
            Arc::new(move |_| watch.effect(Effect::Files));
        wire.begin();
        let life = FILE_WATCH.scope(watch, async move { sync(&engine).await });
        match tokio::spawn(life).await {
            Ok(ended) => Some(ended),
            Err(ended) => {
                assert!(ended.into_panic().is::<Death>(), "it ended otherwise than at the wire");
                None
            }
        }
    }

    /// The proof, which may be asked for more than once.
    pub(super) async fn prove(&self) -> ProofReport {
        for _ in 0..SYNCS_MAX {
            let engine = self.engine().await;
            let proof = prove(&engine).await;
            engine.store.close().await;
            match proof {
                Ok(report) => return report,
                Err(error) => self.wait_after(&error).await,
            }
        }
        panic!("{SYNCS_MAX} proofs did not go through");
    }

    /// Proves that everything adds up, and that nothing is in the accounts but what is ours.
    pub(super) async fn assert_proven(&self, about: &str) {
        let proof = self.prove().await;
        assert!(proof.holds(), "{about}: {}", differences(&proof));
        for holding in proof.books.iter().flat_map(|book| &book.accounts) {
            assert!(holding.others.is_zero(), "{about}: {holding:?}");
        }
    }

    /// Lays words over the policy, which holds from now on.
    pub(super) async fn decide(&self, words: &str) {
        let engine = self.engine().await;
        let (store, company) = (&engine.store, engine.company_id());
        let before = store.policy(company).await.unwrap().unwrap().text;
        let text = applied(&before, words).unwrap();
        let (holder, now) = (&*self.holder, self.clock.now());
        decide(store, Reviser { company, holder, since: None, now }, &text).await.unwrap();
        store.close().await;
    }

    /// Puts words in front of the policy, which hold for all days, closed or not: as though they
    /// had been there before anything was closed.
    pub(super) async fn decide_for_all_days(&self, words: &str) {
        self.revise_for_all_days(|before| format!("{words}\n{before}")).await;
    }

    /// Changes the policy for all days.
    pub(super) async fn revise_for_all_days(&self, change: impl FnOnce(&str) -> String) {
        let engine = self.engine().await;
        let before = engine.store.policy(engine.company_id()).await.unwrap().unwrap().text;
        let desk = engine.take_desk().await.unwrap();
        let (text, now) = (change(&before), self.clock.now());
        engine.store.add_policy(&desk.lease, &text, None, now).await.unwrap();
        engine.leave_desk(desk).await.unwrap();
        engine.store.close().await;
    }

    /// What stands in the company's books, by account and day, in minor units.
    pub(super) fn sums(&self) -> BTreeMap<(String, Date), i64> {
        let mut sums = BTreeMap::new();
        for posting in self.merchant.company().company().ledger() {
            *sums.entry((posting.account, posting.date)).or_default() += posting.minor;
        }
        sums.retain(|_, minor| *minor != 0);
        sums
    }

    /// The ids of what is held.
    pub(super) async fn held(&self) -> Vec<String> {
        let engine = self.engine().await;
        let held = engine.store.held(engine.company_id()).await.unwrap();
        engine.store.close().await;
        held.into_iter().map(|held| held.fact.to_string()).collect()
    }

    /// Where the plain-text books lie.
    pub(super) fn books_folder(&self) -> PathBuf {
        self.folder.path().join("books")
    }

    /// What stands in the books now.
    pub(super) fn books(&self) -> Books {
        let mut files = BTreeMap::new();
        read_all(&self.books_folder(), "", &mut files);
        Books { files, ledger: self.merchant.company_ledger() }
    }
}

/// What each account holds in the end.
pub(super) fn by_account(stage: &Stage) -> BTreeMap<String, i64> {
    let mut sums: BTreeMap<String, i64> = BTreeMap::new();
    for ((account, _), minor) in stage.sums() {
        *sums.entry(account).or_default() += minor;
    }
    sums.retain(|_, minor| *minor != 0);
    sums
}

/// Where vendors are said to be that are reached in this process.
fn nowhere() -> Homes {
    Homes {
        shopify: "https://shop.example".to_owned(),
        quickbooks: "https://company.example".to_owned(),
    }
}

/// A socket of this machine.
pub(super) async fn listener() -> TcpListener {
    TcpListener::bind(("127.0.0.1", 0)).await.unwrap()
}

/// The address of whoever listens there.
pub(super) fn home(listener: &TcpListener) -> String {
    format!("http://{}", listener.local_addr().unwrap())
}

/// Behind books that are files there is nobody to ask.
struct Nobody;

impl Vendor for Nobody {
    fn answer(&mut self, request: &HttpRequest, _: Timestamp) -> Reply {
        panic!("{} was asked", request.url);
    }
}

/// Does this for every case, as many at a time as the machine has cores.
pub(super) fn on_all_cores<T: Send>(
    cases: impl IntoIterator<Item = T, IntoIter: Send>,
    run: impl AsyncFn(T) + Sync,
) {
    let cases = Mutex::new(cases.into_iter());
    let work = || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        loop {
            let Some(case) = cases.lock().unwrap().next() else { return };
            runtime.block_on(run(case));
        }
    };
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(work);
        }
    });
}

/// What of a proof does not hold.
pub(super) fn differences(proof: &ProofReport) -> String {
    let books = proof.books.iter().flat_map(|book| book.payouts.iter().chain(&book.clearing));
    let checks: Vec<_> = proof.payouts.iter().chain(books).filter(|it| !it.holds()).collect();
    let documents = proof.books.iter().flat_map(|book| &book.documents.differing);
    let documents: Vec<_> = documents.collect();
    let open: Vec<_> =
        proof.books.iter().map(|book| (&book.book, book.pending, book.failed)).collect();
    format!("{checks:#?}; {documents:#?}; book, pending, failed: {open:?}")
}

/// A folder in memory where the machine has such, since every transaction waits for its disk.
fn folder() -> TempDir {
    let memory = Path::new("/dev/shm");
    let in_memory = memory.is_dir().then(|| TempDir::new_in(memory).ok()).flatten();
    in_memory.unwrap_or_else(|| TempDir::new().unwrap())
}

fn database(folder: &Path) -> std::path::PathBuf {
    folder.join("saldo.db")
}

fn read_all(folder: &Path, prefix: &str, files: &mut BTreeMap<String, String>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        match entry.file_type().unwrap().is_dir() {
            true => read_all(&entry.path(), &format!("{name}/"), files),
            false => {
                files.insert(name, std::fs::read_to_string(entry.path()).unwrap());
            }
        }
    }
}
