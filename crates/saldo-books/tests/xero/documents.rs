//! Documents of every kind, as a shop in the United Kingdom makes them.

use super::DAY;
use saldo_core::book::TaxRate;
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, Header, KeptItem, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};

pub(crate) fn gbp() -> Currency {
    Currency::parse("GBP").unwrap()
}

fn clearing() -> Account {
    Account::new("Clearing: Shopify Payments", AccountKind::Clearing)
}

fn bank() -> Account {
    Account::new("Bank", AccountKind::Bank)
}

fn sales() -> Account {
    Account::new("Sales", AccountKind::Income)
}

fn gift_cards() -> Account {
    Account::new("Gift card liability", AccountKind::OtherCurrentLiability)
}

pub(crate) fn fees() -> Account {
    Account::new("Payment processing fees", AccountKind::Expense)
}

fn line(kind: LineKind, account: Account, amount: &str) -> Line {
    let amount = Money::parse(amount, gbp()).unwrap();
    let (text, origin) = (account.name.to_string(), String::new());
    let (dimensions, taxes) = (Dimensions::default(), Vec::new());
    Line { kind, account, dimensions, amount, foreign: None, quantity: None, taxes, text, origin }
}

fn settled(account: Account, amount: &str) -> Line {
    line(LineKind::Settlement, account, amount)
}

fn other(account: Account, amount: &str) -> Line {
    line(LineKind::Other { taxed: false }, account, amount)
}

fn taxed(account: Account, amount: &str) -> Line {
    line(LineKind::Other { taxed: true }, account, amount)
}

fn goods(sku: &str, units: i64, amount: &str) -> Line {
    let product = Product { id: None, sku: Some(sku.to_owned()), title: format!("A {sku}") };
    let kind = LineKind::Product { product, taxed: true, kept: None };
    Line { quantity: Some(units), ..line(kind, sales(), amount) }
}

fn vat(amount: &str) -> Line {
    let kind = LineKind::Tax { title: "VAT".to_owned(), rate: Some(20.into()) };
    line(kind, Account::new("Sales tax payable", AccountKind::TaxLiability), amount)
}

fn owed(amount: &str) -> Line {
    line(LineKind::Receivable, Account::new("Debtors", AccountKind::Receivable), amount)
}

fn document(slot: &str, kind: DocumentKind, party: Option<Party>, lines: Vec<Line>) -> Document {
    let applies_to = match kind {
        DocumentKind::Payment => Some("order/1002".to_owned()),
        DocumentKind::BillPayment => Some("bill/1".to_owned()),
        _ => None,
    };
    let header = Header {
        slot: slot.to_owned(),
        kind,
        date: DAY,
        currency: gbp(),
        party,
        applies_to,
        due: None,
        ships_to: None,
        reference: format!("#{slot}"),
        memo: format!("About \"{slot}\""),
    };
    Document::new(header, lines).unwrap()
}

fn customer() -> Option<Party> {
    Some(Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() })
}

fn vendor() -> Option<Party> {
    Some(Party::Vendor { name: "Shopify".to_owned() })
}

/// A sale of something over this total, tax of a fifth included.
pub(crate) fn sale_of(slot: &str, total: &str) -> Document {
    let total = Money::parse(total, gbp()).unwrap();
    let tax = Money::from_minor(total.minor() / 6, gbp());
    let net = total.minus(tax).unwrap();
    let lines = vec![
        goods("MUG-1", 1, &net.negated().amount_text()),
        vat(&tax.negated().amount_text()),
        settled(clearing(), &total.amount_text()),
    ];
    document(slot, DocumentKind::SalesReceipt, customer(), lines)
}

/// A sale that is paid later.
pub(crate) fn claim() -> Document {
    let lines = vec![goods("MUG-2", 3, "-50.00"), vat("-10.00"), owed("60.00")];
    document("order/1002", DocumentKind::Invoice, customer(), lines)
}

/// One of many.
pub(crate) fn claim_of(number: usize) -> Document {
    let lines = vec![goods("MUG-2", 3, "-50.00"), vat("-10.00"), owed("60.00")];
    document(&format!("order/{}", 2000 + number), DocumentKind::Invoice, customer(), lines)
}

fn payable(amount: &str) -> Line {
    line(LineKind::Payable, Account::new("Creditors", AccountKind::Payable), amount)
}

/// A supplier's bill, for which a deposit was paid.
pub(crate) fn bill() -> Document {
    let received = Account::new("Goods received", AccountKind::OtherCurrentLiability);
    let prepaid = Account::new("Prepayments", AccountKind::OtherCurrentAsset);
    let lines = vec![
        other(received, "800.00"),
        payable("-800.00"),
        payable("300.00"),
        other(prepaid, "-300.00"),
    ];
    document("bill/1", DocumentKind::Bill, supplier(), lines)
}

