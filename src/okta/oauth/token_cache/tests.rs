//! Tests of the access token that is kept, in a time of their own.

use std::sync::atomic::{AtomicU32, Ordering};

use super::*;
use crate::{okta::oauth::token::WORTH_ANOTHER, units::Secret};

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
    cache
        .get(None, async { KEY }, mint.well(3600))
        .await
        .unwrap();
    tokio::time::advance(Duration::from_secs(3539)).await;
    cache
        .get(None, async { KEY }, mint.well(3600))
        .await
        .unwrap();
    assert_eq!(mint.times(), 1);
    tokio::time::advance(Duration::from_secs(1)).await;
    cache
        .get(None, async { KEY }, mint.well(3600))
        .await
        .unwrap();
    assert_eq!(mint.times(), 2);
    let token_status = cache.status();
    assert_eq!((token_status.minted, token_status.cached), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn all_who_ask_at_a_time_share_one_mint() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    let ask = || cache.get(None, async { KEY }, mint.well(3600));
    let (a, b, c) = tokio::join!(ask(), ask(), ask());
    assert!(Arc::ptr_eq(&a.unwrap(), &b.unwrap()));
    assert!(c.is_ok());
    assert_eq!(mint.times(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_refused_token_is_replaced_once_for_all_who_held_it() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    let first = cache
        .get(None, async { KEY }, mint.well(3600))
        .await
        .unwrap();
    assert!(!first.is_replaceable(), "it never was of use, and is new");
    first.prove();
    assert!(first.is_replaceable());
    let one = cache
        .get(
            Some(Instead::OfRefused(&first)),
            async { KEY },
            mint.well(3600),
        )
        .await
        .unwrap();
    let two = cache
        .get(
            Some(Instead::OfRefused(&first)),
            async { KEY },
            mint.well(3600),
        )
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
    let plain = cache
        .get(None, async { KEY }, mint.well(3600))
        .await
        .unwrap();
    assert!(plain.may_be_bound());
    let again = cache
        .get(
            Some(Instead::OfUnfit(&plain)),
            async { KEY },
            mint.well(3600),
        )
        .await;
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
        let failure = cache.get(None, async { KEY }, put_off).await.unwrap_err();
        let is_as_it_was = matches!(failure, Failure::Budget { .. });
        assert!(is_as_it_was, "{failure}");
    }
    assert_eq!(cache.status().failed, 0);
}

#[tokio::test(start_paused = true)]
async fn a_fleet_does_not_come_back_in_step() {
    let mut waits = BTreeSet::new();
    for _ in 0..8 {
        let (cache, mint) = (TokenCache::default(), Mint::default());
        cache
            .get(None, async { KEY }, mint.badly())
            .await
            .unwrap_err();
        let until = cache.lock().trouble.as_ref().unwrap().until;
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
        cache
            .get(None, async { KEY }, mint.badly())
            .await
            .unwrap_err()
    ));
    assert!(remembered(
        cache
            .get(None, async { KEY }, mint.badly())
            .await
            .unwrap_err()
    ));
    assert_eq!(mint.times(), 1);
    cache
        .get(None, async { OTHER_KEY }, mint.badly())
        .await
        .unwrap_err();
    assert_eq!(mint.times(), 2, "a new key is tried at once");
    tokio::time::advance(Duration::from_secs(3)).await;
    cache
        .get(None, async { OTHER_KEY }, mint.well(3600))
        .await
        .unwrap();
    let token_status = cache.status();
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

/// Asks as a probe does that finds the token at hand good enough.
async fn ask(cache: &TokenCache, mint: impl Future<Output = Result<Token, NoToken>>) -> Arc<Token> {
    cache.get(None, async { KEY }, mint).await.unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_renewal_that_fails_leaves_the_old_token_serving_until_its_end() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    let old = ask(&cache, mint.well(3600)).await;
    tokio::time::advance(Duration::from_secs(3545)).await;
    let kept = ask(&cache, mint.badly()).await;
    assert!(Arc::ptr_eq(&old, &kept), "it holds for 55 s more");
    let remembered = ask(&cache, mint.badly()).await;
    assert!(Arc::ptr_eq(&old, &remembered));
    assert_eq!(
        (mint.times(), cache.status().failed),
        (2, 1),
        "and not asked at each request"
    );
    assert!(cache.status().expires.is_some());
    tokio::time::advance(Duration::from_secs(55)).await;
    cache
        .get(None, async { KEY }, mint.badly())
        .await
        .unwrap_err();
    assert_eq!(cache.status().expires, None, "none is at hand");
    tokio::time::advance(Duration::from_secs(9)).await;
    let new = ask(&cache, mint.well(3600)).await;
    assert!(!Arc::ptr_eq(&old, &new));
}

#[tokio::test(start_paused = true)]
async fn a_budget_that_puts_a_renewal_off_leaves_the_old_token_serving() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    let old = ask(&cache, mint.well(3600)).await;
    tokio::time::advance(Duration::from_secs(3545)).await;
    let put_off = async {
        Err(NoToken {
            cause: Failure::Budget {
                why: "x".to_owned(),
                again_in: Duration::from_secs(9),
            },
            ..trouble()
        })
    };
    let kept = ask(&cache, put_off).await;
    assert!(Arc::ptr_eq(&old, &kept));
}

