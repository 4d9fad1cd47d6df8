//! Simulated accounting systems.

pub mod quickbooks_online;
