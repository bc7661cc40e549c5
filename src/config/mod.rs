//! What may be written, and what it means. Whatever is wrong is told at once, each problem with
//! its path; nothing that gets past here is refused later.
//!
//! ```text
//! file ─▶ tree ◀─ environment      (defaults: what is written where people write nothing)
//!           │      (an org is given whole by one of them: provenance)
//!      deserialize ─▶ schema ─▶ resolve ─▶ Config
//!           └──────── notes ───────┴─────▶ Problems, all of them
//! ```

mod controls;
mod credentials;
mod defaults;
mod deserialize;
mod environment;
mod event_hook;
mod file;
mod fingerprint;
mod json_schema;
mod made;
mod named;
mod oauth;
mod paste;
mod places;
mod planned;
mod probes;
mod problems;
mod provenance;
mod redact;
mod resolve;
mod schema;
mod secrets;
mod sources;
mod timing;
mod written;

use std::{
    cell::LazyCell,
    collections::BTreeMap,
    path::{Path, PathBuf},
};

use serde_json::Value;

pub use environment::{STORAGE_PATH, environment};
pub(crate) use file::LARGEST as LARGEST_FILE;
pub use fingerprint::Fingerprint;
pub use json_schema::json_schema;
pub use made::Made;
pub use planned::{Control, EventHook, Org, Planned, StatusPage};
pub use problems::Problems;
pub use redact::Shown;
pub use sources::Origin;

use crate::{
    okta::{Proxies, TlsSetups},
    probe::SecretContext,
    units::{Name, read_text, unmarked},
};
use defaults::Extent;
use environment::Overrides;
use places::Places;
use problems::{Mistake, Notes, Place, SettingPath};
use written::Written;

/// What names the standard input in place of a file.
const STANDARD_INPUT: &str = "-";

/// What to watch.
#[derive(Debug)]
pub struct Config {
    /// The orgs.
    pub orgs: BTreeMap<Name, Org>,
    /// The status pages, which belong to no org.
    pub status_pages: BTreeMap<Name, StatusPage>,
    /// The hosts that tell whose fault silence is, each once, by the probe's name.
    pub controls: BTreeMap<String, Control>,
    /// The file that what is remembered is kept in; `None` for memory only.
    pub storage: Option<PathBuf>,
    /// What is worth saying, and no error; each with its place, as problems have it.
    pub warnings: Vec<String>,
    /// Where it was read.
    pub origin: Origin,
    /// The settings in force, every secret left out.
    pub shown: Shown,
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
        Self::of_file(file, Loading::of(String::new(), environment, earlier))
    }

    /// The same, to be looked at and never asked by: no file that holds a secret is read, and no variable
    /// that is named for one looked at.
    pub fn outline(
        file: Option<&Path>,
        environment: &BTreeMap<String, String>,
    ) -> Result<Self, Problems> {
        Self::of_file(file, Loading::unread(environment, &Made::default()))
    }

    /// What this tree means, to be looked at and never asked by.
    pub fn outline_of(tree: Value) -> Result<Self, Problems> {
        Loading::unread(&BTreeMap::new(), &Made::default()).finish(tree, |_| None)
    }

    fn of_file(file: Option<&Path>, loading: Loading<'_>) -> Result<Self, Problems> {
        let environment = loading.environment;
        let Some(path) = file else {
            let mut notes = Notes::default();
            let sources::StandIn {
                tree,
                environment,
                origin,
            } = sources::without_file(environment, Path::new(""), &mut notes);
            return Loading {
                origin,
                extent: Extent::OnTop,
                environment: &environment,
                notes,
                ..loading
            }
            .finish(tree, |_| None);
        };
        let (path, directory, source) = if path == Path::new(STANDARD_INPUT) {
            let source = "the standard input".to_owned();
            (Path::new("/dev/stdin"), None, source)
        } else {
            (path, path.parent(), path.display().to_string())
        };
        let yaml = read_text(path, file::LARGEST).map_err(|e| {
            let what = format!("the file cannot be read: {e}");
            Problems::of(&source, [Mistake::new(None, SettingPath::default(), what)])
        })?;
        let mut loading = loading;
        loading.origin.source = source;
        loading.read(&yaml, |tree| {
            if let Some(directory) = directory {
                file::resolve_files(tree, directory);
            }
        })
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
        let source = "the configuration".to_owned();
        Loading::of(source, environment, earlier).read(yaml, |_| {})
    }
}

