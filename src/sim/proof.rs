//! What clients must prove, as Okta demands it: assertions that serve once, proofs of possession,
//! nonces. Each check tells its refusal in Okta's words; how that is answered is in [`super::routes`].

use std::collections::HashMap;
use std::time::Duration;

use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;

use super::clock::after;
use super::jws::{Jws, PublicKey, thumbprint};
use super::nonces::Nonces;
use super::service_app::ServiceApp;

/// How far a proof's `iat` may lie from the org's clock, in seconds.
const PROOF_HOLDS: i64 = 300;
/// How far ahead an assertion's `exp` may lie, in seconds.
const ASSERTION_HOLDS: i64 = 3600;
/// How long ids are remembered: longer than anything that carries one holds.
const REMEMBERED: Duration = Duration::from_hours(2);

/// Ids that were used, and the nonces that are taken.
#[derive(Debug)]
pub(super) struct Proofs {
    used: HashMap<String, Timestamp>,
    nonces: Nonces,
    /// Whether the Management API wants nonces too; Okta's does not.
    pub(super) at_resources: bool,
}

/// Why a proof of possession is refused.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Refused {
    /// It lacks a nonce that is taken.
    Nonce,
    /// In Okta's words.
    Proof(&'static str),
}

/// What a proof must be about.
pub(super) struct About<'a> {
    pub(super) method: &'a str,
    pub(super) url: &'a str,
    pub(super) token: Option<&'a str>,
    pub(super) nonce: bool,
    pub(super) now: Timestamp,
}

impl Proofs {
    pub(super) fn new() -> Self {
        Self {
            used: HashMap::new(),
            nonces: Nonces::default(),
            at_resources: false,
        }
    }

    /// The nonce that answers give.
    pub(super) fn nonce(&mut self, now: Timestamp) -> String {
        self.nonces.given(now)
    }

    /// Gives a new nonce; those before hold as long as they do.
    pub(super) fn renew_nonce(&mut self, now: Timestamp) {
        self.nonces.renew(now);
    }

    /// Takes none any more of those that were given.
    pub(super) fn void_nonces(&mut self) {
        self.nonces = Nonces::default();
    }

    /// True the first time that this id is used.
    fn first_use(&mut self, id: String, now: Timestamp) -> bool {
        self.used.retain(|_, until| now < *until);
        self.used.insert(id, after(now, REMEMBERED)).is_none()
    }

    /// Checks a client's assertion at this token endpoint.
    pub(super) fn assertion(
        &mut self,
        app: &ServiceApp,
        (assertion, endpoint): (&str, &str),
        now: Timestamp,
    ) -> Result<(), &'static str> {
        let jws = Jws::parse(assertion).ok_or("The client_assertion is not a valid JWT.")?;
        let mut keys = app.keys.iter();
        let key = match (jws.header("kid"), app.keys.as_slice()) {
            (Some(kid), _) => keys.find(|(known, _)| known == kid),
            (None, [only]) => Some(only),
            (None, _) => None,
        };
        let (_, key) = key.ok_or("The client_assertion JWT kid is invalid.")?;
        if !jws.is_signed_by(key) {
            return Err("The client_assertion signature is invalid.");
        }
        if [jws.text("iss"), jws.text("sub")] != [Some(app.id.as_str()); 2] {
            return Err("The issuer and subject claims of client_assertion must be the client_id.");
        }
        if jws.text("aud") != Some(endpoint) {
            return Err(
                "The audience claim for client_assertion must be the endpoint invoked for the request.",
            );
        }
        let now_second = now.as_second();
        match jws.second("exp") {
            None => return Err("The client_assertion token must contain an expiration."),
            Some(exp) if exp <= now_second => return Err("The client_assertion token is expired."),
            Some(exp) if exp > now_second + ASSERTION_HOLDS => {
                return Err(
                    "The client_assertion token has an expiration too far into the future.",
                );
            }
            Some(_) => {}
        }
        if jws.second("iat").is_some_and(|iat| iat > now_second) {
            return Err("The client_assertion token was issued in the future.");
        }
        match jws.text("jti") {
            Some(jti) if !self.first_use(format!("{} {jti}", app.id), now) => {
                Err("The client_assertion token has already been used.")
            }
            _ => Ok(()),
        }
    }

    /// Checks a proof of possession; returns the thumbprint of the key that signed it.
    pub(super) fn possession(&mut self, proof: &str, about: &About<'_>) -> Result<String, Refused> {
        let wrong = |words| Err(Refused::Proof(words));
        let Some(jws) = Jws::parse(proof).filter(|jws| jws.header("typ") == Some("dpop+jwt"))
        else {
            return wrong("The DPoP proof JWT is invalid.");
        };
        let jwk = jws.header.get("jwk").cloned().unwrap_or_default();
        let key = PublicKey::read(&jwk.to_string()).filter(|key| jws.is_signed_by(key));
        let (Some(_), Some(thumbprint)) = (key, thumbprint(&jwk)) else {
            return wrong("The DPoP proof JWT signature is invalid.");
        };
        if jws.text("htm") != Some(about.method) {
            return wrong("'htm' claim in the DPoP proof JWT is invalid.");
        }
        if jws.text("htu") != Some(about.url) {
            return wrong("'htu' claim in the DPoP proof JWT is invalid.");
        }
        let age = jws.second("iat").map(|iat| about.now.as_second() - iat);
        match age {
            None => return wrong("'iat' claim in the DPoP proof JWT is missing."),
            Some(age) if age > PROOF_HOLDS => {
                return wrong("The DPoP proof JWT is issued more than five minutes in the past.");
            }
            Some(age) if age < -PROOF_HOLDS => {
                return wrong("The DPoP proof JWT is issued in the future.");
            }
            Some(_) => {}
        }
        let hash = |token: &str| URL_SAFE_NO_PAD.encode(digest(&SHA256, token.as_bytes()));
        if jws.text("ath") != about.token.map(hash).as_deref() {
            return wrong("'ath' claim in the DPoP proof JWT is invalid.");
        }
        if about.nonce
            && !jws
                .text("nonce")
                .is_some_and(|nonce| self.nonces.takes(nonce, about.now))
        {
            return Err(Refused::Nonce);
        }
        let Some(jti) = jws.text("jti") else {
            return wrong("'jti' claim in the DPoP proof JWT is missing.");
        };
        if !self.first_use(format!("{thumbprint} {jti}"), about.now) {
            return wrong("The DPoP proof JWT has already been used.");
        }
        Ok(thumbprint)
    }
}

