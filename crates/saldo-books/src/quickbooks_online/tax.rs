//! Sales tax that a form says by codes: of the form as a whole, or of each line. Beside the code
//! stands how much each rate of it amounts to, so that the vendor works nothing out itself.

use super::codes::{self, Says, Way};
use super::names;
use super::shape::{Form, FormLine};
use super::wire::{self, Reference, TaxDetail, TaxLineDetail, Transaction};
use crate::json;
use rust_decimal::Decimal;
use saldo_core::book::{BookContext, TaxCode, TaxRate};
use saldo_core::commerce::ShipTo;
use saldo_core::document::Document;
use saldo_core::money::{Currency, Money};
use std::collections::BTreeMap;

/// A tax of a form, and how much it is in the form's own direction.
pub(super) type FormTax = (TaxRate, Money);

/// The word for lines that are taxed, where the code holds for the whole form.
const TAXED: &str = "TAX";
/// The word for lines that are not.
const NOT_TAXED: &str = "NON";

/// How long the names of countries and regions may be, and postal codes, by the schema.
const REGION: usize = 255;
const POSTAL_CODE: usize = 30;

/// What a form says of sales tax, line by line and as a whole.
pub(super) struct Said {
    /// The code of each line, in their order; none where none is said.
    pub(super) of_lines: Vec<Option<String>>,
    /// The tax of the form.
    pub(super) detail: TaxDetail,
    /// How line amounts stand to tax: said outside the United States alone.
    pub(super) calculation: Option<String>,
}

/// What a form says of sales tax.
///
/// # Errors
/// In words, where it is not known which code a tax is, or the form cannot say it.
pub(super) fn said(form: &Form<'_>, context: &BookContext) -> Result<Said, String> {
    match Says::of(context) {
        Says::HowMuch | Says::HowMuchAtHome => Ok(how_much(form)),
        Says::CodeOfForm => by_form(form, context),
        Says::CodeOfLines => by_lines(form, context),
    }
}

/// What a transaction without sales tax of its own says outside the United States, where its lines
/// would each want a code otherwise.
pub(super) fn calculation_without(context: &BookContext) -> Option<String> {
    (Says::of(context) == Says::CodeOfLines).then(|| "NotApplicable".to_owned())
}

/// Where goods go to, in companies whose tax is worked out and reported by places: the state, and
/// its postal code, for a place that names no state says nothing of whose tax it is. Without one
/// the company's own place counts. Codes say themselves whose tax they are, so that no place is
/// said beside them.
pub(super) fn place(ships_to: Option<&ShipTo>, context: &BookContext) -> Option<wire::Address> {
    let ShipTo { country, region, postal_code } =
        ships_to.filter(|to| Says::of(context) == Says::HowMuch && to.country == "US")?;
    let text = |text: &String, length| Some(names::text(text, length)).filter(|it| !it.is_empty());
    Some(wire::Address {
        country: text(country, REGION),
        country_sub_division_code: Some(text(region.as_ref()?, REGION)?),
        postal_code: postal_code.as_ref().and_then(|code| text(code, POSTAL_CODE)),
    })
}

fn word(taxed: bool) -> Option<String> {
    Some(if taxed { TAXED } else { NOT_TAXED }.to_owned())
}

fn how_much(form: &Form<'_>) -> Said {
    let total_tax = Some(json::number(form.tax));
    Said {
        of_lines: form.lines.iter().map(|line| word(line.taxed)).collect(),
        detail: TaxDetail { total_tax, ..TaxDetail::default() },
        calculation: None,
    }
}

/// One code for the whole form: all lines that bear tax bear all of it.
fn by_form(form: &Form<'_>, context: &BookContext) -> Result<Said, String> {
    if form.taxes.is_empty() {
        let total_tax = Some(json::number(form.tax));
        let of_lines = form.lines.iter().map(|_| word(false)).collect();
        let detail = TaxDetail { total_tax, ..TaxDetail::default() };
        return Ok(Said { of_lines, detail, calculation: None });
    }
    let all: Vec<&TaxRate> = form.taxes.iter().map(|(tax, _)| tax).collect();
    let bears_some = |line: &&FormLine<'_>| line.taxed && borne(line, form) != all;
    if let Some(line) = form.lines.iter().find(bears_some) {
        return Err(format!(
            "`{}` does not bear all of its taxes ({}), and in a company with codes of its owner's \
             one code holds for all of a form: let QuickBooks automate sales tax, give these taxes \
             accounts of your own (`tax.accounts` of the policy), or enter it by hand",
            line.text,
            codes::together(&all)
        ));
    }
    if let Some((tax, amount)) =
        form.taxes.first().filter(|_| !form.lines.iter().any(|it| it.taxed))
    {
        return Err(format!("no line bears the tax `{tax}` of {amount}"));
    }
    let code = codes::chosen(&codes::together(&all), all.len(), Way::Sold, context)?;
    let mut rates = Rates::of(Way::Sold);
    let amounts = form.lines.iter().filter(|line| line.taxed).map(|line| line.amount);
    let base = sum(form.tax.currency(), amounts)?;
    for (tax, _) in &form.taxes {
        rates.add(code, &all, tax, base)?;
    }
    let mut detail = rates.detail(form.tax, &form.taxes)?;
    detail.txn_tax_code_ref = Some(Reference::to(code.remote.as_str()));
    let of_lines = form.lines.iter().map(|line| word(line.taxed)).collect();
    Ok(Said { of_lines, detail, calculation: None })
}

