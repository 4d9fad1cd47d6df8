//! Cash drawers: what was put in or taken out besides sales, and what was counted over or short.
//!
//! What buyers pay and are given back stands with their orders on the account of cash. A session
//! adds what no order tells, so that the account is what was counted.

use super::contradictions::check_drawer;
use super::lines::line_on;
use super::{Accounted, Trouble};
use crate::commerce::{DrawerMove, DrawerSession, Fact};
use crate::document::{DocumentKind, Header, LineKind, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{AccountKind, Spot};
use crate::money::Money;
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;
use jiff::Timestamp;

/// The natural keys of what a session was over or short by: at its opening, and at its closing.
#[must_use]
pub fn drawer_counts(session: &FactId) -> [FactId; 2] {
    ["opened", "closed"].map(|part| FactId::from(format!("{session}/{part}")))
}

/// Accounts a session of a drawer.
pub(super) fn account_drawer(id: &FactId, facts: &[Fact], policy: &Policy) -> Accounted {
    let mut accounted = Accounted::default();
    for fact in facts {
        if let Fact::Drawer(session) = fact
            && &session.id == id
        {
            let state = match entries(session, policy) {
                Ok(entries) => {
                    accounted.entries.extend(entries);
                    FactState::Accounted { review: None }
                }
                Err(trouble) => FactState::Held(trouble.issue(&session.id)),
            };
            accounted.stand(&session.id, &session.source, state);
        }
    }
    accounted
}

/// All entries of a session, or none.
fn entries(session: &DrawerSession, policy: &Policy) -> Result<Vec<SubledgerEntry>, Trouble> {
    check_drawer(session, policy.currency)?;
    let drawer = Drawer { session, policy };
    let [opened, closed] = drawer_counts(&session.id);
    let mut entries = Vec::new();
    entries.extend(drawer.counted(opened, session.opened_at, session.over_at_opening()?)?);
    for moved in &session.moves {
        entries.extend(drawer.moved(moved)?);
    }
    entries.extend(drawer.counted(closed, session.closed_at, session.over_at_closing()?)?);
    Ok(entries)
}

struct Drawer<'a> {
    session: &'a DrawerSession,
    policy: &'a Policy,
}

impl Drawer<'_> {
    /// What was counted more (positive) or less than there should be.
    fn counted(
        &self,
        id: FactId,
        at: Timestamp,
        over: Money,
    ) -> Result<Option<SubledgerEntry>, Trouble> {
        let text = if over.is_negative() { "Drawer short" } else { "Drawer over" };
        self.entry(id, (at, over), Role::CashOverShort, text)
    }

    /// What was put in (positive) or taken out, by what it was for.
    fn moved(&self, moved: &DrawerMove) -> Result<Option<SubledgerEntry>, Trouble> {
        let DrawerMove { id, at, amount, note } = moved;
        let role = self.policy.drawer_note(note).ok_or_else(|| {
            let name = &self.session.name;
            Trouble::Issue(
                IssueKind::MissingMapping,
                format!("{name}: nobody said what `{note}` of {amount} is about"),
                format!(
                    "saldo map set 'drawer.notes.\"{note}\"' cash-in-transit, where it went to the \
                     bank; a `*` at either end of a note stands for the rest"
                ),
            )
        })?;
        let id = FactId::from(format!("{}/move/{id}", self.session.id));
        let text = if note.is_empty() { "Drawer" } else { note };
        self.entry(id, (*at, *amount), role, text)
    }

    /// An amount that comes into the drawer (positive) from an account, or leaves it for there.
    fn entry(
        &self,
        id: FactId,
        (at, amount): (Timestamp, Money),
        role: Role,
        text: &str,
    ) -> Result<Option<SubledgerEntry>, Trouble> {
        if amount.is_zero() {
            return Ok(None);
        }
        let Self { session, policy } = self;
        let gateway = &session.gateway;
        let cash = policy.clearing(&gateway.id, amount.currency()).ok_or_else(|| {
            Trouble::Issue(
                IssueKind::MissingMapping,
                format!("the policy has no account for the gateway {}", gateway.name),
                format!("saldo map set gateways.{}.account \"Cash drawer\"", gateway.id),
            )
        })?;
        let account = policy.chart.account(role);
        let holds_money =
            |kind| matches!(kind, AccountKind::Bank | AccountKind::Clearing | AccountKind::Cash);
        let kind = match holds_money(account.kind) && holds_money(cash.kind) {
            true => DocumentKind::Transfer,
            false => DocumentKind::JournalEntry,
        };
        let about = Subject::of_channel(&session.source.connection);
        let spot = Spot { account, dimensions: policy.dimensions_for(role, &about) };
        let header = Header {
            slot: id.to_string(),
            kind,
            date: policy.day(at),
            currency: amount.currency(),
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: session.name.clone(),
            memo: format!("{}: {text}", session.name),
        };
        let origin = session.id.as_str();
        let of_line = match kind {
            DocumentKind::Transfer => LineKind::Settlement,
            _ => LineKind::Other { taxed: false },
        };
        let lines = vec![
            line_on(cash, of_line.clone(), amount, text, origin),
            line_on(spot, of_line, amount.negated(), text, origin),
        ];
        Ok(Some(SubledgerEntry::new(id, header, lines)?))
    }
}
