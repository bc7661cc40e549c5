//! The System Log, followed: each run reads a page, and here each is a life of its own, since what one
//! remembers is written down and read back before the next.

mod exporter;

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use okta_exporter::{
    config::Config,
    okta::{Client, Failure, Reason, Session},
    probe::{AnyMemory, Next, Probe},
    sim::{ApiToken, Clock, Fault, LogEvent, Org, Running, odd_log_events},
};

use crate::support::{API_TOKEN, PATIENCE, acme};

const LOGS: &str = "/api/v1/logs";

fn org() -> Org {
    Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN))
}

/// What follows one org's log.
struct Follower {
    client: Client,
    probe: Probe,
    memory: AnyMemory,
}

impl Follower {
    /// One with these settings, which never ran.
    fn new(okta: &Running, settings: &str) -> Self {
        let yaml = acme(okta, &format!("{{ system_log: {{ {settings} }} }}"));
        let config = Config::parse(&yaml, &BTreeMap::new()).unwrap_or_else(|e| panic!("{e}"));
        let (_, org) = config.orgs.into_iter().next().unwrap();
        let probe = org.probes.into_iter().next().unwrap().probe;
        Self {
            client: org.client,
            memory: probe.no_memory(),
            probe,
        }
    }

    /// One that has begun to read.
    async fn begun(okta: &Running) -> Self {
        let mut follower = Self::new(okta, "");
        assert_eq!(follower.read().await, Vec::<u128>::new());
        follower
    }

    /// Runs once: the ids of the events that it read, or why it did not.
    async fn run(&mut self) -> Result<Vec<u128>, Failure> {
        let okta = Session::new(&self.client, PATIENCE);
        let result = self.probe.run(&okta, &self.memory).await;
        let seen = result.observation.unwrap();
        let learnt = self.memory.clone().learn(&seen);
        self.memory = self.probe.memory(learnt.to_json().unwrap()).unwrap();
        assert_eq!(self.memory, learnt);
        let ids = seen.events().iter().map(|event| event.id.0).collect();
        result.failure.map_or(Ok(ids), Err)
    }

    async fn read(&mut self) -> Vec<u128> {
        self.run().await.unwrap_or_else(|e| panic!("{e}"))
    }

    /// Runs for as long as there is more to read; what each run read.
    async fn catch_up(&mut self) -> Vec<Vec<u128>> {
        let mut pages = vec![self.read().await];
        while self.memory.next() == Next::Now {
            pages.push(self.read().await);
        }
        pages
    }

    /// A number that it remembers.
    fn remembers(&self, name: &str) -> u64 {
        self.memory.to_json().unwrap()[name].as_u64().unwrap()
    }
}

fn ids(uuids: &[String]) -> Vec<u128> {
    let id = |uuid: &String| u128::from_str_radix(&uuid.replace('-', ""), 16).unwrap();
    uuids.iter().map(id).collect()
}

/// The queries of the requests for the log.
fn queries(okta: &Running) -> Vec<String> {
    let all = okta.controls().requests().into_iter();
    let asked = all.filter(|request| request.path == LOGS);
    asked.map(|request| request.query.unwrap()).collect()
}

#[tokio::test]
async fn a_backlog_is_read_page_after_page_and_nothing_is_asked_after_a_short_one() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let written = okta.controls().log_many(&LogEvent::sign_in(), 2_500);
    let pages = follower.catch_up().await;
    let sizes: Vec<_> = pages.iter().map(Vec::len).collect();
    assert_eq!(sizes, [1_000, 1_000, 500]);
    assert_eq!(pages.concat(), ids(&written));
    assert_eq!(follower.catch_up().await, [Vec::<u128>::new()]);
    let queries = queries(&okta);
    assert_eq!(queries.len(), 5);
    assert!(queries[0].starts_with("since=20"), "{queries:?}");
    assert!(
        queries[0].ends_with("Z&sortOrder=ASCENDING&limit=1000"),
        "{queries:?}"
    );
    // An empty page leads to itself, any other to where it ends.
    assert!(!queries[1].contains("after="), "{queries:?}");
    assert!(
        queries[2..].iter().all(|query| query.contains("after=")),
        "{queries:?}"
    );
    assert!(
        queries.iter().all(|query| !query.contains("until")),
        "{queries:?}"
    );
}

