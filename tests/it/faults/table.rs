//! The table of faults: what a server does wrong, and what must be said of it.

mod answers;
mod connections;
mod documents;
mod frames;

use std::io::Write as _;

use answers::{bodies, heads, statuses};
use connections::{connections, handshakes};
use documents::{key_sets, pages};
use frames::http2;

/// Where a server goes wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// On a plain connection.
    Tcp,
    /// On a connection that is to become TLS.
    Handshake,
    /// Over TLS, with this certificate.
    Tls(Certificate),
    /// Over TLS, with HTTP/2 agreed.
    Http2,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Certificate {
    Right,
    Expired,
    Early,
    OfAnotherHost,
    OfNobody,
}

/// What it does to a connection.
#[derive(Debug, Clone)]
pub enum Does {
    /// Closes it at once.
    Close,
    /// Has it reset.
    Reset,
    /// Says this, and closes it.
    Say(Vec<u8>),
    /// Says this, and nothing more.
    SayAndHang(Vec<u8>),
    /// Says this, a byte now and then.
    Drip(Vec<u8>),
    /// Says this again and again, fifty times a second.
    Repeat(Vec<u8>),
    /// Says the first, then the second again and again.
    SayForEver(Vec<u8>, Vec<u8>),
}

/// Who meets it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asks {
    Discovery,
    Keys,
    Page,
}

#[derive(Debug, Clone)]
pub struct Row {
    /// What the server does, for people.
    pub what: &'static str,
    pub at: At,
    pub asks: Asks,
    pub does: Does,
    /// The `reason` that must be told.
    pub reason: &'static str,
}

fn row(what: &'static str, does: Does, reason: &'static str) -> Row {
    Row {
        what,
        at: At::Tcp,
        asks: Asks::Discovery,
        does,
        reason,
    }
}

fn say(text: impl AsRef<[u8]>) -> Does {
    Does::Say(text.as_ref().to_vec())
}

/// An answer with this status line, these headers and this body.
fn http(status: &str, headers: &str, body: &[u8]) -> Vec<u8> {
    let head = format!(
        "HTTP/1.1 {status}\r\n{headers}content-length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

fn ok(body: impl AsRef<[u8]>) -> Does {
    Does::Say(http("200 OK", "", body.as_ref()))
}

fn status(line: &str) -> Does {
    Does::Say(http(line, "", b"no"))
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    packed.write_all(body).unwrap();
    packed.finish().unwrap()
}

fn packed(body: &[u8]) -> Does {
    Does::Say(http("200 OK", "content-encoding: gzip\r\n", &gzip(body)))
}

/// What a page that gets a million of these looks like.
fn page(begin: &str, unit: &str, end: &str) -> Does {
    let body = [begin, &unit.repeat(4_000_000 / unit.len()), end].concat();
    packed(body.as_bytes())
}

/// All rows, in the order of the document.
pub fn rows() -> Vec<Row> {
    let mut rows = connections();
    rows.extend(heads());
    rows.extend(bodies());
    rows.extend(statuses());
    rows.extend(handshakes());
    rows.extend(http2());
    rows.extend(key_sets());
    rows.extend(pages());
    rows
}
