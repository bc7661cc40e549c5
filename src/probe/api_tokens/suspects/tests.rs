use super::*;
use crate::{okta::ExhaustedWindow, probe::api_tokens::read::Token};

fn at(second: u32) -> OktaTime {
    OktaTime::from_seconds(second.into()).unwrap()
}

fn window(bucket: &str, end: u32) -> ExhaustedWindow {
    ExhaustedWindow {
        bucket: bucket.to_owned(),
        from: at(end - 60),
        to: at(end),
    }
}

fn list(second: u32, windows: &[ExhaustedWindow], used: &[(&str, u32)]) -> List {
    let token = |(id, used): &(&str, u32)| {
        let token = Token {
            last_used: Some(at(*used)),
            ..Token::default()
        };
        ((*id).to_owned(), token)
    };
    List {
        tokens: used.iter().map(token).collect(),
        at: at(second),
        windows: windows.to_vec(),
        ..List::default()
    }
}

fn told(suspects: &Suspects, second: u32) -> Vec<String> {
    let counts = suspects.counts(at(second));
    let line = |(bucket, windows, by_token): (&str, usize, BTreeMap<&str, usize>)| {
        format!("{bucket} {windows} {by_token:?}")
    };
    counts.map(line).collect()
}

const USERS: &str = "/api/v1/users";

#[test]
fn over_several_windows_those_that_were_active_in_all_become_few() {
    let lists = [
        list(
            119,
            &[window(USERS, 120)],
            &[("a", 118), ("b", 60), ("c", 59)],
        ),
        list(
            481,
            &[window(USERS, 480)],
            &[("a", 470), ("b", 60), ("c", 421)],
        ),
        list(
            839,
            &[window(USERS, 840)],
            &[("a", 839), ("b", 60), ("c", 421)],
        ),
    ];
    let suspects = lists.iter().fold(Suspects::default(), Suspects::learn);
    assert_eq!(
        told(&suspects, 840),
        [r#"/api/v1/users 3 {"a": 3, "b": 1, "c": 1}"#]
    );
    let day = 24 * 3_600;
    assert_eq!(told(&suspects, 480 + day), [r#"/api/v1/users 1 {"a": 1}"#]);
    assert_eq!(told(&suspects, 840 + day), [""; 0]);
}

#[test]
fn a_use_after_the_window_says_nothing_of_it_nor_does_a_list_that_comes_late() {
    let used: &[(&str, u32)] = &[("a", 121), ("b", 120)];
    let soon = Suspects::default().learn(&list(125, &[window(USERS, 120)], used));
    assert_eq!(told(&soon, 130), [r#"/api/v1/users 1 {"b": 1}"#]);
    for other in [131, 59] {
        let late = Suspects::default().learn(&list(other, &[window(USERS, 120)], used));
        assert_eq!(told(&late, 130), [""; 0], "read at {other}");
    }
}

#[test]
fn one_window_that_is_looked_at_twice_counts_once() {
    let twice = [
        list(100, &[window(USERS, 120)], &[("a", 99), ("b", 61)]),
        list(121, &[window(USERS, 121)], &[("a", 120), ("c", 110)]),
    ];
    let suspects = twice.iter().fold(Suspects::default(), Suspects::learn);
    assert_eq!(
        told(&suspects, 130),
        [r#"/api/v1/users 1 {"a": 1, "b": 1, "c": 1}"#]
    );
}

#[test]
fn what_is_remembered_is_bounded_and_survives_being_written_down() {
    let ids: Vec<String> = (0..300).map(|n| format!("00T{n:03}")).collect();
    let mut suspects = Suspects::default();
    for n in 1..100 {
        let end = 300 * n;
        let used: Vec<(&str, u32)> = ids.iter().map(|id| (id.as_str(), end)).collect();
        let windows: Vec<_> = (0..30).map(|m| window(&format!("/{m}"), end)).collect();
        suspects = suspects.learn(&list(end, &windows, &used));
    }
    let all = told(&suspects, 300 * 99);
    assert_eq!(all.len(), BUCKETS);
    assert!(all[0].contains(" 10 {") && all[0].contains("00T199") && !all[0].contains("00T200"));
    assert_eq!(suspects.dropped(), BUCKETS * WINDOWS * 100);
    let written = serde_json::to_string(&suspects).unwrap();
    assert_eq!(
        serde_json::from_str::<Suspects>(&written).unwrap(),
        suspects
    );
}
