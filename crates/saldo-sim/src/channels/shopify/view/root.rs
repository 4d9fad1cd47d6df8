//! The two roots of the schema, the shop, and bulk operations.

use super::company::CompanyLocation;
use super::gift_card::{self, GIFT_CARD_FILTERS};
use super::line::{ITEM_FILTERS, item};
use super::order::{Count, Customer, ORDER_FILTERS, Order};
use super::payments::{self, Account};
use super::report;
use super::till::{self, TILL_FILTERS};
use super::transaction::{TENDER_FILTERS, Tender};
use super::{Scene, Shown, flag, null, object, optional_text, text, texts};
use crate::channels::shopify::bulk::{BulkOperation, UserError};
use crate::channels::shopify::{index, search};
use apollo_compiler::resolvers::{FieldError, ResolvedValue};
use apollo_compiler::response::{JsonMap, JsonValue};
use jiff::tz::TimeZone;

/// The root of queries.
pub(in crate::channels::shopify) struct Query<'w>(pub(in crate::channels::shopify) &'w Scene<'w>);

impl<'w> Query<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        let id = || arguments.get("id").and_then(JsonValue::as_str).unwrap_or("");
        match field {
            "shop" => scene.object(Shop(scene)),
            "currentAppInstallation" => scene.object(Installation(scene)),
            "order" => match number_of(id(), "Order") {
                Some(number) => scene.maybe(scene.order(number)),
                None => null(),
            },
            "orders" => self.orders(arguments),
            "ordersCount" => self.orders_count(arguments),
            "cashTrackingSessions" => self.till_sessions(arguments),
            "companyLocations" => self.company_locations(arguments),
            "customers" => self.customers(arguments),
            "giftCards" => self.gift_cards(arguments),
            "inventoryItems" => self.inventory_items(arguments),
            "shopifyPaymentsAccount" => scene.object(Account { scene }),
            "shopifyqlQuery" => self.report(arguments),
            "tenderTransactions" => self.tenders(arguments),
            "node" => self.node(id()),
            "nodes" => {
                let ids = arguments.get("ids").and_then(JsonValue::as_array);
                let nodes: Vec<ResolvedValue<'w>> = ids
                    .into_iter()
                    .flatten()
                    .map(|id| self.node(id.as_str().unwrap_or("")))
                    .map(|node| node.and_then(Result::ok).unwrap_or_else(ResolvedValue::null))
                    .collect();
                Some(Ok(ResolvedValue::list(nodes)))
            }
            "bulkOperation" => self.bulk(id()),
            "currentBulkOperation" => {
                let latest = scene.bulk.borrow().operations().next_back().cloned();
                scene.maybe(latest.map(|operation| Bulk { scene, operation }))
            }
            "bulkOperations" => self.bulk_operations(arguments),
            _ => None,
        }
    }

    fn gift_cards(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        if !scene.reads_gift_cards {
            let message = "Access denied for giftCards field. Required access: \
                           `read_gift_cards` access scope.";
            return Some(Err(FieldError { message: message.to_owned() }));
        }
        let terms = scene.terms(arguments, &GIFT_CARD_FILTERS);
        let sort = arguments.get("sortKey").and_then(JsonValue::as_str).unwrap_or("");
        let found = gift_card::all(scene).filter(|it| scene.holds(&terms, |name| it.facet(name)));
        let members = found.map(|it| (it.sorted_by(sort), it.id(), it)).collect();
        scene.connection(("GiftCardConnection", "GiftCardEdge"), arguments, members, true)
    }

    fn report(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        if !scene.reads_reports {
            let message = "Access denied for shopifyqlQuery field. Required access: \
                           `read_reports` access scope.";
            return Some(Err(FieldError { message: message.to_owned() }));
        }
        let query = arguments.get("query").and_then(JsonValue::as_str).unwrap_or("");
        scene.object(report::answer(scene, query))
    }

    fn customers(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        let terms = scene.terms(arguments, &["id"]);
        let all = (0..scene.world.customers.len()).filter_map(|place| Customer::at(scene, place));
        let found = all.filter(|it| scene.holds(&terms, |field| it.facet(field)));
        let members = found.map(|it| (0, it.id(), it)).collect();
        scene.connection(("CustomerConnection", "CustomerEdge"), arguments, members, true)
    }

    fn company_locations(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        let terms = scene.terms(arguments, &["id"]);
        let all = (0..scene.world.customers.len()).filter_map(|at| CompanyLocation::at(scene, at));
        let found = all.filter(|it| scene.holds(&terms, |field| it.facet(field)));
        let members = found.map(|it| (0, it.id(), it)).collect();
        let names = ("CompanyLocationConnection", "CompanyLocationEdge");
        scene.connection(names, arguments, members, true)
    }

    fn till_sessions(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        let terms = scene.terms(arguments, &TILL_FILTERS);
        let sort = arguments.get("sortKey").and_then(JsonValue::as_str).unwrap_or("");
        let found = till::all(scene).filter(|it| scene.holds(&terms, |name| it.facet(name)));
        let members = found.map(|it| (it.sorted_by(sort), it.id(), it)).collect();
        let names = ("CashTrackingSessionConnection", "CashTrackingSessionEdge");
        scene.connection(names, arguments, members, true)
    }

    fn inventory_items(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        let terms = scene.terms(arguments, &ITEM_FILTERS);
        let items = (0..scene.world.products.len()).filter_map(|place| item(scene, place));
        let found = items.filter(|item| scene.holds(&terms, |field| item.facet(field)));
        let members = found.map(|item| (0, item.id(), item)).collect();
        let names = ("InventoryItemConnection", "InventoryItemEdge");
        scene.connection(names, arguments, members, true)
    }

    /// Orders as the search index knows them, with the instants that it has for them.
    fn found(&self, arguments: &JsonMap) -> Vec<(jiff::Timestamp, Order<'w>)> {
        let scene = self.0;
        let terms = scene.terms(arguments, &ORDER_FILTERS);
        let sorted = arguments.get("sortKey").and_then(JsonValue::as_str) == Some("UPDATED_AT");
        let by_index = sorted || terms.iter().any(|term| term.field == "updated_at");
        let orders = scene.orders().map(|(place, order)| Order { scene, order, place });
        orders
            .filter_map(|view| {
                let seed = scene.world.settings.seed;
                let indexed = match by_index {
                    true => index::updated_at(view.order, seed, scene.now)?,
                    false => view.order.updated_at(scene.now),
                };
                Some((indexed, view))
            })
            .filter(|(indexed, view)| scene.holds(&terms, |field| view.facet(field, *indexed)))
            .collect()
    }

    fn orders(&self, arguments: &JsonMap) -> Shown<'w> {
        let sort = arguments.get("sortKey").and_then(JsonValue::as_str).unwrap_or("");
        let members = self
            .found(arguments)
            .into_iter()
            .map(|(indexed, view)| {
                let key = match sort {
                    "UPDATED_AT" => indexed.as_second(),
                    "CREATED_AT" => view.order.created_at.as_second(),
                    "ID" | "ORDER_NUMBER" => 0,
                    "TOTAL_PRICE" | "CURRENT_TOTAL_PRICE" => view.order.total(self.0.now),
                    _ => view.order.processed_at.as_second(),
                };
                (key, view.order.id, view)
            })
            .collect();
        self.0.connection(("OrderConnection", "OrderEdge"), arguments, members, true)
    }

    fn orders_count(&self, arguments: &JsonMap) -> Shown<'w> {
        let count = i64::try_from(self.found(arguments).len()).unwrap_or(i64::MAX);
        let limit = arguments.get("limit").and_then(JsonValue::as_i64).unwrap_or(i64::MAX);
        self.0.object(Count { count: count.min(limit), exact: count <= limit })
    }

    fn tenders(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        let terms = scene.terms(arguments, &TENDER_FILTERS);
        let members = scene
            .orders()
            .map(|(place, order)| Order { scene, order, place })
            .flat_map(|view| view.transactions())
            .filter_map(Tender::of)
            .filter(|tender| scene.holds(&terms, |field| tender.facet(field)))
            .map(|tender| (tender.transaction.at.as_second(), tender.transaction.id, tender))
            .collect();
        let names = ("TenderTransactionConnection", "TenderTransactionEdge");
        scene.connection(names, arguments, members, true)
    }

    fn node(&self, gid: &str) -> Shown<'w> {
        let scene = self.0;
        let kind = gid.strip_prefix("gid://shopify/").and_then(|rest| rest.split('/').next());
        let Ok(id) = search::tail(gid).parse::<u64>() else { return null() };
        match kind {
            Some("Order") => scene.maybe(scene.order(id)),
            Some("OrderTransaction") => scene.maybe(
                self.part(id)
                    .and_then(|order| order.transactions().find(|each| each.transaction.id == id)),
            ),
            Some("Refund") => scene.maybe(
                self.part(id).and_then(|order| order.refunds().find(|each| each.refund.id == id)),
            ),
            Some("ShopifyPaymentsAccount") => scene.object(Account { scene }),
            Some("ShopifyPaymentsPayout") => scene.maybe(payments::payout_by_id(scene, id)),
            Some("ShopifyPaymentsBalanceTransaction") => {
                scene.maybe(payments::row_by_id(scene, id))
            }
            Some("ShopifyPaymentsDispute") => scene.maybe(payments::dispute_by_id(scene, id)),
            Some("BulkOperation") => self.bulk(gid),
            Some("GiftCard") => scene.maybe(gift_card::by_id(scene, id)),
            Some("Shop") => scene.object(Shop(scene)),
            _ => null(),
        }
    }

    fn part(&self, id: u64) -> Option<Order<'w>> {
        let (_, order) = self.0.world.order_of_part(id)?;
        self.0.order(order.id)
    }

    fn bulk(&self, gid: &str) -> Shown<'w> {
        let scene = self.0;
        let found = number_of(gid, "BulkOperation")
            .and_then(|id| scene.bulk.borrow().operations().find(|each| each.id == id).cloned());
        scene.maybe(found.map(|operation| Bulk { scene, operation }))
    }

    fn bulk_operations(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.0;
        scene.spend(2);
        let desk = scene.bulk.borrow();
        let terms = scene.terms(arguments, &["status", "id", "created_at", "operation_type"]);
        let all = desk.operations().rev().cloned();
        let nodes =
            all.filter(|operation| scene.holds(&terms, |field| operation.facet(field, scene.now)));
        let nodes = nodes.map(|operation| Bulk { scene, operation }).collect();
        Some(Ok(ResolvedValue::object(BulkList { nodes })))
    }
}
object!(Query<'_>, |_| "QueryRoot");

/// The number in a global id of this kind.
fn number_of(gid: &str, kind: &str) -> Option<u64> {
    gid.strip_prefix("gid://shopify/")?.strip_prefix(kind)?.strip_prefix('/')?.parse().ok()
}

/// The root of mutations.
pub(in crate::channels::shopify) struct Mutation<'w>(
    pub(in crate::channels::shopify) &'w Scene<'w>,
);

