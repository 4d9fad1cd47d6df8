//! What answers to writes mean.

use super::super::hear::NOT_ASKED;
use super::*;
use saldo_core::book::{Acknowledgement, Refusal, RefusalKind};
use saldo_core::exchange::Permit;

/// The id that rows of these tests have.
pub(super) const ID: &str = "1A2B-1795000001";
/// Their version.
const VERSION: &str = "1795000001";

/// The row by which the vendor shows what it made of a body that it kept exactly.
pub(super) fn row_of(body: &Element) -> String {
    let name = body.name.strip_suffix("Add").unwrap();
    let amount = |line: &Element| {
        let text = line.text(["Amount"]).or(line.text(["PaymentAmount"]));
        let text = text.or(line.text(["RefundAmount"]));
        text.map_or(0, |text| Money::parse(text, usd()).unwrap().minor())
    };
    // What a cheque is applied to is no line of it.
    let lines = body.children.iter().filter(|it| it.name != "ApplyCheckToTxnAdd");
    let total: i64 = lines.clone().map(amount).sum();
    let total = Money::from_minor(total, usd()).amount_text();
    let sums = match name {
        "SalesReceipt" | "CreditMemo" => format!(
            "<Subtotal>{total}</Subtotal><SalesTaxTotal>0.00</SalesTaxTotal>\
             <TotalAmount>{total}</TotalAmount>"
        ),
        "Invoice" => format!("<Subtotal>{total}</Subtotal><SalesTaxTotal>0.00</SalesTaxTotal>"),
        "Check"
        | "CreditCardCharge"
        | "CreditCardCredit"
        | "BillPaymentCheck"
        | "BillPaymentCreditCard" => {
            format!("<Amount>{total}</Amount>")
        }
        "Bill" => format!("<AmountDue>{total}</AmountDue>"),
        "VendorCredit" => format!("<CreditAmount>{total}</CreditAmount>"),
        "PurchaseOrder" | "ItemReceipt" | "ARRefundCreditCard" => {
            format!("<TotalAmount>{total}</TotalAmount>")
        }
        _ => String::new(),
    };
    let fields: String = lines.map(held).collect();
    format!(
        "<{name}Ret><TxnID>{ID}</TxnID><EditSequence>{VERSION}</EditSequence>{fields}{sums}\
         </{name}Ret>"
    )
}

fn held(element: &Element) -> String {
    let name = match element.name.as_str() {
        "PaymentAmount" => "Amount".to_owned(),
        name => name.strip_suffix("Add").map_or(name.to_owned(), |name| format!("{name}Ret")),
    };
    let text = element.text([]).unwrap_or_default();
    let text = text.replace('&', "&amp;").replace('<', "&lt;");
    let children: String = element.children.iter().map(held).collect();
    format!("<{name}>{children}{text}</{name}>")
}

