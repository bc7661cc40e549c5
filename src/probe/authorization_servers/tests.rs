//! What is told of the servers that were listed, and for how long.

use std::{borrow::Cow, time::Duration};

use serde_json::json;

use super::{draw::drawn, read::Entry, *};
use crate::{
    guide::Severity,
    probe::{
        listing::{ListPage, Listing},
        round::Learned,
        unfamiliar::Unfamiliar,
    },
    units::Timestamp,
};

fn observation(pages: &[Value], is_complete: bool) -> Observation {
    let mut listing = Listing::<Entry>::new();
    for page in pages {
        let page: ListPage<Entry> = serde_json::from_value(page.clone()).unwrap();
        listing.add(page);
    }
    listing.is_complete = is_complete;
    Observation::read(Learned::Known(listing))
}

fn learned(seen: &Observation) -> Memory {
    Probe::learn(Memory::default(), seen)
}

fn series(seen: &Observation) -> Vec<String> {
    let known = Known::<Probe> {
        observation: Some(seen),
        memory: Cow::Owned(learned(seen)),
        interval: Duration::ZERO,
    };
    let scope = Scope {
        org: "acme",
        name: "",
        now: Timestamp::UNIX_EPOCH,
        at_okta: OktaTime::default(),
    };
    let mut page = Page::new();
    Probe::draw(&known, scope, &mut page);
    page.test_series()
}

fn recorded() -> Value {
    json!([
        {"id": "aus1", "name": "default", "issuer": "https://acme.okta.com/oauth2/default", "status": "ACTIVE",
         "credentials": {"signing": {"kid": "k", "rotationMode": "AUTO",
            "lastRotated": "2025-03-13T23:23:10.000Z", "nextRotation": "2025-06-11T23:23:10.000Z"}}},
        {"id": "aus2", "name": "Partner \"API\"\n", "issuer": "https://acme.okta.com/oauth2/aus2", "status": "PAUSED",
         "credentials": {"signing": {"kid": "k", "rotationMode": "MANUAL", "lastRotated": "2022-01-31T00:00:00.000Z"}}},
        {"id": "aus3", "name": null, "credentials": {"signing": {"rotationMode": "ON_TUESDAYS"}}},
        {"id": "a b"}, {"name": "default"}, "no server",
    ])
}

#[test]
fn each_server_is_told_by_the_name_that_issuers_have_and_what_is_unsaid_is_absent() {
    let seen = observation(&[recorded()], true);
    let told = series(&seen).into_iter();
    let told: Vec<String> = told.map(|line| line.replace("org=\"acme\",", "")).collect();
    let expected = [
        r#"okta_authorization_server_status{authorization_server="aus2",status="other"} 1"#,
        r#"okta_authorization_server_status{authorization_server="default",status="active"} 1"#,
        r#"okta_signing_key_last_rotated_timestamp_seconds{authorization_server="aus2"} 1643587200"#,
        r#"okta_signing_key_last_rotated_timestamp_seconds{authorization_server="default"} 1741908190"#,
        r#"okta_signing_key_next_rotation_timestamp_seconds{authorization_server="default"} 1749684190"#,
        r#"okta_signing_key_rotation_automatic{authorization_server="aus2"} 0"#,
        r#"okta_signing_key_rotation_automatic{authorization_server="default"} 1"#,
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_key_that_nobody_rotated_for_a_year_is_found_unless_its_server_is_off() {
    let found = |status: &str, mode: &str, now: &str| {
        let page = json!([{"id": "aus2", "name": "Partner", "status": status, "credentials": {"signing":
            {"rotationMode": mode, "lastRotated": "2022-01-31T00:00:00.000Z"}}}]);
        let seen = observation(&[page], true);
        let known = Known::<Probe> {
            observation: Some(&seen),
            memory: Cow::Owned(learned(&seen)),
            interval: Duration::ZERO,
        };
        let now = OktaTime::written(now.parse().unwrap());
        let found = Probe::findings(&known, now).into_iter();
        found.map(|finding| finding.subject).collect::<Vec<_>>()
    };
    assert_eq!(found("ACTIVE", "MANUAL", "2023-02-01T00:00:00Z"), ["aus2"]);
    assert_eq!(found("NEW", "MANUAL", "2023-02-01T00:00:00Z"), ["aus2"]);
    assert_eq!(found("ACTIVE", "MANUAL", "2023-01-30T00:00:00Z"), [""; 0]);
    assert_eq!(found("ACTIVE", "AUTO", "2023-02-01T00:00:00Z"), [""; 0]);
    assert_eq!(found("INACTIVE", "MANUAL", "2023-02-01T00:00:00Z"), [""; 0]);
}

#[test]
fn a_server_is_gone_only_when_a_whole_list_lacks_it() {
    let known = learned(&observation(&[recorded()], true));
    assert_eq!(known.servers.len(), 3);
    let half = observation(&[json!([{"id": "aus9"}])], false);
    let more = Probe::learn(known.clone(), &half);
    assert_eq!(more.servers.len(), 4);
    let missed = Observation {
        servers: Learned::Missed,
        unfamiliar: Unfamiliar::default(),
        withheld: None,
    };
    assert_eq!(Probe::learn(known.clone(), &missed), known);
    let whole = observation(&[json!([{"id": "aus9"}])], true);
    assert_eq!(Probe::learn(more, &whole).servers.len(), 1);
}

#[test]
fn of_very_many_servers_those_stay_that_nobody_rotates() {
    let many = (0..150).map(
        |n| json!({"id": format!("aus{n}"), "credentials": {"signing": {"rotationMode": "AUTO"}}}),
    );
    let manual = json!({"id": "ausOld", "credentials": {"signing": {"rotationMode": "MANUAL"}}});
    let page = Value::Array(many.chain([manual]).collect());
    let memory = learned(&observation(&[page], true));
    let drawn = drawn(&memory);
    assert_eq!((drawn.kept.len(), drawn.dropped), (100, 51));
    assert_eq!(drawn.kept[0].0, "ausOld");
}

#[test]
fn a_rotation_that_is_planned_is_told_until_it_is_past_and_noted_when_it_is_near() {
    let seen = observation(&[recorded()], true);
    let ends = |now: &str| {
        let known = Known::<Probe> {
            observation: Some(&seen),
            memory: Cow::Owned(learned(&seen)),
            interval: Duration::ZERO,
        };
        let now: Timestamp = now.parse().unwrap();
        let ends = Probe::ends(&known, OktaTime::written(now));
        let told = ends
            .into_iter()
            .map(|end| (end.what, end.name, end.severity));
        told.collect::<Vec<_>>()
    };
    let told = |severity| vec![("signing key", "default".to_owned(), severity)];
    assert_eq!(ends("2025-06-01T00:00:00Z"), told(None));
    assert_eq!(ends("2025-06-10T00:00:00Z"), told(Some(Severity::Info)));
    assert_eq!(ends("2025-06-12T00:00:00Z"), []);
}
