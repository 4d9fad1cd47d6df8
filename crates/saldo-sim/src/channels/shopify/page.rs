//! Paging: which part of a list an answer holds, and the cursors that lead on.

use apollo_compiler::response::JsonMap;
use std::ops::Range;

/// The most objects that one page may have.
pub(super) const PAGE_LIMIT: u64 = 250;
/// How deep paging reaches into a list: what lies beyond is never shown.
pub(super) const DEPTH_LIMIT: usize = 25_000;

/// A place in a sorted list that stays good while the list grows: what the object before it was
/// sorted by, its id, and how deep in the list it lay.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Cursor {
    /// What the list is sorted by.
    pub(super) key: i64,
    /// The id of the object.
    pub(super) id: u64,
    /// How many objects lay before it when it was shown.
    pub(super) depth: usize,
}

impl Cursor {
    /// The cursor as text that only the vendor understands.
    pub(super) fn text(&self) -> String {
        let plain = format!("{}|{}|{}", self.key, self.id, self.depth);
        plain.bytes().map(|byte| format!("{byte:02x}")).collect()
    }

    /// Reads a cursor back.
    pub(super) fn read(text: &str) -> Option<Self> {
        let bytes: Option<Vec<u8>> = (0..text.len())
            .step_by(2)
            .map(|at| u8::from_str_radix(text.get(at..at + 2)?, 16).ok())
            .collect();
        let plain = String::from_utf8(bytes?).ok()?;
        let mut parts = plain.rsplitn(3, '|');
        let depth = parts.next()?.parse().ok()?;
        let id = parts.next()?.parse().ok()?;
        Some(Self { key: parts.next()?.parse().ok()?, id, depth })
    }
}

/// A cursor that this vendor never gave out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct BadCursor;

/// The part of a list that a page holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Page {
    /// Which places of the list.
    pub(super) places: Range<usize>,
    /// How many objects lay before the first.
    pub(super) depth: usize,
    /// Whether more follows.
    pub(super) has_next: bool,
    /// Whether something lies before.
    pub(super) has_previous: bool,
}

/// Cuts a page out of a sorted list, given what each place is sorted by.
///
/// # Errors
/// Where a cursor was not given out by this vendor.
pub(super) fn cut(
    keys: &[(i64, u64)],
    reverse: bool,
    arguments: &JsonMap,
) -> Result<Page, BadCursor> {
    let before_or_at = |key: &(i64, u64), cursor: &Cursor| {
        let order = key.cmp(&(cursor.key, cursor.id));
        if reverse { order.is_ge() } else { order.is_le() }
    };
    let before = |key: &(i64, u64), cursor: &Cursor| {
        before_or_at(key, cursor) && *key != (cursor.key, cursor.id)
    };
    let (mut start, mut end, mut depth) = (0, keys.len(), 0);
    if let Some(after) = cursor(arguments, "after")? {
        start = keys.partition_point(|key| before_or_at(key, &after));
        depth = after.depth + 1;
    }
    if let Some(upto) = cursor(arguments, "before")? {
        end = keys.partition_point(|key| before(key, &upto)).max(start);
    }
    let whole_end = end;
    if let Some(first) = count(arguments, "first") {
        end = end.min(start.saturating_add(first));
    } else if let Some(last) = count(arguments, "last") {
        start = start.max(end.saturating_sub(last));
    }
    let reachable = DEPTH_LIMIT.saturating_sub(depth);
    let cut_off = end - start >= reachable;
    end = end.min(start + reachable);
    let has_next = end < whole_end && !cut_off;
    Ok(Page { places: start..end, depth, has_next, has_previous: start > 0 })
}

/// A whole number among the arguments.
pub(super) fn count(arguments: &JsonMap, name: &str) -> Option<usize> {
    usize::try_from(arguments.get(name)?.as_i64()?).ok()
}

fn cursor(arguments: &JsonMap, name: &str) -> Result<Option<Cursor>, BadCursor> {
    let Some(text) = arguments.get(name).and_then(|value| value.as_str()) else {
        return Ok(None);
    };
    Cursor::read(text).map(Some).ok_or(BadCursor)
}

#[cfg(test)]
mod tests {
    use super::*;
    use apollo_compiler::response::JsonValue;

    fn keys(count: usize) -> Vec<(i64, u64)> {
        (0..count).map(|number| (i64::try_from(number / 2).unwrap(), number as u64)).collect()
    }

    fn arguments(pairs: &[(&str, JsonValue)]) -> JsonMap {
        pairs.iter().map(|(name, value)| ((*name).into(), value.clone())).collect()
    }

    #[test]
    fn a_cursor_survives_its_text() {
        let cursor = Cursor { key: -5, id: 7, depth: 3 };
        assert_eq!(Cursor::read(&cursor.text()), Some(cursor));
        assert_eq!(Cursor::read("zz"), None);
        assert_eq!(Cursor::read("7"), None);
    }

    #[test]
    fn pages_follow_each_other_without_gap_or_overlap() {
        let keys = keys(7);
        let mut seen = Vec::new();
        let mut after: Option<String> = None;
        loop {
            let mut pairs = vec![("first", JsonValue::from(3))];
            if let Some(text) = &after {
                pairs.push(("after", JsonValue::from(text.as_str())));
            }
            let page = cut(&keys, false, &arguments(&pairs)).unwrap();
            let depth = page.depth + page.places.len() - 1;
            let (key, id) = keys[page.places.end - 1];
            after = Some(Cursor { key, id, depth }.text());
            seen.extend(page.places);
            if !page.has_next {
                break;
            }
        }
        assert_eq!(seen, (0..7).collect::<Vec<_>>());
    }

    #[test]
    fn paging_stops_at_the_depth_limit() {
        let keys = keys(DEPTH_LIMIT + 10);
        let (key, id) = keys[DEPTH_LIMIT - 6];
        let after = Cursor { key, id, depth: DEPTH_LIMIT - 6 }.text();
        let pairs = [("first", JsonValue::from(250)), ("after", JsonValue::from(after.as_str()))];
        let page = cut(&keys, false, &arguments(&pairs)).unwrap();
        assert_eq!(page.places, DEPTH_LIMIT - 5..DEPTH_LIMIT);
        assert!(!page.has_next, "what lies beyond is not even announced");
    }

    #[test]
    fn the_last_objects_can_be_asked_for() {
        let page = cut(&keys(5), false, &arguments(&[("last", JsonValue::from(2))])).unwrap();
        assert_eq!((page.places, page.has_previous), (3..5, true));
    }
}
