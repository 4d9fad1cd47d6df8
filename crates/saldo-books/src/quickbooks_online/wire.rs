//! The vendor's JSON as types, and the border between its numbers and [`Money`].
//!
//! One struct holds the fields of all transactions that this book uses, and one those of all list
//! entities; fields that an entity does not have stay empty and are not written. The same structs
//! are written and read, so that what was sent and what is held can be compared field by field.
//! Unknown fields are ignored, as the vendor adds them without a new version.

use rust_decimal::Decimal;
use saldo_core::money::{Currency, Money};
use serde::{Deserialize, Serialize};
use serde_json::Number;

/// The entities of the vendor that this book reads or writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Entity {
    SalesReceipt,
    Invoice,
    Payment,
    RefundReceipt,
    CreditMemo,
    Transfer,
    Purchase,
    Bill,
    VendorCredit,
    BillPayment,
    JournalEntry,
    Preferences,
    Account,
    Item,
    Customer,
    Vendor,
    Employee,
    TaxAgency,
    Class,
    Department,
    PurchaseOrder,
    InventoryAdjustment,
    TaxCode,
    TaxRate,
}

impl Entity {
    /// All of them.
    pub(super) const ALL: [Self; 24] = [
        Self::SalesReceipt,
        Self::Invoice,
        Self::Payment,
        Self::RefundReceipt,
        Self::CreditMemo,
        Self::Transfer,
        Self::Purchase,
        Self::Bill,
        Self::VendorCredit,
        Self::BillPayment,
        Self::JournalEntry,
        Self::Preferences,
        Self::Account,
        Self::Item,
        Self::Customer,
        Self::Vendor,
        Self::Employee,
        Self::TaxAgency,
        Self::Class,
        Self::Department,
        Self::PurchaseOrder,
        Self::InventoryAdjustment,
        Self::TaxCode,
        Self::TaxRate,
    ];

    /// The name as it stands in queries and as the key of a body.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::SalesReceipt => "SalesReceipt",
            Self::Invoice => "Invoice",
            Self::Payment => "Payment",
            Self::RefundReceipt => "RefundReceipt",
            Self::CreditMemo => "CreditMemo",
            Self::Transfer => "Transfer",
            Self::Purchase => "Purchase",
            Self::Bill => "Bill",
            Self::VendorCredit => "VendorCredit",
            Self::BillPayment => "BillPayment",
            Self::JournalEntry => "JournalEntry",
            Self::Preferences => "Preferences",
            Self::Account => "Account",
            Self::Item => "Item",
            Self::Customer => "Customer",
            Self::Vendor => "Vendor",
            Self::Employee => "Employee",
            Self::TaxAgency => "TaxAgency",
            Self::Class => "Class",
            Self::Department => "Department",
            Self::PurchaseOrder => "PurchaseOrder",
            Self::InventoryAdjustment => "InventoryAdjustment",
            Self::TaxCode => "TaxCode",
            Self::TaxRate => "TaxRate",
        }
    }

    /// Whether it is a transaction with a number that we give.
    pub(super) const fn is_numbered(self) -> bool {
        matches!(
            self,
            Self::SalesReceipt
                | Self::Invoice
                | Self::RefundReceipt
                | Self::CreditMemo
                | Self::Purchase
                | Self::Bill
                | Self::VendorCredit
                | Self::BillPayment
                | Self::JournalEntry
                | Self::PurchaseOrder
                | Self::InventoryAdjustment
        )
    }

    /// The entity of this name.
    pub(super) fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|entity| entity.name() == name)
    }
}

/// A reference to another thing of the book.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Reference {
    pub(super) value: String,
    /// Only on an expense's party: `Vendor` or `Customer`.
    #[serde(default)]
    pub(super) r#type: Option<String>,
}

