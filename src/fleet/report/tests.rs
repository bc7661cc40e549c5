//! What is told anew, and what only repeats.

use super::*;

fn incident(id: &str, what: &str) -> Finding {
    Finding::new(Fact::IncidentOnCell, what).about(id)
}

fn judged(findings: &[Finding]) -> Findings {
    Findings {
        found: findings.to_vec(),
        unjudged: Vec::new(),
    }
}

#[test]
fn through_an_outage_each_reason_is_said_once_however_they_take_turns() {
    let mut reporter = Reporter::default();
    let mut heard = |reasons: &[Reason]| -> Vec<Reason> {
        let news = reasons.iter().filter(|reason| reporter.is_news(**reason));
        news.copied().collect()
    };
    let (connect, open) = (Reason::Connect, Reason::BreakerOpen);
    assert_eq!(heard(&[connect, connect, open]), [connect, connect, open]);
    assert_eq!(heard(&[connect, open, connect, open]), []);
    assert_eq!(
        heard(&[Reason::Timeout, open, Reason::Timeout]),
        [Reason::Timeout]
    );
    assert_eq!(
        heard(&[Reason::Forbidden, connect, Reason::Forbidden]),
        [Reason::Forbidden]
    );
}

#[test]
fn what_can_be_fixed_is_said_each_time_and_what_lasts_once_until_it_works_again() {
    let id = ProbeId {
        org: None,
        probe: "endpoint/users".to_owned(),
    };
    let mut reporter = Reporter::default();
    let mut run = |failure: Option<Failure>| {
        let mut outcome = Outcome::left_out(Timestamp::UNIX_EPOCH, Failure::Overlap);
        outcome.result.failure = failure;
        reporter.report(&id, &outcome);
        reporter.told.iter().copied().collect::<Vec<_>>()
    };
    assert_eq!(run(Some(Failure::BreakerOpen)), [Reason::BreakerOpen]);
    assert_eq!(
        run(Some(Failure::Overlap)),
        [Reason::Overlap, Reason::BreakerOpen]
    );
    assert_eq!(run(None), []);
    for _ in 0..2 {
        assert!(reporter.is_news(Reason::Unauthorized));
    }
    for once in [Reason::Forbidden, Reason::Budget, Reason::Overlap] {
        assert!(
            reporter.is_news(once) && !reporter.is_news(once),
            "{once:?}"
        );
    }
}

#[test]
fn an_incident_is_not_told_to_be_over_while_no_page_can_be_read() {
    let mut reporter = Reporter::default();
    let open = incident("one", "slow");
    reporter.compare(judged(std::slice::from_ref(&open)));
    let unread = || Findings {
        found: Vec::new(),
        unjudged: vec![Fact::IncidentOnCell],
    };
    for _ in 0..2 {
        let (new, gone) = reporter.compare(unread());
        assert!(new.is_empty() && gone.is_empty(), "{gone:?}");
    }
    let (new, gone) = reporter.compare(judged(&[open]));
    assert!(
        new.is_empty() && gone.is_empty(),
        "it is told again: {new:?}"
    );
    assert_eq!(reporter.compare(judged(&[])).1.len(), 1);
}

#[test]
fn an_incident_that_opens_while_another_is_open_is_new_and_its_end_is_told_by_its_name() {
    let mut reporter = Reporter::default();
    let mut compare = |findings: &[Finding]| {
        let (new, gone) = reporter.compare(judged(findings));
        let new: Vec<String> = new.into_iter().map(|finding| finding.subject).collect();
        let gone: Vec<String> = gone.into_keys().map(|(_, subject)| subject).collect();
        (new.join(" "), gone.join(" "))
    };
    let (one, two) = (incident("one", "slow"), incident("two", "down"));
    let told = |new: &str, gone: &str| (new.to_owned(), gone.to_owned());
    assert_eq!(compare(std::slice::from_ref(&one)), told("one", ""));
    assert_eq!(compare(&[one.clone(), two.clone()]), told("two", ""));
    let changed = incident("one", "still slow");
    assert_eq!(
        compare(&[changed, two.clone()]),
        told("", ""),
        "words are no identity"
    );
    assert_eq!(compare(&[two.clone(), two]), told("", "one"));
    assert_eq!(compare(&[]), told("", "two"));
}

#[test]
fn each_case_is_explained_once_until_all_is_well_again() {
    let id = ProbeId {
        org: None,
        probe: "endpoint/users".to_owned(),
    };
    let mut reporter = Reporter::default();
    let mut run = |failure: Option<Failure>| {
        let mut outcome = Outcome::left_out(Timestamp::UNIX_EPOCH, Failure::Overlap);
        outcome.result.failure = failure;
        reporter.report(&id, &outcome);
        let cases: Vec<&str> = reporter.explained.iter().copied().collect();
        (cases.join(" "), reporter.failing_since.is_some())
    };
    let after = |cases: &str, fails: bool| (cases.to_owned(), fails);
    assert_eq!(run(None), after("", false));
    for _ in 0..2 {
        assert_eq!(run(Some(Failure::Overlap)), after("overlap", true));
    }
    assert_eq!(
        run(Some(Failure::NoDescriptor)),
        after("no-descriptor overlap", true)
    );
    assert_eq!(run(None), after("", false));
}

#[tokio::test(start_paused = true)]
async fn what_is_found_again_and_again_is_known_since_it_was_found_first() {
    let mut reporter = Reporter::default();
    let open = [incident("one", "slow")];
    for _ in 0..3 {
        reporter.compare(judged(&open));
        tokio::time::advance(std::time::Duration::from_mins(1)).await;
    }
    let (_, gone) = reporter.compare(judged(&[]));
    let lasted: Vec<u64> = gone
        .values()
        .map(|found| Moment::now().since(found.since).as_secs())
        .collect();
    assert_eq!(lasted, [180]);
}
