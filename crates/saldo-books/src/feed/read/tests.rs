//! What banks write, and what is read in it.

use super::{ReadStatement, StatementFault, StatementForm, TablePart, TableWords, read_statement};
use crate::book;
use crate::feed::feed_file;
use jiff::tz::TimeZone;
use proptest::prelude::*;
use saldo_core::feed::{FeedFormat, FeedRow, Statement};
use saldo_core::money::{Currency, Money};
use saldo_core::policy::{DayOrder, Feed, StatementKind};

fn usd() -> Currency {
    Currency::parse("USD").unwrap()
}

fn read(text: &[u8]) -> Result<ReadStatement, StatementFault> {
    read_statement(text, usd(), &TableWords::default())
}

/// The rows, one a line.
fn shown(text: &str) -> String {
    let read = read(text.as_bytes()).unwrap();
    let row = |row: &saldo_core::bank::BankRow| {
        format!("{} {} {}", row.day, row.amount.amount_text(), row.text)
    };
    read.rows.iter().map(|(it, _)| row(it)).collect::<Vec<_>>().join("\n")
}

fn ids(text: &str) -> Vec<String> {
    read(text.as_bytes()).unwrap().rows.into_iter().map(|(row, _)| row.id).collect()
}

const TIDY: &str = "OFXHEADER:100\r\nDATA:OFXSGML\r\nCHARSET:1252\r\n\r\n<OFX><BANKMSGSRSV1>\
    <STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>77</BANKACCTFROM><BANKTRANLIST>\
    <STMTTRN><TRNTYPE>CREDIT<DTPOSTED>20261105120000[-5:EST]<TRNAMT>100.00<FITID>a1<NAME>Payout\
    <MEMO>From A &amp; B</STMTTRN>\
    <STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261106<TRNAMT>-5,50<FITID>a2<NAME>Labels<MEMO>Labels\
    </STMTTRN></BANKTRANLIST><LEDGERBAL><BALAMT>94.50</LEDGERBAL></STMTRS></STMTTRNRS>\
    </BANKMSGSRSV1></OFX>";
const SAID: &str = "2026-11-05 100.00 Payout - From A & B\n2026-11-06 -5.50 Labels";

#[test]
fn the_same_rows_are_read_however_tags_are_written() {
    let cases = [
        TIDY.to_owned(),
        TIDY.to_lowercase()
            .replace("payout", "Payout")
            .replace("labels", "Labels")
            .replace("from a &amp; b", "From A &amp; B"),
        TIDY.replace("</STMTTRN>", "").replace("</BANKACCTFROM>", ""),
        TIDY.replace("\r\n", " "),
        TIDY.replace("<FITID>a1", "<FITID> a1 </FITID>\n").replace("100.00<", "+100.00</TRNAMT><"),
        // The account of the other side is another one's.
        TIDY.replace("<NAME>Labels", "<BANKACCTTO><ACCTID>99</BANKACCTTO><NAME>Labels"),
        format!(
            "<?xml version=\"1.0\"?><?OFX OFXHEADER=\"200\" VERSION=\"202\"?>{}",
            TIDY.split_once("\r\n\r\n").unwrap().1
        ),
    ];
    for text in cases {
        assert_eq!(shown(&text), SAID, "{text}");
        assert_eq!(ids(&text), ids(TIDY), "{text}");
    }
    let read = read(TIDY.as_bytes()).unwrap();
    assert_eq!(read.form, StatementForm::Ofx);
    let raw =
        "<STMTTRN><TRNTYPE>DEBIT<DTPOSTED>20261106<TRNAMT>-5,50<FITID>a2<NAME>Labels<MEMO>Labels";
    assert_eq!(read.rows[1].1, raw);
}

