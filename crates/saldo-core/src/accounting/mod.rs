//! Accounting: from facts and a policy to entries of the sub-ledger. Pure.
//!
//! Facts are accounted in groups: an order with its gateway rows, a payout with its rows, a row
//! that belongs to no order, a dispute. What comes out depends only on instants in the facts, on
//! the policy, and on how far the channel has been heard; where documents follow payouts, also on
//! how far these have come. It never depends on the order of arrival.

mod apart;
mod contradictions;
mod conversion;
mod decided;
mod drawer;
mod gateway;
mod history;
mod known_order;
mod lines;
mod movements;
mod named;
mod order;
mod payout;
mod payout_statement;
mod purchase;
mod revaluation;
mod start;
mod stock;
mod summary;
mod telling;
mod trial;
mod vouchers;

pub(crate) use vouchers::{entered_lines, part_of_cards};

pub use conversion::{value_rows, valued_by};
pub use decided::{Undecidable, hint_of, postings_of, taken_back_slot};
pub use drawer::drawer_counts;
pub use gateway::entered_by;
pub use payout::{Payouts, payout_slots, told_with_payouts};
pub use payout_statement::{PayoutStatement, StatementRow, payout_statement};
pub use revaluation::{
    ForeignMove, ForeignSum, OpenBalance, RevaluedMonth, foreign_moves, heard_to, is_revaluation,
    open_balances, revalue, stand_meanwhile,
};
pub use start::{BEFORE_START_DATE, is_before_start};
pub use stock::{
    Costed, Holding, Stock, StockItem, StockMonth, StockSheet, months_of_order, orders_between,
    units_until, work_out_stock,
};
pub use summary::is_summary;
pub(crate) use telling::numbered_alike;
pub use telling::{groups_alike, says_less, told_once};
pub use trial::{Catch, Example, Idle, Trial};

pub(crate) use payout::{counted_row, rows_of as payout_rows};

use crate::commerce::{
    BalanceTransaction, Decided, Decision, Fact, Goods, Order, RecordRef, Telling,
};
use crate::document::SubledgerEntry;
use crate::issue::{FactState, Issue, IssueKind};
use crate::ledger::Unbalanced;
use crate::money::MoneyError;
use crate::policy::Policy;
use crate::text::{ConnectionId, FactId, GroupId};
use jiff::Timestamp;
use std::borrow::Cow;
use std::fmt;

/// Facts that are accounted together.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Group {
    /// An order, the gateway rows that name it, and what the owner decided about it.
    Order(FactId),
    /// A gateway row that names no order, or something deferred that names none.
    Row(FactId),
    /// The gateway rows of files, which know an order by its name alone (`shopify:demo/#1001`), and
    /// the orders of that name: those that files tell, and those of the interface where files told
    /// such rows. Rows without an order have the name of their instant. Rows that have a number are
    /// here as evidence: a row of a file may be one of them.
    Named(FactId),
    /// A payout and the gateway rows that it paid out.
    Payout(FactId),
    /// A dispute.
    Dispute(FactId),
    /// What happens to an item of stock within a month. By their names such groups come before
    /// those of orders, which go by what they tell.
    Stock(StockMonth),
    /// A purchase order, with its receipts, bills and payments.
    Purchase(FactId),
    /// Something that the owner decided, and that is about no order.
    Decision(FactId),
    /// A session of a cash drawer.
    Drawer(FactId),
    /// What is open in a currency at the end of a month. It follows from the entries of all other
    /// groups, which [`revalue`] is given; among its own facts are closing rates alone.
    Revaluation(RevaluedMonth),
}

