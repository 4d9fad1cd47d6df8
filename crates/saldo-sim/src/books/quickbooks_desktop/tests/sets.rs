//! Documents as a whole: order, versions, errors, and the memory of message sets.

use super::super::Kind;
use super::super::element::Element;
use super::{Client, add, code_of, envelope, name, receipt};

const STOP: &str = "onError=\"stopOnError\"";
const CONTINUE: &str = "onError=\"continueOnError\"";

fn customer(name: &str) -> String {
    add(Kind::Customer, &format!("<Name>{name}</Name>"))
}

fn codes(set: &Element) -> Vec<u16> {
    set.children.iter().map(code_of).collect()
}

fn set_code(set: &Element) -> Option<&str> {
    set.attribute("messageSetStatusCode")
}

#[test]
fn elements_in_the_wrong_order_spoil_the_whole_document() {
    let mut client = Client::new();
    let right = "<Name>A</Name><CompanyName>B</CompanyName>";
    let good = add(Kind::Customer, "<Name>First</Name>");
    for wrong in [
        "<CompanyName>B</CompanyName><Name>A</Name>",
        "<Name>A</Name><Name>B</Name>",
        "<Name>A</Name><Shoe>B</Shoe>",
        "<CompanyName>B</CompanyName>",
        "<Name size=\"1\">A</Name>",
        "<Name><First>A</First></Name>",
        "text<Name>A</Name>",
    ] {
        let code = client.failure(&format!("{good}{}", add(Kind::Customer, wrong)));
        assert_eq!(code, "0x80040400", "{wrong}");
    }
    assert_eq!(client.sim.company().count(&[Kind::Customer]), 4, "nothing was carried out");
    client.must(Kind::Customer, right);
}

#[test]
fn what_desktop_editions_do_not_have_is_unknown() {
    let mut client = Client::new();
    let with_tax = format!(
        "{}<SalesTaxLineAdd><Amount>1.00</Amount></SalesTaxLineAdd>",
        receipt("1", "10.00")
    );
    assert_eq!(client.failure(&add(Kind::SalesReceipt, &with_tax)), "0x80040400");
    let with_memo = "<Memo>m</Memo><JournalDebitLine/>";
    assert_eq!(client.failure(&add(Kind::JournalEntry, with_memo)), "0x80040400");
    assert_eq!(client.failure("<ShoeQueryRq/>"), "0x80040400");
    let part = "<SetCreditAddRq/><AppliedToTxnAddRq/>";
    assert_eq!(client.failure(part), "0x80040400", "parts are no requests");
    let word = "<Name>A</Name><AccountType>Shoe</AccountType>";
    assert_eq!(client.failure(&add(Kind::Account, word)), "0x80040400");
}

#[test]
fn envelopes_must_be_whole() {
    let mut client = Client::new();
    let good = envelope(STOP, "<HostQueryRq/>");
    let mut failure = |text: &str| {
        let answer = client.send(text);
        answer.header("failure").map(str::to_owned)
    };
    assert_eq!(failure(&good), None);
    let code = |code: &str| Some(code.to_owned());
    assert_eq!(failure(&good.replace("13.0", "99.0")), code("0x80040423"));
    assert_eq!(failure(&good.replace("<?qbxml version=\"13.0\"?>", "")), code("0x80040400"));
    assert_eq!(failure(&good.replace("stopOnError", "rollbackOnError")), code("0x80040413"));
    assert_eq!(failure(&good.replace("onError", "onerror")), code("0x80040400"));
    assert_eq!(failure(&good.replace("</QBXML>", "")), code("0x80040400"));
    assert_eq!(failure("\u{0}"), code("0x80040400"));
}

#[test]
fn a_wrong_value_spoils_its_own_request_alone() {
    let mut client = Client::new();
    for (content, code) in [
        (receipt("1", "10.5"), 3_040),
        (receipt("123456789012", "10.00"), 3_070),
        (receipt("1", "10.00").replace("2026-11-20", "2026-11-31"), 3_020),
        (format!("{}<IsPending>maybe</IsPending>", name("CustomerRef", "Cool Cars")), 3_010),
    ] {
        let content = if content.contains("LineAdd") {
            content
        } else {
            format!("{content}<SalesReceiptLineAdd/>")
        };
        let requests = format!("{}{}", add(Kind::SalesReceipt, &content), "<HostQueryRq/>");
        assert_eq!(codes(&client.set(CONTINUE, &requests)), [code, 0], "{content}");
    }
    assert_eq!(client.code(Kind::SalesReceipt, &receipt("12345678901", "10.50")), 0);
}

#[test]
fn after_an_error_the_rest_is_not_processed_and_nothing_is_taken_back() {
    let mut client = Client::new();
    let requests = format!("{}{}{}", customer("A"), customer("Cool Cars"), customer("B"));
    assert_eq!(codes(&client.set(STOP, &requests)), [0, 3_100, 3_231]);
    let requests = format!("{}{}{}", customer("C"), customer("a"), customer("D"));
    assert_eq!(codes(&client.set(CONTINUE, &requests)), [0, 3_100, 0]);
    let there = |name: &str| client.sim.company().id_of(Kind::Customer, name).is_some();
    assert_eq!([there("A"), there("B"), there("C"), there("D")], [true, false, true, true]);
}

