//! Which events tell that somebody was not let in: users who sign in, and clients that are refused a
//! token.

use super::keys::OTHER;
use crate::okta::event::{Event, EventOutcome, EventReason};

/// Types by which one comes in, in the order of the alphabet.
pub(super) const TYPES: [&str; 39] = [
    "app.generic.unauth_app_access_attempt",
    "app.oauth2.as.authorize",
    "app.oauth2.as.authorize.code",
    "app.oauth2.as.authorize.implicit.access_token",
    "app.oauth2.as.authorize.implicit.id_token",
    "app.oauth2.as.token.grant",
    "app.oauth2.as.token.grant.access_token",
    "app.oauth2.as.token.grant.device_secret",
    "app.oauth2.as.token.grant.id_token",
    "app.oauth2.as.token.grant.interclient_token",
    "app.oauth2.as.token.grant.refresh_token",
    "app.oauth2.authorize",
    "app.oauth2.authorize.code",
    "app.oauth2.authorize.implicit.access_token",
    "app.oauth2.authorize.implicit.id_token",
    "app.oauth2.invalid_client_credentials",
    "app.oauth2.signon",
    "app.oauth2.token.grant",
    "app.oauth2.token.grant.access_token",
    "app.oauth2.token.grant.id_token",
    "app.oauth2.token.grant.interclient_token",
    "app.oauth2.token.grant.refresh_token",
    "app.oauth2.token.grant.service_account",
    "policy.evaluate_sign_on",
    "user.authentication.auth",
    "user.authentication.auth_via_AD_agent",
    "user.authentication.auth_via_IDP",
    "user.authentication.auth_via_LDAP_agent",
    "user.authentication.auth_via_inbound_SAML",
    "user.authentication.auth_via_inbound_delauth",
    "user.authentication.auth_via_iwa",
    "user.authentication.auth_via_mfa",
    "user.authentication.auth_via_radius",
    "user.authentication.auth_via_richclient",
    "user.authentication.auth_via_social",
    "user.authentication.authenticate",
    "user.authentication.sso",
    "user.authentication.verify",
    "user.session.start",
];

/// Under which type an event is counted as an authentication that failed; `None` where it is none.
pub(super) fn failed(event: &Event) -> Option<&'static str> {
    // To be asked for a nonce is how DPoP begins. Since 2025 it is a challenge and no failure.
    if event.outcome != EventOutcome::Failure || event.reason == EventReason::DpopNonce {
        return None;
    }
    let known = TYPES.binary_search(&&*event.event_type).ok();
    known
        .and_then(|index| TYPES.get(index).copied())
        .or_else(|| {
            let grants = event.event_type.strip_prefix("app.oauth2.")?;
            grants.contains("token.grant").then_some(OTHER)
        })
}
