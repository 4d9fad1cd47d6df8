//! Cash drawers that were closed and counted.

use super::stated::{REFUSED, refused};
use super::{Source, gateway};
use crate::shopify::budget::Question;
use crate::shopify::wire;
use saldo_core::commerce::{DrawerMove, DrawerSession, Fact, Topic};
use saldo_core::issue::Issue;
use saldo_core::money::{Money, MoneyError};

/// The gateway of what is paid in cash.
const CASH: &str = "cash";

/// Reads a session of a drawer. What the vendor sums up must be what its parts come to.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    if source.reference.id == REFUSED {
        return refused(source, text, (Topic::Drawers, Question::Drawers));
    }
    let session: wire::CashSession = source.parse(text)?;
    if session.adjustments.page_info.clone().next().is_some() {
        return Err(source.unknown("more was put in and taken out than was listed"));
    }
    let (Some(closed_at), Some(counted)) = (session.closing_time, session.closing_balance) else {
        return Err(source.unknown("it is closed without a time, or nothing was counted"));
    };
    let too_large = |error: MoneyError| source.does_not_add_up(error.to_string());
    let moves = moves(source, &session).map_err(too_large)??;
    let place = session.location.as_ref().map(|location| format!("{}, ", location.name));
    let drawer = DrawerSession {
        id: source.fact_id(&session.id),
        source: source.reference.clone(),
        name: format!("{}{}", place.unwrap_or_default(), session.register_name),
        gateway: gateway(CASH, None),
        opened_at: session.opening_time,
        closed_at,
        left_before: session.expected_opening_balance.map(|amount| amount.0),
        float: session.opening_balance.0,
        sales: session.net_cash_sales.0,
        moves,
        counted: counted.0,
    };
    let expected = drawer.expected().map_err(too_large)?;
    let over = drawer.over_at_opening().and_then(|over| over.plus(drawer.over_at_closing()?));
    let sums = [
        ("expectedClosingBalance", session.expected_closing_balance, expected),
        ("totalDiscrepancy", session.total_discrepancy, over.map_err(too_large)?),
    ];
    for (field, stated, sum) in sums {
        if let Some(stated) = stated.filter(|stated| stated.0 != sum) {
            return Err(source.does_not_add_up(format!(
                "{} does not add up: `{field}` is {}, and its parts come to {sum}",
                drawer.name, stated.0
            )));
        }
    }
    Ok(Fact::Drawer(Box::new(drawer)))
}

/// What was put in and taken out. The vendor's sum is without the last adjustment where that sets
/// the drawer to what was counted: it is no move of money then.
fn moves(
    source: &Source,
    session: &wire::CashSession,
) -> Result<Result<Vec<DrawerMove>, Box<Issue>>, MoneyError> {
    let moved = |it: &wire::CashAdjustment| DrawerMove {
        id: it.id.short(),
        at: it.time,
        amount: it.cash.0,
        note: it.note.clone().unwrap_or_default(),
    };
    let mut moves: Vec<DrawerMove> = session.adjustments.nodes.iter().map(moved).collect();
    moves.sort_by(|a, b| (a.at, &a.id).cmp(&(b.at, &b.id)));
    let Some(stated) = session.total_adjustments.map(|amount| amount.0) else {
        return Ok(Ok(moves));
    };
    let sum = |moves: &[DrawerMove]| {
        Money::sum(stated.currency(), moves.iter().map(|moved| moved.amount))
    };
    let all = sum(&moves)?;
    if all == stated {
        return Ok(Ok(moves));
    }
    moves.pop();
    Ok(match sum(&moves)? == stated {
        true => Ok(moves),
        false => Err(source.does_not_add_up(format!(
            "{} does not add up: `totalAdjustments` is {stated}, and they come to {all}",
            session.register_name
        ))),
    })
}
