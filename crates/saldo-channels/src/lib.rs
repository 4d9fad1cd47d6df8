//! The places that sell: what to ask them, and what their answers mean.
//!
//! A channel is a value that implements [`Channel`]: pure functions over the words of `saldo-core`.
//! It opens no socket, reads no clock and keeps no state; where a pull stands is in its cursor.
//! Each channel lives in a folder of its own, all of one shape, with one line in the table below.

pub mod shopify;

use saldo_core::channel::Channel;

/// Every channel that Saldo knows.
static CHANNELS: [&dyn Channel; 1] = [&shopify::Shopify];

/// The channels, in the order in which they are shown.
#[must_use]
pub fn channels() -> &'static [&'static dyn Channel] {
    &CHANNELS
}

/// The channel of this name, as it stands in commands and connections.
///
/// ```
/// let shopify = saldo_channels::channel("shopify").expect("it is in the table");
/// assert_eq!(shopify.description().title, "Shopify");
/// assert!(saldo_channels::channel("market-stall").is_none());
/// ```
#[must_use]
pub fn channel(name: &str) -> Option<&'static dyn Channel> {
    CHANNELS.into_iter().find(|channel| channel.description().name == name)
}
