//! What was sold on each day by the shop's own report: all days first, later the last ones again.

use super::{Shopify, Stage, graphql, record};
use saldo_core::channel::{Channel, Next};
use saldo_core::commerce::{Fact, SaleKind, Saying};
use serde_json::{Value, json};

fn report(first: &str, until: &str) -> String {
    format!(
        "FROM sales SHOW total_sales SINCE {first} UNTIL {until} GROUP BY day, line_type \
         ORDER BY day ASC LIMIT 1000 WITH TIMEZONE 'UTC'"
    )
}

fn row(day: &str, line_type: &str, total: &str) -> Value {
    json!({ "day": day, "line_type": line_type, "total_sales": total })
}

fn reported(rows: &[Value]) -> Value {
    json!({
        "shop": { "currencyCode": "USD" },
        "shopifyqlQuery": { "parseErrors": [], "tableData": { "rows": rows } },
    })
}

#[test]
fn days_that_are_over_since_a_day_are_reported_and_the_last_ones_again() {
    let mut stage = Stage::new("sales-of-days");
    let (name, variables) = stage.question();
    assert_eq!(
        (name.as_str(), &variables["report"]),
        ("SalesOfDays", &json!(report("2026-11-01", "2026-11-19")))
    );
    let rows = [row("2026-11-02", "product", "10.5"), row("2026-11-19", "product", "7")];
    stage.data(reported(&rows));
    assert_eq!(stage.next(), Next::Done);
    assert_eq!(stage.ids().len(), 18, "what is not asked for is passed over");
    assert_eq!(stage.ids()[0], "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z");
    assert_eq!(stage.reached.unwrap().to_string(), "2026-11-20T12:00:00Z");
    stage.wait(86_400);
    assert_eq!(stage.question().1["report"], report("2026-11-13", "2026-11-20"));
}

#[test]
fn a_long_history_is_reported_fifty_days_at_a_time() {
    let mut stage = Stage::new("sales-of-days");
    stage.context.since = "2026-09-01T00:00:00Z".parse().unwrap();
    assert_eq!(stage.question().1["report"], report("2026-09-01", "2026-10-21"));
    stage.data(reported(&[]));
    assert!(stage.reached.is_none());
    assert_eq!(stage.question().1["report"], report("2026-10-21", "2026-11-19"));
    stage.data(reported(&[]));
    assert_eq!((stage.next(), stage.ids().len()), (Next::Done, 79));
}

#[test]
fn days_are_those_of_the_books() {
    let mut stage = Stage::new("sales-of-days");
    stage.context.zone = jiff::tz::TimeZone::get("America/New_York").unwrap();
    stage.context.since = "2026-11-01T04:00:00Z".parse().unwrap();
    let report = stage.question().1["report"].as_str().unwrap().to_owned();
    assert!(report.ends_with("WITH TIMEZONE 'America/New_York'"), "{report}");
    stage.data(reported(&[]));
    assert_eq!(stage.ids()[0], "2026-11-01T04:00:00Z/2026-11-02T05:00:00Z", "a day of 25 hours");
}

#[test]
fn the_order_of_rows_is_no_news() {
    let (one, other) = (row("2026-11-01", "product", "1"), row("2026-11-01", "shipping", "2"));
    let heard = |rows: &[Value]| {
        let mut stage = Stage::new("sales-of-days");
        stage.data(reported(rows));
        stage.records.remove(0).bytes
    };
    assert_eq!(heard(&[one.clone(), other.clone()]), heard(&[other, one]));
}

fn read(rows: &[Value]) -> Result<Saying, String> {
    let mut text = json!({ "currencyCode": "USD" }).to_string();
    rows.iter().for_each(|row| text += &format!("\n{row}"));
    let id = "2026-11-01T00:00:00Z/2026-11-02T00:00:00Z";
    let facts = Shopify.read(&record("sales-of-days", id, &text)).map_err(|it| it.message)?;
    let [Fact::Stated(stated)] = &facts[..] else { panic!("{facts:?}") };
    Ok(stated.saying.clone())
}

#[test]
fn a_report_says_what_goods_shipping_and_adjustments_come_to() {
    let day = "2026-11-01";
    let number = json!({ "day": day, "line_type": "product", "total_sales": 5 });
    let rows = [
        row(day, "product", "4508.1"),
        number,
        row(day, "shipping", "-9"),
        row(day, "gift_card", "0"),
        row(day, "tip", "3.00"),
    ];
    let Saying::Sales(sales) = read(&rows).unwrap() else { panic!() };
    let sum = |kind: SaleKind| {
        let of = sales.sums.iter().find(|(it, _)| *it == kind).map(|(_, sum)| sum.to_string());
        of.unwrap_or_default()
    };
    assert_eq!(sum(SaleKind::Product), "4513.10 USD");
    assert_eq!(sum(SaleKind::Shipping), "-9.00 USD");
    assert_eq!(sum(SaleKind::Adjustment), "0.00 USD", "a kind without a row came to nothing");
    assert_eq!(sales.sums.len(), 3, "what is summed up otherwise is not said");
}

#[test]
fn what_a_report_says_that_nobody_taught_us_is_held() {
    let day = "2026-11-01";
    for (row, why) in [
        (row(day, "subscription", "1"), "`subscription`"),
        (json!({ "day": day, "line_type": null, "total_sales": "1" }), "`no kind`"),
        (row(day, "product", "1.005"), "1.005"),
        (json!({ "day": day, "line_type": "product", "total_sales": null }), "null"),
    ] {
        let said = read(&[row]).unwrap_err();
        assert!(said.contains(why), "{said}");
    }
}

#[test]
fn an_app_without_reports_goes_on_and_asks_for_all_of_them_later() {
    let denied = json!({ "data": null, "errors": [{
        "message": "Access denied for shopifyqlQuery field. Required access: read_reports access \
                    scope.",
        "extensions": { "code": "ACCESS_DENIED" },
    }] });
    let confused = json!({ "data": {
        "shop": { "currencyCode": "USD" },
        "shopifyqlQuery": { "tableData": null, "parseErrors": ["Column 'x' not found"] },
    } });
    for (answer, said) in [(denied, "read_reports"), (confused, "Column 'x' not found")] {
        let mut stage = Stage::new("sales-of-days");
        stage.hear(&graphql(&answer)).unwrap();
        assert_eq!((stage.next(), stage.reached), (Next::Done, None));
        let [Fact::Stated(stated)] = &Shopify.read(&stage.records[0]).unwrap()[..] else {
            panic!("{:?}", stage.records)
        };
        let Saying::Refused(why) = &stated.saying else { panic!("{stated:?}") };
        assert!(why.contains(said), "{why}");
        stage.wait(86_400);
        assert_eq!(stage.question().1["report"], report("2026-11-01", "2026-11-20"));
    }
}
