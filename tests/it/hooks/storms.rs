//! Many deliveries at once, and two thousand a second.

use std::{collections::BTreeSet, time::Duration};

use reqwest::StatusCode;

use super::{
    SECRET, VIOLATIONS, address, deliveries, delivery, exporter, hook, org, post_by, settings,
};
use crate::support::{Program, Scrape, http};

/// Many deliveries at a time, by so many clients: those that were answered well.
async fn storm(url: &str, (clients, each): (usize, usize)) -> BTreeSet<usize> {
    let senders = (0..clients).map(|client| {
        let url = url.to_owned();
        tokio::spawn(async move {
            let (mut kept, asking) = (BTreeSet::new(), http());
            for number in client * each..(client + 1) * each {
                let answer = post_by(&asking, (&url, SECRET), delivery([number])).await;
                match answer.status() {
                    StatusCode::NO_CONTENT => kept.insert(number),
                    StatusCode::SERVICE_UNAVAILABLE => continue,
                    other => panic!("{other}"),
                };
            }
            kept
        })
    });
    let mut kept = BTreeSet::new();
    for sender in senders.collect::<Vec<_>>() {
        kept.extend(sender.await.unwrap());
    }
    kept
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn in_a_storm_nothing_that_was_answered_well_is_lost() {
    let okta = org().await;
    let exporter = exporter(&okta, &hook()).await;
    let kept = storm(&address(&exporter), (40, 15)).await;
    let page = exporter.scrape().await;
    assert_eq!(page.sum(VIOLATIONS), kept.len() as f64);
    assert_eq!(kept.len(), 600, "memory is never full");
}

/// How long answers took, each client sending at its pace, and how many were good.
async fn paced(
    url: &str,
    (clients, each): (usize, usize),
    pace: Duration,
) -> (Vec<Duration>, usize) {
    let senders = (0..clients).map(|client| {
        let url = url.to_owned();
        tokio::spawn(async move {
            let (asking, mut took, mut good) = (http(), Vec::new(), 0);
            let mut tick = tokio::time::interval(pace);
            for number in client * each..(client + 1) * each {
                let due = tick.tick().await;
                let answer = post_by(&asking, (&url, SECRET), delivery([number])).await;
                // What waits for its turn behind a slow answer has waited, too.
                took.push(due.elapsed());
                good += usize::from(answer.status() == StatusCode::NO_CONTENT);
            }
            (took, good)
        })
    });
    let (mut all, mut good) = (Vec::new(), 0);
    for sender in senders.collect::<Vec<_>>() {
        let (took, kept) = sender.await.unwrap();
        all.extend(took);
        good += kept;
    }
    all.sort_unstable();
    (all, good)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement: cargo test --release --test it -- --ignored --nocapture two_thousand"]
async fn two_thousand_deliveries_a_second_are_answered_and_none_is_lost() {
    let okta = org().await;
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("settings.yaml");
    let storage = "storage: { path: state.redb }\n";
    std::fs::write(&file, storage.to_owned() + &settings(&okta, &hook())).unwrap();
    let flag = format!("--config.file={}", file.display());
    let mut exporter = Program::exporter(&[&flag, "--web.listen-address=127.0.0.1:0"], &[]);
    let address = exporter.until("address=").await;
    let address = format!("http://{}", address.split(' ').next().unwrap());
    let url = format!("{address}/hooks/okta/acme");
    // 64 clients, each every 32 ms, for 5 s.
    let (clients, each) = (64, 156);
    let (took, good) = paced(&url, (clients, each), Duration::from_millis(32)).await;
    let longest = |share: usize| took[(took.len() - 1) * share / 100].as_secs_f64() * 1e3;
    println!(
        "{} deliveries: {good} kept, p50 {:.1} ms, p99 {:.1} ms, longest {:.1} ms",
        took.len(),
        longest(50),
        longest(99),
        longest(100),
    );
    let page = Scrape::of(&address).await;
    assert_eq!(took.len(), clients * each, "all are answered");
    assert_eq!(deliveries(&page, "accepted"), good as f64);
    assert_eq!(page.sum(VIOLATIONS), good as f64);
    exporter.kill().await;
}
