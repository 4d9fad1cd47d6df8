//! The vendor's JSON as types, and the border between its numbers and [`Money`].
//!
//! One struct holds the fields of all documents that this book uses, and one those of everything
//! that documents refer to; fields that a thing does not have stay empty and are not written. The
//! same structs are written and read, so that what was sent and what is held can be compared field
//! by field. Unknown fields are ignored, as the vendor adds them without a new version.

pub(super) use crate::json::decimal;
use saldo_core::money::{Currency, Money};
use saldo_core::text::RemoteId;
use serde::{Deserialize, Deserializer, Serialize};
use serde_json::Number;

/// The id of nothing: what the vendor gives an element that it refuses.
const NOTHING: &str = "00000000-0000-0000-0000-000000000000";

/// An empty list where the vendor says null.
fn list<'de, D: Deserializer<'de>, T: Deserialize<'de>>(reader: D) -> Result<Vec<T>, D::Error> {
    Option::<Vec<T>>::deserialize(reader).map(Option::unwrap_or_default)
}

/// An account, as documents refer to it. Bank accounts go by their id, since not all have a code;
/// lines go by the code.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct AccountReference {
    pub(super) code: Option<String>,
    #[serde(rename = "AccountID")]
    pub(super) account_id: Option<String>,
}

impl AccountReference {
    /// The reference by the id of what the chart calls so: its id, and its code where it has one.
    pub(super) fn by_id(remote: &RemoteId) -> Self {
        Self { code: None, account_id: Some(account_id(remote).to_owned()) }
    }

    /// The reference by its code, where it has one, otherwise by its id.
    pub(super) fn by_code(remote: &RemoteId) -> Self {
        match remote.as_str().split_once(' ') {
            Some((_, code)) => Self { code: Some(code.to_owned()), account_id: None },
            None => Self::by_id(remote),
        }
    }
}

/// The id of what the chart calls so.
pub(super) fn account_id(remote: &RemoteId) -> &str {
    remote.as_str().split(' ').next().unwrap_or_default()
}

/// Whether a text is an id of the vendor's.
pub(super) fn is_id(text: &str) -> bool {
    text.len() == NOTHING.len() && text.bytes().all(|it| it == b'-' || it.is_ascii_hexdigit())
}

/// A contact, as documents refer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct ContactReference {
    #[serde(rename = "ContactID")]
    pub(super) contact_id: Option<String>,
}

/// An invoice, as payments refer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct InvoiceReference {
    #[serde(rename = "InvoiceID")]
    pub(super) invoice_id: Option<String>,
    /// In answers: whose currency a payment has.
    #[serde(rename = "CurrencyCode")]
    pub(super) currency_code: Option<String>,
}

/// A credit note, as payments refer to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct CreditNoteReference {
    #[serde(rename = "CreditNoteID")]
    pub(super) credit_note_id: Option<String>,
    /// In answers: whose currency a payment has.
    #[serde(rename = "CurrencyCode")]
    pub(super) currency_code: Option<String>,
}

/// What the vendor has against an element.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Complaint {
    pub(super) message: String,
}

/// The fields of all documents that this book uses.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Record {
    pub(super) r#type: Option<String>,
    #[serde(rename = "InvoiceID")]
    pub(super) invoice_id: Option<String>,
    #[serde(rename = "CreditNoteID")]
    pub(super) credit_note_id: Option<String>,
    #[serde(rename = "BankTransactionID")]
    pub(super) bank_transaction_id: Option<String>,
    #[serde(rename = "BankTransferID")]
    pub(super) bank_transfer_id: Option<String>,
    #[serde(rename = "PaymentID")]
    pub(super) payment_id: Option<String>,
    #[serde(rename = "ManualJournalID")]
    pub(super) manual_journal_id: Option<String>,
    #[serde(rename = "PurchaseOrderID")]
    pub(super) purchase_order_id: Option<String>,
    pub(super) invoice_number: Option<String>,
    pub(super) credit_note_number: Option<String>,
    pub(super) purchase_order_number: Option<String>,
    pub(super) reference: Option<String>,
    pub(super) narration: Option<String>,
    pub(super) contact: Option<ContactReference>,
    pub(super) date: Option<String>,
    pub(super) due_date: Option<String>,
    pub(super) currency_code: Option<String>,
    /// So much of the document's currency for one of the organisation's.
    pub(super) currency_rate: Option<Number>,
    pub(super) line_amount_types: Option<String>,
    pub(super) status: Option<String>,
    #[serde(deserialize_with = "list")]
    pub(super) line_items: Vec<Line>,
    #[serde(deserialize_with = "list")]
    pub(super) journal_lines: Vec<Line>,
    pub(super) bank_account: Option<AccountReference>,
    pub(super) from_bank_account: Option<AccountReference>,
    pub(super) to_bank_account: Option<AccountReference>,
    pub(super) account: Option<AccountReference>,
    pub(super) invoice: Option<InvoiceReference>,
    pub(super) credit_note: Option<CreditNoteReference>,
    pub(super) amount: Option<Number>,
    /// In answers about payments: as much in the currency of the bank account.
    pub(super) bank_amount: Option<Number>,
    /// In answers about payments: what is paid, or paid back.
    pub(super) payment_type: Option<String>,
    /// In answers about bank transfers: its sides as they stand among the bank transactions.
    #[serde(rename = "FromBankTransactionID")]
    pub(super) from_side: Option<String>,
    #[serde(rename = "ToBankTransactionID")]
    pub(super) to_side: Option<String>,
    pub(super) total: Option<Number>,
    pub(super) total_tax: Option<Number>,
    /// In answers about invoices: what payments settled of it.
    pub(super) amount_paid: Option<Number>,
    /// In answers about invoices: what credit notes and prepayments settled of it.
    pub(super) amount_credited: Option<Number>,
    /// In answers about credit notes: what is neither allocated nor paid back.
    pub(super) remaining_credit: Option<Number>,
    /// In answers about payments and money received or spent: whether it was matched with a row of
    /// the bank.
    pub(super) is_reconciled: Option<bool>,
    #[serde(rename = "UpdatedDateUTC")]
    pub(super) updated: Option<String>,
}

