//! Answers over HTTP/1.1: their heads, their bodies, and what their statuses mean.

use super::{Does, Row, gzip, http, ok, packed, row, say, status};

pub fn heads() -> Vec<Row> {
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

pub fn bodies() -> Vec<Row> {
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

pub fn statuses() -> Vec<Row> {
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
