//! Any path of the Management API. What its answers say (status, latency, error code, rate limit)
//! is told by every exchange alike and kept in the [`fleet`](crate::fleet)'s ledger; here it is only asked.

use std::sync::Arc;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize, de::IgnoredAny};
use serde_json::{Value, json};

use super::{
    ask::{Ask, HowOften},
    candidate::Candidate,
    kind::{Access, Kind, Known, Place, ProbeResult, Scope},
    plan::PlanContext,
    problem::Problem,
};
use crate::{
    guide::{Fact, Finding},
    metrics::{Family, Page},
    okta::{Credential, Failure, RateLimit, Request, Session},
    units::{Interval, OktaTime, without_secrets},
};

/// What may be written under `probes.endpoint.NAME`.
#[derive(Debug, Clone, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
pub struct Settings {
    /// The path with its query, such as `/api/v1/users?limit=1`.
    path: Option<String>,
    /// The credential's name; none asks without one.
    credential: Option<String>,
    /// When it is asked; left out, once in each rate-limit window, at its end.
    sampling: Option<Sampling>,
}

/// When an endpoint is asked.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
enum Sampling {
    /// Just before a rate-limit window ends, once in each: one request then sees nearly all use.
    #[default]
    WindowEnd,
    /// Each interval, wherever in a window that is.
    Interval,
}

impl super::kind::Settings for Settings {
    type Probe = Probe;

    const PLACE: Place = Place::Named;
    const INTERVAL: Interval = Interval::seconds(60);
    const ACCESS: Access = Access::Path;

    /// The paths that applications use most, as far as the first credential asks for their scopes.
    fn by_default(credentials: &[Candidate<'_>]) -> Option<Value> {
        let first = credentials.first()?;
        let mut endpoints = serde_json::Map::new();
        for name in ["users", "groups", "apps", "logs"] {
            let path = format!("/api/v1/{name}?limit=1");
            if first.may_read(&path) {
                let settings = json!({ "path": path, "credential": first.name });
                endpoints.insert(name.to_owned(), settings);
            }
        }
        Some(Value::Object(endpoints))
    }

    fn plan(&self, name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
        let path = match &self.path {
            None => Err(Problem::new(
                "path",
                "missing: name the path to ask, like `/api/v1/users?limit=1`",
            )),
            Some(path) => check(path).map(|()| path.clone()),
        };
        let asked = self.path.as_deref().unwrap_or_default();
        let credential = context.credential_for(self.credential.as_deref(), asked);
        match (path, credential) {
            (Ok(path), Ok(credential)) => Ok(Probe {
                name: name.to_owned(),
                path,
                credential,
                sampling: self.sampling.unwrap_or_default(),
            }),
            (path, credential) => Err(path.err().into_iter().chain(credential.err()).collect()),
        }
    }
}

fn check(path: &str) -> Result<(), Problem> {
    let shown = without_secrets(path);
    let plain = |c: char| c.is_ascii_graphic() && !"{}<>\\".contains(c);
    if !path.starts_with('/') || path.starts_with("//") {
        return Err(Problem::new(
            "path",
            format!(
                "`{shown}` must begin with one `/` and name no host: the org's URL stands before it"
            ),
        ));
    }
    if !path.chars().all(plain) {
        return Err(Problem::new(
            "path",
            format!(
                "`{shown}` holds a character that a URL cannot: fill in placeholders, percent-encode the rest"
            ),
        ));
    }
    Ok(())
}

/// Asks for one path.
#[derive(Debug, Clone)]
pub struct Probe {
    name: String,
    path: String,
    credential: Option<Arc<Credential>>,
    sampling: Sampling,
}

/// Answers in a row without a limit, after which that is told: one may have been an edge's.
const WITHOUT_LIMIT: u32 = 3;

/// The endpoint answered; what else there is to tell is in the ledger.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Observation {
    /// It was asked for the sake of its limit, and the answer tells none.
    lacks_limit: bool,
}

/// How many answers in a row told no limit, though they were asked for its sake.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Memory {
    without_limit: u32,
}

