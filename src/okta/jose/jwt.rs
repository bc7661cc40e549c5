//! Access tokens, decoded without being trusted: what a token says of itself. Whether it is true is
//! found by introspection, or by `jwks` where the keys are public. A token never stands in an error.

use std::collections::BTreeSet;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use schemars::JsonSchema;
use serde::{
    Deserialize,
    de::{DeserializeOwned, IgnoredAny},
};

use crate::okta::document::{Claim, Member, Object, claim};
use crate::units::OktaTime;

/// An access token.
#[derive(Debug, Clone, PartialEq)]
pub enum AccessToken {
    /// A JWT; what it says.
    Jwt(Box<Claims>),
    /// An encrypted JWT, which only its recipient can read.
    Encrypted,
    /// Anything else: only its server knows what it means.
    Opaque,
}

/// What a token says of itself. Who its user is, is not kept.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Claims {
    /// The key that signed it.
    pub kid: Option<String>,
    /// The algorithm that signed it.
    pub alg: Option<String>,
    /// Expires.
    pub exp: Option<OktaTime>,
    /// Issued.
    pub iat: Option<OktaTime>,
    /// Not valid before.
    pub nbf: Option<OktaTime>,
    /// The issuer.
    pub iss: Option<String>,
    /// The audiences.
    pub aud: Vec<String>,
    /// The client that it was issued to.
    pub cid: Option<String>,
    /// The scopes granted (`scp` or `scope`); `None` where neither is there, which is not none.
    pub scopes: Option<BTreeSet<String>>,
    /// It tells who signed in, and to which client: an ID token.
    pub is_id_token: bool,
}

