//! What a `max-age` tells that leads to a fixed moment.

use super::*;

#[test]
fn a_max_age_that_counts_down_to_a_fixed_moment_tells_when_the_set_may_change_and_one_that_does_not_tells_nothing()
 {
    let next = |answers: &[(i32, Option<u64>)]| {
        let answers = answers.iter().map(|(second, age)| {
            let age = age.map(Duration::from_secs);
            answer(&[OLD], age, *second)
        });
        let answers: Vec<_> = answers.collect();
        let last = answers.last().unwrap().clone();
        let history = history(answers).unwrap();
        history.next_change(&last).map(OktaTime::as_second)
    };
    // As the org's own server has it, and Okta's time is known to a second or so.
    assert_eq!(
        next(&[(0, Some(4000)), (300, Some(3702)), (600, Some(3399))]),
        Some(4000)
    );
    assert_eq!(
        next(&[(0, Some(4000)), (8, Some(3992))]),
        None,
        "it is too early to tell"
    );
    // A custom server's may be cached for a day, whenever it is asked, until its end comes near.
    assert_eq!(
        next(&[(0, Some(86_400)), (300, Some(86_400)), (600, Some(86_400))]),
        None
    );
    assert_eq!(
        next(&[(0, Some(900)), (300, Some(800)), (600, Some(500))]),
        Some(1100)
    );
    // The moment has passed, and another is named; then none.
    assert_eq!(
        next(&[(0, Some(600)), (300, Some(300)), (700, Some(4000))]),
        None
    );
    assert_eq!(next(&[(0, Some(600)), (300, None)]), None);
}
