//! Downloads as a vendor gives them, and the slices that are taken from them.

use super::super::clock::Clock;
use super::super::testing::{carrier, reply};
use super::keep::KEPT_DOWNLOADS;
use super::*;
use jiff::Timestamp;
use proptest::prelude::*;
use saldo_core::exchange::SliceAnswer;
use saldo_core::json_lines::LineHead;
use saldo_sim::Reply;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

const URL: &str = "https://files.example/bulk/1?Expires=1&Signature=abc";

/// A way to a vendor whose download is this text; counts how often it is fetched.
fn download(text: &str) -> (Carrier, Arc<Mutex<usize>>) {
    let fetched: Arc<Mutex<usize>> = Arc::default();
    let (count, text) = (Arc::clone(&fetched), text.to_owned());
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
    let carrier = carrier(&clock, move |_, _| {
        *count.lock().unwrap() += 1;
        reply(200, text.clone())
    });
    (carrier, fetched)
}

fn ask(offset: u64, limit: u64) -> SliceAsk {
    SliceAsk { url: URL.to_owned(), bytes: None, offset, limit, groups: 3 }
}

/// The lines of a slice, each with its end.
fn text_of(slice: &SliceAnswer) -> String {
    slice.groups.iter().map(|group| format!("{}\n", group.text)).collect()
}

/// A slice of a download that is there.
async fn take(spool: &Spool, ask: &SliceAsk, carrier: &Carrier) -> Result<SliceAnswer, Fault> {
    match spool.slice(ask, carrier).await? {
        Answer::Slice(slice) => Ok(slice),
        other => panic!("{other:?} is no slice"),
    }
}

/// Reads a download to its end, with a new spool for each slice as after a restart: the slices.
async fn slices(folder: &Path, carrier: &Carrier, limit: u64) -> Result<Vec<String>, Fault> {
    let (mut slices, mut offset) = (Vec::new(), 0);
    loop {
        let spool = Spool::new(folder.to_owned());
        let slice = take(&spool, &ask(offset, limit), carrier).await?;
        slices.push(text_of(&slice));
        offset = slice.next_offset;
        if slice.finished {
            return Ok(slices);
        }
    }
}

async fn read(text: &str, limit: u64) -> Result<Vec<String>, String> {
    let folder = tempfile::tempdir().unwrap();
    let (carrier, fetched) = download(text);
    let slices = slices(folder.path(), &carrier, limit).await;
    assert_eq!(*fetched.lock().unwrap(), 1, "fetched once");
    slices.map_err(|fault| {
        assert_eq!(fault.permits, Permit::Retry);
        fault.message
    })
}

/// Lines from a short form: `a` is a root, `b<a` a child of `a`.
fn lines(short: &str) -> String {
    let line = |word: &str| match word.split_once('<') {
        Some((id, parent)) => format!("{{\"id\":\"{id}\",\"__parentId\":\"{parent}\"}}\n"),
        None => format!("{{\"id\":\"{word}\"}}\n"),
    };
    short.split_whitespace().map(line).collect()
}

#[tokio::test]
async fn groups_are_never_cut() {
    let text = lines("a b<a c<b d e f<e g");
    let groups = [lines("a b<a c<b"), lines("d"), lines("e f<e"), lines("g")];
    assert_eq!(read(&text, 1).await.unwrap(), groups);
    assert_eq!(read(&text, 1_000).await.unwrap(), [lines("a b<a c<b d e f<e"), lines("g")]);
    let halves = [lines("a b<a c<b"), lines("d e f<e"), lines("g")];
    assert_eq!(read(&text, 15).await.unwrap(), halves);
}

#[tokio::test]
async fn children_anywhere_are_brought_to_their_roots() {
    let text = lines("z<y b<a a y<x d c<a x w<x");
    let groups = [lines("a b<a c<a"), lines("d"), lines("x y<x w<x z<y")];
    assert_eq!(read(&text, 1).await.unwrap(), groups);
}

#[test]
fn a_file_is_copied_where_its_groups_stand_apart_and_nowhere_else() {
    let folder = tempfile::tempdir().unwrap();
    let (file, into) = (folder.path().join("file"), folder.path().join("into"));
    for (text, is_apart) in [
        (lines("a c<x b<a x"), true),
        (lines("a b<a x c<x"), false),
        ("Name,Total\n#1001,5.00\n".to_owned(), false),
        ("{\n  \"order\": {}\n}\n".to_owned(), false),
    ] {
        std::fs::write(&file, &text).unwrap();
        let copy = grouped_copy(&file, &into).unwrap();
        assert_eq!(copy.is_some(), is_apart, "{text}");
        let Some(copy) = copy else { continue };
        assert!(stands_grouped(&copy).unwrap(), "{text}");
        let copied = std::fs::read_to_string(copy).unwrap();
        let all = |text: &str| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
        assert_eq!(all(&copied), all(&text));
    }
    std::fs::write(&file, lines("a b<c")).unwrap();
    assert!(matches!(grouped_copy(&file, &into), Err(SpoolError::Orphans(1))));
}

