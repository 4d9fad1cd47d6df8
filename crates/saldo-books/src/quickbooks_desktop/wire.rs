//! What is sent, as types: fields stand in the order of the vendor's schema, since QuickBooks takes
//! no other.
//!
//! Fields that are empty are not written. One struct serves all requests that have the same fields
//! in the same order.

use super::stock::ItemLine;
use serde::Serialize;

/// The kinds of transactions that this book reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Kind {
    SalesReceipt,
    Invoice,
    CreditMemo,
    ReceivePayment,
    ARRefundCreditCard,
    Check,
    CreditCardCharge,
    CreditCardCredit,
    Transfer,
    Deposit,
    JournalEntry,
    Bill,
    VendorCredit,
    BillPaymentCheck,
    BillPaymentCreditCard,
    PurchaseOrder,
    ItemReceipt,
    InventoryAdjustment,
}

impl Kind {
    /// All of them.
    pub(super) const ALL: [Self; 18] = [
        Self::SalesReceipt,
        Self::Invoice,
        Self::CreditMemo,
        Self::ReceivePayment,
        Self::ARRefundCreditCard,
        Self::Check,
        Self::CreditCardCharge,
        Self::CreditCardCredit,
        Self::Transfer,
        Self::Deposit,
        Self::JournalEntry,
        Self::Bill,
        Self::VendorCredit,
        Self::BillPaymentCheck,
        Self::BillPaymentCreditCard,
        Self::PurchaseOrder,
        Self::ItemReceipt,
        Self::InventoryAdjustment,
    ];

    /// The name that requests and rows are made of: `Invoice` of `InvoiceAddRq` and `InvoiceRet`.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::CreditMemo => "CreditMemo",
            Self::ReceivePayment => "ReceivePayment",
            Self::ARRefundCreditCard => "ARRefundCreditCard",
            Self::Check => "Check",
            Self::CreditCardCharge => "CreditCardCharge",
            Self::CreditCardCredit => "CreditCardCredit",
            Self::Transfer => "Transfer",
            Self::Deposit => "Deposit",
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
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// Whether it has a number, by which it can be asked for.
    pub(super) const fn is_numbered(self) -> bool {
        !matches!(self, Self::Transfer | Self::Deposit)
    }

    /// Whether its row shows the marker of a document only with all of its lines, or has no lines.
    pub(super) const fn is_shown_whole(self) -> bool {
        matches!(self, Self::Transfer | Self::JournalEntry)
    }

    /// Whether QuickBooks knows it only where stock and orders are switched on.
    pub(super) const fn is_of_stock(self) -> bool {
        matches!(self, Self::PurchaseOrder | Self::ItemReceipt | Self::InventoryAdjustment)
    }

    /// Whether it is a form of sale, in whose total QuickBooks may put tax of its own.
    pub(super) const fn is_form(self) -> bool {
        matches!(self, Self::SalesReceipt | Self::Invoice | Self::CreditMemo)
    }
}

/// A reference to another thing of the book: by its id, or by its name.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Reference {
    #[serde(rename = "ListID", skip_serializing_if = "Option::is_none")]
    pub(super) list_id: Option<String>,
    #[serde(rename = "FullName", skip_serializing_if = "Option::is_none")]
    pub(super) full_name: Option<&'static str>,
}

impl Reference {
    /// A reference to the thing of this id.
    pub(super) fn to(id: &str) -> Self {
        Self { list_id: Some(id.to_owned()), full_name: None }
    }

    /// A reference to the thing of this name.
    pub(super) const fn named(name: &'static str) -> Self {
        Self { list_id: None, full_name: Some(name) }
    }
}

/// A sales receipt, invoice or credit memo.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SalesForm {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_ref: Option<Reference>,
    #[serde(rename = "ARAccountRef", skip_serializing_if = "Option::is_none")]
    pub(super) ar_account_ref: Option<Reference>,
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment_method_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terms_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_sales_tax_ref: Option<Reference>,
    pub(super) memo: String,
    pub(super) is_to_be_printed: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) deposit_to_account_ref: Option<Reference>,
    #[serde(rename = "SalesReceiptLineAdd")]
    pub(super) receipt_lines: Vec<SalesLine>,
    #[serde(rename = "InvoiceLineAdd")]
    pub(super) invoice_lines: Vec<SalesLine>,
    #[serde(rename = "CreditMemoLineAdd")]
    pub(super) credit_memo_lines: Vec<SalesLine>,
}

