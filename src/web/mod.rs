//! What is served: the metrics, a page for people, and the answers that an orchestrator waits for.
//! It reads the board and asks nothing: no request to Okta is ever made because somebody scraped.
//! And what event hooks deliver is taken in.

mod bundle;
mod configuration;
mod config_file;
mod descriptors;
mod families;
mod guard;
mod handbook;
mod hooks;
mod lost;
mod page;
mod paths;
mod prefix;
mod reloads;
mod server;
mod serving;
mod stats;
mod status;
mod thread;

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use axum::{
    Router,
    extract::{MatchedPath, Request, State},
    http::{StatusCode, header},
    middleware::{self, Next},
    response::{Html, IntoResponse, Response},
    routing::{MethodRouter, any, get, post},
};
use tokio::sync::{Semaphore, watch};
use tower_http::{CompressionLevel, compression::CompressionLayer};

use crate::{
    config::Shown,
    fleet::{Board, Hooks},
    listener::Clients,
    metrics::{self, Family, Page},
    okta::SecretReloads,
    units::Timestamp,
};
use bundle::Bundle;
use config_file::Gate;
use stats::Stats;

pub use config_file::{BadConfigFile, BadTls, BadUser, Wrong};
pub use paths::TELEMETRY_PATH;
pub use reloads::{ReloadRequest, Reloaded, Reloads};
pub use server::{Bound, DRAIN, Served, Server};
pub use serving::{CannotServe, Exempt, Serving, external_url, route_prefix};

/// What the handlers share.
#[derive(Clone)]
struct Shared {
    board: Arc<Board>,
    stats: Arc<Stats>,
    clients: Clients,
    /// How many pages may be drawn at a time; `None` where as many as are asked for.
    scrapes: Option<Arc<Semaphore>>,
    telemetry_path: Arc<str>,
    allowed_hosts: guard::AllowedHosts,
    /// The configuration as it may be shown, asked for at each request.
    configuration: watch::Receiver<Arc<Shown>>,
    secret_reloads: SecretReloads,
    dropped_lines: Option<Arc<AtomicU64>>,
    hooks: Hooks,
    reloads: Reloads,
}

impl Shared {
    /// The page of all metrics.
    fn metrics(&self) -> String {
        let mut page = Page::new();
        self.board.draw(Timestamp::now(), &mut page);
        self.stats.draw(&mut page);
        self.reloads.draw(&mut page);
        metrics::process::draw(&mut page);
        for (family, count) in [
            (&families::SECRET_RELOADS, self.secret_reloads.count()),
            (&families::DISPLACED, self.clients.displaced()),
        ] {
            page.push(family, &[], count as f64);
        }
        let dropped = self.dropped_lines.as_ref();
        let dropped = dropped.map(|dropped| dropped.load(Ordering::Relaxed) as f64);
        page.push_some(&families::DROPPED_LINES, &[], dropped);
        page.text()
    }
}

/// Everything that is served, on top of a board: under its prefix, behind its gate where it has one.
fn router(shared: Shared, prefix: &str, gate: Option<Arc<Gate>>) -> Router {
    let stats = Arc::clone(&shared.stats);
    let served = prefix::mount(routes(shared), prefix, stats);
    let gated = match gate {
        Some(gate) => served.layer(middleware::from_fn_with_state(gate, config_file::guard)),
        None => served,
    };
    gated.layer(middleware::from_fn_with_state(
        guard::policy(),
        guard::headers,
    ))
}

/// What is served, whatever stands before it.
fn routes(shared: Shared) -> Router {
    let delivery = get(hooks::verify).post(hooks::deliver);
    let reload = post(reloads::reload).put(reloads::reload);
    let status = get(status::status).with_state(Arc::clone(&shared.board));
    let lost: MethodRouter = any(lost::nothing).with_state(Arc::clone(&shared.telemetry_path));
    Router::new()
        .route(&shared.telemetry_path, get(scrape))
        .route(paths::INDEX, get(index))
        .route(paths::STATUS, status)
        .route(paths::SUPPORT_BUNDLE, get(support_bundle))
        .route(
            paths::CONFIG,
            get(configuration::show).with_state(shared.configuration.clone()),
        )
        .route(paths::HEALTHY, get(healthy))
        .route(paths::READY, get(ready))
        .route(paths::RELOAD, reload.with_state(shared.reloads.clone()))
        .route(paths::HOOK, delivery.with_state(shared.hooks.clone()))
        .merge(handbook::routes())
        .fallback_service(lost)
        .method_not_allowed_fallback(lost::wrong_method)
        .layer(middleware::from_fn_with_state(
            Arc::clone(&shared.allowed_hosts),
            guard::hosts,
        ))
        .layer(middleware::from_fn_with_state(shared.clone(), count))
        .layer(
            // A page is text that repeats itself: the fastest level already shrinks it twentyfold.
            CompressionLayer::new()
                .gzip(true)
                .zstd(true)
                .quality(CompressionLevel::Fastest),
        )
        .with_state(shared)
}

