//! Which of the vendor's documents a document becomes, and what stands in it.
//!
//! This is decided from the document alone, so that it is decided alike when a document is created,
//! looked up, and asked what it needs.

use super::foreign::{self, Foreign, Moved};
use super::names::{is_bank, nobody};
use super::stock;
use super::tax::{self, LineTax, Taxes};
use super::tracking;
use saldo_core::book::{Item, Need, TaxRate};
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, KeptItem, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Money, MoneyError};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// A document in the vendor's terms.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    /// A customer's invoice or credit note.
    Claim(Form<'a>),
    /// A supplier's bill or credit note.
    Bill(Form<'a>),
    /// What is ordered from a supplier.
    Order(Form<'a>),
    /// Money received or spent on one bank account.
    Money {
        /// Which.
        bank: &'a Account,
        /// What for.
        form: Form<'a>,
    },
    /// Money moved between two bank accounts.
    Transfer {
        /// Where it was.
        from: &'a Account,
        /// Where it is.
        to: &'a Account,
        /// How much.
        amount: Money,
    },
    /// Money received for an invoice, paid for a bill, or paid back for a credit note.
    Payment {
        /// Where it went, or was paid from.
        account: &'a Account,
        /// How much.
        amount: Money,
        /// Whether it is a customer's credit note that it pays back.
        of_credit: bool,
    },
    /// Debits and credits, debit positive.
    Journal(Vec<FormLine<'a>>),
    /// Money on bank accounts of another currency.
    Foreign(Foreign<'a>),
}

/// Lines with tax: amounts positive in the form's own direction.
#[derive(Debug)]
pub(super) struct Form<'a> {
    /// Whether it gives something up: a customer's credit note, a supplier's bill, money spent.
    /// Debits are positive then.
    pub(super) gives: bool,
    /// Its lines.
    pub(super) lines: Vec<FormLine<'a>>,
    /// The tax that the vendor enters on top of them.
    pub(super) tax: Money,
    /// The lines and the tax.
    pub(super) total: Money,
}

/// A line.
#[derive(Debug)]
pub(super) struct FormLine<'a> {
    pub(super) product: Option<&'a Product>,
    /// Its accounts, where the vendor keeps it in stock.
    pub(super) kept: Option<&'a KeptItem>,
    pub(super) account: &'a Account,
    pub(super) dimensions: &'a Dimensions,
    pub(super) amount: Money,
    /// Whether tax was charged on it.
    pub(super) taxed: bool,
    /// Which taxes were, where not all of the document's.
    pub(super) taxes: &'a [TaxRate],
    /// What it bears, once it is laid onto the lines.
    pub(super) tax: Option<LineTax>,
    pub(super) quantity: Option<i64>,
    pub(super) text: Cow<'a, str>,
}

impl<'a> FormLine<'a> {
    /// A line as it stands in a document, without tax.
    pub(super) fn plain(line: &'a Line, amount: Money) -> Self {
        let (product, taxed) = match &line.kind {
            LineKind::Product { product, taxed, .. } => (Some(product), *taxed),
            LineKind::Stocked { product, .. } | LineKind::Ordered { product, .. } => {
                (Some(product), false)
            }
            LineKind::Other { taxed } | LineKind::Unearned { taxed } => (None, *taxed),
            LineKind::Settlement
            | LineKind::Receivable
            | LineKind::Payable
            | LineKind::Tax { .. } => (None, false),
        };
        let (quantity, text) = (line.quantity, Cow::from(&line.text));
        let (account, dimensions, taxes) = (&line.account, &line.dimensions, &line.taxes[..]);
        let kept = line.kind.kept();
        Self { product, kept, account, dimensions, amount, taxed, taxes, tax: None, quantity, text }
    }

    /// The item that the line is of, where it is of a product.
    pub(super) fn item(&self) -> Option<Item> {
        let product = self.product?.clone();
        Some(match self.kept {
            Some(kept) => Item::kept(product, kept.clone()),
            None => Item::plain(Some(product), self.account.clone()),
        })
    }
}

impl Shape<'_> {
    /// What the vendor will call its total: of a manual journal, its debits; of what is in another
    /// currency, its worth.
    pub(super) fn total(&self, document: &Document) -> Result<Money, MoneyError> {
        match self {
            Self::Claim(form) | Self::Bill(form) | Self::Order(form) | Self::Money { form, .. } => {
                Ok(form.total)
            }
            Self::Transfer { amount, .. } | Self::Payment { amount, .. } => Ok(*amount),
            Self::Journal(lines) => {
                let debits = lines.iter().map(|line| line.amount).filter(|it| it.is_positive());
                Money::sum(document.header().currency, debits)
            }
            Self::Foreign(_) => document.total(),
        }
    }

    /// The form, where it has one.
    pub(super) const fn form(&self) -> Option<&Form<'_>> {
        match self {
            Self::Claim(form) | Self::Bill(form) | Self::Order(form) | Self::Money { form, .. } => {
                Some(form)
            }
            Self::Transfer { .. } | Self::Payment { .. } | Self::Journal(_) | Self::Foreign(_) => {
                None
            }
        }
    }

    /// Whom it is made out to, where the vendor wants somebody.
    pub(super) fn contact(&self, document: &Document) -> Option<Party> {
        match self {
            Self::Claim(_) | Self::Bill(_) | Self::Order(_) => {
                Some(document.header().party.clone().unwrap_or_else(nobody))
            }
            Self::Money { .. } | Self::Foreign(Foreign { moved: Moved::Money { .. }, .. }) => {
                Some(document.header().party.clone().unwrap_or_else(nobody))
            }
            Self::Transfer { .. } | Self::Payment { .. } | Self::Journal(_) | Self::Foreign(_) => {
                None
            }
        }
    }

    /// What must be bound before it can be created, without repetition.
    pub(super) fn needs(&self, document: &Document) -> Vec<Need> {
        let account = |account: &Account| Need::Account(account.clone());
        let mut needs: Vec<Need> = self.contact(document).into_iter().map(Need::Party).collect();
        match self {
            Self::Claim(_) | Self::Bill(_) | Self::Order(_) => {}
            Self::Money { bank, .. } => needs.push(account(bank)),
            Self::Transfer { from, to, .. } => needs.extend([account(from), account(to)]),
            Self::Payment { account: paid_to, .. } => needs.push(account(paid_to)),
            Self::Journal(lines) => {
                needs.extend(lines.iter().map(|line| account(line.account)));
                needs.extend(lines.iter().flat_map(tracking::needs));
            }
            Self::Foreign(foreign) => needs.extend(foreign.needs()),
        }
        for line in self.form().into_iter().flat_map(|form| &form.lines) {
            needs.push(account(line.account));
            needs.extend(line.item().map(Need::Item));
            needs.extend(line.tax.iter().map(|tax| Need::TaxRate(tax.rate.clone())));
            needs.extend(tracking::needs(line));
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
    tracking::check(document)?;
    if foreign::is_foreign(document) {
        return foreign::foreign(document).map(Shape::Foreign);
    }
    match document.header().kind {
        DocumentKind::SalesReceipt | DocumentKind::RefundReceipt => receipt(document),
        DocumentKind::Invoice | DocumentKind::CreditMemo => claim(document),
        DocumentKind::Bill | DocumentKind::VendorCredit => bill(document),
        DocumentKind::Payment => payment(document, &LineKind::Receivable),
        DocumentKind::BillPayment => payment(document, &LineKind::Payable),
        DocumentKind::Transfer | DocumentKind::Expense | DocumentKind::JournalEntry => {
            entry(document)
        }
        DocumentKind::ItemReceipt => stock::receipt(document),
        DocumentKind::InventoryAdjustment => stock::adjustment(document),
        DocumentKind::PurchaseOrder => stock::order(document),
    }
}

/// Lines of one kind, netted by account; nothing where they cancel.
fn net(
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

fn sum(document: &Document, amounts: impl IntoIterator<Item = Money>) -> Result<Money, String> {
    Money::sum(document.header().currency, amounts).map_err(|error| error.to_string())
}

/// What is paid at once is money received on the bank account that gains, or spent from the one
/// that loses. What moves no money on a bank account is an invoice or credit note over nothing.
fn receipt(document: &Document) -> Result<Shape<'_>, String> {
    if document.lines().iter().any(|line| line.kind == LineKind::Receivable) {
        return Err("a receipt leaves nothing owed, but a line is receivable".to_owned());
    }
    match money(document)? {
        Some(shape) => Ok(shape),
        None => {
            let gives = document.header().kind == DocumentKind::RefundReceipt;
            over_nothing(document, gives)
        }
    }
}

fn over_nothing(document: &Document, gives: bool) -> Result<Shape<'_>, String> {
    let form = form(document, gives, None)?;
    match form.total.is_zero() {
        true => of_customer(document, form),
        false => Err(format!("it comes to {} that nobody paid or owes", form.total)),
    }
}

/// Money on one bank account, with a line for everything else; none where no bank account moves.
fn money(document: &Document) -> Result<Option<Shape<'_>>, String> {
    let banks = net(document, |line| is_bank(&line.account))?;
    let mut moved = banks.iter();
    match (moved.next(), moved.next()) {
        (None, _) => Ok(None),
        (Some((bank, amount)), None) => {
            let form = form(document, amount.is_negative(), None)?;
            if form.gives && form.lines.iter().any(|line| line.kept.is_some()) {
                return Err("money that is spent on items in stock lays them in, and does not \
                            bring back what was sold: goods come back by a document of their own"
                    .to_owned());
            }
            Ok(Some(Shape::Money { bank, form }))
        }
        (Some(_), Some(_)) => {
            let names: Vec<String> = banks.keys().map(|it| format!("`{}`", it.name)).collect();
            Err(format!(
                "it moves money on several bank accounts and elsewhere ({}), which no document of \
                 Xero's can hold",
                names.join(", ")
            ))
        }
    }
}

