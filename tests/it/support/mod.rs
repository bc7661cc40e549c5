//! An exporter beside a simulated Okta, and its scraped page.

pub mod dashboard;
pub mod example;
mod leak;
mod program;
pub mod promql;
mod scrape;
mod service_app;
pub mod tile;
pub mod virtual_okta;

use std::{collections::BTreeMap, time::Duration};

use okta_exporter::{
    app::App,
    config::{Config, Made},
    fleet::{Changes, Outcome, ProbeId},
    metrics::Page,
    sim::Running,
    units::WallClock,
    web::Serving,
};

pub use leak::{Leak, SHOWN};
pub use program::Program;
pub use scrape::Scrape;
pub use service_app::{
    ServiceApp, TOKEN, USERS, answered, asked, failed, is_up, minted, new_key, start, users, with,
};

/// The API token of the simulated orgs here. It must never be shown.
pub const API_TOKEN: &str = "00s3cr3tApiToken";

/// How long anything may take before a test calls it lost. It ends at once when it holds, so this is
/// for the slowest machine, busy with all tests at a time.
pub const PATIENCE: Duration = Duration::from_mins(5);

/// An exporter at work.
pub struct Exporter {
    app: App,
    url: String,
}

impl Exporter {
    /// Starts one with this configuration.
    pub async fn start(yaml: &str) -> Self {
        Self::start_at(yaml, "127.0.0.1:0").await
    }

    /// Starts one at this address.
    pub async fn start_at(yaml: &str, address: &str) -> Self {
        let serving = Serving {
            listen: vec![address.to_owned()],
            ..Serving::default()
        };
        Self::serve(&Made::default(), yaml, &serving).await
    }

    /// Starts one whose paths begin with a prefix.
    pub async fn start_below(prefix: &str, yaml: &str) -> Self {
        let serving = Serving {
            route_prefix: prefix.to_owned(),
            ..Serving::default()
        };
        Self::serve(&Made::default(), yaml, &serving).await
    }

    /// Starts one in a world where this clock tells the time of day.
    pub async fn start_in_the_time_of(clock: &WallClock, yaml: &str) -> Self {
        Self::serve(&Made::in_the_time_of(clock), yaml, &Serving::default()).await
    }

    async fn serve(made: &Made, yaml: &str, serving: &Serving) -> Self {
        let config = Config::parse_after(made, yaml, &BTreeMap::new());
        let config = config.unwrap_or_else(|e| panic!("{e}"));
        let app = App::start(config, serving).await.unwrap();
        let url = format!("http://{}", app.addresses()[0]);
        Self { app, url }
    }

    /// Watches one org: `acme`, with these probes, in YAML's flow style.
    pub async fn watch(okta: &Running, probes: &str) -> Self {
        Self::start(&acme(okta, probes)).await
    }

    /// What `/metrics` says now.
    pub async fn scrape(&self) -> Scrape {
        Scrape::of(&self.url).await
    }

    /// What `/metrics` would say so much later, if nothing more were learnt.
    pub fn scrape_later(&self, later: Duration) -> Scrape {
        let mut page = Page::new();
        self.app
            .board()
            .draw(jiff::Timestamp::now() + later, &mut page);
        Scrape::parse(page.text())
    }

    /// What is known now, as `/metrics` has it: by the caller's own clock, be it paused.
    pub fn known(&self) -> String {
        let (board, mut page) = (self.app.board(), Page::new());
        board.draw(board.clock().now(), &mut page);
        page.text()
    }

    /// What the status page's JSON will say that much later, if nothing happens until then.
    pub fn view_later(&self, later: Duration) -> serde_json::Value {
        let view = self.app.board().view(jiff::Timestamp::now() + later);
        serde_json::to_value(view).unwrap()
    }

    /// Scrapes after each recorded outcome until the page is as told.
    pub async fn until(&self, holds: impl Fn(&Scrape) -> bool) -> Scrape {
        let mut recorded = self.app.board().recorded();
        let waiting = async {
            loop {
                recorded.borrow_and_update();
                let page = self.scrape().await;
                if holds(&page) {
                    return page;
                }
                recorded.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(page) => page,
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("it never came; the page at last:\n{}", self.scrape().await)
            }
        }
    }

