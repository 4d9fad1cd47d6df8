//! Items, carriage, and what is sold.

use super::agreement::tax_lines;
use super::order::{Location, Order};
use super::{Scene, Shown, flag, null, number, object, optional_text, text};
use crate::channels::shopify::search::Facet;
use crate::world::{self, Action, Minor};
use apollo_compiler::response::{JsonMap, JsonValue};

/// What an item is.
#[derive(Clone, Copy)]
pub(super) enum Item<'w> {
    /// Goods or a gift card, at this place in the order.
    Goods(usize, &'w world::Line),
    /// A tip, which the vendor treats as an item.
    Tip(&'w world::Sale),
}

/// An item of an order.
#[derive(Clone, Copy)]
pub(super) struct LineItem<'w> {
    pub(super) order: Order<'w>,
    pub(super) item: Item<'w>,
}

impl<'w> LineItem<'w> {
    /// The number in its id.
    pub(super) fn id(&self) -> u64 {
        match self.item {
            Item::Goods(_, line) => line.id,
            Item::Tip(sale) => sale.id,
        }
    }

    fn amounts(&self) -> &'w world::Amounts {
        match self.item {
            Item::Goods(_, line) => &line.amounts,
            Item::Tip(sale) => &sale.amounts,
        }
    }

    fn quantity(&self) -> i64 {
        match self.item {
            Item::Goods(_, line) => i64::from(line.quantity),
            Item::Tip(_) => 1,
        }
    }

    fn current_quantity(&self) -> i64 {
        let gone = match self.item {
            Item::Goods(place, _) => self.order.order.returned_units(place, self.order.scene.now),
            Item::Tip(_) => 0,
        };
        self.quantity() - gone
    }

    /// Units that are still to be handed over.
    pub(super) fn unfulfilled_quantity(&self) -> i64 {
        let Item::Goods(place, line) = self.item else { return 0 };
        if line.product >= world::GOODS {
            return 0;
        }
        let (order, now) = (self.order.order, self.order.scene.now);
        let gone = order.delivered_units(place, now).max(order.returned_units(place, now));
        i64::from(line.quantity) - gone
    }

    fn product(&self) -> Option<Product<'w>> {
        let Item::Goods(_, line) = self.item else { return None };
        let product = self.order.scene.world.products.get(line.product)?;
        Some(Product { scene: self.order.scene, product, place: line.product })
    }

    fn unit(&self, whole: Minor) -> Minor {
        world::half_up(whole, self.quantity())
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        self.show_amount(field).or_else(|| self.show_rest(field, arguments))
    }

    fn show_amount(&self, field: &str) -> Shown<'w> {
        let amounts = self.amounts();
        let discounted = amounts.gross - amounts.own_discount;
        let minor = match field {
            "originalUnitPriceSet" => self.unit(amounts.gross),
            "originalTotalSet" => amounts.gross,
            "discountedTotalSet" => discounted,
            "discountedUnitPriceSet" => self.unit(discounted),
            "discountedUnitPriceAfterAllDiscountsSet" => self.unit(amounts.net()),
            "priceAfterAllDiscountsBeforeTaxesSet" => amounts.net(),
            "totalDiscountSet" => amounts.own_discount,
            _ => return None,
        };
        self.order.scene.bag(minor)
    }

    fn show_rest(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        let product = self.product();
        let gift_card = product.is_some_and(|each| each.product.gift_card);
        let title = product.map_or("Tip", |each| each.product.title.as_str());
        match field {
            "id" => text(Scene::gid("LineItem", self.id())),
            "title" | "name" => text(title),
            "sku" => optional_text(product.and_then(|each| each.product.sku.as_ref())),
            "variantTitle" => null(),
            "vendor" => optional_text(product.map(|each| each.product.vendor)),
            "isGiftCard" => flag(gift_card),
            "taxable" => flag(self.amounts().taxed),
            "requiresShipping" => flag(product.is_some() && !gift_card),
            "restockable" => flag(product.is_some()),
            "quantity" => number(self.quantity()),
            "currentQuantity" | "refundableQuantity" => number(self.current_quantity()),
            "unfulfilledQuantity" => number(self.unfulfilled_quantity()),
            "product" => scene.maybe(product),
            "variant" => scene.maybe(product.map(Variant)),
            "taxLines" => scene.list(arguments, tax_lines(self.order, self.amounts())),
            "discountAllocations" => {
                let both = [self.amounts().own_discount, self.amounts().shared_discount];
                let some = both.into_iter().filter(|minor| *minor != 0);
                scene.list(arguments, some.map(|minor| DiscountAllocation { scene, minor }))
            }
            _ => None,
        }
    }
}
object!(LineItem<'_>, |_| "LineItem");

/// A discount as far as it falls on a line.
#[derive(Clone, Copy)]
struct DiscountAllocation<'w> {
    scene: &'w Scene<'w>,
    minor: Minor,
}

