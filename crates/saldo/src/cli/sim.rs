//! `saldo sim`: the simulated vendors alone.

use super::args;
use super::signals::stopped;
use super::{Ending, Output};
use crate::merchant::{self, EmptyBooks, Merchant};
use crate::transport::clock::Clock;
use crate::transport::server::serve;
use anyhow::Context;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use serde::Serialize;
use tokio::net::TcpListener;

#[derive(Serialize)]
struct Serving {
    shopify_api: String,
    shopify_token: String,
    shopify_client_id: String,
    shopify_client_secret: String,
    quickbooks_online_api: String,
    quickbooks_online_token: String,
    quickbooks_online_authorise: String,
    quickbooks_online_realm: String,
    quickbooks_online_client_id: String,
    quickbooks_online_client_secret: String,
    quickbooks_online_refresh_token: String,
    xero_api: String,
    xero_token: String,
    xero_authorise: String,
    xero_tenant: String,
    xero_client_id: String,
    xero_client_secret: String,
    xero_refresh_token: String,
}

/// Serves the simulated vendors until the process is stopped.
pub(crate) async fn sim(words: &args::Sim, output: &Output) -> anyhow::Result<Ending> {
    let settings = WorldSettings {
        seed: words.seed,
        orders: words.orders,
        days: words.days,
        ..WorldSettings::default()
    };
    let shopify = listen(words.shopify_port).await?;
    let quickbooks = listen(words.quickbooks_online_port).await?;
    let xero = listen(words.xero_port).await?;
    let shop = format!("http://{}", shopify.local_addr()?);
    let faults = if words.faults { FaultSettings::rough() } else { FaultSettings::none() };
    let merchant = Merchant::new(&settings, &faults, &shop)?;
    // The machine's time runs on, but the merchant's history has an end.
    let clock = Clock::running_from(merchant.after);
    let keys = merchant.keys(clock.now());
    let books = format!("http://{}", quickbooks.local_addr()?);
    let organisation = EmptyBooks::new(words.seed, &faults, clock.now());
    let others = format!("http://{}", xero.local_addr()?);
    let (book, [client, secret, refresh_token]) = organisation.connection(&others);
    let serving = Serving {
        shopify_api: format!("{shop}{}", merchant::SHOPIFY_API),
        shopify_token: format!("{shop}{}", merchant::SHOPIFY_TOKEN),
        shopify_client_id: keys.shopify_client_id,
        shopify_client_secret: keys.shopify_client_secret,
        quickbooks_online_api: books.clone(),
        quickbooks_online_token: format!("{books}{}", merchant::QUICKBOOKS_TOKEN),
        quickbooks_online_authorise: format!("{books}/connect/oauth2"),
        quickbooks_online_realm: keys.realm,
        quickbooks_online_client_id: keys.quickbooks_client_id,
        quickbooks_online_client_secret: keys.quickbooks_client_secret,
        quickbooks_online_refresh_token: keys.refresh_token,
        xero_api: others.clone(),
        xero_token: format!("{others}{}", merchant::XERO_TOKEN),
        xero_authorise: format!("{others}{}", merchant::XERO_AUTHORISE),
        xero_tenant: book.settings.get("tenant").cloned().unwrap_or_default(),
        xero_client_id: client.1,
        xero_client_secret: secret.1,
        xero_refresh_token: refresh_token.1,
    };
    output.data(&serving, || toml::to_string(&serving).unwrap_or_default())?;
    output.note("serving until interrupted");
    tokio::select! {
        ended = serve(merchant.shopify, clock.clone(), shopify) => ended?,
        ended = serve(merchant.quickbooks, clock.clone(), quickbooks) => ended?,
        ended = serve(organisation.vendor, clock, xero) => ended?,
        () = stopped() => {}
    }
    Ok(Ending::Done)
}

async fn listen(port: u16) -> anyhow::Result<TcpListener> {
    let listener = TcpListener::bind(("127.0.0.1", port)).await;
    listener.with_context(|| format!("port {port} cannot be listened on"))
}
