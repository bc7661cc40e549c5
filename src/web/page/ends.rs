//! What has ended or ends: one time line, drawn, and the same in words. Near ends have the most room
//! on it: the first hour about as much as the last year.

use maud::{Markup, html};

use super::{
    times::{ago, left, whole},
    words::{counted, id, severe},
};
use crate::{
    fleet::{EndView, View},
    units::Timestamp,
};

/// What ends within so many hours is told at once, as is what somebody should know of.
const SOON: i64 = 30 * 24;
/// So many are listed; the rest is folded.
const FEW: usize = 12;
/// So many are drawn and folded at most.
const MOST: usize = 200;

/// Where now is, in percent of the line; what has ended is to its left.
const NOW: f64 = 10.0;
/// The end of the line, from now on.
const YEAR: f64 = 365.0 * DAY;
const DAY: f64 = 86_400.0;
const TICKS: [(f64, &str); 5] = [
    (3_600.0, "1 h"),
    (DAY, "1 d"),
    (7.0 * DAY, "7 d"),
    (30.0 * DAY, "30 d"),
    (YEAR, "1 y"),
];

pub(super) fn section(view: &View) -> Markup {
    let is_soon =
        |end: &&EndView| end.severity.is_some() || end.at.duration_since(view.at).as_hours() < SOON;
    let (soon, later): (Vec<_>, Vec<_>) = view.ends.iter().partition(is_soon);
    let (first, more) = soon.split_at(soon.len().min(FEW));
    let folded: Vec<&EndView> = more.iter().chain(&later).copied().collect();
    html! {
        @if !view.ends.is_empty() {
            section #ends aria-labelledby="of-ends" {
                h2 #of-ends { "Ended, or ending" }
                (line(&view.ends, view.at))
                @if first.is_empty() { p { "Nothing that is known ends within 30 days." } }
                @else { (table("What has ended or ends soon", first, view.at)) }
                @if !folded.is_empty() {
                    details id="more/ends" {
                        summary { (counted(folded.len(), "end", "ends")) " more" }
                        (table("What ends later", folded.get(..MOST).unwrap_or(&folded), view.at))
                    }
                }
            }
        }
    }
}

fn table(caption: &str, ends: &[&EndView], now: Timestamp) -> Markup {
    html! {
        table {
            caption { (caption) }
            thead { tr { th scope="col" { "when" } th scope="col" { "what" } th scope="col" { "of" } } }
            tbody { @for end in ends { (row(end, now)) } }
        }
    }
}

fn row(end: &EndView, now: Timestamp) -> Markup {
    let EndView {
        org,
        probe,
        what,
        name,
        at,
        severity,
    } = end;
    html! {
        tr id=(id(&["end", org, probe, what, name])) {
            td { @if *at < now { "ended " (ago(*at, now)) } @else { (left(*at, now)) } " " @if let Some(worst) = severity { (severe(*worst)) } }
            th scope="row" { (what) @if name != what { " " code { (name) } } }
            td { (org) " " span.dim { (probe) } }
        }
    }
}

fn line(ends: &[EndView], now: Timestamp) -> Markup {
    let ended = ends.iter().filter(|end| end.at < now).count();
    let title = format!("Time line: {ended} ended, {} to come", ends.len() - ended);
    html! {
        svg.line width="100%" height="56" role="img" aria-label=(title) {
            line.past x1="0" x2=(at_percent(NOW)) y1="26" y2="26" {}
            line.axis x1=(at_percent(NOW)) x2="100%" y1="26" y2="26" {}
            (tick(NOW, "now"))
            @for (after, label) in TICKS { (tick(place(after), label)) }
            @for end in ends.iter().take(MOST) { (mark(end, now)) }
        }
    }
}

fn tick(place: f64, label: &str) -> Markup {
    let anchor = if place < 99.0 { "middle" } else { "end" };
    html! {
        line.axis x1=(at_percent(place)) x2=(at_percent(place)) y1="21" y2="31" {}
        text x=(at_percent(place)) y="49" text-anchor=(anchor) { (label) }
    }
}

/// A diamond, larger where it matters more.
fn mark(end: &EndView, now: Timestamp) -> Markup {
    let seconds = end.at.duration_since(now).as_secs_f64();
    let (tone, size) = end
        .severity
        .map_or(("plain", 5), |worst| (worst.as_str(), 8));
    html! {
        svg.mark.(tone) x=(at_percent(place(seconds))) y="26" {
            title { (end.org) " " (end.what) " " (end.name) ": " (whole(end.at)) }
            path d={ "M-" (size) " 0L0-" (size) " " (size) " 0 0 " (size) "z" } {}
        }
    }
}

/// Where on the line something is that ends in so many seconds: by the logarithm, so that minutes
/// and months can both be told.
fn place(seconds: f64) -> f64 {
    let share = |seconds: f64| ((1.0 + seconds / 600.0).ln() / (1.0 + YEAR / 600.0).ln()).min(1.0);
    if seconds < 0.0 {
        NOW - (NOW - 2.0) * share(-seconds)
    } else {
        NOW + (99.5 - NOW) * share(seconds)
    }
}

fn at_percent(place: f64) -> String {
    format!("{place:.1}%")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn on_the_line_what_ends_first_stands_first_and_nothing_leaves_it() {
        let moments = [
            -1e18,
            -YEAR,
            -60.0,
            0.0,
            60.0,
            3_600.0,
            DAY,
            30.0 * DAY,
            YEAR,
            1e18,
        ];
        let places = moments.map(place);
        assert!(places.is_sorted(), "{places:?}");
        assert!(
            places.iter().all(|place| (0.0..=100.0).contains(place)),
            "{places:?}"
        );
        assert!(place(-1.0) < NOW && place(1.0) > NOW);
    }
}
