//! Payouts whose rows stand in several files.

use super::{Desk, PAYMENTS};
use crate::engine::{plan, prove, rebuild, sync};
use saldo_core::book::Subject;
use saldo_core::text::ConnectionId;
use std::collections::BTreeMap;

/// A file of these rows of [`PAYMENTS`], from zero.
fn rows(places: &[usize]) -> String {
    let lines: Vec<&str> = PAYMENTS.lines().collect();
    let rows: Vec<&str> = places.iter().map(|place| lines[place + 1]).collect();
    format!("{}\n{}\n", lines[0], rows.join("\n"))
}

/// What is known and worked out, but for the way that led there.
async fn worked_out(desk: &Desk) -> String {
    let dump = desk.engine.store.dump_caches(desk.engine.company_id()).await.unwrap();
    let lines = dump.lines().filter(|line| !line.starts_with("outbox\t"));
    lines.collect::<Vec<_>>().join("\n")
}

/// What is proved, but for how many documents led there.
async fn proved(desk: &Desk) -> String {
    let mut proof = serde_json::to_value(prove(&desk.engine).await.unwrap()).unwrap();
    proof["books"][0]["documents"].take();
    serde_json::to_string_pretty(&proof).unwrap()
}

/// The books of a desk that was given these files, with a sync after each.
async fn after(files: &[String]) -> Desk {
    let desk = Desk::files_only().await;
    for file in files {
        let report = desk.import(file).await;
        assert!(report.is_whole(), "{report:?}");
        desk.books().await;
    }
    desk
}

#[tokio::test]
async fn a_payout_is_the_sum_of_its_rows_of_all_files_whichever_came_first() {
    let whole = after(&[PAYMENTS.to_owned()]).await;
    let (expected, proof) = (worked_out(&whole).await, proved(&whole).await);
    assert!(expected.contains("\tBank\tUSD\t2026-11-05\t6597"), "{expected}");
    let ways = [
        vec![rows(&[0, 1]), rows(&[2, 3])],
        vec![rows(&[2, 3]), rows(&[0, 1])],
        vec![rows(&[0, 1, 2]), rows(&[1, 2, 3])],
        vec![rows(&[1, 2, 3]), rows(&[0, 1])],
        vec![rows(&[3]), rows(&[2]), rows(&[1]), rows(&[0]), PAYMENTS.to_owned()],
    ];
    for files in ways {
        let desk = after(&files).await;
        assert_eq!(worked_out(&desk).await, expected, "{files:#?}");
        assert_eq!(proved(&desk).await, proof, "{files:#?}");
        let planned = plan(&desk.engine, None).await.unwrap();
        assert!(planned.iter().all(|book| book.changes.is_empty()));
        assert!(rebuild(&desk.engine).await.unwrap().identical);
    }
}

/// The payouts that stand in the books by number, in minor units, and how many documents say so.
async fn transfers(desk: &Desk) -> (i64, usize) {
    let (company, book) = (desk.engine.company_id(), ConnectionId::new("plain-text"));
    let slots = ["shopify:files/ShopifyPaymentsPayout/77".to_owned()];
    let changes = desk.engine.store.changes_for_slots(company, &book, &slots).await.unwrap();
    let on_bank = |subject: &Subject| match subject {
        Subject::Document { document, .. } => {
            let lines = document.lines().iter().filter(|line| &*line.account.name == "Bank");
            lines.map(|line| line.amount.minor()).sum::<i64>()
        }
        Subject::Need(_)
        | Subject::Confirmed { .. }
        | Subject::Amended { .. }
        | Subject::Attached { .. } => 0,
    };
    (changes.iter().map(|change| on_bank(&change.subject)).sum(), changes.len())
}

#[tokio::test]
async fn a_later_row_replaces_the_transfer_and_no_total_is_claimed() {
    let desk = after(&[rows(&[0])]).await;
    assert_eq!(transfers(&desk).await, (5_185, 1));
    desk.import(&rows(&[1, 2, 3])).await;
    desk.books().await;
    assert_eq!(transfers(&desk).await, (6_597, 3), "entered, taken out, entered");
    let proof = prove(&desk.engine).await.unwrap();
    assert!(proof.payouts.is_empty(), "there is no total to compare with");
    let [unstated] = &proof.unstated_payouts[..] else { panic!("{proof:#?}") };
    assert_eq!((unstated.rows, unstated.sum.to_string()), (3, "65.97 USD".to_owned()));
    assert_eq!(proof.books[0].payouts.len(), 1, "the book is compared with what was pushed");
    let explained = crate::engine::explain(&desk.engine, &unstated.about).await.unwrap();
    let [sum] = &explained.arithmetic[..] else { panic!("{:#?}", explained.arithmetic) };
    assert_eq!((sum.total.to_string(), sum.stated), ("65.97 USD".to_owned(), None));
    assert!(sum.about.ends_with("by its rows alone"), "{}", sum.about);
}

