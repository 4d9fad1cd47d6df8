//! Sales tax by codes of the company's owner: what is worked out, what replaces it, and what is
//! refused.

use super::super::{Kind, TaxCode};
use super::rules::refuse;
use super::{Client, number, with};
use serde_json::{Value, json};

const AGENCY: &str = "Sales Tax Agency Payable";

/// A company with the codes `State`, `State and city` and `Nothing`: their ids are 2, 3 and 4;
/// those of the rates 2 for the state's and 3 for the city's.
fn client(outside: bool) -> Client {
    let mut client = Client::new();
    let settings = &mut client.sim.company_mut().settings;
    settings.automated_sales_tax = false;
    settings.outside_the_united_states = outside;
    let state = ("State rate".to_owned(), "4".parse().unwrap());
    let city = ("City rate".to_owned(), "4.5".parse().unwrap());
    let code = |name: &str, rates: &[(String, rust_decimal::Decimal)]| TaxCode {
        name: name.to_owned(),
        rates: rates.to_vec(),
        bought: vec![(format!("{name} (Purchases)"), "10".parse().unwrap())],
    };
    let both = [state.clone(), city];
    settings.tax_codes =
        vec![code("State", &[state]), code("State and city", &both), code("Nothing", &[])];
    client
}

fn line(rate: &str, amount: &str) -> Value {
    json!({ "DetailType": "TaxLineDetail", "Amount": number(amount),
        "TaxLineDetail": { "TaxRateRef": { "value": rate } } })
}

/// A sale of 100 that is taxed, and of 7 that is not, with this tax.
fn sale(client: &Client, tax: Value) -> Value {
    let lines = [client.line("100", "TAX"), client.line("7", "NON")];
    with(&client.sale("S-1", "1"), json!({ "Line": lines, "TxnTaxDetail": tax }))
}

#[test]
fn the_code_of_a_form_is_worked_out_rate_by_rate() {
    let cases = [
        (json!({ "TotalTax": 8 }), ("0", 0)),
        (json!({ "TxnTaxCodeRef": { "value": "2" } }), ("4", 400)),
        (json!({ "TxnTaxCodeRef": { "value": "3" } }), ("8.5", 850)),
        (json!({ "TxnTaxCodeRef": { "value": "4" } }), ("0", 0)),
        // A total alone replaces nothing, a rate that is said does.
        (json!({ "TxnTaxCodeRef": { "value": "3" }, "TotalTax": 9 }), ("8.5", 850)),
        (
            json!({ "TxnTaxCodeRef": { "value": "3" }, "TaxLine": [line("3", "4.49")] }),
            ("8.49", 849),
        ),
    ];
    for (tax, (shown, cents)) in cases {
        let mut client = client(false);
        let body = sale(&client, tax.clone());
        let held = client.must(Kind::SalesReceipt, &body);
        assert_eq!(held["TxnTaxDetail"]["TotalTax"].to_string(), shown, "{tax}");
        assert_eq!(client.balance(AGENCY), -cents, "{tax}");
    }
}

#[test]
fn a_rate_stands_in_its_code_and_once() {
    let mut client = client(false);
    let good = sale(&client, json!({ "TxnTaxCodeRef": { "value": "2" } }));
    let of = |lines: Value| {
        let code = json!({ "value": "2" });
        json!({ "TxnTaxDetail": { "TxnTaxCodeRef": code, "TaxLine": lines } })
    };
    let mut without = line("2", "4");
    without.as_object_mut().unwrap().remove("DetailType");
    let cases = vec![
        ("no such code", json!({ "TxnTaxDetail": { "TxnTaxCodeRef": { "value": "9" } } }), "2500"),
        ("of another code", of(json!([line("3", "4.50")])), "2500"),
        ("twice", of(json!([line("2", "4"), line("2", "4")])), "6000"),
        ("no detail type", of(json!([without])), "2020"),
    ];
    refuse(&mut client, Kind::SalesReceipt, &good, cases);
}

