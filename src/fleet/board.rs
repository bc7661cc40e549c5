//! What is known now: a row for each probe and a ledger for each org. Outcomes come in, series go
//! out; nothing here asks or waits. A series whose fact is gone is simply not drawn.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::sync::watch;

use super::{
    Breaker, Outcome, ProbeId,
    estimate::{Ceiling, org_limits},
    families as own,
    ledger::Ledger,
    limits::Limits,
    row::Row,
    tokens,
};
use crate::{
    metrics::Page,
    okta::Credential,
    probe::rate_limit_settings,
    units::{Cell, Name, Timestamp},
};

/// What is known now. Shared by the keepers, who write, and the web, which reads.
#[derive(Debug)]
pub struct Board {
    state: Mutex<State>,
    recorded: watch::Sender<u64>,
}

#[derive(Debug, Default)]
pub(super) struct State {
    pub(super) rows: BTreeMap<ProbeId, Row>,
    pub(super) owners: BTreeMap<Option<Name>, Owner>,
}

/// An org, or (as `None`) all that belongs to no org.
#[derive(Debug, Default)]
pub(super) struct Owner {
    pub(super) ledger: Ledger,
    pub(super) limits: Arc<Limits>,
    pub(super) cell: Option<Cell>,
    pub(super) breaker: Option<Arc<Breaker>>,
    pub(super) credentials: Vec<Arc<Credential>>,
}

/// Who guards an org: what it is spared when it fails, and what is spent of its limits.
#[derive(Debug, Clone, Default)]
pub(super) struct Guards {
    pub(super) breaker: Arc<Breaker>,
    pub(super) limits: Arc<Limits>,
}

impl Board {
    /// An empty board.
    pub fn new() -> Self {
        Self {
            state: Mutex::default(),
            recorded: watch::Sender::new(0),
        }
    }

    /// Makes room for a probe, so that its counters start at 0.
    pub fn expect(&self, id: ProbeId, kind: &'static str, interval: Duration) {
        let mut state = self.lock();
        state.owners.entry(id.org.clone()).or_default();
        state.rows.insert(id, Row::new(kind, interval));
    }

    /// An org, what the configuration says of its cell, and who guards it and its limits.
    pub(super) fn introduce(&self, org: &Name, cell: Option<Cell>, guards: Guards) {
        let mut state = self.lock();
        let owner = state.owners.entry(Some(org.clone())).or_default();
        owner.cell = cell;
        owner.breaker = Some(guards.breaker);
        owner.ledger.follow(guards.limits.okta_clock());
        owner.limits = guards.limits;
    }

    /// Who may ask an org: how each stands with its own access tokens is drawn.
    pub(super) fn admit(&self, org: &Name, credentials: Vec<Arc<Credential>>) {
        let mut state = self.lock();
        let owner = state.owners.entry(Some(org.clone())).or_default();
        owner.credentials = credentials;
    }

    /// Writes an outcome down. `expected_in` tells when the next is due.
    pub fn record(&self, id: &ProbeId, outcome: Outcome, expected_in: Duration) {
        {
            let mut state = self.lock();
            let owner = state.owners.entry(id.org.clone()).or_default();
            let Outcome {
                at,
                took,
                result,
                exchanges,
            } = outcome;
            for mut exchange in exchanges {
                if id.org.is_none() {
                    // A status page is not Okta's API: no bucket counts it, no code is Okta's.
                    exchange.bucket = None;
                    if let Ok(answered) = &mut exchange.answer {
                        answered.error_code = None;
                    }
                    // Nobody guards a page, so that nobody has settled this.
                    owner.limits.settle(&exchange);
                }
                owner.ledger.enter(exchange);
            }
            if let Some(row) = state.rows.get_mut(id) {
                row.record(at, took, result, expected_in);
            }
        }
        self.recorded.send_modify(|count| *count += 1);
    }

    /// Counts what was recorded; tests wait on it in place of sleeping.
    pub fn recorded(&self) -> watch::Receiver<u64> {
        self.recorded.subscribe()
    }

    /// True once every probe has ended its first run.
    pub fn is_ready(&self) -> bool {
        self.lock().rows.values().all(Row::has_run)
    }

    /// How many probes have ended their first run, and how many there are.
    pub fn first_round(&self) -> (usize, usize) {
        let state = self.lock();
        (
            state.rows.values().filter(|row| row.has_run()).count(),
            state.rows.len(),
        )
    }

    /// Draws every series, as of now.
    pub fn draw(&self, now: Timestamp, page: &mut Page) {
        let state = self.lock();
        for (id, row) in &state.rows {
            row.draw(id, now, page);
        }
        let mut counts: BTreeMap<(&str, &str), u32> = BTreeMap::new();
        for (id, row) in &state.rows {
            *counts.entry((id.org_label(), row.kind)).or_default() += 1;
        }
        for ((org, kind), count) in counts {
            page.push(&own::PROBES, &[org, kind], f64::from(count));
        }
        for (org, owner) in &state.owners {
            let label = org.as_ref().map_or("", Name::as_str);
            owner.ledger.draw(label, now, page);
            owner.limits.draw(label, now, page);
            for credential in &owner.credentials {
                tokens::draw(label, credential, page);
            }
            if let Some(breaker) = &owner.breaker {
                let current = breaker.state().label();
                for known in super::breaker::State::LABELS {
                    page.push(&own::BREAKER, &[label, known], f64::from(known == current));
                }
            }
            if let Some(org) = org {
                state.draw_incidents(org, page);
                state.draw_org_limits(org, now, page);
            }
        }
    }

    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Board {
    fn default() -> Self {
        Self::new()
    }
}

impl State {
    /// The org's cell: as configured, else as its organization document says.
    pub(super) fn cell(&self, org: &Name) -> Option<Cell> {
        let configured = self
            .owners
            .get(&Some(org.clone()))
            .and_then(|owner| owner.cell.clone());
        configured.or_else(|| {
            let of_org = self
                .rows
                .iter()
                .filter(|(id, _)| id.org.as_ref() == Some(org));
            of_org
                .filter_map(|(_, row)| row.organization())
                .find_map(crate::probe::organization::Seen::cell)
        })
    }

    /// Joins the ceilings that endpoints showed with the shares that the settings tell.
    fn draw_org_limits(&self, org: &Name, now: Timestamp, page: &mut Page) {
        let Some(owner) = self.owners.get(&Some(org.clone())) else {
            return;
        };
        let settings = self
            .rows
            .iter()
            .filter(|(id, _)| id.org.as_ref() == Some(org))
            .find_map(|(_, row)| row.rate_limit_settings());
        let shares: BTreeMap<&str, f64> = settings
            .into_iter()
            .flat_map(rate_limit_settings::Seen::shares)
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

    /// Joins the orgs' cells with the pages' incidents. Where either is unknown, nothing is drawn.
    fn draw_incidents(&self, org: &Name, page: &mut Page) {
        let Some(cell) = self.cell(org) else { return };
        let mut totals: BTreeMap<&'static str, usize> = BTreeMap::new();
        for row in self.rows.values() {
            let Some(seen) = row.status_page() else {
                continue;
            };
            for (category, count) in seen.by_category_on(&cell).into_iter().flatten() {
                *totals.entry(category).or_default() += count;
            }
        }
        for (category, count) in totals {
            page.push(&own::ORG_INCIDENTS, &[org.as_str(), category], count as f64);
        }
    }
}
