//! Which events of the reference the histories contain, and how often: what is never generated is
//! never tried.

use super::merchant::any_history;
use super::{cases, policy};
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use saldo_core::accounting::groups;
use saldo_core::commerce::{
    AgreementKind, BalanceKind, BalanceTransaction, Collector, Condition, Decided, DisputeOutcome,
    DrawerSession, Event, Fact, Goods, MovementKind, MovementState, Order, PartKind, Payout,
    PayoutState, SaleKind, Tender,
};
use std::collections::{BTreeMap, BTreeSet};

/// The events that histories contain, by their numbers in the reference.
const GENERATED: [&str; 67] = [
    "S1", "S2", "S3", "S4", "S6", "S7", "S9a", "S9b", "S9c", "S10a", "R1", "R2", "R3", "R4", "R5",
    "R6", "R7a", "R7b", "R8", "R9", "G1", "G3", "G4", "G5", "G6", "G7", "G8", "G9", "T1", "T2",
    "T3", "T4", "T5", "T6", "T9", "P1", "P2", "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10",
    "P11", "P12", "P13", "P15", "F1", "F2", "A1", "A3", "B1", "B2", "B3", "I1", "I2", "I3", "I4",
    "I5", "C1", "C2", "C3", "C4", "C5", "X2",
];

/// The least share of histories, in percent, that must contain an event: of 500 that is ten.
const LEAST: usize = 2;

type Events = BTreeSet<&'static str>;

/// The events that a fact is, or has a part in.
fn events(fact: &Fact) -> Events {
    match fact {
        Fact::Order(order) => of_order(order),
        Fact::BalanceTransaction(row) => of_row(row),
        Fact::Payout(payout) => of_payout(payout),
        Fact::Goods(goods) => of_goods(goods),
        Fact::Drawer(session) => of_drawer(session),
        Fact::Dispute(dispute) => match dispute.outcome {
            DisputeOutcome::Lost => Events::from(["P9"]),
            _ => Events::new(),
        },
        Fact::Decision(decision) => of_decision(&decision.said.decided),
        Fact::PurchaseOrder(_) => Events::from(["I1"]),
        Fact::GoodsReceipt(_) => Events::from(["I3"]),
        Fact::SupplierBill(_) => Events::from(["I4"]),
        Fact::SupplierPayment(_) => Events::from(["I2"]),
        Fact::StockAdjustment(it) if it.units < 0 => Events::from(["I5"]),
        _ => Events::new(),
    }
}

