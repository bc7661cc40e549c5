//! Sending one request and reading its answer, to its end or its bound, redirects followed. When it is
//! sent and what is noted of it is in [`session`](super::session).

use std::{future::poll_fn, pin::pin};

use bytes::{Bytes, BytesMut};
use http::{HeaderMap, Method, Uri};
use http_body_util::Full;
use hyper::body::Body;
use tokio::time::Instant;
use tower::ServiceExt;
use url::{Position, Url};

use super::{
    client::Client, pool::Pool, redirect::Redirects, response::RawResponse, sorting::sort,
    trace::Trace,
};
use crate::okta::Failure;

/// What an answer other than 2xx says of itself stands within so many bytes; the rest is not read.
const MOST_OF_AN_ERROR: usize = 64 << 10;

/// One request as it goes out.
#[derive(Clone)]
pub(super) struct Outgoing {
    pub(super) method: Method,
    pub(super) url: Url,
    pub(super) headers: HeaderMap,
    pub(super) body: Bytes,
    /// The most bytes that its answer may have.
    pub(super) most: usize,
    /// A longer one is cut off there, and is no failure.
    pub(super) may_be_cut: bool,
    /// What it carries serves at its own URL only.
    pub(super) one_url: bool,
}

impl Outgoing {
    /// The same, to another place.
    fn to(&self, url: &Url) -> Result<http::Request<Full<Bytes>>, Failure> {
        // Without a user, who is shown in a header.
        let place = &url[Position::BeforeHost..Position::AfterQuery];
        let uri: Uri = format!("{}://{place}", url.scheme())
            .parse()
            .map_err(|_| Failure::Internal("the URL cannot be sent".to_owned()))?;
        let mut request = http::Request::new(Full::new(self.body.clone()));
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = uri;
        request.headers_mut().clone_from(&self.headers);
        Ok(request)
    }
}

/// Sends, and reads the answer to its end, or to its bound.
pub(super) async fn exchange(
    client: &Client,
    pool: &Pool,
    outgoing: Outgoing,
    trace: &Trace,
) -> Result<RawResponse, Failure> {
    let start = Instant::now();
    let (most, may_be_cut) = (outgoing.most, outgoing.may_be_cut);
    let _owed = client.allowance.owe(most);
    let mut redirects = Redirects::of(&outgoing.url, outgoing.one_url);
    let mut request = outgoing.to(&outgoing.url)?;
    let answer = loop {
        let answer = pool.clone().oneshot(request).await;
        let answer = answer.map_err(|e| sort(&e, client, most, trace.phases()))?;
        match redirects.next(&answer) {
            Ok(None) => break answer,
            Ok(Some(next)) => request = outgoing.to(&next)?,
            Err(refused) => return Err(Failure::Redirect(refused.to_string())),
        }
    };
    trace.first_byte(start.elapsed());
    let first_byte = Instant::now();
    let (mut parts, body) = answer.into_parts();
    let is_error = !parts.status.is_success();
    let (most, may_be_cut) = if is_error {
        (MOST_OF_AN_ERROR, true)
    } else {
        (most, may_be_cut)
    };
    let too_large = Failure::TooLarge { limit: most };
    let announced = body.size_hint().exact();
    let mut is_cut = announced.is_some_and(|announced| announced > most as u64);
    if is_cut && !may_be_cut {
        return Err(too_large);
    }
    let (mut incoming, mut body) = (pin!(body), BytesMut::new());
    // Of what will be cut only the headers are of use, unless it says what went wrong.
    let is_of_use = is_error || !is_cut;
    while is_of_use
        && let Some(frame) = poll_fn(|context| incoming.as_mut().poll_frame(context)).await
    {
        let frame = frame.map_err(|e| sort(e.as_ref(), client, most, trace.phases()))?;
        let Ok(mut chunk) = frame.into_data() else {
            continue;
        };
        let room = most - body.len();
        is_cut = chunk.len() > room;
        if is_cut && !may_be_cut {
            return Err(too_large);
        }
        chunk.truncate(room);
        body.extend_from_slice(&chunk);
        if is_cut {
            break;
        }
    }
    trace.body(first_byte.elapsed());
    Ok(RawResponse {
        status: parts.status,
        chain: trace.chain(),
        headers: std::mem::take(&mut parts.headers),
        new_connection: trace.phases().connect.is_some(),
        body: body.freeze(),
        is_cut,
    })
}
