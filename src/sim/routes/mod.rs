//! From a request to its answer: record, fault, edge, caller, limit, resource, in this order.

mod management;
mod metadata;
mod oauth;
mod rate_limits;
mod token;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::response::Response;
use http::header::WWW_AUTHENTICATE;
use http::{HeaderMap, HeaderName, Method, StatusCode};
use jiff::Timestamp;

use super::answer::Answer;
use super::credentials::{Grant, Presented, Principal};
use super::limits::Verdict;
use super::okta::{Okta, World};
use super::proof::{About, Refused};
use super::record::Received;

/// Forms sent to Okta are short; what is longer is no form.
const LONGEST_FORM: usize = 64 * 1024;

/// One request, taken apart.
struct Call {
    method: Method,
    path: String,
    query: Option<String>,
    presented: Presented,
    form: Vec<(String, String)>,
    /// The `DPoP` header's lines.
    proofs: Vec<String>,
    now: Timestamp,
}

impl Call {
    fn form(&self, name: &str) -> Option<&str> {
        find(&self.form, name)
    }

    fn query(&self, name: &str) -> Option<String> {
        let pairs = url::form_urlencoded::parse(self.query.as_deref()?.as_bytes());
        pairs
            .into_owned()
            .find(|(key, _)| key == name)
            .map(|(_, value)| value)
    }
}

fn find<'a>(pairs: &'a [(String, String)], name: &str) -> Option<&'a str> {
    pairs
        .iter()
        .find(|(key, _)| key == name)
        .map(|(_, value)| value.as_str())
}

pub(super) fn router(okta: Okta) -> Router {
    Router::new().fallback(receive).with_state(okta)
}

async fn receive(State(okta): State<Okta>, request: Request) -> Response {
    let version = request.version();
    let call = read(&okta, request).await;
    let (who, fault, held) = {
        let mut world = okta.world();
        let who = world.caller(&call).ok().map(|(who, _)| who);
        let fault = world.faults.bite(&call.path);
        let held = world.limits.reading(&call.path, who.as_ref(), call.now);
        (who, fault, held)
    };
    let number = okta.record().arrived(Received {
        at: call.now,
        version,
        method: call.method.to_string(),
        path: call.path.clone(),
        query: call.query.clone(),
        principal: who.map(|who| who.name),
        status: None,
    });
    if let Some(delay) = fault.as_ref().and_then(super::Fault::delay) {
        tokio::time::sleep(delay).await;
    }
    let instead = fault
        .as_ref()
        .and_then(|fault| fault.answer(held, &call.path));
    let answer = instead.unwrap_or_else(|| okta.world().answer(&call));
    let answer = if call.path.starts_with("/api/") {
        answer.cookies()
    } else {
        answer
    };
    let mut answer = answer.stamped(okta.now());
    if let Some(fault) = &fault {
        fault.alter(answer.response_mut().headers_mut());
    }
    let status = answer.status();
    okta.record()
        .amend(number, |request| request.status = Some(status));
    answer.into_response()
}

async fn read(okta: &Okta, request: Request) -> Call {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, LONGEST_FORM).await.unwrap_or_default();
    Call {
        presented: Presented::read(&head.headers),
        proofs: proofs(&head.headers),
        method: head.method,
        path: head.uri.path().to_owned(),
        query: head.uri.query().map(str::to_owned),
        form: url::form_urlencoded::parse(&body).into_owned().collect(),
        now: okta.now(),
    }
}

fn proofs(headers: &HeaderMap) -> Vec<String> {
    let lines = headers.get_all("dpop").iter();
    lines
        .map(|line| String::from_utf8_lossy(line.as_bytes()).into_owned())
        .collect()
}

/// Why a caller of the Management API is not let in.
enum Stranger {
    NoCredential,
    DeadToken,
    Bearer(super::tokens::Refusal),
}

impl World {
    fn answer(&mut self, call: &Call) -> Answer {
        let segments: Vec<&str> = call.path.split('/').skip(1).collect();
        let method = if let ["oauth2", .., "introspect" | "token"] = segments.as_slice() {
            Method::POST
        } else {
            Method::GET
        };
        match segments.as_slice() {
            [".well-known" | "oauth2", ..] | ["api", "v1", ..] if call.method != method => {
                Answer::edge_wrong_method()
            }
            [".well-known", "okta-organization"] => {
                self.limited(call, None, |world| metadata::organization(world))
            }
            [".well-known", document] => metadata::discovery(self, super::ORG, document),
            ["oauth2", "v1", "keys"] => metadata::keys(self, super::ORG, call.now),
            ["oauth2", "v1", "token"] => token::token(self, super::ORG, call),
            ["oauth2", "v1", "introspect"] => oauth::introspect(self, super::ORG, call),
            ["oauth2", server, ..] if !self.has_server(server) || *server == super::ORG => {
                Answer::not_found(&format!("{server} (AuthorizationServer)"))
            }
            ["oauth2", server, ".well-known", document] => {
                metadata::discovery(self, server, document)
            }
            ["oauth2", server, "v1", "keys"] => metadata::keys(self, server, call.now),
            ["oauth2", server, "v1", "token"] => token::token(self, server, call),
            ["oauth2", server, "v1", "introspect"] => oauth::introspect(self, server, call),
            ["oauth2", ..] => Answer::not_found(&call.path),
            ["api", "v1", rest @ ..] => self.management(call, rest),
            _ => Answer::edge_not_found(),
        }
    }

