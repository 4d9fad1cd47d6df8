//! Accounts, rates of tax, currencies, items and tracking categories.

use super::entity::Entity;
use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::{Organisation, identifier};
use super::refusal::{Checked, Refusal};
use super::write::{Write, completed, keep};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The most letters of codes and names.
const ACCOUNT_CODE: usize = 10;
const ACCOUNT_NAME: usize = 150;
const ITEM_CODE: usize = 30;
const ITEM_NAME: usize = 50;
const ITEM_DESCRIPTION: usize = 4_000;
const TRACKING_NAME: usize = 100;

/// The most tracking categories that are active, and the most options of one.
const CATEGORIES_MOST: usize = 2;
const OPTIONS_MOST: usize = 100;

/// The class of an account by its type.
pub(super) fn class(kind: &str) -> &'static str {
    match kind {
        "BANK" | "CURRENT" | "FIXED" | "INVENTORY" | "NONCURRENT" | "PREPAYMENT" => "ASSET",
        "EQUITY" => "EQUITY",
        "DEPRECIATN" | "DIRECTCOSTS" | "EXPENSE" | "OVERHEADS" => "EXPENSE",
        "CURRLIAB" | "LIABILITY" | "TERMLIAB" | "PAYG" => "LIABILITY",
        "OTHERINCOME" | "REVENUE" | "SALES" => "REVENUE",
        _ => "",
    }
}

fn too_long(text: Option<&str>, most: usize, name: &str) -> Checked<()> {
    if text.is_some_and(|text| text.chars().count() > most) {
        return Err(Refusal::invalid(format!("{name} must be at most {most} characters long")));
    }
    Ok(())
}

impl Organisation {
    pub(super) fn write_account(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let names =
            ["Code", "Name", "Type", "Status", "TaxType", "BankAccountNumber", "CurrencyCode"];
        let mut body = completed(given, previous.as_ref(), &names);
        body.entry("Status").or_insert(json!("ACTIVE"));
        body.entry("TaxType").or_insert(json!("NONE"));
        body.entry("CurrencyCode").or_insert(json!(self.base_currency));
        self.check_account(&body, previous.as_ref())?;
        let kind = fields::text(&body, "Type")?.unwrap_or("").to_owned();
        body.insert("Class".to_owned(), json!(class(&kind)));
        let mut kept = vec!["Code", "Name", "Type", "Class", "Status", "TaxType", "Description"];
        kept.extend(["EnablePaymentsToAccount", "ShowInExpenseClaims"]);
        if kind == "BANK" {
            body.insert("BankAccountType".to_owned(), json!("BANK"));
            kept.extend(["BankAccountNumber", "BankAccountType", "CurrencyCode"]);
        }
        let mut entity = previous.unwrap_or_else(|| self.fresh(Kind::Account, write.now));
        for name in ["EnablePaymentsToAccount", "ShowInExpenseClaims"] {
            entity.body.entry(name).or_insert(json!(false));
        }
        keep(&mut entity.body, &body, &kept);
        Ok(self.store(entity, write.now))
    }

    /// Refuses an account that is incomplete, or that has a code or a name of another.
    fn check_account(&self, body: &Object, previous: Option<&Entity>) -> Checked<()> {
        let (code, name) = (fields::text(body, "Code")?, fields::text(body, "Name")?);
        let kind = fields::text(body, "Type")?.unwrap_or("");
        too_long(code, ACCOUNT_CODE, "Code")?;
        too_long(name, ACCOUNT_NAME, "Name")?;
        let name = name.ok_or_else(|| Refusal::invalid("Please enter a Name."))?;
        if class(kind).is_empty() {
            return Err(Refusal::malformed("Type", "is not a type of account"));
        }
        if kind == "BANK" && fields::text(body, "BankAccountNumber")?.is_none() {
            return Err(Refusal::invalid("Please enter a Bank Account Number."));
        }
        if kind != "BANK" && code.is_none() {
            return Err(Refusal::invalid("Please enter a Code."));
        }
        let mine = previous.map(|entity| entity.place);
        let is_other = |entity: &&Entity| Some(entity.place) != mine;
        let taken = code.and_then(|code| self.by_key(Kind::Account, code));
        if taken.as_ref().is_some_and(is_other) {
            return Err(Refusal::invalid("Please enter a unique Code."));
        }
        let mut others = self.shelf(Kind::Account).filter(is_other);
        if others.any(|it| it.word("Name") == name && it.word("Status") != "DELETED") {
            return Err(Refusal::invalid("Please enter a unique Name."));
        }
        let kept = previous.is_some_and(|entity| entity.text("SystemAccount").is_some());
        if kept && fields::text(body, "Status")? != Some("ACTIVE") {
            return Err(Refusal::invalid("A system account cannot be archived"));
        }
        let currency = fields::text(body, "CurrencyCode")?.unwrap_or(&self.base_currency);
        self.rate(currency, Some(Decimal::ONE))?;
        self.check_tax(fields::text(body, "TaxType")?.unwrap_or("NONE"), None)
    }