#[tokio::test]
async fn both_links_in_one_line_lead_as_far_as_two_lines() {
    let okta = org().start().await.unwrap();
    okta.controls().join_log_links(true);
    let mut follower = Follower::begun(&okta).await;
    let written = okta.controls().log_many(&LogEvent::sign_in(), 1_001);
    assert_eq!(follower.catch_up().await.concat(), ids(&written));
}

#[tokio::test]
async fn what_comes_late_or_again_is_read_when_it_comes() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let first = okta.controls().log(&LogEvent::sign_in());
    assert_eq!(follower.read().await.len(), 1);
    let hour = std::time::Duration::from_hours(1);
    let late = okta.controls().log(&LogEvent::sign_in().late(hour));
    assert!(okta.controls().log_again(&first));
    assert_eq!(follower.read().await, ids(&[late, first]));
}

#[tokio::test]
async fn reading_begins_now_or_as_far_back_as_is_written() {
    let okta = org().start().await.unwrap();
    let before = okta.controls().log(&LogEvent::sign_in());
    // By the millisecond: what was written in that in which reading begins is read.
    okta.controls()
        .set_clock_offset(SignedDuration::from_secs(10));
    Follower::begun(&okta).await;
    let mut back = Follower::new(&okta, "look_back: 1h");
    assert_eq!(back.read().await, ids(&[before]));
}

#[tokio::test]
async fn a_clock_that_is_not_oktas_moves_no_beginning_and_one_that_is_set_back_changes_nothing() {
    for minutes in [-60, 60] {
        let clock = Clock::running();
        let okta = org().clock(&clock).start().await.unwrap();
        let control = okta.controls();
        control.set_clock_offset(SignedDuration::from_mins(minutes));
        let mut follower = Follower::begun(&okta).await;
        let first = control.log_many(&LogEvent::sign_in(), 3);
        assert_eq!(follower.catch_up().await.concat(), ids(&first), "{minutes}");
        control.set_clock_offset(SignedDuration::from_mins(minutes - 60));
        let second = control.log_many(&LogEvent::sign_in(), 3);
        assert_eq!(
            follower.catch_up().await.concat(),
            ids(&second),
            "{minutes}"
        );
        assert_eq!(follower.remembers("gaps"), 0);
    }
}

#[tokio::test]
async fn a_cursor_that_okta_no_longer_takes_is_a_gap_and_what_came_since_is_read_all_the_same() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let read = okta.controls().log_many(&LogEvent::sign_in(), 10);
    assert_eq!(follower.read().await, ids(&read));
    okta.controls().forget_log_cursors();
    let since = okta.controls().log_many(&LogEvent::sign_in(), 10);
    let pages = follower.catch_up().await.concat();
    let again: BTreeSet<u128> = pages.into_iter().collect();
    assert!(again.is_superset(&ids(&since).into_iter().collect()));
    assert_eq!(follower.remembers("gaps"), 1);
    let more = okta.controls().log(&LogEvent::sign_in());
    assert_eq!(follower.catch_up().await, [ids(&[more])]);
    assert_eq!(follower.remembers("gaps"), 1);
}

#[tokio::test]
async fn who_is_refused_or_not_answered_goes_on_where_it_was() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let first = okta.controls().log(&LogEvent::sign_in());
    assert_eq!(follower.read().await, ids(&[first]));
    let written = okta.controls().log_many(&LogEvent::sign_in(), 3);
    for (fault, reason) in [
        (Fault::error(403, "E0000006"), Reason::Forbidden),
        (Fault::error(401, "E0000011"), Reason::Unauthorized),
        (Fault::error(400, "E0000003"), Reason::HttpStatus),
        (Fault::status(404), Reason::HttpStatus),
        (Fault::edge(400), Reason::HttpStatus),
        (Fault::status(500), Reason::HttpStatus),
        (Fault::rate_limited(), Reason::RateLimited),
        (Fault::not_json(), Reason::InvalidBody),
        (Fault::truncated(), Reason::InvalidBody),
        (Fault::body("application/json", "{}"), Reason::InvalidBody),
    ] {
        okta.controls().fault(LOGS, fault.times(1));
        let failure = follower.run().await.unwrap_err();
        assert_eq!(failure.reason(), reason, "{failure}");
        assert_eq!(follower.memory.next(), Next::AtInterval);
    }
    // That a limit was met stands in the log as well.
    assert!(follower.read().await.starts_with(&ids(&written)));
    assert_eq!(follower.remembers("gaps"), 0);
}

