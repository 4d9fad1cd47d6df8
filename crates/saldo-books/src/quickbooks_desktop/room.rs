//! How full the lists are, before anything is added: counted by the vendor's program, which shows
//! no rows for it.
//!
//! Pro and Premier hold 14,500 names (customers, vendors, employees and other names together, and
//! no more than 10,000 of each), 14,500 items of all kinds, and 10,000 payment methods and as many
//! terms, inactive ones included. Of Enterprise the vendor names no bound but "more than 100,000".

use super::find;
use super::message::{Request, Responses};
use super::wire::CountQuery;
use saldo_core::book::{ListRoom, Listed, Need};
use saldo_core::document::Party;
use saldo_core::exchange::{Fault, Permit};

/// Customers, vendors, employees and other names together.
const NAMES: &str = "names";
/// Customers.
const CUSTOMERS: &str = "customers";
/// Vendors.
const VENDORS: &str = "vendors";
/// Items of every kind, those of sales tax among them.
const ITEMS: &str = "items";

/// Ways of being paid.
const PAYMENT_METHODS: &str = "payment methods";
/// Terms of payment of every kind.
const TERMS: &str = "terms";

/// The lists that are counted: what asks for each, and how many rows of it Pro and Premier hold.
const COUNTED: [(&str, &str, u64); 6] = [
    (NAMES, "Entity", 14_500),
    (CUSTOMERS, "Customer", 10_000),
    (VENDORS, "Vendor", 10_000),
    (ITEMS, "Item", 14_500),
    (PAYMENT_METHODS, "PaymentMethod", 10_000),
    (TERMS, "Terms", 10_000),
];

/// What the name of a program has that holds more than anybody counts.
const UNBOUNDED: &str = "Enterprise";

/// What asks how many rows the lists have.
///
/// # Errors
/// In words, where a query cannot be written.
pub(super) fn requests() -> impl Iterator<Item = Result<Request, String>> {
    COUNTED.into_iter().map(|(list, query, _)| {
        let fields =
            CountQuery { request_id: id(list), meta_data: "MetaDataOnly", active_status: "All" };
        Request::query(query, &fields)
    })
}

/// What the question for a list is called.
fn id(list: &str) -> String {
    format!("count of {list}")
}

/// How full the lists of this program are.
///
/// # Errors
/// Where a count was refused, or is none.
pub(super) fn read(responses: &mut Responses, program: &str) -> Result<Vec<ListRoom>, Fault> {
    let is_bounded = !program.contains(UNBOUNDED);
    let room = |(list, _, limit): (&str, &str, u64)| {
        let held = find::count(&id(list), responses.take(&id(list)))?;
        let limit = is_bounded.then_some(limit);
        Ok(ListRoom { list: list.to_owned(), held, limit })
    };
    COUNTED.into_iter().map(room).collect()
}

/// The lists in which something takes a row where it is made.
pub(super) const fn takes(need: &Need) -> &'static [&'static str] {
    match need {
        Need::Party(Party::Customer { .. }) => &[NAMES, CUSTOMERS],
        Need::Party(Party::Vendor { .. }) => &[NAMES, VENDORS],
        Need::Item(_) | Need::TaxRate(_) => &[ITEMS],
        Need::Listed(Listed::PaymentMethod { .. }) => &[PAYMENT_METHODS],
        Need::Listed(Listed::Terms { .. }) => &[TERMS],
        Need::Listed(Listed::Currency(_))
        | Need::Account(_)
        | Need::ForeignAccount { .. }
        | Need::Dimension(_)
        | Need::Value { .. } => &[],
    }
}

/// The fault of a count that is none.
pub(super) fn uncounted(id: &str, said: &str) -> Fault {
    Fault::new(Permit::Never, format!("quickbooks says `{said}` as the {id}"))
}
