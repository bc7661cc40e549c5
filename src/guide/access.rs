//! Who may ask for what: credentials, scopes, roles, features.

use super::{
    case::{Case, Chapter, Risk},
    fact::Fact,
    sign::{Sign, code, status},
    symptom::FailureMode,
};

pub(super) const CHAPTER: Chapter = Chapter {
    title: "Credentials and permissions",
    cases: &[
        Case {
            slug: "public-document-refused",
            title: "A public document is refused",
            signs: &[
                Sign::Response(status(401).for_a_public_document()),
                Sign::Response(status(403).for_a_public_document()),
            ],
            cause: "anybody may read this document, so no credential and no role is at fault: a network zone that is \
                    blocked, a proxy, or a host that serves no org refuses",
            action: "open the same URL from another network; look at Admin Console > Security > Networks for blocked \
                     zones, and at proxies on the way",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: None,
        },
        Case {
            slug: "invalid-client",
            title: "The client does not prove who it is",
            signs: &[
                Sign::Response(code("invalid_client")),
                Sign::Response(code("unauthorized_client")),
                Sign::Response(status(401).from("/v1/introspect")),
                Sign::Response(status(401).from("/v1/token")),
            ],
            cause: "the client's id, secret or key is wrong, or it may not authenticate in this way",
            action: "compare them with Admin Console > Applications > the app > General > Client Credentials; a private key \
                     must be the one whose public half is there under its key id",
            takes: "15–30 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "no-credential",
            title: "No credential reached Okta",
            signs: &[
                Sign::Response(status(401).to_nobody()),
                Sign::Response(status(403).to_nobody()),
                Sign::Response(code("E0000005")),
                Sign::Response(status(401).without_a_word()),
            ],
            cause: "the request had no Authorization header when Okta read it",
            action: "name a credential for the probe; if it has one, look at proxies that strip the header",
            takes: "15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "dead-api-token",
            title: "The API token is dead",
            signs: &[Sign::Response(code("E0000011"))],
            cause: "no token of this org is written so: it was mistyped, belongs to another org, was revoked, was unused for 30 days, or its owner was deactivated; a dead one never comes back",
            action: "compare it with where it was copied from and with the org's URL; if they agree, create a new one (Admin Console > Security > API > Tokens) and put it in the credential's file",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "feature-not-licensed",
            title: "The org lacks the feature",
            signs: &[Sign::Response(code("E0000015"))],
            cause: "the org's plan has no such feature; the credential is fine, though the status is 401",
            action: "drop the probe, or ask Okta to enable the feature",
            takes: "5 min, or days",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "missing-scope",
            title: "The access token lacks a scope",
            signs: &[
                Sign::Response(code("insufficient_scope")),
                Sign::Failed(FailureMode::Scope),
                Sign::Known(Fact::ScopeMissing),
            ],
            cause: "the app was not granted the scope, or the token was requested without it",
            action: "grant it (Admin Console > Applications > the app > Okta API Scopes), ask for it, and mint a new token: \
                     old ones never gain it",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: Some("OktaTokenMissingScope"),
        },
        Case {
            slug: "app-not-granted",
            title: "The app was granted none of the scopes",
            signs: &[Sign::Response(code("consent_required"))],
            cause: "the app integration has no API access: none of the scopes that it asks for is granted",
            action: "grant them: Admin Console > Applications > the app > Okta API Scopes; a super admin can",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "unknown-scope",
            title: "There is no such scope",
            signs: &[Sign::Response(code("invalid_scope"))],
            cause: "a scope is misspelt, or belongs to another authorization server: only the org's own has `okta.*`",
            action: "compare each scope with Okta's list, and the token's server with the one that has them",
            takes: "5–15 min",
            risk: Risk::Low,
            alert: None,
        },
        Case {
            slug: "scopes-refused",
            title: "No rule grants the scopes that are asked for",
            signs: &[Sign::Response(code("access_denied").saying("scope"))],
            cause: "no access policy of the authorization server has a rule that gives this client these scopes, or at the \
                    org's own server none of them is granted",
            action: "custom server: Admin Console > Security > API > the server > Access Policies: a rule for this client, \
                     its grant type and these scopes; the org's: Applications > the app > Okta API Scopes",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: None,
        },
        Case {
            slug: "network-zone",
            title: "A policy refuses this address",
            signs: &[
                Sign::Response(code("access_denied")),
                Sign::Response(status(403).from("/v1/introspect")),
                Sign::Response(status(403).from("/v1/token")),
            ],
            cause: "a network zone or an access policy of the authorization server does not admit this client from here",
            action: "look at Admin Console > Security > Networks and at the policies of the authorization server",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: None,
        },
        Case {
            slug: "role-or-policy",
            title: "The role does not allow it",
            signs: &[
                Sign::Response(code("E0000006")),
                Sign::Response(status(403)),
            ],
            cause: "the credential is known and may not do this: admin role, resource set, group or policy",
            action: "give the token's owner (or the app) a role that may read this, such as Read-only Administrator",
            takes: "15–30 min",
            risk: Risk::Medium,
            alert: None,
        },
        Case {
            slug: "credential-refused",
            title: "Okta does not accept the credential",
            signs: &[Sign::Response(status(401))],
            cause: "the credential is not one that this endpoint takes; that it is dead was not said",
            action: "check which credential the probe names, and that it is this org's",
            takes: "15 min",
            risk: Risk::Low,
            alert: None,
        },
    ],
};
