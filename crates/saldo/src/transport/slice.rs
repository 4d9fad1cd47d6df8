//! Large downloads of JSON lines: fetched once into a folder, handed over slice by slice.
//!
//! What is on disk under its final name is whole, so that a restart goes on where the last slice
//! ended; what was cut short or cannot be read is fetched again from the start. The same download
//! always gives the same offsets.

use super::carrier::{Carrier, Download, unwritable};
use super::regroup::regroup;
use super::stopped;
use saldo_core::exchange::{Answer, Fault, HttpAnswer, Permit, SliceAnswer, SliceAsk};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::time::SystemTime;
use thiserror::Error;
use tokio::sync::Mutex;

/// How long a line may be, in bytes.
const LINE_LIMIT_BYTES: u64 = 32 << 20;
/// How large a group of lines may be, in bytes: a group is handed over whole.
const GROUP_LIMIT_BYTES: usize = 128 << 20;
/// How many downloads are kept that nobody has read to the end, the newest.
const KEPT_DOWNLOADS: usize = 4;

/// Parameters of an address that only sign it, in lower case: they change when the vendor hands out
/// the same download again. All others may say which download it is.
const SIGNING_PARAMETERS: [&str; 4] = ["expires", "signature", "googleaccessid", "awsaccesskeyid"];
/// How names of further such parameters begin, in lower case.
const SIGNING_PREFIXES: [&str; 2] = ["x-goog-", "x-amz-"];

/// A folder of downloads. It belongs to one connection and one process.
pub(crate) struct Spool {
    folder: PathBuf,
    /// Held while fetching: however many ask, a download is fetched once.
    fetching: Mutex<()>,
}

/// What can be wrong with a download.
#[derive(Debug, Error)]
pub(super) enum SpoolError {
    /// The disk fails or is full.
    #[error("the folder of downloads fails: {0}")]
    Disk(#[from] io::Error),
    /// A line is not what it should be.
    #[error("the download's line at byte {at} {what}")]
    Line {
        /// Where the line begins, in bytes from the start of the file.
        at: u64,
        /// What is wrong with it.
        what: &'static str,
    },
    /// Lines name parents that are nowhere in the download.
    #[error("{0} lines of the download belong to something that is not in it")]
    Orphans(u64),
    /// The offset is not one that a slice ended with.
    #[error("no slice of the download begins at byte {0}")]
    Misplaced(u64),
    /// Its end is missing.
    #[error("the download was cut: it has {found} of its {whole} bytes")]
    Cut {
        /// How many bytes came.
        found: u64,
        /// How many the vendor says that there are.
        whole: u64,
    },
}

impl From<SpoolError> for Fault {
    fn from(error: SpoolError) -> Self {
        Self::new(Permit::Retry, error.to_string())
    }
}

impl Spool {
    /// Keeps downloads in this folder, which is made when it is first needed.
    pub(crate) fn new(folder: PathBuf) -> Self {
        Self { folder, fetching: Mutex::default() }
    }

    /// A slice of a download, which is fetched first if it is not there; or the refusal of a server
    /// that does not have it.
    ///
    /// # Errors
    /// Where the download cannot be had whole, is not lines of JSON objects, or has no slice there.
    /// It is then fetched anew when it is asked for again.
    pub(crate) async fn slice(&self, ask: &SliceAsk, carrier: &Carrier) -> Result<Answer, Fault> {
        let name = download_name(&ask.url, ask.grouped);
        let whole = self.folder.join(format!("{name}.jsonl"));
        {
            let _fetching = self.fetching.lock().await;
            let there = tokio::fs::try_exists(&whole).await.map_err(SpoolError::Disk)?;
            if !there && let Some(refusal) = self.fetch(ask, &name, &whole, carrier).await? {
                return Ok(Answer::Http(refusal));
            }
        }
        let read = whole.clone();
        let (offset, limit) = (ask.offset, ask.limit);
        let cut = tokio::task::spawn_blocking(move || cut(&read, offset, limit)).await;
        let slice = match cut.map_err(|_| stopped("reading a download"))? {
            Ok(slice) => slice,
            Err(SpoolError::Disk(error)) => return Err(SpoolError::Disk(error).into()),
            Err(broken) => {
                tokio::fs::remove_file(&whole).await.map_err(SpoolError::Disk)?;
                return Err(broken.into());
            }
        };
        if slice.finished {
            let marker = self.folder.join(format!("{name}.finished"));
            tokio::fs::write(&marker, b"").await.map_err(|error| unwritable(&marker, &error))?;
        }
        Ok(Answer::Slice(slice))
    }

