//! How the exporter is to be served, and what of it can be seen to be wrong before anything is bound.

use std::{
    io,
    path::PathBuf,
    sync::{Arc, atomic::AtomicU64},
};

use url::Url;

use super::{
    config_file::{self, BadConfigFile, Fixed},
    paths,
};
use crate::units::closed_list;

/// How a Unix socket is named among addresses.
pub(super) const UNIX: &str = "unix:";
/// Who may connect to a Unix socket: its owner and their group.
const UNIX_MODE: u32 = 0o660;
/// How many pages are drawn at a time, as in node_exporter.
const MAX_REQUESTS: usize = 40;

closed_list! {
    /// What is served without a password, where users are asked for one.
    pub enum Exempt {
        /// `/-/healthy` and `/-/ready`.
        Health = "health",
        /// What Okta's event hooks deliver to, who bring a secret of their own.
        Hooks = "hooks",
    }
}

impl Exempt {
    /// Whether this path, its prefix taken off, is one of those.
    pub(super) fn covers(self, path: &str) -> bool {
        match self {
            Self::Health => [paths::HEALTHY, paths::READY].contains(&path),
            Self::Hooks => path.starts_with(paths::HOOKS),
        }
    }
}

/// How the exporter is served.
#[derive(Debug, Clone)]
pub struct Serving {
    /// Where to listen: `:6582`, `127.0.0.1:6582`, `[::1]:0`, `unix:/run/it.sock`.
    pub listen: Vec<String>,
    /// Listen at what systemd passes on, and not there.
    pub systemd_socket: bool,
    /// The mode of Unix sockets.
    pub unix_socket_mode: u32,
    /// The file of TLS, users and headers.
    pub config_file: Option<PathBuf>,
    /// What is served without a password.
    pub auth_exempt: Vec<Exempt>,
    /// Where people reach it, its path ending in `/`; `None` where it was not told.
    pub external_url: Option<Url>,
    /// What all paths begin with: empty, or `/` and something that does not end with one.
    pub route_prefix: String,
    /// The path of the metrics, below the prefix.
    pub telemetry_path: String,
    /// How many pages may be drawn at a time; 0 stands for as many as are asked for.
    pub max_requests: usize,
    /// The host names that requests may be made under, besides addresses; none stands for all.
    pub allowed_hosts: Vec<String>,
    /// Counts the log lines that were dropped; `None` where nobody counts them.
    pub dropped_lines: Option<Arc<AtomicU64>>,
}

impl Default for Serving {
    /// At a port of this machine that is free, for nobody else.
    fn default() -> Self {
        Self {
            listen: vec!["127.0.0.1:0".to_owned()],
            systemd_socket: false,
            unix_socket_mode: UNIX_MODE,
            config_file: None,
            auth_exempt: Vec::new(),
            external_url: None,
            route_prefix: String::new(),
            telemetry_path: paths::TELEMETRY_PATH.to_owned(),
            max_requests: MAX_REQUESTS,
            allowed_hosts: Vec::new(),
            dropped_lines: None,
        }
    }
}

/// The exporter cannot be served so.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CannotServe {
    #[error("cannot listen on {address}: {why}; {}", fix(address, why))]
    Listen { address: String, why: io::Error },
    #[error("no thread can be started that answers: {0}")]
    Thread(io::Error),
    #[error("`--web.listen-address` names no address")]
    NoAddress,
    #[error(
        "`--web.systemd-socket` is set, and systemd passed no socket on: is there a socket unit, and was the service \
         started by it?"
    )]
    NoSocket,
    #[error("what systemd passed on cannot be listened at: {0}")]
    Socket(io::Error),
    #[error("`--web.config.file={}`: {why}", file.display())]
    ConfigFile { file: PathBuf, why: BadConfigFile },
    #[error(
        "`--web.route-prefix={0}` stands for other paths than it says: letters, digits and `/-._~`, without `?`, `#`, \
         blanks or `..`"
    )]
    RoutePrefix(String),
    #[error(
        "`--web.telemetry-path={0}` must begin with `/` and be none of /, /-/…, /api/…, /hooks/…, /config, /guide/…, /runbooks/…; it stands for itself \
         alone: letters, digits and `/-._~`, without `?`, `#`, blanks or `..`, and no part that begins with `:`"
    )]
    TelemetryPath(String),
}

impl Serving {
    /// Refuses what can be seen to be wrong before anything is bound.
    pub fn check(&self) -> Result<(), CannotServe> {
        self.fixed().map(drop)
    }

    /// The same; and what the web configuration fixes, where there is one.
    pub(super) fn fixed(&self) -> Result<Option<Fixed>, CannotServe> {
        if !paths::is_free(&self.telemetry_path) {
            return Err(CannotServe::TelemetryPath(self.telemetry_path.clone()));
        }
        if !self.route_prefix.is_empty() && !paths::is_asked(&self.route_prefix) {
            return Err(CannotServe::RoutePrefix(self.route_prefix.clone()));
        }
        if !self.systemd_socket {
            self.listen.iter().try_for_each(|address| check(address))?;
            if self.listen.is_empty() {
                return Err(CannotServe::NoAddress);
            }
        }
        let of_file = |file: &PathBuf| {
            config_file::check(file).map_err(|why| CannotServe::ConfigFile {
                file: file.clone(),
                why,
            })
        };
        self.config_file.as_ref().map(of_file).transpose()
    }

