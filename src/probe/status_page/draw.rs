//! A status page's series.

use std::collections::BTreeMap;

use super::{Incident, Indicator, Reading, Seen, read::Source};
use crate::{
    metrics::{Family, Page},
    probe::Scope,
    units::Timestamp,
};

const PAGE: &[&str] = &["page"];
const UP: Family = Family::gauge(
    "okta_status_page_up",
    "1 if the page could be read and understood, else 0.",
    PAGE,
);
const LAST_UPDATE: Family = Family::gauge(
    "okta_status_page_last_update_timestamp_seconds",
    "The newest change that the page tells of; a frozen feed shows here.",
    PAGE,
);
const INCIDENTS: Family = Family::gauge(
    "okta_status_incidents",
    "Open incidents on the page, on whichever cell.",
    &["page", "category", "status"],
);
const ACTIVE: Family = Family::gauge(
    "okta_status_incident_active",
    "Always 1; one series for each open incident.",
    &["page", "incident", "category"],
);
const INDICATOR: Family = Family::gauge(
    "okta_status_indicator",
    "1 for the indicator in force on a Statuspage, 0 for the others.",
    &["page", "indicator"],
);
const COMPONENT: Family = Family::gauge(
    "okta_status_component",
    "Always 1; the label tells the status that a Statuspage's component is in.",
    &["page", "component", "status"],
);
const MAINTENANCE: Family = Family::gauge(
    "okta_status_planned_maintenance_start_timestamp_seconds",
    "When a planned maintenance begins.",
    &["page", "incident"],
);

/// The most incidents, maintenances and components that get series of their own, each.
const MOST: usize = 50;

impl crate::probe::Seen for Seen {
    const FAMILIES: &'static [&'static Family] = &[
        &UP,
        &LAST_UPDATE,
        &INCIDENTS,
        &ACTIVE,
        &INDICATOR,
        &COMPONENT,
        &MAINTENANCE,
    ];

    fn dropped(&self) -> usize {
        let beyond = |count: usize| count.saturating_sub(MOST);
        self.reading.as_ref().map_or(0, |reading| {
            beyond(reading.open_incidents().map_or(0, Iterator::count))
                + beyond(reading.open_maintenances().count())
                + beyond(reading.components.len())
        })
    }

    fn draw(&self, scope: Scope<'_>, page: &mut Page) {
        page.push(&UP, &[scope.name], f64::from(self.up));
        if let Some(reading) = &self.reading {
            draw(reading, scope.name, page);
        }
    }
}

fn draw(reading: &Reading, name: &str, page: &mut Page) {
    let at = |time: Option<Timestamp>| time.map(|time| time.as_millisecond() as f64 / 1e3);
    page.push_some(&LAST_UPDATE, &[name], at(reading.last_update));
    let open: Vec<&Incident> = reading.open_incidents().into_iter().flatten().collect();
    let mut counts: BTreeMap<_, u32> = BTreeMap::new();
    for incident in &open {
        *counts
            .entry((incident.category, incident.status))
            .or_default() += 1;
    }
    for ((category, status), count) in counts {
        page.push(
            &INCIDENTS,
            &[name, category.as_str(), status.as_str()],
            f64::from(count),
        );
    }
    for incident in open.iter().take(MOST) {
        page.push(
            &ACTIVE,
            &[name, &incident.id, incident.category.as_str()],
            1.0,
        );
    }
    for maintenance in reading.open_maintenances().take(MOST) {
        page.push_some(
            &MAINTENANCE,
            &[name, &maintenance.id],
            at(maintenance.started),
        );
    }
    if reading.source == Source::Statuspage {
        for known in reading.indicator.iter().flat_map(|_| Indicator::ALL) {
            page.push(
                &INDICATOR,
                &[name, known.as_str()],
                f64::from(reading.indicator == Some(known)),
            );
        }
        for component in reading.components.iter().take(MOST) {
            page.push(
                &COMPONENT,
                &[name, &component.name, component.status.as_str()],
                1.0,
            );
        }
    }
}
