//! The access token of one credential: minted once for all who ask at a time, reused until shortly
//! before it expires, and after a failure not asked for again too soon. What is at hand serves until
//! its end: the next is minted beside it and takes its place once it is there. How it is minted is in
//! [`mint`](super::mint), what it is sent with in [`ask`](super::ask), what it is good for in
//! [`token`](super::token).

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::time::Instant;

use super::{assertion::Fingerprint, token::Token};
use crate::okta::{Failure, NoToken};
use crate::units::OktaTime;

/// How long is waited after the first failure; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest that is waited, unless Okta asks for more.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// How a credential stands with its own access tokens.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TokenStatus {
    /// When the token at hand expires, by Okta's clock; `None` where none is at hand.
    pub expires: Option<OktaTime>,
    /// Tokens minted.
    pub minted: u64,
    /// Requests that went out with a token that was at hand.
    pub cached: u64,
    /// Tokens asked for in vain.
    pub failed: u64,
    /// The scopes that were granted; `None` before that is known.
    pub granted: Option<BTreeSet<String>>,
}

/// Why the token at hand will not do.
#[derive(Debug, Clone, Copy)]
pub(super) enum Instead<'a> {
    /// Okta no longer takes it: it serves nobody.
    OfRefused(&'a Arc<Token>),
    /// It serves others, but not this request: it lacks a scope, or is not bound.
    OfUnfit(&'a Arc<Token>),
}

/// The access token of one credential.
#[derive(Debug, Default)]
pub(super) struct TokenCache {
    state: Mutex<State>,
    /// Held while one is minted. Who has a token that serves does not wait for it.
    minting: tokio::sync::Mutex<()>,
}

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    trouble: Option<Trouble>,
    failures: u32,
    /// All but when the token at hand expires.
    told: TokenStatus,
}

/// A failure that is remembered, so that probes need not ask to meet it again.
#[derive(Debug)]
struct Trouble {
    why: NoToken,
    until: Instant,
    with: Fingerprint,
}

impl TokenCache {
    /// How the credential stands now.
    pub(super) fn status(&self) -> TokenStatus {
        let state = self.lock();
        let at_hand = state.token.as_ref();
        let at_hand = at_hand.filter(|token| token.serves(Instant::now()));
        TokenStatus {
            expires: at_hand.map(|token| token.expires),
            ..state.told.clone()
        }
    }

    /// The token at hand, unless another is asked for `instead`; else the one that `mint` makes.
    /// Whoever has none that serves waits for that. `with` tells by what key it would be asked for: a
    /// new one is tried at once, however many failures there were.
    pub(super) async fn get(
        &self,
        instead: Option<Instead<'_>>,
        with: impl Future<Output = Fingerprint>,
        mint: impl Future<Output = Result<Token, NoToken>>,
    ) -> Result<Arc<Token>, Failure> {
        if let Some(Instead::OfRefused(token)) = instead {
            self.drop_refused(token);
        }
        if let Some(token) = self.at_hand(instead, Token::is_fresh) {
            return Ok(token);
        }
        let _minting = match self.minting.try_lock() {
            Ok(minting) => minting,
            Err(_) => match self.at_hand(instead, Token::serves) {
                Some(token) => return Ok(token),
                None => self.minting.lock().await,
            },
        };
        // Whoever minted meanwhile may have made the one that is wanted.
        if let Some(token) = self.at_hand(instead, Token::is_fresh) {
            return Ok(token);
        }
        let with = with.await;
        let minted = match self.remembered(with) {
            Some(failure) => Err(failure),
            None => self.mint(instead.is_some(), with, mint).await,
        };
        // A renewal that failed was early: the old one serves until its end.
        minted.or_else(|failure| self.at_hand(instead, Token::serves).ok_or(failure))
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn drop_refused(&self, refused: &Arc<Token>) {
        let held = &mut self.lock().token;
        *held = held.take().filter(|token| !Arc::ptr_eq(token, refused));
    }

    /// The token at hand, where it is as wanted and not the one that will not do.
    fn at_hand(
        &self,
        instead: Option<Instead<'_>>,
        wanted: impl Fn(&Token, Instant) -> bool,
    ) -> Option<Arc<Token>> {
        let mut state = self.lock();
        let token = state.token.clone()?;
        let will_do = match instead {
            Some(Instead::OfRefused(other) | Instead::OfUnfit(other)) => {
                !Arc::ptr_eq(other, &token)
            }
            None => true,
        };
        let token = Some(token).filter(|token| will_do && wanted(token, Instant::now()))?;
        state.told.cached += 1;
        Some(token)
    }

    /// The failure that nothing is asked for now, with what is left of the time to stay away.
    fn remembered(&self, with: Fingerprint) -> Option<Failure> {
        let state = self.lock();
        let trouble = state.trouble.as_ref()?;
        let left = trouble.until.saturating_duration_since(Instant::now());
        if left.is_zero() || trouble.with != with {
            return None;
        }
        let mut why = trouble.why.clone();
        why.remembered = true;
        if let Failure::Refused(refusal) = &mut why.cause {
            refusal.back_off = refusal.back_off.map(|_| left);
        }
        Some(Failure::NoToken(Box::new(why)))
    }

    async fn mint(
        &self,
        instead: bool,
        with: Fingerprint,
        mint: impl Future<Output = Result<Token, NoToken>>,
    ) -> Result<Arc<Token>, Failure> {
        let minted = mint.await;
        let mut state = self.lock();
        match minted {
            Ok(mut token) => {
                token.instead = instead;
                let token = Arc::new(token);
                state.told.minted += 1;
                state.told.granted = Some(token.scopes.clone());
                state.token = Some(Arc::clone(&token));
                state.trouble = None;
                state.failures = 0;
                Ok(token)
            }
            // Nothing was asked, so nothing failed: whoever comes back asks the gate again.
            Err(NoToken {
                cause: put_off @ Failure::Budget { .. },
                ..
            }) => Err(put_off),
            Err(why) => {
                state.failures = state.failures.saturating_add(1);
                let asked = why.cause.refusal().and_then(|refusal| refusal.back_off);
                state.trouble = Some(Trouble {
                    why: why.clone(),
                    until: Instant::now() + wait(state.failures, asked, fastrand::f64()),
                    with,
                });
                state.told.failed += 1;
                if why.is_ungranted() {
                    state.told.granted = Some(BTreeSet::new());
                }
                Err(Failure::NoToken(Box::new(why)))
            }
        }
    }
}

/// How long nothing is asked after so many failures in a row: doubling, with `jitter`, a random
/// share from 0 to 1, so that a fleet does not come back in step. What Okta asks for is kept to as
/// it is: whoever was told so comes back later than that, each after a jitter of its own.
fn wait(failures: u32, asked: Option<Duration>, jitter: f64) -> Duration {
    let doubled = 2_u32.saturating_pow(failures.saturating_sub(1));
    let wait = FIRST_WAIT.saturating_mul(doubled).min(LONGEST_WAIT);
    asked.unwrap_or_else(|| wait + wait.mul_f64(0.25 * jitter))
}

#[cfg(test)]
mod tests;
