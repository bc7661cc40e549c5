//! A listener asked by real clients: what is under way when it stops, and clients that stall.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use super::{Bounds, Clients, Listener};

const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
const PATIENCE: Duration = Duration::from_secs(30);

/// A router whose answer waits for `go`, after it has told `asked`.
fn waiting(asked: &Arc<Notify>, go: &Arc<Notify>) -> Router {
    let (asked, go) = (Arc::clone(asked), Arc::clone(go));
    let answer = async move || {
        asked.notify_one();
        go.notified().await;
        "done"
    };
    Router::new().route("/", get(answer))
}

async fn ask(listener: &Listener) -> TcpStream {
    let mut stream = TcpStream::connect(listener.address()).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    stream
}

#[tokio::test]
async fn draining_answers_what_is_under_way_and_closes_the_port() {
    let (asked, go) = <(Arc<Notify>, Arc<Notify>)>::default();
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let (address, mut stream) = (listener.address(), ask(&listener).await);
    let server = listener.serve(waiting(&asked, &go));
    asked.notified().await;
    let drained = tokio::spawn(server.drain(PATIENCE));
    while TcpStream::connect(address).await.is_ok() {
        tokio::task::yield_now().await;
    }
    go.notify_one();
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    assert!(text.ends_with("done"), "{text}");
    assert!(drained.await.unwrap());
}

#[tokio::test]
async fn what_is_not_answered_in_time_is_cut() {
    let (asked, go) = <(Arc<Notify>, Arc<Notify>)>::default();
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let mut stream = ask(&listener).await;
    let server = listener.serve(waiting(&asked, &go));
    asked.notified().await;
    assert!(!server.drain(Duration::ZERO).await);
    let mut text = String::new();
    drop(stream.read_to_string(&mut text).await);
    assert_eq!(text, "");
}

const NEVER: Duration = Duration::MAX;
const SOON: Duration = Duration::from_millis(50);

/// A listener that answers at once, with these bounds.
async fn bounded(most: usize, [first_request, next_request]: [Duration; 2]) -> (Listener, Clients) {
    let clients = Clients::new(Bounds {
        most,
        first_request,
        next_request,
    });
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    (listener.admitting(clients.clone()), clients)
}

fn at_once() -> Router {
    Router::new().route("/", get(async || "done"))
}

/// What comes until the other side closes.
async fn heard(mut stream: TcpStream) -> String {
    let mut text = Vec::new();
    let reading = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut text));
    drop(reading.await.expect("it is not closed"));
    String::from_utf8_lossy(&text).into_owned()
}

#[tokio::test]
async fn a_client_that_does_not_send_its_request_in_time_is_let_go() {
    let first = [SOON, NEVER];
    let next = [NEVER, SOON];
    for (said, bounds, answered) in [
        (&b""[..], first, false),
        (b"GET / HTTP/1.1\r\nHost: loc", first, false),
        (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", first, false),
        (b"GET / HTTP/1.1\r\nHost: it\r\n\r\n", next, true),
        (b"GET / HTTP/1.1\r\nHost: it\r\n\r\nGET", next, true),
    ] {
        let (listener, clients) = bounded(9, bounds).await;
        let mut stream = TcpStream::connect(listener.address()).await.unwrap();
        let _server = listener.serve(at_once());
        stream.write_all(said).await.unwrap();
        assert_eq!(heard(stream).await.ends_with("done"), answered);
        assert_eq!(clients.displaced(), 0, "each had room");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_its_answer_is_not_silent() {
    let (asked, go) = <(Arc<Notify>, Arc<Notify>)>::default();
    let (listener, _) = bounded(2, [SOON, SOON]).await;
    let stream = ask(&listener).await;
    let (address, _server) = (listener.address(), listener.serve(waiting(&asked, &go)));
    asked.notified().await;
    // Longer than any client may be silent, by those who are; and they leave their places to others.
    for _ in 0..5 {
        assert_eq!(heard(TcpStream::connect(address).await.unwrap()).await, "");
    }
    go.notify_one();
    assert!(heard(stream).await.ends_with("done"));
}

#[tokio::test]
async fn where_there_is_no_room_the_longest_silence_ends() {
    let (listener, clients) = bounded(3, [NEVER, NEVER]).await;
    let address = listener.address();
    let _server = listener.serve(at_once());
    let mut silent = Vec::new();
    for _ in 0..50 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    let mut asking = TcpStream::connect(address).await.unwrap();
    asking.write_all(REQUEST).await.unwrap();
    assert!(heard(asking).await.ends_with("done"));
    for stream in silent.drain(..48) {
        assert_eq!(heard(stream).await, "");
    }
    assert_eq!(clients.displaced(), 48);
}

#[tokio::test]
async fn where_there_is_no_ipv6_it_listens_over_ipv4_and_says_why() {
    // An address that no machine has: it stands for documentation.
    let listener = Listener::bind_or("[2001:db8::1]:0", Some("127.0.0.1:0"));
    let listener = listener.await.unwrap();
    assert!(listener.address().is_ipv4());
    assert!(listener.fell_back().is_some());
    // A port that somebody holds is held for both.
    let taken = listener.address().to_string();
    let refused = Listener::bind_or(&taken, Some("127.0.0.1:0")).await;
    assert_eq!(refused.err().unwrap().kind(), std::io::ErrorKind::AddrInUse);
    let both = Listener::bind("[::]:0").await.unwrap();
    assert_eq!(both.fell_back().is_none(), both.address().is_ipv6());
}
