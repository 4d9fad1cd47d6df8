//! Files of bank rows, as a person takes them to a book: OFX, Web Connect, and tables.
//!
//! The same rows give the same bytes for ever, so that a file can be made again. The other way
//! round, statements of banks are read.

mod ofx;
mod read;
mod table;
#[cfg(test)]
mod tests;

pub use read::{
    ReadStatement, STATEMENT_MOST, StatementFault, StatementForm, TablePart, TableWords,
    read_statement,
};

use saldo_core::feed::{FeedFormat, FeedMissing, FeedRow, FeedUpload, Statement};

/// A statement as a file.
///
/// # Errors
/// [`FeedMissing`] where the form states what the owner did not say.
pub fn feed_file(
    statement: &Statement,
    format: FeedFormat,
    upload: &FeedUpload,
) -> Result<Vec<u8>, FeedMissing> {
    match format {
        FeedFormat::Ofx => ofx::file(statement, None),
        FeedFormat::WebConnect => {
            let institution = statement.feed.institution.as_deref();
            ofx::file(statement, Some(institution.ok_or(FeedMissing::Institution)?))
        }
        FeedFormat::Table => Ok(table::file(statement, upload.columns)),
    }
}

/// How many bytes a row has in a file, in whichever form it has most: where files part does not
/// depend on their form.
#[must_use]
pub fn row_bytes(row: &FeedRow, upload: &FeedUpload) -> usize {
    ofx::row_bytes(row).max(table::row_bytes(row, upload.columns))
}
