//! What must hold in every world.

use super::*;
use std::collections::BTreeSet;

fn small(seed: u64) -> World {
    let settings = WorldSettings { seed, orders: 400, ..WorldSettings::default() };
    World::generate(&settings).unwrap()
}

/// Worlds of several seeds, zones and currencies.
fn worlds() -> Vec<World> {
    let tokyo = WorldSettings {
        seed: 9,
        orders: 300,
        timezone: "Asia/Tokyo".to_owned(),
        currency: "JPY".to_owned(),
        ..WorldSettings::default()
    };
    let over_dst = WorldSettings {
        seed: 10,
        orders: 500,
        begins: jiff::civil::date(2026, 10, 5),
        ..WorldSettings::default()
    };
    let special = [tokyo, over_dst].map(|settings| World::generate(&settings).unwrap());
    (1..=8).map(small).chain(special).collect()
}

/// The instants at which something happens to an order, and the instants just before.
fn moments(order: &Order) -> Vec<Timestamp> {
    let agreements = order.agreements.iter().map(|agreement| agreement.at);
    let all = agreements.chain(order.transactions.iter().map(|each| each.at));
    all.flat_map(|at| [at - jiff::SignedDuration::from_nanos(1), at]).collect()
}

#[test]
fn the_same_settings_make_the_same_world() {
    let (first, second, other) = (small(3), small(3), small(4));
    assert_eq!(first.orders, second.orders);
    assert_eq!(first.ledger, second.ledger);
    assert_ne!(first.orders, other.orders);
}

#[test]
fn a_return_never_takes_back_more_than_was_sold() {
    for world in worlds() {
        for order in &world.orders {
            for (place, line) in order.lines.iter().enumerate() {
                let returned = order.returned_units(place, Timestamp::MAX);
                assert!((0..=i64::from(line.quantity)).contains(&returned), "{}", order.number);
            }
            assert!(order.total(Timestamp::MAX) >= 0, "{}", order.number);
        }
    }
}

#[test]
fn what_is_owed_is_received_or_outstanding_at_every_moment() {
    for world in worlds() {
        for (order, story) in world.orders.iter().zip(&world.stories) {
            for now in moments(order) {
                let open = order.outstanding(now);
                let settled = order.received(now) - order.refunded(now);
                assert_eq!(settled + open, order.total(now));
                assert!(order.refunded(now) <= order.received(now));
            }
            let open = order.outstanding(Timestamp::MAX);
            let may_stay_open = matches!(
                story,
                Story::TermsOpen
                    | Story::TermsPaid
                    | Story::CaptureLater
                    | Story::CancelledUncaptured
                    | Story::ItemAdded
                    | Story::ItemRemoved
            );
            assert!(open == 0 || may_stay_open, "{story:?} leaves {open} in {}", order.number);
        }
    }
}

#[test]
fn a_full_return_takes_back_every_cent_and_every_tax() {
    let world = small(1);
    let places = (0..world.orders.len()).filter(|place| {
        world.stories[*place] == Story::FullRefund && !world.orders[*place].refunds.is_empty()
    });
    let mut seen = 0;
    for place in places {
        let order = &world.orders[place];
        let tax: Minor = order.sales_at(Timestamp::MAX).map(|sale| sale.amounts.tax()).sum();
        assert_eq!((order.total(Timestamp::MAX), tax), (0, 0));
        assert_eq!(order.payment_state(Timestamp::MAX), PaymentState::Refunded);
        seen += 1;
    }
    assert!(seen > 0);
}

