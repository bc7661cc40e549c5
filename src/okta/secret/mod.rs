//! Where secrets come from, and how they go into a request.

pub(super) mod error;
pub(super) mod file;
pub(super) mod sensitive;
pub(super) mod source;
pub(super) mod token_text;
