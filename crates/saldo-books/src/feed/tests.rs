//! What files look like, byte for byte, and what holds for each.

use super::{feed_file, row_bytes};
use crate::book;
use jiff::civil::{Date, date};
use jiff::tz::{Offset, TimeZone};
use proptest::prelude::*;
use saldo_core::feed::{FeedFormat, FeedMissing, FeedRow, FeedUpload, Statement};
use saldo_core::money::{Currency, Money};
use saldo_core::policy::{DayOrder, Feed, StatementKind};

fn usd(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

fn row(day: i8, id: &str, minor: i64, payee: &str, description: &str) -> FeedRow {
    FeedRow {
        day: date(2026, 11, day),
        id: id.to_owned(),
        amount: usd(minor),
        payee: payee.to_owned(),
        description: description.to_owned(),
    }
}

fn statement(rows: Vec<FeedRow>) -> Statement {
    Statement {
        kind: StatementKind::Bank,
        feed: Feed {
            number: "BALANCE-01".to_owned(),
            through: None,
            bank: Some("021000021".to_owned()),
            institution: Some("00017".to_owned()),
            opening: None,
            dates: DayOrder::default(),
        },
        currency: Currency::parse("USD").unwrap(),
        zone: TimeZone::get("America/New_York").unwrap(),
        rows,
        until: date(2026, 11, 21),
        balance: Some(usd(500_000)),
        number: 3,
        made_at: "2026-11-22T12:00:00Z".parse().unwrap(),
    }
}

fn mixed() -> Vec<FeedRow> {
    vec![
        row(5, "9ZC4W61RNEA", 123_456, "8842", "Shopify Payments: payout 8842"),
        row(6, "Q0T3M8XK2VB", -5, "Smith & <Søn>, \"Łódź\"", "=1+1, back\nagain"),
    ]
}

fn upload(name: &str) -> &'static FeedUpload {
    book(name).unwrap().description().feed.as_ref().unwrap()
}

fn text(statement: &Statement, format: FeedFormat, name: &str) -> String {
    let bytes = feed_file(statement, format, upload(name)).unwrap();
    let encoding = match format {
        FeedFormat::Table => encoding_rs::UTF_8,
        FeedFormat::Ofx | FeedFormat::WebConnect => encoding_rs::WINDOWS_1252,
    };
    let (text, _, failed) = encoding.decode(&bytes);
    assert!(!failed && text.ends_with("\r\n"));
    assert_eq!(text.matches('\n').count(), text.matches("\r\n").count());
    text.replace("\r\n", "\n")
}

#[test]
fn an_ofx_file_states_the_account_its_rows_and_its_balance() {
    insta::assert_snapshot!("ofx", text(&statement(mixed()), FeedFormat::Ofx, "xero"));
}

#[test]
fn web_connect_adds_the_number_of_the_bank() {
    let ofx = text(&statement(mixed()), FeedFormat::Ofx, "quickbooks-online");
    let qbo = text(&statement(mixed()), FeedFormat::WebConnect, "quickbooks-online");
    assert!(!ofx.contains("INTU"));
    let named = ofx.replace("<ORG>Saldo</FI>", "<ORG>Saldo<FID>00017</FI><INTU.BID>00017");
    assert_eq!(qbo, named);
    insta::assert_snapshot!("web_connect", qbo);
}

#[test]
fn a_card_has_a_statement_of_its_own() {
    let feed = Feed { number: "CARD-1".to_owned(), ..statement(Vec::new()).feed };
    let card = Statement {
        kind: StatementKind::Card,
        feed,
        balance: Some(usd(-32_010)),
        ..statement(vec![row(21, "A", -32_010, "Labels", "")])
    };
    let text = text(&card, FeedFormat::Ofx, "xero");
    let (_, body) = text.split_once("\n\n").unwrap();
    insta::assert_snapshot!("card", body);
}

#[test]
fn tables_have_the_columns_of_the_page() {
    for name in ["quickbooks-online", "xero"] {
        let table = text(&statement(mixed()), FeedFormat::Table, name);
        insta::assert_snapshot!(format!("table_of_{name}"), table);
    }
    for (order, shown) in [(DayOrder::DayFirst, "05/11/2026"), (DayOrder::MonthFirst, "11/05/2026")]
    {
        let mut statement = statement(mixed());
        statement.feed.dates = order;
        assert!(text(&statement, FeedFormat::Table, "xero").contains(&format!("\n{shown},")));
    }
}

#[test]
fn what_the_owner_did_not_say_is_not_made_up() {
    let mut statement = statement(mixed());
    let made = |statement: &Statement, format| feed_file(statement, format, upload("xero"));
    statement.feed.institution = None;
    assert_eq!(made(&statement, FeedFormat::WebConnect), Err(FeedMissing::Institution));
    statement.balance = None;
    assert_eq!(made(&statement, FeedFormat::Ofx), Err(FeedMissing::Opening));
    assert!(made(&statement, FeedFormat::Table).is_ok());
}

/// The values of a leaf, as whoever takes SGML apart finds them.
fn leaves<'a>(text: &'a str, tag: &str) -> Vec<&'a str> {
    let begin = format!("<{tag}>");
    let rest = text.split(begin.as_str()).skip(1);
    rest.map(|rest| rest.split('<').next().unwrap_or("").trim_end()).collect()
}

