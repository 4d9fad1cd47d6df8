//! Request ids, batches, limits, counters, the state as a whole.

use super::super::{Kind, QuickBooksOnlineSim};
use super::{Client, code_of, with};
use saldo_core::exchange::HttpRequest;
use serde_json::{Value, json};

#[test]
fn a_repeated_request_is_answered_from_memory() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "10");
    let first = client.post("salesreceipt?requestid=r1", &sale);
    let again = client.post("salesreceipt?requestid=r1", &sale);
    assert_eq!(again, first);
    let other_body = client.sale("S-2", "99");
    assert_eq!(client.post("salesreceipt?requestid=r1", &other_body), first);
    assert_eq!(client.sim.company().ledger().len(), 2);
    assert_eq!(client.sim.calls().replays, 2);
    assert_eq!(client.sim.calls().writes, 1);
}

#[test]
fn a_refusal_is_repeated_too() {
    let mut client = Client::new();
    let bad = with(&client.sale("S-1", "10"), json!({ "Line": [] }));
    let first = client.post("salesreceipt?requestid=r1", &bad);
    assert_eq!(code_of(&first.1), "2020");
    let good = client.sale("S-1", "10");
    assert_eq!(client.post("salesreceipt?requestid=r1", &good), first);
    assert_eq!(client.post("salesreceipt?requestid=r2", &good).0, 200);
}

#[test]
fn a_request_id_is_forgotten_after_ten_to_thirty_minutes() {
    let mut client = Client::new();
    client.sim.company_mut().settings.warn_duplicate_sales_numbers = false;
    let sale = client.sale("S-1", "10");
    let mut lives = Vec::new();
    for place in 0..12 {
        let path = format!("salesreceipt?requestid=r{place}");
        let first = client.post(&path, &sale);
        let mut minutes = 0;
        client.token = client.sim.connect(client.now).access_token;
        while client.post(&path, &sale) == first {
            client.wait(60);
            minutes += 1;
        }
        lives.push(minutes);
    }
    assert!(lives.iter().all(|minutes| (10..=31).contains(minutes)), "{lives:?}");
    assert!(lives.iter().any(|minutes| *minutes != lives[0]), "{lives:?}");
}

#[test]
fn request_ids_have_a_length() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "10");
    let item =
        |id: &str| json!({ "BatchItemRequest": [{ "bId": id, "Query": "select * from Item" }] });
    let long = "x".repeat(51);
    let cases = [
        (format!("salesreceipt?requestid={}", &long[..50]), sale.clone(), "ok"),
        (format!("salesreceipt?requestid={long}"), sale, "2050"),
        (format!("batch?requestid={}", &long[..36]), item("1"), "ok"),
        (format!("batch?requestid={}", &long[..37]), item("1"), "2050"),
        (format!("batch?requestid={}", &long[..20]), item("12345678901"), "2050"),
        ("batch".to_owned(), item("12345678901"), "ok"),
    ];
    for (path, body, expected) in cases {
        assert_eq!(client.code(&path, &body), expected, "{path}");
    }
}

fn create(id: &str, kind: Kind, body: &Value) -> Value {
    json!({ "bId": id, "operation": "create", kind.name(): body })
}

#[test]
fn a_batch_fails_item_by_item() {
    let mut client = Client::new();
    let good = |client: &Client, number| client.sale(number, "10");
    let bad = with(&good(&client, "S-2"), json!({ "CustomerRef": { "value": "999" } }));
    let body = json!({ "BatchItemRequest": [
        create("a", Kind::SalesReceipt, &good(&client, "S-1")),
        create("b", Kind::SalesReceipt, &bad),
        create("c", Kind::SalesReceipt, &good(&client, "S-1")),
        create("d", Kind::SalesReceipt, &good(&client, "S-3")),
        { "bId": "e", "Query": "select count(*) from SalesReceipt" },
        { "bId": "f", "operation": "explode", "Item": {} },
        { "bId": "g", "operation": "create" },
    ] });
    let (status, answer) = client.post("batch?requestid=b1", &body);
    assert_eq!(status, 200);
    let items = answer["BatchItemResponse"].as_array().unwrap();
    let seen: Vec<(&str, String)> =
        items.iter().map(|item| (item["bId"].as_str().unwrap(), code_of(item))).collect();
    let expected = [
        ("a", "ok"),
        ("b", "2500"),
        ("c", "6140"),
        ("d", "ok"),
        ("e", "ok"),
        ("f", "2170"),
        ("g", "2020"),
    ];
    assert_eq!(seen, expected.map(|(id, code)| (id, code.to_owned())));
    assert_eq!(items[4]["QueryResponse"]["totalCount"], 0);
    assert_eq!(client.post("batch?requestid=b1", &body).1, answer);
    assert_eq!(client.query("select count(*) from SalesReceipt")["totalCount"], 2);
}

