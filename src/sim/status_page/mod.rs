//! A simulated status page in Okta's HTML form, as Statuspage v2 and as feeds. It belongs to no
//! org: one page tells of all cells.

mod feed;
mod incident;
mod okta;
mod statuspage;

use std::sync::{Arc, Mutex};

use axum::Router;
use axum::extract::{Request, State};
use axum::response::Response;
use http::StatusCode;
use http::header::{CONTENT_TYPE, RETRY_AFTER};
use jiff::Timestamp;

pub use incident::Incident;

use super::answer::Answer;
use super::clock::Clock;
use super::lock::hold;
use crate::listener::{Listener, Server};

/// When the real feed was last written; it still answers 200.
const FROZEN_AT: i64 = 1_746_031_624;

/// How many incidents a page lists, so that a long demo does not grow.
const LISTED: usize = 50;

/// How a status page fails its readers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PageMode {
    /// It does not.
    Right,
    /// 200 with an old entry for ever, whatever happens.
    Frozen,
    /// Its owner rewrote it: nothing a reader looks for is there.
    Rewritten,
    /// What was sent breaks off in the middle of its data.
    HalfRead,
    /// 401, as Okta's own `/api/v2` answers.
    Unauthorized,
}

/// A status page's controls. Clones control the same page.
#[derive(Clone)]
pub struct StatusPage(Arc<Inner>);

/// How one path fails its readers.
#[derive(Clone, Copy)]
enum PathFault {
    Refused(StatusCode),
    Silent,
}

struct Inner {
    clock: Clock,
    board: Mutex<Board>,
}

struct Board {
    opened: usize,
    incidents: Vec<Incident>,
    mode: PageMode,
    /// What meets who asks for a path that ends so.
    faults: Vec<(String, PathFault)>,
}

impl StatusPage {
    /// A page without incidents, living by `clock`.
    pub fn new(clock: &Clock) -> Self {
        let board = Mutex::new(Board {
            opened: 0,
            incidents: Vec::new(),
            mode: PageMode::Right,
            faults: Vec::new(),
        });
        Self(Arc::new(Inner {
            clock: clock.clone(),
            board,
        }))
    }

    /// Publishes an incident and returns its name, such as `I-99001`.
    pub fn open(&self, mut incident: Incident) -> String {
        let now = self.0.clock.now();
        let mut board = hold(&self.0.board);
        board.opened += 1;
        incident.name = format!("I-{}", 99_000 + board.opened);
        incident.changed = now;
        incident.started = incident.started.or(Some(now));
        let name = incident.name.clone();
        if board.incidents.len() == LISTED {
            board.incidents.remove(0);
        }
        board.incidents.push(incident);
        name
    }

    /// Moves an incident on to another status; whether there was such an incident.
    pub fn change(&self, name: &str, status: &str) -> bool {
        let now = self.0.clock.now();
        let mut board = hold(&self.0.board);
        let found = board
            .incidents
            .iter_mut()
            .find(|incident| incident.name == name);
        found
            .map(|incident| {
                status.clone_into(&mut incident.status);
                incident.changed = now;
            })
            .is_some()
    }

    /// Ends an incident, which stays listed; whether there was such an incident.
    pub fn resolve(&self, name: &str) -> bool {
        self.change(name, "Resolved")
    }

    /// How the page fails from now on.
    pub fn mode(&self, mode: PageMode) {
        hold(&self.0.board).mode = mode;
    }

    /// Refuses with this status, from now on, who asks for a path that ends so.
    pub fn refuse(&self, path: &str, status: StatusCode) {
        self.fault(path, PathFault::Refused(status));
    }

    /// Never answers, from now on, who asks for a path that ends so.
    pub fn hang(&self, path: &str) {
        self.fault(path, PathFault::Silent);
    }

    /// The last told of a path counts.
    fn fault(&self, path: &str, fault: PathFault) {
        hold(&self.0.board)
            .faults
            .insert(0, (path.to_owned(), fault));
    }

    fn fault_at(&self, path: &str) -> Option<PathFault> {
        let board = hold(&self.0.board);
        let mut faults = board.faults.iter();
        let (_, fault) = faults.find(|(end, _)| path.ends_with(end.as_str()))?;
        Some(*fault)
    }

    /// Serves the page on the loopback interface; port 0 takes any free one.
    ///
    /// # Errors
    /// If the port is taken.
    pub async fn start(&self, port: u16) -> std::io::Result<RunningStatusPage> {
        let listener = Listener::bind(&format!("127.0.0.1:{port}")).await?;
        let url = format!("http://{}", listener.address());
        let router = Router::new().fallback(answer).with_state(self.clone());
        let server = listener.serve(router);
        Ok(RunningStatusPage {
            page: self.clone(),
            url,
            server,
        })
    }