/// A code for each line.
fn by_lines(form: &Form<'_>, context: &BookContext) -> Result<Said, String> {
    let is_sale = |line: &FormLine<'_>| form.is_taxed_here && line.sold;
    let (mut of_lines, mut rates) = (Vec::new(), Rates::of(Way::Sold));
    if form.taxes.is_empty() && !form.lines.iter().any(is_sale) {
        of_lines.resize(form.lines.len(), None);
        let total_tax = Some(json::number(form.tax));
        let detail = TaxDetail { total_tax, ..TaxDetail::default() };
        return Ok(Said { of_lines, detail, calculation: calculation_without(context) });
    }
    for line in &form.lines {
        let borne = borne(line, form);
        let code = match (borne.is_empty(), is_sale(line)) {
            (false, _) => codes::chosen(&codes::together(&borne), borne.len(), Way::Sold, context)?,
            (true, true) => codes::chosen(&codes::untaxed(), 1, Way::Sold, context)?,
            (true, false) => codes::chosen(&codes::no_sale(), 1, Way::Sold, context)?,
        };
        for tax in &borne {
            rates.add(code, &borne, tax, line.amount)?;
        }
        of_lines.push(Some(code.remote.to_string()));
    }
    if let Some((tax, amount)) = form.taxes.iter().find(|(tax, _)| !rates.holds(tax)) {
        return Err(format!("no line bears the tax `{tax}` of {amount}"));
    }
    let calculation = Some("TaxExcluded".to_owned());
    let detail = rates.detail(form.tax, &form.taxes)?;
    Ok(Said { of_lines, detail, calculation })
}

/// The taxes that a line bears: those that it says, else all of its form.
fn borne<'a>(line: &'a FormLine<'_>, form: &'a Form<'_>) -> Vec<&'a TaxRate> {
    match (line.taxed, line.taxes.is_empty()) {
        (false, _) => Vec::new(),
        (true, true) => form.taxes.iter().map(|(tax, _)| tax).collect(),
        (true, false) => line.taxes.iter().collect(),
    }
}

fn sum(currency: Currency, amounts: impl Iterator<Item = Money>) -> Result<Money, String> {
    Money::sum(currency, amounts).map_err(|error| error.to_string())
}

/// What each tax of a form is charged on, and which rate of the company's it is.
pub(super) struct Rates {
    way: Way,
    of: BTreeMap<TaxRate, (Option<Reference>, Money)>,
}

impl Rates {
    /// None yet.
    pub(super) const fn of(way: Way) -> Self {
        Self { way, of: BTreeMap::new() }
    }

    /// Adds what a tax, one of those that are borne together, is charged on. It is the rate of
    /// their code that has its percentage, where there is one. Where the code has other rates than
    /// there are taxes, the vendor spreads the tax of what is sold; what is bought is refused,
    /// since the vendor passes over a total without rates there.
    pub(super) fn add(
        &mut self,
        code: &TaxCode,
        together: &[&TaxRate],
        tax: &TaxRate,
        base: Money,
    ) -> Result<(), String> {
        let rate = rate_of((code, self.way), together, tax)?.map(Reference::to);
        if rate.is_none() && self.way == Way::Bought {
            return Err(format!(
                "the tax code `{}` has {} rates for what is bought, where `{tax}` is one tax: give \
                 this tax a code with one such rate, by `saldo connect quickbooks-online --tax`",
                code.name,
                self.way.rates(code).len()
            ));
        }
        match self.of.get_mut(tax) {
            None => {
                self.of.insert(tax.clone(), (rate, base));
            }
            Some((known, _)) if *known != rate => {
                return Err(format!(
                    "the tax `{tax}` is one rate in one of its tax codes, and another in another"
                ));
            }
            Some((_, sum)) => *sum = sum.plus(base).map_err(|error| error.to_string())?,
        }
        Ok(())
    }

    pub(super) fn holds(&self, tax: &TaxRate) -> bool {
        self.of.contains_key(tax)
    }

