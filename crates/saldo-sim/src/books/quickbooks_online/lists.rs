//! What documents refer to: accounts, items, customers, vendors, classes and locations; and lists
//! that cannot be written.

use super::company::{Company, Space, View, account_type};
use super::currency;
use super::entity::{self, Entity};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::stock;
use super::tax;
use super::write::Draft;
use serde_json::{Value, json};

/// Types of account, their classification, and their subtypes; the first is the default.
const ACCOUNT_TYPES: &[(&str, &str, &[&str])] = &[
    (
        "Bank",
        "Asset",
        &["Checking", "CashOnHand", "MoneyMarket", "RentsHeldInTrust", "Savings", "TrustAccounts"],
    ),
    ("Accounts Receivable", "Asset", &["AccountsReceivable"]),
    (
        "Other Current Asset",
        "Asset",
        &[
            "OtherCurrentAssets",
            "AllowanceForBadDebts",
            "EmployeeCashAdvances",
            "Inventory",
            "LoansToOfficers",
            "LoansToOthers",
            "PrepaidExpenses",
            "Retainage",
            "UndepositedFunds",
        ],
    ),
    (
        "Fixed Asset",
        "Asset",
        &["FurnitureAndFixtures", "AccumulatedDepreciation", "Buildings", "OtherFixedAssets"],
    ),
    ("Other Asset", "Asset", &["OtherLongTermAssets", "SecurityDeposits", "Goodwill"]),
    ("Accounts Payable", "Liability", &["AccountsPayable"]),
    ("Credit Card", "Liability", &["CreditCard"]),
    (
        "Other Current Liability",
        "Liability",
        &[
            "OtherCurrentLiabilities",
            "DeferredRevenue",
            "DirectDepositPayable",
            "LineOfCredit",
            "LoanPayable",
            "PayrollClearing",
            "PayrollTaxPayable",
            "PrepaidExpensesPayable",
            "SalesTaxPayable",
        ],
    ),
    ("Long Term Liability", "Liability", &["NotesPayable", "OtherLongTermLiabilities"]),
    (
        "Equity",
        "Equity",
        &["OpeningBalanceEquity", "OwnersEquity", "RetainedEarnings", "PartnersEquity"],
    ),
    (
        "Income",
        "Revenue",
        &[
            "SalesOfProductIncome",
            "DiscountsRefundsGiven",
            "NonProfitIncome",
            "OtherPrimaryIncome",
            "ServiceFeeIncome",
            "UnappliedCashPaymentIncome",
        ],
    ),
    (
        "Cost of Goods Sold",
        "Expense",
        &["SuppliesMaterialsCogs", "OtherCostsOfServiceCos", "ShippingFreightDeliveryCos"],
    ),
    (
        "Expense",
        "Expense",
        &[
            "OtherMiscellaneousServiceCost",
            "AdvertisingPromotional",
            "BadDebts",
            "BankCharges",
            "CharitableContributions",
            "FinanceCosts",
            "LegalProfessionalFees",
            "OfficeGeneralAdministrativeExpenses",
            "OtherBusinessExpenses",
            "ShippingFreightDelivery",
            "SuppliesMaterials",
            "TaxesPaid",
        ],
    ),
    (
        "Other Income",
        "Revenue",
        &["OtherMiscellaneousIncome", "InterestEarned", "OtherInvestmentIncome"],
    ),
    (
        "Other Expense",
        "Expense",
        &["OtherMiscellaneousExpense", "ExchangeGainOrLoss", "PenaltiesSettlements"],
    ),
];

/// How customers of the company pay: ids and names.
pub(super) const PAYMENT_METHODS: &[(&str, &str)] =
    &[("1", "Cash"), ("2", "Check"), ("3", "Visa"), ("4", "MasterCard")];

