//! Sales receipts, invoices and credit memos: lines of items, and the tax that the vendor works out
//! itself.

use super::element::Element;
use super::fields;
use super::file::CompanyFile;
use super::inventory;
use super::kind::Kind;
use super::record::{Leg, Record};
use super::status::{Checked, Status};
use super::transactions::Draft;
use rust_decimal::Decimal;

/// What a line comes to, and how.
#[derive(Clone, Copy, Debug, Default)]
struct Worth {
    /// In cents.
    minor: i64,
    quantity: Option<Decimal>,
    rate: Option<Decimal>,
    percent: Option<Decimal>,
}

/// A line as it is entered.
#[derive(Clone, Debug)]
struct Line {
    worth: Worth,
    is_taxed: bool,
    item: Option<u64>,
    account: Option<u64>,
    class: Option<u64>,
    tax_code: Option<u64>,
}

impl CompanyFile {
    /// A sale or its reverse.
    pub(super) fn sale(&self, draft: &mut Draft, add: &Element) -> Checked<()> {
        let customer = self.referred(add, "CustomerRef")?;
        let header_class = self.referred(add, "ClassRef")?.map(|record| record.number);
        let mut lines: Vec<Line> = Vec::new();
        let name = format!("{}LineAdd", draft.kind.name());
        for line in add.all(&name) {
            let above = lines.last().map(|line| line.worth.minor);
            let mut read = self.read_line(line, above)?;
            read.class = read.class.or(header_class);
            lines.push(read);
        }
        let subtotal: i64 = lines.iter().map(|line| line.worth.minor).sum();
        let tax = self.sales_tax(draft, add, customer, &lines)?;
        let total = subtotal + tax;
        if total < 0 {
            let why = "The amount of the transaction must not be negative.";
            return Err(Status::refused("TotalAmount", &fields::money(total), why));
        }
        // A sale credits its lines, a credit memo debits them.
        let sign = if draft.kind == Kind::CreditMemo { 1 } else { -1 };
        let name = customer.map(|record| record.number);
        let (owed, party) = self.counter_account(draft, add, name)?;
        draft.post_leg(Leg::new(owed, -sign * total).of(party));
        for line in &lines {
            if let Some(account) = line.account {
                draft.post_leg(Leg::new(account, sign * line.worth.minor).in_class(line.class));
            }
            self.move_stock(draft, line, sign)?;
        }
        draft.post(self.special.sales_tax_payable, sign * tax);
        self.show_lines(draft, &lines);
        draft.body.set("Subtotal", fields::money(subtotal));
        draft.body.set("SalesTaxTotal", fields::money(tax));
        if draft.kind == Kind::Invoice {
            draft.settles = Some(total);
            self.apply_credits(draft, add)?;
        } else {
            draft.body.set("TotalAmount", fields::money(total));
        }
        if draft.kind == Kind::CreditMemo {
            draft.settles = Some(total);
        }
        for name in ["IsPending", "IsToBePrinted", "IsToBeEmailed"] {
            if draft.body.text_of(name).is_none() {
                draft.body.set(name, "false");
            }
        }
        if fields::flag(add, "IsPending") == Some(true) {
            // What is pending is not in the ledger yet.
            draft.legs.clear();
            draft.movements.clear();
            draft.settles = draft.settles.map(|_| 0);
        }
        Ok(())
    }

    /// Where the total goes: to whoever owes it, or to where the money lies.
    fn counter_account(
        &self,
        draft: &mut Draft,
        add: &Element,
        customer: Option<u64>,
    ) -> Checked<(u64, Option<u64>)> {
        let (name, otherwise) = match draft.kind {
            Kind::SalesReceipt => ("DepositToAccountRef", self.special.undeposited),
            _ => ("ARAccountRef", self.special.receivable),
        };
        let account = self.account(add, name)?.unwrap_or(otherwise);
        let wanted: &[&str] = match draft.kind {
            Kind::SalesReceipt => &[
                "Bank",
                "OtherCurrentAsset",
                "OtherCurrentLiability",
                "CreditCard",
                "FixedAsset",
                "OtherAsset",
                "Equity",
            ],
            _ => &["AccountsReceivable"],
        };
        self.check_type(account, name, wanted)?;
        draft.body.put(self.reference(name, account));
        let party = customer.filter(|_| draft.kind != Kind::SalesReceipt);
        Ok((account, party))
    }

