//! Additions to lists: names, parents, accounts of items.

use super::element::Element;
use super::fields;
use super::file::{CompanyFile, Space};
use super::inventory::Worth;
use super::kind::Kind;
use super::record::{Record, Standing};
use super::status::{Checked, Status};
use super::transactions::Draft;
use jiff::Timestamp;

/// How many elements may lie within each other.
const DEEPEST: usize = 5;

/// How long names may be, those of their parents included.
const LONGEST_NAME: usize = 209;

impl CompanyFile {
    /// Adds an element to a list; its number.
    pub(super) fn add_to_list(
        &mut self,
        kind: Kind,
        add: &Element,
        now: Timestamp,
    ) -> Checked<u64> {
        self.check_kind(kind)?;
        let name = add.text_of("Name").ok_or_else(|| Status::missing("Name"))?.to_owned();
        if name.contains(':') {
            return Err(Status::refused("Name", &name, "A name must not contain a colon."));
        }
        let full_name = self.full_name(kind, add, &name)?;
        if full_name.chars().count() > LONGEST_NAME {
            return Err(Status::refused("FullName", &full_name, "The name is too long."));
        }
        let space = Space::of(kind).expect("a list has names");
        if self.index.names.contains_key(&(space, full_name.to_lowercase())) {
            return Err(Status::name_taken(&name));
        }
        self.check_limits(kind)?;
        let mut body = self.kept(add, &format!("{}Ret", kind.name()), now)?;
        self.complete(kind, &mut body)?;
        if kind.has_parents() {
            body.set("Sublevel", full_name.matches(':').count().to_string());
            body.set("FullName", full_name);
        }
        if body.text_of("IsActive").is_none() {
            body.set("IsActive", "true");
        }
        let number = self.plant(kind, body, now);
        if kind == Kind::ItemInventory {
            self.stock_at_start(number, add, now)?;
        }
        Ok(number)
    }

    /// Stores a list element; its number.
    pub(super) fn plant(&mut self, kind: Kind, body: Element, now: Timestamp) -> u64 {
        let number = self.take_number();
        self.store(Record {
            kind,
            number,
            txn_number: 0,
            created: now,
            modified: now,
            standing: Standing::Live,
            body,
            legs: Vec::new(),
            movements: Vec::new(),
            settles: None,
            applications: Vec::new(),
            deposits: Vec::new(),
            fulfils: Vec::new(),
        });
        number
    }

    fn check_kind(&self, kind: Kind) -> Checked<()> {
        self.check_inventory(kind)?;
        match kind {
            Kind::Class if !self.settings.uses_classes => Err(Status::feature_off("classes")),
            Kind::ItemSalesTax | Kind::SalesTaxCode if !self.settings.charges_sales_tax => {
                Err(Status::feature_off("sales tax"))
            }
            _ => Ok(()),
        }
    }

    fn check_limits(&self, kind: Kind) -> Checked<()> {
        let limits = self.settings.limits;
        let is_full = match kind {
            kind if kind.is_item() => self.count(&Kind::ITEMS) >= limits.items,
            kind if kind.is_name() => {
                self.count(&Kind::NAMES) >= limits.names || self.count(&[kind]) >= limits.others
            }
            kind => self.count(&[kind]) >= limits.others,
        };
        if is_full {
            let what = format!("{} list", kind.name());
            return Err(Status::not_saved(&what, "The list is full: no more can be added."));
        }
        Ok(())
    }

    fn full_name(&self, kind: Kind, add: &Element, name: &str) -> Checked<String> {
        let Some(parent) = add.child("ParentRef") else { return Ok(name.to_owned()) };
        let (found, said) = match (parent.text_of("ListID"), parent.text_of("FullName")) {
            (Some(id), _) => (self.by_id(&[kind], id), id),
            (None, Some(said)) => (self.by_name(&[kind], said), said),
            (None, None) => return Ok(name.to_owned()),
        };
        let found = found.ok_or_else(|| Status::bad_parent(kind.name(), said))?;
        if found.full_name().matches(':').count() + 2 > DEEPEST {
            return Err(Status::refused("ParentRef", said, "The list is only five levels deep."));
        }
        Ok(format!("{}:{name}", found.full_name()))
    }

