//! The rules of the vendor, asked for from outside.

mod books;
mod changed;
mod connector;
mod currencies;
mod lists;
mod queries;
mod sales;
mod schema;
mod sets;
mod stock;
mod tables;

use super::element::{Document, Element};
use super::{CompanyFile, Kind, QuickBooksDesktopSim};
use crate::{Reply, Vendor};
use jiff::{SignedDuration, Timestamp};
use saldo_core::exchange::{HttpAnswer, HttpRequest, Method};

/// A client of a simulated company file, and a clock that ticks with each document.
struct Client {
    sim: QuickBooksDesktopSim,
    now: Timestamp,
    /// Every answer, for whoever holds them against the schema.
    heard: Vec<String>,
}

impl Client {
    fn new() -> Self {
        let mut file = CompanyFile::retail(7);
        file.set_tax_rate("8.25".parse().unwrap());
        let now = "2026-11-20T18:00:00Z".parse().unwrap();
        Self { sim: QuickBooksDesktopSim::new(file), now, heard: Vec::new() }
    }

    fn wait(&mut self, seconds: i64) {
        self.now = self.now.checked_add(SignedDuration::from_secs(seconds)).unwrap();
    }

    /// Sends a text as it is.
    fn send(&mut self, text: &str) -> HttpAnswer {
        self.wait(1);
        let request = HttpRequest {
            method: Method::Post,
            url: "message:".to_owned(),
            headers: Vec::new(),
            body: text.as_bytes().to_vec(),
            authorised: false,
        };
        match self.sim.answer(&request, self.now) {
            Reply::Answer(answer) => answer,
            Reply::Lost => panic!("the simulator loses nothing by itself"),
        }
    }

    /// Sends requests in an envelope with these attributes; the answering message set.
    fn set(&mut self, attributes: &str, requests: &str) -> Element {
        let answer = self.send(&envelope(attributes, requests));
        let text = String::from_utf8(answer.body.clone()).unwrap();
        assert_eq!(answer.header("failure"), None, "{text}\n{requests}");
        self.heard.push(text.clone());
        Document::parse(&text).unwrap().root.children.remove(0)
    }

    /// Sends one request; its answer.
    fn ask(&mut self, request: &str) -> Element {
        self.set("onError=\"stopOnError\"", request).children.remove(0)
    }

    /// The code with which a whole document with this request is refused.
    fn failure(&mut self, request: &str) -> String {
        let answer = self.send(&envelope("onError=\"stopOnError\"", request));
        let text = String::from_utf8_lossy(&answer.body).into_owned();
        answer.header("failure").unwrap_or_else(|| panic!("{text}")).to_owned()
    }

    /// Adds something that must be accepted; what the vendor shows of it.
    fn must(&mut self, kind: Kind, content: &str) -> Element {
        let mut answer = self.ask(&add(kind, content));
        let status = answer.attribute("statusMessage").unwrap_or("").to_owned();
        assert_eq!(answer.attribute("statusCode"), Some("0"), "{status}\n{content}");
        answer.children.remove(0)
    }

    /// The status with which an addition is answered.
    fn code(&mut self, kind: Kind, content: &str) -> u16 {
        code_of(&self.ask(&add(kind, content)))
    }

    fn balance(&self, account: &str) -> i64 {
        let ledger = self.sim.company().ledger();
        ledger.iter().filter(|it| it.account == account).map(|it| it.minor).sum()
    }
}

fn envelope(attributes: &str, requests: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><?qbxml version=\"13.0\"?>\
         <QBXML><QBXMLMsgsRq {attributes}>{requests}</QBXMLMsgsRq></QBXML>"
    )
}

fn add(kind: Kind, content: &str) -> String {
    let name = kind.name();
    format!("<{name}AddRq requestID=\"1\"><{name}Add>{content}</{name}Add></{name}AddRq>")
}

fn code_of(answer: &Element) -> u16 {
    answer.attribute("statusCode").unwrap().parse().unwrap()
}

/// A reference by name.
fn name(element: &str, full_name: &str) -> String {
    format!("<{element}><FullName>{full_name}</FullName></{element}>")
}

/// A line of a sale: of this item, for this amount, with this tax code.
fn line(kind: Kind, item: &str, amount: &str, code: &str) -> String {
    let kind = kind.name();
    format!(
        "<{kind}LineAdd>{}<Amount>{amount}</Amount>{}</{kind}LineAdd>",
        name("ItemRef", item),
        name("SalesTaxCodeRef", code)
    )
}

/// A sale to `Cool Cars` with these lines.
fn sale(number: &str, lines: &str) -> String {
    format!(
        "{}<TxnDate>2026-11-20</TxnDate><RefNumber>{number}</RefNumber>{lines}",
        name("CustomerRef", "Cool Cars")
    )
}

/// A sales receipt for this amount, untaxed.
fn receipt(number: &str, amount: &str) -> String {
    sale(number, &line(Kind::SalesReceipt, "Sales", amount, "Non"))
}

/// An invoice for this amount, untaxed.
fn invoice(number: &str, amount: &str) -> String {
    sale(number, &line(Kind::Invoice, "Sales", amount, "Non"))
}
