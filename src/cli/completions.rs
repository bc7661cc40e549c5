//! What a shell completes.

use super::output::print;

/// Print what has a shell complete commands and flags.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The shell.
    shell: clap_complete::Shell,
}

pub(super) fn run(Args { shell }: &Args, mut command: clap::Command) -> Result<(), String> {
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut command, name, &mut script);
    print(&String::from_utf8_lossy(&script))
}
