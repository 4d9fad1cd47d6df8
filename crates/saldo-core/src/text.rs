//! Names and identifiers: text that must not be confused with other text.

use serde::{Deserialize, Serialize};
use std::fmt;
use std::sync::Arc;

/// Declares a newtype over shared text, cheap to clone and ordered by its text.
macro_rules! text_type {
    ($(#[$meta:meta])* $name:ident) => {
        $(#[$meta])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(transparent)]
        pub struct $name(Arc<str>);

        impl $name {
            /// Takes the text as it is.
            pub fn new(text: impl AsRef<str>) -> Self {
                Self(Arc::from(text.as_ref()))
            }

            /// The text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{:?}", &*self.0)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                Self::new(text)
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self(Arc::from(text))
            }
        }
    };
}

text_type! {
    /// A company: one merchant with one set of books, named by its owner (`demo`).
    CompanyId
}
text_type! {
    /// A connection of a company to one channel or one book (`shopify:demo`, `plain-text`).
    ConnectionId
}
text_type! {
    /// One of the streams that a channel is pulled by (`orders`, `payouts`).
    Stream
}
text_type! {
    /// The natural key of a fact: the connection and the vendor's own id
    /// (`shopify:demo/Order/1001`). The same thing has the same key for ever.
    FactId
}

impl FactId {
    /// The connection that its natural key begins with.
    #[must_use]
    pub fn connection(&self) -> &str {
        self.0.split('/').next().unwrap_or_default()
    }
}

text_type! {
    /// A payment gateway as its channel calls it (`shopify_payments`, `paypal`, `cash`).
    GatewayId
}
text_type! {
    /// The facts that are accounted together (`order/shopify:demo/Order/1001`).
    GroupId
}
text_type! {
    /// What a book calls a thing that it holds: an id, or a path and a line.
    RemoteId
}

/// A secret: never printed, wiped from memory when dropped.
#[derive(Clone, zeroize::Zeroize, zeroize::ZeroizeOnDrop)]
pub struct Secret(String);

impl Secret {
    /// Takes the text as a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// Shows the secret to the one who must send it.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_does_not_print() {
        assert_eq!(format!("{:?}", Secret::new("hunter2")), "Secret(…)");
    }
}
