//! Payloads: one JSON document, of the REST interface or of a webhook.

use super::rest::gid;
use super::{Form, part};
use crate::shopify::envelope::parse;
use crate::shopify::wire::{Gid, NumberText};
use saldo_core::channel::{ImportContext, Imported};
use serde::Deserialize;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The things that a payload may hold, each with its type in global ids.
#[derive(Clone, Copy)]
enum Thing {
    Order,
    Payout,
    Row,
    Dispute,
    Purchase,
}

impl Thing {
    const fn form(self) -> Form {
        match self {
            Self::Order => Form::OrdersRest,
            Self::Payout => Form::PayoutsRest,
            Self::Row => Form::BalanceTransactionsRest,
            Self::Dispute => Form::DisputesRest,
            Self::Purchase => Form::PurchasesStocky,
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::Order => "Order",
            Self::Payout => "ShopifyPaymentsPayout",
            Self::Row => "ShopifyPaymentsBalanceTransaction",
            Self::Dispute => "ShopifyPaymentsDispute",
            Self::Purchase => "StockyPurchaseOrder",
        }
    }

    const fn many(self) -> &'static str {
        match self {
            Self::Order => "orders",
            Self::Payout => "payouts",
            Self::Row => "rows of the balance",
            Self::Dispute => "disputes",
            Self::Purchase => "purchase orders",
        }
    }
}

/// What a payload of the name in its wrapper holds, where it is taken.
fn wrapped(name: &str) -> Option<Thing> {
    match name {
        "order" | "orders" => Some(Thing::Order),
        "payout" | "payouts" => Some(Thing::Payout),
        "dispute" | "disputes" => Some(Thing::Dispute),
        "purchase_order" | "purchase_orders" => Some(Thing::Purchase),
        _ => None,
    }
}

/// What a webhook of this topic holds, where it is taken.
fn delivered(topic: &str) -> Option<Thing> {
    match topic {
        "orders/create"
        | "orders/updated"
        | "orders/paid"
        | "orders/cancelled"
        | "orders/fulfilled"
        | "orders/partially_fulfilled" => Some(Thing::Order),
        "disputes/create" | "disputes/update" => Some(Thing::Dispute),
        _ => None,
    }
}

const TENDER_ALONE: &str = "it tells payments by what was tendered, without what became of them: \
                            give the order with the payments in a field `transactions`";

/// Why a payload of this name or topic is not taken.
fn refusal(name: &str) -> String {
    let singular = name.split('/').next().unwrap_or(name).trim_end_matches('s');
    match (singular, name) {
        ("tender_transaction", _) => TENDER_ALONE.to_owned(),
        ("draft_order" | "checkout", _) => {
            format!("`{name}`: it is not sold before it is an order")
        }
        ("return", _) => {
            format!("`{name}`: it says what may come back; what is owed for it stands in the order")
        }
        (_, "orders/edited" | "orders/delete") | ("order", _) => {
            format!("`{name}`: it says that an order changed, but not what it is now")
        }
        _ => format!(
            "`{name}`: nothing in it is entered in books; Saldo reads orders, payouts, rows of the \
             balance, disputes and purchase orders"
        ),
    }
}

/// How many fields a message names of a document that is not known.
const FIELDS_NAMED: usize = 6;

type Fields<'a> = BTreeMap<String, &'a RawValue>;

