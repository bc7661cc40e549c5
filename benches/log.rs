//! How fast the System Log is read: pages of 1,000 events of real sizes, made here, each parsed, told from
//! what was read before, counted and kept as an org's account is, on one core; and how long a million of them take by the calls that
//! they cost.
//!
//! ```text
//! cargo bench --bench log
//! ```
//!
//! It fails below 150,000 events a second, or where memory grows with the backlog.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::{
    collections::BTreeMap,
    hint::black_box,
    io::{Read as _, Write as _},
    process::ExitCode,
    sync::Arc,
    time::Duration,
};

use flate2::{Compression, read::GzDecoder, write::GzEncoder};
use okta_exporter::{
    fleet::{Account, Watched},
    okta::event::{Event, EventPage},
    probe::{MemoryKey, system_log::EVENT_TYPES},
    store::{InMemory, Store},
};
use peak_alloc::PeakAlloc;
use serde_json::Value;
use tokio::{
    runtime::{Builder, Runtime},
    time::Instant,
};

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// The least, in events a second.
const LEAST: f64 = 150_000.0;
/// The most that reading may cost in memory, in bytes, whatever the backlog: a page, and what was read before.
const MOST: usize = 16_000_000;

const EVENTS: usize = 1_000;
const PAGES: usize = 8;
/// The machine may be busy: the best of so many rounds counts.
const ROUNDS: usize = 15;

/// A page, and where the uuids of its events stand in it.
struct Page {
    body: Vec<u8>,
    uuids: Vec<usize>,
}

impl Page {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let (mut text, mut uuids) = ("[".to_owned(), Vec::new());
        for number in 0..EVENTS {
            if number > 0 {
                text.push(',');
            }
            let begin = text.len();
            text.push_str(&event(&mut random));
            let at = text
                .get(begin..)
                .and_then(|event| event.find("\"uuid\":\""));
            uuids.extend(at.map(|at| begin + at + "\"uuid\":\"".len()));
        }
        text.push(']');
        Self {
            body: text.into_bytes(),
            uuids,
        }
    }

    /// Lets its events be others.
    fn renew(&mut self, counter: &mut u32) {
        for &at in &self.uuids {
            let digits = format!("{counter:08x}");
            if let Some(place) = self.body.get_mut(at..at + digits.len()) {
                place.copy_from_slice(digits.as_bytes());
            }
            *counter = counter.wrapping_add(1);
        }
    }
}

const TYPES: [(&str, &str, &str); 6] = [
    (
        "user.session.start",
        "INFO",
        r#"{"result":"SUCCESS","reason":null}"#,
    ),
    (
        "user.authentication.sso",
        "INFO",
        r#"{"result":"SUCCESS","reason":null}"#,
    ),
    (
        "policy.evaluate_sign_on",
        "INFO",
        r#"{"result":"ALLOW","reason":"Sign-on policy evaluation resulted in AllowSession"}"#,
    ),
    (
        "user.session.start",
        "WARN",
        r#"{"result":"FAILURE","reason":"INVALID_CREDENTIALS"}"#,
    ),
    (
        "app.oauth2.token.grant.access_token",
        "INFO",
        r#"{"result":"SUCCESS","reason":null}"#,
    ),
    (
        "system.org.rate_limit.warning",
        "WARN",
        r#"{"result":"SUCCESS","reason":null}"#,
    ),
];

