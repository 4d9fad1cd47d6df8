//! Rows of marketplaces, which say themselves what they are made of.
//!
//! Where the order of a row is known, the order enters the sale, and the row only its fees and what
//! the order does not explain. Where nobody tells the order, the row enters the sale. Both happen
//! in the order's own group, so that a sale is never entered twice, whichever is heard first.

use super::items::Items;
use super::{Accounted, Desk, Trouble};
use crate::accounting::known_order::{Drawn, KnownOrder, OrderView};
use crate::accounting::summary::{Part, detail_of_row};
use crate::commerce::{PartKind, RowPart, sum_of};
use crate::document::{DocumentKind, Header, Line, SubledgerEntry};
use crate::issue::FactState;
use crate::money::Money;
use crate::policy::{Detail, Subject};

/// Who enters the sale that a row tells.
enum Seller {
    /// The row: nobody tells its order.
    Row,
    /// The order.
    Order {
        /// What the order does not explain.
        unexplained: Money,
        /// What waits with the order for a person.
        held: Money,
        /// Whether the order also enters the tax that the marketplace keeps.
        keeps_tax: bool,
    },
}

impl Seller {
    /// Whether a part is entered by its row.
    fn leaves(&self, kind: &PartKind) -> bool {
        match (self, kind) {
            (_, PartKind::Carried) => false,
            (Self::Row, _) => true,
            (Self::Order { keeps_tax, .. }, PartKind::ChannelTaxKept) => !keeps_tax,
            (Self::Order { .. }, kind) => !kind.is_of_sale(),
        }
    }
}

impl Desk<'_> {
    /// Enters a row by its parts, once its settlement is there and adds up.
    pub(super) fn itemised(
        &self,
        parts: &[RowPart],
        order: &mut OrderView<'_>,
        accounted: &mut Accounted,
    ) -> Result<FactState, Trouble> {
        let (row, basis) = (self.row, self.basis);
        let own = detail_of_row(row, basis) == Detail::Order;
        let part = (!own).then(|| Part::of_row(row, basis));
        if let Some(open) = part.as_ref().and_then(|part| part.open.clone()) {
            return Ok(FactState::Waiting { for_what: open.for_what, until: open.until });
        }
        let seller = match self.seller(parts, order)? {
            Ok(seller) => seller,
            Err(waiting) => return Ok(waiting),
        };
        let about = Subject { order: self.order, ..Subject::of_channel(&row.source.connection) };
        let mut items = Items::new(&row.gateway.id, row.id.as_str(), about, basis.policy);
        items.add_parts(parts.iter().filter(|part| seller.leaves(&part.kind)))?;
        if let Seller::Order { unexplained, held, .. } = seller {
            items.review(unexplained, &format!("{} has no such payment", self.named()))?;
            items.hold(held)?;
        }
        self.enter_items(&items, part, accounted)?;
        Ok(FactState::Accounted { review: items.issue(&row.id, &row.gateway.name) })
    }

    /// The row's order as people call it.
    fn named(&self) -> &str {
        self.row.order_name.as_deref().unwrap_or("its order")
    }

    /// Who enters the sale in the parts; or what the row waits for until that is known.
    fn seller(
        &self,
        parts: &[RowPart],
        order: &mut OrderView<'_>,
    ) -> Result<Result<Seller, FactState>, Trouble> {
        let row = self.row;
        Ok(match (order, &row.order) {
            (OrderView::NotHeard, Some(_)) if self.basis.heard_until < row.occurred_at => {
                let for_what = format!("{} to be heard", self.named());
                Err(FactState::Waiting { for_what, until: Some(row.occurred_at) })
            }
            (OrderView::NotHeard, _) | (_, None) => Ok(Seller::Row),
            (OrderView::Undecided, _) => {
                let held = sum_of(parts, row.amount, PartKind::is_of_sale)?;
                let unexplained = Money::zero(held.currency());
                Ok(Seller::Order { unexplained, held, keeps_tax: true })
            }
            (OrderView::Accounted(known), _) => self.told_by_order(parts, known)?,
        })
    }

    /// What a known order does not enter of the sale in the parts.
    fn told_by_order(
        &self,
        parts: &[RowPart],
        known: &mut KnownOrder<'_>,
    ) -> Result<Result<Seller, FactState>, Trouble> {
        let (gateway, policy) = (&self.row.gateway.id, self.basis.policy);
        // What the order has taken out of its payments already is not told again.
        let keeps_tax = policy.keeps_tax(gateway) == Some(true);
        let told =
            |kind: &PartKind| kind.is_of_sale() && (keeps_tax || *kind != PartKind::ChannelTaxKept);
        let told = sum_of(parts, self.row.amount, told)?;
        Ok(match known.draw(told, gateway, policy)? {
            Drawn::Later(open) => {
                Err(FactState::Waiting { for_what: open.for_what, until: open.until })
            }
            Drawn::Entered { unexplained, held } => {
                Ok(Seller::Order { unexplained, held, keeps_tax })
            }
        })
    }

    /// Enters what is made of a row's parts, against the gateway's account.
    fn enter_items(
        &self,
        items: &Items,
        part: Option<Part>,
        accounted: &mut Accounted,
    ) -> Result<(), Trouble> {
        let row = self.row;
        if items.lines().is_empty() {
            return Ok(());
        }
        let moved = items.moved(row.net.currency())?;
        let cleared = self.cleared(moved)?;
        let mut left = cleared.amount.negated();
        let mut lines = Vec::new();
        for line in items.lines() {
            let line = Line { amount: self.rate.value(line.amount)?, ..line.clone() };
            left = left.minus(line.amount)?;
            lines.push(line);
        }
        // Parts of a foreign row may round otherwise than the whole: the last takes the rest.
        if let Some(last) = lines.last_mut() {
            last.amount = last.amount.plus(left)?;
        }
        lines.push(cleared);
        lines.retain(|line| !line.amount.is_zero());
        let gateway = &row.gateway;
        let kind = DocumentKind::JournalEntry;
        let header = match part {
            None => {
                let date = self.basis.policy.day(row.occurred_at);
                let what = row.order_name.as_deref().unwrap_or(&row.vendor_type);
                let memo = format!("{}: {what}", gateway.name);
                self.header(row.id.to_string(), kind, date, memo)
            }
            Some(part) => {
                let (connection, path) = (&row.source.connection, &part.path);
                let currency = row.net.currency();
                let slot = format!("settled/{connection}/{}/{path}/{currency}", gateway.id);
                let memo = format!("{}: {}", gateway.name, part.name);
                let header = self.header(slot, kind, part.date, memo);
                Header { reference: format!("{} {}", gateway.name, part.reference), ..header }
            }
        };
        accounted.entries.push(SubledgerEntry::new(row.id.clone(), header, lines)?);
        Ok(())
    }
}
