//! The company that a simulated merchant has: a US shop with an everyday chart of accounts.

use super::chance;
use super::company::{Company, Index, SalesTax, Sequences, Settings, SystemAccounts};
use super::entity::{Entity, Standing};
use super::fields::{self, Object};
use super::kind::Kind;
use super::{lists, references};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The company came to be at the start of 2020.
const FOUNDED_SECONDS: i64 = 1_577_988_000;

/// Names, types and subtypes of the accounts, in the order of their ids.
const ACCOUNTS: &[(&str, &str, &str)] = &[
    ("Checking", "Bank", "Checking"),
    ("Savings", "Bank", "Savings"),
    ("Accounts Receivable (A/R)", "Accounts Receivable", "AccountsReceivable"),
    ("Undeposited Funds", "Other Current Asset", "UndepositedFunds"),
    ("Uncategorized Asset", "Other Current Asset", "OtherCurrentAssets"),
    ("Accounts Payable (A/P)", "Accounts Payable", "AccountsPayable"),
    ("Visa Card", "Credit Card", "CreditCard"),
    ("Sales Tax Agency Payable", "Other Current Liability", "SalesTaxPayable"),
    ("Opening Balance Equity", "Equity", "OpeningBalanceEquity"),
    ("Retained Earnings", "Equity", "RetainedEarnings"),
    ("Sales of Product Income", "Income", "SalesOfProductIncome"),
    ("Shipping Income", "Income", "OtherPrimaryIncome"),
    ("Discounts given", "Income", "DiscountsRefundsGiven"),
    ("Gift Wrapping Income", "Income", "ServiceFeeIncome"),
    ("Uncategorized Income", "Income", "OtherPrimaryIncome"),
    ("Cost of Goods Sold", "Cost of Goods Sold", "SuppliesMaterialsCogs"),
    ("Advertising", "Expense", "AdvertisingPromotional"),
    ("Bank Charges", "Expense", "BankCharges"),
    ("Uncategorized Expense", "Expense", "OtherMiscellaneousServiceCost"),
    ("Interest Earned", "Other Income", "InterestEarned"),
];

/// Names, stock-keeping units and income accounts of the items. `MUG-RED` is a trap: it exists, but
/// its sales go where nobody would look for those of products.
const ITEMS: &[(&str, Option<&str>, &str)] = &[
    ("Sales", None, "Sales of Product Income"),
    ("Hours", None, "Sales of Product Income"),
    ("Red Mug", Some("MUG-RED"), "Gift Wrapping Income"),
    ("Blue Mug", Some("MUG-BLUE"), "Sales of Product Income"),
];

/// Whoever has a name. Some of them have one that a channel or a payment gateway could have, too.
const PARTIES: &[(Kind, &str, bool)] = &[
    (Kind::Customer, "Amy's Bird Sanctuary", true),
    (Kind::Customer, "Cool Cars", true),
    (Kind::Customer, "Walk-in Customer", false),
    (Kind::Customer, "Jane Doe", true),
    (Kind::Vendor, "Stripe", true),
    (Kind::Vendor, "Shopify", true),
    (Kind::Vendor, "Norton Lumber and Building Materials", true),
    (Kind::Employee, "Emily Platt", true),
    (Kind::Employee, "John Johnson", true),
];

/// Rates of sales tax that occur, in hundredths of a per cent and more exactly.
const RATES: &[(i64, u32)] = &[(625, 2), (725, 2), (825, 2), (8_875, 3)];

