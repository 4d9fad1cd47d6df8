//! What the vendor shows of a world at one instant: one small type per object of its schema.
//!
//! Each type says what its fields hold; the generic part (aliases, variables, fragments, nulls) is
//! the executor's. Fields that the simulator has nothing to say about are null where the schema
//! lets them be.

mod agreement;
mod company;
mod fulfilment;
mod gift_card;
mod line;
mod money;
mod order;
mod payments;
mod refund;
mod report;
mod root;
mod store_credit;
mod till;
mod transaction;

pub(super) use root::{Mutation, Query};

use super::bulk::BulkDesk;
use super::page::{self, Cursor};
use super::search::{self, Facet, Term};
use crate::world::{self, Minor, Order, World};
use apollo_compiler::resolvers::{FieldError, ObjectValue, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use jiff::Timestamp;
use std::cell::{Cell, RefCell};
use std::fmt::Display;
use std::ops::Range;

/// What a field holds, or `None` where the object has no such field.
type Shown<'w> = Option<Result<ResolvedValue<'w>, FieldError>>;

/// Makes a view an object of the schema: its type's name, and a method `show` for its fields.
macro_rules! object {
    ($view:ty, $name:expr) => {
        impl ::apollo_compiler::resolvers::ObjectValue for $view {
            fn type_name(&self) -> &str {
                let name: fn(&Self) -> &'static str = $name;
                name(self)
            }

            fn resolve_field<'a>(
                &'a self,
                info: &'a ::apollo_compiler::resolvers::ResolveInfo<'a>,
            ) -> Result<
                ::apollo_compiler::resolvers::ResolvedValue<'a>,
                ::apollo_compiler::resolvers::FieldError,
            > {
                let shown = self.show(info.field_name(), info.arguments());
                shown.unwrap_or_else(|| Err(self.unknown_field_error(info)))
            }
        }
    };
}
use object;

/// A world at one instant, as one answer sees it.
pub(super) struct Scene<'w> {
    /// The world.
    pub(super) world: &'w World,
    /// The instant: what happens later is not there yet.
    pub(super) now: Timestamp,
    /// The shop's address, without a slash at its end.
    pub(super) address: &'w str,
    /// Orders made before this instant are hidden from the app.
    pub(super) orders_since: Timestamp,
    /// Whether the app may read gift cards.
    pub(super) reads_gift_cards: bool,
    /// Whether the app may read reports.
    pub(super) reads_reports: bool,
    /// The bulk operations.
    pub(super) bulk: &'w RefCell<BulkDesk>,
    /// The points that the answer has cost so far.
    pub(super) spent: Cell<u64>,
    /// How many conditions were passed over since the vendor does not know their fields.
    pub(super) ignored_filters: Cell<u64>,
    /// In a bulk operation: the places of the outermost list that this part is about.
    pub(super) window: Option<Range<usize>>,
}

impl<'w> Scene<'w> {
    /// A global id.
    pub(super) fn gid(kind: &str, id: u64) -> String {
        format!("gid://shopify/{kind}/{id}")
    }

    fn spend(&self, points: u64) {
        self.spent.set(self.spent.get().saturating_add(points));
    }

    /// An object, for one point.
    fn object(&self, view: impl ObjectValue + 'w) -> Shown<'w> {
        self.spend(1);
        Some(Ok(ResolvedValue::object(view)))
    }

    /// An object or null.
    fn maybe(&self, view: Option<impl ObjectValue + 'w>) -> Shown<'w> {
        match view {
            Some(view) => self.object(view),
            None => null(),
        }
    }

    /// A plain list of objects, cut to `first` where the arguments have it.
    fn list<T: ObjectValue + 'w>(
        &self,
        arguments: &JsonMap,
        views: impl Iterator<Item = T>,
    ) -> Shown<'w> {
        let most = page::count(arguments, "first").filter(|_| self.window.is_none());
        let views: Vec<ResolvedValue<'w>> =
            views.take(most.unwrap_or(usize::MAX)).map(ResolvedValue::object).collect();
        self.spend(u64::try_from(views.len()).unwrap_or(u64::MAX));
        Some(Ok(ResolvedValue::list(views)))
    }

