//! The lines of a download: read one by one, cut into slices of whole groups.

use super::SpoolError;
use saldo_core::exchange::SliceAnswer;
use serde::Deserialize;
use std::borrow::Cow;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// How long a line may be, in bytes.
const LINE_LIMIT_BYTES: u64 = 32 << 20;
/// How large a group of lines may be, in bytes: a group is handed over whole.
const GROUP_LIMIT_BYTES: usize = 128 << 20;

/// Whole groups of lines from an offset on: as many as are begun before the limit is reached.
pub(super) fn cut(file: &Path, offset: u64, limit: u64) -> Result<SliceAnswer, SpoolError> {
    let mut lines = Lines::open(file, offset)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let mut line = Vec::new();
    loop {
        let at = lines.position;
        if !lines.next_into(&mut line)? {
            return Ok(SliceAnswer { bytes, next_offset: at, finished: true });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let is_root = Head::read(&line, at)?.parent.is_none();
        if is_root && !bytes.is_empty() && bytes.len() >= limit {
            return Ok(SliceAnswer { bytes, next_offset: at, finished: false });
        }
        if !is_root && bytes.is_empty() {
            return Err(SpoolError::Line { at, what: "has no root before it" });
        }
        if bytes.len() + line.len() > GROUP_LIMIT_BYTES.max(limit) {
            return Err(SpoolError::Line { at, what: "makes its group too large" });
        }
        bytes.extend_from_slice(&line);
    }
}

/// As much of a line as says where it belongs. All else is skipped without being understood.
#[derive(Deserialize)]
pub(in crate::transport) struct Head<'line> {
    /// What the line is called.
    #[serde(borrow, default)]
    pub(in crate::transport) id: Option<Cow<'line, str>>,
    /// What it belongs to; none for a root.
    #[serde(borrow, default, rename = "__parentId")]
    pub(in crate::transport) parent: Option<Cow<'line, str>>,
}

impl<'line> Head<'line> {
    /// Reads the line that begins at this byte.
    pub(in crate::transport) fn read(line: &'line [u8], at: u64) -> Result<Self, SpoolError> {
        let unreadable =
            |_| SpoolError::Line { at, what: "is not a JSON object with ids that are texts" };
        if line.trim_ascii_start().first() != Some(&b'{') {
            return Err(SpoolError::Line { at, what: "is not a JSON object" });
        }
        serde_json::from_slice(line).map_err(unreadable)
    }
}

/// The lines of a file, from an offset at which a line begins.
pub(in crate::transport) struct Lines {
    reader: BufReader<File>,
    /// Where the next line begins, in bytes from the start of the file.
    pub(in crate::transport) position: u64,
}

impl Lines {
    /// Opens a file to read from this offset on.
    pub(in crate::transport) fn open(path: &Path, offset: u64) -> Result<Self, SpoolError> {
        let mut file = File::open(path)?;
        if offset > file.metadata()?.len() {
            return Err(SpoolError::Misplaced(offset));
        }
        if let Some(before) = offset.checked_sub(1) {
            let mut byte = [0];
            file.seek(SeekFrom::Start(before))?;
            file.read_exact(&mut byte)?;
            let at_end = offset == file.metadata()?.len();
            if byte != *b"\n" && !at_end {
                return Err(SpoolError::Misplaced(offset));
            }
        }
        Ok(Self { reader: BufReader::with_capacity(1 << 18, file), position: offset })
    }

    /// Reads the next line, with a line feed at its end; false after the last.
    pub(in crate::transport) fn next_into(
        &mut self,
        line: &mut Vec<u8>,
    ) -> Result<bool, SpoolError> {
        line.clear();
        let read = (&mut self.reader).take(LINE_LIMIT_BYTES).read_until(b'\n', line)?;
        if read == 0 {
            return Ok(false);
        }
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        if line.last() != Some(&b'\n') {
            if read >= LINE_LIMIT_BYTES {
                return Err(SpoolError::Line { at: self.position, what: "is too long" });
            }
            line.push(b'\n');
        }
        self.position = self.position.saturating_add(read);
        Ok(true)
    }
}
