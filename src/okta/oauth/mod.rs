//! Service apps: how they prove who they are, and the access tokens they get for it.

pub(super) mod app;
pub(super) mod ask;
pub(super) mod assertion;
pub(super) mod client;
pub(super) mod dpop;
pub(super) mod mint;
pub(super) mod token;
pub(super) mod token_cache;

mod post;