    fn answer(&self, path: &str) -> Answer {
        let now = self.0.clock.now();
        let board = hold(&self.0.board);
        let mode = board.mode;
        let incidents = match mode {
            PageMode::Frozen => vec![ancient()],
            _ => board.incidents.clone(),
        };
        drop(board);
        let json = "application/json";
        let (content_type, body) = match path {
            "/okta" => ("text/html; charset=utf-8", okta::page(&incidents)),
            "/statuspage" => ("text/html; charset=utf-8", statuspage::FRONT.to_owned()),
            "/statuspage/api/v2/summary.json" => {
                (json, statuspage::summary(&incidents, now).to_string())
            }
            "/statuspage/api/v2/status.json" => {
                (json, statuspage::status(&incidents, now).to_string())
            }
            "/feed.atom" => ("application/atom+xml", feed::atom(&incidents)),
            "/feed.rss" => ("application/rss+xml", feed::rss(&incidents)),
            _ => return Answer::new(StatusCode::NOT_FOUND, ""),
        };
        match mode {
            PageMode::Right | PageMode::Frozen => Answer::new(StatusCode::OK, body),
            PageMode::Rewritten => return rewritten(),
            PageMode::HalfRead => {
                let half: String = body.chars().take(body.chars().count() / 2).collect();
                Answer::new(StatusCode::OK, half)
            }
            PageMode::Unauthorized => return Answer::new(StatusCode::UNAUTHORIZED, ""),
        }
        .with(CONTENT_TYPE, content_type)
    }
}

fn rewritten() -> Answer {
    let body = "<!DOCTYPE html><html><body><h1>Our new status page</h1></body></html>";
    Answer::new(StatusCode::OK, body).with(CONTENT_TYPE, "text/html; charset=utf-8")
}

fn ancient() -> Incident {
    let at = Timestamp::from_second(FROZEN_AT).unwrap_or(Timestamp::UNIX_EPOCH);
    let mut incident = Incident::new("Long ago")
        .category("Service Disruption")
        .status("Resolved");
    "I-10001".clone_into(&mut incident.name);
    incident.started = Some(at);
    incident.changed = at;
    incident
}

async fn answer(State(page): State<StatusPage>, request: Request) -> Response {
    let path = request.uri().path();
    match page.fault_at(path) {
        None => page.answer(path).into_response(),
        Some(PathFault::Refused(status)) => Answer::new(status, "")
            .with(RETRY_AFTER, "60")
            .into_response(),
        Some(PathFault::Silent) => std::future::pending().await,
    }
}

/// A status page that answers. Dropping it closes the port and cuts every connection.
pub struct RunningStatusPage {
    page: StatusPage,
    url: String,
    server: Server,
}

impl RunningStatusPage {
    /// The hand that changes the page while it runs.
    pub fn page(&self) -> StatusPage {
        self.page.clone()
    }

    /// Okta's HTML form.
    pub fn okta_url(&self) -> String {
        format!("{}/okta", self.url)
    }

    /// The root below which Statuspage's `/api/v2/…` lies.
    pub fn statuspage_url(&self) -> String {
        format!("{}/statuspage", self.url)
    }

    /// The Atom feed.
    pub fn atom_url(&self) -> String {
        format!("{}/feed.atom", self.url)
    }

    /// The RSS feed.
    pub fn rss_url(&self) -> String {
        format!("{}/feed.rss", self.url)
    }

    /// Stops the page and waits until its port is closed.
    pub async fn shutdown(self) {
        self.server.shutdown().await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page() -> StatusPage {
        StatusPage::new(&Clock::by_hand(
            Timestamp::from_second(1_784_880_000).unwrap(),
        ))
    }

    async fn text(page: &StatusPage, path: &str) -> String {
        let body = page.answer(path).into_response().into_body();
        let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
        String::from_utf8(bytes.to_vec()).unwrap()
    }

    #[tokio::test]
    async fn every_format_tells_of_an_open_incident() {
        let page = page();
        let name = page.open(Incident::new("Slow sign-in").cells("okta.com:7"));
        for path in [
            "/okta",
            "/statuspage/api/v2/summary.json",
            "/feed.atom",
            "/feed.rss",
        ] {
            assert!(text(&page, path).await.contains(&name), "{path}");
        }
        assert!(
            text(&page, "/okta")
                .await
                .contains(r#""Impacted_Cells__c":"okta.com:7""#)
        );
        assert!(
            text(&page, "/statuspage/api/v2/status.json")
                .await
                .contains(r#""minor""#)
        );
    }

    #[tokio::test]
    async fn a_resolved_incident_stays_in_okta_form_and_leaves_the_summary() {
        let page = page();
        let name = page.open(Incident::new("Slow sign-in"));
        assert!(page.resolve(&name));
        assert!(
            text(&page, "/okta")
                .await
                .contains(r#""Status__c":"Resolved""#)
        );
        assert!(
            !text(&page, "/statuspage/api/v2/summary.json")
                .await
                .contains(&name)
        );
    }

    #[tokio::test]
    async fn each_failure_hides_what_happens() {
        let page = page();
        let name = page.open(Incident::new("Slow sign-in"));
        page.mode(PageMode::Frozen);
        let frozen = text(&page, "/feed.atom").await;
        assert!(frozen.contains("2025-04-30T16:47:04Z") && !frozen.contains(&name));
        page.mode(PageMode::Rewritten);
        assert!(!text(&page, "/okta").await.contains("data-id"));
        page.mode(PageMode::HalfRead);
        let half = text(&page, "/statuspage/api/v2/summary.json").await;
        assert!(serde_json::from_str::<serde_json::Value>(&half).is_err());
        page.mode(PageMode::Unauthorized);
        assert_eq!(page.answer("/okta").status(), 401);
    }
}
