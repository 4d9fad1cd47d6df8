//! Payouts in another currency than the books': in plain text they are entered at what their rows'
//! orders say, in whichever order they are told; QuickBooks and Xero hold them where they keep
//! other currencies, and a company that does not says so.

use super::super::page::reading;
use super::super::{Engine, Opening, ProofReport, decide_this, payout_named, rebuild};
use super::organisation::{XERO, joined};
use super::stage::{Stage, differences, world};
use super::templates::check;
use crate::merchant::{COMPANY, EmptyBooks};
use saldo_channels::channel;
use saldo_core::book::{RefusalKind, Subject};
use saldo_core::commerce::{Decided, Record, Said};
use saldo_core::document::Line;
use saldo_core::issue::FactState;
use saldo_core::ledger::AccountKind;
use saldo_core::proof::Identity;
use saldo_core::text::{ConnectionId, FactId, Stream};
use saldo_sim::books::xero::Kind;
use saldo_sim::fault::FaultSettings;
use saldo_store::{EntryFilter, PageCommit, PulledRecord, Role};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};

const CLEARING: &str = "Clearing: Shopify Payments EUR";
const REVIEW: &str = "Platform adjustments - to review";
const REVIEW_IN_EUROS: &str = "Platform adjustments - to review EUR";

fn money(amount: &str, code: &str) -> Value {
    json!({ "amount": amount, "currencyCode": code })
}

fn dollars(amount: &str) -> Value {
    json!({ "shopMoney": money(amount, "USD") })
}

/// A sale of 110.00 dollars for which 100.00 euros were paid and settled.
pub(super) fn order() -> Value {
    let sale = json!({
        "id": "gid://shopify/ProductSale/91", "actionType": "ORDER", "lineType": "PRODUCT",
        "quantity": 1, "totalAmount": dollars("110.00"), "totalTaxAmount": dollars("0.00"),
        "totalDiscountAmountBeforeTaxes": dollars("0.00"), "taxes": [], "lineItem": null,
    });
    let agreement = json!({
        "id": "gid://shopify/SalesAgreement/91", "happenedAt": "2026-08-10T10:00:00Z",
        "reason": "ORDER", "sales": { "edges": [{ "node": sale }] },
    });
    let paid = json!({
        "id": "gid://shopify/OrderTransaction/91", "kind": "SALE", "status": "SUCCESS",
        "gateway": "shopify_payments", "formattedGateway": "Shopify payments", "test": false,
        "createdAt": "2026-08-10T10:00:00Z", "processedAt": "2026-08-10T10:00:00Z",
        "amountSet": {
            "shopMoney": money("110.00", "USD"), "presentmentMoney": money("100.00", "EUR"),
        },
        "settlementCurrency": "EUR", "settlementCurrencyRate": "1.0",
    });
    json!({
        "id": "gid://shopify/Order/91", "name": "#91", "processedAt": "2026-08-10T10:00:00Z",
        "cancelledAt": null, "test": false, "currencyCode": "USD", "taxesIncluded": false,
        "sourceName": "web", "retailLocation": null, "customer": null,
        "transactions": [paid], "agreements": { "edges": [{ "node": agreement }] },
    })
}

pub(super) fn row() -> Value {
    json!({
        "id": "gid://shopify/ShopifyPaymentsBalanceTransaction/91", "type": "CHARGE",
        "sourceOrderTransactionId": "91", "transactionDate": "2026-08-10T10:00:05Z",
        "test": false, "amount": money("100.00", "EUR"), "fee": money("5.00", "EUR"),
        "net": money("95.00", "EUR"),
        "associatedOrder": { "id": "gid://shopify/Order/91", "name": "#91" },
        "associatedPayout": { "id": "gid://shopify/ShopifyPaymentsPayout/91" },
    })
}

pub(super) fn payout() -> Value {
    json!({
        "id": "gid://shopify/ShopifyPaymentsPayout/91", "legacyResourceId": "91",
        "issuedAt": "2026-08-12T00:00:00Z", "status": "PAID", "transactionType": "DEPOSIT",
        "externalTraceId": null, "net": money("95.00", "EUR"),
    })
}

