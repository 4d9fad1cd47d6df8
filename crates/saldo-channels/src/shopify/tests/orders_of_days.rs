//! How many orders the shop counts on each day: all days at first, later the last ones again.

use super::{Shopify, Stage, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{Fact, Saying};
use serde_json::{Value, json};

fn counts(first: u64) -> Value {
    let count = |number: u64| json!({ "count": first + number, "precision": "EXACT" });
    Value::Object((0..10).map(|it| (format!("day{it}"), count(it))).collect())
}

fn filter(from: &str, until: &str) -> String {
    format!("processed_at:>='2026-{from}Z' processed_at:<'2026-{until}Z'")
}

#[test]
fn all_days_that_are_over_are_counted_ten_at_a_time() {
    let mut stage = Stage::new("orders-of-days");
    let (name, variables) = stage.question();
    assert_eq!(name, "OrdersOfDays");
    assert_eq!(variables["day0"], filter("11-01T00:00:00", "11-02T00:00:00"));
    assert_eq!(variables["day9"], filter("11-10T00:00:00", "11-11T00:00:00"));
    stage.data(counts(20));
    let variables = stage.question().1;
    assert_eq!(variables["day8"], filter("11-19T00:00:00", "11-20T00:00:00"));
    assert_eq!(variables["day9"], variables["day8"], "the day that is not over is not counted");
    stage.data(counts(30));
    assert_eq!(stage.next(), Next::Done);
    assert_eq!(stage.ids().len(), 19);
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T12:00:00Z");
    stage.wait(86_400);
    let variables = stage.question().1;
    assert_eq!(variables["day0"], filter("11-13T00:00:00", "11-14T00:00:00"));
    assert_eq!(variables["day7"], filter("11-20T00:00:00", "11-21T00:00:00"));
}

#[test]
fn days_are_those_of_the_books_however_long_they_are() {
    let mut stage = Stage::new("orders-of-days");
    stage.context.zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    stage.context.since = "2026-11-01T04:00:00Z".parse().unwrap();
    let first = &stage.question().1["day0"];
    assert_eq!(*first, filter("11-01T04:00:00", "11-02T05:00:00"), "a day of 25 hours");
}

#[test]
fn a_count_says_of_which_day_it_is() {
    let id = "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z";
    let read = |id: &str, text: &str| Shopify.read(&record("orders-of-days", id, text));
    let facts = read(id, r#"{"count":12,"precision":"EXACT"}"#).unwrap();
    let [Fact::Stated(stated)] = &facts[..] else { panic!("{facts:?}") };
    let Saying::Orders(day) = &stated.saying else { panic!("{stated:?}") };
    assert_eq!((day.count, day.from.to_string()), (12, "2026-11-01T00:00:00Z".to_owned()));
    assert!(read(id, r#"{"count":10000,"precision":"AT_LEAST"}"#).is_err());
    assert!(read("2026-11-01", r#"{"count":12,"precision":"EXACT"}"#).is_err());
}
