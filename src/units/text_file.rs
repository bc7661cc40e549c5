//! Text out of a file, whatever program wrote it: the one reader of the files that people hand over.
//! It is bounded, and skips the mark that Windows' editors put before UTF-8.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use secrecy::zeroize::Zeroizing;

use super::soon::soon;

/// The mark that says which order bytes have, which UTF-8 has no need of.
const MARK: char = '\u{feff}';
/// How a key or a certificate in DER begins: a sequence whose length takes two bytes.
const DER: [u8; 2] = [0x30, 0x82];
/// Room for all of a secret from the start: a buffer that grows leaves copies behind.
const ROOM: u64 = 64 * 1024 + 1;

/// A file that could not be read as text. It never tells what was read.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NoText {
    #[error("{why}{fix}")]
    Unreadable { why: io::Error, fix: &'static str },
    #[error("it holds more than {} KiB", .0 / 1024)]
    TooLarge(u64),
    #[error("it is no regular file")]
    NotRegular,
    #[error("it takes too long to be read: what it lies on hangs (a network file system?)")]
    Hangs,
    #[error("it is written in UTF-16, as PowerShell's `>` does: save it as UTF-8")]
    Utf16,
    #[error(
        "it is in DER, which is no text: convert it to PEM (`openssl pkey -inform DER -in …` for a key, `openssl \
         x509 -inform DER -in …` for a certificate)"
    )]
    Der,
    #[error("it is no text in UTF-8: save it as such")]
    NotText,
}

/// What a file of at most so many bytes holds, without a mark before it. It is zeroed when dropped.
pub(crate) fn read_text(path: &Path, longest: u64) -> Result<Zeroizing<String>, NoText> {
    let opened = File::open(path).and_then(|file| read(file, longest));
    text(&opened.map_err(|why| unreadable(path, why))?, longest)
}

/// The same of a regular file only, opened without waiting: a pipe would wait for who writes there.
pub(crate) fn read_regular(path: &Path, longest: u64) -> Result<Zeroizing<String>, NoText> {
    let unreadable = |why| unreadable(path, why);
    let mut options = File::options();
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt;
        options.custom_flags(rustix::fs::OFlags::NONBLOCK.bits().cast_signed());
    }
    let file = options.read(true).open(path).map_err(unreadable)?;
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(NoText::NotRegular);
    }
    text(&read(file, longest).map_err(unreadable)?, longest)
}

/// The same, where nobody else could wait for a file that hangs.
pub(crate) fn read_soon(path: &Path, longest: u64) -> Result<Zeroizing<String>, NoText> {
    let path = path.to_owned();
    soon(move || read_regular(&path, longest)).unwrap_or(Err(NoText::Hangs))
}

fn unreadable(path: &Path, why: io::Error) -> NoText {
    NoText::Unreadable {
        fix: fix(path, &why),
        why,
    }
}

/// So many bytes, and one more where there are more.
fn read(file: File, longest: u64) -> io::Result<Zeroizing<Vec<u8>>> {
    let room = usize::try_from(ROOM.min(longest + 1)).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(longest + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn text(bytes: &[u8], longest: u64) -> Result<Zeroizing<String>, NoText> {
    if bytes.len() as u64 > longest {
        return Err(NoText::TooLarge(longest));
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err(NoText::Utf16);
    }
    let text = std::str::from_utf8(bytes).map_err(|_| {
        if bytes.starts_with(&DER) {
            NoText::Der
        } else {
            NoText::NotText
        }
    })?;
    Ok(Zeroizing::new(unmarked(text).to_owned()))
}

/// Text without a mark before it, wherever it was taken from a file.
pub(crate) fn unmarked(text: &str) -> &str {
    text.strip_prefix(MARK).unwrap_or(text)
}

/// True for a file of a volume that Kubernetes mounts, where nobody changes a file's mode by hand.
pub(crate) fn is_mounted_by_kubernetes(path: &Path) -> bool {
    let mounted = path.parent().map(|directory| directory.join("..data"));
    mounted.is_some_and(|data| data.is_symlink())
}

/// What to do where the file may not be read, after the system's words.
fn fix(path: &Path, why: &io::Error) -> &'static str {
    if why.kind() != io::ErrorKind::PermissionDenied {
        ""
    } else if is_mounted_by_kubernetes(path) {
        ": set `fsGroup` in the pod's `securityContext` (65532, say), and `defaultMode: 0440` of the volume"
    } else {
        ": let the user that okta-exporter runs as read it"
    }
}

#[cfg(test)]
mod tests;