impl Group {
    /// Reads what [`Group`] displays.
    #[must_use]
    pub fn parse(id: &GroupId) -> Option<Self> {
        let (kind, fact) = id.as_str().split_once('/')?;
        if kind == "item" {
            return StockMonth::parse(fact).map(Self::Stock);
        }
        if kind == "revaluation" {
            return RevaluedMonth::parse(fact).map(Self::Revaluation);
        }
        let fact = FactId::new(fact);
        match kind {
            "purchase" => Some(Self::Purchase(fact)),
            "order" => Some(Self::Order(fact)),
            "row" => Some(Self::Row(fact)),
            "named" => Some(Self::Named(fact)),
            "payout" => Some(Self::Payout(fact)),
            "dispute" => Some(Self::Dispute(fact)),
            "decision" => Some(Self::Decision(fact)),
            "drawer" => Some(Self::Drawer(fact)),
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
            Self::Stock(month) => write!(f, "item/{month}"),
            Self::Purchase(id) => write!(f, "purchase/{id}"),
            Self::Decision(id) => write!(f, "decision/{id}"),
            Self::Drawer(id) => write!(f, "drawer/{id}"),
            Self::Revaluation(month) => write!(f, "revaluation/{month}"),
        }
    }
}

/// The groups that a fact belongs to. In the first it is accounted; in the others it is evidence.
#[must_use]
pub fn groups(fact: &Fact) -> Vec<Group> {
    match fact {
        Fact::Order(order) => {
            let home = Group::Order(order.id.clone());
            if order.telling == Telling::Interface {
                return vec![home];
            }
            let named = group_of_rows(order);
            let by_name = Some(group_by_name(order)).filter(|by_name| *by_name != home);
            [home, named].into_iter().chain(by_name).collect()
        }
        Fact::BalanceTransaction(row) => {
            let alike = group_of_alike(row);
            let payout = row.payout.clone().map(Group::Payout);
            let home = match (&row.order, &row.order_name, row.by_file) {
                (Some(order), ..) => Group::Order(order.clone()),
                (None, None, false) => Group::Row(row.id.clone()),
                (None, ..) => return std::iter::once(alike).chain(payout).collect(),
            };
            [home, alike].into_iter().chain(payout).collect()
        }
        Fact::Deferral(deferral) => match &deferral.order {
            Some(order) => vec![Group::Order(order.clone())],
            None => vec![Group::Row(deferral.id.clone())],
        },
        Fact::Payout(payout) => vec![Group::Payout(payout.id.clone())],
        Fact::Dispute(dispute) => vec![Group::Dispute(dispute.id.clone())],
        Fact::Decision(decision) => match &decision.said.decided {
            Decided::WriteOff { order, .. } | Decided::PromotionalUse { order, .. } => {
                vec![Group::Order(order.clone())]
            }
            Decided::Exclude { order, name } => {
                let shop = order.as_str().split('/').next().unwrap_or_default();
                let named = Group::Named(FactId::from(format!("{shop}/{name}")));
                vec![Group::Order(order.clone()), named]
            }
            Decided::Arrived { payout, .. } => vec![Group::Payout(payout.clone())],
            Decided::Paid { purchase, .. } => vec![Group::Purchase(purchase.clone())],
            Decided::ClosingRate { currency, .. } => {
                vec![Group::Revaluation(RevaluedMonth::of(*currency, decision.said.on))]
            }
            Decided::Entry { .. } | Decided::Event(_) => vec![Group::Decision(decision.id.clone())],
        },
        Fact::Goods(goods) => {
            let home = Group::Order(goods.order.clone());
            std::iter::once(home).chain(stock_groups(fact)).collect()
        }
        Fact::UnitCost(_) | Fact::StockAdjustment(_) => stock_groups(fact).collect(),
        Fact::Drawer(session) => vec![Group::Drawer(session.id.clone())],
        // Proofs alone compare with it.
        Fact::Stated(_) => Vec::new(),
        Fact::PurchaseOrder(order) => vec![Group::Purchase(order.id.clone())],
        Fact::SupplierPayment(payment) => vec![Group::Purchase(payment.purchase.clone())],
        Fact::GoodsReceipt(receipt) => {
            let home = Group::Purchase(receipt.purchase.clone());
            std::iter::once(home).chain(stock_groups(fact)).collect()
        }
        Fact::SupplierBill(bill) => {
            let home = Group::Purchase(bill.purchase.clone());
            std::iter::once(home).chain(stock_groups(fact)).collect()
        }
    }
}

fn stock_groups(fact: &Fact) -> impl Iterator<Item = Group> {
    stock::months(fact).into_iter().map(Group::Stock)
}

/// How the names of the groups begin that rows and payouts stand in, whatever else they stand in:
/// what orders say need not be read where only the gateways' own ledgers matter.
pub const GROUPS_OF_LEDGERS: [&str; 2] = ["named/", "payout/"];

