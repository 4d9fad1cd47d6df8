//! Records as they stand in answers, with what can be worked out.

use super::element::Element;
use super::file::CompanyFile;
use super::kind::Kind;
use super::record::Record;
use super::{fields, instants, tables};

/// Types of account whose balance grows with debits.
const DEBIT_TYPES: [&str; 8] = [
    "Bank",
    "AccountsReceivable",
    "OtherCurrentAsset",
    "FixedAsset",
    "OtherAsset",
    "CostOfGoodsSold",
    "Expense",
    "OtherExpense",
];

/// Types of account that are carried to the retained earnings at the end of a year.
const PROFIT_TYPES: [&str; 5] =
    ["Income", "OtherIncome", "CostOfGoodsSold", "Expense", "OtherExpense"];

impl CompanyFile {
    /// A record as it stands in an answer, with its lines or without.
    pub(super) fn show(&self, record: &Record, with_lines: bool) -> Element {
        let mut shown = record.body.clone();
        let zone = self.zone();
        let id = if record.kind.is_transaction() { "TxnID" } else { "ListID" };
        shown.set(id, record.id());
        shown.set("TimeCreated", instants::write(record.created, &zone));
        shown.set("TimeModified", instants::write(record.modified, &zone));
        shown.set("EditSequence", record.edit_sequence());
        if record.kind.is_transaction() {
            shown.set("TxnNumber", record.txn_number.to_string());
            self.show_settled(record, &mut shown);
            if !with_lines {
                let is_line = |name: &str| name.ends_with("LineRet") || name.starts_with("Journal");
                shown.children.retain(|child| !is_line(&child.name));
            }
        } else {
            self.show_balances(record, &mut shown);
        }
        self.show_received(record, &mut shown);
        Self::show_adjusted(record, &mut shown);
        self.show_names(&mut shown);
        tables::arrange(&mut shown);
        shown
    }

    /// References bear the names of today.
    fn show_names(&self, shown: &mut Element) {
        for child in shown.children.iter_mut().filter(|child| !child.children.is_empty()) {
            let number = child.text_of("ListID").and_then(Record::number_in);
            match number.and_then(|number| self.record(number)) {
                Some(record) => child.set("FullName", record.full_name().to_owned()),
                None => self.show_names(child),
            }
        }
    }

    fn show_balances(&self, record: &Record, shown: &mut Element) {
        match record.kind {
            Kind::Account => {
                let own = self.shown_balance(record);
                let prefix = format!("{}:", record.full_name());
                let below =
                    self.shelf(Kind::Account).filter(|it| it.full_name().starts_with(&prefix));
                let all = own + below.map(|it| self.shown_balance(it)).sum::<i64>();
                shown.set("Balance", fields::money(own));
                shown.set("TotalBalance", fields::money(all));
                self.show_kept_in(shown);
            }
            Kind::Customer => {
                let owed = self.index.name_balances.get(&record.number).copied().unwrap_or(0);
                shown.set("Balance", fields::money(owed));
                shown.set("TotalBalance", fields::money(owed));
            }
            Kind::Vendor => {
                let owed = self.index.name_balances.get(&record.number).copied().unwrap_or(0);
                shown.set("Balance", fields::money(-owed));
            }
            Kind::ItemInventory => {
                let stock = self.index.stock.get(&record.number).copied().unwrap_or_default();
                shown.set("QuantityOnHand", fields::shown(stock.quantity));
                shown.set("AverageCost", fields::shown(self.average_cost(record.number)));
                shown.set("QuantityOnOrder", fields::shown(self.on_order(record.number)));
                shown.set("QuantityOnSalesOrder", "0");
            }
            _ => {}
        }
    }

    /// An account's balance with the sign that its kind makes natural; nil for income and expenses.
    fn shown_balance(&self, account: &Record) -> i64 {
        let debit = self.index.balances.get(&account.number).copied().unwrap_or(0);
        match account_type(account) {
            kind if PROFIT_TYPES.contains(&kind) => 0,
            kind if DEBIT_TYPES.contains(&kind) => debit,
            _ => -debit,
        }
    }

    /// What a transaction settled, and what settled it.
    fn show_settled(&self, record: &Record, shown: &mut Element) {
        let open = self.open(record);
        let total = record.settles.unwrap_or(0);
        match record.kind {
            Kind::Invoice => {
                shown.set("AppliedAmount", fields::money(open - total));
                shown.set("BalanceRemaining", fields::money(open));
                shown.set("IsPaid", (open == 0).to_string());
            }
            Kind::CreditMemo => shown.set("CreditRemaining", fields::money(open)),
            Kind::ReceivePayment => {
                shown.set("UnusedPayment", fields::money(open));
                shown.set("UnusedCredits", "0.00");
            }
            Kind::Bill => {
                shown.set("IsPaid", (open == 0).to_string());
                shown.set("OpenAmount", fields::money(open));
            }
            Kind::VendorCredit => shown.set("OpenAmount", fields::money(open)),
            _ => {}
        }
        self.show_applications(record, shown);
        if tables::may_hold(&shown.name, "LinkedTxn") {
            let links = self.index.links.get(&record.number).into_iter().flatten();
            for (number, minor) in links {
                let Some(other) = self.record(*number) else { continue };
                let mut link = Element::new("LinkedTxn");
                self.name_transaction(other, &mut link);
                link.set("LinkType", "AMTTYPE");
                link.set("Amount", fields::money(-minor));
                shown.children.push(link);
            }
        }
    }

