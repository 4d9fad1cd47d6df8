//! A connection before it is stored: its secrets are held in memory, the vendor is asked whom it
//! leads to, and only then all of it is kept.

use super::Office;
use crate::cli::Output;
use crate::cli::context::{self, Usage};
use crate::engine::{EngineError, LEASE, forget_trouble, reconnect};
use crate::hooks::WEBHOOK_KEY;
use crate::transport::carrier::Carrier;
use crate::transport::http::{HttpCarrier, address};
use crate::transport::limit::Limiter;
use crate::transport::skew::Skew;
use crate::transport::token::{Pending, TokenKeeper, TokenStore, name};
use crate::transport::{Meter, Transport};
use anyhow::Context;
use jiff::Timestamp;
use saldo_books::book;
use saldo_channels::channel;
use saldo_core::book::{Bindings, Book, BookContext, Outcome, Task};
use saldo_core::channel::ChannelContext;
use saldo_core::exchange::{Addresses, Ask, Authorisation, Fault, Introduction, Permit, RateLimit};
use saldo_core::text::Secret;
use saldo_store::{Connection, Role};
use std::collections::BTreeMap;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// The settings that say which books of a vendor's a connection leads to.
const BOOKS_OF_VENDORS: [&str; 2] = ["realm", "tenant"];

/// Secrets that are in no database yet.
#[derive(Default)]
struct Brought(Mutex<BTreeMap<String, Secret>>);

impl Brought {
    fn secrets(&self) -> MutexGuard<'_, BTreeMap<String, Secret>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl TokenStore for Brought {
    fn load<'a>(&'a self, name: &'a str) -> Pending<'a, Option<Secret>> {
        Box::pin(async move { Ok(self.secrets().get(name).cloned()) })
    }

    fn save<'a>(&'a self, name: &'a str, secret: &'a Secret) -> Pending<'a, ()> {
        Box::pin(async move {
            self.secrets().insert(name.to_owned(), secret.clone());
            Ok(())
        })
    }

    fn previous<'a>(&'a self, _name: &'a str) -> Pending<'a, Option<Secret>> {
        Box::pin(async move { Ok(None) })
    }
}

/// A connection on its way into the database.
pub(super) struct Newcomer {
    /// What it is.
    pub(super) connection: Connection,
    brought: Option<Arc<Brought>>,
}

impl Newcomer {
    /// A connection that brings no secrets: those that are stored for it count.
    pub(super) fn without_secrets(connection: Connection) -> Self {
        Self { connection, brought: None }
    }

    /// A connection that brings the client's credentials. An access token that stood there before
    /// was another client's.
    pub(super) fn of_client(connection: Connection, id: &str, secret: Option<Secret>) -> Self {
        let brought = Brought::default();
        let spent = Secret::new(Timestamp::UNIX_EPOCH.to_string());
        let secrets = [
            (name::CLIENT_ID, Some(Secret::new(id))),
            (name::CLIENT_SECRET, secret),
            (name::ACCESS_TOKEN_EXPIRES, Some(spent)),
        ];
        for (name, secret) in secrets {
            brought.secrets().extend(secret.map(|secret| (name.to_owned(), secret)));
        }
        Self { connection, brought: Some(Arc::new(brought)) }
    }

    /// A connection that brings an access token which never expires.
    pub(super) fn with_token(connection: Connection, token: Secret) -> Self {
        let brought = Brought::default();
        let never = Secret::new(Timestamp::MAX.to_string());
        let secrets = [(name::ACCESS_TOKEN, token), (name::ACCESS_TOKEN_EXPIRES, never)];
        brought.secrets().extend(secrets.map(|(name, secret)| (name.to_owned(), secret)));
        Self { connection, brought: Some(Arc::new(brought)) }
    }

    /// Adds a refresh token, which stands for a sign-in that took place elsewhere.
    pub(super) fn bring_refresh_token(&self, token: Secret) {
        if let Some(brought) = &self.brought {
            brought.secrets().insert(name::REFRESH_TOKEN.to_owned(), token);
        }
    }

    fn secrets(&self, office: &Office) -> Arc<dyn TokenStore> {
        match &self.brought {
            Some(brought) => {
                let brought: Arc<dyn TokenStore> = Arc::<Brought>::clone(brought);
                brought
            }
            None => office.secrets(&self.connection.id),
        }
    }

