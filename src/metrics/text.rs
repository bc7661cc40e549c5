//! The text exposition format 0.0.4: headers, labels and values. Which series stand on a page,
//! and in which order, is the page's business.

use std::fmt::Write;

use super::{Family, Histogram};

/// Writes the `# HELP` and `# TYPE` lines of a family.
pub(super) fn header(text: &mut String, family: &Family) {
    text.extend(["# HELP ", family.name(), " "]);
    escape(text, family.help(), |c| matches!(c, '\\' | '\n'));
    text.extend([
        "\n# TYPE ",
        family.name(),
        " ",
        family.kind().as_str(),
        "\n",
    ]);
}

/// Writes `name="value"` pairs, separated by commas. An empty value is the same as no label.
pub(super) fn labels(text: &mut String, names: &[&str], values: &[&str]) {
    let start = text.len();
    for (name, value) in names
        .iter()
        .zip(values)
        .filter(|(_, value)| !value.is_empty())
    {
        if text.len() > start {
            text.push(',');
        }
        text.push_str(name);
        text.push_str("=\"");
        escape(text, value, |c| matches!(c, '\\' | '\n' | '"'));
        text.push('"');
    }
}

/// Writes the series of a histogram, whose label pairs are written already.
pub(super) fn histogram(text: &mut String, name: &str, labels: &str, histogram: &Histogram) {
    let comma = if labels.is_empty() { "" } else { "," };
    let infinity = (f64::INFINITY, histogram.count());
    for (bound, count) in histogram.cumulative().chain([infinity]) {
        text.extend([name, "_bucket{", labels, comma, "le=\""]);
        number(text, bound);
        text.push_str("\"} ");
        number(text, count as f64);
        text.push('\n');
    }
    let (open, close) = if labels.is_empty() {
        ("", "")
    } else {
        ("{", "}")
    };
    for (suffix, value) in [
        ("_sum", histogram.sum()),
        ("_count", histogram.count() as f64),
    ] {
        text.extend([name, suffix, open, labels, close, " "]);
        number(text, value);
        text.push('\n');
    }
}

/// Writes a value as Prometheus reads it.
pub(super) fn number(text: &mut String, value: f64) {
    if value.is_infinite() {
        text.push_str(if value > 0.0 { "+Inf" } else { "-Inf" });
    } else {
        // Writing to a `String` cannot fail.
        write!(text, "{value}").unwrap_or_default();
    }
}

/// Writes `plain` with a backslash before each character that must have one.
fn escape(text: &mut String, plain: &str, needs_it: fn(char) -> bool) {
    let mut rest = plain;
    while let Some((before, after)) = rest.find(needs_it).and_then(|at| rest.split_at_checked(at)) {
        text.push_str(before);
        let mut after = after.chars();
        match after.next() {
            Some('\n') => text.push_str("\\n"),
            Some(other) => text.extend(['\\', other]),
            None => {}
        }
        rest = after.as_str();
    }
    text.push_str(rest);
}
