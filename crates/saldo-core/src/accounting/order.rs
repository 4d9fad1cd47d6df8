//! An order, day by day: what was agreed, what was paid, and what is then owed.
//!
//! One document an agreement. What is paid within the books day of the agreement makes a sales or
//! refund receipt; everything else goes over the receivable, the deposits, or the refunds payable.
//! A day that has not been heard to its end decides nothing that a later payment could change.

mod agreed;
mod days;
mod given_up;
mod paid;
mod place;
mod withheld;

use self::days::{Day, days};
use self::given_up::GivenUp;
use self::place::Place;
use super::conversion::{moved_lines, shop_in_other_currency};
use super::known_order::{KnownOrder, OrderView};
use super::lines::{agreement_lines, role_line};
use super::movements::Portion;
use super::{Accounted, Basis, Trouble, summary, telling};
use crate::commerce::{BalanceTransaction, Decided, Decision, MoneyMovement, Order};
use crate::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use crate::issue::FactState;
use crate::money::Money;
use crate::policy::{Policy, Role};
use crate::text::FactId;
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// Accounts an order and says how its gateway rows may rely on it.
pub(super) fn account_order<'a>(
    order: &'a Order,
    decisions: &[&'a Decision],
    rows: &[&BalanceTransaction],
    basis: Basis<'a>,
    accounted: &mut Accounted,
) -> OrderView<'a> {
    let mut decisions: Vec<&Decision> = decisions.to_vec();
    decisions.retain(|decision| decision.said.taken_back.is_none());
    let left_out = |it: &&Decision| matches!(it.said.decided, Decided::Exclude { .. });
    if decisions.iter().any(left_out) {
        let state = FactState::Excluded { rule: "owner-decided".to_owned() };
        accounted.stand(&order.id, &order.source, state);
        return OrderView::Undecided;
    }
    if order.test {
        let state = FactState::Excluded { rule: "test-order".to_owned() };
        accounted.stand(&order.id, &order.source, state);
        return OrderView::Undecided;
    }
    if order.currency != basis.policy.currency {
        let trouble = shop_in_other_currency(order.currency, basis.policy.currency);
        accounted.stand(&order.id, &order.source, FactState::Held(trouble.issue(&order.id)));
        return OrderView::Undecided;
    }
    let untold = telling::untold(order);
    if let Some((issue, true)) = untold {
        accounted.stand(&order.id, &order.source, FactState::Held(issue));
        return OrderView::Undecided;
    }
    let mut told = Timeline::run(order, decisions, basis.policy, basis.heard_until);
    accounted.entries.append(&mut told.entries);
    if let FactState::Accounted { review } = &mut told.state {
        *review = untold.map(|(issue, _)| issue);
    }
    if let FactState::Waiting { until: Some(until), .. } = &told.state {
        accounted.wake(*until);
    }
    accounted.stand(&order.id, &order.source, told.state);
    let mut known = KnownOrder {
        order,
        held_from: told.held_from,
        open_day: told.open_day,
        paid_by: told.paid_by,
        kept_back: BTreeMap::new(),
        explained: BTreeSet::new(),
    };
    summary::gather_receipts(&mut known, rows, basis, accounted);
    OrderView::Accounted(known)
}

/// What an order amounts to.
struct Told<'a> {
    entries: Vec<SubledgerEntry>,
    /// The payments through gateways that each entry moves.
    paid_by: BTreeMap<FactId, Vec<&'a MoneyMovement>>,
    state: FactState,
    /// The day from which on nothing is entered until a person decides.
    held_from: Option<Date>,
    /// The day that is not over, and the payments of it that are entered all the same.
    open_day: Option<(Date, BTreeSet<String>)>,
}

impl Told<'_> {
    /// No entry, for this reason.
    fn nothing(state: FactState) -> Self {
        Self {
            entries: Vec::new(),
            paid_by: BTreeMap::new(),
            state,
            held_from: None,
            open_day: None,
        }
    }
}

/// Adds to a line what another one moves on the same account.
fn add_to(known: &mut Line, line: &Line) -> Result<(), Trouble> {
    known.amount = known.amount.plus(line.amount)?;
    known.foreign = match (known.foreign, line.foreign) {
        (Some(sum), Some(more)) => Some(sum.plus(more)?),
        (sum, more) => sum.or(more),
    };
    Ok(())
}

/// An invoice that is not paid in full.
struct Open {
    slot: String,
    amount: Money,
}

