//! Where an order's documents stand.
//!
//! An entry has the number of what happened. A slot has none: it is made of what every record of an
//! order says, so that the order is entered once, whether an interface tells it, or an export that
//! knows no numbers.

use super::Timeline;
use crate::accounting::movements::Portion;
use crate::accounting::order_by_name;
use crate::commerce::Tender;
use crate::money::Money;
use crate::text::FactId;
use jiff::civil::Date;

/// Where an entry stands.
pub(super) struct Place {
    /// Its natural key.
    pub(super) id: FactId,
    /// The slot of its document.
    pub(super) slot: String,
}

impl Timeline<'_> {
    /// The place of what has this number within the order, as this part of it. A further one of
    /// the same part has a slot of its own.
    ///
    /// Names of orders may be used again, but not twice a day.
    pub(super) fn place(&mut self, number: &str, part: &str) -> Place {
        let order = self.order;
        let by_name = order_by_name(&order.source.connection, &order.name);
        let slot = format!("{by_name}/{}/{part}", self.policy.day(order.processed_at));
        let count = self.places.entry(slot.clone()).or_default();
        *count += 1;
        let id = FactId::from(format!("{}/{number}", order.id));
        match *count {
            1 => Place { id, slot },
            more => Place { id, slot: format!("{slot} no. {more}") },
        }
    }

    /// The place of money that was paid, or paid back, for this.
    pub(super) fn place_of_money(
        &mut self,
        (date, portion, amount): (Date, &Portion<'_>, Money),
        what_for: &str,
    ) -> Place {
        let movement = portion.movement;
        let tender = match &movement.tender {
            Tender::Gateway(gateway) => gateway.id.as_str(),
            Tender::GiftCard => "gift card",
            Tender::StoreCredit => "store credit",
        };
        let part = format!("{date} {tender} {amount}@{what_for}");
        self.place(&format!("{}@{what_for}", movement.id), &part)
    }
}
