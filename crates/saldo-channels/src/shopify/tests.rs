//! A pull, played step by step: a test says what is answered and sees what is asked.

mod bulk;
mod clocks;
mod costs;
mod drawers;
mod faults;
mod files;
mod gift_cards;
mod goods;
mod on_hand;
mod orders;
mod orders_of_days;
mod payments;
mod questions;
mod reading;
mod sales_of_days;
mod settings;
mod store_credit;

use super::Shopify;
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::{Channel, ChannelContext, Cursor, Next, Page};
use saldo_core::commerce::Record;
use saldo_core::exchange::{Answer, Ask, Fault, HttpAnswer, LineGroup, SliceAnswer};
use saldo_core::json_lines::LineHead;
use saldo_core::text::{ConnectionId, Stream};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// When every played pull begins.
const NOW: &str = "2026-11-20T12:00:00Z";

/// A stream under play.
struct Stage {
    stream: Stream,
    context: ChannelContext,
    cursor: Option<Cursor>,
    records: Vec<Record>,
    reached: Option<Timestamp>,
}

impl Stage {
    /// A stream that was never pulled.
    fn new(stream: &str) -> Self {
        let settings = BTreeMap::from([("shop".to_owned(), "demo".to_owned())]);
        let context = ChannelContext {
            connection: ConnectionId::from("shopify:demo"),
            now: NOW.parse().unwrap(),
            since: "2026-11-01T00:00:00Z".parse().unwrap(),
            zone: jiff::tz::TimeZone::UTC,
            addresses: Shopify.addresses(&settings).unwrap(),
            settings,
        };
        let stream = Stream::from(stream);
        Self { stream, context, cursor: None, records: Vec::new(), reached: None }
    }

    fn wait(&mut self, seconds: i64) {
        self.context.now += SignedDuration::from_secs(seconds);
    }

    /// What is asked next. The cursor is read back from its text each time.
    fn next(&self) -> Next {
        Shopify.ask(&self.stream, self.cursor.as_ref(), &self.context).unwrap()
    }

    /// The question asked next: its name and its variables.
    fn question(&self) -> (String, Value) {
        let Next::Ask(Ask::Http(request)) = self.next() else {
            panic!("no question is asked, but {:?}", self.next())
        };
        assert!(request.authorised);
        assert_eq!(request.url, "https://demo.myshopify.com/admin/api/2026-10/graphql.json");
        let body: Value = serde_json::from_slice(&request.body).unwrap();
        let query = body["query"].as_str().unwrap();
        let named = |line: &&str| line.starts_with("query ") || line.starts_with("mutation ");
        let line = query.lines().find(named).unwrap();
        let name = line.split([' ', '(']).nth(1).unwrap();
        (name.to_owned(), body["variables"].clone())
    }

    /// Hears an answer as it is, and keeps what the page says.
    fn hear(&mut self, answer: &Answer) -> Result<Page, Fault> {
        let page = Shopify.hear(&self.stream, self.cursor.as_ref(), answer, &self.context)?;
        self.records.extend(page.records.iter().cloned());
        self.cursor = Some(page.cursor.clone());
        self.reached = page.reached;
        Ok(page)
    }

    /// Hears data from a vendor whose clock says otherwise than ours.
    fn data_made_at(&mut self, data: Value, date: &str) -> Page {
        let Answer::Http(mut answer) = graphql(&json!({ "data": data })) else {
            panic!("it is an answer over HTTP")
        };
        answer.headers.push(("date".to_owned(), date.to_owned()));
        self.hear(&Answer::Http(answer)).unwrap()
    }

    /// Hears data.
    fn data(&mut self, data: Value) -> Page {
        self.hear(&graphql(&json!({ "data": data }))).unwrap()
    }

    /// Hears data, and what it cost.
    fn data_at_cost(&mut self, data: Value, requested: u32, available: u32) -> Page {
        self.hear(&graphql(&json!({ "data": data, "extensions": cost(requested, available) })))
            .unwrap()
    }

    /// Hears that the question was too dear.
    fn too_dear(&mut self) -> Result<Page, Fault> {
        self.hear(&graphql(&refusal("MAX_COST_EXCEEDED")))
    }

    fn ids(&self) -> Vec<&str> {
        self.records.iter().map(|record| record.id.as_str()).collect()
    }
}

/// The cost of an answer, written as the vendor writes it.
fn cost(requested: u32, available: u32) -> Value {
    let number = |text: String| serde_json::from_str::<Value>(&text).unwrap();
    json!({ "cost": {
        "requestedQueryCost": requested,
        "actualQueryCost": 12,
        "throttleStatus": {
            "maximumAvailable": number("2000.0".to_owned()),
            "currentlyAvailable": available,
            "restoreRate": number("100.0".to_owned()),
        },
    }})
}

/// A body that refuses.
fn refusal(code: &str) -> Value {
    json!({ "errors": [{ "message": "No.", "extensions": { "code": code } }] })
}

fn graphql(body: &Value) -> Answer {
    Answer::Http(HttpAnswer { status: 200, headers: Vec::new(), body: body.to_string().into() })
}

/// A slice of a download: the lines of an order each.
fn slice(orders: &[&str], next_offset: u64, finished: bool) -> Answer {
    let group = |text: &&str| {
        let id = LineHead::read(text.lines().next().unwrap()).unwrap().id.unwrap().into_owned();
        LineGroup { id, text: (*text).to_owned(), lines: text.lines().count() as u64 }
    };
    Answer::Slice(SliceAnswer { groups: orders.iter().map(group).collect(), next_offset, finished })
}

/// A record of the played connection.
fn record(stream: &str, id: &str, bytes: &str) -> Record {
    Record {
        connection: ConnectionId::from("shopify:demo"),
        stream: Stream::from(stream),
        id: id.to_owned(),
        fetched_at: NOW.parse().unwrap(),
        bytes: bytes.into(),
    }
}