#[test]
fn no_more_is_handed_over_than_was_sold_and_not_given_up() {
    let (mut whole, mut parted, mut undone, mut never) = (0, 0, 0, 0);
    for world in worlds() {
        for order in &world.orders {
            let goods = (0..order.lines.len()).filter(|line| order.lines[*line].product < GOODS);
            for line in goods {
                let delivered = order.delivered_units(line, Timestamp::MAX);
                assert!((0..=i64::from(order.lines[line].quantity)).contains(&delivered));
            }
            for parcel in &order.fulfilments {
                assert!(parcel.at >= order.created_at && parcel.at < world.ends);
                assert!(!parcel.parts.is_empty());
            }
            undone += order.fulfilments.iter().filter(|it| it.cancelled_at.is_some()).count();
            match order.fulfilments.len() {
                0 => never += 1,
                1 => whole += 1,
                _ => parted += 1,
            }
        }
    }
    assert!(whole > never && never > 0 && parted > 0 && undone > 0);
}

#[test]
fn rows_of_a_payout_sum_to_it() {
    for world in worlds() {
        for payout in &world.ledger.payouts {
            let rows = payout.rows.iter().map(|place| &world.ledger.rows[*place]);
            let kept = rows.filter(|row| row.kind != RowKind::Transfer);
            assert_eq!(kept.map(Row::net).sum::<Minor>(), payout.net, "{}", payout.id);
        }
    }
}

#[test]
fn rows_are_known_before_the_payout_that_they_are_in() {
    for world in worlds() {
        for payout in &world.ledger.payouts {
            assert!(payout.scheduled_at < payout.issued_at);
            assert!(payout.issued_at < payout.settled_at);
            for place in &payout.rows {
                let row = &world.ledger.rows[*place];
                assert!(row.kind == RowKind::Transfer || row.at < payout.scheduled_at);
            }
        }
    }
}

#[test]
fn the_ledger_says_what_the_orders_say() {
    for world in worlds() {
        let of = |kind| -> Minor {
            let rows = world.ledger.rows.iter().filter(|row| row.kind == kind);
            rows.map(|row| row.amount).sum()
        };
        let moved = |kinds: &[TransactionKind]| -> Minor {
            let all = world.orders.iter().flat_map(|order| &order.transactions);
            all.filter(|each| each.gateway == Gateway::Card && kinds.contains(&each.kind))
                .filter(|each| each.status == TransactionStatus::Success)
                .map(|each| each.abroad.map_or(each.amount, |abroad| abroad.settled))
                .sum()
        };
        assert_eq!(of(RowKind::Charge), moved(&[TransactionKind::Sale, TransactionKind::Capture]));
        assert_eq!(of(RowKind::Refund), -moved(&[TransactionKind::Refund]));
        assert_eq!(of(RowKind::ReserveHeld), -of(RowKind::ReserveReleased));
    }
}

#[test]
fn vouchers_kept_agree_with_the_orders() {
    for world in worlds() {
        let spent = |gateway| -> Minor {
            let all = world.orders.iter().flat_map(|order| &order.transactions);
            all.filter(|each| each.gateway == gateway)
                .map(|each| match each.kind {
                    TransactionKind::Refund => -each.amount,
                    _ => each.amount,
                })
                .sum()
        };
        let sales = world.orders.iter().flat_map(|order| order.sales_at(Timestamp::MAX));
        let sold = sales.filter(|sale| sale.kind == LineKind::GiftCard);
        let sold: Minor = sold.map(|sale| sale.amounts.total()).sum();
        assert_eq!(world.open_gift_cards().minor(), sold - spent(Gateway::GiftCard));
        assert_eq!(world.open_store_credit().minor(), -spent(Gateway::StoreCredit));
    }
}

#[test]
fn every_story_is_told_and_the_unknown_line_once() {
    for world in worlds() {
        let told: BTreeSet<Story> = world.stories.iter().copied().collect();
        assert_eq!(told.len(), STORIES.len());
        let sales = world.orders.iter().flat_map(|order| order.sales_at(Timestamp::MAX));
        assert_eq!(sales.filter(|sale| sale.kind == LineKind::Unknown).count(), 1);
        assert_eq!(world.ledger.disputes.len(), 1);
    }
}

