//! Statuspage v2: `summary.json`, and `status.json`, which tells the indicator and nothing of
//! incidents. Okta has none; its customers' mirrors and other vendors do.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{
    content::{Component, Incident, LONGEST_LINK, MOST_LISTED, PageContent, distinct, newest},
    format::Source,
    text,
    unreadable::{Unreadable, bad_json, without_data},
    words::{Category, ComponentStatus, Indicator, Status},
};
use crate::{
    okta::{Listed, Object, claim},
    units::{CellList, Timestamp},
};

const WHOLE: &str = "the answer";
const INCIDENTS: &str = "incidents";
const MAINTENANCES: &str = "scheduled_maintenances";
const COMPONENTS: &str = "components";

/// The document, as far as it is asked for. A list that is not there is not an empty one.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Document {
    page: Object<Page>,
    status: Object<Overall>,
    incidents: Option<List<Trouble>>,
    scheduled_maintenances: Option<List<Planned>>,
    components: Option<List<Part>>,
}

type List<T> = Listed<Object<T>, MOST_LISTED>;

#[derive(Default, Deserialize)]
#[serde(default)]
struct Page {
    #[serde(deserialize_with = "claim")]
    updated_at: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Overall {
    #[serde(deserialize_with = "claim")]
    indicator: Option<String>,
}

/// An incident or a maintenance, as it is written.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    #[serde(deserialize_with = "claim")]
    impact: Option<String>,
    #[serde(deserialize_with = "claim")]
    started_at: Option<String>,
    #[serde(deserialize_with = "claim")]
    scheduled_for: Option<String>,
    #[serde(deserialize_with = "claim")]
    scheduled_until: Option<String>,
    #[serde(deserialize_with = "claim")]
    created_at: Option<String>,
    #[serde(deserialize_with = "claim")]
    updated_at: Option<String>,
    #[serde(deserialize_with = "claim")]
    shortlink: Option<String>,
}

/// An incident as far as it is understood; each is read and let go before the next. Without an id it
/// is none.
#[derive(Deserialize)]
#[serde(from = "Written")]
struct Trouble(Option<Incident>);

/// The same of a maintenance.
#[derive(Deserialize)]
#[serde(from = "Written")]
struct Planned(Option<Incident>);

/// A component, or a group of them.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Part {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    group_id: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
}

/// Reads the document.
pub(super) fn read(text: &str) -> Result<PageContent, Unreadable> {
    let Object(document): Object<Document> = serde_json::from_str(text).map_err(|error| {
        if text.trim_start().starts_with('<') {
            let expected = "Statuspage JSON";
            without_data(text, Unreadable::Html { expected })
        } else {
            bad_json(WHOLE, &error)
        }
    })?;
    let Document {
        page,
        status,
        incidents,
        scheduled_maintenances,
        components,
    } = document.unwrap_or_default();
    let page = page.0.ok_or(Unreadable::NotStatuspage("page"))?;
    let indicator = status.0.and_then(|overall| overall.indicator);
    let incidents = entries(incidents, |Trouble(incident)| incident, INCIDENTS)?;
    let planned = scheduled_maintenances;
    let maintenances = entries(planned, |Planned(incident)| incident, MAINTENANCES)?;
    if indicator.is_none() && incidents.is_none() {
        return Err(Unreadable::NotStatuspage("status"));
    }
    let listed = incidents.iter().chain(&maintenances).flatten();
    let last_update = time(page.updated_at.as_ref()).max(newest(listed));
    Ok(PageContent {
        source: Source::Statuspage,
        incidents,
        maintenances,
        last_update,
        indicator: indicator.as_deref().map(Indicator::read),
        components: named(components)?,
    })
}

/// The incidents, or the maintenances. One without an id would be lost, so it spoils the document.
fn entries<T>(
    list: Option<List<T>>,
    incident: impl Fn(T) -> Option<Incident>,
    part: &'static str,
) -> Result<Option<Vec<Incident>>, Unreadable> {
    let Some(Listed(list)) = list else {
        return Ok(None);
    };
    let read = |Object(entry)| entry.and_then(&incident);
    let entries: Option<Vec<_>> = list.into_iter().map(read).collect();
    let field = "id";
    let entries = entries.ok_or(Unreadable::BadEntry { part, field })?;
    Ok(Some(distinct(entries)))
}

impl From<Written> for Trouble {
    fn from(written: Written) -> Self {
        let impact = written.impact.as_deref().map(Category::read);
        let started = time(written.started_at.as_ref());
        Self(written.incident(impact.unwrap_or(Category::Other), started))
    }
}

impl From<Written> for Planned {
    fn from(written: Written) -> Self {
        let started = time(written.scheduled_for.as_ref());
        Self(written.incident(Category::Maintenance, started))
    }
}

impl Written {
    fn incident(&self, category: Category, started: Option<Timestamp>) -> Option<Incident> {
        let created = time(self.created_at.as_ref());
        let status = self.status.as_deref();
        let id = text::id(self.id.as_deref()?)?;
        let short = self.shortlink.clone();
        let link = short.filter(|link| link.len() <= LONGEST_LINK);
        Some(Incident {
            link: link.or_else(|| Some(format!("/incidents/{id}"))),
            id,
            category,
            status: status.map_or(Status::Other, Status::read),
            cells: CellList::default(),
            started: started.or(created),
            ends: time(self.scheduled_until.as_ref()),
            updated: time(self.updated_at.as_ref()).max(created),
            title: self.name.as_deref().map(text::line).unwrap_or_default(),
        })
    }
}

