//! Organisations that a simulated merchant can have: a shop in the United States, or one in the
//! United Kingdom, each with an everyday chart of accounts.

use super::fields;
use super::kind::Kind;
use super::lists;
use super::organisation::{Organisation, identifier};
use jiff::Timestamp;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The organisation came to be at the start of 2020.
const FOUNDED_SECONDS: i64 = 1_577_988_000;

/// Code, name, type, purpose and, where one is usual, the kind of tax: sales or purchases.
type Row = (&'static str, &'static str, &'static str, &'static str, Option<Taxed>);

/// Which of a country's usual rates an account has.
#[derive(Clone, Copy)]
enum Taxed {
    Sales,
    Purchases,
}

const ACCOUNTS: &[Row] = &[
    ("090", "Business Bank Account", "BANK", "", None),
    ("091", "Savings Account", "BANK", "", None),
    ("200", "Sales", "REVENUE", "", Some(Taxed::Sales)),
    ("210", "Shipping Income", "REVENUE", "", Some(Taxed::Sales)),
    ("220", "Discounts Given", "REVENUE", "", Some(Taxed::Sales)),
    ("260", "Other Revenue", "OTHERINCOME", "", Some(Taxed::Sales)),
    ("310", "Cost of Goods Sold", "DIRECTCOSTS", "", Some(Taxed::Purchases)),
    ("400", "Advertising", "EXPENSE", "", Some(Taxed::Purchases)),
    ("404", "Bank Fees", "EXPENSE", "", None),
    ("480", "Sundry Expenses", "OVERHEADS", "", Some(Taxed::Purchases)),
    ("497", "Bank Revaluations", "EXPENSE", "BANKCURRENCYGAIN", None),
    ("498", "Unrealised Currency Gains", "EXPENSE", "UNREALISEDCURRENCYGAIN", None),
    ("499", "Realised Currency Gains", "EXPENSE", "REALISEDCURRENCYGAIN", None),
    ("610", "Accounts Receivable", "CURRENT", "DEBTORS", None),
    ("620", "Prepayments", "CURRENT", "", None),
    ("630", "Inventory", "INVENTORY", "", None),
    ("800", "Accounts Payable", "CURRLIAB", "CREDITORS", None),
    ("820", "Sales Tax", "CURRLIAB", "GST", None),
    ("840", "Historical Adjustment", "CURRLIAB", "HISTORICAL", None),
    ("850", "Customer Deposits", "CURRLIAB", "", None),
    ("860", "Rounding", "CURRLIAB", "ROUNDING", None),
    ("960", "Retained Earnings", "EQUITY", "RETAINEDEARNINGS", None),
    ("970", "Owner A Funds Introduced", "EQUITY", "", None),
];

