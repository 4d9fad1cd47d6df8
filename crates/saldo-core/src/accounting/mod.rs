//! Accounting: from facts and a policy to entries of the sub-ledger. Pure.
//!
//! Facts are accounted in groups: an order with its gateway rows, a payout with its rows, a row
//! that belongs to no order, a dispute. What comes out depends only on instants in the facts, on
//! the policy, and on how far the channel has been heard; never on the order of arrival.

mod gateway;
mod lines;
mod movements;
mod named;
mod order;
mod payout;
mod summary;
mod telling;

pub use payout::payout_slots;
pub use telling::told_once;

pub(crate) use payout::rows_of as payout_rows;

use crate::commerce::{Fact, Order, RecordRef, Telling};
use crate::document::SubledgerEntry;
use crate::issue::{FactState, Issue, IssueKind};
use crate::ledger::Unbalanced;
use crate::money::MoneyError;
use crate::policy::Policy;
use crate::text::{FactId, GroupId};
use jiff::Timestamp;
use std::fmt;

/// Facts that are accounted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// An order, the gateway rows that name it, and what the owner decided about it.
    Order(FactId),
    /// A gateway row that names no order.
    Row(FactId),
    /// The gateway rows of files, which know an order by its name alone (`shopify:demo/#1001`), and
    /// the orders of that name that files tell.
    Named(FactId),
    /// A payout and the gateway rows that it paid out.
    Payout(FactId),
    /// A dispute.
    Dispute(FactId),
}

impl Group {
    /// Reads what [`Group`] displays.
    #[must_use]
    pub fn parse(id: &GroupId) -> Option<Self> {
        let (kind, fact) = id.as_str().split_once('/')?;
        let fact = FactId::new(fact);
        match kind {
            "order" => Some(Self::Order(fact)),
            "row" => Some(Self::Row(fact)),
            "named" => Some(Self::Named(fact)),
            "payout" => Some(Self::Payout(fact)),
            "dispute" => Some(Self::Dispute(fact)),
            _ => None,
        }
    }

    /// The group's name in the store.
    #[must_use]
    pub fn id(&self) -> GroupId {
        GroupId::from(self.to_string())
    }
}

impl fmt::Display for Group {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Order(id) => write!(f, "order/{id}"),
            Self::Row(id) => write!(f, "row/{id}"),
            Self::Named(name) => write!(f, "named/{name}"),
            Self::Payout(id) => write!(f, "payout/{id}"),
            Self::Dispute(id) => write!(f, "dispute/{id}"),
        }
    }
}

/// The groups that a fact belongs to. In the first it is accounted; in the others it is evidence.
#[must_use]
pub fn groups(fact: &Fact) -> Vec<Group> {
    match fact {
        Fact::Order(order) => {
            let named = match order.telling {
                Telling::Interface => None,
                Telling::File(_) => Some(Group::Named(full_name(&order.source, &order.name))),
            };
            std::iter::once(Group::Order(order.id.clone())).chain(named).collect()
        }
        Fact::BalanceTransaction(row) => {
            let home = match (&row.order, &row.order_name) {
                (Some(order), _) => Group::Order(order.clone()),
                (None, Some(name)) => Group::Named(full_name(&row.source, name)),
                (None, None) => Group::Row(row.id.clone()),
            };
            let payout = row.payout.clone().map(Group::Payout);
            std::iter::once(home).chain(payout).collect()
        }
        Fact::Payout(payout) => vec![Group::Payout(payout.id.clone())],
        Fact::Dispute(dispute) => vec![Group::Dispute(dispute.id.clone())],
        Fact::WriteOff(decision) => vec![Group::Order(decision.order.clone())],
    }
}

/// An order's name with the connection that uses it.
fn full_name(source: &RecordRef, name: &str) -> FactId {
    FactId::from(format!("{}/{name}", source.connection))
}

/// Where a fact stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Standing {
    /// The fact.
    pub id: FactId,
    /// Its record.
    pub source: RecordRef,
    /// Where it stands.
    pub state: FactState,
}

