//! Sales tax: worked out by the vendor, or by the codes of the company's owner.
//!
//! A company with automated sales tax has one rate for every address, or one for each state that
//! it collects in: then the rate of the place that goods go to holds, and where a form names none,
//! that of the company's own, as the vendor documents. An explicit total replaces what was worked
//! out and is spread over the rates of that place. Where no line is taxable, or the company
//! collects nothing, there is nothing to put tax on, and an explicit total is passed over without a
//! word (from memory): who sends one must read back what was stored.
//!
//! A company with codes of its owner's works tax out rate by rate, on the sum of what bears it. In
//! the United States one code holds for a whole form (`TxnTaxCodeRef`), elsewhere each line has its
//! own. What a form says of a rate (`TaxLine`) replaces what was worked out; a rate that is in none
//! of the form's codes, or stands there twice, is refused, as the schema says. A total alone is
//! passed over there (from memory): what is said of tax is said rate by rate. What is bought bears
//! the rates that a code has for that, and what it comes to is taken back from the same agency.

use super::company::Company;
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use rust_decimal::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// The state that the company is in.
const HOME: &str = "CA";

/// The tax of a form.
#[derive(Debug)]
pub(super) struct Taxed {
    /// Minor units.
    pub(super) total: i64,
    /// The tax detail as it stands in an answer.
    pub(super) shown: Value,
}

/// A rate of tax.
#[derive(Clone, Debug)]
pub(super) struct Rate {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// Per cent.
    pub(super) percent: Decimal,
}

/// A tax code of the owner's.
#[derive(Debug)]
pub(super) struct Code {
    /// Its id.
    pub(super) id: String,
    /// Its name.
    pub(super) name: String,
    /// What is charged by it on what is sold.
    pub(super) rates: Vec<Rate>,
    /// What is charged by it on what is bought.
    pub(super) bought: Vec<Rate>,
}

/// A percentage of an amount, half a minor unit rounded away from zero.
pub(super) fn percentage(minor: i64, percent: Decimal) -> Option<i64> {
    let product = fields::decimal_of(minor).checked_mul(percent)?;
    fields::rounded_minor(product.checked_div(Decimal::ONE_HUNDRED)?)
}

/// Whether tax is worked out by the vendor, of a company that collects any.
const fn is_automated(company: &Company) -> bool {
    company.settings.automated_sales_tax && !company.settings.outside_the_united_states
}

/// The rate of automated sales tax by state, where the company collects in some of them alone.
fn by_state(company: &Company) -> Option<impl Iterator<Item = (&str, Rate)>> {
    let states = company.settings.collects_in.as_ref()?;
    Some(states.iter().enumerate().map(|(index, (state, percent))| {
        let (id, name) = ((index + 1).to_string(), format!("{state} State"));
        (state.as_str(), Rate { id, name, percent: *percent })
    }))
}

/// The rate of automated sales tax where a form's goods go to; none where nothing is collected.
fn rate_of_place(company: &Company, body: &Object) -> Result<Option<Rate>, Fault> {
    let Some(mut states) = by_state(company) else { return Ok(rates(company).into_iter().next()) };
    let address = fields::object(body, "ShipAddr")?;
    let (country, state) = match address {
        None => (None, Some(HOME)),
        Some(address) => {
            (fields::text(address, "Country")?, fields::text(address, "CountrySubDivisionCode")?)
        }
    };
    let at_home = country.is_none_or(|country| matches!(country, "US" | "USA"));
    Ok(states.find(|(own, _)| at_home && state == Some(*own)).map(|(_, rate)| rate))
}

/// The rates of a company: the vendor's own, or those of its owner's codes.
pub(super) fn rates(company: &Company) -> Vec<Rate> {
    let (name, percent) = (company.tax.agency.clone(), company.tax.percent);
    let mut rates = vec![Rate { id: "1".to_owned(), name, percent }];
    if is_automated(company) {
        return match by_state(company) {
            Some(states) => states.map(|(_, rate)| rate).collect(),
            None => rates,
        };
    }
    let codes = || company.settings.tax_codes.iter();
    let (sold, bought) = (codes().flat_map(|it| &it.rates), codes().flat_map(|it| &it.bought));
    for (name, percent) in sold.chain(bought) {
        if rates.iter().skip(1).all(|known| known.name != *name) {
            let id = (rates.len() + 1).to_string();
            rates.push(Rate { id, name: name.clone(), percent: *percent });
        }
    }
    rates.split_off(1)
}

