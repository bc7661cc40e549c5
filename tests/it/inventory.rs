//! What an org has that ends, rotates or stops: each kind that reads such things, through everything
//! that may come of it. What only one kind tells stands in a file of its own.

mod agent_pools;
mod api_tokens;
mod authorization_servers;
mod certificates;
mod disaster_recovery;
mod integrations;
mod org;
mod support;

use okta_exporter::sim::{ApiToken, Fault, Org};
use serde_json::Value;

use crate::support::{API_TOKEN, Exporter, Program, Scrape, acme};
use support::{Answer, Lists, Part, entries};

/// One kind, as the table's scenes see it.
struct Inventory {
    kind: &'static str,
    /// Its own settings, in YAML's flow style: `, apps: true`.
    settings: &'static str,
    /// The simulated org that has something of each part.
    org: fn(Org) -> Org,
    /// What it reads, each part withheld by itself.
    parts: &'static [Part],
}

/// Every kind that reads an inventory.
const INVENTORY: &[Inventory] = &[
    agent_pools::INVENTORY,
    api_tokens::INVENTORY,
    authorization_servers::INVENTORY,
    certificates::INVENTORY,
    integrations::INVENTORY,
    org::INVENTORY,
];

impl Inventory {
    /// An org that answers rightly.
    fn org(&self) -> Org {
        (self.org)(Org::new("acme").api_token(ApiToken::new("monitor", API_TOKEN)))
    }

    /// What stands under `probes`.
    fn probes(&self) -> String {
        let (kind, settings) = (self.kind, self.settings);
        format!("{{ {kind}: {{ credential: monitor, interval: 1s, timeout: 1s{settings} }} }}")
    }

    fn failed(&self, page: &Scrape, reason: &str) -> f64 {
        let kind = self.kind;
        page.value(&format!(
            r#"okta_probe_failures_total{{probe="{kind}",reason="{reason}"}}"#
        ))
    }

