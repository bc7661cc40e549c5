use std::fs;

use okta_exporter::sim::{ApiToken, Fault, Org, Running, Tls};

use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
};

use crate::support::{API_TOKEN, PATIENCE, Program, Scrape, acme, endpoint};

const ANY_PORT: &str = "--web.listen-address=127.0.0.1:0";

async fn org() -> Running {
    let token = ApiToken::new("monitor", API_TOKEN);
    Org::new("acme").api_token(token).start().await.unwrap()
}

/// Where it serves, as it says.
async fn served(exporter: &mut Program) -> String {
    let address = exporter.until("address=").await;
    format!("http://{}", address.split(' ').next().unwrap())
}

struct File(tempfile::TempDir);

impl File {
    fn of(yaml: &str) -> Self {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("c.yaml"), yaml).unwrap();
        Self(directory)
    }

    /// The flag, and what keeps the file.
    fn flag_kept(self) -> (Self, String) {
        let flag = self.flag();
        (self, flag)
    }

    fn flag(&self) -> String {
        format!("--config.file={}", self.0.path().join("c.yaml").display())
    }
}

#[tokio::test]
async fn a_signal_lets_it_drain_and_end_well() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    for signal in ["TERM", "INT"] {
        let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &[]);
        Scrape::of(&served(&mut exporter).await).await;
        let (status, said) = exporter.signal(signal).await;
        assert!(status.success(), "{status}");
        let said = said.join("\n");
        assert!(said.contains(&format!("signal=SIG{signal}")), "{said}");
        assert!(said.contains("stopped"), "{said}");
    }
}

#[tokio::test]
async fn a_signal_that_asks_for_something_else_is_answered_in_the_log_and_ends_nothing() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT, "--log.level=debug"], &[]);
    let url = served(&mut exporter).await;
    for (signal, told) in [
        ("HUP", "settings read again"),
        ("USR1", "SIGTERM does"),
        ("USR2", "SIGTERM does"),
        ("PIPE", "nobody reads on"),
    ] {
        exporter.tell(signal).await;
        exporter.until(told).await;
        let line = exporter.said.last().unwrap();
        let names_it = line.contains(&format!("signal=SIG{signal}"));
        assert!(names_it || signal == "HUP", "{line}");
    }
    Scrape::of(&url).await;
    let (status, _) = exporter.terminate().await;
    assert!(status.success());
}

#[tokio::test]
async fn its_first_and_last_lines_say_what_runs_and_why_it_ended() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {}, organization: {} }"));
    let flags = [&file.flag(), ANY_PORT, "--log.format=json"];
    let mut exporter = Program::exporter(&flags, &[]);
    exporter.until("serving").await;
    let event: serde_json::Value = serde_json::from_str(exporter.said.last().unwrap()).unwrap();
    assert_eq!(event["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(
        (&event["orgs"], &event["probes"], &event["status_pages"]),
        (&1.into(), &2.into(), &0.into())
    );
    let address = event["address"].as_str().unwrap();
    Scrape::of(&format!("http://{address}")).await;
    let (_, said) = exporter.terminate().await;
    let event: serde_json::Value = serde_json::from_str(said.last().unwrap()).unwrap();
    assert_eq!(
        (&event["msg"], &event["signal"]),
        (&"stopped".into(), &"SIGTERM".into())
    );
    assert!(event["ran_seconds"].as_f64().unwrap() > 0.0, "{event}");
}

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
async fn a_proxy_whose_name_does_not_resolve_is_not_taken_for_the_org() {
    let yaml = "status_pages: {}\norgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: {} } } }";
    let file = File::of(yaml);
    let proxy = [("HTTPS_PROXY", "http://proxy.invalid:3128")];
    let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &proxy);
    exporter
        .until("the name proxy.invalid does not resolve")
        .await;
}

#[tokio::test]
async fn a_proxy_that_cannot_be_reached_or_refuses_or_hangs_is_named_and_its_password_is_not() {
    let yaml = "status_pages: {}\norgs: { acme: { url: 'https://acme.okta.com', probes: { discovery: { timeout: 1s } } } }";
    let file = File::of(yaml);
    let refusing = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = |listener: &TcpListener| listener.local_addr().unwrap().port();
    let (refuses, hangs) = (port(&refusing), port(&silent));
    tokio::spawn(async move {
        while let Ok((mut client, _)) = refusing.accept().await {
            // Whoever asks may be gone.
            drop(client.write_all(b"HTTP/1.1 403 No\r\n\r\n").await);
        }
    });
    let through = "no connection to acme.okta.com through the proxy 127.0.0.1";
    for (port, told) in [
        (1, format!("{through}:1: ")),
        (refuses, format!("{through}:{refuses}: ")),
        (hangs, format!(", by the proxy 127.0.0.1:{hangs}")),
    ] {
        let proxy = format!("http://me:s3cr3t@127.0.0.1:{port}");
        let proxy = [("HTTPS_PROXY", proxy.as_str())];
        let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &proxy);
        exporter.until(&told).await;
        let (_, said) = exporter.terminate().await;
        assert!(!said.join("\n").contains("s3cr3t"), "{said:?}");
    }
}

