//! What is bought: checks, cards, bills, credits of vendors, receipts of goods.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::inventory::Worth;
use super::kind::Kind;
use super::record::{Leg, Record};
use super::status::{Checked, Status};
use super::transactions::Draft;
use rust_decimal::Decimal;

/// Where the other side of an expense stands.
struct Counter {
    account: u64,
    party: Option<u64>,
    /// The element that shows the total.
    total: &'static str,
    /// Whether what is bought is debited.
    sign: i64,
}

impl CompanyFile {
    /// An expense, paid or owed.
    pub(super) fn expense(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let counter = self.counter(draft, add)?;
        let mut total = 0;
        for line in add.all("ExpenseLineAdd") {
            total += self.expense_line(draft, line, counter.sign)?;
        }
        let mut amounts = Vec::new();
        for line in add.all("ItemLineAdd") {
            let (minor, cost) = self.item_line(draft, line, counter.sign)?;
            amounts.push((minor, cost));
            total += minor;
        }
        if total < 0 {
            let why = "The amount of the transaction must not be negative.";
            return Err(Status::refused(counter.total, &fields::money(total), why));
        }
        let leg = Leg::new(counter.account, -counter.sign * total).of(counter.party);
        draft.legs.insert(0, leg);
        draft.legs.retain(|leg| leg.minor != 0);
        check_owed(self, draft)?;
        draft.body.set(counter.total, fields::money(total));
        let shown = draft.body.children.iter_mut().filter(|it| it.name == "ItemLineRet");
        for (shown, (minor, cost)) in shown.zip(amounts) {
            shown.set("Amount", fields::money(minor));
            if let Some(cost) = cost {
                shown.set("Cost", fields::shown(cost));
            }
        }
        if matches!(draft.kind, Kind::Bill | Kind::VendorCredit) {
            draft.settles = Some(total);
        }
        if draft.kind == Kind::Check {
            self.refund_by_check(draft, add, counter.party)?;
            if draft.body.text_of("IsToBePrinted").is_none() {
                draft.body.set("IsToBePrinted", "false");
            }
        }
        Ok(())
    }

    fn counter(&self, draft: &mut Draft, add: &Element) -> Checked<Counter> {
        let payee = self.referred(add, "PayeeEntityRef")?.map(|record| record.number);
        let paid = |wanted: &[&str], sign| {
            let account = self.required(add, "AccountRef")?.number;
            self.check_type(account, "AccountRef", wanted)?;
            Ok(Counter { account, party: payee, total: "Amount", sign })
        };
        let total = match draft.kind {
            Kind::Check => return paid(&["Bank"], 1),
            Kind::CreditCardCharge => return paid(&["CreditCard"], 1),
            Kind::CreditCardCredit => return paid(&["CreditCard"], -1),
            Kind::Bill => "AmountDue",
            Kind::VendorCredit => "CreditAmount",
            _ => "TotalAmount",
        };
        let vendor = self.required(add, "VendorRef")?.number;
        let account = self.account(add, "APAccountRef")?.unwrap_or(self.special.payable);
        self.check_type(account, "APAccountRef", &["AccountsPayable"])?;
        let reference = self.reference("APAccountRef", account);
        draft.body.put(reference);
        let sign = if draft.kind == Kind::VendorCredit { -1 } else { 1 };
        Ok(Counter { account, party: Some(vendor), total, sign })
    }

    fn expense_line(&self, draft: &mut Draft, line: &Element, sign: i64) -> Checked<i64> {
        let account = self.required(line, "AccountRef")?.number;
        let customer = self.referred(line, "CustomerRef")?.map(|record| record.number);
        let class = self.referred(line, "ClassRef")?.map(|record| record.number);
        let minor = fields::amount(line, "Amount")?.unwrap_or(0);
        draft.post_leg(Leg::new(account, sign * minor).of(customer).in_class(class));
        Ok(minor)
    }

    /// A line of goods: what it comes to, and what one costs.
    fn item_line(
        &self,
        draft: &mut Draft,
        line: &Element,
        sign: i64,
    ) -> Checked<(i64, Option<Decimal>)> {
        let item = self.required(line, "ItemRef")?;
        let customer = self.referred(line, "CustomerRef")?.map(|record| record.number);
        let class = self.referred(line, "ClassRef")?.map(|record| record.number);
        let quantity = fields::number(line, "Quantity")?;
        let (minor, cost) = bought_for(line, item, quantity)?;
        let account = match self.account(line, "OverrideItemAccountRef")? {
            Some(account) => account,
            None if item.kind == Kind::ItemInventory => {
                self.item_account(item.number, "AssetAccountRef")?
            }
            None => self
                .item_account(item.number, "ExpenseAccountRef")
                .or_else(|_| self.item_account(item.number, "AccountRef"))?,
        };
        draft.post_leg(Leg::new(account, sign * minor).of(customer).in_class(class));
        if item.kind == Kind::ItemInventory {
            let quantity = Decimal::from(sign) * quantity.unwrap_or(Decimal::ONE);
            let worth = Worth::Bought(sign * minor);
            draft.movements.push(self.movement(item.number, quantity, worth, class)?);
        }
        Ok((minor, cost))
    }
}

/// What a line of goods comes to, and what one costs: as the line says, or else as the item does.
pub(super) fn bought_for(
    line: &Element,
    item: &Record,
    quantity: Option<Decimal>,
) -> Checked<(i64, Option<Decimal>)> {
    let cost = match fields::number(line, "Cost")? {
        Some(cost) => Some(cost),
        None => fields::number(line, "Rate")?,
    };
    if let Some(minor) = fields::amount(line, "Amount")? {
        let amount = fields::to_decimal(minor);
        let each = quantity.filter(|it| !it.is_zero()).and_then(|it| amount.checked_div(it));
        return Ok((minor, cost.or(each)));
    }
    let inner = item.body.child("SalesAndPurchase").unwrap_or(&item.body);
    let cost = match cost {
        Some(cost) => cost,
        None => fields::number(inner, "PurchaseCost")?.unwrap_or_default(),
    };
    let whole = quantity.unwrap_or(Decimal::ONE).checked_mul(cost);
    let minor = whole.and_then(fields::to_minor);
    let minor = minor
        .ok_or_else(|| Status::refused("Amount", &cost.to_string(), "The amount is too large."))?;
    Ok((minor, Some(cost)))
}

/// Accounts of what is owed need somebody who owes it: a customer, or a vendor.
pub(super) fn check_owed(file: &CompanyFile, draft: &Draft) -> Checked<()> {
    for leg in &draft.legs {
        let kind = file.record(leg.account).and_then(|it| it.text("AccountType")).unwrap_or("");
        let party = leg.name.and_then(|name| file.record(name)).map(|record| record.kind);
        let wanted = match kind {
            "AccountsReceivable" => Kind::Customer,
            "AccountsPayable" => Kind::Vendor,
            _ => continue,
        };
        if party != Some(wanted) {
            let why = format!(
                "A line with an account of the type {kind} needs a {} in its name.",
                wanted.name().to_lowercase()
            );
            return Err(Status::not_saved(draft.kind.name(), &why));
        }
    }
    Ok(())
}