/// The shop says something.
pub(super) async fn say(engine: &Engine, stream: &str, value: &Value) {
    let shop = engine.connections(Role::Channel).await.unwrap().remove(0);
    let stream = Stream::new(stream);
    let record = Record {
        connection: shop.id.clone(),
        stream: stream.clone(),
        id: value["id"].as_str().unwrap().to_owned(),
        fetched_at: engine.clock.now(),
        bytes: value.to_string().into_bytes(),
    };
    let (reading, _) = reading(channel(&shop.adapter).unwrap(), &shop, &record);
    assert_eq!(reading.issue, None);
    let lease = engine.lease(&shop).await.unwrap();
    let cursors = engine.store.cursors(engine.company_id(), &shop.id).await.unwrap();
    let cursor = cursors[&stream].cursor.clone();
    let records = vec![PulledRecord::new(record, reading)];
    let page = PageCommit { stream, cursor, reached: None, records };
    engine.store.commit_page(&lease, &page).await.unwrap();
    engine.store.release_lease(&lease).await.unwrap();
}

/// Where the payout stands.
async fn state(engine: &Engine) -> FactState {
    let groups = ["payout/shopify:demo/ShopifyPaymentsPayout/91".into()];
    let states = engine.store.states_of(engine.company_id(), &groups).await.unwrap();
    let payout = FactId::new("shopify:demo/ShopifyPaymentsPayout/91");
    states.into_iter().find(|it| it.fact == payout).expect("the payout stands somewhere").state
}

pub(super) async fn say_what_arrived(engine: &Engine, on: &str) {
    let payout = payout_named(engine, "91").await.unwrap();
    let amount = "103.55 USD".parse().unwrap();
    let said = Said {
        by: "Ann".to_owned(),
        at: engine.clock.now(),
        on: on.parse().unwrap(),
        decided: Decided::Arrived { payout, amount },
        taken_back: None,
    };
    decide_this(engine, said, Opening::Nothing).await.unwrap();
}

#[tokio::test]
async fn a_payout_in_euros_is_entered_once_all_is_told() {
    for order_first in [true, false] {
        let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
        stage.sync().await;
        let engine = stage.engine().await;
        if order_first {
            say(&engine, "orders", &order()).await;
        }
        say(&engine, "balance-transactions", &row()).await;
        say(&engine, "payouts", &payout()).await;
        stage.sync().await;
        let FactState::Held(issue) = state(&engine).await else { panic!("nobody said") };
        assert!(issue.hint.contains("saldo decide arrived 91"), "{}", issue.hint);
        say_what_arrived(&engine, "2026-08-13").await;
        stage.sync().await;
        if !order_first {
            // What arrived is for review, until the order says what it is worth.
            let before = in_text(&engine, REVIEW).await;
            assert_eq!(in_text(&engine, REVIEW_IN_EUROS).await, None);
            assert_eq!(in_text(&engine, CLEARING).await, None);
            say(&engine, "orders", &order()).await;
            stage.sync().await;
            assert_ne!(in_text(&engine, REVIEW).await, before);
            assert_eq!(in_text(&engine, REVIEW_IN_EUROS).await, None);
        }
        assert_eq!(state(&engine).await, FactState::Accounted { review: None });
        let plain = "plain-text".into();
        let sums = engine.store.account_sums(engine.company_id(), &plain, None).await.unwrap();
        assert!(sums[CLEARING].is_zero(), "{sums:?}");
        assert_eq!(sums["FX gain/loss (realised)"].iter().count(), 1);
        let proof = stage.prove().await;
        let book = proof.books.iter().find(|book| book.book == "plain-text").unwrap();
        assert!(book.clearing.iter().chain(&book.payouts).all(|check| check.holds()));
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        assert!(!failed.is_empty() && failed.iter().all(|it| it.change.book != plain));
        assert!(failed.iter().all(|it| it.refusal.message.contains("one currency alone")));
        assert!(rebuild(&engine).await.unwrap().identical);
        engine.store.close().await;
    }
}

/// A row of before the first day never stood for review, whatever the bank made of it since.
#[tokio::test]
async fn what_came_in_before_the_books_leaves_nothing_for_review() {
    let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
    stage.sync().await;
    let engine = stage.engine().await;
    let early = row().to_string().replace("2026-08-10", "2026-07-30");
    say(&engine, "balance-transactions", &serde_json::from_str(&early).unwrap()).await;
    say(&engine, "payouts", &payout()).await;
    stage.sync().await;
    say_what_arrived(&engine, "2026-08-13").await;
    stage.sync().await;
    assert_eq!(state(&engine).await, FactState::Accounted { review: None });
    assert_eq!(in_text(&engine, REVIEW_IN_EUROS).await, None);
    let left = in_text(&engine, CLEARING).await;
    assert_eq!(left.as_deref(), Some("-95.00 EUR"), "out of the opening balances");
    let proof = stage.prove().await;
    let book = proof.books.iter().find(|book| book.book == "plain-text").unwrap();
    assert!(book.clearing.iter().all(|check| check.holds()), "{:#?}", book.clearing);
    let folder = stage.books_folder();
    check("bean-check", &["main.beancount"], &folder);
    check("hledger", &["-f", "main.journal", "check", "--strict"], &folder);
    engine.store.close().await;
}

