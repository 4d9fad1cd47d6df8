//! The company that is measured with, its database and its connections.

use crate::cli::connect::{Office, connection};
use crate::config;
use crate::engine::{Engine, Progress, Wiring};
use crate::transport::clock::Clock;
use crate::transport::token::name;
use anyhow::{Context, Result};
use jiff::Timestamp;
use jiff::civil::{Date, date};
use saldo_channels::channel;
use saldo_core::money::Currency;
use saldo_core::policy::Policy;
use saldo_core::text::{CompanyId, ConnectionId, Secret};
use saldo_store::{Company, Role, Store};
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::sync::Arc;

/// The channel that is measured.
pub(crate) const ADAPTER: &str = "shopify";
/// The zone in which the company's days begin and end.
pub(crate) const TIMEZONE: &str = "America/New_York";
/// The plain-text book.
pub(crate) const PLAIN_TEXT: &str = "plain-text";

/// The first day of the books.
const START: Date = date(2026, 1, 1);

/// The shop's connection.
pub(crate) fn shop_id() -> ConnectionId {
    ConnectionId::new("shopify:bench")
}

fn company() -> Result<Company> {
    Ok(Company {
        id: CompanyId::new("bench"),
        name: "Bench".to_owned(),
        currency: Currency::parse("USD")?,
        timezone: TIMEZONE.to_owned(),
        start_date: START,
    })
}

/// The policy that the company has once its shop is connected.
pub(crate) fn policy() -> Result<Policy> {
    let mut text = "tax.unknown = \"common\"\n".to_owned();
    for gateway in channel(ADAPTER).context("no such channel")?.gateways() {
        let (id, name) = (&gateway.id, &gateway.name);
        writeln!(text, "[gateways.\"{id}\"]\naccount = \"Clearing: {name}\"")?;
    }
    let company = company()?;
    Ok(Policy::new(1, &text, company.currency, TIMEZONE, START)?)
}

/// An engine over the database of a folder, which is made where it is not there yet.
pub(crate) async fn engine(data: &Path, at: Timestamp, wishes: Wishes<'_>) -> Result<Engine> {
    fs::create_dir_all(data)?;
    let key = Arc::new(config::make_key(&data.join("key"))?);
    let store = Store::open(&config::database(data), true).await?;
    let company = company()?;
    if store.companies().await?.is_empty() {
        store.create_company(&company).await?;
    }
    let clock = Clock::simulated(at);
    let office = Office {
        store: store.clone(),
        company: company.clone(),
        key: Arc::clone(&key),
        clock: clock.clone(),
    };
    connect(&office, wishes).await?;
    let policy = Engine::policy_of(&store, &company).await?;
    Ok(Engine {
        store,
        clock,
        company,
        policy,
        key,
        data: data.to_owned(),
        holder: "bench".to_owned(),
        is_awaited: false,
        wiring: Wiring::Sockets,
        progress: Progress::unseen(),
    })
}

/// What an engine is connected to.
#[derive(Clone, Copy, Default)]
pub(crate) struct Wishes<'a> {
    /// Where the shop answers.
    pub(crate) address: &'a str,
    /// Whether there is a plain-text book.
    pub(crate) plain_text: bool,
}

async fn connect(office: &Office, wishes: Wishes<'_>) -> Result<()> {
    let mut shop = connection(shop_id().as_str(), Role::Channel, ADAPTER);
    shop.settings.insert("shop".to_owned(), "bench".to_owned());
    for name in ["api", "token"] {
        shop.addresses.0.insert(name.to_owned(), format!("{}/{name}", wishes.address));
    }
    let known = office.store.connections(&office.company.id).await?;
    office.add(&shop).await?;
    if wishes.plain_text {
        office.add(&connection(PLAIN_TEXT, Role::Book, PLAIN_TEXT)).await?;
    }
    if known.is_empty() {
        office.keep(&shop.id, name::ACCESS_TOKEN, &Secret::new("bench")).await?;
    }
    Ok(())
}
