//! A client of an authorization server. What it proves itself by is in
//! [`assertion`](super::assertion), what it asks in [`post`](super::post).

use super::assertion::ClientAuth;

/// A client of an authorization server, and how it authenticates there.
#[derive(Debug, Clone)]
pub struct OAuthClient {
    /// Its id.
    pub id: String,
    /// How it authenticates.
    pub auth: ClientAuth,
}
