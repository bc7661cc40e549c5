//! The open incidents that status pages tell of, and whose cells they are on.

use std::{cmp::Reverse, collections::BTreeMap};

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
    /// By its category on the cell of an org, a warning where it may be on one.
    pub severity: Severity,
}

/// One incident as a page tells it, and what it is to the orgs.
struct Told<'a> {
    page: &'a str,
    names_cells: bool,
    incident: &'a Incident,
    severity: Severity,
    orgs: Vec<&'a Name>,
}

impl IncidentView {
    /// Those that are open: the worst first, of equals the ones on a cell of these orgs, and then the
    /// newest; as many as somebody will look at. What several pages tell is told once.
    pub(super) fn all(facts: &Facts, orgs: &[&Name]) -> Vec<Self> {
        let mut cells: BTreeMap<Cell, Vec<&Name>> = BTreeMap::new();
        for &org in orgs {
            if let Some(cell) = facts.cell(org) {
                cells.entry(cell).or_default().push(org);
            }
        }
        let mut told = Vec::new();
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
                told.push(Told {
                    page: id.name(),
                    names_cells,
                    incident,
                    severity,
                    orgs,
                });
            }
        }
        let mut all = distinct(told);
        all.sort_by_key(|told| {
            let is_elsewhere = told.orgs.is_empty();
            (told.severity, is_elsewhere, Reverse(told.incident.rank()))
        });
        all.truncate(MOST_INCIDENTS);
        all.into_iter().map(Told::view).collect()
    }
}

