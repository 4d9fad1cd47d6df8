//! What a rule looks at.

use super::words::Words;
use crate::commerce::{
    Assortment, Buyer, BuyerKind, MovementKind, MovementState, Order, Product, SaleLine, Tender,
};
use crate::money::{Currency, Money};
use crate::policy::Role;
use crate::text::{ConnectionId, GatewayId};
use serde::{Deserialize, Serialize};

/// The conditions of a rule: all that are named must hold. What is not known of something holds no
/// condition.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Conditions {
    /// The part that the account plays: `product-sales`.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub role: Words<Role>,
    /// The connection that tells it: `shopify:*`.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub channel: Words<String>,
    /// The gateway that settles it: of a sale that is paid at once, and of a gateway's own rows.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub gateway: Words<String>,
    /// The currency that the buyer pays in, or that a gateway's row is in.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub currency: Words<String>,
    /// The shop's location, by its id or the number in it.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub location: Words<String>,
    /// The kind of product.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub product_type: Words<String>,
    /// The name of the product.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub product: Words<String>,
    /// Its stock-keeping unit.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub sku: Words<String>,
    /// Who makes or supplies it.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub vendor: Words<String>,
    /// A word that the shop put on the order.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub tag: Words<String>,
    /// A word that the shop put on the buyer.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub buyer_tag: Words<String>,
    /// What the buyer is.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub buyer_kind: Words<BuyerKind>,
    /// The country of the buyer, by its two letters: `DE`.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub buyer_country: Words<String>,
    /// The point of sale: `web`, `pos`.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub source: Words<String>,
    /// How the order stands.
    #[serde(skip_serializing_if = "Words::is_empty")]
    pub status: Words<Status>,
}

/// How an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Status {
    /// It was called off.
    Cancelled,
    /// No money came for it.
    Unpaid,
    /// Some money came for it, and was kept or given back.
    Paid,
}

impl Status {
    fn is_of(self, order: &Order) -> bool {
        match self {
            Self::Cancelled => order.cancelled_at.is_some(),
            Self::Unpaid => !is_paid(order),
            Self::Paid => is_paid(order),
        }
    }
}

fn is_paid(order: &Order) -> bool {
    order.movements.iter().any(|movement| {
        movement.kind == MovementKind::Payment && movement.state == MovementState::Succeeded
    })
}

/// What the rules are asked about.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The connection that tells it.
    pub channel: &'a ConnectionId,
    /// The order that it belongs to, where that is known.
    pub order: Option<&'a Order>,
    /// The gateway that settles it, where one alone does.
    pub gateway: Option<&'a GatewayId>,
    /// The currency that it is in, where that is known.
    pub currency: Option<Currency>,
    /// What was sold.
    pub product: Option<&'a Product>,
    /// Where that stands in the shop's assortment.
    pub assortment: Option<&'a Assortment>,
}

impl<'a> Subject<'a> {
    /// Something of a channel.
    #[must_use]
    pub fn of_channel(channel: &'a ConnectionId) -> Self {
        Self {
            channel,
            order: None,
            gateway: None,
            currency: None,
            product: None,
            assortment: None,
        }
    }

    /// Something of an order.
    #[must_use]
    pub fn of_order(order: &'a Order) -> Self {
        Self {
            order: Some(order),
            currency: Some(order.presented_in.unwrap_or(order.currency)),
            ..Self::of_channel(&order.source.connection)
        }
    }

    /// The same, settled by a gateway.
    #[must_use]
    pub fn by(self, gateway: Option<&'a GatewayId>) -> Self {
        Self { gateway, ..self }
    }

    /// The same, settled by a tender.
    #[must_use]
    pub fn by_tender(self, tender: &'a Tender) -> Self {
        match tender {
            Tender::Gateway(gateway) => self.by(Some(&gateway.id)),
            Tender::GiftCard | Tender::StoreCredit => self,
        }
    }

    /// A line of it.
    #[must_use]
    pub fn line(self, line: &'a SaleLine) -> Self {
        Self { product: line.product.as_ref(), assortment: Some(&line.assortment), ..self }
    }

    /// An amount of it.
    #[must_use]
    pub fn amount(self, amount: Money) -> Self {
        Self { currency: Some(amount.currency()), ..self }
    }
}

impl Conditions {
    /// Whether all hold but for the role, which was asked for.
    pub(in crate::policy) fn hold(&self, about: &Subject<'_>) -> bool {
        fn holds<'a>(words: &Words<String>, value: impl FnOnce() -> Option<&'a str>) -> bool {
            words.is_empty() || value().is_some_and(|value| words.accept(value))
        }
        let (order, product, assortment) = (about.order, about.product, about.assortment);
        holds(&self.channel, || Some(about.channel.as_str()))
            && holds(&self.gateway, || about.gateway.map(GatewayId::as_str))
            && holds(&self.currency, || about.currency.as_ref().map(Currency::code))
            && holds(&self.source, || order.map(|order| order.origin.as_str()))
            && holds(&self.product, || product.map(|product| product.title.as_str()))
            && holds(&self.sku, || product.and_then(|product| product.sku.as_deref()))
            && holds(&self.vendor, || assortment.and_then(|it| it.vendor.as_deref()))
            && holds(&self.product_type, || assortment.and_then(|it| it.product_type.as_deref()))
            && (self.location.is_empty() || order.is_some_and(|order| self.is_sold_at(order)))
            && (self.tag.is_empty()
                || order.is_some_and(|order| order.tags.iter().any(|tag| self.tag.accept(tag))))
            && (!self.asks_for_buyer() || order.is_some_and(|order| self.is_sold_to(&order.buyer)))
            && (self.status.is_empty()
                || order.is_some_and(|order| self.status.iter().any(|it| it.is_of(order))))
    }

    /// The number alone is enough: people see it in addresses.
    fn is_sold_at(&self, order: &Order) -> bool {
        let Some(location) = &order.location else { return false };
        let number = location.rsplit('/').next().unwrap_or_default();
        self.location.accept(location) || self.location.accept(number)
    }

    /// Whether any looks at the buyer.
    pub(super) fn asks_for_buyer(&self) -> bool {
        !(self.buyer_tag.is_empty() && self.buyer_kind.is_empty() && self.buyer_country.is_empty())
    }

    fn is_sold_to(&self, buyer: &Buyer) -> bool {
        let is_tagged = || buyer.tags.iter().any(|tag| self.buyer_tag.accept(tag));
        let is_kind = || self.buyer_kind.iter().any(|kind| buyer.kind == Some(*kind));
        let country = buyer.country.as_deref();
        (self.buyer_tag.is_empty() || is_tagged())
            && (self.buyer_kind.is_empty() || is_kind())
            && (self.buyer_country.is_empty()
                || country.is_some_and(|country| self.buyer_country.accept(country)))
    }

    /// The first condition that only single lines can hold, by its name.
    pub(super) fn of_lines(&self) -> Option<&'static str> {
        let named = [
            ("role", self.role.is_empty()),
            ("gateway", self.gateway.is_empty()),
            ("product-type", self.product_type.is_empty()),
            ("product", self.product.is_empty()),
            ("sku", self.sku.is_empty()),
            ("vendor", self.vendor.is_empty()),
        ];
        named.into_iter().find(|(_, is_absent)| !is_absent).map(|(name, _)| name)
    }
}
