//! Which rate-limit bucket a path belongs to: by what the configuration says, else by the patterns
//! that Okta once published; an exact one first, then the longest prefix. How large a bucket is,
//! only its headers tell.

use std::{borrow::Cow, collections::BTreeMap, sync::LazyLock};

use super::path;
use crate::units::is_hidden;

const TABLE: &str = include_str!("data/buckets.csv");

static PUBLISHED: LazyLock<Vec<Pattern>> =
    LazyLock::new(|| TABLE.lines().filter_map(Pattern::published).collect());

/// Okta's bucket for all the rest.
const REST: &str = "/*";
/// No longer than a label should be.
const LONGEST: usize = 200;

/// The buckets of one org: Okta's, and those that its configuration names.
#[derive(Debug, Clone, Default)]
pub struct Buckets {
    configured: Vec<Pattern>,
}

/// A pattern or bucket that cannot be.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum BadBucket {
    #[error(
        "this is no pattern: write a path without its query, `{{id}}` for any one segment, and `*` only at its end, \
         like `/api/v1/apps/{{id}}` or `/api/v1/apps*`"
    )]
    Pattern,
    #[error("`{0}` is no name for a bucket: write Okta's, like `/api/v1/apps*`, or a word")]
    Name(String),
    #[error("it covers what `{0}` covers: keep one of them")]
    Twice(String),
}

impl Buckets {
    /// Buckets by the patterns of their paths, which win over Okta's own; with what is wrong, each
    /// by its pattern.
    pub fn configured(written: &BTreeMap<String, String>) -> Result<Self, Vec<(&str, BadBucket)>> {
        let (mut configured, mut problems) = (Vec::new(), Vec::new());
        let mut shapes: BTreeMap<String, &str> = BTreeMap::new();
        for (pattern, bucket) in written {
            let parsed = Pattern::configured(pattern, bucket).and_then(|parsed| {
                match shapes.insert(parsed.shape(), pattern) {
                    Some(known) => Err(BadBucket::Twice(known.to_owned())),
                    None => Ok(parsed),
                }
            });
            match parsed {
                Ok(parsed) => configured.push(parsed),
                Err(problem) => problems.push((pattern.as_str(), problem)),
            }
        }
        if problems.is_empty() {
            Ok(Self { configured })
        } else {
            Err(problems)
        }
    }

    /// The bucket of a path, as Okta or the configuration spells it; `None` for public metadata,
    /// which has no limit. A path that no pattern knows is a bucket of its own, its ids folded.
    pub fn of(&self, method: &str, path: &str) -> Option<Cow<'static, str>> {
        let path = path::normal(path);
        let path = segments(path.split(['?', '#']).next().unwrap_or_default());
        let best = |patterns: &[Pattern]| {
            let matching = patterns
                .iter()
                .filter(|pattern| pattern.matches(method, &path));
            let best = matching.max_by_key(|pattern| pattern.rank())?;
            Some((best.bucket.clone(), best.limited))
        };
        let (bucket, limited) = best(&self.configured).or_else(|| best(&PUBLISHED))?;
        if bucket == REST && !is_of_the_rest(&path) {
            return Some(Cow::Owned(folded(&path)));
        }
        limited.then_some(bucket)
    }
}

/// No list says what the bucket for the rest takes: newer APIs with a root of their own have limits
/// of their own. The documents below `/.well-known` were seen in it.
fn is_of_the_rest(path: &[&str]) -> bool {
    matches!(path, [] | [".well-known", ..])
}

/// The path with `{id}` in place of what looks like one.
fn folded(path: &[&str]) -> String {
    let is_id = |segment: &str| {
        let digits = segment.bytes().filter(u8::is_ascii_digit).count();
        digits == segment.len()
            || (segment.len() >= 16 && digits > 0)
            || segment.contains(['@', '%'])
    };
    path.iter().fold(String::new(), |whole, segment| {
        whole + "/" + if is_id(segment) { "{id}" } else { segment }
    })
}

