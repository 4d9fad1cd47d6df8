//! Secrets, sealed by a key that the database never sees.
//!
//! XChaCha20-Poly1305 with a random nonce each time; company, connection and name are bound in, so
//! that a sealed secret that was moved to another place does not open there.

use crate::statement::query;
use crate::{Lease, Store, StoreError};
use chacha20poly1305::aead::{Aead, Generate, KeyInit, Payload};
use chacha20poly1305::{XChaCha20Poly1305, XNonce};
use saldo_core::text::{CompanyId, ConnectionId, Secret};
use std::fmt;
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

/// How many bytes of a sealed secret are its nonce.
const NONCE_BYTES: usize = 24;

/// The key that seals secrets: never printed, wiped from memory when dropped.
#[derive(Clone, Zeroize, ZeroizeOnDrop)]
pub struct Key([u8; 32]);

impl Key {
    /// A new key of random bytes.
    ///
    /// # Errors
    /// [`StoreError::NotSealed`] where the operating system gives none.
    pub fn generate() -> Result<Self, StoreError> {
        let key = <[u8; 32]>::try_generate();
        key.map(Self).map_err(|_| StoreError::NotSealed("the system gave no random bytes"))
    }

    /// A key that was kept.
    #[must_use]
    pub const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Shows the key to the one who must keep it.
    #[must_use]
    pub const fn expose(&self) -> &[u8; 32] {
        &self.0
    }

    fn cipher(&self) -> XChaCha20Poly1305 {
        XChaCha20Poly1305::new(&self.0.into())
    }

    /// The nonce, and behind it the sealed text.
    fn seal(&self, secret: &Secret, place: &str) -> Result<Vec<u8>, StoreError> {
        let nonce = XNonce::try_generate()
            .map_err(|_| StoreError::NotSealed("the system gave no random bytes"))?;
        let payload = Payload { msg: secret.expose().as_bytes(), aad: place.as_bytes() };
        let sealed = self
            .cipher()
            .encrypt(&nonce, payload)
            .map_err(|_| StoreError::NotSealed("it is too long"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, sealed: &[u8], place: &str) -> Option<Secret> {
        let (nonce, text) = sealed.split_at_checked(NONCE_BYTES)?;
        let nonce = XNonce::try_from(nonce).ok()?;
        let payload = Payload { msg: text, aad: place.as_bytes() };
        let text = Zeroizing::new(self.cipher().decrypt(&nonce, payload).ok()?);
        std::str::from_utf8(&text).ok().map(Secret::new)
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(…)")
    }
}

/// What a sealed secret is bound to. The lengths see to it that no two places read alike.
fn place(company: &CompanyId, connection: &ConnectionId, name: &str) -> String {
    let lengths = (company.as_str().len(), connection.as_str().len());
    format!("{} {} {company}/{connection}/{name}", lengths.0, lengths.1)
}

impl Store {
    /// Forgets the secrets of a connection, but for one of a name.
    ///
    /// # Errors
    /// [`StoreError::LeaseLost`], and where the database fails.
    pub async fn drop_secrets(&self, lease: &Lease, but: Option<&str>) -> Result<(), StoreError> {
        let mut transaction = self.begin().await?;
        lease.check(&mut transaction).await?;
        query("delete from secret where company = $1 and connection = $2 and name <> $3")
            .bind(lease.company().as_str())
            .bind(lease.connection().as_str())
            .bind(but.unwrap_or_default())
            .execute(&mut transaction)
            .await?;
        transaction.commit().await
    }

    /// Keeps a secret. The one that was kept before under this name stays at hand, once.
    ///
    /// # Errors
    /// [`StoreError::NotFound`] where the company has no such connection, and
    /// [`StoreError::NotSealed`].
    pub async fn put_secret(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        name: &str,
        secret: &Secret,
        key: &Key,
    ) -> Result<(), StoreError> {
        let sealed = key.seal(secret, &place(company, connection, name))?;
        let put = query(
            "insert into secret (company, connection, name, sealed)
             select $1, $2, $3, $4 from connection where company = $1 and id = $2
             on conflict (company, connection, name) do update
             set previous = secret.sealed, sealed = excluded.sealed",
        )
        .bind(company.as_str())
        .bind(connection.as_str())
        .bind(name)
        .bind(sealed)
        .execute(&self.writer)
        .await?;
        match put {
            0 => Err(StoreError::not_found("connection", connection.as_str())),
            _ => Ok(()),
        }
    }

    /// A secret, where there is one of this name.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] where the key does not open it.
    pub async fn secret(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        name: &str,
        key: &Key,
    ) -> Result<Option<Secret>, StoreError> {
        let sealed: Option<Vec<u8>> =
            query("select sealed from secret where company = $1 and connection = $2 and name = $3")
                .bind(company.as_str())
                .bind(connection.as_str())
                .bind(name)
                .fetch_optional(&self.reader)
                .await?;
        let place = place(company, connection, name);
        sealed.map(|sealed| open(key, &sealed, &place, name)).transpose()
    }

    /// The secret that [`Store::put_secret`] last replaced under this name, where it did: a refresh
    /// token is stored before its first use, and if that use never happened the older one holds.
    ///
    /// # Errors
    /// [`StoreError::Sealed`] where the key does not open it.
    pub async fn previous_secret(
        &self,
        company: &CompanyId,
        connection: &ConnectionId,
        name: &str,
        key: &Key,
    ) -> Result<Option<Secret>, StoreError> {
        let sealed: Option<Option<Vec<u8>>> = query(
            "select previous from secret where company = $1 and connection = $2 and name = $3",
        )
        .bind(company.as_str())
        .bind(connection.as_str())
        .bind(name)
        .fetch_optional(&self.reader)
        .await?;
        let place = place(company, connection, name);
        sealed.flatten().map(|sealed| open(key, &sealed, &place, name)).transpose()
    }
}

fn open(key: &Key, sealed: &[u8], place: &str, name: &str) -> Result<Secret, StoreError> {
    key.open(sealed, place).ok_or_else(|| StoreError::Sealed(name.to_owned()))
}
