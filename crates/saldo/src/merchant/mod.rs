//! The simulated merchant: a shop and a company of one seeded world.

mod memory;

pub(crate) use memory::{Keys, Memory};

use crate::cli::connect::{Office, connection};
use crate::transport::carrier::SharedVendor;
use crate::transport::clock::Clock;
use crate::transport::token::name;
use anyhow::Context;
use jiff::{SignedDuration, Timestamp, ToSpan};
use saldo_core::exchange::HttpRequest;
use saldo_core::money::Currency;
use saldo_core::text::{CompanyId, Secret};
use saldo_sim::books::quickbooks_online::{Company, QuickBooksOnlineSim};
use saldo_sim::books::xero::{Organisation, XeroSim};
use saldo_sim::channels::shopify::{ShopifySettings, ShopifySim};
use saldo_sim::fault::{FaultSettings, Faulty};
use saldo_sim::world::{Story, World, WorldSettings};
use saldo_sim::{Reply, Vendor};
use saldo_store::{Company as Bookkept, Connection, Key, Role, Store};
use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Where the simulated Shopify answers questions.
pub(crate) const SHOPIFY_API: &str = "/admin/api/2026-10/graphql.json";
/// Where the simulated Shopify gives tokens.
pub(crate) const SHOPIFY_TOKEN: &str = "/admin/oauth/access_token";
/// Where the simulated QuickBooks Online gives tokens.
pub(crate) const QUICKBOOKS_TOKEN: &str = "/oauth2/v1/tokens/bearer";

/// Where the simulated Xero gives tokens.
pub(crate) const XERO_TOKEN: &str = "/connect/token";
/// Where the simulated Xero asks the owner.
pub(crate) const XERO_AUTHORISE: &str = "/identity/connect/authorize";

/// The name of the connection to the simulated company.
pub(crate) const COMPANY: &str = "quickbooks-online";
/// The name of the connection to the organisation, and of its adapter.
pub(crate) const ORGANISATION: &str = "xero";

/// How long after the last event of its history a merchant is looked at.
const AFTERWARDS_HOURS: i64 = 6;

/// A simulated vendor that is asked over a socket and looked into from here.
struct Shared<V>(Arc<Mutex<V>>);

impl<V> Clone for Shared<V> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<V: Vendor> Vendor for Shared<V> {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).answer(request, now)
    }

    fn clock_jump(&mut self) -> Option<SignedDuration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clock_jump()
    }
}

/// A shop and a company that tell the same story.
pub(crate) struct Merchant {
    /// The shop.
    pub(crate) shopify: SharedVendor,
    /// The company.
    pub(crate) quickbooks: SharedVendor,
    /// When its history has been told.
    pub(crate) after: Timestamp,
    /// When it was last asked for anything, where the run before was ended before its end.
    pub(crate) interrupted: Option<Timestamp>,
    /// The end of the id of the order that nobody can understand.
    pub(crate) unknown_order: String,
    company: Shared<QuickBooksOnlineSim>,
    shop: ShopifySettings,
}

impl Merchant {
    /// The merchant of a seed, its shop at this address, both vendors behind these faults, and
    /// forgotten when the process ends.
    pub(crate) fn new(
        settings: &WorldSettings,
        faults: &FaultSettings,
        shop: &str,
    ) -> anyhow::Result<Self> {
        Self::beginning(settings, faults, None, shop)
    }

    /// The merchant whose vendors' state is kept in a folder: as it was there, if it was.
    pub(crate) fn remembered(
        settings: &WorldSettings,
        faults: &FaultSettings,
        (memory, data): (&Memory, &Path),
        shop: &str,
    ) -> anyhow::Result<Self> {
        Self::beginning(settings, faults, Some((memory, data)), shop)
    }

    fn beginning(
        settings: &WorldSettings,
        faults: &FaultSettings,
        kept: Option<(&Memory, &Path)>,
        shop: &str,
    ) -> anyhow::Result<Self> {
        let world = Arc::new(World::generate(settings)?);
        let shop = ShopifySettings { address: shop.to_owned(), ..ShopifySettings::default() };
        let unknown = world.stories.iter().position(|story| *story == Story::UnknownLine);
        let unknown = unknown.and_then(|place| world.orders.get(place));
        let unknown_order = unknown.map_or_else(String::new, |order| format!("/{}", order.id));
        let company = match kept {
            Some((memory, _)) => QuickBooksOnlineSim::from_json(&memory.quickbooks_online)
                .context("the simulated company cannot be read")?,
            None => QuickBooksOnlineSim::new(Company::retail(settings.seed)),
        };
        let company = Shared(Arc::new(Mutex::new(company)));
        let shopify = ShopifySim::new(Arc::clone(&world), shop.clone());
        let faults = |number: u64| faults.clone().with_seed(settings.seed + number);
        let (shopify, quickbooks, interrupted) = match kept {
            Some((memory, data)) => {
                let shopify = memory.wake(data, "shopify", shopify)?;
                let books = memory.wake(data, COMPANY, company.clone())?;
                let interrupted = shopify.last.max(books.last);
                (behind(shopify, &faults(0)), behind(books, &faults(1)), interrupted)
            }
            None => (behind(shopify, &faults(0)), behind(company.clone(), &faults(1)), None),
        };
        let after = world.ends + AFTERWARDS_HOURS.hours();
        Ok(Self { shopify, quickbooks, after, interrupted, unknown_order, company, shop })
    }

    /// What opens the vendors; signs in to the company.
    pub(crate) fn keys(&self, now: Timestamp) -> Keys {
        let mut company = self.company();
        let refresh_token = company.connect(now).refresh_token;
        let (id, secret) = company.client();
        Keys {
            shopify_client_id: self.shop.client_id.clone(),
            shopify_client_secret: self.shop.client_secret.clone(),
            quickbooks_client_id: id.to_owned(),
            quickbooks_client_secret: secret.to_owned(),
            refresh_token,
            realm: company.company().realm().to_owned(),
        }
    }

