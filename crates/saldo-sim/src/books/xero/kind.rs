//! The kinds of entity that the simulated organisation keeps.

use serde::{Deserialize, Serialize};

/// A kind of entity.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Kind {
    /// An account of the chart.
    Account,
    /// A rate of tax.
    TaxRate,
    /// A currency that the organisation deals in.
    Currency,
    /// A customer, a supplier, or both.
    Contact,
    /// A product or service.
    Item,
    /// A dimension of reports, with its options.
    TrackingCategory,
    /// A sale (`ACCREC`) or a bill (`ACCPAY`) on account.
    Invoice,
    /// A credit on account.
    CreditNote,
    /// Money that settles an invoice or gives a credit note back.
    Payment,
    /// Money spent or received at once.
    BankTransaction,
    /// Money moved between two bank accounts.
    BankTransfer,
    /// A manual entry.
    ManualJournal,
    /// What is ordered from a supplier: in no ledger.
    PurchaseOrder,
}

impl Kind {
    /// Every kind.
    pub const ALL: [Self; 13] = [
        Self::Account,
        Self::TaxRate,
        Self::Currency,
        Self::Contact,
        Self::Item,
        Self::TrackingCategory,
        Self::Invoice,
        Self::CreditNote,
        Self::Payment,
        Self::BankTransaction,
        Self::BankTransfer,
        Self::ManualJournal,
        Self::PurchaseOrder,
    ];

    /// The name of one.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::TaxRate => "TaxRate",
            Self::Currency => "Currency",
            Self::Contact => "Contact",
            Self::Item => "Item",
            Self::TrackingCategory => "TrackingCategory",
            Self::Invoice => "Invoice",
            Self::CreditNote => "CreditNote",
            Self::Payment => "Payment",
            Self::BankTransaction => "BankTransaction",
            Self::BankTransfer => "BankTransfer",
            Self::ManualJournal => "ManualJournal",
            Self::PurchaseOrder => "PurchaseOrder",
        }
    }

    /// The name of many: the endpoint, and the list in bodies.
    pub(super) fn endpoint(self) -> &'static str {
        match self {
            Self::Account => "Accounts",
            Self::TaxRate => "TaxRates",
            Self::Currency => "Currencies",
            Self::Contact => "Contacts",
            Self::Item => "Items",
            Self::TrackingCategory => "TrackingCategories",
            Self::Invoice => "Invoices",
            Self::CreditNote => "CreditNotes",
            Self::Payment => "Payments",
            Self::BankTransaction => "BankTransactions",
            Self::BankTransfer => "BankTransfers",
            Self::ManualJournal => "ManualJournals",
            Self::PurchaseOrder => "PurchaseOrders",
        }
    }

    /// The kind that a path names.
    pub(super) fn of_path(segment: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.endpoint().eq_ignore_ascii_case(segment))
    }

    /// The property that carries the identifier; none where another property tells them apart.
    pub(super) fn id_field(self) -> Option<&'static str> {
        match self {
            Self::Account => Some("AccountID"),
            Self::Contact => Some("ContactID"),
            Self::Item => Some("ItemID"),
            Self::TrackingCategory => Some("TrackingCategoryID"),
            Self::Invoice => Some("InvoiceID"),
            Self::CreditNote => Some("CreditNoteID"),
            Self::Payment => Some("PaymentID"),
            Self::BankTransaction => Some("BankTransactionID"),
            Self::BankTransfer => Some("BankTransferID"),
            Self::ManualJournal => Some("ManualJournalID"),
            Self::PurchaseOrder => Some("PurchaseOrderID"),
            Self::TaxRate | Self::Currency => None,
        }
    }

    /// The property by which a person names one.
    pub(super) fn key_field(self) -> Option<&'static str> {
        match self {
            Self::Account | Self::Item | Self::Currency => Some("Code"),
            Self::TaxRate => Some("TaxType"),
            Self::Contact | Self::TrackingCategory => Some("Name"),
            Self::Invoice => Some("InvoiceNumber"),
            Self::CreditNote => Some("CreditNoteNumber"),
            Self::PurchaseOrder => Some("PurchaseOrderNumber"),
            Self::Payment | Self::BankTransaction | Self::BankTransfer | Self::ManualJournal => {
                None
            }
        }
    }

    /// Whether lists of it come in pages, where a page is asked for.
    pub(super) fn is_paged(self) -> bool {
        matches!(
            self,
            Self::Contact
                | Self::Invoice
                | Self::CreditNote
                | Self::Payment
                | Self::BankTransaction
                | Self::ManualJournal
                | Self::PurchaseOrder
        )
    }

    /// Whether it has a history of changes and notes.
    pub(super) fn has_history(self) -> bool {
        matches!(
            self,
            Self::Contact
                | Self::Item
                | Self::Invoice
                | Self::CreditNote
                | Self::Payment
                | Self::BankTransaction
                | Self::BankTransfer
                | Self::ManualJournal
                | Self::PurchaseOrder
        )
    }

    /// The property that lists leave out where no page is asked for.
    pub(super) fn detail_field(self) -> Option<&'static str> {
        match self {
            Self::Invoice | Self::CreditNote | Self::BankTransaction | Self::PurchaseOrder => {
                Some("LineItems")
            }
            Self::ManualJournal => Some("JournalLines"),
            _ => None,
        }
    }

    /// Which scope opens it: the name in `accounting.…` and `accounting.….read`.
    pub(super) fn scope(self) -> &'static str {
        match self {
            Self::Account
            | Self::TaxRate
            | Self::Currency
            | Self::Item
            | Self::TrackingCategory => "accounting.settings",
            Self::Contact => "accounting.contacts",
            Self::Invoice | Self::CreditNote | Self::PurchaseOrder => "accounting.invoices",
            Self::Payment => "accounting.payments",
            Self::BankTransaction | Self::BankTransfer => "accounting.banktransactions",
            Self::ManualJournal => "accounting.manualjournals",
        }
    }
}
