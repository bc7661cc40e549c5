//! What an event hook delivers: an envelope with events of the same shape as the log's.

#[cfg(test)]
mod tests;

use serde::de::{DeserializeSeed, IgnoredAny, MapAccess};

use super::{
    odd_object::{AnObject, Members},
    odd_text::OddText,
    page::EventPage,
};

/// Whatever calls itself otherwise is no delivery of Okta's.
const EVENT_TYPE: &str = "com.okta.event_hook";
/// How Okta's ids of hooks begin.
const HOOK_ID: &str = "who";

/// One delivery.
#[derive(Debug, Clone, PartialEq)]
pub struct Delivery {
    /// The hook that sent it, by Okta's id; `None` where it does not say.
    pub hook: Option<Box<str>>,
    /// Its events.
    pub page: EventPage,
}

/// What came is no delivery. Nothing of it is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum BadDelivery {
    /// No JSON.
    #[error("the body is not JSON")]
    NotJson,
    /// Another document.
    #[error(
        "the body is JSON, and no delivery of an event hook: it needs `eventType`, `com.okta.event_hook`, and `data.events`"
    )]
    NotADelivery,
}

#[derive(Default)]
struct Data {
    events: Option<EventPage>,
}

impl<'de> Members<'de> for Data {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "events" => self.events = Some(map.next_value()?),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

#[derive(Default)]
struct Envelope<'a> {
    event_type: OddText<'a>,
    source: OddText<'a>,
    data: Option<Data>,
}

impl<'de: 'a, 'a> Members<'de> for Envelope<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "eventType" => self.event_type = map.next_value()?,
            "source" => self.source = map.next_value()?,
            "data" => self.data = map.next_value_seed(AnObject(std::marker::PhantomData))?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

impl Delivery {
    /// Reads a delivery.
    pub fn read(body: &[u8]) -> Result<Self, BadDelivery> {
        let mut json = serde_json::Deserializer::from_slice(body);
        let seed = AnObject::<Envelope<'_>>(std::marker::PhantomData);
        let read = seed
            .deserialize(&mut json)
            .and_then(|read| json.end().map(|()| read));
        let envelope = read.map_err(|e| match e.classify() {
            serde_json::error::Category::Data => BadDelivery::NotADelivery,
            _ => BadDelivery::NotJson,
        })?;
        let envelope = envelope.ok_or(BadDelivery::NotADelivery)?;
        if envelope.event_type.as_deref() != Some(EVENT_TYPE) {
            return Err(BadDelivery::NotADelivery);
        }
        let page = envelope.data.and_then(|data| data.events);
        Ok(Self {
            hook: envelope.source.as_deref().and_then(hook),
            page: page.ok_or(BadDelivery::NotADelivery)?,
        })
    }
}

/// The hook's id, from its address: `https://ORG/api/v1/eventHooks/who…`.
fn hook(source: &str) -> Option<Box<str>> {
    let id = source.rsplit('/').next()?;
    let plain = id.len() <= 64 && id.bytes().all(|c| c.is_ascii_alphanumeric());
    (id.starts_with(HOOK_ID) && plain).then(|| id.into())
}
