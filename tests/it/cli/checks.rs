//! What is told before anything runs: of flags, files and variables, and the plan.

use tokio::process::Command;

use super::{File, org};
use crate::support::{API_TOKEN, Program, acme};

#[tokio::test]
async fn the_configuration_is_checked_without_being_run() {
    let okta = org().await;
    let good = File::of(&acme(&okta, "{ discovery: {} }"));
    let (status, said) = Program::exporter(&[&good.flag(), "--config.check"], &[])
        .end()
        .await;
    assert!(status.success());
    let said = said.join("\n");
    assert!(
        said.contains("the configuration is good: 1 orgs with 1 probes"),
        "{said}"
    );
    assert!(
        said.contains("c.yaml:6:31: orgs.acme.credentials.monitor.api_token: a secret is"),
        "{said}"
    );
    assert!(!said.contains(API_TOKEN));
    assert_eq!(okta.controls().request_count(), 0);

    let bad = File::of(
        "orgs: { acme: { uri: 'https://acme.okta.com', probes: { discovery: { interval: soon } } } }",
    );
    let (status, said) = Program::exporter(&[&bad.flag(), "--config.check"], &[])
        .end()
        .await;
    assert_eq!(status.code(), Some(1));
    let said = said.join("\n");
    for part in [
        "orgs.acme.uri: ",
        "did you mean `url`?",
        "interval: `soon` is not",
    ] {
        assert!(said.contains(part), "{said}");
    }
}

/// As after `2>&1 | head`, once that has seen enough.
#[tokio::test]
async fn where_nobody_reads_what_is_said_nothing_breaks() {
    let okta = org().await;
    let good = File::of(&acme(&okta, "{ discovery: {} }"));
    let bad = File::of("orgs: {}");
    for (file, code) in [(&good, 0), (&bad, 1)] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let status = Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
            .args([&file.flag(), "--config.check"])
            .stderr(writer)
            .status()
            .await;
        assert_eq!(status.unwrap().code(), Some(code));
    }
}

#[tokio::test]
async fn flags_that_cannot_be_served_by_are_told_by_the_check_too() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    for (flag, value, told) in [
        (
            "--web.telemetry-path",
            "/:x",
            "no part that begins with `:`",
        ),
        ("--web.telemetry-path", "/metrics?x=1", "without `?`"),
        ("--web.telemetry-path", "/metrics ", "blanks"),
        ("--web.telemetry-path", "/a/../metrics", "`..`"),
        ("--web.telemetry-path", "/{a}{b}", "letters, digits"),
        ("--web.telemetry-path", "", "must begin with `/`"),
        ("--web.listen-address", "localhost", "write it as `:6582`"),
        ("--web.listen-address", "", "write it as `:6582`"),
    ] {
        let (file, flag) = (file.flag(), format!("{flag}={value}"));
        for check in [&["--config.check"][..], &[]] {
            let flags = [&[file.as_str(), &flag], check].concat();
            let (status, said) = Program::exporter(&flags, &[]).end().await;
            assert_eq!(status.code(), Some(1), "{flag}");
            let said = said.join("\n");
            assert!(said.contains(told), "{flag}: {said}");
        }
    }
    assert_eq!(okta.controls().request_count(), 0);
}

