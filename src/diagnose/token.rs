//! A watched token: what it says, whether it is in its time, for whom it is, whether Okta honours
//! it, and whether its key is published.

use std::time::Duration;

use super::{
    aspect::Aspect,
    check::{Check, Section, Verdict},
    round::{Asked, Run},
    wording::{list, span},
};
use crate::{
    guide::{Fact, Finding},
    okta::{AccessToken, AuthorizationServer, Claims, Failure},
    probe::{Probe, token},
    units::OktaTime,
};

const HERE: Section = Section::Tokens;

/// How long before its end a token's user should have a new one.
const RENEWED: Duration = Duration::from_mins(1);

pub(super) fn checks(org: &Asked, now: OktaTime) -> Vec<Check> {
    let mut checks = Vec::new();
    for run in &org.runs {
        let Probe::Token(probe) = &run.probe else {
            continue;
        };
        match run.observation::<token::Probe>() {
            Some(seen) => {
                checks.extend(Token::new(run, (probe, seen)).checks(now));
            }
            None => checks.push(Check::skipped(
                HERE,
                run.name(),
                "the org cannot be reached",
            )),
        }
    }
    if checks.is_empty() {
        let why = "none to check: set ACCESS_TOKEN, or add a `token` probe";
        checks.push(Check::skipped(HERE, "tokens", why));
    }
    checks
}

/// One token and what is known of it.
struct Token<'a> {
    name: &'a str,
    says: Option<&'a AccessToken>,
    seen: &'a token::Observation,
    introspects: bool,
    /// The server of this org that is its issuer, as far as it names one of them.
    issuer: Option<AuthorizationServer>,
    failure: Option<(&'a Failure, Aspect)>,
}