/// A line of a form of sale.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SalesLine {
    pub(super) item_ref: Reference,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) desc: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) quantity: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) rate: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_ref: Option<Reference>,
    pub(super) amount: String,
    pub(super) sales_tax_code_ref: Reference,
}

/// Money received.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Received {
    pub(super) customer_ref: Reference,
    #[serde(rename = "ARAccountRef")]
    pub(super) ar_account_ref: Reference,
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    pub(super) total_amount: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payment_method_ref: Option<Reference>,
    pub(super) memo: String,
    pub(super) deposit_to_account_ref: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_auto_apply: Option<bool>,
    #[serde(rename = "AppliedToTxnAdd")]
    pub(super) applied: Vec<Applied>,
}

/// What a payment pays.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Applied {
    #[serde(rename = "TxnID")]
    pub(super) txn_id: String,
    pub(super) payment_amount: String,
}

/// The credit that a cheque pays out.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PaidOut {
    #[serde(rename = "TxnID")]
    pub(super) txn_id: String,
    pub(super) amount: String,
}

/// A cheque.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Check {
    pub(super) account_ref: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payee_entity_ref: Option<Reference>,
    pub(super) ref_number: String,
    pub(super) txn_date: String,
    pub(super) memo: String,
    pub(super) is_to_be_printed: bool,
    #[serde(rename = "ApplyCheckToTxnAdd")]
    pub(super) applied: Vec<PaidOut>,
    #[serde(rename = "ExpenseLineAdd")]
    pub(super) lines: Vec<ExpenseLine>,
    #[serde(rename = "ItemLineAdd")]
    pub(super) items: Vec<ItemLine>,
}

/// What a card is charged with, or gets back.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CardCharge {
    pub(super) account_ref: Reference,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) payee_entity_ref: Option<Reference>,
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    pub(super) memo: String,
    #[serde(rename = "ExpenseLineAdd")]
    pub(super) lines: Vec<ExpenseLine>,
}

/// A line of a cheque, a card's charge, a bill or a vendor credit.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ExpenseLine {
    pub(super) account_ref: Reference,
    pub(super) amount: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) memo: String,
    /// Whose receivable it is, where the account is one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) customer_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_ref: Option<Reference>,
}

/// A transfer.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Transfer {
    pub(super) txn_date: String,
    pub(super) transfer_from_account_ref: Reference,
    pub(super) transfer_to_account_ref: Reference,
    pub(super) amount: String,
    pub(super) memo: String,
}

/// Money that comes to a bank.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Deposit {
    pub(super) txn_date: String,
    pub(super) deposit_to_account_ref: Reference,
    pub(super) memo: String,
    #[serde(rename = "DepositLineAdd")]
    pub(super) lines: Vec<DepositLine>,
}

/// Where it comes from.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DepositLine {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_ref: Option<Reference>,
    pub(super) account_ref: Reference,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) memo: String,
    pub(super) amount: String,
}

/// A journal entry: in another currency than the company's, where one is named.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Journal {
    pub(super) txn_date: String,
    pub(super) ref_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) is_amounts_entered_in_home_currency: Option<bool>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) exchange_rate: Option<String>,
    #[serde(rename = "$value")]
    pub(super) lines: Vec<JournalLine>,
}

/// A line of a journal entry.
#[derive(Debug, Serialize)]
pub(super) enum JournalLine {
    #[serde(rename = "JournalDebitLine")]
    Debit(JournalPosting),
    #[serde(rename = "JournalCreditLine")]
    Credit(JournalPosting),
}

/// What a line of a journal entry says; its amount has no sign.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct JournalPosting {
    pub(super) account_ref: Reference,
    pub(super) amount: String,
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) memo: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) entity_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) class_ref: Option<Reference>,
}