    /// Fetches a download; gives the refusal of a server that does not have it.
    async fn fetch(
        &self,
        ask: &SliceAsk,
        name: &str,
        whole: &Path,
        carrier: &Carrier,
    ) -> Result<Option<HttpAnswer>, Fault> {
        let part = self.folder.join(format!("{name}.part"));
        let scratch = self.folder.join(format!("{name}.scratch"));
        let folder = self.folder.clone();
        let swept = tokio::task::spawn_blocking(move || sweep(&folder)).await;
        swept.map_err(|_| stopped("tidying downloads"))?.map_err(SpoolError::Disk)?;
        if let Download::Refused(refusal) = carrier.download(&ask.url, &part).await? {
            return Ok(Some(refusal));
        }
        let found = tokio::fs::metadata(&part).await.map_err(SpoolError::Disk)?.len();
        if let Some(whole) = ask.bytes.filter(|whole| found < *whole) {
            return Err(SpoolError::Cut { found, whole }.into());
        }
        if ask.grouped {
            let kept = tokio::fs::rename(&part, whole).await;
            return kept.map(|()| None).map_err(|error| unwritable(whole, &error));
        }
        let into = whole.to_owned();
        let regrouped = tokio::task::spawn_blocking(move || {
            regroup(&part, &into, &scratch)?;
            fs::remove_file(&part).map_err(SpoolError::Disk)
        });
        regrouped.await.map_err(|_| stopped("regrouping a download"))??;
        Ok(None)
    }
}

/// The file name of a download: the same for the same thing, however it is signed.
fn download_name(url: &str, grouped: bool) -> String {
    let (place, query) = url.split_once('?').unwrap_or((url, ""));
    let signs = |parameter: &&str| {
        let name = parameter.split('=').next().unwrap_or_default().to_ascii_lowercase();
        SIGNING_PARAMETERS.contains(&name.as_str())
            || SIGNING_PREFIXES.iter().any(|prefix| name.starts_with(prefix))
    };
    let mut hasher = blake3::Hasher::new();
    hasher.update(place.as_bytes());
    for parameter in query.split('&').filter(|parameter| !parameter.is_empty() && !signs(parameter))
    {
        hasher.update(b"&").update(parameter.as_bytes());
    }
    let hash: String = hasher.finalize().to_hex().chars().take(32).collect();
    let order = if grouped { "as-sent" } else { "regrouped" };
    format!("{hash}-{order}")
}

/// Makes room before a download: removes what was read to the end, what was cut short, and what is
/// old. Whoever still needs one of them fetches it again.
fn sweep(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let mut finished = BTreeSet::new();
    let mut whole: BTreeMap<(SystemTime, PathBuf), String> = BTreeMap::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned());
        let stem = stem.unwrap_or_default();
        match path.extension().and_then(|extension| extension.to_str()) {
            Some("part") => fs::remove_file(&path)?,
            Some("scratch") => fs::remove_dir_all(&path)?,
            Some("finished") => {
                fs::remove_file(&path)?;
                finished.insert(stem);
            }
            Some("jsonl") => {
                whole.insert((path.metadata()?.modified()?, path), stem);
            }
            _ => {}
        }
    }
    let (done, open): (Vec<_>, Vec<_>) =
        whole.into_iter().partition(|(_, stem)| finished.contains(stem));
    let too_many = (open.len() + 1).saturating_sub(KEPT_DOWNLOADS);
    for ((_, path), _) in done.iter().chain(open.iter().take(too_many)) {
        fs::remove_file(path)?;
    }
    Ok(())
}

