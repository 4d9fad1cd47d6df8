//! A bulk operation: started, looked after, heard slice by slice. Where it fails in any way, the
//! same is listed instead: what a failed operation left behind is never trusted. Where it failed
//! for want of a right, it is started once more without what everything works without: who buyers
//! are. If that was not it, the listing says which right it is.

use super::{Hearing, affordable, page};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{Bulk, BulkStage, OVERLAP, Rest, Saved, Slicing, earlier, later};
use crate::shopify::wire::NumberText;
use jiff::{SignedDuration, Timestamp};
use saldo_core::channel::Page;
use saldo_core::commerce::Record;
use saldo_core::exchange::{Answer, Fault, Permit, SliceAnswer};
use serde::de::{DeserializeOwned, IgnoredAny};
use serde::{Deserialize, Serialize};

/// How long the first wait for a bulk operation is, in seconds; each further one is twice as long.
/// The vendor tells neither how far it is nor how long it will take; a look that comes too early is
/// a question for nothing, and half a minute is little beside what follows.
const FIRST_WAIT_SECONDS: u32 = 30;
/// How long the longest is, in seconds.
const LONGEST_WAIT_SECONDS: u32 = 60;
/// After how long a bulk operation that does not end is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// About how long a bulk operation takes, in seconds, however little it is about.
const ABOUT_SECONDS: u64 = 120;
/// From how many things on a bulk operation is always taken.
const ALWAYS_FROM: u64 = 2_000;

/// From how many things on a bulk operation is worth its time: listing them would take longer, by
/// the points that each requests and those that the shop's plan restores in a second.
pub(super) fn worth_from(restore_rate: Option<u32>, points_each: u64) -> u64 {
    match restore_rate.map_or(0, u64::from) {
        0 => ALWAYS_FROM,
        rate => (ABOUT_SECONDS * rate / points_each).min(ALWAYS_FROM),
    }
}

/// The state of a stream whose things can come by a bulk operation.
pub(super) trait InBulk: Default + Serialize + DeserializeOwned {
    /// Whether the operation asks where in a country goods go to, and can do without.
    const TELLS_PLACES: bool = false;

    /// Whether a download of so many lines, of which so many have no parent, can be what was asked
    /// for.
    fn is_plausible(lines: Option<u64>, roots: Option<u64>) -> bool;

    /// The operation is under way.
    fn go_on(&mut self, bulk: Bulk);

    /// The same window is to be listed, and nothing of it comes by an operation any more.
    fn list(&mut self, bulk: &Bulk);

    /// The pull that began then has come to its end.
    fn rest(&mut self, began: Timestamp, rest: Rest);

    /// Up to when everything is heard by a pull that began then and came to its end. What happens
    /// is visible to a search only some time later.
    fn reached(began: Timestamp) -> Timestamp {
        earlier(began, OVERLAP)
    }
}

/// The last page of a pull that began then.
pub(super) fn finish<State: InBulk>(
    records: Vec<Record>,
    mut saved: Saved<State>,
    began: Timestamp,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let rest = Rest::after(began, hearing.context.now);
    saved.state.rest(began, rest);
    Ok(Page { records, cursor: saved.store()?, reached: Some(State::reached(began)) })
}

/// What an answer means while a bulk operation is under way.
pub(super) fn hear<State: InBulk>(
    saved: Saved<State>,
    bulk: Bulk,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    match bulk.stage.clone() {
        BulkStage::Starting => hear_start(saved, bulk, hearing),
        BulkStage::Polling { operation, wait_seconds, .. } => {
            hear_state(saved, bulk, operation, wait_seconds, hearing)
        }
        BulkStage::Slicing(slicing) => match hearing.answer {
            Answer::Slice(slice) => hear_slice(saved, bulk, slicing, slice, hearing),
            Answer::Http(answer) if answer.status >= 500 => {
                Err(Fault::new(Permit::Retry, "the download of a bulk operation failed"))
            }
            Answer::Http(_) => list_instead(saved, &bulk),
            Answer::File(_) | Answer::Message(_) => Err(Fault::unexpected("Shopify")),
        },
    }
}

/// Goes on in another stage.
fn go_on<State: InBulk>(
    records: Vec<Record>,
    mut saved: Saved<State>,
    bulk: Bulk,
    stage: BulkStage,
) -> Result<Page, Fault> {
    saved.state.go_on(Bulk { stage, ..bulk });
    page(records, &saved)
}

