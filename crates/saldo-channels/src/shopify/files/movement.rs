//! What the word for an order's payment says, where its payments are not listed.

use jiff::Timestamp;
use saldo_core::commerce::{MoneyMovement, MovementKind, MovementState, Tender, Untold};
use saldo_core::money::Money;

/// What became of an order's money.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Payment {
    /// None moved.
    Open,
    /// It was set aside, and not taken so far.
    SetAside,
    /// It was set aside, and let go.
    LetGo,
    /// All was taken; some of it may have gone back since.
    Taken,
    /// A part was taken.
    TakenInPart,
    /// Nobody taught us the word.
    Unknown,
}

impl Payment {
    /// By the vendor's word (`financial_status`).
    pub(super) fn of(word: &str) -> Self {
        match word.to_ascii_lowercase().as_str() {
            "" | "pending" => Self::Open,
            "authorized" | "expired" => Self::SetAside,
            "voided" => Self::LetGo,
            "paid" | "refunded" | "partially_refunded" => Self::Taken,
            "partially_paid" => Self::TakenInPart,
            _ => Self::Unknown,
        }
    }
}

/// Money that was set aside for an order, and let go where it was.
pub(super) fn set_aside(
    order: &str,
    amount: Money,
    tender: &Tender,
    at: Timestamp,
    let_go: Option<Timestamp>,
) -> Vec<MoneyMovement> {
    let movement = |kind, word: &str, processed_at| MoneyMovement {
        id: format!("{order}/{word}"),
        kind,
        state: MovementState::Succeeded,
        tender: tender.clone(),
        processed_at,
        amount,
        rounding: None,
        conversion: None,
        fees: Vec::new(),
        test: false,
    };
    let mut movements = vec![movement(MovementKind::Authorisation, "authorised", at)];
    movements.extend(let_go.map(|at| movement(MovementKind::Void, "voided", at)));
    movements
}

/// Something without which an order cannot be entered.
pub(super) fn must_be_told(what: String, hint: &str) -> Untold {
    Untold { what, hint: hint.to_owned(), holds: true }
}

/// Something that a person must look at, besides what is entered.
pub(super) fn to_look_at(what: String, hint: &str) -> Untold {
    Untold { what, hint: hint.to_owned(), holds: false }
}