impl Reference {
    /// A reference to the thing of this id.
    pub(super) fn to(value: impl Into<String>) -> Self {
        Self { value: value.into(), r#type: None }
    }
}

/// The fields of all transactions that this book uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Transaction {
    pub(super) id: Option<String>,
    pub(super) sync_token: Option<String>,
    pub(super) doc_number: Option<String>,
    pub(super) txn_date: Option<String>,
    pub(super) due_date: Option<String>,
    pub(super) currency_ref: Option<Reference>,
    pub(super) exchange_rate: Option<Number>,
    pub(super) private_note: Option<String>,
    pub(super) department_ref: Option<Reference>,
    pub(super) customer_ref: Option<Reference>,
    pub(super) ship_addr: Option<Address>,
    pub(super) vendor_ref: Option<Reference>,
    #[serde(rename = "APAccountRef")]
    pub(super) ap_account_ref: Option<Reference>,
    pub(super) deposit_to_account_ref: Option<Reference>,
    pub(super) from_account_ref: Option<Reference>,
    pub(super) to_account_ref: Option<Reference>,
    pub(super) amount: Option<Number>,
    pub(super) account_ref: Option<Reference>,
    pub(super) entity_ref: Option<Reference>,
    pub(super) payment_type: Option<String>,
    pub(super) pay_type: Option<String>,
    pub(super) check_payment: Option<CheckPayment>,
    pub(super) total_amt: Option<Number>,
    #[serde(rename = "POStatus")]
    pub(super) po_status: Option<String>,
    pub(super) adjust_account_ref: Option<Reference>,
    pub(super) linked_txn: Vec<LinkedTransaction>,
    pub(super) line: Vec<Line>,
    /// How line amounts stand to tax; outside the United States alone.
    pub(super) global_tax_calculation: Option<String>,
    pub(super) txn_tax_detail: Option<TaxDetail>,
}

/// Where goods go to, as far as tax depends on it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Address {
    pub(super) country: Option<String>,
    /// The state.
    pub(super) country_sub_division_code: Option<String>,
    pub(super) postal_code: Option<String>,
}

/// The bank account that a bill is paid from.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CheckPayment {
    pub(super) bank_account_ref: Option<Reference>,
}

/// A line of a transaction.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Line {
    pub(super) detail_type: Option<String>,
    pub(super) amount: Option<Number>,
    pub(super) description: Option<String>,
    pub(super) linked_txn: Vec<LinkedTransaction>,
    pub(super) sales_item_line_detail: Option<SalesItemDetail>,
    pub(super) account_based_expense_line_detail: Option<ExpenseDetail>,
    pub(super) item_based_expense_line_detail: Option<ItemExpenseDetail>,
    pub(super) item_adjustment_line_detail: Option<AdjustmentDetail>,
    pub(super) journal_entry_line_detail: Option<JournalDetail>,
    pub(super) tax_line_detail: Option<TaxLineDetail>,
}

/// What a payment's line pays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct LinkedTransaction {
    pub(super) txn_id: String,
    pub(super) txn_type: String,
}

/// A line of a sales form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SalesItemDetail {
    pub(super) item_ref: Option<Reference>,
    pub(super) class_ref: Option<Reference>,
    pub(super) qty: Option<Number>,
    pub(super) unit_price: Option<Number>,
    pub(super) tax_code_ref: Option<Reference>,
}

/// A line of an expense.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ExpenseDetail {
    pub(super) account_ref: Option<Reference>,
    pub(super) class_ref: Option<Reference>,
    pub(super) tax_code_ref: Option<Reference>,
}

/// A line of a bill or purchase order that is about an item.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ItemExpenseDetail {
    pub(super) item_ref: Option<Reference>,
    pub(super) class_ref: Option<Reference>,
    pub(super) qty: Option<Number>,
    pub(super) unit_price: Option<Number>,
    pub(super) tax_code_ref: Option<Reference>,
}

/// A line of an inventory adjustment: units that come in, or go.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AdjustmentDetail {
    pub(super) item_ref: Option<Reference>,
    pub(super) qty_diff: Option<Number>,
}

/// A line of a journal entry.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct JournalDetail {
    pub(super) posting_type: Option<String>,
    pub(super) account_ref: Option<Reference>,
    pub(super) entity: Option<JournalEntity>,
    pub(super) class_ref: Option<Reference>,
    pub(super) department_ref: Option<Reference>,
}

/// Whom a receivable line of a journal entry is about.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct JournalEntity {
    pub(super) r#type: String,
    pub(super) entity_ref: Option<Reference>,
}

/// The tax of a form.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TaxDetail {
    /// The code that holds for the whole form; in the United States alone.
    pub(super) txn_tax_code_ref: Option<Reference>,
    pub(super) total_tax: Option<Number>,
    pub(super) tax_line: Vec<Line>,
}

/// How much of a form's tax is of one rate, and of what.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TaxLineDetail {
    pub(super) tax_rate_ref: Option<Reference>,
    pub(super) percent_based: Option<bool>,
    pub(super) tax_percent: Option<Number>,
    pub(super) net_amount_taxable: Option<Number>,
}

/// The rates of a tax code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TaxRateList {
    pub(super) tax_rate_detail: Vec<TaxRateDetail>,
}

