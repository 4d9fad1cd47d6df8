//! What the shop says of itself: gift cards, store credit, drawers, counted and reported days.

use super::{Amount, Gid, Location, Named, PageInfo};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::money::Currency;
use serde::Deserialize;
use serde_json::value::RawValue;

/// `GiftCard`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct GiftCard {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) last_characters: String,
    pub(in crate::shopify) created_at: Timestamp,
    pub(in crate::shopify) updated_at: Timestamp,
    pub(in crate::shopify) deactivated_at: Option<Timestamp>,
    pub(in crate::shopify) expires_on: Option<Date>,
    pub(in crate::shopify) balance: Amount,
    pub(in crate::shopify) initial_value: Amount,
    pub(in crate::shopify) order: Option<Named>,
}

/// `Customer`, as far as it is about store credit. In the lines of a bulk operation the accounts
/// follow as lines of their own.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct CreditOwner {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) store_credit_accounts: Option<CreditAccounts>,
}

/// The accounts of a customer, one a currency.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct CreditAccounts {
    pub(in crate::shopify) page_info: PageInfo,
    pub(in crate::shopify) nodes: Vec<CreditAccount>,
}

/// `StoreCreditAccount`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct CreditAccount {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) balance: Amount,
    pub(in crate::shopify) transactions: Option<CreditMoves>,
}

/// The last movements of an account.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct CreditMoves {
    pub(in crate::shopify) nodes: Vec<CreditMove>,
}

/// `StoreCreditAccountTransaction`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct CreditMove {
    pub(in crate::shopify) created_at: Timestamp,
    pub(in crate::shopify) amount: Amount,
    pub(in crate::shopify) event: String,
}

/// `CashTrackingSession`.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct CashSession {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) register_name: String,
    pub(in crate::shopify) opening_time: Timestamp,
    pub(in crate::shopify) closing_time: Option<Timestamp>,
    pub(in crate::shopify) location: Option<Location>,
    pub(in crate::shopify) expected_opening_balance: Option<Amount>,
    pub(in crate::shopify) opening_balance: Amount,
    pub(in crate::shopify) net_cash_sales: Amount,
    pub(in crate::shopify) total_adjustments: Option<Amount>,
    pub(in crate::shopify) expected_closing_balance: Option<Amount>,
    pub(in crate::shopify) closing_balance: Option<Amount>,
    pub(in crate::shopify) total_discrepancy: Option<Amount>,
    pub(in crate::shopify) adjustments: CashAdjustments,
}

/// What was put into a drawer or taken out of it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct CashAdjustments {
    pub(in crate::shopify) page_info: PageInfo,
    pub(in crate::shopify) nodes: Vec<CashAdjustment>,
}

/// `CashTrackingAdjustment`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct CashAdjustment {
    pub(in crate::shopify) id: Gid,
    pub(in crate::shopify) time: Timestamp,
    pub(in crate::shopify) note: Option<String>,
    pub(in crate::shopify) cash: Amount,
}

/// `Count`.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct Count {
    pub(in crate::shopify) count: u64,
    pub(in crate::shopify) precision: String,
}

/// `Shop`, as far as a report needs it.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(in crate::shopify) struct ReportedShop {
    pub(in crate::shopify) currency_code: Currency,
}

/// A row of a report: the lines of a kind on a day.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct DayReport<'a> {
    pub(in crate::shopify) line_type: Option<String>,
    /// An amount without its currency: a text, or a number.
    #[serde(borrow)]
    pub(in crate::shopify) total_sales: &'a RawValue,
}

/// An answer without a report.
#[derive(Debug, Deserialize)]
pub(in crate::shopify) struct Reply {
    data: Option<ReplyData>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ReplyData {
    shopifyql_query: Option<Unreported>,
}

/// `ShopifyqlQueryResponse`, where it has no table.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unreported {
    parse_errors: Vec<String>,
}

impl Reply {
    /// What the shop did not understand.
    pub(in crate::shopify) fn parse_errors(self) -> Option<Vec<String>> {
        Some(self.data?.shopifyql_query?.parse_errors)
    }
}
