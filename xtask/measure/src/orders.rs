//! The download of a bulk operation over orders, as the simulated shop would give it: about 3.5
//! rows and 3.9 kB an order. It is written here line by line, since a simulated world of a million
//! orders would not fit in memory.

use crate::gauge::{Gauge, with};
use crate::plain;
use anyhow::Result;
use clap::Args;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json, to_string};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

/// What is written.
#[derive(Args)]
pub(crate) struct Settings {
    /// How many orders.
    #[arg(long)]
    orders: u64,
    /// The number of the first one.
    #[arg(long, default_value_t = 0)]
    first: u64,
    /// Where all chance comes from.
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Let children stand anywhere, not below their order.
    #[arg(long)]
    scattered: bool,
    /// Where to.
    file: PathBuf,
}

/// When the first order came in.
const BEGINS: &str = "2026-01-01T12:00:00Z";
/// How long after one another orders come in: a million of them in about 350 days.
const APART: SignedDuration = SignedDuration::from_secs(30);
/// The first id, and how far ids are apart.
const FIRST_ID: u64 = 5_800_000_000_000;
const ID_STEP: u64 = 33_792;
/// What shipping costs.
const SHIPPING_CENTS: i64 = 795;
/// The taxes on a line: title, percent, and millionths of the price.
const TAXES: [(&str, &str, i64); 8] = [
    ("California State Tax", "6.25", 62_500),
    ("Los Angeles County Tax", "0.25", 2_500),
    ("Los Angeles County Measure H Transactions and Use Tax", "0.75", 7_500),
    ("Los Angeles City Tax", "1.0", 10_000),
    ("Los Angeles Metro Transportation Authority District Tax", "1.5", 15_000),
    ("Los Angeles County Transportation Commission Tax", "0.5", 5_000),
    ("Los Angeles County Traffic Improvement Plan Tax", "0.5", 5_000),
    ("Los Angeles County Affordable Housing Solutions Agency Tax", "0.5", 5_000),
];
/// How many children wait to be written where they stand anywhere.
const SCATTERED_ROWS: usize = 20_000;

/// Writes the file.
pub(crate) fn generate(settings: &Settings) -> Result<Value> {
    let gauge = Gauge::begin()?;
    let mut file = BufWriter::new(File::create(&settings.file)?);
    let mut children: Vec<String> = Vec::new();
    let (mut lines, mut bytes) = (0_u64, 0_u64);
    let mut write = |line: &str| -> Result<()> {
        lines += 1;
        bytes += u64::try_from(line.len())? + 1;
        Ok(writeln!(file, "{line}")?)
    };
    for number in settings.first..settings.first + settings.orders {
        let mut rows = order(number, settings.seed)?.into_iter();
        if !settings.scattered {
            rows.try_for_each(|row| write(&row))?;
            continue;
        }
        // Children come in stretches, backwards, among roots of their own and of others.
        rows.next().into_iter().try_for_each(|root| write(&root))?;
        children.extend(rows);
        if children.len() >= SCATTERED_ROWS {
            children.drain(..).rev().try_for_each(|row| write(&row))?;
        }
    }
    children.drain(..).rev().try_for_each(|row| write(&row))?;
    file.flush()?;
    Ok(with(gauge.end()?, json!({ "orders": settings.orders, "lines": lines, "bytes": bytes })))
}

/// Numbers without a pattern, so that texts cannot be pressed better than real ones.
struct Chance(u64);

impl Chance {
    fn below(&mut self, end: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (mixed ^ (mixed >> 31)) % end
    }

    fn one_of<'t>(&mut self, texts: &[&'t str]) -> &'t str {
        let place = usize::try_from(self.below(u64::try_from(texts.len()).unwrap_or(1)))
            .unwrap_or_default();
        texts.get(place).copied().unwrap_or_default()
    }
}

/// The rows of an order, the order itself first, each as it is written.
fn order(number: u64, seed: u64) -> Result<Vec<String>> {
    let mut chance = Chance(seed ^ number.wrapping_mul(0x2545_f491_4f6c_dd1d));
    let at = BEGINS.parse::<Timestamp>()? + APART * i32::try_from(number)?;
    let id = FIRST_ID + number * ID_STEP;
    let bought = format!("gid://shopify/SalesAgreement/{}", id + 11);
    let quantity = 1 + i64::try_from(chance.below(3))?;
    let price = quantity * (500 + i64::try_from(chance.below(20_000))?);
    let discount = if chance.below(100) < 30 { price / 10 } else { 0 };
    let item = item(&mut chance, id);
    let mut product = product(id + 1, &bought, quantity, price - discount, item)?;
    product.total_discount_amount_before_taxes = bag(discount);
    let mut total = cents_of(&product)?;
    let mut rows = vec![to_string(&agreement(&bought, at, "ORDER", id))?, to_string(&product)?];
    if chance.below(100) < 40 {
        let shipping = sale(id + 2, &bought, ("ORDER", "SHIPPING"), SHIPPING_CENTS);
        total += SHIPPING_CENTS;
        rows.push(to_string(&shipping)?);
    }
    let mut declined = transaction(id + 4, "AUTHORIZATION", total, at);
    declined.status = "FAILURE".to_owned();
    let mut money = vec![
        declined,
        transaction(id + 1, "AUTHORIZATION", total, at),
        transaction(id + 2, "CAPTURE", total, at + SignedDuration::from_mins(9)),
    ];
    if chance.below(100) < 5 {
        let later = at + SignedDuration::from_hours(50);
        let returned = format!("gid://shopify/SalesAgreement/{}", id + 12);
        let mut back = product.clone();
        back.id = format!("gid://shopify/Sale/{}", id + 3);
        back.action_type = "RETURN".to_owned();
        back.quantity = Some(-quantity);
        back.parent.clone_from(&returned);
        for bag in back.taxes.iter_mut().map(|tax| &mut tax.amount) {
            turn(bag);
        }
        turn(&mut back.total_amount);
        turn(&mut back.total_tax_amount);
        money.push(transaction(id + 3, "REFUND", cents_of(&product)?, later));
        rows.extend([to_string(&agreement(&returned, later, "REFUND", id))?, to_string(&back)?]);
    }
    rows.insert(0, to_string(&root(number, id, at, &mut chance, money))?);
    Ok(rows)
}

