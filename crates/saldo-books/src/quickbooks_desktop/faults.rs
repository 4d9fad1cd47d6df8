//! The vendor's errors: what the codes of its answers mean, and what a failure of its program to
//! answer at all permits.

use super::message::Response;
use saldo_core::book::{Refusal, RefusalKind};
use saldo_core::exchange::{Fault, Permit};

/// What was asked: a failed read took no effect, a failed write may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    Read,
    Write,
}

impl Purpose {
    /// What is permitted when nobody knows what happened.
    pub(super) const fn unknown(self) -> Permit {
        match self {
            Self::Read => Permit::Retry,
            Self::Write => Permit::InDoubt,
        }
    }
}

/// The code of a failure to read the message at all, so that nothing of it took effect.
const UNREADABLE: &str = "0x80040400";

/// What is known of a failure of the vendor's program: whether the message was not carried out for
/// sure and can be repeated, and what a person can do about it.
fn failure(code: &str) -> Option<(Permit, &'static str)> {
    Some(match code {
        "0x80040401" => (Permit::Retry, "QuickBooks cannot be reached from the Web Connector"),
        "0x80040408" => (Permit::Retry, "QuickBooks cannot start on that computer"),
        "0x8004040A" => {
            (Permit::Retry, "another company file is open: open the one that Saldo is connected to")
        }
        "0x8004040D" => (Permit::Retry, "the session in QuickBooks has ended"),
        "0x80040410" => {
            (Permit::Retry, "the company file is open in the other mode: close it, or change it")
        }
        "0x80040414" => (Permit::Retry, "a window in QuickBooks waits for an answer: close it"),
        "0x80040416" => (
            Permit::Retry,
            "QuickBooks is closed: open it with the company file, or let the Web \
                             Connector in when it is not running",
        ),
        "0x80040418" | "0x8004041A" => (
            Permit::LogIn,
            "Saldo may not read this company file: allow it in QuickBooks, at Edit > Preferences > \
             Integrated Applications > Company Preferences",
        ),
        "0x80040420" => (
            Permit::LogIn,
            "somebody declined Saldo in QuickBooks: add it to the Web Connector anew",
        ),
        "0x80040422" => (Permit::Retry, "somebody holds the company file in single-user mode"),
        "0x80040423" => (
            Permit::Never,
            "this QuickBooks does not take messages of the version 13.0: QuickBooks 2014 or later \
             is needed",
        ),
        _ => return None,
    })
}

/// The code as the table has it, however it is written.
fn plain_code(code: &str) -> String {
    let digits = code.trim().trim_start_matches("0x").trim_start_matches("0X");
    format!("0x{}", digits.to_uppercase())
}

/// The fault of a message that was not answered.
pub(super) fn of_failure(code: &str, message: &str, purpose: Purpose) -> Fault {
    let known = failure(&plain_code(code));
    let permits = match known {
        Some((permits, _)) => permits,
        None if is_unreadable(code) => Permit::Never,
        None => purpose.unknown(),
    };
    let said = if message.trim().is_empty() { "no reason was given" } else { message.trim() };
    let hint = known.map(|(_, hint)| format!("; {hint}")).unwrap_or_default();
    Fault::new(permits, format!("quickbooks did not answer: {said} ({}){hint}", code.trim()))
}

/// Whether the message was refused before anything of it was carried out.
pub(super) fn is_unreadable(code: &str) -> bool {
    plain_code(code) == UNREADABLE
}

/// The refusal of a whole message that QuickBooks could not read. Of a message of one request it is
/// known whom it concerns.
pub(super) fn of_the_whole(message: &str, requests: usize) -> Refusal {
    Refusal {
        kind: if requests > 1 { RefusalKind::WholeRequest } else { RefusalKind::Other },
        code: UNREADABLE.to_owned(),
        message: format!("quickbooks cannot read it: {}", message.trim()),
        hint: "enter it by hand, and tell us what stands in it".to_owned(),
    }
}

/// The code of what links with a transaction that was closed there meanwhile.
pub(super) const LINK_CLOSED: i64 = 570;

/// Whether an answer says that its request may be repeated and nothing more: an internal error, or
/// another request that stopped before it. What is open on somebody's screen may stay so for days,
/// and is a refusal.
pub(super) const fn is_passing(code: i64) -> bool {
    matches!(code, 1000 | 1010 | 3231)
}

/// The refusal of a request of which QuickBooks does not say what became of it.
pub(super) fn untold(response: &Response) -> Refusal {
    Refusal {
        kind: RefusalKind::DuplicateRequest,
        code: response.code.to_string(),
        message: format!("quickbooks did not do it: {}", response.words()),
        hint:
            "QuickBooks fails at it again and again: verify the company file (File > Utilities > \
               Verify Data), then `saldo retry`"
                .to_owned(),
    }
}

/// The refusal of a message set whose name QuickBooks has trouble with, so that it does not say
/// what became of it: it is looked for, and sent again under another name, a few times and not for
/// ever.
pub(super) fn untaken(code: i64) -> Refusal {
    Refusal {
        kind: RefusalKind::DuplicateRequest,
        code: code.to_string(),
        message: format!("quickbooks does not say what became of the message set ({code})"),
        hint: "QuickBooks says so again and again: restart it and the Web Connector, then `saldo \
               retry`"
            .to_owned(),
    }
}

