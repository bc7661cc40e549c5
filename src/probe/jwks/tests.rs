//! What a series of answers comes to: the debounce, what counts as too early, and that what is
//! remembered can be kept.

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::okta::KeySet;

const HOUR: Duration = Duration::from_hours(1);

fn moment(second: i32) -> OktaTime {
    OktaTime::from_seconds(second.into()).unwrap()
}

/// One answer: keys by kid and modulus, the `max-age` it was served with, the second it came.
fn answer(keys: &[(&str, &str)], max_age: Option<Duration>, second: i32) -> Observation {
    let key = |(kid, n): &(&str, &str)| serde_json::json!({"kty": "RSA", "kid": kid, "n": n, "e": "AQAB"});
    let body = serde_json::json!({"keys": keys.iter().map(key).collect::<Vec<_>>()});
    let set = KeySet::read(body.to_string().as_bytes()).unwrap();
    assert_eq!(set.dropped, 0);
    let at = moment(second);
    Observation::read("org", &set, max_age, at..at)
}

/// What is remembered after all of them.
fn history(answers: impl IntoIterator<Item = Observation>) -> Option<History> {
    let learn = |memory, answer| Probe::learn(memory, &answer);
    answers.into_iter().fold(None, learn)
}

/// Added, removed, rotations, early removals.
fn counts(answers: impl IntoIterator<Item = Observation>) -> [u64; 4] {
    let history = history(answers).unwrap();
    [
        history.added,
        history.removed,
        history.rotations,
        history.early_removals,
    ]
}

const OLD: (&str, &str) = ("old", "sXchRw");
const NEW: (&str, &str) = ("new", "tYchRw");

#[test]
fn a_key_that_goes_after_its_time_goes_in_peace_and_one_that_goes_before_does_not() {
    let served = |max_age| {
        let both = answer(&[OLD, NEW], max_age, 0);
        let gone = |second| answer(&[NEW], max_age, second);
        [
            counts([both.clone(), gone(3598), gone(3599)]),
            counts([both, gone(3600), gone(3601)]),
        ]
    };
    assert_eq!(served(Some(HOUR)), [[0, 1, 1, 1], [0, 1, 1, 0]]);
    assert_eq!(
        served(None),
        [[0, 1, 1, 0]; 2],
        "where nothing was promised, nothing is broken"
    );
}

#[test]
fn the_longest_promise_counts_since_somebody_cached_by_it() {
    let both = |max_age, second| answer(&[OLD, NEW], Some(max_age), second);
    let gone = |second| answer(&[NEW], Some(HOUR), second);
    let shortened = [both(HOUR, 0), both(HOUR / 60, 10)];
    let early = |last: [Observation; 2]| counts(shortened.clone().into_iter().chain(last))[3];
    assert_eq!(early([gone(100), gone(101)]), 1);
    assert_eq!(early([gone(3600), gone(3601)]), 0);
    let renewed = [both(HOUR, 0), both(HOUR, 3000), gone(4000), gone(4001)];
    assert_eq!(counts(renewed)[3], 1);
}

#[test]
fn an_answer_that_lacks_a_key_once_is_an_edge_that_lags() {
    let both = |second| answer(&[OLD, NEW], Some(HOUR), second);
    let old = |second| answer(&[OLD], Some(HOUR), second);
    let seen = [both(0), old(1), both(2), old(3), both(4)];
    assert_eq!(counts(seen), [0; 4]);
    let next = |answers: &[Observation]| Probe::next(&history(answers.iter().cloned()));
    assert_eq!(next(&[both(0)]), Next::AtInterval);
    assert_eq!(next(&[both(0), old(1)]), Next::Soon);
    assert_eq!(next(&[both(0), old(1), both(2)]), Next::AtInterval);
    assert_eq!(counts([both(0), old(1), old(2)]), [0, 1, 1, 1]);
}

#[test]
fn an_answer_that_took_long_promises_no_more_than_it_did_when_it_left() {
    let at = moment;
    let set = |body: &[u8]| KeySet::read(body).unwrap();
    let body = br#"{"keys":[{"kty":"RSA","kid":"k","n":"sXchRw","e":"AQAB"}]}"#;
    let slow = Observation::read("org", &set(body), Some(HOUR), at(0)..at(20));
    let gone =
        |second| Observation::read("org", &set(br#"{"keys":[]}"#), None, at(second)..at(second));
    assert_eq!(counts([slow, gone(3605), gone(3610)]), [0, 1, 1, 0]);
}

#[test]
fn another_key_under_a_known_kid_is_a_rotation_that_caches_do_not_know_of() {
    let one = answer(&[("k", "sXchRw")], Some(HOUR), 0);
    let other = |second| answer(&[("k", "tYchRw")], Some(HOUR), second);
    assert_eq!(counts([one.clone(), other(1)]), [1, 1, 1, 1]);
    assert_eq!(counts([one, other(3600)]), [1, 1, 1, 0]);
}

/// Answers of a set whose keys come, go and change their material.
fn answers() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec((any::<[bool; 3]>(), any::<bool>(), 0i32..8000), 1..12).prop_map(|all| {
        let one = |([old, new, other], aged, second): ([bool; 3], bool, i32)| {
            let first = if other { ("old", "uYchRw") } else { OLD };
            let kept = [(old, first), (new, NEW)].into_iter();
            let keys: Vec<_> = kept.filter(|(kept, _)| *kept).map(|(_, key)| key).collect();
            answer(&keys, aged.then_some(HOUR), second)
        };
        all.into_iter().map(one).collect()
    })
}

proptest! {
    #[test]
    fn what_is_remembered_survives_being_written_down(answers in answers()) {
        let memory = history(answers);
        let written = serde_json::to_string(&memory).unwrap();
        prop_assert_eq!(serde_json::from_str::<Option<History>>(&written).unwrap(), memory);
    }

    #[test]
    fn learning_again_from_what_was_written_down_comes_to_the_same(
        answers in answers(), at in 0usize..12,
    ) {
        let at = at.min(answers.len());
        let before = history(answers[..at].iter().cloned());
        let written = serde_json::to_string(&before).unwrap();
        let mut memory = serde_json::from_str(&written).unwrap();
        for answer in &answers[at..] {
            memory = Probe::learn(memory, answer);
        }
        prop_assert_eq!(memory, history(answers));
    }
}