impl<'w> DiscountAllocation<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "allocatedAmountSet" => self.scene.bag(self.minor),
            _ => None,
        }
    }
}
object!(DiscountAllocation<'_>, |_| "DiscountAllocation");

/// Carriage.
#[derive(Clone, Copy)]
pub(super) struct Shipping<'w> {
    pub(super) order: Order<'w>,
    pub(super) shipping: &'w world::Shipping,
}

impl<'w> Shipping<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.order.scene;
        let amounts = &self.shipping.amounts;
        match field {
            "id" => text(Scene::gid("ShippingLine", self.shipping.id)),
            "title" | "code" => text("Standard"),
            "source" => text("shopify"),
            "custom" | "isRemoved" => flag(false),
            "originalPriceSet" => scene.bag(amounts.gross),
            "discountedPriceSet" => scene.bag(amounts.net()),
            "currentDiscountedPriceSet" => scene.bag(self.current()),
            "taxLines" => scene.list(arguments, tax_lines(self.order, amounts)),
            "discountAllocations" => super::nothing(),
            _ => None,
        }
    }

    fn current(&self) -> Minor {
        let sales = self.order.order.sales_at(self.order.scene.now);
        let of_shipping = sales.filter(|sale| sale.kind == world::LineKind::Shipping);
        of_shipping.map(|sale| sale.amounts.net()).sum()
    }
}
object!(Shipping<'_>, |_| "ShippingLine");

/// The number in the id of the product at this place.
fn product_id(place: usize) -> u64 {
    7_700_000_000_001_u64.saturating_add(u64::try_from(place).unwrap_or(0))
}

/// A product.
#[derive(Clone, Copy)]
pub(super) struct Product<'w> {
    scene: &'w Scene<'w>,
    product: &'w world::Product,
    place: usize,
}

impl<'w> Product<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("Product", product_id(self.place))),
            "legacyResourceId" => text(product_id(self.place)),
            "title" => text(&self.product.title),
            "productType" => text(self.product.product_type),
            "vendor" => text(self.product.vendor),
            "tags" => super::nothing(),
            _ => None,
        }
    }
}
object!(Product<'_>, |_| "Product");

/// The one variant of a product.
#[derive(Clone, Copy)]
struct Variant<'w>(Product<'w>);

impl<'w> Variant<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let Product { scene, product, place } = self.0;
        match field {
            "id" => text(Scene::gid("ProductVariant", product_id(place))),
            "legacyResourceId" => text(product_id(place)),
            "title" => text("Default Title"),
            "displayName" => text(format_args!("{} - Default Title", product.title)),
            "sku" => optional_text(product.sku.as_ref()),
            "taxable" => flag(!product.gift_card),
            "product" => scene.object(self.0),
            "inventoryItem" => scene.object(InventoryItem(self.0)),
            _ => None,
        }
    }
}
object!(Variant<'_>, |_| "ProductVariant");

/// The fields that items of stock can be searched by.
pub(super) const ITEM_FILTERS: [&str; 4] = ["created_at", "updated_at", "id", "sku"];

/// The item of stock of the product at this place.
pub(super) fn item<'w>(scene: &'w Scene<'w>, place: usize) -> Option<InventoryItem<'w>> {
    let product = scene.world.products.get(place)?;
    Some(InventoryItem(Product { scene, product, place }))
}

/// The stock side of a variant.
#[derive(Clone, Copy)]
pub(super) struct InventoryItem<'w>(Product<'w>);

