//! From lines of an agreement to lines of a document.

use super::Trouble;
use super::contradictions::check_line;
use super::stock::kept_item;
use crate::book::TaxRate;
use crate::commerce::{Agreement, Collector, Product, SaleKind, SaleLine, TaxAmount, Tender};
use crate::document::{KeptItem, Line, LineKind};
use crate::issue::IssueKind;
use crate::ledger::{Account, AccountKind, Spot};
use crate::money::{Currency, Money};
use crate::policy::{Policy, Role, Subject};
use rust_decimal::Decimal;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

/// The lines of an agreement, without what settles them. Their sum is what the buyer owes, as a
/// credit: negative for a sale, positive for a return. Their accounts go by what they are `about`:
/// the order, and the gateway that settles it.
pub(super) fn agreement_lines(
    agreement: &Agreement,
    currency: Currency,
    about: &Subject<'_>,
    policy: &Policy,
) -> Result<Vec<Line>, Trouble> {
    let mut lines = Vec::new();
    // What is sold and what comes back in one agreement, as in an exchange, is taxed apart.
    let mut taxes: BTreeMap<(bool, Cow<'_, str>, Option<Decimal>, bool), Money> = BTreeMap::new();
    let charged_on = |sale| charged_on(sale, about, policy);
    let charged: BTreeSet<TaxRate> = agreement.lines.iter().flat_map(charged_on).collect();
    for sale in &agreement.lines {
        check_line(sale, currency)?;
        let known = lines.len();
        push_sale(&mut lines, sale, &about.line(sale), policy)?;
        let own: BTreeSet<TaxRate> = charged_on(sale).collect();
        let is_untaxed = own.is_empty();
        if own != charged {
            let own: Vec<TaxRate> = own.into_iter().collect();
            lines.iter_mut().skip(known).for_each(|line| line.taxes.clone_from(&own));
        }
        if is_untaxed {
            say_why_untaxed(lines.iter_mut().skip(known), sale, &about.line(sale), policy);
        }
        for tax in &sale.taxes {
            let by_channel = tax.collector == Collector::Channel;
            let name = name_of(tax, about, policy);
            let key = (by_channel, name, tax.rate, tax.amount.is_negative());
            let sum = taxes.entry(key).or_insert(Money::zero(currency));
            *sum = sum.plus(tax.amount)?;
        }
    }
    for ((by_channel, title, rate, _), amount) in taxes {
        if amount.is_zero() {
            continue;
        }
        // Tax that the channel owes itself does not belong in a tax report of the merchant.
        let (kind, account) = match by_channel {
            true => (LineKind::Other { taxed: false }, policy.chart.account(Role::FacilitatorTax)),
            false => {
                let account = tax_account(&title, rate, policy)?;
                (LineKind::Tax { title: title.clone().into_owned(), rate }, account)
            }
        };
        let amount = amount.negated();
        lines.push(line_on(account, kind, amount, &title, &agreement.id));
    }
    Ok(lines)
}

/// Why a sale without tax of the merchant's bears none, as lines tell it; nothing where the policy
/// says nothing of such sales.
pub(super) fn why_untaxed(sale: &SaleLine, about: &Subject<'_>, policy: &Policy) -> Vec<TaxRate> {
    if !policy.tells_untaxed() {
        return Vec::new();
    }
    let of_channel = |tax: &TaxAmount| tax.collector == Collector::Channel && !tax.amount.is_zero();
    let why = match sale.taxes.iter().any(of_channel) {
        true => Some(policy.taxed_by_channel(about)),
        false => policy.untaxed(about),
    };
    why.into_iter().map(|title| TaxRate { title, rate: Some(Decimal::ZERO) }).collect()
}

/// Notes in the lines of such a sale why it bears no tax.
fn say_why_untaxed<'a>(
    lines: impl Iterator<Item = &'a mut Line>,
    sale: &SaleLine,
    about: &Subject<'_>,
    policy: &Policy,
) {
    let why = why_untaxed(sale, about, policy);
    let of_sales = |line: &&mut Line| {
        matches!(line.account.kind, AccountKind::Income | AccountKind::ContraIncome)
    };
    lines.filter(of_sales).for_each(|line| line.taxes.clone_from(&why));
}

/// What a tax is called: by the channel, and by the country that it is owed to where the policy
/// tells taxes apart by it.
fn name_of<'a>(tax: &'a TaxAmount, about: &Subject<'_>, policy: &Policy) -> Cow<'a, str> {
    let country = about.order.and_then(|order| policy.taxed_in(order));
    policy.tax_name(&tax.title, country)
}

