//! From what is written to what it means: the orgs and the status pages. Every rule that is about
//! more than one probe or credential is here.

use std::collections::BTreeMap;

use url::Url;

use super::{
    credentials::credentials,
    fingerprint::Fingerprint,
    made::Made,
    named::named,
    planned::{Org, Planned, StatusPage},
    probes::{Planner, or_told},
    problems::{Notes, SettingPath},
    schema::{self, Defaults, Named},
    sources,
    written::Written,
};
use crate::{
    okta::{Buckets, Client, NoClient, Proxies, SecretReloads, TlsSetups},
    probe::{Kind, PlanContext, Probe, Problem, SecretContext, Settings, Timed, status_page},
    units::{Name, OrgUrl, Share},
};

/// What the exporter may spend of each rate limit where nobody says otherwise.
const BUDGET: Share = Share::TWENTIETH;

/// The status pages.
pub(super) fn status_pages(
    written: Option<Named<Timed<status_page::Settings>>>,
    defaults: Defaults,
    tls: &mut TlsSetups,
    proxies: &Proxies,
    notes: &mut Notes,
) -> BTreeMap<Name, StatusPage> {
    let (nothing, reloads) = (BTreeMap::new(), SecretReloads::default());
    let context = PlanContext {
        credentials: &BTreeMap::new(),
        secrets: SecretContext {
            environment: &nothing,
            reloads: &reloads,
            are_read: true,
        },
    };
    let mut pages = BTreeMap::new();
    let at = SettingPath::default().field("status_pages");
    for (name, at, Timed { settings, timing }) in named(written, &at, notes) {
        let (interval, timeout) =
            defaults.complete(timing, status_page::Settings::INTERVAL, (&at, notes));
        let planned = settings.plan(name.as_str(), &context).and_then(|probe| {
            let no_client = |why: NoClient| match why {
                NoClient::Proxy(..) => {
                    notes.error(&SettingPath::default(), why);
                    Vec::new()
                }
                why => vec![Problem::new("url", why.to_string())],
            };
            let tls = tls.trusting(None);
            let client = tls.and_then(|tls| Client::for_page(probe.url(), &tls, proxies));
            Ok((client.map_err(no_client)?, probe))
        });
        if let Some((client, probe)) = or_told(planned, &at, notes) {
            let probe = Planned {
                id: format!("{}/{name}", status_page::Probe::KIND),
                probe: Probe::StatusPage(probe),
                interval,
                timeout,
                fingerprint: Fingerprint::default(),
            };
            pages.insert(name, StatusPage { client, probe });
        }
    }
    pages
}

/// What the orgs are read with.
pub(super) struct Orgs<'a> {
    /// What holds where a probe says nothing.
    pub(super) defaults: Defaults,
    /// Where their secrets may be.
    pub(super) secrets: SecretContext<'a>,
    /// What is written, to tell what is still the same.
    pub(super) written: &'a Written<'a>,
    /// What was made of what was written earlier.
    pub(super) earlier: &'a Made,
    /// What is made of it now.
    pub(super) made: &'a mut Made,
    /// Whom their clients trust.
    pub(super) tls: &'a mut TlsSetups,
    /// What stands before their hosts.
    pub(super) proxies: &'a Proxies,
    /// Where problems go.
    pub(super) notes: &'a mut Notes,
}

