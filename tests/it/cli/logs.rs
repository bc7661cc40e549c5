//! What of a failure is logged, how often, and that no secret is.

use okta_exporter::sim::Fault;

use super::{ANY_PORT, File, org, served};
use crate::support::{API_TOKEN, Program, acme, endpoint};

#[tokio::test]
async fn what_is_fatal_is_logged_in_the_form_that_is_asked_for() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("--web.listen-address={}", taken.local_addr().unwrap());
    let okta = org().await;
    let good = File::of(&acme(&okta, "{ discovery: {} }")).flag_kept();
    let bad =
        File::of("orgs: { acme: { uri: 'https://acme.okta.com' }, b: { url: 5 } }").flag_kept();
    let nowhere = "--config.file=/nowhere/c.yaml";
    for (flags, told) in [
        ([good.1.as_str(), &address], "cannot listen on"),
        ([&good.1, "--web.telemetry-path=/:x"], "must begin with `/`"),
        ([&bad.1, ANY_PORT], "orgs.b.url: "),
        ([nowhere, ANY_PORT], "cannot be read"),
    ] {
        let json = [&flags[..], &["--log.format=json"]].concat();
        let (status, said) = Program::exporter(&json, &[]).end().await;
        assert_eq!(status.code(), Some(1));
        let lines: Vec<serde_json::Value> = said
            .iter()
            .map(|line| serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}")))
            .collect();
        let found = lines
            .iter()
            .find(|line| line["level"] == "error" && line["msg"].as_str().unwrap().contains(told));
        assert!(found.is_some(), "{told}: {said:?}");
        let (_, said) = Program::exporter(&flags, &[]).end().await;
        assert!(!said.is_empty());
        for line in said {
            assert!(
                line.starts_with("ts=") && line.contains(" level="),
                "{line}"
            );
        }
    }
}

#[tokio::test]
async fn a_failure_is_logged_with_all_that_support_asks_for() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let file = File::of(&acme(
        &okta,
        &format!("{{ endpoint: {{ {} }} }}", endpoint("users")),
    ));
    for format in ["json", "logfmt"] {
        let flag = format!("--log.format={format}");
        let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT, &flag], &[]);
        exporter.until("E0000006").await;
        let line = exporter.said.last().unwrap().clone();
        let fields = [
            "org",
            "probe",
            "reason",
            "status",
            "endpoint",
            "error_code",
            "error_id",
            "request_id",
            "at_utc",
            "cause",
            "next",
        ];
        if format == "json" {
            let event: serde_json::Value = serde_json::from_str(&line).unwrap();
            for field in fields {
                assert!(!event[field].is_null(), "no {field} in {line}");
            }
            assert_eq!(event["org"], "acme");
            assert_eq!(event["reason"], "forbidden");
            assert_eq!(event["endpoint"], "/api/v1/users");
            assert_eq!(event["status"], 403);
            let at: jiff::Timestamp = event["at_utc"].as_str().unwrap().parse().unwrap();
            assert!(at.duration_until(jiff::Timestamp::now()).as_secs() < 60);
        } else {
            for field in fields {
                assert!(line.contains(&format!(" {field}=")), "no {field} in {line}");
            }
        }
        let (status, said) = exporter.terminate().await;
        assert!(status.success());
        assert!(!said.concat().contains(API_TOKEN), "the token is shown");
    }
}

#[tokio::test]
async fn no_secret_is_shown_whatever_fails() {
    let faults: [fn() -> Fault; 4] = [
        || Fault::error(401, "E0000011"),
        Fault::not_json,
        || Fault::body("application/json", format!("\"{API_TOKEN}\"")),
        Fault::truncated,
    ];
    for fault in faults {
        let okta = org().await;
        okta.controls().fault("/", fault());
        let probes = format!(
            "{{ discovery: {{}}, endpoint: {{ {} }}, token: {{ ci: {{ access_token: {API_TOKEN}.opaque }} }} }}",
            endpoint("users")
        );
        let file = File::of(&acme(&okta, &probes));
        let flags = [&file.flag(), ANY_PORT, "--log.level=trace"];
        let mut exporter = Program::exporter(&flags, &[]);
        let url = served(&mut exporter).await;
        exporter.until("probe=endpoint/users").await;
        exporter.until("probe=token/ci").await;
        for path in ["/metrics", "/", "/api/v1/status"] {
            let page = crate::support::get(&format!("{url}{path}"))
                .await
                .text()
                .await
                .unwrap();
            assert!(!page.contains(API_TOKEN), "{path}");
        }
        let (_, said) = exporter.terminate().await;
        let line = said.iter().find(|line| line.contains(API_TOKEN));
        assert_eq!(line, None);
    }
}