/// What stands in the plain-text books on an account; none where nothing does.
async fn in_text(engine: &Engine, account: &str) -> Option<String> {
    let plain = "plain-text".into();
    let sums = engine.store.account_sums(engine.company_id(), &plain, None).await.unwrap();
    sums.get(account)?.iter().next().map(|sum| sum.to_string())
}

/// What stands in the company's books on an account, in minor units of its own currency.
fn stands(stage: &Stage, account: &str) -> i64 {
    stage.sums().into_iter().filter(|((name, _), _)| name == account).map(|(_, minor)| minor).sum()
}

/// What stands there on an account that is kept in euros, in cents.
fn euros(stage: &Stage, account: &str) -> i64 {
    let held = stage.merchant.company().company().foreign_balances();
    let (currency, minor) = held[account].clone();
    assert_eq!(currency, "EUR");
    minor
}

/// That every account of the company's books moved by what was entered there, at its worth.
async fn assert_as_entered(stage: &Stage) {
    let engine = stage.engine().await;
    let book = ConnectionId::new(COMPANY);
    let all = engine.store.entries(engine.company_id(), &book, EntryFilter::default());
    let mut entered: BTreeMap<String, i64> = BTreeMap::new();
    for booked in all.all().await.unwrap() {
        let Subject::Document { document, .. } = &booked.change.subject else { continue };
        let holds_money =
            |it: &&Line| matches!(it.account.kind, AccountKind::Clearing | AccountKind::Conversion);
        for line in document.lines().iter().filter(holds_money) {
            let name = line.account.name.replace(": ", " - ");
            *entered.entry(name).or_default() += line.amount.minor();
        }
    }
    engine.store.close().await;
    assert!(entered.len() > 3, "{entered:?}");
    for (account, minor) in entered {
        assert_eq!(stands(stage, &account), minor, "{account}");
    }
}

/// That each book holds what it was told in every currency, and nothing else. What the shop says of
/// its days tells nothing of what these tests make it say.
fn assert_adds_up(proof: &ProofReport) {
    for book in &proof.books {
        assert!(book.holds(), "{}", differences(proof));
        let others = book.accounts.iter().filter(|it| !it.others.is_zero());
        assert_eq!(others.count(), 0, "{:#?}", book.accounts);
    }
    let mut lines = proof.identities.iter().flat_map(|it| &it.lines);
    assert!(lines.all(|it| it.difference.is_zero()), "{:#?}", proof.identities);
}

#[tokio::test]
async fn quickbooks_holds_euros_beside_dollars_to_the_cent() {
    let clearing = CLEARING.replace(": ", " - ");
    for keeps_euros in [false, true] {
        let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
        let rates = [("EUR", "1.0912".parse().unwrap())];
        stage.merchant.company().company_mut().turn_on_currencies(&rates);
        stage.decide("currencies.conversion = \"Currency conversion\"").await;
        if keeps_euros {
            stage.decide("gateways.shopify_payments.banks.EUR = \"Bank EUR\"").await;
        }
        stage.sync().await;
        let engine = stage.engine().await;
        say(&engine, "orders", &order()).await;
        say(&engine, "balance-transactions", &row()).await;
        stage.sync().await;
        assert_eq!((euros(&stage, &clearing), stands(&stage, &clearing)), (9_500, 10_450));
        assert_eq!(stands(&stage, "Currency conversion"), 0);
        assert_as_entered(&stage).await;
        say(&engine, "payouts", &payout()).await;
        stage.sync().await;
        if !keeps_euros {
            say_what_arrived(&engine, "2026-08-13").await;
            stage.sync().await;
        }
        assert_eq!(state(&engine).await, FactState::Accounted { review: None });
        assert_eq!((euros(&stage, &clearing), stands(&stage, &clearing)), (0, 0));
        assert_eq!(stands(&stage, "Currency conversion"), 0);
        assert_eq!(stands(&stage, "Exchange Gain or Loss"), 0, "the vendor's own");
        match keeps_euros {
            true => {
                assert_eq!(
                    (euros(&stage, "Bank EUR"), stands(&stage, "Bank EUR")),
                    (9_500, 10_450)
                );
            }
            false => assert!(stands(&stage, "FX gain/loss (realised)") != 0),
        }
        assert_as_entered(&stage).await;
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        assert!(failed.is_empty(), "{failed:#?}");
        assert_adds_up(&stage.prove().await);
        assert!(rebuild(&engine).await.unwrap().identical);
        engine.store.close().await;
    }
}

