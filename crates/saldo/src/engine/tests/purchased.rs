//! Purchases in the books of a company and of an organisation: the supplier's documents.

use super::super::{decide_this, plan, purchase_named};
use super::costed::{COSTS, purchase};
use super::organisation::joined;
use super::stage::{Stage, world};
use saldo_core::commerce::{Decided, Said};
use saldo_core::money::Money;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::World;
use serde_json::{Value, json};

/// The lines of a ledger that are on the account of suppliers: date, kind, number, and amount.
fn payable(ledger: &str) -> Vec<Vec<String>> {
    let fields = |line: &str| line.split('\t').map(str::to_owned).collect::<Vec<String>>();
    let of_suppliers = |fields: &Vec<String>| fields[3].starts_with("Accounts Payable");
    ledger.lines().map(fields).filter(of_suppliers).collect()
}

/// Ten mugs of which the supplier's bill came in time.
fn ordered(told: &World) -> Value {
    let day = told.begins.to_zoned(told.zone.clone()).date();
    json!({
        "id": 2, "number": 1001, "created_at": told.begins, "ordered_at": told.begins,
        "supplier_name": "Potter & Sons", "currency": "USD",
        "adjustments": null, "shipping": "10.00", "invoice_number": "B-7",
        "invoice_date": day, "payment_due_on": "2027-01-20",
        "purchase_items": [{
            "id": 4, "sku": "NEW-MUG", "product_title": "Mug", "quantity": 10,
            "cost_price": "2.00", "received_at": told.begins,
        }],
    })
}

#[tokio::test]
async fn a_bill_is_the_suppliers_in_every_book_and_a_credit_when_it_is_taken_back() {
    let settings = world(5, 25, 12);
    let told = World::generate(&settings).unwrap();
    let mut stage = Stage::after(&settings, &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.decide_for_all_days(COSTS).await;
    purchase(&stage, &ordered(&told)).await;
    stage.sync().await;
    stage.assert_proven("with a bill").await;
    let company = || payable(&stage.merchant.company_ledger());
    let organisation = || payable(&xero.vendor_itself().organisation().ledger_without_ids());
    let [bill] = &company()[..] else { panic!("{:?}", company()) };
    assert_eq!((bill[1].as_str(), bill[4].as_str()), ("Bill", "-30.00"));
    let [bill] = &organisation()[..] else { panic!("{:?}", organisation()) };
    assert_eq!((bill[1].as_str(), bill[4].as_str()), ("Invoice", "-30.00"));
    assert!(bill[2].starts_with("B-7 saldo:"), "{bill:?}");
    // What nobody keeps is taken back: no document of the supplier's is owed any more.
    stage.revise_for_all_days(|text| text.replace(COSTS, "cost.owner = \"nobody\"")).await;
    stage.sync().await;
    stage.assert_proven("without costs").await;
    let credits = [(company(), "VendorCredit"), (organisation(), "CreditNote")];
    for (lines, credit) in credits {
        let kinds: Vec<&str> = lines.iter().map(|line| line[1].as_str()).collect();
        assert!(kinds.len() == 2 && kinds.contains(&credit), "{kinds:?}");
        let amounts: Vec<&str> = lines.iter().map(|line| line[4].as_str()).collect();
        assert!(amounts.contains(&"30.00") && amounts.contains(&"-30.00"), "{amounts:?}");
    }
    for planned in plan(&stage.engine().await, None).await.unwrap() {
        assert!(planned.changes.is_empty(), "{:#?}", planned.changes);
    }
}

#[tokio::test]
async fn what_was_paid_for_a_bill_settles_it_in_every_book() {
    let settings = world(5, 25, 12);
    let told = World::generate(&settings).unwrap();
    let mut stage = Stage::after(&settings, &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.decide_for_all_days(COSTS).await;
    purchase(&stage, &ordered(&told)).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let unknown = purchase_named(&engine, "PO 7").await.unwrap_err();
    assert_eq!(unknown.to_string(), "no purchase order is called `PO 7`");
    let name = "PO 1001".to_owned();
    let purchase = purchase_named(&engine, &name).await.unwrap();
    let amount = |text: &str| Money::parse(text, engine.policy.currency).unwrap();
    let paid = |amount: Money| Said {
        by: "Ann".to_owned(),
        at: stage.clock.now(),
        on: told.ends.to_zoned(told.zone.clone()).date(),
        decided: Decided::Paid { purchase: purchase.clone(), name: name.clone(), amount },
        taken_back: None,
    };
    let nothing = decide_this(&engine, &paid(amount("0.00"))).await.unwrap_err();
    assert_eq!(nothing.to_string(), "nothing was paid");
    decide_this(&engine, &paid(amount("30.00"))).await.unwrap();
    engine.store.close().await;
    stage.sync().await;
    stage.assert_proven("paid").await;
    let kinds = |ledger: &str| {
        let mut kinds: Vec<String> =
            payable(ledger).into_iter().map(|line| format!("{} {}", line[1], line[4])).collect();
        kinds.sort();
        kinds
    };
    let company = kinds(&stage.merchant.company_ledger());
    assert_eq!(company, ["Bill -30.00", "BillPayment 30.00"]);
    let organisation = kinds(&xero.vendor_itself().organisation().ledger_without_ids());
    assert_eq!(organisation, ["Invoice -30.00", "Payment 30.00"]);
    for planned in plan(&stage.engine().await, None).await.unwrap() {
        assert!(planned.changes.is_empty(), "{:#?}", planned.changes);
    }
}
