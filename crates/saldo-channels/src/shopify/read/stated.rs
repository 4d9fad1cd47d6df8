//! What the shop says of itself.

use super::Source;
use crate::shopify::budget::Question;
use crate::shopify::envelope::denial;
use crate::shopify::wire;
use jiff::Timestamp;
use saldo_core::commerce::{Fact, GiftCard, OrdersOfDay, Record, Saying, Stated, Topic};
use saldo_core::issue::Issue;

/// The id of the record that says why something may not be read.
pub(in crate::shopify) const REFUSED: &str = "refused";

/// Reads what is left on a gift card, or why that may not be read.
pub(super) fn read_gift_card(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    if source.reference.id == REFUSED {
        return refused(source, text, (Topic::GiftCards, Question::GiftCards));
    }
    let card: wire::GiftCard = source.parse(text)?;
    let (balance, initial) = (card.balance.0, card.initial_value.0);
    if balance.is_negative() || balance.currency() != initial.currency() {
        let why = format!("there is {balance} on a gift card of {initial}");
        return Err(source.unknown(&why));
    }
    let saying = Saying::GiftCard(GiftCard {
        name: format!("gift card …{}", card.last_characters),
        balance,
        initial,
        issued_at: card.created_at,
        order: card.order.map(|order| source.fact_id(&order.id)),
        disabled_at: card.deactivated_at,
        expires_on: card.expires_on,
        changed_at: card.updated_at,
    });
    Ok(stated(source, &card.id.short(), Topic::GiftCards, saying))
}

/// The first instant of the day that a record names, and the first one after it.
pub(super) fn day_of(
    source: &Source,
    record: &Record,
) -> Result<(Timestamp, Timestamp), Box<Issue>> {
    let instants = || {
        let (from, until) = record.id.split_once('/')?;
        Some((from.parse().ok()?, until.parse().ok()?))
    };
    instants().ok_or_else(|| source.unknown("it names no day"))
}

/// Reads how many orders a day has.
pub(super) fn read_day(source: &Source, record: &Record, text: &str) -> Result<Fact, Box<Issue>> {
    let counted: wire::Count = source.parse(text)?;
    let (from, until) = day_of(source, record)?;
    if counted.precision != "EXACT" {
        let why = format!("its number of orders is {}, not exact", counted.precision);
        return Err(source.unknown(&why));
    }
    let saying = Saying::Orders(OrdersOfDay { from, until, count: counted.count });
    Ok(stated(source, &format!("OrdersOfDay/{from}"), Topic::OrdersOfDays, saying))
}

/// Reads why something may not be read.
pub(super) fn refused(
    source: &Source,
    text: &str,
    (topic, question): (Topic, Question),
) -> Result<Fact, Box<Issue>> {
    let why = denial(question, text)
        .ok_or_else(|| source.unknown("it is no refusal of something that may not be read"))?;
    let id = format!("{}/{REFUSED}", source.reference.stream);
    Ok(stated(source, &id, topic, Saying::Refused(why)))
}

/// A statement about something that has this id.
pub(super) fn stated(source: &Source, id: &str, topic: Topic, saying: Saying) -> Fact {
    let (id, source) = (source.key(id), source.reference.clone());
    Fact::Stated(Box::new(Stated { id, source, topic, saying }))
}
