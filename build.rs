//! Which build this is: the revision and the date of its commit, and the target. They come from the
//! environment (`OKTA_EXPORTER_REVISION`, `SOURCE_DATE_EPOCH`), as a Dockerfile and packagers give them,
//! else, for a release build, from the git checkout that this is. Without either they are not known, and
//! nothing fails. The date is the commit's, so that building again makes the same program.

#![allow(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "that is how Cargo and a build script talk to each other"
)]

use std::{env, path::Path, process::Command};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    let target = env::var("TARGET").unwrap_or_default();
    println!("cargo::rustc-env=OKTA_EXPORTER_TARGET={target}");
    // A build for debugging is not made anew for each commit.
    let is_release = env::var("PROFILE").is_ok_and(|profile| profile == "release");
    for (given, told, asked) in [
        (
            "OKTA_EXPORTER_REVISION",
            "OKTA_EXPORTER_REVISION",
            &["rev-parse", "HEAD"][..],
        ),
        (
            "SOURCE_DATE_EPOCH",
            "OKTA_EXPORTER_DATE",
            &["show", "--no-patch", "--format=%ct", "HEAD"],
        ),
    ] {
        println!("cargo::rerun-if-env-changed={given}");
        let value = env::var(given).ok().filter(|text| !text.trim().is_empty());
        let value = value.or_else(|| if is_release { git(asked) } else { None });
        println!("cargo::rustc-env={told}={}", value.unwrap_or_default());
    }
    if is_release {
        watch_commits();
    }
}

/// What git answers of this checkout: of this directory's own, not of one that it happens to lie in.
fn git(args: &[&str]) -> Option<String> {
    if !Path::new(".git").exists() {
        return None;
    }
    let output = Command::new("git").args(args).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    let line = text.lines().next()?.trim();
    (output.status.success() && !line.is_empty()).then(|| line.to_owned())
}

/// A commit, a checkout and a rebase each write one of these. A file that is not there would have this
/// run at every build.
fn watch_commits() {
    for name in ["HEAD", "logs/HEAD"] {
        let path = git(&["rev-parse", "--git-path", name]);
        if let Some(path) = path.filter(|path| Path::new(path).exists()) {
            println!("cargo::rerun-if-changed={path}");
        }
    }
}
