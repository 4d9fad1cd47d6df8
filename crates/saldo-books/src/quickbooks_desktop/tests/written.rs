//! What messages look like.

use super::*;

#[test]
fn a_sale_is_one_sales_receipt() {
    let (tasks, context) = creates(&[sale()]);
    let message = message(&tasks, &context);
    insta::assert_snapshot!(message.replace("><", ">\n<"));
}

#[test]
fn documents_become_one_transaction_each() {
    let names: Vec<String> = of_every_kind().iter().map(|it| body(it).name).collect();
    let expected = [
        "SalesReceiptAdd",
        "InvoiceAdd",
        "ReceivePaymentAdd",
        "ReceivePaymentAdd",
        "CheckAdd",
        "ARRefundCreditCardAdd",
        "JournalEntryAdd",
        "CreditMemoAdd",
        "TransferAdd",
        "CheckAdd",
        "JournalEntryAdd",
        "CreditCardChargeAdd",
        "CreditCardCreditAdd",
        "JournalEntryAdd",
        "BillAdd",
        "BillAdd",
        "VendorCreditAdd",
        "BillPaymentCheckAdd",
        "BillPaymentCreditCardAdd",
        "CheckAdd",
        "PurchaseOrderAdd",
        "ItemReceiptAdd",
        "VendorCreditAdd",
        "BillAdd",
        "InventoryAdjustmentAdd",
        "SalesReceiptAdd",
        "SalesReceiptAdd",
    ];
    assert_eq!(names, expected);
}
