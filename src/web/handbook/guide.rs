//! The guide: a page for each case, and the list of all.

use axum::{
    extract::Request,
    response::{Html, IntoResponse, Response},
};
use maud::{Markup, html};

use super::{markdown::markdown, shell::shell};
use crate::{
    guide::{self, Case, Chapter, sentence},
    web::{
        lost::{Missing, name_of},
        paths,
    },
};

pub(super) fn index() -> Html<String> {
    let content = html! {
        h1 { "What can go wrong, and what fixes it" }
        p {
            "The name of a case is the " code { "case" } " of log lines, of the page, of "
            code { "/api/v1/status" } " and of " code { "okta-exporter diagnose" } "."
        }
        @for chapter in guide::chapters() {
            h2 { (chapter.title) }
            ul { @for case in chapter.cases {
                li { a href=(case.slug) { code { (case.slug) } } " " (case.title) }
            } }
        }
    };
    shell("guide", "../", &content)
}

pub(super) fn case(asked: &Request) -> Response {
    let name = name_of(asked.uri().path());
    let all = guide::chapters().iter();
    let mut all = all.flat_map(|chapter| chapter.cases.iter().map(move |case| (chapter, case)));
    if let Some((chapter, case)) = all.find(|(_, case)| case.slug == name) {
        return shell(case.slug, "../", &told(chapter, case)).into_response();
    }
    let meant = guide::nearest(name).map(|near| format!("{}{near}", paths::GUIDE));
    Missing {
        what: format!("no case of the guide is named {name}"),
        meant,
        instead: vec![(paths::GUIDE, "every case")],
    }
    .told_to(asked)
}

fn told(chapter: &Chapter, case: &Case) -> Markup {
    let Case {
        slug,
        title,
        signs,
        cause,
        action,
        takes,
        risk,
        alert: _,
    } = case;
    let (reasons, alerts) = (case.reasons(), case.alerts().collect::<Vec<_>>());
    html! {
        h1 { (title) }
        p.dim { "case " code { (slug) } " of " a href="./" { (chapter.title) } }
        h2 { "What it looks like" }
        ul { @for sign in *signs { li { (markdown(&sign.to_string())) } } }
        h2 { "Cause" }
        (markdown(&sentence(cause)))
        h2 { "What to do" }
        div.next { (markdown(&sentence(action))) }
        p { "It takes " (takes) "; the risk is " (risk.as_str()) "." }
        @if !reasons.is_empty() {
            h2 { "In metrics" }
            p {
                code { "okta_probe_failures_total" } " counts it with "
                @for (place, reason) in reasons.iter().enumerate() {
                    @if place > 0 { " or " }
                    code { "reason=\"" (reason.as_str()) "\"" }
                }
                "."
            }
        }
        @if !alerts.is_empty() {
            h2 { "Alerts" }
            ul { @for alert in alerts { li { a href={ "../runbooks/" (alert) } { (alert) } } } }
        }
    }
}
