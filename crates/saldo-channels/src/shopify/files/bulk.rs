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
use saldo_core::json_lines::LineHead;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeSet;

/// Whether a line is one of a bulk operation.
pub(super) fn is_line(text: &str) -> bool {
    LineHead::read(text).is_ok_and(|head| head.id.is_some_and(|id| Gid::parse(&id).is_some()))
}

/// As much of an order as says whether it is whole.
#[derive(Deserialize)]
struct Root<'a> {
    #[serde(borrow)]
    agreements: Option<&'a RawValue>,
}

/// An order and the lines below it.
struct Group {
    id: Gid,
    place: String,
    text: String,
    has_children: bool,
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
        let line = text;
        let text = line.trim();
        if !text.is_empty() {
            let place = || format!("line {}", lines.number());
            let (id, parent) = ids(&line).map_err(|why| format!("{}: {why}", place()))?;
            match (parent.map(Gid::into_short), &mut open) {
                (None, _) => {
                    known.clear();
                    let (id, text) = (id.clone(), text.to_owned());
                    let group = Group { id, place: place(), text, has_children: false };
                    orders += tell(open.replace(group), context, take);
                }
                (Some(parent), Some(group)) if known.contains(&parent) => {
                    group.has_children = true;
                    group.text.push('\n');
                    group.text.push_str(text);
                }
                (Some(parent), _) => {
                    return Err(format!(
                        "{}: {} does not stand below {parent}, to which it belongs: run the \
                         bulk operation with `groupObjects: true`",
                        place(),
                        id.short()
                    ));
                }
            }
            known.insert(id.into_short());
        }
        next = lines.next()?;
    }
    orders += tell(open, context, take);
    Ok(format!("the download of a bulk operation: {orders} orders"))
}

/// What a line is called, and what it belongs to.
fn ids(line: &str) -> Result<(Gid, Option<Gid>), String> {
    let head = LineHead::read(line).map_err(|error| error.to_string())?;
    let id = head.id.ok_or("it has no `id`")?;
    let read =
        |id: &str| Gid::parse(id).ok_or_else(|| format!("`{id}` is not a global id of Shopify"));
    Ok((read(&id)?, head.parent.as_deref().map(read).transpose()?))
}

/// Tells an order; says how many that were.
fn tell(group: Option<Group>, context: &ImportContext, take: &mut dyn FnMut(Imported)) -> usize {
    let Some(Group { id, place, text, has_children }) = group else { return 0 };
    let has_agreements = || parse::<Root<'_>>(&text).map(|root| root.agreements.is_some());
    let reason = match (id.is("Order"), has_children) {
        (true, true) => None,
        (true, false) => match has_agreements() {
            Ok(true) => None,
            Ok(false) => Some(format!("{} stands without its agreements", id.short())),
            Err(why) => Some(why),
        },
        (false, _) => Some(format!("{} is no order", id.short())),
    };
    match reason {
        None => {
            take(Form::OrdersBulk.record(context, place, id.whole(), text));
            1
        }
        Some(reason) => {
            take(Imported::LeftOut { place, reason });
            0
        }
    }
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