    /// The tax of a form, all of it and rate by rate.
    pub(super) fn detail(&self, total: Money, taxes: &[FormTax]) -> Result<TaxDetail, String> {
        let total_tax = Some(json::number(total));
        let mut tax_line: Vec<wire::Line> = Vec::new();
        let mut seen: Vec<&Reference> = Vec::new();
        for (tax, amount) in taxes {
            let Some((Some(rate), base)) = self.of.get(tax) else {
                return Ok(TaxDetail { total_tax, ..TaxDetail::default() });
            };
            if seen.contains(&rate) {
                return Err(format!(
                    "two of its taxes are the same rate of the company's, `{tax}` among them"
                ));
            }
            seen.push(rate);
            tax_line.push(wire::Line {
                detail_type: Some("TaxLineDetail".to_owned()),
                amount: Some(json::number(*amount)),
                tax_line_detail: Some(TaxLineDetail {
                    tax_rate_ref: Some(rate.clone()),
                    percent_based: Some(true),
                    tax_percent: tax.rate.map(json::decimal_number),
                    net_amount_taxable: Some(json::number(*base)),
                }),
                ..wire::Line::default()
            });
        }
        Ok(TaxDetail { total_tax, tax_line, txn_tax_code_ref: None })
    }
}

/// Which rate of a code a tax is; none where the code has other rates than there are taxes.
fn rate_of<'a>(
    (code, way): (&'a TaxCode, Way),
    together: &[&TaxRate],
    tax: &TaxRate,
) -> Result<Option<&'a str>, String> {
    let rates = way.rates(code);
    if rates.len() != together.len() {
        return Ok(None);
    }
    if let [only] = rates {
        return Ok(Some(only.remote.as_str()));
    }
    let names = |name: &str| {
        let name = name.trim().to_lowercase();
        name == tax.title.trim().to_lowercase() || name == tax.to_string().to_lowercase()
    };
    let named: Vec<_> = rates.iter().filter(|rate| names(&rate.name)).collect();
    let of_percent = || rates.iter().filter(|it| it.percent.is_some() && it.percent == tax.rate);
    let found = if named.len() == 1 { named } else { of_percent().collect() };
    match found[..] {
        [rate] => Ok(Some(rate.remote.as_str())),
        _ => Err(format!(
            "which rate of the tax code `{}` the tax `{tax}` is cannot be told: give the rate the \
             name of the tax in QuickBooks",
            code.name
        )),
    }
}

/// In which words the taxes of single rates that the book holds differ from what was sent, where
/// the answer shows them.
///
/// # Errors
/// In words, where an amount cannot be read.
pub(super) fn differences(
    document: &Document,
    sent: &Transaction,
    row: &Transaction,
) -> Result<Vec<String>, String> {
    let currency = document.header().currency;
    let (sent, held) = (of_rates(sent, currency)?, of_rates(row, currency)?);
    if sent.is_empty() || held.is_empty() {
        return Ok(Vec::new());
    }
    let nothing = Money::zero(currency);
    let differs = sent.iter().filter_map(|(rate, sent)| {
        let held = held.get(rate).copied().unwrap_or(nothing);
        (*sent != held).then(|| format!("tax of rate {rate}: sent {sent}, held {held}"))
    });
    Ok(differs.collect())
}

fn of_rates(row: &Transaction, currency: Currency) -> Result<BTreeMap<String, Money>, String> {
    let mut sums = BTreeMap::new();
    let lines = row.txn_tax_detail.as_ref().map_or(&[][..], |detail| &detail.tax_line);
    for line in lines {
        let detail = line.tax_line_detail.as_ref();
        let Some(rate) = detail.and_then(|detail| detail.tax_rate_ref.as_ref()) else { continue };
        let Some(amount) = &line.amount else { continue };
        let sum = sums.entry(rate.value.clone()).or_insert(Money::zero(currency));
        let more = wire::money(amount, currency)?;
        *sum = sum.plus(more).map_err(|error| error.to_string())?;
    }
    Ok(sums)
}

/// The percentages of a form's taxes, as they are told apart.
pub(super) fn sums<'a>(
    taxes: impl Iterator<Item = (&'a str, Option<Decimal>, Money)>,
) -> Result<Vec<FormTax>, String> {
    let mut sums: BTreeMap<TaxRate, Money> = BTreeMap::new();
    for (title, rate, amount) in taxes {
        let tax = TaxRate { title: title.to_owned(), rate: rate.map(|rate| rate.normalize()) };
        let sum = match sums.get(&tax) {
            Some(sum) => sum.plus(amount).map_err(|error| error.to_string())?,
            None => amount,
        };
        sums.insert(tax, sum);
    }
    let is_nothing = sums.values().all(|amount| amount.is_zero());
    Ok(if is_nothing { Vec::new() } else { sums.into_iter().collect() })
}
