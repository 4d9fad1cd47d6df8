//! Rows that files alone tell, of orders that the shop's interface tells.

use super::{Desk, ORDERS, PAYMENTS, said_by_the_shop};
use crate::engine::{plan, prove, rebuild, sync};
use std::collections::BTreeMap;

const CLEARING: &str = "Clearing: Shopify Payments";
const REVIEW: &str = "Platform adjustments - to review";

/// The row of the first order, paid out.
fn row() -> String {
    PAYMENTS.lines().take(2).map(|line| format!("{line}\n")).collect()
}

/// The books once both were told and nothing more is planned.
async fn settled(desk: &Desk) -> BTreeMap<String, String> {
    let books = desk.books().await;
    let planned = plan(&desk.engine, None).await.unwrap();
    assert!(planned.iter().all(|book| book.changes.is_empty()), "{planned:#?}");
    assert!(rebuild(&desk.engine).await.unwrap().identical);
    books
}

#[tokio::test]
async fn a_row_of_a_file_finds_the_order_of_the_interface_whichever_came_first() {
    let [order, _] = said_by_the_shop();
    let orders = std::slice::from_ref(&order);
    let order_first = Desk::files_only().await;
    order_first.hear(orders).await;
    sync(&order_first.engine).await.unwrap();
    assert!(order_first.import(&row()).await.is_whole());
    let row_first = Desk::files_only().await;
    row_first.import(&row()).await;
    assert_eq!(row_first.books().await[REVIEW], "-53.71 USD", "nobody told the order yet");
    row_first.hear(orders).await;
    for desk in [order_first, row_first] {
        let books = settled(&desk).await;
        assert_eq!(books.get(CLEARING), None, "all is paid out: {books:?}");
        assert_eq!(books.get(REVIEW), None, "{books:?}");
        assert_eq!(prove(&desk.engine).await.unwrap().facts.to_review, 0);
    }
}

#[tokio::test]
async fn orders_find_rows_by_name_after_further_files_too() {
    let [order, numbered] = said_by_the_shop();
    let unnumbered = ORDERS.replace(",Id\n", "\n").replace(",5001\n", "\n");
    let unnumbered = unnumbered.replace(",5002\n", "\n").replace(",5003\n", "\n");
    let desk = Desk::files_only().await;
    desk.import(PAYMENTS).await;
    desk.import(&unnumbered).await;
    let expected = desk.books().await;
    desk.hear(&[order]).await;
    assert_eq!(settled(&desk).await, expected, "one order, whoever tells it");
    // Once the interface tells the row as well, the one of the file is set aside.
    desk.hear(&[numbered]).await;
    assert_eq!(settled(&desk).await, expected);
}

#[tokio::test]
async fn a_payment_that_a_numbered_row_explains_explains_no_other() {
    let desk = Desk::files_only().await;
    desk.hear(&said_by_the_shop()).await;
    let other = row().replace("2026-11-02 10:00:05", "2026-11-02 10:00:07");
    desk.import(&other).await;
    let books = settled(&desk).await;
    assert_eq!(books[REVIEW], "-53.71 USD", "the order has one payment: {books:?}");
}
