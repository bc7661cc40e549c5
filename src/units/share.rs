//! A share of something, such as of a rate limit.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de::Error};

/// A share: more than 0, at most 1.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub struct Share(f64);

/// A share that was refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a share: write a number above 0 and up to 1, like `0.05` for 5 %")]
pub struct BadShare(String);

impl Share {
    /// A twentieth: what an exporter may spend of a limit unless it is told otherwise.
    pub const TWENTIETH: Self = Self(0.05);

    /// As a number.
    pub fn get(self) -> f64 {
        self.0
    }
}

impl TryFrom<f64> for Share {
    type Error = BadShare;

    fn try_from(share: f64) -> Result<Self, BadShare> {
        if share > 0.0 && share <= 1.0 {
            Ok(Self(share))
        } else {
            Err(BadShare(share.to_string()))
        }
    }
}

impl<'de> Deserialize<'de> for Share {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        // From the environment a number comes as text.
        let value = serde_json::Value::deserialize(deserializer)?;
        let text = value
            .as_str()
            .map_or_else(|| value.to_string(), str::to_owned);
        let share: f64 = text
            .trim()
            .parse()
            .map_err(|_| D::Error::custom(BadShare(text.chars().take(40).collect())))?;
        share.try_into().map_err(D::Error::custom)
    }
}

impl JsonSchema for Share {
    fn schema_name() -> Cow<'static, str> {
        "Share".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({
            "type": "number",
            "description": "A share: more than 0, at most 1.",
            "exclusiveMinimum": 0,
            "maximum": 1,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_is_more_than_nothing_and_at_most_all() {
        for (text, share) in [("0.05", 0.05), ("1", 1.0), ("\"0.5\"", 0.5)] {
            let read: Share = serde_json::from_str(text).unwrap();
            assert!((read.get() - share).abs() < 1e-9);
        }
        for bad in ["0", "-0.1", "1.01", "5", "\"5 %\"", "\"NaN\"", "null", "[]"] {
            let refused = serde_json::from_str::<Share>(bad).unwrap_err().to_string();
            assert!(refused.contains("write a number above 0"), "{refused}");
        }
    }
}
