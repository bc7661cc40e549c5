//! What the table of kinds in [`probe`](super) becomes: one enum for each thing that a kind's file
//! supplies, and the way from each to the kind. The compiler asks for whatever a file lacks.

use std::fmt;

use schemars::{Schema, SchemaGenerator};
use serde::{
    Deserializer,
    de::{self, DeserializeSeed, Visitor},
};
use url::Url;

use super::{
    kind::{Access, Place},
    settings::unknown_field,
};
use crate::{metrics::Family, units::Interval};

/// What a kind says of itself as a whole.
#[derive(Debug, Clone, Copy)]
pub struct KindInfo {
    /// The word in the configuration and in the `probe` label.
    pub kind: &'static str,
    /// What it watches, in a few words.
    pub about: &'static str,
    /// Where its probes are written.
    pub place: Place,
    /// How often one runs where nobody says otherwise.
    pub interval: Interval,
    /// What its credential must be allowed.
    pub access: Access,
    /// The families it draws.
    pub families: &'static [&'static Family],
    /// What it calls the requests that it makes, where people did not name them.
    pub apis: &'static [&'static str],
    /// What is written under its word.
    pub(super) schema: fn(&mut SchemaGenerator) -> Schema,
}

/// Whose memory it is: the org (or the page) by its address, the kind, and Okta's own id of what
/// is watched. Names that people configured are no part of it: they may change.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct MemoryKey {
    /// Scheme, host and port.
    pub origin: String,
    /// The kind's word.
    pub kind: &'static str,
    /// Okta's own id.
    pub id: String,
}

impl MemoryKey {
    pub(super) fn new(origin: &Url, kind: &'static str, id: &str) -> Self {
        Self {
            origin: origin.origin().ascii_serialization(),
            kind,
            id: id.to_owned(),
        }
    }
}

/// A memory that was kept and cannot be read back.
#[derive(Debug, thiserror::Error)]
#[error("what was remembered for a probe of the kind `{kind}` cannot be read: {error}")]
pub struct BadMemory {
    pub(super) kind: &'static str,
    pub(super) error: serde_json::Error,
}

