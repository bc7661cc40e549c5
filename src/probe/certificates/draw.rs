//! The series of certificates, and which of them somebody must do something about.

use std::{cmp::Reverse, collections::BTreeMap};

use jiff::SignedDuration;

use super::{
    memory::{Memory, Observation},
    read::{Certificate, Domain, Idp, Use},
};
use crate::{
    guide::{Fact, Finding, Severity},
    metrics::{Family, Page},
    probe::{
        cap::{Capped, cap},
        end::{End, Notice, soonest},
        kind::Scope,
        reader::withheld,
    },
    units::OktaTime,
};

const EXPIRY: Family = Family::gauge(
    "okta_certificate_expiry_timestamp_seconds",
    "When a certificate in use ends: what Okta signs with for applications (`app_signing`) and towards identity providers \
     (`idp_signing`), what those are trusted by (`idp_trust`), those of custom domains (`domain`; `domain_managed` where \
     Okta renews it).",
    &["org", "use", "owner", "owner_id", "kid"],
);
const DOMAIN_VERIFIED: Family = Family::gauge(
    "okta_domain_verified",
    "1 where Okta has verified that the domain is the org's.",
    &["org", "domain", "domain_id"],
);
const DOMAIN_STATUS: Family = Family::gauge(
    "okta_domain_status",
    "1 for the status in force of the domain's verification.",
    &["org", "domain", "domain_id", "status"],
);
const IDP_STATUS: Family = Family::gauge(
    "okta_idp_status",
    "1 for the status in force of an identity provider.",
    &["org", "idp", "idp_id", "status"],
);
pub(super) const FAMILIES: &[&Family] = &[&EXPIRY, &DOMAIN_VERIFIED, &DOMAIN_STATUS, &IDP_STATUS];

/// The most certificates that get series of their own,
const MOST: usize = 300;
/// the most domains,
const MOST_DOMAINS: usize = 100;
/// and the most identity providers.
const MOST_IDPS: usize = 100;

/// How long before its end somebody should see to a certificate,
const NOTICE: Notice = Notice::days(30, 7);
/// and to one that Okta should have renewed by then: it does so some 30 days before.
const NOTICE_IF_MANAGED: Notice = Notice::days(14, 7);
/// Who has not missed one for so long does not need it.
const LONG_OVER: SignedDuration = SignedDuration::from_hours(30 * 24);

/// What gets series of its own; of too much, what ends first and what is in trouble.
struct Drawn<'a> {
    certificates: Capped<&'a Certificate>,
    domains: Capped<&'a Domain>,
    idps: Capped<&'a Idp>,
}

fn drawn(memory: &Memory) -> Drawn<'_> {
    Drawn {
        certificates: cap(&memory.certificates, MOST, |it| Reverse(it.ends)),
        domains: cap(memory.domains.values(), MOST_DOMAINS, |it| {
            it.status.and_then(super::read::DomainStatus::is_verified) == Some(false)
        }),
        idps: cap(memory.idps.values(), MOST_IDPS, |it| it.status),
    }
}

pub(super) fn dropped(memory: &Memory) -> usize {
    let drawn = drawn(memory);
    drawn.certificates.dropped + drawn.domains.dropped + drawn.idps.dropped
}

pub(super) fn draw(memory: &Memory, scope: Scope<'_>, page: &mut Page) {
    let org = scope.org;
    let drawn = drawn(memory);
    for it in drawn.certificates.kept {
        let labels = [org, it.usage.as_str(), &it.owner, &it.owner_id, &it.kid];
        page.push(&EXPIRY, &labels, it.ends.seconds());
    }
    for domain in drawn.domains.kept {
        let Some(status) = domain.status else {
            continue;
        };
        let (name, id) = (domain.name.as_str(), domain.id.as_str());
        let verified = status.is_verified().map(f64::from);
        page.push_some(&DOMAIN_VERIFIED, &[org, name, id], verified);
        page.push(&DOMAIN_STATUS, &[org, name, id, status.as_str()], 1.0);
    }
    for idp in drawn.idps.kept {
        let Some(status) = idp.status else { continue };
        let labels = [org, idp.name.as_str(), idp.id.as_str(), status.as_str()];
        page.push(&IDP_STATUS, &labels, 1.0);
    }
}

