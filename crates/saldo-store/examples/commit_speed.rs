//! Measures how fast pages of orders are stored, found again, and accounted.
//!
//! `cargo run --release --package saldo-store --example commit_speed -- 50000`

use jiff::{SignedDuration, Timestamp, civil::Date};
use saldo_core::channel::Cursor;
use saldo_core::commerce::Record;
use saldo_core::document::{DocumentKind, Header, Line, LineKind, SubledgerEntry};
use saldo_core::exchange::Addresses;
use saldo_core::issue::FactState;
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};
use saldo_core::text::{CompanyId, ConnectionId, FactId, GroupId, Stream};
use saldo_store::{
    Company, Connection, GroupAccount, PageCommit, PulledRecord, Reading, Role, Store,
};
use serde_json::json;
use std::collections::BTreeMap;
use std::error::Error;
use std::time::{Duration, Instant};

/// Records a page.
const PAGE: u64 = 250;
/// Orders where nothing else is asked for.
const ORDERS: u64 = 50_000;

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let orders = std::env::args().nth(1).map_or(Ok(ORDERS), |text| text.parse())?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("saldo.db");
    let store = Store::open(&path, true).await?;
    let company = CompanyId::new("demo");
    let shop = ConnectionId::new("shop:demo");
    furnish(&store, &company, &shop).await?;
    let pages: Vec<PageCommit> = (0..orders / PAGE).map(|number| page(&shop, number)).collect();
    let bytes: usize =
        pages.iter().flat_map(|page| &page.records).map(|one| one.record.bytes.len()).sum();
    println!("{orders} orders of {} bytes each", bytes / usize::try_from(orders.max(1))?);

    let lease = store
        .acquire_lease(&company, &shop, "bench", Timestamp::now(), SignedDuration::from_hours(1))
        .await?;
    for what in ["new", "known"] {
        let begun = Instant::now();
        for page in &pages {
            store.commit_page(&lease, page).await?;
        }
        report(what, orders, begun.elapsed());
    }
    let begun = Instant::now();
    account(&store, &company).await?;
    report("accounted", orders, begun.elapsed());

    let begun = Instant::now();
    let mut since = 0;
    loop {
        let touched = store.slots_changed_since(&company, since, 250).await?;
        let Some((last, _)) = touched.last() else { break };
        since = *last;
        let slots: Vec<String> = touched.into_iter().map(|(_, slot)| slot).collect();
        store.slot_entries(&company, &slots).await?;
    }
    report("slots read", orders, begun.elapsed());
    store.close().await;
    println!("{} bytes in the file an order", std::fs::metadata(&path)?.len() / orders.max(1));
    Ok(())
}

fn report(what: &str, orders: u64, time: Duration) {
    let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX).max(1);
    println!("{what:>12}: {:>8} a second", orders * 1_000_000 / micros);
}

async fn furnish(
    store: &Store,
    company: &CompanyId,
    shop: &ConnectionId,
) -> Result<(), Box<dyn Error>> {
    let settings = BTreeMap::new();
    store
        .create_company(&Company {
            id: company.clone(),
            name: "Demo".to_owned(),
            currency: Currency::parse("USD")?,
            timezone: "UTC".to_owned(),
            start_date: Date::constant(2026, 1, 1),
        })
        .await?;
    let connection = Connection {
        id: shop.clone(),
        role: Role::Channel,
        adapter: "any".to_owned(),
        settings,
        addresses: Addresses::default(),
    };
    Ok(store.add_connection(company, &connection).await?)
}

