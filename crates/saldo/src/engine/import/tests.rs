//! A company whose shop speaks by files alone.

mod buyers;
mod named_rows;
mod numbered_rows;
mod parted_payouts;
mod two_payouts;
mod unnumbered_orders;
mod unread;

use super::super::page::reading;
use super::super::{Progress, Reviser, Wiring, decide, explain, plan, prove, rebuild, sync};
use super::{Engine, FILES_SETTING, ImportReport, Opener, import};
use crate::transport::clock::Clock;
use jiff::Timestamp;
use saldo_core::commerce::Record;
use saldo_core::exchange::{Addresses, HttpRequest};
use saldo_core::issue::IssueKind;
use saldo_core::money::Currency;
use saldo_core::text::{CompanyId, ConnectionId, Stream};
use saldo_sim::{Reply, Vendor};
use saldo_store::{Company, Connection, Key, PageCommit, PulledRecord, Role, Store};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::{BufRead, Cursor};
use std::sync::{Arc, Mutex};
use tempfile::TempDir;

const POLICY: &str = r#"
tax.unknown = "common"
[gateways]
shopify_payments.account = "Clearing: Shopify Payments"
"#;

const PAYMENTS: &str = "\
Transaction Date,Type,Order,Payout Status,Payout Date,Payout ID,Amount,Fee,Net,Currency
2026-11-02 10:00:05 -0500,charge,#1001,paid,2026-11-05,77,53.71,1.86,51.85,USD
2026-11-03 10:00:05 -0500,charge,#1002,paid,2026-11-05,77,20.00,0.88,19.12,USD
2026-11-04 10:00:05 -0500,refund,#1002,paid,2026-11-05,77,-5.00,0.00,-5.00,USD
2026-11-06 10:00:05 -0500,charge,#1003,pending,,,10.00,0.59,9.41,USD
";

const ORDERS: &str = "\
Name,Financial Status,Paid at,Currency,Subtotal,Shipping,Taxes,Total,Created at,\
Lineitem quantity,Lineitem name,Lineitem price,Payment Method,Refunded Amount,Id
#1001,paid,2026-11-02 10:00:02 -0500,USD,45.00,5.00,3.71,53.71,2026-11-02 10:00:00 -0500,\
3,Mug,15.00,Shopify Payments,0.00,5001
#1002,partially_refunded,2026-11-03 10:00:02 -0500,USD,20.00,0.00,0.00,20.00,\
2026-11-03 10:00:00 -0500,1,Cap,20.00,Shopify Payments,5.00,5002
#1003,paid,2026-11-06 10:00:02 -0500,USD,10.00,0.00,0.00,10.00,2026-11-06 10:00:00 -0500,\
1,Pin,10.00,Shopify Payments,0.00,5003
";

/// A vendor that must never be asked.
struct Nobody;

impl Vendor for Nobody {
    fn answer(&mut self, request: &HttpRequest, _now: Timestamp) -> Reply {
        panic!("asked for {}", request.url);
    }
}

struct Desk {
    engine: Engine,
    files: Connection,
    _folder: TempDir,
}

impl Desk {
    async fn new(settings: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let store = Store::in_memory().await.unwrap();
        let company = Company {
            id: CompanyId::new("demo"),
            name: "Demo".to_owned(),
            currency: Currency::parse("USD").unwrap(),
            timezone: "America/New_York".to_owned(),
            start_date: "2026-11-01".parse().unwrap(),
        };
        store.create_company(&company).await.unwrap();
        let connection = |id: &str, role, adapter: &str| Connection {
            id: ConnectionId::new(id),
            role,
            adapter: adapter.to_owned(),
            settings: BTreeMap::new(),
            addresses: Addresses::default(),
        };
        let mut files = connection("shopify:files", Role::Channel, "shopify");
        files.settings =
            settings.iter().map(|(name, value)| ((*name).into(), (*value).into())).collect();
        store.add_connection(&company.id, &files).await.unwrap();
        let book = connection("plain-text", Role::Book, "plain-text");
        store.add_connection(&company.id, &book).await.unwrap();
        let clock = Clock::simulated("2026-11-20T12:00:00Z".parse().unwrap());
        let (company_id, now) = (&company.id, clock.now());
        let reviser = Reviser { company: company_id, holder: "a test", since: None, now };
        decide(&store, reviser, POLICY).await.unwrap();
        let policy = Engine::policy_of(&store, &company).await.unwrap();
        let vendor = Arc::new(Mutex::new(Box::new(Nobody) as Box<dyn Vendor>));
        let engine = Engine {
            store,
            clock,
            company,
            policy,
            key: Arc::new(Key::generate().unwrap()),
            data: folder.path().to_owned(),
            holder: "a test".to_owned(),
            is_awaited: false,
            wiring: Wiring::InProcess(BTreeMap::from([(book.id, vendor)])),
            progress: Progress::unseen(),
        };
        Self { engine, files, _folder: folder }
    }

