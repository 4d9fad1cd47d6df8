//! Documents: what a bookkeeper would enter, each with the balanced entry that it amounts to.

use crate::book::TaxRate;
use crate::commerce::Product;
use crate::ledger::{Account, Dimensions, Entry, Posting, Unbalanced};
use crate::money::{Currency, Money, MoneyError};
use crate::text::{CompanyId, FactId};
use jiff::civil::Date;
use rust_decimal::Decimal;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// A sale that is paid at once.
    SalesReceipt,
    /// A sale that is paid later.
    Invoice,
    /// Money received for an invoice.
    Payment,
    /// A return that is repaid at once, or owed by another account than the receivable.
    RefundReceipt,
    /// A return that lessens what the buyer owes.
    CreditMemo,
    /// Money that moves between two accounts of the company's own.
    Transfer,
    /// A cost that is paid at once.
    Expense,
    /// A supplier's bill, which is paid later.
    Bill,
    /// A credit that lessens what a supplier is owed.
    VendorCredit,
    /// Money paid for a bill.
    BillPayment,
    /// Anything else.
    JournalEntry,
    /// Goods ordered from a supplier: a commitment. All its amounts are nil.
    PurchaseOrder,
    /// Goods that came in before their bill, of which the supplier is owed nothing yet.
    ItemReceipt,
    /// Units of stock that are more or fewer, in a book that keeps stock and values them itself.
    /// All its amounts are nil; besides the units one line names the account that takes them.
    InventoryAdjustment,
}

impl DocumentKind {
    /// Every kind.
    pub const ALL: [Self; 14] = [
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::RefundReceipt,
        Self::CreditMemo,
        Self::Transfer,
        Self::Expense,
        Self::Bill,
        Self::VendorCredit,
        Self::BillPayment,
        Self::JournalEntry,
        Self::PurchaseOrder,
        Self::ItemReceipt,
        Self::InventoryAdjustment,
    ];

    /// The name as it stands in commands, files and keys.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SalesReceipt => "sales-receipt",
            Self::Invoice => "invoice",
            Self::Payment => "payment",
            Self::RefundReceipt => "refund-receipt",
            Self::CreditMemo => "credit-memo",
            Self::Transfer => "transfer",
            Self::Expense => "expense",
            Self::Bill => "bill",
            Self::VendorCredit => "vendor-credit",
            Self::BillPayment => "bill-payment",
            Self::JournalEntry => "journal-entry",
            Self::PurchaseOrder => "purchase-order",
            Self::ItemReceipt => "item-receipt",
            Self::InventoryAdjustment => "inventory-adjustment",
        }
    }

    /// Whether it stays open until payments of its own settle it.
    #[must_use]
    pub const fn takes_payments(self) -> bool {
        matches!(self, Self::Invoice | Self::Bill)
    }

    /// Whether other documents belong to it: payments to an invoice or bill, item receipts to a
    /// purchase order.
    #[must_use]
    pub const fn has_dependants(self) -> bool {
        self.takes_payments() || matches!(self, Self::PurchaseOrder)
    }

    /// Whether all its amounts are nil, so that it says nothing to a book that keeps money alone.
    #[must_use]
    pub const fn moves_no_money(self) -> bool {
        matches!(self, Self::PurchaseOrder | Self::InventoryAdjustment)
    }
}

impl fmt::Display for DocumentKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// The number of a document: eleven characters of base32 (without I, L, O and U), which fit the
/// number field of every book. A hash of company, slot, kind and generation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DocumentKey([u8; 11]);

impl DocumentKey {
    const ALPHABET: &'static [u8; 32] = b"0123456789ABCDEFGHJKMNPQRSTVWXYZ";