/// The taxes on a sale that the merchant owes.
pub(super) fn charged_on<'a>(
    sale: &'a SaleLine,
    about: &'a Subject<'_>,
    policy: &'a Policy,
) -> impl Iterator<Item = TaxRate> + use<'a> {
    let taxes = sale.taxes.iter().filter(|tax| tax.collector == Collector::Merchant);
    let taxes = taxes.filter(|tax| !tax.amount.is_zero());
    taxes.map(|tax| TaxRate { title: name_of(tax, about, policy).into_owned(), rate: tax.rate })
}

/// The account of a tax that the merchant owes.
pub(super) fn tax_account(
    title: &str,
    rate: Option<Decimal>,
    policy: &Policy,
) -> Result<Account, Trouble> {
    known_tax(title, rate, policy)
        .map_err(|UnknownTax { why, hint }| Trouble::Issue(IssueKind::MissingMapping, why, hint))
}

/// A tax that the policy does not know.
pub(super) struct UnknownTax {
    /// What is not known of it.
    pub(super) why: String,
    /// What to do about it.
    pub(super) hint: String,
}

/// How the owner says to whom a tax is owed.
pub(super) fn say_to_whom(title: &str) -> String {
    format!(
        "say it, for example: saldo map set 'tax.jurisdictions.\"{title}\"' \"{title}\"; where \
         each title is a jurisdiction of its own: saldo map set tax.unknown-jurisdiction own"
    )
}

/// The account of a tax, where the policy has one, and says to whom the tax is owed as far as it
/// wants that said.
pub(super) fn known_tax(
    title: &str,
    rate: Option<Decimal>,
    policy: &Policy,
) -> Result<Account, UnknownTax> {
    if policy.is_owed_to_nobody(title) {
        return Err(UnknownTax {
            why: format!("nobody said to whom the tax `{title}` is owed"),
            hint: say_to_whom(title),
        });
    }
    policy.tax_at(title, rate).ok_or_else(|| {
        let rate = rate.map_or_else(String::new, |rate| format!(" of {} %", rate.normalize()));
        let common = policy.chart.account(Role::SalesTax).name;
        UnknownTax {
            why: format!("the tax `{title}`{rate} has no account"),
            hint: format!(
                "say where it is owed, for example: saldo map set 'tax.accounts.\"{title}\"' \
                 \"{common}\"; where all taxes stand on that account: saldo map set tax.unknown \
                 common"
            ),
        }
    })
}

/// The tax in an agreement that the channel collected and owes itself, as a sale has it.
pub(super) fn facilitator_tax(agreement: &Agreement, currency: Currency) -> Result<Money, Trouble> {
    let taxes = agreement.lines.iter().flat_map(|line| &line.taxes);
    let by_channel = taxes.filter(|tax| tax.collector == Collector::Channel);
    Ok(Money::sum(currency, by_channel.map(|tax| tax.amount))?)
}

fn push_sale(
    lines: &mut Vec<Line>,
    sale: &SaleLine,
    about: &Subject<'_>,
    policy: &Policy,
) -> Result<(), Trouble> {
    let taxed = charged_on(sale, about, policy).next().is_some();
    let title = sale.product.as_ref().map(|product| product.title.as_str());
    if let (SaleKind::Product, Some(product)) = (&sale.kind, &sale.product)
        && let Some(name) = policy.unknown_product(product)
    {
        return Err(unknown_product(name));
    }
    let (role, text) = match &sale.kind {
        SaleKind::Product if sale.gross.is_negative() => (Role::Returns, title.unwrap_or("Return")),
        SaleKind::Product => (Role::ProductSales, title.unwrap_or("Product")),
        SaleKind::Shipping => (Role::ShippingIncome, "Shipping"),
        SaleKind::Tip => (Role::Tips, "Tip"),
        SaleKind::GiftCard => (Role::GiftCards, title.unwrap_or("Gift card")),
        SaleKind::Duty => (Role::Duties, "Duties"),
        SaleKind::Adjustment => (Role::RefundAllowances, "Refund without item"),
        SaleKind::Unknown(word) => {
            let role = policy.line_role(word).ok_or_else(|| unknown_line(sale, word))?;
            (role, word.as_str())
        }
    };
    let line = |kind, role, amount, quantity, text: &str| Line {
        quantity,
        ..line_on(policy.spot(role, about), kind, amount, text, &sale.id)
    };
    let kept = kept_by_sale(sale, about, policy)?;
    if !sale.gross.is_zero() || kept.is_some() {
        let kind = product_kind(sale, taxed, kept);
        let units = sale.quantity.map(i64::saturating_abs).filter(|units| *units != 0);
        let quantity = units.filter(|_| matches!(kind, LineKind::Product { .. }));
        lines.push(line(kind, role, sale.gross.negated(), quantity, text));
    }
    if !sale.discount.is_zero() {
        let text = format!("Discount: {text}");
        lines.push(line(LineKind::Other { taxed }, Role::Discounts, sale.discount, None, &text));
    }
    Ok(())
}

