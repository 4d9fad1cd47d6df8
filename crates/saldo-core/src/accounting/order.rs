//! An order, day by day: what was agreed, what was paid, and what is then owed.
//!
//! One document an agreement. What is paid within the books day of the agreement makes a sales or
//! refund receipt; everything else goes over the receivable, the deposits, or the refunds payable.
//! The policy may want invoices and credit memos of all, with payments.
//! A day that has not been heard to its end decides nothing that a later payment could change.

mod agreed;
mod credited;
mod days;
mod given_up;
mod paid;
mod place;
mod recognition;
mod redeemed;
mod sold;
mod withheld;

use self::days::{Day, days};
use self::given_up::GivenUp;
use self::place::Place;
use self::recognition::Undelivered;
use self::sold::Sold;
use super::conversion::{moved_lines, shop_in_other_currency};
use super::known_order::{KnownOrder, OrderView};
use super::lines::line_on;
use super::movements::Portion;
use super::stock::{account_parcels, account_returned};
use super::vouchers::{Vouchers, with_taxed_vouchers};
use super::{Accounted, Basis, Trouble, summary, telling};
use crate::commerce::{
    Agreement, BalanceTransaction, Decided, Decision, Goods, MoneyMovement, Order, Telling,
};
use crate::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use crate::issue::{FactState, Issue, IssueKind};
use crate::money::Money;
use crate::policy::{Policy, Recognition, Role, Subject};
use crate::text::{FactId, GatewayId};
use jiff::Timestamp;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

/// The rule by which an order is left out because its owner says so.
const OWNER_DECIDED: &str = "owner-decided";
/// The rule by which a rehearsal is left out.
const TEST_ORDER: &str = "test-order";

/// How the names begin of the rules of the policy by which orders are left out.
const BY_POLICY: &str = "rules/";

/// What is known of an order besides its gateway rows.
pub(super) struct Known<'a> {
    pub(super) order: &'a Order,
    /// What the owner decided about it.
    pub(super) decisions: Vec<&'a Decision>,
    /// What was handed over for it.
    pub(super) goods: Option<&'a Goods>,
}

/// Accounts an order and says how its gateway rows may rely on it.
pub(super) fn account_order<'a>(
    known: Known<'a>,
    rows: &[&BalanceTransaction],
    basis: Basis<'a>,
    accounted: &mut Accounted,
) -> OrderView<'a> {
    let Known { order, goods, mut decisions } = known;
    decisions.retain(|decision| decision.said.taken_back.is_none());
    if let Some(rule) = left_out_by(order, &decisions, basis.policy) {
        accounted.stand(&order.id, &order.source, FactState::Excluded { rule });
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
    if let Some(issue) = tells_no_goods(order, goods, basis.policy) {
        accounted.stand(&order.id, &order.source, FactState::Held(issue));
        return OrderView::Undecided;
    }
    let known = Known { order, decisions, goods };
    let mut told = Timeline::run(known, basis.policy, basis.heard_until);
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
        kept: told.kept,
        earned: told.earned,
        credited: told.credited,
        kept_back: BTreeMap::new(),
        explained: BTreeSet::new(),
        drawn: BTreeMap::new(),
    };
    summary::gather_receipts(&mut known, rows, basis, accounted);
    OrderView::Accounted(Box::new(known))
}

/// The rule by which an order is left out, if one is.
fn left_out_by(order: &Order, decisions: &[&Decision], policy: &Policy) -> Option<String> {
    let left_out = |it: &&Decision| matches!(it.said.decided, Decided::Exclude { .. });
    if decisions.iter().any(left_out) {
        return Some(OWNER_DECIDED.to_owned());
    }
    if order.test {
        return Some(TEST_ORDER.to_owned());
    }
    policy.excluded_by(order).map(|rule| format!("{BY_POLICY}{rule}"))
}

/// The name of the rule of the policy by which an order is left out, if one of these did it.
pub(super) fn by_policy(rule: &str) -> Option<&str> {
    rule.strip_prefix(BY_POLICY)
}

