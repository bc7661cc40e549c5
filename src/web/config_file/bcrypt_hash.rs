//! A bcrypt hash as Go reads it, which takes more than the crate does: `$2$` without a letter, letters
//! of whatever name, and what stands behind the hash.

use std::sync::LazyLock;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{
    Engine,
    alphabet::BCRYPT,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use secrecy::zeroize::Zeroizing;

/// Shorter than this no hash is.
const SHORTEST: usize = 59;
/// The letters of the salt, and those of the sum, which leaves its last byte out.
const SALT: usize = 22;
const SUM: usize = 31;
const SUM_BYTES: usize = 23;
/// What of a password counts, its ending zero included.
const PASSWORD: usize = 72;

static BASE64: LazyLock<GeneralPurpose> = LazyLock::new(|| {
    let config = GeneralPurposeConfig::new()
        .with_encode_padding(false)
        .with_decode_padding_mode(DecodePaddingMode::RequireNone)
        .with_decode_allow_trailing_bits(true);
    GeneralPurpose::new(&BCRYPT, config)
});

/// What is compared with.
#[derive(Debug)]
pub(super) struct BcryptHash<'a> {
    cost: u32,
    salt: &'a [u8],
    sum: &'a [u8],
}

/// Why this is no hash. It does not repeat it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum NoHash {
    #[error("is shorter than the {SHORTEST} letters of a bcrypt hash")]
    TooShort,
    #[error("is no bcrypt hash, which begins with `$2`")]
    Prefix,
    #[error("is of a version of bcrypt that does not exist")]
    Version,
    #[error("has a cost that is not between 04 and 31")]
    Cost,
}

impl<'a> BcryptHash<'a> {
    pub(super) fn read(hash: &'a [u8]) -> Result<Self, NoHash> {
        if hash.len() < SHORTEST {
            return Err(NoHash::TooShort);
        }
        let [b'$', version, letter, rest @ ..] = hash else {
            return Err(NoHash::Prefix);
        };
        if *version > b'2' {
            return Err(NoHash::Version);
        }
        let rest = match letter {
            b'$' => rest,
            _ => rest.get(1..).unwrap_or_default(),
        };
        let (cost, rest) = rest.split_at_checked(2).ok_or(NoHash::TooShort)?;
        let cost = std::str::from_utf8(cost).ok();
        let cost = cost.and_then(|cost| cost.parse::<u32>().ok());
        let cost = cost.filter(|cost| (4..=31).contains(cost));
        let cost = cost.ok_or(NoHash::Cost)?;
        let rest = rest.get(1..).unwrap_or_default();
        let (salt, sum) = rest.split_at_checked(SALT).ok_or(NoHash::TooShort)?;
        Ok(Self { cost, salt, sum })
    }

    /// Whether it is this password's. This takes as long as the cost makes it, on purpose.
    pub(super) fn is_of(&self, password: &[u8]) -> bool {
        let salt = BASE64.decode(self.salt).ok();
        let Some(salt) = salt.and_then(|salt| <[u8; 16]>::try_from(salt).ok()) else {
            return false;
        };
        let mut ended =
            Zeroizing::new(password.iter().copied().take(PASSWORD).collect::<Vec<u8>>());
        ended.push(0);
        ended.truncate(PASSWORD);
        let sum = bcrypt::bcrypt(self.cost, salt, &ended);
        let sum = BASE64.encode(sum.get(..SUM_BYTES).unwrap_or_default());
        let of_hash = self.sum.get(..SUM).unwrap_or_default();
        verify_slices_are_equal(sum.as_bytes(), of_hash).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `python -c 'import bcrypt; bcrypt.hashpw(b"x"*100, b"$2a$05$...............................")'`
    const LONG: &str = "$2a$05$......................YgIDy4hFBdVlc/6LHnD9mX488r9cLd2";
    const NODE: &str = "$2a$04$n4Uy0eSnMfvnESYL.bLwuuj0U/ETSsoTpRT9GVk5bektyVVa5xnIi";
    const WORD: &[u8] = b"correctbatteryhorsestapler";

    fn is_of(hash: &str, password: &[u8]) -> bool {
        BcryptHash::read(hash.as_bytes()).unwrap().is_of(password)
    }

    #[test]
    fn a_hash_of_another_program_is_that_of_its_password_alone() {
        assert!(is_of(NODE, WORD));
        assert!(!is_of(NODE, b"correctbatteryhorsestaple"));
        assert!(!is_of(NODE, b""));
        for length in [72, 73, 100, 5000] {
            assert!(is_of(LONG, &vec![b'x'; length]), "{length}");
        }
        assert!(!is_of(LONG, &[b'x'; 71]));
    }

    #[test]
    fn what_go_takes_is_taken() {
        for letter in ["a", "b", "x", "y", "z", ""] {
            let hash = NODE.replacen("2a", &format!("2{letter}"), 1);
            assert!(is_of(&hash, WORD), "{hash}");
        }
        assert!(is_of(&format!("{NODE} and more"), WORD));
    }

    #[test]
    fn what_go_refuses_is_refused() {
        for (hash, why) in [
            (String::new(), NoHash::TooShort),
            (NODE[..58].to_owned(), NoHash::TooShort),
            (format!(" {NODE}"), NoHash::Prefix),
            (NODE.replacen('2', "3", 1), NoHash::Version),
            (NODE.replacen("04", "03", 1), NoHash::Cost),
            (NODE.replacen("04", "32", 1), NoHash::Cost),
            (NODE.replacen("04", "x4", 1), NoHash::Cost),
            ("ä".repeat(40), NoHash::Prefix),
        ] {
            let read = BcryptHash::read(hash.as_bytes());
            assert_eq!(read.err(), Some(why), "{hash}");
        }
        // Long enough, and nobody's.
        assert!(!is_of(&NODE[..59], WORD));
    }
}