    /// The simulated company itself, past the faults.
    pub(crate) fn company(&self) -> MutexGuard<'_, QuickBooksOnlineSim> {
        self.company.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The company's state, to be remembered.
    pub(crate) fn company_state(&self) -> anyhow::Result<String> {
        Ok(self.company().to_json()?)
    }

    /// The company's ledger without its ids, as one text.
    pub(crate) fn company_ledger(&self) -> String {
        self.company().company().ledger_without_ids()
    }
}

/// The simulated Xero, with an organisation in which nobody has entered anything yet.
pub(crate) struct EmptyBooks {
    /// Where requests go.
    pub(crate) vendor: SharedVendor,
    /// What gets the first access token.
    pub(crate) refresh_token: String,
    books: Shared<XeroSim>,
}

impl EmptyBooks {
    /// The organisation of a seed, behind these faults, with somebody signed in to it.
    pub(crate) fn new(seed: u64, faults: &FaultSettings, now: Timestamp) -> Self {
        let mut xero = XeroSim::new(Organisation::united_states(seed));
        let refresh_token = xero.connect(now).refresh_token;
        let books = Shared(Arc::new(Mutex::new(xero)));
        let vendor = behind(books.clone(), &faults.clone().with_seed(seed + 2));
        Self { vendor, refresh_token, books }
    }

    /// The simulated vendor itself, past the faults.
    pub(crate) fn vendor_itself(&self) -> MutexGuard<'_, XeroSim> {
        self.books.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection to the organisation, which is said to be at this address, and the secrets that
    /// open it.
    pub(crate) fn connection(&self, address: &str) -> (Connection, [(&'static str, String); 3]) {
        let xero = self.vendor_itself();
        let (id, secret) = xero.client();
        let secrets = [
            (name::CLIENT_ID, id.to_owned()),
            (name::CLIENT_SECRET, secret.to_owned()),
            (name::REFRESH_TOKEN, self.refresh_token.clone()),
        ];
        let mut book = connection(ORGANISATION, Role::Book, ORGANISATION);
        book.settings.insert("tenant".to_owned(), xero.organisation().tenant().to_owned());
        for (name, path) in [("api", ""), ("token", XERO_TOKEN)] {
            book.addresses.0.insert(name.to_owned(), format!("{address}{path}"));
        }
        (book, secrets)
    }
}

fn behind(vendor: impl Vendor + 'static, faults: &FaultSettings) -> SharedVendor {
    Arc::new(Mutex::new(Box::new(Faulty::new(vendor, faults.clone()))))
}

/// Where the simulated vendors are to be found, without a path.
pub(crate) struct Homes {
    /// The shop.
    pub(crate) shopify: String,
    /// The company.
    pub(crate) quickbooks: String,
}

/// Makes the merchant's company in a database where it is not there yet, and connects it to its
/// vendors, wherever they are today, and to plain-text books.
pub(crate) async fn furnish(
    store: &Store,
    key: &Arc<Key>,
    settings: &WorldSettings,
    keys: &Keys,
    homes: &Homes,
    clock: &Clock,
) -> anyhow::Result<Bookkept> {
    let company = Bookkept {
        id: CompanyId::new(&settings.shop),
        name: "Demo shop".to_owned(),
        currency: Currency::parse(&settings.currency)?,
        timezone: settings.timezone.clone(),
        start_date: settings.begins,
    };
    if store.companies().await?.is_empty() {
        store.create_company(&company).await?;
    }
    let office = Office {
        store: store.clone(),
        company: company.clone(),
        key: Arc::clone(key),
        clock: clock.clone(),
    };
    connect(&office, settings, keys, homes).await?;
    Ok(company)
}

/// The name of the connection to the shop.
pub(crate) fn shop_connection(settings: &WorldSettings) -> String {
    format!("shopify:{}", settings.shop)
}

async fn connect(
    office: &Office,
    settings: &WorldSettings,
    keys: &Keys,
    homes: &Homes,
) -> anyhow::Result<()> {
    let known = office.store.connections(&office.company.id).await?;
    let mut shop = connection(&shop_connection(settings), Role::Channel, "shopify");
    shop.settings.insert("shop".to_owned(), settings.shop.clone());
    for (name, path) in [("api", SHOPIFY_API), ("token", SHOPIFY_TOKEN)] {
        shop.addresses.0.insert(name.to_owned(), format!("{}{path}", homes.shopify));
    }
    let mut books = connection(COMPANY, Role::Book, "quickbooks-online");
    books.settings.insert("realm".to_owned(), keys.realm.clone());
    for (name, path) in [("api", ""), ("token", QUICKBOOKS_TOKEN)] {
        books.addresses.0.insert(name.to_owned(), format!("{}{path}", homes.quickbooks));
    }
    let plain = connection("plain-text", Role::Book, "plain-text");
    for connection in [&shop, &books, &plain] {
        office.add(connection).await?;
    }
    if !known.is_empty() {
        return Ok(());
    }
    for (connection, name, secret) in [
        (&shop, name::CLIENT_ID, &keys.shopify_client_id),
        (&shop, name::CLIENT_SECRET, &keys.shopify_client_secret),
        (&books, name::CLIENT_ID, &keys.quickbooks_client_id),
        (&books, name::CLIENT_SECRET, &keys.quickbooks_client_secret),
        (&books, name::REFRESH_TOKEN, &keys.refresh_token),
    ] {
        office.keep(&connection.id, name, &Secret::new(secret)).await?;
    }
    Ok(())
}
