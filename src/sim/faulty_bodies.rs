//! Bodies that do harm: too long, packed tight, broken off, silent, without an end.

use std::io::Write;

use axum::body::{Body, Bytes};
use flate2::{Compression, write::GzEncoder};
use futures_util::{StreamExt, stream};

pub(super) fn long(bytes: usize) -> String {
    format!("[\"{}\"]", "x".repeat(bytes))
}

pub(super) fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    // Writing to memory does not fail; if it did, the empty body would be no JSON either.
    let written = encoder.write_all(text.as_bytes());
    written.and_then(|()| encoder.finish()).unwrap_or_default()
}

pub(super) fn broken_off() -> Body {
    let start = Ok(Bytes::from_static(b"[{\"id\":\"00u"));
    let end = Err(std::io::Error::from(std::io::ErrorKind::ConnectionReset));
    // The error must not overtake what was sent before it.
    let end = stream::once(async {
        tokio::task::yield_now().await;
        end
    });
    Body::from_stream(stream::iter([start]).chain(end))
}

pub(super) fn silent_midway() -> Body {
    let start = Ok::<_, std::convert::Infallible>(Bytes::from_static(b"[{\"id\":\"00u"));
    Body::from_stream(stream::iter([start]).chain(stream::pending()))
}

pub(super) fn endless() -> Body {
    let chunk = Bytes::from_static(&[b' '; 8192]);
    Body::from_stream(stream::repeat(chunk).map(Ok::<_, std::convert::Infallible>))
}
