//! The Web Connector's protocol: what it says when it calls, and what it is told.
