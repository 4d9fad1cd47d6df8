//! `saldo connect`.

mod newcomer;
mod quickbooks_desktop;
mod xero;

#[cfg(test)]
mod tests;

use super::args::{Connect, ConnectQuickbooksOnline, ConnectShopify, Global};
use super::context::{self, Usage};
use super::doctor::{CREDITS, NUMBERS};
use super::person::Person;
use super::sign_in::sign_in;
use super::{Ending, Output};
use crate::config;
use crate::engine::{
    EngineError, FILES_SETTING, Reviser, is_files_only, read_settings, revise, secrets_of,
};
use crate::hooks::WEBHOOK_KEY;
use crate::transport::clock::Clock;
use crate::transport::token::TokenStore;
use anyhow::{Context, bail};
use newcomer::{Newcomer, settle_in};
use saldo_books::book;
use saldo_channels::channel;
use saldo_core::book::BookSettings;
use saldo_core::channel::Channel;
use saldo_core::exchange::{Addresses, Introduction};
use saldo_core::money::Currency;
use saldo_core::text::{ConnectionId, Secret};
use saldo_store::{Company, Connection, Key, Role, Store};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

/// The adapter of shops.
pub(crate) const SHOPS: &str = "shopify";
/// The setting that names a company of QuickBooks Online.
const REALM: &str = "realm";
/// The setting that says how a company comes to sales tax.
const SALES_TAX: &str = "sales-tax";

