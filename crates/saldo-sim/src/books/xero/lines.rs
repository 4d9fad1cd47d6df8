//! The lines of a document: amounts, accounts, taxes, tracking.
//!
//! The vendor rounds each line's amount and each line's tax to two decimals, then adds up.

use super::entity::Entity;
use super::fields::{self, Object};
use super::kind::Kind;
use super::organisation::{Organisation, identifier};
use super::refusal::{Checked, Refusal};
use super::stock::{TrackedLine, is_tracked};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The most tracking categories of a line.
const TRACKING_MOST: usize = 2;

/// How lines are to be read.
#[derive(Clone, Copy)]
pub(super) struct Reading<'a> {
    pub(super) organisation: &'a Organisation,
    /// Decimals of unit prices.
    pub(super) unit_decimals: u32,
    /// Whether something is sold; else something is bought.
    pub(super) sells: bool,
    /// Whether lines may carry a discount.
    pub(super) discounts: bool,
    /// Whether everything must be there; a draft may be incomplete.
    pub(super) strict: bool,
    /// What new lines take their identifiers from.
    pub(super) owner: &'a str,
}

/// Whether amounts of lines are without tax, with it, or know none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum AmountTypes {
    Exclusive,
    Inclusive,
    NoTax,
}

impl AmountTypes {
    /// Reads the property of a document.
    pub(super) fn of(body: &Object, otherwise: Self) -> Checked<Self> {
        match fields::text(body, "LineAmountTypes")? {
            None => Ok(otherwise),
            Some("Exclusive") => Ok(Self::Exclusive),
            Some("Inclusive") => Ok(Self::Inclusive),
            Some("NoTax") => Ok(Self::NoTax),
            Some(_) => Err(Refusal::malformed("LineAmountTypes", "is not one that is known")),
        }
    }

    /// The word in bodies.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Exclusive => "Exclusive",
            Self::Inclusive => "Inclusive",
            Self::NoTax => "NoTax",
        }
    }
}

/// What lines come to, in minor units of the document's currency.
#[derive(Debug, Default)]
pub(super) struct Lines {
    /// The lines as they stand in answers.
    pub(super) shown: Vec<Value>,
    /// Account and amount without tax.
    pub(super) parts: Vec<(u64, i64)>,
    /// Those of tracked items.
    pub(super) tracked: Vec<TrackedLine>,
    pub(super) sub_total: i64,
    pub(super) total_tax: i64,
    pub(super) total: i64,
}

