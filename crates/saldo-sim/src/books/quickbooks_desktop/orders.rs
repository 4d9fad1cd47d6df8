//! Orders of goods, and what fulfils them: a bill or a receipt takes all that is open of an order,
//! or says line by line how much of it came in. Whether more may come in of a line than is open of
//! it is nowhere said: here it may not.

use super::element::Element;
use super::expenses::bought_for;
use super::fields;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::{Fulfilment, Record};
use super::status::{Checked, Status};
use super::transactions::Draft;
use jiff::Timestamp;
use rust_decimal::Decimal;

impl CompanyFile {
    /// An order of goods, which changes no account.
    pub(super) fn order(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        self.required(add, "VendorRef")?;
        let mut total = 0;
        let mut amounts = Vec::new();
        for line in add.all("PurchaseOrderLineAdd") {
            let Some(item) = self.referred(line, "ItemRef")? else {
                amounts.push(None);
                continue;
            };
            let quantity = fields::number(line, "Quantity")?;
            if quantity.is_some_and(|quantity| quantity < Decimal::ZERO) {
                let said = quantity.unwrap_or_default().to_string();
                let why = "Nothing less than nothing can be ordered.";
                return Err(Status::refused("Quantity", &said, why));
            }
            let (minor, rate) = bought_for(line, item, quantity)?;
            total += minor;
            amounts.push(Some((minor, rate)));
        }
        let shown = draft.body.children.iter_mut().filter(|it| it.name.ends_with("LineRet"));
        for (shown, amount) in shown.zip(amounts) {
            shown.set("ReceivedQuantity", "0");
            shown.set("IsManuallyClosed", "false");
            let Some((minor, rate)) = amount else { continue };
            shown.set("Amount", fields::money(minor));
            if let Some(rate) = rate {
                shown.set("Rate", fields::shown(rate));
            }
        }
        draft.body.set("TotalAmount", fields::money(total));
        draft.body.set("IsManuallyClosed", "false");
        draft.body.set("IsFullyReceived", "false");
        Ok(())
    }

    /// Whether an addition fulfils orders.
    pub(super) fn fulfils_orders(add: &Element) -> bool {
        let of_line = |line: &Element| line.child("LinkToTxn").is_some();
        add.child("LinkToTxnID").is_some() || add.all("ItemLineAdd").any(of_line)
    }

    /// An addition with the lines of the orders that it fulfils: of whole orders what is open of
    /// them, of single lines as much as it says, or what is open.
    pub(super) fn with_orders(&self, draft: &mut Draft, add: &Element) -> Checked<Element> {
        let vendor = self.required(add, "VendorRef")?.number;
        let mut expanded = add.clone();
        for line in expanded.children.iter_mut().filter(|it| it.name == "ItemLineAdd") {
            if let Some(link) = line.child("LinkToTxn").cloned() {
                *line = self.of_line(draft, add, vendor, line, &link)?;
            }
        }
        for link in add.all("LinkToTxnID") {
            let order = self.open_order(link.text.trim(), "LinkToTxnID", vendor)?;
            let lines = order.body.all("PurchaseOrderLineRet");
            let items = lines.filter(|line| line.child("ItemRef").is_some());
            let open = items.map(|line| (line, self.open_of(order, line, draft)));
            let open: Vec<_> = open.filter(|(_, open)| *open > Decimal::ZERO).collect();
            if open.is_empty() {
                return Err(Status::link_closed(&order.id()));
            }
            for (line, quantity) in open {
                expanded.children.push(taken(line, quantity, &[]));
                note(draft, order, line, quantity);
            }
        }
        expanded.remove("LinkToTxnID");
        Ok(expanded)
    }

