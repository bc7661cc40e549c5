//! Frames of HTTP/2.

use super::{At, Does, Row, row, say};

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

pub fn http2() -> Vec<Row> {
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
