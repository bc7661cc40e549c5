//! Making a connection, its time taken: TCP, the proxy where there is one, TLS. It is metered at its
//! lowest: whatever a host sends counts, before anything is made of it.

use std::{
    error::Error,
    io,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
    time::Duration,
};

use futures_util::{FutureExt, future::BoxFuture};
use http::{Uri, uri::Scheme};
use hyper::rt::{Read, ReadBufCursor, Write};
use hyper_util::{
    client::legacy::connect::{Connected, Connection, HttpConnector, proxy::Tunnel},
    rt::TokioIo,
};
use rustls::{ClientConfig, pki_types::ServerName};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    time::Instant,
};
use tokio_rustls::TlsConnector;
use tower::{Service, service_fn};

use super::{
    allowance::{Allowance, Metered},
    proxy::Proxy,
    resolver::Resolver,
    trace::Trace,
};

type BoxError = Box<dyn Error + Send + Sync>;

/// What TCP keeps a silent connection alive by.
const KEEP_ALIVE: Duration = Duration::from_mins(1);

/// Connects to the host of one client.
#[derive(Clone)]
pub(super) struct Connector {
    tcp: HttpConnector<Resolver>,
    tls: TlsConnector,
    /// To a proxy that speaks TLS itself: HTTP/1.1, since a tunnel is asked for.
    tls_to_proxy: TlsConnector,
    proxy: Option<Proxy>,
    allowance: Allowance,
}

impl Connector {
    pub(super) fn new(tls: ClientConfig, proxy: Option<Proxy>, allowance: Allowance) -> Self {
        let mut tcp = HttpConnector::new_with_resolver(Resolver::default());
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        tcp.set_keepalive(Some(KEEP_ALIVE));
        let mut to_proxy = tls.clone();
        to_proxy.alpn_protocols.clear();
        Self {
            tcp,
            tls: Arc::new(tls).into(),
            tls_to_proxy: Arc::new(to_proxy).into(),
            proxy,
            allowance,
        }
    }

    async fn connect(self, target: Uri) -> Result<Standing, BoxError> {
        let is_tls = target.scheme() == Some(&Scheme::HTTPS);
        let stream = match self.proxy.clone() {
            None => self.clone().reach(target.clone()).await?,
            Some(proxy) if is_tls => {
                let reach = service_fn(|uri| self.clone().reach_proxy(uri));
                let mut tunnel = Tunnel::new(proxy.uri().clone(), reach);
                if let Some(auth) = proxy.auth() {
                    tunnel = tunnel.with_auth(auth.clone());
                }
                tunnel.call(target.clone()).await?
            }
            Some(proxy) => self.clone().reach_proxy(proxy.uri().clone()).await?,
        };
        if !is_tls {
            return Ok(Standing {
                stream,
                is_http2: false,
                is_proxied: self.proxy.is_some(),
            });
        }
        let stream = shake_hands(&self.tls, &target, stream).await?;
        Ok(Standing {
            is_http2: stream.get_ref().1.alpn_protocol() == Some(b"h2"),
            is_proxied: false,
            stream: TokioIo::new(Box::new(stream)),
        })
    }

    /// TCP, metered.
    async fn reach(mut self, host: Uri) -> Result<Stream, BoxError> {
        let tcp = self.tcp.call(host).await?.into_inner();
        Ok(TokioIo::new(Box::new(Metered::new(tcp, self.allowance))))
    }

    async fn reach_proxy(self, proxy: Uri) -> Result<Stream, BoxError> {
        let stream = self.clone().reach(proxy.clone()).await?;
        if proxy.scheme() != Some(&Scheme::HTTPS) {
            return Ok(stream);
        }
        let stream = shake_hands(&self.tls_to_proxy, &proxy, stream).await?;
        Ok(TokioIo::new(Box::new(stream)))
    }
}

async fn shake_hands(
    tls: &TlsConnector,
    host: &Uri,
    stream: Stream,
) -> Result<tokio_rustls::client::TlsStream<Box<dyn Io>>, BoxError> {
    let name = host.host().unwrap_or_default();
    let name = name.trim_start_matches('[').trim_end_matches(']');
    let name = ServerName::try_from(name.to_owned())?;
    Ok(tls.connect(name, stream.into_inner()).await?)
}

impl Service<Uri> for Connector {
    type Response = Standing;
    type Error = BoxError;
    type Future = BoxFuture<'static, Result<Standing, BoxError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), BoxError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, target: Uri) -> Self::Future {
        let trace = Trace::current();
        trace.connecting();
        let connecting = self.clone().connect(target);
        async move {
            let start = Instant::now();
            let connected = connecting.await;
            trace.connected(start.elapsed());
            connected
        }
        .boxed()
    }
}

trait Io: AsyncRead + AsyncWrite + Send + Unpin {}
impl<T: AsyncRead + AsyncWrite + Send + Unpin> Io for T {}

type Stream = TokioIo<Box<dyn Io>>;

/// A connection that stands.
pub(super) struct Standing {
    stream: Stream,
    is_http2: bool,
    /// Requests over it go to a proxy, which wants to be told whole URLs.
    is_proxied: bool,
}

impl Connection for Standing {
    fn connected(&self) -> Connected {
        let connected = Connected::new().proxy(self.is_proxied);
        if self.is_http2 {
            connected.negotiated_h2()
        } else {
            connected
        }
    }
}

impl Read for Standing {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_read(context, buffer)
    }
}

impl Write for Standing {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
