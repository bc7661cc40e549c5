//! Status pages: Okta's own, a Statuspage v2, a feed. A page belongs to no org; which of its
//! incidents are on an org's cell is found in `reach`, where both are known. Each format's reading is pure
//! and in a file of its own. What cannot be read is unknown, never fine.

mod ask;
mod content;
mod draw;
mod entries;
mod feed;
mod format;
mod observation;
mod okta;
#[cfg(test)]
mod properties;
mod reach;
mod read;
mod settings;
mod span;
mod statuspage;
mod text;
mod unreadable;
mod words;

use url::Url;

use super::{
    ask::Ask,
    kind::{Access, Kind, Known, ProbeResult, Scope},
};
use crate::{
    metrics::{Family, Page},
    okta::Session,
};

pub use ask::{Memory, Probe};
pub use content::{Component, FROZEN_AFTER, Incident, PageContent};
pub use format::{Format, Source, sniff};
pub use observation::Observation;
pub use reach::{CellIncidents, any_names_cells, by_category};
pub use read::read;
pub use settings::Settings;
pub use unreadable::Unreadable;
pub use words::{Category, ComponentStatus, Indicator, Status};

impl Probe {
    /// The page's address, which its client connects to.
    pub fn url(&self) -> &Url {
        &self.url
    }
}

impl Kind for Probe {
    const KIND: &'static str = ask::KIND;
    const FAMILIES: &'static [&'static Family] = draw::FAMILIES;

    type Observation = Observation;
    type Memory = Memory;

    /// The address itself; a Statuspage tells all beside its front page, in one request as well.
    fn asks(&self, _access: Access) -> Vec<Ask<'_>> {
        vec![Ask::get(self.api.as_str(), self.url.path())]
    }

    async fn run(&self, okta: &Session<'_>, known: &Memory) -> ProbeResult<Observation> {
        self.observe(okta, *known).await
    }

    fn learn(memory: Memory, seen: &Observation) -> Memory {
        let form = seen.content().map(|content| content.source);
        Memory {
            form: form.or(memory.form),
        }
    }

    fn dropped(known: &Known<'_, Self>) -> usize {
        known.observation.map_or(0, draw::dropped)
    }

    fn draw(known: &Known<'_, Self>, scope: Scope<'_>, page: &mut Page) {
        if let Some(seen) = known.observation {
            draw::draw(seen, scope.name, page);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{borrow::Cow, time::Duration};

    use super::*;
    use crate::units::Timestamp;

    fn seen(source: Source) -> Observation {
        let content = PageContent {
            source,
            incidents: Some(Vec::new()),
            maintenances: None,
            last_update: None,
            indicator: None,
            components: Vec::new(),
        };
        Observation::judge(content, Timestamp::UNIX_EPOCH)
            .observation
            .unwrap()
    }

    #[test]
    fn the_form_that_a_page_had_when_it_was_last_read_is_remembered() {
        let after = |seen: &[Observation]| seen.iter().fold(Memory::default(), Probe::learn).form;
        assert_eq!(after(&[Observation::default()]), None);
        let (okta, other) = (seen(Source::Okta), seen(Source::Statuspage));
        assert_eq!(after(&[okta.clone(), other]), Some(Source::Statuspage));
        assert_eq!(after(&[okta, Observation::default()]), Some(Source::Okta));
    }

    #[test]
    fn a_page_whose_lists_fit_drops_nothing() {
        let seen = seen(Source::Okta);
        let known = |observation| Known {
            observation,
            memory: Cow::Owned(Memory::default()),
            interval: Duration::ZERO,
        };
        assert_eq!(Probe::dropped(&known(Some(&seen))), 0);
        assert_eq!(Probe::dropped(&known(None)), 0);
    }
}