/// A line of a document, or of a manual journal.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Line {
    /// In answers, and in what amends: which of its document's lines it is.
    #[serde(rename = "LineItemID")]
    pub(super) line_item_id: Option<String>,
    pub(super) description: Option<String>,
    pub(super) quantity: Option<Number>,
    pub(super) unit_amount: Option<Number>,
    pub(super) line_amount: Option<Number>,
    pub(super) item_code: Option<String>,
    pub(super) account_code: Option<String>,
    #[serde(rename = "AccountID")]
    pub(super) account_id: Option<String>,
    pub(super) tax_type: Option<String>,
    pub(super) tax_amount: Option<Number>,
    #[serde(deserialize_with = "list")]
    pub(super) tracking: Vec<Tracking>,
}

/// What a line stands for in a tracking category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Tracking {
    #[serde(rename = "TrackingCategoryID")]
    pub(super) category_id: Option<String>,
    #[serde(rename = "TrackingOptionID")]
    pub(super) option_id: Option<String>,
    /// In answers: what the category is called.
    #[serde(rename = "Name", skip_serializing)]
    pub(super) category: Option<String>,
    /// In answers: what the option is called.
    #[serde(rename = "Option", skip_serializing)]
    pub(super) option: Option<String>,
}

/// The fields of everything that documents refer to: accounts, items, contacts, tax rates, tracking
/// categories and their options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Entry {
    #[serde(rename = "AccountID")]
    pub(super) account_id: Option<String>,
    #[serde(rename = "ItemID")]
    pub(super) item_id: Option<String>,
    #[serde(rename = "ContactID")]
    pub(super) contact_id: Option<String>,
    #[serde(rename = "TrackingCategoryID")]
    pub(super) tracking_category_id: Option<String>,
    #[serde(rename = "TrackingOptionID")]
    pub(super) tracking_option_id: Option<String>,
    #[serde(deserialize_with = "list")]
    pub(super) options: Vec<Self>,
    pub(super) code: Option<String>,
    pub(super) name: Option<String>,
    pub(super) r#type: Option<String>,
    pub(super) bank_account_number: Option<String>,
    pub(super) status: Option<String>,
    pub(super) currency_code: Option<String>,
    pub(super) system_account: Option<String>,
    pub(super) enable_payments_to_account: Option<bool>,
    pub(super) description: Option<String>,
    pub(super) sales_details: Option<ItemDetails>,
    pub(super) purchase_details: Option<ItemDetails>,
    pub(super) inventory_asset_account_code: Option<String>,
    pub(super) is_tracked_as_inventory: Option<bool>,
    pub(super) contact_number: Option<String>,
    pub(super) contact_status: Option<String>,
    pub(super) tax_type: Option<String>,
    pub(super) effective_rate: Option<Number>,
    pub(super) can_apply_to_revenue: Option<bool>,
    pub(super) can_apply_to_expenses: Option<bool>,
}

/// Where lines of an item land, if they do not say so, and what tracked ones cost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct ItemDetails {
    pub(super) account_code: Option<String>,
    #[serde(rename = "COGSAccountCode")]
    pub(super) cogs: Option<String>,
}

/// What an element of an answer says about itself.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Fate {
    pub(super) status_attribute_string: Option<String>,
    pub(super) has_errors: Option<bool>,
    pub(super) has_validation_errors: Option<bool>,
    #[serde(deserialize_with = "list")]
    pub(super) validation_errors: Vec<Complaint>,
}