/// Lists the same window instead.
fn list_instead<State: InBulk>(mut saved: Saved<State>, bulk: &Bulk) -> Result<Page, Fault> {
    saved.state.list(bulk);
    page(Vec::new(), &saved)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StartData {
    bulk_operation_run_query: Started,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    bulk_operation: Option<Operation>,
    user_errors: Vec<IgnoredAny>,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
}

/// A start whose answer was lost leaves an operation that nobody asks for: it only read, and a shop
/// runs several at once.
fn hear_start<State: InBulk>(
    mut saved: Saved<State>,
    bulk: Bulk,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let data: StartData = affordable(&mut saved, Question::BulkStart, hearing)?;
    let started = data.bulk_operation_run_query;
    if !started.user_errors.is_empty() {
        return list_instead(saved, &bulk);
    }
    match started.bulk_operation {
        Some(operation) => {
            let stage = polling(operation.id, FIRST_WAIT_SECONDS, hearing);
            go_on(Vec::new(), saved, bulk, stage)
        }
        None => list_instead(saved, &bulk),
    }
}

fn polling(operation: String, wait_seconds: u32, hearing: Hearing<'_>) -> BulkStage {
    let wait = SignedDuration::from_secs(i64::from(wait_seconds));
    BulkStage::Polling { operation, next_at: later(hearing.context.now, wait), wait_seconds }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct StateData {
    #[serde(deserialize_with = "Option::deserialize")]
    bulk_operation: Option<OperationState>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct OperationState {
    status: String,
    error_code: Option<String>,
    url: Option<String>,
    file_size: Option<NumberText>,
    object_count: Option<NumberText>,
    root_object_count: Option<NumberText>,
}

impl OperationState {
    /// Whether it failed since the app may not read something of it.
    fn is_denied(&self) -> bool {
        self.error_code.as_deref() == Some("ACCESS_DENIED")
    }

    /// How many lines the download has.
    fn lines(&self) -> Result<Option<u64>, Fault> {
        number("objectCount", self.object_count.as_ref())
    }

    /// How many lines of it are roots.
    fn roots(&self) -> Result<Option<u64>, Fault> {
        number("rootObjectCount", self.root_object_count.as_ref())
    }

    /// The download, from its beginning; none where nothing was found.
    fn download(&self) -> Result<Option<Slicing>, Fault> {
        let Some(url) = self.url.clone() else { return Ok(None) };
        let bytes = number("fileSize", self.file_size.as_ref())?;
        Ok(Some(Slicing { url, bytes, lines: self.lines()?, offset: 0, heard: 0 }))
    }
}

/// A count of an operation. Where it cannot be known, nobody could say whether all came.
fn number(field: &str, text: Option<&NumberText>) -> Result<Option<u64>, Fault> {
    let too_large = |text: &NumberText| {
        let message = format!("Shopify's bulk operation has a `{field}` of {}: too large", text.0);
        Fault::new(Permit::Never, message)
    };
    text.map(|text| text.0.parse().map_err(|_| too_large(text))).transpose()
}

fn hear_state<State: InBulk>(
    mut saved: Saved<State>,
    bulk: Bulk,
    operation: String,
    waited_seconds: u32,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let data: StateData = affordable(&mut saved, Question::BulkStatus, hearing)?;
    let Some(state) = data.bulk_operation else { return list_instead(saved, &bulk) };
    let (lines, roots) = (state.lines()?, state.roots()?);
    match (state.status.as_str(), state.download()?) {
        ("COMPLETED", _) if !State::is_plausible(lines, roots) => list_instead(saved, &bulk),
        ("COMPLETED", Some(slicing)) => go_on(Vec::new(), saved, bulk, BulkStage::Slicing(slicing)),
        // Nothing was found.
        ("COMPLETED", None) if lines.is_none_or(|lines| lines == 0) => {
            finish(Vec::new(), saved, bulk.began, hearing)
        }
        ("CREATED" | "RUNNING", _) if hearing.context.now < later(bulk.began, PATIENCE) => {
            let wait = waited_seconds.saturating_mul(2).min(LONGEST_WAIT_SECONDS);
            go_on(Vec::new(), saved, bulk, polling(operation, wait, hearing))
        }
        ("FAILED", _) if state.is_denied() && State::TELLS_PLACES && !bulk.without_places => {
            let bulk = Bulk { without_places: true, ..bulk };
            go_on(Vec::new(), saved, bulk, BulkStage::Starting)
        }
        _ => list_instead(saved, &bulk),
    }
}

/// A download with fewer lines than the operation counted was cut, and nobody can say whether its
/// last thing is whole: the same is listed instead.
fn hear_slice<State: InBulk>(
    saved: Saved<State>,
    bulk: Bulk,
    slicing: Slicing,
    slice: &SliceAnswer,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let lines: u64 = slice.groups.iter().map(|group| group.lines).sum();
    let heard = slicing.heard.saturating_add(lines);
    if slice.finished && slicing.lines.is_some_and(|lines| heard < lines) {
        return list_instead(saved, &bulk);
    }
    let records = slice.groups.iter().map(|group| hearing.record(&group.id, &group.text));
    let records = records.collect();
    if slice.finished {
        return finish(records, saved, bulk.began, hearing);
    }
    let stage = BulkStage::Slicing(Slicing { offset: slice.next_offset, heard, ..slicing });
    go_on(records, saved, bulk, stage)
}