/// What a bill of the same supplier charged too much.
fn vendor_credit() -> Document {
    let inventory = Account::new("Stock of goods", AccountKind::OtherCurrentAsset);
    let lines = vec![other(inventory, "-5.00"), payable("5.00")];
    document("bill/2", DocumentKind::VendorCredit, supplier(), lines)
}

fn supplier() -> Option<Party> {
    Some(Party::Vendor { name: "Potter & Sons".to_owned() })
}

/// A fee.
pub(crate) fn expense(slot: &str) -> Document {
    let lines = vec![other(fees(), "3.36"), settled(clearing(), "-3.36")];
    document(slot, DocumentKind::Expense, vendor(), lines)
}

/// A line that bears tax of this rate alone, and the tax.
fn taxed_at(rate: i64, net: &str, tax: &str) -> [Line; 2] {
    let borne = TaxRate { title: "VAT".to_owned(), rate: Some(rate.into()) };
    let kind = LineKind::Tax { title: "VAT".to_owned(), rate: Some(rate.into()) };
    let account = Account::new("Sales tax payable", AccountKind::TaxLiability);
    [Line { taxes: vec![borne], ..taxed(sales(), net) }, line(kind, account, tax)]
}

/// A sale of which one part is taxed otherwise than the other.
fn sold_at_two_rates() -> Vec<Line> {
    let [books, reduced] = taxed_at(5, "-10.10", "-0.51");
    let [mugs, full] = taxed_at(20, "-33.33", "-6.67");
    vec![books, mugs, other(sales(), "-1.00"), reduced, full, settled(clearing(), "51.61")]
}

/// By the line a fifth of these is three times 0.67, which is 2.01; the shop says 2.00.
fn sold_by_thirds() -> Vec<Line> {
    vec![
        taxed(sales(), "-3.33"),
        taxed(sales(), "-3.33"),
        taxed(sales(), "-3.34"),
        vat("-2.00"),
        settled(clearing(), "12.00"),
    ]
}

/// A document of every kind, and of every shape that a kind can have.
pub(crate) fn of_every_kind() -> Vec<Document> {
    let discounts = Account::new("Discounts given", AccountKind::ContraIncome);
    let returns = || Account::new("Returns & refunds", AccountKind::ContraIncome);
    let reserve = Account::new("Reserve", AccountKind::OtherCurrentAsset);
    let tips = Account::new("Tips", AccountKind::OtherIncome);
    let breakage = Account::new("Breakage", AccountKind::OtherIncome);
    let sold = vec![
        goods("MUG-1", 2, "-100.00"),
        taxed(discounts, "10.00"),
        other(tips, "-5.00"),
        vat("-18.00"),
        settled(clearing(), "93.00"),
        settled(gift_cards(), "20.00"),
    ];
    let by_gift_card = vec![taxed(sales(), "-10.00"), vat("-2.00"), settled(gift_cards(), "12.00")];
    let refunded = vec![taxed(returns(), "50.00"), vat("10.00"), settled(clearing(), "-60.00")];
    let to_store = vec![taxed(returns(), "5.00"), vat("1.00"), settled(gift_cards(), "-6.00")];
    let credited = vec![taxed(returns(), "10.00"), vat("2.00"), owed("-12.00")];
    let kept = vec![settled(reserve, "30.00"), settled(clearing(), "-30.00")];
    let given_back = vec![other(fees(), "-1.00"), settled(clearing(), "1.00")];
    let kind = |kind: DocumentKind, slot: &str, party: Option<Party>, lines: Vec<Line>| {
        document(slot, kind, party, lines)
    };
    vec![
        kind(DocumentKind::SalesReceipt, "order/1001", customer(), sold),
        kind(DocumentKind::SalesReceipt, "order/1003", customer(), sold_by_thirds()),
        kind(DocumentKind::SalesReceipt, "order/1004", customer(), by_gift_card),
        kind(DocumentKind::SalesReceipt, "order/1005", customer(), sold_at_two_rates()),
        claim(),
        kind(
            DocumentKind::Payment,
            "order/1002/payment",
            customer(),
            vec![settled(clearing(), "48.00"), owed("-48.00")],
        ),
        kind(DocumentKind::RefundReceipt, "order/1001/refund", customer(), refunded),
        kind(DocumentKind::RefundReceipt, "order/1004/refund", customer(), to_store),
        kind(DocumentKind::CreditMemo, "order/1002/credit", customer(), credited),
        kind(
            DocumentKind::Transfer,
            "payout/1",
            None,
            vec![settled(bank(), "50.00"), settled(clearing(), "-50.00")],
        ),
        kind(DocumentKind::Transfer, "reserve/1", None, kept),
        expense("fees/1"),
        kind(DocumentKind::JournalEntry, "fees/2", vendor(), given_back),
        kind(
            DocumentKind::JournalEntry,
            "breakage/1",
            None,
            vec![other(gift_cards(), "4.00"), other(breakage, "-4.00")],
        ),
        bill(),
        vendor_credit(),
        kind(
            DocumentKind::BillPayment,
            "bill/1/payment",
            supplier(),
            vec![payable("200.00"), settled(bank(), "-200.00")],
        ),
    ]
}

