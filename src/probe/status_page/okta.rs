//! Okta's status page: what its incidents say. Where the page keeps them is in `span`.
//!
//! The lists `incidents` and `planned-outages` must both be there and whole: the page has no other
//! sign of having been read to its end. The list `updates` repeats what incidents say.

use jiff::SignedDuration;
use serde::Deserialize;

use super::{
    content::{Incident, PageContent, distinct, newest},
    format::Source,
    span, text,
    unreadable::{Unreadable, without_data},
    words::{Category, Status},
};
use crate::{
    okta::claim,
    units::{CellList, Timestamp},
};

const INCIDENTS: &str = "incidents";
const OUTAGES: &str = "planned-outages";
const STATUS: &str = "Status__c";

/// From the first second of a date in UTC until it is over in every zone.
const DAY_EVERYWHERE: SignedDuration = SignedDuration::from_hours(36);

/// A record as the page writes it. What no member is asked for is not kept.
#[derive(Default, Deserialize)]
#[serde(default)]
struct Written {
    #[serde(rename = "Name", deserialize_with = "claim")]
    name: Option<String>,
    #[serde(rename = "Id", deserialize_with = "claim")]
    id: Option<String>,
    #[serde(rename = "Status__c", deserialize_with = "claim")]
    status: Option<String>,
    #[serde(rename = "Category__c", deserialize_with = "claim")]
    category: Option<String>,
    #[serde(rename = "Incident_Title__c", deserialize_with = "claim")]
    title: Option<String>,
    #[serde(rename = "Impacted_Cells__c", deserialize_with = "claim")]
    cells: Option<String>,
    #[serde(rename = "Start_Time__c", deserialize_with = "claim")]
    start_time: Option<String>,
    #[serde(rename = "Start_Date__c", deserialize_with = "claim")]
    start_date: Option<String>,
    #[serde(rename = "End_Date__c", deserialize_with = "claim")]
    end_date: Option<String>,
    #[serde(rename = "Duration__c", deserialize_with = "claim")]
    minutes: Option<f64>,
    #[serde(rename = "Last_Updated__c", deserialize_with = "claim")]
    last_updated: Option<String>,
    #[serde(rename = "LastModifiedDate", deserialize_with = "claim")]
    last_modified: Option<String>,
    #[serde(rename = "CreatedDate", deserialize_with = "claim")]
    created: Option<String>,
}

/// A record as far as it is understood; each is read and let go before the next.
#[derive(Deserialize)]
#[serde(from = "Written")]
struct Record {
    /// `None` where it has no id.
    incident: Option<Incident>,
    has_status: bool,
}

/// Reads the page.
pub(super) fn read(page: &str) -> Result<PageContent, Unreadable> {
    let missing = Unreadable::Missing(INCIDENTS);
    let lists = (span::named(page, INCIDENTS), span::named(page, OUTAGES));
    let (incidents, outages): (Vec<Record>, Vec<Record>) = match lists {
        // The names are gone. The page must then show its end, since an empty list of outages
        // cannot be told from one that was not read.
        (None, None) => match span::marked(page, INCIDENTS) {
            Some(marked) if page.trim_end().ends_with("</html>") => (marked?, Vec::new()),
            _ => return Err(without_data(page, missing)),
        },
        (incidents, outages) => (
            incidents.ok_or(missing)??,
            outages.ok_or(Unreadable::Missing(OUTAGES))??,
        ),
    };
    // Salesforce leaves an unset field out, so one record without a status is possible, and open
    // for all we know. No record with one: the form has changed, and nothing is known.
    if !incidents.is_empty() && !incidents.iter().any(|record| record.has_status) {
        let (part, field) = (INCIDENTS, STATUS);
        return Err(Unreadable::BadEntry { part, field });
    }
    let incidents = entries(incidents, INCIDENTS)?;
    let mut planned = entries(outages, OUTAGES)?;
    for outage in &mut planned {
        if outage.category == Category::Other {
            outage.category = Category::PlannedMaintenance;
        }
    }
    let last_update = newest(incidents.iter().chain(&planned));
    let (announced, incidents): (Vec<_>, Vec<_>) =
        incidents.into_iter().partition(|i| i.category.is_planned());
    planned.extend(announced);
    Ok(PageContent {
        source: Source::Okta,
        incidents: Some(distinct(incidents)),
        maintenances: Some(distinct(planned)),
        last_update,
        indicator: None,
        components: Vec::new(),
    })
}

