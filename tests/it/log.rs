use std::fs;

use okta_exporter::sim::{ApiToken, Fault, ORG, Org, Running};
use serde_json::{Map, Value};

use crate::support::{API_TOKEN, Program, acme, endpoint};

const ANY_PORT: &str = "--web.listen-address=127.0.0.1:0";

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

/// The exporter that watches these probes, with these flags.
fn watching(okta: &Running, probes: &str, flags: &[&str]) -> (Program, tempfile::TempDir) {
    let files = tempfile::tempdir().unwrap();
    let path = files.path().join("c.yaml");
    fs::write(&path, acme(okta, probes)).unwrap();
    let file = format!("--config.file={}", path.display());
    let flags = [&[file.as_str(), ANY_PORT], flags].concat();
    (Program::exporter(&flags, &[]), files)
}

/// The next line that has this part, as an object.
async fn event(program: &mut Program, part: &str) -> Map<String, Value> {
    program.until(part).await;
    let line = program.said.last().unwrap();
    serde_json::from_str(line).unwrap_or_else(|e| panic!("{e}: {line}"))
}

/// The keys of a line, in the order in which they stand.
fn keys(line: &str) -> Vec<String> {
    if line.starts_with('{') {
        // Between quotes, at the first level, before a colon: no value of these lines has that.
        let keys = line
            .split("\":")
            .map(|part| part.rsplit('"').next().unwrap());
        let mut keys: Vec<String> = keys.map(str::to_owned).collect();
        keys.pop();
        return keys;
    }
    let (mut keys, mut key, mut is_quoted, mut is_escaped) =
        (Vec::new(), String::new(), false, false);
    for c in line.chars() {
        match c {
            _ if is_escaped => is_escaped = false,
            '\\' if is_quoted => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            _ if is_quoted => {}
            ' ' => key.clear(),
            '=' => keys.push(std::mem::take(&mut key)),
            c => key.push(c),
        }
    }
    keys
}

#[tokio::test]
async fn both_forms_have_the_same_keys_and_begin_with_when_how_bad_and_what() {
    let okta = org().await;
    okta.controls()
        .fault("/api/v1/users", Fault::error(403, "E0000006"));
    let probes = format!("{{ endpoint: {{ {} }} }}", endpoint("users"));
    let mut told = Vec::new();
    for format in ["--log.format=logfmt", "--log.format=json"] {
        let (mut program, _files) = watching(&okta, &probes, &[format]);
        program.until("E0000006").await;
        let (_, said) = program.terminate().await;
        let line = |part: &str| {
            said.iter()
                .find(|line| line.contains(part))
                .unwrap()
                .clone()
        };
        let lines = [line("serving"), line("E0000006"), line("stopped")];
        for line in &lines {
            assert_eq!(keys(line)[..3], ["ts", "level", "msg"], "{line}");
            assert!(!line.contains("\\'"), "{line}");
            let ts = line.split("ts").nth(1).unwrap();
            let ts = ts.trim_start_matches(['"', ':', '=']);
            let ts = ts.split(['"', ' ']).next().unwrap();
            assert_eq!(ts.len(), "2026-11-27T17:30:14.123Z".len(), "{ts}");
            let at: jiff::Timestamp = ts.parse().unwrap();
            assert!(
                at.duration_until(jiff::Timestamp::now()).as_secs() < 600,
                "{ts}"
            );
        }
        let level = if format.ends_with("json") {
            "\"level\":\"warn\""
        } else {
            " level=warn "
        };
        assert!(lines[1].contains(level), "{}", lines[1]);
        told.push(lines.map(|line| keys(&line)));
    }
    assert_eq!(told[0], told[1]);
    for key in ["version", "address", "settings", "orgs", "probes"] {
        assert!(
            told[0][0].iter().any(|known| known == key),
            "no {key}: {told:?}"
        );
    }
}

#[tokio::test]
async fn what_a_case_means_is_told_once_and_again_after_all_was_well() {
    let okta = org().await;
    let refuse = || {
        okta.controls()
            .fault("/api/v1/users", Fault::error(401, "E0000011"));
    };
    refuse();
    let probes = format!("{{ endpoint: {{ {} }} }}", endpoint("users"));
    let flags = [
        "--log.format=json",
        "--web.external-url=https://mon.example/okta",
    ];
    let (mut program, _files) = watching(&okta, &probes, &flags);
    for _ in 0..2 {
        let first = event(&mut program, "dead-api-token").await;
        for key in ["cause", "next", "takes", "risk", "runbook"] {
            assert!(first[key].is_string(), "no {key}: {first:?}");
        }
        let help = "https://mon.example/okta/guide/dead-api-token";
        assert_eq!(first["help"], help);
        let second = event(&mut program, "dead-api-token").await;
        assert_eq!(second["case"], "dead-api-token");
        for key in ["cause", "next", "takes", "risk", "runbook", "help"] {
            assert!(!second.contains_key(key), "{key}: {second:?}");
        }
        for key in ["org", "probe", "reason", "status", "request_id", "at_utc"] {
            assert!(second.contains_key(key), "no {key}: {second:?}");
        }
        okta.controls().clear_faults();
        let well = event(&mut program, "the probe works again").await;
        assert!(well["lasted_seconds"].as_u64() >= Some(1), "{well:?}");
        refuse();
    }
}

#[tokio::test]
async fn what_is_found_no_longer_is_told_with_what_it_was_and_how_long_it_lasted() {
    let okta = org().await;
    let empty = || Fault::body("application/json", r#"{"keys":[]}"#);
    okta.controls().fault("/oauth2/v1/keys", empty());
    let probes = "{ jwks: { org: { interval: 1s, timeout: 1s } } }";
    let (mut program, _files) = watching(&okta, probes, &["--log.format=json"]);
    let found = event(&mut program, "no-keys").await;
    assert_eq!(found["help"], "guide/no-keys");
    okta.controls().clear_faults();
    let gone = event(&mut program, "no longer found").await;
    let (was, told) = (
        found["msg"].as_str().unwrap(),
        gone["msg"].as_str().unwrap(),
    );
    assert_eq!(told, format!("no longer found: {was}"));
    assert_eq!(gone["case"], "no-keys");
    assert!(gone["lasted_seconds"].is_u64(), "{gone:?}");
    assert!(!gone.contains_key("cause"), "{gone:?}");
}

#[tokio::test]
async fn keys_that_come_and_go_are_told_by_their_ids() {
    let clock = okta_exporter::sim::Clock::fast(60);
    let okta = Org::new("acme").clock(&clock).start().await.unwrap();
    let probes = "{ jwks: { org: { interval: 1s, timeout: 1s } } }";
    let (mut program, _files) =
        watching(&okta, probes, &["--log.format=json", "--log.level=debug"]);
    program.until("the probe ran").await;
    okta.controls().rotate_keys(ORG).unwrap();
    let came = event(&mut program, "signing keys changed").await;
    assert_eq!(
        (&came["org"], &came["authorization_server"]),
        (&"acme".into(), &"org".into())
    );
    let kid = came["added_kids"].as_str().unwrap();
    assert!(
        !kid.is_empty() && !came.contains_key("removed_kids"),
        "{came:?}"
    );
    let removed = okta.controls().remove_key_early(ORG).unwrap();
    program
        .until(&format!("\"removed_kids\":\"{removed}\""))
        .await;
    let early = event(&mut program, "key-withdrawn-early").await;
    assert_eq!(early["subject"], removed.as_str());
    assert!(
        early["msg"].as_str().unwrap().contains(&removed),
        "{early:?}"
    );
}
