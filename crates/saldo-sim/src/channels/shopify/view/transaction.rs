//! Movements of money, by order and as one flat list.

use super::money::{Exchange, Fee};
use super::order::{Location, Order};
use super::{Scene, Shown, flag, null, object, optional_text, text};
use crate::channels::shopify::search::Facet;
use crate::channels::shopify::words;
use crate::world::{self, Gateway, Minor, Origin, TransactionKind, TransactionStatus};
use apollo_compiler::response::JsonMap;

/// A movement of money of an order.
#[derive(Clone, Copy)]
pub(super) struct Transaction<'w> {
    pub(super) order: Order<'w>,
    pub(super) transaction: &'w world::Transaction,
}

impl<'w> Transaction<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        self.show_word(field).or_else(|| self.show_part(field, arguments))
    }

    fn show_word(&self, field: &str) -> Shown<'w> {
        let each = self.transaction;
        let (gateway, title) = words::gateway(each.gateway);
        let failed = each.status == TransactionStatus::Failure;
        let waits = self.waits();
        match field {
            "id" => text(Scene::gid("OrderTransaction", each.id)),
            "kind" => text(words::transaction(each.kind)),
            "status" => text(words::status(each.status)),
            "gateway" => text(gateway),
            "formattedGateway" => text(title),
            "createdAt" | "processedAt" => text(each.at),
            "test" => flag(self.order.order.test),
            "manualPaymentGateway" => flag(each.gateway == Gateway::BankDeposit),
            "manuallyCapturable" => flag(waits),
            "multiCapturable" => flag(false),
            "errorCode" => optional_text(failed.then_some("CARD_DECLINED")),
            "paymentId" => text(format_args!("{}.{}", self.order.name(), each.id % 1000)),
            "settlementCurrency" if each.fee > 0 || each.abroad.is_some() => {
                text(self.order.scene.world.currency)
            }
            "settlementCurrencyRate" => match each.abroad {
                Some(abroad) => {
                    text(format_args!("{}.{:04}", abroad.rate / 10_000, abroad.rate % 10_000))
                }
                None => optional_text((each.fee > 0).then_some("1.0")),
            },
            "authorizationCode" | "accountNumber" | "receiptJson" | "settlementCurrency" => null(),
            _ => None,
        }
    }

    fn show_part(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        let each = self.transaction;
        match field {
            "amountSet" => scene.moved(each),
            "currencyExchangeAdjustment" => {
                let adjusted = each.abroad.filter(|abroad| abroad.worth != each.amount);
                scene.maybe(adjusted.map(|abroad| Exchange { scene, transaction: each, abroad }))
            }
            "amountRoundingSet" if each.rounding == 0 => null(),
            "amountRoundingSet" => scene.bag(each.rounding),
            "totalUnsettledSet" => scene.bag(if self.waits() { each.amount } else { 0 }),
            "order" => scene.object(self.order),
            "parentTransaction" => {
                let mut all = self.order.transactions();
                scene.maybe(all.find(|other| Some(other.transaction.id) == each.parent))
            }
            "fees" => {
                let fee = |exchange| Fee { scene, transaction: each, exchange };
                let processing = (each.fee > 0).then(|| fee(None));
                let changing = each.abroad.map(|abroad| abroad.fee).filter(|fee| *fee > 0);
                let changing = changing.map(|minor| fee(Some(minor)));
                scene.list(arguments, processing.into_iter().chain(changing))
            }
            "location" => {
                let counter = self.order.order.origin == Origin::Counter;
                scene.maybe(counter.then_some(Location::counter(scene)))
            }
            _ => None,
        }
    }

    /// Whether it is money set aside that still waits to be taken.
    fn waits(&self) -> bool {
        let open = self.order.order.capturable(self.order.scene.now) > 0;
        self.transaction.kind == TransactionKind::Authorization && open
    }
}
object!(Transaction<'_>, |_| "OrderTransaction");

/// A movement of money in the flat list: what truly moved, negative where it went back.
#[derive(Clone, Copy)]
pub(super) struct Tender<'w> {
    pub(super) order: Order<'w>,
    pub(super) transaction: &'w world::Transaction,
    amount: Minor,
}

/// The fields that tender transactions can be searched by.
pub(super) const TENDER_FILTERS: [&str; 3] = ["id", "processed_at", "test"];

impl<'w> Tender<'w> {
    /// The tender transaction of a movement, where money truly moved.
    pub(super) fn of(each: Transaction<'w>) -> Option<Self> {
        let Transaction { order, transaction } = each;
        let sign = match transaction.kind {
            TransactionKind::Sale | TransactionKind::Capture => 1,
            TransactionKind::Refund | TransactionKind::Change => -1,
            TransactionKind::Authorization | TransactionKind::Void => return None,
        };
        let moved = transaction.status == TransactionStatus::Success;
        let amount = transaction.abroad.map_or(transaction.amount, |abroad| abroad.worth);
        moved.then_some(Self { order, transaction, amount: sign * amount })
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str) -> Facet {
        match field {
            "id" => Facet::Id(self.transaction.id),
            "processed_at" => Facet::Time(self.transaction.at),
            "test" => Facet::Text(self.order.order.test.to_string()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        match field {
            "id" => text(Scene::gid("TenderTransaction", self.transaction.id)),
            "processedAt" => text(self.transaction.at),
            "paymentMethod" => text(words::tender(self.transaction.gateway)),
            "remoteReference" => text(self.transaction.id),
            "test" => flag(self.order.order.test),
            "amount" => scene.money(self.amount),
            "order" => scene.object(self.order),
            _ => None,
        }
    }
}
object!(Tender<'_>, |_| "TenderTransaction");
