//! Dimensions as tracking categories and their options.

use super::*;
use saldo_core::book::{Called, ChartEntry, ChartKind, RefusalKind};
use saldo_core::matching::{Resolution, resolve};

fn named(word: &str, name: Option<&str>) -> Called {
    Called { word: word.to_owned(), name: name.map(str::to_owned) }
}

fn category(name: Option<&str>) -> Need {
    Need::Dimension(named("class", name))
}

fn option(category: Option<&str>, name: Option<&str>) -> Need {
    Need::Value { dimension: named("class", category), value: named("Retail", name) }
}

/// A document whose lines of income and expenses stand for something.
fn standing_for(document: &Document, dimensions: &[(&str, &str)]) -> Document {
    let mut lines = document.lines().to_vec();
    for line in lines.iter_mut().filter(|line| line.account.kind.has_dimensions()) {
        line.dimensions = dimensions.iter().copied().collect();
    }
    Document::new(document.header().clone(), lines).unwrap()
}

#[test]
fn a_line_names_category_and_option_by_what_they_are_bound_to() {
    for document in [sale(), claim(), credit(), refund(), expense(), journal()] {
        let classed = standing_for(&document, &[("class", "Retail"), ("region", "North")]);
        let needs = BOOK.needs(&subject(&classed));
        for need in [category(None), option(None, None)] {
            assert_eq!(needs.iter().filter(|it| **it == need).count(), 1, "{need:?}");
        }
        let (_, body) = sent(&classed);
        let lines = body["LineItems"].as_array().or(body["JournalLines"].as_array()).unwrap();
        let tracking: Vec<&Value> = lines.iter().map(|line| &line["Tracking"]).collect();
        let told = json!([
            { "TrackingCategoryID": remote(&category(None)).as_str(),
              "TrackingOptionID": remote(&option(None, None)).as_str() },
            { "TrackingCategoryID": remote(&Need::Dimension("region".into())).as_str(),
              "TrackingOptionID": remote(&Need::Value {
                  dimension: "region".into(), value: "North".into() }).as_str() },
        ]);
        let what = document.header().kind;
        assert!(tracking.contains(&&told), "{what}: {tracking:?}");
        let (_, plain) = sent(&document);
        assert!(!plain.to_string().contains("Tracking"), "{what}");
    }
}

#[test]
fn a_line_has_room_for_two() {
    let three = [("class", "Retail"), ("region", "North"), ("shop", "Web")];
    let said = refused(&standing_for(&sale(), &three));
    assert_eq!(
        said,
        "a line stands for something in class, region, shop, and Xero keeps 2 tracking categories \
         at a time"
    );
}

#[test]
fn a_category_and_an_option_are_made_one_by_one_under_their_own_names() {
    let (own, other) = (Some("Sales channel"), Some("01 Retail"));
    let cases = [
        (category(own), "TrackingCategories".to_owned(), "Sales channel"),
        (category(None), "TrackingCategories".to_owned(), "class"),
        (
            option(own, other),
            format!("TrackingCategories/{}/Options", remote(&category(None))),
            "01 Retail",
        ),
    ];
    for (need, expected, name) in cases {
        let subject = Subject::Need(need);
        let context = context(std::slice::from_ref(&subject));
        let tasks = [Task::Create(subject)];
        assert_eq!(address(&tasks, &context), expected);
        let body: Value = serde_json::from_slice(&asked(&tasks, &context).body).unwrap();
        assert_eq!(body, json!({ "Name": name }));
    }
    let (one, two) = (Subject::Need(category(None)), Subject::Need(option(None, None)));
    assert_ne!(BOOK.place(&one), BOOK.place(&two));
    assert_eq!(BOOK.needs(&two), [category(None)]);
}

#[test]
fn what_is_made_is_known_by_its_id() {
    let subject = Subject::Need(option(None, None));
    let context = context(std::slice::from_ref(&subject));
    let tasks = [Task::Create(subject)];
    let body = json!({ "Options": [
        { "TrackingOptionID": "o1", "TrackingCategoryID": "c1", "Name": "Retail" },
    ] });
    let outcomes = hear(&tasks, &context, 200, &body).unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Done(done)] if done.remote.as_str() == "o1"));
    let tasks = [Task::Create(Subject::Need(category(None)))];
    let body = json!({ "TrackingCategories": [
        { "TrackingCategoryID": "c1", "Name": "class", "Options": [] },
    ] });
    let outcomes = hear(&tasks, &context, 200, &body).unwrap();
    assert!(matches!(&outcomes[..], [Outcome::Done(done)] if done.remote.as_str() == "c1"));
    let body = json!({ "ErrorNumber": 10, "Type": "ValidationException",
        "Message": "A validation exception occurred",
        "Elements": [{ "ValidationErrors": [
            { "Message": "Only 2 tracking categories can be active" }] }] });
    let outcomes = hear(&tasks, &context, 400, &body).unwrap();
    let [Outcome::Refused(refusal)] = &outcomes[..] else { panic!("{outcomes:?}") };
    assert!(refusal.message.contains("Only 2 tracking categories"), "{refusal:?}");
    assert_ne!(refusal.kind, RefusalKind::WholeRequest);
}

