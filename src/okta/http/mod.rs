//! How a request reaches Okta, and its answer comes back.

pub(super) mod admission;
pub(super) mod allowance;
pub(super) mod certificate;
pub(super) mod client;
pub(super) mod connector;
pub(super) mod exchange;
pub(super) mod first_connection;
pub(super) mod gate;
pub(super) mod pool;
pub(super) mod proxy;
pub(super) mod redirect;
pub(super) mod request;
pub(super) mod resolver;
pub(super) mod response;
pub(super) mod sending;
pub(super) mod session;
pub(super) mod sorting;
pub(super) mod tls;
pub(super) mod trace;
pub(super) mod verifier;