#[test]
fn items_of_a_batch_do_not_see_what_others_created() {
    let mut client = Client::new();
    let next = client.sim.company().next.names;
    let customer = json!({ "DisplayName": "New One" });
    let sale =
        with(&client.sale("S-1", "10"), json!({ "CustomerRef": { "value": next.to_string() } }));
    let body = json!({ "BatchItemRequest": [
        create("1", Kind::Customer, &customer),
        create("2", Kind::SalesReceipt, &sale),
    ] });
    let (_, answer) = client.post("batch", &body);
    assert_eq!(answer["BatchItemResponse"][0]["Customer"]["Id"], next.to_string());
    assert_eq!(code_of(&answer["BatchItemResponse"][1]), "2500");
    assert_eq!(client.code("salesreceipt", &sale), "ok");
}

#[test]
fn a_batch_has_at_most_thirty_items() {
    let mut client = Client::new();
    let query = |place: usize| json!({ "bId": place.to_string(), "Query": "select * from Item" });
    for (count, expected) in [(30, "ok"), (31, "1040"), (0, "2020")] {
        let items: Vec<Value> = (0..count).map(query).collect();
        assert_eq!(client.code("batch", &json!({ "BatchItemRequest": items })), expected);
    }
}

#[test]
fn who_asks_too_fast_is_throttled_and_nothing_happens() {
    let mut client = Client::new();
    let now = client.now;
    let mut statuses = Vec::new();
    for place in 0..11 {
        client.now = now;
        let sale = client.sale(&format!("S-{place}"), "1");
        let (status, answer) = client.post("salesreceipt", &sale);
        statuses.push(status);
        if status == 429 {
            assert_eq!(code_of(&answer), "3001");
        }
    }
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 10);
    assert_eq!(statuses[10], 429);
    assert_eq!(client.sim.company().ledger().len(), 20);
    client.wait(1);
    assert_eq!(client.get("preferences").0, 200);
}

#[test]
fn calls_are_counted_as_the_vendor_meters_them() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "1");
    client.must(Kind::SalesReceipt, &sale);
    client.get("preferences");
    client.query("select * from Item");
    client.get("cdc?entities=Item&changedSince=2026-11-01");
    client.get("reports/TrialBalance");
    let calls = client.sim.calls();
    assert_eq!((calls.core_plus(), calls.core()), (4, 1));
}

#[test]
fn bodies_must_be_json_and_addresses_known() {
    let mut client = Client::new();
    let mut request = HttpRequest::post_json(client.url("salesreceipt"), b"{}".to_vec());
    request.headers.clear();
    let answer = client.send(request);
    assert_eq!(code_of(&serde_json::from_slice(&answer.body).unwrap()), "1050");
    let answer = client.send(HttpRequest::post_json(client.url("customer"), b"{".to_vec()));
    assert_eq!(code_of(&serde_json::from_slice(&answer.body).unwrap()), "2010");
    assert_eq!(client.code("SalesReceipt", &json!({})), "500");
    assert_eq!(client.code("taxcode", &json!({ "Name": "x" })), "500");
    assert_eq!(client.code("employee", &json!({ "GivenName": "x" })), "500");
}

#[test]
fn the_state_goes_there_and_back() {
    let mut client = Client::new();
    let sale = client.sale("S-1", "10");
    let first = client.post("salesreceipt?requestid=r1", &sale);
    let state = client.sim.to_json().unwrap();
    client.sim = QuickBooksOnlineSim::from_json(&state).unwrap();
    assert_eq!(client.sim.to_json().unwrap(), state);
    assert_eq!(client.post("salesreceipt?requestid=r1", &sale), first);
    assert_eq!(client.code("salesreceipt", &sale), "6140");
    assert_eq!(client.code("vendor", &json!({ "DisplayName": "cool cars" })), "6240");
    let bank = client.query("select * from Account where Name = 'Checking'");
    assert_eq!(bank["Account"][0]["CurrentBalance"], super::number("10"));
}

#[test]
fn the_same_seed_and_requests_give_the_same_bytes() {
    let run = || {
        let mut client = Client::new();
        let sale = client.sale("S-1", "10");
        client.must(Kind::SalesReceipt, &sale);
        client.sim.to_json().unwrap()
    };
    assert_eq!(run(), run());
}

#[test]
fn ten_thousand_documents_are_no_burden() {
    let mut client = Client::new();
    for chunk in 0..334 {
        let items: Vec<Value> = (0..30)
            .map(|place| {
                let number = format!("S-{chunk}-{place}");
                create(&place.to_string(), Kind::SalesReceipt, &client.sale(&number, "1.01"))
            })
            .collect();
        client.wait(2);
        if chunk % 100 == 0 {
            client.token = client.sim.connect(client.now).access_token;
        }
        let body = json!({ "BatchItemRequest": items });
        assert_eq!(client.post(&format!("batch?requestid=b{chunk}"), &body).0, 200);
    }
    let found = client.query("select * from SalesReceipt where DocNumber in ('S-7-7', 'S-9-9')");
    assert_eq!(found["maxResults"], 2);
    assert_eq!(client.balance("Checking"), 10_020 * 101);
    let state = client.sim.to_json().unwrap();
    let read = QuickBooksOnlineSim::from_json(&state).unwrap();
    assert_eq!(read.company().ledger_without_ids(), client.sim.company().ledger_without_ids());
}