    /// Refuses an account that is of none of these types.
    pub(super) fn check_type(&self, account: u64, name: &str, wanted: &[&str]) -> Checked<()> {
        let record = self.record(account);
        let kind = record.and_then(|record| record.text("AccountType")).unwrap_or("");
        if wanted.contains(&kind) {
            return Ok(());
        }
        let said = record.map_or("", Record::full_name);
        Err(Status::refused(name, said, "The account is not of a type that this field takes."))
    }

    fn read_line(&self, line: &Element, above: Option<i64>) -> Checked<Line> {
        let item = self.referred(line, "ItemRef")?;
        let class = self.referred(line, "ClassRef")?.map(|record| record.number);
        let Some(item) = item else {
            let money = ["Amount", "Rate", "RatePercent", "Quantity"];
            if money.iter().any(|name| line.text_of(name).is_some()) {
                return Err(Status::missing("ItemRef"));
            }
            return Ok(Line {
                worth: Worth::default(),
                is_taxed: false,
                item: None,
                account: None,
                class,
                tax_code: None,
            });
        };
        let over = self.account(line, "OverrideItemAccountRef")?;
        let account = match (over, item.kind) {
            (_, Kind::ItemSalesTax) => {
                let why = "Sales tax is worked out from the tax item of the whole document.";
                return Err(Status::refused("ItemRef", item.full_name(), why));
            }
            (Some(over), _) => over,
            (None, Kind::ItemDiscount) => self.item_account(item.number, "AccountRef")?,
            (None, Kind::ItemInventory) => self.item_account(item.number, "IncomeAccountRef")?,
            (None, _) => self
                .item_account(item.number, "AccountRef")
                .or_else(|_| self.item_account(item.number, "IncomeAccountRef"))?,
        };
        let worth = self.line_amount(line, item, above)?;
        let code = self.tax_code(line, item)?;
        Ok(Line {
            worth,
            is_taxed: code.is_some_and(|code| self.is_taxable(code)),
            item: Some(item.number),
            account: Some(account),
            class,
            tax_code: code,
        })
    }

    /// Amount, quantity, rate and percentage of a line.
    fn line_amount(&self, line: &Element, item: &Record, above: Option<i64>) -> Checked<Worth> {
        let quantity = fields::number(line, "Quantity")?;
        let percent = fields::number(line, "RatePercent")?.or(match line.text_of("Rate") {
            None => fields::number(&item.body, "DiscountRatePercent")?,
            Some(_) => None,
        });
        let is_discount = item.kind == Kind::ItemDiscount;
        let given = fields::amount(line, "Amount")?;
        if let (Some(percent), None) = (percent, given) {
            let share = fields::percentage(above.unwrap_or(0), percent).unwrap_or(0);
            let minor = if is_discount { -share } else { share };
            return Ok(Worth { minor, quantity, rate: None, percent: Some(percent) });
        }
        let rate = fields::number(line, "Rate")?;
        if let Some(minor) = given {
            // What a discount item comes to is always taken off.
            let minor = if is_discount { -minor.abs() } else { minor };
            let rate = rate.or_else(|| {
                let amount = fields::to_decimal(minor);
                amount.checked_div(quantity.filter(|it| !it.is_zero())?)
            });
            return Ok(Worth { minor, quantity, rate, percent: None });
        }
        let rate = match rate {
            Some(rate) => rate,
            None => list_price(item)?,
        };
        let whole = quantity.unwrap_or(Decimal::ONE).checked_mul(rate);
        let minor = whole.and_then(fields::to_minor);
        let minor = minor.ok_or_else(|| {
            Status::refused("Amount", &rate.to_string(), "The amount is too large.")
        })?;
        let minor = if is_discount { -minor.abs() } else { minor };
        Ok(Worth { minor, quantity, rate: Some(rate), percent: None })
    }

