//! Large downloads of JSON lines: fetched once into a folder, handed over slice by slice.
//!
//! What is on disk under its final name is whole, so that a restart goes on where the last slice
//! ended; what was cut short or cannot be read is fetched again from the start. The same download
//! always gives the same offsets.

mod keep;
mod lines;

pub(super) use lines::{Lines, head, text};

use super::carrier::{Carrier, Download, unwritable};
use super::regroup::regroup;
use super::stopped;
use keep::{download_name, sweep};
use lines::{cut, stands_grouped};
use saldo_core::exchange::{Answer, Fault, HttpAnswer, Permit, SliceAsk};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use thiserror::Error;
use tokio::sync::Mutex;

/// A folder of downloads. It belongs to one connection and one process.
pub(crate) struct Spool {
    folder: PathBuf,
    /// Held while fetching: however many ask, a download is fetched once.
    fetching: Mutex<()>,
}

/// What can be wrong with a download.
#[derive(Debug, Error)]
pub(crate) enum SpoolError {
    /// The disk fails or is full.
    #[error("the folder of downloads fails: {0}")]
    Disk(#[from] io::Error),
    /// A line is not what it should be.
    #[error("the download's line at byte {at} {what}")]
    Line {
        /// Where the line begins, in bytes from the start of the file.
        at: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Lines name parents that are nowhere in the download.
    #[error("{0} lines of the download belong to something that is not in it")]
    Orphans(u64),
    /// The offset is not one that a slice ended with.
    #[error("no slice of the download begins at byte {0}")]
    Misplaced(u64),
    /// Its end is missing.
    #[error("the download was cut: it has {found} of its {whole} bytes")]
    Cut {
        /// How many bytes came.
        found: u64,
        /// How many the vendor says that there are.
        whole: u64,
    },
}

impl From<SpoolError> for Fault {
    fn from(error: SpoolError) -> Self {
        Self::new(Permit::Retry, error.to_string())
    }
}

impl Spool {
    /// Keeps downloads in this folder, which is made when it is first needed.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, fetching: Mutex::default() }
    }

    /// A slice of a download, which is fetched first if it is not there; or the refusal of a server
    /// that does not have it.
    ///
    /// # Errors
    /// Where the download cannot be had whole, is not lines of JSON objects, or has no slice there.
    /// It is then fetched anew when it is asked for again.
    pub(crate) async fn slice(&self, ask: &SliceAsk, carrier: &Carrier) -> Result<Answer, Fault> {
        let name = download_name(&ask.url);
        let whole = self.folder.join(format!("{name}.jsonl"));
        {
            let _fetching = self.fetching.lock().await;
            let there = tokio::fs::try_exists(&whole).await.map_err(SpoolError::Disk)?;
            if !there && let Some(refusal) = self.fetch(ask, &name, &whole, carrier).await? {
                return Ok(Answer::Http(refusal));
            }
        }
        let read = whole.clone();
        let asked = ask.clone();
        let cut = tokio::task::spawn_blocking(move || cut(&read, &asked)).await;
        let slice = match cut.map_err(|_| stopped("reading a download"))? {
            Ok(slice) => slice,
            Err(SpoolError::Disk(error)) => return Err(SpoolError::Disk(error).into()),
            Err(broken) => {
                tokio::fs::remove_file(&whole).await.map_err(SpoolError::Disk)?;
                return Err(broken.into());
            }
        };
        if slice.finished {
            let marker = self.folder.join(format!("{name}.finished"));
            tokio::fs::write(&marker, b"").await.map_err(|error| unwritable(&marker, &error))?;
        }
        Ok(Answer::Slice(slice))
    }

    /// Fetches a download; gives the refusal of a server that does not have it.
    async fn fetch(
        &self,
        ask: &SliceAsk,
        name: &str,
        whole: &Path,
        carrier: &Carrier,
    ) -> Result<Option<HttpAnswer>, Fault> {
        let part = self.folder.join(format!("{name}.part"));
        let scratch = self.folder.join(format!("{name}.scratch"));
        let folder = self.folder.clone();
        let swept = tokio::task::spawn_blocking(move || sweep(&folder)).await;
        swept.map_err(|_| stopped("tidying downloads"))?.map_err(SpoolError::Disk)?;
        if let Download::Refused(refusal) = carrier.download(&ask.url, &part).await? {
            return Ok(Some(refusal));
        }
        let found = tokio::fs::metadata(&part).await.map_err(SpoolError::Disk)?.len();
        if let Some(whole) = ask.bytes.filter(|whole| found < *whole) {
            return Err(SpoolError::Cut { found, whole }.into());
        }
        let into = whole.to_owned();
        let kept = tokio::task::spawn_blocking(move || keep_grouped(&part, &into, &scratch)).await;
        kept.map_err(|_| stopped("regrouping a download"))??;
        Ok(None)
    }
}

/// Copies a file of JSON lines into a folder with every group together, where they do not stand so;
/// none where they do, or where it is no file of such lines.
///
/// # Errors
/// Where a parent is missing, or the disk fails.
pub(crate) fn grouped_copy(file: &Path, folder: &Path) -> Result<Option<PathBuf>, SpoolError> {
    match stands_grouped(file) {
        Ok(false) => {}
        Ok(true) | Err(SpoolError::Line { .. }) => return Ok(None),
        Err(error) => return Err(error),
    }
    fs::create_dir_all(folder)?;
    let copy = folder.join("grouped.jsonl");
    regroup(file, &copy, &folder.join("scratch"))?;
    Ok(Some(copy))
}

/// Keeps a download with every group together, whatever order it came in.
fn keep_grouped(part: &Path, whole: &Path, scratch: &Path) -> Result<(), SpoolError> {
    if stands_grouped(part)? {
        return Ok(fs::rename(part, whole)?);
    }
    regroup(part, whole, scratch)?;
    Ok(fs::remove_file(part)?)
}

#[cfg(test)]
mod tests;
