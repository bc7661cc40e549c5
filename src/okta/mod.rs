//! Asking Okta and reading its answers right. No schedule, no metrics.

mod certificate;
mod client;
mod credential;
mod exchange;
mod failure;
mod secret;
mod transport;

pub use client::{Answer, Ask, Client, Form, NoClient, Okta};
pub use credential::{Credential, Scheme};
pub use exchange::{Answered, Exchange, Phases};
pub use failure::{Failure, Phase, Reason, Refusal};
pub use secret::{NoSecret, SecretSource};
