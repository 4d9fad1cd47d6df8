//! Sales, what they are paid with, and what is given back.

use super::super::Kind;
use super::super::element::Element;
use super::{Client, invoice, line, name, receipt, sale};

fn amount(element: &Element, name: &str) -> String {
    element.text_of(name).unwrap_or("none").to_owned()
}

fn applied(id: &str, minor: &str) -> String {
    format!(
        "<AppliedToTxnAdd><TxnID>{id}</TxnID><PaymentAmount>{minor}</PaymentAmount>\
        </AppliedToTxnAdd>"
    )
}

fn payment(total: &str, applied: &str) -> String {
    format!("{}<TotalAmount>{total}</TotalAmount>{applied}", name("CustomerRef", "Cool Cars"))
}

#[test]
fn a_paid_sale_goes_to_the_undeposited_funds() {
    let mut client = Client::new();
    let shown = client.must(Kind::SalesReceipt, &receipt("1001", "10.50"));
    assert_eq!(amount(&shown, "TotalAmount"), "10.50");
    assert_eq!(client.balance("Undeposited Funds"), 1_050);
    assert_eq!(client.balance("Merchandise Sales"), -1_050);
    let into = sale(
        "1002",
        &format!(
            "{}{}",
            name("DepositToAccountRef", "Checking"),
            line(Kind::SalesReceipt, "Delivery", "4.00", "Non")
        ),
    );
    client.must(Kind::SalesReceipt, &into);
    assert_eq!((client.balance("Checking"), client.balance("Shipping Income")), (400, -400));
    // The same number may be used again.
    assert_eq!(client.code(Kind::SalesReceipt, &receipt("1001", "10.50")), 0);
}

#[test]
fn sales_tax_is_worked_out_on_all_taxable_lines_together() {
    let mut client = Client::new();
    let lines: String = ["0.49", "0.49", "0.49"]
        .iter()
        .map(|amount| line(Kind::SalesReceipt, "MUG-BLUE", amount, "Tax"))
        .collect();
    let untaxed = line(Kind::SalesReceipt, "MUG-BLUE", "100.00", "Non");
    let shown = client.must(Kind::SalesReceipt, &sale("1", &format!("{lines}{untaxed}")));
    // 8.25 % of 1.47 is 0.12; of each line alone it would be 0.04.
    assert_eq!(amount(&shown, "SalesTaxTotal"), "0.12");
    assert_eq!(amount(&shown, "TotalAmount"), "101.59");
    assert_eq!(client.balance("Sales Tax Payable"), -12);
    // Another tax item, with nothing per cent.
    let item = name("ItemSalesTaxRef", "Out of State");
    let shown = client.must(Kind::SalesReceipt, &sale("2", &format!("{item}{lines}")));
    assert_eq!(amount(&shown, "SalesTaxTotal"), "0.00");
    // A line that says nothing is taxed as its item is.
    let silent = lines.replace("<SalesTaxCodeRef><FullName>Tax</FullName></SalesTaxCodeRef>", "");
    let shown = client.must(Kind::SalesReceipt, &sale("3", &silent));
    assert_eq!(amount(&shown, "SalesTaxTotal"), "0.12");
}