/// A claim: what the receivable gains is an invoice, what it loses a credit note.
fn claim(document: &Document) -> Result<Shape<'_>, String> {
    let form = owing(document, &LineKind::Receivable, DocumentKind::CreditMemo)?;
    of_customer(document, form)
}

/// What a supplier is owed: what the payable gains is a bill, what it loses a credit note.
fn bill(document: &Document) -> Result<Shape<'_>, String> {
    let form = owing(document, &LineKind::Payable, DocumentKind::Bill)?;
    match &document.header().party {
        Some(Party::Vendor { .. }) => Ok(Shape::Bill(form)),
        _ => Err("a bill or a supplier's credit note needs the supplier".to_owned()),
    }
}

/// What a document is for that leaves something owed. It gives something up where the balance of
/// these lines falls; where it stays, a document of the kind that gives does.
fn owing<'a>(
    document: &'a Document,
    owed: &LineKind,
    giving: DocumentKind,
) -> Result<Form<'a>, String> {
    let moved = sum(document, net(document, |line| line.kind == *owed)?.into_values())?;
    let gives = match (moved.is_positive(), moved.is_negative()) {
        (true, _) => false,
        (_, true) => true,
        _ => document.header().kind == giving,
    };
    let banks = net(document, |line| is_bank(&line.account))?;
    if let Some(bank) = banks.keys().next() {
        let what = if *owed == LineKind::Payable { "a bill" } else { "an invoice" };
        return Err(format!("no line of {what} can reach the bank account `{}`", bank.name));
    }
    form(document, gives, Some(owed))
}

