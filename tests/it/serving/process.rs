//! The program as it is started: with a real Prometheus, with curl, with systemd's sockets, and with
//! flags that are wrong.

use std::{fs, path::Path};

use tokio::process::Command;

use super::clients::{Cast, Shown};
use crate::support::{PATIENCE, Program};

const AUTH: &str = "tls_server_config:\n  cert_file: server.pem\n  key_file: server.key\n  client_auth_type: \
                    RequireAndVerifyClientCert\n  client_ca_file: ca.pem\n";

/// A configuration that watches one org, which is nowhere, with an event hook.
const SETTINGS: &str = "status_pages: {}\norgs:\n  acme:\n    url: 'http://127.0.0.1:1'\n    event_hook: { authorization: \
                        s3cr3t-of-the-event-hook }\n    probes: { discovery: {} }\n";

/// An exporter that serves by this file, and the first address at which it does.
async fn exporter(cast: &Cast, yaml: &str, flags: &[&str]) -> (Program, String) {
    let file = cast.write("web.yml", yaml).display().to_string();
    let settings = cast.write("settings.yml", SETTINGS).display().to_string();
    let mut all = vec![
        format!("--web.config.file={file}"),
        format!("--config.file={settings}"),
    ];
    all.extend(flags.iter().map(|flag| (*flag).to_owned()));
    if !flags.iter().any(|flag| flag.starts_with("--web.listen")) {
        all.push("--web.listen-address=127.0.0.1:0".to_owned());
    }
    let all: Vec<&str> = all.iter().map(String::as_str).collect();
    let mut exporter = Program::exporter(&all, &[]);
    let address = exporter.until(" address=").await;
    let address = address.split([' ', ',']).next().unwrap().to_owned();
    (exporter, address)
}

fn users() -> String {
    let hash = bcrypt::hash("secret", 4).unwrap();
    format!("basic_auth_users: {{ prometheus: {hash} }}\n")
}

#[tokio::test]
async fn a_real_prometheus_scrapes_over_mutual_tls_with_basic_auth() {
    let cast = Cast::new();
    let (_exporter, address) = exporter(&cast, &(AUTH.to_owned() + &users()), &[]).await;
    cast.pair(Shown::OfCa).write(cast.path(), "client");
    let directory = cast.path().display();
    let job = |name: &str, password: &str| {
        format!(
            "  - job_name: {name}\n    scheme: https\n    basic_auth: {{ username: prometheus, password: {password} \
             }}\n    tls_config: {{ ca_file: '{directory}/ca.pem', cert_file: '{directory}/client.pem', key_file: \
             '{directory}/client.key' }}\n    static_configs: [ {{ targets: ['{address}'] }} ]\n"
        )
    };
    let scrapes = format!(
        "global: {{ scrape_interval: 1s, scrape_timeout: 1s }}\nscrape_configs:\n{}{}",
        job("right", "secret"),
        job("wrong", "guessed")
    );
    let configuration = cast.write("prometheus.yml", &scrapes);
    let mut command = Command::new("prometheus");
    command
        .arg(format!("--config.file={}", configuration.display()))
        .arg(format!("--storage.tsdb.path={directory}/data"))
        .arg("--web.listen-address=127.0.0.1:0");
    let (_prometheus, prometheus) = Program::of_prometheus(command).await;
    let api = format!("{prometheus}/api/v1/query?query=");
    for query in [
        "up{job=\"right\"}==1",
        "up{job=\"wrong\"}==0",
        "okta_exporter_build_info",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(query.as_bytes()).collect();
        let asked = format!("{api}{encoded}");
        let seen = async {
            let mut tick = tokio::time::interval(std::time::Duration::from_millis(200));
            loop {
                tick.tick().await;
                let found = crate::support::json(&asked).await;
                let found = found["data"]["result"].as_array().map(Vec::len);
                if found.is_some_and(|found| found > 0) {
                    return;
                }
            }
        };
        let seen = tokio::time::timeout(PATIENCE, seen).await;
        assert!(seen.is_ok(), "{query} is not seen");
    }
}

