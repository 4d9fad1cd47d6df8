//! Facts that contradict themselves: each becomes an issue that names its source, and nothing of it
//! is mended in silence.
//!
//! What a reader must refuse already, such as an unknown currency or more decimals than a currency
//! has, cannot be a fact at all ([`crate::money::Money::parse`]). That rows do not sum to their
//! payout, or an entry not to nothing, is found where these are entered.

use super::Trouble;
use crate::commerce::{
    BalanceKind, BalanceTransaction, Deferral, Dispute, DrawerSession, GoodsReceipt, MoneyMovement,
    MovementState, Payout, Product, PurchaseOrder, SaleLine, StockAdjustment, SupplierBill,
};
use crate::issue::IssueKind;
use crate::money::{Currency, Money};
use crate::policy::{BillTax, Policy};

/// The hint of an issue about amounts that only the vendor can have written so.
const LOOK: &str = "look at the record and tell us if the vendor's amounts are as they should be";
/// The hint of an issue about more that went back than there was.
const COMPARE: &str = "compare the order's returns and refunds with what was sold and paid, on the \
                       shop's own page of it; it is held until they agree";
/// The hint of an issue about what somebody wrote down wrongly.
const CORRECT: &str = "correct it where it was told, and pull or import it again";

fn contradiction(message: String, hint: &str) -> Trouble {
    Trouble::Issue(IssueKind::DoesNotAddUp, message, hint.to_owned())
}

/// An amount that is in the books' currency.
pub(super) fn in_books(amount: Money, books: Currency) -> Result<Money, Trouble> {
    match amount.currency() == books {
        true => Ok(amount),
        false => Err(Trouble::Issue(
            IssueKind::UnknownData,
            format!("{amount} is not in {books}, which the books are kept in"),
            "enter it by hand: purchases in other currencies are not known yet".to_owned(),
        )),
    }
}

/// Amounts of a line are in the order's currency, its units have the sign of its price, and its
/// discount is a part of that.
pub(super) fn check_line(line: &SaleLine, currency: Currency) -> Result<(), Trouble> {
    let amounts = [line.gross, line.discount].into_iter();
    let taxes = line.taxes.iter().map(|tax| tax.amount);
    let mut foreign = amounts.chain(taxes).filter(|amount| amount.currency() != currency);
    if let Some(amount) = foreign.next() {
        let message = format!("line {} has {amount}, but its order is in {currency}", line.id);
        return Err(contradiction(message, LOOK));
    }
    let (id, gross, discount) = (&line.id, line.gross, line.discount);
    // A line that tells no units, such as carriage, contradicts no price.
    let units = line.quantity.unwrap_or(0);
    if units.signum() * gross.minor().signum() < 0 {
        return Err(contradiction(format!("line {id} has {units} units for {gross}"), LOOK));
    }
    let against = gross.minor().signum() * discount.minor().signum() < 0;
    match against || discount.minor().unsigned_abs() > gross.minor().unsigned_abs() {
        true => {
            let message = format!("line {id} has a discount of {discount} on {gross}");
            Err(contradiction(message, LOOK))
        }
        false => Ok(()),
    }
}

/// Nothing comes back that was not sold: neither more units of a thing than are still out, nor more
/// money than it was charged with, but for what the vendor may have rounded.
pub(super) fn check_return(back: &Returned<'_>) -> Result<(), Trouble> {
    let Returned { agreement, thing, worth: (given, charged), .. } = back;
    if let Some((returned, out)) = back.units.filter(|(returned, out)| returned > out) {
        let message = format!(
            "{agreement} takes back {returned} units of {thing}, of which {out} can still come back"
        );
        return Err(contradiction(message, COMPARE));
    }
    match i128::from(given.minor()) > i128::from(charged.minor()) + i128::from(back.rounding) {
        true => {
            let message = format!(
                "{agreement} gives back {given} for {thing}, of whose price {charged} can still go \
                 back"
            );
            Err(contradiction(message, COMPARE))
        }
        false => Ok(()),
    }
}

