//! A feed, Atom or RSS: which incidents its entries tell of, and how far each has come. The XML is
//! read in `entries`.
//!
//! A feed does not list what is open; that is deduced from each incident's newest entry.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    content::{Incident, LONGEST_LINK, PageContent, distinct, newest},
    entries::{Entry, entries},
    format::{Source, root},
    text,
    unreadable::{Unreadable, without_data},
    words::{Category, LONGEST, Status, snake_case},
};
use crate::units::{CellList, head};

const ENTRY: &str = "entry";
/// Within so many characters of an entry's text it says what it is, if at all.
const HEAD: usize = 200;

/// Reads the feed.
pub(super) fn read(text: &str) -> Result<PageContent, Unreadable> {
    match root(text).as_deref() {
        Some("feed" | "rss" | "rdf:rdf") => {}
        Some("html") => {
            let expected = "a feed";
            return Err(without_data(text, Unreadable::Html { expected }));
        }
        _ => return Err(Unreadable::NotAFeed),
    }
    let entries = entries(text)?;
    if entries.is_empty() {
        return Err(Unreadable::EmptyFeed);
    }
    let all = latest(&entries)?;
    if all.iter().all(|incident| incident.status == Status::Other) {
        return Err(Unreadable::NoStates);
    }
    // RSS dates announced work by its day, so it does not show that the feed is alive.
    let last_update = newest(all.iter().filter(|i| !(is_planned(i) && i.is_open())));
    let (planned, incidents): (Vec<_>, Vec<_>) = all.into_iter().partition(is_planned);
    Ok(PageContent {
        source: Source::Feed,
        incidents: Some(distinct(incidents)),
        maintenances: Some(distinct(planned)),
        last_update,
        indicator: None,
        components: Vec::new(),
    })
}

/// Each incident as its newest entry tells it; of two of one time the first, since feeds begin with
/// the newest.
fn latest(entries: &[Entry]) -> Result<Vec<Incident>, Unreadable> {
    // Entries may share a link because they are updates of one incident, or because all link to
    // the page itself. Only in the first case may the newest stand for the others.
    let links: BTreeSet<_> = entries.iter().filter_map(Entry::link).collect();
    let mut latest: BTreeMap<&str, Incident> = BTreeMap::new();
    for entry in entries {
        let of_incident = |link: &&str| links.len() > 1 && link.contains("incident");
        let link = entry.link().filter(of_incident);
        let key = link.or(entry.id()).or(entry.link());
        let key = key.ok_or(bad_entry("id"))?;
        let incident = incident(entry, key)?;
        if latest
            .get(key)
            .is_none_or(|kept| kept.updated < incident.updated)
        {
            latest.insert(key, incident);
        }
    }
    // Two incidents under one id would hide one another.
    let ids: BTreeSet<_> = latest.values().map(|incident| &incident.id).collect();
    if ids.len() < latest.len() {
        return Err(bad_entry("id"));
    }
    Ok(latest.into_values().collect())
}

fn bad_entry(field: &'static str) -> Unreadable {
    Unreadable::BadEntry { part: ENTRY, field }
}

fn incident(entry: &Entry, key: &str) -> Result<Incident, Unreadable> {
    // The last step of `https://…/incidents/abc`, `…/#incident/abc`, `tag:…:Incident/abc`.
    let steps = key.trim_end_matches('/').rsplit(['/', '#', '=', ':']);
    let id = steps.into_iter().find_map(text::id);
    let (status, category) = state(entry);
    Ok(Incident {
        id: id.ok_or(bad_entry("id"))?,
        category,
        status,
        cells: CellList::default(),
        started: entry.published().and_then(text::time),
        ends: None,
        // Without a date nobody knows which entry is the newest.
        updated: Some(
            entry
                .updated()
                .and_then(text::time)
                .ok_or(bad_entry("date"))?,
        ),
        title: text::line(entry.title()),
        link: entry
            .link()
            .filter(|link| link.len() <= LONGEST_LINK)
            .map(str::to_owned),
    })
}

/// True for announced work. Where the title is free text its status tells: these are the words
/// that Statuspage has for maintenances and not for incidents.
fn is_planned(incident: &Incident) -> bool {
    let status_of_work = matches!(
        incident.status,
        Status::Scheduled | Status::InProgress | Status::Verifying | Status::Completed
    );
    incident.category.is_planned() || (incident.category == Category::Other && status_of_work)
}

/// How far an incident has come and what it is. Okta writes both as the title, `Resolved Service
/// Disruption`; Statuspage has free text there, which may sound like either (`Scheduled
/// Maintenance`), and each update as `<strong>Resolved</strong> - It is over.`, the newest first.
fn state(entry: &Entry) -> (Status, Category) {
    let title = snake_case(head(entry.title(), LONGEST));
    let named = Status::ALL.iter().find_map(|&status| {
        let rest = title.strip_prefix(status.as_str())?;
        (rest.is_empty() || rest.starts_with('_')).then(|| (status, Category::read(rest)))
    });
    let (status, category) = named.unwrap_or((Status::Other, Category::read(&title)));
    let category = declared(entry.content()).unwrap_or(category);
    let bold = entry.content().split("<strong>").skip(1);
    let mut words = bold.filter_map(|rest| {
        let (word, text) = rest.split_once("</strong>")?;
        let is_update = text.trim_start().starts_with('-');
        Some((Status::read(word), is_update))
    });
    let is_told = status != Status::Other && category != Category::Other;
    let told = words.find(|&(word, is_update)| word != Status::Other && (is_update || !is_told));
    (told.map_or(status, |(word, _)| word), category)
}

