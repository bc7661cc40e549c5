//! What may be written under an org's `probes`: the settings of each kind, and the two that all
//! kinds have in common. What a kind's own settings are is in its file; which kinds there are is
//! the table in [`probe`](super).

use std::{collections::BTreeMap, fmt, marker::PhantomData};

use schemars::JsonSchema;
use serde::{
    Deserialize, Deserializer,
    de::{
        self, DeserializeSeed, IntoDeserializer, MapAccess, Visitor,
        value::{MapAccessDeserializer, StrDeserializer},
    },
};

use super::kind::{Kind, Place, Settings};
use crate::units::Interval;

/// The settings of a probe, with those that every kind has.
#[derive(Debug, Clone, Default)]
pub struct Timed<S> {
    /// The kind's own.
    pub settings: S,
    /// Those of every kind.
    pub timing: Timing,
}

/// When a probe runs, as far as it says so itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, JsonSchema)]
pub struct Timing {
    /// How often it runs.
    pub interval: Option<Interval>,
    /// How long each of its requests may take.
    pub timeout: Option<Interval>,
}

/// The names of [`Timing`]'s settings.
const TIMING: [&str; 2] = ["interval", "timeout"];

/// A probe that is written, of any kind (`S`).
#[derive(Debug)]
pub struct WrittenProbe<S> {
    /// Its kind's word.
    pub kind: &'static str,
    /// Its own name, not yet checked; `None` for kinds of which an org has one.
    pub name: Option<String>,
    /// What is written.
    pub written: Timed<S>,
}

/// Reads what stands under a kind's word: the settings of one, or of several by their names. A word
/// or a name alone is written, with nothing set.
pub(super) fn written<'de, A: MapAccess<'de>, S: Settings, T>(
    map: &mut A,
    any: impl Fn(S) -> T,
) -> Result<Vec<WrittenProbe<T>>, A::Error> {
    let probe = |name: Option<String>, written: Option<Timed<S>>| {
        let Timed { settings, timing } = written.unwrap_or_default();
        WrittenProbe {
            kind: S::Probe::KIND,
            name,
            written: Timed {
                settings: any(settings),
                timing,
            },
        }
    };
    if S::PLACE == Place::Once {
        return Ok(vec![probe(None, map.next_value()?)]);
    }
    let named: Option<BTreeMap<String, Option<Timed<S>>>> = map.next_value()?;
    let named = named.unwrap_or_default().into_iter();
    Ok(named
        .map(|(name, written)| probe(Some(name), written))
        .collect())
}

/// Serde's words about a setting that has no place, whichever reader says them.
pub(super) fn unknown_field<'a, E: de::Error>(
    field: &str,
    known: impl IntoIterator<Item = &'a str>,
) -> E {
    let known: Vec<String> = known.into_iter().map(|name| format!("`{name}`")).collect();
    E::custom(format_args!(
        "unknown field `{field}`, expected one of {}",
        known.join(", ")
    ))
}

/// One reading for the common settings and the kind's own, so that a setting that has no place in
/// either is told with its path, and with all that have one. (`#[serde(flatten)]` loses both.)
impl<'de, S: Deserialize<'de>> Deserialize<'de> for Timed<S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(TimedVisitor(PhantomData))
    }
}

struct TimedVisitor<S>(PhantomData<S>);

impl<'de, S: Deserialize<'de>> Visitor<'de> for TimedVisitor<S> {
    type Value = Timed<S>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("settings")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Timed<S>, A::Error> {
        let mut timing = Timing::default();
        let own = Own {
            map,
            timing: &mut timing,
        };
        let settings = S::deserialize(MapAccessDeserializer::new(own))?;
        Ok(Timed { settings, timing })
    }
}

/// The kind's own settings; the common ones are taken out on the way.
struct Own<'a, A> {
    map: A,
    timing: &'a mut Timing,
}

impl<'de, A: MapAccess<'de>> MapAccess<'de> for Own<'_, A> {
    type Error = A::Error;