#[test]
fn amounts_come_from_quantity_and_rate() {
    let mut client = Client::new();
    let of = |content: &str| {
        format!(
            "<SalesReceiptLineAdd>{}{content}{}</SalesReceiptLineAdd>",
            name("ItemRef", "Sales"),
            name("SalesTaxCodeRef", "Non")
        )
    };
    let shown = client
        .must(Kind::SalesReceipt, &sale("1", &of("<Quantity>3</Quantity><Rate>1.335</Rate>")));
    assert_eq!(amount(&shown, "TotalAmount"), "4.01");
    let shown = client.must(
        Kind::SalesReceipt,
        &sale(
            "2",
            &of("<Quantity>3</Quantity>")
                .replace("</Quantity>", "</Quantity><Amount>9.99</Amount>"),
        ),
    );
    assert_eq!(amount(&shown, "TotalAmount"), "9.99");
    assert_eq!(amount(shown.child("SalesReceiptLineRet").unwrap(), "Rate"), "3.33");
    client.must(
        Kind::ItemDiscount,
        &format!("<Name>Off</Name>{}", name("AccountRef", "Sales Discounts")),
    );
    let off = line(Kind::SalesReceipt, "Off", "2.00", "Non");
    let shown = client.must(
        Kind::SalesReceipt,
        &sale("3", &format!("{}{off}", line(Kind::SalesReceipt, "Sales", "9.00", "Non"))),
    );
    assert_eq!(
        (amount(&shown, "TotalAmount"), client.balance("Sales Discounts")),
        ("7.00".to_owned(), 200)
    );
}

#[test]
fn a_sale_cannot_come_to_less_than_nought() {
    let mut client = Client::new();
    for kind in [Kind::SalesReceipt, Kind::Invoice, Kind::CreditMemo] {
        let less = sale("1", &line(kind, "Sales", "-0.01", "Non"));
        assert_eq!(client.code(kind, &less), 3_210);
        assert_eq!(client.code(kind, &sale("1", &line(kind, "Sales", "0.00", "Non"))), 0);
    }
}

#[test]
fn an_invoice_is_paid_in_parts() {
    let mut client = Client::new();
    let owed = client.must(Kind::Invoice, &invoice("1", "30.00"));
    let id = amount(&owed, "TxnID");
    assert_eq!(
        (amount(&owed, "BalanceRemaining"), amount(&owed, "IsPaid")),
        ("30.00".to_owned(), "false".to_owned())
    );
    let paid = client.must(Kind::ReceivePayment, &payment("12.00", &applied(&id, "10.00")));
    assert_eq!(amount(&paid, "UnusedPayment"), "2.00");
    assert_eq!(amount(paid.child("AppliedToTxnRet").unwrap(), "BalanceRemaining"), "20.00");
    assert_eq!(client.code(Kind::ReceivePayment, &payment("21.00", &applied(&id, "20.01"))), 3_210);
    assert_eq!(client.code(Kind::ReceivePayment, &payment("9.00", &applied(&id, "10.00"))), 3_210);
    let other = payment("1.00", &applied(&id, "1.00")).replace("Cool Cars", "Jane Doe");
    assert_eq!(client.code(Kind::ReceivePayment, &other), 3_210, "somebody else's invoice");
    assert_eq!(client.code(Kind::ReceivePayment, &payment("1.00", &applied("1-1", "1.00"))), 3_120);
    let rest =
        client.must(Kind::ReceivePayment, &payment("25.00", "<IsAutoApply>true</IsAutoApply>"));
    assert_eq!(amount(&rest, "UnusedPayment"), "5.00");
    let shown = client.ask(&format!(
        "<InvoiceQueryRq><TxnID>{id}</TxnID>\
        <IncludeLinkedTxns>true</IncludeLinkedTxns></InvoiceQueryRq>"
    ));
    let shown = &shown.children[0];
    assert_eq!((amount(shown, "IsPaid"), shown.all("LinkedTxn").count()), ("true".to_owned(), 2));
    assert_eq!(client.balance("Accounts Receivable"), -700);
}

