//! Which rate-limit bucket a path belongs to, by the patterns that Okta once published: an exact
//! one first, then the longest prefix. How large a bucket is, only its headers tell.

use std::{borrow::Cow, sync::LazyLock};

const TABLE: &str = include_str!("data/buckets.csv");

static PATTERNS: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| TABLE.lines().filter_map(Pattern::parse).collect());

struct Pattern {
    text: &'static str,
    segments: Vec<&'static str>,
    /// A final `*`: what follows does not matter.
    open: bool,
    methods: Vec<&'static str>,
    limited: bool,
}

impl Pattern {
    fn parse(line: &'static str) -> Option<Self> {
        let mut columns = line.split(',');
        let text = columns.next().filter(|text| text.starts_with('/'))?;
        let methods = columns
            .next()?
            .split('|')
            .filter(|method| !method.is_empty())
            .collect();
        let limited = columns.next()? == "yes";
        let closed = text.strip_suffix('*');
        Some(Self {
            text,
            segments: segments(closed.unwrap_or(text)),
            open: closed.is_some(),
            methods,
            limited,
        })
    }

    fn matches(&self, method: &str, path: &[&str]) -> bool {
        let long_enough = if self.open {
            path.len() >= self.segments.len()
        } else {
            path.len() == self.segments.len()
        };
        // `{id}` stands for any segment, `office365{appType}` for any that begins so.
        let same = |(pattern, segment): (&&str, &&str)| match pattern.split_once('{') {
            Some((begin, _)) => segment.starts_with(begin),
            None => pattern == segment,
        };
        long_enough
            && (self.methods.is_empty() || self.methods.contains(&method))
            && self.segments.iter().zip(path).all(same)
    }

    /// What makes one pattern more specific than another: exact, then long, then with few placeholders.
    fn rank(&self) -> (bool, usize, usize) {
        let literal = self
            .segments
            .iter()
            .filter(|segment| !segment.contains('{'))
            .count();
        (!self.open, self.segments.len(), literal)
    }
}

fn segments(path: &str) -> Vec<&str> {
    path.split('/')
        .filter(|segment| !segment.is_empty())
        .collect()
}

/// The bucket of a path, as Okta spells it; `None` for public metadata, which has no limit.
pub fn bucket(method: &str, path: &str) -> Option<Cow<'static, str>> {
    let path = segments(path.split(['?', '#']).next().unwrap_or_default());
    let matching = PATTERNS
        .iter()
        .filter(|pattern| pattern.matches(method, &path));
    let best = matching.max_by_key(|pattern| pattern.rank())?;
    best.limited.then_some(Cow::Borrowed(best.text))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_most_specific_pattern_wins() {
        for (path, expected) in [
            ("/api/v1/users?limit=1", "/api/v1/users"),
            ("/api/v1/users/00u1/groups", "/api/v1*"),
            ("/api/v1/users/00u1", "/api/v1/users/{idOrLogin}"),
            ("/api/v1/apps?limit=1", "/api/v1/apps*"),
            ("/api/v1/apps/0oa1", "/api/v1/apps/{id}"),
            ("/api/v1/apps/0oa1/credentials/keys", "/api/v1/apps*"),
            ("/api/v1/logs", "/api/v1/logs"),
            ("/api/v1/org", "/api/v1*"),
            ("/api/v1/agentPools", "/api/v1/agentPools*"),
            ("/oauth2/v1/introspect", "/oauth2/v1*"),
            (
                "/oauth2/default/v1/introspect",
                "/oauth2/{authorizationServerId}/v1*",
            ),
            (
                "/oauth2/default/v1/token",
                "/oauth2/{authorizationServerId}/v1/token",
            ),
            ("/.well-known/okta-organization", "/*"),
            ("/", "/*"),
            (
                "/app/office365_admin/exk1/sso/wsfed/passive",
                "/app/office365{appType}/{key}/sso/wsfed/passive",
            ),
            (
                "/app/office365_admin/exk1/sso/saml",
                "/app/{app}/{key}/sso/saml",
            ),
        ] {
            assert_eq!(bucket("GET", path).as_deref(), Some(expected), "{path}");
        }
        assert_eq!(
            bucket("POST", "/api/v1/users/00u1").as_deref(),
            Some("/api/v1/users/{id}")
        );
    }

    #[test]
    fn public_metadata_has_no_bucket() {
        for path in [
            "/oauth2/v1/keys",
            "/oauth2/default/v1/keys",
            "/.well-known/openid-configuration",
            "/oauth2/default/.well-known/oauth-authorization-server",
        ] {
            assert_eq!(bucket("GET", path), None, "{path}");
        }
    }

    proptest! {
        #[test]
        fn no_path_can_invent_a_bucket(method in "[A-Z]{0,6}", path in any::<String>(), id in "[A-Za-z0-9]{1,20}") {
            if let Some(found) = bucket(&method, &path) {
                prop_assert!(PATTERNS.iter().any(|pattern| pattern.text == found));
            }
            let path = format!("/api/v1/groups/{id}?expand={path}");
            prop_assert_eq!(bucket("GET", &path), Some("/api/v1/groups/{id}".into()));
        }
    }
}
