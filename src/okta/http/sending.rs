//! Sending one request and reading its answer, to its end or its bound. When it is sent and what is noted
//! of it is in [`session`](super::session).

use bytes::BytesMut;
use tokio::time::Instant;

use super::{client::Client, response::RawResponse, sorting::sort, trace::Trace};
use crate::okta::Failure;

/// What an answer other than 2xx says of itself stands within so many bytes; the rest is not read.
const MOST_OF_AN_ERROR: usize = 64 << 10;

/// How much of an answer is read.
#[derive(Clone, Copy)]
pub(super) struct Bound {
    /// So many bytes.
    pub(super) most: usize,
    /// A longer answer is cut off there, and is no failure.
    pub(super) may_be_cut: bool,
}

/// Sends, and reads the answer to its end, or to its bound.
pub(super) async fn exchange(
    client: &Client,
    http: &reqwest::Client,
    request: reqwest::Request,
    bound: Bound,
    trace: &Trace,
) -> Result<RawResponse, Failure> {
    let start = Instant::now();
    let sorted = |e: reqwest::Error| sort(&e, client, trace.phases());
    let mut response = http.execute(request).await.map_err(sorted)?;
    trace.first_byte(start.elapsed());
    let first_byte = Instant::now();
    let is_error = !response.status().is_success();
    let Bound { most, may_be_cut } = if is_error {
        Bound {
            most: MOST_OF_AN_ERROR,
            may_be_cut: true,
        }
    } else {
        bound
    };
    let too_large = Failure::TooLarge { limit: most };
    let announced = response.content_length();
    let mut is_cut = announced.is_some_and(|announced| announced > most as u64);
    if is_cut && !may_be_cut {
        return Err(too_large);
    }
    let mut body = BytesMut::new();
    // Of what will be cut only the headers are of use, unless it says what went wrong.
    let is_of_use = is_error || !is_cut;
    while is_of_use && let Some(mut chunk) = response.chunk().await.map_err(sorted)? {
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
        status: response.status(),
        chain: trace.chain(),
        headers: std::mem::take(response.headers_mut()),
        new_connection: trace.phases().connect.is_some(),
        body: body.freeze(),
        is_cut,
    })
}
