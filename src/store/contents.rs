//! What a file holds, for whoever looks into it while no exporter has it.

use std::path::Path;

use redb::{Database, ReadableDatabase, ReadableTable};
use serde_json::Value;

use super::open::{self, CannotOpen, MEMORIES, Opened, SCHEMA};

/// What a file holds.
#[derive(Debug)]
pub struct Contents {
    /// How its documents are laid out.
    pub schema: u64,
    /// Its size in bytes, where the system tells it.
    pub size: Option<u64>,
    /// Its documents, by origin, kind and id.
    pub documents: Vec<Document>,
}

/// One memory, as it was written.
#[derive(Debug)]
pub struct Document {
    /// Scheme, host and port of the org or page.
    pub origin: String,
    /// The kind of probe.
    pub kind: String,
    /// Okta's own id of what is watched.
    pub id: String,
    /// Its size in bytes.
    pub bytes: usize,
    /// What it says; `None` where that is no JSON.
    pub says: Option<Value>,
}

impl Contents {
    /// Reads all of a file, which must be there. It waits for the disk.
    pub fn of(path: &Path) -> Result<Self, CannotOpen> {
        let opened = open::open(path)?;
        let documents = documents(&opened.database).map_err(|why| CannotOpen::redb(path, why))?;
        Ok(Self {
            schema: SCHEMA,
            size: Opened::size(&opened),
            documents,
        })
    }
}

fn documents(database: &Database) -> Result<Vec<Document>, redb::Error> {
    let table = database.begin_read()?.open_table(MEMORIES)?;
    let mut documents = Vec::new();
    for entry in table.iter()? {
        let (key, written) = entry?;
        let (origin, kind, id) = key.value();
        documents.push(Document {
            origin: origin.to_owned(),
            kind: kind.to_owned(),
            id: id.to_owned(),
            bytes: written.value().len(),
            says: serde_json::from_slice(written.value()).ok(),
        });
    }
    Ok(documents)
}
