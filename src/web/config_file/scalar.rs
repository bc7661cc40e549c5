//! What a value stands for: YAML 1.1 as the Go programs read it that operators know this file from. A
//! text is as it is written, whatever else it could be; nothing stands for what Go begins with.

use super::yaml::{Node, Value, Wrong};

const YES: [&str; 11] = [
    "y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON",
];
const NO: [&str; 11] = [
    "n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF",
];

impl Node {
    /// The text of a plain scalar.
    fn plain(&self) -> Option<&str> {
        match &self.value {
            Value::Scalar { text, plain: true } => Some(text),
            _ => None,
        }
    }

    /// It is written, and stands for nothing.
    pub(super) fn is_null(&self) -> bool {
        let nothing = ["", "~", "null", "Null", "NULL"];
        self.plain().is_some_and(|text| nothing.contains(&text))
    }

    /// What is wrong here.
    pub(super) fn wrong(&self, what: impl Into<String>) -> Wrong {
        Wrong::at(self.line, what)
    }

    /// A text, also where it looks like a number or a truth.
    pub(super) fn text(&self, of: &str) -> Result<String, Wrong> {
        match &self.value {
            Value::Scalar { .. } if self.is_null() => Ok(String::new()),
            Value::Scalar { text, .. } => Ok(text.clone()),
            Value::List(_) | Value::Map(_) => Err(self.wrong(format!("{of} must be a text"))),
        }
    }

    /// A list of texts; `None` where nothing is written, which is not the same as an empty list.
    pub(super) fn texts(&self, of: &str) -> Result<Option<Vec<String>>, Wrong> {
        match &self.value {
            Value::List(items) => {
                let texts: Result<_, _> = items.iter().map(|item| item.text(of)).collect();
                texts.map(Some)
            }
            _ if self.is_null() => Ok(None),
            _ => Err(self.wrong(format!("{of} must be a list"))),
        }
    }

    pub(super) fn truth(&self, of: &str) -> Result<bool, Wrong> {
        match self.plain() {
            Some(text) if YES.contains(&text) => Ok(true),
            Some(text) if NO.contains(&text) || self.is_null() => Ok(false),
            _ => Err(self.wrong(format!("{of} must be `true` or `false`, without quotes"))),
        }
    }

    pub(super) fn number(&self, of: &str) -> Result<i64, Wrong> {
        if self.is_null() {
            return Ok(0);
        }
        let number = self.plain().and_then(number);
        number.ok_or_else(|| self.wrong(format!("{of} must be a whole number, without quotes")))
    }

    /// Nanoseconds: `1m30s`, or a number of them.
    pub(super) fn nanoseconds(&self, of: &str) -> Result<i64, Wrong> {
        if self.is_null() {
            return Ok(0);
        }
        let counted = self.plain().and_then(number);
        let told = match &self.value {
            Value::Scalar { text, .. } => counted.or_else(|| duration(text)),
            Value::List(_) | Value::Map(_) => None,
        };
        told.ok_or_else(|| self.wrong(format!("{of} must be a time such as `1s` or `1m30s`")))
    }
}

/// Go's whole numbers in YAML: decimal, and by prefix; of a fraction the whole part counts.
fn number(text: &str) -> Option<i64> {
    let plain = text.replace('_', "");
    let (negative, digits) = match plain.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, plain.strip_prefix('+').unwrap_or(&plain)),
    };
    let by_prefix = [("0x", 16), ("0X", 16), ("0b", 2), ("0o", 8), ("0", 8)];
    let found = by_prefix.iter().find_map(|(prefix, radix)| {
        let digits = digits.strip_prefix(prefix).filter(|rest| !rest.is_empty());
        digits.map(|digits| (digits, *radix))
    });
    let (digits, radix) = found.unwrap_or((digits, 10));
    if digits.starts_with(['+', '-']) {
        return None;
    }
    match i64::from_str_radix(digits, radix) {
        Ok(number) => Some(if negative { -number } else { number }),
        Err(_) => whole_part(&plain),
    }
}

/// What is before the point of a number that has one.
fn whole_part(text: &str) -> Option<i64> {
    let looks = text.starts_with(|c: char| c.is_ascii_digit() || "+-.".contains(c));
    let number: f64 = text.parse().ok().filter(|_| looks)?;
    // Far below the largest, where a float is still exact.
    let fits = number.is_finite() && number.abs() < 9e15;
    #[expect(
        clippy::cast_possible_truncation,
        reason = "the whole part is meant, and fits"
    )]
    fits.then_some(number as i64)
}

/// Go's durations: numbers with a unit each, one after the other.
fn duration(text: &str) -> Option<i64> {
    let (negative, mut rest) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if rest == "0" {
        return Some(0);
    }
    let mut sum = 0.0;
    loop {
        let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
        let (number, after) = rest.split_at(end);
        let end = after.find(|c: char| c.is_ascii_digit() || c == '.');
        let (unit, after) = after.split_at(end.unwrap_or(after.len()));
        let nanoseconds = match unit {
            "ns" => 1.0,
            "us" | "µs" | "μs" => 1e3,
            "ms" => 1e6,
            "s" => 1e9,
            "m" => 60e9,
            "h" => 3600e9,
            _ => return None,
        };
        let number: f64 = number.parse().ok()?;
        sum += number * nanoseconds;
        if after.is_empty() {
            break;
        }
        rest = after;
    }
    let sum = if negative { -sum } else { sum };
    #[expect(clippy::cast_possible_truncation, reason = "it was seen to fit")]
    (sum.abs() < 9.2e18).then_some(sum as i64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_go_reads_them_in_yaml() {
        for (text, read) in [
            ("0", Some(0)),
            ("12", Some(12)),
            ("-3", Some(-3)),
            ("+3", Some(3)),
            ("1_000", Some(1000)),
            ("0x10", Some(16)),
            ("010", Some(8)),
            ("0b11", Some(3)),
            ("2.5", Some(2)),
            ("1e2", Some(100)),
            ("", None),
            ("--3", None),
            ("ten", None),
            ("nan", None),
            ("1e99", None),
        ] {
            assert_eq!(number(text), read, "{text}");
        }
    }

    #[test]
    fn durations_are_gos() {
        for (text, read) in [
            ("1s", Some(1_000_000_000)),
            ("1m30s", Some(90_000_000_000)),
            ("1.5h", Some(5_400_000_000_000)),
            (".5s", Some(500_000_000)),
            ("100ms", Some(100_000_000)),
            ("2us", Some(2000)),
            ("-1s", Some(-1_000_000_000)),
            ("0", Some(0)),
            ("1", None),
            ("1d", None),
            ("s", None),
            ("1 s", None),
            ("1s ", None),
            ("", None),
            ("999999999h", None),
        ] {
            assert_eq!(duration(text), read, "{text}");
        }
    }
}
