//! Which scope an access token needs to read a path of the Management API, and which scopes stand
//! in for others. Whether a token has it is compared by [`Credential`](super::Credential).

use std::collections::BTreeSet;

use super::path;

/// The GETs of the Management API below `/api/v1` as Okta publishes them (2026.06), each with the
/// scope that reads it; `-` where several would do, or where it is not known for sure.
const TABLE: &str = include_str!("data/scopes.txt");

/// The scope that a GET of this path needs; `None` where it needs none or that is not known. Only a
/// path that Okta publishes is known: what lies below one may need another scope, so it is asked,
/// and Okta tells.
pub fn needed(path: &str) -> Option<&'static str> {
    let path = path::normal(path);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let asked: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let ["api", "v1", asked @ ..] = asked.as_slice() else {
        return None;
    };
    let rows = TABLE.lines().filter_map(|line| line.split_once(' '));
    let fitting = rows.filter_map(|(pattern, scope)| Some((literals(pattern, asked)?, scope)));
    let (_, scope) = fitting.max_by_key(|(literals, _)| *literals)?;
    Some(scope).filter(|scope| *scope != "-")
}

/// How many segments a pattern has letter by letter in common with a path that it fits: the more,
/// the better, since `idps/credentials/keys` is no identity provider called `credentials`.
fn literals(pattern: &str, asked: &[&str]) -> Option<usize> {
    let parts: Vec<&str> = pattern.split('/').collect();
    let wildcard = |part: &&str| part.starts_with('{');
    let same = |(part, asked): (&&str, &&str)| wildcard(part) || part == asked;
    let fits = parts.len() == asked.len() && parts.iter().zip(asked).all(same);
    fits.then(|| parts.iter().filter(|part| !wildcard(part)).count())
}

/// True if these scopes hold this one. Whoever may manage a thing is taken to be able to read it:
/// better a request too many than a probe that is held back for nothing.
pub fn cover<'a>(scopes: impl IntoIterator<Item = &'a String>, scope: &str) -> bool {
    let managing = scope
        .strip_suffix(".read")
        .map(|thing| format!("{thing}.manage"));
    scopes
        .into_iter()
        .any(|held| held == scope || Some(held) == managing.as_ref())
}

