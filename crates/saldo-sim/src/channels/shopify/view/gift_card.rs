//! Gift cards.

use super::{Scene, Shown, flag, null, object, text};
use crate::channels::shopify::search::Facet;
use crate::world::Voucher;
use apollo_compiler::response::JsonMap;
use jiff::Timestamp;

/// The fields that gift cards can be searched by.
pub(super) const GIFT_CARD_FILTERS: [&str; 3] = ["created_at", "id", "status"];

/// What the numbers in the ids of gift cards begin with.
const FIRST_ID: u64 = 96_000_000_001;

/// A gift card.
#[derive(Clone, Copy)]
pub(super) struct GiftCard<'w> {
    scene: &'w Scene<'w>,
    card: &'w Voucher,
    id: u64,
}

/// The gift cards that were issued until now.
pub(super) fn all<'w>(scene: &'w Scene<'w>) -> impl Iterator<Item = GiftCard<'w>> {
    let issued = |card: &&Voucher| card.issued_at <= scene.now;
    let cards = scene.world.gift_cards.iter().take_while(issued);
    cards.zip(FIRST_ID..).map(move |(card, id)| GiftCard { scene, card, id })
}

/// The gift card with this number in its id, once it is issued.
pub(super) fn by_id<'w>(scene: &'w Scene<'w>, id: u64) -> Option<GiftCard<'w>> {
    all(scene).find(|it| it.id == id)
}

impl GiftCard<'_> {
    /// The number in its id.
    pub(super) const fn id(&self) -> u64 {
        self.id
    }

    /// What lists are sorted by.
    pub(super) fn sorted_by(&self, key: &str) -> i64 {
        match key {
            "CREATED_AT" => self.card.issued_at.as_second(),
            "UPDATED_AT" => self.changed_at().as_second(),
            "BALANCE" => self.card.balance(self.scene.now),
            "INITIAL_VALUE" => self.card.initial,
            _ => 0,
        }
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str) -> Facet {
        match field {
            "created_at" => Facet::Time(self.card.issued_at),
            "id" => Facet::Id(self.id),
            "status" => Facet::Text("enabled".to_owned()),
            _ => Facet::Absent,
        }
    }

    fn changed_at(&self) -> Timestamp {
        self.card.changed_at(self.scene.now)
    }
}

impl<'w> GiftCard<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let Self { scene, card, id } = *self;
        let last = format!("{:04}", id % 10_000);
        match field {
            "id" => text(Scene::gid("GiftCard", id)),
            "balance" => scene.money(card.balance(scene.now)),
            "initialValue" => scene.money(card.initial),
            "createdAt" => text(card.issued_at),
            "updatedAt" => text(self.changed_at()),
            "enabled" => flag(true),
            "deactivatedAt" | "expiresOn" => null(),
            "lastCharacters" => text(last),
            "maskedCode" => text(format_args!("\u{2022}\u{2022}\u{2022}\u{2022} {last}")),
            "order" => scene.maybe(card.order.and_then(|order| scene.order(order))),
            _ => None,
        }
    }
}
object!(GiftCard<'_>, |_| "GiftCard");
