//! Which of the vendor's transactions a document becomes, and what stands in it.
//!
//! This is decided from the document alone, so that it is decided alike when a document is created,
//! looked up, and asked what it needs.

use super::bills;
use super::dimensions::{self, CLASS, LOCATION, class, location};
use super::foreign::{self, ForeignJournal};
use super::gather;
use super::names::{can_take_deposits, is_bank};
use super::stock;
use super::tax::{self, FormTax};
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
    /// What they come to.
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
        DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => receipt(document),
        DocumentKind::Invoice | DocumentKind::CreditMemo => invoice(document),
        DocumentKind::Payment => payment(document),
        DocumentKind::Transfer => transfer(document),
        DocumentKind::Expense => purchase(document),
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

/// A receipt: what the settlement accounts gain is a sale, what they lose a refund. One of them is
/// the form's own account; what moved on the others stands in lines of its own.
fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| line.kind == LineKind::Receivable) {
        return Err("a receipt leaves nothing owed, but a line is receivable".to_owned());
    }
    let mut settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let moved = sum(document, settled.values().copied())?;
    let sale = is_sale(document.header().kind, moved);
    let deposit = settled
        .iter()
        .filter(|(account, _)| can_take_deposits(account))
        .map(|(account, amount)| (*account, oriented(amount.negated(), sale)))
        .filter(|(_, amount)| amount.is_positive())
        .max_by(|one, two| one.1.cmp(&two.1).then_with(|| two.0.cmp(one.0)))
        .map(|(account, _)| account);
    if let Some(account) = deposit {
        settled.remove(account);
    }
    let entity = match (sale, deposit) {
        (true, _) => Entity::SalesReceipt,
        (false, Some(_)) => Entity::RefundReceipt,
        (false, None) => Entity::CreditMemo,
    };
    form(document, entity, sale, deposit, &settled)
}

/// A claim: what the receivable gains is an invoice, what it loses a credit memo.
fn invoice(document: &Document) -> Result<Shape<'_>, String> {
    let owed = net(document, |line| line.kind == LineKind::Receivable)?;
    let moved = sum(document, owed.into_values())?;
    let sale = is_sale(document.header().kind, moved);
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let entity = if sale { Entity::Invoice } else { Entity::CreditMemo };
    form(document, entity, sale, None, &settled)
}

const fn is_sale(kind: DocumentKind, moved: Money) -> bool {
    match (moved.is_positive(), moved.is_negative()) {
        (true, _) => true,
        (_, true) => false,
        _ => matches!(kind, DocumentKind::SalesReceipt | DocumentKind::Invoice),
    }
}

/// A posting as a form shows it: credits are positive in a sale, debits in a return.
const fn oriented(amount: Money, sale: bool) -> Money {
    if sale { amount.negated() } else { amount }
}

fn form<'a>(
    document: &'a Document,
    entity: Entity,
    sale: bool,
    deposit: Option<&'a Account>,
    settled: &BTreeMap<&'a Account, Money>,
) -> Result<Shape<'a>, String> {
    let by_the_vendor = has_tax_of_the_vendor(document);
    let mut lines = Vec::new();
    let mut taxes = Vec::new();
    for line in document.lines() {
        let (product, taxed) = match &line.kind {
            LineKind::Settlement | LineKind::Receivable => continue,
            LineKind::Tax { title, rate } if is_tax_of_the_vendor(line) => {
                taxes.push((title.as_str(), *rate, oriented(line.amount, sale)));
                continue;
            }
            LineKind::Tax { .. }
            | LineKind::Payable
            | LineKind::Stocked { .. }
            | LineKind::Ordered { .. } => (None, false),
            LineKind::Product { product, taxed, .. } => (Some(product), *taxed),
            LineKind::Other { taxed } | LineKind::Unearned { taxed } => (None, *taxed),
        };
        lines.push(form_line(line, product, taxed && by_the_vendor, sale));
    }
    lines.extend(settled.iter().map(|(account, amount)| settled_line(account, *amount, sale)));
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("no item can stand for what is owed on `{}`", line.account.name));
    }
    let tax = sum(document, taxes.iter().map(|(.., amount)| *amount))?;
    let taxes = tax::sums(taxes.into_iter())?;
    if tax.is_negative() {
        return Err(format!("the tax of {} runs against the document's total", tax.abs()));
    }
    let total = sum(document, lines.iter().map(|line| line.amount))?;
    let total = total.plus(tax).map_err(|error| error.to_string())?;
    if lines.is_empty() {
        return Err(format!("a {} needs at least one line besides tax", entity.name()));
    }
    let lines = gather::form_lines(lines)?;
    let location = dimensions::location_of(document)?;
    let is_taxed_here = by_the_vendor;
    Ok(Shape::Form(Form { entity, deposit, lines, tax, taxes, is_taxed_here, total, location }))
}

/// A line of a document as a form shows it.
fn form_line<'a>(
    line: &'a Line,
    product: Option<&'a Product>,
    taxed: bool,
    sale: bool,
) -> FormLine<'a> {
    let kept = line.kind.kept();
    FormLine {
        product,
        kept,
        account: &line.account,
        amount: oriented(line.amount, sale),
        sold: line.is_sold() || line.account.kind.side() == Side::Income,
        taxed,
        taxes: &line.taxes,
        // A form's units are positive in its own direction.
        quantity: match (kept.is_some(), sale) {
            (true, false) => line.quantity.map(i64::saturating_neg),
            _ => line.quantity,
        },
        text: Cow::from(&line.text),
        class: line.dimensions.get(CLASS),
    }
}

/// What moved on a settlement account that is not the form's own.
fn settled_line(account: &Account, amount: Money, sale: bool) -> FormLine<'_> {
    FormLine {
        product: None,
        kept: None,
        account,
        amount: oriented(amount, sale),
        sold: false,
        taxed: false,
        taxes: &[],
        quantity: None,
        text: Cow::from(&*account.name),
        class: None,
    }
}

/// Whether the vendor enters this tax by itself, where its agency points. Tax on an account of the
/// owner's own is a line like any other.
fn is_tax_of_the_vendor(line: &Line) -> bool {
    matches!(line.kind, LineKind::Tax { .. }) && line.account.kind == AccountKind::TaxLiability
}

/// Whether the vendor is to tax the lines of a document: not where all of its tax stands in lines
/// of their own, since it would come on top of them.
fn has_tax_of_the_vendor(document: &Document) -> bool {
    let taxes = || document.lines().iter().filter(|it| matches!(it.kind, LineKind::Tax { .. }));
    taxes().next().is_none() || taxes().any(is_tax_of_the_vendor)
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

/// A cost paid from one bank account; anything else (a fee that came back, a cost kept back from
/// another account) is a journal entry.
fn purchase(document: &Document) -> Result<Shape<'_>, String> {
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let other = |line: &&Line| line.kind != LineKind::Settlement;
    let lines: Vec<PostingLine<'_>> =
        document.lines().iter().filter(other).map(PostingLine::new).collect();
    let owed = lines.iter().any(|line| is_owed(line.account));
    match (settled.first_key_value(), settled.len()) {
        (Some((account, amount)), 1) if amount.is_negative() && is_bank(account) && !owed => {
            let location = dimensions::location_of(document)?;
            let lines = gather::posting_lines(lines)?;
            Ok(Shape::Purchase { account, amount: amount.negated(), lines, location })
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
        lines.push(PostingLine { account, amount, text, class, location, stocked });
    }
    match lines.is_empty() {
        true => Err("nothing is left of it that moves money".to_owned()),
        false => gather::posting_lines(lines).map(Shape::Journal),
    }
}
