//! Documents: what a bookkeeper would enter, each with the balanced entry that it amounts to.

mod line;

pub use line::{KeptItem, Line, LineKind};

use crate::commerce::ShipTo;
use crate::ledger::{Entry, Posting, Unbalanced};
use crate::money::{Currency, Money, MoneyError};
use crate::text::{CompanyId, FactId};
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use std::fmt;
use std::str::FromStr;

/// How documents are worded: the number of our own memos, references and texts of lines. It is
/// raised with any of them, so that what stands in the words of an earlier release is not amended
/// for these alone.
pub const WORDING: u32 = 1;

/// The kinds of documents.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DocumentKind {
    /// A sale that is paid at once.
    SalesReceipt,
    /// A sale that is paid later.
    Invoice,
    /// Money received for an invoice, or paid back for a credit memo.
    Payment,
    /// A return that is repaid at once, or owed by another account than the receivable.
    RefundReceipt,
    /// A return that lessens what the buyer owes, or is to be paid back by payments of its own.
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
        matches!(self, Self::Invoice | Self::CreditMemo | Self::Bill)
    }

    /// Whether it is a sale, or the return of one, which tax reports count.
    #[must_use]
    pub const fn is_of_sales(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::RefundReceipt | Self::CreditMemo)
    }

    /// Whether other documents belong to it: payments to an invoice, credit memo or bill, item
    /// receipts to a purchase order.
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
    /// The slot of the invoice, credit memo or bill that a payment or credit belongs to.
    pub applies_to: Option<String>,
    /// The day by which it is to be paid, where somebody says: of invoices and bills. It is no
    /// money: what stands in a book is not reversed for it, but amended where the book can.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub due: Option<Date>,
    /// Where the goods of a sale, or of its return, were sent to: for books that work out, or
    /// report, tax by places. It is no money: what stands in a book is not changed for it.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub ships_to: Option<ShipTo>,
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
    /// The key of the entry that a payment settles, where several documents may stand under the
    /// slot that it belongs to: it is of the one in which that entry stands. It is no money.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub settles: Option<FactId>,
}

impl SubledgerEntry {
    /// An entry of lines that balance.
    ///
    /// # Errors
    /// [`Unbalanced`] where they do not.
    pub fn new(id: FactId, header: Header, lines: Vec<Line>) -> Result<Self, Unbalanced> {
        let (header, lines) = Document::new(header, lines)?.into_parts();
        Ok(Self { id, header, lines, settles: None })
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

    /// Whether what stands as this one may be amended to be like the other: nothing that carries
    /// money, and no number, differs. What may differ is how the party is called, the day by which
    /// it is due, reference, memo, and the texts and dimensions of lines.
    #[must_use]
    pub fn is_amendable_to(&self, wanted: &Self) -> bool {
        let (one, other) = (&self.header, &wanted.header);
        let is_same_party = match (&one.party, &other.party) {
            (Some(one), Some(other)) => one.is_same(other),
            (None, None) => true,
            _ => false,
        };
        let in_words_of = |line: &Line, words: &Line| Line {
            dimensions: words.dimensions.clone(),
            text: words.text.clone(),
            origin: words.origin.clone(),
            ..line.clone()
        };
        is_same_party
            && (&one.slot, one.kind, one.date, one.currency, &one.applies_to)
                == (&other.slot, other.kind, other.date, other.currency, &other.applies_to)
            && self.prefix == wanted.prefix
            && self.lines.len() == wanted.lines.len()
            && self
                .lines
                .iter()
                .zip(&wanted.lines)
                .all(|(one, other)| in_words_of(one, other) == *other)
    }

    /// Whether nothing of what may be amended differs.
    #[must_use]
    pub fn says_the_same(&self, other: &Self) -> bool {
        let words = |line: &Line| (line.dimensions.clone(), line.text.clone());
        self.header == other.header
            && self.lines.iter().map(words).eq(other.lines.iter().map(words))
    }

    /// Whether nothing differs of what may be amended, but for our own words: memo, reference, and
    /// the texts of lines.
    #[must_use]
    pub fn says_the_same_in_other_words(&self, other: &Self) -> bool {
        let header = Header {
            memo: other.header.memo.clone(),
            reference: other.header.reference.clone(),
            ..self.header.clone()
        };
        let dimensions = |line: &Line| line.dimensions.clone();
        header == other.header
            && self.lines.iter().map(dimensions).eq(other.lines.iter().map(dimensions))
    }

    /// This document as it would stand in place of another of the same entries: under its number,
    /// on its day, of its party where this one's is somebody else.
    pub(crate) fn in_place_of(mut self, standing: &Self, relates_to: Option<Date>) -> Self {
        let is_same = match (&self.header.party, &standing.header.party) {
            (Some(one), Some(other)) => one.is_same(other),
            _ => false,
        };
        if !is_same {
            self.header.party.clone_from(&standing.header.party);
        }
        if let Some(day) = relates_to {
            self.header.date = standing.header.date;
            self.header.memo = relating_to(&self.header.memo, day);
        }
        self.header.ships_to.clone_from(&standing.header.ships_to);
        self.prefix.clone_from(&standing.prefix);
        self
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

/// A memo of what is dated on another day than the one that it relates to.
pub(crate) fn relating_to(memo: &str, day: Date) -> String {
    format!("{memo} (relates to {day})")
}

#[cfg(test)]
mod tests;
