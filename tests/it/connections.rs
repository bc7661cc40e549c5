use std::{
    cell::Cell,
    sync::{Arc, Mutex},
    time::Duration,
};

use base64::Engine;
use futures_util::future::join_all;
use okta_exporter::{
    okta::{Client, Failure, Phase, Proxies, Request, Response, Session, TlsSetup},
    sim::{Fault, Org, Running, Tls},
};
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader, copy_bidirectional},
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::support::{Exporter, PATIENCE, Program, Scrape, ServiceApp, USERS};

const METADATA: &str = "/.well-known/openid-configuration";

/// A simulated org with TLS, and a client that trusts it.
async fn org() -> (Running, Client) {
    let okta = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let client = client(&okta, okta.url());
    (okta, client)
}

fn client(okta: &Running, url: &str) -> Client {
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    Client::new(
        &url.parse().unwrap(),
        &TlsSetup::new(Some(&ca)).unwrap(),
        &Proxies::default(),
    )
    .unwrap()
}

/// Asks as a probe would, beside others.
fn ask(
    client: &Client,
    request: Request<'static>,
    timeout: Duration,
) -> JoinHandle<Result<Response, Failure>> {
    let client = client.clone();
    tokio::spawn(async move { Session::new(&client, timeout).ask(request).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_made_at_once_share_one_connection() {
    let (okta, client) = org().await;
    let metadata = || Request::get("metadata", METADATA);
    for round in 1..=2 {
        let asked = (0..12).map(|_| ask(&client, metadata(), PATIENCE));
        for answer in join_all(asked).await {
            answer.unwrap().unwrap();
        }
        assert_eq!(okta.controls().connection_count(), 1, "round {round}");
    }
    let anew = ask(&client, metadata().over_new_connection(), PATIENCE);
    anew.await.unwrap().unwrap();
    assert_eq!(okta.controls().connection_count(), 2);
}

#[tokio::test]
async fn a_request_without_an_answer_holds_others_only_while_it_connects() {
    let (okta, client) = org().await;
    okta.controls().fault("/oauth2", Fault::stall_forever());
    let stalled = ask(
        &client,
        Request::get("keys", "/oauth2/v1/keys"),
        Duration::from_hours(1),
    );
    okta.controls().until_asked("/oauth2/v1/keys", 1).await;
    ask(&client, Request::get("metadata", METADATA), PATIENCE)
        .await
        .unwrap()
        .unwrap();
    assert!(!stalled.is_finished());
    assert_eq!(okta.controls().connection_count(), 1);
}

#[tokio::test]
async fn where_nobody_shakes_hands_each_request_fails_in_its_own_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let client = Client::new(
        &url.parse().unwrap(),
        &TlsSetup::new(None).unwrap(),
        &Proxies::default(),
    )
    .unwrap();
    let timeout = Duration::from_millis(200);
    let asked = (0..4).map(|_| ask(&client, Request::get("metadata", METADATA), timeout));
    for answer in join_all(asked).await {
        let failure = answer.unwrap().unwrap_err();
        let phase = Phase::Connect;
        assert_eq!(
            failure,
            Failure::Timeout {
                phase,
                after: timeout,
                proxy: None,
            }
        );
    }
}

#[tokio::test]
async fn a_connection_of_its_own_is_closed_once_it_was_used() {
    let (okta, _) = org().await;
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", between.local_addr().unwrap());
    let target = okta.url().strip_prefix("https://").unwrap().to_owned();
    let (open, mut opened) = watch::channel((0_u32, 0_u32));
    let open = Arc::new(open);
    tokio::spawn(async move {
        loop {
            let (mut near, _) = between.accept().await.unwrap();
            let mut far = TcpStream::connect(&target).await.unwrap();
            open.send_modify(|(opened, _)| *opened += 1);
            let open = Arc::clone(&open);
            tokio::spawn(async move {
                drop(copy_bidirectional(&mut near, &mut far).await);
                open.send_modify(|(_, closed)| *closed += 1);
            });
        }
    });
    let client = client(&okta, &url);
    let request = Request::get("metadata", METADATA).over_new_connection();
    ask(&client, request, PATIENCE).await.unwrap().unwrap();
    let closed = opened.wait_for(|counts| *counts == (1, 1));
    let closed = tokio::time::timeout(PATIENCE, closed).await;
    closed.expect("it is kept open").unwrap();
}

const ENDS: &str = r#"okta_tls_certificate_expiry_timestamp_seconds{org="acme"}"#;
const FIRST_END: &str = r#"okta_org_tls_chain_expiry_timestamp_seconds{org="acme"}"#;
const DAY: Duration = Duration::from_hours(24);

/// An exporter of an org that shows one certificate and then another, to new connections only: those
/// that are open are left as they are.
struct Renewed {
    exporter: Exporter,
    target: watch::Sender<String>,
    before: Running,
    after: Running,
    _ca: tempfile::NamedTempFile,
}

impl Renewed {
    async fn start(before: Tls, after: Tls) -> Self {
        let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("https://{}", between.local_addr().unwrap());
        let org = |tls: Tls| Org::new("acme").issuer(&url).tls(tls).start();
        let (before, after) = (org(before).await.unwrap(), org(after).await.unwrap());
        let target = watch::Sender::new(before.url().to_owned());
        let targets = target.subscribe();
        tokio::spawn(async move {
            loop {
                let (mut near, _) = between.accept().await.unwrap();
                let target = targets
                    .borrow()
                    .strip_prefix("https://")
                    .unwrap()
                    .to_owned();
                let mut far = TcpStream::connect(target).await.unwrap();
                tokio::spawn(async move { drop(copy_bidirectional(&mut near, &mut far).await) });
            }
        });
        let ca = tempfile::NamedTempFile::new().unwrap();
        let both = [&before, &after].map(|org| org.ca_pem().unwrap()).concat();
        std::fs::write(&ca, both).unwrap();
        let exporter = Exporter::start(&format!(
            "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    ca_file: '{}'\n    probes: {{ discovery: {{ interval: 3s, timeout: 3s }}, organization: {{ interval: 3s, timeout: 3s }} }}\n",
            ca.path().display()
        ))
        .await;
        Self {
            exporter,
            target,
            before,
            after,
            _ca: ca,
        }
    }

    /// New connections see the other certificate from now on: the page once each probe has run thrice
    /// since. Each page until then is shown.
    async fn renew(&self, shown: impl Fn(&Scrape)) -> Scrape {
        let runs = |page: &Scrape, probe: &str| {
            page.value(&format!(r#"okta_probe_runs_total{{probe="{probe}"}}"#))
        };
        let first = self.exporter.first_round().await;
        self.target.send_replace(self.after.url().to_owned());
        let over = |page: &Scrape| {
            shown(page);
            let probes = ["discovery", "organization"];
            let mut probes = probes.into_iter();
            probes.all(|probe| runs(page, probe) >= runs(&first, probe) + 3.0)
        };
        self.exporter.until(over).await
    }
}

fn days_left(page: &Scrape, series: &str) -> f64 {
    let left = page.value(series) - jiff::Timestamp::now().as_second() as f64;
    (left / DAY.as_secs_f64()).round()
}

#[tokio::test]
async fn a_certificate_that_expired_is_told_though_kept_connections_go_on() {
    let org = Renewed::start(Tls::new(), Tls::new().expired()).await;
    let page = org.renew(|_| ()).await;
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 0.0, "{page}");
    let success = |probe: &str| page.value(&format!(r#"okta_probe_success{{probe="{probe}"}}"#));
    assert_eq!((success("discovery"), success("organization")), (0.0, 1.0));
    let failed = page.value(r#"okta_probe_failures_total{probe="discovery",reason="tls"}"#);
    assert!(failed >= 2.0, "{page}");
    assert_eq!(
        org.before.controls().connection_count(),
        2,
        "the kept one is kept"
    );
    org.exporter.until_case("tls").await;
}

#[tokio::test]
async fn a_renewed_certificate_is_told_though_the_old_connection_is_kept() {
    let old = Tls::new().lasting(5 * DAY);
    let new = Tls::new().by_intermediate_lasting(30 * DAY);
    let org = Renewed::start(old, new).await;
    let first = org.exporter.first_round().await;
    assert_eq!(
        (days_left(&first, ENDS), days_left(&first, FIRST_END)),
        (5.0, 5.0)
    );
    let renewed = Cell::new(false);
    let page = org
        .renew(|page| {
            let told = (days_left(page, ENDS), days_left(page, FIRST_END));
            renewed.set(renewed.get() || told == (90.0, 30.0));
            assert!(!renewed.get() || told == (90.0, 30.0), "back to {told:?}");
        })
        .await;
    assert!(renewed.get(), "{page}");
    assert!(org.after.controls().connection_count() >= 1);
}

/// What a server was sent over connections that it closes in place of a third answer.
#[derive(Default)]
struct Sent {
    /// The ids of every proof and assertion.
    ids: Vec<String>,
    /// The paths that were sent and not answered.
    unanswered: Vec<String>,
}

/// The `jti` of a JWT.
fn jti(jwt: &str) -> String {
    let payload = jwt.split('.').nth(1).unwrap();
    let payload = base64::engine::general_purpose::URL_SAFE_NO_PAD.decode(payload);
    let claims: serde_json::Value = serde_json::from_slice(&payload.unwrap()).unwrap();
    claims["jti"].as_str().unwrap().to_owned()
}

/// One request of HTTP/1.1: its path, its proof and its body; `None` at the connection's end.
async fn request(from: &mut BufReader<TcpStream>) -> Option<(String, Option<String>, String)> {
    let (mut path, mut proof, mut length) = (String::new(), None, 0);
    loop {
        let mut line = String::new();
        if from.read_line(&mut line).await.ok()? == 0 {
            return None;
        }
        let line = line.trim_end();
        if line.is_empty() {
            break;
        }
        match line.split_once(": ") {
            Some((name, value)) if name.eq_ignore_ascii_case("dpop") => proof = Some(jti(value)),
            Some((name, value)) if name.eq_ignore_ascii_case("content-length") => {
                length = value.parse().unwrap();
            }
            Some(_) => {}
            None => path = line.split(' ').nth(1).unwrap().to_owned(),
        }
    }
    let mut body = vec![0; length];
    from.read_exact(&mut body).await.ok()?;
    Some((path, proof, String::from_utf8(body).unwrap()))
}

async fn serve_two_each(near: TcpStream, sent: Arc<Mutex<Sent>>) {
    let mut near = BufReader::new(near);
    let mut answered = 0;
    while let Some((path, proof, body)) = request(&mut near).await {
        let fields = url::form_urlencoded::parse(body.as_bytes());
        let mut assertions = fields.filter(|(name, _)| name == "client_assertion");
        let assertion = assertions.next().map(|(_, assertion)| jti(&assertion));
        let answer = {
            let mut sent = sent.lock().unwrap();
            sent.ids.extend(proof.into_iter().chain(assertion));
            if answered == 2 {
                sent.unanswered.push(path);
                return;
            }
            if path.ends_with("/token") {
                r#"{"access_token":"0123456789abcdefABCDEF","token_type":"DPoP","expires_in":1,"scope":"okta.users.read"}"#
            } else {
                "[]"
            }
        };
        let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-okta-request-id: r1";
        let length = answer.len();
        let answer = format!("{head}\r\ncontent-length: {length}\r\n\r\n{answer}");
        near.get_mut().write_all(answer.as_bytes()).await.unwrap();
        answered += 1;
    }
}

#[tokio::test]
async fn what_a_connection_that_ends_as_it_is_used_took_along_is_sent_once_more_with_other_proofs()
{
    let server = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", server.local_addr().unwrap());
    let sent = Arc::<Mutex<Sent>>::default();
    let noted = Arc::clone(&sent);
    tokio::spawn(async move {
        loop {
            let (near, _) = server.accept().await.unwrap();
            tokio::spawn(serve_two_each(near, Arc::clone(&noted)));
        }
    });
    let app = ServiceApp::new();
    let key = app.key_file();
    let yaml = format!(
        "status_pages: {{}}\norgs:\n  acme:\n    url: '{url}'\n    budget: 1\n    credentials: {{ billing: {{ oauth: {{ client_id: 0oa1, key_id: k1, private_key_file: '{}', {USERS}, dpop: always }} }} }}\n    probes: {{ endpoint: {{ users: {{ path: '/api/v1/users?limit=1', credential: billing, sampling: interval, interval: 2s, timeout: 2s }} }} }}\n",
        key.display()
    );
    let exporter = Exporter::start(&yaml).await;
    let page = exporter
        .until(|_| {
            let sent = sent.lock().unwrap();
            ["/oauth2/v1/token", "/api/v1/users?limit=1"]
                .into_iter()
                .all(|path| sent.unanswered.iter().any(|unanswered| unanswered == path))
        })
        .await;
    let failed = page.sum(r#"okta_probe_failures_total{reason="connect"}"#);
    assert_eq!(failed, 0.0, "{page}");
    let counted = page.sum("okta_request_failures_total");
    assert!(counted >= 1.0, "what was not answered is counted: {page}");
    let ids = &sent.lock().unwrap().ids;
    let distinct: std::collections::BTreeSet<_> = ids.iter().collect();
    assert_eq!(
        distinct.len(),
        ids.len(),
        "a proof or an assertion was sent twice"
    );
}

/// Elsewhere than on Linux the system's authorities are not named by a variable.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_ca_file_is_trusted_besides_the_systems_own_and_by_its_org_alone() {
    let known = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let private = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let files = tempfile::tempdir().unwrap();
    let [system, ca, config] = ["system.pem", "ca.pem", "c.yaml"].map(|n| files.path().join(n));
    std::fs::write(&system, known.ca_pem().unwrap()).unwrap();
    std::fs::write(&ca, private.ca_pem().unwrap()).unwrap();
    let ca_file = format!("ca_file: '{}', ", ca.display());
    let orgs = [
        ("known", &known, ""),
        ("private", &private, ca_file.as_str()),
        ("besides", &known, ca_file.as_str()),
        ("stranger", &private, ""),
    ]
    .map(|(name, okta, ca)| {
        let url = okta.url();
        format!("  {name}: {{ url: '{url}', {ca}probes: {{ discovery: {{}} }} }}\n")
    });
    let yaml = format!("status_pages: {{}}\norgs:\n{}", orgs.concat());
    std::fs::write(&config, yaml).unwrap();
    let flag = format!("--config.file={}", config.display());
    let flags = [
        &flag,
        "--web.listen-address=127.0.0.1:0",
        "--log.level=debug",
    ];
    let system = [("SSL_CERT_FILE", system.to_str().unwrap())];
    let mut exporter = Program::exporter(&flags, &system);
    let address = exporter.until("address=").await;
    for _ in &orgs {
        exporter.until("probe=discovery").await;
    }
    let address = address.split(' ').next().unwrap();
    let page = Scrape::of(&format!("http://{address}")).await;
    for (org, up) in [
        ("known", 1.0),
        ("private", 1.0),
        ("besides", 1.0),
        ("stranger", 0.0),
    ] {
        let series = format!(r#"okta_org_up{{org="{org}"}}"#);
        assert_eq!(page.value(&series), up, "{org}: {page}");
    }
}
