//! Why a run did not end well: one type, a closed list of reasons, and never a secret.

use std::time::Duration;

use super::{ApiError, BadKey, LimitKind, NoSecret, Phase};
use crate::units::{Name, Timestamp, closed_list};

/// What went wrong, where, and what Okta said about it.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Failure {
    /// The host's name did not resolve.
    #[error("the name {host} does not resolve: {detail}")]
    Dns {
        /// The name that was looked up.
        host: String,
        /// The resolver's words.
        detail: String,
    },
    /// No connection could be made.
    #[error("no connection to {host}: {detail}")]
    Connect {
        /// The host, and the proxy before it, where there is one.
        host: String,
        /// The system's words.
        detail: String,
    },
    /// The TLS handshake failed; the certificate did not verify, most often.
    #[error("no TLS with {host}: {detail}")]
    Tls {
        /// The host whose certificate was looked at.
        host: String,
        /// The TLS library's words.
        detail: String,
    },
    /// Nothing more came in time.
    #[error(
        "no answer within {} s: it hung {}{}", after.as_secs_f64(), phase.hung(),
        proxy.as_ref().map(|proxy| format!(", by the proxy {proxy}")).unwrap_or_default()
    )]
    Timeout {
        /// What was being waited for.
        phase: Phase,
        /// How long the request was given.
        after: Duration,
        /// The proxy before the host, where there is one.
        proxy: Option<String>,
    },
    /// The answer broke off.
    #[error("the answer broke off: {detail}")]
    Cut {
        /// The client's words.
        detail: String,
    },
    /// The answer is larger than anything Okta would send here.
    #[error("the answer is larger than {limit} bytes; the rest was not read")]
    TooLarge {
        /// The bound, in bytes.
        limit: usize,
    },
    /// A redirect that must not be followed, since a credential would go along.
    #[error("{0}")]
    Redirect(String),
    /// A list that goes on elsewhere. A credential would go along, out of any budget.
    #[error(
        "the list goes on at {0}, which is another host or another list: not followed, since a credential would go along"
    )]
    ForeignLink(String),
    /// Okta, or something before it, answered with another status than 2xx.
    #[error(transparent)]
    Refused(Box<Refusal>),
    /// The answer came, and is not what this endpoint sends.
    #[error("the answer cannot be read: {0}")]
    InvalidBody(String),
    /// The answer was read, and contradicts the configuration.
    #[error("{0}")]
    Mismatch(String),
    /// A secret is missing or unusable.
    #[error(transparent)]
    Secret(NoSecret),
    /// The credential could get no access token.
    #[error(transparent)]
    NoToken(Box<NoToken>),
    /// The credential's access token lacks a scope: nothing was sent.
    #[error(transparent)]
    MissingScope(Box<MissingScope>),
    /// The last run had not ended when the next was due.
    #[error("the last run has not ended yet: this one was left out")]
    Overlap,
    /// The org's breaker is open: nothing was sent.
    #[error(
        "not sent: three failures in a row opened the org's breaker; one light request will try again"
    )]
    BreakerOpen,
    /// The exporter has spent what it allows itself, or leaves what is left to others.
    #[error("not sent: {why}")]
    Budget {
        /// What is spent, and of what.
        why: String,
        /// How long until there is room again.
        again_in: Duration,
    },
    /// The host that tells of the org's disaster recovery is in trouble, which says nothing of the org.
    #[error(
        "Okta tells of disaster recovery at the host `drapp.` before the org's own `okta.com` one: {0}"
    )]
    DisasterRecovery(Box<Failure>),
    /// This process may open no more files and connections.
    #[error(
        "okta-exporter has as many files and connections open as it may (`ulimit -n`): nothing was asked, and \
         neither Okta nor the network is at fault"
    )]
    NoDescriptor,
    /// A fault of this program.
    #[error("a fault in okta-exporter itself, please report it: {0}")]
    Internal(String),
}

/// An answer with another status than 2xx, as far as it explains itself.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{status} from {path}: {error}")]
pub struct Refusal {
    /// The HTTP status.
    pub status: u16,
    /// The path asked, without its query.
    pub path: String,
    /// The request carried no credential.
    pub anonymous: bool,
    /// What Okta, or the edge, said.
    pub error: ApiError,
    /// `X-Okta-Request-Id`: what a support ticket needs.
    pub request_id: Option<String>,
    /// Okta's `Date`; `None` where another answered in its place.
    pub date: Option<Timestamp>,
    /// Which kind of limit a 429 stands for.
    pub limited: Option<LimitKind>,
    /// How long Okta wants its caller to stay away, by the answer's own clock.
    pub back_off: Option<Duration>,
}

/// Why a credential could get no access token.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "no access token for the credential `{credential}`: {cause}{}{}",
    note.as_ref().map(|note| format!(" ({note})")).unwrap_or_default(),
    if *remembered { "; not asked again yet" } else { "" },
)]
pub struct NoToken {
    /// The credential.
    pub credential: Name,
    /// What went wrong.
    pub cause: Failure,
    /// What may explain it.
    pub note: Option<String>,
    /// It went wrong a while ago: nothing was sent this time.
    pub remembered: bool,
}

/// A scope that a credential's access token was not granted.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error(
    "not sent: the access token of the credential `{credential}` lacks the scope {scope}, which {path} needs: {fix}"
)]
pub struct MissingScope {
    /// The credential.
    pub credential: Name,
    /// The scope.
    pub scope: &'static str,
    /// The path that needs it.
    pub path: String,
    /// Where it is granted.
    pub fix: String,
}

