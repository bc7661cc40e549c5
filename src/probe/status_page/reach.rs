//! What status pages together tell of one cell: each incident once, however many pages tell of it.
//! The pages are those that name cells, so that ids and categories are Okta's own.

use std::collections::{BTreeMap, btree_map::Entry};

use super::{
    content::{Incident, PageContent},
    observation::Observation,
    words::Category,
};
use crate::units::{Cell, Reach};

/// The open incidents that name a cell, and those that may be on it; `None` is unknown, not zero.
#[derive(Debug, Default)]
pub struct CellIncidents<'a> {
    /// Those that name it; `None` where no page could be read, and where something is open and no
    /// incident listed names a cell that can be read: then the field has most likely changed its
    /// name or its words.
    pub on: Option<Vec<&'a Incident>>,
    /// Those that name no cell, or all, or what cannot be read; `None` where no page could be read.
    /// They are not among the others: an org would be alarmed for every incident of another
    /// continent.
    pub of_unknown_reach: Option<Vec<&'a Incident>>,
}

impl<'a> CellIncidents<'a> {
    /// What these pages tell of this cell.
    pub fn told_by(pages: impl IntoIterator<Item = &'a PageContent>, cell: &Cell) -> Self {
        let (mut is_any_read, mut is_any_cell_read) = (false, false);
        let mut open: BTreeMap<&str, (Reach, &Incident)> = BTreeMap::new();
        for page in pages {
            let Some(listed) = page.open_incidents().filter(|_| page.source.names_cells()) else {
                continue;
            };
            is_any_read = true;
            let mut is_quiet = true;
            for incident in listed {
                is_quiet = false;
                let told = (incident.cells.reach(cell), incident);
                match open.entry(&incident.id) {
                    Entry::Vacant(entry) => drop(entry.insert(told)),
                    // Of two pages, the one that knows more, and then the one that is newer.
                    Entry::Occupied(mut entry) => {
                        let rank =
                            |(reach, incident): (Reach, &Incident)| (reach, incident.updated);
                        if rank(told) > rank(*entry.get()) {
                            entry.insert(told);
                        }
                    }
                }
            }
            let mut all = page.incidents.iter().flatten();
            is_any_cell_read |= is_quiet || all.any(|incident| incident.cells.names_any());
        }
        let of = |wanted: Reach| {
            let chosen = open.values().filter(move |(reach, _)| *reach == wanted);
            chosen.map(|(_, incident)| *incident).collect()
        };
        Self {
            on: is_any_cell_read.then(|| of(Reach::On)),
            of_unknown_reach: is_any_read.then(|| of(Reach::Unknown)),
        }
    }
}

/// Whether some page names cells, so that incidents can be matched; `None` before any was seen. One
/// that is not understood now may name them.
pub fn any_names_cells<'a>(pages: impl IntoIterator<Item = &'a Observation>) -> Option<bool> {
    let names = |page: &Observation| page.content().is_none_or(|c| c.source.names_cells());
    pages
        .into_iter()
        .map(names)
        .reduce(|one, other| one || other)
}