fn mug_in_stock() -> (Product, Box<KeptItem>) {
    let product = Product { id: None, sku: Some("MUG".to_owned()), title: "Mug".to_owned() };
    let kept = KeptItem {
        key: "sku:MUG".to_owned(),
        income: sales(),
        stock: Account::new("Goods in stock", AccountKind::Inventory),
        cost: Account::new("Cost of goods", AccountKind::CostOfGoods),
        since: jiff::civil::date(2026, 11, 1),
    };
    (product, Box::new(kept))
}

/// Mugs that came in.
pub(crate) fn in_stock(slot: &str, units: i64, amount: &str) -> Document {
    let (product, kept) = mug_in_stock();
    let owed = Money::parse(amount, gbp()).unwrap().negated().amount_text();
    let stock = kept.stock.clone();
    let units =
        Line { quantity: Some(units), ..line(LineKind::Stocked { product, kept }, stock, amount) };
    let received = Account::new("Goods received", AccountKind::OtherCurrentLiability);
    let supplier = Some(Party::Vendor { name: "Potter & Sons".to_owned() });
    document(slot, DocumentKind::ItemReceipt, supplier, vec![units, other(received, &owed)])
}

/// Mugs that are ordered.
pub(crate) fn ordered(slot: &str, units: i64, cost: &str) -> Document {
    let (product, kept) = mug_in_stock();
    let (stock, cost) = (kept.stock.clone(), Some(Money::parse(cost, gbp()).unwrap()));
    let kind = LineKind::Ordered { product, cost, kept: Some(kept) };
    let lines = vec![Line { quantity: Some(units), ..line(kind, stock, "0.00") }];
    let supplier = Some(Party::Vendor { name: "Potter & Sons".to_owned() });
    document(slot, DocumentKind::PurchaseOrder, supplier, lines)
}

/// Mugs that were sold and paid at once.
pub(crate) fn sold_from_stock(slot: &str, units: i64, amount: &str) -> Document {
    let (product, kept) = mug_in_stock();
    let earned = Money::parse(amount, gbp()).unwrap().negated().amount_text();
    let kind = LineKind::Product { product, taxed: false, kept: Some(kept) };
    let goods = Line { quantity: Some(units), ..line(kind, sales(), &earned) };
    let buyer = Some(Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() });
    document(slot, DocumentKind::SalesReceipt, buyer, vec![goods, settled(clearing(), amount)])
}

/// Tax as a gateway charges it on a fee: nobody tells its rate.
pub(crate) fn taxed_fee() -> Document {
    let kind = LineKind::Tax { title: "Tax on fees".to_owned(), rate: None };
    let account = Account::new("Sales tax payable", AccountKind::TaxLiability);
    let lines = vec![
        taxed(fees(), "3.33"),
        other(fees(), "1.00"),
        line(kind, account, "0.66"),
        settled(clearing(), "-4.99"),
    ];
    let gateway = Party::Vendor { name: "Shopify".to_owned() };
    document("fees/taxed", DocumentKind::Expense, Some(gateway), lines)
}

/// A bill with tax of its supplier's.
pub(crate) fn taxed_bill() -> Document {
    let payable = Account::new("Creditors", AccountKind::Payable);
    let lines =
        vec![taxed(fees(), "50.00"), vat("10.00"), line(LineKind::Payable, payable, "-60.00")];
    let supplier = Party::Vendor { name: "Mills".to_owned() };
    document("bill/taxed", DocumentKind::Bill, Some(supplier), lines)
}

/// A claim that is given up with its tax.
pub(crate) fn given_up() -> Document {
    let lost = Account::new("Bad debts", AccountKind::Expense);
    let lines = vec![taxed(lost, "40.00"), vat("8.00"), owed("-48.00")];
    let buyer = Party::Customer { key: "shop/Customer/7".to_owned(), name: "Jane Roe".to_owned() };
    document("order/1002/given-up", DocumentKind::CreditMemo, Some(buyer), lines)
}