closed_list! {
    /// The closed list of `reason` label values.
    #[expect(missing_docs, reason = "`Failure` says what each is")]
    pub enum Reason {
        Dns = "dns",
        Connect = "connect",
        Tls = "tls",
        Timeout = "timeout",
        HttpStatus = "http_status",
        RateLimited = "rate_limited",
        ConcurrencyLimited = "concurrency_limited",
        Unauthorized = "unauthorized",
        Forbidden = "forbidden",
        InvalidBody = "invalid_body",
        TooLarge = "too_large",
        Redirect = "redirect",
        Overlap = "overlap",
        BreakerOpen = "breaker_open",
        Budget = "budget",
        Config = "config",
        Internal = "internal",
    }
}

impl Failure {
    /// The reason, for a label.
    pub fn reason(&self) -> Reason {
        match self {
            Self::Dns { .. } => Reason::Dns,
            Self::Connect { .. } => Reason::Connect,
            Self::Tls { .. } => Reason::Tls,
            Self::Timeout { .. } => Reason::Timeout,
            Self::TooLarge { .. } => Reason::TooLarge,
            Self::Redirect(_) | Self::ForeignLink(_) => Reason::Redirect,
            Self::Refused(refusal) => refusal.reason(),
            Self::NoToken(why) if why.is_ungranted() => Reason::Forbidden,
            Self::NoToken(why) => why.cause.reason(),
            Self::MissingScope(_) => Reason::Forbidden,
            Self::DisasterRecovery(why) => why.reason(),
            Self::Cut { .. } | Self::InvalidBody(_) => Reason::InvalidBody,
            Self::Mismatch(_) | Self::Secret(_) => Reason::Config,
            Self::Overlap => Reason::Overlap,
            Self::BreakerOpen => Reason::BreakerOpen,
            Self::Budget { .. } => Reason::Budget,
            Self::NoDescriptor | Self::Internal(_) => Reason::Internal,
        }
    }

    /// The `reason` of a request that got no whole answer; `None` where one came.
    pub fn request_reason(&self) -> Option<&'static str> {
        match self {
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::Redirect(_) => Some(self.reason().as_str()),
            Self::Cut { .. } | Self::TooLarge { .. } => Some("body"),
            Self::NoDescriptor | Self::Internal(_) => Some("internal"),
            _ => None,
        }
    }

    /// True where the org itself seems to be in trouble: what the breaker counts.
    pub fn is_org_trouble(&self) -> bool {
        match self {
            Self::Dns { .. }
            | Self::Connect { .. }
            | Self::Tls { .. }
            | Self::Timeout { .. }
            | Self::Cut { .. } => true,
            Self::Refused(refusal) => refusal.status >= 500,
            Self::NoToken(why) => why.cause.is_org_trouble(),
            _ => false,
        }
    }

    /// The same, where the host that tells of disaster recovery is in trouble and not the org.
    #[must_use]
    pub fn of_disaster_recovery(self) -> Self {
        if self.is_org_trouble() && !matches!(self, Self::NoToken(_)) {
            return Self::DisasterRecovery(Box::new(self));
        }
        self
    }

    /// True where it is this program or its machine that failed: nothing was seen of the org.
    pub fn is_own(&self) -> bool {
        self.reason() == Reason::Internal || matches!(self, Self::DisasterRecovery(_))
    }

    /// True where nothing was asked: it went wrong a while ago, and it is too early to try again.
    pub fn is_remembered(&self) -> bool {
        matches!(self, Self::NoToken(why) if why.remembered)
    }

    /// The answer behind this failure, where there was one.
    pub fn refusal(&self) -> Option<&Refusal> {
        match self {
            Self::Refused(refusal) => Some(refusal),
            Self::NoToken(why) => why.cause.refusal(),
            Self::DisasterRecovery(why) => why.refusal(),
            _ => None,
        }
    }
}

impl From<NoSecret> for Failure {
    fn from(why: NoSecret) -> Self {
        match why {
            NoSecret::NoDescriptor => Self::NoDescriptor,
            why => Self::Secret(why),
        }
    }
}

impl From<BadKey> for Failure {
    fn from(why: BadKey) -> Self {
        Self::Secret(NoSecret::Key(why, "the credential".to_owned()))
    }
}

impl NoToken {
    /// True where Okta says that the app was granted nothing of what it asks for.
    pub fn is_ungranted(&self) -> bool {
        let Some(refusal) = self.cause.refusal() else {
            return false;
        };
        match refusal.error.label() {
            Some("consent_required" | "invalid_scope") => true,
            Some("access_denied") => refusal.error.says("scope"),
            _ => false,
        }
    }
}

impl Refusal {
    fn reason(&self) -> Reason {
        match (self.status, self.limited) {
            (429, Some(LimitKind::Concurrency)) => Reason::ConcurrencyLimited,
            (429, _) => Reason::RateLimited,
            // E0000015 is a 401 by status, but the token is fine: the org lacks the feature.
            (401, _) if self.error.label() == Some("E0000015") => Reason::Forbidden,
            (401, _) => Reason::Unauthorized,
            (403, _) => Reason::Forbidden,
            _ => Reason::HttpStatus,
        }
    }
}

#[cfg(test)]
mod tests;
