//! Which of the vendor's transactions a document becomes, and what stands in it: always one, lest
//! a death between two leaves half a document.
//!
//! This is decided from the document alone, so that it is decided alike when a document is created,
//! looked up, and asked what it needs.

use super::cards::{self, CardCharge};
use super::foreign::{self, ForeignJournal};
use super::listed;
use super::money;
use super::purchases;
use super::refunds;
use super::sales;
use super::stock::{self, Adjustment, Stocked};
use super::wire::Kind;
use rust_decimal::Decimal;
use saldo_core::book::{Item, Need, TaxRate};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKey, DocumentKind, KeptItem, Line, Party};
use saldo_core::ledger::{Account, AccountKind};
use saldo_core::money::Money;
use std::collections::{BTreeMap, BTreeSet};

/// What policies call the dimension that classes are.
pub(super) const CLASS: &str = "class";

/// A document in the vendor's terms.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    /// A sales receipt, invoice or credit memo.
    Form(Form<'a>),
    /// Money received from a customer.
    Received {
        /// The account on which it was owed.
        receivable: &'a Account,
        /// Where it went.
        deposit: &'a Account,
        /// How much.
        amount: Money,
    },
    /// A customer's credit that is paid out.
    Refunded {
        /// The account on which it is owed.
        receivable: &'a Account,
        /// Where it is paid from.
        account: &'a Account,
        /// How much.
        amount: Money,
    },
    /// Money moved between two accounts of the balance sheet.
    Transfer {
        /// Where it was.
        from: &'a Account,
        /// Where it is.
        to: &'a Account,
        /// How much.
        amount: Money,
    },
    /// What left a bank account: a cost, or a refund.
    Check {
        /// Where it was paid from.
        account: &'a Account,
        /// How much.
        amount: Money,
        /// What it was for: debit positive.
        lines: Vec<PostingLine<'a>>,
    },
    /// What a card is charged with, or gets back.
    Card(CardCharge<'a>),
    /// What a supplier charges or credits.
    Bill(Bill<'a>),
    /// Money paid for a bill.
    BillPayment {
        /// The account on which the bill was owed.
        payable: &'a Account,
        /// Where it was paid from.
        account: &'a Account,
        /// How much.
        amount: Money,
    },
    /// What is ordered from a supplier: as a bill, of which nothing is owed.
    Order(Bill<'a>),
    /// Units of stock that are more or fewer.
    Adjustment(Adjustment<'a>),
    /// Debits and credits.
    Journal(Vec<PostingLine<'a>>),
    /// The same in another currency than the company's.
    Foreign(ForeignJournal<'a>),
}

/// A form of sale: amounts positive in its own direction.
#[derive(Debug)]
pub(super) struct Form<'a> {
    /// Which one.
    pub(super) kind: Kind,
    /// Where its total goes to: the deposit of a receipt, the receivable of the others; none for a
    /// receipt over nothing.
    pub(super) total_on: Option<&'a Account>,
    /// Its lines.
    pub(super) lines: Vec<FormLine<'a>>,
    /// What they come to.
    pub(super) total: Money,
}

/// A line of a form of sale, which points at an item.
#[derive(Debug)]
pub(super) struct FormLine<'a> {
    pub(super) product: Option<&'a Product>,
    /// The item, where QuickBooks keeps it in stock and units of it move.
    pub(super) kept: Option<&'a KeptItem>,
    pub(super) account: &'a Account,
    pub(super) amount: Money,
    pub(super) quantity: Option<i64>,
    pub(super) text: &'a str,
    pub(super) class: Option<&'a str>,
}

impl FormLine<'_> {
    /// The item that the line points at.
    pub(super) fn item(&self) -> Item {
        match (self.product, self.kept) {
            (Some(product), Some(kept)) => Item::kept(product.clone(), kept.clone()),
            (product, _) => Item::plain(product.cloned(), self.account.clone()),
        }
    }
}

/// A bill, a vendor credit, an item receipt or a purchase order.
#[derive(Debug)]
pub(super) struct Bill<'a> {
    /// Which one.
    pub(super) kind: Kind,
    /// The account on which it is owed; none where nothing is.
    pub(super) payable: Option<&'a Account>,
    /// What it is for: positive in its own direction.
    pub(super) lines: Vec<PostingLine<'a>>,
    /// What they come to.
    pub(super) total: Money,
}

/// A line that reaches an account directly, or units of an item: debit positive.
#[derive(Debug)]
pub(super) struct PostingLine<'a> {
    pub(super) account: &'a Account,
    pub(super) amount: Money,
    pub(super) text: &'a str,
    pub(super) class: Option<&'a str>,
    /// What it moves in place of an account, where that is an item in stock.
    pub(super) stocked: Option<Stocked<'a>>,
}

impl<'a> PostingLine<'a> {
    pub(super) fn new(line: &'a Line) -> Self {
        Self {
            account: &line.account,
            amount: line.amount,
            text: &line.text,
            class: line.dimensions.get(CLASS),
            stocked: Stocked::of(line),
        }
    }

    pub(super) fn of_sum(account: &'a Account, amount: Money) -> Self {
        Self { account, amount, text: &account.name, class: None, stocked: None }
    }

    /// What the line points at.
    fn target(&self) -> Need {
        match &self.stocked {
            Some(stocked) => Need::Item(stocked.item()),
            None => Need::Account(self.account.clone()),
        }
    }
}

/// The rate of sales tax that forms of sale refer to, as something that must be bound: nothing of a
/// hundred. What tax there is stands in lines.
pub(super) fn no_tax() -> Need {
    Need::TaxRate(TaxRate { title: "no sales tax".to_owned(), rate: Some(Decimal::ZERO) })
}

/// A class, as something that must be bound.
pub(super) fn class(value: &str) -> Need {
    Need::Value { dimension: CLASS.into(), value: value.into() }
}

impl Shape<'_> {
    /// The vendor's kind of transaction.
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Form(form) => form.kind,
            Self::Received { .. } => Kind::ReceivePayment,
            Self::Refunded { .. } => Kind::ARRefundCreditCard,
            Self::Transfer { .. } => Kind::Transfer,
            Self::Check { .. } => Kind::Check,
            Self::Card(charge) => charge.kind,
            Self::Bill(bill) | Self::Order(bill) => bill.kind,
            Self::Adjustment(_) => Kind::InventoryAdjustment,
            Self::BillPayment { account, .. } => match account.kind {
                AccountKind::CreditCard => Kind::BillPaymentCreditCard,
                _ => Kind::BillPaymentCheck,
            },
            Self::Journal(_) | Self::Foreign(_) => Kind::JournalEntry,
        }
    }

    /// What the vendor will call its total: of a journal entry, its debits.
    ///
    /// # Errors
    /// In words, where the sum is too large.
    pub(super) fn total(&self, document: &Document) -> Result<Money, String> {
        let home = document.header().currency;
        match self {
            Self::Form(form) => Ok(form.total),
            Self::Bill(bill) | Self::Order(bill) => Ok(bill.total),
            Self::Adjustment(_) => Ok(Money::zero(home)),
            Self::Card(charge) => Ok(charge.total),
            Self::Received { amount, .. }
            | Self::Refunded { amount, .. }
            | Self::Transfer { amount, .. }
            | Self::Check { amount, .. }
            | Self::BillPayment { amount, .. } => Ok(*amount),
            Self::Foreign(journal) => journal.worth(home),
            Self::Journal(lines) => {
                let debits = lines.iter().map(|line| line.amount).filter(|it| it.is_positive());
                Money::sum(home, debits).map_err(|error| error.to_string())
            }
        }
    }

    /// What must be bound before it can be created, without repetition.
    pub(super) fn needs(&self, document: &Document) -> Vec<Need> {
        let account = |account: &Account| Need::Account(account.clone());
        let party = document.header().party.iter().cloned().map(Need::Party);
        let mut needs: Vec<Need> = if self.names_party() { party.collect() } else { Vec::new() };
        let postings = |lines: &[PostingLine<'_>], needs: &mut Vec<Need>| {
            needs.extend(lines.iter().map(PostingLine::target));
            needs.extend(lines.iter().filter_map(|line| line.class.map(class)));
        };
        needs.extend(listed::paid_by(self, document));
        needs.extend(listed::owed_on(self, document));
        match self {
            Self::Form(form) => {
                needs.push(no_tax());
                needs.extend(form.total_on.map(account));
                needs.extend(form.lines.iter().map(|line| Need::Item(line.item())));
                needs.extend(form.lines.iter().filter_map(|line| line.class.map(class)));
            }
            Self::Received { receivable: one, deposit: two, .. }
            | Self::Refunded { receivable: one, account: two, .. }
            | Self::Transfer { from: one, to: two, .. }
            | Self::BillPayment { payable: one, account: two, .. } => {
                needs.extend([account(one), account(two)]);
            }
            Self::Check { account: paid_from, lines, .. } => {
                needs.push(account(paid_from));
                postings(lines, &mut needs);
            }
            Self::Card(charge) => {
                needs.push(account(charge.card));
                postings(&charge.lines, &mut needs);
            }
            Self::Bill(bill) | Self::Order(bill) => {
                needs.extend(bill.payable.map(account));
                postings(&bill.lines, &mut needs);
            }
            Self::Adjustment(adjustment) => {
                needs.push(account(adjustment.account));
                needs.extend(adjustment.class.map(class));
                needs.extend(adjustment.lines.iter().map(|line| Need::Item(line.item())));
            }
            Self::Journal(lines) => postings(lines, &mut needs),
            Self::Foreign(journal) => needs.extend(journal.needs()),
        }
        let mut seen = BTreeSet::new();
        needs.retain(|need| seen.insert(need.binding()));
        needs
    }

    /// Whether it says whom it is about: a transfer and a count never do, and a journal entry only
    /// of what somebody owes.
    fn names_party(&self) -> bool {
        match self {
            Self::Transfer { .. } | Self::Adjustment(_) | Self::Foreign(_) => false,
            Self::Journal(lines) => lines.iter().any(|line| is_owed(line.account)),
            _ => true,
        }
    }
}

