//! What a configuration will ask, before anything is asked: who, how often, from which bucket, and
//! what that takes. Nobody is asked, and no secret is read.

mod demand;
mod needs;
mod text;

use std::path::PathBuf;

use super::output::print;
use crate::config::{self, Config};

pub(super) use demand::{Demand, Line};

/// The flags of the plan.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file. Without one, `OKTA_DOMAIN` and its companions are read.
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    /// Print it as JSON, for programs.
    #[arg(long)]
    json: bool,
}

pub(super) fn run(args: &Args) -> Result<(), String> {
    let config = Config::outline(args.config_file.as_deref(), &config::environment());
    let demand = Demand::of(&config.map_err(|problems| problems.to_string())?);
    if !args.json {
        return print(&text::text(&demand));
    }
    let json = serde_json::to_string_pretty(&demand);
    print(&(json.map_err(|e| format!("the plan cannot be written as JSON: {e}"))? + "\n"))
}
