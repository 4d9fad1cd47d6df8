//! A bulk operation: started, looked after, heard slice by slice. Where it fails in any way, the
//! orders are listed instead: what a failed operation left behind is never trusted, and where it
//! failed for want of a right, the listing says which.

use super::orders::{affordable, finish};
use super::{Hearing, page};
use crate::shopify::budget::Question;
use crate::shopify::cursor::{
    Bulk, BulkStage, OrdersState, OrdersStep, Paged, Saved, Slicing, later,
};
use crate::shopify::envelope::parse;
use crate::shopify::wire::{Gid, NumberText};
use jiff::SignedDuration;
use saldo_core::channel::Page;
use saldo_core::commerce::Record;
use saldo_core::exchange::{Answer, Fault, Permit, SliceAnswer};
use serde::Deserialize;
use std::borrow::Cow;
use std::collections::BTreeSet;

/// How long the first wait for a bulk operation is, in seconds; each further one is twice as long.
const FIRST_WAIT_SECONDS: u32 = 5;
/// How long the longest is, in seconds.
const LONGEST_WAIT_SECONDS: u32 = 60;
/// After how long a bulk operation that does not end is given up.
const PATIENCE: SignedDuration = SignedDuration::from_hours(24);

/// What an answer means while a bulk operation is under way.
pub(super) fn hear(
    saved: Saved<OrdersState>,
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
            Answer::File(_) => Err(Fault::unexpected("Shopify")),
        },
    }
}

/// Goes on in another stage.
fn go_on(
    records: Vec<Record>,
    mut saved: Saved<OrdersState>,
    bulk: Bulk,
    stage: BulkStage,
) -> Result<Page, Fault> {
    saved.state.step = OrdersStep::Bulk(Bulk { stage, ..bulk });
    page(records, &saved)
}

/// Lists the orders of the window instead.
fn list_instead(mut saved: Saved<OrdersState>, bulk: &Bulk) -> Result<Page, Fault> {
    saved.state.step = OrdersStep::Paged(Paged::new(bulk.began, bulk.from));
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
    user_errors: Vec<UserError>,
}

#[derive(Deserialize)]
struct Operation {
    id: String,
}

#[derive(Deserialize)]
struct UserError {
    message: String,
    code: Option<String>,
}

