use proptest::prelude::*;

use super::*;

fn at(second: u32) -> OktaTime {
    OktaTime::from_seconds(second.into()).unwrap()
}

/// A list that was read then, of tokens by id and the second of their last use.
fn list(second: u32, tokens: &[(&str, u32)], is_complete: bool) -> List {
    let token = |(id, used): &(&str, u32)| {
        let token = Token {
            name: format!("name of {id}"),
            expires_at: Some(at(used + 30 * 86_400)),
            last_used: Some(at(*used)),
            unrestricted: None,
        };
        ((*id).to_owned(), token)
    };
    List {
        tokens: tokens.iter().map(token).collect(),
        is_complete,
        at: at(second),
        ..List::default()
    }
}

fn learned(lists: &[List]) -> Tokens {
    lists.iter().fold(Tokens::default(), Tokens::learn)
}

fn gone(tokens: &Tokens) -> Vec<&str> {
    tokens.gone.keys().map(String::as_str).collect()
}

const BOTH: &[(&str, u32)] = &[("00T1", 0), ("00T2", 0)];
const ONE: &[(&str, u32)] = &[("00T1", 0)];

#[test]
fn a_token_is_gone_once_two_lists_lack_it_and_it_is_told_for_a_day() {
    let first = learned(&[list(100, BOTH, true), list(3_700, ONE, true)]);
    assert!(first.is_unsettled(), "a replica may lag");
    assert_eq!((first.known.len(), first.disappeared), (2, 0));
    let soon = first.clone().learn(&list(3_705, ONE, true));
    assert!(soon.is_unsettled());
    let second = first.learn(&list(3_715, ONE, true));
    assert_eq!((second.known.len(), second.disappeared), (1, 1));
    assert_eq!(gone(&second), ["00T2"]);
    assert_eq!(second.gone["00T2"].at, at(3_700));
    assert_eq!(second.name("00T2"), "name of 00T2");
    assert!(!second.is_unsettled());
    let later = second.clone().learn(&list(90_000, ONE, true));
    assert_eq!(gone(&later), ["00T2"]);
    let over = later.learn(&list(90_100, ONE, true));
    assert_eq!((gone(&over), over.disappeared), (vec![], 1));
}

#[test]
fn of_a_list_that_lacks_something_nothing_is_concluded() {
    let lists = [
        list(100, BOTH, true),
        list(3_700, ONE, false),
        list(7_300, &[], false),
        list(10_900, &[], false),
    ];
    let known = learned(&lists);
    assert_eq!((known.known.len(), known.disappeared), (2, 0));
    assert!(!known.is_unsettled());
}

#[test]
fn one_that_comes_back_was_never_gone() {
    let lists = [
        list(100, BOTH, true),
        list(3_700, ONE, true),
        list(3_715, BOTH, true),
        list(7_300, ONE, true),
    ];
    let known = learned(&lists);
    assert_eq!((known.disappeared, known.is_unsettled()), (0, true));
    let again = known
        .learn(&list(7_315, ONE, true))
        .learn(&list(7_330, BOTH, true));
    assert_eq!((gone(&again), again.disappeared), (vec![], 1));
}

#[test]
fn the_one_token_that_is_in_use_at_every_list_is_the_readers() {
    let own = |lists: &[List]| learned(lists).only_one_in_use().map(str::to_owned);
    let busy = list(1_000, &[("00T1", 990), ("00T2", 941), ("00T3", 900)], true);
    assert_eq!(own(std::slice::from_ref(&busy)), None, "two were in use");
    let later = list(
        4_600,
        &[("00T1", 4_570), ("00T2", 2_000), ("00T3", 4_600)],
        true,
    );
    assert_eq!(own(&[busy.clone(), later]).as_deref(), Some("00T1"));
    let other = list(4_600, &[("00T4", 4_590)], true);
    assert_eq!(
        own(&[busy.clone(), other]).as_deref(),
        Some("00T4"),
        "another token reads"
    );
    let part = list(4_600, &[("00T1", 4_570)], false);
    assert_eq!(own(&[busy, part]), None);
}

#[test]
fn what_is_remembered_is_bounded() {
    let names: Vec<String> = (0..3_000).map(|n| format!("00T{n}")).collect();
    let tokens: Vec<(&str, u32)> = names.iter().map(|id| (id.as_str(), 0)).collect();
    let none = [
        list(100, &tokens, true),
        list(200, &[], true),
        list(300, &[], true),
    ];
    let known = learned(&none);
    assert_eq!((known.disappeared, known.gone.len()), (3_000, MOST_GONE));
    let others: Vec<String> = (0..3_000).map(|n| format!("00U{n}")).collect();
    let others: Vec<(&str, u32)> = others.iter().map(|id| (id.as_str(), 0)).collect();
    let parts = [list(100, &tokens, false), list(200, &others, false)];
    assert!(learned(&parts).known.len() <= MOST);
}

proptest! {
    #[test]
    fn what_is_known_survives_being_written_down(
        lists in prop::collection::vec(
            (prop::collection::btree_set(0usize..4, 0..4), any::<bool>(), 0u32..20_000),
            0..6,
        ),
    ) {
        let ids = ["00T0", "00T1", "00T2", "00T3"];
        let lists: Vec<List> = lists
            .into_iter()
            .map(|(which, is_complete, second)| {
                let tokens: Vec<_> = which.into_iter().map(|n| (ids[n], second)).collect();
                list(second, &tokens, is_complete)
            })
            .collect();
        let known = learned(&lists);
        let written = serde_json::to_string(&known).unwrap();
        prop_assert_eq!(serde_json::from_str::<Tokens>(&written).unwrap(), known);
    }
}
