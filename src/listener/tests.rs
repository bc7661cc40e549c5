//! A listener asked by real clients: what is under way when it stops, and clients that stall.

use std::{net::SocketAddr, sync::Arc, time::Duration};

use axum::{
    Router,
    routing::{get, post},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::Notify,
};

use super::{Bounds, Clients, Listener, Socket, TlsConfigs};

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

fn port(listener: &Listener) -> SocketAddr {
    listener.address().tcp().unwrap()
}

async fn ask(listener: &Listener) -> TcpStream {
    let mut stream = TcpStream::connect(port(listener)).await.unwrap();
    stream.write_all(REQUEST).await.unwrap();
    stream
}

#[tokio::test]
async fn draining_answers_what_is_under_way_and_closes_the_port() {
    let (asked, go) = <(Arc<Notify>, Arc<Notify>)>::default();
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let (address, mut stream) = (port(&listener), ask(&listener).await);
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
        let mut stream = TcpStream::connect(port(&listener)).await.unwrap();
        let _server = listener.serve(at_once());
        stream.write_all(said).await.unwrap();
        assert_eq!(heard(stream).await.ends_with("done"), answered);
        assert_eq!(clients.displaced(), 0, "each had room");
    }
}

#[tokio::test]
async fn a_client_that_does_not_shake_hands_in_time_is_let_go_and_who_speaks_no_tls_is_told() {
    let asked = b"GET / HTTP/1.1\r\nHost: it\r\n\r\n";
    for (said, heard_back) in [
        (&b""[..], ""),
        (&[22][..], ""),
        // The beginning of a ClientHello.
        (&[22, 3, 1, 0, 200, 1, 0, 0, 196, 3, 3][..], ""),
        (asked, "Client sent an HTTP request to an HTTPS server.\n"),
    ] {
        let (listener, clients) = bounded(9, [SOON, NEVER]).await;
        let mut stream = TcpStream::connect(port(&listener)).await.unwrap();
        let nothing: TlsConfigs = Arc::new(|| Box::pin(std::future::pending()));
        let _server = listener.tls_by(nothing).serve(at_once());
        stream.write_all(said).await.unwrap();
        let heard = heard(stream).await;
        assert!(heard.ends_with(heard_back), "{heard}");
        assert_eq!(heard.is_empty(), heard_back.is_empty());
        assert_eq!(clients.displaced(), 0, "each had room");
    }
}

#[tokio::test]
async fn a_client_that_waits_for_its_answer_is_not_silent() {
    let (asked, go) = <(Arc<Notify>, Arc<Notify>)>::default();
    let (listener, _) = bounded(2, [SOON, SOON]).await;
    let stream = ask(&listener).await;
    let (address, _server) = (port(&listener), listener.serve(waiting(&asked, &go)));
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
    let address = port(&listener);
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
    let nowhere = Socket::bind("[2001:db8::1]:0").await;
    let listener = Listener::or(nowhere, "127.0.0.1:0").await.unwrap();
    assert!(port(&listener).is_ipv4());
    assert!(listener.fell_back().is_some());
    // A port that somebody holds is held for both.
    let taken = Socket::bind(&port(&listener).to_string()).await;
    let refused = Listener::or(taken, "127.0.0.1:0").await;
    assert_eq!(refused.err().unwrap().kind(), std::io::ErrorKind::AddrInUse);
    let both = Listener::bind("[::]:0").await.unwrap();
    assert_eq!(both.fell_back().is_none(), port(&both).is_ipv6());
}

#[tokio::test]
async fn every_address_stands_for_both_families() {
    for every in [":0", "[::]:0"] {
        let listener = Listener::bind(every).await.unwrap();
        let port = port(&listener).port();
        let over_ipv4 = TcpStream::connect(("127.0.0.1", port)).await;
        assert!(over_ipv4.is_ok(), "{every}");
        if listener.fell_back().is_none() {
            let Socket::Tcp(socket) = &listener.socket else {
                panic!("it is no port")
            };
            let only_v6 = socket2::SockRef::from(socket).only_v6();
            assert!(!only_v6.unwrap(), "{every} is left to the system's setting");
        }
    }
}

#[tokio::test]
async fn who_still_sends_when_it_is_answered_gets_the_answer() {
    let listener = Listener::bind("127.0.0.1:0").await.unwrap();
    let address = port(&listener);
    let _server = listener.serve(Router::new().route("/", post(async || "refused")));
    let (mut from, mut to) = TcpStream::connect(address).await.unwrap().into_split();
    let head = b"POST / HTTP/1.1\r\nHost: it\r\nContent-Length: 1000000000\r\n\r\n";
    to.write_all(head).await.unwrap();
    // It stops sending as the other side no longer takes anything.
    let sending = tokio::spawn(async move {
        let piece = [b'x'; 8 * 1024];
        let mut sent = 0_u64;
        while to.write_all(&piece).await.is_ok() {
            sent += piece.len() as u64;
        }
        sent
    });
    let mut answer = Vec::new();
    let hearing = tokio::time::timeout(PATIENCE, async {
        let mut piece = [0; 1024];
        while let Ok(n @ 1..) = from.read(&mut piece).await {
            answer.extend_from_slice(&piece[..n]);
            if answer.ends_with(b"refused") {
                return;
            }
        }
    });
    hearing.await.expect("it does not end");
    let text = String::from_utf8(answer).unwrap();
    assert!(text.ends_with("refused"), "{text}");
    let sent = tokio::time::timeout(PATIENCE, sending).await.unwrap();
    assert!(sent.unwrap() < 100_000_000, "all of it was taken");
}
