//! What carries requests: connections that are kept, or not, and bodies unpacked. How a connection is made
//! is in [`connector`](super::connector).

use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper_util::{
    client::legacy,
    rt::{TokioExecutor, TokioTimer},
};
use tower_http::decompression::Decompression;

use super::connector::Connector;

/// All requests to a host share one HTTP/2 connection. If a firewall forgets it, nothing comes
/// back and nothing closes it: every probe would time out for as long as TCP sends again, which is
/// a quarter of an hour. So it is asked whether it lives, which costs no quota.
const PING_EVERY: Duration = Duration::from_secs(20);
const PONG_WITHIN: Duration = Duration::from_secs(10);

/// How long a connection is kept that nothing goes over.
const KEPT_FOR: Duration = Duration::from_mins(5);

/// How many bytes of an answer may be on their way unread in HTTP/2: fewer than may come of one that nobody
/// wants any more.
const UNREAD: u32 = 512 << 10;

/// Connections to one host.
pub(super) type Pool = Decompression<legacy::Client<Connector, Full<Bytes>>>;

/// What keeps so many connections that nothing goes over.
pub(super) fn pool(connector: &Connector, kept: usize) -> Pool {
    let client = legacy::Client::builder(TokioExecutor::new())
        .timer(TokioTimer::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(KEPT_FOR)
        .pool_max_idle_per_host(kept)
        .http2_initial_stream_window_size(UNREAD)
        .http2_keep_alive_while_idle(true)
        .http2_keep_alive_interval(PING_EVERY)
        .http2_keep_alive_timeout(PONG_WITHIN)
        .build(connector.clone());
    Decompression::new(client)
}
