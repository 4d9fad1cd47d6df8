//! What each kind of transaction does to the ledger.

use super::super::{Company, Kind};
use super::{Client, number, with};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// Enters one transaction into an empty company; the accounts it changed, in cents.
fn effect(kind: Kind, body: impl Fn(&Client) -> Value) -> BTreeMap<String, i64> {
    let mut client = Client::new();
    let body = body(&client);
    client.must(kind, &body);
    balances(client.sim.company())
}

fn balances(company: &Company) -> BTreeMap<String, i64> {
    let mut balances = BTreeMap::new();
    for posting in company.ledger() {
        *balances.entry(posting.account).or_insert(0) += posting.minor;
    }
    balances.retain(|_, minor| *minor != 0);
    balances
}

fn expected(pairs: &[(&str, i64)]) -> BTreeMap<String, i64> {
    pairs.iter().map(|(name, minor)| ((*name).to_owned(), *minor)).collect()
}

/// A form with taxed goods of 100, untaxed shipping of 5 and a discount of 10.
fn form(client: &Client) -> Value {
    let mut shipping = client.line("5", "NON");
    shipping["SalesItemLineDetail"]["ItemRef"] = json!({ "value": "SHIPPING_ITEM_ID" });
    let mut wrapped = client.line("20", "TAX");
    wrapped["SalesItemLineDetail"]["ItemRef"] =
        json!({ "value": client.id(Kind::Item, "Red Mug") });
    let discount = json!({ "DetailType": "DiscountLineDetail", "Amount": 10,
        "DiscountLineDetail": { "PercentBased": false } });
    let mut form = client.sale("S-1", "80");
    form["Line"] = json!([client.line("80", "TAX"), wrapped, shipping, discount]);
    form
}

const FORM: &[(&str, i64)] = &[
    ("Sales of Product Income", -8_000),
    ("Gift Wrapping Income", -2_000),
    ("Shipping Income", -500),
    ("Discounts given", 1_000),
    ("Sales Tax Agency Payable", -825),
];

#[test]
fn sales_forms() {
    let of = |account, sign: i64| {
        let mut all = expected(FORM);
        all.insert(String::from(account), 10_325);
        all.values_mut().for_each(|minor| *minor *= sign);
        all
    };
    assert_eq!(effect(Kind::SalesReceipt, form), of("Checking", 1));
    assert_eq!(effect(Kind::RefundReceipt, form), of("Checking", -1));
    assert_eq!(effect(Kind::Invoice, form), of("Accounts Receivable (A/R)", 1));
    assert_eq!(effect(Kind::CreditMemo, form), of("Accounts Receivable (A/R)", -1));
    let in_hand = |client: &Client| with(&form(client), json!({ "DepositToAccountRef": null }));
    assert_eq!(effect(Kind::SalesReceipt, in_hand), of("Undeposited Funds", 1));
}

#[test]
fn tax_is_worked_out_unless_it_is_given() {
    let taxed = |lines: &[(&str, &str)], detail: Value, after: bool| {
        let mut client = Client::new();
        let lines: Vec<Value> = lines.iter().map(|(it, code)| client.line(it, code)).collect();
        let body = with(
            &client.sale("S-1", "1"),
            json!({ "Line": lines, "TxnTaxDetail": detail, "ApplyTaxAfterDiscount": after }),
        );
        let stored = client.must(Kind::SalesReceipt, &body);
        assert_eq!(
            stored["TxnTaxDetail"]["TotalTax"],
            super::super::fields::money(-client.balance("Sales Tax Agency Payable"))
        );
        stored["TxnTaxDetail"].clone()
    };
    let total = |detail: &Value| detail["TotalTax"].to_string();
    // 8.25 per cent of 10.10 is 0.83325, and twice 5.05 the same: rounded once, on the whole.
    assert_eq!(total(&taxed(&[("10.10", "TAX")], json!({}), false)), "0.83");
    assert_eq!(total(&taxed(&[("5.05", "TAX"), ("5.05", "TAX")], json!({}), false)), "0.83");
    assert_eq!(total(&taxed(&[("0.06", "TAX")], json!({}), false)), "0");
    assert_eq!(total(&taxed(&[("2", "TAX")], json!({}), false)), "0.17");
    assert_eq!(total(&taxed(&[("10", "NON")], json!({}), false)), "0");
    let given = json!({ "TotalTax": number("0.91") });
    let overridden = taxed(&[("10", "TAX")], given.clone(), false);
    assert_eq!(total(&overridden), "0.91");
    assert_eq!(overridden["TaxReviewStatus"], "AST_TAX_OVERRIDE");
    assert_eq!(overridden["TaxLine"][0]["TaxLineDetail"]["OverrideDeltaAmount"], number("0.08"));
    assert_eq!(total(&taxed(&[("10", "NON")], given.clone(), false)), "0");
    let automatic = with(&given, json!({ "UseAutomatedSalesTax": true }));
    assert_eq!(total(&taxed(&[("10", "TAX")], automatic, false)), "0.83");
    assert_eq!(total(&taxed(&[("10", "TAX")], json!({ "TotalTax": 0 }), false)), "0");
}

