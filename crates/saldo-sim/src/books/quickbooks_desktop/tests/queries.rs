//! Queries: what they find, in how many parts, and what they say when they find nothing.

use super::super::Kind;
use super::super::element::Element;
use super::{Client, code_of, invoice, name, receipt};

fn numbers(answer: &Element) -> Vec<String> {
    let shown = answer.children.iter();
    shown.map(|it| it.text_of("RefNumber").or(it.text_of("Name")).unwrap().to_owned()).collect()
}

/// Sales of three days.
fn sold() -> Client {
    let mut client = Client::new();
    for (number, day) in [("A-3", "2026-11-03"), ("a-1", "2026-11-01"), ("B-2", "2026-11-02")] {
        client.must(Kind::SalesReceipt, &receipt(number, "10.00").replace("2026-11-20", day));
        client.wait(86_400);
    }
    client
}

fn ask(client: &mut Client, content: &str) -> Element {
    client.ask(&format!("<SalesReceiptQueryRq>{content}</SalesReceiptQueryRq>"))
}

#[test]
fn transactions_are_found_by_number_day_change_and_name() {
    let mut client = sold();
    let mut find = |content: &str| numbers(&ask(&mut client, content));
    assert_eq!(find(""), ["a-1", "B-2", "A-3"], "by day");
    assert_eq!(find("<RefNumber>A-1</RefNumber>"), ["a-1"]);
    assert_eq!(find("<RefNumber>A-1</RefNumber><RefNumber>b-2</RefNumber>"), ["a-1", "B-2"]);
    assert_eq!(find("<RefNumberCaseSensitive>A-1</RefNumberCaseSensitive>"), [""; 0]);
    let filter = |how: &str, text: &str| {
        format!(
            "<RefNumberFilter><MatchCriterion>{how}\
        </MatchCriterion><RefNumber>{text}</RefNumber></RefNumberFilter>"
        )
    };
    assert_eq!(find(&filter("StartsWith", "A")), ["a-1", "A-3"]);
    assert_eq!(find(&filter("EndsWith", "2")), ["B-2"]);
    assert_eq!(
        find(
            "<TxnDateRangeFilter><FromTxnDate>2026-11-02</FromTxnDate><ToTxnDate>2026-11-02\
        </ToTxnDate></TxnDateRangeFilter>"
        ),
        ["B-2"]
    );
    assert_eq!(
        find(
            "<ModifiedDateRangeFilter><FromModifiedDate>2026-11-21T13:00:02\
        </FromModifiedDate></ModifiedDateRangeFilter>"
        ),
        ["a-1", "B-2"]
    );
    assert_eq!(
        find(
            "<ModifiedDateRangeFilter><ToModifiedDate>2026-11-20</ToModifiedDate>\
        </ModifiedDateRangeFilter>"
        ),
        ["A-3"]
    );
    let of = |who: &str| format!("<EntityFilter><FullName>{who}</FullName></EntityFilter>");
    assert_eq!(find(&of("Cool Cars")).len(), 3);
    assert_eq!(find(&of("Jane Doe")).len(), 0);
    assert_eq!(find("<MaxReturned>1</MaxReturned>"), ["a-1"]);
}

#[test]
fn lines_are_shown_when_asked_for() {
    let mut client = sold();
    let plain = ask(&mut client, "<RefNumber>a-1</RefNumber>");
    assert_eq!(plain.children[0].all("SalesReceiptLineRet").count(), 0);
    let whole =
        ask(&mut client, "<RefNumber>a-1</RefNumber><IncludeLineItems>true</IncludeLineItems>");
    assert_eq!(whole.children[0].all("SalesReceiptLineRet").count(), 1);
}