/// What an agreement takes back of a thing, on balance.
pub(super) struct Returned<'a> {
    /// The vendor's id of the agreement.
    pub(super) agreement: &'a str,
    /// What it is, in words.
    pub(super) thing: &'a str,
    /// Units that come back, and those that are out before; none where units are not told.
    pub(super) units: Option<(i64, i64)>,
    /// What is given back with its taxes, and what is left of the price before.
    pub(super) worth: (Money, Money),
    /// By how much the vendor may have rounded the parts of the price, in minor units.
    pub(super) rounding: u64,
}

/// No more money goes back than came in, but for what was agreed to be given back: goodwill beyond
/// the price is an agreement of its own, and so is a return of what is still to be paid.
pub(super) fn check_repaid(
    order: &str,
    repaid: Money,
    paid: Money,
    agreed: Money,
) -> Result<(), Trouble> {
    match repaid > paid && repaid > agreed {
        true => {
            let message = format!(
                "{repaid} went back for order {order}, for which {paid} was paid and {agreed} \
                 agreed to be given back"
            );
            Err(contradiction(message, COMPARE))
        }
        false => Ok(()),
    }
}

/// Units that no sum can hold.
pub(super) fn too_many_units(thing: &str) -> Trouble {
    contradiction(format!("the units of {thing} are too many to be counted"), LOOK)
}

/// What moved is positive, and in the order's currency. What did not move may say what it likes.
pub(super) fn check_movement(movement: &MoneyMovement, currency: Currency) -> Result<(), Trouble> {
    if movement.state != MovementState::Succeeded {
        return Ok(());
    }
    let (id, amount) = (&movement.id, movement.amount);
    if amount.currency() != currency {
        let message = format!("payment {id} is {amount}, but its order is in {currency}");
        return Err(contradiction(message, LOOK));
    }
    match amount.is_negative() {
        true => Err(contradiction(format!("payment {id} is negative: {amount}"), LOOK)),
        false => Ok(()),
    }
}

/// What is wrong with a row, if anything: its net amount is what it moves less its fee, and its
/// parts sum to what it moves.
pub(super) fn in_row(row: &BalanceTransaction) -> Option<String> {
    let (amount, fee, net) = (row.amount, row.fee, row.net);
    if amount.minus(fee) != Ok(net) {
        return Some(format!("{amount} less a fee of {fee} is not {net}"));
    }
    let BalanceKind::Itemised(parts) = &row.kind else { return None };
    match Money::sum(amount.currency(), parts.iter().map(|part| part.amount)) {
        Ok(told) if told == net => None,
        Ok(told) => Some(format!("its parts sum to {told}, but it is {net}")),
        Err(error) => Some(format!("its parts do not sum: {error}")),
    }
}

/// A payout arrives after it left, and what it settles begins before it ends.
pub(super) fn check_payout(payout: &Payout) -> Result<(), Trouble> {
    let left = payout.issued_on;
    if let Some(arrived) = payout.arrived_on.filter(|arrived| *arrived < left) {
        let message = format!("the payout arrived on {arrived}, before it left on {left}");
        return Err(contradiction(message, LOOK));
    }
    match payout.period.filter(|period| period.until < period.from) {
        Some(period) => {
            let (from, until) = (period.from, period.until);
            let message = format!("what it settles ends at {until}, before it begins at {from}");
            Err(contradiction(message, LOOK))
        }
        None => Ok(()),
    }
}

/// What is deferred is the sum of its parts, and is released after it was sold.
pub(super) fn check_deferral(deferral: &Deferral) -> Result<(), Trouble> {
    let amount = deferral.amount;
    let told = Money::sum(amount.currency(), deferral.parts.iter().map(|part| part.amount))?;
    if told != amount {
        let message = format!("{amount} are deferred, but its parts sum to {told}");
        return Err(contradiction(message, LOOK));
    }
    match deferral.released_at.filter(|at| *at < deferral.occurred_at) {
        Some(at) => {
            let sold = deferral.occurred_at;
            Err(contradiction(format!("it was released at {at}, but sold at {sold}"), LOOK))
        }
        None => Ok(()),
    }
}

/// What is disputed is positive.
pub(super) fn check_dispute(dispute: &Dispute) -> Result<(), Trouble> {
    let amount = dispute.amount;
    match amount.is_negative() {
        true => Err(contradiction(format!("the disputed amount is negative: {amount}"), LOOK)),
        false => Ok(()),
    }
}

