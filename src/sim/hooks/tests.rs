use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::response::{IntoResponse, Response};
use http::{Method, StatusCode};
use serde_json::{Value, json};

use super::*;
use crate::listener::{Listener, Server};
use crate::sim::lock::hold;
use crate::sim::{ApiToken, Error, LogEvent, Org};

/// Who is told: answers deliveries with these statuses, one after the other, and then 204. A status
/// of 0 never answers.
#[derive(Clone, Default)]
struct Receiver {
    answers: Arc<Mutex<Vec<u16>>>,
    seen: Arc<Mutex<Vec<Value>>>,
}

impl Receiver {
    fn answering(answers: &[u16]) -> Self {
        let receiver = Self::default();
        hold(&receiver.answers).extend(answers.iter().rev());
        receiver
    }

    async fn start(&self) -> (String, Server) {
        let listener = Listener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hooks", listener.address());
        let router = Router::new().fallback(receive).with_state(self.clone());
        (url, listener.serve(router))
    }

    fn events(&self) -> Vec<Value> {
        let seen = hold(&self.seen);
        let events = |delivery: &Value| delivery["data"]["events"].as_array().unwrap().clone();
        seen.iter().flat_map(events).collect()
    }

    fn uuids(&self) -> Vec<String> {
        let uuid = |event: &Value| event["uuid"].as_str().unwrap().to_owned();
        self.events().iter().map(uuid).collect()
    }
}

async fn receive(State(receiver): State<Receiver>, request: Request) -> Response {
    if request
        .headers()
        .get("authorization")
        .is_none_or(|secret| secret != "secret")
    {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    if request.method() == Method::GET {
        let challenge = &request.headers()["x-okta-verification-challenge"];
        return json!({ "verification": challenge.to_str().unwrap() })
            .to_string()
            .into_response();
    }
    let body = axum::body::to_bytes(request.into_body(), 1 << 22)
        .await
        .unwrap();
    hold(&receiver.seen).push(serde_json::from_slice(&body).unwrap());
    let answer = hold(&receiver.answers).pop().unwrap_or(204);
    if answer == 0 {
        std::future::pending::<()>().await;
    }
    StatusCode::from_u16(answer).unwrap().into_response()
}

fn hook(url: &str) -> EventHook {
    let hook = EventHook::new(url).header("authorization", "secret");
    hook.types([
        "user.session.start",
        "system.log_stream.lifecycle.deactivate",
    ])
}

async fn acme() -> crate::sim::Running {
    let org = Org::new("acme").api_token(ApiToken::new("exporter", "live"));
    org.start().await.unwrap()
}

#[tokio::test]
async fn a_hook_is_told_of_what_it_wants_in_oktas_envelope_and_the_log_names_it() {
    let (org, receiver) = (acme().await, Receiver::default());
    let (controls, (url, _server)) = (org.controls(), receiver.start().await);
    let id = controls.add_hook(hook(&url)).await.unwrap();
    let uuid = controls.log(&LogEvent::sign_in());
    controls.log(&LogEvent::new("user.account.lock"));
    controls.deactivate_log_stream("stream");
    let totals = controls.until_hook_settled(&id).await;
    assert_eq!(
        (totals.events, totals.posts, totals.retries, totals.lost),
        (2, 2, 0, 0)
    );
    assert_eq!(totals.acknowledged, receiver.uuids());
    assert_eq!(totals.acknowledged[0], uuid);

    let delivery = hold(&receiver.seen)[0].clone();
    assert_eq!(delivery["eventType"], "com.okta.event_hook");
    assert_eq!(delivery["eventTypeVersion"], "1.0");
    assert_eq!(delivery["cloudEventsVersion"], "0.1");
    assert_eq!(delivery["contentType"], "application/json");
    assert_eq!(
        delivery["source"],
        format!("{}/api/v1/eventHooks/{id}", org.url())
    );
    let pushed = &delivery["data"]["events"][0];
    assert!(pushed["client"]["ipChain"].is_array() && pushed["request"].is_null());
    let logged = controls.log_events();
    let find = |text: &&Bytes| text.windows(uuid.len()).any(|part| part == uuid.as_bytes());
    let logged: Value = serde_json::from_slice(logged.iter().find(find).unwrap()).unwrap();
    assert_eq!(
        logged["debugContext"]["debugData"]["targetEventHookIds"],
        id
    );
    assert!(logged["request"]["ipChain"].is_array());

    controls.deactivate_hook(&id);
    controls.log(&LogEvent::sign_in());
    assert_eq!(controls.hook_totals(&id).events, 2);
}

#[tokio::test]
async fn a_hook_that_answers_no_challenge_or_wants_what_is_not_pushed_is_not_added() {
    let (org, receiver) = (acme().await, Receiver::default());
    let (controls, (url, _server)) = (org.controls(), receiver.start().await);
    let wrong = controls
        .add_hook(hook(&url).header("authorization", "wrong"))
        .await;
    assert!(matches!(wrong, Err(Error::Unverified(why)) if why.starts_with("401")));
    let refused = controls
        .add_hook(hook(&url).types(["system.org.rate_limit.burst"]))
        .await;
    assert!(matches!(refused, Err(Error::NotEligible(_))));
    assert_eq!(controls.log_totals().events, 0);
}

#[tokio::test]
async fn a_delivery_is_repeated_once_after_a_5xx_or_a_timeout_and_never_after_a_4xx() {
    // What each is answered, the posts it takes, and whether it is lost.
    for (answers, posts, lost) in [
        (&[503, 200][..], 2, 0),
        (&[0, 204], 2, 0),
        (&[500, 503], 2, 1),
        (&[0, 0], 2, 1),
        (&[400], 1, 1),
        (&[429], 1, 1),
        (&[302], 1, 1),
    ] {
        let (org, receiver) = (acme().await, Receiver::answering(answers));
        let (controls, (url, _server)) = (org.controls(), receiver.start().await);
        let patient = hook(&url).timeout(Duration::from_millis(if answers[0] == 0 {
            300
        } else {
            9000
        }));
        let id = controls.add_hook(patient).await.unwrap();
        controls.log(&LogEvent::sign_in());
        let totals = controls.until_hook_settled(&id).await;
        let expected = (posts, posts - 1, lost);
        assert_eq!(
            (totals.posts, totals.retries, totals.lost),
            expected,
            "{answers:?}"
        );
        let seen = hold(&receiver.seen);
        let deliveries: BTreeSet<&str> = seen
            .iter()
            .map(|d| d["eventId"].as_str().unwrap())
            .collect();
        assert_eq!(deliveries.len(), 1, "{answers:?}");
        let failed = controls
            .log_totals()
            .by_type
            .get("event_hook.delivery")
            .copied();
        assert_eq!(failed.unwrap_or(0), lost, "{answers:?}");
    }
}

#[tokio::test]
async fn deliveries_may_hold_many_events_come_twice_and_out_of_order() {
    let (org, receiver) = (acme().await, Receiver::default());
    let (controls, (url, _server)) = (org.controls(), receiver.start().await);
    let wild = hook(&url).batch(10).at_once(8).twice_every(5).unordered();
    let id = controls.add_hook(wild).await.unwrap();
    let uuids = controls.log_many(&LogEvent::sign_in(), 500);
    let totals = controls.until_hook_settled(&id).await;
    assert_eq!((totals.delivered, totals.posts), (500, 60));
    let seen = receiver.uuids();
    assert_eq!(seen.len(), 600);
    assert_ne!(seen[..uuids.len()], uuids);
    assert_eq!(
        seen.into_iter().collect::<BTreeSet<_>>(),
        uuids.into_iter().collect()
    );
}
