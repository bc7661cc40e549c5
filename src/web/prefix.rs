//! The prefix of all paths, where it has one: taken off before anything is served, so that nothing else
//! has to know it.

use std::sync::Arc;

use axum::{
    Router,
    extract::Request,
    http::{StatusCode, Uri, uri::PathAndQuery},
    response::{IntoResponse, Redirect, Response},
};
use tower::ServiceExt;

use super::stats::Stats;

/// Serves what is served under this prefix, which is empty or begins with `/` and does not end so.
pub(super) fn mount(served: Router, prefix: &str, stats: Arc<Stats>) -> Router {
    if prefix.is_empty() {
        return served;
    }
    let prefix: Arc<str> = prefix.into();
    Router::new().fallback(move |request: Request| under(prefix, served, stats, request))
}

async fn under(prefix: Arc<str>, served: Router, stats: Arc<Stats>, request: Request) -> Response {
    let path = request.uri().path();
    let elsewhere = |status: StatusCode| stats.answered("none", status.as_u16());
    if path == "/" || path == &*prefix {
        elsewhere(StatusCode::TEMPORARY_REDIRECT);
        return Redirect::temporary(&format!("{prefix}/")).into_response();
    }
    let Some(rest) = without(&prefix, request.uri()) else {
        elsewhere(StatusCode::NOT_FOUND);
        let told = format!("okta-exporter is served under {prefix}/\n");
        return (StatusCode::NOT_FOUND, told).into_response();
    };
    let (mut parts, body) = request.into_parts();
    parts.uri = rest;
    let answer = served.oneshot(Request::from_parts(parts, body)).await;
    // Its errors are answers.
    answer.unwrap_or_else(|never| match never {})
}

/// What is asked for below the prefix.
fn without(prefix: &str, asked: &Uri) -> Option<Uri> {
    let rest = asked.path_and_query()?.as_str().strip_prefix(prefix)?;
    let rest: PathAndQuery = rest.starts_with('/').then(|| rest.parse().ok())??;
    let mut parts = asked.clone().into_parts();
    parts.path_and_query = Some(rest);
    Uri::from_parts(parts).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_prefix_is_taken_off_where_it_ends_with_a_part_of_the_path() {
        let rest = |asked: &str| {
            let rest = without("/okta", &asked.parse().unwrap());
            rest.map(|rest| rest.to_string())
        };
        let some = |rest: &str| Some(rest.to_owned());
        assert_eq!(rest("/okta/metrics?a=/okta"), some("/metrics?a=/okta"));
        assert_eq!(rest("/okta/"), some("/"));
        assert_eq!(
            rest("http://it/okta/okta/x"),
            some("http://it/okta/x"),
            "HTTP/2 asks by the whole URL"
        );
        for elsewhere in ["/oktametrics", "/metrics", "/", "/Okta/", "*"] {
            assert_eq!(rest(elsewhere), None, "{elsewhere}");
        }
    }
}