/// Reads a kind's word; one that is none is refused where its path is known.
pub(super) struct KindSeed(pub(super) &'static [KindInfo]);

impl<'de> DeserializeSeed<'de> for KindSeed {
    type Value = &'static KindInfo;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl Visitor<'_> for KindSeed {
    type Value = &'static KindInfo;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a kind of probe")
    }

    fn visit_str<E: de::Error>(self, word: &str) -> Result<Self::Value, E> {
        let mut of_orgs = self.0.iter().filter(|info| info.place.is_of_org());
        let known = of_orgs.clone().map(|info| info.kind);
        of_orgs
            .find(|info| info.kind == word)
            .ok_or_else(|| unknown_field(word, known))
    }
}

macro_rules! kinds {
    ($($(#[doc = $doc:literal])* $kind:ident: $module:ident,)*) => {
        /// Every kind, in the order in which an org's probes are planned.
        pub const KINDS: &[KindInfo] = &[$(KindInfo {
            kind: <$module::Probe as Kind>::KIND,
            place: <$module::Settings as Settings>::PLACE,
            interval: <$module::Settings as Settings>::INTERVAL,
            access: <$module::Settings as Settings>::ACCESS,
            families: <$module::Probe as Kind>::FAMILIES,
            apis: <$module::Probe as Kind>::APIS,
            about: concat!($($doc,)*),
            schema: schema::written::<$module::Settings>,
        },)*];

        /// The settings of a probe of any kind.
        #[derive(Debug, Clone)]
        pub enum AnySettings {
            $($(#[doc = $doc])* $kind(Box<$module::Settings>),)*
        }

        /// A probe of any kind, ready to run.
        #[derive(Debug, Clone)]
        pub enum Probe {
            $($(#[doc = $doc])* $kind($module::Probe),)*
        }

        /// What one run of any kind saw.
        #[derive(Debug, Clone)]
        pub enum AnyObservation {
            $($(#[doc = $doc])* $kind(Box<<$module::Probe as Kind>::Observation>),)*
        }

        /// What a kind of probe remembers across runs.
        #[derive(Debug, Clone, PartialEq)]
        pub enum AnyMemory {
            $($(#[doc = $doc])* $kind(Box<<$module::Probe as Kind>::Memory>),)*
        }

        impl AnySettings {
            /// How often such a probe runs where nobody says otherwise.
            pub fn usual_interval(&self) -> Interval {
                match self { $(Self::$kind(_) => <$module::Settings as Settings>::INTERVAL,)* }
            }

            /// See [`Settings::secrets`].
            pub fn secrets(&self) -> Vec<HeldSecret> {
                match self { $(Self::$kind(settings) => settings.secrets(),)* }
            }

            /// See [`Settings::plan`].
            pub fn plan(&self, name: &str, context: &PlanContext<'_>) -> Result<Probe, Vec<Problem>> {
                match self { $(Self::$kind(settings) => settings.plan(name, context).map(Probe::$kind),)* }
            }
        }

        impl Probe {
            /// The word in the configuration and in the `probe` label.
            pub fn kind(&self) -> &'static str {
                match self { $(Self::$kind(_) => <$module::Probe as Kind>::KIND,)* }
            }

            /// See [`Settings::ACCESS`].
            pub fn access(&self) -> Access {
                match self { $(Self::$kind(_) => <$module::Settings as Settings>::ACCESS,)* }
            }

            /// See [`Kind::aims_at_windows`].
            pub fn aims_at_windows(&self) -> bool {
                match self { $(Self::$kind(probe) => probe.aims_at_windows(),)* }
            }

            /// See [`Kind::asks_when_exhausted`].
            pub fn asks_when_exhausted(&self) -> bool {
                match self { $(Self::$kind(probe) => probe.asks_when_exhausted(),)* }
            }

            /// See [`Kind::credentials`].
            pub fn credentials(&self) -> Vec<&Credential> {
                match self { $(Self::$kind(probe) => probe.credentials(),)* }
            }

            /// See [`Kind::refers_to`].
            pub fn refers_to(&self) -> Vec<&Credential> {
                match self { $(Self::$kind(probe) => probe.refers_to(),)* }
            }

            /// See [`Kind::asks`].
            pub fn asks(&self) -> Vec<Ask<'_>> {
                match self { $(Self::$kind(probe) => probe.asks(<$module::Settings as Settings>::ACCESS),)* }
            }

            /// See [`Kind::series_id`].
            pub fn series_id(&self) -> Option<&str> {
                match self { $(Self::$kind(probe) => probe.series_id(),)* }
            }

            /// Under what its memory is kept, where any is worth keeping; `origin` is the address
            /// that it asks at.
            pub fn memory_key(&self, origin: &Url) -> Option<MemoryKey> {
                let id = match self { $(Self::$kind(probe) => probe.memory_id(),)* };
                Some(MemoryKey::new(origin, self.kind(), id?))
            }

            /// The memory of a probe that never ran.
            pub fn no_memory(&self) -> AnyMemory {
                match self { $(Self::$kind(_) => AnyMemory::$kind(Box::default()),)* }
            }

            /// A memory that [`AnyMemory::to_json`] wrote.
            pub fn memory(&self, written: Value) -> Result<AnyMemory, BadMemory> {
                let read = match self {
                    $(Self::$kind(_) => serde_json::from_value(written).map(AnyMemory::$kind),)*
                };
                read.map_err(|error| BadMemory { kind: self.kind(), error })
            }

            /// Asks once. A memory of another kind is none.
            pub async fn run(&self, okta: &Session<'_>, known: &AnyMemory) -> ProbeResult<AnyObservation> {
                match self {
                    $(Self::$kind(probe) => {
                        let none;
                        let known = match known {
                            AnyMemory::$kind(known) => &**known,
                            _ => { none = Default::default(); &none }
                        };
                        let ProbeResult { observation, failure } = probe.run(okta, known).await;
                        let observation = observation.map(Box::new).map(AnyObservation::$kind);
                        ProbeResult { observation, failure }
                    })*
                }
            }
        }

        impl AnyObservation {
            /// See [`Kind::events`].
            pub fn events(&self) -> &[Event] {
                match self { $(Self::$kind(seen) => <$module::Probe as Kind>::events(seen),)* }
            }
        }

        impl AnyMemory {
            /// See [`Kind::learn`]. What another kind saw teaches nothing.
            #[must_use]
            pub fn learn(self, observation: &AnyObservation) -> Self {
                match (self, observation) {
                    $((Self::$kind(memory), AnyObservation::$kind(seen)) => {
                        Self::$kind(Box::new(<$module::Probe as Kind>::learn(*memory, seen)))
                    })*
                    (memory, _) => memory,
                }
            }

            /// See [`Kind::next`].
            pub fn next(&self) -> Next {
                match self { $(Self::$kind(memory) => <$module::Probe as Kind>::next(memory),)* }
            }

            /// As it may be kept: [`Probe::memory`] reads it.
            pub fn to_json(&self) -> Result<Value, serde_json::Error> {
                match self { $(Self::$kind(memory) => serde_json::to_value(memory),)* }
            }
        }

        /// What is known of one probe of any kind.
        #[derive(Debug, Default, Clone)]
        pub struct AnyKnown {
            /// The last observation.
            pub observation: Option<AnyObservation>,
            /// What is remembered.
            pub memory: Option<AnyMemory>,
            /// How often it is looked at; nothing where it was once.
            pub interval: Duration,
        }

        impl AnyKnown {
            /// What is known by a probe of this kind; `None` where it is of another.
            pub fn of<K: InTable>(&self) -> Option<Known<'_, K>> {
                let observation = self.observation.as_ref().and_then(K::observation);
                let memory = self.memory.as_ref().and_then(K::memory);
                (observation.is_some() || memory.is_some()).then(|| Known {
                    observation,
                    memory: memory.map_or_else(|| Cow::Owned(K::Memory::default()), Cow::Borrowed),
                    interval: self.interval,
                })
            }

            /// See [`Kind::findings`].
            pub fn findings(&self, now: OktaTime) -> Vec<Finding> {
                let mut findings = Vec::new();
                $(if let Some(known) = self.of::<$module::Probe>() {
                    findings.extend(<$module::Probe as Kind>::findings(&known, now));
                })*
                Finding::few(findings)
            }

            /// See [`Kind::ends`]; of very many the soonest.
            pub fn ends(&self, now: OktaTime) -> Vec<End> {
                let mut ends = Vec::new();
                $(if let Some(known) = self.of::<$module::Probe>() {
                    ends.extend(<$module::Probe as Kind>::ends(&known, now));
                })*
                ends
            }

            /// See [`Kind::dropped`].
            pub fn dropped(&self) -> usize {
                let mut dropped = 0;
                $(if let Some(known) = self.of::<$module::Probe>() {
                    dropped += <$module::Probe as Kind>::dropped(&known);
                })*
                dropped
            }

            /// See [`Kind::draw`].
            pub fn draw(&self, scope: Scope<'_>, page: &mut Page) {
                $(if let Some(known) = self.of::<$module::Probe>() {
                    <$module::Probe as Kind>::draw(&known, scope, page);
                })*
            }
        }

        /// A kind of the table, whose part of an enum can be asked for.
        pub trait InTable: Kind {
            /// This kind's observation, if it is one.
            fn observation(any: &AnyObservation) -> Option<&Self::Observation>;

            /// This kind's memory, if it is one.
            fn memory(any: &AnyMemory) -> Option<&Self::Memory>;
        }

        $(impl InTable for $module::Probe {
            fn observation(any: &AnyObservation) -> Option<&Self::Observation> {
                match any { AnyObservation::$kind(seen) => Some(seen), _ => None }
            }

            fn memory(any: &AnyMemory) -> Option<&Self::Memory> {
                match any { AnyMemory::$kind(memory) => Some(memory), _ => None }
            }
        })*

        /// The kinds that are watched where nobody says what to watch, with their settings.
        pub fn by_default(credentials: &[Candidate<'_>]) -> Vec<(&'static KindInfo, Value)> {
            let all = [$(<$module::Settings as Settings>::by_default(credentials),)*];
            let all = KINDS.iter().zip(all);
            all.filter_map(|(info, settings)| Some((info, settings?))).collect()
        }

        /// Reads what stands under a kind's word.
        fn written<'de, A: MapAccess<'de>>(
            kind: &str,
            map: &mut A,
        ) -> Result<Vec<WrittenProbe<AnySettings>>, A::Error> {
            $(if kind == <$module::Probe as Kind>::KIND {
                return settings::written(map, |settings| AnySettings::$kind(Box::new(settings)));
            })*
            Ok(Vec::new())
        }
    };
}
pub(super) use kinds;
