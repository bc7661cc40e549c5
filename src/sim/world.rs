//! Everything about a simulated org that changes or is asked for. The hand that changes it is
//! [`super::controls`]; what is answered is decided in [`super::routes`].

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::ORG;
use super::account::Account;
use super::agents::AgentPools;
use super::certificates::Certificates;
use super::counters::Counters;
use super::error::Error;
use super::faults::Faults;
use super::hooks::Hooks;
use super::integrations::Integrations;
use super::key_rotation::{self, KeyRotation};
use super::keys::{KeySet, SigningKey};
use super::org::Org;
use super::proof::Proofs;
use super::system_log::SystemLog;
use super::tokens::{Mint, Tokens};

pub(super) struct World {
    pub(super) org: Org,
    pub(super) url: String,
    pub(super) counters: Counters,
    pub(super) tokens: Tokens,
    pub(super) faults: Faults,
    pub(super) proofs: Proofs,
    pub(super) log: SystemLog,
    pub(super) hooks: Hooks,
    pub(super) agent_pools: AgentPools,
    pub(super) integrations: Integrations,
    pub(super) account: Account,
    /// When a server comes to sign with a new key that the log does not yet tell of.
    pub(super) rollovers: Vec<(Timestamp, String)>,
    pub(super) certificates: Certificates,
    pub(super) rotation: KeyRotation,
    /// When its keys came to sign, where no other time is known.
    pub(super) began: Timestamp,
    keys: BTreeMap<String, KeySet>,
    /// Signs the org server's access tokens and is published nowhere.
    unpublished: Option<SigningKey>,
}

impl World {
    pub(super) fn new(mut org: Org, url: String) -> Self {
        let now = org.clock.now();
        for token in &mut org.api_tokens {
            token.life.begin(now);
        }
        Self {
            counters: Counters::new(org.buckets.clone(), org.window),
            began: key_rotation::began(org.clock.now()),
            org,
            url,
            tokens: Tokens::default(),
            faults: Faults::default(),
            proofs: Proofs::new(),
            log: SystemLog::new(),
            hooks: Hooks::default(),
            agent_pools: AgentPools::new(),
            integrations: Integrations::new(),
            account: Account::new(),
            rollovers: Vec::new(),
            certificates: Certificates::default(),
            rotation: KeyRotation::default(),
            keys: BTreeMap::new(),
            unpublished: None,
        }
    }

    /// The issuer of an authorization server.
    pub(super) fn issuer(&self, server: &str) -> String {
        let url = self.org.issuer.as_deref().unwrap_or(&self.url);
        if server == ORG {
            url.to_owned()
        } else {
            format!("{url}/oauth2/{server}")
        }
    }

    pub(super) fn has_server(&self, server: &str) -> bool {
        server == ORG || self.org.servers.iter().any(|known| known == server)
    }

    /// The key set of a server, made when it is first needed: RSA keys take their time.
    pub(super) fn keys(&mut self, server: &str, now: Timestamp) -> Result<&mut KeySet, Error> {
        if !self.has_server(server) {
            return Err(Error::NoSuchServer(server.to_owned()));
        }
        match self.keys.entry(server.to_owned()) {
            std::collections::btree_map::Entry::Occupied(entry) => Ok(entry.into_mut()),
            std::collections::btree_map::Entry::Vacant(entry) => {
                let keys = KeySet::new(self.org.keys_fresh_for, now)?;
                Ok(entry.insert(keys.in_use_since(self.began)))
            }
        }
    }

    /// When a server's key came to sign, and when the next one will; nothing where nobody asked for its
    /// keys yet.
    pub(super) fn rotations(
        &mut self,
        server: &str,
        now: Timestamp,
    ) -> Option<(Timestamp, Option<Timestamp>)> {
        let keys = self.keys.get_mut(server)?;
        Some(keys.rotations(now))
    }

    pub(super) fn mint(&mut self, mint: &Mint, now: Timestamp) -> Result<String, Error> {
        let server = mint.server.as_str();
        if !self.has_server(server) {
            return Err(Error::NoSuchServer(server.to_owned()));
        }
        let issuer = self.issuer(server);
        let audience = if server == ORG {
            self.url.as_str()
        } else {
            "api://default"
        };
        let claims = mint.claims(&issuer, audience, now);
        let value = match mint.opaque_value() {
            Some(value) => value.to_owned(),
            None if server == ORG => mint.sign(&claims, self.unpublished_key()?)?,
            None => mint.sign(&claims, self.keys(server, now)?.signer(now))?,
        };
        self.tokens.forget_old(now);
        self.tokens.remember(&value, server, claims);
        Ok(value)
    }

    fn unpublished_key(&mut self) -> Result<&SigningKey, Error> {
        match &mut self.unpublished {
            Some(key) => Ok(key),
            empty => Ok(empty.insert(SigningKey::generate()?)),
        }
    }
}
