//! Where secrets are looked for: pages, files, reports.

use std::{fs, path::Path, time::Duration};

use tokio::time::sleep;

use super::world::{BEARER, HOOK_SECRET, secrets};
use crate::support::{Leak, SHOWN, Scrape, get};

/// All that was kept, as it stands in the file.
pub fn kept(directory: &Path) -> String {
    let kept = fs::read(directory.join("state.redb")).unwrap();
    let kept = String::from_utf8_lossy(&kept).into_owned();
    assert!(
        kept.contains("jwks") && kept.contains("thumbprint"),
        "what is kept"
    );
    kept
}

/// Looks for secrets on every page.
pub async fn look_through(url: &str, leak: &Leak) {
    for path in SHOWN {
        let text = get(&format!("{url}{path}")).await.text().await.unwrap();
        assert!(text.len() > 100, "{path}: {text}");
        assert_eq!(leak.found(&text), Vec::<String>::new(), "{path}");
    }
}

/// Delivers to a hook, over both versions of HTTP, with its secret and with nearly that.
pub async fn deliver(url: &str) {
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

/// The one-shot report in this form, with what it says besides.
pub async fn report(config: &str, form: &str) -> String {
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

/// Waits until so many probes have run, and the keys of the org that is well are known. It asks on a
/// thread of its own: the orgs' first answers take those of the test for many seconds, and a client
/// that says nothing for ten is let go.
pub async fn all_ran(url: &str, all: usize) {
    let url = url.to_owned();
    let asking = tokio::task::spawn_blocking(move || {
        let mut apart = tokio::runtime::Builder::new_current_thread();
        let apart = apart.enable_all().build().unwrap();
        apart.block_on(until_all_ran(&url, all));
    });
    asking.await.unwrap();
}

async fn until_all_ran(url: &str, all: usize) {
    let ran = |page: &Scrape| {
        let runs = page.all("okta_probe_runs_total").into_iter();
        runs.filter(|runs| *runs >= 1.0).count()
    };
    let known =
        |page: &Scrape| page.get(r#"okta_jwks_keys{org="well",authorization_server="org"}"#);
    loop {
        let page = Scrape::of(url).await;
        if ran(&page) >= all && known(&page).is_some() {
            return;
        }
        sleep(Duration::from_millis(200)).await;
    }
}
