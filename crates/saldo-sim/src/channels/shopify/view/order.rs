//! Orders, and who and where they belong to.

use super::agreement::{Agreement, TaxLine, is_item};
use super::company::PurchasingCompany;
use super::fulfilment::Fulfilment;
use super::line::{Item, LineItem, Shipping, sum_of};
use super::refund::Refund;
use super::store_credit::CreditAccount;
use super::transaction::Transaction;
use super::{Scene, Shown, flag, null, number, object, optional_text, text, texts};
use crate::channels::shopify::search::Facet;
use crate::channels::shopify::words;
use crate::world::{self, Action, LineKind, Minor, Origin, Place};
use apollo_compiler::response::JsonMap;
use jiff::Timestamp;
use std::collections::BTreeSet;

/// An order.
#[derive(Clone, Copy)]
pub(super) struct Order<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) order: &'w world::Order,
    pub(super) place: usize,
}

/// The fields that orders can be searched by.
pub(super) const ORDER_FILTERS: [&str; 8] = [
    "updated_at",
    "processed_at",
    "created_at",
    "id",
    "name",
    "financial_status",
    "test",
    "source_name",
];

impl<'w> Order<'w> {
    /// What a search finds; `updated_at` is what the search index knows.
    pub(super) fn facet(&self, field: &str, indexed: Timestamp) -> Facet {
        match field {
            "updated_at" => Facet::Time(indexed),
            "processed_at" => Facet::Time(self.order.processed_at),
            "created_at" => Facet::Time(self.order.created_at),
            "id" => Facet::Id(self.order.id),
            "name" => Facet::Text(self.name()),
            "financial_status" => Facet::Text(words::payment(self.state()).to_owned()),
            "test" => Facet::Text(self.order.test.to_string()),
            "source_name" => Facet::Text(words::origin(self.order.origin).to_owned()),
            _ => Facet::Absent,
        }
    }

