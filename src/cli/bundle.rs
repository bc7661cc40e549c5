//! Takes down what a support engineer asks for, from an exporter that runs.

use std::{
    fs::File,
    io::Write as _,
    path::{Path, PathBuf},
    time::Duration,
};

use super::{
    local::{Local, told},
    output::{print, say},
};

/// Take down the support bundle of a running exporter.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    #[command(flatten)]
    local: Local,
    /// The file that it is written to, for its owner alone; without one it is printed.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

/// A large fleet takes its time to be drawn.
const PATIENCE: Duration = Duration::from_mins(1);
/// The longest bundle, in bytes: an exporter's own is shorter.
const LONGEST: usize = 64 * 1024 * 1024;

pub(super) async fn run(args: Args) -> Result<(), String> {
    let fix = "write it into `--url`, as https://USER:PASSWORD@HOST";
    let answer = args.local.get("/api/v1/support-bundle", PATIENCE, fix);
    let answer = answer.await.map_err(|why| {
        format!("{why}; `--url` says where the exporter is served, and `okta-exporter diagnose` needs none")
    })?;
    let bundle = read(answer).await?;
    let Some(path) = args.output else {
        return print(&String::from_utf8_lossy(&bundle));
    };
    let written = create(&path).and_then(|mut file| file.write_all(&bundle));
    written.map_err(|e| format!("{} cannot be written: {e}", path.display()))?;
    say(format_args!("{}: {} bytes", path.display(), bundle.len()));
    Ok(())
}

async fn read(mut answer: reqwest::Response) -> Result<Vec<u8>, String> {
    let mut bundle = Vec::new();
    while let Some(part) = answer.chunk().await.map_err(|e| told(&e))? {
        if bundle.len() + part.len() > LONGEST {
            return Err("the answer does not end: is that an exporter?".to_owned());
        }
        bundle.extend_from_slice(&part);
    }
    Ok(bundle)
}

/// What is told of an org is not for everybody.
fn create(path: &Path) -> std::io::Result<File> {
    let mut options = File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    options.write(true).create(true).truncate(true).open(path)
}