    async fn files_only() -> Self {
        Self::new(&[FILES_SETTING]).await
    }

    /// A company of files alone whose policy begins with this text.
    async fn with_policy(text: &str) -> Self {
        Self::deciding(&format!("{text}{POLICY}")).await
    }

    /// The same, with a policy that ends in this text.
    async fn with_policy_after(text: &str) -> Self {
        Self::deciding(&format!("{POLICY}{text}")).await
    }

    async fn deciding(text: &str) -> Self {
        let mut desk = Self::files_only().await;
        let (store, company) = (&desk.engine.store, &desk.engine.company);
        let now = desk.engine.clock.now();
        let reviser = Reviser { company: &company.id, holder: "a test", since: None, now };
        decide(store, reviser, text).await.unwrap();
        desk.engine.policy = Engine::policy_of(store, company).await.unwrap();
        desk
    }

    async fn import(&self, text: &str) -> ImportReport {
        let bytes = text.as_bytes().to_vec();
        let open: Opener =
            Arc::new(move || Ok(Box::new(Cursor::new(bytes.clone())) as Box<dyn BufRead + Send>));
        import(&self.engine, &self.files, "a file.csv", open).await.unwrap()
    }

    /// The connection as it is now.
    async fn shop(&self) -> Connection {
        let connections = self.engine.connections(Role::Channel).await.unwrap();
        connections.into_iter().find(|it| it.id == self.files.id).unwrap()
    }

    /// Hears what the shop's interface says: stream, id and bytes.
    async fn hear(&self, said: &[(&'static str, &'static str, String)]) {
        let channel = saldo_channels::channel("shopify").unwrap();
        let lease = self.engine.lease(&self.files).await.unwrap();
        for (stream, id, text) in said {
            let record = Record {
                connection: self.files.id.clone(),
                stream: Stream::new(*stream),
                id: (*id).to_owned(),
                fetched_at: self.engine.clock.now(),
                bytes: text.clone().into_bytes(),
            };
            let (reading, _) = reading(channel, &self.shop().await, &record);
            assert_eq!(reading.issue, None);
            let (stream, cursor) =
                (record.stream.clone(), saldo_core::channel::Cursor(String::new()));
            let reached = Some(self.engine.clock.now());
            let records = vec![PulledRecord::new(record, reading)];
            let page = PageCommit { stream, cursor, reached, records };
            self.engine.store.commit_page(&lease, &page).await.unwrap();
        }
        let (stream, cursor) = (Stream::new("all"), saldo_core::channel::Cursor(String::new()));
        let reached = Some(self.engine.clock.now());
        let page = PageCommit { stream, cursor, reached, records: Vec::new() };
        self.engine.store.commit_page(&lease, &page).await.unwrap();
        self.engine.store.release_lease(&lease).await.unwrap();
    }

