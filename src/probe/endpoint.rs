//! Any path of the Management API. What its answers say (status, latency, error code, rate limit)
//! is told by every exchange alike and kept in the ledger; here it is only asked.

use std::sync::Arc;

use serde::{Deserialize, de::IgnoredAny};

use super::{Kind, PlanContext, ProbeResult, Problem, Scope};
use crate::{
    metrics::{Family, Page},
    okta::{Credential, Failure, Request, Session},
    units::{Interval, Name},
};

/// What may be written under `probes.endpoint.NAME`.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The path with its query, such as `/api/v1/users?limit=1`.
    pub path: Option<String>,
    /// The credential's name; none asks without one.
    pub credential: Option<String>,
    /// When to ask: at the ends of rate-limit windows, or by the interval alone.
    pub sampling: Option<Sampling>,
    /// How often to ask.
    pub interval: Option<Interval>,
    /// How long a request may take.
    pub timeout: Option<Interval>,
}

/// When an endpoint is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sampling {
    /// Just before a rate-limit window ends, once in each: one request then sees nearly all use.
    #[default]
    WindowEnd,
    /// Each interval, wherever in a window that is.
    Interval,
}

/// The probe.
#[derive(Debug, Clone)]
pub struct Probe {
    name: Name,
    path: String,
    credential: Option<Arc<Credential>>,
    sampling: Sampling,
}

impl Settings {
    /// From settings to a probe.
    pub fn plan(&self, name: &Name, context: PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let path = match &self.path {
            None => Err(Problem::new(
                "path",
                "missing: name the path to ask, like `/api/v1/users?limit=1`",
            )),
            Some(path) => check(path).map(|()| path.clone()),
        };
        let asked = self.path.as_deref().unwrap_or_default();
        match (
            path,
            context.credential_for(self.credential.as_deref(), asked),
        ) {
            (Ok(path), Ok(credential)) => Ok(Probe {
                name: name.clone(),
                path,
                credential,
                sampling: self.sampling.unwrap_or_default(),
            }),
            (path, credential) => Err(path.err().into_iter().chain(credential.err()).collect()),
        }
    }
}

fn check(path: &str) -> Result<(), Problem> {
    let plain = |c: char| c.is_ascii_graphic() && !"{}<>\\".contains(c);
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(Problem::new(
            "path",
            format!(
                "`{path}` must begin with one `/` and name no host: the org's URL stands before it"
            ),
        ));
    }
    if !path.chars().all(plain) {
        return Err(Problem::new(
            "path",
            format!(
                "`{path}` holds a character that a URL cannot: fill in placeholders, percent-encode the rest"
            ),
        ));
    }
    Ok(())
}

/// The endpoint answered; all there is to tell is in the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Seen;

impl Kind for Probe {
    const KIND: &'static str = "endpoint";
    type Seen = Seen;

    fn aims_at_windows(&self) -> bool {
        self.sampling == Sampling::WindowEnd
    }

    async fn run(&self, okta: &Session<'_>) -> ProbeResult<Seen> {
        self.look(okta).await.into()
    }
}

impl Probe {
    async fn look(&self, okta: &Session<'_>) -> Result<Seen, Failure> {
        let ask = Request::get(self.name.to_string(), self.path.as_str())
            .with(self.credential.as_deref());
        let answer = okta.ask(ask).await?;
        if !answer.body.is_empty() {
            // A captive portal or a sign-in page answers 200 as well; only JSON is Okta's API.
            let IgnoredAny = answer.json()?;
        }
        Ok(Seen)
    }
}

impl super::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[];

    fn draw(&self, _scope: Scope<'_>, _page: &mut Page) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_that_would_leave_the_org_is_refused() {
        assert_eq!(
            check("/api/v1/users?limit=1&filter=status%20eq%20%22ACTIVE%22"),
            Ok(())
        );
        for bad in [
            "api/v1/users",
            "//evil.example/api",
            "https://evil.example/",
            "/api/v1/users/{id}",
            "/a b",
        ] {
            assert!(check(bad).is_err(), "{bad}");
        }
    }
}
