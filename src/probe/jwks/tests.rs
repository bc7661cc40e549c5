//! What a series of answers comes to: the debounce, what counts as too early, and that what is
//! remembered can be kept.

mod changed;
mod countdown;

use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::okta::{KeySet, ServedKeys};

const HOUR: Duration = Duration::from_hours(1);

fn moment(second: i32) -> OktaTime {
    OktaTime::from_seconds(second.into()).unwrap()
}

/// What an answer holds: keys by kid and modulus.
type Keys<'a> = &'a [(&'a str, &'a str)];

/// One answer: its keys, the `max-age` it was served with, the second it came. It came over the
/// connection that was there.
fn answer(keys: Keys<'_>, max_age: Option<Duration>, second: i32) -> Observation {
    let key = |(kid, n): &(&str, &str)| serde_json::json!({"kty": "RSA", "kid": kid, "n": n, "e": "AQAB"});
    let body = serde_json::json!({"keys": keys.iter().map(key).collect::<Vec<_>>()});
    let served = served(&body, max_age, second);
    Observation::read("org", &served, Duration::ZERO)
}

fn served(body: &serde_json::Value, max_age: Option<Duration>, second: i32) -> ServedKeys {
    ServedKeys {
        at: moment(second),
        set: KeySet::read(body.to_string().as_bytes()).unwrap(),
        max_age,
        new_connection: false,
    }
}

/// The same over a connection of its own.
fn anew(mut answer: Observation) -> Observation {
    answer.new_connection = true;
    answer
}

/// Looks enough, from this second on, that what they all lack is gone.
fn looks(keys: Keys<'_>, max_age: Option<Duration>, first: i32) -> [Observation; 3] {
    [0, 90, 180].map(|after| anew(answer(keys, max_age, first + after)))
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
    let went = |max_age, first| {
        let both = answer(&[OLD, NEW], max_age, 0);
        counts([both].into_iter().chain(looks(&[NEW], max_age, first)))
    };
    assert_eq!(went(Some(HOUR), 100), [0, 1, 1, 1]);
    assert_eq!(
        went(Some(HOUR), 3590),
        [0, 1, 1, 1],
        "it was gone by then, though that was settled later"
    );
    assert_eq!(went(Some(HOUR), 3600), [0, 1, 1, 0]);
    assert_eq!(
        went(None, 100),
        [0, 1, 1, 0],
        "where nothing was promised, nothing is broken"
    );
}

#[test]
fn the_longest_promise_counts_since_somebody_cached_by_it() {
    let both = |max_age, second| answer(&[OLD, NEW], Some(max_age), second);
    let gone = |first| looks(&[NEW], Some(HOUR), first);
    let shortened = [both(HOUR, 0), both(HOUR / 60, 10)];
    let early = |last: [Observation; 3]| counts(shortened.clone().into_iter().chain(last))[3];
    assert_eq!(early(gone(100)), 1);
    assert_eq!(early(gone(3600)), 0);
    let renewed = [both(HOUR, 0), both(HOUR, 3000)];
    assert_eq!(counts(renewed.into_iter().chain(gone(4000)))[3], 1);
}

#[test]
fn looks_over_one_connection_are_one_piece_of_evidence() {
    let both = answer(&[OLD, NEW], Some(HOUR), 0);
    let lags = (1..40).map(|look| answer(&[OLD], Some(HOUR), look * 60));
    assert_eq!(counts([both].into_iter().chain(lags)), [0; 4]);
}

#[test]
fn a_node_that_lags_for_a_while_takes_no_key_away_however_often_it_is_asked() {
    let lagging = (1..12).map(|look| anew(answer(&[OLD], Some(HOUR), look * 15)));
    let all = [answer(&[OLD, NEW], Some(HOUR), 0)].into_iter();
    let all = all
        .chain(lagging)
        .chain([answer(&[OLD, NEW], Some(HOUR), 190)]);
    assert_eq!(counts(all), [0; 4]);
}

#[test]
fn a_key_that_is_missed_is_looked_for_soon_until_that_is_settled() {
    let both = |second| answer(&[OLD, NEW], Some(HOUR), second);
    let next = |answers: &[Observation]| Probe::next(&history(answers.iter().cloned()));
    let old = answer(&[OLD], Some(HOUR), 1);
    assert_eq!(next(&[both(0)]), Next::AtInterval);
    assert_eq!(next(&[both(0), old.clone()]), Next::Soon);
    assert_eq!(next(&[both(0), old, both(2)]), Next::AtInterval);
    let [one, two, three] = looks(&[OLD], Some(HOUR), 10);
    assert_eq!(next(&[both(0), one, two, three]), Next::AtInterval);
}

#[test]
fn an_answer_that_took_long_promises_no_more_than_it_did_when_it_left() {
    let one = serde_json::json!({"keys": [{"kty": "RSA", "kid": "k", "n": "sXchRw", "e": "AQAB"}]});
    let slow = served(&one, Some(HOUR), 20);
    let slow = Observation::read("org", &slow, Duration::from_secs(20));
    let gone = looks(&[], None, 3605);
    assert_eq!(counts([slow].into_iter().chain(gone)), [0, 1, 1, 0]);
}

