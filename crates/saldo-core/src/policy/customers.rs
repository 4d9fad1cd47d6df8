//! Which customers stand on documents: buyers under their own names, or one that stands for all of
//! a channel.

use super::{Policy, Words};
use crate::commerce::Order;
use crate::document::Party;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// What tells the customer that stands for all from every buyer.
const FOR_ALL: &str = "default";

/// Which customers stand on documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, rename_all = "kebab-case", deny_unknown_fields)]
pub struct Customers {
    /// The name of the customer that stands for all whom nobody names.
    pub default: String,
    /// Whether buyers stand under their own names where the shop knows them.
    pub by_name: bool,
    /// The names of the customers that stand for all of a point of sale, in the place of
    /// `default`: `web`, `pos`. A `*` at either end stands for the rest, and of several words that
    /// fit the longest counts.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub sources: BTreeMap<String, String>,
    /// The same for all of a connection, where its point of sale has none: `shopify:*`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub channels: BTreeMap<String, String>,
}

impl Default for Customers {
    fn default() -> Self {
        Self {
            default: "Shop customers".to_owned(),
            by_name: false,
            sources: BTreeMap::new(),
            channels: BTreeMap::new(),
        }
    }
}

impl Customers {
    /// The customer of this name, who stands for all of something.
    fn for_all(&self, name: &str) -> Party {
        let key = match name == self.default {
            true => FOR_ALL.to_owned(),
            false => format!("{FOR_ALL}/{name}"),
        };
        Party::Customer { key, name: name.to_owned() }
    }

    /// All customers that stand for several buyers.
    fn all_for_all(&self) -> impl Iterator<Item = Party> {
        let named = self.sources.values().chain(self.channels.values());
        std::iter::once(&self.default).chain(named).map(|name| self.for_all(name))
    }
}

impl Policy {
    /// The customer on the documents of an order: its buyer where buyers stand under their names,
    /// else the one that stands for all of its kind.
    #[must_use]
    pub fn customer(&self, order: &Order) -> Party {
        match (self.text.customers.by_name, &order.customer, &order.customer_name) {
            (true, Some(key), Some(name)) if !name.trim().is_empty() => {
                Party::Customer { key: key.clone(), name: name.trim().to_owned() }
            }
            _ => self.customer_for_all(order),
        }
    }

    /// The customer that stands for all buyers of an order's point of sale, or channel.
    #[must_use]
    pub fn customer_for_all(&self, order: &Order) -> Party {
        let customers = &self.text.customers;
        let of = |names: &'_ BTreeMap<String, String>, value: &str| {
            let fitting = names.iter().filter(|(word, _)| Words::is_like(word, value));
            let longest = fitting.max_by_key(|(word, _)| word.chars().count());
            longest.map(|(_, name)| customers.for_all(name))
        };
        let by_source = of(&customers.sources, &order.origin);
        let by_channel = || of(&customers.channels, order.source.connection.as_str());
        by_source.or_else(by_channel).unwrap_or_else(|| self.customer_for_everybody())
    }

    /// The customer that stands for all whom nothing else names.
    #[must_use]
    pub fn customer_for_everybody(&self) -> Party {
        self.text.customers.for_all(&self.text.customers.default)
    }

    /// Whether somebody stands for several buyers, so that there are few like them.
    #[must_use]
    pub fn stands_for_several(&self, party: &Party) -> bool {
        self.text.customers.all_for_all().any(|it| it.is_same(party))
    }
}
