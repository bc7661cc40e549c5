//! The names of TLS that the file may hold: those that Go's servers know, some of which are not
//! offered here.

use rustls::{NamedGroup, SupportedCipherSuite};

use crate::units::closed_list;

closed_list! {
    /// A cipher suite that Go counts among the secure ones.
    pub(super) enum Cipher {
        Aes128Gcm13 = "TLS_AES_128_GCM_SHA256",
        Aes256Gcm13 = "TLS_AES_256_GCM_SHA384",
        Chacha13 = "TLS_CHACHA20_POLY1305_SHA256",
        EcdsaAes128Cbc = "TLS_ECDHE_ECDSA_WITH_AES_128_CBC_SHA",
        EcdsaAes256Cbc = "TLS_ECDHE_ECDSA_WITH_AES_256_CBC_SHA",
        RsaAes128Cbc = "TLS_ECDHE_RSA_WITH_AES_128_CBC_SHA",
        RsaAes256Cbc = "TLS_ECDHE_RSA_WITH_AES_256_CBC_SHA",
        EcdsaAes128Gcm = "TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256",
        EcdsaAes256Gcm = "TLS_ECDHE_ECDSA_WITH_AES_256_GCM_SHA384",
        RsaAes128Gcm = "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256",
        RsaAes256Gcm = "TLS_ECDHE_RSA_WITH_AES_256_GCM_SHA384",
        RsaChacha = "TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256",
        EcdsaChacha = "TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256",
    }
}

closed_list! {
    /// A curve for the exchange of keys.
    pub(super) enum Curve {
        P256 = "CurveP256",
        P384 = "CurveP384",
        P521 = "CurveP521",
        X25519 = "X25519",
    }
}

closed_list! {
    /// A version of TLS, the oldest first.
    pub(super) enum TlsVersion {
        Tls10 = "TLS10",
        Tls11 = "TLS11",
        Tls12 = "TLS12",
        Tls13 = "TLS13",
    }
}

impl Cipher {
    /// Those of TLS 1.3 are always offered: as in Go, there is no choice among them.
    pub(super) fn is_of_tls13(self) -> bool {
        matches!(self, Self::Aes128Gcm13 | Self::Aes256Gcm13 | Self::Chacha13)
    }

    /// One of the two of which HTTP/2 needs one (RFC 9113, section 9.2.2).
    pub(super) fn is_what_http2_needs(self) -> bool {
        matches!(self, Self::EcdsaAes128Gcm | Self::RsaAes128Gcm)
    }

    /// Whether this is that suite, by the name that both have from the RFCs.
    pub(super) fn is(self, suite: SupportedCipherSuite) -> bool {
        suite.suite().as_str() == Some(self.as_str())
    }
}

impl Curve {
    pub(super) fn group(self) -> NamedGroup {
        match self {
            Self::P256 => NamedGroup::secp256r1,
            Self::P384 => NamedGroup::secp384r1,
            Self::P521 => NamedGroup::secp521r1,
            Self::X25519 => NamedGroup::X25519,
        }
    }
}