/// Who may use several is in trouble when the last of them ends; who has not missed that one for long
/// does not need it.
fn last_of_each(memory: &Memory, now: OktaTime) -> impl Iterator<Item = &Certificate> {
    let mut last: BTreeMap<(Use, &str), &Certificate> = BTreeMap::new();
    for it in &memory.certificates {
        let of_owner = last.entry((it.usage, &it.owner_id)).or_insert(it);
        if it.ends > of_owner.ends {
            *of_owner = it;
        }
    }
    let last = last.into_values();
    last.filter(move |it| it.ends.since(now) > -LONG_OVER)
}

/// When the last certificate of each ends.
pub(super) fn ends(memory: &Memory, now: OktaTime) -> Vec<End> {
    let last = last_of_each(memory, now).map(|it| (it.ends, it));
    let end = |(at, it): (OktaTime, &Certificate)| {
        let name = format!("{} ({})", it.owner, it.usage.as_str());
        End::new("certificate", name, at).judged(it.notice(), now)
    };
    soonest(last).map(end).collect()
}

/// What somebody must see to, the first to end first.
pub(super) fn findings(memory: &Memory, seen: &Observation, now: OktaTime) -> Vec<Finding> {
    let last = last_of_each(memory, now);
    let mut ending: Vec<&Certificate> = last.filter(|it| it.severity(now).is_some()).collect();
    ending.sort_by_key(|it| it.ends);
    let ending = ending.into_iter().map(|it| it.ending(now));
    let misdated = memory.certificates.iter().filter_map(Certificate::misdated);
    let unverified = memory.domains.values().filter_map(Domain::unverified);
    let withheld = withheld(seen.withheld.as_ref());
    ending
        .chain(misdated)
        .chain(unverified)
        .chain(withheld)
        .collect()
}

impl Certificate {
    fn notice(&self) -> Notice {
        match self.usage {
            Use::DomainManaged => NOTICE_IF_MANAGED,
            Use::AppSigning | Use::IdpTrust | Use::IdpSigning | Use::Domain => NOTICE,
        }
    }

    fn severity(&self, now: OktaTime) -> Option<Severity> {
        self.notice().severity(self.ends.since(now))
    }

    fn whose(&self) -> String {
        let (name, id, kid) = (&self.owner, &self.owner_id, &self.kid);
        match self.usage {
            Use::AppSigning => {
                format!("what is signed for the application `{name}` ({id}) with, {kid},")
            }
            Use::IdpTrust => {
                format!("what the identity provider `{name}` ({id}) is trusted by, {kid},")
            }
            Use::IdpSigning => {
                format!(
                    "what this org signs with towards the identity provider `{name}` ({id}), {kid},"
                )
            }
            Use::Domain | Use::DomainManaged => format!("the certificate of the domain `{name}`"),
        }
    }

    fn ending(&self, now: OktaTime) -> Finding {
        let fact = match self.usage {
            Use::AppSigning => Fact::AppCertificateExpiring,
            Use::IdpTrust | Use::IdpSigning => Fact::IdpCertificateExpiring,
            Use::Domain => Fact::DomainCertificateExpiring,
            Use::DomainManaged => Fact::ManagedDomainCertificateExpiring,
        };
        let (whose, ends) = (self.whose(), self.ends);
        let days = ends.since(now).as_hours() / 24;
        let what = match days {
            ..0 => format!("{whose} ended on {ends:.0}"),
            days => format!("{whose} ends in {days} days, on {ends:.0}"),
        };
        Finding::new(fact, what)
            .about(format!("{} {}", self.usage.as_str(), self.owner_id))
            .as_bad_as(self.severity(now))
    }

    fn misdated(&self) -> Option<Finding> {
        let (whose, ends, told) = (self.whose(), self.ends, self.told?);
        let what = format!(
            "{whose} ends on {ends:.0} by the certificate itself, and on {told:.0} as Okta says"
        );
        let subject = format!("{} {} {}", self.usage.as_str(), self.owner_id, self.kid);
        Some(Finding::new(Fact::CertificateMisdated, what).about(subject))
    }
}

