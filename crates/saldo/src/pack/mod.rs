//! The close pack: a month of the books as one signed archive.
//!
//! A zip file of tables (CSV), a page to read and print, a manifest with the SHA-256 of each, a
//! detached Ed25519 signature of the manifest, and the public key that it is checked with. The same
//! content gives the same bytes: files stand in the order of their names, and no clock is asked.
//! Whoever has `sha256sum` and `openssl` can check it without this program.

mod archive;
mod page;
mod sheet;
mod sheets;
mod signature;

pub(crate) use archive::{Verified, seal, verify};
pub(crate) use page::page;
pub(crate) use sheet::{Sheet, quoted};
pub(crate) use sheets::{of_bridge, of_identities, of_month, of_proof, of_proof_by_day};
pub(crate) use signature::{PublicKey, SigningKey};
