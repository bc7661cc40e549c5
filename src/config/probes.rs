//! From `orgs.NAME.probes` to probes with their timing: one line for each kind. What a kind's own
//! settings mean is in that kind's file.

use super::{
    Fingerprint, Planned,
    problems::{Notes, SettingPath},
    resolve::named,
    schema::{self, Defaults},
    secrets,
    timing::{EACH_MINUTE, KEYS, SELDOM, SETTINGS, Timing},
};
use crate::{
    probe::{PlanContext, Probe, Problem, Secrets, token},
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
    /// What came of it.
    pub(super) planned: Vec<Planned>,
}

/// One probe about to be planned: `kind` or `kind/name`, where it is written, and its timing.
struct Asked {
    id: String,
    at: SettingPath,
    timing: Timing,
}

/// Written out once: every kind's settings have these two fields, and no type in common.
macro_rules! asked {
    ($id:expr, $at:expr, $usual:expr, $settings:expr) => {
        Asked {
            id: $id,
            at: $at,
            timing: Timing {
                usual: $usual,
                interval: $settings.interval,
                timeout: $settings.timeout,
            },
        }
    };
}

impl Planner<'_> {
    /// Plans every probe of an org, and notes which credentials nobody uses.
    pub(super) fn plan(&mut self, probes: schema::Probes, org: &SettingPath) {
        let at = org.field("probes");
        let schema::Probes {
            discovery,
            organization,
            endpoint,
            jwks,
            token,
            rate_limit_settings,
        } = probes;
        let mut unused: Vec<&str> = self.context.credentials.keys().map(Name::as_str).collect();
        if let Some(settings) = discovery {
            let asked = asked!(
                "discovery".into(),
                at.field("discovery"),
                EACH_MINUTE,
                settings
            );
            self.add(asked, settings.plan(self.context.org).map(Probe::Discovery));
        }
        if let Some(settings) = organization {
            let asked = asked!(
                "organization".into(),
                at.field("organization"),
                SELDOM,
                settings
            );
            self.add(asked, settings.plan().map(Probe::Organization));
        }
        for (name, at, settings) in named(endpoint, &at.field("endpoint"), self.notes) {
            unused.retain(|unused| Some(*unused) != settings.credential.as_deref());
            let asked = asked!(format!("endpoint/{name}"), at, EACH_MINUTE, settings);
            self.add(
                asked,
                settings.plan(&name, self.context).map(Probe::Endpoint),
            );
        }
        for (name, at, settings) in named(jwks, &at.field("jwks"), self.notes) {
            let asked = asked!(format!("jwks/{name}"), at, KEYS, settings);
            self.add(asked, settings.plan().map(Probe::Jwks));
        }
        for (name, at, settings) in named(token, &at.field("token"), self.notes) {
            self.warn_of_exposure(&settings, &at);
            let asked = asked!(format!("token/{name}"), at, EACH_MINUTE, settings);
            self.add(asked, settings.plan(self.context).map(Probe::Token));
        }
        if let Some(settings) = rate_limit_settings {
            let first = self.context.credentials.keys().next().map(Name::as_str);
            let reader = settings.credential.as_deref().or(first);
            unused.retain(|unused| Some(*unused) != reader);
            let asked = asked!(
                "rate_limit_settings".into(),
                at.field("rate_limit_settings"),
                SETTINGS,
                settings
            );
            let probe = settings.plan(self.context).map(Probe::RateLimitSettings);
            self.add(asked, probe);
        }
        for name in unused {
            let at = org.field("credentials").field(name);
            self.notes.warn(&at, "no probe uses it");
        }
    }

    fn add(&mut self, asked: Asked, probe: Result<Probe, Vec<Problem>>) {
        let Asked { id, at, timing } = asked;
        let (interval, timeout) = timing.resolve(self.defaults, &at, self.notes);
        match probe {
            Ok(probe) => self.planned.push(Planned {
                id,
                probe,
                interval,
                timeout,
                fingerprint: Fingerprint::default(),
            }),
            Err(problems) => {
                for Problem { field, message } in problems {
                    self.notes.error(&at.field(&field), message);
                }
            }
        }
    }

    /// Looks where a token's secrets are kept.
    fn warn_of_exposure(&mut self, settings: &token::Settings, at: &SettingPath) {
        let token = Secrets {
            inline: settings.access_token.clone(),
            file: settings.access_token_file.clone(),
            env: None,
        };
        secrets::warn_of_exposure(&token, "access_token", at, self.notes);
        if let Some(introspect) = &settings.introspect {
            let client = Secrets {
                inline: introspect.client_secret.clone(),
                file: introspect.client_secret_file.clone(),
                env: None,
            };
            secrets::warn_of_exposure(
                &client,
                "client_secret",
                &at.field("introspect"),
                self.notes,
            );
        }
    }
}