/// What accounting a group gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Accounted {
    /// The entries, in a fixed order.
    pub entries: Vec<SubledgerEntry>,
    /// Where each fact stands that is accounted in this group.
    pub standings: Vec<Standing>,
    /// When the group is to be accounted again although no fact is new: once the channel has been
    /// heard up to this instant.
    pub wake_at: Option<Timestamp>,
}

impl Accounted {
    fn wake(&mut self, at: Timestamp) {
        self.wake_at = Some(self.wake_at.map_or(at, |earlier| earlier.min(at)));
    }

    fn stand(&mut self, id: &FactId, source: &RecordRef, state: FactState) {
        self.standings.push(Standing { id: id.clone(), source: source.clone(), state });
    }
}

/// Why something cannot be entered.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Trouble {
    /// A person must decide.
    Issue(IssueKind, String, String),
}

impl Trouble {
    fn issue(self, about: &FactId) -> Issue {
        let Self::Issue(kind, message, hint) = self;
        Issue { kind, about: about.clone(), message, hint }
    }
}

impl From<MoneyError> for Trouble {
    fn from(error: MoneyError) -> Self {
        let hint = "look at the record and tell us if the vendor's amounts are as they should be";
        Self::Issue(IssueKind::DoesNotAddUp, error.to_string(), hint.to_owned())
    }
}

impl From<Unbalanced> for Trouble {
    fn from(error: Unbalanced) -> Self {
        let hint = "look at the record and tell us if the vendor's amounts are as they should be";
        Self::Issue(IssueKind::DoesNotAddUp, error.to_string(), hint.to_owned())
    }
}

/// Accounts a group: every fact of it that is known, in any order.
///
/// `heard_until` says up to which instant everything that happened has been heard.
#[must_use]
pub fn account(
    group: &Group,
    facts: &[Fact],
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    let told = told_once(facts);
    let mut accounted = match group {
        Group::Order(id) => account_order(id, &told, policy, heard_until),
        Group::Row(id) => gateway::account_lone_row(id, &told, policy, heard_until),
        Group::Named(name) => named::account_named(name, &told, policy, heard_until),
        Group::Payout(id) => payout::account_payout(id, &told, policy),
        Group::Dispute(id) => payout::account_dispute(id, &told, policy),
    };
    leave_out_what_is_too_early(&mut accounted, policy);
    telling::set_aside_repetitions(group, facts, &told, &mut accounted);
    summary::address(&mut accounted, policy, heard_until);
    accounted.entries.sort_by(|a, b| a.id.cmp(&b.id));
    accounted.standings.sort_by(|a, b| a.id.cmp(&b.id));
    accounted
}

fn account_order(
    id: &FactId,
    facts: &[Fact],
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    let mut accounted = Accounted::default();
    let order: Option<&Order> = facts.iter().find_map(|fact| match fact {
        Fact::Order(order) if &order.id == id => Some(&**order),
        _ => None,
    });
    let decisions = facts.iter().filter_map(|fact| match fact {
        Fact::WriteOff(decision) if &decision.order == id => Some(decision),
        _ => None,
    });
    let mut view = match order {
        Some(order) => {
            order::account_order(order, decisions.collect(), policy, heard_until, &mut accounted)
        }
        None => gateway::OrderView::NotHeard,
    };
    let rows = facts.iter().filter_map(|fact| match fact {
        Fact::BalanceTransaction(row) if row.order.as_ref() == Some(id) => Some(row),
        _ => None,
    });
    let mut rows: Vec<_> = rows.collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    for row in rows {
        gateway::account_row(row, &mut view, policy, heard_until, &mut accounted);
    }
    accounted
}

/// Nothing is entered on a day before the start date: the opening balances of the books hold it.
fn leave_out_what_is_too_early(accounted: &mut Accounted, policy: &Policy) {
    let before = accounted.entries.len();
    accounted.entries.retain(|entry| entry.header.date >= policy.start_date);
    if before > 0 && accounted.entries.is_empty() {
        for standing in &mut accounted.standings {
            if standing.state == (FactState::Accounted { review: None }) {
                standing.state = FactState::Excluded { rule: "before-start-date".to_owned() };
            }
        }
    }
}
