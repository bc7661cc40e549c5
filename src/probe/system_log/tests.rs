use std::time::Duration;

use super::memory::{Cursor, LogPage, MOST, Memory, Observation, RETENTION_DAYS, Step};
use crate::{
    okta::event::EventPage,
    units::{OktaTime, Timestamp},
};

const DAY: u64 = 24 * 60 * 60;

fn at(seconds: u64) -> OktaTime {
    OktaTime::written(Timestamp::UNIX_EPOCH).plus(Duration::from_secs(seconds))
}

/// A page of events that were published at these seconds.
fn page(published: &[u64], next: &str) -> LogPage {
    let event = |seconds: &u64| format!(r#"{{"published":"{}"}}"#, at(*seconds));
    let text = published.iter().map(event).collect::<Vec<_>>().join(",");
    let read = EventPage::read(format!("[{text}]").as_bytes()).unwrap();
    LogPage {
        events: read.events.into(),
        unreadable: 0,
        next: Some(next.to_owned()),
        is_full: false,
        has_room: true,
    }
}

fn learn(memory: Memory, now: u64, step: Step) -> Memory {
    let (begins, at) = (at(0), at(now));
    memory.learn(&Observation { begins, at, step })
}

fn cursor(memory: &Memory) -> &Cursor {
    memory.cursor.as_ref().unwrap()
}

#[test]
fn reading_begins_where_it_was_to_begin_though_the_first_runs_fail() {
    let memory = learn(Memory::default(), 100, Step::Missed);
    assert_eq!(
        (cursor(&memory).read_to, cursor(&memory).read_at),
        (at(0), None)
    );
    let later = Observation {
        begins: at(500),
        at: at(500),
        step: Step::Missed,
    };
    let memory = memory.learn(&later);
    assert_eq!(cursor(&memory).read_to, at(0));
    assert!(!memory.has_more);
}

#[test]
fn the_newest_event_is_what_was_read_to_however_late_others_come_and_whatever_claims_to_be_newer() {
    let memory = learn(
        Memory::default(),
        100,
        Step::Read(page(&[50, 70, 60, 5000], "/a")),
    );
    assert_eq!(cursor(&memory).read_to, at(70));
    let memory = learn(memory, 130, Step::Read(page(&[20], "/b")));
    assert_eq!(cursor(&memory).read_to, at(70));
    let memory = learn(memory, 160, Step::Read(page(&[], "/c")));
    let known = cursor(&memory);
    assert_eq!((known.read_to, known.read_at), (at(70), Some(at(160))));
    assert_eq!(known.next.as_deref(), Some("/c"));
    assert_eq!((memory.polls, memory.gaps, memory.has_more), (3, 0, false));
}

#[test]
fn a_page_that_is_too_large_is_asked_for_in_halves_and_whole_again_when_there_is_room() {
    let mut memory = learn(Memory::default(), 1, Step::Read(page(&[], "/a")));
    for half in [500, 250, 125, 62, 31, 15, 7, 3, 1, 1] {
        memory = learn(memory, 2, Step::TooLarge);
        assert_eq!((memory.limit, memory.has_more), (half, true));
    }
    let next = "/b".to_owned();
    memory = learn(memory, 3, Step::LeftOut { next });
    assert_eq!((memory.gaps, memory.lost.as_secs()), (1, 0));
    assert_eq!(cursor(&memory).next.as_deref(), Some("/b"));
    let told = memory.last_gap.as_ref().unwrap().to_string();
    assert!(told.contains("one event is larger"), "{told}");
    let crowded = LogPage {
        has_room: false,
        ..page(&[1], "/c")
    };
    memory = learn(memory, 4, Step::Read(crowded));
    assert_eq!(memory.limit, 1);
    for twice in [2, 4, 8] {
        memory = learn(memory, 5, Step::Read(page(&[1], "/d")));
        assert_eq!(memory.limit, twice);
    }
    for _ in 0..10 {
        memory = learn(memory, 6, Step::Read(page(&[1], "/e")));
    }
    assert_eq!(memory.limit, MOST);
}

#[test]
fn a_cursor_that_is_refused_is_a_gap_and_only_what_okta_no_longer_has_is_lost() {
    let memory = learn(Memory::default(), 100, Step::Read(page(&[90], "/a")));
    let soon = learn(memory.clone(), 200, Step::Refused);
    assert_eq!(
        (soon.gaps, soon.lost.as_secs(), soon.has_more),
        (1, 0, true)
    );
    let known = cursor(&soon);
    assert_eq!((&known.next, known.read_to), (&None, at(90)));

    let days = RETENTION_DAYS * DAY;
    let late = learn(memory.clone(), 100 + days + 60, Step::Refused);
    // All that was known at 100 had been read.
    assert_eq!((late.gaps, late.lost.as_secs()), (1, 60));
    assert_eq!(cursor(&late).read_to, at(160));
    let told = late.last_gap.as_ref().unwrap().to_string();
    assert!(told.ends_with("; 60 s of it are lost"), "{told}");

    let kept = learn(memory.clone(), 100 + days + 60, Step::Read(page(&[], "/b")));
    assert_eq!(
        (kept.gaps, kept.lost.as_secs()),
        (1, 60),
        "though it is not refused"
    );
    let in_time = learn(memory, 100 + days, Step::Read(page(&[], "/b")));
    assert_eq!((in_time.gaps, in_time.lost.as_secs()), (0, 0));
}

#[test]
fn where_there_was_more_to_read_the_rest_is_lost_from_the_newest_event_on() {
    let full = LogPage {
        is_full: true,
        ..page(&[40], "/a")
    };
    let memory = learn(Memory::default(), 100, Step::Read(full));
    assert!(memory.has_more);
    let memory = learn(memory, 110, Step::Missed);
    assert!(
        memory.has_more,
        "a failure says nothing of what there is to read"
    );
    let memory = learn(memory, RETENTION_DAYS * DAY + 100, Step::Refused);
    assert_eq!(memory.lost.as_secs(), 60);
}

#[test]
fn what_is_known_survives_being_written_down() {
    let memory = learn(Memory::default(), 100, Step::Read(page(&[90], "/a")));
    let memory = learn(memory, 200, Step::Refused);
    let written = serde_json::to_string(&memory).unwrap();
    assert_eq!(serde_json::from_str::<Memory>(&written).unwrap(), memory);
    assert_eq!(
        serde_json::from_str::<Memory>("{}").unwrap(),
        Memory::default()
    );
}
