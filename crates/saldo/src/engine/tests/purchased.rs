//! Purchases in the books of a company and of an organisation: the supplier's documents.

use super::super::{
    Opening, Selection, TakeBack, apply, decide_this, plan, purchase_named, redo, undo,
};
use super::costed::{COSTS, purchase};
use super::organisation::{XERO, joined};
use super::stage::{Stage, world};
use crate::merchant::COMPANY;
use saldo_core::book::Subject;
use saldo_core::commerce::{Decided, Said};
use saldo_core::document::DocumentKind;
use saldo_core::money::Money;
use saldo_sim::fault::FaultSettings;
use saldo_sim::world::World;
use saldo_store::EntryFilter;
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
    let nothing = decide_this(&engine, paid(amount("0.00")), Opening::Nothing).await.unwrap_err();
    assert_eq!(nothing.to_string(), "nothing was paid");
    decide_this(&engine, paid(amount("30.00")), Opening::Nothing).await.unwrap();
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

/// The kinds and amounts of what stands on the account of suppliers, in order.
fn owed_to_suppliers(ledger: &str) -> Vec<String> {
    let lines = payable(ledger).into_iter().map(|line| format!("{} {}", line[1], line[4]));
    let mut kinds: Vec<String> = lines.collect();
    kinds.sort();
    kinds
}

/// The number of what was paid for a bill in a book.
async fn number_of_payment(stage: &Stage, book: &str) -> String {
    let engine = stage.engine().await;
    let mut pages = engine.store.entries(engine.company_id(), &book.into(), EntryFilter::default());
    let mut keys = Vec::new();
    while let Some(page) = pages.next_page().await.unwrap() {
        let paid = page.into_iter().filter(|it| match &it.change.subject {
            Subject::Document { document, .. } => {
                document.header().kind == DocumentKind::BillPayment
            }
            _ => false,
        });
        keys.extend(paid.map(|it| it.change.id));
    }
    engine.store.close().await;
    let [key] = &keys[..] else { panic!("{keys:?}") };
    key.clone()
}

#[tokio::test]
async fn what_was_paid_for_a_bill_is_taken_back_where_it_stands() {
    let settings = world(5, 25, 12);
    let told = World::generate(&settings).unwrap();
    let mut stage = Stage::after(&settings, &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    stage.decide_for_all_days(&format!("undo.unmatched = \"*\"\n{COSTS}")).await;
    purchase(&stage, &ordered(&told)).await;
    stage.sync().await;
    pay(&stage, &told).await;
    stage.sync().await;
    let company = || owed_to_suppliers(&stage.merchant.company_ledger());
    let organisation =
        || owed_to_suppliers(&xero.vendor_itself().organisation().ledger_without_ids());
    assert_eq!(company(), ["Bill -30.00", "BillPayment 30.00"]);
    assert_eq!(organisation(), ["Invoice -30.00", "Payment 30.00"]);
    for book in [COMPANY, XERO] {
        let selection = Selection::Named(number_of_payment(&stage, book).await);
        let engine = stage.engine().await;
        let what = TakeBack { selection: &selection, only: Some(book), voids: true };
        undo(&engine, what, "owner").await.unwrap();
        let pushed = apply(&engine, None).await.unwrap();
        assert_eq!((pushed.acknowledged, pushed.refused), (1, 0), "{book}");
        engine.store.close().await;
    }
    assert_eq!(company(), ["Bill -30.00"]);
    assert_eq!(organisation(), ["Invoice -30.00"]);
    stage.assert_proven("the payment is taken back").await;
    let engine = stage.engine().await;
    redo(&engine, 1, "owner").await.unwrap();
    redo(&engine, 2, "owner").await.unwrap();
    apply(&engine, None).await.unwrap();
    engine.store.close().await;
    assert_eq!(company(), ["Bill -30.00", "BillPayment 30.00"]);
    assert_eq!(organisation(), ["Invoice -30.00", "Payment 30.00"], "it pays its bill again");
    stage.assert_proven("the payment is entered again").await;
}

/// The owner says that the purchase was paid.
async fn pay(stage: &Stage, told: &World) {
    let engine = stage.engine().await;
    let name = "PO 1001".to_owned();
    let purchase = purchase_named(&engine, &name).await.unwrap();
    let amount = Money::parse("30.00", engine.policy.currency).unwrap();
    let paid = Said {
        by: "Ann".to_owned(),
        at: stage.clock.now(),
        on: told.ends.to_zoned(told.zone.clone()).date(),
        decided: Decided::Paid { purchase, name, amount },
        taken_back: None,
    };
    decide_this(&engine, paid, Opening::Nothing).await.unwrap();
    engine.store.close().await;
}
