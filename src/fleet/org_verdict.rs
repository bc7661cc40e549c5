//! One word for each org, out of a closed list, and why: what one wants to know first at night.
//! Judged from the runs of its probes, from those of the others, and from the status pages. Pure.

use crate::{
    guide::{Fact, Finding},
    okta::{Failure, Reason},
    units::closed_list,
};

closed_list! {
    /// How an org is, the worst first.
    pub enum VerdictWord {
        /// Nothing answers: this host, its proxy or its name server.
        Network = "network",
        /// Okta itself fails.
        Okta = "okta",
        /// An incident is open on the org's cell.
        Cell = "cell",
        /// Okta refuses who asks, or a secret cannot be used.
        Credential = "credential",
        /// A limit is used up.
        Limit = "limit",
        /// Something else is wrong.
        Degraded = "degraded",
        /// Nothing is known yet.
        Unknown = "unknown",
        /// All is well.
        Well = "well",
    }
}

/// How an org is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrgVerdict {
    /// In a word.
    pub word: VerdictWord,
    /// In words, without a full stop.
    pub why: String,
}

/// What a verdict is judged by.
#[derive(Debug, Default)]
pub(super) struct Signs<'a> {
    /// The probes whose last run that asked ended well.
    pub(super) well: usize,
    /// The others, and why.
    pub(super) failing: Vec<(&'a str, &'a Failure)>,
    /// What is wrong though nothing failed.
    pub(super) found: Vec<Finding>,
    /// Somebody else answered when asked last: another org or a status page.
    pub(super) others_answer: bool,
}

/// No answer came.
pub(super) fn is_silence(failure: &Failure) -> bool {
    let reason = failure.reason();
    matches!(
        reason,
        Reason::Dns | Reason::Connect | Reason::Tls | Reason::Timeout
    )
}

/// An answer came, and says that Okta fails.
fn is_server_error(failure: &Failure) -> bool {
    failure.is_org_trouble() && !is_silence(failure)
}

impl Signs<'_> {
    /// What they come to.
    pub(super) fn verdict(&self) -> OrgVerdict {
        self.of_all()
            .or_else(|| self.of_a_finding(VerdictWord::Cell, |fact| fact == Fact::IncidentOnCell))
            .or_else(|| self.of_some(VerdictWord::Credential, is_about_credentials))
            .or_else(|| self.of_some(VerdictWord::Limit, is_about_limits))
            .or_else(|| {
                self.of_a_finding(VerdictWord::Limit, |fact| fact == Fact::LimitAgainAndAgain)
            })
            .or_else(|| self.of_some(VerdictWord::Degraded, |_| true))
            .or_else(|| self.of_a_finding(VerdictWord::Degraded, harms))
            .unwrap_or_else(|| {
                let (word, why) = match self.well {
                    0 => (VerdictWord::Unknown, "no probe has asked yet"),
                    _ => (
                        VerdictWord::Well,
                        "every probe that asked was answered well",
                    ),
                };
                OrgVerdict {
                    word,
                    why: why.to_owned(),
                }
            })
    }

    /// What the probes say together: half of them are enough, since what is kept apart by Okta fails
    /// apart.
    fn of_all(&self) -> Option<OrgVerdict> {
        let count = |is: fn(&Failure) -> bool| {
            let such = self.failing.iter().filter(|(_, why)| is(why));
            such.count()
        };
        let asked = self.well + self.failing.len();
        let (silent, failed) = (count(is_silence), count(is_server_error));
        let lookup = |why: &Failure| why.reason() == Reason::Dns;
        if failed > 0 && 2 * failed >= asked {
            return self.of_some(VerdictWord::Okta, is_server_error);
        }
        if silent == 0 || silent < asked {
            return None;
        }
        // A name that does not resolve says nothing of who it stands for.
        if self.others_answer && count(lookup) == 0 {
            return self.of_some(VerdictWord::Okta, is_silence);
        }
        self.of_some(VerdictWord::Network, is_silence)
    }

    /// Why a probe fails so, and how many more do.
    fn of_some(&self, word: VerdictWord, is: fn(&Failure) -> bool) -> Option<OrgVerdict> {
        let mut such = self.failing.iter().filter(|(_, why)| is(why));
        let (probe, why) = such.next()?;
        let more = match such.count() {
            0 => String::new(),
            more => format!(", and {more} more"),
        };
        Some(OrgVerdict {
            word,
            why: format!("{probe}: {why}{more}"),
        })
    }

    fn of_a_finding(&self, word: VerdictWord, is: fn(Fact) -> bool) -> Option<OrgVerdict> {
        let mut such = self.found.iter().filter(|found| is(found.fact));
        such.next().map(|found| OrgVerdict {
            word,
            why: found.what.clone(),
        })
    }
}

