//! The tables and the answers against the vendor's own schema, by `xmllint`, and the vendor's own
//! samples against the tables.

use super::super::element::Document;
use super::super::{CompanyFile, Kind, tables};
use super::{Client, add, invoice, line, name, receipt, sale};
use std::path::{Path, PathBuf};
use std::process::Command;

/// A place in the shared material; none where it is not at hand.
pub(super) fn shared(path: &str) -> Option<PathBuf> {
    let place = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared")).join(path);
    is_at_hand(place.exists(), path).then_some(place)
}

/// Whether something that tests need is there; where it must be, its absence is a failure.
fn is_at_hand(is_there: bool, what: &str) -> bool {
    let required = std::env::var("CI").is_ok_and(|value| value == "true");
    assert!(is_there || !required, "{what} is missing");
    if !is_there {
        eprintln!("skipped: {what} (not found)");
    }
    is_there
}

/// What `xmllint` finds wrong with these documents; none where the schema or the program is not at
/// hand.
pub(super) fn complaints(name: &str, documents: &[String]) -> Option<String> {
    let schema = shared("specs/quickbooks-desktop/qbxmlops130.xsd")?;
    let probe = Command::new("xmllint").arg("--version").output();
    is_at_hand(probe.is_ok(), "xmllint").then_some(())?;
    let folder = std::env::temp_dir().join(format!("saldo-{name}-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let files: Vec<PathBuf> =
        (0..documents.len()).map(|place| folder.join(format!("{place}.xml"))).collect();
    for (file, document) in files.iter().zip(documents) {
        std::fs::write(file, document).unwrap();
    }
    let mut lint = Command::new("xmllint");
    let output = lint.arg("--noout").arg("--schema").arg(schema).args(&files).output().unwrap();
    std::fs::remove_dir_all(&folder).unwrap();
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    Some(text.lines().filter(|line| line.contains("error")).collect::<Vec<_>>().join("\n"))
}

fn samples(folder: &str) -> Option<Vec<(String, String)>> {
    let folder = shared(folder)?;
    let mut samples = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_sample = |path: &Path| path.extension().is_some_and(|it| it == "xml");
        if is_sample(&path) {
            let text = std::fs::read_to_string(&path).unwrap();
            samples.push((path.file_name().unwrap().to_string_lossy().into_owned(), text));
        }
    }
    samples.sort();
    Some(samples)
}

#[test]
fn the_vendors_own_requests_fit_the_tables() {
    let mut checked = 0;
    let mut misfits = Vec::new();
    for folder in ["fixtures/quickbooks-desktop", "fixtures/quickbooks-desktop/intuit-samples"] {
        let Some(samples) = samples(folder) else { return };
        for (file, text) in samples {
            let document = Document::parse(&text).unwrap_or_else(|why| panic!("{file}: {why}"));
            let Some(set) = document.root.child("QBXMLMsgsRq") else { continue };
            for request in set.children.iter().filter(|it| tables::is_known(&it.name)) {
                checked += 1;
                if let Err(why) = tables::check(request) {
                    misfits.push(format!("{file}: {why}"));
                }
            }
        }
    }
    assert!(checked > 30, "only {checked} requests were checked");
    assert_eq!(misfits, MORE_THAN_IS_SIMULATED);
}

/// Samples that name what the simulated file has not.
const MORE_THAN_IS_SIMULATED: [&str; 4] = [
    "AddInvoiceSpecifyTemplate.xml: element `TemplateRef` is unknown in `InvoiceAdd`, or stands in \
     the wrong place",
    "CustomerAddRq.xml: element `JobStatus` is unknown in `CustomerAdd`, or stands in the wrong \
     place",
    "ProfitAndLossStdReport.xml: `Month` is not one of the words of `SummarizeColumnsBy`",
    "VendorAddRq.xml: element `VendorTypeRef` is unknown in `VendorAdd`, or stands in the wrong \
     place",
];

/// One request of every kind that adds something, in an order in which all succeed.
fn additions() -> Vec<String> {
    [list_additions(), sale_additions(), other_additions()].concat()
}

fn item(kind: Kind, own: &str, element: &str, content: &str) -> String {
    add(kind, &format!("<Name>{own}</Name><{element}>{content}</{element}>"))
}

fn list_additions() -> Vec<String> {
    let account = |name: &str, kind: &str| {
        format!("<Name>{name}</Name><AccountType>{kind}</AccountType><Desc>New</Desc>")
    };
    let both = format!(
        "<SalesDesc>d</SalesDesc><SalesPrice>9.5</SalesPrice>{}<PurchaseCost>4</PurchaseCost>{}",
        name("IncomeAccountRef", "Merchandise Sales"),
        name("ExpenseAccountRef", "Cost of Goods Sold")
    );
    let one = format!("<Desc>d</Desc><Price>9.5</Price>{}", name("AccountRef", "Shipping Income"));
    let stock = format!(
        "<Name>Lamp</Name>{}{}{}<QuantityOnHand>10</QuantityOnHand><TotalValue>45.00</TotalValue>\
         <InventoryDate>2026-11-01</InventoryDate>",
        name("IncomeAccountRef", "Merchandise Sales"),
        name("COGSAccountRef", "Cost of Goods Sold"),
        name("AssetAccountRef", "Inventory Asset")
    );
    let off = name("AccountRef", "Sales Discounts");
    let off = format!("<Name>Off</Name><DiscountRatePercent>10</DiscountRatePercent>{off}");
    let agency = name("TaxVendorRef", "State Department of Revenue");
    let customer = "<Name>Zoë &amp; Co</Name><CompanyName>Zoë</CompanyName><BillAddress>\
                    <Addr1>1 Main</Addr1></BillAddress><Email>z@example.org</Email>";
    let vendor = "<Name>Packers</Name><VendorAddress><Addr1>2 Main</Addr1></VendorAddress>";
    let code = "<Name>Exp</Name><IsTaxable>false</IsTaxable><Desc>x</Desc>";
    let shop = format!("<Name>Shop</Name>{}", name("ParentRef", "Online"));
    vec![
        add(Kind::Account, &account("Stripe Clearing", "Bank")),
        add(Kind::Class, "<Name>Online</Name>"),
        add(Kind::Class, &shop),
        add(Kind::PaymentMethod, "<Name>Stripe</Name><PaymentMethodType>Other</PaymentMethodType>"),
        add(Kind::StandardTerms, "<Name>Net 7</Name><StdDueDays>7</StdDueDays>"),
        add(Kind::SalesTaxCode, code),
        add(Kind::Customer, customer),
        add(Kind::Vendor, vendor),
        add(Kind::OtherName, "<Name>Somebody</Name>"),
        item(Kind::ItemNonInventory, "Both", "SalesAndPurchase", &both),
        item(Kind::ItemService, "Work", "SalesOrPurchase", &one),
        item(Kind::ItemOtherCharge, "Postage", "SalesOrPurchase", &one),
        add(Kind::ItemInventory, &stock),
        add(Kind::ItemDiscount, &off),
        add(Kind::ItemSalesTax, &format!("<Name>City</Name><TaxRate>1.5</TaxRate>{agency}")),
    ]
}

fn sale_additions() -> Vec<String> {
    let payment = format!(
        "{}<TotalAmount>10.00</TotalAmount>{}<IsAutoApply>true</IsAutoApply>",
        name("CustomerRef", "Cool Cars"),
        name("PaymentMethodRef", "VISA")
    );
    let taxed = line(Kind::SalesReceipt, "MUG-BLUE", "20.00", "Tax");
    vec![
        add(Kind::SalesReceipt, &sale("1", &taxed)),
        add(Kind::SalesReceipt, &receipt("2", "10.00")),
        add(Kind::Invoice, &invoice("3", "30.00")),
        add(Kind::CreditMemo, &sale("4", &line(Kind::CreditMemo, "Lamp", "9.00", "Tax"))),
        add(Kind::ReceivePayment, &payment),
    ]
}

fn other_additions() -> Vec<String> {
    let lines = format!(
        "<ExpenseLineAdd>{}<Amount>12.00</Amount><Memo>m</Memo></ExpenseLineAdd>",
        name("AccountRef", "Office Supplies")
    );
    let lamp = name("ItemRef", "Lamp");
    let goods = format!("<ItemLineAdd>{lamp}<Quantity>2</Quantity><Cost>5.00</Cost></ItemLineAdd>");
    let vendor = name("VendorRef", "Stripe");
    let ordered = format!(
        "{vendor}<PurchaseOrderLineAdd>{lamp}<Quantity>2</Quantity><Rate>4.00</Rate>\
         </PurchaseOrderLineAdd>"
    );
    let adjusted = format!(
        "{}<InventoryAdjustmentLineAdd>{lamp}<QuantityAdjustment><QuantityDifference>-1\
         </QuantityDifference></QuantityAdjustment></InventoryAdjustmentLineAdd>",
        name("AccountRef", "Cost of Goods Sold")
    );
    let moved = format!(
        "{}{}<Amount>5.00</Amount><Memo>m</Memo>",
        name("TransferFromAccountRef", "Checking"),
        name("TransferToAccountRef", "Savings")
    );
    let paid_in = format!(
        "{}<DepositLineAdd>{}<Memo>m</Memo><Amount>3.00</Amount></DepositLineAdd>",
        name("DepositToAccountRef", "Checking"),
        name("AccountRef", "Interest Income")
    );
    let side = |side: &str, account: &str| {
        let account = name("AccountRef", account);
        format!("<{side}>{account}<Amount>7.00</Amount><Memo>saldo:1</Memo></{side}>")
    };
    let debit = side("JournalDebitLine", "Advertising");
    let credit = side("JournalCreditLine", "Checking");
    let (bank, card) = (name("AccountRef", "Checking"), name("AccountRef", "Visa Card"));
    vec![
        add(Kind::Check, &format!("{bank}<RefNumber>5</RefNumber>{lines}{goods}")),
        add(Kind::CreditCardCharge, &format!("{card}{lines}")),
        add(Kind::CreditCardCredit, &format!("{card}{lines}")),
        add(Kind::Bill, &format!("{vendor}<RefNumber>6</RefNumber>{lines}{goods}")),
        add(Kind::VendorCredit, &format!("{vendor}{lines}")),
        add(Kind::ItemReceipt, &format!("{vendor}{goods}")),
        add(Kind::PurchaseOrder, &ordered),
        add(Kind::InventoryAdjustment, &adjusted),
        add(Kind::Deposit, &paid_in),
        add(Kind::Transfer, &moved),
        add(Kind::JournalEntry, &format!("<RefNumber>7</RefNumber>{debit}{credit}")),
    ]
}

/// A client that added one of everything.
fn filled() -> Client {
    let mut client = Client::new();
    client.sim.company_mut().stamp("{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}", "FileID", "{1}");
    for request in additions() {
        let answer = client.ask(&request);
        assert_eq!(
            answer.attribute("statusCode"),
            Some("0"),
            "{:?}\n{request}",
            answer.attribute("statusMessage")
        );
    }
    for request in changes(client.sim.company()) {
        assert_eq!(super::code_of(&client.ask(&request)), 0, "{request}");
    }
    let open = |kind: Kind, client: &Client| {
        let file = client.sim.company();
        file.shelf(kind).last().map(super::super::record::Record::id).unwrap()
    };
    let memo = open(Kind::CreditMemo, &client);
    client.must(
        Kind::ARRefundCreditCard,
        &format!(
            "{}<RefundAppliedToTxnAdd><TxnID>{memo}</TxnID><RefundAmount>2.00</RefundAmount>\
         </RefundAppliedToTxnAdd>",
            name("CustomerRef", "Cool Cars")
        ),
    );
    let bill = open(Kind::Bill, &client);
    client.must(
        Kind::BillPaymentCheck,
        &format!(
            "{}{}<IsToBePrinted>true</IsToBePrinted><AppliedToTxnAdd><TxnID>{bill}</TxnID>\
         <PaymentAmount>2.00</PaymentAmount></AppliedToTxnAdd>",
            name("PayeeEntityRef", "Stripe"),
            name("BankAccountRef", "Checking")
        ),
    );
    client.must(
        Kind::BillPaymentCreditCard,
        &format!(
            "{}{}<AppliedToTxnAdd><TxnID>{bill}</TxnID><PaymentAmount>1.00</PaymentAmount>\
             </AppliedToTxnAdd>",
            name("PayeeEntityRef", "Stripe"),
            name("CreditCardAccountRef", "Visa Card")
        ),
    );
    let paid = open(Kind::SalesReceipt, &client);
    client.must(
        Kind::Deposit,
        &format!(
            "{}<DepositLineAdd><PaymentTxnID>{paid}</PaymentTxnID></DepositLineAdd>",
            name("DepositToAccountRef", "Checking")
        ),
    );
    client
}

/// A change of every kind of list element that can be changed.
fn changes(file: &CompanyFile) -> Vec<String> {
    let change = |kind: &Kind| {
        let record = file.shelf(*kind).last().unwrap();
        let (name, id, sequence) = (kind.name(), record.id(), record.edit_sequence());
        format!(
            "<{name}ModRq><{name}Mod><ListID>{id}</ListID><EditSequence>{sequence}</EditSequence>\
             <IsActive>true</IsActive></{name}Mod></{name}ModRq>"
        )
    };
    [Kind::Account, Kind::Customer, Kind::Vendor, Kind::OtherName, Kind::Class]
        .iter()
        .map(change)
        .collect()
}

/// Queries of everything, voids, a report, and refusals.
fn questions(file: &CompanyFile) -> Vec<String> {
    let mut questions: Vec<String> = Kind::ALL
        .iter()
        .map(|kind| {
            let name = kind.name();
            let links = if tables::may_hold(&format!("{name}QueryRq"), "IncludeLinkedTxns") {
                "<IncludeLineItems>1</IncludeLineItems><IncludeLinkedTxns>1</IncludeLinkedTxns>"
            } else if tables::may_hold(&format!("{name}QueryRq"), "IncludeLineItems") {
                "<IncludeLineItems>true</IncludeLineItems>"
            } else {
                ""
            };
            format!("<{name}QueryRq requestID=\"q\">{links}</{name}QueryRq>")
        })
        .collect();
    let invoice = file.shelf(Kind::Invoice).last().unwrap().id();
    questions.extend([
        "<HostQueryRq/>".to_owned(),
        "<CompanyQueryRq><OwnerID>{57F3B9B1-86F1-4fcc-B1EE-566DE1813D20}</OwnerID>\
         </CompanyQueryRq>"
            .to_owned(),
        "<PreferencesQueryRq/>".to_owned(),
        "<TermsQueryRq/><EntityQueryRq/><ItemQueryRq/><TransactionQueryRq/>".to_owned(),
        "<ReceivePaymentToDepositQueryRq/>".to_owned(),
        "<CustomerQueryRq metaData=\"MetaDataOnly\"/>".to_owned(),
        "<CustomerQueryRq iterator=\"Start\"><MaxReturned>2</MaxReturned></CustomerQueryRq>"
            .to_owned(),
        "<InvoiceQueryRq><RefNumber>nobody</RefNumber></InvoiceQueryRq>".to_owned(),
        "<GeneralSummaryReportQueryRq><GeneralSummaryReportType>TrialBalance\
         </GeneralSummaryReportType></GeneralSummaryReportQueryRq>"
            .to_owned(),
        "<GeneralSummaryReportQueryRq><GeneralSummaryReportType>ProfitAndLossStandard\
         </GeneralSummaryReportType></GeneralSummaryReportQueryRq>"
            .to_owned(),
        format!(
            "<TxnVoidRq><TxnVoidType>Invoice</TxnVoidType><TxnID>{invoice}</TxnID></TxnVoidRq>"
        ),
        format!("<TxnDelRq><TxnDelType>Invoice</TxnDelType><TxnID>{invoice}</TxnID></TxnDelRq>"),
    ]);
    questions
}

#[test]
fn every_answer_fits_the_vendors_schema() {
    let mut client = filled();
    for question in questions(client.sim.company()) {
        let set = client.set("onError=\"continueOnError\" newMessageSetID=\"x\"", &question);
        assert!(!set.children.is_empty(), "{question}");
        client.sim.company_mut().end_session();
        client.set("onError=\"continueOnError\" oldMessageSetID=\"x\"", "");
    }
    if let Some(complaints) = complaints("answers", &client.heard) {
        assert_eq!(complaints, "");
    }
}

#[test]
fn every_request_that_the_tables_take_fits_the_vendors_schema() {
    let file = filled();
    let mut requests = additions();
    requests.extend(questions(file.sim.company()));
    requests.extend(changes(file.sim.company()));
    let documents: Vec<String> = requests
        .iter()
        .map(|request| super::envelope("onError=\"stopOnError\"", request))
        .collect();
    if let Some(complaints) = complaints("requests", &documents) {
        assert_eq!(complaints, "");
    }
}
