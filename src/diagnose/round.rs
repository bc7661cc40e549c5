//! Running every probe once. What came of it is judged in the sections ([`super::check`]).

use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use futures_util::{StreamExt, future, stream};

use crate::{
    config::{Config, Control, Org, Planned, StatusPage},
    fleet::{Outcome, ProbeRun, RunOnce},
    okta::{AccessToken, Client, Credential, Exchange, Failure, OktaClock, Session},
    probe::{AnyKnown, InTable, Probe, organization},
    units::{Cell, Name, OktaTime, OrgUrl, Timestamp},
};

/// How many of an org's probes run at a time: an org's concurrent requests are limited too.
const AT_A_TIME: usize = 4;

/// One probe has run.
#[derive(Debug, Clone, Copy)]
pub struct Step<'a> {
    /// Which one: the org's name and the probe's.
    pub probe: &'a str,
    /// How many have run, this one included.
    pub done: usize,
    /// How many there are.
    pub all: usize,
}

pub(super) struct Asked {
    pub(super) name: Name,
    pub(super) url: OrgUrl,
    pub(super) credentials: BTreeMap<Name, Arc<Credential>>,
    pub(super) runs: Vec<Run>,
    pub(super) configured_cell: Option<Cell>,
    clock: OktaClock,
}

pub(super) struct Run {
    /// `kind` or `kind/name`.
    pub(super) id: String,
    pub(super) probe: Probe,
    /// What came of it; `None` where it was left out, since the org could not be reached.
    pub(super) outcome: Option<Outcome>,
    /// What is known since.
    pub(super) known: AnyKnown,
    /// What a watched token says of itself; `None` where it cannot be read.
    pub(super) says: Option<AccessToken>,
}

/// Who was asked, and what came of it.
pub(super) struct Round {
    pub(super) orgs: Vec<Asked>,
    pub(super) pages: Vec<Run>,
    /// The hosts that are none of them, each with the orgs that it tells of.
    pub(super) controls: Vec<(BTreeSet<Name>, Run)>,
}

/// Asks the orgs, the status pages and the controls, all side by side.
pub(super) async fn ask(config: Config, told: &(dyn Fn(Step<'_>) + Sync)) -> Round {
    let Config {
        orgs,
        status_pages,
        controls,
        ..
    } = config;
    let probes: usize = orgs.values().map(|org| org.probes.len()).sum();
    let asking = Asking {
        told,
        done: AtomicUsize::new(0),
        all: probes + status_pages.len() + controls.len(),
    };
    let orgs = orgs.into_iter().map(|(name, org)| asking.org(name, org));
    let pages = status_pages.into_values().map(|page| asking.page(page));
    let controls = controls
        .into_values()
        .map(|control| asking.control(control));
    let (orgs, pages, controls) = future::join3(
        future::join_all(orgs),
        future::join_all(pages),
        future::join_all(controls),
    )
    .await;
    Round {
        orgs,
        pages,
        controls,
    }
}

struct Asking<'a> {
    told: &'a (dyn Fn(Step<'_>) + Sync),
    done: AtomicUsize,
    all: usize,
}

impl Asking<'_> {
    /// Discovery first: where it cannot connect, nothing else need try.
    async fn org(&self, name: Name, org: Org) -> Asked {
        let Org {
            url,
            cell,
            client,
            // What is asked once costs no share of a window worth speaking of.
            budget: _,
            fingerprint: _,
            credentials,
            probes,
            event_hook: _,
        } = org;
        let (first, others): (Vec<_>, Vec<_>) = probes
            .into_iter()
            .partition(|planned| matches!(planned.probe, Probe::Discovery(_)));
        let mut runs = Vec::new();
        for planned in first {
            runs.push(self.run(name.as_str(), &client, planned).await);
        }
        if runs.iter().filter_map(Run::failure).any(lost) {
            runs.extend(others.into_iter().map(Run::left_out));
        } else {
            let others = others
                .into_iter()
                .map(|planned| self.run(name.as_str(), &client, planned));
            runs.extend(
                stream::iter(others)
                    .buffered(AT_A_TIME)
                    .collect::<Vec<_>>()
                    .await,
            );
        }
        Asked {
            name,
            url,
            credentials,
            runs,
            configured_cell: cell,
            clock: client.okta_clock().clone(),
        }
    }

    async fn page(&self, page: StatusPage) -> Run {
        self.run("", &page.client, page.probe).await
    }

    async fn control(&self, control: Control) -> (BTreeSet<Name>, Run) {
        let run = self.run("", &control.client, control.probe).await;
        (control.orgs, run)
    }

    async fn run(&self, org: &str, client: &Client, planned: Planned) -> Run {
        let Planned {
            id, probe, timeout, ..
        } = planned;
        let run = ProbeRun {
            probe,
            client: client.clone(),
            timeout,
        };
        let mut outcome = run.run_once(&run.no_memory(), None).await;
        let says = match &run.probe {
            Probe::Token(probe) => probe.decode(&Session::new(client, timeout)).await,
            _ => None,
        };
        let known = AnyKnown {
            observation: outcome.result.observation.take(),
            memory: outcome.memory.take(),
            interval: Duration::ZERO,
        };
        let done = self.done.fetch_add(1, Ordering::Relaxed) + 1;
        let probe_of_org = format!("{org} {id}");
        (self.told)(Step {
            probe: probe_of_org.trim_start(),
            done,
            all: self.all,
        });
        Run {
            id,
            probe: run.probe,
            outcome: Some(outcome),
            known,
            says,
        }
    }
}

/// True where no conversation with the org took place.
fn lost(failure: &Failure) -> bool {
    failure.is_org_trouble() && failure.refusal().is_none()
}

impl Asked {
    /// The org's cell: as configured, else as its organization document says.
    pub(super) fn cell(&self) -> Option<Cell> {
        let seen = || self.organization()?.cell();
        self.configured_cell.clone().or_else(seen)
    }

    /// What its organization document says.
    pub(super) fn organization(&self) -> Option<&organization::Observation> {
        let mut runs = self.runs.iter();
        runs.find_map(Run::observation::<organization::Probe>)
    }

    /// Every exchange, in the order of the probes.
    pub(super) fn exchanges(&self) -> impl DoubleEndedIterator<Item = &Exchange> {
        let outcomes = self.runs.iter().filter_map(|run| run.outcome.as_ref());
        outcomes.flat_map(|outcome| &outcome.exchanges)
    }

    /// The same moment by its clock.
    pub(super) fn oktas_time(&self, now: Timestamp) -> OktaTime {
        self.clock.at(now)
    }

    /// Local clock minus Okta's, in seconds.
    pub(super) fn skew(&self) -> Option<f64> {
        self.clock.skew()
    }
}

impl Run {
    fn left_out(planned: Planned) -> Self {
        Self {
            id: planned.id,
            probe: planned.probe,
            outcome: None,
            known: AnyKnown::default(),
            says: None,
        }
    }

    /// The probe's own name; its kind's where it has none.
    pub(super) fn name(&self) -> &str {
        self.id.split_once('/').map_or(&self.id, |(_, name)| name)
    }

    /// What it saw, if it is of this kind.
    pub(super) fn observation<K: InTable>(&self) -> Option<&K::Observation> {
        K::observation(self.known.observation.as_ref()?)
    }

    pub(super) fn failure(&self) -> Option<&Failure> {
        self.outcome.as_ref()?.result.failure.as_ref()
    }

    pub(super) fn last(&self) -> Option<&Exchange> {
        self.outcome.as_ref()?.exchanges.last()
    }
}