    fn management(&mut self, call: &Call, rest: &[&str]) -> Answer {
        let (who, grant) = match self.caller(call) {
            Ok(caller) => caller,
            Err(Stranger::Bearer(refusal)) => {
                let told = ("invalid_token", refusal.description());
                return self.challenge(call, StatusCode::UNAUTHORIZED, told);
            }
            Err(Stranger::NoCredential | Stranger::DeadToken) => return Answer::invalid_token(),
        };
        if let Some(refused) = self.unproved(call) {
            return refused;
        }
        if self
            .org
            .unlicensed
            .iter()
            .any(|path| call.path.starts_with(path))
        {
            return Answer::not_licensed();
        }
        self.limited(call, Some(&who), |world| {
            if management::scope(rest).is_none_or(|scope| grant.allows(scope)) {
                return management::resource(world, call, rest);
            }
            if let Presented::Bearer(_) | Presented::Dpop(_) = call.presented {
                let description = "The access token provided does not contain the required scopes.";
                return world.challenge(
                    call,
                    StatusCode::FORBIDDEN,
                    ("insufficient_scope", description),
                );
            }
            Answer::role_lacks_permission()
        })
    }

    /// Charges the request to its bucket, and answers if there was room. Whatever is answered then
    /// has cost one request and shows the bucket.
    fn limited(
        &mut self,
        call: &Call,
        who: Option<&Principal>,
        answer: impl FnOnce(&mut Self) -> Answer,
    ) -> Answer {
        match self.limits.take(&call.path, who, call.now) {
            Verdict::Pass(reading) => answer(self).limits(reading),
            Verdict::Refuse(reading) => Answer::too_many_requests().limits(reading),
        }
    }

    /// The caller of the Management API, and what it may read.
    fn caller(&self, call: &Call) -> Result<(Principal, Grant), Stranger> {
        match &call.presented {
            Presented::Ssws(value) => {
                let known = self
                    .org
                    .api_tokens
                    .iter()
                    .find(|token| token.value == *value);
                let token = known
                    .filter(|token| token.alive)
                    .ok_or(Stranger::DeadToken)?;
                Ok((token.principal.clone(), token.grant.clone()))
            }
            Presented::Bearer(value) | Presented::Dpop(value) => self
                .tokens
                .bearer(value, call.now)
                .map_err(Stranger::Bearer),
            Presented::Nothing | Presented::Basic { .. } => Err(Stranger::NoCredential),
        }
    }

    /// The refusal of a bound token that comes without a proof of the key that it is bound to.
    fn unproved(&mut self, call: &Call) -> Option<Answer> {
        let (Presented::Bearer(token) | Presented::Dpop(token)) = &call.presented else {
            return None;
        };
        let key = self.tokens.bound_to(token)?;
        if matches!(call.presented, Presented::Bearer(_)) {
            let told = (
                "invalid_request",
                "The resource request requires a DPoP proof.",
            );
            return Some(self.challenge(call, StatusCode::BAD_REQUEST, told));
        }
        let about = About {
            method: call.method.as_str(),
            url: &format!("{}{}", self.url, call.path),
            token: Some(token),
            nonce: self.proofs.at_resources,
            now: call.now,
        };
        let proof = call.proofs.first().map_or("", String::as_str);
        let told = match self.proofs.possession(proof, &about) {
            Ok(thumbprint) if thumbprint == key => return None,
            Ok(_) => {
                let words =
                    "The DPoP proof JWT is signed with another key than the token is bound to.";
                ("invalid_dpop_proof", words)
            }
            Err(Refused::Proof(words)) => ("invalid_dpop_proof", words),
            Err(Refused::Nonce) => {
                let words = "Resource server requires nonce in DPoP proof.";
                ("use_dpop_nonce", words)
            }
        };
        let answer = self.challenge(call, StatusCode::UNAUTHORIZED, told);
        Some(match told.0 {
            "use_dpop_nonce" => {
                answer.with(HeaderName::from_static("dpop-nonce"), &self.proofs.nonce)
            }
            _ => answer,
        })
    }

    /// Okta's way to refuse an access token: an empty body, everything in the challenge.
    fn challenge(&self, call: &Call, status: StatusCode, told: (&str, &str)) -> Answer {
        let (url, path, (error, description)) = (&self.url, &call.path, told);
        let rest: Vec<&str> = path.split('/').skip(3).collect();
        let scope = management::scope(&rest).unwrap_or_default();
        let scheme = match call.presented {
            Presented::Dpop(_) => "DPoP algs=\"RS256 RS384 RS512 ES256 ES384 ES512\",",
            _ => "Bearer",
        };
        let challenge = format!(
            "{scheme} authorization_uri=\"{url}/oauth2/v1/authorize\", realm=\"{url}\", \
             scope=\"{scope}\", error=\"{error}\", error_description=\"{description}\", \
             resource=\"{path}\""
        );
        Answer::new(status, "").with(WWW_AUTHENTICATE, &challenge)
    }
}
