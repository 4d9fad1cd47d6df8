//! Files of bank rows from outside: a program of other people's reads in them what was written.
//!
//! `ofxtools` is looked for beside its program `ofxget` in the path; where it is missing, the test
//! says so and passes, except where `CI` is `true`.

#![expect(clippy::unwrap_used, reason = "a test whose ground gives way fails")]

use jiff::civil::date;
use jiff::tz::TimeZone;
use saldo_books::book;
use saldo_books::feed::feed_file;
use saldo_core::feed::{FeedFormat, FeedRow, Statement};
use saldo_core::money::{Currency, Money};
use saldo_core::policy::{DayOrder, Feed, StatementKind};
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use std::process::Command;

/// Reads a file, and prints what it says of the account, the balance and each row.
const READ: &str = "
import json, sys
from ofxtools.Parser import OFXTree
tree = OFXTree()
tree.parse(sys.argv[1])
statement = tree.convert().statements[0]
rows = [[str(row.dtposted.date()), row.fitid, str(row.trnamt), row.name, row.memo]
        for row in statement.transactions]
account = statement.account
print(json.dumps({
    'account': [getattr(account, 'bankid', None), account.acctid],
    'currency': statement.curdef,
    'balance': [str(statement.ledgerbal.balamt), str(statement.ledgerbal.dtasof.date())],
    'rows': rows,
}))
";

/// The interpreter that has `ofxtools`: the one beside its program `ofxget`, wherever links in the
/// path lead; none where it is not installed.
fn interpreter() -> Option<PathBuf> {
    let path = std::env::var_os("PATH")?;
    let program = std::env::split_paths(&path)
        .find_map(|folder| folder.join("ofxget").canonicalize().ok())?;
    let beside = program.with_file_name("python3");
    Some(if beside.exists() { beside } else { PathBuf::from("python3") })
}

/// What other people's program reads in a file; none where it is not installed.
fn read(file: &Path) -> Option<Value> {
    let Some(python) = interpreter() else {
        assert_ne!(std::env::var("CI").as_deref(), Ok("true"), "ofxget is not installed");
        eprintln!("skipped: ofxget (not installed)");
        return None;
    };
    let output = Command::new(python).args(["-c", READ]).arg(file).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "ofxtools says:\n{said}");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

fn money(minor: i64) -> Money {
    Money::from_minor(minor, Currency::parse("USD").unwrap())
}

fn statement(kind: StatementKind) -> Statement {
    let row = |day, id: &str, minor, payee: &str, description: &str| FeedRow {
        day,
        id: id.to_owned(),
        amount: money(minor),
        payee: payee.to_owned(),
        description: description.to_owned(),
    };
    Statement {
        kind,
        feed: Feed {
            number: "BALANCE & 01".to_owned(),
            through: None,
            bank: None,
            institution: Some("00017".to_owned()),
            opening: None,
            dates: DayOrder::default(),
        },
        currency: money(0).currency(),
        zone: TimeZone::get("Pacific/Kiritimati").unwrap(),
        rows: vec![
            row(date(2026, 10, 31), "9ZC4W61RNEA", 123_456, "8842", "Payout <8842> & more"),
            row(date(2026, 11, 6), "Q0T3M8XK2VB", -5, "Mälzer & Łódź", ""),
        ],
        until: date(2026, 11, 30),
        balance: Some(money(-4_200)),
        number: 1,
        made_at: "2026-12-01T00:00:00Z".parse().unwrap(),
    }
}

#[test]
fn others_read_what_was_written() {
    let folder = tempfile::tempdir().unwrap();
    let page = book("quickbooks-online").unwrap().description().feed.as_ref().unwrap();
    for kind in [StatementKind::Bank, StatementKind::Card] {
        for format in [FeedFormat::Ofx, FeedFormat::WebConnect] {
            let file = folder.path().join(format!("rows.{}", format.extension()));
            std::fs::write(&file, feed_file(&statement(kind), format, page).unwrap()).unwrap();
            let Some(read) = read(&file) else { return };
            let bank = (kind == StatementKind::Bank).then_some("SALDO");
            let wanted = json!({
                "account": [bank, "BALANCE & 01"],
                "currency": "USD",
                "balance": ["-42.00", "2026-11-30"],
                "rows": [
                    ["2026-10-31", "9ZC4W61RNEA", "1234.56", "8842", "Payout <8842> & more"],
                    ["2026-11-06", "Q0T3M8XK2VB", "-0.05", "Mälzer & Lódz", null],
                ],
            });
            assert_eq!(read, wanted, "{kind:?} {format:?}");
        }
    }
}
