use std::{collections::BTreeMap, fmt::Write, fs, path::Path, time::Duration};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use okta_exporter::{
    config::Config,
    sim::{self, ApiToken, Clock, Fault, Mint, ORG, Org, PageMode, Running, StatusPage, Tls},
};

use tokio::time::sleep;

use crate::support::{Leak, Program, Scrape, ServiceApp, get};

/// Secrets that nobody could write by chance, as long as Okta's or longer, with all that encodings
/// trip over.
const API_TOKEN: &str = "00q9ZtWmXvKpR4sLbN7cYhJd2fGuTe5aPo8iQkV1rM";
const BEARER: &str = "bearer-Hk3nVx8Qw-Zr5Tt7Lm_Pp2Ss4Dd6Ff9Gg1Jj";
const WATCHED: &str = "watched-Yb6Nc4Mx2Lz~Kq8Wj1Hv3Gp5Ft7Ds9Ra0Eo";
const CLIENT_SECRET: &str = "cs/Ue7+Iy5=Ot3&Pr1%Aw9 Sq2Dz4Fx6Gc8HvJbKnLm";

const HOOK_SECRET: &str = "hook-Jm7Tn2Bv-Xq5Lc9Zk_Wd4Rs8Pg1Hf6Ya3Ue0Io";

/// Every way of the simulated Okta to misbehave, and none.
fn faults() -> Vec<Option<Fault>> {
    let echoed = format!("{{\"token\": \"{API_TOKEN}\", \"id\": \"{WATCHED}\"}}");
    let elsewhere = format!("https://elsewhere.example/?token={API_TOKEN}");
    let faults = [
        Fault::status(500),
        Fault::status(503),
        Fault::error(400, "E0000001"),
        Fault::error(401, "E0000011"),
        Fault::error(401, "E0000015"),
        Fault::error(403, "E0000006"),
        Fault::error(404, "E0000007"),
        Fault::rate_limited(),
        Fault::concurrency(),
        Fault::rate_limited_without_headers(),
        Fault::retry_after(60),
        Fault::stall(Duration::from_millis(100)),
        Fault::stall_forever(),
        Fault::truncated(),
        Fault::endless(),
        Fault::oversized(5 << 20),
        Fault::not_json(),
        Fault::body("application/json", echoed),
        Fault::headers([("x-rate-limit-reset", "1"), ("date", "yesterday")]),
        Fault::without("x-rate-limit-remaining"),
        Fault::edge_not_found(),
        Fault::redirect_to(&elsewhere),
        Fault::redirect_loop(),
        Fault::bomb(5 << 20),
        Fault::stall_midway(),
        Fault::challenge(401, "SSWS"),
        Fault::edge(502),
        Fault::edge_that_says(503, [("retry-after", API_TOKEN), ("date", API_TOKEN)]),
        Fault::invalid_token(),
        Fault::wants_proof(),
    ];
    [None].into_iter().chain(faults.map(Some)).collect()
}

/// Where the faults are. What is minted elsewhere meets them, and so does who mints here.
const FAULTY: [&str; 2] = ["/api/v1", "/oauth2/default"];

/// One org for each fault, every other one behind TLS and HTTP/2.
async fn org(fault: Option<Fault>, tls: bool, app: &ServiceApp) -> Running {
    let org = Org::new("acme")
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .bearer(BEARER, ["okta.users.read"])
        .client("0oa1", CLIENT_SECRET)
        .service_app(
            sim::ServiceApp::new("0oa2")
                .secret(CLIENT_SECRET)
                .grant(["reports"]),
        )
        .service_app(
            app.registered()
                .grant(["okta.users.read", "reports"])
                .dpop(),
        );
    let org = if tls { org.tls(Tls::new()) } else { org };
    let okta = org.start().await.unwrap();
    let watched = Mint::by("default").opaque(WATCHED).scopes(["reports"]);
    okta.controls().mint(&watched).unwrap();
    // Makes the key that signs, which takes its time, before anybody waits for it.
    okta.controls().mint(&Mint::by(ORG)).unwrap();
    if let Some(fault) = fault {
        for prefix in FAULTY {
            okta.controls().fault(prefix, fault.clone());
        }
    }
    okta
}