fn of_customer<'a>(document: &Document, form: Form<'a>) -> Result<Shape<'a>, String> {
    match &document.header().party {
        Some(Party::Customer { .. }) => Ok(Shape::Claim(form)),
        Some(Party::Vendor { name }) => {
            Err(format!("an invoice is made out to a customer, not to the supplier `{name}`"))
        }
        None => Err("an invoice or credit note needs a customer".to_owned()),
    }
}

/// A payment between one account and what is owed: for an invoice the account gains, for a bill or
/// a customer's credit note it loses.
fn payment<'a>(document: &'a Document, owed: &LineKind) -> Result<Shape<'a>, String> {
    let plain = |line: &Line| line.kind == LineKind::Settlement || line.kind == *owed;
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let of_bill = *owed == LineKind::Payable;
    let what = if of_bill { "bill" } else { "invoice" };
    if document.header().applies_to.is_none() {
        return Err(format!("a payment needs the {what} that it pays"));
    }
    match (settled.first_key_value(), settled.len()) {
        (Some((account, amount)), 1)
            if !(of_bill && amount.is_positive()) && document.lines().iter().all(plain) =>
        {
            let of_credit = !of_bill && amount.is_negative();
            Ok(Shape::Payment { account, amount: amount.abs(), of_credit })
        }
        _ => Err("a payment moves money on one account, and what is owed".to_owned()),
    }
}

