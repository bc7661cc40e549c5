//! One scrape's series, and the only place where a series is written. It knows no probe.
//!
//! Each series is written as text the moment it is drawn. Building the `prometheus` crate's model
//! first (nine allocations a series) takes twice as long and two to four times the memory, most of
//! which the allocator then keeps: `benches/page.rs` compares. The crate still supplies, and
//! encodes, what it collects itself, and is the yardstick that the tests hold this text against.
//!
//! A family's text is one string that grows. Pieces of bounded size were measured too: a lower
//! peak, but the allocator keeps twice the page, where it gives large strings back.

use std::{
    borrow::Cow,
    collections::{BTreeMap, HashSet},
    hash::{BuildHasher, RandomState},
};

use prometheus::{
    TextEncoder,
    proto::{MetricFamily, MetricType},
};

use super::{
    family::{Family, Kind},
    histogram::Histogram,
    text,
};

/// The series of one scrape, drawn fresh from what is known and then forgotten.
///
/// Families are sorted by name and series keep the order in which they were drawn. A series drawn
/// twice stands once, with its first value: two facts with the same labels come from outside (two
/// applications of the same name), and they must not cost the rest of the page.
#[derive(Debug, Default)]
pub struct Page {
    blocks: BTreeMap<Cow<'static, str>, Block>,
    hasher: RandomState,
}

/// One family's text.
#[derive(Debug, Default)]
struct Block {
    text: String,
    /// Hashes of the label sets drawn. With a random 64-bit key, taking two different series for
    /// the same one is less likely than a bad disk; keeping the label sets would double the page.
    drawn: HashSet<u64>,
}

impl Page {
    /// The content type of [`Page::text`].
    pub const CONTENT_TYPE: &str = "text/plain; version=0.0.4; charset=utf-8";

    /// A page with nothing on it.
    pub fn new() -> Self {
        Self::default()
    }

    /// Draws one series of a gauge or counter. An empty label value leaves the label out.
    ///
    /// A number of label values other than the family's is a programming error: loud in a debug
    /// build, and no series in a release build, because a mislabelled series would lie.
    pub fn push(&mut self, family: &Family, labels: &[&str], value: f64) {
        let fits = family.kind() != Kind::Histogram && family.labels().len() == labels.len();
        debug_assert!(
            fits,
            "not one value and {} labels: {family:?}",
            labels.len()
        );
        if !fits {
            return;
        }
        let Self { blocks, hasher } = self;
        let block = block_of(blocks, family);
        let start = block.text.len();
        block.text.push_str(family.name());
        let labels_start = block.text.len();
        text::labels(&mut block.text, family.labels(), labels);
        let set = hasher.hash_one(block.text.get(labels_start..));
        if block.drawn.insert(set) {
            block.text.push(' ');
            text::number(&mut block.text, value);
            block.text.push('\n');
        } else {
            block.text.truncate(start);
        }
    }

    /// Draws one series if its value is known; what is unknown is absent.
    pub fn push_some(&mut self, family: &Family, labels: &[&str], value: Option<f64>) {
        if let Some(value) = value {
            self.push(family, labels, value);
        }
    }

    /// Draws the series of one histogram: its buckets, sum and count.
    pub fn histogram(&mut self, family: &Family, labels: &[&str], histogram: &Histogram) {
        let fits = family.kind() == Kind::Histogram && family.labels().len() == labels.len();
        debug_assert!(
            fits,
            "not a histogram and {} labels: {family:?}",
            labels.len()
        );
        if !fits {
            return;
        }
        let mut shared = String::new();
        text::labels(&mut shared, family.labels(), labels);
        let Self { blocks, hasher } = self;
        let block = block_of(blocks, family);
        if block.drawn.insert(hasher.hash_one(&shared)) {
            text::histogram(&mut block.text, family.name(), &shared, histogram);
        }
    }

    /// Takes in families that were collected by the `prometheus` crate, except those whose name
    /// already stands on the page.
    pub fn absorb(&mut self, families: Vec<MetricFamily>) {
        for family in families {
            // The encoder panics on these.
            if family.get_field_type() == MetricType::UNTYPED {
                continue;
            }
            let mut block = Block::default();
            // The encoder refuses a family without series, which has nothing to say here.
            let encoded =
                TextEncoder::new().encode_utf8(std::slice::from_ref(&family), &mut block.text);
            if encoded.is_ok() {
                self.blocks
                    .entry(family.name().to_owned().into())
                    .or_insert(block);
            }
        }
    }

    /// The page in Prometheus' text format.
    pub fn text(self) -> String {
        let size = self.blocks.values().map(|block| block.text.len()).sum();
        let mut text = String::with_capacity(size);
        // Consuming each block as it is copied keeps the peak below twice the page.
        for block in self.blocks.into_values() {
            text.push_str(&block.text);
        }
        text
    }

    /// Its series in alphabetical order, without headers.
    #[cfg(test)]
    pub fn test_series(self) -> Vec<String> {
        let text = self.text();
        let series = text.lines().filter(|line| !line.starts_with('#'));
        let mut series: Vec<String> = series.map(str::to_owned).collect();
        series.sort();
        series
    }
}

/// The block of a family, begun with its header if this is its first series.
fn block_of<'a>(
    blocks: &'a mut BTreeMap<Cow<'static, str>, Block>,
    family: &Family,
) -> &'a mut Block {
    blocks.entry(family.name().into()).or_insert_with(|| {
        let mut block = Block::default();
        text::header(&mut block.text, family);
        block
    })
}
