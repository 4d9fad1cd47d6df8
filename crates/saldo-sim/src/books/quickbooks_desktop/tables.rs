//! The tables of elements: which may stand in which, in what order, how often, and what each holds.

use super::element::Element;
use super::grammar::{Content, Part, Repeated, Tables, Value};
use jiff::civil::Date;
use rust_decimal::Decimal;
use std::sync::LazyLock;

static TABLES: LazyLock<Tables> = LazyLock::new(Tables::read);

/// A value that an element cannot hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BadValue {
    pub(super) element: String,
    pub(super) text: String,
    pub(super) wanted: Value,
}

/// Whether a table of this name exists.
pub(super) fn is_known(name: &str) -> bool {
    TABLES.tables.contains_key(name)
}

/// Holds an element against the table of its name: names, order and number of what stands in it.
/// Yields the values that it cannot hold.
///
/// # Errors
/// What stands where it may not, or is missing.
pub(super) fn check(element: &Element) -> Result<Vec<BadValue>, String> {
    let mut bad = Vec::new();
    TABLES.check(element, &element.name, &mut bad)?;
    Ok(bad)
}

/// Puts what stands in an element into the order of its table, all the way down. What the table
/// does not name is taken out.
pub(super) fn arrange(element: &mut Element) {
    let Some(table) = TABLES.tables.get(&element.name) else { return };
    let mut places = Vec::new();
    places_of(&table.row, &mut 0, &mut places);
    let place = |name: &str| places.iter().find(|(known, _)| *known == name).map(|it| it.1);
    element.children.retain(|child| place(&child.name).is_some());
    element.children.sort_by_key(|child| place(&child.name));
    element.children.iter_mut().for_each(arrange);
}

/// Whether something of this name may stand in the element of the other name.
pub(super) fn may_hold(outer: &str, name: &str) -> bool {
    let Some(table) = TABLES.tables.get(outer) else { return false };
    let mut places = Vec::new();
    places_of(&table.row, &mut 0, &mut places);
    places.iter().any(|(known, _)| *known == name)
}

/// Names and their places. All alternatives of a choice that repeats share a place, so that they
/// stay in the order in which they came.
fn places_of<'a>(row: &'a [Repeated], next: &mut usize, places: &mut Vec<(&'a str, usize)>) {
    for repeated in row {
        match &repeated.part {
            Part::One(name, _) => places.push((name, *next)),
            Part::Choice(choices) if repeated.many => {
                for choice in choices {
                    places_of(std::slice::from_ref(choice), &mut next.clone(), places);
                }
            }
            Part::Row(inner) | Part::Choice(inner) => places_of(inner, next, places),
        }
        *next += 1;
    }
}

impl Tables {
    fn check(&self, element: &Element, table: &str, bad: &mut Vec<BadValue>) -> Result<(), String> {
        let table = self.tables.get(table).ok_or_else(|| unknown(&element.name))?;
        if !element.text.trim().is_empty() {
            return Err(format!("text stands in `{}`", element.name));
        }
        let strange = element.attributes.iter().find(|(name, _)| !table.attributes.contains(name));
        if let Some((name, _)) = strange {
            return Err(format!("attribute `{name}` of `{}` is unknown", element.name));
        }
        let mut rest = element.children.as_slice();
        for repeated in &table.row {
            self.take(repeated, &mut rest, &element.name, bad)?;
        }
        match rest.first() {
            Some(child) => Err(misplaced(&child.name, &element.name)),
            None => Ok(()),
        }
    }

    fn take(
        &self,
        repeated: &Repeated,
        rest: &mut &[Element],
        outer: &str,
        bad: &mut Vec<BadValue>,
    ) -> Result<(), String> {
        let mut taken = 0;
        while repeated.many || taken == 0 {
            let before = rest.len();
            let begins = rest.first().is_some_and(|next| can_begin(&repeated.part, &next.name));
            if begins {
                self.take_once(&repeated.part, rest, outer, bad)?;
            }
            if before == rest.len() {
                break;
            }
            taken += 1;
        }
        if taken == 0 && !repeated.optional && !can_be_empty(&repeated.part) {
            let found = rest.first().map_or("nothing", |next| &next.name);
            return Err(format!("`{found}` stands in `{outer}` where something else is required"));
        }
        Ok(())
    }

    fn take_once(
        &self,
        part: &Part,
        rest: &mut &[Element],
        outer: &str,
        bad: &mut Vec<BadValue>,
    ) -> Result<(), String> {
        match part {
            Part::One(_, content) => {
                let Some((child, after)) = rest.split_first() else { return Ok(()) };
                *rest = after;
                self.check_content(child, content, bad)
            }
            Part::Row(row) => row.iter().try_for_each(|it| self.take(it, rest, outer, bad)),
            Part::Choice(choices) => {
                let Some(next) = rest.first() else { return Ok(()) };
                let fits = |it: &&Repeated| can_begin(&it.part, &next.name);
                match choices.iter().find(fits) {
                    Some(choice) => self.take(choice, rest, outer, bad),
                    None => Ok(()),
                }
            }
        }
    }

