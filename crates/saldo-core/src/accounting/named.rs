//! Rows that know their order by its name alone, as files tell them.

use super::gateway::{OrderView, account_row};
use super::order::{account_order, movement_on_gateway};
use super::{Accounted, Basis, Group, groups};
use crate::commerce::{BalanceTransaction, Fact, Order};
use crate::text::FactId;
use std::collections::BTreeSet;

/// Accounts the rows that name an order. Where one order has that name, they belong to it; where
/// none or several have it, nobody can say which, and the rows are accounted without it.
pub(super) fn account_named(name: &FactId, facts: &[Fact], basis: Basis<'_>) -> Accounted {
    let home = Group::Named(name.clone());
    let mut accounted = Accounted::default();
    let mut orders: Vec<&Order> = Vec::new();
    let mut rows: Vec<&BalanceTransaction> = Vec::new();
    for fact in facts {
        match fact {
            Fact::Order(order) => orders.push(order),
            Fact::BalanceTransaction(row) if groups(fact).first() == Some(&home) => rows.push(row),
            _ => {}
        }
    }
    if rows.is_empty() {
        return accounted;
    }
    // The order is entered in its own group; here only its state counts.
    let mut elsewhere = Accounted::default();
    let mut view = match orders[..] {
        [order] => account_order(order, Vec::new(), &[], basis, &mut elsewhere),
        _ => OrderView::NotHeard,
    };
    for row in joined(rows, &view) {
        account_row(&row, &mut view, basis, &mut accounted);
    }
    accounted
}

/// The rows, each with the payment that it is about: the first of the same gateway and amount that
/// no row before it took. Rows come by id, payments as the order has them.
fn joined(mut rows: Vec<&BalanceTransaction>, view: &OrderView<'_>) -> Vec<BalanceTransaction> {
    rows.sort_by(|a, b| a.id.cmp(&b.id));
    let mut taken: BTreeSet<&str> = BTreeSet::new();
    let mut join = |row: &BalanceTransaction| {
        let mut row = row.clone();
        if let (OrderView::Accounted(known), None) = (view, &row.movement) {
            let order = known.order;
            let about = |id: &&str| {
                !taken.contains(id)
                    && movement_on_gateway(order, id, &row.gateway.id)
                        .is_some_and(|(_, amount)| amount == row.amount)
            };
            let id = order.movements.iter().map(|movement| movement.id.as_str()).find(about);
            taken.extend(id);
            row.movement = id.map(str::to_owned);
        }
        row
    };
    rows.into_iter().map(&mut join).collect()
}