/// What an entry says that it is before anything else, as some makers of such feeds do: `Type:
/// Maintenance`.
fn declared(content: &str) -> Option<Category> {
    let mut is_markup = false;
    let plain = content.chars().take(HEAD).filter_map(|c| match c {
        '<' => {
            is_markup = true;
            Some(' ')
        }
        '>' => {
            is_markup = false;
            None
        }
        c => (!is_markup).then_some(c),
    });
    let plain: String = plain.collect();
    let (name, value) = plain.split_once(':')?;
    let value = value.split_whitespace().next()?;
    let is_type = name.trim().eq_ignore_ascii_case("type");
    let category = Category::read(value);
    (is_type && category.is_planned()).then_some(category)
}

#[cfg(test)]
mod tests {
    use super::*;

    const ATOM: &str = include_str!("../../../tests/fixtures/status/okta.atom");
    const RSS: &str = include_str!("../../../tests/fixtures/status/history.rss");

    fn told(incidents: &[Incident]) -> Vec<(&str, Status, Category)> {
        incidents
            .iter()
            .map(|i| (i.id.as_str(), i.status, i.category))
            .collect()
    }

    #[test]
    fn in_oktas_feed_the_newest_entry_of_an_incident_tells_its_state() {
        let seen = read(ATOM).unwrap();
        assert_eq!(
            told(seen.incidents.as_deref().unwrap()),
            [
                (
                    "a9C000000000001AAA",
                    Status::Investigating,
                    Category::ServiceDegradation
                ),
                (
                    "a9C000000000002AAA",
                    Status::Resolved,
                    Category::ServiceDisruption
                ),
            ]
        );
        assert_eq!(seen.last_update, text::time("2026-07-24T08:00:00Z"));
        assert_eq!(seen.maintenances, Some(Vec::new()));
    }

    #[test]
    fn in_a_statuspage_feed_the_first_bold_word_tells_and_titles_do_not_mislead() {
        let seen = read(RSS).unwrap();
        assert_eq!(
            told(seen.incidents.as_deref().unwrap()),
            [
                ("abc", Status::Resolved, Category::Other),
                ("p31zjtct2jer", Status::Identified, Category::Other),
            ]
        );
        let planned = seen.maintenances.as_deref().unwrap();
        assert_eq!(
            told(planned),
            [("w1q2e3r4t5y6", Status::Scheduled, Category::Other)]
        );
        assert_eq!(seen.last_update, text::time("2026-07-24T08:15:00Z"));
    }

    #[test]
    fn what_an_update_says_in_bold_counts_more_than_a_title_that_sounds_like_a_state() {
        let state = |title: &str, content: &str| {
            let content = content.replace('<', "&lt;").replace('>', "&gt;");
            let other =
                "<entry><id>o</id><title>Resolved</title><updated>2026-07-01</updated></entry>";
            let entry = format!(
                "<feed>{other}<entry><id>it</id><title>{title}</title><updated>2026-07-02</updated><content>{content}</content></entry></feed>"
            );
            let seen = read(&entry).unwrap();
            let (incidents, planned) = (seen.incidents.unwrap(), seen.maintenances.unwrap());
            let is_it = |incident: &&Incident| incident.id == "it";
            let open =
                |listed: &[Incident]| listed.iter().find(is_it).map(|incident| incident.status);
            (open(&incidents), open(&planned))
        };
        let resolved = "<small>Nov 26</small><br><strong>Resolved</strong> - Over.<p><strong>Investigating</strong> - Begun.</p>";
        for title in [
            "Service Disruption",
            "Investigating Performance Issue",
            "Investigating API errors",
            "Scheduled reports are late",
        ] {
            let told = state(title, resolved);
            assert_eq!(told, (Some(Status::Resolved), None), "{title}");
        }
        let completed =
            "<p><strong>Completed</strong> - Done.</p><p><strong>In progress</strong> - Begun.</p>";
        for title in [
            "Planned Maintenance",
            "Scheduled Maintenance",
            "Maintenance",
            "New database",
        ] {
            let told = state(title, completed);
            assert_eq!(told, (None, Some(Status::Completed)), "{title}");
        }
        // Okta's own titles tell all, whatever its prose has in bold.
        let told = state(
            "Investigating Service Disruption",
            "All else is <strong>resolved</strong>.",
        );
        assert_eq!(told, (Some(Status::Investigating), None));
    }

