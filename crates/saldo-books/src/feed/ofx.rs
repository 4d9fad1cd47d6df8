//! Open Financial Exchange 1.0.2, which is SGML: leaves have no end tag, what holds others has one.

use crate::letters::{beginning, bytes, plain};
use jiff::Timestamp;
use jiff::civil::Date;
use saldo_core::feed::{FeedMissing, FeedRow, Statement};
use saldo_core::policy::StatementKind;

/// How many letters a name may have.
const NAME_MOST: usize = 32;
/// How many letters a memo may have.
const MEMO_MOST: usize = 255;
/// The number of a bank that has none.
const NO_BANK: &str = "SALDO";

const HEAD: &str = "OFXHEADER:100\r\nDATA:OFXSGML\r\nVERSION:102\r\nSECURITY:NONE\r\n\
    ENCODING:USASCII\r\nCHARSET:1252\r\nCOMPRESSION:NONE\r\nOLDFILEUID:NONE\r\n\
    NEWFILEUID:NONE\r\n\r\n";
const GOOD: &str = "<STATUS><CODE>0<SEVERITY>INFO</STATUS>";

/// A statement as a file; with the number under which programs know the bank, where it is to stand
/// there.
pub(super) fn file(
    statement: &Statement,
    institution: Option<&str>,
) -> Result<Vec<u8>, FeedMissing> {
    let balance = statement.balance.ok_or(FeedMissing::Opening)?.amount_text();
    let instant = |day: Date| {
        let hour = statement.hour(day);
        format!("{}{hour:02}0000", day.strftime("%Y%m%d"))
    };
    let first = statement.rows.first().map_or(statement.until, |row| row.day);
    let rows: String = statement.rows.iter().map(|row| row_text(row, &instant(row.day))).collect();
    let (begin, end) = around(statement);
    let text = format!(
        "{HEAD}<OFX>\r\n{}{begin}<BANKTRANLIST><DTSTART>{}<DTEND>{}\r\n{rows}</BANKTRANLIST>\r\n\
         <LEDGERBAL><BALAMT>{balance}<DTASOF>{}</LEDGERBAL>\r\n{end}</OFX>\r\n",
        sign_on(statement.made_at, institution),
        instant(first),
        instant(statement.until),
        instant(statement.until),
    );
    Ok(bytes(&text))
}

/// How many bytes a row has.
pub(super) fn row_bytes(row: &FeedRow) -> usize {
    bytes(&row_text(row, "00000000000000")).len()
}

fn sign_on(made_at: Timestamp, institution: Option<&str>) -> String {
    let made_at = made_at.strftime("%Y%m%d%H%M%S");
    let number = |tag: &str| institution.map(|it| format!("<{tag}>{it}")).unwrap_or_default();
    format!(
        "<SIGNONMSGSRSV1><SONRS>{GOOD}<DTSERVER>{made_at}[0:GMT]<LANGUAGE>ENG\
         <FI><ORG>Saldo{}</FI>{}</SONRS></SIGNONMSGSRSV1>\r\n",
        number("FID"),
        number("INTU.BID"),
    )
}

/// What stands before the rows and after the balance, by the kind of statement.
fn around(statement: &Statement) -> (String, String) {
    let Statement { kind, feed, currency, number, .. } = statement;
    let account = escaped(&feed.number);
    let bank = escaped(feed.bank.as_deref().unwrap_or(NO_BANK));
    let (set, response, list, from) = match kind {
        StatementKind::Bank => (
            "BANKMSGSRSV1",
            "STMTTRNRS",
            "STMTRS",
            format!(
                "<BANKACCTFROM><BANKID>{bank}<ACCTID>{account}<ACCTTYPE>CHECKING</BANKACCTFROM>"
            ),
        ),
        StatementKind::Card => (
            "CREDITCARDMSGSRSV1",
            "CCSTMTTRNRS",
            "CCSTMTRS",
            format!("<CCACCTFROM><ACCTID>{account}</CCACCTFROM>"),
        ),
    };
    let begin = format!(
        "<{set}><{response}><TRNUID>{number}{GOOD}\r\n<{list}><CURDEF>{currency}{from}\r\n"
    );
    (begin, format!("</{list}></{response}></{set}>\r\n"))
}

fn row_text(row: &FeedRow, instant: &str) -> String {
    let kind = if row.amount.is_negative() { "DEBIT" } else { "CREDIT" };
    let name = escaped(&beginning(&plain(&row.payee), NAME_MOST));
    let memo = escaped(&beginning(&plain(&row.description), MEMO_MOST));
    let memo = if memo.is_empty() { memo } else { format!("<MEMO>{memo}") };
    format!(
        "<STMTTRN><TRNTYPE>{kind}<DTPOSTED>{instant}<TRNAMT>{}<FITID>{}<NAME>{name}{memo}\
         </STMTTRN>\r\n",
        row.amount.amount_text(),
        escaped(&row.id),
    )
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
