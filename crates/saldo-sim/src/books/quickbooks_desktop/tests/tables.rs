//! Documents that the tables make up, against the vendor's own schema: all that they take, and the
//! least that they take, in every choice.

use super::super::element::Element;
use super::super::grammar::{Content, Part, Repeated, Tables, Value};
use super::super::tables;
use super::schema::complaints;

/// How many of the alternatives of a choice are tried.
const PICKS: usize = 7;

/// How a sample is made up.
#[derive(Clone, Copy)]
struct Manner {
    /// Which alternative of every choice.
    pick: usize,
    /// Whether all that may be left out is there.
    is_whole: bool,
}

fn sample(tables: &Tables, name: &str, manner: Manner) -> Element {
    let mut element = Element::new(name);
    fill(tables, &mut element, &tables.tables[name].row, manner);
    element
}

fn fill(tables: &Tables, element: &mut Element, row: &[Repeated], manner: Manner) {
    for repeated in row.iter().filter(|repeated| manner.is_whole || !repeated.optional) {
        match &repeated.part {
            Part::One(name, content) => {
                element.children.push(one(tables, name, content, manner));
                if repeated.many && manner.is_whole {
                    element.children.push(one(tables, name, content, manner));
                }
            }
            Part::Row(row) => fill(tables, element, row, manner),
            Part::Choice(choices) => {
                let choice = &choices[manner.pick % choices.len()];
                fill(tables, element, std::slice::from_ref(choice), manner);
            }
        }
    }
}

fn one(tables: &Tables, name: &str, content: &Content, manner: Manner) -> Element {
    let text = |longest: Option<usize>| "x".repeat(longest.unwrap_or(5));
    match content {
        Content::Table(table) => sample(tables, table, manner),
        Content::Reference(longest) => {
            let mut children = vec![Element::leaf("FullName", text(*longest))];
            if manner.is_whole {
                children.insert(0, Element::leaf("ListID", text(Some(36))));
            }
            Element::node(name, children)
        }
        Content::Text { value, .. } => Element::leaf(
            name,
            match value {
                Value::Text(longest) => text(*longest),
                Value::Id => text(Some(36)),
                Value::Boolean => "false".to_owned(),
                Value::Date => "2026-11-20".to_owned(),
                Value::Instant => "2026-11-20T18:00:00-05:00".to_owned(),
                Value::Amount => "-1234567890123.45".to_owned(),
                Value::Number(_) => "-1234567890.12345".to_owned(),
                Value::Float => "0.0065834521".to_owned(),
                Value::Integer => "12".to_owned(),
                Value::Guid => "{90A44FB5-33D9-4815-AC85-BC87A7E7D1EB}".to_owned(),
                Value::Word(words) => words[manner.pick % words.len()].clone(),
            },
        ),
    }
}

/// An element of a table within a whole document: as a request, or as an answer to a query.
fn document(name: &str, element: &Element) -> Option<String> {
    let mut text = String::new();
    element.write(&mut text);
    if name.ends_with("Rq") {
        return Some(super::envelope("onError=\"stopOnError\"", &text));
    }
    let stem = name.strip_suffix("Ret")?;
    let query = match stem {
        "Report" => "GeneralSummaryReportQuery".to_owned(),
        stem => format!("{stem}Query"),
    };
    tables::is_known(&format!("{query}Rq")).then(|| {
        format!(
            "<?xml version=\"1.0\"?><QBXML><QBXMLMsgsRs><{query}Rs statusCode=\"0\" \
             statusSeverity=\"Info\" statusMessage=\"OK\">{text}</{query}Rs></QBXMLMsgsRs></QBXML>"
        )
    })
}

#[test]
fn whatever_the_tables_take_the_vendors_schema_takes() {
    let tables = Tables::read();
    let mut documents = Vec::new();
    // A report is all attributes, which the answers of other tests show.
    for name in tables.tables.keys().filter(|name| *name != "ReportRet") {
        for pick in 0..PICKS {
            for is_whole in [true, false] {
                let element = sample(&tables, name, Manner { pick, is_whole });
                assert_eq!(tables::check(&element), Ok(Vec::new()), "{name}");
                documents.extend(document(name, &element));
            }
        }
    }
    assert!(documents.len() > 100 * PICKS, "{} documents", documents.len());
    if let Some(complaints) = complaints("tables", &documents) {
        // A slip of the schema, which forbids what the vendor's reference describes.
        let slip = "'ValueDifference': This element is not expected";
        let others: Vec<&str> = complaints.lines().filter(|line| !line.contains(slip)).collect();
        assert_eq!(others, [""; 0]);
    }
}

#[test]
fn whatever_is_longer_than_the_tables_take_the_vendors_schema_refuses() {
    let tables = Tables::read();
    let mut documents = Vec::new();
    for name in tables.tables.keys().filter(|name| name.ends_with("AddRq")) {
        let good = sample(&tables, name, Manner { pick: 0, is_whole: true });
        for place in 0..good.children[0].children.len() {
            let mut bad = good.clone();
            let field = &mut bad.children[0].children[place];
            if !field.text.starts_with('x') {
                continue;
            }
            field.text.push('x');
            let found = tables::check(&bad).unwrap();
            if !found.is_empty() {
                documents.extend(document(name, &bad));
            }
        }
    }
    assert!(documents.len() > 100, "{} documents", documents.len());
    if let Some(complaints) = complaints("lengths", &documents) {
        let refused = complaints.lines().filter(|line| line.contains("maxLength")).count();
        assert_eq!(refused, documents.len(), "{complaints}");
    }
}