    #[test]
    fn what_an_entry_calls_its_type_is_work_though_its_status_is_an_incidents() {
        let told = |content: &str| {
            let content = content.replace('<', "&lt;").replace('>', "&gt;");
            let feed = format!(
                "<feed><entry><id>it</id><title>New switch</title><updated>2026-07-02</updated><content>{content}</content></entry></feed>"
            );
            let seen = read(&feed).unwrap();
            (
                seen.incidents.unwrap().len(),
                seen.maintenances.unwrap().len(),
            )
        };
        let identified = "<p><strong>Identified</strong> - It begins.</p>";
        for kind in [
            "<b>Type:</b> Maintenance<br>",
            "Type: maintenance\n",
            "<p><b>Type</b>: Maintenance</p>",
        ] {
            assert_eq!(told(&format!("{kind}{identified}")), (0, 1), "{kind}");
        }
        for kind in [
            "Type: Incident ",
            "The type: maintenance ",
            "Of a type: ",
            "<Type: Maintenance",
        ] {
            assert_eq!(told(&format!("{kind}{identified}")), (1, 0), "{kind}");
        }
    }

    #[test]
    fn entries_that_all_link_to_the_page_are_not_taken_for_one_incident() {
        let feed = |titles: [&str; 2]| {
            let entry = |(n, title)| {
                format!(
                    "<entry><title>{title}</title><id>urn:x:{n}</id><link href='https://s.example.com/'/><updated>2026-07-0{n}T00:00:00Z</updated></entry>"
                )
            };
            let entries: String = (1..).zip(titles).map(entry).collect();
            read(&format!("<feed>{entries}</feed>")).unwrap()
        };
        let seen = feed([
            "Investigating Service Disruption",
            "Resolved Service Degradation",
        ]);
        assert_eq!(seen.open_incidents().unwrap().count(), 1);
        let seen = feed(["Service Disruption", "Resolved Service Degradation"]);
        assert_eq!(
            seen.open_incidents().unwrap().count(),
            1,
            "no status is not good news"
        );
    }

    #[test]
    fn two_incidents_are_never_taken_for_one() {
        let feed = |link: &str, ids: [&str; 2]| {
            let entry = |(n, id)| {
                format!(
                    "<entry><title>Resolved Service Disruption</title><id>{id}</id><link href='{link}/{n}#top'/><updated>2026-07-0{n}T00:00:00Z</updated></entry>"
                )
            };
            let entries: String = (1..).zip(ids).map(entry).collect();
            read(&format!("<feed>{entries}</feed>"))
        };
        let paged = feed("https://s.example.com/page", ["urn:x:1", "urn:x:2"]).unwrap();
        assert_eq!(paged.incidents.unwrap().len(), 2);
        let alike = feed("https://s.example.com/incidents", ["urn:x:1", "urn:x:2"]);
        assert_eq!(alike, Err(bad_entry("id")));
    }

    #[test]
    fn a_frozen_feed_tells_its_last_update_and_nothing_else() {
        let limit = super::super::FROZEN_AFTER;
        let at = |now: &str| {
            read(ATOM)
                .unwrap()
                .still_known(text::time(now).unwrap(), limit)
        };
        assert!(at("2026-07-25T00:00:00Z").incidents.is_some());
        assert!(at("2026-10-22T00:00:00Z").incidents.is_some());
        let frozen = at("2027-10-23T00:00:00Z");
        assert_eq!((frozen.incidents, frozen.maintenances), (None, None));
        assert_eq!(frozen.last_update, text::time("2026-07-24T08:00:00Z"));
        assert!(
            at("2026-07-01T00:00:00Z").incidents.is_none(),
            "dated in the future"
        );
    }

    #[test]
    fn what_tells_no_state_is_refused_with_its_reason() {
        let entry = "<id>1</id><title>Resolved Service Disruption</title><updated>2026-07-01T00:00:00Z</updated>";
        assert!(read(&format!("<feed><entry>{entry}</entry></feed>")).is_ok());
        for (text, reason) in [
            ("<html></html>".to_owned(), "HTML page where a feed"),
            ("<svg></svg>".to_owned(), "not an Atom or RSS feed"),
            ("{}".to_owned(), "not an Atom or RSS feed"),
            ("<feed></feed>".to_owned(), "no entries"),
            ("<rss><channel/></rss>".to_owned(), "no entries"),
            (format!("<feed><entry>{entry}</entry>"), "breaks off"),
            (format!("<feed><entry>{entry}</entr></feed>"), "not XML"),
            (
                format!(
                    "<feed><entry>{}</entry></feed>",
                    entry.replace("Resolved ", "")
                ),
                "how far",
            ),
            (
                format!(
                    "<feed><entry>{}</entry></feed>",
                    entry.replace("updated", "u")
                ),
                "no `date`",
            ),
            (
                format!("<feed><entry>{}</entry></feed>", entry.replace("id>", "i>")),
                "no `id`",
            ),
        ] {
            let message = read(&text).unwrap_err().to_string();
            assert!(message.contains(reason), "{text}: {message}");
        }
    }
}
