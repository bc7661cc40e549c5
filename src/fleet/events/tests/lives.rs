//! Accounts that fail and are killed at any moment: each event counts once.

use std::sync::Arc;

use proptest::prelude::*;

use super::{
    account::{Disk, Ending, LIMITS, LOG, cursor, hook, life, log, told},
    limit,
};

/// What happens to an account.
#[derive(Debug, Clone)]
enum Step {
    /// The log goes on by so many events, and tells so many before them again.
    Log(u64, u64),
    /// A hook tells these of the last events.
    Hook(Vec<u64>),
    /// The next commit ends so.
    Ends(Ending),
    Killed,
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let ending = prop_oneof![
        Just(Ending::Kept),
        Just(Ending::Lost),
        Just(Ending::KeptAndTold)
    ];
    let step = prop_oneof![
        3 => (0_u64..8, 0_u64..5).prop_map(|(more, again)| Step::Log(more, again)),
        2 => prop::collection::vec(0_u64..12, 1..5).prop_map(Step::Hook),
        2 => ending.prop_map(Step::Ends),
        2 => Just(Step::Killed),
    ];
    prop::collection::vec(step, 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, ..ProptestConfig::default() })]

    /// The log is read on from the cursor that is kept; what it told is counted once, and so is every
    /// limit that either told, in whichever life.
    #[test]
    fn whatever_fails_and_whenever_it_is_killed_each_event_counts_once(steps in steps()) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let disk = Arc::new(Disk::default());
            let mut account = life(&disk);
            let mut written = 0;
            for step in steps {
                match step {
                    Step::Log(more, again) => {
                        written += more;
                        // Some come again, from before the cursor.
                        let from = cursor(&account).await.saturating_sub(again);
                        let events: Vec<String> = (from..written).map(|number| limit(number, "violation", "/a")).collect();
                        drop(log(&account, &events, written).await);
                    }
                    Step::Hook(back) => {
                        let numbers = back.iter().filter_map(|back| written.checked_sub(back + 1));
                        let events: Vec<String> = numbers.map(|number| limit(number, "violation", "/a")).collect();
                        drop(hook(&account, &events).await);
                    }
                    Step::Ends(ending) => disk.ends([ending]),
                    Step::Killed => account = life(&disk),
                }
            }
            disk.ends_well();
            let from = cursor(&account).await;
            let events: Vec<String> = (from..written).map(|number| limit(number, "violation", "/a")).collect();
            log(&account, &events, written).await.unwrap();
            assert_eq!((told(&account, LOG), told(&account, LIMITS)), (written, written));
        });
    }
}