/// What curl made of it: its exit status, and what it wrote.
async fn curl(args: &[&str]) -> (i32, String) {
    let mut command = Command::new("curl");
    command
        .args([
            "--silent",
            "--show-error",
            "--noproxy",
            "*",
            "--max-time",
            "60",
        ])
        .args(["--write-out", "\n%{http_code} %{size_upload}"])
        .args(args);
    let ended = command.output();
    let ended = tokio::time::timeout(PATIENCE, ended).await.unwrap();
    let ended = ended.unwrap_or_else(|e| panic!("{e}; `tests/run` installs what the tests need"));
    let said = [ended.stdout, ended.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    (ended.status.code().unwrap(), said)
}

/// A sparse file of a thousand million bytes.
fn gigabyte(directory: &Path) -> String {
    let path = directory.join("gigabyte");
    let file = fs::File::create(&path).unwrap();
    file.set_len(1_000_000_000).unwrap();
    path.display().to_string()
}

/// How much curl sent of it.
fn sent(said: &str) -> u64 {
    let line = said.lines().find(|line| line.split(' ').count() == 2);
    let sent = line.and_then(|line| line.split(' ').nth(1)?.parse().ok());
    sent.unwrap_or_else(|| panic!("{said}"))
}

#[tokio::test]
async fn curl_with_a_wrong_password_an_expired_certificate_or_a_huge_body_gets_the_right_refusal() {
    let cast = Cast::new();
    let (exporter, address) = exporter(&cast, &(AUTH.to_owned() + &users()), &[]).await;
    for shown in [Shown::OfCa, Shown::Expired, Shown::OfOther] {
        cast.pair(shown).write(cast.path(), &format!("{shown:?}"));
    }
    let at = |name: &str| cast.path().join(name).display().to_string();
    let url = format!("https://{address}/metrics");
    let ca = at("ca.pem");
    let with = |shown: Shown| {
        let name = format!("{shown:?}");
        let (certificate, key) = (at(&format!("{name}.pem")), at(&format!("{name}.key")));
        [
            "--cacert".to_owned(),
            ca.clone(),
            "--cert".to_owned(),
            certificate,
            "--key".to_owned(),
            key,
        ]
    };
    let good = with(Shown::OfCa);
    let good: Vec<&str> = good.iter().map(String::as_str).collect();

    let (status, said) = curl(&[&good[..], &["--user", "prometheus:secret", &url]].concat()).await;
    assert!(status == 0 && said.contains("\n200 "), "{said}");
    let (status, said) = curl(&[&good[..], &["--user", "prometheus:wrong", &url]].concat()).await;
    assert!(
        status == 0 && said.contains("Unauthorized\n\n401 "),
        "{said}"
    );

    for shown in [Shown::Expired, Shown::OfOther] {
        let bad = with(shown);
        let bad: Vec<&str> = bad.iter().map(String::as_str).collect();
        let (status, said) =
            curl(&[&bad[..], &["--user", "prometheus:secret", &url]].concat()).await;
        assert!(
            status != 0 && said.contains("\n000 "),
            "{shown:?}: {status} {said}"
        );
        assert!(said.contains("alert") || said.contains("reset"), "{said}");
    }

    let gigabyte = gigabyte(cast.path());
    let hook = format!("https://{address}/hooks/okta/acme");
    // One that waits to be told to go on, and one that does not.
    for expect in ["Expect: 100-continue", "Expect:"] {
        let upload = [
            "--http1.1",
            "--request",
            "POST",
            "--header",
            expect,
            "--upload-file",
            &gigabyte,
        ];
        let wrong = ["--user", "prometheus:wrong", &url];
        let (_, said) = curl(&[&good[..], &upload, &wrong].concat()).await;
        assert!(said.contains("\n401 "), "{said}");
        assert!(sent(&said) < 100_000_000, "{said}");
        let right = ["--user", "prometheus:secret", &hook];
        let (_, said) = curl(&[&good[..], &upload, &right].concat()).await;
        assert!(
            said.contains("\n401 "),
            "the hook's own secret is asked for: {said}"
        );
        assert!(sent(&said) < 100_000_000, "{said}");
    }
    assert!(exporter.peak_memory() < 150_000_000, "a body was kept");
}

#[tokio::test]
async fn a_delivery_too_large_is_refused_unread() {
    let cast = Cast::new();
    let (exporter, address) = exporter(&cast, "", &[]).await;
    let gigabyte = gigabyte(cast.path());
    let hook = format!("http://{address}/hooks/okta/acme");
    for expect in ["Expect: 100-continue", "Expect:"] {
        let upload = [
            "--request",
            "POST",
            "--header",
            expect,
            "--upload-file",
            &gigabyte,
        ];
        let secret = ["--header", "Authorization: s3cr3t-of-the-event-hook", &hook];
        let (_, said) = curl(&[&upload[..], &secret].concat()).await;
        assert!(said.contains("\n413 "), "{said}");
        assert!(sent(&said) < 100_000_000, "{said}");
    }
    assert!(exporter.peak_memory() < 150_000_000, "a body was kept");
}

#[tokio::test]
async fn okta_may_bring_its_own_header_where_hooks_are_exempt() {
    let cast = Cast::new();
    let hook = async |flags: &[&str], authorization: &str| {
        let (_exporter, address) = exporter(&cast, &users(), flags).await;
        let asked = crate::support::http().post(format!("http://{address}/hooks/okta/acme"));
        let asked = asked.header("authorization", authorization).body("{}");
        asked.send().await.unwrap().status().as_u16()
    };
    let secret = "s3cr3t-of-the-event-hook";
    assert_eq!(hook(&[], secret).await, 401);
    let exempt = ["--web.auth-exempt=hooks"];
    assert_eq!(hook(&exempt, secret).await, 400, "no delivery, and let in");
    assert_eq!(hook(&exempt, "another").await, 401);
}

#[cfg(unix)]
#[tokio::test]
async fn a_unix_socket_is_served_and_gone_in_the_end() {
    let cast = Cast::new();
    let socket = cast.path().join("web.sock");
    let flags = [
        format!("--web.listen-address=unix:{}", socket.display()),
        "--web.listen-address=127.0.0.1:0".to_owned(),
        "--web.unix-socket-mode=600".to_owned(),
    ];
    let flags: Vec<&str> = flags.iter().map(String::as_str).collect();
    let (exporter, address) = exporter(&cast, "", &flags).await;
    assert_eq!(address, format!("unix:{}", socket.display()));
    let path = socket.display().to_string();
    let (status, said) = curl(&["--unix-socket", &path, "http://localhost/-/healthy"]).await;
    assert!(status == 0 && said.contains("\n200 "), "{said}");
    let (status, _) = exporter.terminate().await;
    assert!(status.success() && !socket.exists());
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn sockets_that_systemd_passes_on_are_served_and_none_is_an_error() {
    let cast = Cast::new();
    let socket = cast.path().join("passed.sock");
    let settings = cast.write("settings.yml", SETTINGS);
    let mut command = Command::new("systemd-socket-activate");
    command
        .arg(format!("--listen={}", socket.display()))
        .arg(env!("CARGO_BIN_EXE_okta-exporter"))
        .arg(format!("--config.file={}", settings.display()))
        .arg("--web.systemd-socket");
    let mut activated = Program::start(command);
    activated.until("Listening on").await;
    let path = socket.display().to_string();
    let (status, said) = curl(&["--unix-socket", &path, "http://localhost/-/healthy"]).await;
    assert!(status == 0 && said.contains("\n200 "), "{said}");
    let (status, said) = activated.terminate().await;
    assert!(status.success(), "{said:?}");

    let settings = format!("--config.file={}", settings.display());
    let alone = Program::exporter(&[&settings, "--web.systemd-socket"], &[]);
    let (status, said) = alone.end().await;
    assert!(!status.success());
    assert!(
        said.concat().contains("systemd passed no socket on"),
        "{said:?}"
    );
}

#[tokio::test]
async fn no_flag_makes_it_panic_and_each_that_is_wrong_is_told_at_the_check() {
    let cast = Cast::new();
    let settings = cast.write("settings.yml", SETTINGS).display().to_string();
    let broken = cast
        .write("broken.yml", "tls_server_config: [\n")
        .display()
        .to_string();
    for (flag, told) in [
        ("--web.listen-address=".to_owned(), "names no port"),
        ("--web.listen-address=unix:".to_owned(), "names no path"),
        ("--web.listen-address=:70000".to_owned(), "names no port"),
        ("--web.unix-socket-mode=999".to_owned(), "octal"),
        ("--web.unix-socket-mode=1777".to_owned(), "octal"),
        ("--web.external-url=okta".to_owned(), "no URL"),
        ("--web.external-url=ftp://okta/".to_owned(), "http"),
        (
            "--web.external-url=https://a:b@okta/".to_owned(),
            "password",
        ),
        (
            "--web.route-prefix=/a/../b".to_owned(),
            "other paths than it says",
        ),
        (
            "--web.route-prefix=/a?b".to_owned(),
            "other paths than it says",
        ),
        (
            "--web.route-prefix=ä".to_owned(),
            "other paths than it says",
        ),
        (
            "--web.telemetry-path=/hooks/okta/a".to_owned(),
            "must begin with",
        ),
        ("--web.max-requests=-1".to_owned(), "invalid"),
        (
            "--web.max-requests=99999999999999999999".to_owned(),
            "invalid",
        ),
        ("--web.auth-exempt=metrics".to_owned(), "health"),
        (format!("--web.config.file={broken}"), "no YAML"),
        ("--web.config.file=/none".to_owned(), "cannot be read"),
        ("--web.config.file=/".to_owned(), "no regular file"),
        ("--web.config.file=/dev/zero".to_owned(), "no regular file"),
    ] {
        let settings = format!("--config.file={settings}");
        let check = Program::exporter(&[&settings, "--config.check", &flag], &[]);
        let (status, said) = check.end().await;
        let said = said.join("\n");
        assert!(!status.success(), "{flag}");
        assert!(said.contains(told), "{flag}: {said}");
        assert!(!said.contains("panicked"), "{flag}: {said}");
    }
    for good in [
        "--web.external-url=https://okta.example/a/b",
        "--web.route-prefix=",
        "--web.route-prefix=///",
        "--web.max-requests=18446744073709551615",
        "--web.config.file=",
        "--web.systemd-socket",
        "--web.auth-exempt=health,hooks",
    ] {
        let settings = format!("--config.file={settings}");
        let check = Program::exporter(&[&settings, "--config.check", good], &[]);
        let (status, said) = check.end().await;
        assert!(status.success(), "{good}: {said:?}");
    }
}

#[tokio::test]
async fn the_health_check_gets_by_tls_certificates_and_users() {
    let cast = Cast::new();
    let yaml = AUTH.to_owned() + &users();
    let (_exporter, address) = exporter(&cast, &yaml, &["--web.auth-exempt=health"]).await;
    let pair = cast.pair(Shown::OfCa);
    let both = format!("{}{}", pair.certificate, pair.key);
    let both = cast.write("both.pem", &both).display().to_string();
    let (url, both) = (
        format!("--url=https://{address}"),
        format!("--client-cert={both}"),
    );
    for (flags, healthy) in [
        (vec!["--insecure", &both], true),
        (vec!["--insecure"], false),
        (vec![both.as_str()], false),
        (vec!["--insecure", "--client-cert=/none"], false),
    ] {
        let all = [vec!["health", &url], flags.clone()].concat();
        let (status, said) = Program::exporter(&all, &[]).end().await;
        assert_eq!(status.success(), healthy, "{flags:?}: {said:?}");
    }
    let (_exporter, address) = exporter(&cast, &users(), &[]).await;
    let url = format!("--url=http://{address}");
    let (status, said) = Program::exporter(&["health", &url], &[]).end().await;
    assert!(!status.success());
    assert!(
        said.concat().contains("--web.auth-exempt=health"),
        "{said:?}"
    );
}
