//! Okta's status page: what its incidents say. Where the page keeps them is in `span`.
//!
//! The lists `incidents` and `planned-outages` must both be there and whole: the page has no other
//! sign of having been read to its end. The list `updates` repeats what incidents say.

use serde_json::Value;

use super::{
    content::{Incident, PageContent, distinct, newest},
    format::Source,
    span, text,
    unreadable::{Unreadable, without_data},
    words::{Category, Status},
};
use crate::units::{Cell, Timestamp};

const INCIDENTS: &str = "incidents";
const OUTAGES: &str = "planned-outages";
const STATUS: &str = "Status__c";

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
    let (cells, cells_known) = cells(field("Impacted_Cells__c").unwrap_or_default());
    let changed = ["Last_Updated__c", "LastModifiedDate", "CreatedDate"];
    let updated: Option<Timestamp> = changed.into_iter().filter_map(time).max();
    Some(Incident {
        id: ["Name", "Id"]
            .into_iter()
            .filter_map(field)
            .find_map(text::id)?,
        category,
        status: field(STATUS).map_or(Status::Other, Status::read),
        cells,
        cells_known,
        started: time("Start_Time__c").or_else(|| time("Start_Date__c")),
        updated,
        title: field("Incident_Title__c")
            .map(text::line)
            .unwrap_or_default(),
    })
}

fn field<'a>(record: &'a Value, name: &str) -> Option<&'a str> {
    record.get(name)?.as_str()
}

/// The cells of `okta.com:7;oktapreview.com:3`, and whether that was all it said.
fn cells(text: &str) -> (Vec<Cell>, bool) {
    let words: Vec<_> = text
        .split([';', ','])
        .map(str::trim)
        .filter(|w| !w.is_empty())
        .collect();
    let cells: Vec<Cell> = words.iter().filter_map(|word| word.parse().ok()).collect();
    let known = !cells.is_empty() && cells.len() == words.len();
    (cells, known)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PAGE: &str = include_str!("../../../tests/fixtures/status/okta.html");

    fn ids<'a>(incidents: impl Iterator<Item = &'a Incident>) -> Vec<&'a str> {
        incidents.map(|i| i.id.as_str()).collect()
    }

    fn cell(text: &str) -> Cell {
        text.parse().unwrap()
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
        assert_eq!(
            ids(seen.incidents_on(&cell("okta.com:7")).unwrap()),
            ["I-99001"]
        );
        assert_eq!(
            ids(seen.incidents_on(&cell("oktapreview.com:3")).unwrap()),
            ["I-99001"]
        );
        assert_eq!(
            ids(seen.incidents_on(&cell("okta.com:8")).unwrap()),
            [""; 0]
        );
        assert_eq!(ids(seen.incidents_of_unknown_reach().unwrap()), ["I-99004"]);
        assert_eq!(
            cells("okta.com:7; All cells"),
            (vec![cell("okta.com:7")], false)
        );
    }

    #[test]
    fn where_no_incident_names_a_cell_that_can_be_read_no_cell_is_known_to_be_well() {
        let renamed = PAGE.replace("Impacted_Cells__c", "Cells__c");
        let reworded = PAGE.replace(".com:", " region ");
        for page in [renamed, reworded] {
            let seen = read(&page).unwrap();
            assert_eq!(seen.open_incidents().unwrap().count(), 2);
            assert!(seen.incidents_on(&cell("okta.com:8")).is_none());
        }
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
