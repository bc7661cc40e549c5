//! The start of a simulated org, and the org while it answers.

use std::io;

use tokio_util::sync::DropGuard;

use super::controls::Controls;
use super::org::Org;
use super::routes;
use super::tls::Tls;
use crate::listener::{Listener, Server};

impl Org {
    /// Opens the org on the loopback interface.
    ///
    /// # Errors
    /// If the port is taken, or a certificate or key cannot be made.
    pub async fn start(self) -> io::Result<Running> {
        let tls = self.tls.as_ref().map(Tls::build).transpose();
        let (tls, ca_pem) = tls.map_err(io::Error::other)?.unzip();
        let listener = Listener::bind(&format!("127.0.0.1:{}", self.port)).await?;
        let scheme = if tls.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.address());
        let listener = match tls {
            Some(config) => listener.tls(config),
            None => listener,
        };
        let controls = Controls::new(self, url.clone(), listener.accepted());
        let controls = controls.map_err(io::Error::other)?;
        Ok(Running {
            server: listener.serve(routes::router(controls.clone())),
            stop: controls.stop_token().drop_guard(),
            controls,
            url,
            ca_pem,
        })
    }
}

/// A simulated org that answers. Dropping it closes the port and cuts every connection.
pub struct Running {
    controls: Controls,
    url: String,
    ca_pem: Option<String>,
    server: Server,
    /// Ends whatever else goes on in the org.
    stop: DropGuard,
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
        drop(self.stop);
        self.server.shutdown().await;
    }
}
