//! What is known of an org, brought together for its [verdict](super::org_verdict).

use super::{
    ProbeId,
    breaker::StateName,
    facts::Facts,
    home::Home,
    org_verdict::{OrgVerdict, Signs, Whereabouts, Witness, is_silence},
    row::{Asked, Row},
};
use crate::{
    probe::{Kind, control},
    units::{Moment, Name, Timestamp},
};

impl Facts {
    /// How an org is.
    pub(super) fn verdict(&self, org: &Name, (now, shown): (Moment, Timestamp)) -> OrgVerdict {
        let owner = self.of(Some(org));
        let at_okta = self.oktas_time(Some(org), shown);
        let skew = owner.and_then(|owner| owner.ledger.skew(now));
        let mut signs = Signs {
            found: self.org_findings(Some(org), skew, shown),
            ..Signs::default()
        };
        let asked = self.asked(org);
        // The last to fall into trouble: until then an answer was no contradiction.
        let began = asked.iter().filter_map(|(_, asked)| asked.trouble_since);
        let began = began.max();
        for (probe, asked) in asked {
            match &asked.result {
                Err(failure) => signs.failing.push((probe, failure)),
                Ok(()) => signs.well += 1,
            }
            // Three in a row met trouble, and what would have been asked since was spared.
            let is_before = asked.trouble_since.is_none() && began.is_some_and(|at| asked.at < at);
            if self.is_spared(org) && is_before {
                signs.outdated += 1;
            }
        }
        for (_, row) in self.rows_of(Some(org)) {
            signs.found.extend(row.findings(now, at_okta));
        }
        if let Some(began) = began {
            signs.witnesses = self.witnesses(org, began);
        }
        signs.verdict()
    }

    /// Notes how an org is now; how all of them are, where a page or a control told something.
    pub(super) fn judge(&mut self, org: Option<&Name>, (now, shown): (Moment, Timestamp)) {
        let orgs: Vec<Name> = match org {
            Some(org) => vec![org.clone()],
            None => self.owners.keys().flatten().cloned().collect(),
        };
        for org in orgs {
            let OrgVerdict { word, .. } = self.verdict(&org, (now, shown));
            let owner = self.owner(Some(&org));
            if owner.verdict.is_none_or(|(before, _)| before != word) {
                owner.verdict = Some((word, shown));
            }
        }
    }

    /// The probes of an org that asked, and how each ended when it did last.
    fn asked(&self, org: &Name) -> Vec<(&str, &Asked)> {
        let rows = self.rows_of(Some(org));
        let asked =
            rows.filter_map(|(id, row)| Some((id.probe.as_str(), row.last_asked.as_ref()?)));
        asked.collect()
    }

    /// True where an org's breaker keeps its probes from asking.
    fn is_spared(&self, org: &Name) -> bool {
        let breaker = self.of(Some(org)).and_then(|owner| owner.breaker.as_ref());
        breaker.is_some_and(|breaker| breaker.state().name() != StateName::Closed)
    }

    /// Who else was asked since this org's trouble began, and whether they answered.
    fn witnesses(&self, org: &Name, began: Moment) -> Vec<Witness<'_>> {
        let home = self.home(org);
        let hosts = self.rows_of(None).filter_map(|(id, row)| {
            let whereabouts = self.whereabouts(&home, org, (id, row))?;
            let asked = row.last_asked.as_ref()?;
            (asked.at >= began).then(|| Witness {
                name: &id.probe,
                whereabouts,
                answers: answers(asked),
            })
        });
        let others = self.owners.keys().flatten().filter(|other| *other != org);
        let others = others.filter_map(|other| {
            let asked = self.asked(other).into_iter();
            let asked = asked.map(|(_, asked)| asked);
            let mut since: Vec<&Asked> = asked.filter(|asked| asked.at >= began).collect();
            since.sort_by_key(|asked| asked.at);
            let newest = answers(since.last()?);
            let any = since.into_iter().any(answers);
            Some(Witness {
                name: other.as_str(),
                whereabouts: home.whereabouts(&self.home(other)),
                answers: if self.is_spared(other) { newest } else { any },
            })
        });
        hosts.chain(others).collect()
    }

    /// Where a page or a control is, seen from an org; `None` for a control that is not for it.
    fn whereabouts(
        &self,
        home: &Home<'_>,
        org: &Name,
        (id, row): (&ProbeId, &Row),
    ) -> Option<Whereabouts> {
        if id.kind() != control::Probe::KIND {
            return Some(Whereabouts::Elsewhere);
        }
        if !self.controls.get(&id.probe)?.contains(org) {
            return None;
        }
        let known = row.known.of::<control::Probe>();
        let seen = known.and_then(|known| known.observation);
        let document = seen.and_then(|seen| seen.organization.as_ref());
        Some(home.whereabouts(&Home::of(None, document)))
    }

    fn home(&self, org: &Name) -> Home<'_> {
        Home::of(self.cell(org), self.organization(org))
    }
}

/// Whether anything came back.
fn answers(asked: &Asked) -> bool {
    !asked.result.as_ref().is_err_and(is_silence)
}
