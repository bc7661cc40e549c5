//! Plans: which probe, for whom, how often, beginning when. Pure, and printable as text.

use std::{fmt, time::Duration};

use super::{ProbeRun, schedule};
use crate::{
    config::{Config, Fingerprint, Org, Planned},
    okta::Client,
    probe::Probe,
    units::Name,
};

/// Which probe of which org.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct ProbeId {
    /// The org; `None` for a status page or a control, which belong to none.
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
    /// What was written of it.
    pub fingerprint: Fingerprint,
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
    let mut plans = plans_of(config);
    spread(&mut plans);
    plans
}

/// The plans of a configuration: those of the status pages first, then the controls', then each org's.
pub(super) fn plans_of(config: Config) -> Vec<Plan> {
    let Config {
        status_pages,
        controls,
        orgs,
        ..
    } = config;
    let pages = status_pages.into_values();
    let pages = pages.map(|page| plan(None, page.client, page.probe));
    let controls = controls.into_values();
    let controls = controls.map(|control| plan(None, control.client, control.probe));
    let mut plans: Vec<Plan> = pages.chain(controls).collect();
    for (name, org) in orgs {
        plans.extend(of_org(&name, org));
    }
    plans
}

/// Spreads the first runs of plans that begin together.
pub(super) fn spread(plans: &mut [Plan]) {
    // The light probe comes first: it tells whether the others need try.
    plans.sort_by_key(|plan| (plan.id.org.clone(), !is_light(plan)));
    let same_org = |a: &Plan, b: &Plan| a.id.org == b.id.org;
    let counts: Vec<usize> = plans.chunk_by(same_org).map(<[Plan]>::len).collect();
    let starts = schedule::starts(&counts);
    for (group, start) in plans.chunk_by_mut(same_org).zip(starts) {
        for (index, plan) in (0..).zip(group) {
            plan.starts_in = start + schedule::APART * index;
        }
    }
}

/// The plans of an org, each with its duty.
fn of_org(name: &Name, org: Org) -> Vec<Plan> {
    let Org { client, probes, .. } = org;
    let plans = probes
        .into_iter()
        .map(|planned| plan(Some(name.clone()), client.clone(), planned));
    let mut plans: Vec<Plan> = plans.collect();
    let tries = !plans.iter().any(is_light);
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
        fingerprint,
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
        fingerprint,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    fn planned(yaml: &str) -> Vec<Plan> {
        plans(Config::parse(yaml, &BTreeMap::new()).unwrap())
    }

    #[test]
    fn the_light_probe_of_an_org_begins_and_the_others_follow_apart() {
        let plans = planned(
            "
status_pages: { okta: { url: http://127.0.0.1:1/ } }
controls: [www.example.com]
orgs:
  acme:
    url: http://127.0.0.1:2
    probes:
      endpoint: { users: { path: /api/v1/users } }
      organization: {}
      discovery: { interval: 2m, timeout: 5s }
  beta:
    url: http://127.0.0.1:3
    probes:
      organization: {}
      jwks: { org: {} }
",
        );
        let told = plans.iter().map(|plan| {
            let Duty { tries, speaks } = plan.duty;
            format!("{plan} {}{}", u8::from(tries), u8::from(speaks))
        });
        let expected = [
            "status_page/okta every 120s from 0ns, timeout 30s 00",
            "control/www.example.com every 60s from 50ms, timeout 30s 00",
            "acme: discovery every 120s from 1ms, timeout 5s 11",
            "acme: organization every 3600s from 51ms, timeout 30s 00",
            "acme: endpoint/users every 60s from 101ms, timeout 30s, at the ends of windows 00",
            "beta: organization every 3600s from 2ms, timeout 30s 10",
            "beta: jwks/org every 300s from 52ms, timeout 30s 11",
        ];
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn a_probe_is_told_by_its_kind_and_its_own_name() {
        let told = |org: Option<&str>, probe: &str| {
            let id = ProbeId {
                org: org.map(|org| org.parse().unwrap()),
                probe: probe.to_owned(),
            };
            format!("{id} | {} | {} | {}", id.org_label(), id.kind(), id.name())
        };
        let users = "acme: endpoint/users | acme | endpoint | users";
        assert_eq!(told(Some("acme"), "endpoint/users"), users);
        let discovery = "acme: discovery | acme | discovery | ";
        assert_eq!(told(Some("acme"), "discovery"), discovery);
        let page = "status_page/okta |  | status_page | okta";
        assert_eq!(told(None, "status_page/okta"), page);
    }
}
