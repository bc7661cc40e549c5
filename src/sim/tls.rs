//! Certificates of simulated servers, right and wrong ones. Listening is a room of its own, [`crate::listener`].

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};

use super::error::Error;

/// The certificate a server shows.
#[derive(Clone, Debug)]
pub struct Tls {
    names: Vec<String>,
    lifetime: Duration,
    age: Duration,
    intermediate: Option<Duration>,
}

impl Tls {
    /// A certificate for `localhost` and `127.0.0.1` that holds for 90 days, signed by a made-up
    /// authority; see [`super::Running::ca_pem`].
    pub fn new() -> Self {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        Self {
            names,
            lifetime: Duration::from_hours(90 * 24),
            age: Duration::ZERO,
            intermediate: None,
        }
    }

    /// How long the certificate holds from when the server starts.
    #[must_use]
    pub fn lasting(mut self, lifetime: Duration) -> Self {
        self.lifetime = lifetime;
        self
    }

    /// A certificate that ended an hour ago.
    #[must_use]
    pub fn expired(mut self) -> Self {
        self.lifetime = Duration::ZERO;
        self.age = Duration::from_hours(1);
        self
    }

    /// Signed by an intermediate authority whose certificate is served along and holds this long.
    #[must_use]
    pub fn by_intermediate_lasting(mut self, lifetime: Duration) -> Self {
        self.intermediate = Some(lifetime);
        self
    }

    /// A certificate for another host.
    #[must_use]
    pub fn wrong_host(mut self) -> Self {
        self.names = vec!["elsewhere.example".to_owned()];
        self
    }

    /// The server's configuration, and the authority's certificate for those who shall trust it.
    pub(super) fn build(&self) -> Result<(Arc<ServerConfig>, String), Error> {
        // rcgen speaks a date type of its own; seconds since 1970 reach it without naming that.
        let since_1970 = Duration::try_from(Timestamp::now().as_duration()).unwrap_or_default();
        let now = rcgen::date_time_ymd(1970, 1, 1) + since_1970;
        let root_key = KeyPair::generate()?;
        let root = authority("Simulated authority")?;
        let authority_pem = root.self_signed(&root_key)?.pem();
        let mut issuer = Issuer::new(root, root_key);
        let mut others = Vec::new();
        if let Some(lifetime) = self.intermediate {
            let key = KeyPair::generate()?;
            let mut between = authority("Simulated intermediate")?;
            between.not_after = now + lifetime;
            let shown = between.signed_by(&key, &issuer)?;
            others.push(CertificateDer::from(shown.der().to_vec()));
            issuer = Issuer::new(between, key);
        }

        let leaf_key = KeyPair::generate()?;
        let mut leaf = CertificateParams::new(self.names.clone())?;
        leaf.not_before = now - self.age - Duration::from_hours(24);
        leaf.not_after = now - self.age + self.lifetime;
        let leaf = leaf.signed_by(&leaf_key, &issuer)?;

        let key = PrivateKeyDer::try_from(leaf_key.serialize_der()).map_err(Error::PrivateKey)?;
        let mut chain = vec![CertificateDer::from(leaf.der().to_vec())];
        chain.extend(others);
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let mut config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(chain, key)?;
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        Ok((Arc::new(config), authority_pem))
    }
}

fn authority(name: &str) -> Result<CertificateParams, rcgen::Error> {
    let mut authority = CertificateParams::new(Vec::new())?;
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    authority.distinguished_name.push(DnType::CommonName, name);
    Ok(authority)
}

impl Default for Tls {
    fn default() -> Self {
        Self::new()
    }
}