/// Whole groups of lines from an offset on: as many as are begun before the limit is reached.
fn cut(file: &Path, offset: u64, limit: u64) -> Result<SliceAnswer, SpoolError> {
    let mut lines = Lines::open(file, offset)?;
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let mut bytes = Vec::new();
    let mut line = Vec::new();
    loop {
        let at = lines.position;
        if !lines.next_into(&mut line)? {
            return Ok(SliceAnswer { bytes, next_offset: at, finished: true });
        }
        if line.trim_ascii().is_empty() {
            continue;
        }
        let is_root = Head::read(&line, at)?.parent.is_none();
        if is_root && !bytes.is_empty() && bytes.len() >= limit {
            return Ok(SliceAnswer { bytes, next_offset: at, finished: false });
        }
        if !is_root && bytes.is_empty() {
            return Err(SpoolError::Line { at, what: "has no root before it" });
        }
        if bytes.len() + line.len() > GROUP_LIMIT_BYTES.max(limit) {
            return Err(SpoolError::Line { at, what: "makes its group too large" });
        }
        bytes.extend_from_slice(&line);
    }
}

/// As much of a line as says where it belongs. All else is skipped without being understood.
#[derive(Deserialize)]
pub(super) struct Head<'line> {
    /// What the line is called.
    #[serde(borrow, default)]
    pub(super) id: Option<Cow<'line, str>>,
    /// What it belongs to; none for a root.
    #[serde(borrow, default, rename = "__parentId")]
    pub(super) parent: Option<Cow<'line, str>>,
}

impl<'line> Head<'line> {
    /// Reads the line that begins at this byte.
    pub(super) fn read(line: &'line [u8], at: u64) -> Result<Self, SpoolError> {
        let unreadable =
            |_| SpoolError::Line { at, what: "is not a JSON object with ids that are texts" };
        if line.trim_ascii_start().first() != Some(&b'{') {
            return Err(SpoolError::Line { at, what: "is not a JSON object" });
        }
        serde_json::from_slice(line).map_err(unreadable)
    }
}

/// The lines of a file, from an offset at which a line begins.
pub(super) struct Lines {
    reader: BufReader<File>,
    /// Where the next line begins, in bytes from the start of the file.
    pub(super) position: u64,
}

impl Lines {
    /// Opens a file to read from this offset on.
    pub(super) fn open(path: &Path, offset: u64) -> Result<Self, SpoolError> {
        let mut file = File::open(path)?;
        if offset > file.metadata()?.len() {
            return Err(SpoolError::Misplaced(offset));
        }
        if let Some(before) = offset.checked_sub(1) {
            let mut byte = [0];
            file.seek(SeekFrom::Start(before))?;
            file.read_exact(&mut byte)?;
            let at_end = offset == file.metadata()?.len();
            if byte != *b"\n" && !at_end {
                return Err(SpoolError::Misplaced(offset));
            }
        }
        Ok(Self { reader: BufReader::with_capacity(1 << 18, file), position: offset })
    }

    /// Reads the next line, with a line feed at its end; false after the last.
    pub(super) fn next_into(&mut self, line: &mut Vec<u8>) -> Result<bool, SpoolError> {
        line.clear();
        let read = (&mut self.reader).take(LINE_LIMIT_BYTES).read_until(b'\n', line)?;
        if read == 0 {
            return Ok(false);
        }
        let read = u64::try_from(read).unwrap_or(u64::MAX);
        if line.last() != Some(&b'\n') {
            if read >= LINE_LIMIT_BYTES {
                return Err(SpoolError::Line { at: self.position, what: "is too long" });
            }
            line.push(b'\n');
        }
        self.position = self.position.saturating_add(read);
        Ok(true)
    }
}