#[test]
fn tax_after_the_discount_and_a_discount_in_per_cent() {
    let body = |after: bool| {
        move |client: &Client| {
            let discount = json!({ "DetailType": "DiscountLineDetail", "DiscountLineDetail":
                { "PercentBased": true, "DiscountPercent": number("12.5") } });
            let lines = json!([client.line("100", "TAX"), client.line("60", "NON"), discount]);
            with(&client.sale("S-1", "1"), json!({ "Line": lines, "ApplyTaxAfterDiscount": after }))
        }
    };
    let payable = |after| effect(Kind::SalesReceipt, body(after))["Sales Tax Agency Payable"];
    assert_eq!(payable(false), -825);
    // A discount of 20.00, of which 12.50 fall to the taxed 100.00.
    assert_eq!(payable(true), -722);
    assert_eq!(effect(Kind::SalesReceipt, body(true))["Discounts given"], 2_000);
}

#[test]
fn without_sales_tax_nothing_is_taxed() {
    let mut client = Client::new();
    client.sim.company_mut().settings.using_sales_tax = false;
    let body = form(&client);
    assert_eq!(client.must(Kind::SalesReceipt, &body)["TotalAmt"], number("95"));
}

#[test]
fn a_remark_carries_no_money() {
    let body = |client: &Client| {
        let mut remark = client.line("7", "NON");
        remark["SalesItemLineDetail"].as_object_mut().unwrap().remove("ItemRef");
        let mut sale = client.sale("S-1", "10");
        sale["Line"].as_array_mut().unwrap().push(remark);
        sale
    };
    let lines = [("Checking", 1_000), ("Sales of Product Income", -1_000)];
    assert_eq!(effect(Kind::SalesReceipt, body), expected(&lines));
}

#[test]
fn a_card_purchase_and_its_credit() {
    let body = |credit: bool| {
        move |client: &Client| {
            json!({
                "PaymentType": "CreditCard",
                "Credit": credit,
                "TxnDate": "2026-11-20",
                "AccountRef": client.account("Visa Card"),
                "Line": [{ "DetailType": "AccountBasedExpenseLineDetail", "Amount": 20,
                    "AccountBasedExpenseLineDetail": {
                        "AccountRef": client.account("Advertising") } }],
            })
        }
    };
    let charge = [("Advertising", 2_000), ("Visa Card", -2_000)];
    let refund = [("Advertising", -2_000), ("Visa Card", 2_000)];
    assert_eq!(effect(Kind::Purchase, body(false)), expected(&charge));
    assert_eq!(effect(Kind::Purchase, body(true)), expected(&refund));
}

#[test]
fn a_payout_as_a_deposit_with_a_fee() {
    let body = |client: &Client| {
        let line = |account: &str, amount: &str| {
            json!({ "DetailType": "DepositLineDetail", "Amount": number(amount),
                "DepositLineDetail": { "AccountRef": client.account(account) } })
        };
        json!({
            "TxnDate": "2026-11-20",
            "DepositToAccountRef": client.account("Checking"),
            "Line": [line("Savings", "100"), line("Bank Charges", "-3.20")],
        })
    };
    let lines = [("Checking", 9_680), ("Savings", -10_000), ("Bank Charges", 320)];
    assert_eq!(effect(Kind::Deposit, body), expected(&lines));
}

