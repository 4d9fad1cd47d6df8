//! Which events of the reference the histories contain, and how often: what is never generated is
//! never tried.

use super::merchant::{History, any_history};
use super::{cases, policy};
use jiff::Timestamp;
use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;
use saldo_core::accounting::groups;
use saldo_core::commerce::{
    AdjustmentReason, AgreementKind, BalanceKind, BalanceTransaction, Collector, Condition,
    Decided, DisputeOutcome, DrawerSession, Event, Fact, Goods, MoneyMovement, MovementKind,
    MovementState, Order, PartKind, Payout, PayoutState, RowPart, SaleKind, TaxAmount, Tender,
};
use std::collections::{BTreeMap, BTreeSet};

/// The events that histories contain, by their numbers in the reference: all of them.
const GENERATED: [&str; 83] = [
    "S1", "S2", "S3", "S4", "S5", "S6", "S7", "S8a", "S8b", "S9a", "S9b", "S9c", "S10a", "S10b",
    "R1", "R2", "R3", "R4", "R5", "R6", "R7a", "R7b", "R8", "R9", "R10", "G1", "G2", "G3", "G4",
    "G5", "G6", "G7", "G8", "G9", "T1", "T2", "T3", "T4", "T5", "T6", "T7", "T8", "T9", "P1", "P2",
    "P3", "P4", "P5", "P6", "P7", "P8", "P9", "P10", "P11", "P12", "P13", "P14", "P15", "P16",
    "F1", "F2", "A1", "A2", "A3", "A4", "A5", "A6", "A7", "B1", "B2", "B3", "I1", "I2", "I3", "I4",
    "I5", "C1", "C2", "C3", "C4", "C5", "X1", "X2",
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
        Fact::StockAdjustment(it) if it.units < 0 => match it.reason {
            AdjustmentReason::Other(_) => Events::from(["A6"]),
            _ => Events::from(["I5"]),
        },
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
    let taxes = || order.agreements.iter().flat_map(|it| &it.lines).flat_map(|it| &it.taxes);
    let by_channel = |is_vat: bool| {
        taxes().any(|it| it.collector == Collector::Channel && (it.title == "VAT") == is_vat)
    };
    let before = paid().any(|it| it.processed_at < order.processed_at);
    let dearer =
        |it: &MoneyMovement| it.conversion.as_ref().is_some_and(|by| by.worth != it.amount);
    let repaid = |tender: &Tender| moved(MovementKind::Refund).any(|it| it.tender == *tender);
    which([
        ("S1", !order.prices_include_tax && paid().any(|it| is_gateway(&it.tender, "card"))),
        ("S2", order.prices_include_tax && paid().any(|it| is_gateway(&it.tender, "card"))),
        ("S3", by_cards > 0 && paid().count() > by_cards),
        ("S9a", paid().all(|it| it.processed_at > order.processed_at)),
        ("S9b", paid().any(|it| it.processed_at > order.processed_at)),
        ("S10a", before),
        ("S10b", before && paid().any(|it| it.processed_at >= order.processed_at)),
        ("R1", back(true)),
        ("R5", back(false)),
        ("R4", allowed.clone().any(|line| line.kind == SaleKind::Adjustment)),
        ("R6", order.cancelled_at.is_some() && paid().next().is_none()),
        ("R7a", signs(AgreementKind::Edit, (true, false))),
        ("R7b", signs(AgreementKind::Edit, (false, true))),
        ("R8", signs(AgreementKind::Edit, (true, true))),
        ("R9", signs(AgreementKind::Edit, (true, true))),
        ("R10", moved(MovementKind::Refund).any(dearer)),
        ("G1", has(SaleKind::GiftCard)),
        ("G3", by_cards > 0 && paid().count() == by_cards),
        ("G6", repaid(&Tender::StoreCredit)),
        ("G7", paid().any(|it| it.tender == Tender::StoreCredit)),
        ("G8", has(SaleKind::Tip)),
        ("T2", has(SaleKind::Duty)),
        ("T6", by_channel(false)),
        ("T7", by_channel(true)),
        ("T8", taxes().any(|tax| tax.title == "DE VAT")),
        ("T9", taxes().count() == 0),
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
        BalanceKind::TenderCredit(_) => "P14",
        BalanceKind::Itemised(parts)
            if has(parts, &[PartKind::Reimbursement, PartKind::Reserve]) =>
        {
            return Events::from(["A1", "A2"]);
        }
        BalanceKind::Itemised(parts) if parts.iter().any(|it| it.kind == PartKind::Goods) => "A1",
        BalanceKind::Itemised(_) => "B1",
        _ => return Events::new(),
    };
    Events::from([of_kind])
}

/// Whether a row has parts of all these kinds.
fn has(parts: &[RowPart], kinds: &[PartKind]) -> bool {
    kinds.iter().all(|kind| parts.iter().any(|part| part.kind == *kind))
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
        ("A7", sent && payout.period.is_some() && payout.net.is_negative()),
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

/// The events that the policy of a history makes of facts, and those that follow from the days on
/// which things happen.
fn of_policy(history: &History, facts: &[Fact]) -> Events {
    let policy = policy(history, "");
    let (own_bank, reverse_charge) = (history.trade.own_bank, history.trade.reverse_charge);
    let mut events = Events::new();
    let is_sent = |fact: &Fact| match fact {
        Fact::Payout(it) => it.state == PayoutState::Paid && it.gateway.id.as_str() == "card",
        _ => false,
    };
    let is_of_bank = |fact: &Fact| match fact {
        Fact::Decision(it) => matches!(&it.said.decided, Decided::Event(Event::BankRow { .. })),
        _ => false,
    };
    if own_bank && facts.iter().any(is_sent) && facts.iter().any(is_of_bank) {
        events.insert("P16");
    }
    for fact in facts {
        match fact {
            // Less than two cents bear no tax.
            Fact::BalanceTransaction(row) if reverse_charge && row.fee.minor() > 1 => {
                events.extend((row.kind == BalanceKind::Charge).then_some("S5"));
            }
            Fact::Deferral(deferral) => {
                let month_end = policy.day(deferral.occurred_at).last_of_month();
                let released = deferral.released_at.map(|at| policy.day(at));
                let is_accrued = released.is_none_or(|day| day > month_end);
                events.extend(is_accrued.then_some("A4"));
                events.extend((is_accrued && released.is_some()).then_some("A5"));
            }
            _ => {}
        }
    }
    events
}

/// The events that other ways to keep the same books make of what is told, each of which is one of
/// those that every property of many ways tries: sales that are earned by handing over, gift cards
/// that are taxed when they are sold, and documents on which a book works out the taxes itself.
fn of_ways(facts: &[Fact]) -> Events {
    let parcels: BTreeMap<&str, Timestamp> = facts
        .iter()
        .filter_map(|fact| match fact {
            Fact::Goods(goods) => Some((goods.order.as_str(), goods.fulfilments.first()?.at)),
            _ => None,
        })
        .collect();
    let mut events = Events::new();
    for fact in facts {
        let Fact::Order(order) = fact else { continue };
        let paid = order.movements.iter().filter(|it| it.kind == MovementKind::Payment);
        let sent = parcels.get(order.id.as_str());
        let is_later = sent.is_some_and(|at| paid.clone().any(|it| it.processed_at < *at));
        let lines = || order.agreements.iter().flat_map(|it| &it.lines);
        let sells_card = lines().any(|line| line.kind == SaleKind::GiftCard);
        let merchants = |tax: &TaxAmount| tax.collector == Collector::Merchant;
        let is_taxed = lines().flat_map(|line| &line.taxes).any(merchants);
        events.extend(which([
            ("S8a", is_later),
            ("S8b", is_later),
            ("G2", sells_card && paid.clone().count() > 0),
            ("X1", is_taxed),
        ]));
    }
    events
}

#[test]
fn the_events_of_the_reference_are_all_generated() {
    let Some(reference) = crate::treatments() else { return };
    let known: BTreeSet<String> = reference.events.into_iter().map(|event| event.id).collect();
    assert_eq!(known, GENERATED.map(str::to_owned).into());
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
        let facts = history.told().facts;
        let mut reached = of_policy(&history, &facts);
        reached.extend(of_ways(&facts));
        for fact in &facts {
            assert!(!groups(fact).is_empty(), "{fact:?}");
            let is_of_stock = matches!(fact, Fact::Goods(_));
            if !is_of_stock || asks_for_costs {
                reached.extend(events(fact));
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