#[cfg(test)]
mod tests {
    use super::super::clock::Clock;
    use super::super::testing::{carrier, reply};
    use super::*;
    use jiff::Timestamp;
    use proptest::prelude::*;
    use saldo_sim::Reply;
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

    fn ask(grouped: bool, offset: u64, limit: u64) -> SliceAsk {
        SliceAsk { url: URL.to_owned(), grouped, bytes: None, offset, limit }
    }

    /// A slice of a download that is there.
    async fn take(spool: &Spool, ask: &SliceAsk, carrier: &Carrier) -> Result<SliceAnswer, Fault> {
        match spool.slice(ask, carrier).await? {
            Answer::Slice(slice) => Ok(slice),
            other => panic!("{other:?} is no slice"),
        }
    }

    /// Reads a download to its end, with a new spool for each slice as after a restart: the slices.
    async fn slices(
        folder: &Path,
        carrier: &Carrier,
        grouped: bool,
        limit: u64,
    ) -> Result<Vec<String>, Fault> {
        let (mut slices, mut offset) = (Vec::new(), 0);
        loop {
            let spool = Spool::new(folder.to_owned());
            let slice = take(&spool, &ask(grouped, offset, limit), carrier).await?;
            slices.push(String::from_utf8(slice.bytes).unwrap());
            offset = slice.next_offset;
            if slice.finished {
                return Ok(slices);
            }
        }
    }

    async fn read(text: &str, grouped: bool, limit: u64) -> Result<Vec<String>, String> {
        let folder = tempfile::tempdir().unwrap();
        let (carrier, fetched) = download(text);
        let slices = slices(folder.path(), &carrier, grouped, limit).await;
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
        assert_eq!(read(&text, true, 1).await.unwrap(), groups);
        assert_eq!(read(&text, false, 1).await.unwrap(), groups);
        assert_eq!(read(&text, true, 1_000).await.unwrap().concat(), text);
        let halves = [lines("a b<a c<b"), lines("d e f<e"), lines("g")];
        assert_eq!(read(&text, true, 15).await.unwrap(), halves);
    }

    #[tokio::test]
    async fn children_anywhere_are_brought_to_their_roots() {
        let text = lines("z<y b<a a y<x d c<a x w<x");
        let groups = [lines("a b<a c<a"), lines("d"), lines("x y<x w<x z<y")];
        assert_eq!(read(&text, false, 1).await.unwrap(), groups);
    }

    #[tokio::test]
    async fn an_end_without_line_feed_and_empty_lines_do_no_harm() {
        let text = format!("\n{}\n\n{}", lines("a"), lines("b<a c").trim_end());
        assert_eq!(read(&text, true, 1).await.unwrap(), [lines("a b<a"), lines("c")]);
        assert_eq!(read(&text, false, 1).await.unwrap(), [lines("a b<a"), lines("c")]);
        assert_eq!(read("", true, 1).await.unwrap(), [""]);
        assert_eq!(read("", false, 1).await.unwrap(), [""]);
    }

    #[tokio::test]
    async fn what_cannot_be_grouped_is_refused() {
        for (text, grouped, message) in [
            (lines("b<a a"), true, "the download's line at byte 0 has no root before it"),
            (lines("a b<x c<b"), false, "2 lines of the download belong to something that is not"),
            (lines("a b<c c<b"), false, "2 lines of the download belong to something that is not"),
            (
                "{\"id\":\"a\"}\nnot json\n".to_owned(),
                false,
                "line at byte 11 is not a JSON object",
            ),
            (
                "{\"id\":\"a\"}\n{\"id\"".to_owned(),
                true,
                "line at byte 11 is not a JSON object with",
            ),
            ("[1]\n".to_owned(), true, "line at byte 0 is not a JSON object"),
        ] {
            let refusal = read(&text, grouped, 1).await.unwrap_err();
            assert!(refusal.contains(message), "{refusal}");
        }
    }