    /// Works out the key: the same input gives the same key for ever.
    #[must_use]
    pub fn derive(company: &CompanyId, slot: &str, kind: DocumentKind, generation: u32) -> Self {
        let mut hasher = blake3::Hasher::new();
        for part in [company.as_str(), slot, kind.name()] {
            hasher.update(part.as_bytes());
            hasher.update(&[0]);
        }
        hasher.update(&generation.to_le_bytes());
        let mut bits = hasher
            .finalize()
            .as_bytes()
            .iter()
            .take(8)
            .fold(0_u64, |sum, byte| (sum << 8) | u64::from(*byte));
        let mut key = [b'0'; 11];
        for place in &mut key {
            let digit = usize::try_from(bits & 31).unwrap_or(0);
            *place = Self::ALPHABET.get(digit).copied().unwrap_or(b'0');
            bits >>= 5;
        }
        Self(key)
    }

    /// The key at the end of a number that people see: [`Document::number`].
    #[must_use]
    pub fn at_end_of(number: &str) -> Option<Self> {
        let start = number.len().checked_sub(11)?;
        number.get(start..)?.parse().ok()
    }

    /// The eleven characters.
    #[must_use]
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).unwrap_or("")
    }
}

impl FromStr for DocumentKey {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let key: [u8; 11] =
            text.as_bytes().try_into().map_err(|_| format!("`{text}` is not a document key"))?;
        match key.iter().all(|byte| Self::ALPHABET.contains(byte)) {
            true => Ok(Self(key)),
            false => Err(format!("`{text}` is not a document key")),
        }
    }
}

impl fmt::Display for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for DocumentKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Serialize for DocumentKey {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for DocumentKey {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer)?.parse().map_err(serde::de::Error::custom)
    }
}

/// An item that the book keeps in stock itself: it enters what sold units cost, by its own method.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct KeptItem {
    /// What tells it from other items of the company, whatever document names it.
    pub key: String,
    /// Where its sales are entered.
    pub income: Account,
    /// Where its units stand until they are sold.
    pub stock: Account,
    /// Where the book enters what sold units had cost.
    pub cost: Account,
    /// The first day of the books: the book keeps the item from then on, and refuses what is
    /// dated before.
    pub since: Date,
}

/// What a line is to the document that it stands in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "is", rename_all = "kebab-case")]
pub enum LineKind {
    /// The account that the document's total moves: a receipt's clearing account, an expense's
    /// paying account, both ends of a transfer.
    Settlement,
    /// What the buyer then owes (debit), or no longer owes (credit).
    Receivable,
    /// What a supplier is then owed (credit), or no longer owed (debit).
    Payable,
    /// Tax for the state.
    Tax {
        /// The tax as the channel names it.
        title: String,
        /// Percent, where known.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        rate: Option<Decimal>,
    },
    /// Goods sold or returned.
    Product {
        /// What it was.
        product: Product,
        /// Whether tax was charged on it.
        taxed: bool,
        /// The item whose units leave stock by it, where the book keeps them. Its account is then
        /// the item's income account.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        kept: Option<Box<KeptItem>>,
    },
    /// Everything else: carriage, discounts, tips, gift cards, fees, allowances.
    Other {
        /// Whether tax was charged on it.
        taxed: bool,
    },
    /// Units of an item that the book keeps in stock, which come in (positive) or go. Its account
    /// is the item's stock account.
    Stocked {
        /// What it was.
        product: Product,
        /// The item.
        kept: Box<KeptItem>,
    },
    /// Units ordered from a supplier; negative where they are ordered no longer. Its account is
    /// where they will stand, its amount nil.
    Ordered {
        /// What it was.
        product: Product,
        /// What all of the units will cost, without tax, of the same sign; none where nobody says.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        cost: Option<Money>,
        /// The item, where the book keeps it in stock.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        kept: Option<Box<KeptItem>>,
    },
}

impl LineKind {
    /// Whether it is what the document comes to, rather than what it is for.
    #[must_use]
    pub const fn settles(&self) -> bool {
        matches!(self, Self::Settlement | Self::Receivable | Self::Payable)
    }

