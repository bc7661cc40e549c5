//! The nonces that proofs of possession must carry, as Okta keeps them. What else a proof must say is
//! checked in [`super::proof`].

use std::time::Duration;

use jiff::Timestamp;

use super::answer::random;
use super::clock::after;

/// How long the same nonce is given.
const NONCE_RENEWED: Duration = Duration::from_hours(24);
/// How long a nonce is taken.
const NONCE_HOLDS: Duration = Duration::from_hours(3 * 24);

/// The nonces that were given, the newest last: renewed each day, taken for three.
#[derive(Debug, Default)]
pub(super) struct Nonces(Vec<(String, Timestamp)>);

impl Nonces {
    pub(super) fn given(&mut self, now: Timestamp) -> String {
        match self.0.last() {
            Some((nonce, given)) if now < after(*given, NONCE_RENEWED) => nonce.clone(),
            _ => self.renew(now),
        }
    }

    pub(super) fn renew(&mut self, now: Timestamp) -> String {
        let nonce = random(32);
        self.0.retain(|(_, given)| now < after(*given, NONCE_HOLDS));
        self.0.push((nonce.clone(), now));
        nonce
    }

    pub(super) fn takes(&self, nonce: &str, now: Timestamp) -> bool {
        let holds = |(known, given): &(String, Timestamp)| {
            known == nonce && now < after(*given, NONCE_HOLDS)
        };
        self.0.iter().any(holds)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_renewed_each_day_and_holds_for_three() {
        let later = |hours| after(Timestamp::UNIX_EPOCH, Duration::from_hours(hours));
        let mut nonces = Nonces::default();
        let first = nonces.given(later(0));
        assert_eq!(nonces.given(later(23)), first);
        let second = nonces.given(later(24));
        assert_ne!(second, first);
        assert!(nonces.takes(&first, later(71)));
        assert!(!nonces.takes(&first, later(72)));
        assert!(nonces.takes(&second, later(72)));
    }
}
