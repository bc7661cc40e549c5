//! Okta's status page: what its incidents say. Where the page keeps them is in `span`.
//!
//! The lists `incidents` and `planned-outages` must both be there and whole: the page has no other
//! sign of having been read to its end. The list `updates` repeats what incidents say.

use jiff::SignedDuration;
use serde_json::Value;

use super::{
    content::{Incident, PageContent, distinct, newest},
    format::Source,
    span, text,
    unreadable::{Unreadable, without_data},
    words::{Category, Status},
};
use crate::units::{CellList, Timestamp};

const INCIDENTS: &str = "incidents";
const OUTAGES: &str = "planned-outages";
const STATUS: &str = "Status__c";

/// From the first second of a date in UTC until it is over in every zone.
const DAY_EVERYWHERE: SignedDuration = SignedDuration::from_hours(36);

/// Reads the page.
pub(super) fn read(page: &str) -> Result<PageContent, Unreadable> {
    let missing = Unreadable::Missing(INCIDENTS);
    let (incidents, outages) = match (span::named(page, INCIDENTS), span::named(page, OUTAGES)) {
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
    let says_nothing = |record| field(record, STATUS).is_none();
    if !incidents.is_empty() && incidents.iter().all(says_nothing) {
        let (part, field) = (INCIDENTS, STATUS);
        return Err(Unreadable::BadEntry { part, field });
    }
    let incidents: Vec<_> = entries(&incidents, INCIDENTS)?;
    let mut planned: Vec<_> = entries(&outages, OUTAGES)?;
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

fn entries(records: &[Value], part: &'static str) -> Result<Vec<Incident>, Unreadable> {
    let entry = |record| {
        let field = "Name";
        incident(record, part).ok_or(Unreadable::BadEntry { part, field })
    };
    records.iter().map(entry).collect()
}

/// One record. Without an id it is none; any other field may be unknown.
fn incident(record: &Value, part: &str) -> Option<Incident> {
    let field = |name| field(record, name);
    let time = |name| field(name).and_then(text::time);
    let category = match field("Category__c").map_or(Category::Other, Category::read) {
        Category::Other if part == OUTAGES => Category::PlannedMaintenance,
        category => category,
    };
    let changed = ["Last_Updated__c", "LastModifiedDate", "CreatedDate"];
    let updated: Option<Timestamp> = changed.into_iter().filter_map(time).max();
    let started = time("Start_Time__c").or_else(|| time("Start_Date__c"));
    Some(Incident {
        id: ["Name", "Id"]
            .into_iter()
            .filter_map(field)
            .find_map(text::id)?,
        category,
        status: field(STATUS).map_or(Status::Other, Status::read),
        cells: field("Impacted_Cells__c")
            .map(|cells| CellList::read(&text::unescape(cells)))
            .unwrap_or_default(),
        started,
        ends: ends(record, started),
        updated,
        title: field("Incident_Title__c")
            .map(text::line)
            .unwrap_or_default(),
    })
}

/// When it is over at the latest, as announced: by its end, a date whose zone is not told, else by
/// how many minutes it takes.
fn ends(record: &Value, started: Option<Timestamp>) -> Option<Timestamp> {
    if let Some(written) = field(record, "End_Date__c") {
        let ends = text::time(written)?;
        let is_date = !written.contains([':', 'T']);
        let day_is_over = if is_date {
            DAY_EVERYWHERE
        } else {
            SignedDuration::ZERO
        };
        return ends.checked_add(day_is_over).ok();
    }
    let minutes = record.get("Duration__c")?.as_f64()?;
    let takes = SignedDuration::try_from_secs_f64(minutes * 60.0).ok()?;
    started?.checked_add(takes).ok()
}

fn field<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
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
