//! Lookups that hang, and what lets them and files hang.

use std::time::Duration;

use tokio::{process::Command, time::Instant};

use super::{AT_ONCE, Started, acme, org, quick};

/// What stands in the way of the C library's own calls: lookups hang, and so does a file where there
/// is another beside it with `.hangs` after its name.
const HANGING: &str = r#"
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <netdb.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

int getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **found) {
    sleep(300);
    return EAI_AGAIN;
}

int open64(const char *path, int flags, ...) {
    char beside[4096];
    va_list more;
    va_start(more, flags);
    int mode = va_arg(more, int);
    va_end(more);
    snprintf(beside, sizeof beside, "%s.hangs", path);
    if (access(beside, F_OK) == 0) sleep(300);
    int (*next)(const char *, int, ...) = dlsym(RTLD_NEXT, "open64");
    return next(path, flags, mode);
}
"#;

/// Builds that, and returns what lets a program started by a shell meet it.
pub async fn hanging(files: &tempfile::TempDir) -> String {
    let [source, library] = ["hanging.c", "hanging.so"].map(|name| files.path().join(name));
    std::fs::write(&source, HANGING).unwrap();
    let mut compiler = Command::new("cc");
    compiler.args(["-shared", "-fPIC", "-o"]);
    let built = compiler.arg(&library).arg(&source).arg("-ldl").status();
    assert!(built.await.unwrap().success(), "`cc` links Rust as well");
    format!("export LD_PRELOAD={}", library.display())
}

#[tokio::test]
async fn lookups_that_hang_do_not_keep_it_from_ending() {
    let okta = org().await;
    let files = tempfile::tempdir().unwrap();
    let before = hanging(&files).await;
    let lost = quick("lost", "https://lost.okta.com", "https://lost.okta.com");
    let yaml = format!("{}{lost}", acme(&okta));
    let exporter = Started::with(&before, &yaml, &[]).await;
    let hung = r#"okta_probe_failures_total{org="lost",probe="discovery",reason="timeout"}"#;
    let page = exporter.until(|page| page.value(hung) >= 1.0).await;
    assert_eq!(page.value(r#"okta_org_up{org="acme"}"#), 1.0);
    let told = Instant::now();
    let (status, said) = exporter.program.terminate().await;
    assert!(status.success(), "{status}");
    assert!(
        said.concat().contains("stopped"),
        "its last lines are written"
    );
    assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
}

#[tokio::test]
async fn lookups_that_hang_take_no_thread_that_pages_and_secrets_need() {
    let okta = org().await;
    let files = tempfile::tempdir().unwrap();
    let before = hanging(&files).await;
    let probes = "{ discovery: { interval: 2s, timeout: 2s } }";
    let lost = (0..200)
        .map(|n| format!("  lost{n}: {{ url: 'https://lost{n}.okta.com', probes: {probes} }}\n"));
    let yaml = acme(&okta).replace("500ms", "3s") + &lost.collect::<String>();
    let exporter = Started::with(&before, &yaml, &[]).await;
    // Each is one lookup that hangs: more than there are threads (512).
    let hung = r#"okta_probe_failures_total{probe="discovery",reason="timeout"}"#;
    let page = exporter.until(|page| page.sum(hung) >= 600.0).await;
    let of_acme =
        |name: &str, more: &str| format!(r#"{name}{{org="acme",probe="endpoint/users"{more}}}"#);
    let (runs, well) = (
        of_acme("okta_probe_runs_total", ""),
        of_acme("okta_probe_success", ""),
    );
    let unread = of_acme("okta_probe_failures_total", r#",reason="config""#);
    let came = page.value(&runs) + 3.0;
    let mut took = Vec::new();
    loop {
        let asked = Instant::now();
        let page = exporter.scrape().await;
        took.push(asked.elapsed());
        assert_eq!(page.value(&unread), 0.0, "its secret was not read");
        if page.value(&runs) >= came && page.value(&well) == 1.0 {
            break;
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    took.sort();
    assert!(took[took.len() / 2] < AT_ONCE, "{took:?}");
}