#[cfg(test)]
mod tests {
    use jsonwebtoken::jwk::Jwk;
    use jsonwebtoken::{Algorithm, EncodingKey, Header};
    use serde_json::{Value, json};

    use super::*;

    const NOW: i64 = 1_000_000;
    const ENDPOINT: &str = "https://acme.okta.com/oauth2/v1/token";
    const USERS: &str = "https://acme.okta.com/api/v1/users";

    fn now() -> Timestamp {
        Timestamp::from_second(NOW).unwrap()
    }

    /// A key, and the app that registered it.
    fn app() -> (EncodingKey, ServiceApp) {
        let pair = rcgen::KeyPair::generate().unwrap();
        let key = EncodingKey::from_ec_pem(pair.serialize_pem().as_bytes()).unwrap();
        let app = ServiceApp::new("0oa1").key("k1", &pair.public_key_pem());
        (key, app)
    }

    fn with(mut claims: Value, changed: &Value) -> Value {
        for (name, value) in changed.as_object().unwrap() {
            match value {
                Value::Null => drop(claims.as_object_mut().unwrap().remove(name)),
                value => claims[name] = value.clone(),
            }
        }
        claims
    }

    fn assertion(key: &EncodingKey, kid: &str, changed: &Value) -> String {
        let claims = with(
            json!({
                "iss": "0oa1", "sub": "0oa1", "aud": ENDPOINT, "jti": "j",
                "iat": NOW, "exp": NOW + 300,
            }),
            changed,
        );
        let header = Header {
            kid: Some(kid.to_owned()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, &claims, key).unwrap()
    }

    #[test]
    fn an_assertion_serves_once() {
        let ((key, app), mut proofs) = (app(), Proofs::new());
        let one = assertion(&key, "k1", &json!({}));
        assert_eq!(proofs.assertion(&app, (&one, ENDPOINT), now()), Ok(()));
        let again = proofs.assertion(&app, (&one, ENDPOINT), now());
        assert!(again.unwrap_err().contains("already been used"));
        let fresh = assertion(&key, "k1", &json!({ "jti": "k" }));
        assert_eq!(proofs.assertion(&app, (&fresh, ENDPOINT), now()), Ok(()));
    }

    #[test]
    fn an_assertion_is_refused_for_each_thing_that_is_wrong_with_it() {
        let (key, app) = app();
        for (changed, told) in [
            (json!({ "aud": "https://acme.okta.com" }), "audience"),
            (json!({ "aud": null }), "audience"),
            (json!({ "iss": "0oa2" }), "issuer and subject"),
            (json!({ "sub": null }), "issuer and subject"),
            (json!({ "exp": NOW }), "expired"),
            (json!({ "exp": NOW + 3601 }), "too far into the future"),
            (json!({ "exp": null }), "must contain an expiration"),
            (json!({ "iat": NOW + 1 }), "issued in the future"),
        ] {
            let wrong = assertion(&key, "k1", &changed);
            let refused = Proofs::new().assertion(&app, (&wrong, ENDPOINT), now());
            assert!(refused.unwrap_err().contains(told), "{changed}");
        }
        let (other, _) = super::tests::app();
        let forged = assertion(&other, "k1", &json!({}));
        let refused = Proofs::new().assertion(&app, (&forged, ENDPOINT), now());
        assert!(refused.unwrap_err().contains("signature"));
        let unknown = assertion(&key, "k2", &json!({}));
        let refused = Proofs::new().assertion(&app, (&unknown, ENDPOINT), now());
        assert!(refused.unwrap_err().contains("kid"));
        assert!(
            Proofs::new()
                .assertion(&app, ("a.b.c", ENDPOINT), now())
                .is_err()
        );
    }

    fn proof(key: &EncodingKey, typ: &str, changed: &Value) -> String {
        let claims = with(
            json!({ "htm": "GET", "htu": USERS, "iat": NOW, "jti": "j", "ath": ATH }),
            changed,
        );
        let header = Header {
            typ: Some(typ.to_owned()),
            jwk: Some(Jwk::from_encoding_key(key, Algorithm::ES256).unwrap()),
            ..Header::new(Algorithm::ES256)
        };
        jsonwebtoken::encode(&header, &claims, key).unwrap()
    }

    /// The hash of the token in section 7.1 of RFC 9449.
    const ATH: &str = "fUHyO2r2Z3DZ53EsNrWBb0xWXoaNy59IiKCAqksmQEo";
    const TOKEN: &str = "Kz~8mXK1EalYznwH-LC-1fBAo.4Ljp~zsPE_NeO.gxU";

    fn about(nonce: bool) -> About<'static> {
        About {
            method: "GET",
            url: USERS,
            token: Some(TOKEN),
            nonce,
            now: now(),
        }
    }