    /// Syncs, proves, and says what the accounts of the books hold.
    async fn books(&self) -> BTreeMap<String, String> {
        sync(&self.engine).await.unwrap();
        let proof = prove(&self.engine).await.unwrap();
        assert!(proof.holds(), "{proof:#?}");
        let company = self.engine.company_id();
        let book = ConnectionId::new("plain-text");
        let sums = self.engine.store.account_sums(company, &book, None).await.unwrap();
        let text = |balance: saldo_core::money::Balance| {
            balance.iter().map(|amount| amount.to_string()).collect::<Vec<_>>().join(", ")
        };
        let sums = sums.into_iter().map(|(name, balance)| (name, text(balance)));
        sums.filter(|(_, sum)| !sum.is_empty()).collect()
    }
}

#[tokio::test]
async fn a_payments_export_alone_enters_fees_and_the_payout() {
    let desk = Desk::files_only().await;
    let report = desk.import(PAYMENTS).await;
    assert!(report.is_whole(), "{report:?}");
    assert_eq!((report.new, report.changed, report.known), (4, 0, 0));
    insta::assert_json_snapshot!(desk.books().await);
    let proof = prove(&desk.engine).await.unwrap();
    assert_eq!(proof.books[0].clearing.len(), 1, "what is not paid out yet is proved");
    assert_eq!((proof.unstated_payouts.len(), proof.facts.to_review), (1, 4));
}

#[tokio::test]
async fn rows_of_another_currency_are_entered_before_anything_says_what_they_are_worth() {
    let euros = "shopify_payments.banks.EUR = \"Bank EUR\"\n[currencies]\nrevaluation = \"none\"";
    let desk = Desk::with_policy_after(euros).await;
    desk.import(&PAYMENTS.replace(",USD\n", ",EUR\n")).await;
    let books = desk.books().await;
    let expected = [
        ("Bank EUR", "65.97 EUR"),
        ("Clearing: Shopify Payments EUR", "9.41 EUR"),
        ("Platform adjustments - to review EUR", "-75.38 EUR"),
    ];
    let expected = expected.map(|(account, sum)| (account.to_owned(), sum.to_owned()));
    assert_eq!(books, BTreeMap::from(expected));
    let explained = explain(&desk.engine, "#1001").await.unwrap();
    assert_eq!((explained.facts.len(), explained.documents.len()), (1, 2), "{explained:#?}");
}

#[tokio::test]
async fn orders_take_their_money_out_of_review_whichever_came_first() {
    let rows_first = Desk::files_only().await;
    rows_first.import(PAYMENTS).await;
    rows_first.books().await;
    rows_first.import(ORDERS).await;
    let orders_first = Desk::files_only().await;
    orders_first.import(ORDERS).await;
    sync(&orders_first.engine).await.unwrap();
    orders_first.import(PAYMENTS).await;
    let books = rows_first.books().await;
    assert_eq!(books, orders_first.books().await);
    insta::assert_json_snapshot!(books);
    assert!(plan(&rows_first.engine, None).await.unwrap().iter().all(|it| it.changes.is_empty()));
    assert!(rebuild(&rows_first.engine).await.unwrap().identical);
}

#[tokio::test]
async fn a_file_twice_is_no_news_and_a_later_payout_changes_its_rows() {
    let desk = Desk::files_only().await;
    desk.import(PAYMENTS).await;
    let again = desk.import(PAYMENTS).await;
    assert_eq!((again.new, again.changed, again.known), (0, 0, 4));
    let later = PAYMENTS.replace(",pending,,,", ",paid,2026-11-10,78,");
    let later = desk.import(&later).await;
    assert_eq!((later.new, later.changed, later.known), (0, 1, 3));
    let books = desk.books().await;
    assert_eq!(books.get("Clearing: Shopify Payments"), None, "all is paid out: {books:?}");
}

#[tokio::test]
async fn a_file_that_is_refused_leaves_nothing() {
    let desk = Desk::files_only().await;
    let report = desk.import(&format!("{PAYMENTS}one field too few\n")).await;
    assert_eq!(
        report.refused.as_deref(),
        Some("line 6: it has 1 fields, but the table has 10 columns")
    );
    assert!(!report.is_whole());
    let company = desk.engine.company_id();
    assert!(desk.engine.store.latest_records(company, None, 10).await.unwrap().is_empty());
}

