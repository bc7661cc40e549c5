//! The start of a simulated org, and the org while it answers.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::Ordering;

use super::controls::Controls;
use super::org::Org;
use super::routes;
use super::server::{Server, Serving};

impl Org {
    /// Opens the org on the loopback interface.
    ///
    /// # Errors
    /// If the port is taken, or a certificate or key cannot be made.
    pub async fn start(self) -> io::Result<Running> {
        let address = SocketAddr::from(([127, 0, 0, 1], self.port));
        let server = Server::bind(address, self.tls.as_ref()).await?;
        let (url, ca_pem) = (server.url(), server.ca_pem.clone());
        let controls = Controls::new(self, url.clone()).map_err(io::Error::other)?;
        let counted = controls.clone();
        let count = move || {
            counted.record().connections.fetch_add(1, Ordering::Relaxed);
        };
        let serving = server.serve(
            routes::router(controls.clone()),
            controls.stop_token(),
            count,
        );
        Ok(Running {
            controls,
            url,
            ca_pem,
            serving,
        })
    }
}

/// A simulated org that answers. Dropping it closes the port and cuts every connection.
pub struct Running {
    controls: Controls,
    url: String,
    ca_pem: Option<String>,
    serving: Serving,
}

impl Running {
    /// The org's URL, without a trailing slash.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate of the authority to trust, in PEM; absent without TLS.
    pub fn ca_pem(&self) -> Option<&str> {
        self.ca_pem.as_deref()
    }

    /// The hand that changes the org while it runs.
    pub fn controls(&self) -> Controls {
        self.controls.clone()
    }

    /// Stops the org and waits until its port is closed.
    pub async fn shutdown(self) {
        self.serving.shutdown().await;
    }
}