#[test]
fn nothing_found_is_said_in_two_ways() {
    let mut client = sold();
    assert_eq!(code_of(&ask(&mut client, "<RefNumber>nobody</RefNumber>")), 500);
    let partly = ask(&mut client, "<RefNumber>a-1</RefNumber><RefNumber>nobody</RefNumber>");
    assert_eq!((code_of(&partly), partly.attribute("statusSeverity")), (500, Some("Warn")));
    assert_eq!(numbers(&partly), ["a-1"]);
    assert_eq!(
        code_of(&ask(
            &mut client,
            "<TxnDateRangeFilter><FromTxnDate>2030-01-01</FromTxnDate>\
        </TxnDateRangeFilter>"
        )),
        1
    );
    assert_eq!(code_of(&ask(&mut client, "<TxnID>1F-1</TxnID>")), 500);
    assert_eq!(code_of(&ask(&mut client, "<TxnID>nonsense</TxnID>")), 3_000);
}

#[test]
fn lists_are_found_by_name_activity_and_type() {
    let mut client = Client::new();
    let mut find = |request: &str| numbers(&client.ask(request));
    assert_eq!(
        find("<CustomerQueryRq><FullName>cool cars</FullName></CustomerQueryRq>"),
        ["Cool Cars"]
    );
    assert_eq!(
        find("<CustomerQueryRq><ActiveStatus>InactiveOnly</ActiveStatus></CustomerQueryRq>"),
        ["Walk-in Customer"]
    );
    assert_eq!(find("<CustomerQueryRq/>").len(), 3);
    assert_eq!(
        find(
            "<AccountQueryRq><AccountType>Bank</AccountType><AccountType>CreditCard\
        </AccountType></AccountQueryRq>"
        ),
        ["Checking", "Savings", "Visa Card"]
    );
    assert_eq!(
        find(
            "<EntityQueryRq><NameFilter><MatchCriterion>Contains</MatchCriterion><Name>o\
        </Name></NameFilter></EntityQueryRq>"
        )
        .len(),
        6
    );
    assert_eq!(
        find(
            "<ItemQueryRq><FullName>MUG-RED</FullName><FullName>Delivery</FullName>\
        </ItemQueryRq>"
        ),
        ["MUG-RED", "Delivery"]
    );
}

#[test]
fn counts_come_without_what_is_counted() {
    let mut client = Client::new();
    let count = client.ask("<CustomerQueryRq metaData=\"MetaDataOnly\"/>");
    assert_eq!((count.attribute("retCount"), count.children.len()), (Some("3"), 0));
    let both = client.ask("<CustomerQueryRq metaData=\"MetaDataAndResponseData\"/>");
    assert_eq!((both.attribute("retCount"), both.children.len()), (Some("3"), 3));
}

#[test]
fn an_iterator_hands_a_list_over_in_parts_and_dies_with_its_session() {
    let mut client = Client::new();
    let first = client.ask(
        "<CustomerQueryRq iterator=\"Start\"><MaxReturned>2</MaxReturned>\
        </CustomerQueryRq>",
    );
    assert_eq!((first.attribute("iteratorRemainingCount"), first.children.len()), (Some("1"), 2));
    let id = first.attribute("iteratorID").unwrap().to_owned();
    let next = |kind: &str| {
        format!(
            "<{kind}QueryRq iterator=\"Continue\" iteratorID=\"{id}\">\
        <MaxReturned>2</MaxReturned></{kind}QueryRq>"
        )
    };
    assert_eq!(code_of(&client.ask(&next("Vendor"))), 3_000, "another query's");
    let second = client.ask(&next("Customer"));
    assert_eq!((second.attribute("iteratorRemainingCount"), second.children.len()), (Some("0"), 1));
    assert_eq!(code_of(&client.ask(&next("Customer"))), 3_000, "it came to its end");
    let again = client.ask(
        "<CustomerQueryRq iterator=\"Start\"><MaxReturned>2</MaxReturned>\
        </CustomerQueryRq>",
    );
    let id = again.attribute("iteratorID").unwrap().to_owned();
    client.sim.company_mut().end_session();
    assert_eq!(
        code_of(&client.ask(&format!(
            "<CustomerQueryRq iterator=\"Continue\" \
        iteratorID=\"{id}\"><MaxReturned>2</MaxReturned></CustomerQueryRq>"
        ))),
        3_000
    );
}

