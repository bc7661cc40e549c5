//! Which clients are let in by their certificate.

use std::{net::Ipv6Addr, sync::Arc};

use rustls::{
    CertificateError, DigitallySignedStruct, DistinguishedName, Error, SignatureScheme,
    client::danger::HandshakeSignatureValid,
    crypto::{
        CryptoProvider, WebPkiSupportedAlgorithms, verify_tls12_signature,
        verify_tls13_signature_with_raw_key,
    },
    pki_types::{CertificateDer, SubjectPublicKeyInfoDer, UnixTime, pem::PemObject},
    server::danger::{ClientCertVerified, ClientCertVerifier},
};
use x509_cert::{
    Certificate,
    der::{Decode, Encode},
    ext::pkix::{SubjectAltName, name::GeneralName},
};

use super::client_ca::{Trusted, is_for_clients, is_valid_at};
use crate::units::closed_list;

closed_list! {
    /// What is asked of clients.
    pub(super) enum ClientAuth {
        /// No certificate.
        NoClientCert = "NoClientCert",
        /// One, if they have it, of whomever.
        RequestClientCert = "RequestClientCert",
        /// One, of whomever.
        RequireAnyClientCert = "RequireAnyClientCert",
        /// One, if they have it, that an authority of ours vouches for.
        VerifyClientCertIfGiven = "VerifyClientCertIfGiven",
        /// One that an authority of ours vouches for.
        RequireAndVerifyClientCert = "RequireAndVerifyClientCert",
    }
}

impl ClientAuth {
    /// By its name, or by one that it had before.
    pub(super) fn of(name: &str) -> Option<Self> {
        match name {
            "" => Some(Self::NoClientCert),
            "RequireClientCert" => Some(Self::RequireAnyClientCert),
            name => Self::named(name),
        }
    }

    fn requires(self) -> bool {
        matches!(
            self,
            Self::RequireAnyClientCert | Self::RequireAndVerifyClientCert
        )
    }

    fn verifies(self) -> bool {
        matches!(
            self,
            Self::VerifyClientCertIfGiven | Self::RequireAndVerifyClientCert
        )
    }
}

/// Looks at what a client shows.
#[derive(Debug)]
pub(super) struct ClientVerifier {
    auth: ClientAuth,
    allowed_sans: Option<Vec<String>>,
    trusted: Vec<Trusted>,
    hints: Vec<DistinguishedName>,
    algorithms: WebPkiSupportedAlgorithms,
}

impl ClientVerifier {
    /// One that trusts these certificates, in PEM, as far as they can be read.
    pub(super) fn new(
        auth: ClientAuth,
        allowed_sans: Option<Vec<String>>,
        pool: Option<&[u8]>,
        provider: &Arc<CryptoProvider>,
        remarks: &mut Vec<String>,
    ) -> Self {
        let pool = CertificateDer::pem_slice_iter(pool.unwrap_or_default());
        let trusted: Vec<Trusted> = pool
            .flatten()
            .filter_map(|certificate| Trusted::new(certificate, provider))
            .collect();
        if trusted.is_empty() && auth.verifies() {
            remarks.push(
                "no certificate of a client CA can be read: no client's will be taken".to_owned(),
            );
        }
        Self {
            auth,
            allowed_sans,
            hints: trusted.iter().map(Trusted::subject).collect(),
            trusted,
            algorithms: provider.signature_verification_algorithms,
        }
    }

    fn vouch(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        // Who is trusted by name needs nobody to vouch, only the right time and use.
        if self.trusted.iter().any(|trusted| trusted.is(shown)) {
            let certificate = parse(shown)?;
            if !is_valid_at(&certificate, now) {
                return Err(CertificateError::Expired.into());
            }
            if !is_for_clients(&certificate) {
                return Err(CertificateError::InvalidPurpose.into());
            }
            return Ok(());
        }
        let mut why = CertificateError::UnknownIssuer.into();
        for trusted in &self.trusted {
            match trusted.vouches_for(shown, others, now) {
                Some(Ok(())) => return Ok(()),
                Some(Err(other)) if other != Error::from(CertificateError::UnknownIssuer) => {
                    why = other;
                }
                Some(Err(_)) | None => {}
            }
        }
        Err(why)
    }
}

impl ClientCertVerifier for ClientVerifier {
    /// Who has no certificate has no name that could be allowed either.
    fn client_auth_mandatory(&self) -> bool {
        self.auth.requires() || self.allowed_sans.is_some()
    }

    fn root_hint_subjects(&self) -> &[DistinguishedName] {
        &self.hints
    }

    fn verify_client_cert(
        &self,
        shown: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<ClientCertVerified, Error> {
        if self.auth.verifies() {
            self.vouch(shown, others, now)?;
        }
        if let Some(allowed) = &self.allowed_sans {
            let names = alternative_names(&parse(shown)?);
            if !names.iter().any(|name| allowed.contains(name)) {
                return Err(CertificateError::ApplicationVerificationFailure.into());
            }
        }
        Ok(ClientCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, shown, signed, &self.algorithms)
    }

    /// By the key alone, so that the rest of a certificate that nobody verifies may be as it is.
    fn verify_tls13_signature(
        &self,
        message: &[u8],
        shown: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let certificate = parse(shown)?;
        let key = certificate
            .tbs_certificate()
            .subject_public_key_info()
            .to_der();
        let key = key.map_err(|_| Error::from(CertificateError::BadEncoding))?;
        let key = SubjectPublicKeyInfoDer::from(key);
        verify_tls13_signature_with_raw_key(message, &key, signed, &self.algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.algorithms.supported_schemes()
    }
}

fn parse(shown: &CertificateDer<'_>) -> Result<Certificate, Error> {
    Certificate::from_der(shown).map_err(|_| CertificateError::BadEncoding.into())
}

/// The names that a certificate is for: hosts, mail addresses, IP addresses and URIs.
fn alternative_names(certificate: &Certificate) -> Vec<String> {
    let tbs = certificate.tbs_certificate();
    let Ok(Some((_, SubjectAltName(names)))) = tbs.get_extension::<SubjectAltName>() else {
        return Vec::new();
    };
    names.iter().filter_map(written).collect()
}

/// A name as the file writes it.
fn written(name: &GeneralName) -> Option<String> {
    match name {
        GeneralName::DnsName(name)
        | GeneralName::Rfc822Name(name)
        | GeneralName::UniformResourceIdentifier(name) => Some(name.as_str().to_owned()),
        GeneralName::IpAddress(address) => {
            let bytes = address.as_bytes();
            if let Ok(four) = <[u8; 4]>::try_from(bytes) {
                return Some(std::net::Ipv4Addr::from(four).to_string());
            }
            let sixteen = <[u8; 16]>::try_from(bytes).ok()?;
            Some(Ipv6Addr::from(sixteen).to_canonical().to_string())
        }
        _ => None,
    }
}
