//! Sales forms: sales receipts, invoices, refund receipts and credit memos.

use super::company::View;
use super::entity::{Entity, Leg, server_date};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::references::SHIPPING_ITEM;
use super::stock::{self, Move};
use super::tax::{self, Taxed};
use super::write::{Draft, check_money_account};
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// What the lines of a form come to.
#[derive(Debug, Default)]
struct Lines {
    /// The lines as they stand in an answer, without the subtotal.
    shown: Vec<Value>,
    /// The discount line as it stands in an answer.
    discount_shown: Option<Value>,
    /// Income accounts and amounts.
    income: Vec<(u64, i64)>,
    /// Units of stock, as the form counts them.
    stock: Vec<Move>,
    subtotal: i64,
    taxable: i64,
    /// Amounts by the code of their line, where each line has one.
    coded: Vec<(String, i64)>,
    discount: i64,
    discount_account: Option<u64>,
}

/// Works a sales form out.
pub(super) fn draft(
    kind: Kind,
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let needs_customer = matches!(kind, Kind::Invoice | Kind::CreditMemo);
    let customer = fields::reference(&body, "CustomerRef")?;
    if needs_customer && customer.is_none() {
        return Err(Fault::missing("CustomerRef"));
    }
    let mut lines = read_lines(view, &body)?;
    let after_discount = fields::boolean(&body, "ApplyTaxAfterDiscount")?.unwrap_or(false);
    let taxable = if after_discount { lines.taxable_after_discount()? } else { lines.taxable };
    let taxed = tax::of_form(view.company, &body, taxable, &lines.coded)?;
    let total = total(&lines, &taxed)?;
    let party = customer.and_then(|customer| customer.value.parse().ok());
    let account = money_account(kind, view, &mut body)?;
    let direction = if matches!(kind, Kind::SalesReceipt | Kind::Invoice) { 1 } else { -1 };
    let mut legs =
        vec![Leg { account, minor: direction * total, party: party.filter(|_| needs_customer) }];
    let plain = |account, minor| Leg { account, minor, party: None };
    legs.extend(lines.income.iter().map(|(it, minor)| plain(*it, -direction * minor)));
    let discounts = lines.discount_account.unwrap_or(view.company.system.discounts);
    legs.push(plain(discounts, direction * lines.discount));
    legs.push(plain(view.company.system.tax_payable, -direction * taxed.total));
    let mut stock = std::mem::take(&mut lines.stock);
    stock.iter_mut().for_each(|it| it.units *= Decimal::from(-direction));
    let open = if needs_customer { Some(still_open(previous, total)?) } else { Some(0) };
    fill(kind, view, &mut body, lines, taxed, total);
    Ok(Draft { body, legs, open, stock, ..Draft::default() })
}

impl Lines {
    /// The taxable part, less its share of the discount.
    fn taxable_after_discount(&self) -> Result<i64, Fault> {
        if self.subtotal == 0 {
            return Ok(self.taxable);
        }
        let discount = fields::decimal_of(self.discount);
        let share = discount
            .checked_mul(Decimal::from(self.taxable))
            .and_then(|product| product.checked_div(Decimal::from(self.subtotal)))
            .and_then(fields::rounded_minor);
        share.map(|share| self.taxable - share).ok_or_else(|| too_large("Amount"))
    }
}

fn too_large(element: &str) -> Fault {
    Fault::bad_number(element, "too large")
}

fn read_lines(view: &View<'_>, body: &Object) -> Result<Lines, Fault> {
    let mut lines = Lines::default();
    let mut discount = None;
    for line in fields::objects(body, "Line")? {
        match fields::text(line, "DetailType")?.ok_or_else(|| Fault::missing("DetailType"))? {
            "SalesItemLineDetail" => read_item_line(view, body, line, &mut lines)?,
            "DiscountLineDetail" if discount.is_some() => {
                return Err(Fault::business("A transaction can have one discount line only"));
            }
            "DiscountLineDetail" => discount = Some(line),
            "DescriptionOnly" => lines.show(line.clone()),
            "SubTotalLineDetail" => {}
            other => return Err(Fault::bad_enumeration("DetailType", other)),
        }
    }
    if lines.shown.is_empty() {
        return Err(Fault::missing("Line"));
    }
    if let Some(line) = discount {
        read_discount(view, line, &mut lines)?;
    }
    Ok(lines)
}