#[tokio::test(start_paused = true)]
async fn a_token_that_does_not_fit_one_serves_the_others_meanwhile_and_after_a_failure() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    let held = ask(&cache, mint.well(3600)).await;
    let unfit = Some(Instead::OfUnfit(&held));
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let slow = async {
        gone.await.unwrap();
        mint.badly().await
    };
    let lacking = cache.get(unfit, async { KEY }, slow);
    let others = async {
        let other = ask(&cache, mint.badly()).await;
        assert!(Arc::ptr_eq(&other, &held), "nobody waits for the mint");
        go.send(()).unwrap();
    };
    let (lacking, ()) = tokio::join!(lacking, others);
    lacking.unwrap_err();
    assert!(Arc::ptr_eq(&ask(&cache, mint.badly()).await, &held));
    assert_eq!(mint.times(), 2, "the first, and the one that failed");
    tokio::time::advance(Duration::from_secs(2)).await;
    let better = cache
        .get(unfit, async { KEY }, mint.well(3600))
        .await
        .unwrap();
    assert!(Arc::ptr_eq(&ask(&cache, mint.badly()).await, &better));
}

#[tokio::test(start_paused = true)]
async fn who_asks_in_the_last_minute_waits_for_nobody_who_mints() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    let old = ask(&cache, mint.well(3600)).await;
    tokio::time::advance(Duration::from_secs(3545)).await;
    let (go, gone) = tokio::sync::oneshot::channel::<()>();
    let slow = async {
        gone.await.unwrap();
        mint.well(3600).await
    };
    let renewal = cache.get(None, async { KEY }, slow);
    let others = async {
        let other = ask(&cache, mint.badly()).await;
        assert!(Arc::ptr_eq(&other, &old));
        go.send(()).unwrap();
    };
    let (renewed, ()) = tokio::join!(renewal, others);
    assert!(!Arc::ptr_eq(&renewed.unwrap(), &old));
}

#[tokio::test(start_paused = true)]
async fn where_no_token_is_at_hand_none_is_told() {
    let (cache, mint) = (TokenCache::default(), Mint::default());
    assert_eq!(cache.status().expires, None);
    let held = ask(&cache, mint.well(3600)).await;
    assert!(cache.status().expires.is_some());
    tokio::time::advance(Duration::from_hours(1)).await;
    assert_eq!(cache.status().expires, None, "it came to its end");
    let refused = Some(Instead::OfRefused(&held));
    cache
        .get(refused, async { KEY }, mint.badly())
        .await
        .unwrap_err();
    assert_eq!(cache.status().expires, None);
}

#[tokio::test(start_paused = true)]
async fn a_failure_that_is_remembered_asks_for_what_is_left_of_its_time() {
    let cache = TokenCache::default();
    let limited = async {
        let refusal = crate::okta::Refusal {
            status: 429,
            path: "/oauth2/v1/token".to_owned(),
            anonymous: false,
            error: crate::okta::ApiError::Unexplained(None),
            request_id: None,
            date: None,
            limited: None,
            back_off: Some(Duration::from_secs(40)),
        };
        Err(NoToken {
            cause: Failure::Refused(Box::new(refusal)),
            ..trouble()
        })
    };
    let back_off = |failure: Failure| failure.refusal().unwrap().back_off.unwrap().as_secs();
    let first = cache.get(None, async { KEY }, limited).await.unwrap_err();
    assert_eq!(back_off(first), 40);
    tokio::time::advance(Duration::from_secs(30)).await;
    let never = Mint::default();
    let again = cache
        .get(None, async { KEY }, never.badly())
        .await
        .unwrap_err();
    assert_eq!((back_off(again), never.times()), (10, 0));
}