#[tokio::test]
async fn what_waits_for_other_currencies_is_entered_once_they_are_on() {
    let stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
    stage.decide("currencies.conversion = \"Currency conversion\"").await;
    stage.sync().await;
    let engine = stage.engine().await;
    say(&engine, "orders", &order()).await;
    say(&engine, "balance-transactions", &row()).await;
    stage.sync().await;
    let failed = engine.store.failed(engine.company_id()).await.unwrap();
    assert!(!failed.is_empty());
    for failed in &failed {
        assert_eq!(failed.change.book.as_str(), COMPANY);
        assert_eq!(failed.refusal.kind, RefusalKind::CurrenciesOff, "{failed:#?}");
    }
    // The sale itself is entered, and stands on the account of conversion until then.
    assert_eq!(stands(&stage, "Currency conversion"), 10_450);
    let rates = [("EUR", "1.0912".parse().unwrap())];
    stage.merchant.company().company_mut().turn_on_currencies(&rates);
    stage.sync().await;
    assert_eq!(stands(&stage, "Currency conversion"), 0);
    assert_eq!(euros(&stage, &CLEARING.replace(": ", " - ")), 9_500);
    assert!(engine.store.failed(engine.company_id()).await.unwrap().is_empty());
    engine.store.close().await;
}

#[tokio::test]
async fn an_organisation_holds_euros_beside_dollars_to_the_cent() {
    for keeps_euros in [false, true] {
        let mut stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
        let xero = joined(&mut stage, &FaultSettings::none()).await;
        stage.decide("currencies.conversion = \"Currency conversion\"").await;
        if keeps_euros {
            stage.decide("gateways.shopify_payments.banks.EUR = \"Bank EUR\"").await;
        }
        stage.sync().await;
        let engine = stage.engine().await;
        say(&engine, "orders", &order()).await;
        say(&engine, "balance-transactions", &row()).await;
        say(&engine, "payouts", &payout()).await;
        stage.sync().await;
        if !keeps_euros {
            say_what_arrived(&engine, "2026-08-13").await;
            stage.sync().await;
        }
        // The owner adds the currency, and what waited for it is entered.
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        let of_xero: Vec<_> = failed.iter().filter(|it| it.change.book.as_str() == XERO).collect();
        let kinds: BTreeSet<_> =
            of_xero.iter().map(|it| format!("{:?}", it.refusal.kind)).collect();
        assert!(kinds.contains("CurrenciesOff"), "{of_xero:#?}");
        let rate = "0.9164".parse().unwrap();
        xero.vendor_itself().organisation_mut().subscribe("EUR", rate);
        stage.sync().await;
        stage.sync().await;
        let failed = engine.store.failed(engine.company_id()).await.unwrap();
        let of_xero: Vec<_> = failed.iter().filter(|it| it.change.book.as_str() == XERO).collect();
        assert!(of_xero.is_empty(), "{of_xero:#?}");
        let (held, ledger) = {
            let vendor = xero.vendor_itself();
            (vendor.organisation().foreign_balances(), vendor.organisation().ledger())
        };
        let at = |account: &str| -> i64 {
            ledger.iter().filter(|it| it.account == account).map(|it| it.minor).sum()
        };
        let expected = if keeps_euros { 9_500 } else { 0 };
        assert_eq!(held.get(CLEARING).map(|it| it.1), Some(0), "{held:?}");
        assert_eq!(held.get("Bank EUR").map_or(0, |it| it.1), expected);
        assert_eq!(at("Currency conversion"), 0);
        assert_eq!(at("Rounding"), 0);
        if !keeps_euros {
            assert_eq!(at(CLEARING), 0);
            assert!(at("FX gain/loss (realised)") != 0);
        }
        let proof = stage.prove().await;
        let book = proof.books.iter().find(|book| book.book == XERO).unwrap();
        assert!(book.holds(), "{}", differences(&proof));
        let others: Vec<_> = book.accounts.iter().filter(|it| !it.others.is_zero()).collect();
        assert!(others.is_empty(), "{others:#?}");
        assert!(rebuild(&engine).await.unwrap().identical);
        engine.store.close().await;
    }
}

