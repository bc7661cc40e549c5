//! A keeper that breaks down itself, and not a run of it.

use std::sync::atomic::{AtomicU32, Ordering};

use super::{super::breakdown::AFTER_BREAKDOWN, *};

/// A probe that breaks its keeper down so many times before it can begin.
#[derive(Debug, Clone, Default)]
struct Breaking {
    left: Arc<AtomicU32>,
    run: Scripted,
}

impl RunOnce for Breaking {
    fn aims_at_windows(&self) -> bool {
        false
    }

    fn no_memory(&self) -> AnyMemory {
        let left = self.left.load(Ordering::Relaxed);
        self.left.store(left.saturating_sub(1), Ordering::Relaxed);
        assert_eq!(left, 0, "it was to break down");
        self.run.no_memory()
    }

    async fn run_once(&self, known: &AnyMemory, gate: Option<&dyn Gate>) -> Outcome {
        self.run.run_once(known, gate).await
    }
}

#[tokio::test(start_paused = true)]
async fn a_keeper_that_breaks_down_is_counted_and_begins_anew() {
    let world = World::new();
    let users = Breaking::default();
    users.left.store(3, Ordering::Relaxed);
    world.keep("endpoint/users", &users, Duty::default());
    world.keep("endpoint/groups", &Scripted::default(), Duty::default());
    let breakdowns = |probe: &str| {
        let name = "okta_exporter_keeper_breakdowns_total";
        world.value(&format!("{name}{{org=\"acme\",probe=\"{probe}\"}}"))
    };
    sleep(Duration::from_secs(1)).await;
    assert_eq!(breakdowns("endpoint/users"), 1);
    let broken = world.board.broken_down();
    let broken: Vec<&str> = broken.iter().map(|id| id.probe.as_str()).collect();
    assert_eq!(broken, ["endpoint/users"]);
    sleep(3 * AFTER_BREAKDOWN).await;
    assert_eq!(breakdowns("endpoint/users"), 3);
    assert_eq!(breakdowns("endpoint/groups"), 0);
    assert_eq!(users.run.begun().len(), 1, "it watches again");
    assert_eq!(world.board.broken_down(), []);
}
