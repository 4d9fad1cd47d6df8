//! What was handed over for an order, and what became of what was given up.

use super::Source;
use crate::shopify::cursor::GOODS_SHAPES;
use crate::shopify::wire;
use saldo_core::commerce::{Condition, Fact, Fulfilment, Goods, Product, Returned, Units};
use saldo_core::issue::Issue;

/// Reads what was handed over for an order.
pub(super) fn read(source: &Source, text: &str) -> Result<Fact, Box<Issue>> {
    let order: wire::OrderGoods = source.parse(text)?;
    let reader = Reader { source };
    reader.check_count("fulfillments", order.fulfillments.len(), |shape| shape.parcels)?;
    reader.check_count("refunds", order.refunds.len(), |shape| shape.refunds)?;
    let mut fulfilments = Vec::new();
    for parcel in order.fulfillments {
        fulfilments.extend(reader.fulfilment(parcel)?);
    }
    let mut returned = Vec::new();
    for refund in order.refunds {
        reader.returned(refund, &mut returned)?;
    }
    let number = order.id.short();
    let number = number.rsplit('/').next().unwrap_or(&number);
    Ok(Fact::Goods(Box::new(Goods {
        id: source.key(&format!("Goods/{number}")),
        source: source.reference.clone(),
        order: source.fact_id(&order.id),
        test: order.test,
        fulfilments,
        returned,
    })))
}

struct Reader<'a> {
    source: &'a Source,
}

impl Reader<'_> {
    /// A list that is as long as any question asks for may go on.
    fn check_count(
        &self,
        field: &str,
        count: usize,
        most: fn(&crate::shopify::cursor::GoodsShape) -> u32,
    ) -> Result<(), Box<Issue>> {
        let most = GOODS_SHAPES.iter().map(most).max().unwrap_or(0);
        match u32::try_from(count).is_ok_and(|count| count < most) {
            true => Ok(()),
            false => Err(self.source.unknown(&format!("it has {count} `{field}` or more"))),
        }
    }

    fn whole<Node>(&self, list: wire::Nodes<Node>, of: &str) -> Result<Vec<Node>, Box<Issue>> {
        match list.page_info.next() {
            None => Ok(list.nodes),
            Some(_) => {
                let count = list.nodes.len();
                Err(self.source.unknown(&format!("{of} has more than {count} lines")))
            }
        }
    }

    /// A parcel; none where it never came about.
    fn fulfilment(&self, parcel: wire::Fulfillment) -> Result<Option<Fulfilment>, Box<Issue>> {
        let cancelled_at = match parcel.status.as_str() {
            "SUCCESS" => None,
            // The vendor tells no time of its own for it.
            "CANCELLED" => Some(parcel.updated_at),
            "OPEN" | "PENDING" | "ERROR" | "FAILURE" => return Ok(None),
            word => {
                let id = parcel.id.short();
                return Err(self.source.unknown(&format!("{id}: `{word}` is a new word")));
            }
        };
        let id = parcel.id.into_short();
        let mut parts = Vec::new();
        for line in self.whole(parcel.fulfillment_line_items, &id)? {
            parts.push(self.units(line.line_item, line.quantity.unwrap_or(0), &id)?);
        }
        Ok(Some(Fulfilment { id, at: parcel.created_at, cancelled_at, parts }))
    }

    fn returned(
        &self,
        refund: wire::RefundGoods,
        returned: &mut Vec<Returned>,
    ) -> Result<(), Box<Issue>> {
        let refund_id = refund.id.into_short();
        let at = refund.processed_at.or(refund.created_at);
        for (index, line) in
            self.whole(refund.refund_line_items, &refund_id)?.into_iter().enumerate()
        {
            let own = line.id.map(wire::Gid::into_short);
            let id = own.unwrap_or_else(|| format!("{refund_id}/{}", index + 1));
            let condition = match line.restock_type.as_str() {
                "CANCEL" => Condition::NeverLeft,
                "RETURN" | "LEGACY_RESTOCK" => Condition::Resaleable,
                "NO_RESTOCK" => Condition::Gone,
                word => {
                    return Err(self.source.unknown(&format!("{id}: `{word}` is a new word")));
                }
            };
            let at = at.ok_or_else(|| self.source.unknown(&format!("{refund_id} has no time")))?;
            let units = self.units(line.line_item, line.quantity, &id)?;
            returned.push(Returned { id, at, units, condition });
        }
        Ok(())
    }

    fn units(&self, item: wire::GoodsItem, quantity: i64, of: &str) -> Result<Units, Box<Issue>> {
        let count = u32::try_from(quantity)
            .map_err(|_| self.source.faulty(&format!("{of} has a quantity of {quantity}")))?;
        Ok(Units {
            item: item.id.into_short(),
            product: Some(Product {
                id: item.variant.map(|variant| variant.id.into_short()),
                sku: item.sku.filter(|sku| !sku.is_empty()),
                title: item.title,
            }),
            count,
            components: Vec::new(),
        })
    }
}
