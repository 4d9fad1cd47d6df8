//! Where things lie: the data folder and the key that seals secrets.

use crate::pack::SigningKey;
use anyhow::{Context, bail};
use saldo_store::Key;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use thiserror::Error;

/// The data folder where none is named.
pub(crate) const DATA: &str = "saldo-data";

/// The environment variable that names the key's file.
const KEY_FILE: &str = "SALDO_KEY_FILE";

/// There is no key where it was looked for.
#[derive(Debug, Error)]
#[error("{0}")]
pub(crate) struct NoKey(String);

/// The database in a data folder.
pub(crate) fn database(data: &Path) -> PathBuf {
    data.join("saldo.db")
}

/// Makes the data folder where there is none, open to this user alone: customers' orders lie in it.
pub(crate) fn make_data_folder(data: &Path) -> anyhow::Result<()> {
    let mut folder = fs::DirBuilder::new();
    folder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut folder, 0o700);
    folder.create(data).with_context(|| format!("{} cannot be made", data.display()))
}

/// The file of the key: as the environment says, or in the user's configuration folder. Never in
/// the data folder, so that a copy of the data does not open the secrets.
pub(crate) fn key_file() -> anyhow::Result<PathBuf> {
    if let Some(file) = named_key_file() {
        return Ok(file);
    }
    let folder = match (std::env::var_os("XDG_CONFIG_HOME"), std::env::var_os("HOME")) {
        (Some(config), _) if !config.is_empty() => PathBuf::from(config),
        (_, Some(home)) => PathBuf::from(home).join(".config"),
        _ => bail!("the key has no place: set {KEY_FILE} to the path of a file outside the data"),
    };
    Ok(folder.join("saldo").join("key"))
}

/// The file of the key as the environment names it.
pub(crate) fn named_key_file() -> Option<PathBuf> {
    std::env::var_os(KEY_FILE).map(PathBuf::from)
}

/// This machine's name, for people.
pub(crate) fn host() -> String {
    let kept = fs::read_to_string("/proc/sys/kernel/hostname").ok();
    let told = || ["HOSTNAME", "COMPUTERNAME"].iter().find_map(|name| std::env::var(name).ok());
    let name = kept.or_else(told).unwrap_or_default();
    match name.trim() {
        "" => "a machine without a name".to_owned(),
        name => name.to_owned(),
    }
}

/// Reads the key, or makes it where there is none.
pub(crate) fn make_key(file: &Path) -> anyhow::Result<Key> {
    if file.exists() {
        return read_key(file);
    }
    let key = Key::generate()?;
    if let Some(folder) = file.parent() {
        fs::create_dir_all(folder)
            .with_context(|| format!("{} cannot be made", folder.display()))?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out =
        options.open(file).with_context(|| format!("{} cannot be made", file.display()))?;
    out.write_all(key.expose())?;
    out.sync_all()?;
    Ok(key)
}

/// The key that close packs are signed by, in a file beside that of the secrets: `key.signing`.
/// It is made where there is none.
pub(crate) fn signing_key(key_file: &Path) -> anyhow::Result<SigningKey> {
    let mut file = key_file.as_os_str().to_owned();
    file.push(".signing");
    SigningKey::from_seed(&make_key(Path::new(&file))?)
}

/// Reads the key.
pub(crate) fn read_key(file: &Path) -> anyhow::Result<Key> {
    let bytes = fs::read(file).map_err(|error| {
        let file = file.display();
        NoKey(format!(
            "the key that seals the secrets cannot be read: {file}: {error} (or set {KEY_FILE})"
        ))
    })?;
    let bytes: [u8; 32] = bytes.as_slice().try_into().with_context(|| {
        format!("{} is not a key: it has {} bytes instead of 32", file.display(), bytes.len())
    })?;
    Ok(Key::from_bytes(bytes))
}

#[cfg(test)]
#[cfg(unix)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn data_and_key_are_for_one_user_alone() {
        let folder = tempfile::tempdir().unwrap();
        let (data, key) = (folder.path().join("data"), folder.path().join("config/key"));
        make_data_folder(&data).unwrap();
        make_data_folder(&data).unwrap();
        let made = make_key(&key).unwrap();
        let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
        assert_eq!((mode(&data), mode(&key)), (0o700, 0o600));
        assert_eq!(made.expose(), make_key(&key).unwrap().expose(), "a key is made once");
        let public = signing_key(&key).unwrap().public().unwrap();
        assert_eq!(mode(&folder.path().join("config/key.signing")), 0o600);
        assert_eq!(signing_key(&key).unwrap().public().unwrap(), public);
    }
}
