//! Dimensions that a policy declares, and what lines stand for in them.

use super::is_mapped;
use crate::ledger::{Dimensions, Spot};
use crate::policy::{Policy, Role, Rule, Subject};
use crate::text::ConnectionId;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// How long the name of a dimension may be.
const NAME: usize = 30;
/// How long a value may be.
const VALUE: usize = 100;

/// A dimension as it stands in the policy's text: `class`, `location`, or one of the owner's.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Dimension {
    /// What income and expenses stand for where no rule says so. None: nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub default: Option<String>,
    /// What books call it and its values, by their connections.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub books: BTreeMap<ConnectionId, InBook>,
}

/// What a book calls a dimension and its values, where that is otherwise than in the policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct InBook {
    /// The dimension, in a book where dimensions have names of their own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its values, by the policy's words for them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub values: BTreeMap<String, String>,
}

/// A declared dimension with the rules that say what stands for what in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Declared {
    pub(super) name: Arc<str>,
    pub(super) default: Option<Arc<str>>,
    /// The places of the rules in the text, with what they say.
    pub(super) rules: Vec<(usize, Arc<str>)>,
}

/// The dimensions that a text declares, in the order of their names.
///
/// # Errors
/// The name of a dimension that has no sense, and why.
pub(super) fn declared(
    text: &BTreeMap<String, Dimension>,
) -> Result<Vec<Declared>, (String, &'static str)> {
    let mut all = Vec::new();
    for (name, dimension) in text {
        check_name(name).map_err(|why| (name.clone(), why))?;
        if let Some(value) = &dimension.default {
            check_value(value).map_err(|why| (name.clone(), why))?;
        }
        for in_book in dimension.books.values() {
            for called in in_book.name.iter().chain(in_book.values.values()) {
                check_value(called).map_err(|why| (name.clone(), why))?;
            }
        }
        let default = dimension.default.as_deref().map(Arc::from);
        all.push(Declared { name: Arc::from(&**name), default, rules: Vec::new() });
    }
    Ok(all)
}

/// Adds what a rule at this place of the text says.
pub(super) fn add_rule(all: &mut [Declared], place: usize, rule: &Rule) -> Result<(), String> {
    if let Some(role) = rule.when.role.iter().find(|role| !is_mapped(**role)) {
        return Err(format!(
            "lines of {} have no dimensions: only what is earned and spent has",
            role.word()
        ));
    }
    if !rule.when.status.is_empty() {
        return Err("an order's `status` changes, and its dimensions do not".to_owned());
    }
    for (name, value) in &rule.set {
        check_value(value).map_err(|why| format!("`{name}` is wrong: {why}"))?;
        let known = all.iter_mut().find(|it| *it.name == **name);
        let known = known.ok_or_else(|| {
            format!("no dimension is called `{name}`: declare it by [dimensions.{name}]")
        })?;
        known.rules.push((place, Arc::from(&**value)));
    }
    Ok(())
}

/// Words that stand for something else beside an amount: a dimension of that name could not be told
/// from it.
const TAKEN: [&str; 7] = ["amount", "date", "date2", "quantity", "saldo", "text", "type"];

/// What every book can show as the name of a tag.
fn check_name(name: &str) -> Result<(), &'static str> {
    if TAKEN.contains(&name) {
        return Err("the word stands for something else beside an amount");
    }
    let begins = name.starts_with(|first: char| first.is_ascii_lowercase());
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    match (2..=NAME).contains(&name.len()) && begins && name.chars().all(plain) {
        true => Ok(()),
        false => Err("it is called by two to thirty small letters, digits and hyphens"),
    }
}

fn check_value(value: &str) -> Result<(), &'static str> {
    if value.trim().is_empty() || value.trim() != value {
        return Err("a value is neither empty nor begins or ends with a space");
    }
    if value.chars().count() > VALUE || value.chars().any(|c| c.is_control() || c == ',') {
        return Err("a value is at most a hundred characters, without a comma");
    }
    Ok(())
}

impl Policy {
    /// Where something of a role is entered: on the account, and in the dimensions, that the first
    /// rules say which answer for each.
    #[must_use]
    pub fn spot(&self, role: Role, about: &Subject<'_>) -> Spot {
        let account = self.account_for(role, about);
        Spot { account, dimensions: self.dimensions_for(role, about) }
    }

    /// What stands for something of a role in each dimension: what the first rule says that sets
    /// it, else its default. What is not income or expenses has none, since it must go out from
    /// where it came in, whatever it is about by then.
    #[must_use]
    pub fn dimensions_for(&self, role: Role, about: &Subject<'_>) -> Dimensions {
        if self.rules.dimensions.is_empty() || !is_mapped(role) {
            return Dimensions::default();
        }
        let holds = |(place, _): &&(usize, Arc<str>)| {
            self.text.rules.get(*place).is_some_and(|rule| {
                let roles = &rule.when.role;
                let is_asked = roles.is_empty() || roles.iter().any(|known| *known == role);
                is_asked && rule.when.hold(about)
            })
        };
        let value = |known: &Declared| {
            let by_rule = known.rules.iter().find(holds).map(|(_, value)| value);
            let value = by_rule.or(known.default.as_ref())?;
            Some((known.name.clone(), value.clone()))
        };
        self.rules.dimensions.iter().filter_map(value).collect()
    }

    /// What a book calls a dimension and its values, where the policy says so.
    #[must_use]
    pub fn dimension_in(&self, book: &ConnectionId, dimension: &str) -> Option<&InBook> {
        self.text.dimensions.get(dimension)?.books.get(book)
    }

    /// The dimensions that the policy declares, each with the values that it names.
    pub fn dimensions(&self) -> impl Iterator<Item = (&str, impl Iterator<Item = &str>)> {
        self.rules.dimensions.iter().map(|known| {
            let by_rules = known.rules.iter().map(|(_, value)| value);
            (&*known.name, known.default.iter().chain(by_rules).map(|value| &**value))
        })
    }
}
