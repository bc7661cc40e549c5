//! A status page's series.

use std::{cmp::Reverse, collections::BTreeMap};

use super::{
    content::{Component, Incident, PageContent},
    format::Source,
    observation::Observation,
    words::Indicator,
};
use crate::{
    metrics::{Family, Page},
    probe::{
        cap::{Capped, cap},
        label::seconds,
    },
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
    "When a planned maintenance begins; where its page does not tell, when it was last written of.",
    &["page", "incident"],
);

/// The most incidents, maintenances and components that get series of their own, each.
const MOST: usize = 50;

/// The families of a status page.
pub(super) const FAMILIES: &[&Family] = &[
    &UP,
    &LAST_UPDATE,
    &INCIDENTS,
    &ACTIVE,
    &INDICATOR,
    &COMPONENT,
    &MAINTENANCE,
];

/// What gets series of its own.
struct Drawn<'a> {
    incidents: Capped<&'a Incident>,
    maintenances: Capped<&'a Incident>,
    components: Capped<&'a Component>,
}

impl<'a> Drawn<'a> {
    /// Of too many incidents the worst, and of those the ones that changed last, of maintenances those that come first, of
    /// components those that are worst off.
    fn of(content: &'a PageContent) -> Self {
        let incidents = content.open_incidents().into_iter().flatten();
        let maintenances = content.open_maintenances();
        Self {
            incidents: cap(incidents, MOST, |incident| incident.rank()),
            maintenances: cap(maintenances, MOST, |planned| Reverse(begins(planned))),
            components: cap(&content.components, MOST, |component| component.status),
        }
    }
}

/// When announced work begins, as near as its page tells: RSS has one date for all, and work without
/// a start is announced all the same.
fn begins(planned: &Incident) -> Option<Timestamp> {
    planned.started.or(planned.updated)
}

/// How many series the cap keeps off the page.
pub(super) fn dropped(seen: &Observation) -> usize {
    seen.content().map(Drawn::of).map_or(0, |drawn| {
        drawn.incidents.dropped + drawn.maintenances.dropped + drawn.components.dropped
    })
}

/// Writes the series.
pub(super) fn draw(seen: &Observation, name: &str, page: &mut Page) {
    page.push(&UP, &[name], f64::from(seen.is_up()));
    if let Some(content) = seen.content() {
        draw_content(content, name, page);
    }
}