/// Works an account out.
pub(super) fn account(
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let name = required_name(&body, "Name")?;
    forbid(&name, "Name", &['"', ':', '\t', '\n'])?;
    let named = fields::text(&body, "AccountType")?;
    let subtype = fields::text(&body, "AccountSubType")?;
    let (kind, classification, subtypes) = match (named, subtype) {
        (Some(named), _) => {
            account_kind(named).ok_or_else(|| Fault::bad_enumeration("AccountType", named))?
        }
        (None, Some(subtype)) => ACCOUNT_TYPES
            .iter()
            .find(|(_, _, subtypes)| subtypes.contains(&subtype))
            .copied()
            .ok_or_else(|| Fault::bad_enumeration("AccountSubType", subtype))?,
        (None, None) => return Err(Fault::account_type_missing()),
    };
    let subtype = match subtype {
        Some(subtype) if subtypes.contains(&subtype) => subtype.to_owned(),
        Some(other) => return Err(Fault::bad_enumeration("AccountSubType", other)),
        None => subtypes.first().copied().unwrap_or("").to_owned(),
    };
    let is_used = |account: &Entity| view.company.index.balances.contains_key(&account.id);
    if previous.is_some_and(|account| account_type(account) != kind && is_used(account)) {
        return Err(Fault::business("The type of an account in use cannot be changed"));
    }
    check_unique(view, Space::Accounts, &name, previous)?;
    let active = view.company.shelf(Kind::Account).filter(|account| account.is_active()).count();
    if previous.is_none() && active >= view.company.settings.account_limit {
        return Err(Fault::business("The plan allows no more accounts in the chart"));
    }
    body.insert("FullyQualifiedName".to_owned(), json!(name));
    body.insert("AccountType".to_owned(), json!(kind));
    body.insert("AccountSubType".to_owned(), json!(subtype));
    body.insert("Classification".to_owned(), json!(classification));
    currency::keep(&mut body, previous)?;
    currency::check_account(&body, kind)?;
    body.entry("SubAccount").or_insert(json!(false));
    body.entry("Active").or_insert(json!(true));
    Ok(Draft { body, ..Draft::default() })
}

fn account_kind(name: &str) -> Option<(&'static str, &'static str, &'static [&'static str])> {
    ACCOUNT_TYPES.iter().find(|(known, _, _)| *known == name).copied()
}

/// How accounts of this type are classified.
pub(super) fn classification(account_type: &str) -> Option<&'static str> {
    account_kind(account_type).map(|(_, classification, _)| classification)
}

/// Works an item out.
pub(super) fn item(
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let name = required_name(&body, "Name")?;
    forbid(&name, "Name", &[':', '\t', '\n'])?;
    match fields::text(&body, "Type")?.unwrap_or("Service") {
        "Service" | "NonInventory" => {}
        "Inventory" if view.company.settings.inventory => stock::check_item(view, &body, previous)?,
        "Inventory" => return Err(Fault::not_in_plan("Inventory")),
        other => return Err(Fault::bad_enumeration("Type", other)),
    }
    let income = view.required_account(&body, "IncomeAccountRef")?;
    let unsuitable = ["Bank", "Credit Card", "Accounts Receivable", "Accounts Payable"];
    if unsuitable.contains(&account_type(income)) {
        return Err(Fault::business("The income account of an item cannot be of this type"));
    }
    if let Some(price) = fields::decimal(&body, "UnitPrice")?
        && price.normalize().scale() > 7
    {
        return Err(Fault::bad_number("UnitPrice", &price.to_string()));
    }
    check_unique(view, Space::Items, &name, previous)?;
    body.insert("FullyQualifiedName".to_owned(), json!(name));
    body.entry("Type").or_insert(json!("Service"));
    body.entry("Active").or_insert(json!(true));
    body.entry("Taxable").or_insert(json!(false));
    body.entry("UnitPrice").or_insert(json!(0));
    body.entry("PurchaseCost").or_insert(json!(0));
    body.entry("TrackQtyOnHand").or_insert(json!(false));
    Ok(Draft { body, ..Draft::default() })
}

/// Works a customer or vendor out.
pub(super) fn party(
    kind: Kind,
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let mut parts = Vec::new();
    for name in ["Title", "GivenName", "MiddleName", "FamilyName", "Suffix"] {
        parts.extend(fields::text(&body, name)?.filter(|text| !text.trim().is_empty()));
    }
    let given = fields::text(&body, "DisplayName")?.filter(|text| !text.trim().is_empty());
    let name = given.map_or_else(|| parts.join(" "), |text| text.trim().to_owned());
    if name.is_empty() {
        return Err(Fault::no_name());
    }
    forbid(&name, "DisplayName", &[':', '\t', '\n'])?;
    check_unique(view, Space::Parties, &name, previous)?;
    body.insert("DisplayName".to_owned(), json!(name));
    currency::keep(&mut body, previous)?;
    body.entry("PrintOnCheckName").or_insert(json!(name));
    body.entry("Active").or_insert(json!(true));
    if kind == Kind::Customer {
        body.insert("FullyQualifiedName".to_owned(), json!(name));
        body.entry("Taxable").or_insert(json!(true));
        body.entry("Job").or_insert(json!(false));
        body.entry("BillWithParent").or_insert(json!(false));
        body.entry("PreferredDeliveryMethod").or_insert(json!("Print"));
    } else {
        body.entry("Vendor1099").or_insert(json!(false));
    }
    Ok(Draft { body, ..Draft::default() })
}

