//! Key sets and status pages.

use super::{Asks, Row, ok, packed, page, row};

pub fn key_sets() -> Vec<Row> {
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

pub fn pages() -> Vec<Row> {
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
