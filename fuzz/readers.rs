//! What each target does with its input: called by the fuzzer, and by `tests/it/mutations.rs`, which the test
//! command runs where no fuzzer is at hand.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue, StatusCode, header};
use okta_exporter::{
    config::Config,
    metrics::{Family, Page},
    okta::{
        AccessToken, Challenge, KeySet, LimitKind, RateLimit,
        event::{Delivery, EventPage},
        max_age, readers,
    },
    probe::status_page::{Format, read},
};

/// A target: its name, and what it does.
pub type Target = (&'static str, fn(&[u8]));

pub const ALL: [Target; 12] = [
    ("challenge", challenge),
    ("configuration", configuration),
    ("date", date),
    ("envelope", envelope),
    ("exposition", exposition),
    ("hook_delivery", hook_delivery),
    ("jwks", jwks),
    ("jwt", jwt),
    ("link", link),
    ("log_page", log_page),
    ("rate_limit", rate_limit),
    ("status_page", status_page),
];

/// `WWW-Authenticate`: nothing grows beyond its bounds.
pub fn challenge(line: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let headers = HeaderMap::from_iter([(header::WWW_AUTHENTICATE, value)]);
    let challenges = Challenge::read_all(&headers);
    assert!(challenges.len() <= 20);
    assert!(
        challenges
            .iter()
            .all(|challenge| challenge.params.len() <= 20)
    );
}

/// Configurations: parsed, or refused with their problems.
pub fn configuration(body: &[u8]) {
    let Ok(yaml) = std::str::from_utf8(body) else {
        return;
    };
    if let Err(problems) = Config::parse(yaml, &BTreeMap::new()) {
        assert!(!problems.to_string().is_empty());
    }
}

/// Dates and ages of HTTP.
pub fn date(line: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    for name in [
        header::DATE,
        header::EXPIRES,
        header::AGE,
        header::CACHE_CONTROL,
    ] {
        let headers = HeaderMap::from_iter([(name, value.clone())]);
        let (_, _) = (readers::date(&headers), max_age(&headers));
        drop(readers::request_id(&headers));
    }
}

/// What an answer other than 2xx says of itself: short, and in one line.
pub fn envelope(body: &[u8]) {
    let told = readers::error(&HeaderMap::new(), body);
    assert!(!told.contains(char::is_control) && told.chars().count() <= 3_000);
}

const FAMILY: Family = Family::gauge("okta_fuzz", "A family.", &["org", "scope"]);

/// The page of metrics: a parser that knows nothing of ours reads back what was written. Two labels and a
/// value, a line each.
pub fn exposition(body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let mut parts = text.splitn(3, '\n');
    let mut next = || parts.next().unwrap_or_default();
    let (value, org, scope) = (next(), next(), next());
    let value: f64 = value.parse().unwrap_or(0.5);
    let mut page = Page::new();
    page.push(&FAMILY, &[org, scope], value);
    let text = page.text();
    let series = text.split('\n');
    let mut series = series.filter(|line| !line.starts_with('#') && !line.is_empty());
    let (labels, read) = parse(series.next().expect("a series")).expect("a series");
    assert_eq!(series.next(), None);
    let expected: Vec<&str> = [org, scope]
        .into_iter()
        .filter(|label| !label.is_empty())
        .collect();
    assert_eq!(labels, expected);
    assert!(read.to_bits() == value.to_bits() || (read.is_nan() && value.is_nan()));
}

/// The label values and the value of a line, by the text format of Prometheus.
fn parse(line: &str) -> Option<(Vec<String>, f64)> {
    let mut rest = line.strip_prefix("okta_fuzz")?.chars().peekable();
    let mut labels = Vec::new();
    if rest.peek() == Some(&'{') {
        while matches!(rest.next()?, '{' | ',') {
            let name: String = rest.by_ref().take_while(|c| *c != '=').collect();
            assert!(["org", "scope"].contains(&name.as_str()), "{name}");
            assert_eq!(rest.next(), Some('"'));
            let mut value = String::new();
            loop {
                match rest.next()? {
                    '"' => break,
                    '\\' => value.push(match rest.next()? {
                        'n' => '\n',
                        c @ ('\\' | '"') => c,
                        other => panic!("\\{other}"),
                    }),
                    c => value.push(c),
                }
            }
            labels.push(value);
            if rest.peek() == Some(&'}') {
                rest.next();
                break;
            }
        }
    }
    let value: String = rest.collect();
    Some((labels, value.strip_prefix(' ')?.parse().ok()?))
}

/// Key sets, and what is signed with them.
pub fn jwks(body: &[u8]) {
    if let Ok(set) = KeySet::read(body) {
        for kid in set.keys.keys() {
            assert!(!kid.is_empty() && kid.len() <= 128);
        }
        let _signature = set.verify(&String::from_utf8_lossy(body));
    }
}

/// What an event hook delivers: what is kept of it is bounded.
pub fn hook_delivery(body: &[u8]) {
    if let Ok(delivery) = Delivery::read(body) {
        assert!(delivery.hook.is_none_or(|hook| hook.len() <= 64));
        are_bounded(&delivery.page);
    }
}

/// A page of the System Log: what is kept of an event is bounded.
pub fn log_page(body: &[u8]) {
    if let Ok(page) = EventPage::read(body) {
        are_bounded(&page);
    }
}

fn are_bounded(page: &EventPage) {
    assert!(page.entries() <= 2_000);
    for event in &page.events {
        assert!(event.event_type.len() <= 128 && event.hooks.len() <= 25);
    }
}

/// Tokens: decoded without a panic.
pub fn jwt(body: &[u8]) {
    drop(AccessToken::decode(&String::from_utf8_lossy(body)));
}

/// `Link`: what is found stands in the header.
pub fn link(line: &[u8]) {
    let Ok(value) = HeaderValue::from_bytes(line) else {
        return;
    };
    let headers = HeaderMap::from_iter([(header::LINK, value)]);
    if let Some(target) = readers::next(&headers) {
        assert!(String::from_utf8_lossy(line).contains(&target));
    }
}

/// Rate-limit headers, one in each line of the input: what is read makes sense.
pub fn rate_limit(body: &[u8]) {
    let names = [
        "x-rate-limit-limit",
        "x-rate-limit-remaining",
        "x-rate-limit-reset",
        "retry-after",
        "date",
    ];
    let mut headers = HeaderMap::new();
    let lines = body.split(|byte| *byte == b'\n').take(20);
    for (name, line) in names.iter().cycle().zip(lines) {
        if let Ok(value) = HeaderValue::from_bytes(line) {
            headers.append(*name, value);
        }
    }
    if let Some(read) = RateLimit::read(&headers) {
        assert!(read.limit > 0 && read.remaining <= read.limit);
        assert!((0.0..=1.0).contains(&read.usage_ratio()));
    }
    let _kind = LimitKind::of_429(&headers);
    let wait = readers::back_off(StatusCode::TOO_MANY_REQUESTS, &headers);
    assert!(wait.is_some_and(|wait| wait.as_secs() <= 300));
}

/// Status pages in every format: the first byte chooses it.
pub fn status_page(body: &[u8]) {
    let Some((first, body)) = body.split_first() else {
        return;
    };
    let format = match first % 4 {
        0 => Format::Auto,
        1 => Format::Okta,
        2 => Format::Statuspage,
        _ => Format::Atom,
    };
    if let Ok(seen) = read(format, None, body) {
        for incident in seen.incidents.iter().chain(&seen.maintenances).flatten() {
            assert!(incident.id.len() <= 63 && incident.id.is_ascii());
            assert!(incident.title.chars().count() <= 100);
        }
    }
}