impl Lines {
    fn show(&mut self, mut line: Object) {
        let number = self.shown.len() + 1;
        line.insert("Id".to_owned(), json!(number.to_string()));
        line.insert("LineNum".to_owned(), json!(number));
        self.shown.push(Value::Object(line));
    }
}

fn read_item_line(
    view: &View<'_>,
    body: &Object,
    line: &Object,
    lines: &mut Lines,
) -> Result<(), Fault> {
    let detail = fields::object(line, "SalesItemLineDetail")?
        .ok_or_else(|| Fault::missing("SalesItemLineDetail"))?;
    let minor = fields::required_amount(line, "Amount")?;
    check_product(detail, minor)?;
    let code = tax::of_line(view.company, body, detail)?;
    let mut shown = line.clone();
    if let (Some(Value::Object(detail)), Some(code)) = (shown.get_mut("SalesItemLineDetail"), &code)
    {
        detail.insert("TaxCodeRef".to_owned(), json!({ "value": code }));
    }
    lines.show(shown);
    // A line without an item is a remark: the schema says that its amount is ignored.
    let Some(item) = fields::reference(detail, "ItemRef")? else { return Ok(()) };
    let account = if item.value == SHIPPING_ITEM {
        view.company.system.shipping
    } else {
        let item = view.resolve(Kind::Item, "ItemRef", &item)?;
        if stock::is_tracked(item) {
            let units = stock::units(body, item, detail)?;
            lines.stock.push(Move { item: item.id, units, value: None, against: None });
        }
        let without = || Fault::business("The item has no income account");
        item.reference("IncomeAccountRef").ok_or_else(without)?
    };
    lines.income.push((account, minor));
    lines.subtotal = lines.subtotal.checked_add(minor).ok_or_else(|| too_large("Amount"))?;
    if code.as_deref() == Some("TAX") {
        lines.taxable = lines.taxable.checked_add(minor).ok_or_else(|| too_large("Amount"))?;
    }
    lines.coded.extend(code.map(|code| (code, minor)));
    Ok(())
}

/// A line's amount must be its quantity times its unit price, rounded to a cent.
pub(super) fn check_product(detail: &Object, minor: i64) -> Result<(), Fault> {
    let quantity = fields::decimal(detail, "Qty")?;
    let price = fields::decimal(detail, "UnitPrice")?;
    for (name, value) in [("Qty", quantity), ("UnitPrice", price)] {
        if let Some(value) = value.filter(|value| value.normalize().scale() > 7) {
            return Err(Fault::bad_number(name, &value.to_string()));
        }
    }
    let (Some(quantity), Some(price)) = (quantity, price) else { return Ok(()) };
    let product = quantity.checked_mul(price).and_then(fields::rounded_minor);
    if product == Some(minor) {
        return Ok(());
    }
    Err(Fault::amount_differs(&fields::decimal_of(minor).to_string()))
}

fn read_discount(view: &View<'_>, line: &Object, lines: &mut Lines) -> Result<(), Fault> {
    if !view.company.settings.allow_discount {
        return Err(Fault::business("Discounts are turned off for this company"));
    }
    let empty = Object::new();
    let detail = fields::object(line, "DiscountLineDetail")?.unwrap_or(&empty);
    let percent = fields::decimal(detail, "DiscountPercent")?;
    let by_percent = fields::boolean(detail, "PercentBased")?.unwrap_or(false);
    lines.discount = match (percent.filter(|_| by_percent), fields::amount(line, "Amount")?) {
        (Some(percent), _) => {
            tax::percentage(lines.subtotal, percent).ok_or_else(|| too_large("DiscountPercent"))?
        }
        (None, Some(minor)) => minor,
        (None, None) => return Err(Fault::discount_incomplete()),
    };
    if lines.discount < 0 {
        return Err(Fault::business("A discount must be zero or greater"));
    }
    let account = match view.account(detail, "DiscountAccountRef")? {
        Some(account) => account,
        None => view.system_account(view.company.system.discounts)?,
    };
    lines.discount_account = Some(account.id);
    let mut shown_detail = json!({
        "PercentBased": by_percent,
        "DiscountAccountRef": super::company::reference_to(account),
    });
    if let Some(percent) = percent {
        shown_detail["DiscountPercent"] = fields::number(percent);
    }
    lines.discount_shown = Some(json!({
        "Amount": fields::money(lines.discount),
        "DetailType": "DiscountLineDetail",
        "DiscountLineDetail": shown_detail,
    }));
    Ok(())
}

