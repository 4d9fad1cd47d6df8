#![doc = include_str!("README.md")]

mod banking;
mod changes;
mod connector;
mod currencies;
mod element;
mod expenses;
mod fields;
mod file;
mod filter;
mod grammar;
mod instants;
mod inventory;
mod iterators;
mod kind;
mod ledger;
mod lists;
mod message_set;
mod orders;
mod profit_and_loss;
mod query;
mod record;
mod references;
mod retail;
mod sales;
mod settlements;
mod show;
mod status;
mod tables;
mod transactions;

#[cfg(test)]
mod tests;

pub use connector::pace;
pub use connector::{Application, ApplicationError, Ended, Mischief, Step, Trouble, WebConnector};
pub use file::{CompanyFile, Limits, Settings};
pub use kind::Kind;
pub use ledger::{Posting, Transaction};
pub use status::Hresult;

use super::chance;
use crate::{Reply, Vendor};
use jiff::Timestamp;
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use serde::{Deserialize, Serialize};

/// How many documents of requests came.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Calls {
    /// All of them.
    pub documents: u64,
    /// Those that were not carried out at all.
    pub refused: u64,
}

/// QuickBooks Desktop with one company file open, asked without a Web Connector between: the body
/// of a request is a document of requests, the body of the answer the vendor's own answer. A
/// document that is not carried out is answered with the header `failure`, which holds the code.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuickBooksDesktopSim {
    file: CompanyFile,
    calls: Calls,
}

impl QuickBooksDesktopSim {
    /// The program with this file open.
    #[must_use]
    pub fn new(file: CompanyFile) -> Self {
        Self { file, calls: Calls::default() }
    }

    /// The file.
    #[must_use]
    pub fn company(&self) -> &CompanyFile {
        &self.file
    }

    /// The file, so that its owner's choices can be changed.
    pub fn company_mut(&mut self) -> &mut CompanyFile {
        &mut self.file
    }

    /// How many documents came so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.calls
    }

    /// The whole state as JSON.
    ///
    /// # Errors
    /// Where JSON cannot hold the state, which would be a mistake of ours.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The simulator as it was when [`Self::to_json`] wrote it, but for its open iterators.
    ///
    /// # Errors
    /// Where the text is not such a state.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        let mut simulator: Self = serde_json::from_str(text)?;
        simulator.file.rebuild_index();
        Ok(simulator)
    }
}

impl Vendor for QuickBooksDesktopSim {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        self.calls.documents += 1;
        let (kind, failure, body) = match self.file.answer(&request.body, now) {
            Ok(body) => ("text/xml; charset=utf-8", None, body),
            Err(hresult) => {
                self.calls.refused += 1;
                ("text/plain; charset=utf-8", Some(hresult.code), hresult.message.into_bytes())
            }
        };
        let mut headers = vec![("content-type".to_owned(), kind.to_owned())];
        headers.extend(failure.map(|code| ("failure".to_owned(), code)));
        Reply::Answer(HttpAnswer { status: 200, headers, body })
    }
}
