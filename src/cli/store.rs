//! What the file of `storage.path` holds, for people: while no exporter has it.

use std::path::{Path, PathBuf};

use super::{output::print, storage_args::StorageArgs};
use crate::{
    config::Config,
    store::{Contents, Document},
};

/// The flags of looking into a store.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The configuration file that names the store, where `--storage.path` does not.
    #[arg(long = "config.file", value_name = "FILE")]
    config_file: Option<PathBuf>,
    #[command(flatten)]
    storage: StorageArgs,
}

pub(super) fn run(args: Args) -> Result<(), String> {
    let path = if let Some(path) = args.storage.path {
        PathBuf::from(path)
    } else {
        let config = Config::load(args.config_file.as_deref(), &args.storage.environment());
        let storage = match config {
            Ok(config) => config.storage,
            // Whoever names neither asks for a store, and not for what to watch.
            Err(_) if args.config_file.is_none() => None,
            Err(problems) => return Err(problems.to_string()),
        };
        storage.ok_or(
            "no file is named: name it by `--storage.path`, or by `storage.path` in the configuration that \
             `--config.file` names",
        )?
    };
    let contents = Contents::of(&path).map_err(|e| e.to_string())?;
    print(&told(&path, &contents))
}

fn told(path: &Path, contents: &Contents) -> String {
    let Contents {
        schema,
        size,
        documents,
    } = contents;
    let (path, count) = (path.display(), documents.len());
    let plural = if count == 1 { "" } else { "s" };
    let size = size.map_or_else(String::new, |size| format!(", {size} bytes"));
    let headline = format!("{path}: schema {schema}, {count} document{plural}{size}\n");
    [headline]
        .into_iter()
        .chain(documents.iter().map(document))
        .collect()
}

fn document(document: &Document) -> String {
    let Document {
        origin,
        kind,
        id,
        bytes,
        says,
    } = document;
    let says = match says {
        // What happened in so many quarters of an hour: numbers, a line each would be thousands.
        Some(says) if kind == "history" => says.to_string(),
        Some(says) => format!("{says:#}"),
        None => "(this is no JSON)".to_owned(),
    };
    format!("\n{origin} {kind} {id}: {bytes} bytes\n{says}\n")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_file_holds_is_told_with_whose_it_is_and_its_size() {
        let document = |id: &str, says| Document {
            origin: "https://acme.okta.com".to_owned(),
            kind: "jwks".to_owned(),
            id: id.to_owned(),
            bytes: 7,
            says,
        };
        let contents = Contents {
            schema: 1,
            size: Some(73_728),
            documents: vec![
                document("org", Some(json!({ "rotations": 3 }))),
                document("default", None),
            ],
        };
        let expected = "\
/var/lib/state.redb: schema 1, 2 documents, 73728 bytes

https://acme.okta.com jwks org: 7 bytes
{
  \"rotations\": 3
}

https://acme.okta.com jwks default: 7 bytes
(this is no JSON)
";
        assert_eq!(told(Path::new("/var/lib/state.redb"), &contents), expected);
    }
}
