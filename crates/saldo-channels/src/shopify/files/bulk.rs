//! The download of a bulk operation over orders: a line for each order, with its agreements and
//! sales below it. Where a line stands apart from its order the file is refused: nobody could say
//! that an order is whole before the whole file is read.

use super::Form;
use super::lines::Lines;
use crate::shopify::envelope::parse;
use crate::shopify::read::{Source, order};
use crate::shopify::wire::Gid;
use saldo_core::channel::{ImportContext, Imported};
use saldo_core::commerce::{Fact, Telling};
use saldo_core::issue::Issue;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

#[derive(Deserialize)]
struct Line<'a> {
    id: Gid,
    #[serde(rename = "__parentId")]
    parent: Option<Gid>,
    #[serde(borrow)]
    agreements: Option<&'a RawValue>,
}

/// Whether a line is one of a bulk operation.
pub(super) fn is_line(text: &str) -> bool {
    parse::<Line<'_>>(text).is_ok()
}

/// An order and the lines below it.
struct Group {
    id: Gid,
    place: String,
    lines: Vec<String>,
    with_agreements: bool,
}

/// Takes the orders one by one.
pub(super) fn import(
    first: String,
    lines: &mut Lines<'_>,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let mut next = Some(first);
    let mut open: Option<Group> = None;
    let mut known: BTreeSet<String> = BTreeSet::new();
    let mut orders = 0_usize;
    while let Some(text) = next {
        let place = format!("line {}", lines.number());
        let text = text.trim();
        if !text.is_empty() {
            let line: Line<'_> = parse(text).map_err(|why| format!("{place}: {why}"))?;
            match (line.parent.map(|parent| parent.short()), &mut open) {
                (None, _) => {
                    known.clear();
                    let with_agreements = line.agreements.is_some();
                    let (id, lines) = (line.id.clone(), vec![text.to_owned()]);
                    let group = Group { id, place, lines, with_agreements };
                    orders += tell(open.replace(group), context, take);
                }
                (Some(parent), Some(group)) if known.contains(&parent) => {
                    group.with_agreements = true;
                    group.lines.push(text.to_owned());
                }
                (Some(parent), _) => {
                    return Err(format!(
                        "{place}: {} does not stand below {parent}, to which it belongs: run the \
                         bulk operation with `groupObjects: true`",
                        line.id.short()
                    ));
                }
            }
            known.insert(line.id.short());
        }
        next = lines.next()?;
    }
    orders += tell(open, context, take);
    Ok(format!("the download of a bulk operation: {orders} orders"))
}

/// Tells an order; says how many that were.
fn tell(group: Option<Group>, context: &ImportContext, take: &mut dyn FnMut(Imported)) -> usize {
    let Some(Group { id, place, lines, with_agreements }) = group else { return 0 };
    let reason = match (id.is("Order"), with_agreements) {
        (true, true) => {
            take(Form::OrdersBulk.record(context, id.whole(), lines.join("\n")));
            return 1;
        }
        (true, false) => format!("{} stands without its agreements", id.short()),
        (false, _) => format!("{} is no order", id.short()),
    };
    take(Imported::LeftOut { place, reason });
    0
}

/// Reads an order as the Admin API gives it.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let fact = order::read(source, text)?;
    Ok(match fact {
        Fact::Order(mut order) => {
            order.telling = Telling::File(Vec::new());
            Fact::Order(order)
        }
        other => other,
    })
}
