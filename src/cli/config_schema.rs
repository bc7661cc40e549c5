//! The shape of the configuration, for editors and for checks without this program.

use super::output::print;
use crate::config;

/// Print the JSON Schema of the configuration, for editors.
#[derive(Debug, clap::Args)]
pub(super) struct Args {}

pub(super) fn run(Args {}: Args) -> Result<(), String> {
    let schema = serde_json::to_string_pretty(&config::json_schema());
    print(&(schema.map_err(|e| format!("the schema cannot be written: {e}"))? + "\n"))
}
