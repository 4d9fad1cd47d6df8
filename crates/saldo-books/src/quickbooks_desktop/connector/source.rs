//! Bytes that come piece by piece: some can be put back, no piece may be large, and of a caller
//! whom nobody knows there may be few.

use std::io::{self, BufRead, Read};

/// How large a tag or a text may be that is held at once, in bytes.
const PIECE_BYTES_MAX: usize = 4 << 20;

/// A source of bytes.
pub(super) struct Source<R> {
    inner: R,
    /// What was put back, and how much of it was read since.
    back: Vec<u8>,
    read: usize,
    /// How large the piece is that is being read.
    piece: usize,
    /// How many bytes may still come; none where nobody counts them.
    left: Option<usize>,
}

impl<R: BufRead> Source<R> {
    /// What this source has.
    pub(super) const fn new(inner: R) -> Self {
        Self { inner, back: Vec::new(), read: 0, piece: 0, left: None }
    }

    /// The same, of which only so many bytes may come until [`Self::trust`] is called.
    pub(super) const fn at_most(mut self, bytes: usize) -> Self {
        self.left = Some(bytes);
        self
    }

    /// Whoever sends it is known: nobody counts the bytes any more.
    pub(super) const fn trust(&mut self) {
        self.left = None;
    }

    /// From here on another piece is read.
    pub(super) const fn begin_piece(&mut self) {
        self.piece = 0;
    }

    /// The next bytes, fewer than asked for only at the end.
    pub(super) fn ahead(&mut self, length: usize) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::with_capacity(length);
        while bytes.len() < length {
            let Some(byte) = self.fill_buf()?.first().copied() else { break };
            self.consume(1);
            bytes.push(byte);
        }
        Ok(bytes)
    }

    /// Puts bytes back that were read: they come next.
    pub(super) fn put_back(&mut self, bytes: &[u8]) {
        self.back.drain(..self.read);
        self.back.splice(..0, bytes.iter().copied());
        self.read = 0;
    }
}

impl<R: BufRead> Read for Source<R> {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

impl<R: BufRead> BufRead for Source<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.piece > PIECE_BYTES_MAX {
            let reason = format!("a tag or a text in it has more than {PIECE_BYTES_MAX} bytes");
            return Err(io::Error::new(io::ErrorKind::InvalidData, reason));
        }
        match self.back.get(self.read..) {
            Some(back) if !back.is_empty() => Ok(back),
            // Whether more would come is not looked at: what lies ready is let go with the caller.
            _ if self.left == Some(0) => {
                let reason = "it is larger than a call of somebody who is not known";
                Err(io::Error::new(io::ErrorKind::InvalidData, reason))
            }
            _ => {
                let most = self.left.unwrap_or(usize::MAX);
                let there = self.inner.fill_buf()?;
                Ok(&there[..there.len().min(most)])
            }
        }
    }

    fn consume(&mut self, length: usize) {
        self.piece += length;
        match self.read < self.back.len() {
            true => self.read += length,
            false => {
                self.left = self.left.map(|left| left.saturating_sub(length));
                self.inner.consume(length);
            }
        }
    }
}