impl<'w> Mutation<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        if field != "bulkOperationRunQuery" {
            return None;
        }
        let scene = self.0;
        let query = arguments.get("query").and_then(JsonValue::as_str).unwrap_or("");
        let grouped = arguments.get("groupObjects").and_then(JsonValue::as_bool).unwrap_or(false);
        let started = scene.bulk.borrow_mut().start(query, grouped, scene.now);
        scene.object(BulkPayload { scene, started })
    }
}
object!(Mutation<'_>, |_| "Mutation");

/// What became of the wish to start a bulk operation.
struct BulkPayload<'w> {
    scene: &'w Scene<'w>,
    started: Result<BulkOperation, UserError>,
}

impl<'w> BulkPayload<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        match field {
            "bulkOperation" => {
                scene.maybe(self.started.clone().ok().map(|operation| Bulk { scene, operation }))
            }
            "userErrors" => {
                let errors = self.started.clone().err().into_iter();
                scene.list(arguments, errors.map(BulkError))
            }
            _ => None,
        }
    }
}
object!(BulkPayload<'_>, |_| "BulkOperationRunQueryPayload");

struct BulkError(UserError);

impl BulkError {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "code" => text(self.0.code),
            "field" => texts(["query".to_owned()]),
            "message" => text(&self.0.message),
            _ => None,
        }
    }
}
object!(BulkError, |_| "BulkOperationUserError");

