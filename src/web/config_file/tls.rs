//! From what the file says of TLS to what is spoken: certificate and key, versions, suites, curves.

use std::{path::Path, sync::Arc};

use rustls::{
    ServerConfig, SupportedProtocolVersion,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, PrivateKeyDer, pem::PemObject},
    server::NoServerSessionStorage,
    sign::{CertifiedKey, SingleCertAndKey},
    version::{TLS12, TLS13},
};
use secrecy::{ExposeSecret, zeroize::Zeroizing};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
};

use super::{
    client_auth::{ClientAuth, ClientVerifier},
    names::TlsVersion,
    schema::TlsSettings,
};
use crate::units::{NoText, read_regular};

/// The longest file of certificates: the system's own authorities are a quarter of that.
const LONGEST: u64 = 1024 * 1024;

/// Why TLS cannot be spoken as the file says.
#[derive(Debug, thiserror::Error)]
#[expect(missing_docs, reason = "each says it")]
pub enum BadTls {
    #[error("`{key}`: cannot read {file}: {why}")]
    Unreadable {
        key: &'static str,
        file: String,
        why: NoText,
    },
    #[error("there is TLS to be, and no `{0}` or `{0}_file`")]
    Missing(&'static str),
    #[error("the certificate is none in PEM: {0}")]
    Certificate(String),
    #[error("the key is none that can be used, in PEM: {0}")]
    Key(String),
    #[error("the key is not that of the certificate")]
    Mismatch,
    #[error(
        "`client_auth_type` is none of NoClientCert, RequestClientCert, RequireAnyClientCert, \
         VerifyClientCertIfGiven and RequireAndVerifyClientCert"
    )]
    ClientAuth,
    #[error("there is a client CA, and no `client_auth_type` that asks clients for a certificate")]
    ClientCaUnused,
    #[error(
        "HTTP/2 needs TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 or TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256 among \
         `cipher_suites`: add one, or set `http2: false`"
    )]
    Http2Cipher,
}

/// The texts of certificates and keys, as they were read.
#[derive(PartialEq, Eq)]
pub(super) struct Material {
    certificate: Zeroizing<String>,
    key: Zeroizing<String>,
    client_ca: Option<Zeroizing<String>>,
}

/// What is spoken.
#[derive(Debug)]
pub(super) struct Spoken {
    /// `None` where nothing is left that could be.
    pub(super) config: Option<Arc<ServerConfig>>,
    /// What the file names and is not offered here, and other things to know.
    pub(super) remarks: Vec<String>,
}

impl Material {
    /// Reads all of it; `None` where there is to be no TLS. Paths count from this directory, and a
    /// file wins over what stands in the text.
    pub(super) fn read(tls: &TlsSettings, directory: &Path) -> Result<Option<Self>, BadTls> {
        let inline_key = tls.key.expose_secret();
        let has_certificate = !(tls.cert_file.is_empty() && tls.cert.is_empty());
        let has_key = !(tls.key_file.is_empty() && inline_key.is_empty());
        let has_client_ca = !(tls.client_ca_file.is_empty() && tls.client_ca.is_empty());
        if !(has_certificate || has_key || has_client_ca) && tls.client_auth_type.is_empty() {
            return Ok(None);
        }
        if !has_certificate {
            return Err(BadTls::Missing("cert"));
        }
        if !has_key {
            return Err(BadTls::Missing("key"));
        }
        let read = |key, file: &str, text: &str| {
            if file.is_empty() {
                return Ok(Zeroizing::new(text.to_owned()));
            }
            let path = directory.join(file);
            read_regular(&path, LONGEST).map_err(|why| BadTls::Unreadable {
                key,
                file: path.display().to_string(),
                why,
            })
        };
        let client_ca = has_client_ca
            .then(|| read("client_ca_file", &tls.client_ca_file, &tls.client_ca))
            .transpose()?;
        Ok(Some(Self {
            certificate: read("cert_file", &tls.cert_file, &tls.cert)?,
            key: read("key_file", &tls.key_file, inline_key)?,
            client_ca,
        }))
    }

