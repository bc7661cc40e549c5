//! One event's members as they stand. Those that few events are read for (targets, debug data, the
//! transaction) are only skipped, and read when the type of the event is known.

use serde::de::{IgnoredAny, MapAccess};
use serde_json::value::RawValue;

use super::{
    odd_object::{Members, OddObject},
    odd_text::OddText,
};

#[derive(Debug, Default)]
pub(super) struct Outcome<'a> {
    pub(super) result: OddText<'a>,
    pub(super) reason: OddText<'a>,
}

impl<'de: 'a, 'a> Members<'de> for Outcome<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "result" => self.result = map.next_value()?,
            "reason" => self.reason = map.next_value()?,
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}

/// An event's members, as far as they are read.
#[derive(Debug, Default)]
pub(super) struct RawEvent<'a> {
    pub(super) uuid: OddText<'a>,
    pub(super) published: OddText<'a>,
    pub(super) event_type: OddText<'a>,
    pub(super) severity: OddText<'a>,
    pub(super) outcome: OddObject<Outcome<'a>>,
    pub(super) target: Option<&'a RawValue>,
    pub(super) debug_context: Option<&'a RawValue>,
    pub(super) transaction: Option<&'a RawValue>,
    pub(super) client: Option<&'a RawValue>,
}

impl<'de: 'a, 'a> Members<'de> for RawEvent<'a> {
    fn member<A: MapAccess<'de>>(&mut self, name: &str, map: &mut A) -> Result<(), A::Error> {
        match name {
            "uuid" => self.uuid = map.next_value()?,
            "published" => self.published = map.next_value()?,
            "eventType" => self.event_type = map.next_value()?,
            "severity" => self.severity = map.next_value()?,
            "outcome" => self.outcome = map.next_value()?,
            "target" => self.target = Some(map.next_value()?),
            "debugContext" => self.debug_context = Some(map.next_value()?),
            "transaction" => self.transaction = Some(map.next_value()?),
            "client" => self.client = Some(map.next_value()?),
            _ => drop(map.next_value::<IgnoredAny>()?),
        }
        Ok(())
    }
}
