use std::{
    collections::{BTreeMap, BTreeSet},
    io::Write as _,
    process::Command,
};

use okta_exporter::{
    app::App,
    config::Config,
    guide,
    sim::{Org, Running},
    web::Serving,
};
use reqwest::{Response, Url};

use crate::support::{Exporter, Program, acme, http, json};

const DISCOVERY: &str = "{ discovery: {} }";

async fn exporter() -> (Exporter, Running) {
    let okta = Org::new("acme").start().await.unwrap();
    (Exporter::watch(&okta, DISCOVERY).await, okta)
}

/// As a browser asks.
async fn browse(url: impl reqwest::IntoUrl) -> Response {
    let asked = http().get(url).header("accept", "text/html,*/*;q=0.8");
    asked.send().await.unwrap()
}

/// Where the links of a page lead.
fn links(page: &str, at: &Url) -> Vec<Url> {
    let links = page.split("href=\"").skip(1);
    let links = links.map(|rest| rest.split('"').next().unwrap());
    links
        .inspect(|link| {
            assert!(
                !link.starts_with('/'),
                "{link} on {at} leads out of a prefix"
            );
        })
        .map(|link| at.join(link).unwrap())
        .collect()
}

/// The failures of this case that are told have a reason that the guide names for it.
pub async fn its_reasons_are_told(exporter: &Exporter, slug: &str) {
    fn told(status: &serde_json::Value, slug: &str) -> Vec<String> {
        match status {
            serde_json::Value::Object(map) => {
                let is_it = map.get("case").is_some_and(|case| case == slug);
                let reason = map.get("reason").filter(|_| is_it);
                let reason = reason.and_then(|reason| reason.as_str()).map(str::to_owned);
                let below = map.values().flat_map(|below| told(below, slug));
                reason.into_iter().chain(below).collect()
            }
            serde_json::Value::Array(items) => {
                items.iter().flat_map(|item| told(item, slug)).collect()
            }
            _ => Vec::new(),
        }
    }
    let case = guide::cases().find(|case| case.slug == slug).unwrap();
    let known: Vec<&str> = case
        .reasons()
        .iter()
        .map(|reason| reason.as_str())
        .collect();
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    for reason in told(&status, slug) {
        assert!(
            known.contains(&reason.as_str()),
            "{slug}: {reason}, not {known:?}"
        );
    }
}

#[tokio::test]
async fn every_case_and_every_alert_has_a_page_and_every_link_leads_to_one() {
    let (exporter, _okta) = exporter().await;
    let root: Url = exporter.url().parse().unwrap();
    let mut pages = BTreeSet::new();
    let mut next = vec![
        root.join("guide/").unwrap(),
        root.join("runbooks/").unwrap(),
    ];
    while let Some(url) = next.pop() {
        if url.host() != root.host() || !pages.insert(url.path().to_owned()) {
            continue;
        }
        let answer = browse(url.clone()).await;
        assert_eq!(answer.status(), 200, "{url}");
        let policy = answer.headers()["content-security-policy"].to_str();
        let policy = policy.unwrap().to_owned();
        let page = answer.text().await.unwrap();
        // The page at `/` has links of its own, and a test of its own.
        if url.path() == "/" {
            continue;
        }
        for style in page.split("<style>").skip(1) {
            let style = style.split("</style>").next().unwrap();
            let digest = aws_lc_rs::digest::digest(&aws_lc_rs::digest::SHA256, style.as_bytes());
            let named = base64::Engine::encode(&base64::engine::general_purpose::STANDARD, digest);
            assert!(policy.contains(&format!("'sha256-{named}'")), "{policy}");
        }
        assert!(
            !page.contains("<script") && !page.contains(" style="),
            "{url}"
        );
        next.extend(links(&page, &url));
    }
    for case in guide::cases() {
        assert!(
            pages.remove(&format!("/guide/{}", case.slug)),
            "{}",
            case.slug
        );
    }
    for book in guide::RUNBOOKS {
        assert!(
            pages.remove(&format!("/runbooks/{}", book.alert)),
            "{}",
            book.alert
        );
    }
    let others: Vec<_> = pages.iter().map(String::as_str).collect();
    assert_eq!(others, ["/", "/guide/", "/runbooks/"]);
}

