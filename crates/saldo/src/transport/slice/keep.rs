//! What downloads are called in their folder, and how long they are kept.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// How many downloads are kept that nobody has read to the end, the newest.
pub(super) const KEPT_DOWNLOADS: usize = 4;

/// Parameters of an address that only sign it, in lower case: they change when the vendor hands out
/// the same download again. All others may say which download it is.
const SIGNING_PARAMETERS: [&str; 4] = ["expires", "signature", "googleaccessid", "awsaccesskeyid"];
/// How names of further such parameters begin, in lower case.
const SIGNING_PREFIXES: [&str; 2] = ["x-goog-", "x-amz-"];

/// The file name of a download: the same for the same thing, however it is signed.
pub(super) fn download_name(url: &str) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let signs = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
        SIGNING_PARAMETERS.contains(&name.as_str())
            || SIGNING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(place.as_bytes());
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty() && !signs(parameter))
    {
        hasher.update(b"&").update(parameter.as_bytes());
    }
    hasher.finalize().to_hex().chars().take(32).collect()
}

/// Makes room before a download: removes what was read to the end, what was cut short, and what is
/// old. Whoever still needs one of them fetches it again.
pub(super) fn sweep(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut finished = BTreeSet::new();
    let mut whole: BTreeMap<(SystemTime, PathBuf), String> = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_default();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("part") => fs::remove_file(&path)?,
            Some("scratch") => fs::remove_dir_all(&path)?,
            Some("finished") => {
                fs::remove_file(&path)?;
                finished.insert(stem);
            }
            Some("jsonl") => {
                whole.insert((path.metadata()?.modified()?, path), stem);
            }
            _ => {}
        }
    }
    let (done, open): (Vec<_>, Vec<_>) =
        whole.into_iter().partition(|(_, stem)| finished.contains(stem));
    let too_many = (open.len() + 1).saturating_sub(KEPT_DOWNLOADS);
    for ((_, path), _) in done.iter().chain(open.iter().take(too_many)) {
        fs::remove_file(path)?;
    }
    Ok(())
}
