//! Which bucket a path draws on. How full a bucket is stands in [`super::counters`].

use std::cmp::Reverse;

use http::Method;

/// Integrator Free: pattern and requests per window. A trailing `*` also takes what lies below; a
/// method in front takes only that.
const INTEGRATOR_FREE: &[(&str, u32)] = &[
    ("/*", 1000),
    ("/api/v1*", 100),
    ("/api/v1/agentPools*", 20),
    ("/api/v1/apps*", 20),
    ("/api/v1/apps/{id}", 100),
    ("/api/v1/authn*", 100),
    ("/api/v1/certificateAuthorities", 100),
    ("/api/v1/devices", 100),
    ("/api/v1/domains*", 100),
    ("POST /api/v1/domains", 30),
    ("/api/v1/events", 20),
    ("/api/v1/groups*", 100),
    ("/api/v1/groups/{id}", 100),
    ("/api/v1/iam*", 200),
    ("/api/v1/logs", 20),
    // Okta publishes no Integrator default; the catch-all's figure stands in.
    ("/api/v1/principal-rate-limits*", 100),
    ("/api/v1/sessions", 100),
    ("/api/v1/users", 100),
    ("/api/v1/users/{id}", 100),
    ("/oauth2*", 100),
    ("/oauth2/v1*", 300),
    ("/oauth2/v1/authorize", 300),
    ("/oauth2/v1/clients", 25),
    ("/oauth2/v1/token", 300),
    ("/oauth2/{authorizationServerId}/v1*", 300),
    ("/oauth2/{authorizationServerId}/v1/authorize", 300),
    ("/oauth2/{authorizationServerId}/v1/token", 300),
];

/// One bucket: the endpoints it covers and what an org may spend of it in a window.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct BucketPattern {
    pub(super) pattern: String,
    pub(super) limit: u32,
}

/// An org's buckets.
#[derive(Clone, Debug)]
pub(super) struct BucketPatterns(Vec<BucketPattern>);

impl BucketPatterns {
    pub(super) fn integrator_free() -> Self {
        let bucket = |(pattern, limit): &(&str, u32)| BucketPattern {
            pattern: (*pattern).to_owned(),
            limit: *limit,
        };
        Self(INTEGRATOR_FREE.iter().map(bucket).collect())
    }

    /// Sets the limit of a pattern, adding the bucket if the org had none such.
    pub(super) fn set(&mut self, pattern: &str, limit: u32) {
        match self.0.iter_mut().find(|bucket| bucket.pattern == pattern) {
            Some(bucket) => bucket.limit = limit,
            None => self.0.push(BucketPattern {
                pattern: pattern.to_owned(),
                limit,
            }),
        }
    }

    /// The buckets that a request counts in, the most specific first, whose limit it is: an exact
    /// pattern, then the longest prefix; among equals the one with fewer wildcards.
    pub(super) fn of(&self, (method, path): (&Method, &str)) -> Vec<&BucketPattern> {
        let asked = (method, counted_as(path));
        let fitting = self.0.iter();
        let fitting = fitting.filter_map(|bucket| Some((fit(&bucket.pattern, asked)?, bucket)));
        let mut fitting: Vec<_> = fitting.collect();
        fitting.sort_by_key(|(fit, _)| Reverse(*fit));
        fitting.into_iter().map(|(_, bucket)| bucket).collect()
    }
}

/// The path that Okta counts a path as: recordings show more in some buckets than was published of them.
fn counted_as(path: &str) -> &str {
    match segments(path).collect::<Vec<_>>()[..] {
        ["api", "v1", "users", _, _, ..] => "/api/v1/users",
        ["api", "v1", "sessions", ..] => "/api/v1/sessions",
        ["api", "v1", "devices", ..] => "/api/v1/devices",
        ["api", "v1", "groups", "rules"] => "/api/v1/groups",
        _ => path,
    }
}

/// How well a pattern fits, in the order of preference: exact, then length, then literal words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Fit {
    exact: bool,
    segments: usize,
    literal: usize,
}

