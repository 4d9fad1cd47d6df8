//! Stock, item by item and month by month: what goods cost that leave it.
//!
//! A month begins with what the month before carried over, so that what happens costs the work of
//! its month and of those that follow, as long as these change by it. What sold goods cost is known
//! from here; it is entered with their order, parcel by parcel. What concerns an item alone is
//! entered here: adjustments, and what a receipt or a bill adds to the cost of goods that are gone.

mod events;
mod holding;
mod kept;
mod parcels;

pub(super) use events::months;
pub use holding::{Costed, Holding};
pub(super) use kept::{account_returned, kept_item, must_keep, stocked_line};
pub(super) use parcels::account_parcels;
pub use parcels::months_of_order;

use self::events::{Event, What, events};
use self::kept::Counted;
use super::contradictions::{check_adjustment, check_unit_cost};
use super::lines::plain_line;
use super::{Accounted, BEFORE_START_DATE, Trouble};
use crate::commerce::{
    AdjustmentReason, Fact, Fulfilment, Goods, Product, RecordRef, Returned, StockAdjustment, Units,
};
use crate::document::{DocumentKind, Header, SubledgerEntry};
use crate::issue::{FactState, Issue, IssueKind};
use crate::ledger::Spot;
use crate::money::{Currency, Money, MoneyError};
use crate::policy::{Policy, ReturnCost, Role, Subject};
use crate::text::{ConnectionId, FactId};
use jiff::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

/// An item of stock: whatever bears one stock-keeping unit, in all shops of a company; without one,
/// a product of one shop.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StockItem(String);

impl StockItem {
    /// The item that a product of a shop is; none where nothing tells it from others.
    #[must_use]
    pub fn of(connection: &ConnectionId, product: &Product) -> Option<Self> {
        match (&product.sku, &product.id) {
            (Some(sku), _) => Some(Self(format!("sku:{sku}"))),
            (None, Some(id)) => Some(Self(format!("{connection}/{id}"))),
            (None, None) => None,
        }
    }

    /// The stock-keeping unit, where the item is known by one.
    #[must_use]
    pub fn sku(&self) -> Option<&str> {
        self.0.strip_prefix("sku:")
    }
}

impl fmt::Display for StockItem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An item in a month of UTC.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct StockMonth {
    /// The item.
    pub item: StockItem,
    /// The first day of the month.
    pub month: Date,
}

impl StockMonth {
    /// The month of an item in which an instant lies.
    #[must_use]
    pub fn at(item: StockItem, at: Timestamp) -> Self {
        Self { item, month: at.to_zoned(TimeZone::UTC).date().first_of_month() }
    }

    /// Reads what is displayed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (item, month) = text.rsplit_once('/')?;
        let month = format!("{month}-01").parse().ok()?;
        Some(Self { item: StockItem(item.to_owned()), month })
    }
}

impl fmt::Display for StockMonth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.item, self.month.strftime("%Y-%m"))
    }
}

/// What a month of an item came to.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct StockSheet {
    /// What it carries over.
    pub closing: Holding,
    /// What left in it, and what that cost, move by move; and what came back at another cost than
    /// it had left with.
    pub issued: BTreeMap<String, Costed>,
    /// By how much what is in stock was worth more on each books day, or less where negative, but
    /// for what was there at first.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub worth: BTreeMap<Date, Money>,
}

/// The sheets that are known, of any items and months.
#[derive(Clone, Debug, Default)]
pub struct Stock(BTreeMap<StockMonth, StockSheet>);

impl Stock {
    /// Adds the sheet of a month, or replaces it.
    pub fn insert(&mut self, month: StockMonth, sheet: StockSheet) {
        self.0.insert(month, sheet);
    }

    /// What all items are worth by their last months, in the company's currency: the sum of their
    /// layers.
    ///
    /// # Errors
    /// Where the sum is too large.
    pub fn value(&self, currency: Currency) -> Result<Money, MoneyError> {
        let mut last: BTreeMap<&StockItem, &StockSheet> = BTreeMap::new();
        for (month, sheet) in &self.0 {
            last.insert(&month.item, sheet);
        }
        let mut sum = Money::zero(currency);
        for sheet in last.values() {
            sum = sum.plus(sheet.closing.value(currency)?)?;
        }
        Ok(sum)
    }

    /// How many items there are.
    #[must_use]
    pub fn items(&self) -> u64 {
        let items: BTreeSet<&StockItem> = self.0.keys().map(|month| &month.item).collect();
        u64::try_from(items.len()).unwrap_or(u64::MAX)
    }

