//! What headers say: each a pure reader.

pub(super) mod cache_control;
pub(super) mod challenge;
pub(super) mod date;
pub(super) mod link;
pub(super) mod quoted;
pub(super) mod rate_limit;
pub(super) mod request_id;