/// A bulk operation.
#[derive(Clone)]
struct Bulk<'w> {
    scene: &'w Scene<'w>,
    operation: BulkOperation,
}

impl<'w> Bulk<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let operation = &self.operation;
        let now = self.scene.now;
        let done = operation.result.as_ref().filter(|_| operation.completed_at <= now);
        match field {
            "id" => text(Scene::gid("BulkOperation", operation.id)),
            "createdAt" => text(operation.created_at),
            "completedAt" => optional_text(done.map(|_| operation.completed_at)),
            "errorCode" | "partialDataUrl" => null(),
            "fileSize" => optional_text(done.map(|result| result.bytes.len())),
            "objectCount" => text(done.map_or(0, |result| result.objects)),
            "rootObjectCount" => text(done.map_or(0, |result| result.roots)),
            "query" => text(&operation.query),
            "status" => text(operation.status(now)),
            "type" => text("QUERY"),
            "url" => {
                let full = done.filter(|result| result.objects > 0);
                optional_text(full.map(|_| format!("{}{}", self.scene.address, operation.path())))
            }
            _ => None,
        }
    }
}
object!(Bulk<'_>, |_| "BulkOperation");

/// The bulk operations, newest first, on one page.
struct BulkList<'w> {
    nodes: Vec<Bulk<'w>>,
}