/// The codes of a company's owner, as far as tax goes by them.
pub(super) fn codes(company: &Company) -> Vec<Code> {
    if is_automated(company) {
        return Vec::new();
    }
    let rates = rates(company);
    let of = |named: &[(String, Decimal)]| {
        let of = |name: &String| rates.iter().find(|rate| rate.name == *name).cloned();
        named.iter().filter_map(|(name, _)| of(name)).collect()
    };
    let codes = company.settings.tax_codes.iter().enumerate();
    let code = |(index, code): (usize, &super::company::TaxCode)| Code {
        id: (index + 2).to_string(),
        name: code.name.clone(),
        rates: of(&code.rates),
        bought: of(&code.bought),
    };
    codes.map(code).collect()
}

fn code(company: &Company, element: &str, id: &str) -> Result<Code, Fault> {
    let found = codes(company).into_iter().find(|code| code.id == id);
    found.ok_or_else(|| Fault::bad_reference(element, Kind::TaxCode, id))
}

/// Whether the lines of a body have codes of their own.
fn is_by_lines(company: &Company, body: &Object) -> Result<bool, Fault> {
    if !company.settings.outside_the_united_states || !company.settings.using_sales_tax {
        return Ok(false);
    }
    match fields::text(body, "GlobalTaxCalculation")? {
        Some("TaxExcluded") => Ok(true),
        Some("NotApplicable") => Ok(false),
        Some("TaxInclusive") => {
            Err(Fault::business("amounts that include tax are not part of the simulation"))
        }
        Some(other) => Err(Fault::bad_enumeration("GlobalTaxCalculation", other)),
        None => Err(Fault::missing("GlobalTaxCalculation")),
    }
}

/// The code of a line of a sales form; none where lines have none. In the United States one without
/// a code is not taxed.
pub(super) fn of_line(
    company: &Company,
    body: &Object,
    detail: &Object,
) -> Result<Option<String>, Fault> {
    let said = fields::reference(detail, "TaxCodeRef")?.map(|code| code.value);
    if company.settings.outside_the_united_states {
        if !is_by_lines(company, body)? {
            return Ok(None);
        }
        let said = said.ok_or_else(without_code)?;
        return code(company, "TaxCodeRef", &said).map(|code| Some(code.id));
    }
    match said.as_deref() {
        None | Some("NON") => Ok(Some("NON".to_owned())),
        Some("TAX") => Ok(Some("TAX".to_owned())),
        Some(other) => Err(Fault::tax_code(other)),
    }
}

fn without_code() -> Fault {
    Fault::business("Make sure all your transactions have a tax rate before you save.")
}

/// The code of a line of what is bought: outside the United States it has one too, unless the whole
/// transaction is out of the scope of tax. In the United States there is no such tax.
pub(super) fn of_bought_line(
    company: &Company,
    body: &Object,
    detail: &Object,
) -> Result<Option<String>, Fault> {
    if !is_by_lines(company, body)? {
        return Ok(None);
    }
    let said = fields::reference(detail, "TaxCodeRef")?.ok_or_else(without_code)?;
    code(company, "TaxCodeRef", &said.value).map(|code| Some(code.id))
}

/// The tax of what is bought, whose lines have these codes; none where they have none.
pub(super) fn of_bought(
    company: &Company,
    body: &Object,
    coded: &[(String, i64)],
) -> Result<Option<Taxed>, Fault> {
    if coded.is_empty() {
        return Ok(None);
    }
    let empty = Object::new();
    let detail = fields::object(body, "TxnTaxDetail")?.unwrap_or(&empty);
    let bases = coded.iter().map(|(id, minor)| {
        let code = code(company, "TaxCodeRef", id)?;
        Ok((code.bought, *minor))
    });
    by_rates(detail, bases.collect::<Result<Vec<_>, Fault>>()?, None).map(Some)
}

/// The tax of a form whose taxable lines come to so much, and its lines by their codes.
pub(super) fn of_form(
    company: &Company,
    body: &Object,
    taxable: i64,
    coded: &[(String, i64)],
) -> Result<Taxed, Fault> {
    let empty = Object::new();
    let detail = fields::object(body, "TxnTaxDetail")?.unwrap_or(&empty);
    if fields::amount(detail, "TotalTax")?.is_some_and(|minor| minor < 0) {
        return Err(Fault::business("The tax must be 0.00 or greater"));
    }
    let settings = &company.settings;
    let none = || Taxed { total: 0, shown: json!({ "TotalTax": 0 }) };
    if !settings.using_sales_tax {
        return Ok(none());
    }
    if is_automated(company) {
        return match rate_of_place(company, body)?.filter(|_| taxable != 0) {
            Some(rate) => worked_out(&rate, detail, taxable),
            None => Ok(none()),
        };
    }
    if settings.outside_the_united_states {
        if !is_by_lines(company, body)? {
            return Ok(none());
        }
        let codes =
            coded.iter().map(|(id, minor)| Ok((code(company, "TaxCodeRef", id)?.rates, *minor)));
        return by_rates(detail, codes.collect::<Result<Vec<_>, Fault>>()?, None);
    }
    // A form names one of the owner's codes, or bears none.
    let Some(said) = fields::reference(detail, "TxnTaxCodeRef")? else { return Ok(none()) };
    let code = code(company, "TxnTaxCodeRef", &said.value)?;
    let id = code.id.clone();
    by_rates(detail, vec![(code.rates, taxable)], Some(&id))
}

