//! What an org's limits make of exchanges, from admission to what is scheduled next, in a time of
//! its own. The time of day is not told to them at all.

mod exhausted;
mod rules;
mod under_way;

use std::{sync::Arc, time::Duration};

use tokio::time::sleep;

use super::{EndedRun, GatedRun, Limits, Purpose, limit_key::LimitKey};
use crate::{
    metrics::Page,
    okta::{Charge, Exchange, Failure, Gate, OktaClock, Phases, RateLimit, ResponseMeta, Ticket},
    units::{Moment, Share, Timestamp},
};

const MINUTE: Duration = Duration::from_mins(1);
const SECOND: Duration = Duration::from_secs(1);

/// One org's limits, and Okta's clock.
struct Org {
    limits: Arc<Limits>,
    begun: Moment,
}

impl Org {
    fn new() -> Self {
        Self {
            limits: Arc::new(Limits::new(Share::TWENTIETH)),
            begun: Moment::now(),
        }
    }

    /// What Okta's clock shows now, in seconds.
    fn date(&self) -> i64 {
        let elapsed = Moment::now().since(self.begun).as_secs();
        1_800_000_000 + i64::try_from(elapsed).unwrap()
    }

    /// An answer just now: the limit, what remains, and in how many seconds the window ends.
    fn answer(&self, charge: &Charge, (limit, remaining, left): (u64, u64, i64)) -> Exchange {
        let second = |second| Timestamp::from_second(second).unwrap();
        let date = self.date();
        Exchange {
            api: charge.api.clone(),
            path: format!("/{}", charge.api),
            credential: charge.credential.clone(),
            bucket: Some(charge.bucket.clone()),
            at: second(date),
            sent: Moment::now(),
            took: Duration::ZERO,
            phases: Phases::default(),
            answer: Ok(ResponseMeta {
                status: 200,
                error_code: None,
                date: Some(second(date)),
                rate_limit: Some(RateLimit {
                    limit,
                    remaining,
                    reset: second(date + left),
                }),
                limited: None,
                chain: None,
                request_id: None,
            }),
        }
    }

    /// Asks at once or not at all.
    fn ask(&self, charge: &Charge, purpose: Purpose) -> Option<Ticket> {
        let run = gated(&charge.api, purpose);
        self.limits.admit(charge, &run, None).ok()
    }

    /// A request that is admitted and answered at once.
    fn made(&self, charge: &Charge, purpose: Purpose, answer: (u64, u64, i64)) -> bool {
        let ticket = self.ask(charge, purpose);
        if ticket.is_some() {
            self.limits.settle(ticket, &self.answer(charge, answer));
        }
        ticket.is_some()
    }

    /// A run of a probe that aims began then and has ended.
    fn ended(&self, name: &str, at: Moment) -> bool {
        self.limits.ended(EndedRun {
            probe: name,
            api: name,
            at,
            interval: MINUTE,
            not_before: None,
        })
    }

    fn value(&self, series: &str) -> Option<f64> {
        let mut page = Page::new();
        self.limits.draw("acme", Moment::now(), &mut page);
        let text = page.text();
        let mut lines = text.lines().filter(|line| line.starts_with(series));
        let line = lines.next()?;
        assert_eq!(lines.next(), None, "{text}");
        line.rsplit_once(' ')?.1.parse().ok()
    }

    /// What is spent in a bucket.
    fn spent(&self, bucket: &str) -> u64 {
        let key = LimitKey {
            credential: "monitor".to_owned(),
            bucket: bucket.to_owned(),
        };
        let state = self.limits.lock();
        let bucket = state.buckets.get(&key);
        bucket.map_or(0, |bucket| bucket.spending.spent(Moment::now()))
    }
}

fn charge(name: &'static str, bucket: &'static str) -> Charge {
    Charge {
        credential: "monitor".parse().ok(),
        api: name.into(),
        bucket: bucket.into(),
    }
}

fn gated(probe: &str, purpose: Purpose) -> GatedRun {
    GatedRun {
        probe: probe.to_owned(),
        purpose,
    }
}

use Purpose::{EndOfWindow, Interval, Trial};

#[tokio::test(start_paused = true)]
async fn a_bucket_that_two_endpoints_turn_out_to_share_is_sampled_once() {
    let (org, mut found) = (Org::new(), Vec::new());
    sleep(57 * SECOND).await;
    for minute in 0..10 {
        for (name, later) in [("a", 0), ("b", 1)] {
            let charge = charge(name, if later == 0 { "/a" } else { "/b" });
            let answer = org.answer(&charge, (600, 500 - later, 3 - later.cast_signed()));
            org.limits.settle(None, &answer);
            found.extend(org.limits.take_found());
            assert!(org.ended(name, answer.sent));
            sleep(SECOND).await;
        }
        let scheduled = ["a", "b"].map(|name| org.limits.scheduled(name).is_some());
        let expected = usize::from(found.is_empty()) + 1;
        let count = scheduled.into_iter().filter(|scheduled| *scheduled).count();
        assert_eq!(count, expected, "in minute {minute}: {scheduled:?}");
        sleep(58 * SECOND).await;
    }
    assert_eq!(found.len(), 1);
    let windows =
        r#"okta_rate_limit_windows_total{org="acme",credential="monitor",bucket="/a",api="a""#;
    assert_eq!(org.value(windows), Some(10.0));
}

