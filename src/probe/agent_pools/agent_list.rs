//! The agents of a pool as Okta writes them: a list, or one in its place.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor, value::MapAccessDeserializer},
};

use crate::okta::Object;

/// The most agents of one pool that are looked at.
const MOST: usize = 1_000;

/// A list, or the one agent that there is in place of a list; of another form, none.
#[derive(Debug)]
pub(super) struct AgentList<T>(pub(super) Vec<T>);

impl<T> Default for AgentList<T> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for AgentList<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(AgentsVisitor(PhantomData))
    }
}

struct AgentsVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for AgentsVisitor<T> {
    type Value = AgentList<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<AgentList<T>, A::Error> {
        let mut agents = Vec::new();
        while agents.len() < MOST {
            match list.next_element::<Object<T>>()? {
                Some(Object(agent)) => agents.extend(agent),
                None => return Ok(AgentList(agents)),
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(AgentList(agents))
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<AgentList<T>, A::Error> {
        let agent = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(AgentList(vec![agent]))
    }

    fn visit_unit<E>(self) -> Result<AgentList<T>, E> {
        Ok(AgentList::default())
    }

    fn visit_bool<E>(self, _value: bool) -> Result<AgentList<T>, E> {
        Ok(AgentList::default())
    }

    fn visit_i64<E>(self, _value: i64) -> Result<AgentList<T>, E> {
        Ok(AgentList::default())
    }

    fn visit_u64<E>(self, _value: u64) -> Result<AgentList<T>, E> {
        Ok(AgentList::default())
    }

    fn visit_f64<E>(self, _value: f64) -> Result<AgentList<T>, E> {
        Ok(AgentList::default())
    }

    fn visit_str<E>(self, _value: &str) -> Result<AgentList<T>, E> {
        Ok(AgentList::default())
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    #[test]
    fn of_very_many_the_first_are_looked_at() {
        let many = format!("[{}{{}}]", "{},".repeat(MOST + 5));
        let read: AgentList<BTreeMap<String, u8>> = serde_json::from_str(&many).unwrap();
        assert_eq!(read.0.len(), MOST);
    }
}
