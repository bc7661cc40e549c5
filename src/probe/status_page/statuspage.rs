//! Statuspage v2: `summary.json`, and `status.json`, which tells the indicator and nothing of
//! incidents. Okta has none; its customers' mirrors and other vendors do.

use std::collections::BTreeMap;

use serde_json::Value;

use super::{
    content::{Component, Incident, PageContent, distinct, newest},
    format::Source,
    text,
    unreadable::{Unreadable, without_data},
    words::{Category, ComponentStatus, Indicator, Status},
};
use crate::units::{CellList, Timestamp};

const WHOLE: &str = "the answer";
const INCIDENTS: &str = "incidents";
const MAINTENANCES: &str = "scheduled_maintenances";
const COMPONENTS: &str = "components";

/// Reads the document.
pub(super) fn read(text: &str) -> Result<PageContent, Unreadable> {
    let document: Value = serde_json::from_str(text).map_err(|error| match error {
        _ if text.trim_start().starts_with('<') => {
            let expected = "Statuspage JSON";
            without_data(text, Unreadable::Html { expected })
        }
        _ if error.is_eof() => Unreadable::Cut(WHOLE),
        _ => Unreadable::BadJson {
            part: WHOLE,
            error: error.to_string(),
        },
    })?;
    let page = document.get("page").filter(|page| page.is_object());
    let page = page.ok_or(Unreadable::Missing("page"))?;
    let indicator = document
        .pointer("/status/indicator")
        .and_then(Value::as_str);
    let incidents = entries(&document, INCIDENTS)?;
    let maintenances = entries(&document, MAINTENANCES)?;
    if indicator.is_none() && incidents.is_none() {
        return Err(Unreadable::Missing("status"));
    }
    let listed = incidents.iter().chain(&maintenances).flatten();
    let last_update = time(page, "updated_at").max(newest(listed));
    Ok(PageContent {
        source: Source::Statuspage,
        incidents,
        maintenances,
        last_update,
        indicator: indicator.map(Indicator::read),
        components: components(&document)?,
    })
}

/// The list of this name; `None` if the document does not have it, which is not an empty list.
fn list<'a>(document: &'a Value, part: &'static str) -> Result<Option<&'a Vec<Value>>, Unreadable> {
    match document.get(part) {
        None | Some(Value::Null) => Ok(None),
        Some(Value::Array(list)) => Ok(Some(list)),
        Some(_) => Err(Unreadable::BadJson {
            part,
            error: "it is not a list".to_owned(),
        }),
    }
}

/// The incidents, or the maintenances. One without an id would be lost, so it spoils the document.
fn entries(document: &Value, part: &'static str) -> Result<Option<Vec<Incident>>, Unreadable> {
    let Some(list) = list(document, part)? else {
        return Ok(None);
    };
    let field = "id";
    let read = |entry| incident(entry, part).ok_or(Unreadable::BadEntry { part, field });
    let entries: Result<Vec<_>, _> = list.iter().map(read).collect();
    Ok(Some(distinct(entries?)))
}

fn incident(entry: &Value, part: &str) -> Option<Incident> {
    let (begins, category) = if part == MAINTENANCES {
        ("scheduled_for", Category::Maintenance)
    } else {
        let impact = word(entry, "impact").map(Category::read);
        ("started_at", impact.unwrap_or(Category::Other))
    };
    Some(Incident {
        id: text::id(word(entry, "id")?)?,
        category,
        status: word(entry, "status").map_or(Status::Other, Status::read),
        cells: CellList::default(),
        started: time(entry, begins).or_else(|| time(entry, "created_at")),
        ends: time(entry, "scheduled_until"),
        updated: time(entry, "updated_at").max(time(entry, "created_at")),
        title: word(entry, "name").map(text::line).unwrap_or_default(),
    })
}

/// The components by their full names. A name is a series: where two components share one, the
/// worse state is told.
fn components(document: &Value) -> Result<Vec<Component>, Unreadable> {
    let part = COMPONENTS;
    let list = list(document, part)?.map(Vec::as_slice).unwrap_or_default();
    let by_id = |entry| Some((word(entry, "id")?, word(entry, "name")?));
    let names: BTreeMap<&str, &str> = list.iter().filter_map(by_id).collect();
    let mut components: BTreeMap<String, ComponentStatus> = BTreeMap::new();
    for entry in list {
        let own = word(entry, "name").unwrap_or_default();
        let group = word(entry, "group_id").and_then(|id| names.get(id));
        let name = match group {
            Some(group) => text::line(&format!("{group} / {own}")),
            None => text::line(own),
        };
        if name.is_empty() {
            let field = "name";
            return Err(Unreadable::BadEntry { part, field });
        }
        let status = word(entry, "status").map_or(ComponentStatus::Other, ComponentStatus::read);
        let told = components.entry(name).or_insert(status);
        *told = status.max(*told);
    }
    let component = |(name, status)| Component { name, status };
    Ok(components.into_iter().map(component).collect())
}

fn word<'a>(entry: &'a Value, name: &str) -> Option<&'a str> {
    entry.get(name)?.as_str()
}

fn time(entry: &Value, name: &str) -> Option<Timestamp> {
    text::time(word(entry, name)?)
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
            ("{\"page\":{},\"incidents\":{}}", "it is not a list"),
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