#[test]
fn credits_settle_invoices_and_are_paid_out() {
    let mut client = Client::new();
    let memo =
        client.must(Kind::CreditMemo, &sale("1", &line(Kind::CreditMemo, "Sales", "10.00", "Non")));
    let credit = amount(&memo, "TxnID");
    let owed = client.must(Kind::Invoice, &invoice("2", "6.00"));
    let id = amount(&owed, "TxnID");
    let set = |minor: &str| {
        format!(
            "<AppliedToTxnAdd><TxnID>{id}</TxnID><SetCredit>\
        <CreditTxnID>{credit}</CreditTxnID><AppliedAmount>{minor}</AppliedAmount></SetCredit>\
        </AppliedToTxnAdd>"
        )
    };
    assert_eq!(client.code(Kind::ReceivePayment, &payment("0.00", &set("10.01"))), 3_210);
    client.must(Kind::ReceivePayment, &payment("0.00", &set("6.00")));
    let refund = |minor: &str| {
        format!(
            "{}{}<RefundAppliedToTxnAdd><TxnID>{credit}</TxnID>\
        <RefundAmount>{minor}</RefundAmount></RefundAppliedToTxnAdd>",
            name("CustomerRef", "Cool Cars"),
            name("RefundFromAccountRef", "Checking")
        )
    };
    assert_eq!(client.code(Kind::ARRefundCreditCard, &refund("4.01")), 3_210);
    // It goes out of a bank account or another asset, on the receivable account of the credit, to
    // its customer.
    for (what, other) in [
        (name("RefundFromAccountRef", "Checking"), name("RefundFromAccountRef", "Visa Card")),
        (name("CustomerRef", "Cool Cars"), name("CustomerRef", "Amy's Bird Sanctuary")),
        (
            name("RefundFromAccountRef", "Checking"),
            name("RefundFromAccountRef", "Checking") + &name("ARAccountRef", "Savings"),
        ),
    ] {
        let wrong = refund("4.00").replacen(&what, &other, 1);
        assert_eq!(client.code(Kind::ARRefundCreditCard, &wrong), 3_210, "{wrong}");
    }
    // What a customer paid too much is no credit memo.
    let paid =
        client.must(Kind::ReceivePayment, &payment("3.00", "<IsAutoApply>false</IsAutoApply>"));
    let of_payment = refund("3.00").replacen(&*credit, &amount(&paid, "TxnID"), 1);
    assert_eq!(client.code(Kind::ARRefundCreditCard, &of_payment), 3_120);
    client.must(Kind::ARRefundCreditCard, &refund("4.00"));
    assert_eq!((client.balance("Checking"), client.balance("Accounts Receivable")), (-400, -300));
    let shown = client.ask(&format!(
        "<CreditMemoQueryRq><TxnID>{credit}</TxnID>\
        </CreditMemoQueryRq>"
    ));
    assert_eq!(amount(&shown.children[0], "CreditRemaining"), "0.00");
}

#[test]
fn a_check_on_the_receivable_pays_a_credit_out() {
    let mut client = Client::new();
    let memo = sale("1", &line(Kind::CreditMemo, "Sales", "30.00", "Non"));
    let memo = client.must(Kind::CreditMemo, &memo);
    let id = amount(&memo, "TxnID");
    let check = |payee: &str, applied: &str, on: &str, minor: &str| {
        let applied = match applied {
            "" => String::new(),
            minor => format!(
                "<ApplyCheckToTxnAdd><TxnID>{id}</TxnID><Amount>{minor}</Amount>\
                 </ApplyCheckToTxnAdd>"
            ),
        };
        format!(
            "{}{}<IsToBePrinted>false</IsToBePrinted>{applied}<ExpenseLineAdd>{}\
             <Amount>{minor}</Amount>{}</ExpenseLineAdd>",
            name("AccountRef", "Checking"),
            name("PayeeEntityRef", payee),
            name("AccountRef", on),
            name("CustomerRef", payee),
        )
    };
    let receivable = "Accounts Receivable";
    let refused = [
        ("Jane Doe", "10.00", receivable, "10.00"),
        ("Cool Cars", "10.00", receivable, "12.00"),
        ("Cool Cars", "30.01", receivable, "30.01"),
        ("Cool Cars", "10.00", "Sales Discounts", "10.00"),
    ];
    for (payee, applied, on, minor) in refused {
        let code = client.code(Kind::Check, &check(payee, applied, on, minor));
        assert_eq!(code, 3_210, "{payee} {applied} {on} {minor}");
    }
    client.must(Kind::Check, &check("Cool Cars", "10.00", receivable, "10.00"));
    assert_eq!((client.balance(receivable), client.balance("Checking")), (-2_000, -1_000));
    let shown = client.ask(&format!("<CreditMemoQueryRq><TxnID>{id}</TxnID></CreditMemoQueryRq>"));
    let shown = &shown.children[0];
    assert_eq!(amount(shown, "CreditRemaining"), "20.00");
    // One that is applied to nothing leaves the credit as it is.
    client.must(Kind::Check, &check("Cool Cars", "", receivable, "5.00"));
    let shown = client.ask(&format!("<CreditMemoQueryRq><TxnID>{id}</TxnID></CreditMemoQueryRq>"));
    let shown = &shown.children[0];
    assert_eq!(amount(shown, "CreditRemaining"), "20.00");
}