impl Reading<'_> {
    /// Reads the lines of a document.
    pub(super) fn lines(&self, body: &Object, types: AmountTypes) -> Checked<Lines> {
        let mut read = Lines::default();
        let mut wrong = Vec::new();
        for (place, line) in fields::objects(body, "LineItems")?.into_iter().enumerate() {
            match self.line(line, types, place) {
                Ok(Line { shown, account, net, tax, tracked }) => {
                    read.shown.push(shown);
                    read.tracked.extend(tracked);
                    read.parts.extend(account.map(|account| (account, net)));
                    read.sub_total += net;
                    read.total_tax += tax;
                }
                Err(Refusal::Invalid(messages)) => wrong.extend(messages),
                Err(other) => return Err(other),
            }
        }
        if self.strict && read.shown.is_empty() && wrong.is_empty() {
            wrong.push("One or more line items must be specified".to_owned());
        }
        read.total = read.sub_total + read.total_tax;
        if let Some(stated) = fields::amount(body, "Total")?
            && stated != read.total
        {
            wrong.push("The invoice total does not equal the sum of the lines".to_owned());
        }
        if read.total < 0 {
            wrong.push("The document total must not be negative".to_owned());
        }
        if wrong.is_empty() { Ok(read) } else { Err(Refusal::Invalid(wrong)) }
    }

    fn line(&self, line: &Object, types: AmountTypes, place: usize) -> Checked<Line> {
        let item = self.item(line)?;
        let prices = item.and_then(|item| self.prices(item));
        let amounts = self.amounts(line, prices)?;
        let description = fields::text(line, "Description")?;
        let description = description.or_else(|| item.and_then(|item| item.text("Description")));
        let account = match item.filter(|item| is_tracked(item) && !self.sells) {
            Some(item) => self.stock_account(line, item)?,
            None => self.account(line, prices)?,
        };
        let is_text = amounts.is_none() && account.is_none();
        let Amounts { quantity, unit, amount } = amounts.unwrap_or_default();
        if self.strict && description.is_none() {
            return Err(Refusal::invalid("Description must be specified"));
        }
        if self.strict && account.is_none() && !is_text {
            return Err(Refusal::invalid("Account code must be specified"));
        }
        let tax_type = self.tax_type(line, types, account, prices)?;
        let tax = self.tax(line, types, amount, tax_type.as_deref())?;
        let net = if types == AmountTypes::Inclusive { amount - tax } else { amount };
        let id = fields::text(line, "LineItemID")?.map(str::to_owned);
        let id = id.unwrap_or_else(|| {
            identifier(self.organisation.seed, &format!("line {} {place}", self.owner))
        });
        let mut shown = json!({
            "LineItemID": id, "Description": description.unwrap_or(""),
            "UnitAmount": fields::number(unit, self.unit_decimals),
            "Quantity": fields::number(quantity, 4), "LineAmount": fields::money(amount),
            "TaxAmount": fields::money(tax), "Tracking": self.tracking(line)?,
        });
        for name in ["DiscountRate", "DiscountAmount"] {
            if let Some(given) = fields::decimal(line, name)? {
                shown[name] = fields::number(given, 2);
            }
        }
        if let Some(tax_type) = tax_type {
            shown["TaxType"] = json!(tax_type);
        }
        if let Some(account) = account {
            shown["AccountCode"] = json!(account.word("Code"));
            shown["AccountID"] = json!(account.id);
        }
        if let Some(item) = item {
            shown["ItemCode"] = json!(item.word("Code"));
            shown["Item"] = json!({
                "ItemID": item.id, "Name": item.word("Name"), "Code": item.word("Code"),
            });
        }
        let tracked = item.filter(|item| is_tracked(item));
        let tracked = tracked.map(|item| TrackedLine { item: item.place, units: quantity, net });
        if tracked.is_some() && self.strict && quantity <= Decimal::ZERO {
            return Err(Refusal::invalid(
                "The quantity of a tracked item must be greater than zero",
            ));
        }
        Ok(Line { shown, account: account.map(|account| account.place), net, tax, tracked })
    }

    /// The account of a line that buys a tracked item: the item's own, and no other.
    fn stock_account(&self, line: &Object, item: &Entity) -> Checked<Option<&Entity>> {
        let code = item.word("InventoryAssetAccountCode");
        let own = self.organisation.by_key(Kind::Account, code);
        let stated = self.organisation.account_named(line)?;
        match (stated, own) {
            (Some(stated), Some(own)) if stated.place != own.place => {
                Err(invalid_code(stated.word("Code")))
            }
            (_, own) => Ok(own),
        }
    }

    fn item(&self, line: &Object) -> Checked<Option<&Entity>> {
        let Some(code) = fields::text(line, "ItemCode")? else { return Ok(None) };
        let item = self.organisation.by_key(Kind::Item, code);
        let unknown = || Refusal::invalid(format!("Item code '{code}' is not valid"));
        item.map(Some).ok_or_else(unknown)
    }

    /// The prices of an item, on the side that the document stands on.
    fn prices<'a>(&self, item: &'a Entity) -> Option<&'a Object> {
        let name = if self.sells { "SalesDetails" } else { "PurchaseDetails" };
        item.body.get(name).and_then(Value::as_object)
    }

    /// Quantity, unit price and amount of a line; none where the line is only a text.
    fn amounts(&self, line: &Object, prices: Option<&Object>) -> Checked<Option<Amounts>> {
        let quantity = fields::decimal(line, "Quantity")?;
        let stated = fields::amount(line, "LineAmount")?;
        let mut unit = fields::decimal(line, "UnitAmount")?;
        if unit.is_none() && stated.is_none() {
            unit = prices.map(|it| fields::decimal(it, "UnitPrice")).transpose()?.flatten();
        }
        if quantity.is_none() && unit.is_none() && stated.is_none() {
            return Ok(None);
        }
        let quantity = quantity.unwrap_or(Decimal::ONE);
        let left = self.after_discount(line)?;
        let too_large = || Refusal::malformed("LineAmount", "is too large");
        let unit = match (unit, stated) {
            (Some(unit), _) => fields::round(unit, self.unit_decimals),
            (None, Some(stated)) if !quantity.is_zero() => {
                let unit = fields::decimal_of(stated).checked_div(quantity);
                fields::round(unit.ok_or_else(too_large)?, self.unit_decimals)
            }
            (None, _) => Decimal::ZERO,
        };
        let full = quantity.checked_mul(unit).ok_or_else(too_large)?;
        let amount = left.of(full).and_then(fields::minor).ok_or_else(too_large)?;
        match stated.filter(|stated| *stated != amount) {
            None => Ok(Some(Amounts { quantity, unit, amount })),
            // Where the price was not given, the amount is what counts.
            Some(stated) if !line.contains_key("UnitAmount") => {
                Ok(Some(Amounts { quantity, unit, amount: stated }))
            }
            Some(stated) => Err(Refusal::invalid(format!(
                "The line total {} does not match the expected line total {}",
                fields::decimal_of(stated),
                fields::decimal_of(amount)
            ))),
        }
    }

    fn after_discount(&self, line: &Object) -> Checked<Discount> {
        let rate = fields::decimal(line, "DiscountRate")?.filter(|rate| !rate.is_zero());
        let amount = fields::decimal(line, "DiscountAmount")?.filter(|it| !it.is_zero());
        if !self.discounts && (rate.is_some() || amount.is_some()) {
            let why = "Discounts are only supported on ACCREC invoices and quotes";
            return Err(Refusal::invalid(why));
        }
        match (rate, amount) {
            (Some(_), Some(_)) => {
                Err(Refusal::invalid("Only one of DiscountRate and DiscountAmount may be given"))
            }
            (Some(rate), None) => Ok(Discount::Rate(rate)),
            (None, Some(amount)) => Ok(Discount::Amount(amount)),
            (None, None) => Ok(Discount::None),
        }
    }

    fn account(&self, line: &Object, prices: Option<&Object>) -> Checked<Option<&Entity>> {
        let Some(account) = self.organisation.account_named(line)? else {
            let code = prices.map(|it| fields::text(it, "AccountCode")).transpose()?.flatten();
            return Ok(code.and_then(|code| self.organisation.by_key(Kind::Account, code)));
        };
        let kept = matches!(
            account.word("SystemAccount"),
            "DEBTORS" | "CREDITORS" | "BANKCURRENCYGAIN" | "UNREALISEDCURRENCYGAIN"
        );
        if account.word("Type") == "BANK" || kept {
            return Err(invalid_code(account.word("Code")));
        }
        Ok(Some(account))
    }

    /// The type of a line's tax: as it came, or the item's, or the account's.
    fn tax_type(
        &self,
        line: &Object,
        types: AmountTypes,
        account: Option<&Entity>,
        prices: Option<&Object>,
    ) -> Checked<Option<String>> {
        if types == AmountTypes::NoTax {
            return Ok(account.map(|_| "NONE".to_owned()));
        }
        let of_item = prices.map(|it| fields::text(it, "TaxType")).transpose()?.flatten();
        let of_account = account.and_then(|account| account.text("TaxType"));
        let Some(code) = fields::text(line, "TaxType")?.or(of_item).or(of_account) else {
            return Ok(None);
        };
        self.organisation.check_tax(code, account)?;
        Ok(Some(code.to_owned()))
    }

    /// The tax of a line: what the rate makes of it, rounded, unless another amount came. A rate of
    /// nothing makes nothing, whatever came.
    fn tax(
        &self,
        line: &Object,
        types: AmountTypes,
        amount: i64,
        tax_type: Option<&str>,
    ) -> Checked<i64> {
        let percent = tax_type.map_or(Decimal::ZERO, |code| self.organisation.percent(code));
        if types == AmountTypes::NoTax || percent.is_zero() {
            return Ok(0);
        }
        if let Some(given) = fields::amount(line, "TaxAmount")? {
            return Ok(given);
        }
        computed_tax(amount, percent, types)
            .ok_or_else(|| Refusal::malformed("LineAmount", "is too large"))
    }

    fn tracking(&self, line: &Object) -> Checked<Value> {
        let given = fields::objects(line, "Tracking")?;
        if given.len() > TRACKING_MOST {
            return Err(Refusal::invalid("A line can have a maximum of 2 tracking categories"));
        }
        let shown = given.into_iter().map(|one| self.organisation.tracked(one));
        Ok(Value::Array(shown.collect::<Checked<_>>()?))
    }
}

