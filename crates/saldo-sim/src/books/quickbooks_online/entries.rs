//! Journal entries, transfers and purchases.

use super::company::{View, account_type, is_balance_sheet};
use super::entity::{Entity, Leg};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::sales::check_product;
use super::settlements::{check_party, party_of};
use super::stock::{self, Move};
use super::tax::{self, Taxed};
use super::write::Draft;
use rust_decimal::Decimal;
use serde_json::{Value, json};

/// Works a journal entry out.
pub(super) fn journal_entry(view: &View<'_>, mut body: Object) -> Result<Draft, Fault> {
    let mut legs = Vec::new();
    let mut shown = Vec::new();
    let mut with_party = 0;
    for line in fields::objects(&body, "Line")? {
        if fields::text(line, "DetailType")? == Some("DescriptionOnly") {
            shown.push(numbered(line, shown.len()));
            continue;
        }
        let (leg, account) = journal_leg(view, line)?;
        if matches!(account_type(account), "Accounts Receivable" | "Accounts Payable") {
            with_party += 1;
        }
        legs.push(leg);
        shown.push(numbered(line, shown.len()));
    }
    if legs.len() < 2 {
        return Err(Fault::missing("Line"));
    }
    if with_party > 1 {
        return Err(Fault::business(
            "You can use only one Accounts Receivable or Accounts Payable account in a journal \
             entry",
        ));
    }
    let sum = legs.iter().try_fold(0_i64, |sum, leg: &Leg| sum.checked_add(leg.minor));
    if sum != Some(0) {
        return Err(Fault::business("Please balance debits and credits"));
    }
    body.insert("Line".to_owned(), Value::Array(shown));
    body.entry("Adjustment").or_insert(json!(false));
    body.insert("TxnTaxDetail".to_owned(), json!({}));
    Ok(Draft { body, legs, ..Draft::default() })
}

fn numbered(line: &Object, place: usize) -> Value {
    let mut line = line.clone();
    line.insert("Id".to_owned(), json!(place.to_string()));
    Value::Object(line)
}

fn journal_leg<'a>(view: &View<'a>, line: &Object) -> Result<(Leg, &'a Entity), Fault> {
    match fields::text(line, "DetailType")? {
        Some("JournalEntryLineDetail") => {}
        Some(other) => return Err(Fault::bad_enumeration("DetailType", other)),
        None => return Err(Fault::missing("DetailType")),
    }
    let detail = fields::object(line, "JournalEntryLineDetail")?
        .ok_or_else(|| Fault::missing("JournalEntryLineDetail"))?;
    if detail.contains_key("TaxCodeRef") {
        return Err(Fault::business("Journal entries of US companies carry no tax codes"));
    }
    let minor = fields::required_amount(line, "Amount")?;
    if minor < 0 {
        return Err(Fault::business("The amounts of a journal entry must be 0.00 or greater"));
    }
    let minor = match fields::text(detail, "PostingType")? {
        Some("Debit") => minor,
        Some("Credit") => -minor,
        Some(other) => return Err(Fault::bad_enumeration("PostingType", other)),
        None => return Err(Fault::missing("PostingType")),
    };
    let account = view.required_account(detail, "AccountRef")?;
    let entity = fields::object(detail, "Entity")?;
    let party = match entity {
        None => None,
        Some(entity) => {
            let mut reference = fields::reference(entity, "EntityRef")?
                .ok_or_else(|| Fault::missing("EntityRef"))?;
            reference.kind = fields::text(entity, "Type")?.map(str::to_owned);
            Some(view.party("EntityRef", &reference)?)
        }
    };
    check_party(account, party)?;
    Ok((Leg { account: account.id, minor, party: party_of(account, party) }, account))
}

/// Works a transfer out.
pub(super) fn transfer(view: &View<'_>, mut body: Object) -> Result<Draft, Fault> {
    let from = transferable(view, &body, "FromAccountRef")?;
    let to = transferable(view, &body, "ToAccountRef")?;
    let minor = fields::required_amount(&body, "Amount")?;
    if minor <= 0 {
        return Err(Fault::business("The amount of a transfer must be greater than 0.00"));
    }
    if from.id == to.id {
        return Err(Fault::business("A transfer needs two different accounts"));
    }
    body.insert("Amount".to_owned(), fields::money(minor));
    // A transfer has no number and no lines.
    body.remove("DocNumber");
    body.remove("Line");
    let legs = vec![
        Leg { account: to.id, minor, party: None },
        Leg { account: from.id, minor: -minor, party: None },
    ];
    Ok(Draft { body, legs, ..Draft::default() })
}

fn transferable<'a>(view: &View<'a>, body: &Object, name: &str) -> Result<&'a Entity, Fault> {
    let account = view.required_account(body, name)?;
    let on_account = matches!(account_type(account), "Accounts Receivable" | "Accounts Payable");
    if is_balance_sheet(account) && !on_account {
        return Ok(account);
    }
    Err(Fault::business(&format!("{name} must be a balance sheet account")))
}