    /// What an item begins a month with.
    fn opening(&self, month: &StockMonth) -> Holding {
        let before = self.0.range(..month).next_back();
        let before = before.filter(|(earlier, _)| earlier.item == month.item);
        before.map(|(_, sheet)| sheet.closing.clone()).unwrap_or_default()
    }

    /// What left by a move at an instant, and what that cost; none where the month is not known.
    fn issued(&self, item: &StockItem, at: Timestamp, by: &str) -> Option<Costed> {
        self.0.get(&StockMonth::at(item.clone(), at))?.issued.get(by).copied()
    }
}

/// The name of the move by which units of an item leave the stock.
fn move_of(fulfilment: &str, ordered: &str, item: &StockItem) -> String {
    format!("{fulfilment}/{ordered}/{item}")
}

/// The name of the move by which units of an item come back at another cost than they left with.
fn move_back(returned: &str, item: &StockItem) -> String {
    format!("back/{returned}/{item}")
}

/// The orders of which something cost otherwise by another sheet of the month.
#[must_use]
pub fn orders_between(
    month: &StockMonth,
    before: &StockSheet,
    after: &StockSheet,
    facts: &[Fact],
) -> BTreeSet<FactId> {
    let mut orders = BTreeSet::new();
    for fact in facts {
        let Fact::Goods(goods) = fact else { continue };
        let parts = goods.fulfilments.iter();
        let mut parts =
            parts.flat_map(|parcel| parcel.parts.iter().map(move |part| (parcel, part)));
        let differs = |(parcel, part): (&Fulfilment, &Units)| {
            let by = move_of(&parcel.id, &part.item, &month.item);
            before.issued.get(&by) != after.issued.get(&by)
        };
        let came_back = |returned: &Returned| {
            let by = move_back(&returned.id, &month.item);
            before.issued.get(&by) != after.issued.get(&by)
        };
        if parts.any(differs) || goods.returned.iter().any(came_back) {
            orders.insert(goods.order.clone());
        }
    }
    orders
}

/// What units cost that came back, by what they cost when they left; none where that is not known.
/// Those that left first are taken to come back first.
fn cost_of_returned(
    goods: &Goods,
    returned: &Returned,
    item: &StockItem,
    issued: impl Fn(Timestamp, &str) -> Option<Costed>,
) -> Result<Option<Money>, Trouble> {
    let connection = &goods.source.connection;
    let count = |units: &Units| -> u64 {
        let stocked = units.stocked().filter(|_| units.item == returned.units.item);
        let own = stocked
            .filter(|(product, _)| StockItem::of(connection, product).as_ref() == Some(item));
        own.map(|(_, count)| count).sum()
    };
    let before = |other: &&Returned| {
        parcels::had_left(other) && (other.at, &other.id) < (returned.at, &returned.id)
    };
    let mut skip: u64 = goods.returned.iter().filter(before).map(|it| count(&it.units)).sum();
    let mut wanted = count(&returned.units);
    let mut parcels: Vec<_> =
        goods.fulfilments.iter().filter(|parcel| parcel.cancelled_at.is_none()).collect();
    parcels.sort_by_key(|parcel| (parcel.at, &parcel.id));
    let mut sum: Option<Money> = None;
    for parcel in parcels {
        for part in &parcel.parts {
            let units = count(part);
            let from = skip.min(units);
            skip -= from;
            let to = units.min(from + wanted);
            if to == from {
                continue;
            }
            let costed = issued(parcel.at, &move_of(&parcel.id, &part.item, item));
            let Some(costed) = costed.filter(|costed| costed.units == units) else {
                return Ok(None);
            };
            let Some(cost) = costed.between(from, to)? else { return Ok(None) };
            sum = Some(sum.map_or(Ok(cost), |sum| sum.plus(cost))?);
            wanted -= to - from;
        }
    }
    Ok(sum.filter(|_| wanted == 0))
}

/// Works out a month of an item from its facts, given what is known of earlier months. What
/// happened on a day counts by the policy that was in force on it, if that kept costs; before the
/// start date only what is said of costs, since the opening balances hold the rest. Nothing of a
/// day that has not been heard to its end counts: what comes late would change the costs of all
/// that left after it.
#[must_use]
pub fn work_out_stock(
    month: &StockMonth,
    facts: &[Fact],
    stock: &Stock,
    policy: &Policy,
    heard_until: Timestamp,
) -> (StockSheet, Accounted) {
    let mut desk = Desk::new(month, stock, policy);
    if !policy.follows_stock() {
        desk.stand_aside(facts);
        return (StockSheet::default(), desk.accounted);
    }
    for event in events(month, facts, policy) {
        desk.take_in_time(&event, policy, heard_until);
    }
    (desk.sheet, desk.accounted)
}

