//! Sales tax of a US company with automated sales tax.
//!
//! One rate, found for every address: where goods go is not looked at. An explicit total replaces
//! what was worked out, as the vendor documents. Where no line is taxable there is nothing to put
//! tax on, and an explicit total is passed over without a word (from memory): who sends one must
//! read back what was stored.

use super::company::Company;
use super::fault::Fault;
use super::fields::{self, Object};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// The tax of a form.
#[derive(Debug)]
pub(super) struct Taxed {
    /// Minor units.
    pub(super) total: i64,
    /// The tax detail as it stands in an answer.
    pub(super) shown: Value,
}

/// A percentage of an amount, half a minor unit rounded away from zero.
pub(super) fn percentage(minor: i64, percent: Decimal) -> Option<i64> {
    let product = fields::decimal_of(minor).checked_mul(percent)?;
    fields::rounded_minor(product.checked_div(Decimal::ONE_HUNDRED)?)
}

/// Whether a line is taxed. Without a code it is not.
pub(super) fn is_taxable(detail: &Object) -> Result<bool, Fault> {
    let code = fields::reference(detail, "TaxCodeRef")?;
    match code.as_ref().map(|code| code.value.as_str()) {
        None | Some("NON") => Ok(false),
        Some("TAX") => Ok(true),
        Some(other) => Err(Fault::tax_code(other)),
    }
}

/// The tax of a form whose taxable lines come to this.
pub(super) fn of_form(company: &Company, body: &Object, taxable: i64) -> Result<Taxed, Fault> {
    let empty = Object::new();
    let detail = fields::object(body, "TxnTaxDetail")?.unwrap_or(&empty);
    let wanted = fields::amount(detail, "TotalTax")?;
    if wanted.is_some_and(|minor| minor < 0) {
        return Err(Fault::business("The tax must be 0.00 or greater"));
    }
    // Where a company's own codes say it, a form names one of them or bears none (from memory).
    let settings = &company.settings;
    let by_code = settings.automated_sales_tax || detail.contains_key("TxnTaxCodeRef");
    if taxable == 0 || !settings.using_sales_tax || !by_code {
        return Ok(Taxed { total: 0, shown: json!({ "TotalTax": 0 }) });
    }
    let percent = company.tax.percent;
    let computed =
        percentage(taxable, percent).ok_or_else(|| Fault::bad_number("TotalTax", "too large"))?;
    let automatic = fields::boolean(detail, "UseAutomatedSalesTax")?.unwrap_or(false);
    let total = wanted.filter(|_| !automatic).unwrap_or(computed);
    let mut rate = json!({
        "TaxRateRef": { "value": "1" },
        "PercentBased": true,
        "TaxPercent": fields::number(percent),
        "NetAmountTaxable": fields::money(taxable),
    });
    if total != computed {
        rate["OverrideDeltaAmount"] = fields::money(total - computed);
    }
    let line = json!({
        "Amount": fields::money(total),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": rate,
    });
    let mut shown = json!({ "TotalTax": fields::money(total), "TaxLine": [line] });
    if total != computed {
        shown["TaxReviewStatus"] = json!("AST_TAX_OVERRIDE");
    }
    Ok(Taxed { total, shown })
}