#[tokio::test]
async fn a_page_that_lost_its_links_is_followed_by_what_came_since_its_newest_event() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let first = okta.controls().log_many(&LogEvent::sign_in(), 3);
    okta.controls().fault(LOGS, Fault::without("link").times(1));
    assert_eq!(follower.read().await, ids(&first));
    let second = okta.controls().log_many(&LogEvent::sign_in(), 3);
    let read: BTreeSet<u128> = follower.read().await.into_iter().collect();
    assert!(read.is_superset(&ids(&second).into_iter().collect()));
    assert_eq!(follower.remembers("gaps"), 0);
}

#[tokio::test]
async fn a_filter_goes_along_as_it_is_written() {
    let okta = org().start().await.unwrap();
    let filter = r#"eventType eq "user.account.lock" or eventType eq "a+b&c""#;
    let mut follower = Follower::new(&okta, &format!("filter: '{filter}'"));
    follower.read().await;
    okta.controls().log(&LogEvent::sign_in());
    let lock = okta.controls().log(&LogEvent::new("user.account.lock"));
    assert_eq!(follower.read().await, ids(&[lock]));
    let query = queries(&okta).remove(0);
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let sent = pairs
        .into_iter()
        .find(|(name, _)| name == "filter")
        .unwrap();
    assert_eq!(sent.1, filter);
    let other = Follower::new(&okta, "");
    let key = |follower: &Follower| follower.probe.memory_key(follower.client.origin());
    assert_ne!(key(&follower), key(&other), "another filter is another log");
}

#[tokio::test]
async fn odd_events_are_read_as_far_as_they_go_and_spoil_no_other() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let odd = odd_log_events(Timestamp::now());
    for (_, text) in &odd {
        okta.controls().log_raw(text.clone());
    }
    for no_event in ["null", "5", "[]", r#""text""#] {
        okta.controls().log_raw(no_event);
    }
    let last = okta.controls().log(&LogEvent::sign_in());
    let read = follower.catch_up().await.concat();
    assert_eq!(read.len(), odd.len() + 1);
    assert_eq!(read.last(), ids(&[last]).first());
    assert_eq!(follower.remembers("unreadable"), 4);
    assert_eq!(follower.remembers("gaps"), 0);
}

#[tokio::test]
async fn a_page_that_is_too_large_is_read_in_parts_and_an_event_that_is_too_large_is_left_out() {
    let okta = org().limit(LOGS, 1_000).start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let control = okta.controls();
    let mut written = control.log_many(&LogEvent::sign_in(), 5);
    let large = LogEvent::sign_in().debug("x", "x".repeat(2 << 20));
    written.extend(control.log_many(&large, 6));
    let read = follower.catch_up().await;
    assert_eq!(read.concat(), ids(&written));
    assert!(read.iter().all(|page| page.len() <= 7), "{read:?}");
    assert_eq!(follower.remembers("gaps"), 0);

    // One that does not say how large it is, and does not end.
    control.fault(LOGS, Fault::endless().times(1));
    let whole = control.log_many(&LogEvent::sign_in(), 100);
    let read = follower.catch_up().await;
    assert_eq!(read.concat(), ids(&whole));
    assert_eq!(read[0], []);

    let before = control.log_many(&LogEvent::sign_in(), 2);
    control.log(&LogEvent::sign_in().debug("x", "x".repeat(9 << 20)));
    let after = control.log_many(&LogEvent::sign_in(), 2_000);
    let read = follower.catch_up().await.concat();
    assert_eq!(read, ids(&[before, after].concat()));
    assert_eq!(follower.remembers("gaps"), 1);
    assert_eq!(follower.remembers("limit"), 1_000);
}

#[tokio::test]
async fn a_link_to_another_place_is_not_followed_and_nothing_of_its_page_counts() {
    let okta = org().start().await.unwrap();
    let mut follower = Follower::begun(&okta).await;
    let evil = Fault::headers([("link", r#"<https://evil.example/api/v1/logs>; rel="next""#)]);
    okta.controls().fault(LOGS, evil.times(1));
    let written = okta.controls().log(&LogEvent::sign_in());
    let failure = follower.run().await.unwrap_err();
    assert_eq!(failure.reason(), Reason::Redirect, "{failure}");
    assert_eq!(follower.read().await, ids(&[written]));
}
