//! Whether a message may change a company file.

use quick_xml::Reader;
use quick_xml::events::Event;

/// How many elements lie around a request.
const REQUEST_DEPTH: usize = 2;
/// How the names of requests end that change nothing, those for reports among them.
const QUERY: &str = "QueryRq";

/// Whether a message of ours asks and changes nothing. One that cannot be read may change anything.
pub(super) fn only_asks(message: &[u8]) -> bool {
    str::from_utf8(message).ok().and_then(read).unwrap_or(false)
}

fn read(message: &str) -> Option<bool> {
    let mut reader = Reader::from_str(message);
    let (mut depth, mut requests) = (0_usize, 0_usize);
    loop {
        let event = reader.read_event().ok()?;
        if let Event::Start(start) | Event::Empty(start) = &event
            && depth == REQUEST_DEPTH
        {
            requests += 1;
            if !start.name().as_ref().ends_with(QUERY) {
                return Some(false);
            }
        }
        match event {
            Event::Start(_) => depth += 1,
            Event::End(_) => depth = depth.checked_sub(1)?,
            Event::Eof => return Some(depth == 0 && requests > 0),
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(requests: &str) -> bool {
        let text = format!("<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRq>{requests}");
        only_asks(format!("{text}</QBXMLMsgsRq></QBXML>").as_bytes())
    }

    #[test]
    fn what_only_asks_is_all_queries() {
        assert!(asks("<HostQueryRq/>"));
        let report = "<GeneralSummaryReportQueryRq><DisplayReport>false</DisplayReport>\
                      </GeneralSummaryReportQueryRq>";
        assert!(asks(&format!("<ItemQueryRq requestID=\"1\"><Add/></ItemQueryRq>{report}")));
        for writing in ["SalesReceiptAddRq", "BillModRq", "TxnDelRq", "TxnVoidRq", "DataExtAddRq"] {
            assert!(!asks(&format!("<HostQueryRq/><{writing}><Query/></{writing}>")), "{writing}");
            assert!(!asks(&format!("<{writing}/>")), "{writing}");
        }
    }

    #[test]
    fn what_cannot_be_read_may_write() {
        for text in ["", "1", "<QBXML/>", "<QBXML><QBXMLMsgsRq><HostQueryRq/>", "</a>"] {
            assert!(!only_asks(text.as_bytes()), "{text}");
        }
        assert!(!asks("") && !asks("<HostQueryRq>") && !only_asks(b"\xff"));
    }
}
