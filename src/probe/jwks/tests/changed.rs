//! Which keys the log is told of.

use super::*;

/// What each of these answers changes, by the ids of the keys that came and of those that are gone.
fn changes(answers: impl IntoIterator<Item = Observation>) -> Vec<(String, String)> {
    let mut memory: Option<History> = None;
    let told = answers.into_iter().map(|answer| {
        let changed = memory.as_ref().map(|history| history.changed_by(&answer));
        memory = Probe::learn(memory.take(), &answer);
        let (added, removed) = changed.unwrap_or_default();
        (added.join(" "), removed.join(" "))
    });
    told.collect()
}

fn told(added: &str, removed: &str) -> (String, String) {
    (added.to_owned(), removed.to_owned())
}

#[test]
fn a_key_that_comes_is_told_at_once_and_one_that_goes_when_that_is_settled() {
    let first = answer(&[OLD], Some(HOUR), 0);
    let later = looks(&[NEW], Some(HOUR), 10);
    assert_eq!(
        changes([first].into_iter().chain(later)),
        [told("", ""), told("new", ""), told("", ""), told("", "old")]
    );
}

#[test]
fn another_key_under_a_known_kid_has_come_and_one_that_nobody_could_read_has_not() {
    let (one, other) = (("k", "sXchRw"), ("k", "tYchRw"));
    let answers = [answer(&[one], None, 0), answer(&[other], None, 10)];
    assert_eq!(changes(answers), [told("", ""), told("k", "")]);
    let damaged = serde_json::json!({"keys": [{"kty": "RSA", "kid": "k", "n": "!", "e": "AQAB"}]});
    let damaged = Observation::read("org", &served(&damaged, None, 0), Duration::ZERO);
    let answers = [damaged, answer(&[one], None, 10)];
    assert_eq!(changes(answers), [told("", ""), told("", "")]);
}
