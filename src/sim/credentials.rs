//! Who may call the simulated org, and who a caller is. Access tokens are kept in [`super::tokens`].

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use jiff::Timestamp;

use super::token_life::Life;

/// Whose counter a request is charged to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Principal {
    pub(super) name: String,
    pub(super) percent: u32,
    pub(super) concurrency_percent: u32,
}

impl Principal {
    /// A principal with Okta's default ceiling: half of each bucket.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            percent: 50,
            concurrency_percent: 50,
        }
    }

    /// Sets its ceiling as a percentage of each bucket.
    #[must_use]
    pub fn percent(mut self, percent: u32) -> Self {
        self.percent = percent;
        self
    }

    pub(super) fn ceiling(&self, limit: u32) -> u32 {
        let share = u64::from(limit) * u64::from(self.percent) / 100;
        u32::try_from(share).unwrap_or(u32::MAX)
    }
}

/// What a credential may read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Grant {
    Everything,
    Scopes(Vec<String>),
}

impl Grant {
    /// Who may manage a thing may read it. Okta publishes a `.read` scope for each GET and says
    /// nothing of `.manage` there; the exporter asks in doubt, and is answered.
    pub(super) fn allows(&self, scope: &str) -> bool {
        let managing = scope
            .strip_suffix(".read")
            .map(|thing| format!("{thing}.manage"));
        match self {
            Self::Everything => true,
            Self::Scopes(scopes) => scopes
                .iter()
                .any(|granted| granted == scope || Some(granted) == managing.as_ref()),
        }
    }
}

/// An API token, sent as `Authorization: SSWS <value>`.
#[derive(Clone, Debug)]
pub struct ApiToken {
    pub(super) value: String,
    pub(super) principal: Principal,
    pub(super) grant: Grant,
    pub(super) alive: bool,
    pub(super) life: Life,
}

impl ApiToken {
    /// A live token of a super administrator; its principal carries `name`.
    pub fn new(name: &str, value: &str) -> Self {
        Self {
            value: value.to_owned(),
            principal: Principal::new(name),
            grant: Grant::Everything,
            alive: true,
            life: Life::default(),
        }
    }

    /// Narrows the owner's role to what these scopes would cover.
    #[must_use]
    pub fn only<const N: usize>(mut self, scopes: [&str; N]) -> Self {
        self.grant = Grant::Scopes(scopes.map(str::to_owned).to_vec());
        self
    }

    /// Sets the token's ceiling as a percentage of each bucket.
    #[must_use]
    pub fn percent(mut self, percent: u32) -> Self {
        self.principal = self.principal.percent(percent);
        self
    }

    /// Sets the token's share of concurrent requests, as its entry tells it.
    #[must_use]
    pub fn concurrency_percent(mut self, percent: u32) -> Self {
        self.principal.concurrency_percent = percent;
        self
    }

    /// A token that was revoked or whose owner was deactivated.
    #[must_use]
    pub fn dead(mut self) -> Self {
        self.alive = false;
        self
    }

    /// Nobody has used it for so long when the org begins.
    #[must_use]
    pub fn unused_for(mut self, length: Duration) -> Self {
        self.life.unused_for = length;
        self
    }

    /// From where it may be used, in Okta's word: `ANYWHERE` or `ZONE`.
    #[must_use]
    pub fn connection(mut self, word: &str) -> Self {
        word.clone_into(&mut self.life.connection);
        self
    }

    /// True until it is revoked, or nobody used it for thirty days.
    pub(super) fn lives(&self, now: Timestamp) -> bool {
        self.alive && now < self.life.end()
    }
}

/// An OAuth client that may introspect tokens.
#[derive(Clone, Debug)]
pub(super) struct OAuthClient {
    pub(super) id: String,
    pub(super) secret: String,
}

/// What an `Authorization` header holds, scheme by scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Presented {
    Nothing,
    Ssws(String),
    Bearer(String),
    Dpop(String),
    Basic { user: String, password: String },
}

impl Presented {
    pub(super) fn read(headers: &HeaderMap) -> Self {
        let value = headers
            .get(AUTHORIZATION)
            .and_then(|value| value.to_str().ok());
        let Some((scheme, rest)) = value.and_then(|value| value.trim().split_once(' ')) else {
            return Self::Nothing;
        };
        let rest = rest.trim();
        match scheme.to_ascii_lowercase().as_str() {
            "ssws" => Self::Ssws(rest.to_owned()),
            "bearer" => Self::Bearer(rest.to_owned()),
            "dpop" => Self::Dpop(rest.to_owned()),
            "basic" => basic(rest).unwrap_or(Self::Nothing),
            _ => Self::Nothing,
        }
    }
}

fn basic(encoded: &str) -> Option<Presented> {
    let decoded = String::from_utf8(STANDARD.decode(encoded).ok()?).ok()?;
    let (user, password) = decoded.split_once(':')?;
    Some(Presented::Basic {
        user: user.to_owned(),
        password: password.to_owned(),
    })
}
