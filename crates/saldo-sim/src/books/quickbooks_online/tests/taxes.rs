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