/// Why a text that looks like a JWT is none.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[expect(missing_docs, reason = "each message says it")]
pub enum BadJwt {
    #[error("it has the parts of a JWT, but its {0} is not base64url")]
    Base64(&'static str),
    #[error("it has the parts of a JWT, but its {0} is not a JSON object")]
    Json(&'static str),
    #[error("it begins as a JWT and has {0} parts: it was cut, or holds more than one token")]
    Parts(usize),
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Header {
    #[serde(deserialize_with = "claim")]
    alg: Option<String>,
    #[serde(deserialize_with = "claim")]
    kid: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct Payload {
    #[serde(deserialize_with = "claim")]
    exp: Option<f64>,
    #[serde(deserialize_with = "claim")]
    iat: Option<f64>,
    #[serde(deserialize_with = "claim")]
    nbf: Option<f64>,
    #[serde(deserialize_with = "claim")]
    iss: Option<String>,
    #[serde(deserialize_with = "claim")]
    aud: Option<OneOrMany>,
    #[serde(deserialize_with = "claim")]
    cid: Option<String>,
    #[serde(deserialize_with = "claim")]
    client_id: Option<String>,
    #[serde(deserialize_with = "claim")]
    scp: Option<OneOrMany>,
    #[serde(deserialize_with = "claim")]
    scope: Option<OneOrMany>,
    // What OpenID Connect (Core 1.0, 2 and 3.3.2.11) has for ID tokens: that it is there tells.
    nonce: Option<IgnoredAny>,
    at_hash: Option<IgnoredAny>,
    c_hash: Option<IgnoredAny>,
    auth_time: Option<IgnoredAny>,
    amr: Option<IgnoredAny>,
}

/// A claim that is written as one string or as an array of them.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(untagged, expecting = "expected text or a list of text")]
pub enum OneOrMany {
    /// One.
    One(String),
    /// Several.
    Many(Vec<String>),
}

impl Claim for OneOrMany {
    fn of(member: Member) -> Option<Self> {
        match member {
            Member::Text(value) => Some(Self::One(value)),
            Member::Texts(values) => Some(Self::Many(values)),
            Member::Number(_) | Member::Truth(_) | Member::Other => None,
        }
    }
}

impl OneOrMany {
    /// The values as they stand.
    pub fn into_values(self) -> Vec<String> {
        match self {
            Self::One(value) => vec![value],
            Self::Many(values) => values,
        }
    }

    /// The values as scopes, which one string holds with spaces between them.
    pub fn into_scopes(self) -> BTreeSet<String> {
        let values = self.into_values();
        values
            .iter()
            .flat_map(|value| value.split_ascii_whitespace())
            .map(str::to_owned)
            .collect()
    }
}

impl AccessToken {
    /// Decodes a token. Three parts make a JWT (RFC 7519), five an encrypted one (RFC 7516); what does
    /// not begin as they do is opaque.
    pub fn decode(token: &str) -> Result<Self, BadJwt> {
        match token.split('.').collect::<Vec<_>>()[..] {
            [header, payload, _] => {
                let header = part(header, "header")?;
                let payload = part(payload, "payload")?;
                Ok(Self::Jwt(Box::new(Claims::new(header, payload))))
            }
            [header, _, _, _, _] => {
                part::<Header>(header, "header")?;
                Ok(Self::Encrypted)
            }
            ref parts if begins(token) => Err(BadJwt::Parts(parts.len())),
            _ => Ok(Self::Opaque),
        }
    }
}

/// True of what begins as every JWT does: with a header that names an algorithm.
pub(in crate::okta) fn begins(token: &str) -> bool {
    let header = token.split('.').next().unwrap_or_default();
    part::<Header>(header, "header").is_ok_and(|header| header.alg.is_some())
}

fn part<T: DeserializeOwned>(text: &str, name: &'static str) -> Result<T, BadJwt> {
    let bytes = URL_SAFE_NO_PAD
        .decode(text.trim_end_matches('='))
        .map_err(|_| BadJwt::Base64(name))?;
    match serde_json::from_slice(&bytes) {
        Ok(Object(Some(claims))) => Ok(claims),
        Ok(Object(None)) | Err(_) => Err(BadJwt::Json(name)),
    }
}

impl Claims {
    /// With what another source says of the same token, where this one is silent.
    #[must_use]
    pub fn or(self, other: Self) -> Self {
        Self {
            exp: self.exp.or(other.exp),
            iat: self.iat.or(other.iat),
            nbf: self.nbf.or(other.nbf),
            iss: self.iss.or(other.iss),
            aud: if self.aud.is_empty() {
                other.aud
            } else {
                self.aud
            },
            scopes: self.scopes.or(other.scopes),
            ..self
        }
    }

    fn new(header: Header, payload: Payload) -> Self {
        let Payload {
            exp,
            iat,
            nbf,
            iss,
            aud,
            cid,
            client_id,
            scp,
            scope,
            nonce,
            at_hash,
            c_hash,
            auth_time,
            amr,
        } = payload;
        let for_an_api = scp.is_some() || scope.is_some() || cid.is_some() || client_id.is_some();
        let of_id_tokens = [nonce, at_hash, c_hash, auth_time, amr];
        let for_a_client = of_id_tokens.iter().any(Option::is_some);
        Self {
            kid: header.kid,
            alg: header.alg,
            exp: exp.and_then(OktaTime::from_seconds),
            iat: iat.and_then(OktaTime::from_seconds),
            nbf: nbf.and_then(OktaTime::from_seconds),
            iss,
            aud: aud.map(OneOrMany::into_values).unwrap_or_default(),
            cid: cid.or(client_id),
            scopes: scp.or(scope).map(OneOrMany::into_scopes),
            is_id_token: for_a_client && !for_an_api,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::units::Timestamp;

    fn token(header: &str, payload: &str) -> String {
        format!(
            "{}.{}.c2ln",
            URL_SAFE_NO_PAD.encode(header),
            URL_SAFE_NO_PAD.encode(payload)
        )
    }

    fn claims(payload: &str) -> Claims {
        match AccessToken::decode(&token(r#"{"alg":"RS256","kid":"k1"}"#, payload)) {
            Ok(AccessToken::Jwt(claims)) => *claims,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn oktas_own_claims_are_read() {
        let read = claims(
            r#"{"ver":1,"jti":"AT.x","iss":"https://a.okta.com","aud":"https://a.okta.com","sub":"0oa1","iat":1784700000,"exp":1784703600,"cid":"0oa1","scp":["okta.users.read","okta.logs.read"]}"#,
        );
        assert_eq!(
            (read.kid.as_deref(), read.cid.as_deref()),
            (Some("k1"), Some("0oa1"))
        );
        assert_eq!(
            read.exp.unwrap().as_second() - read.iat.unwrap().as_second(),
            3600
        );
        assert_eq!(read.aud, ["https://a.okta.com"]);
        assert_eq!(read.scopes.unwrap().len(), 2);
        assert_eq!(read.nbf, None);
    }

    #[test]
    fn others_claims_are_read_as_well_and_absent_is_not_none() {
        let read = claims(r#"{"exp":1784703600.5,"aud":["a","b"],"scope":"x  y","client_id":"c"}"#);
        assert_eq!(read.exp, OktaTime::from_seconds(1_784_703_600.5));
        assert_eq!(
            (
                read.aud.len(),
                read.cid.as_deref(),
                read.scopes.unwrap().len()
            ),
            (2, Some("c"), 2)
        );
        assert_eq!(claims("{}").scopes, None);
        assert_eq!(claims(r#"{"scp":[]}"#).scopes, Some(BTreeSet::new()));
        let read = claims(r#"{"exp":253402300799,"iat":1e300,"nbf":-1e300}"#);
        let never = OktaTime::written(Timestamp::MAX);
        assert_eq!(
            (read.exp, read.iat, read.nbf),
            (Some(never), Some(never), None)
        );
    }

    #[test]
    fn an_id_token_is_told_from_an_access_token() {
        let id = r#"{"iss":"i","aud":"0oa1","sub":"00u1","nonce":"n"}"#;
        assert!(claims(id).is_id_token);
        assert!(claims(r#"{"aud":"0oa1","at_hash":"x","auth_time":1}"#).is_id_token);
        for access in [
            r#"{"aud":"api","sub":"00u1","cid":"0oa1","auth_time":1}"#,
            r#"{"aud":"api","scp":["openid"],"auth_time":1}"#,
            r#"{"aud":"api"}"#,
        ] {
            assert!(!claims(access).is_id_token, "{access}");
        }
    }

    #[test]
    fn a_claim_of_a_strange_type_hides_no_other() {
        let read = claims(r#"{"exp":"soon","iat":1784700000,"aud":7,"scp":{"a":1},"iss":"i"}"#);
        assert_eq!((read.exp, read.scopes), (None, None));
        assert!(read.iat.is_some() && read.aud.is_empty());
        assert_eq!(read.iss.as_deref(), Some("i"));
    }

    #[test]
    fn three_random_strings_are_no_jwt_and_are_not_shown() {
        assert_eq!(
            AccessToken::decode("s3cr3ts3.s3cr3t.s3cr3t"),
            Err(BadJwt::Json("header"))
        );
        assert_eq!(
            AccessToken::decode("a!.b!.c!"),
            Err(BadJwt::Base64("header"))
        );
        assert_eq!(
            AccessToken::decode(&token("{}", "[1]")),
            Err(BadJwt::Json("payload"))
        );
        assert_eq!(
            AccessToken::decode(&token(r#"["RS256","k1"]"#, "{}")),
            Err(BadJwt::Json("header"))
        );
        assert_eq!(
            AccessToken::decode("a.b.c.d.e"),
            Err(BadJwt::Base64("header"))
        );
        let [header, payload] =
            ["{\"alg\":\"RS256\"}", "{}"].map(|json| URL_SAFE_NO_PAD.encode(json));
        let encrypted = AccessToken::decode(&format!("{header}....."));
        assert_eq!(encrypted, Err(BadJwt::Parts(6)));
        let encrypted = AccessToken::decode(&format!("{header}.a.b.c.d"));
        assert_eq!(encrypted, Ok(AccessToken::Encrypted));
        let cut = AccessToken::decode(&format!("{header}.{payload}"));
        assert_eq!(cut, Err(BadJwt::Parts(2)));
        assert_eq!(AccessToken::decode("opaque-token"), Ok(AccessToken::Opaque));
        assert!(
            !AccessToken::decode("s3cr3t.s3cr3t.s3cr3t")
                .unwrap_err()
                .to_string()
                .contains("s3cr3t")
        );
    }

    proptest! {
        #[test]
        fn nothing_panics(token in any::<String>(), header in any::<Vec<u8>>(), payload in any::<Vec<u8>>()) {
            drop(AccessToken::decode(&token));
            let encoded = format!("{}.{}.", URL_SAFE_NO_PAD.encode(header), URL_SAFE_NO_PAD.encode(payload));
            drop(AccessToken::decode(&encoded));
        }

        #[test]
        fn what_a_token_says_is_read(kid in any::<String>(), exp in 0_i64..253_402_207_200, scopes in proptest::collection::btree_set("[a-z.]{1,20}", 0..5)) {
            let header = serde_json::json!({"alg": "RS256", "kid": kid});
            let payload = serde_json::json!({"exp": exp, "scp": scopes});
            let Ok(AccessToken::Jwt(read)) = AccessToken::decode(&token(&header.to_string(), &payload.to_string())) else {
                panic!("a JWT")
            };
            prop_assert_eq!(read.kid, Some(kid));
            prop_assert_eq!(read.exp.unwrap().as_second(), exp);
            prop_assert_eq!(read.scopes, Some(scopes));
        }

        #[test]
        fn any_number_is_a_moment_or_unknown(seconds in any::<f64>()) {
            let _ = OktaTime::from_seconds(seconds);
        }
    }
}