/// Enters what goods cost that were handed over, and says where these stand: where their order
/// does, or for themselves where only their cost is entered.
pub(super) fn account_goods(
    goods: &Goods,
    order: Option<&Order>,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) {
    let waiting =
        |for_what: &str| FactState::Waiting { for_what: for_what.to_owned(), until: None };
    let Some(order) = order else {
        return accounted.stand(&goods.id, &goods.source, waiting("its order to be told"));
    };
    let policy = basis.policy;
    let recognition = policy.recognition_on(policy.day(order.processed_at));
    let standing = accounted.standings.iter().find(|standing| standing.id == order.id);
    let standing = standing.map(|standing| standing.state.clone());
    let standing = standing.as_ref();
    let of_order = match (standing, recognition) {
        (Some(FactState::Excluded { rule }), _) => FactState::Excluded { rule: rule.clone() },
        (_, Recognition::Payment) => FactState::Excluded { rule: "earned-at-payment".to_owned() },
        (Some(FactState::Accounted { .. }), _) => FactState::Accounted { review: None },
        _ => waiting("its order to be entered"),
    };
    // Whatever else leaves an order out, as where nothing is to be paid for it: goods have left.
    let left_out = |state: &FactState| {
        let by =
            |rule: &str| [OWNER_DECIDED, TEST_ORDER].contains(&rule) || by_policy(rule).is_some();
        matches!(state, FactState::Excluded { rule } if by(rule))
    };
    if policy.follows_stock()
        && !left_out(&of_order)
        && let Err(trouble) = account_returned(order, goods, policy, accounted)
    {
        let state = FactState::Held(trouble.issue(&goods.id));
        return accounted.stand(&goods.id, &goods.source, state);
    }
    let state = match policy.keeps_cost() && !left_out(&of_order) {
        false => of_order,
        true => match account_parcels(order, goods, basis, accounted) {
            Ok(None) if recognition == Recognition::Payment => {
                FactState::Accounted { review: None }
            }
            Ok(None) => of_order,
            Ok(review) => FactState::Accounted { review },
            Err(trouble) => FactState::Held(trouble.issue(&goods.id)),
        },
    };
    accounted.stand(&goods.id, &goods.source, state);
}

/// Why an order cannot be entered whose sales are earned by what is handed over, of which nobody
/// tells anything.
fn tells_no_goods(order: &Order, goods: Option<&Goods>, policy: &Policy) -> Option<Issue> {
    let by_goods = policy.recognition_on(policy.day(order.processed_at)) == Recognition::Fulfilment;
    let by_file = order.telling != Telling::Interface && goods.is_none();
    (by_goods && by_file).then(|| Issue {
        kind: IssueKind::UnknownData,
        about: order.id.clone(),
        message: format!(
            "order {} is known by a file alone, which does not say what was handed over when",
            order.name
        ),
        hint: "connect the shop, or let the sales of such days be earned at payment \
               (recognition-from)"
            .to_owned(),
    })
}

/// What an order amounts to.
struct Told<'a> {
    entries: Vec<SubledgerEntry>,
    /// The payments through gateways that each entry moves.
    paid_by: BTreeMap<FactId, Vec<&'a MoneyMovement>>,
    /// The tax of the sales channel that gateways kept of each payment, signed as it.
    kept: BTreeMap<&'a str, Money>,
    /// The entries by which deposits become income.
    earned: BTreeSet<FactId>,
    /// The credit memos that are repaid at once, and their payments, each with its memo's key.
    credited: BTreeMap<FactId, FactId>,
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
            kept: BTreeMap::new(),
            earned: BTreeSet::new(),
            credited: BTreeMap::new(),
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

/// An invoice that is not paid in full, or a credit memo.
struct Open {
    slot: String,
    amount: Money,
}

