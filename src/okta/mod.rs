//! Asking Okta and reading its answers right. No schedule, no metrics.

mod bucket;
mod cache_control;
mod certificate;
mod challenge;
mod client;
mod credential;
mod date;
mod error;
mod exchange;
mod failure;
mod jwks;
mod jwt;
mod link;
mod quoted;
mod rate_limit;
mod secret;
mod transport;
mod words;

pub use bucket::bucket;
pub use cache_control::max_age;
pub use challenge::Challenge;
pub use client::{Answer, Ask, Client, Form, NoClient, Okta};
pub use credential::{Credential, Scheme};
pub use error::{ApiError, OAuthError, OktaError};
pub use exchange::{Answered, Exchange, Phases};
pub use failure::{Failure, Phase, Reason, Refusal};
pub use jwks::{BadKeySet, Key, KeySet, Signature};
pub use jwt::{AccessToken, Claims, NotAToken, OneOrMany, claim};
pub use link::next;
pub use rate_limit::{LimitKind, RateLimit};
pub use secret::{NoSecret, SecretSource};
