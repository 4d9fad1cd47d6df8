//! What the vendor says when it does not do what was asked.
//!
//! Codes and messages follow the vendor's list of errors; wording that could only be had from
//! memory is near to the vendor's, never part of what a client should read.

use super::kind::Kind;
use serde_json::{Value, json};

/// A refusal: one error in a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    /// The status of the answer, where the whole request fails.
    pub(super) status: u16,
    /// What kind of fault.
    pub(super) kind: &'static str,
    /// The vendor's code.
    pub(super) code: &'static str,
    /// The standard message of the code.
    pub(super) message: String,
    /// What exactly.
    pub(super) detail: String,
    /// Which element caused it.
    pub(super) element: String,
}

impl Fault {
    /// The fault as it stands in an answer.
    pub(super) fn to_json(&self) -> Value {
        json!({
            "Error": [{
                "Message": self.message,
                "Detail": self.detail,
                "code": self.code,
                "element": self.element,
            }],
            "type": self.kind,
        })
    }

    fn validation(code: &'static str, message: &str, detail: String, element: &str) -> Self {
        Self {
            status: 400,
            kind: "ValidationFault",
            code,
            message: message.to_owned(),
            detail,
            element: element.to_owned(),
        }
    }

    pub(super) fn unsupported_operation(what: &str) -> Self {
        let detail = format!("Operation {what} is not supported.");
        Self::validation("500", "Unsupported Operation", detail, "")
    }

    pub(super) fn not_found(detail: &str) -> Self {
        let detail = format!("Object Not Found : {detail}");
        Self::validation("610", "Object Not Found", detail, "")
    }

    pub(super) fn cannot_link(id: &str, why: &str) -> Self {
        let detail = format!("Transaction {id} cannot be linked: {why}");
        Self::validation("620", "Transaction can't be linked", detail, "TxnId")
    }

    pub(super) fn batch_too_large(limit: usize) -> Self {
        let detail = format!("The batch size exceeds the allowed limit of {limit}");
        Self::validation("1040", "Batch size exceeds allowed limit", detail, "")
    }

    pub(super) fn content_type() -> Self {
        let detail = "The content type of the request is not supported".to_owned();
        Self::validation("1050", "Invalid Content Type", detail, "")
    }

    pub(super) fn unknown_property(name: &str) -> Self {
        let detail = format!("Property Name:{name} specified is unsupported or invalid");
        Self::validation("2010", "Request has invalid or unsupported property", detail, name)
    }

    pub(super) fn missing(name: &str) -> Self {
        let message = "Required param missing, need to supply the required value for the API";
        let detail = format!("Required parameter {name} is missing in the request");
        Self::validation("2020", message, detail, name)
    }

    pub(super) fn invalid_id(text: &str) -> Self {
        let detail = format!("Id should be a valid number. Supplied value:{text}");
        Self::validation("2030", "Invalid ID", detail, "Id")
    }

    pub(super) fn invalid_text(element: &str, why: &str) -> Self {
        Self::validation("2040", "Invalid String", format!("{element} {why}"), element)
    }

    pub(super) fn too_long(element: &str, limit: usize, length: usize) -> Self {
        let message = "String length is either shorter or longer than supported by specification";
        let detail = format!(
            "String length specified does not match the supported length. Min:0 Max:{limit} \
             supported. Supplied length:{length}"
        );
        Self::validation("2050", message, detail, element)
    }

    pub(super) fn bad_number(element: &str, text: &str) -> Self {
        Self::validation("2090", "Invalid Number", format!("Invalid Number : {text}"), element)
    }

    pub(super) fn bad_date(element: &str, text: &str) -> Self {
        Self::validation("2120", "Invalid date", format!("Invalid Date : {text}"), element)
    }

    pub(super) fn bad_enumeration(element: &str, text: &str) -> Self {
        let detail = format!("Invalid Enumeration : {text}");
        Self::validation("2170", "Invalid Enumeration", detail, element)
    }

    pub(super) fn bad_reference(element: &str, kind: Kind, id: &str) -> Self {
        let detail = format!("Invalid Reference Id : {}s element id {id} not found", kind.name());
        Self::validation("2500", "Invalid Reference Id", detail, element)
    }

    pub(super) fn inactive_reference(element: &str) -> Self {
        let detail = "Invalid Reference Id : Something you're trying to use has been made \
                      inactive. Check the fields with accounts, customers, items, vendors or \
                      employees.";
        Self::validation("2500", "Invalid Reference Id", detail.to_owned(), element)
    }

