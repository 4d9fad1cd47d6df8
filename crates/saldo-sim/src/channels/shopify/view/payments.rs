//! The card gateway's account: payouts, the rows of its ledger, and disputes.

use super::order::Order;
use super::{Scene, Shown, flag, nothing, null, object, optional_text, text};
use crate::channels::shopify::search::Facet;
use crate::channels::shopify::words;
use crate::world::{self, Minor, RowKind};
use apollo_compiler::resolvers::ResolvedValue;
use apollo_compiler::response::{JsonMap, JsonValue};
use jiff::Timestamp;

/// The number in the id of the account.
const ACCOUNT_ID: u64 = 51_000_001;

/// The account.
#[derive(Clone, Copy)]
pub(super) struct Account<'w> {
    pub(super) scene: &'w Scene<'w>,
}

impl<'w> Account<'w> {
    fn show(&self, field: &str, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        match field {
            "id" => text(Scene::gid("ShopifyPaymentsAccount", ACCOUNT_ID)),
            "accountOpenerName" => text("Ada Okafor"),
            "activated" => flag(true),
            "onboardable" => flag(false),
            "country" => text("US"),
            "defaultCurrency" => text(scene.world.currency),
            "payoutStatementDescriptor" => null(),
            "payoutSchedule" => scene.object(Schedule),
            "balance" => {
                let seen = scene.world.ledger.rows.iter().filter(|row| row.at <= scene.now);
                let minor = seen.map(world::Row::net).sum();
                scene.spend(1);
                let money = super::money::MoneyV2 { money: scene.world.money(minor) };
                Some(Ok(ResolvedValue::list([ResolvedValue::object(money)])))
            }
            "payouts" => self.payouts(arguments),
            "balanceTransactions" => self.rows(arguments),
            "disputes" => self.disputes(arguments),
            _ => None,
        }
    }

    fn payouts(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        let terms = scene.terms(arguments, &["issued_at", "status", "id", "currency"]);
        let direction = arguments.get("transactionType").and_then(JsonValue::as_str);
        let key = sort_key(arguments);
        let members = (0..scene.world.ledger.payouts.len())
            .filter_map(|place| Payout::at(scene, place))
            .filter(|payout| direction.is_none_or(|wanted| payout.direction() == wanted))
            .filter(|payout| scene.holds(&terms, |field| payout.facet(field)))
            .map(|payout| {
                let key = match key {
                    "AMOUNT" => payout.payout.net,
                    "ID" => 0,
                    _ => payout.payout.issued_at.as_second(),
                };
                (key, payout.payout.id, payout)
            })
            .collect();
        let names = ("ShopifyPaymentsPayoutConnection", "ShopifyPaymentsPayoutEdge");
        scene.connection(names, arguments, members, true)
    }

    fn rows(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        let terms = scene.terms(arguments, &ROW_FILTERS);
        let hidden = arguments.get("hideTransfers").and_then(JsonValue::as_bool).unwrap_or(false);
        let key = sort_key(arguments);
        let rows = &scene.world.ledger.rows;
        let seen = rows.partition_point(|row| row.at <= scene.now);
        let members = rows
            .get(..seen)
            .unwrap_or_default()
            .iter()
            .map(|row| Row { scene, row })
            .filter(|row| !(hidden && row.row.kind == RowKind::Transfer))
            .filter(|row| scene.holds(&terms, |field| row.facet(field)))
            .map(|row| {
                let key = match key {
                    "AMOUNT" => row.row.amount,
                    "FEE" => row.row.fee,
                    "NET" => row.row.net(),
                    "ID" => 0,
                    _ => row.row.at.as_second(),
                };
                (key, row.row.id, row)
            })
            .collect();
        let names = (
            "ShopifyPaymentsBalanceTransactionConnection",
            "ShopifyPaymentsBalanceTransactionEdge",
        );
        scene.connection(names, arguments, members, true)
    }