#[tokio::test]
async fn a_proxy_that_cannot_be_read_is_told_at_the_check_and_the_start_once() {
    let org = |name| format!("{name}: {{ url: 'https://{name}.okta.com' }}");
    let file = File::of(&format!("orgs: {{ {}, {} }}", org("acme"), org("other")));
    let proxy = [("HTTPS_PROXY", "::::s3cr3t")];
    for flags in [
        &[&file.flag(), ANY_PORT][..],
        &[&file.flag(), "--config.check"],
    ] {
        let (status, said) = Program::exporter(flags, &proxy).end().await;
        let said = said.join("\n");
        assert!(!status.success(), "{said}");
        let told = "the variable HTTPS_PROXY cannot be used as a proxy: write it like";
        assert_eq!(said.matches(told).count(), 1, "{said}");
        assert!(said.contains("1 problem"), "{said}");
        assert!(!said.contains("s3cr3t"), "{said}");
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

/// The org's name resolves nowhere: whoever reaches it went through the proxy.
#[tokio::test]
async fn an_org_is_watched_through_the_proxy_that_the_usual_variable_names() {
    const HOST: &str = "elsewhere.example";
    let org = Org::new("acme").issuer(&format!("https://{HOST}"));
    let okta = org.tls(Tls::new().wrong_host()).start().await.unwrap();
    let target = okta.url().strip_prefix("https://").unwrap().to_owned();
    let proxy = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", proxy.local_addr().unwrap());
    let asked = tokio::spawn(tunnel(proxy, target));

    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    let file = File::of(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: 'https://{HOST}', ca_file: '{}', probes: {{ discovery: {{}} }} }} }}",
        ca.display()
    ));
    let flags = [&file.flag(), ANY_PORT, "--log.level=debug"];
    let mut exporter = Program::exporter(&flags, &[("HTTPS_PROXY", &url)]);
    let served = served(&mut exporter).await;
    exporter.until("the probe ran").await;
    let page = Scrape::of(&served).await;
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    assert_eq!(
        asked.await.unwrap(),
        format!("CONNECT {HOST}:443 HTTP/1.1\r\n")
    );

    // What is named in NO_PROXY is asked for directly, and so is not found.
    for named in [HOST, "*.example"] {
        let direct = [("HTTPS_PROXY", url.as_str()), ("NO_PROXY", named)];
        let mut exporter = Program::exporter(&flags, &direct);
        exporter
            .until(&format!("the name {HOST} does not resolve"))
            .await;
    }
}

/// A proxy for one connection: whatever it is asked to connect to, it leads to `target`. Tells what
/// it was asked.
async fn tunnel(proxy: TcpListener, target: String) -> String {
    let (client, _) = proxy.accept().await.unwrap();
    let mut client = BufReader::new(client);
    let mut asked = String::new();
    client.read_line(&mut asked).await.unwrap();
    let mut line = String::new();
    while line != "\r\n" {
        line.clear();
        client.read_line(&mut line).await.unwrap();
    }
    client
        .write_all(b"HTTP/1.1 200 Connected\r\n\r\n")
        .await
        .unwrap();
    let mut server = TcpStream::connect(target).await.unwrap();
    // How the two part is theirs.
    drop(copy_bidirectional(&mut client, &mut server).await);
    asked
}

#[tokio::test]
async fn the_simulated_okta_runs_alone() {
    let mut okta = Program::exporter(&["simulate"], &[]);
    let url = okta.until("A simulated Okta org:").await.trim().to_owned();
    let answer = crate::support::http()
        .get(format!("{url}/api/v1/users?limit=1"))
        .header("authorization", "SSWS 00simulated-token")
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("x-rate-limit-remaining"));
    let (status, _) = okta.terminate().await;
    assert!(status.success());
}

#[tokio::test]
async fn health_is_asked_of_a_running_exporter_and_the_exit_status_tells() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let mut exporter = Program::exporter(&[&file.flag(), ANY_PORT], &[]);
    let address = exporter.until("address=").await;
    let url = format!("--url=http://{}/", address.split(' ').next().unwrap());
    // The check is about this machine, whatever proxy the environment names.
    let proxy = [("HTTP_PROXY", "http://127.0.0.1:1")];
    let (status, said) = Program::exporter(&["health", &url], &proxy).end().await;
    assert!(status.success(), "{said:?}");
    assert_eq!(said, Vec::<String>::new());

    // What answers there is no exporter.
    let other = format!("--url={}", okta.url());
    let (status, said) = Program::exporter(&["health", &other], &[]).end().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        said.concat().contains("/-/healthy: answered 404"),
        "{said:?}"
    );

    exporter.terminate().await;
    let (status, said) = Program::exporter(&["health", &url], &[]).end().await;
    assert_eq!(status.code(), Some(1));
    assert!(said.concat().contains("refused"), "{said:?}");
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

#[tokio::test]
async fn the_service_manager_is_told_when_it_serves_and_when_it_ends() {
    let okta = org().await;
    let file = File::of(&acme(&okta, "{ discovery: {} }"));
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("notify");
    let manager = tokio::net::UnixDatagram::bind(&path).unwrap();
    let socket = [("NOTIFY_SOCKET", path.to_str().unwrap())];
    let exporter = Program::exporter(&[&file.flag(), ANY_PORT], &socket);
    let told = async || {
        let mut text = [0; 256];
        let length = tokio::time::timeout(PATIENCE, manager.recv(&mut text)).await;
        let length = length.expect("nothing was told").unwrap();
        String::from_utf8(text[..length].to_vec()).unwrap()
    };
    let ready = told().await;
    assert!(
        ready.contains("READY=1\nSTATUS=watching 1 orgs with 1 probes"),
        "{ready}"
    );
    let (status, _) = exporter.terminate().await;
    assert!(status.success());
    assert_eq!(told().await.trim(), "STOPPING=1");
}