impl Domain {
    fn unverified(&self) -> Option<Finding> {
        let status = self
            .status
            .filter(|status| status.is_verified() == Some(false))?;
        let what = format!(
            "the domain `{}` is not verified: {}",
            self.name,
            status.as_str()
        );
        Some(Finding::new(Fact::DomainNotVerified, what).about(self.id.as_str()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::probe::certificates::memory::Step;

    fn certificate(usage: Use, kid: &str, days: i32) -> Certificate {
        Certificate {
            usage,
            owner: "Payroll".to_owned(),
            owner_id: "0oa1".to_owned(),
            kid: kid.to_owned(),
            ends: OktaTime::from_seconds(f64::from(days) * 86_400.0).unwrap(),
            told: None,
        }
    }

    fn found(certificates: &[Certificate]) -> Vec<Fact> {
        let memory = Memory {
            certificates: certificates.to_vec(),
            ..Memory::default()
        };
        let seen = Observation {
            at: OktaTime::default(),
            step: Step::Missed,
            words: crate::probe::unfamiliar::Unfamiliar::default(),
            withheld: None,
        };
        let found = findings(&memory, &seen, OktaTime::default());
        found.into_iter().map(|finding| finding.fact).collect()
    }

    #[test]
    fn a_certificate_is_told_in_time_and_one_that_nobody_has_missed_is_not() {
        let facts = [
            (Use::AppSigning, Fact::AppCertificateExpiring, 30),
            (Use::IdpTrust, Fact::IdpCertificateExpiring, 30),
            (Use::IdpSigning, Fact::IdpCertificateExpiring, 30),
            (Use::Domain, Fact::DomainCertificateExpiring, 30),
            (
                Use::DomainManaged,
                Fact::ManagedDomainCertificateExpiring,
                14,
            ),
        ];
        for (usage, fact, days) in facts {
            let told = |days| found(&[certificate(usage, "k", days)]);
            assert_eq!(told(days), [], "{usage:?}");
            assert_eq!(told(days - 1), [fact], "{usage:?}");
            assert_eq!(told(-29), [fact], "{usage:?}");
            assert_eq!(told(-30), [], "{usage:?}");
        }
    }

    #[test]
    fn a_certificate_ends_with_the_last_of_its_owner_and_gets_worse_as_that_comes() {
        let memory = |days| Memory {
            certificates: vec![
                certificate(Use::IdpTrust, "old", 3),
                certificate(Use::IdpTrust, "new", days),
            ],
            ..Memory::default()
        };
        let told = |days| {
            let ends = ends(&memory(days), OktaTime::default());
            assert_eq!(ends.len(), 1, "{ends:?}");
            assert_eq!(ends[0].name, "Payroll (idp_trust)");
            ends[0].severity
        };
        assert_eq!(told(300), None);
        assert_eq!(told(20), Some(Severity::Warning));
        assert_eq!(told(6), Some(Severity::Critical));
        let over = Memory {
            certificates: vec![certificate(Use::Domain, "k", -31)],
            ..Memory::default()
        };
        assert_eq!(ends(&over, OktaTime::default()), []);
    }

    #[test]
    fn who_has_a_newer_certificate_is_not_in_trouble() {
        let old = certificate(Use::IdpTrust, "old", 3);
        assert_eq!(
            found(&[old.clone(), certificate(Use::IdpTrust, "new", 300)]),
            []
        );
        let both = found(&[old.clone(), certificate(Use::IdpTrust, "new", 20)]);
        assert_eq!(both, [Fact::IdpCertificateExpiring]);
        let signing = certificate(Use::IdpSigning, "new", 300);
        assert_eq!(found(&[old, signing]), [Fact::IdpCertificateExpiring]);
    }

    #[test]
    fn a_certificate_that_ends_at_another_time_than_okta_says_is_told() {
        let mut it = certificate(Use::IdpTrust, "k", 300);
        it.told = Some(OktaTime::default());
        assert_eq!(found(&[it]), [Fact::CertificateMisdated]);
    }
}
