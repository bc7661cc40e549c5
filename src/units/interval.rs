//! Lengths of time as people write them: `30s`, `5m`, `1h`.

use std::{borrow::Cow, fmt, str::FromStr, time::Duration};

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

/// The longest: what is asked less often than once a day is not watched, and sums of a few of them
/// stay far from the end of time.
const LONGEST: Duration = Duration::from_hours(24);

/// A length of time greater than zero, and no longer than a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Interval(Duration);

/// A length of time that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum BadInterval {
    #[error("`{0}` is not a length of time: write a number and a unit, like `30s`, `5m` or `1h`")]
    Unreadable(String),
    #[error("`{0}` is longer than a day, which is the most: write `24h` or less")]
    TooLong(String),
}

impl Interval {
    /// This many seconds.
    pub const fn seconds(seconds: u64) -> Self {
        Self(Duration::from_secs(seconds))
    }

    /// As the standard library counts.
    pub fn get(self) -> Duration {
        self.0
    }
}

impl From<Duration> for Interval {
    fn from(length: Duration) -> Self {
        Self(length)
    }
}

impl FromStr for Interval {
    type Err = BadInterval;

    fn from_str(text: &str) -> Result<Self, BadInterval> {
        let shown = || text.chars().take(40).collect();
        let unreadable = || BadInterval::Unreadable(shown());
        let length: jiff::SignedDuration = text.trim().parse().map_err(|_| unreadable())?;
        match Duration::try_from(length) {
            Ok(length) if length > LONGEST => Err(BadInterval::TooLong(shown())),
            Ok(length) if !length.is_zero() => Ok(Self(length)),
            _ => Err(unreadable()),
        }
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::SignedDuration::try_from(self.0) {
            Ok(length) => write!(f, "{length:#}"),
            Err(_) => write!(f, "{}s", self.0.as_secs()),
        }
    }
}

impl<'de> Deserialize<'de> for Interval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // A bare number has no unit: it is refused with the same words, not with serde's.
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        text.parse().map_err(D::Error::custom)
    }
}

impl JsonSchema for Interval {
    fn schema_name() -> Cow<'static, str> {
        "Interval".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "string",
            "description": "A length of time: a number and a unit, at most 24h.",
            "pattern": "^\\s*[0-9P]",
            "examples": ["30s", "5m", "1h"],
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn people_write_a_number_and_a_unit() {
        for (text, seconds) in [
            ("30s", 30),
            ("5m", 300),
            ("1h", 3600),
            ("1h30m", 5400),
            (" 2m ", 120),
        ] {
            assert_eq!(
                text.parse::<Interval>().unwrap(),
                Interval::seconds(seconds)
            );
        }
        assert_eq!(
            "200ms".parse::<Interval>().unwrap().get(),
            Duration::from_millis(200)
        );
        for bad in ["", "30", "-5s", "0s", "soon", "5 parsecs"] {
            assert!(bad.parse::<Interval>().is_err(), "{bad:?}");
        }
        assert_eq!("24h".parse::<Interval>().unwrap().get(), LONGEST);
        for long in ["24h1s", "1000000h", "99999999999999s"] {
            let told = long.parse::<Interval>().unwrap_err().to_string();
            assert!(told.contains("longer than a day"), "{told}");
        }
        assert_eq!(Interval::seconds(5400).to_string(), "1h 30m");
        let error = serde_json::from_str::<Interval>("30")
            .unwrap_err()
            .to_string();
        assert!(error.contains("write a number and a unit"), "{error}");
    }
}
