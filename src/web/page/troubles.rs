//! What is wrong, and what to do about it. What one case explains stands together: the advice once,
//! then each probe that it is about.

use maud::{Markup, html};

use super::{
    times::{ago, whole},
    told::{Told, by_case},
    words::{counted, marked, severe},
};
use crate::{
    fleet::View,
    guide::{Advice, Severity, cases, sentence},
    units::Timestamp,
};

/// So many are listed of one case; the rest is folded.
const FEW: usize = 8;

pub(super) fn section(view: &View) -> Markup {
    let groups = by_case(view);
    html! {
        @if !groups.is_empty() {
            section #troubles aria-labelledby="of-troubles" {
                h2 #of-troubles { "What is wrong, and what to do" }
                @for told in &groups { @if let Some(worst) = told.first() { (group(worst, told, view.at)) } }
            }
        }
    }
}

/// What one case explains, the worst first.
fn group(worst: &Told<'_>, told: &[Told<'_>], now: Timestamp) -> Markup {
    let (case, severity) = (worst.advice.case, worst.severity);
    let title = cases().find(|known| known.slug == case);
    let title = title.map_or(case, |known| known.title);
    let (first, more) = told.split_at(told.len().min(FEW));
    html! {
        article.(severity.as_str()) id={ "case/" (case) } {
            h3 { (severe(severity)) " " (title) @if told.len() > 1 { span.dim { " ×" (told.len()) } } }
            (advised(worst.advice, worst.help))
            ul { @for told in first { (item(told, severity, now)) } }
            @if !more.is_empty() {
                details id={ "more/" (case) } {
                    summary { (counted(more.len(), "more of it", "more of them")) }
                    ul { @for told in more { (item(told, severity, now)) } }
                }
            }
        }
    }
}

fn item(told: &Told<'_>, worst: Severity, now: Timestamp) -> Markup {
    html! {
        li {
            @if told.severity != worst { (severe(told.severity)) " " }
            b { (told.org) @if !told.org.is_empty() && !told.probe.is_empty() { " " } (told.probe) } ": "
            @if let Some(failure) = told.failure { b { (failure.reason) } ": " }
            (marked(told.what))
            @if let Some(failure) = told.failure {
                " " span.dim { (ago(failure.at, now)) }
                @if let Some(needed) = &failure.takes_permission { p { "it takes " (needed) } }
                @if let Some(request) = &failure.request_id {
                    p.dim { "for Okta's support: request " code { (request) } " at " (whole(failure.at)) }
                }
            }
        }
    }
}

/// What a case means and what fixes it, with a way to all that is known of it.
pub(super) fn advised(advice: &Advice, help: &str) -> Markup {
    html! {
        p { (marked(&sentence(advice.cause))) }
        p.next { span aria-hidden="true" { "→ " } (marked(&sentence(advice.next))) }
        p.dim {
            "takes " (advice.takes) " · risk " (advice.risk.as_str()) " · guide: " a href=(help) { (advice.case) }
            @if let Some(alert) = alert(advice) { " · runbook: " a href={ "runbooks/" (alert) } { (alert) } }
        }
    }
}

/// The alert whose runbook the advice names.
fn alert(advice: &Advice) -> Option<&str> {
    let (_, name) = advice.runbook.split_once("runbooks/")?;
    Some(name.strip_suffix(".md").unwrap_or(name))
}
