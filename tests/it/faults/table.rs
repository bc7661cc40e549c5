//! The table of faults: what a server does wrong, and what must be said of it.

use std::io::Write as _;

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

/// An HTTP/2 frame of the connection, or of the first request.
fn frame(kind: u8, flags: u8, stream: u8, payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_be_bytes();
    let head = [
        length[1], length[2], length[3], kind, flags, 0, 0, 0, stream,
    ];
    [&head[..], payload].concat()
}

/// What an HTTP/2 server begins with.
fn settings() -> Vec<u8> {
    [frame(4, 0, 0, &[]), frame(4, 1, 0, &[])].concat()
}

fn after_settings(frames: &[u8]) -> Vec<u8> {
    [&settings(), frames].concat()
}

fn goaway(code: u8) -> Vec<u8> {
    frame(7, 0, 0, &[0, 0, 0, 0, 0, 0, 0, code])
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

fn connections() -> Vec<Row> {
    let head = b"HTTP/1.1 200 OK\r\ncontent-length: 90\r\n\r\n{\"issuer\":";
    vec![
        row("closes each connection at once", Does::Close, "connect"),
        row("resets each connection", Does::Reset, "connect"),
        row("reads the request and closes", say(""), "connect"),
        row(
            "reads the request and says nothing",
            Does::SayAndHang(Vec::new()),
            "timeout",
        ),
        row(
            "stops in the status line",
            Does::SayAndHang(b"HTTP/1.1 2".to_vec()),
            "timeout",
        ),
        row(
            "stops in the headers",
            Does::SayAndHang(b"HTTP/1.1 200 OK\r\ndate: ".to_vec()),
            "timeout",
        ),
        row(
            "stops in the body",
            Does::SayAndHang(head.to_vec()),
            "timeout",
        ),
        row(
            "sends a byte now and then",
            Does::Drip(http("200 OK", "", &[b' '; 500])),
            "timeout",
        ),
        row("closes in the status line", say("HTTP/1.1 2"), "connect"),
        row(
            "closes in the headers",
            say("HTTP/1.1 200 OK\r\ndate: "),
            "connect",
        ),
        row("closes in the body", say(head), "invalid_body"),
        row(
            "sends 100 Continue for ever",
            Does::Repeat(b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
            "timeout",
        ),
        row(
            "floods with 100 Continue",
            Does::SayForEver(Vec::new(), b"HTTP/1.1 100 Continue\r\n\r\n".to_vec()),
            "too_large",
        ),
    ]
}

fn heads() -> Vec<Row> {
    let unreadable = |what, bytes: &[u8]| row(what, Does::Say(bytes.to_vec()), "invalid_body");
    let long = |name: &str| format!("HTTP/1.1 200 OK\r\n{name}: {}\r\n\r\n", "x".repeat(1 << 20));
    let many = |count: usize| {
        let lines = (0..count).map(|n| format!("x-{n}: 1\r\n"));
        format!("HTTP/1.1 200 OK\r\n{}\r\n", lines.collect::<String>())
    };
    vec![
        unreadable("is an SSH server", b"SSH-2.0-OpenSSH_9.6\r\n"),
        unreadable("is a mail server", b"220 mail.example ESMTP ready\r\n"),
        unreadable(
            "is a database",
            b"\x4a\x00\x00\x00\x0a8.0.36\x00\x01\x02\x03\x04",
        ),
        unreadable("sends zeros", &[0; 64]),
        unreadable(
            "sends random bytes",
            b"\x9d\xf1\x02\x88\x7e\xc3\x11\x00\xfe\xca\r\n\r\n",
        ),
        unreadable("answers as HTTP/0.9 did", b"<html>hello</html>"),
        unreadable("answers as HTTP/9.9 might", b"HTTP/9.9 200 OK\r\n\r\n"),
        unreadable("has a status of letters", b"HTTP/1.1 abc OK\r\n\r\n"),
        unreadable("has a status of five digits", b"HTTP/1.1 20000 OK\r\n\r\n"),
        unreadable(
            "has a header without a colon",
            b"HTTP/1.1 200 OK\r\nhello\r\n\r\n",
        ),
        unreadable(
            "has a header with a NUL",
            b"HTTP/1.1 200 OK\r\na: \x00\r\n\r\n",
        ),
        unreadable(
            "has a blank in a header's name",
            b"HTTP/1.1 200 OK\r\na b: c\r\n\r\n",
        ),
        unreadable("has 200 headers", many(200).as_bytes()),
        unreadable("has 20,000 headers", many(20_000).as_bytes()),
        unreadable("has a header of a megabyte", long("x").as_bytes()),
        unreadable(
            "has a challenge of a megabyte",
            long("www-authenticate").as_bytes(),
        ),
        row(
            "sends headers for ever",
            Does::SayForEver(b"HTTP/1.1 200 OK\r\n".to_vec(), b"a: b\r\n".to_vec()),
            "invalid_body",
        ),
        row(
            "has a status line for ever",
            Does::SayForEver(b"HTTP/1.1 200 ".to_vec(), b"OK ".to_vec()),
            "invalid_body",
        ),
        unreadable(
            "has a length of letters",
            b"HTTP/1.1 200 OK\r\ncontent-length: many\r\n\r\n{}",
        ),
        unreadable(
            "has a length below zero",
            b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n{}",
        ),
        unreadable(
            "has two lengths",
            b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\ncontent-length: 3\r\n\r\n{}",
        ),
        unreadable(
            "has a chunk of no size",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n{}\r\n0\r\n\r\n",
        ),
        unreadable(
            "has a chunk larger than memory",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n{}",
        ),
        unreadable(
            "has chunks without an end",
            b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n2\r\n{}\r\n",
        ),
    ]
}

fn bodies() -> Vec<Row> {
    let unreadable = |what, body: &[u8]| row(what, ok(body), "invalid_body");
    let deep = "[".repeat(30_000);
    let bomb = format!("{{{}\"\":0}}", r#""":{},"#.repeat(8_000));
    let chunked = b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_vec();
    vec![
        unreadable("answers with nothing", b""),
        unreadable("answers `null`", b"null"),
        unreadable("answers with a list", b"[]"),
        unreadable(
            "answers with a page",
            b"<html><title>Sign in</title></html>",
        ),
        unreadable("answers with half of the JSON", b"{\"issuer\":\"http"),
        unreadable("answers in UTF-16", b"\xff\xfe{\x00}\x00"),
        unreadable("answers with NULs", &[0; 2048]),
        unreadable("names an issuer that is a number", b"{\"issuer\":5}"),
        unreadable(
            "names its issuer twice",
            b"{\"issuer\":\"a\",\"issuer\":\"b\"}",
        ),
        unreadable("nests 30,000 lists", deep.as_bytes()),
        unreadable("sends 8,000 objects of no name", bomb.as_bytes()),
        row(
            "names another issuer",
            ok("{\"issuer\":\"https://evil.example\"}"),
            "config",
        ),
        row(
            "names an issuer of 60 kB",
            ok(format!("{{\"issuer\":\"{}\"}}", "\u{202e}".repeat(20_000))),
            "config",
        ),
        row("sends a megabyte", ok(vec![b' '; 1 << 20]), "too_large"),
        row(
            "announces ten gigabytes",
            say("HTTP/1.1 200 OK\r\ncontent-length: 10000000000\r\n\r\n{}"),
            "too_large",
        ),
        row(
            "sends chunks for ever",
            // Large ones: a million small ones take a busy machine longer than a request may.
            Does::SayForEver(chunked, [b"400\r\n", &[b' '; 0x400][..], b"\r\n"].concat()),
            "too_large",
        ),
        row(
            "sends for ever",
            Does::SayForEver(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), b"[".to_vec()),
            "too_large",
        ),
        row(
            "packs 8 MB into little",
            packed(&vec![b' '; 8 << 20]),
            "too_large",
        ),
        row(
            "says gzip and sends none",
            Does::Say(http(
                "200 OK",
                "content-encoding: gzip\r\n",
                b"{\"issuer\":1}",
            )),
            "invalid_body",
        ),
        row(
            "sends half of a gzip",
            Does::Say(http(
                "200 OK",
                "content-encoding: gzip\r\n",
                &gzip(&[b'x'; 5000])[..20],
            )),
            "invalid_body",
        ),
        row(
            "packs in a way that nobody asked for",
            Does::Say(http(
                "200 OK",
                "content-encoding: zstd\r\n",
                b"\x28\xb5\x2f\xfd",
            )),
            "invalid_body",
        ),
    ]
}

fn statuses() -> Vec<Row> {
    let refused = |what, line| row(what, status(line), "http_status");
    let headed = |status: &str, headers: &str| Does::Say(http(status, headers, b""));
    let moved = |to: &str| headed("302 Found", &format!("location: {to}\r\n"));
    let challenges = format!("www-authenticate: {}\r\n", "a=b, ".repeat(10_000));
    let amps = "&".repeat(1 << 20);
    vec![
        refused("answers 400", "400 Bad Request"),
        refused("answers 404", "404 Not Found"),
        refused("answers 418", "418 I'm a teapot"),
        refused("answers 500", "500 Internal Server Error"),
        refused("answers 503", "503 Service Unavailable"),
        refused("answers 999", "999 No"),
        row("answers 401", status("401 Unauthorized"), "unauthorized"),
        row(
            "answers 401 with 10,000 challenges",
            headed("401 Unauthorized", &challenges),
            "unauthorized",
        ),
        row(
            "answers 403 as an edge does",
            status("403 Forbidden"),
            "forbidden",
        ),
        row(
            "answers 429 and no more",
            status("429 Too Many Requests"),
            "rate_limited",
        ),
        row(
            "answers 500 with a body without end",
            Does::SayForEver(b"HTTP/1.1 500 No\r\n\r\n".to_vec(), b"{\"\":0},".to_vec()),
            "http_status",
        ),
        row(
            "answers 500 and packs 8 MB",
            Does::Say(http(
                "500 No",
                "content-encoding: gzip\r\n",
                &gzip(&vec![b'['; 8 << 20]),
            )),
            "http_status",
        ),
        row(
            "answers 404 with a megabyte of `&`",
            Does::Say(http("404 No", "", amps.as_bytes())),
            "http_status",
        ),
        row(
            "answers 304 to a first request",
            headed("304 Not Modified", ""),
            "http_status",
        ),
        row(
            "redirects to nowhere",
            headed("302 Found", ""),
            "http_status",
        ),
        row(
            "redirects to another host",
            moved("https://evil.example/"),
            "redirect",
        ),
        row(
            "redirects to itself",
            moved("/.well-known/openid-configuration"),
            "redirect",
        ),
    ]
}

fn handshakes() -> Vec<Row> {
    let tls = |what, does| Row {
        at: At::Handshake,
        ..row(what, does, "tls")
    };
    let shown = |what, certificate| Row {
        at: At::Tls(certificate),
        ..row(what, ok("{}"), "tls")
    };
    // A handshake record that announces a ServerHello and breaks off.
    let half = b"\x16\x03\x03\x00\x40\x02\x00\x00\x3c\x03\x03".to_vec();
    vec![
        tls("closes in the TLS handshake", Does::Close),
        tls("reads the TLS greeting and closes", say("")),
        tls("resets in the TLS handshake", Does::Reset),
        tls(
            "speaks plain HTTP at the port for TLS",
            say("HTTP/1.1 400 Bad Request\r\n\r\n"),
        ),
        tls(
            "is an SSH server at the port for TLS",
            say("SSH-2.0-OpenSSH_9.6\r\n"),
        ),
        tls(
            "refuses the TLS handshake by an alert",
            say(b"\x15\x03\x03\x00\x02\x02\x28"),
        ),
        tls("breaks off in its TLS greeting", Does::Say(half.clone())),
        Row {
            at: At::Handshake,
            ..row(
                "hangs in the TLS handshake",
                Does::SayAndHang(Vec::new()),
                "timeout",
            )
        },
        Row {
            at: At::Handshake,
            ..row(
                "hangs in its TLS greeting",
                Does::SayAndHang(half),
                "timeout",
            )
        },
        shown("shows a certificate that has expired", Certificate::Expired),
        shown("shows a certificate of the future", Certificate::Early),
        shown(
            "shows a certificate of another host",
            Certificate::OfAnotherHost,
        ),
        shown(
            "shows a certificate that nobody signed",
            Certificate::OfNobody,
        ),
        Row {
            at: At::Tls(Certificate::Right),
            ..row(
                "answers with a page, over TLS",
                ok("<html>"),
                "invalid_body",
            )
        },
        Row {
            at: At::Tls(Certificate::Right),
            ..row(
                "is an SSH server, over TLS",
                say("SSH-2.0-OpenSSH_9.6\r\n"),
                "invalid_body",
            )
        },
    ]
}

fn http2() -> Vec<Row> {
    let of = |what, does, reason| Row {
        at: At::Http2,
        ..row(what, does, reason)
    };
    let hang = |frames: &[u8]| Does::SayAndHang(after_settings(frames));
    // `:status: 200`, and nothing else.
    let headers = frame(1, 4, 1, &[0x88]);
    vec![
        of(
            "sends HTTP/1.1 where HTTP/2 was agreed",
            say("HTTP/1.1 200 OK\r\n\r\n"),
            "invalid_body",
        ),
        of("says GOAWAY", hang(&goaway(0)), "invalid_body"),
        of("says GOAWAY: calm down", hang(&goaway(11)), "invalid_body"),
        of(
            "takes the request back",
            hang(&frame(3, 0, 1, &[0, 0, 0, 2])),
            "invalid_body",
        ),
        of(
            "sends a frame larger than was agreed",
            hang(&frame(0, 0, 1, &[0; 20_000])),
            "invalid_body",
        ),
        of(
            "sends headers that cannot be unpacked",
            hang(&frame(1, 4, 1, &[0xff; 8])),
            "invalid_body",
        ),
        of(
            "sends a body before its headers",
            hang(&frame(0, 1, 1, b"{}")),
            "invalid_body",
        ),
        of("sends headers and no body", hang(&headers), "timeout"),
        of("sends settings and nothing more", hang(&[]), "timeout"),
        of(
            "sends nothing where HTTP/2 was agreed",
            Does::SayAndHang(Vec::new()),
            "timeout",
        ),
        of(
            "sends pings for ever",
            Does::SayForEver(settings(), frame(6, 0, 0, &[0; 8])),
            "too_large",
        ),
        of(
            "floods with 103 Early Hints",
            // `:status: 103` and eight links, written out.
            Does::SayForEver(
                settings(),
                frame(
                    1,
                    4,
                    1,
                    &[
                        &b"\x08\x03103"[..],
                        &[&b"\x00\x04link\x7e"[..], &[b'x'; 126]].concat().repeat(8),
                    ]
                    .concat(),
                ),
            ),
            "too_large",
        ),
        of(
            "floods with empty pieces of a body",
            Does::SayForEver(after_settings(&headers), frame(0, 0, 1, &[])),
            "invalid_body",
        ),
    ]
}

fn key_sets() -> Vec<Row> {
    let of = |what, does, reason| Row {
        asks: Asks::Keys,
        ..row(what, does, reason)
    };
    let bomb = format!("{{\"keys\":[{}0]}}", r#"{"":{}},"#.repeat(25_000));
    vec![
        of(
            "publishes a key set that is no list",
            ok(r#"{"keys":{}}"#),
            "invalid_body",
        ),
        of("publishes 25,000 empty keys", ok(bomb), "invalid_body"),
        of(
            "publishes a key set of 300 kB",
            ok(vec![b' '; 300_000]),
            "too_large",
        ),
    ]
}

fn pages() -> Vec<Row> {
    let of = |what, does, reason| Row {
        asks: Asks::Page,
        ..row(what, does, reason)
    };
    let list = r#"<html><i data-id="incidents">["#;
    vec![
        of(
            "shows a status page of `&`",
            page(list, "&", "]</i></html>"),
            "invalid_body",
        ),
        of(
            "shows a status page of half tags",
            packed("<a data-id=\"".repeat(40_000).as_bytes()),
            "invalid_body",
        ),
        of(
            "shows a status page of empty records",
            page(list, "{},", "{}]</i></html>"),
            "invalid_body",
        ),
        of(
            "shows a Statuspage of 500,000 components",
            page(r#"{"page":{},"components":["#, r#"{"a":1},"#, "{}]}"),
            "invalid_body",
        ),
        of(
            "shows a Statuspage of objects",
            page("{", r#""":{},"#, r#""":0}"#),
            "invalid_body",
        ),
        of(
            "shows a feed of elements in elements",
            page("<feed>", "<a>", ""),
            "invalid_body",
        ),
        of(
            "shows a feed of 500,000 entries",
            page("<feed>", "<entry/>", "</feed>"),
            "invalid_body",
        ),
        of(
            "shows a status page of 5 MB",
            packed(&vec![b' '; 5 << 20]),
            "too_large",
        ),
    ]
}
