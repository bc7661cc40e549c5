//! Work on outside text is linear: each reader is given the worst that it can be given, and twice as
//! much, and must not need much more than twice the processor's time.

mod status_pages;

use std::{collections::BTreeMap, fs, hint::black_box, time::Duration};

use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use okta_exporter::{
    config::Config,
    okta::{
        AccessToken, Challenge, KeySet, RateLimit,
        event::{Delivery, EventPage},
        max_age, readers,
    },
    units::CellList,
};

const HALF: usize = 2 << 20;
const WHOLE: usize = 4 << 20;
/// What is done within this time was cut before it was worked on, and is too short to compare.
const NOTHING: Duration = Duration::from_millis(100);
/// Memory is slower the more of it is used, so that twice the text may need a little more than twice
/// the time. Quadratic work needs four times as much.
const MOST: f64 = 2.8;
/// Times are compared over so many runs of each at most: other programs disturb some, not all.
const RUNS: usize = 12;

/// The processor's time that this thread has used.
fn used() -> Duration {
    let told = fs::read_to_string("/proc/thread-self/schedstat").unwrap();
    let nanoseconds = told.split_ascii_whitespace().next().unwrap();
    Duration::from_nanos(nanoseconds.parse().unwrap())
}

fn time(read: &impl Fn(&[u8]), text: &[u8]) -> Duration {
    let before = used();
    read(text);
    used().saturating_sub(before)
}

/// This, again and again, to so many bytes.
fn repeated(unit: &str, bytes: usize) -> String {
    unit.repeat(bytes / unit.len())
}

/// Shows a reader linear on a text that begins, goes on and ends like this. `%` stands for a number that
/// is another each time.
fn is_linear(name: &str, read: impl Fn(&[u8]), shape: (&str, &str, &str)) {
    is_linear_over((HALF, WHOLE), name, read, shape);
}

/// The same over texts of these sizes.
fn is_linear_over(
    (half, whole): (usize, usize),
    name: &str,
    read: impl Fn(&[u8]),
    (begin, unit, end): (&str, &str, &str),
) {
    let text = |bytes: usize| {
        let middle = if unit.contains('%') {
            let units = (0..bytes / (unit.len() + 5)).map(|n| unit.replace('%', &n.to_string()));
            units.collect()
        } else {
            repeated(unit, bytes)
        };
        format!("{begin}{middle}{end}").into_bytes()
    };
    let (half_text, whole_text) = (text(half), text(whole));
    let (mut least, mut most) = (Duration::MAX, Duration::MAX);
    for _ in 0..RUNS {
        least = least.min(time(&read, &half_text));
        most = most.min(time(&read, &whole_text));
        if most < NOTHING || most.as_secs_f64() < MOST * least.as_secs_f64() {
            return;
        }
    }
    panic!(
        "{name}, {begin:?} {unit:?} {end:?}: {least:?} for {half} bytes and {most:?} for {whole}"
    );
}

/// One header line of this text, whatever a server may send in one.
fn line(name: &'static str, text: &[u8]) -> HeaderMap {
    let value = HeaderValue::from_bytes(text).unwrap();
    HeaderMap::from_iter([(HeaderName::from_static(name), value)])
}

fn header(name: &'static str, read: impl Fn(&HeaderMap), worst: &[&str]) {
    for unit in worst {
        let of_line = |text: &[u8]| read(&line(name, text));
        is_linear(name, of_line, ("", unit, ""));
        is_linear(name, of_line, ("x=\"", unit, ""));
    }
}

#[test]
fn headers() {
    header(
        "link",
        |headers| drop(black_box(readers::next(headers))),
        &[
            "<",
            "<>",
            "<a>;",
            "<a>,",
            "<a>; rel=self, ",
            "\\\"",
            ";=",
            "<\">",
        ],
    );
    header(
        "www-authenticate",
        |headers| drop(black_box(Challenge::read_all(headers))),
        &["a,", "a b=c,", "\"", "\\", "=", " ", "a=\"b\", ", "é"],
    );
    let all = |headers: &HeaderMap| {
        black_box(RateLimit::read(headers));
        black_box(readers::back_off(StatusCode::TOO_MANY_REQUESTS, headers));
        black_box(readers::date(headers));
        black_box(readers::request_id(headers));
        black_box(max_age(headers));
    };
    let dates = &[
        "(",
        "()",
        "1",
        " ",
        "Thu, ",
        "Thu, 11 Sep 2025 16:21:38 GMT ",
    ];
    for name in ["date", "retry-after", "expires", "age", "x-okta-request-id"] {
        header(name, all, dates);
    }
    for name in ["x-rate-limit-limit", "x-rate-limit-reset"] {
        header(name, all, &["1,", ",", "0", "1 ,"]);
    }
    header(
        "cache-control",
        all,
        &["max-age=", "a,", "\"", "max-age=1,", "\\\"", "no,"],
    );
}

/// Beginnings, middles and ends of JSON that goes wrong in one way or another.
const JSON: [(&str, &str, &str); 12] = [
    ("", "[", ""),
    ("", "{\"a\":", ""),
    ("{", "\"%\":{},", "\"\":0}"),
    ("[", "{\"\":0},", "0]"),
    ("[", "[],", "0]"),
    ("{\"a\":\"", "&", "\"}"),
    ("{\"a\":\"", "\\u0041", "\"}"),
    ("{\"a\":\"", "\\\\", ""),
    ("", "\"", ""),
    ("", "9", ""),
    ("{", "\"errorCode\":\"%\",", "\"keys\":[]}"),
    ("<title>", "<", ""),
];

