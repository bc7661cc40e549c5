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

#[cfg(all(test, unix))]
mod tests {
    use rustix::io::Errno;

    use super::*;

    #[test]
    fn a_lack_of_descriptors_is_told_from_other_trouble() {
        let lacks = |code: Errno| are_lacking(&io::Error::from_raw_os_error(code.raw_os_error()));
        assert!(lacks(Errno::MFILE) && lacks(Errno::NFILE));
        assert!(!lacks(Errno::NOENT) && !lacks(Errno::CONNREFUSED));
        assert!(!are_lacking(&io::Error::other("no code of the system's")));
        assert!(!none_is_left());
    }
}
