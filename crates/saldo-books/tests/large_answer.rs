//! An answer that is far larger than what is kept of it: how much memory its reading takes. By
//! itself in its process, since the operating system counts for a process.

use saldo_books::quickbooks_desktop::connector::{Call, Wanted, read_call};
use std::io::{BufReader, Read};
use std::sync::Arc;

/// How many rows the answer has.
const ROWS: usize = 2_000;
/// How large the answer is at least, in bytes.
const ANSWER_BYTES: usize = 200 << 20;
/// By how much memory may grow while it is read, in bytes.
const GROWTH_BYTES_MAX: u64 = 32 << 20;

const MESSAGE: &[u8] = b"<?xml version=\"1.0\"?><?qbxml version=\"13.0\"?><QBXML>\
    <QBXMLMsgsRq onError=\"continueOnError\"><InvoiceQueryRq requestID=\"Invoice\">\
    <MaxReturned>2000</MaxReturned><IncludeRetElement>TxnID</IncludeRetElement>\
    <IncludeRetElement>RefNumber</IncludeRetElement></InvoiceQueryRq></QBXMLMsgsRq></QBXML>";

/// The call that brings the answer, row after row, as it is read: it is nowhere whole.
struct Generated {
    row: usize,
    part: Vec<u8>,
    at: usize,
    sent: usize,
}

impl Generated {
    fn part(row: usize) -> Vec<u8> {
        let begin = "<soap:Envelope xmlns:soap=\"http://schemas.xmlsoap.org/soap/envelope/\">\
            <soap:Body><receiveResponseXML xmlns=\"http://developer.intuit.com/\">\
            <ticket>t1</ticket><response>&lt;?xml version=\"1.0\" ?&gt;\n&lt;QBXML&gt;\n\
            &lt;QBXMLMsgsRs&gt;\n&lt;InvoiceQueryRs requestID=\"Invoice\" statusCode=\"0\"&gt;";
        let end = "&lt;/InvoiceQueryRs&gt;&lt;/QBXMLMsgsRs&gt;&lt;/QBXML&gt;</response><hresult/>\
            <message/></receiveResponseXML></soap:Body></soap:Envelope>";
        match row {
            0 => begin.into(),
            row if row <= ROWS => {
                let line = format!("&lt;Memo&gt;&amp;amp; {}&lt;/Memo&gt;\n", "x".repeat(4_000));
                let lines = line.repeat(ANSWER_BYTES / ROWS / line.len() + 1);
                format!(
                    "&lt;InvoiceRet&gt;\n&lt;TxnID&gt;{row}-1&lt;/TxnID&gt;{lines}&lt;RefNumber\
                     &gt;R{row}&lt;/RefNumber&gt;&lt;/InvoiceRet&gt;"
                )
                .into_bytes()
            }
            row if row == ROWS + 1 => end.into(),
            _ => Vec::new(),
        }
    }
}

impl Read for Generated {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        if self.at == self.part.len() {
            self.part = Self::part(self.row);
            (self.row, self.at) = (self.row + 1, 0);
        }
        let length = (&self.part[self.at..]).read(out)?;
        self.at += length;
        self.sent += length;
        Ok(length)
    }
}

/// The most memory that this process ever had, in bytes; none where the system does not say.
fn most_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix(" kB")?.parse().ok()?;
    Some(kilobytes << 10)
}

#[test]
fn an_answer_of_any_size_takes_the_memory_of_what_was_asked_for() {
    let before = most_memory();
    let mut generated = Generated { row: 0, part: Vec::new(), at: 0, sent: 0 };
    let call = read_call(BufReader::new(&mut generated), |ticket| {
        (ticket == "t1").then(|| Arc::new(Wanted::of(MESSAGE)))
    });
    let Ok(Call::ReceiveResponse { response, code, .. }) = call else { panic!("{call:?}") };
    assert!(generated.sent > ANSWER_BYTES, "{}", generated.sent);
    assert_eq!(code, "");
    assert_eq!(response.matches("<InvoiceRet><TxnID>").count(), ROWS);
    assert!(response.contains("<TxnID>2000-1</TxnID><RefNumber>R2000</RefNumber></InvoiceRet>"));
    assert!(response.len() < 200 * ROWS, "{}", response.len());
    match before.zip(most_memory()) {
        Some((before, after)) => {
            let grown = after - before;
            assert!(grown < GROWTH_BYTES_MAX, "{grown} bytes more");
        }
        None => eprintln!("skipped: this system does not say how much memory a process had"),
    }
}
