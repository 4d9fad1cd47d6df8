//! Rows that know their order by its name alone, as files tell them.

use super::conversion::settles_for;
use super::gateway::account_row;
use super::known_order::{OrderView, movement_on_gateway};
use super::order::{Known, account_order};
use super::{Accounted, Basis, Group, group_by_name, groups};
use crate::commerce::{BalanceKind, BalanceTransaction, Decision, Fact, MoneyMovement, Order};
use crate::money::{Currency, Money};
use crate::text::FactId;
use std::collections::BTreeSet;

/// Accounts the rows that name an order. Where one order has that name, they belong to it; where
/// none or several have it, nobody can say which, and the rows are accounted without it.
pub(super) fn account_named(name: &FactId, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let home = Group::Named(name.clone());
    let mut accounted = Accounted::default();
    let mut orders: Vec<&Order> = Vec::new();
    let (mut rows, mut numbered) = (Vec::new(), Vec::new());
    let mut decisions: Vec<&Decision> = Vec::new();
    for fact in facts {
        match fact {
            Fact::Order(order) => orders.push(order),
            Fact::BalanceTransaction(row) if groups(fact).first() == Some(&home) => {
                rows.push(&**row);
            }
            Fact::BalanceTransaction(row) => numbered.push(&**row),
            Fact::Decision(decision) => decisions.push(decision),
            _ => {}
        }
    }
    if rows.is_empty() {
        return accounted;
    }
    // The order is entered in its own group; here only its state counts.
    let mut elsewhere = Accounted::default();
    let told = told_by_number(&orders);
    let order = told.first().copied().filter(|_| told.len() == 1);
    let mut view = match order {
        Some(order) => {
            numbered.retain(|row| row.order.as_ref() == Some(&order.id));
            decisions.retain(|it| it.said.decided.order() == Some(&order.id));
            let known = Known { order, decisions, goods: None };
            account_order(known, &numbered, basis, &mut elsewhere)
        }
        None => OrderView::NotHeard,
    };
    for row in joined(rows, &numbered, &view, basis.policy.currency) {
        account_row(&row, &mut view, order, basis, &mut accounted);
    }
    accounted
}

/// The orders but for those that another record tells by its number, where one does.
fn told_by_number<'a>(orders: &[&'a Order]) -> Vec<&'a Order> {
    let by_name = |order: &&Order| group_by_name(order) == Group::Order(order.id.clone());
    let (named, numbered): (Vec<&Order>, Vec<&Order>) =
        orders.iter().copied().partition(|order| by_name(order));
    if numbered.is_empty() { named } else { numbered }
}

/// The rows, each with the payment that it is about: the first of the same gateway and amount that
/// neither a row before it took nor a row that has a number. Rows come by id, payments as the order
/// has them.
fn joined(
    mut rows: Vec<&BalanceTransaction>,
    numbered: &[&BalanceTransaction],
    view: &OrderView<'_>,
    books: Currency,
) -> Vec<BalanceTransaction> {
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let of_payments = numbered.iter().filter(|row| is_of_payment(row));
    let mut taken: BTreeSet<&str> = of_payments.filter_map(|row| row.movement.as_deref()).collect();
    let mut join = |row: &BalanceTransaction| {
        let mut row = row.clone();
        if let (OrderView::Accounted(known), None, true) =
            (view, &row.movement, is_of_payment(&row))
        {
            let order = known.order;
            let about = |id: &&str| {
                !taken.contains(id)
                    && movement_on_gateway(order, id, &row.gateway.id, books)
                        .is_some_and(|moved| is_of_amount(&row, moved))
            };
            let id = order.movements.iter().map(|movement| movement.id.as_str()).find(about);
            taken.extend(id);
            row.movement = id.map(str::to_owned);
        }
        row
    };
    rows.into_iter().map(&mut join).collect()
}

/// Whether a row has the amount that a movement moved, or that the gateway settled it for.
fn is_of_amount(row: &BalanceTransaction, (movement, moved): (&MoneyMovement, Money)) -> bool {
    let same_way = moved.is_negative() == row.amount.is_negative();
    moved == row.amount || (same_way && settles_for(movement, row.amount) == Ok(true))
}

/// Whether a row is about a payment of its order, or a repayment.
fn is_of_payment(row: &BalanceTransaction) -> bool {
    matches!(row.kind, BalanceKind::Charge | BalanceKind::Refund)
}
