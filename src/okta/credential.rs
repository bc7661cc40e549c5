//! What proves to Okta who asks. How a request carries it; not where the secret comes from.

use http::HeaderValue;
use secrecy::ExposeSecret;

use super::{NoSecret, SecretSource};
use crate::units::Name;

/// A named credential. The name is the `credential` label of every rate-limit series, since the
/// headers show the caller's own ceiling.
#[derive(Clone, Debug)]
pub struct Credential {
    /// The name given in the configuration.
    pub name: Name,
    /// How it authenticates.
    pub scheme: Scheme,
    /// The token itself.
    pub secret: SecretSource,
    /// Its id at Okta, as configured: an API token is never told its own.
    pub principal_id: Option<String>,
}

/// How a credential authenticates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// An Okta API token: `Authorization: SSWS …`.
    Ssws,
    /// An OAuth access token that somebody else refreshes: `Authorization: Bearer …`.
    Bearer,
}

impl Credential {
    /// The value of the `Authorization` header, marked so that no client prints it.
    pub(super) fn authorization(&self) -> Result<HeaderValue, NoSecret> {
        let secret = self.secret.read()?;
        let scheme = match self.scheme {
            Scheme::Ssws => "SSWS",
            Scheme::Bearer => "Bearer",
        };
        // The text is moved into the header's own buffer: no second copy is left behind.
        let text = format!("{scheme} {}", secret.expose_secret());
        let mut value = HeaderValue::from_maybe_shared(bytes::Bytes::from(text))
            .map_err(|_| NoSecret::Unsendable)?;
        value.set_sensitive(true);
        Ok(value)
    }
}
