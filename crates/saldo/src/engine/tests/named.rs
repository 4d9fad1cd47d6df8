//! A shop that tells its orders and payouts, and whose rows come from a file that knows orders by
//! name: the books end as if the shop had told everything.

use super::stage::{Stage, world};
use super::tripwire::Tripwire;
use crate::engine::{Engine, ImportReport, import, rebuild};
use crate::transport::carrier::SharedVendor;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use saldo_core::exchange::HttpRequest;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::WorldSettings;
use saldo_sim::{Reply, Vendor};
use saldo_store::Role;
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead, Cursor};
use std::sync::{Arc, Mutex};

/// The rows that were kept back, by id.
type Rows = Arc<Mutex<BTreeMap<String, Value>>>;

/// A shop that keeps back the rows of its balance.
struct Silent {
    shop: SharedVendor,
    rows: Rows,
}

impl Vendor for Silent {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let reply = self.shop.lock().unwrap().answer(request, now);
        let Reply::Answer(mut answer) = reply else { return reply };
        if let Ok(mut said) = serde_json::from_slice::<Value>(&answer.body)
            && let Some(listed) =
                said.pointer_mut("/data/shopifyPaymentsAccount/balanceTransactions")
        {
            for row in listed["nodes"].as_array().into_iter().flatten() {
                let id = row["id"].as_str().unwrap().to_owned();
                self.rows.lock().unwrap().insert(id, row.clone());
            }
            listed["nodes"] = Value::Array(Vec::new());
            answer.body = said.to_string().into_bytes();
        }
        Reply::Answer(answer)
    }
}

/// The rows as the payments export writes them.
fn export(rows: &BTreeMap<String, Value>) -> String {
    let mut table = "Transaction Date,Type,Order,Payout Status,Payout Date,Payout ID,Amount,Fee,\
                     Net,Currency\n"
        .to_owned();
    for row in rows.values() {
        let text = |pointer: &str| row.pointer(pointer).and_then(Value::as_str).unwrap_or_default();
        let at: Timestamp = text("/transactionDate").parse().unwrap();
        let at = at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M:%S %z");
        let payout = text("/associatedPayout/id").rsplit('/').next().unwrap_or_default();
        let paid = if payout.is_empty() { "pending," } else { "paid,2026-08-10" };
        let word = match text("/type") {
            "DISPUTE_WITHDRAWAL" | "DISPUTE_REVERSAL" => "dispute".to_owned(),
            "TRANSFER" => "payout".to_owned(),
            "TRANSFER_FAILURE" => "payout_failure".to_owned(),
            "RESERVED_FUNDS" | "RESERVED_FUNDS_REVERSAL" => "reserve".to_owned(),
            word => word.to_lowercase(),
        };
        let order = text("/associatedOrder/name");
        let [amount, fee, net] = ["/amount/amount", "/fee/amount", "/net/amount"].map(&text);
        let currency = text("/amount/currencyCode");
        table += &format!("{at},{word},{order},{paid},{payout},{amount},{fee},{net},{currency}\n");
    }
    table
}

/// What the accounts of the books hold, in minor units.
async fn held(engine: &Engine) -> BTreeMap<String, i64> {
    let (company, book) = (engine.company_id(), "plain-text".into());
    let mut held: BTreeMap<String, i64> = BTreeMap::new();
    for (name, balance) in engine.store.account_sums(company, &book, None).await.unwrap() {
        *held.entry(name).or_default() += balance.iter().map(|sum| sum.minor()).sum::<i64>();
    }
    held.retain(|_, sum| *sum != 0);
    held
}

async fn import_rows(engine: &Engine, table: &str) -> ImportReport {
    let shops = engine.connections(Role::Channel).await.unwrap();
    let bytes = table.as_bytes().to_vec();
    let open =
        Arc::new(move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn BufRead + Send>));
    import(engine, &shops[0], "payments.csv", open).await.unwrap()
}

async fn silent() -> (Stage, Rows) {
    silent_after(&world(21, 60, 20)).await
}

async fn silent_after(settings: &WorldSettings) -> (Stage, Rows) {
    let rows = Rows::default();
    let mut stage = Stage::after(settings, &FaultSettings::none()).await;
    let shop = Arc::clone(&stage.merchant.shopify);
    let silent = Silent { shop, rows: Arc::clone(&rows) };
    stage.merchant.shopify = Arc::new(Mutex::new(Box::new(silent)));
    (stage, rows)
}

#[tokio::test]
async fn a_death_while_orders_take_their_places_is_healed_by_whoever_works_next() {
    let mut number = 0;
    loop {
        let (stage, rows) = silent_after(&world(21, 8, 6)).await;
        stage.sync().await;
        let table = export(&rows.lock().unwrap());
        let wire = Tripwire::at(number);
        let engine = stage.engine_behind(&wire).await;
        wire.begin();
        let told = table.clone();
        let life = tokio::spawn(async move { import_rows(&engine, &told).await });
        let died = life.await.is_err();
        if number % 2 == 0 {
            let rebuilt = rebuild(&stage.engine().await).await.unwrap();
            assert!(rebuilt.identical, "dead before effect {number}");
        }
        assert!(import_rows(&stage.engine().await, &table).await.is_whole());
        stage.sync().await;
        assert!(stage.prove().await.holds(), "dead before effect {number}");
        let rebuilt = rebuild(&stage.engine().await).await.unwrap();
        assert!(rebuilt.identical, "dead before effect {number}, and all told since");
        number += 1;
        if !died {
            break;
        }
    }
    assert!(number > 5, "an import of {number} effects");
}

#[tokio::test]
async fn rows_of_a_file_and_orders_of_the_shop_make_the_books_of_the_shop_alone() {
    let whole = Stage::after(&world(21, 60, 20), &FaultSettings::none()).await;
    whole.sync().await;
    let expected = held(&whole.engine().await).await;

    let (orders_first, rows) = silent().await;
    orders_first.sync().await;
    let table = export(&rows.lock().unwrap());
    assert!(table.lines().count() > 60, "{table}");
    let report = import_rows(&orders_first.engine().await, &table).await;
    assert!(report.is_whole(), "{report:?}");
    orders_first.sync().await;

    let (rows_first, _) = silent().await;
    import_rows(&rows_first.engine().await, &table).await;
    rows_first.sync().await;

    for stage in [orders_first, rows_first] {
        assert_eq!(held(&stage.engine().await).await, expected);
        assert!(stage.prove().await.holds());
        assert!(rebuild(&stage.engine().await).await.unwrap().identical);
    }
}