    /// A line that fulfils a line of an order.
    fn of_line(
        &self,
        draft: &mut Draft,
        add: &Element,
        vendor: u64,
        line: &Element,
        link: &Element,
    ) -> Checked<Element> {
        let (id, line_id) =
            (link.text_of("TxnID").unwrap_or(""), link.text_of("TxnLineID").unwrap_or(""));
        if add.all("LinkToTxnID").any(|whole| whole.text.trim() == id) {
            let why = "The whole of the order is linked already.";
            return Err(Status::refused("LinkToTxn", id, why));
        }
        if let Some(item) = line.child("ItemRef") {
            let said = item.text_of("FullName").or_else(|| item.text_of("ListID"));
            let why = "The item of a linked line is that of the order.";
            return Err(Status::refused("ItemRef", said.unwrap_or(""), why));
        }
        let order = self.open_order(id, "LinkToTxn", vendor)?;
        let is_meant = |it: &&Element| it.text_of("TxnLineID") == Some(line_id);
        let ordered = order.body.all("PurchaseOrderLineRet").find(is_meant);
        let ordered = ordered.filter(|line| line.child("ItemRef").is_some());
        let ordered = ordered.ok_or_else(|| Status::not_found(line_id))?;
        let open = self.open_of(order, ordered, draft);
        if open <= Decimal::ZERO {
            return Err(Status::link_closed(&order.id()));
        }
        let quantity = fields::number(line, "Quantity")?.unwrap_or(open);
        if quantity > open {
            let why = "It is more than is still to come of the order.";
            return Err(Status::refused("Quantity", &quantity.to_string(), why));
        }
        note(draft, order, ordered, quantity);
        Ok(taken(ordered, quantity, &line.children))
    }

    /// An order of this vendor that is not closed.
    fn open_order(&self, id: &str, field: &str, vendor: u64) -> Checked<&Record> {
        let order = self.by_id(&[Kind::PurchaseOrder], id);
        let order = order.filter(|order| order.counts()).ok_or_else(|| Status::not_found(id))?;
        let of = order.body.child("VendorRef").and_then(|it| it.text_of("ListID"));
        if of.and_then(Record::number_in) != Some(vendor) {
            let why = "The order was placed with somebody else.";
            return Err(Status::refused(field, id, why));
        }
        if order.text("IsManuallyClosed") == Some("true") {
            return Err(Status::link_closed(id));
        }
        Ok(order)
    }

    /// How many of a line of an order came in.
    pub(super) fn received_of(&self, order: u64, line: &str) -> Decimal {
        let by = self.index.received.get(&order).into_iter().flatten();
        by.filter(|((_, of), _)| of == line).map(|(_, quantity)| *quantity).sum()
    }

    /// How many of a line of an order are still to come, those of the draft left out.
    fn open_of(&self, order: &Record, line: &Element, draft: &Draft) -> Decimal {
        let id = line.text_of("TxnLineID").unwrap_or("");
        let now = draft.fulfils.iter().filter(|it| it.order == order.number && it.line == id);
        let now: Decimal = now.map(|it| it.quantity).sum();
        quantity_of(line) - self.received_of(order.number, id) - now
    }

    /// How many units of an item are ordered and still to come.
    pub(super) fn on_order(&self, item: u64) -> Decimal {
        let is_open =
            |order: &&Record| order.counts() && order.text("IsManuallyClosed") != Some("true");
        let lines = self.shelf(Kind::PurchaseOrder).filter(is_open).flat_map(|order| {
            order.body.all("PurchaseOrderLineRet").map(move |line| (order.number, line))
        });
        let of_item = lines.filter(|(_, line)| {
            let id = line.child("ItemRef").and_then(|it| it.text_of("ListID"));
            id.and_then(Record::number_in) == Some(item)
        });
        let open = of_item.map(|(order, line)| {
            quantity_of(line) - self.received_of(order, line.text_of("TxnLineID").unwrap_or(""))
        });
        open.map(|open| open.max(Decimal::ZERO)).sum()
    }

