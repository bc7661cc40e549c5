//! What a status page said, in one form whatever the page's own. Reading it is each format's;
//! its series are in [`draw`](super::draw), and what several pages tell of a cell in
//! [`reach`](super::reach).

use jiff::SignedDuration;
use url::Url;

use super::{
    format::Source,
    words::{Category, ComponentStatus, Indicator, Status},
};
use crate::units::{CellList, Timestamp};

/// How old a feed's newest entry may be before the feed is held to be frozen: Okta's own once
/// answered 200 for more than a year after its last entry.
pub const FROZEN_AFTER: SignedDuration = SignedDuration::from_hours(90 * 24);

/// How far ahead of our clock a feed may be dated and still be believed.
const AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// The most incidents, maintenances or components that a page may list, each. Okta lists some hundreds.
pub(super) const MOST_LISTED: usize = 12_000;

/// The longest link that is kept.
pub(super) const LONGEST_LINK: usize = 200;

/// What one answer of a status page said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PageContent {
    /// What the page turned out to be.
    pub source: Source,
    /// The incidents listed, open and closed, each id once; `None` where the source does not say.
    pub incidents: Option<Vec<Incident>>,
    /// Planned work, in the same form; `None` where the source does not say.
    pub maintenances: Option<Vec<Incident>>,
    /// The newest change that the page tells of. On Okta's page and on a Statuspage a quiet month
    /// is normal; in a feed see [`PageContent::is_frozen`].
    pub last_update: Option<Timestamp>,
    /// The one word for everything; only a Statuspage has it.
    pub indicator: Option<Indicator>,
    /// The components, each name once; only a Statuspage has them.
    pub components: Vec<Component>,
}

/// An incident, or a planned maintenance.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// Its id on the page (Okta's is like `I-11070`): short and plain, fit for a label.
    pub id: String,
    /// What kind of trouble.
    pub category: Category,
    /// How far it has come.
    pub status: Status,
    /// The cells it names.
    pub cells: CellList,
    /// When it began; for a maintenance, when it is to begin.
    pub started: Option<Timestamp>,
    /// When a maintenance is to be over at the latest.
    pub ends: Option<Timestamp>,
    /// Its last change.
    pub updated: Option<Timestamp>,
    /// Its title: bounded, but free text from outside. For people, never for a label.
    pub title: String,
    /// Where the page tells more of it: as it is written, until [`PageContent::led_from`] the page.
    pub link: Option<String>,
}

/// A component of a Statuspage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Component {
    /// Its name, after its group's (`Core / API`): bounded text in one line.
    pub name: String,
    /// Its state.
    pub status: ComponentStatus,
}

impl Incident {
    /// True until the page says in a known word that it is over.
    pub const fn is_open(&self) -> bool {
        self.status.is_open()
    }

    /// What is told first of many: the worst, and of equally bad ones the newest.
    pub fn rank(&self) -> impl Ord + use<> {
        (self.category.rank(), self.updated)
    }

    /// True for announced work that must be over by now, though nobody wrote that it began.
    pub fn is_past(&self, now: Timestamp) -> bool {
        self.status == Status::Scheduled && self.ends.is_some_and(|ends| ends < now)
    }
}

impl PageContent {
    /// The open incidents; `None` where they are unknown, which is not zero.
    pub fn open_incidents(&self) -> Option<impl Iterator<Item = &Incident>> {
        Some(self.incidents.as_ref()?.iter().filter(|i| i.is_open()))
    }

    /// With links that lead somewhere: those of open incidents, from the address of the page.
    #[must_use]
    pub fn led_from(mut self, page: &Url) -> Self {
        let mut page = page.clone();
        // What somebody may have written into the address is nobody else's.
        page.set_query(None);
        // An address without a host, of which neither is known, has none of both.
        let (Ok(()) | Err(())) = page.set_username("");
        let (Ok(()) | Err(())) = page.set_password(None);
        for incident in self.incidents.iter_mut().flatten() {
            let link = incident.link.take().filter(|_| incident.status.is_open());
            incident.link = link.and_then(|link| lead(&page, &link));
        }
        self
    }

