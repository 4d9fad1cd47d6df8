//! The kinds of list elements and transactions that the simulated company file knows.

use serde::{Deserialize, Serialize};

/// A kind of list element or transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// An account of the chart.
    Account,
    /// A customer or a job.
    Customer,
    /// A vendor.
    Vendor,
    /// An employee: seeded, read only.
    Employee,
    /// Somebody who is none of these.
    OtherName,
    /// A class.
    Class,
    /// How a customer pays.
    PaymentMethod,
    /// Terms of payment.
    StandardTerms,
    /// Whether a line is taxed.
    SalesTaxCode,
    /// A currency.
    Currency,
    /// Goods in stock.
    ItemInventory,
    /// Goods that are not counted.
    ItemNonInventory,
    /// A service.
    ItemService,
    /// Any other charge.
    ItemOtherCharge,
    /// A discount.
    ItemDiscount,
    /// A rate of sales tax.
    ItemSalesTax,
    /// A paid sale.
    SalesReceipt,
    /// A sale on account.
    Invoice,
    /// A credit on account.
    CreditMemo,
    /// Money received on account.
    ReceivePayment,
    /// A credit that is paid out.
    ARRefundCreditCard,
    /// Money paid from the bank.
    Check,
    /// An expense on a card.
    CreditCardCharge,
    /// Money that comes back to a card.
    CreditCardCredit,
    /// Money taken to the bank.
    Deposit,
    /// Money moved between two accounts.
    Transfer,
    /// A manual entry.
    JournalEntry,
    /// An expense on account.
    Bill,
    /// A credit of a vendor.
    VendorCredit,
    /// Money paid for bills.
    BillPaymentCheck,
    /// Bills paid by a card.
    BillPaymentCreditCard,
    /// An order of goods; enters nothing in the ledger.
    PurchaseOrder,
    /// Goods that came before their bill.
    ItemReceipt,
    /// A correction of what is in stock.
    InventoryAdjustment,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 34] = [
        Self::Account,
        Self::Customer,
        Self::Vendor,
        Self::Employee,
        Self::OtherName,
        Self::Class,
        Self::PaymentMethod,
        Self::StandardTerms,
        Self::SalesTaxCode,
        Self::Currency,
        Self::ItemInventory,
        Self::ItemNonInventory,
        Self::ItemService,
        Self::ItemOtherCharge,
        Self::ItemDiscount,
        Self::ItemSalesTax,
        Self::SalesReceipt,
        Self::Invoice,
        Self::CreditMemo,
        Self::ReceivePayment,
        Self::ARRefundCreditCard,
        Self::Check,
        Self::CreditCardCharge,
        Self::CreditCardCredit,
        Self::Deposit,
        Self::Transfer,
        Self::JournalEntry,
        Self::Bill,
        Self::VendorCredit,
        Self::BillPaymentCheck,
        Self::BillPaymentCreditCard,
        Self::PurchaseOrder,
        Self::ItemReceipt,
        Self::InventoryAdjustment,
    ];

    /// Whoever has a name: these share one set of names.
    pub(super) const NAMES: [Self; 4] =
        [Self::Vendor, Self::Employee, Self::Customer, Self::OtherName];

    /// Whatever is bought and sold: these share one set of names.
    pub(super) const ITEMS: [Self; 6] = [
        Self::ItemService,
        Self::ItemNonInventory,
        Self::ItemOtherCharge,
        Self::ItemInventory,
        Self::ItemDiscount,
        Self::ItemSalesTax,
    ];

    /// The name in requests.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::Customer => "Customer",
            Self::Vendor => "Vendor",
            Self::Employee => "Employee",
            Self::OtherName => "OtherName",
            Self::Class => "Class",
            Self::PaymentMethod => "PaymentMethod",
            Self::StandardTerms => "StandardTerms",
            Self::SalesTaxCode => "SalesTaxCode",
            Self::Currency => "Currency",
            Self::ItemInventory => "ItemInventory",
            Self::ItemNonInventory => "ItemNonInventory",
            Self::ItemService => "ItemService",
            Self::ItemOtherCharge => "ItemOtherCharge",
            Self::ItemDiscount => "ItemDiscount",
            Self::ItemSalesTax => "ItemSalesTax",
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::CreditMemo => "CreditMemo",
            Self::ReceivePayment => "ReceivePayment",
            Self::ARRefundCreditCard => "ARRefundCreditCard",
            Self::Check => "Check",
            Self::CreditCardCharge => "CreditCardCharge",
            Self::CreditCardCredit => "CreditCardCredit",
            Self::Deposit => "Deposit",
            Self::Transfer => "Transfer",
            Self::JournalEntry => "JournalEntry",
            Self::Bill => "Bill",
            Self::VendorCredit => "VendorCredit",
            Self::BillPaymentCheck => "BillPaymentCheck",
            Self::BillPaymentCreditCard => "BillPaymentCreditCard",
            Self::PurchaseOrder => "PurchaseOrder",
            Self::ItemReceipt => "ItemReceipt",
            Self::InventoryAdjustment => "InventoryAdjustment",
        }
    }

    /// The kind of this name.
    pub(super) fn of_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it has a date and may change the ledger.
    #[must_use]
    pub fn is_transaction(self) -> bool {
        self >= Self::SalesReceipt
    }

    pub(super) fn is_item(self) -> bool {
        Self::ITEMS.contains(&self)
    }

    pub(super) fn is_name(self) -> bool {
        Self::NAMES.contains(&self)
    }

    /// Whether its elements may lie within each other, so that names are joined by colons.
    pub(super) fn has_parents(self) -> bool {
        matches!(self, Self::Account | Self::Customer | Self::Class)
            || (self.is_item() && self != Self::ItemSalesTax)
    }

    /// The kinds that an element may refer to; none where the file has no such list.
    pub(super) fn referred_by(element: &str) -> &'static [Self] {
        match element {
            "CustomerRef" => &[Self::Customer],
            "VendorRef" | "PrefVendorRef" | "TaxVendorRef" => &[Self::Vendor],
            "EntityRef" | "PayeeEntityRef" | "ShipToEntityRef" => &Self::NAMES,
            "ItemRef" => &Self::ITEMS,
            "ItemSalesTaxRef" => &[Self::ItemSalesTax],
            "ClassRef" | "DiscountClassRef" | "OverrideClassRef" => &[Self::Class],
            "PaymentMethodRef" => &[Self::PaymentMethod],
            "TermsRef" => &[Self::StandardTerms],
            "CurrencyRef" | "HomeCurrencyRef" => &[Self::Currency],
            "SalesTaxCodeRef" | "CustomerSalesTaxCodeRef" => &[Self::SalesTaxCode],
            name if name.ends_with("AccountRef") => &[Self::Account],
            _ => &[],
        }
    }
}
