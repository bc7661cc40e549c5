//! When a limit that runs out is a reason to ask who was active.

use std::sync::Mutex;

use super::*;
use crate::{
    okta::{ExhaustedWindow, event::Event, event::EventPage},
    units::OktaTime,
};

/// The seconds at which somebody was to ask, from now on.
fn asked(org: &Org) -> Arc<Mutex<Vec<u64>>> {
    let asked = Arc::<Mutex<Vec<u64>>>::default();
    let (limits, begun, told) = (Arc::clone(&org.limits), org.begun, Arc::clone(&asked));
    drop(tokio::spawn(async move {
        loop {
            limits.exhausted().await;
            let now = Moment::now().since(begun).as_secs();
            told.lock().unwrap().push(now);
        }
    }));
    asked
}

fn windows(org: &Org) -> Vec<ExhaustedWindow> {
    let run = gated("api_tokens", Interval);
    org.limits.gate(run).exhausted()
}

/// A window of a minute that ends so long after the world began.
fn window(bucket: &str, end: i64) -> ExhaustedWindow {
    let at =
        |second: i64| OktaTime::written(Timestamp::from_second(1_800_000_000 + second).unwrap());
    ExhaustedWindow {
        bucket: bucket.to_owned(),
        from: at(end - 60),
        to: at(end),
    }
}

#[tokio::test(start_paused = true)]
async fn it_is_asked_just_before_the_window_ends_and_not_again_for_five_minutes() {
    let org = Org::new();
    let asked = asked(&org);
    let (users, groups) = (charge("users", "/users"), charge("groups", "/groups"));
    for minute in 0..14 {
        // Another node rounds the same reset up.
        for left in [30, 31] {
            org.limits.settle(None, &org.answer(&users, (50, 0, left)));
        }
        org.limits.settle(None, &org.answer(&groups, (50, 1, 30)));
        let known = windows(&org)
            .into_iter()
            .filter(|one| one.bucket == "/users");
        assert_eq!(known.count(), minute + 1);
        sleep(MINUTE).await;
    }
    assert_eq!(*asked.lock().unwrap(), [28, 328, 628]);
    assert_eq!(windows(&org)[0], window("/users", 30));
    assert_eq!(windows(&org).len(), 14, "of groups one request was left");
}

#[tokio::test(start_paused = true)]
async fn too_many_at_once_is_no_window_and_what_cannot_be_ends_none() {
    let org = Org::new();
    let asked = asked(&org);
    for left in [-30, 7_200] {
        let answer = org.answer(&charge("users", "/users"), (50, 0, left));
        org.limits.settle(None, &answer);
    }
    sleep(10 * MINUTE).await;
    assert_eq!(windows(&org), []);
    assert!(asked.lock().unwrap().is_empty());
}

/// Violations of a bucket of the org, as the log tells them: published so many seconds after the world
/// began.
fn events(kind: &str, published: i64, told: &str) -> Vec<Event> {
    let published = Timestamp::from_second(1_800_000_000 + published).unwrap();
    let event = format!(
        r#"[{{"uuid":"1","published":"{published}","eventType":"{kind}","debugContext":{{"debugData":{{"urlPattern":"/api/v1/apps"{told}}}}}}}]"#
    );
    EventPage::read(event.as_bytes()).unwrap().events
}

#[tokio::test(start_paused = true)]
async fn an_event_tells_of_a_window_where_it_says_when_it_ends() {
    const VIOLATION: &str = "system.org.rate_limit.violation";
    let org = Org::new();
    let resets = r#","rateLimitSecondsToReset":"17""#;
    org.limits.told(&events(VIOLATION, 0, resets));
    assert_eq!(
        windows(&org),
        [],
        "what time it is at Okta nobody knows yet"
    );
    let answer = org.answer(&charge("groups", "/groups"), (50, 40, 30));
    org.limits.settle(None, &answer);
    let asked = asked(&org);
    for (kind, published, told) in [
        (VIOLATION, 0, ""),
        (VIOLATION, 0, r#","rateLimitSecondsToReset":"86400""#),
        (VIOLATION, -120, resets),
        ("system.org.rate_limit.warning", 0, resets),
        ("system.operation.rate_limit.violation", 0, resets),
    ] {
        org.limits.told(&events(kind, published, told));
        assert_eq!(windows(&org), [], "{kind} {published} {told}");
    }
    for published in [0, 1] {
        org.limits.told(&events(VIOLATION, published, resets));
    }
    assert_eq!(windows(&org), [window("/api/v1/apps", 17)]);
    sleep(10 * MINUTE).await;
    let asked = asked.lock().unwrap().clone();
    assert!(
        asked.len() == 1 && (14..=17).contains(&asked[0]),
        "{asked:?}"
    );
}
