//! What Okta's documents say of certificates: pure, and tolerant of members that are missing, null or new.

use std::{collections::BTreeSet, time::Duration};

use serde::{Deserialize, Serialize};

use crate::{
    okta::{Listed, Object, OneOrMany, certificate_end, claim},
    probe::{
        label::{moment, name, plain_word},
        unfamiliar::Unfamiliar,
    },
    units::{OktaTime, closed_list},
};

closed_list! {
    /// What a certificate is for.
    pub(super) enum Use {
        /// This org signs for a SAML application with it.
        AppSigning = "app_signing",
        /// This org trusts an identity provider by it.
        IdpTrust = "idp_trust",
        /// This org signs its requests to an identity provider with it.
        IdpSigning = "idp_signing",
        /// A custom domain's, brought by whoever owns it.
        Domain = "domain",
        /// A custom domain's that Okta renews by itself.
        DomainManaged = "domain_managed",
    }
}

closed_list! {
    /// Whether an identity provider is in use.
    pub(super) enum IdpStatus {
        /// It is.
        Active = "active",
        /// It was deactivated: nobody signs in by it.
        Inactive = "inactive",
        /// What is not known here.
        Other = "other",
    }
}

closed_list! {
    /// How far Okta has come in verifying that a domain is the org's.
    pub(super) enum DomainStatus {
        NotStarted = "not_started",
        InProgress = "in_progress",
        Verified = "verified",
        Completed = "completed",
        FailedToVerify = "failed_to_verify",
        Other = "other",
    }
}

/// One certificate in use, and when it ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Certificate {
    pub(super) usage: Use,
    /// The name of what uses it.
    pub(super) owner: String,
    /// The id of what uses it.
    pub(super) owner_id: String,
    /// The key's id; empty for a domain's.
    pub(super) kid: String,
    /// By the certificate itself, where it can be read; else as Okta says.
    pub(super) ends: OktaTime,
    /// As Okta says, where the certificate itself says otherwise.
    pub(super) told: Option<OktaTime>,
}

/// What has a key of its own: its id and name, and the key's id where it is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Owner {
    pub(super) usage: Use,
    pub(super) id: String,
    pub(super) name: String,
    pub(super) kid: Option<String>,
}

/// An identity provider.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Idp {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: Option<IdpStatus>,
    /// The keys that it may sign with.
    pub(super) trusted: BTreeSet<String>,
    /// The key that this org signs with.
    pub(super) signing: Option<String>,
}

/// A custom domain.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Domain {
    pub(super) id: String,
    pub(super) name: String,
    pub(super) status: Option<DomainStatus>,
}