/// A rate of tax: its type, its name, what it is in reports, per cent in thousandths.
type Rate = (&'static str, &'static str, &'static str, i64);

const UNITED_STATES: &[Rate] = &[
    ("TAX001", "California", "USSALESTAX", 8_250),
    ("TAX002", "New York City", "USSALESTAX", 8_500),
    ("TAX003", "New Jersey", "USSALESTAX", 6_625),
    ("OUTPUT", "Tax on Sales", "OUTPUT", 0),
    ("INPUT", "Tax on Purchases", "INPUT", 0),
    ("NONE", "Tax Exempt", "NONE", 0),
];

const UNITED_KINGDOM: &[Rate] = &[
    ("OUTPUT2", "20% (VAT on Income)", "OUTPUT", 20_000),
    ("INPUT2", "20% (VAT on Expenses)", "INPUT", 20_000),
    ("RROUTPUT", "5% (VAT on Income)", "OUTPUT", 5_000),
    ("RRINPUT", "5% (VAT on Expenses)", "INPUT", 5_000),
    ("ZERORATEDOUTPUT", "Zero Rated Income", "ZERORATEDOUTPUT", 0),
    ("ZERORATEDINPUT", "Zero Rated Expenses", "ZERORATEDINPUT", 0),
    ("EXEMPTOUTPUT", "Exempt Income", "EXEMPTOUTPUT", 0),
    ("NONE", "No VAT", "NONE", 0),
];

/// Whoever has a name. Some of them have one that a channel or a payment gateway could have, too.
const CONTACTS: &[(&str, &str)] = &[
    ("Amy's Bird Sanctuary", "ACTIVE"),
    ("Cool Cars", "ACTIVE"),
    ("Jane Doe", "ACTIVE"),
    ("Stripe", "ACTIVE"),
    ("Shopify", "ACTIVE"),
    ("Walk-in Customer", "ARCHIVED"),
];

/// Codes, names and income accounts of the items. `MUG-RED` is a trap: it exists, but its sales go
/// where nobody would look for those of products.
const ITEMS: &[(&str, &str, &str)] =
    &[("SALES", "Sales", "200"), ("MUG-RED", "Red Mug", "260"), ("MUG-BLUE", "Blue Mug", "200")];

/// What differs between the two.
struct Country {
    name: &'static str,
    code: &'static str,
    currency: (&'static str, &'static str),
    timezone: &'static str,
    rates: &'static [Rate],
    sales: &'static str,
    purchases: &'static str,
}

impl Organisation {
    /// A shop in the United States, with the rates of sales tax of where it delivers to. The seed
    /// chooses its identifiers.
    #[must_use]
    pub fn united_states(seed: u64) -> Self {
        let country = Country {
            name: "Harbour Street Goods",
            code: "US",
            currency: ("USD", "United States Dollar"),
            timezone: "America/New_York",
            rates: UNITED_STATES,
            sales: "TAX001",
            purchases: "INPUT",
        };
        Self::of(seed, &country)
    }

    /// A shop in the United Kingdom, with its rates of value-added tax. The seed chooses its
    /// identifiers.
    #[must_use]
    pub fn united_kingdom(seed: u64) -> Self {
        let country = Country {
            name: "Harbour Street Goods Ltd",
            code: "GB",
            currency: ("GBP", "British Pound"),
            timezone: "Europe/London",
            rates: UNITED_KINGDOM,
            sales: "OUTPUT2",
            purchases: "INPUT2",
        };
        Self::of(seed, &country)
    }

    fn of(seed: u64, country: &Country) -> Self {
        let founded = Timestamp::from_second(FOUNDED_SECONDS).unwrap_or(Timestamp::UNIX_EPOCH);
        let (currency, description) = country.currency;
        let known = (country.name, country.code, currency, country.timezone);
        let mut organisation = Self::empty(seed, known, founded);
        let home = json!({ "Code": currency, "Description": description });
        organisation.plant(Kind::Currency, home);
        for (kind, name, report, thousandths) in country.rates {
            organisation.plant(Kind::TaxRate, rate(kind, name, report, *thousandths));
        }
        for row in ACCOUNTS {
            organisation.plant(Kind::Account, account(row, country));
        }
        for (name, status) in CONTACTS {
            organisation.plant(Kind::Contact, json!({ "Name": name, "ContactStatus": status }));
        }
        for (code, name, income) in ITEMS {
            let item = json!({
                "Code": code, "Name": name, "Description": name, "IsSold": true,
                "IsPurchased": false, "IsTrackedAsInventory": false,
                "PurchaseDetails": {},
                "SalesDetails": { "AccountCode": income, "TaxType": country.sales },
            });
            organisation.plant(Kind::Item, item);
        }
        organisation
    }

    /// Takes in what was there from the beginning.
    fn plant(&mut self, kind: Kind, body: Value) {
        let founded = self.founded;
        let mut entity = self.fresh(kind, founded);
        if let Value::Object(body) = body {
            entity.body = body;
        }
        self.store(entity, founded);
    }

    /// Adds an option to a tracking category, which comes to be with its first one.
    pub fn track(&mut self, category: &str, option: &str, now: Timestamp) {
        let known = self.by_key(Kind::TrackingCategory, category).cloned();
        let mut entity = known.unwrap_or_else(|| {
            let mut fresh = self.fresh(Kind::TrackingCategory, now);
            fresh.set("Name", category);
            fresh.set("Status", "ACTIVE");
            fresh.body.insert("Options".to_owned(), json!([]));
            fresh
        });
        let id = identifier(self.seed, &format!("option {category} {option}"));
        let added = json!({ "TrackingOptionID": id, "Name": option, "Status": "ACTIVE" });
        if let Some(Value::Array(options)) = entity.body.get_mut("Options") {
            options.push(added);
        }
        self.store(entity, now);
    }

    /// Archives a tracking category: it is kept, and no longer counts among those that are active.
    pub fn archive(&mut self, category: &str, now: Timestamp) {
        if let Some(mut entity) = self.by_key(Kind::TrackingCategory, category).cloned() {
            entity.set("Status", "ARCHIVED");
            self.store(entity, now);
        }
    }

    /// Lets the organisation deal in another currency: so many units of it for one of its own.
    pub fn subscribe(&mut self, currency: &str, rate: Decimal) {
        self.plant(Kind::Currency, json!({ "Code": currency, "Description": currency }));
        self.settings.day_rates.insert(currency.to_owned(), rate);
    }
}

fn account((code, name, kind, purpose, taxed): &Row, country: &Country) -> Value {
    let tax = match taxed {
        Some(Taxed::Sales) => country.sales,
        Some(Taxed::Purchases) => country.purchases,
        None => "NONE",
    };
    let mut account = json!({
        "Code": code, "Name": name, "Type": kind, "Status": "ACTIVE", "TaxType": tax,
        "Class": lists::class(kind), "EnablePaymentsToAccount": *code == "970",
        "ShowInExpenseClaims": false,
    });
    if !purpose.is_empty() {
        account["SystemAccount"] = json!(purpose);
    }
    if *kind == "BANK" {
        account["BankAccountNumber"] = json!(format!("00000000{code}"));
        account["BankAccountType"] = json!("BANK");
        account["CurrencyCode"] = json!(country.currency.0);
    }
    account
}

fn rate(kind: &str, name: &str, report: &str, thousandths: i64) -> Value {
    let percent = fields::number(Decimal::new(thousandths, 3), 4);
    let sales = !kind.contains("INPUT");
    let purchases = !kind.contains("OUTPUT") && !kind.starts_with("TAX");
    json!({
        "Name": name, "TaxType": kind, "ReportTaxType": report, "Status": "ACTIVE",
        "CanApplyToAssets": true, "CanApplyToEquity": true, "CanApplyToLiabilities": true,
        "CanApplyToExpenses": purchases, "CanApplyToRevenue": sales,
        "DisplayTaxRate": percent, "EffectiveRate": percent,
        "TaxComponents": [
            { "Name": name, "Rate": percent, "IsCompound": false, "IsNonRecoverable": false },
        ],
    })
}
