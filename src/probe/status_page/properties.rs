//! What holds for every status page, whatever its owner or the network makes of it: tests only.

use proptest::prelude::*;
use serde_json::json;

use super::{
    content::PageContent,
    format::{Format, Source},
    read::read,
    unreadable::Unreadable,
};

const OKTA: &str = include_str!("../../../tests/fixtures/status/okta.html");
const ALL: [&str; 5] = [
    OKTA,
    include_str!("../../../tests/fixtures/status/summary.json"),
    include_str!("../../../tests/fixtures/status/status.json"),
    include_str!("../../../tests/fixtures/status/okta.atom"),
    include_str!("../../../tests/fixtures/status/history.rss"),
];
const FORMATS: [Format; 4] = [Format::Auto, Format::Okta, Format::Statuspage, Format::Atom];

fn auto(body: &[u8]) -> Result<PageContent, Unreadable> {
    read(Format::Auto, None, body)
}

/// Okta's page with escaped JSON: the same lists, another way of writing them.
fn escaped() -> String {
    let list = json!([{"Name": "I-1", "Status__c": "Investigating"}]).to_string();
    let list = list.replace('"', "&quot;");
    format!("<html><p data-id='incidents'>{list}</p><p data-id='planned-outages'>[]</p></html>")
}

#[test]
fn a_page_cut_anywhere_is_unreadable_or_says_what_it_says_whole() {
    let mut pages: Vec<String> = ALL.map(str::to_owned).into();
    pages.push(OKTA.replace("data-id", "data-key"));
    pages.push(escaped());
    for page in pages {
        let whole = auto(page.as_bytes()).unwrap();
        for end in 0..page.len() {
            let cut = auto(&page.as_bytes()[..end]);
            assert!(
                cut.is_err() || cut.as_ref() == Ok(&whole),
                "cut at {end}: {cut:?}"
            );
        }
    }
}

/// Words a page might write, known ones among them.
fn word() -> impl Strategy<Value = String> {
    let known = [
        "Resolved",
        "Investigating",
        "Service Disruption",
        "okta.com:7",
        "</span>",
        "&quot;",
    ];
    prop_oneof![
        any::<String>(),
        prop::sample::select(known.map(str::to_owned).to_vec())
    ]
}

/// Okta's page with these incidents, by status, category and cells.
fn page(records: &[(String, String, String)]) -> String {
    let record = |(n, (status, category, cells)): (usize, &(String, String, String))| {
        json!({
            "attributes": {"type": "Incident__c"}, "Name": format!("I-{n}"), "Incident_Title__c": category,
            "Status__c": status, "Category__c": category, "Impacted_Cells__c": cells,
        })
    };
    let list: Vec<_> = records.iter().enumerate().map(record).collect();
    let list = json!(list);
    format!("<html><i data-id=\"incidents\">{list}</i><i data-id=\"planned-outages\">[]</i></html>")
}

proptest! {
    #[test]
    fn no_body_makes_a_reader_panic(body in prop::collection::vec(any::<u8>(), 0..300)) {
        for format in FORMATS {
            drop(read(format, None, &body));
        }
    }

    #[test]
    fn no_damage_to_a_page_makes_a_reader_panic_or_a_label_grow(
        which in 0..ALL.len(),
        at in any::<prop::sample::Index>(),
        length in 0..40_usize,
        put in prop_oneof![any::<String>(), "[<>&;\"'\\[\\]{}a-z=:/#-]{0,20}"],
    ) {
        let mut body = ALL[which].as_bytes().to_vec();
        let at = at.index(body.len());
        let end = body.len().min(at + length);
        body.splice(at..end, put.bytes());
        for format in FORMATS {
            let Ok(seen) = read(format, None, &body) else { continue };
            let listed = seen.incidents.iter().chain(&seen.maintenances).flatten();
            for incident in listed {
                prop_assert!(incident.id.len() <= 63 && incident.id.is_ascii());
            }
            for component in &seen.components {
                prop_assert!(component.name.chars().count() <= 100);
                prop_assert!(!component.name.contains(char::is_control));
            }
        }
    }

    #[test]
    fn whatever_an_incident_says_it_is_listed_and_a_half_read_page_never_lists_fewer(
        records in prop::collection::vec((word(), word(), word()), 0..5),
        cut in any::<prop::sample::Index>(),
    ) {
        let page = page(&records);
        let whole = auto(page.as_bytes());
        let seen = whole.as_ref().unwrap();
        let listed = seen.incidents.iter().chain(&seen.maintenances).flatten().count();
        prop_assert_eq!((seen.source, listed), (Source::Okta, records.len()));
        let cut = auto(&page.as_bytes()[..cut.index(page.len())]);
        prop_assert!(cut.is_err() || cut == whole);
    }
}
