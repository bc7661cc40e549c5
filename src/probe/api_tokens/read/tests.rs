use serde_json::{Value, json};

use super::*;

fn read(entry: Value) -> Option<(String, Token)> {
    let entry: Entry = serde_json::from_value(entry).unwrap();
    entry.token(&mut Unfamiliar::default())
}

fn at(text: &str) -> Option<OktaTime> {
    moment(Some(text))
}

#[test]
fn the_recorded_entry_is_read() {
    let recorded = json!({
        "id": "00T1", "name": "monitor", "userId": "00u1", "clientName": "Okta API",
        "tokenWindow": "P30D", "network": {"connection": "ANYWHERE"},
        "expiresAt": "2026-01-30T08:00:10.000Z", "created": "2025-12-01T00:00:00.000Z",
        "lastUpdated": "2025-12-31T08:00:10.000Z", "_links": {"self": {"href": "x"}},
    });
    let token = Token {
        name: "monitor".to_owned(),
        expires_at: at("2026-01-30T08:00:10Z"),
        last_used: at("2025-12-31T08:00:10Z"),
        unrestricted: Some(true),
    };
    assert_eq!(read(recorded), Some(("00T1".to_owned(), token)));
}

#[test]
fn the_last_use_is_told_by_the_end_else_by_the_last_change_and_a_creation_is_none() {
    let used = |window: Value, created: &str| {
        let entry = json!({
            "id": "00T1", "tokenWindow": window, "created": created,
            "expiresAt": "2026-01-31T00:00:00.000Z", "lastUpdated": "2026-01-05T00:00:00.000Z",
        });
        read(entry).unwrap().1.last_used
    };
    let long_ago = "2024-01-01T00:00:00.000Z";
    assert_eq!(
        used(json!("P30D"), long_ago),
        at("2026-01-01T00:00:00Z"),
        "renamed since"
    );
    for unknown in [json!(null), json!("P1M"), json!(30), json!("-P30D")] {
        assert_eq!(used(unknown, long_ago), at("2026-01-05T00:00:00Z"));
    }
    assert_eq!(used(json!("P30D"), "2026-01-01T00:00:00.000Z"), None);
}

#[test]
fn what_is_missing_null_or_strange_is_unknown_and_hides_nothing_else() {
    for strange in [
        json!({"id": "00T1"}),
        json!({"id": "00T1", "name": null, "network": null, "expiresAt": null}),
        json!({"id": "00T1", "name": 5, "network": ["ANYWHERE"], "expiresAt": "soon"}),
        json!({"id": "00T1", "network": {"connection": "TUNNEL"}, "lastUpdated": {}}),
    ] {
        let known = Some(("00T1".to_owned(), Token::default()));
        assert_eq!(read(strange.clone()), known, "{strange}");
    }
    for nobody in [json!({}), json!({"id": null}), json!({"id": "two\nlines"})] {
        assert_eq!(read(nobody.clone()), None, "{nobody}");
    }
    let zone = json!({"id": "00T1", "network": {"connection": "ZONE", "include": ["nzo1"]}});
    assert_eq!(read(zone).unwrap().1.unrestricted, Some(false));
}
