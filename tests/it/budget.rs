use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use okta_exporter::{
    okta::LimitKind,
    sim::{ApiToken, Application, Org, Pattern, Principal, RateLimitBucket},
    units::Share,
};

use crate::support::{
    API_TOKEN, Exporter, Scrape, get, json,
    virtual_okta::{Circumstances, START, VirtualOkta, VirtualProbe},
};

/// How far Okta's clock is ahead, in milliseconds.
const AHEAD: i64 = 1_300;

fn keeper(name: &'static str, bucket: &'static str, seconds: u64) -> VirtualProbe {
    VirtualProbe {
        name,
        bucket,
        interval: Duration::from_secs(seconds),
        aims: false,
        requests: 1,
        tries: false,
    }
}

fn aimed(name: &'static str, bucket: &'static str) -> VirtualProbe {
    VirtualProbe {
        aims: true,
        ..keeper(name, bucket, 60)
    }
}

/// What Okta counted.
#[derive(Default)]
struct Counted {
    buckets: BTreeMap<&'static str, RateLimitBucket>,
    /// How many requests fell into each window.
    spent: BTreeMap<(String, i64), u32>,
    refused: u32,
}

#[tokio::test(start_paused = true)]
async fn no_mix_of_probes_spends_more_of_any_window_than_the_budget_and_none_meets_a_429() {
    an_hour_of_a_mix_of_probes(0).await;
}

#[tokio::test(start_paused = true)]
async fn nor_does_it_where_the_clock_is_set_forward_or_back() {
    for hours in [1, -1, 24, -24] {
        an_hour_of_a_mix_of_probes(hours).await;
    }
}

