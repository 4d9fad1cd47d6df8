//! Accounts, contacts, items, rates of tax, currencies and tracking.

use super::{Client, line, number, sale, with};
use saldo_core::exchange::Method;
use serde_json::{Value, json};

#[test]
fn accounts_have_codes_and_names_of_their_own() {
    let mut client = Client::new();
    let clearing = json!({
        "Code": "095", "Name": "Shopify Clearing", "Type": "BANK", "BankAccountNumber": "95",
    });
    let stored = client.put("Accounts", &clearing);
    assert_eq!((&stored["Class"], &stored["CurrencyCode"]), (&json!("ASSET"), &json!("GBP")));
    let cases = [
        (json!({ "Name": "Other" }), "Please enter a unique Code."),
        (json!({ "Code": "096" }), "Please enter a unique Name."),
        (json!({ "Code": "12345678901", "Name": "X" }), "Code must be at most 10 characters long"),
        (
            json!({ "Code": "097", "Name": "X", "BankAccountNumber": null }),
            "Please enter a Bank Account Number.",
        ),
    ];
    for (changes, expected) in cases {
        let reason = client.reason(Method::Put, "Accounts", &with(&clearing, changes));
        assert_eq!(reason, expected);
    }
    let path = format!("Accounts/{}", stored["AccountID"].as_str().unwrap());
    client.post(&path, &json!({ "Status": "ARCHIVED" }));
    let shown = client.get("Accounts?where=Status%3D%3D%22ARCHIVED%22");
    assert_eq!(shown["Accounts"][0]["Name"], "Shopify Clearing");
    let receivable =
        client.sim.organisation().account_id("Accounts Receivable").unwrap().to_owned();
    let path = format!("Accounts/{receivable}");
    let reason = client.reason(Method::Post, &path, &json!({ "Status": "ARCHIVED" }));
    assert_eq!(reason, "A system account cannot be archived");
}

#[test]
fn an_archived_account_takes_nothing_more() {
    let mut client = Client::new();
    let id = client.sim.organisation().account_id("Shipping Income").unwrap().to_owned();
    client.post(&format!("Accounts/{id}"), &json!({ "Status": "ARCHIVED" }));
    let body = with(&sale("S-1", "1"), json!({ "LineItems": [line("210", "1")] }));
    let reason = client.reason(Method::Put, "Invoices", &body);
    assert_eq!(reason, "Account code '210' is not a valid code for this document.");
}

#[test]
fn names_of_contacts_are_unique_among_the_active() {
    let mut client = Client::new();
    let reason = client.reason(Method::Put, "Contacts", &json!({ "Name": "jane doe" }));
    let expected = "The contact name jane doe is already assigned to another contact. The contact \
                    name must be unique across all active contacts.";
    assert_eq!(reason, expected);
    let known = client.post("Contacts", &json!({ "Name": "Jane Doe", "EmailAddress": "j@a.test" }));
    assert_eq!(known["EmailAddress"], "j@a.test");
    assert_eq!(
        client.reason(Method::Put, "Contacts", &json!({ "Name": "Walk-in Customer" })),
        "ok"
    );
    let before = client.get("Contacts")["Contacts"].as_array().unwrap().len();
    let named = json!({ "Contact": { "Name": "Somebody New" } });
    let stored = client.put("Invoices", &with(&sale("S-1", "1"), named.clone()));
    let again = client.put("Invoices", &with(&sale("S-2", "1"), named));
    assert_eq!(stored["Contact"]["ContactID"], again["Contact"]["ContactID"]);
    let after = client.get("Contacts")["Contacts"].as_array().unwrap().len();
    assert_eq!(after, before + 1, "a document makes the contact that it names");
    let all = client.get("Contacts?includeArchived=true")["Contacts"].as_array().unwrap().len();
    assert_eq!(all, after + 1);
}

#[test]
fn an_item_says_where_its_sales_go() {
    let mut client = Client::new();
    let mut sold = json!({ "ItemCode": "MUG-RED", "Quantity": 2, "UnitAmount": 5 });
    let body = |line: &Value| with(&sale("S-1", "1"), json!({ "LineItems": [line] }));
    client.put("Invoices", &body(&sold));
    assert_eq!(client.balance("Other Revenue"), -1_000);
    sold["ItemCode"] = json!("MUG-GREEN");
    let other = with(&body(&sold), json!({ "InvoiceNumber": "S-2" }));
    let reason = client.reason(Method::Put, "Invoices", &other);
    assert_eq!(reason, "Item code 'MUG-GREEN' is not valid");
    let green = json!({
        "Code": "MUG-GREEN", "Name": "Green Mug", "Description": "Green Mug",
        "SalesDetails": { "UnitPrice": number("5.1234"), "AccountCode": "200" },
    });
    let stored = client.put("Items?unitdp=4", &green);
    assert_eq!(stored["SalesDetails"]["UnitPrice"], number("5.1234"));
    assert_eq!(client.reason(Method::Put, "Invoices", &other), "ok");
    let reason = client.reason(Method::Put, "Items", &green);
    assert_eq!(reason, "Price List Item with Code 'MUG-GREEN' already exists");
}

#[test]
fn tracking_has_two_categories_of_a_hundred_options() {
    let mut client = Client::new();
    let category = client.put("TrackingCategories", &json!({ "Name": "Channel" }));
    let path =
        format!("TrackingCategories/{}/Options", category["TrackingCategoryID"].as_str().unwrap());
    for place in 0..100 {
        let option = json!({ "Name": format!("Shop {place}") });
        assert_eq!(client.ask(Method::Put, &path, &option).0, 200);
    }
    let reason = client.reason(Method::Put, &path, &json!({ "Name": "one more" }));
    assert_eq!(reason, "A tracking category can have at most 100 options");
    client.put("TrackingCategories", &json!({ "Name": "Region" }));
    let reason = client.reason(Method::Put, "TrackingCategories", &json!({ "Name": "Third" }));
    assert_eq!(reason, "Only 2 tracking categories can be active");
    let tracked = |option: &str| {
        let mut tracked = line("200", "1");
        tracked["Tracking"] = json!([{ "Name": "Channel", "Option": option }]);
        with(&sale("S-1", "1"), json!({ "LineItems": [tracked] }))
    };
    let reason = client.reason(Method::Put, "Invoices", &tracked("Shop 100"));
    assert_eq!(reason, "Tracking option 'Shop 100' is not valid");
    let stored = client.put("Invoices", &tracked("Shop 99"));
    let shown = &stored["LineItems"][0]["Tracking"][0];
    assert_eq!((&shown["Name"], &shown["Option"]), (&json!("Channel"), &json!("Shop 99")));
}

#[test]
fn rates_and_currencies_are_added() {
    let mut client = Client::new();
    let rate = json!({ "Name": "Local", "TaxComponents": [{ "Name": "City", "Rate": 2.5 }] });
    let stored = client.put("TaxRates", &rate);
    assert_eq!(
        (&stored["TaxType"], &stored["EffectiveRate"]),
        (&json!("TAX009"), &number("2.5000"))
    );
    let mut taxed = line("200", "10");
    taxed["TaxType"] = stored["TaxType"].clone();
    let body = with(&sale("S-1", "1"), json!({ "LineItems": [taxed] }));
    assert_eq!(client.put("Invoices", &body)["TotalTax"], number("0.25"));
    client.put("Currencies", &json!({ "Code": "EUR" }));
    let codes = client.get("Currencies")["Currencies"].clone();
    assert_eq!(codes[1]["Code"], "EUR");
}
