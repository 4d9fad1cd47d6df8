//! Gift cards of which not all that they pay is owed on them: those on which tax falls due when
//! they are sold, and those that were given away.
//!
//! The sale of a single-purpose voucher is taxed; what it buys is not taxed once more, although the
//! channel states tax on all that it sells. So the tax in what a voucher pays is taken off again,
//! and with it what that tax is charged on: the rest of the voucher lessens what is owed on gift
//! cards. A voucher of one rate buys what is taxed at that rate, whatever else is in the basket.

use super::Trouble;
use crate::book::TaxRate;
use crate::commerce::{
    Agreement, AgreementKind, Collector, Decided, Decision, MoneyMovement, MovementKind,
    MovementState, Order, SaleKind, SaleLine, TaxAmount, Tender,
};
use crate::issue::IssueKind;
use crate::money::{Currency, Money, MoneyError};
use crate::policy::Policy;
use jiff::civil::Date;
use std::borrow::Cow;
use std::collections::BTreeMap;

/// An agreement in which gift cards that are vouchers are taxed: as the channel states it, or,
/// where it states no tax on them, with the tax that their price contains.
///
/// # Errors
/// Where the channel taxed a gift card otherwise than the policy says.
pub(super) fn with_taxed_vouchers<'a>(
    agreement: &'a Agreement,
    policy: &Policy,
) -> Result<Cow<'a, Agreement>, Trouble> {
    let is_card = |line: &SaleLine| line.kind == SaleKind::GiftCard;
    if !agreement.lines.iter().any(is_card) {
        return Ok(Cow::Borrowed(agreement));
    }
    let mut taxed = agreement.clone();
    for line in taxed.lines.iter_mut().filter(|line| is_card(line)) {
        let stated: Vec<&TaxAmount> = own_taxes(line).collect();
        match (policy.tax_of_vouchers(), &stated[..]) {
            (None, []) => {}
            (None, [tax, ..]) => return Err(taxed_at_sale(line, tax)),
            (Some(tax), []) => tax_voucher(line, tax)?,
            (Some(of_vouchers), stated) => {
                let is_that = |tax: &&TaxAmount| is_tax_of(tax, &of_vouchers);
                if let Some(tax) = stated.iter().find(|tax| !is_that(tax)) {
                    return Err(taxed_otherwise(line, tax, &of_vouchers));
                }
            }
        }
    }
    Ok(Cow::Owned(taxed))
}

/// The lines of an agreement as they are entered; as they are told, where they are held.
pub(crate) fn entered_lines<'a>(agreement: &'a Agreement, policy: &Policy) -> Cow<'a, [SaleLine]> {
    match with_taxed_vouchers(agreement, policy) {
        Ok(Cow::Owned(taxed)) => Cow::Owned(taxed.lines),
        Ok(Cow::Borrowed(_)) | Err(_) => Cow::Borrowed(&agreement.lines),
    }
}

/// What of a movement of an order on gift cards is not owed on them, positive: the tax, by its
/// name, that fell due when they were sold, and what came from cards that were given away. Nothing
/// where the order is held.
pub(crate) fn part_of_cards(
    order: &Order,
    decisions: &[&Decision],
    movement: &MoneyMovement,
    policy: &Policy,
) -> Result<(Option<(TaxRate, Money)>, Money), MoneyError> {
    let vouchers = Vouchers::of(order, decisions, policy)?;
    match vouchers.not_owed(movement) {
        Ok(Some(NotOwed { tax, given_away })) => Ok((vouchers.tax.map(|of| (of, tax)), given_away)),
        Ok(None) | Err(_) => Ok((None, Money::zero(order.currency))),
    }
}

/// How much gift cards paid for an order.
pub(super) fn paid_by_cards(order: &Order) -> Result<Money, MoneyError> {
    let cards = order.movements.iter().filter(|it| is_of_card(it));
    let paid = cards.filter(|it| it.kind == MovementKind::Payment);
    Money::sum(order.currency, paid.map(|it| it.amount))
}

