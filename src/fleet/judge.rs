//! What is known of an org, brought together for its [verdict](super::org_verdict).

use super::{
    ProbeId,
    facts::Facts,
    org_verdict::{OrgVerdict, Signs, is_silence},
    row::Row,
};
use crate::{
    okta::Failure,
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
            others_answer: self
                .rows
                .iter()
                .any(|(id, row)| answers_for_others(id, row, org)),
            ..Signs::default()
        };
        for (id, row) in self.rows_of(Some(org)) {
            signs.found.extend(row.findings(now, at_okta));
            match &row.last_asked {
                Some(Err(failure)) => signs.failing.push((&id.probe, failure)),
                Some(Ok(())) => signs.well += 1,
                None => {}
            }
        }
        signs.verdict()
    }

    /// Notes how an org is now; how all of them are, where a status page told something.
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
}

/// Whether a probe of somebody else than this org was answered when it asked last.
fn answers_for_others(id: &ProbeId, row: &Row, org: &Name) -> bool {
    let answered = |last: &Result<(), Failure>| !last.as_ref().is_err_and(is_silence);
    id.org.as_ref() != Some(org) && row.last_asked.as_ref().is_some_and(answered)
}