    fn disputes(&self, arguments: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        let terms = scene.terms(arguments, &["id", "initiated_at", "status"]);
        let all = scene.world.ledger.disputes.iter();
        let members = all
            .map(|dispute| Dispute { scene, dispute })
            .filter(|each| each.dispute.opened_at <= scene.now)
            .filter(|each| scene.holds(&terms, |field| each.facet(field)))
            .map(|each| (each.dispute.opened_at.as_second(), each.dispute.id, each))
            .collect();
        let names = ("ShopifyPaymentsDisputeConnection", "ShopifyPaymentsDisputeEdge");
        scene.connection(names, arguments, members, true)
    }
}
object!(Account<'_>, |_| "ShopifyPaymentsAccount");

fn sort_key(arguments: &JsonMap) -> &str {
    arguments.get("sortKey").and_then(JsonValue::as_str).unwrap_or("")
}

/// When payouts are made.
struct Schedule;

impl Schedule {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "interval" => text("DAILY"),
            "monthlyAnchor" | "weeklyAnchor" => null(),
            _ => None,
        }
    }
}
object!(Schedule, |_| "ShopifyPaymentsPayoutSchedule");

/// A payout.
#[derive(Clone, Copy)]
pub(super) struct Payout<'w> {
    scene: &'w Scene<'w>,
    payout: &'w world::Payout,
}

impl<'w> Payout<'w> {
    /// The payout at this place of the ledger, once it is made up.
    pub(super) fn at(scene: &'w Scene<'w>, place: usize) -> Option<Self> {
        let payout = scene.world.ledger.payouts.get(place)?;
        (payout.scheduled_at <= scene.now).then_some(Self { scene, payout })
    }

    /// The number in its id.
    pub(super) fn id(&self) -> u64 {
        self.payout.id
    }

    fn status(&self) -> &'static str {
        match (self.payout.settled_at <= self.scene.now, self.payout.failed) {
            (false, _) => "SCHEDULED",
            (true, true) => "FAILED",
            (true, false) => "PAID",
        }
    }

    fn direction(&self) -> &'static str {
        if self.payout.net < 0 { "WITHDRAWAL" } else { "DEPOSIT" }
    }

    fn facet(&self, field: &str) -> Facet {
        match field {
            "issued_at" => Facet::Time(self.payout.issued_at),
            "status" => Facet::Text(self.status().to_owned()),
            "id" => Facet::Id(self.payout.id),
            "currency" => Facet::Text(self.scene.world.currency.to_string()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let scene = self.scene;
        match field {
            "id" => text(Scene::gid("ShopifyPaymentsPayout", self.payout.id)),
            "legacyResourceId" => text(self.payout.id),
            "issuedAt" => text(self.payout.issued_at),
            "status" => text(self.status()),
            "transactionType" => text(self.direction()),
            "externalTraceId" => {
                let sent = self.status() != "SCHEDULED";
                optional_text(sent.then(|| format!("TRACE{}", self.payout.id)))
            }
            "net" => scene.money(self.payout.net),
            "gross" => scene.money(self.sum(|row| row.amount, |_| true)),
            "summary" => scene.object(Summary { payout: *self }),
            _ => None,
        }
    }

    /// The sum over its rows, its own transfer left out.
    fn sum(
        &self,
        amount: impl Fn(&world::Row) -> Minor,
        wanted: impl Fn(RowKind) -> bool,
    ) -> Minor {
        let rows = &self.scene.world.ledger.rows;
        let own = self.payout.rows.iter().filter_map(|place| rows.get(*place));
        let kept = own.filter(|row| row.kind != RowKind::Transfer && wanted(row.kind));
        kept.map(amount).sum()
    }
}
object!(Payout<'_>, |_| "ShopifyPaymentsPayout");

/// The sums of a payout by kind of row.
#[derive(Clone, Copy)]
struct Summary<'w> {
    payout: Payout<'w>,
}

impl<'w> Summary<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let (bucket, fee) = match field {
            "chargesGross" => (Bucket::Charges, false),
            "chargesFee" => (Bucket::Charges, true),
            "refundsFeeGross" => (Bucket::Refunds, false),
            "refundsFee" => (Bucket::Refunds, true),
            "adjustmentsGross" => (Bucket::Adjustments, false),
            "adjustmentsFee" => (Bucket::Adjustments, true),
            "reservedFundsGross" => (Bucket::Reserves, false),
            "reservedFundsFee" => (Bucket::Reserves, true),
            "retriedPayoutsGross" => (Bucket::Retries, false),
            "retriedPayoutsFee" => (Bucket::Retries, true),
            "advanceGross" | "advanceFees" | "usdcRebateCreditAmount" => {
                return self.payout.scene.money(0);
            }
            _ => return None,
        };
        let amount = |row: &world::Row| if fee { row.fee } else { row.amount };
        let minor = self.payout.sum(amount, |kind| bucket_of(kind) == bucket);
        self.payout.scene.money(minor)
    }
}
object!(Summary<'_>, |_| "ShopifyPaymentsPayoutSummary");

#[derive(Clone, Copy, PartialEq, Eq)]
enum Bucket {
    Charges,
    Refunds,
    Adjustments,
    Reserves,
    Retries,
}

fn bucket_of(kind: RowKind) -> Bucket {
    match kind {
        RowKind::Charge => Bucket::Charges,
        RowKind::Refund => Bucket::Refunds,
        RowKind::ReserveHeld | RowKind::ReserveReleased => Bucket::Reserves,
        RowKind::PayoutReturned | RowKind::Transfer => Bucket::Retries,
        RowKind::DisputeWithdrawal
        | RowKind::DisputeReversal
        | RowKind::PlatformBill
        | RowKind::LoanRepayment
        | RowKind::Adjustment
        | RowKind::Label
        | RowKind::Duties
        | RowKind::WalletCredit => Bucket::Adjustments,
    }
}

/// The fields that rows of the ledger can be searched by.
const ROW_FILTERS: [&str; 7] = [
    "payments_transfer_id",
    "processed_at",
    "payout_date",
    "payout_status",
    "transaction_type",
    "currency",
    "id",
];

/// A row of the ledger.
#[derive(Clone, Copy)]
pub(super) struct Row<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) row: &'w world::Row,
}