#[tokio::test]
async fn an_end_without_line_feed_and_empty_lines_do_no_harm() {
    let text = format!("\n{}\n\n{}", lines("a"), lines("b<a c").trim_end());
    assert_eq!(read(&text, 1).await.unwrap(), [lines("a b<a"), lines("c")]);
    assert_eq!(read("", 1).await.unwrap(), [""]);
}

#[tokio::test]
async fn what_cannot_be_grouped_is_refused() {
    for (text, message) in [
        (lines("a b<x c<b"), "2 lines of the download belong to something that is not"),
        (lines("a b<c c<b"), "2 lines of the download belong to something that is not"),
        ("{\"id\":\"a\"}\nnot json\n".to_owned(), "line at byte 11 is not a JSON object"),
        ("{\"id\":\"a\"}\n{\"id\"".to_owned(), "line at byte 11 is not a JSON object with"),
        ("[1]\n".to_owned(), "line at byte 0 is not a JSON object"),
        ("{\"name\":\"a\"}\n".to_owned(), "line at byte 0 has no id"),
    ] {
        let refusal = read(&text, 1).await.unwrap_err();
        assert!(refusal.contains(message), "{refusal}");
    }
}

#[tokio::test]
async fn only_offsets_where_a_slice_ended_are_taken() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().to_owned());
    let (carrier, _) = download(&lines("a b"));
    for offset in [1, 10, 9_999] {
        let fault = spool.slice(&ask(offset, 9), &carrier).await.unwrap_err();
        assert_eq!(fault.permits, Permit::Retry);
    }
    let rest = take(&spool, &ask(11, 9), &carrier).await.unwrap();
    assert_eq!(text_of(&rest), lines("b"));
    let nothing = take(&spool, &ask(rest.next_offset, 9), &carrier).await.unwrap();
    assert_eq!((nothing.groups.len(), nothing.finished), (0, true));

    let (folder, text) = (tempfile::tempdir().unwrap(), lines("a b<a"));
    let spool = Spool::new(folder.path().to_owned());
    let fault = spool.slice(&ask(11, 9), &download(&text).0).await.unwrap_err();
    assert!(fault.message.contains("line at byte 11 has no root before it"), "{fault}");
}

#[tokio::test]
async fn what_was_cut_short_is_fetched_again_from_the_start() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
    let mut lost = 1;
    let carrier = carrier(&clock, move |_, _| {
        lost -= 1;
        if lost >= 0 { Reply::Lost } else { reply(200, lines("b<a a")) }
    });
    let name = download_name(URL);
    fs::write(folder.path().join(format!("{name}.part")), "half").unwrap();
    fs::create_dir(folder.path().join(format!("{name}.scratch"))).unwrap();
    let spool = Spool::new(folder.path().to_owned());
    let fault = spool.slice(&ask(0, 1), &carrier).await.unwrap_err();
    assert_eq!(fault.permits, Permit::Retry);
    let slice = take(&spool, &ask(0, 1), &carrier).await.unwrap();
    assert_eq!(text_of(&slice), lines("a b<a"));
}

/// A way to a vendor that says these texts one after the other.
fn downloads(texts: Vec<String>) -> Carrier {
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
    let mut texts = texts.into_iter();
    carrier(&clock, move |_, _| reply(200, texts.next().unwrap()))
}

#[tokio::test]
async fn a_download_cut_where_a_line_ends_is_fetched_again() {
    let (whole, cut) = (lines("a b<a c"), lines("a b<a"));
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().to_owned());
    let carrier = downloads(vec![cut.clone(), whole.clone()]);
    let bytes = Some(u64::try_from(whole.len()).unwrap());
    let asked = SliceAsk { bytes, ..ask(0, 99) };
    let fault = spool.slice(&asked, &carrier).await.unwrap_err();
    assert_eq!(fault.permits, Permit::Retry, "{fault}");
    let counted = format!("has {} of its {} bytes", cut.len(), whole.len());
    assert!(fault.message.contains(&counted), "{fault}");
    let slice = take(&spool, &asked, &carrier).await.unwrap();
    assert_eq!((text_of(&slice), slice.finished), (whole.clone(), true));
}

