//! A watched token: what it says, whether it is in its time, for whom it is, whether Okta honours
//! it, and whether its key is published.

use std::time::Duration;

use url::Url;

use super::{
    Check, Section, Verdict,
    part::Part,
    round::{Asked, Run},
    wrap::{list, span},
};
use crate::{
    fleet,
    guide::{Fact, Finding},
    okta::{AccessToken, AuthorizationServer, Claims, Failure},
    probe::{Observation, Probe, token},
    units::Timestamp,
};

const HERE: Section = Section::Tokens;

/// How long before its end a token's user should have a new one.
const RENEWED: Duration = Duration::from_mins(1);

pub(super) fn checks(org: &Asked, now: Timestamp) -> Vec<Check> {
    let now = fleet::by_oktas_clock(now, org.skew());
    let mut checks = Vec::new();
    for run in &org.runs {
        let Probe::Token(probe) = &run.probe else {
            continue;
        };
        match run.seen() {
            Some(Observation::Token(seen)) => {
                checks.extend(Token::new(org, run, (probe, seen)).checks(now));
            }
            _ => checks.push(Check::skipped(
                HERE,
                run.name(),
                "the org cannot be reached",
            )),
        }
    }
    if checks.is_empty() {
        let why = "none to look at: set ACCESS_TOKEN, or add a `token` probe";
        checks.push(Check::skipped(HERE, "tokens", why));
    }
    checks
}

/// One token and what is known of it.
struct Token<'a> {
    name: &'a str,
    says: Option<AccessToken>,
    seen: &'a token::Seen,
    introspects: bool,
    /// Its issuer is a server of this org; `None` where it names none.
    ours: Option<bool>,
    failure: Option<(&'a Failure, Part)>,
}