    /// What it is about, where that is goods.
    #[must_use]
    pub const fn product(&self) -> Option<&Product> {
        match self {
            Self::Product { product, .. }
            | Self::Stocked { product, .. }
            | Self::Ordered { product, .. } => Some(product),
            Self::Settlement
            | Self::Receivable
            | Self::Payable
            | Self::Tax { .. }
            | Self::Other { .. } => None,
        }
    }

    /// The item that it is about, where the book keeps that in stock.
    #[must_use]
    pub fn kept(&self) -> Option<&KeptItem> {
        match self {
            Self::Product { kept, .. } | Self::Ordered { kept, .. } => kept.as_deref(),
            Self::Stocked { kept, .. } => Some(kept),
            Self::Settlement
            | Self::Receivable
            | Self::Payable
            | Self::Tax { .. }
            | Self::Other { .. } => None,
        }
    }

    /// Whether its units count as its money does: what is ordered, and what the book keeps.
    fn counts_units(&self) -> bool {
        self.kept().is_some() || matches!(self, Self::Ordered { .. })
    }

    /// The same of the opposite direction.
    fn reversed(&self) -> Self {
        match self.clone() {
            Self::Ordered { product, cost, kept } => {
                Self::Ordered { product, cost: cost.map(Money::negated), kept }
            }
            kind => kind,
        }
    }
}

/// A line of a document, and at once one posting of its entry.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// What it is.
    #[serde(flatten)]
    pub kind: LineKind,
    /// The account that it touches.
    pub account: Account,
    /// By what its money is told apart besides; of lines of income and expenses alone.
    #[serde(skip_serializing_if = "Dimensions::is_empty", default)]
    pub dimensions: Dimensions,
    /// How much, in the document's currency: debit positive.
    pub amount: Money,
    /// The same in the currency that the account is kept in, where that is another one.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub foreign: Option<Money>,
    /// Units of a product, positive. Of an item that the book keeps, and of what is ordered, they
    /// have a direction: sold (positive) or back in stock, come in or gone, ordered or no longer.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub quantity: Option<i64>,
    /// The taxes that were charged on it, where these are not all of the merchant's taxes in its
    /// entry: which line bears which, in a book that works out tax by the line. They carry no
    /// money.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub taxes: Vec<TaxRate>,
    /// What it says to a reader.
    pub text: String,
    /// The vendor's id of what it comes from.
    pub origin: String,
}

impl Line {
    /// How much moves on the account, in the currency that it is kept in: debit positive. Where
    /// nothing of that moves, as when it is only valued anew, its worth in the books.
    #[must_use]
    pub fn held(&self) -> Money {
        self.foreign.filter(|foreign| !foreign.is_zero()).unwrap_or(self.amount)
    }

    /// The item of which the book moves units in stock by this line, and how many come in
    /// (positive) or leave.
    #[must_use]
    pub fn stock_move(&self) -> Option<(&KeptItem, i64)> {
        let (kept, units) = (self.kind.kept()?, self.quantity?);
        match self.kind {
            LineKind::Product { .. } => Some((kept, units.saturating_neg())),
            LineKind::Stocked { .. } => Some((kept, units)),
            _ => None,
        }
    }

    /// What of it counts besides its amount: the item with its units, and what they will cost.
    #[must_use]
    pub(crate) fn counted(&self) -> Option<(&str, i64, Option<Money>)> {
        let units = self.quantity.filter(|_| self.kind.counts_units())?;
        let product = self.kind.product()?;
        let by_name = product.sku.as_deref().unwrap_or(&product.title);
        let key = self.kind.kept().map_or(by_name, |kept| &kept.key);
        let cost = match self.kind {
            LineKind::Ordered { cost, .. } => cost,
            _ => None,
        };
        Some((key, units, cost))
    }
}

/// Whom a document is made out to.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Party {
    /// A buyer.
    Customer {
        /// What tells buyers apart: the channel's id, or a fixed word for a default customer.
        key: String,
        /// The name to show and to match by.
        name: String,
    },
    /// A supplier, such as a gateway.
    Vendor {
        /// The name to show and to match by.
        name: String,
    },
}