impl<'w> BulkList<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let nodes = self.nodes.clone().into_iter();
        match field {
            "nodes" => Some(Ok(ResolvedValue::list(nodes.map(ResolvedValue::object)))),
            "edges" => Some(Ok(ResolvedValue::list(
                nodes.map(|node| ResolvedValue::object(BulkEdge { node })),
            ))),
            "pageInfo" => Some(Ok(ResolvedValue::object(LonePage))),
            _ => None,
        }
    }
}
object!(BulkList<'_>, |_| "BulkOperationConnection");

struct BulkEdge<'w> {
    node: Bulk<'w>,
}

impl<'w> BulkEdge<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "cursor" => text(self.node.operation.id),
            "node" => Some(Ok(ResolvedValue::object(self.node.clone()))),
            _ => None,
        }
    }
}
object!(BulkEdge<'_>, |_| "BulkOperationEdge");

/// The page information of a list that has one page only.
struct LonePage;

impl LonePage {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "hasNextPage" | "hasPreviousPage" => flag(false),
            "startCursor" | "endCursor" => null(),
            _ => None,
        }
    }
}
object!(LonePage, |_| "PageInfo");

/// The shop.
/// What the app may read.
struct Installation<'w>(&'w Scene<'w>);

impl<'w> Installation<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        const ID: u64 = 64_000_000_001;
        const SCOPES: [&str; 4] = [
            "read_orders",
            "read_shopify_payments_payouts",
            "read_shopify_payments_disputes",
            "read_all_orders",
        ];
        match field {
            "id" => text(Scene::gid("AppInstallation", ID)),
            "accessScopes" => {
                let all = self.0.orders_since == jiff::Timestamp::MIN;
                let granted = SCOPES.iter().filter(|scope| all || **scope != "read_all_orders");
                self.0.list(arguments, granted.map(|scope| Scope(scope)))
            }
            _ => None,
        }
    }
}
object!(Installation<'_>, |_| "AppInstallation");

/// A right that the owner granted.
struct Scope(&'static str);

impl Scope {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "handle" => text(self.0),
            "description" => text(self.0.replace('_', " ")),
            _ => None,
        }
    }
}
object!(Scope, |_| "AccessScope");

struct Shop<'w>(&'w Scene<'w>);

impl<'w> Shop<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        const ID: u64 = 63_000_000_001;
        let scene = self.0;
        let world = scene.world;
        let shop = &world.settings.shop;
        let local = world.zone.to_offset_info(scene.now);
        match field {
            "id" => text(Scene::gid("Shop", ID)),
            "name" => text(shop),
            "email" | "contactEmail" => text(format_args!("owner@{shop}.example")),
            "currencyCode" => text(world.currency),
            "ianaTimezone" => text(&world.settings.timezone),
            "timezoneAbbreviation" => text(local.abbreviation()),
            "timezoneOffset" => {
                let zoned = scene.now.to_zoned(TimeZone::fixed(local.offset()));
                text(zoned.strftime("%z"))
            }
            "myshopifyDomain" => text(format_args!("{shop}.myshopify.com")),
            "url" => text(format_args!("https://{shop}.myshopify.com")),
            "taxesIncluded" => flag(false),
            "taxShipping" => flag(true),
            "createdAt" => text(world.begins),
            "enabledPresentmentCurrencies" => texts([world.currency.to_string()]),
            "plan" => scene.object(Plan),
            _ => None,
        }
    }
}
object!(Shop<'_>, |_| "Shop");

struct Plan;

impl Plan {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "displayName" | "publicDisplayName" => text("Basic"),
            "partnerDevelopment" | "shopifyPlus" => flag(false),
            _ => None,
        }
    }
}
object!(Plan, |_| "ShopPlan");
