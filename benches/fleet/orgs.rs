//! The orgs: where each is, which probes watch it, and what is written down for the exporter.

use std::{
    fmt::Write as _,
    fs,
    net::Ipv4Addr,
    path::{Path, PathBuf},
    time::Duration,
};

use super::Result;

/// More loopback addresses than this are not made up.
pub(crate) const MOST: usize = 60_000;
/// How often each probe runs.
pub(crate) const INTERVAL: Duration = Duration::from_mins(1);
/// The probes of an org.
pub(crate) const PROBES: usize = PUBLIC.len() + ENDPOINTS.len();

/// What is asked at an interval and has no window of ours.
pub(crate) const PUBLIC: [&str; 3] = [
    "/.well-known/openid-configuration",
    "/.well-known/okta-organization",
    "/oauth2/v1/keys",
];

/// What is asked of the Management API: a name, and a path with a bucket of its own.
pub(crate) const ENDPOINTS: [(&str, &str); 12] = [
    ("users", "/api/v1/users"),
    ("groups", "/api/v1/groups"),
    ("apps", "/api/v1/apps"),
    ("logs", "/api/v1/logs"),
    ("org", "/api/v1/org"),
    ("devices", "/api/v1/devices"),
    ("pools", "/api/v1/agentPools"),
    ("roles", "/api/v1/iam/roles"),
    ("authorities", "/api/v1/certificateAuthorities"),
    ("principals", "/api/v1/principal-rate-limits"),
    ("user", "/api/v1/users/00u1"),
    ("app", "/api/v1/apps/0oa1"),
];

/// An address of its own for each org, as each has a name of its own at Okta: connections, and what
/// TLS remembers of a server, are then shared by no two.
pub(crate) fn address(org: usize) -> Ipv4Addr {
    // A last part of 0 or 255 is avoided, as such addresses have meanings elsewhere.
    let [third, last] = [org / 250, org % 250 + 1].map(|n| u8::try_from(n).unwrap_or_default());
    Ipv4Addr::new(127, 64, third, last)
}

/// Writes the exporter's configuration.
pub(crate) fn config(urls: &[String], files: &Path, ca_file: bool) -> Result<PathBuf> {
    let token = files.join("api-token");
    fs::write(&token, "00benchmark")?;
    let mut text = String::from("status_pages: {}\norgs:\n");
    let interval = INTERVAL.as_secs();
    for (number, url) in urls.iter().enumerate() {
        write!(text, "  org{number:05}:\n    url: \"{url}\"\n")?;
        if ca_file {
            writeln!(text, "    ca_file: \"{}\"", files.join("ca.pem").display())?;
        }
        write!(
            text,
            "    credentials: {{ monitor: {{ api_token_file: \"{}\" }} }}\n    probes:\n      \
             discovery: {{ interval: {interval}s }}\n      organization: {{ interval: {interval}s }}\n      \
             jwks: {{ org: {{ authorization_server: org, interval: {interval}s }} }}\n      endpoint:\n",
            token.display()
        )?;
        for (name, path) in ENDPOINTS {
            writeln!(
                text,
                "        {name}: {{ path: \"{path}?limit=1\", credential: monitor, interval: {interval}s }}"
            )?;
        }
    }
    let file = files.join("okta-exporter.yaml");
    fs::write(&file, text)?;
    Ok(file)
}