impl Party {
    /// Whether it is whom the other is, by whatever name.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Customer { key: one, .. }, Self::Customer { key: other, .. })
            | (Self::Vendor { name: one }, Self::Vendor { name: other }) => one == other,
            _ => false,
        }
    }
}

/// What a document says besides its lines.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// What the document is for, in natural keys: one slot holds one document at a time.
    pub slot: String,
    /// What it is.
    pub kind: DocumentKind,
    /// The accounting date, a day in the books' zone.
    pub date: Date,
    /// The currency of every line's amount.
    pub currency: Currency,
    /// Whom it is made out to.
    pub party: Option<Party>,
    /// The slot of the invoice or bill that a payment or credit belongs to.
    pub applies_to: Option<String>,
    /// The day by which it is to be paid, where somebody says: of invoices and bills. It is no
    /// money: what stands in a book is not changed for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Date>,
    /// What people call what it is about: an order's name, a payout's id.
    pub reference: String,
    /// A sentence for the reader.
    pub memo: String,
}

/// An entry of the sub-ledger: one event of one fact in full detail, addressed to the slot of the
/// document that shall carry it. In detail mode a slot has one entry; in summary mode many, which
/// all have the same header. Summary and detail are two projections of the same entries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SubledgerEntry {
    /// The natural key of the event: the same event has the same key for ever.
    pub id: FactId,
    /// What the document says that carries it.
    pub header: Header,
    /// Balanced lines.
    pub lines: Vec<Line>,
}

impl SubledgerEntry {
    /// An entry of lines that balance.
    ///
    /// # Errors
    /// [`Unbalanced`] where they do not.
    pub fn new(id: FactId, header: Header, lines: Vec<Line>) -> Result<Self, Unbalanced> {
        let (header, lines) = Document::new(header, lines)?.into_parts();
        Ok(Self { id, header, lines })
    }

    /// A hash of all of it that carries money: kind, date, currency, link, accounts, dimensions,
    /// amounts, and units that count.
    #[must_use]
    pub fn money_hash(&self) -> String {
        money_hash(&self.header, &self.lines)
    }
}

/// A hash of what carries money in a header and its lines. Units of stock that a book keeps, and
/// what is ordered at which price, count as money.
fn money_hash(header: &Header, lines: &[Line]) -> String {
    let mut hasher = blake3::Hasher::new();
    let mut put = |text: &str| {
        hasher.update(text.as_bytes());
        hasher.update(&[0]);
    };
    put(header.kind.name());
    put(&header.date.to_string());
    put(header.currency.code());
    put(header.applies_to.as_deref().unwrap_or(""));
    for line in lines {
        put(&line.account.name);
        put(&line.amount.amount_text());
        if let Some(foreign) = line.foreign {
            put(&foreign.to_string());
        }
        for (name, value) in line.dimensions.iter() {
            put(&format!("\u{1}{name}"));
            put(value);
        }
        if let Some((key, units, cost)) = line.counted() {
            put(&format!("\u{2}{key}"));
            put(&units.to_string());
            put(&cost.map_or_else(String::new, |cost| cost.to_string()));
        }
    }
    hasher.finalize().to_hex().as_str().chars().take(32).collect()
}

/// What a bookkeeper would enter. Its lines are its entry, and balance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct Document {
    header: Header,
    lines: Vec<Line>,
    /// What its number begins with.
    prefix: String,
}

#[derive(Serialize, Deserialize)]
struct Stored {
    #[serde(flatten)]
    header: Header,
    lines: Vec<Line>,
    #[serde(skip_serializing_if = "String::is_empty", default)]
    prefix: String,
}

impl TryFrom<Stored> for Document {
    type Error = Unbalanced;

    fn try_from(stored: Stored) -> Result<Self, Unbalanced> {
        Ok(Self::new(stored.header, stored.lines)?.with_prefix(&stored.prefix))
    }
}

