//! The access tokens that credentials mint for themselves: when they expire, how they were come
//! by, and which scopes they lack. Tokens that others use are a probe's.

use crate::{
    metrics::{Family, Page},
    okta::{Credential, TokenStatus},
};

const CREDENTIAL: &[&str] = &["org", "credential"];
const EXPIRY: Family = Family::gauge(
    "okta_credential_token_expiry_timestamp_seconds",
    "When the access token that the credential holds expires; absent where it holds none.",
    CREDENTIAL,
);
const REQUESTS: Family = Family::counter(
    "okta_credential_token_requests_total",
    "Times the credential needed an access token: minted, cached (it was at hand) or failed.",
    &["org", "credential", "result"],
);
const MISSING_SCOPE: Family = Family::gauge(
    "okta_credential_missing_scope",
    "1 if the credential asks for this scope and Okta did not grant it, 0 if it did.",
    &["org", "credential", "scope"],
);

/// Every family drawn here.
pub(super) const FAMILIES: [&Family; 3] = [&EXPIRY, &REQUESTS, &MISSING_SCOPE];

/// Writes the series of one credential; there are none for one that mints no tokens.
pub(super) fn draw(org: &str, credential: &Credential, page: &mut Page) {
    let Some(app) = credential.app() else { return };
    let TokenStatus {
        expires,
        minted,
        cached,
        failed,
        granted,
    } = app.token_status();
    let labels = [org, credential.name.as_str()];
    page.push_some(&EXPIRY, &labels, expires.map(|end| end.as_second() as f64));
    for (result, count) in [("minted", minted), ("cached", cached), ("failed", failed)] {
        page.push(&REQUESTS, &[labels[0], labels[1], result], count as f64);
    }
    let Some(granted) = granted else { return };
    let missing = app.missing(&granted);
    for scope in app.scopes() {
        let lacks = missing.contains(scope);
        page.push(
            &MISSING_SCOPE,
            &[labels[0], labels[1], scope],
            f64::from(lacks),
        );
    }
}
