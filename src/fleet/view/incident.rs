//! The open incidents that status pages tell of, and whose cells they are on.

use std::{
    cmp::Reverse,
    collections::{BTreeMap, btree_map::Entry},
};

use serde::Serialize;

use crate::{
    fleet::{facts::Facts, findings::MOST_INCIDENTS},
    guide::Severity,
    probe::status_page::{self, Incident},
    units::{Cell, Name, Reach, Timestamp},
};

/// One open incident.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct IncidentView {
    /// The status page that tells of it, by its name.
    pub page: String,
    /// Its id there.
    pub id: String,
    /// Its title; the id where it has none.
    pub title: String,
    /// When it began.
    pub since: Option<Timestamp>,
    /// Where the page tells more of it.
    pub link: Option<String>,
    /// What kind of trouble.
    pub category: Option<String>,
    /// How far it has come.
    pub status: Option<String>,
    /// The orgs whose cells it names.
    pub orgs: Vec<String>,
    /// Critical on the cell of an org, a warning where it may be on one.
    pub severity: Severity,
}

/// One incident, and what it is to the orgs.
struct Told<'a> {
    page: &'a str,
    incident: &'a Incident,
    severity: Severity,
    orgs: Vec<&'a Name>,
}

impl IncidentView {
    /// Those that are open, the ones on a cell of these orgs first, and then the worst and the newest:
    /// as many as somebody will look at. What two pages tell of cells is told once.
    pub(super) fn all(facts: &Facts, orgs: &[&Name]) -> Vec<Self> {
        let mut cells: BTreeMap<Cell, Vec<&Name>> = BTreeMap::new();
        for &org in orgs {
            if let Some(cell) = facts.cell(org) {
                cells.entry(cell).or_default().push(org);
            }
        }
        let mut told: BTreeMap<(&str, &str), Told<'_>> = BTreeMap::new();
        for (id, row) in facts.rows_of(None) {
            let page = row.known.of::<status_page::Probe>();
            let Some(content) = page.and_then(|page| page.observation?.content()) else {
                continue;
            };
            let names_cells = content.source.names_cells();
            for incident in content.open_incidents().into_iter().flatten() {
                let (severity, orgs) = if names_cells {
                    on_cells(incident, &cells)
                } else {
                    (Severity::Info, Vec::new())
                };
                let new = Told {
                    page: id.name(),
                    incident,
                    severity,
                    orgs,
                };
                let of = if names_cells { "" } else { id.name() };
                match told.entry((of, &incident.id)) {
                    Entry::Vacant(entry) => drop(entry.insert(new)),
                    Entry::Occupied(mut entry) => {
                        if new.tells_more_than(entry.get()) {
                            entry.insert(new);
                        }
                    }
                }
            }
        }
        let mut all: Vec<Told<'_>> = told.into_values().collect();
        all.sort_by_key(|told| (told.severity, Reverse(told.incident.rank())));
        all.truncate(MOST_INCIDENTS);
        all.into_iter().map(Told::view).collect()
    }
}

impl Told<'_> {
    /// Of two pages, the one that knows more of cells, and then the one that is newer.
    fn tells_more_than(&self, other: &Self) -> bool {
        let newer = self.incident.updated > other.incident.updated;
        self.severity < other.severity || (self.severity == other.severity && newer)
    }

    fn view(self) -> IncidentView {
        let Incident {
            id,
            category,
            status,
            started,
            title,
            link,
            ..
        } = self.incident;
        IncidentView {
            page: self.page.to_owned(),
            id: id.clone(),
            title: if title.is_empty() { id } else { title }.clone(),
            since: *started,
            link: link.clone(),
            category: Some(category.as_str().to_owned()),
            status: Some(status.as_str().to_owned()),
            orgs: self.orgs.into_iter().map(Name::to_string).collect(),
            severity: self.severity,
        }
    }
}

/// How bad an incident is to the orgs on these cells, and to which.
fn on_cells<'a>(
    incident: &Incident,
    cells: &BTreeMap<Cell, Vec<&'a Name>>,
) -> (Severity, Vec<&'a Name>) {
    let (mut severity, mut orgs) = (Severity::Info, Vec::new());
    for (cell, theirs) in cells {
        match incident.cells.reach(cell) {
            Reach::On => {
                severity = Severity::Critical;
                orgs.extend(theirs);
            }
            Reach::Unknown => severity = severity.min(Severity::Warning),
            Reach::Elsewhere => {}
        }
    }
    orgs.sort_unstable();
    (severity, orgs)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        probe::status_page::{Category, Status},
        units::CellList,
    };

    #[test]
    fn an_incident_is_as_bad_as_it_is_near() {
        let (acme, other): (Name, Name) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let cells: BTreeMap<Cell, Vec<&Name>> = [
            ("okta.com:7".parse().unwrap(), vec![&acme]),
            ("okta.com:8".parse().unwrap(), vec![&other]),
        ]
        .into();
        let told = |listed: &str| {
            let incident = Incident {
                id: "I-1".to_owned(),
                category: Category::ServiceDisruption,
                status: Status::Investigating,
                cells: CellList::read(listed),
                started: None,
                ends: None,
                updated: None,
                title: String::new(),
                link: None,
            };
            let (severity, orgs) = on_cells(&incident, &cells);
            let orgs: Vec<&str> = orgs.into_iter().map(Name::as_str).collect();
            (severity, orgs.join(" "))
        };
        let is = |severity, orgs: &str| (severity, orgs.to_owned());
        assert_eq!(told("okta.com:8"), is(Severity::Critical, "other"));
        let both = told("okta.com:7;okta.com:8");
        assert_eq!(both, is(Severity::Critical, "acme other"));
        assert_eq!(told("All cells"), is(Severity::Warning, ""));
        assert_eq!(told("okta.com:9"), is(Severity::Info, ""));
    }
}
