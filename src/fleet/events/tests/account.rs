//! An account with stores that fail, dawdle, and are opened again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
};

use futures_util::{
    FutureExt,
    future::{BoxFuture, join_all},
};
use serde_json::{Value, json};
use tokio::time::sleep;

use super::*;
use crate::{
    fleet::events::Account,
    metrics::Page,
    probe::MemoryKey,
    store::{Batch, InMemory, Store, StoreError},
};

/// How a commit ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Kept,
    /// An error, and nothing is kept.
    Lost,
    /// An error, and all is kept.
    KeptAndTold,
}

/// A disk, and how the next commits end; they are kept after that.
#[derive(Debug, Default)]
pub(super) struct Disk {
    holds: Arc<InMemory>,
    endings: Mutex<VecDeque<Ending>>,
    takes: Mutex<Duration>,
    unreadable: Mutex<bool>,
    batches: Mutex<Vec<Batch>>,
}

impl Disk {
    /// The next commits are kept.
    pub(super) fn ends_well(&self) {
        self.endings.lock().unwrap().clear();
    }

    pub(super) fn ends(&self, endings: impl IntoIterator<Item = Ending>) {
        self.endings.lock().unwrap().extend(endings);
    }

    pub(super) fn takes(&self, length: Duration) {
        *self.takes.lock().unwrap() = length;
    }

    pub(super) fn commits(&self) -> usize {
        self.batches.lock().unwrap().len()
    }
}

impl Store for Disk {
    fn load<'a>(&'a self, key: &'a MemoryKey) -> BoxFuture<'a, Result<Option<Value>, StoreError>> {
        if *self.unreadable.lock().unwrap() {
            return Box::pin(async { Err(StoreError::Load("away".to_owned())) });
        }
        self.holds.load(key)
    }

    fn commit(&self, batch: Batch) -> BoxFuture<'_, Result<(), StoreError>> {
        Box::pin(async {
            let takes = *self.takes.lock().unwrap();
            sleep(takes).await;
            self.batches.lock().unwrap().push(batch.clone());
            let ending = self.endings.lock().unwrap().pop_front();
            if ending != Some(Ending::Lost) {
                self.holds.commit(batch).await?;
            }
            match ending {
                None | Some(Ending::Kept) => Ok(()),
                _ => Err(StoreError::Commit("full".to_owned())),
            }
        })
    }
}

/// A life of the process on this disk.
pub(super) fn life(disk: &Arc<Disk>) -> Account {
    let store: Arc<dyn Store> = Arc::clone(disk) as Arc<dyn Store>;
    let account = Account::new(
        "acme".parse().unwrap(),
        "https://acme.okta.com".into(),
        store,
    );
    account.watch(watched());
    account
}

fn cursor_key() -> MemoryKey {
    MemoryKey {
        origin: "https://acme.okta.com".to_owned(),
        kind: "system_log",
        id: String::new(),
    }
}

pub(super) async fn log(
    account: &Account,
    events: &[String],
    cursor: u64,
) -> Result<(), StoreError> {
    let key = cursor_key();
    account
        .told_by_log(&page(events), (&key, json!(cursor)))
        .await
}

pub(super) async fn hook(account: &Account, events: &[String]) -> Result<(), StoreError> {
    account
        .told_by_hook(&delivery(events), Timestamp::UNIX_EPOCH)
        .await
}

pub(super) async fn cursor(account: &Account) -> u64 {
    account.recall().await.unwrap();
    let kept = account.memory(&cursor_key()).await.unwrap();
    kept.and_then(|kept| kept.as_u64()).unwrap_or_default()
}

/// How many events the log told, by the series.
pub(super) fn told(account: &Account, family: &str) -> u64 {
    let mut page = Page::new();
    crate::fleet::events::draw("acme", account, &mut page);
    let series = page.test_series();
    let of_family = series
        .iter()
        .filter(|line| line.starts_with(&format!("{family}{{")));
    of_family
        .map(|line| line.rsplit_once(' ').unwrap().1.parse::<u64>().unwrap())
        .sum()
}

pub(super) const LOG: &str = "okta_log_events_total";
pub(super) const LIMITS: &str = "okta_rate_limit_events_total";

