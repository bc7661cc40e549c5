//! The flags of serving, shared by the exporter and its demo.

use super::logging;
use crate::web::{self, Serving};

/// How to serve.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct WebArgs {
    /// Where to listen; may be given several times.
    #[arg(
        long = "web.listen-address",
        value_name = "ADDRESS",
        default_value = ":6582"
    )]
    pub(super) listen: Vec<String>,
    /// The path of the metrics.
    #[arg(long = "web.telemetry-path", value_name = "PATH", default_value = web::TELEMETRY_PATH)]
    pub(super) telemetry_path: String,
    /// The host names it may be asked under, so that no page elsewhere can read it by a name that is
    /// made to lead here; addresses and `localhost` always may. All names, unless some are given.
    #[arg(long = "web.allowed-hosts", value_name = "NAME", value_delimiter = ',')]
    allowed_hosts: Vec<String>,
}

impl From<WebArgs> for Serving {
    fn from(args: WebArgs) -> Self {
        Self {
            listen: args.listen,
            telemetry_path: args.telemetry_path,
            allowed_hosts: args.allowed_hosts,
            dropped_lines: logging::dropped_lines(),
        }
    }
}