/// A key, as each of the lists of keys has it.
#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedKey {
    #[serde(deserialize_with = "claim")]
    pub(super) kid: Option<String>,
    #[serde(deserialize_with = "claim")]
    created: Option<String>,
    #[serde(deserialize_with = "claim")]
    expires_at: Option<String>,
    #[serde(deserialize_with = "claim")]
    x5c: Option<OneOrMany>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct ListedIdp {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    name: Option<String>,
    #[serde(deserialize_with = "claim")]
    status: Option<String>,
    protocol: Object<Protocol>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Protocol {
    credentials: Object<Credentials>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Credentials {
    trust: Object<KeyIds>,
    signing: Object<KeyIds>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct KeyIds {
    #[serde(deserialize_with = "claim")]
    kid: Option<String>,
    #[serde(deserialize_with = "claim")]
    additional_kids: Option<OneOrMany>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedApp {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    label: Option<String>,
    #[serde(deserialize_with = "claim")]
    sign_on_mode: Option<String>,
    credentials: Object<Credentials>,
}

/// The most domains that are read.
const MOST_DOMAINS: usize = 1_000;

#[derive(Debug, Deserialize)]
pub(super) struct DomainList {
    pub(super) domains: Listed<Object<ListedDomain>, MOST_DOMAINS>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(super) struct ListedDomain {
    #[serde(deserialize_with = "claim")]
    id: Option<String>,
    #[serde(deserialize_with = "claim")]
    domain: Option<String>,
    #[serde(deserialize_with = "claim")]
    certificate_source_type: Option<String>,
    #[serde(deserialize_with = "claim")]
    validation_status: Option<String>,
    public_certificate: Object<PublicCertificate>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct PublicCertificate {
    #[serde(deserialize_with = "claim")]
    expiration: Option<String>,
}

/// A moment that Okta wrote.
fn at(text: Option<&str>) -> Option<OktaTime> {
    moment(text?).map(OktaTime::written)
}

/// Okta's id, as a label value and part of a path; of what has none, nothing can be told.
fn id(text: Option<&str>) -> Option<String> {
    plain_word(text?).map(str::to_owned)
}

fn name_of(text: Option<&str>) -> String {
    name(text.unwrap_or_default())
}

/// The most keys that one identity provider is read to have.
const MOST_TRUSTED: usize = 300;
/// The longest id of a key; longer ones are none of Okta's.
const LONGEST_KID: usize = 256;
/// The last second or so may be written in another way: that is no disagreement.
const SAME: Duration = Duration::from_mins(1);

impl ListedKey {
    /// The certificate, as one of this owner's; `None` where nothing tells when it ends.
    pub(super) fn of(&self, owner: &Owner) -> Option<Certificate> {
        let told = at(self.expires_at.as_deref());
        // The key's own stands first (RFC 7517).
        let first = self.x5c.clone().map(OneOrMany::into_values);
        let first = first.and_then(|chain| chain.into_iter().next());
        let written = first.and_then(|text| certificate_end(&text));
        let written = written.map(OktaTime::written);
        let ends = written.or(told)?;
        let differs = |told: &OktaTime| told.since(ends).unsigned_abs() > SAME;
        Some(Certificate {
            usage: owner.usage,
            owner: owner.name.clone(),
            owner_id: owner.id.clone(),
            kid: name_of(self.kid.as_deref()),
            ends,
            told: told.filter(differs),
        })
    }

    /// When it was made, where somebody must tell which is the newest.
    pub(super) fn created(&self) -> Option<OktaTime> {
        at(self.created.as_deref())
    }
}

impl KeyIds {
    fn sensible(self) -> Option<String> {
        self.kid.filter(|kid| kid.len() <= LONGEST_KID)
    }
}

impl ListedIdp {
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<Idp> {
        let credentials = self.protocol.0.unwrap_or_default().credentials.0;
        let Credentials { trust, signing } = credentials.unwrap_or_default();
        let trust = trust.0.unwrap_or_default();
        let more = trust.additional_kids.map(OneOrMany::into_values);
        let trusted = trust.kid.into_iter().chain(more.unwrap_or_default());
        let trusted = trusted.filter(|kid| kid.len() <= LONGEST_KID);
        let status = self.status.as_deref();
        let known = IdpStatus::named;
        Some(Idp {
            id: id(self.id.as_deref())?,
            name: name_of(self.name.as_deref()),
            status: status.map(|word| words.or_note(word, known).unwrap_or(IdpStatus::Other)),
            trusted: trusted.take(MOST_TRUSTED).collect(),
            signing: signing.0.unwrap_or_default().sensible(),
        })
    }
}

impl Certificate {
    /// True where it is this owner's key, which has a name.
    pub(super) fn is_of(&self, owner: &Owner) -> bool {
        let is_same = |kid: &String| name(kid) == self.kid;
        self.is_owned_by(owner) && owner.kid.as_ref().is_some_and(is_same)
    }

    /// True where it is one of this owner's.
    pub(super) fn is_owned_by(&self, owner: &Owner) -> bool {
        (self.usage, &self.owner_id) == (owner.usage, &owner.id)
    }
}

impl Idp {
    /// What it is as an owner of keys for this.
    pub(super) fn owner(&self, usage: Use) -> Owner {
        Owner {
            usage,
            id: self.id.clone(),
            name: self.name.clone(),
            kid: self.signing.clone().filter(|_| usage == Use::IdpSigning),
        }
    }
}

impl ListedApp {
    /// The application, where this org signs for it with a certificate.
    pub(super) fn read(self) -> Option<Owner> {
        let mode = self.sign_on_mode?;
        if !["SAML_2_0", "SAML_1_1", "WS_FEDERATION"].contains(&mode.as_str()) {
            return None;
        }
        let credentials = self.credentials.0.unwrap_or_default();
        Some(Owner {
            usage: Use::AppSigning,
            id: id(self.id.as_deref())?,
            name: name_of(self.label.as_deref()),
            kid: credentials.signing.0.unwrap_or_default().sensible(),
        })
    }
}

impl ListedDomain {
    /// The domain, and its certificate where Okta tells of one.
    pub(super) fn read(self, words: &mut Unfamiliar) -> Option<(Domain, Option<Certificate>)> {
        let id = id(self.id.as_deref())?;
        let name = name_of(self.domain.as_deref());
        let managed = |word: &str| match word {
            "manual" => Some(Use::Domain),
            "okta_managed" => Some(Use::DomainManaged),
            _ => None,
        };
        let source = self.certificate_source_type.as_deref();
        let usage = source.and_then(|word| words.or_note(word, managed));
        let known = DomainStatus::named;
        let status = self.validation_status.as_deref();
        let domain = Domain {
            id: id.clone(),
            name: name.clone(),
            status: status.map(|word| words.or_note(word, known).unwrap_or(DomainStatus::Other)),
        };
        let ends = at(self
            .public_certificate
            .0
            .unwrap_or_default()
            .expiration
            .as_deref());
        let certificate = ends.map(|ends| Certificate {
            // Whoever may have to act is told.
            usage: usage.unwrap_or(Use::Domain),
            owner: name,
            owner_id: id,
            kid: String::new(),
            ends,
            told: None,
        });
        Some((domain, certificate))
    }
}

impl DomainStatus {
    /// Whether the domain is verified; `None` where that is not known.
    pub(super) fn is_verified(self) -> Option<bool> {
        match self {
            Self::Verified | Self::Completed => Some(true),
            Self::NotStarted | Self::InProgress | Self::FailedToVerify => Some(false),
            Self::Other => None,
        }
    }
}

#[cfg(test)]
mod tests;
