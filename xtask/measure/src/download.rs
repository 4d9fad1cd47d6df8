//! A shop of which only the download of its bulk operations is large: it says that many orders
//! changed, and gives the same file for every operation. It runs in a process of its own, so that
//! what it does is not measured.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use std::fs::File;
use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::path::Path;
use std::thread;

/// How many orders it says that it has: so many that they are not listed one by one.
const ORDERS: u64 = 1_000_000;
/// The path below which files lie.
const FILES: &str = "/files/";

/// Writes down its address, and answers until the process is ended.
pub(crate) fn serve(file: &Path, report: &Path) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    std::fs::write(report, &address)?;
    for stream in listener.incoming() {
        let (stream, address, file) = (stream?, address.clone(), file.to_owned());
        thread::spawn(move || converse(stream, &address, &file));
    }
    Ok(())
}

/// Answers what comes over one connection. Where it breaks, the one who asks sees it.
fn converse(stream: TcpStream, address: &str, file: &Path) -> Result<()> {
    let mut reader = BufReader::new(stream.try_clone()?);
    let mut writer = stream;
    while let Some((path, body)) = request(&mut reader)? {
        if path.starts_with(FILES) {
            give(&mut writer, file)?;
        } else {
            let body: Value = serde_json::from_slice(&body)?;
            let query = body["query"].as_str().unwrap_or_default();
            answer(&mut writer, &said(query, address))?;
        }
    }
    Ok(())
}

/// The path and body of the next request; none where the other side has hung up.
fn request(reader: &mut impl BufRead) -> Result<Option<(String, Vec<u8>)>> {
    let mut first = String::new();
    if reader.read_line(&mut first)? == 0 {
        return Ok(None);
    }
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header)?;
        match header.trim().split_once(':') {
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.trim().parse()?;
            }
            Some(_) => {}
            None => break,
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let path = first.split(' ').nth(1).context("a request without a path")?;
    Ok(Some((path.to_owned(), body)))
}

fn head(writer: &mut impl Write, length: u64) -> Result<()> {
    let text = format!("HTTP/1.1 200 OK\r\ncontent-length: {length}\r\n\r\n");
    Ok(writer.write_all(text.as_bytes())?)
}

fn answer(writer: &mut impl Write, body: &Value) -> Result<()> {
    let text = body.to_string();
    head(writer, u64::try_from(text.len())?)?;
    Ok(writer.write_all(text.as_bytes())?)
}

fn give(writer: &mut impl Write, file: &Path) -> Result<()> {
    let mut file = File::open(file)?;
    head(writer, file.metadata()?.len())?;
    std::io::copy(&mut file, writer)?;
    Ok(())
}

/// How many orders ten days have: nothing is proved by it here.
fn counted_days() -> Value {
    let none = json!({ "count": 0, "precision": "EXACT" });
    (0..10).map(|day| (format!("day{day}"), none.clone())).collect()
}

/// What the shop says to a question.
fn said(query: &str, address: &str) -> Value {
    let asked = |name: &str| query.contains(name);
    let nothing = json!({ "pageInfo": { "hasNextPage": false, "endCursor": null }, "nodes": [] });
    let data = match () {
        () if asked("query AccessScopes") => json!({
            "currentAppInstallation": { "accessScopes": [{ "handle": "read_all_orders" }] },
        }),
        () if asked("query OrdersCount") => json!({ "ordersCount": { "count": ORDERS } }),
        () if asked("mutation BulkStart") => json!({
            "bulkOperationRunQuery": {
                "bulkOperation": { "id": "gid://shopify/BulkOperation/1" },
                "userErrors": [],
            },
        }),
        () if asked("query BulkStatus") => json!({
            "bulkOperation": { "status": "COMPLETED", "url": format!("{address}{FILES}orders") },
        }),
        () if asked("query GiftCards") => json!({ "giftCards": nothing }),
        () if asked("query StoreCredit") => json!({ "customers": nothing }),
        () if asked("query OnHand") => json!({ "inventoryItems": nothing }),
        () if asked("query Drawers") => json!({ "cashTrackingSessions": nothing }),
        () if asked("query CompanyCredit") => json!({ "companyLocations": nothing }),
        () if asked("query OrdersOfDays") => counted_days(),
        () if asked("query SalesOfDays") => json!({
            "shop": { "currencyCode": "USD" },
            "shopifyqlQuery": { "parseErrors": [], "tableData": { "rows": [] } },
        }),
        () => json!({ "shopifyPaymentsAccount": null }),
    };
    let bucket = json!({
        "maximumAvailable": 20_000, "currentlyAvailable": 20_000, "restoreRate": 1_000,
    });
    let cost = json!({ "requestedQueryCost": 10, "throttleStatus": bucket });
    json!({ "data": data, "extensions": { "cost": cost } })
}
