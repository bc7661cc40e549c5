//! The same events in both forms.

use std::{
    io,
    sync::{Arc, Mutex},
};

use serde_json::{Value, json};
use tracing_subscriber::{fmt::MakeWriter, layer::SubscriberExt, registry};

use super::*;

/// Keeps what is written.
#[derive(Clone, Default)]
struct Kept(Arc<Mutex<Vec<u8>>>);

impl io::Write for Kept {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Kept {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

/// The lines of what is told, each without its time, which is looked at.
fn lines(line: LogLine, tell: impl FnOnce()) -> Vec<String> {
    let kept = Kept::default();
    let layer = tracing_subscriber::fmt::layer()
        .event_format(line)
        .with_writer(kept.clone());
    tracing::subscriber::with_default(registry().with(layer), tell);
    let written = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
    let without_time = |line: &str| {
        let (begin, rest) = line.split_at(line.find("20").unwrap());
        let (time, rest) = rest.split_at("2026-11-27T17:30:14.123Z".len());
        let at: Timestamp = time.parse().unwrap();
        assert!(at.duration_until(Timestamp::now()).as_secs() < 60, "{line}");
        format!("{begin}…{rest}")
    };
    written.lines().map(without_time).collect()
}

/// What a program tells, and what it meets.
fn tell() {
    tracing::info!(
        version = "1.2.3",
        orgs = 2_usize,
        ran_seconds = 0.25,
        well = true,
        skew = -5,
        "serving"
    );
    let (error_id, what) = (None::<&str>, "it's said: \"no\"");
    let error = io::Error::other("C:\\x = y");
    tracing::warn!(org = "acme", case = "dns", error_id, help = "guide/dns", %error, "the host {what}");
    tracing::error!(
        odd = "",
        bell = "a\u{7}b\u{202e}\u{e0001}",
        "two\nlines\tand more"
    );
    tracing::debug!(much = f64::NAN, list = ?["a", "b"], "");
}

#[test]
fn both_forms_tell_the_same_under_the_same_keys() {
    let url: Url = "https://mon.example/okta".parse().unwrap();
    let logfmt = lines(LogLine::new(Format::Logfmt, Some(&url)), tell);
    assert_eq!(
        logfmt,
        [
            "ts=… level=info msg=serving version=1.2.3 orgs=2 ran_seconds=0.25 well=true skew=-5",
            r#"ts=… level=warn msg="the host it's said: \"no\"" org=acme case=dns help=https://mon.example/okta/guide/dns error="C:\\x = y""#,
            r#"ts=… level=error msg="two\nlines\tand more" odd="" bell="a\u0007b\u202e\udb40\udc01""#,
            r#"ts=… level=debug msg="" much=NaN list="[\"a\", \"b\"]""#,
        ]
    );
    let written = lines(LogLine::new(Format::Json, Some(&url)), tell);
    assert_eq!(
        written,
        [
            r#"{"ts":"…","level":"info","msg":"serving","version":"1.2.3","orgs":2,"ran_seconds":0.25,"well":true,"skew":-5}"#,
            r#"{"ts":"…","level":"warn","msg":"the host it's said: \"no\"","org":"acme","case":"dns","help":"https://mon.example/okta/guide/dns","error":"C:\\x = y"}"#,
            r#"{"ts":"…","level":"error","msg":"two\nlines\tand more","odd":"","bell":"a\u0007b\u202e\udb40\udc01"}"#,
            r#"{"ts":"…","level":"debug","msg":"","much":"NaN","list":"[\"a\", \"b\"]"}"#,
        ]
    );
    let read: Value = serde_json::from_str(&written[2]).unwrap();
    assert_eq!(read["msg"], "two\nlines\tand more");
    assert_eq!(read["bell"], json!("a\u{7}b\u{202e}\u{e0001}"));
}

#[test]
fn where_nobody_said_under_which_url_it_is_reached_a_link_stays_as_the_status_has_it() {
    let told = || tracing::warn!(help = "guide/dns", "x");
    let line = lines(LogLine::new(Format::Logfmt, None), told);
    assert_eq!(line, ["ts=… level=warn msg=x help=guide/dns"]);
    let with_slash: Url = "https://mon.example/".parse().unwrap();
    let line = lines(LogLine::new(Format::Logfmt, Some(&with_slash)), told);
    assert_eq!(
        line,
        ["ts=… level=warn msg=x help=https://mon.example/guide/dns"]
    );
}

#[test]
fn whatever_is_said_a_line_stays_one_line_and_json() {
    for words in [
        "\r\n",
        "\u{85}\u{2028}\u{2029}",
        "\0",
        "\"\\\"",
        "\u{1b}[31m",
    ] {
        let told = || tracing::info!(words, "{words}");
        let logfmt = lines(LogLine::new(Format::Logfmt, None), told);
        assert_eq!(logfmt.len(), 1, "{logfmt:?}");
        assert!(!logfmt[0].contains(is_hidden), "{logfmt:?}");
        let written = lines(LogLine::new(Format::Json, None), told);
        let read: Value = serde_json::from_str(&written[0]).unwrap();
        assert_eq!(
            (&read["msg"], &read["words"]),
            (&json!(words), &json!(words))
        );
    }
}
