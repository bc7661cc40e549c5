//! The page for people: what works, what does not, and what to do about it. Markup only.

use jiff::fmt::strtime;
use maud::{DOCTYPE, Markup, html};

use super::paths;
use crate::{
    fleet::{LimitView, Noted, OrgView, ProbeView, Trouble, VerdictView, VerdictWord, View},
    guide::{Advice, sentence},
    units::{OktaTime, Timestamp},
};

const STYLE: &str = include_str!("page.css");

/// Drawn anew every five seconds, except under the eyes of somebody who opened a failure to read it.
const REFRESH: &str =
    "setInterval(() => document.querySelector('details[open]') || location.reload(), 5000);";

/// What stands in the page for the browser to apply and to run: style and script.
pub(super) fn inline() -> [&'static str; 2] {
    [STYLE, REFRESH]
}

/// The whole page.
pub(super) fn render(view: &View, telemetry_path: &str) -> String {
    let failing = view
        .orgs
        .iter()
        .flat_map(|org| &org.probes)
        .filter(|probe| probe.ok == Some(false))
        .count();
    let probes = view.orgs.iter().flat_map(|org| &org.probes);
    let held_back = probes.filter(|probe| probe.held_back.is_some()).count();
    let all = view.orgs.iter().map(|org| org.probes.len()).sum::<usize>();
    let found = view.findings.len() + view.orgs.iter().map(found_of).sum::<usize>();
    let page = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                noscript { meta http-equiv="refresh" content="30"; }
                title { @if failing > 0 { "(" (failing) ") " } "okta-exporter" }
                style { (maud::PreEscaped(STYLE)) }
                script { (maud::PreEscaped(REFRESH)) }
            }
            body {
                header {
                    h1 { "okta-exporter" }
                    p.sum.bad[failing > 0] {
                        @if failing > 0 { (failing) " of " (all) " probes failing" }
                        @else { (all) " probes, none failing" }
                        @if held_back > 0 { "; " (held_back) " held back" }
                        @if found == 1 { "; 1 warning" } @else if found > 1 { "; " (found) " warnings" }
                    }
                    nav {
                        a href=(telemetry_path) { "metrics" } " · "
                        a href=(paths::STATUS) { "status as JSON" } " · "
                        a href=(paths::CONFIG) { "configuration" } " · "
                        "drawn " (clock(view.at)) " UTC"
                    }
                }
                main {
                    @if !view.findings.is_empty() { section {
                        h2 { "The exporter itself" }
                        @for finding in &view.findings { div.found { (noted(finding)) } }
                    } }
                    @for org in &view.orgs { @if !org.probes.is_empty() { (section(org, view.at)) } }
                }
            }
        }
    };
    page.into_string()
}

/// How much is wrong though no request failed.
fn found_of(org: &OrgView) -> usize {
    let of_probes = org.probes.iter().map(|probe| probe.findings.len());
    org.findings.len() + of_probes.sum::<usize>()
}

fn section(org: &OrgView, now: Timestamp) -> Markup {
    html! {
        section {
            h2 { (org.name.as_deref().unwrap_or("Status pages")) }
            @if let Some(told) = &org.verdict { (verdict(told, now)) }
            p.facts {
                @if let Some(cell) = &org.cell { span { "cell " b { (cell) } } }
                @if let Some(skew) = org.clock_skew_seconds { span { "clock skew " b { (format!("{skew:+.1} s")) } } }
                @if let Some(breaker) = org.breaker { @if breaker != "closed" { span.bad { "breaker " b { (breaker) } } } }
            }
            @for finding in &org.findings { div.found { (noted(finding)) } }
            @if !org.limits.is_empty() { (limits(org, now)) }
            table {
                thead { tr { th { "probe" } th { "state" } th { "last run" } th { "took" } th { "what happened, and what to do" } } }
                tbody { @for probe in &org.probes { (row(probe, now)) } }
            }
        }
    }
}

fn verdict(told: &VerdictView, now: Timestamp) -> Markup {
    let class = match told.verdict {
        VerdictWord::Well => "good",
        VerdictWord::Unknown => "wait",
        VerdictWord::Degraded | VerdictWord::Limit => "warn",
        _ => "bad",
    };
    html! {
        p {
            span.badge.(class) { (told.verdict.as_str()) } " "
            @if let Some(since) = told.since { span.dim { "since " (ago(since, now)) ": " } }
            (told.why)
        }
    }
}

fn limits(org: &OrgView, now: Timestamp) -> Markup {
    html! {
        table.limits {
            thead { tr {
                th { "rate limit" } th { "credential" } th { "remaining" } th {} th { "window" }
                th { "last window" } th { "next sample" }
            } }
            tbody { @for limit in &org.limits { (limit_row(limit, (now, org.okta_time))) } }
        }
    }
}

