//! Asking Okta and reading its answers right. No schedule, no metrics.
//!
//! The halls: `headers` reads them, `jose` reads and signs keys and tokens, `secret` opens
//! secrets, `http` sends one request, `oauth` gets the access tokens it may need, `event` reads
//! what the System Log and event hooks tell.

mod headers;
mod http;
mod jose;
mod oauth;
mod secret;

mod ask;
mod authorization_server;
mod bucket;
mod clock;
mod clock_bounds;
mod credential;
mod descriptors;
mod document;
mod error;
pub mod event;
mod failure;
mod organization;
mod origins;
mod path;
mod phase;
mod principal;
pub mod readers;
mod sanitize;
pub mod scopes;

pub use self::http::certificate::ServedChain;
pub use self::http::client::Client;
pub use self::http::exchange::{Exchange, Phases, ResponseMeta};
pub use self::http::gate::{Charge, ExhaustedWindow, Gate, Ticket};
pub use self::http::proxy::Proxies;
pub use self::http::request::{Form, Request};
pub use self::http::response::Response;
pub use self::http::session::Session;
pub use self::http::tls::{NoClient, TlsSetup, TlsSetups};
pub use authorization_server::{AuthorizationServer, BadAuthorizationServer, KEYS_API, ServedKeys};
pub use bucket::{BadBucket, Buckets};
pub use clock::OktaClock;
pub use clock_bounds::ClockReading;
pub use credential::{AuthMethod, Credential, NO_CREDENTIAL};
pub use document::{Claim, Listed, Member, Object, claim};
pub use error::{ApiError, OAuthError, OktaError};
pub use failure::{Failure, MissingScope, NoToken, Reason, Refusal};
pub use headers::cache_control::max_age;
pub use headers::challenge::Challenge;
pub use headers::rate_limit::{LimitKind, RateLimit};
pub use jose::algorithm::{Algorithm, BadKey};
pub use jose::jwks::{BadKeySet, KeySet};
pub use jose::jwt::{AccessToken, BadJwt, Claims, OneOrMany};
pub use jose::private_key::PrivateKey;
pub use jose::published_key::{PublishedKey, Signature};
pub use jose::x5c::certificate_end;
pub use oauth::app::{OAuthApp, OAuthSettings};
pub use oauth::assertion::ClientAuth;
pub use oauth::client::OAuthClient;
pub use oauth::dpop::Dpop;
pub use oauth::mint::TOKEN_API;
pub use oauth::token_cache::TokenStatus;
pub use organization::{ORGANIZATION_API, ORGANIZATION_PATH, Organization};
pub use origins::Origins;
pub use phase::Phase;
pub use principal::{Principal, PrincipalKind};
pub(crate) use sanitize::clean;
pub use secret::error::NoSecret;
pub use secret::file::{SecretFile, SecretReloads};
pub use secret::source::SecretSource;
pub use secret::token_text::{NotAToken, TokenKind};
