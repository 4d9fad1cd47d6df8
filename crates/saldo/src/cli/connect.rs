//! `saldo connect`.

use super::args::{Connect, ConnectQuickbooksOnline, ConnectShopify, Global};
use super::context::{self, Usage};
use super::doctor::{CREDITS, NUMBERS};
use super::{Ending, Output, sign_in};
use crate::config;
use crate::engine::{EngineError, decide, read_settings, secrets_of};
use crate::transport::token::{TokenStore, name};
use anyhow::Context;
use saldo_channels::channel;
use saldo_core::book::BookSettings;
use saldo_core::exchange::Addresses;
use saldo_core::text::{ConnectionId, Secret};
use saldo_store::{Company, Connection, Key, Role, Store};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

#[derive(Serialize)]
struct Connected {
    connection: String,
    /// What the book's owner decided there; none for a shop, or where the book did not say yet.
    settings: Option<BookSettings>,
}

/// Connects a shop or a book.
pub(crate) async fn connect(
    global: &Global,
    words: Connect,
    output: &Output,
) -> anyhow::Result<Ending> {
    let store = context::open_store(global).await?;
    let company = context::company(global, &store).await?;
    let key = Arc::new(config::read_key(&config::key_file()?)?);
    let office = Office { store, company, key };
    let connection = match words {
        Connect::Shopify(words) => shopify(&office, &words).await?,
        Connect::QuickbooksOnline(words) => quickbooks_online(&office, &words, output).await?,
        Connect::PlainText => {
            let connection = connection("plain-text", Role::Book, "plain-text");
            office.add(&connection).await?;
            connection
        }
    };
    let settings = settings(global, &connection, output).await?;
    let connected = Connected { connection: connection.id.to_string(), settings };
    output.data(&connected, || format!("connected: {}\n", connected.connection))?;
    Ok(Ending::Done)
}

/// Asks a new book what its owner decided there, and says what matters of it. The connection stands
/// even where the book cannot be asked yet.
async fn settings(
    global: &Global,
    connection: &Connection,
    output: &Output,
) -> anyhow::Result<Option<BookSettings>> {
    if connection.role != Role::Book {
        return Ok(None);
    }
    let engine = context::engine(global, output).await?;
    let settings = match read_settings(&engine, connection).await {
        Ok(settings) => settings,
        Err(error @ EngineError::World { .. }) => {
            output.note(&format!("it is connected, but could not be asked yet: {error}"));
            return Ok(None);
        }
        Err(other) => return Err(other.into()),
    };
    if let Some(settings) = &settings {
        if let Some(date) = settings.closed_until {
            output.note(&format!("it is closed until {date}: nothing is entered up to that day"));
        }
        if settings.numbers_documents {
            output.note(NUMBERS);
        }
        if settings.applies_credits {
            output.note(CREDITS);
        }
    }
    Ok(settings)
}

/// Where connections and their secrets are kept.
pub(crate) struct Office {
    /// The database.
    pub(crate) store: Store,
    /// Whose.
    pub(crate) company: Company,
    /// What seals the secrets.
    pub(crate) key: Arc<Key>,
}

impl Office {
    /// Adds a connection, or replaces the settings of the one that is there.
    pub(crate) async fn add(&self, connection: &Connection) -> anyhow::Result<()> {
        let known = self.store.connections(&self.company.id).await?;
        match known.iter().any(|known| known.id == connection.id) {
            true => self.store.update_connection(&self.company.id, connection).await?,
            false => self.store.add_connection(&self.company.id, connection).await?,
        }
        if connection.role == Role::Channel {
            self.name_gateways(&connection.adapter).await?;
        }
        Ok(())
    }

    /// Gives the gateways that a channel is known to use their accounts, where the policy has none.
    async fn name_gateways(&self, adapter: &str) -> anyhow::Result<()> {
        let Some(channel) = channel(adapter) else { return Ok(()) };
        let revision = self.store.policy(&self.company.id).await?;
        let text = revision.map_or_else(String::new, |revision| revision.text);
        let mut policy: toml::Table = toml::from_str(&text).context("the policy cannot be read")?;
        let gateways = policy
            .entry("gateways")
            .or_insert_with(|| toml::Value::Table(toml::Table::new()))
            .as_table_mut()
            .context("`gateways` in the policy is not a table")?;
        let mut changed = false;
        for gateway in channel.gateways() {
            if !gateways.contains_key(gateway.id.as_str()) {
                let mut account = toml::Table::new();
                account.insert("account".into(), format!("Clearing: {}", gateway.name).into());
                gateways.insert(gateway.id.to_string(), account.into());
                changed = true;
            }
        }
        if changed {
            let text = toml::to_string_pretty(&policy)?;
            let now = crate::transport::clock::Clock::real().now();
            decide(&self.store, &self.company.id, &context::holder(), &text, now).await?;
        }
        Ok(())
    }