/// The shape of a document.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn shape(document: &Document) -> Result<Shape<'_>, String> {
    check_dimensions(document)?;
    if foreign::is_foreign(document) {
        return foreign::journal(document).map(Shape::Foreign);
    }
    if let Some(shape) = refunds::refund(document)? {
        check_party(&shape, document.header().party.as_ref())?;
        return Ok(shape);
    }
    let shape = match document.header().kind {
        DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => sales::receipt(document),
        DocumentKind::Invoice | DocumentKind::CreditMemo => sales::invoice(document),
        DocumentKind::Payment => money::payment(document),
        DocumentKind::Transfer => money::transfer(document),
        DocumentKind::Expense => money::expense(document),
        DocumentKind::Bill | DocumentKind::VendorCredit => purchases::bill(document),
        DocumentKind::BillPayment => purchases::payment(document),
        DocumentKind::JournalEntry => match cards::charge(document)? {
            Some(charge) => Ok(Shape::Card(charge)),
            None => journal(document),
        },
        DocumentKind::PurchaseOrder => stock::order(document),
        DocumentKind::ItemReceipt => stock::receipt(document),
        DocumentKind::InventoryAdjustment => stock::adjustment(document),
    }?;
    check_party(&shape, document.header().party.as_ref())?;
    Ok(shape)
}