fn fit(pattern: &str, (method, path): (&Method, &str)) -> Option<Fit> {
    let pattern = match pattern.split_once(' ') {
        Some((only, pattern)) => (only == method.as_str()).then_some(pattern)?,
        None => pattern,
    };
    let (prefix, open) = match pattern.strip_suffix('*') {
        Some(prefix) => (prefix, true),
        None => (pattern, false),
    };
    let mut path = segments(path);
    let (mut matched, mut literal) = (0, 0);
    for wanted in segments(prefix) {
        let got = path.next()?;
        let wildcard = wanted.starts_with('{');
        if !wildcard && wanted != got {
            return None;
        }
        matched += 1;
        literal += usize::from(!wildcard);
    }
    let exact = path.next().is_none() && !open;
    (exact || open).then_some(Fit {
        exact,
        segments: matched,
        literal,
    })
}

fn segments(path: &str) -> impl Iterator<Item = &str> {
    path.split('/').filter(|segment| !segment.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patterns(method: &Method, path: &str) -> Vec<String> {
        let buckets = BucketPatterns::integrator_free();
        let counting = buckets.of((method, path)).into_iter();
        counting.map(|bucket| bucket.pattern.clone()).collect()
    }

    fn pattern(path: &str) -> String {
        patterns(&Method::GET, path).swap_remove(0)
    }

    #[test]
    fn buckets_nest_and_a_method_may_have_its_own() {
        let all = ["/api/v1/apps/{id}", "/api/v1/apps*", "/api/v1*", "/*"];
        assert_eq!(patterns(&Method::GET, "/api/v1/apps/0oa1"), all);
        let domains = ["/api/v1/domains*", "/api/v1*", "/*"];
        assert_eq!(patterns(&Method::GET, "/api/v1/domains"), domains);
        let posted = patterns(&Method::POST, "/api/v1/domains");
        assert_eq!(posted.first().unwrap(), "POST /api/v1/domains");
    }

    #[test]
    fn an_exact_pattern_wins_over_a_prefix_and_ids_are_folded() {
        assert_eq!(pattern("/api/v1/apps"), "/api/v1/apps*");
        assert_eq!(pattern("/api/v1/apps/0oa1"), "/api/v1/apps/{id}");
        assert_eq!(
            pattern("/api/v1/apps/0oa1/credentials/keys"),
            "/api/v1/apps*"
        );
    }

    #[test]
    fn the_longest_prefix_wins_and_the_rest_falls_to_the_catch_alls() {
        assert_eq!(
            pattern("/api/v1/agentPools/1/updates"),
            "/api/v1/agentPools*"
        );
        assert_eq!(pattern("/api/v1/org"), "/api/v1*");
        assert_eq!(pattern("/.well-known/okta-organization"), "/*");
    }

    #[test]
    fn buckets_are_those_that_recorded_answers_show_but_for_a_contradiction() {
        let evidence = include_str!("../../tests/fixtures/bucket-evidence.csv");
        let errs = evidence.lines().skip(1).filter(|line| {
            let columns: Vec<&str> = line.split(',').collect();
            let same = pattern(columns[0]) == pattern(columns[1]);
            columns[if same { 3 } else { 2 }] != "0"
        });
        let one = "/api/v1/users/{id}/lifecycle/deactivate,/api/v1/users/{id}/roles/{id}/targets/groups/{id},0,3";
        assert_eq!(errs.collect::<Vec<_>>(), [one]);
    }

    #[test]
    fn every_custom_authorization_server_shares_one_bucket() {
        assert_eq!(pattern("/oauth2/v1/introspect"), "/oauth2/v1*");
        assert_eq!(
            pattern("/oauth2/default/v1/introspect"),
            "/oauth2/{authorizationServerId}/v1*"
        );
        assert_eq!(
            pattern("/oauth2/aus1/v1/introspect"),
            "/oauth2/{authorizationServerId}/v1*"
        );
    }
}