    /// Closes an order, or opens it again: with the latest edit sequence alone; its number.
    pub(super) fn change_order(&mut self, change: &Element, now: Timestamp) -> Checked<u64> {
        let id = change.text_of("TxnID").unwrap_or("");
        let sequence = change.text_of("EditSequence").unwrap_or("");
        let order = self.by_id(&[Kind::PurchaseOrder], id);
        let mut order = order.cloned().ok_or_else(|| Status::not_found(id))?;
        if order.edit_sequence() != sequence {
            return Err(Status::stale(sequence));
        }
        if let Some(date) = order.date() {
            self.check_open_period(Kind::PurchaseOrder, date)?;
        }
        if let Some(closed) = fields::flag(change, "IsManuallyClosed") {
            order.body.set("IsManuallyClosed", closed.to_string());
        }
        if let Some(memo) = change.text_of("Memo") {
            order.body.set("Memo", memo.to_owned());
        }
        order.modified = now;
        let number = order.number;
        self.store(order);
        Ok(number)
    }

    /// Orders and what fulfilled them.
    pub(super) fn show_received(&self, record: &Record, shown: &mut Element) {
        let by = self.index.received.get(&record.number).into_iter().flatten();
        let mut others: Vec<u64> = by.map(|((by, _), _)| *by).collect();
        others.extend(record.fulfils.iter().filter(|_| record.counts()).map(|it| it.order));
        others.sort_unstable();
        others.dedup();
        for other in others.into_iter().filter_map(|number| self.record(number)) {
            let mut link = Element::new("LinkedTxn");
            self.name_transaction(other, &mut link);
            link.set("LinkType", "QUANTYPE");
            link.set("Amount", "0.00");
            shown.children.push(link);
        }
        if record.kind != Kind::PurchaseOrder {
            return;
        }
        let received = |line: &Element| {
            self.received_of(record.number, line.text_of("TxnLineID").unwrap_or(""))
        };
        for line in shown.children.iter_mut().filter(|it| it.name == "PurchaseOrderLineRet") {
            line.set("ReceivedQuantity", fields::shown(received(line)));
        }
        shown.set("IsFullyReceived", self.is_fully_received(record).to_string());
    }

    /// Whether all came in. Lines may be left out of what is shown, and not of this.
    fn is_fully_received(&self, order: &Record) -> bool {
        let mut lines = order.body.all("PurchaseOrderLineRet");
        lines.all(|line| {
            let id = line.text_of("TxnLineID").unwrap_or("");
            line.child("ItemRef").is_none()
                || self.received_of(order.number, id) >= quantity_of(line)
        })
    }

    /// How many orders are neither closed nor fully received.
    #[must_use]
    pub fn open_orders(&self) -> usize {
        let is_open = |order: &&Record| {
            order.counts()
                && order.text("IsManuallyClosed") != Some("true")
                && !self.is_fully_received(order)
        };
        self.shelf(Kind::PurchaseOrder).filter(is_open).count()
    }
}

/// How many a line is about; one where it does not say.
fn quantity_of(line: &Element) -> Decimal {
    fields::number(line, "Quantity").ok().flatten().unwrap_or(Decimal::ONE)
}

fn note(draft: &mut Draft, order: &Record, line: &Element, quantity: Decimal) {
    let (order, line) = (order.number, line.text_of("TxnLineID").unwrap_or("").to_owned());
    draft.fulfils.push(Fulfilment { order, line, quantity });
}

/// What comes in of a line of an order: as the order has it, where the line says nothing else.
fn taken(ordered: &Element, quantity: Decimal, said: &[Element]) -> Element {
    let mut line = Element::node("ItemLineAdd", Vec::new());
    for name in ["ItemRef", "Desc", "CustomerRef", "ClassRef"] {
        line.children.extend(ordered.child(name).cloned());
    }
    line.set("Quantity", fields::shown(quantity));
    let says_worth = said.iter().any(|it| matches!(it.name.as_str(), "Cost" | "Amount"));
    match ordered.text_of("Amount") {
        _ if says_worth => {}
        Some(amount) if quantity == quantity_of(ordered) => line.set("Amount", amount.to_owned()),
        _ => line.children.extend(ordered.child("Rate").cloned()),
    }
    for own in said.iter().filter(|own| own.name != "LinkToTxn") {
        line.put(own.clone());
    }
    line
}
