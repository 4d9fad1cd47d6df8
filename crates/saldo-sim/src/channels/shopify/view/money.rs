//! Amounts and fees.

use super::{Scene, Shown, null, object, text};
use crate::world::{Abroad, Minor, Transaction};
use apollo_compiler::response::JsonMap;
use saldo_core::money::Money;

/// An amount.
#[derive(Clone, Copy)]
pub(super) struct MoneyV2 {
    pub(super) money: Money,
}

impl MoneyV2 {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "amount" => text(self.money.amount_text()),
            "currencyCode" => text(self.money.currency()),
            _ => None,
        }
    }
}
object!(MoneyV2, |_| "MoneyV2");

/// An amount in two currencies.
#[derive(Clone, Copy)]
pub(super) struct MoneyBag<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) shop: Money,
    pub(super) presented: Money,
}

impl<'w> MoneyBag<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "shopMoney" => self.scene.object(MoneyV2 { money: self.shop }),
            "presentmentMoney" => self.scene.object(MoneyV2 { money: self.presented }),
            _ => None,
        }
    }
}
object!(MoneyBag<'_>, |_| "MoneyBag");

/// What a refund was worth by the rate of the sale, and by that of its day.
#[derive(Clone, Copy)]
pub(super) struct Exchange<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) transaction: &'w Transaction,
    pub(super) abroad: Abroad,
}

impl<'w> Exchange<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let (before, after) = (self.transaction.amount, self.abroad.worth);
        match field {
            "id" => text(Scene::gid("CurrencyExchangeAdjustment", self.transaction.id)),
            "adjustment" => self.scene.money(after - before),
            "originalAmountSet" => self.scene.money(before),
            "finalAmountSet" => self.scene.money(after),
            _ => None,
        }
    }
}
object!(Exchange<'_>, |_| "CurrencyExchangeAdjustment");

/// A part of the gateway's fee for a payment.
#[derive(Clone, Copy)]
pub(super) struct Fee<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) transaction: &'w Transaction,
    /// What changing the money cost, where it is that part.
    pub(super) exchange: Option<Minor>,
}

impl<'w> Fee<'w> {
    fn amount(&self) -> Minor {
        self.exchange.unwrap_or(self.transaction.fee)
    }

    /// The tax within it, half a minor unit rounded up.
    fn tax(&self) -> Minor {
        if self.scene.world.settings.taxed_fees { (2 * self.amount() + 11) / 22 } else { 0 }
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("TransactionFee", self.transaction.id)),
            "amount" => self.scene.money(self.amount()),
            "flatFee" if self.exchange.is_some() => self.scene.money(0),
            "flatFee" => self.scene.money(crate::world::FEE_FLAT),
            "flatFeeName" | "rateName" => null(),
            "rate" => text(if self.exchange.is_some() { "0.015" } else { "0.029" }),
            "taxAmount" => self.scene.money(self.tax()),
            "type" if self.exchange.is_some() => text("currency_conversion_fee"),
            "type" => text("processing_fee"),
            _ => None,
        }
    }
}
object!(Fee<'_>, |_| "TransactionFee");