struct Timeline<'a> {
    order: &'a Order,
    policy: &'a Policy,
    entries: Vec<SubledgerEntry>,
    open: Vec<Open>,
    deposits: Money,
    refunds_owed: Money,
    /// What was written off and not recovered since.
    given_up: GivenUp,
    /// The payments that the entries of the day have drawn upon.
    drawn: Vec<String>,
    /// How much of each payment the entries have drawn upon so far.
    drawn_of: BTreeMap<&'a str, Money>,
    /// The payments through gateways that the next entry moves.
    moved: Vec<&'a MoneyMovement>,
    /// The same by the entry that moves them.
    paid_by: BTreeMap<FactId, Vec<&'a MoneyMovement>>,
    /// Tax of the sales channel in what was agreed that no gateway has kept yet; negative where it
    /// is to be given back.
    channel_tax: Money,
    /// The money that the deposits came by, first come first.
    deposited: VecDeque<(&'a MoneyMovement, Money)>,
    /// What the next entry moves through gateways, which may keep such tax of it.
    may_keep: Vec<(&'a MoneyMovement, Money)>,
    /// How many entries have a slot that is called so.
    places: BTreeMap<String, u32>,
}

impl<'a> Timeline<'a> {
    fn run(
        order: &'a Order,
        decisions: Vec<&'a Decision>,
        policy: &'a Policy,
        heard_until: Timestamp,
    ) -> Told<'a> {
        let days = match days(order, decisions, policy) {
            Ok(days) => days,
            // Its money does not wait with it.
            Err(state) => return Told { held_from: Some(Date::MIN), ..Told::nothing(state) },
        };
        let nothing = Money::zero(order.currency);
        let mut timeline = Timeline {
            order,
            policy,
            entries: Vec::new(),
            open: Vec::new(),
            deposits: nothing,
            refunds_owed: nothing,
            given_up: GivenUp::default(),
            drawn: Vec::new(),
            drawn_of: BTreeMap::new(),
            moved: Vec::new(),
            paid_by: BTreeMap::new(),
            channel_tax: nothing,
            deposited: VecDeque::new(),
            may_keep: Vec::new(),
            places: BTreeMap::new(),
        };
        for (date, day) in days {
            timeline.drawn.clear();
            let before = timeline.entries.len();
            let end = policy.end_of_day(date);
            match timeline.day(date, day, heard_until >= end) {
                Ok(true) => {}
                Ok(false) => {
                    let for_what = format!("the end of {date}: a payment may still come that day");
                    let state = FactState::Waiting { for_what, until: Some(end) };
                    let open_day = Some((date, timeline.drawn.into_iter().collect()));
                    let (entries, paid_by) = (timeline.entries, timeline.paid_by);
                    return Told { entries, paid_by, open_day, ..Told::nothing(state) };
                }
                Err(trouble) => {
                    timeline.entries.truncate(before);
                    let state = FactState::Held(trouble.issue(&order.id));
                    let (entries, paid_by) = (timeline.entries, timeline.paid_by);
                    let held_from = Some(date);
                    return Told { entries, paid_by, held_from, ..Told::nothing(state) };
                }
            }
        }
        let state = match timeline.entries.is_empty() {
            true => FactState::Excluded { rule: "nothing-to-enter".to_owned() },
            false => FactState::Accounted { review: None },
        };
        let (entries, paid_by) = (timeline.entries, timeline.paid_by);
        Told { entries, paid_by, ..Told::nothing(state) }
    }

    /// Enters a day; says whether all of it is entered. Of a day that is not `closed`, only what
    /// nothing later that day can change is entered: agreements in their order, as long as each is
    /// settled by money that came before.
    fn day(&mut self, date: Date, mut day: Day<'a>, closed: bool) -> Result<bool, Trouble> {
        if let Some(trouble) = day.trouble {
            return Err(trouble);
        }
        for agreement in &day.agreements {
            let lines = agreement_lines(agreement, self.order.currency, self.policy)?;
            if lines.is_empty() {
                continue;
            }
            let before = (self.entries.len(), self.drawn.len());
            let due = Money::sum(self.order.currency, lines.iter().map(|line| line.amount))?;
            let settled = match due.is_positive() {
                true => self.take_back(date, agreement, lines, due, &mut day.refunded)?,
                false => self.sell(date, agreement, lines, due.negated(), &mut day.received)?,
            };
            if !settled && !closed {
                self.entries.truncate(before.0);
                self.drawn.truncate(before.1);
                return Ok(false);
            }
        }
        let late = day.received.drain();
        let early = day.refunded.drain();
        let open = !late.is_empty() || !early.is_empty() || !day.given_up.is_empty();
        if open && !closed {
            return Ok(false);
        }
        for portion in late {
            self.receive(date, portion)?;
        }
        for portion in early {
            self.repay(date, portion)?;
        }
        for decision in day.given_up {
            self.give_up(date, decision)?;
        }
        Ok(true)
    }

    fn line(&self, kind: LineKind, role: Role, amount: Money, text: &str, origin: &str) -> Line {
        role_line(kind, role, amount, text, origin, self.policy)
    }

    /// Adds the line of a tender; movements of one gateway share a settlement line.
    fn add_tender(
        &mut self,
        lines: &mut Vec<Line>,
        portion: &Portion<'a>,
        amount: Money,
    ) -> Result<(), Trouble> {
        let movement = portion.movement;
        self.drawn.push(movement.id.clone());
        if portion.is_gateway() {
            self.moved.push(movement);
            self.may_keep.push((movement, amount));
        }
        let drawn = self.drawn_of.entry(&movement.id).or_insert(Money::zero(amount.currency()));
        let before = *drawn;
        *drawn = before.plus(amount.abs())?;
        for line in moved_lines(movement, amount, before, self.policy)? {
            let same = |known: &&mut Line| {
                known.kind == LineKind::Settlement
                    && line.kind == LineKind::Settlement
                    && known.account == line.account
            };
            match lines.iter_mut().find(same) {
                Some(known) => add_to(known, &line)?,
                None => lines.push(line),
            }
        }
        Ok(())
    }

    fn enter(
        &mut self,
        place: Place,
        kind: DocumentKind,
        date: Date,
        memo: String,
        applies_to: Option<String>,
        lines: Vec<Line>,
    ) -> Result<(), Trouble> {
        let order = self.order;
        let customer =
            self.policy.customer(order.customer.as_deref(), order.customer_name.as_deref());
        let header = Header {
            slot: place.slot,
            kind,
            date,
            currency: order.currency,
            party: Some(customer),
            applies_to,
            reference: order.name.clone(),
            memo,
        };
        self.paid_by.insert(place.id.clone(), std::mem::take(&mut self.moved));
        self.entries.push(SubledgerEntry::new(place.id, header, lines)?);
        for (movement, amount) in std::mem::take(&mut self.may_keep) {
            self.keep_tax(date, movement, amount)?;
        }
        Ok(())
    }
}
