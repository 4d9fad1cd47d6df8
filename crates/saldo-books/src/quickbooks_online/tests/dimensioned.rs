//! Classes and locations: where they stand in bodies, what they need, and what is refused of them.

use super::*;
use serde_json::json;

/// A document whose lines of income and expenses have these dimensions.
pub(super) fn with(document: &Document, dimensions: &[(&str, &str)]) -> Document {
    let mut lines = document.lines().to_vec();
    for line in lines.iter_mut().filter(|line| line.account.kind.has_dimensions()) {
        line.dimensions = dimensions.iter().copied().collect();
    }
    Document::new(document.header().clone(), lines).unwrap()
}

const BOTH: [(&str, &str); 2] = [("class", "Retail"), ("location", "Aarhus")];

/// What stands at each path of this ending, without the numbers of lines.
fn found(body: &Value, ending: &str, path: &str, found: &mut Vec<String>) {
    match body {
        Value::Object(fields) => {
            for (name, value) in fields {
                if name == ending {
                    found.push(format!("{path}: {}", value["value"].as_str().unwrap()));
                }
                self::found(value, ending, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(members) => {
            members.iter().for_each(|it| self::found(it, ending, path, found));
        }
        _ => {}
    }
}

fn references(document: &Document) -> Vec<String> {
    let (tasks, context) = creates(std::slice::from_ref(document));
    let body = &items(&tasks, &context)[0];
    let mut all = Vec::new();
    for (ending, need) in [("ClassRef", "class/Retail"), ("DepartmentRef", "location/Aarhus")] {
        let id = context.bindings.0[&format!("dimension/{need}")].to_string();
        let mut here = Vec::new();
        found(body, ending, "", &mut here);
        assert!(here.iter().all(|it| it.ends_with(&format!(": {id}"))), "{here:?} {id}");
        all.extend(here.iter().map(|it| format!("{}/{ending}", it.split(':').next().unwrap())));
    }
    all.sort();
    all.dedup();
    all
}

#[test]
fn classes_stand_in_lines_and_locations_in_transactions() {
    assert_eq!(
        references(&with(&sale(), &BOTH)),
        ["/SalesReceipt/DepartmentRef", "/SalesReceipt/Line/SalesItemLineDetail/ClassRef"]
    );
    assert_eq!(
        references(&with(&expense(), &BOTH)),
        ["/Purchase/DepartmentRef", "/Purchase/Line/AccountBasedExpenseLineDetail/ClassRef"]
    );
    assert_eq!(
        references(&with(&write_off(), &BOTH)),
        [
            "/JournalEntry/Line/JournalEntryLineDetail/ClassRef",
            "/JournalEntry/Line/JournalEntryLineDetail/DepartmentRef"
        ]
    );
}

#[test]
fn a_document_without_dimensions_needs_none() {
    let needs = BOOK.needs(&subject(&sale()));
    assert!(!needs.iter().any(|need| matches!(need, Need::Value { .. })), "{needs:?}");
    let text = body(&sale()).to_string();
    assert!(!text.contains("ClassRef") && !text.contains("DepartmentRef"), "{text}");
}

#[test]
fn what_has_no_place_here_is_refused_in_words() {
    let mut two = with(&sale(), &BOTH).lines().to_vec();
    let last = two.iter_mut().rfind(|line| line.account.kind.has_dimensions()).unwrap();
    last.dimensions = [("class", "Retail")].into_iter().collect();
    let two = Document::new(sale().header().clone(), two).unwrap();
    let elsewhere = with(&sale(), &[("region", "North")]);
    for (document, reason) in [(two, "(none, Aarhus)"), (elsewhere, "`North` in `region`")] {
        let (tasks, context) = creates(std::slice::from_ref(&document));
        let fault = BOOK.ask(&tasks, "t", &context).unwrap_err();
        assert!(fault.message.contains(reason), "{fault}");
    }
    // Lines of a journal entry have locations of their own.
    let mut lines = with(&write_off(), &BOTH).lines().to_vec();
    lines.push(other(fees(), "1.00", "Fee"));
    lines.push(other(clearing(), "-1.00", "Fee"));
    let several = Document::new(write_off().header().clone(), lines).unwrap();
    assert_eq!(references(&several).len(), 2);
}

#[test]
fn what_another_class_holds_is_different() {
    let document = with(&sale(), &BOTH);
    let (tasks, context) = creates(std::slice::from_ref(&document));
    let look_up = [Task::look_up(subject(&document))];
    let sent = items(&tasks, &context)[0]["SalesReceipt"].clone();
    let heard = |row: &Value| {
        let mut row = row.clone();
        row["Id"] = json!("42");
        row["SyncToken"] = json!("0");
        row["TotalAmt"] = serde_json::from_str("105.43").unwrap();
        let answer = json!({"QueryResponse": {"SalesReceipt": [row]}});
        hear(&look_up, &context, 200, &answer.to_string()).unwrap().remove(0)
    };
    assert!(matches!(heard(&sent), Outcome::Found(_)), "{:?}", heard(&sent));
    let mut moved = sent.clone();
    moved["DepartmentRef"]["value"] = json!("99");
    let mut classed = sent;
    classed["Line"][0]["SalesItemLineDetail"]["ClassRef"]["value"] = json!("99");
    for (row, word) in [(moved, "location: sent"), (classed, "in class 99: sent 0.00 USD")] {
        match heard(&row) {
            Outcome::FoundDifferent { difference, .. } => {
                assert!(difference.contains(word), "{difference}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn a_value_is_looked_for_by_its_name() {
    let need = Subject::Need(Need::Value { dimension: "class".into(), value: "Retail".into() });
    let task = [Task::look_up(need)];
    let outcome = |rows: &Value| {
        let answer = json!({"QueryResponse": rows}).to_string();
        hear(&task, &context(&[]), 200, &answer).unwrap().remove(0)
    };
    let known = json!({"Class": [{"Id": "8", "Name": "retail", "Active": true}]});
    assert!(matches!(outcome(&known), Outcome::Found(_)));
    let gone = json!({"Class": [{"Id": "8", "Name": "Retail", "Active": false}]});
    assert!(matches!(outcome(&gone), Outcome::FoundDifferent { .. }));
    assert_eq!(outcome(&json!({})), Outcome::Absent);
}
