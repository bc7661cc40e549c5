//! What an org has certificates of: identity providers, SAML applications, custom domains. As at Okta, an
//! old one stays listed.

mod controls;

use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::{SignedDuration, Timestamp};
use rcgen::{CertificateParams, KeyPair};
use serde_json::{Value, json};

use super::answer::{id, random};
use super::error::Error;

/// A demo must not grow without bound.
const MOST_KEYS: usize = 10;

/// All that has certificates.
#[derive(Debug, Default)]
pub(super) struct Certificates {
    pub(super) idps: Vec<Idp>,
    pub(super) apps: Vec<SamlApp>,
    pub(super) domains: Vec<Domain>,
}

/// A key with its certificate.
#[derive(Debug)]
pub(super) struct Certified {
    kid: String,
    x5c: String,
    created: Timestamp,
    ends: Timestamp,
    /// When it ends by what is said of it.
    told: Timestamp,
}

#[derive(Debug)]
pub(super) struct Idp {
    name: String,
    status: String,
    /// The newest last.
    trusted: Vec<Certified>,
    signing: Certified,
}

#[derive(Debug)]
pub(super) struct SamlApp {
    label: String,
    /// The newest last.
    keys: Vec<Certified>,
}

#[derive(Debug)]
pub(super) struct Domain {
    name: String,
    is_managed: bool,
    status: String,
    ends: Timestamp,
}

impl Certified {
    fn new(name: &str, now: Timestamp, lasting: SignedDuration) -> Result<Self, Error> {
        let ends = now.saturating_add(lasting).unwrap_or(Timestamp::MAX);
        let ends = Timestamp::from_second(ends.as_second()).unwrap_or(ends);
        let since_1970 = |at: Timestamp| Duration::try_from(at.as_duration()).unwrap_or_default();
        let moment = |at: Timestamp| rcgen::date_time_ymd(1970, 1, 1) + since_1970(at);
        let mut params = CertificateParams::new(Vec::new())?;
        params
            .distinguished_name
            .push(rcgen::DnType::CommonName, name);
        params.not_after = moment(ends);
        let certificate = params.self_signed(&KeyPair::generate()?)?;
        let text = STANDARD.encode(certificate.der());
        // As recorded at Okta, every now and then.
        let mut x5c = String::new();
        for (place, letter) in text.char_indices() {
            if place > 0 && place % 76 == 0 {
                x5c.push('\n');
            }
            x5c.push(letter);
        }
        Ok(Self {
            kid: random(43),
            x5c,
            created: now,
            ends,
            told: ends,
        })
    }

    pub(super) fn entity(&self) -> Value {
        json!({
            "kty": "RSA",
            "kid": self.kid,
            "use": "sig",
            "alg": "RSA",
            "created": format!("{:.3}", self.created),
            "lastUpdated": format!("{:.3}", self.created),
            "expiresAt": format!("{:.3}", self.told),
            "x5c": [self.x5c],
        })
    }
}

fn renew(keys: &mut Vec<Certified>, new: Certified) {
    keys.push(new);
    if keys.len() > MOST_KEYS {
        keys.remove(0);
    }
}

fn newest(keys: &[Certified]) -> Option<&str> {
    keys.last().map(|key| key.kid.as_str())
}

impl Idp {
    pub(super) fn entity(&self, number: usize) -> Value {
        json!({
            "id": id("0oi", number),
            "name": self.name,
            "type": "SAML2",
            "status": self.status,
            "protocol": {
                "type": "SAML2",
                "credentials": {
                    "trust": { "issuer": "https://idp.example", "kid": newest(&self.trusted) },
                    "signing": { "kid": self.signing.kid },
                },
            },
        })
    }

    /// What it was ever trusted by.
    pub(super) fn trusted(&self) -> impl Iterator<Item = Value> {
        self.trusted.iter().map(Certified::entity)
    }

    pub(super) fn signing(&self) -> Value {
        self.signing.entity()
    }
}

impl SamlApp {
    pub(super) fn entity(&self, number: usize) -> Value {
        json!({
            "id": id("0os", number),
            "name": "saml_app",
            "label": self.label,
            "status": "ACTIVE",
            "signOnMode": "SAML_2_0",
            "credentials": { "signing": { "kid": newest(&self.keys) } },
        })
    }

    pub(super) fn keys(&self) -> Vec<Value> {
        self.keys.iter().map(Certified::entity).collect()
    }
}

impl Domain {
    pub(super) fn entity(&self, number: usize) -> Value {
        json!({
            "id": id("OcD", number),
            "domain": self.name,
            "certificateSourceType": if self.is_managed { "OKTA_MANAGED" } else { "MANUAL" },
            "validationStatus": self.status,
            "publicCertificate": {
                "subject": format!("CN={}", self.name),
                "expiration": format!("{:.3}", self.ends),
            },
        })
    }
}
