//! Cash drawers: what was put in or taken out besides sales, and what was counted over or short.
//!
//! What buyers pay and are given back stands with their orders on the account of cash. A session
//! adds what no order tells, so that the account is what was counted.

use super::lines::plain_line;
use super::{Accounted, Trouble};
use crate::commerce::{DrawerMove, DrawerSession, Fact};
use crate::document::{DocumentKind, Header, SubledgerEntry};
use crate::issue::{FactState, IssueKind};
use crate::ledger::{AccountKind, Spot};
use crate::money::{Money, MoneyError};
use crate::policy::{Policy, Role, Subject};
use crate::text::FactId;
use jiff::Timestamp;

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
    check(session, policy)?;
    let drawer = Drawer { session, policy };
    let over = session.over_at_opening()?;
    let mut entries = Vec::new();
    entries.extend(drawer.counted("opened", session.opened_at, over)?);
    for moved in &session.moves {
        entries.extend(drawer.moved(moved)?);
    }
    let over = session.over_at_closing()?;
    entries.extend(drawer.counted("closed", session.closed_at, over)?);
    Ok(entries)
}

/// All amounts are in the currency of the books, and the drawer was closed after it was opened.
fn check(session: &DrawerSession, policy: &Policy) -> Result<(), Trouble> {
    let DrawerSession { float, sales, counted, left_before, moves, .. } = session;
    let amounts = [*float, *sales, *counted].into_iter().chain(*left_before);
    for amount in amounts.chain(moves.iter().map(|it| it.amount)) {
        if amount.currency() != policy.currency {
            return Err(MoneyError::CurrencyMismatch(amount.currency(), policy.currency).into());
        }
    }
    if session.closed_at < session.opened_at {
        return Err(Trouble::Issue(
            IssueKind::DoesNotAddUp,
            format!("{} was closed before it was opened", session.name),
            "look at the session in the shop".to_owned(),
        ));
    }
    Ok(())
}

struct Drawer<'a> {
    session: &'a DrawerSession,
    policy: &'a Policy,
}

impl Drawer<'_> {
    /// What was counted more (positive) or less than there should be.
    fn counted(
        &self,
        part: &str,
        at: Timestamp,
        over: Money,
    ) -> Result<Option<SubledgerEntry>, Trouble> {
        let text = if over.is_negative() { "Drawer short" } else { "Drawer over" };
        self.entry(part, at, over, Role::CashOverShort, text)
    }

    /// What was put in (positive) or taken out, by what it was for.
    fn moved(&self, moved: &DrawerMove) -> Result<Option<SubledgerEntry>, Trouble> {
        let DrawerMove { id, at, amount, note } = moved;
        let policy = self.policy.in_force(self.policy.day(*at));
        let role = policy.drawer_note(note).ok_or_else(|| {
            Trouble::Issue(
                IssueKind::MissingMapping,
                format!(
                    "nobody said what {amount} were for, as the note `{note}` of {} says",
                    self.session.name
                ),
                format!(
                    "saldo map set 'drawer.notes.\"{note}\"' cash-in-transit, or what else it was: \
                     a `*` at either end stands for the rest"
                ),
            )
        })?;
        let text = if note.is_empty() { "Drawer" } else { note };
        self.entry(&format!("move/{id}"), *at, *amount, role, text)
    }

    /// An amount that comes into the drawer (positive) from an account, or leaves it for there.
    fn entry(
        &self,
        part: &str,
        at: Timestamp,
        amount: Money,
        role: Role,
        text: &str,
    ) -> Result<Option<SubledgerEntry>, Trouble> {
        if amount.is_zero() {
            return Ok(None);
        }
        let Self { session, policy } = self;
        let date = policy.day(at);
        let policy = policy.in_force(date);
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
        let id = FactId::from(format!("{}/{part}", session.id));
        let header = Header {
            slot: id.to_string(),
            kind,
            date,
            currency: amount.currency(),
            party: None,
            applies_to: None,
            due: None,
            reference: session.name.clone(),
            memo: format!("{}: {text}", session.name),
        };
        let origin = session.id.as_str();
        let lines = vec![
            plain_line(cash, amount, text, origin),
            plain_line(spot, amount.negated(), text, origin),
        ];
        Ok(Some(SubledgerEntry::new(id, header, lines)?))
    }
}