#[tokio::test(start_paused = true)]
async fn counts_ids_and_cursor_are_kept_together() {
    let disk = Arc::new(Disk::default());
    let account = life(&disk);
    log(&account, &[sign_in(1), sign_in(2)], 2).await.unwrap();
    hook(&account, &[limit(3, "violation", "/a")])
        .await
        .unwrap();
    let batches = disk.batches.lock().unwrap().clone();
    let names = |batch: &Batch| {
        batch
            .keys()
            .map(|key| format!("{} {}", key.kind, key.id))
            .collect::<Vec<_>>()
    };
    assert_eq!(
        names(&batches[0]),
        [
            "events acme/counts",
            "events acme/log/00",
            "system_log acme/"
        ]
    );
    assert_eq!(
        names(&batches[1]),
        [
            "events acme/counts",
            "events acme/hook/00",
            "system_log acme/"
        ]
    );

    let next = life(&disk);
    assert_eq!(cursor(&next).await, 2);
    log(&next, &[sign_in(2), limit(3, "violation", "/a")], 3)
        .await
        .unwrap();
    assert_eq!((told(&next, LOG), told(&next, LIMITS)), (3, 1));
}

#[tokio::test(start_paused = true)]
async fn what_changed_nothing_is_not_kept_again() {
    let disk = Arc::new(Disk::default());
    let account = life(&disk);
    log(&account, &[], 1).await.unwrap();
    log(&account, &[], 1).await.unwrap();
    hook(&account, &[sign_in(1)]).await.unwrap();
    hook(&account, &[sign_in(1)]).await.unwrap();
    assert_eq!(disk.commits(), 2);
}