    /// The tax code of a line: its own, or its item's.
    fn tax_code(&self, line: &Element, item: &Record) -> Checked<Option<u64>> {
        if !self.settings.charges_sales_tax {
            self.referred(line, "SalesTaxCodeRef")?;
            return Ok(None);
        }
        let own = self.referred(line, "SalesTaxCodeRef")?.map(|record| record.number);
        let of_item = || {
            let id = item.body.child("SalesTaxCodeRef")?.text_of("ListID")?;
            self.by_id(&[Kind::SalesTaxCode], id).map(|record| record.number)
        };
        Ok(own.or_else(of_item).or(Some(self.special.non_taxable)))
    }

    fn is_taxable(&self, code: u64) -> bool {
        self.record(code).is_some_and(|record| record.text("IsTaxable") == Some("true"))
    }

    /// The tax of a document: the rate of its tax item on all taxable lines together.
    fn sales_tax(
        &self,
        draft: &mut Draft,
        add: &Element,
        customer: Option<&Record>,
        lines: &[Line],
    ) -> Checked<i64> {
        let own = self.referred(add, "ItemSalesTaxRef")?;
        let code = self.referred(add, "CustomerSalesTaxCodeRef")?.map(|record| record.number);
        if !self.settings.charges_sales_tax {
            return Ok(0);
        }
        let of_customer = || {
            let id = customer?.body.child("ItemSalesTaxRef")?.text_of("ListID")?;
            self.by_id(&[Kind::ItemSalesTax], id)
        };
        let item = own.or_else(of_customer).or_else(|| self.record(self.special.default_tax));
        let code = code.or_else(|| {
            let id = customer?.body.child("SalesTaxCodeRef")?.text_of("ListID")?;
            self.by_id(&[Kind::SalesTaxCode], id).map(|record| record.number)
        });
        let code = code.unwrap_or(self.special.taxable);
        draft.body.put(self.reference("CustomerSalesTaxCodeRef", code));
        let Some(item) = item else { return Ok(0) };
        let rate = fields::number(&item.body, "TaxRate")?.unwrap_or_default();
        draft.body.put(self.reference("ItemSalesTaxRef", item.number));
        draft.body.set("SalesTaxPercentage", fields::shown(rate));
        // A customer who is not taxed pays none, whatever the lines say.
        if !self.is_taxable(code) {
            return Ok(0);
        }
        let base: i64 =
            lines.iter().filter(|line| line.is_taxed).map(|line| line.worth.minor).sum();
        fields::percentage(base, rate).ok_or_else(|| {
            Status::refused("SalesTaxTotal", &fields::money(base), "The amount is too large.")
        })
    }

    /// Goods leave or come back at what they cost on average.
    fn move_stock(&self, draft: &mut Draft, line: &Line, sign: i64) -> Checked<()> {
        let Some(item) = line.item.and_then(|number| self.record(number)) else { return Ok(()) };
        if item.kind != Kind::ItemInventory {
            return Ok(());
        }
        let quantity = Decimal::from(sign) * line.worth.quantity.unwrap_or(Decimal::ONE);
        let moved = self.movement(item.number, quantity, inventory::Worth::Average, line.class)?;
        draft.movements.push(moved);
        Ok(())
    }

    /// Writes into the lines what was worked out.
    fn show_lines(&self, draft: &mut Draft, lines: &[Line]) {
        let shown = draft.body.children.iter_mut().filter(|it| it.name.ends_with("LineRet"));
        for (shown, line) in shown.zip(lines) {
            if line.item.is_none() {
                continue;
            }
            match (line.worth.rate, line.worth.percent) {
                (_, Some(percent)) => shown.set("RatePercent", fields::shown(percent)),
                (Some(rate), None) => shown.set("Rate", fields::shown(rate)),
                (None, None) => {}
            }
            shown.set("Amount", fields::money(line.worth.minor));
            if let Some(code) = line.tax_code {
                let reference = self.reference("SalesTaxCodeRef", code);
                shown.put(reference);
            }
        }
    }
}

/// What an item is sold for by default.
fn list_price(item: &Record) -> Checked<Decimal> {
    let body = &item.body;
    let inner = ["SalesOrPurchase", "SalesAndPurchase"].iter().find_map(|it| body.child(it));
    for within in [Some(body), inner].into_iter().flatten() {
        for name in ["SalesPrice", "Price", "DiscountRate"] {
            if let Some(price) = fields::number(within, name)? {
                return Ok(price);
            }
        }
    }
    Ok(Decimal::ZERO)
}