    /// The book that it leads to.
    fn book(&self) -> anyhow::Result<&'static dyn Book> {
        book(&self.connection.adapter).context("this version has no such book")
    }

    /// The addresses that it uses: the vendor's own, or those that were given in their place.
    pub(super) fn with_own(&self, mut addresses: Addresses) -> Addresses {
        addresses.0.extend(self.connection.addresses.0.clone());
        addresses
    }

    /// What keeps the tokens of a book that a person signs in to. What the sign-in chooses need not
    /// be known.
    pub(super) fn keeper(&self, office: &Office) -> anyhow::Result<TokenKeeper> {
        let book = self.book()?;
        let authorisation = book.description().authorisation.clone();
        let authorisation = authorisation.context("nobody signs in here")?;
        let addresses = self.with_own(book.home());
        Ok(TokenKeeper::new(authorisation, addresses, self.secrets(office), office.clock.clone()))
    }

    /// Makes sure that every address that was given may be asked.
    pub(super) fn check_addresses(&self) -> anyhow::Result<()> {
        for (name, url) in &self.connection.addresses.0 {
            address(url).map_err(|fault| Usage(format!("the address `{name}`: {fault}")))?;
        }
        Ok(())
    }

    /// Asks the vendor once whom the connection leads to; none where it cannot be asked.
    ///
    /// # Errors
    /// What the vendor refuses, in its words; and where a book is kept in another currency than the
    /// company's.
    pub(super) async fn introduce(&self, office: &Office) -> anyhow::Result<Option<Introduction>> {
        let introduced = match self.connection.role {
            Role::Channel => self.introduce_channel(office).await,
            Role::Book => self.introduce_book(office).await,
            Role::Owner => Ok(None),
        };
        introduced.map_err(|fault| {
            // There is nobody to refresh for: what was shown was fresh.
            let permits = match fault.permits {
                Permit::Refresh => Permit::LogIn,
                permits => permits,
            };
            let connection = self.connection.id.clone();
            let error = EngineError::World { connection, fault: Fault { permits, ..fault } };
            anyhow::Error::new(error).context(
                "nothing was connected: mend it and connect again, or store it without asking the \
                 vendor by --unchecked",
            )
        })
    }

    async fn introduce_channel(&self, office: &Office) -> Result<Option<Introduction>, Fault> {
        let lacking = |reason: String| Fault::new(Permit::Never, reason);
        let Some(channel) = channel(&self.connection.adapter) else {
            return Err(lacking("this version has no such channel".to_owned()));
        };
        let description = channel.description();
        let settings = &self.connection.settings;
        let addresses = self.with_own(channel.addresses(settings).map_err(lacking)?);
        let context = ChannelContext {
            connection: self.connection.id.clone(),
            now: office.clock.now(),
            since: Timestamp::MIN,
            zone: jiff::tz::TimeZone::UTC,
            addresses: addresses.clone(),
            settings: settings.clone(),
        };
        let Some(ask) = channel.introduction(&context)? else { return Ok(None) };
        let line =
            self.line(office, &addresses, Some(&description.authorisation), description.limits)?;
        let answer = line.exchange(&ask).await?;
        channel.hear_introduction(&answer).map(Some)
    }

    async fn introduce_book(&self, office: &Office) -> Result<Option<Introduction>, Fault> {
        let lacking = |reason: String| Fault::new(Permit::Never, reason);
        let Some(book) = book(&self.connection.adapter) else {
            return Err(lacking("this version has no such book".to_owned()));
        };
        let description = book.description();
        let settings = &self.connection.settings;
        let addresses = self.with_own(book.addresses(settings).map_err(lacking)?);
        let context = BookContext {
            company: office.company.id.clone(),
            connection: self.connection.id.clone(),
            now: office.clock.now(),
            currency: office.company.currency,
            addresses: addresses.clone(),
            settings: settings.clone(),
            bindings: Bindings::default(),
            tax_codes: Vec::new(),
        };
        let Some(ask) = book.introduction(&context)? else { return Ok(None) };
        let authorisation = description.authorisation.as_ref();
        let line = self.line(office, &addresses, authorisation, description.limits)?;
        let introduction = book.hear_introduction(&line.exchange(&ask).await?)?;
        let currency = office.company.currency;
        if !description.has_settings {
            return Ok(Some(introduction));
        }
        // Books in another currency than the company's are refused by their settings.
        let task = [Task::ReadSettings];
        let ask: Ask = book.ask(&task, "", &context)?;
        match book.hear(&task, &line.exchange(&ask).await?, &context)?.pop() {
            Some(Outcome::Settings(_)) => {}
            _ => return Err(Fault::unexpected("the settings")),
        }
        Ok(Some(Introduction {
            currency: introduction.currency.or(Some(currency)),
            ..introduction
        }))
    }

    /// A way to the vendor for some questions.
    fn line(
        &self,
        office: &Office,
        addresses: &Addresses,
        authorisation: Option<&Authorisation>,
        limits: &[RateLimit],
    ) -> Result<Transport, Fault> {
        let (clock, secrets) = (office.clock.clone(), self.secrets(office));
        let keeper = |authorisation: &Authorisation| {
            TokenKeeper::new(authorisation.clone(), addresses.clone(), secrets, clock)
        };
        Ok(Transport {
            carrier: Carrier::Http(HttpCarrier::new()?),
            tokens: authorisation.map(keeper),
            limiter: Limiter::new(limits, office.clock.clone()),
            meter: Meter::default(),
            skew: Skew::new(office.clock.clone()),
            spool: None,
            files: None,
            right: None,
            answered: AtomicBool::new(false),
        })
    }

    /// Makes sure that a connection which has a history does not lead to other books from now on:
    /// what was entered into the one is not in the other.
    async fn check_same_books(&self, office: &Office) -> anyhow::Result<()> {
        let (store, company) = (&office.store, &office.company.id);
        let known = store.connections(company).await?.into_iter();
        let Some(known) = known.into_iter().find(|it| it.id == self.connection.id) else {
            return Ok(());
        };
        let settings = &self.connection.settings;
        let other = BOOKS_OF_VENDORS.into_iter().find_map(|name| {
            let (known, chosen) = (known.settings.get(name)?, settings.get(name)?);
            (known != chosen).then_some((known, chosen))
        });
        if let Some((known, chosen)) = other
            && store.has_history(company, &self.connection.id).await?
        {
            return Err(Usage(format!(
                "`{}` leads to the books {known}, which hold what was entered, and not to \
                 {chosen}: choose {known} there, or make a company of its own for {chosen} by \
                 `saldo init`",
                self.connection.id
            ))
            .into());
        }
        Ok(())
    }

    /// Stores the connection, and what it brought.
    pub(super) async fn keep(mut self, office: &Office) -> anyhow::Result<Connection> {
        self.check_same_books(office).await?;
        reconnect(&mut self.connection);
        office.add(&self.connection).await?;
        let brought = self.brought.map(|brought| brought.secrets().clone());
        if brought.is_some() {
            // What another client or another sign-in left is not mixed with this one's.
            let (store, company, now) = (&office.store, &office.company.id, office.clock.now());
            let holder = context::holder()?;
            let lease =
                store.acquire_lease(company, &self.connection.id, &holder, now, LEASE).await?;
            let dropped = store.drop_secrets(&lease, Some(WEBHOOK_KEY)).await;
            store.release_lease(&lease).await?;
            dropped?;
        }
        for (name, secret) in brought.into_iter().flatten() {
            office.keep(&self.connection.id, &name, &secret).await?;
        }
        forget_trouble(&office.store, &office.company.id, &self.connection.id).await?;
        Ok(self.connection)
    }
}

/// Asks the vendor whom a newcomer leads to, and says it; then keeps it.
pub(super) async fn settle_in(
    office: &Office,
    newcomer: Newcomer,
    unchecked: bool,
    output: &Output,
) -> anyhow::Result<(Connection, Option<Introduction>)> {
    newcomer.check_addresses()?;
    let introduction = match unchecked {
        true => None,
        false => newcomer.introduce(office).await?,
    };
    if let Some(Introduction { name, currency }) = &introduction {
        let currency = currency.map_or_else(String::new, |currency| format!(", in {currency}"));
        output.note(&format!("this is {name}{currency}"));
    }
    Ok((newcomer.keep(office).await?, introduction))
}
