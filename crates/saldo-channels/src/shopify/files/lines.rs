//! A file, line by line.

use std::io::{self, BufRead, ErrorKind};

/// How long a line, a row or a document may be, in bytes.
const PIECE_BYTES_MAX: usize = 64 << 20;

/// The lines of a file, never the whole of it.
pub(super) struct Lines<'a> {
    file: &'a mut dyn BufRead,
    /// How many lines were read.
    number: usize,
}

impl<'a> Lines<'a> {
    pub(super) fn new(file: &'a mut dyn BufRead) -> Self {
        Self { file, number: 0 }
    }

    /// The number of the line that was read last, from one on.
    pub(super) fn number(&self) -> usize {
        self.number
    }

    /// The first line that is not empty, without a byte order mark.
    pub(super) fn first(&mut self) -> Result<Option<String>, String> {
        while let Some(line) = self.next()? {
            let text = line.strip_prefix('\u{feff}').unwrap_or(&line);
            if !text.trim().is_empty() {
                return Ok(Some(text.to_owned()));
            }
        }
        Ok(None)
    }

    /// The next line with its end.
    pub(super) fn next(&mut self) -> Result<Option<String>, String> {
        let bytes = self.bytes().map_err(|error| format!("line {}: {error}", self.number + 1))?;
        if bytes.is_empty() {
            return Ok(None);
        }
        self.number += 1;
        if bytes.len() > PIECE_BYTES_MAX {
            return Err(self.too_long());
        }
        let text = String::from_utf8(bytes);
        text.map(Some).map_err(|_| format!("line {}: it is not UTF-8 text", self.number))
    }

    /// All up to the end of a line, or of the file, or more than a piece may have.
    fn bytes(&mut self) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        while bytes.len() <= PIECE_BYTES_MAX {
            let buffered = match self.file.fill_buf() {
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                buffered => buffered?,
            };
            let end = memchr::memchr(b'\n', buffered);
            let piece = end.and_then(|end| buffered.get(..=end)).unwrap_or(buffered);
            bytes.extend_from_slice(piece);
            let length = piece.len();
            self.file.consume(length);
            if end.is_some() || length == 0 {
                break;
            }
        }
        Ok(bytes)
    }

    /// The next row of a table: a line, and those after it while a quotation mark is open.
    pub(super) fn next_row(&mut self) -> Result<Option<String>, String> {
        let Some(mut row) = self.next()? else { return Ok(None) };
        let begins = self.number;
        while row.bytes().filter(|byte| *byte == b'"').count() % 2 == 1 {
            let Some(more) = self.next()? else {
                return Err(format!("line {begins}: a quotation mark is never closed"));
            };
            row.push_str(&more);
            if row.len() > PIECE_BYTES_MAX {
                return Err(self.too_long());
            }
        }
        Ok(Some(row))
    }

    /// All that is left, after what was read.
    pub(super) fn whole(&mut self, mut read: String) -> Result<String, String> {
        while let Some(line) = self.next()? {
            read.push_str(&line);
            if read.len() > PIECE_BYTES_MAX {
                return Err(self.too_long());
            }
        }
        Ok(read)
    }

    fn too_long(&self) -> String {
        let mebibytes = PIECE_BYTES_MAX >> 20;
        format!("line {}: one piece of the file is longer than {mebibytes} MiB", self.number)
    }
}