impl From<Document> for Stored {
    fn from(document: Document) -> Self {
        Self { header: document.header, lines: document.lines, prefix: document.prefix }
    }
}

impl Document {
    /// Takes lines that balance in the header's currency.
    ///
    /// # Errors
    /// [`Unbalanced`] where they do not, or where a line that is kept in another currency moves by
    /// amounts of two directions, or of one currency.
    pub fn new(header: Header, lines: Vec<Line>) -> Result<Self, Unbalanced> {
        for line in &lines {
            let Some(foreign) = line.foreign else { continue };
            let (worth, sides) = (line.amount, line.amount.minor().signum());
            let opposed = sides * foreign.minor().signum() < 0;
            if opposed || foreign.currency() == header.currency {
                return Err(Unbalanced::Worth { foreign, worth });
            }
        }
        let sum = Money::sum(header.currency, lines.iter().map(|line| line.amount))?;
        match sum.is_zero() {
            true => Ok(Self { header, lines, prefix: String::new() }),
            false => Err(Unbalanced::Difference(sum)),
        }
    }

    /// The same document, with a number that begins so.
    #[must_use]
    pub fn with_prefix(self, prefix: &str) -> Self {
        Self { prefix: prefix.to_owned(), ..self }
    }

    /// The number that people see: the prefix, and the key, by which it is one alone.
    #[must_use]
    pub fn number(&self, key: DocumentKey) -> String {
        format!("{}{key}", self.prefix)
    }

    /// What it says besides its lines.
    #[must_use]
    pub fn header(&self) -> &Header {
        &self.header
    }

    /// Its lines.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// Header and lines.
    #[must_use]
    pub(crate) fn into_parts(self) -> (Header, Vec<Line>) {
        (self.header, self.lines)
    }