    fn show_applications(&self, record: &Record, shown: &mut Element) {
        for application in &record.applications {
            let is_refund = record.kind == Kind::ARRefundCreditCard;
            let other = if is_refund { application.credit } else { application.debt };
            let Some(other) = self.record(other).filter(|_| record.counts()) else { continue };
            let mut applied = Element::new(match record.kind {
                Kind::ARRefundCreditCard => "RefundAppliedToTxnRet",
                Kind::ReceivePayment | Kind::BillPaymentCheck | Kind::BillPaymentCreditCard => {
                    "AppliedToTxnRet"
                }
                _ => continue,
            });
            self.name_transaction(other, &mut applied);
            let open = fields::money(self.open(other));
            if is_refund {
                applied.set("CreditRemaining", open);
                applied.set("RefundAmount", fields::money(application.minor));
            } else {
                applied.set("BalanceRemaining", open);
                applied.set("Amount", fields::money(application.minor));
                if application.discount != 0 {
                    applied.set("DiscountAmount", fields::money(application.discount));
                }
            }
            shown.children.push(applied);
        }
    }

    pub(super) fn name_transaction(&self, record: &Record, shown: &mut Element) {
        shown.set("TxnID", record.id());
        shown.set("TxnType", record.kind.name());
        shown.set("TxnDate", record.text("TxnDate").unwrap_or("").to_owned());
        if let Some(number) = record.text("RefNumber") {
            shown.set("RefNumber", number.to_owned());
        }
    }

    /// The program that has the file open.
    pub(super) fn show_host(&self) -> Element {
        let settings = &self.settings;
        let mut shown = Element::new("HostRet");
        shown.set("ProductName", settings.product.clone());
        shown.set("MajorVersion", "34");
        shown.set("MinorVersion", "0");
        shown.set("Country", settings.country.clone());
        for version in &settings.versions {
            shown.children.push(Element::leaf("SupportedQBXMLVersion", version.clone()));
        }
        shown.set("IsAutomaticLogin", "false");
        shown.set("QBFileMode", "SingleUser");
        shown
    }

    /// The company; values of programs where the request names their ids.
    pub(super) fn show_company(&self, request: &Element) -> Element {
        let mut shown = Element::new("CompanyRet");
        shown.set("IsSampleCompany", "false");
        shown.set("CompanyName", self.name.clone());
        shown.set("LegalCompanyName", self.name.clone());
        shown.set("FirstMonthFiscalYear", "January");
        shown.set("FirstMonthIncomeTaxYear", "January");
        shown.set("TaxForm", "OtherOrNone");
        for owner in request.all("OwnerID") {
            let is_meant = |owned: &str| owned.eq_ignore_ascii_case(owner.text.trim());
            for stamp in self.stamps.iter().filter(|stamp| is_meant(&stamp.owner)) {
                let mut extension = Element::new("DataExtRet");
                extension.set("OwnerID", stamp.owner.clone());
                extension.set("DataExtName", stamp.name.clone());
                extension.set("DataExtType", "STR255TYPE");
                extension.set("DataExtValue", stamp.value.clone());
                shown.children.push(extension);
            }
        }
        shown
    }

    /// What the company's owner chose.
    pub(super) fn show_preferences(&self) -> Element {
        let settings = &self.settings;
        let mut accounting = Element::new("AccountingPreferences");
        accounting.set("IsUsingAccountNumbers", settings.uses_account_numbers.to_string());
        accounting.set("IsRequiringAccounts", "true");
        accounting.set("IsUsingClassTracking", settings.uses_classes.to_string());
        accounting.set("IsUsingAuditTrail", "true");
        accounting.set("IsAssigningJournalEntryNumbers", "false");
        if let Some(date) = settings.closing_date {
            accounting.set("ClosingDate", date.to_string());
        }
        let currencies = self.show_currencies();
        let mut purchases = Element::new("PurchasesAndVendorsPreferences");
        purchases.set("IsUsingInventory", settings.uses_inventory.to_string());
        purchases.set("DaysBillsAreDue", "10");
        purchases.set("IsAutomaticallyUsingDiscounts", "false");
        let mut shown = Element::node("PreferencesRet", vec![accounting, currencies, purchases]);
        if settings.charges_sales_tax {
            let mut tax = Element::new("SalesTaxPreferences");
            let special = &self.special;
            tax.put(self.reference("DefaultItemSalesTaxRef", special.default_tax));
            tax.set("PaySalesTax", "Monthly");
            tax.put(self.reference("DefaultTaxableSalesTaxCodeRef", special.taxable));
            tax.put(self.reference("DefaultNonTaxableSalesTaxCodeRef", special.non_taxable));
            tax.set("IsUsingVendorTaxCode", "false");
            tax.set("IsUsingCustomerTaxCode", "false");
            shown.children.push(tax);
        }
        shown
    }
}

/// The type of an account.
pub(super) fn account_type(account: &Record) -> &str {
    account.text("AccountType").unwrap_or("")
}

/// Whether an account stands on the balance sheet.
pub(super) fn is_balance_sheet(account: &Record) -> bool {
    !PROFIT_TYPES.contains(&account_type(account))
}
