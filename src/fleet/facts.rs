//! All that is known at one moment: a row for each probe and a ledger for each org. Copying it is
//! cheap, since rows and owners are shared until one of them changes; so a scrape draws from a copy
//! and keeps nobody waiting. A series whose fact is gone is simply not drawn.

use std::{
    collections::{BTreeMap, BTreeSet},
    ops::Bound,
    sync::Arc,
};

use super::{
    Breaker, ProbeId,
    breaker::StateName,
    estimate::{Ceiling, org_limits},
    events::{self, Account},
    families as own,
    footprint::{Fed, Footprints},
    ledger::Ledger,
    limits::Limits,
    org_verdict::VerdictWord,
    past::OrgPast,
    row::Row,
    tokens,
};
use crate::{
    metrics::Page,
    okta::{Credential, Exchange, TOKEN_API},
    probe::{
        Known, organization, rate_limit_settings,
        status_page::{self, CellIncidents, any_names_cells, by_category},
    },
    units::{Cell, Moment, Name, OktaTime, Timestamp},
};

/// What is known of every probe and every org.
#[derive(Debug, Clone, Default)]
pub(super) struct Facts {
    pub(super) rows: BTreeMap<Arc<ProbeId>, Arc<Row>>,
    pub(super) owners: BTreeMap<Option<Name>, Arc<Owner>>,
    /// The orgs that each control tells of, by the control's probe.
    pub(super) controls: BTreeMap<String, BTreeSet<Name>>,
}

/// An org, or (as `None`) all that belongs to no org.
#[derive(Debug, Clone, Default)]
pub(super) struct Owner {
    pub(super) ledger: Ledger,
    pub(super) limits: Arc<Limits>,
    pub(super) cell: Option<Cell>,
    pub(super) breaker: Option<Arc<Breaker>>,
    pub(super) events: Option<Arc<Account>>,
    pub(super) credentials: Vec<Arc<Credential>>,
    pub(super) footprints: Footprints,
    /// What happened in the last three days.
    pub(super) past: Arc<OrgPast>,
    /// How the org is, and since when; `None` before the first outcome.
    pub(super) verdict: Option<(VerdictWord, Timestamp)>,
}

impl Owner {
    /// Learns from the requests of one probe's run.
    pub(super) fn learn(&mut self, id: &ProbeId, exchanges: Vec<Exchange>) {
        let fades = self.footprints.learn(&id.probe, &exchanges);
        for exchange in exchanges {
            self.ledger.enter(exchange);
        }
        if fades {
            self.tidy();
        }
    }

    /// Drops what no probe feeds any more.
    pub(super) fn tidy(&mut self) {
        // A token is minted for whoever asks first: that is the credential's as long as it is there.
        let names = self.credentials.iter().map(|credential| &credential.name);
        let names: BTreeSet<&Name> = names.collect();
        let is_minting = |fed: &Fed| {
            let credential = fed.credential.as_ref();
            fed.api == TOKEN_API && credential.is_some_and(|name| names.contains(name))
        };
        let gone = self.footprints.gone(is_minting);
        self.ledger.retain(|api| {
            let is_gone = gone.iter().any(|fed| fed.api == api);
            !is_gone || self.footprints.feeds(api)
        });
        self.limits.forget(&gone, self.footprints.charges());
    }
}

impl Facts {
    /// An org's part, made where there is none.
    pub(super) fn owner(&mut self, org: Option<&Name>) -> &mut Owner {
        Arc::make_mut(self.owners.entry(org.cloned()).or_default())
    }

    /// An org's part.
    pub(super) fn of(&self, org: Option<&Name>) -> Option<&Owner> {
        Some(self.owners.get(&org.cloned())?.as_ref())
    }

    /// The same moment by the clock of an org.
    pub(super) fn oktas_time(&self, org: Option<&Name>, now: Timestamp) -> OktaTime {
        let owner = self.of(org);
        owner.map_or_else(
            || OktaTime::written(now),
            |owner| owner.ledger.oktas_time(now),
        )
    }