#[test]
fn deposits_take_payments_to_the_bank_once() {
    let mut client = Client::new();
    let first = amount(&client.must(Kind::SalesReceipt, &receipt("1", "10.00")), "TxnID");
    let fee = format!(
        "<DepositLineAdd>{}<Amount>-0.59</Amount></DepositLineAdd>",
        name("AccountRef", "Bank Service Charges")
    );
    let deposit = format!(
        "<TxnDate>2026-11-21</TxnDate>{}<DepositLineAdd>\
        <PaymentTxnID>{first}</PaymentTxnID><OverrideMemo>m</OverrideMemo></DepositLineAdd>{fee}",
        name("DepositToAccountRef", "Checking")
    );
    let shown = client.must(Kind::Deposit, &deposit);
    assert_eq!(amount(&shown, "DepositTotal"), "9.41");
    assert_eq!(
        (
            client.balance("Undeposited Funds"),
            client.balance("Checking"),
            client.balance("Bank Service Charges")
        ),
        (0, 941, 59)
    );
    assert_eq!(client.code(Kind::Deposit, &deposit), 3_210, "it lies there no more");
    let negative = format!("{}{fee}", name("DepositToAccountRef", "Checking"));
    assert_eq!(client.code(Kind::Deposit, &negative), 3_210);
    let void = format!(
        "<TxnVoidRq><TxnVoidType>SalesReceipt</TxnVoidType><TxnID>{first}</TxnID>\
        </TxnVoidRq>"
    );
    assert_eq!(super::code_of(&client.ask(&void)), 3_170, "it was taken to the bank");
}

#[test]
fn what_is_owed_is_due_by_its_terms() {
    let mut client = Client::new();
    let at_once = client.must(Kind::Invoice, &invoice("1", "1.00"));
    assert_eq!(amount(&at_once, "DueDate"), "2026-11-20");
    let terms = format!("</RefNumber>{}", name("TermsRef", "Net 30"));
    let later = client.must(Kind::Invoice, &invoice("2", "1.00").replace("</RefNumber>", &terms));
    assert_eq!(amount(&later, "DueDate"), "2026-12-20");
}

#[test]
fn a_line_of_a_deposit_tells_of_its_payment() {
    let mut client = Client::new();
    let id = amount(&client.must(Kind::SalesReceipt, &receipt("1", "10.00")), "TxnID");
    let bank = name("DepositToAccountRef", "Checking");
    let shown = client.must(
        Kind::Deposit,
        &format!(
            "{bank}<DepositLineAdd><PaymentTxnID>{id}</PaymentTxnID><OverrideMemo>fetched\
             </OverrideMemo></DepositLineAdd>"
        ),
    );
    let line = shown.child("DepositLineRet").unwrap();
    assert_eq!(amount(line, "Memo"), "fetched");
    assert_eq!(amount(line.child("EntityRef").unwrap(), "FullName"), "Cool Cars");
}