impl Kind for Probe {
    const KIND: &'static str = "endpoint";
    const FAMILIES: &'static [&'static Family] = &[];
    /// Each is called by the probe's own name.
    const APIS: &'static [&'static str] = &[];

    type Observation = Observation;
    type Memory = Memory;

    fn aims_at_windows(&self) -> bool {
        self.sampling == Sampling::WindowEnd
    }

    fn credentials(&self) -> Vec<&Credential> {
        self.credential.as_deref().into_iter().collect()
    }

    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        let how_often = match self.sampling {
            Sampling::WindowEnd => HowOften::EachWindow,
            Sampling::Interval => HowOften::EachRun(1),
        };
        let ask = Ask::get(self.name.as_str(), self.path.as_str());
        vec![ask.with(self.credential.as_deref()).asked(how_often)]
    }

    async fn run(&self, okta: &Session<'_>, _known: &Memory) -> ProbeResult<Observation> {
        self.read(okta).await.into()
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        let without_limit = if seen.lacks_limit {
            memory.without_limit.saturating_add(1)
        } else {
            0
        };
        Memory { without_limit }
    }

    fn findings(known: &Known<'_, Self>, _now: OktaTime) -> Vec<Finding> {
        if known.memory.without_limit < WITHOUT_LIMIT {
            return Vec::new();
        }
        let what = "answers tell no rate limit: there is no window whose end could be aimed at";
        vec![Finding::new(Fact::LimitNotTold, what)]
    }

    fn draw(_known: &Known<'_, Self>, _scope: Scope<'_>, _page: &mut Page) {}
}

impl Probe {
    async fn read(&self, okta: &Session<'_>) -> Result<Observation, Failure> {
        let request = Request::get(self.name.clone(), self.path.as_str())
            .with(self.credential.as_deref())
            .taking_saml_metadata();
        let response = okta.ask(request).await?;
        // A captive portal or a sign-in page answers 200 as well: Okta's API is JSON, and what it says
        // of a SAML app is XML.
        if !response.body.is_empty() && !is_saml_metadata(&response.body) {
            let IgnoredAny = response.json().await?;
        }
        Ok(Observation {
            lacks_limit: self.aims_at_windows() && RateLimit::read(&response.headers).is_none(),
        })
    }
}

/// True for a document whose root is what SAML 2.0 calls its metadata. What comes before the root is
/// short.
fn is_saml_metadata(body: &[u8]) -> bool {
    let head = body.get(..1000).unwrap_or(body);
    let head = String::from_utf8_lossy(head);
    let mut rest = head.trim_start_matches('\u{feff}').trim_start();
    for (begins, ends) in [("<?xml", "?>"), ("<!--", "-->")] {
        if rest.starts_with(begins) {
            let (_, after) = rest.split_once(ends).unwrap_or_default();
            rest = after.trim_start();
        }
    }
    let name = |root: &str| {
        root.split(|c: char| c.is_whitespace() || c == '>')
            .next()
            .map(str::to_owned)
    };
    let root = rest.strip_prefix('<').and_then(name).unwrap_or_default();
    let local = root.rsplit(':').next();
    matches!(local, Some("EntityDescriptor" | "EntitiesDescriptor"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn saml_metadata_is_told_from_a_page_by_its_root() {
        for metadata in [
            "<md:EntityDescriptor entityID=\"http://www.okta.com/exk1\" xmlns:md=\"urn:oasis:names:tc:SAML:2.0:metadata\"/>",
            "\u{feff}<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<!-- x --><EntityDescriptor>",
            "<?xml version=\"1.0\"?><m:EntitiesDescriptor Name=\"x\">",
        ] {
            assert!(is_saml_metadata(metadata.as_bytes()), "{metadata}");
        }
        for page in [
            "",
            "<",
            "<?xml",
            "<!DOCTYPE html><html>",
            "<html><EntityDescriptor/></html>",
            "<?xml version=\"1.0\"?><html xmlns=\"http://www.w3.org/1999/xhtml\">",
            "EntityDescriptor",
        ] {
            assert!(!is_saml_metadata(page.as_bytes()), "{page}");
        }
    }

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

    #[test]
    fn it_aims_at_the_ends_of_windows_unless_it_is_told_to_keep_its_interval() {
        let probe = |sampling| Probe {
            name: "users".to_owned(),
            path: "/api/v1/users".to_owned(),
            credential: None,
            sampling,
        };
        assert!(probe(Sampling::WindowEnd).aims_at_windows());
        assert!(!probe(Sampling::Interval).aims_at_windows());
        assert!(probe(Sampling::Interval).credentials().is_empty());
    }
}