/// Works a class or a location out. Those below others are not part of the simulation.
pub(super) fn value(
    kind: Kind,
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let (property, what) = match kind {
        Kind::Class => ("ClassRef", "Class"),
        _ => ("DepartmentRef", "Location"),
    };
    if !view.tracks(property) {
        return Err(Fault::business(&format!("{what} tracking is turned off for this company")));
    }
    let name = required_name(&body, "Name")?;
    forbid(&name, "Name", &[':', '\t', '\n'])?;
    check_unique(view, Space::Values(kind), &name, previous)?;
    body.insert("FullyQualifiedName".to_owned(), json!(name));
    body.entry("Active").or_insert(json!(true));
    Ok(Draft { body, ..Draft::default() })
}

fn required_name(body: &Object, property: &str) -> Result<String, Fault> {
    let name = fields::text(body, property)?.map(str::trim).filter(|text| !text.is_empty());
    name.map(str::to_owned).ok_or_else(|| Fault::missing(property))
}

fn forbid(name: &str, property: &str, letters: &[char]) -> Result<(), Fault> {
    if name.contains(letters) {
        return Err(Fault::invalid_text(property, "holds a character that is not allowed"));
    }
    Ok(())
}

/// A name may be used once only, whether its owner is active or not.
fn check_unique(
    view: &View<'_>,
    space: Space,
    name: &str,
    previous: Option<&Entity>,
) -> Result<(), Fault> {
    let owner = view.company.index.names.get(&(space, name.to_lowercase()));
    match owner {
        Some((kind, id)) if previous.is_none_or(|it| (it.kind, it.id) != (*kind, *id)) => {
            Err(Fault::duplicate_name(*kind, *id))
        }
        _ => Ok(()),
    }
}

/// The entities of a kind that cannot be written, as they stand in an answer.
pub(super) fn read_only(company: &Company, kind: Kind) -> Vec<Object> {
    let list = match kind {
        Kind::TaxCode => tax_codes(company),
        Kind::TaxRate => tax::rates(company).into_iter().map(tax_rate).collect(),
        Kind::TaxAgency => vec![json!({
            "Id": "1",
            "DisplayName": company.tax.agency,
            "TaxTrackedOnPurchases": false,
            "TaxTrackedOnSales": true,
        })],
        Kind::PaymentMethod => PAYMENT_METHODS
            .iter()
            .map(|(id, name)| json!({ "Id": id, "Name": name, "Active": true }))
            .collect(),
        Kind::CompanyInfo => vec![company_info(company)],
        Kind::Preferences => vec![preferences(company)],
        _ => Vec::new(),
    };
    let complete = |value: Value| {
        let mut object = value.as_object().cloned().unwrap_or_default();
        object.insert("SyncToken".to_owned(), json!("0"));
        object.insert("domain".to_owned(), json!("QBO"));
        object.insert("sparse".to_owned(), json!(false));
        let meta = entity::meta(company.founded, company.founded);
        object.insert("MetaData".to_owned(), meta);
        object
    };
    list.into_iter().map(complete).collect()
}

/// The vendor's two words for lines in the United States, and the codes of the owner.
fn tax_codes(company: &Company) -> Vec<Value> {
    let words = match company.settings.outside_the_united_states {
        true => Vec::new(),
        false => vec![tax_code("TAX", true), tax_code("NON", false)],
    };
    let own = tax::codes(company).into_iter().map(|code| {
        let detail = |(order, rate): (usize, &tax::Rate)| {
            json!({
                "TaxRateRef": { "value": rate.id, "name": rate.name },
                "TaxTypeApplicable": "TaxOnAmount",
                "TaxOrder": order,
            })
        };
        let listed =
            |rates: &[tax::Rate]| -> Vec<Value> { rates.iter().enumerate().map(detail).collect() };
        json!({
            "Id": code.id,
            "Name": code.name,
            "Description": code.name,
            "Active": true,
            "Taxable": true,
            "TaxGroup": true,
            "SalesTaxRateList": { "TaxRateDetail": listed(&code.rates) },
            "PurchaseTaxRateList": { "TaxRateDetail": listed(&code.bought) },
        })
    });
    words.into_iter().chain(own).collect()
}