fn is_about_credentials(failure: &Failure) -> bool {
    matches!(
        failure.reason(),
        Reason::Unauthorized | Reason::Forbidden | Reason::Config
    )
}

fn is_about_limits(failure: &Failure) -> bool {
    matches!(
        failure.reason(),
        Reason::RateLimited | Reason::ConcurrencyLimited
    )
}

/// What is about to break, or is broken, for somebody who uses the org.
fn harms(fact: Fact) -> bool {
    matches!(
        fact,
        Fact::TokenExpired
            | Fact::TokenInactive
            | Fact::ScopeMissing
            | Fact::WrongIssuer
            | Fact::WrongAudience
            | Fact::KeyNotPublished
            | Fact::BadSignature
            | Fact::KeyWithdrawnEarly
            | Fact::NoKeys
            | Fact::ClockSkew
            | Fact::CertificateExpiring
            | Fact::Overdue
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::{ApiError, Refusal};

    fn refused(status: u16) -> Failure {
        Failure::Refused(Box::new(Refusal {
            status,
            path: "/api/v1/users".to_owned(),
            anonymous: false,
            error: ApiError::Unexplained(None),
            request_id: None,
            date: None,
            limited: None,
            back_off: None,
        }))
    }

    fn silent() -> Failure {
        Failure::Connect {
            host: "acme.okta.com".to_owned(),
            detail: "refused".to_owned(),
        }
    }

    fn unresolved() -> Failure {
        Failure::Dns {
            host: "acme.okta.com".to_owned(),
            detail: "no such name".to_owned(),
        }
    }

    fn word(well: usize, failing: &[Failure], found: &[Fact], others_answer: bool) -> &'static str {
        let signs = Signs {
            well,
            failing: failing.iter().map(|why| ("discovery", why)).collect(),
            found: found.iter().map(|fact| Finding::new(*fact, "x")).collect(),
            others_answer,
        };
        signs.verdict().word.as_str()
    }

    #[test]
    fn an_org_is_well_until_something_is_known_to_be_wrong_and_unknown_until_it_was_asked() {
        assert_eq!(word(0, &[], &[], true), "unknown");
        assert_eq!(word(3, &[], &[], true), "well");
        assert_eq!(word(3, &[], &[Fact::IncidentsUnmatched], true), "well");
        assert_eq!(word(3, &[], &[Fact::TokenExpired], true), "degraded");
        assert_eq!(word(3, &[refused(404)], &[], true), "degraded");
    }

    #[test]
    fn nobody_answers_where_the_network_fails_and_okta_where_others_answer() {
        for (others, verdict) in [(false, "network"), (true, "okta")] {
            assert_eq!(word(0, &[silent(), silent()], &[], others), verdict);
        }
        assert_eq!(word(0, &[silent(), unresolved()], &[], true), "network");
        assert_eq!(word(2, &[silent()], &[], true), "degraded", "only one path");
    }

    #[test]
    fn half_of_the_probes_that_meet_server_errors_are_enough() {
        assert_eq!(word(2, &[refused(503), refused(503)], &[], false), "okta");
        assert_eq!(word(2, &[refused(503)], &[], false), "degraded");
        let incident = [Fact::IncidentOnCell];
        assert_eq!(word(2, &[refused(503)], &incident, false), "cell");
        assert_eq!(word(0, &[refused(503)], &incident, false), "okta");
        assert_eq!(word(5, &[], &incident, false), "cell");
    }

    #[test]
    fn who_asks_comes_before_how_often() {
        let limited = || {
            let Failure::Refused(mut refusal) = refused(429) else {
                unreachable!()
            };
            refusal.limited = Some(crate::okta::LimitKind::Limit);
            Failure::Refused(refusal)
        };
        assert_eq!(word(1, &[limited()], &[], false), "limit");
        assert_eq!(
            word(1, &[limited(), refused(401)], &[], false),
            "credential"
        );
        assert_eq!(word(1, &[], &[Fact::LimitAgainAndAgain], false), "limit");
    }

    #[test]
    fn a_verdict_names_the_first_and_counts_the_others() {
        let (one, two) = (refused(503), refused(502));
        let signs = Signs {
            failing: vec![("discovery", &one), ("jwks/org", &two)],
            ..Signs::default()
        };
        let told = signs.verdict().why;
        assert!(
            told.starts_with("discovery: 503 from") && told.ends_with(", and 1 more"),
            "{told}"
        );
    }
}