/// What the interface says of the payout.
fn payout_of_the_shop(net: &str) -> (&'static str, &'static str, String) {
    let id = "gid://shopify/ShopifyPaymentsPayout/77";
    let payout = serde_json::json!({
        "id": id, "legacyResourceId": "77", "status": "PAID", "transactionType": "DEPOSIT",
        "issuedAt": "2026-11-05T00:00:00Z", "externalTraceId": null,
        "net": { "amount": net, "currencyCode": "USD" },
    });
    ("payouts", id, payout.to_string())
}

#[tokio::test]
async fn a_total_that_is_stated_takes_the_place_of_the_rows_sum() {
    let desk = after(&[rows(&[0, 1])]).await;
    desk.hear(&[payout_of_the_shop("65.97")]).await;
    sync(&desk.engine).await.unwrap();
    assert_eq!(transfers(&desk).await.0, 0, "a row is missing: it is held");
    let proof = prove(&desk.engine).await.unwrap();
    assert!(proof.unstated_payouts.is_empty() && !proof.payouts[0].holds(), "{proof:#?}");
    desk.import(&rows(&[2, 3])).await;
    desk.books().await;
    assert_eq!(transfers(&desk).await.0, 6_597);
    let whole = after(&[PAYMENTS.to_owned()]).await;
    whole.hear(&[payout_of_the_shop("65.97")]).await;
    assert_eq!(sync(&whole.engine).await.unwrap().approved, 0, "nothing is entered again");
    assert_eq!(prove(&whole.engine).await.unwrap().payouts.len(), 1);
    assert_eq!(worked_out(&whole).await, worked_out(&desk).await);
}

#[tokio::test]
async fn rows_of_an_older_file_do_not_take_a_payout_back() {
    let older = rows(&[0]).replace(",paid,2026-11-05,", ",in_transit,2026-11-06,");
    for files in [[older.clone(), rows(&[1, 2, 3])], [rows(&[1, 2, 3]), older]] {
        let desk = after(&files).await;
        assert_eq!(transfers(&desk).await.0, 6_597);
    }
    let differing = rows(&[0]).replace(",2026-11-05,", ",2026-11-06,");
    let desk = after(&[rows(&[1, 2]), differing]).await;
    assert_eq!(transfers(&desk).await.0, 0);
    let held = desk.engine.store.held(desk.engine.company_id()).await.unwrap();
    assert_eq!(held.len(), 1);
    let message = &held[0].issue.message;
    assert!(message.contains("date it on 2026-11-05 and on 2026-11-06"), "{message}");
}

#[tokio::test]
async fn a_row_that_does_not_add_up_holds_its_payout_until_it_does() {
    let desk = after(&[rows(&[0, 1])]).await;
    desk.import(&rows(&[2]).replace(",-5.00,USD", ",-4.99,USD")).await;
    sync(&desk.engine).await.unwrap();
    assert_eq!(transfers(&desk).await.0, 0);
    let held = desk.engine.store.held(desk.engine.company_id()).await.unwrap();
    assert_eq!(held.len(), 1, "{held:#?}");
    let mended = desk.import(&rows(&[2])).await;
    assert_eq!((mended.new, mended.changed), (0, 1));
    let books: BTreeMap<String, String> = desk.books().await;
    assert_eq!(transfers(&desk).await.0, 6_597, "{books:?}");
}

#[tokio::test]
async fn an_older_file_does_not_take_a_rows_payout_away() {
    let newest = PAYMENTS.to_owned();
    let without = newest.replace(",paid,2026-11-05,77,", ",pending,,,");
    let on_its_way = newest.replace(",paid,2026-11-05,", ",in_transit,2026-11-06,");
    let whole = after(std::slice::from_ref(&newest)).await;
    let (expected, books) = (worked_out(&whole).await, whole.books().await);
    for older in [&without, &on_its_way] {
        for files in [[&newest, older], [older, &newest]] {
            let desk = after(&files.map(Clone::clone)).await;
            assert_eq!(transfers(&desk).await, (6_597, 1), "{older}");
            assert_eq!(desk.books().await, books, "{older}");
            let again = desk.import(older).await;
            assert_eq!((again.new, again.changed, again.known), (0, 0, 4), "nothing is news");
        }
        let desk = after(&[newest.clone(), older.clone()]).await;
        assert!(worked_out(&desk).await == expected, "as if nobody had imported it: {older}");
    }
}

#[tokio::test]
async fn a_newer_file_moves_a_row_to_another_payout_or_says_more_of_it() {
    let desk = after(&[rows(&[0, 1, 2])]).await;
    let moved = rows(&[2]).replace(",77,", ",78,");
    assert_eq!(desk.import(&moved).await.changed, 1);
    desk.books().await;
    assert_eq!(transfers(&desk).await.0, 7_097, "without the refund");
    let called_off = rows(&[0, 1]).replace(",paid,", ",canceled,");
    assert_eq!(desk.import(&called_off).await.changed, 2);
    desk.books().await;
    assert_eq!(transfers(&desk).await.0, 0);
}
