//! The lines of a download: read one by one, cut into slices of whole groups.

use super::SpoolError;
use saldo_core::exchange::{LineGroup, SliceAnswer, SliceAsk};
use saldo_core::json_lines::LineHead;
use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::Path;

/// How long a line may be, in bytes.
const LINE_LIMIT_BYTES: u64 = 32 << 20;
/// How large a group of lines may be, in bytes: a group is handed over whole.
const GROUP_LIMIT_BYTES: usize = 128 << 20;

/// Whole groups of lines from an offset on: as many as are begun before a limit is reached. Every
/// group stands together.
pub(super) fn cut(file: &Path, ask: &SliceAsk) -> Result<SliceAnswer, SpoolError> {
    let mut lines = Lines::open(file, ask.offset)?;
    let limit = usize::try_from(ask.limit).unwrap_or(usize::MAX);
    let mut groups: Vec<LineGroup> = Vec::new();
    let mut taken = 0_usize;
    let mut line = Vec::new();
    loop {
        let at = lines.position;
        if !lines.next_into(&mut line)? {
            return Ok(SliceAnswer { groups, next_offset: at, finished: true });
        }
        let text = text(&line, at)?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let head = head(text, at)?;
        let is_full = taken >= limit || groups.len() >= ask.groups;
        match (head.parent, groups.last_mut()) {
            (None, Some(_)) if is_full => {
                return Ok(SliceAnswer { groups, next_offset: at, finished: false });
            }
            (None, _) => {
                let id = head.id.ok_or(SpoolError::Line { at, what: "has no id" })?.into_owned();
                groups.push(LineGroup { id, text: text.trim_ascii().to_owned(), lines: 1 });
            }
            (Some(_), Some(group)) => add(group, text, at)?,
            (Some(_), None) => {
                return Err(SpoolError::Line { at, what: "has no root before it" });
            }
        }
        taken += line.len();
    }
}

fn add(group: &mut LineGroup, text: &str, at: u64) -> Result<(), SpoolError> {
    let text = text.trim_ascii();
    if group.text.len() + text.len() > GROUP_LIMIT_BYTES {
        return Err(SpoolError::Line { at, what: "makes its group too large" });
    }
    group.text.push('\n');
    group.text.push_str(text);
    group.lines += 1;
    Ok(())
}

/// Whether every line of a download that belongs to another one stands below its root, after what
/// it belongs to.
pub(super) fn stands_grouped(file: &Path) -> Result<bool, SpoolError> {
    let mut lines = Lines::open(file, 0)?;
    let mut line = Vec::new();
    let mut group: BTreeSet<String> = BTreeSet::new();
    loop {
        let at = lines.position;
        if !lines.next_into(&mut line)? {
            return Ok(true);
        }
        let text = text(&line, at)?;
        if text.trim_ascii().is_empty() {
            continue;
        }
        let head = head(text, at)?;
        match head.parent {
            None => group.clear(),
            Some(parent) if group.contains(&*parent) => {}
            Some(_) => return Ok(false),
        }
        group.extend(head.id.map(Cow::into_owned));
    }
}

/// A line as text.
pub(in crate::transport) fn text(line: &[u8], at: u64) -> Result<&str, SpoolError> {
    std::str::from_utf8(line).map_err(|_| SpoolError::Line { at, what: "is not UTF-8 text" })
}

/// Where the line that begins at this byte belongs. It is given with its line feed.
pub(in crate::transport) fn head(line: &str, at: u64) -> Result<LineHead<'_>, SpoolError> {
    let what = "is not a JSON object with ids that are texts";
    LineHead::read(line).map_err(|_| SpoolError::Line { at, what })
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

    /// Reads the next line, with its line feed where it has one; false after the last.
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
        if read >= LINE_LIMIT_BYTES && line.last() != Some(&b'\n') {
            return Err(SpoolError::Line { at: self.position, what: "is too long" });
        }
        self.position = self.position.saturating_add(read);
        Ok(true)
    }
}