fn unknown_line(sale: &SaleLine, word: &str) -> Trouble {
    Trouble::Issue(
        IssueKind::UnknownData,
        format!("line {} is of the unknown kind `{word}`", sale.id),
        format!(
            "say where all such lines belong, for example: \
             saldo map set \"lines.{word}\" other-income"
        ),
    )
}

fn unknown_product(name: &str) -> Trouble {
    Trouble::Issue(
        IssueKind::MissingMapping,
        format!("the product `{name}` is not among those that are known"),
        format!(
            "add it to the policy, by `saldo map export` and `saldo map import`: \
             products.known = [\"{name}\"]; or let such products be entered: \
             saldo map set products.unknown create"
        ),
    )
}

/// The item that a sale takes out of stock, where the book keeps it: what is sold in units, and is
/// handed over. What comes back is told of apart.
fn kept_by_sale(
    sale: &SaleLine,
    about: &Subject<'_>,
    policy: &Policy,
) -> Result<Option<Box<KeptItem>>, Trouble> {
    let is_thing = sale.item.as_ref().is_none_or(|item| item.is_handed_over);
    let is_sold = sale.quantity.is_some_and(|units| units > 0) && !sale.gross.is_negative();
    let product = sale.product.as_ref().filter(|_| sale.kind == SaleKind::Product);
    let Some(product) = product.filter(|_| is_thing && is_sold) else { return Ok(None) };
    let Some(kept) = kept_item(policy, about.channel, product) else { return Ok(None) };
    let account = policy.spot(Role::ProductSales, about).account;
    if account == kept.income {
        return Ok(Some(kept));
    }
    Err(Trouble::Issue(
        IssueKind::MissingMapping,
        format!(
            "a rule enters sales of `{}` on `{}`, but an item that the book keeps in stock has one \
             account of sales, `{}`",
            product.title, account.name, kept.income.name
        ),
        "let the rule set a dimension in place of the account".to_owned(),
    ))
}

fn product_kind(sale: &SaleLine, taxed: bool, kept: Option<Box<KeptItem>>) -> LineKind {
    let nameless = || Product { id: None, sku: None, title: "Product".to_owned() };
    match sale.kind {
        // What comes back lands on the account of returns, which has one item for all products.
        SaleKind::Product if sale.gross.is_positive() || kept.is_some() => {
            let product = sale.product.clone().unwrap_or_else(nameless);
            LineKind::Product { product, taxed, kept }
        }
        _ => LineKind::Other { taxed },
    }
}

/// The account that a tender moves.
pub(super) fn tender_account(
    tender: &Tender,
    currency: Currency,
    policy: &Policy,
) -> Result<Account, Trouble> {
    match tender {
        Tender::GiftCard => Ok(policy.chart.account(Role::GiftCards)),
        Tender::StoreCredit => Ok(policy.chart.account(Role::StoreCredit)),
        Tender::Gateway(gateway) => policy.clearing(&gateway.id, currency).ok_or_else(|| {
            Trouble::Issue(
                IssueKind::MissingMapping,
                format!("the gateway `{}` has no account", gateway.id),
                format!(
                    "saldo map set gateways.{}.account \"Clearing: {}\"",
                    gateway.id, gateway.name
                ),
            )
        }),
    }
}

/// The line of a tender: positive where money comes in.
pub(super) fn tender_line(
    tender: &Tender,
    amount: Money,
    origin: &str,
    policy: &Policy,
) -> Result<Line, Trouble> {
    let (kind, text) = match tender {
        Tender::Gateway(gateway) => (LineKind::Settlement, gateway.name.as_str()),
        Tender::GiftCard => (LineKind::Other { taxed: false }, "Gift card"),
        Tender::StoreCredit => (LineKind::Other { taxed: false }, "Store credit"),
    };
    let account = tender_account(tender, amount.currency(), policy)?;
    Ok(line_on(account, kind, amount, text, origin))
}

/// A line on an account that says nothing of products, tax or who pays.
pub(super) fn plain_line(spot: impl Into<Spot>, amount: Money, text: &str, origin: &str) -> Line {
    line_on(spot, LineKind::Other { taxed: false }, amount, text, origin)
}

/// A line on an account, and in the dimensions that it has there.
pub(super) fn line_on(
    spot: impl Into<Spot>,
    kind: LineKind,
    amount: Money,
    text: &str,
    origin: &str,
) -> Line {
    let Spot { account, dimensions } = spot.into();
    Line {
        kind,
        account,
        dimensions,
        amount,
        foreign: None,
        taxes: Vec::new(),
        quantity: None,
        text: text.to_owned(),
        origin: origin.to_owned(),
    }
}
