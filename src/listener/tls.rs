//! Hands shaken: by what configuration is asked anew each time, and who speaks plain HTTP here is
//! told so in words.

use std::sync::Arc;

use futures_util::future::BoxFuture;
use rustls::{ServerConfig, server::Acceptor};
use tokio::io::AsyncWriteExt;
use tokio_rustls::{LazyConfigAcceptor, server::TlsStream};

use super::{linger::Lingering, socket::Stream};

/// The configuration of the next handshake; `None` refuses it.
pub type TlsConfigs =
    Arc<dyn Fn() -> BoxFuture<'static, Option<Arc<ServerConfig>>> + Send + Sync + 'static>;

/// What a client is told that speaks HTTP where TLS is spoken, as Go's servers tell it.
const NO_TLS: &[u8] = b"HTTP/1.0 400 Bad Request\r\n\
    Content-Type: text/plain; charset=utf-8\r\nConnection: close\r\n\r\n\
    Client sent an HTTP request to an HTTPS server.\n";

/// The alert `internal_error` (RFC 8446, section 6): the server cannot go on for a reason of its own.
const INTERNAL_ERROR: &[u8] = &[21, 3, 3, 0, 2, 2, 80];

/// Shakes hands; `None` where that came to nothing. Whether to trust the certificate is the client's
/// choice.
pub(super) async fn shake_hands(
    stream: Stream,
    configs: &TlsConfigs,
) -> Option<TlsStream<Lingering<Stream>>> {
    let plain = speaks_http(&stream).await;
    let mut stream = Lingering::new(stream);
    if plain {
        refuse(&mut stream, NO_TLS).await;
        return None;
    }
    let mut hello = LazyConfigAcceptor::new(Acceptor::default(), stream);
    let Ok(mut start) = (&mut hello).await else {
        if let Some(mut stream) = hello.take_io() {
            refuse(&mut stream, &[]).await;
        }
        return None;
    };
    let Some(config) = configs().await else {
        refuse(&mut start.io, INTERNAL_ERROR).await;
        return None;
    };
    match start.into_stream(config).into_fallible().await {
        Ok(stream) => Some(stream),
        // Why was told by an alert.
        Err((_, mut stream)) => {
            refuse(&mut stream, &[]).await;
            None
        }
    }
}

/// Says why, and hears the client out for a moment. How it takes that is its business.
async fn refuse(stream: &mut Lingering<Stream>, why: &[u8]) {
    if stream.write_all(why).await.is_ok() {
        drop(stream.shutdown().await);
    }
}

/// Whether the first byte is the letter that a method begins with: a handshake begins with 22. What
/// comes over a Unix socket cannot be looked at before it is taken.
async fn speaks_http(stream: &Stream) -> bool {
    let Stream::Left(tcp) = stream else {
        return false;
    };
    let mut first = [0];
    let looked = tcp.peek(&mut first).await;
    looked.is_ok() && first.first().is_some_and(u8::is_ascii_uppercase)
}
