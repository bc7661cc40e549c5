//! Opening the file, and why that may be refused. What cannot be read is never written over, and a
//! file is only ever made whole: one that is empty is nobody's store.

use std::{
    fs::{self, File},
    io::{self, ErrorKind},
    path::{Path, PathBuf},
};

use redb::{Builder, Database, ReadableDatabase, TableDefinition, backends::FileBackend};

/// How documents are laid out in the file; another layout is another number.
pub const SCHEMA: u64 = 1;
/// What redb may hold of the file in memory, in bytes; by itself it would take a gibibyte.
const CACHE: usize = 1024 * 1024;

/// Whose file it is, and its schema: read before anything else.
const ABOUT: TableDefinition<'_, &str, u64> = TableDefinition::new("okta-exporter");
/// The documents as JSON, by origin, kind and id.
pub(super) const MEMORIES: TableDefinition<'_, (&str, &str, &str), &[u8]> =
    TableDefinition::new("memories");

/// The file cannot be used. What it holds was left as it is.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum CannotOpen {
    #[error(
        "{}: its directory does not exist: create it, writable for whoever runs the exporter (`StateDirectory=` of \
         systemd, a volume in a container), or name another file as `storage.path`", .0.display()
    )]
    NoDirectory(PathBuf),
    #[error(
        "{}: there is no such file: an exporter makes it when it starts with this `storage.path`", .0.display()
    )]
    NoFile(PathBuf),
    #[error(
        "{}: this is no regular file: name a file as `storage.path`, in a directory of its own, such as \
         /var/lib/okta-exporter/state.redb", .0.display()
    )]
    NoRegularFile(PathBuf),
    #[error(
        "{}: permission denied: file and directory must be writable for whoever runs the exporter, and nobody else \
         needs them (`chown` the directory, then `chmod 700`)", .0.display()
    )]
    Denied(PathBuf),
    #[error(
        "{}: another okta-exporter has this file: stop that one, or give each a file of its own (`storage.path`)",
        .0.display()
    )]
    InUse(PathBuf),
    #[error(
        "{}: the file is empty, which no store ever is: something emptied it, or a copy broke off; put a copy back, or \
         remove it to begin anew", .0.display()
    )]
    Empty(PathBuf),
    #[error(
        "{}: this is not a store of okta-exporter, and what it holds was left as it is: name another file as `storage.path`",
        .0.display()
    )]
    Foreign(PathBuf),
    #[error(
        "{}: a newer okta-exporter wrote this file (schema {found}, and this one knows {SCHEMA}), and what it holds was \
         left as it is: run that version, or name another file as `storage.path`", path.display()
    )]
    Newer { path: PathBuf, found: u64 },
    #[error(
        "{}: the file is damaged, or a much newer okta-exporter wrote it ({why}), and it was left as it is: put a copy \
         back, or move it away to begin anew", path.display()
    )]
    Damaged { path: PathBuf, why: String },
    #[error("{}: {why}", path.display())]
    Passing { path: PathBuf, why: String },
}

impl CannotOpen {
    /// True where it may pass by itself, as a full disk does; what else there is, a person mends.
    pub fn may_pass(&self) -> bool {
        matches!(self, Self::Passing { .. })
    }

    fn io(path: &Path, why: &io::Error) -> Self {
        let path = path.to_owned();
        match why.kind() {
            ErrorKind::PermissionDenied => Self::Denied(path),
            ErrorKind::InvalidData => Self::Foreign(path),
            ErrorKind::UnexpectedEof => {
                let why = "it is cut short".to_owned();
                Self::Damaged { path, why }
            }
            _ => {
                let why = why.to_string();
                Self::Passing { path, why }
            }
        }
    }

    pub(super) fn redb(path: &Path, why: impl Into<redb::Error>) -> Self {
        match why.into() {
            redb::Error::Io(why) => Self::io(path, &why),
            redb::Error::DatabaseAlreadyOpen | redb::Error::LockProtocolMismatch => {
                Self::InUse(path.to_owned())
            }
            redb::Error::TableDoesNotExist(_) => Self::Foreign(path.to_owned()),
            why @ (redb::Error::PreviousIo
            | redb::Error::Unsupported
            | redb::Error::Backend(_)
            | redb::Error::DatabaseClosed
            | redb::Error::LockPoisoned(_)) => Self::Passing {
                path: path.to_owned(),
                why: why.to_string(),
            },
            why => Self::Damaged {
                path: path.to_owned(),
                why: why.to_string(),
            },
        }
    }
}

/// A file that is open. Nobody else can open it as long as this lives.
#[derive(Debug)]
pub(super) struct Opened {
    pub(super) database: Database,
    /// Where it is, and which file that was then; `None` where it is no file.
    file: Option<(PathBuf, Identity)>,
}