/// Numbers without a pattern, so that texts cannot be pressed better than real ones.
fn scramble(number: u64) -> u64 {
    let mixed = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// The lines of an order.
fn lines(number: u64) -> serde_json::Value {
    let line = |line: u64| {
        let mixed = scramble(number * 10 + line);
        let amount = format!("{}.{:02}", mixed % 300, mixed % 100);
        let tax = format!("{}.{:02}", mixed % 20, mixed % 89);
        json!({
            "id": format!("gid://shop/LineItem/{mixed}"),
            "title": format!("Tea number {}", mixed % 97),
            "sku": format!("TEA-{}", mixed % 997),
            "quantity": 1 + mixed % 3,
            "originalTotalSet": {"shopMoney": {"amount": amount, "currencyCode": "USD"}},
            "taxLines": [{
                "title": "State Tax",
                "ratePercentage": "7.25",
                "priceSet": {"shopMoney": {"amount": tax, "currencyCode": "USD"}},
            }],
        })
    };
    (0..3 + number % 4).map(line).collect()
}

/// An order with a few lines, about as large as shops send them.
fn order(number: u64) -> String {
    let id = 5_000_000_000_000 + number * 33_792;
    let mixed = scramble(number);
    let amount = format!("{}.{:02}", mixed % 900, mixed % 100);
    let order = json!({
        "id": format!("gid://shop/Order/{id}"),
        "name": format!("#{number}"),
        "processedAt": "2026-03-01T12:00:00Z",
        "lineItems": lines(number),
        "customer": {
            "id": format!("gid://shop/Customer/{mixed}"),
            "displayName": format!("Buyer {mixed:x}"),
        },
        "transactions": [{
            "id": format!("gid://shop/OrderTransaction/{}", mixed >> 8),
            "kind": "SALE",
            "status": "SUCCESS",
            "gateway": "payments",
            "amountSet": {"shopMoney": {"amount": amount, "currencyCode": "USD"}},
        }],
        "cancelledAt": null,
        "test": false,
        "taxesIncluded": false,
    });
    order.to_string()
}

fn page(shop: &ConnectionId, number: u64) -> PageCommit {
    let pulled = |number: u64| {
        let id = format!("gid://shop/Order/{}", 5_000_000_000_000 + number * 33_792);
        let groups = vec![GroupId::from(format!("order/shop:demo/{id}"))];
        let record = Record {
            connection: shop.clone(),
            stream: Stream::new("orders"),
            id,
            fetched_at: Timestamp::UNIX_EPOCH,
            bytes: order(number).into_bytes(),
        };
        let reading = Reading { groups, name: Some(format!("#{number}")), issue: None };
        PulledRecord::new(record, reading)
    };
    PageCommit {
        stream: Stream::new("orders"),
        cursor: Cursor(number.to_string()),
        reached: None,
        records: (number * PAGE..(number + 1) * PAGE).map(pulled).collect(),
    }
}

/// Stands in for accounting: one entry of six lines an order.
async fn account(store: &Store, company: &CompanyId) -> Result<(), Box<dyn Error>> {
    let (now, hour) = (Timestamp::now(), SignedDuration::from_hours(1));
    let desk = store.acquire_company_lease(company, "bench", now, hour).await?;
    let currency = Currency::parse("USD")?;
    loop {
        let dirty = store.dirty_groups(company, Timestamp::UNIX_EPOCH, 250).await?;
        if dirty.is_empty() {
            return Ok(());
        }
        let groups: Vec<GroupId> = dirty.iter().map(|dirty| dirty.group.clone()).collect();
        let records = store.group_records(company, &groups).await?;
        let accounts: Vec<GroupAccount> = dirty
            .into_iter()
            .map(|dirty| {
                let slot = dirty.group.to_string();
                let state = FactState::Accounted { review: None };
                let states = records[&dirty.group]
                    .iter()
                    .map(|record| (FactId::from(&*record.id), record.reference(), state.clone()));
                GroupAccount {
                    group: dirty.group.clone(),
                    mark: dirty.mark,
                    entries: vec![entry(&slot, currency)],
                    states: states.collect(),
                    foreign: Vec::new(),
                    wake_at: None,
                }
            })
            .collect();
        store.save_accounting(&desk, &accounts).await?;
    }
}

fn entry(slot: &str, currency: Currency) -> SubledgerEntry {
    let line = |number: i64| Line {
        kind: LineKind::Other { taxed: false },
        account: Account::new("Sales", AccountKind::Income),
        dimensions: Dimensions::default(),
        amount: Money::from_minor(number, currency),
        foreign: None,
        taxes: Vec::new(),
        quantity: Some(1),
        text: "Tea number 17".to_owned(),
        origin: "gid://shop/LineItem/16394875638475".to_owned(),
    };
    SubledgerEntry {
        id: FactId::from(slot),
        header: Header {
            slot: slot.to_owned(),
            kind: DocumentKind::SalesReceipt,
            date: Date::constant(2026, 3, 1),
            currency,
            party: None,
            applies_to: None,
            due: None,
            ships_to: None,
            reference: "#1001".to_owned(),
            memo: "Order #1001".to_owned(),
        },
        lines: [-3, -2, -1, 1, 2, 3].map(line).to_vec(),
        settles: None,
    }
}
