//! The past as it is kept: a document for each six hours of an org, thirteen in turn, so that one
//! quarter of an hour more costs a short document and not three days of it. The layout has a number of
//! its own.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::spans::{HOUR, Runs, Spans, TOLD, Used};

/// How documents are laid out; one of another layout is left alone until its turn comes.
const LAYOUT: u32 = 1;
/// The spans of one document.
const LENGTH: u32 = 6 * HOUR;
/// So many documents hold three days, and the one that has begun.
pub(super) const SLOTS: u32 = TOLD / LENGTH + 1;

/// Whose limit, in which bucket, by which api.
pub(super) type LimitId = (String, String, String);

/// What was noted in one part of time.
#[derive(Debug, Default, PartialEq)]
pub(super) struct Chunk {
    pub(super) probes: BTreeMap<String, Spans<Runs>>,
    pub(super) limits: BTreeMap<LimitId, Spans<Used>>,
}

/// The same, as it is written.
#[derive(Serialize, Deserialize)]
struct Written {
    layout: u32,
    probes: BTreeMap<String, Spans<Runs>>,
    limits: Vec<(LimitId, Spans<Used>)>,
}

/// The part of time that a span belongs to.
pub(super) fn part_of(span: u32) -> u32 {
    span / LENGTH
}

/// In which of the documents a part of time is kept.
pub(super) fn slot_of(part: u32) -> u32 {
    part % SLOTS
}

impl Chunk {
    pub(super) fn is_empty(&self) -> bool {
        self.probes.is_empty() && self.limits.is_empty()
    }

    /// As it is kept.
    pub(super) fn written(self) -> Result<Value, serde_json::Error> {
        serde_json::to_value(Written {
            layout: LAYOUT,
            probes: self.probes,
            limits: self.limits.into_iter().collect(),
        })
    }

    /// As it was kept; `None` where that is of another layout.
    pub(super) fn read(written: Value) -> Option<Self> {
        let written: Written = serde_json::from_value(written).ok()?;
        (written.layout == LAYOUT).then(|| Self {
            probes: written.probes,
            limits: written.limits.into_iter().collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_document_is_read_as_it_was_written_and_one_of_another_layout_is_not() {
        let text = r#"{"layout":1,"limits":[[["monitor","/api/v1/users","users"],[[7,9000]]]],"probes":{"discovery":[[7,[3,1,250]]]}}"#;
        let written: Value = serde_json::from_str(text).unwrap();
        let read = Chunk::read(written.clone()).unwrap();
        assert_eq!(read.probes["discovery"].last(), Some(7));
        assert_eq!(read.written().unwrap(), written);
        for other in [
            json!({ "layout": 2, "probes": {}, "limits": [] }),
            json!({}),
            json!("?"),
        ] {
            assert_eq!(Chunk::read(other), None);
        }
    }

    #[test]
    fn no_part_of_three_days_takes_the_place_of_another() {
        let now = 1_967_531;
        let parts: Vec<u32> = (now - TOLD..=now).map(part_of).collect();
        let (first, last) = (parts[0], parts[parts.len() - 1]);
        assert!(last - first < SLOTS, "{first} {last}");
        assert_ne!(slot_of(first), slot_of(last));
    }
}
