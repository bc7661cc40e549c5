//! What was written, as a number to compare: a reload changes what has another fingerprint, and
//! leaves alone what has the same. Where secrets are kept belongs to it; what is in their files does
//! not, since that is read at each use.

use std::{
    fmt,
    hash::{DefaultHasher, Hash, Hasher},
};

/// What was written. It is compared within one process, and neither shown nor kept.
#[derive(Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fingerprint(u64);

impl fmt::Debug for Fingerprint {
    /// Secrets that are written inline went into it.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Fingerprint(…)")
    }
}

impl Fingerprint {
    /// The fingerprint of several things together.
    pub fn of(parts: impl Hash) -> Self {
        let mut hasher = DefaultHasher::new();
        parts.hash(&mut hasher);
        Self(hasher.finish())
    }
}

impl Hash for Fingerprint {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.hash(hasher);
    }
}
