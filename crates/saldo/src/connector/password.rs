//! The password that is typed into the connector: drawn here, shown once, and kept as a hash.
//!
//! PBKDF2 by ring, which compares in constant time. A password of ours has 128 bits of chance, so
//! that no hash need be slow; it is so for the day on which somebody chooses one.

use anyhow::{Context, ensure};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use ring::pbkdf2;
use ring::rand::{SecureRandom, SystemRandom};
use saldo_core::text::Secret;
use std::num::NonZeroU32;

/// The function, and how often it is applied.
const FUNCTION: &str = "pbkdf2-sha256";
/// How often it is applied to a new password.
const ROUNDS: NonZeroU32 = NonZeroU32::new(100_000).expect("it is not nil");
/// What a kept hash that nobody's password has looks like, so that a user whom nobody knows is
/// refused after the same work.
const NOBODYS: &str = "pbkdf2-sha256$100000$AAAAAAAAAAAAAAAAAAAAAA$\
    AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";
/// Letters that nobody takes for each other, each worth five bits.
const LETTERS: &[u8; 32] = b"abcdefghjkmnpqrstuvwxyz023456789";
/// How many letters a password has: 130 bits.
const LENGTH: usize = 26;

/// Random bytes.
pub(crate) fn drawn<const N: usize>() -> anyhow::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.ok().context("no random number can be drawn")?;
    Ok(bytes)
}

/// A new password.
pub(crate) fn draw() -> anyhow::Result<Secret> {
    let bytes: [u8; LENGTH] = drawn()?;
    let letter = |byte: &u8| char::from(LETTERS[usize::from(byte % 32)]);
    Ok(Secret::new(bytes.iter().map(letter).collect::<String>()))
}

/// What is kept of a password.
pub(crate) fn hash(password: &Secret) -> anyhow::Result<Secret> {
    let salt: [u8; 16] = drawn()?;
    let mut hash = [0; 32];
    let bytes = password.expose().as_bytes();
    pbkdf2::derive(pbkdf2::PBKDF2_HMAC_SHA256, ROUNDS, &salt, bytes, &mut hash);
    let [salt, hash] = [&salt[..], &hash[..]].map(|bytes| STANDARD_NO_PAD.encode(bytes));
    Ok(Secret::new(format!("{FUNCTION}${ROUNDS}${salt}${hash}")))
}

/// Whether a password is the one that was kept. Where none was, it is not, after the same work.
pub(crate) fn is_right(password: &Secret, kept: Option<&Secret>) -> bool {
    let kept = kept.map(Secret::expose).filter(|kept| !kept.is_empty());
    let is_same = verify(password, kept.unwrap_or(NOBODYS)).is_ok();
    is_same && kept.is_some()
}

fn verify(password: &Secret, kept: &str) -> anyhow::Result<()> {
    let parts: Vec<&str> = kept.split('$').collect();
    let [function, rounds, salt, hash] = parts[..] else {
        anyhow::bail!("the kept password cannot be read");
    };
    ensure!(function == FUNCTION, "the kept password is of an unknown kind");
    let rounds = rounds.parse().context("the kept password cannot be read")?;
    let (salt, hash) = (STANDARD_NO_PAD.decode(salt)?, STANDARD_NO_PAD.decode(hash)?);
    let bytes = password.expose().as_bytes();
    let same = pbkdf2::verify(pbkdf2::PBKDF2_HMAC_SHA256, rounds, &salt, bytes, &hash);
    same.ok().context("it is another password")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_password_itself_is_right() {
        let (password, other) = (draw().unwrap(), draw().unwrap());
        assert_eq!(password.expose().len(), LENGTH);
        assert_ne!(password.expose(), other.expose());
        let kept = hash(&password).unwrap();
        assert!(is_right(&password, Some(&kept)));
        assert!(!is_right(&other, Some(&kept)));
        assert!(!is_right(&Secret::new(""), Some(&kept)));
        assert!(!kept.expose().contains(password.expose()));
        assert_ne!(kept.expose(), hash(&password).unwrap().expose(), "each has its own salt");
    }

    #[test]
    fn where_no_password_is_kept_none_is_right() {
        let password = Secret::new("anything");
        for kept in
            [None, Some(""), Some("$"), Some("plain$1$AA$AA"), Some("pbkdf2-sha256$0$AA$AA")]
        {
            let kept = kept.map(Secret::new);
            assert!(!is_right(&password, kept.as_ref()), "{:?}", kept.map(|it| it.expose().len()));
        }
        // The work of refusing a user whom nobody knows is done in earnest.
        let reached = verify(&password, NOBODYS).unwrap_err().to_string();
        assert_eq!(reached, "it is another password");
    }
}
