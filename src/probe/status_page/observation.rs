//! What one run saw of a status page.

use super::content::{FROZEN_AFTER, PageContent};
use crate::{okta::Failure, probe::kind::ProbeResult, units::Timestamp};

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
                content: Some(content.still_known(now, FROZEN_AFTER)),
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
}
