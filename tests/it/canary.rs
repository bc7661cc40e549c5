mod looks;
mod world;

use std::{collections::BTreeMap, fmt::Write, fs};

use base64::{
    Engine,
    engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD},
};
use okta_exporter::{
    config::Config,
    sim::{Clock, Mint, PageMode, StatusPage},
};

use crate::support::{Program, ServiceApp};
use looks::{all_ran, deliver, kept, look_through, report};
use world::{
    API_TOKEN, BEARER, CLIENT_SECRET, FAULTY, HOOK_SECRET, PAGES, PROBES, WATCHED, faults, org,
    secrets, settings, well,
};

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
    let (_well, settings) = well().await;
    yaml += &settings;
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
    all_ran(&url, PROBES * orgs.len() + PAGES + 1).await;
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
    let told = [include_str!("canary.rs"), include_str!("canary/world.rs")].concat();
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
        assert!(told.contains(&name), "{name}");
    }
    assert!(all > 25, "the test has lost its eyes: {all}");
}
