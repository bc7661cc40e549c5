//! Whom TLS trusts, built once and shared: reading the system's authorities costs more than all else
//! that a client is made of. What is asked over it is [`session`](super::session)'s.
//!
//! No session is resumed: the certificate would be neither shown nor looked at, and what has expired
//! since would go unnoticed for as long as tickets are good.

use std::{collections::BTreeMap, path::Path, path::PathBuf, sync::Arc};

use rustls::{
    ClientConfig,
    client::Resumption,
    crypto::aws_lc_rs,
    pki_types::{CertificateDer, pem::PemObject},
};
use rustls_platform_verifier::Verifier;

use super::verifier::Noting;
use crate::units::read_soon;

/// The largest file of authorities worth reading, in bytes; a system's own are some 220 KiB.
const LARGEST: u64 = 8 * 1024 * 1024;

/// A client that could not be built.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum NoClient {
    #[error("cannot read {path}: {why}", path = .0.display(), why = .1)]
    CaFile(PathBuf, String),
    #[error("{path} holds no certificate in PEM form", path = .0.display())]
    NoCertificate(PathBuf),
    #[error("the variable {0} cannot be used as a proxy: {1}")]
    Proxy(&'static str, &'static str),
    #[error("the HTTP client cannot be set up: {0}")]
    Setup(String),
}

/// The TLS setups of one configuration: one for all clients that trust the system alone, one for
/// each CA file. Each file is read once.
#[derive(Debug, Default)]
pub struct TlsSetups(BTreeMap<Option<PathBuf>, TlsSetup>);

impl TlsSetups {
    /// What trusts the system's own authorities and those of this file.
    pub fn trusting(&mut self, ca_file: Option<&Path>) -> Result<TlsSetup, NoClient> {
        let key = ca_file.map(Path::to_owned);
        if let Some(known) = self.0.get(&key) {
            return Ok(known.clone());
        }
        let setup = TlsSetup::new(ca_file)?;
        self.0.insert(key, setup.clone());
        Ok(setup)
    }
}

/// How clients speak TLS. Clones share authorities.
#[derive(Clone, Debug)]
pub struct TlsSetup(ClientConfig);

impl TlsSetup {
    /// Trusts the system's own authorities, and those of this file in PEM form.
    pub fn new(ca_file: Option<&Path>) -> Result<Self, NoClient> {
        let setup = |e: rustls::Error| NoClient::Setup(e.to_string());
        let provider = Arc::new(aws_lc_rs::default_provider());
        let verifier = match ca_file {
            None => Verifier::new(provider.clone()).map_err(setup)?,
            Some(path) => Verifier::new_with_extra_roots(certificates(path)?, provider.clone())
                .map_err(|e| NoClient::CaFile(path.to_owned(), e.to_string()))?,
        };
        let mut config = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(setup)?
            .dangerous() // as rustls calls every verifier that is not its own
            .with_custom_certificate_verifier(Arc::new(Noting(verifier)))
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        config.resumption = Resumption::disabled();
        Ok(Self(config))
    }

    pub(super) fn config(&self) -> ClientConfig {
        self.0.clone()
    }
}

fn certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, NoClient> {
    let pem =
        read_soon(path, LARGEST).map_err(|e| NoClient::CaFile(path.to_owned(), e.to_string()))?;
    let certificates: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem.as_bytes()).collect();
    match certificates {
        Ok(certificates) if !certificates.is_empty() => Ok(certificates),
        _ => Err(NoClient::NoCertificate(path.to_owned())),
    }
}
