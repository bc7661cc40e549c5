//! How times are shown. The script counts on from what is written here, so `page.js` has the same
//! words.

use jiff::fmt::strtime;
use maud::{Markup, html};

use crate::units::Timestamp;

/// The time of day.
pub(super) fn clock(at: Timestamp) -> String {
    strtime::format("%H:%M:%S", at).unwrap_or_default()
}

/// The whole date, as Okta's support searches for it.
pub(super) fn whole(at: Timestamp) -> String {
    strtime::format("%Y-%m-%d %H:%M:%S UTC", at).unwrap_or_default()
}

/// How long ago something was, counting.
pub(super) fn ago(at: Timestamp, now: Timestamp) -> Markup {
    html! {
        time datetime=(at) title=(whole(at)) data-ago=(at.as_millisecond()) {
            (length(now.duration_since(at).as_secs())) " ago"
        }
    }
}

/// How long until something is, counting down.
pub(super) fn left(at: Timestamp, now: Timestamp) -> Markup {
    let seconds = at.duration_since(now).as_secs();
    html! {
        time datetime=(at) title=(whole(at)) data-left=(at.as_millisecond()) {
            @if seconds > 0 { "in " (length(seconds)) } @else { "now" }
        }
    }
}

fn length(seconds: i64) -> String {
    match seconds.max(0) {
        seconds @ 0..120 => format!("{seconds} s"),
        seconds @ 120..7_200 => format!("{} min", seconds / 60),
        seconds @ 7_200..172_800 => format!("{} h", seconds / 3_600),
        seconds => format!("{} d", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_told_in_the_largest_unit_of_which_there_are_two() {
        let told = |seconds| length(seconds);
        assert_eq!([-5, 119].map(told), ["0 s", "119 s"]);
        assert_eq!([120, 7_199].map(told), ["2 min", "119 min"]);
        assert_eq!([7_200, 172_799].map(told), ["2 h", "47 h"]);
        assert_eq!([172_800, 8_640_000].map(told), ["2 d", "100 d"]);
    }

    #[test]
    fn what_is_over_is_now_and_what_is_to_come_was_not() {
        let (now, later) = (Timestamp::UNIX_EPOCH, Timestamp::from_second(90).unwrap());
        assert!(left(later, now).into_string().contains(">in 90 s<"));
        assert!(left(now, later).into_string().contains(">now<"));
        assert!(ago(later, now).into_string().contains(">0 s ago<"));
    }
}