fn draw_content(content: &PageContent, name: &str, page: &mut Page) {
    page.push_some(&LAST_UPDATE, &[name], content.last_update.map(seconds));
    let drawn = Drawn::of(content);
    let mut counts: BTreeMap<_, u32> = BTreeMap::new();
    for incident in content.open_incidents().into_iter().flatten() {
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
    for incident in drawn.incidents.kept {
        page.push(
            &ACTIVE,
            &[name, &incident.id, incident.category.as_str()],
            1.0,
        );
    }
    for maintenance in drawn.maintenances.kept {
        page.push_some(
            &MAINTENANCE,
            &[name, &maintenance.id],
            begins(maintenance).map(seconds),
        );
    }
    if content.source == Source::Statuspage {
        for known in content.indicator.iter().flat_map(|_| Indicator::ALL) {
            page.push(
                &INDICATOR,
                &[name, known.as_str()],
                f64::from(content.indicator == Some(known)),
            );
        }
        for component in drawn.components.kept {
            page.push(
                &COMPONENT,
                &[name, &component.name, component.status.as_str()],
                1.0,
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::{
        probe::status_page::{
            statuspage,
            words::{Category, ComponentStatus, Status},
        },
        units::{CellList, Timestamp},
    };

    fn at(second: i64) -> Option<Timestamp> {
        Timestamp::from_second(second).ok()
    }

    fn incident(id: &str, category: Category, status: Status) -> Incident {
        Incident {
            id: id.to_owned(),
            category,
            status,
            cells: CellList::default(),
            started: at(20),
            ends: None,
            updated: None,
            title: String::new(),
            link: None,
        }
    }

    fn component(name: &str) -> Component {
        Component {
            name: name.to_owned(),
            status: ComponentStatus::PartialOutage,
        }
    }

    fn page(source: Source) -> PageContent {
        let (slow, down) = (Category::ServiceDegradation, Category::ServiceDisruption);
        PageContent {
            source,
            incidents: Some(vec![
                incident("I-1", slow, Status::Investigating),
                incident("I-2", slow, Status::Investigating),
                incident("I-3", down, Status::Monitoring),
                incident("I-4", down, Status::Resolved),
            ]),
            maintenances: Some(vec![incident(
                "M-1",
                Category::Maintenance,
                Status::Scheduled,
            )]),
            last_update: at(10),
            indicator: Some(Indicator::Minor),
            components: vec![component("API")],
        }
    }

    fn observed(content: PageContent) -> Observation {
        let seen = Observation::judge(content, Timestamp::UNIX_EPOCH);
        seen.observation.unwrap()
    }

    fn series(seen: &Observation) -> Vec<String> {
        let mut page = Page::new();
        draw(seen, "s", &mut page);
        let short = |line: String| line.replace("okta_status_", "").replace("page=\"s\",", "");
        let mut series: Vec<String> = page.test_series().into_iter().map(short).collect();
        series.sort();
        series
    }

    #[test]
    fn a_page_is_drawn_with_what_is_open_and_the_indicator_in_force() {
        let of_any = [
            r#"incident_active{incident="I-1",category="service_degradation"} 1"#,
            r#"incident_active{incident="I-2",category="service_degradation"} 1"#,
            r#"incident_active{incident="I-3",category="service_disruption"} 1"#,
            r#"incidents{category="service_degradation",status="investigating"} 2"#,
            r#"incidents{category="service_disruption",status="monitoring"} 1"#,
            r#"page_last_update_timestamp_seconds{page="s"} 10"#,
            r#"page_up{page="s"} 1"#,
            r#"planned_maintenance_start_timestamp_seconds{incident="M-1"} 20"#,
        ];
        assert_eq!(series(&observed(page(Source::Okta))), of_any);
        let mut expected = of_any.map(str::to_owned).to_vec();
        expected.push(r#"component{component="API",status="partial_outage"} 1"#.to_owned());
        for indicator in Indicator::ALL {
            let (word, holds) = (indicator.as_str(), indicator == Indicator::Minor);
            expected.push(format!(
                "indicator{{indicator=\"{word}\"}} {}",
                u8::from(holds)
            ));
        }
        expected.sort();
        assert_eq!(series(&observed(page(Source::Statuspage))), expected);
        let unread = Observation::default();
        assert_eq!(series(&unread), [r#"page_up{page="s"} 0"#]);
    }

    #[test]
    fn what_the_cap_keeps_off_the_page_is_counted_over_all_lists() {
        assert_eq!(dropped(&observed(page(Source::Statuspage))), 0);
        assert_eq!(dropped(&Observation::default()), 0);
        let many = |count: usize, status| {
            let one = |n: usize| incident(&n.to_string(), Category::Minor, status);
            Some((0..count).map(one).collect())
        };
        let full = PageContent {
            incidents: many(MOST + 2, Status::Investigating),
            maintenances: many(MOST + 3, Status::Scheduled),
            components: (0..MOST + 5).map(|n| component(&n.to_string())).collect(),
            ..page(Source::Statuspage)
        };
        assert_eq!(dropped(&observed(full)), 10);
    }

    /// What the series of a Statuspage with so many well components and minor incidents, and one of
    /// each that is bad, come to.
    #[test]
    fn what_is_worst_is_shown_whatever_the_cap_leaves_out() {
        let well = |n: usize| json!({ "id": format!("c{n}"), "name": format!("Aaa {n:03}"), "status": "operational" });
        let minor = |n: usize| {
            json!({ "id": format!("i{n}"), "name": "x", "impact": "minor", "status": "investigating",
                    "updated_at": "2026-11-26T10:00:00Z" })
        };
        let mut components: Vec<_> = (0..120).map(well).collect();
        components.push(json!({ "id": "z", "name": "Zulu", "status": "major_outage" }));
        let mut incidents: Vec<_> = (0..120).map(minor).collect();
        incidents.push(
            json!({ "id": "zulu", "name": "x", "impact": "critical", "status": "investigating",
                    "updated_at": "2020-01-01T00:00:00Z" }),
        );
        let text = json!({ "page": {}, "status": { "indicator": "major" },
                           "components": components, "incidents": incidents });
        let content = statuspage::read(&text.to_string()).unwrap();
        let seen = Observation::judge(content, Timestamp::UNIX_EPOCH)
            .observation
            .unwrap();
        let mut page = Page::new();
        draw(&seen, "other", &mut page);
        let text = page.text();
        for shown in [
            r#"okta_status_component{page="other",component="Zulu",status="major_outage"} 1"#,
            r#"okta_status_incident_active{page="other",incident="zulu",category="critical"} 1"#,
        ] {
            assert!(text.contains(shown), "{text}");
        }
        assert_eq!(dropped(&seen), 2 * (121 - MOST));
    }
}
