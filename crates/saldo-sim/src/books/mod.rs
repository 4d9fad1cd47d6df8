//! Simulated accounting systems.

mod address;
mod chance;

pub mod quickbooks_desktop;
pub mod quickbooks_online;
pub mod xero;