    /// The maintenances that are to come or under way.
    pub fn open_maintenances(&self) -> impl Iterator<Item = &Incident> {
        self.maintenances.iter().flatten().filter(|i| i.is_open())
    }

    /// True if this is a feed whose newest entry is older than `limit`, or not dated believably: it
    /// would say for ever what it said last. The other sources list what is open now.
    pub fn is_frozen(&self, now: Timestamp, limit: SignedDuration) -> bool {
        let age = |at| now.duration_since(at);
        let is_old = if let Some(newest) = self.last_update {
            age(newest) > limit || age(newest) < -AHEAD
        } else {
            // A feed that tells of announced work and of nothing else is as old as that: somebody
            // wrote it before the day by which it is dated.
            let announced = newest(self.maintenances.iter().flatten());
            announced.is_none_or(|newest| age(newest) > limit)
        };
        self.source == Source::Feed && is_old
    }

    /// What is still known at `now`: of a frozen feed, only its last update; of announced work, what
    /// is not past.
    #[must_use]
    pub fn still_known(mut self, now: Timestamp, limit: SignedDuration) -> Self {
        if let Some(maintenances) = &mut self.maintenances {
            maintenances.retain(|planned| !planned.is_past(now));
        }
        if self.is_frozen(now, limit) {
            let (incidents, maintenances) = (None, None);
            Self {
                incidents,
                maintenances,
                ..self
            }
        } else {
            self
        }
    }
}

/// Where a link leads: to the web, or it is none.
fn lead(page: &Url, link: &str) -> Option<String> {
    let url = page.join(link).ok()?;
    let is_web = matches!(url.scheme(), "https" | "http");
    let names_nobody = url.username().is_empty() && url.password().is_none();
    let url = String::from(url);
    (is_web && names_nobody && url.len() <= LONGEST_LINK).then_some(url)
}

/// Each id once, since an id is a series: of two records the open one counts, else the newer.
pub(super) fn distinct(incidents: impl IntoIterator<Item = Incident>) -> Vec<Incident> {
    let mut distinct: Vec<Incident> = incidents.into_iter().collect();
    distinct.sort_by(|a, b| {
        let newest_first = b.updated.cmp(&a.updated);
        let open_first = b.is_open().cmp(&a.is_open());
        a.id.cmp(&b.id).then(open_first).then(newest_first)
    });
    distinct.dedup_by(|later, kept| later.id == kept.id);
    distinct
}