#[derive(Debug, Clone)]
struct Pattern {
    bucket: Cow<'static, str>,
    segments: Vec<String>,
    /// A final `*`: what follows does not matter.
    open: bool,
    methods: Vec<&'static str>,
    limited: bool,
}

impl Pattern {
    fn published(line: &'static str) -> Option<Self> {
        let mut columns = line.split(',');
        let text = columns.next().filter(|text| text.starts_with('/'))?;
        let methods = columns
            .next()?
            .split('|')
            .filter(|method| !method.is_empty())
            .collect();
        let limited = columns.next()? == "yes";
        let bucket = columns.next().unwrap_or(text);
        Some(Self {
            methods,
            limited,
            ..Self::new(text, bucket.into())
        })
    }

    fn configured(pattern: &str, bucket: &str) -> Result<Self, BadBucket> {
        let plain = |c: char| c.is_ascii_graphic() && !"?#*<>\"\\,".contains(c);
        let body = pattern.strip_suffix('*').unwrap_or(pattern);
        let whole = |segment: &str| match segment.split_once('{') {
            Some((_, name)) => name
                .strip_suffix('}')
                .is_some_and(|name| !name.contains(['{', '}'])),
            None => !segment.contains('}'),
        };
        let good = body.starts_with('/')
            && body.chars().all(plain)
            && segments(body).into_iter().all(whole)
            && !body.contains("//")
            && pattern.len() <= LONGEST;
        if !good {
            return Err(BadBucket::Pattern);
        }
        let named = bucket.strip_suffix('*').unwrap_or(bucket);
        if named.is_empty() || bucket.len() > LONGEST || !named.chars().all(plain) {
            let shown = bucket.chars().filter(|c| !is_hidden(*c)).take(LONGEST);
            return Err(BadBucket::Name(shown.collect()));
        }
        Ok(Self::new(pattern, bucket.to_owned().into()))
    }

    fn new(pattern: &str, bucket: Cow<'static, str>) -> Self {
        let closed = pattern.strip_suffix('*');
        let segments = segments(closed.unwrap_or(pattern));
        Self {
            bucket,
            segments: segments.into_iter().map(str::to_owned).collect(),
            open: closed.is_some(),
            methods: Vec::new(),
            limited: true,
        }
    }

    fn matches(&self, method: &str, path: &[&str]) -> bool {
        let long_enough = if self.open {
            path.len() >= self.segments.len()
        } else {
            path.len() == self.segments.len()
        };
        // `{id}` stands for any segment, `office365{appType}` for any that begins so.
        let same = |(pattern, segment): (&String, &&str)| match pattern.split_once('{') {
            Some((begin, _)) => segment.starts_with(begin),
            None => pattern == segment,
        };
        long_enough
            && (self.methods.is_empty() || self.methods.contains(&method))
            && self.segments.iter().zip(path).all(same)
    }

    /// The same for patterns that cover the same paths, whatever their placeholders are called.
    fn shape(&self) -> String {
        let segment = |segment: &String| match segment.split_once('{') {
            Some((begin, _)) => format!("/{begin}{{}}"),
            None => format!("/{segment}"),
        };
        let segments: String = self.segments.iter().map(segment).collect();
        segments + if self.open { "*" } else { "" }
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

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn bucket(method: &str, path: &str) -> Option<Cow<'static, str>> {
        Buckets::default().of(method, path)
    }

    fn configured(written: &[(&str, &str)]) -> Result<Buckets, String> {
        let own = |(pattern, bucket): &(&str, &str)| ((*pattern).to_owned(), (*bucket).to_owned());
        let written = written.iter().map(own).collect();
        Buckets::configured(&written).map_err(|problems| {
            let told = problems
                .iter()
                .map(|(at, problem)| format!("{at}: {problem}"));
            told.collect::<Vec<_>>().join("; ")
        })
    }