/// Every family that this room draws.
pub fn families() -> Vec<&'static Family> {
    families::ALL.to_vec()
}

async fn scrape(State(shared): State<Shared>) -> Response {
    let started = tokio::time::Instant::now();
    let place = shared.scrapes.clone().map(Semaphore::try_acquire_owned);
    let Ok(place) = place.transpose() else {
        return busy();
    };
    let stats = Arc::clone(&shared.stats);
    // Drawing a very large page takes tens of milliseconds: not on a thread that serves others.
    let drawn = tokio::task::spawn_blocking(move || {
        let text = shared.metrics();
        drop(place);
        text
    });
    let Ok(text) = drawn.await else {
        return not_drawn();
    };
    stats.scraped(started.elapsed());
    ([(header::CONTENT_TYPE, Page::CONTENT_TYPE)], text).into_response()
}

/// As many pages are drawn as `--web.max-requests` allows.
fn busy() -> Response {
    let again = [(header::RETRY_AFTER, "1")];
    let told = "Limit of concurrent requests reached, try again later.\n";
    (StatusCode::SERVICE_UNAVAILABLE, again, told).into_response()
}

fn not_drawn() -> Response {
    let told = "the page could not be drawn\n";
    (StatusCode::INTERNAL_SERVER_ERROR, told).into_response()
}

async fn index(State(shared): State<Shared>) -> Html<String> {
    Html(page::render(
        &shared.board.view(Timestamp::now()),
        // Beside the page, whatever the prefix that both have.
        shared.telemetry_path.trim_start_matches('/'),
    ))
}

async fn support_bundle(State(shared): State<Shared>) -> Response {
    let place = shared.scrapes.clone().map(Semaphore::try_acquire_owned);
    let Ok(place) = place.transpose() else {
        return busy();
    };
    let drawn = tokio::task::spawn_blocking(move || {
        let text = bundle::text(&Bundle {
            view: shared.board.view(Timestamp::now()),
            requests: shared.board.requests(),
            settings: Arc::clone(&shared.configuration.borrow()),
            metrics: shared.metrics(),
        });
        drop(place);
        text
    });
    let plain = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
    match drawn.await {
        Ok(text) => (plain, text).into_response(),
        Err(_) => not_drawn(),
    }
}

/// It lives, and so does whatever keeps each probe.
async fn healthy(State(shared): State<Shared>) -> Response {
    let broken = shared.board.broken_down();
    let Some(first) = broken.first() else {
        return "okta-exporter is healthy.\n".into_response();
    };
    let (org, probe, all) = (first.org_label(), &first.probe, broken.len());
    let told = format!(
        "What keeps {all} probes broke down ({org} {probe} first); see the log. It begins anew every few seconds.\n"
    );
    (StatusCode::SERVICE_UNAVAILABLE, told).into_response()
}

async fn ready(State(shared): State<Shared>) -> Response {
    if shared.board.is_ready() {
        return "okta-exporter is ready.\n".into_response();
    }
    let (done, all) = shared.board.first_round();
    let waiting = format!("The first round is under way: {done} of {all} probes have run.\n");
    (StatusCode::SERVICE_UNAVAILABLE, waiting).into_response()
}

/// Counts every answer by the route that gave it, never by what was asked.
async fn count(
    State(shared): State<Shared>,
    route: Option<MatchedPath>,
    request: Request,
    next: Next,
) -> Response {
    let response = next.run(request).await;
    let handler = route.as_ref().map_or("none", MatchedPath::as_str);
    shared.stats.answered(handler, response.status().as_u16());
    response
}