/// What the interface of a shop says of the first order and of its row, in the words of Shopify.
fn said_by_the_shop() -> [(&'static str, &'static str, String); 2] {
    let money = |amount: &str| json!({ "amount": amount, "currencyCode": "USD" });
    let bag = |amount: &str| json!({ "shopMoney": money(amount) });
    let sale = |id: u32, word: &str, total: &str, tax: &str, taxes: Value| {
        json!({
            "id": format!("gid://shopify/Sale/{id}"), "actionType": "ORDER", "lineType": word,
            "quantity": 1, "totalAmount": bag(total), "totalTaxAmount": bag(tax),
            "totalDiscountAmountBeforeTaxes": bag("0.00"), "taxes": taxes,
        })
    };
    let tax = json!([{ "amount": bag("3.71"), "taxLine": {
        "title": "Tax", "rate": 0.08, "channelLiable": false } }]);
    let order = json!({
        "id": "gid://shopify/Order/5001", "name": "#1001",
        "processedAt": "2026-11-02T15:00:00Z", "cancelledAt": null, "test": false,
        "currencyCode": "USD", "taxesIncluded": false, "sourceName": "web",
        "agreements": { "edges": [{ "node": {
            "id": "gid://shopify/SalesAgreement/12", "happenedAt": "2026-11-02T15:00:00Z",
            "reason": "ORDER", "sales": { "edges": [
                { "node": sale(31, "PRODUCT", "48.71", "3.71", tax) },
                { "node": sale(32, "SHIPPING", "5.00", "0.00", json!([])) },
            ] } } }] },
        "transactions": [{
            "id": "gid://shopify/OrderTransaction/56", "kind": "SALE", "status": "SUCCESS",
            "gateway": "shopify_payments", "formattedGateway": "Shopify Payments",
            "processedAt": "2026-11-02T15:00:02Z", "createdAt": "2026-11-02T15:00:02Z",
            "amountSet": bag("53.71"), "test": false,
        }],
    });
    let row = json!({
        "id": "gid://shopify/ShopifyPaymentsBalanceTransaction/9", "type": "CHARGE",
        "sourceOrderTransactionId": "56", "transactionDate": "2026-11-02T15:00:05Z",
        "test": false, "amount": money("53.71"), "fee": money("1.86"), "net": money("51.85"),
        "associatedOrder": { "id": "gid://shopify/Order/5001", "name": "#1001" },
        "associatedPayout": { "id": "gid://shopify/ShopifyPaymentsPayout/77" },
    });
    [
        ("orders", "gid://shopify/Order/5001", order.to_string()),
        (
            "balance-transactions",
            "gid://shopify/ShopifyPaymentsBalanceTransaction/9",
            row.to_string(),
        ),
    ]
}

#[tokio::test]
async fn what_a_file_and_the_shop_tell_is_entered_once_whichever_came_first() {
    let told = [PAYMENTS, ORDERS];
    let files = Desk::files_only().await;
    for file in told {
        files.import(file).await;
    }
    let expected = files.books().await;
    files.hear(&said_by_the_shop()).await;
    assert_eq!(sync(&files.engine).await.unwrap().approved, 0, "nothing is entered again");
    assert_eq!(files.books().await, expected);
    assert!(rebuild(&files.engine).await.unwrap().identical);
    let shop = Desk::files_only().await;
    shop.hear(&said_by_the_shop()).await;
    sync(&shop.engine).await.unwrap();
    for file in told {
        let report = shop.import(file).await;
        assert_eq!((report.left_out.count, report.held.count), (0, 0));
    }
    assert_eq!(shop.books().await, expected);
    let changes = plan(&shop.engine, None).await.unwrap();
    assert!(changes.iter().all(|it| it.changes.is_empty()));
}

