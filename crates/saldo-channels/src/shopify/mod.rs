#![doc = include_str!("README.md")]

mod cursor;

mod ask;
mod budget;

mod envelope;
mod hear;

mod read;
mod wire;

mod files;

#[cfg(test)]
mod tests;

use saldo_core::channel::{
    Channel, ChannelContext, ChannelDescription, Cursor, ImportContext, Imported, Next, Page, Part,
};
use saldo_core::commerce::{Fact, Gateway, Record, Topic};
use saldo_core::exchange::{
    Addresses, Answer, Ask, Authorisation, Fault, Grant, Introduction, Permit,
};
use saldo_core::issue::Issue;
use saldo_core::text::Stream;
use std::collections::BTreeMap;
use std::io::BufRead;

/// The version of the Admin API that every question is written for.
pub const API_VERSION: &str = "2026-10";

/// What is known of Shopify without asking it.
static DESCRIPTION: ChannelDescription = ChannelDescription {
    name: "shopify",
    title: "Shopify",
    streams: &["payouts", "balance-transactions", "disputes", "orders"],
    goods_streams: &["goods"],
    cost_streams: &["costs"],
    stated_streams: &[
        (Topic::GiftCards, "gift-cards"),
        (Topic::OrdersOfDays, "orders-of-days"),
        (Topic::SalesOfDays, "sales-of-days"),
        (Topic::StoreCredit, "store-credit"),
        (Topic::CompanyCredit, "company-credit"),
        (Topic::OnHand, "on-hand"),
        (Topic::Drawers, "drawers"),
    ],
    authorisation: Authorisation {
        header: "x-shopify-access-token",
        prefix: "",
        grant: Grant::ClientCredentials { token_address: "token" },
    },
    limits: &[],
};

/// The streams, once their names are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Flow {
    Payouts,
    BalanceTransactions,
    Disputes,
    Orders,
    Goods,
    Costs,
    GiftCards,
    OrdersOfDays,
    SalesOfDays,
    StoreCredit,
    CompanyCredit,
    OnHand,
    Drawers,
}

impl Flow {
    /// The stream of this name.
    fn of(stream: &Stream) -> Option<Self> {
        match stream.as_str() {
            "payouts" => Some(Self::Payouts),
            "balance-transactions" => Some(Self::BalanceTransactions),
            "disputes" => Some(Self::Disputes),
            "orders" => Some(Self::Orders),
            "goods" => Some(Self::Goods),
            "costs" => Some(Self::Costs),
            "gift-cards" => Some(Self::GiftCards),
            "orders-of-days" => Some(Self::OrdersOfDays),
            "sales-of-days" => Some(Self::SalesOfDays),
            "store-credit" => Some(Self::StoreCredit),
            "company-credit" => Some(Self::CompanyCredit),
            "on-hand" => Some(Self::OnHand),
            "drawers" => Some(Self::Drawers),
            _ => None,
        }
    }

    fn named(stream: &Stream) -> Result<Self, Fault> {
        let unknown = || format!("shopify has no stream called `{stream}`");
        Self::of(stream).ok_or_else(|| Fault::new(Permit::Never, unknown()))
    }
}

/// Shopify, by its Admin API.
#[derive(Clone, Copy, Debug)]
pub struct Shopify;

impl Channel for Shopify {
    fn description(&self) -> &'static ChannelDescription {
        &DESCRIPTION
    }

    fn addresses(&self, settings: &BTreeMap<String, String>) -> Result<Addresses, String> {
        let shop = settings.get("shop").ok_or("the setting `shop` is missing: `my-shop`")?;
        let name = shop_name(shop)?;
        let admin = format!("https://{name}.myshopify.com/admin");
        Ok(Addresses(BTreeMap::from([
            ("api".to_owned(), format!("{admin}/api/{API_VERSION}/graphql.json")),
            ("token".to_owned(), format!("{admin}/oauth/access_token")),
        ])))
    }

    fn introduction(&self, context: &ChannelContext) -> Result<Option<Ask>, Fault> {
        ask::introduction(context).map(Some)
    }

    fn hear_introduction(&self, answer: &Answer) -> Result<Introduction, Fault> {
        hear::introduction(answer)
    }

    fn ask(
        &self,
        stream: &Stream,
        cursor: Option<&Cursor>,
        context: &ChannelContext,
    ) -> Result<Next, Fault> {
        ask::ask(Flow::named(stream)?, cursor, context)
    }

    fn hear(
        &self,
        stream: &Stream,
        cursor: Option<&Cursor>,
        answer: &Answer,
        context: &ChannelContext,
    ) -> Result<Page, Fault> {
        hear::hear(Flow::named(stream)?, stream, cursor, answer, context)
    }

    fn read(&self, record: &Record) -> Result<Vec<Fact>, Box<Issue>> {
        read::read(record)
    }

    fn import(
        &self,
        file: &mut dyn BufRead,
        context: &ImportContext,
        take: &mut dyn FnMut(Imported),
    ) -> Result<String, String> {
        files::import(file, context, take)
    }

    fn join(&self, known: &Record, part: &Part) -> Result<Record, String> {
        files::join(known, part)
    }

    fn with_parts(&self, known: &Record, told: &Record) -> Option<Record> {
        files::with_parts(known, told)
    }

    fn gateways(&self) -> Vec<Gateway> {
        read::gateways()
    }
}

/// The shop's own part of its address: `my-shop`, or `my-shop.myshopify.com`.
fn shop_name(setting: &str) -> Result<&str, String> {
    let name = setting.strip_suffix(".myshopify.com").unwrap_or(setting);
    let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
    if name.is_empty() || name.starts_with('-') || name.len() > 100 || !name.chars().all(letters) {
        return Err(format!(
            "`{setting}` is not the name of a shop: write `my-shop` or `my-shop.myshopify.com`"
        ));
    }
    Ok(name)
}
