//! What one ordinary run asks, so that anybody can count it before anything is asked. What happens
//! seldom is left out: a page that is read again, a second look after a surprise, the pages of a long
//! list beyond the first.

use std::{borrow::Cow, time::Duration};

use crate::okta::Credential;

/// How long Okta's rate-limit windows are, where nothing else was seen.
const WINDOW: Duration = Duration::from_mins(1);
const HOUR: f64 = 3600.0;

/// One request that a run makes.
#[derive(Debug, Clone)]
pub struct Ask<'a> {
    /// Its `api` label.
    pub api: Cow<'a, str>,
    /// The HTTP method.
    pub method: &'static str,
    /// The path, with its query.
    pub path: Cow<'a, str>,
    /// Who asks.
    pub by: Caller<'a>,
    /// How often.
    pub how_often: HowOften,
}

/// Who asks.
#[derive(Debug, Clone, Copy)]
pub enum Caller<'a> {
    /// Whoever: what is asked for is public.
    Anybody,
    /// One of the org's credentials.
    Credential(&'a Credential),
    /// A client of an authorization server, by its id and a secret of its own.
    Client(&'a str),
}

/// How often something is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HowOften {
    /// So many times in each run.
    EachRun(u32),
    /// Once in each rate-limit window at the most, as near to the interval as windows end.
    EachWindow,
    /// Once in such a time, whatever the interval: what came of it is remembered.
    Every(Duration),
}

impl<'a> Ask<'a> {
    /// A GET in each run, by nobody in particular.
    pub fn get(api: impl Into<Cow<'a, str>>, path: impl Into<Cow<'a, str>>) -> Self {
        Self {
            api: api.into(),
            method: "GET",
            path: path.into(),
            by: Caller::Anybody,
            how_often: HowOften::EachRun(1),
        }
    }

    /// Each of these paths once, by this credential.
    pub fn each(
        api: &'static str,
        paths: &[&'static str],
        credential: Option<&'a Credential>,
    ) -> Vec<Self> {
        let asks = paths
            .iter()
            .map(|path| Self::get(api, *path).with(credential));
        asks.collect()
    }

    /// The same, by this credential; by nobody in particular where there is none.
    #[must_use]
    pub fn with(self, credential: Option<&'a Credential>) -> Self {
        Self {
            by: credential.map_or(Caller::Anybody, Caller::Credential),
            ..self
        }
    }

    /// The same as a POST, by this client of an authorization server.
    #[must_use]
    pub fn post_by(self, client: &'a str) -> Self {
        Self {
            method: "POST",
            by: Caller::Client(client),
            ..self
        }
    }

    /// The same, so often.
    #[must_use]
    pub fn asked(self, how_often: HowOften) -> Self {
        Self { how_often, ..self }
    }

    /// How many such requests an hour brings, where its probe runs once in each interval.
    pub fn per_hour(&self, interval: Duration) -> f64 {
        let (times, every) = match self.how_often {
            HowOften::EachRun(times) => (times, interval),
            HowOften::EachWindow => (1, interval.max(WINDOW)),
            // It is not looked at more often than the probe runs.
            HowOften::Every(length) => (1, interval.max(length)),
        };
        f64::from(times) * HOUR / every.as_secs_f64()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_hour_brings_as_many_requests_as_its_runs_make() {
        let (minute, hour) = (Duration::from_mins(1), Duration::from_hours(1));
        let ask = |how_often| Ask::get("users", "/api/v1/users").asked(how_often);
        for (how_often, interval, expected) in [
            (HowOften::EachRun(1), minute, 60.0),
            (HowOften::EachRun(3), hour * 6, 0.5),
            (HowOften::EachWindow, minute, 60.0),
            (HowOften::EachWindow, Duration::from_secs(2), 60.0),
            (HowOften::EachWindow, minute * 5, 12.0),
            (HowOften::Every(hour * 24), hour * 6, 1.0 / 24.0),
            (HowOften::Every(minute), hour, 1.0),
        ] {
            let found = ask(how_often).per_hour(interval);
            assert!((found - expected).abs() < 1e-9, "{how_often:?}: {found}");
        }
    }
}
