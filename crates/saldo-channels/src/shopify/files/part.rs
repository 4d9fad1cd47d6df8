//! Parts of orders, as the REST interface and webhooks tell them by themselves: refunds, payments.
//! Alone they do not say what was bought. They are put into the payload of their order, where they
//! stand when the order is told whole.

use super::Form;
use super::rest::gid;
use crate::shopify::envelope::parse;
use crate::shopify::wire::NumberText;
use saldo_core::channel::{ImportContext, Imported, Part};
use saldo_core::commerce::{Record, RecordRef};
use saldo_core::text::Stream;
use serde::Deserialize;
use serde_json::value::{RawValue, to_raw_value};
use std::collections::BTreeMap;

/// The parts that are taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Refund,
    Payment,
}

impl Kind {
    const ALL: [Self; 2] = [Self::Refund, Self::Payment];

    /// The part of the name in its wrapper, or of the topic of its webhook.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "refund" | "refunds" | "refunds/create" => Some(Self::Refund),
            "transaction" | "transactions" | "order_transactions/create" => Some(Self::Payment),
            _ => None,
        }
    }

    /// The field of an order's payload in which parts of this kind stand.
    const fn field(self) -> &'static str {
        match self {
            Self::Refund => "refunds",
            Self::Payment => "transactions",
        }
    }

    const fn one(self) -> &'static str {
        match self {
            Self::Refund => "refund",
            Self::Payment => "payment",
        }
    }

    pub(super) const fn many(self) -> &'static str {
        match self {
            Self::Refund => "refunds of orders",
            Self::Payment => "payments of orders",
        }
    }
}

/// As much of a part as says whose it is. What was only calculated has no id.
#[derive(Deserialize)]
struct Known {
    id: NumberText,
    order_id: NumberText,
}

/// Tells parts; says how many.
pub(super) fn tell(
    kind: Kind,
    values: &[&RawValue],
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> usize {
    let mut told = 0;
    for (index, value) in values.iter().enumerate() {
        let text = value.get();
        take(match parse::<Known>(text) {
            Ok(Known { id, order_id }) => {
                told += 1;
                Imported::Part(Part {
                    of: RecordRef {
                        connection: context.connection.clone(),
                        stream: Stream::new(Form::OrdersRest.name()),
                        id: gid("Order", &order_id, None).whole(),
                    },
                    kind: kind.field().to_owned(),
                    place: format!("{} {}", kind.one(), id.0),
                    taken_at: context.now,
                    text: text.to_owned(),
                })
            }
            Err(why) => {
                let reason =
                    format!("no {} that was made, but perhaps calculated: {why}", kind.one());
                Imported::LeftOut { place: format!("no. {}", index + 1), reason }
            }
        });
    }
    told
}

/// As much of an order's payload as says whether no money has moved yet.
#[derive(Deserialize)]
struct Standing {
    financial_status: Option<String>,
}

/// Puts a part into the payload of its order, in place of what the order knew of it.
///
/// # Errors
/// Where the order does not list its payments, so that one alone would pass for all of them.
pub(in crate::shopify) fn join(known: &Record, part: &Part) -> Result<Record, String> {
    let kind = Kind::ALL.into_iter().find(|kind| kind.field() == part.kind);
    let kind = kind.ok_or_else(|| format!("it is no part of an order: `{}`", part.kind))?;
    let text = std::str::from_utf8(&known.bytes).map_err(|error| error.to_string())?;
    let mut fields: BTreeMap<String, Box<RawValue>> = parse(text)?;
    let standing: Standing = parse(text)?;
    let mut list: Vec<Box<RawValue>> = match fields.get(kind.field()) {
        Some(list) => parse(list.get())?,
        None if kind == Kind::Refund => Vec::new(),
        None if standing.financial_status.as_deref() == Some("pending") => Vec::new(),
        None => {
            return Err(
                "the payload of its order does not list its payments, of which this is one: \
                        give the order with its payments in a field `transactions`"
                    .to_owned(),
            );
        }
    };
    let Known { id, .. } = parse(&part.text)?;
    list.retain(|it| parse::<Numbered>(it.get()).map_or(true, |it| it.id != id));
    list.push(RawValue::from_string(part.text.clone()).map_err(broken)?);
    fields.insert(kind.field().to_owned(), to_raw_value(&list).map_err(broken)?);
    let bytes = serde_json::to_vec(&fields).map_err(broken)?;
    Ok(Record { fetched_at: part.taken_at, bytes, ..known.clone() })
}

/// The payload of an order with the refunds and payments that were known of it and that it does
/// not tell: none ever goes, so that it is an older one. None where it tells all, or is no such
/// payload.
pub(in crate::shopify) fn with_parts(known: &Record, told: &Record) -> Option<Record> {
    if told.stream.as_str() != Form::OrdersRest.name() || known.bytes == told.bytes {
        return None;
    }
    let fields = |record: &Record| -> Option<BTreeMap<String, Box<RawValue>>> {
        parse(std::str::from_utf8(&record.bytes).ok()?).ok()
    };
    let (known, mut fields) = (fields(known)?, fields(told)?);
    let mut more = false;
    for kind in Kind::ALL {
        let list = |fields: &BTreeMap<String, Box<RawValue>>| -> Option<Vec<Box<RawValue>>> {
            parse(fields.get(kind.field())?.get()).ok()
        };
        let Some(before) = list(&known) else { continue };
        let mut now = match (list(&fields), kind) {
            (Some(now), _) => now,
            (None, Kind::Refund) => Vec::new(),
            (None, Kind::Payment) => continue,
        };
        let ids: Vec<_> = now.iter().filter_map(|it| parse::<Numbered>(it.get()).ok()).collect();
        let is_told = |it: &RawValue| {
            parse::<Numbered>(it.get()).is_ok_and(|it| ids.iter().any(|id| id.id == it.id))
        };
        let untold: Vec<_> = before.into_iter().filter(|it| !is_told(it)).collect();
        if !untold.is_empty() {
            more = true;
            now.extend(untold);
            fields.insert(kind.field().to_owned(), to_raw_value(&now).ok()?);
        }
    }
    let bytes = more.then(|| serde_json::to_vec(&fields).ok()).flatten()?;
    Some(Record { bytes, ..told.clone() })
}

#[derive(Deserialize)]
struct Numbered {
    id: NumberText,
}

fn broken(error: serde_json::Error) -> String {
    error.to_string()
}
