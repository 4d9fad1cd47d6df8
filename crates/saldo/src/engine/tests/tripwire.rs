//! Where a process can end: before and after every request, before every transaction that writes,
//! and before all work on files. What lies between two of them leaves no trace.

use crate::transport::carrier::SharedVendor;
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::HttpRequest;
use saldo_sim::{Reply, Vendor};
use std::panic::resume_unwind;
use std::sync::{Arc, Mutex};

/// What the process does next.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Effect {
    /// It asks the shop.
    AskShop,
    /// It has the shop's answer in hand.
    HearShop,
    /// It asks the company.
    AskCompany,
    /// It has the company's answer in hand.
    HearCompany,
    /// It writes to the database.
    Write,
    /// It works on the plain-text books.
    Files,
}

/// What a process that ended at the wire leaves behind.
pub(super) struct Death;

/// Counts the effects of a process, and ends it before the chosen one.
#[derive(Clone, Default)]
pub(super) struct Tripwire(Arc<Mutex<Wire>>);

#[derive(Default)]
struct Wire {
    /// Whether the process has begun.
    live: bool,
    seen: Vec<Effect>,
    dies_at: Option<usize>,
}

impl Tripwire {
    /// Ends the process before its effect of this number, from zero.
    pub(super) fn at(number: usize) -> Self {
        Self(Arc::new(Mutex::new(Wire { dies_at: Some(number), ..Wire::default() })))
    }

    /// From now on effects count.
    pub(super) fn begin(&self) {
        self.0.lock().unwrap().live = true;
    }

    /// The effects so far.
    pub(super) fn seen(&self) -> Vec<Effect> {
        self.0.lock().unwrap().seen.clone()
    }

    /// Notes an effect; does not return where it is the chosen one.
    pub(super) fn effect(&self, effect: Effect) {
        let mut wire = self.0.lock().unwrap();
        if !wire.live {
            return;
        }
        let number = wire.seen.len();
        wire.seen.push(effect);
        let dies = wire.dies_at == Some(number);
        drop(wire);
        if dies {
            // Unlike a panic it prints nothing.
            resume_unwind(Box::new(Death));
        }
    }

    /// The vendor behind this wire.
    pub(super) fn before(
        &self,
        vendor: &SharedVendor,
        (ask, hear): (Effect, Effect),
    ) -> SharedVendor {
        let (wire, vendor) = (self.clone(), Arc::clone(vendor));
        Arc::new(Mutex::new(Box::new(Wired { wire, vendor, ask, hear })))
    }
}

struct Wired {
    wire: Tripwire,
    vendor: SharedVendor,
    ask: Effect,
    hear: Effect,
}

impl Vendor for Wired {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        self.wire.effect(self.ask);
        let reply = self.vendor.lock().unwrap().answer(request, now);
        self.wire.effect(self.hear);
        reply
    }

    fn clock_jump(&mut self) -> Option<SignedDuration> {
        self.vendor.lock().unwrap().clock_jump()
    }
}