#[tokio::test]
async fn a_page_tells_what_a_case_looks_like_what_fixes_it_and_which_alerts_point_to_it() {
    let (exporter, _okta) = exporter().await;
    let page = browse(format!("{}/guide/dns", exporter.url())).await;
    let page = page.text().await.unwrap();
    let case = guide::cases().find(|case| case.slug == "dns").unwrap();
    for part in [
        case.title,
        case.takes,
        "failure <code>dns</code>",
        "reason=\"dns\"",
        "href=\"../runbooks/OktaOrgUnreachable\"",
        "What to do",
    ] {
        let part = part.replace("reason=\"dns\"", "reason=&quot;dns&quot;");
        assert!(page.contains(&part), "no {part} in {page}");
    }
    let page = browse(format!("{}/runbooks/OktaOrgUnreachable", exporter.url())).await;
    let page = page.text().await.unwrap();
    assert!(page.contains("href=\"../guide/dns\""), "{page}");
}

#[tokio::test]
async fn who_mistypes_a_case_an_alert_or_a_path_is_told_which_was_meant() {
    let (exporter, _okta) = exporter().await;
    let root: Url = exporter.url().parse().unwrap();
    for (asked, meant, instead) in [
        ("guide/expired-tokn", "guide/expired-token", "guide/"),
        ("guide/Clock_Skew", "guide/clock-skew", "guide/"),
        (
            "runbooks/OktaTokenExpird",
            "runbooks/OktaTokenExpired",
            "runbooks/",
        ),
        ("metric", "metrics", "api/v1/status"),
        ("healthz", "-/healthy", "guide/"),
        ("api/status", "api/v1/status", "metrics"),
    ] {
        let url = root.join(asked).unwrap();
        let (meant, instead) = (root.join(meant).unwrap(), root.join(instead).unwrap());
        let answer = http().get(url.clone()).send().await.unwrap();
        assert_eq!(answer.status(), 404, "{url}");
        let kind = answer.headers()["content-type"].to_str().unwrap();
        assert!(kind.starts_with("text/plain"), "{kind}");
        let text = answer.text().await.unwrap();
        let question = format!("did you mean {}?\n", meant.path());
        assert!(text.contains(&question), "{text}");
        assert!(text.contains(&format!("\n{}  ", instead.path())), "{text}");

        let answer = browse(url.clone()).await;
        assert_eq!(answer.status(), 404, "{url}");
        let page = answer.text().await.unwrap();
        let led = links(&page, &url);
        assert!(
            page.contains("Did you mean") && led.contains(&meant),
            "{led:?}"
        );
        assert!(led.contains(&instead) && led.contains(&root), "{led:?}");
    }
    let nothing_near = browse(root.join("guide/something-else-altogether").unwrap()).await;
    assert!(!nothing_near.text().await.unwrap().contains("Did you mean"));
    // What is said is short, whatever is asked, and shows nothing that would be run.
    let long = format!("guide/{}", "%3Cscript%3E".repeat(1_000));
    for accept in ["text/html", "*/*"] {
        let asked = http()
            .get(root.join(&long).unwrap())
            .header("accept", accept);
        let text = asked.send().await.unwrap().text().await.unwrap();
        assert!(text.len() < 20_000 && !text.contains("<script"), "{text}");
    }
}

