//! What differs between simulated companies, from their seed alone.

/// A number that depends on the seed and a text, and on nothing else.
pub(super) fn number(seed: u64, text: &str) -> u64 {
    let start = scramble(seed);
    text.bytes().fold(start, |state, byte| scramble(state ^ u64::from(byte)))
}

/// One of these, by seed and text.
pub(super) fn choice<T: Copy>(seed: u64, text: &str, choices: &[T]) -> Option<T> {
    let count = u64::try_from(choices.len()).ok().filter(|count| *count > 0)?;
    usize::try_from(number(seed, text) % count).ok().and_then(|place| choices.get(place).copied())
}

/// The finaliser of SplitMix64.
fn scramble(value: u64) -> u64 {
    let value = value.wrapping_add(0x9E37_79B9_7F4A_7C15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    value ^ (value >> 31)
}
