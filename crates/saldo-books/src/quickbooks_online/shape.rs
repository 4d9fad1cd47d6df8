//! Which of the vendor's transactions a document becomes, and what stands in it.
//!
//! This is decided from the document alone, so that it is decided alike when a document is created,
//! looked up, and asked what it needs.

use super::bills;
use super::bought;
use super::dimensions::{self, CLASS, LOCATION, class, location};
use super::foreign::{self, ForeignJournal};
use super::gather;
use super::names::can_take_deposits;
use super::sales;
use super::stock;
use super::tax::FormTax;
use super::wire::Entity;
use saldo_core::book::{Item, Need, TaxRate};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, KeptItem, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Side};
use saldo_core::money::{Money, MoneyError};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A document in the vendor's terms.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    /// A sales receipt, refund receipt, invoice or credit memo.
    Form(Form<'a>),
    /// Money received for an invoice.
    Payment {
        /// Where it went.
        deposit: &'a Account,
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
    /// A cost paid from a bank account.
    Purchase {
        /// Where it was paid from.
        account: &'a Account,
        /// How much.
        amount: Money,
        /// What it was for: charges positive.
        lines: Vec<PostingLine<'a>>,
        /// The tax on top, which the vendor takes back, tax by tax.
        taxes: Vec<FormTax>,
        /// Its location.
        location: Option<&'a str>,
    },
    /// What a supplier charges or credits.
    Bill(Bill<'a>),
    /// What is ordered from a supplier: as a bill, of which nothing is owed.
    Order(Bill<'a>),
    /// Units of stock that are more or fewer.
    Adjustment(Adjustment<'a>),
    /// Money paid for a bill.
    BillPayment {
        /// The account on which the bill was owed.
        payable: &'a Account,
        /// Where it was paid from.
        account: &'a Account,
        /// How much.
        amount: Money,
    },
    /// Debits and credits.
    Journal(Vec<PostingLine<'a>>),
    /// Debits and credits in another currency than the company's.
    ForeignJournal(ForeignJournal<'a>),
}

/// Units of stock that are more or fewer.
#[derive(Debug)]
pub(super) struct Adjustment<'a> {
    /// What takes them.
    pub(super) account: &'a Account,
    /// The items with their units.
    pub(super) lines: Vec<PostingLine<'a>>,
}

/// A bill, a vendor credit or a purchase order.
#[derive(Debug)]
pub(super) struct Bill<'a> {
    /// Which one.
    pub(super) entity: Entity,
    /// The account on which it is owed; none where nothing is.
    pub(super) payable: Option<&'a Account>,
    /// What it is for: positive in its own direction.
    pub(super) lines: Vec<PostingLine<'a>>,
    /// The tax on top, which the vendor takes back, tax by tax; in the same direction.
    pub(super) taxes: Vec<FormTax>,
    /// What they come to, with the tax.
    pub(super) total: Money,
    /// Its location.
    pub(super) location: Option<&'a str>,
}

/// A sales form: amounts positive in its own direction.
#[derive(Debug)]
pub(super) struct Form<'a> {
    /// Which one.
    pub(super) entity: Entity,
    /// Where its total goes to or comes from; none for invoices, credit memos and totals of nil.
    pub(super) deposit: Option<&'a Account>,
    /// Its item lines.
    pub(super) lines: Vec<FormLine<'a>>,
    /// The tax on top.
    pub(super) tax: Money,
    /// The same, tax by tax; nothing where there is none.
    pub(super) taxes: Vec<FormTax>,
    /// Whether what is taxed in it is taxed by the vendor's own tax: not where all of its tax is on
    /// accounts of the owner's own.
    pub(super) is_taxed_here: bool,
    /// The lines and the tax.
    pub(super) total: Money,
    /// Its location.
    pub(super) location: Option<&'a str>,
}

/// An item line of a sales form.
#[derive(Debug)]
pub(super) struct FormLine<'a> {
    pub(super) product: Option<&'a Product>,
    /// The item, where the book keeps it in stock.
    pub(super) kept: Option<&'a KeptItem>,
    pub(super) account: &'a Account,
    pub(super) amount: Money,
    /// Whether it is of what was sold, as tax reports see it.
    pub(super) sold: bool,
    pub(super) taxed: bool,
    /// Which taxes were charged on it, where not all of the form's.
    pub(super) taxes: &'a [TaxRate],
    pub(super) quantity: Option<i64>,
    pub(super) text: Cow<'a, str>,
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

/// A line that reaches an account directly: debit positive.
#[derive(Debug)]
pub(super) struct PostingLine<'a> {
    pub(super) account: &'a Account,
    pub(super) amount: Money,
    pub(super) text: Cow<'a, str>,
    pub(super) class: Option<&'a str>,
    /// Of a line of a journal entry: other transactions have one as a whole.
    pub(super) location: Option<&'a str>,
    /// Whether it bears tax that the vendor takes back.
    pub(super) taxed: bool,
    /// Which taxes it bears, where not all of the document's.
    pub(super) taxes: &'a [TaxRate],
    /// What it moves in place of an account, where that is an item in stock.
    pub(super) stocked: Option<Stocked<'a>>,
}

/// Units of an item in stock.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stocked<'a> {
    pub(super) product: &'a Product,
    pub(super) kept: &'a KeptItem,
    pub(super) units: i64,
}

impl Stocked<'_> {
    pub(super) fn item(&self) -> Item {
        Item::kept(self.product.clone(), self.kept.clone())
    }
}

