//! Log streams and hooks as series. Of very many, those that do not work.

use super::{memory::Lists, read::Integration};
use crate::{
    metrics::{Family, Page},
    probe::{
        cap::{Capped, cap},
        kind::Scope,
    },
};

/// The most of each list that get series.
const MOST: usize = 100;

const LOG_STREAM_ACTIVE: Family = Family::gauge(
    "okta_log_stream_active",
    "1 where a log stream is active, 0 where it is switched off.",
    &["org", "name", "id"],
);
const EVENT_HOOK_ACTIVE: Family = Family::gauge(
    "okta_event_hook_active",
    "1 where an event hook is active, 0 where it is switched off.",
    &["org", "name", "id"],
);
const EVENT_HOOK_VERIFIED: Family = Family::gauge(
    "okta_event_hook_verified",
    "1 where an event hook has proved that its address is its own, else 0: then nothing is delivered.",
    &["org", "name", "id"],
);
const INLINE_HOOK_ACTIVE: Family = Family::gauge(
    "okta_inline_hook_active",
    "1 where an inline hook is active, 0 where it is switched off.",
    &["org", "name", "id"],
);

pub(super) const FAMILIES: &[&Family] = &[
    &LOG_STREAM_ACTIVE,
    &EVENT_HOOK_ACTIVE,
    &EVENT_HOOK_VERIFIED,
    &INLINE_HOOK_ACTIVE,
];

/// Of each list those that get series: what is off or not verified before the rest.
fn kept(lists: &Lists) -> [Capped<&Integration>; 3] {
    lists.each_ref().map(|list| {
        let badness = |one: &&Integration| {
            [one.is_active, one.is_verified].map(|is_well| is_well == Some(false))
        };
        cap(list.iter().flatten(), MOST, badness)
    })
}

/// How many get no series.
pub(super) fn dropped(lists: &Lists) -> usize {
    kept(lists).iter().map(|list| list.dropped).sum()
}

pub(super) fn draw(lists: &Lists, scope: Scope<'_>, page: &mut Page) {
    let families = [&LOG_STREAM_ACTIVE, &EVENT_HOOK_ACTIVE, &INLINE_HOOK_ACTIVE];
    for (family, Capped { kept, .. }) in families.into_iter().zip(kept(lists)) {
        for one in kept {
            let labels = [scope.org, &one.name, &one.id];
            page.push_some(family, &labels, one.is_active.map(f64::from));
            page.push_some(
                &EVENT_HOOK_VERIFIED,
                &labels,
                one.is_verified.map(f64::from),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_off_is_kept_before_what_works() {
        let one = |n: usize| Integration {
            id: n.to_string(),
            name: String::new(),
            is_active: Some(n != MOST),
            is_verified: (n == MOST + 1).then_some(false),
        };
        let all = (0..MOST + 3).map(one).collect();
        let lists = [Some(all), None, None];
        let [streams, none, _] = kept(&lists);
        assert_eq!((streams.dropped, none.dropped), (3, 0));
        let kept: Vec<&str> = streams.kept.iter().map(|one| one.id.as_str()).collect();
        assert_eq!(kept[..3], ["100", "101", "0"]);
    }
}
