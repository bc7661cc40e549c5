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
}

impl From<WebArgs> for Serving {
    fn from(args: WebArgs) -> Self {
        Self {
            listen: args.listen,
            telemetry_path: args.telemetry_path,
            dropped_lines: logging::dropped_lines(),
        }
    }
}
