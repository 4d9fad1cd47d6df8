//! Payments, which settle invoices, and deposits, which take money to the bank.

use super::company::{View, account_type, reference_to};
use super::entity::{Application, Entity, Leg};
use super::fault::Fault;
use super::fields::{self, Object};
use super::kind::Kind;
use super::write::{Draft, check_money_account};
use serde_json::{Value, json};

/// Works a payment out.
pub(super) fn payment(
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let customer = fields::reference(&body, "CustomerRef")?;
    let customer = customer.ok_or_else(|| Fault::missing("CustomerRef"))?;
    let customer = view.resolve(Kind::Customer, "CustomerRef", &customer)?.id;
    let total = fields::required_amount(&body, "TotalAmt")?;
    if total < 0 {
        return Err(Fault::business("Transaction amount must be 0.00 or greater"));
    }
    let account = match view.account(&body, "DepositToAccountRef")? {
        Some(account) => account,
        None => view.system_account(view.company.system.undeposited)?,
    };
    check_money_account(account)?;
    let mut applications: Vec<Application> = Vec::new();
    for line in fields::objects(&body, "Line")? {
        let application = read_application(view, line, &OF_CUSTOMERS, customer, previous)?;
        applications.push(application);
    }
    let applied = applied(&applications, total)?;
    let legs = vec![
        Leg { account: account.id, minor: total, party: None },
        Leg { account: view.company.system.receivable, minor: -total, party: Some(customer) },
    ];
    body.insert("DepositToAccountRef".to_owned(), reference_to(account));
    body.insert("TotalAmt".to_owned(), fields::money(total));
    body.entry("ProcessPayment").or_insert(json!(false));
    body.entry("Line").or_insert(json!([]));
    Ok(Draft { body, legs, open: Some(total - applied), applications, ..Draft::default() })
}

/// What a payment is between: what it can settle, and which property names the other side.
pub(super) struct Sides {
    pub(super) settles: [Kind; 2],
    pub(super) party: &'static str,
}

const OF_CUSTOMERS: Sides =
    Sides { settles: [Kind::Invoice, Kind::CreditMemo], party: "CustomerRef" };

/// What an application takes from the payment: credits give.
pub(super) fn signed(application: &Application) -> i64 {
    match application.kind {
        Kind::CreditMemo | Kind::VendorCredit => -application.minor,
        _ => application.minor,
    }
}

/// What the applications take from a payment of this total.
pub(super) fn applied(applications: &[Application], total: i64) -> Result<i64, Fault> {
    for (place, one) in applications.iter().enumerate() {
        let before = applications.iter().take(place);
        if before.into_iter().any(|it| (it.kind, it.id) == (one.kind, one.id)) {
            return Err(Fault::cannot_link(&one.id.to_string(), "it is linked twice"));
        }
    }
    let applied: i64 = applications.iter().map(signed).sum();
    if applied > total || applied < 0 {
        let detail = "The amounts applied must be covered by the payment and the credits";
        return Err(Fault::business(detail));
    }
    Ok(applied)
}

/// What a line of a payment settles.
pub(super) fn read_application(
    view: &View<'_>,
    line: &Object,
    sides: &Sides,
    party: u64,
    previous: Option<&Entity>,
) -> Result<Application, Fault> {
    let minor = fields::required_amount(line, "Amount")?;
    let (kind, target) = linked(view, line, &sides.settles)?;
    let id = target.id.to_string();
    if target.reference(sides.party) != Some(party) {
        return Err(Fault::cannot_link(&id, "it belongs to somebody else"));
    }
    let before = previous.map_or(0, |payment| {
        let same = payment.applications.iter().filter(|it| (it.kind, it.id) == (kind, target.id));
        same.map(|it| it.minor).sum()
    });
    let available = target.open.unwrap_or(0) + before;
    if minor < 0 || minor > available {
        let open = fields::decimal_of(available);
        let detail = format!("The amount applied is more than what is open: {open}");
        return Err(Fault::business(&detail));
    }
    if available == 0 {
        return Err(Fault::cannot_link(&id, "nothing of it is open"));
    }
    Ok(Application { kind, id: target.id, minor })
}

/// The one transaction that a line is linked to.
fn linked<'a>(
    view: &View<'a>,
    line: &Object,
    allowed: &[Kind],
) -> Result<(Kind, &'a Entity), Fault> {
    let links = fields::objects(line, "LinkedTxn")?;
    let [link] = links.as_slice() else { return Err(Fault::missing("Line.LinkedTxn")) };
    let text = fields::text(link, "TxnId")?.ok_or_else(|| Fault::missing("TxnId"))?;
    let name = fields::text(link, "TxnType")?.ok_or_else(|| Fault::missing("TxnType"))?;
    let kind = Kind::of_name(name).filter(|kind| allowed.contains(kind));
    let kind = kind.ok_or_else(|| Fault::bad_enumeration("TxnType", name))?;
    let id = text.parse().map_err(|_| Fault::invalid_id(text))?;
    let gone = || Fault::not_found(&format!("{name} {text} is not there or was deleted."));
    Ok((kind, view.find(kind, id).ok_or_else(gone)?))
}