impl<'a> Token<'a> {
    fn new(run: &'a Run, (probe, seen): (&token::Probe, &'a token::Observation)) -> Self {
        let says = run.says.as_ref();
        let asked = run.last().map(|exchange| exchange.api.as_ref());
        let failed_at = |failure: &Failure| match (failure, asked) {
            (Failure::Mismatch(_), _) => Aspect::Issuer,
            _ if says.is_none() => Aspect::Payload,
            (_, None | Some("introspect")) => Aspect::Introspection,
            _ => Aspect::Key,
        };
        Self {
            name: run.name(),
            failure: run.failure().map(|failure| (failure, failed_at(failure))),
            says,
            issuer: seen.server.clone(),
            seen,
            introspects: probe.introspects(),
        }
    }

    fn checks(&self, now: OktaTime) -> Vec<Check> {
        let findings = self.seen.findings(now);
        let aspects = [
            (Aspect::Payload, self.payload()),
            (Aspect::Expiry, self.expiry(now)),
            (Aspect::Scopes, self.scopes()),
            (
                Aspect::Issuer,
                self.matches(Aspect::Issuer, self.seen.issuer_matches()),
            ),
            (
                Aspect::Audience,
                self.matches(Aspect::Audience, self.seen.audience_matches()),
            ),
            (Aspect::Introspection, self.introspection()),
            (Aspect::Key, self.key()),
        ];
        let mut checks = Vec::new();
        for (aspect, otherwise) in aspects {
            let name = self.name_of(aspect);
            let failed = self.failure.filter(|(_, at)| *at == aspect);
            let found = findings
                .iter()
                .filter(|f| Aspect::of(f.fact) == Some(aspect));
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

    fn name_of(&self, aspect: Aspect) -> String {
        format!("{} {}", self.name, aspect.as_str())
    }

    fn ok(&self, aspect: Aspect, says: impl Into<String>) -> Check {
        Check::healthy(HERE, &self.name_of(aspect), says)
    }

    fn unknown(&self, aspect: Aspect, why: &str) -> Check {
        Check::skipped(HERE, &self.name_of(aspect), why)
    }

    fn payload(&self) -> Check {
        match self.says {
            None => self.unknown(Aspect::Payload, "it cannot be read"),
            Some(AccessToken::Opaque) => self.ok(
                Aspect::Payload,
                "opaque: only its server knows what it means",
            ),
            Some(AccessToken::Encrypted) => {
                self.ok(Aspect::Payload, "encrypted: only its server can read it")
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
        self.ok(Aspect::Payload, parts.join(", "))
            .fact("iss", iss)
            .fact("aud", aud)
            .fact("cid", cid)
            .fact("alg", alg)
            .fact("kid", kid)
    }

    fn expiry(&self, now: OktaTime) -> Check {
        let token::Observation {
            expires,
            issued,
            not_before,
            ..
        } = self.seen;
        let check = match expires {
            None => self.unknown(Aspect::Expiry, "it does not say, and was not introspected"),
            Some(end) => {
                let left = end.left_at(now);
                let says = format!("in {}, at {end}", span(left));
                if left > RENEWED {
                    self.ok(Aspect::Expiry, says)
                } else {
                    let what = says + ": it should have been renewed by now";
                    let soon = Finding::new(Fact::TokenExpired, what);
                    Check {
                        verdict: Verdict::Degraded,
                        ..Check::found(HERE, &self.name_of(Aspect::Expiry), &soon)
                    }
                }
            }
        };
        check
            .fact("expires", expires)
            .fact("issued", issued)
            .fact("not_before", not_before)
            .fact("seconds_left", expires.map(|end| end.since(now).as_secs()))
    }

    fn scopes(&self) -> Check {
        let Some(scopes) = &self.seen.scopes else {
            return self.unknown(Aspect::Scopes, "it does not say, and was not introspected");
        };
        let says = if scopes.is_empty() {
            "none".to_owned()
        } else {
            list(scopes)
        };
        let required = Some(&self.seen.required).filter(|required| !required.is_empty());
        self.ok(Aspect::Scopes, says)
            .fact("scopes", scopes)
            .fact("required", required.map(|required| required.to_vec()))
    }

    fn matches(&self, aspect: Aspect, matches: Option<bool>) -> Check {
        if matches.is_some() {
            return self.ok(aspect, "as expected");
        }
        match (aspect, &self.issuer) {
            (Aspect::Issuer, Some(_)) => self.ok(aspect, "an authorization server of this org"),
            (Aspect::Issuer, _) => self.unknown(aspect, "not compared: name it as `expect.issuer`"),
            _ => self.unknown(aspect, "not compared: name it as `expect.audience`"),
        }
    }

    fn introspection(&self) -> Check {
        match self.seen.active {
            Some(active) => {
                let says = if active { "active" } else { "inactive" };
                self.ok(Aspect::Introspection, says).fact("active", active)
            }
            None if self.introspects => self.unknown(Aspect::Introspection, "not asked"),
            None => self.unknown(
                Aspect::Introspection,
                "not asked: set CLIENT_ID and CLIENT_SECRET, or `introspect`",
            ),
        }
    }

    /// True for a token of a server that publishes its keys, if it does not say which is its own.
    fn lacks_a_kid(&self) -> bool {
        let names_none =
            matches!(&self.says, Some(AccessToken::Jwt(claims)) if claims.kid.is_none());
        names_none
            && self
                .issuer
                .as_ref()
                .is_some_and(AuthorizationServer::is_custom)
    }

    fn key(&self) -> Check {
        if let Some(answers) = self.seen.answers_without_key() {
            let what = format!(
                "not in the key set that {answers} answers held: where the key is new, nodes of Okta's edge may lag; \
                 look again in some minutes"
            );
            return Check {
                verdict: Verdict::Degraded,
                ..Check::found(
                    HERE,
                    &self.name_of(Aspect::Key),
                    &Finding::new(Fact::KeyNotPublished, what),
                )
            };
        }
        let says = match (self.seen.key_published, self.seen.signature_valid) {
            (Some(_), Some(_)) => "published, and the signature verifies",
            (Some(_), None) => "published",
            (None, _) => {
                let why = match self.failure {
                    Some(_) => "not looked at, for what failed above",
                    None if self.lacks_a_kid() => {
                        "the token names none (no `kid`): nobody can tell which one signed it"
                    }
                    None => "not public: only custom authorization servers publish theirs",
                };
                return self.unknown(Aspect::Key, why);
            }
        };
        self.ok(Aspect::Key, says)
            .fact("published", self.seen.key_published)
            .fact("signature_valid", self.seen.signature_valid)
    }
}
