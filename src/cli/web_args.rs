//! The flags of serving, shared by the exporter and its demo.

use std::path::PathBuf;

use url::Url;

use super::logging;
use crate::web::{self, Exempt, Serving};

/// How to serve.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WebArgs {
    /// Where to listen; may be given several times. `unix:/path` is a socket in the file system.
    #[arg(
        long = "web.listen-address",
        value_name = "ADDRESS",
        default_value = ":6582"
    )]
    listen: Vec<String>,
    /// Listen at the sockets that systemd passes on, in place of the addresses.
    #[arg(long = "web.systemd-socket")]
    systemd_socket: bool,
    /// The mode of a Unix socket.
    #[arg(long = "web.unix-socket-mode", value_name = "MODE", default_value = "660", value_parser = mode)]
    unix_socket_mode: u32,
    /// The file that sets up TLS, certificates of clients, users, headers and a rate limit, as other
    /// exporters have it.
    #[arg(long = "web.config.file", value_name = "FILE")]
    web_config_file: Option<String>,
    /// What is served without a password, though the file has users: `health` is /-/healthy and
    /// /-/ready, `hooks` is where Okta's event hooks deliver, which bring a secret of their own.
    #[arg(long = "web.auth-exempt", value_name = "WHAT", value_delimiter = ',', value_parser = exempt)]
    auth_exempt: Vec<Exempt>,
    /// Where people reach this exporter, for links in log lines. Its path is what all paths begin
    /// with, unless that is told by itself.
    #[arg(long = "web.external-url", value_name = "URL", value_parser = web::external_url)]
    pub(super) external_url: Option<Url>,
    /// What all paths begin with. The path of `--web.external-url`, unless it is given.
    #[arg(long = "web.route-prefix", value_name = "PATH")]
    route_prefix: Option<String>,
    /// The path of the metrics, below the prefix.
    #[arg(long = "web.telemetry-path", value_name = "PATH", default_value = web::TELEMETRY_PATH)]
    telemetry_path: String,
    /// How many scrapes are answered at a time; those beyond are told to come back. 0 for no limit.
    #[arg(long = "web.max-requests", value_name = "NUMBER", default_value = "40")]
    max_requests: usize,
    /// The host names it may be asked under, so that no page elsewhere can read it by a name that is
    /// made to lead here; addresses and `localhost` always may. All names, unless some are given.
    #[arg(long = "web.allowed-hosts", value_name = "NAME", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
}

impl From<WebArgs> for Serving {
    fn from(args: WebArgs) -> Self {
        let prefix = args.route_prefix.as_deref();
        Self {
            route_prefix: web::route_prefix(prefix, args.external_url.as_ref()),
            listen: args.listen,
            systemd_socket: args.systemd_socket,
            unix_socket_mode: args.unix_socket_mode,
            // None is written as nothing, too.
            config_file: args
                .web_config_file
                .filter(|file| !file.is_empty())
                .map(PathBuf::from),
            auth_exempt: args.auth_exempt,
            external_url: args.external_url,
            telemetry_path: args.telemetry_path,
            max_requests: args.max_requests,
            allowed_hosts: args.allowed_hosts,
            dropped_lines: logging::dropped_lines(),
        }
    }
}

/// The mode of a file, in octal digits.
fn mode(written: &str) -> Result<u32, String> {
    let mode = u32::from_str_radix(written, 8).ok();
    let mode = mode.filter(|mode| *mode <= 0o777);
    mode.ok_or_else(|| "it is three octal digits, such as 660".to_owned())
}

fn exempt(written: &str) -> Result<Exempt, String> {
    let names = || Exempt::ALL.map(Exempt::as_str).join(" and ");
    Exempt::named(written).ok_or_else(|| format!("it is none of {}", names()))
}