/// How many probes each org has.
const PROBES: usize = 19;
/// How many status pages there are.
const PAGES: usize = 4;

/// Every kind of probe, with every kind of credential. The files are in this directory.
fn settings(name: usize, okta: &Running, directory: &Path) -> String {
    let url = okta.url();
    let ca = match okta.ca_pem() {
        Some(pem) => {
            fs::write(directory.join(format!("{name}.pem")), pem).unwrap();
            format!("ca_file: {name}.pem")
        }
        None => String::new(),
    };
    let pace = "interval: 10m, timeout: 8s";
    let introspect = "introspect: { authorization_server: default, client_id: 0oa1, client_secret_file: client_secret }";
    let key = format!(
        "client_id: {}, private_key_file: key, key_id: k1",
        ServiceApp::ID
    );
    let secret = "client_id: 0oa2, client_secret_file: client_secret";
    let custom = "authorization_server: default, scopes: [reports]";
    format!(
        "  org{name}:
    url: '{url}'
    {ca}
    credentials:
      monitor: {{ api_token_file: api_token }}
      edge: {{ bearer_token_env: MARKED_BEARER }}
      service: {{ oauth: {{ {key}, scopes: [okta.users.read] }} }}
      custom: {{ oauth: {{ {key}, {custom} }} }}
      basic: {{ oauth: {{ {secret}, client_auth: client_secret_basic, {custom} }} }}
      post: {{ oauth: {{ {secret}, client_auth: client_secret_post, {custom} }} }}
    probes:
      discovery: {{ {pace} }}
      organization: {{ {pace} }}
      endpoint:
        users: {{ path: /api/v1/users, credential: monitor, {pace} }}
        edge: {{ path: /api/v1/users, credential: edge, {pace} }}
        service: {{ path: /api/v1/users, credential: service, {pace} }}
        custom: {{ path: /api/v1/x, credential: custom, {pace} }}
        basic: {{ path: /api/v1/x, credential: basic, {pace} }}
        post: {{ path: /api/v1/x, credential: post, {pace} }}
      jwks: {{ org: {{ {pace} }}, default: {{ authorization_server: default, {pace} }} }}
      rate_limit_settings: {{ credential: monitor, {pace} }}
      authorization_servers: {{ credential: monitor, {pace} }}
      certificates: {{ credential: monitor, apps: true, {pace} }}
      agent_pools: {{ credential: monitor, {pace} }}
      integrations: {{ credential: monitor, {pace} }}
      disaster_recovery: {{ credential: edge, {pace} }}
      org: {{ credential: monitor, {pace} }}
      api_tokens: {{ credential: monitor, {pace} }}
      system_log: {{ credential: monitor, {pace} }}
      token:
        opaque: {{ access_token: {WATCHED}, {introspect}, {pace} }}
        jwt: {{ access_token_file: jwt, {introspect}, {pace} }}
    event_hook: {{ authorization_file: hook_secret }}
"
    )
}

fn secrets() -> Leak {
    Leak::default()
        .text("the API token", API_TOKEN)
        .text("the bearer token", BEARER)
        .text("the watched token", WATCHED)
        .text("the client's secret", CLIENT_SECRET)
        .text("the hook's secret", HOOK_SECRET)
}