/// Works a purchase out.
pub(super) fn purchase(view: &View<'_>, mut body: Object) -> Result<Draft, Fault> {
    let payment_type = fields::text(&body, "PaymentType")?;
    let payment_type = payment_type.ok_or_else(|| Fault::missing("PaymentType"))?;
    let allowed: &[&str] = match payment_type {
        "Cash" => &["Bank", "Other Current Asset"],
        "Check" => &["Bank"],
        "CreditCard" => &["Credit Card"],
        other => return Err(Fault::bad_enumeration("PaymentType", other)),
    };
    let account = view.required_account(&body, "AccountRef")?;
    if !allowed.contains(&account_type(account)) {
        let detail = format!("A purchase by {payment_type} cannot use an account of this type");
        return Err(Fault::business(&detail));
    }
    let is_credit = fields::boolean(&body, "Credit")?.unwrap_or(false);
    if is_credit && payment_type != "CreditCard" {
        return Err(Fault::business("Only a purchase by credit card can be a credit"));
    }
    let direction = if is_credit { -1 } else { 1 };
    let mut expenses = Expenses::read(view, &body, direction)?;
    let minor = -direction * expenses.total;
    expenses.legs.push(Leg { account: account.id, minor, party: None });
    expenses.show_tax(&mut body);
    body.insert("Line".to_owned(), Value::Array(expenses.shown));
    body.insert("TotalAmt".to_owned(), fields::money(expenses.total));
    body.entry("PrintStatus").or_insert(json!("NotSet"));
    Ok(Draft { body, legs: expenses.legs, stock: expenses.stock, ..Draft::default() })
}

/// The lines of a purchase, bill or vendor credit.
pub(super) struct Expenses {
    pub(super) shown: Vec<Value>,
    pub(super) legs: Vec<Leg>,
    /// With the tax.
    pub(super) total: i64,
    /// The tax, where lines have codes.
    tax: Option<Taxed>,
    /// The units that its items move.
    pub(super) stock: Vec<Move>,
}

impl Expenses {
    /// Reads the lines of a body: debits where the direction is one, credits where minus one.
    pub(super) fn read(view: &View<'_>, body: &Object, direction: i64) -> Result<Self, Fault> {
        let (shown, legs, stock) = (Vec::new(), Vec::new(), Vec::new());
        let mut expenses = Self { shown, legs, total: 0, tax: None, stock };
        let mut coded = Vec::new();
        for line in fields::objects(body, "Line")? {
            let minor = fields::required_amount(line, "Amount")?;
            let (account, code, item) = expense_account(view, body, line, minor)?;
            coded.extend(code.map(|code| (code, minor)));
            if let Some((item, detail)) = item
                && stock::is_tracked(item)
            {
                let units = stock::units(body, item, detail)? * Decimal::from(direction);
                let value = Some(direction * minor);
                expenses.stock.push(Move { item: item.id, units, value, against: None });
            }
            let sum = expenses.total.checked_add(minor);
            expenses.total = sum.ok_or_else(|| Fault::bad_number("Amount", "sum"))?;
            expenses.legs.push(Leg { account, minor: direction * minor, party: None });
            expenses.shown.push(numbered(line, expenses.shown.len() + 1));
        }
        if expenses.shown.is_empty() {
            return Err(Fault::missing("Line"));
        }
        if let Some(tax) = tax::of_bought(view.company, body, &coded)? {
            let sum = expenses.total.checked_add(tax.total);
            expenses.total = sum.ok_or_else(|| Fault::bad_number("TotalTax", "sum"))?;
            let (account, minor) = (view.company.system.tax_payable, direction * tax.total);
            expenses.legs.push(Leg { account, minor, party: None });
            expenses.tax = Some(tax);
        }
        if expenses.total < 0 {
            return Err(Fault::business("Transaction amount must be 0.00 or greater"));
        }
        Ok(expenses)
    }

    /// Writes the tax into a body, as an answer shows it.
    pub(super) fn show_tax(&self, body: &mut Object) {
        if let Some(tax) = &self.tax {
            body.insert("TxnTaxDetail".to_owned(), tax.shown.clone());
        }
    }
}

/// An item, and what a line says of it.
type About<'a> = (&'a Entity, &'a Object);

/// The account of a line, its tax code, and the item that it is about with what is said of it.
fn expense_account<'a>(
    view: &View<'a>,
    body: &Object,
    line: &'a Object,
    minor: i64,
) -> Result<(u64, Option<String>, Option<About<'a>>), Fault> {
    let kind = fields::text(line, "DetailType")?.ok_or_else(|| Fault::missing("DetailType"))?;
    let detail = fields::object(line, kind)?.ok_or_else(|| Fault::missing(kind))?;
    let code = tax::of_bought_line(view.company, body, detail)?;
    match kind {
        "AccountBasedExpenseLineDetail" => {
            let account = view.required_account(detail, "AccountRef")?;
            if matches!(account_type(account), "Accounts Receivable" | "Accounts Payable") {
                return Err(Fault::business("An expense line cannot use this type of account"));
            }
            Ok((account.id, code, None))
        }
        "ItemBasedExpenseLineDetail" => {
            check_product(detail, minor)?;
            let item = fields::reference(detail, "ItemRef")?;
            let item = item.ok_or_else(|| Fault::missing("ItemRef"))?;
            let item = view.resolve(Kind::Item, "ItemRef", &item)?;
            let without = || Fault::business("The item has no expense account");
            let account = match stock::is_tracked(item) {
                true => "AssetAccountRef",
                false => "ExpenseAccountRef",
            };
            Ok((item.reference(account).ok_or_else(without)?, code, Some((item, detail))))
        }
        other => Err(Fault::bad_enumeration("DetailType", other)),
    }
}
