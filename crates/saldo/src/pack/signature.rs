//! The key that close packs are signed by, and its public half.

use anyhow::{Context, anyhow};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, digest};
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair, UnparsedPublicKey};
use saldo_store::Key;
use std::fmt;
use std::str::FromStr;

/// How long a public key is, in bytes.
const KEY_BYTES: usize = 32;
/// What stands before an Ed25519 key in its `SubjectPublicKeyInfo` (RFC 8410).
const PREFIX: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// The key that signs.
pub(crate) struct SigningKey(Ed25519KeyPair);

impl SigningKey {
    /// The key that follows from 32 random bytes, which are kept like the key of the secrets.
    pub(crate) fn from_seed(seed: &Key) -> anyhow::Result<Self> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed.expose());
        Ok(Self(pair.map_err(|error| anyhow!("the signing key cannot be used: {error}"))?))
    }

    /// A signature of some bytes: the same bytes give the same signature.
    pub(super) fn sign(&self, bytes: &[u8]) -> Vec<u8> {
        self.0.sign(bytes).as_ref().to_vec()
    }

    /// Its public half.
    pub(crate) fn public(&self) -> anyhow::Result<PublicKey> {
        let bytes = self.0.public_key().as_ref();
        Ok(PublicKey(bytes.try_into().context("an Ed25519 key has 32 bytes")?))
    }
}

/// A public key. It displays as 64 hexadecimal digits, by which people compare keys.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct PublicKey([u8; KEY_BYTES]);

impl PublicKey {
    /// The key as `openssl` reads it.
    pub(super) fn pem(&self) -> String {
        let body = STANDARD.encode([&PREFIX[..], &self.0[..]].concat());
        format!("-----BEGIN PUBLIC KEY-----\n{body}\n-----END PUBLIC KEY-----\n")
    }

    /// Reads what [`PublicKey::pem`] writes.
    pub(super) fn from_pem(text: &str) -> Option<Self> {
        let body: String = text.lines().filter(|line| !line.starts_with("-----")).collect();
        let bytes = STANDARD.decode(body).ok()?;
        bytes.strip_prefix(&PREFIX)?.try_into().ok().map(Self)
    }

    /// Whether a signature of some bytes is of this key.
    pub(super) fn signed(&self, bytes: &[u8], signature: &[u8]) -> bool {
        UnparsedPublicKey::new(&ED25519, &self.0).verify(bytes, signature).is_ok()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex(&self.0))
    }
}

impl FromStr for PublicKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|it| u8::try_from(it).ok());
        let pair = |pair: &[u8]| match *pair {
            [high, low] => Some(digit(high)? * 16 + digit(low)?),
            _ => None,
        };
        let bytes: Option<Vec<u8>> = text.as_bytes().chunks(2).map(pair).collect();
        let bytes = bytes.and_then(|bytes| bytes.try_into().ok());
        bytes.map(Self).ok_or_else(|| "a public key has 64 hexadecimal digits".to_owned())
    }
}

/// The SHA-256 of some bytes, as `sha256sum` writes it.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(digest(&SHA256, bytes).as_ref())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_read_as_it_was_written() {
        let key = SigningKey::from_seed(&Key::from_bytes([7; 32])).unwrap();
        let public = key.public().unwrap();
        assert_eq!(public.to_string().parse(), Ok(public));
        assert_eq!(PublicKey::from_pem(&public.pem()), Some(public));
        assert!(
            "12".parse::<PublicKey>().is_err() && "zz".repeat(32).parse::<PublicKey>().is_err()
        );
        let signature = key.sign(b"all of it");
        assert!(public.signed(b"all of it", &signature));
        assert!(!public.signed(b"all of it.", &signature));
    }

    #[test]
    fn the_known_hash_and_signature_come_out() {
        // RFC 8032, 7.1, test 1: a key and its signature of nothing.
        let seed = "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60";
        let seed: PublicKey = seed.parse().unwrap();
        let key = SigningKey::from_seed(&Key::from_bytes(seed.0)).unwrap();
        let public = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert_eq!(key.public().unwrap().to_string(), public);
        assert!(
            hex(&key.sign(b"")).starts_with("e5564300c360ac729086e2cc806e828a84877f1eb8e5d974")
        );
        let nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
        assert_eq!(sha256(b""), nothing);
    }
}
