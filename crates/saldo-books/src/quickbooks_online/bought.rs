//! What is bought: expenses that are paid at once, and the tax of what is bought.
//!
//! Tax that the vendor's own report takes back is told as that of a sale is: a code on each line,
//! and how much each rate of it amounts to. Only companies outside the United States know such
//! tax. A journal entry does not reach that report, so that what becomes one is refused with it.

use super::codes::{self, Says, Way};
use super::dimensions;
use super::gather;
use super::names::is_bank;
use super::sales::is_tax_of_the_vendor;
use super::shape::{PostingLine, Shape, is_owed, journal, net};
use super::tax::{self, FormTax, Rates, Said};
use super::wire::Reference;
use saldo_core::book::{BookContext, TaxRate};
use saldo_core::document::{Document, Line, LineKind, Party};
use saldo_core::money::Money;

/// A cost paid from one bank account; anything else (a fee that came back, a cost kept back from
/// another account) is a journal entry.
///
/// # Errors
/// In words, why this book cannot hold it.
pub(super) fn purchase(document: &Document) -> Result<Shape<'_>, String> {
    let settled = net(document, |line| line.kind == LineKind::Settlement)?;
    let other = |line: &&Line| line.kind != LineKind::Settlement && !is_tax_of_the_vendor(line);
    let lines: Vec<PostingLine<'_>> =
        document.lines().iter().filter(other).map(PostingLine::new).collect();
    let owed = lines.iter().any(|line| is_owed(line.account));
    match (settled.first_key_value(), settled.len()) {
        (Some((account, amount)), 1) if amount.is_negative() && is_bank(account) && !owed => {
            let location = dimensions::location_of(document)?;
            let lines = gather::posting_lines(lines)?;
            let taxes = taxes(document, false)?;
            Ok(Shape::Purchase { account, amount: amount.negated(), lines, taxes, location })
        }
        _ => journal(document),
    }
}

/// The tax of what is bought that the vendor takes back, tax by tax: of what is credited, as the
/// credit goes.
///
/// # Errors
/// In words, where it runs against the document.
pub(super) fn taxes(document: &Document, credits: bool) -> Result<Vec<FormTax>, String> {
    let taxes = document.lines().iter().filter(|line| is_tax_of_the_vendor(line));
    let told = taxes.filter_map(|line| match &line.kind {
        LineKind::Tax { title, rate } => {
            let amount = if credits { line.amount.negated() } else { line.amount };
            Some((title.as_str(), *rate, amount))
        }
        _ => None,
    });
    let taxes = tax::sums(told)?;
    match taxes.iter().find(|(_, amount)| amount.is_negative()) {
        Some((tax, amount)) => {
            Err(format!("`{tax}` of {} runs against the document's total", amount.abs()))
        }
        None => Ok(taxes),
    }
}

/// What a transaction says of the tax of what it is for.
///
/// # Errors
/// In words, where the company knows no such tax, or it is not known which code a tax is.
pub(super) fn said(
    lines: &[PostingLine<'_>],
    taxes: &[FormTax],
    context: &BookContext,
) -> Result<Option<Said>, String> {
    let Some((_, first)) = taxes.first() else { return Ok(None) };
    if Says::of(context) != Says::CodeOfLines {
        return Err("in the United States QuickBooks takes back no tax on what is bought: let \
             `tax.on-fees` of the policy be `cost` or `input-tax`"
            .to_owned());
    }
    let (mut of_lines, mut rates) = (Vec::new(), Rates::of(Way::Bought));
    for line in lines {
        let borne: Vec<&TaxRate> = match (line.taxed, line.taxes.is_empty()) {
            (false, _) => Vec::new(),
            (true, true) => taxes.iter().map(|(tax, _)| tax).collect(),
            (true, false) => line.taxes.iter().collect(),
        };
        let code = match borne.is_empty() {
            false => codes::chosen(&codes::together(&borne), borne.len(), Way::Bought, context)?,
            true => codes::chosen(&codes::no_sale(), 1, Way::Bought, context)?,
        };
        for tax in &borne {
            rates.add(code, &borne, tax, line.amount)?;
        }
        of_lines.push(Some(code.remote.to_string()));
    }
    if let Some((tax, amount)) = taxes.iter().find(|(tax, _)| !rates.holds(tax)) {
        return Err(format!("no line bears the tax `{tax}` of {amount}"));
    }
    let total = Money::sum(first.currency(), taxes.iter().map(|(_, amount)| *amount));
    let detail = rates.detail(total.map_err(|error| error.to_string())?, taxes)?;
    Ok(Some(Said { of_lines, detail, calculation: Some("TaxExcluded".to_owned()) }))
}

/// The code of each line, where any is said.
pub(super) fn codes_of(said: Option<&Said>, lines: usize) -> Vec<Option<Reference>> {
    match said {
        Some(said) => said.of_lines.iter().map(|it| it.as_deref().map(Reference::to)).collect(),
        None => vec![None; lines],
    }
}

/// Refuses tax of what was bought that has become a journal entry: the vendor's report would lack
/// it, or hold what was taken back.
///
/// # Errors
/// In words, with what to do.
pub(super) fn check_journal(document: &Document, shape: &Shape<'_>) -> Result<(), String> {
    let is_of_a_vendor = matches!(document.header().party, Some(Party::Vendor { .. }));
    if !matches!(shape, Shape::Journal(_)) || !is_of_a_vendor {
        return Ok(());
    }
    let tax = document.lines().iter().find(|line| is_tax_of_the_vendor(line));
    tax.map_or(Ok(()), |line| {
        Err(format!(
            "a journal entry does not bring the tax of what was bought ({}) into QuickBooks' tax \
             report: enter it there by hand, with its tax code",
            line.amount.abs()
        ))
    })
}
