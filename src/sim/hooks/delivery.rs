//! Deliveries to one event hook, by Okta's rules: at most one retry, and that only after a timeout
//! or a 5xx. What could not be delivered is written to the log.

use std::error::Error;
use std::iter::successors;
use std::sync::Arc;

use http::header::CONTENT_TYPE;
use reqwest::{Client, Method, RequestBuilder, redirect::Policy};
use serde_json::{Value, json};
use tokio::sync::{Semaphore, mpsc};

use super::{EventHook, Hook, Told};
use crate::sim::controls::Controls;
use crate::sim::system_log::{LogEvent, new_uuid};

/// How many events are taken at a time from those that wait.
const TAKEN: usize = 1000;

/// What a hook is asked with.
#[derive(Clone)]
pub(super) struct Caller {
    client: Client,
    hook: EventHook,
}

impl Caller {
    pub(super) fn new(hook: &EventHook) -> Result<Self, String> {
        let client = Client::builder().no_proxy().redirect(Policy::none());
        let client = client.tls_danger_accept_invalid_certs(hook.trusts_any);
        let client = client.timeout(hook.timeout).build();
        Ok(Self {
            client: client.map_err(|error| error.to_string())?,
            hook: hook.clone(),
        })
    }

    fn request(&self, method: Method) -> RequestBuilder {
        let request = self.client.request(method, &self.hook.url);
        match &self.hook.header {
            Some((name, secret)) => request.header(name, secret),
            None => request,
        }
    }

    /// Asks once whether the hook belongs to who set it up: it must answer what it is asked with.
    pub(super) async fn verify(&self, challenge: &str) -> Result<(), String> {
        let request = self.request(Method::GET);
        let request = request.header("x-okta-verification-challenge", challenge);
        let answer = request.send().await.map_err(told)?;
        let status = answer.status();
        let body = answer.bytes().await.map_err(told)?;
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        if status.is_success()
            && body
                .get("verification")
                .is_some_and(|told| told == challenge)
        {
            return Ok(());
        }
        Err(format!("{status} without the challenge as `verification`"))
    }

    /// What is wrong with the answer, and whether it is worth a retry.
    async fn post(&self, body: String) -> Result<(), (String, bool)> {
        let request = self.request(Method::POST);
        let request = request.header(CONTENT_TYPE, "application/json");
        match request.body(body).send().await {
            Ok(answer) if answer.status().is_success() => Ok(()),
            Ok(answer) => {
                let status = answer.status();
                Err((
                    format!("HTTP {}", status.as_u16()),
                    status.is_server_error(),
                ))
            }
            Err(error) if error.is_timeout() => Err(("Timeout".to_owned(), true)),
            Err(_) => Err(("Connection failed".to_owned(), false)),
        }
    }
}

/// Delivers what comes, until the org stops.
pub(super) async fn deliver(
    controls: Controls,
    (hook, caller): (Arc<Hook>, Caller),
    mut waiting: mpsc::Receiver<Told>,
) {
    let under_way = Arc::new(Semaphore::new(caller.hook.at_once));
    let (mut taken, mut number) = (Vec::new(), 0);
    while waiting.recv_many(&mut taken, TAKEN).await > 0 {
        if caller.hook.is_unordered {
            fastrand::shuffle(&mut taken);
        }
        for batch in taken.chunks(caller.hook.batch) {
            let Ok(permit) = under_way.clone().acquire_owned().await else {
                return;
            };
            number += 1;
            let twice = caller
                .hook
                .twice_every
                .is_some_and(|every| number % every == 0);
            let (batch, stop) = (batch.to_vec(), controls.stop_token());
            let one = one(
                controls.clone(),
                (hook.clone(), caller.clone()),
                (batch, twice),
            );
            drop(tokio::spawn(async move {
                stop.run_until_cancelled(one).await;
                drop(permit);
            }));
        }
        taken.clear();
    }
}

/// Makes one delivery, and tells what came of it.
async fn one(
    controls: Controls,
    (hook, caller): (Arc<Hook>, Caller),
    (batch, twice): (Vec<Told>, bool),
) {
    let (id, now) = (&hook.id, controls.now());
    let delivery = new_uuid(now);
    let body = envelope((controls.url(), id, &delivery), &batch, now);
    let count = |retries: u64| {
        hook.totals.send_modify(|totals| {
            totals.posts += 1;
            totals.retries += retries;
        });
    };
    count(0);
    let mut told = caller.post(body.clone()).await;
    if let Err((_, true)) = told {
        count(1);
        told = caller.post(body.clone()).await;
    }
    if twice && told.is_ok() {
        count(0);
        // It was answered; what is answered now changes nothing.
        drop(caller.post(body).await);
    }
    if let Err((reason, _)) = &told {
        let event = LogEvent::new("event_hook.delivery")
            .message("Event hook delivery")
            .failed(reason)
            .actor("SystemPrincipal", "okta")
            .target("EventHook", id)
            .debug("eventId", delivery.as_str())
            .debug("eventCount", batch.len().to_string());
        controls.log(&event);
    }
    hook.totals
        .send_modify(|totals| totals.end(batch, told.is_ok()));
}

/// Why no answer came: the first cause, without the hook's address.
fn told(error: reqwest::Error) -> String {
    let error = error.without_url();
    let first: &(dyn Error + 'static) = &error;
    let causes = successors(Some(first), |cause| (*cause).source());
    causes
        .last()
        .map_or_else(|| error.to_string(), ToString::to_string)
}

/// What holds the events of a delivery.
fn envelope(
    (url, id, delivery): (&str, &str, &str),
    batch: &[Told],
    now: jiff::Timestamp,
) -> String {
    let events = batch.iter().map(|told| String::from_utf8_lossy(&told.text));
    let events = events.collect::<Vec<_>>().join(",");
    let source = json!(format!("{url}/api/v1/eventHooks/{id}"));
    format!(
        r#"{{"eventType":"com.okta.event_hook","eventTypeVersion":"1.0","cloudEventsVersion":"0.1","source":{source},"eventId":"{delivery}","data":{{"events":[{events}]}},"eventTime":"{now:.3}","contentType":"application/json"}}"#
    )
}
