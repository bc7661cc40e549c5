//! How a client proves to a token endpoint who it is: by an assertion that it signs (RFC 7523), or
//! by a secret. When and for what it asks is in
//! [`mint`](super::mint).

use aws_lc_rs::digest::{SHA256, digest};
use secrecy::ExposeSecret;
use serde_json::{Map, Value, json};

use crate::okta::{
    Algorithm, NoSecret, PrivateKey, SecretSource,
    {BadKey, jose::private_key::random_id},
};
use crate::units::{Secret, Timestamp};

/// How long an assertion holds, in seconds; Okta allows an hour.
const LIFETIME: i64 = 300;

/// What says that a form holds an assertion (RFC 7523).
pub(super) const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// How a client authenticates.
#[derive(Debug, Clone)]
pub enum ClientAuth {
    /// With a JWT that it signs: all that the org's own server takes for `okta.*` scopes.
    PrivateKeyJwt {
        /// The key, as PEM or JWK.
        key: SecretSource,
        /// The id that Okta knows the key by; a JWK brings its own.
        key_id: Option<String>,
        /// What to sign with; left out, the key tells.
        algorithm: Option<Algorithm>,
    },
    /// With id and secret in the `Authorization` header.
    ClientSecretBasic(SecretSource),
    /// With id and secret in the form.
    ClientSecretPost(SecretSource),
    /// Not at all: a public client says its id alone.
    Public,
}

/// A client's key or secret, read and ready to prove with.
#[derive(Debug)]
pub(super) enum Ready {
    Key(Box<PrivateKey>, Option<String>),
    Basic(Secret),
    Post(Secret),
    Public,
}

/// What a token request carries as proof of who asks.
#[derive(Debug)]
pub(super) enum ClientProof {
    Assertion(Secret),
    Basic(Secret),
    Post(Secret),
    Public,
}

/// Tells one key or secret from another, and nothing more of either.
pub(super) type Fingerprint = Option<[u8; 32]>;

impl ClientAuth {
    /// The key or secret as it stands now.
    pub(super) fn read(&self) -> Result<Ready, NoSecret> {
        match self {
            Self::PrivateKeyJwt {
                key,
                key_id,
                algorithm,
            } => {
                let key = PrivateKey::read(&key.read_text()?, *algorithm)
                    .map_err(|why| NoSecret::Key(why, key.to_string()))?;
                let kid = key_id.clone().or_else(|| key.kid().map(str::to_owned));
                Ok(Ready::Key(Box::new(key), kid))
            }
            Self::ClientSecretBasic(secret) => Ok(Ready::Basic(secret.read()?)),
            Self::ClientSecretPost(secret) => Ok(Ready::Post(secret.read()?)),
            Self::Public => Ok(Ready::Public),
        }
    }

    /// Where the key or secret is kept; `None` where there is none.
    pub(super) fn source(&self) -> Option<&SecretSource> {
        match self {
            Self::PrivateKeyJwt { key: source, .. }
            | Self::ClientSecretBasic(source)
            | Self::ClientSecretPost(source) => Some(source),
            Self::Public => None,
        }
    }

    /// What the key or secret is told by; `None` where it cannot be read.
    pub(super) fn fingerprint(&self) -> Fingerprint {
        let text = self.source()?.read_text().ok()?;
        let hash = digest(&SHA256, text.expose_secret().as_bytes());
        hash.as_ref().try_into().ok()
    }
}

impl Ready {
    /// The proof for one request: an assertion serves only once.
    pub(super) fn prove(
        &self,
        client_id: &str,
        audience: &str,
        issued: Timestamp,
    ) -> Result<ClientProof, BadKey> {
        match self {
            Self::Basic(secret) => Ok(ClientProof::Basic(secret.clone())),
            Self::Post(secret) => Ok(ClientProof::Post(secret.clone())),
            Self::Public => Ok(ClientProof::Public),
            Self::Key(key, kid) => {
                let mut header = Map::new();
                header.insert("typ".to_owned(), json!("JWT"));
                if let Some(kid) = kid {
                    header.insert("kid".to_owned(), json!(kid));
                }
                let claims = claims(client_id, audience, issued, &random_id()?);
                Ok(ClientProof::Assertion(key.jwt(header, &claims)?.into()))
            }
        }
    }
}

fn claims(client_id: &str, audience: &str, issued: Timestamp, jti: &str) -> Value {
    let issued = issued.as_second();
    json!({
        "iss": client_id,
        "sub": client_id,
        "aud": audience,
        "jti": jti,
        "iat": issued,
        "exp": issued + LIFETIME,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::okta::{SecretFile, SecretReloads};

    #[test]
    fn an_assertion_is_by_and_about_the_client_for_this_token_endpoint() {
        let issued = Timestamp::from_second(1_000).unwrap();
        let url = "https://acme.okta.com/oauth2/v1/token";
        let expected = json!({
            "iss": "0oa1", "sub": "0oa1", "aud": url, "jti": "x", "iat": 1000, "exp": 1300,
        });
        assert_eq!(claims("0oa1", url, issued, "x"), expected);
    }

    #[test]
    fn neither_key_nor_assertion_nor_secret_is_shown() {
        let key = rcgen::KeyPair::generate().unwrap().serialize_pem();
        let auth = ClientAuth::PrivateKeyJwt {
            key: SecretSource::Given(key.clone().into()),
            key_id: Some("k1".to_owned()),
            algorithm: None,
        };
        let ready = auth.read().unwrap();
        let proof = ready.prove("0oa1", "https://a", Timestamp::now()).unwrap();
        let ClientProof::Assertion(assertion) = &proof else {
            panic!("an assertion")
        };
        let secret = ClientAuth::ClientSecretPost(SecretSource::Given("s3cr3t".into()));
        let told = format!(
            "{auth:?} {ready:?} {proof:?} {secret:?} {:?}",
            secret.read()
        );
        let lines: Vec<&str> = key.lines().filter(|line| !line.starts_with('-')).collect();
        for hidden in lines
            .into_iter()
            .chain([assertion.expose_secret(), "s3cr3t"])
        {
            assert!(!told.contains(hidden), "{told}");
        }
    }

    #[test]
    fn another_key_has_another_fingerprint() {
        let of = |text: &str| {
            ClientAuth::ClientSecretBasic(SecretSource::Given(text.into())).fingerprint()
        };
        assert!(of("one").is_some());
        assert_eq!(of("one"), of("one"));
        assert_ne!(of("one"), of("two"));
        let gone = ClientAuth::ClientSecretBasic(SecretSource::File(SecretFile::new(
            "/nowhere".into(),
            &SecretReloads::default(),
        )));
        assert_eq!(gone.fingerprint(), None);
    }
}