/// A definite no to one request.
pub(super) fn refusal(response: &Response) -> Refusal {
    let kind = match response.code {
        3100 => RefusalKind::DuplicateName,
        3120 | 3130 | 3140 => RefusalKind::BadReference,
        3180 if is_of_a_closed_period(&response.message) => RefusalKind::PeriodClosed,
        _ => RefusalKind::Other,
    };
    let hint = match kind {
        RefusalKind::PeriodClosed => {
            "move it to the first open day, or take back the closing date in QuickBooks"
        }
        _ => hint(response.code),
    };
    let code = response.code.to_string();
    Refusal { kind, code, message: response.words(), hint: hint.to_owned() }
}

/// A definite no to a request that amends: where somebody saved the transaction since, or has it
/// open, what stands there is looked at.
pub(super) fn refusal_to_amend(response: &Response) -> Refusal {
    let refusal = refusal(response);
    match (response.code, refusal.kind) {
        (3180 | 3200, RefusalKind::Other) => Refusal { kind: RefusalKind::Stale, ..refusal },
        _ => refusal,
    }
}

/// Whether an error in saving is that of a period that was closed.
fn is_of_a_closed_period(message: &str) -> bool {
    let message = message.to_lowercase();
    message.contains("closing date")
        || message.contains("closed period")
        || (message.contains("closed") && message.contains("period"))
}

const fn hint(code: i64) -> &'static str {
    match code {
        LINK_CLOSED => {
            "the order that it came of was closed in QuickBooks: open it again there (Vendors > \
             Vendor Center > Purchase Orders), and approve it again; or enter it by hand"
        }
        500..=599 => "something that it refers to is gone from QuickBooks, or has another name",
        2000..=2999 => "this edition or version of QuickBooks does not take it",
        3000..=3099 => "a field of it is missing, too long or not allowed",
        3100 => {
            "the name is taken in QuickBooks, perhaps by something inactive: make that active, or \
             give it another name; customers, vendors, employees and other names share one list"
        }
        3120 | 3130 | 3140 => {
            "something that it refers to was deleted or made inactive in QuickBooks: make it \
             active again, or choose another; the sales tax code `Non` must be there, too"
        }
        3170..=3179 => "it is in use in QuickBooks: close its window there, and approve it again",
        3180 => "QuickBooks could not save it: its words say why; approve it again",
        3200 => "somebody changed it in QuickBooks meanwhile: read it again and decide",
        3210 => {
            "QuickBooks' own rule forbids it: its words say which; what is inactive there is to be \
             made active again"
        }
        3250 => {
            "a feature is switched off in QuickBooks, or this edition has none: its words say \
             which; stock is switched on at Edit > Preferences > Items & Inventory > Company \
             Preferences > Inventory and purchase orders are active"
        }
        3260 | 3261 => {
            "Saldo's user in QuickBooks may not do this: give it the right, at Company > Users, or \
             at Edit > Preferences > Integrated Applications"
        }
        3270 => "an account that QuickBooks needs for it is missing: its words say which",
        _ => "read QuickBooks' words, correct the cause, and approve it again",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_failure_permits_what_its_code_says() {
        let cases = [
            ("0x80040400", Permit::Never, Permit::Never),
            ("0x80040401", Permit::Retry, Permit::Retry),
            ("0x80040402", Permit::Retry, Permit::InDoubt),
            ("0x80040408", Permit::Retry, Permit::Retry),
            ("0x8004040a", Permit::Retry, Permit::Retry),
            ("0X8004040D", Permit::Retry, Permit::Retry),
            ("80040414", Permit::Retry, Permit::Retry),
            ("0x80040418", Permit::LogIn, Permit::LogIn),
            ("0x8004041A", Permit::LogIn, Permit::LogIn),
            ("0x80040420", Permit::LogIn, Permit::LogIn),
            ("0x80040422", Permit::Retry, Permit::Retry),
            ("0x80040423", Permit::Never, Permit::Never),
            ("0x8004FFFF", Permit::Retry, Permit::InDoubt),
            ("", Permit::Retry, Permit::InDoubt),
        ];
        for (code, read, write) in cases {
            for (purpose, expected) in [(Purpose::Read, read), (Purpose::Write, write)] {
                let fault = of_failure(code, "No.", purpose);
                assert_eq!(fault.permits, expected, "{code} {purpose:?}");
                assert!(fault.message.contains("No.") && fault.message.contains(code));
            }
        }
        let fault = of_failure("0x80040414", "", Purpose::Write);
        assert_eq!(
            fault.message,
            "quickbooks did not answer: no reason was given (0x80040414); a window in \
             QuickBooks waits for an answer: close it"
        );
    }

    #[test]
    fn codes_become_refusals() {
        let cases = [
            (3100, "The name is in use.", RefusalKind::DuplicateName),
            (3120, "Object not found.", RefusalKind::BadReference),
            (3140, "There is an invalid reference.", RefusalKind::BadReference),
            (3180, "The transaction is dated before the closing date.", RefusalKind::PeriodClosed),
            (3176, "It is in use.", RefusalKind::Other),
            (3180, "The list was modified by another user.", RefusalKind::Other),
            (3210, "A rule.", RefusalKind::Other),
            (3250, "This feature is not enabled.", RefusalKind::Other),
            (3070, "Too long.", RefusalKind::Other),
            (9999, "", RefusalKind::Other),
        ];
        for (code, message, expected) in cases {
            let message = message.to_owned();
            let response = Response { code, is_error: true, message, element: Default::default() };
            let refusal = refusal(&response);
            assert_eq!((refusal.kind, refusal.code), (expected, code.to_string()));
            assert!(!refusal.hint.is_empty() && refusal.message.contains(&code.to_string()));
        }
    }
}
