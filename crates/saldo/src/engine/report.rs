//! Reports: what an accountant asks for at the end of a month. They read, and decide nothing.

mod ageing;
mod as_of;
mod bridge;
mod month;
mod net_sales;

pub(crate) use as_of::{IdentityAsOf, identities_as_of};
pub(crate) use bridge::{Arrival, Bridge, BridgeDay, BridgeKind, BridgeRow, UntoldDay, bridge};
pub(crate) use month::{
    AccountMonth, ClearingAge, DocumentLine, FeeMonth, Month, MonthReport, RollForward, TaxMonth,
    month_report,
};
pub(crate) use net_sales::NetSales;
