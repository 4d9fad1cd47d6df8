//! What messages look like.

use super::*;

#[test]
fn a_sale_is_one_sales_receipt() {
    let (tasks, context) = creates(&[sale()]);
    let message = message(&tasks, &context);
    insta::assert_snapshot!(message.replace("><", ">\n<"));
}

#[test]
fn what_pays_a_credit_memo_back_is_a_cheque_that_is_applied_to_it() {
    let document = of(paid_back(), "shop/Order/1001/credit-memo");
    let (tasks, context) = creates(std::slice::from_ref(&document));
    let Task::Create(Subject::Document { applies_to: Some(memo), .. }) = &tasks[0] else {
        panic!("it belongs to a credit memo")
    };
    let cheque = body(&document);
    let applied = cheque.child("ApplyCheckToTxnAdd").unwrap();
    let bound = context.bindings.document(*memo).unwrap();
    assert_eq!(applied.text(["TxnID"]), Some(bound.as_str()));
    let line = cheque.child("ExpenseLineAdd").unwrap();
    assert_eq!((applied.text(["Amount"]), line.text(["Amount"])), (Some("21.00"), Some("21.00")));
    let payee = cheque.text(["PayeeEntityRef", "ListID"]);
    assert!(payee.is_some() && line.text(["CustomerRef", "ListID"]) == payee);
    assert!(body(&paid_back()).child("ApplyCheckToTxnAdd").is_none(), "nothing to apply it to");
    assert!(body(&refund()).all("ExpenseLineAdd").all(|it| it.child("CustomerRef").is_none()));
}

#[test]
fn what_a_gateway_gives_back_of_a_credit_memo_is_a_refund_of_it() {
    let refund = body(&paid_out());
    assert_eq!(refund.text(["RefundAppliedToTxnAdd", "RefundAmount"]), Some("54.13"));
    assert!(refund.text(["RefundAppliedToTxnAdd", "TxnID"]).is_some());
    assert!(refund.text(["PaymentMethodRef", "ListID"]).is_some());
    // Of no credit memo, or out of a bank account, it is none.
    let lines = vec![owed("54.13"), settled(clearing(), "-54.13")];
    let alone = document(DocumentKind::Payment, Some(customer()), lines);
    let lines = vec![owed("54.13"), settled(bank(), "-54.13")];
    let by_bank = document(DocumentKind::Payment, Some(customer()), lines);
    for other in [alone, of(by_bank, "shop/Order/1001/credit-memo")] {
        assert_ne!(body(&other).name, refund.name);
    }
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
        "CheckAdd",
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
