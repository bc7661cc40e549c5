//! From `orgs.NAME.probes` to probes with their timing. Which kinds there are, and what their
//! settings mean, is told by [`probe`](crate::probe).

use std::collections::BTreeMap;

use super::{
    fingerprint::Fingerprint,
    named::checked,
    planned::Planned,
    problems::{Notes, SettingPath},
    schema::Defaults,
    secrets,
};
use crate::{
    probe::{
        self, AnySettings, HeldSecret, Kind, PlanContext, Probe, Probes, Problem, Timed,
        WrittenProbe, endpoint,
    },
    units::Name,
};

/// What the probes of an org are planned with.
pub(super) struct Planner<'a> {
    /// What their settings may refer to.
    pub(super) context: PlanContext<'a>,
    /// What holds where they say nothing.
    pub(super) defaults: Defaults,
    /// Where problems go.
    pub(super) notes: &'a mut Notes,
}

impl Planner<'_> {
    /// Plans every probe of an org, and notes which credentials nobody uses.
    pub(super) fn plan(&mut self, Probes(probes): Probes, org: &SettingPath) -> Vec<Planned> {
        let at = org.field("probes");
        let planned: Vec<Planned> = probes
            .into_iter()
            .filter_map(|written| self.probe(written, &at))
            .collect();
        self.tell_apart(&planned, &at);
        for name in self.context.credentials.keys() {
            let uses = |planned: &Planned| uses(&planned.probe, name);
            if !planned.iter().any(uses) {
                let at = org.field("credentials").field(name.as_str());
                self.notes.warn(&at, "no probe uses it");
            }
        }
        planned
    }

    /// Refuses a probe whose series would be those of another.
    fn tell_apart(&mut self, planned: &[Planned], at: &SettingPath) {
        let mut first = BTreeMap::new();
        for Planned { id, probe, .. } in planned {
            let Some(series) = probe.series_id() else {
                continue;
            };
            let earlier = first.entry((probe.kind(), series)).or_insert(id);
            if *earlier != id {
                let (at, earlier) = (
                    SettingPath::of(at.steps().chain(id.split('/'))),
                    earlier.replace('/', "."),
                );
                self.notes.error(
                    &at,
                    format!("it is of `{series}` as `{earlier}` is, and both would be shown as one: drop one of them"),
                );
            }
        }
    }

    fn probe(&mut self, probe: WrittenProbe<AnySettings>, at: &SettingPath) -> Option<Planned> {
        let WrittenProbe {
            kind,
            name,
            written: Timed { settings, timing },
        } = probe;
        let at = at.field(kind);
        let (id, name, at) = match name {
            None => (kind.to_owned(), kind.to_owned(), at),
            Some(name) => {
                let at = at.field(&name);
                let name = checked(&name, &at, self.notes)?;
                if kind == endpoint::Probe::KIND && probe::own_apis().contains(&name.as_str()) {
                    let what =
                        format!("`{name}` is what requests of the exporter's own are called");
                    let fix = format!("choose another name, like `{name}_path`");
                    self.notes.error(&at, format!("{what}: {fix}"));
                }
                (format!("{kind}/{name}"), name.to_string(), at)
            }
        };
        for HeldSecret {
            within,
            name,
            secrets,
        } in settings.secrets()
        {
            secrets::warn_of_exposure(&secrets, name, &at.field(within), self.notes);
        }
        let usual = settings.usual_interval();
        let (interval, timeout) = self.defaults.complete(timing, usual, (&at, self.notes));
        let planned = settings.plan(&name, &self.context);
        Some(Planned {
            id,
            probe: or_told(planned, &at, self.notes)?,
            interval,
            timeout,
            fingerprint: Fingerprint::default(),
        })
    }
}

/// What was planned; what is wrong with it is told.
pub(super) fn or_told<T>(
    planned: Result<T, Vec<Problem>>,
    at: &SettingPath,
    notes: &mut Notes,
) -> Option<T> {
    let tell = |problems: Vec<Problem>| {
        for Problem { field, message } in problems {
            notes.error(&at.setting(&field), message);
        }
    };
    planned.map_err(tell).ok()
}

fn uses(probe: &Probe, credential: &Name) -> bool {
    probe
        .credentials()
        .iter()
        .any(|used| used.name == *credential)
}
