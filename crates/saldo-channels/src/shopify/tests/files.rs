//! Files: what each is taken for, what stands in it, and why it is refused.

mod orders;
mod payloads;
mod payments;
mod purchases;

use super::Shopify;
use saldo_core::channel::{Channel, ImportContext, Imported, Part};
use saldo_core::commerce::{Fact, Record};
use saldo_core::text::ConnectionId;

/// What became of a file.
pub(super) struct Taken {
    pub(super) said: Result<String, String>,
    pub(super) records: Vec<Record>,
    pub(super) parts: Vec<Part>,
    pub(super) left_out: Vec<String>,
}

impl Taken {
    /// The facts of the records that can be read.
    pub(super) fn facts(&self) -> Vec<Fact> {
        self.records.iter().filter_map(|it| Shopify.read(it).ok()).flatten().collect()
    }

    /// Why records cannot be read.
    pub(super) fn held(&self) -> Vec<String> {
        let issues = self.records.iter().filter_map(|it| Shopify.read(it).err());
        issues.map(|issue| issue.message).collect()
    }

    pub(super) fn refusal(&self) -> &str {
        self.said.as_ref().unwrap_err()
    }
}

pub(super) fn import(bytes: &[u8]) -> Taken {
    let context = ImportContext {
        connection: ConnectionId::from("shopify:demo"),
        now: super::NOW.parse().unwrap(),
        name: "a file".to_owned(),
        timezone: "UTC".to_owned(),
    };
    let (mut records, mut parts, mut left_out) = (Vec::new(), Vec::new(), Vec::new());
    let mut file = bytes;
    let said = Shopify.import(&mut file, &context, &mut |imported| match imported {
        Imported::Record { record, .. } => records.push(record),
        Imported::Part(part) => parts.push(part),
        Imported::LeftOut { place, reason } => left_out.push(format!("{place}: {reason}")),
    });
    Taken { said, records, parts, left_out }
}

#[test]
fn what_is_no_file_of_the_shop_is_refused() {
    let cases: [(&[u8], &str); 6] = [
        (b"", "the file is empty"),
        (b"\n\n", "the file is empty"),
        (b"hello", "neither a table nor JSON"),
        (b"Handle,Title,Vendor\na,b,c\n", "its columns begin with Handle, Title, Vendor"),
        (b"{\"order\": {", "it is no whole JSON"),
        (b"a,b\xff\n", "line 1: it is not UTF-8 text"),
    ];
    for (bytes, expected) in cases {
        let taken = import(bytes);
        assert!(taken.refusal().contains(expected), "{}", taken.refusal());
        assert!(taken.records.is_empty());
    }
}

#[test]
fn a_bulk_download_reads_as_the_interface_does() {
    let bulk = include_str!("../fixtures/bulk.jsonl");
    let taken = import(bulk.as_bytes());
    assert_eq!(taken.said.as_deref(), Ok("the download of a bulk operation: 2 orders"));
    let names: Vec<_> = taken.facts().iter().map(|fact| fact.id().to_string()).collect();
    assert_eq!(names, ["shopify:demo/Order/1001", "shopify:demo/Order/1002"]);
    let bytes: Vec<&str> =
        taken.records.iter().map(|it| std::str::from_utf8(&it.bytes).unwrap()).collect();
    assert_eq!(bytes.join("\n"), bulk.trim_end(), "verbatim");
}

#[test]
fn a_bulk_download_that_was_not_grouped_is_refused() {
    let mut lines: Vec<&str> = include_str!("../fixtures/bulk.jsonl").lines().collect();
    let child = lines.remove(1);
    lines.push(child);
    let taken = import(lines.join("\n").as_bytes());
    assert!(taken.refusal().contains("`groupObjects: true`"), "{}", taken.refusal());
    assert!(taken.refusal().starts_with("line 2: "), "{}", taken.refusal());
}

#[test]
fn other_roots_of_a_bulk_download_are_left_out() {
    let taken = import(b"{\"id\":\"gid://shopify/Product/1\"}\n{\"id\":\"gid://shopify/Order/2\"}");
    assert_eq!(
        taken.left_out,
        ["line 1: Product/1 is no order", "line 2: Order/2 stands without its agreements"]
    );
}