fn refused(outcome: &Outcome) -> &Refusal {
    match outcome {
        Outcome::Refused(refusal) => refusal,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_was_kept_as_it_was_sent_is_acknowledged() {
    let (tasks, context) = creates(&[sale()]);
    let row = row_of(&body(&sale()));
    let outcomes = hear(&tasks, &context, &answer(&response("SalesReceiptAdd", "1", &row)));
    let acknowledgement = Acknowledgement {
        version: Some(VERSION.to_owned()),
        total: Some(sale().total().unwrap()),
        tax: Some(sale().tax().unwrap()),
        ..Acknowledgement::of(RemoteId::from(ID))
    };
    assert_eq!(outcomes, Ok(vec![Outcome::Done(acknowledgement)]));
}

#[test]
fn tax_that_quickbooks_adds_shows_in_tax_and_total() {
    let (tasks, context) = creates(&[claim()]);
    let row = row_of(&body(&claim()))
        .replace("<SalesTaxTotal>0.00</SalesTaxTotal>", "<SalesTaxTotal>1.50</SalesTaxTotal>");
    let outcomes = hear(&tasks, &context, &answer(&response("InvoiceAdd", "1", &row))).unwrap();
    let [Outcome::Done(acknowledgement)] = &outcomes[..] else { panic!("{outcomes:?}") };
    let added = Money::parse("1.50", usd()).unwrap();
    let with = |money: Money| Some(money.plus(added).unwrap());
    assert_eq!(acknowledgement.total, with(claim().total().unwrap()));
    assert_eq!(acknowledgement.tax, with(claim().tax().unwrap()));
}

#[test]
fn each_task_hears_its_own_answer_in_whatever_order() {
    let (tasks, context) = creates(&[sale(), claim(), payout()]);
    let transfer = row_of(&body(&payout()));
    let row = row_of(&body(&sale()));
    let responses = [
        response("TransferAdd", "3", &transfer),
        refusal("InvoiceAdd", "2", 3180, "It is dated on or before the closing date."),
        response("SalesReceiptAdd", "1", &row).replace("\"0\"", "\"530\"").replace("Info", "Warn"),
    ];
    let outcomes = hear(&tasks, &context, &answer(&responses.concat())).unwrap();
    assert!(matches!(outcomes[0], Outcome::Done(_)), "a remark is no error: {outcomes:?}");
    assert_eq!(refused(&outcomes[1]).kind, RefusalKind::PeriodClosed);
    assert!(matches!(outcomes[2], Outcome::Done(_)));
}

#[test]
fn a_request_that_quickbooks_fails_at_puts_no_other_in_doubt() {
    let (tasks, context) = creates(&[sale(), payout()]);
    let kept = response("SalesReceiptAdd", "1", &row_of(&body(&sale())));
    for code in [1000, 1010, 3231] {
        let failed = kept.clone() + &refusal("TransferAdd", "2", code, "Not done.");
        let outcomes = hear(&tasks, &context, &answer(&failed)).unwrap();
        assert!(matches!(outcomes[0], Outcome::Done(_)), "{outcomes:?}");
        // It is looked for, and asked for again; not for ever.
        assert_eq!(refused(&outcomes[1]).kind, RefusalKind::DuplicateRequest);
    }
}

#[test]
fn what_is_not_said_is_in_doubt() {
    let (tasks, context) = creates(&[sale(), payout()]);
    let kept = response("SalesReceiptAdd", "1", &row_of(&body(&sale())));
    let whole = kept.clone() + &response("TransferAdd", "2", &row_of(&body(&payout())));
    assert!(hear(&tasks, &context, &answer(&whole)).is_ok());
    let nameless = whole.replace(&format!("<TxnID>{ID}</TxnID>"), "");
    let cases = [
        answer(&kept),
        answer(&(kept + &response("TransferAdd", "2", ""))),
        answer(&nameless),
        answer(&whole).replace("<QBXMLMsgsRs>", "<QBXMLMsgsRs messageSetStatusCode=\"9009\">"),
        answer(&whole).replace("</QBXML>", ""),
        answer(&whole).replace("?><QBXML>", "?><!DOCTYPE QBXML SYSTEM \"http://x/\"><QBXML>"),
        "<HTML>Bad gateway</HTML>".to_owned(),
        String::new(),
    ];
    for text in cases {
        let fault = hear(&tasks, &context, &text).unwrap_err();
        assert_eq!(fault.permits, Permit::InDoubt, "{text}: {fault}");
    }
    let known = answer(&whole).replace(
        "<QBXMLMsgsRs>",
        "<QBXMLMsgsRs newMessageSetID=\"X\" messageSetStatusCode=\"600\">",
    );
    assert!(hear(&tasks, &context, &known).is_ok());
}

#[test]
fn a_message_set_whose_name_is_trouble_is_looked_for_and_not_for_ever() {
    let (tasks, context) = creates(&[sale(), payout()]);
    let rows = response("SalesReceiptAdd", "1", &row_of(&body(&sale())));
    for code in 9001..=9004 {
        let set = format!("<QBXMLMsgsRs messageSetStatusCode=\"{code}\">");
        // Whatever else is answered: what became of it, a look shows.
        for rows in [rows.as_str(), ""] {
            let text = answer(rows).replace("<QBXMLMsgsRs>", &set);
            let outcomes = hear(&tasks, &context, &text).unwrap();
            let kinds: Vec<RefusalKind> = outcomes.iter().map(|it| refused(it).kind).collect();
            assert_eq!(kinds, [RefusalKind::DuplicateRequest; 2], "{code}");
        }
    }
}

fn failed(tasks: &[Task], context: &BookContext, code: &str) -> Result<Vec<Outcome>, Fault> {
    let (code, message) = (code.to_owned(), "QuickBooks found an error.".to_owned());
    let answer = Answer::Message(MessageAnswer::Failed { code, message });
    BOOK.hear(tasks, &answer, context)
}

#[test]
fn a_message_that_could_not_be_read_is_refused_as_a_whole() {
    let (tasks, context) = creates(&[sale(), payout()]);
    for outcome in failed(&tasks, &context, "0x80040400").unwrap() {
        assert_eq!(refused(&outcome).kind, RefusalKind::WholeRequest);
    }
    let outcomes = failed(&tasks[..1], &context, "0x80040400").unwrap();
    assert_eq!(refused(&outcomes[0]).kind, RefusalKind::Other);
    let modal = failed(&tasks, &context, "0x80040414").unwrap_err();
    assert_eq!(modal.permits, Permit::Retry);
    let unknown = failed(&tasks, &context, "0x80040402").unwrap_err();
    assert_eq!(unknown.permits, Permit::InDoubt);
    let read = failed(&[Task::ReadSettings], &context, "0x80040402").unwrap_err();
    assert_eq!(read.permits, Permit::Retry);
}

#[test]
fn what_cannot_be_held_stays_out_of_its_message_and_is_refused() {
    let bad =
        document(DocumentKind::Invoice, None, vec![owed("5.00"), other(sales(), "-5.00", "")]);
    let (tasks, context) = creates(&[bad, payout()]);
    let asked = requests(&tasks, &context);
    let names: Vec<&str> = asked.iter().map(|request| request.attribute("requestID")).collect();
    assert_eq!(names, ["2"]);
    let row = row_of(&body(&payout()));
    let outcomes = hear(&tasks, &context, &answer(&response("TransferAdd", "2", &row))).unwrap();
    assert_eq!(refused(&outcomes[0]).code, NOT_ASKED);
    assert!(matches!(outcomes[1], Outcome::Done(_)));
    let alone = BOOK.ask(&tasks[..1], "t", &context).unwrap_err();
    assert_eq!(alone.permits, Permit::Never);
}

#[test]
fn what_documents_refer_to_is_acknowledged_by_its_id() {
    let need = Need::Account(clearing());
    let tasks = [Task::Create(Subject::Need(need.clone()))];
    let context = context(&[Subject::Need(need)]);
    let row = "<AccountRet><ListID>80000012-1</ListID><EditSequence>7</EditSequence></AccountRet>";
    let outcomes = hear(&tasks, &context, &answer(&response("AccountAdd", "1", row))).unwrap();
    let version = Some("7".to_owned());
    let expected = Acknowledgement { version, ..Acknowledgement::of("80000012-1".into()) };
    assert_eq!(outcomes, [Outcome::Done(expected)]);
    let taken = refusal("AccountAdd", "1", 3100, "The name is already in use.");
    let outcomes = hear(&tasks, &context, &answer(&taken)).unwrap();
    assert_eq!(refused(&outcomes[0]).kind, RefusalKind::DuplicateName);
}
