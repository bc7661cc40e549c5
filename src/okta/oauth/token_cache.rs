//! The access token of one credential: minted once for all who ask at a time, reused until shortly
//! before it expires, and after a failure not asked for again too soon. How it is minted is in
//! [`mint`](super::mint), what it is sent with in [`ask`](super::ask).

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use tokio::time::Instant;

use super::assertion::Fingerprint;
use crate::okta::{Failure, NoToken};
use crate::units::{OktaTime, Secret};

/// How long before its end a token is no longer used.
const MARGIN: Duration = Duration::from_mins(1);
/// How old a token must be to be replaced, if it was never of use: one that is refused from the
/// first will not be fixed by another of its kind.
const WORTH_ANOTHER: Duration = Duration::from_mins(1);
/// How long is waited after the first failure; twice as long after each further one.
const FIRST_WAIT: Duration = Duration::from_secs(1);
/// The longest that is waited, unless Okta asks for more.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// An access token at hand.
#[derive(Debug)]
pub(super) struct Token {
    pub(super) value: Secret,
    /// It is bound to the credential's DPoP key.
    pub(super) bound: bool,
    /// The scopes it was granted.
    pub(super) scopes: BTreeSet<String>,
    /// When it ends, by Okta's clock.
    pub(super) expires: OktaTime,
    /// When it was asked for.
    minted: Instant,
    lasts: Duration,
    proven: AtomicBool,
    /// It was minted in the place of one that was refused.
    instead: bool,
}

impl Token {
    pub(super) fn new(value: Secret, bound: bool, minted: Instant, lasts: Duration) -> Self {
        Self {
            value,
            bound,
            scopes: BTreeSet::new(),
            expires: OktaTime::default(),
            minted,
            lasts,
            proven: AtomicBool::new(false),
            instead: false,
        }
    }

    /// Whether it may still be used. A short-lived one is used for half of its life.
    fn is_good(&self, now: Instant) -> bool {
        now < self.minted + self.lasts.saturating_sub(MARGIN.min(self.lasts / 2))
    }

    /// Okta took it.
    pub(super) fn prove(&self) {
        self.proven.store(true, Ordering::Relaxed);
    }

    /// Whether another one may be minted in its place now that it was refused. One that took
    /// another's place may be refused for good at one path and taken at the next: it stays a while.
    pub(super) fn is_replaceable(&self) -> bool {
        self.is_old() || (self.proven.load(Ordering::Relaxed) && !self.instead)
    }

    /// Whether one that is bound may be minted in its place now that a proof was demanded.
    pub(super) fn may_be_bound(&self) -> bool {
        !self.bound && (self.is_old() || !self.instead)
    }

    /// Whether it was minted a while ago: another one may know what was granted since.
    pub(super) fn is_old(&self) -> bool {
        self.minted.elapsed() >= WORTH_ANOTHER
    }
}

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

#[derive(Debug, Default)]
struct State {
    token: Option<Arc<Token>>,
    trouble: Option<Trouble>,
    failures: u32,
}

/// A failure that is remembered, so that probes need not ask to meet it again.
#[derive(Debug)]
struct Trouble {
    why: NoToken,
    until: Instant,
    with: Fingerprint,
}

/// The access token of one credential.
#[derive(Debug, Default)]
pub(super) struct TokenCache {
    state: tokio::sync::Mutex<State>,
    token_status: Mutex<TokenStatus>,
}