    #[test]
    fn what_no_pattern_knows_is_a_bucket_of_its_own_with_its_ids_folded() {
        for (path, expected) in [
            (
                "/governance/api/v1/campaigns",
                "/governance/api/v1/campaigns",
            ),
            (
                "/governance/api/v1/campaigns/icitnsdg7sKbNzOBs0g7?x=1",
                "/governance/api/v1/campaigns/{id}",
            ),
            ("/device-access/api/v1/42", "/device-access/api/v1/{id}"),
            ("/people/me@example.com", "/people/{id}"),
        ] {
            assert_eq!(bucket("GET", path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn what_is_configured_wins_over_what_was_published() {
        let buckets = configured(&[
            ("/api/v1/apps/{id}", "/api/v1/apps*"),
            ("/api/v1/users*", "people"),
            ("/api/v1/users/me", "me"),
            ("/oauth2/v1/keys", "keys"),
        ])
        .unwrap();
        for (path, expected) in [
            ("/api/v1/apps/0oa1", "/api/v1/apps*"),
            ("/api/v1/users?limit=1", "people"),
            ("/api/v1/users/00u1/groups", "people"),
            ("/api/v1/users/me", "me"),
            ("/oauth2/v1/keys", "keys"),
            ("/api/v1/logs", "/api/v1/logs"),
        ] {
            assert_eq!(buckets.of("GET", path).as_deref(), Some(expected), "{path}");
        }
    }

    #[test]
    fn patterns_that_cannot_be_are_told_each_by_its_own() {
        for (pattern, bucket, told) in [
            ("api/v1/users", "x", "this is no pattern"),
            ("/api/v1/users?limit=1", "x", "this is no pattern"),
            ("/api/*/users", "x", "this is no pattern"),
            ("/api/v1/{id", "x", "this is no pattern"),
            ("/api/v1/a}b", "x", "this is no pattern"),
            ("/api//v1", "x", "this is no pattern"),
            ("/api/v1/a b", "x", "this is no pattern"),
            ("/api/v1/users", "", "`` is no name"),
            ("/api/v1/users", "two words", "`two words` is no name"),
        ] {
            let problem = configured(&[(pattern, bucket)]).unwrap_err();
            assert!(problem.contains(told), "{pattern}: {problem}");
        }
        let twice = configured(&[("/a/{x}", "one"), ("/a/{y}", "two"), ("/a/b{x}", "three")]);
        assert_eq!(
            twice.unwrap_err(),
            "/a/{y}: it covers what `/a/{x}` covers: keep one of them"
        );
    }

    #[test]
    fn the_most_specific_pattern_wins() {
        for (path, expected) in [
            ("/api/v1/users?limit=1", "/api/v1/users"),
            ("/api/v1/users/00u1/groups", "/api/v1/users"),
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
        for (method, path, expected) in [
            ("POST", "/api/v1/users/00u1", "/api/v1/users/{id}"),
            ("POST", "/api/v1/domains", "/api/v1/domains"),
            ("GET", "/api/v1/domains", "/api/v1/domains*"),
        ] {
            let found = bucket(method, path);
            assert_eq!(found.as_deref(), Some(expected), "{method} {path}");
        }
    }

    #[test]
    fn a_path_counts_as_it_is_asked() {
        for (path, same) in [
            ("/api/v1/users/../groups", "/api/v1/groups"),
            ("/api/v1/%2e/apps/0oa1", "/api/v1/apps/0oa1"),
            ("/oauth2/v1/keys/../token", "/oauth2/v1/token"),
        ] {
            assert_eq!(bucket("GET", path), bucket("GET", same), "{path}");
        }
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
        fn a_path_is_of_a_known_bucket_or_its_own(method in "[A-Z]{0,6}", path in any::<String>(), id in "[A-Za-z0-9]{1,20}") {
            let asked = format!("/api/{path}");
            if let Some(found) = bucket(&method, &asked) {
                let asked = path::normal(&asked);
                let known = found == folded(&segments(asked.split(['?', '#']).next().unwrap()))
                    || PUBLISHED.iter().any(|pattern| pattern.bucket == found);
                prop_assert!(known, "{}", found);
            }
            let path = format!("/api/v1/groups/{id}?expand={path}");
            prop_assert_eq!(bucket("GET", &path), Some("/api/v1/groups/{id}".into()));
        }
    }
}