impl<'a> PostingLine<'a> {
    pub(super) fn new(line: &'a Line) -> Self {
        Self {
            account: &line.account,
            amount: line.amount,
            text: Cow::from(&line.text),
            class: line.dimensions.get(CLASS),
            location: line.dimensions.get(LOCATION),
            taxed: matches!(line.kind, LineKind::Other { taxed: true }),
            taxes: &line.taxes,
            stocked: match &line.kind {
                LineKind::Stocked { product, kept }
                | LineKind::Ordered { product, kept: Some(kept), .. } => {
                    let units = line.quantity.unwrap_or(0);
                    Some(Stocked { product, kept, units })
                }
                _ => None,
            },
        }
    }

    /// What it points at.
    fn target(&self) -> Need {
        match &self.stocked {
            Some(stocked) => Need::Item(stocked.item()),
            None => Need::Account(self.account.clone()),
        }
    }

    /// What its dimensions need.
    fn values(&self) -> impl Iterator<Item = Need> {
        self.class.map(class).into_iter().chain(self.location.map(location))
    }
}

impl Shape<'_> {
    /// The vendor's name for it.
    pub(super) const fn entity(&self) -> Entity {
        match self {
            Self::Form(form) => form.entity,
            Self::Payment { .. } => Entity::Payment,
            Self::Transfer { .. } => Entity::Transfer,
            Self::Purchase { .. } => Entity::Purchase,
            Self::Bill(bill) | Self::Order(bill) => bill.entity,
            Self::Adjustment(_) => Entity::InventoryAdjustment,
            Self::BillPayment { .. } => Entity::BillPayment,
            Self::Journal(_) | Self::ForeignJournal(_) => Entity::JournalEntry,
        }
    }

    /// What the vendor will call its total: of a journal entry, its debits.
    pub(super) fn total(&self, document: &Document) -> Result<Money, MoneyError> {
        match self {
            Self::Form(form) => Ok(form.total),
            Self::Bill(bill) | Self::Order(bill) => Ok(bill.total),
            Self::Adjustment(_) => Ok(Money::zero(document.header().currency)),
            Self::Payment { amount, .. }
            | Self::Transfer { amount, .. }
            | Self::Purchase { amount, .. }
            | Self::BillPayment { amount, .. } => Ok(*amount),
            Self::Journal(lines) => {
                let debits = lines.iter().map(|line| line.amount).filter(|it| it.is_positive());
                Money::sum(document.header().currency, debits)
            }
            Self::ForeignJournal(journal) => journal.worth(document.header().currency),
        }
    }

    /// What must be bound before it can be created, without repetition.
    pub(super) fn needs(&self, document: &Document) -> Vec<Need> {
        let account = |account: &Account| Need::Account(account.clone());
        let mut needs: Vec<Need> =
            document.header().party.iter().cloned().map(Need::Party).collect();
        match self {
            Self::Form(form) => {
                needs.extend(form.deposit.map(account));
                needs.extend(form.lines.iter().map(|line| Need::Item(line.item())));
                needs.extend(form.lines.iter().filter_map(|line| line.class.map(class)));
                needs.extend(form.location.map(location));
            }
            Self::Payment { deposit, .. } => needs.push(account(deposit)),
            Self::Transfer { from, to, .. } => {
                needs = vec![account(from), account(to)];
            }
            Self::Purchase { account: paid_from, lines, .. } => {
                needs.push(account(paid_from));
                needs.extend(lines.iter().map(|line| account(line.account)));
                needs.extend(lines.iter().flat_map(PostingLine::values));
            }
            Self::Adjustment(adjustment) => {
                needs.push(account(adjustment.account));
                needs.extend(adjustment.lines.iter().map(PostingLine::target));
            }
            Self::Bill(bill) | Self::Order(bill) => {
                needs.extend(bill.payable.map(account));
                needs.extend(bill.lines.iter().map(PostingLine::target));
                needs.extend(bill.lines.iter().filter_map(|line| line.class.map(class)));
                needs.extend(bill.location.map(location));
            }
            Self::BillPayment { payable, account: paid_from, .. } => {
                needs.extend([account(payable), account(paid_from)]);
            }
            Self::Journal(lines) => {
                if !lines.iter().any(|line| is_owed(line.account)) {
                    needs.clear();
                }
                needs.extend(lines.iter().map(|line| account(line.account)));
                needs.extend(lines.iter().flat_map(PostingLine::values));
            }
            Self::ForeignJournal(journal) => needs = journal.needs(),
        }
        let mut seen = BTreeSet::new();
        needs.retain(|need| seen.insert(need.binding()));
        needs
    }
}

