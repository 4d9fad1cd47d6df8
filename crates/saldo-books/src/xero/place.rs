//! The vendor's endpoints: each takes and gives one kind of thing.

use super::foreign::Moved;
use super::shape::Shape;
use saldo_core::book::{Need, Subject};

/// An endpoint of the vendor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Place {
    Invoices,
    CreditNotes,
    BankTransactions,
    BankTransfers,
    Payments,
    ManualJournals,
    PurchaseOrders,
    Accounts,
    Items,
    Contacts,
    TaxRates,
    TrackingCategories,
    /// The options of one category.
    Options,
    Organisation,
}

impl Place {
    /// Those that hold documents, in the order in which they are listed.
    pub(super) const OF_DOCUMENTS: [Self; 7] = [
        Self::Invoices,
        Self::CreditNotes,
        Self::BankTransactions,
        Self::BankTransfers,
        Self::Payments,
        Self::ManualJournals,
        Self::PurchaseOrders,
    ];

    /// Those whose documents people change after they were entered: drafts are nowhere else, nor is
    /// anything that the vendor sends word of.
    pub(super) const OF_CHANGES: [Self; 2] = [Self::Invoices, Self::CreditNotes];

    /// Those that make up the chart, in the order in which they are read.
    pub(super) const OF_THE_CHART: [Self; 5] =
        [Self::Organisation, Self::Accounts, Self::Items, Self::TrackingCategories, Self::Contacts];

    /// The name as it stands in addresses.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Invoices => "Invoices",
            Self::CreditNotes => "CreditNotes",
            Self::BankTransactions => "BankTransactions",
            Self::BankTransfers => "BankTransfers",
            Self::Payments => "Payments",
            Self::ManualJournals => "ManualJournals",
            Self::PurchaseOrders => "PurchaseOrders",
            Self::Accounts => "Accounts",
            Self::Items => "Items",
            Self::Contacts => "Contacts",
            Self::TaxRates => "TaxRates",
            Self::TrackingCategories => "TrackingCategories",
            Self::Options => "Options",
            Self::Organisation => "Organisation",
        }
    }

    /// The name of the list in bodies.
    pub(super) const fn list(self) -> &'static str {
        match self {
            Self::Organisation => "Organisations",
            other => other.name(),
        }
    }

    /// Whether it answers page by page; the others answer with all at once.
    pub(super) const fn has_pages(self) -> bool {
        matches!(
            self,
            Self::Invoices
                | Self::CreditNotes
                | Self::BankTransactions
                | Self::Payments
                | Self::ManualJournals
                | Self::PurchaseOrders
                | Self::Contacts
        )
    }

    /// Whether it has prices of four decimals where it is asked to.
    pub(super) const fn has_prices(self) -> bool {
        matches!(self, Self::Invoices | Self::CreditNotes | Self::BankTransactions | Self::Items)
    }

    /// Whether it answers element by element where it is asked to, rather than refuse all for one.
    pub(super) const fn answers_each(self) -> bool {
        !matches!(
            self,
            Self::BankTransfers
                | Self::Accounts
                | Self::TaxRates
                | Self::TrackingCategories
                | Self::Options
                | Self::Organisation
        )
    }

    /// Where a document of this shape is.
    pub(super) const fn of_shape(shape: &Shape<'_>) -> Self {
        match shape {
            Shape::Claim(form) if form.gives => Self::CreditNotes,
            Shape::Bill(form) if !form.gives => Self::CreditNotes,
            Shape::Claim(_) | Shape::Bill(_) => Self::Invoices,
            Shape::Money { .. } => Self::BankTransactions,
            Shape::Transfer { .. } => Self::BankTransfers,
            Shape::Payment { .. } => Self::Payments,
            Shape::Journal(_) => Self::ManualJournals,
            Shape::Order(_) => Self::PurchaseOrders,
            Shape::Foreign(foreign) => match foreign.moved {
                Moved::Money { .. } => Self::BankTransactions,
                Moved::Transfer { .. } => Self::BankTransfers,
            },
        }
    }

    /// Where a subject is; none for a document that this book cannot hold.
    pub(super) fn of(subject: &Subject) -> Option<Self> {
        match subject {
            Subject::Need(Need::Account(_) | Need::ForeignAccount { .. }) => Some(Self::Accounts),
            Subject::Need(Need::Item(_)) => Some(Self::Items),
            Subject::Need(Need::Party(_)) => Some(Self::Contacts),
            Subject::Need(Need::TaxRate(_)) => Some(Self::TaxRates),
            Subject::Need(Need::Listed(_)) => None,
            Subject::Document { voids: Some(voided), .. } => Some(super::voiding::place(voided)),
            // Options are listed with their category.
            Subject::Need(Need::Dimension(_) | Need::Value { .. }) => {
                Some(Self::TrackingCategories)
            }
            Subject::Document { document, .. }
            | Subject::Confirmed { document, .. }
            | Subject::Amended { document, .. }
            | Subject::Attached { document, .. } => {
                super::shape::shape(document).ok().map(|shape| Self::of_shape(&shape))
            }
        }
    }

    /// The endpoint of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let all = Self::OF_DOCUMENTS.into_iter().chain(Self::OF_THE_CHART);
        all.chain([Self::TaxRates]).find(|place| place.name() == name)
    }
}
