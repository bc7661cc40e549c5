//! From the lists of `controls`, at the top and of each org, to hosts that are asked, each once. What is
//! asked of one is in [`probe::control`](crate::probe::control), and what follows from it the
//! [`fleet`](crate::fleet)'s to say.

use std::collections::{BTreeMap, BTreeSet};

use url::Url;

use super::{
    fingerprint::Fingerprint,
    planned::{Control, Planned},
    probes::or_told,
    problems::{Notes, SettingPath},
    schema::{self, Defaults, Named},
};
use crate::{
    okta::{Client, NoClient, Proxies, SecretReloads, TlsSetups},
    probe::{PlanContext, Probe, Problem, SecretContext, Settings, Timing, control},
    units::{Name, OrgUrl},
};

/// What the lists are read with.
pub(super) struct Hosts<'a> {
    /// What holds for every probe that says nothing else.
    pub(super) defaults: Defaults,
    /// Whom their clients trust.
    pub(super) tls: &'a mut TlsSetups,
    /// What stands before them.
    pub(super) proxies: &'a Proxies,
    /// Where problems go.
    pub(super) notes: &'a mut Notes,
}

impl Hosts<'_> {
    /// The hosts of all lists. Those at the top are for every org, but for one that they are themselves.
    pub(super) fn read(
        mut self,
        of_all: Option<&[control::Settings]>,
        orgs: Option<&Named<schema::Org>>,
    ) -> BTreeMap<String, Control> {
        let mut controls = BTreeMap::new();
        let root = SettingPath::default();
        let orgs = orgs.into_iter().flatten();
        // A name that is none is told where the orgs are read.
        let orgs = orgs.filter_map(|(name, org)| Some((name.parse().ok()?, org.as_ref()?)));
        let orgs: Vec<(Name, &schema::Org)> = orgs.collect();
        let everybody: Vec<_> = orgs.iter().map(|(name, org)| (name, host(org))).collect();
        self.list(of_all, &root.field("controls"), &everybody, &mut controls);
        for (name, org) in &orgs {
            let at = root.field("orgs").field(name.as_str()).field("controls");
            let whose = [(name, host(org))];
            self.list(org.controls.as_deref(), &at, &whose, &mut controls);
        }
        controls
    }

    fn list(
        &mut self,
        hosts: Option<&[control::Settings]>,
        at: &SettingPath,
        whose: &[(&Name, Option<String>)],
        controls: &mut BTreeMap<String, Control>,
    ) {
        for (index, settings) in hosts.unwrap_or_default().iter().enumerate() {
            let at = at.field(&index.to_string());
            let Some((client, probe)) = or_told(self.plan(settings), &at, self.notes) else {
                continue;
            };
            let host = probe.url().authority();
            let others = whose.iter().filter(|(_, own)| own.as_deref() != Some(host));
            let others: BTreeSet<Name> = others.map(|(name, _)| (*name).clone()).collect();
            let usual = control::Settings::INTERVAL;
            let timing = Timing::default();
            let (interval, timeout) = self.defaults.complete(timing, usual, (&at, self.notes));
            let planned = Planned {
                id: probe.id().to_owned(),
                probe: Probe::Control(probe),
                interval,
                timeout,
                fingerprint: Fingerprint::default(),
            };
            let control = controls.entry(planned.id.clone());
            let control = control.or_insert_with(|| Control {
                client,
                probe: planned,
                orgs: BTreeSet::new(),
            });
            control.orgs.extend(others);
        }
    }

    fn plan(
        &mut self,
        settings: &control::Settings,
    ) -> Result<(Client, control::Probe), Vec<Problem>> {
        let (nothing, reloads) = (BTreeMap::new(), SecretReloads::default());
        let context = PlanContext {
            credentials: &BTreeMap::new(),
            secrets: SecretContext {
                environment: &nothing,
                reloads: &reloads,
                are_read: false,
            },
        };
        let probe = settings.plan("", &context)?;
        let url = Url::parse(&probe.url().to_string());
        let url = url.map_err(|why| vec![Problem::new("", why.to_string())])?;
        let tls = self.tls.trusting(None);
        let client = tls.and_then(|tls| Client::for_page(&url, &tls, self.proxies));
        match client {
            Ok(client) => Ok((client, probe)),
            // The environment's, whatever it is found with.
            Err(why @ NoClient::Proxy(..)) => {
                self.notes.error(&SettingPath::default(), why);
                Err(Vec::new())
            }
            Err(why) => Err(vec![Problem::new("", why.to_string())]),
        }
    }
}

/// The host of an org, as far as its URL is one.
fn host(org: &schema::Org) -> Option<String> {
    let url: OrgUrl = org.url.as_deref()?.parse().ok()?;
    Some(url.authority().to_owned())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use crate::{config::Config, units::Name};

    fn told(yaml: &str) -> Result<Vec<String>, String> {
        let config = Config::parse(yaml, &BTreeMap::new()).map_err(|e| e.to_string())?;
        let controls = config.controls.iter().map(|(id, control)| {
            let orgs: Vec<&str> = control.orgs.iter().map(Name::as_str).collect();
            format!(
                "{id} every {:?} for {}",
                control.probe.interval,
                orgs.join(" ")
            )
        });
        Ok(controls.collect())
    }

    const ORGS: &str = "orgs:
  acme: { url: 'https://acme.okta.com', probes: { discovery: {} }, controls: [near.okta.com, www.example.com] }
  beta: { url: 'https://beta.okta.com', probes: { discovery: {} } }
";

    #[test]
    fn a_host_is_asked_once_and_tells_of_every_org_that_names_it_and_of_none_that_it_is() {
        let top = "controls: [www.example.com, beta.okta.com]\nstatus_pages: {}\n";
        let expected = [
            "control/beta.okta.com every 60s for acme",
            "control/near.okta.com every 60s for acme",
            "control/www.example.com every 60s for acme beta",
        ];
        assert_eq!(told(&format!("{top}{ORGS}")).unwrap(), expected);
    }

    #[test]
    fn what_is_no_host_is_told_by_its_place_in_the_list() {
        let top = "controls: [www.example.com, 'www.example.com/x']\nstatus_pages: {}\n";
        let refused = told(&format!("{top}{ORGS}")).unwrap_err();
        assert!(refused.contains("controls.1: a control is"), "{refused}");
    }
}