/// The incidents of a list. One without an id spoils it: it would be lost.
fn entries(records: Vec<Record>, part: &'static str) -> Result<Vec<Incident>, Unreadable> {
    let entries: Option<Vec<_>> = records.into_iter().map(|record| record.incident).collect();
    let field = "Name";
    entries.ok_or(Unreadable::BadEntry { part, field })
}

impl From<Written> for Record {
    /// Any field but the id may be unknown.
    fn from(written: Written) -> Self {
        let time = |field: &Option<String>| field.as_deref().and_then(text::time);
        let changed = [
            &written.last_updated,
            &written.last_modified,
            &written.created,
        ];
        let started = time(&written.start_time).or_else(|| time(&written.start_date));
        let status = written.status.as_deref();
        let category = written.category.as_deref().map(Category::read);
        let cells = written.cells.as_deref();
        let own_id = written.id.as_deref().and_then(text::id);
        let mut ids = [&written.name, &written.id].into_iter().flatten();
        let incident = ids.find_map(|id| text::id(id)).map(|id| Incident {
            id,
            category: category.unwrap_or(Category::Other),
            status: status.map_or(Status::Other, Status::read),
            cells: cells
                .map(|cells| CellList::read(&text::unescape(cells)))
                .unwrap_or_default(),
            started,
            ends: written.ends(started),
            updated: changed.into_iter().filter_map(time).max(),
            title: written.title.as_deref().map(text::line).unwrap_or_default(),
            link: own_id.map(|id| format!("#incident/{id}")),
        });
        Self {
            incident,
            has_status: status.is_some(),
        }
    }
}

