//! What a record says happened.

mod costs;
mod drawers;
mod goods;
mod on_hand;
pub(super) mod order;
pub(super) mod payments;
mod rounding;
mod sales;
pub(super) mod stated;
mod store_credit;

use super::envelope::{Unread, parse_part};
use super::wire::Gid;
use super::{DESCRIPTION, Flow, files};
use saldo_core::commerce::{Fact, Gateway, Record, RecordRef};
use saldo_core::issue::{Issue, IssueKind};
use saldo_core::text::{ConnectionId, FactId};

/// The payment provider whose balance is pulled.
pub(super) const SHOPIFY_PAYMENTS: &str = "shopify_payments";
/// The tender by which the platform itself pays a part for the buyer.
const SHOP_CASH: &str = "shop_cash";

/// Gateways by the vendor's word, with the name that people know.
static GATEWAYS: [(&str, &str); 10] = [
    (SHOPIFY_PAYMENTS, "Shopify Payments"),
    (SHOP_CASH, "Shop Cash"),
    ("paypal", "PayPal"),
    ("amazon_payments", "Amazon Pay"),
    ("cash", "Cash"),
    ("manual", "Manual"),
    ("bogus", "Bogus Gateway"),
    // The manual ways to pay that every shop is offered, by the names under which they come.
    ("Bank Deposit", "Bank Deposit"),
    ("Money Order", "Money Order"),
    ("Cash on Delivery (COD)", "Cash on Delivery"),
];

/// The gateways that shops are known to use.
pub(super) fn gateways() -> Vec<Gateway> {
    GATEWAYS.iter().map(|(id, name)| called(id, name)).collect()
}

/// The gateway of this id, named as people know it, or else as the vendor formats it.
pub(super) fn gateway(id: &str, formatted: Option<&str>) -> Gateway {
    let known = GATEWAYS.iter().find(|(known, _)| *known == id).map(|(_, name)| *name);
    let name = known.or(formatted.filter(|name| !name.is_empty())).unwrap_or(id);
    called(id, name)
}

fn called(id: &str, name: &str) -> Gateway {
    Gateway { id: id.into(), name: name.to_owned(), tells_payouts: id == SHOPIFY_PAYMENTS }
}

/// What a record says happened.
pub(super) fn read(record: &Record) -> Result<Vec<Fact>, Box<Issue>> {
    let source = Source::of(record);
    let text = std::str::from_utf8(&record.bytes)
        .map_err(|error| source.faulty(&format!("it is not UTF-8: {error}")))?;
    let fact = match Flow::of(&record.stream) {
        Some(Flow::Orders) => order::read(&source, text)?,
        Some(Flow::Goods) => goods::read(&source, text)?,
        Some(Flow::Costs) => costs::read(&source, text)?,
        Some(Flow::Drawers) => drawers::read(&source, text)?,
        Some(Flow::StoreCredit) => store_credit::read(&source, text, store_credit::OF_BUYERS)?,
        Some(Flow::CompanyCredit) => store_credit::read(&source, text, store_credit::OF_COMPANIES)?,
        Some(Flow::OnHand) => on_hand::read(&source, text)?,
        Some(Flow::OrdersOfDays) => stated::read_day(&source, record, text)?,
        Some(Flow::SalesOfDays) => sales::read(&source, record, text)?,
        Some(Flow::GiftCards) => stated::read_gift_card(&source, text)?,
        Some(Flow::Payouts) => payments::read_payout(&source, text)?,
        Some(Flow::BalanceTransactions) => payments::read_balance_transaction(&source, text)?,
        Some(Flow::Disputes) => payments::read_dispute(&source, text)?,
        None if files::Form::of(&record.stream).is_some() => {
            return files::read(&source, record, text);
        }
        None => {
            let why = format!("{} has no stream called `{}`", DESCRIPTION.name, record.stream);
            return Err(source.unknown(&why));
        }
    };
    Ok(vec![fact])
}

/// The record that is read, for keys and issues.
pub(super) struct Source {
    connection: ConnectionId,
    pub(super) reference: RecordRef,
}

impl Source {
    fn of(record: &Record) -> Self {
        Self { connection: record.connection.clone(), reference: record.reference() }
    }

    /// The natural key of a thing: `shopify:demo/Order/1001`.
    pub(super) fn fact_id(&self, id: &Gid) -> FactId {
        self.key(&id.short())
    }

    /// The natural key of a thing by type and number: `Order/1001`.
    pub(super) fn key(&self, short: &str) -> FactId {
        FactId::from(format!("{}/{short}", self.connection))
    }

    /// Reads one JSON value, or says which field cannot be read.
    pub(super) fn parse<'a, T: serde::Deserialize<'a>>(
        &self,
        text: &'a str,
    ) -> Result<T, Box<Issue>> {
        parse_part(text).map_err(|unread| match unread {
            Unread::Shape(why) => self.unknown(&why),
            Unread::Value(why) => self.faulty(&why),
        })
    }

    fn about(&self) -> FactId {
        let id = &self.reference.id;
        self.key(&Gid::parse(id).map_or_else(|| id.clone(), |id| id.short()))
    }

    /// The data has a shape or a word that nobody taught us.
    pub(super) fn unknown(&self, why: &str) -> Box<Issue> {
        Box::new(Issue {
            kind: IssueKind::UnknownData,
            about: self.about(),
            message: format!("{} cannot be read: {why}", self.about()),
            hint: "a newer Saldo may understand it; until then it is held".to_owned(),
        })
    }

    /// The data has a value that cannot be: a date that no calendar has, or an amount with more
    /// decimals than its currency. No other version of ours would read it.
    pub(super) fn faulty(&self, why: &str) -> Box<Issue> {
        let page = "compare it with the shop's own page of it, correct what is wrong at its source";
        let hint = match files::Form::of(&self.reference.stream) {
            Some(_) => format!("{page}, and import the file again, which names the line"),
            None => format!("{page}, and it is pulled again once it has changed"),
        };
        Box::new(Issue {
            kind: IssueKind::UnknownData,
            about: self.about(),
            message: format!("{} cannot be read: {why}", self.about()),
            hint: format!("{hint}; until then it is held"),
        })
    }

    /// Amounts that must agree do not.
    pub(super) fn does_not_add_up(&self, message: String) -> Box<Issue> {
        Box::new(Issue {
            kind: IssueKind::DoesNotAddUp,
            about: self.about(),
            message,
            hint: "compare it with the shop's own page of it; it is held until they agree"
                .to_owned(),
        })
    }
}