fn own_taxes(line: &SaleLine) -> impl Iterator<Item = &TaxAmount> {
    let own = |tax: &&TaxAmount| tax.collector == Collector::Merchant && !tax.amount.is_zero();
    line.taxes.iter().filter(own)
}

/// Whether a tax is that of vouchers. A channel that states no rate is believed.
fn is_tax_of(tax: &TaxAmount, of_vouchers: &TaxRate) -> bool {
    tax.title.trim().to_lowercase() == of_vouchers.title.trim().to_lowercase()
        && (tax.rate.is_none() || tax.rate == of_vouchers.rate)
}

/// Takes the tax out of the price of a voucher: the buyer pays no more than its price.
fn tax_voucher(line: &mut SaleLine, tax: TaxRate) -> Result<(), MoneyError> {
    let Some(rate) = tax.rate else { return Ok(()) };
    let (of_gross, of_discount) = (line.gross.tax_within(rate)?, line.discount.tax_within(rate)?);
    line.gross = line.gross.minus(of_gross)?;
    line.discount = line.discount.minus(of_discount)?;
    let amount = of_gross.minus(of_discount)?;
    let TaxRate { title, rate } = tax;
    line.taxes.push(TaxAmount { title, rate, amount, collector: Collector::Merchant });
    Ok(())
}

/// What of a movement on gift cards is not owed on them: positive.
#[derive(Clone, Copy)]
pub(super) struct NotOwed {
    /// Tax that fell due when they were sold.
    pub(super) tax: Money,
    /// What came from cards that were given away.
    pub(super) given_away: Money,
}

/// How much of what moves on gift cards is not owed on them.
#[derive(Default)]
pub(super) struct Vouchers<'a> {
    /// The tax of vouchers as it is called on what the order sells.
    tax: Option<TaxRate>,
    /// By movement; or what of it can be no voucher's.
    of_movements: BTreeMap<&'a str, Result<NotOwed, Trouble>>,
}

/// What can still be paid by vouchers, or given back on them, and the tax in it.
#[derive(Clone, Copy)]
struct Left {
    worth: Money,
    tax: Money,
}

impl Left {
    fn nothing(currency: Currency) -> Self {
        Self { worth: Money::zero(currency), tax: Money::zero(currency) }
    }

    /// Adds a line of what is sold or comes back.
    fn add(&mut self, line: &SaleLine) -> Result<(), MoneyError> {
        self.worth = self.worth.plus(line.total()?.abs())?;
        for tax in own_taxes(line) {
            self.tax = self.tax.plus(tax.amount.abs())?;
        }
        Ok(())
    }

    /// The tax in a part of it; none where it is not so much. The last part takes what is left.
    fn take(&mut self, part: Money) -> Result<Option<Money>, MoneyError> {
        if part > self.worth {
            return Ok(None);
        }
        let tax = self.tax.in_proportion(part, self.worth)?;
        self.worth = self.worth.minus(part)?;
        self.tax = self.tax.minus(tax)?;
        Ok(Some(tax))
    }
}

/// What of an order's money on gift cards came from cards that were given away, or went back there:
/// payments first come first, and refunds in proportion.
struct Gifts {
    left: Money,
    of_all: (Money, Money),
}

impl Gifts {
    fn of(order: &Order, decisions: &[&Decision], policy: &Policy) -> Result<Self, MoneyError> {
        let mut given = Money::zero(order.currency);
        let paid = paid_by_cards(order)?;
        let policy = policy.in_force(policy.day(order.processed_at));
        for decision in decisions.iter().filter(|it| it.said.taken_back.is_none()) {
            if let Decided::PromotionalUse { amount, .. } = decision.said.decided
                && policy.owes_nothing_on_gifts()
                && amount <= paid
            {
                given = given.plus(amount)?.min(paid);
            }
        }
        Ok(Self { left: given, of_all: (given, paid) })
    }

