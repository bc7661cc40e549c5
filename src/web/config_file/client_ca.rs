//! A certificate that clients are trusted by: that of an authority, at the top or in between, or a
//! client's own.

use std::{sync::Arc, time::Duration};

use rustls::{
    DistinguishedName, Error, RootCertStore,
    crypto::CryptoProvider,
    pki_types::{CertificateDer, UnixTime},
    server::{WebPkiClientVerifier, danger::ClientCertVerifier},
};
use x509_cert::{
    Certificate, Version,
    der::{Decode, Encode, asn1::ObjectIdentifier},
    ext::pkix::{BasicConstraints, ExtendedKeyUsage, KeyUsage},
};

/// Extended key usages (RFC 5280, section 4.2.1.12).
const CLIENT_AUTH: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.2");
const ANY_USE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// A trusted certificate.
#[derive(Debug)]
pub(super) struct Trusted {
    der: CertificateDer<'static>,
    certificate: Certificate,
    /// What it vouches for; `None` where it may not vouch for any, as a client's own may not.
    verifier: Option<Arc<dyn ClientCertVerifier>>,
}

impl Trusted {
    /// `None` where it cannot be read.
    pub(super) fn new(
        der: CertificateDer<'static>,
        provider: &Arc<CryptoProvider>,
    ) -> Option<Self> {
        let certificate = Certificate::from_der(&der).ok()?;
        let verifier = may_vouch(&certificate).then(|| {
            let mut roots = RootCertStore::empty();
            roots.add(der.clone()).ok()?;
            let builder =
                WebPkiClientVerifier::builder_with_provider(roots.into(), Arc::clone(provider));
            builder.build().ok()
        });
        Some(Self {
            der,
            certificate,
            verifier: verifier.flatten(),
        })
    }

    /// Whether it is that certificate itself.
    pub(super) fn is(&self, shown: &CertificateDer<'_>) -> bool {
        self.der == *shown
    }

    /// Its name, by which clients choose what they show.
    pub(super) fn subject(&self) -> DistinguishedName {
        let subject = self.certificate.tbs_certificate().subject().to_der();
        DistinguishedName::from(subject.unwrap_or_default())
    }

    /// Whether it vouches for what is shown; `None` where it vouches for nothing, or no longer.
    pub(super) fn vouches_for(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Option<Result<(), Error>> {
        let verifier = self.verifier.as_ref()?;
        let is_valid = is_valid_at(&self.certificate, now);
        is_valid.then(|| {
            let vouched = verifier.verify_client_cert(shown, others, now);
            vouched.map(drop)
        })
    }
}

/// As Go has it: an authority says so of itself, unless it is so old that nobody could.
fn may_vouch(certificate: &Certificate) -> bool {
    let tbs = certificate.tbs_certificate();
    let is_authority = match tbs.get_extension::<BasicConstraints>() {
        Ok(Some((_, constraints))) => constraints.ca,
        Ok(None) => tbs.version() != Version::V3,
        Err(_) => false,
    };
    let may_sign = match tbs.get_extension::<KeyUsage>() {
        Ok(Some((_, usage))) => usage.key_cert_sign(),
        Ok(None) => true,
        Err(_) => false,
    };
    is_authority && may_sign
}

/// Whether a certificate holds at this time.
pub(super) fn is_valid_at(certificate: &Certificate, now: UnixTime) -> bool {
    let now = Duration::from_secs(now.as_secs());
    let validity = certificate.tbs_certificate().validity();
    let from = validity.not_before.to_unix_duration();
    let until = validity.not_after.to_unix_duration();
    (from..=until).contains(&now)
}

/// Whether a certificate is for clients, or says nothing of what it is for.
pub(super) fn is_for_clients(certificate: &Certificate) -> bool {
    let tbs = certificate.tbs_certificate();
    match tbs.get_extension::<ExtendedKeyUsage>() {
        Ok(Some((_, uses))) => uses
            .0
            .iter()
            .any(|one| [CLIENT_AUTH, ANY_USE].contains(one)),
        Ok(None) => true,
        Err(_) => false,
    }
}