#[tokio::test(start_paused = true)]
async fn where_one_request_is_all_that_may_be_sent_each_has_its_share_and_none_is_overdue() {
    let bucket = RateLimitBucket::new(20, Duration::from_mins(1));
    for hours in [0, 1, -1, 24, -24] {
        let mut bucket = bucket.clone();
        let answer = move |_: &str, at: i64| {
            bucket.take(jiff::Timestamp::from_millisecond(START + at).unwrap())
        };
        let okta = VirtualOkta::new(7, |_| AHEAD, Box::new(answer));
        let stops = [
            okta.keep(aimed("aimed", "/api/v1*"), Duration::from_secs(5)),
            okta.keep(keeper("often", "/api/v1*", 60), Duration::ZERO),
        ];
        tokio::time::sleep(Duration::from_mins(30)).await;
        okta.clock().step(jiff::SignedDuration::from_hours(hours));
        tokio::time::sleep(Duration::from_mins(30)).await;
        let page = Scrape::parse(okta.page());
        let made = |api: &str| page.sum(&format!(r#"okta_requests_total{{api="{api}"}}"#));
        let counts = [made("aimed"), made("often")];
        assert!(
            counts.iter().all(|count| *count >= 19.0),
            "{hours}: {counts:?}"
        );
        assert_eq!(page.sum("okta_probe_overdue"), 0.0, "{hours}");
        for stop in stops {
            stop.cancel();
        }
    }
}

/// Probes that do not aim.
const PLAIN: [&str; 20] = [
    "a", "b", "c", "d", "e", "f", "g", "h", "i", "j", "k", "l", "m", "n", "o", "p", "q", "r", "s",
    "t",
];

#[tokio::test(start_paused = true)]
async fn who_aims_sees_every_other_windows_end_however_many_wait_for_the_one_request() {
    for (aiming, interval, length) in [(1, 60, 60), (3, 60, 60), (1, 5, 60), (1, 600, 300)] {
        let window = Duration::from_secs(length);
        let ends = Arc::new(Mutex::new(0_u32));
        let (seen, mut opened) = (Arc::clone(&ends), 0);
        let mut bucket = RateLimitBucket::new(20, window);
        let answer = move |_: &str, at: i64| {
            let moment = |at| jiff::Timestamp::from_millisecond(START + at).unwrap();
            // Others open a window as soon as one is over.
            while opened < at {
                let (Ok(_) | Err(_)) = bucket.take(moment(opened));
                opened += i64::try_from(window.as_millis()).unwrap();
            }
            let answered = bucket.take(moment(at));
            let (Ok(headers) | Err(headers)) = answered;
            let left = headers.reset * 1_000 - (START + at);
            *seen.lock().unwrap() += u32::from(left < 2_000);
            answered
        };
        let okta = VirtualOkta::new(7, |_| AHEAD, Box::new(answer));
        let aims = ["x", "y", "z"].map(|name| aimed(name, "/api/v1*"));
        let plain = PLAIN.map(|name| keeper(name, "/api/v1*", interval));
        let first = aims[0].clone();
        let aims = aims.into_iter().take(aiming);
        for (number, probe) in (0..).zip(plain.into_iter().chain(aims)) {
            okta.keep(probe, Duration::from_millis(50) * number);
        }
        let sum = |series: &str| Scrape::parse(okta.page()).sum(series);
        let made = |api: &str| sum(&format!(r#"okta_requests_total{{api="{api}"}}"#));
        while okta.heard(&first).is_none() {
            tokio::time::sleep(Duration::from_secs(1)).await;
        }
        // It has just run, however long it waited for that, and is not late.
        let late = r#"okta_probe_failures_total{probe="endpoint/x",reason="budget"}"#;
        let so_far = sum(late);
        tokio::time::sleep(Duration::from_secs(50)).await;
        assert_eq!(sum(late), so_far, "{aiming} aim, {interval}");
        // Each has its first turn.
        tokio::time::sleep(window * 8).await;
        let counts = || (PLAIN.map(made), ["x", "y", "z"].map(made));
        let (before, ends_before) = (counts(), *ends.lock().unwrap());
        tokio::time::sleep(window * 60).await;
        let (after, ends) = (counts(), *ends.lock().unwrap() - ends_before);
        let told = format!("{aiming} aim, {interval}: {ends} ends, {before:?}, {after:?}");
        assert!((28..=31).contains(&ends), "{told}");
        let more = |after: &[f64], before: &[f64]| -> Vec<f64> {
            after
                .iter()
                .zip(before)
                .map(|(after, before)| after - before)
                .collect()
        };
        let plain = more(&after.0, &before.0);
        assert!(
            plain.iter().all(|more| (1.0..=2.0).contains(more)),
            "{told}"
        );
        let aims = more(&after.1[..aiming], &before.1);
        let share = 30.0 / aims.len() as f64;
        assert!(
            aims.iter().all(|more| (more - share).abs() <= 2.0),
            "{told}"
        );
    }
}

/// An org with plenty of room, where what is asked is refused so.
fn refusing(status: u16) -> Arc<VirtualOkta> {
    let mut bucket = RateLimitBucket::new(600, Duration::from_mins(1));
    let answer =
        move |_: &str, at: i64| bucket.take(jiff::Timestamp::from_millisecond(START + at).unwrap());
    VirtualOkta::under(Circumstances {
        seed: 7,
        budget: Share::TWENTIETH,
        ahead: Box::new(|_| AHEAD),
        answer: Box::new(answer),
        weather: Box::new(move |charge, reply| {
            if let Some(meta) = reply.meta.as_mut().filter(|_| charge.api == "refused") {
                meta.status = status;
                meta.limited = (status == 429).then_some(LimitKind::Limit);
            }
        }),
    })
}

#[tokio::test(start_paused = true)]
async fn who_aims_and_stays_away_on_purpose_is_not_overdue() {
    for (status, reason, beside) in [
        (403, "forbidden", false),
        (403, "forbidden", true),
        (429, "rate_limited", false),
        (429, "rate_limited", true),
    ] {
        let okta = refusing(status);
        okta.keep(aimed("refused", "/api/v1*"), Duration::ZERO);
        if beside {
            okta.keep(aimed("other", "/api/v1*"), Duration::from_secs(1));
        }
        for minute in 0..120 {
            tokio::time::sleep(Duration::from_mins(1)).await;
            let page = Scrape::parse(okta.page());
            let overdue = page.sum("okta_probe_overdue");
            assert_eq!(overdue, 0.0, "{status}, after {minute} minutes\n{page}");
        }
        let page = Scrape::parse(okta.page());
        let failed = format!(r#"okta_probe_failures_total{{reason="{reason}"}}"#);
        let failed = page.sum(&failed);
        // A 403 keeps it away for ten intervals, a 429 until the window is over.
        let fits = match status {
            403 => (10.0..=13.0).contains(&failed),
            _ => failed >= 30.0,
        };
        assert!(fits, "{status}: {failed}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_lone_probe_with_one_request_a_window_waits_a_moment_and_never_fails() {
    let mut bucket = RateLimitBucket::new(20, Duration::from_mins(1));
    let answer =
        move |_: &str, at: i64| bucket.take(jiff::Timestamp::from_millisecond(START + at).unwrap());
    let okta = VirtualOkta::new(7, |_| AHEAD, Box::new(answer));
    okta.keep(keeper("lone", "/api/v1*", 60), Duration::ZERO);
    tokio::time::sleep(Duration::from_hours(1)).await;
    let page = Scrape::parse(okta.page());
    assert!(page.sum("okta_requests_total") >= 57.0, "{page}");
    assert_eq!(page.sum("okta_probe_failures_total"), 0.0, "{page}");
}

async fn an_hour_of_a_mix_of_probes(hours: i64) {
    let limits = [
        ("/api/v1/users", 300, 60),
        ("/api/v1/apps*", 10, 60),
        ("/api/v1*", 50, 60),
        ("/api/v1/logs", 60, 60),
        ("/oauth2/v1*", 40, 10),
        ("/otp", 5, 300),
    ];
    let buckets = limits.map(|(name, limit, seconds)| {
        let length = Duration::from_secs(seconds);
        (name, RateLimitBucket::new(limit, length))
    });
    let counted = Arc::new(Mutex::new(Counted {
        buckets: buckets.into(),
        ..Counted::default()
    }));
    let counting = Arc::clone(&counted);
    let answer = move |bucket: &str, at: i64| {
        let mut counted = counting.lock().unwrap();
        let at = jiff::Timestamp::from_millisecond(START + at).unwrap();
        let answered = counted.buckets.get_mut(bucket).unwrap().take(at);
        let (Ok(headers) | Err(headers)) = answered;
        let window = (bucket.to_owned(), headers.reset);
        *counted.spent.entry(window).or_default() += 1;
        counted.refused += u32::from(answered.is_err());
        answered
    };
    let okta = VirtualOkta::new(7_919, |_| AHEAD, Box::new(answer));
    let inventory = |name, bucket, requests| VirtualProbe {
        requests,
        ..keeper(name, bucket, 600)
    };
    let probes = [
        aimed("users", "/api/v1/users"),
        aimed("users-too", "/api/v1/users"),
        keeper("users-often", "/api/v1/users", 5),
        aimed("apps", "/api/v1/apps*"),
        inventory("certificates", "/api/v1/apps*", 12),
        aimed("org", "/api/v1*"),
        inventory("integrations", "/api/v1*", 3),
        inventory("api_tokens", "/api/v1*", 1),
        keeper("eager", "/api/v1*", 1),
        keeper("system_log", "/api/v1/logs", 10),
        aimed("logs", "/api/v1/logs"),
        keeper("introspect", "/oauth2/v1*", 3),
        aimed("revoke", "/oauth2/v1*"),
        aimed("otp", "/otp"),
    ];
    for (number, probe) in (0..).zip(probes) {
        okta.keep(probe, Duration::from_millis(50) * number);
    }
    tokio::time::sleep(Duration::from_mins(20)).await;
    okta.clock().step(jiff::SignedDuration::from_hours(hours));
    tokio::time::sleep(Duration::from_mins(40)).await;

    let counted = counted.lock().unwrap();
    for ((bucket, reset), spent) in &counted.spent {
        let (_, limit, _) = limits.iter().find(|(name, ..)| name == bucket).unwrap();
        let allowed = (limit / 20).max(1);
        assert!(
            *spent <= allowed,
            "{bucket}: {spent} of {allowed} in the window that ends at {reset}"
        );
    }
    assert_eq!(counted.refused, 0);
    let page = Scrape::parse(okta.page());
    // The budget bit, and what it left was used: nobody starved.
    assert!(page.sum(r#"okta_probe_failures_total{reason="budget"}"#) > 0.0);
    let made = |api: &str| page.sum(&format!(r#"okta_requests_total{{api="{api}"}}"#));
    let users = made("users") + made("users-too");
    assert!(
        (58.0..=64.0).contains(&users),
        "one sample of each window, by turns: {users}"
    );
    assert!((made("users") - made("users-too")).abs() <= 2.0);
    assert!(made("org") >= 50.0, "{}", made("org"));
    assert!(made("certificates") >= 12.0, "{}", made("certificates"));
    // One request for each window of five minutes, and a window only where a request opens one.
    assert!(made("otp") >= 5.0, "{}", made("otp"));
}

#[tokio::test]
async fn what_the_budget_does_not_allow_is_left_out_and_explained() {
    let okta = Org::new("acme")
        .limit("/api/v1/users", 40)
        .window(Duration::from_hours(1))
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let url = okta.url();
    let probes = ["one", "two"].map(|name| {
        format!(
            "{name}: {{ path: /api/v1/users, credential: monitor, sampling: interval, interval: 1s, timeout: 1s }}"
        )
    });
    let exporter = Exporter::start(&format!(
        "status_pages: {{}}\norgs: {{ acme: {{ url: '{url}', credentials: {{ monitor: {{ api_token: {API_TOKEN} }} }}, probes: {{ endpoint: {{ {} }} }} }} }}",
        probes.join(", ")
    ))
    .await;
    let left_out = r#"okta_probe_failures_total{reason="budget"}"#;
    // A token sees half of 40, of which a twentieth is one request.
    let page = exporter.until(|page| page.sum(left_out) >= 2.0).await;
    assert_eq!(okta.controls().request_count(), 1);
    let of_users = r#"{org="acme",credential="monitor",bucket="/api/v1/users"}"#;
    assert_eq!(
        page.value(&format!("okta_exporter_budget_ratio{of_users}")),
        1.0
    );
    let html = get(exporter.url()).await.text().await.unwrap();
    assert!(
        html.contains("the one request that the budget allows"),
        "{html}"
    );
    assert!(html.contains("raise <code>budget</code>"), "{html}");
}

#[tokio::test]
async fn one_look_at_the_end_of_a_window_sees_what_was_used_in_it() {
    let window = Duration::from_secs(6);
    let okta = Org::new("acme")
        .limit("/api/v1/users", 200)
        .window(window)
        .api_token(ApiToken::new("monitor", API_TOKEN))
        .start()
        .await
        .unwrap();
    let application = Application::new(
        Principal::new("monitor"),
        "/api/v1/users",
        Pattern::Steady(900),
    );
    okta.controls().run(application);
    let probes = "{ endpoint: { users: { path: /api/v1/users, credential: monitor, interval: 5s, timeout: 5s } } }";
    let exporter = Exporter::watch(&okta, probes).await;
    let of = |family: &str| format!(r#"okta_rate_limit_{family}{{api="users"}}"#);
    let hot = |page: &Scrape| page.get(&of("window_usage_ratio")) >= Some(0.75);
    let seen = |page: &Scrape| page.get(&of("windows_total")) >= Some(3.0);
    let page = exporter.until(|page| hot(page) && seen(page)).await;
    assert!(page.value(&of("window_phase_ratio")) >= 0.6, "{page}");
    assert!(page.value(&of("consumed_requests_total")) >= 75.0, "{page}");
    assert_eq!(page.value(&of("windows_exhausted_total")), 0.0);
    assert!(page.value("okta_rate_limit_guard_seconds") > 0.0);
    let own = page.value("okta_rate_limit_own_requests_total");
    assert!(
        own <= 3.0 * page.value(&of("windows_total")) + 3.0,
        "{page}"
    );
    let status = json(&format!("{}/api/v1/status", exporter.url())).await;
    let limit = &status["orgs"][0]["limits"][0];
    assert!(
        limit["next_sample"].is_string() && limit["next_sample_is"].is_string(),
        "{limit}"
    );
}