impl<'w> Row<'w> {
    fn payout(&self) -> Option<Payout<'w>> {
        Payout::at(self.scene, self.row.payout?)
    }

    fn facet(&self, field: &str) -> Facet {
        let payout = || self.payout();
        match field {
            "payments_transfer_id" => {
                payout().map_or(Facet::Absent, |each| Facet::Id(each.payout.id))
            }
            "payout_date" => {
                payout().map_or(Facet::Absent, |each| Facet::Time(each.payout.issued_at))
            }
            "payout_status" => {
                Facet::Text(payout().map_or("PENDING", |each| each.status()).to_owned())
            }
            "processed_at" => Facet::Time(self.row.at),
            "transaction_type" => Facet::Text(words::row(self.row.kind).0.to_owned()),
            "currency" => Facet::Text(self.scene.world.currency.to_string()),
            "id" => Facet::Id(self.row.id),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let (scene, row) = (self.scene, self.row);
        let (kind, source) = words::row(row.kind);
        match field {
            "id" => text(Scene::gid("ShopifyPaymentsBalanceTransaction", row.id)),
            "type" => text(kind),
            "sourceType" => text(source),
            "sourceId" => text(row.source),
            "sourceOrderTransactionId" => optional_text(row.transaction),
            "transactionDate" => text(row.at),
            "test" => flag(false),
            "adjustmentReason" => {
                let reason = (row.kind == RowKind::WalletCredit).then_some("shop_cash_credit");
                optional_text(reason)
            }
            "amount" => scene.money(row.amount),
            "fee" => scene.money(row.fee),
            "net" => scene.money(row.net()),
            "associatedOrder" => scene.maybe(self.order().map(AssociatedOrder)),
            "associatedPayout" => scene.object(AssociatedPayout(self.payout())),
            "adjustmentsOrders" => nothing(),
            _ => None,
        }
    }

    fn order(&self) -> Option<Order<'w>> {
        let place = self.row.order?;
        let order = self.scene.world.orders.get(place)?;
        Some(Order { scene: self.scene, order, place })
    }
}
object!(Row<'_>, |_| "ShopifyPaymentsBalanceTransaction");

/// The order of a row, by name.
struct AssociatedOrder<'w>(Order<'w>);

