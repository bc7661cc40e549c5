//! What there is to look at in a token. What is found there is `token`'s.

use crate::guide::Fact;

/// What a check is about.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Part {
    Payload,
    Expiry,
    Scopes,
    Issuer,
    Audience,
    Introspection,
    Key,
}

impl Part {
    /// Its word in the name of a check.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Payload => "payload",
            Self::Expiry => "expiry",
            Self::Scopes => "scopes",
            Self::Issuer => "issuer",
            Self::Audience => "audience",
            Self::Introspection => "introspection",
            Self::Key => "signing key",
        }
    }

    /// The part that a fact is about.
    pub(super) const fn of(fact: Fact) -> Option<Self> {
        match fact {
            Fact::TokenExpired | Fact::TokenNotYetValid => Some(Self::Expiry),
            Fact::TokenInactive => Some(Self::Introspection),
            Fact::ScopeMissing => Some(Self::Scopes),
            Fact::WrongIssuer => Some(Self::Issuer),
            Fact::WrongAudience => Some(Self::Audience),
            Fact::KeyNotPublished | Fact::BadSignature => Some(Self::Key),
            _ => None,
        }
    }
}