/// The natural key of an order that is known by its name alone, since the file that told it has no
/// number of it.
#[must_use]
pub fn order_by_name(connection: &ConnectionId, name: &str) -> FactId {
    FactId::from(format!("{connection}/OrderName/{name}"))
}

/// The group of the order of a file that is this one, if a file told it by its name alone. An order
/// that has a number belongs there as evidence: one of a file always, one of the interface where
/// the connection has such files.
#[must_use]
pub fn group_by_name(order: &Order) -> Group {
    Group::Order(order_by_name(&order.source.connection, &order.name))
}

/// The group of the rows of files that know this order by its name alone. An order of a file
/// belongs there as evidence; one of the interface where the connection has such files.
#[must_use]
pub fn group_of_rows(order: &Order) -> Group {
    group_of_name(&order.source.connection, &order.name)
}

/// The group of what a connection tells of an order of this name.
#[must_use]
pub fn group_of_name(connection: &ConnectionId, name: &str) -> Group {
    Group::Named(full_name(connection, name))
}

/// The group in which all rows stand that may be the same as a row.
fn group_of_alike(row: &BalanceTransaction) -> Group {
    Group::Named(match &row.order_name {
        Some(name) => full_name(&row.source.connection, name),
        None => full_name(&row.source.connection, &format!("at {}", row.occurred_at)),
    })
}

/// An order's name with the connection that uses it.
fn full_name(connection: &ConnectionId, name: &str) -> FactId {
    FactId::from(format!("{connection}/{name}"))
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
    /// What was open on accounts of other currencies before the first day, and is paid out since.
    pub opened: Vec<ForeignMove>,
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

/// What accounting goes by besides the facts of a group.
#[derive(Clone, Copy)]
struct Basis<'a> {
    policy: &'a Policy,
    payouts: &'a Payouts,
    stock: &'a Stock,
    /// Up to which instant everything that happened has been heard.
    heard_until: Timestamp,
}

/// Accounts a group: every fact of it that is known, in any order.
///
/// `heard_until` says up to which instant everything that happened has been heard. Of payouts only
/// those are known that the facts tell: where the policy follows payouts
/// ([`Policy::follows_payouts`]), an order wants [`account_among`].
#[must_use]
pub fn account(
    group: &Group,
    facts: &[Fact],
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    let payouts = match policy.follows_payouts() {
        true => Payouts::of(&told_with_payouts(facts)),
        false => Payouts::default(),
    };
    account_among(group, facts, &payouts, policy, heard_until)
}

/// Accounts a group as [`account`] does, among these payouts: those that its rows name. What
/// happened on a day is accounted by the policy that was in force then ([`Policy::in_force`]).
#[must_use]
pub fn account_among(
    group: &Group,
    facts: &[Fact],
    payouts: &Payouts,
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    account_with(group, facts, (payouts, &Stock::default()), policy, heard_until)
}

/// Accounts a group as [`account_among`] does, with what is known of stock besides: of an order the
/// months of its goods ([`months_of_order`]), of an item its earlier months.
#[must_use]
pub fn account_with(
    group: &Group,
    facts: &[Fact],
    (payouts, stock): (&Payouts, &Stock),
    policy: &Policy,
    heard_until: Timestamp,
) -> Accounted {
    let basis = Basis { policy, payouts, stock, heard_until };
    let mut accounted = match group {
        // What is in stock goes through time by itself.
        Group::Stock(month) => work_out_stock(month, facts, stock, policy, heard_until).1,
        Group::Revaluation(month) => revalue(month, &[], facts, policy),
        _ => history::account_through_time(group, facts, basis),
    };
    accounted.entries.sort_by(|a, b| a.id.cmp(&b.id));
    accounted.standings.sort_by(|a, b| a.id.cmp(&b.id));
    accounted
}