    /// Adds what the vendor fills in, and refuses what it cannot do without.
    fn complete(&self, kind: Kind, body: &mut Element) -> Checked<()> {
        match kind {
            Kind::Account => {
                if body.text_of("AccountNumber").is_some() && !self.settings.uses_account_numbers {
                    body.remove("AccountNumber");
                }
                body.set("CashFlowClassification", "None");
                self.check_kept_in(body)?;
            }
            Kind::Customer
                if self.settings.charges_sales_tax && body.child("SalesTaxCodeRef").is_none() =>
            {
                body.put(self.reference("SalesTaxCodeRef", self.special.taxable));
            }
            Kind::ItemInventory => {
                for (name, kinds) in [
                    ("IncomeAccountRef", &["Income", "OtherIncome"][..]),
                    ("COGSAccountRef", &["CostOfGoodsSold", "Expense"][..]),
                    ("AssetAccountRef", &["OtherCurrentAsset"][..]),
                ] {
                    self.check_account_type(body, name, kinds)?;
                }
            }
            Kind::ItemService | Kind::ItemNonInventory | Kind::ItemOtherCharge => {
                check_accounts(body)?;
            }
            Kind::ItemDiscount => required_account(body, "AccountRef")?,
            Kind::ItemSalesTax => {
                let rate = fields::number(body, "TaxRate")?.unwrap_or_default();
                if rate.is_sign_negative() && !rate.is_zero() {
                    return Err(Status::refused("TaxRate", &rate.to_string(), "It is negative."));
                }
                body.set("TaxRate", fields::shown(rate));
            }
            _ => {}
        }
        if kind.is_item()
            && kind != Kind::ItemSalesTax
            && self.settings.charges_sales_tax
            && body.child("SalesTaxCodeRef").is_none()
        {
            let code = match kind {
                Kind::ItemInventory | Kind::ItemNonInventory => self.special.taxable,
                _ => self.special.non_taxable,
            };
            body.put(self.reference("SalesTaxCodeRef", code));
        }
        Ok(())
    }

    fn check_account_type(&self, body: &Element, name: &str, kinds: &[&str]) -> Checked<()> {
        required_account(body, name)?;
        let id = body.child(name).and_then(|reference| reference.text_of("ListID")).unwrap_or("");
        let kind = self.by_id(&[Kind::Account], id).and_then(|it| it.text("AccountType"));
        if kind.is_some_and(|kind| kinds.contains(&kind)) {
            return Ok(());
        }
        Err(Status::refused(name, kind.unwrap_or(""), "The account has the wrong type."))
    }

    /// What is on hand when an item is added comes from the opening balance.
    fn stock_at_start(&mut self, item: u64, add: &Element, now: Timestamp) -> Checked<()> {
        let Some(quantity) = fields::number(add, "QuantityOnHand")? else { return Ok(()) };
        let cost = fields::number(add, "PurchaseCost")?.unwrap_or_default();
        let value = match fields::amount(add, "TotalValue")? {
            Some(value) => value,
            None => quantity.checked_mul(cost).and_then(fields::to_minor).unwrap_or(0),
        };
        if quantity.is_zero() && value == 0 {
            return Ok(());
        }
        let date = fields::date(add, "InventoryDate").unwrap_or_else(|| self.today(now));
        let mut draft = Draft::new(Kind::InventoryAdjustment);
        let opening = self.special.opening_balance;
        draft.body.put(self.reference("AccountRef", opening));
        draft.body.set("TxnDate", date.to_string());
        draft.body.set("Memo", "Opening balance");
        let asset = self.item_account(item, "AssetAccountRef")?;
        draft.post(asset, value);
        draft.post(opening, -value);
        draft.movements.push(self.movement(item, quantity, Worth::Bought(value), None)?);
        self.enter(draft, now);
        Ok(())
    }
}

fn required_account(body: &Element, name: &str) -> Checked<()> {
    let is_there = body.child(name).is_some();
    is_there.then_some(()).ok_or_else(|| Status::no_account(body.text_of("Name").unwrap_or("")))
}

fn check_accounts(body: &Element) -> Checked<()> {
    if let Some(one) = body.child("SalesOrPurchase")
        && one.child("AccountRef").is_none()
    {
        return Err(Status::no_account(body.text_of("Name").unwrap_or("")));
    }
    if let Some(both) = body.child("SalesAndPurchase") {
        for name in ["IncomeAccountRef", "ExpenseAccountRef"] {
            if both.child(name).is_none() {
                return Err(Status::no_account(body.text_of("Name").unwrap_or("")));
            }
        }
    }
    Ok(())
}