    /// Whether a path, as it is asked for, needs no password.
    pub(super) fn is_exempt(&self, path: &str) -> bool {
        let below = path.strip_prefix(self.route_prefix.as_str());
        let mut exempt = self.auth_exempt.iter();
        below.is_some_and(|path| exempt.any(|exempt| exempt.covers(path)))
    }
}

/// Whether an address can be one.
fn check(address: &str) -> Result<(), CannotServe> {
    let wrong = |why: &str| CannotServe::Listen {
        address: address.to_owned(),
        why: io::Error::new(io::ErrorKind::InvalidInput, why),
    };
    if let Some(path) = address.strip_prefix(UNIX) {
        return match path {
            "" => Err(wrong("it names no path")),
            _ if cfg!(unix) => Ok(()),
            _ => Err(wrong("this system has no Unix sockets")),
        };
    }
    let port = address.rsplit_once(':');
    match port.map(|(_, port)| port.parse::<u16>()) {
        Some(Ok(_)) => Ok(()),
        _ => Err(wrong("it names no port")),
    }
}

/// What to do about an address that cannot be listened on.
fn fix(address: &str, why: &io::Error) -> &'static str {
    let is_path = address.starts_with(UNIX);
    match why.kind() {
        io::ErrorKind::AddrInUse => {
            "is another exporter running? `--web.listen-address` names another"
        }
        _ if is_path => {
            "write it as `unix:/run/okta-exporter/web.sock`, in a directory that the exporter may write to"
        }
        io::ErrorKind::PermissionDenied => {
            "ports below 1024 need a privilege: `--web.listen-address` names another"
        }
        _ => {
            "write it as `:6582`, `127.0.0.1:6582`, `[::1]:6582` or `unix:/path`, with an address of this machine"
        }
    }
}

/// Reads where people reach it. Its path ends in `/`, so that what is below can be joined to it.
pub fn external_url(written: &str) -> Result<Url, String> {
    let mut url = Url::parse(written).map_err(|why| format!("it is no URL: {why}"))?;
    if !["http", "https"].contains(&url.scheme()) || !url.has_host() {
        return Err("it must begin with http:// or https:// and name a host".to_owned());
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err("it must hold neither user nor password: everybody sees it".to_owned());
    }
    if url.query().is_some() || url.fragment().is_some() {
        return Err("it must have neither `?` nor `#`".to_owned());
    }
    let path = format!("{}/", url.path().trim_end_matches('/'));
    url.set_path(&path);
    Ok(url)
}

/// What all paths begin with: as it is written, or as people reach it.
pub fn route_prefix(written: Option<&str>, external: Option<&Url>) -> String {
    let prefix = written.or(external.map(Url::path)).unwrap_or_default();
    match prefix.trim_matches('/') {
        "" => String::new(),
        prefix => format!("/{prefix}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_path_of_the_external_url_is_the_prefix_unless_another_is_written() {
        let url = external_url("https://monitoring.example/okta").unwrap();
        assert_eq!(url.as_str(), "https://monitoring.example/okta/");
        assert_eq!(
            url.join("guide/forbidden").unwrap().as_str(),
            "https://monitoring.example/okta/guide/forbidden"
        );
        for (written, external, prefix) in [
            (None, None, ""),
            (None, Some(&url), "/okta"),
            (Some("/"), Some(&url), ""),
            (Some(""), Some(&url), ""),
            (Some("a/b/"), Some(&url), "/a/b"),
            (Some("/a"), None, "/a"),
        ] {
            assert_eq!(route_prefix(written, external), prefix, "{written:?}");
        }
        let host = external_url("http://it:80").unwrap();
        assert_eq!(route_prefix(None, Some(&host)), "");
    }

    #[test]
    fn an_external_url_is_one_that_people_can_be_sent_to() {
        for wrong in [
            "",
            "/okta/",
            "okta.example",
            "ftp://it/",
            "file:///etc",
            "https://",
            "https://a:b@it/",
            "https://a@it/",
            "https://it/?a",
            "https://it/#a",
            "mailto:a@b",
        ] {
            assert!(external_url(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_is_exempt_is_so_below_the_prefix_and_nowhere_else() {
        let serving = Serving {
            route_prefix: "/okta".to_owned(),
            auth_exempt: vec![Exempt::Health, Exempt::Hooks],
            ..Serving::default()
        };
        for path in ["/okta/-/healthy", "/okta/-/ready", "/okta/hooks/okta/acme"] {
            assert!(serving.is_exempt(path), "{path}");
        }
        for path in [
            "/-/healthy",
            "/okta/-/reload",
            "/okta/-/healthy/",
            "/okta/metrics",
            "/okta/",
            "/okta",
            "/okta/hooks/okta",
            "/okta/-/Healthy",
        ] {
            assert!(!serving.is_exempt(path), "{path}");
        }
        assert!(!Serving::default().is_exempt("/-/healthy"));
    }

    #[test]
    fn what_can_be_no_address_is_told_before_it_is_bound() {
        let check = |address: &str| {
            let listen = vec![address.to_owned()];
            let serving = Serving {
                listen,
                ..Serving::default()
            };
            serving.check().err().map(|why| why.to_string())
        };
        for good in [
            ":0",
            "localhost:80",
            "[::1]:6582",
            "unix:/run/it.sock",
            "unix:it",
        ] {
            assert_eq!(check(good), None, "{good}");
        }
        for (wrong, told) in [
            ("", "it names no port"),
            ("6582", "it names no port"),
            (":99999", "it names no port"),
            ("unix:", "it names no path"),
        ] {
            let why = check(wrong).unwrap();
            assert!(why.contains(told), "{wrong}: {why}");
        }
    }
}