/// A bill, a vendor credit or an item receipt.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Bill {
    pub(super) vendor_ref: Reference,
    #[serde(rename = "APAccountRef", skip_serializing_if = "Option::is_none")]
    pub(super) ap_account_ref: Option<Reference>,
    pub(super) txn_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) due_date: Option<String>,
    pub(super) ref_number: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) terms_ref: Option<Reference>,
    pub(super) memo: String,
    #[serde(rename = "ExpenseLineAdd")]
    pub(super) lines: Vec<ExpenseLine>,
    #[serde(rename = "ItemLineAdd")]
    pub(super) items: Vec<ItemLine>,
}

/// A bill that is paid by cheque or by a card: one of the two accounts is named.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct BillPayment {
    pub(super) payee_entity_ref: Reference,
    #[serde(rename = "APAccountRef")]
    pub(super) ap_account_ref: Reference,
    pub(super) txn_date: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) bank_account_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) credit_card_account_ref: Option<Reference>,
    pub(super) ref_number: String,
    pub(super) memo: String,
    #[serde(rename = "AppliedToTxnAdd")]
    pub(super) applied: Vec<Applied>,
}

/// An account, customer, vendor, class or item, one of sales tax among them.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListEntry {
    pub(super) name: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) account_type: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) currency_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) manufacturer_part_number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sales_tax_code_ref: Option<Reference>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) sales_or_purchase: Option<SalesOrPurchase>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) notes: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) item_desc: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) tax_rate: Option<String>,
}

/// A way of being paid.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PaymentMethod {
    pub(super) name: String,
    pub(super) payment_method_type: &'static str,
}

/// Terms of payment.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct StandardTerms {
    pub(super) name: String,
    pub(super) std_due_days: u32,
}

/// Where the lines of an item land, sold or bought.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct SalesOrPurchase {
    #[serde(skip_serializing_if = "String::is_empty")]
    pub(super) desc: String,
    pub(super) account_ref: Reference,
}

/// A query of a list.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ListQuery {
    #[serde(rename = "@requestID")]
    pub(super) request_id: String,
    #[serde(rename = "@iterator", skip_serializing_if = "Option::is_none")]
    pub(super) iterator: Option<&'static str>,
    #[serde(rename = "@iteratorID", skip_serializing_if = "Option::is_none")]
    pub(super) iterator_id: Option<String>,
    pub(super) full_name: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_returned: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) active_status: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_modified_date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) to_modified_date: Option<String>,
    pub(super) include_ret_element: Vec<&'static str>,
}

/// A query of transactions.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct TxnQuery {
    #[serde(rename = "@requestID")]
    pub(super) request_id: String,
    #[serde(rename = "@iterator", skip_serializing_if = "Option::is_none")]
    pub(super) iterator: Option<&'static str>,
    #[serde(rename = "@iteratorID", skip_serializing_if = "Option::is_none")]
    pub(super) iterator_id: Option<String>,
    #[serde(rename = "TxnID")]
    pub(super) txn_id: Vec<String>,
    pub(super) ref_number: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) max_returned: Option<usize>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) txn_date_range_filter: Option<DateRange>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) include_line_items: Option<bool>,
    pub(super) include_ret_element: Vec<&'static str>,
}

/// The days of a query, both included.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct DateRange {
    pub(super) from_txn_date: String,
    pub(super) to_txn_date: String,
}

/// A question how many rows a list has, inactive ones included.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct CountQuery {
    #[serde(rename = "@requestID")]
    pub(super) request_id: String,
    #[serde(rename = "@metaData")]
    pub(super) meta_data: &'static str,
    pub(super) active_status: &'static str,
}

/// A query without conditions.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PlainQuery {
    #[serde(rename = "@requestID")]
    pub(super) request_id: String,
}

/// A query of a report.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReportQuery {
    #[serde(rename = "@requestID")]
    pub(super) request_id: String,
    pub(super) general_summary_report_type: &'static str,
    pub(super) display_report: bool,
    pub(super) report_period: ReportPeriod,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) summarize_columns_by: Option<&'static str>,
    pub(super) report_basis: &'static str,
}

/// The days of a report, both included.
#[derive(Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ReportPeriod {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) from_report_date: Option<String>,
    pub(super) to_report_date: String,
}
