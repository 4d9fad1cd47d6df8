//! Documents of every kind, as a shop makes them.

use crate::stage::DAY;
use saldo_core::commerce::Product;
use saldo_core::document::{Document, DocumentKind, Header, KeptItem, Line, LineKind, Party};
use saldo_core::ledger::{Account, AccountKind, Dimensions};
use saldo_core::money::{Currency, Money};

/// What a shop's documents are about.
pub(crate) struct Shop {
    /// The money that they are in.
    pub(crate) currency: Currency,
    /// Whether the book takes orders of what it keeps in stock: only then are there such.
    pub(crate) takes_orders: bool,
    /// The other currency that the book keeps accounts in; only then are there documents of it.
    pub(crate) other_currency: Option<Currency>,
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

fn returns() -> Account {
    Account::new("Returns & refunds", AccountKind::ContraIncome)
}

fn gift_cards() -> Account {
    Account::new("Gift card liability", AccountKind::OtherCurrentLiability)
}

/// What fees are entered on.
pub(crate) fn fees() -> Account {
    Account::new("Payment processing fees", AccountKind::Expense)
}

fn customer() -> Option<Party> {
    Some(Party::Customer { key: "7".to_owned(), name: "Jane Doe".to_owned() })
}

fn vendor(name: &str) -> Option<Party> {
    Some(Party::Vendor { name: name.to_owned() })
}

impl Shop {
    fn line(&self, kind: LineKind, account: Account, amount: &str) -> Line {
        let amount = Money::parse(amount, self.currency).unwrap();
        let (text, origin) = (account.name.to_string(), String::new());
        let dimensions = Dimensions::default();
        Line {
            kind,
            account,
            dimensions,
            amount,
            foreign: None,
            quantity: None,
            taxes: Vec::new(),
            text,
            origin,
        }
    }

    fn settled(&self, account: Account, amount: &str) -> Line {
        self.line(LineKind::Settlement, account, amount)
    }

    fn other(&self, account: Account, amount: &str) -> Line {
        self.line(LineKind::Other { taxed: false }, account, amount)
    }

    fn taxed(&self, account: Account, amount: &str) -> Line {
        self.line(LineKind::Other { taxed: true }, account, amount)
    }

    fn goods(&self, sku: &str, units: i64, amount: &str) -> Line {
        let product = Product { id: None, sku: Some(sku.to_owned()), title: format!("A {sku}") };
        let kind = LineKind::Product { product, taxed: true, kept: None };
        Line { quantity: Some(units), ..self.line(kind, sales(), amount) }
    }

    fn tax(&self, amount: &str) -> Line {
        let kind = LineKind::Tax { title: "Tax".to_owned(), rate: Some(20.into()) };
        self.line(kind, Account::new("Sales tax payable", AccountKind::TaxLiability), amount)
    }

    fn owed(&self, amount: &str) -> Line {
        let debtors = Account::new("Debtors", AccountKind::Receivable);
        self.line(LineKind::Receivable, debtors, amount)
    }

    fn payable(&self, amount: &str) -> Line {
        let creditors = Account::new("Creditors", AccountKind::Payable);
        self.line(LineKind::Payable, creditors, amount)
    }

    fn document(
        &self,
        (kind, slot): (DocumentKind, &str),
        party: Option<Party>,
        lines: Vec<Line>,
    ) -> Document {
        let applies_to = match kind {
            DocumentKind::Payment => slot.strip_suffix("/payment").map(str::to_owned),
            DocumentKind::BillPayment => Some("bill/1".to_owned()),
            DocumentKind::ItemReceipt if !slot.starts_with("in/") => Some("po/1".to_owned()),
            _ => None,
        };
        let header = Header {
            slot: slot.to_owned(),
            kind,
            date: DAY,
            currency: self.currency,
            party,
            applies_to,
            due: None,
            ships_to: None,
            reference: format!("#{slot}"),
            memo: format!("About \"{slot}\""),
        };
        Document::new(header, lines).unwrap()
    }

    /// A sale of something over this total, tax of a fifth included.
    pub(crate) fn sale(&self, slot: &str, total: &str) -> Document {
        let total = Money::parse(total, self.currency).unwrap();
        let tax = Money::from_minor(total.minor() / 6, self.currency);
        let net = total.minus(tax).unwrap();
        let lines = vec![
            self.goods("MUG-1", 1, &net.negated().amount_text()),
            self.tax(&tax.negated().amount_text()),
            self.settled(clearing(), &total.amount_text()),
        ];
        self.document((DocumentKind::SalesReceipt, slot), customer(), lines)
    }