fn categories() -> Value {
    json!({ "TrackingCategories": [
        { "TrackingCategoryID": "c1", "Name": "Region", "Status": "ACTIVE", "Options": [
            { "TrackingOptionID": "o1", "Name": "Retail", "Status": "ACTIVE" } ] },
        { "TrackingCategoryID": "c2", "Name": "Sales channel", "Status": "ACTIVE", "Options": [
            { "TrackingOptionID": "o2", "Name": "01 retail", "Status": "ACTIVE" },
            { "TrackingOptionID": "o3", "Name": "Retail", "Status": "ARCHIVED" } ] },
    ] })
}

#[test]
fn they_are_looked_for_by_their_own_names() {
    let found = |need: Need| {
        let task = Task::look_up(Subject::Need(need));
        let context = context(&[]);
        assert_eq!(address(std::slice::from_ref(&task), &context), "TrackingCategories");
        hear(&[task], &context, 200, &categories()).unwrap().remove(0)
    };
    let bound = |outcome: Outcome| match outcome {
        Outcome::Found(found) => found.remote.to_string(),
        Outcome::FoundDifferent { difference, .. } => difference,
        other => format!("{other:?}"),
    };
    let own = Some("sales channel");
    assert_eq!(bound(found(category(own))), "c2");
    assert_eq!(bound(found(category(None))), "Absent");
    assert_eq!(bound(found(option(own, Some("01 Retail")))), "o2");
    assert_eq!(bound(found(option(own, None))), "it is archived");
    assert_eq!(bound(found(option(own, Some("02")))), "Absent");
    assert_eq!(bound(found(option(None, None))), "Absent");
}

#[test]
fn the_chart_tells_options_of_each_category_and_none_that_is_archived_is_used() {
    let context = context(&[]);
    let task = Task::ReadChart { page: Some("TrackingCategories:1".to_owned()) };
    assert_eq!(address(std::slice::from_ref(&task), &context), "TrackingCategories");
    let outcome = hear(&[task], &context, 200, &categories()).unwrap().remove(0);
    let Outcome::Chart(page) = outcome else { panic!("{outcome:?}") };
    let told = |entry: &ChartEntry| match &entry.kind {
        ChartKind::Dimension => format!("{} {}", entry.remote, entry.name),
        ChartKind::Value { dimension } => {
            format!("{} {} of {dimension}, {}", entry.remote, entry.name, entry.active)
        }
        other => panic!("{other:?}"),
    };
    let told: Vec<String> = page.entries.iter().map(told).collect();
    assert_eq!(
        told,
        [
            "c1 Region",
            "o1 Retail of Region, true",
            "c2 Sales channel",
            "o2 01 retail of Sales channel, true",
            "o3 Retail of Sales channel, false",
        ]
    );
    let resolved = |need: &Need| resolve(need, &page.entries, &BOOK.names(need), |_| None);
    let own = Some("Sales channel");
    assert_eq!(resolved(&category(own)), Resolution::Bound("c2".into()));
    assert_eq!(resolved(&option(own, Some("01 Retail"))), Resolution::Bound("o2".into()));
    assert_eq!(resolved(&option(own, None)), Resolution::Create);
}

#[test]
fn what_somebody_tracks_otherwise_shows_only_where_we_track() {
    let changed = |document: &Document| {
        let (place, mut rows) = answered(std::slice::from_ref(document));
        rows[0]["LineItems"][0]["Tracking"] = json!([{ "TrackingOptionID": "other" }]);
        let context = context(&[subject(document)]);
        let task = Task::look_up(subject(document));
        hear(&[task], &context, 200, &json!({ place: rows })).unwrap().remove(0)
    };
    assert!(matches!(changed(&sale()), Outcome::Found(_)));
    let classed = standing_for(&sale(), &[("class", "Retail")]);
    let Outcome::FoundDifferent { difference, .. } = changed(&classed) else { panic!() };
    assert!(difference.contains("in tracking other: sent 0 GBP, held 100 GBP"), "{difference}");
}

#[test]
fn options_that_are_named_without_their_ids_are_known_by_their_names() {
    let classed = standing_for(&sale(), &[("class", "Retail")]);
    let shown = |tracking: &Value| {
        let (place, mut rows) = answered(std::slice::from_ref(&classed));
        for line in rows[0]["LineItems"].as_array_mut().unwrap() {
            if !line["Tracking"].is_null() {
                line["Tracking"] = tracking.clone();
            }
        }
        let context = context(&[subject(&classed)]);
        let task = Task::look_up(subject(&classed));
        hear(&[task], &context, 200, &json!({ place: rows })).unwrap().remove(0)
    };
    let category = remote(&category(None));
    for known in [
        json!([{ "Name": "Class", "Option": "retail" }]),
        json!([{ "TrackingCategoryID": category.as_str(), "Name": "renamed", "Option": "Retail" }]),
    ] {
        let outcome = shown(&known);
        assert!(matches!(outcome, Outcome::Found(_)), "{known}: {outcome:?}");
    }
    for other in [
        json!([{ "Name": "class", "Option": "Wholesale" }]),
        json!([{ "Name": "region", "Option": "Retail" }]),
        json!([{ "Name": "class" }]),
    ] {
        let outcome = shown(&other);
        assert!(matches!(outcome, Outcome::FoundDifferent { .. }), "{other}: {outcome:?}");
    }
}
