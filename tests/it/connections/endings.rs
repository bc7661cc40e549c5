//! A kept connection that ends as it is used.

use std::sync::{Arc, Mutex};

use base64::Engine;
use tokio::{
    io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader},
    net::{TcpListener, TcpStream},
};

use crate::support::{Exporter, ServiceApp, USERS};

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
