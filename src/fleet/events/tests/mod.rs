//! Events that are told twice, late, by both, and across lives of the process.

mod account;
mod hook;
mod kept;
mod last;
mod lives;
mod state;
mod tally;

use std::{collections::BTreeSet, time::Duration};

use super::{
    counts::{Counts, Ids},
    ring::Ring,
    state::{State, Watched},
};
use crate::{
    okta::event::{Delivery, Event, EventPage},
    units::{Moment, Timestamp},
};

const HOOK: &str = "who00000000000000001";
const MINUTE: Duration = Duration::from_mins(1);

/// What is watched in these tests: all, with two types by their names.
fn watched() -> Watched {
    let types = ["user.session.start", "system.api_token.create"];
    Watched {
        log: true,
        hook: true,
        types: types.map(Into::into).into(),
    }
}

/// The event of this number, with more members.
fn event(number: u64, more: &str) -> String {
    format!(r#"{{"uuid":"00000000-0000-0000-0000-{number:012x}"{more}}}"#)
}

fn sign_in(number: u64) -> String {
    event(
        number,
        r#","eventType":"user.session.start","outcome":{"result":"FAILURE","reason":"INVALID_CREDENTIALS"},"severity":"INFO""#,
    )
}

/// One that is meant for our hook.
fn meant(number: u64) -> String {
    event(
        number,
        &format!(
            r#","eventType":"user.session.start","outcome":{{"result":"SUCCESS"}},"debugContext":{{"debugData":{{"targetEventHookIds":"{HOOK}"}}}}"#
        ),
    )
}

/// One about a limit of this bucket.
fn limit(number: u64, kind: &str, bucket: &str) -> String {
    event(
        number,
        &format!(
            r#","eventType":"system.org.rate_limit.{kind}","published":"2026-07-24T07:30:00.{:03}Z","target":[{{"type":"URL Pattern","id":"{bucket}"}}],"transaction":{{"detail":{{"requestApiTokenId":"00T{number}"}}}}"#,
            number % 1_000
        ),
    )
}

fn page(events: &[String]) -> Vec<Event> {
    let body = format!("[{}]", events.join(","));
    EventPage::read(body.as_bytes()).unwrap().events
}

fn delivery(events: &[String]) -> Delivery {
    let events = events.join(",");
    let body = format!(
        r#"{{"eventType":"com.okta.event_hook","source":"https://acme.okta.com/api/v1/eventHooks/{HOOK}","data":{{"events":[{events}]}}}}"#
    );
    Delivery::read(body.as_bytes()).unwrap()
}

/// An account's state, told by both in a test's own time.
#[derive(Default)]
struct Teller {
    state: State,
    seconds: i64,
}

impl Teller {
    fn wait(&mut self, length: Duration) {
        self.seconds += i64::try_from(length.as_secs()).unwrap();
    }

    fn now(&self) -> Moment {
        Moment::now().after_millis(self.seconds * 1_000)
    }

    fn log(&mut self, events: &[String]) {
        let now = self.now();
        self.state.told_by_log(&page(events), &watched(), now);
    }

    fn hook(&mut self, events: &[String]) {
        let now = (self.now(), Timestamp::UNIX_EPOCH);
        self.state.told_by_hook(&delivery(events), &watched(), now);
    }

    fn counts(&self) -> &Counts {
        &self.state.counts
    }

    /// How many the log told, how many hooks did, and how many limits were met.
    fn sums(&self) -> (u64, u64, u64) {
        let counts = self.counts();
        let log = counts.log.iter().map(|(_, counted)| counted.count);
        let hook = counts.hook.iter().map(|(_, counted)| counted.count);
        let limits = counts.limits.iter().map(|(_, counted)| counted.count);
        (log.sum(), hook.sum(), limits.sum())
    }
}

/// The ids that a ring knows, each with its number.
fn ids(ring: &Ring) -> BTreeSet<(u64, u128, bool)> {
    let numbers = ring.first()..ring.next();
    numbers
        .map(|number| {
            let (number, id, told) = ring.at_or_after(number).unwrap();
            (number, id.0, told.meant)
        })
        .collect()
}

/// What a later life reads of what one has written.
fn later(state: &State) -> State {
    let (documents, _) = state.written(&Ids::default()).unwrap();
    let counts = serde_json::from_value(documents[0].1.clone()).unwrap();
    kept::read(counts, &documents)
}