impl<'w> AssociatedOrder<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => text(Scene::gid("Order", self.0.order.id)),
            "name" => text(self.0.name()),
            _ => None,
        }
    }
}
object!(AssociatedOrder<'_>, |_| "ShopifyPaymentsAssociatedOrder");

/// The payout of a row, where it has one yet.
struct AssociatedPayout<'w>(Option<Payout<'w>>);

impl<'w> AssociatedPayout<'w> {
    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "id" => {
                let id = self.0.map(|payout| Scene::gid("ShopifyPaymentsPayout", payout.id()));
                optional_text(id)
            }
            "status" => text(self.0.map_or("PENDING", |payout| payout.status())),
            _ => None,
        }
    }
}
object!(AssociatedPayout<'_>, |_| "ShopifyPaymentsBalanceTransactionAssociatedPayout");

/// How a dispute stands, as of now.
pub(super) fn dispute_status(dispute: &world::Dispute, now: Timestamp) -> &'static str {
    match dispute {
        _ if now < dispute.evidence_sent_at => "NEEDS_RESPONSE",
        _ if now < dispute.closed_at => "UNDER_REVIEW",
        world::Dispute { won: true, .. } => "WON",
        _ => "LOST",
    }
}

/// A dispute.
#[derive(Clone, Copy)]
pub(super) struct Dispute<'w> {
    pub(super) scene: &'w Scene<'w>,
    pub(super) dispute: &'w world::Dispute,
}

impl<'w> Dispute<'w> {
    fn facet(&self, field: &str) -> Facet {
        match field {
            "id" => Facet::Id(self.dispute.id),
            "initiated_at" => Facet::Time(self.dispute.opened_at),
            "status" => Facet::Text(dispute_status(self.dispute, self.scene.now).to_owned()),
            _ => Facet::Absent,
        }
    }

    fn show(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        let (scene, dispute) = (self.scene, self.dispute);
        match field {
            "id" => text(Scene::gid("ShopifyPaymentsDispute", dispute.id)),
            "legacyResourceId" => text(dispute.id),
            "amount" => scene.money(dispute.amount),
            "status" => text(dispute_status(dispute, scene.now)),
            "type" => text("CHARGEBACK"),
            "initiatedAt" => text(dispute.opened_at),
            "evidenceDueBy" => text(dispute.evidence_due_by),
            "evidenceSentOn" => {
                optional_text(Some(dispute.evidence_sent_at).filter(|at| *at <= scene.now))
            }
            "finalizedOn" => optional_text(Some(dispute.closed_at).filter(|at| *at <= scene.now)),
            "reasonDetails" => scene.object(Reason),
            "order" => {
                let order = scene.world.orders.get(dispute.order);
                scene.maybe(order.map(|order| Order { scene, order, place: dispute.order }))
            }
            _ => None,
        }
    }
}
object!(Dispute<'_>, |_| "ShopifyPaymentsDispute");

/// Why a buyer disputes.
struct Reason;

impl Reason {
    fn show<'w>(&self, field: &str, _: &JsonMap) -> Shown<'w> {
        match field {
            "reason" => text("FRAUDULENT"),
            "networkReasonCode" => text("10.4"),
            _ => None,
        }
    }
}
object!(Reason, |_| "ShopifyPaymentsDisputeReasonDetails");

/// The place of the payout with this id among the payouts.
pub(super) fn payout_by_id<'w>(scene: &'w Scene<'w>, id: u64) -> Option<Payout<'w>> {
    let place = scene.world.ledger.payouts.iter().position(|payout| payout.id == id)?;
    Payout::at(scene, place)
}

/// The row with this id, once it is entered.
pub(super) fn row_by_id<'w>(scene: &'w Scene<'w>, id: u64) -> Option<Row<'w>> {
    let rows = &scene.world.ledger.rows;
    let place = rows.binary_search_by_key(&id, |row| row.id).ok()?;
    let row = rows.get(place)?;
    (row.at <= scene.now).then_some(Row { scene, row })
}

/// The dispute with this id, once it is opened.
pub(super) fn dispute_by_id<'w>(scene: &'w Scene<'w>, id: u64) -> Option<Dispute<'w>> {
    let dispute = scene.world.ledger.disputes.iter().find(|dispute| dispute.id == id)?;
    (dispute.opened_at <= scene.now).then_some(Dispute { scene, dispute })
}
