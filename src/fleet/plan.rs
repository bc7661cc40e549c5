//! Plans: which probe, for whom, how often, beginning when. Pure, and printable as text.

use std::{fmt, time::Duration};

use super::{ProbeRun, schedule};
use crate::{
    config::{Config, Org, Planned},
    okta::Client,
    probe::Probe,
    units::Name,
};

/// Which probe of which org.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeId {
    /// The org; `None` for a status page, which belongs to none.
    pub org: Option<Name>,
    /// `kind` or `kind/name`.
    pub probe: String,
}

impl ProbeId {
    /// The `org` label; empty is absent.
    pub fn org_label(&self) -> &str {
        self.org.as_ref().map_or("", Name::as_str)
    }

    /// The probe's own name, without its kind.
    pub fn name(&self) -> &str {
        self.probe.split_once('/').map_or("", |(_, name)| name)
    }
}

impl fmt::Display for ProbeId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.org {
            Some(org) => write!(f, "{org}: {}", self.probe),
            None => f.write_str(&self.probe),
        }
    }
}

impl ProbeId {
    /// The kind of probe.
    pub fn kind(&self) -> &str {
        self.probe
            .split_once('/')
            .map_or(&self.probe, |(kind, _)| kind)
    }
}

/// One keeper's orders: what to run, and when.
#[derive(Debug)]
pub struct Plan<R = ProbeRun> {
    /// Whose row it fills.
    pub id: ProbeId,
    /// What is run.
    pub run: R,
    /// How often it runs.
    pub interval: Duration,
    /// How long after the start it first runs.
    pub starts_in: Duration,
    /// What it does for its org beside its own work.
    pub duty: Duty,
}

/// What one probe does for its whole org.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Duty {
    /// It may try the org again when the breaker has been open for its time.
    pub tries: bool,
    /// It tells what is wrong with the org as a whole: one of an org's plans does.
    pub speaks: bool,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} every {:?} from {:?}, timeout {:?}",
            self.id, self.interval, self.starts_in, self.run.timeout
        )?;
        if self.run.probe.aims_at_windows() {
            f.write_str(", at the ends of windows")?;
        }
        Ok(())
    }
}

/// The plans of a configuration, with first runs at a bounded rate.
pub fn plans(config: Config) -> Vec<Plan> {
    let Config {
        status_pages, orgs, ..
    } = config;
    let pages = status_pages.into_values();
    let mut groups: Vec<Vec<Plan>> = vec![
        pages
            .map(|page| plan(None, page.client, page.probe))
            .collect(),
    ];
    groups.extend(orgs.into_iter().map(|(name, org)| of_org(&name, org)));
    let counts: Vec<usize> = groups.iter().map(Vec::len).collect();
    let starts = schedule::starts(&counts);
    let mut plans = Vec::new();
    for (group, start) in groups.into_iter().zip(starts) {
        for (index, plan) in (0..).zip(group) {
            let starts_in = start + schedule::APART * index;
            plans.push(Plan { starts_in, ..plan });
        }
    }
    plans
}

/// The plans of an org, the light probe that tries it first.
fn of_org(name: &Name, org: Org) -> Vec<Plan> {
    let Org { client, probes, .. } = org;
    let plans = probes
        .into_iter()
        .map(|planned| plan(Some(name.clone()), client.clone(), planned));
    let (mut plans, others): (Vec<_>, Vec<_>) = plans.partition(is_light);
    let tries = plans.is_empty();
    plans.extend(others);
    // Without a discovery probe whichever comes first may try, and the most frequent one speaks.
    let speaker = (0..plans.len()).min_by_key(|&index| {
        plans
            .get(index)
            .map(|plan| (!is_light(plan), plan.interval))
    });
    for (index, plan) in plans.iter_mut().enumerate() {
        plan.duty = Duty {
            tries: tries || is_light(plan),
            speaks: Some(index) == speaker,
        };
    }
    plans
}

fn is_light(plan: &Plan) -> bool {
    matches!(plan.run.probe, Probe::Discovery(_))
}

fn plan(org: Option<Name>, client: Client, planned: Planned) -> Plan {
    let Planned {
        id,
        probe,
        interval,
        timeout,
    } = planned;
    Plan {
        id: ProbeId { org, probe: id },
        run: ProbeRun {
            probe,
            client,
            timeout,
        },
        interval,
        starts_in: Duration::ZERO,
        duty: Duty::default(),
    }
}
