//! Who asks in these tests: with which certificate, and which password.

use std::{collections::BTreeMap, fs, path::Path};

use base64::{Engine, engine::general_purpose::STANDARD};
use reqwest::{Certificate, Client};

use super::certificates::{
    Authority, Pair, authority_too, expired, for_anything, for_servers_only, named, own,
    own_and_of_own,
};

/// Which certificate a client shows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Shown {
    Nothing,
    /// Signed by the authority that the file names, with names of every kind.
    OfCa,
    /// Signed by an authority below it.
    OfIntermediate,
    /// Signed by an authority that nobody named.
    OfOther,
    Expired,
    ForServersOnly,
    /// Whose extended key usage is "any", and nothing else.
    ForAnything,
    /// Signed by the authority, and an authority itself.
    Between,
    /// Its own signature only, and the file may name it.
    Own,
    /// Signed by that, which is no authority.
    OfOwn,
    /// The same, and an authority besides, as OpenSSL makes it unless told otherwise.
    OwnAuthority,
}

/// What came of asking.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    Status(u16),
    /// No hand was shaken, or it was withdrawn.
    NoHandshake,
}

/// A directory with all that files may name, and a client for each certificate.
pub struct Cast {
    pub directory: tempfile::TempDir,
    clients: BTreeMap<Shown, Client>,
    pairs: BTreeMap<Shown, Pair>,
}

impl Cast {
    pub fn new() -> Self {
        let directory = tempfile::tempdir().unwrap();
        let at = directory.path();
        let (ca, other) = (Authority::new("The CA"), Authority::new("Another CA"));
        let intermediate = ca.intermediate("Between");
        let server = ca.server();
        server.write(at, "server");
        other.server().write(at, "other");
        for (file, text) in [
            ("ca.pem", ca.pem.as_str()),
            ("intermediate.pem", &intermediate.pem),
            ("garbage.pem", "no certificate\n"),
            ("empty.pem", ""),
        ] {
            fs::write(at.join(file), text).unwrap();
        }
        let (own_pair, of_own) = own_and_of_own();
        let own_authority = own(authority_too);
        own_pair.write(at, "own");
        own_authority.write(at, "own-authority");
        let pairs = BTreeMap::from([
            (Shown::OfCa, ca.client(named)),
            (Shown::OfIntermediate, intermediate.client(|_| ())),
            (Shown::OfOther, other.client(named)),
            (Shown::Expired, ca.client(expired)),
            (Shown::ForServersOnly, ca.client(for_servers_only)),
            (Shown::ForAnything, ca.client(for_anything)),
            (Shown::Between, ca.client(authority_too)),
            (Shown::Own, own_pair),
            (Shown::OfOwn, of_own),
            (Shown::OwnAuthority, own_authority),
        ]);
        let mut clients: BTreeMap<Shown, Client> = pairs
            .iter()
            .map(|(shown, pair)| (*shown, client(&ca, Some(pair))))
            .collect();
        clients.insert(Shown::Nothing, client(&ca, None));
        Self {
            directory,
            clients,
            pairs,
        }
    }

    pub fn path(&self) -> &Path {
        self.directory.path()
    }

    /// Writes a file of the directory and returns its path.
    pub fn write(&self, name: &str, text: &str) -> std::path::PathBuf {
        let path = self.path().join(name);
        fs::write(&path, text).unwrap();
        path
    }

    pub fn client(&self, shown: Shown) -> &Client {
        &self.clients[&shown]
    }

    pub fn pair(&self, shown: Shown) -> &Pair {
        &self.pairs[&shown]
    }

    /// Asks with this certificate, and with a password where there is one.
    pub async fn ask(&self, url: &str, shown: Shown, login: Option<&str>) -> Answer {
        let mut request = self.client(shown).get(url);
        if let Some(login) = login {
            let login = STANDARD.encode(login);
            request = request.header("authorization", format!("Basic {login}"));
        }
        match request.send().await {
            Ok(answer) => Answer::Status(answer.status().as_u16()),
            Err(_) => Answer::NoHandshake,
        }
    }
}

/// A client that trusts this authority, keeps no connection, and shows this.
pub fn client(ca: &Authority, shown: Option<&Pair>) -> Client {
    let trusted = Certificate::from_pem(ca.pem.as_bytes()).unwrap();
    let builder = Client::builder()
        .no_proxy()
        .pool_max_idle_per_host(0)
        .tls_certs_only([trusted]);
    let builder = match shown {
        Some(pair) => builder.identity(pair.identity()),
        None => builder,
    };
    builder.build().unwrap()
}