/// Quantity, unit price and amount of a line.
#[derive(Debug, Default)]
struct Amounts {
    quantity: Decimal,
    unit: Decimal,
    amount: i64,
}

/// A line that was read.
struct Line {
    shown: Value,
    account: Option<u64>,
    net: i64,
    tax: i64,
    tracked: Option<TrackedLine>,
}

/// What is taken off a line.
enum Discount {
    None,
    Rate(Decimal),
    Amount(Decimal),
}

impl Discount {
    fn of(&self, full: Decimal) -> Option<Decimal> {
        match self {
            Self::None => Some(full),
            Self::Rate(rate) => {
                let left = Decimal::ONE_HUNDRED.checked_sub(*rate)?;
                full.checked_mul(left)?.checked_div(Decimal::ONE_HUNDRED)
            }
            Self::Amount(amount) => full.checked_sub(*amount),
        }
    }
}

/// The tax that a rate makes of an amount, rounded to two decimals.
pub(super) fn computed_tax(amount: i64, percent: Decimal, types: AmountTypes) -> Option<i64> {
    let amount = fields::decimal_of(amount).checked_mul(percent)?;
    let divisor = match types {
        AmountTypes::NoTax => return Some(0),
        AmountTypes::Exclusive => Decimal::ONE_HUNDRED,
        AmountTypes::Inclusive => Decimal::ONE_HUNDRED.checked_add(percent)?,
    };
    fields::minor(amount.checked_div(divisor)?)
}