impl Written {
    /// When it is over at the latest, as announced: by its end, a date whose zone is not told, else by
    /// how many minutes it takes.
    fn ends(&self, started: Option<Timestamp>) -> Option<Timestamp> {
        if let Some(written) = &self.end_date {
            let ends = text::time(written)?;
            let is_date = !written.contains([':', 'T']);
            let day_is_over = if is_date {
                DAY_EVERYWHERE
            } else {
                SignedDuration::ZERO
            };
            return ends.checked_add(day_is_over).ok();
        }
        let takes = SignedDuration::try_from_secs_f64(self.minutes? * 60.0).ok()?;
        started?.checked_add(takes).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::{super::reach::CellIncidents, *};

    const PAGE: &str = include_str!("../../../tests/fixtures/status/okta.html");

    fn ids<'a>(incidents: impl IntoIterator<Item = &'a Incident>) -> Vec<&'a str> {
        incidents.into_iter().map(|i| i.id.as_str()).collect()
    }

    #[test]
    fn the_page_tells_incidents_planned_work_and_the_newest_change() {
        let seen = read(PAGE).unwrap();
        let incidents = seen.incidents.as_ref().unwrap();
        assert_eq!(
            ids(incidents.iter()),
            ["I-99001", "I-99002", "I-99003", "I-99004"]
        );
        assert_eq!(ids(seen.open_incidents().unwrap()), ["I-99001", "I-99004"]);
        assert_eq!(
            ids(seen.maintenances.as_ref().unwrap().iter()),
            ["I-99010", "I-99011"]
        );
        assert_eq!(seen.last_update, text::time("2026-07-24T08:00:00Z"));
        let first = &incidents[0];
        assert_eq!(first.category, Category::ServiceDegradation);
        assert_eq!(first.status, Status::Investigating);
        assert_eq!(first.started, text::time("2026-07-24T07:30:00Z"));
        assert_eq!(first.title, "Sign-in is slow </span> [{\"for\"}] some");
        assert_eq!(first.link.as_deref(), Some("#incident/a9C000000000001AAA"));
        let planned = &seen.maintenances.as_ref().unwrap()[0];
        assert_eq!(planned.category, Category::PlannedMaintenance);
        assert_eq!(planned.status, Status::Scheduled);
        assert_eq!(planned.started, text::time("2026-08-02T00:00:00Z"));
    }

    #[test]
    fn an_incident_is_on_the_cells_it_names_and_one_that_names_none_is_of_unknown_reach() {
        let seen = read(PAGE).unwrap();
        let told = |cell: &str| {
            let told = CellIncidents::told_by([&seen], &cell.parse().unwrap());
            assert_eq!(ids(told.of_unknown_reach.unwrap()), ["I-99004"]);
            ids(told.on.unwrap())
        };
        assert_eq!(told("okta.com:7"), ["I-99001"]);
        assert_eq!(told("oktapreview.com:3"), ["I-99001"]);
        assert_eq!(told("okta.com:8"), [""; 0]);
    }

    #[test]
    fn where_the_field_was_renamed_or_reworded_every_incident_is_of_unknown_reach() {
        let renamed = PAGE.replace("Impacted_Cells__c", "Cells__c");
        let reworded = PAGE.replace(".com:", " region ");
        for page in [renamed, reworded] {
            let seen = read(&page).unwrap();
            let told = CellIncidents::told_by([&seen], &"okta.com:8".parse().unwrap());
            assert!(told.on.is_none());
            assert_eq!(ids(told.of_unknown_reach.unwrap()), ["I-99001", "I-99004"]);
        }
    }

    #[test]
    fn announced_work_is_over_by_its_end_even_where_it_still_says_scheduled() {
        let with = |more: &str| {
            let page = PAGE.replace(
                r#""Start_Date__c":"2026-08-02","CreatedDate""#,
                &format!(r#""Start_Date__c":"2026-08-02",{more}"CreatedDate""#),
            );
            let planned = read(&page).unwrap().maintenances.unwrap().remove(0);
            assert_eq!(
                (planned.id.as_str(), planned.status),
                ("I-99010", Status::Scheduled)
            );
            planned
        };
        for (more, before, after) in [
            (
                r#""End_Date__c":"2026-08-02","#,
                "2026-08-03T11:59:59Z",
                "2026-08-03T12:00:01Z",
            ),
            (
                r#""Duration__c":90.0,"#,
                "2026-08-02T01:29:59Z",
                "2026-08-02T01:30:01Z",
            ),
        ] {
            let planned = with(more);
            let is_over = |at: &str| planned.is_past(text::time(at).unwrap());
            assert_eq!((is_over(before), is_over(after)), (false, true), "{more}");
            let late = Incident {
                status: Status::InProgress,
                ..planned
            };
            let after = text::time(after).unwrap();
            assert!(!late.is_past(after), "work that takes longer goes on");
        }
        assert!(
            !with("").is_past(text::time("2036-01-01").unwrap()),
            "nobody knows"
        );
        assert!(!with(r#""End_Date__c":"soon","Duration__c":1e300,"#).is_past(Timestamp::MAX));
    }

    #[test]
    fn a_word_nobody_knows_keeps_an_incident_open_under_other() {
        let page = PAGE
            .replace("Investigating", "Pondering")
            .replace("Service Degradation", "Oops");
        let seen = read(&page).unwrap();
        let first = seen.open_incidents().unwrap().next().unwrap();
        assert_eq!(
            (first.status, first.category),
            (Status::Other, Category::Other)
        );
    }

    #[test]
    fn one_record_of_strange_types_is_still_counted_and_open() {
        let page = PAGE.replace(
            r#""Status__c":"Resolved","Category__c":"Service Disruption""#,
            r#""Status__c":7,"Category__c":[]"#,
        );
        let seen = read(&page).unwrap();
        assert_eq!(
            ids(seen.open_incidents().unwrap()),
            ["I-99001", "I-99002", "I-99004"]
        );
    }

    #[test]
    fn a_page_whose_records_changed_their_form_is_unreadable() {
        let bad = |field| Unreadable::BadEntry {
            part: INCIDENTS,
            field,
        };
        assert_eq!(
            read(&PAGE.replace("Status__c", "State__c")),
            Err(bad("Status__c"))
        );
        let nameless = PAGE
            .replace("\"Name\"", "\"Nom\"")
            .replace("\"Id\"", "\"Key\"");
        assert_eq!(read(&nameless), Err(bad("Name")));
    }

    #[test]
    fn both_lists_must_be_there() {
        let without = |id: &str| PAGE.replace(&format!("data-id=\"{id}\""), "");
        assert_eq!(
            read(&without("incidents")),
            Err(Unreadable::Missing(INCIDENTS))
        );
        assert_eq!(
            read(&without("planned-outages")),
            Err(Unreadable::Missing(OUTAGES))
        );
        assert_eq!(
            read("<html>new design</html>"),
            Err(Unreadable::Missing(INCIDENTS))
        );
        let sign_in = r#"<html><form><input type="password"></form></html>"#;
        assert_eq!(read(sign_in), Err(Unreadable::SignInPage));
    }

    #[test]
    fn without_the_names_the_lists_are_known_by_how_they_begin_if_the_page_is_whole() {
        let page = PAGE.replace("data-id", "data-key");
        let seen = read(&page).unwrap();
        assert_eq!(ids(seen.open_incidents().unwrap()), ["I-99001", "I-99004"]);
        assert_eq!(seen.maintenances.as_ref().unwrap().len(), 2);
        assert!(read(page.strip_suffix("</html>\n").unwrap()).is_err());
    }
}
