//! How large columns are compressed: as one LZ4 block, after its length in four bytes.

use crate::StoreError;
use lz4_flex::block;

pub(crate) fn compress(bytes: &[u8]) -> Vec<u8> {
    block::compress_prepend_size(bytes)
}

/// What was compressed, as it was.
pub(crate) fn decompress(what: &'static str, bytes: &[u8]) -> Result<Vec<u8>, StoreError> {
    let bytes = block::decompress_size_prepended(bytes);
    bytes.map_err(|error| StoreError::unreadable(what, error))
}

/// The same of a text.
pub(crate) fn decompress_text(what: &'static str, bytes: &[u8]) -> Result<String, StoreError> {
    let text = String::from_utf8(decompress(what, bytes)?);
    text.map_err(|error| StoreError::unreadable(what, error))
}
