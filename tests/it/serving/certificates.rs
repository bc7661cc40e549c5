//! Certificates as an operator would have them made: an authority and another, servers and clients,
//! right ones and wrong ones.

use std::{fs, path::Path};

use rcgen::{
    BasicConstraints, Certificate, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa,
    Issuer, KeyPair, SanType,
};

/// An authority.
pub struct Authority {
    pub pem: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A certificate with its key, both in PEM.
#[derive(Clone)]
pub struct Pair {
    pub certificate: String,
    pub key: String,
}

impl Pair {
    fn new(certificate: &Certificate, key: &KeyPair) -> Self {
        Self {
            certificate: certificate.pem(),
            key: key.serialize_pem(),
        }
    }

    /// What a client shows.
    pub fn identity(&self) -> reqwest::Identity {
        let both = format!("{}{}", self.certificate, self.key);
        reqwest::Identity::from_pem(both.as_bytes()).unwrap()
    }

    /// Writes both files.
    pub fn write(&self, directory: &Path, name: &str) {
        fs::write(directory.join(format!("{name}.pem")), &self.certificate).unwrap();
        fs::write(directory.join(format!("{name}.key")), &self.key).unwrap();
    }
}

fn authority(name: &str) -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    params
}

impl Authority {
    pub fn new(name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let pem = params.self_signed(&key).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// An authority below this one.
    pub fn intermediate(&self, name: &str) -> Self {
        let (params, key) = (authority(name), KeyPair::generate().unwrap());
        let pem = params.signed_by(&key, &self.issuer).unwrap().pem();
        let issuer = Issuer::new(params, key);
        Self { pem, issuer }
    }

    /// A server's certificate for `localhost` and `127.0.0.1`.
    pub fn server(&self) -> Pair {
        let names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
        self.sign(&CertificateParams::new(names).unwrap())
    }

    /// A client's, with what is changed about it.
    pub fn client(&self, change: impl FnOnce(&mut CertificateParams)) -> Pair {
        let mut params = client();
        change(&mut params);
        self.sign(&params)
    }

    fn sign(&self, params: &CertificateParams) -> Pair {
        let key = KeyPair::generate().unwrap();
        Pair::new(&params.signed_by(&key, &self.issuer).unwrap(), &key)
    }
}

/// A client's certificate that nobody but itself signed.
pub fn own(change: impl FnOnce(&mut CertificateParams)) -> Pair {
    let (mut params, key) = (client(), KeyPair::generate().unwrap());
    change(&mut params);
    Pair::new(&params.self_signed(&key).unwrap(), &key)
}

/// A client's own certificate, and another client's that its key signed, though it is no authority's.
pub fn own_and_of_own() -> (Pair, Pair) {
    let (params, key) = (client(), KeyPair::generate().unwrap());
    let own = Pair::new(&params.self_signed(&key).unwrap(), &key);
    let issuer = Issuer::new(params, key);
    let (of_own, its_key) = (client(), KeyPair::generate().unwrap());
    let signed = of_own.signed_by(&its_key, &issuer).unwrap();
    (own, Pair::new(&signed, &its_key))
}

fn client() -> CertificateParams {
    let mut params = CertificateParams::new(Vec::new()).unwrap();
    let name = &mut params.distinguished_name;
    name.push(DnType::CommonName, "client.example");
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth];
    params
}

pub fn expired(params: &mut CertificateParams) {
    params.not_after = rcgen::date_time_ymd(2020, 1, 1);
}

pub fn for_servers_only(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
}

pub fn for_anything(params: &mut CertificateParams) {
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::Any];
}

pub fn authority_too(params: &mut CertificateParams) {
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
}

/// Names of every kind.
pub fn named(params: &mut CertificateParams) {
    params.subject_alt_names = vec![
        SanType::DnsName("scraper.example".try_into().unwrap()),
        SanType::DnsName("*.wild.example".try_into().unwrap()),
        SanType::Rfc822Name("ops@example.org".try_into().unwrap()),
        SanType::IpAddress("10.1.2.3".parse().unwrap()),
        SanType::IpAddress("2001:db8::1".parse().unwrap()),
        SanType::URI("spiffe://example.org/prometheus".try_into().unwrap()),
    ];
}