// The orgs need more than one thread: some of them never stop answering.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_secret_is_shown_whatever_is_probed_and_whatever_fails() {
    let directory = tempfile::tempdir().unwrap();
    let app = ServiceApp::new();
    let key = fs::read_to_string(app.key_file()).unwrap();
    let lines = key.lines().filter(|line| !line.starts_with("-----"));
    let key_body: String = lines.collect();
    let der = STANDARD.decode(&key_body).unwrap();
    // The scalar of a P-256 key in PKCS#8; what follows it is public.
    let mut leak = secrets()
        .text("the private key", &key_body)
        .bytes("the private key", &der[36..68]);
    let files = [
        ("api_token", API_TOKEN),
        ("client_secret", CLIENT_SECRET),
        ("hook_secret", HOOK_SECRET),
        ("key", &key),
    ];
    for (file, secret) in files {
        fs::write(directory.path().join(file), secret).unwrap();
    }
    let page = StatusPage::new(&Clock::running());
    let pages = page.start(0).await.unwrap();
    let broken = StatusPage::new(&Clock::running());
    broken.mode(PageMode::Rewritten);
    let rewritten = broken.start(0).await.unwrap();
    let mut yaml = format!(
        "storage: {{ path: state.redb }}
status_pages:
  okta: {{ url: '{}' }}
  statuspage: {{ url: '{}' }}
  feed: {{ url: '{}' }}
  broken: {{ url: '{}' }}
orgs:\n",
        pages.okta_url(),
        pages.statuspage_url(),
        pages.atom_url(),
        rewritten.okta_url(),
    );
    let mut orgs = Vec::new();
    for (name, fault) in faults().into_iter().enumerate() {
        let okta = org(fault, name % 2 == 0, &app).await;
        if name == 0 {
            let jwt = okta.controls().mint(&Mint::by("default")).unwrap();
            fs::write(directory.path().join("jwt"), jwt).unwrap();
        }
        yaml += &settings(name, &okta, directory.path());
        orgs.push(okta);
    }
    // However busy the machine is, one key set comes to be known and kept: it is asked for again.
    let well = Org::new("well").start().await.unwrap();
    let jwks = "jwks: { org: { interval: 10s, timeout: 8s } }";
    yaml += &format!(
        "  well: {{ url: '{}', probes: {{ {jwks} }} }}\n",
        well.url()
    );
    let file = directory.path().join("c.yaml");
    fs::write(&file, yaml).unwrap();
    let flag = format!("--config.file={}", file.display());
    let flags = [
        &flag,
        "--web.listen-address=127.0.0.1:0",
        "--log.level=trace",
        "--log.library=h2",
        "--log.library=hyper",
        "--log.library=reqwest",
        "--log.library=rustls",
    ];
    let mut exporter = Program::exporter(&flags, &[("MARKED_BEARER", BEARER)]);
    let address = exporter.until("address=").await;
    let url = format!("http://{}", address.split(' ').next().unwrap());
    // By the page: whoever says so much at once may drop lines of its log, and says that it did.
    let all = PROBES * orgs.len() + PAGES + 1;
    let ran = |page: &Scrape| {
        let runs = page.all("okta_probe_runs_total").into_iter();
        runs.filter(|runs| *runs >= 1.0).count()
    };
    let known =
        |page: &Scrape| page.get(r#"okta_jwks_keys{org="well",authorization_server="org"}"#);
    loop {
        let page = Scrape::of(&url).await;
        if ran(&page) >= all && known(&page).is_some() {
            break;
        }
        sleep(Duration::from_millis(200)).await;
    }
    let minted: Vec<String> = orgs
        .iter()
        .flat_map(|okta| okta.controls().minted())
        .collect();
    assert!(minted.len() > 2 * orgs.len(), "{} tokens", minted.len());
    for token in &minted {
        // What else it is made of is known to everybody.
        leak = leak.text("a minted token", token.rsplit('.').next().unwrap());
    }
    deliver(&url).await;
    look_through(&url, &leak).await;
    let (_, said) = exporter.terminate().await;
    let said = said.join("\n");
    // The libraries were heard, down to the frames of HTTP/2.
    for words in ["Headers { stream_id", "connected to 127.0.0.1"] {
        assert!(said.contains(words), "`{words}` was not said");
    }
    assert_eq!(leak.found(&said), Vec::<String>::new(), "in the log");
    assert_eq!(leak.found(&kept(directory.path())), [""; 0], "in the store");
    let (text, json) = tokio::join!(report(&flag, "text"), report(&flag, "json"));
    for minted in orgs.iter().flat_map(|okta| okta.controls().minted()) {
        leak = leak.text("a minted token", minted.rsplit('.').next().unwrap());
    }
    assert_eq!(leak.found(&text), Vec::<String>::new(), "in the report");
    assert_eq!(leak.found(&json), Vec::<String>::new(), "in the report");
    for (name, okta) in orgs.iter().enumerate() {
        let met = okta.controls().requests();
        let mut met = met.iter().map(|asked| asked.path.as_str());
        let faulty = met.any(|path| FAULTY.iter().any(|prefix| path.starts_with(prefix)));
        assert!(faulty, "org{name} never met its fault");
    }
}