/// How many of these incidents there are of each category that an incident on a cell can have.
pub fn by_category(incidents: &[&Incident]) -> [(&'static str, usize); Category::OF_CELLS.len()] {
    Category::OF_CELLS.map(|category| {
        let is_of = |incident: &&&Incident| incident.category.of_cell() == category;
        (category.as_str(), incidents.iter().filter(is_of).count())
    })
}

#[cfg(test)]
mod tests {
    use super::{
        super::{format::Source, words::Status},
        *,
    };
    use crate::units::{CellList, Timestamp};

    fn incident(id: &str, cells: &str, updated: i64) -> Incident {
        Incident {
            id: id.to_owned(),
            category: Category::ServiceDegradation,
            status: Status::Investigating,
            cells: CellList::read(cells),
            started: None,
            ends: None,
            updated: Timestamp::from_second(updated).ok(),
            title: String::new(),
            link: None,
        }
    }

    fn page(source: Source, incidents: Option<Vec<Incident>>) -> PageContent {
        PageContent {
            source,
            incidents,
            maintenances: None,
            last_update: None,
            indicator: None,
            components: Vec::new(),
        }
    }

    fn okta(incidents: impl Into<Vec<Incident>>) -> PageContent {
        page(Source::Okta, Some(incidents.into()))
    }

    /// The ids on cell 7, and those of unknown reach; `-` is unknown.
    fn told(pages: &[PageContent]) -> (String, String) {
        let incidents = CellIncidents::told_by(pages, &"okta.com:7".parse().unwrap());
        let ids = |incidents: Option<Vec<&Incident>>| {
            incidents.map_or("-".to_owned(), |incidents| {
                let ids: Vec<&str> = incidents.iter().map(|i| i.id.as_str()).collect();
                ids.join(" ")
            })
        };
        (ids(incidents.on), ids(incidents.of_unknown_reach))
    }

    fn are(on: &str, of_unknown_reach: &str) -> (String, String) {
        (on.to_owned(), of_unknown_reach.to_owned())
    }

    #[test]
    fn an_incident_that_two_pages_tell_of_is_one() {
        let page = okta([incident("I-1", "okta.com:7", 1), incident("I-2", "", 1)]);
        assert_eq!(told(&[page.clone(), page]), are("I-1", "I-2"));
        let cell = "okta.com:7".parse().unwrap();
        let pages = [1, 2].map(|at| okta([incident("I-1", "okta.com:7", at)]));
        let on = CellIncidents::told_by(&pages, &cell).on.unwrap();
        assert_eq!(on[0].updated, Timestamp::from_second(2).ok());
        let count: usize = by_category(&on).iter().map(|(_, count)| count).sum();
        assert_eq!(count, 1);
    }

    #[test]
    fn of_two_pages_the_one_that_names_the_cell_is_believed() {
        let named = okta([incident("I-1", "okta.com:7", 1)]);
        for other in ["okta.com:8", "All cells", ""] {
            let other = okta([incident("I-1", other, 2)]);
            assert_eq!(told(&[named.clone(), other.clone()]), are("I-1", ""));
            assert_eq!(told(&[other, named.clone()]), are("I-1", ""));
        }
    }

    #[test]
    fn where_no_incident_names_a_cell_that_can_be_read_no_cell_is_known_to_be_well() {
        assert_eq!(
            told(&[okta([incident("I-1", "region 8", 1)])]),
            are("-", "I-1")
        );
        assert_eq!(told(&[okta([])]), are("", ""));
        let closed = Incident {
            status: Status::Resolved,
            ..incident("I-0", "okta.com:8", 1)
        };
        assert_eq!(
            told(&[okta([incident("I-1", "all", 1), closed])]),
            are("", "I-1")
        );
    }

    #[test]
    fn pages_that_name_no_cells_or_were_not_read_tell_nothing_of_any() {
        let listed = || Some(vec![incident("I-1", "", 1)]);
        assert_eq!(told(&[]), are("-", "-"));
        assert_eq!(told(&[page(Source::Okta, None)]), are("-", "-"));
        assert_eq!(told(&[page(Source::Feed, listed())]), are("-", "-"));
        assert_eq!(told(&[page(Source::Statuspage, listed())]), are("-", "-"));
    }

    #[test]
    fn an_incident_of_a_category_that_is_none_of_a_cells_is_counted_as_other() {
        let critical = Incident {
            category: Category::Critical,
            ..incident("I-1", "okta.com:7", 1)
        };
        let slow = incident("I-2", "okta.com:7", 1);
        let counts: Vec<(&str, usize)> = by_category(&[&critical, &slow])
            .into_iter()
            .filter(|(_, count)| *count > 0)
            .collect();
        assert_eq!(counts, [("service_degradation", 1), ("other", 1)]);
    }
}
