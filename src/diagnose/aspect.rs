//! The aspects of a token that have a check each. What is found is the business of [`super::token`].

use crate::{guide::Fact, units::closed_list};

closed_list! {
    /// What a check of a token is about, and its word in the check's name.
    pub(super) enum Aspect {
        Payload = "payload",
        Expiry = "expiry",
        Scopes = "scopes",
        Issuer = "issuer",
        Audience = "audience",
        Introspection = "introspection",
        Key = "signing key",
    }
}

impl Aspect {
    /// The aspect that a fact is about.
    pub(super) const fn of(fact: Fact) -> Option<Self> {
        match fact {
            Fact::IdToken | Fact::TokenUnjudged => Some(Self::Payload),
            Fact::TokenExpired | Fact::TokenNotYetValid | Fact::TokenWithoutEnd => {
                Some(Self::Expiry)
            }
            Fact::TokenInactive => Some(Self::Introspection),
            Fact::ScopeMissing => Some(Self::Scopes),
            Fact::WrongIssuer => Some(Self::Issuer),
            Fact::WrongAudience => Some(Self::Audience),
            Fact::KeyNotPublished | Fact::BadSignature => Some(Self::Key),
            _ => None,
        }
    }
}
