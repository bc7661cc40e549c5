//! Connections, and the handshakes that are to secure them.

use super::{At, Certificate, Does, Row, http, ok, row, say};

pub fn connections() -> Vec<Row> {
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

pub fn handshakes() -> Vec<Row> {
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