/// One event of the shape in which Okta writes them: half have 1.4 kB or less, a few 4.
fn event(random: &mut fastrand::Rng) -> String {
    let rare = random.u32(..100) == 0;
    let (event_type, severity, outcome) = *random
        .choice(TYPES.iter().take(if rare { 6 } else { 5 }))
        .unwrap_or(&TYPES[0]);
    let (a, b) = (random.u64(..), random.u64(..));
    let (day, second) = (random.u32(10..28), random.u32(10..60));
    let more = match random.u32(..100) {
        0..60 => 0,
        60..95 => random.u32(1..9),
        _ => random.u32(20..36),
    };
    let debug = (0..more).map(|number| {
        let value = random.u128(..);
        format!(r#","key{number}":"{{\"factor\":\"push {value:032x}\",\"ok\":true}}""#)
    });
    let debug = debug.collect::<Vec<_>>().concat();
    let target = if rare {
        r#"[{"id":"/api/v1/users","type":"URL Pattern","alternateId":null,"displayName":null,"detailEntry":null},{"id":"b0b1c2d3-0000-4000-8000-000000000000","type":"Bucket Uuid","alternateId":null,"displayName":null,"detailEntry":null}]"#.to_owned()
    } else {
        format!(
            r#"[{{"id":"0oa{a:017x}","type":"AppInstance","alternateId":"Payroll","displayName":"Payroll","detailEntry":{{"signOnModeType":"OPENID_CONNECT"}}}}]"#
        )
    };
    format!(
        r#"{{"actor":{{"id":"00u{a:017x}","type":"User","alternateId":"someone.{b:x}@example.com","displayName":"Some One","detailEntry":null}},"client":{{"userAgent":{{"rawUserAgent":"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0","os":"Mac OS X","browser":"CHROME"}},"zone":"null","device":"Computer","id":null,"ipAddress":"192.0.2.{day}","geographicalContext":{{"city":"Springfield","state":"Oregon","country":"United States","postalCode":"97475","geolocation":{{"lat":44.0462,"lon":-123.0220}}}}}},"device":null,"authenticationContext":{{"authenticationProvider":null,"credentialProvider":null,"credentialType":null,"issuer":null,"interface":null,"authenticationStep":0,"externalSessionId":"102{b:020}"}},"displayMessage":"User login to Okta","eventType":"{event_type}","outcome":{outcome},"published":"2026-07-{day}T09:30:{second}.123Z","securityContext":{{"asNumber":null,"asOrg":null,"isp":null,"domain":null,"isProxy":null}},"severity":"{severity}","debugContext":{{"debugData":{{"requestId":"{b:027x}","requestUri":"/api/v1/authn","url":"/api/v1/authn?"{debug}}}}},"legacyEventType":"core.user_auth.login_success","transaction":{{"type":"WEB","id":"{b:027x}","detail":{{}}}},"uuid":"00000000-{:04x}-11f0-{:04x}-{:012x}","version":"0","request":{{"ipChain":[{{"ip":"192.0.2.{day}","geographicalContext":null,"version":"V4","source":null}}]}},"target":{target}}}"#,
        a & 0xffff,
        (a >> 16) & 0xffff,
        b & 0xffff_ffff_ffff,
    )
}

/// An org's account, as the exporter has one, kept in memory.
struct Counts {
    account: Account,
    key: MemoryKey,
    runtime: Runtime,
}

impl Counts {
    fn new() -> Option<Self> {
        let origin = "https://acme.okta.com";
        let store: Arc<dyn Store> = Arc::new(InMemory::default());
        let account = Account::new("acme".parse().ok()?, origin.to_owned(), store);
        account.watch(Watched {
            log: true,
            hook: false,
            types: EVENT_TYPES.iter().copied().map(Box::from).collect(),
        });
        Some(Self {
            account,
            key: MemoryKey {
                origin: origin.to_owned(),
                kind: "system_log",
                id: "log".to_owned(),
            },
            runtime: Builder::new_current_thread().enable_time().build().ok()?,
        })
    }

    fn count(&self, events: &[Event]) {
        let told = self.account.told_by_log(events, (&self.key, Value::Null));
        let kept = self.runtime.block_on(told);
        assert!(kept.is_ok(), "{kept:?}");
    }
}

fn read(body: &[u8], counts: Option<&Counts>) {
    let page = EventPage::read(body).unwrap_or_default();
    assert_eq!(page.events.len(), EVENTS);
    if let Some(counts) = counts {
        counts.count(&page.events);
    }
}

/// As a tree, of which the same is looked up.
fn read_tree(body: &[u8]) {
    let page: Vec<Value> = serde_json::from_slice(body).unwrap_or_default();
    let mut counts = BTreeMap::<_, u64>::new();
    for event in &page {
        let word = |path| {
            event
                .pointer(path)
                .and_then(Value::as_str)
                .unwrap_or_default()
        };
        let labels = (
            word("/eventType"),
            word("/outcome/result"),
            word("/severity"),
        );
        *counts.entry(labels).or_default() += 1;
        black_box(word("/uuid"));
    }
    black_box(counts);
}

/// The best of the rounds, for one page.
fn best(pages: &mut [Page], mut work: impl FnMut(usize, &[u8])) -> Duration {
    let mut counter = 0;
    let mut best = Duration::MAX;
    for _ in 0..ROUNDS {
        for (number, page) in pages.iter_mut().enumerate() {
            page.renew(&mut counter);
            let start = Instant::now();
            work(number, &page.body);
            best = best.min(start.elapsed());
        }
    }
    best
}

/// The most memory that so many pages take, one after the other, beside the pages themselves.
fn peak(pages: &mut [Page], times: usize) -> usize {
    let mut counter = 0;
    let counts = Counts::new();
    let before = ALLOCATED.current_usage();
    ALLOCATED.reset_peak_usage();
    for _ in 0..times {
        for page in &mut *pages {
            page.renew(&mut counter);
            let answer = page.body.clone();
            read(&answer, counts.as_ref());
        }
    }
    ALLOCATED.peak_usage().saturating_sub(before)
}

fn unpacked(packed: &[u8]) -> Vec<u8> {
    let mut body = Vec::new();
    drop(GzDecoder::new(packed).read_to_end(&mut body));
    body
}

fn main() -> ExitCode {
    let mut pages: Vec<Page> = (0..PAGES as u64).map(Page::new).collect();
    let mut sizes: Vec<usize> = pages.iter().flat_map(sizes).collect();
    sizes.sort_unstable();
    let at = |share: usize| {
        sizes
            .get(sizes.len() * share / 100)
            .copied()
            .unwrap_or_default()
    };
    let bytes = pages.iter().map(|page| page.body.len()).sum::<usize>() / PAGES;
    println!(
        "pages of {EVENTS} events of {} bytes (half), {} (90 %), {} at most: {:.2} MB",
        at(50),
        at(90),
        sizes.last().copied().unwrap_or_default(),
        bytes as f64 / 1e6
    );

    let Some(counts) = Counts::new() else {
        println!("no account can be made");
        return ExitCode::FAILURE;
    };
    let ours = best(&mut pages, |_, body| read(body, Some(&counts)));
    let tree = best(&mut pages, |_, body| read_tree(body));
    let packed: Vec<Vec<u8>> = pages.iter().map(|page| packed(&page.body)).collect();
    let gunzip = best(&mut pages, |number, _| {
        let body = packed.get(number).map(|packed| unpacked(packed));
        read(&body.unwrap_or_default(), Some(&counts));
    });
    let rate = |took: Duration| EVENTS as f64 / took.as_secs_f64();
    println!("\none core                          events/s    MB/s");
    for (name, took) in [
        ("read, told apart, counted, kept", ours),
        ("the same after gunzip", gunzip),
        ("as serde_json::Value", tree),
    ] {
        let megabytes = bytes as f64 / took.as_secs_f64() / 1e6;
        println!("{name:<32} {:>9.0} {megabytes:>7.0}", rate(took));
    }

    let (few, many) = (peak(&mut pages, 10), peak(&mut pages, 100));
    println!(
        "\nmemory: {:.1} MB for {} events, {:.1} MB for {}",
        few as f64 / 1e6,
        10 * PAGES * EVENTS,
        many as f64 / 1e6,
        100 * PAGES * EVENTS
    );

    let calls = 1_000_000 / EVENTS;
    println!(
        "\na million events: {calls} calls, {:.1} s of reading",
        calls as f64 * ours.as_secs_f64()
    );
    for limit in [10, 25, 60] {
        let minutes = |share: f64| calls as f64 / (f64::from(limit) * share);
        println!(
            "  {limit} calls a minute: {:.0} min by half of them, {:.0} by all",
            minutes(0.5),
            minutes(1.0)
        );
    }
    let mut fails = false;
    if rate(ours) < LEAST {
        println!("\nslower than {LEAST} events a second");
        fails = true;
    }
    if many > MOST || many > few + few / 10 {
        println!("\nmemory grows, or is more than {} MB", MOST / 1_000_000);
        fails = true;
    }
    ExitCode::from(u8::from(fails))
}

fn sizes(page: &Page) -> Vec<usize> {
    let events: Vec<Box<serde_json::value::RawValue>> =
        serde_json::from_slice(&page.body).unwrap_or_default();
    events.iter().map(|event| event.get().len()).collect()
}

fn packed(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    drop(encoder.write_all(body));
    encoder.finish().unwrap_or_default()
}