#[tokio::test(start_paused = true)]
async fn one_endpoints_counts_in_two_buckets_that_turn_out_to_be_one_add_up() {
    let org = Org::new();
    sleep(57 * SECOND).await;
    let mut windows = 0.0;
    for _ in 0..12 {
        for (bucket, later) in [("/a", 0), ("/b", 1)] {
            let charge = charge("same", bucket);
            let answer = org.answer(&charge, (600, 500 - later, 3 - later.cast_signed()));
            org.limits.settle(None, &answer);
            sleep(SECOND).await;
        }
        sleep(58 * SECOND).await;
        let mut page = Page::new();
        org.limits.draw("acme", Moment::now(), &mut page);
        let text = page.text();
        let counted = text
            .lines()
            .filter(|line| line.starts_with("okta_rate_limit_windows_total{"))
            .map(|line| line.rsplit_once(' ').unwrap().1.parse::<f64>().unwrap())
            .sum::<f64>();
        assert!(counted >= windows, "{counted} after {windows}\n{text}");
        windows = counted;
    }
    assert!(org.value("okta_rate_limit_windows_total").is_some(), "one");
    assert!(windows > 12.0, "{windows}");
}

#[tokio::test(start_paused = true)]
async fn what_waits_for_the_next_window_comes_by_turns_and_says_why_it_waits() {
    let (org, users) = (Org::new(), charge("a", "/a"));
    let gate = org.limits.gate(gated("a", Interval));
    let ticket = gate.admit(users.clone()).await.unwrap();
    gate.settle(Some(ticket), &org.answer(&users, (10, 9, 60)));
    assert!(!gate.has_waited());
    let seconds = || Moment::now().since(org.begun).as_secs();
    let others = ["b", "c"].map(|name| org.limits.gate(gated(name, Interval)));
    let next = |gate, after| {
        let users = users.clone();
        async move {
            let gate: &super::BudgetGate = gate;
            sleep(after).await;
            let ticket = gate.admit(users).await.unwrap();
            gate.abandon(ticket, true);
            seconds()
        }
    };
    // The run that has begun waits like the others.
    let told = async {
        sleep(SECOND * 10).await;
        let why = others.each_ref().map(super::BudgetGate::holds_back);
        assert!(gate.holds_back().is_none(), "it has begun");
        why.map(|why| match why {
            Some(Failure::Budget { again_in, .. }) => again_in.as_secs(),
            other => panic!("{other:?}"),
        })
    };
    let (b, a, c, told) = tokio::join!(
        next(&others[0], SECOND),
        next(&gate, SECOND * 2),
        next(&others[1], SECOND * 3),
        told
    );
    assert!(
        told.iter().all(|again_in| (55..=62).contains(again_in)),
        "{told:?}"
    );
    assert!(others.iter().all(super::BudgetGate::has_waited));
    assert!((60..=62).contains(&b), "{b}");
    assert!((120..=124).contains(&a), "{a}");
    assert!((180..=186).contains(&c), "{c}");
}