#[tokio::test]
async fn what_is_said_to_be_there_is_there_under_the_paths_that_were_chosen() {
    let okta = Org::new("acme").start().await.unwrap();
    let config = Config::parse(&acme(&okta, DISCOVERY), &BTreeMap::new()).unwrap();
    let serving = Serving {
        route_prefix: "/behind/it".to_owned(),
        telemetry_path: "/watch/okta-metrics".to_owned(),
        ..Serving::default()
    };
    let app = App::start(config, &serving).await.unwrap();
    let root = format!("http://{}/behind/it/", app.addresses()[0]);
    let root: Url = root.parse().unwrap();
    let answer = http().get(root.join("okta-metric").unwrap()).send().await;
    let text = answer.unwrap().text().await.unwrap();
    assert!(
        text.contains("did you mean /behind/it/watch/okta-metrics?"),
        "{text}"
    );
    let url = root.join("a/b/c").unwrap();
    let page = browse(url.clone()).await.text().await.unwrap();
    let led = links(&page, &url);
    assert!(
        led.contains(&root.join("watch/okta-metrics").unwrap()),
        "{led:?}"
    );
    assert!(led.len() > 9, "{led:?}");
    let case = root.join("guide/dns").unwrap();
    let page = browse(case.clone()).await.text().await.unwrap();
    for link in led.into_iter().chain(links(&page, &case)) {
        let status = http().get(link.clone()).send().await.unwrap().status();
        assert_ne!(status, 404, "{link}");
    }
    app.drain().await;
}

#[tokio::test]
async fn a_wrong_method_is_told_which_are_right() {
    let (exporter, _okta) = exporter().await;
    for (path, method, allowed) in [
        ("/metrics", reqwest::Method::POST, "GET,HEAD"),
        ("/guide/dns", reqwest::Method::DELETE, "GET,HEAD"),
        ("/-/reload", reqwest::Method::GET, "POST,PUT"),
    ] {
        let url = format!("{}{path}", exporter.url());
        let answer = http().request(method.clone(), url).send().await.unwrap();
        assert_eq!(answer.status(), 405, "{path}");
        let told = answer.headers()["allow"].to_str().unwrap().to_owned();
        assert_eq!(told, allowed, "{path}");
        let text = answer.text().await.unwrap();
        let expected = format!(
            "{path} takes {}, and not {method}\n",
            told.replace(',', " and ")
        );
        assert_eq!(text, expected);
    }
    // What there is not is counted under no name that somebody asked for.
    http()
        .get(format!("{}/nothing", exporter.url()))
        .send()
        .await
        .unwrap();
    let page = exporter.scrape().await;
    let lost = r#"okta_exporter_http_requests_total{handler="none",code="404"}"#;
    assert_eq!(page.value(lost), 1.0);
}

#[tokio::test]
async fn a_case_is_printed_within_eighty_columns_and_one_that_is_none_is_told_apart() {
    let print = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
        command.args(args).env_remove("COLUMNS").output().unwrap()
    };
    let printed = print(&["guide", "rate-limit"]);
    assert!(printed.status.success());
    let text = String::from_utf8(printed.stdout).unwrap();
    for part in [
        "rate-limit\n",
        "reason  rate_limited\n",
        "OktaRateLimitExhausted",
        "risk    low",
    ] {
        assert!(text.contains(part), "no {part} in {text}");
    }
    for line in text.lines() {
        assert!(line.chars().count() <= 80, "{line}");
    }
    let (status, said) = Program::exporter(&["guide", "rate-limt"], &[]).end().await;
    assert_eq!(status.code(), Some(1));
    assert!(
        said.join("\n").contains("did you mean `rate-limit`?"),
        "{said:?}"
    );
}

#[test]
fn the_rules_lead_to_where_the_exporter_serves_their_runbooks() {
    let print = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_okta-exporter"));
        let printed = command.arg("rules").args(args).output().unwrap();
        assert!(printed.status.success(), "{args:?}");
        String::from_utf8(printed.stdout).unwrap()
    };
    let kept = std::fs::read_to_string("config/prometheus/okta.alerts.yml").unwrap();
    assert_eq!(print(&[]), kept);
    let rules = print(&["--web.external-url=https://mon.example/okta/"]);
    for book in guide::RUNBOOKS {
        let link = format!(
            "runbook_url: https://mon.example/okta/runbooks/{}\n",
            book.alert
        );
        assert!(rules.contains(&link), "no {link}");
    }
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(rules.as_bytes()).unwrap();
    let check = Command::new("promtool")
        .args(["check", "rules"])
        .arg(file.path())
        .output()
        .unwrap();
    assert!(check.status.success(), "{check:?}");
}