#[test]
fn a_day_is_the_same_in_greenwich_and_where_the_books_are() {
    let days = [date(2026, 1, 1), date(2026, 2, 28), date(2026, 7, 1), date(2026, 12, 31)];
    for minutes in (-12 * 60..=14 * 60).step_by(15) {
        let offset = Offset::from_seconds(minutes * 60).unwrap();
        for day in days {
            let mut statement = statement(vec![FeedRow { day, ..row(1, "A", 1, "a", "") }]);
            (statement.zone, statement.until) = (TimeZone::fixed(offset), day);
            let text = text(&statement, FeedFormat::Ofx, "xero");
            for leaf in ["DTPOSTED", "DTSTART", "DTEND", "DTASOF"] {
                let [instant] = leaves(&text, leaf)[..] else { panic!("{leaf}: {text}") };
                let read = jiff::civil::DateTime::strptime("%Y%m%d%H%M%S", instant).unwrap();
                assert_eq!(read.date(), day);
                let there = read.to_zoned(TimeZone::UTC).unwrap().timestamp();
                assert_eq!(there.to_zoned(TimeZone::fixed(offset)).date(), day, "{offset}");
            }
        }
    }
}

fn any_row() -> impl Strategy<Value = (i8, i64, String, String)> {
    (1_i8..=21, -10_000_000_i64..10_000_000, any::<String>(), "\\PC{0,400}")
}

fn rows_of(drawn: Vec<(i8, i64, String, String)>) -> Vec<FeedRow> {
    let mut rows: Vec<FeedRow> = (0..)
        .zip(drawn)
        .map(|(id, (day, minor, payee, description))| {
            row(day, &format!("ID{id:09}"), minor, &payee, &description)
        })
        .collect();
    rows.sort_by_key(|row| row.day);
    rows
}

fn days_of(rows: &[FeedRow]) -> Vec<Date> {
    rows.iter().map(|row| row.day).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_rows_say_files_can_be_read(
        drawn in prop::collection::vec(any_row(), 1..20),
        opening in -1_000_000_i64..1_000_000,
    ) {
        let rows = rows_of(drawn);
        let sum = Money::sum(usd(0).currency(), rows.iter().map(|row| row.amount)).unwrap();
        let balance = Some(usd(opening).plus(sum).unwrap());
        let statement = Statement { balance, ..statement(rows.clone()) };
        let bytes = feed_file(&statement, FeedFormat::WebConnect, upload("quickbooks-online"));
        let bytes = bytes.unwrap();
        let is_control = |byte: &u8| *byte < b' ' && !matches!(byte, b'\r' | b'\n');
        prop_assert!(!bytes.iter().any(is_control));
        let (text, ..) = encoding_rs::WINDOWS_1252.decode(&bytes);
        let amounts = leaves(&text, "TRNAMT");
        let amounts = amounts.iter().map(|it| Money::parse(it, usd(0).currency()).unwrap());
        let read = usd(opening).plus(Money::sum(usd(0).currency(), amounts).unwrap()).unwrap();
        prop_assert_eq!(leaves(&text, "BALAMT"), [read.amount_text()]);
        let ids: Vec<&str> = rows.iter().map(|row| row.id.as_str()).collect();
        prop_assert_eq!(leaves(&text, "FITID"), ids);
        for (leaf, most) in [("NAME", 32), ("MEMO", 255)] {
            for value in leaves(&text, leaf) {
                let value = value.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&");
                prop_assert!(value.chars().count() <= most);
            }
        }
        let around = feed_file(
            &Statement { rows: Vec::new(), ..statement.clone() },
            FeedFormat::WebConnect,
            upload("quickbooks-online"),
        );
        let of_rows: usize =
            rows.iter().map(|row| row_bytes(row, upload("quickbooks-online"))).sum();
        prop_assert!(bytes.len() <= around.unwrap().len() + of_rows);
    }

    #[test]
    fn whatever_rows_say_tables_can_be_read(drawn in prop::collection::vec(any_row(), 1..20)) {
        let rows = rows_of(drawn);
        for name in ["quickbooks-online", "xero"] {
            let upload = upload(name);
            let table = feed_file(&statement(rows.clone()), FeedFormat::Table, upload).unwrap();
            let mut read = csv::Reader::from_reader(table.as_slice());
            let heads = read.headers().unwrap().clone();
            let place = |head: &str| heads.iter().position(|it| it == head).unwrap();
            let found: Vec<csv::StringRecord> = read.records().map(Result::unwrap).collect();
            let days: Vec<Date> =
                found.iter().map(|it| it[place("Date")].parse().unwrap()).collect();
            prop_assert_eq!(days, days_of(&rows));
            let amounts: Vec<&str> = found.iter().map(|it| &it[place("Amount")]).collect();
            let wanted: Vec<String> = rows.iter().map(|row| row.amount.amount_text()).collect();
            prop_assert_eq!(amounts, wanted);
            let of_rows: usize = rows.iter().map(|row| row_bytes(row, upload)).sum();
            prop_assert!(table.len() <= heads.as_slice().len() + heads.len() + 1 + of_rows);
        }
    }
}