/// How many units of an item are in stock at an instant, by what came in, left and was adjusted
/// until then; fewer than none where more left than came. None where nobody counts them.
///
/// `months` are months of the item one after the other with their facts, the last one being that
/// of the instant; `stock` knows what the first of them begins with. Unlike in entries, a day does
/// not wait for its end here.
#[must_use]
pub fn units_until(
    months: &[(StockMonth, &[Fact])],
    mut stock: Stock,
    policy: &Policy,
    until: impl Fn(&RecordRef) -> Timestamp,
) -> Option<i64> {
    let mut last = None;
    for (month, facts) in months {
        let mut desk = Desk::new(month, &stock, policy);
        for event in events(month, facts, policy) {
            if event.at <= until(event.source) {
                desk.take_in_time(&event, policy, Timestamp::MAX);
            }
        }
        let sheet = desk.sheet;
        last = sheet.closing.is_counted().then(|| sheet.closing.balance());
        stock.insert(month.clone(), sheet);
    }
    last
}

/// Where a month of an item is worked out.
struct Desk<'a> {
    month: &'a StockMonth,
    stock: &'a Stock,
    policy: &'a Policy,
    sheet: StockSheet,
    accounted: Accounted,
}

impl<'a> Desk<'a> {
    fn new(month: &'a StockMonth, stock: &'a Stock, policy: &'a Policy) -> Self {
        let sheet = StockSheet { closing: stock.opening(month), ..StockSheet::default() };
        Self { month, stock, policy, sheet, accounted: Accounted::default() }
    }

    /// What is told of the item alone stands aside where nobody asks for its cost.
    fn stand_aside(&mut self, facts: &[Fact]) {
        for fact in facts {
            if matches!(fact, Fact::UnitCost(_) | Fact::StockAdjustment(_)) {
                let state = FactState::Excluded { rule: "cost-is-not-kept".to_owned() };
                self.accounted.stand(fact.id(), fact.source(), state);
            }
        }
    }

    /// Says where a fact stands that is accounted here. Others are evidence, and held where they
    /// stand: what left without a cost is listed with its order.
    fn stand(&mut self, event: &Event<'_>, state: FactState) {
        if let What::Told(_) | What::Adjusted(_) = event.what {
            self.accounted.stand(event.fact, event.source, state);
        }
    }

    /// Takes what happened by the policy of its day, or says why not.
    fn take_in_time(&mut self, event: &Event<'_>, policy: &'a Policy, heard_until: Timestamp) {
        let day = policy.day(event.at);
        let day_ends = policy.end_of_day(day);
        self.policy = policy.in_force(day);
        if day < policy.start_date && !matches!(event.what, What::Told(_)) {
            let state = FactState::Excluded { rule: BEFORE_START_DATE.to_owned() };
            return self.stand(event, state);
        }
        if self.policy.book_keeps_cost() {
            let state = self.leave_to_book(event);
            return self.stand(event, state);
        }
        if !self.policy.keeps_cost() {
            let state = FactState::Excluded { rule: "cost-is-not-kept".to_owned() };
            return self.stand(event, state);
        }
        if heard_until < day_ends {
            self.accounted.wake(day_ends);
            let (for_what, until) = (format!("the end of {day}"), Some(day_ends));
            return self.stand(event, FactState::Waiting { for_what, until });
        }
        let before = self.sheet.closing.value(self.policy.currency);
        let state = match self.take(event) {
            Ok(()) => FactState::Accounted { review: None },
            Err(trouble) => FactState::Held(trouble.issue(event.fact)),
        };
        let after = self.sheet.closing.value(self.policy.currency);
        let is_opening = matches!(&event.what, What::Adjusted(it)
            if it.reason == AdjustmentReason::Opening);
        // What no sum can hold has no worth that could be told by day.
        if let (Ok(before), Ok(after)) = (before, after)
            && let Ok(more) = after.minus(before)
            && !is_opening
            && !more.is_zero()
        {
            self.note_worth(day, more);
        }
        self.stand(event, state);
    }