/// All that was kept, as it stands in the file.
fn kept(directory: &Path) -> String {
    let kept = fs::read(directory.join("state.redb")).unwrap();
    let kept = String::from_utf8_lossy(&kept).into_owned();
    assert!(
        kept.contains("jwks") && kept.contains("thumbprint"),
        "what is kept"
    );
    kept
}

/// The one-shot report in this form, with what it says besides.
/// Looks for secrets on every page.
async fn look_through(url: &str, leak: &Leak) {
    for path in [
        "/metrics",
        "/",
        "/api/v1/status",
        "/api/v1/support-bundle",
        "/config",
        "/config?format=json",
    ] {
        let text = get(&format!("{url}{path}")).await.text().await.unwrap();
        assert!(text.len() > 100, "{path}: {text}");
        assert_eq!(leak.found(&text), Vec::<String>::new(), "{path}");
    }
}

/// Delivers to a hook, over both versions of HTTP, with its secret and with nearly that.
async fn deliver(url: &str) {
    let address = format!("{url}/hooks/okta/org0");
    let clients = [
        reqwest::Client::builder().http1_only(),
        reqwest::Client::builder().http2_prior_knowledge(),
    ];
    for client in clients {
        let client = client.no_proxy().build().unwrap();
        for (secret, status) in [
            (HOOK_SECRET.to_owned(), 400),
            (format!("{HOOK_SECRET}x"), 401),
        ] {
            let request = client.post(&address).header("authorization", secret);
            let answer = request.body(HOOK_SECRET).send().await.unwrap();
            assert_eq!(answer.status(), status);
            assert_eq!(
                secrets().found(&answer.text().await.unwrap()),
                Vec::<String>::new()
            );
        }
    }
}

async fn report(config: &str, form: &str) -> String {
    let output = tokio::process::Command::new(env!("CARGO_BIN_EXE_okta-exporter"))
        .args(["diagnose", config, "--output", form])
        .env_clear()
        .env("MARKED_BEARER", BEARER)
        .kill_on_drop(true)
        .output()
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].concat();
    let said = String::from_utf8(said).unwrap();
    assert!(said.contains("E0000006"), "{said}");
    said
}

