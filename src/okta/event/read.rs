//! What one event says.

#[cfg(test)]
mod tests;

use std::hash::{DefaultHasher, Hash, Hasher};

use serde::de::DeserializeSeed;
use serde_json::value::RawValue;
use uuid::Uuid;

use super::{
    kinds::{EventOutcome, EventReason, EventSeverity},
    odd_object::AnObject,
    rate_limit::{self, RateLimitEvent},
    raw::RawEvent,
};
use crate::units::{OktaTime, Timestamp};

/// The longest name of a type.
const LONGEST_TYPE: usize = 128;
/// The most hooks of one event whose ids are kept: an org has at most 25.
const MOST_HOOKS: usize = 25;
/// The member of the debug data that names the hooks an event was meant for.
const HOOKS: &[u8] = b"targetEventHookIds";
/// How Okta's ids of hooks begin, and how long they are.
const HOOK_ID: (&[u8], usize) = (b"who", 20);

/// Okta's id of an event. Letter case differs from source to source, so it is compared as the number
/// that it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct EventId(pub u128);

/// What one event says.
#[derive(Debug, Clone, PartialEq)]
pub struct Event {
    /// Its id; of one that has none, the sum of its text.
    pub id: EventId,
    /// When it happened, by Okta's clock. It may have become readable later.
    pub published: Option<OktaTime>,
    /// Its type, such as `user.session.start`; empty where it has none that could be one.
    pub event_type: Box<str>,
    /// What came of it.
    pub outcome: EventOutcome,
    /// How grave Okta finds it.
    pub severity: EventSeverity,
    /// Why it came to that.
    pub reason: EventReason,
    /// What it says of a limit, where its type is about one.
    pub rate_limit: Option<Box<RateLimitEvent>>,
    /// Okta's ids of the event hooks that it is meant for; the first few.
    pub hooks: Vec<Box<str>>,
}

/// What one event says; `None` where this is no object.
pub(super) fn event(text: &RawValue) -> Option<Event> {
    let mut json = serde_json::Deserializer::from_str(text.get());
    let seed = AnObject::<RawEvent<'_>>(std::marker::PhantomData);
    let raw = seed.deserialize(&mut json).ok()??;
    let event_type = type_name(raw.event_type.as_deref());
    let outcome = &raw.outcome.0;
    Some(Event {
        id: id(raw.uuid.as_deref(), text),
        published: raw.published.as_deref().and_then(moment),
        outcome: EventOutcome::told(outcome.result.as_deref()),
        severity: EventSeverity::told(raw.severity.as_deref()),
        reason: EventReason::told(outcome.reason.as_deref()),
        rate_limit: rate_limit::read(event_type, &raw).map(Box::new),
        hooks: raw.debug_context.map(hooks).unwrap_or_default(),
        event_type: event_type.into(),
    })
}

/// A type's name, or nothing where it cannot be one.
fn type_name(told: Option<&str>) -> &str {
    let plain = |c: u8| c.is_ascii_alphanumeric() || b"._-".contains(&c);
    let told = told.filter(|name| name.len() <= LONGEST_TYPE && name.bytes().all(plain));
    told.unwrap_or_default()
}

fn moment(text: &str) -> Option<OktaTime> {
    text.parse::<Timestamp>().ok().map(OktaTime::written)
}

/// An event that has no id is told from others by all that it says.
fn id(uuid: Option<&str>, text: &RawValue) -> EventId {
    let told = uuid.and_then(|uuid| Uuid::try_parse(uuid).ok());
    EventId(told.map_or_else(|| sum(uuid.unwrap_or(text.get())), |uuid| uuid.as_u128()))
}

fn sum(text: &str) -> u128 {
    let half = |salt: u8| {
        let mut hasher = DefaultHasher::new();
        (salt, text).hash(&mut hasher);
        u128::from(hasher.finish())
    };
    (half(0) << 64) | half(1)
}

/// The ids of hooks in an event's debug data, however they are listed there.
fn hooks(debug_context: &RawValue) -> Vec<Box<str>> {
    let text = debug_context.get().as_bytes();
    let Some(begin) = memchr::memmem::find(text, HOOKS) else {
        return Vec::new();
    };
    let (prefix, length) = HOOK_ID;
    let listed = text.get(begin + HOOKS.len()..).unwrap_or_default();
    // A list, or a text that holds one: past `":"` or `":[`, to where either ends.
    let from = listed
        .iter()
        .position(|c| *c == b':')
        .map_or(0, |at| at + 1);
    let listed = listed.get(from..).unwrap_or_default();
    let is_list = listed.iter().find(|c| !c.is_ascii_whitespace()) == Some(&b'[');
    let ends = if is_list { b']' } else { b'"' };
    let open = listed
        .iter()
        .position(|c| b"[\"".contains(c))
        .map_or(0, |at| at + 1);
    let listed = listed.get(open..).unwrap_or_default();
    let end = listed
        .iter()
        .position(|c| *c == ends)
        .unwrap_or(listed.len());
    let words = listed.get(..end).unwrap_or_default();
    let words = words.split(|c| !c.is_ascii_alphanumeric());
    let ids = words.filter(|word| word.starts_with(prefix) && word.len() == length);
    ids.filter_map(|id| std::str::from_utf8(id).ok())
        .take(MOST_HOOKS)
        .map(Into::into)
        .collect()
}