    /// The tip, which is an item to the vendor.
    pub(super) fn tip(&self) -> Option<&'w world::Sale> {
        let first = self.order.agreements.first()?;
        first.sales.iter().find(|sale| sale.kind == LineKind::Tip)
    }

    /// What the order is called.
    pub(super) fn name(&self) -> String {
        format!("#{}", self.order.number)
    }

    fn state(&self) -> world::PaymentState {
        self.order.payment_state(self.scene.now)
    }

    fn sales(&self) -> impl Iterator<Item = &'w world::Sale> {
        self.order.sales_at(self.scene.now)
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        self.show_amount(field)
            .or_else(|| self.show_word(field))
            .or_else(|| self.show_part(field, arguments))
    }

    fn show_amount(&self, field: &str) -> Shown<'w> {
        let now = self.scene.now;
        let ordered = |amount: fn(&world::Amounts) -> Minor| {
            sum_of(self.sales(), Some(Action::Order), amount)
        };
        let current = |amount: fn(&world::Amounts) -> Minor| sum_of(self.sales(), None, amount);
        let net = world::Amounts::net;
        let items = || self.sales().filter(|sale| is_item(sale));
        let shipping = || self.sales().filter(|sale| sale.kind == LineKind::Shipping);
        let tips = || self.sales().filter(|sale| sale.kind == LineKind::Tip);
        let minor = match field {
            "currentTotalPriceSet" => self.order.total(now),
            "currentTotalTaxSet" => current(world::Amounts::tax),
            "currentTotalDiscountsSet" => current(world::Amounts::discount),
            "currentSubtotalPriceSet" => sum_of(items(), None, net),
            "currentShippingPriceSet" => sum_of(shipping(), None, net),
            "totalPriceSet" => ordered(world::Amounts::total),
            "totalTaxSet" => ordered(world::Amounts::tax),
            "totalDiscountsSet" => ordered(world::Amounts::discount),
            "subtotalPriceSet" => sum_of(items(), Some(Action::Order), net),
            "totalShippingPriceSet" => sum_of(shipping(), Some(Action::Order), net),
            "totalRefundedShippingSet" => -sum_of(shipping(), Some(Action::Return), net),
            "totalTipReceivedSet" => sum_of(tips(), None, net),
            "originalTotalPriceSet" => {
                let first = self.order.agreements.first();
                sum_of(first.into_iter().flat_map(|each| &each.sales), None, world::Amounts::total)
            }
            "netPaymentSet" => self.order.received(now) - self.order.refunded(now),
            "totalReceivedSet" => self.order.received(now),
            "totalRefundedSet" => self.order.refunded(now),
            "totalOutstandingSet" => self.order.outstanding(now),
            "totalCapturableSet" => self.order.capturable(now),
            "refundDiscrepancySet" => {
                let odd = self.sales().filter(|sale| sale.kind == LineKind::Adjustment);
                sum_of(odd, None, net)
            }
            _ => return None,
        };
        self.scene.bag(minor)
    }

    fn show_word(&self, field: &str) -> Shown<'w> {
        let order = self.order;
        let now = self.scene.now;
        let cancelled_at = order.cancelled_at.filter(|at| *at <= now);
        match field {
            "id" => text(Scene::gid("Order", order.id)),
            "legacyResourceId" => text(order.id),
            "name" => text(self.name()),
            "number" => number(order.number),
            "createdAt" => text(order.created_at),
            "processedAt" => text(order.processed_at),
            "updatedAt" => text(order.updated_at(now)),
            "cancelledAt" => optional_text(cancelled_at),
            "cancelReason" => optional_text(cancelled_at.map(|_| "CUSTOMER")),
            "closedAt" | "email" | "note" | "phone" => null(),
            "poNumber" => {
                let number = (order.origin == Origin::Draft).then_some(order.number);
                optional_text(number.map(|number| format!("PO-{number}")))
            }
            "presentmentCurrencyCode"
                if order.transactions.iter().any(|each| each.abroad.is_some()) =>
            {
                text(self.scene.world.money_abroad(0).currency())
            }
            "currencyCode" | "presentmentCurrencyCode" => text(self.scene.world.currency),
            "sourceName" => text(words::origin(order.origin)),
            "sourceIdentifier" => {
                let till = (order.origin == Origin::Counter).then_some(order.number);
                optional_text(till.map(|number| format!("1-1-{number}")))
            }
            "displayFinancialStatus" => text(words::payment(self.state())),
            "displayFulfillmentStatus" => text(self.fulfilment_state()),
            "returnStatus" => text("NO_RETURN"),
            "discountCode" => optional_text(order.discount_code),
            "taxesIncluded" | "taxExempt" | "closed" | "dutiesIncluded" => flag(false),
            "confirmed" => flag(true),
            "test" => flag(order.test),
            "capturable" => flag(order.capturable(now) > 0),
            "edited" => {
                let mut made = order.agreements_at(now);
                flag(made.any(|each| each.reason == world::Reason::Edit))
            }
            "fullyPaid" => flag(order.outstanding(now) <= 0),
            "unpaid" => flag(order.received(now) == 0 && order.outstanding(now) > 0),
            "refundable" => flag(order.received(now) > order.refunded(now)),
            _ => None,
        }
    }

    fn show_part(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        match field {
            "agreements" => self.show_agreements(arguments),
            "lineItems" => {
                let items = self.items().map(|item| (0, item.id(), item)).collect();
                let names = ("LineItemConnection", "LineItemEdge");
                scene.connection(names, arguments, items, false)
            }
            "shippingLine" => scene.maybe(self.shipping()),
            "shippingLines" => {
                let lines = self.shipping().into_iter().map(|line| (0, line.shipping.id, line));
                let names = ("ShippingLineConnection", "ShippingLineEdge");
                scene.connection(names, arguments, lines.collect(), false)
            }
            "transactions" => scene.list(arguments, self.transactions()),
            "transactionsCount" => {
                let count = i64::try_from(self.transactions().count()).unwrap_or(i64::MAX);
                scene.object(Count { count, exact: true })
            }
            "refunds" => scene.list(arguments, self.refunds()),
            "fulfillments" => scene.list(arguments, self.fulfilments()),
            "customer" => scene.maybe(self.customer()),
            "purchasingEntity" => match self.customer() {
                Some(customer) if customer.customer.company => {
                    scene.object(PurchasingCompany(customer))
                }
                customer => scene.maybe(customer),
            },
            "shippingAddress" => {
                let sent = self.order.shipping.is_some();
                scene.maybe(sent.then(|| self.address()))
            }
            "billingAddress" => {
                let online = self.order.origin != Origin::Counter;
                scene.maybe(online.then(|| self.address()))
            }
            "retailLocation" => {
                let counter = self.order.origin == Origin::Counter;
                scene.maybe(counter.then_some(Location::counter(scene)))
            }
            "taxLines" => scene.list(arguments, self.tax_lines(Some(Action::Order))),
            "currentTaxLines" => scene.list(arguments, self.tax_lines(None)),
            "paymentGatewayNames" => {
                let names: BTreeSet<&str> = self
                    .order
                    .transactions_at(scene.now)
                    .map(|each| words::gateway(each.gateway).0)
                    .collect();
                texts(names.into_iter().map(str::to_owned))
            }
            "discountCodes" => texts(self.order.discount_code.map(str::to_owned)),
            "tags" => texts(self.order.tags().map(str::to_owned)),
            "disputes" => scene.list(arguments, self.disputes()),
            "totalCashRoundingAdjustment" => scene.object(CashRounding(*self)),
            "currentTotalAdditionalFeesSet" | "currentTotalDutiesSet" => null(),
            _ => None,
        }
    }

    fn show_agreements(&self, arguments: &JsonMap) -> Shown<'w> {
        let order = *self;
        let members = self
            .order
            .agreements_at(self.scene.now)
            .map(|agreement| {
                let made = agreement.at.as_second();
                (made, agreement.id, Agreement { order, agreement })
            })
            .collect();
        let names = ("SalesAgreementConnection", "SalesAgreementEdge");
        self.scene.connection(names, arguments, members, false)
    }

    fn items(&self) -> impl Iterator<Item = LineItem<'w>> {
        let (order, now) = (*self, self.scene.now);
        let goods = order.order.lines.iter().enumerate();
        let there = goods.filter(move |(_, line)| line.added_at <= now);
        let items = there.map(|(place, line)| Item::Goods(place, line));
        items.chain(order.tip().map(Item::Tip)).map(move |item| LineItem { order, item })
    }

    fn shipping(&self) -> Option<Shipping<'w>> {
        let shipping = self.order.shipping.as_ref()?;
        Some(Shipping { order: *self, shipping })
    }

    /// The movements of money that the vendor knows of.
    pub(super) fn transactions(self) -> impl Iterator<Item = Transaction<'w>> {
        let order = self;
        let moved = order.order.transactions_at(order.scene.now);
        moved.map(move |transaction| Transaction { order, transaction })
    }

    /// The refunds that the vendor knows of.
    pub(super) fn refunds(self) -> impl Iterator<Item = Refund<'w>> {
        let order = self;
        let all = order.order.refunds.iter().enumerate();
        let made = all.filter(move |(_, refund)| refund.at <= order.scene.now);
        made.map(move |(place, refund)| Refund { order, refund, place })
    }

    /// The parcels that the vendor knows of.
    fn fulfilments(self) -> impl Iterator<Item = Fulfilment<'w>> {
        let order = self;
        let sent = order.order.fulfilments_at(order.scene.now);
        sent.map(move |fulfilment| Fulfilment { order, fulfilment })
    }

    fn fulfilment_state(&self) -> &'static str {
        let now = self.scene.now;
        let lines = 0..self.order.lines.len();
        let delivered: i64 = lines.clone().map(|line| self.order.delivered_units(line, now)).sum();
        let open: i64 = self.items().map(|item| item.unfulfilled_quantity()).sum();
        match (delivered, open) {
            (0, _) => "UNFULFILLED",
            (_, 0) => "FULFILLED",
            _ => "PARTIALLY_FULFILLED",
        }
    }

    fn customer(&self) -> Option<Customer<'w>> {
        let place = self.order.customer?;
        let customer = self.scene.world.customers.get(place)?;
        Some(Customer { scene: self.scene, customer, place })
    }

    fn address(&self) -> MailingAddress {
        MailingAddress { country: self.order.country(), place: self.order.place_of_delivery() }
    }

    fn disputes(&self) -> impl Iterator<Item = DisputeSummary<'w>> {
        let (scene, place) = (self.scene, self.place);
        let all = scene.world.ledger.disputes.iter();
        let open = all.filter(move |each| each.order == place && each.opened_at <= scene.now);
        open.map(move |dispute| DisputeSummary { scene, dispute })
    }

    fn tax_lines(&self, action: Option<Action>) -> impl Iterator<Item = TaxLine<'w>> {
        let order = *self;
        let levies = self.order.tax_area().levies.iter().enumerate();
        levies.map(move |(place, levy)| {
            let of_levy = |amounts: &world::Amounts| amounts.taxes.get(place).copied().unwrap_or(0);
            TaxLine { order, levy, amount: sum_of(order.sales(), action, of_levy) }
        })
    }
}
object!(Order<'_>, |_| "Order");

/// A number of things.
pub(super) struct Count {
    pub(super) count: i64,
    pub(super) exact: bool,
}

impl Count {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "count" => number(self.count),
            "precision" => text(if self.exact { "EXACT" } else { "AT_LEAST" }),
            _ => None,
        }
    }
}
object!(Count, |_| "Count");