#[derive(Serialize)]
struct Connected {
    connection: String,
    /// What the shop or the company is called there; none where the vendor was not asked.
    name: Option<String>,
    /// The currency of its sales or books.
    currency: Option<Currency>,
    /// What the book's owner decided there; none for a shop, or where the book did not say yet.
    settings: Option<BookSettings>,
    /// The password that a vendor's own program logs in with; none but where one was drawn.
    password: Option<String>,
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
    let office = Office { store, company, key, clock: Clock::real() };
    let mut person = Person::here(output);
    let (mut password, mut is_asked, mut done) = (None, true, "connected");
    let (connection, introduction) = match words {
        Connect::QuickbooksDesktop(words) => {
            if words.revoke {
                done = "revoked";
            }
            let connected = quickbooks_desktop::quickbooks_desktop(&office, &words, output).await?;
            (password, is_asked) = (connected.1, false);
            (connected.0, None)
        }
        Connect::Shopify(words) => shopify(&office, &words, output).await?,
        Connect::QuickbooksOnline(words) => {
            is_asked = !words.unchecked;
            quickbooks_online(&office, &words, &mut person, output).await?
        }
        Connect::Xero(words) => {
            is_asked = !words.unchecked;
            xero::xero(&office, &words, &mut person, output).await?
        }
        Connect::PlainText => {
            let connection = connection("plain-text", Role::Book, "plain-text");
            office.add(&connection).await?;
            (connection, None)
        }
    };
    let settings = match is_asked {
        true => settings(global, &connection, output).await?,
        false => None,
    };
    let (name, currency) = introduction.map(|it| (it.name, it.currency)).unzip();
    let connected = Connected {
        connection: connection.id.to_string(),
        name,
        currency: currency.flatten(),
        settings,
        password: password.map(|password| password.expose().to_owned()),
    };
    output.data(&connected, || match &connected.password {
        Some(password) => format!("{done}: {}\npassword: {password}\n", connected.connection),
        None => format!("{done}: {}\n", connected.connection),
    })?;
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
    /// The time, the same by which the company is taken elsewhere.
    pub(crate) clock: Clock,
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
        let named = |text: &str| with_gateways(text, channel);
        // Where they have theirs, whoever is at the desk need not be waited for.
        let latest = self.store.policy(&self.company.id).await?;
        if named(&latest.map_or_else(String::new, |revision| revision.text))?.is_none() {
            return Ok(());
        }
        let (holder, now) = (context::holder()?, self.clock.now());
        let company = &self.company.id;
        let reviser = Reviser { company, holder: &holder, since: None, now };
        revise(&self.store, reviser, named).await?;
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

impl Office {
    /// Keeps the key with which a vendor signs what it sends, where there is one.
    async fn keep_webhook_key(&self, made: Made, key: Option<Secret>) -> anyhow::Result<Made> {
        if let Some(key) = key {
            self.keep(&made.0.id, WEBHOOK_KEY, &key).await?;
        }
        Ok(made)
    }
}

/// A policy with an account for each gateway that a channel is known to use; none where it has
/// them. With the first ones it also says that all taxes stand on one account, if it says nothing
/// of taxes.
fn with_gateways(text: &str, channel: &dyn Channel) -> anyhow::Result<Option<String>> {
    let mut policy: toml::Table = toml::from_str(text).context("the policy cannot be read")?;
    if !policy.contains_key("gateways") && !policy.contains_key("tax") {
        let tax = toml::Table::from_iter([("unknown".to_owned(), "common".into())]);
        policy.insert("tax".to_owned(), tax.into());
    }
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
    Ok(match changed {
        true => Some(toml::to_string_pretty(&policy)?),
        false => None,
    })
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
    let text = context::text_of_file(file)?;
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

/// The connection of a shop: the one that is there, that of files alone included, so that what
/// files told is known by the same name; else a new one. Files of which nobody said whose they are
/// belong to the company's first shop, unless it is said that they do not.
pub(crate) async fn shop_connection(
    office: &Office,
    shop: &str,
    apart_from_files: bool,
) -> anyhow::Result<Connection> {
    let shop = shop.trim_end_matches(".myshopify.com");
    let known = office.store.connections(&office.company.id).await?;
    let mut shops: Vec<Connection> =
        known.into_iter().filter(|it| it.adapter == SHOPS && it.role == Role::Channel).collect();
    let named = |it: &Connection| {
        it.settings.get("shop").is_some_and(|it| it.trim_end_matches(".myshopify.com") == shop)
    };
    if let Some(place) = shops.iter().position(named) {
        return Ok(shops.swap_remove(place));
    }
    match (shops.pop(), shops.is_empty()) {
        (Some(files), true) if !files.settings.contains_key("shop") && !apart_from_files => {
            Ok(files)
        }
        _ => Ok(connection(&format!("{SHOPS}:{shop}"), Role::Channel, SHOPS)),
    }
}

/// A connection that was made, and whom it leads to, where the vendor was asked.
type Made = (Connection, Option<Introduction>);

async fn shopify(office: &Office, words: &ConnectShopify, output: &Output) -> anyhow::Result<Made> {
    let mut connection = shop_connection(office, &words.shop, words.apart_from_files).await?;
    let takes_files = is_files_only(&connection);
    if takes_files {
        connection.settings.remove(FILES_SETTING.0);
    }
    connection.settings.insert("shop".to_owned(), words.shop.clone());
    replace(&mut connection, "api", words.api_url.as_ref());
    replace(&mut connection, "token", words.token_url.as_ref());
    if let Some(channel) = channel(SHOPS) {
        channel.addresses(&connection.settings).map_err(Usage)?;
    }
    let newcomer = match (&words.client_id, &words.client_secret_file, &words.access_token_file) {
        (Some(id), Some(file), _) => Newcomer::of_client(connection, id, Some(secret_in(file)?)),
        (None, _, Some(file)) => Newcomer::with_token(connection, secret_in(file)?),
        _ => {
            let text = "give --client-id and --client-secret-file, or --access-token-file";
            return Err(Usage(text.to_owned()).into());
        }
    };
    let made = settle_in(office, newcomer, words.unchecked, output).await?;
    if takes_files {
        output.note(&format!(
            "the files in `{}` are taken as this shop's, and it keeps that name",
            made.0.id
        ));
    }
    Ok(made)
}

/// Keeps what the owner says that taxes are in the book: `TAX=CODE`.
fn name_taxes(
    settings: &mut BTreeMap<String, String>,
    taxes: &[String],
    what: &str,
) -> Result<(), Usage> {
    for said in taxes {
        let (tax, code) = said
            .rsplit_once('=')
            .filter(|(tax, code)| !tax.trim().is_empty() && !code.trim().is_empty())
            .ok_or_else(|| Usage(format!("`{said}` is not of the form TAX={what}")))?;
        settings.insert(format!("tax/{}", tax.trim()), code.trim().to_owned());
    }
    Ok(())
}

/// How taxes are told in a book, as a connection that is there says it: connecting again keeps what
/// is not said otherwise.
async fn known_taxes(office: &Office, adapter: &str) -> anyhow::Result<BTreeMap<String, String>> {
    let known = office.store.connections(&office.company.id).await?;
    let known = known.into_iter().find(|it| it.adapter == adapter);
    let settings = known.map(|known| known.settings).unwrap_or_default();
    let of_tax = |name: &str| name == SALES_TAX || name.starts_with("tax/");
    Ok(settings.into_iter().filter(|(name, _)| of_tax(name)).collect())
}

async fn quickbooks_online(
    office: &Office,
    words: &ConnectQuickbooksOnline,
    person: &mut Person,
    output: &Output,
) -> anyhow::Result<Made> {
    let adapter = "quickbooks-online";
    let mut connection = connection(adapter, Role::Book, adapter);
    replace(&mut connection, "api", words.api_url.as_ref());
    replace(&mut connection, "token", words.token_url.as_ref());
    replace(&mut connection, "authorise", words.authorise_url.as_ref());
    connection.settings.extend(words.realm.clone().map(|realm| (REALM.to_owned(), realm)));
    connection.settings.extend(known_taxes(office, adapter).await?);
    connection.settings.extend(words.sales_tax.clone().map(|how| (SALES_TAX.to_owned(), how)));
    name_taxes(&mut connection.settings, &words.tax, "CODE")?;
    let secret = secret_in(&words.client_secret_file)?;
    let refresh = words.refresh_token_file.as_deref().map(secret_in).transpose()?;
    let webhook_key = words.webhook_key_file.as_deref().map(secret_in).transpose()?;
    let mut newcomer = Newcomer::of_client(connection, &words.client_id, Some(secret));
    newcomer.check_addresses()?;
    match refresh {
        Some(token) => newcomer.bring_refresh_token(token),
        None => {
            // Which company it is, the person chooses there.
            let keeper = newcomer.keeper(office)?;
            let realm = sign_in(&keeper, &words.redirect_url, person).await?;
            let realm = realm.context("the answer names no company (realmId)")?;
            if let Some(wanted) = words.realm.as_ref().filter(|wanted| **wanted != realm) {
                bail!("company {realm} was chosen there, and --realm names {wanted}: begin again");
            }
            newcomer.connection.settings.insert(REALM.to_owned(), realm);
        }
    }
    if let Some(book) = book(adapter) {
        book.addresses(&newcomer.connection.settings).map_err(Usage)?;
    }
    let made = settle_in(office, newcomer, words.unchecked, output).await?;
    office.keep_webhook_key(made, webhook_key).await
}