/// An answer that is no JSON, and one that never comes: neither is a refusal of Okta's, and both
/// must be found again.
#[tokio::test]
async fn a_failure_without_a_refusal_names_what_was_asked_and_by_which_id_okta_knows_it() {
    let okta = org().await;
    okta.controls().fault("/api/v1/users", Fault::not_json());
    okta.controls()
        .fault("/api/v1/groups", Fault::stall_forever());
    let probes = format!(
        "{{ endpoint: {{ {}, {} }} }}",
        endpoint("users"),
        endpoint("groups")
    );
    let file = File::of(&acme(&okta, &probes));
    let flags = [&file.flag(), ANY_PORT, "--log.format=json"];
    let mut exporter = Program::exporter(&flags, &[]);
    for (reason, path, status, message) in [
        ("invalid_body", "/api/v1/users", Some(200), "it is not JSON"),
        (
            "timeout",
            "/api/v1/groups",
            None,
            "waiting for the first byte",
        ),
    ] {
        // Either may come first, and only its first line says what to do.
        let part = format!(r#""reason":"{reason}""#);
        let is_it = |line: &&String| line.contains(&part);
        if !exporter.said.iter().any(|line| is_it(&line)) {
            exporter.until(&part).await;
        }
        let line = exporter.said.iter().find(is_it).unwrap();
        let event: serde_json::Value = serde_json::from_str(line).unwrap();
        assert_eq!(event["endpoint"], path, "{event}");
        assert_eq!(event["status"].as_u64(), status, "{event}");
        assert_eq!(event["request_id"].is_string(), status.is_some(), "{event}");
        assert!(event["next"].is_string(), "{event}");
        let told = event["msg"].as_str().unwrap();
        assert!(told.contains(message), "{event}");
    }
}

#[tokio::test]
async fn what_nobody_can_mend_at_once_is_said_aloud_once() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let probes = format!("{{ endpoint: {{ {} }} }}", endpoint("users"));
    let file = File::of(&acme(&okta, &probes));
    let flags = [&file.flag(), ANY_PORT, "--log.level=debug"];
    let mut exporter = Program::exporter(&flags, &[]);
    for level in ["level=warn", "level=debug"] {
        exporter.until("reason=forbidden").await;
        let line = exporter.said.last().unwrap();
        assert!(line.contains(level), "{line}");
    }
}

/// Without a `discovery` probe the most frequent one speaks for the org, and no other.
#[tokio::test]
async fn what_is_found_of_a_whole_org_is_logged_once_however_many_probes_it_has() {
    let okta = org().await;
    let ten_minutes = jiff::SignedDuration::from_mins(10);
    okta.controls().set_clock_offset(ten_minutes);
    let endpoints = ["users", "groups", "apps"].map(endpoint).join(", ");
    let probes = format!(
        "{{ endpoint: {{ {endpoints} }}, jwks: {{ org: {{ interval: 1s, timeout: 1s }} }} }}"
    );
    let file = File::of(&acme(&okta, &probes));
    let flags = [&file.flag(), ANY_PORT, "--log.level=debug"];
    let mut exporter = Program::exporter(&flags, &[]);
    // Rounds of four probes each, whoever is first.
    for _ in 0..20 {
        exporter.until("the probe ran").await;
    }
    let (_, said) = exporter.terminate().await;
    let found: Vec<_> = said
        .iter()
        .filter(|line| line.contains("case=clock-skew"))
        .collect();
    assert_eq!(found.len(), 1, "{}", said.join("\n"));
    for probe in ["users", "groups", "apps", "jwks/org"] {
        let ran = |line: &&String| line.contains("the probe ran") && line.contains(probe);
        assert!(
            said.iter().filter(ran).count() > 1,
            "{probe}: {}",
            said.join("\n")
        );
    }
}
