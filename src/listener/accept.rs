//! From a port to answers: each connection is a task of its own, from shaking hands to its end, so
//! that a client that stalls keeps nobody else waiting.

use std::{
    sync::{Arc, atomic::AtomicU64, atomic::Ordering},
    time::Duration,
};

use axum::{Router, body::Body, extract::ConnectInfo};
use hyper::{Request, body::Incoming, service::service_fn};
use hyper_util::{
    rt::{TokioExecutor, TokioIo},
    server::conn::auto,
};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::{TcpListener, TcpStream},
    task::JoinSet,
};
use tokio_rustls::TlsAcceptor;
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::clients::{Client, Clients};

/// How long to wait where the system has no connection to give, for want of descriptors mostly.
const PAUSE: Duration = Duration::from_millis(50);

/// Which of a listener's connections a request came over, in the order in which they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionNumber(pub u64);

/// Takes connections in.
pub(super) struct Acceptor {
    pub(super) tcp: TcpListener,
    /// Counts what is accepted.
    pub(super) accepted: Arc<AtomicU64>,
    pub(super) clients: Clients,
    pub(super) answering: Answering,
}

/// How connections are answered.
#[derive(Clone)]
pub(super) struct Answering {
    pub(super) tls: Option<TlsAcceptor>,
    pub(super) router: Router,
    pub(super) served: Arc<AtomicU64>,
    pub(super) draining: CancellationToken,
}

impl Acceptor {
    /// Runs until it is to drain, and every connection has ended since. Dropping it cuts them.
    pub(super) async fn run(self) {
        let Self {
            tcp,
            accepted,
            clients,
            answering,
        } = self;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                incoming = tcp.accept() => {
                    // An accept can fail for the one connection or for want of descriptors; either
                    // way the next may succeed.
                    let Ok((stream, _)) = incoming else {
                        clients.make_room();
                        tokio::time::sleep(PAUSE).await;
                        continue;
                    };
                    accepted.fetch_add(1, Ordering::Relaxed);
                    let client = clients.admit();
                    connections.spawn(answering.clone().serve(stream, client));
                }
                Some(_) = connections.join_next() => {}
                () = answering.draining.cancelled() => break,
            }
        }
        drop(tcp);
        while connections.join_next().await.is_some() {}
    }
}

impl Answering {
    async fn serve(self, stream: TcpStream, client: Client) {
        let served = async {
            match &self.tls {
                None => self.answer(stream, &client).await,
                // Whether to trust the certificate is the client's choice.
                Some(tls) => {
                    if let Ok(stream) = tls.accept(stream).await {
                        self.answer(stream, &client).await;
                    }
                }
            }
        };
        tokio::select! {
            () = served => {}
            () = client.must_go() => {}
        }
    }

    async fn answer(
        &self,
        stream: impl AsyncRead + AsyncWrite + Send + Unpin + 'static,
        client: &Client,
    ) {
        let number = ConnectionNumber(1 + self.served.fetch_add(1, Ordering::Relaxed));
        let service = service_fn(|request: Request<Incoming>| {
            let under_way = client.request();
            let mut request = request.map(Body::new);
            request.extensions_mut().insert(ConnectInfo(number));
            let answer = self.router.clone().oneshot(request);
            async move {
                let answer = answer.await;
                drop(under_way);
                answer
            }
        });
        let http = auto::Builder::new(TokioExecutor::new());
        let mut connection = Box::pin(http.serve_connection(TokioIo::new(stream), service));
        // How it ends, well or not, is the client's business.
        tokio::select! {
            ended = &mut connection => return drop(ended),
            () = self.draining.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        drop(connection.await);
    }
}
