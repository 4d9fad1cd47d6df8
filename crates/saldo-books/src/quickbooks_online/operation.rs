//! What the vendor is asked to do with a body.

use super::wire::Entity;
use serde_json::Value;

/// A body that the vendor takes for a write.
pub(super) struct Body {
    pub(super) entity: Entity,
    pub(super) operation: Operation,
    pub(super) json: Value,
}

/// What the vendor is to do with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Operation {
    /// Make it be there.
    Create,
    /// Make a form nil.
    Void,
    /// Make a payment nil, which is an update that says so.
    VoidByUpdate,
    /// Close a purchase order.
    Close,
    /// Have a form say something else.
    Amend,
}

impl Operation {
    /// The vendor's word for it.
    pub(super) const fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Void => "void",
            Self::VoidByUpdate | Self::Close | Self::Amend => "update",
        }
    }

    /// What is said beside the word.
    pub(super) const fn options(self) -> Option<&'static str> {
        match self {
            Self::Create | Self::Void | Self::Close | Self::Amend => None,
            Self::VoidByUpdate => Some("void"),
        }
    }
}
