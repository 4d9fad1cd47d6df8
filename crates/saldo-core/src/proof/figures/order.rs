//! What an order says of taxes, gift cards, and what its buyer owes.

use super::gateway::gross_about;
use super::{Fate, Ground, OPEN_ORDERS, Sheet, adds_up, agreed, is_sane, owed_to, sales_of};
use crate::accounting::{entered_lines, numbered_alike, part_of_cards};
use crate::commerce::{
    Agreement, AgreementKind, BalanceKind, BalanceTransaction, Collector, Decided, Decision, Fact,
    Goods, MoneyMovement, MovementKind, MovementState, Order, SaleKind, SaleLine, Tender,
};
use crate::money::{Money, MoneyError};
use crate::policy::{Policy, Recognition, Role};
use crate::proof::Identity;
use jiff::civil::Date;
use std::collections::{BTreeMap, BTreeSet};

/// Adds what an order says, on the days on which it says so.
pub(super) fn note_order(
    order: &Order,
    told: &[Fact],
    ground: Ground<'_>,
    sheet: &mut Sheet<'_>,
) -> Result<(), MoneyError> {
    let (fate, policy) = (ground.fate(&order.id), ground.policy);
    if order.test || order.currency != policy.currency {
        return Ok(());
    }
    if !adds_up(order) {
        // It is held, but for what happened before the damage: nothing can be compared.
        sheet.unknown.extend([
            Identity::StoredValue,
            Identity::TaxPayable,
            Identity::FacilitatorTax,
            Identity::OpenOrders,
            Identity::Rounding,
        ]);
        return Ok(());
    }
    // What a file tells by its name alone is told once more by its number.
    if numbered_alike(order, ground.facts).is_none() {
        note_sales(order, sheet)?;
    }
    let told = Told { order, told, policy, sale_day: sale_day(order, policy) };
    for movement in told.moved() {
        told.note_movement(movement, fate, sheet)?;
    }
    if fate == Fate::LeftOut {
        return Ok(());
    }
    for agreement in &order.agreements {
        let day = told.day_of(agreement);
        for line in &*entered_lines(agreement, policy.in_force(day)) {
            note_line((order, line), day, fate, sheet)?;
        }
    }
    told.note_channel_tax(fate, sheet)?;
    told.note_position(fate, sheet)
}

/// An order with what its group tells besides.
struct Told<'a> {
    order: &'a Order,
    told: &'a [Fact],
    policy: &'a Policy,
    sale_day: Date,
}

/// What was sold and taken back, on the days on which that was agreed, whatever becomes of it in
/// the books: as channels sum it up.
fn note_sales(order: &Order, sheet: &mut Sheet<'_>) -> Result<(), MoneyError> {
    for agreement in &order.agreements {
        let at = match agreement.kind {
            AgreementKind::Sale => order.processed_at,
            _ => agreement.happened_at,
        };
        let day = sheet.policy.day(at);
        for line in &agreement.lines {
            if let Some(about) = sales_of(&line.kind) {
                sheet.tell((Identity::Sales, about), day, line.total()?)?;
            }
        }
    }
    Ok(())
}

/// Money that was set aside at the sale is a sale once it is taken.
fn sale_day(order: &Order, policy: &Policy) -> Date {
    let day = |movement: &MoneyMovement| policy.day(movement.processed_at);
    let sold = policy.day(order.processed_at);
    let of = |kind: MovementKind| {
        order.movements.iter().filter(move |movement| {
            movement.kind == kind && movement.state == MovementState::Succeeded && !movement.test
        })
    };
    let set_aside = of(MovementKind::Authorisation).any(|movement| day(movement) <= sold);
    let taken = of(MovementKind::Payment).map(day).min().filter(|_| set_aside);
    taken.map_or(sold, |taken| taken.max(sold))
}

/// Taxes, and what is sold on the account of gift cards. Tax is owed to the state (credit).
fn note_line(
    (order, line): (&Order, &SaleLine),
    day: Date,
    fate: Fate,
    sheet: &mut Sheet<'_>,
) -> Result<(), MoneyError> {
    let own = sheet.policy.in_force(day);
    for tax in line.taxes.iter().filter(|tax| tax.collector == Collector::Merchant) {
        let name = own.tax_name(&tax.title, own.taxed_in(order));
        let place = (Identity::TaxPayable, owed_to(sheet.policy, &name));
        sheet.expect(place, day, tax.amount.negated(), fate)?;
    }
    let role = match &line.kind {
        SaleKind::GiftCard => Some(Role::GiftCards),
        SaleKind::Unknown(word) => own.line_role(word),
        _ => None,
    };
    match role {
        Some(role) => sheet.expect_on(role, day, line.gross.negated(), fate),
        None => Ok(()),
    }
}

impl<'a> Told<'a> {
    fn day_of(&self, agreement: &Agreement) -> Date {
        let day = match agreement.kind {
            AgreementKind::Sale => self.policy.day(self.order.processed_at),
            _ => self.policy.day(agreement.happened_at),
        };
        day.max(self.sale_day)
    }