    pub(super) fn write_tax_rate(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let name = fields::text(given, "Name")?;
        let name = name.ok_or_else(|| Refusal::invalid("Name must be specified"))?;
        let mut percent = Decimal::ZERO;
        let mut components = Vec::new();
        for component in fields::objects(given, "TaxComponents")? {
            let rate = fields::decimal(component, "Rate")?.unwrap_or_default();
            percent = percent.checked_add(rate).unwrap_or(percent);
            components.push(json!({
                "Name": fields::text(component, "Name")?.unwrap_or(""),
                "Rate": fields::number(rate, 4),
                "IsCompound": fields::boolean(component, "IsCompound")?.unwrap_or(false),
                "IsNonRecoverable": false,
            }));
        }
        if components.is_empty() {
            return Err(Refusal::invalid("At least one TaxComponent must be specified"));
        }
        let report = fields::text(given, "ReportTaxType")?;
        let count = self.count(Kind::TaxRate);
        let code = previous.as_ref().map(|it| it.word("TaxType").to_owned());
        let code = code.unwrap_or_else(|| format!("TAX{:03}", count + 1));
        let percent = fields::number(percent, 4);
        let body = json!({
            "Name": name, "TaxType": code, "Status": "ACTIVE", "TaxComponents": components,
            "ReportTaxType": report.unwrap_or("OUTPUT"),
            "CanApplyToAssets": true, "CanApplyToEquity": true, "CanApplyToExpenses": true,
            "CanApplyToLiabilities": true, "CanApplyToRevenue": true,
            "DisplayTaxRate": percent, "EffectiveRate": percent,
        });
        let mut entity = previous.unwrap_or_else(|| self.fresh(Kind::TaxRate, write.now));
        entity.body = body.as_object().cloned().unwrap_or_default();
        Ok(self.store(entity, write.now))
    }

    pub(super) fn write_currency(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let code = fields::text(given, "Code")?;
        let is_code =
            |code: &&str| code.len() == 3 && code.bytes().all(|it| it.is_ascii_uppercase());
        let code =
            code.filter(is_code).ok_or_else(|| Refusal::malformed("Code", "is no currency"))?;
        if let Some(known) = self.by_key(Kind::Currency, code) {
            return Ok(known.place);
        }
        let mut entity = self.fresh(Kind::Currency, write.now);
        entity.set("Code", code);
        entity.set("Description", fields::text(given, "Description")?.unwrap_or(code));
        Ok(self.store(entity, write.now))
    }

    pub(super) fn write_item(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let code = fields::text(given, "Code")?;
        let code = code.or_else(|| previous.as_ref().and_then(|it| it.text("Code")));
        let code = code.ok_or_else(|| Refusal::invalid("Code must be specified"))?.to_owned();
        too_long(Some(&code), ITEM_CODE, "Code")?;
        too_long(fields::text(given, "Name")?, ITEM_NAME, "Name")?;
        too_long(fields::text(given, "Description")?, ITEM_DESCRIPTION, "Description")?;
        let other = self.by_key(Kind::Item, &code).map(|entity| entity.place);
        if other.is_some() && other != previous.as_ref().map(|it| it.place) {
            let why = format!("Price List Item with Code '{code}' already exists");
            return Err(Refusal::invalid(why));
        }
        let tracked = self.tracked_accounts(given)?;
        let mut prices = Vec::new();
        for name in ["SalesDetails", "PurchaseDetails"] {
            if let Some(details) = fields::object(given, name)? {
                prices.push((name, self.item_prices(details, write.unit_decimals)?));
            }
        }
        let mut entity = previous.unwrap_or_else(|| self.fresh(Kind::Item, write.now));
        let body = &mut entity.body;
        for (name, value) in
            [("IsSold", true), ("IsPurchased", true), ("IsTrackedAsInventory", false)]
        {
            body.entry(name).or_insert(json!(value));
        }
        keep(body, given, &["Name", "Description", "PurchaseDescription", "IsSold", "IsPurchased"]);
        body.insert("Code".to_owned(), json!(code));
        for name in ["SalesDetails", "PurchaseDetails"] {
            body.entry(name).or_insert(json!({}));
        }
        for (name, details) in prices {
            body.insert(name.to_owned(), details);
        }
        if let Some((stock, cost)) = tracked {
            body.insert("InventoryAssetAccountCode".to_owned(), json!(stock));
            body.insert("IsTrackedAsInventory".to_owned(), json!(true));
            body["PurchaseDetails"]["COGSAccountCode"] = json!(cost);
        }
        Ok(self.store(entity, write.now))
    }

