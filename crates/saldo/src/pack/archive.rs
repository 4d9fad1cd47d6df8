//! The archive: written once, and checked file by file.

use super::signature::{PublicKey, SigningKey, sha256};
use anyhow::Context;
use serde::Serialize;
use std::collections::{BTreeMap, BTreeSet};
use std::io::{Cursor, Read, Write};
use thiserror::Error;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipArchive, ZipWriter};

/// The hash of every other file, as `sha256sum --check` reads it.
const MANIFEST: &str = "manifest.sha256";
/// The signature of the manifest: 64 bytes.
const SIGNATURE: &str = "manifest.sig";
/// The key that the signature is checked with.
const PUBLIC_KEY: &str = "public-key.pem";
/// How long all files of a pack are together at most, in bytes.
const BYTES_MAX: u64 = 1 << 30;

/// Why a file is not looked into.
#[derive(Debug, Error)]
pub(crate) enum NotAPack {
    /// It is no archive, or a damaged one.
    #[error("it is no close pack: {0}")]
    Archive(String),
    /// It has no manifest, signature or key.
    #[error("it is no close pack: it has no {0}")]
    Missing(&'static str),
}

/// What became of a pack since it was signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Verified {
    /// The key that it says it was signed by.
    pub(crate) public_key: String,
    /// Whether the manifest is what that key signed.
    pub(crate) signed: bool,
    /// Whether it is the key that was expected; none where none was named.
    pub(crate) expected_key: Option<bool>,
    /// How many files are as they were.
    pub(crate) intact: usize,
    /// The files that are not as they were.
    pub(crate) altered: Vec<String>,
    /// The files that are gone.
    pub(crate) missing: Vec<String>,
    /// The files that were added.
    pub(crate) added: Vec<String>,
}

impl Verified {
    /// Whether nothing became of it.
    pub(crate) fn holds(&self) -> bool {
        let all = self.altered.is_empty() && self.missing.is_empty() && self.added.is_empty();
        all && self.signed && self.expected_key != Some(false)
    }
}

/// Signs files, and puts them into one archive. The same files and key give the same bytes.
pub(crate) fn seal(
    mut files: BTreeMap<String, Vec<u8>>,
    key: &SigningKey,
) -> anyhow::Result<Vec<u8>> {
    files.insert(PUBLIC_KEY.to_owned(), key.public()?.pem().into_bytes());
    let lines = files.iter().map(|(name, bytes)| format!("{}  {name}\n", sha256(bytes)));
    let manifest = lines.collect::<String>().into_bytes();
    files.insert(SIGNATURE.to_owned(), key.sign(&manifest));
    files.insert(MANIFEST.to_owned(), manifest);
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Stored)
        .last_modified_time(DateTime::default())
        .unix_permissions(0o644);
    for (name, bytes) in files {
        archive.start_file(name, options).context("the archive cannot be written")?;
        archive.write_all(&bytes).context("the archive cannot be written")?;
    }
    Ok(archive.finish().context("the archive cannot be written")?.into_inner())
}

/// Looks at an archive: whether its manifest is signed, and each file is the one that was.
pub(crate) fn verify(bytes: &[u8], expected: Option<PublicKey>) -> Result<Verified, NotAPack> {
    let mut files = read(bytes)?;
    let mut take = |name: &'static str| files.remove(name).ok_or(NotAPack::Missing(name));
    let (manifest, signature) = (take(MANIFEST)?, take(SIGNATURE)?);
    let pem = files.get(PUBLIC_KEY).ok_or(NotAPack::Missing(PUBLIC_KEY))?;
    let key = PublicKey::from_pem(&String::from_utf8_lossy(pem));
    let manifest = String::from_utf8_lossy(&manifest).into_owned();
    let mut verified = Verified {
        public_key: key.map_or_else(|| "unreadable".to_owned(), |key| key.to_string()),
        signed: key.is_some_and(|key| key.signed(manifest.as_bytes(), &signature)),
        expected_key: expected.map(|expected| key == Some(expected)),
        ..Verified::default()
    };
    let mut known = BTreeSet::new();
    for (hash, name) in manifest.lines().filter_map(|line| line.split_once("  ")) {
        known.insert(name);
        match files.get(name) {
            Some(bytes) if sha256(bytes) == hash => verified.intact += 1,
            Some(_) => verified.altered.push(name.to_owned()),
            None => verified.missing.push(name.to_owned()),
        }
    }
    verified.added = files.keys().filter(|name| !known.contains(name.as_str())).cloned().collect();
    Ok(verified)
}