/// What automated sales tax works out, or what replaces it.
fn worked_out(rate: &Rate, detail: &Object, taxable: i64) -> Result<Taxed, Fault> {
    let percent = rate.percent;
    let computed = percentage(taxable, percent).ok_or_else(too_large)?;
    let automatic = fields::boolean(detail, "UseAutomatedSalesTax")?.unwrap_or(false);
    let wanted = fields::amount(detail, "TotalTax")?;
    let total = wanted.filter(|_| !automatic).unwrap_or(computed);
    let line = shown_line(&rate.id, percent, taxable, (computed, total));
    let mut shown = json!({ "TotalTax": fields::money(total), "TaxLine": [line] });
    if total != computed {
        shown["TaxReviewStatus"] = json!("AST_TAX_OVERRIDE");
    }
    Ok(Taxed { total, shown })
}

fn too_large() -> Fault {
    Fault::bad_number("TotalTax", "too large")
}

/// The tax by the rates of some codes, each on so much.
fn by_rates(
    detail: &Object,
    codes: Vec<(Vec<Rate>, i64)>,
    of_form: Option<&str>,
) -> Result<Taxed, Fault> {
    let mut bases: BTreeMap<String, (Rate, i64)> = BTreeMap::new();
    for (rates, minor) in codes {
        for rate in rates {
            let base = &mut bases.entry(rate.id.clone()).or_insert((rate, 0)).1;
            *base = base.checked_add(minor).ok_or_else(too_large)?;
        }
    }
    let mut said = said_of_rates(detail)?;
    let (mut total, mut lines) = (0_i64, Vec::new());
    for (id, (rate, base)) in bases {
        let computed = percentage(base, rate.percent).ok_or_else(too_large)?;
        let amount = said.remove(&id).flatten().unwrap_or(computed);
        total = total.checked_add(amount).ok_or_else(too_large)?;
        lines.push(shown_line(&id, rate.percent, base, (computed, amount)));
    }
    if let Some(id) = said.keys().next() {
        return Err(Fault::bad_reference("TaxRateRef", Kind::TaxRate, id));
    }
    if total < 0 {
        return Err(Fault::business("The tax must be 0.00 or greater"));
    }
    let mut shown = json!({ "TotalTax": fields::money(total), "TaxLine": lines });
    if let Some(code) = of_form {
        shown["TxnTaxCodeRef"] = json!({ "value": code });
    }
    Ok(Taxed { total, shown })
}

/// How much a form says that single rates are, by their ids.
fn said_of_rates(detail: &Object) -> Result<BTreeMap<String, Option<i64>>, Fault> {
    let mut said = BTreeMap::new();
    for line in fields::objects(detail, "TaxLine")? {
        match fields::text(line, "DetailType")? {
            Some("TaxLineDetail") => {}
            Some(other) => return Err(Fault::bad_enumeration("DetailType", other)),
            None => return Err(Fault::missing("TxnTaxDetail.TaxLine.DetailTypeEnum")),
        }
        let inner = fields::object(line, "TaxLineDetail")?;
        let inner = inner.ok_or_else(|| Fault::missing("TaxLineDetail"))?;
        let rate = fields::reference(inner, "TaxRateRef")?;
        let rate = rate.ok_or_else(|| Fault::missing("TaxRateRef"))?.value;
        if said.insert(rate, fields::amount(line, "Amount")?).is_some() {
            return Err(Fault::business("Any given tax rate may only be listed once"));
        }
    }
    Ok(said)
}

fn shown_line(rate: &str, percent: Decimal, base: i64, (computed, amount): (i64, i64)) -> Value {
    let mut detail = json!({
        "TaxRateRef": { "value": rate },
        "PercentBased": true,
        "TaxPercent": fields::number(percent),
        "NetAmountTaxable": fields::money(base),
    });
    if amount != computed {
        detail["OverrideDeltaAmount"] = fields::money(amount - computed);
    }
    json!({
        "Amount": fields::money(amount),
        "DetailType": "TaxLineDetail",
        "TaxLineDetail": detail,
    })
}
