//! Events as no schema has them, though Okta or something between was seen to send most of them.

use jiff::Timestamp;
use serde_json::json;

use super::event::{LogEvent, ToldBy, new_uuid};

/// More than any decoder should keep of one event.
const HUGE: usize = 2 * 1024 * 1024;

/// Odd events by what is odd about them, each a failed sign-in with a uuid of its own as far as it
/// has one. They are JSON, all of them.
pub fn odd_log_events(at: Timestamp) -> Vec<(&'static str, String)> {
    let event = LogEvent::failed_sign_in("INVALID_CREDENTIALS");
    let right = |event: &LogEvent| {
        let text = event.shape(ToldBy::Log).text(&new_uuid(at), at);
        String::from_utf8_lossy(&text).into_owned()
    };
    let plain = || right(&event);
    let outcome = r#""outcome":{"reason":"INVALID_CREDENTIALS","result":"FAILURE"}"#;
    let with_outcome = |other: &str| plain().replace(outcome, other);
    let principal = json!({ "id": "00u1", "type": "User", "alternateId": { "deep": [1, null] } });
    vec![
        ("null outcome", with_outcome(r#""outcome":null"#)),
        (
            "unknown result",
            with_outcome(r#""outcome":{"reason":null,"result":"PERHAPS"}"#),
        ),
        (
            "null in place of objects",
            plain()
                .replace(
                    r#""debugContext":{"debugData":{"#,
                    r#""debugContext":null,"was":{"x":{"#,
                )
                .replace(r#""client":{"#, r#""client":null,"clientWas":{"#),
        ),
        (
            "an object in debugData",
            right(&event.clone().debug("originalPrincipal", principal)),
        ),
        (
            "unknown severity",
            right(&event.clone().severity("CATASTROPHIC")),
        ),
        (
            "missing fields",
            format!(
                r#"{{"uuid":"{}","eventType":"user.session.start"}}"#,
                new_uuid(at)
            ),
        ),
        (
            "no uuid",
            format!(r#"{{"published":"{at:.3}","eventType":"user.session.start"}}"#),
        ),
        ("no event", "{}".to_owned()),
        (
            "a doubled key",
            plain().replacen(
                '{',
                r#"{"severity":"DEBUG","eventType":"user.account.lock","#,
                1,
            ),
        ),
        (
            "numbers for strings",
            plain()
                .replace(r#""version":"0""#, r#""version":0"#)
                .replace(
                    r#""displayMessage":"user session start""#,
                    r#""displayMessage":7"#,
                ),
        ),
        (
            "a string for a number",
            plain().replace(r#""authenticationStep":0"#, r#""authenticationStep":"0""#),
        ),
        (
            "2 MB of debugData",
            right(&event.clone().debug("behaviors", "x".repeat(HUGE))),
        ),
    ]
}