impl Opened {
    /// One that is not looked after.
    #[cfg(test)]
    pub(super) fn unnamed(database: Database) -> Self {
        Self {
            database,
            file: None,
        }
    }

    /// False where the file was removed or replaced: what is written to it then survives nothing.
    pub(super) fn is_in_place(&self) -> bool {
        let file = self.file.as_ref();
        file.is_none_or(|(path, opened)| identity(path).is_ok_and(|found| found == *opened))
    }

    /// Its size in bytes, where that is known.
    pub(super) fn size(&self) -> Option<u64> {
        let (path, _) = self.file.as_ref()?;
        Some(fs::metadata(path).ok()?.len())
    }
}

/// Opens the file that is there.
pub(super) fn open(path: &Path) -> Result<Opened, CannotOpen> {
    let found = fs::metadata(path).map_err(|why| match why.kind() {
        ErrorKind::NotFound => CannotOpen::NoFile(path.to_owned()),
        ErrorKind::NotADirectory => CannotOpen::NoDirectory(path.to_owned()),
        _ => CannotOpen::io(path, &why),
    })?;
    if !found.is_file() {
        return Err(CannotOpen::NoRegularFile(path.to_owned()));
    }
    if found.len() == 0 {
        return Err(CannotOpen::Empty(path.to_owned()));
    }
    let database = builder().open(path);
    let database = database.map_err(|why| CannotOpen::redb(path, why))?;
    let found = schema(&database).map_err(|why| CannotOpen::redb(path, why))?;
    let path = path.to_owned();
    match found {
        Some(SCHEMA) => {}
        Some(found) => return Err(CannotOpen::Newer { path, found }),
        None => return Err(CannotOpen::Foreign(path)),
    }
    let identity = identity(&path).map_err(|why| CannotOpen::io(&path, &why))?;
    Ok(Opened {
        database,
        file: Some((path, identity)),
    })
}

/// The same, and makes the file where there is none.
pub(super) fn open_or_create(path: &Path) -> Result<Opened, CannotOpen> {
    match open(path) {
        Err(CannotOpen::NoFile(_)) => {
            create(path)?;
            open(path)
        }
        opened => opened,
    }
}

/// Makes the file under another name first: whatever breaks off leaves no half of a store.
fn create(path: &Path) -> Result<(), CannotOpen> {
    let directory = match path.parent() {
        Some(directory) if directory != Path::new("") => directory,
        _ => Path::new("."),
    };
    if !directory.is_dir() {
        return Err(CannotOpen::NoDirectory(path.to_owned()));
    }
    let io = |why: io::Error| CannotOpen::io(path, &why);
    // Its owner's alone, by this crate's own default.
    let new = tempfile::Builder::new()
        .prefix(".okta-exporter-")
        .tempfile_in(directory)
        .map_err(io)?;
    let file = new.reopen().map_err(io)?;
    begin(file).map_err(|why| CannotOpen::redb(path, why))?;
    match new.persist_noclobber(path) {
        Ok(_) => File::open(directory)
            .and_then(|directory| directory.sync_all())
            .map_err(io),
        // Somebody else was faster.
        Err(why) if why.error.kind() == ErrorKind::AlreadyExists => Ok(()),
        Err(why) => Err(io(why.error)),
    }
}

/// Writes a store that holds nothing.
fn begin(file: File) -> Result<(), redb::Error> {
    let database = builder().create_with_backend(FileBackend::new(file)?)?;
    write_schema(&database, SCHEMA)?;
    database.close()?;
    Ok(())
}

pub(super) fn write_schema(database: &Database, schema: u64) -> Result<(), redb::Error> {
    let transaction = database.begin_write()?;
    transaction.open_table(ABOUT)?.insert("schema", schema)?;
    transaction.open_table(MEMORIES)?;
    transaction.commit()?;
    Ok(())
}

pub(super) fn schema(database: &Database) -> Result<Option<u64>, redb::Error> {
    let table = database.begin_read()?.open_table(ABOUT)?;
    Ok(table.get("schema")?.map(|schema| schema.value()))
}

pub(super) fn builder() -> Builder {
    let mut builder = Builder::new();
    builder.set_cache_size(CACHE);
    // Without it a bit that flipped in a file that was closed well is read as if nothing were.
    builder.set_check_integrity_on_open(true);
    builder
}

/// What tells a file from another that took its name.
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> io::Result<Identity> {
    use std::os::unix::fs::MetadataExt;

    let found = fs::metadata(path)?;
    Ok((found.dev(), found.ino()))
}

#[cfg(not(unix))]
fn identity(path: &Path) -> io::Result<Identity> {
    fs::metadata(path).map(|_| (0, 0))
}
