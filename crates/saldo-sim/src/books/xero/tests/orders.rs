//! Purchase orders: their numbers, their status, and that they are in no ledger.

use super::*;

fn order(number: &str) -> Value {
    let line = json!({
        "Description": "Mug", "Quantity": 3, "LineAmount": super::number("10.00"),
        "AccountCode": "310", "TaxType": "NONE",
    });
    json!({
        "PurchaseOrderNumber": number, "Status": "AUTHORISED", "Date": "2026-11-20",
        "Contact": { "Name": "Potter & Sons" }, "LineItems": [line],
    })
}

#[test]
fn an_order_is_in_no_ledger_and_has_a_number_of_its_own() {
    let mut client = Client::new();
    let before = client.balances();
    let entered = client.put("PurchaseOrders", &order("PO-7"));
    assert_eq!(entered["Total"], number("10.00"));
    assert_eq!(entered["LineItems"][0]["UnitAmount"], number("3.3333"));
    assert_eq!(client.balances(), before);
    let again = client.reason(Method::Put, "PurchaseOrders", &order("PO-7"));
    assert_eq!(again, "Order number must be unique");
    let named = client.put(
        "PurchaseOrders",
        &with(
            &order(""),
            json!({
        "PurchaseOrderNumber": null }),
        ),
    );
    assert_eq!(named["PurchaseOrderNumber"], "PO-0001");
    let shown = client.get("PurchaseOrders/PO-7")["PurchaseOrders"][0].clone();
    assert_eq!(shown["PurchaseOrderID"], entered["PurchaseOrderID"]);
    assert_eq!(client.ask(Method::Get, "PurchaseOrders/PO-8", &Value::Null).0, 404);
}

#[test]
fn an_order_ends_as_billed_or_deleted_and_then_stays_so() {
    let mut client = Client::new();
    let path =
        |order: &Value| format!("PurchaseOrders/{}", order["PurchaseOrderID"].as_str().unwrap());
    let (billed, deleted) =
        (client.put("PurchaseOrders", &order("1")), client.put("PurchaseOrders", &order("2")));
    client.post(&path(&billed), &json!({ "Status": "BILLED" }));
    client.post(&path(&deleted), &json!({ "Status": "DELETED" }));
    assert_eq!(client.sim.organisation().orders("BILLED"), ["1"]);
    let why = "Purchase order not of valid status for modification";
    for order in [&billed, &deleted] {
        let body = json!({ "Status": "AUTHORISED" });
        assert_eq!(client.reason(Method::Post, &path(order), &body), why);
    }
    let draft = with(&order("3"), json!({ "Status": "BILLED" }));
    assert_eq!(client.reason(Method::Put, "PurchaseOrders", &draft), why);
}

#[test]
fn orders_are_listed_by_days_and_status_and_by_no_other_condition() {
    let mut client = Client::new();
    for (number, day) in [("1", "2026-11-19"), ("2", "2026-11-20"), ("3", "2026-11-21")] {
        client.put("PurchaseOrders", &with(&order(number), json!({ "Date": day })));
    }
    let mut numbers = |query: &str| -> Vec<String> {
        let answer = client.get(&format!("PurchaseOrders?{query}"));
        let rows = answer["PurchaseOrders"].as_array().unwrap().clone();
        rows.iter().map(|it| it["PurchaseOrderNumber"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(numbers("DateFrom=2026-11-20&DateTo=2026-11-20"), ["2"]);
    assert_eq!(numbers("DateFrom=2026-11-20"), ["2", "3"]);
    assert_eq!(numbers("Status=BILLED"), Vec::<String>::new());
    assert_eq!(numbers("where=PurchaseOrderNumber%3D%3D%221%22"), ["1", "2", "3"]);
}