#[test]
fn the_host_and_the_company_say_who_they_are() {
    let mut client = Client::new();
    let owner = "{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}";
    client.sim.company_mut().stamp(owner, "FileID", "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}");
    let host = client.ask("<HostQueryRq/>");
    assert!(host.children[0].all("SupportedQBXMLVersion").any(|it| it.text == "13.0"));
    let silent = client.ask("<CompanyQueryRq/>");
    assert_eq!(silent.children[0].child("DataExtRet"), None);
    let company =
        client.ask(&format!("<CompanyQueryRq><OwnerID>{owner}</OwnerID></CompanyQueryRq>"));
    let stamp = company.children[0].child("DataExtRet").unwrap();
    assert_eq!(stamp.text_of("DataExtValue"), Some("{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}"));
    assert_eq!(company.children[0].text_of("CompanyName"), Some("Harbour Street Goods"));
}

#[test]
fn payments_that_wait_for_the_bank_are_listed() {
    let mut client = sold();
    client.must(Kind::Invoice, &invoice("I", "5.00"));
    let waiting = client.ask("<ReceivePaymentToDepositQueryRq/>");
    assert_eq!(waiting.children.len(), 3);
    let id = waiting.children[0].text_of("TxnID").unwrap().to_owned();
    client.must(
        Kind::Deposit,
        &format!(
            "{}<DepositLineAdd><PaymentTxnID>{id}</PaymentTxnID>\
        </DepositLineAdd>",
            name("DepositToAccountRef", "Checking")
        ),
    );
    assert_eq!(client.ask("<ReceivePaymentToDepositQueryRq/>").children.len(), 2);
    let all = client.ask(
        "<TransactionQueryRq><TransactionTypeFilter><TxnTypeFilter>Invoice\
        </TxnTypeFilter><TxnTypeFilter>Deposit</TxnTypeFilter></TransactionTypeFilter>\
        </TransactionQueryRq>",
    );
    let kinds: Vec<&str> = all.children.iter().filter_map(|it| it.text_of("TxnType")).collect();
    assert_eq!(kinds, ["Invoice", "Deposit"]);
}

#[test]
fn a_state_comes_back_whole_but_for_its_iterators() {
    let mut client = sold();
    let before = client.sim.company().ledger();
    let state = client.sim.to_json().unwrap();
    client.sim = super::QuickBooksDesktopSim::from_json(&state).unwrap();
    assert_eq!(client.sim.to_json().unwrap(), state);
    assert_eq!(client.sim.company().ledger(), before);
    assert_eq!(numbers(&ask(&mut client, "<RefNumber>a-1</RefNumber>")), ["a-1"]);
    assert_eq!(client.sim.calls().documents, 4);
}

#[test]
fn filters_that_would_be_passed_over_are_refused() {
    let mut client = Client::new();
    let balance = "<CustomerQueryRq><TotalBalanceFilter><Operator>Equal</Operator>\
                   <Amount>0.00</Amount></TotalBalanceFilter></CustomerQueryRq>";
    assert_eq!(code_of(&client.ask(balance)), 3_210);
    let detail = "<TransactionQueryRq><TransactionDetailLevelFilter>All\
                  </TransactionDetailLevelFilter></TransactionQueryRq>";
    assert_eq!(code_of(&client.ask(detail)), 3_210);
    let cash = "<GeneralSummaryReportQueryRq><GeneralSummaryReportType>TrialBalance\
                </GeneralSummaryReportType><ReportBasis>Cash</ReportBasis>\
                </GeneralSummaryReportQueryRq>";
    assert_eq!(code_of(&client.ask(cash)), 3_210);
}
