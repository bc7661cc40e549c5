//! What one answer may cost in memory: the worst that each reader can be given, within the bytes that an
//! answer of its kind may have, and the peak while it is read, the answer itself included.
//!
//! ```text
//! cargo bench --bench documents
//! ```
//!
//! It fails where an answer costs more than 16 MB.

#![expect(clippy::print_stdout, reason = "a benchmark prints its result")]

use std::{hint::black_box, process::ExitCode};

use http::{HeaderMap, HeaderValue, header};
use okta_exporter::{
    okta::{
        AccessToken, Challenge, KeySet,
        event::{Delivery, EventPage},
        readers,
    },
    probe::status_page::{Format, read},
};
use peak_alloc::PeakAlloc;

#[global_allocator]
static ALLOCATED: PeakAlloc = PeakAlloc;

/// The most that one answer may cost.
const MOST: usize = 16_000_000;

const ERROR: usize = 64 << 10;
const KEYS: usize = 256 << 10;
const PAGE: usize = 4 << 20;
const LOG: usize = 6 << 20;
const HEADER: usize = 400 << 10;

/// A reader, the bytes that it may be given (fewer where more would be refused unread), and the shape of
/// the worst.
struct Shape {
    name: &'static str,
    bytes: usize,
    text: (&'static str, &'static str, &'static str),
    read: fn(&[u8]),
}

fn error(body: &[u8]) {
    black_box(readers::error(&HeaderMap::new(), body));
}

fn keys(body: &[u8]) {
    drop(black_box(KeySet::read(body)));
}

fn token(body: &[u8]) {
    drop(black_box(AccessToken::decode(&String::from_utf8_lossy(
        body,
    ))));
}

fn challenge(line: &[u8]) {
    let mut headers = HeaderMap::new();
    headers.extend(
        HeaderValue::from_bytes(line)
            .ok()
            .map(|line| (header::WWW_AUTHENTICATE, line)),
    );
    drop(black_box(Challenge::read_all(&headers)));
}

fn okta(body: &[u8]) {
    drop(black_box(read(Format::Okta, None, body)));
}

fn statuspage(body: &[u8]) {
    drop(black_box(read(Format::Statuspage, None, body)));
}

fn feed(body: &[u8]) {
    drop(black_box(read(Format::Atom, None, body)));
}

fn log(body: &[u8]) {
    drop(black_box(EventPage::read(body)));
}

fn delivery(body: &[u8]) {
    drop(black_box(Delivery::read(body)));
}

/// How Okta's page begins, and how it ends.
const LIST: &str = r#"<html><p data-id="incidents">["#;
const END: &str = r#"{"Name":"I","Status__c":"x"}]</p><p data-id="planned-outages">[]</p></html>"#;
const INCIDENTS: &str = r#"{"page":{},"incidents":["#;
const COMPONENTS: &str = r#"{"page":{},"status":{"indicator":"none"},"components":["#;

const SHAPES: [Shape; 30] = [
    Shape {
        name: "an error: empty names",
        bytes: 45_000,
        text: ("{", r#""":0,"#, r#""":0}"#),
        read: error,
    },
    Shape {
        name: "an error: objects",
        bytes: 33_000,
        text: ("[", r#"{"":0},"#, "0]"),
        read: error,
    },
    Shape {
        name: "an error: objects by name",
        bytes: 50_000,
        text: ("{", r#""%":{},"#, r#""":0}"#),
        read: error,
    },
    Shape {
        name: "an error: lists",
        bytes: 14_900,
        text: ("[", "[],", "0]"),
        read: error,
    },
    Shape {
        name: "an error: one text",
        bytes: ERROR,
        text: (r#"{"errorCode":""#, "x", r#""}"#),
        read: error,
    },
    Shape {
        name: "a key set: objects by name",
        bytes: 50_000,
        text: ("{", r#""%":{},"#, r#""":0}"#),
        read: keys,
    },
    Shape {
        name: "a key set: empty keys",
        bytes: 14_900,
        text: (r#"{"keys":["#, "{},", "{}]}"),
        read: keys,
    },
    Shape {
        name: "a key set: small keys",
        bytes: 85_000,
        text: (
            r#"{"keys":["#,
            r#"{"kid":"%","kty":"RSA","n":"AQ","e":"Aw"},"#,
            "{}]}",
        ),
        read: keys,
    },
    Shape {
        name: "a key set: one large key",
        bytes: KEYS,
        text: (
            r#"{"keys":[{"kid":"k","kty":"RSA","e":"Aw","n":""#,
            "A",
            r#"AQ"}]}"#,
        ),
        read: keys,
    },
    Shape {
        name: "a token: dots",
        bytes: ERROR,
        text: ("", ".", ""),
        read: token,
    },
    Shape {
        name: "challenges",
        bytes: HEADER,
        text: ("", "a%=b,", "a"),
        read: challenge,
    },
    Shape {
        name: "Okta's page: short incidents",
        bytes: 12_000 * 18,
        text: (LIST, r#"{"Name":"I%"},"#, END),
        read: okta,
    },
    Shape {
        name: "Okta's page: incidents",
        bytes: PAGE,
        text: (
            LIST,
            r#"{"Name":"I-%","Status__c":"Investigating","Incident_Title__c":"% is slow"},"#,
            END,
        ),
        read: okta,
    },
    Shape {
        name: "Okta's page: full incidents",
        bytes: PAGE,
        text: (
            LIST,
            r#"{"Name":"I-%","Status__c":"Investigating","Category__c":"Service Disruption","Start_Time__c":"2026-07-24T07:30:00.000+0000","Last_Updated__c":"2026-07-24T07:30:00.000+0000","Impacted_Cells__c":"okta.com:7;okta.com:8;okta.com:9;okta-emea.com:1;oktapreview.com:3","Incident_Title__c":"a title that says in a hundred characters what does not work, since when, and for whom it does not, %"},"#,
            END,
        ),
        read: okta,
    },
    Shape {
        name: "Okta's page: cells",
        bytes: PAGE,
        text: (
            LIST,
            r#"{"Name":"I-%","Impacted_Cells__c":"a.b:1;a.b:2;a.b:3;a.b:4;a.b:5;a.b:6;a.b:7;a.b:8;a.b:9;a.b:10;a.b:11;a.b:12;a.b:13;a.b:14;a.b:15;a.b:16;a.b:17;a.b:18;a.b:19;a.b:20;a.b:21;a.b:22;a.b:23;a.b:24;a.b:25;a.b:26;a.b:27;a.b:28;a.b:29;a.b:30;a.b:31;a.b:32"},"#,
            END,
        ),
        read: okta,
    },
    Shape {
        name: "Okta's page: members that nobody asks for",
        bytes: PAGE,
        text: (LIST, r#"{"%":{"":[{}]}},"#, END),
        read: okta,
    },
    Shape {
        name: "Okta's page: escaped",
        bytes: PAGE,
        text: (LIST, "{&quot;Name&quot;:&quot;I%&quot;},", END),
        read: okta,
    },
    Shape {
        name: "a Statuspage: incidents",
        bytes: PAGE,
        text: (
            INCIDENTS,
            r#"{"id":"%","name":"% is slow","status":"identified","created_at":"2026-07-24T07:30:00Z"},"#,
            "{}]}",
        ),
        read: statuspage,
    },
    Shape {
        name: "a Statuspage: components",
        bytes: PAGE,
        text: (
            COMPONENTS,
            r#"{"id":"%","name":"component %","group_id":"%"},"#,
            r#"{"name":"x"}]}"#,
        ),
        read: statuspage,
    },
    Shape {
        name: "a Statuspage: objects by name",
        bytes: PAGE,
        text: ("{", r#""%":{},"#, r#""":0}"#),
        read: statuspage,
    },
    Shape {
        name: "a feed: empty entries",
        bytes: PAGE,
        text: ("<feed>", "<entry/>", "</feed>"),
        read: feed,
    },
    Shape {
        name: "a feed: entries",
        bytes: PAGE,
        text: (
            "<feed>",
            "<entry><id>%</id><title>Resolved x</title><updated>2026-07-01T00:00:00Z</updated></entry>",
            "</feed>",
        ),
        read: feed,
    },
    Shape {
        name: "a feed: depth",
        bytes: PAGE,
        text: ("<feed>", "<a>", ""),
        read: feed,
    },
    Shape {
        name: "a feed: one long entry",
        bytes: PAGE,
        text: (
            "<feed><entry><content>",
            "&lt;p>",
            "</content></entry></feed>",
        ),
        read: feed,
    },
    Shape {
        name: "a page of the log: empty events",
        bytes: 5_900,
        text: ("[", "{},", "{}]"),
        read: log,
    },
    Shape {
        name: "a page of the log: events meant for many hooks",
        bytes: 1_250_000,
        text: (
            "[",
            r#"{"eventType":"user.session.start","debugContext":{"targetEventHookIds":"who00000000000000001 who00000000000000002 who00000000000000003 who00000000000000004 who00000000000000005 who00000000000000006 who00000000000000007 who00000000000000008 who00000000000000009 who00000000000000010 who00000000000000011 who00000000000000012 who00000000000000013 who00000000000000014 who00000000000000015 who00000000000000016 who00000000000000017 who00000000000000018 who00000000000000019 who00000000000000020 who00000000000000021 who00000000000000022 who00000000000000023 who00000000000000024 who00000000000000025"}},"#,
            "{}]",
        ),
        read: log,
    },
    Shape {
        name: "a page of the log: one text",
        bytes: LOG,
        text: (r#"[{"debugContext":{"debugData":{"x":""#, "x", r#""}}}]"#),
        read: log,
    },
    Shape {
        name: "a page of the log: escapes in the longest event that is read",
        bytes: (5 << 19) - 100,
        text: (r#"[{"eventType":""#, r"\n", r#""}]"#),
        read: log,
    },
    Shape {
        name: "a page of the log: escapes",
        bytes: LOG,
        text: (r#"[{"eventType":""#, r"\n", r#""}]"#),
        read: log,
    },
    Shape {
        name: "a delivery: empty events",
        bytes: 5_900,
        text: (
            r#"{"eventType":"com.okta.event_hook","data":{"events":["#,
            "{},",
            "{}]}}",
        ),
        read: delivery,
    },
];

impl Shape {
    fn body(&self) -> Vec<u8> {
        let (begin, unit, end) = self.text;
        let room = self.bytes.saturating_sub(begin.len() + end.len());
        let mut body = begin.to_owned();
        for n in 0_usize.. {
            let unit = unit.replace('%', &n.to_string());
            if body.len() + unit.len() > begin.len() + room {
                break;
            }
            body += &unit;
        }
        body += end;
        body.into_bytes()
    }

    /// The peak while it is read, in bytes.
    fn peak(&self) -> usize {
        let body = self.body();
        let others = ALLOCATED.current_usage().saturating_sub(body.len());
        ALLOCATED.reset_peak_usage();
        (self.read)(&body);
        ALLOCATED.peak_usage().saturating_sub(others)
    }
}

fn main() -> ExitCode {
    // What is made once and kept is no answer's.
    error(b"{}");
    let mut peaks: Vec<(usize, &Shape)> =
        SHAPES.iter().map(|shape| (shape.peak(), shape)).collect();
    peaks.sort_by_key(|(peak, _)| std::cmp::Reverse(*peak));
    println!("{:>9}  {:>9}  the worst of", "bytes", "peak");
    for (peak, shape) in &peaks {
        println!("{:>9}  {peak:>9}  {}", shape.body().len(), shape.name);
    }
    let worst = peaks.first().map_or(0, |(peak, _)| *peak);
    if worst > MOST {
        println!("more than {MOST} bytes");
        return ExitCode::FAILURE;
    }
    ExitCode::SUCCESS
}