#[test]
fn every_trouble_of_a_ledger_is_there() {
    for world in worlds() {
        let kinds = |kind| world.ledger.rows.iter().filter(|row| row.kind == kind).count();
        for kind in [
            RowKind::ReserveHeld,
            RowKind::ReserveReleased,
            RowKind::PlatformBill,
            RowKind::Adjustment,
            RowKind::PayoutReturned,
            RowKind::DisputeWithdrawal,
        ] {
            assert_eq!(kinds(kind), 1, "{kind:?}");
        }
        let told = [RowKind::WalletCredit, RowKind::Label, RowKind::Duties, RowKind::LoanRepayment];
        for kind in told {
            assert!(kinds(kind) > 0, "{kind:?}");
        }
        let payouts = &world.ledger.payouts;
        assert_eq!(payouts.iter().filter(|payout| payout.failed).count(), 1);
        assert!(payouts.iter().any(|payout| payout.net == -3_500));
        let returned = world.ledger.rows.iter().find(|row| row.kind == RowKind::PayoutReturned);
        assert!(returned.unwrap().payout.is_some(), "the failed payout is paid again");
        assert!(world.ledger.rows.iter().any(|row| row.payout.is_none()), "rows wait at the end");
    }
}

#[test]
fn disputes_and_rows_tell_the_same_end() {
    let mut ends = BTreeSet::new();
    for seed in 1..=8 {
        let world = small(seed);
        let dispute = &world.ledger.disputes[0];
        let reversed = world.ledger.rows.iter().find(|row| row.kind == RowKind::DisputeReversal);
        assert_eq!(reversed.is_some(), dispute.won);
        if let Some(row) = reversed {
            assert_eq!((row.amount, row.fee), (dispute.amount, -1_500));
            assert_eq!(row.at, dispute.closed_at);
        }
        ends.insert(dispute.won);
    }
    assert_eq!(ends.len(), 2, "some are won and some are lost");
}

#[test]
fn ids_are_unique_and_lead_back_to_their_order() {
    let world = small(2);
    let mut seen = BTreeSet::new();
    for (place, order) in world.orders.iter().enumerate() {
        assert_eq!(world.order(order.id).map(|(found, _)| found), Some(place));
        let parts = order.transactions.iter().map(|each| each.id);
        for id in parts.chain(order.sales_at(Timestamp::MAX).map(|sale| sale.id)) {
            assert!(seen.insert(id));
            assert_eq!(world.order_of_part(id).map(|(found, _)| found), Some(place));
        }
    }
}

#[test]
fn some_orders_are_made_seconds_before_midnight() {
    let world = World::generate(&WorldSettings::default()).unwrap();
    let last = jiff::civil::time(23, 59, 50, 0);
    let late = world
        .orders
        .iter()
        .filter(|order| order.created_at.to_zoned(world.zone.clone()).time() >= last);
    assert!(late.count() >= 5);
}

#[test]
fn settings_that_make_no_sense_are_refused() {
    let zone = WorldSettings { timezone: "Mars/Base".to_owned(), ..WorldSettings::default() };
    assert!(matches!(World::generate(&zone), Err(WorldError::UnknownTimezone(_))));
    let currency = WorldSettings { currency: "XXX9".to_owned(), ..WorldSettings::default() };
    assert!(matches!(World::generate(&currency), Err(WorldError::Currency(_))));
}

#[test]
fn buyers_from_abroad_and_cash_are_told_apart() {
    for world in worlds() {
        let movements = || world.orders.iter().flat_map(|order| &order.transactions);
        let changes_money = world.currency.exponent() == 2;
        assert_eq!(movements().any(|each| each.abroad.is_some()), changes_money);
        let rounded: Vec<Minor> =
            movements().map(|each| each.rounding).filter(|it| *it != 0).collect();
        assert!(!rounded.is_empty() && rounded.iter().all(|it| it.abs() <= 2), "{rounded:?}");
    }
}