#[test]
fn amounts_that_floating_point_cannot_hold_stay_exact() {
    let mut client = Client::new();
    let mut cents = 0;
    for (place, amount) in ["0.1", "0.2", "0.7", "1.15", "90071992547409.93"].iter().enumerate() {
        let sale = client.sale(&format!("S-{place}"), amount);
        let stored = client.must(Kind::SalesReceipt, &sale);
        assert_eq!(stored["TotalAmt"], number(amount));
        cents += super::super::fields::exact_minor(amount.parse().unwrap()).unwrap();
    }
    assert_eq!(client.balance("Checking"), cents);
    let bank = client.query("select * from Account where Name = 'Checking'");
    assert_eq!(bank["Account"][0]["CurrentBalance"], super::super::fields::money(cents));
}

#[test]
fn the_text_of_the_ledger_does_not_depend_on_order_or_ids() {
    let run = |seed: u64, reversed: bool| {
        let mut client = Client::new();
        let mut company = Company::retail(seed);
        company.tax.percent = "8.25".parse().unwrap();
        client.sim = super::super::QuickBooksOnlineSim::new(company);
        client.token = client.sim.connect(client.now).access_token;
        let mut numbers = vec!["S-1", "S-2", "S-3"];
        if reversed {
            numbers.reverse();
        }
        for number in numbers {
            let sale = with(&form(&client), json!({ "DocNumber": number }));
            client.must(Kind::SalesReceipt, &sale);
        }
        client.sim.company().ledger_without_ids()
    };
    let text = run(1, false);
    assert_eq!(text.lines().next(), Some("2026-11-20\tSalesReceipt\tS-1\tChecking\t103.25"));
    assert_eq!(text.lines().count(), 18);
    assert_eq!(run(2, true), text);
}

/// Random work over every kind: whatever is accepted, the ledger balances, and balances kept by the
/// way agree with those worked out anew.
#[test]
fn the_ledger_always_balances() {
    for seed in 0..20_u64 {
        let mut client = Client::new();
        let mut stored: Vec<(Kind, Value)> = Vec::new();
        for step in 0..60_u64 {
            let chance = super::super::chance::number(seed, &step.to_string());
            act(&mut client, &mut stored, chance, step);
            let sum: i64 = client.sim.company().ledger().iter().map(|it| it.minor).sum();
            assert_eq!(sum, 0, "seed {seed}, step {step}");
        }
        let kept = client.sim.company().index.balances.clone();
        client.sim.company_mut().rebuild_index();
        let mut anew = client.sim.company().index.balances.clone();
        anew.retain(|_, minor| *minor != 0);
        let kept: BTreeMap<u64, i64> = kept.into_iter().filter(|(_, it)| *it != 0).collect();
        assert_eq!(kept, anew, "seed {seed}");
        assert!(!kept.is_empty(), "seed {seed}");
    }
}

fn act(client: &mut Client, stored: &mut Vec<(Kind, Value)>, chance: u64, step: u64) {
    let cents = format!("{}.{:02}", chance % 500, chance / 500 % 100);
    let sales = [Kind::SalesReceipt, Kind::RefundReceipt, Kind::Invoice, Kind::CreditMemo];
    if chance.is_multiple_of(4) && !stored.is_empty() {
        let place = usize::try_from(chance / 16).unwrap() % stored.len();
        let (kind, entity) = stored[place].clone();
        let path = kind.name().to_ascii_lowercase();
        let id = entity["Id"].as_str().unwrap().to_owned();
        let (_, now) = client.get(&format!("{path}/{id}"));
        let key = json!({ "Id": id, "SyncToken": now[kind.name()]["SyncToken"] });
        match chance / 4 % 4 {
            0 => drop(client.post(&format!("{path}?operation=delete"), &key)),
            1 => drop(client.post(&format!("{path}?operation=void"), &key)),
            _ => {
                let lines = json!({ "sparse": true, "Line": [client.line(&cents, "TAX")] });
                drop(client.post(&path, &with(&key, lines)));
            }
        }
        return;
    }
    let open = stored.iter().rev().find(|(kind, _)| *kind == Kind::Invoice).cloned();
    let (kind, body) = match (chance / 4 % 6, open) {
        (0, Some((_, invoice))) => {
            (Kind::Payment, client.payment(&cents, &[("Invoice", &invoice, &cents)]))
        }
        (choice, _) => {
            let place = usize::try_from(choice).unwrap() % sales.len();
            let mut body = form(client);
            body["DocNumber"] = json!(format!("N-{step}"));
            body["Line"][0] = client.line(&cents, "TAX");
            (sales[place], body)
        }
    };
    let (status, answer) = client.post(&kind.name().to_ascii_lowercase(), &body);
    if status == 200 {
        stored.push((kind, answer[kind.name()].clone()));
    }
}
