//! Trouble that shows without a failure. Probes find it ([`crate::probe`]), and what is seen of a
//! whole org [`crate::fleet`]; what it means, its case says ([`super::table`]).

use std::collections::BTreeMap;

use super::severity::Severity;
use crate::units::closed_list;

/// Trouble that is known though no request failed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    /// What kind of trouble.
    pub fact: Fact,
    /// What it is about, where there may be several: an incident, a scope, a key. With the fact it
    /// is the finding's identity: another subject is another finding.
    pub subject: String,
    /// What was found, in words.
    pub what: String,
    /// How bad it is: as its fact is, unless whoever found it knows better.
    pub severity: Severity,
}

impl Finding {
    /// What was found, where there is only one of its kind.
    pub fn new(fact: Fact, what: impl Into<String>) -> Self {
        Self {
            fact,
            subject: String::new(),
            what: what.into(),
            severity: fact.severity(),
        }
    }

    /// The same, where it is known how bad it is.
    #[must_use]
    pub fn as_bad_as(self, severity: Option<Severity>) -> Self {
        Self {
            severity: severity.unwrap_or(self.severity),
            ..self
        }
    }

    /// The same, told of one out of several.
    #[must_use]
    pub fn about(self, subject: impl Into<String>) -> Self {
        Self {
            subject: subject.into(),
            ..self
        }
    }
}

/// So many findings of one fact are told; of more, how many.
const MOST_TOLD: usize = 20;
/// What a finding is about that stands for the others.
const OTHERS: &str = "others";

impl Finding {
    /// True where it stands for others, which are not told.
    pub fn is_of_others(&self) -> bool {
        self.subject == OTHERS
    }

    /// As many of these as somebody will look at, and how many more there are. Of one fact the worst
    /// come first.
    pub fn few(all: Vec<Self>) -> Vec<Self> {
        let mut counts: BTreeMap<Fact, usize> = BTreeMap::new();
        let mut few = all;
        few.retain(|finding| {
            let count = counts.entry(finding.fact).or_default();
            *count += 1;
            *count <= MOST_TOLD
        });
        let more = |(fact, count): (Fact, usize)| {
            let more = count.checked_sub(MOST_TOLD).filter(|more| *more > 0)?;
            Some(Self::new(fact, format!("and {more} more of the kind")).about(OTHERS))
        };
        few.extend(counts.into_iter().filter_map(more));
        few
    }
}

closed_list! {
    /// Trouble that shows without a failure.
    #[expect(missing_docs, reason = "the case that has it as its sign says it")]
    pub enum Fact {
        TokenExpired,
        TokenWithoutEnd,
        TokenUnjudged,
        IdToken,
        TokenNotYetValid,
        TokenInactive,
        ScopeMissing,
        WrongIssuer,
        WrongAudience,
        KeyNotPublished,
        BadSignature,
        KeyWithdrawnEarly,
        NoKeys,
        SigningKeyNotRotated,
        AppCertificateExpiring,
        IdpCertificateExpiring,
        DomainCertificateExpiring,
        ManagedDomainCertificateExpiring,
        DomainNotVerified,
        CertificateMisdated,
        ClockSkew,
        CertificateExpiring,
        LimitAgainAndAgain,
        LimitNotTold,
        IncidentOnCell,
        IncidentOfUnknownReach,
        IncidentsUnmatched,
        PrincipalNotListed,
        SettingChanged,
        Withheld,
        AgentPoolNotOperational,
        LogStreamOff,
        EventHookUnverified,
        FailedOver,
        OrgExpiring,
        SupportAccessOpen,
        NobodySubscribed,
        ApiTokenExpiring,
        ApiTokenGone,
        LogGap,
        Overdue,
        StoreFailing,
    }
}

impl Fact {
    /// How bad it is, as far as that can be told without knowing more.
    pub fn severity(self) -> Severity {
        match self {
            Self::TokenExpired
            | Self::TokenInactive
            | Self::WrongIssuer
            | Self::WrongAudience
            | Self::KeyNotPublished
            | Self::BadSignature
            | Self::KeyWithdrawnEarly
            | Self::NoKeys
            | Self::IncidentOnCell
            | Self::LogStreamOff
            | Self::FailedOver => Severity::Critical,
            Self::TokenWithoutEnd
            | Self::IdToken
            | Self::TokenNotYetValid
            | Self::ScopeMissing
            | Self::SigningKeyNotRotated
            | Self::AppCertificateExpiring
            | Self::IdpCertificateExpiring
            | Self::DomainCertificateExpiring
            | Self::ManagedDomainCertificateExpiring
            | Self::DomainNotVerified
            | Self::ClockSkew
            | Self::CertificateExpiring
            | Self::LimitAgainAndAgain
            | Self::IncidentOfUnknownReach
            | Self::AgentPoolNotOperational
            | Self::EventHookUnverified
            | Self::OrgExpiring
            | Self::ApiTokenExpiring
            | Self::ApiTokenGone
            | Self::LogGap
            | Self::Overdue
            | Self::StoreFailing => Severity::Warning,
            Self::TokenUnjudged
            | Self::CertificateMisdated
            | Self::LimitNotTold
            | Self::IncidentsUnmatched
            | Self::PrincipalNotListed
            | Self::SettingChanged
            | Self::Withheld
            | Self::SupportAccessOpen
            | Self::NobodySubscribed => Severity::Info,
        }
    }