/// A start whose answer was lost leaves an operation that nobody asks for: it only read, and a shop
/// runs several at once.
fn hear_start(
    mut saved: Saved<OrdersState>,
    bulk: Bulk,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let data: StartData = affordable(&mut saved, Question::BulkStart, hearing)?;
    let started = data.bulk_operation_run_query;
    if let Some(error) = started.user_errors.first() {
        return match error.code.as_deref() {
            Some("OPERATION_IN_PROGRESS" | "LIMIT_REACHED") => list_instead(saved, &bulk),
            _ => Err(Fault::new(
                Permit::Never,
                format!("Shopify refuses the bulk operation: {}", error.message),
            )),
        };
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
    url: Option<String>,
    file_size: Option<NumberText>,
    object_count: Option<NumberText>,
}

impl OperationState {
    /// The download, from its beginning; none where nothing was found.
    ///
    /// # Errors
    /// Where its size cannot be known, since nobody could say then whether it came whole.
    fn download(&self) -> Result<Option<Slicing>, Fault> {
        let Some(url) = self.url.clone() else { return Ok(None) };
        let number = |field: &str, text: &Option<NumberText>| {
            let too_large = |text: &NumberText| {
                let message =
                    format!("Shopify's bulk operation has a `{field}` of {}: too large", text.0);
                Fault::new(Permit::Never, message)
            };
            let parsed = |text: &NumberText| text.0.parse().map_err(|_| too_large(text));
            text.as_ref().map(parsed).transpose()
        };
        Ok(Some(Slicing {
            url,
            bytes: number("fileSize", &self.file_size)?,
            lines: number("objectCount", &self.object_count)?,
            offset: 0,
            heard: 0,
        }))
    }
}

fn hear_state(
    mut saved: Saved<OrdersState>,
    bulk: Bulk,
    operation: String,
    waited_seconds: u32,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let data: StateData = affordable(&mut saved, Question::BulkStatus, hearing)?;
    let Some(state) = data.bulk_operation else { return list_instead(saved, &bulk) };
    match (state.status.as_str(), state.download()?) {
        ("COMPLETED", Some(slicing)) => go_on(Vec::new(), saved, bulk, BulkStage::Slicing(slicing)),
        // Nothing was found.
        ("COMPLETED", None) => finish(Vec::new(), saved, bulk.began, hearing),
        ("CREATED" | "RUNNING", _) if hearing.context.now < later(bulk.began, PATIENCE) => {
            let wait = waited_seconds.saturating_mul(2).min(LONGEST_WAIT_SECONDS);
            go_on(Vec::new(), saved, bulk, polling(operation, wait, hearing))
        }
        _ => list_instead(saved, &bulk),
    }
}

/// A download with fewer lines than the operation counted was cut, and nobody can say whether its
/// last order is whole: the orders are listed instead.
fn hear_slice(
    saved: Saved<OrdersState>,
    bulk: Bulk,
    slicing: Slicing,
    slice: &SliceAnswer,
    hearing: Hearing<'_>,
) -> Result<Page, Fault> {
    let groups = groups(&slice.bytes)?;
    let lines: usize = groups.iter().map(|group| group.lines.len()).sum();
    let heard = slicing.heard.saturating_add(u64::try_from(lines).unwrap_or(u64::MAX));
    if slice.finished && slicing.lines.is_some_and(|lines| heard < lines) {
        return list_instead(saved, &bulk);
    }
    let records = groups.iter().map(|group| hearing.record(&group.id, &group.lines.join("\n")));
    let records = records.collect();
    if slice.finished {
        return finish(records, saved, bulk.began, hearing);
    }
    let stage = BulkStage::Slicing(Slicing { offset: slice.next_offset, heard, ..slicing });
    go_on(records, saved, bulk, stage)
}

/// A root line and the lines below it.
struct Group<'a> {
    id: String,
    lines: Vec<&'a str>,
}

/// As much of a line as says where it belongs.
#[derive(Deserialize)]
struct Line<'a> {
    #[serde(borrow)]
    id: Cow<'a, str>,
    #[serde(borrow, rename = "__parentId")]
    parent: Option<Cow<'a, str>>,
}

/// Parts a slice into an order and its agreements and sales each.
fn groups(bytes: &[u8]) -> Result<Vec<Group<'_>>, Fault> {
    let broken = |why: String| {
        Fault::new(Permit::Retry, format!("the download of a bulk operation is broken: {why}"))
    };
    let text = std::str::from_utf8(bytes).map_err(|error| broken(error.to_string()))?;
    let mut groups: Vec<Group<'_>> = Vec::new();
    let mut known: BTreeSet<String> = BTreeSet::new();
    for text in text.lines().filter(|line| !line.trim().is_empty()) {
        let line: Line<'_> = parse(text).map_err(broken)?;
        let parent = line.parent.as_deref().map(|parent| {
            let short = Gid::short_in(parent);
            short.ok_or_else(|| broken(format!("`{parent}` is not a global id of Shopify")))
        });
        match (parent.transpose()?, groups.last_mut()) {
            (None, _) => {
                known.clear();
                groups.push(Group { id: line.id.clone().into_owned(), lines: vec![text] });
            }
            (Some(parent), Some(group)) if known.contains(parent) => group.lines.push(text),
            (Some(parent), _) => {
                return Err(broken(format!("{} does not follow its parent {parent}", line.id)));
            }
        }
        known.extend(Gid::short_in(&line.id).map(str::to_owned));
    }
    Ok(groups)
}
