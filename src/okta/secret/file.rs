//! A file that holds one secret: reading it, bounded, and noticing that it holds another one. What
//! may be a secret is said by
//! [`source`](super::source).

use std::{
    hash::{BuildHasher, RandomState},
    path::{Path, PathBuf},
    sync::{
        Arc, LazyLock, Mutex, MutexGuard, TryLockError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use secrecy::ExposeSecret;

use super::error::NoSecret;
use crate::okta::descriptors;
use crate::units::{NoText, Secret, read_regular};

/// The longest secret worth reading, in bytes: a file of more is not a secret but a mistake.
const LONGEST: u64 = 64 * 1024;

/// How long one read of a file waits for another.
const TRIES: u32 = 100;
const BETWEEN_TRIES: Duration = Duration::from_millis(10);

/// What a secret is remembered by: keyed anew in each process, so it tells nothing to anybody else.
static FINGERPRINT: LazyLock<RandomState> = LazyLock::new(RandomState::new);

/// A file that holds one secret. It is opened at every use, so whatever puts another in its place (an
/// editor, a rename, the swapped symlinks of Kubernetes) is in force at the next request, and no
/// watcher can miss it. Clones share what was seen last.
#[derive(Clone, Debug)]
pub struct SecretFile {
    path: PathBuf,
    last: Arc<Mutex<Option<u64>>>,
    reloads: SecretReloads,
}

/// How often secret files held something else than at the use before: all clones count the same.
#[derive(Clone, Debug, Default)]
pub struct SecretReloads(Arc<AtomicU64>);

impl SecretReloads {
    /// How often, in all files that count here.
    pub fn count(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl SecretFile {
    /// The file at this path, whose changes count there.
    pub fn new(path: PathBuf, reloads: &SecretReloads) -> Self {
        Self {
            path,
            last: Arc::default(),
            reloads: reloads.clone(),
        }
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What it holds now, without the white space that editors leave around it.
    pub fn read(&self) -> Result<Secret, NoSecret> {
        let mut last = self.turn()?;
        let text = read_regular(&self.path, LONGEST).map_err(|why| match why {
            NoText::TooLarge(_) => NoSecret::TooLarge(self.path.clone()),
            NoText::NotRegular => NoSecret::NotAFile(self.path.clone()),
            NoText::Unreadable { why, .. } if descriptors::are_lacking(&why) => {
                NoSecret::NoDescriptor
            }
            why => NoSecret::Unreadable(self.path.clone(), why.to_string()),
        })?;
        let secret = Secret::from(text.trim());
        if secret.expose_secret().is_empty() {
            return Err(NoSecret::Empty(self.path.clone()));
        }
        let seen = FINGERPRINT.hash_one(secret.expose_secret());
        if last.replace(seen).is_some_and(|before| before != seen) {
            self.reloads.0.fetch_add(1, Ordering::Relaxed);
            tracing::info!(file = %self.path.display(), "a secret file holds something new: it is read at its next use");
        }
        Ok(secret)
    }
}

impl SecretFile {
    /// Held while the file is read: of two reads at a time the later one saw the newer secret. Behind
    /// one that hangs nobody waits for long, or threads would gather there.
    #[expect(
        clippy::disallowed_methods,
        reason = "files are read on threads of their own, which may block"
    )]
    fn turn(&self) -> Result<MutexGuard<'_, Option<u64>>, NoSecret> {
        for _ in 0..TRIES {
            match self.last.try_lock() {
                Ok(last) => return Ok(last),
                Err(TryLockError::Poisoned(last)) => return Ok(last.into_inner()),
                Err(TryLockError::WouldBlock) => std::thread::sleep(BETWEEN_TRIES),
            }
        }
        Err(NoSecret::Hangs(self.path.display().to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(text: &[u8]) -> (tempfile::TempDir, SecretFile) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("token");
        std::fs::write(&path, text).unwrap();
        (dir, SecretFile::new(path, &SecretReloads::default()))
    }

    #[test]
    fn a_file_is_read_anew_at_every_use_and_what_is_new_is_counted() {
        let (_dir, file) = write(b"first\n");
        let read = || file.read().unwrap();
        assert_eq!(read().expose_secret(), "first");
        std::fs::write(file.path(), "  first").unwrap();
        assert_eq!(read().expose_secret(), "first");
        std::fs::write(file.path(), "  second\r\n").unwrap();
        assert_eq!(read().expose_secret(), "second");
        std::fs::write(file.path(), "\u{feff}second\r\n").unwrap();
        assert_eq!(read().expose_secret(), "second");
        assert_eq!(file.clone().read().unwrap().expose_secret(), "second");
        assert_eq!(file.reloads.count(), 1);
    }

    #[test]
    fn a_mark_that_an_editor_puts_before_a_secret_is_no_part_of_it() {
        let (_dir, file) = write(b"\xef\xbb\xbf00AbC\r\n");
        assert_eq!(file.read().unwrap().expose_secret(), "00AbC");
        let (_dir, file) = write(b"\xff\xfe0\x000\x00");
        let told = file.read().unwrap_err().to_string();
        assert!(told.contains("save it as UTF-8"), "{told}");
    }

    #[test]
    fn a_file_that_cannot_hold_a_secret_is_refused_and_not_shown() {
        let refused = |text: &[u8]| {
            let (_dir, file) = write(text);
            let told = file.read().unwrap_err().to_string();
            assert!(!told.contains("s3cr3t"), "{told}");
            told
        };
        assert!(refused(b" \n").contains("is empty"));
        assert!(refused(&b"s3cr3t ".repeat(10_000)).contains("more than 64 KiB"));
        assert!(refused(b"s3cr3t\xff").contains("cannot read"));
        for endless in ["/dev/zero", "/"] {
            let endless = SecretFile::new(endless.into(), &SecretReloads::default());
            let told = endless.read().unwrap_err().to_string();
            assert!(told.contains("no regular file"), "{told}");
        }
    }
}
