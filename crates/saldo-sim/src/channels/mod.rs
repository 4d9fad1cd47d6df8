//! Simulated places that sell.

pub mod shopify;