fn limit_row(limit: &LimitView, (now, at_okta): (Timestamp, OktaTime)) -> Markup {
    let open = limit.limit.zip(limit.remaining);
    html! {
        tr {
            td { code { (limit.bucket) } " " span.dim { (limit.api) } }
            td data-heading="as" { (limit.credential) }
            td.number { @if let Some((limit, remaining)) = open { (remaining) " of " (limit) } }
            td { @if let Some((limit, remaining)) = open {
                meter min="0" max=(limit) low=(limit / 4) optimum=(limit) value=(remaining) {}
            } }
            td.number data-heading="window" { @if let Some(reset) = limit.reset { (seconds_until(reset, at_okta)) } }
            td.number data-heading="last window" {
                @if let (Some(usage), Some(phase)) = (limit.last_usage_ratio, limit.last_phase_ratio) {
                    (percent(usage)) " used " span.dim { "seen at " (percent(phase)) }
                }
            }
            td.told {
                @if let (Some(at), Some(why), Some(guard)) = (limit.next_sample, &limit.next_sample_is, limit.guard_seconds) {
                    (seconds_to(at, now)) " " span.dim { (why) ", " (format!("{guard:.1} s")) " ahead" }
                }
            }
        }
    }
}

fn seconds_to(at: Timestamp, now: Timestamp) -> String {
    format!("in {} s", at.duration_since(now).as_secs().max(0))
}

fn percent(ratio: f64) -> String {
    format!("{:.0} %", ratio * 100.0)
}

fn row(probe: &ProbeView, now: Timestamp) -> Markup {
    let (class, word) = match probe.ok {
        None | Some(true) if probe.held_back.is_some() => ("wait", "held back"),
        None => ("wait", "waiting"),
        Some(_) if probe.overdue => ("bad", "overdue"),
        Some(true) if !probe.findings.is_empty() => ("warn", "warning"),
        Some(true) => ("good", "ok"),
        Some(false) => ("bad", "failing"),
    };
    html! {
        tr {
            td { code { (probe.probe) } }
            td { span.badge.(class) { (word) } }
            td.number { @if let Some(at) = probe.at { (ago(at, now)) } }
            td.number data-heading="took" { @if let Some(took) = probe.took_seconds { (format!("{:.0} ms", took * 1e3)) } }
            td.told {
                @if let Some(why) = &probe.held_back { (explained(why)) }
                @if let Some(trouble) = &probe.trouble { (explained(trouble)) }
                @for finding in &probe.findings { (noted(finding)) }
                @if let Some(trouble) = &probe.earlier_trouble {
                    details { summary.dim { "last failure " (ago(trouble.at, now)) } (explained(trouble)) }
                }
            }
        }
    }
}

fn explained(trouble: &Trouble) -> Markup {
    html! {
        p { b { (trouble.reason) } ": " (trouble.what) }
        @if let Some(needed) = &trouble.takes_permission { p { "it takes " (needed) } }
        (advised(&trouble.advice))
        @if let Some(id) = &trouble.request_id {
            p.dim { "for Okta's support: request " code { (id) } " at " (support(trouble.at)) }
        }
    }
}

fn noted(finding: &Noted) -> Markup {
    html! {
        p { b { "found" } ": " (finding.what) }
        (advised(&finding.advice))
    }
}

fn advised(advice: &Advice) -> Markup {
    html! {
        p { (marked(&sentence(advice.cause))) }
        p.next { "→ " (marked(&sentence(advice.next))) }
        p.dim { "case " code { (advice.case) } " · takes " (advice.takes) " · risk " (advice.risk.as_str()) }
    }
}

/// Text whose words between backticks are code, as the guide writes them.
fn marked(text: &str) -> Markup {
    html! {
        @for (place, part) in text.split('`').enumerate() {
            @if place % 2 == 0 { (part) } @else { code { (part) } }
        }
    }
}

fn clock(at: Timestamp) -> String {
    strtime::format("%H:%M:%S", at).unwrap_or_default()
}

/// As Okta's support searches for it.
fn support(at: Timestamp) -> String {
    strtime::format("%Y-%m-%d %H:%M:%S UTC", at).unwrap_or_default()
}

fn ago(at: Timestamp, now: Timestamp) -> String {
    match now.duration_since(at).as_secs().max(0) {
        seconds @ 0..120 => format!("{seconds} s ago"),
        seconds @ 120..7200 => format!("{} min ago", seconds / 60),
        seconds => format!("{} h ago", seconds / 3600),
    }
}

fn seconds_until(reset: OktaTime, now: OktaTime) -> String {
    let left = reset.since(now).as_secs();
    if left > 0 {
        format!("{left} s left")
    } else {
        "over".to_owned()
    }
}
