//! The body of a call, for who reads it as a stream while it still comes.

use hyper::body::Bytes;
use std::io::{self, BufRead, Read};
use tokio::sync::mpsc;

/// How many pieces lie ready at most; the caller waits with the next one.
const PIECES: usize = 4;

/// A body, read by a thread that may wait.
pub(super) struct Body {
    coming: mpsc::Receiver<Bytes>,
    piece: Bytes,
}

impl Body {
    /// A body, and where its pieces are put in. It ends when that is dropped.
    pub(super) fn fed() -> (Self, mpsc::Sender<Bytes>) {
        let (pieces, coming) = mpsc::channel(PIECES);
        (Self { coming, piece: Bytes::new() }, pieces)
    }
}

impl Read for Body {
    fn read(&mut self, out: &mut [u8]) -> io::Result<usize> {
        let length = self.fill_buf()?.read(out)?;
        self.consume(length);
        Ok(length)
    }
}

impl BufRead for Body {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        while self.piece.is_empty() {
            match self.coming.blocking_recv() {
                Some(piece) => self.piece = piece,
                None => break,
            }
        }
        Ok(&self.piece)
    }

    fn consume(&mut self, length: usize) {
        drop(self.piece.split_to(length));
    }
}
