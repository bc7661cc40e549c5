//! The ids of a [`Ring`] as they are kept: in documents of a thousand, each under a fixed key, which
//! the ids of so many later take over. So a commit writes what is new, and one or two documents.

use std::{collections::BTreeMap, ops::Range};

use base64::{Engine, engine::general_purpose::STANDARD as BASE64};
use serde_json::{Value, json};

use super::ring::{MOST, Ring, Told};
use crate::{okta::event::EventId, units::Moment};

/// How many ids a document holds.
const LENGTH: u64 = 1_000;
/// How many documents there are: all that a ring holds, though it begins within one.
const DOCUMENTS: u64 = MOST as u64 / LENGTH + 1;
/// An id's sixteen bytes, and one that says what is known of it.
const WIDTH: usize = 17;

/// The chunks that hold these numbers.
fn chunks(numbers: Range<u64>) -> Range<u64> {
    if numbers.is_empty() {
        return 0..0;
    }
    numbers.start / LENGTH..numbers.end.div_ceil(LENGTH)
}

/// The name of the document that a chunk is kept in.
fn name(chunk: u64) -> String {
    format!("{:02}", chunk % DOCUMENTS)
}

/// The documents of a ring that hold what is not kept yet: all from this number on.
pub(super) fn written(ring: &Ring, from: u64) -> Vec<(String, Value)> {
    let from = from.max(ring.first());
    let chunks = chunks(from..ring.next());
    let documents = chunks.map(|chunk| (name(chunk), document(ring, chunk)));
    documents.collect()
}

fn document(ring: &Ring, chunk: u64) -> Value {
    let numbers = chunk * LENGTH..(chunk + 1) * LENGTH;
    let first = numbers.start.max(ring.first());
    let mut bytes = Vec::with_capacity(WIDTH * 1_000);
    for number in first..numbers.end.min(ring.next()) {
        if let Some((_, id, told)) = ring.at_or_after(number) {
            bytes.extend(id.0.to_be_bytes());
            bytes.push(u8::from(told.meant));
        }
    }
    json!({ "first": first, "ids": BASE64.encode(bytes) })
}

/// The names of the documents that hold these numbers.
pub(super) fn names(numbers: Range<u64>) -> Vec<String> {
    chunks(numbers).map(name).collect()
}

/// The ring that was kept in these documents and holds these numbers; an error says what is wrong
/// with them.
pub(super) fn read(documents: &[Value], numbers: Range<u64>) -> Result<Ring, &'static str> {
    let mut pieces = BTreeMap::new();
    for document in documents {
        let first = document.get("first").and_then(Value::as_u64);
        let ids = document.get("ids").and_then(Value::as_str);
        let (Some(first), Some(ids)) = (first, ids) else {
            return Err("it lacks `first` or `ids`");
        };
        let bytes = BASE64.decode(ids).map_err(|_| "`ids` is no base64")?;
        pieces.insert(first, bytes);
    }
    let mut next = numbers.start;
    let mut ring = Ring::from(numbers.start);
    let now = Moment::now();
    for (first, bytes) in &pieces {
        let (entries, []) = bytes.as_chunks::<WIDTH>() else {
            return Err("`ids` ends within an id");
        };
        let entries = (*first..).zip(entries);
        for (_, [id @ .., meant]) in entries.filter(|(number, _)| numbers.contains(number)) {
            let told = Told {
                at: now,
                in_this_life: false,
                meant: *meant != 0,
            };
            if !ring.tell(EventId(u128::from_be_bytes(*id)), told) {
                return Err("an id is there twice");
            }
            next += 1;
        }
    }
    if next == numbers.end && ring.next() == next {
        Ok(ring)
    } else {
        Err("ids are missing")
    }
}