/// Takes a document.
pub(super) fn import(
    text: &str,
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let document: &RawValue = parse(text).map_err(|why| format!("it is no whole JSON: {why}"))?;
    let Ok(fields) = parse::<Fields<'_>>(document.get()) else {
        let list: Vec<&RawValue> = parse(document.get())?;
        return bare_list(&list, context, take);
    };
    if let (Some(topic), Some(payload)) = (fields.get("topic"), fields.get("payload")) {
        let topic: String = parse(topic.get())?;
        let (taken, many) = match (delivered(&topic), part::Kind::named(&topic)) {
            (Some(thing), _) => (tell(thing, &[*payload], context, take), thing.many()),
            (None, Some(kind)) => (part::tell(kind, &[*payload], context, take), kind.many()),
            (None, None) => return Err(refusal(&topic)),
        };
        return Ok(format!("a webhook `{topic}`: {taken} {many}"));
    }
    if let Some(thing) = bare(&fields) {
        let taken = tell(thing, &[document], context, take);
        return Ok(format!("a payload: {taken} {}", thing.many()));
    }
    if let Some(kind) = bare_part(&fields) {
        let taken = part::tell(kind, &[document], context, take);
        return Ok(format!("a payload: {taken} {}", kind.many()));
    }
    let mut names = fields.iter();
    let (Some((name, value)), None) = (names.next(), names.next()) else {
        let named: Vec<&str> = fields.keys().take(FIELDS_NAMED).map(String::as_str).collect();
        return Err(format!(
            "it is no payload that Saldo knows: its fields are {}…",
            named.join(", ")
        ));
    };
    let values: Vec<&RawValue> = match value.get().starts_with('[') {
        true => parse(value.get())?,
        false => vec![*value],
    };
    let of_balance = name == "transactions" && values.iter().all(|value| is_row(value));
    let thing = wrapped(name).or(of_balance.then_some(Thing::Row));
    let (taken, many) = match (thing, part::Kind::named(name)) {
        (Some(thing), _) => (tell(thing, &values, context, take), thing.many()),
        (None, Some(kind)) => (part::tell(kind, &values, context, take), kind.many()),
        (None, None) => return Err(refusal(name)),
    };
    Ok(format!("a payload `{name}`: {taken} {many}"))
}

/// A list without a wrapper: rows of a balance, or something that is not taken.
fn bare_list(
    list: &[&RawValue],
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> Result<String, String> {
    let every = |is: fn(&RawValue) -> bool| list.iter().all(|value| is(value));
    match list {
        [] => Err("the list is empty".to_owned()),
        _ if every(is_row) => {
            let taken = tell(Thing::Row, list, context, take);
            Ok(format!("a payload: {taken} {}", Thing::Row.many()))
        }
        _ if every(is_payment) => {
            let (taken, many) = (part::Kind::Payment, part::Kind::Payment.many());
            Ok(format!("a payload: {} {many}", part::tell(taken, list, context, take)))
        }
        _ => Err("it is a list of things that are not entered in books".to_owned()),
    }
}

/// The thing itself, as webhooks are delivered: without a wrapper.
fn bare(fields: &Fields<'_>) -> Option<Thing> {
    let has = |names: &[&str]| names.iter().all(|name| fields.contains_key(*name));
    match () {
        () if has(&["id", "line_items", "financial_status"]) => Some(Thing::Order),
        () if has(&["id", "evidence_due_by"]) => Some(Thing::Dispute),
        () => None,
    }
}

/// A part of an order, as webhooks are delivered.
fn bare_part(fields: &Fields<'_>) -> Option<part::Kind> {
    let has = |names: &[&str]| names.iter().all(|name| fields.contains_key(*name));
    match () {
        () if has(&["order_id", "refund_line_items"]) => Some(part::Kind::Refund),
        () if has(&["order_id", "gateway", "kind"]) => Some(part::Kind::Payment),
        () => None,
    }
}

/// Whether a value is a row of the balance, not a payment of an order, which has the same name.
fn is_row(value: &RawValue) -> bool {
    let fields: Result<Fields<'_>, String> = parse(value.get());
    fields.is_ok_and(|fields| fields.contains_key("net") && fields.contains_key("payout_id"))
}

/// Whether a value is a payment of an order.
fn is_payment(value: &RawValue) -> bool {
    let fields: Result<Fields<'_>, String> = parse(value.get());
    fields.is_ok_and(|fields| fields.contains_key("order_id") && fields.contains_key("gateway"))
}

#[derive(Deserialize)]
struct Known {
    id: NumberText,
    admin_graphql_api_id: Option<Gid>,
}

/// Tells things; says how many.
fn tell(
    thing: Thing,
    values: &[&RawValue],
    context: &ImportContext,
    take: &mut dyn FnMut(Imported),
) -> usize {
    let mut told = 0;
    for (index, value) in values.iter().enumerate() {
        let (text, place) = (value.get(), format!("no. {}", index + 1));
        take(match parse::<Known>(text) {
            Ok(known) => {
                told += 1;
                let id = gid(thing.kind(), &known.id, known.admin_graphql_api_id.as_ref());
                thing.form().record(context, place, id.whole(), text.to_owned())
            }
            Err(reason) => Imported::LeftOut { place, reason },
        });
    }
    told
}