    /// How it is seen, for the documentation.
    pub(super) fn seen_in(self) -> &'static str {
        match self {
            Self::TokenExpired => "a watched token's `exp` is past",
            Self::TokenWithoutEnd => "a watched token that can be read has no `exp`",
            Self::TokenUnjudged => {
                "a watched token with an `expect` is opaque or encrypted, and has no `introspect`"
            }
            Self::IdToken => "a watched token is an ID token",
            Self::TokenNotYetValid => "a watched token's `nbf` or `iat` is ahead of Okta's clock",
            Self::TokenInactive => "introspection calls a watched token inactive",
            Self::ScopeMissing => {
                "a watched token lacks a scope of `expect.scopes`, or a service app one that it asks for"
            }
            Self::WrongIssuer => "a watched token's `iss` is none of `expect.issuer`, or absent",
            Self::WrongAudience => {
                "a watched token's `aud` names none of `expect.audience`, or is absent"
            }
            Self::KeyNotPublished => "the key set lacks a watched token's `kid`",
            Self::BadSignature => "a watched token's signature does not verify",
            Self::KeyWithdrawnEarly => "a key left its set before its `max-age` had passed",
            Self::NoKeys => "a key set is empty, or holds keys that cannot be read",
            Self::SigningKeyNotRotated => {
                "the key of a custom authorization server is rotated by hand, and was not for a year"
            }
            Self::AppCertificateExpiring => {
                "the certificate that Okta signs with for a SAML application ends within 30 days, or did within the last 30"
            }
            Self::IdpCertificateExpiring => {
                "the last certificate that an identity provider is trusted by, or that this org signs with towards it, ends \
                 within 30 days, or did within the last 30"
            }
            Self::DomainCertificateExpiring => {
                "the certificate that was brought for a custom domain ends within 30 days, or did within the last 30"
            }
            Self::ManagedDomainCertificateExpiring => {
                "the certificate of a custom domain that Okta renews ends within 14 days, or did within the last 30"
            }
            Self::DomainNotVerified => "Okta has not verified a custom domain",
            Self::CertificateMisdated => {
                "the certificate of a key in use ends at another time than Okta says of it"
            }
            Self::ClockSkew => "this clock and Okta's `Date` are a minute apart or more",
            Self::CertificateExpiring => {
                "the certificate that the org's host serves expires within two weeks"
            }
            Self::LimitNotTold => {
                "three answers in a row to an endpoint probe with `sampling: window_end` had no rate-limit headers"
            }
            Self::LimitAgainAndAgain => "three 429s of one probe within an hour",
            Self::IncidentOnCell => "a status page names the org's cell",
            Self::IncidentOfUnknownReach => {
                "an incident on a status page names no cell, or all, or what cannot be read"
            }
            Self::IncidentsUnmatched => {
                "an org's cell is none that is known here, or is set while no status page names cells"
            }
            Self::PrincipalNotListed => {
                "Okta lists no API token of a credential's `principal_id` among the principals"
            }
            Self::SettingChanged => {
                "within the last day a setting of the org's rate limits came to be another"
            }
            Self::Withheld => {
                "what a probe reads that the exporter made by itself is withheld from its credential, or the org has no such thing"
            }
            Self::FailedOver => {
                "Okta serves a domain of the org from where it recovers from disasters"
            }
            Self::LogStreamOff => "a log stream of the org is not active",
            Self::EventHookUnverified => "an event hook of the org is active and not verified",
            Self::AgentPoolNotOperational => "Okta calls a pool of agents degraded or disrupted",
            Self::OrgExpiring => "the org expires within 30 days",
            Self::SupportAccessOpen => "Okta Support may sign in to the org",
            Self::NobodySubscribed => {
                "none of the admin roles for which they are gets Okta's mails about rate limits"
            }
            Self::ApiTokenExpiring => {
                "an API token of the org, other than the exporter's own, ends within a week unless it is used"
            }
            Self::ApiTokenGone => "within the last day an API token left the org's list",
            Self::LogGap => {
                "within the last hour Okta refused the cursor of its System Log, no longer kept what was still to be read, or sent one event of more than 6 MiB"
            }
            Self::Overdue => {
                "a probe was silent for three of its intervals, and neither breaker nor budget held it back"
            }
            Self::StoreFailing => "the file of `storage.path` could not be read or written",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_very_many_the_first_are_told_and_the_rest_is_counted() {
        let found = |n: usize| -> Vec<Finding> {
            let one = |n: usize| Finding::new(Fact::IncidentOnCell, "x").about(n.to_string());
            let keys = Finding::new(Fact::NoKeys, "x");
            (0..n).map(one).chain([keys]).collect()
        };
        assert_eq!(Finding::few(found(MOST_TOLD)), found(MOST_TOLD));
        let few = Finding::few(found(10_000));
        assert_eq!(few.len(), MOST_TOLD + 2);
        assert_eq!(few[..MOST_TOLD], found(MOST_TOLD)[..MOST_TOLD]);
        let others = few.last().unwrap();
        assert!(others.is_of_others() && others.what.contains("9980 more"));
    }

    #[test]
    fn a_finding_is_told_from_others_by_its_subject() {
        let of = |kid| Finding::new(Fact::KeyWithdrawnEarly, "a key left the set").about(kid);
        assert_eq!(of("old").subject, "old");
        assert_ne!(of("old"), of("new"));
    }
}