/// Those of these that are so.
fn which<const N: usize>(of: [(&'static str, bool); N]) -> Events {
    of.into_iter().filter(|(_, is_so)| *is_so).map(|(event, _)| event).collect()
}

fn of_order(order: &Order) -> Events {
    let moved = |kind: MovementKind| {
        order
            .movements
            .iter()
            .filter(move |it| it.kind == kind && it.state == MovementState::Succeeded)
    };
    let paid = || moved(MovementKind::Payment);
    let is_gateway = |tender: &Tender, id: &str| match tender {
        Tender::Gateway(gateway) => gateway.id.as_str() == id,
        _ => false,
    };
    let by_cards = paid().filter(|it| it.tender == Tender::GiftCard).count();
    let later = |kind: AgreementKind| order.agreements.iter().filter(move |it| it.kind == kind);
    let signs = |kind: AgreementKind, wanted: (bool, bool)| {
        later(kind).any(|it| {
            let more = it.lines.iter().any(|line| line.gross.is_positive());
            let less = it.lines.iter().any(|line| line.gross.is_negative());
            (more, less) == wanted
        })
    };
    let has = |kind: SaleKind| order.agreements[0].lines.iter().any(|line| line.kind == kind);
    let first = order.agreements[0].lines[0].quantity.unwrap_or(0);
    let back = |all: bool| {
        later(AgreementKind::Refund)
            .flat_map(|it| &it.lines)
            .any(|line| line.kind == SaleKind::Product && (line.quantity == Some(-first)) == all)
    };
    let allowed = later(AgreementKind::Refund).flat_map(|it| &it.lines);
    let mut taxes = order.agreements.iter().flat_map(|it| &it.lines).flat_map(|it| &it.taxes);
    let is_untaxed = taxes.clone().count() == 0;
    let repaid = |tender: &Tender| moved(MovementKind::Refund).any(|it| it.tender == *tender);
    which([
        ("S1", !order.prices_include_tax && paid().any(|it| is_gateway(&it.tender, "card"))),
        ("S2", order.prices_include_tax && paid().any(|it| is_gateway(&it.tender, "card"))),
        ("S3", by_cards > 0 && paid().count() > by_cards),
        ("S9a", paid().all(|it| it.processed_at > order.processed_at)),
        ("S9b", paid().any(|it| it.processed_at > order.processed_at)),
        ("S10a", paid().any(|it| it.processed_at < order.processed_at)),
        ("R1", back(true)),
        ("R5", back(false)),
        ("R4", allowed.clone().any(|line| line.kind == SaleKind::Adjustment)),
        ("R6", order.cancelled_at.is_some() && paid().next().is_none()),
        ("R7a", signs(AgreementKind::Edit, (true, false))),
        ("R7b", signs(AgreementKind::Edit, (false, true))),
        ("R8", signs(AgreementKind::Edit, (true, true))),
        ("R9", signs(AgreementKind::Edit, (true, true))),
        ("G1", has(SaleKind::GiftCard)),
        ("G3", by_cards > 0 && paid().count() == by_cards),
        ("G6", repaid(&Tender::StoreCredit)),
        ("G7", paid().any(|it| it.tender == Tender::StoreCredit)),
        ("G8", has(SaleKind::Tip)),
        ("T2", has(SaleKind::Duty)),
        ("T6", taxes.any(|tax| tax.collector == Collector::Channel)),
        ("T9", is_untaxed),
        ("P15", paid().any(|it| is_gateway(&it.tender, "paypal"))),
        ("F1", paid().any(|it| it.conversion.is_some())),
        ("C1", paid().any(|it| is_gateway(&it.tender, "cash"))),
        ("C5", paid().any(|it| it.rounding.is_some())),
    ])
}

fn of_row(row: &BalanceTransaction) -> Events {
    let is_out = row.amount.is_negative();
    let of_kind = match &row.kind {
        BalanceKind::Charge if row.fee.is_positive() => "S4",
        BalanceKind::Reserve => {
            if is_out {
                "P5"
            } else {
                "P6"
            }
        }
        BalanceKind::DisputeWithdrawal => "P7",
        BalanceKind::DisputeReversal => "P8",
        BalanceKind::LoanRepayment => "P11",
        BalanceKind::PlatformBill => "P12",
        BalanceKind::Unknown => "P13",
        BalanceKind::ShippingLabel => "T1",
        BalanceKind::Duties => "T3",
        BalanceKind::Hold => "B2",
        BalanceKind::Charged(_) => "B3",
        BalanceKind::Itemised(parts) if parts.iter().any(|it| it.kind == PartKind::Goods) => "A1",
        BalanceKind::Itemised(_) => "B1",
        _ => return Events::new(),
    };
    Events::from([of_kind])
}

fn of_payout(payout: &Payout) -> Events {
    let sent = payout.state == PayoutState::Paid;
    let month = payout.issued_on.first_of_month();
    which([
        ("P1", sent && payout.net.is_positive()),
        ("P2", payout.arrived_on.is_some_and(|on| on.first_of_month() != month)),
        ("P3", sent && payout.net.is_negative()),
        ("P4", payout.state == PayoutState::Failed),
        ("A3", sent && payout.period.is_some()),
        ("F2", sent && payout.net.currency().code() == "EUR"),
    ])
}

/// What goods cost: only where anybody asks.
fn of_goods(goods: &Goods) -> Events {
    let mut parts = goods.fulfilments.iter().flat_map(|parcel| &parcel.parts);
    let came_back = |condition| goods.returned.iter().any(|it| it.condition == condition);
    which([
        ("S6", !goods.fulfilments.is_empty()),
        ("S7", parts.any(|part| !part.components.is_empty())),
        ("R2", came_back(Condition::Resaleable)),
        ("R3", came_back(Condition::Damaged)),
    ])
}

fn of_drawer(session: &DrawerSession) -> Events {
    let moved = |note: &str| session.moves.iter().any(|it| it.note == note);
    let over = session.expected().is_ok_and(|due| due != session.counted);
    which([("C2", moved("stamps")), ("C3", over), ("C4", moved("bank drop"))])
}

fn of_decision(decided: &Decided) -> Events {
    let event = match decided {
        Decided::WriteOff { .. } => "S9c",
        Decided::Event(Event::PromotionalCard { .. }) => "G4",
        Decided::Event(Event::Breakage { .. }) => "G5",
        Decided::Event(Event::TipsPaid { .. }) => "G9",
        Decided::Event(Event::TaxRemitted { .. }) => "T5",
        Decided::Event(Event::DutiesResidue { .. }) => "T4",
        Decided::Event(Event::LoanFunded { .. }) => "P10",
        Decided::Event(Event::ExpectedReturns { .. }) => "X2",
        Decided::Event(Event::Banked { .. }) => "C4",
        _ => return Events::new(),
    };
    Events::from([event])
}

/// `cargo xtask histories` shows what this prints.
#[test]
fn histories_contain_the_events_of_the_reference() {
    let count = usize::try_from(cases()).unwrap();
    let mut runner = TestRunner::deterministic();
    let histories = any_history();
    let mut shares: BTreeMap<&str, usize> = BTreeMap::new();
    for _ in 0..count {
        let history = histories.new_tree(&mut runner).unwrap().current();
        let asks_for_costs = policy(&history, "").keeps_cost();
        let mut reached = Events::new();
        for fact in history.told().facts {
            assert!(!groups(&fact).is_empty(), "{fact:?}");
            let is_of_stock = matches!(fact, Fact::Goods(_));
            if !is_of_stock || asks_for_costs {
                reached.extend(events(&fact));
            }
        }
        for event in reached {
            *shares.entry(event).or_default() += 1;
        }
    }
    println!("of {count} histories so many percent contain each event of the reference:");
    for (event, times) in &shares {
        println!("  {event:<5} {:>3}", times * 100 / count);
    }
    for event in GENERATED {
        let times = shares.get(event).copied().unwrap_or_default();
        assert!(times * 100 >= LEAST * count, "{event}: {times} of {count}");
    }
}