/// All amounts of a drawer are in the books' currency, and it was closed after it was opened.
pub(super) fn check_drawer(session: &DrawerSession, books: Currency) -> Result<(), Trouble> {
    let DrawerSession { float, sales, counted, left_before, moves, .. } = session;
    let amounts = [*float, *sales, *counted].into_iter().chain(*left_before);
    for amount in amounts.chain(moves.iter().map(|it| it.amount)) {
        if amount.currency() != books {
            let message = format!("{amount} is not in {books}, which the books are kept in");
            return Err(contradiction(message, LOOK));
        }
    }
    match session.closed_at < session.opened_at {
        true => Err(contradiction("it was closed before it was opened".to_owned(), LOOK)),
        false => Ok(()),
    }
}

/// All that came in has units and a cost in the books' currency.
pub(super) fn check_receipt(receipt: &GoodsReceipt, books: Currency) -> Result<(), Trouble> {
    for line in &receipt.lines {
        let cost = line.cost.ok_or_else(|| no_cost(receipt, &line.product))?;
        let title = &line.product.title;
        if line.units == 0 {
            return Err(contradiction(format!("no units of `{title}` came in"), CORRECT));
        }
        not_negative(in_books(cost, books)?, || format!("the cost of `{title}`"))?;
    }
    Ok(())
}

/// All that is ordered has units, and a cost in the books' currency where it has one.
pub(super) fn check_ordered(order: &PurchaseOrder, books: Currency) -> Result<(), Trouble> {
    for line in &order.lines {
        let title = &line.product.title;
        if line.units == 0 {
            return Err(contradiction(format!("no units of `{title}` are ordered"), CORRECT));
        }
        let Some(cost) = line.cost else { continue };
        not_negative(in_books(cost, books)?, || format!("the cost of `{title}`"))?;
    }
    Ok(())
}

/// What a bill charges is positive, and in the books' currency.
pub(super) fn check_bill(bill: &SupplierBill, policy: &Policy) -> Result<(), Trouble> {
    let books = policy.currency;
    if !bill.untold_taxes.is_empty() && policy.text.tax.on_bills == BillTax::Hold {
        return Err(untold_tax(bill));
    }
    for line in &bill.lines {
        let amount = in_books(line.amount, books)?;
        not_negative(amount, || format!("what is billed for `{}`", line.product.title))?;
    }
    not_negative(in_books(bill.landed, books)?, || "what is billed for carriage".to_owned())
}

/// What is paid to a supplier is positive, and in the books' currency.
pub(super) fn check_paid(amount: Money, books: Currency) -> Result<(), Trouble> {
    not_negative(in_books(amount, books)?, || "what was paid".to_owned())
}

/// A unit's cost is positive, and in the books' currency.
pub(super) fn check_unit_cost(cost: Money, books: Currency) -> Result<(), Trouble> {
    not_negative(in_books(cost, books)?, || "the cost of a unit".to_owned())
}

/// The same of units that were found.
pub(super) fn check_adjustment(found: &StockAdjustment, books: Currency) -> Result<(), Trouble> {
    found.unit_cost.map_or(Ok(()), |cost| check_unit_cost(cost, books))
}

fn not_negative(amount: Money, what: impl Fn() -> String) -> Result<(), Trouble> {
    match amount.is_negative() {
        true => Err(contradiction(format!("{} is negative: {amount}", what()), CORRECT)),
        false => Ok(()),
    }
}

fn untold_tax(bill: &SupplierBill) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!(
            "the bill of {} names a tax ({}), and nothing says how much it is",
            bill.supplier,
            bill.untold_taxes.join(", ")
        ),
        "where none was charged, or you enter the tax of bills yourself: saldo map set \
         tax.on-bills left-out; else enter the bill by hand"
            .to_owned(),
    )
}

fn no_cost(receipt: &GoodsReceipt, product: &Product) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!("nobody says what `{}` of {} costs", product.title, receipt.supplier),
        "give the purchase order its prices".to_owned(),
    )
}
