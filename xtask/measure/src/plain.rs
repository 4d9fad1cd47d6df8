//! The rows of a download as plain types. They are what downloads are written from, and the
//! yardstick for reading: the same file, parsed by `serde_json` into these types and dropped.

use crate::gauge::{Gauge, with};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use serde_json::{Number, Value, json};
use std::fs::File;
use std::hint::black_box;
use std::io::{BufRead, BufReader};
use std::path::Path;

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Order {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) processed_at: String,
    pub(crate) cancelled_at: Option<String>,
    pub(crate) test: bool,
    pub(crate) currency_code: String,
    pub(crate) taxes_included: bool,
    pub(crate) source_name: Option<String>,
    pub(crate) retail_location: Option<Named>,
    pub(crate) customer: Option<Customer>,
    pub(crate) transactions: Vec<Transaction>,
}

#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Named {
    pub(crate) id: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Customer {
    pub(crate) id: String,
    pub(crate) display_name: Option<String>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Transaction {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) status: String,
    pub(crate) gateway: Option<String>,
    pub(crate) formatted_gateway: Option<String>,
    pub(crate) created_at: String,
    pub(crate) processed_at: Option<String>,
    pub(crate) test: bool,
    pub(crate) amount_set: Bag,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Bag {
    pub(crate) shop_money: Amount,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Amount {
    pub(crate) amount: String,
    pub(crate) currency_code: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Agreement {
    pub(crate) id: String,
    pub(crate) happened_at: String,
    pub(crate) reason: String,
    #[serde(rename = "__parentId")]
    pub(crate) parent: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Sale {
    pub(crate) id: String,
    pub(crate) action_type: String,
    pub(crate) line_type: String,
    pub(crate) quantity: Option<i64>,
    pub(crate) total_amount: Bag,
    pub(crate) total_tax_amount: Bag,
    pub(crate) total_discount_amount_before_taxes: Bag,
    pub(crate) taxes: Vec<Tax>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) line_item: Option<Item>,
    #[serde(rename = "__parentId")]
    pub(crate) parent: String,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Tax {
    pub(crate) amount: Bag,
    pub(crate) tax_line: TaxLine,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct TaxLine {
    pub(crate) title: String,
    pub(crate) rate_percentage: Option<Number>,
    pub(crate) channel_liable: Option<bool>,
}

#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Item {
    pub(crate) id: String,
    pub(crate) sku: Option<String>,
    pub(crate) title: String,
    pub(crate) is_gift_card: bool,
    pub(crate) variant: Option<Named>,
}

/// Parses a file. What each line is, its first bytes say.
pub(crate) fn parse(file: &Path) -> Result<Value> {
    let gauge = Gauge::begin()?;
    let mut reader = BufReader::with_capacity(1 << 16, File::open(file)?);
    let mut line = Vec::new();
    let mut orders = 0_u64;
    while reader.read_until(b'\n', &mut line)? > 0 {
        if line.starts_with(br#"{"id":"gid://shopify/Order/"#) {
            orders += 1;
            black_box(serde_json::from_slice::<Order>(&line)?);
        } else if line.starts_with(br#"{"id":"gid://shopify/SalesAgreement/"#) {
            black_box(serde_json::from_slice::<Agreement>(&line)?);
        } else {
            black_box(serde_json::from_slice::<Sale>(&line)?);
        }
        line.clear();
    }
    Ok(with(gauge.end()?, json!({ "orders": orders })))
}
