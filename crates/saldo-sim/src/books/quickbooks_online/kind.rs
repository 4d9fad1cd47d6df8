//! The kinds of entity that the simulated company knows.

use serde::{Deserialize, Serialize};

/// A kind of entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// An account of the chart.
    Account,
    /// A product or service.
    Item,
    /// A customer.
    Customer,
    /// A vendor.
    Vendor,
    /// An employee: seeded, read only.
    Employee,
    /// A paid sale.
    SalesReceipt,
    /// A sale on account.
    Invoice,
    /// Money received on account.
    Payment,
    /// Money given back.
    RefundReceipt,
    /// A credit on account.
    CreditMemo,
    /// Money moved between two accounts.
    Transfer,
    /// An expense paid at once.
    Purchase,
    /// A manual entry.
    JournalEntry,
    /// Money taken to the bank.
    Deposit,
    /// An expense on account.
    Bill,
    /// A credit of a vendor.
    VendorCredit,
    /// Goods ordered from a vendor: changes no ledger.
    PurchaseOrder,
    /// Units of stock that are more or fewer.
    InventoryAdjustment,
    /// Money paid for bills.
    BillPayment,
    /// A tax code: `TAX` and `NON`.
    TaxCode,
    /// The rate of sales tax.
    TaxRate,
    /// The agency that receives it.
    TaxAgency,
    /// How a customer pays.
    PaymentMethod,
    /// A class.
    Class,
    /// A location.
    Department,
    /// The company itself.
    CompanyInfo,
    /// Its preferences.
    Preferences,
}

/// Which numbers an entity's id is taken from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Sequence {
    Accounts,
    Items,
    Names,
    Values,
    Transactions,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 27] = [
        Self::Account,
        Self::Item,
        Self::Customer,
        Self::Vendor,
        Self::Employee,
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::RefundReceipt,
        Self::CreditMemo,
        Self::Transfer,
        Self::Purchase,
        Self::JournalEntry,
        Self::Deposit,
        Self::Bill,
        Self::VendorCredit,
        Self::PurchaseOrder,
        Self::InventoryAdjustment,
        Self::BillPayment,
        Self::TaxCode,
        Self::TaxRate,
        Self::TaxAgency,
        Self::PaymentMethod,
        Self::Class,
        Self::Department,
        Self::CompanyInfo,
        Self::Preferences,
    ];

    /// The name in bodies and queries.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Item => "Item",
            Self::Customer => "Customer",
            Self::Vendor => "Vendor",
            Self::Employee => "Employee",
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::Payment => "Payment",
            Self::RefundReceipt => "RefundReceipt",
            Self::CreditMemo => "CreditMemo",
            Self::Transfer => "Transfer",
            Self::Purchase => "Purchase",
            Self::JournalEntry => "JournalEntry",
            Self::Deposit => "Deposit",
            Self::Bill => "Bill",
            Self::VendorCredit => "VendorCredit",
            Self::PurchaseOrder => "PurchaseOrder",
            Self::InventoryAdjustment => "InventoryAdjustment",
            Self::BillPayment => "BillPayment",
            Self::TaxCode => "TaxCode",
            Self::TaxRate => "TaxRate",
            Self::TaxAgency => "TaxAgency",
            Self::PaymentMethod => "PaymentMethod",
            Self::Class => "Class",
            Self::Department => "Department",
            Self::CompanyInfo => "CompanyInfo",
            Self::Preferences => "Preferences",
        }
    }

    /// The kind of this name, as it stands in a body: case matters.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of this name, as it stands in a query: case does not matter.
    pub(super) fn of_query(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().eq_ignore_ascii_case(name))
    }

    /// The kind that a path names: lower case only.
    pub(super) fn of_path(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name().to_ascii_lowercase() == segment)
    }

    /// Where its ids come from; none for what is not stored.
    pub(super) fn sequence(self) -> Option<Sequence> {
        match self {
            Self::Account => Some(Sequence::Accounts),
            Self::Item => Some(Sequence::Items),
            Self::Customer | Self::Vendor | Self::Employee => Some(Sequence::Names),
            Self::Class | Self::Department => Some(Sequence::Values),
            _ if self.is_transaction() => Some(Sequence::Transactions),
            _ => None,
        }
    }

    /// Whether it has a date. All but orders change the ledger.
    #[must_use]
    pub fn is_transaction(self) -> bool {
        Self::SalesReceipt <= self && self <= Self::BillPayment
    }

    /// Whether plans without stock lack it.
    pub(super) fn is_of_stock(self) -> bool {
        matches!(self, Self::PurchaseOrder | Self::InventoryAdjustment)
    }

    /// Whether it is a form given to a customer: these share one row of numbers.
    pub(super) fn is_sales_form(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::RefundReceipt | Self::CreditMemo)
    }

    /// Whether it is somebody: these share one set of names.
    pub(super) fn is_party(self) -> bool {
        matches!(self, Self::Customer | Self::Vendor | Self::Employee)
    }

    /// Whether it can be made inactive, and is then hidden.
    pub(super) fn is_list(self) -> bool {
        !self.is_transaction() && !matches!(self, Self::CompanyInfo | Self::Preferences)
    }
}