/// A buyer.
#[derive(Clone, Copy)]
pub(super) struct Customer<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) customer: &'w world::Customer,
    pub(super) place: usize,
}

impl<'w> Customer<'w> {
    /// The customer at this place.
    pub(super) fn at(scene: &'w Scene<'w>, place: usize) -> Option<Self> {
        let customer = scene.world.customers.get(place)?;
        Some(Self { scene, customer, place })
    }

    /// The number in its id.
    pub(super) fn id(&self) -> u64 {
        7_300_000_000_001_u64.saturating_add(u64::try_from(self.place).unwrap_or(0))
    }

    /// What a search finds.
    pub(super) fn facet(&self, field: &str) -> Facet {
        match field {
            "id" => Facet::Id(self.id()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let id = self.id();
        let first = Some(self.customer.first_name).filter(|name| !name.is_empty());
        let last = self.customer.last_name;
        match field {
            "id" => text(Scene::gid("Customer", id)),
            "legacyResourceId" => text(id),
            "displayName" => match first {
                Some(first) => text(format_args!("{first} {last}")),
                None => text(last),
            },
            "firstName" => optional_text(first),
            "lastName" => text(last),
            "email" => null(),
            "tags" => texts(self.customer.tags.iter().map(|tag| (*tag).to_owned())),
            "createdAt" | "updatedAt" => text(self.scene.world.begins),
            "storeCreditAccounts" => {
                // The credit of a company is that of its place.
                let account = CreditAccount::of(self.scene, self.place);
                let accounts = account.into_iter().filter(|_| !self.customer.company);
                let accounts = accounts.map(|account| (0, account.id(), account));
                let names = ("StoreCreditAccountConnection", "StoreCreditAccountEdge");
                self.scene.connection(names, arguments, accounts.collect(), false)
            }
            _ => None,
        }
    }
}
object!(Customer<'_>, |_| "Customer");

/// An address of an order.
struct MailingAddress {
    country: &'static str,
    /// The state and the postal code, in the United States.
    place: Option<(&'static str, &'static str)>,
}

impl MailingAddress {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "countryCodeV2" => text(self.country),
            "provinceCode" => self.place.map_or_else(null, |(state, _)| text(state)),
            "zip" => self.place.map_or_else(null, |(_, zip)| text(zip)),
            _ => None,
        }
    }
}
object!(MailingAddress, |_| "MailingAddress");

/// The shop's counter, or its warehouse.
#[derive(Clone, Copy)]
pub(super) struct Location<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) place: Place,
}

