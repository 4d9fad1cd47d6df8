//! Purchase orders: what is ordered from suppliers. They stand in no ledger and move no stock.

use super::entity::Entity;
use super::fields::{self, Object};
use super::kind::Kind;
use super::lines::{AmountTypes, Reading};
use super::organisation::Organisation;
use super::refusal::{Checked, Refusal};
use super::write::{Write, completed, insert_frame, insert_lines, keep};
use jiff::Timestamp;
use serde_json::json;

/// Properties that are kept as they came.
const KEPT: &[&str] = &[
    "Reference",
    "DeliveryDate",
    "ExpectedArrivalDate",
    "DeliveryAddress",
    "AttentionTo",
    "Telephone",
    "DeliveryInstructions",
    "BrandingThemeID",
];

impl Organisation {
    /// The purchase orders with a status, by their numbers.
    #[must_use]
    pub fn orders(&self, status: &str) -> Vec<String> {
        let orders = self.shelf(Kind::PurchaseOrder).filter(|it| it.word("Status") == status);
        orders.map(|it| it.word("PurchaseOrderNumber").to_owned()).collect()
    }

    pub(super) fn write_order(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let before = previous.as_ref().map_or("", |it| it.word("Status")).to_owned();
        let stated = fields::text(given, "Status")?;
        let status = stated.unwrap_or(if before.is_empty() { "DRAFT" } else { &before });
        check_step(&before, status)?;
        if let Some(order) = previous.as_ref().filter(|_| matches!(status, "BILLED" | "DELETED")) {
            return Ok(self.end_order(order.clone(), status, write.now));
        }
        let number = self.order_number(given, previous.as_ref())?;
        let frame = self.frame(given, previous.as_ref(), None, write.now)?;
        let contact = self.contact_of(given, previous.as_ref())?;
        let source = completed(given, previous.as_ref(), &["LineItems", "LineAmountTypes"]);
        let types = AmountTypes::of(&source, AmountTypes::Exclusive)?;
        let owner = format!("order {}", self.next_place);
        let reading = Reading {
            organisation: self,
            unit_decimals: 4,
            sells: false,
            discounts: false,
            strict: status == "AUTHORISED",
            owner: &owner,
        };
        let lines = reading.lines(&source, types)?;
        let contact = contact.resolve(self, write.now)?;
        let number = number.unwrap_or_else(|| self.next_order_number());
        let mut entity = previous.unwrap_or_else(|| self.fresh(write.kind, write.now));
        let body = &mut entity.body;
        keep(body, given, KEPT);
        insert_frame(body, &frame);
        insert_lines(body, &lines);
        body.insert("PurchaseOrderNumber".to_owned(), json!(number));
        body.insert("Status".to_owned(), json!(status));
        body.insert("LineAmountTypes".to_owned(), json!(types.name()));
        body.insert("Contact".to_owned(), json!({ "ContactID": contact }));
        entity.total = lines.total;
        Ok(self.store(entity, write.now))
    }

    fn end_order(&mut self, mut order: Entity, status: &str, now: Timestamp) -> u64 {
        order.set("Status", status);
        self.store(order, now)
    }

    /// The number that an order is to have: as it came, where no other has it, or as it was.
    fn order_number(&self, given: &Object, previous: Option<&Entity>) -> Checked<Option<String>> {
        let Some(number) = fields::text(given, "PurchaseOrderNumber")? else {
            return Ok(previous.map(|it| it.word("PurchaseOrderNumber").to_owned()));
        };
        let other = self.by_key(Kind::PurchaseOrder, number).map(|entity| entity.place);
        match other.is_some() && other != previous.map(|entity| entity.place) {
            true => Err(Refusal::invalid("Order number must be unique")),
            false => Ok(Some(number.to_owned())),
        }
    }

    fn next_order_number(&mut self) -> String {
        loop {
            let next = self.next_number.entry(Kind::PurchaseOrder).or_insert(1);
            let number = format!("PO-{next:04}");
            *next += 1;
            if self.by_key(Kind::PurchaseOrder, &number).is_none() {
                return number;
            }
        }
    }
}

/// Whether an order may go from one status to another. None stands before it is there.
fn check_step(before: &str, status: &str) -> Checked<()> {
    let permitted = match before {
        "" => matches!(status, "DRAFT" | "SUBMITTED" | "AUTHORISED"),
        "DRAFT" | "SUBMITTED" => {
            matches!(status, "DRAFT" | "SUBMITTED" | "AUTHORISED" | "DELETED")
        }
        "AUTHORISED" => matches!(status, "AUTHORISED" | "BILLED" | "DELETED"),
        "BILLED" => status == "BILLED",
        _ => false,
    };
    match permitted {
        true => Ok(()),
        false => Err(Refusal::invalid("Purchase order not of valid status for modification")),
    }
}
