//! One word for each org, out of a closed list, and why: what one wants to know first at night.
//! Judged from the runs of its probes, from those of the others, and from the status pages. Pure.

use serde::Serialize;

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
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct OrgVerdict {
    /// In a word.
    #[serde(rename = "verdict")]
    pub word: VerdictWord,
    /// In words, without a full stop.
    pub why: String,
}

/// What a verdict is judged by.
#[derive(Debug, Default)]
pub struct Signs<'a> {
    /// The probes whose last run that asked ended well.
    pub well: usize,
    /// The others, and why.
    pub failing: Vec<(&'a str, &'a Failure)>,
    /// How many of both asked before the org's trouble began, and tell nothing of now.
    pub outdated: usize,
    /// What is wrong though nothing failed.
    pub found: Vec<Finding>,
    /// Who else was asked since.
    pub witnesses: Vec<Witness<'a>>,
}

/// Somebody else that was asked: another org, a control, a status page.
#[derive(Debug, Clone, Copy)]
pub struct Witness<'a> {
    /// What it is called.
    pub name: &'a str,
    /// Where it is, seen from the org.
    pub whereabouts: Whereabouts,
    /// It answered, whatever it was.
    pub answers: bool,
}

/// Where somebody is, seen from an org.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Whereabouts {
    /// On the org's cell.
    SameCell,
    /// On another cell of Okta's.
    OtherCell,
    /// Elsewhere, as far as is known.
    Elsewhere,
}

/// No answer came.
pub fn is_silence(failure: &Failure) -> bool {
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
    pub fn verdict(&self) -> OrgVerdict {
        self.of_all()
            .or_else(|| self.of_a_finding(VerdictWord::Cell, |fact| fact == Fact::IncidentOnCell))
            .or_else(|| self.of_some(VerdictWord::Credential, is_about_credentials))
            .or_else(|| self.of_many_refusals())
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
        let asked = (self.well + self.failing.len()).saturating_sub(self.outdated);
        let (silent, failed) = (count(is_silence), count(is_server_error));
        if failed > 0 && (2 * failed >= asked || silent + failed >= asked) {
            return self.of_some(VerdictWord::Okta, is_server_error);
        }
        if silent == 0 || silent < asked {
            return None;
        }
        let (word, whose) = self.of_silence();
        let mut verdict = self.of_some(word, is_silence)?;
        verdict.why.push_str(&whose);
        Some(verdict)
    }

    /// A path that its credential may not read is one path; half of all are the credential.
    fn of_many_refusals(&self) -> Option<OrgVerdict> {
        let forbidden = |failure: &Failure| failure.reason() == Reason::Forbidden;
        let such = self.failing.iter().filter(|(_, why)| forbidden(why));
        if 2 * such.count() < self.well + self.failing.len() {
            return None;
        }
        self.of_some(VerdictWord::Credential, forbidden)
    }

    /// Whose fault it is that the org is silent, and what tells so.
    fn of_silence(&self) -> (VerdictWord, String) {
        let find = |answers: bool, is: fn(Whereabouts) -> bool| {
            let mut such = self.witnesses.iter();
            such.find(|witness| witness.answers == answers && is(witness.whereabouts))
                .map(|witness| witness.name)
        };
        let lookup = |(_, why): &(&str, &Failure)| why.reason() == Reason::Dns;
        // A name that does not resolve says nothing of who it stands for.
        if self.failing.iter().any(lookup) {
            return (VerdictWord::Network, String::new());
        }
        let same = |place| place == Whereabouts::SameCell;
        let other = |place| place == Whereabouts::OtherCell;
        match (find(true, same), find(false, same), find(true, other)) {
            (None, Some(silent), Some(answers)) => (
                VerdictWord::Cell,
                format!(
                    "; {silent} on its cell is silent as well, and {answers} on another answers"
                ),
            ),
            (near, _, far) => match near.or(far).or_else(|| find(true, |_| true)) {
                Some(answers) => (VerdictWord::Okta, format!("; {answers} answers")),
                None => (VerdictWord::Network, self.nobody_answers()),
            },
        }
    }

    fn nobody_answers(&self) -> String {
        let names: Vec<&str> = self.witnesses.iter().map(|witness| witness.name).collect();
        match names.as_slice() {
            [] => "; nobody else was asked".to_owned(),
            [one] => format!("; {one} is silent as well"),
            [one, others @ ..] => format!("; {one} and {} more are silent as well", others.len()),
        }
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
    matches!(failure.reason(), Reason::Unauthorized | Reason::Config)
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
mod tests;
