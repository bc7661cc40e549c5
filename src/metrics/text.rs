//! The text exposition format 0.0.4: headers, labels and values. Which series stand on a page,
//! and in which order, [`super::page`] decides.

use std::fmt::Write;

use super::{family::Family, histogram::Histogram};

/// Writes the `# HELP` and `# TYPE` lines of a family.
pub(super) fn header(text: &mut String, family: &Family) {
    text.extend(["# HELP ", family.name(), " "]);
    escape(text, family.help(), |c| matches!(c, '\\' | '\n'));
    let kind = family.kind().as_str();
    text.extend(["\n# TYPE ", family.name(), " ", kind, "\n"]);
}

/// Writes `{name="value",…}`, or nothing where no label has a value: to Prometheus an empty value
/// and no label are the same.
pub(super) fn labels(text: &mut String, names: &[&str], values: &[&str]) {
    let mut before = "{";
    let pairs = names.iter().zip(values);
    for (name, value) in pairs.filter(|(_, value)| !value.is_empty()) {
        text.extend([before, name, "=\""]);
        escape(text, value, |c| matches!(c, '\\' | '\n' | '"'));
        text.push('"');
        before = ",";
    }
    if before == "," {
        text.push('}');
    }
}

/// Writes the series of a histogram, whose labels are written already.
pub(super) fn histogram(text: &mut String, name: &str, labels: &str, histogram: &Histogram) {
    let (labels_before, le) = match labels.strip_suffix('}') {
        Some(open) => (open, ",le=\""),
        None => ("", "{le=\""),
    };
    let infinity = (f64::INFINITY, histogram.count());
    for (bound, count) in histogram.cumulative().chain([infinity]) {
        text.extend([name, "_bucket", labels_before, le]);
        number(text, bound);
        text.push_str("\"} ");
        number(text, count as f64);
        text.push('\n');
    }
    let totals = [("_sum", histogram.sum()), ("_count", infinity.1 as f64)];
    for (suffix, value) in totals {
        text.extend([name, suffix, labels, " "]);
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
