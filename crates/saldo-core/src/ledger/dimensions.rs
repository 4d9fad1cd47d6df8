//! Dimensions: by what money is told apart besides accounts.

use super::Account;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What a line stands for in each dimension that it has: its class `Retail`, its location
/// `Copenhagen`. Most lines have none, and none costs nothing.
///
/// ```
/// use saldo_core::ledger::Dimensions;
/// let dimensions: Dimensions = [("class", "Retail")].into_iter().collect();
/// assert_eq!(dimensions.get("class"), Some("Retail"));
/// assert_eq!(dimensions.get("location"), None);
/// assert!(Dimensions::default().is_empty());
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(from = "ByName", into = "ByName")]
pub struct Dimensions(Option<Arc<ByName>>);

/// Values by the names of their dimensions.
type ByName = BTreeMap<Arc<str>, Arc<str>>;

impl Dimensions {
    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// The value in a dimension.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        self.0.as_ref()?.get(name).map(|value| &**value)
    }

    /// Names and values, by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().flat_map(|all| all.iter().map(|(name, value)| (&**name, &**value)))
    }
}

impl From<ByName> for Dimensions {
    fn from(all: ByName) -> Self {
        Self((!all.is_empty()).then(|| Arc::new(all)))
    }
}

impl From<Dimensions> for ByName {
    fn from(dimensions: Dimensions) -> Self {
        dimensions.0.map(Arc::unwrap_or_clone).unwrap_or_default()
    }
}

impl<N: Into<Arc<str>>, V: Into<Arc<str>>> FromIterator<(N, V)> for Dimensions {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(all: I) -> Self {
        let all: ByName =
            all.into_iter().map(|(name, value)| (name.into(), value.into())).collect();
        Self::from(all)
    }
}

/// Where money is entered: on an account, and in which dimensions.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Spot {
    /// The account.
    pub account: Account,
    /// The dimensions.
    pub dimensions: Dimensions,
}

impl From<Account> for Spot {
    fn from(account: Account) -> Self {
        Self { account, dimensions: Dimensions::default() }
    }
}