    fn take(&mut self, movement: &MoneyMovement) -> Result<Money, MoneyError> {
        let (given, paid) = self.of_all;
        if movement.kind != MovementKind::Payment {
            return given.in_proportion(movement.amount.min(paid), paid);
        }
        let part = self.left.min(movement.amount);
        self.left = self.left.minus(part)?;
        Ok(part)
    }
}

impl<'a> Vouchers<'a> {
    /// What was not owed on the gift cards that an order was paid by, day by day, as the policy of
    /// each day says: what was agreed on a day goes before the money of that day.
    pub(super) fn of(
        order: &'a Order,
        decisions: &[&Decision],
        policy: &Policy,
    ) -> Result<Self, MoneyError> {
        let counts =
            |policy: &Policy| policy.tax_of_vouchers().is_some() || policy.owes_nothing_on_gifts();
        if !policy.through_time().any(counts) {
            return Ok(Self::default());
        }
        let mut vouchers = Self::default();
        let mut gifts = Gifts::of(order, decisions, policy)?;
        let (mut due, mut back) = (Left::nothing(order.currency), Left::nothing(order.currency));
        for (day, (lines, movements)) in days(order, policy) {
            let of_vouchers = policy.in_force(day).tax_of_vouchers();
            let of = of_vouchers.as_ref();
            for line in lines {
                if !of.map_or(Ok(false), |it| bears_only(line, it))? {
                    continue;
                }
                if vouchers.tax.is_none() {
                    vouchers.tax = own_taxes(line).next().map(|tax| named(tax, order, policy));
                }
                let left = if line.gross.is_negative() { &mut back } else { &mut due };
                left.add(line)?;
            }
            for movement in movements {
                let given_away = gifts.take(movement)?;
                let by_voucher = movement.amount.minus(given_away)?;
                let left = match movement.kind {
                    MovementKind::Payment => &mut due,
                    _ => &mut back,
                };
                let tax = match &of_vouchers {
                    Some(of) => left
                        .take(by_voucher)?
                        .ok_or_else(|| no_voucher((movement, by_voucher), left.worth, of)),
                    None => Ok(Money::zero(order.currency)),
                };
                let not_owed = tax.map(|tax| NotOwed { tax, given_away });
                vouchers.of_movements.insert(&movement.id, not_owed);
            }
        }
        Ok(vouchers)
    }

    /// What of all of a movement is not owed on gift cards; none where all of it is.
    ///
    /// # Errors
    /// Where the movement pays for what no voucher can pay for.
    pub(super) fn not_owed(&self, movement: &MoneyMovement) -> Result<Option<NotOwed>, Trouble> {
        self.of_movements.get(&*movement.id).cloned().transpose()
    }

    /// The tax of vouchers as it is called on what the order sells.
    pub(super) const fn tax(&self) -> Option<&TaxRate> {
        self.tax.as_ref()
    }
}

/// What was agreed, and what money moved on gift cards in order of time, by day.
type DaysOfCards<'a> = BTreeMap<Date, (Vec<&'a SaleLine>, Vec<&'a MoneyMovement>)>;

fn days<'a>(order: &'a Order, policy: &Policy) -> DaysOfCards<'a> {
    let mut days = DaysOfCards::new();
    for agreement in &order.agreements {
        let at = match agreement.kind {
            AgreementKind::Sale => order.processed_at,
            _ => agreement.happened_at,
        };
        days.entry(policy.day(at)).or_default().0.extend(&agreement.lines);
    }
    let mut movements: Vec<&MoneyMovement> =
        order.movements.iter().filter(|it| is_of_card(it)).collect();
    movements.sort_by(|a, b| (a.processed_at, &a.id).cmp(&(b.processed_at, &b.id)));
    for movement in movements {
        days.entry(policy.day(movement.processed_at)).or_default().1.push(movement);
    }
    days
}