impl<'a> Token<'a> {
    fn new(org: &Asked, run: &'a Run, (probe, seen): (&token::Probe, &'a token::Seen)) -> Self {
        let says = probe.decode();
        let issuer = match &says {
            Some(AccessToken::Jwt(claims)) => claims.iss.as_deref(),
            _ => None,
        };
        let origin = Url::parse(&org.url.to_string()).ok();
        let ours = issuer
            .zip(origin)
            .map(|(issuer, origin)| AuthorizationServer::of_issuer(issuer, &origin).is_some());
        let asked = run.last().map(|exchange| exchange.api.as_ref());
        let failed_at = |failure: &Failure| match (failure, asked) {
            (Failure::Mismatch(_), _) => Part::Issuer,
            _ if says.is_none() => Part::Payload,
            (_, None | Some("introspect")) => Part::Introspection,
            _ => Part::Key,
        };
        Self {
            name: run.name(),
            failure: run.failure().map(|failure| (failure, failed_at(failure))),
            says,
            ours,
            seen,
            introspects: probe.introspects(),
        }
    }

    fn checks(&self, now: Timestamp) -> Vec<Check> {
        let findings = probe_findings(self.seen, now);
        let parts = [
            (Part::Payload, self.payload()),
            (Part::Expiry, self.expiry(now)),
            (Part::Scopes, self.scopes()),
            (
                Part::Issuer,
                self.matches(Part::Issuer, self.seen.issuer_matches),
            ),
            (
                Part::Audience,
                self.matches(Part::Audience, self.seen.audience_matches),
            ),
            (Part::Introspection, self.introspection()),
            (Part::Key, self.key()),
        ];
        let mut checks = Vec::new();
        for (part, otherwise) in parts {
            let name = self.name_of(part);
            let failed = self.failure.filter(|(_, at)| *at == part);
            let found = findings.iter().filter(|f| Part::of(f.fact) == Some(part));
            let wrong: Vec<Check> = failed
                .map(|(failure, _)| Check::failed(HERE, &name, (failure, "token")))
                .into_iter()
                .chain(found.map(|finding| Check::found(HERE, &name, finding)))
                .collect();
            if wrong.is_empty() {
                checks.push(otherwise);
            } else {
                // What is known is known all the same.
                checks.extend(wrong.into_iter().map(|check| {
                    Check {
                        facts: [check.facts, otherwise.facts.clone()]
                            .into_iter()
                            .flatten()
                            .collect(),
                        ..check
                    }
                }));
            }
        }
        checks
    }

    fn name_of(&self, part: Part) -> String {
        format!("{} {}", self.name, part.word())
    }

    fn ok(&self, part: Part, says: impl Into<String>) -> Check {
        Check::healthy(HERE, &self.name_of(part), says)
    }

    fn unknown(&self, part: Part, why: &str) -> Check {
        Check::skipped(HERE, &self.name_of(part), why)
    }

    fn payload(&self) -> Check {
        match &self.says {
            None => self.unknown(Part::Payload, "it cannot be read"),
            Some(AccessToken::Opaque) => {
                self.ok(Part::Payload, "opaque: only its server knows what it means")
            }
            Some(AccessToken::Jwt(claims)) => self.claims(claims),
        }
    }

    fn claims(&self, claims: &Claims) -> Check {
        let Claims {
            kid,
            alg,
            iss,
            aud,
            cid,
            ..
        } = claims;
        let part = |name: &str, value: Option<&String>| Some(format!("{name} {}", value?));
        let audiences = (!aud.is_empty()).then(|| list(aud));
        let parts = [
            part("from", iss.as_ref()),
            part("for", audiences.as_ref()),
            part("to the client", cid.as_ref()),
            part("signed", alg.as_ref()),
            part("with key", kid.as_ref()),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        self.ok(Part::Payload, parts.join(", "))
            .fact("iss", iss)
            .fact("aud", aud)
            .fact("cid", cid)
            .fact("alg", alg)
            .fact("kid", kid)
    }

    fn expiry(&self, now: Timestamp) -> Check {
        let token::Seen {
            expires,
            issued,
            not_before,
            ..
        } = self.seen;
        let check = match expires {
            None => self.unknown(Part::Expiry, "it does not say, and was not introspected"),
            Some(end) => {
                let left = Duration::try_from(end.duration_since(now)).unwrap_or_default();
                let says = format!("in {}, at {end}", span(left));
                if left > RENEWED {
                    self.ok(Part::Expiry, says)
                } else {
                    let what = says + ": it should have been renewed by now";
                    let soon = Finding::new(Fact::TokenExpired, what);
                    Check {
                        verdict: Verdict::Degraded,
                        ..Check::found(HERE, &self.name_of(Part::Expiry), &soon)
                    }
                }
            }
        };
        check
            .fact("expires", expires)
            .fact("issued", issued)
            .fact("not_before", not_before)
            .fact(
                "seconds_left",
                expires.map(|end| end.duration_since(now).as_secs()),
            )
    }

    fn scopes(&self) -> Check {
        let Some(scopes) = &self.seen.scopes else {
            return self.unknown(Part::Scopes, "it does not say, and was not introspected");
        };
        let says = if scopes.is_empty() {
            "none".to_owned()
        } else {
            list(scopes)
        };
        let required = Some(&self.seen.required).filter(|required| !required.is_empty());
        self.ok(Part::Scopes, says)
            .fact("scopes", scopes)
            .fact("required", required.map(|required| required.to_vec()))
    }

    fn matches(&self, part: Part, matches: Option<bool>) -> Check {
        if matches.is_some() {
            return self.ok(part, "as expected");
        }
        match (part, self.ours) {
            (Part::Issuer, Some(true)) => self.ok(part, "an authorization server of this org"),
            (Part::Issuer, _) => self.unknown(part, "not compared: name it as `expect.issuer`"),
            _ => self.unknown(part, "not compared: name it as `expect.audience`"),
        }
    }

    fn introspection(&self) -> Check {
        match self.seen.active {
            Some(active) => {
                let says = if active { "active" } else { "inactive" };
                self.ok(Part::Introspection, says).fact("active", active)
            }
            None if self.introspects => self.unknown(Part::Introspection, "not asked"),
            None => self.unknown(
                Part::Introspection,
                "not asked: set CLIENT_ID and CLIENT_SECRET, or `introspect`",
            ),
        }
    }

    fn key(&self) -> Check {
        let says = match (self.seen.key_published, self.seen.signature_valid) {
            (Some(_), Some(_)) => "published, and the signature verifies",
            (Some(_), None) => "published",
            (None, _) => {
                let why = match self.failure {
                    Some(_) => "not looked at, for what failed above",
                    None => "not public: only custom authorization servers publish theirs",
                };
                return self.unknown(Part::Key, why);
            }
        };
        self.ok(Part::Key, says)
            .fact("published", self.seen.key_published)
            .fact("signature_valid", self.seen.signature_valid)
    }
}

fn probe_findings(seen: &token::Seen, now: Timestamp) -> Vec<Finding> {
    crate::probe::Seen::findings(seen, now)
}
