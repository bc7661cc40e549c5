//! Not read yet.

use super::{Seen, Unreadable};

pub(super) fn read(_text: &str) -> Result<Seen, Unreadable> {
    Err(Unreadable::Unrecognised)
}
