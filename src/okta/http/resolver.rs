//! Looking names up, timed, as the system does it: each lookup holds a thread until it ends, however
//! little anybody still waits for it.

use std::{
    net::{SocketAddr, ToSocketAddrs},
    sync::{Arc, LazyLock},
    task::{Context, Poll},
};

use futures_util::{FutureExt, future::BoxFuture};
use hyper_util::client::legacy::connect::dns::Name;
use tokio::{sync::Semaphore, time::Instant};
use tower::Service;

use super::trace::Trace;

/// How many lookups may be under way for one client, and for all together: far fewer than there are threads
/// (512) for all that blocks. Secrets are read there as well, and long answers. What finds no room waits for
/// it, within its time.
const OF_A_CLIENT: usize = 4;
const OF_ALL: usize = 128;

static ALL: LazyLock<Arc<Semaphore>> = LazyLock::new(|| Arc::new(Semaphore::new(OF_ALL)));

/// The system's resolver. Clones share a client's bound.
#[derive(Clone, Debug)]
pub(super) struct Resolver(Arc<Semaphore>);

impl Default for Resolver {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(OF_A_CLIENT)))
    }
}

/// A name that did not resolve: a type of its own, so that it can be told from a refused connection.
#[derive(Debug, thiserror::Error)]
#[error("{name}: {detail}")]
pub(super) struct DnsError {
    /// Not always the org's: with a proxy it is the proxy's name that is looked up here.
    pub(super) name: String,
    pub(super) detail: String,
}

impl Service<Name> for Resolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = DnsError;
    type Future = BoxFuture<'static, Result<Self::Response, DnsError>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), DnsError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        let (trace, own) = (Trace::current(), Arc::clone(&self.0));
        async move {
            let start = Instant::now();
            trace.looking_up();
            let found = look_up(name.as_str().to_owned(), own).await;
            trace.looked_up(start.elapsed());
            let unknown = |detail: String| DnsError {
                name: name.as_str().to_owned(),
                detail,
            };
            let found = found.map_err(unknown)?;
            if found.is_empty() {
                return Err(unknown("no address".to_owned()));
            }
            Ok(found.into_iter())
        }
        .boxed()
    }
}

/// Looks up once there is room for it, and gives the room back when the system has answered.
async fn look_up(name: String, own: Arc<Semaphore>) -> Result<Vec<SocketAddr>, String> {
    let mut room = Vec::new();
    for bound in [own, Arc::clone(&ALL)] {
        room.push(bound.acquire_owned().await.map_err(|e| e.to_string())?);
    }
    let looking = tokio::task::spawn_blocking(move || {
        let found = (name.as_str(), 0).to_socket_addrs();
        drop(room);
        found
    });
    let found = looking.await.map_err(|e| e.to_string())?;
    Ok(found.map_err(|e| e.to_string())?.collect())
}
