//! What each failure means and what mends it: one table for log lines and pages. It reads
//! failures and asks nothing.

use crate::okta::{Failure, LimitKind, Phase, Refusal};

/// What a failure means, in plain words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Advice {
    /// The most likely cause.
    pub cause: &'static str,
    /// What to do next.
    pub action: &'static str,
}

/// The advice for a failure.
pub fn advice(failure: &Failure) -> Advice {
    let (cause, action) = match failure {
        Failure::Dns { .. } => (
            "the org's name does not resolve here",
            "check the URL for a typing error, then this machine's resolver and its egress rules for DNS",
        ),
        Failure::Connect { .. } => (
            "no connection could be made",
            "check the route and the firewall to port 443, and the proxy variables (HTTPS_PROXY, NO_PROXY)",
        ),
        Failure::Tls { .. } => (
            "the certificate did not verify",
            "if a proxy inspects TLS here, give its CA as `ca_file`; else look at who answers under this name",
        ),
        Failure::Timeout { phase, .. } => timeout(*phase),
        Failure::Cut { .. } => (
            "the connection broke in the middle of the answer",
            "look at proxies and load balancers on the way; if it goes on, capture the time for Okta's support",
        ),
        Failure::TooLarge { .. } => (
            "the answer is larger than any that Okta sends here",
            "ask for less (`limit=1`), or look at what answers in Okta's place",
        ),
        Failure::Redirect(_) => (
            "the request was sent elsewhere",
            "configure the host that Okta redirects to; for a page behind a sign-in, there is nothing to read",
        ),
        Failure::InvalidBody(_) => (
            "something answered that is not what this endpoint sends",
            "open the same URL by hand: a sign-in page, a proxy's page or a changed format shows at once",
        ),
        Failure::Mismatch(_) => (
            "the answer contradicts the configuration",
            "mend the configuration as the message says; `--config.check` tells before a restart",
        ),
        Failure::Secret(_) => (
            "the secret cannot be used",
            "put it where the message looks for it; it is read again at the next run, no restart is needed",
        ),
        Failure::MissingScope(_) => (
            "the app was not granted a scope that this probe needs",
            "grant it where the message says; a new token is minted within minutes, no restart is needed",
        ),
        Failure::NoToken(why) => return no_token(&why.cause),
        Failure::Overlap => (
            "requests take longer than the interval",
            "lengthen the probe's interval or shorten its timeout; then look at Okta's latency",
        ),
        Failure::BreakerOpen => (
            "the org failed three times in a row and is left alone for a minute",
            "see the failures before this one; one light request decides when the others go on",
        ),
        Failure::Internal(_) => (
            "a fault in okta-exporter",
            "report it with this line; the other probes go on",
        ),
        Failure::Refused(refusal) => refused(refusal),
    };
    Advice { cause, action }
}

/// At a token endpoint some refusals mean something else than elsewhere.
fn no_token(cause: &Failure) -> Advice {
    let label = cause.refusal().and_then(|refusal| refusal.error.label());
    let (cause, action) = match label {
        Some("invalid_client") => (
            "Okta knows no such client, or not this key or secret of it; or the clocks differ",
            "compare client id and key id with Admin Console > Applications > the app > General; a key file that \
             changes is tried at once",
        ),
        Some("invalid_scope") => (
            "the app asks for a scope that does not exist here or that it was not granted",
            "compare `scopes` with Admin Console > Applications > the app > Okta API Scopes",
        ),
        Some("unauthorized_client" | "unsupported_grant_type") => (
            "the app may not use client credentials",
            "make an app of type API Services (Admin Console > Applications > Create App Integration)",
        ),
        _ => return advice(cause),
    };
    Advice { cause, action }
}

fn timeout(phase: Phase) -> (&'static str, &'static str) {
    match phase {
        Phase::Dns => (
            "the resolver does not answer",
            "look at this machine's resolver",
        ),
        Phase::Connect => (
            "the connection was not made in time: packets are dropped on the way",
            "check the egress firewall and the route to port 443",
        ),
        Phase::FirstByte | Phase::Body => (
            "Okta took the request and did not answer in time",
            "look at Okta's status for this cell; keep client timeouts at 30 s or more, as Okta advises",
        ),
    }
}

fn refused(refusal: &Refusal) -> (&'static str, &'static str) {
    match (refusal.status, refusal.error.label().unwrap_or_default()) {
        (429, _) => limited(refusal.limited),
        (_, "E0000011") => (
            "the API token is dead: revoked, unused for 30 days, or its owner was deactivated",
            "create a new token (Admin Console > Security > API > Tokens) and put it in the credential's file",
        ),
        (_, "E0000015") => (
            "the org's plan has no such feature; the token is fine",
            "drop the probe, or ask Okta to enable the feature",
        ),
        (_, "invalid_token") => (
            "the access token is expired, revoked or not for this org",
            "mint a new one; see that it is cached only until 60 s before `exp`, and that clocks agree",
        ),
        (_, "invalid_client") => (
            "the client id or secret is wrong, or the client may not authenticate this way",
            "compare both with Admin Console > Applications > the app > General > Client Credentials",
        ),
        (_, "insufficient_scope") => (
            "the access token lacks a scope that this endpoint needs",
            "grant it: Admin Console > Applications > the app > Okta API Scopes, then mint a new token",
        ),
        (_, "consent_required") => (
            "the app was granted none of the scopes it asked for",
            "grant them: Admin Console > Applications > the app > Okta API Scopes",
        ),
        (_, "invalid_dpop_proof") => (
            "the DPoP proof was refused",
            "check this machine's clock (NTP) and that the org URL has no trailing slash",
        ),
        (_, "E0000022") => ("the endpoint does not know this method", "check the path"),
        (404, "edge") => (
            "the edge answered, not the org: the host or path is not routed to an Okta cell",
            "check the org's URL; if it is right, look at Okta's status for this cell",
        ),
        (_, "edge") => (
            "the edge or a proxy answered, not the org",
            "look at proxies, WAF and network zones on the way; no request id means Okta's support cannot find it",
        ),
        (401, _) => (
            "Okta does not accept the credential",
            "check which credential the probe names, and that nothing on the way strips Authorization",
        ),
        (403, _) => (
            "the credential is known and may not do this: admin role, resource set or network zone",
            "give the token's owner (or the app) a role that may read this, such as Read-only Administrator",
        ),
        (404, _) => (
            "there is nothing at this path",
            "check the path and the ids in it",
        ),
        (503, "E0000010") => (
            "the org is in read-only mode",
            "look at Okta's status for this cell",
        ),
        (500.., _) => (
            "Okta failed",
            "look at Okta's status for this cell; open a ticket with the request id and the UTC time of this line",
        ),
        _ => (
            "Okta refused the request",
            "compare path and parameters with Okta's API reference",
        ),
    }
}

fn limited(kind: Option<LimitKind>) -> (&'static str, &'static str) {
    match kind {
        Some(LimitKind::Concurrency) => (
            "too many requests are in flight at once",
            "spread slow calls out; System Log `core.concurrency.org.limit.violation` names the callers",
        ),
        Some(LimitKind::Limit) => (
            "the bucket is empty until its reset",
            "find what spends it (Admin Console > Reports > Rate Limits), cache, filter on the server, spread calls",
        ),
        Some(LimitKind::Unknown) | None => (
            "a 429 that says nothing of a limit: the edge or a proxy limits",
            "look at what stands before the org, and ask Okta's support with the time of this line",
        ),
    }
}