struct Timeline<'a> {
    order: &'a Order,
    policy: &'a Policy,
    entries: Vec<SubledgerEntry>,
    /// What can still come back.
    sold: Sold<'a>,
    open: Vec<Open>,
    /// The credit memos that are not paid back in full.
    credits: Vec<Open>,
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
    /// What gateways kept of such tax, by the payment that held it.
    kept: BTreeMap<&'a str, Money>,
    /// The money that the deposits came by, first come first.
    deposited: VecDeque<(&'a MoneyMovement, Money)>,
    /// What the next entry moves through gateways, which may keep such tax of it.
    may_keep: Vec<(&'a MoneyMovement, Money)>,
    /// How many entries have a slot that is called so.
    places: BTreeMap<String, u32>,
    /// What is still to be handed over; none where sales are earned at once.
    undelivered: Option<Undelivered>,
    /// The entries by which deposits become income.
    earned: BTreeSet<FactId>,
    /// The tax of gift cards that fell due when they were sold.
    vouchers: Vouchers<'a>,
    /// The credit memos that are repaid at once, and their payments, each with its memo's key.
    credited: BTreeMap<FactId, FactId>,
}

impl<'a> Timeline<'a> {
    fn run(known: Known<'a>, policy: &'a Policy, heard_until: Timestamp) -> Told<'a> {
        let order = known.order;
        let vouchers = match Vouchers::of(order, &known.decisions, policy) {
            Ok(vouchers) => vouchers,
            Err(error) => {
                let held = FactState::Held(Trouble::from(error).issue(&order.id));
                return Told { held_from: Some(Date::MIN), ..Told::nothing(held) };
            }
        };
        let days = match days(known, policy) {
            Ok(days) => days,
            // Its money does not wait with it.
            Err(state) => return Told { held_from: Some(Date::MIN), ..Told::nothing(state) },
        };
        let mut timeline = Timeline { vouchers, ..Timeline::new(order, policy) };
        let (mut open_day, mut held_from) = (None, None);
        let mut state = None;
        for (date, day) in days {
            timeline.drawn.clear();
            let before = timeline.entries.len();
            let end = policy.end_of_day(date);
            match timeline.day(date, day, heard_until >= end) {
                Ok(true) => continue,
                Ok(false) => {
                    let for_what = format!("the end of {date}: a payment may still come that day");
                    state = Some(FactState::Waiting { for_what, until: Some(end) });
                    open_day = Some((date, std::mem::take(&mut timeline.drawn)));
                }
                Err(trouble) => {
                    timeline.entries.truncate(before);
                    state = Some(FactState::Held(trouble.issue(&order.id)));
                    held_from = Some(date);
                }
            }
            break;
        }
        let state = state.unwrap_or_else(|| match timeline.entries.is_empty() {
            true => FactState::Excluded { rule: "nothing-to-enter".to_owned() },
            false => FactState::Accounted { review: None },
        });
        Told {
            entries: timeline.entries,
            paid_by: timeline.paid_by,
            kept: timeline.kept,
            earned: timeline.earned,
            credited: timeline.credited,
            state,
            held_from,
            open_day: open_day.map(|(date, drawn)| (date, drawn.into_iter().collect())),
        }
    }

    /// Before anything happened.
    fn new(order: &'a Order, policy: &'a Policy) -> Self {
        let nothing = Money::zero(order.currency);
        let recognition = policy.recognition_on(policy.day(order.processed_at));
        let undelivered = match recognition {
            Recognition::Payment => None,
            Recognition::Fulfilment => Some(Undelivered::new(order.currency)),
        };
        Self {
            order,
            policy,
            entries: Vec::new(),
            sold: Sold::nothing(order.currency),
            open: Vec::new(),
            credits: Vec::new(),
            deposits: nothing,
            refunds_owed: nothing,
            given_up: GivenUp::default(),
            drawn: Vec::new(),
            drawn_of: BTreeMap::new(),
            moved: Vec::new(),
            paid_by: BTreeMap::new(),
            channel_tax: nothing,
            kept: BTreeMap::new(),
            deposited: VecDeque::new(),
            may_keep: Vec::new(),
            places: BTreeMap::new(),
            undelivered,
            earned: BTreeSet::new(),
            vouchers: Vouchers::default(),
            credited: BTreeMap::new(),
        }
    }

    /// Enters a day; says whether all of it is entered. Of a day that is not `closed`, only what
    /// nothing later that day can change is entered: agreements in their order, as long as each is
    /// settled by money that came before.
    fn day(&mut self, date: Date, mut day: Day<'a>, closed: bool) -> Result<bool, Trouble> {
        if let Some(trouble) = day.trouble {
            return Err(trouble);
        }
        self.sold.pay(self.order, &day.received, &day.refunded)?;
        let mut handed = std::mem::take(&mut day.handed).into_iter().peekable();
        for agreement in &day.agreements {
            self.hand_over(date, &mut handed, Some(agreement.happened_at))?;
            let gateway = self.settled_by(agreement, &day)?;
            let entered = with_taxed_vouchers(agreement, self.policy.in_force(date))?;
            let lines = self.lines_of(&entered, gateway)?;
            self.sold.agree(agreement)?;
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
        self.hand_over(date, &mut handed, None)?;
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

    /// The gateway that settles an agreement at once, if one does. Only rules ask for it.
    fn settled_by(
        &self,
        agreement: &Agreement,
        day: &Day<'a>,
    ) -> Result<Option<&'a GatewayId>, Trouble> {
        if !self.policy.asks_for_gateway() {
            return Ok(None);
        }
        let mut due = Money::zero(self.order.currency);
        for line in &agreement.lines {
            due = due.plus(line.total()?)?;
        }
        let pool = if due.is_negative() { &day.refunded } else { &day.received };
        match due.is_negative() || self.deposits.is_zero() {
            true => pool.gateway_of(due.abs()),
            false => Ok(None),
        }
    }

    fn line(&self, kind: LineKind, role: Role, amount: Money, text: &str, origin: &str) -> Line {
        let spot = self.policy.spot(role, &Subject::of_order(self.order));
        line_on(spot, kind, amount, text, origin)
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
        for line in moved_lines(self.order, movement, amount, before, self.policy)? {
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
        self.take_not_owed(lines, movement, amount, before)
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
        let customer = self.policy.customer(order);
        let header = Header {
            slot: place.slot,
            kind,
            date,
            currency: order.currency,
            party: Some(customer),
            applies_to,
            due: None,
            ships_to: order.buyer.place_of_delivery().filter(|_| kind.is_of_sales()),
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