    /// An amount of the shop's currency.
    fn money(&'w self, minor: Minor) -> Shown<'w> {
        self.object(money::MoneyV2 { money: self.world.money(minor) })
    }

    /// An amount in the shop's and the buyer's currency, which are one here.
    fn bag(&'w self, minor: Minor) -> Shown<'w> {
        let money = self.world.money(minor);
        self.object(money::MoneyBag { scene: self, shop: money, presented: money })
    }

    /// The amount of a movement in the shop's and in the buyer's currency.
    fn moved(&'w self, each: &world::Transaction) -> Shown<'w> {
        let Some(abroad) = each.abroad else { return self.bag(each.amount) };
        let (shop, presented) =
            (self.world.money(abroad.worth), self.world.money_abroad(abroad.presented));
        self.object(money::MoneyBag { scene: self, shop, presented })
    }

    /// The orders that the app may see now, with their places.
    fn orders(&'w self) -> impl Iterator<Item = (usize, &'w Order)> {
        let made = self.world.orders.partition_point(|order| order.created_at <= self.now);
        let visible = self.world.orders.get(..made).unwrap_or_default();
        visible.iter().enumerate().filter(|(_, order)| order.created_at >= self.orders_since)
    }

    /// An order that the app may see now.
    fn order(&'w self, id: u64) -> Option<order::Order<'w>> {
        let (place, order) = self.world.order(id)?;
        let visible = order.created_at <= self.now && order.created_at >= self.orders_since;
        visible.then_some(order::Order { scene: self, order, place })
    }

    /// The conditions of a search, less those on fields that the list does not know.
    fn terms(&self, arguments: &JsonMap, known: &[&str]) -> Vec<Term> {
        let query = arguments.get("query").and_then(|value| value.as_str()).unwrap_or("");
        let (kept, ignored): (Vec<Term>, Vec<Term>) =
            search::parse(query).into_iter().partition(|term| known.contains(&term.field.as_str()));
        let ignored = u64::try_from(ignored.len()).unwrap_or(u64::MAX);
        self.ignored_filters.set(self.ignored_filters.get().saturating_add(ignored));
        kept
    }

    fn holds(&self, terms: &[Term], facet: impl Fn(&str) -> Facet) -> bool {
        terms.iter().all(|term| term.holds(&facet(&term.field), &self.world.zone))
    }

    /// A page of a list whose members are sorted by a key and an id.
    fn connection<T: ObjectValue + Copy + 'w>(
        &'w self,
        names: (&'static str, &'static str),
        arguments: &JsonMap,
        mut members: Vec<(i64, u64, T)>,
        outermost: bool,
    ) -> Shown<'w> {
        self.spend(super::cost::CONNECTION);
        let reverse = arguments.get("reverse").and_then(JsonValue::as_bool).unwrap_or(false);
        members.sort_unstable_by_key(|(key, id, _)| (*key, *id));
        if reverse {
            members.reverse();
        }
        let keys: Vec<(i64, u64)> = members.iter().map(|(key, id, _)| (*key, *id)).collect();
        let page = match &self.window {
            Some(window) => page::Page {
                places: if outermost {
                    window.start.min(keys.len())..window.end.min(keys.len())
                } else {
                    0..keys.len()
                },
                depth: 0,
                has_next: outermost && window.end < keys.len(),
                has_previous: false,
            },
            None => match page::cut(&keys, reverse, arguments) {
                Ok(page) => page,
                Err(page::BadCursor) => {
                    let message = "Invalid cursor for current pagination sort.".to_owned();
                    return Some(Err(FieldError { message }));
                }
            },
        };
        let shown = members.get(page.places.clone()).unwrap_or_default().iter();
        let entries = shown
            .enumerate()
            .map(|(offset, (key, id, node))| Edge {
                name: names.1,
                cursor: Cursor { key: *key, id: *id, depth: page.depth + offset }.text(),
                node: *node,
            })
            .collect();
        Some(Ok(ResolvedValue::object(Connection { scene: self, name: names.0, entries, page })))
    }
}

/// A page of a list.
struct Connection<'w, T> {
    scene: &'w Scene<'w>,
    name: &'static str,
    entries: Vec<Edge<T>>,
    page: page::Page,
}

impl<'w, T: ObjectValue + Copy + 'w> ObjectValue for Connection<'w, T> {
    fn type_name(&self) -> &str {
        self.name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a apollo_compiler::resolvers::ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "nodes" => {
                self.scene.spend(u64::try_from(self.entries.len()).unwrap_or(u64::MAX));
                let nodes = self.entries.iter().map(|edge| ResolvedValue::object(edge.node));
                Ok(ResolvedValue::list(nodes))
            }
            "edges" => {
                self.scene.spend(u64::try_from(self.entries.len()).unwrap_or(u64::MAX));
                Ok(ResolvedValue::list(
                    self.entries.iter().map(|edge| ResolvedValue::object(edge.clone())),
                ))
            }
            "pageInfo" => Ok(ResolvedValue::object(PageInfo {
                first: self.entries.first().map(|edge| edge.cursor.as_str()),
                last: self.entries.last().map(|edge| edge.cursor.as_str()),
                page: &self.page,
            })),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

#[derive(Clone)]
struct Edge<T> {
    name: &'static str,
    cursor: String,
    node: T,
}

impl<T: ObjectValue + Copy> ObjectValue for Edge<T> {
    fn type_name(&self) -> &str {
        self.name
    }

    fn resolve_field<'a>(
        &'a self,
        info: &'a apollo_compiler::resolvers::ResolveInfo<'a>,
    ) -> Result<ResolvedValue<'a>, FieldError> {
        match info.field_name() {
            "cursor" => Ok(ResolvedValue::leaf(self.cursor.as_str())),
            "node" => Ok(ResolvedValue::object(self.node)),
            _ => Err(self.unknown_field_error(info)),
        }
    }
}

