//! What vendors are owed: bills, vendor credits, and payments of bills.

use super::company::{View, account_type, reference_to};
use super::entity::{Application, Entity, Leg};
use super::entries::Expenses;
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::sales::still_open;
use super::settlements::{Sides, applied, read_application};
use super::write::Draft;
use serde_json::{Value, json};

const OF_VENDORS: Sides = Sides { settles: [Kind::Bill, Kind::VendorCredit], party: "VendorRef" };

/// The vendor and the account on which it is owed; the account is written into the body.
fn owed(view: &View<'_>, body: &mut Object) -> Result<(u64, u64), Fault> {
    let vendor = fields::reference(body, "VendorRef")?;
    let vendor = vendor.ok_or_else(|| Fault::missing("VendorRef"))?;
    let vendor = view.resolve(Kind::Vendor, "VendorRef", &vendor)?.id;
    let account = match view.account(body, "APAccountRef")? {
        Some(account) => account,
        None => view.system_account(view.company.system.payable)?,
    };
    if account_type(account) != "Accounts Payable" {
        return Err(Fault::business("APAccountRef must be an account of type Accounts Payable"));
    }
    body.insert("APAccountRef".to_owned(), reference_to(account));
    Ok((vendor, account.id))
}

/// Works a bill or a vendor credit out.
pub(super) fn bill(
    kind: Kind,
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let (vendor, account) = owed(view, &mut body)?;
    let direction = if kind == Kind::Bill { 1 } else { -1 };
    let expenses = Expenses::read(view, &body, direction)?;
    expenses.show_tax(&mut body);
    let Expenses { shown, mut legs, total, stock, .. } = expenses;
    let orders = orders(view, &body, vendor)?;
    legs.push(Leg { account, minor: -direction * total, party: Some(vendor) });
    let open = still_open(previous, total)?;
    body.insert("Line".to_owned(), Value::Array(shown));
    body.insert("TotalAmt".to_owned(), fields::money(total));
    if kind == Kind::Bill {
        let date = body.get("TxnDate").cloned().unwrap_or_else(|| json!(""));
        body.entry("DueDate").or_insert(date);
    }
    Ok(Draft { body, legs, open: Some(open), stock, orders, ..Draft::default() })
}

/// The purchase orders that a bill brings goods of: of the same vendor.
fn orders(view: &View<'_>, body: &Object, vendor: u64) -> Result<Vec<u64>, Fault> {
    let mut orders = Vec::new();
    for link in fields::objects(body, "LinkedTxn")? {
        let id = fields::text(link, "TxnId")?.ok_or_else(|| Fault::missing("TxnId"))?;
        let kind = fields::text(link, "TxnType")?.ok_or_else(|| Fault::missing("TxnType"))?;
        if kind != Kind::PurchaseOrder.name() {
            return Err(Fault::cannot_link(id, "a bill is linked with purchase orders alone"));
        }
        let order = id.parse().ok().and_then(|id| view.find(Kind::PurchaseOrder, id));
        let order = order.ok_or_else(|| Fault::cannot_link(id, "it is no purchase order"))?;
        if order.reference("VendorRef") != Some(vendor) {
            return Err(Fault::cannot_link(id, "it is of another vendor"));
        }
        orders.push(order.id);
    }
    Ok(orders)
}

/// Works a purchase order out. It changes no ledger and moves no stock.
pub(super) fn order(view: &View<'_>, mut body: Object) -> Result<Draft, Fault> {
    owed(view, &mut body)?;
    let expenses = Expenses::read(view, &body, 1)?;
    expenses.show_tax(&mut body);
    let Expenses { shown, total, .. } = expenses;
    match fields::text(&body, "POStatus")? {
        None | Some("Open" | "Closed") => {}
        Some(other) => return Err(Fault::bad_enumeration("POStatus", other)),
    }
    body.insert("Line".to_owned(), Value::Array(shown));
    body.insert("TotalAmt".to_owned(), fields::money(total));
    body.entry("POStatus").or_insert(json!("Open"));
    body.entry("EmailStatus").or_insert(json!("NotSet"));
    Ok(Draft { body, ..Draft::default() })
}

/// Works a payment of bills out: by cheque from a bank account, or by credit card.
pub(super) fn payment(
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let (vendor, account) = owed(view, &mut body)?;
    let total = fields::required_amount(&body, "TotalAmt")?;
    if total < 0 {
        return Err(Fault::business("Transaction amount must be 0.00 or greater"));
    }
    let paid_from = paid_from(view, &body)?;
    let mut applications: Vec<Application> = Vec::new();
    for line in fields::objects(&body, "Line")? {
        let application = read_application(view, line, &OF_VENDORS, vendor, previous)?;
        let target = view.find(application.kind, application.id);
        if target.and_then(|it| it.reference("APAccountRef")) != Some(account) {
            let id = application.id.to_string();
            return Err(Fault::cannot_link(&id, "it is owed on another account"));
        }
        applications.push(application);
    }
    let applied = applied(&applications, total)?;
    let legs = vec![
        Leg { account: paid_from, minor: -total, party: None },
        Leg { account, minor: total, party: Some(vendor) },
    ];
    body.insert("TotalAmt".to_owned(), fields::money(total));
    body.entry("Line").or_insert(json!([]));
    Ok(Draft { body, legs, open: Some(total - applied), applications, ..Draft::default() })
}

/// The account that the money comes from: what kind it must be of, the type of the payment says.
fn paid_from(view: &View<'_>, body: &Object) -> Result<u64, Fault> {
    let (detail, reference, wanted) = match fields::text(body, "PayType")? {
        Some("Check") => ("CheckPayment", "BankAccountRef", "Bank"),
        Some("CreditCard") => ("CreditCardPayment", "CCAccountRef", "Credit Card"),
        Some(other) => return Err(Fault::bad_enumeration("PayType", other)),
        None => return Err(Fault::missing("PayType")),
    };
    let detail = fields::object(body, detail)?.ok_or_else(|| Fault::missing(detail))?;
    let account = view.required_account(detail, reference)?;
    match account_type(account) == wanted {
        true => Ok(account.id),
        false => {
            let detail = format!("{reference} must be an account of type {wanted}");
            Err(Fault::business(&detail))
        }
    }
}