/// Accounts a group as though one policy had always been in force.
fn account_in_force(group: &Group, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let (told, policy) = (told_once(facts), basis.policy);
    let mut accounted = match group {
        Group::Order(id) => account_order(id, &told, basis),
        Group::Row(id) => gateway::account_lone_row(id, &told, basis),
        Group::Named(name) => named::account_named(name, &told, basis),
        Group::Payout(id) => {
            let told = payout::with_payouts(facts, Cow::Borrowed(&*told));
            payout::account_payout(id, &told, basis)
        }
        Group::Dispute(id) => payout::account_dispute(id, &told, policy),
        Group::Decision(id) => decided::account_decision(id, &told, policy),
        Group::Drawer(id) => drawer::account_drawer(id, &told, policy),
        Group::Stock(month) => {
            work_out_stock(month, &told, basis.stock, policy, basis.heard_until).1
        }
        Group::Purchase(_) => purchase::account_purchase(&told, basis),
        Group::Revaluation(month) => revalue(month, &[], &told, policy),
    };
    start::leave_out_what_is_too_early(&mut accounted, facts, policy);
    if let Some(conversion) = policy.conversion() {
        let entries = std::mem::take(&mut accounted.entries).into_iter();
        accounted.entries = entries.flat_map(|entry| apart::apart(entry, &conversion)).collect();
    }
    telling::set_aside_repetitions(group, facts, &told, &mut accounted);
    accounted
}

fn account_order(id: &FactId, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let mut accounted = Accounted::default();
    let order: Option<&Order> = facts.iter().find_map(|fact| match fact {
        Fact::Order(order) if &order.id == id => Some(&**order),
        _ => None,
    });
    let goods: Option<&Goods> = facts.iter().find_map(|fact| match fact {
        Fact::Goods(goods) if &goods.order == id => Some(&**goods),
        _ => None,
    });
    let decisions = facts.iter().filter_map(|fact| match fact {
        Fact::Decision(decision) if decision.said.decided.order() == Some(id) => Some(&**decision),
        _ => None,
    });
    let decisions: Vec<&Decision> = decisions.collect();
    let rows = facts.iter().filter_map(|fact| match fact {
        Fact::BalanceTransaction(row) if row.order.as_ref() == Some(id) => Some(&**row),
        _ => None,
    });
    let mut rows: Vec<&BalanceTransaction> = rows.collect();
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let mut view = match order {
        Some(order) if telling::told_by_number(order, facts, &mut accounted) => {
            known_order::OrderView::Undecided
        }
        Some(order) => {
            let known = order::Known { order, decisions: decisions.clone(), goods };
            order::account_order(known, &rows, basis, &mut accounted)
        }
        None => {
            wait_for_order(&decisions, &mut accounted);
            known_order::OrderView::NotHeard
        }
    };
    if let Some(goods) = goods {
        order::account_goods(goods, order, basis, &mut accounted);
    }
    if let Some(order) = order {
        decided::stand_about(order, &decisions, basis.policy, &mut accounted);
    }
    for row in rows {
        gateway::account_row(row, &mut view, order, basis, &mut accounted);
    }
    for fact in facts {
        if let Fact::Deferral(deferral) = fact
            && deferral.order.as_ref() == Some(id)
        {
            gateway::account_deferral(deferral, &view, basis, &mut accounted);
        }
    }
    accounted
}

/// Decisions about an order that nobody told yet.
fn wait_for_order(decisions: &[&Decision], accounted: &mut Accounted) {
    for decision in decisions {
        let for_what = "its order to be heard".to_owned();
        let state = match decision.said.taken_back {
            Some(_) => decided::taken_back(),
            None => FactState::Waiting { for_what, until: None },
        };
        accounted.stand(&decision.id, &decision.source, state);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_group_is_known_by_its_name() {
        let names = [
            "order/shop/Order/1",
            "row/shop/Row/1",
            "named/shop/#1001",
            "payout/shop/Payout/1",
            "dispute/shop/Dispute/1",
            "item/shop/MUG/2026-03",
            "purchase/shop/Purchase/1",
            "decision/owner/Decision/1",
            "drawer/shop/CashTrackingSession/1",
            "revaluation/EUR/2026-08",
        ];
        for name in names {
            let group = Group::parse(&GroupId::from(name.to_owned()));
            assert_eq!(group.map(|group| group.to_string()), Some(name.to_owned()));
        }
        assert_eq!(Group::parse(&GroupId::from("basket/shop/Basket/1".to_owned())), None);
    }
}