#[tokio::test]
async fn a_variable_that_is_set_to_nothing_is_refused_by_its_name() {
    let domain = ("OKTA_DOMAIN", "acme.okta.com");
    let refused: [&[(&str, &str)]; 7] = [
        &[domain, ("OKTA_TOKEN", "")],
        &[domain, ("ACCESS_TOKEN", " ")],
        &[domain, ("CLIENT_SECRET", "\n"), ("CLIENT_ID", "0oa1")],
        &[
            ("OKTA_CLIENT_ORGURL", "https://acme.okta.com"),
            ("OKTA_CLIENT_TOKEN", ""),
        ],
        &[
            ("OKTA_ORG_NAME", "acme"),
            ("OKTA_BASE_URL", "okta.com"),
            ("OKTA_API_TOKEN", ""),
        ],
        // It would have named the org.
        &[
            ("OKTA_CLIENT_ORGURL", "https://acme.okta.com"),
            ("OKTA_DOMAIN", ""),
        ],
        &[
            domain,
            (
                "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__MONITOR__API_TOKEN",
                "",
            ),
        ],
    ];
    for variables in refused {
        let (status, said) = Program::exporter(&["--config.check"], variables)
            .end()
            .await;
        let said = said.join("\n");
        assert_eq!(status.code(), Some(1), "{variables:?}: {said}");
        let (name, _) = variables
            .iter()
            .find(|(_, value)| value.trim().is_empty())
            .unwrap();
        assert!(
            said.contains(name) && said.contains("empty: fill it in"),
            "{said}"
        );
    }
    // What is not read by the way in force is left alone.
    let variables = [domain, ("OKTA_API_TOKEN", ""), ("OKTA_CLIENT_ORGURL", "")];
    let (status, said) = Program::exporter(&["--config.check"], &variables)
        .end()
        .await;
    assert!(status.success(), "{said:?}");
}

#[tokio::test]
async fn an_address_in_use_is_told_with_the_flag_that_names_another() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("--web.listen-address={}", taken.local_addr().unwrap());
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let (status, said) = Program::exporter(&[&file.flag(), &address], &[])
        .end()
        .await;
    assert_eq!(status.code(), Some(1));
    let said = said.join("\n");
    assert!(said.contains("cannot listen on 127.0.0.1:"), "{said}");
    assert!(said.contains("is another exporter running?"), "{said}");
    assert_eq!(
        okta.controls().request_count(),
        0,
        "nothing is asked before"
    );
}

#[tokio::test]
async fn an_address_that_is_none_is_told_with_the_way_to_write_one() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    for address in ["somewhere", "127.0.0.1:99999"] {
        let flag = format!("--web.listen-address={address}");
        let (status, said) = Program::exporter(&[&file.flag(), &flag], &[]).end().await;
        assert_eq!(status.code(), Some(1));
        let said = said.join("\n");
        assert!(said.contains("write it as `:6582`"), "{said}");
        assert!(!said.contains("another exporter"), "{said}");
    }
}

#[tokio::test]
async fn the_plan_is_told_for_people_and_for_programs_and_no_secret_need_be_there() {
    let file = File::of(
        "orgs: { acme: { url: 'https://acme.okta.com', credentials: { monitor: { api_token_file: /nowhere/token } } } }",
    );
    let plan = |more: &[&str]| {
        let mut program = std::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
        let ended = program.arg("plan").arg(file.flag()).args(more).output();
        let ended = ended.unwrap();
        assert!(ended.status.success(), "{ended:?}");
        String::from_utf8(ended.stdout).unwrap()
    };
    let text = plan(&[]);
    let squeezed: Vec<String> = text
        .lines()
        .map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "))
        .collect();
    for line in [
        "discovery – 60 not limited – –",
        "endpoint/users monitor 60 /api/v1/users okta.users.read Read-Only Administrator",
        "system_log monitor 30 /api/v1/logs okta.logs.read Report Administrator",
        "monitor 90 /api/v1/logs",
        "monitor (an API token) needs in all",
        "status_page/okta 30",
    ] {
        assert!(squeezed.iter().any(|told| told == line), "{line}\n{text}");
    }
    let json: serde_json::Value = serde_json::from_str(&plan(&["--json"])).unwrap();
    let needs = &json["orgs"][0]["credentials"][0];
    assert_eq!(needs["credential"], "monitor");
    let scopes = needs["scopes"].as_array().unwrap();
    assert!(scopes.contains(&"okta.logs.read".into()), "{json}");
    let requests = json["orgs"][0]["requests"].as_array().unwrap();
    let users = requests.iter().find(|one| one["probe"] == "endpoint/users");
    assert_eq!(users.unwrap()["path"], "/api/v1/users?limit=1", "{json}");
}
