//! Whether this process lacks file descriptors: then nothing can be asked or read, and it is neither
//! Okta nor the network that is at fault.

use std::{fs::File, io};

/// True where it is for want of a descriptor that something failed.
#[cfg(unix)]
pub(super) fn are_lacking(why: &io::Error) -> bool {
    use rustix::io::Errno;

    let code = why.raw_os_error();
    [Errno::MFILE, Errno::NFILE]
        .map(|lack| Some(lack.raw_os_error()))
        .contains(&code)
}

/// True where it is for want of a descriptor that something failed.
#[cfg(not(unix))]
pub(super) fn are_lacking(_why: &io::Error) -> bool {
    false
}

/// True where none is left just now: the system's resolver does not say why it failed.
pub(super) fn none_is_left() -> bool {
    File::open("/").is_err_and(|why| are_lacking(&why))
}
