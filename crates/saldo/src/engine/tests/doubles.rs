//! A batch whose answer never came: it is looked for before anything is sent again, and only that
//! keeps it from being there twice.

use super::stage::{Books, Stage, world};
use super::tripwire::{Effect, Tripwire};
use crate::transport::carrier::SharedVendor;
use jiff::civil::Date;
use jiff::{Timestamp, ToSpan};
use saldo_core::exchange::{HttpAnswer, HttpRequest};
use saldo_sim::books::quickbooks_online::{Kind, QuickBooksOnlineSim};
use saldo_sim::fault::FaultSettings;
use saldo_sim::{Reply, Vendor};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// Longer than the vendor remembers the ids of requests.
const FORGOTTEN: Duration = Duration::from_secs(45 * 60);

/// A vendor in whose books nothing of ours is ever found by number or day.
struct Blind(SharedVendor);

impl Vendor for Blind {
    fn answer(&mut self, request: &HttpRequest, now: Timestamp) -> Reply {
        let asked = String::from_utf8_lossy(&request.body).into_owned() + &request.url;
        let looks_up = ["DocNumber", "TxnDate"].iter().any(|it| {
            asked.contains(&format!("where {it}"))
                || asked.contains(&format!("where%20{it}"))
                || asked.contains(&format!("where+{it}"))
        });
        if !looks_up {
            return self.0.lock().unwrap().answer(request, now);
        }
        let items: Option<Value> = serde_json::from_slice(&request.body).ok();
        let items = items.as_ref().and_then(|it| it.get("BatchItemRequest")?.as_array());
        let nothing = |item: &Value| json!({ "bId": item["bId"], "QueryResponse": {} });
        let body = match items {
            Some(items) => {
                json!({ "BatchItemResponse": items.iter().map(nothing).collect::<Vec<_>>() })
            }
            None => json!({ "QueryResponse": {} }),
        };
        let body = body.to_string().into_bytes();
        Reply::Answer(HttpAnswer { status: 200, headers: Vec::new(), body })
    }
}

/// A company that lets a number be used twice, so that nothing but a look-up prevents it.
async fn stage() -> Stage {
    let stage = Stage::after(&world(9, 50, 20), &FaultSettings::none()).await;
    let mut company = stage.merchant.company();
    company.company_mut().settings.warn_duplicate_sales_numbers = false;
    company.company_mut().settings.warn_duplicate_check_numbers = false;
    drop(company);
    stage
}

/// The numbers of the effects at which a process has an answer of the company in its hand, and the
/// books in the end.
async fn heard(stage: &Stage) -> (Vec<usize>, Books) {
    let wire = Tripwire::default();
    assert!(!stage.sync_until_death(&wire).await);
    let seen = (0..).zip(wire.seen());
    let heard =
        seen.filter_map(|(number, effect)| (effect == Effect::HearCompany).then_some(number));
    (heard.collect(), stage.books())
}

/// The books after a process ended with an answer of the company in its hand, and another went on
/// after the vendor had forgotten.
async fn after_death_at(mut stage: Stage, number: usize, blind: bool) -> Books {
    assert!(stage.sync_until_death(&Tripwire::at(number)).await);
    stage.clock.advance(FORGOTTEN);
    if blind {
        let seeing = Arc::clone(&stage.books);
        stage.books = Arc::new(Mutex::new(Box::new(Blind(seeing))));
    }
    stage.sync().await;
    stage.books()
}

#[tokio::test]
async fn only_the_look_up_prevents_doubles() {
    let (heard, expected) = heard(&stage().await).await;
    let mut doubled = 0;
    for number in heard {
        let seeing = after_death_at(stage().await, number, false).await;
        assert_eq!(seeing, expected, "death at effect {number}");
        let blind = after_death_at(stage().await, number, true).await;
        doubled += usize::from(blind.ledger.lines().count() > expected.ledger.lines().count());
    }
    assert!(doubled > 0, "without the look-up something is there twice");
}

/// A company that numbers its documents itself, whatever numbers they come with.
async fn numbering() -> Stage {
    let stage = stage().await;
    stage.merchant.company().company_mut().settings.custom_txn_numbers = false;
    stage
}

/// A ledger without the numbers of its documents, which follow the order in which they came.
fn unnumbered(books: &Books) -> Vec<String> {
    let without = |line: &str| {
        let mut columns: Vec<&str> = line.split('\t').collect();
        columns.remove(2);
        columns.join(" ")
    };
    let mut lines: Vec<String> = books.ledger.lines().map(without).collect();
    lines.sort();
    lines
}

#[tokio::test]
async fn what_lost_its_number_is_found_by_its_marker() {
    let (heard, expected) = heard(&numbering().await).await;
    assert!(expected.ledger.contains("\t1001\t"), "the company gave its own numbers");
    for number in heard {
        let books = after_death_at(numbering().await, number, false).await;
        assert_eq!(unnumbered(&books), unnumbered(&expected), "death at effect {number}");
    }
}

/// How many transfers somebody else enters on a day: more than one answer holds.
const BUSY: usize = 1_200;
/// How many of them go into one request.
const AT_ONCE: usize = 30;

/// A company in which somebody else has entered a great many transfers on a day.
async fn busy_on(day: Date) -> Stage {
    let stage = stage().await;
    let mut company = stage.merchant.company();
    let mut now = stage.clock.now() - 1.hour();
    let token = format!("Bearer {}", company.connect(now).access_token);
    let realm = company.company().realm().to_owned();
    let url = |path: &str| format!("https://company.example/v3/company/{realm}/{path}");
    let ask = |request: HttpRequest, company: &mut QuickBooksOnlineSim, now| {
        let Reply::Answer(answer) = company.answer(&request.header("authorization", &token), now)
        else {
            panic!("no answer")
        };
        serde_json::from_slice::<Value>(&answer.body).unwrap()
    };
    let query = "query?query=select%20%2A%20from%20Account%20where%20AccountType='Bank'";
    let banks = ask(HttpRequest::get(url(query)), &mut company, now);
    let bank = |place: usize| banks["QueryResponse"]["Account"][place]["Id"].clone();
    let transfer = json!({
        "TxnDate": day.to_string(),
        "FromAccountRef": { "value": bank(0) },
        "ToAccountRef": { "value": bank(1) },
        "Amount": 1,
    });
    let item = |place: usize| {
        let place = place.to_string();
        json!({ "bId": place, "operation": "create", "Transfer": transfer })
    };
    let batch = json!({ "BatchItemRequest": (0..AT_ONCE).map(item).collect::<Vec<_>>() });
    for _ in 0..BUSY / AT_ONCE {
        now += 2.seconds();
        let request = HttpRequest::post_json(url("batch"), batch.to_string().into_bytes());
        let answer = ask(request, &mut company, now);
        let last = &answer["BatchItemResponse"][AT_ONCE - 1];
        assert!(last["Transfer"]["Id"].is_string(), "{answer}");
    }
    drop(company);
    stage
}

#[tokio::test]
async fn a_day_of_more_transfers_than_an_answer_holds_is_read_to_its_end() {
    let quiet = stage().await;
    quiet.sync().await;
    let ledger = quiet.merchant.company().company().ledger();
    let payout = ledger.iter().find(|posting| posting.kind == Kind::Transfer).unwrap();
    let (heard, expected) = heard(&busy_on(payout.date).await).await;
    for number in heard {
        let books = after_death_at(busy_on(payout.date).await, number, false).await;
        assert!(books == expected, "death at effect {number}");
    }
}
