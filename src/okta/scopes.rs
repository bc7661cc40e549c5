//! Which scope an access token needs to read a path of the Management API, and which scopes stand
//! in for others. Whether a token has it is compared by [`Credential`](super::Credential).

use std::collections::BTreeSet;

/// Paths below `/api/v1` with the scope that reads them; `-` where several would do, or where it
/// is not known for sure.
const TABLE: &str = include_str!("data/scopes.txt");

/// The scope that a GET of this path needs; `None` where it is not known or needs none. The
/// longest pattern counts, and takes what lies below it.
pub fn needed(path: &str) -> Option<&'static str> {
    let path = path.split(['?', '#']).next().unwrap_or_default();
    let asked: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let ["api", "v1", asked @ ..] = asked.as_slice() else {
        return None;
    };
    let begins = |pattern: &str| {
        let parts: Vec<&str> = pattern.split('/').collect();
        let same = |(part, asked): (&&str, &&str)| part.starts_with('{') || part == asked;
        let fits = parts.len() <= asked.len() && parts.iter().zip(asked).all(same);
        fits.then_some(parts.len())
    };
    let rows = TABLE.lines().filter_map(|line| line.split_once(' '));
    let fitting = rows.filter_map(|(pattern, scope)| Some((begins(pattern)?, scope)));
    let (_, scope) = fitting.max_by_key(|(length, _)| *length)?;
    Some(scope).filter(|scope| *scope != "-")
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

    #[test]
    fn a_path_needs_the_scope_of_what_it_reads() {
        for (path, scope) in [
            ("/api/v1/users?limit=1", Some("okta.users.read")),
            ("/api/v1/users/00u1/groups", Some("okta.users.read")),
            ("/api/v1/apps/0oa1/credentials/keys", Some("okta.apps.read")),
            ("/api/v1/apps/0oa1/grants", Some("okta.appGrants.read")),
            ("/api/v1/logs", Some("okta.logs.read")),
            (
                "/api/v1/rate-limit-settings/per-client",
                Some("okta.rateLimits.read"),
            ),
            (
                "/api/v1/rate-limit-settings/warning-threshold",
                Some("okta.rateLimits.read"),
            ),
            (
                "/api/v1/principal-rate-limits?filter=x",
                Some("okta.principalRateLimits.read"),
            ),
            ("/api/v1/api-tokens", Some("okta.apiTokens.read")),
            ("/api/v1/users/00u1/factors", None),
            ("/api/v1/something-new", None),
            ("/api/v1", None),
            ("/oauth2/v1/keys", None),
            ("/oauth2/v1/introspect", None),
            ("/.well-known/okta-organization", None),
        ] {
            assert_eq!(needed(path), scope, "{path}");
        }
    }

    #[test]
    fn the_table_is_sound() {
        for line in TABLE.lines() {
            let (pattern, scope) = line.split_once(' ').unwrap();
            assert!(!pattern.starts_with('/'), "{line}");
            let named = scope.strip_prefix("okta.").is_some_and(|name| {
                name.strip_suffix(".read")
                    .is_some_and(|name| name.chars().all(char::is_alphanumeric))
            });
            assert!(named || scope == "-", "{line}");
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