#[test]
fn a_key_that_takes_anothers_place_is_one_rotation() {
    let old = answer(&[OLD], Some(HOUR), 0);
    let [one, two, three] = looks(&[NEW], Some(HOUR), 10);
    let so_far = |answers: &[&Observation]| counts(answers.iter().copied().cloned());
    assert_eq!(so_far(&[&old, &one]), [1, 0, 0, 0], "not at rest yet");
    assert_eq!(so_far(&[&old, &one, &two, &three]), [1, 1, 1, 1]);
}

#[test]
fn another_key_under_a_known_kid_is_judged_like_any_other() {
    let (one, other) = (("k", "sXchRw"), ("k", "tYchRw"));
    let first = answer(&[one], Some(HOUR), 0);
    let went = looks(&[other], Some(HOUR), 10);
    assert_eq!(
        counts([first.clone()].into_iter().chain(went)),
        [1, 1, 1, 1]
    );
    let in_peace = looks(&[other], Some(HOUR), 3600);
    assert_eq!(
        counts([first.clone()].into_iter().chain(in_peace)),
        [1, 1, 1, 0]
    );
    // Two nodes that differ, asked by turns.
    let by_turns = (1..40).map(|look| {
        let keys = if look % 2 == 0 { [one] } else { [other] };
        anew(answer(&keys, Some(HOUR), look * 60))
    });
    assert_eq!(counts([first].into_iter().chain(by_turns)), [1, 0, 0, 0]);
}

#[test]
fn the_order_of_a_set_means_nothing_even_where_a_kid_stands_twice() {
    let (one, other) = (("k", "sXchRw"), ("k", "tYchRw"));
    let turned = (0..20).map(|look| {
        let keys = if look % 2 == 0 {
            [one, other]
        } else {
            [other, one]
        };
        anew(answer(&keys, Some(HOUR), look * 60))
    });
    assert_eq!(counts(turned), [0; 4]);
}

#[test]
fn a_key_that_cannot_be_read_is_published_all_the_same() {
    let readable = serde_json::json!({"kty": "RSA", "kid": "k", "n": "sXchRw", "e": "AQAB"});
    let damaged = serde_json::json!({"kty": "RSA", "kid": "k", "n": "!", "e": "AQAB"});
    let read = |key: &serde_json::Value, minute: i32| {
        let set = served(&serde_json::json!({"keys": [key]}), Some(HOUR), minute * 60);
        anew(Observation::read("org", &set, Duration::ZERO))
    };
    let began_well = (0..20).map(|look| read(if look == 0 { &readable } else { &damaged }, look));
    assert_eq!(counts(began_well), [0; 4]);
    let began_ill = (0..20).map(|look| read(if look == 0 { &damaged } else { &readable }, look));
    assert_eq!(counts(began_ill), [0; 4], "readable again is no new key");
}

#[test]
fn a_finding_names_the_key_and_is_over_an_hour_later_whatever_changes_then() {
    let both = answer(&[OLD, NEW], Some(HOUR), 0);
    let gone = looks(&[NEW], Some(HOUR), 100);
    let day = 24 * 3600;
    let added = answer(&[NEW, ("newer", "uYchRw")], Some(HOUR), 30 * day);
    let found = |answers: Vec<Observation>, at: i32| {
        let last = answers.last().cloned();
        let known = Known {
            observation: last.as_ref(),
            memory: std::borrow::Cow::Owned(history(answers)),
            interval: Duration::ZERO,
        };
        Probe::findings(&known, moment(at))
    };
    let early: Vec<Observation> = [both].into_iter().chain(gone).collect();
    let now = found(early.clone(), 300);
    assert_eq!(now.len(), 1, "{now:?}");
    assert_eq!(now[0].subject, "old");
    assert!(now[0].what.contains("the key old left"), "{}", now[0].what);
    assert_eq!(found(early.clone(), 100 + 3600), []);
    let later = early.into_iter().chain([added]).collect();
    assert_eq!(found(later, 30 * day), [], "another key was merely added");
}

#[test]
fn of_several_keys_that_left_early_each_is_found_for_an_hour_of_its_own() {
    let third = ("third", "uYchRw");
    let all = [answer(&[OLD, NEW, third], Some(4 * HOUR), 0)];
    let one_gone = looks(&[NEW, third], Some(4 * HOUR), 600);
    let two_gone = looks(&[third], Some(4 * HOUR), 3000);
    let history = history(all.into_iter().chain(one_gone).chain(two_gone)).unwrap();
    let found = |at: i32| -> Vec<&str> {
        let early = history.recently_early(moment(at));
        early.map(|early| early.kid.as_str()).collect()
    };
    assert_eq!(found(3200), ["old", "new"]);
    assert_eq!(found(600 + 3600), ["new"]);
    assert_eq!(found(3000 + 3600), [""; 0]);
}