fn root(
    number: u64,
    id: u64,
    at: Timestamp,
    chance: &mut Chance,
    transactions: Vec<plain::Transaction>,
) -> plain::Order {
    const NAMES: [&str; 6] = ["Ada", "Grace", "Edsger", "Barbara", "Donald", "Frances"];
    let customer = chance.below(400_000);
    plain::Order {
        id: format!("gid://shopify/Order/{id}"),
        name: format!("#{}", 1001 + number),
        processed_at: at.to_string(),
        cancelled_at: None,
        test: false,
        currency_code: "USD".to_owned(),
        taxes_included: false,
        source_name: Some("web".to_owned()),
        retail_location: None,
        customer: Some(plain::Customer {
            id: format!("gid://shopify/Customer/{}", 7_100_000_000_000 + customer),
            display_name: Some(format!("{} {customer:x}", chance.one_of(&NAMES))),
        }),
        transactions,
    }
}

fn agreement(id: &str, at: Timestamp, reason: &str, order: u64) -> plain::Agreement {
    plain::Agreement {
        id: id.to_owned(),
        happened_at: at.to_string(),
        reason: reason.to_owned(),
        parent: format!("gid://shopify/Order/{order}"),
    }
}

fn item(chance: &mut Chance, id: u64) -> plain::Item {
    const WARES: [&str; 5] = ["mug", "teapot", "bowl", "vase", "plate"];
    let (ware, number) = (chance.one_of(&WARES), chance.below(900));
    plain::Item {
        id: format!("gid://shopify/LineItem/{}", 13_900_000_000_000 + id),
        sku: Some(format!("STONE-{}-{number:03}", ware.to_uppercase())),
        title: format!("Hand-thrown stoneware {ware}, glaze no. {number}"),
        is_gift_card: false,
        variant: Some(plain::Named {
            id: format!("gid://shopify/ProductVariant/{}", 44_000_000_000 + number),
        }),
    }
}

fn transaction(id: u64, kind: &str, cents: i64, at: Timestamp) -> plain::Transaction {
    plain::Transaction {
        id: format!("gid://shopify/OrderTransaction/{}", 1_000_000 + id),
        kind: kind.to_owned(),
        status: "SUCCESS".to_owned(),
        gateway: Some("shopify_payments".to_owned()),
        formatted_gateway: Some("Shopify payments".to_owned()),
        created_at: at.to_string(),
        processed_at: Some(at.to_string()),
        test: false,
        amount_set: bag(cents),
    }
}

/// The sale of an item at a net price.
fn product(
    id: u64,
    agreement: &str,
    quantity: i64,
    net: i64,
    item: plain::Item,
) -> Result<plain::Sale> {
    let levied = |(title, percent, millionths): &(&str, &str, i64)| {
        let cents = net * millionths / 1_000_000;
        let tax_line = plain::TaxLine {
            title: (*title).to_owned(),
            rate_percentage: Some(percent.parse()?),
            channel_liable: Some(false),
        };
        anyhow::Ok((plain::Tax { amount: bag(cents), tax_line }, cents))
    };
    let taxes: Vec<(plain::Tax, i64)> = TAXES.iter().map(levied).collect::<Result<_>>()?;
    let tax = taxes.iter().map(|(_, cents)| cents).sum::<i64>();
    Ok(plain::Sale {
        quantity: Some(quantity),
        total_tax_amount: bag(tax),
        taxes: taxes.into_iter().map(|(tax, _)| tax).collect(),
        line_item: Some(item),
        ..sale(id, agreement, ("ORDER", "PRODUCT"), net + tax)
    })
}

/// A row without taxes.
fn sale(id: u64, agreement: &str, (action, kind): (&str, &str), total: i64) -> plain::Sale {
    plain::Sale {
        id: format!("gid://shopify/Sale/{id}"),
        action_type: action.to_owned(),
        line_type: kind.to_owned(),
        quantity: None,
        total_amount: bag(total),
        total_tax_amount: bag(0),
        total_discount_amount_before_taxes: bag(0),
        taxes: Vec::new(),
        line_item: None,
        parent: agreement.to_owned(),
    }
}

/// What a row comes to, in cents.
fn cents_of(sale: &plain::Sale) -> Result<i64> {
    Ok(sale.total_amount.shop_money.amount.replace('.', "").parse()?)
}

/// Turns the sign of an amount.
fn turn(bag: &mut plain::Bag) {
    bag.shop_money.amount.insert(0, '-');
}

fn bag(cents: i64) -> plain::Bag {
    let amount = format!("{}.{:02}", cents / 100, cents % 100);
    plain::Bag { shop_money: plain::Amount { amount, currency_code: "USD".to_owned() } }
}
