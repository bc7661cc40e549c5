//! The guide and the runbooks, to read where one is: no other place need be reached for them.

mod guide;
mod markdown;
mod runbooks;
mod shell;

use axum::{Router, extract::Request, response::Redirect, routing::get};

use super::paths;

pub(super) use shell::{STYLE, shell};

/// Their routes.
pub(super) fn routes<S: Clone + Send + Sync + 'static>() -> Router<S> {
    Router::new()
        .route(paths::GUIDE, get(async || guide::index()))
        .route(paths::CASE, get(async |asked: Request| guide::case(&asked)))
        .route("/guide", get(async || Redirect::permanent("guide/")))
        .route(paths::RUNBOOKS, get(async || runbooks::index()))
        .route(
            paths::RUNBOOK,
            get(async |asked: Request| runbooks::runbook(&asked)),
        )
        .route("/runbooks", get(async || Redirect::permanent("runbooks/")))
}
