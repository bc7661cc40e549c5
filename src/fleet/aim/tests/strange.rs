//! The aim at answers that cannot be, and at turns of which nothing comes.

use super::*;

#[test]
fn resets_that_cannot_be_are_not_aimed_at() {
    for reset in [-3_600, -1, 301, 86_400] {
        let mut prober = Prober::new(60);
        let read = RateLimit {
            limit: 50,
            remaining: 20,
            reset: Timestamp::from_second(START / 1000 + reset).unwrap(),
        };
        prober.learn(&answer((START, 100), START, Some(read)));
        let request = SampleRequest {
            now: moment(prober.now),
            last: Some(moment(START)),
            interval: prober.interval,
            not_before: None,
            spare: true,
        };
        let next = prober.aim.next(&prober.clock, &request);
        assert_eq!(next.why, Why::Interval, "{reset}");
        assert_eq!(next.at, moment(START + 60_000));
    }
}

#[test]
fn a_turn_of_which_nothing_came_is_not_due_again_at_once() {
    // Aimed at an end, just after a reset, and by the interval.
    for asked in [0, 1, 6] {
        let mut bucket = Bucket::new(50, 60, steady(1_400));
        let mut prober = Prober::new(60);
        samples(&mut prober, &mut bucket, asked);
        for turn in 0..5 {
            let request = |now, last| SampleRequest {
                now,
                last: Some(last),
                interval: prober.interval,
                not_before: None,
                spare: true,
            };
            let (now, last) = (moment(prober.now), moment(prober.last.unwrap_or(START)));
            let next = prober.aim.next(&prober.clock, &request(now, last));
            // The timer fires a little later, and nothing is sent.
            let began = next.at.after(Duration::from_micros(300));
            let again = prober.aim.next(&prober.clock, &request(began, began));
            assert!(
                again.at.since(began) > Duration::from_secs(1),
                "{asked} {turn}: {next:?} {again:?}"
            );
            prober.now = millis(began) + 1;
            prober.last = Some(prober.now);
        }
    }
}

#[test]
fn a_window_that_another_clock_dated_is_not_waited_for() {
    let mut prober = Prober::new(60);
    let year = 365 * 86_400;
    let read = |at: i64| {
        Some(RateLimit {
            limit: 50,
            remaining: 20,
            reset: Timestamp::from_second(at / 1000 + 60).unwrap(),
        })
    };
    let strange = START + year * 1000;
    prober.learn(&answer((START, 100), strange, read(strange)));
    // Another bucket's answer tells Okta's time.
    prober
        .clock
        .learn(&answer((START + 1_000, 100), START + 1_050, None));
    let request = SampleRequest {
        now: moment(START + 2_000),
        last: Some(moment(START)),
        interval: prober.interval,
        not_before: None,
        spare: true,
    };
    let next = prober.aim.next(&prober.clock, &request);
    assert_eq!(next.at, moment(START + 60_000), "{next:?}");
    // And the next answer in this one is believed.
    let sent = START + 60_000;
    prober.learn(&answer((sent, 100), sent + 50, read(sent)));
    assert_eq!(prober.aim.window.unwrap().reset, sent / 1000 + 60);
}