#[test]
fn what_an_earlier_version_wrote_down_is_read() {
    let facts = serde_json::json!({"alg": "RS256", "usage": "sig", "thumbprint": "t"});
    let at = "1970-01-01T00:00:00Z";
    let older = serde_json::json!({
        "keys": {"k": {"facts": facts, "first_seen": at, "promised_until": at, "missed": true}},
        "added": 1, "removed": 2, "rotations": 3, "early_removals": 4, "last_change": at,
    });
    let read: History = serde_json::from_value(older).unwrap();
    assert_eq!((read.rotations, read.early_removals), (3, 4));
    assert_eq!(read.newest().map(|(kid, _)| kid).collect::<Vec<_>>(), ["k"]);
    assert!(!read.is_unsettled());
}

/// Answers of a set whose keys come, go and change their material.
fn answers() -> impl Strategy<Value = Vec<Observation>> {
    prop::collection::vec((any::<[bool; 3]>(), any::<bool>(), 0i32..8000), 1..12).prop_map(|all| {
        let one = |([old, new, other], aged, second): ([bool; 3], bool, i32)| {
            let first = if other { ("old", "uYchRw") } else { OLD };
            let kept = [(old, first), (new, NEW)].into_iter();
            let keys: Vec<_> = kept.filter(|(kept, _)| *kept).map(|(_, key)| key).collect();
            anew(answer(&keys, aged.then_some(HOUR), second))
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

#[test]
fn a_set_is_drawn_with_its_keys_and_what_became_of_it() {
    let both = answer(&[OLD, NEW], Some(HOUR), 0);
    let gone = looks(&[NEW], Some(HOUR), 100);
    let memory = history([both].into_iter().chain(gone.clone()));
    let known = |observation| Known::<'_, Probe> {
        observation,
        memory: std::borrow::Cow::Borrowed(&memory),
        interval: HOUR,
    };
    let drawn = |observation| {
        let scope = Scope {
            org: "acme",
            name: "",
            now: crate::units::Timestamp::UNIX_EPOCH,
            at_okta: moment(300),
        };
        let mut page = Page::new();
        Probe::draw(&known(observation), scope, &mut page);
        let short = |line: String| {
            let line = line.replace(r#"org="acme",authorization_server="org""#, "");
            line.replace("okta_jwks_", "")
        };
        page.test_series()
            .into_iter()
            .map(short)
            .collect::<Vec<_>>()
    };
    let expected = [
        r#"changes_total{,change="added"} 0"#,
        r#"changes_total{,change="removed"} 1"#,
        "early_removals_total{} 1",
        "expires_timestamp_seconds{} 3880",
        r#"key_first_seen_timestamp_seconds{,kid="new"} 0"#,
        r#"key_info{,kid="new"} 1"#,
        "keys{} 1",
        "last_change_timestamp_seconds{} 100",
        "max_age_seconds{} 3600",
        "published{} 1",
        "rotations_total{} 1",
        "unknown_keys{} 0",
    ];
    assert_eq!(drawn(Some(&gone[2])), expected);
    assert_eq!(
        drawn(None),
        [""; 0],
        "what was remembered may be over by now"
    );
    let found = Probe::findings(&known(Some(&gone[2])), moment(300));
    let found: Vec<(Fact, &str)> = found.iter().map(|f| (f.fact, &*f.subject)).collect();
    assert_eq!(found, [(Fact::KeyWithdrawnEarly, "old")]);
    assert_eq!(Probe::findings(&known(None), moment(300)), []);
}

#[test]
fn an_answer_tells_how_long_it_holds() {
    let seen = answer(&[OLD, NEW], Some(HOUR), 10);
    assert_eq!(seen.max_age(), Some(HOUR));
    assert_eq!(seen.expires(), Some(moment(3_610)));
    assert_eq!(seen.kids().collect::<Vec<_>>(), ["new", "old"]);
    let silent = answer(&[OLD], None, 10);
    assert_eq!((silent.max_age(), silent.expires()), (None, None));
}

#[test]
fn a_set_is_told_and_remembered_by_its_server() {
    for name in ["org", "default"] {
        let server = AuthorizationServer::parse(name).unwrap();
        let probe = Probe { server };
        assert_eq!(
            (probe.series_id(), probe.memory_id()),
            (Some(name), Some(name))
        );
    }
}

#[test]
fn a_set_that_is_empty_or_half_unreadable_is_not_published() {
    let seen = |keys| {
        let seen = answer(keys, Some(HOUR), 0);
        let begun = History::begin(&seen);
        assert_eq!(
            (begun.added, begun.rotations, begun.last_change),
            (0, 0, None)
        );
        (begun, seen)
    };
    let (history, good) = seen(&[OLD]);
    assert!(history.is_published(&good));
    let mut damaged = good;
    damaged.unreadable = 1;
    assert!(!history.is_published(&damaged));
    let (history, empty) = seen(&[]);
    assert!(!history.is_published(&empty));
}