/// What somebody else entered in the organisation: three euros and a half of charges on the bank's
/// account, and a transfer of a part of what was paid out back to the gateway's. What they are
/// called there.
fn entered_by_others(xero: &EmptyBooks, stage: &Stage) -> [String; 2] {
    let (mut vendor, now) = (xero.vendor_itself(), stage.clock.now());
    let organisation = vendor.organisation_mut();
    let accounts = organisation.shown(Kind::Account);
    let id = |name: &str| {
        let account = accounts.iter().find(|it| it["Name"] == name).unwrap();
        json!({ "AccountID": account["AccountID"] })
    };
    let costs = accounts.iter().find(|it| it["Type"] == "EXPENSE").unwrap();
    let charge = json!({
        "Description": "charges", "Quantity": 1, "UnitAmount": 3.5, "AccountCode": costs["Code"],
        "TaxType": "NONE",
    });
    let charges = json!({
        "Type": "SPEND", "Contact": { "Name": "The bank" }, "BankAccount": id("Bank EUR"),
        "Date": "2026-08-14", "LineItems": [charge],
    });
    let back = json!({
        "FromBankAccount": id("Bank EUR"), "ToBankAccount": id(CLEARING), "Amount": 1.25,
        "Date": "2026-08-15",
    });
    [
        organisation.enter(Kind::BankTransaction, &charges, now),
        organisation.enter(Kind::BankTransfer, &back, now),
    ]
}

#[tokio::test]
async fn what_others_moved_on_accounts_in_euros_is_told_in_euros() {
    let mut stage = Stage::after(&world(3, 40, 20), &FaultSettings::none()).await;
    let xero = joined(&mut stage, &FaultSettings::none()).await;
    xero.vendor_itself().organisation_mut().subscribe("EUR", "0.9164".parse().unwrap());
    stage.decide("currencies.conversion = \"Currency conversion\"").await;
    stage.decide("gateways.shopify_payments.banks.EUR = \"Bank EUR\"").await;
    stage.sync().await;
    let engine = stage.engine().await;
    for (stream, told) in
        [("orders", order()), ("balance-transactions", row()), ("payouts", payout())]
    {
        say(&engine, stream, &told).await;
    }
    engine.store.close().await;
    stage.sync().await;
    let in_organisation = |proof: ProofReport| {
        let mut books = proof.books.into_iter();
        (books.find(|book| book.book == XERO).unwrap(), proof.identities)
    };
    let before = in_organisation(stage.prove().await).0;
    assert!(before.holds() && before.by_others.is_empty(), "{before:#?}");
    let [charges, transfer] = entered_by_others(&xero, &stage);
    let (book, identities) = in_organisation(stage.prove().await);
    let named: Vec<(&str, &str, String)> = book
        .by_others
        .iter()
        .map(|it| (&*it.account, it.remote.as_str(), it.amount.to_string()))
        .collect();
    let mut expected = vec![
        ("Bank EUR", &*charges, "-3.50 EUR".to_owned()),
        ("Bank EUR", &*transfer, "-1.25 EUR".to_owned()),
        (CLEARING, &*transfer, "1.25 EUR".to_owned()),
    ];
    let mut sorted = named.clone();
    sorted.sort();
    expected.sort();
    assert_eq!(sorted, expected);
    let others: BTreeMap<&str, String> = book
        .accounts
        .iter()
        .filter(|it| !it.others.is_zero() && it.others.currency().code() == "EUR")
        .map(|it| (&*it.account, format!("{} of {}", it.others, it.held)))
        .collect();
    let sums = [("Bank EUR", "-4.75 EUR of 90.25 EUR"), (CLEARING, "1.25 EUR of 1.25 EUR")];
    assert_eq!(others, sums.map(|(name, sum)| (name, sum.to_owned())).into());
    assert!(!book.holds(), "a clearing account is the gateway's alone");
    let clearing = identities.iter().find(|it| it.identity == Identity::Clearing).unwrap();
    let behind: Vec<(&str, String)> = clearing
        .behind
        .iter()
        .filter(|it| it.about.contains(CLEARING))
        .map(|it| (&*it.fact, it.difference.to_string()))
        .collect();
    assert_eq!(behind, [(&*transfer, "1.25 EUR".to_owned())]);
}