#[tokio::test]
async fn an_order_without_a_number_is_known_by_its_shop_and_name() {
    let unnumbered = ORDERS.replace(",Id\n", "\n").replace(",5001\n", "\n");
    let unnumbered = unnumbered.replace(",5002\n", "\n").replace(",5003\n", "\n");
    let desk = Desk::files_only().await;
    assert!(desk.import(&unnumbered).await.is_whole());
    desk.import(PAYMENTS).await;
    let expected = desk.books().await;
    desk.hear(&said_by_the_shop()).await;
    assert_eq!(desk.books().await, expected, "one order, and not two");
    assert!(rebuild(&desk.engine).await.unwrap().identical);
    // Where the shop is pulled, it tells its orders itself.
    let pulled = Desk::new(&[("shop", "demo")]).await;
    let report = pulled.import(&unnumbered).await;
    assert_eq!((report.new, report.left_out.count), (0, 3));
    assert!(report.left_out.first[0].reason.contains("has no number"), "{report:?}");
}

#[tokio::test]
async fn what_a_file_and_the_shop_tell_otherwise_is_looked_at() {
    let desk = Desk::files_only().await;
    desk.import(PAYMENTS).await;
    desk.import(ORDERS).await;
    let reviewed = async || {
        sync(&desk.engine).await.unwrap();
        let company = desk.engine.company_id();
        let issues = desk.engine.store.to_review(company).await.unwrap();
        issues.into_iter().map(|it| it.issue.message).collect::<Vec<String>>()
    };
    let before = reviewed().await.len();
    let [order, mut row] = said_by_the_shop();
    row.2 = row.2.replace("1.86", "1.87").replace("51.85", "51.84");
    desk.hear(&[order, row]).await;
    let after = reviewed().await;
    assert_eq!(after.len(), before + 1, "{after:?}");
    let fees = |text: &&String| text.contains("1.86 USD") && text.contains("1.87 USD");
    assert_eq!(after.iter().filter(fees).count(), 1, "{after:?}");
}

#[tokio::test]
async fn what_cannot_be_read_is_kept_and_held() {
    let desk = Desk::files_only().await;
    let report = desk.import(&ORDERS.replace(",53.71,2026", ",53.70,2026")).await;
    assert_eq!((report.new, report.held.count), (3, 1));
    assert!(report.held.first[0].reason.contains("do not come to its total of 53.70 USD"));
    assert_eq!(report.held.first[0].place, "line 2, gid://shopify/Order/5001");
    assert_eq!(desk.engine.store.held(desk.engine.company_id()).await.unwrap().len(), 1);
}

#[tokio::test]
async fn a_row_that_contradicts_itself_is_named_and_holds_its_payout() {
    let desk = Desk::files_only().await;
    let report = desk.import(&PAYMENTS.replace("0.88,19.12", "0.88,19.13")).await;
    assert_eq!((report.new, report.held.count), (4, 1), "{report:?}");
    let held = &report.held.first[0];
    assert!(held.place.starts_with("line 3, "), "{held:?}");
    assert!(held.reason.contains("is not 19.13 USD; its payout is held"), "{held:?}");
}

#[tokio::test]
async fn what_happened_before_the_books_begin_is_counted_and_needs_nobody() {
    let desk = Desk::files_only().await;
    let early = ORDERS.replace("2026-11-02 10:00:0", "2026-10-02 10:00:0");
    let report = desk.import(&early.replace("2026-11-06 10:00:00", "2026-10-06 10:00:00")).await;
    assert_eq!((report.new, report.before_start), (3, 1), "one was over, one was open");
    desk.books().await;
    let company = desk.engine.company_id();
    let facts = super::super::fact_counts(&desk.engine).await.unwrap();
    assert_eq!((facts.before_start, facts.excluded, facts.held), (1, 1, 0));
    let excluded = super::super::excluded(&desk.engine).await.unwrap();
    assert_eq!(excluded[0].rule, saldo_core::accounting::BEFORE_START_DATE);
    let open = desk.engine.store.to_review(company).await.unwrap();
    let of_third = open.iter().find(|it| it.fact.as_str().ends_with("Order/5003")).unwrap();
    assert_eq!(of_third.issue.kind, IssueKind::OpeningBalance);
    assert!(of_third.issue.message.contains("10.00 USD on `Accounts receivable`"), "{of_third:?}");
    assert!(rebuild(&desk.engine).await.unwrap().identical, "the count is rebuilt");
}