    /// A fee.
    pub(crate) fn expense(&self, slot: &str) -> Document {
        let lines = vec![self.other(fees(), "3.36"), self.settled(clearing(), "-3.36")];
        self.document((DocumentKind::Expense, slot), vendor("Shopify"), lines)
    }

    /// A document of every kind, and of every shape that a kind can have; what others belong to
    /// comes before them.
    pub(crate) fn documents(&self) -> Vec<Document> {
        let mut documents = [self.sales(), self.returns(), self.moves(), self.purchases()].concat();
        if self.takes_orders {
            documents.extend(self.of_stock());
        }
        documents.extend(self.other_currency.into_iter().flat_map(|it| self.conversions(it)));
        documents
    }

    /// What moves on accounts in euros, over an account of conversion: a sale, a fee, and two
    /// payouts, each at a rate of its own but the last.
    pub(crate) fn in_euros(&self) -> Vec<Document> {
        let conversion = Account::new("Currency conversion", AccountKind::Conversion);
        let kept = |name: &str, kind, amount: &str, foreign: &str| Line {
            foreign: Some(format!("{foreign} EUR").parse().unwrap()),
            ..self.settled(Account::new(name, kind), amount)
        };
        let gateway = |amount: &str, foreign: &str| {
            kept("Clearing: EUR", AccountKind::Clearing, amount, foreign)
        };
        let over = |slot, amount: &str, foreign: &str, back: &str| {
            let lines = vec![gateway(amount, foreign), self.settled(conversion.clone(), back)];
            self.document((DocumentKind::Transfer, slot), None, lines)
        };
        let moved = vec![
            gateway("-52.25", "-47.50"),
            kept("Bank EUR", AccountKind::Bank, "52.25", "47.50"),
        ];
        let earned = vec![
            self.taxed(sales(), "-100.00"),
            self.tax("-20.00"),
            self.settled(conversion.clone(), "120.00"),
        ];
        vec![
            self.document((DocumentKind::SalesReceipt, "sale/1"), customer(), earned),
            over("sale/1/EUR", "120.00", "107.13", "-120.00"),
            over("fee/1/EUR", "-5.51", "-5.00", "5.51"),
            over("sale/2/EUR", "0.01", "0.01", "-0.01"),
            over("sale/3/EUR", "1094.83", "987.65", "-1094.83"),
            over("payout/1/EUR", "-52.24", "-47.50", "52.24"),
            self.document((DocumentKind::Transfer, "payout/2"), None, moved),
        ]
    }

    /// Mugs that the book keeps in stock: they are ordered where it takes orders, come in at ten
    /// each, are sold at once and by an invoice, are counted, and come back. All of them cost as
    /// much, so that every method of costing comes to the same.
    pub(crate) fn goods_in_stock(&self) -> Vec<Document> {
        let (product, kept) = item("KEPT-1");
        let units = |units: i64, amount: &str| {
            let kind = LineKind::Stocked { product: product.clone(), kept: kept.clone() };
            self.units(kind, kept.stock.clone(), units, amount)
        };
        let sold = |units: i64, amount: &str| {
            let (product, kept) = (product.clone(), Some(kept.clone()));
            let kind = LineKind::Product { product, taxed: false, kept };
            self.units(kind, sales(), units, amount)
        };
        let received = Account::new("Goods received", AccountKind::OtherCurrentLiability);
        let came = |slot, count: i64, amount: &str, owed: &str| {
            let lines = vec![units(count, amount), self.other(received.clone(), owed)];
            self.document((DocumentKind::ItemReceipt, slot), vendor("Potter & Sons"), lines)
        };
        let counted = |slot, count: i64| {
            let lines = vec![units(count, "0.00"), self.other(kept.cost.clone(), "0.00")];
            self.document((DocumentKind::InventoryAdjustment, slot), None, lines)
        };
        let paid = vec![sold(3, "-100.00"), self.settled(clearing(), "100.00")];
        let claimed = vec![sold(2, "-50.00"), self.owed("50.00")];
        let order = self.ordered(("order/1", &product, &kept), 15, "150.00");
        let mut documents = Vec::from_iter(self.takes_orders.then_some(order));
        documents.extend([
            came("in/1", 12, "120.00", "-120.00"),
            came("in/2", 3, "30.00", "-30.00"),
            self.document((DocumentKind::SalesReceipt, "sold/1"), customer(), paid),
            self.document((DocumentKind::Invoice, "sold/2"), customer(), claimed),
            counted("count/1", -2),
            counted("back/1", 1),
        ]);
        documents
    }