impl Fate {
    /// Whether the element was refused.
    pub(super) fn is_refused(&self) -> bool {
        match self.status_attribute_string.as_deref() {
            Some(status) => status.eq_ignore_ascii_case("ERROR"),
            None => {
                self.has_errors == Some(true)
                    || self.has_validation_errors == Some(true)
                    || !self.validation_errors.is_empty()
            }
        }
    }
}

/// The owner's organisation, as far as it matters here.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub(super) struct Organisation {
    pub(super) name: Option<String>,
    pub(super) base_currency: Option<String>,
    pub(super) period_lock_date: Option<String>,
    pub(super) end_of_year_lock_date: Option<String>,
}

impl Record {
    /// Whether nobody approved it yet, so that it is in no report.
    pub(super) fn is_draft(&self) -> bool {
        matches!(self.status.as_deref(), Some("DRAFT" | "SUBMITTED"))
    }

    /// What the vendor calls it.
    pub(super) fn id(&self) -> Option<&str> {
        let ids = [
            &self.bank_transaction_id,
            &self.bank_transfer_id,
            &self.payment_id,
            &self.manual_journal_id,
            &self.purchase_order_id,
            &self.credit_note_id,
            &self.invoice_id,
        ];
        ids.into_iter().flatten().map(String::as_str).find(|id| *id != NOTHING)
    }
}

impl Entry {
    /// What we call it: an account's id and its code, where it has one, with a space between; a
    /// contact's id, an item's code, the type of a tax rate, the id of a category or an option.
    pub(super) fn remote(&self) -> Option<RemoteId> {
        let said = |text: &&String| !text.is_empty() && text.as_str() != NOTHING;
        let code = self.code.as_ref().filter(said);
        if let Some(id) = self.account_id.as_ref().filter(said) {
            return Some(match code {
                Some(code) => RemoteId::from(format!("{id} {code}")),
                None => RemoteId::from(id.as_str()),
            });
        }
        // An option may name its category beside itself.
        let tracking = [&self.tracking_option_id, &self.tracking_category_id];
        if let Some(id) = tracking.into_iter().flatten().find(said) {
            return Some(RemoteId::from(id.as_str()));
        }
        let name = match (&self.contact_id, &self.item_id) {
            (Some(_), _) => self.contact_id.as_ref(),
            (None, Some(_)) => code,
            (None, None) => self.tax_type.as_ref(),
        };
        name.filter(said).map(|text| RemoteId::from(text.as_str()))
    }

    /// Whether it can be used.
    pub(super) fn is_active(&self) -> bool {
        let active = |status: &Option<String>| status.as_deref().is_none_or(|it| it == "ACTIVE");
        active(&self.status) && active(&self.contact_status)
    }

    /// Whether it is an item that the vendor keeps in stock, and costs by itself.
    pub(super) fn is_tracked(&self) -> bool {
        self.is_tracked_as_inventory == Some(true)
    }
}

/// A JSON number as an amount. Zeros beyond the currency's digits are understood, digits are not.
///
/// # Errors
/// In words, where it is no amount of the currency.
pub(super) fn money(number: &Number, currency: Currency) -> Result<Money, String> {
    let plain = decimal(number).map(|it| it.normalize().to_string());
    let text = plain.unwrap_or_else(|| number.to_string());
    Money::parse(&text, currency).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::{number, to_json};

    #[test]
    fn amounts_cross_the_border_digit_for_digit() {
        let gbp = Currency::parse("GBP").unwrap();
        for text in ["0.10", "0.30", "-0.05", "90071992547409.93", "92233720368547758.07"] {
            let amount = Money::parse(text, gbp).unwrap();
            assert_eq!(serde_json::to_string(&number(amount)).unwrap(), text);
            let read: Number = serde_json::from_str(text).unwrap();
            assert_eq!(money(&read, gbp), Ok(amount));
        }
    }

    #[test]
    fn numbers_are_amounts_only_where_the_currency_can_hold_them() {
        let cases = [
            ("337.5", "GBP", Some(33_750)),
            ("20.0000", "GBP", Some(2_000)),
            ("1E+2", "GBP", Some(10_000)),
            ("0.005", "GBP", None),
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
    fn an_element_says_what_became_of_it() {
        let refused = |text: &str| serde_json::from_str::<Fate>(text).unwrap().is_refused();
        assert!(refused(r#"{"StatusAttributeString":"ERROR"}"#));
        assert!(refused(r#"{"ValidationErrors":[{"Message":"No"}]}"#));
        assert!(refused(r#"{"HasValidationErrors":true}"#));
        assert!(!refused(r#"{"StatusAttributeString":"WARNING","ValidationErrors":[]}"#));
        assert!(!refused(r#"{"ValidationErrors":null,"HasErrors":false}"#));
    }

    #[test]
    fn empty_fields_are_not_written() {
        let body = Record { reference: Some("7".to_owned()), ..Record::default() };
        assert_eq!(to_json(&body).unwrap().to_string(), r#"{"Reference":"7"}"#);
    }
}