#[test]
fn a_known_message_set_is_answered_again_and_not_carried_out() {
    let mut client = Client::new();
    let set = format!("{STOP} newMessageSetID=\"X1\"");
    let first = client.set(&set, &customer("A"));
    assert_eq!((set_code(&first), codes(&first)), (None, vec![0]));
    let second = client.set(&set, &customer("A"));
    assert_eq!((set_code(&second), &second.children), (Some("0"), &first.children));
    let differs = client.set(&set, &customer("B"));
    assert_eq!((set_code(&differs), codes(&differs)), (Some("9001"), vec![]));
    assert!(client.sim.company().id_of(Kind::Customer, "B").is_none());
}

#[test]
fn only_the_latest_message_set_is_remembered() {
    let mut client = Client::new();
    client.set(&format!("{STOP} newMessageSetID=\"X1\""), &customer("A"));
    client.set(&format!("{STOP} newMessageSetID=\"X2\""), &customer("B"));
    let again = client.set(&format!("{STOP} newMessageSetID=\"X1\""), &customer("A"));
    assert_eq!(codes(&again), [3_100], "it was carried out once more");
}

#[test]
fn the_status_of_a_message_set_is_told_without_carrying_anything_out() {
    let mut client = Client::new();
    let check = format!("{STOP} oldMessageSetID=\"X1\" newMessageSetID=\"X1\"");
    let nothing = client.set(&check, &customer("A"));
    assert_eq!((set_code(&nothing), codes(&nothing)), (Some("9002"), vec![]));
    assert!(client.sim.company().id_of(Kind::Customer, "A").is_none());
    let requests = format!("{}{}", customer("A"), customer("Cool Cars"));
    let first = client.set(&format!("{STOP} newMessageSetID=\"X1\""), &requests);
    let state = client.sim.to_json().unwrap();
    client.sim = super::QuickBooksDesktopSim::from_json(&state).unwrap();
    let told = client.set(&check, "");
    assert_eq!((set_code(&told), &told.children), (Some("0"), &first.children));
}

#[test]
fn a_message_set_is_forgotten_when_asked_for() {
    let mut client = Client::new();
    client.set(&format!("{STOP} newMessageSetID=\"X1\""), &customer("A"));
    let clear = format!("{STOP} oldMessageSetID=\"X1\"");
    assert_eq!(set_code(&client.set(&clear, "")), Some("0"));
    assert_eq!(set_code(&client.set(&clear, "")), Some("600"));
    // An old id beside another new one clears the old one, and runs the new set.
    client.set(&format!("{STOP} newMessageSetID=\"X2\""), &customer("B"));
    let both = format!("{STOP} oldMessageSetID=\"X2\" newMessageSetID=\"X3\"");
    assert_eq!(codes(&client.set(&both, &customer("C"))), [0]);
    let check = format!("{STOP} oldMessageSetID=\"X2\" newMessageSetID=\"X2\"");
    assert_eq!(set_code(&client.set(&check, "")), Some("9002"));
}

#[test]
fn long_ids_of_message_sets_are_refused() {
    let mut client = Client::new();
    let with = |id: &str| format!("{STOP} newMessageSetID=\"{id}\"");
    let refused = client.set(&with("123456789012345678901234"), &customer("A"));
    assert_eq!((set_code(&refused), codes(&refused)), (Some("9004"), vec![]));
    let taken = client.set(&with("12345678901234567890123"), &customer("A"));
    assert_eq!(codes(&taken), [0]);
}

#[test]
fn a_macro_names_what_the_same_set_added() {
    let mut client = Client::new();
    let line = super::line(Kind::Invoice, "Sales", "30.00", "Non");
    let invoice = format!(
        "<InvoiceAddRq><InvoiceAdd defMacro=\"TxnID:I1\">{}</InvoiceAdd></InvoiceAddRq>",
        super::sale("1", &line)
    );
    let payment = add(
        Kind::ReceivePayment,
        &format!(
            "{}<TotalAmount>30.00</TotalAmount><AppliedToTxnAdd><TxnID useMacro=\"TxnID:I1\"/>\
         <PaymentAmount>30.00</PaymentAmount></AppliedToTxnAdd>",
            name("CustomerRef", "Cool Cars")
        ),
    );
    let set = client.set(STOP, &format!("{invoice}{payment}"));
    assert_eq!(codes(&set), [0, 0]);
    assert_eq!(client.balance("Accounts Receivable"), 0);
    // Another set knows nothing of it.
    assert_eq!(codes(&client.set(STOP, &payment)), [3_120]);
}

#[test]
fn only_what_is_asked_for_is_shown() {
    let mut client = Client::new();
    let none = client.set(&format!("{STOP} responseData=\"includeNone\""), &customer("A"));
    assert_eq!((codes(&none), none.children[0].children.len()), (vec![0], 0));
    let some = client.ask(
        "<CustomerQueryRq><FullName>A</FullName>\
        <IncludeRetElement>Name</IncludeRetElement></CustomerQueryRq>",
    );
    assert_eq!(some.children[0], Element::node("CustomerRet", vec![Element::leaf("Name", "A")]));
}
