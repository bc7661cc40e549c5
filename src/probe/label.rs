//! What comes from outside and becomes a label's value or a sample's: short, plain, bounded.

use crate::units::Timestamp;

/// A word from outside, as a label value: short and plain, or unknown.
pub(super) fn plain_word(text: &str) -> Option<&str> {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_.:".contains(c);
    (!text.is_empty() && text.len() <= 64 && text.chars().all(plain)).then_some(text)
}

/// A moment, as Prometheus counts: seconds since 1970.
pub(super) fn seconds(at: Timestamp) -> f64 {
    at.as_millisecond() as f64 / 1e3
}
