//! The company that a simulated merchant has: a US shop with an everyday chart of accounts.

use super::chance;
use super::currencies::CURRENCIES;
use super::element::Element;
use super::file::{CompanyFile, Index, Settings, Special};
use super::iterators::Iterators;
use super::kind::Kind;
use jiff::Timestamp;
use rust_decimal::Decimal;
use std::collections::BTreeMap;

/// The company came to be at the start of 2020.
const FOUNDED_SECONDS: i64 = 1_577_988_000;

/// Names and types of the accounts, in the order of their ids.
const ACCOUNTS: &[(&str, &str)] = &[
    ("Checking", "Bank"),
    ("Savings", "Bank"),
    ("Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "OtherCurrentAsset"),
    ("Inventory Asset", "OtherCurrentAsset"),
    ("Furniture and Equipment", "FixedAsset"),
    ("Accounts Payable", "AccountsPayable"),
    ("Visa Card", "CreditCard"),
    ("Sales Tax Payable", "OtherCurrentLiability"),
    ("Opening Balance Equity", "Equity"),
    ("Retained Earnings", "Equity"),
    ("Merchandise Sales", "Income"),
    ("Shipping Income", "Income"),
    ("Sales Discounts", "Income"),
    ("Gift Wrapping Income", "Income"),
    ("Cost of Goods Sold", "CostOfGoodsSold"),
    ("Advertising", "Expense"),
    ("Bank Service Charges", "Expense"),
    ("Office Supplies", "Expense"),
    ("Interest Income", "OtherIncome"),
];

/// What the vendor uses accounts for by itself.
const SPECIAL: &[(&str, &str)] = &[
    ("Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "UndepositedFunds"),
    ("Inventory Asset", "InventoryAssets"),
    ("Accounts Payable", "AccountsPayable"),
    ("Sales Tax Payable", "SalesTaxPayable"),
    ("Opening Balance Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "RetainedEarnings"),
    ("Cost of Goods Sold", "CostOfGoodsSold"),
];

/// Names and income accounts of the items. `MUG-RED` is a trap: it exists, but its sales go where
/// nobody would look for those of products.
const ITEMS: &[(Kind, &str, &str, bool)] = &[
    (Kind::ItemNonInventory, "Sales", "Merchandise Sales", true),
    (Kind::ItemService, "Hours", "Merchandise Sales", false),
    (Kind::ItemNonInventory, "MUG-RED", "Gift Wrapping Income", true),
    (Kind::ItemNonInventory, "MUG-BLUE", "Merchandise Sales", true),
    (Kind::ItemOtherCharge, "Delivery", "Shipping Income", false),
];

/// Whoever has a name, and whether they are active. Some have one that a channel or a payment
/// gateway could have, too.
const NAMES: &[(Kind, &str, bool)] = &[
    (Kind::Customer, "Amy's Bird Sanctuary", true),
    (Kind::Customer, "Cool Cars", true),
    (Kind::Customer, "Walk-in Customer", false),
    (Kind::Customer, "Jane Doe", true),
    (Kind::Vendor, "Stripe", true),
    (Kind::Vendor, "State Department of Revenue", true),
    (Kind::Vendor, "Norton Lumber and Building Materials", true),
    (Kind::Employee, "Emily Platt", true),
    (Kind::OtherName, "Shopify", true),
];

/// Names and types of the payment methods.
const METHODS: &[(&str, &str)] = &[
    ("Cash", "Cash"),
    ("Check", "Check"),
    ("American Express", "AmericanExpress"),
    ("MasterCard", "MasterCard"),
    ("VISA", "Visa"),
];

/// Rates of sales tax that occur, in hundredths of a per cent and more exactly.
const RATES: &[(i64, u32)] = &[(625, 2), (725, 2), (825, 2), (8_875, 3)];

impl CompanyFile {
    /// A US retailer. The seed chooses its ids and its rate of sales tax.
    #[must_use]
    pub fn retail(seed: u64) -> Self {
        let (digits, scale) = chance::choice(seed, "rate", RATES).unwrap_or((825, 2));
        let mut file = Self {
            settings: Settings::default(),
            seed,
            name: "Harbour Street Goods".to_owned(),
            special: Special::default(),
            stamps: Vec::new(),
            records: BTreeMap::new(),
            next: 1 + chance::number(seed, "records") % 40,
            next_txn: 1 + chance::number(seed, "transactions") % 40,
            recovery: None,
            iterators: Iterators::default(),
            index: Index::default(),
        };
        file.seed_accounts();
        file.seed_tax(Decimal::new(digits, scale));
        file.seed_items();
        file.seed_names();
        file.seed_currencies();
        file
    }

    /// Changes the rate of sales tax, in per cent, as the owner could.
    pub fn set_tax_rate(&mut self, percent: Decimal) {
        if let Some(item) = self.record(self.special.default_tax).cloned() {
            let mut item = item;
            item.body.set("TaxRate", super::fields::shown(percent));
            self.store(item);
        }
    }

    /// The id of the list element of this full name; none where there is none.
    #[must_use]
    pub fn id_of(&self, kind: Kind, full_name: &str) -> Option<String> {
        self.by_name(&[kind], full_name).map(super::record::Record::id)
    }

    /// Makes a list element active or inactive, as the owner could.
    pub fn set_active(&mut self, kind: Kind, full_name: &str, is_active: bool) {
        if let Some(mut record) = self.by_name(&[kind], full_name).cloned() {
            record.body.set("IsActive", is_active.to_string());
            self.store(record);
        }
    }

    /// Fills a list with names of people, as years of use do.
    pub fn crowd(&mut self, kind: Kind, more: usize) {
        for number in 1..=more {
            self.sow(kind, &format!("Former {} {number}", kind.name()), Vec::new());
        }
    }

    /// How many elements a list has, inactive ones included.
    #[must_use]
    pub fn how_many(&self, kind: Kind) -> usize {
        self.count(&[kind])
    }

    fn sow(&mut self, kind: Kind, name: &str, fields: Vec<Element>) -> u64 {
        let mut body = Element::node(&format!("{}Ret", kind.name()), fields);
        body.set("Name", name);
        if body.text_of("IsActive").is_none() {
            body.set("IsActive", "true");
        }
        if kind.has_parents() {
            body.set("FullName", name);
            body.set("Sublevel", "0");
        }
        let founded = Timestamp::from_second(FOUNDED_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        self.plant(kind, body, founded)
    }

    fn seed_accounts(&mut self) {
        for (name, kind) in ACCOUNTS {
            let mut fields = vec![
                Element::leaf("AccountType", *kind),
                Element::leaf("CashFlowClassification", "None"),
            ];
            let special = SPECIAL.iter().find(|(special, _)| special == name);
            fields.extend(special.map(|(_, kind)| Element::leaf("SpecialAccountType", *kind)));
            self.sow(Kind::Account, name, fields);
        }
        self.special = Special {
            receivable: self.account_named("Accounts Receivable"),
            payable: self.account_named("Accounts Payable"),
            undeposited: self.account_named("Undeposited Funds"),
            sales_tax_payable: self.account_named("Sales Tax Payable"),
            opening_balance: self.account_named("Opening Balance Equity"),
            retained_earnings: self.account_named("Retained Earnings"),
            ..Special::default()
        };
    }

    fn seed_tax(&mut self, percent: Decimal) {
        let taxable = |yes: bool| vec![Element::leaf("IsTaxable", yes.to_string())];
        self.special.taxable = self.sow(Kind::SalesTaxCode, "Tax", taxable(true));
        self.special.non_taxable = self.sow(Kind::SalesTaxCode, "Non", taxable(false));
        let agency = self.sow(Kind::Vendor, "Department of Taxation", Vec::new());
        let fields = vec![
            Element::leaf("TaxRate", super::fields::shown(percent)),
            self.reference("TaxVendorRef", agency),
        ];
        self.special.default_tax = self.sow(Kind::ItemSalesTax, "State Tax", fields);
        let nothing = vec![Element::leaf("TaxRate", "0"), self.reference("TaxVendorRef", agency)];
        self.sow(Kind::ItemSalesTax, "Out of State", nothing);
    }

    fn seed_items(&mut self) {
        for (kind, name, income, is_taxed) in ITEMS {
            let code = if *is_taxed { self.special.taxable } else { self.special.non_taxable };
            let account = self.account_named(income);
            let sold = Element::node(
                "SalesOrPurchase",
                vec![Element::leaf("Price", "0.00"), self.reference("AccountRef", account)],
            );
            let fields = vec![self.reference("SalesTaxCodeRef", code), sold];
            self.sow(*kind, name, fields);
        }
    }

    fn seed_names(&mut self) {
        for (kind, name, is_active) in NAMES {
            let mut fields = vec![Element::leaf("IsActive", is_active.to_string())];
            if *kind == Kind::Customer {
                fields.push(self.reference("SalesTaxCodeRef", self.special.taxable));
            }
            self.sow(*kind, name, fields);
        }
        for (name, kind) in METHODS {
            let fields = vec![Element::leaf("PaymentMethodType", *kind)];
            self.sow(Kind::PaymentMethod, name, fields);
        }
        let terms = vec![Element::leaf("StdDueDays", "30")];
        self.sow(Kind::StandardTerms, "Net 30", terms);
    }

    fn seed_currencies(&mut self) {
        for (name, code, is_active) in CURRENCIES {
            let fields = vec![
                Element::leaf("IsActive", is_active.to_string()),
                Element::leaf("CurrencyCode", *code),
                Element::leaf("IsUserDefinedCurrency", "false"),
            ];
            let number = self.sow(Kind::Currency, name, fields);
            if *code == "USD" {
                self.special.home_currency = number;
            }
        }
    }

    fn account_named(&self, name: &str) -> u64 {
        self.by_name(&[Kind::Account], name).map_or(0, |account| account.number)
    }
}
