//! What is kept in documents, and read from them.

use proptest::prelude::*;
use serde_json::{Value, json};

use super::*;
use crate::{
    fleet::events::{
        chunks,
        ring::{MOST, Told},
    },
    okta::event::EventId,
};

/// The state that these documents hold.
pub(super) fn read(counts: Counts, documents: &[(String, Value)]) -> State {
    let ring = |(name, numbers): (&str, &std::ops::Range<u64>)| {
        let names = chunks::names(numbers.clone());
        let of = |chunk: &String| {
            let name = format!("{name}/{chunk}");
            let found = documents.iter().find(|(called, _)| *called == name);
            found.map(|(_, document)| document.clone())
        };
        let found: Vec<Value> = names.iter().filter_map(of).collect();
        chunks::read(&found, numbers.clone()).unwrap()
    };
    let [log, hook, shared] = counts.ids.each();
    let told = Ids {
        log: ring(log),
        hook: ring(hook),
        shared: ring(shared),
    };
    State::read(counts, told)
}

fn tell(ring: &mut Ring, ids: std::ops::Range<u128>) {
    for id in ids {
        let told = Told {
            at: Moment::now(),
            in_this_life: true,
            meant: id % 3 == 0,
        };
        assert!(ring.tell(EventId(id << 64), told), "{id}");
    }
}

#[test]
fn so_many_ids_are_known_and_no_more() {
    let mut ring = Ring::default();
    tell(&mut ring, 0..MOST as u128 + 1_500);
    assert_eq!((ring.first(), ring.next()), (1_500, MOST as u64 + 1_500));
    assert!(ring.get(EventId(1_499 << 64)).is_none());
    assert!(ring.get(EventId(1_500 << 64)).is_some());
    // What is known no longer would count again.
    tell(&mut ring, 0..1);
    assert_eq!(ring.at_or_after(0).unwrap().0, 1_501);
}

#[test]
fn a_commit_writes_the_documents_that_hold_something_new_and_all_together_hold_the_ring() {
    let mut ring = Ring::default();
    let mut kept = std::collections::BTreeMap::new();
    let mut from = 0;
    let mut told = 0;
    for page in [1, 999, 1, 1_000, 500, 60_000, 10, 48_000, 2_500, 0] {
        tell(&mut ring, told..told + page);
        told += page;
        let written = chunks::written(&ring, from);
        let most = usize::try_from(page).unwrap().min(MOST) / 1_000 + 2;
        assert!(written.len() <= most, "{} for {page}", written.len());
        kept.extend(written);
        from = ring.next();

        let numbers = ring.first()..ring.next();
        let names = chunks::names(numbers.clone());
        let documents: Vec<Value> = names.iter().map(|name| kept[name].clone()).collect();
        let read = chunks::read(&documents, numbers).unwrap();
        assert_eq!(ids(&read), ids(&ring));
    }
    assert_eq!(kept.len(), 51);
    let largest = kept
        .values()
        .map(|document| document.to_string().len())
        .max();
    assert!(largest < Some(24_000), "{largest:?}");
}

#[test]
fn documents_that_do_not_hold_what_belongs_to_the_counts_are_told_as_that() {
    let mut ring = Ring::default();
    tell(&mut ring, 0..2_500);
    let documents: Vec<Value> = chunks::written(&ring, 0)
        .into_iter()
        .map(|(_, d)| d)
        .collect();
    let read = |documents: &[Value], numbers| chunks::read(documents, numbers).unwrap_err();
    assert_eq!(read(&documents[..2], 0..2_500), "ids are missing");
    assert_eq!(read(&documents[1..], 0..2_500), "ids are missing");
    assert_eq!(read(&documents, 0..2_501), "ids are missing");
    assert_eq!(
        read(&[json!({"first": 0})], 0..1),
        "it lacks `first` or `ids`"
    );
    assert_eq!(
        read(&[json!({"first": 0, "ids": "?"})], 0..1),
        "`ids` is no base64"
    );
    assert_eq!(
        read(&[json!({"first": 0, "ids": "AAAA"})], 0..1),
        "`ids` ends within an id"
    );
    // What came since is not of these counts.
    let fewer = chunks::read(&documents, 100..2_400).unwrap();
    assert_eq!((fewer.first(), fewer.next()), (100, 2_400));
}

/// What is told: the events' numbers, and whether the log tells them.
fn tellings() -> impl Strategy<Value = Vec<(bool, Vec<u64>)>> {
    prop::collection::vec(
        (any::<bool>(), prop::collection::vec(0_u64..60, 0..12)),
        0..20,
    )
}

fn events(numbers: &[u64]) -> Vec<String> {
    let event = |number: &u64| match number % 3 {
        0 => sign_in(*number),
        1 => meant(*number),
        _ => limit(*number, "violation", &format!("/{}", number % 7)),
    };
    numbers.iter().map(event).collect()
}

fn tell_all(told: &mut Teller, tellings: &[(bool, Vec<u64>)]) {
    for (by_log, numbers) in tellings {
        told.wait(MINUTE);
        if *by_log {
            told.log(&events(numbers));
        } else {
            told.hook(&events(numbers));
        }
    }
}

proptest! {
    #[test]
    fn whatever_was_told_a_later_life_goes_on_as_this_one_would_have(before in tellings(), after in tellings()) {
        let mut told = Teller::default();
        tell_all(&mut told, &before);
        let mut next = Teller { state: later(&told.state), seconds: told.seconds };
        prop_assert_eq!(&later(&next.state).counts, &later(&told.state).counts);
        tell_all(&mut told, &after);
        tell_all(&mut next, &after);
        prop_assert_eq!(told.sums(), next.sums());
        prop_assert_eq!(&told.counts().failures, &next.counts().failures);
        prop_assert_eq!(told.counts().duplicates, next.counts().duplicates);

        let by = |log: bool| {
            let all = before.iter().chain(&after).filter(move |(by_log, _)| *by_log == log);
            all.flat_map(|(_, numbers)| numbers.iter().copied()).collect::<BTreeSet<u64>>()
        };
        let limits = by(true).union(&by(false)).filter(|number| **number % 3 == 2).count();
        prop_assert_eq!(told.sums(), (by(true).len() as u64, by(false).len() as u64, limits as u64));
    }
}
