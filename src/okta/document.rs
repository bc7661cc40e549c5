//! JSON from outside, read without growing: six kilobytes of `{"":0}` become 400 MB as a tree of values.
//! Members that somebody asks for are read by their type, and the rest is skipped; where a tree is
//! needed, it has a bound. How many bytes an answer may have is said by who asks for it.

use std::{fmt, marker::PhantomData};

use serde::{
    Deserialize, Deserializer,
    de::{
        DeserializeSeed, Error, IgnoredAny, MapAccess, SeqAccess, Visitor,
        value::MapAccessDeserializer,
    },
};
use serde_json::Value;

/// The most values that a tree may have: an object costs 600 bytes, however little stands in it.
const MOST_VALUES: usize = 10_000;

/// A document as a tree; one of too many values is an error.
pub(super) fn tree(body: &[u8]) -> serde_json::Result<Value> {
    // No value but the first begins without one of these.
    let begun = body.iter().filter(|byte| b"{[,".contains(byte)).count();
    if begun >= MOST_VALUES {
        let what = format!("it holds more than {MOST_VALUES} values");
        return Err(serde_json::Error::custom(what));
    }
    serde_json::from_slice(body)
}

/// A member of a document, as far as anybody asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Member {
    /// A text.
    Text(String),
    /// A number.
    Number(f64),
    /// True or false.
    Truth(bool),
    /// A list of nothing but texts.
    Texts(Vec<String>),
    /// Anything else. What it was, is not kept.
    Other,
}

/// What a member may be read as.
pub trait Claim: Sized {
    /// What this is as such; `None` where it is something else.
    fn of(member: Member) -> Option<Self>;
}

/// A member of another type than the one that is looked for is not known, and hides no other.
pub fn claim<'de, D: Deserializer<'de>, T: Claim>(deserializer: D) -> Result<Option<T>, D::Error> {
    Member::deserialize(deserializer).map(T::of)
}

impl Claim for String {
    fn of(member: Member) -> Option<Self> {
        match member {
            Member::Text(text) => Some(text),
            Member::Number(_) | Member::Truth(_) | Member::Texts(_) | Member::Other => None,
        }
    }
}

impl Claim for f64 {
    fn of(member: Member) -> Option<Self> {
        match member {
            Member::Number(number) => Some(number),
            Member::Text(_) | Member::Truth(_) | Member::Texts(_) | Member::Other => None,
        }
    }
}

impl Claim for bool {
    fn of(member: Member) -> Option<Self> {
        match member {
            Member::Truth(value) => Some(value),
            Member::Text(_) | Member::Number(_) | Member::Texts(_) | Member::Other => None,
        }
    }
}

impl<'de> Deserialize<'de> for Member {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Shallow { is_entry: false }.deserialize(deserializer)
    }
}

/// Reads a member, or an entry of one, of which only a text is of use.
struct Shallow {
    is_entry: bool,
}