    #[tokio::test]
    async fn only_offsets_where_a_slice_ended_are_taken() {
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned());
        let (carrier, _) = download(&lines("a b"));
        for offset in [1, 10, 9_999] {
            let fault = spool.slice(&ask(true, offset, 9), &carrier).await.unwrap_err();
            assert_eq!(fault.permits, Permit::Retry);
        }
        let rest = take(&spool, &ask(true, 11, 9), &carrier).await.unwrap();
        assert_eq!(rest.bytes, lines("b").into_bytes());
        let nothing = take(&spool, &ask(true, rest.next_offset, 9), &carrier).await.unwrap();
        assert_eq!((nothing.bytes.len(), nothing.finished), (0, true));
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
        let name = download_name(URL, false);
        fs::write(folder.path().join(format!("{name}.part")), "half").unwrap();
        fs::create_dir(folder.path().join(format!("{name}.scratch"))).unwrap();
        let spool = Spool::new(folder.path().to_owned());
        let fault = spool.slice(&ask(false, 0, 1), &carrier).await.unwrap_err();
        assert_eq!(fault.permits, Permit::Retry);
        let slice = take(&spool, &ask(false, 0, 1), &carrier).await.unwrap();
        assert_eq!(slice.bytes, lines("a b<a").into_bytes());
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
        for grouped in [true, false] {
            let folder = tempfile::tempdir().unwrap();
            let spool = Spool::new(folder.path().to_owned());
            let carrier = downloads(vec![cut.clone(), whole.clone()]);
            let bytes = Some(u64::try_from(whole.len()).unwrap());
            let asked = SliceAsk { bytes, ..ask(grouped, 0, 99) };
            let fault = spool.slice(&asked, &carrier).await.unwrap_err();
            assert_eq!(fault.permits, Permit::Retry, "{fault}");
            let counted = format!("has {} of its {} bytes", cut.len(), whole.len());
            assert!(fault.message.contains(&counted), "{fault}");
            let slice = take(&spool, &asked, &carrier).await.unwrap();
            assert_eq!((slice.bytes, slice.finished), (whole.clone().into_bytes(), true));
        }
    }

    #[tokio::test]
    async fn a_download_that_cannot_be_read_is_fetched_again() {
        let (whole, cut) = (lines("a b<a c"), format!("{}{{\"id\"", lines("a")));
        let folder = tempfile::tempdir().unwrap();
        let spool = Spool::new(folder.path().to_owned());
        let carrier = downloads(vec![cut, whole]);
        assert!(spool.slice(&ask(true, 0, 99), &carrier).await.is_err());
        assert!(take(&spool, &ask(true, 0, 99), &carrier).await.unwrap().finished);
    }

    #[tokio::test]
    async fn a_download_that_is_gone_is_answered_by_its_refusal() {
        let folder = tempfile::tempdir().unwrap();
        let clock = Clock::simulated(Timestamp::UNIX_EPOCH);
        for (status, answered) in [(403, true), (404, true), (410, true), (503, false)] {
            let carrier = carrier(&clock, move |_, _| reply(status, "ExpiredToken"));
            let spool = Spool::new(folder.path().to_owned());
            match spool.slice(&ask(true, 0, 1), &carrier).await {
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
            ..ask(number.is_multiple_of(2), 0, limit)
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
        let name = |query: &str| download_name(&format!("https://x/a{query}"), true);
        assert_eq!(name(""), name("?Expires=1&Signature=2&X-Amz-Date=3&X-Goog-Expires=4"));
        assert_eq!(name("?id=1&Expires=1"), name("?Expires=2&id=1"));
        assert_ne!(name("?id=1"), name("?id=2"));
        assert_ne!(name(""), download_name("https://x/b", true));
        assert_ne!(name(""), download_name("https://x/a", false));
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
            let slices = runtime.block_on(read(&text, false, limit)).unwrap();

            let mut seen = Vec::new();
            for slice in &slices {
                for line in slice.lines() {
                    let head = Head::read(line.as_bytes(), 0).unwrap();
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
}
