//! Purchases and counts of items that QuickBooks keeps in stock, and the items.
//!
//! Goods that came in before their bill are an item receipt over nothing: its item lines lay units
//! in at their costs, and a negative line on the account of goods that are not invoiced takes the
//! same away. What takes it back is a vendor credit over nothing.

use super::names::{self, List, Taken};
use super::orders::LinkToTxn;
use super::shape::{Bill, PostingLine, Shape, is_owed, postings, sum};
use super::wire::{Kind, Reference};
use super::write::{Body, NOT_TAXED};
use super::xml::Element;
use rust_decimal::Decimal;
use saldo_core::book::{Bindings, BookContext, Item, Need};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, KeptItem, Line, LineKind};
use saldo_core::ledger::Account;
use saldo_core::money::Money;
use saldo_core::text::RemoteId;
use serde::Serialize;

/// What QuickBooks calls an item that it keeps in stock.
const ROW: &str = "ItemInventoryRet";
/// How many decimals a price may have.
const PRICE: u32 = 5;

/// Units of an item in stock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stocked<'a> {
    product: &'a Product,
    kept: &'a KeptItem,
    /// Positive in the direction of its transaction.
    pub(super) units: i64,
}

impl<'a> Stocked<'a> {
    /// What a line says of units; none where it says nothing, or they do not count.
    pub(super) fn of(line: &'a Line) -> Option<Self> {
        let (product, kept) = match &line.kind {
            LineKind::Stocked { product, kept } => (product, &**kept),
            LineKind::Ordered { product, kept: Some(kept), .. } => (product, &**kept),
            _ => return None,
        };
        Some(Self { product, kept, units: line.quantity.filter(|units| *units != 0)? })
    }

    /// The item.
    pub(super) fn item(&self) -> Item {
        Item::kept(self.product.clone(), self.kept.clone())
    }
}

/// Units that are more or fewer.
#[derive(Debug)]
pub(super) struct Adjustment<'a> {
    /// What takes them.
    pub(super) account: &'a Account,
    /// What is told of them besides.
    pub(super) class: Option<&'a str>,
    /// The items with their units.
    pub(super) lines: Vec<Stocked<'a>>,
}

/// Goods that came in, or went back, of which nothing is owed yet.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    let mut lines = postings(document, |_| true);
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("goods that came in owe nothing on `{}` yet", line.account.name));
    }
    let units = || lines.iter().filter_map(|line| line.stocked).map(|stocked| stocked.units);
    let go = match (units().any(|units| units > 0), units().any(|units| units < 0)) {
        (true, true) => {
            return Err("goods come in or go back, and not both in one document".to_owned());
        }
        (false, false) => return Err("it lays no item into stock".to_owned()),
        (_, go) => go,
    };
    if go {
        lines.iter_mut().for_each(PostingLine::turn);
    }
    let kind = if go { Kind::VendorCredit } else { Kind::ItemReceipt };
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    Ok(Shape::Bill(Bill { kind, payable: None, lines, total }))
}

/// What is ordered, at the prices that it was ordered for. An item is one line of a class however
/// often it stands in the document: what comes in of it is linked with that line, whichever receipt
/// brings it.
///
/// # Errors
/// As [`receipt`].
pub(super) fn order(document: &Document) -> Result<Shape<'_>, String> {
    let nothing = Money::zero(document.header().currency);
    let mut lines: Vec<PostingLine<'_>> = Vec::new();
    for line in document.lines() {
        let LineKind::Ordered { cost, .. } = &line.kind else {
            return Err(format!("`{}` is nothing that can be ordered", line.text));
        };
        if line.quantity.is_none_or(|units| units <= 0) {
            return Err("what is ordered no longer is closed in QuickBooks itself".to_owned());
        }
        if Stocked::of(line).is_none() {
            let text = &line.text;
            return Err(format!("`{text}` is not kept in stock, and orders here are of items"));
        }
        let own = PostingLine { amount: cost.unwrap_or(nothing), ..PostingLine::new(line) };
        match lines.iter_mut().find(|known| known.is_of_same_item(&own)) {
            Some(known) => known.add(&own)?,
            None => lines.push(own),
        }
    }
    if lines.is_empty() {
        return Err("a purchase order needs at least one line".to_owned());
    }
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    Ok(Shape::Order(Bill { kind: Kind::PurchaseOrder, payable: None, lines, total }))
}

/// Units that are more or fewer, and the one account that takes them.
///
/// # Errors
/// As [`receipt`].
pub(super) fn adjustment(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| !line.amount.is_zero()) {
        return Err("QuickBooks values what is counted by itself, and takes no amount".to_owned());
    }
    let (counted, others): (Vec<PostingLine<'_>>, Vec<PostingLine<'_>>) =
        document.lines().iter().map(PostingLine::new).partition(|line| line.stocked.is_some());
    let lines: Vec<Stocked<'_>> = counted.into_iter().filter_map(|line| line.stocked).collect();
    match (&others[..], lines.is_empty()) {
        ([taken], false) => {
            let (account, class) = (taken.account, taken.class);
            Ok(Shape::Adjustment(Adjustment { account, class, lines }))
        }
        _ => Err("it needs items, and one account that takes them".to_owned()),
    }
}

