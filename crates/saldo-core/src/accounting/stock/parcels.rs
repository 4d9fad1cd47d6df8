//! What goods cost that left for an order, and that came back: entered parcel by parcel.

use super::{Stock, StockItem, StockMonth, cost_of_returned, move_back, move_of, short_issue};
use crate::accounting::lines::plain_line;
use crate::accounting::{Accounted, Basis, Trouble};
use crate::commerce::{Condition, Fulfilment, Goods, Order, Product, Returned};
use crate::document::{DocumentKind, Header, SubledgerEntry};
use crate::issue::Issue;
use crate::ledger::Spot;
use crate::money::Money;
use crate::policy::{Policy, ReturnCost, Role, Subject};
use crate::text::FactId;
use jiff::Timestamp;
use std::collections::{BTreeMap, BTreeSet};

/// Whether goods had left when the buyer gave them up.
pub(super) fn had_left(returned: &Returned) -> bool {
    returned.condition != Condition::NeverLeft
}

/// Enters what the goods of an order cost, of days that have been heard to their ends. Says what
/// has no cost yet.
pub(in crate::accounting) fn account_parcels(
    order: &Order,
    goods: &Goods,
    basis: Basis<'_>,
    accounted: &mut Accounted,
) -> Result<Option<Issue>, Trouble> {
    let mut desk = Desk {
        order,
        goods,
        policy: basis.policy,
        stock: basis.stock,
        entries: Vec::new(),
        lacking: BTreeSet::new(),
    };
    // What happened while nobody kept costs is in nobody's stock.
    let is_kept = |at: Timestamp| {
        let (policy, day) = (basis.policy, basis.policy.day(at));
        day >= policy.start_date && policy.in_force(day).keeps_cost()
    };
    let mut closed = |at: Timestamp| {
        let end = basis.policy.end_of_day(basis.policy.day(at));
        if basis.heard_until < end {
            accounted.wake(end);
        }
        basis.heard_until >= end
    };
    for parcel in &goods.fulfilments {
        if is_kept(parcel.at) && closed(parcel.at) {
            desk.leave(parcel)?;
        }
        if let Some(cancelled_at) = parcel.cancelled_at
            && is_kept(parcel.at)
            && closed(cancelled_at)
        {
            desk.never_leave(parcel, cancelled_at)?;
        }
    }
    for returned in goods.returned.iter().filter(|returned| had_left(returned)) {
        if is_kept(returned.at) && closed(returned.at) {
            desk.come_back(returned)?;
        }
    }
    accounted.entries.append(&mut desk.entries);
    let lacking: Vec<String> = desk.lacking.into_iter().collect();
    let issue = || short_issue(&goods.id, &order.name, &lacking);
    Ok((!lacking.is_empty()).then(issue))
}

/// The item-months that must be known to enter what the goods of an order cost.
#[must_use]
pub fn months_of_order(goods: &Goods) -> BTreeSet<StockMonth> {
    let connection = &goods.source.connection;
    let parcels = goods.fulfilments.iter();
    let came_back = goods.returned.iter().map(|returned| (returned.at, &returned.units));
    parcels
        .flat_map(|parcel| parcel.parts.iter().map(move |part| (parcel.at, part)))
        .chain(came_back)
        .flat_map(|(at, part)| part.stocked().map(move |(product, _)| (at, product)))
        .filter_map(|(at, product)| Some(StockMonth::at(StockItem::of(connection, product)?, at)))
        .collect()
}

struct Desk<'a> {
    order: &'a Order,
    goods: &'a Goods,
    policy: &'a Policy,
    stock: &'a Stock,
    entries: Vec<SubledgerEntry>,
    /// What left without a known cost, as people call it.
    lacking: BTreeSet<String>,
}

/// Costs by where they are entered.
type BySpot = BTreeMap<Spot, Money>;

/// What leaves stock, positive, and what it is charged to.
#[derive(Default)]
struct Costs {
    charged: BySpot,
    stock: BySpot,
}

impl Costs {
    fn add(&mut self, charged: Spot, stock: Spot, cost: Money) -> Result<(), Trouble> {
        for (costs, spot) in [(&mut self.charged, charged), (&mut self.stock, stock)] {
            let sum = costs.entry(spot).or_insert(Money::zero(cost.currency()));
            *sum = sum.plus(cost)?;
        }
        Ok(())
    }

    fn negated(mut self) -> Self {
        for cost in self.charged.values_mut().chain(self.stock.values_mut()) {
            *cost = cost.negated();
        }
        self
    }
}

