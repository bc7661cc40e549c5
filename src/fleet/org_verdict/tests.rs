use super::*;
use crate::okta::{ApiError, Refusal};

fn refused(status: u16) -> Failure {
    Failure::Refused(Box::new(Refusal {
        status,
        path: "/api/v1/users".to_owned(),
        anonymous: false,
        error: ApiError::Unexplained(None),
        request_id: None,
        date: None,
        limited: None,
        back_off: None,
    }))
}

fn silent() -> Failure {
    Failure::Connect {
        host: "acme.okta.com".to_owned(),
        detail: "refused".to_owned(),
    }
}

fn unresolved() -> Failure {
    Failure::Dns {
        host: "acme.okta.com".to_owned(),
        detail: "no such name".to_owned(),
    }
}

fn word(well: usize, failing: &[Failure], found: &[Fact], others_answer: bool) -> &'static str {
    let page = Witness {
        name: "status_page/okta",
        whereabouts: Whereabouts::Elsewhere,
        answers: others_answer,
    };
    let signs = Signs {
        well,
        failing: failing.iter().map(|why| ("discovery", why)).collect(),
        found: found.iter().map(|fact| Finding::new(*fact, "x")).collect(),
        witnesses: vec![page],
        ..Signs::default()
    };
    signs.verdict().word.as_str()
}

#[test]
fn an_org_is_well_until_something_is_known_to_be_wrong_and_unknown_until_it_was_asked() {
    assert_eq!(word(0, &[], &[], true), "unknown");
    assert_eq!(word(3, &[], &[], true), "well");
    assert_eq!(word(3, &[], &[Fact::IncidentsUnmatched], true), "well");
    assert_eq!(word(3, &[], &[Fact::TokenExpired], true), "degraded");
    assert_eq!(word(3, &[refused(404)], &[], true), "degraded");
}

#[test]
fn nobody_answers_where_the_network_fails_and_okta_where_others_answer() {
    for (others, verdict) in [(false, "network"), (true, "okta")] {
        assert_eq!(word(0, &[silent(), silent()], &[], others), verdict);
    }
    assert_eq!(word(0, &[silent(), unresolved()], &[], true), "network");
    assert_eq!(word(2, &[silent()], &[], true), "degraded", "only one path");
}

#[test]
fn half_of_the_probes_that_meet_server_errors_are_enough() {
    assert_eq!(word(2, &[refused(503), refused(503)], &[], false), "okta");
    assert_eq!(word(2, &[refused(503)], &[], false), "degraded");
    let incident = [Fact::IncidentOnCell];
    assert_eq!(word(2, &[refused(503)], &incident, false), "cell");
    assert_eq!(word(0, &[refused(503)], &incident, false), "okta");
    assert_eq!(word(5, &[], &incident, false), "cell");
}

#[test]
fn who_asks_comes_before_how_often() {
    let limited = || {
        let Failure::Refused(mut refusal) = refused(429) else {
            unreachable!()
        };
        refusal.limited = Some(crate::okta::LimitKind::Limit);
        Failure::Refused(refusal)
    };
    assert_eq!(word(1, &[limited()], &[], false), "limit");
    assert_eq!(
        word(1, &[limited(), refused(401)], &[], false),
        "credential"
    );
    assert_eq!(word(1, &[], &[Fact::LimitAgainAndAgain], false), "limit");
}

#[test]
fn one_path_that_may_not_be_read_is_no_dead_credential() {
    assert_eq!(word(2, &[refused(403)], &[], false), "degraded");
    assert_eq!(
        word(1, &[refused(403), refused(403)], &[], false),
        "credential"
    );
    assert_eq!(
        word(5, &[refused(403), refused(401)], &[], false),
        "credential"
    );
}

#[test]
fn a_verdict_names_the_first_and_counts_the_others() {
    let (one, two) = (refused(503), refused(502));
    let signs = Signs {
        failing: vec![("discovery", &one), ("jwks/org", &two)],
        ..Signs::default()
    };
    let told = signs.verdict().why;
    assert!(
        told.starts_with("discovery: 503 from") && told.ends_with(", and 1 more"),
        "{told}"
    );
}

#[test]
fn who_else_answers_tells_whose_fault_silence_is() {
    use Whereabouts::{Elsewhere, OtherCell, SameCell};
    for (asked, word, whose) in [
        (&[][..], "network", "; nobody else was asked"),
        (&[(Elsewhere, false)], "network", "; a is silent as well"),
        (
            &[(SameCell, false), (OtherCell, false), (Elsewhere, false)],
            "network",
            "; a and 2 more are silent as well",
        ),
        (
            &[(SameCell, false), (OtherCell, true)],
            "cell",
            "; a on its cell is silent as well, and b on another answers",
        ),
        (
            &[(SameCell, false), (SameCell, true), (OtherCell, true)],
            "okta",
            "; b answers",
        ),
        (&[(OtherCell, true)], "okta", "; a answers"),
        // Nobody of Okta's answers: that it is the cell alone is not known.
        (
            &[(SameCell, false), (Elsewhere, true)],
            "okta",
            "; b answers",
        ),
        (
            &[(OtherCell, false), (Elsewhere, true)],
            "okta",
            "; b answers",
        ),
    ] {
        let silent = silent();
        let witness = |(&(whereabouts, answers), name)| Witness {
            name,
            whereabouts,
            answers,
        };
        let signs = Signs {
            failing: vec![("discovery", &silent)],
            witnesses: asked.iter().zip(["a", "b", "c"]).map(witness).collect(),
            ..Signs::default()
        };
        let OrgVerdict { word: told, why } = signs.verdict();
        assert_eq!(told.as_str(), word, "{asked:?}");
        assert!(why.ends_with(whose), "{asked:?}: {why}");
    }
}

#[test]
fn what_was_answered_before_the_trouble_began_tells_nothing_of_now() {
    let (silent, failed) = (silent(), refused(503));
    let word = |failing: &[&Failure], outdated: usize| {
        let signs = Signs {
            well: 12,
            failing: failing.iter().map(|why| ("x", *why)).collect(),
            outdated,
            ..Signs::default()
        };
        signs.verdict().word.as_str()
    };
    assert_eq!(word(&[&silent, &silent], 0), "degraded");
    assert_eq!(word(&[&silent, &silent], 12), "network");
    assert_eq!(
        word(&[&silent, &silent], 11),
        "degraded",
        "one answers since"
    );
    assert_eq!(word(&[&failed], 0), "degraded");
    assert_eq!(word(&[&failed], 12), "okta");
    assert_eq!(
        word(&[&silent, &silent, &failed], 12),
        "okta",
        "something came"
    );
}
