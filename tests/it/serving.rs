mod certificates;
mod clients;
mod demo;
mod judge;
mod process;
mod table;

use std::fs;

use futures_util::{StreamExt, stream};
use okta_exporter::web::{Exempt, Serving};
use reqwest::StatusCode;

use crate::support::{PATIENCE, http};
use clients::{Answer, Cast, Shown, client};
use judge::{NodeExporter, by, ours};
use table::{Judge, Row, rows};

/// How many configurations are tried at a time.
const AT_A_TIME: usize = 6;

/// How a row is asked: by TLS where its file sets that up.
fn url(row: &Row, address: &str) -> String {
    let scheme = if row.yaml.contains("\n  key") || row.yaml.contains("\n  cert: |") {
        "https"
    } else {
        "http"
    };
    format!("{scheme}://{address}/metrics")
}

async fn answers(cast: &Cast, row: &Row, address: &str) -> Vec<Answer> {
    let url = url(row, address);
    let mut answers = Vec::new();
    for (shown, login, _) in &row.asks {
        answers.push(cast.ask(&url, *shown, *login).await);
    }
    answers
}

/// What is wrong with how a row is taken, by us and by its judge.
async fn try_row(cast: &Cast, number: usize, row: &Row) -> Vec<String> {
    let file = cast.write(&format!("{number}.yml"), &row.yaml);
    let expected: Vec<Answer> = row.asks.iter().map(|(_, _, answer)| *answer).collect();
    let mut wrong = Vec::new();
    match ours(&by(&file)).await {
        Ok(_) if !row.starts => wrong.push("ours starts".to_owned()),
        Err(why) if row.starts => wrong.push(format!("ours does not start: {why}")),
        Ok((server, address)) => {
            let answers = answers(cast, row, &address).await;
            if answers != expected {
                wrong.push(format!("ours answers {answers:?}"));
            }
            server.drain().await;
        }
        Err(_) => {}
    }
    let agrees = match NodeExporter::start(&file).await {
        Ok(judge) if row.starts => {
            let answers = answers(cast, row, &judge.address).await;
            judge.program.kill().await;
            if answers == expected {
                Ok(())
            } else {
                Err(format!("node_exporter answers {answers:?}"))
            }
        }
        Ok(_) => Err("node_exporter starts".to_owned()),
        Err(said) if row.starts => Err(format!("node_exporter does not start: {said}")),
        Err(_) => Ok(()),
    };
    match (row.judge, agrees) {
        (Judge::Agrees, Err(how)) => wrong.push(how),
        (Judge::Deviates(why), Ok(())) => wrong.push(format!("there is no deviation: {why}")),
        _ => {}
    }
    let told = |what: String| format!("{what}; expected {expected:?}\n{}", row.yaml);
    wrong.into_iter().map(told).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn web_configurations_are_taken_refused_and_answered_as_node_exporter_does() {
    let cast = Cast::new();
    let read = |file: &str| fs::read_to_string(cast.path().join(file)).unwrap();
    let rows = rows(read);
    assert!(
        rows.len() > 100,
        "the table has lost its rows: {}",
        rows.len()
    );
    let agreed = rows.iter().filter(|row| row.judge == Judge::Agrees);
    assert!(agreed.count() >= 60, "the judge has lost its cases");
    let tried = rows.iter().enumerate();
    let tried = tried.map(|(number, row)| try_row(&cast, number, row));
    let wrong: Vec<Vec<String>> = stream::iter(tried)
        .buffer_unordered(AT_A_TIME)
        .collect()
        .await;
    let wrong = wrong.concat();
    assert!(wrong.is_empty(), "{}", wrong.join("\n\n"));
}

#[test]
fn each_deviation_that_the_table_has_is_told_in_the_documentation() {
    let told = fs::read_to_string("docs/serving.md").unwrap();
    let cast = Cast::new();
    let read = |file: &str| fs::read_to_string(cast.path().join(file)).unwrap();
    for row in rows(read) {
        if let Judge::Deviates(why) = row.judge {
            assert!(told.contains(why), "docs/serving.md does not say: {why}");
        }
    }
}

const TLS: &str = "tls_server_config: { cert_file: server.pem, key_file: server.key }\n";

#[tokio::test]
async fn what_changes_is_in_force_at_the_next_handshake_and_request_and_what_is_broken_heals() {
    let cast = Cast::new();
    let hash = |password: &str| bcrypt::hash(password, 4).unwrap();
    let (first, second) = (hash("first"), hash("second"));
    let users = |hash: &str| format!("basic_auth_users: {{ a: {hash} }}\n");
    let file = cast.write("web.yml", &(TLS.to_owned() + &users(&first)));
    let (_server, address) = ours(&by(&file)).await.unwrap();
    let url = format!("https://{address}/metrics");
    let ask = async |login: &'static str| cast.ask(&url, Shown::Nothing, Some(login)).await;
    let all = async || (ask("a:first").await, ask("a:second").await);
    let (good, bad, gone) = (
        Answer::Status(200),
        Answer::Status(401),
        Answer::NoHandshake,
    );
    assert_eq!(all().await, (good, bad));

    cast.write("web.yml", &(TLS.to_owned() + &users(&second)));
    assert_eq!(all().await, (bad, good));

    // Another certificate in its place, as by a rename, which its own authority's clients alone trust.
    let elsewhere = certificates::Authority::new("A third CA");
    elsewhere.server().write(cast.path(), "new");
    for end in ["pem", "key"] {
        let at = |name: &str| cast.path().join(format!("{name}.{end}"));
        fs::rename(at("server"), at("before")).unwrap();
        fs::rename(at("new"), at("server")).unwrap();
    }
    assert_eq!(all().await, (gone, gone));
    let trusting = client(&elsewhere, None);
    let answer = trusting.get(&url).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);

    // What is broken refuses every handshake, what has lost its TLS never answers without.
    for broken in ["tls_server_config: [\n", "unknown: 1\n", "{}\n", ""] {
        cast.write("web.yml", broken);
        assert!(trusting.get(&url).send().await.is_err(), "{broken}");
        let plain = http().get(format!("http://{address}/metrics")).send().await;
        assert_eq!(plain.unwrap().status(), StatusCode::BAD_REQUEST, "{broken}");
    }
    fs::remove_file(&file).unwrap();
    assert!(trusting.get(&url).send().await.is_err());
    cast.write("web.yml", &(TLS.to_owned() + &users(&second)));
    let answer = trusting.get(&url).basic_auth("a", Some("second"));
    assert_eq!(answer.send().await.unwrap().status(), StatusCode::OK);

    fs::write(cast.path().join("server.key"), "garbage").unwrap();
    assert!(trusting.get(&url).send().await.is_err());
}

