//! What is under way while buckets turn out to be others than they were taken for.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_endpoint_that_is_parted_takes_along_what_is_under_way() {
    let (org, a, b) = (Org::new(), charge("a", "/api"), charge("b", "/api"));
    for _ in 0..8 {
        let under_way = [&a, &b, &b].map(|charge| org.ask(charge, EndOfWindow));
        // Whichever answer it is that parts them.
        let [of_a, of_b, last] = under_way;
        org.limits.settle(of_a, &org.answer(&a, (600, 599, 60)));
        org.limits.settle(of_b, &org.answer(&b, (400, 398, 60)));
        let parted = !org.limits.take_found().is_empty();
        if parted {
            assert!(org.spent("b") >= 1, "under way in its new bucket");
        }
        org.limits.settle(last, &org.answer(&b, (400, 397, 60)));
        let parted = parted || !org.limits.take_found().is_empty();
        sleep(61 * SECOND).await;
        if parted {
            sleep(MINUTE).await;
            assert_eq!((org.spent("/api"), org.spent("b")), (0, 0));
            return;
        }
    }
    panic!("they were never parted");
}

#[tokio::test(start_paused = true)]
async fn buckets_that_turn_out_to_be_one_hold_what_is_under_way_in_both() {
    let (org, a, b) = (Org::new(), charge("a", "/a"), charge("b", "/b"));
    sleep(57 * SECOND).await;
    for _ in 0..20 {
        let under_way = [org.ask(&a, EndOfWindow), org.ask(&b, EndOfWindow)];
        for (charge, later) in [(&a, 0), (&b, 1)] {
            let answer = org.answer(charge, (600, 500 - later, 3 - later.cast_signed()));
            org.limits.settle(None, &answer);
            sleep(SECOND).await;
        }
        if !org.limits.take_found().is_empty() {
            sleep(MINUTE * 2).await;
            assert_eq!((org.spent("/a"), org.spent("/b")), (2, 0));
            org.limits.abandon(under_way[1].unwrap(), false);
            org.limits.abandon(under_way[0].unwrap(), false);
            assert_eq!(org.spent("/a"), 0);
            return;
        }
        for ticket in under_way.into_iter().flatten() {
            org.limits.abandon(ticket, false);
        }
        sleep(58 * SECOND).await;
    }
    panic!("they were never found to be one");
}

#[tokio::test(start_paused = true)]
async fn what_a_run_that_was_given_up_had_asked_is_forgotten_with_it() {
    let (org, a) = (Org::new(), charge("a", "/api"));
    let buckets = || org.limits.lock().buckets.len();
    let ticket = org.ask(&a, Interval).unwrap();
    org.limits.forget(&[], std::iter::empty());
    assert_eq!(buckets(), 1, "it is under way");
    org.limits.abandon(ticket, true);
    org.limits.forget(&[], std::iter::once(a));
    assert_eq!(buckets(), 1, "others ask there");
    org.limits.forget(&[], std::iter::empty());
    assert_eq!(buckets(), 0);
}
