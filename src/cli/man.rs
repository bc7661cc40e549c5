//! The manual pages: one for the program, and one for each of its commands.

use std::{fs, path::PathBuf};

use super::output::print;

/// Print the manual page, or write all of them.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// Write the pages of the program and of each command into this directory, which must be there.
    #[arg(long, value_name = "DIRECTORY")]
    directory: Option<PathBuf>,
}

pub(super) fn run(Args { directory }: Args, command: clap::Command) -> Result<(), String> {
    let pages = pages(command)?;
    let Some(directory) = directory else {
        return pages.first().map_or(Ok(()), |(_, page)| print(page));
    };
    for (name, page) in pages {
        let path = directory.join(format!("{name}.1"));
        fs::write(&path, page).map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    }
    Ok(())
}

/// The program's own page first, then each command's, by name.
fn pages(command: clap::Command) -> Result<Vec<(String, String)>, String> {
    let mut program = command.disable_help_subcommand(true);
    // Each command learns how it is called as a whole.
    program.build();
    let all = std::iter::once(&program).chain(program.get_subcommands());
    let pages = all.map(|command| {
        let name = command
            .get_display_name()
            .unwrap_or_else(|| command.get_name());
        Ok((name.to_owned(), rendered(command.clone())?))
    });
    pages.collect()
}

fn rendered(command: clap::Command) -> Result<String, String> {
    let mut page = Vec::new();
    let man = clap_mangen::Man::new(command);
    man.render(&mut page)
        .map_err(|e| format!("the manual page cannot be written: {e}"))?;
    Ok(String::from_utf8_lossy(&page).into_owned())
}