#[test]
fn letters_are_those_that_the_bytes_are() {
    let text = TIDY.replace("Payout", "Søn");
    let utf_8 = read(text.as_bytes()).unwrap();
    let (in_1252, ..) = encoding_rs::WINDOWS_1252.encode(&text);
    assert_eq!(read(&in_1252).unwrap(), utf_8);
    assert!(utf_8.rows[0].0.text.starts_with("Søn"));
}

#[test]
fn an_id_that_a_bank_gives_twice_tells_rows_apart_by_day_and_amount() {
    let twice = TIDY.replace("<FITID>a2", "<FITID>a1");
    assert_eq!(ids(&twice).len(), 2);
    assert_ne!(ids(&twice)[0], ids(&twice)[1]);
    let same = twice.replace("20261106<TRNAMT>-5,50", "20261105<TRNAMT>100.00");
    assert_eq!(ids(&same).len(), 1, "the same row twice");
    let none = same.replace("<FITID>a1", "").replace("<MEMO>Labels", "<MEMO>From A &amp; B");
    let none = none.replace("<NAME>Labels", "<NAME>Payout");
    assert_eq!(ids(&none).len(), 2, "without ids, rows that say the same are two");
}

#[test]
fn what_can_not_be_read_in_one_way_is_refused() {
    let refused = |text: &str| read(text.as_bytes()).unwrap_err();
    let many = TIDY.replace("</STMTRS>", "</STMTRS><STMTRS><BANKACCTFROM><ACCTID>78</STMTRS>");
    assert_eq!(refused(&many), StatementFault::SeveralAccounts);
    let euros = TIDY.replace("<CURDEF>USD", "<CURDEF>EUR");
    assert_eq!(refused(&euros), StatementFault::Currency("EUR".to_owned(), usd()));
    let corrected = TIDY.replace("<FITID>a2", "<FITID>a2<CORRECTFITID>a1");
    assert_eq!(refused(&corrected), StatementFault::Correction("a2".to_owned()));
    let unreadable = |text: &str, row, what, said: &str| {
        let text_there = said.to_owned();
        let wanted = StatementFault::Unreadable { row, what, text: text_there };
        assert_eq!(refused(text), wanted, "{text}");
    };
    unreadable(&TIDY.replace("-5,50", "five"), 2, "amount", "five");
    unreadable(&TIDY.replace("20261106", "20261306"), 2, "day", "20261306");
    assert_eq!(refused("<OFX></OFX>"), StatementFault::NoRows);
    assert_eq!(refused("Date,Amount,Description\n"), StatementFault::NoRows);
    let large = vec![b'<'; super::STATEMENT_MOST + 1];
    assert_eq!(read(&large), Err(StatementFault::TooLarge));
    unreadable("Date,Amount,Memo\n2026-11-05,1.234,x\n", 1, "amount", "1.234");
    unreadable("Date,Amount,Memo\n5.11.26,1,x\n", 1, "day", "5.11.26");
    let two = refused("Date,Amount,Memo\n05/11/2026,1,x\n");
    assert_eq!(two, StatementFault::TwoDays("05/11/2026".to_owned()));
    let euros = refused("Date,Amount,Memo,Currency\n2026-11-05,1,x,EUR\n");
    assert_eq!(euros, StatementFault::Currency("EUR".to_owned(), usd()));
    let heads = "Tag, Betrag".to_owned();
    let missing = StatementFault::Column { part: TablePart::Amount, heads };
    assert_eq!(refused("Tag,Betrag\n1,2\n"), missing);
}

