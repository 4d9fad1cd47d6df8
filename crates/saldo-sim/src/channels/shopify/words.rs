//! The vendor's words for what happens in a world.

use crate::world::{
    Action, Gateway, LineKind, Origin, PaymentState, Reason, RowKind, TransactionKind,
    TransactionStatus,
};

/// The gateway's name in the data, and as people read it.
pub(super) fn gateway(gateway: Gateway) -> (&'static str, &'static str) {
    match gateway {
        Gateway::Card => ("shopify_payments", "Shopify Payments"),
        Gateway::PayPal => ("paypal", "PayPal"),
        Gateway::Cash => ("cash", "Cash"),
        Gateway::GiftCard => ("gift_card", "Gift Card"),
        Gateway::StoreCredit => ("shopify_store_credit", "Store Credit"),
        Gateway::Wallet => ("shop_cash", "Shop Cash"),
        Gateway::BankDeposit => ("Bank Deposit", "Bank Deposit"),
        Gateway::Rehearsal => ("bogus", "Bogus Gateway"),
    }
}

/// The word for the way of paying in a tender transaction.
pub(super) fn tender(gateway: Gateway) -> &'static str {
    match gateway {
        Gateway::Card | Gateway::Rehearsal => "credit_card",
        Gateway::PayPal => "paypal",
        Gateway::Cash => "cash",
        Gateway::GiftCard => "gift_card",
        Gateway::StoreCredit => "store_credit",
        Gateway::Wallet => "shop_cash",
        Gateway::BankDeposit => "bank_deposit",
    }
}

/// `sourceName` of an order.
pub(super) fn origin(origin: Origin) -> &'static str {
    match origin {
        Origin::Web => "web",
        Origin::Counter => "pos",
        Origin::Draft => "shopify_draft_order",
    }
}

/// `SaleLineType`, and the type of the sale.
pub(super) fn line(kind: LineKind) -> (&'static str, &'static str) {
    match kind {
        LineKind::Product => ("PRODUCT", "ProductSale"),
        LineKind::Shipping => ("SHIPPING", "ShippingLineSale"),
        LineKind::Tip => ("TIP", "TipSale"),
        LineKind::GiftCard => ("GIFT_CARD", "GiftCardSale"),
        LineKind::Adjustment => ("ADJUSTMENT", "AdjustmentSale"),
        LineKind::Duty => ("DUTY", "DutySale"),
        LineKind::Unknown => ("UNKNOWN", "UnknownSale"),
    }
}

/// `SaleActionType`.
pub(super) fn action(action: Action) -> &'static str {
    match action {
        Action::Order => "ORDER",
        Action::Return => "RETURN",
    }
}

/// `OrderActionType`, and the type of the agreement.
pub(super) fn reason(reason: Reason) -> (&'static str, &'static str) {
    match reason {
        Reason::Order => ("ORDER", "OrderAgreement"),
        Reason::Edit => ("ORDER_EDIT", "OrderEditAgreement"),
        Reason::Refund => ("REFUND", "RefundAgreement"),
    }
}

/// `OrderTransactionKind`.
pub(super) fn transaction(kind: TransactionKind) -> &'static str {
    match kind {
        TransactionKind::Authorization => "AUTHORIZATION",
        TransactionKind::Capture => "CAPTURE",
        TransactionKind::Sale => "SALE",
        TransactionKind::Refund => "REFUND",
        TransactionKind::Void => "VOID",
        TransactionKind::Change => "CHANGE",
    }
}

/// `OrderTransactionStatus`.
pub(super) fn status(status: TransactionStatus) -> &'static str {
    match status {
        TransactionStatus::Success => "SUCCESS",
        TransactionStatus::Pending => "PENDING",
        TransactionStatus::Failure => "FAILURE",
    }
}

/// `OrderDisplayFinancialStatus`.
pub(super) fn payment(state: PaymentState) -> &'static str {
    match state {
        PaymentState::Pending => "PENDING",
        PaymentState::Authorized => "AUTHORIZED",
        PaymentState::PartiallyPaid => "PARTIALLY_PAID",
        PaymentState::Paid => "PAID",
        PaymentState::PartiallyRefunded => "PARTIALLY_REFUNDED",
        PaymentState::Refunded => "REFUNDED",
        PaymentState::Voided => "VOIDED",
    }
}

/// `ShopifyPaymentsTransactionType`, and `ShopifyPaymentsSourceType`.
pub(super) fn row(kind: RowKind) -> (&'static str, &'static str) {
    match kind {
        RowKind::Charge => ("CHARGE", "CHARGE"),
        RowKind::Refund => ("REFUND", "REFUND"),
        RowKind::DisputeWithdrawal => ("DISPUTE_WITHDRAWAL", "DISPUTE"),
        RowKind::DisputeReversal => ("DISPUTE_REVERSAL", "DISPUTE"),
        RowKind::ReserveHeld => ("RESERVED_FUNDS", "ADJUSTMENT"),
        RowKind::ReserveReleased => ("RESERVED_FUNDS_REVERSAL", "ADJUSTMENT"),
        RowKind::PlatformBill => ("BILLING_DEBIT", "ADJUSTMENT"),
        RowKind::LoanRepayment => ("LENDING_CAPITAL_REMITTANCE", "ADJUSTMENT"),
        RowKind::Adjustment => ("ADJUSTMENT", "SYSTEM_ADJUSTMENT"),
        RowKind::Label => ("SHIPPING_LABEL", "ADJUSTMENT"),
        RowKind::Duties => ("CUSTOMS_DUTY", "ADJUSTMENT"),
        RowKind::WalletCredit => ("SHOP_CASH_CREDIT", "ADJUSTMENT"),
        RowKind::PayoutReturned => ("TRANSFER_FAILURE", "TRANSFER"),
        RowKind::Transfer => ("TRANSFER", "TRANSFER"),
    }
}