    fn note_worth(&mut self, day: Date, more: Money) {
        let worth = self.sheet.worth.entry(day).or_insert(Money::zero(more.currency()));
        if let Ok(sum) = worth.plus(more) {
            *worth = sum;
        }
        if worth.is_zero() {
            self.sheet.worth.remove(&day);
        }
    }

    fn take(&mut self, event: &Event<'_>) -> Result<(), Trouble> {
        let method = self.policy.text.cost.method;
        let holding = &mut self.sheet.closing;
        match &event.what {
            What::Told(cost) => {
                check_unit_cost(*cost, self.policy.currency)?;
                holding.tell(*cost);
                self.cover(event)
            }
            What::Received { line, units, cost } => {
                holding.receive_line(method, line, *units, *cost)?;
                self.cover(event)
            }
            What::Left { by, units } => {
                let costed = holding.issue(*units)?;
                holding.owe(by, costed);
                self.sheet.issued.insert(by.clone(), costed);
                Ok(())
            }
            What::NeverLeft { by, left_at } => {
                let known = self.sheet.issued.get(by).copied();
                let known = known.or_else(|| self.stock.issued(&self.month.item, *left_at, by));
                let holding = &mut self.sheet.closing;
                holding.forgive(by);
                if let Some(Costed { known, cost: Some(cost), .. }) = known {
                    holding.take_back(method, by, known, cost)?;
                }
                let Some(late) = holding.uncover(by) else { return Ok(()) };
                holding.take_back(method, by, late.units, late.cost)?;
                let (what, text) = (format!("uncover/{by}"), "Goods that never left");
                self.enter(event, &what, late.cost.negated(), Role::CostOfGoods, text)
            }
            What::CameBack { goods, returned, units } => {
                let (own, stock, item) = (&self.sheet.issued, self.stock, &self.month.item);
                let issued = |at: Timestamp, by: &str| {
                    own.get(by).copied().or_else(|| stock.issued(item, at, by))
                };
                let original = cost_of_returned(goods, returned, item, issued)?;
                let returns = self.policy.text.cost.returns;
                let cost = match returns {
                    ReturnCost::Original => original,
                    ReturnCost::Average => self.sheet.closing.average(*units)?.or(original),
                    ReturnCost::Nothing => Some(Money::zero(self.policy.currency)),
                };
                if returns != ReturnCost::Original {
                    let known = if cost.is_some() { *units } else { 0 };
                    let costed = Costed { units: *units, known, cost };
                    self.sheet.issued.insert(move_back(&returned.id, item), costed);
                }
                if let Some(cost) = cost {
                    self.sheet.closing.take_back(method, &returned.id, *units, cost)?;
                }
                Ok(())
            }
            What::Billed { line, units, amount } => {
                let gone = holding.bill(method, line, *units, *amount)?;
                let text = "Bill for goods that are gone";
                self.enter(event, &format!("billed/{line}"), gone, Role::CostOfGoods, text)
            }
            What::Adjusted(adjustment) => self.adjust(event, adjustment),
        }
    }

    /// Enters the cost of what left before it was known.
    fn cover(&mut self, event: &Event<'_>) -> Result<(), Trouble> {
        for (by, cost) in self.sheet.closing.cover()? {
            let what = format!("cover/{by}");
            self.enter(event, &what, cost, Role::CostOfGoods, "Cost of goods that had left")?;
        }
        Ok(())
    }

    /// What the book that keeps stock must be told: units that were counted. What was there when
    /// the books began is in its own opening stock, and it goes by its own costs.
    fn leave_to_book(&mut self, event: &Event<'_>) -> FactState {
        let What::Adjusted(found) = &event.what else {
            return FactState::Excluded { rule: "the-book-keeps-cost".to_owned() };
        };
        if found.reason == AdjustmentReason::Opening {
            return FactState::Excluded { rule: "in-the-books-opening-stock".to_owned() };
        }
        let (spot, text) = self.adjusted(found);
        let counted = Counted {
            id: FactId::from(format!("{}/{}/adjusted", found.id, self.month.item)),
            date: self.policy.day(event.at),
            product: &found.product,
            channel: &found.source.connection,
            units: found.units,
            spot,
            text,
            origin: found.id.as_str(),
        };
        let entered =
            check_adjustment(found, self.policy.currency).and_then(|()| counted.entry(self.policy));
        match entered {
            Ok(entry) => {
                self.accounted.entries.push(entry);
                FactState::Accounted { review: None }
            }
            Err(trouble) => FactState::Held(trouble.issue(event.fact)),
        }
    }