impl PostingLine<'_> {
    /// Whether both are of one item in stock and of one class.
    fn is_of_same_item(&self, other: &Self) -> bool {
        let item = |line: &Self| line.stocked.map(|stocked| stocked.kept.key.clone());
        item(self) == item(other) && self.class == other.class
    }

    /// Adds the units and the amount of another line of the same item.
    fn add(&mut self, other: &Self) -> Result<(), String> {
        let too_many = || format!("there are too many units of `{}`", self.text);
        self.amount = self.amount.plus(other.amount).map_err(|error| error.to_string())?;
        if let (Some(own), Some(more)) = (&mut self.stocked, other.stocked) {
            own.units = own.units.checked_add(more.units).ok_or_else(too_many)?;
        }
        Ok(())
    }

    /// The same of the other direction.
    pub(super) fn turn(&mut self) {
        self.amount = self.amount.negated();
        if let Some(stocked) = &mut self.stocked {
            stocked.units = stocked.units.saturating_neg();
        }
    }
}

/// The price of a unit, of at most five decimals, that gives an amount exactly; none where no price
/// does. QuickBooks works it out by itself then.
pub(super) fn price(amount: Money, units: i64) -> Option<String> {
    let (amount, units): (Decimal, _) = (amount.amount_text().parse().ok()?, Decimal::from(units));
    let price = amount.checked_div(units)?.normalize();
    let exact = price.scale() <= PRICE && price.checked_mul(units)? == amount;
    exact.then(|| price.to_string())
}

/// A line of units of an item: of a bill, a vendor credit, an item receipt or a cheque.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ItemLine {
    /// None of a line that is linked: its item is that of the order.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_ref: Option<Reference>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) desc: String,
    pub(super) quantity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) cost: Option<String>,
    pub(super) amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) link_to_txn: Option<LinkToTxn>,
}

/// A purchase order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PurchaseOrder {
    pub(super) vendor_ref: Reference,
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    pub(super) memo: String,
    #[serde(rename = "PurchaseOrderLineAdd")]
    pub(super) lines: Vec<OrderLine>,
}

/// A line of a purchase order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct OrderLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_ref: Option<Reference>,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) desc: String,
    pub(super) quantity: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_ref: Option<Reference>,
    pub(super) amount: String,
}

/// A correction of what is in stock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct InventoryAdjustment {
    pub(super) account_ref: Reference,
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_ref: Option<Reference>,
    pub(super) memo: String,
    #[serde(rename = "InventoryAdjustmentLineAdd")]
    pub(super) lines: Vec<CountedLine>,
}

/// A line of a correction of what is in stock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CountedLine {
    pub(super) item_ref: Reference,
    pub(super) quantity_adjustment: QuantityAdjustment,
}

/// By how many units it is corrected, at what they cost on average.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct QuantityAdjustment {
    pub(super) quantity_difference: String,
}

/// An item that QuickBooks keeps in stock.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
struct StockItem {
    name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    manufacturer_part_number: Option<String>,
    sales_tax_code_ref: Reference,
    #[serde(skip_serializing_if = "String::is_empty")]
    sales_desc: String,
    income_account_ref: Reference,
    #[serde(skip_serializing_if = "String::is_empty")]
    purchase_desc: String,
    #[serde(rename = "COGSAccountRef")]
    cogs_account_ref: Reference,
    asset_account_ref: Reference,
}

/// What makes an item that QuickBooks keeps in stock: none of it is there until it comes in.
///
/// # Errors
/// In words, what is not bound.
pub(super) fn entry(
    item: &Item,
    kept: &KeptItem,
    bindings: &Bindings,
    taken: &mut Taken<'_>,
) -> Result<Body, String> {
    let account = |account: &Account| {
        let need = Need::Account(account.clone());
        let remote = bindings.need(&need);
        remote
            .map(|remote| Reference::to(remote.as_str()))
            .ok_or_else(|| format!("`{}` is not bound", need.binding()))
    };
    let product = item.product.as_ref();
    let title = product.map_or("", |product| &product.title);
    let fields = StockItem {
        name: taken.choose(List::Items, &names::item(item)),
        manufacturer_part_number: product.and_then(names::part_number),
        sales_tax_code_ref: Reference::named(NOT_TAXED),
        sales_desc: names::text(title, names::TEXT),
        income_account_ref: account(&kept.income)?,
        purchase_desc: names::text(title, names::TEXT),
        cogs_account_ref: account(&kept.cost)?,
        asset_account_ref: account(&kept.stock)?,
    };
    Body::new("ItemInventory", &fields)
}

/// The account of an item in stock, by its element: `IncomeAccountRef`, `AssetAccountRef`,
/// `COGSAccountRef`; none of anything else.
pub(super) fn account<'a>(row: &'a Element, name: &str) -> Option<&'a str> {
    row.text([name, "ListID"]).filter(|_| is_kept(row))
}

/// Whether a row is an item that QuickBooks keeps in stock by units alone.
pub(super) fn is_kept(row: &Element) -> bool {
    row.name == ROW
}

/// In which words an item in stock has other accounts than it should have.
pub(super) fn difference(kept: &KeptItem, row: &Element, context: &BookContext) -> Option<String> {
    let wanted = [
        (&kept.income, "IncomeAccountRef"),
        (&kept.stock, "AssetAccountRef"),
        (&kept.cost, "COGSAccountRef"),
    ];
    let bound = |account: &Account| context.bindings.need(&Need::Account(account.clone()));
    let differs = |(wanted, name): &(&Account, &str)| {
        account(row, name) != bound(wanted).map(RemoteId::as_str)
    };
    let (lacking, _) = wanted.into_iter().find(differs)?;
    Some(format!("it has not the account `{}`", lacking.name))
}
