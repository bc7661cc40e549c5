//! How one log line is written: logfmt for people and Loki, JSON for the rest, under the same keys. What
//! happened stands first (`ts`, `level`, `msg`), then what is known of it.

use std::fmt::{self, Write as _};

use clap::ValueEnum;
use tracing::{
    Event, Level, Subscriber,
    field::{Field, Visit},
};
use tracing_subscriber::{
    fmt::{FmtContext, FormatEvent, FormatFields, format::Writer},
    registry::LookupSpan,
};
use url::Url;

use crate::units::{Timestamp, is_hidden};

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    Logfmt,
    Json,
}

/// Writes events as lines.
#[derive(Debug)]
pub(super) struct LogLine {
    format: Format,
    /// What stands before a link that is served; where nobody said it, the link stays as it is.
    served_at: String,
}

impl LogLine {
    /// Lines of this form; `help` leads to where browsers reach this exporter.
    pub(super) fn new(format: Format, external_url: Option<&Url>) -> Self {
        let served_at = external_url.map(|url| format!("{}/", url.as_str().trim_end_matches('/')));
        Self {
            format,
            served_at: served_at.unwrap_or_default(),
        }
    }
}

impl<S, N> FormatEvent<S, N> for LogLine
where
    S: Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
{
    fn format_event(
        &self,
        _context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &Event<'_>,
    ) -> fmt::Result {
        let mut known = Fields {
            line: self,
            message: String::new(),
            others: String::new(),
        };
        event.record(&mut known);
        let mut first = String::new();
        let level = word(*event.metadata().level());
        let at = format!("{:.3}", Timestamp::now());
        self.format.words(&mut first, "ts", &at);
        self.format.words(&mut first, "level", level);
        self.format.words(&mut first, "msg", &known.message);
        let (open, close) = match self.format {
            Format::Logfmt => ("", ""),
            Format::Json => ("{", "}"),
        };
        // What stands between two fields is not wanted before the first.
        let first = first.get(1..).unwrap_or_default();
        writeln!(writer, "{open}{first}{}{close}", known.others)
    }
}

fn word(level: Level) -> &'static str {
    match level {
        Level::ERROR => "error",
        Level::WARN => "warn",
        Level::INFO => "info",
        Level::DEBUG => "debug",
        Level::TRACE => "trace",
    }
}

/// The fields of one event, as they are met.
struct Fields<'a> {
    line: &'a LogLine,
    message: String,
    others: String,
}

impl Fields<'_> {
    fn value(&mut self, field: &Field, value: impl fmt::Display) {
        let format = self.line.format;
        format.value(&mut self.others, field.name(), &value.to_string());
    }
}

impl Visit for Fields<'_> {
    fn record_debug(&mut self, field: &Field, value: &dyn fmt::Debug) {
        self.record_str(field, &format!("{value:?}"));
    }

    fn record_str(&mut self, field: &Field, value: &str) {
        let format = self.line.format;
        match field.name() {
            "message" => self.message.push_str(value),
            "help" => {
                let link = format!("{}{value}", self.line.served_at);
                format.words(&mut self.others, "help", &link);
            }
            name => format.words(&mut self.others, name, value),
        }
    }

    fn record_bool(&mut self, field: &Field, value: bool) {
        self.value(field, value);
    }

    fn record_i64(&mut self, field: &Field, value: i64) {
        self.value(field, value);
    }

    fn record_u64(&mut self, field: &Field, value: u64) {
        self.value(field, value);
    }

    fn record_f64(&mut self, field: &Field, value: f64) {
        if value.is_finite() {
            self.value(field, value);
        } else {
            self.record_debug(field, &value);
        }
    }
}

impl Format {
    /// One field more, whose value is a number or a truth.
    fn value(self, line: &mut String, key: &str, value: &str) {
        let written = match self {
            Self::Logfmt => write!(line, " {key}={value}"),
            Self::Json => write!(line, ",\"{key}\":{value}"),
        };
        // A string takes all that is written.
        written.unwrap_or_default();
    }

    /// One field more, in words.
    fn words(self, line: &mut String, key: &str, words: &str) {
        let needs_quotes = self == Self::Json || !is_plain(words);
        let quoted = needs_quotes.then(|| quoted(words));
        self.value(line, key, quoted.as_deref().unwrap_or(words));
    }
}

/// True of what logfmt takes as it stands.
fn is_plain(words: &str) -> bool {
    let odd = |c: char| c.is_whitespace() || is_hidden(c) || matches!(c, '"' | '\\' | '=');
    !words.is_empty() && !words.contains(odd)
}

/// Between quotes, which logfmt and JSON read alike. What is not seen, or would steer a terminal, is
/// spelled out.
fn quoted(words: &str) -> String {
    let mut quoted = String::from("\"");
    for c in words.chars() {
        match c {
            '"' => quoted.push_str("\\\""),
            '\\' => quoted.push_str("\\\\"),
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            c if is_hidden(c) => {
                for unit in c.encode_utf16(&mut [0; 2]) {
                    write!(quoted, "\\u{unit:04x}").unwrap_or_default();
                }
            }
            c => quoted.push(c),
        }
    }
    quoted.push('"');
    quoted
}

#[cfg(test)]
mod tests;