    fn adjust(&mut self, event: &Event<'_>, found: &StockAdjustment) -> Result<(), Trouble> {
        check_adjustment(found, self.policy.currency)?;
        let units = found.units.unsigned_abs();
        let method = self.policy.text.cost.method;
        let holding = &mut self.sheet.closing;
        if found.units <= 0 {
            let mut after = holding.clone();
            let costed = after.issue(units)?;
            let cost = costed.cost.filter(|_| costed.is_complete());
            let cost = cost.ok_or_else(|| more_than_there_is(found, &self.month.item))?;
            *holding = after;
            return self.enter_adjusted(event, found, cost);
        }
        let cost = match found.unit_cost {
            Some(cost) => Some(holding::times(cost, units)?),
            None => holding.worth(units)?,
        };
        let cost = cost.ok_or_else(|| worth_unknown(found, &self.month.item))?;
        holding.receive(method, found.id.as_str(), units, cost)?;
        if found.reason != AdjustmentReason::Opening {
            self.enter_adjusted(event, found, cost.negated())?;
        }
        self.cover(event)
    }

    fn enter_adjusted(
        &mut self,
        event: &Event<'_>,
        found: &StockAdjustment,
        cost: Money,
    ) -> Result<(), Trouble> {
        let (spot, text) = self.adjusted(found);
        self.enter_on(event, "adjusted", cost, spot, &text)
    }

    /// What takes units that were adjusted, and what a reader is told.
    fn adjusted(&self, found: &StockAdjustment) -> (Spot, String) {
        let word = match &found.reason {
            AdjustmentReason::Other(word) => Some(word.as_str()),
            _ => None,
        };
        let channel = &found.source.connection;
        let about = Subject { product: Some(&found.product), ..Subject::of_channel(channel) };
        let role = self.policy.adjusted(word);
        let text = format!("{}: {}", found.product.title, word.unwrap_or("counted"));
        (self.spot(role, &about), text)
    }

    fn enter(
        &mut self,
        event: &Event<'_>,
        what: &str,
        cost: Money,
        role: Role,
        text: &str,
    ) -> Result<(), Trouble> {
        let about = Subject::of_channel(&event.source.connection);
        let spot = self.spot(role, &about);
        self.enter_on(event, what, cost, spot, text)
    }

    /// Where something of a role is entered: on the role's own account.
    fn spot(&self, role: Role, about: &Subject<'_>) -> Spot {
        let account = self.policy.chart.account(role);
        Spot { account, dimensions: self.policy.dimensions_for(role, about) }
    }

    /// Enters a cost that leaves the stock for an account.
    fn enter_on(
        &mut self,
        event: &Event<'_>,
        what: &str,
        cost: Money,
        spot: Spot,
        text: &str,
    ) -> Result<(), Trouble> {
        if cost.is_zero() {
            return Ok(());
        }
        let item = &self.month.item;
        let stock = self.policy.inventory(item.sku());
        let origin = event.fact.to_string();
        let id = FactId::from(format!("{origin}/{item}/{what}"));
        let name = item.sku().map_or_else(|| item.to_string(), str::to_owned);
        let header = Header {
            slot: id.to_string(),
            kind: DocumentKind::JournalEntry,
            date: self.policy.day(event.at),
            currency: cost.currency(),
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: name,
            memo: text.to_owned(),
        };
        let lines = vec![plain_line(spot, cost, text, &origin), {
            plain_line(stock, cost.negated(), text, &origin)
        }];
        self.accounted.entries.push(SubledgerEntry::new(id, header, lines)?);
        Ok(())
    }
}

fn more_than_there_is(found: &StockAdjustment, item: &StockItem) -> Trouble {
    let units = found.units.unsigned_abs();
    Trouble::Issue(
        IssueKind::DoesNotAddUp,
        format!("{units} units of {item} are written off, but so many are not known with a cost"),
        "see whether a receipt is missing, or its cost".to_owned(),
    )
}

fn worth_unknown(found: &StockAdjustment, item: &StockItem) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!("{} more units of {item} were found, and nobody says what they cost", found.units),
        "give the adjustment a cost".to_owned(),
    )
}

/// Units that left without a known cost, as a person reads it.
fn short_issue(about: &FactId, order: &str, items: &[String]) -> Issue {
    Issue {
        kind: IssueKind::UnknownData,
        about: about.clone(),
        message: format!(
            "order {order}: more units left than are known with a cost, of {}",
            items.join(", ")
        ),
        hint: "tell the receipt or the unit cost that is missing: the cost is entered then"
            .to_owned(),
    }
}