    /// Where the secrets of a connection are kept.
    pub(crate) fn secrets(&self, connection: &ConnectionId) -> Arc<dyn TokenStore> {
        secrets_of(&self.store, &self.key, &self.company.id, connection)
    }

    /// Keeps a secret.
    pub(crate) async fn keep(
        &self,
        connection: &ConnectionId,
        name: &str,
        secret: &Secret,
    ) -> anyhow::Result<()> {
        let kept =
            self.store.put_secret(&self.company.id, connection, name, secret, &self.key).await;
        kept.with_context(|| format!("the secret `{name}` cannot be kept"))
    }
}

/// A connection without settings.
pub(crate) fn connection(id: &str, role: Role, adapter: &str) -> Connection {
    Connection {
        id: ConnectionId::new(id),
        role,
        adapter: adapter.to_owned(),
        settings: BTreeMap::new(),
        addresses: Addresses::default(),
    }
}

/// Reads a secret from its file, without the line's end.
pub(crate) fn secret_in(file: &Path) -> anyhow::Result<Secret> {
    let text = std::fs::read_to_string(file)
        .with_context(|| format!("the secret in {} cannot be read", file.display()))?;
    let text = text.trim();
    match text.is_empty() {
        true => Err(Usage(format!("the file {} is empty", file.display())).into()),
        false => Ok(Secret::new(text)),
    }
}

fn replace(connection: &mut Connection, name: &str, url: Option<&String>) {
    if let Some(url) = url {
        connection.addresses.0.insert(name.to_owned(), url.clone());
    }
}

async fn shopify(office: &Office, words: &ConnectShopify) -> anyhow::Result<Connection> {
    let shop = words.shop.trim_end_matches(".myshopify.com");
    let mut connection = connection(&format!("shopify:{shop}"), Role::Channel, "shopify");
    connection.settings.insert("shop".to_owned(), words.shop.clone());
    replace(&mut connection, "api", words.api_url.as_ref());
    replace(&mut connection, "token", words.token_url.as_ref());
    if let Some(channel) = channel("shopify") {
        channel.addresses(&connection.settings).map_err(Usage)?;
    }
    match (&words.client_id, &words.client_secret_file, &words.access_token_file) {
        (Some(id), Some(file), None) => {
            let secret = secret_in(file)?;
            office.add(&connection).await?;
            office.keep(&connection.id, name::CLIENT_ID, &Secret::new(id)).await?;
            office.keep(&connection.id, name::CLIENT_SECRET, &secret).await?;
        }
        (None, _, Some(file)) => {
            let token = secret_in(file)?;
            office.add(&connection).await?;
            office.keep(&connection.id, name::ACCESS_TOKEN, &token).await?;
        }
        _ => {
            let text = "give --client-id and --client-secret-file, or --access-token-file";
            return Err(Usage(text.to_owned()).into());
        }
    }
    Ok(connection)
}

async fn quickbooks_online(
    office: &Office,
    words: &ConnectQuickbooksOnline,
    output: &Output,
) -> anyhow::Result<Connection> {
    let adapter = "quickbooks-online";
    let mut connection = connection(adapter, Role::Book, adapter);
    replace(&mut connection, "api", words.api_url.as_ref());
    replace(&mut connection, "token", words.token_url.as_ref());
    replace(&mut connection, "authorise", words.authorise_url.as_ref());
    let secret = secret_in(&words.client_secret_file)?;
    let refresh = words.refresh_token_file.as_deref().map(secret_in).transpose()?;
    // The company's number is known after signing in.
    let realm = words.realm.clone().unwrap_or_default();
    connection.settings.insert("realm".to_owned(), realm);
    office.add(&connection).await?;
    office.keep(&connection.id, name::CLIENT_ID, &Secret::new(&words.client_id)).await?;
    office.keep(&connection.id, name::CLIENT_SECRET, &secret).await?;
    match refresh {
        Some(token) => office.keep(&connection.id, name::REFRESH_TOKEN, &token).await?,
        None => {
            let realm = sign_in::sign_in(office, &connection, &words.redirect_url, output).await?;
            connection.settings.insert("realm".to_owned(), realm);
            office.add(&connection).await?;
        }
    }
    Ok(connection)
}
