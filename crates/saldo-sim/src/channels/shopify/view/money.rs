//! Amounts and fees.

use super::{Scene, Shown, null, object, text};
use crate::world::{Minor, Transaction};
use apollo_compiler::response::JsonMap;

/// An amount.
#[derive(Clone, Copy)]
pub(super) struct MoneyV2<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) minor: Minor,
}

impl<'w> MoneyV2<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let money = self.scene.world.money(self.minor);
        match field {
            "amount" => text(money.amount_text()),
            "currencyCode" => text(money.currency()),
            _ => None,
        }
    }
}
object!(MoneyV2<'_>, |_| "MoneyV2");

/// An amount in two currencies, which are one here.
#[derive(Clone, Copy)]
pub(super) struct MoneyBag<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) minor: Minor,
}

impl<'w> MoneyBag<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "shopMoney" | "presentmentMoney" => self.scene.money(self.minor),
            _ => None,
        }
    }
}
object!(MoneyBag<'_>, |_| "MoneyBag");

/// The gateway's fee for a payment.
#[derive(Clone, Copy)]
pub(super) struct Fee<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) transaction: &'w Transaction,
}

impl<'w> Fee<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("TransactionFee", self.transaction.id)),
            "amount" => self.scene.money(self.transaction.fee),
            "flatFee" => self.scene.money(crate::world::FEE_FLAT),
            "flatFeeName" | "rateName" => null(),
            "rate" => text("0.029"),
            "taxAmount" => self.scene.money(0),
            "type" => text("processing_fee"),
            _ => None,
        }
    }
}
object!(Fee<'_>, |_| "TransactionFee");
