//! Connections: which channels and books a company uses.

use crate::statement::query;
use crate::{Lease, Store, StoreError, columns};
use saldo_core::exchange::Addresses;
use saldo_core::text::{CompanyId, ConnectionId};
use std::collections::BTreeMap;

/// What a connection leads to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// A place that sells.
    Channel,
    /// An accounting system.
    Book,
    /// The owner, whose decisions are kept as records like what channels say.
    Owner,
}

impl Role {
    const fn name(self) -> &'static str {
        match self {
            Self::Channel => "channel",
            Self::Book => "book",
            Self::Owner => "owner",
        }
    }
}

/// A connection of a company to one channel or one book, or to its owner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connection {
    /// Its name in commands.
    pub id: ConnectionId,
    /// What it leads to.
    pub role: Role,
    /// The name of the channel or book, as in the tables of adapters.
    pub adapter: String,
    /// What the adapter must know, none of it secret.
    pub settings: BTreeMap<String, String>,
    /// Addresses that stand in for the vendor's own.
    pub addresses: Addresses,
}

type Row = (String, String, String, String, String);

impl Connection {
    fn from_row((id, role, adapter, settings, addresses): Row) -> Result<Self, StoreError> {
        let role = match role.as_str() {
            "channel" => Role::Channel,
            "book" => Role::Book,
            "owner" => Role::Owner,
            other => return Err(StoreError::unreadable("role of a connection", other)),
        };
        let settings = columns::from_json("setting of a connection", &settings)?;
        let addresses = columns::from_json("address of a connection", &addresses)?;
        Ok(Self { id: ConnectionId::from(id), role, adapter, settings, addresses })
    }
}

/// A row where anything was heard from a connection, or entered into it.
const HAS_HISTORY: &str = "select 1 where exists
     (select 1 from record where company = $1 and connection = $2)
     or exists (select 1 from change where company = $1 and book = $2)
     or exists (select 1 from feed_file where company = $1 and book = $2)";

impl Store {
    /// Adds a connection.
    ///
    /// # Errors
    /// [`StoreError::Exists`] where the company has one of this name, and
    /// [`StoreError::NotFound`] where there is no such company.
    pub async fn add_connection(
        &self,
        company: &CompanyId,
        connection: &Connection,
    ) -> Result<(), StoreError> {
        self.company(company).await?;
        let added = query(
            "insert into connection (company, id, role, adapter, settings, addresses)
             values ($1, $2, $3, $4, $5, $6)
             on conflict (company, id) do nothing",
        )
        .bind(company.as_str())
        .bind(connection.id.as_str())
        .bind(connection.role.name())
        .bind(&connection.adapter)
        .bind(columns::to_json(&connection.settings)?)
        .bind(columns::to_json(&connection.addresses)?)
        .execute(&self.writer)
        .await?;
        match added {
            0 => Err(StoreError::Exists { what: "connection", id: connection.id.to_string() }),
            _ => Ok(()),
        }
    }

    /// Replaces the settings and addresses of a connection. What it leads to stays.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the company has no connection of this name, role and adapter.
    pub async fn update_connection(
        &self,
        company: &CompanyId,
        connection: &Connection,
    ) -> Result<(), StoreError> {
        let updated = query(
            "update connection set settings = $1, addresses = $2
             where company = $3 and id = $4 and role = $5 and adapter = $6",
        )
        .bind(columns::to_json(&connection.settings)?)
        .bind(columns::to_json(&connection.addresses)?)
        .bind(company.as_str())
        .bind(connection.id.as_str())
        .bind(connection.role.name())
        .bind(&connection.adapter)
        .execute(&self.writer)
        .await?;
        match updated {
            0 => Err(StoreError::not_found("connection", connection.id.as_str())),
            _ => Ok(()),
        }
    }

    /// Removes a connection that nothing was heard from and nothing was ever to be entered into,
    /// with its secrets. Whether it was removed: what has a history stays.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and where the database fails.
    pub async fn remove_connection(&self, lease: &Lease) -> Result<bool, StoreError> {
        let (company, connection) = (lease.company(), lease.connection());
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        let has_history: Option<i64> = query(HAS_HISTORY)
            .bind(company.as_str())
            .bind(connection.as_str())
            .fetch_optional(&mut transaction)
            .await?;
        if has_history.is_some() {
            return Ok(false);
        }
        for statement in [
            "delete from secret where company = $1 and connection = $2",
            "delete from note where company = $1 and connection = $2",
            "delete from cursor where company = $1 and connection = $2",
            "delete from plan_mark where company = $1 and book = $2",
            "delete from observation where company = $1 and book = $2",
            "delete from lease where company = $1 and connection = $2",
            "delete from connection where company = $1 and id = $2",
        ] {
            query(statement)
                .bind(company.as_str())
                .bind(connection.as_str())
                .execute(&mut transaction)
                .await?;
        }
        transaction.commit().await?;
        Ok(true)
    }

    /// Whether anything was heard from a connection, or entered into it.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn has_history(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
    ) -> Result<bool, StoreError> {
        let found: Option<i64> = query(HAS_HISTORY)
            .bind(company.as_str())
            .bind(connection.as_str())
            .fetch_optional(&self.reader)
            .await?;
        Ok(found.is_some())
    }

    /// The connections of a company, by name.
    ///
    /// # Errors
    /// Where the database fails.
    pub async fn connections(&self, company: &CompanyId) -> Result<Vec<Connection>, StoreError> {
        let rows: Vec<Row> = query(
            "select id, role, adapter, settings, addresses from connection
             where company = $1 order by id",
        )
        .bind(company.as_str())
        .fetch_all(&self.reader)
        .await?;
        rows.into_iter().map(Connection::from_row).collect()
    }
}