#[test]
fn envelopes_and_key_sets() {
    let plain = HeaderMap::new();
    for worst in JSON {
        is_linear(
            "error",
            |body| drop(black_box(readers::error(&plain, body))),
            worst,
        );
        is_linear("key set", |body| drop(black_box(KeySet::read(body))), worst);
    }
    let causes = (
        "{\"errorCode\":\"E1\",\"errorCauses\":[",
        "{\"errorSummary\":\"x\"},",
        "{}]}",
    );
    is_linear(
        "error",
        |body| drop(black_box(readers::error(&plain, body))),
        causes,
    );
    for key in [
        r#"{"kid":"k","kty":"oct"},"#,
        r#"{"kid":"k","kty":"RSA","n":"AQ%","e":"AQAB"},"#,
        r#"{"kid":"%","kty":"OKP","crv":"Ed25519","x":"AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"},"#,
    ] {
        let set = ("{\"keys\":[", key, "{}]}");
        is_linear("key set", |body| drop(black_box(KeySet::read(body))), set);
    }
    let modulus = (
        r#"{"keys":[{"kid":"k","kty":"RSA","e":"AQAB","n":""#,
        "A",
        "\"}]}",
    );
    is_linear(
        "key set",
        |body| drop(black_box(KeySet::read(body))),
        modulus,
    );
}

#[test]
fn events() {
    let log = |body: &[u8]| drop(black_box(EventPage::read(body)));
    let delivery = |body: &[u8]| drop(black_box(Delivery::read(body)));
    for worst in JSON {
        is_linear("a page of the log", log, worst);
        is_linear("a delivery", delivery, worst);
    }
    let envelope = r#"{"eventType":"com.okta.event_hook","data":{"events":["#;
    is_linear("a delivery", delivery, (envelope, "{},", "{}]}}"));
    let limited = r#"[{"eventType":"system.org.rate_limit.warning","#;
    for (begin, unit, end) in [
        ("\"debugContext\":{\"x\":\"", "targetEventHookIds:", "\"}}]"),
        (
            "\"debugContext\":{\"targetEventHookIds\":\"",
            "who00000000000000001 ",
            "\"}}]",
        ),
        ("\"debugContext\":{\"targetEventHookIds\":", "[", ""),
        (
            "\"debugContext\":{\"debugData\":{",
            "\"urlPattern\":\"\\n\",",
            "\"x\":0}}}]",
        ),
        ("\"target\":[", "{\"type\":\"URL Pattern\"},", "{}]}]"),
        ("\"target\":[", "{\"id\":[{}]},", "{}]}]"),
        ("\"uuid\":\"", "\\n", "\"}]"),
        ("\"published\":\"", "2026-07-24T07:30:00.000Z ", "\"}]"),
        ("", "\"outcome\":{\"result\":\"x\"},", "\"x\":0}]"),
    ] {
        let begin = format!("{limited}{begin}");
        // A longer event is not read at all.
        is_linear_over((1 << 20, 2 << 20), "an event", log, (&begin, unit, end));
    }
}

#[test]
fn tokens_and_words() {
    for unit in [".", "a", "a.", "=", "é", "eyJhbGciOiJSUzI1NiJ9."] {
        let decode = |text: &[u8]| {
            drop(black_box(AccessToken::decode(&String::from_utf8_lossy(
                text,
            ))));
        };
        is_linear("token", decode, ("", unit, ""));
        is_linear("token", decode, ("eyJhbGciOiJSUzI1NiJ9.", unit, ".c2ln"));
    }
    for unit in [" ", "\u{200b}", "a ", "é", "&"] {
        let clean = |text: &[u8]| drop(black_box(readers::clean(&String::from_utf8_lossy(text))));
        is_linear("words", clean, ("", unit, ""));
    }
    for unit in [
        ":",
        "okta.com:7",
        "okta.com:7 (",
        "a:",
        "1:",
        " (",
        "a.",
        "okta.com:%;",
    ] {
        let cells = |text: &[u8]| {
            drop(black_box(CellList::read(&String::from_utf8_lossy(text))));
        };
        is_linear("cells", cells, ("", unit, ""));
    }
}

#[test]
fn configurations() {
    let read = |text: &[u8]| {
        let text = String::from_utf8_lossy(text);
        drop(black_box(Config::parse(&text, &BTreeMap::new())));
    };
    for worst in [
        ("orgs:\n  a:\n    url: \"", "x", "\""),
        ("orgs:\n", "  a%: {url: 'https://a%.okta.com'}\n", ""),
        ("orgs: {a: {x: [", "1,", "1]}}"),
        ("", "[", ""),
        ("", "{a: ", ""),
        ("", "# x\n", ""),
        ("", "a%: 1\n", ""),
        ("a: &a [x]\nb: [", "*a,", "*a]"),
        ("a: \"", "\\x41", "\""),
    ] {
        // What the operator writes comes from nobody else, and its reader takes its time.
        is_linear_over((HALF / 16, WHOLE / 16), "configuration", read, worst);
    }
}
