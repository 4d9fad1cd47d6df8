//! QuickBooks Desktop, over its Web Connector.

pub mod connector;
