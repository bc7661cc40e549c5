//! A server that lists what a test tells it to, in pages, and forgets a page when it is told to.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
};

use axum::{
    Router,
    extract::State,
    http::{StatusCode, Uri, header},
    response::{IntoResponse, Response},
};
use serde_json::{Value, json};
use tokio::{sync::watch, task::JoinHandle};

use crate::support::{API_TOKEN, PATIENCE};

/// One thing that a kind reads.
pub struct Part {
    /// The path, without its query.
    pub path: &'static str,
    /// A selector of series that only this part draws; of a list, one for each entry.
    pub family: &'static str,
    /// What is answered there.
    pub answer: Answer,
}

/// What a path answers.
pub enum Answer {
    /// One document.
    Document(fn() -> Value),
    /// A list.
    List(List),
}

/// A list that Okta serves.
pub struct List {
    /// An ordinary entry with this id and this name.
    pub entry: fn(&str, &str) -> Value,
    /// The answer that holds these entries: mostly [`Value::Array`].
    pub body: fn(Vec<Value>) -> Value,
    /// Whether Okta gives it in pages.
    pub is_paged: bool,
    /// The pointer to a word of a list of Okta's, such as `/status`; empty where there is none.
    pub word: &'static str,
    /// The series that is 1 where that word is new; empty where none says it.
    pub other: &'static str,
    /// How many entries get series at most; 0 where that is not counted in entries.
    pub most: usize,
}

/// So many ordinary entries.
pub fn entries(list: &List, count: usize) -> Vec<Value> {
    let entry = |n: usize| (list.entry)(&format!("id{n:04}"), &format!("name {n}"));
    (0..count).map(entry).collect()
}

/// A server of lists. Dropping it ends it.
pub struct Lists {
    url: String,
    state: Arc<Mutex<Paths>>,
    asked: Arc<watch::Sender<BTreeMap<String, usize>>>,
    task: JoinHandle<()>,
}

/// What is answered by path: pages, each a body or a status.
type Paths = BTreeMap<String, Vec<Result<String, u16>>>;

#[derive(Clone)]
struct Serving {
    url: String,
    paths: Arc<Mutex<Paths>>,
    asked: Arc<watch::Sender<BTreeMap<String, usize>>>,
}

impl Lists {
    /// One that answers each of these parts: a list by one entry.
    pub async fn start(parts: &[Part]) -> Self {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let (state, asked) = (
            Arc::<Mutex<Paths>>::default(),
            Arc::new(watch::Sender::default()),
        );
        let serving = Serving {
            url: url.clone(),
            paths: Arc::clone(&state),
            asked: Arc::clone(&asked),
        };
        let router = Router::new().fallback(answer).with_state(serving);
        let task = tokio::spawn(async move { axum::serve(listener, router).await.unwrap() });
        let lists = Self {
            url,
            state,
            asked,
            task,
        };
        for part in parts {
            match &part.answer {
                Answer::Document(document) => lists.set(part, vec![Ok(document().to_string())]),
                Answer::List(list) => lists.list(part, &entries(list, 1), 1),
            }
        }
        lists
    }

    /// From now on this part lists these entries, on so many pages.
    pub fn list(&self, part: &Part, entries: &[Value], on_pages: usize) {
        let Answer::List(list) = &part.answer else {
            panic!("{} is no list", part.path)
        };
        let size = entries.len().div_ceil(on_pages).max(1);
        let body = |page: &[Value]| Ok((list.body)(page.to_vec()).to_string());
        let mut pages: Vec<_> = entries.chunks(size).map(body).collect();
        if pages.is_empty() {
            pages.push(body(&[]));
        }
        self.set(part, pages);
    }

    /// From now on this page of a part (the first is 0) answers this status.
    pub fn vanish(&self, part: &Part, page: usize, status: u16) {
        self.state.lock().unwrap().get_mut(part.path).unwrap()[page] = Err(status);
    }

    /// How often this part was asked for, all pages.
    pub fn asked(&self, part: &Part) -> usize {
        self.asked
            .borrow()
            .get(part.path)
            .copied()
            .unwrap_or_default()
    }

    /// Returns once this part was asked for so often.
    pub async fn until_asked(&self, part: &Part, times: usize) {
        let mut asked = self.asked.subscribe();
        let enough = asked.wait_for(|asked| asked.get(part.path) >= Some(&times));
        let waited = tokio::time::timeout(PATIENCE, enough).await;
        assert!(waited.is_ok(), "{} was not asked {times} times", part.path);
    }

    /// A configuration that watches it as the org `acme`, with these probes.
    pub fn yaml(&self, probes: &str) -> String {
        let url = &self.url;
        format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    budget: 1\n    credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}\n    probes: {probes}\n"
        )
    }

    fn set(&self, part: &Part, pages: Vec<Result<String, u16>>) {
        self.state
            .lock()
            .unwrap()
            .insert(part.path.to_owned(), pages);
    }
}

impl Drop for Lists {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn answer(State(serving): State<Serving>, uri: Uri) -> Response {
    let path = uri.path();
    let page = page_of(&uri);
    let found = {
        let paths = serving.paths.lock().unwrap();
        let below = |known: &&String| path.starts_with(known.as_str());
        let known = paths.keys().filter(below).max_by_key(|known| known.len());
        let pages = known.and_then(|known| paths.get(known));
        let answer = pages.and_then(|pages| pages.get(page).cloned());
        answer.map(|answer| (answer, pages.is_some_and(|pages| pages.len() > page + 1)))
    };
    let answer = match found {
        Some((Ok(body), more)) => {
            let json = [(header::CONTENT_TYPE, "application/json".to_owned())];
            let next = format!("<{}{path}?after={}>; rel=\"next\"", serving.url, page + 1);
            if more {
                (json, [(header::LINK, next)], body).into_response()
            } else {
                (json, body).into_response()
            }
        }
        Some((Err(status), _)) => refusal(status),
        None => refusal(404),
    };
    serving
        .asked
        .send_modify(|asked| *asked.entry(path.to_owned()).or_default() += 1);
    answer
}

fn page_of(uri: &Uri) -> usize {
    let query = uri.query().unwrap_or_default().as_bytes();
    let after = url::form_urlencoded::parse(query).find(|(name, _)| name == "after");
    after.map_or(0, |(_, page)| page.parse().unwrap())
}

/// Okta's envelope; with a request id, so that it is Okta that answers and not its edge.
fn refusal(status: u16) -> Response {
    let envelope = json!({
        "errorCode": "E0000007", "errorSummary": "Not found: Resource not found", "errorLink": "E0000007",
        "errorId": "oae1", "errorCauses": [],
    });
    let headers = [
        (header::CONTENT_TYPE, "application/json"),
        (
            header::HeaderName::from_static("x-okta-request-id"),
            "request1",
        ),
    ];
    (
        StatusCode::from_u16(status).unwrap(),
        headers,
        envelope.to_string(),
    )
        .into_response()
}
