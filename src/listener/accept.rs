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
    task::JoinSet,
};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt;

use super::{
    clients::{Client, Clients},
    linger::Lingering,
    socket::{Socket, Stream},
    tls::{TlsConfigs, shake_hands},
};

/// How long to wait where the system has no connection to give, for want of descriptors mostly.
const PAUSE: Duration = Duration::from_millis(50);

/// Which of a listener's connections a request came over, in the order in which they are served.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct ConnectionNumber(pub u64);

/// Takes connections in.
pub(super) struct Acceptor {
    pub(super) socket: Socket,
    /// Counts what is accepted.
    pub(super) accepted: Arc<AtomicU64>,
    pub(super) clients: Clients,
    pub(super) answering: Answering,
}

/// How connections are answered.
#[derive(Clone)]
pub(super) struct Answering {
    pub(super) tls: Option<TlsConfigs>,
    /// Whether HTTP/2 is spoken besides HTTP/1.1.
    pub(super) http2: bool,
    pub(super) router: Router,
    pub(super) served: Arc<AtomicU64>,
    pub(super) draining: CancellationToken,
}

impl Acceptor {
    /// Runs until it is to drain, and every connection has ended since. Dropping it cuts them.
    pub(super) async fn run(self) {
        let Self {
            socket,
            accepted,
            clients,
            answering,
        } = self;
        let mut connections = JoinSet::new();
        loop {
            tokio::select! {
                incoming = socket.accept() => {
                    // An accept can fail for the one connection or for want of descriptors; either
                    // way the next may succeed.
                    let Ok(stream) = incoming else {
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
        drop(socket);
        while connections.join_next().await.is_some() {}
    }
}

impl Answering {
    async fn serve(self, stream: Stream, client: Client) {
        let served = async {
            match &self.tls {
                None => self.answer(Lingering::new(stream), &client).await,
                Some(configs) => {
                    if let Some(stream) = shake_hands(stream, configs).await {
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
        let http = if self.http2 { http } else { http.http1_only() };
        let mut connection = Box::pin(http.serve_connection(TokioIo::new(stream), service));
        // How it ends, well or not, is the client's business.
        tokio::select! {
            ended = &mut connection => return drop(ended),
            () = self.draining.cancelled() => connection.as_mut().graceful_shutdown(),
        }
        drop(connection.await);
    }
}