#[tokio::test(start_paused = true)]
async fn after_a_failed_commit_the_next_holds_all_and_a_delivery_is_refused_until_it_is_kept() {
    for ending in [Ending::Lost, Ending::KeptAndTold] {
        let disk = Arc::new(Disk::default());
        let account = life(&disk);
        disk.ends([ending; 3]);
        log(&account, &[sign_in(1)], 1).await.unwrap_err();
        hook(&account, &[limit(2, "violation", "/a")])
            .await
            .unwrap_err();
        hook(&account, &[limit(2, "violation", "/a")])
            .await
            .unwrap_err();
        assert_eq!(
            (told(&account, LOG), told(&account, LIMITS)),
            (1, 1),
            "it goes on in memory"
        );
        // Okta tries again, and now it is kept; with it what the log told, and its cursor.
        hook(&account, &[limit(2, "violation", "/a")])
            .await
            .unwrap();
        let next = life(&disk);
        assert_eq!(cursor(&next).await, 1, "{ending:?}");
        assert_eq!((told(&next, LOG), told(&next, LIMITS)), (1, 1));
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_counts_before_what_was_left_has_been_recalled() {
    let disk = Arc::new(Disk::default());
    log(&life(&disk), &[sign_in(1)], 1).await.unwrap();
    *disk.unreadable.lock().unwrap() = true;
    let next = life(&disk);
    log(&next, &[sign_in(2)], 2).await.unwrap_err();
    hook(&next, &[sign_in(2)]).await.unwrap_err();
    assert_eq!(disk.commits(), 1);
    *disk.unreadable.lock().unwrap() = false;
    hook(&next, &[sign_in(2)]).await.unwrap_err();
    sleep(Duration::from_secs(2)).await;
    log(&next, &[sign_in(1), sign_in(2)], 2).await.unwrap();
    assert_eq!(told(&next, LOG), 2);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_back_stays_as_it_is() {
    let disk = Arc::new(Disk::default());
    log(&life(&disk), &[sign_in(1)], 1).await.unwrap();
    let mut batch = disk.batches.lock().unwrap()[0].clone();
    let (key, _) = batch
        .iter()
        .find(|(key, _)| key.id == "acme/log/00")
        .unwrap();
    let strange = Batch::from([(key.clone(), json!({"first": 0, "ids": ""}))]);
    disk.holds.commit(strange).await.unwrap();
    let told = log(&life(&disk), &[sign_in(2)], 2)
        .await
        .unwrap_err()
        .to_string();
    assert!(told.contains("ids are missing"), "{told}");
    assert_eq!(disk.commits(), 1);
    batch.retain(|key, _| key.id == "acme/log/00");
    disk.holds.commit(batch).await.unwrap();
    log(&life(&disk), &[sign_in(2)], 2).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_is_kept_at_once_with_all_others_and_shares_a_failure() {
    let disk = Arc::new(Disk::default());
    let account = life(&disk);
    disk.takes(Duration::from_millis(50));
    let deliveries: Vec<Vec<String>> = (0..100).map(|number| vec![sign_in(number)]).collect();
    let all = join_all(deliveries.iter().map(|events| hook(&account, events)));
    assert!(all.await.iter().all(Result::is_ok));
    assert_eq!(
        disk.commits(),
        2,
        "the first, and the others while it was kept"
    );

    disk.ends([Ending::Kept, Ending::Lost]);
    let deliveries: Vec<Vec<String>> = (100..200).map(|number| vec![sign_in(number)]).collect();
    let all = join_all(deliveries.iter().map(|events| hook(&account, events))).await;
    assert_eq!(all.iter().filter(|kept| kept.is_ok()).count(), 1);
    assert_eq!(disk.commits(), 4);
    // Okta tries again.
    let all = join_all(deliveries.iter().map(|events| hook(&account, events))).await;
    assert!(all.iter().all(Result::is_ok));
    assert_eq!(told(&account, "okta_hook_events_total"), 200);
}

#[tokio::test(start_paused = true)]
async fn one_who_no_longer_waits_leaves_nothing_undone() {
    let disk = Arc::new(Disk::default());
    let account = life(&disk);
    disk.takes(Duration::from_secs(1));
    {
        let events = [sign_in(1)];
        let mut given_up = Box::pin(hook(&account, &events));
        assert!((&mut given_up).now_or_never().is_none());
    }
    hook(&account, &[sign_in(2)]).await.unwrap();
    let next = life(&disk);
    log(&next, &[], 1).await.unwrap();
    assert_eq!(told(&next, "okta_hook_events_total"), 2);
}

#[tokio::test(start_paused = true)]
async fn a_store_that_hangs_is_an_error_and_drawing_does_not_wait_for_it() {
    let disk = Arc::new(Disk::default());
    let account = life(&disk);
    disk.takes(Duration::from_hours(1));
    let events = [sign_in(1)];
    let hangs = log(&account, &events, 1);
    let drawn = async {
        sleep(Duration::from_secs(1)).await;
        told(&account, LOG)
    };
    let (kept, drawn) = tokio::join!(hangs, drawn);
    assert!(kept.unwrap_err().to_string().contains("longer than 5 s"));
    assert_eq!(drawn, 1);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_drawn_before_it_is_known_and_then_zeros_where_labels_are() {
    let disk = Arc::new(Disk::default());
    let account = life(&disk);
    let series = |account: &Account| {
        let mut page = Page::new();
        crate::fleet::events::draw("acme", account, &mut page);
        page.test_series()
    };
    let unknown = series(&account);
    let is_of_deliveries = |line: &String| line.starts_with("okta_hook_deliveries_total");
    assert!(
        unknown.iter().all(is_of_deliveries) && unknown.len() == 4,
        "{unknown:?}"
    );
    account.recall().await.unwrap();
    let drawn = series(&account);
    for line in [
        r#"okta_log_duplicates_total{org="acme"} 0"#,
        r#"okta_rate_limit_events_total{org="acme",event="violation",scope="org",bucket="unknown"} 0"#,
        r#"okta_exporter_series_dropped_total{org="acme",probe="events"} 0"#,
        r#"okta_hook_lead_seconds_count{org="acme"} 0"#,
    ] {
        assert!(
            drawn.iter().any(|drawn| drawn == line),
            "{line} is not in {drawn:#?}"
        );
    }
    assert!(
        !drawn
            .iter()
            .any(|line| line.starts_with("okta_hook_missed")),
        "which hook is ours is not known"
    );
    account.watch(Watched {
        log: true,
        ..Watched::default()
    });
    assert!(
        !series(&account)
            .iter()
            .any(|line| line.starts_with("okta_hook_"))
    );
}