    /// The rows of an org's probes; of the status pages for `None`.
    pub(super) fn rows_of<'a>(
        &'a self,
        org: Option<&Name>,
    ) -> impl Iterator<Item = (&'a ProbeId, &'a Row)> + use<'a> {
        let org = org.cloned();
        let first = ProbeId {
            org: org.clone(),
            probe: String::new(),
        };
        let from = (Bound::Included(&first), Bound::Unbounded);
        let rows = self.rows.range::<ProbeId, _>(from);
        rows.map(|(id, row)| (id.as_ref(), row.as_ref()))
            .take_while(move |(id, _)| id.org == org)
    }

    /// Draws every series, as of a moment and the time of day then.
    pub(super) fn draw(&self, (now, shown): (Moment, Timestamp), page: &mut Page) {
        for (id, row) in &self.rows {
            let at_okta = self.oktas_time(id.org.as_ref(), shown);
            row.draw(id, now, (shown, at_okta), page);
        }
        let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for (id, row) in &self.rows {
            *counts.entry((id.org_label(), row.kind)).or_default() += 1;
        }
        for ((org, kind), count) in counts {
            page.push(&own::PROBES, &[org, kind], f64::from(count));
        }
        for (org, owner) in &self.owners {
            let label = org.as_ref().map_or("", Name::as_str);
            owner.ledger.draw(label, now, page);
            owner.limits.draw(label, now, page);
            for credential in &owner.credentials {
                tokens::draw(label, credential, page);
            }
            if let Some(breaker) = &owner.breaker {
                let current = breaker.state().name();
                for known in StateName::ALL {
                    let labels = [label, known.as_str()];
                    page.push(&own::BREAKER, &labels, f64::from(known == current));
                }
            }
            if let Some(account) = &owner.events {
                events::draw(label, account, page);
            }
            if let Some(org) = org {
                let verdict = self.verdict(org, (now, shown)).word;
                for word in VerdictWord::ALL {
                    let labels = [label, word.as_str()];
                    page.push(&own::VERDICT, &labels, f64::from(word == verdict));
                }
                self.draw_incidents(org, page);
                self.draw_org_limits(org, now, page);
            }
        }
    }

    /// The org's cell: as configured, else as its organization document says.
    pub(super) fn cell(&self, org: &Name) -> Option<Cell> {
        let configured = self.of(Some(org)).and_then(|owner| owner.cell.clone());
        configured.or_else(|| self.organization(org)?.cell())
    }

    /// What an org's organization document was last seen to say.
    pub(super) fn organization(&self, org: &Name) -> Option<&organization::Observation> {
        let rows = self.rows_of(Some(org)).map(|(_, row)| row);
        rows.filter_map(|row| row.known.of::<organization::Probe>())
            .find_map(|known| known.observation)
    }

    /// Whether some status page names cells; `None` before any was seen.
    pub(super) fn any_page_names_cells(&self) -> Option<bool> {
        let pages = self.rows_of(None);
        let pages = pages.filter_map(|(_, row)| row.known.of::<status_page::Probe>());
        any_names_cells(pages.filter_map(|page| page.observation))
    }

    /// The share of a limit from which the org has Okta warn, where that is known.
    pub(super) fn warns_from(&self, org: &Name) -> Option<f64> {
        let mut rows = self.rows_of(Some(org)).map(|(_, row)| row);
        rows.find_map(|row| row.known.of::<rate_limit_settings::Probe>()?.warns_from())
    }

    /// Joins the ceilings that endpoints showed with the shares that the settings tell.
    fn draw_org_limits(&self, org: &Name, now: Moment, page: &mut Page) {
        let Some(owner) = self.of(Some(org)) else {
            return;
        };
        let mut rows = self.rows_of(Some(org)).map(|(_, row)| row);
        let settings = rows.find_map(|row| row.known.of::<rate_limit_settings::Probe>());
        let shares: BTreeMap<&str, f64> = settings
            .iter()
            .flat_map(Known::shares)
            .filter_map(|(name, share)| Some((name.as_str(), share.requests?)))
            .collect();
        let limits = owner.limits.known(now);
        let ceilings = limits.iter().filter_map(|limit| {
            Some(Ceiling {
                bucket: &limit.bucket,
                limit: limit.read?.limit,
                share: *shares.get(limit.credential.as_str())?,
            })
        });
        for (bucket, limit) in org_limits(ceilings) {
            page.push(&own::ORG_LIMIT, &[org.as_str(), bucket], limit);
        }
    }

    /// What the status pages tell of this cell.
    pub(super) fn incidents(&self, cell: &Cell) -> CellIncidents<'_> {
        let pages = self.rows_of(None);
        let pages = pages.filter_map(|(_, row)| row.known.of::<status_page::Probe>());
        let contents = pages.filter_map(|page| page.observation?.content());
        CellIncidents::told_by(contents, cell)
    }

    /// Joins the orgs' cells with the pages' incidents. Where either is unknown, nothing is drawn.
    fn draw_incidents(&self, org: &Name, page: &mut Page) {
        let Some(cell) = self.cell(org) else { return };
        let CellIncidents {
            on,
            of_unknown_reach,
        } = self.incidents(&cell);
        for (family, incidents) in [
            (&own::ORG_INCIDENTS, on),
            (&own::ORG_INCIDENTS_OF_UNKNOWN_REACH, of_unknown_reach),
        ] {
            for (category, count) in incidents.as_deref().into_iter().flat_map(by_category) {
                page.push(family, &[org.as_str(), category], count as f64);
            }
        }
    }
}