    /// The accounts by which an item becomes tracked: of what is on hand, and of what was sold.
    fn tracked_accounts(&self, given: &Object) -> Checked<Option<(String, String)>> {
        let stock = fields::text(given, "InventoryAssetAccountCode")?;
        let bought = fields::object(given, "PurchaseDetails")?;
        let cost = bought.map(|it| fields::text(it, "COGSAccountCode")).transpose()?.flatten();
        let is_of = |code: &str, fits: &dyn Fn(&Entity) -> bool| {
            self.by_key(Kind::Account, code).is_some_and(fits)
        };
        match (stock, cost) {
            (None, None) => Ok(None),
            (Some(stock), Some(cost)) => {
                if !is_of(stock, &|it| it.word("Type") == "INVENTORY") {
                    return Err(Refusal::invalid("InventoryAssetAccountCode must be of INVENTORY"));
                }
                if !is_of(cost, &|it| it.word("Class") == "EXPENSE") {
                    return Err(Refusal::invalid("COGSAccountCode must be an expense account"));
                }
                Ok(Some((stock.to_owned(), cost.to_owned())))
            }
            _ => {
                let why = "A tracked item needs InventoryAssetAccountCode and COGSAccountCode";
                Err(Refusal::invalid(why))
            }
        }
    }

    fn item_prices(&self, details: &Object, unit_decimals: u32) -> Checked<Value> {
        let mut shown = json!({});
        if let Some(price) = fields::decimal(details, "UnitPrice")? {
            shown["UnitPrice"] = fields::number(price, unit_decimals);
        }
        let account = self.account_named(details)?;
        if let Some(account) = account {
            shown["AccountCode"] = json!(account.word("Code"));
        }
        if let Some(tax) = fields::text(details, "TaxType")? {
            self.check_tax(tax, account)?;
            shown["TaxType"] = json!(tax);
        }
        Ok(shown)
    }

    pub(super) fn write_tracking(&mut self, write: &Write<'_>, given: &Object) -> Checked<u64> {
        let previous = self.target(write, given)?;
        let name = fields::text(given, "Name")?;
        let name = name.or_else(|| previous.as_ref().and_then(|it| it.text("Name")));
        let name = name.ok_or_else(|| Refusal::invalid("Name must be specified"))?.to_owned();
        too_long(Some(&name), TRACKING_NAME, "Name")?;
        let other = self.by_key(Kind::TrackingCategory, &name).map(|entity| entity.place);
        if other.is_some() && other != previous.as_ref().map(|it| it.place) {
            return Err(Refusal::invalid("Please enter a unique Name."));
        }
        let active = self.shelf(Kind::TrackingCategory);
        let active = active.filter(|it| it.word("Status") == "ACTIVE").count();
        if previous.is_none() && active >= CATEGORIES_MOST {
            return Err(Refusal::invalid("Only 2 tracking categories can be active"));
        }
        let mut entity = previous.unwrap_or_else(|| self.fresh(Kind::TrackingCategory, write.now));
        entity.set("Name", &name);
        entity.set("Status", fields::text(given, "Status")?.unwrap_or("ACTIVE"));
        entity.body.entry("Options").or_insert(json!([]));
        Ok(self.store(entity, write.now))
    }

    /// Adds an option to a tracking category.
    pub(super) fn write_option(
        &mut self,
        id: &str,
        given: &Object,
        now: jiff::Timestamp,
    ) -> Checked<Value> {
        let category = self.by_id(Kind::TrackingCategory, id).ok_or(Refusal::NotFound)?;
        let mut category = category.clone();
        let name = fields::text(given, "Name")?;
        let name = name.ok_or_else(|| Refusal::invalid("Name must be specified"))?;
        too_long(Some(name), TRACKING_NAME, "Name")?;
        let known = fields::objects(&category.body, "Options")?;
        if known.iter().any(|option| option.get("Name") == Some(&json!(name))) {
            return Err(Refusal::invalid("Please enter a unique Name."));
        }
        if known.len() >= OPTIONS_MOST {
            return Err(Refusal::invalid("A tracking category can have at most 100 options"));
        }
        let id = identifier(self.seed, &format!("option {} {name}", category.id));
        let option = json!({ "TrackingOptionID": id, "Name": name, "Status": "ACTIVE" });
        if let Some(Value::Array(options)) = category.body.get_mut("Options") {
            options.push(option.clone());
        }
        self.store(category, now);
        Ok(option)
    }
}
