//! The settings in force: for people as YAML that can be pasted back, for programs as JSON.

use std::sync::Arc;

use axum::{
    extract::{RawQuery, State},
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use tokio::sync::watch;

use crate::config::Shown;

pub(super) async fn show(
    State(shown): State<watch::Receiver<Arc<Shown>>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let shown = Arc::clone(&shown.borrow());
    let (kind, text) = if wants_json(query.as_deref(), &headers) {
        ("application/json", &shown.json)
    } else {
        // A browser shows plain text, and would save what is called YAML.
        ("text/plain; charset=utf-8", &shown.yaml)
    };
    let headers = [(header::CONTENT_TYPE, kind), (header::VARY, "accept")];
    (headers, text.clone()).into_response()
}

/// As `?format=` says, else as the first kind that is accepted.
fn wants_json(query: Option<&str>, headers: &HeaderMap) -> bool {
    let parameters = url::form_urlencoded::parse(query.unwrap_or_default().as_bytes());
    let format = parameters.filter(|(name, _)| name == "format").last();
    if let Some((_, format)) = format {
        return format == "json";
    }
    let accepted = headers.get(header::ACCEPT);
    let accepted = accepted.and_then(|kinds| kinds.to_str().ok());
    let first = accepted.and_then(|kinds| kinds.split([',', ';']).next());
    first.is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_asks_for_json_gets_it_and_everybody_else_yaml() {
        for (query, accept, json) in [
            (None, None, false),
            (None, Some("*/*"), false),
            (None, Some("text/html,application/json"), false),
            (None, Some("application/json"), true),
            (None, Some("Application/JSON;q=0.9, */*"), true),
            (Some("format=json"), Some("text/html"), true),
            (Some("a=b&format=json"), None, true),
            (Some("format=yaml"), Some("application/json"), false),
            (Some("json"), None, false),
        ] {
            let mut headers = HeaderMap::new();
            if let Some(accept) = accept {
                headers.insert(header::ACCEPT, accept.parse().unwrap());
            }
            assert_eq!(wants_json(query, &headers), json, "{query:?} {accept:?}");
        }
    }
}