    /// What can be spoken with it.
    pub(super) fn speak(&self, tls: &TlsSettings, http2: bool) -> Result<Spoken, BadTls> {
        let mut remarks = Vec::new();
        let provider = Arc::new(offered(tls, &mut remarks));
        let key = self.certified_key(&provider)?;
        let auth = ClientAuth::of(&tls.client_auth_type).ok_or(BadTls::ClientAuth)?;
        if self.client_ca.is_some() && auth == ClientAuth::NoClientCert {
            return Err(BadTls::ClientCaUnused);
        }
        if tls.client_allowed_sans.is_some() && auth == ClientAuth::NoClientCert {
            remarks.push(
                "`client_allowed_sans` has no effect: no client is asked for a certificate"
                    .to_owned(),
            );
        }
        let versions = versions(tls, &mut remarks);
        let builder = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_protocol_versions(&versions);
        let Ok(builder) = builder else {
            remarks.push("nothing is left that could be spoken: no hand will be shaken".to_owned());
            let config = None;
            return Ok(Spoken { config, remarks });
        };
        let builder = if auth == ClientAuth::NoClientCert {
            builder.with_no_client_auth()
        } else {
            let pool = self.client_ca.as_ref().map(|pem| pem.as_bytes());
            let allowed = tls.client_allowed_sans.clone();
            let verifier = ClientVerifier::new(auth, allowed, pool, &provider, &mut remarks);
            builder.with_client_cert_verifier(Arc::new(verifier))
        };
        let mut config = builder.with_cert_resolver(Arc::new(SingleCertAndKey::from(key)));
        // Who comes back is looked at as closely as who comes: nothing is resumed.
        config.session_storage = Arc::new(NoServerSessionStorage {});
        config.send_tls13_tickets = 0;
        config.ignore_client_order = tls.prefer_server_cipher_suites;
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        if http2 {
            config.alpn_protocols.insert(0, b"h2".to_vec());
        }
        let config = Some(Arc::new(config));
        Ok(Spoken { config, remarks })
    }

    fn certified_key(&self, provider: &CryptoProvider) -> Result<CertifiedKey, BadTls> {
        let chain = CertificateDer::pem_slice_iter(self.certificate.as_bytes());
        let chain: Result<Vec<_>, _> = chain.collect();
        let chain = chain.map_err(|why| BadTls::Certificate(why.to_string()))?;
        let Some(leaf) = chain.first() else {
            return Err(BadTls::Certificate("it holds no certificate".to_owned()));
        };
        let leaf = Certificate::from_der(leaf)
            .and_then(|leaf| leaf.tbs_certificate().subject_public_key_info().to_der());
        let leaf = leaf.map_err(|why| BadTls::Certificate(why.to_string()))?;
        let key = PrivateKeyDer::from_pem_slice(self.key.as_bytes());
        let key = key.map_err(|why| BadTls::Key(why.to_string()))?;
        let key = provider.key_provider.load_private_key(key);
        let key = key.map_err(|why| BadTls::Key(why.to_string()))?;
        let public = key.public_key();
        if public.is_some_and(|public| public.as_ref() != leaf.as_slice()) {
            return Err(BadTls::Mismatch);
        }
        Ok(CertifiedKey::new(chain, key))
    }
}

/// What HTTP/2 needs must be among the suites, where the file lists them and anything below TLS 1.3 is
/// spoken.
pub(super) fn check_http2(tls: &TlsSettings, http2: bool) -> Result<(), BadTls> {
    let listed = !tls.cipher_suites.is_empty();
    let mut suites = tls.cipher_suites.iter();
    let lacks_it = !suites.any(|suite| suite.is_what_http2_needs());
    if http2 && listed && lacks_it && tls.min_version < TlsVersion::Tls13 {
        return Err(BadTls::Http2Cipher);
    }
    Ok(())
}

/// The suites and curves that the file names, as far as there are such; all, where it names none.
fn offered(tls: &TlsSettings, remarks: &mut Vec<String>) -> CryptoProvider {
    let mut provider = rustls::crypto::aws_lc_rs::default_provider();
    if !tls.cipher_suites.is_empty() {
        for named in tls
            .cipher_suites
            .iter()
            .filter(|named| !named.is_of_tls13())
        {
            if !provider.cipher_suites.iter().any(|suite| named.is(*suite)) {
                remarks.push(not_offered("cipher_suites", named.as_str()));
            }
        }
        provider.cipher_suites.retain(|suite| {
            suite.tls13().is_some() || tls.cipher_suites.iter().any(|named| named.is(*suite))
        });
    }
    if !tls.curve_preferences.is_empty() {
        let mut groups = Vec::new();
        for named in &tls.curve_preferences {
            let group = provider.kx_groups.iter();
            match group.copied().find(|group| group.name() == named.group()) {
                Some(group) => groups.push(group),
                None => remarks.push(not_offered("curve_preferences", named.as_str())),
            }
        }
        provider.kx_groups = groups;
    }
    provider
}

/// The versions from the least to the most that the file names.
fn versions(
    tls: &TlsSettings,
    remarks: &mut Vec<String>,
) -> Vec<&'static SupportedProtocolVersion> {
    for (of, named) in [
        ("min_version", tls.min_version),
        ("max_version", tls.max_version),
    ] {
        if named < TlsVersion::Tls12 {
            remarks.push(not_offered(of, named.as_str()));
        }
    }
    let named = tls.min_version..=tls.max_version;
    [(TlsVersion::Tls12, &TLS12), (TlsVersion::Tls13, &TLS13)]
        .into_iter()
        .filter(|(version, _)| named.contains(version))
        .map(|(_, version)| version)
        .collect()
}

fn not_offered(of: &str, name: &str) -> String {
    format!("`{of}` names {name}, which is not offered")
}
