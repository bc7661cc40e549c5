//! A socket in the file system: it appears with the mode that it is to have, replaces what a dead
//! program left, and goes with whoever made it.

use std::{
    fs::{self, Permissions},
    io,
    os::unix::{
        fs::{FileTypeExt, MetadataExt, PermissionsExt},
        net::{UnixListener as StdUnixListener, UnixStream as StdUnixStream},
    },
    path::{Path, PathBuf},
};

use tokio::net::{UnixListener, UnixStream};

use super::address::Address;

/// A Unix socket that listens.
pub(super) struct UnixSocket {
    listener: UnixListener,
    /// Its file, where it was made here.
    file: Option<SocketFile>,
}

/// Removes the file once nobody listens, if it is still the one that was made.
struct SocketFile {
    path: PathBuf,
    identity: (u64, u64),
}

impl UnixSocket {
    /// Listens at this path. The socket is made under another name and moved there, so that nobody
    /// finds it before its mode is set.
    pub(super) fn bind(path: &Path, mode: u32) -> io::Result<Self> {
        refuse_what_is_in_use(path)?;
        let directory = match path.parent() {
            Some(parent) if !parent.as_os_str().is_empty() => parent,
            _ => Path::new("."),
        };
        let fresh = tempfile::Builder::new()
            .prefix(".")
            .rand_bytes(4)
            .make_in(directory, |path| StdUnixListener::bind(path))?;
        let (listener, fresh) = fresh.into_parts();
        fs::set_permissions(&fresh, Permissions::from_mode(mode))?;
        let identity = identity(&fresh)?;
        fresh.persist(path).map_err(|failed| failed.error)?;
        let file = SocketFile {
            path: path.to_owned(),
            identity,
        };
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: UnixListener::from_std(listener)?,
            file: Some(file),
        })
    }

    /// Takes over what listens already.
    pub(super) fn of(listener: StdUnixListener) -> io::Result<Self> {
        listener.set_nonblocking(true)?;
        Ok(Self {
            listener: UnixListener::from_std(listener)?,
            file: None,
        })
    }

    /// Where it listens, as whoever connects has to name it.
    pub(super) fn address(&self) -> io::Result<Address> {
        if let Some(file) = &self.file {
            return Ok(Address::Unix(Some(file.path.clone())));
        }
        let address = self.listener.local_addr()?;
        Ok(Address::Unix(address.as_pathname().map(Path::to_owned)))
    }

    pub(super) async fn accept(&self) -> io::Result<UnixStream> {
        let (stream, _) = self.listener.accept().await?;
        Ok(stream)
    }
}

/// What a dead program left may be replaced; what somebody listens at, and what is no socket, not.
fn refuse_what_is_in_use(path: &Path) -> io::Result<()> {
    let there = match fs::symlink_metadata(path) {
        Ok(there) => there,
        Err(why) if why.kind() == io::ErrorKind::NotFound => return Ok(()),
        Err(why) => return Err(why),
    };
    if !there.file_type().is_socket() {
        let told = "something is there that is no socket";
        return Err(io::Error::new(io::ErrorKind::AlreadyExists, told));
    }
    match StdUnixStream::connect(path) {
        Err(why) if why.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(why) if why.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(why) => Err(why),
        Ok(_) => Err(io::ErrorKind::AddrInUse.into()),
    }
}

fn identity(path: &Path) -> io::Result<(u64, u64)> {
    let there = fs::symlink_metadata(path)?;
    Ok((there.dev(), there.ino()))
}

impl Drop for SocketFile {
    fn drop(&mut self) {
        if identity(&self.path).is_ok_and(|there| there == self.identity) {
            // Whoever cannot remove it leaves it for the next to replace.
            drop(fs::remove_file(&self.path));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_socket_has_its_mode_replaces_a_dead_ones_and_goes_in_the_end() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("it.sock");
        // A dead program leaves its file.
        drop(StdUnixListener::bind(&path).unwrap());
        assert!(path.exists());
        let socket = UnixSocket::bind(&path, 0o640).unwrap();
        let mode = fs::metadata(&path).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o640);
        let told = socket.address().unwrap().to_string();
        assert_eq!(told, format!("unix:{}", path.display()));

        let (there, accepted) = tokio::join!(UnixStream::connect(&path), socket.accept());
        assert!(there.is_ok() && accepted.is_ok());

        let second = UnixSocket::bind(&path, 0o640).err().unwrap();
        assert_eq!(second.kind(), io::ErrorKind::AddrInUse);
        drop(socket);
        assert!(!path.exists());
        let left = fs::read_dir(directory.path()).unwrap().count();
        assert_eq!(left, 0, "a file was left");
    }

    #[tokio::test]
    async fn what_is_no_socket_stays_and_so_does_anothers() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("it.sock");
        fs::write(&path, "a file").unwrap();
        assert!(UnixSocket::bind(&path, 0o600).is_err());
        assert_eq!(fs::read_to_string(&path).unwrap(), "a file");
        fs::remove_file(&path).unwrap();

        let socket = UnixSocket::bind(&path, 0o600).unwrap();
        fs::remove_file(&path).unwrap();
        let other = StdUnixListener::bind(&path).unwrap();
        drop(socket);
        assert!(path.exists(), "the other's file was removed");
        drop(other);
    }
}