    fn sales(&self) -> Vec<Document> {
        let discounts = Account::new("Discounts given", AccountKind::ContraIncome);
        let tips = Account::new("Tips", AccountKind::OtherIncome);
        let sold = vec![
            self.goods("MUG-1", 2, "-100.00"),
            self.taxed(discounts, "10.00"),
            self.other(tips, "-5.00"),
            self.tax("-18.00"),
            self.settled(clearing(), "93.00"),
            self.settled(gift_cards(), "20.00"),
        ];
        // By the line a fifth of these is three times 0.67, which is 2.01; the shop says 2.00.
        let rounded = vec![
            self.taxed(sales(), "-3.33"),
            self.taxed(sales(), "-3.33"),
            self.taxed(sales(), "-3.34"),
            self.tax("-2.00"),
            self.settled(clearing(), "12.00"),
        ];
        let by_gift_card = vec![
            self.taxed(sales(), "-10.00"),
            self.tax("-2.00"),
            self.settled(gift_cards(), "12.00"),
        ];
        let claimed =
            vec![self.goods("MUG-2", 3, "-50.00"), self.tax("-10.00"), self.owed("60.00")];
        let paid = vec![self.settled(clearing(), "48.00"), self.owed("-48.00")];
        let receipt =
            |slot, lines| self.document((DocumentKind::SalesReceipt, slot), customer(), lines);
        vec![
            receipt("order/1001", sold),
            receipt("order/1003", rounded),
            receipt("order/1004", by_gift_card),
            self.document((DocumentKind::Invoice, "order/1002"), customer(), claimed),
            self.document((DocumentKind::Payment, "order/1002/payment"), customer(), paid),
        ]
    }

    fn returns(&self) -> Vec<Document> {
        let refunded = vec![
            self.taxed(returns(), "50.00"),
            self.tax("10.00"),
            self.settled(clearing(), "-60.00"),
        ];
        let to_gift_card = vec![
            self.taxed(returns(), "5.00"),
            self.tax("1.00"),
            self.settled(gift_cards(), "-6.00"),
        ];
        let credited = vec![self.taxed(returns(), "10.00"), self.tax("2.00"), self.owed("-12.00")];
        let refund =
            |slot, lines| self.document((DocumentKind::RefundReceipt, slot), customer(), lines);
        // Credits of which one is paid back in part, and one is nothing but store credit.
        let returned = vec![self.taxed(returns(), "30.00"), self.tax("6.00"), self.owed("-36.00")];
        let paid_back = vec![self.owed("20.00"), self.settled(clearing(), "-20.00")];
        let to_credit = vec![
            self.taxed(returns(), "5.00"),
            self.settled(gift_cards(), "-5.00"),
            self.owed("0.00"),
        ];
        vec![
            refund("order/1001/refund", refunded),
            refund("order/1004/refund", to_gift_card),
            self.document((DocumentKind::CreditMemo, "order/1002/credit"), customer(), credited),
            self.document((DocumentKind::CreditMemo, "return/1"), customer(), returned),
            self.document((DocumentKind::Payment, "return/1/payment"), customer(), paid_back),
            self.document((DocumentKind::CreditMemo, "return/2"), customer(), to_credit),
        ]
    }

    fn moves(&self) -> Vec<Document> {
        let reserve = Account::new("Reserve", AccountKind::OtherCurrentAsset);
        let breakage = Account::new("Breakage", AccountKind::OtherIncome);
        let paid_out = vec![self.settled(bank(), "50.00"), self.settled(clearing(), "-50.00")];
        let kept = vec![self.settled(reserve, "30.00"), self.settled(clearing(), "-30.00")];
        let given_back = vec![self.other(fees(), "-1.00"), self.settled(clearing(), "1.00")];
        let broken = vec![self.other(gift_cards(), "4.00"), self.other(breakage, "-4.00")];
        vec![
            self.document((DocumentKind::Transfer, "payout/1"), None, paid_out),
            self.document((DocumentKind::Transfer, "reserve/1"), None, kept),
            self.expense("fees/1"),
            self.document((DocumentKind::JournalEntry, "fees/2"), vendor("Shopify"), given_back),
            self.document((DocumentKind::JournalEntry, "breakage/1"), None, broken),
        ]
    }