/// A tax as it is called in the books.
fn named(tax: &TaxAmount, order: &Order, policy: &Policy) -> TaxRate {
    let title = policy.tax_name(&tax.title, policy.taxed_in(order)).into_owned();
    TaxRate { title, rate: tax.rate }
}

fn is_of_card(movement: &MoneyMovement) -> bool {
    let moves = matches!(
        movement.kind,
        MovementKind::Payment | MovementKind::Refund | MovementKind::Change
    );
    let happened = movement.state == MovementState::Succeeded && !movement.test;
    moves && happened && movement.tender == Tender::GiftCard
}

/// Whether a line is of what vouchers of this tax buy: it bears that tax alone, or is so cheap that
/// the tax, which the channel states, comes to nothing. What is stated to be free of tax at another
/// rate, or for another reason, no voucher of this one buys.
fn bears_only(line: &SaleLine, of_vouchers: &TaxRate) -> Result<bool, MoneyError> {
    if line.kind == SaleKind::GiftCard {
        return Ok(false);
    }
    let mut taxes = own_taxes(line);
    Ok(match (taxes.next(), taxes.next()) {
        (Some(tax), None) => is_tax_of(tax, of_vouchers),
        (Some(_), Some(_)) => false,
        (None, _) => {
            let own = |tax: &&TaxAmount| tax.collector == Collector::Merchant;
            let stated = line.taxes.iter().filter(own).any(|tax| is_tax_of(tax, of_vouchers));
            let within = of_vouchers.rate.map(|rate| line.total()?.tax_within(rate)).transpose()?;
            stated && within.is_some_and(Money::is_zero)
        }
    })
}

fn taxed_at_sale(line: &SaleLine, tax: &TaxAmount) -> Trouble {
    let TaxAmount { title, amount, .. } = tax;
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!(
            "the channel charged `{title}` of {amount} on the gift card of line {}, and by the \
             policy tax on what gift cards buy falls due when they are used",
            line.id
        ),
        format!(
            "if all gift cards are single-purpose vouchers, say so: gift-cards = {{ voucher = \
             \"single-purpose\", tax = \"{title}\", rate = \"RATE\" }}; otherwise take the tax off \
             gift cards in the shop, and enter this order by hand"
        ),
    )
}

fn taxed_otherwise(line: &SaleLine, tax: &TaxAmount, of_vouchers: &TaxRate) -> Trouble {
    let TaxAmount { title, rate, .. } = tax;
    let charged = TaxRate { title: title.clone(), rate: *rate };
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!(
            "the channel charged `{charged}` on the gift card of line {}, and by the policy gift \
             cards are vouchers of `{of_vouchers}`",
            line.id
        ),
        "mend the tax of gift cards in the shop or in the policy (gift-cards), and enter this \
         order by hand"
            .to_owned(),
    )
}

fn no_voucher(
    (movement, amount): (&MoneyMovement, Money),
    worth: Money,
    of_vouchers: &TaxRate,
) -> Trouble {
    let message = match movement.kind {
        MovementKind::Payment => format!(
            "gift cards paid {amount}, and only {worth} was sold at `{of_vouchers}`: by the policy \
             gift cards are vouchers on which that tax fell due when they were sold, and what tax \
             is owed on the rest nobody tells"
        ),
        _ => format!(
            "{amount} was given back on gift cards, and only {worth} came back of what was sold at \
             `{of_vouchers}`: by the policy that tax falls due on what is put on gift cards, and \
             how much of it is in the rest nobody tells"
        ),
    };
    let hint = "enter the order by hand with the tax that is owed, and leave it out here: saldo \
                decide exclude; where gift cards also buy what is taxed otherwise they are no \
                single-purpose vouchers: saldo map set gift-cards.voucher multi-purpose";
    Trouble::Issue(IssueKind::DoesNotAddUp, message, hint.to_owned())
}