    /// The currencies in it: its own, and those of accounts that are kept in another one.
    pub fn currencies(&self) -> impl Iterator<Item = Currency> + '_ {
        let foreign = self.lines.iter().filter_map(|line| line.foreign);
        std::iter::once(self.header.currency).chain(foreign.map(Money::currency))
    }

    /// The entry that the document amounts to: one posting a line.
    #[must_use]
    pub fn entry(&self) -> Entry {
        let posting = |line: &Line| Posting { account: line.account.clone(), amount: line.amount };
        Entry::new(self.lines.iter().map(posting).collect())
            .expect("a document's lines were balanced when it was made")
    }

    /// The key of this document in a generation of its slot.
    #[must_use]
    pub fn key(&self, company: &CompanyId, generation: u32) -> DocumentKey {
        DocumentKey::derive(company, &self.header.slot, self.header.kind, generation)
    }

    /// The amount that the document is about: what its settlement, receivable and payable lines
    /// move, without sign; of payments and transfers, what arrives; of purchase orders, what they
    /// order for.
    ///
    /// # Errors
    /// Where the sum is too large.
    pub fn total(&self) -> Result<Money, MoneyError> {
        let amounts = self.lines.iter().filter(|line| line.kind.settles()).map(|line| line.amount);
        match self.header.kind {
            DocumentKind::SalesReceipt
            | DocumentKind::Invoice
            | DocumentKind::RefundReceipt
            | DocumentKind::CreditMemo
            | DocumentKind::Expense
            | DocumentKind::Bill
            | DocumentKind::VendorCredit
            | DocumentKind::ItemReceipt
            | DocumentKind::InventoryAdjustment => {
                Money::sum(self.header.currency, amounts).map(Money::abs)
            }
            DocumentKind::PurchaseOrder => {
                let costs = self.lines.iter().filter_map(|line| line.counted()?.2);
                Money::sum(self.header.currency, costs).map(Money::abs)
            }
            DocumentKind::Payment
            | DocumentKind::BillPayment
            | DocumentKind::Transfer
            | DocumentKind::JournalEntry => {
                let debits =
                    self.lines.iter().map(|line| line.amount).filter(|amount| amount.is_positive());
                Money::sum(self.header.currency, debits)
            }
        }
    }

    /// The sum of its tax lines, without sign.
    ///
    /// # Errors
    /// Where the sum is too large.
    pub fn tax(&self) -> Result<Money, MoneyError> {
        let taxes = self.lines.iter().filter(|line| matches!(line.kind, LineKind::Tax { .. }));
        Money::sum(self.header.currency, taxes.map(|line| line.amount)).map(Money::abs)
    }

    /// A hash of all that carries money: kind, date, currency, link, accounts, dimensions, amounts,
    /// and units that count.
    #[must_use]
    pub fn money_hash(&self) -> String {
        money_hash(&self.header, &self.lines)
    }

    /// A hash of everything that a reader could see.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let text = serde_json::to_vec(self).expect("a document is plain data");
        blake3::hash(&text).to_hex().as_str().chars().take(32).collect()
    }

    /// The document that takes this one back: the same accounts with the other sign, in the same
    /// slot (of a later generation), dated on a day of the caller's choice, without a prefix. Units
    /// that count go the other way.
    ///
    /// What takes back a purchase order says that the units are ordered no longer. No book has such
    /// a document: there the order itself is closed, as documents are voided.
    #[must_use]
    pub fn reversal(&self, date: Date) -> Self {
        let kind = match self.header.kind {
            DocumentKind::SalesReceipt => DocumentKind::RefundReceipt,
            DocumentKind::RefundReceipt => DocumentKind::SalesReceipt,
            DocumentKind::Invoice => DocumentKind::CreditMemo,
            DocumentKind::CreditMemo => DocumentKind::Invoice,
            DocumentKind::Bill => DocumentKind::VendorCredit,
            DocumentKind::VendorCredit => DocumentKind::Bill,
            DocumentKind::Transfer
            | DocumentKind::PurchaseOrder
            | DocumentKind::ItemReceipt
            | DocumentKind::InventoryAdjustment => self.header.kind,
            DocumentKind::Payment
            | DocumentKind::BillPayment
            | DocumentKind::Expense
            | DocumentKind::JournalEntry => DocumentKind::JournalEntry,
        };
        let header = Header {
            kind,
            date,
            due: None,
            memo: format!("Reversal of: {}", self.header.memo),
            ..self.header.clone()
        };
        let reverse = |line: &Line| Line {
            kind: line.kind.reversed(),
            amount: line.amount.negated(),
            foreign: line.foreign.map(Money::negated),
            quantity: match line.kind.counts_units() {
                true => line.quantity.map(i64::saturating_neg),
                false => line.quantity,
            },
            ..line.clone()
        };
        let lines = self.lines.iter().map(reverse).collect();
        Self { header, lines, prefix: String::new() }
    }

    /// What it amounts to that this document is made nil where it stands: its reversal, on its own
    /// day.
    #[must_use]
    pub fn voiding(&self) -> Self {
        let mut voiding = self.reversal(self.header.date);
        voiding.header.memo = format!("Voided: {}", self.header.memo);
        voiding
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ledger::AccountKind;

    #[test]
    fn a_key_is_stable_and_short() {
        let company = CompanyId::new("demo");
        let key = DocumentKey::derive(&company, "shop/Order/1", DocumentKind::Invoice, 0);
        assert_eq!(key.as_str().len(), 11);
        assert_eq!(key.as_str().parse(), Ok(key));
        let next = DocumentKey::derive(&company, "shop/Order/1", DocumentKind::Invoice, 1);
        assert_ne!(key, next);
        insta::assert_snapshot!(key.as_str(), @"7H5Z152Q6DH");
    }

    fn usd(minor: i64) -> Money {
        Money::from_minor(minor, Currency::parse("USD").unwrap())
    }

    fn line(kind: LineKind, minor: i64, quantity: Option<i64>) -> Line {
        Line {
            kind,
            account: Account::new("Inventory", crate::ledger::AccountKind::OtherCurrentAsset),
            dimensions: Dimensions::default(),
            amount: usd(minor),
            foreign: None,
            quantity,
            taxes: Vec::new(),
            text: "Mug".to_owned(),
            origin: "1".to_owned(),
        }
    }

    fn mug() -> Product {
        Product { id: None, sku: Some("MUG".to_owned()), title: "Mug".to_owned() }
    }

    fn kept() -> Box<KeptItem> {
        let account = |name: &str| Account::new(name, crate::ledger::AccountKind::Income);
        Box::new(KeptItem {
            key: "sku:MUG".to_owned(),
            income: account("Sales"),
            stock: account("Inventory"),
            cost: account("Cost"),
            since: Date::constant(2026, 1, 1),
        })
    }

    fn document(kind: DocumentKind, lines: Vec<Line>) -> Document {
        let header = Header {
            slot: "shop/Purchase/1".to_owned(),
            kind,
            date: Date::constant(2026, 1, 2),
            currency: Currency::parse("USD").unwrap(),
            party: None,
            applies_to: None,
            due: None,
            reference: "PO 1".to_owned(),
            memo: "Goods".to_owned(),
        };
        Document::new(header, lines).unwrap()
    }

    #[test]
    fn units_that_count_go_the_other_way_when_they_are_taken_back() {
        let stocked = LineKind::Stocked { product: mug(), kept: kept() };
        let sold = LineKind::Product { product: mug(), taxed: false, kept: Some(kept()) };
        let cost = Some(usd(800));
        let ordered = LineKind::Ordered { product: mug(), cost, kept: None };
        let other = LineKind::Other { taxed: false };
        let plain = LineKind::Product { product: mug(), taxed: false, kept: None };
        let cases = [
            (DocumentKind::ItemReceipt, stocked.clone(), 800, DocumentKind::ItemReceipt, -2, 0),
            (
                DocumentKind::InventoryAdjustment,
                stocked,
                0,
                DocumentKind::InventoryAdjustment,
                -2,
                0,
            ),
            (DocumentKind::PurchaseOrder, ordered, 0, DocumentKind::PurchaseOrder, -2, 800),
            (DocumentKind::SalesReceipt, sold, -800, DocumentKind::RefundReceipt, -2, 0),
            (DocumentKind::SalesReceipt, plain, -800, DocumentKind::RefundReceipt, 2, 0),
        ];
        for (kind, counted, minor, reversed, units, total) in cases {
            let lines = vec![line(counted, minor, Some(2)), line(other.clone(), -minor, None)];
            let it = document(kind, lines);
            assert_eq!(it.total().unwrap(), usd(total), "{kind}");
            let back = it.reversal(it.header().date);
            assert_eq!(back.header().kind, reversed);
            assert_eq!(back.lines()[0].quantity, Some(units), "{kind}");
            assert_eq!(back.total().unwrap(), usd(total), "{kind}");
            let moved = |it: &Document| it.lines()[0].stock_move().map_or(0, |(_, units)| units);
            assert_eq!(moved(&it) + moved(&back), 0, "{kind}");
            let again = back.reversal(it.header().date);
            assert_eq!(again.lines(), it.lines(), "{kind}");
        }
    }

    #[test]
    fn units_and_prices_that_count_are_told_apart_as_money_is() {
        let ordered = |units, cost: Option<i64>| {
            let kind = LineKind::Ordered { product: mug(), cost: cost.map(usd), kept: None };
            document(DocumentKind::PurchaseOrder, vec![line(kind, 0, Some(units))]).money_hash()
        };
        let one = ordered(2, Some(800));
        assert_eq!(one, ordered(2, Some(800)));
        for other in [ordered(3, Some(800)), ordered(2, Some(801)), ordered(2, None)] {
            assert_ne!(one, other);
        }
        let sold = |units, kept| {
            let kind = LineKind::Product { product: mug(), taxed: false, kept };
            let other = line(LineKind::Settlement, 800, None);
            let lines = vec![line(kind, -800, Some(units)), other];
            document(DocumentKind::SalesReceipt, lines).money_hash()
        };
        assert_eq!(sold(1, None), sold(2, None), "nobody keeps its units");
        assert_ne!(sold(1, Some(kept())), sold(2, Some(kept())));
        assert_ne!(sold(1, None), sold(1, Some(kept())));
    }

    #[test]
    fn a_key_is_found_at_the_end_of_a_number() {
        let key: DocumentKey = "7H5Z152Q6DH".parse().unwrap();
        for number in ["7H5Z152Q6DH", "S-7H5Z152Q6DH", "2026/7H5Z152Q6DH"] {
            assert_eq!(DocumentKey::at_end_of(number), Some(key), "{number}");
        }
        for number in ["", "1042", "S-7H5Z152Q6D", "é152Q6DH", "S-7h5z152q6dh"] {
            assert_eq!(DocumentKey::at_end_of(number), None, "{number}");
        }
    }

    /// An invoice of 1.00 USD, in euros on the receivable.
    fn invoice() -> Document {
        let [usd, eur] = ["USD", "EUR"].map(|code| Currency::parse(code).unwrap());
        let header = Header {
            slot: "shop/Order/1".to_owned(),
            kind: DocumentKind::Invoice,
            date: "2026-03-10".parse().unwrap(),
            currency: usd,
            party: None,
            applies_to: None,
            due: Some("2026-04-10".parse().unwrap()),
            reference: "#1001".to_owned(),
            memo: "Order #1001".to_owned(),
        };
        let line = |kind, name, account, minor, foreign| Line {
            kind,
            account: Account::new(name, account),
            dimensions: Dimensions::default(),
            amount: Money::from_minor(minor, usd),
            foreign,
            quantity: None,
            taxes: Vec::new(),
            text: String::new(),
            origin: String::new(),
        };
        let (income, owed) = (AccountKind::Income, AccountKind::Receivable);
        let euros = Some(Money::from_minor(90, eur));
        let lines = vec![
            line(LineKind::Other { taxed: false }, "Sales", income, -100, None),
            line(LineKind::Receivable, "Receivable", owed, 100, euros),
        ];
        Document::new(header, lines).unwrap()
    }

    #[test]
    fn a_reversal_takes_back_all_but_what_is_to_be_paid_when() {
        let invoice = invoice();
        let back = invoice.reversal("2026-05-01".parse().unwrap());
        let Header { kind, due, memo, slot, .. } = back.header();
        assert_eq!((*kind, *due), (DocumentKind::CreditMemo, None));
        assert_eq!((&**memo, &**slot), ("Reversal of: Order #1001", "shop/Order/1"));
        let amounts = |document: &Document| {
            let of = |line: &Line| (line.amount.minor(), line.foreign.map(Money::minor));
            document.lines().iter().map(of).collect::<Vec<_>>()
        };
        assert_eq!(amounts(&invoice), [(-100, None), (100, Some(90))]);
        assert_eq!(amounts(&back), [(100, None), (-100, Some(-90))]);
        let again = back.reversal(invoice.header().date);
        assert_eq!(again.money_hash(), invoice.money_hash());
        assert_ne!(back.money_hash(), invoice.money_hash());
        assert_ne!(again.content_hash(), invoice.content_hash(), "its memo is another");
        assert_eq!(invoice.content_hash(), super::tests::invoice().content_hash());
        let currencies: Vec<String> = invoice.currencies().map(|it| it.to_string()).collect();
        assert_eq!(currencies, ["USD", "EUR"]);
    }

    #[test]
    fn invoices_and_bills_alone_take_payments() {
        let open = DocumentKind::ALL.into_iter().filter(|kind| kind.takes_payments());
        assert_eq!(open.collect::<Vec<_>>(), [DocumentKind::Invoice, DocumentKind::Bill]);
    }
}
