//! What may be written, and what it means. Whatever is wrong is told at once, each problem with
//! its path; nothing that gets past here is refused later.
//!
//! ```text
//! file ─▶ tree ◀─ environment      (defaults: what is written where people write nothing)
//!           │
//!      deserialize ─▶ schema ─▶ resolve ─▶ Config
//!           └──────── notes ───────┴─────▶ Problems, all of them
//! ```

mod credentials;
mod defaults;
mod deserialize;
mod environment;
mod file;
mod fingerprint;
mod made;
mod named;
mod oauth;
mod planned;
mod probes;
mod problems;
mod redact;
mod resolve;
mod schema;
mod secrets;
mod sources;
mod suggest;
mod timing;
mod written;

use std::{collections::BTreeMap, path::Path};

use serde_json::Value;

pub use environment::environment;
pub use fingerprint::Fingerprint;
pub use made::Made;
pub use planned::{Org, Planned, StatusPage};
pub use problems::Problems;
pub use sources::Origin;

use crate::{okta::TlsSetups, probe::SecretContext, units::Name};
use problems::Notes;
use written::Written;

/// What to watch.
#[derive(Debug)]
pub struct Config {
    /// The orgs.
    pub orgs: BTreeMap<Name, Org>,
    /// The status pages, which belong to no org.
    pub status_pages: BTreeMap<Name, StatusPage>,
    /// What is worth saying, and no error; each with its path.
    pub warnings: Vec<String>,
    /// Where it was read.
    pub origin: Origin,
    /// The settings in force as JSON, every secret left out.
    pub shown: String,
    /// What the next one may take over where the same is written.
    pub made: Made,
}

impl Config {
    /// The configuration of this file, or without one of what people already have (see `sources`);
    /// the `OKTA_EXPORTER__…` variables win over either. Files that it names are relative to it.
    pub fn load(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Problems> {
        Self::load_after(&Made::default(), file, environment)
    }

    /// The same, read again: clients and credentials of which the same is written are taken over.
    pub fn load_after(
        earlier: &Made,
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Problems> {
        let Some(path) = file else {
            let mut notes = Notes::default();
            let sources::StandIn {
                tree,
                environment,
                origin,
            } = sources::without_file(environment, Path::new(""), &mut notes);
            return Loading {
                origin,
                environment: &environment,
                notes,
                earlier,
            }
            .finish(tree);
        };
        let source = path.display().to_string();
        let whole = |message: String| Problems::whole(&source, message);
        let yaml = std::fs::read_to_string(path)
            .map_err(|e| whole(format!("the file cannot be read: {e}")))?;
        let mut tree = file::tree(&yaml).map_err(whole)?;
        if let Some(directory) = path.parent() {
            file::resolve_files(&mut tree, directory);
        }
        Loading::of(source, environment, earlier).finish(tree)
    }

    /// The configuration that this YAML describes.
    pub fn parse(yaml: &str, environment: &BTreeMap<String, String>) -> Result<Self, Problems> {
        Self::parse_after(&Made::default(), yaml, environment)
    }

    /// The same, read again: clients and credentials of which the same is written are taken over.
    pub fn parse_after(
        earlier: &Made,
        yaml: &str,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Problems> {
        let source = "the configuration";
        let tree = file::tree(yaml).map_err(|message| Problems::whole(source, message))?;
        Loading::of(source.to_owned(), environment, earlier).finish(tree)
    }
}

/// A configuration on its way from tree to meaning.
struct Loading<'a> {
    origin: Origin,
    environment: &'a BTreeMap<String, String>,
    notes: Notes,
    earlier: &'a Made,
}

impl<'a> Loading<'a> {
    /// Of one source, whatever else there is.
    fn of(source: String, environment: &'a BTreeMap<String, String>, earlier: &'a Made) -> Self {
        Self {
            origin: Origin {
                source,
                ignored: Vec::new(),
            },
            environment,
            notes: Notes::default(),
            earlier,
        }
    }

    fn finish(self, mut tree: Value) -> Result<Config, Problems> {
        let Self {
            origin,
            environment,
            mut notes,
            earlier,
        } = self;
        environment::overlay(&mut tree, environment, &mut notes);
        defaults::complete(&mut tree);
        let redacted = redact::redacted(&tree);
        let written = Written::new(&tree, environment);
        let settings = deserialize::read(tree, &mut notes);
        let defaults = settings.defaults.unwrap_or_default();
        let mut tls = TlsSetups::default();
        let mut made = Made::after(earlier);
        let secret_reloads = made.secret_reloads().clone();
        let mut status_pages =
            resolve::status_pages(settings.status_pages, defaults, &mut tls, &mut notes);
        let mut orgs = resolve::Orgs {
            defaults,
            secrets: SecretContext {
                environment,
                reloads: &secret_reloads,
            },
            written: &written,
            earlier,
            made: &mut made,
            tls: &mut tls,
            notes: &mut notes,
        }
        .read(settings.orgs);
        let warnings = notes.finish(&origin.source)?;
        written.sign(&mut orgs, &mut status_pages);
        let shown = redact::shown(redacted, &orgs, &status_pages, &origin);
        Ok(Config {
            orgs,
            status_pages,
            warnings,
            origin,
            shown,
            made,
        })
    }
}
