//! The books' own terms: accounts, postings and balanced entries. Debit is positive.

mod account;
mod dimensions;
mod entry;

pub use account::{Account, AccountKind, Side};
pub use dimensions::{Dimensions, Spot};
pub use entry::{Entry, Posting, Unbalanced};
