//! What is said to whoever asks for what there is not: what there is, and what was most likely meant.

use std::sync::Arc;

use axum::{
    extract::{MatchedPath, OriginalUri, Request, State},
    http::{StatusCode, header},
    response::{Html, IntoResponse, Response},
};
use maud::html;

use super::{handbook::shell, paths};
use crate::units::{head, suggestion};

/// As much as is said of a path that somebody asked for.
const SHOWN: usize = 200;

/// Something that there is not, and what there is. Paths begin at the page's own place.
pub(super) struct Missing<'a> {
    /// Which is missing, in words.
    pub(super) what: String,
    /// What was most likely meant.
    pub(super) meant: Option<String>,
    /// What there is, and what that is for.
    pub(super) instead: Vec<(&'a str, &'static str)>,
}

/// Nothing is served at this path.
pub(super) async fn nothing(State(telemetry_path): State<Arc<str>>, asked: Request) -> Response {
    let path = head(asked.uri().path(), SHOWN);
    let metrics = (&*telemetry_path, "the metrics, for Prometheus");
    let instead: Vec<_> = std::iter::once(metrics).chain(paths::LISTED).collect();
    let all: Vec<&str> = instead.iter().map(|(path, _)| *path).collect();
    let missing = Missing {
        what: format!("nothing is served at {path}"),
        meant: nearest(path, &all).map(str::to_owned),
        instead,
    };
    missing.told_to(&asked)
}

/// The path most like this one, or else the one whose last part is. Nobody means the page at `/`.
fn nearest<'a>(asked: &str, known: &[&'a str]) -> Option<&'a str> {
    let meant = known.iter().copied();
    let meant: Vec<&str> = meant.filter(|path| !name_of(path).is_empty()).collect();
    suggestion(asked, &meant).or_else(|| {
        let names: Vec<&str> = meant.iter().map(|path| name_of(path)).collect();
        let name = suggestion(name_of(asked), &names)?;
        meant.into_iter().find(|path| name_of(path) == name)
    })
}

/// The last part of a path, as it was asked for.
pub(super) fn name_of(path: &str) -> &str {
    let path = path.trim_end_matches('/');
    let name = path.rsplit_once('/').map_or(path, |(_, name)| name);
    head(name, SHOWN)
}

impl Missing<'_> {
    /// As a page, for who reads HTML, or in plain words. The paths in those are as whoever asked must
    /// write them, whatever stands before all of them; the links of a page need not know it.
    pub(super) fn told_to(self, asked: &Request) -> Response {
        let accepts = asked.headers().get(header::ACCEPT);
        let accepts = accepts.and_then(|accepts| accepts.to_str().ok());
        if accepts.is_some_and(|accepts| accepts.contains("text/html")) {
            return (StatusCode::NOT_FOUND, self.page(asked.uri().path())).into_response();
        }
        let here = asked.uri().path();
        let whole = asked.extensions().get::<OriginalUri>();
        let whole = whole.map_or(here, |OriginalUri(whole)| whole.path());
        let prefix = whole.strip_suffix(here).unwrap_or_default();
        (StatusCode::NOT_FOUND, self.text(prefix)).into_response()
    }

    fn page(&self, here: &str) -> Html<String> {
        let up = match here.matches('/').count() {
            0 | 1 => "./".to_owned(),
            depth => "../".repeat(depth.saturating_sub(1)),
        };
        let link = |path: &str| format!("{up}{}", path.trim_start_matches('/'));
        let content = html! {
            h1 { "There is nothing here" }
            p { (self.what) }
            @if let Some(meant) = &self.meant {
                p { "Did you mean " a href=(link(meant)) { code { (meant) } } "?" }
            }
            ul { @for (path, what) in &self.instead {
                li { a href=(link(path)) { code { (path) } } " " (what) }
            } }
        };
        shell("not found", &up, &content)
    }

    fn text(&self, prefix: &str) -> String {
        let mut lines = vec![self.what.clone()];
        if let Some(meant) = &self.meant {
            lines.push(format!("did you mean {prefix}{meant}?"));
        }
        let instead = self.instead.iter();
        lines.extend(instead.map(|(path, what)| format!("{prefix}{path}  {what}")));
        lines.join("\n") + "\n"
    }
}

/// Names the methods that a path takes, where it was asked by another.
pub(super) async fn wrong_method(route: MatchedPath, asked: Request) -> Response {
    let taken = match route.as_str() {
        paths::RELOAD => "POST and PUT",
        paths::HOOK => "GET and POST",
        _ => "GET and HEAD",
    };
    let path = head(asked.uri().path(), SHOWN);
    let method = head(asked.method().as_str(), SHOWN);
    let told = format!("{path} takes {taken}, and not {method}\n");
    (StatusCode::METHOD_NOT_ALLOWED, told).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_meant_by_itself_or_by_its_last_part() {
        let all: Vec<&str> = paths::LISTED.iter().map(|(path, _)| *path).collect();
        for (asked, meant) in [
            ("/metric", None),
            ("/guides", Some("/guide/")),
            ("/health", Some("/-/healthy")),
            ("/healthz", Some("/-/healthy")),
            ("/-/ready/", Some("/-/ready")),
            ("/api/status", Some("/api/v1/status")),
            ("/status", Some("/api/v1/status")),
            ("/x", None),
            ("/favicon.ico", None),
            ("", None),
        ] {
            assert_eq!(nearest(asked, &all), meant, "{asked}");
        }
        assert_eq!(nearest("/metric", &["/metrics"]), Some("/metrics"));
    }
}