    /// The money that moved.
    fn moved(&self) -> impl Iterator<Item = &'a MoneyMovement> + use<'a> {
        self.order.movements.iter().filter(|movement| {
            let moves = matches!(
                movement.kind,
                MovementKind::Payment | MovementKind::Refund | MovementKind::Change
            );
            moves && movement.state == MovementState::Succeeded && !movement.test
        })
    }

    /// The rows of gateways that are about this order.
    fn rows(&self) -> impl Iterator<Item = &'a BalanceTransaction> + use<'a> {
        let id = &self.order.id;
        self.told.iter().filter_map(move |fact| match fact {
            Fact::BalanceTransaction(row) if row.order.as_ref() == Some(id) => Some(&**row),
            _ => None,
        })
    }

    /// What the owner decided about the order.
    fn decisions(&self) -> impl Iterator<Item = &'a Decision> + use<'a> {
        let id = &self.order.id;
        self.told.iter().filter_map(move |fact| match fact {
            Fact::Decision(decision) if decision.said.decided.order() == Some(id) => {
                Some(&**decision)
            }
            _ => None,
        })
    }

    fn goods(&self) -> Option<&'a Goods> {
        self.told.iter().find_map(|fact| match fact {
            Fact::Goods(goods) if goods.order == self.order.id => Some(&**goods),
            _ => None,
        })
    }

    /// What is used of gift cards and store credit, or given back on them; what the coins that
    /// there are made of an amount; and what was paid through a gateway, beside its own rows.
    fn note_movement(
        &self,
        movement: &MoneyMovement,
        fate: Fate,
        sheet: &mut Sheet<'_>,
    ) -> Result<(), MoneyError> {
        let day = self.policy.day(movement.processed_at);
        let signed = |amount: Money| match movement.kind {
            MovementKind::Payment => amount,
            _ => amount.negated(),
        };
        if let Some(rounding) = movement.rounding {
            sheet.expect_on(Role::Rounding, day, signed(rounding).negated(), fate)?;
        }
        let paid = match movement.rounding {
            Some(rounding) => movement.amount.plus(rounding)?,
            None => movement.amount,
        };
        match &movement.tender {
            Tender::GiftCard => {
                let own = self.policy.in_force(day);
                let decisions: Vec<&Decision> = self.decisions().collect();
                let (tax, given) = part_of_cards(self.order, &decisions, movement, own)?;
                let mut owed = paid.minus(given)?;
                if let Some((tax, amount)) = tax {
                    let place = (Identity::TaxPayable, owed_to(sheet.policy, &tax.title));
                    sheet.expect(place, day, signed(amount), fate)?;
                    owed = owed.minus(amount)?;
                }
                sheet.expect_on(Role::GiftCards, day, signed(owed), fate)
            }
            Tender::StoreCredit => sheet.expect_on(Role::StoreCredit, day, signed(paid), fate),
            Tender::Gateway(_) => self.note_receipt(movement, (paid, fate), sheet),
        }
    }

    /// A payment through a gateway that tells its rows is found where a row is expected.
    fn note_receipt(
        &self,
        movement: &MoneyMovement,
        (paid, fate): (Money, Fate),
        sheet: &mut Sheet<'_>,
    ) -> Result<(), MoneyError> {
        let Tender::Gateway(gateway) = &movement.tender else { return Ok(()) };
        let own = |row: &&BalanceTransaction| {
            row.gateway.id == gateway.id && row.movement.as_deref() == Some(&*movement.id)
        };
        let counts = |row: &&BalanceTransaction| {
            row.kind == BalanceKind::Charge && !row.test && is_sane(row.amount)
        };
        let row = self.rows().filter(counts).find(own);
        let tells_rows = gateway.tells_payouts || row.is_some();
        if movement.kind != MovementKind::Payment || !tells_rows {
            return Ok(());
        }
        let settled = match &movement.conversion {
            Some(conversion) => conversion.settles()?.unwrap_or(conversion.worth),
            None => paid,
        };
        // By the day of the row: the same instant, but for the vendor's own rounding of it.
        let day = self.policy.day(row.map_or(movement.processed_at, |row| row.occurred_at));
        if day < self.policy.start_date {
            return Ok(());
        }
        let about = gross_about(&gateway.id, day);
        if row.is_none() || fate == Fate::Awaited {
            sheet.waits.insert((Identity::GrossReceipts, about.clone()));
        }
        // What a gateway settles at a rate of its own, give or take its rounding, it says itself.
        let near = |row: &BalanceTransaction| {
            movement.conversion.is_some()
                && row.amount.currency() == settled.currency()
                && row.amount.minor().abs_diff(settled.minor()) <= 1
        };
        let settled = row.filter(|row| near(row)).map_or(settled, |row| row.amount);
        sheet.find((Identity::GrossReceipts, &about), day, settled)
    }

    /// Tax that the channel owes itself goes in and out again: nothing of it stays once the gateway
    /// has paid out what holds it.
    fn note_channel_tax(&self, fate: Fate, sheet: &mut Sheet<'_>) -> Result<(), MoneyError> {
        let taxes = self.order.agreements.iter().flat_map(|it| &it.lines).flat_map(|it| &it.taxes);
        let by_channel = taxes.filter(|tax| tax.collector == Collector::Channel);
        if by_channel.filter(|tax| !tax.amount.is_zero()).count() == 0 {
            return Ok(());
        }
        if self.sale_day < self.policy.start_date {
            // What was charged stands in the opening balances.
            sheet.unknown.insert(Identity::FacilitatorTax);
            return Ok(());
        }
        let paid_out: BTreeSet<&str> = self
            .rows()
            .filter(|row| row.payout.is_some())
            .filter_map(|row| row.movement.as_deref())
            .collect();
        let mut open = agreed(self.order)?;
        for movement in self.moved() {
            open = match movement.kind {
                MovementKind::Payment => open.minus(movement.amount)?,
                _ => open.plus(movement.amount)?,
            };
        }
        let settled = open.is_zero()
            && self.moved().all(|movement| match &movement.tender {
                Tender::Gateway(it) if it.tells_payouts => paid_out.contains(&*movement.id),
                Tender::Gateway(it) => self.policy.keeps_tax(&it.id) == Some(true),
                Tender::GiftCard | Tender::StoreCredit => false,
            });
        let fate = if settled { fate } else { Fate::Awaited };
        let nothing = Money::zero(self.order.currency);
        sheet.expect_on(Role::FacilitatorTax, self.sale_day, nothing, fate)
    }

    /// What the buyer owes (debit) or is owed: all that was agreed less all that was paid; where
    /// sales are earned by handing over, less the price of what was not.
    fn note_position(&self, fate: Fate, sheet: &mut Sheet<'_>) -> Result<(), MoneyError> {
        let place = (Identity::OpenOrders, OPEN_ORDERS);
        let given_up = self.told.iter().any(|fact| match fact {
            Fact::Decision(decision) => {
                let gives_up = matches!(decision.said.decided, Decided::WriteOff { .. });
                gives_up && decision.said.taken_back.is_none()
            }
            _ => false,
        });
        let undelivered = self.undelivered()?;
        let straddles = self.sale_day < self.policy.start_date;
        let Some(undelivered) = undelivered.filter(|_| !given_up && !straddles) else {
            sheet.unknown.insert(Identity::OpenOrders);
            return Ok(());
        };
        for agreement in &self.order.agreements {
            for line in &agreement.lines {
                sheet.expect(place, self.day_of(agreement), line.total()?, fate)?;
            }
        }
        for movement in self.moved() {
            let amount = match movement.kind {
                MovementKind::Payment => movement.amount.negated(),
                _ => movement.amount,
            };
            sheet.expect(place, self.policy.day(movement.processed_at), amount, fate)?;
        }
        match undelivered.is_zero() {
            true => Ok(()),
            false => sheet.expect(place, self.sale_day, undelivered.negated(), fate),
        }
    }

    /// The price, without tax, of what was sold and not handed over; none where parts of it were,
    /// since nobody but accounting says what they cost.
    fn undelivered(&self) -> Result<Option<Money>, MoneyError> {
        let nothing = Money::zero(self.order.currency);
        let day = self.policy.day(self.order.processed_at);
        if self.policy.recognition_on(day) == Recognition::Payment {
            return Ok(Some(nothing));
        }
        let mut open: BTreeMap<&str, i64> = BTreeMap::new();
        let (mut price, mut gave_back) = (nothing, false);
        for line in self.order.agreements.iter().flat_map(|agreement| &agreement.lines) {
            let units = line.quantity.unwrap_or(0);
            gave_back |= line.gross.is_negative() || units < 0;
            match (&line.kind, &line.item) {
                (SaleKind::Product, Some(item)) if item.is_handed_over => {
                    *open.entry(&item.id).or_default() += units;
                    price = price.plus(line.gross.minus(line.discount)?)?;
                }
                (SaleKind::Shipping, _) => {
                    price = price.plus(line.gross.minus(line.discount)?)?;
                }
                _ => {}
            }
        }
        let parcels = self.goods().into_iter().flat_map(|goods| &goods.fulfilments);
        let mut sent: BTreeMap<&str, i64> = BTreeMap::new();
        for parcel in parcels.filter(|parcel| parcel.cancelled_at.is_none()) {
            for part in &parcel.parts {
                *sent.entry(&part.item).or_default() += i64::from(part.count);
            }
        }
        let is_any_sent = open.keys().any(|item| sent.get(item).is_some_and(|units| *units > 0));
        let is_all_sent =
            open.iter().all(|(item, units)| sent.get(item).copied().unwrap_or(0) >= *units);
        Ok(match (is_any_sent, is_all_sent) {
            (_, true) => Some(nothing),
            (false, false) if !gave_back => Some(price),
            _ => None,
        })
    }
}
