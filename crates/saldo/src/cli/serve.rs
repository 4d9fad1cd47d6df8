//! `saldo serve`: what vendors' own programs call.

use super::args::{self, Global};
use super::context::{self, Usage};
use super::signals::stopped;
use super::{Ending, Output};
use crate::config;
use crate::connector::{
    Certificate, PATH, PATIENCE, Place, STRANGER_LIMIT, Sessions, Visit, WebConnector, Work,
    Working,
};
use crate::engine::{self, Attended, Engine, EngineError, Wiring};
use crate::hooks::{self, Hooks};
use crate::transport::clock::Clock;
use crate::transport::service::{Answering, Handler, Service, ServiceError};
use anyhow::Context;
use saldo_core::text::CompanyId;
use saldo_store::{Key, Store};
use serde::Serialize;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

/// How often sessions are looked at in which nobody calls any more.
const LOOKED_AT_EVERY: Duration = Duration::from_secs(30);

#[derive(Serialize)]
struct Serving {
    quickbooks_web_connector: String,
    /// The addresses that vendors send word of changes to.
    webhooks: Vec<String>,
}

/// Serves until the process is stopped.
pub(crate) async fn serve(
    global: &Global,
    words: &args::Serve,
    output: &Output,
) -> anyhow::Result<Ending> {
    let store = context::open_store(global).await?;
    if let Some(company) = &global.company {
        context::named_company(&store, company).await?;
    }
    let key = Arc::new(config::read_key(&config::key_file()?)?);
    let certificate = certificate(&store, global, words).await?;
    let files = certificate.as_ref().map(|it| (it.chain.as_path(), it.key.as_path()));
    let service = match Service::listen(words.listen, files).await {
        Err(error @ ServiceError::PlainToWorld(_)) => return Err(Usage(error.to_string()).into()),
        other => other?,
    };
    let scheme = if certificate.is_some() { "https" } else { "http" };
    let home = format!("{scheme}://{}", service.address()?);
    let hooks = ["xero", "quickbooks-online"].map(|name| format!("{home}{}{name}", hooks::PATH));
    let serving =
        Serving { quickbooks_web_connector: format!("{home}{PATH}"), webhooks: hooks.to_vec() };
    output.data(&serving, || toml::to_string(&serving).unwrap_or_default())?;
    let office =
        Office { store: store.clone(), key: Arc::clone(&key), data: context::data(global) };
    let hooks = Hooks { store: store.clone(), key: Arc::clone(&key), clock: Clock::real() };
    let connector = Arc::new(WebConnector {
        store,
        key,
        clock: Clock::real(),
        only: global.company.as_deref().map(CompanyId::new),
        work: office.work(*output),
        patience: PATIENCE,
        stranger_limit: STRANGER_LIMIT,
        live: Sessions::default(),
        door: std::sync::Arc::default(),
    });
    output.note("serving until interrupted");
    tokio::select! {
        () = service.run(handler(Arc::new(hooks), &connector), stopped()) => {}
        () = expire(&connector) => {}
    }
    connector.stop().await;
    Ok(Ending::Done)
}

/// The certificate that is named here, or else the one that the connections are set up with.
async fn certificate(
    store: &Store,
    global: &Global,
    words: &args::Serve,
) -> anyhow::Result<Option<Certificate>> {
    if let Some((chain, key)) = words.certificate.clone().zip(words.key.clone()) {
        return Ok(Some(Certificate { chain, key }));
    }
    let only = global.company.as_deref().map(CompanyId::new);
    let mut known = Certificate::of_all(store, only.as_ref()).await?;
    if known.len() > 1 {
        let text = "the connections are set up with several certificates, and a service has one: \
                    name it by --certificate and --key, or serve one company by --company";
        return Err(Usage(text.to_owned()).into());
    }
    Ok(known.pop_first())
}

/// Answers whoever calls: vendors that send word of changes, and the Web Connector.
fn handler(hooks: Arc<Hooks>, connector: &Arc<WebConnector>) -> Handler {
    let others = connector.handler();
    Arc::new(move |coming| -> Answering {
        if !coming.head.url.contains(hooks::PATH) {
            return others(coming);
        }
        let hooks = Arc::clone(&hooks);
        Box::pin(async move {
            match coming.whole(hooks::LIMIT_BYTES).await {
                Ok(request) => hooks.answer(&request).await,
                Err(refused) => refused,
            }
        })
    })
}

/// Ends sessions in which nobody calls any more, for ever.
async fn expire(connector: &WebConnector) {
    loop {
        tokio::time::sleep(LOOKED_AT_EVERY).await;
        if let Err(error) = connector.expire().await {
            tracing::error!(%error, "what became of a session cannot be noted");
        }
    }
}

/// Where the work of sessions is done.
struct Office {
    store: Store,
    key: Arc<Key>,
    data: PathBuf,
}

impl Office {
    /// A session's work: the company's sync, whose messages for the caller go through its mailbox.
    fn work(self, output: Output) -> Work {
        let office = Arc::new(self);
        Arc::new(move |visit: Visit| -> Working {
            let office = Arc::clone(&office);
            Box::pin(async move {
                let Place { company, connection } = &visit.place;
                let name = format!("{}, {}", company.id, connection.id);
                output.note(&format!("{name}: a session began"));
                let ended = office.sync(&visit).await;
                match &ended {
                    Ok(done) => output.note(&format!("{name}: {done}")),
                    Err(trouble) => output.note(&format!("{name}: {trouble}")),
                }
                ended.map(|_| ())
            })
        })
    }

    /// Runs the sync; says what was done, or what went wrong.
    async fn sync(&self, visit: &Visit) -> Result<String, String> {
        let engine = self.engine(visit).await.map_err(|error| format!("{error:#}"))?;
        match engine::attend(&engine, &visit.place.connection).await {
            Ok(Attended { done, proof }) => {
                let proved = match proof.map(|proof| proof.holds()) {
                    None => "",
                    Some(true) => "; everything adds up",
                    Some(false) => "; NOT everything adds up: see `saldo prove`",
                };
                Ok(format!(
                    "{} new records, {} acknowledged, {} refused{proved}",
                    done.new_records, done.acknowledged, done.refused
                ))
            }
            Err(EngineError::Partly { failed, .. }) => {
                Err(failed.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "))
            }
            Err(error) => Err(error.to_string()),
        }
    }

    async fn engine(&self, visit: &Visit) -> anyhow::Result<Engine> {
        let Place { company, connection } = &visit.place;
        let policy = Engine::policy_of(&self.store, company).await;
        Ok(Engine {
            store: self.store.clone(),
            clock: Clock::real(),
            company: company.clone(),
            policy: policy.context("the policy")?,
            key: Arc::clone(&self.key),
            data: self.data.clone(),
            holder: context::holder()?,
            is_awaited: false,
            wiring: Wiring::Called {
                connection: connection.id.clone(),
                mailbox: visit.mailbox.clone(),
                others: Box::new(Wiring::Sockets),
            },
            progress: visit.tally.of(connection.id.clone()),
        })
    }
}