    #[test]
    fn a_proof_serves_once_and_names_its_key() {
        let ((key, _), mut proofs) = (app(), Proofs::new());
        let one = proof(&key, "dpop+jwt", &json!({}));
        let jwk = Jwk::from_encoding_key(&key, Algorithm::ES256).unwrap();
        let thumbprint = jwk.thumbprint(jsonwebtoken::jwk::ThumbprintHash::SHA256);
        assert_eq!(
            proofs.possession(&one, &about(false)),
            Ok(thumbprint.unwrap())
        );
        let again = proofs.possession(&one, &about(false));
        assert_eq!(
            again,
            Err(Refused::Proof("The DPoP proof JWT has already been used."))
        );
    }

    #[test]
    fn a_proof_is_refused_for_each_thing_that_is_wrong_with_it() {
        let (key, _) = app();
        for (changed, told) in [
            (json!({ "htm": "POST" }), "'htm'"),
            (json!({ "htu": format!("{USERS}?limit=1") }), "'htu'"),
            (
                json!({ "htu": "https://acme.okta.com//api/v1/users" }),
                "'htu'",
            ),
            (
                json!({ "iat": NOW - 301 }),
                "more than five minutes in the past",
            ),
            (json!({ "iat": NOW + 301 }), "in the future"),
            (json!({ "iat": null }), "'iat'"),
            (json!({ "ath": null }), "'ath'"),
            (json!({ "ath": "AAAA" }), "'ath'"),
            (json!({ "jti": null }), "'jti'"),
        ] {
            let wrong = proof(&key, "dpop+jwt", &changed);
            match Proofs::new().possession(&wrong, &about(false)) {
                Err(Refused::Proof(words)) => assert!(words.contains(told), "{changed}: {words}"),
                other => panic!("{changed}: {other:?}"),
            }
        }
        let untyped = proof(&key, "JWT", &json!({}));
        assert!(Proofs::new().possession(&untyped, &about(false)).is_err());
        let (message, _) = untyped.rsplit_once('.').unwrap();
        let unsigned = format!("{message}.AAAA");
        assert!(Proofs::new().possession(&unsigned, &about(false)).is_err());
    }

    #[test]
    fn a_nonce_that_was_given_is_taken_until_it_is_void() {
        let ((key, _), mut proofs) = (app(), Proofs::new());
        let bare = proof(&key, "dpop+jwt", &json!({ "jti": "1" }));
        assert_eq!(proofs.possession(&bare, &about(true)), Err(Refused::Nonce));
        let old = proofs.nonce(now());
        let right = |jti: &str, nonce: &str| {
            proof(&key, "dpop+jwt", &json!({ "jti": jti, "nonce": nonce }))
        };
        assert!(proofs.possession(&right("2", &old), &about(true)).is_ok());
        proofs.renew_nonce(now());
        let new = proofs.nonce(now());
        assert_ne!(old, new);
        for (jti, nonce) in [("3", &old), ("4", &new)] {
            assert!(proofs.possession(&right(jti, nonce), &about(true)).is_ok());
        }
        proofs.void_nonces();
        for (jti, nonce) in [("5", &old), ("6", &new)] {
            let refused = proofs.possession(&right(jti, nonce), &about(true));
            assert_eq!(refused, Err(Refused::Nonce));
        }
    }
}