#[tokio::test(start_paused = true)]
async fn the_end_of_a_window_is_not_waited_for_and_who_gives_up_stands_in_no_ones_way() {
    let (org, users) = (Org::new(), charge("a", "/a"));
    assert!(org.made(&users, Interval, (20, 19, 60)));
    let aimed = org.limits.gate(gated("b", EndOfWindow));
    let refused = aimed.admit(users.clone()).await;
    assert!(
        matches!(refused, Err(Failure::Budget { .. })),
        "{refused:?}"
    );
    assert!(Moment::now().since(org.begun) <= SECOND);
    let gone = org.limits.gate(gated("c", Interval));
    let given_up = tokio::time::timeout(SECOND, gone.admit(users.clone())).await;
    assert!(given_up.is_err());
    sleep(MINUTE + SECOND * 2).await;
    assert!(org.ask(&users, Interval).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_request_under_way_puts_nobody_off_for_longer_than_itself() {
    let (org, a, b) = (Org::new(), charge("a", "/a"), charge("b", "/a"));
    assert!(org.made(&a, Interval, (20, 19, 60)));
    sleep(MINUTE * 2).await;
    let ticket = org.ask(&a, Interval).unwrap();
    // Nor is who will not wait told to come back later than that.
    let aimed = org.limits.gate(gated("b", EndOfWindow));
    let Err(Failure::Budget { again_in, .. }) = aimed.admit(b.clone()).await else {
        panic!("the one request is under way");
    };
    assert!(again_in <= SECOND * 5, "{again_in:?}");
    let gate = org.limits.gate(gated("b", Interval));
    let (admitted, ()) = tokio::join!(gate.admit(b.clone()), async {
        let told = async {
            sleep(SECOND / 2).await;
            gate.holds_back()
        };
        let Some(Failure::Budget { again_in, .. }) = told.await else {
            panic!("it waits");
        };
        assert!(again_in <= SECOND * 5, "{again_in:?}");
        sleep(SECOND / 2).await;
        // It was not sent after all.
        org.limits.abandon(ticket, false);
    });
    assert_eq!(Moment::now().since(org.begun), MINUTE * 2 + SECOND * 2);
    gate.settle(admitted.ok(), &org.answer(&b, (20, 19, 60)));
    let ticket = org.ask(&a, Interval);
    assert_eq!(ticket, None, "the one request is spent");
}

#[tokio::test(start_paused = true)]
async fn until_the_limit_is_known_one_request_is_sent_at_a_time() {
    let (org, a) = (Org::new(), charge("a", "/a"));
    let ticket = org.ask(&a, Interval).unwrap();
    let other = org.limits.gate(gated("b", Interval));
    let (admitted, ()) = tokio::join!(other.admit(a), async {
        sleep(Duration::from_millis(100)).await;
        org.limits.abandon(ticket, false);
    });
    admitted.unwrap();
    assert_eq!(
        Moment::now().since(org.begun),
        Duration::from_millis(100),
        "a request that nobody settles stands in the way of none"
    );
}

#[tokio::test(start_paused = true)]
async fn an_answer_in_the_second_of_the_reset_spends_nothing_of_the_next_window() {
    let (org, users) = (Org::new(), charge("users", "/users"));
    sleep(59 * SECOND).await;
    assert!(org.made(&users, EndOfWindow, (20, 5, 1)));
    sleep(60 * SECOND).await;
    assert!(org.made(&users, EndOfWindow, (20, 5, 0)));
    sleep(59 * SECOND).await;
    assert!(org.made(&users, EndOfWindow, (20, 5, 1)));
}

#[tokio::test(start_paused = true)]
async fn a_trial_is_not_refused_for_the_sake_of_the_probe_that_makes_it() {
    let (org, a) = (Org::new(), charge("a", "/a"));
    assert!(org.made(&a, Interval, (50, 4, 60)));
    assert!(org.ended("a", Moment::now()));
    sleep(SECOND * 10).await;
    assert_eq!(org.ask(&a, Interval), None, "little is left to all");
    assert!(org.ask(&a, Trial).is_some());
    assert_eq!(org.ask(&a, Trial), None, "no more than the budget");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_kept_from_the_only_probe_that_aims_for_its_own_sake() {
    let (org, a, b) = (Org::new(), charge("a", "/a"), charge("b", "/a"));
    assert!(org.made(&a, EndOfWindow, (40, 39, 60)));
    assert!(org.ended("a", Moment::now()));
    assert_eq!(org.ask(&b, Interval), None, "one of two is the aimed one's");
    assert!(org.ask(&a, Purpose::Late).is_some());
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_under_way_is_not_scheduled_once_more_by_anothers_end() {
    let (org, a, b) = (Org::new(), charge("a", "/a"), charge("b", "/a"));
    for charge in [&a, &b] {
        org.limits.settle(None, &org.answer(charge, (600, 500, 60)));
    }
    assert!(org.ended("a", Moment::now()));
    sleep(SECOND).await;
    org.limits.begin("a", false);
    assert!(org.ended("b", Moment::now()));
    assert_eq!(
        (org.limits.scheduled("a"), org.limits.scheduled("b")),
        (None, None)
    );
    assert!(org.ended("a", Moment::now()));
    let scheduled = ["a", "b"].map(|name| org.limits.scheduled(name).is_some());
    assert_eq!(scheduled.into_iter().filter(|is| *is).count(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_sample_is_void_with_its_window_or_when_windows_are_over_as_a_rule() {
    let (org, users) = (Org::new(), charge("users", "/users"));
    for (left, seconds) in [(60, 75), (0, 15), (86_400, 75)] {
        org.limits
            .settle(None, &org.answer(&users, (600, 500, left)));
        sleep(Duration::from_secs(seconds - 1)).await;
        assert_eq!(
            org.value("okta_rate_limit_remaining"),
            Some(500.0),
            "{left}"
        );
        sleep(SECOND).await;
        assert_eq!(org.value("okta_rate_limit_remaining"), None, "{left}");
        sleep(MINUTE * 10).await;
        assert!(org.ask(&users, Interval).is_some(), "nobody is held back");
    }
    let long_past = org.answer(&users, (600, 500, -86_400));
    org.limits.settle(None, &long_past);
    assert_eq!(org.value("okta_rate_limit_remaining"), None);
    // Without a `Date` this clock tells, which may be off by a little.
    for (left, remaining) in [
        (-2 * 365 * 86_400, None),
        (-86_400, None),
        (-60, Some(500.0)),
        (60, Some(500.0)),
    ] {
        let mut undated = org.answer(&users, (600, 500, left));
        undated.answer.as_mut().unwrap().date = None;
        org.limits.settle(None, &undated);
        let shown = org.value("okta_rate_limit_remaining");
        assert_eq!(shown, remaining, "{left}");
    }
}