fn tax_rate(rate: tax::Rate) -> Value {
    json!({
        "Id": rate.id,
        "Name": rate.name,
        "Description": "Sales tax",
        "Active": true,
        "RateValue": fields::number(rate.percent),
        "AgencyRef": { "value": "1" },
        "SpecialTaxType": "NONE",
        "DisplayType": "ReadOnly",
    })
}

fn tax_code(name: &str, taxable: bool) -> Value {
    json!({
        "Id": name,
        "Name": name,
        "Description": name,
        "Active": true,
        "Taxable": taxable,
        "TaxGroup": false,
    })
}

fn company_info(company: &Company) -> Value {
    let plan = match company.settings.inventory {
        true => "QuickBooks Online Plus",
        false => "QuickBooks Online Essentials",
    };
    json!({
        "Id": "1",
        "CompanyName": company.name,
        "LegalName": company.name,
        "CompanyStartDate": entity::server_date(company.founded).to_string(),
        "FiscalYearStartMonth": "January",
        "Country": if company.settings.outside_the_united_states { "PA" } else { "US" },
        "SupportedLanguages": "en",
        "NameValue": [
            { "Name": "NeoEnabled", "Value": "true" },
            { "Name": "OfferingSku", "Value": plan },
            { "Name": "SubscriptionStatus", "Value": "PAID" },
        ],
    })
}

fn preferences(company: &Company) -> Value {
    let settings = &company.settings;
    let system = &company.system;
    let mut accounting = json!({
        "UseAccountNumbers": false,
        "TrackDepartments": settings.track_departments,
        "ClassTrackingPerTxn": false,
        "ClassTrackingPerTxnLine": settings.class_tracking_per_line,
        "FirstMonthOfFiscalYear": "January",
        "TaxYearMonth": "January",
        "CustomerTerminology": "Customers",
    });
    if let Some(date) = settings.book_close_date {
        accounting["BookCloseDate"] = json!(date.to_string());
    }
    let mut tax = json!({ "UsingSalesTax": settings.using_sales_tax });
    if !settings.outside_the_united_states {
        let automated = settings.using_sales_tax && settings.automated_sales_tax;
        tax["PartnerTaxEnabled"] = json!(automated);
    }
    let pair = |name: &str, value: String| json!({ "Name": name, "Value": value });
    let bills = settings.warn_duplicate_bill_numbers.to_string();
    let checks = settings.warn_duplicate_check_numbers.to_string();
    let journals = settings.warn_duplicate_journal_numbers.to_string();
    json!({
        "Id": "1",
        "AccountingInfoPrefs": accounting,
        "ProductAndServicesPrefs": {
            "ForSales": true,
            "ForPurchase": true,
            "QuantityWithPriceAndRate": true,
            "QuantityOnHand": settings.inventory,
        },
        "SalesFormsPrefs": {
            "CustomTxnNumbers": settings.custom_txn_numbers,
            "AllowDiscount": settings.allow_discount,
            "DefaultDiscountAccount": system.discounts.to_string(),
            "AllowShipping": settings.allow_shipping,
            "DefaultShippingAccount": system.shipping.to_string(),
            "AllowDeposit": false,
            "AutoApplyCredit": false,
            "AutoApplyPayments": false,
        },
        "TaxPrefs": tax,
        "CurrencyPrefs": {
            "MultiCurrencyEnabled": settings.currencies.is_some(),
            "HomeCurrency": { "value": "USD" },
        },
        "ReportPrefs": { "ReportBasis": "Accrual" },
        "OtherPrefs": { "NameValue": [
            pair("UncategorizedAssetAccountId", system.uncategorised_asset.to_string()),
            pair("UncategorizedIncomeAccountId", system.uncategorised_income.to_string()),
            pair("UncategorizedExpenseAccountId", system.uncategorised_expense.to_string()),
            pair("WarnDuplicateCheckNumber", checks),
            pair("WarnDuplicateBillNumber", bills),
            pair("WarnDuplicateJournalNumber", journals),
        ] },
    })
}