impl<'w> InventoryItem<'w> {
    /// The number in its id.
    pub(super) fn id(&self) -> u64 {
        product_id(self.0.place)
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str) -> Facet {
        match (field, &self.0.product.sku) {
            ("created_at" | "updated_at", _) => Facet::Time(self.0.scene.world.begins),
            ("id", _) => Facet::Id(self.id()),
            ("sku", Some(sku)) => Facet::Text(sku.clone()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let Product { scene, product, place } = self.0;
        match field {
            "id" => text(Scene::gid("InventoryItem", product_id(place))),
            "legacyResourceId" => text(product_id(place)),
            "sku" => optional_text(product.sku.as_ref()),
            "tracked" | "requiresShipping" => flag(!product.gift_card),
            "unitCost" => scene.money(product.cost),
            "duplicateSkuCount" => number(self.duplicates()),
            "variants" => {
                let variant = Variant(self.0);
                let names = ("ProductVariantConnection", "ProductVariantEdge");
                scene.connection(names, arguments, vec![(0, self.id(), variant)], false)
            }
            "inventoryLevels" => {
                let places = world::Place::ALL.map(|at| Level { item: *self, at });
                let levels = places.map(|level| (0, level.location().id(), level)).to_vec();
                let names = ("InventoryLevelConnection", "InventoryLevelEdge");
                scene.connection(names, arguments, levels, false)
            }
            "createdAt" | "updatedAt" => text(scene.world.begins),
            _ => None,
        }
    }

    fn duplicates(&self) -> i64 {
        let Some(sku) = &self.0.product.sku else { return 0 };
        let all = self.0.scene.world.products.iter();
        let same = all.filter(|other| other.sku.as_ref() == Some(sku)).count();
        i64::try_from(same).unwrap_or(1) - 1
    }
}
object!(InventoryItem<'_>, |_| "InventoryItem");

/// An item of stock at a place.
#[derive(Clone, Copy)]
struct Level<'w> {
    item: InventoryItem<'w>,
    at: world::Place,
}

impl<'w> Level<'w> {
    fn location(self) -> Location<'w> {
        Location { scene: self.item.0.scene, place: self.at }
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let Product { scene, place, .. } = self.item.0;
        match field {
            // The vendor's ids of levels have a question mark in them.
            "id" => {
                let level = Scene::gid("InventoryLevel", self.location().id());
                text(format_args!("{level}?inventory_item_id={}", self.item.id()))
            }
            "isActive" => flag(true),
            "createdAt" => text(scene.world.begins),
            "updatedAt" => text(scene.world.on_hand_changed_at(place, self.at, scene.now)),
            "item" => scene.object(self.item),
            "location" => scene.object(self.location()),
            "quantities" => {
                let names = arguments.get("names").and_then(JsonValue::as_array);
                let names = names.into_iter().flatten().filter_map(JsonValue::as_str);
                let all = names.map(|name| Quantity { level: *self, name: name.to_owned() });
                scene.list(arguments, all.collect::<Vec<_>>().into_iter())
            }
            _ => None,
        }
    }
}
object!(Level<'_>, |_| "InventoryLevel");

/// How many units of an item at a place are in a state. Nothing is set aside here, or on its way.
struct Quantity<'w> {
    level: Level<'w>,
    name: String,
}

impl<'w> Quantity<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let Level { item: InventoryItem(Product { scene, place, .. }), at } = self.level;
        match field {
            "id" => {
                let quantity = Scene::gid("InventoryQuantity", self.level.location().id());
                text(format_args!("{quantity}?inventory_item_id={}", self.level.item.id()))
            }
            "name" => text(&self.name),
            "quantity" => match self.name.as_str() {
                "on_hand" | "available" => number(scene.world.on_hand(place, at, scene.now)),
                _ => number(0),
            },
            "updatedAt" => text(scene.world.on_hand_changed_at(place, at, scene.now)),
            _ => None,
        }
    }
}
object!(Quantity<'_>, |_| "InventoryQuantity");

/// The sum of some sales of one action.
pub(super) fn sum_of<'w>(
    sales: impl Iterator<Item = &'w world::Sale>,
    action: Option<Action>,
    amount: impl Fn(&world::Amounts) -> Minor,
) -> Minor {
    let wanted = sales.filter(|sale| action.is_none_or(|action| sale.action == action));
    wanted.map(|sale| amount(&sale.amounts)).sum()
}
