//! Plans: which probe, for whom, how often, beginning when. Pure, and printable as text.

use std::{fmt, time::Duration};

use super::schedule;
use crate::{
    config::{Config, Planned},
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

/// One keeper's orders.
#[derive(Debug)]
pub struct Plan {
    /// Whose row it fills.
    pub id: ProbeId,
    /// The probe.
    pub probe: Probe,
    /// The client it asks through.
    pub client: Client,
    /// How often it runs.
    pub interval: Duration,
    /// How long each of its requests may take.
    pub timeout: Duration,
    /// How long after the start it first runs.
    pub offset: Duration,
    /// It is the light probe that tries again when the org's breaker has been open.
    pub trial: bool,
}

impl fmt::Display for Plan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} every {:?} from {:?}, timeout {:?}",
            self.id, self.interval, self.offset, self.timeout
        )?;
        if self.probe.aims_at_windows() {
            f.write_str(", at the ends of windows")?;
        }
        Ok(())
    }
}

/// The plans of a configuration, spread over the start.
pub fn plans(config: Config) -> Vec<Plan> {
    let mut plans = Vec::new();
    for (name, page) in config.status_pages {
        let _: Name = name; // the probe's id holds it
        plans.push(plan(None, page.client, page.probe, false));
    }
    for (name, org) in config.orgs {
        let discovers = org
            .probes
            .iter()
            .any(|planned| matches!(planned.probe, Probe::Discovery(_)));
        for planned in org.probes {
            // Without a discovery probe, whichever comes first is the trial.
            let trial = !discovers || matches!(planned.probe, Probe::Discovery(_));
            plans.push(plan(Some(name.clone()), org.client.clone(), planned, trial));
        }
    }
    let count = plans.len();
    for (index, plan) in plans.iter_mut().enumerate() {
        plan.offset = schedule::offset(index, count, plan.interval);
    }
    plans
}

fn plan(org: Option<Name>, client: Client, planned: Planned, trial: bool) -> Plan {
    let Planned {
        id,
        probe,
        interval,
        timeout,
    } = planned;
    Plan {
        id: ProbeId { org, probe: id },
        probe,
        client,
        interval,
        timeout,
        offset: Duration::ZERO,
        trial,
    }
}