/// The components by their full names. A name is a series: where two components share one, the
/// worse state is told.
fn named(list: Option<List<Part>>) -> Result<Vec<Component>, Unreadable> {
    let list = list.map(|Listed(list)| list).unwrap_or_default();
    let parts = || list.iter().filter_map(|Object(part)| part.as_ref());
    let by_id = |part: &'_ Part| Some((part.id.clone()?, text::line(part.name.as_ref()?)));
    let names: BTreeMap<String, String> = parts().filter_map(by_id).collect();
    let mut components: BTreeMap<String, ComponentStatus> = BTreeMap::new();
    for Object(part) in &list {
        let none = Part::default();
        let part = part.as_ref().unwrap_or(&none);
        let own = text::line(part.name.as_deref().unwrap_or_default());
        let group = part.group_id.as_ref().and_then(|id| names.get(id));
        let name = match group {
            Some(group) => text::line(&format!("{group} / {own}")),
            None => own,
        };
        if name.is_empty() {
            let (part, field) = (COMPONENTS, "name");
            return Err(Unreadable::BadEntry { part, field });
        }
        let status = part.status.as_deref();
        let status = status.map_or(ComponentStatus::Other, ComponentStatus::read);
        let told = components.entry(name).or_insert(status);
        *told = status.max(*told);
    }
    let component = |(name, status)| Component { name, status };
    Ok(components.into_iter().map(component).collect())
}

fn time(written: Option<&String>) -> Option<Timestamp> {
    text::time(written?)
}

#[cfg(test)]
mod tests {
    use super::*;

    const SUMMARY: &str = include_str!("../../../tests/fixtures/status/summary.json");
    const STATUS: &str = include_str!("../../../tests/fixtures/status/status.json");

    #[test]
    fn a_summary_tells_indicator_components_incidents_and_maintenances() {
        let seen = read(SUMMARY).unwrap();
        assert_eq!(seen.indicator, Some(Indicator::Major));
        let components: Vec<_> = seen
            .components
            .iter()
            .map(|c| (c.name.as_str(), c.status))
            .collect();
        assert_eq!(
            components,
            [
                ("Core", ComponentStatus::PartialOutage),
                ("Core / API", ComponentStatus::PartialOutage),
                ("Sign-in", ComponentStatus::Other),
                ("Sync", ComponentStatus::Operational),
                ("Sync / API", ComponentStatus::Operational),
            ]
        );
        let incident = seen.open_incidents().unwrap().next().unwrap();
        assert_eq!(incident.id, "p31zjtct2jer");
        assert!(incident.link.is_some(), "{incident:?}");
        assert_eq!(incident.category, Category::Major);
        assert_eq!(incident.status, Status::Identified);
        assert_eq!(incident.started, text::time("2026-07-24T07:30:00Z"));
        let planned = &seen.maintenances.as_ref().unwrap()[0];
        assert_eq!(planned.status, Status::Scheduled);
        assert_eq!(planned.started, text::time("2026-08-02T00:00:00Z"));
        assert_eq!(planned.ends, text::time("2026-08-02T02:00:00Z"));
        assert_eq!(seen.last_update, text::time("2026-07-24T08:15:00Z"));
    }

    #[test]
    fn status_json_says_nothing_of_incidents_and_that_is_not_zero() {
        let seen = read(STATUS).unwrap();
        assert_eq!(seen.indicator, Some(Indicator::None));
        assert_eq!((seen.incidents, seen.maintenances), (None, None));
    }

    #[test]
    fn two_components_of_one_name_are_told_by_the_worse() {
        let page = SUMMARY.replace("Sign-in", "Core");
        let core = &read(&page).unwrap().components[0];
        assert_eq!(core.status, ComponentStatus::PartialOutage);
    }

    #[test]
    fn words_that_statuspage_does_not_document_are_other_and_open() {
        let page = SUMMARY
            .replace("identified", "puzzled")
            .replace("\"major\"", "\"dire\"");
        let seen = read(&page).unwrap();
        assert_eq!(seen.indicator, Some(Indicator::Other));
        let incident = seen.open_incidents().unwrap().next().unwrap();
        assert_eq!(
            (incident.status, incident.category),
            (Status::Other, Category::Other)
        );
    }

    #[test]
    fn what_is_no_summary_is_refused_with_its_reason() {
        for (text, reason) in [
            ("{\"page\":", "breaks off"),
            ("{nope}", "is not JSON"),
            ("[]", "no `page`"),
            ("{\"error\":\"not found\"}", "no `page`"),
            ("{\"page\":{}}", "no `status`"),
            ("{\"page\":{},\"incidents\":{}}", "expected a list"),
            ("{\"page\":{},\"incidents\":[{}]}", "no `id`"),
            (
                "{\"page\":{},\"incidents\":[],\"components\":[7]}",
                "no `name`",
            ),
            ("<html></html>", "HTML page where Statuspage JSON"),
            ("<html><input type='password'></html>", "sign-in page"),
        ] {
            let message = read(text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