#[tokio::test]
async fn a_payout_that_is_dated_tomorrow_is_proved_today() {
    let mut desk = Desk::files_only().await;
    desk.engine.clock = Clock::simulated("2026-11-05T02:00:00Z".parse().unwrap());
    let (until_today, _) = PAYMENTS.split_once("2026-11-06").unwrap();
    desk.import(until_today).await;
    let books = desk.books().await;
    assert!(books.contains_key("Bank"), "the payout is entered: {books:?}");
    let proof = prove(&desk.engine).await.unwrap();
    assert_eq!(proof.books[0].as_of.to_string(), "2026-11-05", "in the shop it is the 4th");
    assert!(proof.books[0].payouts.iter().all(|check| check.found.is_positive()));
}

#[tokio::test]
async fn a_piece_that_cannot_be_read_takes_no_place_of_what_can() {
    let whole = include_str!("../../../../saldo-channels/src/shopify/fixtures/bulk.jsonl");
    let piece = "{\"id\":\"gid://shopify/Order/1001\",\"agreements\":{\"nodes\":[]}}\n";
    let desk = Desk::files_only().await;
    let report = desk.import(piece).await;
    assert_eq!((report.new, report.held.count, report.left_out.count), (1, 1, 0), "{report:?}");
    let report = desk.import(whole).await;
    assert_eq!((report.new, report.changed, report.held.count), (1, 1, 0), "{report:?}");
    let report = desk.import(piece).await;
    assert_eq!((report.changed, report.held.count, report.left_out.count), (0, 0, 1), "{report:?}");
    assert!(report.left_out.first[0].reason.ends_with("already stays"), "{report:?}");
}

#[tokio::test]
async fn a_refund_that_is_told_by_itself_joins_its_order() {
    let order = json!({ "order": {
        "id": 5001, "name": "#1001", "created_at": "2026-11-03T09:15:00-05:00",
        "test": false, "currency": "USD", "taxes_included": false, "financial_status": "paid",
        "total_price": "20.00", "line_items": [{
            "id": 11, "title": "Mug", "price": "20.00", "quantity": 1, "tax_lines": [],
        }],
        "transactions": [{
            "id": 51, "kind": "sale", "status": "success", "gateway": "shopify_payments",
            "created_at": "2026-11-03T09:15:01-05:00", "amount": "20.00", "currency": "USD",
        }],
    }});
    let refund = json!({ "refund": {
        "id": 21, "order_id": 5001, "created_at": "2026-11-05T09:15:00-05:00",
        "refund_line_items": [{
            "id": 31, "line_item_id": 11, "quantity": 1, "subtotal": 20.0, "total_tax": 0.0,
        }],
        "transactions": [{
            "id": 52, "kind": "refund", "status": "success", "gateway": "shopify_payments",
            "created_at": "2026-11-05T09:15:00-05:00", "amount": "20.00", "currency": "USD",
        }],
    }});
    let desk = Desk::files_only().await;
    let report = desk.import(&refund.to_string()).await;
    assert!(report.left_out.first[0].reason.contains("import that first"), "{report:?}");
    let report = desk.import(&order.to_string()).await;
    assert_eq!((report.new, report.held.count), (1, 0), "{report:?}");
    let report = desk.import(&refund.to_string()).await;
    assert_eq!((report.changed, report.left_out.count), (1, 0), "{report:?}");
    let report = desk.import(&refund.to_string()).await;
    assert_eq!((report.changed, report.known), (0, 1), "{report:?}");
    let report = desk.import(&order.to_string()).await;
    assert_eq!(
        (report.changed, report.known),
        (0, 1),
        "an older payload takes nothing: {report:?}"
    );
    sync(&desk.engine).await.unwrap();
    let proof = prove(&desk.engine).await.unwrap();
    let held = proof.books[0].accounts.iter().map(|it| (&*it.account, it.held.minor()));
    let held: Vec<(&str, i64)> = held.filter(|(_, minor)| *minor != 0).collect();
    assert_eq!(held, [("Product sales", -2_000), ("Returns & refunds", 2_000)]);
}