impl Orgs<'_> {
    /// All orgs; there must be one.
    pub(super) fn read(mut self, written: Option<Named<schema::Org>>) -> BTreeMap<Name, Org> {
        let at = SettingPath::default().field("orgs");
        if written.as_ref().is_none_or(Named::is_empty) {
            self.notes.error(&at, no_org(self.secrets.environment));
        }
        named(written, &at, self.notes)
            .into_iter()
            .filter_map(|(name, at, settings)| {
                let org = self.org(&name, settings, &at)?;
                Some((name, org))
            })
            .collect()
    }

    /// One org. What hangs on a URL that is wrong is read all the same, with a stand-in.
    fn org(&mut self, name: &Name, written: schema::Org, at: &SettingPath) -> Option<Org> {
        let schema::Org {
            url,
            cell,
            ca_file,
            // Hosts that are none of it are read apart.
            controls: _,
            budget,
            buckets,
            credentials: written,
            probes,
            event_hook,
        } = written;
        let url = self.url(url.as_deref(), &at.field("url"))?;
        let cell = cell.and_then(|text| {
            let refused = |why| self.notes.error(&at.field("cell"), why);
            text.parse().map_err(refused).ok()
        });
        let origin = Url::parse(&url.to_string()).ok()?;
        let fingerprint = self.written.org(name.as_str());
        let (tls, proxies) = (&mut *self.tls, self.proxies);
        let new = || Client::new(&origin, &tls.trusting(ca_file.as_deref())?, proxies);
        let client = self.earlier.client(fingerprint);
        let client = match client.map_or_else(new, Ok) {
            Ok(client) => Some(client),
            Err(why) => {
                let at = match why {
                    NoClient::CaFile(..) | NoClient::NoCertificate(_) => at.field("ca_file"),
                    NoClient::Setup(_) => at.field("url"),
                    // The environment's, whatever org it is found with.
                    NoClient::Proxy(..) => SettingPath::default(),
                };
                self.notes.error(&at, why);
                None
            }
        };
        let buckets = self.buckets(&buckets.unwrap_or_default(), &at.field("buckets"));
        let at_credentials = at.field("credentials");
        let mut credentials = credentials(written, self.secrets, &at_credentials, self.notes);
        for (credential_name, credential) in &mut credentials {
            let written = self
                .written
                .credential(name.as_str(), credential_name.as_str());
            *credential = self.earlier.credential(written, credential);
            self.made.keep_credential(written, credential);
        }
        let mut planner = Planner {
            context: PlanContext {
                credentials: &credentials,
                secrets: self.secrets,
            },
            defaults: self.defaults,
            notes: self.notes,
        };
        let probes = planner.plan(probes.unwrap_or_default(), at);
        let event_hook = event_hook
            .and_then(|written| written.resolve(self.secrets, &at.field("event_hook"), self.notes));
        let client = client?.with_buckets(buckets).named(name);
        self.made.keep_client(fingerprint, &client);
        Some(Org {
            url,
            cell,
            client,
            budget: budget.or(self.defaults.budget).unwrap_or(BUDGET),
            credentials,
            probes,
            event_hook,
            fingerprint,
        })
    }

    fn buckets(&mut self, written: &BTreeMap<String, String>, at: &SettingPath) -> Buckets {
        Buckets::configured(written).unwrap_or_else(|problems| {
            for (pattern, problem) in problems {
                self.notes.error(&at.field(pattern), problem);
            }
            Buckets::default()
        })
    }

    fn url(&mut self, written: Option<&str>, at: &SettingPath) -> Option<OrgUrl> {
        let stand_in = "https://org.invalid".parse().ok();
        match written.map(str::parse) {
            Some(Ok(url)) => return Some(url),
            Some(Err(why)) => {
                let why: crate::units::BadUrl = why;
                self.notes.error(at, why);
            }
            None => {
                let fix = "name the org, like `https://acme.okta.com`";
                self.notes.error(at, format!("missing: {fix}"));
            }
        }
        stand_in
    }
}

/// Both ways to name an org, and the way to look around without one.
fn no_org(environment: &BTreeMap<String, String>) -> String {
    let alone = match sources::half_given(environment) {
        Some((found, missing)) => format!(" ({found} is set, but {missing} is not)"),
        None => String::new(),
    };
    format!(
        "there is no org to watch{alone}. Either name one in a file and give it with --config.file:
      orgs:
        acme:
          url: https://acme.okta.com
          credentials:
            monitor: {{ api_token_file: /run/secrets/okta-token }}
    or, without a file, set the variables OKTA_DOMAIN=acme.okta.com and OKTA_TOKEN. What Okta's SDKs
    and its Terraform provider read (OKTA_CLIENT_ORGURL …, ~/.okta/okta.yaml, OKTA_ORG_NAME …) does, too.
    To look around without an org of your own: okta-exporter demo"
    )
}