    fn succeeds(&self, page: &Scrape) {
        let series = format!(r#"okta_probe_success{{probe="{}"}}"#, self.kind);
        assert_eq!(page.value(&series), 1.0, "{}: {page}", self.kind);
    }

    /// Exactly these of its parts are on the page.
    fn shows(&self, page: &Scrape, parts: impl Fn(&Part) -> bool) {
        for part in self.parts {
            let is_there = !page.all(part.family).is_empty();
            assert_eq!(is_there, parts(part), "{}: {page}", part.family);
        }
    }

    /// The first round at a server that lists this.
    async fn listed(&self, part: &Part, entries: &[Value], on_pages: usize) -> (Lists, Scrape) {
        let lists = Lists::start(self.parts).await;
        lists.list(part, entries, on_pages);
        let exporter = Exporter::start(&lists.yaml(&self.probes())).await;
        let page = exporter.first_round().await;
        (lists, page)
    }
}

/// Every part that is a list, with its kind.
fn lists() -> impl Iterator<Item = (&'static Inventory, &'static Part, &'static support::List)> {
    let parts = INVENTORY
        .iter()
        .flat_map(|kind| kind.parts.iter().map(move |part| (kind, part)));
    parts.filter_map(|(kind, part)| match &part.answer {
        Answer::List(list) => Some((kind, part, list)),
        Answer::Document(_) => None,
    })
}

#[tokio::test]
async fn an_ordinary_org_shows_each_part() {
    for kind in INVENTORY {
        let okta = kind.org().start().await.unwrap();
        let page = Exporter::watch(&okta, &kind.probes())
            .await
            .first_round()
            .await;
        kind.succeeds(&page);
        kind.shows(&page, |_| true);
    }
}

#[tokio::test]
async fn an_empty_list_is_no_trouble_and_nothing_of_it_is_shown() {
    for (kind, part, _) in lists() {
        let (_lists, page) = kind.listed(part, &[], 1).await;
        kind.succeeds(&page);
        kind.shows(&page, |other| !other.path.starts_with(part.path));
    }
}

#[tokio::test]
async fn a_list_of_three_pages_is_read_to_its_end() {
    for (kind, part, list) in lists().filter(|(_, _, list)| list.is_paged) {
        let (_lists, page) = kind.listed(part, &entries(list, 5), 3).await;
        kind.succeeds(&page);
        assert_eq!(page.all(part.family).len(), 5, "{}: {page}", part.path);
    }
}

#[tokio::test]
async fn what_the_plan_of_the_org_lacks_is_absent_and_the_rest_is_there() {
    for kind in INVENTORY {
        for part in kind.parts {
            let okta = kind.org().without_feature(part.path).start().await.unwrap();
            let page = Exporter::watch(&okta, &kind.probes())
                .await
                .first_round()
                .await;
            kind.shows(&page, |other| !other.path.starts_with(part.path));
            assert!(
                kind.failed(&page, "forbidden") >= 1.0,
                "{}: {page}",
                part.path
            );
        }
    }
}

#[tokio::test]
async fn what_a_token_has_no_scope_for_is_absent() {
    for kind in INVENTORY {
        let okta = kind
            .org()
            .bearer("00bearer", ["okta.users.read"])
            .start()
            .await
            .unwrap();
        let yaml = acme(&okta, &kind.probes())
            .replace(&format!("api_token: {API_TOKEN}"), "bearer_token: 00bearer");
        let page = Exporter::start(&yaml).await.first_round().await;
        kind.shows(&page, |_| false);
        assert!(kind.failed(&page, "forbidden") >= 1.0, "{page}");
        let scope = r#"okta_api_errors_total{code="403",error_code="insufficient_scope"}"#;
        assert!(page.sum(scope) >= kind.parts.len() as f64, "{page}");
    }
}

#[tokio::test]
async fn what_the_role_of_a_tokens_owner_may_not_read_is_absent() {
    for kind in INVENTORY {
        let weak = ApiToken::new("monitor", API_TOKEN).only(["okta.users.read"]);
        let okta = (kind.org)(Org::new("acme").api_token(weak))
            .start()
            .await
            .unwrap();
        let page = Exporter::watch(&okta, &kind.probes())
            .await
            .first_round()
            .await;
        kind.shows(&page, |_| false);
        assert!(kind.failed(&page, "forbidden") >= 1.0, "{page}");
        let role = r#"okta_api_errors_total{code="403",error_code="E0000006"}"#;
        assert!(page.sum(role) >= kind.parts.len() as f64, "{page}");
    }
}

#[tokio::test]
async fn what_the_edge_does_not_know_is_absent_and_the_rest_is_there() {
    for kind in INVENTORY {
        for part in kind.parts {
            let okta = kind.org().start().await.unwrap();
            okta.controls().fault(part.path, Fault::edge_not_found());
            let page = Exporter::watch(&okta, &kind.probes())
                .await
                .first_round()
                .await;
            kind.shows(&page, |other| !other.path.starts_with(part.path));
            assert!(
                kind.failed(&page, "http_status") >= 1.0,
                "{}: {page}",
                part.path
            );
        }
    }
}

#[tokio::test]
async fn a_limit_that_is_used_up_leaves_what_was_known() {
    for kind in INVENTORY {
        for part in kind.parts {
            let okta = kind.org().start().await.unwrap();
            let exporter = Exporter::watch(&okta, &kind.probes()).await;
            exporter.first_round().await;
            okta.controls().fault(part.path, Fault::rate_limited());
            let limited = |page: &Scrape| kind.failed(page, "rate_limited") >= 1.0;
            let page = exporter.until(limited).await;
            kind.shows(&page, |_| true);
        }
    }
}

#[tokio::test]
async fn a_page_that_vanishes_between_two_requests_fails_nothing() {
    for (kind, part, list) in lists().filter(|(_, _, list)| list.is_paged) {
        for status in [400, 404, 410] {
            let lists = Lists::start(kind.parts).await;
            lists.list(part, &entries(list, 6), 3);
            lists.vanish(part, 1, status);
            let exporter = Exporter::start(&lists.yaml(&kind.probes())).await;
            let page = exporter.first_round().await;
            kind.succeeds(&page);
            assert_eq!(
                page.all(part.family).len(),
                2,
                "{} {status}: {page}",
                part.path
            );
        }
    }
}

#[tokio::test]
async fn what_was_on_a_page_that_vanished_is_not_taken_for_gone() {
    for (kind, part, list) in lists().filter(|(_, _, list)| list.is_paged) {
        let lists = Lists::start(kind.parts).await;
        lists.list(part, &entries(list, 6), 3);
        let exporter = Exporter::start(&lists.yaml(&kind.probes())).await;
        exporter.first_round().await;
        lists.vanish(part, 1, 404);
        let asked = lists.asked(part);
        let page = exporter.until(|_| lists.asked(part) > asked + 2).await;
        kind.succeeds(&page);
        assert_eq!(page.all(part.family).len(), 6, "{}: {page}", part.path);
    }
}

#[tokio::test]
async fn names_and_ids_that_mean_harm_are_harmless() {
    let long = "x".repeat(10_000);
    let harmful = [
        "\"}\nokta_org_up{org=\"evil\"} 1\n",
        "a\",org=\"evil\\",
        &long,
        "\u{202e}\0\u{1b}[31m",
        "",
    ];
    for (kind, part, list) in lists() {
        let strange = |(n, name): (usize, &&str)| (list.entry)(&format!("id{n}{name}"), name);
        let mut all: Vec<Value> = harmful.iter().enumerate().map(strange).collect();
        all.extend([
            Value::Null,
            Value::from(7),
            Value::from(long.as_str()),
            Value::Array(Vec::new()),
        ]);
        all.extend(entries(list, 1));
        let (_lists, page) = kind.listed(part, &all, 1).await;
        kind.succeeds(&page);
        assert!(!page.all(part.family).is_empty(), "{}: {page}", part.path);
        assert!(page.all(r#"okta_org_up{org="evil"}"#).is_empty(), "{page}");
        let text = page.to_string();
        let longest = text.lines().map(str::len).max();
        assert!(longest < Some(1_000), "{}: {longest:?}", part.path);
        assert!(
            !text.contains(['\u{202e}', '\0', '\u{1b}']),
            "{}",
            part.path
        );
    }
}

#[tokio::test]
async fn a_list_that_is_too_long_is_cut_and_says_so() {
    for (kind, part, list) in lists().filter(|(_, _, list)| list.most > 0) {
        let (_lists, page) = kind
            .listed(
                part,
                &entries(list, list.most + 7),
                if list.is_paged { 5 } else { 1 },
            )
            .await;
        kind.succeeds(&page);
        assert_eq!(page.all(part.family).len(), list.most, "{}", part.path);
        let dropped = format!(
            r#"okta_exporter_series_dropped_total{{probe="{}"}}"#,
            kind.kind
        );
        assert!(page.value(&dropped) >= 7.0, "{}", part.path);
    }
}

#[tokio::test]
async fn a_word_that_is_new_is_shown_as_other_and_told_once() {
    for (kind, part, list) in lists().filter(|(_, _, list)| !list.word.is_empty()) {
        let mut entry = (list.entry)("id1", "one");
        *entry.pointer_mut(list.word).unwrap() = "BRAND_NEW".into();
        let lists = Lists::start(kind.parts).await;
        lists.list(part, &[entry], 1);
        let files = tempfile::tempdir().unwrap();
        let file = files.path().join("c.yaml");
        std::fs::write(&file, lists.yaml(&kind.probes())).unwrap();
        let config = format!("--config.file={}", file.display());
        let mut exporter = Program::exporter(&[&config, "--web.listen-address=127.0.0.1:0"], &[]);
        let address = exporter.until("address=").await;
        let url = format!("http://{}", address.split(' ').next().unwrap());
        exporter.until("BRAND_NEW").await;
        lists.until_asked(part, 3).await;
        let page = Scrape::of(&url).await;
        kind.succeeds(&page);
        if !list.other.is_empty() {
            assert!(page.sum(list.other) >= 1.0, "{}: {page}", list.other);
        }
        assert!(!page.to_string().contains("BRAND_NEW"), "{page}");
        let (_, said) = exporter.terminate().await;
        let told = said
            .iter()
            .filter(|line| line.contains("BRAND_NEW"))
            .count();
        assert_eq!(told, 1, "{}: {said:#?}", part.path);
    }
}