/// The shape of a document that belongs to this one, where it belongs to any. What is paid for a
/// bill that takes no more payments, or out of no credit, is a journal entry, since QuickBooks has
/// no such payment.
///
/// # Errors
/// As [`shape`].
pub(super) fn shape_for(
    document: &Document,
    applies_to: Option<DocumentKey>,
) -> Result<Shape<'_>, String> {
    match shape(document)? {
        Shape::BillPayment { .. } | Shape::Refunded { .. } if applies_to.is_none() => {
            journal(document)
        }
        shape => Ok(shape),
    }
}

/// Refuses what stands for something in a dimension that the vendor has no place for.
fn check_dimensions(document: &Document) -> Result<(), String> {
    let mut dimensions = document.lines().iter().flat_map(|line| line.dimensions.iter());
    dimensions.find(|(name, _)| *name != CLASS).map_or(Ok(()), |(name, value)| {
        Err(format!(
            "a line stands for `{value}` in `{name}`, and QuickBooks Desktop keeps `{CLASS}` alone"
        ))
    })
}

fn check_party(shape: &Shape<'_>, party: Option<&Party>) -> Result<(), String> {
    let what = shape.kind().name();
    let has = |kind| match shape {
        Shape::Journal(lines) | Shape::Check { lines, .. } => {
            lines.iter().any(|line| line.account.kind == kind)
        }
        _ => false,
    };
    let of_supplier = matches!(shape, Shape::Bill(_) | Shape::Order(_) | Shape::BillPayment { .. })
        || has(AccountKind::Payable);
    let of_customer = matches!(shape, Shape::Received { .. } | Shape::Refunded { .. })
        || matches!(shape.kind(), Kind::Invoice | Kind::CreditMemo)
        || has(AccountKind::Receivable);
    match party {
        Some(Party::Vendor { name }) if of_customer || shape.kind() == Kind::SalesReceipt => {
            Err(format!("a {what} is made out to a customer, not to the vendor `{name}`"))
        }
        Some(Party::Vendor { .. }) => Ok(()),
        _ if of_supplier => Err(format!("a {what} needs the supplier whom it is about")),
        None if of_customer => Err(format!("a {what} over what is owed needs a customer")),
        _ => Ok(()),
    }
}

