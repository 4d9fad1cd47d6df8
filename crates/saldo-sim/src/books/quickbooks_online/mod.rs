#![doc = include_str!("README.md")]

mod access;
mod company;
mod currency;
mod entity;
mod entries;
mod fault;
mod fields;
mod files;
mod kind;
mod ledger;
mod lists;
mod memory;
mod payables;
mod profit_and_loss;
mod query;
mod query_text;
mod references;
mod retail;
mod sales;
mod schema;
mod service;
mod settlements;
mod stock;
mod tax;
mod traffic;
mod write;

#[cfg(test)]
mod tests;

pub use access::{Rotation, Tokens};
pub use company::{Company, Settings, TaxCode};
pub use files::Attachable;
pub use kind::Kind;
pub use ledger::Posting;
pub use traffic::Calls;

use super::{address, chance};
use crate::{Reply, Vendor, dated};
use access::{Access, json_answer};
use address::Address;
use jiff::Timestamp;
use memory::Memory;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde::{Deserialize, Serialize};
use serde_json::json;
use traffic::Traffic;

/// QuickBooks Online with one company in it: its sign-in, its limits, its memory and its books.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct QuickBooksOnlineSim {
    company: Company,
    access: Access,
    memory: Memory,
    traffic: Traffic,
    /// How many requests were answered, whoever asked.
    answered: u64,
}

impl QuickBooksOnlineSim {
    /// The vendor with this company and nobody connected to it.
    #[must_use]
    pub fn new(company: Company) -> Self {
        let access = Access::new(company.seed);
        Self {
            company,
            access,
            memory: Memory::default(),
            traffic: Traffic::default(),
            answered: 0,
        }
    }

    /// The id and the secret of the app that may ask.
    #[must_use]
    pub fn client(&self) -> (&str, &str) {
        (&self.access.client_id, &self.access.client_secret)
    }

    /// The company.
    #[must_use]
    pub fn company(&self) -> &Company {
        &self.company
    }

    /// The company, so that its owner's choices can be changed.
    pub fn company_mut(&mut self) -> &mut Company {
        &mut self.company
    }

    /// How many calls were made so far.
    #[must_use]
    pub fn calls(&self) -> Calls {
        self.traffic.calls
    }

    /// Chooses when the values of refresh tokens change.
    pub fn rotate(&mut self, rotation: Rotation) {
        self.access.rotation = rotation;
    }

    /// Connects without a browser, as if the owner had consented at this instant.
    pub fn connect(&mut self, now: Timestamp) -> Tokens {
        self.access.connect(now)
    }

    /// Ends every access token before its time.
    pub fn expire_access_tokens(&mut self) {
        self.access.expire();
    }

    /// Takes every consent back, as the owner can: no token is good any more.
    pub fn disconnect(&mut self) {
        self.access.disconnect();
    }

    /// The whole state as JSON.
    ///
    /// # Errors
    /// Where JSON cannot hold the state, which would be a mistake of ours.
    pub fn to_json(&self) -> serde_json::Result<String> {
        serde_json::to_string(self)
    }

    /// The simulator as it was when [`Self::to_json`] wrote it.
    ///
    /// # Errors
    /// Where the text is not such a state.
    pub fn from_json(text: &str) -> serde_json::Result<Self> {
        let mut simulator: Self = serde_json::from_str(text)?;
        simulator.company.rebuild_index();
        Ok(simulator)
    }

    fn dispatch(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let address = Address::parse(&request.url);
        let path: Vec<&str> = address.path.iter().map(String::as_str).collect();
        match (request.method, path.as_slice()) {
            (Method::Post, ["oauth2", "v1", "tokens", "bearer"]) => {
                self.traffic.calls.tokens += 1;
                self.access.token(request, now)
            }
            (Method::Get, ["connect", "oauth2"]) => {
                self.access.authorise(&address, &self.company.realm, now)
            }
            (_, ["v3", "company", ..]) => self.serve(request, &address, now),
            _ => json_answer(404, &json!({ "error": "there is nothing at this address" })),
        }
    }
}

impl Vendor for QuickBooksOnlineSim {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        self.answered += 1;
        let mut answer = self.dispatch(request, now);
        let trace = chance::number(self.company.seed, &self.answered.to_string());
        answer.headers.push(("intuit_tid".to_owned(), format!("1-{trace:016x}")));
        Reply::Answer(dated(answer, now))
    }
}
