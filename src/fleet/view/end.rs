//! What ends, or changes, on a day that is known, over all probes: one time line.

use serde::Serialize;

use crate::{
    fleet::{facts::Facts, findings::CERTIFICATE},
    guide::Severity,
    probe::End,
    units::{Name, OktaTime, Timestamp},
};

/// The most that are told: the soonest.
const MOST: usize = 100;

/// Something that has ended, or ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct EndView {
    /// The org.
    pub org: String,
    /// The probe that tells it.
    pub probe: String,
    /// What kind of thing, such as `access token`, `API token`, `certificate`.
    pub what: &'static str,
    /// Which of them.
    pub name: String,
    /// When, as Okta or the certificate says it.
    pub at: Timestamp,
    /// How bad that is by now; `None` where nobody need do anything yet.
    pub severity: Option<Severity>,
}

impl EndView {
    /// What ends of this org. What two probes tell is told once, by the first.
    pub(super) fn of(facts: &Facts, org: &Name, now: Timestamp) -> Vec<Self> {
        let at_okta = facts.oktas_time(Some(org), now);
        let mut all: Vec<Self> = facts
            .of(Some(org))
            .and_then(|owner| owner.ledger.chain())
            .map(|served| {
                let at = served.earliest_end.unwrap_or(served.leaf_end);
                Self {
                    org: org.to_string(),
                    probe: "discovery".to_owned(),
                    what: "TLS certificate",
                    name: org.to_string(),
                    at,
                    severity: CERTIFICATE.severity(at.duration_since(now)),
                }
            })
            .into_iter()
            .collect();
        for (id, row) in facts.rows_of(Some(org)) {
            for end in row.known.ends(at_okta) {
                let own = id.name();
                let own = if own.is_empty() { org.as_str() } else { own };
                let told = Self::told(end, (org, &id.probe), own);
                let is_known = |known: &Self| (known.what, &known.name) == (told.what, &told.name);
                if !all.iter().any(is_known) {
                    all.push(told);
                }
            }
        }
        all
    }

    fn told(end: End, (org, probe): (&Name, &str), own: &str) -> Self {
        let End {
            what,
            name,
            at,
            severity,
        } = end;
        Self {
            org: org.to_string(),
            probe: probe.to_owned(),
            what,
            name: if name.is_empty() {
                own.to_owned()
            } else {
                name
            },
            at: written(at),
            severity,
        }
    }

    /// The soonest of all, the first first.
    pub(super) fn soonest(mut all: Vec<Self>) -> Vec<Self> {
        all.sort_by(|a, b| (a.at, &a.org, a.what, &a.name).cmp(&(b.at, &b.org, b.what, &b.name)));
        all.truncate(MOST);
        all
    }
}

/// As Okta writes it, in whole seconds: how much is left of it is judged by Okta's clock.
fn written(at: OktaTime) -> Timestamp {
    Timestamp::from_second(at.as_second()).unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn end(org: &str, second: i64) -> EndView {
        EndView {
            org: org.to_owned(),
            probe: "token/ci".to_owned(),
            what: "access token",
            name: "ci".to_owned(),
            at: Timestamp::from_second(second).unwrap(),
            severity: None,
        }
    }

    #[test]
    fn what_has_ended_comes_first_and_of_very_many_the_soonest_stay() {
        let all = (0..500).rev().map(|second| end("acme", second));
        let told = EndView::soonest(all.chain([end("other", 3)]).collect());
        assert_eq!(told.len(), MOST);
        assert!(told.is_sorted_by_key(|end| end.at));
        assert_eq!(
            (told[3].org.as_str(), told[4].org.as_str()),
            ("acme", "other")
        );
    }
}