fn total(lines: &Lines, taxed: &Taxed) -> Result<i64, Fault> {
    let total = lines.subtotal.checked_sub(lines.discount);
    let total = total.and_then(|net| net.checked_add(taxed.total));
    match total.ok_or_else(|| too_large("TotalAmt"))? {
        total if total < 0 => Err(Fault::business("Transaction amount must be 0.00 or greater")),
        total => Ok(total),
    }
}

/// Where the money goes or comes from, or who owes it.
fn money_account(kind: Kind, view: &View<'_>, body: &mut Object) -> Result<u64, Fault> {
    if matches!(kind, Kind::Invoice | Kind::CreditMemo) {
        return Ok(view.company.system.receivable);
    }
    let account = match view.account(body, "DepositToAccountRef")? {
        Some(account) => account,
        None if kind == Kind::RefundReceipt => {
            return Err(Fault::missing("DepositToAccountRef"));
        }
        None => view.system_account(view.company.system.undeposited)?,
    };
    check_money_account(account)?;
    body.insert("DepositToAccountRef".to_owned(), super::company::reference_to(account));
    Ok(account.id)
}

/// What is left to be settled when a form that was partly settled is changed.
pub(super) fn still_open(previous: Option<&Entity>, total: i64) -> Result<i64, Fault> {
    let settled = match previous {
        Some(entity) => {
            fields::amount(&entity.body, "TotalAmt")?.unwrap_or(0) - entity.open.unwrap_or(0)
        }
        None => 0,
    };
    if total < settled {
        return Err(Fault::business("The amount is less than what payments have settled"));
    }
    Ok(total - settled)
}

/// Since October 2025 countries come back by three letters, as the vendor announced: of those that
/// the simulation knows.
fn show_country(body: &mut Object) {
    let country = body.get_mut("ShipAddr").and_then(|address| address.get_mut("Country"));
    let Some(country) = country else { return };
    let known = [("US", "USA"), ("CA", "CAN"), ("GB", "GBR"), ("IE", "IRL"), ("DE", "DEU")];
    if let Some((_, shown)) = known.iter().find(|(two, _)| country.as_str() == Some(*two)) {
        *country = json!(shown);
    }
}

fn fill(kind: Kind, view: &View<'_>, body: &mut Object, lines: Lines, taxed: Taxed, total: i64) {
    let mut shown = lines.shown;
    shown.push(json!({
        "Amount": fields::money(lines.subtotal),
        "DetailType": "SubTotalLineDetail",
        "SubTotalLineDetail": {},
    }));
    shown.extend(lines.discount_shown);
    body.insert("Line".to_owned(), Value::Array(shown));
    body.insert("TotalAmt".to_owned(), fields::money(total));
    body.insert("TxnTaxDetail".to_owned(), taxed.shown);
    body.entry("ApplyTaxAfterDiscount").or_insert(json!(false));
    body.entry("PrintStatus").or_insert(json!("NeedToPrint"));
    body.entry("EmailStatus").or_insert(json!("NotSet"));
    body.entry("CustomField").or_insert(json!([]));
    show_country(body);
    if kind == Kind::Invoice {
        body.entry("DueDate").or_insert(json!(server_date(view.now).to_string()));
        body.entry("Deposit").or_insert(json!(0));
    }
}