/// The files of an archive by name. Two of one name would let one hide the other.
fn read(bytes: &[u8]) -> Result<BTreeMap<String, Vec<u8>>, NotAPack> {
    let broken = |error: &dyn std::fmt::Display| NotAPack::Archive(error.to_string());
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| broken(&error))?;
    let (mut files, mut left) = (BTreeMap::new(), BYTES_MAX);
    for index in 0..archive.len() {
        let file = archive.by_index(index).map_err(|error| broken(&error))?;
        let name = file.name().map_err(|error| broken(&error))?.into_owned();
        let mut content = Vec::new();
        let read = file.take(left + 1).read_to_end(&mut content);
        // A file whose checksum is wrong is one that was altered: its hash will say so.
        if read.is_err() {
            content.clear();
        }
        let long = u64::try_from(content.len()).unwrap_or(u64::MAX);
        left = left.checked_sub(long).ok_or_else(|| broken(&"it is too long"))?;
        if files.insert(name.clone(), content).is_some() {
            return Err(broken(&format!("it has two files `{name}`")));
        }
    }
    Ok(files)
}

#[cfg(test)]
mod tests {
    use super::*;
    use saldo_store::Key;

    fn key(seed: u8) -> SigningKey {
        SigningKey::from_seed(&Key::from_bytes([seed; 32])).unwrap()
    }

    fn files() -> BTreeMap<String, Vec<u8>> {
        let file = |name: &str| (name.to_owned(), format!("{name}: 12.30\r\n").into_bytes());
        BTreeMap::from(["index.html", "tax.csv", "trial-balance.csv"].map(file))
    }

    /// An archive with these files in place of those that were signed.
    fn tampered(change: impl FnOnce(&mut BTreeMap<String, Vec<u8>>)) -> Vec<u8> {
        let mut files = read(&seal(files(), &key(1)).unwrap()).unwrap();
        change(&mut files);
        let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, bytes) in files {
            archive
                .start_file(
                    name,
                    SimpleFileOptions::default().compression_method(CompressionMethod::Stored),
                )
                .unwrap();
            archive.write_all(&bytes).unwrap();
        }
        archive.finish().unwrap().into_inner()
    }

    #[test]
    fn the_same_files_give_the_same_bytes_and_hold() {
        let sealed = seal(files(), &key(1)).unwrap();
        assert_eq!(sealed, seal(files(), &key(1)).unwrap());
        let own = key(1).public().unwrap();
        let verified = verify(&sealed, Some(own)).unwrap();
        assert!(verified.holds(), "{verified:?}");
        assert_eq!((verified.intact, verified.public_key), (4, own.to_string()));
        let other = verify(&sealed, Some(key(2).public().unwrap())).unwrap();
        assert!(!other.holds() && other.signed && other.expected_key == Some(false));
    }

    #[test]
    fn what_was_altered_added_or_taken_away_is_named() {
        let bytes = tampered(|files| {
            files.insert("tax.csv".to_owned(), b"tax.csv: 12.31\r\n".to_vec());
            files.insert("more.csv".to_owned(), Vec::new());
            files.remove("index.html");
        });
        let verified = verify(&bytes, None).unwrap();
        assert!(!verified.holds() && verified.signed);
        assert_eq!(verified.altered, ["tax.csv"]);
        assert_eq!(verified.missing, ["index.html"]);
        assert_eq!(verified.added, ["more.csv"]);
    }

    #[test]
    fn who_signs_anew_has_another_key() {
        let bytes = tampered(|files| {
            let text = String::from_utf8(files[MANIFEST].clone()).unwrap();
            files.insert(MANIFEST.to_owned(), text.replace("tax.csv", "sax.csv").into_bytes());
        });
        assert!(!verify(&bytes, None).unwrap().signed);
        let forged = seal(files(), &key(2)).unwrap();
        let expected = key(1).public().unwrap();
        assert!(verify(&forged, None).unwrap().holds());
        assert!(!verify(&forged, Some(expected)).unwrap().holds());
    }

    #[test]
    fn a_byte_that_changed_in_the_file_itself_is_found() {
        let sealed = seal(files(), &key(1)).unwrap();
        let text = b"tax.csv: 12.30";
        let at = sealed.windows(text.len()).position(|part| part == text).unwrap();
        let mut changed = sealed.clone();
        changed[at + 9] = b'9';
        let verified = verify(&changed, None).unwrap();
        assert_eq!(verified.altered, ["tax.csv"]);
        assert!(matches!(verify(b"PK, but not", None), Err(NotAPack::Archive(_))));
        let without = tampered(|files| _ = files.remove(SIGNATURE));
        assert!(matches!(verify(&without, None), Err(NotAPack::Missing(SIGNATURE))));
    }
}