/// Lines of one kind, netted by account; nothing where they cancel.
pub(super) fn net(
    document: &Document,
    wanted: impl Fn(&Line) -> bool,
) -> Result<BTreeMap<&Account, Money>, String> {
    let mut nets = BTreeMap::new();
    for line in document.lines().iter().filter(|line| wanted(line)) {
        let sum = nets.entry(&line.account).or_insert(Money::zero(document.header().currency));
        *sum = sum.plus(line.amount).map_err(|error| error.to_string())?;
    }
    nets.retain(|_, amount: &mut Money| !amount.is_zero());
    Ok(nets)
}

pub(super) fn sum(
    document: &Document,
    amounts: impl IntoIterator<Item = Money>,
) -> Result<Money, String> {
    Money::sum(document.header().currency, amounts).map_err(|error| error.to_string())
}

/// The one account of these; none where there are several.
pub(super) fn only<'a>(nets: &BTreeMap<&'a Account, Money>) -> Option<(&'a Account, Money)> {
    let (account, amount) = nets.first_key_value().filter(|_| nets.len() == 1)?;
    Some((*account, *amount))
}

/// Lines of a document that move money, or units in stock, as postings.
pub(super) fn postings(
    document: &Document,
    wanted: impl Fn(&Line) -> bool,
) -> Vec<PostingLine<'_>> {
    let counts = |line: &Line| !line.amount.is_zero() || moves_units(line);
    let moves = |line: &&Line| wanted(line) && counts(line);
    document.lines().iter().filter(moves).map(PostingLine::new).collect()
}

/// Whether units in stock move by a line.
pub(super) fn moves_units(line: &Line) -> bool {
    line.stock_move().is_some_and(|(_, units)| units != 0)
}

/// Whether an account says what somebody owes: the vendor wants to know who.
pub(super) fn is_owed(account: &Account) -> bool {
    matches!(account.kind, AccountKind::Receivable | AccountKind::Payable)
}

/// Debits and credits as they stand. What moved on the receivable, or on the payable, is one line
/// and the first, since the vendor takes no more and no other place for it.
pub(super) fn journal(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(moves_units) {
        return Err("a journal entry takes nothing out of stock: enter it by hand".to_owned());
    }
    let owed = net(document, |line| is_owed(&line.account))?;
    if owed.len() > 1 {
        let why = "a journal entry takes one receivable or payable account only: enter it by hand";
        return Err(why.to_owned());
    }
    let mut lines: Vec<PostingLine<'_>> =
        owed.into_iter().map(|(account, amount)| PostingLine::of_sum(account, amount)).collect();
    lines.extend(postings(document, |line| !is_owed(&line.account)));
    match lines.is_empty() {
        true => Err("nothing is left of it that moves money".to_owned()),
        false => Ok(Shape::Journal(lines)),
    }
}