    /// Units of stock: ordered, come in, and found beside what anybody knew of. Of what nobody paid
    /// for no value is known, so that the book enters none.
    fn of_stock(&self) -> Vec<Document> {
        let received = Account::new("Goods received", AccountKind::OtherCurrentLiability);
        let units = |(product, kept): (Product, Box<KeptItem>), units: i64, amount: &str| {
            let stock = kept.stock.clone();
            self.units(LineKind::Stocked { product, kept }, stock, units, amount)
        };
        let (bowl, jug) = (item("BOWL-1"), item("JUG-1"));
        let order = self.ordered(("po/1", &bowl.0, &bowl.1), 5, "61.00");
        // Some books enter what is counted on the account of what the item costs alone.
        let taken = self.other(jug.1.cost.clone(), "0.00");
        let receipt = vec![units(bowl, 3, "30.00"), self.other(received, "-30.00")];
        let count = vec![units(jug, 2, "0.00"), taken];
        let supplier = vendor("Potter & Sons");
        vec![
            order,
            self.document((DocumentKind::ItemReceipt, "po/1/receipt"), supplier, receipt),
            self.document((DocumentKind::InventoryAdjustment, "count/1"), None, count),
        ]
    }

    fn units(&self, kind: LineKind, account: Account, units: i64, amount: &str) -> Line {
        Line { quantity: Some(units), ..self.line(kind, account, amount) }
    }

    /// So many units of an item that are ordered for an amount.
    fn ordered(
        &self,
        (slot, product, kept): (&str, &Product, &KeptItem),
        units: i64,
        cost: &str,
    ) -> Document {
        let cost = Some(Money::parse(cost, self.currency).unwrap());
        let (product, item) = (product.clone(), Some(Box::new(kept.clone())));
        let kind = LineKind::Ordered { product, cost, kept: item };
        let lines = vec![self.units(kind, kept.stock.clone(), units, "0.00")];
        self.document((DocumentKind::PurchaseOrder, slot), vendor("Potter & Sons"), lines)
    }

    /// Money that a gateway holds in another currency, over the account of conversion; one of them
    /// at a rate of many decimals.
    fn conversions(&self, other: Currency) -> Vec<Document> {
        let of = |slot: &str, amount: &str, foreign: &str, back: &str| {
            let abroad = Account::new("Clearing abroad", AccountKind::Clearing);
            let conversion = Account::new("Conversion", AccountKind::Clearing);
            let foreign = Some(Money::parse(foreign, other).unwrap());
            let abroad = Line { foreign, ..self.settled(abroad, amount) };
            let lines = vec![abroad, self.settled(conversion, back)];
            self.document((DocumentKind::Transfer, slot), None, lines)
        };
        vec![
            of("abroad/1", "110.00", "100.00", "-110.00"),
            of("abroad/2", "10944827.13", "9876543.21", "-10944827.13"),
            of("abroad/3", "-5.51", "-5.00", "5.51"),
        ]
    }

    fn purchases(&self) -> Vec<Document> {
        let received = Account::new("Goods received", AccountKind::OtherCurrentLiability);
        let prepaid = Account::new("Prepayments", AccountKind::OtherCurrentAsset);
        let stock = Account::new("Stock of goods", AccountKind::OtherCurrentAsset);
        let supplier = || vendor("Potter & Sons");
        let billed = vec![
            self.other(received, "800.00"),
            self.payable("-800.00"),
            self.payable("300.00"),
            self.other(prepaid, "-300.00"),
        ];
        let credited = vec![self.other(stock, "-5.00"), self.payable("5.00")];
        let paid = vec![self.payable("200.00"), self.settled(bank(), "-200.00")];
        vec![
            self.document((DocumentKind::Bill, "bill/1"), supplier(), billed),
            self.document((DocumentKind::VendorCredit, "bill/2"), supplier(), credited),
            self.document((DocumentKind::BillPayment, "bill/1/payment"), supplier(), paid),
        ]
    }
}

/// An item that the book keeps in stock.
fn item(sku: &str) -> (Product, Box<KeptItem>) {
    let kept = KeptItem {
        key: format!("sku:{sku}"),
        income: sales(),
        stock: Account::new("Goods in stock", AccountKind::Inventory),
        cost: Account::new("Cost of goods", AccountKind::CostOfGoods),
        since: jiff::civil::date(2026, 11, 1),
    };
    (Product { id: None, sku: Some(sku.to_owned()), title: format!("A {sku}") }, Box::new(kept))
}