/// The shape of a document.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn shape(document: &Document) -> Result<Shape<'_>, String> {
    dimensions::check(document)?;
    if foreign::is_foreign(document) {
        return foreign::journal(document).map(Shape::ForeignJournal);
    }
    let shape = match document.header().kind {
        DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => sales::receipt(document),
        DocumentKind::Invoice | DocumentKind::CreditMemo => sales::invoice(document),
        DocumentKind::Payment => payment(document),
        DocumentKind::Transfer => transfer(document),
        DocumentKind::Expense => bought::purchase(document),
        DocumentKind::Bill | DocumentKind::VendorCredit => bills::bill(document),
        DocumentKind::BillPayment => bills::payment(document),
        DocumentKind::JournalEntry => journal(document),
        DocumentKind::PurchaseOrder => stock::order(document),
        DocumentKind::ItemReceipt => stock::receipt(document),
        DocumentKind::InventoryAdjustment => stock::adjustment(document),
    }?;
    check_party(&shape, document.header().party.as_ref())?;
    Ok(shape)
}

fn check_party(shape: &Shape<'_>, party: Option<&Party>) -> Result<(), String> {
    let has = |lines: &[PostingLine<'_>], kind| lines.iter().any(|it| it.account.kind == kind);
    if let Shape::Journal(lines) = shape
        && has(lines, AccountKind::Payable)
        && !matches!(party, Some(Party::Vendor { .. }))
    {
        return Err("what is owed to a supplier needs the supplier".to_owned());
    }
    if matches!(shape, Shape::Bill(_) | Shape::Order(_) | Shape::BillPayment { .. }) {
        return match party {
            Some(Party::Vendor { .. }) => Ok(()),
            _ => Err(format!("a {} needs a supplier", shape.entity().name())),
        };
    }
    let (customer, required) = match shape {
        Shape::Form(form) => (true, matches!(form.entity, Entity::Invoice | Entity::CreditMemo)),
        Shape::Payment { .. } => (true, true),
        Shape::Journal(lines) => {
            let named = has(lines, AccountKind::Receivable);
            (named, named)
        }
        Shape::Transfer { .. }
        | Shape::Purchase { .. }
        | Shape::Bill(_)
        | Shape::Order(_)
        | Shape::Adjustment(_)
        | Shape::BillPayment { .. }
        | Shape::ForeignJournal(_) => (false, false),
    };
    match party {
        None if required => Err(format!("a {} needs a customer", shape.entity().name())),
        Some(Party::Vendor { name }) if customer => Err(format!(
            "a {} is made out to a customer, not to the vendor `{name}`",
            shape.entity().name()
        )),
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

/// A payment of one account for what is owed; anything else is a journal entry.
fn payment(document: &Document) -> Result<Shape<'_>, String> {
    let plain = |line: &Line| matches!(line.kind, LineKind::Settlement | LineKind::Receivable);
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    match (settled.first_key_value(), settled.len()) {
        (Some((deposit, amount)), 1)
            if amount.is_positive()
                && can_take_deposits(deposit)
                && document.lines().iter().all(plain) =>
        {
            Ok(Shape::Payment { deposit, amount: *amount })
        }
        _ => journal(document),
    }
}

/// A transfer between two accounts of the balance sheet; anything else is a journal entry.
fn transfer(document: &Document) -> Result<Shape<'_>, String> {
    let nets = net(document, |_| true)?;
    let held = |account: &Account| {
        !is_owed(account)
            && matches!(account.kind.side(), Side::Assets | Side::Liabilities | Side::Equity)
    };
    let to = nets.iter().find(|(_, amount)| amount.is_positive());
    let from = nets.iter().find(|(_, amount)| amount.is_negative());
    match (from, to, nets.len()) {
        (Some((from, _)), Some((to, amount)), 2) if held(from) && held(to) => {
            Ok(Shape::Transfer { from, to, amount: *amount })
        }
        _ => journal(document),
    }
}

/// Whether an account says what somebody owes: the vendor wants to know who.
pub(super) fn is_owed(account: &Account) -> bool {
    matches!(account.kind, AccountKind::Receivable | AccountKind::Payable)
}

/// Debits and credits as they stand; what moved on the receivable, or on the payable, is one line,
/// since the vendor takes no more.
pub(super) fn journal(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| line.stock_move().is_some()) {
        return Err("a journal entry takes nothing out of stock: enter it by hand".to_owned());
    }
    let owed_line = |line: &Line| is_owed(&line.account);
    let owed = net(document, owed_line)?;
    if owed.len() > 1 {
        let why = "a journal entry takes one receivable or payable account only";
        return Err(why.to_owned());
    }
    let plain = document.lines().iter().filter(|line| !owed_line(line) && !line.amount.is_zero());
    let mut lines: Vec<PostingLine<'_>> = plain.map(PostingLine::new).collect();
    for (account, amount) in owed {
        let first = document.lines().iter().find(|line| line.account == *account);
        let text = first.map_or(Cow::from(""), |line| Cow::from(&line.text));
        let (class, location, stocked) = (None, None, None);
        let (taxed, taxes) = (false, &[][..]);
        lines.push(PostingLine { account, amount, text, class, location, taxed, taxes, stocked });
    }
    match lines.is_empty() {
        true => Err("nothing is left of it that moves money".to_owned()),
        false => gather::posting_lines(lines).map(Shape::Journal),
    }
}