struct PageInfo<'w> {
    first: Option<&'w str>,
    last: Option<&'w str>,
    page: &'w page::Page,
}

impl<'w> PageInfo<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "startCursor" => optional_text(self.first),
            "endCursor" => optional_text(self.last),
            "hasNextPage" => flag(self.page.has_next),
            "hasPreviousPage" => flag(self.page.has_previous),
            _ => None,
        }
    }
}
object!(PageInfo<'_>, |_| "PageInfo");

/// Null.
fn null<'w>() -> Shown<'w> {
    Some(Ok(ResolvedValue::null()))
}

/// A text, or whatever the vendor writes as one.
fn text<'w>(value: impl Display) -> Shown<'w> {
    Some(Ok(ResolvedValue::leaf(value.to_string())))
}

/// A text or null.
fn optional_text<'w>(value: Option<impl Display>) -> Shown<'w> {
    match value {
        Some(value) => text(value),
        None => null(),
    }
}

/// A list of texts.
fn texts<'w>(values: impl IntoIterator<Item = String>) -> Shown<'w> {
    let leaves: Vec<ResolvedValue<'w>> = values.into_iter().map(ResolvedValue::leaf).collect();
    Some(Ok(ResolvedValue::list(leaves)))
}

/// An empty list.
fn nothing<'w>() -> Shown<'w> {
    Some(Ok(ResolvedValue::list(Vec::new())))
}

/// Yes or no.
fn flag<'w>(value: bool) -> Shown<'w> {
    Some(Ok(ResolvedValue::leaf(value)))
}

/// A whole number.
fn number<'w>(value: impl Into<i64>) -> Shown<'w> {
    Some(Ok(ResolvedValue::leaf(JsonValue::from(value.into()))))
}

/// A number with decimals, from its text.
fn decimal<'w>(text: &str) -> Shown<'w> {
    let number: Result<serde_json::Number, _> = serde_json::from_str(text);
    let mistake = || FieldError { message: format!("`{text}` is not a number") };
    Some(number.map(|number| ResolvedValue::leaf(JsonValue::Number(number))).map_err(|_| mistake()))
}
