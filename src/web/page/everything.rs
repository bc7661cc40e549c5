//! All that is known of each org, folded: its facts, its limits, its probes.

use maud::{Markup, html};

use super::{
    limits, orgs, probes,
    words::{anchor, badge, counted, name},
};
use crate::{
    fleet::{OrgView, View},
    units::Timestamp,
};

pub(super) fn section(view: &View) -> Markup {
    html! {
        section #everything aria-labelledby="of-everything" {
            h2 #of-everything { "Everything" }
            @for org in &view.orgs { @if !org.probes.is_empty() { (folded(org, view.at)) } }
        }
    }
}

fn folded(org: &OrgView, now: Timestamp) -> Markup {
    let word = org.verdict.as_ref().map(|told| told.verdict.as_str());
    html! {
        details id={ "all/" (anchor(org)) } {
            summary {
                b { (name(org)) } " "
                @if let Some(word) = word { (badge(orgs::tone(org), word)) " " }
                span.dim {
                    (counted(org.probes.len(), "probe", "probes"))
                    @if !org.limits.is_empty() { ", " (counted(org.limits.len(), "limit", "limits")) }
                }
            }
            div id=(anchor(org)) {
                p.facts {
                    @if let Some(cell) = &org.cell { span { "cell " b { (cell) } } }
                    @if let Some(skew) = org.clock_skew_seconds { span { "clock skew " b { (format!("{skew:+.1} s")) } } }
                    @if let Some(breaker) = org.breaker { @if breaker != "closed" { span { "breaker " b { (breaker) } } } }
                }
                @if !org.limits.is_empty() { (all_limits(org, now)) }
                (probes::table(org, now))
            }
        }
    }
}

fn all_limits(org: &OrgView, now: Timestamp) -> Markup {
    let limits: Vec<_> = org.limits.iter().map(|limit| (org, limit)).collect();
    limits::table("limit", "Rate limits", &limits, now)
}