    fn next_key_seed<K: DeserializeSeed<'de>>(
        &mut self,
        seed: K,
    ) -> Result<Option<K::Value>, A::Error> {
        let mut seed = Some(seed);
        loop {
            match self.map.next_key_seed(KeySeed(&mut seed))? {
                None => return Ok(None),
                Some(Key::Own(key)) => return Ok(Some(key)),
                Some(Key::Interval) => self.timing.interval = self.map.next_value()?,
                Some(Key::Timeout) => self.timing.timeout = self.map.next_value()?,
            }
        }
    }

    fn next_value_seed<V: DeserializeSeed<'de>>(&mut self, seed: V) -> Result<V::Value, A::Error> {
        self.map.next_value_seed(seed)
    }
}

enum Key<K> {
    Interval,
    Timeout,
    Own(K),
}

/// Reads one key. What the kind's own seed refuses is refused here, where its path is known.
struct KeySeed<'a, K>(&'a mut Option<K>);

impl<'de, K: DeserializeSeed<'de>> DeserializeSeed<'de> for KeySeed<'_, K> {
    type Value = Key<K::Value>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de, K: DeserializeSeed<'de>> Visitor<'de> for KeySeed<'_, K> {
    type Value = Key<K::Value>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a setting's name")
    }

    fn visit_str<E: de::Error>(self, name: &str) -> Result<Self::Value, E> {
        match name {
            "interval" => Ok(Key::Interval),
            "timeout" => Ok(Key::Timeout),
            own => {
                let seed = self.0.take().ok_or_else(|| E::custom("one key too many"))?;
                let own: StrDeserializer<'_, Refused> = own.into_deserializer();
                seed.deserialize(own)
                    .map(Key::Own)
                    .map_err(|refused| match refused {
                        Refused::Unknown { field, known } => {
                            unknown_field(&field, known.iter().copied().chain(TIMING))
                        }
                        Refused::Other(message) => E::custom(message),
                    })
            }
        }
    }
}

/// Why a kind's own settings refuse a name.
#[derive(Debug, thiserror::Error)]
enum Refused {
    #[error("unknown field `{field}`")]
    Unknown {
        field: String,
        known: &'static [&'static str],
    },
    #[error("{0}")]
    Other(String),
}

impl de::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        Self::Other(message.to_string())
    }

    fn unknown_field(field: &str, known: &'static [&'static str]) -> Self {
        Self::Unknown {
            field: field.to_owned(),
            known,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Nothing {}

    #[derive(Debug, Default, PartialEq, Deserialize)]
    #[serde(deny_unknown_fields, default)]
    struct Path {
        path: Option<String>,
    }

    fn told<S: for<'de> Deserialize<'de> + fmt::Debug>(value: serde_json::Value) -> String {
        let error = serde_path_to_error::deserialize::<_, Timed<S>>(value).unwrap_err();
        format!("{}: {}", error.path(), error.inner())
    }

    #[test]
    fn the_common_settings_stand_among_the_kinds_own() {
        let value = json!({"interval": "5m", "path": "/x", "timeout": null});
        let read: Timed<Path> = serde_json::from_value(value).unwrap();
        assert_eq!(read.settings.path.as_deref(), Some("/x"));
        assert_eq!(read.timing.interval, Some(Interval::seconds(300)));
        assert_eq!(read.timing.timeout, None);
    }

    #[test]
    fn what_has_no_place_is_told_with_its_path_and_all_that_have_one() {
        assert_eq!(
            told::<Path>(json!({"path": "/x", "intervall": 1})),
            "intervall: unknown field `intervall`, expected one of `path`, `interval`, `timeout`"
        );
        assert_eq!(
            told::<Nothing>(json!({"zzz": 1})),
            "zzz: unknown field `zzz`, expected one of `interval`, `timeout`"
        );
        let wrong = told::<Path>(json!({"path": "/x", "interval": 5}));
        assert!(
            wrong.starts_with("interval: `5` is not a length of time"),
            "{wrong}"
        );
        let wrong = told::<Path>(json!({"path": 5}));
        assert!(wrong.starts_with("path: invalid type"), "{wrong}");
    }
}
