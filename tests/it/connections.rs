mod certificates;
mod endings;

use std::{sync::Arc, time::Duration};

use futures_util::future::join_all;
use okta_exporter::{
    okta::{Client, Failure, Phase, Proxies, Request, Response, Session, TlsSetup},
    sim::{Fault, Org, Running, Tls},
};
use tokio::{
    io::copy_bidirectional,
    net::{TcpListener, TcpStream},
    sync::watch,
    task::JoinHandle,
};

use crate::support::PATIENCE;

const METADATA: &str = "/.well-known/openid-configuration";

/// A simulated org with TLS, and a client that trusts it.
async fn org() -> (Running, Client) {
    let okta = Org::new("acme").tls(Tls::new()).start().await.unwrap();
    let client = client(&okta, okta.url());
    (okta, client)
}

fn client(okta: &Running, url: &str) -> Client {
    let files = tempfile::tempdir().unwrap();
    let ca = files.path().join("ca.pem");
    std::fs::write(&ca, okta.ca_pem().unwrap()).unwrap();
    Client::new(
        &url.parse().unwrap(),
        &TlsSetup::new(Some(&ca)).unwrap(),
        &Proxies::default(),
    )
    .unwrap()
}

/// Asks as a probe would, beside others.
fn ask(
    client: &Client,
    request: Request<'static>,
    timeout: Duration,
) -> JoinHandle<Result<Response, Failure>> {
    let client = client.clone();
    tokio::spawn(async move { Session::new(&client, timeout).ask(request).await })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn requests_made_at_once_share_one_connection() {
    let (okta, client) = org().await;
    let metadata = || Request::get("metadata", METADATA);
    for round in 1..=2 {
        let asked = (0..12).map(|_| ask(&client, metadata(), PATIENCE));
        for answer in join_all(asked).await {
            answer.unwrap().unwrap();
        }
        assert_eq!(okta.controls().connection_count(), 1, "round {round}");
    }
    let anew = ask(&client, metadata().over_new_connection(), PATIENCE);
    anew.await.unwrap().unwrap();
    assert_eq!(okta.controls().connection_count(), 2);
}

#[tokio::test]
async fn a_request_without_an_answer_holds_others_only_while_it_connects() {
    let (okta, client) = org().await;
    okta.controls().fault("/oauth2", Fault::stall_forever());
    let stalled = ask(
        &client,
        Request::get("keys", "/oauth2/v1/keys"),
        Duration::from_hours(1),
    );
    okta.controls().until_asked("/oauth2/v1/keys", 1).await;
    ask(&client, Request::get("metadata", METADATA), PATIENCE)
        .await
        .unwrap()
        .unwrap();
    assert!(!stalled.is_finished());
    assert_eq!(okta.controls().connection_count(), 1);
}

#[tokio::test]
async fn where_nobody_shakes_hands_each_request_fails_in_its_own_time() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", silent.local_addr().unwrap());
    let client = Client::new(
        &url.parse().unwrap(),
        &TlsSetup::new(None).unwrap(),
        &Proxies::default(),
    )
    .unwrap();
    let timeout = Duration::from_millis(200);
    let asked = (0..4).map(|_| ask(&client, Request::get("metadata", METADATA), timeout));
    for answer in join_all(asked).await {
        let failure = answer.unwrap().unwrap_err();
        let phase = Phase::Connect;
        assert_eq!(
            failure,
            Failure::Timeout {
                phase,
                after: timeout,
                proxy: None,
            }
        );
    }
}

#[tokio::test]
async fn a_connection_of_its_own_is_closed_once_it_was_used() {
    let (okta, _) = org().await;
    let between = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}", between.local_addr().unwrap());
    let target = okta.url().strip_prefix("https://").unwrap().to_owned();
    let (open, mut opened) = watch::channel((0_u32, 0_u32));
    let open = Arc::new(open);
    tokio::spawn(async move {
        loop {
            let (mut near, _) = between.accept().await.unwrap();
            let mut far = TcpStream::connect(&target).await.unwrap();
            open.send_modify(|(opened, _)| *opened += 1);
            let open = Arc::clone(&open);
            tokio::spawn(async move {
                drop(copy_bidirectional(&mut near, &mut far).await);
                open.send_modify(|(_, closed)| *closed += 1);
            });
        }
    });
    let client = client(&okta, &url);
    let request = Request::get("metadata", METADATA).over_new_connection();
    ask(&client, request, PATIENCE).await.unwrap().unwrap();
    let closed = opened.wait_for(|counts| *counts == (1, 1));
    let closed = tokio::time::timeout(PATIENCE, closed).await;
    closed.expect("it is kept open").unwrap();
}
