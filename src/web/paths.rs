//! Where things are served, and where the metrics therefore cannot be.

use url::Url;

/// Where the metrics are, unless the command line says otherwise.
pub const TELEMETRY_PATH: &str = "/metrics";

pub(super) const INDEX: &str = "/";
pub(super) const STATUS: &str = "/api/v1/status";
pub(super) const SUPPORT_BUNDLE: &str = "/api/v1/support-bundle";
pub(super) const CONFIG: &str = "/config";
pub(super) const GUIDE: &str = "/guide/";
pub(super) const CASE: &str = "/guide/{case}";
pub(super) const RUNBOOKS: &str = "/runbooks/";
pub(super) const RUNBOOK: &str = "/runbooks/{alert}";
pub(super) const HEALTHY: &str = "/-/healthy";
pub(super) const READY: &str = "/-/ready";
pub(super) const RELOAD: &str = "/-/reload";
/// What Okta's event hooks deliver to: the only path that is for the outside.
pub(super) const HOOK: &str = "/hooks/okta/{org}";
/// What all of those begin with.
pub(super) const HOOKS: &str = "/hooks/okta/";

/// What people and programs may ask for, besides the metrics, and what it is.
pub(super) const LISTED: [(&str, &str); 9] = [
    (INDEX, "how it goes, for people"),
    (STATUS, "how it goes, as JSON"),
    (CONFIG, "the configuration in force, without secrets"),
    (SUPPORT_BUNDLE, "what a support engineer asks for"),
    (GUIDE, "what can go wrong, and what fixes it"),
    (RUNBOOKS, "what to do when an alert fires"),
    (HEALTHY, "whether it lives"),
    (READY, "whether every probe has run"),
    (RELOAD, "reads the configuration again (POST)"),
];

/// What begins so is kept for the exporter itself.
const RESERVED: [&str; 5] = ["/-/", "/api/", "/hooks/", GUIDE, RUNBOOKS];
/// And so are these.
const TAKEN: [&str; 4] = [INDEX, CONFIG, "/guide", "/runbooks"];

/// Whether the metrics can be served at a path: it stands for itself alone, to the router as to
/// whoever asks for it, and is not taken.
pub(super) fn is_free(path: &str) -> bool {
    let taken = TAKEN.contains(&path) || RESERVED.iter().any(|p| path.starts_with(p));
    let pattern = path.contains(['{', '}', '*']) || path.contains("/:");
    is_asked(path) && !taken && !pattern
}

/// Whether who asks for this path asks for nothing else.
pub(super) fn is_asked(path: &str) -> bool {
    let asked = Url::parse("http://localhost").and_then(|host| host.join(path));
    path.starts_with('/') && asked.is_ok_and(|url| url.path() == path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_metrics_are_served_only_where_nothing_else_is() {
        for free in [
            TELEMETRY_PATH,
            "/-",
            "/a/b",
            "/configuration",
            "/apis",
            "/a:b",
            "/a%20b",
            "/a/",
            "/a~b",
        ] {
            assert!(is_free(free), "{free}");
        }
        let listed = LISTED.map(|(path, _)| path);
        let others = ["", "metrics", "/guide", "/guide/dns", "/runbooks"];
        for path in listed.into_iter().chain(others) {
            assert!(!is_free(path), "{path}");
        }
        // Whoever asks would ask for something else.
        for path in [
            "/a?b", "/a#b", "/a b", "/a\tb", " /a", "/a ", "//a", "/a/../b", "/./a", r"/a\b", "/ä",
        ] {
            assert!(!is_free(path), "{path}");
        }
        // The router would read these as patterns, or refuse them.
        for path in ["/{path}", "/*path", "/:path", "/a/{*rest}"] {
            assert!(!is_free(path), "{path}");
        }
    }
}
