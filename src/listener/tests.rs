//! A listener asked by real clients: what is under way when it stops, and clients that stall.

use std::{sync::Arc, time::Duration};

use axum::{Router, routing::get};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use super::Listener;

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