impl<'w> Location<'w> {
    /// The counter.
    pub(super) const fn counter(scene: &'w Scene<'w>) -> Self {
        Self { scene, place: Place::Counter }
    }

    /// The number in its id.
    pub(super) const fn id(self) -> u64 {
        match self.place {
            Place::Counter => 91_000_000_001,
            Place::Warehouse => 91_000_000_002,
        }
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let name = match self.place {
            Place::Counter => "Main Street",
            Place::Warehouse => "Warehouse",
        };
        match field {
            "id" => text(Scene::gid("Location", self.id())),
            "legacyResourceId" => text(self.id()),
            "name" => text(name),
            "isActive" => flag(true),
            "createdAt" | "updatedAt" => text(self.scene.world.begins),
            _ => None,
        }
    }
}
object!(Location<'_>, |_| "Location");

/// A dispute as its order shows it.
#[derive(Clone, Copy)]
struct DisputeSummary<'w> {
    scene: &'w Scene<'w>,
    dispute: &'w world::Dispute,
}

impl<'w> DisputeSummary<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("ShopifyPaymentsDispute", self.dispute.id)),
            "initiatedAs" => text("CHARGEBACK"),
            "status" => text(super::payments::dispute_status(self.dispute, self.scene.now)),
            _ => None,
        }
    }
}
object!(DisputeSummary<'_>, |_| "OrderDisputeSummary");

/// What cash payments of an order were rounded by; repayments are not rounded here.
#[derive(Clone, Copy)]
struct CashRounding<'w>(Order<'w>);

impl<'w> CashRounding<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let scene = self.0.scene;
        let paid = self.0.order.transactions_at(scene.now);
        match field {
            "paymentSet" => scene.bag(paid.map(|each| each.rounding).sum()),
            "refundSet" => scene.bag(0),
            _ => None,
        }
    }
}
object!(CashRounding<'_>, |_| "CashRoundingAdjustment");