impl Desk<'_> {
    /// The known cost of a parcel, by the account of stock. What is not known yet is noted.
    fn cost_of(&mut self, parcel: &Fulfilment) -> Result<Costs, Trouble> {
        let connection = &self.goods.source.connection;
        let mut costs = Costs::default();
        for part in &parcel.parts {
            for (product, _) in part.stocked() {
                let Some(item) = StockItem::of(connection, product) else {
                    self.lacking.insert(product.title.clone());
                    continue;
                };
                let by = move_of(&parcel.id, &part.item, &item);
                let costed = self.stock.issued(&item, parcel.at, &by);
                if !costed.is_some_and(|costed| costed.is_complete()) {
                    self.lacking.insert(product.title.clone());
                }
                if let Some(cost) = costed.and_then(|costed| costed.cost) {
                    let charged = self.charged_to(&part.item, product);
                    costs.add(charged, self.policy.inventory(item.sku()).into(), cost)?;
                }
            }
        }
        Ok(costs)
    }

    fn leave(&mut self, parcel: &Fulfilment) -> Result<(), Trouble> {
        let costs = self.cost_of(parcel)?;
        let memo = format!("Cost of what left for order {}", self.order.name);
        let number = format!("{}@cost", parcel.id);
        self.enter(&number, parcel.at, costs, &memo)
    }

    fn never_leave(&mut self, parcel: &Fulfilment, at: Timestamp) -> Result<(), Trouble> {
        let lacking = self.lacking.clone();
        let costs = self.cost_of(parcel)?.negated();
        // What never left needs no cost.
        self.lacking = lacking;
        let memo = format!("Nothing had left for order {} after all", self.order.name);
        self.enter(&format!("{}@cost-undone", parcel.id), at, costs, &memo)
    }

    /// Goods that came back go to stock, or to shrinkage where they are worth nothing, by what they
    /// cost when they left. What the buyer kept stays sold.
    fn come_back(&mut self, returned: &Returned) -> Result<(), Trouble> {
        let (to_stock, what) = match returned.condition {
            Condition::Resaleable => (true, "came back"),
            Condition::Damaged => (false, "came back damaged"),
            Condition::NeverLeft | Condition::Gone => return Ok(()),
        };
        let connection = &self.goods.source.connection;
        let mut costs = Costs::default();
        for (product, _) in returned.units.stocked() {
            let item = StockItem::of(connection, product);
            let cost = match &item {
                Some(item) if to_stock && !self.comes_back_as_it_left(returned) => {
                    let back = move_back(&returned.id, item);
                    self.stock.issued(item, returned.at, &back).and_then(|costed| costed.cost)
                }
                Some(item) => {
                    let issued = |at: Timestamp, by: &str| self.stock.issued(item, at, by);
                    cost_of_returned(self.goods, returned, item, issued)?
                }
                None => None,
            };
            let Some(cost) = cost else {
                self.lacking.insert(product.title.clone());
                continue;
            };
            let goes_to = match to_stock {
                true => self.policy.inventory(item.as_ref().and_then(StockItem::sku)).into(),
                false => {
                    let about = self.about(&returned.units.item, product);
                    self.policy.spot(Role::Shrinkage, &about)
                }
            };
            let charged = self.charged_to(&returned.units.item, product);
            costs.add(charged, goes_to, cost.negated())?;
        }
        let memo = format!("Goods of order {} {what}", self.order.name);
        self.enter(&returned.id, returned.at, costs, &memo)
    }

    /// Whether goods come back at what they cost when they left.
    fn comes_back_as_it_left(&self, returned: &Returned) -> bool {
        let policy = self.policy.in_force(self.policy.day(returned.at));
        policy.text.cost.returns == ReturnCost::Original
    }

    /// What the rules are asked about: a product that stands for an item of the order.
    fn about<'b>(&'b self, item: &str, product: &'b Product) -> Subject<'b> {
        let mut lines = self.order.agreements.iter().flat_map(|agreement| &agreement.lines);
        let sold = lines.find(|line| line.item.as_ref().is_some_and(|known| known.id == item));
        let assortment = sold.map(|line| &line.assortment);
        Subject { product: Some(product), assortment, ..Subject::of_order(self.order) }
    }

    /// Where the cost of such a product is charged.
    fn charged_to(&self, item: &str, product: &Product) -> Spot {
        self.policy.spot(Role::CostOfGoods, &self.about(item, product))
    }

    /// Enters costs.
    fn enter(
        &mut self,
        number: &str,
        at: Timestamp,
        costs: Costs,
        memo: &str,
    ) -> Result<(), Trouble> {
        let Some(first) = costs.stock.values().next() else { return Ok(()) };
        let currency = first.currency();
        if costs.stock.values().all(|cost| cost.is_zero()) {
            return Ok(());
        }
        let mut lines = Vec::new();
        for (spot, cost) in costs.charged {
            lines.push(plain_line(spot, cost, memo, number));
        }
        for (spot, cost) in costs.stock {
            lines.push(plain_line(spot, cost.negated(), memo, number));
        }
        let id = FactId::from(format!("{}/{number}", self.order.id));
        let header = Header {
            slot: id.to_string(),
            kind: DocumentKind::JournalEntry,
            date: self.policy.day(at),
            currency,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: self.order.name.clone(),
            memo: memo.to_owned(),
        };
        self.entries.push(SubledgerEntry::new(id, header, lines)?);
        Ok(())
    }
}