/// Works a deposit out.
pub(super) fn deposit(
    view: &View<'_>,
    mut body: Object,
    previous: Option<&Entity>,
) -> Result<Draft, Fault> {
    let bank = view.required_account(&body, "DepositToAccountRef")?;
    check_money_account(bank)?;
    let mut draft = Draft::default();
    let mut total: i64 = 0;
    let mut shown = Vec::new();
    for line in fields::objects(&body, "Line")? {
        let leg = if line.contains_key("LinkedTxn") {
            linked_leg(view, line, previous, &mut draft.deposits)?
        } else {
            direct_leg(view, line)?
        };
        total = total.checked_sub(leg.minor).ok_or_else(|| Fault::bad_number("Amount", "sum"))?;
        draft.legs.push(leg);
        let mut line = line.clone();
        line.insert("Id".to_owned(), json!((shown.len() + 1).to_string()));
        line.insert("LineNum".to_owned(), json!(shown.len() + 1));
        shown.push(Value::Object(line));
    }
    if shown.is_empty() {
        return Err(Fault::missing("Line"));
    }
    if total < 0 {
        return Err(Fault::business("Transaction amount must be 0.00 or greater"));
    }
    draft.legs.push(Leg { account: bank.id, minor: total, party: None });
    body.insert("Line".to_owned(), Value::Array(shown));
    body.insert("TotalAmt".to_owned(), fields::money(total));
    draft.body = body;
    Ok(draft)
}

/// A line that takes a transaction from the undeposited funds, whole.
fn linked_leg(
    view: &View<'_>,
    line: &Object,
    previous: Option<&Entity>,
    deposits: &mut Vec<(Kind, u64)>,
) -> Result<Leg, Fault> {
    let allowed = [Kind::SalesReceipt, Kind::Payment, Kind::RefundReceipt];
    let (kind, target) = linked(view, line, &allowed)?;
    let id = target.id.to_string();
    let key = (kind, target.id);
    let ours = previous.is_some_and(|deposit| deposit.deposits.contains(&key));
    if deposits.contains(&key) || (target.is_deposited() && !ours) {
        return Err(Fault::cannot_link(&id, "it has been deposited"));
    }
    let undeposited = view.company.system.undeposited;
    if target.reference("DepositToAccountRef") != Some(undeposited) {
        return Err(Fault::cannot_link(&id, "it is not in the undeposited funds"));
    }
    let whole: i64 =
        target.legs.iter().filter(|leg| leg.account == undeposited).map(|leg| leg.minor).sum();
    if fields::required_amount(line, "Amount")? != whole {
        return Err(Fault::business("A linked transaction is deposited with its whole amount"));
    }
    deposits.push(key);
    Ok(Leg { account: undeposited, minor: -whole, party: None })
}

fn direct_leg(view: &View<'_>, line: &Object) -> Result<Leg, Fault> {
    let minor = fields::required_amount(line, "Amount")?;
    match fields::text(line, "DetailType")? {
        Some("DepositLineDetail") => {}
        Some(other) => return Err(Fault::bad_enumeration("DetailType", other)),
        None => return Err(Fault::missing("DetailType")),
    }
    let detail = fields::object(line, "DepositLineDetail")?
        .ok_or_else(|| Fault::missing("DepositLineDetail"))?;
    let account = view.required_account(detail, "AccountRef")?;
    let party = fields::reference(detail, "Entity")?;
    let party = party.map(|party| view.party("Entity", &party)).transpose()?;
    check_party(account, party)?;
    Ok(Leg { account: account.id, minor: -minor, party: party_of(account, party) })
}

/// Accounts receivable want a customer, accounts payable a vendor.
pub(super) fn check_party(account: &Entity, party: Option<&Entity>) -> Result<(), Fault> {
    let kind = party.map(|party| party.kind);
    match account_type(account) {
        "Accounts Receivable" if kind != Some(Kind::Customer) => Err(Fault::business(
            "When you use Accounts Receivable, you must choose a customer in the Name field",
        )),
        "Accounts Payable" if kind != Some(Kind::Vendor) => Err(Fault::business(
            "When you use Accounts Payable, you must choose a vendor in the Name field",
        )),
        _ => Ok(()),
    }
}

/// The party whose balance a leg changes: only on accounts receivable and payable.
pub(super) fn party_of(account: &Entity, party: Option<&Entity>) -> Option<u64> {
    let counts = matches!(account_type(account), "Accounts Receivable" | "Accounts Payable");
    party.filter(|_| counts).map(|party| party.id)
}
