//! Who may ask: names and passwords as a request brings them, compared with the hashes of the file. A
//! comparison is slow on purpose, so there is one at a time, on a thread that serves nobody else, and
//! what it came to is remembered: whoever is known waits for nobody.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use aws_lc_rs::{
    hmac::{self, HMAC_SHA256},
    rand::SystemRandom,
};
use base64::{
    Engine,
    alphabet::STANDARD,
    engine::{GeneralPurpose, GeneralPurposeConfig},
};
use http::HeaderValue;
use secrecy::{ExposeSecret, zeroize::Zeroizing};
use tokio::sync::Semaphore;

use super::bcrypt_hash::{BcryptHash, NoHash};
use crate::units::Secret;

/// How many logins are remembered, good ones and bad ones each: those who guess cannot make the good
/// ones forgotten.
const REMEMBERED: usize = 100;

/// What an unknown user's password is compared with, so that nobody learns by the time it takes who
/// there is. It is of cost 10, and of no password that lets anybody in.
const NOBODYS: &str = "$2y$10$QOauhQNbBCuQDKes6eFzPeMqBSjb7Mr5DUmpZ/VcEd00UAV/LDeSi";

const SCHEME: &str = "basic ";

/// Base64 as Go has it: padded, with whatever in the bits that count for nothing.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &STANDARD,
    GeneralPurposeConfig::new().with_decode_allow_trailing_bits(true),
);

/// A user whose hash is none.
#[derive(Debug, thiserror::Error)]
#[error("the hash of the user {user:?} {why}; `htpasswd -nBC 10 \"\"` makes one")]
pub struct BadUser {
    user: String,
    why: NoHash,
}

/// The first user whose hash is none.
pub(super) fn check(users: &BTreeMap<String, Secret>) -> Result<(), BadUser> {
    for (user, hash) in users {
        if let Err(why) = BcryptHash::read(hash.expose_secret().as_bytes()) {
            let user = user.clone();
            return Err(BadUser { user, why });
        }
    }
    Ok(())
}

/// The logins of late, and whose turn it is to be compared.
#[derive(Debug)]
pub(super) struct Logins {
    key: hmac::Key,
    known: Mutex<Known>,
    turn: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Known {
    good: VecDeque<Login>,
    bad: VecDeque<Login>,
}

/// A login as it is remembered: keyed by what this process alone knows, it tells no password.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Login([u8; 32]);

impl Logins {
    /// None yet. It fails where the system gives no random numbers.
    pub(super) fn new() -> Result<Self, std::io::Error> {
        let key = hmac::Key::generate(HMAC_SHA256, &SystemRandom::new())
            .map_err(|_| std::io::Error::other("there are no random numbers"))?;
        Ok(Self {
            key,
            known: Mutex::default(),
            turn: Arc::new(Semaphore::new(1)),
        })
    }

    /// Whether what a request brings is a user's.
    pub(super) async fn admit(
        &self,
        users: &BTreeMap<String, Secret>,
        brought: Option<&HeaderValue>,
    ) -> bool {
        let Some(brought) = brought.and_then(read) else {
            return false;
        };
        let hash = brought.user().and_then(|user| users.get(user));
        let is_known = hash.is_some();
        let hash = hash.map_or(NOBODYS, |hash| hash.expose_secret());
        let login = self.login(&brought, hash);
        if let Some(good) = self.remembered(&login) {
            return good;
        }
        // The permit goes with the work: who goes away meanwhile does not let another begin.
        let Ok(permit) = Arc::clone(&self.turn).acquire_owned().await else {
            return false;
        };
        if let Some(good) = self.remembered(&login) {
            return good;
        }
        let hash = Secret::from(hash);
        let compared = tokio::task::spawn_blocking(move || {
            let hash = BcryptHash::read(hash.expose_secret().as_bytes());
            let is_it = hash.is_ok_and(|hash| hash.is_of(brought.password()));
            drop(permit);
            is_it
        });
        let good = compared.await.unwrap_or_default() && is_known;
        self.remember(login, good);
        good
    }

    /// All that decides, so that another hash is another login.
    fn login(&self, brought: &Credentials, hash: &str) -> Login {
        let mut sum = hmac::Context::with_key(&self.key);
        for part in [brought.name(), hash.as_bytes(), brought.password()] {
            sum.update(&part.len().to_le_bytes());
            sum.update(part);
        }
        let mut login = [0; 32];
        login.copy_from_slice(sum.sign().as_ref());
        Login(login)
    }

    fn remembered(&self, login: &Login) -> Option<bool> {
        let known = self.known();
        if known.good.contains(login) {
            return Some(true);
        }
        known.bad.contains(login).then_some(false)
    }

    fn remember(&self, login: Login, good: bool) {
        let mut known = self.known();
        let alike = if good {
            &mut known.good
        } else {
            &mut known.bad
        };
        if alike.len() >= REMEMBERED {
            alike.pop_front();
        }
        alike.push_back(login);
    }

    fn known(&self) -> MutexGuard<'_, Known> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A name and a password, apart by the first colon.
struct Credentials {
    text: Zeroizing<Vec<u8>>,
    colon: usize,
}

impl Credentials {
    fn name(&self) -> &[u8] {
        self.text.get(..self.colon).unwrap_or_default()
    }

    /// A name that is no text is nobody's.
    fn user(&self) -> Option<&str> {
        std::str::from_utf8(self.name()).ok()
    }

    fn password(&self) -> &[u8] {
        self.text.get(self.colon + 1..).unwrap_or_default()
    }
}

/// Reads the header `Authorization`.
fn read(header: &HeaderValue) -> Option<Credentials> {
    let (scheme, encoded) = header.as_bytes().split_at_checked(SCHEME.len())?;
    if !scheme.eq_ignore_ascii_case(SCHEME.as_bytes()) {
        return None;
    }
    let text = Zeroizing::new(BASE64.decode(encoded).ok()?);
    let colon = text.iter().position(|byte| *byte == b':')?;
    Some(Credentials { text, colon })
}

#[cfg(test)]
mod tests;