impl Company {
    /// A US retailer. The seed chooses its realm, its ids and its rate of sales tax.
    #[must_use]
    pub fn retail(seed: u64) -> Self {
        let founded = Timestamp::from_second(FOUNDED_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        let (digits, scale) = chance::choice(seed, "rate", RATES).unwrap_or((825, 2));
        let start = |text| 1 + chance::number(seed, text) % 40;
        let mut company = Self {
            settings: Settings::default(),
            seed,
            realm: format!("91303{:011}", chance::number(seed, "realm") % 100_000_000_000),
            name: "Harbour Street Goods".to_owned(),
            tax: SalesTax {
                agency: "California Department of Tax and Fee Administration".to_owned(),
                percent: Decimal::new(digits, scale),
            },
            system: SystemAccounts::default(),
            founded,
            shelves: BTreeMap::new(),
            next: Sequences {
                accounts: start("accounts"),
                items: start("items"),
                names: start("names"),
                values: start("values"),
                transactions: start("transactions"),
            },
            next_number: 1_001,
            attachables: Vec::new(),
            index: Index::default(),
        };
        company.seed_accounts();
        company.seed_items();
        company.seed_parties();
        company
    }

    fn seed_accounts(&mut self) {
        for (name, kind, subtype) in ACCOUNTS {
            self.plant(
                Kind::Account,
                json!({
                    "Name": name,
                    "FullyQualifiedName": name,
                    "AccountType": kind,
                    "AccountSubType": subtype,
                    "Classification": lists::classification(kind),
                    "SubAccount": false,
                    "Active": true,
                    "CurrencyRef": references::home_currency(),
                }),
            );
        }
        self.system = SystemAccounts {
            receivable: self.account_named("Accounts Receivable (A/R)"),
            payable: self.account_named("Accounts Payable (A/P)"),
            undeposited: self.account_named("Undeposited Funds"),
            tax_payable: self.account_named("Sales Tax Agency Payable"),
            discounts: self.account_named("Discounts given"),
            shipping: self.account_named("Shipping Income"),
            retained_earnings: self.account_named("Retained Earnings"),
            uncategorised_income: self.account_named("Uncategorized Income"),
            uncategorised_expense: self.account_named("Uncategorized Expense"),
            uncategorised_asset: self.account_named("Uncategorized Asset"),
            exchange: None,
        };
    }

    fn seed_items(&mut self) {
        let expense = self.account_named("Cost of Goods Sold");
        for (name, sku, income) in ITEMS {
            let account = self.account_named(income);
            let mut item = json!({
                "Name": name,
                "FullyQualifiedName": name,
                "Type": if sku.is_some() { "NonInventory" } else { "Service" },
                "Active": true,
                "Taxable": sku.is_some(),
                "UnitPrice": 0,
                "PurchaseCost": 0,
                "TrackQtyOnHand": false,
                "IncomeAccountRef": { "value": account.to_string(), "name": income },
                "ExpenseAccountRef": { "value": expense.to_string(), "name": "Cost of Goods Sold" },
            });
            if let Some(sku) = sku {
                item["Sku"] = json!(sku);
            }
            self.plant(Kind::Item, item);
        }
    }

    fn seed_parties(&mut self) {
        for (kind, name, active) in PARTIES {
            let mut party = json!({
                "DisplayName": name,
                "PrintOnCheckName": name,
                "Active": active,
            });
            if *kind == Kind::Customer {
                party["FullyQualifiedName"] = json!(name);
            }
            self.plant(*kind, party);
        }
    }

    fn account_named(&self, name: &str) -> u64 {
        let found = self.shelf(Kind::Account).find(|account| account.name() == name);
        found.map_or(0, |account| account.id)
    }

    /// Puts something of a list there; what its id is, in a list whose ids are numbers.
    pub(super) fn plant(&mut self, kind: Kind, body: Value) -> Option<u64> {
        let sequence = kind.sequence()?;
        let mut body: Object = body.as_object().cloned().unwrap_or_default();
        body.values_mut().for_each(fields::normalise);
        let next = self.next.of(sequence);
        let id = *next;
        *next += 1;
        self.store(Entity {
            kind,
            id,
            sync_token: 0,
            created: self.founded,
            updated: self.founded,
            standing: Standing::Live,
            body,
            legs: Vec::new(),
            foreign: Vec::new(),
            cost: Vec::new(),
            stock: Vec::new(),
            open: None,
            applications: Vec::new(),
            deposits: Vec::new(),
            linked_by: Vec::new(),
        });
        Some(id)
    }
}
