//! Rate limits: how much of each is used, when its window ends, and how the last three days were.
//! Where no window is known to be open, the last that is over stands in, and it is said so.

use maud::{Markup, html};

use super::{
    bar::bar,
    sparkline,
    times::left,
    words::{badge, id, percent},
};
use crate::{
    fleet::{LimitView, OrgView, View},
    units::{OktaTime, Timestamp},
};

/// So many are listed that are near their end; the rest is folded.
const FEW: usize = 30;
/// The table of those, which tells nothing of how they are looked at.
const NEAR: &str = "near";

/// Those at their warning threshold or above.
pub(super) fn section(view: &View) -> Markup {
    let all = view
        .orgs
        .iter()
        .flat_map(|org| org.limits.iter().map(move |limit| (org, limit)));
    let mut near: Vec<(&OrgView, &LimitView)> = all.filter(|(_, limit)| is_near(limit)).collect();
    near.sort_by(|(_, one), (_, other)| {
        let used = |limit: &LimitView| limit.used_ratio.unwrap_or_default();
        used(other).total_cmp(&used(one))
    });
    let (first, more) = near.split_at(near.len().min(FEW));
    html! {
        @if !first.is_empty() {
            section #limits aria-labelledby="of-limits" {
                h2 #of-limits { "Limits at their warning threshold" }
                (table(NEAR, "Rate limits of which little is left", first, view.at))
                @if !more.is_empty() {
                    details id="more/limits" {
                        summary { (more.len()) " more" }
                        (table(NEAR, "More of them", more, view.at))
                    }
                }
            }
        }
    }
}

fn is_near(limit: &LimitView) -> bool {
    limit
        .used_ratio
        .is_some_and(|used| used >= limit.warning_ratio)
}

/// Rows with the org of each; `place` keeps the ids of two tables apart.
pub(super) fn table(
    place: &str,
    caption: &str,
    limits: &[(&OrgView, &LimitView)],
    now: Timestamp,
) -> Markup {
    html! {
        table.limits {
            caption { (caption) }
            thead { tr { th scope="col" { "rate limit" } th scope="col" { "used" } th.past scope="col" { "three days" } } }
            tbody { @for (org, limit) in limits { (row(place, org, limit, now)) } }
        }
    }
}

fn row(place: &str, org: &OrgView, limit: &LimitView, now: Timestamp) -> Markup {
    let org_name = org.name.as_deref().unwrap_or_default();
    let LimitView {
        credential,
        bucket,
        api,
        ..
    } = limit;
    html! {
        tr id=(id(&[place, org_name, credential, bucket])) {
            th scope="row" {
                code { (bucket) }
                div.dim { (org_name) " · " (credential) " · " (api) }
            }
            td {
                @if let Some(used) = limit.used_ratio { (bar(used, limit.warning_ratio)) }
                div { (used(limit, org.okta_time, now)) }
                @if place != NEAR { div.dim { (looks(limit, now)) } }
            }
            td.past { (sparkline::of_limit(&limit.past, limit.warning_ratio, now)) }
        }
    }
}

fn used(limit: &LimitView, at_okta: OktaTime, now: Timestamp) -> Markup {
    let open = limit.limit.zip(limit.remaining);
    html! {
        @match (open, limit.used_ratio) {
            (Some((limit, remaining)), _) => {
                b { (limit.saturating_sub(remaining)) " of " (limit) " used" } ", " (remaining) " left "
            },
            (None, Some(used)) => { b { (percent(used)) " used" } " in the last window, which is over " },
            (None, None) => "no window is known ",
        }
        @if let Some(reset) = limit.reset { span.reset { "· resets " (left(by_this_clock(reset, at_okta, now), now)) } " " }
        @if let (true, Some(worst)) = (is_near(limit), limit.severity) {
            (badge(worst.as_str(), &format!("warns from {}", percent(limit.warning_ratio))))
        }
    }
}

/// What looking at it has shown, and when the next look is.
fn looks(limit: &LimitView, now: Timestamp) -> Markup {
    html! {
        @if let (Some(usage), Some(phase)) = (limit.last_usage_ratio, limit.last_phase_ratio) {
            "last window " (percent(usage)) ", seen at " (percent(phase)) " of it · "
        }
        @if let (Some(at), Some(why)) = (limit.next_sample, &limit.next_sample_is) {
            "next look " (left(at, now)) ": " (why)
            @if let Some(guard) = limit.guard_seconds { ", " (format!("{guard:.1} s")) " ahead" }
        }
    }
}

/// When, by the clock of who draws, it is so late at Okta.
fn by_this_clock(at: OktaTime, at_okta: OktaTime, now: Timestamp) -> Timestamp {
    now.saturating_add(at.since(at_okta)).unwrap_or(now)
}