    /// What `/api/v1/status` says now.
    pub async fn status(&self) -> serde_json::Value {
        json(&format!("{}/api/v1/status?past=true", self.url)).await
    }

    /// Asks for the status after each recorded outcome until it is as told.
    pub async fn until_status(
        &self,
        holds: impl Fn(&serde_json::Value) -> bool,
    ) -> serde_json::Value {
        let mut recorded = self.app.board().recorded();
        let waiting = async {
            loop {
                recorded.borrow_and_update();
                let status = self.status().await;
                if holds(&status) {
                    return status;
                }
                recorded.changed().await.unwrap();
            }
        };
        match tokio::time::timeout(PATIENCE, waiting).await {
            Ok(status) => status,
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!(
                    "it never came; the status at last: {:#}",
                    self.status().await
                )
            }
        }
    }

    /// Waits until the status tells of this case, for a probe or for an org.
    pub async fn until_case(&self, case: &str) {
        self.until_status(|status| cases(status).iter().any(|told| told == case))
            .await;
    }

    /// Scrapes once every probe has run.
    pub async fn first_round(&self) -> Scrape {
        let board = self.app.board();
        let mut recorded = board.recorded();
        let round = recorded.wait_for(|()| board.is_ready());
        match tokio::time::timeout(PATIENCE, round).await {
            Ok(ended) => drop(ended.unwrap()),
            Err(tokio::time::error::Elapsed { .. }) => {
                panic!("the first round does not end:\n{}", self.scrape().await)
            }
        }
        self.scrape().await
    }

    /// Gives it another configuration.
    pub async fn apply(&mut self, yaml: &str) -> Changes {
        let config = Config::parse_after(self.app.made(), yaml, &BTreeMap::new());
        let config = config.unwrap_or_else(|e| panic!("{e}"));
        self.app.apply(config).await
    }

    /// What it was given to read again was wrong.
    pub fn refuse_settings(&self) {
        self.app.reloads().failed();
    }

    /// Where it is served.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Writes an outcome on its board, as a keeper would.
    pub fn record(&self, id: &ProbeId, outcome: Outcome) {
        self.app.board().record(id, outcome, Duration::ZERO);
    }

    /// Lets it end as a signal would.
    pub async fn drain(self) {
        self.app.drain().await;
    }
}

/// Every case that a status tells of, at any depth.
fn cases(status: &serde_json::Value) -> Vec<String> {
    match status {
        serde_json::Value::Object(map) => {
            let case = map.get("case").and_then(|case| case.as_str());
            let below = map.values().flat_map(cases);
            case.map(str::to_owned).into_iter().chain(below).collect()
        }
        serde_json::Value::Array(items) => items.iter().flat_map(cases).collect(),
        _ => Vec::new(),
    }
}

/// A configuration with one org, `acme`, at a simulated Okta, and no status page. Tests ask far more
/// often than people should, so it may spend all of a limit.
pub fn acme(okta: &Running, probes: &str) -> String {
    let url = okta.url();
    format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    budget: 1\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {probes}\n"
    )
}

/// An endpoint probe of `/api/v1/NAME`, once a second, wherever in a window that is: no busy machine makes an answer late.
pub fn endpoint(name: &str) -> String {
    format!(
        "{name}: {{ path: '/api/v1/{name}?limit=1', credential: monitor, sampling: interval, interval: 1s, timeout: 1s }}"
    )
}

/// Gets a page of the exporter.
pub async fn get(url: &str) -> reqwest::Response {
    http().get(url).send().await.unwrap()
}

/// Gets a page that is JSON.
pub async fn json(url: &str) -> serde_json::Value {
    serde_json::from_str(&get(url).await.text().await.unwrap()).unwrap()
}

/// The labels that Prometheus' operator puts on the target of a `ServiceMonitor`, one of several pods.
pub fn operator_labels(pod: &str) -> serde_json::Value {
    serde_json::json!({
        "namespace": "monitoring",
        "service": "okta-exporter",
        "pod": pod,
        "container": "okta-exporter",
        "endpoint": "http-metrics",
        "node": "worker-1",
        "job": "okta-exporter",
    })
}

/// A client that goes nowhere but to the given address, and decodes nothing.
pub fn http() -> reqwest::Client {
    reqwest::Client::builder()
        .no_proxy()
        .gzip(false)
        .build()
        .unwrap()
}