#[tokio::test]
async fn over_plain_http_a_broken_file_is_an_error_until_it_heals_and_tls_needs_a_restart() {
    let cast = Cast::new();
    let file = cast.write("web.yml", "");
    let (_server, address) = ours(&by(&file)).await.unwrap();
    let url = format!("http://{address}/-/healthy");
    let ask = async || cast.ask(&url, Shown::Nothing, None).await;
    assert_eq!(ask().await, Answer::Status(200));
    for (text, status) in [
        ("[", 500),
        ("basic_auth_users: { a: x }\n", 401),
        ("basic_auth_users: { a: x, a: y }\n", 500),
        ("http_server_config: { headers: { X-Other: a } }\n", 500),
        ("tls_server_config: { min_version: NONE }\n", 500),
        (TLS, 200),
        ("", 200),
    ] {
        cast.write("web.yml", text);
        assert_eq!(ask().await, Answer::Status(status), "{text}");
    }
    fs::remove_file(&file).unwrap();
    assert_eq!(ask().await, Answer::Status(500));
}

#[tokio::test]
async fn headers_of_the_file_stand_on_every_answer_and_win_over_our_own() {
    let cast = Cast::new();
    let hash = bcrypt::hash("secret", 4).unwrap();
    let yaml = format!(
        "basic_auth_users: {{ a: {hash} }}\nhttp_server_config:\n  headers:\n    X-Frame-Options: sameorigin\n    \
         Strict-Transport-Security: max-age=1\n    Content-Security-Policy: \"default-src\\n 'self'\"\n"
    );
    let file = cast.write("web.yml", &yaml);
    let (_server, address) = ours(&by(&file)).await.unwrap();
    for (path, login, status) in [
        ("/metrics", true, 200),
        ("/none", true, 404),
        ("/metrics", false, 401),
        ("/none", false, 401),
    ] {
        let asked = http().get(format!("http://{address}{path}"));
        let asked = if login {
            asked.basic_auth("a", Some("secret"))
        } else {
            asked
        };
        let answer = asked.send().await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        let headers = answer.headers();
        assert_eq!(headers["x-frame-options"], "sameorigin", "{path}");
        assert_eq!(headers["strict-transport-security"], "max-age=1", "{path}");
        let policy = "default-src  'self'";
        assert_eq!(
            headers["content-security-policy"], policy,
            "a line's end is a blank"
        );
        assert_eq!(headers["x-content-type-options"], "nosniff", "our own");
        if status == 401 {
            assert_eq!(headers["www-authenticate"], "Basic");
            assert_eq!(answer.text().await.unwrap(), "Unauthorized\n");
        }
    }
}