/// A code that does not go with a document.
pub(super) fn invalid_code(code: &str) -> Refusal {
    Refusal::invalid(format!("Account code '{code}' is not a valid code for this document."))
}

impl Organisation {
    /// The account that `AccountCode` or `AccountID` names: it must be there and active.
    pub(super) fn account_named(&self, line: &Object) -> Checked<Option<&Entity>> {
        let code = fields::text(line, "AccountCode")?;
        let id = fields::text(line, "AccountID")?;
        let found = match (code, id) {
            (Some(code), _) => self.by_key(Kind::Account, code).ok_or_else(|| invalid_code(code)),
            (None, Some(id)) => self.by_id(Kind::Account, id).ok_or_else(|| invalid_code(id)),
            (None, None) => return Ok(None),
        };
        let account = found?;
        if account.word("Status") == "ACTIVE" {
            return Ok(Some(account));
        }
        Err(invalid_code(account.word("Code")))
    }

    /// Refuses a type of tax that is not there, or that does not go with the account.
    pub(super) fn check_tax(&self, code: &str, account: Option<&Entity>) -> Checked<()> {
        let rate = self.by_key(Kind::TaxRate, code);
        let Some(rate) = rate.filter(|rate| rate.word("Status") == "ACTIVE") else {
            return Err(Refusal::invalid(format!(
                "The TaxType code '{code}' does not exist or cannot be used for this type of \
                 transaction."
            )));
        };
        let Some(account) = account else { return Ok(()) };
        let permission = match account.word("Class") {
            "ASSET" => "CanApplyToAssets",
            "EQUITY" => "CanApplyToEquity",
            "EXPENSE" => "CanApplyToExpenses",
            "LIABILITY" => "CanApplyToLiabilities",
            _ => "CanApplyToRevenue",
        };
        if rate.body.get(permission) == Some(&Value::Bool(true)) {
            return Ok(());
        }
        let account = account.word("Code");
        Err(Refusal::invalid(format!(
            "The TaxType code '{code}' cannot be used with account code '{account}'."
        )))
    }

    /// Per cent of a type of tax.
    pub(super) fn percent(&self, code: &str) -> Decimal {
        let rate = self.by_key(Kind::TaxRate, code);
        let percent = rate.and_then(|rate| fields::decimal(&rate.body, "EffectiveRate").ok());
        percent.flatten().unwrap_or_default()
    }

    /// A tracking category and its option, as they stand in answers.
    pub(super) fn tracked(&self, given: &Object) -> Checked<Value> {
        let name = fields::text(given, "Name")?;
        let id = fields::text(given, "TrackingCategoryID")?;
        let category = match (id, name) {
            (Some(id), _) => self.by_id(Kind::TrackingCategory, id),
            (None, Some(name)) => self.by_key(Kind::TrackingCategory, name),
            (None, None) => None,
        };
        let category = category.filter(|it| it.word("Status") == "ACTIVE");
        let named = name.or(id).unwrap_or("");
        let unknown = || Refusal::invalid(format!("Tracking category '{named}' is not valid"));
        let category = category.ok_or_else(unknown)?;
        let (option, option_id) =
            (fields::text(given, "Option")?, fields::text(given, "TrackingOptionID")?);
        let options = fields::objects(&category.body, "Options")?;
        let is_meant = |known: &&&Object| {
            let is = |name: &str, wanted: Option<&str>| {
                wanted.is_none_or(|wanted| known.get(name).and_then(Value::as_str) == Some(wanted))
            };
            is("Name", option) && is("TrackingOptionID", option_id) && is("Status", Some("ACTIVE"))
        };
        let known = options.iter().find(is_meant).filter(|_| option.or(option_id).is_some());
        let named = option.or(option_id).unwrap_or("");
        let unknown = || Refusal::invalid(format!("Tracking option '{named}' is not valid"));
        let known = known.ok_or_else(unknown)?;
        Ok(json!({
            "TrackingCategoryID": category.id, "Name": category.word("Name"),
            "TrackingOptionID": known.get("TrackingOptionID"), "Option": known.get("Name"),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tax_is_rounded_half_away_from_zero_on_each_line() {
        let twenty = Decimal::from(20);
        let cases = [
            (1_882, AmountTypes::Exclusive, 376),
            (1_883, AmountTypes::Exclusive, 377),
            (-1_883, AmountTypes::Exclusive, -377),
            (1_200, AmountTypes::Inclusive, 200),
            (1_000, AmountTypes::Inclusive, 167),
            (1_000, AmountTypes::NoTax, 0),
        ];
        for (amount, types, expected) in cases {
            assert_eq!(computed_tax(amount, twenty, types), Some(expected), "{amount} {types:?}");
        }
    }
}
