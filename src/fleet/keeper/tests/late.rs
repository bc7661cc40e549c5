//! Until when a turn at the end of a window is waited for.

use super::*;

#[tokio::test(start_paused = true)]
async fn who_was_refused_has_not_run_and_waits_for_its_turn_no_longer_than_before() {
    let world = World::new();
    let store: Arc<dyn Store> = Arc::new(InMemory::default());
    let id = ProbeId {
        org: "acme".parse().ok(),
        probe: "endpoint/users".to_owned(),
    };
    let run = Scripted::default();
    let keeper = world.keeper(MINUTE, (&store, id), &run, Duty::default());
    let begun = Moment::now();
    let by = begun.after(MINUTE * 2);
    let late_after = |failure| {
        let mut progress = Progress {
            due: begun,
            aims: true,
            late: by,
            running: None,
            reporter: Reporter::default(),
            remembered: Remembered::nothing(&run, &store, None),
        };
        let outcome = Outcome {
            at: Timestamp::UNIX_EPOCH,
            took: Some(QUICK),
            exchanges: Vec::new(),
            result: ProbeResult {
                observation: None,
                failure,
            },
            memory: None,
        };
        keeper.take((begun, outcome), &mut progress);
        progress.late
    };
    let spent = |again_in| {
        Some(Failure::Budget {
            why: "the budget is spent".to_owned(),
            again_in,
        })
    };
    assert_eq!(late_after(spent(QUICK)), by);
    let later = late_after(spent(MINUTE * 3));
    assert!(later >= begun.after(MINUTE * 3), "it cannot run before");
    let ran = begun.after(MINUTE).after(LONGEST_WINDOW);
    assert_eq!(late_after(None), ran);
}

#[tokio::test(start_paused = true)]
async fn a_clock_that_is_set_changes_nothing_of_when_runs_are_and_whether_they_are_late() {
    for hours in [1, -1, 24, -24] {
        let world = World::new();
        let run = Scripted::of([(QUICK, None), (QUICK, Some(limited(MINUTE * 2)))]);
        world.keep("endpoint/users", &run, Duty::default());
        let hung = Scripted::of([(QUICK, None), (MINUTE * 30, None)]);
        world.keep("endpoint/hung", &hung, Duty::default());
        let overdue = |probe| {
            let series = "okta_probe_overdue{org=\"acme\",probe=";
            world.value(&format!("{series}\"endpoint/{probe}\"}}"))
        };
        sleep(MINUTE * 3 / 2).await;
        world
            .board
            .clock()
            .step(jiff::SignedDuration::from_hours(hours));
        for minute in 2..10 {
            sleep(MINUTE).await;
            assert_eq!(overdue("users"), 0, "{hours} h, minute {minute}");
            assert_eq!(
                overdue("hung"),
                u64::from(minute >= 3),
                "{hours} h, minute {minute}"
            );
        }
        let begun = run.seconds_since(world.start);
        assert_eq!(begun[..2], [0, 60], "{hours} h");
        assert!((180..=195).contains(&begun[2]), "{hours} h: {begun:?}");
        assert!(begun[3] <= 255, "{hours} h: {begun:?}");
    }
}