/// A rate of a tax code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TaxRateDetail {
    pub(super) tax_rate_ref: Option<Reference>,
    pub(super) tax_type_applicable: Option<String>,
}

/// The fields of all list entities that this book uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ListEntity {
    pub(super) id: Option<String>,
    pub(super) sync_token: Option<String>,
    pub(super) name: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) fully_qualified_name: Option<String>,
    pub(super) active: Option<bool>,
    pub(super) account_type: Option<String>,
    pub(super) account_sub_type: Option<String>,
    pub(super) currency_ref: Option<Reference>,
    pub(super) r#type: Option<String>,
    pub(super) sku: Option<String>,
    pub(super) description: Option<String>,
    pub(super) income_account_ref: Option<Reference>,
    pub(super) asset_account_ref: Option<Reference>,
    pub(super) expense_account_ref: Option<Reference>,
    pub(super) track_qty_on_hand: Option<bool>,
    pub(super) qty_on_hand: Option<Number>,
    pub(super) inv_start_date: Option<String>,
    pub(super) notes: Option<String>,
    pub(super) hidden: Option<bool>,
    pub(super) rate_value: Option<Number>,
    pub(super) agency_ref: Option<Reference>,
    pub(super) sales_tax_rate_list: Option<TaxRateList>,
    pub(super) purchase_tax_rate_list: Option<TaxRateList>,
}

/// The company's preferences, as far as they matter here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Preferences {
    pub(super) accounting_info_prefs: AccountingPreferences,
    pub(super) currency_prefs: CurrencyPreferences,
    pub(super) sales_forms_prefs: SalesFormsPreferences,
    pub(super) tax_prefs: Option<TaxPreferences>,
}

/// Whether it collects sales tax, and whether the vendor works it out.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct TaxPreferences {
    pub(super) using_sales_tax: Option<bool>,
    pub(super) partner_tax_enabled: Option<bool>,
}

/// How sales forms are numbered, and whether credits apply themselves.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct SalesFormsPreferences {
    pub(super) custom_txn_numbers: Option<bool>,
    pub(super) auto_apply_credit: Option<bool>,
}

/// How the books are kept.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AccountingPreferences {
    pub(super) book_close_date: Option<String>,
    pub(super) class_tracking_per_txn_line: Option<bool>,
    pub(super) track_departments: Option<bool>,
}

/// In which currencies.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct CurrencyPreferences {
    pub(super) multi_currency_enabled: Option<bool>,
    pub(super) home_currency: Option<Reference>,
}

/// A JSON number as an amount. An exponent is understood; digits beyond the currency's are not.
///
/// # Errors
/// In words, where it is no amount of the currency.
pub(super) fn money(number: &Number, currency: Currency) -> Result<Money, String> {
    let text = number.to_string();
    Money::parse(&text, currency).or_else(|error| {
        Decimal::from_scientific(&text)
            .ok()
            .and_then(|decimal| Money::parse(&decimal.normalize().to_string(), currency).ok())
            .ok_or_else(|| error.to_string())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{number, to_json};

    #[test]
    fn amounts_cross_the_border_digit_for_digit() {
        let usd = Currency::parse("USD").unwrap();
        for text in ["0.10", "0.20", "0.30", "-0.05", "90071992547409.93", "92233720368547758.07"] {
            let amount = Money::parse(text, usd).unwrap();
            assert_eq!(serde_json::to_string(&number(amount)).unwrap(), text);
            let read: Number = serde_json::from_str(text).unwrap();
            assert_eq!(money(&read, usd), Ok(amount));
        }
    }

    #[test]
    fn numbers_are_amounts_only_where_the_currency_can_hold_them() {
        let cases = [
            ("337.5", "USD", Some(33_750)),
            ("150", "USD", Some(15_000)),
            ("0", "USD", Some(0)),
            ("1E+2", "USD", Some(10_000)),
            ("1.5e1", "USD", Some(1_500)),
            ("0.005", "USD", None),
            ("1e-3", "USD", None),
            ("12.0", "JPY", Some(12)),
            ("12.5", "JPY", None),
        ];
        for (text, code, expected) in cases {
            let currency = Currency::parse(code).unwrap();
            let read: Number = serde_json::from_str(text).unwrap();
            let read = money(&read, currency).ok().map(Money::minor);
            assert_eq!(read, expected, "{text} {code}");
        }
    }

    #[test]
    fn empty_fields_are_not_written() {
        let body = Transaction { doc_number: Some("7".to_owned()), ..Transaction::default() };
        assert_eq!(to_json(&body).unwrap().to_string(), r#"{"DocNumber":"7"}"#);
    }
}