    pub(super) fn query_syntax(detail: &str) -> Self {
        let detail = format!("QueryParserError: {detail}");
        Self::validation("4000", "Error parsing query", detail, "")
    }

    pub(super) fn query_invalid(detail: &str) -> Self {
        let detail = format!("QueryValidationError: {detail}");
        Self::validation("4001", "Invalid query", detail, "")
    }

    pub(super) fn stale() -> Self {
        let detail = "Stale Object Error : You and another user were working on this at the same \
                      time. They finished before you did, so your work was not saved.";
        Self::validation("5010", "Stale Object Error", detail.to_owned(), "")
    }

    pub(super) fn not_in_plan(what: &str) -> Self {
        let detail = format!("Permission Denied Error : {what} is not part of this plan");
        Self::validation("5020", "Permission Denied Error", detail, "")
    }

    pub(super) fn business(detail: &str) -> Self {
        let message = "A business validation error has occurred while processing your request";
        let detail = format!("Business Validation Error: {detail}");
        Self::validation("6000", message, detail, "")
    }

    pub(super) fn account_type_missing() -> Self {
        let detail = "Either an Account.AccountType or an Account.AccountSubType must be specified";
        let message = "Invalid Account.AccountType && Account.SubType";
        Self::validation("6010", message, detail.to_owned(), "AccountType")
    }

    pub(super) fn amount_differs(supplied: &str) -> Self {
        let message = "Amount calculation incorrect in the request";
        let detail = format!("Amount is not equal to UnitPrice * Qty. Supplied value:{supplied}");
        Self::validation("6070", message, detail, "Line.Amount")
    }

    pub(super) fn no_name() -> Self {
        let detail = "Title, GivenName, MiddleName, FamilyName, DisplayName, Suffix - one of \
                      these must be non-empty";
        Self::validation("6080", "No Name Provided", detail.to_owned(), "DisplayName")
    }

    pub(super) fn discount_incomplete() -> Self {
        let detail = "Discount amount or percent should be provided.".to_owned();
        Self::validation("6090", "Discount Line missing required info.", detail, "Line")
    }

    pub(super) fn tax_code(text: &str) -> Self {
        let detail = format!("Valid Line TaxCodes for US should be TAX or NON. Supplied:{text}");
        Self::validation("6100", "Invalid Line TaxCode in the request", detail, "TaxCodeRef")
    }

    pub(super) fn duplicate_number(number: &str, kind: Kind, id: u64) -> Self {
        let detail = format!(
            "Duplicate Document Number Error : You must specify a different number. This number \
             has already been used. DocNumber={number} is assigned to TxnType={} with TxnId={id}",
            kind.name()
        );
        Self::validation("6140", "Duplicate Document Number Error", detail, "DocNumber")
    }

    pub(super) fn period_closed() -> Self {
        let message = "Account Period Closed, Cannot Update Through Services API";
        let detail = "The account period has closed and the account books cannot be updated \
                      through the QBO Services API. Please check the closing date.";
        Self::validation("6210", message, detail.to_owned(), "TxnDate")
    }

    pub(super) fn duplicate_name(owner: Kind, id: u64) -> Self {
        let detail = format!(
            "The name supplied already exists. : Another {} is already using this name. Please \
             use a different name. Id={id}",
            owner.name().to_ascii_lowercase()
        );
        Self::validation("6240", "Duplicate Name Exists Error", detail, "")
    }

    pub(super) fn deposited() -> Self {
        let detail = "This transaction has been deposited. If you want to change or delete it, \
                      you must edit the deposit it appears on and remove it first.";
        let message = "Deposited Transaction cannot be changed";
        Self::validation("6540", message, detail.to_owned(), "")
    }

    pub(super) fn throttled() -> Self {
        Self {
            status: 429,
            kind: "SERVICE",
            code: "3001",
            message: "message=ThrottleExceeded; errorCode=003001; statusCode=429".to_owned(),
            detail: "The request limit was reached.  Try again later".to_owned(),
            element: String::new(),
        }
    }

    pub(super) fn unauthenticated() -> Self {
        Self {
            status: 401,
            kind: "AUTHENTICATION",
            code: "3200",
            message: "message=AuthenticationFailed; errorCode=003200; statusCode=401".to_owned(),
            detail: "Token expired or revoked".to_owned(),
            element: String::new(),
        }
    }

    pub(super) fn forbidden() -> Self {
        Self {
            status: 403,
            kind: "AUTHORIZATION",
            code: "3100",
            message: "message=ApplicationAuthorizationFailed; errorCode=003100; statusCode=403"
                .to_owned(),
            detail: "The connection has no access to this company".to_owned(),
            element: String::new(),
        }
    }
}
