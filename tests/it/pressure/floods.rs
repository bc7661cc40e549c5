//! Orgs that send without end.

use std::time::Duration;

use tokio::time::Instant;

use super::{AT_ONCE, Started, acme, org, quick};
use crate::support::{PATIENCE, Scrape};

/// A server that answers each request with this, again and again, as fast as it is taken. Its threads are
/// its own: a runtime would be busy with nothing else.
fn flood(unit: &'static [u8]) -> String {
    use std::io::{Read as _, Write as _};
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let many = unit.repeat(1 + 65_536 / unit.len());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (mut stream, many) = (stream.unwrap(), many.clone());
            std::thread::spawn(move || {
                if stream.read(&mut [0; 4096]).is_ok() {
                    while stream.write_all(&many).is_ok() {}
                }
            });
        }
    });
    url
}

#[tokio::test]
async fn orgs_that_flood_leave_the_one_that_does_not_on_time_and_metrics_answered() {
    let okta = org().await;
    let mut yaml = acme(&okta);
    for n in 0..4 {
        let url = flood(b"HTTP/1.1 100 Continue\r\n\r\n");
        yaml += &quick(&format!("flood{n}"), &url, &url).replace("500ms", "5s");
    }
    let exporter = Started::with("true", &yaml, &[]).await;
    let last = |page: &Scrape, probe: &str| {
        page.get(&format!(
            r#"okta_probe_last_success_timestamp_seconds{{org="acme",probe="{probe}"}}"#
        ))
    };
    let both = |page: &Scrape| Some(last(page, "discovery")?.min(last(page, "endpoint/users")?));
    let told = |page: &Scrape| {
        (0..4).all(|n| {
            let failed = format!(
                r#"okta_probe_failures_total{{org="flood{n}",probe="discovery",reason="too_large"}}"#
            );
            page.value(&failed) >= 3.0
        })
    };
    exporter.until(|page| both(page).is_some()).await;
    let (begun, mut took) = (Instant::now(), Vec::new());
    loop {
        let asked = Instant::now();
        let page = exporter.scrape().await;
        took.push(asked.elapsed());
        let now = jiff::Timestamp::now().as_millisecond() as f64 / 1e3;
        let late = now - both(&page).unwrap();
        assert!(late < 30.0, "left alone for {late} s");
        if told(&page) {
            break;
        }
        assert!(begun.elapsed() < PATIENCE, "{page}");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    took.sort();
    assert!(took[took.len() / 2] < AT_ONCE, "{took:?}");
    let told = Instant::now();
    let (status, _) = exporter.program.terminate().await;
    assert!(status.success(), "{status}");
    assert!(told.elapsed() < AT_ONCE, "{:?}", told.elapsed());
}