impl<'de> DeserializeSeed<'de> for Shallow {
    type Value = Member;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Member, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Shallow {
    type Value = Member;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Member, E> {
        Ok(Member::Other)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Member, E> {
        Ok(Member::Truth(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Member, E> {
        Ok(Member::Number(value as f64))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Member, E> {
        Ok(Member::Number(value as f64))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Member, E> {
        Ok(Member::Number(value))
    }

    fn visit_str<E>(self, value: &str) -> Result<Member, E> {
        Ok(Member::Text(value.to_owned()))
    }

    fn visit_string<E>(self, value: String) -> Result<Member, E> {
        Ok(Member::Text(value))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Member, A::Error> {
        let mut texts = (!self.is_entry).then(Vec::new);
        while let Some(known) = &mut texts {
            match list.next_element_seed(Self { is_entry: true })? {
                Some(Member::Text(text)) => known.push(text),
                Some(_) => texts = None,
                None => break,
            }
        }
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(texts.map_or(Member::Other, Member::Texts))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Member, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Member::Other)
    }
}

/// A JSON object, or nothing where it is something else; serde would take a list for a struct as well.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Object<T>(pub Option<T>);

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Object<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ObjectVisitor(PhantomData))
    }
}

struct ObjectVisitor<T>(PhantomData<T>);

impl<'de, T: Deserialize<'de>> Visitor<'de> for ObjectVisitor<T> {
    type Value = Object<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Object<T>, A::Error> {
        let members = T::deserialize(MapAccessDeserializer::new(map))?;
        Ok(Object(Some(members)))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Object<T>, A::Error> {
        while list.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Object(None))
    }

    fn visit_unit<E>(self) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_bool<E>(self, _value: bool) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_i64<E>(self, _value: i64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_u64<E>(self, _value: u64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_f64<E>(self, _value: f64) -> Result<Object<T>, E> {
        Ok(Object(None))
    }

    fn visit_str<E>(self, _value: &str) -> Result<Object<T>, E> {
        Ok(Object(None))
    }
}

/// A list of at most so many entries; a longer one is an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed<T, const MOST: usize>(pub Vec<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Deserialize<'de> for Listed<T, MOST> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ListVisitor(PhantomData))
    }
}

struct ListVisitor<T, const MOST: usize>(PhantomData<T>);

impl<'de, T: Deserialize<'de>, const MOST: usize> Visitor<'de> for ListVisitor<T, MOST> {
    type Value = Listed<T, MOST>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Listed<T, MOST>, A::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = list.next_element()? {
            if entries.len() == MOST {
                return Err(A::Error::custom(format!("it has more than {MOST} entries")));
            }
            entries.push(entry);
        }
        Ok(Listed(entries))
    }

    fn visit_str<E: Error>(self, _value: &str) -> Result<Listed<T, MOST>, E> {
        Err(E::custom("it is text"))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn member(json: &str) -> Member {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn a_member_is_what_somebody_may_ask_for_or_nothing() {
        assert_eq!(member(r#""a\n""#), Member::Text("a\n".to_owned()));
        assert_eq!(member("-7"), Member::Number(-7.0));
        assert_eq!(member("1.5"), Member::Number(1.5));
        assert_eq!(member("true"), Member::Truth(true));
        let texts = ["a", "b"].map(str::to_owned).to_vec();
        assert_eq!(member(r#"["a", "b"]"#), Member::Texts(texts));
        assert_eq!(member("[]"), Member::Texts(Vec::new()));
        for other in [
            "null",
            "{}",
            r#"{"a":[{}]}"#,
            r#"["a",1]"#,
            r#"[["a"],"b"]"#,
        ] {
            assert_eq!(member(other), Member::Other, "{other}");
        }
    }

    #[test]
    fn only_an_object_is_one() {
        let read = serde_json::from_str::<Object<std::collections::BTreeMap<String, u8>>>;
        assert_eq!(read(r#"{"a":1}"#).unwrap().0.unwrap()["a"], 1);
        for other in ["[1, {}]", "7", "-1", "1.5", r#""a""#, "null", "true"] {
            assert_eq!(read(other).unwrap(), Object(None), "{other}");
        }
    }

    #[test]
    fn no_message_quotes_what_stands_in_place_of_a_list() {
        let told = serde_json::from_str::<Listed<u8, 2>>(r#""s3cr3t""#).unwrap_err();
        assert!(!told.to_string().contains("s3cr3t"), "{told}");
    }

    #[test]
    fn what_would_grow_is_refused() {
        assert!(serde_json::from_str::<Listed<u8, 2>>("[1,2]").is_ok());
        let told = serde_json::from_str::<Listed<u8, 2>>("[1,2,3]").unwrap_err();
        assert!(told.to_string().contains("more than 2 entries"), "{told}");
        let bomb = |objects: usize| format!("[{}0]", r#"{"":0},"#.repeat(objects));
        assert!(tree(bomb(4_000).as_bytes()).is_ok());
        let told = tree(bomb(5_000).as_bytes()).unwrap_err();
        assert!(told.to_string().contains("10000 values"), "{told}");
    }

    fn values(tree: &Value) -> usize {
        let below = match tree {
            Value::Array(list) => list.iter().map(values).sum(),
            Value::Object(members) => members.values().map(values).sum(),
            _ => 0,
        };
        below + 1
    }

    proptest! {
        #[test]
        fn no_tree_has_more_values_than_were_counted(
            names in prop::collection::vec("[a-c]?", 0..6),
            depth in 0_usize..4,
        ) {
            let leaf = json!(names);
            let tree = (0..depth).fold(leaf, |tree, n| json!({"a": tree, "b": [n, {}], "": []}));
            let text = tree.to_string();
            let begun = text.bytes().filter(|byte| b"{[,".contains(byte)).count();
            prop_assert!(values(&tree) <= begun + 1);
            prop_assert_eq!(super::tree(text.as_bytes()).unwrap(), tree);
        }
    }
}