#[tokio::test]
async fn a_download_that_cannot_be_read_is_fetched_again() {
    let (whole, cut) = (lines("a b<a c"), format!("{}{{\"id\"", lines("a")));
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().to_owned());
    let carrier = downloads(vec![cut, whole]);
    assert!(spool.slice(&ask(0, 99), &carrier).await.is_err());
    assert!(take(&spool, &ask(0, 99), &carrier).await.unwrap().finished);
}

#[tokio::test]
async fn a_download_that_is_gone_is_answered_by_its_refusal() {
    let folder = tempfile::tempdir().unwrap();
    let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
    for (status, answered) in [(403, true), (404, true), (410, true), (503, false)] {
        let carrier = carrier(&clock, move |_, _| reply(status, "ExpiredToken"));
        let spool = Spool::new(folder.path().to_owned());
        match spool.slice(&ask(0, 1), &carrier).await {
            Ok(Answer::Http(answer)) => assert_eq!((answer.status, answered), (status, true)),
            Ok(other) => panic!("{other:?}"),
            Err(fault) => assert_eq!((fault.permits, answered), (Permit::Retry, false)),
        }
    }
}

#[tokio::test]
async fn finished_and_old_downloads_are_removed_when_another_begins() {
    let folder = tempfile::tempdir().unwrap();
    let spool = Spool::new(folder.path().to_owned());
    let (carrier, fetched) = download(&lines("a b"));
    let named = |number: usize, limit| SliceAsk {
        url: format!("https://files.example/bulk/{number}"),
        ..ask(0, limit)
    };
    let kept = || {
        let paths = fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().path());
        paths.filter(|path| path.extension() == Some("jsonl".as_ref())).count()
    };
    assert!(take(&spool, &named(0, 99), &carrier).await.unwrap().finished);
    assert!(take(&spool, &named(0, 99), &carrier).await.unwrap().finished);
    assert_eq!((kept(), *fetched.lock().unwrap()), (1, 1));
    for number in 1..10 {
        assert!(!take(&spool, &named(number, 1), &carrier).await.unwrap().finished);
        assert_eq!(kept(), number.min(KEPT_DOWNLOADS));
    }
}

#[test]
fn a_download_is_known_by_all_of_its_address_but_the_signature() {
    let name = |query: &str| download_name(&format!("https://x/a{query}"));
    assert_eq!(name(""), name("?Expires=1&Signature=2&X-Amz-Date=3&X-Goog-Expires=4"));
    assert_eq!(name("?id=1&Expires=1"), name("?Expires=2&id=1"));
    assert_ne!(name("?id=1"), name("?id=2"));
    assert_ne!(name(""), download_name("https://x/b"));
}

proptest! {
    /// A forest whose lines are dealt out anyhow: every line comes once, behind its root and
    /// its parent, roots in their order.
    #[test]
    fn regrouping_loses_nothing_and_keeps_families_together(
        parents in proptest::collection::vec(proptest::option::of(0_usize..40), 1..40),
        deal in any::<u64>(),
        limit in 1_u64..400,
    ) {
        let parent = |line: usize| parents[line].filter(|parent| *parent < line);
        let word = |line: usize| match parent(line) {
            Some(parent) => format!("{line}<{parent} "),
            None => format!("{line} "),
        };
        let mut order: Vec<usize> = (0..parents.len()).collect();
        let dealt = |line: &usize| {
            *blake3::hash(&[line.to_le_bytes(), deal.to_le_bytes()].concat()).as_bytes()
        };
        order.sort_by_key(dealt);
        let text = lines(&order.iter().map(|line| word(*line)).collect::<String>());
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let slices = runtime.block_on(read(&text, limit)).unwrap();

        let mut seen = Vec::new();
        for slice in &slices {
            for line in slice.lines() {
                let head = LineHead::read(line).unwrap();
                let id: usize = head.id.unwrap().parse().unwrap();
                if let Some(own) = parent(id) {
                    let is_root = |line: &usize| parent(*line).is_none();
                    let last_root = seen.iter().copied().rev().find(is_root);
                    prop_assert_eq!(last_root, Some(root(&parents, id)));
                    prop_assert!(seen.contains(&own));
                }
                seen.push(id);
            }
        }
        let is_root = |line: &&usize| parent(**line).is_none();
        prop_assert!(seen.iter().filter(is_root).eq(order.iter().filter(is_root)));
        seen.sort_unstable();
        prop_assert!(seen.into_iter().eq(0..parents.len()));
    }
}

fn root(parents: &[Option<usize>], line: usize) -> usize {
    match parents[line].filter(|parent| *parent < line) {
        Some(parent) => root(parents, parent),
        None => line,
    }
}