/// Anything else, by the accounts that it touches: a transfer between two bank accounts, money
/// received or spent on one, or else a manual journal, which can touch neither bank accounts nor
/// what is owed.
fn entry(document: &Document) -> Result<Shape<'_>, String> {
    let header = document.header();
    if header.kind == DocumentKind::JournalEntry && header.applies_to.is_some() {
        return Err("it takes a payment back, which Xero can only delete, whole and in an open \
                    period"
            .to_owned());
    }
    if let Some(line) = document.lines().iter().find(|line| line.stock_move().is_some()) {
        return Err(format!("`{}` would leave stock without a sale", line.text));
    }
    if let Some(line) = document.lines().iter().find(|line| is_owed(&line.account)) {
        return Err(format!(
            "it touches `{}`, which only invoices, credit notes and payments can",
            line.account.name
        ));
    }
    let nets = net(document, |_| true)?;
    let from = nets.iter().find(|(_, amount)| amount.is_negative());
    let to = nets.iter().find(|(_, amount)| amount.is_positive());
    if let (Some((from, _)), Some((to, amount)), 2) = (from, to, nets.len())
        && is_bank(from)
        && is_bank(to)
    {
        return Ok(Shape::Transfer { from, to, amount: *amount });
    }
    match money(document)? {
        Some(shape) => Ok(shape),
        None => journal(document),
    }
}

fn journal(document: &Document) -> Result<Shape<'_>, String> {
    let moves = |line: &&Line| !is_bank(&line.account) && !line.amount.is_zero();
    let lines: Vec<FormLine<'_>> = document
        .lines()
        .iter()
        .filter(moves)
        .map(|line| FormLine::plain(line, line.amount))
        .collect();
    match lines.is_empty() {
        true => Err("nothing is left of it that moves money".to_owned()),
        false => Ok(Shape::Journal(lines)),
    }
}

/// Whether an account says what somebody owes.
pub(super) const fn is_owed(account: &Account) -> bool {
    matches!(account.kind, AccountKind::Receivable | AccountKind::Payable)
}

/// Everything but the bank account and what is owed by lines of this kind, as lines; sales tax on
/// the lines that bear it.
pub(super) fn form<'a>(
    document: &'a Document,
    gives: bool,
    owed: Option<&LineKind>,
) -> Result<Form<'a>, String> {
    let oriented = |amount: Money| if gives { amount } else { amount.negated() };
    let mut lines = Vec::new();
    let mut taxes = Taxes::new();
    for line in document.lines() {
        match &line.kind {
            kind if owed == Some(kind) => {}
            LineKind::Tax { title, rate } if is_tax_of_the_vendor(line) => {
                let nothing = Money::zero(document.header().currency);
                let sum = taxes.entry((title.clone(), *rate)).or_insert(nothing);
                *sum = sum.plus(oriented(line.amount)).map_err(|error| error.to_string())?;
            }
            _ if is_bank(&line.account) => {}
            kind if kind.kept().is_some() && line.quantity.is_some_and(|units| units != 0) => {
                let sold = matches!(kind, LineKind::Product { .. });
                let plain = FormLine::plain(line, oriented(line.amount));
                lines.push(stock::directed(plain, gives, sold)?);
            }
            _ if line.amount.is_zero() => {}
            _ => lines.push(FormLine::plain(line, oriented(line.amount))),
        }
    }
    if let Some(line) = lines.iter().find(|line| is_owed(line.account)) {
        return Err(format!("no line can stand for what is owed on `{}`", line.account.name));
    }
    if lines.is_empty() {
        return Err("nothing is said of what it is for".to_owned());
    }
    let tax = sum(document, taxes.values().copied())?;
    tax::lay(&mut lines, taxes)?;
    if is_bought(document.header().kind, &lines) {
        for borne in lines.iter_mut().filter_map(|line| line.tax.as_mut()) {
            borne.rate = tax::of_purchases(&borne.rate);
        }
    }
    let net = sum(document, lines.iter().map(|line| line.amount))?;
    let total = net.plus(tax).map_err(|error| error.to_string())?;
    Ok(Form { gives, lines, tax, total })
}

/// Whether its tax is taken back as that of what is bought: what suppliers charge, and what stands
/// on accounts of costs, as a claim that is given up with its tax does.
fn is_bought(kind: DocumentKind, lines: &[FormLine<'_>]) -> bool {
    use DocumentKind::{Bill, CreditMemo, Expense, Invoice, JournalEntry, VendorCredit};
    let is_cost = |line: &FormLine<'_>| {
        line.tax.is_none()
            || matches!(line.account.kind, AccountKind::Expense | AccountKind::CostOfGoods)
    };
    match kind {
        Bill | VendorCredit | Expense => true,
        CreditMemo | Invoice | JournalEntry => lines.iter().all(is_cost),
        _ => false,
    }
}

/// Whether the vendor enters this tax by itself. Tax on an account of the owner's own is a line
/// like any other.
fn is_tax_of_the_vendor(line: &Line) -> bool {
    matches!(line.kind, LineKind::Tax { .. }) && line.account.kind == AccountKind::TaxLiability
}