impl TokenCache {
    pub(super) fn token_status(&self) -> MutexGuard<'_, TokenStatus> {
        self.token_status
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// The token at hand, unless it is the one that was `refused`; else the one that `mint` makes.
    /// Whoever asks meanwhile waits for that. `with` tells by what key it would be asked for: a new
    /// one is tried at once, however many failures there were.
    pub(super) async fn get(
        &self,
        refused: Option<&Arc<Token>>,
        with: impl Fn() -> Fingerprint,
        mint: impl Future<Output = Result<Token, NoToken>>,
    ) -> Result<Arc<Token>, Failure> {
        let mut state = self.state.lock().await;
        let is_refused =
            |token: &Arc<Token>| refused.is_some_and(|refused| Arc::ptr_eq(refused, token));
        let instead = state.token.as_ref().is_some_and(is_refused);
        if instead {
            state.token = None;
            self.token_status().expires = None;
        }
        if let Some(token) = state
            .token
            .as_ref()
            .filter(|token| token.is_good(Instant::now()))
        {
            self.token_status().cached += 1;
            return Ok(Arc::clone(token));
        }
        if let Some(trouble) = &state.trouble
            && Instant::now() < trouble.until
            && trouble.with == with()
        {
            let remembered = NoToken {
                remembered: true,
                ..trouble.why.clone()
            };
            return Err(Failure::NoToken(Box::new(remembered)));
        }
        let tried = with();
        match mint.await {
            Ok(token) => {
                let token = Arc::new(Token { instead, ..token });
                let mut token_status = self.token_status();
                token_status.minted += 1;
                token_status.expires = Some(token.expires);
                token_status.granted = Some(token.scopes.clone());
                *state = State {
                    token: Some(Arc::clone(&token)),
                    ..State::default()
                };
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
                    with: tried,
                });
                let mut token_status = self.token_status();
                token_status.failed += 1;
                if why.is_ungranted() {
                    token_status.granted = Some(BTreeSet::new());
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
mod tests {
    use std::sync::atomic::AtomicU32;

    use super::*;

    fn token(lasts: u64) -> Token {
        let value = Secret::from("s3cr3t");
        Token::new(value, false, Instant::now(), Duration::from_secs(lasts))
    }

    fn trouble() -> NoToken {
        NoToken {
            credential: "monitor".parse().unwrap(),
            cause: Failure::Internal("x".to_owned()),
            note: None,
            remembered: false,
        }
    }

    const KEY: Fingerprint = Some([1; 32]);
    const OTHER_KEY: Fingerprint = Some([2; 32]);

    /// Counts how often it was minted.
    #[derive(Default)]
    struct Mint(AtomicU32);

    impl Mint {
        async fn well(&self, lasts: u64) -> Result<Token, NoToken> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Ok(token(lasts))
        }

        async fn badly(&self) -> Result<Token, NoToken> {
            self.0.fetch_add(1, Ordering::Relaxed);
            tokio::task::yield_now().await;
            Err(trouble())
        }

        fn times(&self) -> u32 {
            self.0.load(Ordering::Relaxed)
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_reused_until_a_minute_before_its_end() {
        let (cache, mint) = (TokenCache::default(), Mint::default());
        cache.get(None, || KEY, mint.well(3600)).await.unwrap();
        tokio::time::advance(Duration::from_secs(3539)).await;
        cache.get(None, || KEY, mint.well(3600)).await.unwrap();
        assert_eq!(mint.times(), 1);
        tokio::time::advance(Duration::from_secs(1)).await;
        cache.get(None, || KEY, mint.well(3600)).await.unwrap();
        assert_eq!(mint.times(), 2);
        let token_status = cache.token_status().clone();
        assert_eq!((token_status.minted, token_status.cached), (2, 1));
    }

    #[tokio::test(start_paused = true)]
    async fn all_who_ask_at_a_time_share_one_mint() {
        let (cache, mint) = (TokenCache::default(), Mint::default());
        let ask = || cache.get(None, || KEY, mint.well(3600));
        let (a, b, c) = tokio::join!(ask(), ask(), ask());
        assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
        assert!(c.is_ok());
        assert_eq!(mint.times(), 1);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_replaced_once_for_all_who_held_it() {
        let (cache, mint) = (TokenCache::default(), Mint::default());
        let first = cache.get(None, || KEY, mint.well(3600)).await.unwrap();
        assert!(!first.is_replaceable(), "it never was of use, and is new");
        first.prove();
        assert!(first.is_replaceable());
        let one = cache
            .get(Some(&first), || KEY, mint.well(3600))
            .await
            .unwrap();
        let two = cache
            .get(Some(&first), || KEY, mint.well(3600))
            .await
            .unwrap();
        assert!(Arc::ptr_eq(&one, &two));
        assert_eq!(mint.times(), 2);
        one.prove();
        assert!(!one.is_replaceable(), "what refuses it is no matter of it");
        tokio::time::advance(WORTH_ANOTHER).await;
        assert!(one.is_replaceable());
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_becomes_a_bound_one_once() {
        let (cache, mint) = (TokenCache::default(), Mint::default());
        let plain = cache.get(None, || KEY, mint.well(3600)).await.unwrap();
        assert!(plain.may_be_bound());
        let again = cache.get(Some(&plain), || KEY, mint.well(3600)).await;
        let again = again.unwrap();
        assert!(!again.may_be_bound(), "the proof was of no use");
        tokio::time::advance(WORTH_ANOTHER).await;
        assert!(again.may_be_bound());
    }

    #[tokio::test]
    async fn a_mint_that_the_budget_puts_off_is_no_failure() {
        let cache = TokenCache::default();
        for _ in 0..2 {
            let put_off = async {
                Err(NoToken {
                    cause: Failure::Budget {
                        why: "x".to_owned(),
                        again_in: Duration::from_secs(9),
                    },
                    ..trouble()
                })
            };
            let failure = cache.get(None, || KEY, put_off).await.unwrap_err();
            let is_as_it_was = matches!(failure, Failure::Budget { .. });
            assert!(is_as_it_was, "{failure}");
        }
        assert_eq!(cache.token_status().failed, 0);
    }

    #[tokio::test(start_paused = true)]
    async fn a_fleet_does_not_come_back_in_step() {
        let mut waits = BTreeSet::new();
        for _ in 0..8 {
            let (cache, mint) = (TokenCache::default(), Mint::default());
            cache.get(None, || KEY, mint.badly()).await.unwrap_err();
            let until = cache.state.lock().await.trouble.as_ref().unwrap().until;
            waits.insert(until - Instant::now());
        }
        assert!(waits.len() > 1, "{waits:?}");
        let least = waits.first().unwrap();
        assert!(*least >= FIRST_WAIT, "{waits:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_failure_is_remembered_until_its_time_is_over_or_the_key_changes() {
        let (cache, mint) = (TokenCache::default(), Mint::default());
        let remembered = |failure: Failure| match failure {
            Failure::NoToken(why) => why.remembered,
            other => panic!("{other}"),
        };
        assert!(!remembered(
            cache.get(None, || KEY, mint.badly()).await.unwrap_err()
        ));
        assert!(remembered(
            cache.get(None, || KEY, mint.badly()).await.unwrap_err()
        ));
        assert_eq!(mint.times(), 1);
        cache
            .get(None, || OTHER_KEY, mint.badly())
            .await
            .unwrap_err();
        assert_eq!(mint.times(), 2, "a new key is tried at once");
        tokio::time::advance(Duration::from_secs(3)).await;
        cache
            .get(None, || OTHER_KEY, mint.well(3600))
            .await
            .unwrap();
        let token_status = cache.token_status().clone();
        assert_eq!((token_status.failed, token_status.minted), (2, 1));
    }

    #[test]
    fn waiting_doubles_up_to_a_bound_and_keeps_to_what_okta_asks() {
        let waits = [1, 2, 3, 9, 10, 99].map(|failures| wait(failures, None, 0.0).as_secs());
        assert_eq!(waits, [1, 2, 4, 256, 300, 300]);
        assert_eq!(wait(1, None, 1.0), Duration::from_millis(1250));
        let asked = Some(Duration::from_secs(40));
        assert_eq!(wait(1, asked, 1.0).as_secs(), 40);
    }

    #[test]
    fn a_token_is_not_shown() {
        assert!(!format!("{:?}", token(1)).contains("s3cr3t"));
    }
}