/// The newest change among them.
pub(super) fn newest<'a>(incidents: impl IntoIterator<Item = &'a Incident>) -> Option<Timestamp> {
    incidents.into_iter().filter_map(|i| i.updated).max()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn incident(id: &str, status: Status, updated: i64) -> Incident {
        Incident {
            id: id.to_owned(),
            category: Category::Other,
            status,
            cells: CellList::default(),
            started: None,
            ends: None,
            updated: Some(Timestamp::from_second(updated).unwrap()),
            title: String::new(),
            link: None,
        }
    }

    #[test]
    fn of_two_records_of_one_incident_the_open_one_counts_and_then_the_newer() {
        let (open, closed) = (Status::Monitoring, Status::Resolved);
        let kept = distinct([
            incident("b", closed, 1),
            incident("a", closed, 9),
            incident("a", open, 1),
            incident("b", closed, 2),
            incident("a", open, 2),
        ]);
        assert_eq!(kept, [incident("a", open, 2), incident("b", closed, 2)]);
    }

    #[test]
    fn a_link_leads_to_the_web_from_the_page_and_takes_no_secret_along() {
        let page = Url::parse("https://u:p@status.example.com/a/?token=s3cr3t").unwrap();
        let told = |link: &str, status| {
            let seen = PageContent {
                source: Source::Okta,
                incidents: Some(vec![Incident {
                    link: Some(link.to_owned()),
                    ..incident("a", status, 1)
                }]),
                maintenances: None,
                last_update: None,
                indicator: None,
                components: Vec::new(),
            };
            seen.led_from(&page).incidents.unwrap().remove(0).link
        };
        let open = |link: &str| told(link, Status::Investigating);
        for (link, leads) in [
            (
                "#incident/a9C1",
                "https://status.example.com/a/#incident/a9C1",
            ),
            ("/incidents/abc", "https://status.example.com/incidents/abc"),
            ("https://stspg.io/abc", "https://stspg.io/abc"),
        ] {
            assert_eq!(open(link).as_deref(), Some(leads));
        }
        let long = format!("/{}", "a".repeat(LONGEST_LINK));
        for link in [
            "javascript:alert(1)",
            "https://u:p@x.example/",
            "http://[",
            &long,
        ] {
            assert_eq!(open(link), None, "{link}");
        }
        assert_eq!(told("/incidents/abc", Status::Resolved), None, "it is over");
    }

    #[test]
    fn a_feed_that_tells_of_announced_work_alone_is_alive_until_that_is_long_past() {
        let seen = PageContent {
            source: Source::Feed,
            incidents: Some(Vec::new()),
            maintenances: Some(vec![incident("a", Status::Scheduled, 1_000_000)]),
            last_update: None,
            indicator: None,
            components: Vec::new(),
        };
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        assert!(!seen.is_frozen(at(0), FROZEN_AFTER), "it lies ahead");
        assert!(!seen.is_frozen(at(2_000_000), FROZEN_AFTER));
        assert!(!seen.is_frozen(at(1_000_000) + FROZEN_AFTER, FROZEN_AFTER));
        assert!(seen.is_frozen(at(1_000_001) + FROZEN_AFTER, FROZEN_AFTER));
    }

    #[test]
    fn announced_work_that_is_past_is_gone_and_what_nobody_ended_is_not() {
        let at = |seconds| Timestamp::from_second(seconds).unwrap();
        let planned = |id, status, ends: Option<i64>| Incident {
            ends: ends.map(at),
            ..incident(id, status, 1)
        };
        let seen = PageContent {
            source: Source::Statuspage,
            incidents: Some(vec![planned("incident", Status::Scheduled, Some(5))]),
            maintenances: Some(vec![
                planned("past", Status::Scheduled, Some(5)),
                planned("late", Status::InProgress, Some(5)),
                planned("ahead", Status::Scheduled, Some(50)),
                planned("unsaid", Status::Scheduled, None),
            ]),
            last_update: None,
            indicator: None,
            components: Vec::new(),
        };
        let known = seen.still_known(at(6), FROZEN_AFTER);
        let ids: Vec<&str> = known.open_maintenances().map(|i| i.id.as_str()).collect();
        assert_eq!(ids, ["late", "ahead", "unsaid"]);
        assert_eq!(known.open_incidents().unwrap().count(), 1);
    }

    #[test]
    fn only_a_feed_freezes_for_the_others_list_what_is_open_now() {
        let seen = |source| PageContent {
            source,
            incidents: Some(Vec::new()),
            maintenances: None,
            last_update: None,
            indicator: None,
            components: Vec::new(),
        };
        let now = Timestamp::UNIX_EPOCH;
        assert!(seen(Source::Feed).is_frozen(now, FROZEN_AFTER));
        assert!(!seen(Source::Okta).is_frozen(now, FROZEN_AFTER));
        assert!(!seen(Source::Statuspage).is_frozen(now, FROZEN_AFTER));
    }

    #[test]
    fn a_feed_is_frozen_once_its_newest_entry_is_older_than_allowed_or_far_ahead() {
        let newest = Timestamp::from_second(10_000_000).unwrap();
        let seen = |source| PageContent {
            source,
            incidents: Some(Vec::new()),
            maintenances: None,
            last_update: Some(newest),
            indicator: None,
            components: Vec::new(),
        };
        let second = SignedDuration::from_secs(1);
        for (now, frozen) in [
            (newest + FROZEN_AFTER, false),
            (newest + FROZEN_AFTER + second, true),
            (newest - AHEAD, false),
            (newest - AHEAD - second, true),
        ] {
            let is_frozen = |source| seen(source).is_frozen(now, FROZEN_AFTER);
            assert_eq!(is_frozen(Source::Feed), frozen, "{now}");
            assert!(!is_frozen(Source::Okta), "it lists what is open now");
        }
    }
}
