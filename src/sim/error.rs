//! What the simulation cannot do, and why.

/// Why the simulation cannot do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The org has no such authorization server.
    #[error("the org has no authorization server `{0}`")]
    NoSuchServer(String),
    /// A key or certificate could not be made.
    #[error("cannot make a key or certificate: {0}")]
    Certificate(#[from] rcgen::Error),
    /// A private key could not be handed to TLS.
    #[error("cannot use the private key: {0}")]
    PrivateKey(&'static str),
    /// TLS could not be set up.
    #[error("cannot set up TLS: {0}")]
    Tls(#[from] rustls::Error),
    /// An event hook was added that nobody answers rightly for.
    #[error("the event hook cannot be verified: {0}")]
    Unverified(String),
    /// Okta pushes no events of such a type.
    #[error("no event hook may be told of `{0}`")]
    NotEligible(String),
    /// A token could not be signed.
    #[error("cannot sign: {0}")]
    Signing(#[from] jsonwebtoken::errors::Error),
    /// A key could not be written as JSON.
    #[error("cannot write the key: {0}")]
    Json(#[from] serde_json::Error),
}
