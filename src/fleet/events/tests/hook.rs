//! Who is let in, and what is answered where nothing can be kept.

use std::sync::Arc;

use futures_util::future::join_all;
use http::{HeaderMap, HeaderValue, header::AUTHORIZATION};

use super::{
    account::{Disk, Ending, life},
    *,
};
use crate::{
    config,
    fleet::events::{Account, DeliveryResult, Hook},
    okta::SecretSource,
};

const SECRET: &str = "s3cr3t-of-the-event-hook";

fn hook(account: &Arc<Account>) -> Hook {
    let configured = config::EventHook {
        header: AUTHORIZATION,
        secret: SecretSource::Given(SECRET.into()),
    };
    Hook::new(
        "acme".parse().unwrap(),
        configured,
        (Arc::clone(account), Arc::default()),
    )
}

#[tokio::test]
async fn the_whole_secret_lets_in_and_nothing_shows_it() {
    let account = Arc::new(life(&Arc::new(Disk::default())));
    let hook = hook(&account);
    for (told, admitted) in [
        (SECRET, true),
        ("", false),
        ("s3cr3t-of-the-event-hoo", false),
        ("s3cr3t-of-the-event-hookk", false),
    ] {
        let headers = HeaderMap::from_iter([(AUTHORIZATION, HeaderValue::from_static(told))]);
        assert_eq!(hook.admit(&headers).await.is_ok(), admitted, "{told}");
    }
    let none = hook.admit(&HeaderMap::new()).await;
    assert_eq!(none, Err(DeliveryResult::Unauthorized));
    assert!(!format!("{hook:?}").contains("s3cr3t"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_kept_is_refused_and_kept_when_it_comes_again() {
    let disk = Arc::new(Disk::default());
    let account = Arc::new(life(&disk));
    let hook = hook(&account);
    disk.ends([Ending::Lost]);
    let told = delivery(&[sign_in(1)]);
    assert_eq!(hook.take(&told).await, Err(DeliveryResult::Unavailable));
    assert_eq!(hook.take(&told).await, Ok(()));
    assert_eq!(disk.commits(), 2);
}

#[tokio::test(start_paused = true)]
async fn more_than_may_wait_is_refused_at_once() {
    let disk = Arc::new(Disk::default());
    disk.takes(Duration::from_millis(50));
    let account = Arc::new(life(&disk));
    let hook = hook(&account);
    let large: Vec<_> = (0..30)
        .map(|large| {
            delivery(
                &(large * 1_000..(large + 1) * 1_000)
                    .map(sign_in)
                    .collect::<Vec<_>>(),
            )
        })
        .collect();
    let taken = join_all(large.iter().map(|told| hook.take(told))).await;
    assert_eq!(taken.iter().filter(|taken| taken.is_ok()).count(), 20);
    assert_eq!(hook.take(&large[29]).await, Ok(()), "there is room again");
}
