//! What one run saw of a status page.

use super::{
    content::{FROZEN_AFTER, Incident, PageContent},
    words::Category,
};
use crate::{
    okta::Failure,
    probe::kind::ProbeResult,
    units::{Cell, Timestamp},
};

/// Whether the page could be read and is alive, and what it said; no content where it could not be
/// understood.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Observation {
    up: bool,
    content: Option<PageContent>,
}

impl Observation {
    /// A frozen feed would say for ever what it said last: all that is known of it is since when.
    pub(super) fn judge(content: PageContent, now: Timestamp) -> ProbeResult<Self> {
        let frozen = content.is_frozen(now, FROZEN_AFTER);
        let last = content
            .last_update
            .map_or_else(|| "never".to_owned(), |at| at.to_string());
        ProbeResult {
            failure: frozen.then(|| {
                Failure::InvalidBody(format!(
                    "the feed is frozen (last entry: {last}): it says nothing of today"
                ))
            }),
            observation: Some(Self {
                up: !frozen,
                content: Some(content.unless_frozen(now, FROZEN_AFTER)),
            }),
        }
    }

    /// True if the page could be read and understood, and is alive.
    pub(super) fn is_up(&self) -> bool {
        self.up
    }

    /// What it said, where it could be understood.
    pub fn content(&self) -> Option<&PageContent> {
        self.content.as_ref()
    }

    /// How many open incidents of each category name this cell; `None` where the page is unknown
    /// or names no cells.
    pub fn by_category_on(&self, cell: &Cell) -> Option<Vec<(&'static str, usize)>> {
        let open: Vec<&Incident> = self.content.as_ref()?.incidents_on(cell)?.collect();
        let count = |category: Category| {
            open.iter()
                .filter(|incident| incident.category == category)
                .count()
        };
        let mut counts: Vec<_> = Category::OF_CELLS
            .iter()
            .map(|&category| (category.as_str(), count(category)))
            .collect();
        let listed: usize = counts.iter().map(|(_, count)| count).sum();
        if let Some((_, other)) = counts.last_mut() {
            *other += open.len() - listed;
        }
        Some(counts)
    }
}