/// Of the scopes that were asked for, which were not granted.
pub(super) fn missing(asked: &[String], granted: &BTreeSet<String>) -> Vec<String> {
    let lacks = |scope: &&String| !cover(granted, scope);
    asked.iter().filter(lacks).cloned().collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Every scope of Okta's own API, as published.
    const PUBLISHED: &str = include_str!("../../tests/fixtures/okta/scopes.txt");

    #[test]
    fn a_path_needs_the_scope_of_what_it_reads() {
        for (path, scope) in [
            ("/api/v1/users?limit=1", Some("okta.users.read")),
            ("/api/v1/users/00u1/groups", Some("okta.users.read")),
            ("/api/v1/apps/0oa1/credentials/keys", Some("okta.apps.read")),
            ("/api/v1/apps/0oa1/grants", Some("okta.appGrants.read")),
            (
                "/api/v1/apps/0oa1/interclient-allowed-apps",
                Some("okta.apps.interclientTrust.read"),
            ),
            (
                "/api/v1/apps/0oa1/interclient-target-apps",
                Some("okta.apps.interclientTrust.read"),
            ),
            ("/api/v1/idps/credentials/keys", Some("okta.idps.read")),
            ("/api/v1/org/captcha", Some("okta.captchas.read")),
            ("/api/v1/org/privacy/aerial", Some("okta.orgs.manage")),
            ("/api/v1/logs", Some("okta.logs.read")),
            (
                "/api/v1/rate-limit-settings/per-client",
                Some("okta.rateLimits.read"),
            ),
            (
                "/api/v1/principal-rate-limits?filter=x",
                Some("okta.principalRateLimits.read"),
            ),
            ("/api/v1/api-tokens", Some("okta.apiTokens.read")),
            ("/api/v1/users/00u1/factors", None),
            ("/api/v1", None),
            ("/oauth2/v1/keys", None),
            ("/oauth2/v1/introspect", None),
            ("/.well-known/okta-organization", None),
        ] {
            assert_eq!(needed(path), scope, "{path}");
        }
    }

    #[test]
    fn every_published_path_needs_the_scope_that_stands_there_and_what_is_below_is_asked() {
        for line in TABLE.lines() {
            let (pattern, scope) = line.split_once(' ').unwrap();
            let path = format!("/api/v1/{}", pattern.replace("{id}", "00x1"));
            let known = Some(scope).filter(|scope| *scope != "-");
            assert_eq!(needed(&path), known, "{path}");
            assert_eq!(needed(&format!("{path}/of-tomorrow/x/y")), None, "{path}");
        }
        for new in ["something-new", "users-of-tomorrow", "org/something-new"] {
            assert_eq!(needed(&format!("/api/v1/{new}")), None, "{new}");
        }
    }

    #[test]
    fn the_table_names_each_path_once_and_only_scopes_that_okta_publishes() {
        let published: BTreeSet<&str> = PUBLISHED.lines().collect();
        let mut patterns = BTreeSet::new();
        for line in TABLE.lines() {
            let (pattern, scope) = line.split_once(' ').unwrap();
            assert!(!pattern.starts_with('/'), "{line}");
            assert!(patterns.insert(pattern), "{line} stands there twice");
            assert!(scope == "-" || published.contains(scope), "{line}");
        }
        assert!(patterns.len() > 250);
    }

    /// Where a path is not called as the scope that reads it, by its beginning or its end.
    const CALLED_OTHERWISE: [(&str, &str); 10] = [
        ("device-assurances", "okta.deviceAssurance.read"),
        ("mappings", "okta.profileMappings.read"),
        ("rate-limit-settings", "okta.rateLimits.read"),
        ("threats", "okta.threatInsights.read"),
        ("zones", "okta.networkZones.read"),
        ("org/captcha", "okta.captchas.read"),
        ("apps/{id}/grants", "okta.appGrants.read"),
        ("brands/{id}/templates", "okta.templates.read"),
        ("users/{id}/risk", "okta.userRisk.read"),
        // Read by whoever may manage it, and by nobody else.
        ("org/privacy/aerial", "okta.orgs.manage"),
    ];

    /// Published, and no path is called so.
    const OF_NO_PATH: [&str; 13] = [
        "okta.accessRequests.tasks.read",
        "okta.botProtection.read",
        "okta.certificateAuthorities.read",
        "okta.customTelephonyProvider.read",
        "okta.directories.groups.read",
        "okta.events.read",
        "okta.oauthIntegrations.read",
        "okta.personal.adminSettings.read",
        "okta.reports.read",
        "okta.riskProviders.read",
        "okta.serviceAccounts.okta.read",
        "okta.serviceAccounts.read",
        "okta.userTypes.read",
    ];

    /// What a scope is about, in lower case: of `okta.logStreams.read` it is `logstreams`.
    fn thing(scope: &str) -> String {
        scope.split('.').nth(1).unwrap_or_default().to_lowercase()
    }

    /// What the segments of a path are called, as scopes would call it.
    fn names(pattern: &str) -> impl Iterator<Item = String> {
        let literals = pattern.split('/').filter(|part| !part.starts_with('{'));
        literals.map(|part| part.replace('-', "").to_lowercase())
    }

    /// Okta publishes its scopes by name; which paths they read is in its API's description, of which
    /// the table was made. What the names can tell is compared here.
    #[test]
    fn a_path_is_called_as_the_scope_that_reads_it_and_each_scope_has_its_path() {
        let things: BTreeSet<String> = PUBLISHED.lines().map(thing).collect();
        let called = |pattern: &str| {
            names(pattern).find_map(|name| {
                let many = format!("{name}s");
                [name, many].into_iter().find(|name| things.contains(name))
            })
        };
        for line in TABLE.lines() {
            let (pattern, scope) = line.split_once(' ').unwrap();
            let below = |(begins, _): &&(&str, &str)| {
                let rest = pattern.strip_prefix(*begins);
                rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
            };
            let otherwise = CALLED_OTHERWISE.iter().filter(below);
            match otherwise.max_by_key(|(begins, _)| begins.len()) {
                Some((_, expected)) => assert_eq!(scope, *expected, "{pattern}"),
                None if scope == "-" => {}
                None => {
                    assert_eq!(scope.rsplit('.').next(), Some("read"), "{line}");
                    assert_eq!(called(pattern), Some(thing(scope)), "{line}");
                }
            }
        }
        let paths: BTreeSet<String> = TABLE
            .lines()
            .flat_map(|line| names(line.split_once(' ').unwrap().0).collect::<Vec<_>>())
            .collect();
        let read = |scope: &&str| {
            let stands = TABLE
                .lines()
                .any(|line| line.ends_with(&format!(" {scope}")));
            stands || paths.contains(&thing(scope))
        };
        let reading = PUBLISHED.lines().filter(|scope| scope.contains(".read"));
        let of_none: Vec<&str> = reading.filter(|scope| !read(scope)).collect();
        assert_eq!(of_none, OF_NO_PATH);
    }

    #[test]
    fn a_path_is_looked_up_as_it_is_asked() {
        for (path, scope) in [
            ("/api/v1/users/../groups", Some("okta.groups.read")),
            ("/api/v1/./users?limit=1", Some("okta.users.read")),
            ("/api/v1/x/%2e%2E/logs", Some("okta.logs.read")),
            ("/api//v1/users", Some("okta.users.read")),
        ] {
            assert_eq!(needed(path), scope, "{path}");
        }
    }

    #[test]
    fn who_may_manage_may_read_and_not_the_other_way_round() {
        let held = ["okta.users.manage".to_owned(), "okta.logs.read".to_owned()];
        assert!(cover(&held, "okta.users.read"));
        assert!(cover(&held, "okta.logs.read"));
        assert!(!cover(&held, "okta.logs.manage"));
        assert!(!cover(&held, "okta.groups.read"));
        let granted = BTreeSet::from(["okta.logs.read".to_owned()]);
        assert_eq!(missing(&held, &granted), ["okta.users.manage"]);
    }

    proptest! {
        #[test]
        fn any_path_is_looked_up(path in any::<String>()) {
            needed(&path);
        }
    }
}
