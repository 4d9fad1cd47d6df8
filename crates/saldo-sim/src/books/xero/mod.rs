#![doc = include_str!("README.md")]

mod access;
mod bank;
mod contacts;
mod documents;
mod entity;
mod fields;
mod files;
mod filter;
mod find;
mod journals;
mod kind;
mod ledger;
mod lines;
mod lists;
mod memory;
mod options;
mod orders;
mod organisation;
mod owner;
mod payments;
mod refusal;
mod reports;
mod retail;
mod revaluation;
mod service;
mod show;
mod stock;
mod traffic;
mod write;
mod xml;

#[cfg(test)]
mod tests;

pub use access::Tokens;
pub use files::AttachedFile;
pub use kind::Kind;
pub use ledger::Posting;
pub use organisation::{Organisation, Settings};
pub use traffic::Calls;

use super::address::Address;
use crate::{Reply, Vendor, dated};
use access::{Identity, json_answer};
use jiff::{SignedDuration, Timestamp};
use memory::Memory;
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};
use serde::{Deserialize, Serialize};
use serde_json::json;
use traffic::Traffic;

/// An organisation as the vendor keeps it: its books, its limits and its memory.
#[derive(Clone, Debug, Serialize, Deserialize)]
struct Tenant {
    organisation: Organisation,
    memory: Memory,
    traffic: Traffic,
}

/// Xero with one organisation or several in it: its sign-in, its limits, its memory and its books.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct XeroSim {
    identity: Identity,
    /// At least one.
    tenants: Vec<Tenant>,
    /// Requests without a good access token.
    unauthenticated: u64,
    /// Requests to the token endpoint.
    tokens: u64,
    /// How many requests were answered, whoever asked.
    answered: u64,
}

impl XeroSim {
    /// The vendor with this organisation and nobody connected to it.
    #[must_use]
    pub fn new(organisation: Organisation) -> Self {
        Self {
            identity: Identity::new(organisation.seed),
            tenants: vec![tenant(organisation)],
            unauthenticated: 0,
            tokens: 0,
            answered: 0,
        }
    }

    /// Adds an organisation that the same tokens reach.
    pub fn join(&mut self, organisation: Organisation) {
        self.tenants.push(tenant(organisation));
    }

    /// The id and the secret of the app that may ask.
    #[must_use]
    pub fn client(&self) -> (&str, &str) {
        (&self.identity.client_id, &self.identity.client_secret)
    }

    /// The first organisation.
    ///
    /// # Panics
    /// Never: there is always one.
    #[must_use]
    pub fn organisation(&self) -> &Organisation {
        &self.tenants.first().expect("a simulated vendor begins with an organisation").organisation
    }

    /// The first organisation, so that its owner's choices can be changed.
    ///
    /// # Panics
    /// Never: there is always one.
    pub fn organisation_mut(&mut self) -> &mut Organisation {
        let first = self.tenants.first_mut();
        &mut first.expect("a simulated vendor begins with an organisation").organisation
    }

    /// How many calls were made so far, to all organisations together.
    #[must_use]
    pub fn calls(&self) -> Calls {
        let none = Calls {
            tokens: self.tokens,
            unauthenticated: self.unauthenticated,
            ..Calls::default()
        };
        self.tenants.iter().map(|tenant| tenant.traffic.calls).fold(none, |sum, calls| Calls {
            reads: sum.reads + calls.reads,
            reports: sum.reports + calls.reports,
            writes: sum.writes + calls.writes,
            replays: sum.replays + calls.replays,
            throttled: sum.throttled + calls.throttled,
            ..sum
        })
    }

    /// Lets every request stay under way for so long, so that more than five at once can be had.
    pub fn take(&mut self, each: SignedDuration) {
        let milliseconds = i64::try_from(each.as_millis()).unwrap_or(i64::MAX);
        for tenant in &mut self.tenants {
            tenant.traffic.takes_milliseconds = milliseconds;
        }
    }

    /// Connects without a browser, as if the owner had consented at this instant.
    pub fn connect(&mut self, now: Timestamp) -> Tokens {
        self.identity.connect_to_all(now)
    }

    /// Ends every access token before its time.
    pub fn expire_access_tokens(&mut self) {
        self.identity.expire();
    }

    /// Takes every consent back, as the owner can: no token is good any more.
    pub fn disconnect(&mut self) {
        self.identity.disconnect();
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
        simulator.tenants.iter_mut().for_each(|tenant| tenant.organisation.rebuild_index());
        Ok(simulator)
    }

    fn dispatch(&mut self, request: &HttpRequest, now: Timestamp) -> HttpAnswer {
        let address = Address::parse(&request.url);
        let path: Vec<&str> = address.path.iter().map(String::as_str).collect();
        match (request.method, path.as_slice()) {
            (Method::Post, ["connect", "token"]) => {
                self.tokens += 1;
                self.identity.token(request, now)
            }
            (Method::Get, ["identity", "connect", "authorize"]) => {
                self.identity.authorise(&address, now)
            }
            (Method::Get, [name]) if name.eq_ignore_ascii_case("connections") => {
                self.connections(request, now)
            }
            (_, ["api.xro", "2.0", ..]) => self.serve(request, &address, now),
            _ => json_answer(404, &json!({ "error": "there is nothing at this address" })),
        }
    }
}

fn tenant(organisation: Organisation) -> Tenant {
    Tenant { organisation, memory: Memory::default(), traffic: Traffic::default() }
}

impl Vendor for XeroSim {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        self.answered += 1;
        let mut answer = self.dispatch(request, now);
        let text = format!("correlation {}", self.answered);
        let trace = organisation::identifier(self.organisation().seed, &text);
        answer.headers.push(("xero-correlation-id".to_owned(), trace));
        Reply::Answer(dated(answer, now))
    }
}