#[test]
fn no_mistake_in_a_configuration_shows_the_secret_in_it() {
    let leak = secrets();
    let (mut told, none) = (String::new(), BTreeMap::new());
    let org = |inside: &str| {
        format!("status_pages: {{}}\norgs:\n  acme:\n    url: https://acme.okta.com\n{inside}")
    };
    let settings = [
        "    credentials: { a: { api_token: SECRET } }",
        "    credentials: { a: { bearer_token: SECRET } }",
        "    credentials: { a: { oauth: { client_id: a, private_key: SECRET } } }",
        "    credentials: { a: { oauth: { client_id: a, client_secret: SECRET } } }",
        "    probes: { token: { a: { access_token: SECRET } } }",
        "    probes: { token: { a: { access_token: a, introspect: { client_id: a, client_secret: SECRET } } } }",
    ];
    // Each as it is meant, and as people get it wrong.
    let mistakes: [fn(&str) -> String; 13] = [
        |text| text.to_owned(),
        |text| format!("{text}\n    uri: x"),
        |text| text.replace(": SECRET", "_file: SECRET"),
        |text| text.replace(": SECRET", "_env: SECRET"),
        |text| text.replace(": SECRET", "_fil: SECRET"),
        |text| text.replace(": SECRET", ": [SECRET]"),
        |text| text.replace(": SECRET", ": { SECRET: SECRET }"),
        |text| text.replace(": SECRET", ": \"SECRET\\n\\n\""),
        |text| text.replace(": SECRET", ": \"Bearer SECRET\""),
        |text| text.replace("{ a: { ", "{ a: SECRET, b: { "),
        |text| text.replace(" }", ""),
        |text| format!("{text}\n\tSECRET"),
        |text| format!("{text}\n{text}"),
    ];
    let secrets = [API_TOKEN, BEARER, WATCHED].into_iter().cycle();
    let all = settings
        .iter()
        .flat_map(|text| mistakes.map(|mistake| mistake(text)));
    for (text, secret) in all.zip(secrets) {
        match Config::parse(&org(&text.replace("SECRET", secret)), &none) {
            Ok(config) => {
                let shown = config.shown;
                told += &(shown.json + &shown.yaml + &config.warnings.concat());
            }
            Err(problems) => writeln!(told, "{problems}").unwrap(),
        }
    }
    let variables = [
        (
            "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__A__API_TOKEN",
            format!("[{API_TOKEN}"),
        ),
        (
            "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS__A__API_TOKEN__X",
            API_TOKEN.to_owned(),
        ),
        (
            "OKTA_EXPORTER__ORGS__ACME__CREDENTIALS",
            API_TOKEN.to_owned(),
        ),
        ("OKTA_CLIENT_ORGURL", "https://acme.okta.com/x".to_owned()),
        ("OKTA_CLIENT_TOKEN", API_TOKEN.to_owned()),
        ("OKTA_CLIENT_PRIVATEKEY", WATCHED.to_owned()),
        ("OKTA_CLIENT_AUTHORIZATIONMODE", BEARER.to_owned()),
    ];
    for some in [&variables[..3], &variables[3..6], &variables[3..]] {
        let some = some
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        let problems = Config::load(None, &some.collect()).unwrap_err();
        writeln!(told, "{problems}").unwrap();
    }
    assert!(told.matches("problem").count() > 50, "{told}");
    assert_eq!(leak.found(&told), Vec::<String>::new());
}

#[test]
fn the_search_finds_a_secret_in_every_dress() {
    let secret = CLIENT_SECRET;
    let leak = secrets();
    let bytes = secret.as_bytes();
    let each = |lead: &str| {
        bytes.iter().fold(String::new(), |mut text, byte| {
            write!(text, "{lead}{byte:02x}").unwrap();
            text
        })
    };
    let (hex, percent) = (each(""), each("%"));
    let form = url::form_urlencoded::Serializer::new(String::new())
        .append_pair("client_secret", secret)
        .finish();
    let mut dresses = vec![
        secret.to_owned(),
        secret[16..32].to_owned(),
        format!("{secret:?}"),
        format!("{bytes:?}"),
        hex.to_uppercase(),
        hex,
        percent.to_uppercase(),
        percent,
        form,
    ];
    for lead in ["", "0", "01", "0oa1:"] {
        let pair = format!("{lead}{secret}{lead}");
        dresses.extend([
            STANDARD.encode(&pair),
            STANDARD_NO_PAD.encode(&pair),
            URL_SAFE.encode(&pair),
            URL_SAFE_NO_PAD.encode(&pair),
        ]);
    }
    for dress in dresses {
        let text = format!("Authorization: x{dress}x and so on");
        assert!(!leak.found(&text).is_empty(), "not found: {text}");
    }
    assert_eq!(
        leak.found("Authorization: Sensitive, 00q9, cs/Ue7"),
        Vec::<String>::new()
    );
}

#[test]
fn no_kind_of_probe_and_no_fault_is_left_out() {
    let this = include_str!("canary.rs");
    let kinds = include_str!("../../src/probe/mod.rs").lines();
    let kinds = kinds.filter_map(|line| line.strip_prefix("pub mod ")?.strip_suffix(';'));
    let faults = include_str!("../../src/sim/faults.rs").lines();
    let faults =
        faults.filter_map(|line| line.strip_prefix("    pub fn ")?.split(['(', '<']).next());
    let (mut all, own) = (0, ["times", "share"]);
    for name in kinds.map(str::to_owned).chain(
        faults
            .filter(|name| !own.contains(name))
            .map(|name| format!("Fault::{name}(")),
    ) {
        all += 1;
        assert!(this.contains(&name), "{name}");
    }
    assert!(all > 25, "the test has lost its eyes: {all}");
}
