//! Where Okta's event hooks deliver. Only this is for the outside: whoever does not bring the hook's
//! secret is let no further than its headers, and what is answered well has been kept.

use std::time::Duration;

use axum::{
    Json,
    body::{Body, Bytes},
    extract::{Path, Request, State},
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use futures_util::StreamExt;
use serde_json::json;
use tokio::time::timeout;

use crate::{
    fleet::{DeliveryResult, Hook, Hooks},
    okta::event::{BadDelivery, Delivery},
};

/// The header of the one request that proves to Okta whose address this is.
const CHALLENGE: &str = "x-okta-verification-challenge";
/// The longest challenge that is answered.
const LONGEST_CHALLENGE: usize = 1024;
/// The largest body of a delivery.
const LARGEST: usize = 1024 * 1024;
/// What is larger is read on a thread that may be busy for a while.
const QUICKLY_READ: usize = 64 * 1024;
/// Okta waits for 3 s, and tries once more after a 5xx.
const PATIENCE: Duration = Duration::from_millis(2_500);
/// When it is asked to, in seconds.
const AGAIN: &str = "1";

/// Answers the challenge by which Okta makes sure of an address.
pub(super) async fn verify(
    State(hooks): State<Hooks>,
    Path(org): Path<String>,
    headers: HeaderMap,
) -> Response {
    if hooks.of(&org).is_none() {
        return no_hook();
    }
    let challenge = headers.get(CHALLENGE).map(HeaderValue::to_str);
    match challenge {
        Some(Ok(challenge)) if !challenge.is_empty() && challenge.len() <= LONGEST_CHALLENGE => {
            Json(json!({ "verification": challenge })).into_response()
        }
        _ => {
            let told =
                format!("Okta's event hooks deliver here; `{CHALLENGE}` is missing, or none\n");
            (StatusCode::BAD_REQUEST, told).into_response()
        }
    }
}

/// Takes a delivery.
pub(super) async fn deliver(
    State(hooks): State<Hooks>,
    Path(org): Path<String>,
    request: Request,
) -> Response {
    let Some(hook) = hooks.of(&org) else {
        return no_hook();
    };
    let taken = timeout(PATIENCE, take(&hook, request)).await;
    let (result, response) = taken.unwrap_or_else(|_| unavailable());
    hook.count(result);
    response
}

async fn take(hook: &Hook, request: Request) -> (DeliveryResult, Response) {
    let (parts, body) = request.into_parts();
    match hook.admit(&parts.headers).await {
        Ok(()) => {}
        Err(DeliveryResult::Unauthorized) => {
            let told = "this needs the secret that is configured as `event_hook`\n";
            let response = (StatusCode::UNAUTHORIZED, told).into_response();
            return (DeliveryResult::Unauthorized, response);
        }
        Err(_) => return unavailable(),
    }
    let body = match read(body, &parts.headers).await {
        Ok(body) => body,
        Err(status) => return (DeliveryResult::Malformed, status.into_response()),
    };
    let read = if body.len() > QUICKLY_READ {
        let reading = tokio::task::spawn_blocking(move || Delivery::read(&body));
        let Ok(read) = reading.await else {
            return unavailable();
        };
        read
    } else {
        Delivery::read(&body)
    };
    let delivery = match read {
        Ok(delivery) => delivery,
        Err(why) => return (DeliveryResult::Malformed, malformed(why)),
    };
    match hook.take(&delivery).await {
        Ok(()) => {
            let response = StatusCode::NO_CONTENT.into_response();
            (DeliveryResult::Accepted, response)
        }
        Err(_) => unavailable(),
    }
}

/// The whole body, or the status that refuses it.
async fn read(body: Body, headers: &HeaderMap) -> Result<Bytes, StatusCode> {
    let told = headers.get(header::CONTENT_LENGTH);
    let told = told.and_then(|told| told.to_str().ok()?.parse::<usize>().ok());
    if told.is_some_and(|told| told > LARGEST) {
        return Err(StatusCode::PAYLOAD_TOO_LARGE);
    }
    let mut whole = Vec::with_capacity(told.unwrap_or_default());
    let mut pieces = body.into_data_stream();
    while let Some(piece) = pieces.next().await {
        let piece = piece.map_err(|_| StatusCode::BAD_REQUEST)?;
        if whole.len() + piece.len() > LARGEST {
            return Err(StatusCode::PAYLOAD_TOO_LARGE);
        }
        whole.extend_from_slice(&piece);
    }
    Ok(whole.into())
}

fn malformed(why: BadDelivery) -> Response {
    (StatusCode::BAD_REQUEST, format!("{why}\n")).into_response()
}

fn unavailable() -> (DeliveryResult, Response) {
    let again = [(header::RETRY_AFTER, AGAIN)];
    let told = "what is delivered cannot be kept now\n";
    let response = (StatusCode::SERVICE_UNAVAILABLE, again, told).into_response();
    (DeliveryResult::Unavailable, response)
}

fn no_hook() -> Response {
    (StatusCode::NOT_FOUND, "no event hook delivers here\n").into_response()
}
