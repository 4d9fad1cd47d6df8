//! What is kept of a connection whose company file the connector opens.

use saldo_books::quickbooks_desktop::connector::{Application, Known, Schedule};
use saldo_core::text::CompanyId;
use saldo_store::{Company, Connection, Role, Store, StoreError};
use std::collections::BTreeSet;
use std::path::PathBuf;

/// The adapter whose messages the connector carries.
pub(crate) const ADAPTER: &str = "quickbooks-desktop";
/// The secret that passwords are compared with.
pub(crate) const PASSWORD: &str = "connector-password";

/// The settings of such a connection.
pub(crate) mod setting {
    /// The user's name.
    pub(crate) const USER: &str = "connector-user";
    /// The address that is called.
    pub(crate) const URL: &str = "connector-url";
    /// When a session has work.
    pub(crate) const SCHEDULE: &str = "connector-schedule";
    /// The file of the certificate by which the service proves who it is.
    pub(crate) const CERTIFICATE: &str = "connector-certificate";
    /// The file of its key.
    pub(crate) const KEY: &str = "connector-certificate-key";
    /// Where the data of the vendor's tills are.
    pub(crate) const POS: &str = "pos";
    /// The number of the connection in the company file.
    pub(crate) const FILE_ID: &str = "company-file-id";
    /// The path of the company file.
    pub(crate) const FILE: &str = "company-file";
    /// The name of the company in it.
    pub(crate) const COMPANY: &str = "company-name";
}

/// Where the data of the vendor's tills are, by their owner's word.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Moving {
    /// There are none.
    NoTills,
    /// Not all of them are in the company file yet: nothing is entered beside them.
    NotYet,
    /// All of them are in the company file.
    Moved,
}

impl Moving {
    /// What the owner said of a connection.
    pub(crate) fn of(connection: &Connection) -> Self {
        let said = connection.settings.get(setting::POS).map_or("", String::as_str);
        let all = [Self::NotYet, Self::Moved];
        all.into_iter().find(|it| it.word() == said).unwrap_or(Self::NoTills)
    }

    /// As it is kept.
    pub(crate) const fn word(self) -> &'static str {
        match self {
            Self::NoTills => "none",
            Self::NotYet => "moving",
            Self::Moved => "moved",
        }
    }
}

/// A connection, and whose it is.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    /// The company.
    pub(crate) company: Company,
    /// The connection.
    pub(crate) connection: Connection,
}

impl Place {
    /// The place of the user of this name, in any company.
    pub(crate) async fn of_user(store: &Store, user: &str) -> Result<Option<Self>, StoreError> {
        for company in store.companies().await? {
            for connection in store.connections(&company.id).await? {
                let is_the_users =
                    connection.settings.get(setting::USER).is_some_and(|it| it == user);
                if is_called(&connection) && is_the_users {
                    return Ok(Some(Self { company, connection }));
                }
            }
        }
        Ok(None)
    }

    /// When a session has work. What cannot be read does not keep the connector away.
    pub(crate) fn schedule(&self) -> Schedule {
        let text = self.connection.settings.get(setting::SCHEDULE);
        let read = text.and_then(|text| text.parse().ok());
        read.unwrap_or(Schedule::Every { minutes: 15 })
    }

    /// What is known of the company file.
    pub(crate) fn known(&self) -> Known {
        let setting = |name: &str| self.connection.settings.get(name).cloned();
        Known {
            file_id: setting(setting::FILE_ID).unwrap_or_default(),
            path: setting(setting::FILE),
            company: setting(setting::COMPANY),
        }
    }

    /// Keeps what is known of the company file, where it is news.
    /// All else is as it is by now.
    pub(crate) async fn keep(&mut self, store: &Store, known: Known) -> Result<(), StoreError> {
        let connections = store.connections(&self.company.id).await?;
        if let Some(now) = connections.into_iter().find(|it| it.id == self.connection.id) {
            self.connection = now;
        }
        let before = self.connection.settings.clone();
        let settings = &mut self.connection.settings;
        for (name, value) in [(setting::FILE, known.path), (setting::COMPANY, known.company)] {
            if let Some(value) = value {
                settings.insert(name.to_owned(), value);
            }
        }
        match *settings == before {
            true => Ok(()),
            false => store.update_connection(&self.company.id, &self.connection).await,
        }
    }
}

/// Whether the connector carries the messages of a connection.
pub(crate) fn is_called(connection: &Connection) -> bool {
    connection.role == Role::Book && connection.adapter == ADAPTER
}

/// The files of a certificate and of its key, by which the service proves who it is.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Certificate {
    /// The certificate and those that vouch for it, as PEM.
    pub(crate) chain: PathBuf,
    /// The key, as PEM.
    pub(crate) key: PathBuf,
}

impl Certificate {
    /// What a connection is set up with; none where it is called in plain text.
    pub(crate) fn of(connection: &Connection) -> Option<Self> {
        let setting = |name: &str| connection.settings.get(name).map(PathBuf::from);
        setting(setting::CERTIFICATE)
            .zip(setting(setting::KEY))
            .map(|(chain, key)| Self { chain, key })
    }

    /// What the connections that are called are set up with: those of one company, or of all.
    pub(crate) async fn of_all(
        store: &Store,
        only: Option<&CompanyId>,
    ) -> Result<BTreeSet<Self>, StoreError> {
        let mut certificates = BTreeSet::new();
        for company in store.companies().await? {
            if only.is_none_or(|only| *only == company.id) {
                let connections = store.connections(&company.id).await?;
                let called = connections.iter().filter(|connection| is_called(connection));
                certificates.extend(called.filter_map(Self::of));
            }
        }
        Ok(certificates)
    }
}

/// What the connector is told of a connection; none where it was not set up.
pub(crate) fn application(connection: &Connection) -> Option<Application> {
    let setting = |name: &str| connection.settings.get(name).cloned();
    let url = setting(setting::URL)?;
    Some(Application {
        support_url: format!("{url}{}", super::SUPPORT),
        url,
        user: setting(setting::USER)?,
        file_id: setting(setting::FILE_ID)?,
        schedule: setting(setting::SCHEDULE)?.parse().ok()?,
    })
}