#[test]
fn each_line_has_a_code_outside_the_united_states() {
    let mut client = client(true);
    let lines = |client: &Client, codes: [&str; 2]| {
        json!([client.line("100", codes[0]), client.line("7", codes[1])])
    };
    let of = |client: &Client, codes| {
        let changes =
            json!({ "Line": lines(client, codes), "GlobalTaxCalculation": "TaxExcluded" });
        with(&client.sale("S-1", "1"), changes)
    };
    let good = of(&client, ["3", "2"]);
    let mut none = client.line("7", "2");
    none["SalesItemLineDetail"].as_object_mut().unwrap().remove("TaxCodeRef");
    let cases = vec![
        ("no such code", json!({ "Line": lines(&client, ["3", "9"]) }), "2500"),
        ("the words of the United States", json!({ "Line": lines(&client, ["TAX", "2"]) }), "2500"),
        ("a line without", json!({ "Line": [none] }), "6000"),
        ("nothing said", json!({ "GlobalTaxCalculation": null }), "2020"),
        ("odd", json!({ "GlobalTaxCalculation": "Maybe" }), "2170"),
    ];
    refuse(&mut client, Kind::SalesReceipt, &good, cases);
    // The state's rate is on both lines.
    assert_eq!(client.balance(AGENCY), -878);
    let out_of_scope =
        with(&good, json!({ "DocNumber": "S-2", "GlobalTaxCalculation": "NotApplicable" }));
    client.must(Kind::SalesReceipt, &out_of_scope);
    assert_eq!(client.balance(AGENCY), -878);
}

/// A bill, credit or expense of 100 that bears tax, and of 7 that bears none.
fn purchase(client: &Client, codes: [&str; 2], tax: Value) -> Value {
    let line = |(amount, code): (&str, &str)| {
        json!({ "DetailType": "AccountBasedExpenseLineDetail", "Amount": number(amount),
            "AccountBasedExpenseLineDetail": { "AccountRef": client.account("Advertising"),
                "TaxCodeRef": { "value": code } } })
    };
    let lines = ["100", "7"].into_iter().zip(codes).map(line);
    json!({ "DocNumber": "B-1", "TxnDate": "2026-11-20", "GlobalTaxCalculation": "TaxExcluded",
        "VendorRef": { "value": client.id(Kind::Vendor, "Stripe") },
        "Line": lines.collect::<Vec<_>>(), "TxnTaxDetail": tax })
}

#[test]
fn what_is_bought_bears_the_rates_that_a_code_has_for_it_and_is_taken_back() {
    let mut client = client(true);
    // The codes 2, 3 and 4 have the rates 4, 5 and 6 for what is bought, of ten per cent each.
    let good = purchase(&client, ["2", "4"], json!({}));
    let of = |lines: Value| json!({ "TxnTaxDetail": { "TaxLine": lines } });
    let mut without = good["Line"].clone();
    without[1]["AccountBasedExpenseLineDetail"].as_object_mut().unwrap().remove("TaxCodeRef");
    let cases = vec![
        ("a rate for what is sold", of(json!([line("2", "10")])), "2500"),
        ("of another code", of(json!([line("5", "10")])), "2500"),
        ("twice", of(json!([line("4", "10"), line("4", "10")])), "6000"),
        ("a line without a code", json!({ "Line": without }), "6000"),
        (
            "no such code",
            json!({ "Line": purchase(&client, ["2", "9"], json!({}))["Line"] }),
            "2500",
        ),
    ];
    refuse(&mut client, Kind::Bill, &good, cases);
    assert_eq!(client.balance(AGENCY), 1_070);
    assert_eq!(client.balance("Accounts Payable (A/P)"), -11_770);
    let said = json!({ "TaxLine": [line("4", "9.99"), line("6", "0.70")], "TotalTax": 11 });
    let credit = with(&purchase(&client, ["2", "4"], said), json!({ "DocNumber": "C-1" }));
    let credit = client.must(Kind::VendorCredit, &credit);
    assert_eq!(credit["TxnTaxDetail"]["TotalTax"].to_string(), "10.69", "rate by rate");
    assert_eq!((client.balance(AGENCY), credit["TotalAmt"].to_string()), (1, "117.69".to_owned()));
    let paid = json!({ "PaymentType": "Cash", "AccountRef": client.account("Checking"),
        "VendorRef": null, "DocNumber": "P-1" });
    let mut paid = with(&purchase(&client, ["2", "4"], json!({})), paid);
    paid.as_object_mut().unwrap().remove("VendorRef");
    client.must(Kind::Purchase, &paid);
    assert_eq!((client.balance(AGENCY), client.balance("Checking")), (1_071, -11_770));
    let told = client.sim.company().tax_by_rate();
    assert_eq!(told["State (Purchases)"], -1_001);
    assert_eq!(told["Nothing (Purchases)"], -70);
}