#[tokio::test]
async fn every_path_and_method_needs_a_password_but_those_that_are_exempt() {
    let cast = Cast::new();
    let file = cast.write("web.yml", "basic_auth_users: { a: x }\n");
    // A hash that is none keeps an exporter from starting, and later keeps its user out.
    assert!(ours(&by(&file)).await.is_err());
    let hash = bcrypt::hash("secret", 4).unwrap();
    let users = format!("basic_auth_users: {{ a: {hash} }}\n");
    let file = cast.write("web.yml", &users);
    let paths = [
        "/metrics",
        "/",
        "/none",
        "/config",
        "/api/v1/status",
        "/-/reload",
        "/-/healthy",
        "/-/ready",
        "/hooks/okta/acme",
    ];
    for exempt in [vec![], vec![Exempt::Health], vec![Exempt::Hooks]] {
        let serving = Serving {
            auth_exempt: exempt.clone(),
            ..by(&file)
        };
        let (_server, address) = ours(&serving).await.unwrap();
        for path in paths {
            for method in ["GET", "POST", "OPTIONS", "OTHER"] {
                let method = method.parse().unwrap();
                let asked = http().request(method, format!("http://{address}{path}"));
                let status = asked.send().await.unwrap().status();
                let open = (path.ends_with("healthy") || path.ends_with("ready"))
                    && exempt.contains(&Exempt::Health)
                    || path.starts_with("/hooks") && exempt.contains(&Exempt::Hooks);
                let asks_for_it = status == StatusCode::UNAUTHORIZED;
                assert_eq!(asks_for_it, !open, "{path} {status} {exempt:?}");
            }
        }
    }
}

#[tokio::test]
async fn a_prefix_stands_before_every_path() {
    let serving = Serving {
        route_prefix: "/okta".to_owned(),
        ..Serving::default()
    };
    let (_server, address) = ours(&serving).await.unwrap();
    let client = reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .unwrap();
    for (path, status) in [
        ("/okta/metrics", 200),
        ("/okta/", 200),
        ("/okta/-/healthy", 200),
        ("/okta/config", 200),
        ("/okta/none", 404),
        ("/okta", 307),
        ("/", 307),
        ("/metrics", 404),
        ("/-/healthy", 404),
        ("/oktametrics", 404),
    ] {
        let answer = client.get(format!("http://{address}{path}")).send();
        let answer = answer.await.unwrap();
        assert_eq!(answer.status(), status, "{path}");
        if status == 307 {
            assert_eq!(answer.headers()["location"], "/okta/");
        }
    }
    let lost = client.get(format!("http://{address}/okta/none"));
    let lost = lost.send().await.unwrap().text().await.unwrap();
    assert!(lost.contains("/okta/metrics"), "{lost}");
    let page = client.get(format!("http://{address}/okta/metrics"));
    let page = page.send().await.unwrap().text().await.unwrap();
    let counted = r#"okta_exporter_http_requests_total{handler="/-/healthy",code="200"} 1"#;
    assert!(page.contains(counted), "{page}");
}

#[tokio::test]
async fn scrapes_beyond_the_limit_are_told_to_come_back() {
    let serving = Serving {
        max_requests: 1,
        ..Serving::default()
    };
    let (_server, address) = ours(&serving).await.unwrap();
    let url = format!("http://{address}/metrics");
    let (client, mut refused, mut answered) = (http(), None, false);
    let trying = async {
        while refused.is_none() || !answered {
            let asked = (0..16).map(|_| client.get(&url).send());
            for answer in futures_util::future::join_all(asked).await {
                let answer = answer.unwrap();
                match answer.status() {
                    StatusCode::SERVICE_UNAVAILABLE => refused = Some(answer),
                    status => answered |= status == StatusCode::OK,
                }
            }
        }
        refused.unwrap()
    };
    let refused = tokio::time::timeout(PATIENCE, trying).await;
    let refused = refused.expect("none is refused");
    assert_eq!(refused.headers()["retry-after"], "1");
    for path in ["/-/healthy", "/"] {
        let answer = http().get(format!("http://{address}{path}")).send().await;
        assert_eq!(answer.unwrap().status(), StatusCode::OK);
    }
}

#[tokio::test]
async fn as_many_as_come_are_answered_where_there_is_no_limit() {
    for max_requests in [0, usize::MAX] {
        let serving = Serving {
            max_requests,
            ..Serving::default()
        };
        let (_server, address) = ours(&serving).await.unwrap();
        let url = format!("http://{address}/metrics");
        let asked = (0..50).map(|_| http().get(&url).send());
        for answer in futures_util::future::join_all(asked).await {
            assert_eq!(answer.unwrap().status(), StatusCode::OK);
        }
    }
}