#[test]
fn tables_are_read_by_their_heads() {
    let plain = "Date,Description,Amount\n2026-11-05,\"Payout, 8842\",\"1,234.56\"\n\n";
    let wanted = "2026-11-05 1234.56 Payout, 8842";
    assert_eq!(shown(plain), wanted);
    let cases = [
        "Posted date;Memo;Amount\n2026-11-05 10:00:00 UTC;Payout, 8842;1234,56\n",
        "Details,Credit,Debit,Date\n\"Payout, 8842\",1234.56,,\"Nov 5, 2026\"\n",
        "\u{feff}date\tdescription\tmoney in\tmoney out\n5 Nov 2026\tPayout, 8842\t1234.56\t\n",
    ];
    for text in cases {
        assert_eq!(shown(text), wanted, "{text}");
    }
    let out = "Date,Memo,Credit,Debit\n2026-11-05,x,,5.00\n2026-11-05,y,,-5.00\n";
    assert_eq!(shown(out), "2026-11-05 -5.00 x\n2026-11-05 -5.00 y");
    let columns =
        [(TablePart::Date, "Tag"), (TablePart::Amount, "Betrag"), (TablePart::Text, "Wer")];
    let columns = columns.map(|(part, head)| (part, head.to_owned())).into();
    let words = TableWords { columns, dates: Some(DayOrder::DayFirst) };
    let german = "Tag;Wer;Betrag\n05.11.2026;Payout, 8842;1.234,56\n";
    let read_so = read_statement(german.as_bytes(), usd(), &words).unwrap();
    assert_eq!(read_so.rows[0].0, read(plain.as_bytes()).unwrap().rows[0].0);
    assert_eq!(read_so.rows[0].1, "05.11.2026\tPayout, 8842\t1.234,56");
}

#[test]
fn rows_of_a_table_that_say_the_same_are_told_apart_by_their_number() {
    let one = "Date,Memo,Amount\n2026-11-05,Label,-5.00\n";
    let two = format!("{one}2026-11-05,Label,-5.00\n");
    assert_eq!(ids(&two)[0], ids(one)[0]);
    assert_ne!(ids(&two)[0], ids(&two)[1]);
    let later = format!("Date,Memo,Amount\n2026-11-04,Before,1\n{}", &two[17..]);
    assert_eq!(ids(&later)[1..], ids(&two), "wherever they stand");
}

proptest! {
    #[test]
    fn whatever_a_file_says_nothing_breaks(bytes in prop::collection::vec(any::<u8>(), 0..400)) {
        let _ = read(&bytes).is_ok();
        let _ = read(&[TIDY.as_bytes(), &bytes, TIDY.as_bytes()].concat()).is_ok();
        let _ = read(&[b"Date,Amount,Memo\n2026-11-05,", &*bytes].concat()).is_ok();
    }

    #[test]
    fn what_we_write_we_read(
        drawn in prop::collection::vec((1_i8..=28, -1_000_000_i64..1_000_000), 1..20),
    ) {
        let row = |(id, (day, minor)): (usize, (i8, i64))| FeedRow {
            day: jiff::civil::date(2026, 11, day),
            id: format!("ID{id}"),
            amount: Money::from_minor(minor, usd()),
            payee: "8842".to_owned(),
            description: "A <payout> & more".to_owned(),
        };
        let rows: Vec<FeedRow> = drawn.into_iter().enumerate().map(row).collect();
        let feed = Feed {
            number: "B-1".to_owned(),
            through: None,
            bank: None,
            institution: None,
            opening: None,
            dates: DayOrder::default(),
        };
        let statement = Statement {
            kind: StatementKind::Bank,
            feed,
            currency: usd(),
            zone: TimeZone::UTC,
            rows,
            until: jiff::civil::date(2026, 11, 30),
            balance: Some(Money::zero(usd())),
            number: 1,
            made_at: "2026-12-01T00:00:00Z".parse().unwrap(),
        };
        let upload = book("xero").unwrap().description().feed.as_ref().unwrap();
        let wanted: Vec<_> = statement.rows.iter().map(|it| (it.day, it.amount)).collect();
        for format in [FeedFormat::Ofx, FeedFormat::Table] {
            let file = feed_file(&statement, format, upload).unwrap();
            let read = read(&file).unwrap();
            let found: Vec<_> = read.rows.iter().map(|(it, _)| (it.day, it.amount)).collect();
            prop_assert_eq!(&found, &wanted);
        }
    }
}