/// A configuration on its way from tree to meaning.
struct Loading<'a> {
    origin: Origin,
    extent: Extent,
    environment: &'a BTreeMap<String, String>,
    notes: Notes,
    earlier: &'a Made,
    reads_secrets: bool,
}

impl<'a> Loading<'a> {
    /// Of one source, whatever else there is.
    fn of(source: String, environment: &'a BTreeMap<String, String>, earlier: &'a Made) -> Self {
        Self {
            origin: Origin {
                source,
                overrides: Vec::new(),
                ignored: Vec::new(),
            },
            extent: Extent::Whole,
            environment,
            notes: Notes::default(),
            earlier,
            reads_secrets: true,
        }
    }

    /// Of which no secret is read.
    fn unread(environment: &'a BTreeMap<String, String>, earlier: &'a Made) -> Self {
        Self {
            reads_secrets: false,
            ..Self::of("the configuration".to_owned(), environment, earlier)
        }
    }

    /// Reads a text; what is wrong, or worth saying, is told where it stands there.
    fn read(self, yaml: &str, prepare: impl FnOnce(&mut Value)) -> Result<Config, Problems> {
        let mut tree =
            file::tree(yaml).map_err(|mistakes| Problems::of(&self.origin.source, mistakes))?;
        prepare(&mut tree);
        let places = LazyCell::new(|| Places::of(unmarked(yaml)));
        self.finish(tree, |at| places.find(at))
    }

    fn finish(
        self,
        mut tree: Value,
        place: impl Fn(&SettingPath) -> Option<Place>,
    ) -> Result<Config, Problems> {
        let Self {
            mut origin,
            extent,
            environment,
            mut notes,
            earlier,
            reads_secrets,
        } = self;
        let overrides = lay_over(&mut tree, extent, environment, &mut notes);
        origin.overrides = overrides.variables();
        let redacted = redact::redacted(&tree);
        let written = Written::new(&tree, environment);
        let settings = deserialize::read(tree, &mut notes);
        let defaults = settings.defaults.unwrap_or_default();
        let mut tls = TlsSetups::default();
        let proxies = Proxies::of(environment);
        let mut made = Made::after(earlier);
        let secret_reloads = made.secret_reloads().clone();
        let mut status_pages = resolve::status_pages(
            settings.status_pages,
            defaults,
            &mut tls,
            &proxies,
            &mut notes,
        );
        let mut controls = controls::Hosts {
            defaults,
            tls: &mut tls,
            proxies: &proxies,
            notes: &mut notes,
        }
        .read(settings.controls.as_deref(), settings.orgs.as_ref());
        let mut orgs = resolve::Orgs {
            defaults,
            secrets: SecretContext {
                environment,
                reloads: &secret_reloads,
                are_read: reads_secrets,
            },
            written: &written,
            earlier,
            made: &mut made,
            tls: &mut tls,
            proxies: &proxies,
            notes: &mut notes,
        }
        .read(settings.orgs);
        let warnings = notes.finish(&origin.source, place)?;
        written.sign(&mut orgs, &mut status_pages);
        written::sign_controls(&mut controls);
        let clients = orgs.values_mut().map(|org| &mut org.client);
        let clients = clients.chain(status_pages.values_mut().map(|page| &mut page.client));
        let clients = clients.chain(controls.values_mut().map(|control| &mut control.client));
        clients.for_each(|client| client.go_by(made.clock()));
        let shown = redact::shown(redacted, (&orgs, &status_pages), &origin, &overrides);
        Ok(Config {
            orgs,
            status_pages,
            controls,
            storage: settings.storage.unwrap_or_default().path,
            warnings,
            origin,
            shown,
            made,
        })
    }
}

/// Lays the environment over what a source gave and over the defaults, which hold wherever it says
/// nothing else.
fn lay_over(
    tree: &mut Value,
    extent: Extent,
    environment: &BTreeMap<String, String>,
    notes: &mut Notes,
) -> Overrides {
    // A credential that a variable adds has default probes, too.
    let (given, mut whole) = (tree.clone(), tree.clone());
    environment::overlay(&mut whole, environment, &mut Notes::default());
    defaults::complete(tree, &whole, extent);
    let overrides = environment::overlay(tree, environment, notes);
    provenance::check(&given, tree, &overrides, notes);
    // A variable may replace an org as a whole.
    let whole = tree.clone();
    defaults::complete(tree, &whole, Extent::Whole);
    overrides
}