    fn check_content(
        &self,
        element: &Element,
        content: &Content,
        bad: &mut Vec<BadValue>,
    ) -> Result<(), String> {
        match content {
            Content::Table(table) => self.check(element, table, bad),
            Content::Reference(longest) => check_reference(element, *longest, bad),
            Content::Text { value, may_use_macro } => {
                let macro_allowed = |name: &String| *may_use_macro && name == "useMacro";
                if let Some((name, _)) =
                    element.attributes.iter().find(|(name, _)| !macro_allowed(name))
                {
                    return Err(format!("attribute `{name}` of `{}` is unknown", element.name));
                }
                check_text(element, value, bad)
            }
        }
    }
}

fn unknown(name: &str) -> String {
    format!("element `{name}` is unknown")
}

fn misplaced(name: &str, outer: &str) -> String {
    format!("element `{name}` is unknown in `{outer}`, or stands in the wrong place")
}

/// A reference holds an id or a name or both, the id first.
fn check_reference(
    element: &Element,
    longest: Option<usize>,
    bad: &mut Vec<BadValue>,
) -> Result<(), String> {
    let names: Vec<&str> = element.children.iter().map(|child| child.name.as_str()).collect();
    if !matches!(names[..], [] | ["ListID"] | ["FullName"] | ["ListID", "FullName"]) {
        let name = names.iter().find(|name| !["ListID", "FullName"].contains(name));
        return Err(misplaced(name.unwrap_or(&"FullName"), &element.name));
    }
    for child in &element.children {
        let value = if child.name == "ListID" { Value::Id } else { Value::Text(longest) };
        check_text(child, &value, bad)?;
    }
    Ok(())
}

fn check_text(element: &Element, value: &Value, bad: &mut Vec<BadValue>) -> Result<(), String> {
    if let Some(child) = element.children.first() {
        return Err(misplaced(&child.name, &element.name));
    }
    let text = element.text.trim();
    match value {
        // A word that is not in the list is a mistake of the document, like an unknown element.
        Value::Word(words) if !words.iter().any(|word| word == text) => {
            Err(format!("`{text}` is not one of the words of `{}`", element.name))
        }
        value if is_good(text, value) => Ok(()),
        value => {
            let (element, text) = (element.name.clone(), text.to_owned());
            bad.push(BadValue { element, text, wanted: value.clone() });
            Ok(())
        }
    }
}

fn is_good(text: &str, value: &Value) -> bool {
    match value {
        Value::Word(_) => true,
        Value::Text(longest) => longest.is_none_or(|longest| text.chars().count() <= longest),
        Value::Id => text.len() <= 36,
        Value::Integer => text.parse::<i64>().is_ok(),
        Value::Boolean => matches!(text, "" | "true" | "false" | "0" | "1"),
        Value::Date => text.is_empty() || (text.len() == 10 && text.parse::<Date>().is_ok()),
        Value::Instant => text.is_empty() || super::instants::read(text).is_some(),
        Value::Amount => text.is_empty() || is_number(text, 13, &[2]),
        Value::Number(_) => text.is_empty() || is_number(text, 10, &[1, 2, 3, 4, 5]),
        Value::Float => text.is_empty() || text.parse::<Decimal>().is_ok(),
        Value::Guid => text == "0" || is_guid(text),
    }
}

fn is_number(text: &str, whole: usize, decimals: &[usize]) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
    let text = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (units, rest) = match text.split_once('.') {
        Some((units, rest)) => (units, Some(rest)),
        None => (text, None),
    };
    digits(units)
        && units.len() <= whole
        && rest.is_none_or(|rest| digits(rest) && decimals.contains(&rest.len()))
}

/// Whether a text is an id in braces.
pub(super) fn is_guid(text: &str) -> bool {
    let inner = text.strip_prefix('{').and_then(|text| text.strip_suffix('}'));
    inner.is_some_and(|inner| {
        let parts: Vec<&str> = inner.split('-').collect();
        parts.iter().map(|part| part.len()).eq([8, 4, 4, 4, 12])
            && parts.concat().bytes().all(|byte| byte.is_ascii_hexdigit())
    })
}

fn can_begin(part: &Part, name: &str) -> bool {
    match part {
        Part::One(known, _) => known == name,
        Part::Choice(choices) => choices.iter().any(|it| can_begin(&it.part, name)),
        Part::Row(row) => {
            for repeated in row {
                if can_begin(&repeated.part, name) {
                    return true;
                }
                if !repeated.optional && !can_be_empty(&repeated.part) {
                    return false;
                }
            }
            false
        }
    }
}

fn can_be_empty(part: &Part) -> bool {
    let may = |it: &Repeated| it.optional || can_be_empty(&it.part);
    match part {
        Part::One(..) => false,
        Part::Row(row) => row.iter().all(may),
        Part::Choice(choices) => choices.iter().any(may),
    }
}
