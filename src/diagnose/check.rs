//! One thing that was checked: how it stands, what is known, and what fixes it. Each section comes to
//! its checks in a file of its own: [`super::connectivity`], [`super::limits_left`],
//! [`super::access`], [`super::token`], [`super::keys`], [`super::pages`].

use serde::Serialize;
use serde_json::{Map, Value};

use crate::{
    guide::{self, Advice, Case, Fact, Finding},
    okta::{Failure, Reason},
    probe::{Kind, discovery, jwks, status_page},
    units::closed_list,
};

/// One thing that was checked.
#[derive(Debug, Clone, Serialize)]
pub struct Check {
    pub(super) section: Section,
    /// What was checked.
    pub name: String,
    /// How it stands.
    pub verdict: Verdict,
    /// What was seen, in words.
    pub says: String,
    /// What was seen, in numbers and names; what is not known is absent.
    pub facts: Map<String, Value>,
    /// What fixes it, where something is wrong.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Advice>,
    /// Where the guide tells all of that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

closed_list! {
    /// The sections of a report, in reading order.
    #[expect(missing_docs, reason = "each has its title")]
    pub enum Section {
        Connectivity = "connectivity",
        RateLimits = "rate_limits",
        Access = "access",
        Tokens = "tokens",
        SigningKeys = "signing_keys",
        Status = "status",
    }
}

impl Section {
    pub(super) const fn title(self) -> &'static str {
        match self {
            Self::Connectivity => "Connectivity",
            Self::RateLimits => "Rate limits, each credential's own",
            Self::Access => "What the credentials may read",
            Self::Tokens => "Tokens",
            Self::SigningKeys => "Signing keys",
            Self::Status => "Okta's status",
        }
    }
}

closed_list! {
    /// How something stands, from well to bad.
    pub enum Verdict {
        /// It was not checked, since what it needs was not given.
        Skipped = "skipped",
        /// As it should be.
        Healthy = "healthy",
        /// Something wants attention, and the rest works.
        Degraded = "degraded",
        /// Somebody's requests fail now.
        Broken = "broken",
    }
}

impl Verdict {
    /// The worst; what was skipped says nothing.
    pub fn worst(verdicts: impl IntoIterator<Item = Self>) -> Self {
        let worst = verdicts.into_iter().max().unwrap_or(Self::Healthy);
        worst.max(Self::Healthy)
    }

    /// How bad a failure of this kind of probe is: by what does not work, not by the status that it
    /// happens to come with.
    fn of_failure(failure: &Failure, kind: &str) -> Self {
        match failure.reason() {
            // Of a page that cannot be read nothing follows for the org.
            _ if kind == status_page::Probe::KIND => Self::Degraded,
            // Nobody signs in without the one, or has a token verified without the other.
            _ if [discovery::Probe::KIND, jwks::Probe::KIND].contains(&kind) => Self::Broken,
            _ if is_identity_refused(failure) => Self::Broken,
            Reason::Forbidden | Reason::RateLimited | Reason::ConcurrencyLimited => Self::Degraded,
            Reason::HttpStatus if failure.refusal().is_some_and(|r| r.status < 500) => {
                Self::Degraded
            }
            _ => Self::Broken,
        }
    }

    fn of_fact(fact: Fact) -> Self {
        match fact {
            Fact::TokenExpired
            | Fact::IdToken
            | Fact::TokenNotYetValid
            | Fact::TokenInactive
            | Fact::WrongIssuer
            | Fact::WrongAudience
            | Fact::KeyNotPublished
            | Fact::BadSignature
            | Fact::NoKeys => Self::Broken,
            Fact::Withheld => Self::Skipped,
            Fact::ScopeMissing
            | Fact::TokenWithoutEnd
            | Fact::TokenUnjudged
            | Fact::KeyWithdrawnEarly
            | Fact::SigningKeyNotRotated
            | Fact::AppCertificateExpiring
            | Fact::IdpCertificateExpiring
            | Fact::DomainCertificateExpiring
            | Fact::ManagedDomainCertificateExpiring
            | Fact::DomainNotVerified
            | Fact::CertificateMisdated
            | Fact::ClockSkew
            | Fact::CertificateExpiring
            | Fact::LimitAgainAndAgain
            | Fact::LimitNotTold
            | Fact::IncidentOnCell
            | Fact::IncidentOfUnknownReach
            | Fact::IncidentsUnmatched
            | Fact::PrincipalNotListed
            | Fact::SettingChanged
            | Fact::AgentPoolNotOperational
            | Fact::LogStreamOff
            | Fact::EventHookUnverified
            | Fact::FailedOver
            | Fact::OrgExpiring
            | Fact::SupportAccessOpen
            | Fact::NobodySubscribed
            | Fact::ApiTokenExpiring
            | Fact::ApiTokenGone
            | Fact::LogGap
            | Fact::Overdue
            | Fact::StoreFailing => Self::Degraded,
        }
    }
}

/// True where no access token is to be had, or who asks is not taken for whom it says: nothing else
/// that is asked in this way can work.
fn is_identity_refused(failure: &Failure) -> bool {
    let label = failure.refusal().and_then(|refusal| refusal.error.label());
    matches!(failure, Failure::NoToken(_))
        || matches!(
            label,
            Some("invalid_client" | "unauthorized_client" | "invalid_token" | "invalid_dpop_proof")
        )
}

impl Check {
    fn new(section: Section, name: &str, verdict: Verdict) -> Self {
        Self {
            section,
            name: name.to_owned(),
            verdict,
            says: String::new(),
            facts: Map::new(),
            advice: None,
            help: None,
        }
    }

    /// All is well.
    pub(super) fn healthy(section: Section, name: &str, says: impl Into<String>) -> Self {
        Self {
            says: says.into(),
            ..Self::new(section, name, Verdict::Healthy)
        }
    }

    /// It was not checked; why, and what would let it be.
    pub(super) fn skipped(section: Section, name: &str, why: impl Into<String>) -> Self {
        Self {
            says: why.into(),
            ..Self::new(section, name, Verdict::Skipped)
        }
    }

    /// A probe of this kind failed.
    pub(super) fn failed(section: Section, name: &str, (failure, kind): (&Failure, &str)) -> Self {
        let mut check = Self {
            says: failure.to_string(),
            ..Self::new(section, name, Verdict::of_failure(failure, kind))
        };
        check.advise(guide::explain(failure, kind));
        check
            .fact("reason", failure.reason().as_str())
            .fact(
                "http_status",
                failure.refusal().map(|refusal| refusal.status),
            )
            .fact(
                "error_code",
                failure.refusal().and_then(|refusal| refusal.error.label()),
            )
    }

    /// Something is wrong though nothing failed.
    pub(super) fn found(section: Section, name: &str, finding: &Finding) -> Self {
        let mut check = Self {
            says: finding.what.clone(),
            ..Self::new(section, name, Verdict::of_fact(finding.fact))
        };
        check.advise(finding.fact.case());
        check
    }

    /// With something that is known; what is not is left out.
    #[must_use]
    pub(super) fn fact(mut self, name: &str, value: impl Serialize) -> Self {
        match serde_json::to_value(value) {
            Ok(Value::Null) | Err(_) => {}
            Ok(value) => drop(self.facts.insert(name.to_owned(), value)),
        }
        self
    }

    /// With more to say.
    #[must_use]
    pub(super) fn adding(mut self, says: &str) -> Self {
        self.says = format!("{}; {says}", self.says);
        self
    }

    fn advise(&mut self, case: &Case) {
        self.advice = Some(case.into());
        self.help = Some(format!("docs/troubleshooting.md#{}", case.slug));
    }
}