/// What tells that two pages mean one incident.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Sign<'a> {
    /// Its id, where pages name cells: then it is Okta's own.
    Okta(&'a str),
    /// When it began, to the second, with its id,
    Id(i64, &'a str),
    /// where the page tells more of it,
    Link(i64, &'a str),
    /// or its title.
    Title(i64, &'a str),
}

/// Each incident once, as the page tells it that tells most: those of one page stay apart.
fn distinct<'a>(told: impl IntoIterator<Item = Told<'a>>) -> Vec<Told<'a>> {
    let mut distinct: Vec<(Told<'a>, &'a str)> = Vec::new();
    let mut known: BTreeMap<Sign<'a>, usize> = BTreeMap::new();
    for new in told {
        let (page, signs) = (new.page, new.signs());
        let at = signs.iter().flatten().find_map(|sign| {
            let at = *known.get(sign)?;
            let (_, last_page) = distinct.get(at)?;
            (*last_page != page).then_some(at)
        });
        let place = at.unwrap_or(distinct.len());
        for sign in signs.into_iter().flatten() {
            known.entry(sign).or_insert(place);
        }
        match at.and_then(|at| distinct.get_mut(at)) {
            None => distinct.push((new, page)),
            Some((kept, last_page)) => {
                *last_page = page;
                if new.tells_more_than(kept) {
                    *kept = new;
                }
            }
        }
    }
    distinct.into_iter().map(|(told, _)| told).collect()
}

impl<'a> Told<'a> {
    /// What it may be known again by, the surest first.
    fn signs(&self) -> [Option<Sign<'a>>; 4] {
        let Incident {
            id,
            title,
            link,
            started,
            ..
        } = self.incident;
        let began = started.map(Timestamp::as_second);
        let with = |sign: fn(i64, &'a str) -> Sign<'a>, word: &'a str| {
            began.filter(|_| !word.is_empty()).map(|at| sign(at, word))
        };
        [
            self.names_cells.then_some(Sign::Okta(id)),
            with(Sign::Id, id),
            with(Sign::Link, link.as_deref().unwrap_or_default()),
            with(Sign::Title, title),
        ]
    }

    /// Of two pages, the one for which it is worse, that knows of cells, and then the newer.
    fn tells_more_than(&self, other: &Self) -> bool {
        let rank = |told: &Self| {
            let Told {
                severity,
                names_cells,
                incident,
                ..
            } = told;
            (Reverse(*severity), *names_cells, incident.updated)
        };
        rank(self) > rank(other)
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
                severity = severity.min(incident.category.severity_on_cell());
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

    fn incident(id: &str, title: &str, began: Option<i64>) -> Incident {
        Incident {
            id: id.to_owned(),
            category: Category::ServiceDisruption,
            status: Status::Investigating,
            cells: CellList::default(),
            started: began.map(|at| Timestamp::from_second(at).unwrap()),
            ends: None,
            updated: None,
            title: title.to_owned(),
            link: None,
        }
    }

    #[test]
    fn an_incident_is_as_bad_as_its_category_where_it_is_near() {
        let (acme, other): (Name, Name) = ("acme".parse().unwrap(), "other".parse().unwrap());
        let cells: BTreeMap<Cell, Vec<&Name>> = [
            ("okta.com:7".parse().unwrap(), vec![&acme]),
            ("okta.com:8".parse().unwrap(), vec![&other]),
        ]
        .into();
        let told = |listed: &str, category: Category| {
            let incident = Incident {
                category,
                cells: CellList::read(listed),
                ..incident("I-1", "", None)
            };
            let (severity, orgs) = on_cells(&incident, &cells);
            let orgs: Vec<&str> = orgs.into_iter().map(Name::as_str).collect();
            (severity, orgs.join(" "))
        };
        let is = |severity, orgs: &str| (severity, orgs.to_owned());
        let (down, slow) = (Category::ServiceDisruption, Category::ServiceDegradation);
        let (critical, warning) = (Severity::Critical, Severity::Warning);
        assert_eq!(told("okta.com:8", down), is(critical, "other"));
        assert_eq!(told("okta.com:8", slow), is(warning, "other"));
        let both = told("okta.com:7;okta.com:8", down);
        assert_eq!(both, is(critical, "acme other"));
        assert_eq!(told("All cells", down), is(warning, ""));
        assert_eq!(told("okta.com:9", down), is(Severity::Info, ""));
    }

    /// Which are told of these: by page, whether that names cells, and severity.
    fn kept(told: &[(&str, bool, Severity, &Incident)]) -> String {
        let told = told
            .iter()
            .map(|(page, names_cells, severity, incident)| Told {
                page,
                names_cells: *names_cells,
                incident,
                severity: *severity,
                orgs: Vec::new(),
            });
        let kept = distinct(told).into_iter();
        let kept: Vec<String> = kept
            .map(|told| format!("{}/{}", told.page, told.incident.id))
            .collect();
        kept.join(" ")
    }

    #[test]
    fn what_pages_tell_alike_is_one_incident_and_what_only_looks_alike_is_not() {
        let (info, warning) = (Severity::Info, Severity::Warning);
        let (cells, none) = (true, false);
        let okta = incident("I-1", "Slow", Some(60));
        let same_id = incident("I-1", "Sign-in is slow", Some(60));
        let same_title = incident("p31z", "Slow", Some(60));
        for other in [&same_id, &same_title] {
            let (one, two) = (
                ("okta", cells, warning, &okta),
                ("mirror", none, info, other),
            );
            assert_eq!(kept(&[one, two]), "okta/I-1");
            assert_eq!(kept(&[two, one]), "okta/I-1");
        }
        let link = |id: &str, title: &str| Incident {
            link: Some("https://status.okta.com/#incident/a9C".to_owned()),
            ..incident(id, title, Some(60))
        };
        let (one, two) = (link("I-2", "Slow"), link("a9C", "Investigating"));
        let pages = [("okta", cells, info, &one), ("feed", none, info, &two)];
        assert_eq!(kept(&pages), "okta/I-2");
        // Another time, none at all, and other words are other incidents.
        let later = incident("I-1", "Slow", Some(61));
        let undated = incident("I-1", "Slow", None);
        let nameless = incident("p31z", "", Some(60));
        for other in [&later, &undated, &nameless] {
            let pages = [("okta", cells, info, &okta), ("mirror", none, info, other)];
            assert_eq!(kept(&pages).split(' ').count(), 2, "{other:?}");
        }
        let pages = ["a", "b"].map(|page| (page, cells, info, &undated));
        assert_eq!(kept(&pages), "a/I-1", "an id of Okta's is enough");
    }

    #[test]
    fn incidents_of_one_page_stay_apart_and_the_worse_of_two_pages_is_told() {
        let (info, warning) = (Severity::Info, Severity::Warning);
        let east = incident("I-1", "Slow", Some(60));
        let west = incident("I-2", "Slow", Some(60));
        let mirrored = ["m1", "m2"].map(|id| incident(id, "Slow", Some(60)));
        let [first, second] = &mirrored;
        let okta = [("okta", true, warning, &east), ("okta", true, info, &west)];
        assert_eq!(kept(&okta), "okta/I-1 okta/I-2");
        let mirror = [
            ("mirror", false, info, first),
            ("mirror", false, info, second),
        ];
        // The second may be the one or the other: rather twice than not at all.
        let all = kept(&[okta, mirror].concat());
        assert_eq!(all, "okta/I-1 okta/I-2 mirror/m2");
        let worse = [("okta", true, info, &east), ("copy", true, warning, &east)];
        assert_eq!(kept(&worse), "copy/I-1");
    }
}
